/* SPDX-License-Identifier: MIT
 *
 * letters: dead letters: what was refused and why, bounded in number and bytes; the oldest make room.
 */
#ifndef CURTAIN_INGEST_LETTERS_H
#define CURTAIN_INGEST_LETTERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "lane/store.h"

#define LETTERS_TABLE                                                                                                  \
	"CREATE TABLE dead_letter (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, reason TEXT NOT NULL, "  \
	"profile TEXT NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL) STRICT"

struct letter {
	int64_t id;
	struct wall at; /* when it arrived */
	const char *reason, *profile, *topic;
	const void *payload;
	size_t length;
};

struct letters;

enum err letters_open(struct store *store, int64_t count_max, int64_t bytes_max, struct letters **out_letters,
	struct errinfo *info) ERR_MUST_CHECK;
void letters_close(struct letters *letters);
/* letters_add keeps one (its id is given by the store); inside the caller's transaction. */
enum err letters_add(struct letters *letters, const struct letter *letter, struct errinfo *info) ERR_MUST_CHECK;
/* letters_delete forgets one; inside the caller's transaction. An unknown id is fine. */
enum err letters_delete(struct letters *letters, int64_t id, struct errinfo *info) ERR_MUST_CHECK;
/* letters_next gives the first with an id beyond `after`; ERR_NOT_FOUND: none. Its pointers live until the next call.
 */
enum err letters_next(struct letters *letters, int64_t after, struct letter *out, struct errinfo *info) ERR_MUST_CHECK;
int64_t letters_count(const struct letters *letters);
int64_t letters_dropped(const struct letters *letters); /* that had to make room, since start */

#endif
