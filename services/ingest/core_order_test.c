/* SPDX-License-Identifier: MIT
 *
 * Times that cannot be, names of readings, and what is late or twice.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core_rig.h"

/* ---- clocks ---- */

static void a_time_too_far_ahead_gives_way_to_arrival_and_names_the_device_once(void **state)
{
	struct world w = open_world();

	(void)state;
	feed(&w, observe_at(QUANTITY_TEMPERATURE, 20, NOON + usual.future_ms));
	assert_int_equal(the_reading(&w)->at.ms, NOON + usual.future_ms);
	feed(&w, observe_at(QUANTITY_HUMIDITY, 20, NOON + usual.future_ms + 1));
	assert_alert(&w, "clock", ALERT_RAISED);
	assert_int_equal(alert_of(&w)->kind, ALERT_DEVICE);
	assert_int_equal(alert_of(&w)->level, ALERT_MAINTENANCE);
	assert_int_equal(reading_of(&w)->at.ms, NOON);
	w.now.ms += 1000;
	feed(&w, observe_at(QUANTITY_HUMIDITY, 21, NOON + 3 * MS_PER_DAY));
	assert_int_equal(the_reading(&w)->at.ms, NOON + 1000);
	assert_int_equal(ingest_tally(w.core, INGEST_CLOCK_WRONG), 2);
	w.now.ms += 1000;
	feed(&w, observe_at(QUANTITY_HUMIDITY, 22, NOON + 2000));
	assert_alert(&w, "clock", ALERT_CLEARED);
	assert_int_equal(reading_of(&w)->at.ms, NOON + 2000);
	ingest_core_destroy(w.core);
}

static void a_time_years_back_is_refused_and_names_the_device(void **state)
{
	struct world w = open_world();

	(void)state;
	feed(&w, observe_at(QUANTITY_WATER_TOTAL, 1, NOON - usual.past_ms));
	assert_non_null(the_reading(&w));
	feed(&w, observe_at(QUANTITY_WATER_TOTAL, 1, NOON - usual.past_ms - 1));
	assert_rejected(&w, INGEST_CLOCK);
	assert_alert(&w, "clock", ALERT_RAISED);
	feed(&w, observe_at(QUANTITY_WATER_TOTAL, 1, -1));
	assert_rejected(&w, INGEST_CLOCK);
	assert_null(alert_of(&w));
	ingest_core_destroy(w.core);
}

static void times_before_1970_are_refused_however_long_past_is(void **state)
{
	struct ingest_core_config config = usual;
	struct world w;

	(void)state;
	config.past_ms = INT64_C(4000000000000);
	w = open_with(&config);
	feed(&w, observe_at(QUANTITY_WATER_TOTAL, 1, -1));
	assert_rejected(&w, INGEST_CLOCK);
	feed(&w, observe_at(QUANTITY_WATER_TOTAL, 1, 0));
	assert_non_null(reading_of(&w));
	ingest_core_destroy(w.core);
}

static void a_device_that_lost_its_clock_can_still_call_for_help(void **state)
{
	struct world w = open_world();

	(void)state;
	feed(&w, observe_at(QUANTITY_SOS, 1, 5000)); /* 1970 */
	assert_non_null(reading_of(&w));
	assert_int_equal(reading_of(&w)->at.ms, NOON);
	assert_int_equal(w.effects.count, 3);
	assert_string_equal(w.effects.items[0].as.alert.rule, "clock");
	assert_string_equal(w.effects.items[2].as.alert.rule, "sos");
	assert_int_equal(w.effects.items[2].as.alert.onset.ms, NOON);
	/* A meter in the same state has no such right, and neither has a call of a year that was honest once. */
	feed(&w, observe_at(QUANTITY_MOTION, 1, 5000));
	assert_rejected(&w, INGEST_CLOCK);
	feed(&w, observe_at(QUANTITY_FALL, 1, INT64_C(1577836800000)));
	assert_rejected(&w, INGEST_CLOCK);
	ingest_core_destroy(w.core);
}

static void an_old_retained_value_is_no_fault_of_the_clock(void **state)
{
	struct world w = open_world();
	struct observation o = observe_at(QUANTITY_CONTACT, 1, NOON - usual.past_ms - 1);

	(void)state;
	o.retained = true;
	feed(&w, o);
	assert_rejected(&w, INGEST_RETAINED);
	assert_int_equal(w.effects.count, 1);
	ingest_core_destroy(w.core);
}

static void a_service_clock_that_was_ahead_does_not_make_all_that_follows_late(void **state)
{
	struct world w = open_world();

	(void)state;
	w.now.ms = NOON + 300 * MS_PER_DAY;
	feed(&w, observe(QUANTITY_SMOKE, 0));
	w.now.ms = NOON;
	feed(&w, observe(QUANTITY_SMOKE, 1));
	assert_alert(&w, "smoke", ALERT_RAISED);
	assert_false(reading_of(&w)->late);
	ingest_core_destroy(w.core);
}

/* ---- names and order ---- */

static void the_same_name_and_value_is_a_duplicate(void **state)
{
	struct world w = open_world();

	(void)state;
	feed(&w, observe_at(QUANTITY_WATER_TOTAL, 7, NOON - 1000));
	feed(&w, observe_at(QUANTITY_WATER_TOTAL, 7, NOON - 1000));
	assert_rejected(&w, INGEST_DUPLICATE);
	assert_int_equal(ingest_count(w.core, INGEST_DUPLICATE), 1);
	ingest_core_destroy(w.core);
}

static void another_value_at_the_same_time_gets_the_next_free_ms(void **state)
{
	struct world w = open_world();

	(void)state;
	feed(&w, observe_at(QUANTITY_MOTION, 1, NOON));
	feed(&w, observe_at(QUANTITY_MOTION, 0, NOON));
	assert_int_equal(the_reading(&w)->at.ms, NOON + 1);
	assert_false(the_reading(&w)->late);
	/* The same word in another text is another value. */
	struct observation o = observe_at(QUANTITY_MOTION, 0, NOON + 1);
	memcpy(o.text, "clear", 6);
	feed(&w, o);
	assert_int_equal(the_reading(&w)->at.ms, NOON + 2);
	ingest_core_destroy(w.core);
}

static void two_arrivals_in_one_turn_are_two_readings(void **state)
{
	struct world w = open_world();

	(void)state;
	for (int i = 0; i < 3; i++) {
		feed(&w, observe(QUANTITY_BUTTON, 1));
		assert_int_equal(the_reading(&w)->at.ms, NOON + i);
	}
	w.now.ms -= 1000; /* our clock was set back a little */
	feed(&w, observe(QUANTITY_BUTTON, 1));
	assert_int_equal(the_reading(&w)->at.ms, NOON + 3);
	assert_false(the_reading(&w)->late);
	ingest_core_destroy(w.core);
}

static void a_late_reading_changes_nothing_that_is_known(void **state)
{
	struct world w = open_world();
	struct observation o;

	(void)state;
	feed(&w, observe_at(QUANTITY_WATER_TOTAL, 100, NOON - 1000));
	feed(&w, observe_at(QUANTITY_WATER_TOTAL, 90, NOON - 5000));
	assert_true(the_reading(&w)->late && isnan(the_reading(&w)->delta));
	feed(&w, observe_at(QUANTITY_WATER_TOTAL, 103, NOON));
	assert_true(the_reading(&w)->delta == 3);
	assert_int_equal(ingest_tally(w.core, INGEST_LATE), 1);
	/* No edge either: what is equal to the newest value may have been news in its time. */
	feed(&w, observe_at(QUANTITY_CONTACT, 1, NOON));
	o = observe_at(QUANTITY_CONTACT, 1, NOON - 9000);
	o.edge = EDGE_CHANGE;
	feed(&w, o);
	assert_true(the_reading(&w)->late);
	ingest_core_destroy(w.core);
}

static void a_late_state_neither_raises_nor_clears(void **state)
{
	struct world w = open_world();

	(void)state;
	feed(&w, observe_at(QUANTITY_LEAK, 0, NOON));
	feed(&w, observe_at(QUANTITY_LEAK, 1, NOON - 60000));
	assert_true(the_reading(&w)->late);
	feed(&w, observe_at(QUANTITY_LEAK, 1, NOON + 1000));
	assert_alert(&w, "leak", ALERT_RAISED);
	feed(&w, observe_at(QUANTITY_LEAK, 0, NOON + 500));
	assert_true(the_reading(&w)->late);
	ingest_core_destroy(w.core);
}

static void edge_change_passes_only_changes_and_remembers_when(void **state)
{
	struct world w = open_world();
	struct observation o = observe_at(QUANTITY_CONTACT, 1, NOON);

	(void)state;
	o.edge = EDGE_CHANGE;
	feed(&w, o);
	assert_non_null(reading_of(&w));
	o.at.ms += 10000;
	feed(&w, o);
	assert_rejected(&w, INGEST_UNCHANGED);
	assert_int_equal(ingest_count(w.core, INGEST_UNCHANGED), 1);
	o.at.ms -= 5000; /* older than the last time that it said so */
	o.value = 0;
	feed(&w, o);
	assert_true(the_reading(&w)->late);
	o.at.ms += 6000;
	feed(&w, o);
	assert_false(the_reading(&w)->late);
	memcpy(o.text, "closed", 7);
	o.at.ms += 1000;
	feed(&w, o);
	assert_non_null(reading_of(&w));
	ingest_core_destroy(w.core);
}

static void the_same_value_within_the_window_is_one_message(void **state)
{
	struct world w = open_world();
	struct observation o = observe(QUANTITY_BUTTON, 1);

	(void)state;
	o.dedupe_ms = 2000;
	feed(&w, o);
	w.now.ms = NOON + 1999;
	feed(&w, o);
	assert_rejected(&w, INGEST_DUPLICATE);
	o.value = 2;
	feed(&w, o);
	assert_non_null(reading_of(&w));
	w.now.ms += 2000;
	feed(&w, o);
	assert_non_null(reading_of(&w));
	ingest_core_destroy(w.core);
}

static void channels_and_quantities_are_told_apart(void **state)
{
	struct world w = open_world();
	struct observation o = observe_at(QUANTITY_SWITCH, 1, NOON);
	uint32_t devices, states;

	(void)state;
	feed(&w, o);
	memcpy(o.channel, "relay1", 7);
	feed(&w, o);
	assert_non_null(reading_of(&w));
	o.quantity = QUANTITY_MOTION;
	feed(&w, o);
	assert_non_null(reading_of(&w));
	ingest_sizes(w.core, &devices, &states);
	assert_int_equal(devices, 1);
	assert_int_equal(states, 3);
	ingest_core_destroy(w.core);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_too_far_ahead_gives_way_to_arrival_and_names_the_device_once),
		cmocka_unit_test(a_time_years_back_is_refused_and_names_the_device),
		cmocka_unit_test(times_before_1970_are_refused_however_long_past_is),
		cmocka_unit_test(a_device_that_lost_its_clock_can_still_call_for_help),
		cmocka_unit_test(an_old_retained_value_is_no_fault_of_the_clock),
		cmocka_unit_test(a_service_clock_that_was_ahead_does_not_make_all_that_follows_late),
		cmocka_unit_test(the_same_name_and_value_is_a_duplicate),
		cmocka_unit_test(another_value_at_the_same_time_gets_the_next_free_ms),
		cmocka_unit_test(two_arrivals_in_one_turn_are_two_readings),
		cmocka_unit_test(a_late_reading_changes_nothing_that_is_known),
		cmocka_unit_test(a_late_state_neither_raises_nor_clears),
		cmocka_unit_test(edge_change_passes_only_changes_and_remembers_when),
		cmocka_unit_test(the_same_value_within_the_window_is_one_message),
		cmocka_unit_test(channels_and_quantities_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
