/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "codec/codec.h"
#include "detector/checkpoint.h"
#include "detector/outgoing.h"

#define SHARDS 4
#define NOW ((struct wall){INT64_C(1772380800000)})

struct world {
	char folder[64], path[96];
	struct store *store;
	struct outbox *outbox;
	struct told *told;
	struct outgoing *outgoing;
};

static void world_open(struct world *w)
{
	const char *consumers[] = {"dispatcher"};
	const struct outbox_config config = {.lane = "alert",
		.producer = "detector-1",
		.consumers = consumers,
		.consumer_count = 1,
		.shards = SHARDS,
		.in_flight_bytes = 16 << 20,
		.resend_ms = 1000,
		.memory_bytes = 1 << 20};

	snprintf(w->folder, sizeof w->folder, "/tmp/curtain_outgoing_test.XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	snprintf(w->path, sizeof w->path, "%s/test.db", w->folder);
	assert_int_equal(store_open(w->path, checkpoint_migrations, CHECKPOINT_MIGRATIONS, 0, &w->store, NULL), ERR_OK);
	assert_int_equal(outbox_open(w->store, &config, &w->outbox, NULL), ERR_OK);
	assert_int_equal(told_open(w->store, &w->told, NULL), ERR_OK);
	assert_int_equal(outgoing_open(w->outbox, w->told, SHARDS, &w->outgoing, NULL), ERR_OK);
	assert_int_equal(store_begin(w->store, NULL), ERR_OK);
}

static void world_close(struct world *w)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char path[128];

	outgoing_close(w->outgoing);
	outbox_close(w->outbox);
	told_close(w->told);
	store_close(w->store);
	for (unsigned i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(path, sizeof path, "%s%s", w->path, ends[i]);
		unlink(path);
	}
	rmdir(w->folder);
}

static struct alert alert_of(const char *household)
{
	struct alert alert = {.revision = 1,
		.kind = ALERT_SILENCE,
		.level = ALERT_ALARM,
		.state = ALERT_RAISED,
		.onset = NOW,
		.at = NOW,
		.confidence = 0.5};

	snprintf(alert.id, sizeof alert.id, "a-%s", household);
	text_cut(alert.household, sizeof alert.household, household);
	text_cut(alert.rule, sizeof alert.rule, "silence");
	text_cut(alert.reason_zh, sizeof alert.reason_zh, "没有用水");
	text_cut(alert.reason_en, sizeof alert.reason_en, "no water");
	return alert;
}

/* leaves counts the alerts that lane "alert" gives away, and its batches. */
static unsigned leaves(struct world *w, unsigned *out_batches)
{
	struct outbox_packet packet;
	unsigned alerts = 0;

	*out_batches = 0;
	assert_int_equal(store_commit(w->store, NULL), ERR_OK);
	outbox_committed(w->outbox);
	while (!outbox_next(w->outbox, (struct mono){1}, &packet)) {
		struct codec_batch *batch;
		struct lane_batch head;
		struct alert alert;
		assert_int_equal(codec_batch_open(packet.payload, packet.length, &batch, &head, NULL), ERR_OK);
		while (!codec_batch_next_alert(batch, &alert, NULL))
			alerts++;
		codec_batch_close(batch);
		++*out_batches;
	}
	return alerts;
}

static void an_alert_that_cannot_be_written_stops_no_other(void **state)
{
	struct world w;
	struct buf kept;
	char household[ID_BYTES] = "";
	unsigned batches, taken = 0;
	bool is;

	(void)state;
	world_open(&w);
	for (unsigned i = 0; i < 8; i++) {
		char name[16];
		snprintf(name, sizeof name, "h-%u", i);
		struct alert alert = alert_of(name);
		if (i == 2)
			alert.confidence = NAN;
		if (i == 3)
			alert.reason_zh[0] = '\0';
		if (i == 4)
			alert.onset = WALL_NONE;
		assert_int_equal(outgoing_take(w.outgoing, &alert, NOW, &is, NULL), ERR_OK);
		assert_int_equal(is, i < 2 || i > 4);
		taken += is;
	}
	assert_int_equal(outgoing_refused(w.outgoing), 3);
	assert_int_equal(outgoing_append(w.outgoing, NOW, false, NULL), ERR_OK);
	assert_int_equal(leaves(&w, &batches), taken);
	buf_init(&kept, 1 << 16);
	assert_int_equal(told_find(w.told, "a-h-0", household, &kept, NULL), ERR_OK);
	assert_string_equal(household, "h-0");
	assert_int_equal(told_find(w.told, "a-h-3", household, &kept, NULL), ERR_NOT_FOUND);
	buf_fini(&kept);
	world_close(&w);
}

static void alerts_beyond_a_batch_go_into_the_next(void **state)
{
	struct world w;
	unsigned batches;
	bool is;

	(void)state;
	world_open(&w);
	for (unsigned i = 0; i < CODEC_BATCH_ITEMS_MAX + 5; i++) {
		struct alert alert = alert_of("h-1");
		alert.revision = i + 1;
		assert_int_equal(outgoing_take(w.outgoing, &alert, NOW, &is, NULL), ERR_OK);
		assert_true(is);
	}
	assert_int_equal(outgoing_append(w.outgoing, NOW, false, NULL), ERR_OK);
	assert_int_equal(leaves(&w, &batches), CODEC_BATCH_ITEMS_MAX + 5);
	assert_true(batches >= 2);
	world_close(&w);
}

static void a_beat_has_a_batch_of_each_shard(void **state)
{
	struct world w;
	unsigned batches;

	(void)state;
	world_open(&w);
	assert_int_equal(outgoing_append(w.outgoing, NOW, true, NULL), ERR_OK);
	assert_int_equal(leaves(&w, &batches), 0);
	assert_int_equal(batches, SHARDS);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_alert_that_cannot_be_written_stops_no_other),
		cmocka_unit_test(alerts_beyond_a_batch_go_into_the_next),
		cmocka_unit_test(a_beat_has_a_batch_of_each_shard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
