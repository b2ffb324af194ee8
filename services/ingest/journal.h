/* SPDX-License-Identifier: MIT
 *
 * journal: device states on disk. Each turn appends one row with all states that it changed; a state's newest copy
 * counts. When most of what stands there is outdated, the oldest row's living states are marked dirty again (they go
 * into the next row) and the row is deleted: the journal stays within a small multiple of what lives.
 */
#ifndef CURTAIN_INGEST_JOURNAL_H
#define CURTAIN_INGEST_JOURNAL_H

#include "ingest/core.h"
#include "lane/store.h"

#define JOURNAL_TABLE "CREATE TABLE journal (id INTEGER PRIMARY KEY, states BLOB NOT NULL) STRICT"

struct journal;

/* journal_open restores all states into core, whose directory must stand already. */
enum err journal_open(struct store *store, struct ingest_core *core, struct journal **out_journal,
	struct errinfo *info) ERR_MUST_CHECK;
void journal_close(struct journal *journal);
/* journal_write appends what is dirty; inside the caller's transaction. */
enum err journal_write(struct journal *journal, struct errinfo *info) ERR_MUST_CHECK;

#endif
