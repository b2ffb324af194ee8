/* SPDX-License-Identifier: MIT
 *
 * stood: what became of a team's duties: whom each was planned for, who stood in, and when nobody had it. Pure: what
 * was kept, what is in force now, out comes what is to be kept. A duty is one row from the roster that planned it to
 * its end, whoever has it in between; once it is over it does not change any more. The book (book.h) forgets duties
 * that are over; these rows are what records asks for.
 */
#ifndef CURTAIN_DISPATCHER_STOOD_H
#define CURTAIN_DISPATCHER_STOOD_H

#include <stdbool.h>

#include "dispatcher/duty/book.h"

struct stood {
	struct wall from, until;
	int32_t place;
	char shift[ID_BYTES], planned[ID_BYTES];
	char user[ID_BYTES];               /* who has it, or had it last; "" = nobody */
	struct wall open_from, open_until; /* nobody had it then; WALL_NONE = somebody always had */
};

/* stood_update: kept are the rows of a team that are not over; present its duties in force and the open ones (user "",
 * planned: whose it was), not over either. whole: a new roster, which plans anew what has not begun and is another
 * one's now (who has it by a swap goes on standing in), and ends what it does not name. Of several times without
 * anybody one row has the span. out has room for kept_count + count; gives how many rows take the place of kept. */
unsigned stood_update(const struct stood *kept, unsigned kept_count, const struct stood *present, unsigned count,
	bool whole, struct wall now, struct stood *out);

#endif
