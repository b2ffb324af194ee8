/* SPDX-License-Identifier: MIT
 *
 * What the store gives back after a crash.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "detector/rig.h"

static void a_restored_core_goes_on_as_the_first_would_have(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig, *other;

	(void)state;
	rig_rule(&config, "water_over_jingan");
	rig = rig_open(&config);
	other = rig_open(&config);
	rig_live_long(rig);
	rig_event(rig, "m-1", QUANTITY_MOTION, 1, RIG_OLD);
	rig_save(rig->core, other->core);
	rig_hours(rig, 0, RIG_OLD + H(8)); /* decided, not said: the watermark has not passed it */
	rig_tick(rig, RIG_OLD + H(8));
	rig_save(rig->core, other->core);
	rig_tick(other, RIG_OLD + H(8));
	other->total = rig->total;
	other->meter_ms = rig->meter_ms;
	struct rig *both[] = {rig, other};
	for (int i = 0; i < 2; i++) {
		rig_tick(both[i], RIG_OLD + H(8) + 1);
		rig_hours(both[i], 0, RIG_OLD + H(12));
		rig_tick(both[i], RIG_OLD + H(13));
		rig_event(both[i], "m-1", QUANTITY_MOTION, 1, RIG_OLD + H(13));
		rig_event(both[i], "m-1", QUANTITY_MOTION, 1, RIG_OLD + H(13) + 60000);
		rig_event(both[i], "m-1", QUANTITY_MOTION, 1, RIG_OLD + H(13) + 120000);
		rig_tick(both[i], RIG_OLD + H(14));
	}
	assert_int_equal(rig->count, 3);
	assert_int_equal(other->count, 3);
	assert_memory_equal(rig->alerts, other->alerts, sizeof *rig->alerts * 3);
	rig_free(rig);
	rig_free(other);
}

static void what_was_decided_before_a_crash_is_said_after_it(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig = rig_open(&config), *other = rig_open(&config);

	(void)state;
	rig_live_long(rig);
	rig_hours(rig, 0, RIG_OLD + H(8));
	rig_water(rig, 0, RIG_OLD + H(8) + 1); /* judges up to itself: the notice waits for the watermark */
	rig_save(rig->core, other->core);
	rig_tick(other, RIG_OLD + H(8));
	assert_int_equal(other->count, 0);
	rig_tick(other, RIG_OLD + H(8) + 1);
	assert_int_equal(other->count, 1);
	assert_int_equal(rig_last(other)->evidence_count, 2);
	rig_tick(rig, RIG_OLD + H(8) + 1);
	assert_memory_equal(&rig->alerts[0], &other->alerts[0], sizeof rig->alerts[0]);
	rig_free(rig);
	rig_free(other);
}

static void a_leaving_home_is_restored_until_its_clear_is_said(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig = rig_open(&config), *other;
	struct entry gone = rig_household("h-1", true);
	struct detector_state part;

	(void)state;
	rig_live_long(rig);
	rig_hours(rig, 0, RIG_OLD + H(9));
	rig_tick(rig, RIG_OLD + H(9.5));
	assert_int_equal(detector_entry(rig->core, &gone), ERR_OK);
	other = rig_open(&config);
	assert_int_equal(detector_entry(other->core, &gone), ERR_OK);
	rig_tick(other, 1);
	while (detector_dirty(other->core, &part))
		;
	rig_save(rig->core, other->core);
	rig_tick(other, RIG_OLD + H(10));
	assert_int_equal(other->count, 1);
	assert_int_equal(rig_last(other)->state, ALERT_CLEARED);
	assert_string_equal(rig_last(other)->household, "h-1");
	rig_free(rig);
	rig_free(other);
}

static void an_alert_of_a_rule_that_was_dropped_while_down_is_cleared(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed"), fresh = rig_config_of("door_changning");
	struct rig *rig = rig_open(&config), *other = rig_open(&fresh);

	(void)state;
	rig_live_long(rig);
	rig_hours(rig, 0, RIG_OLD + H(9));
	rig_tick(rig, RIG_OLD + H(9.5));
	rig_save(rig->core, other->core);
	rig_tick(other, RIG_OLD + H(9.6));
	rig_tick(other, RIG_OLD + H(9.7));
	assert_int_equal(other->count, 1);
	assert_string_equal(rig_last(other)->id, rig->alerts[0].id);
	assert_int_equal(rig_last(other)->state, ALERT_CLEARED);
	rig_free(rig);
	rig_free(other);
}

static void broken_states_are_refused_and_the_home_learns_again(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct detector_state parts[3], part;

	(void)state;
	rig_live_long(rig);
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
			rig_tick(other, RIG_OLD + (int64_t)bit);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_restored_core_goes_on_as_the_first_would_have),
		cmocka_unit_test(what_was_decided_before_a_crash_is_said_after_it),
		cmocka_unit_test(a_leaving_home_is_restored_until_its_clear_is_said),
		cmocka_unit_test(an_alert_of_a_rule_that_was_dropped_while_down_is_cleared),
		cmocka_unit_test(broken_states_are_refused_and_the_home_learns_again),
	};

	return cmocka_run_group_tests(tests, rig_open_zone, rig_close_zone);
}
