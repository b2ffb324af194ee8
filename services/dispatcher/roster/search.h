/* SPDX-License-Identifier: MIT
 *
 * search: a first answer, and making it better by taking a few people's lines away and giving each the cheapest new one
 * in turn (large neighbourhood search). Worse answers are taken as far as late acceptance (Burke and Bykov 2017)
 * allows. Everything but when to stop is a function of model and seed.
 */
#ifndef CURTAIN_DISPATCHER_ROSTER_SEARCH_H
#define CURTAIN_DISPATCHER_ROSTER_SEARCH_H

#include "dispatcher/roster/dice.h"
#include "dispatcher/roster/line.h"
#include "dispatcher/roster/plan.h"

#define SEARCH_TOGETHER_MAX 8 /* people taken out at once */
#define SEARCH_LATE 400

/* roster_watch: asked between steps how many seconds are left; 0 or less ends the work. */
struct roster_watch {
	double (*left)(void *context);
	void *context;
};

static inline double roster_left(const struct roster_watch *watch)
{
	return watch->left(watch->context);
}

struct search {
	const struct roster_model *model;
	struct line_solver *solver;
	struct roster_plan now, best;
	struct dice dice;
	int32_t scale;
	int32_t *price;
	uint8_t *line, *blank, *saved; /* a line; a day off on all days; SEARCH_TOGETHER_MAX lines */
	uint64_t *may;
	int64_t late[SEARCH_LATE];
	int64_t steps;
	int stuck; /* person without any line that keeps the hard rules; -1 = none */
};

enum err search_init(struct search *search, const struct roster_model *model, uint64_t seed) ERR_MUST_CHECK;
void search_fini(struct search *search);
/* search_first gives each person in turn the cheapest line. ERR_NOT_FOUND: `stuck` has none. */
enum err search_first(struct search *search) ERR_MUST_CHECK;
/* search_again starts at plan: lines that keep the rules stay, the others get the cheapest that does. ERR_NOT_FOUND:
 * `stuck` has none. */
enum err search_again(struct search *search, const struct roster_plan *plan) ERR_MUST_CHECK;
/* search_start takes plan, whole and within the rules, as the current and best answer. */
void search_start(struct search *search, const struct roster_plan *plan);
/* search_run makes at most steps steps, until watch says so or the best costs no more than enough. */
enum err search_run(
	struct search *search, int64_t steps, int64_t enough, const struct roster_watch *watch) ERR_MUST_CHECK;

#endif
