/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/civil.h"
#include "detector/calendar.h"

static struct calendar *fresh(void)
{
	struct calendar *calendar = malloc(sizeof *calendar);

	assert_non_null(calendar);
	calendar_init(calendar);
	return calendar;
}

static enum day_kind kind(const struct calendar *calendar, int year, unsigned month, unsigned day)
{
	return calendar_kind(calendar, civil_days(year, month, day));
}

static void weekdays_tell_it_where_nothing_was_given(void **state)
{
	struct calendar *calendar = fresh();

	(void)state;
	assert_int_equal(kind(calendar, 2026, 3, 6), DAY_WORKDAY); /* a Friday */
	assert_int_equal(kind(calendar, 2026, 3, 7), DAY_WEEKEND);
	assert_int_equal(kind(calendar, 2026, 3, 8), DAY_WEEKEND);
	assert_int_equal(kind(calendar, 2026, 3, 9), DAY_WORKDAY);
	assert_int_equal(kind(calendar, 1970, 1, 1), DAY_WORKDAY); /* a Thursday */
	assert_int_equal(kind(calendar, 1969, 12, 28), DAY_WEEKEND);
	assert_int_equal(kind(NULL, 2026, 3, 8), DAY_WEEKEND);
	free(calendar);
}

static void a_holiday_and_the_day_that_makes_up_for_it_are_what_they_were_said_to_be(void **state)
{
	struct calendar *calendar = fresh();

	(void)state;
	assert_int_equal(calendar_read(calendar, "2026 02-15..02-23 01-01", DAY_HOLIDAY, NULL), ERR_OK);
	assert_int_equal(calendar_read(calendar, "2026 02-14 02-28", DAY_WORKDAY, NULL), ERR_OK);
	assert_int_equal(kind(calendar, 2026, 1, 1), DAY_HOLIDAY);
	assert_int_equal(kind(calendar, 2026, 1, 2), DAY_WORKDAY);
	assert_int_equal(kind(calendar, 2026, 2, 14), DAY_WORKDAY); /* a Saturday */
	assert_int_equal(kind(calendar, 2026, 2, 15), DAY_HOLIDAY);
	assert_int_equal(kind(calendar, 2026, 2, 23), DAY_HOLIDAY); /* a Monday */
	assert_int_equal(kind(calendar, 2026, 2, 24), DAY_WORKDAY);
	assert_int_equal(kind(calendar, 2026, 2, 28), DAY_WORKDAY);
	assert_int_equal(calendar->count, 12);
	free(calendar);
}

static void a_year_is_known_once_a_date_of_it_was_given(void **state)
{
	struct calendar *calendar = fresh();

	(void)state;
	assert_false(calendar_knows(calendar, 2026));
	assert_int_equal(calendar_read(calendar, "2025 12-31", DAY_HOLIDAY, NULL), ERR_OK);
	assert_int_equal(calendar_read(calendar, "2027 01-01", DAY_HOLIDAY, NULL), ERR_OK);
	assert_true(calendar_knows(calendar, 2025));
	assert_false(calendar_knows(calendar, 2026));
	assert_true(calendar_knows(calendar, 2027));
	assert_false(calendar_knows(NULL, 2027));
	free(calendar);
}

static void wrong_text_is_refused_with_its_word_and_changes_nothing(void **state)
{
	static const struct {
		const char *text;
		enum err err;
		const char *fault;
	} cases[] = {
		{"", ERR_INVALID, "write a year"},
		{"holidays", ERR_INVALID, "write a year"},
		{"20260 01-01", ERR_INVALID, "write a year"},
		{"1969 01-01", ERR_INVALID, "write a year"},
		{"2026 02-29", ERR_RANGE, "\"02-29\" is no date"},
		{"2026 13-01", ERR_RANGE, "\"13-01\" is no date"},
		{"2026 00-10", ERR_RANGE, "\"00-10\" is no date"},
		{"2026 01-00", ERR_RANGE, "\"01-00\" is no date"},
		{"2026 01-03..01-01", ERR_RANGE, "is no date"},
		{"2026 01-01 1-1", ERR_EXISTS, "is there twice"},
		{"2026 01-02..01-04 01-04", ERR_EXISTS, "is there twice"},
		{"2026 01-01,", ERR_INVALID, "\"01-01,\" must be a date"},
		{"2026 01-01..", ERR_INVALID, "must be a date"},
		{"2026 01-01..02-01x", ERR_INVALID, "must be a date"},
		{"2026 spring", ERR_INVALID, "\"spring\" must be a date"},
	};
	struct calendar *calendar = fresh();
	struct errinfo info;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		info = (struct errinfo){0};
		assert_int_equal(calendar_read(calendar, cases[i].text, DAY_HOLIDAY, &info), cases[i].err);
		assert_non_null(strstr(info.text, cases[i].fault));
		assert_int_equal(calendar->count, 0);
	}
	assert_int_equal(calendar_read(calendar, "2024 02-29", DAY_HOLIDAY, NULL), ERR_OK);
	assert_int_equal(
		calendar_add(calendar, (struct civil){.year = 2024, .month = 2, .day = 29}, DAY_WORKDAY), ERR_EXISTS);
	assert_int_equal(
		calendar_add(calendar, (struct civil){.year = 2200, .month = 1, .day = 1}, DAY_WORKDAY), ERR_RANGE);
	free(calendar);
}

static void days_are_found_in_whatever_order_they_came_until_it_is_full(void **state)
{
	struct calendar *calendar = fresh();
	struct civil date = {.year = 2020, .month = 1};

	(void)state;
	/* The days of a thousand months' firsts and seconds, last years first. */
	for (int i = 0; i < CALENDAR_DAYS_MAX; i++) {
		date.year = 2199 - i / 24;
		date.month = 1 + i % 12;
		date.day = 1 + i / 12 % 2;
		assert_int_equal(calendar_add(calendar, date, i % 2 ? DAY_HOLIDAY : DAY_WORKDAY), ERR_OK);
	}
	for (int i = 0; i < CALENDAR_DAYS_MAX; i++)
		assert_int_equal(kind(calendar, 2199 - i / 24, (unsigned)(1 + i % 12), (unsigned)(1 + i / 12 % 2)),
			i % 2 ? DAY_HOLIDAY : DAY_WORKDAY);
	assert_int_equal(
		calendar_add(calendar, (struct civil){.year = 1999, .month = 1, .day = 1}, DAY_HOLIDAY), ERR_FULL);
	free(calendar);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(weekdays_tell_it_where_nothing_was_given),
		cmocka_unit_test(a_holiday_and_the_day_that_makes_up_for_it_are_what_they_were_said_to_be),
		cmocka_unit_test(a_year_is_known_once_a_date_of_it_was_given),
		cmocka_unit_test(wrong_text_is_refused_with_its_word_and_changes_nothing),
		cmocka_unit_test(days_are_found_in_whatever_order_they_came_until_it_is_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
