/* SPDX-License-Identifier: MIT */
#include "habit.h"

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "codec/fields.h"
#include "show.h"
#include "words.h"

#define ANSWER_BYTES_MAX (8u << 20)
#define TABLE_STEP 2 /* hours between rows */
#define NUMBER_MOST 100000.0

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

/* join writes quantities as words; "—" for none. */
static void join(const json_t *names, char *out, size_t size)
{
	struct buf text;
	enum quantity quantity;

	buf_init(&text, size - 1);
	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));
		if (i)
			buf_text(&text, "、");
		show_clean(&text, !name ? "?" : quantity_find(name, &quantity) ? name : words_quantity(quantity), 0);
	}
	text_cut(out, size, text.length ? text.data : "—");
	buf_fini(&text);
}

/* number_of: what is told must be a number that a person can read; anything else counts as not known. */
static double number_of(const json_t *value)
{
	double number = json_is_number(value) ? json_number_value(value) : 0;

	return number >= 0 && number <= NUMBER_MOST ? number : 0;
}

static void read_hours(const json_t *day, const char *name, double out[HABIT_DAY_HOURS])
{
	const json_t *hours = json_object_get(day, name);

	for (unsigned i = 0; i < HABIT_DAY_HOURS; i++)
		out[i] = number_of(json_array_get(hours, i));
}

static void read_day(const json_t *set, const char *name, struct habit_day *out)
{
	const json_t *day = json_object_get(set, name), *up = json_object_get(day, "up_by_h");

	read_hours(day, "attention_h", out->attention);
	read_hours(day, "alarm_h", out->alarm);
	read_hours(day, "usual_h", out->usual);
	out->up_by = json_is_number(up) && json_number_value(up) <= HABIT_DAY_HOURS ? json_number_value(up) : -1;
}

static void read_set(const json_t *set, struct habit_channels *out)
{
	const json_t *attention = json_object_get(set, "attention"), *alarm = json_object_get(set, "alarm");

	out->in_force = json_is_true(json_object_get(set, "in_force"));
	join(json_object_get(set, "channels"), out->channels, sizeof out->channels);
	out->months = number_of(json_object_get(set, "months"));
	out->silences = json_integer_value(json_object_get(set, "silences"));
	out->attention_rate = number_of(json_object_get(attention, "false_alarms_a_month"));
	out->alarm_rate = number_of(json_object_get(alarm, "false_alarms_a_month"));
	out->attention_false = json_integer_value(json_object_get(attention, "false_alarms"));
	out->alarm_false = json_integer_value(json_object_get(alarm, "false_alarms"));
	read_day(set, "workday", &out->days[0]);
	read_day(set, "holiday", &out->days[1]);
}

static enum err read_answer(const json_t *root, struct habit_answer *out, struct errinfo *info)
{
	const json_t *habits = json_object_get(root, "habits"), *silence = json_object_get(root, "silence");
	const json_t *budget = json_object_get(root, "budget");

	*out = (struct habit_answer){.judged = fields_wall_or_none(root, "judged"),
		.last_sign = fields_wall_or_none(root, "last_sign"),
		.silent_since = fields_wall_or_none(silence, "since"),
		.expected_by = fields_wall_or_none(root, "expected_by"),
		.attention_at = fields_wall_or_none(root, "attention_at"),
		.alarm_at = fields_wall_or_none(root, "alarm_at"),
		.silent_hour = number_of(json_object_get(silence, "hour")),
		.silent_day = !strcmp(text_of(silence, "day"), "holiday"),
		.population = json_is_true(json_object_get(root, "population")),
		.attention_budget = number_of(json_object_get(budget, "attention_a_month")),
		.alarm_budget = number_of(json_object_get(budget, "alarm_a_month"))};
	out->silent_hour = out->silent_hour < HABIT_DAY_HOURS ? out->silent_hour : 0;
	if (!json_is_array(habits) || !text_is_id(text_of(root, "household")) || !*text_of(root, "mode"))
		return errinfo_set(info, ERR_INVALID, "the answer is no habit");
	text_cut(out->household, sizeof out->household, text_of(root, "household"));
	text_cut(out->mode, sizeof out->mode, text_of(root, "mode"));
	text_cut(out->community, sizeof out->community, text_of(budget, "community"));
	join(json_object_get(root, "looked_at"), out->looked_at, sizeof out->looked_at);
	join(json_object_get(root, "blind"), out->blind, sizeof out->blind);
	habit_appointments_read(json_object_get(root, "appointments"), &out->appointments);
	habit_lessons_read(root, &out->lessons);
	for (; out->count < json_array_size(habits) && out->count < HABIT_SETS_MAX; out->count++)
		read_set(json_array_get(habits, out->count), &out->habits[out->count]);
	return ERR_OK;
}

enum err habit_parse(const char *json, struct habit_answer *out, struct errinfo *info)
{
	json_t *root;
	enum err err = fields_load(json, strlen(json), ANSWER_BYTES_MAX, &root, info);

	if (err)
		return err;
	err = read_answer(root, out, info);
	json_decref(root);
	return err;
}

/* ---- text ---- */

const char *habit_mode_word(const char *mode)
{
	static const char *const words[][2] = {{"unwatched", "未看护"}, {"learning", "学习中"}, {"at_home", "在家"},
		{"away", "外出"}, {"asleep", "睡眠"}, {"blind", "看不到"}};

	for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(mode, words[i][0]))
			return words[i][1];
	return "";
}

static void time_line(const char *label, const struct zone *zone, struct wall at, struct buf *out)
{
	char time[SHOW_TIME_BYTES];

	if (!wall_is_set(at))
		return;
	show_time(zone, at, time);
	buf_printf(out, "  %s  %.16s\n", label, time);
}

static void hours_cell(struct table *table, double hours)
{
	char text[24] = "—";
	int minutes = (int)floor(hours * 60 + 0.5);

	if (hours > 0)
		snprintf(text, sizeof text, "%d:%02d", minutes / 60, minutes % 60);
	table_cell(table, text);
}

static enum err limits_table(const struct habit_channels *set, struct buf *out)
{
	static const char *const headings[] = {"始于 from", ">平日通常 usual", ">关注 attention", ">警报 alarm",
		">休息日通常 usual", ">关注 attention", ">警报 alarm"};
	struct table *table = table_create(headings, 7);

	if (!table)
		return ERR_NOMEM;
	for (unsigned hour = 0; hour < HABIT_DAY_HOURS; hour += TABLE_STEP) {
		char text[16];
		snprintf(text, sizeof text, "%02u:00", hour);
		table_cell(table, text);
		for (unsigned day = 0; day < 2; day++) {
			hours_cell(table, set->days[day].usual[hour]);
			hours_cell(table, set->days[day].attention[hour]);
			hours_cell(table, set->days[day].alarm[hour]);
		}
	}
	enum err err = table_print(table, out);
	table_destroy(table);
	return err;
}

static void clock_of(double hour, char out[16])
{
	int minutes = (int)floor(hour * 60 + 0.5);

	if (hour < 0)
		snprintf(out, 16, "—");
	else
		snprintf(out, 16, "%02d:%02d", minutes / 60, minutes % 60);
}

static void set_text(const struct habit_answer *a, const struct habit_channels *set, struct buf *out)
{
	char workday[16], holiday[16];

	clock_of(set->days[0].up_by, workday);
	clock_of(set->days[1].up_by, holiday);
	buf_printf(out, "\n习惯 (habit)：%s%s\n", set->channels, set->in_force ? "  ← 现用 (in force)" : "");
	buf_printf(out, "  已学 %.1f 个月，记得 %lld 次长静默 (months learnt, long silences remembered)\n", set->months,
		set->silences);
	buf_printf(out, "  早上最迟 (up by)：平日 workday %s，休息日 day off %s\n", workday, holiday);
	buf_printf(out,
		"  误报每月 (false alarms a month)：关注 attention %.2f / %.2f，警报 alarm %.2f / %.2f (预算 budget)\n",
		set->attention_rate, a->attention_budget, set->alarm_rate, a->alarm_budget);
	buf_printf(out, "  至今误报 (so far)：关注 attention %lld，警报 alarm %lld\n", set->attention_false,
		set->alarm_false);
	buf_text(out, "  静默从几点开始，多久算太久 (how long a silence that begins at this hour may last, h:min)\n\n");
	if (limits_table(set, out))
		out->failed = ERR_NOMEM;
}

void habit_text(const struct habit_answer *a, const struct zone *zone, struct buf *out)
{
	buf_text(out, "住户 (household) ");
	show_clean(out, a->household, 0);
	buf_printf(out, "：%s ", habit_mode_word(a->mode));
	show_clean(out, a->mode, 0);
	buf_printf(out, "\n  看 (looked at)：%s；看不到 (blind)：%s\n", a->looked_at, a->blind);
	time_line("最近生活迹象 (last sign of life)", zone, a->last_sign, out);
	time_line("静默始于 (silent since)", zone, a->silent_since, out);
	time_line("预计此前有动静 (expected by)", zone, a->expected_by, out);
	time_line("到此算关注 (attention at)", zone, a->attention_at, out);
	time_line("到此算警报 (alarm at)", zone, a->alarm_at, out);
	if (*a->community) {
		buf_text(out, "  误报预算属社区 (budget of the community) ");
		show_clean(out, a->community, 0);
		buf_byte(out, '\n');
	}
	habit_lessons_text(&a->lessons, zone, out);
	habit_appointments_text(&a->appointments, zone, out);
	if (a->population || !a->count)
		buf_text(out,
			"  自己的习惯还不够，用一般住户的界限 (too little is known: the population's limits hold)\n");
	for (unsigned i = 0; i < a->count; i++)
		set_text(a, &a->habits[i], out);
}

static void revision_text(const json_t *alert, const struct zone *zone, struct buf *out)
{
	enum alert_level level;
	char time[SHOW_TIME_BYTES], looked_at[200], blind[200];
	const char *state = text_of(alert, "state");
	const char *word = !strcmp(state, "raised") ? "提出" : !strcmp(state, "updated") ? "更新" : "解除";

	show_time(zone, fields_wall_or_none(alert, "at"), time);
	join(json_object_get(alert, "looked_at"), looked_at, sizeof looked_at);
	join(json_object_get(alert, "blind"), blind, sizeof blind);
	buf_printf(
		out, "\n%.16s  %s ", time, alert_level_find(text_of(alert, "level"), &level) ? "" : words_level(level));
	show_clean(out, text_of(alert, "level"), 0);
	buf_printf(out, "，%s ", word);
	show_clean(out, state, 0);
	buf_text(out, "\n  ");
	show_clean(out, text_of(alert, "reason_zh"), 0);
	buf_text(out, "\n  ");
	show_clean(out, text_of(alert, "reason_en"), 0);
	buf_printf(out, "\n  看 (looked at)：%s；看不到 (blind)：%s；把握 (confidence) %.0f%%\n", looked_at, blind,
		number_of(json_object_get(alert, "confidence")) * 100);
}

enum err explain_text(const char *json, const struct zone *zone, struct buf *out, struct errinfo *info)
{
	static struct habit_answer habit;
	json_t *root;
	char onset[SHOW_TIME_BYTES];
	enum err err = fields_load(json, strlen(json), ANSWER_BYTES_MAX, &root, info);

	if (err)
		return err;
	const json_t *revisions = json_object_get(root, "revisions"), *first = json_array_get(revisions, 0);
	if (!first) {
		err = errinfo_set(info, ERR_INVALID, "the answer has no \"revisions\"");
	} else {
		show_time(zone, fields_wall_or_none(first, "onset"), onset);
		buf_text(out, "警报 (alert) ");
		show_clean(out, text_of(root, "alert"), 0);
		buf_text(out, "  住户 (household) ");
		show_clean(out, text_of(root, "household"), 0);
		buf_text(out, "  规则 (rule) ");
		show_clean(out, text_of(first, "rule"), 0);
		buf_printf(out, "\n  始于 (onset) %.16s\n", onset);
		for (size_t i = 0; i < json_array_size(revisions); i++)
			revision_text(json_array_get(revisions, i), zone, out);
	}
	if (!err && json_object_get(root, "habit")) {
		err = read_answer(json_object_get(root, "habit"), &habit, info);
		buf_text(out, "\n现在 (now)\n");
		if (!err)
			habit_text(&habit, zone, out);
	}
	json_decref(root);
	return err ? err : out->failed;
}

/* ---- drawing ---- */

#define PANEL_LEFT(day) (90.0 + (day)*480.0)
#define PANEL_WIDTH 400.0
#define PANEL_TOP 110.0
#define PANEL_HEIGHT 360.0

/* put_text appends text for the drawing: what would be markup is written as it reads. */
static void put_text(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			buf_text(out, "&lt;");
		else if (*text == '&')
			buf_text(out, "&amp;");
		else
			buf_byte(out, *text);
	}
}

static double x_of(unsigned day, double hour)
{
	return PANEL_LEFT(day) + hour / 24 * PANEL_WIDTH;
}

static double y_of(double length)
{
	return PANEL_TOP + PANEL_HEIGHT - (length > 24 ? 24 : length) / 24 * PANEL_HEIGHT;
}

/* curve draws a line of steps; hours of which nothing is known (0) are left out. */
static void curve(struct buf *out, unsigned day, const double hours[HABIT_DAY_HOURS], const char *style)
{
	for (unsigned i = 0; i < HABIT_DAY_HOURS; i++) {
		if (hours[i] <= 0)
			continue;
		buf_text(out, "<polyline fill=\"none\" points=\"");
		for (; i < HABIT_DAY_HOURS && hours[i] > 0; i++)
			buf_printf(out, "%.1f,%.1f %.1f,%.1f ", x_of(day, i), y_of(hours[i]), x_of(day, i + 1),
				y_of(hours[i]));
		buf_printf(out, "\" %s/>\n", style);
	}
}

static void panel(struct buf *out, unsigned day, const char *title, const struct habit_channels *set)
{
	char up_by[16];

	clock_of(set->days[day].up_by, up_by);
	buf_printf(out, "<text x=\"%.0f\" y=\"96\" font-size=\"16\">%s", PANEL_LEFT(day), title);
	if (set->days[day].up_by >= 0)
		buf_printf(out, "<tspan font-size=\"13\"> · 早上最迟 up by %s</tspan>", up_by);
	buf_text(out, "</text>\n");
	for (int length = 0; length <= 24; length += 4)
		buf_printf(out,
			"<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>"
			"<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%d h</text>\n",
			x_of(day, 0), x_of(day, 24), y_of(length), y_of(length), x_of(day, 0) - 6, y_of(length) + 5,
			length);
	for (int hour = 0; hour <= 24; hour += 4)
		buf_printf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%02d:00</text>\n", x_of(day, hour),
			y_of(0) + 20, hour);
	curve(out, day, set->days[day].usual, "stroke=\"#777\" stroke-width=\"2\" stroke-dasharray=\"2 4\"");
	curve(out, day, set->days[day].alarm, "stroke=\"#c0182b\" stroke-width=\"3\"");
	/* On top, and dashed: where both are the same each shows. */
	curve(out, day, set->days[day].attention, "stroke=\"#f0a000\" stroke-width=\"3\" stroke-dasharray=\"9 5\"");
}

/* running draws the silence that runs now, at the hour at which it began; one that is longer than the panel ends with
 * an arrow. Its length stands beside it. */
static void running(struct buf *out, const struct habit_answer *a, double silent)
{
	double x = x_of(a->silent_day, a->silent_hour), y = y_of(silent);
	bool left = a->silent_hour > 18;

	buf_printf(out,
		"<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#1457b8\" stroke-width=\"4\"/>\n", x, x,
		y_of(0), y);
	if (silent > 24)
		buf_printf(out, "<path d=\"M%.1f %.1f l-7 12 h14 z\" fill=\"#1457b8\"/>\n", x, y - 8);
	else
		buf_printf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"6\" fill=\"#1457b8\"/>\n", x, y);
	buf_printf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"#1457b8\">%.1f h</text>\n",
		left ? x - 12 : x + 12, y + 16, left ? "end" : "start", silent);
}

static void legend(struct buf *out, double x, const char *style, const char *text)
{
	buf_printf(out,
		"<line x1=\"%.0f\" x2=\"%.0f\" y1=\"532\" y2=\"532\" %s/><text x=\"%.0f\" y=\"537\">%s</text>\n", x,
		x + 36, style, x + 44, text);
}

void habit_svg(const struct habit_answer *a, struct buf *out)
{
	static const struct habit_channels nothing;
	const struct habit_channels *set = a->count ? &a->habits[0] : &nothing;
	double silent = wall_is_set(a->silent_since) && a->judged.ms > a->silent_since.ms
				? (double)(a->judged.ms - a->silent_since.ms) / MS_PER_HOUR
				: 0;

	for (unsigned i = 0; i < a->count; i++)
		set = a->habits[i].in_force ? &a->habits[i] : set;
	buf_text(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1000\" height=\"560\" viewBox=\"0 0 1000 560\" "
		"font-family=\"Noto Sans CJK SC, WenQuanYi Zen Hei, sans-serif\" font-size=\"13\" fill=\"#222\">\n"
		"<rect width=\"1000\" height=\"560\" fill=\"#fff\"/>\n");
	buf_printf(out,
		"<text x=\"40\" y=\"36\" font-size=\"20\">住户 %s：静默多久算太久 · how long a silence may "
		"last</text>\n",
		a->household);
	buf_text(out, "<text x=\"40\" y=\"62\">");
	put_text(out, set->channels);
	buf_printf(out,
		"；已学 %.1f 个月 months learnt；横轴：静默开始的时刻 hour at which it "
		"begins；纵轴：多长 how long</text>\n",
		set->months);
	panel(out, 0, "平日 workday", set);
	panel(out, 1, "休息日 day off", set);
	if (silent > 0)
		running(out, a, silent);
	legend(out, 60, "stroke=\"#777\" stroke-width=\"2\" stroke-dasharray=\"2 4\"", "通常最长 usual longest");
	legend(out, 290, "stroke=\"#f0a000\" stroke-width=\"3\" stroke-dasharray=\"9 5\"", "关注 attention");
	legend(out, 480, "stroke=\"#c0182b\" stroke-width=\"3\"", "警报 alarm");
	legend(out, 650, "stroke=\"#1457b8\" stroke-width=\"4\"", "现在的静默 the silence that runs");
	buf_text(out, "</svg>\n");
}
