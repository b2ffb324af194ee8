/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "dispatcher/duty/stood.h"

#define ROOM 16
#define AT(hour) ((struct wall){(int64_t)(hour)*MS_PER_HOUR})

static struct stood kept[ROOM];
static unsigned kept_count;

/* duty is one from hour `from`, 12 h long, of shift s; user "" is open, planned: whose it was. */
static struct stood duty(int from, const char *planned, const char *user)
{
	struct stood row = {.from = AT(from), .until = AT(from + 12), .shift = "s"};

	text_cut(row.planned, sizeof row.planned, planned);
	text_cut(row.user, sizeof row.user, user);
	return row;
}

static void update(const struct stood *present, unsigned count, bool whole, int now)
{
	struct stood out[ROOM];

	kept_count = stood_update(kept, kept_count, present, count, whole, AT(now), out);
	memcpy(kept, out, kept_count * sizeof *out);
}

/* is compares row i with "planned>user[open_from-open_until]until". */
static void is(unsigned i, const char *wanted)
{
	char got[200], open[40] = "";

	assert_true(i < kept_count);
	if (wall_is_set(kept[i].open_from))
		snprintf(open, sizeof open, "[%d-%d]", (int)(kept[i].open_from.ms / MS_PER_HOUR),
			(int)(kept[i].open_until.ms / MS_PER_HOUR));
	snprintf(got, sizeof got, "%s>%s%s%d", kept[i].planned, kept[i].user, open,
		(int)(kept[i].until.ms / MS_PER_HOUR));
	assert_string_equal(got, wanted);
}

static int begin(void **state)
{
	const struct stood roster[] = {duty(10, "a", "a"), duty(10, "b", "b"), duty(22, "c", "c")};

	(void)state;
	kept_count = 0;
	update(roster, 3, true, 0);
	return 0;
}

static void who_was_planned_stays_while_duties_change_hands(void **state)
{
	const struct stood given[] = {duty(10, "b", "b"), duty(10, "d", "d"), duty(22, "c", "c")};
	const struct stood again[] = {duty(10, "b", "b"), duty(10, "a", "a"), duty(22, "c", "c")};

	(void)state;
	update(given, 3, false, 5);
	is(0, "b>b22");
	is(1, "a>d22");
	update(again, 3, false, 6);
	is(1, "a>a22");
	assert_int_equal(kept_count, 3);
}

static void two_who_swap_each_stand_in_for_the_other(void **state)
{
	const struct stood swapped[] = {duty(10, "c", "c"), duty(10, "b", "b"), duty(22, "a", "a")};

	(void)state;
	update(swapped, 3, false, 5);
	is(0, "a>c22");
	is(1, "b>b22");
	is(2, "c>a34");
}

static void an_open_duty_is_open_from_when_nobody_has_it_until_somebody_takes_it(void **state)
{
	const struct stood open[] = {duty(10, "b", "b"), duty(10, "a", ""), duty(22, "c", "c")};
	const struct stood taken[] = {duty(10, "b", "b"), duty(10, "e", "e"), duty(22, "c", "c")};

	(void)state;
	update(open, 3, false, 13);
	is(1, "a>[13-22]22");
	update(taken, 3, false, 15);
	is(1, "a>e[13-15]22");
}

static void one_that_is_taken_before_it_begins_was_never_open(void **state)
{
	const struct stood open[] = {duty(10, "b", "b"), duty(10, "a", ""), duty(22, "c", "c")};
	const struct stood taken[] = {duty(10, "b", "b"), duty(10, "e", "e"), duty(22, "c", "c")};

	(void)state;
	update(open, 3, false, 3);
	is(1, "a>[10-22]22");
	update(taken, 3, false, 4);
	is(1, "a>e22");
}

static void two_who_fall_out_one_after_the_other_leave_one_row(void **state)
{
	const struct stood given[] = {duty(10, "b", "b"), duty(10, "d", "d"), duty(22, "c", "c")};
	const struct stood open[] = {duty(10, "b", "b"), duty(10, "d", ""), duty(22, "c", "c")};

	(void)state;
	update(given, 3, false, 5);
	update(open, 3, false, 12);
	is(1, "a>[12-22]22");
	assert_int_equal(kept_count, 3);
}

static void what_is_called_off_was_planned_and_open(void **state)
{
	const struct stood left[] = {duty(10, "a", "a"), duty(22, "c", "c")};

	(void)state;
	update(left, 2, false, 5);
	is(2, "b>[10-22]22");
}

static void who_stands_in_goes_on_doing_so_when_a_roster_is_published_that_leaves_it_so(void **state)
{
	const struct stood swapped[] = {duty(10, "b", "b"), duty(10, "d", "d"), duty(22, "c", "c")};

	(void)state;
	update(swapped, 3, false, 5);
	update(swapped, 3, true, 6);
	is(1, "a>d22");
	assert_int_equal(kept_count, 3);
}

static void a_new_roster_plans_what_is_to_come_and_ends_what_it_does_not_name(void **state)
{
	const struct stood fresh[] = {duty(10, "b", "b"), duty(22, "d", "d"), duty(34, "e", "")};

	(void)state;
	update(fresh, 3, true, 14);
	is(0, "b>b22");
	is(1, "d>d34");       /* not c's any more */
	is(2, "e>[34-46]46"); /* e is absent */
	is(3, "a>a14");
	assert_int_equal(kept_count, 4);
	update(NULL, 0, true, 15);
	assert_int_equal(kept_count, 2); /* b's, and a's, which the caller would not give a second time: it is over */
	is(0, "b>b15");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(who_was_planned_stays_while_duties_change_hands, begin),
		cmocka_unit_test_setup(two_who_swap_each_stand_in_for_the_other, begin),
		cmocka_unit_test_setup(an_open_duty_is_open_from_when_nobody_has_it_until_somebody_takes_it, begin),
		cmocka_unit_test_setup(one_that_is_taken_before_it_begins_was_never_open, begin),
		cmocka_unit_test_setup(two_who_fall_out_one_after_the_other_leave_one_row, begin),
		cmocka_unit_test_setup(what_is_called_off_was_planned_and_open, begin),
		cmocka_unit_test_setup(
			who_stands_in_goes_on_doing_so_when_a_roster_is_published_that_leaves_it_so, begin),
		cmocka_unit_test_setup(a_new_roster_plans_what_is_to_come_and_ends_what_it_does_not_name, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
