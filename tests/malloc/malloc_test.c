/* SPDX-License-Identifier: MIT
 *
 * Memory runs out at every allocation of base, codec and lane in turn (walk.h). Runs from the root of the source tree.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/timerq.h"
#include "codec/codec.h"
#include "codec/history.h"
#include "codec/request.h"
#include "lane/lane.h"
#include "walk.h"

/* ---- base ---- */

static enum err buf_scenario(struct errinfo *info)
{
	struct buf buf;

	(void)info;
	buf_init(&buf, 4000);
	walk_go();
	for (int i = 0; i < 200; i++)
		buf_text(&buf, "0123456789");
	buf_printf(&buf, "%0700d", 7);
	enum err err = buf.failed;
	assert_true(err || buf.length == 2700);
	if (err) { /* later appends do nothing; a reset buffer is as good as new */
		size_t length = buf.length;
		assert_int_equal(buf_byte(&buf, 'x'), err);
		assert_true(buf.length == length);
		buf_reset(&buf);
		walk_pause();
		assert_int_equal(buf_printf(&buf, "%0900d", 7), ERR_OK);
	}
	buf_fini(&buf);
	return err;
}

static enum err timerq_scenario(struct errinfo *info)
{
	struct timerq queue;
	enum err first = ERR_OK;
	uint32_t id, expected = 0;

	(void)info;
	timerq_init(&queue);
	walk_go();
	for (uint32_t i = 0; i < 300; i++) {
		enum err err = timerq_set(&queue, 299 - i, (struct wall){(int64_t)(299 - i) * 10});
		if (!err)
			continue;
		first = first ? first : err;
		walk_pause();
		assert_true(timerq_due(&queue).ms == (i ? (int64_t)(300 - i) * 10 : INT64_MAX));
		assert_int_equal(timerq_set(&queue, 299 - i, (struct wall){(int64_t)(299 - i) * 10}), ERR_OK);
		walk_go();
	}
	walk_pause();
	while (timerq_pop(&queue, (struct wall){5000}, &id))
		assert_int_equal(id, expected++);
	assert_int_equal(expected, 300);
	timerq_fini(&queue);
	return first;
}

static enum err zone_scenario(struct errinfo *info)
{
	struct zone *zone = NULL;

	walk_go();
	enum err err = zone_load("Europe/Berlin", &zone, info);
	assert_true(err || zone_to_civil(zone, (struct wall){0}).hour == 1);
	zone_destroy(zone);
	return err;
}

static void base_survives(void **state)
{
	(void)state;
	assert_true(walk_run("buf", buf_scenario, ERR_NOMEM) >= 4);
	assert_true(walk_run("timerq", timerq_scenario, ERR_NOMEM) >= 5);
	assert_true(walk_run("zone", zone_scenario, ERR_NOMEM) >= 4);
}

/* ---- codec ---- */

static char example[65536];
static size_t example_length;

#define MESSAGE_SCENARIO(type)                                                                                         \
	static enum err type##_scenario(struct errinfo *info)                                                          \
	{                                                                                                              \
		struct type message, again;                                                                            \
		struct buf out;                                                                                        \
		buf_init(&out, CODEC_MESSAGE_BYTES_MAX);                                                               \
		walk_go();                                                                                             \
		enum err err = codec_##type##_decode(example, example_length, &message, info);                         \
		if (!err)                                                                                              \
			err = codec_##type##_encode(&message, &out);                                                   \
		walk_pause();                                                                                          \
		if (!err)                                                                                              \
			assert_int_equal(codec_##type##_decode(out.data, out.length, &again, NULL), ERR_OK);           \
		buf_fini(&out);                                                                                        \
		return err;                                                                                            \
	}

MESSAGE_SCENARIO(reading)
MESSAGE_SCENARIO(alert)
MESSAGE_SCENARIO(incident)
MESSAGE_SCENARIO(errand)
MESSAGE_SCENARIO(page)
MESSAGE_SCENARIO(reply)
MESSAGE_SCENARIO(entry)
MESSAGE_SCENARIO(status)

static enum err lane_batch_scenario(struct errinfo *info)
{
	struct codec_batch *batch = NULL;
	struct lane_batch head;
	struct reading reading;
	struct entry entry;
	uint32_t items = 0;

	walk_go();
	enum err err = codec_batch_open(example, example_length, &batch, &head, info);
	while (!err) {
		err = strcmp(head.lane, "reading") ? codec_batch_next_entry(batch, &entry, info)
						   : codec_batch_next_reading(batch, &reading, info);
		items += !err;
	}
	assert_true(err != ERR_NOT_FOUND || items == head.count);
	codec_batch_close(batch);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err history_scenario(struct errinfo *info)
{
	struct history *history = NULL;
	struct history_head head;
	struct reading reading;

	walk_go();
	enum err err = history_open(example, example_length, &history, &head, info);
	while (!err)
		err = history_next(history, &reading, info);
	history_close(history);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err lane_ack_scenario(struct errinfo *info)
{
	struct lane_ack ack;
	walk_go();
	return codec_ack_decode(example, example_length, &ack, info);
}

static enum err clock_scenario(struct errinfo *info)
{
	struct wall at;
	walk_go();
	return codec_clock_decode(example, example_length, &at, info);
}

static enum err request_scenario(struct errinfo *info)
{
	struct request_args *args = NULL;
	const char *kind = "";

	walk_go();
	enum err err = request_open(example, example_length, &args, info);
	if (!err)
		err = request_text(args, "kind", false, &kind, info);
	request_close(args);
	return err;
}

static enum err response_scenario(struct errinfo *info)
{
	struct response response;

	walk_go();
	enum err err = response_decode(example, example_length, &response, info);
	response_fini(&response);
	return err;
}

static const struct {
	const char *prefix;
	enum err (*scenario)(struct errinfo *info);
} messages[] = {{"reading.", reading_scenario}, {"alert.", alert_scenario}, {"incident.", incident_scenario},
	{"errand.", errand_scenario}, {"page.", page_scenario}, {"reply.", reply_scenario}, {"entry.", entry_scenario},
	{"status.", status_scenario}, {"lane_batch.", lane_batch_scenario}, {"lane_ack.", lane_ack_scenario},
	{"clock.", clock_scenario}, {"history.", history_scenario}, {"request.", request_scenario},
	{"response.", response_scenario}};

static void codec_survives(void **state)
{
	bool walked[sizeof messages / sizeof *messages] = {false};
	DIR *dir = opendir("schemas/examples/valid");

	(void)state;
	assert_non_null(dir);
	for (struct dirent *d; (d = readdir(dir));)
		for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
			char path[600];
			if (strncmp(d->d_name, messages[i].prefix, strlen(messages[i].prefix)) != 0)
				continue;
			snprintf(path, sizeof path, "schemas/examples/valid/%s", d->d_name);
			FILE *file = fopen(path, "rb");
			assert_non_null(file);
			example_length = fread(example, 1, sizeof example, file);
			fclose(file);
			assert_true(walk_run(d->d_name, messages[i].scenario, ERR_INVALID) > 0);
			walked[i] = true;
		}
	closedir(dir);
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
		if (!walked[i])
			fail_msg("no example of %s", messages[i].prefix);
}

/* ---- lane ---- */

static char folder[64], path[128];

static const char *const tables[] = {"CREATE TABLE got (n INTEGER PRIMARY KEY)"};
static const char *const consumers[] = {"detector", "records"};
static const char *const producers[] = {"ingest-1"};
static const struct outbox_config outbox_config = {.lane = "reading",
	.producer = "ingest-1",
	.consumers = consumers,
	.consumer_count = 2,
	.shards = 2,
	.in_flight_bytes = 100000,
	.resend_ms = 100,
	.memory_bytes = 250}; /* one batch: the others are read back */
static const struct inbox_config inbox_config = {.lane = "reading",
	.consumer = "detector",
	.producers = producers,
	.producer_count = 1,
	.shards = 2,
	.want_ms = 50};

static void files_remove(void)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
	char name[160];

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(name, sizeof name, "%s%s", path, ends[i]);
		unlink(name);
	}
}

static struct store *store_ready(void)
{
	struct store *store = NULL;
	struct errinfo info = {0};

	if (store_open(path, tables, 1, 0, &store, &info))
		fail_msg("%s", info.text);
	return store;
}

static enum err store_scenario(struct errinfo *info)
{
	struct store *store = NULL;
	enum err err;

	files_remove();
	walk_go();
	err = store_open(path, tables, 1, 0, &store, info);
	walk_pause();
	if (!err) {
		assert_true(store_epoch(store) > 1600000000000 && store_epoch(store) < 10000000000000);
		uint64_t epoch = store_epoch(store);
		store_close(store);
		walk_go(); /* again, the file being there */
		store = NULL;
		err = store_open(path, tables, 1, 0, &store, info);
		assert_true(err || store_epoch(store) == epoch);
	}
	store_close(store);
	return err;
}

/* append_once adds one batch to shard 0 in a transaction; what memory spoils is rolled back. */
static enum err append_once(struct store *store, struct outbox *outbox, struct errinfo *info)
{
	enum err err = store_begin(store, info);

	if (!err)
		err = outbox_append(outbox, 0, (struct wall){1000}, "{}", 2, 1, info);
	if (!err)
		err = outbox_trim(outbox, info);
	if (!err)
		err = store_commit(store, info);
	if (!err) {
		outbox_committed(outbox);
		return ERR_OK;
	}
	if (store_in_transaction(store))
		store_rollback(store);
	outbox_rolled_back(outbox);
	return err;
}

/* again: an operation failed for want of memory; with memory it must pass. */
#define RETRY(first, call)                                                                                             \
	do {                                                                                                           \
		walk_go();                                                                                             \
		enum err tried = (call);                                                                               \
		bool failed = walk_failed();                                                                           \
		walk_pause();                                                                                          \
		if (tried) {                                                                                           \
			assert_true(failed);                                                                           \
			if (!(first))                                                                                  \
				(first) = tried;                                                                       \
			assert_int_equal((call), ERR_OK);                                                              \
		}                                                                                                      \
	} while (0)

/* collect takes every packet and checks that batches 1, 2, ... of shard 0 come in order. */
static enum err collect(struct outbox *outbox, uint64_t *next, uint64_t last)
{
	struct outbox_packet packet;
	struct errinfo info = {0};

	while (*next <= last) {
		struct codec_batch *batch;
		struct lane_batch head;
		enum err err = outbox_next(outbox, (struct mono){1000}, &packet);
		if (err)
			return err;
		bool going = walk_rest();
		if (codec_batch_open(packet.payload, packet.length, &batch, &head, &info))
			fail_msg("%s", info.text);
		codec_batch_close(batch);
		assert_true(head.seq == *next);
		(*next)++;
		walk_resume(going);
	}
	return ERR_OK;
}

static enum err outbox_scenario(struct errinfo *info)
{
	enum err first = ERR_OK, err = ERR_OK;
	struct outbox *outbox = NULL;
	struct lane_ack ack;
	uint64_t next = 1;

	files_remove();
	struct store *store = store_ready();
	assert_int_equal(outbox_open(store, &outbox_config, &outbox, NULL), ERR_OK);
	for (int i = 0; i < 3; i++)
		assert_int_equal(append_once(store, outbox, NULL), ERR_OK);
	outbox_close(outbox);

	walk_go(); /* opening a store with something in it: all is known, or an error */
	err = outbox_open(store, &outbox_config, &outbox, info);
	walk_pause();
	if (err) {
		store_close(store);
		return err;
	}
	assert_int_equal(outbox_stats(outbox).batches, 3);
	RETRY(first, append_once(store, outbox, info));
	RETRY(first, append_once(store, outbox, info));
	assert_int_equal(outbox_stats(outbox).batches, 5);
	RETRY(first, collect(outbox, &next, 5));
	ack = (struct lane_ack){.epoch = store_epoch(store), .seq = 5};
	for (int i = 0; i < 2; i++)
		assert_int_equal(outbox_ack(outbox, consumers[i], 0, &ack, (struct mono){2000}), ERR_OK);
	RETRY(first, outbox_trim(outbox, info));
	assert_int_equal(outbox_stats(outbox).batches, 0);
	assert_int_equal(outbox_stats(outbox).bytes, 0);
	outbox_close(outbox);
	assert_int_equal(outbox_open(store, &outbox_config, &outbox, NULL), ERR_OK);
	assert_int_equal(append_once(store, outbox, NULL), ERR_OK);
	next = 6;
	assert_int_equal(collect(outbox, &next, 6), ERR_OK);
	walk_pause();
	outbox_close(outbox);
	store_close(store);
	return first;
}

static enum err apply_once(
	struct store *store, struct inbox *inbox, const struct lane_batch *head, struct errinfo *info)
{
	enum err err = store_begin(store, info);

	if (!err)
		err = inbox_applied(inbox, head, info);
	if (!err)
		err = store_commit(store, info);
	if (!err) {
		inbox_committed(inbox);
		return ERR_OK;
	}
	if (store_in_transaction(store))
		store_rollback(store);
	inbox_rolled_back(inbox);
	return err;
}

static enum err inbox_scenario(struct errinfo *info)
{
	struct lane_batch head = {
		.lane = "reading", .producer = "ingest-1", .epoch = 5, .shard = 1, .seq = 1, .at = {2000}};
	enum err first = ERR_OK, err;
	struct inbox *inbox = NULL;

	files_remove();
	struct store *store = store_ready();
	assert_int_equal(inbox_open(store, &inbox_config, &inbox, NULL), ERR_OK);
	assert_int_equal(apply_once(store, inbox, &head, NULL), ERR_OK);
	inbox_close(inbox);

	walk_go(); /* opening a store with a position: it is known, or an error */
	err = inbox_open(store, &inbox_config, &inbox, info);
	walk_pause();
	if (err) {
		store_close(store);
		return err;
	}
	assert_int_equal(inbox_offer(inbox, &head, (struct mono){0}), INBOX_DUPLICATE);
	head.prev = 1;
	head.seq = 2;
	assert_int_equal(inbox_offer(inbox, &head, (struct mono){0}), INBOX_APPLY);
	RETRY(first, apply_once(store, inbox, &head, info));
	assert_int_equal(inbox_offer(inbox, &head, (struct mono){0}), INBOX_DUPLICATE);
	inbox_close(inbox);
	assert_int_equal(inbox_open(store, &inbox_config, &inbox, NULL), ERR_OK);
	assert_int_equal(inbox_offer(inbox, &head, (struct mono){0}), INBOX_DUPLICATE);
	inbox_close(inbox);
	store_close(store);
	return first;
}

static void lane_survives(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "%s/malloc_test.XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/store.db", folder);
	assert_true(walk_run("store", store_scenario, ERR_NOMEM) > 100);
	assert_true(walk_run("outbox", outbox_scenario, ERR_NOMEM) > 50);
	assert_true(walk_run("inbox", inbox_scenario, ERR_NOMEM) > 20);
	files_remove();
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base_survives),
		cmocka_unit_test(codec_survives),
		cmocka_unit_test(lane_survives),
	};
	walk_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
