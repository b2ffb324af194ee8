/* SPDX-License-Identifier: MIT
 *
 * Diving: lines that the program takes (almost) whole are fixed, at least one a round, with new lines priced for the
 * others in between; nothing is taken back. What is fixed first decides much, so the choice is stirred by dice.
 */
#include <stdlib.h>
#include <string.h>

#include "dispatcher/roster/master_internal.h"

#define EFFORT_DIVE 2000
#define ROUNDS 4      /* of pricing between two fixings */
#define ROUNDS_FEW 20 /* when few are open: what is fixed now can't be mended later */
#define FEW 16
#define SHARE 8 /* of the open people, one in so many is fixed at once, if likely */
#define LIKELY 0.6
#define SURE 0.99
#define STIR 0.25

struct dive {
	struct master *m;
	bool *fixed;  /* person */
	int *taken;   /* person: line; -1 = open */
	double *best; /* person: value of its likeliest line, stirred */
	bool *sure;   /* person: it is (almost) whole */
	int *likely;  /* person: that line */
	int open;
	double cutoff;
};

/* allow opens or closes all lines of person to the program. */
static void allow(struct master *m, int person, bool open)
{
	double *upper = Clp_columnUpper(m->lp) + m->fixed_columns;

	for (int i = 0; i < m->lines; i++)
		if (m->line[i].person == person)
			upper[i] = open;
}

static void fix(struct dive *dive, int person, int line)
{
	allow(dive->m, person, false);
	Clp_columnLower(dive->m->lp)[dive->m->fixed_columns + line] = 1;
	Clp_columnUpper(dive->m->lp)[dive->m->fixed_columns + line] = 1;
	dive->fixed[person] = true;
	dive->taken[person] = line;
	dive->open--;
}

static enum err hold_people(struct dive *dive, const struct roster_plan *plan, const bool *hold)
{
	int people = dive->m->model->people, line;

	for (int p = 0; p < people; p++) {
		dive->taken[p] = -1;
		dive->fixed[p] = false;
	}
	dive->open = people;
	for (int p = 0; hold && p < people; p++)
		if (hold[p]) {
			enum err err = master_column(dive->m, p, roster_plan_line(plan, p), &line);
			if (err)
				return err;
			fix(dive, p, line);
		}
	return ERR_OK;
}

/* generate solves the program and prices until nothing helps or the rounds are over. */
static enum err generate(struct dive *dive, const struct roster_watch *watch)
{
	struct master *m = dive->m;

	int rounds = dive->open <= FEW ? ROUNDS_FEW : ROUNDS;

	for (int round = 0; round < rounds; round++) {
		int found;
		bool exact;
		if (!round && master_hurry(m))
			Clp_dual(m->lp, 0);
		enum err err = master_solve(m);
		if (!err)
			err = master_price(m, dive->fixed, m->dual, EFFORT_DIVE, &found, &exact, watch);
		if (err || !found)
			return err;
	}
	return master_solve(m);
}

/* likeliest finds for each open person the line with the largest value. */
static void likeliest(struct dive *dive, struct dice *dice)
{
	struct master *m = dive->m;
	const double *value = Clp_primalColumnSolution(m->lp) + m->fixed_columns;

	for (int p = 0; p < m->model->people; p++) {
		dive->best[p] = -1;
		dive->likely[p] = -1;
	}
	for (int i = 0; i < m->lines; i++)
		if (value[i] > dive->best[m->line[i].person]) {
			dive->best[m->line[i].person] = value[i];
			dive->likely[m->line[i].person] = i;
		}
	for (int p = 0; p < m->model->people; p++) {
		dive->sure[p] = dive->best[p] > SURE;
		dive->best[p] += STIR * dice_share(dice);
	}
}

/* fix_likely fixes what the program is sure of and a share of those still open; at least one. */
static void fix_likely(struct dive *dive, struct dice *dice)
{
	int more = 1 + dive->open / SHARE;

	likeliest(dive, dice);
	for (int p = 0; p < dive->m->model->people; p++)
		if (!dive->fixed[p] && dive->sure[p])
			fix(dive, p, dive->likely[p]);
	for (int i = 0; i < more; i++) {
		int first = -1;
		for (int p = 0; p < dive->m->model->people; p++)
			if (!dive->fixed[p] && (first < 0 || dive->best[p] > dive->best[first]))
				first = p;
		if (first < 0 || (i && dive->best[first] < LIKELY))
			return;
		fix(dive, first, dive->likely[first]);
	}
}

static enum err descend(struct dive *dive, struct dice *dice, const struct roster_watch *watch)
{
	while (dive->open) {
		enum err err = generate(dive, watch);
		if (err)
			return err;
		if (Clp_objectiveValue(dive->m->lp) > dive->cutoff)
			return ERR_NOT_FOUND;
		fix_likely(dive, dice);
	}
	return ERR_OK;
}

enum err master_dive(struct master *m, struct roster_plan *plan, const bool *hold, int64_t cutoff, struct dice *dice,
	const struct roster_watch *watch)
{
	size_t people = (size_t)m->model->people, days = (size_t)m->model->days;
	struct dive dive = {.m = m, .cutoff = (double)cutoff + 0.01};
	enum err err = ERR_NOMEM;

	m->watch = watch;
	dive.fixed = calloc(people, sizeof *dive.fixed);
	dive.taken = calloc(people, sizeof *dive.taken);
	dive.sure = calloc(people, sizeof *dive.sure);
	dive.best = calloc(people, sizeof *dive.best);
	dive.likely = calloc(people, sizeof *dive.likely);
	if (dive.fixed && dive.taken && dive.sure && dive.best && dive.likely)
		err = hold_people(&dive, plan, hold);
	if (!err)
		err = descend(&dive, dice, watch);
	for (int p = 0; dive.taken && p < m->model->people; p++) {
		if (dive.taken[p] < 0)
			continue;
		Clp_columnLower(m->lp)[m->fixed_columns + dive.taken[p]] = 0;
		allow(m, p, true);
		if (!err)
			roster_plan_set(plan, p, m->options + (size_t)dive.taken[p] * days);
	}
	free(dive.fixed);
	free(dive.taken);
	free(dive.sure);
	free(dive.best);
	free(dive.likely);
	return err;
}
