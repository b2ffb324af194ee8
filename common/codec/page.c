/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "codec/codec.h"
#include "codec/fields.h"
#include "codec/items.h"
#include "codec/json.h"

static const char *page_fault(const struct page *p)
{
	const char *fault = NULL;

	check_id(&fault, p->id, "id: must be an id");
	check_id(&fault, p->incident, "incident: must be an id");
	check_id(&fault, p->user, "user: must be an id");
	check_id(&fault, p->household, "household: must be an id");
	check_true(&fault, (unsigned)p->role < PAGE_ROLE_COUNT, "role: is none");
	check_true(&fault, (unsigned)p->kind < ALERT_KIND_COUNT, "kind: is none");
	check_true(&fault, (unsigned)p->level < ALERT_LEVEL_COUNT, "level: is none");
	check_wall(&fault, p->at, "at: must be a time from 1970 on");
	check_wall_if(&fault, p->expires, "expires: must be a time from 1970 on");
	check_label(&fault, p->reason_zh, "reason_zh: must be a line");
	check_label(&fault, p->reason_en, "reason_en: must be a line");
	check_text_if(&fault, p->note, "note: must be a line");
	return fault;
}

enum err codec_page_encode(const struct page *p, struct buf *out)
{
	if (page_fault(p))
		return ERR_INVALID;
	json_open(out, '{');
	json_member_text(out, "id", p->id);
	json_member_text(out, "incident", p->incident);
	json_member_text(out, "user", p->user);
	json_member_text(out, "household", p->household);
	json_member_text(out, "role", page_role_name(p->role));
	json_member_text(out, "kind", alert_kind_name(p->kind));
	json_member_text(out, "level", alert_level_name(p->level));
	json_member_wall(out, "at", p->at);
	json_member_wall_if(out, "expires", p->expires);
	json_member_text(out, "reason_zh", p->reason_zh);
	json_member_text(out, "reason_en", p->reason_en);
	if (p->withdrawn)
		json_member_bool(out, "withdrawn", true);
	json_member_text_if(out, "note", p->note);
	json_close(out, '}');
	return out->failed;
}

static enum err page_from_json(const json_t *json, struct page *out, struct errinfo *info)
{
	struct page p = {.expires = WALL_NONE};
	struct fields f;
	const char *fault;

	fields_open(&f, json, "page", info);
	fields_text(&f, "id", p.id, sizeof p.id);
	fields_text(&f, "incident", p.incident, sizeof p.incident);
	fields_text(&f, "user", p.user, sizeof p.user);
	fields_text(&f, "household", p.household, sizeof p.household);
	FIELDS_WORD(&f, "role", page_role, &p.role);
	FIELDS_WORD(&f, "kind", alert_kind, &p.kind);
	FIELDS_WORD(&f, "level", alert_level, &p.level);
	fields_wall(&f, "at", &p.at);
	fields_wall_if(&f, "expires", &p.expires);
	fields_text(&f, "reason_zh", p.reason_zh, sizeof p.reason_zh);
	fields_text(&f, "reason_en", p.reason_en, sizeof p.reason_en);
	fields_bool_if(&f, "withdrawn", &p.withdrawn);
	fields_text_if(&f, "note", p.note, sizeof p.note);
	if (fields_done(&f))
		return f.err;
	fault = page_fault(&p);
	if (fault)
		return errinfo_set(info, ERR_INVALID, "page.%s", fault);
	*out = p;
	return ERR_OK;
}

CODEC_DECODE(page)
