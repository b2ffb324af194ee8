/* SPDX-License-Identifier: MIT
 *
 * An inbox is one receiver (receiver.h) for each producer and shard, and their positions in the store.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lane/lane.h"
#include "lane/receiver.h"
#include "lane/sql.h"
#include "lane/topic.h"

#define INBOX_PRODUCERS_MAX 64

struct producer {
	char name[ID_BYTES];
	struct receiver shards[LANE_SHARDS_MAX];
};

struct inbox {
	struct store *store; /* NULL = the caller keeps the positions */
	struct inbox_config config;
	char lane[WORD_BYTES], consumer[ID_BYTES];
	struct producer *producers;
	unsigned producer_count, producer_capacity;
	unsigned next; /* where the search for acknowledgements goes on */
	bool idle;     /* no acknowledgement is due before `due` */
	struct mono due;
	struct receiver *given; /* whose acknowledgement was given last */
	struct receiver given_state;
	sqlite3_stmt *save;
	struct inbox_stats stats;
};

/* mine: the shard is not another inbox's. */
static bool mine(const struct inbox *inbox, unsigned shard)
{
	return shard < inbox->config.shards && (!inbox->config.only || inbox->config.only >> shard & 1);
}

static struct producer *find(const struct inbox *inbox, const char *name)
{
	for (unsigned i = 0; i < inbox->producer_count; i++)
		if (!strcmp(inbox->producers[i].name, name))
			return &inbox->producers[i];
	return NULL;
}

static struct producer *add(struct inbox *inbox, const char *name)
{
	struct producer *producer;

	if (inbox->producer_count == inbox->producer_capacity || !text_is_id(name))
		return NULL;
	producer = &inbox->producers[inbox->producer_count++];
	text_cut(producer->name, sizeof producer->name, name);
	for (unsigned i = 0; i < LANE_SHARDS_MAX; i++)
		producer->shards[i] = (struct receiver){
			.at = WALL_NONE, .safe_at = WALL_NONE, .ask = inbox->config.producers && mine(inbox, i)};
	return producer;
}

static void restore(struct receiver *receiver, uint64_t epoch, uint64_t seq, struct wall at)
{
	receiver->epoch = receiver->safe_epoch = epoch;
	receiver->seq = receiver->safe_seq = seq;
	receiver->at = receiver->safe_at = at;
	receiver->ask = true;
}

/* may_be: a position that an acknowledgement can hold. Another one is damaged, and is none: the producer is asked for
 * all that it still has. */
static bool may_be(int64_t epoch, int64_t seq, int64_t at)
{
	return epoch >= 0 && seq >= 0 && seq <= SQL_SEQ_MAX && wall_in_messages((struct wall){at});
}

static enum err load_positions(struct inbox *inbox, struct errinfo *info)
{
	sqlite3 *db = store_db(inbox->store);
	sqlite3_stmt *statement;
	enum err err = sql_prepare(
		db, "SELECT producer, shard, epoch, seq, at FROM lane_position WHERE lane = ?", &statement, info);
	int code = SQLITE_DONE;

	if (err)
		return err;
	sqlite3_bind_text(statement, 1, inbox->lane, -1, SQLITE_STATIC);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(statement, 0);
		unsigned shard = (unsigned)sqlite3_column_int(statement, 1);
		if (!name)
			break;
		struct producer *producer = find(inbox, name);
		if (!producer && !inbox->config.producers)
			producer = add(inbox, name);
		if (producer && mine(inbox, shard) &&
			may_be(sqlite3_column_int64(statement, 2), sqlite3_column_int64(statement, 3),
				sqlite3_column_int64(statement, 4)))
			restore(&producer->shards[shard], (uint64_t)sqlite3_column_int64(statement, 2),
				(uint64_t)sqlite3_column_int64(statement, 3),
				(struct wall){sqlite3_column_int64(statement, 4)});
	}
	if (code != SQLITE_DONE)
		err = sql_fail(db, info, "the lane's positions");
	sqlite3_finalize(statement);
	return err;
}

enum err inbox_open(
	struct store *store, const struct inbox_config *config, struct inbox **out_inbox, struct errinfo *info)
{
	struct inbox *inbox = calloc(1, sizeof *inbox);
	enum err err = ERR_OK;

	assert(config->shards >= 1 && config->shards <= LANE_SHARDS_MAX);
	if (!inbox)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	inbox->store = store;
	inbox->config = *config;
	inbox->producer_capacity = config->producers ? config->producer_count : INBOX_PRODUCERS_MAX;
	inbox->producers = calloc(inbox->producer_capacity, sizeof *inbox->producers);
	if (!inbox->producers)
		err = errinfo_set(info, ERR_NOMEM, "out of memory");
	if (!err && (text_copy(inbox->lane, sizeof inbox->lane, config->lane) ||
			    text_copy(inbox->consumer, sizeof inbox->consumer, config->consumer)))
		err = errinfo_set(info, ERR_RANGE, "a name is too long: %s, %s", config->lane, config->consumer);
	for (unsigned i = 0; config->producers && i < config->producer_count && !err; i++)
		if (find(inbox, config->producers[i]) || !add(inbox, config->producers[i]))
			err = errinfo_set(info, ERR_INVALID, "producer \"%s\" of lane %s is named twice, or is no id",
				config->producers[i], config->lane);
	if (!err && store)
		err = load_positions(inbox, info);
	if (!err && store)
		err = sql_prepare(store_db(store),
			"INSERT INTO lane_position VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET epoch = "
			"excluded.epoch, seq = excluded.seq, at = excluded.at",
			&inbox->save, info);
	if (err)
		inbox_close(inbox);
	else
		*out_inbox = inbox;
	return err;
}

void inbox_close(struct inbox *inbox)
{
	if (!inbox)
		return;
	sqlite3_finalize(inbox->save);
	free(inbox->producers);
	free(inbox);
}

enum err inbox_restore(struct inbox *inbox, const char *name, unsigned shard, uint64_t epoch, uint64_t seq)
{
	struct producer *producer = find(inbox, name);

	if (!producer && !inbox->config.producers)
		producer = add(inbox, name);
	if (!producer || !mine(inbox, shard))
		return ERR_NOT_FOUND;
	restore(&producer->shards[shard], epoch, seq, producer->shards[shard].at);
	inbox->idle = false;
	return ERR_OK;
}

void inbox_filter(const struct inbox *inbox, char out[LANE_TOPIC_BYTES])
{
	snprintf(out, LANE_TOPIC_BYTES, "curtain/lane/%s/+/+", inbox->lane);
}

bool inbox_shard_filter(const struct inbox *inbox, unsigned shard, char out[LANE_TOPIC_BYTES])
{
	if (!inbox->config.only || !mine(inbox, shard))
		return false;
	snprintf(out, LANE_TOPIC_BYTES, "curtain/lane/%s/+/%u", inbox->lane, shard);
	return true;
}

enum err inbox_topic(const struct inbox *inbox, const char *topic, char out_producer[ID_BYTES], unsigned *out_shard)
{
	return lane_topic_split(topic, "curtain/lane/", inbox->lane, out_producer, out_shard, NULL);
}

static struct receiver *receiver_of(struct inbox *inbox, const struct lane_batch *head)
{
	struct producer *producer = find(inbox, head->producer);

	if (!producer && !inbox->config.producers)
		producer = add(inbox, head->producer);
	return producer && mine(inbox, head->shard) && !strcmp(head->lane, inbox->lane) ? &producer->shards[head->shard]
											: NULL;
}

enum inbox_verdict inbox_offer(struct inbox *inbox, const struct lane_batch *head, struct mono now)
{
	struct receiver *receiver = receiver_of(inbox, head);
	enum inbox_verdict verdict = receiver ? receiver_offer(receiver, head) : INBOX_STALE;

	(void)now;
	inbox->stats.duplicates += verdict == INBOX_DUPLICATE;
	inbox->stats.gaps += verdict == INBOX_GAP;
	inbox->stats.stale += verdict == INBOX_STALE;
	inbox->idle = inbox->idle && verdict != INBOX_DUPLICATE && verdict != INBOX_GAP;
	return verdict;
}

enum err inbox_applied(struct inbox *inbox, const struct lane_batch *head, struct errinfo *info)
{
	struct receiver *receiver = receiver_of(inbox, head);

	assert(receiver);
	receiver_applied(receiver, head);
	inbox->stats.applied++;
	if (!inbox->store)
		return ERR_OK;
	assert(store_in_transaction(inbox->store));
	sqlite3_bind_text(inbox->save, 1, inbox->lane, -1, SQLITE_STATIC);
	sqlite3_bind_text(inbox->save, 2, head->producer, -1, SQLITE_STATIC);
	sqlite3_bind_int64(inbox->save, 3, head->shard);
	sqlite3_bind_int64(inbox->save, 4, (int64_t)receiver->epoch);
	sqlite3_bind_int64(inbox->save, 5, (int64_t)receiver->seq);
	sqlite3_bind_int64(inbox->save, 6, receiver->at.ms);
	return sql_run(inbox->save, info);
}

/* each_receiver calls act on all receivers. */
static void each_receiver(struct inbox *inbox, void (*act)(struct receiver *receiver))
{
	for (unsigned i = 0; i < inbox->producer_count; i++)
		for (unsigned shard = 0; shard < inbox->config.shards; shard++)
			if (mine(inbox, shard))
				act(&inbox->producers[i].shards[shard]);
	inbox->idle = false;
}

void inbox_committed(struct inbox *inbox)
{
	each_receiver(inbox, receiver_committed);
}

void inbox_rolled_back(struct inbox *inbox)
{
	each_receiver(inbox, receiver_rolled_back);
}

static void reconnect(struct receiver *receiver)
{
	receiver->ask = true;
	receiver->asks = (struct mono){0};
}

void inbox_reconnected(struct inbox *inbox)
{
	each_receiver(inbox, reconnect);
	inbox->given = NULL;
}

enum err inbox_next_ack(struct inbox *inbox, struct mono now, struct inbox_ack *out_ack)
{
	unsigned count = inbox->producer_count * inbox->config.shards;
	struct mono due = {INT64_MAX};

	inbox->given = NULL;
	if (inbox->idle && now.us < inbox->due.us)
		return ERR_NOT_FOUND;
	for (unsigned i = 0; i < count; i++) {
		unsigned index = (inbox->next + i) % count;
		const struct producer *producer = &inbox->producers[index / inbox->config.shards];
		struct receiver *receiver =
			&inbox->producers[index / inbox->config.shards].shards[index % inbox->config.shards];
		bool asks = receiver->ask || (receiver->gap && receiver->asks.us <= now.us);
		if (!receiver->tell && !asks) {
			if (receiver->gap && receiver->asks.us < due.us)
				due = receiver->asks;
			continue;
		}
		snprintf(out_ack->topic, sizeof out_ack->topic, "curtain/ack/%s/%s/%u/%s", inbox->lane, producer->name,
			index % inbox->config.shards, inbox->consumer);
		out_ack->ack =
			(struct lane_ack){.epoch = receiver->safe_epoch, .seq = receiver->safe_seq, .want = asks};
		inbox->given = receiver;
		inbox->given_state = *receiver;
		receiver->tell = receiver->ask = false;
		if (asks)
			receiver->asks = (struct mono){now.us + inbox->config.want_ms * 1000};
		inbox->next = index + 1;
		return ERR_OK;
	}
	inbox->idle = true;
	inbox->due = due;
	return ERR_NOT_FOUND;
}

void inbox_unsent(struct inbox *inbox)
{
	if (inbox->given)
		*inbox->given = inbox->given_state;
	inbox->given = NULL;
	inbox->idle = false;
}

struct mono inbox_due(const struct inbox *inbox)
{
	return inbox->idle ? inbox->due : (struct mono){0};
}

struct wall inbox_watermark(const struct inbox *inbox)
{
	struct wall mark = WALL_NEVER;

	for (unsigned i = 0; i < inbox->producer_count; i++)
		for (unsigned shard = 0; shard < inbox->config.shards; shard++)
			if (mine(inbox, shard) && inbox->producers[i].shards[shard].at.ms < mark.ms)
				mark = inbox->producers[i].shards[shard].at;
	return inbox->producer_count ? mark : WALL_NONE;
}

struct inbox_stats inbox_stats(const struct inbox *inbox)
{
	return inbox->stats;
}
