/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "detector/rig.h"

#define AT(day, hour) (DAY0 + H((day)*24.0 + (hour)))

/* lived_in: fifteen days of water by day; then nothing since 22:00. */
static struct rig *lived_in(const char *preset)
{
	struct detector_config config = rig_config();
	struct rig *rig;

	config.homes_max = 10;
	rig_rule(&config, preset);
	rig = rig_open(&config);
	for (int day = 0; day < 15; day++) {
		rig_hours(rig, 0, AT(day, 7));
		rig_hours(rig, 20, AT(day, 22));
		rig_hours(rig, 0, AT(day + 1, 0));
	}
	rig_tick(rig, rig->meter_ms);
	assert_int_equal(rig->count, 0);
	return rig;
}

static void visited(struct rig *rig, enum errand_kind kind, int64_t seen, int64_t told)
{
	struct errand errand = {.id = "r-1",
		.revision = 3,
		.household = "h-1",
		.kind = kind,
		.state = ERRAND_DONE,
		.event = ERRAND_EVENT_DONE,
		.at = {told},
		.seen = {seen}};

	assert_int_equal(detector_feed_errand(rig->core, &errand), ERR_OK);
}

static void a_visit_in_which_somebody_was_seen_ends_a_silence(void **state)
{
	const enum errand_kind kinds[] = {ERRAND_VISIT, ERRAND_SERVICE};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct rig *rig = lived_in("silence_fixed");
		rig_hours(rig, 0, AT(15, 9));
		rig_tick(rig, AT(15, 9.25));
		assert_int_equal(rig->count, 1);
		visited(rig, kinds[i], AT(15, 9.5), AT(15, 9.75));
		rig_tick(rig, AT(15, 10));
		assert_int_equal(rig->count, 2);
		assert_int_equal(rig_last(rig)->state, ALERT_CLEARED);
		assert_string_equal(rig_last(rig)->reason_en, "seen by somebody at 09:30");
		assert_int_equal(rig_last(rig)->at.ms, AT(15, 9.75));
		visited(rig, kinds[i], AT(15, 9.5), AT(15, 9.75)); /* confirmed later, say: the same moment */
		rig_hours(rig, 0, AT(15, 19));
		rig_tick(rig, AT(15, 19) + 1);
		assert_int_equal(rig->count, 2);
		rig_hours(rig, 0, AT(15, 20));
		rig_tick(rig, AT(15, 20) + 1);
		assert_int_equal(rig->count, 3);
		assert_int_equal(rig_last(rig)->onset.ms, AT(15, 9.5));
		rig_free(rig);
	}
}

static void what_says_nothing_of_the_person_is_no_sign(void **state)
{
	struct rig *rig = lived_in("silence_fixed");
	struct errand foreign = {.household = "h-9", .kind = ERRAND_VISIT, .at = {AT(15, 9.5)}, .seen = {AT(15, 9.5)}};

	(void)state;
	rig_hours(rig, 0, AT(15, 9));
	rig_tick(rig, AT(15, 9.25));
	visited(rig, ERRAND_TASK, AT(15, 9.5), AT(15, 9.5));
	visited(rig, ERRAND_VISIT, WALL_NONE.ms, AT(15, 9.5));
	visited(rig, ERRAND_VISIT, AT(14, 20), AT(15, 9.5)); /* before the silence began */
	assert_int_equal(detector_feed_errand(rig->core, &foreign), ERR_OK);
	rig_tick(rig, AT(15, 10));
	assert_int_equal(rig->count, 1);
	rig_free(rig);
}

static void a_moment_in_the_future_is_taken_for_when_it_was_told(void **state)
{
	struct rig *rig = lived_in("silence_fixed");

	(void)state;
	rig_hours(rig, 0, AT(15, 9));
	rig_tick(rig, AT(15, 9.25));
	visited(rig, ERRAND_VISIT, AT(17, 0), AT(15, 9.5));
	rig_hours(rig, 0, AT(15, 20));
	rig_tick(rig, AT(15, 20) + 1);
	assert_int_equal(rig->count, 3); /* raised, cleared, and silent again since half past nine */
	assert_int_equal(rig_last(rig)->onset.ms, AT(15, 9.5));
	rig_free(rig);
}

static void a_late_visit_raises_nothing_about_the_past(void **state)
{
	struct rig *rig = lived_in("silence_fixed");

	(void)state;
	rig_hours(rig, 0, AT(15, 7));
	rig_water(rig, 20, AT(15, 8)); /* somebody is up */
	rig_tick(rig, AT(15, 8) + 1);
	visited(rig, ERRAND_VISIT, AT(14, 23), AT(15, 8.5));
	rig_tick(rig, AT(15, 9));
	assert_int_equal(rig->count, 0);
	rig_free(rig);
}

static void an_agreed_look_in_is_kept_by_a_visit(void **state)
{
	struct entry entry = {.kind = ENTRY_APPOINTMENT,
		.key = "a-1",
		.seq = 9,
		.body.appointment = {.household = "h-1",
			.terms = {.sign = APPOINTMENT_VISIT,
				.weekdays = 127,
				.opens_min = 480,
				.by_min = 660,
				.grace_min = 30,
				.from = DAY_NONE,
				.until = DAY_NONE,
				.paused_from = DAY_NONE,
				.paused_until = DAY_NONE}}};

	(void)state;
	for (int seen = 0; seen < 2; seen++) {
		struct rig *rig = lived_in("appointment");
		rig_enter(rig->core, &entry);
		rig_hours(rig, 0, AT(15, 7));
		rig_hours(rig, 20, AT(15, 10)); /* the home lives; nobody is known to have looked in */
		if (seen)
			visited(rig, ERRAND_VISIT, AT(15, 10.25), AT(15, 10.5));
		rig_hours(rig, 20, AT(15, 11));
		rig_tick(rig, AT(15, 11) + 1);
		assert_int_equal(rig->count, seen ? 0 : 1);
		if (!seen) { /* it comes after all */
			assert_non_null(strstr(rig_last(rig)->reason_zh, "有人看望"));
			visited(rig, ERRAND_VISIT, AT(15, 11.2), AT(15, 11.25));
			rig_tick(rig, AT(15, 11.5));
			assert_int_equal(rig_last(rig)->state, ALERT_CLEARED);
		}
		rig_free(rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_visit_in_which_somebody_was_seen_ends_a_silence),
		cmocka_unit_test(what_says_nothing_of_the_person_is_no_sign),
		cmocka_unit_test(a_moment_in_the_future_is_taken_for_when_it_was_told),
		cmocka_unit_test(a_late_visit_raises_nothing_about_the_past),
		cmocka_unit_test(an_agreed_look_in_is_kept_by_a_visit),
	};

	return cmocka_run_group_tests(tests, rig_open_zone, rig_close_zone);
}
