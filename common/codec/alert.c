/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "codec/codec.h"
#include "codec/fields.h"
#include "codec/items.h"
#include "codec/json.h"

static const char *alert_fault(const struct alert *a)
{
	const char *fault = NULL;

	check_id(&fault, a->id, "id: must be an id");
	check_true(&fault, a->revision >= 1, "revision: counts from 1");
	check_id(&fault, a->household, "household: must be an id");
	check_true(&fault, (unsigned)a->kind < ALERT_KIND_COUNT, "kind: is none");
	check_true(&fault, (unsigned)a->level < ALERT_LEVEL_COUNT, "level: is none");
	check_true(&fault, (unsigned)a->state < ALERT_STATE_COUNT, "state: is none");
	check_id(&fault, a->rule, "rule: must be an id");
	check_wall(&fault, a->onset, "onset: must be a time from 1970 on");
	check_wall(&fault, a->at, "at: must be a time from 1970 on");
	check_label(&fault, a->reason_zh, "reason_zh: must be a line");
	check_label(&fault, a->reason_en, "reason_en: must be a line");
	check_true(&fault, a->confidence >= 0 && a->confidence <= 1, "confidence: must be 0 to 1");
	check_true(&fault, a->evidence_count <= EVIDENCE_MAX, "evidence: is too much");
	for (unsigned i = 0; i < a->evidence_count && !fault; i++) {
		const struct evidence *e = &a->evidence[i];
		check_true(&fault, (unsigned)e->quantity < QUANTITY_COUNT, "evidence.quantity: is none");
		check_label(&fault, e->device, "evidence.device: must be a label");
		check_true(&fault, isfinite(e->value), "evidence.value: must be finite");
		check_wall(&fault, e->at, "evidence.at: must be a time from 1970 on");
	}
	return fault;
}

enum err codec_alert_encode(const struct alert *a, struct buf *out)
{
	if (alert_fault(a))
		return ERR_INVALID;
	json_open(out, '{');
	json_member_text(out, "id", a->id);
	json_member_int(out, "revision", a->revision);
	json_member_text(out, "household", a->household);
	json_member_text(out, "kind", alert_kind_name(a->kind));
	json_member_text(out, "level", alert_level_name(a->level));
	json_member_text(out, "state", alert_state_name(a->state));
	json_member_text(out, "rule", a->rule);
	json_member_wall(out, "onset", a->onset);
	json_member_wall(out, "at", a->at);
	json_member_text(out, "reason_zh", a->reason_zh);
	json_member_text(out, "reason_en", a->reason_en);
	json_member_number(out, "confidence", a->confidence);
	json_key(out, "evidence");
	json_open(out, '[');
	for (unsigned i = 0; i < a->evidence_count; i++) {
		json_open(out, '{');
		json_member_text(out, "quantity", quantity_info(a->evidence[i].quantity)->name);
		json_member_text(out, "device", a->evidence[i].device);
		json_member_number(out, "value", a->evidence[i].value);
		json_member_wall(out, "at", a->evidence[i].at);
		json_close(out, '}');
	}
	json_close(out, ']');
	quantities_to_json(out, "looked_at", a->looked_at);
	quantities_to_json(out, "blind", a->blind);
	json_close(out, '}');
	return out->failed;
}

static void evidence_from_json(struct fields *f, struct alert *out)
{
	const json_t *list = fields_get(f, "evidence", false);

	if (!list)
		return;
	if (!json_is_array(list) || json_array_size(list) > EVIDENCE_MAX) {
		fields_fail(f, "evidence", "must be an array of at most 8");
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct evidence *e = &out->evidence[out->evidence_count++];
		struct fields item;
		fields_open(&item, json_array_get(list, i), "alert.evidence", f->info);
		FIELDS_WORD(&item, "quantity", quantity, &e->quantity);
		fields_text(&item, "device", e->device, sizeof e->device);
		fields_number(&item, "value", &e->value);
		fields_wall(&item, "at", &e->at);
		if (fields_done(&item) && !f->err)
			f->err = item.err;
	}
}

enum err alert_from_json(const json_t *json, struct alert *out, struct errinfo *info)
{
	struct alert a = {0};
	struct fields f;
	int64_t revision = 0;
	const char *fault;

	fields_open(&f, json, "alert", info);
	fields_text(&f, "id", a.id, sizeof a.id);
	fields_int(&f, "revision", 1, UINT32_MAX, &revision);
	fields_text(&f, "household", a.household, sizeof a.household);
	FIELDS_WORD(&f, "kind", alert_kind, &a.kind);
	FIELDS_WORD(&f, "level", alert_level, &a.level);
	FIELDS_WORD(&f, "state", alert_state, &a.state);
	fields_text(&f, "rule", a.rule, sizeof a.rule);
	fields_wall(&f, "onset", &a.onset);
	fields_wall(&f, "at", &a.at);
	fields_text(&f, "reason_zh", a.reason_zh, sizeof a.reason_zh);
	fields_text(&f, "reason_en", a.reason_en, sizeof a.reason_en);
	fields_number(&f, "confidence", &a.confidence);
	evidence_from_json(&f, &a);
	quantities_from_json(&f, "looked_at", false, &a.looked_at);
	quantities_from_json(&f, "blind", false, &a.blind);
	if (fields_done(&f))
		return f.err;
	a.revision = (uint32_t)revision;
	fault = alert_fault(&a);
	if (fault)
		return errinfo_set(info, ERR_INVALID, "alert.%s", fault);
	*out = a;
	return ERR_OK;
}

CODEC_DECODE(alert)
