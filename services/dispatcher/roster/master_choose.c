/* SPDX-License-Identifier: MIT
 *
 * A whole-number choice among the lines already known, by CBC. A line whose reduced cost is not below the gap between
 * plan and program cannot be part of a better choice (of known lines) and stays out.
 */
#include <coin/Cbc_C_Interface.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatcher/roster/master_internal.h"

/* CBC looks at its clock between steps only, and a step of a large problem may take as long again as it was given. */
#define SHARE 0.3 /* of the time left that it is given at most */
#define SECONDS_MIN 1.0

struct choice {
	int *starts, *rows, *line; /* columns: slacks, then line[i] */
	double *elements, *lower, *upper, *cost, *row_lower, *row_upper;
	int columns, entries;
};

static void choice_fini(struct choice *c)
{
	free(c->starts);
	free(c->rows);
	free(c->line);
	free(c->elements);
	free(c->lower);
	free(c->upper);
	free(c->cost);
	free(c->row_lower);
	free(c->row_upper);
}

static enum err choice_init(struct choice *c, const struct master *m)
{
	size_t columns = (size_t)m->fixed_columns + (size_t)m->lines;
	size_t rows = (size_t)m->model->people + (size_t)m->model->demands;
	size_t entries = (size_t)m->fixed_columns + (size_t)m->lines * (rows < 1000 ? rows : 1000);

	*c = (struct choice){0};
	c->starts = malloc((columns + 1) * sizeof *c->starts);
	c->line = calloc(columns, sizeof *c->line);
	c->rows = malloc(entries * sizeof *c->rows);
	c->elements = malloc(entries * sizeof *c->elements);
	c->lower = calloc(columns, sizeof *c->lower);
	c->upper = malloc(columns * sizeof *c->upper);
	c->cost = malloc(columns * sizeof *c->cost);
	c->row_lower = malloc(rows * sizeof *c->row_lower);
	c->row_upper = malloc(rows * sizeof *c->row_upper);
	if (c->starts && c->line && c->rows && c->elements && c->lower && c->upper && c->cost && c->row_lower &&
		c->row_upper)
		return ERR_OK;
	choice_fini(c);
	return ERR_NOMEM;
}

static void add_column(struct choice *c, double upper, double cost)
{
	c->upper[c->columns] = upper;
	c->cost[c->columns] = cost;
	c->starts[++c->columns] = c->entries;
}

static void add_entry(struct choice *c, int row, double element)
{
	c->rows[c->entries] = row;
	c->elements[c->entries++] = element;
}

static void add_demands(struct choice *c, const struct roster_model *model)
{
	for (int i = 0; i < model->people; i++)
		c->row_lower[i] = c->row_upper[i] = 1;
	for (int i = 0; i < model->demands; i++) {
		const struct roster_demand *d = &model->demand[i];
		int row = model->people + i;
		c->row_lower[row] = d->lo;
		c->row_upper[row] = d->hi < model->people ? d->hi : model->people;
		add_entry(c, row, 1);
		add_column(c, 2.0 * ROSTER_PEOPLE_MAX, d->under);
		add_entry(c, row, -1);
		add_column(c, 2.0 * ROSTER_PEOPLE_MAX, d->over);
	}
}

/* add_lines adds the lines worth it, those of plan among them; start gets their columns. */
static int add_lines(struct choice *c, struct master *m, const struct roster_plan *plan, int *start)
{
	size_t days = (size_t)m->model->days;
	const double *dual = Clp_dualRowSolution(m->lp);
	double gap = (double)plan->cost - Clp_objectiveValue(m->lp);
	int started = 0;

	for (int i = 0; i < m->lines; i++) {
		int person = m->line[i].person, count = master_entries(m, person, m->options + (size_t)i * days);
		bool own = !memcmp(m->options + (size_t)i * days, roster_plan_line(plan, person), days);
		double reduced = (double)m->line[i].cost;
		for (int e = 0; e < count; e++)
			reduced -= m->element[e] * dual[m->row[e]];
		if (!own && reduced > gap - 1e-6)
			continue;
		if (own)
			start[started++] = c->columns;
		for (int e = 0; e < count; e++)
			add_entry(c, m->row[e], m->element[e]);
		c->line[c->columns] = i;
		add_column(c, 1, (double)m->line[i].cost);
	}
	return started;
}

static void take_choice(
	const struct master *m, const struct choice *c, const double *solution, struct roster_plan *plan)
{
	for (int i = m->fixed_columns; i < c->columns; i++)
		if (solution[i] > 0.5)
			roster_plan_set(plan, m->line[c->line[i]].person,
				m->options + (size_t)c->line[i] * (size_t)m->model->days);
}

static Cbc_Model *load(const struct choice *c, const struct master *m, double seconds, int nodes)
{
	Cbc_Model *mip = Cbc_newModel();
	char text[32];

	if (!mip)
		return NULL;
	Cbc_loadProblem(mip, c->columns, m->model->people + m->model->demands, c->starts, c->rows, c->elements,
		c->lower, c->upper, c->cost, c->row_lower, c->row_upper);
	for (int i = m->fixed_columns; i < c->columns; i++)
		Cbc_setInteger(mip, i);
	Cbc_setLogLevel(mip, 0);
	Cbc_setParameter(mip, "log", "0");
	Cbc_setParameter(mip, "timeMode", "elapsed");
	snprintf(text, sizeof text, "%.1f", seconds);
	Cbc_setParameter(mip, "seconds", text);
	snprintf(text, sizeof text, "%d", nodes);
	Cbc_setParameter(mip, "maxNodes", text);
	return mip;
}

enum err master_choose(struct master *m, struct roster_plan *plan, double seconds, int nodes, bool *out_better,
	const struct roster_watch *watch)
{
	double most = roster_left(watch) * SHARE;

	*out_better = false;
	if (most < SECONDS_MIN)
		return ERR_OK;
	m->watch = watch;
	seconds = seconds < most ? seconds : most;
	struct choice c;
	int *start = malloc(((size_t)m->model->people + 1) * sizeof *start);
	double *ones = malloc(((size_t)m->model->people + 1) * sizeof *ones);
	int64_t before = plan->cost;
	enum err err = start && ones ? master_take(m, plan) : ERR_NOMEM;

	if (!err)
		err = master_solve(m);
	if (!err)
		err = choice_init(&c, m);
	if (!err) {
		c.starts[0] = 0;
		add_demands(&c, m->model);
		int started = add_lines(&c, m, plan, start);
		for (int i = 0; i < started; i++)
			ones[i] = 1;
		Cbc_Model *mip = load(&c, m, seconds, nodes);
		if (mip) {
			Cbc_setMIPStartI(mip, started, start, ones);
			Cbc_solve(mip);
			const double *solution = Cbc_bestSolution(mip);
			if (solution && Cbc_getObjValue(mip) < (double)before - 0.5)
				take_choice(m, &c, solution, plan);
			Cbc_deleteModel(mip);
		}
		choice_fini(&c);
		*out_better = plan->cost < before;
	}
	free(start);
	free(ones);
	return err;
}
