/* SPDX-License-Identifier: MIT
 *
 * master_internal: the linear program as the files of master see it.
 *
 * Rows: people (exactly one line each), then demands (lo <= people there + missing - too many <= hi). Columns: two of
 * each demand (missing, too many), then lines.
 */
#ifndef CURTAIN_DISPATCHER_ROSTER_MASTER_INTERNAL_H
#define CURTAIN_DISPATCHER_ROSTER_MASTER_INTERNAL_H

#include <coin/Clp_C_Interface.h>

#include "dispatcher/roster/master.h"

struct master_line {
	int person;
	int64_t cost;
	uint64_t hash;
};

struct master {
	const struct roster_model *model;
	struct line_solver *solver;
	Clp_Simplex *lp;
	struct master_line *line;
	uint8_t *options; /* line, day */
	int lines, line_room, fixed_columns;
	int32_t scale;
	int32_t *dual;   /* demand: price of one more, scaled */
	int32_t *steady; /* demand: prices of the best bound */
	int64_t *value;  /* person: dual of its row, scaled */
	int32_t *price;
	uint8_t *scratch;
	int *row;
	double *element;
	const struct roster_watch *watch; /* of the work under way; NULL = none */
	int64_t lower;                    /* scaled */
	bool settled;
};

/* master_column adds a line unless it is known; gives its index. */
enum err master_column(struct master *master, int person, const uint8_t *line, int *out_index) ERR_MUST_CHECK;
/* master_entries writes a line's column into row and element: its person, then its demands. Gives their number. */
int master_entries(struct master *master, int person, const uint8_t *line);
/* master_hurry gives Clp the time that is left, as seconds of the processor: never more; false = none is. */
bool master_hurry(struct master *master);
/* master_solve solves the linear program from where it stood and reads its duals. ERR_AGAIN when the watch ends it,
 * ERR_IO when Clp gives up. */
enum err master_solve(struct master *master) ERR_MUST_CHECK;
/* master_price looks for lines of people (skip[p]: not of p; NULL = all) that would help at the given duals; counts
 * them. The Lagrangian bound of these prices is kept if it is better and nobody was skipped. */
enum err master_price(struct master *master, const bool *skip, const int32_t *dual, int effort, int *out_found,
	bool *out_exact, const struct roster_watch *watch) ERR_MUST_CHECK;

#endif
