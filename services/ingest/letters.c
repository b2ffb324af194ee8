/* SPDX-License-Identifier: MIT */
#include "ingest/letters.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "lane/sql.h"

#define LETTER_BYTES_MAX (8u << 20)
#define LETTER_SIZE "length(payload) + length(CAST(topic AS BLOB))"

struct letters {
	struct store *store;
	int64_t count_max, bytes_max, count, bytes, dropped;
	sqlite3_stmt *insert, *select, *delete, *size, *oldest;
	struct buf given; /* texts and payload of the letter that letters_next gave */
};

/* measure counts what the store holds. */
static enum err measure(struct letters *letters, struct errinfo *info)
{
	sqlite3 *db = store_db(letters->store);
	sqlite3_stmt *statement;
	enum err err = sql_prepare(
		db, "SELECT count(*), CAST(total(" LETTER_SIZE ") AS INTEGER) FROM dead_letter", &statement, info);

	if (err)
		return err;
	if (sqlite3_step(statement) == SQLITE_ROW) {
		letters->count = sqlite3_column_int64(statement, 0);
		letters->bytes = sqlite3_column_int64(statement, 1);
	} else {
		err = sql_fail(db, info, "dead letters");
	}
	sqlite3_finalize(statement);
	return err;
}

enum err letters_open(
	struct store *store, int64_t count_max, int64_t bytes_max, struct letters **out_letters, struct errinfo *info)
{
	struct letters *letters = calloc(1, sizeof *letters);
	enum err err;

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
		{"SELECT " LETTER_SIZE " FROM dead_letter WHERE id = ?", &letters->size},
		{"SELECT id FROM dead_letter ORDER BY id LIMIT 1", &letters->oldest},
	};
	letters->store = store;
	letters->count_max = count_max;
	letters->bytes_max = bytes_max;
	buf_init(&letters->given, LETTER_BYTES_MAX);
	err = measure(letters, info);
	for (size_t i = 0; i < sizeof rows / sizeof *rows && !err; i++)
		err = sql_prepare(store_db(store), rows[i].text, rows[i].out, info);
	if (err)
		letters_close(letters);
	else
		*out_letters = letters;
	return err;
}

void letters_close(struct letters *letters)
{
	if (!letters)
		return;
	sqlite3_finalize(letters->insert);
	sqlite3_finalize(letters->select);
	sqlite3_finalize(letters->delete);
	sqlite3_finalize(letters->size);
	sqlite3_finalize(letters->oldest);
	buf_fini(&letters->given);
	free(letters);
}

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

static enum err drop_oldest(struct letters *letters, struct errinfo *info)
{
	int64_t id = -1;

	if (sqlite3_step(letters->oldest) == SQLITE_ROW)
		id = sqlite3_column_int64(letters->oldest, 0);
	sqlite3_reset(letters->oldest);
	letters->dropped++;
	return letters_delete(letters, id, info);
}

enum err letters_add(struct letters *letters, const struct letter *letter, struct errinfo *info)
{
	int64_t size = (int64_t)(letter->length + strlen(letter->topic));
	enum err err = ERR_OK;

	while (!err && letters->count &&
		(letters->count >= letters->count_max || letters->bytes + size > letters->bytes_max))
		err = drop_oldest(letters, info);
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

/* hold copies one column, NUL ended, so that the statement need not stay open; gives its place in `given`. */
static size_t hold(struct letters *letters, int column)
{
	size_t place = letters->given.length;
	const void *bytes = sqlite3_column_blob(letters->select, column);

	buf_append(&letters->given, bytes ? bytes : "", (size_t)sqlite3_column_bytes(letters->select, column));
	buf_byte(&letters->given, '\0');
	return place;
}

enum err letters_next(struct letters *letters, int64_t after, struct letter *out, struct errinfo *info)
{
	sqlite3_stmt *s = letters->select;
	enum err err = ERR_OK;

	sqlite3_bind_int64(s, 1, after);
	int code = sqlite3_step(s);
	if (code == SQLITE_ROW) {
		buf_reset(&letters->given);
		size_t reason = hold(letters, 2), profile = hold(letters, 3), topic = hold(letters, 4),
		       payload = hold(letters, 5);
		err = letters->given.failed;
		if (!err)
			*out = (struct letter){.id = sqlite3_column_int64(s, 0),
				.at = {sqlite3_column_int64(s, 1)},
				.reason = letters->given.data + reason,
				.profile = letters->given.data + profile,
				.topic = letters->given.data + topic,
				.payload = letters->given.data + payload,
				.length = (size_t)sqlite3_column_bytes(s, 5)};
		else
			errinfo_set(info, err, "a dead letter cannot be read (%s)", err_name(err));
	} else {
		err = code == SQLITE_DONE ? ERR_NOT_FOUND : sql_fail(store_db(letters->store), info, "dead letters");
	}
	sqlite3_reset(s);
	return err;
}

int64_t letters_count(const struct letters *letters)
{
	return letters->count;
}

int64_t letters_dropped(const struct letters *letters)
{
	return letters->dropped;
}
