/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "detector/habit.h"

#define H(hours) ((int64_t)((hours)*3600000.0))
#define MONDAY 20516 /* days since 1970 of a Monday */

static const struct habit_terms terms = {.per_month = {4, 1}, .floor_ms = H(3), .ceiling_ms = H(24), .pooled = 1};

/* sign is one at this hour of the day, told of by events (no step). */
static bool sign(struct habit *h, int day, double hour)
{
	int64_t at = day * H(24) + H(hour);
	int weekday = (day + 4) % 7;

	return habit_sign(h, &terms,
		&(struct habit_moment){.since = {at},
			.at = {at},
			.day = day,
			.hour = (float)hour,
			.kind = weekday == 0 || weekday == 6 ? HABIT_HOLIDAY : HABIT_WORKDAY});
}

/* live lets days pass: up at seven, a sign each hour until ten at night. */
static void live(struct habit *h, int from, int days)
{
	for (int day = from; day < from + days; day++)
		for (int hour = 7; hour <= 22; hour++)
			sign(h, day, hour);
}

static int64_t alarm_at(const struct habit *h, float hour)
{
	int64_t limits[HABIT_STAGES];

	habit_limits(h, &terms, &(struct habit_start){.hour = hour}, limits);
	assert_true(limits[HABIT_ATTENTION] <= limits[HABIT_ALARM]);
	assert_true(limits[HABIT_ATTENTION] >= terms.floor_ms && limits[HABIT_ALARM] <= terms.ceiling_ms);
	return limits[HABIT_ALARM];
}

static void a_new_home_has_the_populations_limits(void **state)
{
	struct habit h;

	(void)state;
	habit_init(&h, &terms);
	assert_true(alarm_at(&h, 22) >= H(9) && alarm_at(&h, 22) <= H(14));
	assert_int_equal(habit_usual(&h, 22, HABIT_WORKDAY), 0);
	assert_true(habit_wake(&h, HABIT_WORKDAY) < 0);
}

static void a_regular_home_gets_short_limits_by_day_and_the_night_it_sleeps(void **state)
{
	struct habit h;

	(void)state;
	habit_init(&h, &terms);
	live(&h, MONDAY, 120);
	assert_true(alarm_at(&h, 12) < H(3.5));
	assert_true(alarm_at(&h, 22) > H(9) && alarm_at(&h, 22) <= H(10.5));
	assert_int_equal(habit_usual(&h, 22, HABIT_WORKDAY), H(9));
	assert_true(habit_wake(&h, HABIT_WORKDAY) >= 6.9f && habit_wake(&h, HABIT_WORKDAY) < 7.4f);
	assert_true(habit_share(&h, &(struct habit_start){.hour = 22}, H(8)) > 0.9);
	assert_true(habit_share(&h, &(struct habit_start){.hour = 22}, H(12)) < 0.05);
	assert_int_equal(h.tallies[HABIT_ALARM], 0);
}

static void an_absence_a_spoilt_and_an_unseen_gap_are_not_learnt(void **state)
{
	struct habit h;

	(void)state;
	habit_init(&h, &terms);
	live(&h, MONDAY, 1);
	sign(&h, MONDAY + 1, 22); /* 24 h to the millisecond */
	assert_int_equal(h.gap_count, 0);
	habit_spoil(&h);
	sign(&h, MONDAY + 2, 12);
	assert_int_equal(h.gap_count, 0);
	habit_sign(&h, &terms,
		&(struct habit_moment){.since = {(MONDAY + 2) * H(24) + H(23)},
			.at = {(MONDAY + 2) * H(24) + H(23)},
			.day = MONDAY + 2,
			.hour = 23,
			.unseen = true});
	assert_int_equal(h.gap_count, 0);
	sign(&h, MONDAY + 3, 7);
	assert_int_equal(h.gap_count, 1);
	assert_false(sign(&h, MONDAY + 3, 6.9)); /* of the past */
	assert_int_equal(h.gap_count, 1);
}

static void false_alarms_make_the_limits_longer_until_the_budget_holds(void **state)
{
	struct habit h;
	unsigned early = 0, late;

	(void)state;
	habit_init(&h, &terms);
	uint64_t dice = 7; /* long and short silences without any order: nothing can be foretold */
	double t = 0;
	for (int i = 0; i < 2000; i++) {
		dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		t += 1 + (double)(dice >> 60);
		sign(&h, MONDAY + (int)(t / 24), t - 24 * (int)(t / 24));
		if (i == 999)
			early = h.tallies[HABIT_ALARM];
	}
	late = h.tallies[HABIT_ALARM] - early;
	assert_true(late <= 1.3 * 355 / 30.44); /* a thousand silences of 8.5 h */
}

/* every lets days pass: a sign every so many hours by day, up at seven, to bed at ten. */
static void every(struct habit *h, int days, double step)
{
	habit_init(h, &terms);
	for (int day = MONDAY; day < MONDAY + days; day++)
		for (double hour = 7; hour <= 22; hour += step)
			sign(h, day, hour);
}

static void a_home_that_is_heard_often_is_soon_judged_by_its_own_number_of_gaps(void **state)
{
	struct habit often, seldom;

	(void)state;
	every(&often, 30, 0.5);
	every(&seldom, 30, 3.75);
	assert_true(alarm_at(&often, 10) <= H(4));
	assert_true(alarm_at(&seldom, 10.75f) > alarm_at(&often, 10.75f));
}

static void who_had_more_false_alarms_than_granted_has_less_to_spend_and_it_fades(void **state)
{
	struct habit h;

	(void)state;
	habit_init(&h, &terms);
	live(&h, MONDAY, 90);
	float before = h.levels[HABIT_ALARM];
	h.came[HABIT_ALARM] += 20;
	habit_settle(&h, &terms);
	float after = h.levels[HABIT_ALARM];
	assert_true(after > before);
	assert_true(h.levels[HABIT_ATTENTION] < after);
	live(&h, MONDAY + 90, 400);
	assert_true(h.came[HABIT_ALARM] < 3);
	assert_true(h.levels[HABIT_ALARM] < after);
}

static void what_people_found_leans_on_the_budget_within_bounds(void **state)
{
	struct habit h;
	float before;

	(void)state;
	habit_init(&h, &terms);
	before = h.levels[HABIT_ALARM];
	habit_outcome(&h, &terms, HABIT_FALSE, 0.875);
	assert_true(h.levels[HABIT_ALARM] > before && h.levels[HABIT_ALARM] < before + 1);
	for (int i = 0; i < 100; i++)
		habit_outcome(&h, &terms, HABIT_FALSE, 0.875);
	assert_float_equal(h.lean, 0.5, 1e-6);
	for (int i = 0; i < 100; i++)
		habit_outcome(&h, &terms, HABIT_REAL, 1 / 0.875);
	assert_float_equal(h.lean, 2, 1e-6);
	habit_outcome(&h, &terms, HABIT_VOID, 1);
	assert_float_equal(h.lean, 2, 1e-6);
	assert_int_equal(h.outcomes[HABIT_FALSE], 101);
}

static void many_gaps_and_years_stay_bounded(void **state)
{
	int64_t limits[HABIT_STAGES];
	struct habit h;

	(void)state;
	habit_init(&h, &terms);
	for (int day = 0; day < 400; day++)
		for (int hour = 0; hour < 24; hour += 3)
			sign(&h, MONDAY + day, hour);
	assert_int_equal(h.gap_count, HABIT_GAPS);
	habit_limits(&h, &terms, &h.start, limits);
	assert_true(limits[HABIT_ALARM] > H(3) && limits[HABIT_ALARM] < H(5));
	sign(&h, MONDAY + 40000, 12); /* a clock that jumped */
	assert_true(h.months < 12);
	assert_true(alarm_at(&h, 9) >= terms.floor_ms);
}

static void a_habit_comes_back_as_it_was_and_a_bent_one_does_not(void **state)
{
	unsigned char bytes[HABIT_BYTES_MAX];
	struct habit h, other;

	(void)state;
	habit_init(&h, &terms);
	live(&h, MONDAY, 400);
	struct blob b = blob_write(bytes, sizeof bytes);
	habit_put(&b, &h);
	habit_put_run(&b, &h);
	assert_false(b.bad);
	habit_init(&other, &terms);
	struct blob back = blob_read(bytes, b.at);
	habit_get(&back, &other);
	habit_get_run(&back, &other);
	assert_false(back.bad);
	assert_int_equal(back.at, b.at);
	sign(&h, MONDAY + 400, 9);
	sign(&other, MONDAY + 400, 9);
	assert_int_equal(alarm_at(&h, 22), alarm_at(&other, 22));
	assert_memory_equal(h.gaps, other.gaps, sizeof h.gaps);
	assert_memory_equal(h.hours, other.hours, sizeof h.hours);
	for (size_t cut = 0; cut < b.at; cut += 5) {
		back = blob_read(bytes, cut);
		habit_get(&back, &other);
		habit_get_run(&back, &other);
		assert_true(back.bad);
	}
	for (size_t bit = 0; bit < b.at * 8; bit += 3) { /* whatever it says, it is survived */
		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
		back = blob_read(bytes, b.at);
		habit_init(&other, &terms);
		habit_get(&back, &other);
		habit_get_run(&back, &other);
		if (!back.bad)
			alarm_at(&other, 22);
		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
}

static void a_population_is_the_sum_of_its_homes_habits(void **state)
{
	static struct habit_population one, two;
	struct habit h;

	(void)state;
	habit_init(&h, &terms);
	for (int day = 0; day < 30; day++)
		for (int hour = 7; hour < 23; hour += 5) /* gaps of 5 h by day, of 9 h by night */
			sign(&h, MONDAY + day, hour);
	memset(&one, 0, sizeof one);
	memset(&two, 0, sizeof two);
	habit_population_add(&one, &h);
	habit_population_add(&two, &h);
	habit_population_add(&two, &h);
	assert_true(one.months > 0.5 && one.months < 1.5);
	assert_true(one.days[HABIT_WORKDAY][7] > 0);
	/* Of those that begin at 7, all reach 4 h, none 6 h. */
	assert_true(one.longer[HABIT_WORKDAY][7][4] > 0);
	assert_true(one.longer[HABIT_WORKDAY][7][8] < one.longer[HABIT_WORKDAY][7][4] / 2);
	for (unsigned i = 1; i < HABIT_LENGTHS; i++)
		assert_true(one.longer[HABIT_WORKDAY][7][i] <= one.longer[HABIT_WORKDAY][7][i - 1]);
	assert_true(fabs(two.months - 2 * one.months) < 1e-6);
	assert_true(fabs(two.hours[HABIT_WORKDAY][7] - 2 * one.hours[HABIT_WORKDAY][7]) < 1e-6);
	assert_true(fabs(two.false_alarms[0] - 2 * one.false_alarms[0]) < 1e-6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_home_has_the_populations_limits),
		cmocka_unit_test(a_regular_home_gets_short_limits_by_day_and_the_night_it_sleeps),
		cmocka_unit_test(an_absence_a_spoilt_and_an_unseen_gap_are_not_learnt),
		cmocka_unit_test(false_alarms_make_the_limits_longer_until_the_budget_holds),
		cmocka_unit_test(a_home_that_is_heard_often_is_soon_judged_by_its_own_number_of_gaps),
		cmocka_unit_test(who_had_more_false_alarms_than_granted_has_less_to_spend_and_it_fades),
		cmocka_unit_test(what_people_found_leans_on_the_budget_within_bounds),
		cmocka_unit_test(many_gaps_and_years_stay_bounded),
		cmocka_unit_test(a_habit_comes_back_as_it_was_and_a_bent_one_does_not),
		cmocka_unit_test(a_population_is_the_sum_of_its_homes_habits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
