/* SPDX-License-Identifier: MIT
 *
 * journal: the states of a core on disk. Each turn appends a row with all states that it changed (several, if they are
 * many megabytes); a state's newest copy counts. When most of what stands there is outdated, the oldest row's living
 * states are marked dirty again (they go into the next row) and the row is deleted: the journal stays within a small
 * multiple of what lives.
 */
#ifndef CURTAIN_LANE_JOURNAL_H
#define CURTAIN_LANE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "lane/store.h"

#define JOURNAL_TABLE "CREATE TABLE journal (id INTEGER PRIMARY KEY, states BLOB NOT NULL) STRICT"
#define JOURNAL_KEY_BYTES_MAX 255
#define JOURNAL_STATE_BYTES_MAX 65535
#define JOURNAL_NO_SLOT UINT32_MAX

/* journal_state: length 0 = forgotten; slot: a small number of this state while it lives; doubtful (of one that is
 * restored): a later row is broken and may have held a newer copy. The pointers are the giver's and last until its next
 * call. */
struct journal_state {
	const char *key;
	const void *blob;
	size_t length;
	uint32_t slot;
	bool doubtful;
};

/* journal_source: whose states they are; context is handed back. */
struct journal_source {
	void *context;
	/* dirty gives each state changed since the last call; false: no more. */
	bool (*dirty)(void *context, struct journal_state *out);
	/* restore takes one back (slot not set) in the order in which they were given: the newest copy of each, and
	 * older ones only of a state that has no slot before it is restored. ERR_NOT_FOUND: it is nobody's any more,
	 * and is passed over; any other error stops journal_open. */
	enum err (*restore)(void *context, const struct journal_state *state, struct errinfo *info);
	/* slot finds a state by its key, JOURNAL_NO_SLOT if there is none; refresh marks it dirty. */
	uint32_t (*slot)(void *context, const char *key);
	enum err (*refresh)(void *context, uint32_t slot);
	/* broken (NULL: journal_open ends with ERR_CORRUPT) hears once of a row that cannot be read to its end, before
	 * anything is restored; what stands before the break counts. */
	enum err (*broken)(void *context, int64_t row, const void *bytes, size_t length, struct errinfo *info);
};

struct journal;

/* journal_open restores all states. */
enum err journal_open(struct store *store, const struct journal_source *source, struct journal **out_journal,
	struct errinfo *info) ERR_MUST_CHECK;
void journal_close(struct journal *journal);
/* journal_write appends what is dirty; inside the caller's transaction. */
enum err journal_write(struct journal *journal, struct errinfo *info) ERR_MUST_CHECK;

#endif
