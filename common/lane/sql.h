/* SPDX-License-Identifier: MIT
 *
 * sql: the few lines of SQLite that every store user needs. A batch's id: lane number (7 bits), shard (8), seq (48).
 */
#ifndef CURTAIN_LANE_SQL_H
#define CURTAIN_LANE_SQL_H

#include <sqlite3.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"

#define SQL_SEQ_MAX ((INT64_C(1) << 48) - 1)

static inline int64_t sql_batch_id(unsigned lane, unsigned shard, uint64_t seq)
{
	return (int64_t)((uint64_t)lane << 56 | (uint64_t)shard << 48 | seq);
}

/* sql_bind_wall and sql_column_wall: a time in ms; WALL_NONE is NULL. */
static inline void sql_bind_wall(sqlite3_stmt *statement, int parameter, struct wall at)
{
	if (wall_is_set(at))
		sqlite3_bind_int64(statement, parameter, at.ms);
	else
		sqlite3_bind_null(statement, parameter);
}

static inline struct wall sql_column_wall(sqlite3_stmt *row, int column)
{
	return sqlite3_column_type(row, column) == SQLITE_NULL ? WALL_NONE
							       : (struct wall){sqlite3_column_int64(row, column)};
}

/* sql_prepare compiles text for repeated use; sql_run steps once and resets; sql_fail describes the last failure on db.
 */
enum err sql_prepare(sqlite3 *db, const char *text, sqlite3_stmt **out, struct errinfo *info) ERR_MUST_CHECK;
enum err sql_run(sqlite3_stmt *statement, struct errinfo *info);
enum err sql_fail(sqlite3 *db, struct errinfo *info, const char *doing);

#endif
