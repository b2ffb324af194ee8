/* SPDX-License-Identifier: MIT
 *
 * Homes, consents and devices that come and go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "detector/rig.h"

static void a_household_that_leaves_has_its_alert_cleared_and_is_forgotten(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct entry gone = rig_household("h-1", true);
	struct detector_state part;
	enum detector_mode mode;
	unsigned forgotten = 0;

	(void)state;
	rig_live_long(rig);
	rig_hours(rig, 0, RIG_OLD + H(9));
	rig_tick(rig, RIG_OLD + H(9.5));
	assert_int_equal(rig->count, 1);
	assert_int_equal(detector_entry(rig->core, &gone), ERR_OK);
	rig_tick(rig, RIG_OLD + H(10));
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig_last(rig)->state, ALERT_CLEARED);
	assert_string_equal(rig_last(rig)->reason_en, "the household is no longer watched");
	assert_int_equal(detector_mode_of(rig->core, "h-1", &mode), ERR_NOT_FOUND);
	while (detector_dirty(rig->core, &part))
		forgotten += part.length == 0;
	assert_int_equal(forgotten, 3);
	rig_water(rig, 1, RIG_OLD + H(11));
	assert_int_equal(detector_tally(rig->core, DETECTOR_UNKNOWN_HOME), 1);
	rig_join(rig->core, "h-1"); /* back again: as new */
	rig_hours(rig, 0, RIG_OLD + H(22));
	rig_tick(rig, RIG_OLD + H(22) + 1);
	assert_int_equal(rig->count, 2);
	rig_free(rig);
}

static void a_withdrawn_consent_clears_and_forgets(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct entry withdrawn = rig_consent("h-1", true, 0);
	struct entry again = rig_consent("h-1", false, RIG_ALL);

	(void)state;
	rig_live_long(rig);
	rig_hours(rig, 0, RIG_OLD + H(9));
	rig_tick(rig, RIG_OLD + H(9.5));
	assert_int_equal(detector_entry(rig->core, &withdrawn), ERR_OK);
	rig_tick(rig, RIG_OLD + H(10));
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig_last(rig)->state, ALERT_CLEARED);
	rig_water(rig, 5, RIG_OLD + H(11));
	assert_int_equal(detector_tally(rig->core, DETECTOR_NO_CONSENT), 1);
	assert_int_equal(detector_entry(rig->core, &again), ERR_OK);
	rig_hours(rig, 0, RIG_OLD + H(22));
	rig_tick(rig, RIG_OLD + H(22.5));
	assert_int_equal(rig->count, 2); /* learning again: eleven hours are not enough */
	rig_free(rig);
}

static void a_consent_that_ends_by_itself_does_the_same(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct entry consent = rig_consent("h-1", false, RIG_ALL);

	(void)state;
	rig_live_long(rig);
	consent.body.consent.until.ms = RIG_OLD + H(10);
	assert_int_equal(detector_entry(rig->core, &consent), ERR_OK);
	rig_hours(rig, 0, RIG_OLD + H(9));
	rig_tick(rig, RIG_OLD + H(9.5));
	assert_int_equal(rig->count, 1);
	rig_tick(rig, RIG_OLD + H(10) + 1);
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig_last(rig)->state, ALERT_CLEARED);
	assert_int_equal(rig_last(rig)->at.ms, RIG_OLD + H(10));
	rig_free(rig);
}

static void a_quantity_without_consent_is_not_looked_at(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct entry consent = rig_consent("h-1", false, RIG_ALL & ~(UINT64_C(1) << QUANTITY_PRESENCE));

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
	struct detector_config config = rig_config_of("silence_fixed");
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
	struct detector_config config = rig_config_of("silence_fixed");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_household_that_leaves_has_its_alert_cleared_and_is_forgotten),
		cmocka_unit_test(a_withdrawn_consent_clears_and_forgets),
		cmocka_unit_test(a_consent_that_ends_by_itself_does_the_same),
		cmocka_unit_test(a_quantity_without_consent_is_not_looked_at),
		cmocka_unit_test(a_device_that_leaves_takes_its_channels_along),
		cmocka_unit_test(homes_and_channels_are_bounded),
	};

	return cmocka_run_group_tests(tests, rig_open_zone, rig_close_zone);
}
