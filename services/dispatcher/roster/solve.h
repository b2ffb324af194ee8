/* SPDX-License-Identifier: MIT
 *
 * solve: a roster from a model: first answer, local search, bound, dives, CBC, best so far when the time is over.
 */
#ifndef CURTAIN_DISPATCHER_ROSTER_SOLVE_H
#define CURTAIN_DISPATCHER_ROSTER_SOLVE_H

#include "dispatcher/roster/plan.h"
#include "dispatcher/roster/search.h"

struct roster_effort {
	uint64_t seed;
	int64_t anneal_steps;  /* of small changes before all else (anneal.h): for teams, not for wards */
	int64_t first_steps;   /* of local search before the bound is sought */
	int rounds_max;        /* of dives after that; 0 = until the time is over */
	bool bound;            /* seek a bound at all */
	int slices;            /* that the time has: search and bound take turns of one each until the bound is settled,
				* then search has one after a dive that found nothing better. 0 = no turns: where
				* rounds_max and not the watch ends the work */
	int32_t gap_permille;  /* of the cost above the bound that is good enough; 0 = none */
	double choose_seconds; /* for CBC at most, each time; 0 = without */
	struct roster_watch watch;
};

struct roster_outcome {
	int64_t bound; /* no roster costs less; INT64_MIN = not known */
	int stuck;     /* person without any line that keeps the hard rules; -1 = none */
	int64_t steps; /* of local search */
	int dives;
};

/* roster_effort_usual: what suits a model of this size when only the clock limits. watch is to be set. */
struct roster_effort roster_effort_usual(const struct roster_model *model, uint64_t seed);
/* roster_solve puts the best roster found into plan (of this model). from: a roster to start at, lines that break the
 * rules are made anew; NULL = none. ERR_NOT_FOUND: somebody has no line at all. */
enum err roster_solve(const struct roster_model *model, const struct roster_effort *effort,
	const struct roster_plan *from, struct roster_plan *plan, struct roster_outcome *out_outcome,
	struct errinfo *info) ERR_MUST_CHECK;

#endif
