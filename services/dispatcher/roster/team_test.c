/* SPDX-License-Identifier: MIT
 *
 * A team's task as a model: rules, memory, what may change after a roster is in force; conflicts; forms.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dispatcher/roster/roster_forms.h"
#include "dispatcher/roster/roster_json.h"

enum { DAY_FIRST, DAY_SECOND, NIGHT_FIRST, NIGHT_SECOND };

#define ANNEAL_STEPS 100000

static double forever(void *context)
{
	(void)context;
	return 1e9;
}

/* people who may always come, from Monday 2026-12-07 on */
static struct team *people(int count, int days)
{
	struct team *team = NULL;

	assert_int_equal(team_create(days, count, 0, 0, &team, NULL), ERR_OK);
	snprintf(team->id, sizeof team->id, "t-01");
	team->first = 20794;
	for (int v = 0; v < count; v++)
		snprintf(team->volunteer[v].id, sizeof team->volunteer[v].id, "v-%02d", v);
	return team;
}

/* six: four duties a day and the rest after a night leave nobody to spare. */
static struct team *six(int days)
{
	return people(6, days);
}

struct solved {
	struct roster_model *model;
	struct roster_plan plan;
	struct roster_outcome outcome;
	enum err err;
};

static struct solved solve(const struct team *team)
{
	struct solved s = {0};
	struct roster_plan from;
	struct roster_effort effort = {.seed = 1,
		.anneal_steps = ANNEAL_STEPS,
		.first_steps = 50,
		.rounds_max = 2,
		.bound = true,
		.gap_permille = 10,
		.watch = {forever, NULL}};

	assert_int_equal(team_model(team, &s.model, NULL), ERR_OK);
	assert_int_equal(roster_plan_init(&s.plan, s.model), ERR_OK);
	assert_int_equal(roster_plan_init(&from, s.model), ERR_OK);
	if (team->has_previous)
		team_previous(team, &from);
	s.err = roster_solve(s.model, &effort, team->has_previous ? &from : NULL, &s.plan, &s.outcome, NULL);
	roster_plan_fini(&from);
	return s;
}

static void solved_fini(struct solved *s)
{
	roster_plan_fini(&s->plan);
	roster_model_destroy(s->model);
}

static int option(const struct solved *s, int volunteer, int day)
{
	return roster_plan_line(&s->plan, volunteer)[day];
}

static void everything_is_covered_and_nights_are_rested_and_shared(void **state)
{
	struct team *team = six(14);
	struct solved s = solve(team);

	(void)state;
	assert_int_equal(s.err, ERR_OK);
	assert_true(s.outcome.bound <= s.plan.cost);
	int least = 99, most = 0;
	for (int v = 0; v < 6; v++) {
		int nights = 0;
		assert_int_equal(roster_line_fault(s.model, v, roster_plan_line(&s.plan, v)).rule, ROSTER_RULE_NONE);
		for (int d = 0; d < 14; d++) {
			bool night = option(&s, v, d) > NIGHT_FIRST;
			nights += night;
			if (night && d)
				assert_true(option(&s, v, d - 1) <= NIGHT_FIRST);
			if (d && option(&s, v, d - 1) > NIGHT_FIRST)
				assert_int_equal(option(&s, v, d), 0);
		}
		least = nights < least ? nights : least;
		most = nights > most ? nights : most;
	}
	assert_true(most - least <= 1);
	for (int d = 0; d < 14; d++)
		for (int shift = 0; shift < 4; shift++)
			assert_int_equal(team_count(team, &s.plan, d, shift), 1);
	solved_fini(&s);
	team_destroy(team);
}

static void who_carried_more_nights_gets_fewer(void **state)
{
	struct team *team = six(14);

	(void)state;
	for (int v = 0; v < 6; v++)
		team->volunteer[v].nights = v < 3 ? 4 : 0;
	struct solved s = solve(team);
	int early = 0, late = 0;
	for (int v = 0; v < 6; v++)
		for (int d = 0; d < 14; d++)
			*(v < 3 ? &early : &late) += option(&s, v, d) > NIGHT_FIRST;
	assert_true(late - early >= 8); /* 28 nights and 12 before them: 20 and 20 in the end, as near as rests allow */
	solved_fini(&s);
	team_destroy(team);
}

static void the_most_of_a_month_counts_what_was_served_in_it(void **state)
{
	struct team *team = six(30); /* to 5 January */

	(void)state;
	team->volunteer[0].at_most = 4;
	team->volunteer[0].served = 3;
	struct solved s = solve(team);
	int months[2] = {0};
	for (int d = 0; d < 30; d++)
		months[team_month(team, d)] += option(&s, 0, d) != 0;
	assert_true(months[0] <= 1);
	assert_true(months[1] <= 4);
	solved_fini(&s);
	team_destroy(team);
}

static void what_was_served_is_no_limit_where_there_is_none(void **state)
{
	struct team *team = people(1, 2);

	(void)state;
	team->volunteer[0].served = 20;
	struct solved s = solve(team);
	assert_int_equal(option(&s, 0, 0) != 0, true);
	assert_int_equal(option(&s, 0, 1) != 0, true);
	solved_fini(&s);
	team_destroy(team);
}

static void put_in_force(struct team *team, const struct solved *s)
{
	team->has_previous = true;
	for (int v = 0; v < team->volunteers; v++)
		for (int d = 0; d < team->days; d++)
			team->previous[v * team->days + d] = (int8_t)(option(s, v, d) - 1);
}

static void a_roster_in_force_without_a_change_stays_as_it_is(void **state)
{
	struct team *team = six(14);
	struct solved first = solve(team);

	(void)state;
	put_in_force(team, &first);
	struct solved again = solve(team);
	assert_memory_equal(first.plan.cell, again.plan.cell, 6 * 14);
	solved_fini(&first);
	solved_fini(&again);
	team_destroy(team);
}

static void an_absence_moves_little_and_nothing_that_is_near(void **state)
{
	struct team *team = people(9, 14);
	struct solved first = solve(team);
	int day = 5, moved = 0;

	(void)state;
	put_in_force(team, &first);
	team->frozen_day = 2;
	team->frozen_min = 12 * 60;
	while (!option(&first, 0, day))
		day++;
	team->volunteer[0].away[day] = 0xff;
	struct solved again = solve(team);
	assert_int_equal(option(&again, 0, day), 0);
	for (int v = 0; v < 9; v++)
		for (int d = 0; d < 14; d++) {
			bool same = option(&first, v, d) == option(&again, v, d);
			moved += !same && (v || d != day) && option(&first, v, d);
			if (d < 2)
				assert_true(same);
		}
	assert_true(moved <= 2);
	for (int shift = 0; shift < 4; shift++)
		assert_int_equal(team_count(team, &again.plan, day, shift), 1);
	solved_fini(&first);
	solved_fini(&again);
	team_destroy(team);
}

static void an_absence_within_what_is_near_leaves_a_gap_and_says_who_could_be_asked(void **state)
{
	struct team *team = six(7);
	struct solved first = solve(team);
	struct buf out;
	int day = 0;

	(void)state;
	put_in_force(team, &first);
	team->frozen_day = 3;
	while (!option(&first, 0, day))
		day++;
	assert_true(day < 3);
	team->volunteer[0].away[day] = 0xff;
	struct solved again = solve(team);
	assert_int_equal(team_count(team, &again.plan, day, option(&first, 0, day) - 1), 0);
	buf_init(&out, 1 << 20);
	assert_int_equal(roster_json_write(team, &again.plan, INT64_MIN, &out), ERR_OK);
	assert_non_null(strstr(out.data, "\"missing\":1"));
	assert_non_null(strstr(out.data, "\"frozen\":"));
	assert_non_null(strstr(out.data, "\"could_ask\":[\"v-"));
	buf_fini(&out);
	solved_fini(&first);
	solved_fini(&again);
	team_destroy(team);
}

/* ---- what cannot hold together ---- */

static void set_duty(struct team *team, int volunteer, int day, int shift)
{
	team->fixed[volunteer * team->days + day] = (int8_t)shift;
}

static void only_rules_that_cannot_hold_together_are_named(void **state)
{
	struct team *team = six(14);
	struct conflict conflict;

	(void)state;
	set_duty(team, 2, 1, NIGHT_FIRST);
	set_duty(team, 2, 2, DAY_FIRST);
	set_duty(team, 2, 9, DAY_FIRST); /* not at fault */
	struct solved s = solve(team);
	assert_int_equal(s.err, ERR_NOT_FOUND);
	assert_int_equal(s.outcome.stuck, 2);
	assert_int_equal(conflict_find(team, 2, &conflict, NULL), ERR_OK);
	assert_int_equal(conflict.rules, 3);
	assert_int_equal(conflict.rule[0].kind, CONFLICT_REST);
	assert_int_equal(conflict.rule[1].day, 1);
	assert_int_equal(conflict.rule[2].day, 2);
	assert_int_equal(team->fixed[2 * 14 + 9], DAY_FIRST); /* restored */
	assert_int_equal(team->max_run, 3);
	assert_int_equal(conflict_find(team, 1, &conflict, NULL), ERR_OK);
	assert_int_equal(conflict.rules, 0);
	solved_fini(&s);
	team_destroy(team);
}

static void days_in_a_row_and_what_went_before_can_be_at_fault(void **state)
{
	struct team *team = six(7);
	struct conflict conflict;

	(void)state;
	team->volunteer[0].last = DAY_FIRST;
	team->volunteer[0].last_days = 3;
	set_duty(team, 0, 0, DAY_FIRST);
	assert_int_equal(conflict_find(team, 0, &conflict, NULL), ERR_OK);
	assert_int_equal(conflict.rules, 3);
	assert_int_equal(conflict.rule[0].kind, CONFLICT_RUN);
	assert_int_equal(conflict.rule[1].kind, CONFLICT_LAST);
	assert_int_equal(conflict.rule[2].kind, CONFLICT_FIXED);
	team_destroy(team);
}

static void the_fewest_of_several_conflicts_are_named(void **state)
{
	struct team *team = six(14);
	struct conflict conflict;

	(void)state;
	team->max_run = 10;
	team->volunteer[0].at_most = 4;
	for (int d = 0; d < 6; d++)
		set_duty(team, 0, d, d == 3 || d == 4 ? NIGHT_FIRST : DAY_FIRST);
	assert_int_equal(conflict_find(team, 0, &conflict, NULL), ERR_OK);
	assert_int_equal(conflict.rules, 3); /* the month's most needs five duties beside it */
	assert_int_equal(conflict.rule[0].kind, CONFLICT_REST);
	assert_int_equal(conflict.rule[1].day, 3);
	assert_int_equal(conflict.rule[2].day, 4);

	team->volunteer[0].served = 4; /* any duty is one too many */
	assert_int_equal(conflict_find(team, 0, &conflict, NULL), ERR_OK);
	assert_int_equal(conflict.rules, 2);
	assert_int_equal(conflict.rule[0].kind, CONFLICT_MONTH);
	team_destroy(team);
}

static void a_duty_set_in_place_of_one_too_near_to_change_is_named_alone(void **state)
{
	struct team *team = six(7);
	struct conflict conflict;

	(void)state;
	team->has_previous = true;
	team->frozen_day = 7;
	team->previous[1] = NIGHT_FIRST;
	set_duty(team, 0, 1, DAY_FIRST);
	team->volunteer[0].at_most = 0;
	assert_int_equal(conflict_find(team, 0, &conflict, NULL), ERR_OK);
	assert_int_equal(conflict.rules, 2);
	assert_int_equal(conflict.rule[0].kind, CONFLICT_MONTH);
	assert_int_equal(conflict.rule[1].kind, CONFLICT_FIXED);
	team_destroy(team);
}

static void two_duties_set_on_one_day_are_at_odds_with_each_other(void **state)
{
	struct team *team = six(7);
	struct conflict conflict;

	(void)state;
	set_duty(team, 0, 2, DAY_FIRST);
	team->twice[2] = NIGHT_FIRST;
	assert_int_equal(conflict_find(team, 0, &conflict, NULL), ERR_OK);
	assert_int_equal(conflict.rules, 2);
	assert_int_equal(conflict.rule[0].shift, DAY_FIRST);
	assert_int_equal(conflict.rule[1].shift, NIGHT_FIRST);
	assert_int_equal(team->twice[2], NIGHT_FIRST);
	struct solved s = solve(team);
	assert_int_equal(s.err, ERR_NOT_FOUND);
	solved_fini(&s);
	team_destroy(team);
}

static void who_is_asked_about_a_gap_is_rested_and_has_no_other_duty_that_day(void **state)
{
	struct team *team = people(3, 3);
	int ask[ROSTER_ASK_MAX];

	(void)state;
	set_duty(team, 0, 1, DAY_SECOND);  /* busy on the day of the gap */
	set_duty(team, 1, 0, NIGHT_FIRST); /* comes off a night */
	for (int v = 0; v < 3; v++)
		for (int d = 0; d < 7; d++)
			team->volunteer[v].weekly[d] = 0; /* a yes may be asked for */
	struct solved s = solve(team);
	assert_int_equal(s.err, ERR_OK);
	assert_int_equal(roster_ask(team, &s.plan, 1, DAY_FIRST, ask), 1);
	assert_int_equal(ask[0], 2);
	solved_fini(&s);
	team_destroy(team);
}

static void the_captain_may_set_more_people_than_a_shift_needs(void **state)
{
	struct team *team = six(7);

	(void)state;
	set_duty(team, 0, 1, DAY_FIRST);
	assert_int_equal(team_most(team, 1, DAY_FIRST), 1);
	set_duty(team, 1, 1, DAY_FIRST);
	assert_int_equal(team_most(team, 1, DAY_FIRST), 2);
	team_destroy(team);
}

/* ---- forms ---- */

static struct roster_plan plan_of(const struct team *team, struct roster_model **out_model)
{
	struct roster_plan plan;

	assert_int_equal(team_model(team, out_model, NULL), ERR_OK);
	assert_int_equal(roster_plan_init(&plan, *out_model), ERR_OK);
	for (int v = 0; v < 4; v++) {
		uint8_t line[7] = {0};
		line[v] = (uint8_t)(1 + v);
		roster_plan_set(&plan, v, line);
	}
	return plan;
}

static void a_calendar_holds_each_duty_in_utc_folded_and_with_a_lasting_uid(void **state)
{
	struct team *team = six(7);
	struct roster_model *model;
	struct roster_form_calendar calendar = {.made = {1800000000000}, .revision = 4};
	struct zone *zone;
	struct buf out;

	(void)state;
	for (int v = 0; v < 6; v++)
		snprintf(team->volunteer[v].label, sizeof team->volunteer[v].label, "示例志愿者;%d,逗号", v);
	struct roster_plan plan = plan_of(team, &model);
	uint8_t line[7] = {0};
	for (int v = 0; v < 6; v++) { /* all on one night: a long description */
		line[2] = v == 2 ? NIGHT_FIRST + 1 : NIGHT_SECOND + 1;
		roster_plan_set(&plan, v, line);
	}
	assert_int_equal(zone_load("+08:00", &zone, NULL), ERR_OK);
	calendar.zone = zone;
	buf_init(&out, 1 << 20);
	assert_int_equal(roster_form_calendar_of(team, &plan, 2, &calendar, &out), ERR_OK);
	assert_non_null(strstr(out.data, "UID:t-01.2026-12-09.night-primary.v-02@curtain\r\nSEQUENCE:4\r\n"));
	assert_non_null(strstr(out.data, "DTSTART:20261209T110000Z\r\nDTEND:20261209T230000Z\r\n"));
	assert_non_null(strstr(out.data, "\\;0\\,"));
	assert_null(strstr(out.data, "2026-12-10"));
	for (const char *at = out.data; *at;) { /* every line ends in CR LF, holds at most 75 bytes, is UTF-8 */
		const char *end = strstr(at, "\r\n");
		assert_non_null(end);
		assert_true(end - at <= 75);
		assert_true((*at & 0xc0) != 0x80);
		at = end + 2;
	}
	zone_destroy(zone);
	buf_fini(&out);
	roster_plan_fini(&plan);
	roster_model_destroy(model);
	team_destroy(team);
}

static void a_table_guards_against_formulas_and_shows_what_is_open(void **state)
{
	struct team *team = six(7);
	struct roster_model *model;
	struct buf out;

	(void)state;
	snprintf(team->volunteer[0].label, sizeof team->volunteer[0].label, "=1+\"1\"");
	struct roster_plan plan = plan_of(team, &model);
	buf_init(&out, 1 << 20);
	assert_int_equal(roster_form_csv(team, &plan, &out), ERR_OK);
	assert_non_null(strstr(out.data, "2026-12-07,周一,day-primary,07:00,19:00,\"'=1+\"\"1\"\"\"\r\n"));
	assert_non_null(strstr(out.data, "2026-12-07,周一,night-backup,19:00,07:00,\r\n"));
	buf_fini(&out);
	roster_plan_fini(&plan);
	roster_model_destroy(model);
	team_destroy(team);
}

static void a_sheet_escapes_what_people_are_called(void **state)
{
	struct team *team = six(7);
	struct roster_model *model;
	struct buf out;

	(void)state;
	snprintf(team->volunteer[0].label, sizeof team->volunteer[0].label, "<b>&");
	struct roster_plan plan = plan_of(team, &model);
	buf_init(&out, 1 << 20);
	assert_int_equal(roster_form_svg(team, &plan, &out), ERR_OK);
	assert_non_null(strstr(out.data, "&lt;b&gt;&amp;"));
	assert_non_null(strstr(out.data, "缺 1 人 open"));
	assert_null(strstr(out.data, "<b>"));
	buf_fini(&out);
	roster_plan_fini(&plan);
	roster_model_destroy(model);
	team_destroy(team);
}

static void faults_of_a_task_name_the_member(void **state)
{
	static const struct {
		const char *json, *says;
	} cases[] = {
		{"{\"team\":\"t\",\"from\":\"2026-12-07\",\"days\":7}", "volunteers"},
		{"{\"team\":\"t\",\"from\":\"2026-13-07\",\"days\":7,\"volunteers\":[{\"id\":\"a\"}]}", "from"},
		{"{\"team\":\"t\",\"from\":\"2026-12-07\",\"days\":0,\"volunteers\":[{\"id\":\"a\"}]}", "days"},
		{"{\"team\":\"t\",\"from\":\"2026-12-07\",\"days\":7,\"volunteers\":[{\"id\":\"a\"},{\"id\":\"a\"}]}",
			"twice"},
		{"{\"team\":\"t\",\"from\":\"2026-12-07\",\"days\":7,\"volunteers\":[{\"id\":\"a\",\"weekly\":[]}]}",
			"weekly"},
		{"{\"team\":\"t\",\"from\":\"2026-12-07\",\"days\":7,\"volunteers\":[{\"id\":\"a\"}],\"colour\":1}",
			"colour"},
		{"{\"team\":\"t\",\"from\":\"2026-12-07\",\"days\":7,\"volunteers\":[{\"id\":\"a\"}],\"fixed\":"
		 "[{\"volunteer\":\"b\",\"date\":\"2026-12-08\",\"shift\":\"day-primary\"}]}",
			"volunteer"},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct team *team = NULL;
		struct errinfo info = {0};
		assert_int_not_equal(roster_json_task(cases[i].json, strlen(cases[i].json), &team, &info), ERR_OK);
		assert_null(team);
		assert_non_null(strstr(info.text, cases[i].says));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_covered_and_nights_are_rested_and_shared),
		cmocka_unit_test(who_carried_more_nights_gets_fewer),
		cmocka_unit_test(the_most_of_a_month_counts_what_was_served_in_it),
		cmocka_unit_test(what_was_served_is_no_limit_where_there_is_none),
		cmocka_unit_test(a_roster_in_force_without_a_change_stays_as_it_is),
		cmocka_unit_test(an_absence_moves_little_and_nothing_that_is_near),
		cmocka_unit_test(an_absence_within_what_is_near_leaves_a_gap_and_says_who_could_be_asked),
		cmocka_unit_test(only_rules_that_cannot_hold_together_are_named),
		cmocka_unit_test(days_in_a_row_and_what_went_before_can_be_at_fault),
		cmocka_unit_test(the_fewest_of_several_conflicts_are_named),
		cmocka_unit_test(a_duty_set_in_place_of_one_too_near_to_change_is_named_alone),
		cmocka_unit_test(two_duties_set_on_one_day_are_at_odds_with_each_other),
		cmocka_unit_test(who_is_asked_about_a_gap_is_rested_and_has_no_other_duty_that_day),
		cmocka_unit_test(the_captain_may_set_more_people_than_a_shift_needs),
		cmocka_unit_test(a_calendar_holds_each_duty_in_utc_folded_and_with_a_lasting_uid),
		cmocka_unit_test(a_table_guards_against_formulas_and_shows_what_is_open),
		cmocka_unit_test(a_sheet_escapes_what_people_are_called),
		cmocka_unit_test(faults_of_a_task_name_the_member),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
