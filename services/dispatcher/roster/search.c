/* SPDX-License-Identifier: MIT */
#include "dispatcher/roster/search.h"

#include <stdlib.h>
#include <string.h>

#define SCALE 256
#define EFFORT_FIRST 200000
#define EFFORT_STEP 4000
#define LONG_DAYS 70 /* from here on a step re-plans a window, not the whole horizon */
#define THIN_DAYS                                                                                                      \
	120 /* from here on a first line chooses among weekends drawn by lot: A* would take minutes a person */

enum err search_init(struct search *s, const struct roster_model *model, uint64_t seed)
{
	size_t days = (size_t)model->days;

	*s = (struct search){.model = model, .dice.state = seed, .scale = line_scale(model, SCALE), .stuck = -1};
	s->price = malloc(days * (size_t)roster_options(model) * sizeof *s->price);
	s->line = calloc(days, 1);
	s->blank = calloc(days, 1);
	s->saved = calloc(days, SEARCH_TOGETHER_MAX);
	s->may = malloc(days * sizeof *s->may);
	if (!s->price || !s->line || !s->blank || !s->saved || !s->may || line_solver_create(model, &s->solver) ||
		roster_plan_init(&s->now, model) || roster_plan_init(&s->best, model)) {
		search_fini(s);
		return ERR_NOMEM;
	}
	return ERR_OK;
}

void search_fini(struct search *s)
{
	if (!s)
		return;
	line_solver_destroy(s->solver);
	roster_plan_fini(&s->now);
	roster_plan_fini(&s->best);
	free(s->price);
	free(s->line);
	free(s->blank);
	free(s->saved);
	free(s->may);
	*s = (struct search){0};
}

static void add_noise(struct search *s, int from, int until, int32_t most)
{
	int options = roster_options(s->model);

	for (int64_t i = (int64_t)from * options; i < (int64_t)until * options; i++)
		s->price[i] += dice_below(&s->dice, most);
}

/* thin_weekends leaves person only as many weekends as the limit allows, which ones by chance: for horizons whose table
 * would be too large with weekends in it. */
static void thin_weekends(struct search *s, int person)
{
	const struct roster_model *m = s->model;
	const struct roster_person *p = &m->person[person];

	memcpy(s->may, roster_may(m, person, 0), (size_t)m->days * sizeof *s->may);
	for (int i = 0; i < p->limits; i++) {
		if (!m->measure[p->limit[i].measure].weekends)
			continue;
		int total = 0, left = p->limit[i].hi, seen = -1;
		for (int d = 0; d < m->days; d++)
			total += m->weekend[d] >= 0 && (!d || m->weekend[d] != m->weekend[d - 1]);
		bool keep = false;
		for (int d = 0; d < m->days; d++) {
			if (m->weekend[d] < 0)
				continue;
			if (m->weekend[d] != seen) {
				seen = m->weekend[d];
				keep = dice_below(&s->dice, total--) < left;
				left -= keep;
			}
			if (!keep)
				s->may[d] &= 1;
		}
	}
}

/* place gives person the cheapest line for the others as they are; the window's days are off in `now`. */
static enum err place(struct search *s, int person, int from, int until, int32_t noise, int effort, bool *out_placed)
{
	const struct roster_model *m = s->model;
	struct line_task task = {.person = person,
		.from = from,
		.until = until,
		.line = roster_plan_line(&s->now, person),
		.price = s->price,
		.scale = s->scale,
		.effort_max = effort};
	struct line_answer answer;

	roster_plan_price(&s->now, person, s->scale, s->price);
	if (noise > 1)
		add_noise(s, from, until, noise);
	if (until - from == m->days && m->days > THIN_DAYS) {
		thin_weekends(s, person);
		task.may = s->may;
	}
	enum err err = line_solve(s->solver, &task, s->line, &answer);
	for (int tries = 0; !err && !answer.found && until - from == m->days && m->days > LONG_DAYS && tries < 8;
		tries++) {
		thin_weekends(s, person);
		task.may = s->may;
		err = line_solve(s->solver, &task, s->line, &answer);
	}
	*out_placed = !err && answer.found;
	if (*out_placed)
		roster_plan_set(&s->now, person, s->line);
	return err;
}

void search_start(struct search *s, const struct roster_plan *plan)
{
	if (plan != &s->now)
		roster_plan_copy(&s->now, plan);
	if (plan != &s->best)
		roster_plan_copy(&s->best, plan);
	for (int i = 0; i < SEARCH_LATE; i++)
		s->late[i] = plan->cost;
}

/* place_all gives those of whom `open` says so the cheapest line in turn. */
static enum err place_all(struct search *s, const bool *open)
{
	bool placed;

	for (int p = 0; p < s->model->people; p++) {
		if (open && !open[p])
			continue;
		enum err err = place(s, p, 0, s->model->days, 0, EFFORT_FIRST, &placed);
		if (err)
			return err;
		if (!placed) {
			s->stuck = p;
			return ERR_NOT_FOUND;
		}
	}
	search_start(s, &s->now);
	return ERR_OK;
}

enum err search_first(struct search *s)
{
	return place_all(s, NULL);
}

enum err search_again(struct search *s, const struct roster_plan *plan)
{
	int people = s->model->people;
	bool *open = calloc((size_t)people, sizeof *open);

	if (!open)
		return ERR_NOMEM;
	roster_plan_copy(&s->now, plan);
	for (int p = 0; p < people; p++) {
		open[p] = roster_line_fault(s->model, p, roster_plan_line(plan, p)).rule != ROSTER_RULE_NONE;
		if (open[p])
			roster_plan_set(&s->now, p, s->blank);
	}
	enum err err = place_all(s, open);
	free(open);
	return err;
}

struct step {
	int count, from, until;
	int person[SEARCH_TOGETHER_MAX];
	int32_t noise;
};

static struct step choose(struct search *s)
{
	const struct roster_model *m = s->model;
	int together = m->people < 5 ? m->people : 5;
	struct step step = {.count = 1 + dice_below(&s->dice, together), .until = m->days};

	for (int i = 0; i < step.count;) {
		int p = dice_below(&s->dice, m->people), known = 0;
		while (known < i && step.person[known] != p)
			known++;
		if (known == i)
			step.person[i++] = p;
	}
	if (m->days > LONG_DAYS) {
		int length = 14 + dice_below(&s->dice, 29);
		step.from = dice_below(&s->dice, m->days - length + 1);
		step.until = step.from + length;
	}
	static const int noises[] = {0, 1, 2, 4, 8};
	step.noise = noises[dice_below(&s->dice, 5)] * s->scale / 2;
	return step;
}

static void take_out(struct search *s, const struct step *step)
{
	size_t days = (size_t)s->model->days;

	for (int i = 0; i < step->count; i++) {
		const uint8_t *line = roster_plan_line(&s->now, step->person[i]);
		memcpy(s->saved + (size_t)i * days, line, days);
		memcpy(s->line, line, days);
		memset(s->line + step->from, 0, (size_t)(step->until - step->from));
		roster_plan_set(&s->now, step->person[i], s->line);
	}
}

static void put_back(struct search *s, const struct step *step)
{
	for (int i = 0; i < step->count; i++)
		roster_plan_set(&s->now, step->person[i], s->saved + (size_t)i * (size_t)s->model->days);
}

/* one_step takes a few people out and puts them in again; worse answers pass if the late one was no better. */
static enum err one_step(struct search *s)
{
	struct step step = choose(s);
	int64_t before = s->now.cost;
	bool placed = true;
	enum err err = ERR_OK;

	take_out(s, &step);
	for (int i = 0; i < step.count && placed && !err; i++)
		err = place(s, step.person[i], step.from, step.until, step.noise, EFFORT_STEP, &placed);
	int64_t *late = &s->late[s->steps++ % SEARCH_LATE];
	if (err || !placed || (s->now.cost > before && s->now.cost > *late))
		put_back(s, &step);
	*late = s->now.cost;
	if (s->now.cost < s->best.cost)
		roster_plan_copy(&s->best, &s->now);
	return err;
}

enum err search_run(struct search *s, int64_t steps, int64_t enough, const struct roster_watch *watch)
{
	enum err err = ERR_OK;

	for (int64_t i = 0; i < steps && !err && s->best.cost > enough && roster_left(watch) > 0; i++)
		err = one_step(s);
	return err;
}
