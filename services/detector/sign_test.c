/* SPDX-License-Identifier: MIT
 *
 * The filters of signs of life, on made-up days and on traces of real homes (../shared/data; "skipped" without them).
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "detector/rig.h"

#define MINUTE MS_PER_MINUTE

/* A rig in a zone of its own, for the traces are of several: there is one rig at a time. */
static struct rig *rig_new(const char *name, const struct detector_signs *signs)
{
	struct detector_config config;

	assert_int_equal(zone_load(name, &rig_zone, NULL), ERR_OK);
	config = rig_config();
	config.limits.learning_ms = config.limits.learning_extra_ms = 0;
	rig_rule(&config, "silence_fixed");
	if (signs)
		config.signs = *signs;
	return rig_open(&config);
}

static void rig_end(struct rig *rig)
{
	rig_free(rig);
	zone_destroy(rig_zone);
}

/* take feeds one reading and says whether it was a sign of life. */
static bool take(struct rig *rig, const struct reading *r)
{
	int64_t signs = detector_tally(rig->core, DETECTOR_SIGNS);

	assert_int_equal(detector_feed(rig->core, r), ERR_OK);
	return detector_tally(rig->core, DETECTOR_SIGNS) > signs;
}

static bool event(struct rig *rig, const char *device, enum quantity quantity, double value, int64_t at)
{
	struct reading r = rig_reading(device, quantity, value, at);

	return take(rig, &r);
}

/* meter feeds the one meter: an amount since its last reading. */
static bool meter(struct rig *rig, enum quantity quantity, double amount, int64_t at)
{
	struct reading r = rig_reading("meter", quantity, rig->total += amount, at);

	r.delta = amount;
	r.since.ms = rig->meter_ms;
	rig->meter_ms = at;
	return take(rig, &r);
}

/* ---- gas ---- */

/* cook tells whether a quarter of an hour, `at` its end, is one of breakfast, lunch and supper. */
static bool cook(int64_t at)
{
	int64_t minute = (at - DAY0) % MS_PER_DAY / MINUTE;

	return (minute > 405 && minute <= 420) || (minute > 660 && minute <= 705) || (minute > 1050 && minute <= 1095);
}

static unsigned gas_days(struct rig *rig, unsigned days, double (*litres)(int64_t at))
{
	int64_t end = rig->meter_ms + days * MS_PER_DAY;
	unsigned signs = 0;

	for (int64_t at = rig->meter_ms + 15 * MINUTE; at <= end; at += 15 * MINUTE)
		signs += meter(rig, QUANTITY_GAS_TOTAL, litres(at), at);
	return signs;
}

static double cooker(int64_t at)
{
	return cook(at) ? 60 : 0;
}

static double cooker_with_pilot(int64_t at)
{
	return cooker(at) + 2;
}

/* boiler: seven minutes of every half hour, all day and night. */
static double boiler(int64_t at)
{
	return at / (15 * MINUTE) % 2 ? 250 : 0;
}

static double boiler_by_day(int64_t at)
{
	int64_t hour = (at - 1 - DAY0) % MS_PER_DAY / MS_PER_HOUR;

	return hour >= 6 && hour < 22 ? boiler(at) : 0;
}

static double cooker_and_boiler(int64_t at)
{
	return cooker(at) + boiler(at);
}

static double nothing(int64_t at)
{
	(void)at;
	return 0;
}

static void a_cooker_is_a_sign_once_its_habit_is_known(void **state)
{
	struct rig *rig = rig_new("+08:00", NULL);

	(void)state;
	assert_int_equal(gas_days(rig, 6, cooker), 0); /* seven nights have to be seen */
	assert_int_equal(gas_days(rig, 1, cooker), 7); /* each quarter with the flame on */
	rig_end(rig);
	rig = rig_new("+08:00", NULL);
	assert_int_equal(gas_days(rig, 7, cooker_with_pilot), 7);
	rig_end(rig);
}

static void a_boiler_is_no_sign_by_its_cycle_whether_it_rests_at_night_or_not(void **state)
{
	static double (*const boilers[])(int64_t) = {boiler, boiler_by_day, cooker_and_boiler};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct rig *rig = rig_new("+08:00", NULL);
		assert_int_equal(gas_days(rig, 60, boilers[i]), 0);
		rig_end(rig);
	}
}

static void the_cooker_is_known_again_four_weeks_after_the_heating(void **state)
{
	struct rig *rig = rig_new("+08:00", NULL);

	(void)state;
	assert_int_equal(gas_days(rig, 30, cooker_and_boiler), 0);
	assert_int_equal(gas_days(rig, 26, cooker), 0);
	assert_true(gas_days(rig, 7, cooker) > 0);
	rig_end(rig);
}

static void a_pot_that_is_left_on_is_no_news(void **state)
{
	struct rig *rig = rig_new("+08:00", NULL);

	(void)state;
	gas_days(rig, 8, cooker);
	gas_days(rig, 1, nothing); /* not cooked for a day: still a cooker's */
	for (int quarter = 1; quarter <= 8; quarter++)
		assert_true(meter(rig, QUANTITY_GAS_TOTAL, 40, DAY0 + H(9 * 24) + quarter * 15 * MINUTE));
	for (int quarter = 9; quarter <= 16; quarter++)
		assert_false(meter(rig, QUANTITY_GAS_TOTAL, 40, DAY0 + H(9 * 24) + quarter * 15 * MINUTE));
	assert_false(meter(rig, QUANTITY_GAS_TOTAL, 0, DAY0 + H(9 * 24 + 4.5)));
	assert_true(meter(rig, QUANTITY_GAS_TOTAL, 40, DAY0 + H(9 * 24 + 4.75)));
	rig_end(rig);
}

static void gas_that_is_told_once_a_day_is_no_sign(void **state)
{
	struct rig *rig = rig_new("+08:00", NULL);

	(void)state;
	for (int day = 1; day <= 40; day++)
		assert_false(meter(rig, QUANTITY_GAS_TOTAL, 300, DAY0 + day * MS_PER_DAY));
	rig_end(rig);
}

/* ---- counters ---- */

#define LAST (DAY0 + H(24)) /* use of water */

static void a_counter_proves_silence_as_far_as_it_tells(void **state)
{
	static const struct {
		const char *what;
		double value, delta, since_h, at_h;
		bool late, retained, taken, silent;
	} cases[] = {
		{"an hour without use", 500, 0, 5, 6, false, false, true, true},
		{"an hour with use", 520, 20, 5, 6, false, false, true, false},
		{"stepped back: what was used nobody knows", 400, NAN, 0, 6, false, false, true, false},
		{"replaced by a new one", 0, NAN, 0, 6, false, false, true, false},
		{"a negative difference", 400, -100, 5, 6, false, false, true, false},
		{"rolled over, with use", 3, 3, 5, 6, false, false, true, false},
		{"rolled over, without use", 0, 0, 5, 6, false, false, true, true},
		{"unseen before half past five", 500, 0, 5.5, 6, false, false, true, false},
		{"told again", 520, 20, 4, 5, false, false, false, true},
		{"late, of before what is known", 520, 20, 2, 3, true, false, false, true},
		{"an old state from the broker", 520, 20, 5, 6, false, true, false, true},
		{"no number", NAN, 20, 5, 6, false, false, false, true},
		{"since a time that is not before it", 520, 20, 6, 6, false, false, true, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rig *rig = rig_new("+08:00", NULL);
		struct reading r = {.quantity = QUANTITY_WATER_TOTAL,
			.value = cases[i].value,
			.delta = cases[i].delta,
			.since = isnan(cases[i].delta) ? WALL_NONE : (struct wall){LAST + H(cases[i].since_h)},
			.at = {LAST + H(cases[i].at_h)},
			.received = {LAST + H(6)},
			.late = cases[i].late,
			.retained = cases[i].retained,
			.household = "h-1",
			.device = "meter"};
		struct detector_effects out;
		for (int hour = 1; hour <= 29; hour++)
			meter(rig, QUANTITY_WATER_TOTAL, hour <= 24 ? 20 : 0, DAY0 + H(hour));
		take(rig, &r);
		if (cases[i].taken)
			rig->meter_ms = r.at.ms;
		while (rig->meter_ms < LAST + H(11))
			meter(rig, QUANTITY_WATER_TOTAL, 0, rig->meter_ms + H(1));
		assert_int_equal(detector_tick(rig->core, (struct wall){LAST + H(11)}, &out), ERR_OK);
		if ((out.count == 1) != cases[i].silent)
			fail_msg("%s: %u alerts", cases[i].what, out.count);
		rig_end(rig);
	}
}

/* ---- others ---- */

static void a_pulse_that_comes_or_goes_is_a_sign_and_one_that_goes_on_is_none(void **state)
{
	struct rig *rig = rig_new("+08:00", NULL);

	(void)state;
	assert_false(event(rig, "radar", QUANTITY_HEART_RATE, 0, DAY0));
	assert_true(event(rig, "radar", QUANTITY_HEART_RATE, 71, DAY0 + H(1)));
	assert_false(event(rig, "radar", QUANTITY_HEART_RATE, 68, DAY0 + H(2)));
	assert_true(event(rig, "radar", QUANTITY_HEART_RATE, 0, DAY0 + H(3)));
	assert_true(event(rig, "radar", QUANTITY_PEOPLE, 0, DAY0 + H(4)) == false);
	assert_true(event(rig, "radar", QUANTITY_PEOPLE, 2, DAY0 + H(5)));
	assert_false(event(rig, "radar", QUANTITY_PEOPLE, 2, DAY0 + H(6)));
	rig_end(rig);
}

static void a_camera_that_is_unsure_saw_nobody(void **state)
{
	struct detector_signs signs = signs_default();
	struct rig *rig = rig_new("+08:00", &signs);

	(void)state;
	assert_false(event(rig, "camera", QUANTITY_PERSON_SEEN, 0.49, DAY0));
	assert_true(event(rig, "camera", QUANTITY_PERSON_SEEN, 0.5, DAY0 + H(1)));
	rig_end(rig);
	signs.person_score = 0.9;
	rig = rig_new("+08:00", &signs);
	assert_false(event(rig, "camera", QUANTITY_PERSON_SEEN, 0.5, DAY0));
	rig_end(rig);
}

static void what_is_switched_off_is_no_sign_and_what_is_switched_on_is(void **state)
{
	struct detector_signs signs = signs_default();
	struct rig *rig = rig_new("+08:00", &signs);

	(void)state;
	event(rig, "lamp", QUANTITY_SWITCH, 0, DAY0);
	assert_false(event(rig, "lamp", QUANTITY_SWITCH, 1, DAY0 + H(1)));
	assert_true(event(rig, "button", QUANTITY_BUTTON, 1, DAY0 + H(2)));
	rig_end(rig);
	signs.use = UINT64_C(1) << QUANTITY_SWITCH;
	rig = rig_new("+08:00", &signs);
	event(rig, "lamp", QUANTITY_SWITCH, 0, DAY0);
	assert_true(event(rig, "lamp", QUANTITY_SWITCH, 1, DAY0 + H(1)));
	assert_false(event(rig, "button", QUANTITY_BUTTON, 1, DAY0 + H(2)));
	rig_end(rig);
}

static void filters_are_as_strict_as_they_are_set(void **state)
{
	struct detector_signs signs = signs_default();
	struct rig *rig;

	(void)state;
	signs.motion_burst = 1;
	signs.cover_opened = 50;
	signs.meter.water_margin = 20;
	rig = rig_new("+08:00", &signs);
	assert_true(event(rig, "m-1", QUANTITY_MOTION, 1, DAY0));
	event(rig, "curtain", QUANTITY_COVER_POSITION, 0, DAY0);
	assert_false(event(rig, "curtain", QUANTITY_COVER_POSITION, 49, DAY0 + H(1)));
	assert_true(event(rig, "curtain", QUANTITY_COVER_POSITION, 99, DAY0 + H(2)));
	assert_false(meter(rig, QUANTITY_WATER_TOTAL, 19.9, DAY0 + H(3)));
	assert_true(meter(rig, QUANTITY_WATER_TOTAL, 20 * 3, DAY0 + H(6)));
	rig_end(rig);
}

/* ---- real traces ---- */

/* trace_open opens a set of real readings, its heading read; NULL, and the test is skipped, where it is not there. */
static FILE *trace_open(const char *path)
{
	char command[256], heading[256];
	FILE *file = fopen(path, "rb");

	if (!file) {
		print_message("skipped: %s is not there\n", path);
		return NULL;
	}
	fclose(file);
	snprintf(command, sizeof command, "gzip -dc %s", path);
	file = popen(command, "r"); /* NOLINT(cert-env33-c): a constant */
	assert_non_null(file);
	assert_non_null(fgets(heading, sizeof heading, file));
	return file;
}

static void a_real_furnace_of_two_years_is_no_sign(void **state)
{
	FILE *file = trace_open("../shared/data/ampds2/gas_furnace_15min.csv.gz");
	struct rig *rig = rig_new("-08:00", NULL);
	long long at;
	double litres;
	unsigned steps = 0, burnt = 0;

	(void)state;
	while (file && fscanf(file, "%lld,%lf", &at, &litres) == 2) {
		if (!steps++)
			rig->meter_ms = at * 1000 - 15 * MINUTE;
		burnt += litres > 0;
		assert_false(meter(rig, QUANTITY_GAS_TOTAL, litres, at * 1000));
	}
	if (file) {
		assert_int_equal(steps, 70080);
		assert_int_equal(burnt, 4589);
		pclose(file);
	}
	rig_end(rig);
}

static void ghosts_of_motion_do_not_cut_a_real_absence(void **state)
{
	FILE *file = trace_open("../shared/data/tm000/tm000_absence_7d.csv.gz");
	struct rig *rig = rig_new("+00:00", NULL);
	int year, month, day, hour, minute;
	double second;
	char sensor[64], word[8];
	int64_t last = 0, longest = 0;
	unsigned firings = 0, signs = 0;

	(void)state;
	while (file && fscanf(file, "%d-%d-%dT%d:%d:%lf,%63[^,],%7s", &year, &month, &day, &hour, &minute, &second,
			       sensor, word) == 8) {
		int64_t at = zone_from_civil(rig->config.zone,
				     (struct civil){
					     .year = year, .month = month, .day = day, .hour = hour, .minute = minute})
				     .ms +
			     (int64_t)(second * 1000);
		bool on = !strcmp(word, "ON"), is = event(rig, sensor, QUANTITY_MOTION, on, at);
		firings += on;
		signs += is;
		if (is && last && at - last > longest)
			longest = at - last;
		last = is ? at : last;
	}
	if (file) {
		pclose(file);
		assert_int_equal(firings, 10984);
		assert_true(signs > 8000); /* of those that are not told again within seconds: what a life leaves */
		assert_true(longest > H(83.5) && longest < H(83.7)); /* single firings cut it into 15.6 h at most */
	}
	rig_end(rig);
}

static void electricity_of_real_homes_speaks_by_day_and_hardly_by_night(void **state)
{
	FILE *file = trace_open("../shared/data/sgsc10/electricity_30min.csv.gz");
	struct rig *rig = rig_new("+00:00", NULL);
	long home, before = 0;
	int year, month, day, hour, minute;
	double kwh;
	unsigned night = 0, evening = 0;

	(void)state;
	while (file && fscanf(file, "%ld,%d-%d-%dT%d:%d,%lf", &home, &year, &month, &day, &hour, &minute, &kwh) == 7) {
		struct civil local = {.year = year, .month = month, .day = day, .hour = hour, .minute = minute};
		int64_t at = zone_from_civil(rig->config.zone, local).ms;
		if (home != before) {
			rig_end(rig);
			rig = rig_new("+00:00", NULL);
			rig->meter_ms = at - 30 * MINUTE;
			before = home;
		}
		if (at <= rig->meter_ms)
			continue;
		if (at - rig->meter_ms > 30 * MINUTE)
			rig->meter_ms = at - 30 * MINUTE; /* what is missing was used at some other time */
		bool is = meter(rig, QUANTITY_ENERGY_TOTAL, kwh * 1000, at);
		night += is && hour >= 1 && hour < 5;
		evening += is && hour >= 17 && hour < 21;
	}
	if (file) {
		pclose(file);
		print_message("signs by electricity: %u from 01 to 05, %u from 17 to 21\n", night, evening);
		assert_true(evening > 5 * night);
		assert_true(evening > 2000);
	}
	rig_end(rig);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cooker_is_a_sign_once_its_habit_is_known),
		cmocka_unit_test(a_boiler_is_no_sign_by_its_cycle_whether_it_rests_at_night_or_not),
		cmocka_unit_test(the_cooker_is_known_again_four_weeks_after_the_heating),
		cmocka_unit_test(a_pot_that_is_left_on_is_no_news),
		cmocka_unit_test(gas_that_is_told_once_a_day_is_no_sign),
		cmocka_unit_test(a_counter_proves_silence_as_far_as_it_tells),
		cmocka_unit_test(a_pulse_that_comes_or_goes_is_a_sign_and_one_that_goes_on_is_none),
		cmocka_unit_test(a_camera_that_is_unsure_saw_nobody),
		cmocka_unit_test(what_is_switched_off_is_no_sign_and_what_is_switched_on_is),
		cmocka_unit_test(filters_are_as_strict_as_they_are_set),
		cmocka_unit_test(a_real_furnace_of_two_years_is_no_sign),
		cmocka_unit_test(ghosts_of_motion_do_not_cut_a_real_absence),
		cmocka_unit_test(electricity_of_real_homes_speaks_by_day_and_hardly_by_night),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
