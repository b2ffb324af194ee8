/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "dispatcher/roster/line_internal.h"

/* alike: two kinds that no rule of runs, bars or a limit in the table tells apart. */
static bool alike(const struct roster_model *model, const struct line_shape *s, int a, int b)
{
	const struct roster_person *p = s->person;

	if (p->bars[a] != p->bars[b])
		return false;
	for (int i = 0; i < s->digits; i++) {
		uint64_t kinds = s->extra[s->digit_extra[i]].measure->kinds;
		if ((kinds >> a & 1) != (kinds >> b & 1))
			return false;
	}
	for (int k = 0; k <= model->kinds; k++)
		if ((p->bars[k] >> a & 1) != (p->bars[k] >> b & 1))
			return false;
	if (!p->limits)
		return true;
	const struct roster_measure *first = &model->measure[p->limit[0].measure];
	return (first->kinds >> a & 1) == (first->kinds >> b & 1) &&
	       (!first->minutes || model->kind[a].minutes == model->kind[b].minutes);
}

static void make_classes(const struct roster_model *model, struct line_shape *s)
{
	s->classes = 0;
	for (int k = 1; k <= model->kinds; k++) {
		int c = 0;
		while (c < s->classes && !alike(model, s, s->class_kind[c], k))
			c++;
		if (c == s->classes)
			s->class_kind[s->classes++] = k;
		s->class_of[k] = c;
	}
}

static int state_of(const struct line_shape *s, int option, int length)
{
	if (!option)
		return (length < s->rests ? length : s->rests) - 1;
	return s->rests + s->class_of[option] * s->runs + (length < s->runs ? length : s->runs) - 1;
}

int line_next(const struct line_shape *s, int state, int day, int option)
{
	const struct roster_person *p = s->person;

	if (state < s->rests) {
		if (!option)
			return state + 1 < s->rests ? state + 1 : state;
		return state + 1 < p->min_rest ? -1 : state_of(s, option, 1);
	}
	int worked = (state - s->rests) % s->runs + 1;
	if (!option)
		return worked < p->min_run && !(p->open_start && worked == day) ? -1 : 0;
	if (p->max_run && worked >= p->max_run)
		return -1;
	if (p->bars[s->class_kind[(state - s->rests) / s->runs]] >> option & 1)
		return -1;
	return state_of(s, option, worked + 1);
}

bool line_weekend(const struct roster_model *model, const struct line_shape *s, int state, int day)
{
	const struct line_task *t = s->task;
	int weekend = model->weekend[day];

	if (weekend < 0)
		return false;
	if (day && model->weekend[day - 1] == weekend && state >= s->rests)
		return false;
	return !(day + 1 == t->until && t->until < model->days && model->weekend[t->until] == weekend &&
		 t->line[t->until]);
}

bool line_ending(const struct roster_model *model, const struct line_shape *s, int state)
{
	for (int d = s->task->until; d < model->days && state >= 0; d++)
		state = line_next(s, state, d, s->task->line[d]);
	return state >= 0;
}

static bool inside(const struct line_task *t, int day)
{
	return day >= t->from && day < t->until;
}

/* outside_amount gives what the days outside the window have of a measure. */
static int32_t outside_amount(
	const struct roster_model *model, const struct line_task *t, const struct roster_measure *measure)
{
	int32_t sum = 0;

	for (int d = 0; d < model->days; d++) {
		if (inside(t, d) || !t->line[d])
			continue;
		if (!measure->weekends)
			sum += roster_amount(model, measure, d, t->line[d]);
		else if (model->weekend[d] >= 0)
			sum += !(
				d && !inside(t, d - 1) && t->line[d - 1] && model->weekend[d - 1] == model->weekend[d]);
	}
	return sum;
}

/* adds gives the most that a day can add to a measure, a weekend by its first day on which work is possible. */
static int32_t adds(
	const struct roster_model *model, const struct line_shape *s, const struct roster_measure *measure, int day)
{
	int32_t best = 0;

	if (measure->weekends)
		return model->weekend[day] >= 0 && s->may[day] > 1 &&
		       (day == s->task->from || model->weekend[day - 1] != model->weekend[day] || s->may[day - 1] <= 1);
	for (uint64_t kinds = s->may[day] & measure->kinds; kinds; kinds &= kinds - 1) {
		int32_t amount = roster_amount(model, measure, day, __builtin_ctzll(kinds));
		best = amount > best ? amount : best;
	}
	return best;
}

/* attainable gives the most that the window can add to a measure, whatever may follow what. */
static int32_t attainable(
	const struct roster_model *model, const struct line_shape *s, const struct roster_measure *measure)
{
	int32_t sum = 0;

	for (int d = s->task->from; d < s->task->until; d++)
		sum += adds(model, s, measure, d);
	return sum;
}

/* attainable_barred is the same, but keeps to which kinds may follow each other: worth it for what goes into the table
 * for certain. */
static int32_t attainable_barred(
	const struct roster_model *model, const struct line_shape *s, const struct roster_measure *measure)
{
	int32_t most[ROSTER_OPTIONS_MAX] = {0}, next[ROSTER_OPTIONS_MAX], best = 0;

	for (int d = s->task->from; d < s->task->until; d++) {
		for (int k = 0; k <= model->kinds; k++) {
			next[k] = INT32_MIN / 2;
			if (!(s->may[d] >> k & 1))
				continue;
			for (int before = 0; before <= model->kinds; before++)
				if ((d == s->task->from || !(s->person->bars[before] >> k & 1)) &&
					most[before] > next[k])
					next[k] = most[before];
			next[k] += k ? roster_amount(model, measure, d, k) : 0;
		}
		memcpy(most, next, sizeof most);
	}
	for (int k = 0; k <= model->kinds; k++)
		best = most[k] > best ? most[k] : best;
	return best;
}

static int32_t gcd(int32_t a, int32_t b)
{
	while (b) {
		int32_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

/* make_first puts the first limit into the table. */
static bool make_first(const struct roster_model *model, struct line_shape *s)
{
	const struct roster_person *p = s->person;

	s->first = NULL;
	s->unit = s->units = s->outside = 0;
	if (!p->limits || model->measure[p->limit[0].measure].weekends)
		return true;
	const struct roster_measure *measure = &model->measure[p->limit[0].measure];
	int32_t outside = outside_amount(model, s->task, measure), most = attainable(model, s, measure);
	if (outside > p->limit[0].hi || outside + most < p->limit[0].lo)
		return false;
	if (outside >= p->limit[0].lo && outside + most <= p->limit[0].hi && !p->limit[0].weight)
		return true;
	for (int k = 1; k <= model->kinds; k++)
		if (measure->kinds >> k & 1)
			s->unit = gcd(measure->minutes ? model->kind[k].minutes : 1, s->unit);
	if (!s->unit)
		return p->limit[0].lo <= 0;
	int32_t room = p->limit[0].hi - outside;
	s->first = &p->limit[0];
	s->outside = outside;
	s->units = (room < most ? room : most) / s->unit;
	return true;
}

/* beside_first compares a measure of counts with the first limit's: 1 = it counts the same in the window, 0 = at most
 * that, -1 = neither is sure. */
static int beside_first(
	const struct roster_model *model, const struct line_shape *s, const struct roster_measure *measure)
{
	int same = 1;

	if (!s->first || s->unit != 1 || model->measure[s->first->measure].minutes || measure->weekends)
		return -1;
	for (int d = s->task->from; d < s->task->until; d++)
		for (uint64_t kinds = s->may[d] & ~(uint64_t)1; kinds; kinds &= kinds - 1) {
			int k = __builtin_ctzll(kinds);
			int32_t first = roster_amount(model, &model->measure[s->first->measure], d, k);
			int32_t own = roster_amount(model, measure, d, k);
			if (own > first)
				return -1;
			same &= own == first;
		}
	return same;
}

/* make_twin lets the first limit stand for one that counts the same; false = it does not, or there are too many. */
static bool make_twin(struct line_shape *s, const struct roster_limit *limit, int32_t used)
{
	int32_t room = limit->hi - used;

	if (s->twins == LINE_TWINS_MAX)
		return false;
	s->twin[s->twins] = limit;
	s->twin_outside[s->twins++] = used;
	s->units = room < s->units ? room : s->units;
	return true;
}

static bool make_extras(const struct roster_model *model, struct line_shape *s)
{
	const struct roster_person *p = s->person;

	s->extras = s->twins = 0;
	for (int i = 0; i < p->limits; i++) {
		const struct roster_limit *limit = &p->limit[i];
		const struct roster_measure *measure = &model->measure[limit->measure];
		if (!i && !measure->weekends)
			continue;
		int32_t used = outside_amount(model, s->task, measure), most = attainable(model, s, measure);
		if (used > limit->hi || used + most < limit->lo)
			return false;
		if (used + most <= limit->hi && !limit->weight)
			continue;
		int beside = limit->weight ? beside_first(model, s, measure) : -1;
		if (beside == 1 && make_twin(s, limit, used))
			continue;
		if (limit->weight && !measure->weekends && !measure->minutes) {
			int32_t less = attainable_barred(model, s, measure);
			most = less < most ? less : most;
		}
		if (beside >= 0 && s->units < most)
			most = s->units;
		int32_t room = limit->hi - used < most ? limit->hi - used : most;
		s->extra[s->extras++] = (struct line_extra){.limit = limit,
			.measure = measure,
			.room = room,
			.used = used,
			.waits = !limit->weight && !measure->weekends,
			.digit = -1};
	}
	return true;
}

bool line_shape_make(const struct roster_model *model, const struct line_task *task, struct line_shape *s)
{
	s->task = task;
	s->person = &model->person[task->person];
	s->may = task->may ? task->may : roster_may(model, task->person, 0);
	return make_first(model, s) && make_extras(model, s);
}

static void make_states(const struct roster_model *model, struct line_shape *s)
{
	const struct roster_person *p = s->person;

	make_classes(model, s);
	for (int c = 0; c < s->classes; c++)
		s->class_units[c] = 0;
	for (int c = 0; s->first && c < s->classes; c++)
		if (model->measure[s->first->measure].kinds >> s->class_kind[c] & 1)
			s->class_units[c] =
				(model->measure[s->first->measure].minutes ? model->kind[s->class_kind[c]].minutes
									   : 1) /
				s->unit;
	s->width = s->units + 1;
	for (int c = 0; c < s->classes; c++)
		if (s->units + 1 + s->class_units[c] > s->width)
			s->width = s->units + 1 + s->class_units[c];
	s->rests = p->min_rest;
	s->runs = p->max_run ? p->max_run : p->min_run;
	s->states = s->rests + s->classes * s->runs;
	s->start = p->open_start ? state_of(s, 0, s->rests) : state_of(s, p->before, p->before_run);
	for (int d = 0; d < s->task->from && s->start >= 0; d++)
		s->start = line_next(s, s->start, d, s->task->line[d]);
}

static int64_t cells(const struct line_shape *s)
{
	return (int64_t)(s->task->until - s->task->from + 1) * s->states * s->width * s->others;
}

static void make_digit(const struct roster_model *model, struct line_shape *s, struct line_extra *x)
{
	int from = s->task->from, sum = 0;

	x->digit = s->digits;
	x->stride = s->others;
	s->reach[s->digits][0] = 0;
	for (int d = from; d < s->task->until; d++) {
		sum += adds(model, s, x->measure, d);
		s->reach[s->digits][d - from + 1] = (int16_t)sum;
	}
	s->digit_extra[s->digits++] = (int)(x - s->extra);
	s->others *= x->room + 2;
}

bool line_shape_arrange(const struct roster_model *model, struct line_shape *s)
{
	s->digits = s->starred = 0;
	s->others = 1;
	make_states(model, s);
	for (int i = 0; i < s->extras; i++) {
		struct line_extra *x = &s->extra[i];
		x->digit = -1;
		if (x->waits)
			continue;
		if (s->digits < LINE_DIGITS_MAX && (int64_t)s->others * (x->room + 2) <= LINE_OTHERS_MAX &&
			cells(s) * (x->room + 2) <= LINE_TABLE_WANTED) {
			make_digit(model, s, x);
			make_states(model, s);
		} else {
			s->starred++;
		}
	}
	return s->start >= 0 && cells(s) <= LINE_TABLE_MAX;
}

bool line_shape_wake(const struct roster_model *model, struct line_shape *s, const uint8_t *line)
{
	bool woken = false;

	for (int i = 0; i < s->extras; i++)
		if (s->extra[i].waits && roster_measured(model, s->extra[i].measure, line) > s->extra[i].limit->hi) {
			s->extra[i].waits = false;
			woken = true;
		}
	return woken;
}

int line_more(const struct roster_model *model, const struct line_shape *s, const struct line_extra *x, int state,
	int day, int option)
{
	if (!option)
		return 0;
	return x->measure->weekends ? line_weekend(model, s, state, day)
				    : roster_amount(model, x->measure, day, option);
}

int line_other(const struct line_solver *solver, int other, int state, int day, int option)
{
	const struct line_shape *s = &solver->shape;
	int next = other;

	for (int i = 0; i < s->digits && option; i++) {
		const struct line_extra *x = &s->extra[s->digit_extra[i]];
		if (!line_more(solver->model, s, x, state, day, option))
			continue;
		if (solver->full[i * LINE_OTHERS_MAX + other])
			return -1;
		next += x->stride;
	}
	return next;
}

int32_t line_units(const struct roster_model *model, const struct line_shape *s, int day, int option)
{
	if (!s->first || !option)
		return 0;
	return roster_amount(model, &model->measure[s->first->measure], day, option) / s->unit;
}

int32_t line_first_cost(const struct line_shape *s, int32_t units)
{
	if (!s->first)
		return 0;
	int32_t amount = s->outside + units * s->unit;
	if (amount < s->first->lo || amount > s->first->hi)
		return LINE_FAR;
	int64_t cost = roster_limit_cost(s->first, amount);
	for (int i = 0; i < s->twins; i++)
		cost += roster_limit_cost(s->twin[i], s->twin_outside[i] + units);
	cost *= s->task->scale;
	return (int32_t)(cost < LINE_FAR ? cost : LINE_FAR); /* beyond what any line can have */
}
