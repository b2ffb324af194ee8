/* SPDX-License-Identifier: MIT
 *
 * roster_json: a team's planning task and its roster as JSON. docs/roster.md has the members of both documents.
 */
#ifndef CURTAIN_DISPATCHER_ROSTER_JSON_H
#define CURTAIN_DISPATCHER_ROSTER_JSON_H

#include "base/buf.h"
#include "dispatcher/roster/conflict.h"
#include "dispatcher/roster/solve.h"
#include "dispatcher/roster/team.h"

#define ROSTER_ASK_MAX 5

/* roster_json_task reads a task; errors name the member. Unknown members are errors. Release with team_destroy. */
enum err roster_json_task(const char *json, size_t length, struct team **out_team, struct errinfo *info) ERR_MUST_CHECK;
/* roster_json_plan reads the assignments of a roster into plan, which is of the team's model. */
enum err roster_json_plan(const char *json, size_t length, const struct team *team, struct roster_plan *plan,
	struct errinfo *info) ERR_MUST_CHECK;
/* roster_json_write appends the roster as one object: cost, bound, assignments, gaps with reasons and who could be
 * asked, and what moved against the previous one. Returns out->failed. */
enum err roster_json_write(
	const struct team *team, const struct roster_plan *plan, int64_t bound, struct buf *out) ERR_MUST_CHECK;
/* roster_json_next appends the task of the weeks after a roster, with what was served as memory; task is the text of
 * the team's task. */
enum err roster_json_next(const char *task, size_t length, const struct team *team, const struct roster_plan *plan,
	int days, struct buf *out, struct errinfo *info) ERR_MUST_CHECK;
/* roster_ask lists who could be asked to take an open duty: no rule stands behind their no. Those who are away come
 * last, else who has least comes first. Gives how many. */
int roster_ask(const struct team *team, const struct roster_plan *plan, int day, int shift, int out[ROSTER_ASK_MAX]);
/* roster_json_conflicts_open begins {"team", "impossible": [ ; roster_json_conflict appends one of its elements; the
 * caller ends it with ]}. */
void roster_json_conflicts_open(const struct team *team, struct buf *out);
void roster_json_conflict(const struct team *team, int volunteer, const struct conflict *conflict, struct buf *out);
/* roster_json_date writes YYYY-MM-DD. */
void roster_json_date(const struct team *team, int day, char out[16]);
/* roster_json_day gives the day of a date within the task, -1 = none. */
int roster_json_day(const struct team *team, const char *date);

extern const char *const roster_bar_names[TEAM_BAR_COUNT];

#endif
