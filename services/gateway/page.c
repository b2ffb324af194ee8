/* SPDX-License-Identifier: MIT */
#include "gateway/page.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static enum page_kind kind_of(const json_t *answer)
{
	static const struct {
		const char *verdict;
		enum page_kind kind;
	} kinds[] = {{"good", PAGE_ASK}, {"used", PAGE_USED}, {"expired", PAGE_EXPIRED}, {"forged", PAGE_WRONG},
		{"malformed", PAGE_WRONG}, {"foreign", PAGE_WRONG}};
	static const char *const help[] = {"duty", "visit", "task", "service"};
	const char *verdict = text_of(answer, "verdict"), *reply = text_of(answer, "reply");
	bool decline = !strcmp(text_of(answer, "action"), "decline");
	enum page_kind kind = PAGE_LATER;

	for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(verdict, kinds[i].verdict))
			kind = kinds[i].kind;
	if (kind != PAGE_ASK)
		return kind;
	if (*reply && strcmp(reply, "taken") != 0 && strcmp(reply, "repeated") != 0)
		return PAGE_NOTHING;
	if (decline)
		return *reply ? PAGE_TAKEN_NO : PAGE_ASK_NO;
	for (unsigned i = 0; i < sizeof help / sizeof *help && !*reply; i++)
		if (!strcmp(text_of(answer, "kind"), help[i]))
			return PAGE_ASK_HELP;
	return *reply ? PAGE_TAKEN : PAGE_ASK;
}

struct page_link page_of(const char *json)
{
	json_t *answer = json_loads(json, 0, NULL);
	const json_t *about = json_object_get(answer, "about");
	struct page_link link = {.kind = kind_of(answer)};
	char text[PAGE_ABOUT_BYTES];

	if (about) {
		snprintf(text, sizeof text, "%s：%s", text_of(about, "kind_zh"), text_of(about, "zh"));
		text_cut(link.zh, sizeof link.zh, text);
		snprintf(text, sizeof text, "%s: %s", text_of(about, "kind_en"), text_of(about, "en"));
		text_cut(link.en, sizeof link.en, text);
	}
	json_decref(answer);
	return link;
}

enum err page_calendar(const char *json, struct buf *out)
{
	json_t *answer = json_loads(json, 0, NULL);
	const char *text = json_string_value(json_object_get(answer, "ics"));
	enum err err = text ? buf_text(out, text) : ERR_INVALID;

	json_decref(answer);
	return err;
}

static void write_escaped(const char *text, struct buf *out)
{
	for (; *text; text++) {
		if (strchr("<>&\"'", *text))
			buf_printf(out, "&#%d;", *text);
		else
			buf_byte(out, *text);
	}
}

static void write_line(const char *zh, const char *en, struct buf *out)
{
	buf_text(out, "<p>");
	write_escaped(zh, out);
	buf_text(out, "</p><p class=\"en\" lang=\"en\">");
	write_escaped(en, out);
	buf_text(out, "</p>");
}

static const char *button_of(enum page_kind kind)
{
	switch (kind) {
	case PAGE_ASK:
		return "<form method=\"post\"><button>我去 I go</button></form>";
	case PAGE_ASK_HELP:
		return "<form method=\"post\"><button>同意 I accept</button></form>";
	case PAGE_ASK_NO:
		return "<form method=\"post\"><button class=\"no\">谢绝 I decline</button></form>";
	case PAGE_TAKEN:
	case PAGE_TAKEN_NO:
	case PAGE_NOTHING:
	case PAGE_USED:
	case PAGE_EXPIRED:
	case PAGE_WRONG:
	case PAGE_LATER:
	case PAGE_KIND_COUNT:
		break;
	}
	return "";
}

enum err page_write(const struct page_link *link, struct buf *out)
{
	static const char *const words[PAGE_KIND_COUNT][2] = {
		[PAGE_ASK] = {"有一户需要您。您能去吗？", "A home needs you. Can you go?"},
		[PAGE_ASK_HELP] = {"想请您帮忙。您同意吗？", "May we count on you?"},
		[PAGE_ASK_NO] = {"您要谢绝吗？我们会马上请下一位。", "Decline? The next one is asked at once."},
		[PAGE_TAKEN] = {"已接单，谢谢。详情请在您的应用里查看。",
			"It is yours. Thank you. Your app has the details."},
		[PAGE_TAKEN_NO] = {"已谢绝，会请下一位。谢谢您告诉我们。",
			"Declined; the next one is asked. Thank you for telling us."},
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
		"2.5rem;border:0;border-radius:.5rem;background:#b3261e;color:#fff;width:100%}button.no{background:#"
		"555}"
		"</style></head><body>");
	write_line(words[link->kind][0], words[link->kind][1], out);
	if (*link->zh)
		write_line(link->zh, link->en, out);
	buf_text(out, button_of(link->kind));
	return buf_text(out, "</body></html>\n");
}
