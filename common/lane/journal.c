/* SPDX-License-Identifier: MIT
 *
 * A row: (key length u8, blob length u16 little-endian, key, blob) of one state after the other; blob length 0 =
 * forgotten.
 */
#include "lane/journal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "lane/sql.h"

#define JOURNAL_ROW_BYTES (4u << 20)  /* a row that has as much is full */
#define JOURNAL_SLACK_BYTES (8 << 20) /* not worth compacting below */
#define JOURNAL_ROWS_PER_TURN 4
#define ROW_ENDED (-1) /* while opening: its newest copy says that it was forgotten */

struct place {
	int64_t row; /* where the slot's newest copy stands; 0 = nowhere */
	uint32_t bytes;
};

struct journal {
	struct store *store;
	struct journal_source source;
	struct place *places; /* by slot */
	uint32_t place_count;
	int64_t first, last; /* rows */
	int64_t broken;      /* the last one that cannot be read to its end; 0 = none */
	int64_t total_bytes, live_bytes;
	struct buf row;
	sqlite3_stmt *insert, *select, *delete;
};

static enum err place_of(struct journal *journal, uint32_t slot, struct place **out)
{
	if (slot >= journal->place_count) {
		uint32_t count = journal->place_count ? journal->place_count : 1024;
		while (count <= slot)
			count *= 2;
		struct place *more = realloc(journal->places, count * sizeof *more);
		if (!more)
			return ERR_NOMEM;
		memset(more + journal->place_count, 0, (count - journal->place_count) * sizeof *more);
		journal->places = more;
		journal->place_count = count;
	}
	*out = &journal->places[slot];
	return ERR_OK;
}

static enum err settle(struct journal *journal, uint32_t slot, int64_t row, uint32_t bytes)
{
	struct place *place;
	enum err err = place_of(journal, slot, &place);

	if (err)
		return err;
	journal->live_bytes += (int64_t)bytes - place->bytes;
	*place = (struct place){.row = row, .bytes = bytes};
	return ERR_OK;
}

/* size_of gives what a state takes in a row. */
static uint32_t size_of(const struct journal_state *state)
{
	return (uint32_t)(3 + strlen(state->key) + state->length);
}

/* next_state takes the next state of a row, its key copied to key; ERR_NOT_FOUND at its end, ERR_CORRUPT if it is
 * broken. */
static enum err next_state(const unsigned char **at, const unsigned char *end, char key[JOURNAL_KEY_BYTES_MAX + 1],
	struct journal_state *out)
{
	if (*at == end)
		return ERR_NOT_FOUND;
	if (end - *at < 3)
		return ERR_CORRUPT;
	size_t length = (*at)[0], blob = (size_t)(*at)[1] | (size_t)(*at)[2] << 8;
	if ((size_t)(end - *at) < 3 + length + blob || memchr(*at + 3, '\0', length))
		return ERR_CORRUPT;
	memcpy(key, *at + 3, length);
	key[length] = '\0';
	*out = (struct journal_state){.key = key, .blob = *at + 3 + length, .length = blob, .slot = JOURNAL_NO_SLOT};
	*at += 3 + length + blob;
	return ERR_OK;
}

/* Opening walks over the rows twice: first to find where each state's newest copy stands, then to restore those alone.
 * An older copy may be one that nobody can read any more, and restoring each state three times would be a long start.
 */
typedef enum err visitor(
	struct journal *journal, int64_t row, uint32_t slot, const struct journal_state *state, struct errinfo *info);

static enum err visit_place(
	struct journal *journal, int64_t row, uint32_t slot, const struct journal_state *state, struct errinfo *info)
{
	bool gone = state->length == 0;

	if (slot != JOURNAL_NO_SLOT && settle(journal, slot, gone ? ROW_ENDED : row, gone ? 0 : size_of(state)))
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	return ERR_OK;
}

static enum err visit_restore(
	struct journal *journal, int64_t row, uint32_t slot, const struct journal_state *state, struct errinfo *info)
{
	const struct journal_source *source = &journal->source;
	const struct place *place = slot < journal->place_count ? &journal->places[slot] : NULL;

	if (place && (place->row == ROW_ENDED || place->row > row))
		return ERR_OK;
	struct journal_state whole = *state;
	whole.doubtful = row <= journal->broken;
	enum err err = source->restore(source->context, &whole, info);
	if (err == ERR_NOT_FOUND)
		return ERR_OK;
	if (err)
		return errinfo_set(info, err, "a state cannot be read (%s)", err_name(err));
	bool gone = state->length == 0;
	if (!gone) /* it may have got its slot by this */
		slot = source->slot(source->context, state->key);
	if (slot != JOURNAL_NO_SLOT && settle(journal, slot, gone ? 0 : row, gone ? 0 : size_of(state)))
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	return ERR_OK;
}

static enum err walk_row(struct journal *journal, int64_t row, const unsigned char *bytes, size_t length,
	visitor *visit, struct errinfo *info)
{
	const struct journal_source *source = &journal->source;
	const unsigned char *at = bytes;
	char key[JOURNAL_KEY_BYTES_MAX + 1];
	struct journal_state state;
	enum err err;

	while (!(err = next_state(&at, bytes + length, key, &state))) {
		err = visit(journal, row, source->slot(source->context, key), &state, info);
		if (err)
			return err;
	}
	if (err == ERR_NOT_FOUND)
		return ERR_OK;
	if (!source->broken)
		return errinfo_set(info, err, "a row of the journal is broken");
	if (journal->broken >= row) /* it is known since the first walk */
		return ERR_OK;
	journal->broken = row;
	return source->broken(source->context, row, bytes, length, info);
}

static enum err walk_all(struct journal *journal, visitor *visit, struct errinfo *info)
{
	sqlite3 *db = store_db(journal->store);
	sqlite3_stmt *all;
	enum err err = sql_prepare(db, "SELECT id, states FROM journal ORDER BY id", &all, info);
	int code = SQLITE_DONE;

	if (err)
		return err;
	journal->total_bytes = 0;
	while (!err && (code = sqlite3_step(all)) == SQLITE_ROW) {
		int64_t row = sqlite3_column_int64(all, 0);
		size_t length = (size_t)sqlite3_column_bytes(all, 1);
		err = walk_row(journal, row, sqlite3_column_blob(all, 1), length, visit, info);
		journal->total_bytes += (int64_t)length;
		journal->first = journal->first ? journal->first : row;
		journal->last = row;
	}
	if (!err && code != SQLITE_DONE)
		err = sql_fail(db, info, "states");
	sqlite3_finalize(all);
	return err;
}

enum err journal_open(
	struct store *store, const struct journal_source *source, struct journal **out_journal, struct errinfo *info)
{
	struct journal *journal = calloc(1, sizeof *journal);
	sqlite3 *db = store_db(store);
	enum err err;

	if (!journal)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	journal->store = store;
	journal->source = *source;
	buf_init(&journal->row, JOURNAL_ROW_BYTES + JOURNAL_STATE_BYTES_MAX + JOURNAL_KEY_BYTES_MAX + 3);
	err = walk_all(journal, visit_place, info);
	if (!err)
		err = walk_all(journal, visit_restore, info);
	if (!err)
		err = sql_prepare(db, "INSERT INTO journal VALUES (?, ?)", &journal->insert, info);
	if (!err)
		err = sql_prepare(db, "SELECT states FROM journal WHERE id = ?", &journal->select, info);
	if (!err)
		err = sql_prepare(db, "DELETE FROM journal WHERE id = ?", &journal->delete, info);
	if (err)
		journal_close(journal);
	else
		*out_journal = journal;
	return err;
}

void journal_close(struct journal *journal)
{
	if (!journal)
		return;
	sqlite3_finalize(journal->insert);
	sqlite3_finalize(journal->select);
	sqlite3_finalize(journal->delete);
	buf_fini(&journal->row);
	free(journal->places);
	free(journal);
}

/* append_dirty fills a row with what is dirty; *out_more: it is full, and there may be more. */
static enum err append_dirty(struct journal *journal, bool *out_more)
{
	const struct journal_source *source = &journal->source;
	struct journal_state state;

	buf_reset(&journal->row);
	*out_more = false;
	while (!*out_more && source->dirty(source->context, &state)) {
		size_t key = strlen(state.key);
		assert(key <= JOURNAL_KEY_BYTES_MAX && state.length <= JOURNAL_STATE_BYTES_MAX);
		const char head[3] = {(char)key, (char)(state.length & 0xff), (char)(state.length >> 8)};
		buf_append(&journal->row, head, sizeof head);
		buf_append(&journal->row, state.key, key);
		if (buf_append(&journal->row, state.blob, state.length))
			return journal->row.failed;
		bool gone = state.length == 0;
		if (state.slot != JOURNAL_NO_SLOT &&
			settle(journal, state.slot, gone ? 0 : journal->last + 1, gone ? 0 : size_of(&state)))
			return ERR_NOMEM;
		*out_more = journal->row.length >= JOURNAL_ROW_BYTES;
	}
	return ERR_OK;
}

static enum err write_row(struct journal *journal, bool *out_more, struct errinfo *info)
{
	if (append_dirty(journal, out_more))
		return errinfo_set(info, ERR_NOMEM, "out of memory for states");
	if (!journal->row.length)
		return ERR_OK;
	journal->last++;
	journal->first = journal->first ? journal->first : journal->last;
	journal->total_bytes += (int64_t)journal->row.length;
	sqlite3_bind_int64(journal->insert, 1, journal->last);
	sqlite3_bind_blob64(journal->insert, 2, journal->row.data, journal->row.length, SQLITE_STATIC);
	enum err err = sql_run(journal->insert, info);
	sqlite3_clear_bindings(journal->insert);
	return err;
}

/* refresh_row marks those states of the oldest row dirty that have no newer copy. */
static enum err refresh_row(struct journal *journal, const unsigned char *bytes, size_t length)
{
	const struct journal_source *source = &journal->source;
	const unsigned char *at = bytes;
	char key[JOURNAL_KEY_BYTES_MAX + 1];
	struct journal_state state;
	enum err err = ERR_OK;

	while (!err && !next_state(&at, bytes + length, key, &state)) {
		uint32_t slot = source->slot(source->context, key);
		if (slot != JOURNAL_NO_SLOT && slot < journal->place_count &&
			journal->places[slot].row == journal->first)
			err = source->refresh(source->context, slot);
	}
	return err;
}

/* drop_first refreshes what lives only in the oldest row and deletes it. */
static enum err drop_first(struct journal *journal, struct errinfo *info)
{
	enum err err = ERR_OK;

	sqlite3_bind_int64(journal->select, 1, journal->first);
	int code = sqlite3_step(journal->select);
	if (code == SQLITE_ROW) {
		size_t length = (size_t)sqlite3_column_bytes(journal->select, 0);
		journal->total_bytes -= (int64_t)length;
		err = refresh_row(journal, sqlite3_column_blob(journal->select, 0), length);
		if (err)
			errinfo_set(info, err, "out of memory for states");
	} else if (code != SQLITE_DONE) {
		err = sql_fail(store_db(journal->store), info, "states");
	}
	sqlite3_reset(journal->select);
	if (err)
		return err;
	sqlite3_bind_int64(journal->delete, 1, journal->first);
	journal->first++;
	return sql_run(journal->delete, info);
}

enum err journal_write(struct journal *journal, struct errinfo *info)
{
	enum err err = ERR_OK;

	/* First the compaction, so that what it refreshes goes into the row of this same transaction. */
	for (int i = 0; i < JOURNAL_ROWS_PER_TURN && !err && journal->first && journal->first < journal->last; i++) {
		if (journal->total_bytes < 3 * journal->live_bytes + JOURNAL_SLACK_BYTES)
			break;
		err = drop_first(journal, info);
	}
	for (bool more = true; more && !err;)
		err = write_row(journal, &more, info);
	return err;
}
