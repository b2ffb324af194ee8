/* SPDX-License-Identifier: MIT */
#include "gateway/once.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "lane/sql.h"
#include "lane/store.h"

static const char *const migrations[] = {
	"CREATE TABLE asked (account TEXT NOT NULL, key TEXT NOT NULL, hash BLOB NOT NULL, at INTEGER NOT NULL, "
	"waiting TEXT, status INTEGER, answer BLOB, PRIMARY KEY (account, key)) WITHOUT ROWID;"
	"CREATE INDEX asked_at ON asked (at);"
	"CREATE UNIQUE INDEX asked_waiting ON asked (waiting) WHERE waiting IS NOT NULL;",
};

enum { FORGET, FIND, NOTE, END, UNDO, STATEMENTS };

struct once {
	struct store *store;
	sqlite3_stmt *statements[STATEMENTS];
};

enum err once_open(const char *path, struct once **out_once, struct errinfo *info)
{
	static const char *const texts[STATEMENTS] = {
		[FORGET] = "DELETE FROM asked WHERE at < ?1",
		[FIND] = "SELECT hash = ?3, status, answer FROM asked WHERE account = ?1 AND key = ?2",
		[NOTE] = "INSERT INTO asked (account, key, hash, at, waiting) VALUES (?1, ?2, ?3, ?4, ?5)",
		[END] = "UPDATE asked SET waiting = NULL, status = ?3, answer = ?4 WHERE account = ?1 AND waiting = ?2",
		[UNDO] = "DELETE FROM asked WHERE account = ?1 AND waiting = ?2",
	};
	struct once *once = calloc(1, sizeof *once);
	enum err err = once ? ERR_OK : errinfo_set(info, ERR_NOMEM, "out of memory");

	if (!err)
		err = store_open(path, migrations, sizeof migrations / sizeof *migrations, 0, &once->store, info);
	for (unsigned i = 0; i < STATEMENTS && !err; i++)
		err = sql_prepare(store_db(once->store), texts[i], &once->statements[i], info);
	if (!err && sqlite3_exec(store_db(once->store), "UPDATE asked SET waiting = NULL", NULL, NULL, NULL))
		err = sql_fail(store_db(once->store), info, "what was cut off");
	if (err)
		once_close(once);
	else
		*out_once = once;
	return err;
}

void once_close(struct once *once)
{
	if (!once)
		return;
	for (unsigned i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(once->statements[i]);
	store_close(once->store);
	free(once);
}

static void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
	sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

/* run steps a statement inside a transaction of its own. */
static enum err run(struct once *once, sqlite3_stmt *statement, struct errinfo *info)
{
	enum err err = store_begin(once->store, info);

	if (err)
		return err;
	err = sql_run(statement, info);
	if (!err)
		return store_commit(once->store, info);
	store_rollback(once->store);
	return err;
}

static enum err find(struct once *once, const struct once_request *request, enum once_state *out_state,
	unsigned *out_status, struct buf *out_answer, struct errinfo *info)
{
	sqlite3_stmt *row = once->statements[FIND];
	enum err err = ERR_OK;

	bind_text(row, 1, request->account);
	bind_text(row, 2, request->key);
	sqlite3_bind_blob(row, 3, request->hash, ONCE_HASH_BYTES, SQLITE_STATIC);
	int stepped = sqlite3_step(row);
	if (stepped == SQLITE_DONE) {
		*out_state = ONCE_NEW;
	} else if (stepped != SQLITE_ROW) {
		err = sql_fail(store_db(once->store), info, "looking for an Idempotency-Key");
	} else if (!sqlite3_column_int(row, 0)) {
		*out_state = ONCE_OTHER;
	} else if (sqlite3_column_type(row, 1) == SQLITE_NULL) {
		*out_state = ONCE_UNKNOWN;
	} else {
		*out_state = ONCE_SAME;
		*out_status = (unsigned)sqlite3_column_int(row, 1);
		const void *answer = sqlite3_column_blob(row, 2);
		if (answer)
			err = buf_append(out_answer, answer, (size_t)sqlite3_column_bytes(row, 2));
	}
	sqlite3_reset(row);
	return err;
}

enum err once_begin(struct once *once, const struct once_request *request, enum once_state *out_state,
	unsigned *out_status, struct buf *out_answer, struct errinfo *info)
{
	sqlite3_stmt *note = once->statements[NOTE];
	enum err err;

	sqlite3_bind_int64(once->statements[FORGET], 1, request->now.ms - ONCE_KEEP_MS);
	err = run(once, once->statements[FORGET], info);
	if (!err)
		err = find(once, request, out_state, out_status, out_answer, info);
	if (err || *out_state != ONCE_NEW)
		return err;
	bind_text(note, 1, request->account);
	bind_text(note, 2, request->key);
	sqlite3_bind_blob(note, 3, request->hash, ONCE_HASH_BYTES, SQLITE_STATIC);
	sqlite3_bind_int64(note, 4, request->now.ms);
	bind_text(note, 5, request->waiting);
	return run(once, note, info);
}

enum err once_end(struct once *once, const char *account, const char *waiting, unsigned status, const char *answer,
	size_t length, struct errinfo *info)
{
	sqlite3_stmt *end = once->statements[END];
	enum err err;

	bind_text(end, 1, account);
	bind_text(end, 2, waiting);
	sqlite3_bind_int(end, 3, (int)status);
	sqlite3_bind_blob64(end, 4, length ? answer : "", length, SQLITE_STATIC);
	err = run(once, end, info);
	return err ? err : sqlite3_changes(store_db(once->store)) ? ERR_OK : ERR_NOT_FOUND;
}

enum err once_undo(struct once *once, const char *account, const char *waiting, struct errinfo *info)
{
	bind_text(once->statements[UNDO], 1, account);
	bind_text(once->statements[UNDO], 2, waiting);
	return run(once, once->statements[UNDO], info);
}
