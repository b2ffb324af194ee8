/* SPDX-License-Identifier: MIT
 *
 * journal: device states on disk: what common/lane/journal.h needs to know of ingest's core.
 */
#ifndef CURTAIN_INGEST_JOURNAL_H
#define CURTAIN_INGEST_JOURNAL_H

#include "ingest/core.h"
#include "lane/journal.h"

/* ingest_journal_open restores all states into core, whose directory must stand already. */
enum err ingest_journal_open(struct store *store, struct ingest_core *core, struct journal **out_journal,
	struct errinfo *info) ERR_MUST_CHECK;

#endif
