/* SPDX-License-Identifier: MIT
 *
 * The store of states when it is bent: what is named, what goes on, what is never raised.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "detector/aside.h"
#include "detector/checkpoint.h"
#include "detector/rig.h"
#include "lane/sql.h"

#define DAYS 20
#define HOMES 3
#define NOW(hours) ((struct wall){DAY0 + DAYS * MS_PER_DAY + (hours)*MS_PER_HOUR})

struct world {
	char folder[64], path[96];
	struct zone *zone;
	struct store *store;
	struct detector_core *core;
	struct checkpoint *checkpoint;
	unsigned raised[HOMES];
};

static void join(struct detector_core *core, unsigned home)
{
	char id[ID_BYTES];

	snprintf(id, sizeof id, "h-%u", home);
	rig_join(core, id);
}

static void world_open(struct world *w)
{
	struct detector_config config = rig_config();

	config.zone = w->zone;
	config.limits = (struct detector_limits){.learning_ms = 14 * MS_PER_DAY};
	rig_rule(&config, "silence");
	assert_int_equal(detector_create(&config, &w->core, NULL), ERR_OK);
	for (unsigned i = 0; i < HOMES; i++)
		join(w->core, i);
	assert_int_equal(store_open(w->path, checkpoint_migrations, CHECKPOINT_MIGRATIONS, 0, &w->store, NULL), ERR_OK);
	assert_int_equal(checkpoint_open(w->store, w->core, &w->checkpoint, NULL), ERR_OK);
}

static void world_close(struct world *w)
{
	checkpoint_close(w->checkpoint);
	detector_destroy(w->core);
	store_close(w->store);
}

static void world_end(struct world *w)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char path[128];

	world_close(w);
	for (unsigned i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(path, sizeof path, "%s%s", w->path, ends[i]);
		unlink(path);
	}
	rmdir(w->folder);
	zone_destroy(w->zone);
}

static void tick(struct world *w, struct wall now)
{
	struct detector_effects out;

	do {
		assert_int_equal(detector_tick(w->core, now, &out), ERR_OK);
		for (unsigned i = 0; i < out.count; i++)
			w->raised[out.items[i].household[2] - '0'] += out.items[i].state == ALERT_RAISED;
	} while (out.count == DETECTOR_EFFECTS_MAX);
}

static void hear(struct world *w, unsigned home, enum quantity quantity, double value, double delta, int64_t at)
{
	struct reading r = {.quantity = quantity,
		.value = value,
		.delta = delta,
		.since = {isnan(delta) ? WALL_NONE.ms : at - MS_PER_HOUR},
		.at = {at},
		.received = {at}};

	snprintf(r.household, sizeof r.household, "h-%u", home);
	snprintf(r.device, sizeof r.device, "%c-%u", isnan(delta) ? 'm' : 'w', home);
	assert_int_equal(detector_feed(w->core, &r), ERR_OK);
}

/* hour: home 0 has a motion sensor, whose silence needs no reading to be proven; the others have a water meter. */
static void hour(struct world *w, unsigned home, int64_t at, double litres)
{
	for (int i = 3; home == 0 && i >= 1; i--)
		if (litres > 0)
			hear(w, home, QUANTITY_MOTION, 1, NAN, at - i * 20000);
	if (home)
		hear(w, home, QUANTITY_WATER_TOTAL, (double)(at - DAY0) / MS_PER_MINUTE, litres, at);
}

static void save(struct world *w)
{
	assert_int_equal(store_begin(w->store, NULL), ERR_OK);
	assert_int_equal(checkpoint_write(w->checkpoint, NULL), ERR_OK);
	assert_int_equal(store_commit(w->store, NULL), ERR_OK);
}

/* world_new: homes that use water from 7 to 22 o'clock, checkpointed every hour. */
static void world_new(struct world *w)
{
	*w = (struct world){.folder = "/tmp/curtain_checkpoint_test.XXXXXX"};
	assert_non_null(mkdtemp(w->folder));
	snprintf(w->path, sizeof w->path, "%s/test.db", w->folder);
	assert_int_equal(zone_load("+08:00", &w->zone, NULL), ERR_OK);
	world_open(w);
	for (int h = 1; h <= DAYS * 24; h++) {
		for (unsigned i = 0; i < HOMES; i++)
			hour(w, i, DAY0 + h * MS_PER_HOUR, h % 24 >= 7 && h % 24 <= 22 ? 15 : 0);
		tick(w, (struct wall){DAY0 + h * MS_PER_HOUR});
		save(w);
	}
	memset(w->raised, 0, sizeof w->raised);
}

static void run_sql(struct world *w, const char *text)
{
	char *error = NULL;

	if (sqlite3_exec(store_db(w->store), text, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", text, error);
}

static int64_t ask_sql(struct world *w, const char *text)
{
	sqlite3_stmt *statement;

	assert_int_equal(sql_prepare(store_db(w->store), text, &statement, NULL), ERR_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	int64_t value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

static void a_broken_row_is_named_and_raises_nothing(void **state)
{
	struct world w;

	(void)state;
	world_new(&w);
	/* Home 0 lives on until noon, which only the last rows know; the others until eleven. */
	for (int h = 7; h <= 12; h++) {
		for (unsigned i = 0; i < HOMES; i++)
			hour(&w, i, NOW(h).ms, i && h == 12 ? 0 : 15);
		tick(&w, NOW(h));
		save(&w);
	}
	run_sql(&w, "UPDATE journal SET states = substr(states, 1, 1) WHERE id > (SELECT max(id) - 6 FROM journal)");
	world_close(&w);
	world_open(&w);
	assert_int_equal(checkpoint_aside(w.checkpoint), 6);
	assert_int_equal(
		ask_sql(&w, "SELECT count(*) FROM state_aside WHERE key LIKE 'journal.%' AND error = 'corrupt'"), 6);
	for (unsigned i = 0; i < HOMES; i++) {
		char name[16];
		snprintf(name, sizeof name, "h-%u", i);
		assert_true(detector_has_habit(w.core, name));
	}
	/* By its old copies home 0 is silent since ten in the evening: nobody may be told so. */
	tick(&w, NOW(18));
	for (int h = 18; h <= 22; h++) {
		for (unsigned i = 0; i < HOMES; i++)
			hour(&w, i, NOW(h).ms, 15);
		tick(&w, NOW(h));
	}
	for (unsigned i = 0; i < HOMES; i++)
		assert_int_equal(w.raised[i], 0);
	/* And whoever falls silent from now on is found. */
	for (int h = 23; h <= 71; h++) {
		for (unsigned i = 0; i < HOMES; i++)
			hour(&w, i, NOW(h).ms, 0);
		tick(&w, NOW(h));
		save(&w);
	}
	for (unsigned i = 0; i < HOMES; i++)
		assert_int_equal(w.raised[i], 1);
	world_close(&w);
	world_open(&w); /* what was written after it is whole */
	world_end(&w);
}

/* keep_newest leaves one row with the newest copies, so that every byte of it counts. */
static unsigned char *newest(struct world *w, size_t *out_length, int64_t *out_row)
{
	sqlite3_stmt *statement;

	assert_int_equal(sql_prepare(store_db(w->store), "SELECT id, states FROM journal ORDER BY id DESC LIMIT 1",
				 &statement, NULL),
		ERR_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	*out_row = sqlite3_column_int64(statement, 0);
	*out_length = (size_t)sqlite3_column_bytes(statement, 1);
	unsigned char *bytes = malloc(*out_length);
	assert_non_null(bytes);
	memcpy(bytes, sqlite3_column_blob(statement, 1), *out_length);
	sqlite3_finalize(statement);
	return bytes;
}

static void write_row(struct world *w, int64_t row, const unsigned char *bytes, size_t length)
{
	sqlite3_stmt *statement;

	assert_int_equal(
		sql_prepare(store_db(w->store), "UPDATE journal SET states = ? WHERE id = ?", &statement, NULL),
		ERR_OK);
	sqlite3_bind_blob64(statement, 1, bytes, length, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 2, row);
	assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
	sqlite3_finalize(statement);
}

static void a_bent_byte_is_found_and_stays_in_its_home(void **state)
{
	struct world w;
	size_t length;
	int64_t row;

	(void)state;
	world_new(&w);
	unsigned char *bytes = newest(&w, &length, &row);
	for (size_t at = 60; at < length; at += length / 11) {
		int64_t aside = ask_sql(&w, "SELECT count(*) FROM state_aside");
		unsigned homes = 0;
		bytes[at] ^= 0x10;
		write_row(&w, row, bytes, length);
		bytes[at] ^= 0x10;
		run_sql(&w, "DELETE FROM state_aside");
		world_close(&w);
		world_open(&w);
		aside = ask_sql(&w, "SELECT count(*) FROM state_aside");
		assert_true(aside >= 1);
		for (unsigned i = 0; i < HOMES; i++) {
			enum detector_mode mode;
			char name[16];
			snprintf(name, sizeof name, "h-%u", i);
			assert_int_equal(detector_mode_of(w.core, name, &mode), ERR_OK);
			homes += mode == DETECTOR_AT_HOME && detector_has_habit(w.core, name);
		}
		assert_true(homes >= HOMES - 1);
	}
	free(bytes);
	world_end(&w);
}

static void who_came_back_is_at_home_after_a_restart(void **state)
{
	struct incident away = {.household = "h-1",
		.kind = ALERT_SILENCE,
		.state = INCIDENT_RESOLVED,
		.event = INCIDENT_EVENT_RESOLVED,
		.outcome = OUTCOME_AWAY,
		.opened = NOW(0),
		.at = NOW(0)};
	enum detector_mode mode;
	struct world w;

	(void)state;
	world_new(&w);
	assert_int_equal(detector_feed_incident(w.core, &away), ERR_OK);
	save(&w);
	hour(&w, 1, NOW(1).ms, 0);
	hour(&w, 1, NOW(2).ms, 15);
	tick(&w, NOW(3));
	save(&w);
	assert_int_equal(detector_mode_of(w.core, "h-1", &mode), ERR_OK);
	assert_int_equal(mode, DETECTOR_AT_HOME);
	world_close(&w);
	world_open(&w);
	assert_int_equal(detector_mode_of(w.core, "h-1", &mode), ERR_OK);
	assert_int_equal(mode, DETECTOR_AT_HOME);
	world_end(&w);
}

static void a_store_that_is_none_is_kept_under_another_name(void **state)
{
	struct world w;
	struct errinfo info = {0};
	struct stat was, is;
	char kept[ASIDE_PATH_BYTES];
	struct store *store;

	(void)state;
	world_new(&w);
	world_close(&w);
	FILE *file = fopen(w.path, "r+");
	assert_non_null(file);
	for (int i = 0; i < 3000; i++)
		fputs("no store at all ", file);
	fclose(file);
	assert_int_equal(stat(w.path, &was), 0);
	assert_int_equal(
		store_open(w.path, checkpoint_migrations, CHECKPOINT_MIGRATIONS, 0, &store, &info), ERR_CORRUPT);
	assert_int_equal(aside_store(w.path, NOW(0), kept, NULL), ERR_OK);
	assert_int_equal(stat(kept, &is), 0);
	assert_int_equal(is.st_size, was.st_size);
	assert_int_equal(access(w.path, F_OK), -1);
	world_open(&w);
	assert_false(detector_has_habit(w.core, "h-0"));
	assert_int_equal(aside_store("/nowhere/at/all", NOW(0), kept, &info), ERR_IO);
	snprintf(kept, sizeof kept, "%s.corrupt-%lld", w.path, (long long)NOW(0).ms);
	assert_int_equal(unlink(kept), 0);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_broken_row_is_named_and_raises_nothing),
		cmocka_unit_test(a_bent_byte_is_found_and_stays_in_its_home),
		cmocka_unit_test(who_came_back_is_at_home_after_a_restart),
		cmocka_unit_test(a_store_that_is_none_is_kept_under_another_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
