/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/text.h"
#include "codec/codec.h"
#include "codec/entry_visit.h"
#include "codec/fields.h"
#include "codec/items.h"
#include "codec/json.h"

#define POLICY_SECONDS_MAX 86400
#define DAY_MOST 2932896 /* 9999-12-31 */

void quantities_to_json(struct buf *out, const char *key, uint64_t set)
{
	json_key(out, key);
	json_open(out, '[');
	for (unsigned q = 0; q < QUANTITY_COUNT; q++)
		if (set >> q & 1)
			json_text(out, quantity_info((enum quantity)q)->name);
	json_close(out, ']');
}

void quantities_from_json(struct fields *fields, const char *key, bool required, uint64_t *out)
{
	const json_t *list = fields_get(fields, key, required);
	uint64_t set = 0;

	if (!list)
		return;
	if (!json_is_array(list)) {
		fields_fail(fields, key, "must be an array of quantities");
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		enum quantity q;
		if (!name || quantity_find(name, &q) || (set >> q & 1)) {
			fields_fail(fields, key, "must hold known quantities, each once");
			return;
		}
		set |= UINT64_C(1) << q;
	}
	*out = set;
}

static void check_policy(const char **fault, const struct entry *e)
{
	const uint32_t seconds[] = {e->body.policy.accept_life_s, e->body.policy.accept_alarm_s,
		e->body.policy.accept_attention_s, e->body.policy.arrive_s};

	for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++)
		check_true(fault, seconds[i] >= 1 && seconds[i] <= POLICY_SECONDS_MAX,
			"policy: times must be 1 to 86400 s");
}

static bool day_good(int32_t day)
{
	return day == DAY_NONE || (day >= 0 && day <= DAY_MOST);
}

/* in_order: an open end is beyond every day. */
static bool in_order(int32_t from, int32_t until)
{
	return from == DAY_NONE || until == DAY_NONE || from <= until;
}

static void check_appointment(const char **fault, const struct appointment *a)
{
	check_true(fault, (unsigned)a->sign < APPOINTMENT_SIGN_COUNT, "sign: is none");
	check_true(fault, (unsigned)a->days < APPOINTMENT_DAYS_COUNT, "days: are none");
	check_true(fault, a->weekdays && a->weekdays < 128, "weekdays: are one to seven");
	check_true(fault, a->opens_min < a->by_min && a->by_min < MINUTES_PER_DAY, "opens: must be before by");
	check_true(fault, a->grace_min <= APPOINTMENT_GRACE_MAX, "grace_min: is at most 720");
	check_true(fault, day_good(a->from) && day_good(a->until) && in_order(a->from, a->until),
		"until: must be a date not before from");
	check_true(fault,
		day_good(a->paused_from) && day_good(a->paused_until) &&
			(a->paused_from == DAY_NONE) == (a->paused_until == DAY_NONE) &&
			in_order(a->paused_from, a->paused_until),
		"paused_until: must be a date not before paused_from, and neither stands alone");
}

static bool says_away(const struct entry *e)
{
	struct wall from = e->body.household.away_from, until = e->body.household.away_until;

	return (wall_is_set(from) || wall_is_set(until)) && (from.ms || until.ms);
}

static void check_away(const char **fault, const struct entry *e)
{
	struct wall from = e->body.household.away_from, until = e->body.household.away_until;

	check_wall_if(fault, from, "away_from: must be a time from 1970 on");
	check_wall_if(fault, until, "away_until: must be a time from 1970 on");
	check_true(fault, !says_away(e) || !wall_is_set(until) || until.ms > from.ms,
		"away_until: must be after away_from");
}

static void check_circle(const char **fault, const struct circle *circle)
{
	for (int part = 0; part < CIRCLE_PARTS; part++) {
		check_true(fault, circle->count[part] <= CIRCLE_MAX, "circle: has at most 8 of each part");
		for (unsigned i = 0; !*fault && i < circle->count[part]; i++)
			check_id(fault, circle->users[part][i], "circle: must be of ids");
	}
}

static const char *entry_fault(const struct entry *e)
{
	const char *fault = NULL;

	check_true(&fault, (unsigned)e->kind < ENTRY_KIND_COUNT, "kind: is none");
	check_true(&fault, e->seq >= 1 && e->seq <= INT64_MAX, "seq: counts from 1");
	if (e->kind == ENTRY_DEVICE)
		check_label(&fault, e->key, "key: must be a label");
	else
		check_id(&fault, e->key, "key: must be an id");
	if (fault || e->deleted)
		return fault;
	switch (e->kind) {
	case ENTRY_DEVICE:
		check_id(&fault, e->body.device.household, "household: must be an id");
		check_text_if(&fault, e->body.device.place, "place: must be a label");
		break;
	case ENTRY_HOUSEHOLD:
		check_id(&fault, e->body.household.community, "community: must be an id");
		check_id(&fault, e->body.household.team, "team: must be an id");
		check_id_if(&fault, e->body.household.policy, "policy: must be an id");
		check_away(&fault, e);
		break;
	case ENTRY_CONSENT:
		check_wall_if(&fault, e->body.consent.from, "from: must be a time from 1970 on");
		check_wall_if(&fault, e->body.consent.until, "until: must be a time from 1970 on");
		break;
	case ENTRY_TEAM:
		check_id(&fault, e->body.team.community, "community: must be an id");
		check_id_if(&fault, e->body.team.captain, "captain: must be an id");
		check_id_if(&fault, e->body.team.desk, "desk: must be an id");
		check_text_if(&fault, e->body.team.number, "number: must be a line");
		break;
	case ENTRY_VOLUNTEER:
		check_id(&fault, e->body.volunteer.team, "team: must be an id");
		check_text_if(&fault, e->body.volunteer.phone, "phone: must be a line");
		check_true(&fault, e->body.volunteer.weekdays < 128, "weekdays: are seven");
		break;
	case ENTRY_POLICY:
		check_policy(&fault, e);
		break;
	case ENTRY_CIRCLE:
		check_circle(&fault, &e->body.circle);
		break;
	case ENTRY_CARE:
		check_care(&fault, &e->body.care);
		break;
	case ENTRY_COMPANION:
		check_companion(&fault, &e->body.companion);
		break;
	case ENTRY_SERVICE:
		check_offering(&fault, &e->body.service);
		break;
	case ENTRY_APPOINTMENT:
		check_id(&fault, e->body.appointment.household, "household: must be an id");
		check_appointment(&fault, &e->body.appointment.terms);
		break;
	case ENTRY_KIND_COUNT:
		break;
	}
	return fault;
}

static void day_encode_if(struct buf *out, const char *key, int32_t day)
{
	char text[DAY_TEXT_BYTES];

	if (day == DAY_NONE)
		return;
	day_format(day, text);
	json_member_text(out, key, text);
}

static void minute_encode(struct buf *out, const char *key, unsigned minute)
{
	char text[MINUTE_TEXT_BYTES];

	minute_format(minute, text);
	json_member_text(out, key, text);
}

void codec_appointment(const struct appointment *a, struct buf *out)
{
	json_member_text(out, "sign", appointment_sign_name(a->sign));
	minute_encode(out, "opens", a->opens_min);
	minute_encode(out, "by", a->by_min);
	json_member_int(out, "grace_min", a->grace_min);
	json_member_text(out, "days", appointment_days_name(a->days));
	json_member_int(out, "weekdays", a->weekdays);
	json_member_bool(out, "pause_holidays", a->pause_holidays);
	day_encode_if(out, "paused_from", a->paused_from);
	day_encode_if(out, "paused_until", a->paused_until);
	day_encode_if(out, "from", a->from);
	day_encode_if(out, "until", a->until);
}

static void circle_encode(const struct circle *circle, struct buf *out)
{
	for (int part = 0; part < CIRCLE_PARTS; part++) {
		if (!circle->count[part])
			continue;
		json_key(out, circle_part_name((enum circle_part)part));
		json_open(out, '[');
		for (unsigned i = 0; i < circle->count[part]; i++)
			json_text(out, circle->users[part][i]);
		json_close(out, ']');
	}
}

static void household_encode(const struct entry *e, struct buf *out)
{
	json_member_text(out, "community", e->body.household.community);
	json_member_text(out, "team", e->body.household.team);
	json_member_text_if(out, "policy", e->body.household.policy);
	json_member_int(out, "persons", e->body.household.persons);
	if (e->body.household.canary)
		json_member_bool(out, "canary", true);
	if (says_away(e)) {
		json_member_wall_if(out, "away_from", e->body.household.away_from);
		json_member_wall_if(out, "away_until", e->body.household.away_until);
	}
}

static void team_encode(const struct entry *e, struct buf *out)
{
	json_member_text(out, "community", e->body.team.community);
	json_member_text_if(out, "captain", e->body.team.captain);
	json_member_text_if(out, "desk", e->body.team.desk);
	json_member_text_if(out, "number", e->body.team.number);
}

static void volunteer_encode(const struct entry *e, struct buf *out)
{
	json_member_text(out, "team", e->body.volunteer.team);
	json_member_text_if(out, "phone", e->body.volunteer.phone);
	json_member_bool(out, "day", e->body.volunteer.day);
	json_member_bool(out, "night", e->body.volunteer.night);
	json_member_bool(out, "desk", e->body.volunteer.desk);
	json_member_int(out, "weekdays", e->body.volunteer.weekdays);
	json_member_int(out, "order", e->body.volunteer.order);
}

static void policy_encode(const struct entry *e, struct buf *out)
{
	json_member_int(out, "accept_life_s", e->body.policy.accept_life_s);
	json_member_int(out, "accept_alarm_s", e->body.policy.accept_alarm_s);
	json_member_int(out, "accept_attention_s", e->body.policy.accept_attention_s);
	json_member_int(out, "arrive_s", e->body.policy.arrive_s);
	json_member_bool(out, "attention_pages", e->body.policy.attention_pages);
}

static void body_encode(const struct entry *e, struct buf *out)
{
	switch (e->kind) {
	case ENTRY_DEVICE:
		json_member_text(out, "household", e->body.device.household);
		json_member_text_if(out, "place", e->body.device.place);
		break;
	case ENTRY_HOUSEHOLD:
		household_encode(e, out);
		break;
	case ENTRY_CONSENT:
		quantities_to_json(out, "quantities", e->body.consent.quantities);
		json_member_wall_if(out, "from", e->body.consent.from);
		json_member_wall_if(out, "until", e->body.consent.until);
		break;
	case ENTRY_TEAM:
		team_encode(e, out);
		break;
	case ENTRY_VOLUNTEER:
		volunteer_encode(e, out);
		break;
	case ENTRY_POLICY:
		policy_encode(e, out);
		break;
	case ENTRY_CIRCLE:
		circle_encode(&e->body.circle, out);
		break;
	case ENTRY_CARE:
		care_encode(&e->body.care, out);
		break;
	case ENTRY_COMPANION:
		companion_encode(&e->body.companion, out);
		break;
	case ENTRY_SERVICE:
		offering_encode(&e->body.service, out);
		break;
	case ENTRY_APPOINTMENT:
		json_member_text(out, "household", e->body.appointment.household);
		codec_appointment(&e->body.appointment.terms, out);
		break;
	case ENTRY_KIND_COUNT:
		break;
	}
}

enum err codec_entry_encode(const struct entry *e, struct buf *out)
{
	if (entry_fault(e))
		return ERR_INVALID;
	json_open(out, '{');
	json_member_text(out, "kind", entry_kind_name(e->kind));
	json_member_text(out, "key", e->key);
	json_member_int(out, "seq", (int64_t)e->seq);
	if (e->deleted)
		json_member_bool(out, "deleted", true);
	else
		body_encode(e, out);
	json_close(out, '}');
	return out->failed;
}

static void policy_decode(struct fields *f, struct entry *e)
{
	struct {
		const char *key;
		uint32_t *out;
	} rows[] = {
		{"accept_life_s", &e->body.policy.accept_life_s},
		{"accept_alarm_s", &e->body.policy.accept_alarm_s},
		{"accept_attention_s", &e->body.policy.accept_attention_s},
		{"arrive_s", &e->body.policy.arrive_s},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t seconds = 0;
		fields_int(f, rows[i].key, 1, POLICY_SECONDS_MAX, &seconds);
		*rows[i].out = (uint32_t)seconds;
	}
	fields_bool_if(f, "attention_pages", &e->body.policy.attention_pages);
}

static void circle_decode(struct fields *f, struct circle *circle)
{
	for (int part = 0; part < CIRCLE_PARTS; part++) {
		const char *name = circle_part_name((enum circle_part)part);
		const json_t *list = fields_get(f, name, false);
		if (list && (!json_is_array(list) || !json_array_size(list) || json_array_size(list) > CIRCLE_MAX)) {
			fields_fail(f, name, "must be an array of 1 to 8 ids");
			return;
		}
		for (size_t i = 0; i < json_array_size(list); i++) {
			const json_t *id = json_array_get(list, i);
			if (!json_is_string(id) || json_string_length(id) >= ID_BYTES) {
				fields_fail(f, name, "must be ids");
				return;
			}
			text_cut(circle->users[part][circle->count[part]++], ID_BYTES, json_string_value(id));
		}
	}
}

static void volunteer_decode(struct fields *f, struct entry *e)
{
	int64_t weekdays = 127, order = 100;

	fields_text(f, "team", e->body.volunteer.team, sizeof e->body.volunteer.team);
	fields_text_if(f, "phone", e->body.volunteer.phone, sizeof e->body.volunteer.phone);
	fields_bool_if(f, "day", &e->body.volunteer.day);
	fields_bool_if(f, "night", &e->body.volunteer.night);
	fields_bool_if(f, "desk", &e->body.volunteer.desk);
	fields_int_if(f, "weekdays", 0, 127, &weekdays);
	fields_int_if(f, "order", 0, 255, &order);
	e->body.volunteer.weekdays = (uint8_t)weekdays;
	e->body.volunteer.order = (uint8_t)order;
}

static void day_decode_if(struct fields *f, const char *key, int32_t *out)
{
	const json_t *value = fields_get(f, key, false);

	*out = DAY_NONE;
	if (value && (!json_is_string(value) || day_parse(json_string_value(value), out)))
		fields_fail(f, key, "must be a date as in 2026-03-01");
}

static void minute_decode(struct fields *f, const char *key, bool required, uint16_t *out)
{
	const json_t *value = fields_get(f, key, required);

	if (value && (!json_is_string(value) || minute_parse(json_string_value(value), out)))
		fields_fail(f, key, "must be a time of day as in 07:30");
}

static void appointment_decode(struct fields *f, struct appointment *a)
{
	int64_t weekdays = 127, grace = APPOINTMENT_GRACE;

	*a = (struct appointment){.opens_min = APPOINTMENT_OPENS};
	FIELDS_WORD(f, "sign", appointment_sign, &a->sign);
	minute_decode(f, "opens", false, &a->opens_min);
	minute_decode(f, "by", true, &a->by_min);
	fields_int_if(f, "grace_min", 0, APPOINTMENT_GRACE_MAX, &grace);
	FIELDS_WORD_IF(f, "days", appointment_days, &a->days);
	fields_int_if(f, "weekdays", 1, 127, &weekdays);
	fields_bool_if(f, "pause_holidays", &a->pause_holidays);
	day_decode_if(f, "paused_from", &a->paused_from);
	day_decode_if(f, "paused_until", &a->paused_until);
	day_decode_if(f, "from", &a->from);
	day_decode_if(f, "until", &a->until);
	a->grace_min = (uint16_t)grace;
	a->weekdays = (uint8_t)weekdays;
}

static void body_decode(struct fields *f, struct entry *e)
{
	int64_t persons = 1;

	switch (e->kind) {
	case ENTRY_DEVICE:
		fields_text(f, "household", e->body.device.household, sizeof e->body.device.household);
		fields_text_if(f, "place", e->body.device.place, sizeof e->body.device.place);
		break;
	case ENTRY_HOUSEHOLD:
		fields_text(f, "community", e->body.household.community, sizeof e->body.household.community);
		fields_text(f, "team", e->body.household.team, sizeof e->body.household.team);
		fields_text_if(f, "policy", e->body.household.policy, sizeof e->body.household.policy);
		fields_int_if(f, "persons", 0, 255, &persons);
		e->body.household.persons = (uint8_t)persons;
		fields_bool_if(f, "canary", &e->body.household.canary);
		e->body.household.away_from = e->body.household.away_until = WALL_NONE;
		fields_wall_if(f, "away_from", &e->body.household.away_from);
		fields_wall_if(f, "away_until", &e->body.household.away_until);
		break;
	case ENTRY_CONSENT:
		e->body.consent.from = e->body.consent.until = WALL_NONE;
		quantities_from_json(f, "quantities", true, &e->body.consent.quantities);
		fields_wall_if(f, "from", &e->body.consent.from);
		fields_wall_if(f, "until", &e->body.consent.until);
		break;
	case ENTRY_TEAM:
		fields_text(f, "community", e->body.team.community, sizeof e->body.team.community);
		fields_text_if(f, "captain", e->body.team.captain, sizeof e->body.team.captain);
		fields_text_if(f, "desk", e->body.team.desk, sizeof e->body.team.desk);
		fields_text_if(f, "number", e->body.team.number, sizeof e->body.team.number);
		break;
	case ENTRY_VOLUNTEER:
		volunteer_decode(f, e);
		break;
	case ENTRY_POLICY:
		policy_decode(f, e);
		break;
	case ENTRY_CIRCLE:
		circle_decode(f, &e->body.circle);
		break;
	case ENTRY_CARE:
		care_decode(f, &e->body.care);
		break;
	case ENTRY_COMPANION:
		companion_decode(f, &e->body.companion);
		break;
	case ENTRY_SERVICE:
		offering_decode(f, &e->body.service);
		break;
	case ENTRY_APPOINTMENT:
		fields_text(f, "household", e->body.appointment.household, sizeof e->body.appointment.household);
		appointment_decode(f, &e->body.appointment.terms);
		break;
	case ENTRY_KIND_COUNT:
		break;
	}
}

enum err entry_from_json(const json_t *json, struct entry *out, struct errinfo *info)
{
	struct entry e;
	struct fields f;
	int64_t seq = 0;
	const char *fault;

	memset(&e, 0, sizeof e);
	fields_open(&f, json, "entry", info);
	FIELDS_WORD(&f, "kind", entry_kind, &e.kind);
	fields_text(&f, "key", e.key, sizeof e.key);
	fields_int(&f, "seq", 1, INT64_MAX, &seq);
	fields_bool_if(&f, "deleted", &e.deleted);
	e.seq = (uint64_t)seq;
	if (!f.err && !e.deleted)
		body_decode(&f, &e);
	if (fields_done(&f))
		return f.err;
	fault = entry_fault(&e);
	if (fault)
		return errinfo_set(info, ERR_INVALID, "entry.%s", fault);
	*out = e;
	return ERR_OK;
}

CODEC_DECODE(entry)
