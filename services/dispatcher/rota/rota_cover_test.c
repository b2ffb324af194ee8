/* SPDX-License-Identifier: MIT
 *
 * Absences, cover requests and gaps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rota_rig.h"

static bool helps(const void *context, const char *team)
{
	(void)context;
	return strcmp(team, "t-3") != 0;
}

static void an_absence_opens_duties_and_the_first_yes_has_them(void **state)
{
	struct rota_view view;
	unsigned opened;
	char id[ID_BYTES] = "";

	(void)state;
	put_two();
	assert_int_equal(rota_absent(rota, "t-1", "v-2", at(48, 0), at(96, 0), at(48, 0), &opened), ERR_OK);
	take_effects();
	assert_int_equal(opened, 1);
	assert_false(has("v-2", "night", at(67, 0)));
	assert_int_equal(notice_count, 2); /* two at a time, in fair order; v-1 would have no rest */
	assert_non_null(told("v-5", NOTICE_COVER_ASKED));
	assert_non_null(told("v-6", NOTICE_COVER_ASKED));
	for (unsigned i = 0; rota_walk(rota, i, &view); i++)
		if (view.kind == ROTA_COVER)
			text_cut(id, sizeof id, view.id);
	assert_int_equal(reply(id, "v-7", true, at(48, 1)).verdict, ROTA_FOREIGN);
	assert_int_equal(reply(id, "v-5", false, at(48, 1)).verdict, ROTA_TAKEN);
	assert_int_equal(notice_count, 2);
	assert_int_equal(
		reply(id, "v-6", false, at(48, 2)).verdict, ROTA_TAKEN); /* all have said no: the next at once */
	assert_non_null(told("v-7", NOTICE_COVER_ASKED));
	restart();
	tick(at(48, 30)); /* after a while the next, v-7 may still say yes */
	assert_null(told("cap", NOTICE_COVER_OPEN));
	assert_int_equal(reply(id, "v-7", true, at(48, 31)).verdict, ROTA_TAKEN);
	assert_true(has("v-7", "night", at(67, 0)));
	assert_non_null(told("v-7", NOTICE_COVER_YOURS));
	assert_non_null(told("v-2", NOTICE_COVER_OVER));
	assert_non_null(told("v-8", NOTICE_COVER_OVER));
	assert_null(told("v-5", NOTICE_COVER_OVER));
	assert_int_equal(reply(id, "v-8", true, at(48, 32)).verdict, ROTA_LATE);
	assert_int_equal(swap("v-7", "night", at(67, 0), "v-2", "v-7", "", WALL_NONE, at(49, 0)).bar, ROTA_BAR_ABSENT);
}

static void when_nobody_takes_it_captain_and_desk_know_and_the_gap_has_a_name(void **state)
{
	struct rota_view view;
	unsigned opened;
	bool named = false;

	(void)state;
	put_two();
	assert_int_equal(rota_absent(rota, "t-1", "v-2", at(60, 0), at(96, 0), at(60, 0), &opened), ERR_OK);
	take_effects();
	for (int minute = 0; minute < 420; minute++)
		tick(at(60, minute));
	assert_non_null(told("cap", NOTICE_COVER_OPEN));
	assert_non_null(told("desk", NOTICE_COVER_OPEN));
	for (unsigned i = 0; rota_walk(rota, i, &view); i++)
		named = named || (view.kind == ROTA_COVER && view.state == ROTA_CLIMBED && !*view.user);
	assert_true(named);
	tick(at(79, 0));
	tick(at(79, 1));
	for (unsigned i = 0; rota_walk(rota, i, &view); i++)
		assert_false(view.kind == ROTA_COVER);
}

/* gap opens v-2's night by an absence at a time, and gives the request's id. */
static void gap(struct wall now, char id[ID_BYTES])
{
	struct rota_view view;
	unsigned opened;

	put_two();
	assert_int_equal(rota_absent(rota, "t-1", "v-2", at(48, 0), at(96, 0), now, &opened), ERR_OK);
	assert_int_equal(opened, 1);
	take_effects();
	for (unsigned i = 0; rota_walk(rota, i, &view); i++)
		if (view.kind == ROTA_COVER)
			text_cut(id, ID_BYTES, view.id);
}

/* give_teams: t-2 and t-3 stand near t-1, t-4 does not; each has one volunteer, w-2 to w-4. */
static void give_teams(void)
{
	for (unsigned t = 2; t <= 4; t++) {
		struct entry team = {.kind = ENTRY_TEAM, .seq = 1};
		char user[ID_BYTES];
		snprintf(team.key, sizeof team.key, "t-%u", t);
		snprintf(user, sizeof user, "w-%u", t);
		text_cut(team.body.team.community, ID_BYTES, t == 4 ? "c-2" : "c-1");
		assert_int_equal(duty_entry(duty, &team), ERR_OK);
		give_person(user, team.key, 1);
	}
	config.helps = helps;
	rota_configure(rota, &config);
}

static void say_no_in_the_team(const char *id, struct wall now)
{
	for (unsigned round = 0; round < 4; round++)
		for (unsigned i = 1; i <= 8; i++) {
			char user[ID_BYTES];
			snprintf(user, sizeof user, "v-%u", i);
			(void)reply(id, user, false, now);
		}
}

static void when_nobody_of_the_team_is_left_teams_near_it_are_asked_and_the_captain_knows_why(void **state)
{
	struct rota_why why;
	char id[ID_BYTES];
	unsigned opened;

	(void)state;
	give_teams();
	gap(at(48, 0), id);
	assert_null(told("w-2", NOTICE_COVER_ASKED));
	say_no_in_the_team(id, at(48, 5));
	assert_non_null(told("w-2", NOTICE_COVER_ASKED)); /* all of the team who may have said no */
	assert_null(told("w-3", NOTICE_COVER_ASKED));     /* their team does not help */
	assert_null(told("w-4", NOTICE_COVER_ASKED));     /* of another community */
	assert_non_null(strstr(told("cap", NOTICE_COVER_OPEN)->text_en, "v-1 (too little rest between two duties)"));
	assert_non_null(strstr(told("cap", NOTICE_COVER_OPEN)->text_en, "could still: w-2"));
	assert_null(told("desk", NOTICE_COVER_OPEN));
	assert_true(rota_why(rota, id, &why));
	assert_int_equal(why.refused, 5);
	assert_int_equal(why.silent, 1);
	assert_int_equal(why.bars[ROTA_BAR_REST], 1);
	assert_int_equal(why.bars[ROTA_BAR_BUSY], 1);
	assert_int_equal(reply(id, "w-2", true, at(50, 0)).verdict, ROTA_TAKEN);
	assert_true(has("w-2", "night", at(67, 0)));
	tick(at(66, 0)); /* they are of the duty: it is not open because they are of another team */
	assert_true(has("w-2", "night", at(67, 0)));
	assert_non_null(told("w-2", NOTICE_SOON));
	assert_int_equal(rota_absent(rota, "t-2", "w-2", at(66, 0), at(90, 0), at(66, 1), &opened), ERR_OK);
	assert_int_equal(opened, 1); /* and an absence opens it like one of their own */
	take_effects();
	assert_false(has("w-2", "night", at(67, 0)));
}

static void another_team_s_skills_are_known_by_their_names(void **state)
{
	static struct rota_rules rules;
	const struct book_duty night = {.from = at(67, 0), .until = at(79, 0), .shift = "night"};

	(void)state;
	give_teams();
	assert_int_equal(rota_rules_read("tag,0,lift\ntag,1,keys\nshift,night,1,3,2\n", &rules, NULL), ERR_OK);
	assert_int_equal(rota_rules_put(rota, "t-1", &rules, WALL_NONE, WALL_NONE, at(0, 0)), ERR_OK);
	assert_int_equal(rota_bar_of(rota, "t-1", &night, "w-2", NULL), ROTA_BAR_SKILL);
	assert_int_equal(rota_rules_read("tag,0,keys\nshift,night,1,3,0\nperson,w-2,1,1,0,0\n", &rules, NULL), ERR_OK);
	assert_int_equal(rota_rules_put(rota, "t-2", &rules, WALL_NONE, WALL_NONE, at(0, 0)), ERR_OK);
	assert_int_equal(rota_bar_of(rota, "t-1", &night, "w-2", NULL), ROTA_BAR_NONE);
	struct book_duty own = {.from = at(31, 0), .until = at(43, 0), .shift = "day", .user = "w-2"};
	assert_int_equal(book_add(duty_book(duty), "t-2", &own), ERR_OK); /* as many a month as offered, in all teams */
	assert_int_equal(rota_bar_of(rota, "t-1", &night, "w-2", NULL), ROTA_BAR_MONTH);
	assert_int_equal(rota_bar_of(rota, "t-1", &night, "w-4", NULL), ROTA_BAR_TEAM);
}

static void the_captain_knows_at_half_time_and_the_desk_when_it_begins(void **state)
{
	char id[ID_BYTES];

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		char user[ID_BYTES];
		snprintf(user, sizeof user, "x-%u", i);
		give_person(user, "t-1", 99);
	}
	config.ask_count = 1;
	rota_configure(rota, &config);
	gap(at(65, 0), id); /* two hours; nobody answers, and there are more to ask than time */
	for (int minute = 0; minute < 58; minute++)
		tick(at(65, minute));
	assert_null(told("cap", NOTICE_COVER_OPEN));
	for (int minute = 58; minute < 75; minute++)
		tick(at(65, minute));
	assert_non_null(told("cap", NOTICE_COVER_OPEN));
	for (int minute = 75; minute < 125; minute++)
		tick(at(65, minute));
	assert_non_null(told("desk", NOTICE_COVER_OPEN));
}

static void a_night_that_is_over_still_counts_after_a_new_roster(void **state)
{
	static struct rota_rules rules;
	struct book_duty tonight = {at(91, 0), at(103, 0), 0, "night", "v-5"},
			 planned = {at(127, 0), at(139, 0), 0, "day", "v-6"};
	unsigned bad;

	(void)state;
	put_two(); /* v-2 has the night of Wednesday */
	assert_int_equal(
		rota_rules_read("month,1970-01-05\nrun,3\nshift,day,0,0,0\nshift,night,1,3,0\nperson,v-2,0,2,1,0\n",
			&rules, NULL),
		ERR_OK);
	assert_int_equal(rota_rules_put(rota, "t-1", &rules, WALL_NONE, WALL_NONE, at(0, 0)), ERR_OK);
	assert_int_equal(book_put(duty_book(duty), "t-1", &planned, 1, at(80, 0), &bad), ERR_OK);
	assert_int_equal(rota_bar_of(rota, "t-1", &tonight, "v-2", NULL), ROTA_BAR_REST);
	tonight.from.ms += 24 * HOUR;
	tonight.until.ms += 24 * HOUR;
	assert_int_equal(rota_bar_of(rota, "t-1", &tonight, "v-2", NULL), ROTA_BAR_MONTH); /* one before, one since */
	assert_int_equal(
		rota_rules_read("month,1970-01-09\nshift,night,1,3,0\nperson,v-2,0,2,1,0\n", &rules, NULL), ERR_OK);
	assert_int_equal(rota_rules_put(rota, "t-1", &rules, WALL_NONE, WALL_NONE, at(0, 0)), ERR_OK);
	assert_int_equal(rota_bar_of(rota, "t-1", &tonight, "v-2", NULL), ROTA_BAR_NONE); /* counted as served, once */
	assert_int_equal(
		rota_rules_read("month,1970-01-09\nshift,night,1,3,0\nperson,v-2,0,1,0,0\n", &rules, NULL), ERR_OK);
	assert_int_equal(rota_rules_put(rota, "t-1", &rules, WALL_NONE, WALL_NONE, at(0, 0)), ERR_OK);
	assert_int_equal(rota_bar_of(rota, "t-1", &tonight, "v-2", NULL), ROTA_BAR_MONTH); /* which the task forgot */
}

static void a_new_roster_fills_as_many_gaps_as_it_has_people(void **state)
{
	struct book_duty duties[] = {{at(55, 0), at(67, 0), 0, "day", "v-1"}, {at(55, 0), at(67, 0), 0, "day", "v-2"},
		{at(55, 0), at(67, 0), 0, "day", "v-3"}};
	unsigned bad, opened;

	(void)state;
	assert_int_equal(book_put(duty_book(duty), "t-1", duties, 3, at(0, 0), &bad), ERR_OK);
	assert_int_equal(rota_absent(rota, "t-1", "v-2", at(48, 0), at(96, 0), at(48, 0), &opened), ERR_OK);
	assert_int_equal(rota_absent(rota, "t-1", "v-3", at(48, 0), at(96, 0), at(48, 0), &opened), ERR_OK);
	assert_int_equal(rota_gaps(rota), 2);
	text_cut(duties[1].user, ID_BYTES, "v-4");
	for (unsigned count = 1; count < 4; count++) {
		if (count == 3)
			text_cut(duties[2].user, ID_BYTES, "v-5");
		assert_int_equal(rota_before(rota, "t-1", at(49, 0)), ERR_OK);
		assert_int_equal(book_put(duty_book(duty), "t-1", duties, count, at(49, 0), &bad), ERR_OK);
		assert_int_equal(rota_changed(rota, "t-1", true, at(49, 0)), ERR_OK);
		assert_int_equal(rota_gaps(rota), 3 - count);
	}
	take_effects();
}

static void a_duty_of_somebody_who_has_left_is_open_a_day_ahead(void **state)
{
	struct entry left = {.kind = ENTRY_VOLUNTEER, .seq = 9, .key = "v-2", .deleted = true};

	(void)state;
	put_two();
	assert_int_equal(duty_entry(duty, &left), ERR_OK);
	tick(at(42, 59));
	assert_null(told("v-5", NOTICE_COVER_ASKED));
	tick(at(43, 0));
	assert_non_null(told("v-5", NOTICE_COVER_ASKED));
	assert_null(told("v-2", NOTICE_TOMORROW));
	assert_false(has("v-2", "night", at(67, 0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		T(an_absence_opens_duties_and_the_first_yes_has_them),
		T(when_nobody_takes_it_captain_and_desk_know_and_the_gap_has_a_name),
		T(when_nobody_of_the_team_is_left_teams_near_it_are_asked_and_the_captain_knows_why),
		T(another_team_s_skills_are_known_by_their_names),
		T(the_captain_knows_at_half_time_and_the_desk_when_it_begins),
		T(a_night_that_is_over_still_counts_after_a_new_roster),
		T(a_new_roster_fills_as_many_gaps_as_it_has_people),
		T(a_duty_of_somebody_who_has_left_is_open_a_day_ahead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
