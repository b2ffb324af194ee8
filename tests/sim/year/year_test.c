/* SPDX-License-Identifier: MIT
 *
 * The year's checks can fail, and do not without a cause: ten days with each fault, and without.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "year.h"

static struct year_outcome play(enum year_fault fault, uint64_t seed, char **out_text)
{
	struct year_options options = {.seed = seed,
		.days = 10,
		.incidents_a_day = 20,
		.plan_steps = 20000,
		.fault = fault,
		.policies = "deploy/config/policies.yaml",
		.visits = "deploy/config/visits.yaml",
		.checklists = "deploy/config/checklists.yaml"};
	struct year_outcome outcome;
	struct errinfo info = {0};
	size_t length;
	FILE *out = open_memstream(out_text, &length);

	assert_non_null(out);
	enum err err = year_run(&options, out, &outcome, &info);
	assert_int_equal(fclose(out), 0);
	if (err)
		fail_msg("%s", info.text);
	return outcome;
}

/* breaks says which promises were broken, bit by bit. */
static unsigned breaks(enum year_fault fault)
{
	char *text;
	struct year_outcome outcome = play(fault, 1, &text);
	unsigned set = 0;

	for (unsigned p = 0; p < YEAR_PROMISE_COUNT; p++)
		set |= outcome.broken[p] ? 1u << p : 0;
	assert_true(!set == !strstr(text, "VIOLATED"));
	free(text);
	return set;
}

static void ten_days_keep_all_promises_and_are_the_same_twice(void **state)
{
	char *first, *second, *other;
	struct year_outcome outcome = play(YEAR_FAULT_NONE, 1, &first);

	(void)state;
	for (unsigned p = 0; p < YEAR_PROMISE_COUNT; p++)
		assert_int_equal(outcome.broken[p], 0);
	assert_true(outcome.about_life > 30);
	assert_true(outcome.rosters >= 77);
	play(YEAR_FAULT_NONE, 1, &second);
	assert_string_equal(first, second);
	play(YEAR_FAULT_NONE, 2, &other);
	assert_string_not_equal(first, other);
	free(first);
	free(second);
	free(other);
}

static void a_page_that_the_desk_never_gets_leaves_somebody_alone(void **state)
{
	(void)state;
	assert_int_equal(breaks(YEAR_FAULT_PAGE_LOST), 1u << YEAR_LIFE_REACHED);
}

static void a_page_that_leaves_twice_is_seen(void **state)
{
	(void)state;
	assert_int_equal(breaks(YEAR_FAULT_PAGE_TWICE), 1u << YEAR_PAGE_ONCE);
}

static void a_timer_that_is_missed_is_seen(void **state)
{
	(void)state;
	assert_true(breaks(YEAR_FAULT_TIMER_MISSED) & 1u << YEAR_TIMER_KEPT);
}

static void a_roster_that_breaks_a_rule_is_seen(void **state)
{
	(void)state;
	assert_true(breaks(YEAR_FAULT_ROSTER_BENT) & 1u << YEAR_ROSTER_RULES);
}

static void a_duty_or_absence_that_is_not_published_is_seen(void **state)
{
	(void)state;
	unsigned set = breaks(YEAR_FAULT_BOOK_APART);

	assert_true(set & 1u << YEAR_BOOK_TRUE);
	assert_true(set & 1u << YEAR_AWAY_LEFT);
}

static void a_visit_of_which_nobody_hears_is_seen(void **state)
{
	(void)state;
	assert_true(breaks(YEAR_FAULT_ERRAND_LOST) & 1u << YEAR_ERRAND_ENDED);
}

static void a_request_that_does_not_arrive_leaves_a_duty_that_somebody_would_have_taken(void **state)
{
	(void)state;
	assert_true(breaks(YEAR_FAULT_COVER_UNASKED) & 1u << YEAR_COVERED);
}

static void a_no_that_is_heard_as_a_yes_is_seen(void **state)
{
	(void)state;
	assert_int_equal(breaks(YEAR_FAULT_SWAP_FORCED), 1u << YEAR_SWAP_RIGHT);
}

static void what_people_are_told_and_does_not_arrive_is_seen(void **state)
{
	(void)state;
	assert_int_equal(
		breaks(YEAR_FAULT_NOTICE_LOST), 1u << YEAR_REMINDED | 1u << YEAR_REACHED | 1u << YEAR_DAY_TOLD);
}

/* year_test [faults]: the promises, or the faults; two entries of ctest, so that they run beside each other. */
int main(int argc, char **argv)
{
	const struct CMUnitTest promises[] = {
		cmocka_unit_test(ten_days_keep_all_promises_and_are_the_same_twice),
	};
	const struct CMUnitTest faults[] = {
		cmocka_unit_test(a_page_that_the_desk_never_gets_leaves_somebody_alone),
		cmocka_unit_test(a_page_that_leaves_twice_is_seen),
		cmocka_unit_test(a_timer_that_is_missed_is_seen),
		cmocka_unit_test(a_roster_that_breaks_a_rule_is_seen),
		cmocka_unit_test(a_duty_or_absence_that_is_not_published_is_seen),
		cmocka_unit_test(a_request_that_does_not_arrive_leaves_a_duty_that_somebody_would_have_taken),
		cmocka_unit_test(a_no_that_is_heard_as_a_yes_is_seen),
		cmocka_unit_test(what_people_are_told_and_does_not_arrive_is_seen),
		cmocka_unit_test(a_visit_of_which_nobody_hears_is_seen),
	};

	if (argc > 1 && strcmp(argv[1], "faults") == 0)
		return cmocka_run_group_tests(faults, NULL, NULL);
	return argc > 1 ? 2 : cmocka_run_group_tests(promises, NULL, NULL);
}
