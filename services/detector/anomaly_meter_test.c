/* SPDX-License-Identifier: MIT
 *
 * Rules about water, gas and current.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "detector/anomaly_rig.h"

/* ---- water ---- */

static void an_open_tap_is_found_in_three_hours_once_and_ends_with_the_water(void **state)
{
	struct rig *rig = rig_new("water_open_tap");
	const struct alert *a;

	(void)state;
	days(rig, 0, 30);
	flow(rig, QUANTITY_WATER_TOTAL, 120, 720, 722);
	rig_tick(rig, DAY0 + H(722) + 1);
	assert_int_equal(rig->count, 0);
	flow(rig, QUANTITY_WATER_TOTAL, 120, 722, 730);
	rig_tick(rig, DAY0 + H(730) + 1);
	a = only(rig, 1, ALERT_RAISED);
	assert_int_equal(a->at.ms, DAY0 + H(723));
	assert_int_equal(a->onset.ms, DAY0 + H(720));
	assert_int_equal(a->kind, ALERT_RULE);
	assert_int_equal(a->level, ALERT_ALARM);
	assert_string_equal(a->reason_en, "at least 120 l of water in every hour since 00:00, more than the 65 l "
					  "allowed by this home's past; a tap may be open");
	flow(rig, QUANTITY_WATER_TOTAL, 0, 730, 731);
	rig_tick(rig, DAY0 + H(731) + 1);
	a = only(rig, 2, ALERT_CLEARED);
	assert_string_equal(a->reason_zh, "水已停止（今天11:00）");
	assert_string_equal(a->reason_en, "the water has stopped, known at 11:00");
	rig_free(rig);
}

static void what_a_home_often_draws_is_no_open_tap(void **state)
{
	struct rig *rig = rig_new("water_open_tap");

	(void)state;
	for (int day = 0; day < 30; day++) {
		flow(rig, QUANTITY_WATER_TOTAL, 0, day * 24, day * 24 + 8);
		flow(rig, QUANTITY_WATER_TOTAL, 100, day * 24 + 8, day * 24 + 12);
		flow(rig, QUANTITY_WATER_TOTAL, 0, day * 24 + 12, day * 24 + 24);
	}
	flow(rig, QUANTITY_WATER_TOTAL, 169, 720, 726);
	rig_tick(rig, DAY0 + H(726) + 1);
	assert_int_equal(rig->count, 0); /* 1.5 x 100 + 20 are allowed */
	flow(rig, QUANTITY_WATER_TOTAL, 170, 726, 729);
	rig_tick(rig, DAY0 + H(729) + 1);
	(void)only(rig, 1, ALERT_RAISED);
	rig_free(rig);
}

static void nothing_is_concluded_across_a_loss_of_radio(void **state)
{
	struct rig *rig = rig_new("water_open_tap");

	(void)state;
	days(rig, 0, 30);
	flow(rig, QUANTITY_WATER_TOTAL, 200, 720, 722);
	step(rig, QUANTITY_WATER_TOTAL, 900, DAY0 + H(722), DAY0 + H(725));
	flow(rig, QUANTITY_WATER_TOTAL, 200, 725, 727);
	rig_tick(rig, DAY0 + H(727) + 1);
	assert_int_equal(rig->count, 0);
	rig_free(rig);
}

static void a_drip_is_found_by_the_homes_own_longest_run(void **state)
{
	struct rig *rig = rig_new("water_drip");
	const struct alert *a;

	(void)state;
	days(rig, 0, 30); /* runs of 5 h: the limit is the rule's 12 h */
	flow(rig, QUANTITY_WATER_TOTAL, 1, 720, 731);
	rig_tick(rig, DAY0 + H(731) + 1);
	assert_int_equal(rig->count, 0);
	flow(rig, QUANTITY_WATER_TOTAL, 1, 731, 732);
	rig_tick(rig, DAY0 + H(732) + 1);
	a = only(rig, 1, ALERT_RAISED);
	assert_int_equal(a->level, ALERT_ATTENTION);
	assert_int_equal(a->onset.ms, DAY0 + H(720));
	/* A loss of radio breaks the run, and ends nothing. */
	step(rig, QUANTITY_WATER_TOTAL, 3, DAY0 + H(732), DAY0 + H(735));
	rig_tick(rig, DAY0 + H(735) + 1);
	assert_int_equal(rig->count, 1);
	flow(rig, QUANTITY_WATER_TOTAL, 0, 735, 736);
	rig_tick(rig, DAY0 + H(736) + 1);
	(void)only(rig, 2, ALERT_CLEARED);
	rig_free(rig);
}

static void water_in_three_nights_is_unusual_and_a_leak_is_not(void **state)
{
	struct rig *rig = rig_new("water_nightly");

	(void)state;
	days(rig, 0, 30);
	for (int day = 30; day < 33; day++) { /* a leak of 9 l/h: constant, no use */
		flow(rig, QUANTITY_WATER_TOTAL, 9, day * 24, day * 24 + 24);
	}
	rig_tick(rig, DAY0 + H(33 * 24) + 1);
	assert_int_equal(rig->count, 0);
	for (int day = 33; day < 36; day++) {
		flow(rig, QUANTITY_WATER_TOTAL, 0, day * 24, day * 24 + 2);
		flow(rig, QUANTITY_WATER_TOTAL, 20, day * 24 + 2, day * 24 + 5);
		flow(rig, QUANTITY_WATER_TOTAL, 0, day * 24 + 5, day * 24 + 24);
	}
	const struct alert *a = only(rig, 1, ALERT_RAISED);
	assert_true(a->at.ms > DAY0 + H(35 * 24 + 5) && a->at.ms <= DAY0 + H(35 * 24 + 7));
	flow(rig, QUANTITY_WATER_TOTAL, 0, 36 * 24, 36 * 24 + 8);
	rig_tick(rig, DAY0 + H(36 * 24 + 8) + 1);
	(void)only(rig, 2, ALERT_CLEARED);
	rig_free(rig);
}

/* ---- gas and current ---- */

static void gas_that_never_pauses_is_found_and_cycles_are_not(void **state)
{
	struct rig *rig = rig_new("gas_long");
	int64_t at = DAY0;

	(void)state;
	for (int i = 0; i < 30 * 96; i++, at += M(15)) /* a boiler: 30 min on, 15 off */
		step(rig, QUANTITY_GAS_TOTAL, i % 3 == 2 ? 0 : 50, at, at + M(15));
	rig_tick(rig, at + 1);
	assert_int_equal(rig->count, 0);
	for (int i = 0; i < 12; i++, at += M(15)) {
		rig_tick(rig, at + 1);
		assert_int_equal(rig->count, 0);
		step(rig, QUANTITY_GAS_TOTAL, 40, at, at + M(15));
	}
	rig_tick(rig, at + 1);
	assert_int_equal(only(rig, 1, ALERT_RAISED)->level, ALERT_ALARM);
	step(rig, QUANTITY_GAS_TOTAL, 0, at, at + M(15));
	rig_tick(rig, at + M(15) + 1);
	(void)only(rig, 2, ALERT_CLEARED);
	rig_free(rig);
}

static void gas_by_the_hour_shows_no_pause_and_is_not_judged(void **state)
{
	struct rig *rig = rig_new("gas_long");

	(void)state;
	flow(rig, QUANTITY_GAS_TOTAL, 200, 0, 100);
	rig_tick(rig, DAY0 + H(100) + 1);
	assert_int_equal(rig->count, 0);
	rig_free(rig);
}

/* current: a fridge of 50 W, 500 W by day. */
static void current(struct rig *rig, double base, int from, int until)
{
	for (int hour = from; hour < until; hour++)
		flow(rig, QUANTITY_ENERGY_TOTAL, base + (hour % 24 >= 8 && hour % 24 < 22 ? 450 : 0), hour, hour + 1);
}

static void a_base_load_that_jumps_is_found_after_a_day(void **state)
{
	struct rig *rig = rig_new("energy_base_jump");

	(void)state;
	current(rig, 50, 0, 720);
	current(rig, 149, 720, 768);
	rig_tick(rig, DAY0 + H(768) + 1);
	assert_int_equal(rig->count, 0); /* 50 + 100 are allowed */
	current(rig, 800, 768, 792);
	rig_tick(rig, DAY0 + H(792) + 1);
	(void)only(rig, 1, ALERT_RAISED);
	current(rig, 50, 792, 793);
	rig_tick(rig, DAY0 + H(793) + 1);
	(void)only(rig, 2, ALERT_CLEARED);
	rig_free(rig);
}

static void a_fridge_that_stopped_is_found_and_zeros_that_are_usual_are_not(void **state)
{
	struct rig *rig = rig_new("energy_dead");

	(void)state;
	current(rig, 50, 0, 720);
	flow(rig, QUANTITY_ENERGY_TOTAL, 0, 720, 725);
	rig_tick(rig, DAY0 + H(725) + 1);
	assert_int_equal(rig->count, 0);
	flow(rig, QUANTITY_ENERGY_TOTAL, 0, 725, 726);
	rig_tick(rig, DAY0 + H(726) + 1);
	(void)only(rig, 1, ALERT_RAISED);
	current(rig, 50, 726, 727);
	rig_tick(rig, DAY0 + H(727) + 1);
	(void)only(rig, 2, ALERT_CLEARED);
	rig_free(rig);
	rig = rig_new("energy_dead");
	current(rig, 0, 0, 720);
	flow(rig, QUANTITY_ENERGY_TOTAL, 0, 720, 800);
	rig_tick(rig, DAY0 + H(800) + 1);
	assert_int_equal(rig->count, 0);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_open_tap_is_found_in_three_hours_once_and_ends_with_the_water),
		cmocka_unit_test(what_a_home_often_draws_is_no_open_tap),
		cmocka_unit_test(nothing_is_concluded_across_a_loss_of_radio),
		cmocka_unit_test(a_drip_is_found_by_the_homes_own_longest_run),
		cmocka_unit_test(water_in_three_nights_is_unusual_and_a_leak_is_not),
		cmocka_unit_test(gas_that_never_pauses_is_found_and_cycles_are_not),
		cmocka_unit_test(gas_by_the_hour_shows_no_pause_and_is_not_judged),
		cmocka_unit_test(a_base_load_that_jumps_is_found_after_a_day),
		cmocka_unit_test(a_fridge_that_stopped_is_found_and_zeros_that_are_usual_are_not),
	};

	return cmocka_run_group_tests(tests, rig_open_zone, rig_close_zone);
}
