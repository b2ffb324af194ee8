/* SPDX-License-Identifier: MIT
 *
 * A producer and two consumers over real SQLite stores and a network that loses, doubles and reorders; either side is
 * killed at any moment (its open transaction is lost). Whatever happens, each consumer applies each item once and in
 * order.
 */
#include <math.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "lane/lane.h"

#define SHARDS 2
#define WIRE_MAX 512

static const char *const consumers[] = {"detector", "records", "gateway"}; /* the last one comes later, if at all */
static const char *const producers[] = {"ingest-1"};

struct packet {
	char topic[LANE_TOPIC_BYTES];
	char *data;
	size_t length;
};

struct wire {
	struct packet packets[WIRE_MAX];
	unsigned count;
};

struct world {
	char folder[64];
	struct mono now;
	unsigned seed;
	unsigned loss, kills; /* percent; per thousand */
	struct store *producer_store;
	struct outbox *outbox;
	uint64_t appended[SHARDS]; /* items committed */
	struct store *stores[2];
	struct inbox *inboxes[2];
	struct wire batches, acks;
	unsigned killed;
};

static unsigned dice(struct world *w, unsigned sides)
{
	return (unsigned)rand_r(&w->seed) % sides;
}

static void wire_put(struct world *w, struct wire *wire, const char *topic, const char *data, size_t length)
{
	if (dice(w, 100) < w->loss || wire->count == WIRE_MAX)
		return;
	for (unsigned copies = dice(w, 100) < w->loss ? 2 : 1; copies && wire->count < WIRE_MAX; copies--) {
		struct packet *packet = &wire->packets[wire->count++];
		text_cut(packet->topic, sizeof packet->topic, topic);
		packet->data = malloc(length + 1);
		if (!packet->data)
			abort();
		memcpy(packet->data, data, length);
		packet->length = length;
	}
	if (wire->count > 1 && dice(w, 100) < w->loss) { /* overtake */
		unsigned a = dice(w, wire->count), b = dice(w, wire->count);
		struct packet swap = wire->packets[a];
		wire->packets[a] = wire->packets[b];
		wire->packets[b] = swap;
	}
}

static void wire_clear(struct wire *wire)
{
	for (unsigned i = 0; i < wire->count; i++)
		free(wire->packets[i].data);
	wire->count = 0;
}

static void path_of(const struct world *w, const char *name, char out[128])
{
	snprintf(out, 128, "%s/%s.db", w->folder, name);
}

static void producer_open_for(struct world *w, unsigned consumer_count)
{
	struct outbox_config config = {.lane = "reading",
		.producer = "ingest-1",
		.consumers = consumers,
		.consumer_count = consumer_count,
		.shards = SHARDS,
		.in_flight_bytes = 4000,
		.resend_ms = 100,
		.memory_bytes = 100000};
	struct errinfo info = {0};
	char path[128];
	path_of(w, "ingest", path);
	if (store_open(path, NULL, 0, 0, &w->producer_store, &info) ||
		outbox_open(w->producer_store, &config, &w->outbox, &info))
		fail_msg("%s", info.text);
}

static void producer_open(struct world *w)
{
	producer_open_for(w, 2);
}

static void consumer_open(struct world *w, int i)
{
	static const char *const tables[] = {"CREATE TABLE got (shard INTEGER, n INTEGER, PRIMARY KEY (shard, n))"};
	struct inbox_config config = {.lane = "reading",
		.consumer = consumers[i],
		.producers = producers,
		.producer_count = 1,
		.shards = SHARDS,
		.want_ms = 50};
	struct errinfo info = {0};
	char path[128];
	path_of(w, consumers[i], path);
	if (store_open(path, tables, 1, 0, &w->stores[i], &info) ||
		inbox_open(w->stores[i], &config, &w->inboxes[i], &info))
		fail_msg("%s", info.text);
}

static void producer_close(struct world *w)
{
	outbox_close(w->outbox);
	if (store_in_transaction(w->producer_store))
		store_rollback(w->producer_store);
	store_close(w->producer_store);
}

static void consumer_close(struct world *w, int i)
{
	inbox_close(w->inboxes[i]);
	if (store_in_transaction(w->stores[i]))
		store_rollback(w->stores[i]);
	store_close(w->stores[i]);
}

/* killed says whether somebody pulls the plug at this point. */
static bool killed(struct world *w)
{
	bool now = dice(w, 1000) < w->kills;
	w->killed += now;
	return now;
}

static void producer_restart(struct world *w)
{
	producer_close(w);
	producer_open(w);
	outbox_reconnected(w->outbox);
}

static void produce(struct world *w)
{
	uint64_t added[SHARDS] = {0};
	struct buf items;

	buf_init(&items, 65536);
	assert_int_equal(store_begin(w->producer_store, NULL), ERR_OK);
	for (unsigned shard = 0; shard < SHARDS; shard++) {
		unsigned count = dice(w, 4);
		buf_reset(&items);
		for (unsigned n = 0; n < count; n++) {
			struct reading reading = {.device = "d",
				.household = "h",
				.quantity = QUANTITY_LEVEL,
				.value = (double)(w->appended[shard] + ++added[shard]),
				.delta = NAN,
				.since = WALL_NONE,
				.at = {1000},
				.received = {1000}};
			assert_int_equal(codec_reading_encode(&reading, &items), ERR_OK);
		}
		assert_int_equal(outbox_append(w->outbox, shard, (struct wall){1000}, items.data ? items.data : "",
					 items.length, count, NULL),
			ERR_OK);
	}
	buf_fini(&items);
	assert_int_equal(outbox_trim(w->outbox, NULL), ERR_OK);
	if (killed(w)) {
		producer_restart(w);
	} else if (dice(w, 20) == 0) {
		store_rollback(w->producer_store);
		outbox_rolled_back(w->outbox);
	} else {
		assert_int_equal(store_commit(w->producer_store, NULL), ERR_OK);
		for (unsigned shard = 0; shard < SHARDS; shard++)
			w->appended[shard] += added[shard];
		if (killed(w))
			producer_restart(w);
		else
			outbox_committed(w->outbox);
	}
}

static void publish(struct world *w)
{
	struct outbox_packet packet;

	while (!outbox_next(w->outbox, w->now, &packet)) {
		if (dice(w, 50) == 0) {
			outbox_unsent(w->outbox);
			break;
		}
		wire_put(w, &w->batches, packet.topic, packet.payload, packet.length);
		if (killed(w)) {
			producer_restart(w);
			break;
		}
	}
}

static void apply(struct world *w, int i, struct codec_batch *batch, const struct lane_batch *head)
{
	sqlite3_stmt *insert;
	struct reading reading;

	assert_int_equal(sqlite3_prepare_v2(store_db(w->stores[i]), "INSERT INTO got VALUES (?, ?)", -1, &insert, NULL),
		SQLITE_OK);
	while (!codec_batch_next_reading(batch, &reading, NULL)) {
		sqlite3_bind_int(insert, 1, (int)head->shard);
		sqlite3_bind_int64(insert, 2, (int64_t)reading.value);
		if (sqlite3_step(insert) != SQLITE_DONE)
			fail_msg("item %g of shard %u was applied twice", reading.value, head->shard);
		sqlite3_reset(insert);
	}
	sqlite3_finalize(insert);
}

static void consume(struct world *w, int i, const struct packet *packet)
{
	struct codec_batch *batch;
	struct lane_batch head;
	char producer[ID_BYTES];
	unsigned shard;

	assert_int_equal(inbox_topic(w->inboxes[i], packet->topic, producer, &shard), ERR_OK);
	assert_int_equal(codec_batch_open(packet->data, packet->length, &batch, &head, NULL), ERR_OK);
	if (inbox_offer(w->inboxes[i], &head, w->now) == INBOX_APPLY) {
		assert_int_equal(store_begin(w->stores[i], NULL), ERR_OK);
		apply(w, i, batch, &head);
		assert_int_equal(inbox_applied(w->inboxes[i], &head, NULL), ERR_OK);
		if (killed(w)) {
			consumer_close(w, i);
			consumer_open(w, i);
		} else if (w->loss && dice(w, 30) == 0) {
			store_rollback(w->stores[i]);
			inbox_rolled_back(w->inboxes[i]);
		} else {
			assert_int_equal(store_commit(w->stores[i], NULL), ERR_OK);
			inbox_committed(w->inboxes[i]);
		}
	}
	codec_batch_close(batch);
}

static void acknowledge(struct world *w)
{
	struct buf json;

	buf_init(&json, 1000);
	for (int i = 0; i < 2; i++) {
		struct inbox_ack ack;
		while (!inbox_next_ack(w->inboxes[i], w->now, &ack)) {
			buf_reset(&json);
			assert_int_equal(codec_ack_encode(&ack.ack, &json), ERR_OK);
			wire_put(w, &w->acks, ack.topic, json.data, json.length);
		}
	}
	buf_fini(&json);
	for (unsigned n = 0; n < w->acks.count; n++) {
		char consumer[ID_BYTES];
		struct lane_ack ack;
		unsigned shard;
		assert_int_equal(outbox_ack_topic(w->outbox, w->acks.packets[n].topic, &shard, consumer), ERR_OK);
		assert_int_equal(
			codec_ack_decode(w->acks.packets[n].data, w->acks.packets[n].length, &ack, NULL), ERR_OK);
		assert_int_equal(outbox_ack(w->outbox, consumer, shard, &ack, w->now), ERR_OK);
	}
	wire_clear(&w->acks);
}

static void turn(struct world *w)
{
	w->now.us += 10000;
	publish(w);
	struct wire taken = w->batches;
	w->batches.count = 0;
	for (unsigned n = 0; n < taken.count; n++)
		for (int i = 0; i < 2; i++)
			if (dice(w, 100) >= w->loss)
				consume(w, i, &taken.packets[n]);
	wire_clear(&taken);
	acknowledge(w);
}

static int64_t count_of(struct store *store, unsigned shard)
{
	char text[160];
	sqlite3_stmt *statement;
	snprintf(text, sizeof text, "SELECT count(*) * (count(*) = coalesce(max(n), 0)) FROM got WHERE shard = %u",
		shard); /* no holes */
	assert_int_equal(sqlite3_prepare_v2(store_db(store), text, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	int64_t count = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return count;
}

static bool complete(struct world *w)
{
	for (int i = 0; i < 2; i++)
		for (unsigned shard = 0; shard < SHARDS; shard++)
			if (count_of(w->stores[i], shard) != (int64_t)w->appended[shard])
				return false;
	return outbox_stats(w->outbox).batches == 0;
}

static void world_open(struct world *w, unsigned seed, unsigned loss, unsigned kills)
{
	*w = (struct world){.folder = "/dev/shm/lane_test.XXXXXX", .seed = seed, .loss = loss, .kills = kills};
	/* In memory where there is such a folder: no power fails here, and thousands of syncs are only waited for. */
	if (!mkdtemp(w->folder)) {
		text_cut(w->folder, sizeof w->folder, "/tmp/lane_test.XXXXXX");
		assert_non_null(mkdtemp(w->folder));
	}
	producer_open(w);
	consumer_open(w, 0);
	consumer_open(w, 1);
}

static void world_close(struct world *w)
{
	char command[128];
	producer_close(w);
	consumer_close(w, 0);
	consumer_close(w, 1);
	wire_clear(&w->batches);
	wire_clear(&w->acks);
	snprintf(command, sizeof command, "rm -rf %s", w->folder);
	assert_int_equal(system(command), 0);
}

static void run(unsigned seed, unsigned loss, unsigned kills)
{
	struct world w;

	world_open(&w, seed, loss, kills);
	for (int i = 0; i < 150; i++) {
		produce(&w);
		turn(&w);
	}
	w.loss = w.kills = 0;
	int settling = 0;
	for (; settling < 3000 && !complete(&w); settling++)
		turn(&w);
	if (!complete(&w))
		fail_msg("seed %u loss %u kills %u: not complete after %d quiet turns", seed, loss, kills, settling);
	if (loss == 0 && kills == 0)
		assert_int_equal(outbox_stats(w.outbox).resent, 0);
	assert_int_equal(outbox_trim(w.outbox, NULL), ERR_OK);
	assert_int_equal(outbox_stats(w.outbox).bytes, 0);
	world_close(&w);
}

static void quiet_network_sends_each_batch_once(void **state)
{
	(void)state;
	run(1, 0, 0);
}

static void losses_and_kills_change_nothing(void **state)
{
	const char *from = getenv("LANE_SEED");
	unsigned first = from ? (unsigned)strtoul(from, NULL, 10) : 100;
	(void)state;
	for (unsigned seed = first; seed < first + 12; seed++)
		run(seed, 5 + seed % 3 * 15, 5 + seed % 4 * 10);
}

static void absent_consumer_does_not_hold_up_the_other(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, 5, 0, 0);
	for (int i = 0; i < 400; i++) {
		produce(&w);
		w.now.us += 10000;
		publish(&w);
		for (unsigned n = 0; n < w.batches.count; n++)
			consume(&w, 0, &w.batches.packets[n]);
		wire_clear(&w.batches);
		struct inbox_ack ack;
		while (!inbox_next_ack(w.inboxes[0], w.now, &ack)) {
			char consumer[ID_BYTES];
			unsigned shard;
			assert_int_equal(outbox_ack_topic(w.outbox, ack.topic, &shard, consumer), ERR_OK);
			assert_int_equal(outbox_ack(w.outbox, consumer, shard, &ack.ack, w.now), ERR_OK);
		}
	}
	assert_true(count_of(w.stores[0], 0) > (int64_t)w.appended[0] - 20);
	assert_int_equal(count_of(w.stores[1], 0), 0);
	assert_true(outbox_stats(w.outbox).batches > 500);
	for (int i = 0; i < 3000 && !complete(&w); i++)
		turn(&w);
	assert_true(complete(&w));
	world_close(&w);
}

static void consumer_with_a_new_store_goes_on_from_what_is_left(void **state)
{
	struct world w;
	char path[128], command[200];
	(void)state;
	world_open(&w, 6, 0, 0);
	for (int i = 0; i < 60; i++) {
		produce(&w);
		turn(&w);
	}
	while (!complete(&w))
		turn(&w);
	assert_int_equal(outbox_trim(w.outbox, NULL), ERR_OK);
	consumer_close(&w, 1);
	path_of(&w, consumers[1], path);
	snprintf(command, sizeof command, "rm -f %s*", path);
	assert_int_equal(system(command), 0);
	consumer_open(&w, 1);
	uint64_t before = w.appended[0];
	while (w.appended[0] == before)
		produce(&w);
	for (int i = 0; i < 100; i++)
		turn(&w);
	sqlite3_stmt *statement;
	assert_int_equal(sqlite3_prepare_v2(store_db(w.stores[1]), "SELECT min(n), max(n) FROM got WHERE shard = 0", -1,
				 &statement, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int64(statement, 0), (int64_t)before + 1);
	assert_int_equal(sqlite3_column_int64(statement, 1), (int64_t)w.appended[0]);
	sqlite3_finalize(statement);
	world_close(&w);
}

static void consumer_that_comes_later_gets_one_batch_in_the_place_of_those_that_are_gone(void **state)
{
	struct world w;
	struct outbox_packet packet;
	struct lane_ack ack = {0};
	uint64_t last[SHARDS];
	unsigned count = 0;

	(void)state;
	world_open(&w, 8, 0, 0);
	for (int i = 0; i < 60; i++) {
		produce(&w);
		turn(&w);
	}
	while (!complete(&w))
		turn(&w);
	assert_int_equal(outbox_trim(w.outbox, NULL), ERR_OK);
	producer_close(&w);
	producer_open_for(&w, 3);
	outbox_reconnected(w.outbox);
	for (; count < 1000 && !outbox_next(w.outbox, w.now, &packet); count++) {
		struct codec_batch *batch;
		struct lane_batch head;
		assert_int_equal(codec_batch_open(packet.payload, packet.length, &batch, &head, NULL), ERR_OK);
		assert_true(head.prev == 0 && head.seq > 0 && head.count == 0);
		last[head.shard] = head.seq;
		ack.epoch = head.epoch;
		codec_batch_close(batch);
	}
	assert_int_equal(count, SHARDS); /* not again before it has had time to answer */
	w.now.us += 200000;
	for (count = 0; count < 1000 && !outbox_next(w.outbox, w.now, &packet);)
		count++;
	assert_int_equal(count, SHARDS);
	for (unsigned shard = 0; shard < SHARDS; shard++) {
		ack.seq = last[shard];
		assert_int_equal(outbox_ack(w.outbox, "gateway", shard, &ack, w.now), ERR_OK);
	}
	w.now.us += 2000000;
	assert_int_equal(outbox_next(w.outbox, w.now, &packet), ERR_NOT_FOUND);
	world_close(&w);
}

/* damage changes rows of the producer's store while it is down; it must hit some. */
static void damage(struct world *w, const char *text)
{
	char path[128];
	sqlite3 *db;

	producer_close(w);
	path_of(w, "ingest", path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	assert_true(sqlite3_changes(db) > 0);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	producer_open(w);
	outbox_reconnected(w->outbox);
}

static void batches_that_are_gone_are_counted_and_hold_up_nothing(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, 9, 0, 0);
	for (int i = 0; i < 20; i++)
		produce(&w);
	/* of shard 0: the first, two in the middle, the last */
	damage(&w, "DELETE FROM lane_outbox WHERE (id >> 48 & 255) = 0 AND ((id & 65535) IN (1, 7, 8) OR id = (SELECT "
		   "max(id) FROM lane_outbox WHERE (id >> 48 & 255) = 0))");
	for (int i = 0; i < 300; i++)
		turn(&w);
	assert_int_equal(outbox_stats(w.outbox).batches, 0);
	assert_true(outbox_stats(w.outbox).lost >= 3);
	for (int i = 0; i < 2; i++)
		assert_int_equal(count_of(w.stores[i], 1), (int64_t)w.appended[1]);
	uint64_t before = w.appended[0];
	while (w.appended[0] == before)
		produce(&w);
	for (int i = 0; i < 100; i++)
		turn(&w);
	assert_int_equal(outbox_stats(w.outbox).batches, 0);
	for (int i = 0; i < 2; i++) { /* what comes after the gaps is there */
		sqlite3_stmt *row;
		assert_int_equal(sqlite3_prepare_v2(store_db(w.stores[i]), "SELECT max(n) FROM got WHERE shard = 0", -1,
					 &row, NULL),
			SQLITE_OK);
		assert_int_equal(sqlite3_step(row), SQLITE_ROW);
		assert_int_equal(sqlite3_column_int64(row, 0), (int64_t)w.appended[0]);
		sqlite3_finalize(row);
	}
	world_close(&w);
}

static void acknowledgements_that_cannot_be_are_none(void **state)
{
	static const char *const wild[] = {"UPDATE lane_acked SET seq = -5 WHERE consumer = 'records'",
		"UPDATE lane_acked SET seq = 1 << 62 WHERE consumer = 'records'",
		"UPDATE lane_acked SET seq = 1 << 31 WHERE consumer = 'records'",
		"UPDATE lane_acked SET seq = -5 WHERE consumer = ''",
		"UPDATE lane_acked SET seq = 1 << 31 WHERE consumer = ''"};

	(void)state;
	for (size_t n = 0; n < 2 * sizeof wild / sizeof *wild; n++) {
		struct world w;
		world_open(&w, 10 + (unsigned)n, 0, 0);
		for (int i = 0; i < 30; i++) {
			produce(&w);
			turn(&w);
		}
		while (!complete(&w))
			turn(&w);
		assert_int_equal(outbox_trim(w.outbox, NULL), ERR_OK);
		for (int i = 0; n % 2 && i < 10; i++) /* some are stored, or none */
			produce(&w);
		damage(&w, wild[n / 2]);
		for (int i = 0; i < 10; i++)
			produce(&w);
		for (int i = 0; i < 1000 && !complete(&w); i++)
			turn(&w);
		if (!complete(&w))
			fail_msg("%s, %s: not complete", wild[n / 2], n % 2 ? "some stored" : "none stored");
		assert_int_equal(outbox_stats(w.outbox).lost, 0);
		world_close(&w);
	}
}

static void a_position_that_cannot_be_is_none(void **state)
{
	static const char *const wild[] = {"UPDATE lane_position SET epoch = -5", "UPDATE lane_position SET seq = -5",
		"UPDATE lane_position SET seq = 1 << 62", "UPDATE lane_position SET at = -5"};

	(void)state;
	for (size_t n = 0; n < sizeof wild / sizeof *wild; n++) {
		struct world w;
		world_open(&w, 30 + (unsigned)n, 0, 0);
		for (int i = 0; i < 30; i++) {
			produce(&w);
			turn(&w);
		}
		while (!complete(&w))
			turn(&w);
		assert_int_equal(outbox_trim(w.outbox, NULL), ERR_OK);
		assert_int_equal(sqlite3_exec(store_db(w.stores[1]), wild[n], NULL, NULL, NULL), SQLITE_OK);
		consumer_close(&w, 1);
		consumer_open(&w, 1);
		for (int i = 0; i < 10; i++)
			produce(&w);
		for (int i = 0; i < 1000 && !complete(&w); i++)
			turn(&w); /* which asserts that each acknowledgement can be written */
		if (!complete(&w))
			fail_msg("%s: not complete", wild[n]);
		world_close(&w);
	}
}

static void producer_with_a_new_store_is_a_new_epoch(void **state)
{
	struct world w;
	char path[128], command[200];
	(void)state;
	world_open(&w, 7, 0, 0);
	for (int i = 0; i < 20; i++) {
		produce(&w);
		turn(&w);
	}
	struct lane_batch old = {.lane = "reading",
		.producer = "ingest-1",
		.epoch = store_epoch(w.producer_store),
		.shard = 0,
		.prev = 999,
		.seq = 1000};
	producer_close(&w);
	path_of(&w, "ingest", path);
	snprintf(command, sizeof command, "rm -f %s*", path);
	assert_int_equal(system(command), 0);
	while (wall_now().ms <= (int64_t)old.epoch) /* an epoch is a creation time in ms */
		;
	producer_open(&w);
	for (int i = 0; i < 2; i++)
		assert_int_equal(sqlite3_exec(store_db(w.stores[i]), "DELETE FROM got", NULL, NULL, NULL), SQLITE_OK);
	memset(w.appended, 0, sizeof w.appended);
	for (int i = 0; i < 20; i++) {
		produce(&w);
		turn(&w);
	}
	for (int i = 0; i < 500 && !complete(&w); i++)
		turn(&w);
	assert_true(complete(&w));
	assert_int_equal(inbox_offer(w.inboxes[0], &old, w.now), INBOX_STALE);
	struct lane_ack beyond = {.epoch = store_epoch(w.producer_store), .seq = 100000};
	assert_int_equal(outbox_ack(w.outbox, "detector", 0, &beyond, w.now), ERR_INVALID);
	assert_int_equal(outbox_ack(w.outbox, "stranger", 0, &beyond, w.now), ERR_INVALID);
	world_close(&w);
}

static void watermark_is_the_earliest_of_all_shards(void **state)
{
	struct inbox_config config = {.lane = "reading",
		.consumer = "detector",
		.producers = producers,
		.producer_count = 1,
		.shards = 2,
		.want_ms = 50};
	struct lane_batch head = {
		.lane = "reading", .producer = "ingest-1", .epoch = 5, .shard = 0, .prev = 0, .seq = 1, .at = {2000}};
	struct inbox *inbox;
	(void)state;
	assert_int_equal(inbox_open(NULL, &config, &inbox, NULL), ERR_OK);
	assert_int_equal(inbox_offer(inbox, &head, (struct mono){0}), INBOX_APPLY);
	assert_int_equal(inbox_applied(inbox, &head, NULL), ERR_OK);
	assert_false(wall_is_set(inbox_watermark(inbox)));
	head.shard = 1;
	head.at.ms = 1000;
	assert_int_equal(inbox_applied(inbox, &head, NULL), ERR_OK);
	assert_int_equal(inbox_watermark(inbox).ms, 1000);
	head.shard = 2;
	assert_int_equal(inbox_offer(inbox, &head, (struct mono){0}), INBOX_STALE);
	head.shard = 0;
	text_cut(head.producer, sizeof head.producer, "ingest-9");
	assert_int_equal(inbox_offer(inbox, &head, (struct mono){0}), INBOX_STALE);
	inbox_close(inbox);
}

static unsigned acks_of(struct inbox *inbox)
{
	struct inbox_ack ack;
	unsigned seen = 0;

	while (inbox_next_ack(inbox, (struct mono){1}, &ack) == ERR_OK)
		seen |= 1u << strtoul(strrchr(ack.topic, '/') - 1, NULL, 10);
	return seen;
}

static void an_inbox_of_a_part_neither_takes_nor_speaks_of_other_shards(void **state)
{
	struct inbox_config config = {.lane = "reading",
		.consumer = "records",
		.producers = producers,
		.producer_count = 1,
		.shards = 5,
		.only = UINT64_C(0xaaaaaaaaaaaaaaaa),
		.want_ms = 50};
	struct lane_batch head = {
		.lane = "reading", .producer = "ingest-1", .epoch = 5, .shard = 1, .prev = 0, .seq = 1, .at = {2000}};
	struct inbox *inbox;
	(void)state;
	assert_int_equal(inbox_open(NULL, &config, &inbox, NULL), ERR_OK);
	assert_int_equal(acks_of(inbox), 1u << 1 | 1u << 3);
	assert_int_equal(inbox_restore(inbox, "ingest-1", 2, 5, 1), ERR_NOT_FOUND);
	assert_int_equal(inbox_restore(inbox, "ingest-1", 3, 5, 1), ERR_OK);
	assert_int_equal(inbox_offer(inbox, &head, (struct mono){0}), INBOX_APPLY);
	assert_int_equal(inbox_applied(inbox, &head, NULL), ERR_OK);
	inbox_committed(inbox);
	head.shard = 2;
	assert_int_equal(inbox_offer(inbox, &head, (struct mono){0}), INBOX_STALE);
	head.shard = 3, head.prev = 1, head.seq = 2;
	assert_int_equal(inbox_applied(inbox, &head, NULL), ERR_OK);
	assert_int_equal(inbox_watermark(inbox).ms, 2000); /* of shards 1 and 3; the others are not waited for */
	inbox_reconnected(inbox);
	assert_int_equal(acks_of(inbox), 1u << 1 | 1u << 3);
	inbox_close(inbox);
}

static void topics_are_taken_apart_strictly(void **state)
{
	struct inbox_config config = {.lane = "reading",
		.consumer = "detector",
		.producers = producers,
		.producer_count = 1,
		.shards = 2,
		.want_ms = 50};
	static const char *const bad[] = {"curtain/lane/alert/ingest-1/0", "curtain/lane/reading/ingest-1",
		"curtain/lane/reading/ingest-1/x", "curtain/lane/reading//0",
		"curtain/lane/reading/ingest-1/0/detector", "curtain/lane/reading/ingest-1/99999",
		"curtain/lane/reading/ingest-1/", "x"};
	char producer[ID_BYTES];
	struct inbox *inbox;
	unsigned shard;
	(void)state;
	assert_int_equal(inbox_open(NULL, &config, &inbox, NULL), ERR_OK);
	assert_int_equal(inbox_topic(inbox, "curtain/lane/reading/ingest-1/7", producer, &shard), ERR_OK);
	assert_int_equal(shard, 7);
	assert_string_equal(producer, "ingest-1");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (!inbox_topic(inbox, bad[i], producer, &shard))
			fail_msg("%s passes", bad[i]);
	inbox_close(inbox);
}

static void store_keeps_others_and_newer_files_out(void **state)
{
	static const char *const tables[] = {
		"CREATE TABLE one (x INTEGER)", "CREATE TABLE two (x INTEGER)", "NONSENSE"};
	char path[] = "/tmp/store_test.XXXXXX", command[200];
	struct store *store, *second = NULL;
	struct errinfo info = {0};
	(void)state;
	close(mkstemp(path));
	assert_int_equal(store_open(path, tables, 1, 65536, &store, NULL), ERR_OK);
	assert_int_equal(store_open(path, tables, 1, 0, &second, &info), ERR_STATE);
	assert_non_null(strstr(info.text, "another process"));
	assert_true(store_release_ballast(store));
	assert_false(store_release_ballast(store));
	store_refill_ballast(store);
	assert_true(store_release_ballast(store));
	uint64_t epoch = store_epoch(store);
	store_close(store);
	assert_int_equal(store_open(path, tables, 2, 0, &store, NULL), ERR_OK);
	assert_true(store_epoch(store) == epoch);
	store_close(store);
	assert_int_equal(store_open(path, tables, 1, 0, &store, NULL), ERR_VERSION);
	assert_int_not_equal(store_open(path, tables, 3, 0, &store, NULL), ERR_OK);
	assert_int_equal(store_open(path, tables, 2, 0, &store, NULL), ERR_OK);
	store_close(store);
	snprintf(command, sizeof command, "rm -f %s*", path);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quiet_network_sends_each_batch_once),
		cmocka_unit_test(losses_and_kills_change_nothing),
		cmocka_unit_test(absent_consumer_does_not_hold_up_the_other),
		cmocka_unit_test(consumer_with_a_new_store_goes_on_from_what_is_left),
		cmocka_unit_test(consumer_that_comes_later_gets_one_batch_in_the_place_of_those_that_are_gone),
		cmocka_unit_test(batches_that_are_gone_are_counted_and_hold_up_nothing),
		cmocka_unit_test(acknowledgements_that_cannot_be_are_none),
		cmocka_unit_test(a_position_that_cannot_be_is_none),
		cmocka_unit_test(producer_with_a_new_store_is_a_new_epoch),
		cmocka_unit_test(watermark_is_the_earliest_of_all_shards),
		cmocka_unit_test(an_inbox_of_a_part_neither_takes_nor_speaks_of_other_shards),
		cmocka_unit_test(topics_are_taken_apart_strictly),
		cmocka_unit_test(store_keeps_others_and_newer_files_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
