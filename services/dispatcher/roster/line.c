/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "dispatcher/roster/line_internal.h"

/* The inner loops are plain minima over 32-bit numbers: worth a version for wider registers where there are any. The
 * choice is the loader's; sanitizers start too late for it, and check the same loops optimized: without, a simulated
 * district spends most of its time under them here. */
#if defined(__clang__)
#define WIDE
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WIDE __attribute__((optimize("O2")))
#elif defined(__x86_64__)
#define WIDE __attribute__((target_clones("avx2", "default"), optimize("O3")))
#else
#define WIDE
#endif

enum err line_solver_create(const struct roster_model *model, struct line_solver **out_solver)
{
	struct line_solver *s = calloc(1, sizeof *s);

	if (!s)
		return ERR_NOMEM;
	s->model = model;
	s->chain = malloc(LINE_CHAINS * sizeof *s->chain);
	s->full = malloc((size_t)LINE_DIGITS_MAX * LINE_OTHERS_MAX);
	s->work = malloc((size_t)model->days);
	if (!s->chain || !s->full || !s->work) {
		line_solver_destroy(s);
		return ERR_NOMEM;
	}
	*out_solver = s;
	return ERR_OK;
}

void line_solver_destroy(struct line_solver *s)
{
	if (!s)
		return;
	free(s->table);
	free(s->lid);
	free(s->full);
	free(s->work);
	free(s->label);
	free(s->extra);
	free(s->queue);
	free(s->chain);
	free(s->next);
	free(s);
}

/* dearest gives the most that an option of a day can cost person or save. */
static int64_t dearest(const struct roster_model *model, int person, int day)
{
	int64_t most = 0;

	for (int k = 0; k <= model->kinds; k++) {
		int64_t cost = llabs(roster_cost(model, person, day)[k]);
		for (int i = model->day_demand[day]; i < model->day_demand[day + 1]; i++) {
			const struct roster_demand *d = &model->demand[i];
			if (d->kinds >> k & 1 && roster_sign(model, d->group, person))
				cost += d->under > d->over ? d->under : d->over;
		}
		most = cost > most ? cost : most;
	}
	return most;
}

/* dearest_limit gives what a limit can cost at most: at the highest amount that a line of person may have. */
static int64_t dearest_limit(const struct roster_model *model, int person, const struct roster_limit *limit)
{
	const struct roster_measure *measure = &model->measure[limit->measure];
	int64_t most = measure->weekends ? model->days : 0;

	for (int d = 0; d < model->days && !measure->weekends; d++) {
		int32_t day = 0;
		for (int k = 1; k <= model->kinds; k++) {
			int32_t amount = roster_amount(model, measure, d, k);
			day = *roster_may(model, person, d) >> k & 1 && amount > day ? amount : day;
		}
		most += day;
	}
	return roster_limit_cost(limit, (int32_t)(most < limit->hi ? most : limit->hi));
}

int32_t line_scale(const struct roster_model *model, int32_t most)
{
	int64_t widest = 1;

	for (int p = 0; p < model->people; p++) {
		int64_t sum = 0;
		for (int d = 0; d < model->days; d++)
			sum += dearest(model, p, d);
		for (int i = 0; i < model->person[p].limits; i++)
			sum += dearest_limit(model, p, &model->person[p].limit[i]);
		widest = sum > widest ? sum : widest;
	}
	int64_t scale = (LINE_TOO_FAR - 1) / 2 / widest;
	return (int32_t)(scale > most ? most : scale);
}

/* A row of units and the digits after it are one run of cells, and a step's amounts are one offset in it: whatever they
 * would take beyond a digit's most lands on a cell that the lid keeps closed. So a step is one plain loop a state. */

WIDE static void reset(int32_t *to, int64_t count)
{
	for (int64_t i = 0; i < count; i++)
		to[i] = LINE_FAR;
}

struct way { /* the next step's cells that an option leads to, and its price */
	const int32_t *from;
	int32_t price;
};

#define PIECE 512 /* cells that stay in the nearest cache while all ways are looked at */

WIDE static void relax(int32_t *restrict to, const int32_t *restrict from, int32_t price, int count)
{
	for (int i = 0; i < count; i++) {
		int32_t way = from[i] + price;
		to[i] = way < to[i] ? way : to[i];
	}
}

/* settle: no way plus its prices must not pile up, and what the lid closes is no way. Cells beyond what can be reached
 * hold what an earlier task left: never asked, but kept within numbers too. */
WIDE static void settle(int32_t *restrict to, const int32_t *restrict lid, int count)
{
	for (int i = 0; i < count; i++) {
		int32_t value = to[i] > lid[i] ? to[i] : lid[i];
		value = value >= LINE_TOO_FAR ? LINE_FAR : value;
		to[i] = value < -LINE_TOO_FAR ? -LINE_TOO_FAR : value;
	}
}

/* cheapest gives each cell the cheapest of the ways on. */
static void cheapest(int32_t *to, const struct way *ways, int way_count, const int32_t *lid, int64_t count)
{
	for (int64_t begin = 0; begin < count; begin += PIECE) {
		int piece = (int)(count - begin < PIECE ? count - begin : PIECE);
		reset(to + begin, piece);
		for (int w = 0; w < way_count; w++)
			relax(to + begin, ways[w].from + begin, ways[w].price, piece);
		settle(to + begin, lid + begin, piece);
	}
}

struct edge { /* the cheapest option of a class on a day */
	int option;
	int32_t price, units;
};

static int day_edges(const struct line_solver *solver, int day, struct edge *edges)
{
	const struct line_shape *s = &solver->shape;
	const int32_t *price = s->task->price + (int64_t)day * roster_options(solver->model);
	int place[ROSTER_OPTIONS_MAX], count = 0;

	if (s->may[day] & 1)
		edges[count++] = (struct edge){.price = price[0]};
	memset(place, -1, sizeof place);
	for (uint64_t kinds = s->may[day] & ~(uint64_t)1; kinds; kinds &= kinds - 1) {
		int k = __builtin_ctzll(kinds), c = s->class_of[k];
		if (place[c] < 0) {
			place[c] = count;
			edges[count++] = (struct edge){k, price[k], line_units(solver->model, s, day, k)};
		} else if (price[k] < edges[place[c]].price) {
			edges[place[c]].option = k;
			edges[place[c]].price = price[k];
		}
	}
	return count;
}

/* way_of gives where an edge leads from a state; false: it is barred there. */
static bool way_of(struct line_solver *solver, int step, int state, const struct edge *edge, struct way *out)
{
	const struct line_shape *s = &solver->shape;
	int day = s->task->from + step, next = line_next(s, state, day, edge->option), more = 0;

	if (next < 0)
		return false;
	for (int i = 0; i < s->digits; i++) {
		const struct line_extra *x = &s->extra[s->digit_extra[i]];
		if (line_more(solver->model, s, x, state, day, edge->option))
			more += x->stride;
	}
	*out = (struct way){line_cell(solver, step + 1, next, more, edge->units), edge->price};
	return true;
}

/* digits_cost gives what the soft limits in the table cost at an index, LINE_FAR beyond a digit's most, and notes which
 * digits are full there. */
static int32_t digits_cost(struct line_solver *solver, int other)
{
	const struct line_shape *s = &solver->shape;
	int64_t cost = 0;
	bool beyond = false;

	for (int i = 0; i < s->digits; i++) {
		const struct line_extra *x = &s->extra[s->digit_extra[i]];
		int value = other / x->stride % (x->room + 2);
		solver->full[i * LINE_OTHERS_MAX + other] = value >= x->room;
		beyond |= value > x->room;
		cost += roster_limit_cost(x->limit, x->used + value) * s->task->scale;
	}
	return beyond || cost >= LINE_FAR ? LINE_FAR : (int32_t)cost; /* beyond what any line can have */
}

/* fill_end writes what each state costs after the last day, and the lid. */
static void fill_end(struct line_solver *solver)
{
	const struct line_shape *s = &solver->shape;
	int steps = s->task->until - s->task->from;
	int64_t block = (int64_t)s->others * s->width;
	int32_t *cost = line_cell(solver, steps, 0, 0, 0);

	for (int other = 0; other < s->others; other++) {
		int32_t soft = digits_cost(solver, other);
		for (int u = 0; u < s->width; u++) {
			int64_t at = (int64_t)other * s->width + u;
			int32_t first = u <= s->units ? line_first_cost(s, u) : LINE_FAR;
			solver->lid[at] = soft == LINE_FAR || u > s->units ? LINE_FAR : -LINE_FAR;
			cost[at] = soft < LINE_TOO_FAR && first < LINE_TOO_FAR ? first + soft : LINE_FAR;
		}
	}
	for (int state = s->states - 1; state >= 0; state--)
		if (line_ending(solver->model, s, state))
			memmove(cost + state * block, cost, (size_t)block * sizeof *cost);
		else
			reset(cost + state * block, block);
}

/* reached gives how many cells of a state the steps before one can have come to, closed ones among them. */
static int64_t reached(const struct line_solver *solver, int step)
{
	const struct line_shape *s = &solver->shape;
	int64_t most = step * (int64_t)(s->width - 1 - s->units), all = (int64_t)s->others * s->width;

	most = most < s->width ? most : s->width - 1;
	for (int i = 0; i < s->digits; i++) {
		const struct line_extra *x = &s->extra[s->digit_extra[i]];
		int value = s->reach[i][step] <= x->room ? s->reach[i][step] : x->room + 1;
		most += (int64_t)value * x->stride * s->width;
	}
	return most < all ? most + 1 : all;
}

/* fill computes the table of backward costs; the table is large enough. */
static void fill(struct line_solver *solver)
{
	const struct line_shape *s = &solver->shape;

	fill_end(solver);
	for (int step = s->task->until - s->task->from - 1; step >= 0; step--) {
		struct edge edges[ROSTER_OPTIONS_MAX] = {0};
		int count = day_edges(solver, s->task->from + step, edges);
		int64_t cells = reached(solver, step);
		for (int state = 0; state < s->states; state++) {
			struct way ways[ROSTER_OPTIONS_MAX];
			int way_count = 0;
			for (int e = 0; e < count; e++)
				way_count += way_of(solver, step, state, &edges[e], &ways[way_count]);
			cheapest(line_cell(solver, step, state, 0, 0), ways, way_count, solver->lid, cells);
		}
	}
}

/* walk follows the table's promise from the start; the promise is kept when no other limit counts. */
static void walk(struct line_solver *solver, uint8_t *out_line)
{
	const struct line_shape *s = &solver->shape;
	int steps = s->task->until - s->task->from, state = s->start, other = 0;
	int32_t units = 0;

	for (int step = 0; step < steps; step++) {
		struct edge edges[ROSTER_OPTIONS_MAX] = {0};
		int day = s->task->from + step, count = day_edges(solver, day, edges);
		int32_t here = *line_cell(solver, step, state, other, units);
		for (int e = 0; e < count; e++) {
			int next = line_next(s, state, day, edges[e].option);
			int then = next < 0 ? -1 : line_other(solver, other, state, day, edges[e].option);
			if (then < 0 || units + edges[e].units > s->units ||
				*line_cell(solver, step + 1, next, then, units + edges[e].units) + edges[e].price !=
					here)
				continue;
			out_line[day] = (uint8_t)edges[e].option;
			state = next;
			other = then;
			units += edges[e].units;
			break;
		}
	}
}

static enum err table_room(struct line_solver *solver)
{
	const struct line_shape *s = &solver->shape;
	int64_t block = (int64_t)s->others * s->width;
	int64_t cells = (int64_t)(s->task->until - s->task->from + 1) * s->states * block + block;

	if (block > solver->lid_room) {
		int32_t *lid = realloc(solver->lid, (size_t)block * sizeof *lid);
		if (!lid)
			return ERR_NOMEM;
		solver->lid = lid;
		solver->lid_room = block;
	}
	if (cells <= solver->table_room)
		return ERR_OK;
	int32_t *table = realloc(solver->table, (size_t)cells * sizeof *table);
	if (!table)
		return ERR_NOMEM;
	reset(table + solver->table_room, cells - solver->table_room);
	solver->table = table;
	solver->table_room = cells;
	return ERR_OK;
}

/* solve_once solves with the limits that are at work now. */
static enum err solve_once(struct line_solver *solver, uint8_t *out_line, struct line_answer *out)
{
	*out = (struct line_answer){.exact = true, .value = INT64_MAX, .bound = INT64_MAX};
	if (!line_shape_arrange(solver->model, &solver->shape)) {
		if (solver->shape.start >= 0) /* too large: no answer, and nothing known of it */
			*out = (struct line_answer){.bound = INT64_MIN};
		return ERR_OK;
	}
	enum err err = table_room(solver);
	if (err)
		return err;
	fill(solver);
	int32_t promise = *line_cell(solver, 0, solver->shape.start, 0, 0);
	if (promise >= LINE_TOO_FAR)
		return ERR_OK;
	if (solver->shape.starred)
		return line_star(solver, out_line, out);
	walk(solver, out_line);
	*out = (struct line_answer){true, true, promise, promise};
	return ERR_OK;
}

enum err line_solve(
	struct line_solver *solver, const struct line_task *task, uint8_t *out_line, struct line_answer *out_answer)
{
	size_t days = (size_t)solver->model->days;

	*out_answer = (struct line_answer){.exact = true, .value = INT64_MAX, .bound = INT64_MAX};
	if (!line_shape_make(solver->model, task, &solver->shape))
		return ERR_OK;
	memcpy(solver->work, task->line, days);
	enum err err;
	int64_t bound = INT64_MIN;
	do {
		err = solve_once(solver, solver->work, out_answer);
		bound = out_answer->bound > bound ? out_answer->bound : bound;
	} while (!err && out_answer->found && line_shape_wake(solver->model, &solver->shape, solver->work));
	out_answer->bound = bound;
	if (!err && out_answer->found)
		memcpy(out_line, solver->work, days);
	return err;
}
