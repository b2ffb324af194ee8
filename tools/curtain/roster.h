/* SPDX-License-Identifier: MIT
 *
 * roster: the words of `curtain roster`, and what they share: reading a file, the clock that the engine is given.
 */
#ifndef CURTAIN_TOOL_ROSTER_H
#define CURTAIN_TOOL_ROSTER_H

#include "base/buf.h"
#include "dispatcher/roster/conflict.h"
#include "dispatcher/roster/search.h"
#include "dispatcher/roster/solve.h"
#include "dispatcher/roster/team.h"

int roster_plan_cmd(int argc, char **argv);
int roster_next_cmd(int argc, char **argv);
int roster_show_cmd(int argc, char **argv);
int roster_publish_cmd(int argc, char **argv);
int roster_withdraw_cmd(int argc, char **argv);
int roster_cover_cmd(int argc, char **argv);
int roster_give_cmd(int argc, char **argv);
int roster_duties_cmd(int argc, char **argv);
int roster_swap_cmd(int argc, char **argv);
int roster_seek_cmd(int argc, char **argv);
int roster_absent_cmd(int argc, char **argv);
int roster_answer_cmd(int argc, char **argv);
int roster_recall_cmd(int argc, char **argv);
int roster_matters_cmd(int argc, char **argv);
int roster_gaps_cmd(int argc, char **argv);
int roster_check_cmd(int argc, char **argv);
int roster_explain_cmd(int argc, char **argv);
int roster_solve_cmd(int argc, char **argv);

/* roster_work: a task, its model, a roster of it. */
struct roster_work {
	struct team *team;
	struct roster_model *model;
	struct roster_plan plan;
	struct roster_outcome outcome;
};

/* roster_work_load reads a task, and a roster of it unless that is NULL. Release with roster_work_fini in any case. */
enum err roster_work_load(
	struct roster_work *work, const char *task, const char *roster, struct errinfo *info) ERR_MUST_CHECK;
void roster_work_fini(struct roster_work *work);
/* roster_finish writes out, releases it and work, tells err if there is one, and gives the exit status. */
int roster_finish(
	const char *command, struct roster_work *work, struct buf *out, enum err err, struct errinfo *info, int status);

/* roster_text_conflict appends, a line a rule, what cannot hold together for a volunteer. */
void roster_text_conflict(const struct team *team, int volunteer, const struct conflict *conflict, struct buf *out);
/* roster_text_gap appends why nobody takes an open duty, and who could be asked. */
void roster_text_gap(const struct team *team, const struct roster_plan *plan, int day, int shift, struct buf *out);
/* roster_text_plan appends a roster as a table, a row a date, and its gaps in words, Chinese first. */
void roster_text_plan(const struct team *team, const struct roster_plan *plan, struct buf *out);

/* roster_read_file reads a whole file ("-" = standard input) into out, which the caller has initialised. */
enum err roster_read_file(const char *path, struct buf *out, struct errinfo *info) ERR_MUST_CHECK;

/* roster_stopwatch counts down from when it was started. */
struct roster_stopwatch {
	double until; /* monotonic seconds */
};

double roster_now(void);
struct roster_watch roster_stopwatch_start(struct roster_stopwatch *stopwatch, double seconds);

#endif
