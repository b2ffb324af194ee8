/* SPDX-License-Identifier: MIT */
#include "detector/aside.h"

#include "lane/sql.h"

#define TEXT_OF(number) #number
#define LIMIT(number) TEXT_OF(number)

enum err aside_put(struct store *store, const char *key, const void *state, size_t length, enum err why, struct wall at,
	struct errinfo *info)
{
	sqlite3 *db = store_db(store);
	sqlite3_stmt *put = NULL, *bound = NULL;
	enum err err = sql_prepare(
		db, "INSERT OR REPLACE INTO state_aside (key, at, error, state) VALUES (?, ?, ?, ?)", &put, info);

	if (!err)
		err = sql_prepare(db, "DELETE FROM state_aside WHERE id <= last_insert_rowid() - " LIMIT(ASIDE_MAX),
			&bound, info);
	if (!err) {
		sqlite3_bind_text(put, 1, key, -1, SQLITE_STATIC);
		sqlite3_bind_int64(put, 2, at.ms);
		sqlite3_bind_text(put, 3, err_name(why), -1, SQLITE_STATIC);
		sqlite3_bind_blob64(put, 4, length ? state : "", length, SQLITE_STATIC);
		err = sql_run(put, info);
	}
	if (!err)
		err = sql_run(bound, info);
	sqlite3_finalize(put);
	sqlite3_finalize(bound);
	return err;
}

enum err aside_count(struct store *store, int64_t *out_count, struct errinfo *info)
{
	sqlite3_stmt *count;
	enum err err = sql_prepare(store_db(store), "SELECT count(*) FROM state_aside", &count, info);

	if (err)
		return err;
	if (sqlite3_step(count) == SQLITE_ROW)
		*out_count = sqlite3_column_int64(count, 0);
	else
		err = sql_fail(store_db(store), info, "states set aside");
	sqlite3_finalize(count);
	return err;
}
