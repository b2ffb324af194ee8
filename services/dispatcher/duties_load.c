/* SPDX-License-Identifier: MIT
 *
 * Rosters in force, from the store at the start. Rows that contradict each other must not keep calls for help from
 * being answered: that team has no roster then, and its people are asked as the directory has them. The rows are moved,
 * not dropped, in a transaction of their own before anything else is written; captain and desk are told in the first
 * turn, in the transaction that notes it, so once.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "dispatcher/dispatcher.h"
#include "lane/sql.h"

/* run runs a statement that is needed once, about team (NULL: it has no parameter). */
static enum err run(struct dispatcher *d, const char *text, const char *team, const char *cause, struct errinfo *info)
{
	sqlite3_stmt *statement = NULL;
	enum err err = sql_prepare(store_db(d->store), text, &statement, info);

	if (!err && team)
		sqlite3_bind_text(statement, 1, team, -1, SQLITE_STATIC);
	if (!err && cause)
		sqlite3_bind_text(statement, 2, cause, -1, SQLITE_STATIC);
	if (!err)
		err = sql_run(statement, info);
	sqlite3_finalize(statement);
	return err;
}

static enum err count_lost(struct dispatcher *d, struct errinfo *info)
{
	sqlite3_stmt *row = NULL;
	enum err err = sql_prepare(
		store_db(d->store), "SELECT count(*), count(*) FILTER (WHERE NOT told) FROM roster_lost", &row, info);

	if (!err && sqlite3_step(row) == SQLITE_ROW) {
		d->rosters_lost = (unsigned)sqlite3_column_int(row, 0);
		d->lost_untold = sqlite3_column_int(row, 1) > 0;
	}
	sqlite3_finalize(row);
	return err;
}

/* ---- reading ---- */

struct roster_rows {
	char team[ID_BYTES];
	struct book_duty duties[BOOK_DUTIES_MAX];
	unsigned count;
	bool too_many, unfit; /* of what was read for the team: more than fit; one that no message could hold */
};

static void take_row(struct roster_rows *r, sqlite3_stmt *row)
{
	const char *shift = (const char *)sqlite3_column_text(row, 4),
		   *user = (const char *)sqlite3_column_text(row, 5);
	struct book_duty *duty = &r->duties[r->count];

	r->too_many = r->count == BOOK_DUTIES_MAX;
	if (r->too_many)
		return;
	*duty = (struct book_duty){.from = {sqlite3_column_int64(row, 1)},
		.until = {sqlite3_column_int64(row, 2)},
		.place = sqlite3_column_int(row, 3)};
	text_cut(duty->shift, sizeof duty->shift, shift);
	text_cut(duty->user, sizeof duty->user, user);
	r->unfit = r->unfit || !text_is_id(shift) || !text_is_id(user) || !wall_in_messages(duty->from) ||
		   !wall_in_messages(duty->until);
	r->count++;
}

/* put gives a team's rows to the book, or notes that they cannot stand there. Of a team that is no id nobody can be
 * told: the log and the count alone. */
static enum err put(struct dispatcher *d, const struct roster_rows *r, struct errinfo *info)
{
	bool named = text_is_id(r->team);
	char cause[WORD_BYTES * 3];
	unsigned bad = 0;
	enum err err = r->too_many ? ERR_FULL : r->unfit || !named ? ERR_INVALID : ERR_OK;

	if (!err)
		err = book_put(incident_core_book(d->core), r->team, r->duties, r->count, WALL_NONE, &bad);
	if (!err || err == ERR_NOMEM)
		return err;
	snprintf(cause, sizeof cause, "%s, row %u of %u", err_name(err), bad + 1, r->count);
	log_error("roster_set_aside", "team", named ? r->team : "-", "cause", cause);
	return run(d,
		named ? "INSERT INTO roster_lost VALUES (?, ?, 0) ON CONFLICT DO UPDATE SET cause = excluded.cause, "
			"told = 0"
		      : "INSERT OR IGNORE INTO roster_lost VALUES (?, ?, 1)",
		r->team, cause, info);
}

static enum err read_all(struct dispatcher *d, struct errinfo *info)
{
	static struct roster_rows r;
	sqlite3_stmt *rows = NULL;
	int step = SQLITE_DONE;
	enum err err = sql_prepare(store_db(d->store),
		"SELECT team, starts, ends, place, shift, user FROM duty ORDER BY team, rowid", &rows, info);

	r.count = 0;
	while (!err && (step = sqlite3_step(rows)) == SQLITE_ROW) {
		const char *team = (const char *)sqlite3_column_text(rows, 0);
		if (r.count && strcmp(team, r.team) != 0) {
			err = put(d, &r, info);
			r.count = 0;
		}
		if (!r.count) {
			r.too_many = r.unfit = false;
			text_cut(r.team, sizeof r.team, team);
		}
		take_row(&r, rows);
	}
	if (!err && step != SQLITE_DONE)
		err = sql_fail(store_db(d->store), info, "the store's rosters");
	sqlite3_finalize(rows);
	return err || !r.count ? err : put(d, &r, info);
}

/* move_rows: what was set aside for a team before makes way: one set of rows a team is kept. */
static enum err move_rows(struct dispatcher *d, struct errinfo *info)
{
	static const char *const steps[] = {
		"DELETE FROM duty_lost WHERE team IN (SELECT team FROM roster_lost) AND team IN (SELECT team FROM "
		"duty)",
		"INSERT INTO duty_lost SELECT team, starts, ends, place, shift, user FROM duty WHERE team IN (SELECT "
		"team "
		"FROM roster_lost)",
		"DELETE FROM duty WHERE team IN (SELECT team FROM roster_lost)",
	};
	enum err err = ERR_OK;

	for (size_t i = 0; i < sizeof steps / sizeof *steps && !err; i++)
		err = run(d, steps[i], NULL, NULL, info);
	return err;
}

enum err dispatcher_load_duties(struct dispatcher *d, struct errinfo *info)
{
	enum err err = store_begin(d->store, info);

	if (!err)
		err = read_all(d, info);
	if (!err)
		err = move_rows(d, info);
	if (!err)
		err = count_lost(d, info);
	return err ? err : store_commit(d->store, info);
}

/* ---- saying so, and the end of it ---- */

enum err dispatcher_tell_lost(struct dispatcher *d, struct wall now, struct errinfo *info)
{
	sqlite3_stmt *rows = NULL;
	enum err err;

	if (!d->lost_untold)
		return ERR_OK;
	d->lost_untold = false;
	d->eager = true;
	err = sql_prepare(store_db(d->store), "SELECT team FROM roster_lost WHERE NOT told ORDER BY team", &rows, info);
	while (!err && sqlite3_step(rows) == SQLITE_ROW)
		err = rota_lost(d->rota, (const char *)sqlite3_column_text(rows, 0), now);
	sqlite3_finalize(rows);
	return err ? err : run(d, "UPDATE roster_lost SET told = 1", NULL, NULL, info);
}

enum err dispatcher_heal_roster(struct dispatcher *d, const char *team, struct errinfo *info)
{
	enum err err = run(d, "DELETE FROM roster_lost WHERE team = ?", team, NULL, info);

	return err ? err : count_lost(d, info);
}
