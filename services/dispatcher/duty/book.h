/* SPDX-License-Identifier: MIT
 *
 * book: the duties in force, team by team: who answers from when until when, and in which place (0 is asked first).
 * Pure: rosters and changes in, people at a time out. A team without a duty at a time is not in the book then; who asks
 * falls back on what the directory says of its people.
 */
#ifndef CURTAIN_DISPATCHER_BOOK_H
#define CURTAIN_DISPATCHER_BOOK_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/err.h"
#include "message/message.h"

#define BOOK_DUTIES_MAX 4000 /* of a team */
#define BOOK_PLACES_MAX 100

struct book_duty {
	struct wall from, until;
	int32_t place;
	char shift[ID_BYTES], user[ID_BYTES];
};

struct book;

enum err book_create(struct book **out_book) ERR_MUST_CHECK;
void book_destroy(struct book *book);
#define BOOK_PAST_MS (31 * MS_PER_DAY) /* what is over stays so long, for rest, days in a row and duties a month */

/* book_check says whether a list can stand in the book: ERR_FULL above BOOK_DUTIES_MAX; ERR_RANGE: a duty ends before
 * it begins, or its place is outside 0..BOOK_PLACES_MAX - 1; ERR_EXISTS: somebody has two at a time. Then *out_bad is
 * its index. */
enum err book_check(const struct book_duty *duties, unsigned count, unsigned *out_bad) ERR_MUST_CHECK;
/* book_put replaces all duties of team that are not over by those of the list that end after now, in any order; none =
 * the team has no roster any more. What is over stays for BOOK_PAST_MS, but for what its holder now has another duty
 * at the time of. What book_check refuses changes nothing. */
enum err book_put(struct book *book, const char *team, const struct book_duty *duties, unsigned count, struct wall now,
	unsigned *out_bad) ERR_MUST_CHECK;
/* book_give puts `to` in user's place in the duty of a shift that begins at from. ERR_NOT_FOUND: user has no such duty
 * or it is over; ERR_EXISTS: `to` has a duty at that time. */
enum err book_give(struct book *book, const char *team, const char *shift, struct wall from, const char *user,
	const char *to, struct wall now) ERR_MUST_CHECK;
/* book_find gives the duty of a shift that user has and that begins at from, over or not; NULL if there is none.
 * Borrowed until the next change. */
const struct book_duty *book_find(
	const struct book *book, const char *team, const char *shift, struct wall from, const char *user);
/* book_drop takes such a duty out: nobody has it then. ERR_NOT_FOUND. */
enum err book_drop(struct book *book, const char *team, const char *shift, struct wall from, const char *user);
/* book_add puts a duty in: ERR_EXISTS, ERR_RANGE and ERR_FULL as above. */
enum err book_add(struct book *book, const char *team, const struct book_duty *duty) ERR_MUST_CHECK;
/* book_elsewhere gives the team, other than this one, in which user has a duty that meets from..until; NULL: none. */
const char *book_elsewhere(
	const struct book *book, const char *team, const char *user, struct wall from, struct wall until);
/* book_next_team walks the teams that have duties, in no order: "" gives the first; false after the last. */
bool book_next_team(const struct book *book, char team[ID_BYTES]);
/* book_at gives the duty that is the index-th asked at a time, NULL beyond the last. */
const struct book_duty *book_at(const struct book *book, const char *team, struct wall at, unsigned index);
/* book_get gives a team's duties in order of (from, place, user), NULL beyond the last. */
const struct book_duty *book_get(const struct book *book, const char *team, unsigned index);
/* book_page gives all of them in one array, which stands until the book changes; NULL: there are none. */
const struct book_duty *book_page(const struct book *book, const char *team, unsigned *out_count);
/* book_edge gives when who answers for team changes next after a time; WALL_NEVER = never. */
struct wall book_edge(const struct book *book, const char *team, struct wall after);

#endif
