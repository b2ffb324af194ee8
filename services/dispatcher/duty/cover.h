/* SPDX-License-Identifier: MIT
 *
 * cover: whom to ask to take a duty that is open, in fair order. Pure: directory and rosters in force in, a list out.
 * Those who have a duty at that time are not in it. First come those who offer such times and are rested, then those
 * who are not rested, then those who do not offer such times; among equals who has the fewest duties in force, then the
 * directory's order. So the same people are not asked first every time: a duty taken moves them back.
 */
#ifndef CURTAIN_DISPATCHER_COVER_H
#define CURTAIN_DISPATCHER_COVER_H

#include "dispatcher/duty/duty.h"

#define COVER_REST_MS (11 * MS_PER_HOUR) /* between two duties, to be rested */

struct cover {
	char user[ID_BYTES];
	bool offers, rested;
	unsigned duties; /* in the book: ahead, and what of the last month is in it */
};

/* cover_list writes at most room people of team for from..until, and gives how many. */
unsigned cover_list(const struct duty *duty, const char *team, struct wall from, struct wall until, struct cover *out,
	unsigned room);

#endif
