/* SPDX-License-Identifier: MIT
 *
 * Whose clock counts, what comes late, and that the same readings at any speed give the same alerts.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "detector/rig.h"

/* ---- time ---- */

static void a_meter_whose_clock_runs_ahead_proves_silence_too(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct reading r;

	(void)state;
	rig_live_long(rig);
	for (int hour = 1; hour <= 9; hour++) {
		r = rig_water_of(rig, 0, RIG_OLD + H(hour));
		r.received.ms -= 4 * MS_PER_MINUTE;
		rig_feed(rig, &r);
	}
	rig_tick(rig, RIG_OLD + H(9));
	assert_int_equal(rig->count, 1);
	assert_int_equal(rig_last(rig)->onset.ms, RIG_OLD - H(2));
	rig_free(rig);
}

static void a_reading_from_years_ahead_does_not_silence_the_meter(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct reading r = rig_reading("w-1", QUANTITY_WATER_TOTAL, 1, RIG_OLD + 400 * H(24));

	(void)state;
	rig_live_long(rig);
	r.received.ms = RIG_OLD;
	r.delta = 0;
	r.since.ms = RIG_OLD;
	rig_feed(rig, &r);
	assert_int_equal(detector_tally(rig->core, DETECTOR_CLOCK_ASTRAY), 1);
	rig_hours(rig, 0, RIG_OLD + H(7));
	rig_hours(rig, 20, RIG_OLD + H(16)); /* used all the time: nobody is silent */
	rig_tick(rig, RIG_OLD + H(16) + 1);
	assert_int_equal(rig->count, 0);
	rig_free(rig);
}

static void a_late_reading_ends_an_alert_and_says_so(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct reading door;

	(void)state;
	rig_live_long(rig);
	rig_event(rig, "d-1", QUANTITY_CONTACT, 0, RIG_OLD);
	rig_hours(rig, 0, RIG_OLD + H(9));
	rig_tick(rig, RIG_OLD + H(9) + 1);
	assert_int_equal(rig->count, 1);
	door = rig_reading("d-1", QUANTITY_CONTACT, 1, RIG_OLD + H(7));
	door.received.ms = RIG_OLD + H(9.5);
	rig_feed(rig, &door);
	rig_tick(rig, RIG_OLD + H(9.5) + 1);
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig_last(rig)->state, ALERT_CLEARED);
	assert_int_equal(rig_last(rig)->at.ms, RIG_OLD + H(9.5));
	assert_string_equal(rig_last(rig)->reason_en, "door at 07:00 after all");
	assert_string_equal(rig_last(rig)->reason_zh, "其实今天07:00有开关门");
	rig_free(rig);
}

/* upload feeds hourly readings from the meter's last one until `until`, all received at once; use is in the last
 * `use_h` hours. */
static void upload(struct rig *rig, int64_t until, double quiet_h, double use_h)
{
	int64_t begin = rig->meter_ms;

	while (rig->meter_ms < until) {
		int64_t at = rig->meter_ms + H(1);
		bool quiet = at > begin + H(2) && at <= begin + H(2 + quiet_h);
		bool used = at <= begin + H(2) || at > until - H(use_h);
		struct reading r = rig_water_of(rig, !quiet && used ? 20 : 0, at);
		r.received.ms = until + H(0.1);
		rig_feed(rig, &r);
	}
}

static void an_upload_once_a_day_raises_nothing_about_the_past(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig = rig_open(&config);

	(void)state;
	for (int day = 1; day <= 20; day++) {
		upload(rig, DAY0 + day * H(24), 18, 3); /* 18 quiet hours, then use again: known afterwards only */
		rig_tick(rig, DAY0 + day * H(24) + H(0.2));
	}
	assert_int_equal(rig->count, 0);
	upload(rig, DAY0 + 21 * H(24), 22, 0); /* quiet up to now */
	rig_tick(rig, DAY0 + 21 * H(24) + H(0.2));
	assert_int_equal(rig->count, 1);
	assert_int_equal(rig_last(rig)->level, ALERT_ALARM);
	assert_int_equal(rig_last(rig)->onset.ms, DAY0 + 20 * H(24) + H(2));
	rig_free(rig);
}

static void a_loss_of_radio_proves_nothing_until_the_counter_speaks(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig = rig_open(&config);

	(void)state;
	rig_live_long(rig);
	rig_hours(rig, 0, RIG_OLD + H(3));
	rig_tick(rig, RIG_OLD + H(20)); /* the meter is blind: nobody says silence */
	assert_int_equal(rig->count, 0);
	rig_water(rig, 0, RIG_OLD + H(20)); /* it stood still all the time */
	rig_tick(rig, RIG_OLD + H(20) + 1);
	assert_int_equal(rig->count, 1);
	assert_int_equal(rig_last(rig)->level, ALERT_ALARM);
	assert_int_equal(rig_last(rig)->onset.ms, RIG_OLD - H(2));
	rig_water(rig, 0, RIG_OLD + H(21));
	rig_water(rig, 300, RIG_OLD + H(40)); /* lost again, and something was used meanwhile */
	rig_tick(rig, RIG_OLD + H(40) + 1);
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig_last(rig)->state, ALERT_CLEARED);
	rig_tick(rig, RIG_OLD + H(49));
	assert_int_equal(rig->count, 2);
	rig_free(rig);
}

static void what_a_replaced_counter_missed_is_not_silence(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig = rig_open(&config);
	struct reading r;

	(void)state;
	rig_live_long(rig);
	rig_hours(rig, 0, RIG_OLD + H(6));
	r = rig_water_of(rig, 0, RIG_OLD + H(7));
	r.delta = NAN;
	r.since = WALL_NONE;
	rig_feed(rig, &r);
	assert_int_equal(detector_tally(rig->core, DETECTOR_NO_DELTA), 1);
	rig_hours(rig, 0, RIG_OLD + H(16)); /* nine hours of proven silence */
	rig_tick(rig, RIG_OLD + H(16) + 1);
	assert_int_equal(rig->count, 0);
	rig_hours(rig, 0, RIG_OLD + H(17));
	rig_tick(rig, RIG_OLD + H(17) + 1);
	assert_int_equal(rig->count, 1);
	assert_int_equal(rig_last(rig)->onset.ms, RIG_OLD + H(7));
	rig_free(rig);
}

static void readings_ahead_of_the_watermark_change_nothing_before_them(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig = rig_open(&config);

	(void)state;
	rig_live_long(rig);
	rig_event(rig, "m-1", QUANTITY_BED, 1, RIG_OLD);
	for (int i = 1; i < 9; i++)
		rig_water(rig, 0, RIG_OLD + H(i));
	rig_water(rig, 20, RIG_OLD + H(9)); /* fed before anything after RIG_OLD was judged */
	rig_tick(rig, RIG_OLD + H(9) + 1);
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig->alerts[0].at.ms, RIG_OLD + H(8));
	assert_int_equal(rig->alerts[1].state, ALERT_CLEARED);
	assert_int_equal(rig->alerts[1].at.ms, RIG_OLD + H(9));
	rig_free(rig);
}

/* ---- the same at any speed ---- */

static uint64_t random_next(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 33;
}

static void join_homes(struct rig *rig)
{
	for (int i = 2; i <= 40; i++) {
		char id[16];
		snprintf(id, sizeof id, "h-%d", i);
		rig_join(rig->core, id);
	}
}

/* hour feeds what home i measures in the hour from t. */
static void hour(struct rig *rig, int i, int64_t t, uint64_t dice)
{
	bool awake = (t - DAY0) % H(24) >= H(7) && dice % 3;
	bool silent = (t - DAY0) / H(24) % 10 == i % 10;
	struct reading r = rig_reading("w", QUANTITY_WATER_TOTAL, (double)t / 1e6, t + H(1));

	snprintf(r.household, sizeof r.household, "h-%d", i);
	r.delta = awake && !silent ? (double)(dice % 50) : 0;
	r.since.ms = t;
	r.received.ms = t + H(1) + i;
	if (dice % 97 == 0)
		r.delta = NAN;
	if (dice % 31 != 0) /* a reading is lost now and then */
		rig_feed(rig, &r);
	if (dice % 53 == 0) {
		r = rig_reading("door", QUANTITY_CONTACT, (double)(dice % 2), t - H((int)(dice % 9)));
		snprintf(r.household, sizeof r.household, "h-%d", i);
		r.received.ms = t + H(1) + i;
		rig_feed(rig, &r);
	}
}

/* start_anew stores the core and makes another of what is stored. */
static void start_anew(struct rig *rig, const struct detector_config *config)
{
	struct rig *other = rig_open(config);

	join_homes(other);
	for (int i = 1; i <= 40; i++) { /* all of it, as a journal would hold it */
		char key[16];
		snprintf(key, sizeof key, "h-%d*", i);
		assert_int_equal(detector_refresh(rig->core, detector_slot(rig->core, key)), ERR_OK);
		snprintf(key, sizeof key, "h-%d~", i);
		assert_int_equal(detector_refresh(rig->core, detector_slot(rig->core, key)), ERR_OK);
	}
	rig_save(rig->core, other->core);
	detector_destroy(rig->core);
	rig->core = other->core;
	free(other);
}

/* play runs a month of forty homes with all kinds of trouble; the watermark moves after each reading, each day, or in
 * steps of `step`. With `restart` the core is stored and made anew at each step. */
static struct rig *play(uint64_t seed, int64_t step, bool restart)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig;
	int64_t mark = DAY0;

	rig_rule(&config, "silence");
	rig_rule(&config, "water_changning");
	rig = rig_open(&config);
	join_homes(rig);
	for (int64_t t = DAY0; t < DAY0 + 30 * H(24); t += H(1)) {
		for (int i = 1; i <= 40; i++) {
			hour(rig, i, t, random_next(&seed));
			if (!step)
				rig_tick(rig, t + H(1) + i);
		}
		if (step && t + H(1) >= mark + step) {
			mark = t + H(1);
			rig_tick(rig, mark);
		}
		if (restart)
			start_anew(rig, &config);
	}
	rig_tick(rig, DAY0 + 31 * H(24));
	return rig;
}

static void the_same_month_at_any_speed_gives_the_same_bytes(void **state)
{
	const int64_t steps[] = {H(1), H(7), H(24), 30 * H(24)};
	struct rig *slow = play(7, 0, false);

	(void)state;
	assert_true(slow->count > 20);
	for (unsigned i = 1; i < slow->count; i++) {
		const struct alert *a = &slow->alerts[i - 1], *b = &slow->alerts[i];
		assert_true(a->at.ms < b->at.ms || (a->at.ms == b->at.ms && strcmp(a->id, b->id) <= 0));
	}
	for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++) {
		struct rig *fast = play(7, steps[i], false);
		assert_int_equal(fast->count, slow->count);
		assert_memory_equal(fast->alerts, slow->alerts, sizeof *slow->alerts * slow->count);
		rig_free(fast);
	}
	struct rig *broken = play(7, H(5), true);
	assert_int_equal(broken->count, slow->count);
	assert_memory_equal(broken->alerts, slow->alerts, sizeof *slow->alerts * slow->count);
	rig_free(broken);
	rig_free(slow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_meter_whose_clock_runs_ahead_proves_silence_too),
		cmocka_unit_test(a_reading_from_years_ahead_does_not_silence_the_meter),
		cmocka_unit_test(a_late_reading_ends_an_alert_and_says_so),
		cmocka_unit_test(an_upload_once_a_day_raises_nothing_about_the_past),
		cmocka_unit_test(a_loss_of_radio_proves_nothing_until_the_counter_speaks),
		cmocka_unit_test(what_a_replaced_counter_missed_is_not_silence),
		cmocka_unit_test(readings_ahead_of_the_watermark_change_nothing_before_them),
		cmocka_unit_test(the_same_month_at_any_speed_gives_the_same_bytes),
	};

	return cmocka_run_group_tests(tests, rig_open_zone, rig_close_zone);
}
