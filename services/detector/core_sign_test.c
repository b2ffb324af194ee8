/* SPDX-License-Identifier: MIT
 *
 * What is a sign of life, what a home is blind on, and when it is away.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "detector/rig.h"

/* ---- signs of life ---- */

static void a_leak_is_no_sign_of_life_and_use_above_it_is(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig = rig_open(&config);

	(void)state;
	for (int day = 0; day < 15; day++) {
		rig_hours(rig, 6, DAY0 + day * H(24) + H(7));
		rig_hours(rig, 26, DAY0 + day * H(24) + H(22));
		rig_hours(rig, 6, DAY0 + (day + 1) * H(24));
	}
	rig_tick(rig, RIG_OLD);
	assert_int_equal(rig->count, 0);
	rig_hours(rig, 6.9, RIG_OLD + H(8));
	rig_tick(rig, RIG_OLD + H(8) + 1);
	assert_int_equal(rig->count, 1);
	rig_water(rig, 7.1, RIG_OLD + H(9));
	rig_tick(rig, RIG_OLD + H(9) + 1);
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig_last(rig)->state, ALERT_CLEARED);
	rig_free(rig);
}

static void short_steps_add_up_to_an_hours_use(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig = rig_open(&config);

	(void)state;
	rig_live_long(rig);
	rig_hours(rig, 0, RIG_OLD + H(9));
	rig_tick(rig, RIG_OLD + H(9) + 1);
	assert_int_equal(rig->count, 1);
	for (int minute = 1; minute <= 9; minute++) /* a drip of 0.1 l a minute: 0.9 l so far */
		rig_water(rig, 0.1, RIG_OLD + H(9) + minute * MS_PER_MINUTE);
	rig_tick(rig, RIG_OLD + H(9.2));
	assert_int_equal(rig->count, 1);
	rig_water(rig, 0.11, RIG_OLD + H(9.2) + 1);
	rig_tick(rig, RIG_OLD + H(9.3));
	assert_int_equal(rig->count, 2);
	rig_free(rig);
}

static void one_firing_of_motion_is_a_ghost_and_a_burst_is_not(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig = rig_open(&config);

	(void)state;
	rig_live_long(rig);
	rig_event(rig, "m-1", QUANTITY_MOTION, 0, RIG_OLD);
	rig_hours(rig, 0, RIG_OLD + H(9));
	rig_tick(rig, RIG_OLD + H(9));
	assert_int_equal(rig->count, 1);
	rig_event(rig, "m-1", QUANTITY_MOTION, 1, RIG_OLD + H(9));
	rig_event(rig, "m-1", QUANTITY_MOTION, 1, RIG_OLD + H(9) + 4 * MS_PER_MINUTE);
	rig_event(rig, "m-1", QUANTITY_MOTION, 1, RIG_OLD + H(9) + 4 * MS_PER_MINUTE + 1000); /* told twice */
	rig_event(rig, "m-1", QUANTITY_MOTION, 1, RIG_OLD + H(9) + 10 * MS_PER_MINUTE);
	rig_tick(rig, RIG_OLD + H(9.3));
	assert_int_equal(rig->count, 1);
	rig_event(rig, "m-1", QUANTITY_MOTION, 1, RIG_OLD + H(9.5));
	rig_event(rig, "m-1", QUANTITY_MOTION, 1, RIG_OLD + H(9.5) + 2 * MS_PER_MINUTE);
	rig_event(rig, "m-1", QUANTITY_MOTION, 1, RIG_OLD + H(9.5) + 5 * MS_PER_MINUTE);
	rig_tick(rig, RIG_OLD + H(9.7));
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig_last(rig)->state, ALERT_CLEARED);
	rig_free(rig);
}

static void motion_of_two_sensors_is_a_sign(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig = rig_open(&config);

	(void)state;
	rig_live_long(rig);
	rig_hours(rig, 0, RIG_OLD + H(9));
	rig_event(rig, "m-1", QUANTITY_MOTION, 1, RIG_OLD + H(9));
	rig_event(rig, "m-2", QUANTITY_MOTION, 1, RIG_OLD + H(9) + 10 * MS_PER_MINUTE + 1);
	rig_tick(rig, RIG_OLD + H(9.3));
	assert_int_equal(rig->count, 1);
	rig_event(rig, "m-1", QUANTITY_MOTION, 1, RIG_OLD + H(9) + 20 * MS_PER_MINUTE);
	rig_tick(rig, RIG_OLD + H(9.4));
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
		struct detector_config config = rig_config_of("silence_fixed");
		struct rig *rig = rig_open(&config);
		rig_live_long(rig);
		int64_t signs = detector_tally(rig->core, DETECTOR_SIGNS);
		rig_event(rig, "x-1", cases[i].quantity, cases[i].before, RIG_OLD);
		if (cases[i].quantity != QUANTITY_BUTTON)
			assert_int_equal(detector_tally(rig->core, DETECTOR_SIGNS), signs);
		signs = detector_tally(rig->core, DETECTOR_SIGNS);
		rig_event(rig, "x-1", cases[i].quantity, cases[i].value, RIG_OLD + H(1));
		assert_int_equal(detector_tally(rig->core, DETECTOR_SIGNS) - signs, cases[i].sign);
		rig_free(rig);
	}
}

static void a_retained_state_is_no_sign(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
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
	struct detector_config config = rig_config_of("silence_fixed");
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
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig = rig_open(&config);

	(void)state;
	rig_live_long(rig);
	rig_event(rig, "m-1", QUANTITY_PRESENCE, 0, RIG_OLD - H(1));
	rig_event(rig, "w-1", QUANTITY_ONLINE, 0, RIG_OLD);
	rig_tick(rig, RIG_OLD + H(9) + 1);
	assert_int_equal(rig->count, 1);
	assert_int_equal(rig_last(rig)->looked_at, UINT64_C(1) << QUANTITY_PRESENCE);
	assert_int_equal(rig_last(rig)->blind, UINT64_C(1) << QUANTITY_WATER_TOTAL);
	assert_non_null(strstr(rig_last(rig)->reason_zh, "；看不到：用水"));
	rig_free(rig);
}

static void a_home_that_is_blind_altogether_is_never_silent(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig = rig_open(&config);

	(void)state;
	rig_live_long(rig);
	rig_event(rig, "b-1", QUANTITY_BUTTON, 1, RIG_OLD - H(1)); /* a button's silence proves nothing */
	rig_event(rig, "d-1", QUANTITY_CONTACT, 1, RIG_OLD - H(1));
	rig_tick(rig, RIG_OLD + H(200));
	assert_int_equal(rig->count, 0);
	rig_free(rig);
}

static void an_event_device_unheard_for_long_is_blind(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
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
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct incident incident = resolved(OUTCOME_AWAY, RIG_OLD + H(9.5));
	enum detector_mode mode;

	(void)state;
	rig_live_long(rig);
	rig_hours(rig, 0, RIG_OLD + H(9));
	rig_tick(rig, RIG_OLD + H(9.25));
	assert_int_equal(rig->count, 1);
	assert_int_equal(detector_feed_incident(rig->core, &incident), ERR_OK);
	rig_tick(rig, RIG_OLD + H(9.6));
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig_last(rig)->state, ALERT_CLEARED);
	assert_string_equal(rig_last(rig)->reason_en, "not at home, known since 09:30");
	rig_water(rig, 30, RIG_OLD + H(10)); /* of an hour that began before: may have been the visitor's, or earlier */
	assert_int_equal(detector_mode_of(rig->core, "h-1", &mode), ERR_OK);
	assert_int_equal(mode, DETECTOR_AWAY);
	rig_hours(rig, 0, RIG_OLD + H(50));
	rig_tick(rig, RIG_OLD + H(50));
	assert_int_equal(rig->count, 2);
	rig_water(rig, 30, RIG_OLD + H(51));
	assert_int_equal(detector_mode_of(rig->core, "h-1", &mode), ERR_OK);
	assert_int_equal(mode, DETECTOR_AT_HOME);
	rig_hours(rig, 0, RIG_OLD + H(61));
	rig_tick(rig, RIG_OLD + H(61) + 1);
	assert_int_equal(rig->count, 3);
	assert_int_equal(rig_last(rig)->onset.ms, RIG_OLD + H(51));
	rig_free(rig);
}

static void a_visit_is_a_sign_of_life(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct incident incident = resolved(OUTCOME_FALSE_ALARM, RIG_OLD + H(9.5));
	struct incident joined = incident;

	(void)state;
	rig_live_long(rig);
	rig_hours(rig, 0, RIG_OLD + H(9));
	rig_tick(rig, RIG_OLD + H(9.25));
	joined.state = INCIDENT_ACCEPTED;
	joined.event = INCIDENT_EVENT_ACCEPTED;
	assert_int_equal(detector_feed_incident(rig->core, &joined), ERR_OK);
	rig_tick(rig, RIG_OLD + H(9.4));
	assert_int_equal(rig->count, 1);
	assert_int_equal(detector_feed_incident(rig->core, &incident), ERR_OK);
	rig_tick(rig, RIG_OLD + H(9.6));
	assert_int_equal(rig->count, 2);
	assert_string_equal(rig_last(rig)->reason_en, "seen by somebody at 09:30");
	rig_hours(rig, 0, RIG_OLD + H(19));
	rig_tick(rig, RIG_OLD + H(19) + 1);
	assert_int_equal(rig->count, 2);
	rig_hours(rig, 0, RIG_OLD + H(20));
	rig_tick(rig, RIG_OLD + H(20) + 1);
	assert_int_equal(rig->count, 3);
	assert_int_equal(rig_last(rig)->onset.ms, RIG_OLD + H(9.5));
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
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
	};

	return cmocka_run_group_tests(tests, rig_open_zone, rig_close_zone);
}
