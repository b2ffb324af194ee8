/* SPDX-License-Identifier: MIT
 *
 * roster: the words of `curtain roster`, and what they share: reading a file, the clock that the engine is given.
 */
#ifndef CURTAIN_TOOL_ROSTER_H
#define CURTAIN_TOOL_ROSTER_H

#include "base/buf.h"
#include "dispatcher/roster/search.h"

int roster_solve_cmd(int argc, char **argv);

/* roster_read_file reads a whole file ("-" = standard input) into out, which the caller has initialised. */
enum err roster_read_file(const char *path, struct buf *out, struct errinfo *info) ERR_MUST_CHECK;

/* roster_stopwatch counts down from when it was started. */
struct roster_stopwatch {
	double until; /* monotonic seconds */
};

double roster_now(void);
struct roster_watch roster_stopwatch_start(struct roster_stopwatch *stopwatch, double seconds);

#endif
