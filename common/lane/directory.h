/* SPDX-License-Identifier: MIT
 *
 * directory: a service's copy of its directory lane: the entries that it keeps, as records gave them last, in its own
 * store together with the lane's position. What is gone there is gone here; with a household goes its consent.
 *
 * A new epoch is a registry that was restored or made anew: it gives all that it has, and no tombstones for what it
 * does not know. Entries of the earlier epoch hold until the new one has been quiet for a while; then they are swept.
 */
#ifndef CURTAIN_LANE_DIRECTORY_H
#define CURTAIN_LANE_DIRECTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "codec/codec.h"
#include "lane/lane.h"
#include "lane/store.h"

#define DIRECTORY_COPY_TABLE                                                                                           \
	"CREATE TABLE directory_copy (kind INTEGER NOT NULL, key TEXT NOT NULL, epoch INTEGER NOT NULL, entry BLOB "   \
	"NOT NULL, PRIMARY KEY (kind, key)) STRICT, WITHOUT ROWID"

struct directory_config {
	const char *lane, *consumer, *producer;
	int64_t want_ms;
	int64_t quiet_ms; /* a new epoch that gave nothing for this long has given all that it has */
	uint32_t kinds;   /* bit mask of enum entry_kind that are kept; others are passed over */
	/* apply gives each entry to the core: those in the store at open, then each that comes, tombstones included. */
	enum err (*apply)(void *context, const struct entry *entry);
	void *context;
};

struct directory;

enum err directory_copy_open(struct store *store, const struct directory_config *config,
	struct directory **out_directory, struct errinfo *info) ERR_MUST_CHECK;
void directory_copy_close(struct directory *directory);
/* directory_copy_inbox is the lane's half, for the carrier: subscribe, acknowledge, committed, reconnected. */
struct inbox *directory_copy_inbox(const struct directory *directory);
/* directory_copy_known: something has come, now or in an earlier life. */
bool directory_copy_known(const struct directory *directory);
/* directory_copy_take applies a batch if it is the next, inside the caller's transaction. Bad items are counted. */
enum err directory_copy_take(struct directory *directory, struct codec_batch *batch, const struct lane_batch *head,
	struct mono now, struct errinfo *info) ERR_MUST_CHECK;
/* directory_copy_due: when directory_copy_sweep must be called, inside a transaction of the caller's; INT64_MAX us: not
 * at all. */
struct mono directory_copy_due(const struct directory *directory);
enum err directory_copy_sweep(struct directory *directory, int64_t *out_entries, struct errinfo *info) ERR_MUST_CHECK;
int64_t directory_copy_bad(const struct directory *directory);

#endif
