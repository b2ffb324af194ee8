/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "codec/codec.h"
#include "codec/fields.h"
#include "codec/items.h"
#include "codec/json.h"

static void check_answers(const char **fault, const struct errand *e)
{
	check_true(fault, e->answer_count <= ERRAND_ANSWERS_MAX, "answers: are too many");
	for (unsigned n = 0; n < e->answer_count && !*fault; n++) {
		const struct errand_answer *answer = &e->answers[n];
		check_id(fault, answer->item, "answers: need an item that is a word");
		check_true(fault, (unsigned)answer->answer < ERRAND_VERDICT_COUNT, "answers: one is none");
		check_id_if(fault, answer->word, "answers: word must be a word");
	}
}

static const char *errand_fault(const struct errand *e)
{
	const char *fault = NULL;

	check_id(&fault, e->id, "id: must be an id");
	check_true(&fault, e->revision >= 1, "revision: counts from 1");
	check_id(&fault, e->household, "household: must be an id");
	check_id_if(&fault, e->community, "community: must be an id");
	check_id_if(&fault, e->team, "team: must be an id");
	check_true(&fault, (unsigned)e->kind < ERRAND_KIND_COUNT, "kind: is none");
	check_true(&fault, (unsigned)e->state < ERRAND_STATE_COUNT, "state: is none");
	check_true(&fault, (unsigned)e->event < ERRAND_EVENT_COUNT, "event: is none");
	check_id_if(&fault, e->actor, "actor: must be an id");
	check_id(&fault, e->what, "what: must be a word");
	check_id_if(&fault, e->assignee, "assignee: must be an id");
	check_id_if(&fault, e->provider, "provider: must be an id");
	check_id_if(&fault, e->origin, "origin: must be an id");
	check_wall(&fault, e->opened, "opened: must be a time from 1970 on");
	check_wall(&fault, e->at, "at: must be a time from 1970 on");
	check_wall(&fault, e->from, "from: must be a time from 1970 on");
	check_wall(&fault, e->until, "until: must be a time from 1970 on");
	check_wall_if(&fault, e->seen, "seen: must be a time from 1970 on");
	check_true(&fault, e->climb <= ERRAND_CLIMB_MAX, "climb: must be 0 to 2");
	check_label(&fault, e->reason_zh, "reason_zh: must be a line");
	check_label(&fault, e->reason_en, "reason_en: must be a line");
	check_text_if(&fault, e->note, "note: must be a line");
	check_true(&fault, e->state != ERRAND_REFUSED || e->note[0], "note: says why, where the elder refused");
	check_answers(&fault, e);
	return fault;
}

static void answers_to_json(const struct errand *e, struct buf *out)
{
	if (!e->answer_count)
		return;
	json_key(out, "answers");
	json_open(out, '[');
	for (unsigned n = 0; n < e->answer_count; n++) {
		json_open(out, '{');
		json_member_text(out, "item", e->answers[n].item);
		json_member_text(out, "answer", errand_verdict_name(e->answers[n].answer));
		json_member_text_if(out, "word", e->answers[n].word);
		json_close(out, '}');
	}
	json_close(out, ']');
}

enum err codec_errand_encode(const struct errand *e, struct buf *out)
{
	if (errand_fault(e))
		return ERR_INVALID;
	json_open(out, '{');
	json_member_text(out, "id", e->id);
	json_member_int(out, "revision", e->revision);
	json_member_text(out, "household", e->household);
	json_member_text_if(out, "community", e->community);
	json_member_text_if(out, "team", e->team);
	json_member_text(out, "kind", errand_kind_name(e->kind));
	json_member_text(out, "state", errand_state_name(e->state));
	json_member_text(out, "event", errand_event_name(e->event));
	json_member_text_if(out, "actor", e->actor);
	json_member_text(out, "what", e->what);
	if (e->version)
		json_member_int(out, "version", e->version);
	json_member_text_if(out, "assignee", e->assignee);
	json_member_text_if(out, "provider", e->provider);
	json_member_text_if(out, "origin", e->origin);
	json_member_wall(out, "opened", e->opened);
	json_member_wall(out, "at", e->at);
	json_member_wall(out, "from", e->from);
	json_member_wall(out, "until", e->until);
	json_member_wall_if(out, "seen", e->seen);
	if (e->climb)
		json_member_int(out, "climb", e->climb);
	json_member_text(out, "reason_zh", e->reason_zh);
	json_member_text(out, "reason_en", e->reason_en);
	json_member_text_if(out, "note", e->note);
	answers_to_json(e, out);
	json_close(out, '}');
	return out->failed;
}

static enum err answer_from_json(const json_t *json, struct errand_answer *out, struct errinfo *info)
{
	struct fields f;

	fields_open(&f, json, "errand.answers", info);
	fields_text(&f, "item", out->item, sizeof out->item);
	FIELDS_WORD(&f, "answer", errand_verdict, &out->answer);
	fields_text_if(&f, "word", out->word, sizeof out->word);
	return fields_done(&f);
}

static void answers_from_json(struct fields *f, struct errand *out)
{
	const json_t *list = fields_get(f, "answers", false);

	if (!list)
		return;
	if (!json_is_array(list) || json_array_size(list) > ERRAND_ANSWERS_MAX) {
		fields_fail(f, "answers", "must be an array of at most 24");
		return;
	}
	for (size_t i = 0; i < json_array_size(list) && !f->err; i++)
		f->err = answer_from_json(json_array_get(list, i), &out->answers[out->answer_count++], f->info);
}

enum err errand_from_json(const json_t *json, struct errand *out, struct errinfo *info)
{
	struct errand e = {.seen = WALL_NONE};
	struct fields f;
	int64_t revision = 0, version = 0, climb = 0;
	const char *fault;

	fields_open(&f, json, "errand", info);
	fields_text(&f, "id", e.id, sizeof e.id);
	fields_int(&f, "revision", 1, UINT32_MAX, &revision);
	fields_text(&f, "household", e.household, sizeof e.household);
	fields_text_if(&f, "community", e.community, sizeof e.community);
	fields_text_if(&f, "team", e.team, sizeof e.team);
	FIELDS_WORD(&f, "kind", errand_kind, &e.kind);
	FIELDS_WORD(&f, "state", errand_state, &e.state);
	FIELDS_WORD(&f, "event", errand_event, &e.event);
	fields_text_if(&f, "actor", e.actor, sizeof e.actor);
	fields_text(&f, "what", e.what, sizeof e.what);
	fields_int_if(&f, "version", 0, UINT32_MAX, &version);
	fields_text_if(&f, "assignee", e.assignee, sizeof e.assignee);
	fields_text_if(&f, "provider", e.provider, sizeof e.provider);
	fields_text_if(&f, "origin", e.origin, sizeof e.origin);
	fields_wall(&f, "opened", &e.opened);
	fields_wall(&f, "at", &e.at);
	fields_wall(&f, "from", &e.from);
	fields_wall(&f, "until", &e.until);
	fields_wall_if(&f, "seen", &e.seen);
	fields_int_if(&f, "climb", 0, ERRAND_CLIMB_MAX, &climb);
	fields_text(&f, "reason_zh", e.reason_zh, sizeof e.reason_zh);
	fields_text(&f, "reason_en", e.reason_en, sizeof e.reason_en);
	fields_text_if(&f, "note", e.note, sizeof e.note);
	answers_from_json(&f, &e);
	if (fields_done(&f))
		return f.err;
	e.revision = (uint32_t)revision;
	e.version = (uint32_t)version;
	e.climb = (uint8_t)climb;
	fault = errand_fault(&e);
	if (fault)
		return errinfo_set(info, ERR_INVALID, "errand.%s", fault);
	*out = e;
	return ERR_OK;
}

CODEC_DECODE(errand)
