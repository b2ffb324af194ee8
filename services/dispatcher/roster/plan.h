/* SPDX-License-Identifier: MIT
 *
 * plan: a roster of a model: one option for each person and day, with how many people each demand has and the cost,
 * kept up to date line by line. A line is one person's options of all days. The caller owns the plan; the model
 * outlives it.
 */
#ifndef CURTAIN_DISPATCHER_ROSTER_PLAN_H
#define CURTAIN_DISPATCHER_ROSTER_PLAN_H

#include "dispatcher/roster/model.h"

struct roster_plan {
	const struct roster_model *model;
	uint8_t *cell;  /* person, day */
	int32_t *count; /* demand */
	int64_t *own;   /* person: cost of the line without demands */
	int64_t cost;
};

enum roster_rule {
	ROSTER_RULE_NONE = 0,
	ROSTER_RULE_OPTION,   /* not allowed on that day: off, busy, no skill */
	ROSTER_RULE_BARRED,   /* may not follow the day before */
	ROSTER_RULE_RUN_LONG, /* too many days of work in a row */
	ROSTER_RULE_RUN_SHORT,
	ROSTER_RULE_REST_SHORT,
	ROSTER_RULE_LIMIT_LOW,
	ROSTER_RULE_LIMIT_HIGH
};

struct roster_fault {
	enum roster_rule rule;
	int person, day; /* day -1 = the whole line */
	int limit;       /* index in the person's limits, else -1 */
};

/* roster_plan_init makes a plan with everybody off, which may break hard rules. */
enum err roster_plan_init(struct roster_plan *plan, const struct roster_model *model) ERR_MUST_CHECK;
void roster_plan_fini(struct roster_plan *plan);
/* roster_plan_copy takes over what from holds; both are of one model. */
void roster_plan_copy(struct roster_plan *plan, const struct roster_plan *from);
/* roster_plan_set puts line as person's; counts and cost follow. */
void roster_plan_set(struct roster_plan *plan, int person, const uint8_t *line);
static inline uint8_t *roster_plan_line(const struct roster_plan *plan, int person)
{
	return plan->cell + (int64_t)person * plan->model->days;
}
/* roster_line_cost gives a line's cells and limits. */
int64_t roster_line_cost(const struct roster_model *model, int person, const uint8_t *line);
/* roster_line_fault gives the first hard rule that a line breaks; rule NONE if it breaks none. */
struct roster_fault roster_line_fault(const struct roster_model *model, int person, const uint8_t *line);
/* roster_plan_price writes what each option of each day would cost person, given everybody else: the cell's cost and
 * what the demands gain or lose, times scale. out: days * options. The person's own line must be in the plan. */
void roster_plan_price(const struct roster_plan *plan, int person, int32_t scale, int32_t *out);

#endif
