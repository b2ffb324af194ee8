/* SPDX-License-Identifier: MIT
 *
 * master: column generation. A linear program chooses among lines already known, one a person, at the least cost of
 * lines and demands; its duals are prices for the line solver, which finds the lines that would help. When none is
 * left, the program's value is a lower bound that knows all rules of a person, and is usually within a few units of the
 * best roster. The bound is not taken from floating point: the duals are rounded, and a Lagrangian sum in whole numbers
 * over the line solver's own bounds stands for them (any prices give a valid bound).
 *
 * Diving fixes the lines the program likes best, prices again for the others, and so on to a whole roster. Linear
 * programs by Clp; whole-number choice among the known lines by CBC.
 */
#ifndef CURTAIN_DISPATCHER_ROSTER_MASTER_H
#define CURTAIN_DISPATCHER_ROSTER_MASTER_H

#include "dispatcher/roster/dice.h"
#include "dispatcher/roster/line.h"
#include "dispatcher/roster/plan.h"
#include "dispatcher/roster/search.h"

struct master;

enum err master_create(
	const struct roster_model *model, struct master **out_master, struct errinfo *info) ERR_MUST_CHECK;
void master_destroy(struct master *master);
/* master_take makes the lines of a plan known. */
enum err master_take(struct master *master, const struct roster_plan *plan) ERR_MUST_CHECK;
/* master_bound generates lines until none helps, watch says so, or the bound has reached enough. */
enum err master_bound(struct master *master, int64_t enough, const struct roster_watch *watch) ERR_MUST_CHECK;
/* master_lower gives the best bound so far, in costs; INT64_MIN = none yet. */
int64_t master_lower(const struct master *master);
/* master_settled: the last master_bound ended because no line helps. */
bool master_settled(const struct master *master);
/* master_dive makes a whole roster, in plan: people with hold[p] keep plan's line, the others dive. hold NULL = nobody.
 * dice stirs the choice of what is fixed. ERR_NOT_FOUND when the program says on the way that it will cost more than
 * cutoff, ERR_AGAIN when watch ended it early; plan is untouched then. */
enum err master_dive(struct master *master, struct roster_plan *plan, const bool *hold, int64_t cutoff,
	struct dice *dice, const struct roster_watch *watch) ERR_MUST_CHECK;
/* master_choose lets CBC choose among the known lines that could still beat plan, within seconds, a share of the time
 * left, and nodes; better ones go into plan. out_better says whether. ERR_AGAIN: the time is over. */
enum err master_choose(struct master *master, struct roster_plan *plan, double seconds, int nodes, bool *out_better,
	const struct roster_watch *watch) ERR_MUST_CHECK;

#endif
