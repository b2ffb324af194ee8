/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "ingest/disk_test.h"
#include "ingest/journal.h"

#define NOON INT64_C(1772000000000)

struct world {
	struct disk disk;
	struct ingest_core *core;
	struct journal *journal;
	struct wall now;
	unsigned devices;
	const char *home; /* of d-0; the others live in h-1 */
};

static void device_name(unsigned n, char out[16])
{
	snprintf(out, 16, "d-%u", n);
}

static void give(struct world *w, unsigned n, const char *household)
{
	struct entry entry = {.kind = ENTRY_DEVICE, .seq = 1};
	char name[16];

	device_name(n, name);
	text_cut(entry.key, sizeof entry.key, name);
	text_cut(entry.body.device.household, sizeof entry.body.device.household, household);
	assert_int_equal(ingest_core_entry(w->core, &entry), ERR_OK);
}

/* open_core makes the core and its directory, and takes the states back. */
static enum err open_core(struct world *w)
{
	static const char *const homes[] = {"h-1", "h-2"};
	struct ingest_core_config config = {.future_ms = 300000,
		.past_ms = INT64_C(1) << 40,
		.alarm_past_ms = 86400000,
		.battery_low = 15,
		.devices_max = 100000};

	assert_int_equal(ingest_core_create(&config, &w->core, NULL), ERR_OK);
	for (int i = 0; i < 2; i++) {
		struct entry consent = {.kind = ENTRY_CONSENT,
			.seq = 1,
			.body.consent = {.quantities = UINT64_MAX, .from = WALL_NONE, .until = WALL_NONE}};
		text_cut(consent.key, sizeof consent.key, homes[i]);
		assert_int_equal(ingest_core_entry(w->core, &consent), ERR_OK);
	}
	for (unsigned n = 0; n < w->devices; n++)
		give(w, n, n ? "h-1" : w->home);
	return ingest_journal_open(w->disk.store, w->core, &w->journal, NULL);
}

static struct world open_world(unsigned devices)
{
	struct world w = {.now = {NOON}, .devices = devices, .home = "h-1"};

	disk_make(&w.disk, JOURNAL_TABLE);
	assert_int_equal(open_core(&w), ERR_OK);
	return w;
}

static void close_world(struct world *w)
{
	journal_close(w->journal);
	ingest_core_destroy(w->core);
	disk_remove(&w->disk);
}

/* kill_world goes on with what is on the disk now. */
static void kill_world(struct world *w)
{
	struct journal *journal = w->journal;
	struct ingest_core *core = w->core;
	struct store *dead;

	disk_kill(&w->disk, &dead);
	journal_close(journal);
	ingest_core_destroy(core);
	if (store_in_transaction(dead))
		store_rollback(dead);
	store_close(dead);
	assert_int_equal(open_core(w), ERR_OK);
}

static double count_to(struct world *w, unsigned n, double value)
{
	struct observation o = {.quantity = QUANTITY_WATER_TOTAL, .value = value, .at = WALL_NONE};
	struct ingest_effects effects;

	device_name(n, o.device);
	assert_int_equal(ingest_feed(w->core, &o, w->now, &effects), ERR_OK);
	assert_int_equal(effects.count, 1);
	assert_int_equal(effects.items[0].kind, INGEST_READING);
	return effects.items[0].as.reading.delta;
}

static void begin(struct world *w)
{
	assert_int_equal(store_begin(w->disk.store, NULL), ERR_OK);
}

static void write_turn(struct world *w)
{
	begin(w);
	assert_int_equal(journal_write(w->journal, NULL), ERR_OK);
	assert_int_equal(store_commit(w->disk.store, NULL), ERR_OK);
	w->now.ms += 1000;
}

static void what_was_committed_survives_a_kill(void **state)
{
	struct world w = open_world(3);

	(void)state;
	for (unsigned n = 0; n < 3; n++)
		assert_true(isnan(count_to(&w, n, 100)));
	write_turn(&w);
	assert_true(count_to(&w, 1, 110) == 10);
	write_turn(&w);
	kill_world(&w);
	assert_true(count_to(&w, 0, 101) == 1);
	assert_true(count_to(&w, 1, 112) == 2);
	assert_true(count_to(&w, 2, 100) == 0);
	close_world(&w);
}

static void what_was_not_committed_never_was(void **state)
{
	struct world w = open_world(1);

	(void)state;
	count_to(&w, 0, 100);
	write_turn(&w);
	count_to(&w, 0, 110);
	begin(&w);
	assert_int_equal(journal_write(w.journal, NULL), ERR_OK);
	kill_world(&w);
	assert_true(count_to(&w, 0, 103) == 3);
	close_world(&w);
}

static void a_turn_without_change_writes_nothing(void **state)
{
	struct world w = open_world(1);

	(void)state;
	count_to(&w, 0, 100);
	write_turn(&w);
	write_turn(&w);
	assert_int_equal(disk_number(&w.disk, "SELECT count(*) FROM journal"), 1);
	close_world(&w);
}

static void a_device_that_moved_is_restored_without_its_past(void **state)
{
	struct world w = open_world(2);

	(void)state;
	count_to(&w, 0, 100);
	count_to(&w, 1, 100);
	write_turn(&w);
	w.home = "h-2";
	give(&w, 0, w.home);
	write_turn(&w);
	kill_world(&w);
	assert_true(isnan(count_to(&w, 0, 101)));
	assert_true(count_to(&w, 1, 101) == 1);
	write_turn(&w);
	kill_world(&w);
	assert_true(count_to(&w, 0, 103) == 2);
	close_world(&w);
}

static void the_journal_stays_small_and_keeps_what_rarely_changes(void **state)
{
	enum { DEVICES = 1000, TURNS = 400 };
	struct world w = open_world(DEVICES);
	int64_t largest = 0, live;

	(void)state;
	for (unsigned n = 0; n < DEVICES; n++)
		count_to(&w, n, n);
	write_turn(&w);
	live = disk_number(&w.disk, "SELECT sum(length(states)) FROM journal");
	w.home = "h-2";
	give(&w, 0, w.home); /* its tomb must outlive the row that it buries */
	for (unsigned turn = 1; turn <= TURNS; turn++) {
		for (unsigned n = 100; n < DEVICES; n++)
			count_to(&w, n, n + turn);
		write_turn(&w);
		int64_t bytes = disk_number(&w.disk, "SELECT sum(length(states)) FROM journal");
		largest = bytes > largest ? bytes : largest;
		if (turn % 150 == 0)
			kill_world(&w);
	}
	/* 400 turns of nearly `live` bytes went through: three times what lives and the slack remain. */
	assert_true(live * TURNS > 2 * ((8 << 20) + 3 * live));
	assert_true(largest < (8 << 20) + 6 * live);
	assert_true(disk_number(&w.disk, "SELECT min(id) FROM journal") > 1);
	kill_world(&w);
	assert_true(isnan(count_to(&w, 0, 100)));
	for (unsigned n = 1; n < DEVICES; n++)
		assert_true(count_to(&w, n, n + TURNS + 1) == (n < 100 ? TURNS + 1 : 1));
	close_world(&w);
}

static void a_broken_row_is_refused(void **state)
{
	static const char *const damage[] = {"UPDATE journal SET states = substr(states, 1, length(states) - 1)",
		"UPDATE journal SET states = x'05'", "UPDATE journal SET states = x'ff000061'",
		"UPDATE journal SET states = CAST(replace(states, 'water', 'wader') AS BLOB)"};

	(void)state;
	for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
		struct world w = open_world(1);
		struct journal *journal = NULL;
		struct errinfo info = {0};
		count_to(&w, 0, 100);
		write_turn(&w);
		assert_int_equal(sqlite3_exec(store_db(w.disk.store), damage[i], NULL, NULL, NULL), SQLITE_OK);
		assert_int_equal(ingest_journal_open(w.disk.store, w.core, &journal, &info), ERR_CORRUPT);
		assert_true(info.text[0] != '\0');
		close_world(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_committed_survives_a_kill),
		cmocka_unit_test(what_was_not_committed_never_was),
		cmocka_unit_test(a_turn_without_change_writes_nothing),
		cmocka_unit_test(a_device_that_moved_is_restored_without_its_past),
		cmocka_unit_test(the_journal_stays_small_and_keeps_what_rarely_changes),
		cmocka_unit_test(a_broken_row_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
