/* SPDX-License-Identifier: MIT */
#include "habit_lesson.h"

#include <string.h>

#include "base/text.h"
#include "codec/fields.h"
#include "habit.h"
#include "message/message.h"
#include "row.h"
#include "show.h"
#include "words.h"

#define ANSWER_BYTES_MAX (1u << 20)

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

/* ---- answers to "away" and "relearn" ---- */

enum err habit_away_text(const char *json, const struct zone *zone, struct buf *out, struct errinfo *info)
{
	struct habit_lessons lessons;
	const char *household, *mode;
	json_t *root;
	enum err err = fields_load(json, strlen(json), ANSWER_BYTES_MAX, &root, info);

	if (err)
		return err;
	household = row_text(root, "household");
	mode = row_text(root, "mode");
	if (!text_is_id(household) || !text_is_id(mode)) {
		json_decref(root);
		return errinfo_set(info, ERR_INVALID, "the answer has no \"household\" and \"mode\"");
	}
	buf_printf(out, "住户 %s：%s %s\n", household, habit_mode_word(mode), mode);
	habit_lessons_read(root, &lessons);
	away_text(&lessons, zone, out);
	json_decref(root);
	return out->failed;
}

enum err habit_relearn_text(const char *json, const struct zone *zone, struct buf *out, struct errinfo *info)
{
	const json_t *asked, *waiting;
	json_t *root;
	enum err err = fields_load(json, strlen(json), ANSWER_BYTES_MAX, &root, info);

	(void)zone;
	if (err)
		return err;
	asked = json_object_get(root, "asked");
	waiting = json_object_get(root, "waiting");
	if (json_is_integer(asked) && json_is_integer(waiting))
		buf_printf(out,
			"已登记 %" JSON_INTEGER_FORMAT " 户重新学习，还有 %" JSON_INTEGER_FORMAT
			" 户在等 (homes noted; homes that wait)\n",
			json_integer_value(asked), json_integer_value(waiting));
	else
		err = errinfo_set(info, ERR_INVALID, "the answer has no \"asked\" and \"waiting\"");
	json_decref(root);
	return err ? err : out->failed;
}
