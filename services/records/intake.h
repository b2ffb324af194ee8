/* SPDX-License-Identifier: MIT
 *
 * intake: the consumer's side of lanes reading, alert, incident and visit, for one part of their shards, on one
 * connection. All of a household is in one shard, so parts have no row in common and need not wait for each other.
 * Batches wait in a bounded queue while a transaction runs or PostgreSQL is away; all that waited (up to a bound) goes
 * into one transaction: COPY of the readings, what else came by one statement, the positions, COMMIT; only then are
 * they acknowledged and leave the queue. After any failure the connection is made anew, positions are loaded from the
 * database (a COMMIT whose answer was lost may have happened) and the queue is offered again.
 *
 *   INTAKE_AWAY -> LOADING -> IDLE -> MONTHS -> COPY -> HOURS -> TAKE -> COMMIT -> IDLE; any of them -> AWAY;
 *   a reading that is there already: COPY -> UNDO -> COPY_AGAIN -> HOURS_AGAIN -> TAKE
 */
#ifndef CURTAIN_RECORDS_INTAKE_H
#define CURTAIN_RECORDS_INTAKE_H

#include "base/clock.h"
#include "base/err.h"
#include "bus/bus.h"
#include "records/pg.h"
#include "records/seal.h"
#include "records/settings.h"

struct intake_stats {
	int64_t readings, alerts, incidents, errands; /* stored */
	int64_t transactions, copies_again;
	int64_t batches, duplicates, gaps, stale;
	int64_t refused;       /* batches that are no batch, or lie about their producer */
	int64_t items_refused; /* bad items of good batches */
	int64_t left;          /* batches left to their producer because the queue was full */
	int64_t queue_bytes;
	int64_t lag_ms; /* age of the oldest batch in the queue */
};

struct intake;

/* intake_create makes the part (0 to settings->connections - 1) of the shards with shard % connections == part; part 0
 * subscribes to the lanes for all. settings and seal (may be NULL) must outlive it; pg is its alone. */
enum err intake_create(const struct records_settings *settings, struct bus *bus, struct pg *pg, const struct seal *seal,
	unsigned part, struct intake **out_intake, struct errinfo *info) ERR_MUST_CHECK;
void intake_destroy(struct intake *intake);
/* intake_connected: pg is connected, migrated and idle. intake_lost: it is not any more. */
void intake_connected(struct intake *intake);
void intake_lost(struct intake *intake);
/* intake_event takes a bus event; true if it was a batch of its part. */
bool intake_event(struct intake *intake, const struct bus_event *event, struct mono now);
/* intake_tick starts a transaction if something waits; intake_flush publishes acknowledgements. */
void intake_tick(struct intake *intake, struct mono now);
void intake_flush(struct intake *intake, struct mono now);
struct mono intake_due(const struct intake *intake);
/* intake_stats adds what this part has done to *stats; lag_ms becomes the longest. */
void intake_stats(const struct intake *intake, struct mono now, struct intake_stats *stats);
/* intake_busy: a transaction runs. */
bool intake_busy(const struct intake *intake);

#endif
