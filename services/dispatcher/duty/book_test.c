/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "dispatcher/duty/book.h"

static struct book *book;

static int set_up(void **state)
{
	(void)state;
	return book_create(&book) != ERR_OK;
}

static int tear_down(void **state)
{
	(void)state;
	book_destroy(book);
	return 0;
}

static struct book_duty duty(int64_t from, int64_t until, int32_t place, const char *shift, const char *user)
{
	struct book_duty d = {.from = {from}, .until = {until}, .place = place};

	text_cut(d.shift, sizeof d.shift, shift);
	text_cut(d.user, sizeof d.user, user);
	return d;
}

static const char *asked(int64_t at, unsigned index)
{
	const struct book_duty *d = book_at(book, "t-1", (struct wall){at}, index);

	return d ? d->user : "";
}

static void put_two_shifts(void)
{
	const struct book_duty list[] = {duty(100, 200, 1, "day-backup", "v-2"),
		duty(100, 200, 0, "day-primary", "v-1"), duty(200, 300, 0, "night-primary", "v-3")};
	unsigned bad;

	assert_int_equal(book_put(book, "t-1", list, 3, (struct wall){0}, &bad), ERR_OK);
}

static void who_answers_is_asked_by_place_within_a_duty_s_time(void **state)
{
	(void)state;
	put_two_shifts();
	assert_string_equal(asked(99, 0), "");
	assert_string_equal(asked(100, 0), "v-1");
	assert_string_equal(asked(199, 1), "v-2");
	assert_string_equal(asked(199, 2), "");
	assert_string_equal(asked(200, 0), "v-3");
	assert_string_equal(asked(300, 0), "");
	assert_null(book_at(book, "t-2", (struct wall){150}, 0));
	assert_int_equal(book_edge(book, "t-1", (struct wall){0}).ms, 100);
	assert_int_equal(book_edge(book, "t-1", (struct wall){100}).ms, 200);
	assert_int_equal(book_edge(book, "t-1", (struct wall){300}).ms, WALL_NEVER.ms);
}

static void two_in_one_place_are_both_asked(void **state)
{
	const struct book_duty list[] = {
		duty(100, 200, 0, "day", "v-1"), duty(100, 200, 0, "day", "v-2"), duty(50, 150, 0, "long", "v-3")};
	unsigned bad;

	(void)state;
	assert_int_equal(book_put(book, "t-1", list, 3, (struct wall){0}, &bad), ERR_OK);
	assert_string_equal(asked(120, 0), "v-3");
	assert_string_equal(asked(120, 1), "v-1");
	assert_string_equal(asked(120, 2), "v-2");
	assert_string_equal(asked(120, 3), "");
}

static void a_new_roster_replaces_the_old_and_an_empty_one_ends_it(void **state)
{
	const struct book_duty list[] = {duty(0, 50, 0, "day", "v-8"), duty(100, 200, 0, "day", "v-9")};
	unsigned bad;

	(void)state;
	put_two_shifts();
	assert_int_equal(book_put(book, "t-1", list, 2, (struct wall){60}, &bad), ERR_OK);
	assert_string_equal(asked(150, 0), "v-9");
	assert_string_equal(asked(150, 1), "");
	assert_string_equal(asked(10, 0), ""); /* over when it came */
	assert_int_equal(book_put(book, "t-1", list, 0, (struct wall){60}, &bad), ERR_OK);
	assert_string_equal(asked(150, 0), "");
}

static void a_roster_that_cannot_stand_changes_nothing_and_its_fault_is_named(void **state)
{
	struct book_duty list[] = {duty(100, 200, 0, "day", "v-5"), duty(199, 300, 0, "late", "v-5")};
	unsigned bad;

	(void)state;
	put_two_shifts();
	assert_int_equal(book_put(book, "t-1", list, 2, (struct wall){0}, &bad), ERR_EXISTS);
	assert_int_equal(bad, 1);
	list[1] = duty(200, 200, 0, "late", "v-6");
	assert_int_equal(book_put(book, "t-1", list, 2, (struct wall){0}, &bad), ERR_RANGE);
	list[1] = duty(200, 201, BOOK_PLACES_MAX, "late", "v-6");
	assert_int_equal(book_put(book, "t-1", list, 2, (struct wall){0}, &bad), ERR_RANGE);
	list[1].place = BOOK_PLACES_MAX - 1;
	assert_int_equal(book_put(book, "t-2", list, 2, (struct wall){0}, &bad), ERR_OK);
	assert_string_equal(asked(100, 0), "v-1");
}

static void a_duty_that_is_given_is_the_other_s_at_once(void **state)
{
	const struct wall from = {100}, night = {200};

	(void)state;
	put_two_shifts();
	assert_int_equal(book_give(book, "t-1", "day-primary", from, "v-1", "v-7", (struct wall){150}), ERR_OK);
	assert_string_equal(asked(150, 0), "v-7");
	assert_int_equal(book_give(book, "t-1", "day-primary", from, "v-1", "v-8", (struct wall){150}), ERR_NOT_FOUND);
	assert_int_equal(book_give(book, "t-1", "day-primary", from, "v-7", "v-2", (struct wall){150}), ERR_EXISTS);
	assert_int_equal(book_give(book, "t-1", "day-primary", from, "v-7", "v-8", (struct wall){200}), ERR_NOT_FOUND);
	assert_int_equal(book_give(book, "t-1", "night-primary", night, "v-3", "v-2", (struct wall){150}), ERR_OK);
	assert_string_equal(asked(250, 0), "v-2");
}

static void a_duty_can_be_taken_out_and_put_in(void **state)
{
	const struct book_duty twice = duty(150, 250, 0, "other", "v-2"),
			       back = duty(100, 200, 0, "day-primary", "v-4");
	char team[ID_BYTES] = "";

	(void)state;
	put_two_shifts();
	assert_int_equal(book_drop(book, "t-1", "day-primary", (struct wall){100}, "v-2"), ERR_NOT_FOUND);
	assert_int_equal(book_drop(book, "t-1", "day-primary", (struct wall){100}, "v-1"), ERR_OK);
	assert_null(book_find(book, "t-1", "day-primary", (struct wall){100}, "v-1"));
	assert_string_equal(asked(100, 0), "v-2");
	assert_int_equal(book_add(book, "t-1", &twice), ERR_EXISTS);
	assert_int_equal(book_add(book, "t-1", &back), ERR_OK);
	assert_string_equal(asked(100, 0), "v-4");
	assert_int_equal(book_add(book, "t-2", &back), ERR_OK);
	assert_int_equal(book_drop(book, "t-2", "day-primary", (struct wall){100}, "v-4"), ERR_OK);
	assert_true(book_next_team(book, team)); /* whose last duty is gone is not in it */
	assert_string_equal(team, "t-1");
	assert_false(book_next_team(book, team));
}

static void what_is_over_stays_for_a_month_and_goes_with_the_roster(void **state)
{
	const int64_t day = MS_PER_DAY;
	const struct book_duty first[] = {duty(0, 10, 0, "day", "v-1"), duty(day, day + 10, 0, "day", "v-2")},
			       next[] = {duty(30 * day, 31 * day, 0, "day", "v-3")};
	unsigned bad;

	(void)state;
	assert_int_equal(book_put(book, "t-1", first, 2, (struct wall){0}, &bad), ERR_OK);
	assert_int_equal(book_put(book, "t-1", next, 1, (struct wall){2 * day}, &bad), ERR_OK);
	assert_string_equal(book_get(book, "t-1", 0)->user, "v-1");
	assert_string_equal(book_get(book, "t-1", 2)->user, "v-3");
	assert_int_equal(book_put(book, "t-1", next, 1, (struct wall){30 * day + 15}, &bad), ERR_OK);
	assert_string_equal(book_get(book, "t-1", 1)->user, "v-2");
	assert_string_equal(book_get(book, "t-1", 2)->user, "v-3");
	assert_int_equal(book_put(book, "t-1", first, 0, (struct wall){BOOK_PAST_MS + 10}, &bad), ERR_OK);
	assert_null(book_get(book, "t-1", 0));
}

static void what_is_over_makes_way_for_a_new_duty_at_that_time(void **state)
{
	const struct book_duty old[] = {duty(100, 200, 0, "day", "v-1"), duty(100, 200, 1, "day", "v-2"),
		duty(300, 400, 0, "day", "v-1")},
			       longer = duty(150, 300, 0, "day", "v-1");
	struct book_duty all[4] = {0};
	const struct book_duty *d;
	unsigned bad, count = 0;

	(void)state;
	assert_int_equal(book_put(book, "t-1", old, 3, (struct wall){0}, &bad), ERR_OK);
	assert_int_equal(book_put(book, "t-1", &longer, 1, (struct wall){250}, &bad), ERR_OK);
	while (count < 4 && (d = book_get(book, "t-1", count)))
		all[count++] = *d;
	assert_int_equal(count, 2); /* of what is over, v-2's stays */
	assert_string_equal(all[0].user, "v-2");
	assert_int_equal(all[1].from.ms, 150);
	assert_int_equal(book_check(all, count, &bad), ERR_OK); /* so the store's rows can be read again */
}

static void a_duty_in_another_team_is_found(void **state)
{
	const struct book_duty other = duty(150, 250, 0, "day", "v-3");
	const struct wall from = {200}, until = {300};

	(void)state;
	put_two_shifts();
	assert_null(book_elsewhere(book, "t-1", "v-3", from, until)); /* their own */
	assert_string_equal(book_elsewhere(book, "t-2", "v-3", from, until), "t-1");
	assert_int_equal(book_add(book, "t-2", &other), ERR_OK);
	assert_string_equal(book_elsewhere(book, "t-1", "v-3", from, until), "t-2");
	assert_null(book_elsewhere(book, "t-1", "v-3", (struct wall){250}, until));
	assert_null(book_elsewhere(book, "t-1", "v-4", from, until));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who_answers_is_asked_by_place_within_a_duty_s_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(two_in_one_place_are_both_asked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_new_roster_replaces_the_old_and_an_empty_one_ends_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_roster_that_cannot_stand_changes_nothing_and_its_fault_is_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_duty_that_is_given_is_the_other_s_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_duty_can_be_taken_out_and_put_in, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_is_over_stays_for_a_month_and_goes_with_the_roster, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_over_makes_way_for_a_new_duty_at_that_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_duty_in_another_team_is_found, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
