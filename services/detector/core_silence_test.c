/* SPDX-License-Identifier: MIT
 *
 * When a home is silent for too long: by fixed limits and by its habit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "detector/rig.h"

/* ---- silence ---- */

static void silence_is_attention_first_and_then_the_same_alert_an_alarm(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig = rig_open(&config);

	(void)state;
	rig_live_long(rig);
	rig_hours(rig, 0, RIG_OLD + H(8)); /* ten hours after the last use */
	rig_tick(rig, RIG_OLD + H(8));
	assert_int_equal(rig->count, 0); /* known, but a reading of this very moment may still come */
	rig_tick(rig, RIG_OLD + H(8) + 1);
	assert_int_equal(rig->count, 1);
	assert_int_equal(rig_last(rig)->state, ALERT_RAISED);
	assert_int_equal(rig_last(rig)->level, ALERT_ATTENTION);
	assert_int_equal(rig_last(rig)->kind, ALERT_SILENCE);
	assert_int_equal(rig_last(rig)->onset.ms, RIG_OLD - H(2));
	assert_int_equal(rig_last(rig)->at.ms, RIG_OLD + H(8));
	assert_string_equal(rig_last(rig)->rule, "silence_fixed");
	assert_string_equal(rig_last(rig)->reason_zh, "自昨天22:00起没有用水；已静默10小时");
	assert_string_equal(rig_last(rig)->reason_en, "no water since 22:00 yesterday; silent for 10 h");
	assert_int_equal(rig_last(rig)->looked_at, UINT64_C(1) << QUANTITY_WATER_TOTAL);
	assert_int_equal(rig_last(rig)->evidence_count, 2);
	assert_int_equal(rig_last(rig)->evidence[0].at.ms, RIG_OLD - H(2));
	assert_string_equal(rig_last(rig)->evidence[0].device, "w-1");
	rig_hours(rig, 0, RIG_OLD + H(12));
	rig_tick(rig, RIG_OLD + H(12) + 1);
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig_last(rig)->state, ALERT_UPDATED);
	assert_int_equal(rig_last(rig)->level, ALERT_ALARM);
	assert_int_equal(rig_last(rig)->revision, 2);
	assert_string_equal(rig_last(rig)->id, rig->alerts[0].id);
	rig_hours(rig, 0, RIG_OLD + H(40));
	rig_tick(rig, RIG_OLD + H(40));
	assert_int_equal(rig->count, 2);
	rig_water(rig, 5, RIG_OLD + H(41));
	rig_tick(rig, RIG_OLD + H(41) + 1);
	assert_int_equal(rig->count, 3);
	assert_int_equal(rig_last(rig)->state, ALERT_CLEARED);
	assert_int_equal(rig_last(rig)->revision, 3);
	assert_string_equal(rig_last(rig)->reason_en, "water at 17:00");
	assert_string_equal(rig_last(rig)->reason_zh, "今天17:00有用水");
	rig_free(rig);
}

static void silence_just_under_the_limit_raises_nothing(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig = rig_open(&config);

	(void)state;
	rig_live_long(rig);
	rig_hours(rig, 0, RIG_OLD + H(7));
	rig_water(rig, 0,
		RIG_OLD + H(8) - 5 * MS_PER_MINUTE -
			1); /* a meter is early by minutes: one millisecond more is missing */
	rig_tick(rig, RIG_OLD + H(8) + 1);
	rig_water(rig, 20, RIG_OLD + H(8) + 2);
	rig_tick(rig, RIG_OLD + H(17));
	assert_int_equal(rig->count, 0);
	rig_free(rig);
}

static void two_persons_have_the_shorter_limit(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct entry household = rig_household("h-1", false);

	(void)state;
	household.body.household.persons = 2;
	assert_int_equal(detector_entry(rig->core, &household), ERR_OK);
	rig_live_long(rig);
	rig_hours(rig, 0, RIG_OLD + H(10));
	rig_tick(rig, RIG_OLD + H(10) + 1);
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig_last(rig)->level, ALERT_ALARM);
	rig_free(rig);
}

static void a_new_home_is_marked_and_waits_longer(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
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
	struct detector_config config = rig_config_of("silence");
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
	struct detector_config config = rig_config_of("silence");

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
	struct detector_config config = rig_config_of("silence");
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
	struct detector_config config = rig_config_of("silence");
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
	struct detector_config config = rig_config_of("silence");
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
	struct detector_config config = rig_config_of("silence");
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
	};

	return cmocka_run_group_tests(tests, rig_open_zone, rig_close_zone);
}
