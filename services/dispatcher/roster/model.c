/* SPDX-License-Identifier: MIT */
#include "dispatcher/roster/model.h"

#include <stdlib.h>
#include <string.h>

static void *zeroes(int64_t count, size_t size)
{
	return calloc(count > 0 ? (size_t)count : 1, size);
}

enum err roster_model_create(
	int days, int people, int kinds, int groups, int sets, struct roster_model **out_model, struct errinfo *info)
{
	if (days < 1 || days > ROSTER_DAYS_MAX)
		return errinfo_set(info, ERR_RANGE, "%d days: 1 to %d can be planned", days, ROSTER_DAYS_MAX);
	if (people < 1 || people > ROSTER_PEOPLE_MAX)
		return errinfo_set(info, ERR_RANGE, "%d people: 1 to %d can be planned", people, ROSTER_PEOPLE_MAX);
	if (kinds < 1 || kinds > ROSTER_KINDS_MAX)
		return errinfo_set(info, ERR_RANGE, "%d kinds of shift: 1 to %d", kinds, ROSTER_KINDS_MAX);
	struct roster_model *m = calloc(1, sizeof *m);
	if (!m)
		return errinfo_set(info, ERR_NOMEM, "no memory");
	*m = (struct roster_model){.days = days, .people = people, .kinds = kinds, .groups = groups};
	m->kind = zeroes(kinds + 1, sizeof *m->kind);
	m->person = zeroes(people, sizeof *m->person);
	m->day_demand = zeroes(days + 1, sizeof *m->day_demand);
	m->weekend = zeroes(days, sizeof *m->weekend);
	m->may = zeroes((int64_t)people * days, sizeof *m->may);
	m->cost = zeroes((int64_t)people * days * (kinds + 1), sizeof *m->cost);
	m->member = zeroes((int64_t)groups * people, 1);
	m->set = zeroes((int64_t)sets * days, 1);
	if (!m->kind || !m->person || !m->day_demand || !m->weekend || !m->may || !m->cost || !m->member || !m->set) {
		roster_model_destroy(m);
		return errinfo_set(info, ERR_NOMEM, "no memory for a model of %d people and %d days", people, days);
	}
	for (int64_t i = 0; i < (int64_t)people * days; i++)
		m->may[i] = ((uint64_t)1 << (kinds + 1)) - 1;
	for (int d = 0; d < days; d++)
		m->weekend[d] = -1;
	for (int p = 0; p < people; p++) {
		m->person[p].open_start = true;
		m->person[p].min_run = m->person[p].min_rest = 1;
	}
	*out_model = m;
	return ERR_OK;
}

void roster_model_destroy(struct roster_model *m)
{
	if (!m)
		return;
	free(m->kind);
	free(m->person);
	free(m->measure);
	free(m->demand);
	free(m->day_demand);
	free(m->weekend);
	free(m->may);
	free(m->cost);
	free(m->member);
	free(m->set);
	free(m);
}

/* grown gives array with room for one more of size, doubling; NULL = no memory, the old one stays. */
static void *grown(void *array, int count, int *room, size_t size)
{
	if (count < *room)
		return array;
	int more = *room ? *room * 2 : 16;
	void *moved = realloc(array, (size_t)more * size);
	if (moved)
		*room = more;
	return moved;
}

enum err roster_model_demand(struct roster_model *model, const struct roster_demand *demand)
{
	void *moved = grown(model->demand, model->demands, &model->demand_room, sizeof *demand);

	if (!moved)
		return ERR_NOMEM;
	model->demand = moved;
	model->demand[model->demands++] = *demand;
	return ERR_OK;
}

enum err roster_model_measure(struct roster_model *model, const struct roster_measure *measure, int *out_index)
{
	void *moved = grown(model->measure, model->measures, &model->measure_room, sizeof *measure);

	if (!moved)
		return ERR_NOMEM;
	model->measure = moved;
	*out_index = model->measures;
	model->measure[model->measures++] = *measure;
	return ERR_OK;
}

/* most gives the largest amount that any line of person can have of a measure. */
static int64_t most(const struct roster_model *model, int person, const struct roster_measure *measure)
{
	int64_t sum = 0;

	for (int d = 0; d < model->days; d++) {
		int32_t best = 0;
		for (int k = 1; k <= model->kinds; k++)
			if (*roster_may(model, person, d) >> k & 1) {
				int32_t amount = measure->weekends ? model->weekend[d] >= 0
								   : roster_amount(model, measure, d, k);
				best = amount > best ? amount : best;
			}
		sum += best;
	}
	return sum;
}

enum err roster_model_limit(struct roster_model *model, int person, const struct roster_limit *limit)
{
	struct roster_person *p = &model->person[person];

	if (limit->lo <= 0 && !limit->weight &&
		most(model, person, &model->measure[limit->measure]) <= (int64_t)limit->hi)
		return ERR_OK;
	if (p->limits == ROSTER_LIMITS_MAX)
		return ERR_FULL;
	p->limit[p->limits++] = *limit;
	return ERR_OK;
}

static int by_day(const void *a, const void *b)
{
	const struct roster_demand *x = a, *y = b;

	if (x->day != y->day)
		return x->day < y->day ? -1 : 1;
	if (x->kinds != y->kinds)
		return x->kinds < y->kinds ? -1 : 1;
	return x->group < y->group ? -1 : x->group > y->group;
}

static bool cost_fits(int32_t cost)
{
	return cost >= 0 && cost <= ROSTER_COST_MAX;
}

static enum err check_demand(const struct roster_model *model, const struct roster_demand *d, struct errinfo *info)
{
	if (d->day < 0 || d->day >= model->days)
		return errinfo_set(info, ERR_RANGE, "a demand on day %d of %d", d->day, model->days);
	if (d->group >= model->groups || d->hi < d->lo)
		return errinfo_set(info, ERR_RANGE, "day %d: a demand of %d to %d people", d->day, d->lo, d->hi);
	if (!cost_fits(d->under) || !cost_fits(d->over))
		return errinfo_set(info, ERR_RANGE, "day %d: a weight outside 0 to %d", d->day, ROSTER_COST_MAX);
	return ERR_OK;
}

static enum err check_person(const struct roster_model *model, const struct roster_person *p, struct errinfo *info)
{
	if (p->max_run < 0 || p->min_run < 1 || p->min_rest < 1 || (p->max_run && p->min_run > p->max_run))
		return errinfo_set(info, ERR_RANGE, "%s: runs of %d to %d days of work, rests of %d", p->id, p->min_run,
			p->max_run, p->min_rest);
	if (!p->open_start && (p->before < 0 || p->before > model->kinds || p->before_run < 1))
		return errinfo_set(info, ERR_RANGE, "%s: what went before the first day is not valid", p->id);
	for (int i = 0; i < p->limits; i++) {
		const struct roster_limit *limit = &p->limit[i];
		const struct roster_measure *measure = &model->measure[limit->measure];
		if (i && (limit->lo > 0 || measure->minutes))
			return errinfo_set(info, ERR_RANGE,
				"%s: only the first limit may have a lower end or count minutes, not \"%s\"", p->id,
				measure->id);
		if (limit->hi < 0 || limit->hi < limit->lo || !cost_fits(limit->weight))
			return errinfo_set(info, ERR_RANGE, "%s: limit \"%s\" from %d to %d", p->id, measure->id,
				limit->lo, limit->hi);
	}
	return ERR_OK;
}

enum err roster_model_ready(struct roster_model *model, struct errinfo *info)
{
	if (model->demands)
		qsort(model->demand, (size_t)model->demands, sizeof *model->demand, by_day);
	memset(model->day_demand, 0, (size_t)(model->days + 1) * sizeof *model->day_demand);
	for (int i = 0; i < model->demands; i++) {
		enum err err = check_demand(model, &model->demand[i], info);
		if (err)
			return err;
		model->day_demand[model->demand[i].day + 1] = i + 1;
	}
	for (int d = 0; d < model->days; d++)
		if (model->day_demand[d + 1] < model->day_demand[d])
			model->day_demand[d + 1] = model->day_demand[d];
	for (int d = 2; d < model->days; d++)
		if (model->weekend[d] >= 0 && model->weekend[d] == model->weekend[d - 2])
			return errinfo_set(info, ERR_RANGE, "a weekend of more than two days, on day %d", d);
	for (int p = 0; p < model->people; p++) {
		enum err err = check_person(model, &model->person[p], info);
		if (err)
			return err;
	}
	return ERR_OK;
}

int32_t roster_measured(const struct roster_model *model, const struct roster_measure *measure, const uint8_t *line)
{
	int32_t sum = 0;

	for (int d = 0; d < model->days; d++) {
		if (!measure->weekends)
			sum += roster_amount(model, measure, d, line[d]);
		else if (line[d] && model->weekend[d] >= 0)
			sum += !(d && line[d - 1] && model->weekend[d - 1] == model->weekend[d]);
	}
	return sum;
}
