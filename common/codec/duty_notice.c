/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/text.h"
#include "codec/codec.h"
#include "codec/fields.h"
#include "codec/items.h"
#include "codec/json.h"

static const char *notice_fault(const struct duty_notice *n)
{
	const char *fault = NULL;

	check_id(&fault, n->id, "id: must be an id");
	check_id(&fault, n->matter, "matter: must be an id");
	check_id(&fault, n->user, "user: must be an id");
	check_id(&fault, n->team, "team: must be an id");
	check_true(&fault, (unsigned)n->kind < NOTICE_KIND_COUNT, "kind: is none");
	check_wall(&fault, n->at, "at: must be a time from 1970 on");
	check_wall_if(&fault, n->expires, "expires: must be a time from 1970 on");
	check_label(&fault, n->text_zh, "text_zh: must be a line");
	check_label(&fault, n->text_en, "text_en: must be a line");
	return fault;
}

enum err codec_duty_notice_encode(const struct duty_notice *n, struct buf *out)
{
	if (notice_fault(n))
		return ERR_INVALID;
	json_open(out, '{');
	json_member_text(out, "id", n->id);
	json_member_text(out, "matter", n->matter);
	json_member_text(out, "user", n->user);
	json_member_text(out, "team", n->team);
	json_member_text(out, "kind", notice_kind_name(n->kind));
	json_member_wall(out, "at", n->at);
	json_member_wall_if(out, "expires", n->expires);
	if (n->answer)
		json_member_bool(out, "answer", true);
	json_member_text(out, "text_zh", n->text_zh);
	json_member_text(out, "text_en", n->text_en);
	json_close(out, '}');
	return out->failed;
}

static enum err duty_notice_from_json(const json_t *json, struct duty_notice *out, struct errinfo *info)
{
	struct duty_notice n = {.expires = WALL_NONE};
	struct fields f;
	const char *fault;

	fields_open(&f, json, "duty_notice", info);
	fields_text(&f, "id", n.id, sizeof n.id);
	fields_text(&f, "matter", n.matter, sizeof n.matter);
	fields_text(&f, "user", n.user, sizeof n.user);
	fields_text(&f, "team", n.team, sizeof n.team);
	FIELDS_WORD(&f, "kind", notice_kind, &n.kind);
	fields_wall(&f, "at", &n.at);
	fields_wall_if(&f, "expires", &n.expires);
	fields_bool_if(&f, "answer", &n.answer);
	fields_text(&f, "text_zh", n.text_zh, sizeof n.text_zh);
	fields_text(&f, "text_en", n.text_en, sizeof n.text_en);
	if (fields_done(&f))
		return f.err;
	fault = notice_fault(&n);
	if (fault)
		return errinfo_set(info, ERR_INVALID, "duty_notice.%s", fault);
	*out = n;
	return ERR_OK;
}

CODEC_DECODE(duty_notice)
