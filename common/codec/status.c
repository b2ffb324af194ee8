/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "codec/codec.h"
#include "codec/fields.h"
#include "codec/items.h"
#include "codec/json.h"

static const char *status_fault(const struct status *s)
{
	const char *fault = NULL;

	check_id(&fault, s->service, "service: must be an id");
	check_id(&fault, s->instance, "instance: must be an id");
	check_label(&fault, s->version, "version: must be a line");
	check_true(&fault, (unsigned)s->state < STATUS_STATE_COUNT, "state: is none");
	check_wall(&fault, s->at, "at: must be a time from 1970 on");
	check_wall(&fault, s->started, "started: must be a time from 1970 on");
	check_wall_if(&fault, s->clock, "clock: must be a time from 1970 on");
	check_true(&fault, s->counter_count <= COUNTERS_MAX, "counters: are too many");
	for (unsigned i = 0; i < s->counter_count && !fault; i++)
		check_id(&fault, s->counters[i].name, "counters: need ids as names");
	return fault;
}

enum err codec_status_encode(const struct status *s, struct buf *out)
{
	if (status_fault(s))
		return ERR_INVALID;
	json_open(out, '{');
	json_member_text(out, "service", s->service);
	json_member_text(out, "instance", s->instance);
	json_member_text(out, "version", s->version);
	json_member_text(out, "state", status_state_name(s->state));
	json_member_wall(out, "at", s->at);
	json_member_wall(out, "started", s->started);
	json_member_wall_if(out, "clock", s->clock);
	json_member_int(out, "lag_ms", s->lag_ms);
	json_member_int(out, "outbox", s->outbox);
	json_key(out, "counters");
	json_open(out, '{');
	for (unsigned i = 0; i < s->counter_count; i++)
		json_member_int(out, s->counters[i].name, s->counters[i].value);
	json_close(out, '}');
	json_close(out, '}');
	return out->failed;
}

static void counters_from_json(struct fields *f, struct status *out)
{
	const json_t *object = fields_get(f, "counters", true);
	const char *name;
	json_t *value;

	if (!object)
		return;
	if (!json_is_object(object) || json_object_size(object) > COUNTERS_MAX) {
		fields_fail(f, "counters", "must be an object of at most 40 numbers");
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		struct status_counter *counter = &out->counters[out->counter_count++];
		if (!json_is_integer(value) || strlen(name) >= sizeof counter->name) {
			fields_fail(f, "counters", "must be whole numbers with short names");
			return;
		}
		memcpy(counter->name, name, strlen(name) + 1);
		counter->value = json_integer_value(value);
	}
}

static enum err status_from_json(const json_t *json, struct status *out, struct errinfo *info)
{
	struct status s = {.clock = WALL_NONE};
	struct fields f;
	const char *fault;

	fields_open(&f, json, "status", info);
	fields_text(&f, "service", s.service, sizeof s.service);
	fields_text(&f, "instance", s.instance, sizeof s.instance);
	fields_text(&f, "version", s.version, sizeof s.version);
	FIELDS_WORD(&f, "state", status_state, &s.state);
	fields_wall(&f, "at", &s.at);
	fields_wall(&f, "started", &s.started);
	fields_wall_if(&f, "clock", &s.clock);
	fields_int(&f, "lag_ms", 0, INT64_MAX, &s.lag_ms);
	fields_int(&f, "outbox", 0, INT64_MAX, &s.outbox);
	counters_from_json(&f, &s);
	if (fields_done(&f))
		return f.err;
	fault = status_fault(&s);
	if (fault)
		return errinfo_set(info, ERR_INVALID, "status.%s", fault);
	*out = s;
	return ERR_OK;
}

CODEC_DECODE(status)
