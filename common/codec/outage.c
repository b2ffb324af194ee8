/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/text.h"
#include "codec/codec.h"
#include "codec/fields.h"
#include "codec/items.h"
#include "codec/json.h"

static const char *outage_fault(const struct outage *o)
{
	const char *fault = NULL;

	check_id(&fault, o->channel, "channel: must be an id");
	check_id(&fault, o->instance, "instance: must be an id");
	check_true(&fault, (unsigned)o->state < OUTAGE_STATE_COUNT, "state: is none");
	check_wall(&fault, o->since, "since: must be a time from 1970 on");
	check_text_if(&fault, o->cause, "cause: must be a line");
	check_label(&fault, o->reason_zh, "reason_zh: must be a line");
	check_label(&fault, o->reason_en, "reason_en: must be a line");
	return fault;
}

enum err codec_outage_encode(const struct outage *o, struct buf *out)
{
	if (outage_fault(o))
		return ERR_INVALID;
	json_open(out, '{');
	json_member_text(out, "channel", o->channel);
	json_member_text(out, "instance", o->instance);
	json_member_text(out, "state", outage_state_name(o->state));
	json_member_wall(out, "since", o->since);
	json_member_text_if(out, "cause", o->cause);
	json_member_text(out, "reason_zh", o->reason_zh);
	json_member_text(out, "reason_en", o->reason_en);
	json_close(out, '}');
	return out->failed;
}

static enum err outage_from_json(const json_t *json, struct outage *out, struct errinfo *info)
{
	struct outage o = {0};
	struct fields f;
	const char *fault;

	fields_open(&f, json, "outage", info);
	fields_text(&f, "channel", o.channel, sizeof o.channel);
	fields_text(&f, "instance", o.instance, sizeof o.instance);
	FIELDS_WORD(&f, "state", outage_state, &o.state);
	fields_wall(&f, "since", &o.since);
	fields_text_if(&f, "cause", o.cause, sizeof o.cause);
	fields_text(&f, "reason_zh", o.reason_zh, sizeof o.reason_zh);
	fields_text(&f, "reason_en", o.reason_en, sizeof o.reason_en);
	if (fields_done(&f))
		return f.err;
	fault = outage_fault(&o);
	if (fault)
		return errinfo_set(info, ERR_INVALID, "outage.%s", fault);
	*out = o;
	return ERR_OK;
}

CODEC_DECODE(outage)
