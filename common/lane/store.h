/* SPDX-License-Identifier: MIT
 *
 * store: a service's one SQLite file (WAL, synchronous=FULL): its state, lane outboxes and lane positions, so that
 * cause, effect and position change in one transaction. Single-threaded: used by the service's loop only.
 */
#ifndef CURTAIN_LANE_STORE_H
#define CURTAIN_LANE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"

struct sqlite3;
struct store;

/* store_open opens or creates path. A new file gets lane tables, then migrations[0..count-1] (SQL scripts, the
 * service's own tables); an older file gets the missing ones, each in a transaction. ERR_VERSION if the file is newer
 * than this program knows; ERR_CORRUPT if SQLite says so. A ballast file of ballast_bytes beside it (0: none) is given
 * up by store_release_ballast. The file is locked: a second process gets ERR_STATE. */
enum err store_open(const char *path, const char *const *migrations, unsigned count, int64_t ballast_bytes,
	struct store **out_store, struct errinfo *info) ERR_MUST_CHECK;
void store_close(struct store *store);
struct sqlite3 *store_db(struct store *store);
/* store_epoch is the ms-since-1970 at which this file was created: the epoch of its lanes. */
uint64_t store_epoch(const struct store *store);
enum err store_begin(struct store *store, struct errinfo *info) ERR_MUST_CHECK;
/* store_commit makes the transaction durable (fsync). ERR_FULL when the disk is full; the transaction is then rolled
 * back. */
enum err store_commit(struct store *store, struct errinfo *info) ERR_MUST_CHECK;
void store_rollback(struct store *store);
bool store_in_transaction(const struct store *store);
/* store_release_ballast deletes the ballast file, so that alerts fit on a full disk; true if there was one.
 * store_refill_ballast makes it again when the disk has room. */
bool store_release_ballast(struct store *store);
void store_refill_ballast(struct store *store);

#endif
