/* SPDX-License-Identifier: MIT
 *
 * conflict: rules of one volunteer that cannot hold together. A day off is always allowed unless the captain has set a
 * duty or it is too near to change, so only such duties can leave a person without any line: against the rest after a
 * night, the days in a row, the month's most, what went before the first day, or each other.
 */
#ifndef CURTAIN_DISPATCHER_ROSTER_CONFLICT_H
#define CURTAIN_DISPATCHER_ROSTER_CONFLICT_H

#include "dispatcher/roster/team.h"

enum conflict_kind {
	CONFLICT_FIXED = 0, /* a duty that the captain has set */
	CONFLICT_FROZEN,    /* a duty too near to change */
	CONFLICT_REST,      /* what may not follow what */
	CONFLICT_RUN,       /* days in a row */
	CONFLICT_MONTH,     /* duties a month */
	CONFLICT_LAST,      /* the days before the first */
	CONFLICT_KINDS
};

struct conflict_rule {
	enum conflict_kind kind;
	int day, shift; /* of a duty; -1 = the rule is of no day */
};

struct conflict {
	int rules; /* 0 = no conflict */
	struct conflict_rule rule[2 * TEAM_DAYS_MAX + CONFLICT_KINDS];
};

/* conflict_find writes the fewest rules of volunteer that allow no line together; without any one of them there would
 * be one. Duties are at odds with each other or with one rule, so a deletion filter finds the fewest of each, and the
 * smallest of these is it. The team is changed on the way and restored. */
enum err conflict_find(struct team *team, int volunteer, struct conflict *out, struct errinfo *info) ERR_MUST_CHECK;
/* conflict_words gives a kind in words. */
const char *conflict_words(enum conflict_kind kind, bool chinese);
/* conflict_id gives a kind as JSON has it. */
const char *conflict_id(enum conflict_kind kind);

#endif
