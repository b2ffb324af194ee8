/* SPDX-License-Identifier: MIT
 *
 * Numbers that cannot be, and too many of them.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detector/rig.h"

static void bad_numbers_are_passed_over(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct reading r;

	(void)state;
	rig_live_long(rig);
	rig_hours(rig, 0, RIG_OLD + H(7));
	rig_event(rig, "m-1", QUANTITY_BED, NAN, RIG_OLD + H(7));
	rig_event(rig, "m-1", QUANTITY_POWER, INFINITY, RIG_OLD + H(7));
	r = rig_water_of(rig, 0, RIG_OLD + H(7.5));
	r.delta = -5;
	rig_feed(rig, &r);
	r = rig_water_of(rig, 0, RIG_OLD + H(7.6));
	r.since.ms = RIG_OLD + H(9); /* begins after its end */
	rig_feed(rig, &r);
	r = rig_reading("w-1", QUANTITY_WATER_TOTAL, 5, RIG_OLD + H(1000)); /* a clock that is ahead */
	r.received.ms = RIG_OLD + H(7.7);
	r.delta = 0;
	r.since.ms = RIG_OLD + H(7.6);
	rig_feed(rig, &r);
	rig_tick(rig, RIG_OLD + H(9));
	assert_int_equal(rig->count, 0);
	rig_free(rig);
}

static void a_million_readings_of_one_home_in_a_minute_are_one_home(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_numbers_are_passed_over),
		cmocka_unit_test(a_million_readings_of_one_home_in_a_minute_are_one_home),
	};

	return cmocka_run_group_tests(tests, rig_open_zone, rig_close_zone);
}
