/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "dispatcher/duty/cover.h"

#define HOUR MS_PER_HOUR

static struct zone *zone;
static struct duty *duty;

static void give_person(const char *user, bool day, bool night, uint8_t order)
{
	struct entry e = {.kind = ENTRY_VOLUNTEER, .seq = 1};

	text_cut(e.key, sizeof e.key, user);
	text_cut(e.body.volunteer.team, ID_BYTES, "t-1");
	e.body.volunteer.day = day;
	e.body.volunteer.night = night;
	e.body.volunteer.weekdays = 127;
	e.body.volunteer.order = order;
	assert_int_equal(duty_entry(duty, &e), ERR_OK);
}

static int set_up(void **state)
{
	struct duty_config config = {.day_from_min = 7 * 60, .night_from_min = 19 * 60, .desk = "desk"};

	(void)state;
	assert_int_equal(zone_load("UTC", &zone, NULL), ERR_OK);
	config.zone = zone;
	assert_int_equal(duty_create(&config, &duty, NULL), ERR_OK);
	give_person("v-1", true, false, 1);
	give_person("v-2", true, false, 2);
	give_person("v-3", true, true, 3);
	give_person("v-4", false, true, 4);
	give_person("v-5", false, true, 5);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	duty_destroy(duty);
	zone_destroy(zone);
	return 0;
}

/* put gives users duties of 12 hours that begin at hours of 1970-01-05, a Monday */
struct row {
	const char *user;
	int hour;
};

static struct wall hour(int64_t hours)
{
	return (struct wall){4 * MS_PER_DAY + hours * HOUR};
}

static void put(const struct row *rows, unsigned count)
{
	struct book_duty duties[8] = {0};
	unsigned bad;

	for (unsigned i = 0; i < count; i++) {
		duties[i].from = hour(rows[i].hour);
		duties[i].until = hour(rows[i].hour + 12);
		text_cut(duties[i].user, ID_BYTES, rows[i].user);
	}
	assert_int_equal(book_put(duty_book(duty), "t-1", duties, count, hour(0), &bad), ERR_OK);
}

/* assert_asked compares who is asked for the duty from an hour on with "a b c". */
static void assert_asked(int from, unsigned room, const char *expected)
{
	struct cover list[8];
	char got[200] = "";
	int length = 0;
	unsigned count = cover_list(duty, "t-1", hour(from), hour(from + 12), list, room);

	for (unsigned i = 0; i < count; i++)
		length += snprintf(got + length, sizeof got - (size_t)length, "%s%s", i ? " " : "", list[i].user);
	assert_string_equal(got, expected);
}

static void those_who_offer_such_times_come_first_in_the_directory_s_order(void **state)
{
	(void)state;
	assert_asked(7, 8, "v-1 v-2 v-3 v-4 v-5");
	assert_asked(19, 8, "v-3 v-4 v-5 v-1 v-2");
}

static void who_has_a_duty_then_is_not_asked_and_who_has_many_is_asked_later(void **state)
{
	const struct row rows[] = {{"v-1", 7}, {"v-2", 79}, {"v-4", 79}, {"v-4", 127}};

	(void)state;
	put(rows, 4);
	assert_asked(7, 8, "v-3 v-2 v-5 v-4");
}

static void who_would_not_be_rested_comes_after_those_who_are(void **state)
{
	const struct row rows[] = {{"v-3", 7}, {"v-5", 55}, {"v-5", 103}};

	(void)state;
	put(rows, 3);
	assert_asked(19, 8, "v-4 v-5 v-3 v-1 v-2"); /* v-3 offers nights, but has just had the day */
}

static void a_short_list_holds_the_first(void **state)
{
	const struct row rows[] = {{"v-1", 79}, {"v-2", 79}};

	(void)state;
	put(rows, 2);
	assert_asked(7, 2, "v-3 v-1");
	assert_asked(7, 0, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			those_who_offer_such_times_come_first_in_the_directory_s_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			who_has_a_duty_then_is_not_asked_and_who_has_many_is_asked_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_would_not_be_rested_comes_after_those_who_are, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_short_list_holds_the_first, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
