/* SPDX-License-Identifier: MIT
 *
 * The engine against brute force on small random problems, and the reader of the public format.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dispatcher/roster/curtois.h"
#include "dispatcher/roster/solve.h"

#define ROUNDS 400

static double forever(void *context)
{
	(void)context;
	return 1e9;
}

static const struct roster_watch no_hurry = {forever, NULL};

/* ---- random problems ---- */

/* random_person gives p the rules, limits and costs of one who might be real; index: of the model's measures. */
static void random_person(struct dice *dice, struct roster_model *m, int p, const int index[3])
{
	const int kinds = m->kinds;
	const struct roster_measure *work = &m->measure[index[0]];
	struct roster_person *person = &m->person[p];
	int unit = work->minutes ? 60 : 1;

	snprintf(person->id, sizeof person->id, "p%d", p);
	m->member[p] = (int8_t)(dice_below(dice, 3) - 1);
	person->max_run = dice_below(dice, 4);
	person->min_run = person->max_run ? 1 + dice_below(dice, person->max_run) : 1 + dice_below(dice, 2);
	person->min_rest = 1 + dice_below(dice, 3);
	person->open_start = dice_below(dice, 2);
	person->before = dice_below(dice, kinds + 1);
	person->before_run = 1 + dice_below(dice, 3);
	for (int k = 1; k <= kinds; k++) {
		uint64_t half = dice_next(dice); /* a quarter of the kinds */
		person->bars[k] = half & dice_next(dice) & work->kinds;
	}
	int lo = dice_below(dice, 3) * unit;
	struct roster_limit limits[] = {
		{.measure = index[0],
			.lo = lo,
			.hi = lo + dice_below(dice, 8) * unit,
			.weight = dice_below(dice, 2) * 3,
			.carried = dice_below(dice, 5) - 2},
		{.measure = index[1],
			.hi = dice_below(dice, 4),
			.weight = dice_below(dice, 3),
			.carried = dice_below(dice, 5) - 2},
		{.measure = index[2], .hi = dice_below(dice, 3)},
	};
	for (unsigned i = 0; i < 3; i++)
		if (!i || dice_below(dice, 2))
			assert_int_equal(roster_model_limit(m, p, &limits[i]), ERR_OK);
	for (int d = 0; d < m->days; d++) {
		if (!dice_below(dice, 4))
			*roster_may(m, p, d) &= ~((uint64_t)1 << dice_below(dice, kinds + 1));
		for (int k = 0; k <= kinds; k++)
			roster_cost(m, p, d)[k] = dice_below(dice, 6);
	}
}

static struct roster_model *random_model(struct dice *dice, int people, int days, int kinds)
{
	struct roster_model *m;
	struct roster_measure work = {.id = "work"}, late = {.id = "late"},
			      weekends = {.id = "weekends", .weekends = true};
	int index[3];

	assert_int_equal(roster_model_create(days, people, kinds, 1, 1, &m, NULL), ERR_OK);
	for (int k = 1; k <= kinds; k++)
		m->kind[k].minutes = 60 * (2 + dice_below(dice, 3));
	for (int d = 0; d < days; d++) {
		m->weekend[d] = (d + 2) % 4 >= 2 ? (d + 2) / 4 : -1;
		m->set[d] = (uint8_t)dice_below(dice, 2);
	}
	work.kinds = ((uint64_t)2 << kinds) - 2;
	work.minutes = dice_below(dice, 2);
	late.kinds = (uint64_t)1 << kinds;
	late.days = dice_below(dice, 2) ? m->set : NULL;
	assert_int_equal(roster_model_measure(m, &work, &index[0]), ERR_OK);
	assert_int_equal(roster_model_measure(m, &late, &index[1]), ERR_OK);
	assert_int_equal(roster_model_measure(m, &weekends, &index[2]), ERR_OK);
	for (int p = 0; p < people; p++)
		random_person(dice, m, p, index);
	for (int d = 0; d < days; d++)
		for (int k = 1; k <= kinds; k++) {
			struct roster_demand demand = {.day = d,
				.group = dice_below(dice, 2) - 1,
				.kinds = (uint64_t)1 << k,
				.lo = dice_below(dice, 2),
				.under = dice_below(dice, 30),
				.over = dice_below(dice, 8)};
			demand.hi = demand.lo + dice_below(dice, 2);
			assert_int_equal(roster_model_demand(m, &demand), ERR_OK);
		}
	assert_int_equal(roster_model_ready(m, NULL), ERR_OK);
	return m;
}

/* next_line counts a line up like a number; false after the last. */
static bool next_line(const struct roster_model *m, uint8_t *line, int from, int until)
{
	for (int d = from; d < until; d++) {
		if (line[d]++ < m->kinds)
			return true;
		line[d] = 0;
	}
	return false;
}

static int64_t limits_cost(const struct roster_model *m, int person, const uint8_t *line)
{
	int64_t cost = 0;

	for (int i = 0; i < m->person[person].limits; i++)
		cost += roster_limit_cost(&m->person[person].limit[i],
			roster_measured(m, &m->measure[m->person[person].limit[i].measure], line));
	return cost;
}

static int64_t task_cost(const struct roster_model *m, const struct line_task *task, const uint8_t *line)
{
	int64_t cost = limits_cost(m, task->person, line) * task->scale;

	for (int d = task->from; d < task->until; d++)
		cost += task->price[d * roster_options(m) + line[d]];
	return cost;
}

static void solve_line_both_ways(struct dice *dice, int effort)
{
	int days = 5 + dice_below(dice, 3);
	struct roster_model *m = random_model(dice, 1, days, 2);
	struct line_solver *solver;
	int32_t price[8 * 3];
	uint8_t line[8] = {0}, found[8] = {0};
	int64_t best = INT64_MAX;
	struct line_task task = {.until = days, .line = line, .price = price, .scale = 4, .effort_max = effort};
	struct line_answer answer;

	for (int i = 0; i < days * 3; i++)
		price[i] = dice_below(dice, 100) - 50;
	if (!dice_below(dice, 3)) { /* a window; what is outside may or may not fit */
		task.from = dice_below(dice, 2);
		task.until = days - dice_below(dice, 3);
		for (int d = 0; d < days; d++)
			line[d] = (uint8_t)dice_below(dice, 3);
	}
	assert_int_equal(line_solver_create(m, &solver), ERR_OK);
	assert_int_equal(line_solve(solver, &task, found, &answer), ERR_OK);
	memset(line + task.from, 0, (size_t)(task.until - task.from));
	do {
		struct roster_fault fault = roster_line_fault(m, 0, line);
		bool outside = fault.rule == ROSTER_RULE_OPTION && (fault.day < task.from || fault.day >= task.until);
		if ((!fault.rule || outside) && task_cost(m, &task, line) < best && !outside)
			best = task_cost(m, &task, line);
	} while (next_line(m, line, task.from, task.until));
	if (!answer.found) {
		assert_true(best == INT64_MAX || !answer.exact);
	} else if (!roster_line_fault(m, 0, found).rule) {
		assert_int_equal(task_cost(m, &task, found), answer.value);
		assert_true(answer.exact ? answer.value == best : answer.value >= best);
		assert_true(answer.bound <= best);
	} else { /* only what stands outside the window may be at fault */
		assert_int_equal(roster_line_fault(m, 0, found).rule, ROSTER_RULE_OPTION);
		assert_true(best == INT64_MAX);
	}
	line_solver_destroy(solver);
	roster_model_destroy(m);
}

static void the_cheapest_line_is_what_brute_force_finds(void **state)
{
	struct dice dice = {20261124};

	(void)state;
	for (int i = 0; i < 10 * ROUNDS; i++)
		solve_line_both_ways(&dice, 100000);
}

static void a_line_found_with_little_effort_is_valid_and_its_bound_true(void **state)
{
	struct dice dice = {7};

	(void)state;
	for (int i = 0; i < 5 * ROUNDS; i++)
		solve_line_both_ways(&dice, 3);
}

static int64_t brute_force(const struct roster_model *m, struct roster_plan *plan, int person)
{
	uint8_t line[8] = {0};
	int64_t best = INT64_MAX;

	if (person == m->people)
		return plan->cost;
	do {
		if (roster_line_fault(m, person, line).rule)
			continue;
		roster_plan_set(plan, person, line);
		int64_t cost = brute_force(m, plan, person + 1);
		best = cost < best ? cost : best;
	} while (next_line(m, line, 0, m->days));
	return best;
}

static void small_rosters_are_as_cheap_as_brute_force_says(void **state)
{
	struct dice dice = {99};
	int solved = 0, met = 0;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		struct roster_model *m = random_model(&dice, 2, 4, 2);
		struct roster_plan plan, trial;
		struct roster_outcome outcome;
		struct roster_effort effort = roster_effort_usual(m, (uint64_t)i);
		assert_int_equal(roster_plan_init(&plan, m), ERR_OK);
		assert_int_equal(roster_plan_init(&trial, m), ERR_OK);
		effort.watch = no_hurry;
		effort.slices = 0;
		effort.rounds_max = 13;
		effort.choose_seconds = 5;
		int64_t best = brute_force(m, &trial, 0);
		enum err err = roster_solve(m, &effort, NULL, &plan, &outcome, NULL);
		if (best == INT64_MAX) {
			assert_int_equal(err, ERR_NOT_FOUND);
			assert_true(outcome.stuck >= 0);
		} else {
			assert_int_equal(err, ERR_OK);
			assert_true(plan.cost == best);
			assert_true(outcome.bound <= best);
			for (int p = 0; p < m->people; p++)
				assert_int_equal(
					roster_line_fault(m, p, roster_plan_line(&plan, p)).rule, ROSTER_RULE_NONE);
			solved++;
			met += outcome.bound == best;
		}
		roster_plan_fini(&plan);
		roster_plan_fini(&trial);
		roster_model_destroy(m);
	}
	assert_true(solved > ROUNDS / 4);
	assert_true(met * 3 > solved); /* two people who share duties are its hardest case */
}

static void counts_and_cost_follow_every_change(void **state)
{
	struct dice dice = {3};
	struct roster_model *m = random_model(&dice, 5, 6, 3);
	struct roster_plan plan;
	uint8_t line[6];

	(void)state;
	assert_int_equal(roster_plan_init(&plan, m), ERR_OK);
	for (int i = 0; i < 2000; i++) {
		int64_t cost = 0;
		for (int d = 0; d < 6; d++)
			line[d] = (uint8_t)dice_below(&dice, 4);
		roster_plan_set(&plan, dice_below(&dice, 5), line);
		for (int p = 0; p < 5; p++)
			cost += roster_line_cost(m, p, roster_plan_line(&plan, p));
		for (int j = 0; j < m->demands; j++) {
			int count = 0;
			for (int p = 0; p < 5; p++)
				if (m->demand[j].kinds >> roster_plan_line(&plan, p)[m->demand[j].day] & 1)
					count += roster_sign(m, m->demand[j].group, p);
			assert_int_equal(count, plan.count[j]);
			cost += roster_demand_cost(&m->demand[j], count);
		}
		assert_true(cost == plan.cost);
	}
	roster_plan_fini(&plan);
	roster_model_destroy(m);
}

static void the_same_seed_gives_the_same_roster(void **state)
{
	struct dice dice = {5};
	struct roster_model *m = random_model(&dice, 6, 7, 3);
	struct roster_plan plan[2];

	(void)state;
	for (int p = 0; p < m->people; p++) { /* everybody may rest */
		m->person[p].limits = 0;
		m->person[p].open_start = true;
		m->person[p].max_run = 0;
		for (int d = 0; d < m->days; d++)
			*roster_may(m, p, d) |= 1;
	}
	for (int i = 0; i < 2; i++) {
		struct roster_outcome outcome;
		struct roster_effort effort = roster_effort_usual(m, 11);
		effort.watch = no_hurry;
		effort.slices = 0;
		effort.rounds_max = 6;
		assert_int_equal(roster_plan_init(&plan[i], m), ERR_OK);
		assert_int_equal(roster_solve(m, &effort, NULL, &plan[i], &outcome, NULL), ERR_OK);
	}
	assert_memory_equal(plan[0].cell, plan[1].cell, (size_t)m->people * (size_t)m->days);
	roster_plan_fini(&plan[0]);
	roster_plan_fini(&plan[1]);
	roster_model_destroy(m);
}

/* ---- the public format ---- */

static const char small[] =
	"# comment\nSECTION_HORIZON\n7\n\nSECTION_SHIFTS\nE,480,\nN,600,E|N\n\nSECTION_STAFF\n"
	"A,E=7|N=0,2880,960,3,2,2,1\nB,E=7|N=2,2880,0,3,1,1,1\n\nSECTION_DAYS_OFF\nA,0,3\n\n"
	"SECTION_SHIFT_ON_REQUESTS\nA,1,E,4\n\nSECTION_SHIFT_OFF_REQUESTS\nB,2,N,5\n\nSECTION_COVER\n"
	"0,E,1,100,1\n";

static void a_public_file_becomes_a_model(void **state)
{
	struct roster_model *m = NULL;

	(void)state;
	assert_int_equal(curtois_read(small, sizeof small - 1, "small", &m, NULL), ERR_OK);
	assert_int_equal(m->days, 7);
	assert_int_equal(m->people, 2);
	assert_int_equal(m->kinds, 2);
	assert_int_equal(*roster_may(m, 0, 0), 1);     /* a day off */
	assert_int_equal(*roster_may(m, 0, 1), 1 | 2); /* E only: N=0 */
	assert_int_equal(m->person[1].bars[2], 1 << 1 | 1 << 2);
	assert_int_equal(roster_cost(m, 0, 1)[0], 4); /* wanted E: anything else costs */
	assert_int_equal(roster_cost(m, 0, 1)[1], 0);
	assert_int_equal(roster_cost(m, 1, 2)[2], 5);
	assert_int_equal(m->demand[0].under, 100);
	roster_model_destroy(m);
}

static void faults_of_a_file_are_told_with_their_line(void **state)
{
	static const struct {
		const char *from, *to;
		int line;
	} cases[] = {
		{"E,480,", "E,many,", 6},
		{"E|N", "E|X", 10}, /* known once staff is read */
		{"A,0,3", "C,0,3", 14},
		{"A,0,3", "A,0,7", 14},
		{"A,1,E,4", "A,1,E", 17},
		{"0,E,1,100,1", "0,E,1,-5,1", 23},
		{"SECTION_COVER", "SECTION_LID", 22},
		{"SECTION_HORIZON\n7", "SECTION_HORIZON\n0", 3},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[sizeof small + 32];
		const char *at = strstr(small, cases[i].from);
		struct roster_model *m = NULL;
		struct errinfo info = {0};
		snprintf(text, sizeof text, "%.*s%s%s", (int)(at - small), small, cases[i].to,
			at + strlen(cases[i].from));
		assert_int_not_equal(curtois_read(text, strlen(text), "bad", &m, &info), ERR_OK);
		assert_null(m);
		assert_int_equal(info.line, cases[i].line);
	}
}

static void a_person_without_any_line_is_named(void **state)
{
	char text[sizeof small + 32];
	const char *at = strstr(small, "2880,960");
	struct roster_model *m = NULL;
	struct roster_outcome outcome;
	struct roster_plan plan;

	(void)state;
	snprintf(text, sizeof text, "%.*s%s%s", (int)(at - small), small, "2880,2400", at + 8);
	assert_int_equal(curtois_read(text, strlen(text), "impossible", &m, NULL), ERR_OK);
	struct roster_effort effort = roster_effort_usual(m, 1);
	effort.watch = no_hurry;
	effort.slices = 0;
	assert_int_equal(roster_plan_init(&plan, m), ERR_OK);
	assert_int_equal(roster_solve(m, &effort, NULL, &plan, &outcome, NULL), ERR_NOT_FOUND);
	assert_int_equal(outcome.stuck, 0);
	roster_plan_fini(&plan);
	roster_model_destroy(m);
}

static void what_is_out_of_range_is_refused(void **state)
{
	struct roster_model *m = NULL;

	(void)state;
	assert_int_equal(roster_model_create(ROSTER_DAYS_MAX + 1, 1, 1, 0, 0, &m, NULL), ERR_RANGE);
	assert_int_equal(roster_model_create(1, 0, 1, 0, 0, &m, NULL), ERR_RANGE);
	assert_int_equal(roster_model_create(1, 1, ROSTER_KINDS_MAX + 1, 0, 0, &m, NULL), ERR_RANGE);
	assert_int_equal(roster_model_create(ROSTER_DAYS_MAX, 1, ROSTER_KINDS_MAX, 0, 0, &m, NULL), ERR_OK);
	assert_int_equal(roster_model_demand(m, &(struct roster_demand){.day = ROSTER_DAYS_MAX, .group = -1}), ERR_OK);
	assert_int_equal(roster_model_ready(m, NULL), ERR_RANGE);
	roster_model_destroy(m);
	roster_model_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_cheapest_line_is_what_brute_force_finds),
		cmocka_unit_test(a_line_found_with_little_effort_is_valid_and_its_bound_true),
		cmocka_unit_test(small_rosters_are_as_cheap_as_brute_force_says),
		cmocka_unit_test(counts_and_cost_follow_every_change),
		cmocka_unit_test(the_same_seed_gives_the_same_roster),
		cmocka_unit_test(a_public_file_becomes_a_model),
		cmocka_unit_test(faults_of_a_file_are_told_with_their_line),
		cmocka_unit_test(a_person_without_any_line_is_named),
		cmocka_unit_test(what_is_out_of_range_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
