/* SPDX-License-Identifier: MIT
 *
 * What the files of hook_store share.
 */
#ifndef CURTAIN_GATEWAY_HOOK_STORE_INTERNAL_H
#define CURTAIN_GATEWAY_HOOK_STORE_INTERNAL_H

#include "gateway/hook_store.h"
#include "lane/sql.h"

enum hook_statement {
	SQL_ADD,
	SQL_NUMBER,
	SQL_AGAIN,
	SQL_SENT,
	SQL_COUNT_SENT,
	SQL_DEAD,
	SQL_BURY,
	SQL_DROP,
	SQL_READ,
	SQL_LOAD,
	SQL_DEAD_COUNT,
	SQL_LOSE,
	SQL_REPLAY_PICK,
	SQL_REPLAY,
	SQL_FORGET,
	SQL_HEALTH,
	SQL_RESTORE,
	SQL_LIST_WAITING,
	SQL_LIST_SENT,
	SQL_LIST_DEAD,
	SQL_FIGURES,
	SQL_TRIM_SENT,
	SQL_TRIM_DEAD,
	SQL_JOB,
	SQL_JOB_SAVE,
	SQL_LIST_JOBS,
	SQL_ROW,
	SQL_ROW_SAVE,
	SQL_ROW_FORGET,
	SQL_OUTAGE,
	SQL_OUTAGE_SAVE,
	SQL_OUTAGE_OVER,
	SQL_STATEMENTS
};

struct hook_store {
	struct store *store;
	sqlite3_stmt *statements[SQL_STATEMENTS];
};

/* hook_store_bind gives a statement with its values: i int64_t, s text, b blob (pointer, size_t). */
sqlite3_stmt *hook_store_bind(struct hook_store *hooks, enum hook_statement which, const char *kinds, ...);
/* hook_store_step: true with a row; false at the end or after a failure, which *err tells. */
bool hook_store_step(struct hook_store *hooks, sqlite3_stmt *statement, enum err *err, struct errinfo *info);
const char *hook_store_column(sqlite3_stmt *row, int i);

#endif
