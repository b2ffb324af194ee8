/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lane/journal.h"
#include "lane/sql.h"

#define CELLS 4

/* world: a core of a few cells, "a" to "d", each a number. One that is not known has no slot before it is restored. */
struct world {
	char path[64];
	struct store *store;
	struct journal *journal;
	int value[CELLS];
	bool known[CELLS], dirty[CELLS];
	char told[64]; /* what was restored, in its order: "a1 b2 c- "; a doubtful one with ? */
	bool mends;    /* broken rows are taken */
	unsigned breaks;
	int64_t broken;
};

static bool dirty(void *context, struct journal_state *out)
{
	static const char *const keys[CELLS] = {"a", "b", "c", "d"};
	struct world *w = context;

	for (unsigned i = 0; i < CELLS; i++) {
		if (!w->dirty[i])
			continue;
		w->dirty[i] = false;
		*out = (struct journal_state){.key = keys[i],
			.blob = &w->value[i],
			.length = w->known[i] ? sizeof w->value[i] : 0,
			.slot = i};
		return true;
	}
	return false;
}

static enum err restore(void *context, const struct journal_state *state, struct errinfo *info)
{
	struct world *w = context;
	unsigned i = (unsigned)(state->key[0] - 'a');
	size_t at = strlen(w->told);

	(void)info;
	w->known[i] = state->length != 0;
	if (state->length)
		memcpy(&w->value[i], state->blob, sizeof w->value[i]);
	if (state->length)
		snprintf(w->told + at, sizeof w->told - at, "%s%d%s ", state->key, w->value[i],
			state->doubtful ? "?" : "");
	else
		snprintf(w->told + at, sizeof w->told - at, "%s- ", state->key);
	return ERR_OK;
}

static uint32_t slot_of(void *context, const char *key)
{
	const struct world *w = context;

	return w->known[key[0] - 'a'] ? (uint32_t)(key[0] - 'a') : JOURNAL_NO_SLOT;
}

static enum err refresh(void *context, uint32_t slot)
{
	((struct world *)context)->dirty[slot] = true;
	return ERR_OK;
}

static enum err broken(void *context, int64_t row, const void *bytes, size_t length, struct errinfo *info)
{
	struct world *w = context;

	(void)info;
	assert_true(bytes && length);
	w->broken = row;
	w->breaks++;
	return ERR_OK;
}

static enum err world_try(struct world *w)
{
	const char *const migrations[] = {JOURNAL_TABLE};
	const struct journal_source source = {.context = w,
		.dirty = dirty,
		.restore = restore,
		.slot = slot_of,
		.refresh = refresh,
		.broken = w->mends ? broken : NULL};

	assert_int_equal(store_open(w->path, migrations, 1, 0, &w->store, NULL), ERR_OK);
	return journal_open(w->store, &source, &w->journal, NULL);
}

static void world_open(struct world *w)
{
	assert_int_equal(world_try(w), ERR_OK);
}

static void world_close(struct world *w)
{
	journal_close(w->journal);
	store_close(w->store);
}

static void world_reopen(struct world *w, const char *known)
{
	world_close(w);
	memset(w->value, 0, sizeof w->value);
	memset(w->told, 0, sizeof w->told);
	for (unsigned i = 0; i < CELLS; i++)
		w->known[i] = strchr(known, 'a' + (char)i) != NULL;
	world_open(w);
}

static struct world world_new(void)
{
	struct world w = {.path = "/tmp/curtain_journal_test.XXXXXX"};
	int file = mkstemp(w.path);

	assert_true(file >= 0);
	close(file);
	unlink(w.path);
	return w;
}

static void world_end(struct world *w)
{
	static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
	char path[96];

	world_close(w);
	for (unsigned i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(path, sizeof path, "%s%s", w->path, ends[i]);
		unlink(path);
	}
}

/* put writes one row with the cells that are named, each with its value, '-' = forgotten: put(w, "a1 b-"). */
static void put(struct world *w, const char *cells)
{
	for (const char *at = cells; *at; at += at[2] ? 3 : 2) {
		unsigned i = (unsigned)(at[0] - 'a');
		w->dirty[i] = true;
		w->known[i] = at[1] != '-';
		w->value[i] = at[1] - '0';
	}
	assert_int_equal(store_begin(w->store, NULL), ERR_OK);
	assert_int_equal(journal_write(w->journal, NULL), ERR_OK);
	assert_int_equal(store_commit(w->store, NULL), ERR_OK);
}

static void only_the_newest_copy_is_restored_in_the_order_of_the_rows(void **state)
{
	struct world w = world_new();

	(void)state;
	world_open(&w);
	put(&w, "a1 b1 c1");
	put(&w, "b2");
	put(&w, "a3 b3");
	put(&w, "a4");
	world_reopen(&w, "abc");
	assert_string_equal(w.told, "c1 b3 a4 ");
	world_end(&w);
}

static void what_was_forgotten_last_is_not_restored(void **state)
{
	struct world w = world_new();

	(void)state;
	world_open(&w);
	put(&w, "a1 b1");
	put(&w, "a-");
	put(&w, "b-");
	put(&w, "b2");
	world_reopen(&w, "ab");
	assert_string_equal(w.told, "b2 ");
	assert_int_equal(w.value[0], 0);
	world_end(&w);
}

static void a_state_without_a_slot_is_given_all_its_copies(void **state)
{
	struct world w = world_new();

	(void)state;
	world_open(&w);
	put(&w, "a1 d1");
	put(&w, "d2");
	put(&w, "a3");
	world_reopen(&w, "a"); /* d is nobody's until its first copy makes it known */
	assert_string_equal(w.told, "d1 d2 a3 ");
	put(&w, "d-");
	world_reopen(&w, "a");
	assert_string_equal(w.told, "d1 d2 a3 d- ");
	assert_false(w.known[3]);
	world_end(&w);
}

/* cut leaves only so many bytes of a row. */
static void cut(struct world *w, int64_t row, unsigned bytes)
{
	char text[120];

	snprintf(text, sizeof text, "UPDATE journal SET states = substr(states, 1, %u) WHERE id = %d", bytes, (int)row);
	assert_int_equal(sqlite3_exec(store_db(w->store), text, NULL, NULL, NULL), SQLITE_OK);
}

static void a_broken_row_ends_the_opening_unless_it_is_taken(void **state)
{
	struct world w = world_new();

	(void)state;
	world_open(&w);
	put(&w, "a1 b1 c1");
	put(&w, "a2 b2");
	put(&w, "c3");
	cut(&w, 2, 10); /* a2 takes 8 bytes */
	world_close(&w);
	assert_int_equal(world_try(&w), ERR_CORRUPT);
	store_close(w.store);
	memset(w.told, 0, sizeof w.told);
	w.mends = true;
	world_open(&w);
	assert_int_equal(w.breaks, 1);
	assert_int_equal(w.broken, 2);
	assert_string_equal(w.told, "b1? a2? c3 ");
	put(&w, "a4"); /* and it goes on */
	w.breaks = 0;
	world_reopen(&w, "abc");
	assert_string_equal(w.told, "b1? c3 a4 ");
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_newest_copy_is_restored_in_the_order_of_the_rows),
		cmocka_unit_test(what_was_forgotten_last_is_not_restored),
		cmocka_unit_test(a_state_without_a_slot_is_given_all_its_copies),
		cmocka_unit_test(a_broken_row_ends_the_opening_unless_it_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
