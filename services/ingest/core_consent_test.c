/* SPDX-License-Identifier: MIT
 *
 * Whose a reading is, and whether it may be processed.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core_rig.h"

static void a_reading_carries_household_and_times(void **state)
{
	struct world w = open_world();
	struct observation o = observe_at(QUANTITY_TEMPERATURE, 21.5, NOON - 2000);

	(void)state;
	memcpy(o.channel, "probe", 6);
	memcpy(o.text, "ok", 3);
	feed(&w, o);
	const struct reading *r = the_reading(&w);
	assert_string_equal(r->household, "h-1");
	assert_string_equal(r->device, "d-1");
	assert_string_equal(r->channel, "probe");
	assert_string_equal(r->text, "ok");
	assert_true(r->value == 21.5 && r->at.ms == NOON - 2000 && r->received.ms == NOON);
	assert_true(isnan(r->delta) && !wall_is_set(r->since) && !r->late && !r->retained);
	feed(&w, observe(QUANTITY_HUMIDITY, 40));
	assert_int_equal(the_reading(&w)->at.ms, NOON);
	ingest_core_destroy(w.core);
}

static void an_unknown_device_is_refused(void **state)
{
	struct world w = open_world();
	struct observation o = observe(QUANTITY_SOS, 1);

	(void)state;
	memcpy(o.device, "d-9", 4);
	feed(&w, o);
	assert_rejected(&w, INGEST_UNKNOWN_DEVICE);
	assert_int_equal(ingest_count(w.core, INGEST_UNKNOWN_DEVICE), 1);
	ingest_core_destroy(w.core);
}

static void without_consent_nothing_is_processed_calls_for_help_included(void **state)
{
	struct world w = open_world();
	struct entry gone = tombstone(ENTRY_CONSENT, "h-1");

	(void)state;
	give(&w, &gone);
	feed(&w, observe(QUANTITY_SOS, 1));
	assert_rejected(&w, INGEST_NO_CONSENT);
	assert_int_equal(w.effects.count, 1);
	agree(&w, UINT64_C(1) << QUANTITY_SOS);
	feed(&w, observe(QUANTITY_MOTION, 1));
	assert_rejected(&w, INGEST_NO_CONSENT);
	feed(&w, observe(QUANTITY_SOS, 1));
	assert_alert(&w, "sos", ALERT_RAISED);
	assert_int_equal(ingest_count(w.core, INGEST_NO_CONSENT), 2);
	ingest_core_destroy(w.core);
}

static void the_tombstone_of_a_household_ends_its_consent(void **state)
{
	struct world w = open_world();
	struct entry gone = tombstone(ENTRY_HOUSEHOLD, "h-1");

	(void)state;
	give(&w, &gone);
	feed(&w, observe(QUANTITY_MOTION, 1));
	assert_rejected(&w, INGEST_NO_CONSENT);
	ingest_core_destroy(w.core);
}

static void consent_holds_from_its_first_to_before_its_last_moment(void **state)
{
	struct world w = open_world();
	struct entry consent = consent_entry("h-1", ALL_QUANTITIES, (struct wall){NOON}, (struct wall){NOON + 1000});

	(void)state;
	give(&w, &consent);
	w.now.ms = NOON - 1;
	feed(&w, observe(QUANTITY_MOTION, 1));
	assert_rejected(&w, INGEST_NO_CONSENT);
	w.now.ms = NOON;
	feed(&w, observe(QUANTITY_MOTION, 1));
	assert_non_null(reading_of(&w));
	w.now.ms = NOON + 999;
	feed(&w, observe(QUANTITY_MOTION, 0));
	assert_non_null(reading_of(&w));
	w.now.ms = NOON + 1000;
	feed(&w, observe(QUANTITY_MOTION, 1));
	assert_rejected(&w, INGEST_NO_CONSENT);
	ingest_core_destroy(w.core);
}

static void consent_must_have_held_at_the_time_of_the_reading_too(void **state)
{
	struct world w = open_world();
	struct entry consent = consent_entry("h-1", ALL_QUANTITIES, (struct wall){NOON}, WALL_NONE);

	(void)state;
	give(&w, &consent);
	w.now.ms = NOON + MS_PER_HOUR;
	feed(&w, observe_at(QUANTITY_WATER_TOTAL, 5, NOON - 1));
	assert_rejected(&w, INGEST_NO_CONSENT);
	feed(&w, observe_at(QUANTITY_WATER_TOTAL, 5, NOON));
	assert_non_null(reading_of(&w));
	ingest_core_destroy(w.core);
}

static void a_device_that_moves_says_nothing_of_its_former_home(void **state)
{
	struct world w = open_world();
	struct entry moved = device_entry("d-1", "h-2"),
		     consent = consent_entry("h-2", ALL_QUANTITIES, WALL_NONE, WALL_NONE);
	struct ingest_state forgotten;
	unsigned tombs = 0;

	(void)state;
	feed(&w, observe(QUANTITY_WATER_TOTAL, 100));
	feed(&w, observe(QUANTITY_BATTERY, 5));
	assert_alert(&w, "battery", ALERT_RAISED);
	while (ingest_dirty(w.core, &forgotten))
		assert_true(forgotten.length > 0);
	give(&w, &moved);
	give(&w, &consent);
	tick(&w);
	const struct alert *alert = assert_alert(&w, "battery", ALERT_CLEARED);
	assert_string_equal(alert->household, "h-1");
	w.now.ms += 1000;
	feed(&w, observe(QUANTITY_WATER_TOTAL, 101));
	const struct reading *r = the_reading(&w);
	assert_string_equal(r->household, "h-2");
	assert_true(isnan(r->delta));
	while (ingest_dirty(w.core, &forgotten))
		tombs += forgotten.length == 0;
	assert_int_equal(tombs, 3); /* the device, water, battery */
	ingest_core_destroy(w.core);
}

static void a_device_in_the_same_home_keeps_its_states(void **state)
{
	struct world w = open_world();
	struct entry again = device_entry("d-1", "h-1");

	(void)state;
	feed(&w, observe(QUANTITY_WATER_TOTAL, 100));
	memcpy(again.body.device.place, "bathroom", 9);
	give(&w, &again);
	w.now.ms += 1000;
	feed(&w, observe(QUANTITY_WATER_TOTAL, 101));
	assert_true(the_reading(&w)->delta == 1);
	feed(&w, observe(QUANTITY_SOS, 1));
	assert_non_null(strstr(alert_of(&w)->reason_en, "bathroom"));
	ingest_core_destroy(w.core);
}

static void a_device_that_left_the_directory_is_unknown(void **state)
{
	struct world w = open_world();
	struct entry gone = tombstone(ENTRY_DEVICE, "d-1");
	uint32_t devices, states;

	(void)state;
	feed(&w, observe(QUANTITY_WATER_TOTAL, 100));
	give(&w, &gone);
	give(&w, &gone);
	feed(&w, observe(QUANTITY_WATER_TOTAL, 101));
	assert_rejected(&w, INGEST_UNKNOWN_DEVICE);
	ingest_sizes(w.core, &devices, &states);
	assert_int_equal(devices, 0);
	assert_int_equal(states, 0);
	ingest_core_destroy(w.core);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reading_carries_household_and_times),
		cmocka_unit_test(an_unknown_device_is_refused),
		cmocka_unit_test(without_consent_nothing_is_processed_calls_for_help_included),
		cmocka_unit_test(the_tombstone_of_a_household_ends_its_consent),
		cmocka_unit_test(consent_holds_from_its_first_to_before_its_last_moment),
		cmocka_unit_test(consent_must_have_held_at_the_time_of_the_reading_too),
		cmocka_unit_test(a_device_that_moves_says_nothing_of_its_former_home),
		cmocka_unit_test(a_device_in_the_same_home_keeps_its_states),
		cmocka_unit_test(a_device_that_left_the_directory_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
