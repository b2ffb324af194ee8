/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "lane/directory.h"
#include "lane/sql.h"

static const char *const tables[] = {DIRECTORY_COPY_TABLE};

struct world {
	char folder[32], path[48];
	struct store *store;
	struct directory *directory;
	char given[512]; /* what the core was given, in order */
};

static enum err apply(void *context, const struct entry *entry)
{
	struct world *w = context;
	size_t at = strlen(w->given);

	snprintf(w->given + at, sizeof w->given - at, "%s%s ", entry->deleted ? "-" : "", entry->key);
	return ERR_OK;
}

static void open_world(struct world *w)
{
	struct directory_config config = {.lane = "directory-test",
		.consumer = "tester",
		.producer = "records-1",
		.want_ms = 1000,
		.quiet_ms = 300000,
		.kinds = 1u << ENTRY_HOUSEHOLD | 1u << ENTRY_DEVICE,
		.apply = apply,
		.context = w};

	w->given[0] = '\0';
	assert_int_equal(store_open(w->path, tables, 1, 0, &w->store, NULL), ERR_OK);
	assert_int_equal(directory_copy_open(w->store, &config, &w->directory, NULL), ERR_OK);
}

static void close_world(struct world *w)
{
	directory_copy_close(w->directory);
	if (store_in_transaction(w->store))
		store_rollback(w->store);
	store_close(w->store);
}

static int make_world(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	snprintf(w->folder, sizeof w->folder, "/tmp/directory-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	snprintf(w->path, sizeof w->path, "%s/a.db", w->folder);
	open_world(w);
	*state = w;
	return 0;
}

static int remove_world(void **state)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", ".ballast"};
	struct world *w = *state;
	char path[80];

	close_world(w);
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		snprintf(path, sizeof path, "%s%s", w->path, suffixes[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(w->folder), 0);
	free(w);
	return 0;
}

/* give takes one batch of items, and commits. */
static void give(struct world *w, uint64_t epoch, uint64_t prev, uint64_t seq, const char *items, struct mono now)
{
	struct codec_batch *batch;
	struct lane_batch head;
	struct buf json;

	buf_init(&json, CODEC_BATCH_BYTES_MAX);
	buf_printf(&json,
		"{\"lane\":\"directory-test\",\"producer\":\"records-1\",\"epoch\":%llu,\"shard\":0,\"prev\":%llu,"
		"\"seq\":%llu,\"at\":\"2026-03-01T00:00:00.000Z\",\"items\":[%s]}",
		(unsigned long long)epoch, (unsigned long long)prev, (unsigned long long)seq, items);
	assert_int_equal(codec_batch_open(json.data, json.length, &batch, &head, NULL), ERR_OK);
	assert_int_equal(store_begin(w->store, NULL), ERR_OK);
	assert_int_equal(directory_copy_take(w->directory, batch, &head, now, NULL), ERR_OK);
	assert_int_equal(store_commit(w->store, NULL), ERR_OK);
	inbox_committed(directory_copy_inbox(w->directory));
	codec_batch_close(batch);
	buf_fini(&json);
}

#define HOME(key, seq)                                                                                                 \
	"{\"kind\":\"household\",\"key\":\"" key "\",\"community\":\"c-1\",\"team\":\"t-1\",\"seq\":" seq "}"
#define GONE(key, seq) "{\"kind\":\"household\",\"key\":\"" key "\",\"deleted\":true,\"seq\":" seq "}"

static int64_t kept(const struct world *w)
{
	sqlite3_stmt *statement;

	assert_int_equal(
		sql_prepare(store_db(w->store), "SELECT count(*) FROM directory_copy", &statement, NULL), ERR_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	int64_t count = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return count;
}

static void entries_stay_and_tombstones_go(void **state)
{
	struct world *w = *state;

	assert_false(directory_copy_known(w->directory));
	give(w, 5, 0, 2, HOME("h-1", "1") "," HOME("h-2", "2"), (struct mono){1});
	assert_true(directory_copy_known(w->directory));
	give(w, 5, 2, 3, GONE("h-1", "3"), (struct mono){2});
	give(w, 5, 2, 3, GONE("h-1", "3"), (struct mono){3}); /* again: not applied */
	assert_string_equal(w->given, "h-1 h-2 -h-1 ");
	close_world(w);
	open_world(w);
	assert_string_equal(w->given, "h-2 ");
	assert_true(directory_copy_known(w->directory));
}

static void kinds_that_are_not_kept_are_passed_over_and_bad_items_counted(void **state)
{
	struct world *w = *state;

	give(w, 5, 0, 3,
		"{\"kind\":\"team\",\"key\":\"t-1\",\"community\":\"c-1\",\"captain\":\"v-1\",\"desk\":\"desk\","
		"\"seq\":1},"
		"{\"kind\":\"nonsense\",\"key\":\"x\",\"seq\":2}," HOME("h-1", "3"),
		(struct mono){1});
	assert_string_equal(w->given, "h-1 ");
	assert_int_equal(directory_copy_bad(w->directory), 1);
	assert_int_equal(kept(w), 1);
}

static void what_a_new_epoch_does_not_give_again_is_swept(void **state)
{
	struct world *w = *state;
	int64_t entries;

	give(w, 5, 0, 2, HOME("h-1", "1") "," HOME("h-2", "2"), (struct mono){1});
	assert_int_equal(directory_copy_due(w->directory).us, INT64_MAX);
	give(w, 6, 0, 1, HOME("h-2", "1"), (struct mono){1000});
	assert_int_equal(directory_copy_due(w->directory).us, 1000 + INT64_C(300000000));
	close_world(w);
	open_world(w); /* a restart does not lose the intent */
	assert_true(directory_copy_due(w->directory).us != INT64_MAX);
	w->given[0] = '\0';
	assert_int_equal(store_begin(w->store, NULL), ERR_OK);
	assert_int_equal(directory_copy_sweep(w->directory, &entries, NULL), ERR_OK);
	assert_int_equal(entries, 1);
	assert_int_equal(store_commit(w->store, NULL), ERR_OK);
	assert_string_equal(w->given, "-h-1 ");
	assert_int_equal(kept(w), 1);
	assert_int_equal(directory_copy_due(w->directory).us, INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(entries_stay_and_tombstones_go, make_world, remove_world),
		cmocka_unit_test_setup_teardown(
			kinds_that_are_not_kept_are_passed_over_and_bad_items_counted, make_world, remove_world),
		cmocka_unit_test_setup_teardown(
			what_a_new_epoch_does_not_give_again_is_swept, make_world, remove_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
