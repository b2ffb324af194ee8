/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "detector/rig.h"

#define ALL UINT64_MAX

static struct detector_config config_of(const char *preset)
{
	struct detector_config config = rig_config();

	config.homes_max = 1000;
	rig_rule(&config, preset);
	return config;
}

/* old makes the home one that is known for long: 20 l every hour of the day, nothing at night, for 15 days. */
static void old(struct rig *rig)
{
	for (int day = 0; day < 15; day++) {
		rig_hours(rig, 0, DAY0 + day * H(24) + H(7));
		rig_hours(rig, 20, DAY0 + day * H(24) + H(22));
		rig_hours(rig, 0, DAY0 + (day + 1) * H(24));
	}
	rig_tick(rig, rig->meter_ms);
	assert_int_equal(rig->count, 0);
}

#define OLD (DAY0 + 15 * H(24)) /* then the last use was two hours ago */

/* ---- silence ---- */

static void silence_is_attention_first_and_then_the_same_alert_an_alarm(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);

	(void)state;
	old(rig);
	rig_hours(rig, 0, OLD + H(8)); /* ten hours after the last use */
	rig_tick(rig, OLD + H(8));
	assert_int_equal(rig->count, 0); /* known, but a reading of this very moment may still come */
	rig_tick(rig, OLD + H(8) + 1);
	assert_int_equal(rig->count, 1);
	assert_int_equal(rig_last(rig)->state, ALERT_RAISED);
	assert_int_equal(rig_last(rig)->level, ALERT_ATTENTION);
	assert_int_equal(rig_last(rig)->kind, ALERT_SILENCE);
	assert_int_equal(rig_last(rig)->onset.ms, OLD - H(2));
	assert_int_equal(rig_last(rig)->at.ms, OLD + H(8));
	assert_string_equal(rig_last(rig)->rule, "silence_fixed");
	assert_string_equal(rig_last(rig)->reason_zh, "自昨天22:00起没有用水；已静默10小时");
	assert_string_equal(rig_last(rig)->reason_en, "no water since 22:00 yesterday; silent for 10 h");
	assert_int_equal(rig_last(rig)->looked_at, UINT64_C(1) << QUANTITY_WATER_TOTAL);
	assert_int_equal(rig_last(rig)->evidence_count, 2);
	assert_int_equal(rig_last(rig)->evidence[0].at.ms, OLD - H(2));
	assert_string_equal(rig_last(rig)->evidence[0].device, "w-1");
	rig_hours(rig, 0, OLD + H(12));
	rig_tick(rig, OLD + H(12) + 1);
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig_last(rig)->state, ALERT_UPDATED);
	assert_int_equal(rig_last(rig)->level, ALERT_ALARM);
	assert_int_equal(rig_last(rig)->revision, 2);
	assert_string_equal(rig_last(rig)->id, rig->alerts[0].id);
	rig_hours(rig, 0, OLD + H(40));
	rig_tick(rig, OLD + H(40));
	assert_int_equal(rig->count, 2);
	rig_water(rig, 5, OLD + H(41));
	rig_tick(rig, OLD + H(41) + 1);
	assert_int_equal(rig->count, 3);
	assert_int_equal(rig_last(rig)->state, ALERT_CLEARED);
	assert_int_equal(rig_last(rig)->revision, 3);
	assert_string_equal(rig_last(rig)->reason_en, "water at 17:00");
	assert_string_equal(rig_last(rig)->reason_zh, "今天17:00有用水");
	rig_free(rig);
}

static void silence_just_under_the_limit_raises_nothing(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);

	(void)state;
	old(rig);
	rig_hours(rig, 0, OLD + H(7));
	rig_water(rig, 0,
		OLD + H(8) - 5 * MS_PER_MINUTE - 1); /* a meter is early by minutes: one millisecond more is missing */
	rig_tick(rig, OLD + H(8) + 1);
	rig_water(rig, 20, OLD + H(8) + 2);
	rig_tick(rig, OLD + H(17));
	assert_int_equal(rig->count, 0);
	rig_free(rig);
}

static void two_persons_have_the_shorter_limit(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct entry household = rig_household("h-1", false);

	(void)state;
	household.body.household.persons = 2;
	assert_int_equal(detector_entry(rig->core, &household), ERR_OK);
	old(rig);
	rig_hours(rig, 0, OLD + H(10));
	rig_tick(rig, OLD + H(10) + 1);
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig_last(rig)->level, ALERT_ALARM);
	rig_free(rig);
}

static void a_new_home_is_marked_and_waits_longer(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	enum detector_mode mode;

	(void)state;
	rig_hours(rig, 20, DAY0 + H(24));
	rig_hours(rig, 0, DAY0 + H(35));
	rig_tick(rig, DAY0 + H(35) + 1);
	assert_int_equal(rig->count, 0);
	assert_int_equal(detector_mode_of(rig->core, "h-1", &mode), ERR_OK);
	assert_int_equal(mode, DETECTOR_LEARNING);
	rig_hours(rig, 0, DAY0 + H(36));
	rig_tick(rig, DAY0 + H(36) + 1);
	assert_int_equal(rig->count, 1);
	assert_non_null(strstr(rig_last(rig)->reason_en, "(still learning)"));
	assert_true(rig_last(rig)->confidence < 0.5);
	rig_free(rig);
}

/* ---- silence by habit ---- */

/* regular lives for days: 20 l each hour from seven to ten at night, nothing else. */
static void regular(struct rig *rig, int days)
{
	for (int day = 0; day < days; day++) {
		int64_t midnight = rig->meter_ms;
		rig_hours(rig, 0, midnight + H(7));
		rig_hours(rig, 20, midnight + H(22));
		rig_hours(rig, 0, midnight + H(24));
	}
	rig_tick(rig, rig->meter_ms);
}

static void a_home_that_is_regular_is_missed_soon_and_told_why(void **state)
{
	struct detector_config config = config_of("silence");
	struct rig *rig = rig_open(&config);
	const int64_t day = DAY0 + 60 * H(24); /* a Friday */
	struct detector_habit_view view;

	(void)state;
	regular(rig, 60);
	rig->count = 0;
	assert_int_equal(detector_habit(rig->core, "h-1", &view), ERR_OK);
	assert_int_equal(view.set_count, 1);
	assert_true(view.sets[0].in_force && !view.population);
	assert_int_equal(view.sets[0].quantities, UINT64_C(1) << QUANTITY_WATER_TOTAL);
	assert_int_equal(view.last_sign.ms, day - H(2));
	assert_true(view.attention_at.ms <= view.alarm_at.ms);
	assert_int_equal(detector_habit(rig->core, "nobody", &view), ERR_NOT_FOUND);
	int64_t alarm_at = view.alarm_at.ms;
	rig_hours(rig, 0, day + H(9));
	rig_tick(rig, day + H(9) + 1);
	assert_true(rig->count >= 1 && rig->count <= 2);
	assert_int_equal(rig_last(rig)->level, ALERT_ALARM);
	assert_true(rig_last(rig)->at.ms >= alarm_at && rig_last(rig)->at.ms < alarm_at + H(1));
	assert_non_null(strstr(rig_last(rig)->reason_zh, "自昨天22:00起没有用水；工作日通常08:00"));
	assert_non_null(strstr(rig_last(rig)->reason_zh, "前已有动静；此时最长安静通常9小时"));
	assert_non_null(strstr(rig_last(rig)->reason_en, "on workdays there is usually a sign by 08:00"));
	assert_true(rig_last(rig)->confidence > 0.9);
	unsigned told = rig->count;
	int64_t first = rig_last(rig)->at.ms;
	rig_hours(rig, 0, day + H(16)); /* it grows: the same alert with its new numbers */
	rig_tick(rig, day + H(16));
	assert_int_equal(rig->count, told + 1);
	assert_int_equal(rig_last(rig)->state, ALERT_UPDATED);
	assert_int_equal(rig_last(rig)->level, ALERT_ALARM);
	assert_int_equal(rig_last(rig)->at.ms, first + H(6));
	rig_water(rig, 20, rig->meter_ms + H(1));
	rig_tick(rig, rig->meter_ms + 1);
	assert_int_equal(rig_last(rig)->state, ALERT_CLEARED);
	assert_int_equal(detector_habit(rig->core, "h-1", &view), ERR_OK);
	assert_int_equal(view.sets[0].false_alarms[HABIT_ALARM], 1);
	rig_free(rig);
}

static void a_public_holiday_is_no_workday(void **state)
{
	static struct calendar calendar;
	struct detector_config config = config_of("silence");

	(void)state;
	calendar_init(&calendar);
	assert_int_equal(
		calendar_add(&calendar, zone_to_civil(rig_zone, (struct wall){DAY0 + 60 * H(24)}), DAY_HOLIDAY),
		ERR_OK);
	config.calendar = &calendar;
	struct rig *rig = rig_open(&config);
	regular(rig, 60);
	rig_hours(rig, 0, rig->meter_ms + H(14));
	rig_tick(rig, rig->meter_ms + 1);
	assert_int_equal(rig_last(rig)->level, ALERT_ALARM);
	assert_null(strstr(rig_last(rig)->reason_zh, "工作日"));
	assert_non_null(strstr(rig_last(rig)->reason_zh, "休息日"));
	rig_free(rig);
}

static void a_false_alarm_makes_a_home_slower_and_a_real_one_is_no_habit(void **state)
{
	const enum outcome outcomes[] = {OUTCOME_FALSE_ALARM, OUTCOME_HELPED};
	struct detector_config config = config_of("silence");
	struct detector_habit_view before, after;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct rig *rig = rig_open(&config);
		struct incident incident = {.id = "i-1",
			.household = "h-1",
			.state = INCIDENT_RESOLVED,
			.event = INCIDENT_EVENT_RESOLVED,
			.kind = ALERT_SILENCE,
			.outcome = outcomes[i]};
		regular(rig, 30);
		rig_hours(rig, 0, rig->meter_ms + H(12));
		rig_tick(rig, rig->meter_ms);
		assert_int_equal(detector_habit(rig->core, "h-1", &before), ERR_OK);
		incident.opened.ms = rig->meter_ms - H(1);
		incident.at.ms = rig->meter_ms;
		assert_int_equal(detector_feed_incident(rig->core, &incident), ERR_OK);
		assert_int_equal(detector_habit(rig->core, "h-1", &after), ERR_OK);
		if (outcomes[i] == OUTCOME_FALSE_ALARM) {
			assert_true(after.sets[0].lean < before.sets[0].lean);
			assert_int_equal(after.sets[0].outcomes[HABIT_FALSE], 1);
			assert_int_equal(after.sets[0].gaps, before.sets[0].gaps + 1);
		} else {
			assert_true(after.sets[0].lean > before.sets[0].lean);
			assert_int_equal(after.sets[0].outcomes[HABIT_REAL], 1);
			assert_int_equal(after.sets[0].gaps, before.sets[0].gaps);
		}
		rig_free(rig);
	}
}

static void a_new_home_is_not_missed_before_what_is_safe_for_most(void **state)
{
	struct detector_config config = config_of("silence");
	struct rig *rig = rig_open(&config);

	(void)state;
	rig_hours(rig, 20, DAY0 + H(24));
	rig_hours(rig, 0, DAY0 + H(33));
	rig_tick(rig, DAY0 + H(33) + 1);
	assert_int_equal(rig->count, 0);
	rig_hours(rig, 0, DAY0 + H(34));
	rig_tick(rig, DAY0 + H(34) + 1);
	assert_int_equal(rig->count, 1);
	assert_int_equal(rig_last(rig)->level, ALERT_ATTENTION);
	assert_non_null(strstr(rig_last(rig)->reason_en, "(still learning)"));
	rig_hours(rig, 0, DAY0 + H(37));
	rig_tick(rig, DAY0 + H(37) + 1);
	assert_int_equal(rig->count, 1);
	rig_hours(rig, 0, DAY0 + H(38));
	rig_tick(rig, DAY0 + H(38) + 1);
	assert_int_equal(rig_last(rig)->level, ALERT_ALARM);
	rig_free(rig);
}

static void a_known_home_with_a_new_sensor_is_judged_by_what_is_known(void **state)
{
	struct detector_config config = config_of("silence");
	struct rig *rig = rig_open(&config);
	struct detector_habit_view view;

	(void)state;
	regular(rig, 20);
	for (int day = 0; day < 15; day++) {
		rig_tick(rig, rig->meter_ms);
		assert_int_equal(detector_habit(rig->core, "h-1", &view), ERR_OK);
		assert_true(view.sets[0].in_force);
		int64_t midnight = rig->meter_ms;
		for (int hour = 0; hour < 24; hour++) {
			rig_event(rig, "m-1", QUANTITY_MOTION, 1, midnight + H(hour) + 60000);
			rig_event(rig, "m-2", QUANTITY_MOTION, 1, midnight + H(hour) + 90000);
			rig_hours(rig, hour >= 7 && hour < 22 ? 20 : 0, midnight + H(hour + 1));
		}
	}
	rig_event(rig, "m-1", QUANTITY_MOTION, 1, rig->meter_ms + 60000);
	rig_event(rig, "m-2", QUANTITY_MOTION, 1, rig->meter_ms + 90000);
	rig_tick(rig, rig->meter_ms + H(1));
	assert_int_equal(detector_habit(rig->core, "h-1", &view), ERR_OK);
	assert_true(view.set_count == 2 && view.sets[1].in_force);
	rig_free(rig);
}

static void a_home_whose_motion_sensor_died_is_judged_by_its_water(void **state)
{
	struct detector_config config = config_of("silence");
	struct rig *rig = rig_open(&config);
	struct detector_habit_view view;

	(void)state;
	regular(rig, 20);
	for (int day = 0; day < 20; day++) { /* and up in the night, which only the motion sensors tell */
		int64_t midnight = rig->meter_ms;
		for (int hour = 0; hour < 24; hour++) {
			rig_event(rig, "m-1", QUANTITY_MOTION, 1, midnight + H(hour) + 60000);
			rig_event(rig, "m-2", QUANTITY_MOTION, 1, midnight + H(hour) + 90000);
			rig_hours(rig, hour >= 7 && hour < 22 ? 20 : 0, midnight + H(hour + 1));
		}
	}
	rig_tick(rig, rig->meter_ms);
	assert_int_equal(detector_habit(rig->core, "h-1", &view), ERR_OK);
	assert_int_equal(view.set_count, 2);
	assert_true(view.sets[1].in_force);
	int64_t both = view.alarm_at.ms - view.last_sign.ms;
	rig_event(rig, "m-1", QUANTITY_ONLINE, 0, rig->meter_ms);
	rig_event(rig, "m-2", QUANTITY_ONLINE, 0, rig->meter_ms);
	assert_int_equal(detector_habit(rig->core, "h-1", &view), ERR_OK);
	assert_true(view.sets[0].in_force && !view.sets[1].in_force);
	assert_true(view.alarm_at.ms - view.last_sign.ms != both);
	rig_free(rig);
}

/* ---- time ---- */

static void a_meter_whose_clock_runs_ahead_proves_silence_too(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct reading r;

	(void)state;
	old(rig);
	for (int hour = 1; hour <= 9; hour++) {
		r = rig_water_of(rig, 0, OLD + H(hour));
		r.received.ms -= 4 * MS_PER_MINUTE;
		rig_feed(rig, &r);
	}
	rig_tick(rig, OLD + H(9));
	assert_int_equal(rig->count, 1);
	assert_int_equal(rig_last(rig)->onset.ms, OLD - H(2));
	rig_free(rig);
}

static void a_reading_from_years_ahead_does_not_silence_the_meter(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct reading r = rig_reading("w-1", QUANTITY_WATER_TOTAL, 1, OLD + 400 * H(24));

	(void)state;
	old(rig);
	r.received.ms = OLD;
	r.delta = 0;
	r.since.ms = OLD;
	rig_feed(rig, &r);
	assert_int_equal(detector_tally(rig->core, DETECTOR_CLOCK_ASTRAY), 1);
	rig_hours(rig, 0, OLD + H(7));
	rig_hours(rig, 20, OLD + H(16)); /* used all the time: nobody is silent */
	rig_tick(rig, OLD + H(16) + 1);
	assert_int_equal(rig->count, 0);
	rig_free(rig);
}

static void a_late_reading_ends_an_alert_and_says_so(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct reading door;

	(void)state;
	old(rig);
	rig_event(rig, "d-1", QUANTITY_CONTACT, 0, OLD);
	rig_hours(rig, 0, OLD + H(9));
	rig_tick(rig, OLD + H(9) + 1);
	assert_int_equal(rig->count, 1);
	door = rig_reading("d-1", QUANTITY_CONTACT, 1, OLD + H(7));
	door.received.ms = OLD + H(9.5);
	rig_feed(rig, &door);
	rig_tick(rig, OLD + H(9.5) + 1);
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig_last(rig)->state, ALERT_CLEARED);
	assert_int_equal(rig_last(rig)->at.ms, OLD + H(9.5));
	assert_string_equal(rig_last(rig)->reason_en, "door at 07:00 after all");
	assert_string_equal(rig_last(rig)->reason_zh, "其实今天07:00有开关门");
	rig_free(rig);
}

/* upload feeds hourly readings from the meter's last one until `until`, all received at once; use is in the last
 * `use_h` hours. */
static void upload(struct rig *rig, int64_t until, double quiet_h, double use_h)
{
	int64_t begin = rig->meter_ms;

	while (rig->meter_ms < until) {
		int64_t at = rig->meter_ms + H(1);
		bool quiet = at > begin + H(2) && at <= begin + H(2 + quiet_h);
		bool used = at <= begin + H(2) || at > until - H(use_h);
		struct reading r = rig_water_of(rig, !quiet && used ? 20 : 0, at);
		r.received.ms = until + H(0.1);
		rig_feed(rig, &r);
	}
}

static void an_upload_once_a_day_raises_nothing_about_the_past(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);

	(void)state;
	for (int day = 1; day <= 20; day++) {
		upload(rig, DAY0 + day * H(24), 18, 3); /* 18 quiet hours, then use again: known afterwards only */
		rig_tick(rig, DAY0 + day * H(24) + H(0.2));
	}
	assert_int_equal(rig->count, 0);
	upload(rig, DAY0 + 21 * H(24), 22, 0); /* quiet up to now */
	rig_tick(rig, DAY0 + 21 * H(24) + H(0.2));
	assert_int_equal(rig->count, 1);
	assert_int_equal(rig_last(rig)->level, ALERT_ALARM);
	assert_int_equal(rig_last(rig)->onset.ms, DAY0 + 20 * H(24) + H(2));
	rig_free(rig);
}

static void a_loss_of_radio_proves_nothing_until_the_counter_speaks(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);

	(void)state;
	old(rig);
	rig_hours(rig, 0, OLD + H(3));
	rig_tick(rig, OLD + H(20)); /* the meter is blind: nobody says silence */
	assert_int_equal(rig->count, 0);
	rig_water(rig, 0, OLD + H(20)); /* it stood still all the time */
	rig_tick(rig, OLD + H(20) + 1);
	assert_int_equal(rig->count, 1);
	assert_int_equal(rig_last(rig)->level, ALERT_ALARM);
	assert_int_equal(rig_last(rig)->onset.ms, OLD - H(2));
	rig_water(rig, 0, OLD + H(21));
	rig_water(rig, 300, OLD + H(40)); /* lost again, and something was used meanwhile */
	rig_tick(rig, OLD + H(40) + 1);
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig_last(rig)->state, ALERT_CLEARED);
	rig_tick(rig, OLD + H(49));
	assert_int_equal(rig->count, 2);
	rig_free(rig);
}

static void what_a_replaced_counter_missed_is_not_silence(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct reading r;

	(void)state;
	old(rig);
	rig_hours(rig, 0, OLD + H(6));
	r = rig_water_of(rig, 0, OLD + H(7));
	r.delta = NAN;
	r.since = WALL_NONE;
	rig_feed(rig, &r);
	assert_int_equal(detector_tally(rig->core, DETECTOR_NO_DELTA), 1);
	rig_hours(rig, 0, OLD + H(16)); /* nine hours of proven silence */
	rig_tick(rig, OLD + H(16) + 1);
	assert_int_equal(rig->count, 0);
	rig_hours(rig, 0, OLD + H(17));
	rig_tick(rig, OLD + H(17) + 1);
	assert_int_equal(rig->count, 1);
	assert_int_equal(rig_last(rig)->onset.ms, OLD + H(7));
	rig_free(rig);
}

static void readings_ahead_of_the_watermark_change_nothing_before_them(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);

	(void)state;
	old(rig);
	rig_event(rig, "m-1", QUANTITY_BED, 1, OLD);
	for (int i = 1; i < 9; i++)
		rig_water(rig, 0, OLD + H(i));
	rig_water(rig, 20, OLD + H(9)); /* fed before anything after OLD was judged */
	rig_tick(rig, OLD + H(9) + 1);
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig->alerts[0].at.ms, OLD + H(8));
	assert_int_equal(rig->alerts[1].state, ALERT_CLEARED);
	assert_int_equal(rig->alerts[1].at.ms, OLD + H(9));
	rig_free(rig);
}

/* ---- signs of life ---- */

static void a_leak_is_no_sign_of_life_and_use_above_it_is(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);

	(void)state;
	for (int day = 0; day < 15; day++) {
		rig_hours(rig, 6, DAY0 + day * H(24) + H(7));
		rig_hours(rig, 26, DAY0 + day * H(24) + H(22));
		rig_hours(rig, 6, DAY0 + (day + 1) * H(24));
	}
	rig_tick(rig, OLD);
	assert_int_equal(rig->count, 0);
	rig_hours(rig, 6.9, OLD + H(8));
	rig_tick(rig, OLD + H(8) + 1);
	assert_int_equal(rig->count, 1);
	rig_water(rig, 7.1, OLD + H(9));
	rig_tick(rig, OLD + H(9) + 1);
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig_last(rig)->state, ALERT_CLEARED);
	rig_free(rig);
}

static void short_steps_add_up_to_an_hours_use(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);

	(void)state;
	old(rig);
	rig_hours(rig, 0, OLD + H(9));
	rig_tick(rig, OLD + H(9) + 1);
	assert_int_equal(rig->count, 1);
	for (int minute = 1; minute <= 9; minute++) /* a drip of 0.1 l a minute: 0.9 l so far */
		rig_water(rig, 0.1, OLD + H(9) + minute * MS_PER_MINUTE);
	rig_tick(rig, OLD + H(9.2));
	assert_int_equal(rig->count, 1);
	rig_water(rig, 0.11, OLD + H(9.2) + 1);
	rig_tick(rig, OLD + H(9.3));
	assert_int_equal(rig->count, 2);
	rig_free(rig);
}

static void one_firing_of_motion_is_a_ghost_and_a_burst_is_not(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);

	(void)state;
	old(rig);
	rig_event(rig, "m-1", QUANTITY_MOTION, 0, OLD);
	rig_hours(rig, 0, OLD + H(9));
	rig_tick(rig, OLD + H(9));
	assert_int_equal(rig->count, 1);
	rig_event(rig, "m-1", QUANTITY_MOTION, 1, OLD + H(9));
	rig_event(rig, "m-1", QUANTITY_MOTION, 1, OLD + H(9) + 4 * MS_PER_MINUTE);
	rig_event(rig, "m-1", QUANTITY_MOTION, 1, OLD + H(9) + 4 * MS_PER_MINUTE + 1000); /* told twice */
	rig_event(rig, "m-1", QUANTITY_MOTION, 1, OLD + H(9) + 10 * MS_PER_MINUTE);
	rig_tick(rig, OLD + H(9.3));
	assert_int_equal(rig->count, 1);
	rig_event(rig, "m-1", QUANTITY_MOTION, 1, OLD + H(9.5));
	rig_event(rig, "m-1", QUANTITY_MOTION, 1, OLD + H(9.5) + 2 * MS_PER_MINUTE);
	rig_event(rig, "m-1", QUANTITY_MOTION, 1, OLD + H(9.5) + 5 * MS_PER_MINUTE);
	rig_tick(rig, OLD + H(9.7));
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig_last(rig)->state, ALERT_CLEARED);
	rig_free(rig);
}

static void motion_of_two_sensors_is_a_sign(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);

	(void)state;
	old(rig);
	rig_hours(rig, 0, OLD + H(9));
	rig_event(rig, "m-1", QUANTITY_MOTION, 1, OLD + H(9));
	rig_event(rig, "m-2", QUANTITY_MOTION, 1, OLD + H(9) + 10 * MS_PER_MINUTE + 1);
	rig_tick(rig, OLD + H(9.3));
	assert_int_equal(rig->count, 1);
	rig_event(rig, "m-1", QUANTITY_MOTION, 1, OLD + H(9) + 20 * MS_PER_MINUTE);
	rig_tick(rig, OLD + H(9.4));
	assert_int_equal(rig->count, 2);
	rig_free(rig);
}

static void other_channels_speak_as_they_should(void **state)
{
	static const struct {
		enum quantity quantity;
		double before, value;
		bool sign;
	} cases[] = {
		{QUANTITY_CONTACT, 0, 1, true},
		{QUANTITY_CONTACT, 0, 0, false}, /* its state told again */
		{QUANTITY_BED, 1, 0, true},
		{QUANTITY_PRESENCE, 0, 1, true},
		{QUANTITY_BUTTON, 1, 1, true},
		{QUANTITY_PERSON_SEEN, 0, 0.9, true},
		{QUANTITY_PERSON_SEEN, 0, 0, false},
		{QUANTITY_DOOR_VIEWER, 3, 2, true},
		{QUANTITY_DOOR_VIEWER, 3, 3, false}, /* somebody rang */
		{QUANTITY_CALL, 2, 1, true},
		{QUANTITY_CALL, 2, 2, false}, /* missed */
		{QUANTITY_COVER_POSITION, 0, 100, true},
		{QUANTITY_COVER_POSITION, 100, 0, false},
		{QUANTITY_SOS, 0, 1, true},
		{QUANTITY_BATTERY, 90, 80, false},
		{QUANTITY_TEMPERATURE, 20, 25, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct detector_config config = config_of("silence_fixed");
		struct rig *rig = rig_open(&config);
		old(rig);
		int64_t signs = detector_tally(rig->core, DETECTOR_SIGNS);
		rig_event(rig, "x-1", cases[i].quantity, cases[i].before, OLD);
		if (cases[i].quantity != QUANTITY_BUTTON)
			assert_int_equal(detector_tally(rig->core, DETECTOR_SIGNS), signs);
		signs = detector_tally(rig->core, DETECTOR_SIGNS);
		rig_event(rig, "x-1", cases[i].quantity, cases[i].value, OLD + H(1));
		assert_int_equal(detector_tally(rig->core, DETECTOR_SIGNS) - signs, cases[i].sign);
		rig_free(rig);
	}
}

static void a_retained_state_is_no_sign(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct reading door = rig_reading("d-1", QUANTITY_CONTACT, 1, DAY0 + H(1));

	(void)state;
	rig_event(rig, "d-1", QUANTITY_CONTACT, 0, DAY0);
	door.retained = true;
	rig_feed(rig, &door);
	assert_int_equal(detector_tally(rig->core, DETECTOR_SIGNS), 0);
	rig_free(rig);
}

static void a_fridge_is_no_sign_of_life_and_a_kettle_is(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	double total = 0;
	int64_t signs, at = DAY0;

	(void)state;
	for (; at < DAY0 + 3 * H(24); at += H(0.5)) { /* 60 and 0 Wh in turn, day and night */
		struct reading r =
			rig_reading("e-1", QUANTITY_ENERGY_TOTAL, total += (at / H(0.5)) % 2 ? 60 : 0, at + H(0.5));
		r.delta = (at / H(0.5)) % 2 ? 60 : 0;
		r.since.ms = at;
		rig_feed(rig, &r);
	}
	assert_int_equal(detector_tally(rig->core, DETECTOR_SIGNS), 0);
	signs = detector_tally(rig->core, DETECTOR_SIGNS);
	struct reading kettle = rig_reading("e-1", QUANTITY_ENERGY_TOTAL, total + 260, at + H(0.5));
	kettle.delta = 260;
	kettle.since.ms = at;
	rig_feed(rig, &kettle);
	assert_int_equal(detector_tally(rig->core, DETECTOR_SIGNS), signs + 1);
	rig_free(rig);
}

/* ---- blind ---- */

static void a_blind_channel_is_left_out_and_named(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);

	(void)state;
	old(rig);
	rig_event(rig, "m-1", QUANTITY_PRESENCE, 0, OLD - H(1));
	rig_event(rig, "w-1", QUANTITY_ONLINE, 0, OLD);
	rig_tick(rig, OLD + H(9) + 1);
	assert_int_equal(rig->count, 1);
	assert_int_equal(rig_last(rig)->looked_at, UINT64_C(1) << QUANTITY_PRESENCE);
	assert_int_equal(rig_last(rig)->blind, UINT64_C(1) << QUANTITY_WATER_TOTAL);
	assert_non_null(strstr(rig_last(rig)->reason_zh, "；看不到：用水"));
	rig_free(rig);
}

static void a_home_that_is_blind_altogether_is_never_silent(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);

	(void)state;
	old(rig);
	rig_event(rig, "b-1", QUANTITY_BUTTON, 1, OLD - H(1)); /* a button's silence proves nothing */
	rig_event(rig, "d-1", QUANTITY_CONTACT, 1, OLD - H(1));
	rig_tick(rig, OLD + H(200));
	assert_int_equal(rig->count, 0);
	rig_free(rig);
}

static void an_event_device_unheard_for_long_is_blind(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);

	(void)state;
	config.device_quiet_ms = H(9);
	assert_int_equal(detector_configure(rig->core, &config), ERR_OK);
	rig_event(rig, "p-1", QUANTITY_PRESENCE, 0, DAY0);
	rig_event(rig, "p-1", QUANTITY_PRESENCE, 1, DAY0 + H(1));
	rig_tick(rig, DAY0 + H(40));
	assert_int_equal(rig->count, 0);
	rig_free(rig);
}

/* ---- away, visits ---- */

static struct incident resolved(enum outcome outcome, int64_t at)
{
	struct incident incident = {.household = "h-1",
		.state = INCIDENT_RESOLVED,
		.event = INCIDENT_EVENT_RESOLVED,
		.outcome = outcome,
		.at = {at}};

	return incident;
}

static void away_said_at_the_door_rests_until_the_first_sign_of_life(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct incident incident = resolved(OUTCOME_AWAY, OLD + H(9.5));
	enum detector_mode mode;

	(void)state;
	old(rig);
	rig_hours(rig, 0, OLD + H(9));
	rig_tick(rig, OLD + H(9.25));
	assert_int_equal(rig->count, 1);
	assert_int_equal(detector_feed_incident(rig->core, &incident), ERR_OK);
	rig_tick(rig, OLD + H(9.6));
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig_last(rig)->state, ALERT_CLEARED);
	assert_string_equal(rig_last(rig)->reason_en, "not at home, known since 09:30");
	rig_water(rig, 30, OLD + H(10)); /* of an hour that began before: may have been the visitor's, or earlier */
	assert_int_equal(detector_mode_of(rig->core, "h-1", &mode), ERR_OK);
	assert_int_equal(mode, DETECTOR_AWAY);
	rig_hours(rig, 0, OLD + H(50));
	rig_tick(rig, OLD + H(50));
	assert_int_equal(rig->count, 2);
	rig_water(rig, 30, OLD + H(51));
	assert_int_equal(detector_mode_of(rig->core, "h-1", &mode), ERR_OK);
	assert_int_equal(mode, DETECTOR_AT_HOME);
	rig_hours(rig, 0, OLD + H(61));
	rig_tick(rig, OLD + H(61) + 1);
	assert_int_equal(rig->count, 3);
	assert_int_equal(rig_last(rig)->onset.ms, OLD + H(51));
	rig_free(rig);
}

static void a_visit_is_a_sign_of_life(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct incident incident = resolved(OUTCOME_FALSE_ALARM, OLD + H(9.5));
	struct incident joined = incident;

	(void)state;
	old(rig);
	rig_hours(rig, 0, OLD + H(9));
	rig_tick(rig, OLD + H(9.25));
	joined.state = INCIDENT_ACCEPTED;
	joined.event = INCIDENT_EVENT_ACCEPTED;
	assert_int_equal(detector_feed_incident(rig->core, &joined), ERR_OK);
	rig_tick(rig, OLD + H(9.4));
	assert_int_equal(rig->count, 1);
	assert_int_equal(detector_feed_incident(rig->core, &incident), ERR_OK);
	rig_tick(rig, OLD + H(9.6));
	assert_int_equal(rig->count, 2);
	assert_string_equal(rig_last(rig)->reason_en, "seen by somebody at 09:30");
	rig_hours(rig, 0, OLD + H(19));
	rig_tick(rig, OLD + H(19) + 1);
	assert_int_equal(rig->count, 2);
	rig_hours(rig, 0, OLD + H(20));
	rig_tick(rig, OLD + H(20) + 1);
	assert_int_equal(rig->count, 3);
	assert_int_equal(rig_last(rig)->onset.ms, OLD + H(9.5));
	rig_free(rig);
}

/* ---- the directory ---- */

static void a_household_that_leaves_has_its_alert_cleared_and_is_forgotten(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct entry gone = rig_household("h-1", true);
	struct detector_state part;
	enum detector_mode mode;
	unsigned forgotten = 0;

	(void)state;
	old(rig);
	rig_hours(rig, 0, OLD + H(9));
	rig_tick(rig, OLD + H(9.5));
	assert_int_equal(rig->count, 1);
	assert_int_equal(detector_entry(rig->core, &gone), ERR_OK);
	rig_tick(rig, OLD + H(10));
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig_last(rig)->state, ALERT_CLEARED);
	assert_string_equal(rig_last(rig)->reason_en, "the household is no longer watched");
	assert_int_equal(detector_mode_of(rig->core, "h-1", &mode), ERR_NOT_FOUND);
	while (detector_dirty(rig->core, &part))
		forgotten += part.length == 0;
	assert_int_equal(forgotten, 3);
	rig_water(rig, 1, OLD + H(11));
	assert_int_equal(detector_tally(rig->core, DETECTOR_UNKNOWN_HOME), 1);
	rig_join(rig->core, "h-1"); /* back again: as new */
	rig_hours(rig, 0, OLD + H(22));
	rig_tick(rig, OLD + H(22) + 1);
	assert_int_equal(rig->count, 2);
	rig_free(rig);
}

static void a_withdrawn_consent_clears_and_forgets(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct entry withdrawn = rig_consent("h-1", true, 0);
	struct entry again = rig_consent("h-1", false, ALL);

	(void)state;
	old(rig);
	rig_hours(rig, 0, OLD + H(9));
	rig_tick(rig, OLD + H(9.5));
	assert_int_equal(detector_entry(rig->core, &withdrawn), ERR_OK);
	rig_tick(rig, OLD + H(10));
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig_last(rig)->state, ALERT_CLEARED);
	rig_water(rig, 5, OLD + H(11));
	assert_int_equal(detector_tally(rig->core, DETECTOR_NO_CONSENT), 1);
	assert_int_equal(detector_entry(rig->core, &again), ERR_OK);
	rig_hours(rig, 0, OLD + H(22));
	rig_tick(rig, OLD + H(22.5));
	assert_int_equal(rig->count, 2); /* learning again: eleven hours are not enough */
	rig_free(rig);
}

static void a_consent_that_ends_by_itself_does_the_same(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct entry consent = rig_consent("h-1", false, ALL);

	(void)state;
	old(rig);
	consent.body.consent.until.ms = OLD + H(10);
	assert_int_equal(detector_entry(rig->core, &consent), ERR_OK);
	rig_hours(rig, 0, OLD + H(9));
	rig_tick(rig, OLD + H(9.5));
	assert_int_equal(rig->count, 1);
	rig_tick(rig, OLD + H(10) + 1);
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig_last(rig)->state, ALERT_CLEARED);
	assert_int_equal(rig_last(rig)->at.ms, OLD + H(10));
	rig_free(rig);
}

static void a_quantity_without_consent_is_not_looked_at(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct entry consent = rig_consent("h-1", false, ALL & ~(UINT64_C(1) << QUANTITY_PRESENCE));

	(void)state;
	rig_event(rig, "p-1", QUANTITY_PRESENCE, 0, DAY0);
	assert_int_equal(
		detector_entry(rig->core, &consent), ERR_OK); /* the channel that was agreed to before is forgotten */
	rig_event(rig, "p-1", QUANTITY_PRESENCE, 1, DAY0 + H(1));
	assert_int_equal(detector_tally(rig->core, DETECTOR_NO_CONSENT), 1);
	rig_tick(rig, DAY0 + H(100));
	assert_int_equal(rig->count, 0);
	rig_free(rig);
}

static void a_device_that_leaves_takes_its_channels_along(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct entry device = {.kind = ENTRY_DEVICE, .key = "p-1", .seq = 1, .body.device.household = "h-1"};

	(void)state;
	assert_int_equal(detector_entry(rig->core, &device), ERR_OK);
	rig_event(rig, "p-1", QUANTITY_PRESENCE, 0, DAY0);
	rig_event(rig, "p-1", QUANTITY_PRESENCE, 1, DAY0 + H(1));
	device.deleted = true;
	assert_int_equal(detector_entry(rig->core, &device), ERR_OK);
	rig_tick(rig, DAY0 + H(40));
	assert_int_equal(rig->count, 0);
	rig_free(rig);
}

static void homes_and_channels_are_bounded(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	char id[32];

	(void)state;
	for (int i = 2; i <= 1000; i++) {
		snprintf(id, sizeof id, "h-%d", i);
		rig_join(rig->core, id);
	}
	struct entry household = rig_household("one-too-many", false);
	assert_int_equal(detector_entry(rig->core, &household), ERR_FULL);
	for (int i = 0; i < DETECTOR_DEVICES_MAX + 3; i++) {
		snprintf(id, sizeof id, "d-%d", i);
		rig_event(rig, id, QUANTITY_CONTACT, 1, DAY0);
	}
	assert_int_equal(detector_tally(rig->core, DETECTOR_TOO_MANY), 3);
	for (int i = 1; i <= 1000; i++) {
		snprintf(id, sizeof id, "h-%d", i);
		household = rig_household(id, true);
		assert_int_equal(detector_entry(rig->core, &household), ERR_OK);
	}
	uint32_t modes[DETECTOR_MODE_COUNT], open;
	detector_modes(rig->core, modes, &open);
	for (int i = 0; i < DETECTOR_MODE_COUNT; i++)
		assert_int_equal(modes[i], 0);
	assert_int_equal(open, 0);
	rig_free(rig);
}

/* ---- the rules in use elsewhere ---- */

static void too_little_water_is_found_and_ends(void **state)
{
	struct detector_config config = config_of("water_changning");
	struct rig *rig = rig_open(&config);

	(void)state;
	rig_hours(rig, 20, DAY0 + H(24));
	rig_hours(rig, 0, DAY0 + H(34));
	rig_water(rig, 9.9, DAY0 + H(35));
	rig_hours(rig, 0, DAY0 + H(36));
	rig_tick(rig, DAY0 + H(36) + 1);
	assert_int_equal(rig->count, 0); /* the hour that runs along still holds 20 l */
	rig_hours(rig, 0, DAY0 + H(37));
	rig_tick(rig, DAY0 + H(37) + 1);
	assert_int_equal(rig->count, 1);
	assert_string_equal(rig_last(rig)->rule, "water_changning");
	assert_string_equal(rig_last(rig)->reason_en, "less than 10 l of water in 12 h (9.9 l) (still learning)");
	rig_water(rig, 0.1, DAY0 + H(38)); /* exactly 10 l */
	rig_tick(rig, DAY0 + H(38) + 1);
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig_last(rig)->state, ALERT_CLEARED);
	assert_string_equal(rig_last(rig)->reason_en, "water at 14:00");
	rig_free(rig);
}

static void up_to_includes_the_limit(void **state)
{
	struct detector_config config = config_of("water_haishu");
	struct rig *rig = rig_open(&config);

	(void)state;
	rig_hours(rig, 20, DAY0 + H(24));
	rig_water(rig, 8, DAY0 + H(25));
	rig_hours(rig, 0, DAY0 + H(49));
	rig_tick(rig, DAY0 + H(49) + 1);
	assert_int_equal(rig->count, 1);
	rig_free(rig);
}

static void too_little_water_is_not_said_of_what_was_not_seen(void **state)
{
	struct detector_config config = config_of("water_changning");
	struct rig *rig = rig_open(&config);

	(void)state;
	rig->meter_ms = DAY0;
	rig_hours(rig, 0, DAY0 + H(11)); /* the meter is new: eleven hours are known */
	rig_tick(rig, DAY0 + H(11) + 1);
	assert_int_equal(rig->count, 0);
	rig_hours(rig, 0, DAY0 + H(12));
	rig_tick(rig, DAY0 + H(12) + 1);
	assert_int_equal(rig->count, 1);
	rig_free(rig);
}

static void too_much_water_is_an_attention(void **state)
{
	struct detector_config config = config_of("water_over_liaocheng");
	struct rig *rig = rig_open(&config);

	(void)state;
	rig_hours(rig, 41, DAY0 + H(24)); /* 984 l */
	rig_tick(rig, DAY0 + H(24) + 1);
	assert_int_equal(rig->count, 0);
	rig_hours(rig, 42, DAY0 + H(48)); /* 1008 l */
	rig_tick(rig, DAY0 + H(48) + 1);
	assert_int_equal(rig->count, 1);
	assert_int_equal(rig_last(rig)->kind, ALERT_RULE);
	assert_int_equal(rig_last(rig)->level, ALERT_ATTENTION);
	rig_hours(rig, 10, DAY0 + H(50));
	rig_tick(rig, DAY0 + H(50) + 1);
	assert_int_equal(rig->count, 2);
	assert_string_equal(rig_last(rig)->reason_en, "water is within the limit again");
	rig_free(rig);
}

static void a_door_that_stays_shut_is_found_and_opens(void **state)
{
	struct detector_config config = config_of("door_changning");
	struct rig *rig = rig_open(&config);

	(void)state;
	rig_event(rig, "d-1", QUANTITY_CONTACT, 0, DAY0);
	rig_event(rig, "d-1", QUANTITY_CONTACT, 1, DAY0 + H(1));
	rig_event(rig, "d-1", QUANTITY_CONTACT, 0, DAY0 + H(2)); /* it closes: not an opening */
	rig_tick(rig, DAY0 + H(25));
	assert_int_equal(rig->count, 0);
	rig_tick(rig, DAY0 + H(25) + 1);
	assert_int_equal(rig->count, 1);
	assert_string_equal(
		rig_last(rig)->reason_en, "no door since 01:00 yesterday; silent for 24 h (still learning)");
	rig_event(rig, "d-1", QUANTITY_CONTACT, 1, DAY0 + H(26));
	rig_tick(rig, DAY0 + H(26) + 1);
	assert_int_equal(rig->count, 2);
	assert_string_equal(rig_last(rig)->reason_en, "door at 02:00");
	rig_free(rig);
}

static void no_motion_for_a_day_is_found_and_one_firing_ends_it(void **state)
{
	struct detector_config config = config_of("motion_changning");
	struct rig *rig = rig_open(&config);

	(void)state;
	rig_event(rig, "m-1", QUANTITY_MOTION, 1, DAY0);
	rig_tick(rig, DAY0 + H(24) + 1);
	assert_int_equal(rig->count, 1);
	rig_event(rig, "m-1", QUANTITY_MOTION, 1, DAY0 + H(30));
	rig_tick(rig, DAY0 + H(30) + 1);
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig_last(rig)->state, ALERT_CLEARED);
	rig_free(rig);
}

static void new_rules_keep_what_is_open_and_drop_what_is_gone(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig;

	(void)state;
	rig_rule(&config, "water_changning");
	rig = rig_open(&config);
	old(rig);
	unsigned before = rig->count;
	rig_hours(rig, 0, OLD + H(12));
	rig_tick(rig, OLD + H(12) + 1);
	assert_int_equal(rig->count - before, 3); /* attention, too little water, alarm */
	char id[ID_BYTES];
	memcpy(id, rig->alerts[0].id, sizeof id);
	config.rule_count = 0;
	rig_rule(&config, "door_changning");
	rig_rule(&config, "silence_fixed");
	assert_int_equal(detector_configure(rig->core, &config), ERR_OK);
	rig_hours(rig, 0, OLD + H(13));
	rig_tick(rig, OLD + H(13) + 1);
	assert_int_equal(rig->count - before, 4);
	assert_string_equal(rig_last(rig)->rule, "water_changning");
	assert_string_equal(rig_last(rig)->reason_en, "the rule is switched off");
	rig_water(rig, 20, OLD + H(14));
	rig_tick(rig, OLD + H(14) + 1);
	assert_string_equal(rig_last(rig)->id, id);
	assert_int_equal(rig_last(rig)->revision, 3);
	rig_free(rig);
}

static void rules_are_read_or_refused_with_the_fix(void **state)
{
	static const char *const bad[] = {"", "low", "low water_under 10 12", "low water_under x 12 alarm",
		"low water_under 10 0 alarm", "low water_under 10 49 alarm", "low water_under 10 1.5 alarm",
		"low water_under 10 12 life", "low door 24", "low door 10 24 alarm", "l/w door 24 alarm",
		"low flood 10 12 alarm", "low water_under nan 12 alarm", "low water_under 10 12 alarm more"};
	struct detector_rule rule;
	struct errinfo info = {0};

	(void)state;
	assert_int_equal(rules_parse("low water_under 15.5 24 attention", &rule, NULL), ERR_OK);
	assert_string_equal(rule.name, "low");
	assert_true(rule.values[0] == 15.5 && rules_ms(&rule, 1) == H(24) && rule.level == ALERT_ATTENTION);
	assert_int_equal(rules_parse("shut door 48 alarm", &rule, NULL), ERR_OK);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		info = (struct errinfo){0};
		assert_int_equal(rules_parse(bad[i], &rule, &info), ERR_INVALID);
		assert_true(info.text[0]);
	}
}

static void a_wrong_rule_is_told_what_was_meant_and_what_may_be(void **state)
{
	static const char *const bad[][2] = {{"tap watr_open_tap alarm", "did you mean \"water_open_tap\""},
		{"tap water_open_tap litre_h=90 alarm", "did you mean \"litres_h\""},
		{"tap water_open_tap litres_h=9 alarm", "litres_h must be a number from 10 to 5000 l/h, not \"9\""},
		{"tap water_open_tap 2.5 alarm", "hours must be a whole number from 2 to 4 h, not \"2.5\""},
		{"tap water_open_tap zzzzz=9 alarm", "it takes hours=2..4 h litres_h=10..5000 l/h factor=1..10"},
		{"low water_under 10 alarm", "hours is missing; it takes litres=0..1e+06 l hours=1..48 h"},
		{"low water_under 10 12 loud", "it ends with alarm or attention"},
		{"s silence_fixed alarm", "rules.use"}, {"x nothinglikeit alarm", "--check prints all"}};
	static const char *const presets[][2] = {{"silense", "did you mean \"silence\""},
		{"water_haishou", "did you mean \"water_haishu\""}, {"nothinglikeit", "--check prints all"},
		{"water_under", "rules.own"}};
	struct detector_rule rule;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct errinfo info = {0};
		assert_int_equal(rules_parse(bad[i][0], &rule, &info), ERR_INVALID);
		if (!strstr(info.text, bad[i][1]))
			fail_msg("%s: %s", bad[i][0], info.text);
	}
	for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
		struct errinfo info = {0};
		assert_int_equal(rules_preset(presets[i][0], &rule, &info), ERR_NOT_FOUND);
		if (!strstr(info.text, presets[i][1]))
			fail_msg("%s: %s", presets[i][0], info.text);
	}
}

/* ---- the document ---- */

/* ---- bad input ---- */

static void bad_numbers_are_passed_over(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct reading r;

	(void)state;
	old(rig);
	rig_hours(rig, 0, OLD + H(7));
	rig_event(rig, "m-1", QUANTITY_BED, NAN, OLD + H(7));
	rig_event(rig, "m-1", QUANTITY_POWER, INFINITY, OLD + H(7));
	r = rig_water_of(rig, 0, OLD + H(7.5));
	r.delta = -5;
	rig_feed(rig, &r);
	r = rig_water_of(rig, 0, OLD + H(7.6));
	r.since.ms = OLD + H(9); /* begins after its end */
	rig_feed(rig, &r);
	r = rig_reading("w-1", QUANTITY_WATER_TOTAL, 5, OLD + H(1000)); /* a clock that is ahead */
	r.received.ms = OLD + H(7.7);
	r.delta = 0;
	r.since.ms = OLD + H(7.6);
	rig_feed(rig, &r);
	rig_tick(rig, OLD + H(9));
	assert_int_equal(rig->count, 0);
	rig_free(rig);
}

static void a_million_readings_of_one_home_in_a_minute_are_one_home(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct reading r = rig_reading("w-1", QUANTITY_WATER_TOTAL, 1, DAY0);
	struct detector_state part;
	unsigned parts = 0;

	(void)state;
	for (int i = 0; i < 1000000; i++) {
		r.since = r.at;
		r.at.ms = r.received.ms = DAY0 + (int64_t)i * 60000 / 1000000 + 1;
		r.delta = 0.001;
		rig_feed(rig, &r);
	}
	assert_int_equal(detector_tally(rig->core, DETECTOR_READINGS), 1000000);
	while (detector_dirty(rig->core, &part)) {
		assert_true(part.length < 4096);
		parts++;
	}
	assert_int_equal(parts, 3);
	rig_tick(rig, DAY0 + H(1));
	assert_int_equal(rig->count, 0);
	rig_free(rig);
}

/* ---- the store ---- */

static void a_restored_core_goes_on_as_the_first_would_have(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig, *other;

	(void)state;
	rig_rule(&config, "water_over_jingan");
	rig = rig_open(&config);
	other = rig_open(&config);
	old(rig);
	rig_event(rig, "m-1", QUANTITY_MOTION, 1, OLD);
	rig_save(rig->core, other->core);
	rig_hours(rig, 0, OLD + H(8)); /* decided, not said: the watermark has not passed it */
	rig_tick(rig, OLD + H(8));
	rig_save(rig->core, other->core);
	rig_tick(other, OLD + H(8));
	other->total = rig->total;
	other->meter_ms = rig->meter_ms;
	struct rig *both[] = {rig, other};
	for (int i = 0; i < 2; i++) {
		rig_tick(both[i], OLD + H(8) + 1);
		rig_hours(both[i], 0, OLD + H(12));
		rig_tick(both[i], OLD + H(13));
		rig_event(both[i], "m-1", QUANTITY_MOTION, 1, OLD + H(13));
		rig_event(both[i], "m-1", QUANTITY_MOTION, 1, OLD + H(13) + 60000);
		rig_event(both[i], "m-1", QUANTITY_MOTION, 1, OLD + H(13) + 120000);
		rig_tick(both[i], OLD + H(14));
	}
	assert_int_equal(rig->count, 3);
	assert_int_equal(other->count, 3);
	assert_memory_equal(rig->alerts, other->alerts, sizeof *rig->alerts * 3);
	rig_free(rig);
	rig_free(other);
}

static void what_was_decided_before_a_crash_is_said_after_it(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config), *other = rig_open(&config);

	(void)state;
	old(rig);
	rig_hours(rig, 0, OLD + H(8));
	rig_water(rig, 0, OLD + H(8) + 1); /* judges up to itself: the notice waits for the watermark */
	rig_save(rig->core, other->core);
	rig_tick(other, OLD + H(8));
	assert_int_equal(other->count, 0);
	rig_tick(other, OLD + H(8) + 1);
	assert_int_equal(other->count, 1);
	assert_int_equal(rig_last(other)->evidence_count, 2);
	rig_tick(rig, OLD + H(8) + 1);
	assert_memory_equal(&rig->alerts[0], &other->alerts[0], sizeof rig->alerts[0]);
	rig_free(rig);
	rig_free(other);
}

static void a_leaving_home_is_restored_until_its_clear_is_said(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config), *other;
	struct entry gone = rig_household("h-1", true);
	struct detector_state part;

	(void)state;
	old(rig);
	rig_hours(rig, 0, OLD + H(9));
	rig_tick(rig, OLD + H(9.5));
	assert_int_equal(detector_entry(rig->core, &gone), ERR_OK);
	other = rig_open(&config);
	assert_int_equal(detector_entry(other->core, &gone), ERR_OK);
	rig_tick(other, 1);
	while (detector_dirty(other->core, &part))
		;
	rig_save(rig->core, other->core);
	rig_tick(other, OLD + H(10));
	assert_int_equal(other->count, 1);
	assert_int_equal(rig_last(other)->state, ALERT_CLEARED);
	assert_string_equal(rig_last(other)->household, "h-1");
	rig_free(rig);
	rig_free(other);
}

static void an_alert_of_a_rule_that_was_dropped_while_down_is_cleared(void **state)
{
	struct detector_config config = config_of("silence_fixed"), fresh = config_of("door_changning");
	struct rig *rig = rig_open(&config), *other = rig_open(&fresh);

	(void)state;
	old(rig);
	rig_hours(rig, 0, OLD + H(9));
	rig_tick(rig, OLD + H(9.5));
	rig_save(rig->core, other->core);
	rig_tick(other, OLD + H(9.6));
	rig_tick(other, OLD + H(9.7));
	assert_int_equal(other->count, 1);
	assert_string_equal(rig_last(other)->id, rig->alerts[0].id);
	assert_int_equal(rig_last(other)->state, ALERT_CLEARED);
	rig_free(rig);
	rig_free(other);
}

static void broken_states_are_refused_and_the_home_learns_again(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct detector_state parts[3], part;

	(void)state;
	old(rig);
	assert_true(detector_dirty(rig->core, &parts[0]));
	assert_true(detector_dirty(rig->core, &parts[1]));
	assert_true(detector_dirty(rig->core, &parts[2]));
	assert_false(detector_dirty(rig->core, &part));
	for (unsigned p = 0; p < 3; p++) {
		struct rig *other = rig_open(&config);
		for (size_t cut = 1; cut < parts[p].length; cut += 7) {
			if (p)
				assert_int_equal(detector_restore(other->core, &parts[0]), ERR_OK);
			part = parts[p];
			part.length = cut;
			if (cut >= 5 || p < 2) /* a stump without a shape is another copy's */
				assert_int_equal(detector_restore(other->core, &part), ERR_CORRUPT);
		}
		for (size_t bit = 8; bit < parts[p].length * 8; bit += 13) { /* whatever it says, it is survived */
			assert_int_equal(detector_restore(other->core, &parts[0]), ERR_OK);
			part = parts[p];
			part.blob[bit / 8] ^= (unsigned char)(1 << bit % 8);
			enum err err = detector_restore(other->core, &part);
			assert_true(err == ERR_OK || err == ERR_CORRUPT);
			rig_tick(other, OLD + (int64_t)bit);
		}
		part = parts[p];
		part.blob[0] = 99;
		assert_int_equal(detector_restore(other->core, &part), ERR_VERSION);
		rig_hours(other, 20, DAY0 + H(5));
		rig_free(other);
	}
	part = parts[0];
	memcpy(part.key, "h-9*", 5);
	assert_int_equal(detector_restore(rig->core, &part), ERR_CORRUPT); /* it is of another key */
	memcpy(part.key, "h-1?", 5);
	assert_int_equal(detector_restore(rig->core, &part), ERR_CORRUPT);
	rig_free(rig);
}

/* ---- the same at any speed ---- */

static uint64_t random_next(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 33;
}

/* play runs a month of forty homes with all kinds of trouble; the watermark moves after each reading, each day, or in
 * steps of `step`. With `restart` the core is stored and made anew at each step. */
static struct rig *play(uint64_t seed, int64_t step, bool restart)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig;
	int64_t mark = DAY0;

	rig_rule(&config, "silence");
	rig_rule(&config, "water_changning");
	rig = rig_open(&config);
	for (int i = 2; i <= 40; i++) {
		char id[16];
		snprintf(id, sizeof id, "h-%d", i);
		rig_join(rig->core, id);
	}
	for (int64_t t = DAY0; t < DAY0 + 30 * H(24); t += H(1)) {
		for (int i = 1; i <= 40; i++) {
			uint64_t dice = random_next(&seed);
			bool awake = (t - DAY0) % H(24) >= H(7) && dice % 3;
			bool silent = (t - DAY0) / H(24) % 10 == i % 10;
			struct reading r = rig_reading("w", QUANTITY_WATER_TOTAL, (double)t / 1e6, t + H(1));
			snprintf(r.household, sizeof r.household, "h-%d", i);
			r.delta = awake && !silent ? (double)(dice % 50) : 0;
			r.since.ms = t;
			r.received.ms = t + H(1) + i;
			if (dice % 97 == 0)
				r.delta = NAN;
			if (dice % 31 != 0) /* a reading is lost now and then */
				rig_feed(rig, &r);
			if (dice % 53 == 0) {
				r = rig_reading("door", QUANTITY_CONTACT, (double)(dice % 2), t - H((int)(dice % 9)));
				snprintf(r.household, sizeof r.household, "h-%d", i);
				r.received.ms = t + H(1) + i;
				rig_feed(rig, &r);
			}
			if (!step)
				rig_tick(rig, t + H(1) + i);
		}
		if (step && t + H(1) >= mark + step) {
			mark = t + H(1);
			rig_tick(rig, mark);
		}
		if (restart) {
			struct rig *other = rig_open(&config);
			for (int i = 2; i <= 40; i++) {
				char id[16];
				snprintf(id, sizeof id, "h-%d", i);
				rig_join(other->core, id);
			}
			for (int i = 1; i <= 40; i++) { /* all of it, as a journal would hold it */
				char key[16];
				snprintf(key, sizeof key, "h-%d*", i);
				assert_int_equal(detector_refresh(rig->core, detector_slot(rig->core, key)), ERR_OK);
				snprintf(key, sizeof key, "h-%d~", i);
				assert_int_equal(detector_refresh(rig->core, detector_slot(rig->core, key)), ERR_OK);
			}
			rig_save(rig->core, other->core);
			detector_destroy(rig->core);
			rig->core = other->core;
			free(other);
		}
	}
	rig_tick(rig, DAY0 + 31 * H(24));
	return rig;
}

static void the_same_month_at_any_speed_gives_the_same_bytes(void **state)
{
	const int64_t steps[] = {H(1), H(7), H(24), 30 * H(24)};
	struct rig *slow = play(7, 0, false);

	(void)state;
	assert_true(slow->count > 20);
	for (unsigned i = 1; i < slow->count; i++) {
		const struct alert *a = &slow->alerts[i - 1], *b = &slow->alerts[i];
		assert_true(a->at.ms < b->at.ms || (a->at.ms == b->at.ms && strcmp(a->id, b->id) <= 0));
	}
	for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++) {
		struct rig *fast = play(7, steps[i], false);
		assert_int_equal(fast->count, slow->count);
		assert_memory_equal(fast->alerts, slow->alerts, sizeof *slow->alerts * slow->count);
		rig_free(fast);
	}
	struct rig *broken = play(7, H(5), true);
	assert_int_equal(broken->count, slow->count);
	assert_memory_equal(broken->alerts, slow->alerts, sizeof *slow->alerts * slow->count);
	rig_free(broken);
	rig_free(slow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_is_attention_first_and_then_the_same_alert_an_alarm),
		cmocka_unit_test(silence_just_under_the_limit_raises_nothing),
		cmocka_unit_test(two_persons_have_the_shorter_limit),
		cmocka_unit_test(a_new_home_is_marked_and_waits_longer),
		cmocka_unit_test(a_home_that_is_regular_is_missed_soon_and_told_why),
		cmocka_unit_test(a_public_holiday_is_no_workday),
		cmocka_unit_test(a_false_alarm_makes_a_home_slower_and_a_real_one_is_no_habit),
		cmocka_unit_test(a_new_home_is_not_missed_before_what_is_safe_for_most),
		cmocka_unit_test(a_known_home_with_a_new_sensor_is_judged_by_what_is_known),
		cmocka_unit_test(a_home_whose_motion_sensor_died_is_judged_by_its_water),
		cmocka_unit_test(a_meter_whose_clock_runs_ahead_proves_silence_too),
		cmocka_unit_test(a_reading_from_years_ahead_does_not_silence_the_meter),
		cmocka_unit_test(a_late_reading_ends_an_alert_and_says_so),
		cmocka_unit_test(an_upload_once_a_day_raises_nothing_about_the_past),
		cmocka_unit_test(a_loss_of_radio_proves_nothing_until_the_counter_speaks),
		cmocka_unit_test(what_a_replaced_counter_missed_is_not_silence),
		cmocka_unit_test(readings_ahead_of_the_watermark_change_nothing_before_them),
		cmocka_unit_test(a_leak_is_no_sign_of_life_and_use_above_it_is),
		cmocka_unit_test(short_steps_add_up_to_an_hours_use),
		cmocka_unit_test(one_firing_of_motion_is_a_ghost_and_a_burst_is_not),
		cmocka_unit_test(motion_of_two_sensors_is_a_sign),
		cmocka_unit_test(other_channels_speak_as_they_should),
		cmocka_unit_test(a_retained_state_is_no_sign),
		cmocka_unit_test(a_fridge_is_no_sign_of_life_and_a_kettle_is),
		cmocka_unit_test(a_blind_channel_is_left_out_and_named),
		cmocka_unit_test(a_home_that_is_blind_altogether_is_never_silent),
		cmocka_unit_test(an_event_device_unheard_for_long_is_blind),
		cmocka_unit_test(away_said_at_the_door_rests_until_the_first_sign_of_life),
		cmocka_unit_test(a_visit_is_a_sign_of_life),
		cmocka_unit_test(a_household_that_leaves_has_its_alert_cleared_and_is_forgotten),
		cmocka_unit_test(a_withdrawn_consent_clears_and_forgets),
		cmocka_unit_test(a_consent_that_ends_by_itself_does_the_same),
		cmocka_unit_test(a_quantity_without_consent_is_not_looked_at),
		cmocka_unit_test(a_device_that_leaves_takes_its_channels_along),
		cmocka_unit_test(homes_and_channels_are_bounded),
		cmocka_unit_test(too_little_water_is_found_and_ends),
		cmocka_unit_test(up_to_includes_the_limit),
		cmocka_unit_test(too_little_water_is_not_said_of_what_was_not_seen),
		cmocka_unit_test(too_much_water_is_an_attention),
		cmocka_unit_test(a_door_that_stays_shut_is_found_and_opens),
		cmocka_unit_test(no_motion_for_a_day_is_found_and_one_firing_ends_it),
		cmocka_unit_test(new_rules_keep_what_is_open_and_drop_what_is_gone),
		cmocka_unit_test(rules_are_read_or_refused_with_the_fix),
		cmocka_unit_test(a_wrong_rule_is_told_what_was_meant_and_what_may_be),
		cmocka_unit_test(bad_numbers_are_passed_over),
		cmocka_unit_test(a_million_readings_of_one_home_in_a_minute_are_one_home),
		cmocka_unit_test(a_restored_core_goes_on_as_the_first_would_have),
		cmocka_unit_test(what_was_decided_before_a_crash_is_said_after_it),
		cmocka_unit_test(a_leaving_home_is_restored_until_its_clear_is_said),
		cmocka_unit_test(an_alert_of_a_rule_that_was_dropped_while_down_is_cleared),
		cmocka_unit_test(broken_states_are_refused_and_the_home_learns_again),
		cmocka_unit_test(the_same_month_at_any_speed_gives_the_same_bytes),
	};

	return cmocka_run_group_tests(tests, rig_open_zone, rig_close_zone);
}
