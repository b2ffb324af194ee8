/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/text.h"
#include "codec/codec.h"
#include "codec/fields.h"
#include "codec/items.h"
#include "codec/json.h"

static const char *oncall_fault(const struct oncall *o)
{
	const char *fault = NULL;

	check_id(&fault, o->team, "team: must be an id");
	check_id_if(&fault, o->community, "community: must be an id");
	check_true(&fault, (unsigned)o->shift < ONCALL_SHIFT_COUNT, "shift: is none");
	check_wall(&fault, o->from, "from: must be a time from 1970 on");
	check_wall(&fault, o->until, "until: must be a time from 1970 on");
	check_true(&fault, o->user_count <= ONCALL_USERS_MAX, "users: are too many");
	for (unsigned n = 0; n < o->user_count && !fault; n++)
		check_id(&fault, o->users[n], "users: must be ids");
	check_id_if(&fault, o->captain, "captain: must be an id");
	check_id_if(&fault, o->desk, "desk: must be an id");
	check_text_if(&fault, o->number, "number: must be a line");
	check_true(&fault, o->gap_count <= ONCALL_GAPS_MAX, "gaps: are too many");
	for (unsigned n = 0; n < o->gap_count && !fault; n++) {
		check_wall(&fault, o->gaps[n].from, "gaps: need a from");
		check_wall(&fault, o->gaps[n].until, "gaps: need an until");
	}
	return fault;
}

static void gaps_to_json(const struct oncall *o, struct buf *out)
{
	json_key(out, "gaps");
	json_open(out, '[');
	for (unsigned n = 0; n < o->gap_count; n++) {
		json_open(out, '{');
		json_member_wall(out, "from", o->gaps[n].from);
		json_member_wall(out, "until", o->gaps[n].until);
		json_close(out, '}');
	}
	json_close(out, ']');
}

static void gaps_from_json(struct fields *f, struct oncall *out)
{
	const json_t *list = fields_get(f, "gaps", false);

	if (list && (!json_is_array(list) || !json_array_size(list) || json_array_size(list) > ONCALL_GAPS_MAX)) {
		fields_fail(f, "gaps", "must be an array of 1 to 8");
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct oncall_gap *gap = &out->gaps[out->gap_count++];
		struct fields one;
		fields_open(&one, json_array_get(list, i), "oncall.gaps", f->info);
		fields_wall(&one, "from", &gap->from);
		fields_wall(&one, "until", &gap->until);
		if (fields_done(&one)) {
			f->err = one.err;
			return;
		}
	}
}

enum err codec_oncall_encode(const struct oncall *o, struct buf *out)
{
	if (oncall_fault(o))
		return ERR_INVALID;
	json_open(out, '{');
	json_member_text(out, "team", o->team);
	json_member_text_if(out, "community", o->community);
	json_member_text(out, "shift", oncall_shift_name(o->shift));
	json_member_wall(out, "from", o->from);
	json_member_wall(out, "until", o->until);
	json_key(out, "users");
	json_open(out, '[');
	for (unsigned n = 0; n < o->user_count; n++)
		json_text(out, o->users[n]);
	json_close(out, ']');
	json_member_text_if(out, "captain", o->captain);
	json_member_text_if(out, "desk", o->desk);
	json_member_text_if(out, "number", o->number);
	if (o->gap_count)
		gaps_to_json(o, out);
	json_close(out, '}');
	return out->failed;
}

static void users_from_json(struct fields *f, struct oncall *out)
{
	const json_t *list = fields_get(f, "users", true);

	if (!list)
		return;
	if (!json_is_array(list) || json_array_size(list) > ONCALL_USERS_MAX) {
		fields_fail(f, "users", "must be an array of at most 16");
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *id = json_array_get(list, i);
		if (!json_is_string(id) || json_string_length(id) >= ID_BYTES) {
			fields_fail(f, "users", "must be ids");
			return;
		}
		text_cut(out->users[out->user_count++], ID_BYTES, json_string_value(id));
	}
}

static enum err oncall_from_json(const json_t *json, struct oncall *out, struct errinfo *info)
{
	struct oncall o = {0};
	struct fields f;
	const char *fault;

	fields_open(&f, json, "oncall", info);
	fields_text(&f, "team", o.team, sizeof o.team);
	fields_text_if(&f, "community", o.community, sizeof o.community);
	FIELDS_WORD(&f, "shift", oncall_shift, &o.shift);
	fields_wall(&f, "from", &o.from);
	fields_wall(&f, "until", &o.until);
	users_from_json(&f, &o);
	fields_text_if(&f, "captain", o.captain, sizeof o.captain);
	fields_text_if(&f, "desk", o.desk, sizeof o.desk);
	fields_text_if(&f, "number", o.number, sizeof o.number);
	gaps_from_json(&f, &o);
	if (fields_done(&f))
		return f.err;
	fault = oncall_fault(&o);
	if (fault)
		return errinfo_set(info, ERR_INVALID, "oncall.%s", fault);
	*out = o;
	return ERR_OK;
}

CODEC_DECODE(oncall)
