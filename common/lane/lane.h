/* SPDX-License-Identifier: MIT
 *
 * lane: exactly once in effect between services over MQTT (ARCHITECTURE.md "Lanes"). Two halves:
 *
 *   outbox  the producer's side of one lane: batches are appended in the caller's store transaction, published after
 * its commit, kept until every named consumer has acknowledged them, sent again on silence or on request. inbox   the
 * consumer's side of one lane: says of each arriving batch whether it is to be applied, already was, or leaves a gap;
 * stores the position in the caller's transaction; says what to acknowledge after the commit.
 *
 * Neither does I/O on the network: the outbox gives packets, the shell publishes them; acknowledgements are handed in.
 * The protocol state (lane_sender, lane_receiver in sender.h, receiver.h) is pure and is driven by the simulator alone.
 *
 * Topics: curtain/lane/<lane>/<producer>/<shard>; curtain/ack/<lane>/<producer>/<shard>/<consumer> (retained).
 */
#ifndef CURTAIN_LANE_LANE_H
#define CURTAIN_LANE_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "codec/codec.h"
#include "lane/store.h"
#include "message/message.h"

#define LANE_SHARDS_MAX 64
#define LANE_CONSUMERS_MAX 8
#define LANE_TOPIC_BYTES 256

/* ---- producer ---- */

struct outbox_config {
	const char *lane, *producer;
	const char *const *consumers; /* names, consumer_count of them; a batch lives until all have it */
	unsigned consumer_count;
	unsigned shards;
	int64_t in_flight_bytes; /* per shard: sent and not yet acknowledged by the slowest consumer */
	int64_t resend_ms;    /* silence after which the oldest unacknowledged batches are sent again; doubles to 16x */
	int64_t memory_bytes; /* committed batches kept in memory for the first send; others are read back from the
				 store */
};

struct outbox_packet {
	char topic[LANE_TOPIC_BYTES];
	const char *payload; /* valid until the next call on this outbox */
	size_t length;
};

struct outbox_stats {
	int64_t batches; /* stored, not acknowledged by all */
	int64_t bytes;
	int64_t oldest_ms; /* `at` of the oldest one, ms since 1970; 0 = none */
	int64_t resent;    /* since start */
	int64_t lost;      /* since start: batches that were not in the store any more when they were to be sent */
};

struct outbox;

/* outbox_open loads what the store holds for this lane. Several outboxes may share one store (one a lane). A consumer
 * that was in the store but is no longer named is forgotten. An acknowledgement that cannot be is none: what is stored
 * is sent once more. */
enum err outbox_open(struct store *store, const struct outbox_config *config, struct outbox **out_outbox,
	struct errinfo *info) ERR_MUST_CHECK;
void outbox_close(struct outbox *outbox);
/* outbox_append adds one batch of count items (joined by commas; count 0 = a heartbeat that carries `at` alone) for
 * shard. Inside the caller's transaction; call outbox_committed or outbox_rolled_back after it. */
enum err outbox_append(struct outbox *outbox, unsigned shard, struct wall at, const char *items, size_t length,
	uint32_t count, struct errinfo *info) ERR_MUST_CHECK;
void outbox_committed(struct outbox *outbox);
void outbox_rolled_back(struct outbox *outbox);
/* outbox_next gives the next packet to publish now, in order per shard, within the in-flight bound. ERR_NOT_FOUND:
 * none. A packet that could not be published (bus closed or full) is handed back with outbox_unsent and comes again. */
enum err outbox_next(struct outbox *outbox, struct mono now, struct outbox_packet *out_packet) ERR_MUST_CHECK;
void outbox_unsent(struct outbox *outbox);
/* outbox_due: when outbox_next may have something without new input (a resend). */
struct mono outbox_due(const struct outbox *outbox);
/* outbox_ack takes a consumer's acknowledgement. Deletes from the store happen in outbox_trim, called now and then
 * inside a transaction of the caller's (or on its own when none is open). A wrong epoch or a seq beyond what was sent
 * is ERR_INVALID. */
enum err outbox_ack(struct outbox *outbox, const char *consumer, unsigned shard, const struct lane_ack *ack,
	struct mono now) ERR_MUST_CHECK;
enum err outbox_trim(struct outbox *outbox, struct errinfo *info) ERR_MUST_CHECK;
/* outbox_reconnected: everything unacknowledged is to be sent again from the oldest. */
void outbox_reconnected(struct outbox *outbox);
struct outbox_stats outbox_stats(const struct outbox *outbox);
/* outbox_ack_filter writes the filter to subscribe to for acknowledgements; outbox_ack_topic takes such a topic apart:
 * ERR_NOT_FOUND if it is not of this outbox. */
void outbox_ack_filter(const struct outbox *outbox, char out[LANE_TOPIC_BYTES]);
enum err outbox_ack_topic(const struct outbox *outbox, const char *topic, unsigned *out_shard,
	char out_consumer[ID_BYTES]) ERR_MUST_CHECK;

/* ---- consumer ---- */

enum inbox_verdict {
	INBOX_APPLY,     /* apply its items, then inbox_applied, in one transaction */
	INBOX_DUPLICATE, /* was applied; it is acknowledged again */
	INBOX_GAP,       /* something is missing before it; the missing ones are asked for */
	INBOX_STALE      /* of an older epoch, or from a producer or shard that is not ours: counted and passed over */
};

struct inbox_config {
	const char *lane, *consumer;
	const char *const *producers; /* NULL: any producer (the broker's access list decides who may be one) */
	unsigned producer_count;
	unsigned shards;
	uint64_t only;   /* a bit a shard: this inbox has these, others have the rest; 0 = all */
	bool compacted;  /* lane "directory": apply when prev <= position < seq */
	int64_t want_ms; /* how often a gap, or silence of a producer that is expected, asks again */
};

struct inbox_ack {
	char topic[LANE_TOPIC_BYTES];
	struct lane_ack ack;
};

struct inbox_stats {
	int64_t applied, duplicates, gaps, stale;
};

struct inbox;

/* inbox_open keeps positions in store (table lane_position). store NULL: the caller keeps them elsewhere (records, in
 * PostgreSQL) and loads them with inbox_restore before the first batch. */
enum err inbox_open(struct store *store, const struct inbox_config *config, struct inbox **out_inbox,
	struct errinfo *info) ERR_MUST_CHECK;
void inbox_close(struct inbox *inbox);
enum err inbox_restore(
	struct inbox *inbox, const char *producer, unsigned shard, uint64_t epoch, uint64_t seq) ERR_MUST_CHECK;
void inbox_filter(const struct inbox *inbox, char out[LANE_TOPIC_BYTES]);
/* inbox_shard_filter: the same for one shard of an inbox that has not all; false when it has all, or not this one. */
bool inbox_shard_filter(const struct inbox *inbox, unsigned shard, char out[LANE_TOPIC_BYTES]);
/* inbox_topic takes a lane topic apart; ERR_NOT_FOUND if it is not of this lane. A batch whose head disagrees with its
 * topic (a forgery from another account) must be refused by the caller with inbox_refuse. */
enum err inbox_topic(
	const struct inbox *inbox, const char *topic, char out_producer[ID_BYTES], unsigned *out_shard) ERR_MUST_CHECK;
enum inbox_verdict inbox_offer(struct inbox *inbox, const struct lane_batch *head, struct mono now);
/* inbox_applied moves the position to head->seq; with a store, inside the caller's transaction. Not acknowledged before
 * inbox_committed; inbox_rolled_back undoes all since the last commit. Several batches may be applied per transaction.
 */
enum err inbox_applied(struct inbox *inbox, const struct lane_batch *head, struct errinfo *info) ERR_MUST_CHECK;
void inbox_committed(struct inbox *inbox);
void inbox_rolled_back(struct inbox *inbox);
/* inbox_next_ack gives the next acknowledgement to publish (retained, QoS 1), coalesced per producer and shard.
 * ERR_NOT_FOUND: none now. inbox_unsent hands the last one back. inbox_reconnected: all are published again. */
enum err inbox_next_ack(struct inbox *inbox, struct mono now, struct inbox_ack *out_ack) ERR_MUST_CHECK;
void inbox_unsent(struct inbox *inbox);
void inbox_reconnected(struct inbox *inbox);
struct mono inbox_due(const struct inbox *inbox);
/* inbox_watermark: the earliest `at` of the last applied batches over all expected producers and shards; WALL_NONE
 * until each has sent one. Needs producers named in the config. Everything before it is known to this consumer. Kept
 * with the positions. */
struct wall inbox_watermark(const struct inbox *inbox);
struct inbox_stats inbox_stats(const struct inbox *inbox);

#endif
