/* SPDX-License-Identifier: MIT */
#include "gateway/hook_store.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "gateway/hook_store_internal.h"

static const char tables[] =
	"CREATE TABLE hook_delivery (number INTEGER PRIMARY KEY AUTOINCREMENT, subscriber TEXT NOT NULL, id TEXT NOT "
	"NULL,"
	" type TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, body BLOB NOT NULL, attempts INTEGER NOT NULL,"
	" queued INTEGER NOT NULL, due INTEGER NOT NULL, reason TEXT NOT NULL) STRICT;"
	"CREATE INDEX hook_delivery_subscriber ON hook_delivery (subscriber, number);"
	"CREATE TABLE hook_dead (number INTEGER PRIMARY KEY, subscriber TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT "
	"NULL,"
	" key TEXT NOT NULL, at INTEGER NOT NULL, body BLOB NOT NULL, attempts INTEGER NOT NULL, queued INTEGER NOT "
	"NULL,"
	" died INTEGER NOT NULL, reason TEXT NOT NULL) STRICT;"
	"CREATE INDEX hook_dead_subscriber ON hook_dead (subscriber, number);"
	"CREATE TABLE hook_sent (number INTEGER PRIMARY KEY, subscriber TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT "
	"NULL,"
	" at INTEGER NOT NULL, attempts INTEGER NOT NULL, queued INTEGER NOT NULL, ended INTEGER NOT NULL) STRICT;"
	"CREATE TABLE hook_subscriber (name TEXT PRIMARY KEY, state INTEGER NOT NULL, since INTEGER NOT NULL, "
	"rest_until"
	" INTEGER NOT NULL, failures INTEGER NOT NULL, reason TEXT NOT NULL, sent INTEGER NOT NULL, lost INTEGER NOT "
	"NULL,"
	" lost_from INTEGER, lost_until INTEGER) STRICT, WITHOUT ROWID;"
	"CREATE TABLE hook_outage (topic TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE bridge_row (pull TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, hash INTEGER NOT NULL,"
	" PRIMARY KEY (pull, kind, key)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE hook_job (name TEXT PRIMARY KEY, due INTEGER NOT NULL, done INTEGER NOT NULL, mark TEXT NOT NULL,"
	" report TEXT NOT NULL) STRICT, WITHOUT ROWID";

const char *const hook_migrations[] = {tables};
const unsigned hook_migration_count = sizeof hook_migrations / sizeof *hook_migrations;

#define NEW_SUBSCRIBER "INSERT INTO hook_subscriber VALUES (?1, 0, 0, 0, 0, '', "

static const char *const texts[SQL_STATEMENTS] = {
	[SQL_ADD] = "INSERT INTO hook_delivery (subscriber, id, type, key, at, body, attempts, queued, due, reason)"
		    " VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, '')",
	[SQL_NUMBER] = "INSERT INTO hook_delivery (subscriber, id, type, key, at, body, attempts, queued, due, reason)"
		       " VALUES ('', '', '', '', 0, x'', 0, 0, 0, '')",
	[SQL_AGAIN] = "UPDATE hook_delivery SET attempts = ?2, due = ?3, reason = ?4 WHERE number = ?1",
	[SQL_SENT] =
		"INSERT INTO hook_sent SELECT number, subscriber, id, type, at, attempts, queued, ?2 FROM hook_delivery"
		" WHERE number = ?1",
	[SQL_COUNT_SENT] = NEW_SUBSCRIBER "1, 0, NULL, NULL) ON CONFLICT (name) DO UPDATE SET sent = sent + 1",
	[SQL_DEAD] = "INSERT INTO hook_dead SELECT number, subscriber, id, type, key, at, body, ?2, queued, ?3, ?4"
		     " FROM hook_delivery WHERE number = ?1",
	[SQL_BURY] = "INSERT INTO hook_dead VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)",
	[SQL_DROP] = "DELETE FROM hook_delivery WHERE number = ? RETURNING subscriber",
	[SQL_READ] = "SELECT id, type, body, subscriber FROM hook_delivery WHERE number = ?",
	[SQL_LOAD] = "SELECT number, subscriber, key, attempts, queued, due FROM hook_delivery ORDER BY number",
	[SQL_DEAD_COUNT] = "SELECT count(*) FROM hook_dead WHERE subscriber = ?",
	[SQL_LOSE] = NEW_SUBSCRIBER "0, 1, ?2, ?2) ON CONFLICT (name) DO UPDATE SET lost = lost + 1, lost_from = "
				    "ifnull(lost_from, ?2), lost_until = ?2",
	[SQL_REPLAY_PICK] = "SELECT number, key FROM hook_dead WHERE subscriber = ?1 AND (?2 = 0 OR number = ?2)"
			    " ORDER BY number LIMIT ?3",
	[SQL_REPLAY] =
		"INSERT INTO hook_delivery SELECT number, subscriber, id, type, key, at, body, 0, ?2, ?2, 'replayed'"
		" FROM hook_dead WHERE number = ?1",
	[SQL_FORGET] = "DELETE FROM hook_dead WHERE number = ?",
	[SQL_HEALTH] =
		"INSERT INTO hook_subscriber VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, NULL, NULL) ON CONFLICT (name) DO"
		" UPDATE SET state = ?2, since = ?3, rest_until = ?4, failures = ?5, reason = ?6",
	[SQL_RESTORE] = "SELECT state, since, rest_until, failures FROM hook_subscriber WHERE name = ?",
	[SQL_LIST_WAITING] = "SELECT number, subscriber, id, type, at, attempts, queued, due, reason FROM hook_delivery"
			     " WHERE (?1 = '' OR subscriber = ?1) AND number > ?2 ORDER BY number LIMIT ?3",
	[SQL_LIST_SENT] = "SELECT number, subscriber, id, type, at, attempts, queued, ended FROM hook_sent"
			  " WHERE (?1 = '' OR subscriber = ?1) ORDER BY ended DESC, number DESC LIMIT ?2",
	[SQL_LIST_DEAD] = "SELECT number, subscriber, id, type, at, attempts, queued, died, reason FROM hook_dead"
			  " WHERE (?1 = '' OR subscriber = ?1) AND number > ?2 ORDER BY number LIMIT ?3",
	[SQL_FIGURES] = "SELECT (SELECT min(queued) FROM hook_delivery WHERE subscriber = ?1) AS oldest,"
			" (SELECT count(*) FROM hook_dead WHERE subscriber = ?1) AS dead, max(s.sent) AS sent,"
			" max(s.lost) AS lost, max(s.lost_from) AS lost_from, max(s.lost_until) AS lost_until,"
			" max(s.reason) AS reason FROM hook_subscriber s WHERE s.name = ?1",
	[SQL_TRIM_SENT] =
		"DELETE FROM hook_sent WHERE ended < ?1 OR number <= (SELECT number FROM hook_sent ORDER BY number"
		" DESC LIMIT 1 OFFSET ?2)",
	[SQL_TRIM_DEAD] = "DELETE FROM hook_dead WHERE died < ?",
	[SQL_JOB] = "SELECT due, done, mark FROM hook_job WHERE name = ?",
	[SQL_JOB_SAVE] =
		"INSERT INTO hook_job VALUES (?1, ?2, ?3, ?4, ifnull(?5, '')) ON CONFLICT (name) DO UPDATE SET due ="
		" ?2, done = ?3, mark = ?4, report = ifnull(?5, report)",
	[SQL_LIST_JOBS] = "SELECT name, due, done, mark, report FROM hook_job WHERE ?1 = '' OR name = ?1 ORDER BY name",
	[SQL_ROW] = "SELECT hash FROM bridge_row WHERE pull = ? AND kind = ? AND key = ?",
	[SQL_ROW_SAVE] = "INSERT INTO bridge_row VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET hash = ?4",
	[SQL_ROW_FORGET] = "DELETE FROM bridge_row WHERE pull = ? AND kind = ? AND key = ?",
	[SQL_OUTAGE] = "SELECT body FROM hook_outage WHERE topic = ?",
	[SQL_OUTAGE_SAVE] = "INSERT INTO hook_outage VALUES (?1, ?2) ON CONFLICT (topic) DO UPDATE SET body = ?2",
	[SQL_OUTAGE_OVER] = "DELETE FROM hook_outage WHERE topic = ?",
};

enum err hook_store_open(struct store *store, struct hook_store **out, struct errinfo *info)
{
	struct hook_store *hooks = calloc(1, sizeof *hooks);
	enum err err = ERR_OK;

	if (!hooks)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	hooks->store = store;
	for (int i = 0; i < SQL_STATEMENTS && !err; i++)
		err = sql_prepare(store_db(store), texts[i], &hooks->statements[i], info);
	if (err)
		hook_store_close(hooks);
	else
		*out = hooks;
	return err;
}

void hook_store_close(struct hook_store *hooks)
{
	if (!hooks)
		return;
	for (int i = 0; i < SQL_STATEMENTS; i++)
		sqlite3_finalize(hooks->statements[i]);
	free(hooks);
}

sqlite3_stmt *hook_store_bind(struct hook_store *hooks, enum hook_statement which, const char *kinds, ...)
{
	sqlite3_stmt *statement = hooks->statements[which];
	va_list list;

	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	va_start(list, kinds);
	for (int i = 1; *kinds; kinds++, i++) {
		if (*kinds == 'i') {
			sqlite3_bind_int64(statement, i, va_arg(list, int64_t));
		} else if (*kinds == 's') {
			sqlite3_bind_text(statement, i, va_arg(list, const char *), -1, SQLITE_STATIC);
		} else {
			const void *bytes = va_arg(list, const void *);
			sqlite3_bind_blob64(statement, i, bytes, va_arg(list, size_t), SQLITE_STATIC);
		}
	}
	va_end(list);
	return statement;
}

const char *hook_store_column(sqlite3_stmt *row, int i)
{
	const char *text = (const char *)sqlite3_column_text(row, i);

	return text ? text : "";
}

bool hook_store_step(struct hook_store *hooks, sqlite3_stmt *statement, enum err *err, struct errinfo *info)
{
	int code = *err ? SQLITE_DONE : sqlite3_step(statement);

	if (code == SQLITE_ROW)
		return true;
	if (code != SQLITE_DONE)
		*err = sql_fail(store_db(hooks->store), info, sqlite3_sql(statement));
	sqlite3_reset(statement);
	return false;
}

/* ---- deliveries ---- */

uint64_t hook_store_key(const char *key)
{
	uint64_t hash = *key ? text_hash64(key, strlen(key), 0) : 0;

	return *key && !hash ? 1 : hash;
}

enum err hook_store_add(struct hook_store *hooks, const char *subscriber, const struct hook_event *event,
	struct wall now, uint64_t *out_number, struct errinfo *info)
{
	enum err err = sql_run(hook_store_bind(hooks, SQL_ADD, "ssssibii", subscriber, event->id, event->type,
				       event->key, event->at.ms, event->body.data, event->body.length, now.ms, now.ms),
		info);

	*out_number = (uint64_t)sqlite3_last_insert_rowid(store_db(hooks->store));
	return err;
}

/* room says whether a subscriber may have one more dead letter; else it is counted as lost. */
static enum err room(
	struct hook_store *hooks, const char *subscriber, struct wall now, bool *out_room, struct errinfo *info)
{
	sqlite3_stmt *count = hook_store_bind(hooks, SQL_DEAD_COUNT, "s", subscriber);
	enum err err = ERR_OK;

	*out_room = hook_store_step(hooks, count, &err, info) && sqlite3_column_int64(count, 0) < HOOK_DEAD_MAX;
	sqlite3_reset(count);
	if (err || *out_room)
		return err;
	return sql_run(hook_store_bind(hooks, SQL_LOSE, "si", subscriber, now.ms), info);
}

enum err hook_store_bury(struct hook_store *hooks, const char *subscriber, const struct hook_event *event,
	const char *reason, struct wall now, bool *out_kept, struct errinfo *info)
{
	sqlite3 *db = store_db(hooks->store);
	enum err err = room(hooks, subscriber, now, out_kept, info);

	if (err || !*out_kept)
		return err;
	/* Its number comes out of the same row of numbers, so that a replay keeps the order. */
	err = sql_run(hook_store_bind(hooks, SQL_NUMBER, ""), info);
	int64_t number = sqlite3_last_insert_rowid(db);
	if (!err)
		err = sql_run(hook_store_bind(hooks, SQL_DROP, "i", number), info);
	if (!err)
		err = sql_run(
			hook_store_bind(hooks, SQL_BURY, "issssibiis", number, subscriber, event->id, event->type,
				event->key, event->at.ms, event->body.data, event->body.length, now.ms, now.ms, reason),
			info);
	return err;
}

enum err hook_store_again(struct hook_store *hooks, uint64_t number, uint32_t attempts, struct wall due,
	const char *reason, struct errinfo *info)
{
	return sql_run(
		hook_store_bind(hooks, SQL_AGAIN, "iiis", (int64_t)number, (int64_t)attempts, due.ms, reason), info);
}

/* drop deletes a delivery and gives its subscriber. */
static enum err drop(struct hook_store *hooks, uint64_t number, char subscriber[ID_BYTES], struct errinfo *info)
{
	sqlite3_stmt *statement = hook_store_bind(hooks, SQL_DROP, "i", (int64_t)number);
	enum err err = ERR_OK;

	*subscriber = '\0';
	while (hook_store_step(hooks, statement, &err, info))
		text_cut(subscriber, ID_BYTES, hook_store_column(statement, 0));
	return err;
}

enum err hook_store_sent(struct hook_store *hooks, uint64_t number, struct wall now, struct errinfo *info)
{
	char subscriber[ID_BYTES];
	enum err err = sql_run(hook_store_bind(hooks, SQL_SENT, "ii", (int64_t)number, now.ms), info);

	if (!err)
		err = drop(hooks, number, subscriber, info);
	return err ? err : sql_run(hook_store_bind(hooks, SQL_COUNT_SENT, "s", subscriber), info);
}

enum err hook_store_dead(struct hook_store *hooks, uint64_t number, uint32_t attempts, const char *reason,
	struct wall now, bool *out_kept, struct errinfo *info)
{
	sqlite3_stmt *row = hook_store_bind(hooks, SQL_READ, "i", (int64_t)number);
	char subscriber[ID_BYTES] = "";
	enum err err = ERR_OK;

	if (hook_store_step(hooks, row, &err, info))
		text_cut(subscriber, sizeof subscriber, hook_store_column(row, 3));
	sqlite3_reset(row);
	if (!err)
		err = room(hooks, subscriber, now, out_kept, info);
	if (!err && *out_kept)
		err = sql_run(
			hook_store_bind(hooks, SQL_DEAD, "iiis", (int64_t)number, (int64_t)attempts, now.ms, reason),
			info);
	return err ? err : drop(hooks, number, subscriber, info);
}

enum err hook_store_read(struct hook_store *hooks, uint64_t number, char id[HOOK_EVENT_ID_BYTES],
	char type[HOOK_EVENT_TYPE_BYTES], struct buf *out_body, struct errinfo *info)
{
	sqlite3_stmt *row = hook_store_bind(hooks, SQL_READ, "i", (int64_t)number);
	enum err err = ERR_OK;

	if (!hook_store_step(hooks, row, &err, info))
		return err ? err
			   : errinfo_set(info, ERR_NOT_FOUND, "delivery %llu is not there", (unsigned long long)number);
	text_cut(id, HOOK_EVENT_ID_BYTES, hook_store_column(row, 0));
	text_cut(type, HOOK_EVENT_TYPE_BYTES, hook_store_column(row, 1));
	err = buf_append(out_body, sqlite3_column_blob(row, 2), (size_t)sqlite3_column_bytes(row, 2));
	sqlite3_reset(row);
	return err;
}

enum err hook_store_load(struct hook_store *hooks,
	enum err (*take)(void *context, const char *subscriber, struct hook_item *item), void *context,
	struct errinfo *info)
{
	sqlite3_stmt *row = hook_store_bind(hooks, SQL_LOAD, "");
	enum err err = ERR_OK;

	while (hook_store_step(hooks, row, &err, info)) {
		struct hook_item item = {.number = (uint64_t)sqlite3_column_int64(row, 0),
			.key = hook_store_key(hook_store_column(row, 2)),
			.attempts = (uint32_t)sqlite3_column_int64(row, 3),
			.queued = {sqlite3_column_int64(row, 4)},
			.due = {sqlite3_column_int64(row, 5)}};
		err = take(context, hook_store_column(row, 1), &item);
	}
	return err;
}

enum err hook_store_replay(struct hook_store *hooks, const char *subscriber, uint64_t number, unsigned most,
	struct wall now, enum err (*take)(void *context, const char *subscriber, struct hook_item *item), void *context,
	unsigned *out_count, int64_t *out_left, struct errinfo *info)
{
	sqlite3_stmt *row = hook_store_bind(hooks, SQL_REPLAY_PICK, "sii", subscriber, (int64_t)number, (int64_t)most),
		     *left;
	struct hook_item *items = calloc(most ? most : 1, sizeof *items);
	enum err err = ERR_OK;

	if (!items)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	*out_count = 0;
	while (*out_count < most && hook_store_step(hooks, row, &err, info)) {
		items[(*out_count)++] = (struct hook_item){.number = (uint64_t)sqlite3_column_int64(row, 0),
			.key = hook_store_key(hook_store_column(row, 1)),
			.queued = now,
			.due = now};
	}
	sqlite3_reset(row);
	for (unsigned i = 0; i < *out_count && !err; i++) {
		err = sql_run(hook_store_bind(hooks, SQL_REPLAY, "ii", (int64_t)items[i].number, now.ms), info);
		if (!err)
			err = sql_run(hook_store_bind(hooks, SQL_FORGET, "i", (int64_t)items[i].number), info);
		if (!err)
			err = take(context, subscriber, &items[i]);
	}
	free(items);
	left = hook_store_bind(hooks, SQL_DEAD_COUNT, "s", subscriber);
	if (hook_store_step(hooks, left, &err, info))
		*out_left = sqlite3_column_int64(left, 0);
	sqlite3_reset(left);
	return err;
}

/* ---- health ---- */

enum err hook_store_health(struct hook_store *hooks, const char *subscriber, const struct hook_health *health,
	const char *reason, struct errinfo *info)
{
	return sql_run(hook_store_bind(hooks, SQL_HEALTH, "siiiis", subscriber, (int64_t)health->state,
			       health->since.ms, health->rest_until.ms, (int64_t)health->failures, reason),
		info);
}

enum err hook_store_restore(
	struct hook_store *hooks, const char *subscriber, struct hook_health *out, struct errinfo *info)
{
	sqlite3_stmt *row = hook_store_bind(hooks, SQL_RESTORE, "s", subscriber);
	enum err err = ERR_OK;

	if (hook_store_step(hooks, row, &err, info)) {
		int64_t state = sqlite3_column_int64(row, 0), since = sqlite3_column_int64(row, 1),
			rest = sqlite3_column_int64(row, 2);
		*out = (struct hook_health){
			.state = state >= 0 && state < HOOK_STATE_COUNT ? (enum hook_state)state : HOOK_UP,
			.since = since > 0 ? (struct wall){since} : WALL_NONE, /* 0: it was only counted so far */
			.rest_until = rest > 0 ? (struct wall){rest} : WALL_NONE,
			.failures = (uint32_t)sqlite3_column_int64(row, 3)};
	}
	sqlite3_reset(row);
	return err;
}
