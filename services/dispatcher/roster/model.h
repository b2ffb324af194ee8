/* SPDX-License-Identifier: MIT
 *
 * model: a rostering problem as values. Days 0..days-1, people, kinds of shift; each person has one option a day: 0 is
 * the day off, k is shift kind k. What may not be broken (the masks of options, runs, rests, limits) and what costs
 * (cells, demands, fairness) are data, so that one engine plans a team of volunteers and a hospital ward.
 *
 * Hard, a person: the options of a day (`may`), kinds that bar others on the next day, runs of work and of days off,
 * limits on measures (shifts, minutes, days of a set, weekends). Soft: `cost` of each option of a day, each demand
 * (how many of a group have one of some kinds on a day), and for a limit weight * (carried + count)^2, which spreads a
 * load evenly and remembers the past in `carried`.
 *
 * The model is filled by its owner after roster_model_create and read only after roster_model_ready.
 */
#ifndef CURTAIN_DISPATCHER_ROSTER_MODEL_H
#define CURTAIN_DISPATCHER_ROSTER_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define ROSTER_KINDS_MAX 47
#define ROSTER_OPTIONS_MAX (ROSTER_KINDS_MAX + 1)
#define ROSTER_ID_BYTES 40
#define ROSTER_LIMITS_MAX 56
#define ROSTER_DAYS_MAX 400
#define ROSTER_PEOPLE_MAX 1000
#define ROSTER_COST_MAX 1000000 /* of a cell, a demand's unit, a limit's weight */
#define ROSTER_NONE INT32_MAX   /* no upper limit */

struct roster_kind {
	char id[ROSTER_ID_BYTES];
	int32_t minutes;
};

/* roster_measure: what a limit counts: 1 or the minutes of each shift of `kinds` on the days of set `days`; or, with
 * weekends, the weekends of which at least a day is worked. */
struct roster_measure {
	char id[ROSTER_ID_BYTES];
	uint64_t kinds; /* bit k = kind k */
	bool minutes, weekends;
	const uint8_t *days; /* one byte a day, of the model's memory; NULL = all */
};

struct roster_limit {
	int measure;
	int32_t lo, hi; /* hard; 0 and ROSTER_NONE when free. Only a person's first limit may have lo or minutes. */
	int32_t carried, weight;
};

struct roster_person {
	char id[ROSTER_ID_BYTES];
	uint64_t bars[ROSTER_OPTIONS_MAX]; /* options not allowed on the day after this one; bars[0] = 0 */
	int max_run, min_run, min_rest;    /* days; max_run 0 = any */
	bool open_start;                   /* what ran before day 0 was long enough, and is over */
	int before, before_run;            /* without open_start: the option before day 0, and for how many days */
	int limits;
	struct roster_limit limit[ROSTER_LIMITS_MAX];
};

/* roster_demand: n = people of the group who have one of the kinds on day; those with membership -1 are taken off.
 * Costs under * (lo - n) when n < lo, over * (n - hi) when n > hi. Two people of +1 and -1 and lo = hi = 0: a price on
 * one without the other. */
struct roster_demand {
	int day, group; /* group -1 = everybody */
	uint64_t kinds;
	int32_t lo, hi, under, over;
};

struct roster_model {
	int days, people, kinds, demands, groups, measures;
	int demand_room, measure_room;
	struct roster_kind *kind; /* [0] is the day off */
	struct roster_person *person;
	struct roster_measure *measure;
	struct roster_demand *demand; /* by day, once ready */
	int *day_demand;              /* the first demand of a day; days + 1 */
	int *weekend;                 /* of each day, -1 = none; a weekend is one or two days in a row */
	uint64_t *may;                /* person, day */
	int32_t *cost;                /* person, day, option */
	int8_t *member;               /* group, person: 0, 1, -1 */
	uint8_t *set;                 /* set, day: for measures */
};

/* roster_model_create makes a model in which everybody may do everything, at no cost. sets are day sets. */
enum err roster_model_create(int days, int people, int kinds, int groups, int sets, struct roster_model **out_model,
	struct errinfo *info) ERR_MUST_CHECK;
void roster_model_destroy(struct roster_model *model);
/* roster_model_demand adds a demand; roster_model_measure adds a measure and gives its index. */
enum err roster_model_demand(struct roster_model *model, const struct roster_demand *demand) ERR_MUST_CHECK;
enum err roster_model_measure(
	struct roster_model *model, const struct roster_measure *measure, int *out_index) ERR_MUST_CHECK;
/* roster_model_limit gives person a limit; one that can never bind and costs nothing is left out. ERR_FULL. */
enum err roster_model_limit(struct roster_model *model, int person, const struct roster_limit *limit) ERR_MUST_CHECK;
/* roster_model_ready sorts the demands and checks what the engine relies on; ERR_RANGE names what is outside. */
enum err roster_model_ready(struct roster_model *model, struct errinfo *info) ERR_MUST_CHECK;

static inline int roster_options(const struct roster_model *model)
{
	return model->kinds + 1;
}

static inline uint64_t *roster_may(const struct roster_model *model, int person, int day)
{
	return &model->may[(int64_t)person * model->days + day];
}

static inline int32_t *roster_cost(const struct roster_model *model, int person, int day)
{
	return &model->cost[((int64_t)person * model->days + day) * (model->kinds + 1)];
}

/* roster_sign gives what person counts for in a group: 1, 0 or -1. */
static inline int roster_sign(const struct roster_model *model, int group, int person)
{
	return group < 0 ? 1 : model->member[(int64_t)group * model->people + person];
}

/* roster_demand_cost gives what count people cost. */
static inline int64_t roster_demand_cost(const struct roster_demand *d, int count)
{
	if (count < d->lo)
		return (int64_t)d->under * (d->lo - count);
	return count > d->hi ? (int64_t)d->over * (count - d->hi) : 0;
}

/* roster_amount gives what option on day adds to a measure that doesn't count weekends. */
static inline int32_t roster_amount(
	const struct roster_model *model, const struct roster_measure *measure, int day, int option)
{
	if (!(measure->kinds >> option & 1) || (measure->days && !measure->days[day]))
		return 0;
	return measure->minutes ? model->kind[option].minutes : 1;
}

/* roster_measured gives what a whole line of days options has of the measure. */
int32_t roster_measured(const struct roster_model *model, const struct roster_measure *measure, const uint8_t *line);
/* roster_limit_cost gives weight * (carried + count)^2, 0 where that sum is negative. */
static inline int64_t roster_limit_cost(const struct roster_limit *limit, int32_t count)
{
	int64_t load = (int64_t)limit->carried + count;

	return load > 0 ? limit->weight * load * load : 0;
}

#endif
