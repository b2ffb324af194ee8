/* SPDX-License-Identifier: MIT
 *
 * explain: why this person has this duty. Everybody else of the team is tried in his or her place on that date, all
 * else staying: what stands in the way, or what the roster would then cost more, and of what that consists.
 */
#ifndef CURTAIN_DISPATCHER_ROSTER_EXPLAIN_H
#define CURTAIN_DISPATCHER_ROSTER_EXPLAIN_H

#include <stddef.h>

#include "dispatcher/roster/team.h"

enum explain_part {
	EXPLAIN_DUTIES = 0, /* shared fairly */
	EXPLAIN_NIGHTS,
	EXPLAIN_WEEKENDS,
	EXPLAIN_OWN,      /* way, wishes, what was moved */
	EXPLAIN_TOGETHER, /* pairs, skills beside each other */
	EXPLAIN_PARTS
};

struct explain_other {
	int volunteer;
	enum team_bar bar; /* NONE: could take it */
	int64_t more;      /* cost above the roster's, when able; may be below 0 in a roster that is not the best */
	int64_t part[EXPLAIN_PARTS];
};

struct explain {
	int volunteer, day, shift;
	bool fixed, frozen; /* not a matter of cost */
	int able;           /* others who could take it */
	int bars[TEAM_BAR_COUNT];
	struct explain_other next;    /* the best of them; volunteer -1 = nobody */
	int nights, weekends, duties; /* of the person, memory included */
};

/* explain_duty explains who has shift on day. Where several have it, the index-th. ERR_NOT_FOUND: nobody has. The plan
 * is changed on the way and restored. */
enum err explain_duty(const struct team *team, struct roster_plan *plan, int day, int shift, int index,
	struct explain *out) ERR_MUST_CHECK;
/* explain_sentence writes the explanation in one language. */
void explain_sentence(const struct team *team, const struct explain *explain, bool chinese, char *out, size_t size);
/* explain_bar gives why somebody does not take a duty, in words. */
const char *explain_bar(enum team_bar bar, bool chinese);

#endif
