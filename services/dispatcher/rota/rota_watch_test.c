/* SPDX-License-Identifier: MIT
 *
 * What is told of duties without being asked: reminders, summaries, new rosters.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rota_rig.h"

static void duties_are_recalled_and_who_does_not_answer_is_stood_in_for(void **state)
{
	const struct duty_notice *asked;

	(void)state;
	put_two();
	tick(at(42, 59));
	assert_null(told("v-2", NOTICE_TOMORROW));
	tick(at(43, 0));
	assert_non_null(told("v-2", NOTICE_TOMORROW));
	assert_non_null(told("v-3", NOTICE_TOMORROW));
	tick(at(66, 0));
	assert_non_null(told("v-2", NOTICE_SOON));
	restart();
	tick(at(67, 0));
	asked = told("v-2", NOTICE_REACHABLE);
	assert_non_null(asked);
	assert_non_null(told("v-2", NOTICE_HANDOVER));
	assert_int_equal(reply(told("v-3", NOTICE_REACHABLE)->matter, "v-3", true, at(67, 1)).verdict, ROTA_TAKEN);
	tick(at(67, 9));
	assert_null(told("v-3", NOTICE_UNREACHABLE));
	tick(at(67, 10));
	assert_non_null(told("v-3", NOTICE_UNREACHABLE));
	assert_non_null(told("cap", NOTICE_UNREACHABLE));
	assert_non_null(told("v-5", NOTICE_COVER_ASKED));
	assert_int_equal(reply(asked->matter, "v-2", true, at(67, 11)).verdict, ROTA_TAKEN); /* there after all */
	assert_non_null(told("v-5", NOTICE_COVER_OVER));
	assert_true(has("v-2", "night", at(67, 0)));
}

static void who_cannot_come_and_keeps_the_duty_is_asked_again_when_it_begins(void **state)
{
	const struct duty_notice *recalled;

	(void)state;
	put_two();
	tick(at(43, 0));
	recalled = told("v-2", NOTICE_TOMORROW);
	assert_int_equal(reply(recalled->matter, "v-2", false, at(44, 0)).verdict, ROTA_TAKEN);
	assert_non_null(told("v-5", NOTICE_COVER_ASKED));
	assert_int_equal(reply(recalled->matter, "v-2", true, at(44, 5)).verdict, ROTA_TAKEN); /* can after all */
	assert_non_null(told("v-5", NOTICE_COVER_OVER));
	assert_int_equal(reply(recalled->matter, "v-2", false, at(44, 10)).verdict, ROTA_TAKEN);
	for (int64_t hour = 45; hour <= 67; hour++) /* and nobody takes it */
		tick(at(hour, 0));
	assert_true(has("v-2", "night", at(67, 0)));
	assert_non_null(told("v-2", NOTICE_HANDOVER));
	assert_non_null(told("v-2", NOTICE_REACHABLE));
	tick(at(67, 10));
	assert_non_null(told("v-3", NOTICE_UNREACHABLE));
}

static void what_was_due_in_an_outage_is_told_once_and_the_nearest_alone(void **state)
{
	(void)state;
	put_two();
	restart();
	tick(at(66, 30)); /* silent since Monday */
	assert_non_null(told("v-2", NOTICE_SOON));
	assert_null(told("v-2", NOTICE_TOMORROW));
	assert_null(told("v-1", NOTICE_SOON)); /* that duty is under way: is v-1 there? */
	assert_non_null(told("v-1", NOTICE_REACHABLE));
	unsigned before = notice_count;
	restart();
	tick(at(66, 31));
	assert_int_equal(notice_count, before);
}

static void the_team_is_told_each_morning_and_each_week(void **state)
{
	(void)state;
	config.summary_min = 7 * 60 + 30;
	rota_configure(rota, &config);
	put_two();
	tick(at(6, 0));
	tick(at(7, 29));
	assert_null(told("cap", NOTICE_DAY));
	tick(at(7, 30));
	assert_non_null(told("cap", NOTICE_DAY));
	assert_non_null(told("cap", NOTICE_WEEK)); /* a Monday */
	assert_non_null(strstr(told("cap", NOTICE_WEEK)->text_en, "01-07 19:00 night v-2"));
	unsigned before = notice_count;
	restart();
	tick(at(8, 0));
	assert_int_equal(notice_count, before);
	tick(at(32, 0));                            /* late on Tuesday: once */
	assert_int_equal(notice_count, before + 2); /* and a reminder of v-1's duty */
}

static void a_new_roster_tells_those_whose_next_duty_moved_and_no_one_else(void **state)
{
	struct book_duty duties[] = {
		{at(55, 0), at(67, 0), 0, "day", "v-1"},
		{at(67, 0), at(79, 0), 0, "night", "v-5"},
		{at(67, 0), at(79, 0), 1, "backup", "v-3"},
		{at(103, 0), at(115, 0), 0, "day", "v-2"},
	};
	struct rota_answer made;
	unsigned bad;

	(void)state;
	put_two();
	made = swap("v-4", "day", at(103, 0), "v-6", "v-4", "", WALL_NONE, at(1, 0));
	assert_int_equal(rota_before(rota, "t-1", at(2, 0)), ERR_OK);
	assert_int_equal(book_put(duty_book(duty), "t-1", duties, 4, at(2, 0), &bad), ERR_OK);
	assert_int_equal(rota_changed(rota, "t-1", true, at(2, 0)), ERR_OK);
	take_effects();
	assert_non_null(told("v-2", NOTICE_MOVED));
	assert_non_null(told("v-4", NOTICE_MOVED));
	assert_non_null(told("v-5", NOTICE_MOVED));
	assert_null(told("v-1", NOTICE_MOVED));
	assert_null(told("v-3", NOTICE_MOVED));
	assert_non_null(told("v-6", NOTICE_SWAP_OFF)); /* what was agreed on has gone */
	assert_int_equal(reply(made.id, "v-6", true, at(3, 0)).verdict, ROTA_LATE);
}

static void a_roster_that_is_lost_ends_what_ran_about_it_and_captain_and_desk_know(void **state)
{
	struct rota_answer asked, wanted;
	struct duty_people people;
	unsigned bad;

	(void)state;
	put_two();
	asked = swap("v-1", "day", at(55, 0), "v-5", "v-1", "", WALL_NONE, at(1, 0));
	assert_int_equal(rota_cover(rota, "t-1", "night", at(67, 0), "v-2", at(1, 0), &wanted), ERR_OK);
	tick(at(50, 0)); /* v-1 has been reminded: the duty is watched */
	assert_non_null(told("v-1", NOTICE_TOMORROW));
	const char *helper = told("v-4", NOTICE_COVER_ASKED) ? "v-4" : "v-5";

	assert_int_equal(book_put(duty_book(duty), "t-1", NULL, 0, at(51, 0), &bad), ERR_OK);
	restart(); /* its duties are not in the book of the next start */
	notice_count = 0;
	assert_int_equal(rota_lost(rota, "t-1", at(51, 0)), ERR_OK);
	take_effects();
	assert_non_null(told("cap", NOTICE_ROSTER_LOST));
	assert_non_null(told("desk", NOTICE_ROSTER_LOST));
	assert_int_equal(reply(asked.id, "v-5", true, at(51, 1)).verdict, ROTA_LATE);
	assert_int_equal(reply(wanted.id, helper, true, at(51, 1)).verdict, ROTA_LATE);
	tick(at(60, 0)); /* nobody is asked whether they are reachable for a duty that is not in force */
	assert_null(told("v-1", NOTICE_REACHABLE));
	assert_int_equal(rota_gaps(rota), 0);
	duty_people_at(duty, "t-1", at(60, 0), &people);
	assert_int_equal(people.count, 8); /* as without a roster */
	notice_count = 0;
	put_two();
	assert_true(has("v-1", "day", at(55, 0)));
}

static void the_desk_is_told_of_what_cannot_be_read_each_thing_once(void **state)
{
	(void)state;
	assert_int_equal(rota_state_lost(rota, "incident", "一", "one", at(1, 0)), ERR_OK);
	assert_int_equal(rota_state_lost(rota, "errand", "二", "two", at(1, 0)), ERR_OK);
	take_effects(); /* which holds that no two have one id */
	assert_int_equal(notice_count, 2);
	assert_string_equal(told("desk", NOTICE_STATE_LOST)->text_en, "two");
	assert_string_equal(told("desk", NOTICE_STATE_LOST)->team, "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		T(duties_are_recalled_and_who_does_not_answer_is_stood_in_for),
		T(who_cannot_come_and_keeps_the_duty_is_asked_again_when_it_begins),
		T(what_was_due_in_an_outage_is_told_once_and_the_nearest_alone),
		T(the_team_is_told_each_morning_and_each_week),
		T(a_new_roster_tells_those_whose_next_duty_moved_and_no_one_else),
		T(a_roster_that_is_lost_ends_what_ran_about_it_and_captain_and_desk_know),
		T(the_desk_is_told_of_what_cannot_be_read_each_thing_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
