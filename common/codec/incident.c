/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "codec/codec.h"
#include "codec/fields.h"
#include "codec/items.h"
#include "codec/json.h"

static const char *incident_fault(const struct incident *i)
{
	const char *fault = NULL;

	check_id(&fault, i->id, "id: must be an id");
	check_true(&fault, i->revision >= 1, "revision: counts from 1");
	check_id(&fault, i->household, "household: must be an id");
	check_id_if(&fault, i->community, "community: must be an id");
	check_id_if(&fault, i->team, "team: must be an id");
	check_true(&fault, (unsigned)i->state < INCIDENT_STATE_COUNT, "state: is none");
	check_true(&fault, (unsigned)i->event < INCIDENT_EVENT_COUNT, "event: is none");
	check_id_if(&fault, i->actor, "actor: must be an id");
	check_true(&fault, (unsigned)i->kind < ALERT_KIND_COUNT, "kind: is none");
	check_true(&fault, (unsigned)i->level < ALERT_LEVEL_COUNT, "level: is none");
	check_wall(&fault, i->opened, "opened: must be a time from 1970 on");
	check_wall(&fault, i->at, "at: must be a time from 1970 on");
	check_id_if(&fault, i->responder, "responder: must be an id");
	check_true(&fault, (unsigned)i->outcome < OUTCOME_COUNT, "outcome: is none");
	check_true(&fault, (unsigned)i->found < FOUND_COUNT, "found: is none");
	check_true(&fault, fault || outcome_takes(i->outcome, i->found), "found: does not go with the outcome");
	check_label(&fault, i->reason_zh, "reason_zh: must be a line");
	check_label(&fault, i->reason_en, "reason_en: must be a line");
	check_text_if(&fault, i->note, "note: must be a line");
	check_wall_if(&fault, i->expected, "expected: must be a time from 1970 on");
	check_wall_if(&fault, i->until, "until: must be a time from 1970 on");
	check_true(&fault, (i->state == INCIDENT_HELD) == wall_is_set(i->until),
		"until: goes with held, and only with it");
	check_id_if(&fault, i->second, "second: must be an id");
	check_id_if(&fault, i->into, "into: must be an id");
	check_true(&fault, i->alert_count <= INCIDENT_ALERTS_MAX, "alerts: are too many");
	for (unsigned n = 0; n < i->alert_count && !fault; n++)
		check_id(&fault, i->alerts[n], "alerts: must be ids");
	return fault;
}

enum err codec_incident_encode(const struct incident *i, struct buf *out)
{
	if (incident_fault(i))
		return ERR_INVALID;
	json_open(out, '{');
	json_member_text(out, "id", i->id);
	json_member_int(out, "revision", i->revision);
	json_member_text(out, "household", i->household);
	json_member_text_if(out, "community", i->community);
	json_member_text_if(out, "team", i->team);
	json_member_text(out, "state", incident_state_name(i->state));
	json_member_text(out, "event", incident_event_name(i->event));
	json_member_text_if(out, "actor", i->actor);
	json_member_text(out, "kind", alert_kind_name(i->kind));
	json_member_text(out, "level", alert_level_name(i->level));
	json_member_wall(out, "opened", i->opened);
	json_member_wall(out, "at", i->at);
	json_member_text_if(out, "responder", i->responder);
	if (i->outcome != OUTCOME_NONE)
		json_member_text(out, "outcome", outcome_name(i->outcome));
	if (i->found != FOUND_NONE)
		json_member_text(out, "found", found_name(i->found));
	json_member_int(out, "step", i->step);
	json_member_text(out, "reason_zh", i->reason_zh);
	json_member_text(out, "reason_en", i->reason_en);
	json_member_text_if(out, "note", i->note);
	json_member_wall_if(out, "expected", i->expected);
	json_member_wall_if(out, "until", i->until);
	json_member_text_if(out, "second", i->second);
	json_member_text_if(out, "into", i->into);
	json_key(out, "alerts");
	json_open(out, '[');
	for (unsigned n = 0; n < i->alert_count; n++)
		json_text(out, i->alerts[n]);
	json_close(out, ']');
	json_close(out, '}');
	return out->failed;
}

static void alerts_from_json(struct fields *f, struct incident *out)
{
	const json_t *list = fields_get(f, "alerts", true);

	if (!list)
		return;
	if (!json_is_array(list) || json_array_size(list) > INCIDENT_ALERTS_MAX) {
		fields_fail(f, "alerts", "must be an array of at most 16");
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *id = json_array_get(list, i);
		if (!json_is_string(id) || json_string_length(id) >= ID_BYTES) {
			fields_fail(f, "alerts", "must be ids");
			return;
		}
		memcpy(out->alerts[out->alert_count++], json_string_value(id), json_string_length(id) + 1);
	}
}

enum err incident_from_json(const json_t *json, struct incident *out, struct errinfo *info)
{
	struct incident i = {.expected = WALL_NONE, .until = WALL_NONE};
	struct fields f;
	int64_t revision = 0, step = 0;
	const char *fault;

	fields_open(&f, json, "incident", info);
	fields_text(&f, "id", i.id, sizeof i.id);
	fields_int(&f, "revision", 1, UINT32_MAX, &revision);
	fields_text(&f, "household", i.household, sizeof i.household);
	fields_text_if(&f, "community", i.community, sizeof i.community);
	fields_text_if(&f, "team", i.team, sizeof i.team);
	FIELDS_WORD(&f, "state", incident_state, &i.state);
	FIELDS_WORD(&f, "event", incident_event, &i.event);
	fields_text_if(&f, "actor", i.actor, sizeof i.actor);
	FIELDS_WORD(&f, "kind", alert_kind, &i.kind);
	FIELDS_WORD(&f, "level", alert_level, &i.level);
	fields_wall(&f, "opened", &i.opened);
	fields_wall(&f, "at", &i.at);
	fields_text_if(&f, "responder", i.responder, sizeof i.responder);
	FIELDS_WORD_IF(&f, "outcome", outcome, &i.outcome);
	FIELDS_WORD_IF(&f, "found", found, &i.found);
	fields_int(&f, "step", 0, UINT32_MAX, &step);
	fields_text(&f, "reason_zh", i.reason_zh, sizeof i.reason_zh);
	fields_text(&f, "reason_en", i.reason_en, sizeof i.reason_en);
	fields_text_if(&f, "note", i.note, sizeof i.note);
	fields_wall_if(&f, "expected", &i.expected);
	fields_wall_if(&f, "until", &i.until);
	fields_text_if(&f, "second", i.second, sizeof i.second);
	fields_text_if(&f, "into", i.into, sizeof i.into);
	alerts_from_json(&f, &i);
	if (fields_done(&f))
		return f.err;
	i.revision = (uint32_t)revision;
	i.step = (uint32_t)step;
	fault = incident_fault(&i);
	if (fault)
		return errinfo_set(info, ERR_INVALID, "incident.%s", fault);
	*out = i;
	return ERR_OK;
}

CODEC_DECODE(incident)
