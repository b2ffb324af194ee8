/* SPDX-License-Identifier: MIT
 *
 * What people are told of an errand over channels, and of a day's stops, in both languages: ids and hours, and why it
 * is wanted. What a person wrote into a note may tell of somebody's life; it stays on the topic and in records. What
 * the core notes itself goes along: it says why.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "dispatcher/visit/visit_tour.h"
#include "visit_internal.h"

#define PART_BYTES 200
#define LONG_BYTES (REASON_BYTES + NOTE_BYTES + 3 * PART_BYTES)

enum { ZH, EN };

/* window_words: a task has a last day, all else an hour. */
static void window_words(const struct errand *e, const struct zone *zone, char out[2][PART_BYTES])
{
	struct civil from = zone_to_civil(zone, e->from), until = zone_to_civil(zone, e->until),
		     last = zone_to_civil(zone, wall_plus(e->until, -1));

	if (e->kind == ERRAND_TASK) {
		snprintf(out[ZH], PART_BYTES, "%d月%d日前", last.month, last.day);
		snprintf(out[EN], PART_BYTES, "by %02d-%02d", last.month, last.day);
		return;
	}
	snprintf(out[ZH], PART_BYTES, "%d月%d日 %02d:%02d–%02d:%02d", from.month, from.day, from.hour, from.minute,
		until.hour, until.minute);
	snprintf(out[EN], PART_BYTES, "%02d-%02d %02d:%02d-%02d:%02d", from.month, from.day, from.hour, from.minute,
		until.hour, until.minute);
}

void visit_words(const struct errand *errand, const struct zone *zone, char *out_zh, char *out_en, size_t size)
{
	char when[2][PART_BYTES];

	window_words(errand, zone, when);
	snprintf(out_zh, size, "住户 %s，%s", errand->household, when[ZH]);
	snprintf(out_en, size, "Home %s, %s", errand->household, when[EN]);
}

static const char *who_of(const struct errand *e)
{
	return *e->assignee ? e->assignee : e->provider;
}

static void ask_words(const struct visit_effect *effect, const struct zone *zone, char out[2][PART_BYTES])
{
	struct civil by = zone_to_civil(zone, effect->answer_by);
	bool visit = effect->errand.kind == ERRAND_VISIT;

	snprintf(out[ZH], PART_BYTES, "%s？请在 %d月%d日 %02d:%02d 前答复。", visit ? "您能去吗" : "您能承办吗",
		by.month, by.day, by.hour, by.minute);
	snprintf(out[EN], PART_BYTES, "%s? Please answer by %02d-%02d %02d:%02d.",
		visit ? "Can you go" : "Can you do it", by.month, by.day, by.hour, by.minute);
}

/* have_words: whose it is; mine: the reader's. */
static void have_words(const struct errand *e, bool mine, char out[2][PART_BYTES])
{
	bool moved = e->event == ERRAND_EVENT_MOVED;

	if (!*who_of(e)) {
		snprintf(out[ZH], PART_BYTES, "时间已改，另行询问。");
		snprintf(out[EN], PART_BYTES, "Another time; people are asked anew.");
	} else if (mine) {
		snprintf(out[ZH], PART_BYTES, "%s请您负责。", moved ? "安排有变，" : "");
		snprintf(out[EN], PART_BYTES, "%sIt is yours.", moved ? "Changed. " : "");
	} else {
		snprintf(out[ZH], PART_BYTES, "%s由 %s 负责。", moved ? "安排有变，" : "", who_of(e));
		snprintf(out[EN], PART_BYTES, "%sIt is with %s.", moved ? "Changed. " : "", who_of(e));
	}
}

static void event_words(
	const struct visit_effect *effect, const char *user, const struct zone *zone, char out[2][PART_BYTES])
{
	static const char *const words[ERRAND_EVENT_COUNT][2] = {
		[ERRAND_EVENT_OPENED] = {"待安排。", "To be arranged."},
		[ERRAND_EVENT_DECLINED] = {"原来的人不能去，另行询问。", "Who had it cannot; others are asked."},
		[ERRAND_EVENT_STARTED] = {"已开始。", "It has begun."},
		[ERRAND_EVENT_ANSWERED] = {"清单已填。", "The checklist is filled in."},
		[ERRAND_EVENT_DONE] = {"已完成。", "It is done."},
		[ERRAND_EVENT_CONFIRMED] = {"老人已确认。", "The elder has confirmed it."},
		[ERRAND_EVENT_REFUSED] = {"老人不需要，无需前往。", "The elder does not want it: no need to go."},
		[ERRAND_EVENT_MISSED] = {"未能完成，请了解情况。", "It was missed: please look into it."},
		[ERRAND_EVENT_CLIMBED] = {"至今无人办理，请您过问。", "Nobody has it in hand: please see to it."},
		[ERRAND_EVENT_NOTED] = {"有新的备注。", "There is a new note."},
		[ERRAND_EVENT_CANCELLED] = {"已取消，无需前往。", "Cancelled: no need to go."},
	};
	const struct errand *e = &effect->errand;

	if (e->event == ERRAND_EVENT_OFFERED && !strcmp(user, effect->asked)) {
		ask_words(effect, zone, out);
	} else if (e->event == ERRAND_EVENT_OFFERED) {
		snprintf(out[ZH], PART_BYTES, "已询问 %s。", effect->asked);
		snprintf(out[EN], PART_BYTES, "%s was asked.", effect->asked);
	} else if (e->event == ERRAND_EVENT_AGREED || e->event == ERRAND_EVENT_MOVED) {
		have_words(e, !strcmp(user, e->assignee) || !strcmp(user, e->provider), out);
	} else {
		snprintf(out[ZH], PART_BYTES, "%s", words[e->event][ZH]);
		snprintf(out[EN], PART_BYTES, "%s", words[e->event][EN]);
	}
}

static void write_texts(const struct visit_effect *effect, const struct zone *zone, struct page *page)
{
	char when[2][PART_BYTES], what[2][PART_BYTES], text[LONG_BYTES];
	const struct errand *e = &effect->errand;
	const char *note = *e->actor ? "" : e->note;

	window_words(e, zone, when);
	event_words(effect, page->user, zone, what);
	snprintf(text, sizeof text, "住户 %s，%s：%s%s%s%s", e->household, when[ZH], what[ZH], e->reason_zh,
		*note ? " " : "", note);
	text_cut(page->reason_zh, sizeof page->reason_zh, text);
	snprintf(text, sizeof text, "Home %s, %s: %s %s%s%s", e->household, when[EN], what[EN], e->reason_en,
		*note ? " " : "", note);
	text_cut(page->reason_en, sizeof page->reason_en, text);
}

/* write_id: a question and its withdrawal have one, so that the one can end the other; else one for each event. */
static void write_id(const struct visit_effect *effect, bool question, struct page *page)
{
	char cause[ID_BYTES * 3];
	int length = snprintf(cause, sizeof cause, "%s/%s/%c%" PRId64, effect->errand.id, page->user,
		question ? '?' : '.', question ? effect->answer_by.ms : (int64_t)effect->errand.revision);

	snprintf(page->id, sizeof page->id, "n-%016" PRIx64, text_hash64(cause, (size_t)length, 0));
}

/* stops_words appends the stops; "……" in place of those for which there is no room. */
static void stops_words(
	const struct visit_stop *stops, unsigned count, const struct zone *zone, bool english, struct buf *out)
{
	for (unsigned i = 0; i < count; i++) {
		struct civil from = zone_to_civil(zone, stops[i].errand->from),
			     until = zone_to_civil(zone, stops[i].errand->until);
		(void)!buf_printf(out,
			english ? "%s%u. home %s %02d:%02d-%02d:%02d" : "%s%u. 住户 %s %02d:%02d–%02d:%02d",
			!i        ? ""
			: english ? "; "
				  : "；",
			i + 1, stops[i].errand->household, from.hour, from.minute, until.hour, until.minute);
	}
}

bool visit_day_notice(const struct visit_core *core, const char *user, struct wall now, struct duty_notice *out)
{
	const struct zone *zone = core->config.zone;
	struct visit_stop stops[TOUR_STOPS_MAX];
	struct civil today = zone_to_civil(zone, now);
	double km;
	unsigned count = visit_day(core, user, core_day(core, now), stops, TOUR_STOPS_MAX, &km);
	char cause[ID_BYTES * 2];
	struct buf zh, en;
	int length;

	if (!count)
		return false;
	*out = (struct duty_notice){.kind = NOTICE_VISITS, .at = now, .expires = WALL_NONE};
	snprintf(out->matter, sizeof out->matter, "visits-%04d%02d%02d", today.year, today.month, today.day);
	length = snprintf(cause, sizeof cause, "%s/%s", out->matter, user);
	snprintf(out->id, sizeof out->id, "n-%016" PRIx64, text_hash64(cause, (size_t)length, 0));
	text_cut(out->user, sizeof out->user, user);
	text_cut(out->team, sizeof out->team, stops[0].errand->team);
	buf_init(&zh, NOTICE_BYTES - PART_BYTES);
	buf_init(&en, NOTICE_BYTES - PART_BYTES);
	stops_words(stops, count, zone, false, &zh);
	stops_words(stops, count, zone, true, &en);
	snprintf(out->text_zh, sizeof out->text_zh, "今天（%d月%d日）上门 %u 处，按此顺序：%s%s", today.month,
		today.day, count, zh.data ? zh.data : "", zh.failed ? "；……" : "。");
	snprintf(out->text_en, sizeof out->text_en, "Today (%02d-%02d) you visit %u, in this order: %s%s", today.month,
		today.day, count, en.data ? en.data : "", en.failed ? "; ..." : ".");
	buf_fini(&zh);
	buf_fini(&en);
	return true;
}

enum page_role visit_role(enum errand_kind kind)
{
	static const enum page_role roles[ERRAND_KIND_COUNT] = {PAGE_VISIT, PAGE_TASK, PAGE_SERVICE};

	return roles[kind];
}

static void write_page(const struct visit_effect *effect, const char *user, const struct zone *zone, struct page *out)
{
	const struct errand *e = &effect->errand;
	bool asks = e->event == ERRAND_EVENT_OFFERED && !strcmp(user, effect->asked);
	/* a question that has become the reader's own is followed by that, not by its withdrawal */
	bool own = e->state == ERRAND_AGREED && !strcmp(user, who_of(e));
	bool closed = !asks && !own && !strcmp(user, effect->asked);
	bool not_met = e->event == ERRAND_EVENT_MISSED && *e->actor;

	*out = (struct page){.role = visit_role(e->kind),
		.kind = ALERT_DEVICE,
		.level = not_met ? ALERT_ALARM : ALERT_ATTENTION, /* nobody opened: the elder may lie there */
		.at = e->at,
		.expires = asks ? effect->answer_by : WALL_NONE,
		.withdrawn = closed};
	text_cut(out->user, sizeof out->user, user);
	text_cut(out->incident, sizeof out->incident, e->id);
	text_cut(out->household, sizeof out->household, e->household);
	write_id(effect, asks || closed, out);
	write_texts(effect, zone, out);
}

unsigned visit_pages(const struct visit_effect *effect, const struct zone *zone, struct page out_pages[VISIT_PAGES_MAX])
{
	const char *actor = effect->errand.actor;
	bool has = !*effect->asked || !strcmp(effect->asked, actor);
	unsigned count = 0;

	for (unsigned i = 0; i < effect->tell_count; i++) {
		const char *user = effect->tell[i];
		if (!strcmp(user, actor))
			continue;
		has = has || !strcmp(user, effect->asked);
		write_page(effect, user, zone, &out_pages[count++]);
	}
	if (!has)
		write_page(effect, effect->asked, zone, &out_pages[count++]);
	return count;
}
