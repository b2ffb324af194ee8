/* SPDX-License-Identifier: MIT
 *
 * Away by what devices tell: the door and the silence after it, the door viewer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "detector/mode_rig.h"

/* ---- inferred ---- */

static void a_door_and_half_an_hour_of_silence_is_away(void **state)
{
	struct rig *rig = gone();

	(void)state;
	rig_tick(rig, OLD + H(9.5) + 10000);
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME);
	rig_tick(rig, OLD + H(9.5) + 10001);
	assert_int_equal(mode_of(rig), DETECTOR_AWAY);
	assert_int_equal(away_of(rig), DETECTOR_AWAY_INFERRED);
	assert_int_equal(until_of(rig), OLD + H(25) + 10000);
	quiet(rig, OLD + H(20));
	stir(rig, OLD + H(20));
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME);
	assert_int_equal(rig->count, 0);
	raised_at(rig, OLD + H(30), "; was away, back at 20:00 yesterday");
	assert_int_equal(last(rig)->onset.ms, OLD + H(20));
	assert_non_null(strstr(last(rig)->reason_zh, "；此前外出，昨天20:00回来"));
	rig_free(rig);
}

static void a_use_of_water_that_began_after_the_door_thaws_and_an_older_one_does_not(void **state)
{
	struct rig *rig = gone();

	(void)state;
	rig_water(rig, 20, OLD + H(9) + M(5)); /* of the minutes before the door, and after it */
	rig_hours(rig, 0, OLD + H(12) + M(5));
	assert_int_equal(away_of(rig), DETECTOR_AWAY_INFERRED);
	rig_water(rig, 20, OLD + H(13));
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME);
	rig_free(rig);
}

static void who_comes_home_and_falls_behind_the_door_is_missed(void **state)
{
	struct rig *rig = gone();

	(void)state;
	quiet(rig, OLD + H(15));
	assert_int_equal(away_of(rig), DETECTOR_AWAY_INFERRED);
	door(rig, OLD + H(15));
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME);
	quiet(rig, OLD + H(16));
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME); /* a second departure is not made of it */
	raised_at(rig, OLD + H(25), "; was away, back at 15:00 yesterday");
	rig_free(rig);
}

static void who_was_out_for_ten_minutes_and_falls_behind_the_door_is_missed(void **state)
{
	struct rig *rig = gone();

	(void)state;
	door(rig, OLD + H(9) + M(10));
	quiet(rig, OLD + H(13));
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME);
	raised_at(rig, OLD + H(19), NULL);
	assert_int_equal(last(rig)->onset.ms, OLD + H(9) + M(10) + 10000);
	rig_free(rig);
}

static void a_door_that_opens_twice_within_a_minute_is_one_going(void **state)
{
	struct rig *rig = gone();

	(void)state;
	door(rig, OLD + H(9) + 70000);
	quiet(rig, OLD + H(10));
	assert_int_equal(away_of(rig), DETECTOR_AWAY_INFERRED);
	rig_free(rig);
}

static void who_is_seen_again_after_a_return_may_leave_again(void **state)
{
	struct rig *rig = gone();

	(void)state;
	quiet(rig, OLD + H(11));
	door(rig, OLD + H(11));
	stir(rig, OLD + H(11) + M(5));
	quiet(rig, OLD + H(12));
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME);
	door(rig, OLD + H(12) + 1);
	quiet(rig, OLD + H(13));
	assert_int_equal(away_of(rig), DETECTOR_AWAY_INFERRED);
	rig_free(rig);
}

static void who_was_not_seen_since_the_door_before_is_not_taken_as_gone(void **state)
{
	struct rig *rig = gone();

	(void)state;
	quiet(rig, OLD + H(11));
	door(rig, OLD + H(11)); /* came, fell; */
	quiet(rig, OLD + H(12));
	door(rig, OLD + H(12) + 1); /* a neighbour looked in at the hall, or she left again: in doubt it counts */
	quiet(rig, OLD + H(14));
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME);
	raised_at(rig, OLD + H(22), NULL);
	rig_free(rig);
}

static void a_visitor_who_leaves_takes_nobody_along(void **state)
{
	struct rig *rig = gone();

	(void)state;
	stir(rig, OLD + H(9) + M(20));
	quiet(rig, OLD + H(13));
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME);
	raised_at(rig, OLD + H(19), NULL);
	rig_free(rig);
}

static void an_absence_that_is_inferred_is_believed_until_its_bound(void **state)
{
	struct rig *rig = gone();

	(void)state;
	raised_at(rig, OLD + H(25), "; taken as out since the door at 09:00 yesterday, for too long");
	assert_int_equal(rig->alerts[0].level, ALERT_ALARM); /* all of the silence counts then */
	assert_int_equal(rig->alerts[0].at.ms, OLD + H(25) + 10000);
	assert_int_equal(rig->alerts[0].onset.ms, OLD + H(9) + 10000);
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME);
	door(rig, OLD + H(27));
	rig_tick(rig, OLD + H(27) + 20000);
	assert_int_equal(last(rig)->state, ALERT_CLEARED);
	quiet(rig, OLD + H(29));
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME);
	rig_free(rig);
}

static void the_bound_of_an_inferred_absence_is_never_beyond_the_ceiling(void **state)
{
	struct detector_config config = config_of("silence_fixed");

	(void)state;
	config.absence = detector_absence_default();
	config.absence.one_person_most_ms = H(200);
	struct rig *rig = known(&config);
	rig_hours(rig, 0, OLD + H(8));
	stir(rig, OLD + H(8));
	rig_hours(rig, 0, OLD + H(9));
	door(rig, OLD + H(9));
	quiet(rig, OLD + H(10));
	assert_int_equal(until_of(rig), OLD + H(33) + 10000);
	raised_at(rig, OLD + H(33), "for too long");
	rig_free(rig);
}

static void nothing_is_inferred_where_it_is_switched_off(void **state)
{
	struct detector_config config = config_of("silence_fixed");

	(void)state;
	config.absence = detector_absence_default();
	config.absence.quiet_ms = 0;
	struct rig *rig = known(&config);
	rig_hours(rig, 0, OLD + H(8));
	stir(rig, OLD + H(8));
	rig_hours(rig, 0, OLD + H(9));
	door(rig, OLD + H(9));
	raised_at(rig, OLD + H(19), NULL);
	rig_free(rig);
}

static void windows_and_the_doors_of_rooms_lead_nowhere(void **state)
{
	static const char *const places[] = {"kitchen_window", "bedroom", "卫生间", "冰箱", "药柜", "balcony_door"};

	(void)state;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		struct rig *rig = fixed();
		rig_device(rig->core, "d-1", places[i]);
		rig_hours(rig, 0, OLD + H(8));
		stir(rig, OLD + H(8));
		rig_hours(rig, 0, OLD + H(9));
		door(rig, OLD + H(9));
		quiet(rig, OLD + H(11));
		assert_int_equal(mode_of(rig), DETECTOR_AT_HOME);
		rig_free(rig);
	}
	assert_true(detector_is_entrance("") && detector_is_entrance("front_door") && detector_is_entrance("入户门"));
	assert_false(detector_is_entrance("main bathroom"));
}

static void a_door_that_stands_open_says_nothing_until_it_is_closed(void **state)
{
	struct rig *rig = fixed();

	(void)state;
	rig_hours(rig, 0, OLD + H(8));
	stir(rig, OLD + H(8));
	rig_event(rig, "d-1", QUANTITY_CONTACT, 1, OLD + H(8.5));
	quiet(rig, OLD + H(10));
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME);
	rig_event(rig, "d-1", QUANTITY_CONTACT, 0, OLD + H(10));
	quiet(rig, OLD + H(11));
	assert_int_equal(away_of(rig), DETECTOR_AWAY_INFERRED);
	rig_free(rig);
}

static void nobody_is_away_while_a_bed_or_a_room_is_taken(void **state)
{
	static const enum quantity quantities[] = {QUANTITY_BED, QUANTITY_PRESENCE, QUANTITY_SEAT, QUANTITY_PEOPLE};

	(void)state;
	for (size_t i = 0; i < sizeof quantities / sizeof *quantities; i++) {
		struct rig *rig = fixed();
		rig_hours(rig, 0, OLD + H(8));
		rig_event(rig, "p-1", quantities[i], 0, OLD + H(7.9));
		rig_event(rig, "p-1", quantities[i], 1, OLD + H(8));
		rig_hours(rig, 0, OLD + H(9));
		door(rig, OLD + H(9));
		quiet(rig, OLD + H(11));
		assert_int_not_equal(mode_of(rig), DETECTOR_AWAY);
		rig_free(rig);
	}
}

static void a_presence_that_ends_after_the_door_went_with_it(void **state)
{
	struct rig *rig = fixed();

	(void)state;
	rig_event(rig, "p-1", QUANTITY_PRESENCE, 0, OLD + H(7));
	rig_hours(rig, 0, OLD + H(8));
	rig_event(rig, "p-1", QUANTITY_PRESENCE, 1, OLD + H(8));
	rig_hours(rig, 0, OLD + H(9));
	door(rig, OLD + H(9));
	rig_event(rig, "p-1", QUANTITY_PRESENCE, 0, OLD + H(9) + M(5));
	quiet(rig, OLD + H(10));
	assert_int_equal(away_of(rig), DETECTOR_AWAY_INFERRED);
	rig_event(rig, "p-1", QUANTITY_PRESENCE, 1, OLD + H(10));
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME);
	rig_free(rig);
}

static void without_a_channel_that_could_have_seen_it_nobody_is_away(void **state)
{
	struct rig *rig = fixed();

	(void)state;
	rig_hours(rig, 0, OLD + H(8));
	stir(rig, OLD + H(8));
	rig_event(rig, "m-1", QUANTITY_ONLINE, 0, OLD + H(8.5));
	rig_water(rig, 20, OLD + H(9.2)); /* of before the door, or after it */
	rig_hours(rig, 0, OLD + H(9.3));
	door(rig, OLD + H(9));
	rig_free(rig);

	rig = fixed();
	rig_hours(rig, 0, OLD + H(8));
	stir(rig, OLD + H(8));
	rig_event(rig, "m-1", QUANTITY_ONLINE, 0, OLD + H(8.5));
	door(rig, OLD + H(8.75));
	rig_water(rig, 20, OLD + H(9)); /* of before the door, or after it */
	rig_hours(rig, 0, OLD + H(11));
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME);
	rig_free(rig);
}

static void a_meter_that_stood_still_over_the_door_and_after_says_it_too(void **state)
{
	struct rig *rig = fixed();

	(void)state;
	rig_hours(rig, 0, OLD + H(8));
	stir(rig, OLD + H(8));
	rig_event(rig, "m-1", QUANTITY_ONLINE, 0, OLD + H(8.1));
	door(rig, OLD + H(8.75));
	rig_hours(rig, 0, OLD + H(9));
	rig_tick(rig, OLD + H(9.9));
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME); /* known to 9 only, a quarter of an hour */
	rig_hours(rig, 0, OLD + H(10));
	rig_tick(rig, OLD + H(10) + 1);
	assert_int_equal(away_of(rig), DETECTOR_AWAY_INFERRED);
	rig_free(rig);
}

static void who_leaves_at_night_is_looked_for_though_away(void **state)
{
	struct detector_config config = config_of("silence_fixed");

	(void)state;
	rig_rule(&config, "left_at_night");
	struct rig *rig = known(&config);
	stir(rig, OLD + H(1));
	door(rig, OLD + H(1) + M(2));
	rig_tick(rig, OLD + H(1.6));
	assert_int_equal(away_of(rig), DETECTOR_AWAY_INFERRED);
	quiet(rig, OLD + H(2.2));
	assert_int_equal(rig->count, 1);
	assert_string_equal(last(rig)->rule, "left_at_night");
	rig_free(rig);
}

/* ---- the door viewer ---- */

static void the_door_viewer_says_out_and_in(void **state)
{
	struct rig *rig = fixed();

	(void)state;
	quiet(rig, OLD + H(8));
	rig_event(rig, "v-1", QUANTITY_DOOR_VIEWER, 1, OLD + H(8));
	assert_int_equal(away_of(rig), DETECTOR_AWAY_VIEWER);
	rig_event(rig, "d-1", QUANTITY_CONTACT, 1, OLD + H(8) + 5000);
	rig_event(rig, "d-1", QUANTITY_CONTACT, 0, OLD + H(8) + 15000);
	assert_int_equal(away_of(rig), DETECTOR_AWAY_VIEWER);
	rig_event(rig, "v-1", QUANTITY_DOOR_VIEWER, 3, OLD + H(12)); /* the bell is somebody else's */
	assert_int_equal(away_of(rig), DETECTOR_AWAY_VIEWER);
	quiet(rig, OLD + H(25));
	assert_int_equal(rig->count, 0);
	rig_event(rig, "v-1", QUANTITY_DOOR_VIEWER, 2, OLD + H(25));
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME);
	raised_at(rig, OLD + H(35), "; was away, back at 01:00");
	rig_free(rig);
}

static void who_does_not_come_back_in_a_day_is_missed(void **state)
{
	struct rig *rig = fixed();

	(void)state;
	quiet(rig, OLD + H(8));
	rig_event(rig, "v-1", QUANTITY_DOOR_VIEWER, 1, OLD + H(8));
	raised_at(rig, OLD + H(32), "; the door viewer saw somebody leave at 08:00 yesterday, not back");
	rig_free(rig);
}

static void who_stays_in_while_another_leaves_is_at_home(void **state)
{
	struct rig *rig = fixed();

	(void)state;
	rig_event(rig, "b-1", QUANTITY_BED, 0, OLD + H(7));
	rig_event(rig, "b-1", QUANTITY_BED, 1, OLD + H(7) + M(1));
	quiet(rig, OLD + H(8));
	rig_event(rig, "v-1", QUANTITY_DOOR_VIEWER, 1, OLD + H(8));
	assert_int_equal(mode_of(rig), DETECTOR_AWAY);
	quiet(rig, OLD + H(8.6));
	assert_int_equal(mode_of(rig), DETECTOR_ASLEEP);
	rig_free(rig);
}

static void an_answered_call_is_life_and_not_at_home(void **state)
{
	struct rig *rig = gone();

	(void)state;
	quiet(rig, OLD + H(12));
	rig_event(rig, "t-1", QUANTITY_CALL, 1, OLD + H(12));
	assert_int_equal(away_of(rig), DETECTOR_AWAY_INFERRED);
	assert_int_equal(until_of(rig), OLD + H(28));
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_door_and_half_an_hour_of_silence_is_away),
		cmocka_unit_test(a_use_of_water_that_began_after_the_door_thaws_and_an_older_one_does_not),
		cmocka_unit_test(who_comes_home_and_falls_behind_the_door_is_missed),
		cmocka_unit_test(who_was_out_for_ten_minutes_and_falls_behind_the_door_is_missed),
		cmocka_unit_test(a_door_that_opens_twice_within_a_minute_is_one_going),
		cmocka_unit_test(who_is_seen_again_after_a_return_may_leave_again),
		cmocka_unit_test(who_was_not_seen_since_the_door_before_is_not_taken_as_gone),
		cmocka_unit_test(a_visitor_who_leaves_takes_nobody_along),
		cmocka_unit_test(an_absence_that_is_inferred_is_believed_until_its_bound),
		cmocka_unit_test(the_bound_of_an_inferred_absence_is_never_beyond_the_ceiling),
		cmocka_unit_test(nothing_is_inferred_where_it_is_switched_off),
		cmocka_unit_test(windows_and_the_doors_of_rooms_lead_nowhere),
		cmocka_unit_test(a_door_that_stands_open_says_nothing_until_it_is_closed),
		cmocka_unit_test(nobody_is_away_while_a_bed_or_a_room_is_taken),
		cmocka_unit_test(a_presence_that_ends_after_the_door_went_with_it),
		cmocka_unit_test(without_a_channel_that_could_have_seen_it_nobody_is_away),
		cmocka_unit_test(a_meter_that_stood_still_over_the_door_and_after_says_it_too),
		cmocka_unit_test(who_leaves_at_night_is_looked_for_though_away),
		cmocka_unit_test(the_door_viewer_says_out_and_in),
		cmocka_unit_test(who_does_not_come_back_in_a_day_is_missed),
		cmocka_unit_test(who_stays_in_while_another_leaves_is_at_home),
		cmocka_unit_test(an_answered_call_is_life_and_not_at_home),
	};
	return cmocka_run_group_tests(tests, rig_open_zone, rig_close_zone);
}
