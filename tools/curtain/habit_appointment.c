/* SPDX-License-Identifier: MIT
 *
 * The appointments of a home as the detector answers them, for a person.
 */
#include <string.h>

#include "base/text.h"
#include "codec/fields.h"
#include "habit_appointment.h"
#include "message/message.h"
#include "show.h"

static const char *const signs[APPOINTMENT_SIGN_COUNT] = {
	[APPOINTMENT_CURTAIN] = "拉开窗帘",
	[APPOINTMENT_CALL] = "通电话",
	[APPOINTMENT_BUTTON] = "按钮报平安",
	[APPOINTMENT_DOOR] = "开关门",
	[APPOINTMENT_ANY] = "有动静",
	[APPOINTMENT_VISIT] = "有人看望",
};

static const char *const days[APPOINTMENT_DAYS_COUNT] = {
	[APPOINTMENT_EVERY_DAY] = "每天",
	[APPOINTMENT_WORKDAYS] = "工作日",
	[APPOINTMENT_DAYS_OFF] = "休息日",
};

static bool read_one(const json_t *item, struct habit_appointment *out)
{
	const json_t *grace = json_object_get(item, "grace_min"), *weekdays = json_object_get(item, "weekdays");

	*out = (struct habit_appointment){.due = fields_wall_or_none(json_object_get(item, "window"), "due"),
		.last = fields_wall_or_none(item, "last"),
		.missed = fields_wall_or_none(item, "missed"),
		.blind = json_is_true(json_object_get(item, "blind")),
		.rests = json_is_true(json_object_get(item, "rests")),
		.pause_holidays = json_is_true(json_object_get(item, "pause_holidays")),
		.grace_min = json_is_integer(grace) ? (long long)json_integer_value(grace) : 0,
		.weekdays = json_is_integer(weekdays) ? (unsigned)json_integer_value(weekdays) & 127 : 127};
	fields_text_or_empty(item, "id", out->id, sizeof out->id);
	fields_text_or_empty(item, "sign", out->sign, sizeof out->sign);
	fields_text_or_empty(item, "days", out->days, sizeof out->days);
	fields_text_or_empty(item, "opens", out->opens, sizeof out->opens);
	fields_text_or_empty(item, "by", out->by, sizeof out->by);
	fields_text_or_empty(item, "paused_from", out->paused_from, sizeof out->paused_from);
	fields_text_or_empty(item, "paused_until", out->paused_until, sizeof out->paused_until);
	return text_is_id(out->id);
}

void habit_appointments_read(const json_t *list, struct habit_appointments *out)
{
	out->count = 0;
	for (size_t i = 0; i < json_array_size(list) && out->count < HABIT_APPOINTMENTS_MAX; i++)
		if (read_one(json_array_get(list, i), &out->items[out->count]))
			out->count++;
}

/* ---- text ---- */

static void terms_text(const struct habit_appointment *a, struct buf *out)
{
	static const char *const weekdays[] = {"一", "二", "三", "四", "五", "六", "日"};
	enum appointment_sign sign;
	enum appointment_days on;

	buf_text(out, "  ");
	show_clean(out, a->id, 0);
	buf_printf(out, "  %s ", appointment_sign_find(a->sign, &sign) ? "" : signs[sign]);
	show_clean(out, a->sign, 0);
	buf_text(out, "，");
	show_clean(out, a->opens, 0);
	buf_text(out, "–");
	show_clean(out, a->by, 0);
	buf_printf(out, "，%s ", appointment_days_find(a->days, &on) ? "" : days[on]);
	show_clean(out, a->days, 0);
	if (a->weekdays != 127)
		buf_text(out, "，周");
	for (unsigned i = 0; i < 7 && a->weekdays != 127; i++)
		if (a->weekdays >> i & 1)
			buf_text(out, weekdays[i]);
	buf_printf(out, "，宽限 (grace) %lld min", a->grace_min);
	if (a->pause_holidays)
		buf_text(out, "，节假日暂停 (not on holidays)");
	if (*a->paused_from) {
		buf_text(out, "，暂停 (paused) ");
		show_clean(out, a->paused_from, 0);
		buf_text(out, "–");
		show_clean(out, a->paused_until, 0);
	}
	buf_byte(out, '\n');
}

static void time_text(const char *label, const struct zone *zone, struct wall at, const char *note, struct buf *out)
{
	char time[SHOW_TIME_BYTES];

	if (!wall_is_set(at))
		return;
	show_time(zone, at, time);
	buf_printf(out, "    %s  %.16s%s\n", label, time, note);
}

void habit_appointments_text(const struct habit_appointments *all, const struct zone *zone, struct buf *out)
{
	if (all->count)
		buf_text(out, "\n约定 (appointments)\n");
	for (unsigned i = 0; i < all->count; i++) {
		const struct habit_appointment *a = &all->items[i];
		terms_text(a, out);
		time_text("最近一次 (last)", zone, a->last, "", out);
		time_text("没有等到 (missed)", zone, a->missed, a->blind ? "，信号收不到 (cannot be heard)" : "", out);
		if (a->rests)
			buf_text(out, "    外出，不问 (away: not asked for)\n");
		else
			time_text("最迟到 (expected by)", zone, a->due, "", out);
	}
}
