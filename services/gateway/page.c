/* SPDX-License-Identifier: MIT */
#include "gateway/page.h"

#include <jansson.h>
#include <string.h>

enum page_kind page_of(const char *json)
{
	static const struct {
		const char *verdict;
		enum page_kind kind;
	} kinds[] = {{"good", PAGE_ASK}, {"used", PAGE_USED}, {"expired", PAGE_EXPIRED}, {"forged", PAGE_WRONG},
		{"malformed", PAGE_WRONG}, {"foreign", PAGE_WRONG}};
	json_t *answer = json_loads(json, 0, NULL);
	const char *verdict = json_string_value(json_object_get(answer, "verdict"));
	const char *reply = json_string_value(json_object_get(answer, "reply"));
	enum page_kind kind = PAGE_LATER;

	for (unsigned i = 0; verdict && i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(verdict, kinds[i].verdict))
			kind = kinds[i].kind;
	if (kind == PAGE_ASK && reply)
		kind = !strcmp(reply, "taken") || !strcmp(reply, "repeated") ? PAGE_TAKEN : PAGE_NOTHING;
	json_decref(answer);
	return kind;
}

enum err page_calendar(const char *json, struct buf *out)
{
	json_t *answer = json_loads(json, 0, NULL);
	const char *text = json_string_value(json_object_get(answer, "ics"));
	enum err err = text ? buf_text(out, text) : ERR_INVALID;

	json_decref(answer);
	return err;
}

enum err page_write(enum page_kind kind, struct buf *out)
{
	static const char *const words[PAGE_KIND_COUNT][2] = {
		[PAGE_ASK] = {"有一户需要您。您能去吗？", "A home needs you. Can you go?"},
		[PAGE_TAKEN] = {"已接单，谢谢。详情请在您的应用里查看。",
			"It is yours. Thank you. Your app has the details."},
		[PAGE_NOTHING] = {"已有人前往，或此事已了结。谢谢。", "Somebody else goes, or it is over. Thank you."},
		[PAGE_USED] = {"此链接已用过。", "This link has been used."},
		[PAGE_EXPIRED] = {"此链接已过期。如仍能前往，请致电值班台。",
			"This link has expired. If you can still go, ring the desk."},
		[PAGE_WRONG] = {"链接不完整或无效。请从原消息中重新打开。",
			"The link is cut or not valid. Open it again from the message."},
		[PAGE_LATER] = {"暂时无法处理，请再试一次，或致电值班台。",
			"Not possible just now. Try again, or ring the desk."},
	};

	buf_text(out,
		"<!DOCTYPE html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
		"content=\"width=device-width, initial-scale=1\"><meta name=\"robots\" "
		"content=\"noindex\"><title>窗帘之约 "
		"Curtain</title><style>body{font:1.25rem/1.5 sans-serif;max-width:32rem;margin:15vh auto;padding:0 "
		"1rem;text-align:center;color:#222;background:#fff}p.en{color:#666;font-size:1rem}button{font:inherit;"
		"padding:1rem "
		"2.5rem;border:0;border-radius:.5rem;background:#b3261e;color:#fff;width:100%}</style></head><body>");
	buf_printf(out, "<p>%s</p><p class=\"en\" lang=\"en\">%s</p>", words[kind][0], words[kind][1]);
	if (kind == PAGE_ASK)
		buf_text(out, "<form method=\"post\"><button>我去 I go</button></form>");
	return buf_text(out, "</body></html>\n");
}
