/* SPDX-License-Identifier: MIT
 *
 * A seeded random walk over rosters: duties taken, given up, moved and swapped, set by the captain, absences, plans
 * made anew after a change, small changes of the engine, team after team. After every step the promises that
 * docs/roster.md numbers are held against a record of our own, by rules written here from that document and not taken
 * from the engine. CURTAIN_SEED and CURTAIN_STEPS change the walk; the seed is printed when it fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dispatcher/roster/anneal.h"
#include "dispatcher/roster/solve.h"
#include "dispatcher/roster/team.h"

#define PEOPLE_MAX 9
#define DAYS_MAX 24
#define TEAM_EVERY 3000 /* steps */
#define WATCH_LOOKS 40  /* of a plan made anew: how often the engine may ask for the time */

enum what { TAKE, GIVE_UP, MOVE, SWAP, SET, ABSENCE, SMALL_CHANGES, WHAT_COUNT };

static const char *const what_names[WHAT_COUNT] = {
	"take", "give up", "move", "swap", "set", "absence and plan anew", "small changes"};

static struct dice dice;
static unsigned long seed, step_number;
static unsigned long done[WHAT_COUNT], refused[WHAT_COUNT];
static struct team *team;
static struct roster_model *model;
static struct roster_plan plan;
static uint8_t record[PEOPLE_MAX][DAYS_MAX]; /* option: shift + 1, 0 = off */

#define PROMISE(number, condition)                                                                                     \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			fail_msg("promise %d broken at step %lu, CURTAIN_SEED=%lu: %s", number, step_number, seed,     \
				#condition);                                                                           \
	} while (0)

/* ---- the rules, once more ---- */

static bool frozen(int day, int shift)
{
	int begins = team->part[team->shift[shift].part].from_min + day * 24 * 60;

	return team->has_previous && begins < team->frozen_day * 24 * 60 + team->frozen_min;
}

static int before_of(int v, int day) /* option in the roster in force */
{
	return team->has_previous ? (int)team->previous[v * team->days + day] + 1 : 0;
}

static bool serves(int v, int day, int shift)
{
	const struct team_volunteer *who = &team->volunteer[v];
	int part = team->shift[shift].part, weekday = (int)((team->first + day + 3) % 7);

	return !(team->shift[shift].requires & ~who->tags) && !(who->away[day] & 1 << part) &&
	       (who->weekly[weekday] & 1 << part);
}

static bool day_is_good(int v, int day, int option)
{
	int fixed = (int)team->fixed[v * team->days + day], before = before_of(v, day);

	if (fixed >= 0)
		return option == fixed + 1;
	if (before && frozen(day, before - 1) && serves(v, day, before - 1))
		return option == before;
	return !option || (serves(v, day, option - 1) && (!frozen(day, option - 1) || option == before));
}

static bool follows(int v, int option, int next)
{
	if (!option || !next)
		return true;
	int part = team->shift[option - 1].part, part_next = team->shift[next - 1].part;

	return !(team->part[part].bars & 1u << part_next) || (team->volunteer[v].nights_in_row && part == part_next);
}

/* month_of: 0 for that of the first day; the walk's teams begin on 20 December 2026 and end before February. */
static int month_of(int day)
{
	return day >= 12;
}

static bool line_is_good(int v, const uint8_t *line)
{
	const struct team_volunteer *who = &team->volunteer[v];
	int last = who->last + 1, run = last ? (who->last_days > 0 ? who->last_days : 1) : 0,
	    months[2] = {who->served, 0};

	for (int d = 0; d < team->days; d++) {
		if (!day_is_good(v, d, line[d]) || !follows(v, last, line[d]))
			return false;
		run = line[d] ? run + 1 : 0;
		months[month_of(d)] += line[d] != 0;
		last = line[d];
		if (run > team->max_run)
			return false;
	}
	/* Who has served more than agreed already is only kept from more. */
	return who->at_most < 0 ||
	       ((months[0] <= who->at_most || months[0] == who->served) && months[1] <= who->at_most);
}

static bool lines_are_good(const struct roster_plan *of)
{
	for (int v = 0; v < team->volunteers; v++)
		if (!line_is_good(v, roster_plan_line(of, v)))
			return false;
	return true;
}

static int counted(int day, int shift)
{
	int count = 0;

	for (int v = 0; v < team->volunteers; v++)
		count += record[v][day] == shift + 1;
	return count;
}

static void check_cost(void)
{
	struct roster_plan fresh;

	assert_int_equal(roster_plan_init(&fresh, model), ERR_OK);
	for (int v = 0; v < team->volunteers; v++)
		roster_plan_set(&fresh, v, record[v]);
	PROMISE(9, fresh.cost == plan.cost);
	PROMISE(9, !memcmp(fresh.count, plan.count, (size_t)model->demands * sizeof *plan.count));
	roster_plan_fini(&fresh);
}

static void check(void)
{
	for (int v = 0; v < team->volunteers; v++) {
		PROMISE(8, !memcmp(roster_plan_line(&plan, v), record[v], (size_t)team->days));
		PROMISE(6, line_is_good(v, record[v])); /* 1 to 6 */
	}
	int day = dice_below(&dice, team->days), shift = dice_below(&dice, team->shifts);
	PROMISE(9, team_count(team, &plan, day, shift) == counted(day, shift));
	if (!dice_below(&dice, 64))
		check_cost();
}

/* ---- teams ---- */

static double looks_left(void *context)
{
	int *left = context;

	return --*left > 0 ? 1 : 0;
}

static void plan_anew(void)
{
	struct roster_plan from, made;
	struct roster_outcome outcome;
	int left = WATCH_LOOKS;
	struct roster_effort effort = {.seed = dice_next(&dice),
		.anneal_steps = 400,
		.first_steps = 10,
		.rounds_max = 1,
		.watch = {looks_left, &left}};

	roster_plan_fini(&plan);
	roster_model_destroy(model);
	assert_int_equal(team_model(team, &model, NULL), ERR_OK);
	assert_int_equal(roster_plan_init(&from, model), ERR_OK);
	assert_int_equal(roster_plan_init(&made, model), ERR_OK);
	if (team->has_previous)
		team_previous(team, &from);
	PROMISE(10, !roster_solve(model, &effort, team->has_previous ? &from : NULL, &made, &outcome, NULL));
	PROMISE(10, !team->has_previous || !lines_are_good(&from) || made.cost <= from.cost);
	roster_plan_fini(&from);
	plan = made;
	for (int v = 0; v < team->volunteers; v++)
		memcpy(record[v], roster_plan_line(&plan, v), (size_t)team->days);
	check_cost();
}

static void new_volunteer(struct team_volunteer *v, int number)
{
	snprintf(v->id, sizeof v->id, "v-%d", number);
	v->tags = (uint32_t)dice_below(&dice, 4);
	for (int d = 0; d < 7; d++)
		v->weekly[d] = (uint8_t)(dice_below(&dice, 4) ? 3 : dice_below(&dice, 4));
	for (int d = 0; d < team->days; d++)
		v->away[d] = (uint8_t)(dice_below(&dice, 12) ? 0 : dice_below(&dice, 4));
	v->at_most = 1 + dice_below(&dice, 12);
	v->served = dice_below(&dice, 6);
	v->duties = dice_below(&dice, 20);
	v->nights = dice_below(&dice, 8);
	v->weekends = dice_below(&dice, 5);
	v->metres = dice_below(&dice, 5000);
	v->last = dice_below(&dice, 5) - 1;
	v->last_days = v->last < 0 ? 0 : 1 + dice_below(&dice, 2);
	v->nights_in_row = !dice_below(&dice, 4);
}

static void new_team(void)
{
	team_destroy(team);
	assert_int_equal(team_create(10 + dice_below(&dice, DAYS_MAX - 10 + 1),
				 5 + dice_below(&dice, PEOPLE_MAX - 5 + 1), 0, 0, &team, NULL),
		ERR_OK);
	snprintf(team->id, sizeof team->id, "t-1");
	team->first = 20807; /* 2026-12-20 */
	team->max_run = 2 + dice_below(&dice, 3);
	for (int s = 0; s < team->shifts; s++) {
		team->shift[s].requires = (uint32_t)(dice_below(&dice, 3) ? 0 : 1 << dice_below(&dice, 2));
		team->shift[s].need_holiday = 1 + dice_below(&dice, 2);
	}
	for (int d = 0; d < team->days; d++)
		team->holiday[d] = !dice_below(&dice, 8);
	for (int v = 0; v < team->volunteers; v++)
		new_volunteer(&team->volunteer[v], v);
	plan_anew();
}

/* put_in_force: what is planned is the roster before the next change; the frozen time goes on. */
static void put_in_force(void)
{
	for (int v = 0; v < team->volunteers; v++)
		for (int d = 0; d < team->days; d++)
			team->previous[v * team->days + d] = (int8_t)(record[v][d] - 1);
	team->has_previous = true;
	team->frozen_day = dice_below(&dice, team->days / 2);
	team->frozen_min = dice_below(&dice, 24 * 60);
}

/* ---- the steps ---- */

/* try_line lets the engine judge a line, holds that against the rules, and takes it if it is good and take says so. */
static bool try_line(int v, const uint8_t *line, bool take)
{
	bool good = line_is_good(v, line);

	PROMISE(7, (roster_line_fault(model, v, line).rule == ROSTER_RULE_NONE) == good);
	if (good && take) {
		roster_plan_set(&plan, v, line);
		memcpy(record[v], line, (size_t)team->days);
	}
	return good;
}

static bool step_take(int v)
{
	int day = dice_below(&dice, team->days), shift = dice_below(&dice, team->shifts);
	uint8_t line[DAYS_MAX];
	enum team_bar bar = team_bar_of(team, &plan, v, day, shift);

	memcpy(line, record[v], sizeof line);
	line[day] = (uint8_t)(shift + 1);
	bool free = !record[v][day], good = free && line_is_good(v, line);
	PROMISE(7, (bar == TEAM_BAR_NONE) == good);
	return good && try_line(v, line, true);
}

static bool step_give_up(int v)
{
	int day = dice_below(&dice, team->days);
	uint8_t line[DAYS_MAX];

	memcpy(line, record[v], sizeof line);
	line[day] = 0;
	return record[v][day] && try_line(v, line, true);
}

static bool step_move(int v)
{
	int from = dice_below(&dice, team->days), to = dice_below(&dice, team->days);
	uint8_t line[DAYS_MAX], option = (uint8_t)dice_below(&dice, team->shifts + 1);

	memcpy(line, record[v], sizeof line);
	line[from] = 0;
	line[to] = option;
	return try_line(v, line, true);
}

/* step_swap: a and b change what they have on some days, both or neither. */
static bool step_swap(int a)
{
	int b = dice_below(&dice, team->volunteers), from = dice_below(&dice, team->days),
	    days = 1 + dice_below(&dice, 2);
	uint8_t one[DAYS_MAX], two[DAYS_MAX];

	memcpy(one, record[a], sizeof one);
	memcpy(two, record[b], sizeof two);
	for (int d = from; d < from + days && d < team->days; d++) {
		one[d] = record[b][d];
		two[d] = record[a][d];
	}
	bool both = try_line(a, one, false);
	both = try_line(b, two, false) && both;
	return a != b && both && try_line(a, one, true) && try_line(b, two, true);
}

static bool step_set(int v) /* the captain sets, or lets go, what somebody has */
{
	int day = dice_below(&dice, team->days);
	int8_t *fixed = &team->fixed[v * team->days + day];

	if (*fixed < 0 && !record[v][day])
		return false;
	*fixed = (int8_t)(*fixed < 0 ? record[v][day] - 1 : -1);
	plan_anew();
	return true;
}

static bool step_absence(int v)
{
	int day = dice_below(&dice, team->days), days = 1 + dice_below(&dice, 4);

	put_in_force();
	for (int d = day; d < day + days && d < team->days; d++)
		team->volunteer[v].away[d] |= (uint8_t)(1 + dice_below(&dice, 3));
	if (!dice_below(&dice, 3)) /* somebody else is back */
		memset(team->volunteer[dice_below(&dice, team->volunteers)].away, 0, TEAM_DAYS_MAX);
	plan_anew();
	return true;
}

static bool step_small_changes(void)
{
	int left = WATCH_LOOKS;
	struct anneal_effort effort = {.steps = 100, .hot = 1000, .cold = 1, .watch = {looks_left, &left}};

	assert_int_equal(anneal_run(&plan, &effort, &dice), ERR_OK);
	for (int v = 0; v < team->volunteers; v++)
		memcpy(record[v], roster_plan_line(&plan, v), (size_t)team->days);
	check_cost();
	return true;
}

static bool step(enum what what)
{
	int v = dice_below(&dice, team->volunteers);

	switch (what) {
	case TAKE:
		return step_take(v);
	case GIVE_UP:
		return step_give_up(v);
	case MOVE:
		return step_move(v);
	case SWAP:
		return step_swap(v);
	case SET:
		return step_set(v);
	case ABSENCE:
		return step_absence(v);
	case SMALL_CHANGES:
	case WHAT_COUNT:
		break;
	}
	return step_small_changes();
}

static enum what next_what(void)
{
	int roll = dice_below(&dice, 10000);

	if (roll < 12)
		return ABSENCE;
	if (roll < 60)
		return SET;
	if (roll < 100)
		return SMALL_CHANGES;
	return (enum what)(roll % 4);
}

static void random_walk_keeps_the_promises(void **state)
{
	const char *given = getenv("CURTAIN_SEED"), *steps = getenv("CURTAIN_STEPS");
	unsigned long count = steps ? strtoul(steps, NULL, 10) : 10000;

	(void)state;
	seed = given ? strtoul(given, NULL, 10) : 20261220;
	dice.state = seed;
	for (step_number = 0; step_number < count; step_number++) {
		if (step_number % TEAM_EVERY == 0)
			new_team();
		enum what what = next_what();
		(*(step(what) ? &done[what] : &refused[what]))++;
		check();
	}
	print_message("%lu steps, seed %lu:", count, seed);
	for (int w = 0; w < WHAT_COUNT; w++) {
		print_message(
			" %s %lu (refused %lu)%s", what_names[w], done[w], refused[w], w + 1 < WHAT_COUNT ? "," : "\n");
		assert_true(done[w] > count / 5000); /* the walk comes by everything */
	}
	roster_plan_fini(&plan);
	roster_model_destroy(model);
	team_destroy(team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(random_walk_keeps_the_promises)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
