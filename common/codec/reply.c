/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "codec/codec.h"
#include "codec/fields.h"
#include "codec/items.h"
#include "codec/json.h"

static const char *reply_fault(const struct reply *r)
{
	const char *fault = NULL;

	check_id_if(&fault, r->page, "page: must be an id");
	check_id(&fault, r->incident, "incident: must be an id");
	check_id_if(&fault, r->user, "user: must be an id");
	check_true(&fault, (unsigned)r->action < REPLY_ACTION_COUNT, "action: is none");
	check_true(&fault, (unsigned)r->outcome < OUTCOME_COUNT, "outcome: is none");
	check_true(&fault, (unsigned)r->found < FOUND_COUNT, "found: is none");
	check_true(&fault, fault || outcome_takes(r->outcome, r->found), "found: does not go with the outcome");
	check_true(&fault, (r->action == REPLY_DONE) == (r->outcome != OUTCOME_NONE),
		"outcome: goes with done, and only with it");
	check_wall(&fault, r->at, "at: must be a time from 1970 on");
	check_text_if(&fault, r->note, "note: must be a line");
	check_id_if(&fault, r->to, "to: must be an id");
	return fault ? fault : reply_misfit(r);
}

enum err codec_reply_encode(const struct reply *r, struct buf *out)
{
	if (reply_fault(r))
		return ERR_INVALID;
	json_open(out, '{');
	json_member_text_if(out, "page", r->page);
	json_member_text(out, "incident", r->incident);
	json_member_text_if(out, "user", r->user);
	json_member_text(out, "action", reply_action_name(r->action));
	if (r->outcome != OUTCOME_NONE)
		json_member_text(out, "outcome", outcome_name(r->outcome));
	if (r->found != FOUND_NONE)
		json_member_text(out, "found", found_name(r->found));
	json_member_wall(out, "at", r->at);
	json_member_text_if(out, "note", r->note);
	if (r->minutes)
		json_member_int(out, "minutes", r->minutes);
	json_member_text_if(out, "to", r->to);
	json_close(out, '}');
	return out->failed;
}

static enum err reply_from_json(const json_t *json, struct reply *out, struct errinfo *info)
{
	struct reply r = {0};
	struct fields f;
	int64_t minutes = 0;
	const char *fault;

	fields_open(&f, json, "reply", info);
	fields_text_if(&f, "page", r.page, sizeof r.page);
	fields_text(&f, "incident", r.incident, sizeof r.incident);
	fields_text_if(&f, "user", r.user, sizeof r.user);
	FIELDS_WORD(&f, "action", reply_action, &r.action);
	FIELDS_WORD_IF(&f, "outcome", outcome, &r.outcome);
	FIELDS_WORD_IF(&f, "found", found, &r.found);
	fields_wall(&f, "at", &r.at);
	fields_text_if(&f, "note", r.note, sizeof r.note);
	fields_int_if(&f, "minutes", 1, REPLY_MINUTES_MAX, &minutes);
	fields_text_if(&f, "to", r.to, sizeof r.to);
	if (fields_done(&f))
		return f.err;
	r.minutes = (uint32_t)minutes;
	fault = reply_fault(&r);
	if (fault)
		return errinfo_set(info, ERR_INVALID, "reply.%s", fault);
	*out = r;
	return ERR_OK;
}

CODEC_DECODE(reply)
