/* SPDX-License-Identifier: MIT */
#include "detector/told.h"

#include <stdlib.h>

#include "base/text.h"
#include "lane/sql.h"

#define TEXT_OF(number) #number
#define LIMIT(number) TEXT_OF(number)

struct told {
	struct store *store;
	sqlite3_stmt *put, *bound, *forget, *find;
};

enum err told_open(struct store *store, struct told **out_told, struct errinfo *info)
{
	struct told *told = calloc(1, sizeof *told);
	sqlite3 *db = store_db(store);

	if (!told)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	told->store = store;
	enum err err = sql_prepare(db,
		"INSERT OR REPLACE INTO told (alert, revision, household, body) VALUES (?, ?, ?, ?)", &told->put, info);
	if (!err)
		err = sql_prepare(
			db, "DELETE FROM told WHERE id <= last_insert_rowid() - " LIMIT(TOLD_MAX), &told->bound, info);
	if (!err)
		err = sql_prepare(db, "DELETE FROM told WHERE household = ?", &told->forget, info);
	if (!err)
		err = sql_prepare(
			db, "SELECT body, household FROM told WHERE alert = ? ORDER BY revision", &told->find, info);
	if (err)
		told_close(told);
	else
		*out_told = told;
	return err;
}

void told_close(struct told *told)
{
	if (!told)
		return;
	sqlite3_finalize(told->put);
	sqlite3_finalize(told->bound);
	sqlite3_finalize(told->forget);
	sqlite3_finalize(told->find);
	free(told);
}

enum err told_put(struct told *told, const char *alert, uint32_t revision, const char *household, const char *body,
	size_t length, struct errinfo *info)
{
	sqlite3_bind_text(told->put, 1, alert, -1, SQLITE_STATIC);
	sqlite3_bind_int64(told->put, 2, revision);
	sqlite3_bind_text(told->put, 3, household, -1, SQLITE_STATIC);
	sqlite3_bind_text64(told->put, 4, body, length, SQLITE_STATIC, SQLITE_UTF8);
	enum err err = sql_run(told->put, info);
	sqlite3_clear_bindings(told->put);
	return err ? err : sql_run(told->bound, info);
}

enum err told_forget(struct told *told, const char *household, struct errinfo *info)
{
	sqlite3_bind_text(told->forget, 1, household, -1, SQLITE_TRANSIENT);
	return sql_run(told->forget, info);
}

enum err told_find(
	struct told *told, const char *alert, char out_household[ID_BYTES], struct buf *out, struct errinfo *info)
{
	enum err err = ERR_NOT_FOUND;
	int code;

	sqlite3_bind_text(told->find, 1, alert, -1, SQLITE_STATIC);
	while ((code = sqlite3_step(told->find)) == SQLITE_ROW) {
		if (!err)
			buf_byte(out, ',');
		buf_append(out, (const char *)sqlite3_column_text(told->find, 0),
			(size_t)sqlite3_column_bytes(told->find, 0));
		text_cut(out_household, ID_BYTES, (const char *)sqlite3_column_text(told->find, 1));
		err = ERR_OK;
	}
	if (code != SQLITE_DONE)
		err = sql_fail(store_db(told->store), info, "alerts told");
	sqlite3_reset(told->find);
	return err ? err : out->failed;
}
