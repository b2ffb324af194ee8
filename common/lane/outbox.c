/* SPDX-License-Identifier: MIT
 *
 * An outbox is one sender (sender.h) a shard over the store's table of batches. Batches on their first way are taken
 * from memory; a batch that is sent again, or found no room in memory, is read back from the store.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lane/outbox_internal.h"
#include "lane/topic.h"

#define OUTBOX_TRIM_BATCHES 32 /* fewer are not worth a delete inside somebody's transaction */

static void cache_drop(struct outbox *outbox, struct cached *cached)
{
	outbox->cached_bytes -= (int64_t)cached->length;
	free(cached->data);
	*cached = (struct cached){0};
}

void outbox_close(struct outbox *outbox)
{
	if (!outbox)
		return;
	for (unsigned i = 0; outbox->shards && i < outbox->config.shards; i++)
		for (unsigned n = 0; n < SENDER_WINDOW_BATCHES; n++)
			cache_drop(outbox, &outbox->shards[i].cache[n]);
	sqlite3_finalize(outbox->insert);
	sqlite3_finalize(outbox->select);
	sqlite3_finalize(outbox->measure);
	sqlite3_finalize(outbox->delete);
	sqlite3_finalize(outbox->ack);
	sqlite3_finalize(outbox->oldest);
	buf_fini(&outbox->payload);
	free(outbox->shards);
	free(outbox);
}

/* ---- appending ---- */

/* cache_put takes the payload's memory over if there is room; a batch that is still on its first way is never pushed
 * out. */
static void cache_put(struct outbox *outbox, struct shard *shard, uint64_t seq, struct buf *payload)
{
	struct cached *cached = &shard->cache[seq % SENDER_WINDOW_BATCHES];

	if (cached->seq > shard->sender.sent ||
		outbox->cached_bytes + (int64_t)payload->length > outbox->config.memory_bytes) {
		buf_fini(payload);
		return;
	}
	cache_drop(outbox, cached);
	*cached = (struct cached){.seq = seq, .data = payload->data, .length = payload->length};
	outbox->cached_bytes += (int64_t)payload->length;
}

enum err outbox_append(struct outbox *outbox, unsigned shard_number, struct wall at, const char *items, size_t length,
	uint32_t count, struct errinfo *info)
{
	struct shard *shard = &outbox->shards[shard_number];
	struct lane_batch head = {.epoch = store_epoch(outbox->store),
		.shard = shard_number,
		.prev = shard->appended,
		.seq = shard->appended + 1,
		.at = at,
		.count = count};
	struct buf payload;
	enum err err;

	assert(shard_number < outbox->config.shards && store_in_transaction(outbox->store));
	text_cut(head.lane, sizeof head.lane, outbox->lane);
	text_cut(head.producer, sizeof head.producer, outbox->producer);
	buf_init(&payload, CODEC_BATCH_BYTES_MAX);
	err = codec_batch_encode(&head, items, length, &payload);
	if (err) {
		buf_fini(&payload);
		return errinfo_set(
			info, err, "a batch of %zu bytes for lane %s cannot be encoded", length, outbox->lane);
	}
	sqlite3_bind_int64(outbox->insert, 1, sql_batch_id(outbox->number, shard_number, head.seq));
	sqlite3_bind_int64(outbox->insert, 2, at.ms);
	sqlite3_bind_blob64(outbox->insert, 3, payload.data, payload.length, SQLITE_STATIC);
	err = sql_run(outbox->insert, info);
	sqlite3_clear_bindings(outbox->insert);
	if (err) {
		buf_fini(&payload);
		return err;
	}
	shard->appended = head.seq;
	outbox->appended_bytes += (int64_t)payload.length;
	cache_put(outbox, shard, head.seq, &payload);
	return ERR_OK;
}

void outbox_committed(struct outbox *outbox)
{
	for (unsigned i = 0; i < outbox->config.shards; i++) {
		struct shard *shard = &outbox->shards[i];
		sender_committed(&shard->sender, shard->appended);
		shard->trimmed = shard->trimming;
	}
	outbox->stored_bytes += outbox->appended_bytes - outbox->trimming_bytes;
	outbox->appended_bytes = outbox->trimming_bytes = 0;
}

void outbox_rolled_back(struct outbox *outbox)
{
	for (unsigned i = 0; i < outbox->config.shards; i++) {
		struct shard *shard = &outbox->shards[i];
		shard->appended = shard->sender.last;
		shard->trimming = shard->trimmed;
		for (unsigned n = 0; n < SENDER_WINDOW_BATCHES; n++)
			if (shard->cache[n].seq > shard->appended)
				cache_drop(outbox, &shard->cache[n]);
	}
	outbox->appended_bytes = outbox->trimming_bytes = 0;
}

/* ---- sending ---- */

static enum err read_back(struct outbox *outbox, unsigned shard, uint64_t seq)
{
	enum err err;
	int code;

	sqlite3_bind_int64(outbox->select, 1, sql_batch_id(outbox->number, shard, seq));
	code = sqlite3_step(outbox->select);
	if (code != SQLITE_ROW)
		err = code == SQLITE_DONE ? ERR_NOT_FOUND : sql_fail(store_db(outbox->store), NULL, "a batch");
	else
		err = buf_append(&outbox->payload, sqlite3_column_blob(outbox->select, 0),
			(size_t)sqlite3_column_bytes(outbox->select, 0));
	sqlite3_reset(outbox->select);
	return err;
}

/* skip writes an empty batch in the place of those that all once had and that are deleted. */
static enum err skip(struct outbox *outbox, unsigned shard, uint64_t seq, uint64_t to)
{
	struct lane_batch head = {
		.epoch = store_epoch(outbox->store), .shard = shard, .prev = seq - 1, .seq = to, .at = {0}};

	text_cut(head.lane, sizeof head.lane, outbox->lane);
	text_cut(head.producer, sizeof head.producer, outbox->producer);
	return codec_batch_encode(&head, "", 0, &outbox->payload);
}

/* before_next gives the last seq before the next batch that is there: a row that is gone must not stop the lane. */
static enum err before_next(struct outbox *outbox, unsigned shard, uint64_t seq, uint64_t *out_to)
{
	sqlite3_stmt *next = NULL;
	enum err err = sql_prepare(
		store_db(outbox->store), "SELECT min(id) FROM lane_outbox WHERE id BETWEEN ? AND ?", &next, NULL);

	if (err)
		return err;
	sqlite3_bind_int64(next, 1, sql_batch_id(outbox->number, shard, seq));
	sqlite3_bind_int64(next, 2, sql_batch_id(outbox->number, shard, (uint64_t)SQL_SEQ_MAX));
	if (sqlite3_step(next) != SQLITE_ROW)
		err = sql_fail(store_db(outbox->store), NULL, "the next batch");
	else if (sqlite3_column_type(next, 0) == SQLITE_NULL)
		*out_to = outbox->shards[shard].sender.last;
	else
		*out_to = (uint64_t)(sqlite3_column_int64(next, 0) & SQL_SEQ_MAX) - 1;
	sqlite3_finalize(next);
	return err;
}

/* fetch gives batch seq, or an empty one in its place and that of others up to *out_to (0: it is itself). */
static enum err fetch(struct outbox *outbox, unsigned number, uint64_t seq, uint64_t *out_to, struct outbox_packet *out)
{
	struct shard *shard = &outbox->shards[number];
	struct cached *cached = &shard->cache[seq % SENDER_WINDOW_BATCHES];
	enum err err = ERR_OK;

	*out_to = outbox->pending.lost = 0;
	snprintf(out->topic, sizeof out->topic, "curtain/lane/%s/%s/%u", outbox->lane, outbox->producer, number);
	if (cached->seq == seq) {
		out->payload = cached->data;
		out->length = cached->length;
		return ERR_OK;
	}
	buf_reset(&outbox->payload);
	if (seq <= shard->trimming)
		*out_to = shard->trimming;
	else
		err = read_back(outbox, number, seq);
	if (err == ERR_NOT_FOUND) {
		err = before_next(outbox, number, seq, out_to);
		outbox->pending.lost = *out_to + 1 - seq;
	}
	if (!err && *out_to)
		err = skip(outbox, number, seq, *out_to);
	out->payload = outbox->payload.data;
	out->length = outbox->payload.length;
	return err;
}

/* confirm: the packet given last is on its way. */
static void confirm(struct outbox *outbox, struct mono now)
{
	struct shard *shard = outbox->pending.shard;

	if (!shard)
		return;
	outbox->pending.shard = NULL;
	if (outbox->pending.to || outbox->pending.seq <= shard->trimming) {
		if (outbox->pending.to > shard->sender.sent)
			outbox->lost += (int64_t)outbox->pending.lost;
		sender_skipped(&shard->sender,
			outbox->pending.to > shard->trimming ? outbox->pending.to : shard->trimming, now);
		return;
	}
	sender_sent(&shard->sender, outbox->pending.seq, outbox->pending.bytes, now);
	struct cached *cached = &shard->cache[outbox->pending.seq % SENDER_WINDOW_BATCHES];
	if (cached->seq == outbox->pending.seq)
		cache_drop(outbox, cached);
}

enum err outbox_next(struct outbox *outbox, struct mono now, struct outbox_packet *out_packet)
{
	confirm(outbox, now);
	for (unsigned i = 0; i < outbox->config.shards; i++) {
		unsigned number = (outbox->next_shard + i) % outbox->config.shards;
		struct shard *shard = &outbox->shards[number];
		uint64_t seq;
		if (!sender_next(&shard->sender, now, &seq))
			continue;
		enum err err = fetch(outbox, number, seq, &outbox->pending.to, out_packet);
		if (err)
			return err;
		outbox->pending.shard = shard;
		outbox->pending.seq = seq;
		outbox->pending.bytes = (int64_t)out_packet->length;
		outbox->next_shard = number + 1;
		return ERR_OK;
	}
	return ERR_NOT_FOUND;
}

void outbox_unsent(struct outbox *outbox)
{
	outbox->pending.shard = NULL;
}

struct mono outbox_due(const struct outbox *outbox)
{
	struct mono due = {INT64_MAX};

	for (unsigned i = 0; i < outbox->config.shards; i++) {
		struct mono one = sender_due(&outbox->shards[i].sender);
		if (one.us < due.us)
			due = one;
	}
	return due;
}

enum err outbox_ack(
	struct outbox *outbox, const char *consumer, unsigned shard, const struct lane_ack *ack, struct mono now)
{
	int index = outbox_consumer_index(outbox, consumer);

	if (index < 0 || shard >= outbox->config.shards)
		return ERR_INVALID;
	confirm(outbox, now);
	if (ack->epoch != store_epoch(outbox->store)) {
		/* A consumer that knows an earlier store of ours, or none, starts at 0. A later epoch than ours is
		 * nobody's. */
		if (ack->epoch > store_epoch(outbox->store))
			return ERR_INVALID;
		return sender_ack(&outbox->shards[shard].sender, (unsigned)index, 0, true, now);
	}
	return sender_ack(&outbox->shards[shard].sender, (unsigned)index, ack->seq, ack->want, now);
}

/* ---- trimming ---- */

static enum err note_acked(
	struct outbox *outbox, unsigned shard, const char *consumer, uint64_t seq, struct errinfo *info)
{
	sqlite3_bind_int64(outbox->ack, 1, outbox->number);
	sqlite3_bind_int64(outbox->ack, 2, shard);
	sqlite3_bind_text(outbox->ack, 3, consumer, -1, SQLITE_STATIC);
	sqlite3_bind_int64(outbox->ack, 4, (int64_t)seq);
	return sql_run(outbox->ack, info);
}

static enum err trim_shard(struct outbox *outbox, unsigned number, uint64_t done, struct errinfo *info)
{
	struct shard *shard = &outbox->shards[number];
	int64_t from = sql_batch_id(outbox->number, number, shard->trimming + 1),
		to = sql_batch_id(outbox->number, number, done);
	enum err err;

	err = outbox_measure(outbox, from, to, &outbox->trimming_bytes, info);
	sqlite3_bind_int64(outbox->delete, 1, from);
	sqlite3_bind_int64(outbox->delete, 2, to);
	if (!err)
		err = sql_run(outbox->delete, info);
	if (!err)
		err = note_acked(outbox, number, "", done, info);
	for (unsigned i = 0; i < outbox->config.consumer_count && !err; i++)
		err = note_acked(outbox, number, outbox->consumers[i], shard->sender.consumers[i].acked, info);
	shard->trimming = done;
	return err;
}

enum err outbox_trim(struct outbox *outbox, struct errinfo *info)
{
	bool own = !store_in_transaction(outbox->store), any = false;
	enum err err = ERR_OK;

	for (unsigned i = 0; i < outbox->config.shards && !err; i++) {
		struct shard *shard = &outbox->shards[i];
		uint64_t done = sender_done(&shard->sender);
		if (done > shard->sender.sent)
			done = shard->sender.sent;
		if (done < shard->trimming + (own ? 1 : OUTBOX_TRIM_BATCHES))
			continue;
		if (own && !any)
			err = store_begin(outbox->store, info);
		any = true;
		if (!err)
			err = trim_shard(outbox, i, done, info);
	}
	if (!own || !any)
		return err;
	if (!err)
		err = store_commit(outbox->store, info);
	else if (store_in_transaction(outbox->store))
		store_rollback(outbox->store);
	if (err)
		outbox_rolled_back(outbox);
	else
		outbox_committed(outbox);
	return err;
}

void outbox_reconnected(struct outbox *outbox)
{
	outbox->pending.shard = NULL;
	for (unsigned i = 0; i < outbox->config.shards; i++)
		sender_reconnected(&outbox->shards[i].sender, mono_now());
}

struct outbox_stats outbox_stats(const struct outbox *outbox)
{
	struct outbox_stats stats = {.bytes = outbox->stored_bytes, .lost = outbox->lost};

	for (unsigned i = 0; i < outbox->config.shards; i++) {
		const struct shard *shard = &outbox->shards[i];
		uint64_t done = sender_done(&shard->sender);
		stats.resent += shard->sender.resent;
		if (done >= shard->sender.last)
			continue;
		stats.batches += (int64_t)(shard->sender.last - done);
		sqlite3_bind_int64(outbox->oldest, 1, sql_batch_id(outbox->number, i, done + 1));
		sqlite3_bind_int64(outbox->oldest, 2, sql_batch_id(outbox->number, i, (uint64_t)SQL_SEQ_MAX));
		if (sqlite3_step(outbox->oldest) == SQLITE_ROW) {
			int64_t at = sqlite3_column_int64(outbox->oldest, 0);
			if (!stats.oldest_ms || at < stats.oldest_ms)
				stats.oldest_ms = at;
		}
		sqlite3_reset(outbox->oldest);
	}
	return stats;
}

void outbox_ack_filter(const struct outbox *outbox, char out[LANE_TOPIC_BYTES])
{
	snprintf(out, LANE_TOPIC_BYTES, "curtain/ack/%s/%s/+/+", outbox->lane, outbox->producer);
}

enum err outbox_ack_topic(
	const struct outbox *outbox, const char *topic, unsigned *out_shard, char out_consumer[ID_BYTES])
{
	char producer[ID_BYTES], consumer[ID_BYTES];
	unsigned shard;
	enum err err = lane_topic_split(topic, "curtain/ack/", outbox->lane, producer, &shard, consumer);

	if (err || strcmp(producer, outbox->producer) != 0 || shard >= outbox->config.shards)
		return ERR_NOT_FOUND;
	*out_shard = shard;
	memcpy(out_consumer, consumer, sizeof consumer);
	return ERR_OK;
}
