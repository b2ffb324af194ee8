/* SPDX-License-Identifier: MIT
 *
 * libmosquitto does not show the DUP flag, so a redelivery is told by its mark alone: id, topic and payload of a
 * message that this session was given before its last interruption. Marks of messages that come after the interruption
 * are kept apart: two equal messages in a row are two messages.
 */
#include "ingest/letters.h"

#include <stdlib.h>
#include <string.h>

#include "lane/sql.h"

#define RECENT_MARKS 65536 /* the ids of one session: none is in use twice within so many */
#define TABLE_SLOTS (2 * RECENT_MARKS)

struct letters {
	struct store *store;
	int64_t count_max, bytes_max, count, bytes, dropped;
	sqlite3_stmt *insert, *select, *delete, *size, *mark, *oldest, *all, *erase;
	struct buf turn;    /* marks of this turn */
	uint64_t *expected; /* open addressing by mark; 0 = empty, 1 = struck off */
	uint32_t expected_count;
	int64_t marks; /* stored */
};

static int64_t number(sqlite3 *db, const char *text)
{
	sqlite3_stmt *statement;
	int64_t value = 0;

	if (sqlite3_prepare_v2(db, text, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
		value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

enum err letters_open(
	struct store *store, int64_t count_max, int64_t bytes_max, struct letters **out_letters, struct errinfo *info)
{
	struct letters *letters = calloc(1, sizeof *letters);
	sqlite3 *db = store_db(store);
	enum err err = ERR_OK;

	if (!letters)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	struct {
		const char *text;
		sqlite3_stmt **out;
	} rows[] = {
		{"INSERT INTO dead_letter (at, reason, profile, topic, payload) VALUES (?, ?, ?, ?, ?)",
			&letters->insert},
		{"SELECT id, at, reason, profile, topic, payload FROM dead_letter WHERE id > ? ORDER BY id LIMIT 1",
			&letters->select},
		{"DELETE FROM dead_letter WHERE id = ?", &letters->delete},
		{"SELECT length(payload) + length(topic) FROM dead_letter WHERE id = ?", &letters->size},
		{"INSERT INTO recent (marks) VALUES (?)", &letters->mark},
		{"SELECT id, length(marks) FROM recent ORDER BY id LIMIT 1", &letters->oldest},
		{"SELECT marks FROM recent ORDER BY id", &letters->all},
		{"DELETE FROM recent WHERE id = ?", &letters->erase},
	};
	letters->store = store;
	letters->count_max = count_max;
	letters->bytes_max = bytes_max;
	buf_init(&letters->turn, 16u << 20);
	for (size_t i = 0; i < sizeof rows / sizeof *rows && !err; i++)
		err = sql_prepare(db, rows[i].text, rows[i].out, info);
	if (err) {
		letters_close(letters);
		return err;
	}
	letters->count = number(db, "SELECT count(*) FROM dead_letter");
	letters->bytes = number(db, "SELECT total(length(payload) + length(topic)) FROM dead_letter");
	letters->marks = number(db, "SELECT total(length(marks)) FROM recent") / (int64_t)sizeof(uint64_t);
	*out_letters = letters;
	return ERR_OK;
}

void letters_close(struct letters *letters)
{
	if (!letters)
		return;
	sqlite3_finalize(letters->insert);
	sqlite3_finalize(letters->select);
	sqlite3_finalize(letters->delete);
	sqlite3_finalize(letters->size);
	sqlite3_finalize(letters->mark);
	sqlite3_finalize(letters->oldest);
	sqlite3_finalize(letters->all);
	sqlite3_finalize(letters->erase);
	buf_fini(&letters->turn);
	free(letters->expected);
	free(letters);
}

/* ---- dead letters ---- */

enum err letters_delete(struct letters *letters, int64_t id, struct errinfo *info)
{
	sqlite3_bind_int64(letters->size, 1, id);
	if (sqlite3_step(letters->size) == SQLITE_ROW) {
		letters->bytes -= sqlite3_column_int64(letters->size, 0);
		letters->count--;
	}
	sqlite3_reset(letters->size);
	sqlite3_bind_int64(letters->delete, 1, id);
	return sql_run(letters->delete, info);
}

enum err letters_add(struct letters *letters, const struct letter *letter, struct errinfo *info)
{
	int64_t size = (int64_t)(letter->length + strlen(letter->topic));
	enum err err = ERR_OK;

	while (!err && letters->count &&
		(letters->count >= letters->count_max || letters->bytes + size > letters->bytes_max)) {
		struct letter oldest;
		err = letters_next(letters, 0, &oldest, info);
		if (!err)
			err = letters_delete(letters, oldest.id, info);
		letters->dropped++;
	}
	if (err)
		return err;
	sqlite3_bind_int64(letters->insert, 1, letter->at.ms);
	sqlite3_bind_text(letters->insert, 2, letter->reason, -1, SQLITE_STATIC);
	sqlite3_bind_text(letters->insert, 3, letter->profile, -1, SQLITE_STATIC);
	sqlite3_bind_text(letters->insert, 4, letter->topic, -1, SQLITE_STATIC);
	sqlite3_bind_blob64(letters->insert, 5, letter->length ? letter->payload : "", letter->length, SQLITE_STATIC);
	err = sql_run(letters->insert, info);
	sqlite3_clear_bindings(letters->insert);
	if (!err) {
		letters->count++;
		letters->bytes += size;
	}
	return err;
}

enum err letters_next(struct letters *letters, int64_t after, struct letter *out, struct errinfo *info)
{
	sqlite3_stmt *s = letters->select;

	sqlite3_reset(s);
	sqlite3_bind_int64(s, 1, after);
	int code = sqlite3_step(s);
	if (code == SQLITE_DONE) {
		sqlite3_reset(s);
		return ERR_NOT_FOUND;
	}
	if (code != SQLITE_ROW)
		return sql_fail(store_db(letters->store), info, "dead letters");
	*out = (struct letter){.id = sqlite3_column_int64(s, 0),
		.at = {sqlite3_column_int64(s, 1)},
		.reason = (const char *)sqlite3_column_text(s, 2),
		.profile = (const char *)sqlite3_column_text(s, 3),
		.topic = (const char *)sqlite3_column_text(s, 4),
		.payload = sqlite3_column_blob(s, 5),
		.length = (size_t)sqlite3_column_bytes(s, 5)};
	return ERR_OK;
}

int64_t letters_count(const struct letters *letters)
{
	return letters->count;
}

int64_t letters_dropped(const struct letters *letters)
{
	return letters->dropped;
}

/* ---- recent messages ---- */

enum err recent_mark(struct letters *letters, uint64_t mark)
{
	return buf_append(&letters->turn, &mark, sizeof mark);
}

/* drop_oldest deletes the oldest row of marks. */
static enum err drop_oldest(struct letters *letters, struct errinfo *info)
{
	int64_t row = -1;

	if (sqlite3_step(letters->oldest) == SQLITE_ROW) {
		row = sqlite3_column_int64(letters->oldest, 0);
		letters->marks -= sqlite3_column_int64(letters->oldest, 1) / (int64_t)sizeof(uint64_t);
	}
	sqlite3_reset(letters->oldest);
	if (row < 0) {
		letters->marks = 0;
		return ERR_OK;
	}
	sqlite3_bind_int64(letters->erase, 1, row);
	return sql_run(letters->erase, info);
}

enum err recent_write(struct letters *letters, struct errinfo *info)
{
	enum err err = ERR_OK;

	if (!letters->turn.length)
		return ERR_OK;
	sqlite3_bind_blob64(letters->mark, 1, letters->turn.data, letters->turn.length, SQLITE_STATIC);
	err = sql_run(letters->mark, info);
	sqlite3_clear_bindings(letters->mark);
	letters->marks += (int64_t)(letters->turn.length / sizeof(uint64_t));
	buf_reset(&letters->turn);
	while (!err && letters->marks > RECENT_MARKS)
		err = drop_oldest(letters, info);
	return err;
}

static void expect(struct letters *letters, uint64_t mark)
{
	uint64_t slot = mark;

	mark = mark < 2 ? mark + 2 : mark; /* 0 and 1 mean empty and struck off */
	while (letters->expected[slot %= TABLE_SLOTS] != 0)
		slot++;
	letters->expected[slot] = mark;
	letters->expected_count++;
}

enum err recent_expect(struct letters *letters, struct errinfo *info)
{
	enum err err = ERR_OK;
	int code;

	if (!letters->expected)
		letters->expected = malloc(TABLE_SLOTS * sizeof *letters->expected);
	if (!letters->expected)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	memset(letters->expected, 0, TABLE_SLOTS * sizeof *letters->expected);
	letters->expected_count = 0;
	while ((code = sqlite3_step(letters->all)) == SQLITE_ROW) {
		const unsigned char *bytes = sqlite3_column_blob(letters->all, 0);
		size_t length = (size_t)sqlite3_column_bytes(letters->all, 0);
		for (size_t i = 0; i + 8 <= length && letters->expected_count < TABLE_SLOTS / 4 * 3; i += 8) {
			uint64_t mark;
			memcpy(&mark, bytes + i, sizeof mark);
			expect(letters, mark);
		}
	}
	if (code != SQLITE_DONE)
		err = sql_fail(store_db(letters->store), info, "recent messages");
	sqlite3_reset(letters->all);
	return err;
}

void recent_forget(struct letters *letters)
{
	free(letters->expected);
	letters->expected = NULL;
	letters->expected_count = 0;
}

bool recent_is(struct letters *letters, uint64_t mark)
{
	if (!letters->expected_count)
		return false;
	mark = mark < 2 ? mark + 2 : mark;
	for (uint64_t slot = mark; letters->expected[slot %= TABLE_SLOTS] != 0; slot++) {
		if (letters->expected[slot] == mark) {
			letters->expected[slot] = 1;
			if (--letters->expected_count == 0)
				recent_forget(letters);
			return true;
		}
	}
	return false;
}
