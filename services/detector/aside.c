/* SPDX-License-Identifier: MIT */
#include "detector/aside.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

enum err aside_store(const char *path, struct wall at, char out_path[ASIDE_PATH_BYTES], struct errinfo *info)
{
	static const char *const ends[] = {"-wal", "-shm"}; /* SQLite finds them by the name of the file */
	char from[ASIDE_PATH_BYTES + 8], to[ASIDE_PATH_BYTES + 8];

	if ((size_t)snprintf(out_path, ASIDE_PATH_BYTES, "%s.corrupt-%" PRId64, path, at.ms) >= ASIDE_PATH_BYTES)
		return errinfo_set(info, ERR_RANGE, "the name %s is too long", path);
	if (rename(path, out_path))
		return errinfo_set(info, ERR_IO, "%s cannot be renamed: %s", path, strerror(errno));
	for (unsigned i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(from, sizeof from, "%s%s", path, ends[i]);
		snprintf(to, sizeof to, "%s%s", out_path, ends[i]);
		if (rename(from, to) && errno != ENOENT)
			return errinfo_set(info, ERR_IO, "%s cannot be renamed: %s", from, strerror(errno));
	}
	return ERR_OK;
}
