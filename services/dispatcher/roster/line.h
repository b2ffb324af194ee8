/* SPDX-License-Identifier: MIT
 *
 * line: the cheapest line of one person, everybody else staying as they are. The heart of the engine: all hard rules of
 * a person live here, and greedy answer, search and bound are built on it.
 *
 * First backwards over the days (line.c): the least cost from each state (run of work or rest, class of the last shift,
 * amount of the first limit, weekends) to the end, with the other limits left out. Then, if there are others, forwards
 * from the start, cheapest promise first (A*, line_star.c), with these costs as the promise: the first line that
 * arrives is optimal, and the promise of the first in the queue is a lower bound at any time. Without other limits the
 * backward costs are exact and one walk along them gives the line.
 *
 * A task may leave all but a window of days as they stand in `line`. One solver serves one model and one thread.
 */
#ifndef CURTAIN_DISPATCHER_ROSTER_LINE_H
#define CURTAIN_DISPATCHER_ROSTER_LINE_H

#include "dispatcher/roster/model.h"

struct line_solver;

struct line_task {
	int person, from, until; /* the days that may change: from..until-1 */
	const uint8_t *line;     /* the other days; whole, even if all may change */
	const int32_t *price;    /* days * options, as roster_plan_price writes it */
	const uint64_t *may;     /* the options of each day; NULL = the model's */
	int32_t scale;           /* of the prices: what a cost of 1 is in them */
	int effort_max;          /* labels expanded before the search gives up and takes what it can find */
};

struct line_answer {
	bool found;    /* false: no line keeps the rules, or none was found within the effort */
	bool exact;    /* value is the least */
	int64_t value; /* prices of the window's days and the costs of all limits, times scale */
	int64_t bound; /* no line is cheaper; INT64_MAX = there is none */
};

enum err line_solver_create(const struct roster_model *model, struct line_solver **out_solver) ERR_MUST_CHECK;
void line_solver_destroy(struct line_solver *solver);
/* line_solve writes the cheapest line found to out_line (days bytes; untouched when none is found; may be task->line).
 * ERR_NOMEM; the answer is set in every other case. */
enum err line_solve(struct line_solver *solver, const struct line_task *task, uint8_t *out_line,
	struct line_answer *out_answer) ERR_MUST_CHECK;
/* line_scale gives the largest scale up to most at which prices of the model stay within the solver's numbers; 0 = the
 * model's weights are too large for it. */
int32_t line_scale(const struct roster_model *model, int32_t most);

#endif
