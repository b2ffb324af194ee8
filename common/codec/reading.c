/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "codec/codec.h"
#include "codec/fields.h"
#include "codec/items.h"
#include "codec/json.h"

static const char *reading_fault(const struct reading *r)
{
	const char *fault = NULL;

	check_label(&fault, r->device, "device: must be a label");
	check_text_if(&fault, r->channel, "channel: must be a label");
	check_id(&fault, r->household, "household: must be an id");
	check_true(&fault, (unsigned)r->quantity < QUANTITY_COUNT, "quantity: is none");
	check_true(&fault, isfinite(r->value), "value: must be finite");
	check_true(&fault, isnan(r->delta) || (isfinite(r->delta) && r->delta >= 0), "delta: must not be negative");
	check_true(&fault, isnan(r->delta) == !wall_is_set(r->since), "since: goes with delta");
	check_wall_if(&fault, r->since, "since: must be a time from 1970 on");
	check_wall(&fault, r->at, "at: must be a time from 1970 on");
	check_wall(&fault, r->received, "received: must be a time from 1970 on");
	check_text_if(&fault, r->text, "text: must be a label");
	return fault;
}

enum err codec_reading_encode(const struct reading *r, struct buf *out)
{
	if (reading_fault(r))
		return ERR_INVALID;
	json_open(out, '{');
	json_member_text(out, "device", r->device);
	json_member_text_if(out, "channel", r->channel);
	json_member_text(out, "household", r->household);
	json_member_text(out, "quantity", quantity_info(r->quantity)->name);
	json_member_number(out, "value", r->value);
	if (!isnan(r->delta)) {
		json_member_number(out, "delta", r->delta);
		json_member_wall(out, "since", r->since);
	}
	json_member_wall(out, "at", r->at);
	json_member_wall(out, "received", r->received);
	if (r->retained)
		json_member_bool(out, "retained", true);
	if (r->late)
		json_member_bool(out, "late", true);
	json_member_text_if(out, "text", r->text);
	json_close(out, '}');
	return out->failed;
}

enum err reading_from_json(const json_t *json, struct reading *out, struct errinfo *info)
{
	struct reading r = {.delta = NAN, .since = WALL_NONE};
	struct fields f;
	const char *fault;

	fields_open(&f, json, "reading", info);
	fields_text(&f, "device", r.device, sizeof r.device);
	fields_text_if(&f, "channel", r.channel, sizeof r.channel);
	fields_text(&f, "household", r.household, sizeof r.household);
	FIELDS_WORD(&f, "quantity", quantity, &r.quantity);
	fields_number(&f, "value", &r.value);
	fields_number_if(&f, "delta", &r.delta);
	fields_wall_if(&f, "since", &r.since);
	fields_wall(&f, "at", &r.at);
	fields_wall(&f, "received", &r.received);
	fields_bool_if(&f, "retained", &r.retained);
	fields_bool_if(&f, "late", &r.late);
	fields_text_if(&f, "text", r.text, sizeof r.text);
	if (fields_done(&f))
		return f.err;
	fault = reading_fault(&r);
	if (fault)
		return errinfo_set(info, ERR_INVALID, "reading.%s", fault);
	*out = r;
	return ERR_OK;
}

CODEC_DECODE(reading)
