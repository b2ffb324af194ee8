/* SPDX-License-Identifier: MIT */
#include "dispatcher/roster/plan.h"

#include <stdlib.h>
#include <string.h>

enum err roster_plan_init(struct roster_plan *plan, const struct roster_model *model)
{
	*plan = (struct roster_plan){.model = model};
	plan->cell = calloc((size_t)model->people * (size_t)model->days, 1);
	plan->count = calloc((size_t)model->demands + 1, sizeof *plan->count);
	plan->own = calloc((size_t)model->people, sizeof *plan->own);
	if (!plan->cell || !plan->count || !plan->own) {
		roster_plan_fini(plan);
		return ERR_NOMEM;
	}
	for (int i = 0; i < model->demands; i++)
		plan->cost += roster_demand_cost(&model->demand[i], 0);
	for (int p = 0; p < model->people; p++) {
		plan->own[p] = roster_line_cost(model, p, roster_plan_line(plan, p));
		plan->cost += plan->own[p];
	}
	return ERR_OK;
}

void roster_plan_fini(struct roster_plan *plan)
{
	if (!plan)
		return;
	free(plan->cell);
	free(plan->count);
	free(plan->own);
	*plan = (struct roster_plan){0};
}

void roster_plan_copy(struct roster_plan *plan, const struct roster_plan *from)
{
	const struct roster_model *m = plan->model;

	memcpy(plan->cell, from->cell, (size_t)m->people * (size_t)m->days);
	memcpy(plan->count, from->count, (size_t)m->demands * sizeof *plan->count);
	memcpy(plan->own, from->own, (size_t)m->people * sizeof *plan->own);
	plan->cost = from->cost;
}

static void move_day(struct roster_plan *plan, int person, int day, int from, int to)
{
	const struct roster_model *m = plan->model;

	for (int i = m->day_demand[day]; i < m->day_demand[day + 1]; i++) {
		const struct roster_demand *d = &m->demand[i];
		int change = (int)(d->kinds >> to & 1) - (int)(d->kinds >> from & 1);
		change *= change ? roster_sign(m, d->group, person) : 0;
		if (!change)
			continue;
		plan->cost -= roster_demand_cost(d, plan->count[i]);
		plan->count[i] += change;
		plan->cost += roster_demand_cost(d, plan->count[i]);
	}
}

void roster_plan_set(struct roster_plan *plan, int person, const uint8_t *line)
{
	uint8_t *own = roster_plan_line(plan, person);

	for (int d = 0; d < plan->model->days; d++)
		if (own[d] != line[d]) {
			move_day(plan, person, d, own[d], line[d]);
			own[d] = line[d];
		}
	plan->cost -= plan->own[person];
	plan->own[person] = roster_line_cost(plan->model, person, own);
	plan->cost += plan->own[person];
}

int64_t roster_line_cost(const struct roster_model *model, int person, const uint8_t *line)
{
	const struct roster_person *p = &model->person[person];
	int64_t cost = 0;

	for (int d = 0; d < model->days; d++)
		cost += roster_cost(model, person, d)[line[d]];
	for (int i = 0; i < p->limits; i++)
		if (p->limit[i].weight)
			cost += roster_limit_cost(
				&p->limit[i], roster_measured(model, &model->measure[p->limit[i].measure], line));
	return cost;
}

/* run: a stretch of days of work or of rest, as it is walked over. */
struct run {
	int option, length;
	bool exempt; /* it began before what is known: never too short */
};

static struct run run_before(const struct roster_person *p)
{
	if (p->open_start)
		return (struct run){.option = 0, .length = p->min_rest, .exempt = true};
	return (struct run){.option = p->before, .length = p->before_run};
}

static enum roster_rule step(const struct roster_person *p, struct run *run, int day, int option)
{
	if (p->bars[run->option] >> option & 1)
		return ROSTER_RULE_BARRED;
	if (!option == !run->option) {
		run->length++;
		run->option = option;
		return option && p->max_run && run->length > p->max_run ? ROSTER_RULE_RUN_LONG : ROSTER_RULE_NONE;
	}
	if (!run->exempt && option && run->length < p->min_rest)
		return ROSTER_RULE_REST_SHORT;
	if (!run->exempt && !option && run->length < p->min_run)
		return ROSTER_RULE_RUN_SHORT;
	*run = (struct run){.option = option, .length = 1, .exempt = !day && p->open_start};
	return ROSTER_RULE_NONE;
}

struct roster_fault roster_line_fault(const struct roster_model *model, int person, const uint8_t *line)
{
	const struct roster_person *p = &model->person[person];
	struct run run = run_before(p);

	for (int d = 0; d < model->days; d++) {
		enum roster_rule rule = step(p, &run, d, line[d]);
		if (!(*roster_may(model, person, d) >> line[d] & 1))
			rule = ROSTER_RULE_OPTION;
		if (rule)
			return (struct roster_fault){.rule = rule, .person = person, .day = d, .limit = -1};
	}
	for (int i = 0; i < p->limits; i++) {
		int32_t count = roster_measured(model, &model->measure[p->limit[i].measure], line);
		if (count < p->limit[i].lo)
			return (struct roster_fault){ROSTER_RULE_LIMIT_LOW, person, -1, i};
		if (count > p->limit[i].hi)
			return (struct roster_fault){ROSTER_RULE_LIMIT_HIGH, person, -1, i};
	}
	return (struct roster_fault){.rule = ROSTER_RULE_NONE, .person = person, .day = -1, .limit = -1};
}

void roster_plan_price(const struct roster_plan *plan, int person, int32_t scale, int32_t *out)
{
	const struct roster_model *m = plan->model;
	const uint8_t *line = roster_plan_line(plan, person);
	int options = roster_options(m);

	for (int d = 0; d < m->days; d++) {
		int32_t *price = out + (int64_t)d * options;
		const int32_t *cost = roster_cost(m, person, d);
		for (int k = 0; k < options; k++)
			price[k] = cost[k] * scale;
		for (int i = m->day_demand[d]; i < m->day_demand[d + 1]; i++) {
			const struct roster_demand *demand = &m->demand[i];
			int sign = roster_sign(m, demand->group, person);
			if (!sign)
				continue;
			int others = plan->count[i] - sign * (int)(demand->kinds >> line[d] & 1);
			int32_t more = (int32_t)(roster_demand_cost(demand, others + sign) -
						 roster_demand_cost(demand, others)) *
				       scale;
			for (uint64_t kinds = demand->kinds; kinds; kinds &= kinds - 1)
				price[__builtin_ctzll(kinds)] += more;
		}
	}
}
