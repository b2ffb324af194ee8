/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "detector/appointment.h"
#include "detector/rig.h"

#define D(days) H((days)*24.0)
#define FIRST 20514 /* the same as a day's number */
#define AT(day, hour) (DAY0 + D(day) + H(hour))

static struct zone *berlin;

static int open_zones(void **state)
{
	return rig_open_zone(state) || zone_load("Europe/Berlin", &berlin, NULL) ? -1 : 0;
}

static int close_zones(void **state)
{
	zone_destroy(berlin);
	return rig_close_zone(state);
}

/* ---- when it is asked for ---- */

static struct appointment terms_of(enum appointment_sign sign, unsigned opens_min, unsigned by_min)
{
	return (struct appointment){.sign = sign,
		.weekdays = 127,
		.opens_min = (uint16_t)opens_min,
		.by_min = (uint16_t)by_min,
		.grace_min = 30,
		.from = DAY_NONE,
		.until = DAY_NONE,
		.paused_from = DAY_NONE,
		.paused_until = DAY_NONE};
}

static int32_t day_of(const char *text)
{
	int32_t day = 0;

	assert_int_equal(day_parse(text, &day), ERR_OK);
	return day;
}

static void days_go_by_the_calendar_of_holidays_and_worked_weekends(void **state)
{
	static struct calendar calendar;
	struct appointment a = terms_of(APPOINTMENT_CURTAIN, 300, 450);

	(void)state;
	calendar_init(&calendar);
	assert_int_equal(calendar_read(&calendar, "2026 02-15..02-23", DAY_HOLIDAY, NULL), ERR_OK);
	assert_int_equal(calendar_read(&calendar, "2026 02-14 02-28", DAY_WORKDAY, NULL), ERR_OK);
	assert_true(appointment_asked(&a, &calendar, day_of("2026-02-17")));
	a.days = APPOINTMENT_WORKDAYS;
	assert_false(appointment_asked(&a, &calendar, day_of("2026-02-17"))); /* a Tuesday, and a holiday */
	assert_true(appointment_asked(&a, &calendar, day_of("2026-02-28")));  /* a Saturday that is worked */
	assert_true(appointment_asked(&a, NULL, day_of("2026-02-17")));       /* weekdays alone are known */
	assert_false(appointment_asked(&a, NULL, day_of("2026-02-28")));
	a.days = APPOINTMENT_DAYS_OFF;
	assert_true(appointment_asked(&a, &calendar, day_of("2026-02-17")));
	assert_false(appointment_asked(&a, &calendar, day_of("2026-02-28")));
	assert_true(appointment_asked(&a, &calendar, day_of("2026-03-01")));
	a.pause_holidays = true;
	assert_false(appointment_asked(&a, &calendar, day_of("2026-02-17")));
	assert_true(appointment_asked(&a, &calendar, day_of("2026-03-01"))); /* a Sunday is no public holiday */
	a.days = APPOINTMENT_EVERY_DAY;
	a.weekdays = 1 << 0 | 1 << 2; /* Mondays and Wednesdays */
	assert_true(appointment_asked(&a, &calendar, day_of("2026-03-02")));
	assert_false(appointment_asked(&a, &calendar, day_of("2026-03-03")));
	assert_true(appointment_asked(&a, &calendar, day_of("2026-03-04")));
	assert_false(appointment_asked(&a, &calendar, day_of("2026-02-16")));
}

static void both_ends_of_a_pause_and_of_its_validity_belong_to_it(void **state)
{
	struct appointment a = terms_of(APPOINTMENT_CALL, 300, 450);

	(void)state;
	a.from = day_of("2026-03-02");
	a.until = day_of("2026-03-31");
	a.paused_from = day_of("2026-03-10");
	a.paused_until = day_of("2026-03-12");
	assert_false(appointment_asked(&a, NULL, day_of("2026-03-01")));
	assert_true(appointment_asked(&a, NULL, day_of("2026-03-02")));
	assert_true(appointment_asked(&a, NULL, day_of("2026-03-09")));
	assert_false(appointment_asked(&a, NULL, day_of("2026-03-10")));
	assert_false(appointment_asked(&a, NULL, day_of("2026-03-12")));
	assert_true(appointment_asked(&a, NULL, day_of("2026-03-13")));
	assert_true(appointment_asked(&a, NULL, day_of("2026-03-31")));
	assert_false(appointment_asked(&a, NULL, day_of("2026-04-01")));
}

static void the_next_hour_is_after_now_and_beyond_pauses(void **state)
{
	struct appointment a = terms_of(APPOINTMENT_CALL, 300, 450);
	struct appointment_window w;

	(void)state;
	assert_int_equal(appointment_day(rig_zone, (struct wall){DAY0}), FIRST);
	assert_int_equal(appointment_day(rig_zone, (struct wall){DAY0 - 1}), FIRST - 1);
	assert_true(appointment_next(&a, rig_zone, NULL, (struct wall){AT(0, 7.5) - 1}, &w));
	assert_int_equal(w.due.ms, AT(0, 7.5));
	assert_int_equal(w.opens.ms, AT(0, 5));
	assert_int_equal(w.alarm.ms, AT(0, 8));
	assert_true(appointment_next(&a, rig_zone, NULL, (struct wall){AT(0, 7.5)}, &w));
	assert_int_equal(w.due.ms, AT(1, 7.5));
	a.paused_from = FIRST + 1;
	a.paused_until = FIRST + 3000;
	assert_true(appointment_next(&a, rig_zone, NULL, (struct wall){AT(0, 9)}, &w));
	assert_int_equal(w.due.ms, AT(3001, 7.5));
	a.until = FIRST + 3000;
	assert_false(appointment_next(&a, rig_zone, NULL, (struct wall){AT(0, 9)}, &w));
	a = terms_of(APPOINTMENT_CALL, 300, 450);
	a.from = FIRST + 5000;
	assert_true(appointment_next(&a, rig_zone, NULL, (struct wall){AT(0, 9)}, &w));
	assert_int_equal(w.due.ms, AT(5000, 7.5));
	a.weekdays = 1 << 0;
	a.days = APPOINTMENT_DAYS_OFF; /* a Monday that is no workday: by weekdays alone there is none */
	assert_false(appointment_next(&a, rig_zone, NULL, (struct wall){AT(0, 9)}, &w));
	assert_false(appointment_before(&a, rig_zone, NULL, FIRST, &w));
}

static int64_t instant(const char *text)
{
	struct wall t;

	assert_int_equal(wall_parse(text, strlen(text), &t), ERR_OK);
	return t.ms;
}

static void hours_are_of_the_local_clock_when_it_changes(void **state)
{
	struct appointment morning = terms_of(APPOINTMENT_CURTAIN, 300, 450),
			   night = terms_of(APPOINTMENT_BUTTON, 150, 180); /* 02:30 to 03:00 */
	struct appointment_window w;

	(void)state;
	w = appointment_window(&morning, berlin, day_of("2026-03-28"));
	assert_int_equal(w.due.ms, instant("2026-03-28T07:30:00+01:00"));
	w = appointment_window(&morning, berlin, day_of("2026-03-29")); /* summer time from 02:00 on */
	assert_int_equal(w.due.ms, instant("2026-03-29T07:30:00+02:00"));
	assert_int_equal(w.opens.ms, instant("2026-03-29T05:00:00+02:00"));
	w = appointment_window(&morning, berlin, day_of("2026-10-25"));
	assert_int_equal(w.due.ms, instant("2026-10-25T07:30:00+01:00"));
	w = appointment_window(&night, berlin, day_of("2026-03-29")); /* there is no 02:30 */
	assert_int_equal(w.due.ms, instant("2026-03-29T03:00:00+02:00"));
	assert_int_equal(w.due.ms - w.opens.ms, M(30));
	w = appointment_window(&night, berlin, day_of("2026-10-25")); /* there are two */
	assert_int_equal(w.opens.ms, instant("2026-10-25T02:30:00+02:00"));
	assert_int_equal(w.due.ms, instant("2026-10-25T03:00:00+01:00"));
	assert_true(appointment_next(&morning, berlin, NULL, (struct wall){instant("2026-03-28T07:30:00+01:00")}, &w));
	assert_int_equal(w.due.ms, instant("2026-03-29T07:30:00+02:00"));
}

/* ---- a home ---- */

static struct detector_config config_of(const struct zone *of)
{
	struct detector_config config = rig_config();

	config.zone = of;
	rig_rule(&config, "appointment");
	return config;
}

static struct rig *rig_new(void)
{
	struct detector_config config = config_of(rig_zone);

	return rig_open(&config);
}

static void give(struct rig *rig, struct entry entry)
{
	entry.seq = 1;
	assert_int_equal(detector_entry(rig->core, &entry), ERR_OK);
}

static void agree(struct rig *rig, const char *id, struct appointment terms)
{
	struct entry entry = {.kind = ENTRY_APPOINTMENT, .body.appointment = {.household = "h-1", .terms = terms}};

	text_cut(entry.key, sizeof entry.key, id);
	give(rig, entry);
}

static void annul(struct rig *rig, const char *id)
{
	struct entry entry = {.kind = ENTRY_APPOINTMENT, .deleted = true};

	text_cut(entry.key, sizeof entry.key, id);
	give(rig, entry);
}

#define told(rig, n, state_, level_)                                                                                   \
	do {                                                                                                           \
		assert_int_equal((rig)->count, n);                                                                     \
		assert_int_equal(rig_last(rig)->state, state_);                                                        \
		assert_int_equal(rig_last(rig)->level, level_);                                                        \
	} while (0)

/* evening: the curtain is shut at ten, and the water was used at 21 last; then the night until midnight of day 1. */
static struct rig *evening(void)
{
	struct rig *rig = rig_new();

	agree(rig, "a-1", terms_of(APPOINTMENT_CURTAIN, 300, 450));
	rig_event(rig, "c-1", QUANTITY_COVER_POSITION, 0, AT(0, 0.1));
	rig_event(rig, "c-1", QUANTITY_COVER_POSITION, 100, AT(0, 7));
	rig_hours(rig, 20, AT(0, 21));
	rig_event(rig, "c-1", QUANTITY_COVER_POSITION, 0, AT(0, 22));
	rig_hours(rig, 0, AT(1, 0));
	rig_tick(rig, AT(1, 0));
	assert_int_equal(rig->count, 0);
	return rig;
}

static void open_curtain(struct rig *rig, int64_t at)
{
	rig_event(rig, "c-1", QUANTITY_COVER_POSITION, 100, at);
}

static void a_curtain_that_stays_shut_is_attention_then_alarm_then_cleared_by_the_curtain(void **state)
{
	struct rig *rig = evening();

	(void)state;
	rig_hours(rig, 0, AT(1, 7));
	rig_tick(rig, AT(1, 7.5));
	assert_int_equal(rig->count, 0); /* a reading of this very moment may still come */
	rig_tick(rig, AT(1, 7.5) + 1);
	told(rig, 1, ALERT_RAISED, ALERT_ATTENTION);
	assert_string_equal(rig_last(rig)->rule, "appointment");
	assert_int_equal(rig_last(rig)->kind, ALERT_RULE);
	assert_int_equal(rig_last(rig)->at.ms, AT(1, 7.5));
	assert_int_equal(rig_last(rig)->onset.ms, AT(1, 7.5));
	assert_string_equal(
		rig_last(rig)->reason_zh, "约定07:30前拉开窗帘，到今天07:30仍未拉开；昨天21:00起也没有用水");
	assert_string_equal(rig_last(rig)->reason_en,
		"the curtain was to be opened by 07:30: not opened by 07:30; no water since 21:00 yesterday either");
	assert_true(rig_last(rig)->looked_at >> QUANTITY_COVER_POSITION & 1);
	rig_hours(rig, 0, AT(1, 8));
	rig_tick(rig, AT(1, 8) + 1);
	told(rig, 2, ALERT_UPDATED, ALERT_ALARM);
	assert_int_equal(rig_last(rig)->at.ms, AT(1, 8));
	assert_int_equal(rig_last(rig)->revision, 2);
	assert_string_equal(rig_last(rig)->id, rig->alerts[0].id);
	assert_string_equal(
		rig_last(rig)->reason_zh, "约定07:30前拉开窗帘，到今天08:00仍未拉开；昨天21:00起也没有用水");
	rig_hours(rig, 0, AT(1, 9));
	open_curtain(rig, AT(1, 9) + M(20));
	rig_tick(rig, AT(1, 9.5));
	told(rig, 3, ALERT_CLEARED, ALERT_ALARM);
	assert_int_equal(rig_last(rig)->at.ms, AT(1, 9) + M(20));
	assert_string_equal(rig_last(rig)->reason_zh, "今天09:20拉开了窗帘");
	assert_string_equal(rig_last(rig)->reason_en, "curtain opened at 09:20");
	assert_int_equal(rig_last(rig)->evidence_count, 1);
	rig_hours(rig, 0, AT(1, 22));
	rig_tick(rig, AT(1, 23));
	assert_int_equal(rig->count, 3);
	rig_free(rig);
}

static void the_window_holds_both_of_its_ends_and_nothing_else(void **state)
{
	const struct {
		int64_t at;
		unsigned alerts;
	} cases[] = {{AT(1, 5) - 1, 1}, {AT(1, 5), 0}, {AT(1, 7.5), 0}, {AT(1, 7.5) + 1, 2}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rig *rig = evening();
		open_curtain(rig, cases[i].at);
		rig_tick(rig, AT(1, 7.5) + 2);
		assert_int_equal(rig->count, cases[i].alerts);
		rig_free(rig);
	}
}

static void where_life_was_seen_it_stays_an_attention(void **state)
{
	struct rig *rig = evening();

	(void)state;
	rig_hours(rig, 0, AT(1, 6));
	rig_hours(rig, 20, AT(1, 7)); /* used between six and seven */
	rig_hours(rig, 0, AT(1, 12));
	rig_tick(rig, AT(1, 12) + 1);
	told(rig, 1, ALERT_RAISED, ALERT_ATTENTION);
	assert_string_equal(rig_last(rig)->reason_zh, "约定07:30前拉开窗帘，到今天07:30仍未拉开；不过今天07:00有用水");
	assert_string_equal(rig_last(rig)->reason_en,
		"the curtain was to be opened by 07:30: not opened by 07:30; but water at 07:00");
	rig_hours(rig, 20, AT(1, 13)); /* water is not what was agreed */
	rig_tick(rig, AT(1, 13) + 1);
	assert_int_equal(rig->count, 1);
	open_curtain(rig, AT(1, 14));
	rig_tick(rig, AT(1, 14) + 1);
	told(rig, 2, ALERT_CLEARED, ALERT_ATTENTION);
	rig_free(rig);
}

static void life_before_the_window_does_not_count(void **state)
{
	struct rig *rig = evening();

	(void)state;
	rig_hours(rig, 0, AT(1, 2));
	rig_hours(rig, 20, AT(1, 3)); /* up once at night */
	rig_hours(rig, 0, AT(1, 8));
	rig_tick(rig, AT(1, 8) + 1);
	told(rig, 2, ALERT_UPDATED, ALERT_ALARM);
	assert_non_null(strstr(rig_last(rig)->reason_en, "no water since 03:00 either"));
	rig_free(rig);
}

static void any_sign_of_life_ends_what_was_an_alarm(void **state)
{
	struct rig *rig = evening();

	(void)state;
	rig_hours(rig, 0, AT(1, 8));
	rig_tick(rig, AT(1, 8) + 1);
	told(rig, 2, ALERT_UPDATED, ALERT_ALARM);
	rig_water(rig, 20, AT(1, 9));
	rig_tick(rig, AT(1, 9) + 1);
	told(rig, 3, ALERT_CLEARED, ALERT_ALARM);
	assert_string_equal(rig_last(rig)->reason_zh, "今天09:00有用水");
	assert_string_equal(rig_last(rig)->reason_en, "water at 09:00");
	rig_free(rig);
}

static void an_alarm_waits_until_the_meter_knows_of_the_hour(void **state)
{
	struct rig *rig = evening();

	(void)state;
	rig_hours(rig, 0, AT(1, 7));
	rig_tick(rig, AT(1, 8) + M(20));
	told(rig, 1, ALERT_RAISED, ALERT_ATTENTION); /* the reading of eight o'clock is late */
	rig_water(rig, 20, AT(1, 8) + M(20));
	rig_tick(rig, AT(1, 12));
	assert_int_equal(rig->count, 1);
	rig_free(rig);
	rig = evening();
	rig_hours(rig, 0, AT(1, 7));
	rig_tick(rig, AT(1, 12)); /* it never comes: the meter is blind after two hours and a quarter */
	told(rig, 2, ALERT_UPDATED, ALERT_ALARM);
	assert_int_equal(rig_last(rig)->at.ms, AT(1, 9.25) + 1);
	assert_true(rig_last(rig)->blind >> QUANTITY_WATER_TOTAL & 1);
	assert_non_null(strstr(rig_last(rig)->reason_en, "blind: water"));
	rig_free(rig);
}

static void a_device_that_is_offline_is_said_and_never_an_alarm(void **state)
{
	struct rig *rig = evening();

	(void)state;
	rig_event(rig, "c-1", QUANTITY_ONLINE, 0, AT(1, 3));
	rig_hours(rig, 0, AT(1, 12));
	rig_tick(rig, AT(1, 12));
	told(rig, 1, ALERT_RAISED, ALERT_ATTENTION);
	assert_string_equal(rig_last(rig)->reason_zh,
		"约定07:30前拉开窗帘，但窗帘的信号收不到，无法知道；昨天21:00起也没有用水；看不到：拉窗帘");
	assert_string_equal(rig_last(rig)->reason_en,
		"the curtain was to be opened by 07:30, but the curtain cannot be heard: it is not known; "
		"no water since 21:00 yesterday either; blind: curtain");
	assert_true(rig_last(rig)->blind >> QUANTITY_COVER_POSITION & 1);
	assert_false(rig_last(rig)->looked_at >> QUANTITY_COVER_POSITION & 1);
	assert_true(rig_last(rig)->confidence < 0.5);
	rig_event(rig, "c-1", QUANTITY_ONLINE, 1, AT(1, 12.5)); /* it is back, and nobody knows what it missed */
	rig_hours(rig, 0, AT(1, 14));
	rig_tick(rig, AT(1, 14));
	assert_int_equal(rig->count, 1);
	open_curtain(rig, AT(1, 15));
	rig_tick(rig, AT(1, 16));
	told(rig, 2, ALERT_CLEARED, ALERT_ATTENTION);
	rig_free(rig);
}

static void a_device_that_went_offline_after_the_hour_makes_no_alarm(void **state)
{
	struct rig *rig = evening();

	(void)state;
	rig_hours(rig, 0, AT(1, 7));
	rig_tick(rig, AT(1, 7.5) + 1);
	rig_event(rig, "c-1", QUANTITY_ONLINE, 0, AT(1, 7.75));
	rig_hours(rig, 0, AT(1, 12));
	rig_tick(rig, AT(1, 12));
	told(rig, 1, ALERT_RAISED, ALERT_ATTENTION);
	rig_free(rig);
}

static void a_device_that_was_never_heard_is_said(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	agree(rig, "a-1", terms_of(APPOINTMENT_CURTAIN, 300, 450)); /* nothing at all was heard of this home */
	rig_tick(rig, AT(0, 1));
	rig_tick(rig, AT(0, 12));
	told(rig, 1, ALERT_RAISED, ALERT_ATTENTION);
	assert_string_equal(rig_last(rig)->reason_zh,
		"约定07:30前拉开窗帘，但窗帘的信号收不到，无法知道；也没有别的消息；看不到：开关门、拉窗帘");
	rig_tick(rig, AT(1, 12)); /* the next day again, of the same alert */
	told(rig, 2, ALERT_UPDATED, ALERT_ATTENTION);
	assert_non_null(strstr(rig_last(rig)->reason_zh, "自昨天07:30起就没有等到约定的信号"));
	assert_non_null(strstr(rig_last(rig)->reason_en, "no agreed sign since 07:30 yesterday"));
	assert_string_equal(rig_last(rig)->id, rig->alerts[0].id);
	struct entry consent = {.kind = ENTRY_CONSENT, .key = "h-1", .deleted = true};
	give(rig, consent);
	rig_tick(rig, AT(1, 13));
	told(rig, 3, ALERT_CLEARED, ALERT_ATTENTION);
	rig_tick(rig, AT(5, 13));
	assert_int_equal(rig->count, 3); /* not agreed: not asked for */
	rig_free(rig);
}

static void a_button_that_nobody_ever_pressed_is_no_blind_one(void **state)
{
	struct rig *rig = rig_new();
	struct incident incident = {.id = "i-1",
		.household = "h-1",
		.state = INCIDENT_RESOLVED,
		.event = INCIDENT_EVENT_RESOLVED,
		.kind = ALERT_RULE,
		.outcome = OUTCOME_HELPED};

	(void)state;
	agree(rig, "a-1", terms_of(APPOINTMENT_BUTTON, 300, 450));
	rig_tick(rig, AT(0, 1));
	rig_tick(rig, AT(0, 8) + 1);
	told(rig, 2, ALERT_UPDATED, ALERT_ALARM);
	assert_string_equal(rig_last(rig)->reason_zh, "约定07:30前按钮报平安，到今天08:00仍未按；也没有别的消息");
	incident.at.ms = AT(0, 9);
	assert_int_equal(detector_feed_incident(rig->core, &incident), ERR_OK);
	rig_tick(rig, AT(0, 9) + 1);
	told(rig, 3, ALERT_CLEARED, ALERT_ALARM);
	assert_string_equal(rig_last(rig)->reason_en, "seen by somebody at 09:00");
	rig_event(rig, "b-1", QUANTITY_BUTTON, 1, AT(1, 7));
	rig_event(rig, "b-1", QUANTITY_ONLINE, 0, AT(1, 7) + 1);
	rig_tick(rig, AT(2, 8) + 1);
	told(rig, 4, ALERT_RAISED, ALERT_ATTENTION); /* it said itself that it is offline */
	assert_non_null(strstr(rig_last(rig)->reason_zh, "但按钮收不到"));
	assert_string_not_equal(rig_last(rig)->id, rig->alerts[0].id);
	rig_free(rig);
}

static void a_curtain_that_was_heard_when_it_was_asked_last_is_not_blind_after_a_long_weekend(void **state)
{
	struct appointment terms = terms_of(APPOINTMENT_CURTAIN, 300, 450);

	(void)state;
	for (int heard = 3; heard <= 4; heard++) { /* Thursday, or Friday as agreed */
		struct rig *rig = rig_new();
		terms.days = APPOINTMENT_WORKDAYS;
		agree(rig, "a-1", terms);
		for (int day = 0; day <= heard; day++) {
			rig_event(rig, "c-1", QUANTITY_COVER_POSITION, 0, AT(day, 0.1));
			open_curtain(rig, AT(day, 7));
		}
		rig_tick(rig, AT(7, 0));
		unsigned before = rig->count;
		rig_tick(rig, AT(7, 8) + 1); /* Monday */
		assert_int_equal(rig_last(rig)->state, ALERT_UPDATED);
		assert_int_equal(rig_last(rig)->level, ALERT_ALARM);
		assert_int_equal(
			rig_last(rig)->blind != 0, heard == 3); /* it was silent on Friday, when it was asked */
		assert_int_equal(rig->count - before, heard == 4 ? 2 : 1);
		rig_free(rig);
	}
}

static void a_curtain_unheard_for_days_is_blind(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	rig_event(rig, "c-1", QUANTITY_COVER_POSITION, 0, AT(0, 0.1));
	rig_tick(rig, AT(6, 12));
	agree(rig, "a-1", terms_of(APPOINTMENT_CURTAIN, 300, 450));
	rig_tick(rig, AT(7, 12));
	told(rig, 1, ALERT_RAISED, ALERT_ATTENTION);
	assert_true(rig_last(rig)->blind >> QUANTITY_COVER_POSITION & 1);
	rig_free(rig);
}

static void a_home_that_is_away_is_not_asked(void **state)
{
	struct rig *rig = evening();
	struct incident incident = {.id = "i-1",
		.household = "h-1",
		.state = INCIDENT_RESOLVED,
		.event = INCIDENT_EVENT_RESOLVED,
		.kind = ALERT_RULE,
		.outcome = OUTCOME_AWAY};
	struct detector_appointment_view view[DETECTOR_APPOINTMENTS_MAX];
	unsigned count;

	(void)state;
	rig_hours(rig, 0, AT(1, 8));
	rig_tick(rig, AT(1, 8) + 1);
	told(rig, 2, ALERT_UPDATED, ALERT_ALARM);
	incident.at.ms = AT(1, 8.5);
	assert_int_equal(detector_feed_incident(rig->core, &incident), ERR_OK);
	rig_tick(rig, AT(1, 8.5) + 1);
	told(rig, 3, ALERT_CLEARED, ALERT_ALARM);
	assert_int_equal(detector_appointments(rig->core, "h-1", view, &count), ERR_OK);
	assert_true(count == 1 && view[0].rests && !wall_is_set(view[0].missed));
	rig_hours(rig, 0, AT(3, 8));
	rig_tick(rig, AT(3, 8));
	assert_int_equal(rig->count, 3);
	rig_hours(rig, 20, AT(3, 9)); /* back after the hour of that day: asked for from the next day on */
	rig_hours(rig, 0, AT(4, 7));
	rig_tick(rig, AT(4, 7));
	assert_int_equal(rig->count, 3);
	rig_tick(rig, AT(4, 7.5) + 1);
	told(rig, 4, ALERT_RAISED, ALERT_ATTENTION);
	rig_free(rig);
}

/* leaves: water and motion, and then a door and silence behind it. */
static void leaves(struct rig *rig, int64_t at)
{
	rig_event(rig, "d-1", QUANTITY_CONTACT, 0, at - H(1));
	for (int i = 0; i < 3; i++)
		rig_event(rig, "m-1", QUANTITY_MOTION, 1, at - M(10) + i * 20000);
	rig_event(rig, "d-1", QUANTITY_CONTACT, 1, at);
	rig_event(rig, "d-1", QUANTITY_CONTACT, 0, at + 10000);
}

static void a_home_that_is_away_by_its_door_alone_is_asked_and_nobody_is_sent(void **state)
{
	struct detector_config config = config_of(rig_zone);
	enum detector_mode mode;

	(void)state;
	config.absence = detector_absence_default();
	struct rig *rig = rig_open(&config);
	rig_device(rig->core, "d-1", "front_door");
	agree(rig, "a-1", terms_of(APPOINTMENT_BUTTON, 300, 450));
	rig_hours(rig, 0, AT(0, 18));
	leaves(rig, AT(0, 19));
	rig_hours(rig, 0, AT(1, 7));
	rig_tick(rig, AT(1, 7));
	assert_int_equal(detector_mode_of(rig->core, "h-1", &mode), ERR_OK);
	assert_int_equal(mode, DETECTOR_AWAY);
	unsigned before =
		rig->count; /* the day before nobody pressed either; what was raised then ended with the door? */
	rig_tick(rig, AT(1, 7.5) + 1);
	assert_int_equal(rig->count, before + 1);
	assert_int_equal(rig_last(rig)->level, ALERT_ATTENTION);
	assert_non_null(strstr(rig_last(rig)->reason_zh, "；看门的动静像是外出了"));
	assert_non_null(strstr(rig_last(rig)->reason_en, "; by its door the home may be away"));
	rig_hours(rig, 0, AT(1, 10));
	rig_tick(rig, AT(1, 10));
	assert_int_equal(rig->count, before + 1);
	rig_free(rig);
}

static void paused_is_not_asked_and_ends_what_is_open(void **state)
{
	struct appointment terms = terms_of(APPOINTMENT_CURTAIN, 300, 450);
	struct rig *rig = evening();

	(void)state;
	rig_hours(rig, 0, AT(1, 7));
	rig_tick(rig, AT(1, 7.5) + 1);
	told(rig, 1, ALERT_RAISED, ALERT_ATTENTION);
	terms.paused_from = FIRST + 1;
	terms.paused_until = FIRST + 3;
	agree(rig, "a-1", terms);
	rig_tick(rig, AT(1, 7.75));
	told(rig, 2, ALERT_CLEARED, ALERT_ATTENTION);
	assert_string_equal(rig_last(rig)->reason_zh, "约定已暂停、更改或取消");
	rig_hours(rig, 0, AT(4, 7));
	rig_tick(rig, AT(4, 7));
	assert_int_equal(rig->count, 2);
	rig_tick(rig, AT(4, 7.5) + 1);
	told(rig, 3, ALERT_RAISED, ALERT_ATTENTION);
	annul(rig, "a-1");
	rig_tick(rig, AT(4, 7.6));
	told(rig, 4, ALERT_CLEARED, ALERT_ATTENTION);
	rig_hours(rig, 0, AT(8, 0));
	rig_tick(rig, AT(8, 0));
	assert_int_equal(rig->count, 4);
	rig_free(rig);
}

static void another_hour_is_in_force_at_once_and_an_hour_that_is_over_is_not_asked(void **state)
{
	struct rig *rig = evening();

	(void)state;
	rig_hours(rig, 0, AT(1, 7));
	rig_tick(rig, AT(1, 7));
	agree(rig, "a-1", terms_of(APPOINTMENT_CURTAIN, 300, 480)); /* eight o'clock */
	rig_tick(rig, AT(1, 8));
	assert_int_equal(rig->count, 0);
	agree(rig, "a-1", terms_of(APPOINTMENT_CURTAIN, 300, 420)); /* seven: today it is too late for that */
	rig_hours(rig, 0, AT(2, 7));
	rig_tick(rig, AT(2, 7));
	assert_int_equal(rig->count, 0);
	rig_tick(rig, AT(2, 7) + 1);
	told(rig, 1, ALERT_RAISED, ALERT_ATTENTION);
	rig_free(rig);
}

static void a_holiday_of_the_calendar_is_paused_and_a_worked_saturday_is_asked(void **state)
{
	static struct calendar calendar;
	struct detector_config config = config_of(rig_zone);
	struct appointment terms = terms_of(APPOINTMENT_BUTTON, 300, 450);

	(void)state;
	calendar_init(&calendar);
	assert_int_equal(calendar_read(&calendar, "2026 03-03", DAY_HOLIDAY, NULL), ERR_OK);
	assert_int_equal(calendar_read(&calendar, "2026 03-07", DAY_WORKDAY, NULL), ERR_OK);
	config.calendar = &calendar;
	struct rig *rig = rig_open(&config);
	terms.days = APPOINTMENT_WORKDAYS;
	agree(rig, "a-1", terms);
	rig_event(rig, "b-1", QUANTITY_BUTTON, 1, AT(0, 7));
	rig_tick(rig, AT(1, 23));
	assert_int_equal(rig->count, 0); /* Tuesday is a holiday */
	for (int day = 2; day < 5; day++)
		rig_event(rig, "b-1", QUANTITY_BUTTON, 1, AT(day, 7));
	rig_tick(rig, AT(5, 7.5));
	assert_int_equal(rig->count, 0);
	rig_tick(rig, AT(5, 7.5) + 1);
	told(rig, 1, ALERT_RAISED, ALERT_ATTENTION);
	rig_free(rig);
}

static void several_appointments_share_one_alert_and_any_of_their_signs_ends_it(void **state)
{
	struct rig *rig = evening();
	struct detector_appointment_view view[DETECTOR_APPOINTMENTS_MAX];
	unsigned count;

	(void)state;
	agree(rig, "a-2", terms_of(APPOINTMENT_BUTTON, 1140, 1200)); /* in the evening */
	agree(rig, "a-0", terms_of(APPOINTMENT_CALL, 480, 600));
	rig_hours(rig, 0, AT(1, 6));
	rig_hours(rig, 20, AT(1, 7));
	rig_tick(rig, AT(1, 7.5) + 1);
	told(rig, 1, ALERT_RAISED, ALERT_ATTENTION);
	rig_event(rig, "phone-h-1", QUANTITY_CALL, 2, AT(1, 9)); /* missed */
	rig_hours(rig, 20, AT(1, 10));
	rig_tick(rig, AT(1, 10) + 1);
	told(rig, 2, ALERT_UPDATED, ALERT_ATTENTION);
	assert_non_null(strstr(rig_last(rig)->reason_zh, "约定10:00前通电话，到今天10:00仍未通话"));
	assert_non_null(strstr(rig_last(rig)->reason_zh, "自今天07:30起就没有等到约定的信号"));
	rig_event(rig, "phone-h-1", QUANTITY_CALL, 1, AT(1, 11));
	rig_tick(rig, AT(1, 11) + 1);
	told(rig, 3, ALERT_CLEARED, ALERT_ATTENTION);
	assert_string_equal(rig_last(rig)->reason_en, "telephone call at 11:00");
	assert_int_equal(detector_appointments(rig->core, "h-1", view, &count), ERR_OK);
	assert_int_equal(count, 3);
	assert_string_equal(view[0].id, "a-0");
	assert_int_equal(view[0].last.ms, AT(1, 11));
	assert_int_equal(view[0].due.ms, AT(2, 10));
	assert_int_equal(view[1].last.ms, AT(0, 7));
	assert_false(wall_is_set(view[2].last));
	assert_int_equal(view[2].opens.ms, AT(1, 19));
	assert_int_equal(view[2].due.ms, AT(1, 20));
	assert_int_equal(detector_appointments(rig->core, "h-9", view, &count), ERR_NOT_FOUND);
	rig_hours(rig, 20, AT(1, 20));
	rig_tick(rig, AT(1, 20) + 1);
	told(rig, 4, ALERT_RAISED, ALERT_ATTENTION);
	assert_string_not_equal(rig_last(rig)->id, rig->alerts[0].id);
	rig_free(rig);
}

static void a_reading_that_comes_late_clears_it_after_all(void **state)
{
	struct rig *rig = evening();
	struct reading late = rig_reading("c-1", QUANTITY_COVER_POSITION, 100, AT(1, 7) + M(10));

	(void)state;
	rig_hours(rig, 0, AT(1, 7));
	rig_tick(rig, AT(1, 7.5) + 1);
	assert_int_equal(rig->count, 1);
	late.received.ms = AT(1, 7) + M(40);
	assert_int_equal(detector_feed(rig->core, &late), ERR_OK);
	rig_tick(rig, AT(1, 7.75));
	told(rig, 2, ALERT_CLEARED, ALERT_ATTENTION);
	assert_string_equal(rig_last(rig)->reason_zh, "其实今天07:10拉开了窗帘");
	assert_string_equal(rig_last(rig)->reason_en, "curtain opened at 07:10 after all");
	rig_hours(rig, 0, AT(1, 12));
	rig_tick(rig, AT(1, 12));
	assert_int_equal(rig->count, 2);
	rig_free(rig);
}

static void any_sign_of_life_waits_for_the_meter_within_the_grace(void **state)
{
	(void)state;
	for (int used = 0; used < 2; used++) {
		struct rig *rig = rig_new();
		agree(rig, "a-1", terms_of(APPOINTMENT_ANY, 300, 450));
		rig_hours(rig, 0, AT(0, 7));
		rig_tick(rig, AT(0, 7.5) + 1);
		assert_int_equal(rig->count, 0); /* from seven on nobody knows yet */
		rig_hours(rig, used ? 20 : 0, AT(0, 8));
		rig_tick(rig, AT(0, 8) + 1);
		if (used) {
			assert_int_equal(rig->count, 0);
		} else {
			told(rig, 2, ALERT_UPDATED, ALERT_ALARM); /* and the grace is over as well */
			assert_string_equal(
				rig_last(rig)->reason_zh, "约定07:30前有动静，到今天08:00仍没有动静；也没有用水");
		}
		rig_free(rig);
	}
	struct rig *rig = rig_new();
	agree(rig, "a-1", terms_of(APPOINTMENT_ANY, 300, 450));
	rig_hours(rig, 0, AT(0, 7));
	rig_tick(rig, AT(0, 8) + 1); /* the reading does not come within the grace */
	told(rig, 1, ALERT_RAISED, ALERT_ATTENTION);
	rig_free(rig);
}

static void contacts_are_of_doors_or_curtains_by_their_place(void **state)
{
	static const char *const places[] = {"front_door", "卧室窗帘", "bedroom window"};
	const unsigned door[] = {0, 2, 2}, curtain[] = {2, 0, 2};

	(void)state;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		for (int is_door = 0; is_door < 2; is_door++) {
			struct rig *rig = rig_new();
			rig_device(rig->core, "x-1", places[i]);
			agree(rig, "a-1", terms_of(is_door ? APPOINTMENT_DOOR : APPOINTMENT_CURTAIN, 300, 450));
			rig_event(rig, "x-1", QUANTITY_CONTACT, 0, AT(0, 0.5));
			rig_event(rig, "x-1", QUANTITY_CONTACT, 1, AT(0, 6));
			rig_tick(rig, AT(0, 12));
			/* what never gave the sign cannot be heard: attention alone; life was seen */
			assert_int_equal(rig->count > 0, (is_door ? door[i] : curtain[i]) > 0);
			rig_free(rig);
		}
	}
}

static void a_sign_that_is_no_sign_of_life_here_is_still_the_one_that_was_agreed(void **state)
{
	struct detector_config config = config_of(rig_zone);

	(void)state;
	config.signs = signs_default();
	config.signs.use &= ~(UINT64_C(1) << QUANTITY_COVER_POSITION);
	struct rig *rig = rig_open(&config);
	agree(rig, "a-1", terms_of(APPOINTMENT_CURTAIN, 300, 450));
	rig_event(rig, "c-1", QUANTITY_COVER_POSITION, 0, AT(0, 0.1));
	open_curtain(rig, AT(0, 7));
	rig_tick(rig, AT(0, 12));
	assert_int_equal(rig->count, 0);
	rig_free(rig);
}

static void the_local_hour_is_judged_on_days_when_the_clock_changes(void **state)
{
	struct detector_config config = config_of(berlin);
	struct rig *rig = rig_open(&config);

	(void)state;
	agree(rig, "a-1", terms_of(APPOINTMENT_BUTTON, 300, 450));
	rig_event(rig, "b-1", QUANTITY_BUTTON, 1, instant("2026-03-28T07:00:00+01:00"));
	rig_tick(rig, instant("2026-03-29T07:30:00+02:00"));
	assert_int_equal(rig->count, 0);
	rig_tick(rig, instant("2026-03-29T07:30:00+02:00") + 1);
	told(rig, 1, ALERT_RAISED, ALERT_ATTENTION);
	assert_non_null(strstr(rig_last(rig)->reason_zh, "到今天07:30仍未按"));
	rig_event(rig, "b-1", QUANTITY_BUTTON, 1, instant("2026-03-29T07:40:00+02:00"));
	for (int day = 0; day < 209; day++) /* every day at seven, on to the Saturday before winter time */
		rig_event(rig, "b-1", QUANTITY_BUTTON, 1, instant("2026-03-30T07:00:00+02:00") + D(day));
	rig_tick(rig, instant("2026-10-25T07:30:00+01:00"));
	assert_int_equal(rig->count, 2);
	rig_tick(rig, instant("2026-10-25T07:30:00+01:00") + 1);
	told(rig, 3, ALERT_RAISED, ALERT_ATTENTION);
	rig_free(rig);
}

/* restart puts the home's state into a new core, as the service does. */
static void restart(struct rig *rig, struct appointment terms)
{
	static struct detector_state states[16];
	unsigned count = 0;

	while (detector_dirty(rig->core, &states[count]))
		assert_true(++count < 16);
	detector_destroy(rig->core);
	assert_int_equal(detector_create(&rig->config, &rig->core, NULL), ERR_OK);
	rig_join(rig->core, "h-1");
	agree(rig, "a-1", terms);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(detector_restore(rig->core, &states[i]), ERR_OK);
}

static void a_restart_at_any_time_changes_nothing(void **state)
{
	const struct appointment terms = terms_of(APPOINTMENT_CURTAIN, 300, 450);
	const int64_t times[] = {
		AT(1, 4), AT(1, 7.25), AT(1, 7.5), AT(1, 7.5) + 1, AT(1, 7.75), AT(1, 8), AT(1, 8.25), AT(1, 9.25)};
	struct rig *plain = NULL;

	(void)state;
	for (size_t i = 0; i <= sizeof times / sizeof *times; i++) {
		struct rig *rig = evening();
		for (size_t k = 0; k < sizeof times / sizeof *times; k++) {
			rig_hours(rig, 0, times[k]);
			rig_tick(rig, times[k]);
			if (i == k + 1)
				restart(rig, terms);
		}
		open_curtain(rig, AT(1, 9) + M(20));
		rig_tick(rig, AT(2, 7.5) + 1);
		assert_int_equal(rig->count, 4);
		if (!plain) {
			plain = rig;
			continue;
		}
		for (unsigned k = 0; k < rig->count; k++)
			assert_memory_equal(&rig->alerts[k], &plain->alerts[k], sizeof rig->alerts[k]);
		rig_free(rig);
	}
	rig_free(plain);
}

static void a_home_has_so_many_appointments_and_no_more(void **state)
{
	struct rig *rig = rig_new();
	struct entry entry = {.kind = ENTRY_APPOINTMENT,
		.key = "a-9",
		.seq = 1,
		.body.appointment = {.household = "h-1", .terms = terms_of(APPOINTMENT_CALL, 300, 450)}};

	(void)state;
	for (unsigned i = 0; i < DETECTOR_APPOINTMENTS_MAX; i++) {
		char id[8];
		snprintf(id, sizeof id, "a-%u", i);
		agree(rig, id, entry.body.appointment.terms);
	}
	assert_int_equal(detector_entry(rig->core, &entry), ERR_FULL);
	agree(rig, "a-3", entry.body.appointment.terms); /* one that is there may change */
	annul(rig, "a-3");
	annul(rig, "a-3");
	assert_int_equal(detector_entry(rig->core, &entry), ERR_OK);
	text_cut(entry.body.appointment.household, ID_BYTES, "h-2"); /* it moves to another home */
	assert_int_equal(detector_entry(rig->core, &entry), ERR_OK);
	text_cut(entry.body.appointment.household, ID_BYTES, "h-1");
	text_cut(entry.key, sizeof entry.key, "a-3");
	assert_int_equal(detector_entry(rig->core, &entry), ERR_OK);
	struct entry gone = {.kind = ENTRY_HOUSEHOLD, .key = "h-1", .seq = 1, .deleted = true};
	give(rig, gone);
	annul(rig, "a-3"); /* its home is gone already */
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(days_go_by_the_calendar_of_holidays_and_worked_weekends),
		cmocka_unit_test(both_ends_of_a_pause_and_of_its_validity_belong_to_it),
		cmocka_unit_test(the_next_hour_is_after_now_and_beyond_pauses),
		cmocka_unit_test(hours_are_of_the_local_clock_when_it_changes),
		cmocka_unit_test(a_curtain_that_stays_shut_is_attention_then_alarm_then_cleared_by_the_curtain),
		cmocka_unit_test(the_window_holds_both_of_its_ends_and_nothing_else),
		cmocka_unit_test(where_life_was_seen_it_stays_an_attention),
		cmocka_unit_test(life_before_the_window_does_not_count),
		cmocka_unit_test(any_sign_of_life_ends_what_was_an_alarm),
		cmocka_unit_test(an_alarm_waits_until_the_meter_knows_of_the_hour),
		cmocka_unit_test(a_device_that_is_offline_is_said_and_never_an_alarm),
		cmocka_unit_test(a_device_that_went_offline_after_the_hour_makes_no_alarm),
		cmocka_unit_test(a_device_that_was_never_heard_is_said),
		cmocka_unit_test(a_button_that_nobody_ever_pressed_is_no_blind_one),
		cmocka_unit_test(a_curtain_that_was_heard_when_it_was_asked_last_is_not_blind_after_a_long_weekend),
		cmocka_unit_test(a_curtain_unheard_for_days_is_blind),
		cmocka_unit_test(a_home_that_is_away_is_not_asked),
		cmocka_unit_test(a_home_that_is_away_by_its_door_alone_is_asked_and_nobody_is_sent),
		cmocka_unit_test(paused_is_not_asked_and_ends_what_is_open),
		cmocka_unit_test(another_hour_is_in_force_at_once_and_an_hour_that_is_over_is_not_asked),
		cmocka_unit_test(a_holiday_of_the_calendar_is_paused_and_a_worked_saturday_is_asked),
		cmocka_unit_test(several_appointments_share_one_alert_and_any_of_their_signs_ends_it),
		cmocka_unit_test(a_reading_that_comes_late_clears_it_after_all),
		cmocka_unit_test(any_sign_of_life_waits_for_the_meter_within_the_grace),
		cmocka_unit_test(contacts_are_of_doors_or_curtains_by_their_place),
		cmocka_unit_test(a_sign_that_is_no_sign_of_life_here_is_still_the_one_that_was_agreed),
		cmocka_unit_test(the_local_hour_is_judged_on_days_when_the_clock_changes),
		cmocka_unit_test(a_restart_at_any_time_changes_nothing),
		cmocka_unit_test(a_home_has_so_many_appointments_and_no_more),
	};

	return cmocka_run_group_tests(tests, open_zones, close_zones);
}
