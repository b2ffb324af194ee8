/* SPDX-License-Identifier: MIT
 *
 * anneal: makes a roster cheaper by small changes, a few cells at a time, worse ones taken at first more, in the end
 * less often (Kirkpatrick 1983). A step costs less than a microsecond, so for a team of tens of people it comes within
 * a few units of the best in a fraction of a second, where the line solver's steps are worth their price only for
 * rosters with long runs and minutes. Hard rules hold at every step.
 */
#ifndef CURTAIN_DISPATCHER_ROSTER_ANNEAL_H
#define CURTAIN_DISPATCHER_ROSTER_ANNEAL_H

#include "dispatcher/roster/dice.h"
#include "dispatcher/roster/plan.h"
#include "dispatcher/roster/search.h"

struct anneal_effort {
	int64_t steps;
	double hot, cold; /* extra cost that passes about every third time, at the start and at the end */
	struct roster_watch watch;
	struct roster_plan *sample; /* of the model: gets rosters from the way, those of the last are the coldest */
	int samples;                /* 0 = none wanted */
};

/* anneal_run changes plan, which keeps all hard rules, to the best it comes across. Samples that it did not come to
 * hold the plan as it was. ERR_NOMEM. */
enum err anneal_run(struct roster_plan *plan, const struct anneal_effort *effort, struct dice *dice) ERR_MUST_CHECK;

#endif
