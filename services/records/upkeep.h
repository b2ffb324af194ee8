/* SPDX-License-Identifier: MIT
 *
 * upkeep: partitions of the readings, made ahead and dropped when their time is over (schemas/sql, reading_upkeep), and
 * the list of erasures, kept beside the database and applied to one that was set back; on a connection of its own, so
 * that neither lanes nor requests wait for it.
 */
#ifndef CURTAIN_RECORDS_UPKEEP_H
#define CURTAIN_RECORDS_UPKEEP_H

#include "base/clock.h"
#include "records/pg.h"
#include "records/settings.h"

struct upkeep {
	const struct records_settings *settings;
	struct pg *pg;
	bool ready;      /* its statement is prepared */
	bool list_due;   /* the list of erasures is to be compared with the database */
	struct mono due; /* when to look again */
	struct mono now;
	int64_t dropped, failures;
};

/* upkeep_init: settings and pg must outlive it. */
void upkeep_init(struct upkeep *upkeep, const struct records_settings *settings, struct pg *pg);
/* upkeep_connected: pg is connected, the schema is there. upkeep_lost: it is not any more. */
void upkeep_connected(struct upkeep *upkeep);
void upkeep_lost(struct upkeep *upkeep);
/* upkeep_changed: somebody may have been erased, or registered anew. */
void upkeep_changed(struct upkeep *upkeep);
void upkeep_tick(struct upkeep *upkeep, struct mono now);
struct mono upkeep_due(const struct upkeep *upkeep);

#endif
