/* SPDX-License-Identifier: MIT */
#include "habit_lesson.h"

#include <string.h>

#include "base/text.h"
#include "codec/fields.h"
#include "message/message.h"
#include "show.h"
#include "words.h"

void habit_lessons_read(const json_t *root, struct habit_lessons *out)
{
	const json_t *away = json_object_get(root, "away"), *list = json_object_get(root, "lessons");

	*out = (struct habit_lessons){
		.away_since = fields_wall_or_none(away, "since"), .away_until = fields_wall_or_none(away, "until")};
	fields_text_or_empty(away, "source", out->away, sizeof out->away);
	for (size_t i = 0; i < json_array_size(list) && out->count < HABIT_LESSONS_MAX; i++) {
		const json_t *item = json_array_get(list, i);
		struct habit_lesson *l = &out->items[out->count];
		*l = (struct habit_lesson){.at = fields_wall_or_none(item, "at"),
			.lean_before = json_number_value(json_object_get(item, "lean_before")),
			.lean = json_number_value(json_object_get(item, "lean"))};
		fields_text_or_empty(item, "incident", l->incident, sizeof l->incident);
		fields_text_or_empty(item, "outcome", l->outcome, sizeof l->outcome);
		fields_text_or_empty(item, "found", l->found, sizeof l->found);
		fields_text_or_empty(item, "doubted", l->doubted, sizeof l->doubted);
		out->count += text_is_id(l->incident) && wall_is_set(l->at);
	}
}

static const char *source_word(const char *source)
{
	static const char *const words[][2] = {{"family", "家人告知"}, {"desk", "值班台登记"}, {"visitor", "上门得知"},
		{"hospital", "送医"}, {"viewer", "门镜所见"}, {"inferred", "关门后无动静，推断"}};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(source, words[i][0]))
			return words[i][1];
	return "";
}

static void away_text(const struct habit_lessons *all, const struct zone *zone, struct buf *out)
{
	char since[SHOW_TIME_BYTES] = "", until[SHOW_TIME_BYTES] = "";

	if (!*all->away)
		return;
	if (wall_is_set(all->away_since))
		show_time(zone, all->away_since, since);
	if (wall_is_set(all->away_until))
		show_time(zone, all->away_until, until);
	buf_printf(out, "  外出 (away)：%s ", source_word(all->away));
	show_clean(out, all->away, 0);
	buf_printf(out, "，自 since %.16s，采信至 believed until %.16s\n", since, until);
}

void habit_lessons_text(const struct habit_lessons *all, const struct zone *zone, struct buf *out)
{
	char at[SHOW_TIME_BYTES];
	enum outcome outcome;

	away_text(all, zone, out);
	if (all->count)
		buf_text(out, "  上门结果 (what people found)，误报预算的倍数 (the home's budget, times):\n");
	for (unsigned i = all->count; i-- > 0;) {
		const struct habit_lesson *l = &all->items[i];
		show_time(zone, l->at, at);
		buf_printf(out, "    %.16s  %s ", at, outcome_find(l->outcome, &outcome) ? "" : words_outcome(outcome));
		show_clean(out, l->outcome, 0);
		buf_byte(out, ' ');
		show_clean(out, l->found, 0);
		buf_printf(out, "  %.2f → %.2f  ", l->lean_before, l->lean);
		if (*l->doubted) {
			buf_text(out, "不采信 (doubted) ");
			show_clean(out, l->doubted, 0);
			buf_text(out, "  ");
		}
		buf_byte(out, '[');
		show_clean(out, l->incident, 0);
		buf_text(out, "]\n");
	}
}
