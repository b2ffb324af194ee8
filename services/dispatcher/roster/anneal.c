/* SPDX-License-Identifier: MIT */
#include "dispatcher/roster/anneal.h"

#include <math.h>
#include <stdlib.h>

#define CHANGES_MAX 4
#define ODDS 1024       /* steps in the table of chances */
#define WATCH_EVERY 512 /* steps between two looks at the clock */

struct change {
	int person, day;
	uint8_t to, from;
	int64_t own; /* what the line cost before */
};

struct move {
	int count;
	struct change change[CHANGES_MAX];
};

/* kept: a number that a move has changed, for taking it back. Most moves are taken back. */
struct kept {
	int32_t *at, was;
};

struct anneal {
	const struct roster_model *model;
	struct roster_plan *plan;
	struct dice *dice;
	int32_t *amount; /* person, limit: what the line has of it */
	struct kept *kept;
	int kept_count;
	double odds[ODDS];
};

static int32_t *amounts_of(const struct anneal *a, int person)
{
	return a->amount + (int64_t)person * ROSTER_LIMITS_MAX;
}

/* ---- a change and its undoing ---- */

/* weekend_free says whether the other day of day's weekend is off, so that day alone makes it a weekend of work. */
static bool weekend_free(const struct roster_model *m, const uint8_t *line, int day)
{
	int weekend = m->weekend[day];

	return weekend >= 0 && !(day && m->weekend[day - 1] == weekend && line[day - 1]) &&
	       !(day + 1 < m->days && m->weekend[day + 1] == weekend && line[day + 1]);
}

static int32_t limit_change(
	const struct roster_model *m, const struct roster_measure *measure, const uint8_t *line, const struct change *c)
{
	if (!measure->weekends)
		return roster_amount(m, measure, c->day, c->to) - roster_amount(m, measure, c->day, line[c->day]);
	return weekend_free(m, line, c->day) ? !!c->to - !!line[c->day] : 0;
}

static void add(struct anneal *a, int32_t *number, int32_t change)
{
	a->kept[a->kept_count++] = (struct kept){number, *number};
	*number += change;
}

static void count_demands(struct anneal *a, const struct change *c, int from)
{
	const struct roster_model *m = a->model;

	for (int i = m->day_demand[c->day]; i < m->day_demand[c->day + 1]; i++) {
		const struct roster_demand *d = &m->demand[i];
		int change = (int)(d->kinds >> c->to & 1) - (int)(d->kinds >> from & 1);
		if (!change)
			continue;
		change *= roster_sign(m, d->group, c->person);
		if (!change)
			continue;
		a->plan->cost -= roster_demand_cost(d, a->plan->count[i]);
		add(a, &a->plan->count[i], change);
		a->plan->cost += roster_demand_cost(d, a->plan->count[i]);
	}
}

static void apply(struct anneal *a, struct change *c)
{
	const struct roster_model *m = a->model;
	const struct roster_person *p = &m->person[c->person];
	uint8_t *line = roster_plan_line(a->plan, c->person);
	const int32_t *cost = roster_cost(m, c->person, c->day);
	int64_t own = cost[c->to] - cost[line[c->day]];
	int32_t *amount = amounts_of(a, c->person);

	c->from = line[c->day];
	c->own = a->plan->own[c->person];
	for (int i = 0; i < p->limits; i++) {
		int32_t change = limit_change(m, &m->measure[p->limit[i].measure], line, c);
		if (!change)
			continue;
		if (p->limit[i].weight)
			own += roster_limit_cost(&p->limit[i], amount[i] + change) -
			       roster_limit_cost(&p->limit[i], amount[i]);
		add(a, &amount[i], change);
	}
	count_demands(a, c, c->from);
	line[c->day] = c->to;
	a->plan->own[c->person] += own;
	a->plan->cost += own;
}

static void undo(struct anneal *a, const struct move *move, int64_t cost)
{
	while (a->kept_count) {
		const struct kept *kept = &a->kept[--a->kept_count];
		*kept->at = kept->was;
	}
	for (int i = move->count - 1; i >= 0; i--) {
		const struct change *c = &move->change[i];
		roster_plan_line(a->plan, c->person)[c->day] = c->from;
		a->plan->own[c->person] = c->own;
	}
	a->plan->cost = cost;
}

/* ---- rules ---- */

static bool limits_hold(const struct anneal *a, int person)
{
	const struct roster_person *p = &a->model->person[person];
	const int32_t *amount = amounts_of(a, person);

	for (int i = 0; i < p->limits; i++)
		if (amount[i] < p->limit[i].lo || amount[i] > p->limit[i].hi)
			return false;
	return true;
}

/* bars_hold: option may stand on day between what stands before and after it. */
static bool bars_hold(
	const struct roster_model *m, const struct roster_person *p, const uint8_t *line, int day, int option)
{
	int before = p->open_start ? 0 : p->before;

	if (day)
		before = line[day - 1];
	return !(p->bars[before] >> option & 1) && !(day + 1 < m->days && p->bars[option] >> line[day + 1] & 1);
}

/* hopeless finds a change that the days beside it bar, which no other change of the move touches: most moves end here,
 * before anything is counted. */
static bool hopeless(const struct anneal *a, const struct move *move)
{
	const struct roster_model *m = a->model;

	for (int i = 0; i < move->count; i++) {
		const struct change *c = &move->change[i];
		bool alone = true;
		for (int j = 0; j < move->count; j++)
			alone &= j == i || move->change[j].person != c->person || abs(move->change[j].day - c->day) > 1;
		if (alone && !bars_hold(m, &m->person[c->person], roster_plan_line(a->plan, c->person), c->day, c->to))
			return true;
	}
	return false;
}

static bool run_holds(const struct roster_model *m, const struct roster_person *p, const uint8_t *line, int day)
{
	int run = 1, first = day;

	if (!p->max_run || !line[day])
		return true;
	while (first > 0 && line[first - 1] && run <= p->max_run) {
		run++;
		first--;
	}
	if (!first && !p->open_start && p->before)
		run += p->before_run;
	for (int d = day + 1; d < m->days && line[d] && run <= p->max_run; d++)
		run++;
	return run <= p->max_run;
}

static bool rules_hold(const struct anneal *a, const struct change *c)
{
	const struct roster_model *m = a->model;
	const struct roster_person *p = &m->person[c->person];
	const uint8_t *line = roster_plan_line(a->plan, c->person);

	if (p->min_run > 1 || p->min_rest > 1)
		return !roster_line_fault(m, c->person, line).rule;
	return bars_hold(m, p, line, c->day, line[c->day]) && run_holds(m, p, line, c->day) &&
	       limits_hold(a, c->person);
}

/* ---- moves ---- */

/* put adds a change to the move; false = the person may not have that on the day. */
static bool put(const struct anneal *a, struct move *move, int person, int day, int to)
{
	if (!(*roster_may(a->model, person, day) >> to & 1))
		return false;
	move->change[move->count++] = (struct change){.person = person, .day = day, .to = (uint8_t)to};
	return true;
}

/* exchange: two people change places on a day. */
static bool exchange(const struct anneal *a, struct move *move, int one, int other, int day)
{
	int x = roster_plan_line(a->plan, one)[day], y = roster_plan_line(a->plan, other)[day];

	return x != y && put(a, move, one, day, y) && put(a, move, other, day, x);
}

static int another(struct anneal *a, int person)
{
	int other = dice_below(a->dice, a->model->people - 1);

	return other + (other >= person);
}

/* near gives another day, most often one that rest and runs tie to day. */
static int near(struct anneal *a, int day)
{
	int days = a->model->days, then = dice_below(a->dice, 2) ? day + dice_below(a->dice, 7) - 3 : -1;

	return then >= 0 && then < days ? then : dice_below(a->dice, days);
}

/* set: one person has another option on a day. */
static bool set(struct anneal *a, struct move *move, int person, int day)
{
	int to = dice_below(a->dice, roster_options(a->model));

	return roster_plan_line(a->plan, person)[day] != to && put(a, move, person, day, to);
}

/* draw makes a move: one person's cell, or two of them, or one and an exchange with somebody else on another day; two
 * people on one day or on two; or a chain of three people on two days. */
static bool draw(struct anneal *a, struct move *move)
{
	const struct roster_model *m = a->model;
	int kind = dice_below(a->dice, 16), day = dice_below(a->dice, m->days), one = dice_below(a->dice, m->people);

	move->count = 0;
	int then = kind < 2 || m->people < 2 ? day : near(a, day);
	if (kind < 5 || m->people < 2) {
		if (!set(a, move, one, day) || kind < 2)
			return move->count > 0;
		if (then == day)
			return false;
		return kind < 3 || m->people < 2 ? set(a, move, one, then)
						 : exchange(a, move, one, another(a, one), then);
	}
	int other = another(a, one);
	if (!exchange(a, move, one, other, day))
		return false;
	if (kind < 8)
		return true;
	if (then == day)
		return false;
	if (kind < 14)
		return exchange(a, move, one, other, then);
	int third = another(a, other);
	return third != one && exchange(a, move, other, third, then);
}

/* try_move leaves the plan changed if the move keeps the rules and costs at most more. */
static bool try_move(struct anneal *a, struct move *move, int64_t more)
{
	int64_t before = a->plan->cost;
	bool holds = true;

	if (hopeless(a, move))
		return false;
	a->kept_count = 0;
	for (int i = 0; i < move->count; i++)
		apply(a, &move->change[i]);
	if (a->plan->cost - before > more)
		holds = false;
	for (int i = 0; i < move->count && holds; i++)
		holds = rules_hold(a, &move->change[i]);
	if (!holds)
		undo(a, move, before);
	return holds;
}

/* take_sample keeps the roster of a step if its turn has come: at even distances over the colder half. */
static void take_sample(const struct anneal *a, const struct anneal_effort *effort, int64_t step)
{
	int64_t half = effort->steps / 2,
		apart = effort->samples ? half / effort->samples / WATCH_EVERY * WATCH_EVERY : 0;

	if (!apart || step < half)
		return;
	int64_t index = (step - half) / apart;
	if ((step - half) % apart < WATCH_EVERY && index < effort->samples)
		roster_plan_copy(&effort->sample[index], a->plan);
}

static void run(struct anneal *a, const struct anneal_effort *effort, struct roster_plan *best)
{
	double heat = effort->hot, cool = pow(effort->cold / effort->hot, (double)WATCH_EVERY / (double)effort->steps);

	for (int64_t step = 0; step < effort->steps; step++) {
		struct move move;
		if (step % WATCH_EVERY == 0) {
			heat *= step ? cool : 1;
			take_sample(a, effort, step);
			if (roster_left(&effort->watch) <= 0)
				return;
		}
		if (!draw(a, &move) || !try_move(a, &move, (int64_t)(heat * a->odds[dice_below(a->dice, ODDS)])))
			continue;
		if (a->plan->cost < best->cost)
			roster_plan_copy(best, a->plan);
	}
}

/* start makes room and measures the lines as they are. */
static enum err start(struct anneal *a)
{
	const struct roster_model *m = a->model;
	int widest = 0;

	for (int d = 0; d < m->days; d++)
		widest = m->day_demand[d + 1] - m->day_demand[d] > widest ? m->day_demand[d + 1] - m->day_demand[d]
									  : widest;
	a->kept = malloc(CHANGES_MAX * (ROSTER_LIMITS_MAX + (size_t)widest) * sizeof *a->kept);
	a->amount = calloc((size_t)m->people, ROSTER_LIMITS_MAX * sizeof *a->amount);
	if (!a->kept || !a->amount)
		return ERR_NOMEM;
	for (int p = 0; p < m->people; p++)
		for (int i = 0; i < m->person[p].limits; i++)
			amounts_of(a, p)[i] = roster_measured(
				m, &m->measure[m->person[p].limit[i].measure], roster_plan_line(a->plan, p));
	for (int i = 0; i < ODDS; i++)
		a->odds[i] = -log(((double)i + 0.5) / ODDS);
	return ERR_OK;
}

enum err anneal_run(struct roster_plan *plan, const struct anneal_effort *effort, struct dice *dice)
{
	struct anneal a = {.model = plan->model, .plan = plan, .dice = dice};
	struct roster_plan best = {0};
	enum err err = start(&a);

	if (!err)
		err = roster_plan_init(&best, plan->model);
	if (!err) {
		roster_plan_copy(&best, plan);
		for (int i = 0; i < effort->samples; i++)
			roster_plan_copy(&effort->sample[i], plan);
		run(&a, effort, &best);
		roster_plan_copy(plan, &best);
	}
	roster_plan_fini(&best);
	free(a.amount);
	free(a.kept);
	return err;
}
