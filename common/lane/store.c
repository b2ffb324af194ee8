/* SPDX-License-Identifier: MIT */
#include "lane/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "lane/sql.h"

#define STORE_PATH_BYTES 512

struct store {
	sqlite3 *db;
	sqlite3_stmt *begin, *commit, *rollback;
	uint64_t epoch;
	bool in_transaction;
	int64_t ballast_bytes;
	char ballast[STORE_PATH_BYTES];
};

/* Migration 1 of every store: the tables of the lanes. A batch's id holds lane, shard and seq, so that the outbox is
 * one append-only B-tree by rowid (sql.h). */
static const char lane_tables[] =
	"CREATE TABLE store_meta (epoch INTEGER NOT NULL) STRICT;"
	"CREATE TABLE lane (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;"
	"CREATE TABLE lane_outbox (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, payload BLOB NOT NULL) STRICT;"
	"CREATE TABLE lane_acked (lane INTEGER NOT NULL, shard INTEGER NOT NULL, consumer TEXT NOT NULL, seq INTEGER "
	"NOT NULL,"
	" PRIMARY KEY (lane, shard, consumer)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE lane_position (lane TEXT NOT NULL, producer TEXT NOT NULL, shard INTEGER NOT NULL, epoch INTEGER "
	"NOT NULL,"
	" seq INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (lane, producer, shard)) STRICT, WITHOUT ROWID;";

static enum err code_to_err(int code)
{
	switch (code & 0xff) {
	case SQLITE_FULL:
		return ERR_FULL;
	case SQLITE_NOMEM:
		return ERR_NOMEM;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ERR_CORRUPT;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_STATE;
	default:
		return ERR_IO;
	}
}

enum err sql_fail(sqlite3 *db, struct errinfo *info, const char *doing)
{
	int code = sqlite3_errcode(db);
	enum err err = code_to_err(code);

	/* A full disk shows as a failed write too. */
	if (err == ERR_IO && sqlite3_system_errno(db) == ENOSPC)
		err = ERR_FULL;
	return errinfo_set(info, err, "%s: %s", doing, sqlite3_errmsg(db));
}

enum err sql_prepare(sqlite3 *db, const char *text, sqlite3_stmt **out, struct errinfo *info)
{
	if (sqlite3_prepare_v3(db, text, -1, SQLITE_PREPARE_PERSISTENT, out, NULL) != SQLITE_OK)
		return sql_fail(db, info, text);
	return ERR_OK;
}

enum err sql_run(sqlite3_stmt *statement, struct errinfo *info)
{
	int code = sqlite3_step(statement);
	enum err err = ERR_OK;

	if (code != SQLITE_DONE && code != SQLITE_ROW)
		err = sql_fail(sqlite3_db_handle(statement), info, sqlite3_sql(statement));
	sqlite3_reset(statement);
	return err;
}

static enum err run_text(sqlite3 *db, const char *text, struct errinfo *info)
{
	return sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK ? ERR_OK : sql_fail(db, info, "the store");
}

static enum err read_int(sqlite3 *db, const char *text, int64_t *out, struct errinfo *info)
{
	sqlite3_stmt *statement;
	enum err err = sql_prepare(db, text, &statement, info);

	if (err)
		return err;
	if (sqlite3_step(statement) == SQLITE_ROW)
		*out = sqlite3_column_int64(statement, 0);
	else
		err = sql_fail(db, info, text);
	sqlite3_finalize(statement);
	return err;
}

static enum err migrate(struct store *store, const char *const *migrations, unsigned count, struct errinfo *info)
{
	int64_t version = 0;
	char text[160];
	enum err err = read_int(store->db, "PRAGMA user_version", &version, info);

	if (err)
		return err;
	if (version > (int64_t)count + 1)
		return errinfo_set(info, ERR_VERSION,
			"the store is of version %lld, this program knows %u; install the newer program again",
			(long long)version, count + 1);
	for (int64_t next = version; next <= (int64_t)count && !err; next++) {
		err = run_text(store->db, "BEGIN IMMEDIATE", info);
		if (!err)
			err = run_text(store->db, next == 0 ? lane_tables : migrations[next - 1], info);
		if (!err && next == 0) {
			snprintf(text, sizeof text, "INSERT INTO store_meta VALUES (%lld)", (long long)wall_now().ms);
			err = run_text(store->db, text, info);
		}
		snprintf(text, sizeof text, "PRAGMA user_version = %lld; COMMIT", (long long)next + 1);
		if (!err)
			err = run_text(store->db, text, info);
		if (err)
			sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	}
	return err;
}

static enum err open_db(struct store *store, const char *path, struct errinfo *info)
{
	/* EXCLUSIVE keeps a second process out and needs no shared memory; it must be set before WAL. A checkpoint
	 * every 4 MiB. */
	static const char pragmas[] =
		"PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
		"PRAGMA wal_autocheckpoint = 1024; PRAGMA journal_size_limit = 16777216; PRAGMA temp_store = MEMORY; "
		"PRAGMA foreign_keys = ON;"
		"BEGIN EXCLUSIVE; COMMIT";

	if (sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) !=
		SQLITE_OK)
		return errinfo_at(info, store->db ? code_to_err(sqlite3_errcode(store->db)) : ERR_NOMEM, path, 0, 0,
			"cannot be opened: %s", store->db ? sqlite3_errmsg(store->db) : "out of memory");
	sqlite3_extended_result_codes(store->db, 1);
	if (sqlite3_exec(store->db, pragmas, NULL, NULL, NULL) != SQLITE_OK) {
		enum err err = code_to_err(sqlite3_errcode(store->db));
		return errinfo_at(info, err, path, 0, 0, err == ERR_STATE ? "is in use by another process%s" : "%s",
			err == ERR_STATE ? "" : sqlite3_errmsg(store->db));
	}
	return ERR_OK;
}

enum err store_open(const char *path, const char *const *migrations, unsigned count, int64_t ballast_bytes,
	struct store **out_store, struct errinfo *info)
{
	struct store *store = calloc(1, sizeof *store);
	int64_t epoch = 0;
	enum err err;

	if (!store)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	err = open_db(store, path, info);
	if (!err)
		err = migrate(store, migrations, count, info);
	if (!err)
		err = sql_prepare(store->db, "BEGIN IMMEDIATE", &store->begin, info);
	if (!err)
		err = sql_prepare(store->db, "COMMIT", &store->commit, info);
	if (!err)
		err = sql_prepare(store->db, "ROLLBACK", &store->rollback, info);
	if (!err)
		err = read_int(store->db, "SELECT epoch FROM store_meta", &epoch, info);
	if (err) {
		store_close(store);
		return err;
	}
	store->epoch = (uint64_t)epoch;
	store->ballast_bytes = ballast_bytes;
	snprintf(store->ballast, sizeof store->ballast, "%s.ballast", path);
	store_refill_ballast(store);
	*out_store = store;
	return ERR_OK;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	sqlite3_finalize(store->begin);
	sqlite3_finalize(store->commit);
	sqlite3_finalize(store->rollback);
	sqlite3_close_v2(store->db);
	free(store);
}

struct sqlite3 *store_db(struct store *store)
{
	return store->db;
}

uint64_t store_epoch(const struct store *store)
{
	return store->epoch;
}

bool store_in_transaction(const struct store *store)
{
	return store->in_transaction;
}

enum err store_begin(struct store *store, struct errinfo *info)
{
	enum err err = sql_run(store->begin, info);

	if (!err)
		store->in_transaction = true;
	return err;
}

enum err store_commit(struct store *store, struct errinfo *info)
{
	enum err err = sql_run(store->commit, info);

	if (err)
		store_rollback(store);
	store->in_transaction = false;
	return err;
}

void store_rollback(struct store *store)
{
	/* SQLite may have rolled back by itself after the failure. */
	if (!sqlite3_get_autocommit(store->db))
		sql_run(store->rollback, NULL);
	store->in_transaction = false;
}

bool store_release_ballast(struct store *store)
{
	return store->ballast_bytes > 0 && !unlink(store->ballast);
}

void store_refill_ballast(struct store *store)
{
	struct stat stat;
	int fd;

	if (store->ballast_bytes <= 0 || (!lstat(store->ballast, &stat) && stat.st_size >= store->ballast_bytes))
		return;
	fd = open(store->ballast, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	/* Real blocks, not a hole. */
	if (posix_fallocate(fd, 0, store->ballast_bytes))
		unlink(store->ballast);
	close(fd);
}
