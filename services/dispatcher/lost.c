/* SPDX-License-Identifier: MIT */
#include "dispatcher/lost.h"

#include <sqlite3.h>
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "lane/sql.h"

#define WORDS_IDS 8 /* named to the desk; the log has all */

#define KEEP "INSERT INTO state_lost (kind, id, state, cause, told, standing) SELECT ?2, CAST(?1 AS TEXT), "
#define NEWS ", ?3, 0, 1 FROM "

/* keep copies the row, drop takes it away; NULL: whoever knows the table does. */
static const struct {
	const char *name, *column, *fix, *keep, *drop;
} kinds[LOST_KIND_COUNT] = {
	[LOST_INCIDENT] = {"incident", "incident.state",
		"where it was open it goes on from its last snapshot, people are asked anew: look at it",
		KEEP "state" NEWS "incident WHERE id = ?1", "DELETE FROM incident WHERE id = ?1"},
	[LOST_SNAPSHOT] = {"snapshot", "post.payload",
		"it was open and cannot go on: find its household in records and call there at once",
		KEEP "payload" NEWS "post WHERE key = 'incident/' || ?1", NULL},
	[LOST_MATTER] = {"matter", "rota.state", "ask for the swap, the cover or the absence again",
		KEEP "state" NEWS "rota WHERE id = ?1", "DELETE FROM rota WHERE id = ?1"},
	[LOST_RULES] = {"rules", "rota_rules.rules", "publish the team's roster anew",
		KEEP "rules" NEWS "rota_rules WHERE team = ?1", "DELETE FROM rota_rules WHERE team = ?1"},
	[LOST_HOME] = {"home", "visit_state.state", "its next visit is planned as of a new home: look at it",
		KEEP "state" NEWS "visit_state WHERE home = 1 AND id = ?1",
		"DELETE FROM visit_state WHERE home = 1 AND id = ?1"},
	[LOST_ERRAND] = {"errand", "visit_state.state",
		"look it up in records, and ask for it again if it was not over",
		KEEP "state" NEWS "visit_state WHERE home = 0 AND id = ?1",
		"DELETE FROM visit_state WHERE home = 0 AND id = ?1"},
	[LOST_MORNING] = {"morning", "visit_state.state", "companions may be told of today's visits once more",
		KEEP "state" NEWS "visit_state WHERE home NOT IN (0, 1) AND id = ?1",
		"DELETE FROM visit_state WHERE home NOT IN (0, 1) AND id = ?1"},
	[LOST_PAGE] = {"page", "delivery.page", "its incident goes on by its timers: look at who was reached",
		KEEP "page" NEWS "delivery WHERE number = ?1", "DELETE FROM delivery WHERE number = ?1"},
	[LOST_POST] = {"post", "post.topic",
		"what it told is told anew with the next change: look at it if it was a page",
		KEEP "payload" NEWS "post WHERE number = ?1", "DELETE FROM post WHERE number = ?1"},
	[LOST_HANDSET] = {"handset", "handset.number", "say again which number the key is set to",
		KEEP "number" NEWS "handset WHERE household = ?1", "DELETE FROM handset WHERE household = ?1"},
	[LOST_STOOD] = {"stood", "stood", "papers and figures of that time lack this duty",
		KEEP "printf('%s/%s/%s/%s', ends, place, open_from, open_until)" NEWS "stood WHERE " STOOD_KEY " = ?1",
		"DELETE FROM stood WHERE " STOOD_KEY " = ?1"},
};

const char *lost_kind_name(enum lost_kind kind)
{
	return kinds[kind].name;
}

enum err lost_begin(struct store *store, struct errinfo *info)
{
	sqlite3_stmt *statement = NULL;
	enum err err = sql_prepare(
		store_db(store), "UPDATE state_lost SET standing = 0 WHERE standing AND kind <> ?", &statement, info);

	if (!err) {
		sqlite3_bind_text(statement, 1, kinds[LOST_RULES].name, -1, SQLITE_STATIC);
		err = sql_run(statement, info);
	}
	sqlite3_finalize(statement);
	return err;
}

static enum err run(struct store *store, const char *text, const sqlite3_value *id, const char *kind, const char *cause,
	struct errinfo *info)
{
	sqlite3_stmt *statement = NULL;
	enum err err = sql_prepare(store_db(store), text, &statement, info);

	if (!err) {
		sqlite3_bind_value(statement, 1, id);
		if (kind)
			sqlite3_bind_text(statement, 2, kind, -1, SQLITE_STATIC);
		if (cause)
			sqlite3_bind_text(statement, 3, cause, -1, SQLITE_STATIC);
		err = sql_run(statement, info);
	}
	sqlite3_finalize(statement);
	return err;
}

enum err lost_take(struct store *store, enum lost_kind kind, sqlite3_stmt *row, int column, const char *cause,
	struct errinfo *info)
{
	bool own = !store_in_transaction(store);
	sqlite3_value *id = sqlite3_value_dup(sqlite3_column_value(row, column));
	const char *text;
	enum err err = id ? ERR_OK : errinfo_set(info, ERR_NOMEM, "out of memory");

	if (!err && own)
		err = store_begin(store, info);
	if (!err)
		err = run(store, kinds[kind].keep, id, kinds[kind].name, cause, info);
	if (!err && kinds[kind].drop)
		err = run(store, kinds[kind].drop, id, NULL, NULL, info);
	if (!err && own)
		err = store_commit(store, info);
	text = (const char *)sqlite3_value_text(id);
	if (!err)
		log_error("row_set_aside", "kind", kinds[kind].name, "id", text && text_is_label(text) ? text : "-",
			"column", kinds[kind].column, "cause", cause, "fix", kinds[kind].fix);
	sqlite3_value_free(id);
	return err;
}

enum err lost_take_id(struct store *store, enum lost_kind kind, const char *id, const char *cause, struct errinfo *info)
{
	sqlite3_stmt *row = NULL;
	enum err err = sql_prepare(store_db(store), "SELECT ?", &row, info);

	if (!err) {
		sqlite3_bind_text(row, 1, id, -1, SQLITE_STATIC);
		err = sqlite3_step(row) == SQLITE_ROW ? lost_take(store, kind, row, 0, cause, info)
						      : sql_fail(store_db(store), info, "an id");
	}
	sqlite3_finalize(row);
	return err;
}

enum err lost_heal(struct store *store, enum lost_kind kind, const char *id, struct errinfo *info)
{
	sqlite3_stmt *statement = NULL;
	enum err err = sql_prepare(store_db(store),
		"UPDATE state_lost SET standing = 0 WHERE standing AND kind = ? AND id = ?", &statement, info);

	if (!err) {
		sqlite3_bind_text(statement, 1, kinds[kind].name, -1, SQLITE_STATIC);
		sqlite3_bind_text(statement, 2, id, -1, SQLITE_STATIC);
		err = sql_run(statement, info);
	}
	sqlite3_finalize(statement);
	return err;
}

enum err lost_count(struct store *store, unsigned *out_standing, bool *out_untold, struct errinfo *info)
{
	sqlite3_stmt *row = NULL;
	enum err err = sql_prepare(store_db(store),
		"SELECT count(*) FILTER (WHERE standing), count(*) FILTER (WHERE NOT told) FROM state_lost", &row,
		info);

	if (!err && sqlite3_step(row) == SQLITE_ROW) {
		*out_standing = (unsigned)sqlite3_column_int(row, 0);
		*out_untold = sqlite3_column_int(row, 1) > 0;
	}
	sqlite3_finalize(row);
	return err;
}

enum err lost_untold(struct store *store, enum lost_kind kind, unsigned *out_count, char out_ids[LOST_WORDS_BYTES],
	struct errinfo *info)
{
	sqlite3_stmt *rows = NULL;
	size_t length = 0;
	unsigned count = 0;
	enum err err = sql_prepare(
		store_db(store), "SELECT id FROM state_lost WHERE NOT told AND kind = ? ORDER BY number", &rows, info);

	if (!err)
		sqlite3_bind_text(rows, 1, kinds[kind].name, -1, SQLITE_STATIC);
	*out_ids = '\0';
	while (!err && sqlite3_step(rows) == SQLITE_ROW) {
		const char *id = (const char *)sqlite3_column_text(rows, 0);
		if (count++ < WORDS_IDS)
			length += (size_t)snprintf(out_ids + length, LOST_WORDS_BYTES - length, "%s%s",
				length ? ", " : "", text_is_id(id) ? id : "-");
	}
	if (count > WORDS_IDS)
		snprintf(out_ids + length, LOST_WORDS_BYTES - length, ", ...");
	sqlite3_finalize(rows);
	*out_count = count;
	return err;
}

enum err lost_told(struct store *store, struct errinfo *info)
{
	sqlite3_stmt *statement = NULL;
	enum err err = sql_prepare(store_db(store), "UPDATE state_lost SET told = 1 WHERE NOT told", &statement, info);

	if (!err)
		err = sql_run(statement, info);
	sqlite3_finalize(statement);
	return err;
}
