/* SPDX-License-Identifier: MIT
 *
 * Opening an outbox: what the store holds of a lane, and what each consumer has acknowledged of it.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lane/outbox_internal.h"

int outbox_consumer_index(const struct outbox *outbox, const char *name)
{
	for (unsigned i = 0; i < outbox->config.consumer_count; i++)
		if (!strcmp(outbox->consumers[i], name))
			return (int)i;
	return -1;
}

static enum err lane_number(struct outbox *outbox, struct errinfo *info)
{
	sqlite3 *db = store_db(outbox->store);
	sqlite3_stmt *statement;
	enum err err = sql_prepare(db,
		"INSERT INTO lane (name) VALUES (?) ON CONFLICT (name) DO UPDATE SET name = name RETURNING number",
		&statement, info);

	if (err)
		return err;
	sqlite3_bind_text(statement, 1, outbox->lane, -1, SQLITE_STATIC);
	if (sqlite3_step(statement) == SQLITE_ROW)
		outbox->number = (unsigned)sqlite3_column_int(statement, 0);
	else
		err = sql_fail(db, info, "the lane's number");
	sqlite3_finalize(statement);
	if (!err && (outbox->number == 0 || outbox->number > 127))
		err = errinfo_set(info, ERR_FULL, "a store holds at most 127 lanes");
	return err;
}

/* load_last learns the highest seq that the store holds of a shard; 0 = none. */
static enum err load_last(
	struct outbox *outbox, unsigned number, sqlite3_stmt *highest, uint64_t *out_last, struct errinfo *info)
{
	enum err err = ERR_OK;

	sqlite3_bind_int64(highest, 1, sql_batch_id(outbox->number, number, 0));
	sqlite3_bind_int64(highest, 2, sql_batch_id(outbox->number, number, (uint64_t)SQL_SEQ_MAX));
	if (sqlite3_step(highest) == SQLITE_ROW)
		*out_last = (uint64_t)(sqlite3_column_int64(highest, 0) & SQL_SEQ_MAX); /* NULL reads as 0 */
	else
		err = sql_fail(store_db(outbox->store), info, "the lane's last batch");
	sqlite3_reset(highest);
	return err;
}

/* load_acked reads what each consumer has acknowledged. Where batches are stored, that is at most the last of them;
 * where none is, all was acknowledged and deleted. What says otherwise is damaged, and counts as nothing. */
static enum err load_acked(struct outbox *outbox, unsigned number, sqlite3_stmt *acked, uint64_t *last,
	uint64_t seen[LANE_CONSUMERS_MAX], struct errinfo *info)
{
	struct shard *shard = &outbox->shards[number];
	bool stored = *last > 0;
	uint64_t limit = stored ? *last : (uint64_t)SQL_SEQ_MAX;
	enum err err = ERR_OK;
	int code;

	sqlite3_bind_int64(acked, 1, outbox->number);
	sqlite3_bind_int64(acked, 2, number);
	while ((code = sqlite3_step(acked)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(acked, 0);
		uint64_t seq = (uint64_t)sqlite3_column_int64(acked, 1);
		if (!name)
			break;
		int index = outbox_consumer_index(outbox, name);
		if (seq > limit)
			continue;
		if (seq > *last)
			*last = seq;
		if (!*name) { /* "" stands for what is deleted, and comes first */
			shard->trimmed = shard->trimming = seq;
			limit = stored ? limit : seq;
		} else if (index >= 0) {
			seen[index] = seq;
		}
	}
	if (code != SQLITE_DONE)
		err = sql_fail(store_db(outbox->store), info, "the lane's acknowledgements");
	sqlite3_reset(acked);
	return err;
}

/* load_shards learns the last seq of each shard: the highest stored or acknowledged one. */
static enum err load_shards(struct outbox *outbox, struct errinfo *info)
{
	sqlite3 *db = store_db(outbox->store);
	sqlite3_stmt *highest = NULL, *acked = NULL;
	enum err err = sql_prepare(db, "SELECT max(id) FROM lane_outbox WHERE id BETWEEN ? AND ?", &highest, info);

	if (!err)
		err = sql_prepare(db,
			"SELECT consumer, seq FROM lane_acked WHERE lane = ? AND shard = ? ORDER BY consumer", &acked,
			info);
	for (unsigned i = 0; i < outbox->config.shards && !err; i++) {
		struct shard *shard = &outbox->shards[i];
		uint64_t last = 0, seen[LANE_CONSUMERS_MAX] = {0};
		err = load_last(outbox, i, highest, &last, info);
		if (!err)
			err = load_acked(outbox, i, acked, &last, seen, info);
		sender_init(&shard->sender, outbox->config.consumer_count, outbox->config.in_flight_bytes,
			outbox->config.resend_ms * 1000, last);
		for (unsigned c = 0; c < outbox->config.consumer_count; c++)
			sender_restore(&shard->sender, c, seen[c]);
		shard->appended = last;
	}
	sqlite3_finalize(highest);
	sqlite3_finalize(acked);
	return err;
}

static enum err prepare_all(struct outbox *outbox, struct errinfo *info)
{
	struct {
		const char *text;
		sqlite3_stmt **out;
	} rows[] = {
		{"INSERT INTO lane_outbox (id, at, payload) VALUES (?, ?, ?)", &outbox->insert},
		{"SELECT payload FROM lane_outbox WHERE id = ?", &outbox->select},
		{"SELECT total(length(payload)) FROM lane_outbox WHERE id BETWEEN ? AND ?", &outbox->measure},
		{"DELETE FROM lane_outbox WHERE id BETWEEN ? AND ?", &outbox->delete},
		{"INSERT INTO lane_acked VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)",
			&outbox->ack},
		{"SELECT at FROM lane_outbox WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1", &outbox->oldest},
	};
	enum err err = ERR_OK;

	for (size_t i = 0; i < sizeof rows / sizeof *rows && !err; i++)
		err = sql_prepare(store_db(outbox->store), rows[i].text, rows[i].out, info);
	return err;
}

enum err outbox_measure(struct outbox *outbox, int64_t from, int64_t to, int64_t *bytes, struct errinfo *info)
{
	enum err err = ERR_OK;

	sqlite3_bind_int64(outbox->measure, 1, from);
	sqlite3_bind_int64(outbox->measure, 2, to);
	if (sqlite3_step(outbox->measure) == SQLITE_ROW)
		*bytes += sqlite3_column_int64(outbox->measure, 0);
	else
		err = sql_fail(store_db(outbox->store), info, "the lane's size");
	sqlite3_reset(outbox->measure);
	return err;
}

static enum err copy_names(struct outbox *outbox, const struct outbox_config *config)
{
	enum err err = text_copy(outbox->lane, sizeof outbox->lane, config->lane);

	if (!err)
		err = text_copy(outbox->producer, sizeof outbox->producer, config->producer);
	for (unsigned i = 0; i < config->consumer_count && !err; i++)
		err = text_copy(outbox->consumers[i], ID_BYTES, config->consumers[i]);
	return err;
}

enum err outbox_open(
	struct store *store, const struct outbox_config *config, struct outbox **out_outbox, struct errinfo *info)
{
	struct outbox *outbox = calloc(1, sizeof *outbox);
	enum err err = ERR_OK;

	assert(config->shards >= 1 && config->shards <= LANE_SHARDS_MAX && config->consumer_count >= 1 &&
		config->consumer_count <= LANE_CONSUMERS_MAX);
	if (!outbox)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	outbox->store = store;
	outbox->config = *config;
	buf_init(&outbox->payload, CODEC_BATCH_BYTES_MAX);
	outbox->shards = calloc(config->shards, sizeof *outbox->shards);
	if (!outbox->shards || copy_names(outbox, config))
		err = errinfo_set(info, ERR_NOMEM, "out of memory, or a name is too long");
	if (!err)
		err = lane_number(outbox, info);
	if (!err)
		err = load_shards(outbox, info);
	if (!err)
		err = prepare_all(outbox, info);
	if (!err)
		err = outbox_measure(outbox, sql_batch_id(outbox->number, 0, 0),
			sql_batch_id(outbox->number, 255, (uint64_t)SQL_SEQ_MAX), &outbox->stored_bytes, info);
	if (err) {
		outbox_close(outbox);
		return err;
	}
	*out_outbox = outbox;
	return ERR_OK;
}
