/* SPDX-License-Identifier: MIT
 *
 * outbox_internal: what the two files of the outbox share. Nothing else includes it.
 */
#ifndef CURTAIN_LANE_OUTBOX_INTERNAL_H
#define CURTAIN_LANE_OUTBOX_INTERNAL_H

#include "lane/lane.h"
#include "lane/sender.h"
#include "lane/sql.h"

struct cached {
	uint64_t seq; /* 0 = empty */
	char *data;
	size_t length;
};

struct shard {
	struct sender sender;
	uint64_t appended;                          /* last + what the open transaction added */
	uint64_t trimmed;                           /* deleted from the store up to here, as committed */
	uint64_t trimming;                          /* the same within the open transaction */
	struct cached cache[SENDER_WINDOW_BATCHES]; /* batch n at n % SENDER_WINDOW_BATCHES */
};

struct outbox {
	struct store *store;
	char lane[WORD_BYTES], producer[ID_BYTES];
	char consumers[LANE_CONSUMERS_MAX][ID_BYTES];
	struct outbox_config config;
	unsigned number; /* of the lane in this store */
	unsigned next_shard;
	struct shard *shards;
	int64_t cached_bytes;
	struct buf payload; /* of the packet that outbox_next gave */
	struct {
		struct shard *shard; /* NULL = none */
		uint64_t seq;
		uint64_t to;   /* an empty one that stands for all up to here; 0 = it is itself */
		uint64_t lost; /* so many of them should have been there */
		int64_t bytes;
	} pending; /* given, and not yet known to be sent */
	sqlite3_stmt *insert, *select, *measure, *delete, *ack, *oldest;
	int64_t stored_bytes, appended_bytes, trimming_bytes;
	int64_t lost; /* batches */
};

/* outbox_consumer_index gives the consumer's place, -1 for one that is not named. */
int outbox_consumer_index(const struct outbox *outbox, const char *name);
/* outbox_measure adds the size of the batches from..to (sql_batch_id) to *bytes. */
enum err outbox_measure(
	struct outbox *outbox, int64_t from, int64_t to, int64_t *bytes, struct errinfo *info) ERR_MUST_CHECK;

#endif
