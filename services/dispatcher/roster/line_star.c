/* SPDX-License-Identifier: MIT
 *
 * A* over the days with the table's backward costs as promise. A label is dropped when one of the same day, state,
 * units and weekends costs no more and has no more of any other limit: soft limits grow with their amount, so more
 * never pays. When the effort is spent, the longest lines go first: an answer in short, its bound the least promise
 * left.
 */
#include <stdlib.h>
#include <string.h>

#include "dispatcher/roster/line_internal.h"

static bool earlier(const struct line_solver *s, const struct line_queue_slot *a, const struct line_queue_slot *b)
{
	if (s->deep && a->day != b->day)
		return a->day > b->day;
	if (a->promise != b->promise)
		return a->promise < b->promise;
	if (a->day != b->day)
		return a->day > b->day;
	return a->label < b->label;
}

static void sift_up(struct line_solver *s, int at)
{
	while (at && earlier(s, &s->queue[at], &s->queue[(at - 1) / 2])) {
		struct line_queue_slot slot = s->queue[at];
		s->queue[at] = s->queue[(at - 1) / 2];
		at = (at - 1) / 2;
		s->queue[at] = slot;
	}
}

static void sift_down(struct line_solver *s, int at)
{
	for (;;) {
		int best = at;
		for (int child = 2 * at + 1; child <= 2 * at + 2 && child < s->queued; child++)
			if (earlier(s, &s->queue[child], &s->queue[best]))
				best = child;
		if (best == at)
			return;
		struct line_queue_slot slot = s->queue[at];
		s->queue[at] = s->queue[best];
		s->queue[best] = slot;
		at = best;
	}
}

static struct line_queue_slot pop(struct line_solver *s)
{
	struct line_queue_slot top = s->queue[0];

	s->queue[0] = s->queue[--s->queued];
	sift_down(s, 0);
	return top;
}

static enum err room(struct line_solver *s)
{
	if (s->labels == s->label_room) {
		int more = s->label_room ? s->label_room * 2 : 4096;
		void *label = realloc(s->label, (size_t)more * sizeof *s->label);
		s->label = label ? label : s->label;
		void *next = realloc(s->next, (size_t)more * sizeof *s->next);
		s->next = next ? next : s->next;
		void *extra = realloc(s->extra, (size_t)more * LINE_EXTRAS_MAX * sizeof *s->extra);
		s->extra = extra ? extra : s->extra;
		if (!label || !next || !extra)
			return ERR_NOMEM;
		s->label_room = more;
	}
	if (s->queued == s->queue_room) {
		int more = s->queue_room ? s->queue_room * 2 : 4096;
		void *queue = realloc(s->queue, (size_t)more * sizeof *s->queue);
		if (!queue)
			return ERR_NOMEM;
		s->queue = queue;
		s->queue_room = more;
	}
	return ERR_OK;
}

static uint16_t *extras_of(const struct line_solver *s, int label)
{
	return s->extra + (int64_t)label * s->shape.extras;
}

static unsigned chain_of(const struct line_label *l)
{
	uint32_t hash = (uint32_t)l->day * 2654435761u ^ (uint32_t)l->state * 40503u ^ (uint32_t)l->units * 97u ^
			(uint32_t)l->other * 7919u;

	return (hash ^ hash >> 15) % LINE_CHAINS;
}

/* beaten says whether a closed label makes this one useless. */
static bool beaten(const struct line_solver *s, int at)
{
	const struct line_label *l = &s->label[at];

	for (int i = s->chain[chain_of(l)]; i >= 0; i = s->next[i]) {
		const struct line_label *o = &s->label[i];
		if (o->day != l->day || o->state != l->state || o->units != l->units || o->other != l->other ||
			o->cost > l->cost)
			continue;
		int e = 0;
		while (e < s->shape.extras && extras_of(s, i)[e] <= extras_of(s, at)[e])
			e++;
		if (e == s->shape.extras)
			return true;
	}
	return false;
}

/* add_extras counts a step's starred limits into a new label: false = above one of them. */
static bool add_extras(struct line_solver *s, int from, int to, int day, int option)
{
	for (int e = 0; e < s->shape.extras; e++) {
		const struct line_extra *x = &s->shape.extra[e];
		if (x->waits || x->digit >= 0) {
			extras_of(s, to)[e] = 0;
			continue;
		}
		int32_t had = extras_of(s, from)[e];
		int more = line_more(s->model, &s->shape, x, s->label[from].state, day, option);
		if (had + more > x->room)
			return false;
		extras_of(s, to)[e] = (uint16_t)(had + more);
		if (more && x->limit->weight)
			s->label[to].cost += (roster_limit_cost(x->limit, x->used + had + more) -
						     roster_limit_cost(x->limit, x->used + had)) *
					     s->shape.task->scale;
	}
	return true;
}

static void push(struct line_solver *s, int label)
{
	const struct line_label *l = &s->label[label];
	int32_t rest = *line_cell(s, l->day, l->state, l->other, l->units);

	if (rest >= LINE_TOO_FAR)
		return;
	s->labels = label + 1;
	s->queue[s->queued] = (struct line_queue_slot){l->cost + rest, label, l->day};
	sift_up(s, s->queued++);
}

static enum err expand(struct line_solver *s, int at)
{
	const struct line_shape *shape = &s->shape;
	int day = shape->task->from + s->label[at].day;
	const int32_t *price = shape->task->price + (int64_t)day * roster_options(s->model);

	for (uint64_t options = shape->may[day]; options; options &= options - 1) {
		int k = __builtin_ctzll(options);
		enum err err = room(s);
		if (err)
			return err;
		const struct line_label *from = &s->label[at];
		int next = line_next(shape, from->state, day, k);
		if (next < 0)
			continue;
		int other = line_other(s, from->other, from->state, day, k);
		int32_t units = from->units + line_units(s->model, shape, day, k);
		if (units > shape->units || other < 0)
			continue;
		s->label[s->labels] = (struct line_label){.cost = from->cost + price[k],
			.before = at,
			.day = (int16_t)(from->day + 1),
			.state = (uint16_t)next,
			.units = (uint16_t)units,
			.other = (uint16_t)other,
			.option = (uint8_t)k};
		if (add_extras(s, at, s->labels, day, k))
			push(s, s->labels);
	}
	return ERR_OK;
}

static enum err start(struct line_solver *s)
{
	s->labels = s->queued = 0;
	s->deep = false;
	memset(s->chain, -1, LINE_CHAINS * sizeof *s->chain);
	enum err err = room(s);
	if (err)
		return err;
	s->label[0] = (struct line_label){.before = -1, .state = (uint16_t)s->shape.start};
	for (int e = 0; e < s->shape.extras; e++) {
		const struct line_extra *x = &s->shape.extra[e];
		extras_of(s, 0)[e] = 0;
		if (!x->waits && x->digit < 0)
			s->label[0].cost += roster_limit_cost(x->limit, x->used) * s->shape.task->scale;
	}
	push(s, 0);
	return ERR_OK;
}

/* go_deep turns the queue round; the least promise in it bounds what may still come. */
static int64_t go_deep(struct line_solver *s)
{
	int64_t least = s->queued ? s->queue[0].promise : INT64_MAX;

	s->deep = true;
	for (int i = s->queued / 2 - 1; i >= 0; i--)
		sift_down(s, i);
	return least;
}

static void take(const struct line_solver *s, int at, uint8_t *out_line)
{
	const struct line_task *t = s->shape.task;

	for (int i = at; s->label[i].before >= 0; i = s->label[i].before)
		out_line[t->from + s->label[i].day - 1] = s->label[i].option;
}

enum err line_star(struct line_solver *s, uint8_t *out_line, struct line_answer *out)
{
	int steps = s->shape.task->until - s->shape.task->from, effort = s->shape.task->effort_max;
	enum err err = start(s);

	while (!err && s->queued) {
		struct line_queue_slot top = pop(s);
		if (s->label[top.label].day == steps) {
			take(s, top.label, out_line);
			out->found = true;
			out->value = top.promise;
			out->bound = s->deep ? out->bound : top.promise;
			return ERR_OK;
		}
		if (beaten(s, top.label))
			continue;
		unsigned chain = chain_of(&s->label[top.label]);
		s->next[top.label] = s->chain[chain];
		s->chain[chain] = top.label;
		err = expand(s, top.label);
		if (--effort == 0) {
			out->bound = go_deep(s);
			out->exact = false;
		}
		if (effort < -s->shape.task->effort_max)
			break;
	}
	return err;
}
