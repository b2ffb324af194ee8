/* SPDX-License-Identifier: MIT */
#include "dispatcher/roster/master_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SCALE (1 << 16)
#define SECONDS_MAX 1e6
#define CLP_STOPPED 3 /* Clp_status: by its limits */
#define ROOM (2.0 * ROSTER_PEOPLE_MAX)
#define EFFORT_ROUGH 3000
#define EFFORT_EXACT 400000
#define STEADY 0.7 /* weight of the best bound's prices in those that are tried (Wentges 1997) */

static const double ones[2] = {1.0, -1.0};

static enum err add_slacks(struct master *m)
{
	const struct roster_model *model = m->model;

	for (int i = 0; i < model->demands; i++) {
		const struct roster_demand *d = &model->demand[i];
		int row = model->people + i, rows[2] = {row, row}, starts[3] = {0, 1, 2};
		double lower[2] = {0, 0}, upper[2] = {ROOM, ROOM}, cost[2] = {d->under, d->over};
		Clp_addColumns(m->lp, 2, lower, upper, cost, starts, rows, ones);
	}
	m->fixed_columns = 2 * model->demands;
	return ERR_OK;
}

static enum err build(struct master *m)
{
	const struct roster_model *model = m->model;
	int rows = model->people + model->demands;
	double *lower = malloc((size_t)rows * sizeof *lower), *upper = malloc((size_t)rows * sizeof *upper);
	int *starts = calloc((size_t)rows + 1, sizeof *starts);
	enum err err = lower && upper && starts ? ERR_OK : ERR_NOMEM;

	for (int i = 0; i < rows && !err; i++) {
		const struct roster_demand *d = &model->demand[i - model->people < 0 ? 0 : i - model->people];
		lower[i] = i < model->people ? 1 : d->lo;
		upper[i] = i < model->people ? 1 : d->hi < model->people ? d->hi : model->people;
	}
	if (!err) {
		Clp_addRows(m->lp, rows, lower, upper, starts, NULL, NULL);
		err = add_slacks(m);
	}
	free(lower);
	free(upper);
	free(starts);
	return err;
}

enum err master_create(const struct roster_model *model, struct master **out_master, struct errinfo *info)
{
	struct master *m = calloc(1, sizeof *m);
	size_t rows = (size_t)model->people + (size_t)model->demands;

	if (!m)
		return errinfo_set(info, ERR_NOMEM, "no memory");
	*m = (struct master){.model = model, .scale = line_scale(model, SCALE), .lower = INT64_MIN};
	m->dual = calloc((size_t)model->demands + 1, sizeof *m->dual);
	m->steady = calloc((size_t)model->demands + 1, sizeof *m->steady);
	m->value = calloc((size_t)model->people, sizeof *m->value);
	m->price = malloc((size_t)model->days * (size_t)roster_options(model) * sizeof *m->price);
	m->scratch = calloc((size_t)model->days, 1);
	m->row = malloc(rows * sizeof *m->row);
	m->element = malloc(rows * sizeof *m->element);
	m->lp = Clp_newModel();
	if (!m->dual || !m->steady || !m->value || !m->price || !m->scratch || !m->row || !m->element || !m->lp ||
		line_solver_create(model, &m->solver)) {
		master_destroy(m);
		return errinfo_set(info, ERR_NOMEM, "no memory");
	}
	Clp_setLogLevel(m->lp, 0);
	if (build(m)) {
		master_destroy(m);
		return errinfo_set(info, ERR_NOMEM, "no memory");
	}
	*out_master = m;
	return ERR_OK;
}

void master_destroy(struct master *m)
{
	if (!m)
		return;
	if (m->lp)
		Clp_deleteModel(m->lp);
	line_solver_destroy(m->solver);
	free(m->line);
	free(m->options);
	free(m->dual);
	free(m->steady);
	free(m->value);
	free(m->price);
	free(m->scratch);
	free(m->row);
	free(m->element);
	free(m);
}

int master_entries(struct master *m, int person, const uint8_t *line)
{
	const struct roster_model *model = m->model;
	int count = 1;

	m->row[0] = person;
	m->element[0] = 1;
	for (int i = 0; i < model->demands; i++) {
		const struct roster_demand *d = &model->demand[i];
		int sign = d->kinds >> line[d->day] & 1 ? roster_sign(model, d->group, person) : 0;
		if (!sign)
			continue;
		m->row[count] = model->people + i;
		m->element[count++] = sign;
	}
	return count;
}

static uint64_t hash_of(int person, const uint8_t *line, int days)
{
	uint64_t hash = 1469598103934665603u ^ (uint64_t)person; /* FNV-1a */

	for (int d = 0; d < days; d++)
		hash = (hash ^ line[d]) * 1099511628211u;
	return hash;
}

static enum err line_room(struct master *m)
{
	if (m->lines < m->line_room)
		return ERR_OK;
	int more = m->line_room ? m->line_room * 2 : 1024;
	void *line = realloc(m->line, (size_t)more * sizeof *m->line);
	m->line = line ? line : m->line;
	void *options = realloc(m->options, (size_t)more * (size_t)m->model->days);
	m->options = options ? options : m->options;
	if (!line || !options)
		return ERR_NOMEM;
	m->line_room = more;
	return ERR_OK;
}

enum err master_column(struct master *m, int person, const uint8_t *line, int *out_index)
{
	size_t days = (size_t)m->model->days;
	uint64_t hash = hash_of(person, line, m->model->days);
	enum err err = line_room(m);

	if (err)
		return err;
	for (int i = 0; i < m->lines; i++)
		if (m->line[i].hash == hash && m->line[i].person == person &&
			!memcmp(m->options + (size_t)i * days, line, days)) {
			*out_index = i;
			return ERR_OK;
		}
	int64_t cost = roster_line_cost(m->model, person, line);
	int starts[2] = {0, master_entries(m, person, line)};
	double lower = 0, upper = 1, objective = (double)cost;
	Clp_addColumns(m->lp, 1, &lower, &upper, &objective, starts, m->row, m->element);
	m->line[m->lines] = (struct master_line){person, cost, hash};
	memcpy(m->options + (size_t)m->lines * days, line, days);
	*out_index = m->lines++;
	return ERR_OK;
}

enum err master_take(struct master *m, const struct roster_plan *plan)
{
	enum err err = ERR_OK;
	int index;

	for (int p = 0; p < m->model->people && !err; p++)
		err = master_column(m, p, roster_plan_line(plan, p), &index);
	return err;
}

static int32_t rounded(double dual, int32_t scale, double lo, double hi)
{
	return (int32_t)lround((dual < lo ? lo : dual > hi ? hi : dual) * scale);
}

bool master_hurry(struct master *m)
{
	double left = m->watch ? roster_left(m->watch) : SECONDS_MAX;

	Clp_setMaximumSeconds(m->lp, left < 0 ? 0 : left < SECONDS_MAX ? left : SECONDS_MAX);
	return left > 0;
}

enum err master_solve(struct master *m)
{
	const struct roster_model *model = m->model;

	if (!master_hurry(m))
		return ERR_AGAIN;
	Clp_primal(m->lp, 0);
	if (Clp_status(m->lp))
		return Clp_status(m->lp) == CLP_STOPPED ? ERR_AGAIN : ERR_IO;
	const double *dual = Clp_dualRowSolution(m->lp);
	for (int p = 0; p < model->people; p++)
		m->value[p] = llround(dual[p] * m->scale);
	for (int i = 0; i < model->demands; i++)
		m->dual[i] = rounded(dual[model->people + i], m->scale, -(double)model->demand[i].over,
			(double)model->demand[i].under);
	return ERR_OK;
}

static void set_prices(struct master *m, int person, const int32_t *dual)
{
	const struct roster_model *model = m->model;
	int options = roster_options(model);

	for (int d = 0; d < model->days; d++) {
		int32_t *price = m->price + (int64_t)d * options;
		for (int k = 0; k < options; k++)
			price[k] = roster_cost(model, person, d)[k] * m->scale;
		for (int i = model->day_demand[d]; i < model->day_demand[d + 1]; i++)
			for (uint64_t kinds = model->demand[i].kinds; kinds; kinds &= kinds - 1)
				price[__builtin_ctzll(kinds)] -=
					dual[i] * roster_sign(model, model->demand[i].group, person);
	}
}

static int between(int value, int lo, int hi)
{
	return value < lo ? lo : value > hi ? hi : value;
}

/* demand_part gives the least that a demand can cost when each of its people is charged dual: at an end of what its
 * people can make of it, or where the price changes. */
static int64_t demand_part(const struct master *m, int index, int32_t dual)
{
	const struct roster_demand *d = &m->model->demand[index];
	int most = 0, least = 0;
	int64_t best = INT64_MAX;

	for (int p = 0; p < m->model->people; p++) {
		int sign = roster_sign(m->model, d->group, p);
		most += sign > 0;
		least -= sign < 0;
	}
	const int at[] = {least, between(d->lo, least, most), between(d->hi, least, most), most};
	for (unsigned i = 0; i < sizeof at / sizeof *at; i++) {
		int64_t cost = roster_demand_cost(d, at[i]) * m->scale + (int64_t)dual * at[i];
		best = cost < best ? cost : best;
	}
	return best;
}

static void keep_bound(struct master *m, int64_t bound, const int32_t *dual)
{
	for (int i = 0; i < m->model->demands; i++)
		bound += demand_part(m, i, dual[i]);
	if (bound <= m->lower)
		return;
	m->lower = bound;
	memcpy(m->steady, dual, (size_t)m->model->demands * sizeof *dual);
}

/* helps: the line's reduced cost at the program's own duals is negative. */
static bool helps(struct master *m, int person, const uint8_t *line)
{
	int count = master_entries(m, person, line);
	int64_t cost = roster_line_cost(m->model, person, line) * m->scale - m->value[person];

	for (int i = 1; i < count; i++)
		cost -= (int64_t)m->element[i] * m->dual[m->row[i] - m->model->people];
	return cost < -m->scale / 1000;
}

enum err master_price(struct master *m, const bool *skip, const int32_t *dual, int effort, int *out_found,
	bool *out_exact, const struct roster_watch *watch)
{
	const struct roster_model *model = m->model;
	int64_t bound = 0;
	bool all = !skip;

	*out_found = 0;
	*out_exact = true;
	for (int p = 0; p < model->people; p++) {
		if (skip && skip[p])
			continue;
		if (roster_left(watch) <= 0)
			return ERR_AGAIN;
		struct line_task task = {.person = p,
			.until = model->days,
			.line = m->scratch,
			.price = m->price,
			.scale = m->scale,
			.effort_max = effort};
		struct line_answer answer;
		set_prices(m, p, dual);
		memset(m->scratch, 0, (size_t)model->days);
		enum err err = line_solve(m->solver, &task, m->scratch, &answer);
		int index, before = m->lines;
		if (!err && answer.found && helps(m, p, m->scratch))
			err = master_column(m, p, m->scratch, &index);
		if (err)
			return err;
		*out_found += m->lines > before;
		*out_exact &= answer.exact;
		all &= answer.bound != INT64_MAX;
		bound += all ? answer.bound : 0;
	}
	if (all)
		keep_bound(m, bound, dual);
	return ERR_OK;
}

int64_t master_lower(const struct master *m)
{
	if (m->lower == INT64_MIN)
		return INT64_MIN;
	int64_t whole = m->lower / m->scale;
	return whole * m->scale < m->lower ? whole + 1 : whole;
}

bool master_settled(const struct master *m)
{
	return m->settled;
}

/* tried gives the prices of a round: those of the program, drawn towards those of the best bound. */
static void mix(const struct master *m, double steady, int32_t *out)
{
	for (int i = 0; i < m->model->demands; i++)
		out[i] = (int32_t)lround(steady * m->steady[i] + (1 - steady) * m->dual[i]);
}

enum err master_bound(struct master *m, int64_t enough, const struct roster_watch *watch)
{
	int32_t *dual = calloc((size_t)m->model->demands + 1, sizeof *dual);
	int effort = EFFORT_ROUGH, found = 0;
	double steady = 0;
	bool exact;
	enum err err = dual ? ERR_OK : ERR_NOMEM;

	m->settled = false;
	m->watch = watch;
	while (!err && !m->settled && master_lower(m) < enough) {
		if (roster_left(watch) <= 0)
			break;
		err = master_solve(m);
		if (err)
			break;
		mix(m, steady, dual);
		err = master_price(m, NULL, dual, effort, &found, &exact, watch);
		if (err || found) {
			steady = m->lower == INT64_MIN ? 0 : STEADY;
			continue;
		}
		if (steady > 0)
			steady = 0; /* the mixed prices were past the program's: ask at its own */
		else if (!exact && effort < EFFORT_EXACT)
			effort = EFFORT_EXACT;
		else
			m->settled = true;
	}
	free(dual);
	return err == ERR_AGAIN ? ERR_OK : err;
}
