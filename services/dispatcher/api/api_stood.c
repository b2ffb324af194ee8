/* SPDX-License-Identifier: MIT
 *
 * What became of duties: rows of the store, brought up to date in the transaction of whatever changes a team's duties,
 * and the question of records for those that are over.
 *
 *   stood {after?, limit?}   the duties that ended after a time and are over, in order of their end: {"items": [{team,
 *                            from, until, shift, place, planned, user?, open_from?, open_until?}...], "more", "last"};
 *                            a page holds all that end at the same time as its last one, and nothing of this very
 *                            moment: a roster may still end what runs, and who has asked would not ask for that again
 *
 * The book keeps what is over too (BOOK_PAST_MS), for other ends: what a rule goes by has to fit together, and goes
 * with its roster; these rows do neither.
 */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "codec/json.h"
#include "dispatcher/api/api.h"
#include "lane/sql.h"

#define KEPT_MS (60 * MS_PER_DAY) /* so long records may be away */
#define PAGE_MAX 2000

/* read_row reads starts, ends, place, shift, planned, user, open_from, open_until. */
static struct stood read_row(sqlite3_stmt *row, int first)
{
	struct stood out = {.from = sql_column_wall(row, first),
		.until = sql_column_wall(row, first + 1),
		.place = sqlite3_column_int(row, first + 2),
		.open_from = sql_column_wall(row, first + 6),
		.open_until = sql_column_wall(row, first + 7)};

	text_cut(out.shift, sizeof out.shift, (const char *)sqlite3_column_text(row, first + 3));
	text_cut(out.planned, sizeof out.planned, (const char *)sqlite3_column_text(row, first + 4));
	text_cut(out.user, sizeof out.user, (const char *)sqlite3_column_text(row, first + 5));
	return out;
}

/* may_be_told: an answer can hold it. */
static bool may_be_told(const char *team, const struct stood *row)
{
	return text_is_id(team) && text_is_id(row->shift) && text_is_id(row->planned) &&
	       (!*row->user || text_is_id(row->user)) && wall_in_messages(row->from) && wall_in_messages(row->until) &&
	       (!wall_is_set(row->open_from) || wall_in_messages(row->open_from)) &&
	       (!wall_is_set(row->open_until) || wall_in_messages(row->open_until));
}

enum err dispatcher_load_stood(struct dispatcher *d, struct errinfo *info)
{
	sqlite3_stmt *rows = NULL;
	int step = SQLITE_DONE;
	enum err err = sql_prepare(store_db(d->store),
		"SELECT team, starts, ends, place, shift, planned, user, open_from, open_until, " STOOD_KEY
		" FROM stood",
		&rows, info);

	while (!err && (step = sqlite3_step(rows)) == SQLITE_ROW) {
		struct stood row = read_row(rows, 1);
		if (!may_be_told((const char *)sqlite3_column_text(rows, 0), &row))
			err = lost_take(d->store, LOST_STOOD, rows, 9, "no answer can hold it", info);
	}
	if (!err && step != SQLITE_DONE)
		err = sql_fail(store_db(d->store), info, "what became of duties");
	sqlite3_finalize(rows);
	return err;
}

static enum err load(struct dispatcher *d, const char *team, struct stood *out, unsigned room, unsigned *out_count,
	struct errinfo *info)
{
	sqlite3_stmt *rows = d->stood_of;
	enum err err = ERR_OK;
	int step;

	sqlite3_bind_text(rows, 1, team, -1, SQLITE_STATIC);
	sqlite3_bind_int64(rows, 2, d->turn.wall.ms);
	for (*out_count = 0; (step = sqlite3_step(rows)) == SQLITE_ROW && *out_count < room;)
		out[(*out_count)++] = read_row(rows, 0);
	if (step != SQLITE_DONE)
		err = errinfo_set(
			info, step == SQLITE_ROW ? ERR_FULL : ERR_IO, "the store's past duties of team %s", team);
	sqlite3_reset(rows);
	sqlite3_clear_bindings(rows);
	return err;
}

/* present gives the team's duties in force and its open ones. */
static unsigned present(const struct dispatcher *d, const char *team, struct stood *out)
{
	const struct book *book = incident_core_book(d->core);
	const struct book_duty *duty;
	struct rota_view view;
	unsigned count = 0;

	for (unsigned i = 0; (duty = book_get(book, team, i)); i++) {
		struct stood row = {.from = duty->from, .until = duty->until, .place = duty->place};
		text_cut(row.shift, sizeof row.shift, duty->shift);
		text_cut(row.planned, sizeof row.planned, duty->user);
		text_cut(row.user, sizeof row.user, duty->user);
		if (duty->until.ms > d->turn.wall.ms)
			out[count++] = row;
	}
	for (unsigned i = 0; count < 2 * BOOK_DUTIES_MAX && rota_walk(d->rota, i, &view); i++) {
		struct stood row = {.from = view.duty.from, .until = view.duty.until, .place = view.duty.place};
		if (view.kind != ROTA_COVER || *view.duty.user || rota_final(view.kind, view.state) ||
			strcmp(view.team, team) != 0 || view.duty.until.ms <= d->turn.wall.ms)
			continue;
		text_cut(row.shift, sizeof row.shift, view.duty.shift);
		text_cut(row.planned, sizeof row.planned, view.other);
		out[count++] = row;
	}
	return count;
}

static enum err save(
	struct dispatcher *d, const char *team, const struct stood *rows, unsigned count, struct errinfo *info)
{
	sqlite3_stmt *put = d->save_stood;
	enum err err;

	sqlite3_bind_text(d->drop_stood, 1, team, -1, SQLITE_STATIC);
	sqlite3_bind_int64(d->drop_stood, 2, d->turn.wall.ms);
	sqlite3_bind_int64(d->drop_stood, 3, d->turn.wall.ms - KEPT_MS);
	err = sql_run(d->drop_stood, info);
	for (unsigned i = 0; !err && i < count; i++) {
		sqlite3_bind_text(put, 1, team, -1, SQLITE_STATIC);
		sqlite3_bind_int64(put, 2, rows[i].from.ms);
		sqlite3_bind_int64(put, 3, rows[i].until.ms);
		sqlite3_bind_int(put, 4, rows[i].place);
		sqlite3_bind_text(put, 5, rows[i].shift, -1, SQLITE_STATIC);
		sqlite3_bind_text(put, 6, rows[i].planned, -1, SQLITE_STATIC);
		sqlite3_bind_text(put, 7, rows[i].user, -1, SQLITE_STATIC);
		sql_bind_wall(put, 8, rows[i].open_from);
		sql_bind_wall(put, 9, rows[i].open_until);
		err = sql_run(put, info);
	}
	sqlite3_clear_bindings(d->drop_stood);
	sqlite3_clear_bindings(put);
	return err;
}

enum err dispatcher_save_stood(struct dispatcher *d, const char *team, bool whole, struct errinfo *info)
{
	enum { ROOM = 2 * BOOK_DUTIES_MAX }; /* in force and open */
	struct stood *rows = calloc((size_t)4 * ROOM, sizeof *rows);
	struct stood *now = rows + ROOM, *out = rows + (size_t)2 * ROOM;
	unsigned kept = 0;
	enum err err = rows ? load(d, team, rows, ROOM, &kept, info) : ERR_NOMEM;

	if (!err)
		err = save(d, team, out, stood_update(rows, kept, now, present(d, team, now), whole, d->turn.wall, out),
			info);
	free(rows);
	return err;
}

/* ---- the question ---- */

static void write_row(const char *team, const struct stood *row, struct buf *out)
{
	json_open(out, '{');
	json_member_text(out, "team", team);
	json_member_wall(out, "from", row->from);
	json_member_wall(out, "until", row->until);
	json_member_text(out, "shift", row->shift);
	json_member_int(out, "place", row->place);
	json_member_text(out, "planned", row->planned);
	json_member_text_if(out, "user", row->user);
	json_member_wall_if(out, "open_from", row->open_from);
	json_member_wall_if(out, "open_until", row->open_until);
	json_close(out, '}');
}

enum err api_stood(struct dispatcher *d, struct call *call)
{
	struct buf *out = call->out;
	struct wall after = {0}, last = WALL_NONE;
	int64_t limit = PAGE_MAX / 2, count = 0;
	bool more = false;
	int step = SQLITE_DONE;
	enum err err = api_arg_time(call->args, "after", false, &after, call->info);

	if (!err)
		err = request_int(call->args, "limit", false, 1, PAGE_MAX, &limit, call->info);
	if (!err)
		err = request_done(call->args, call->info);
	if (err)
		return err;
	json_open(out, '{');
	json_key(out, "items");
	json_open(out, '[');
	sqlite3_bind_int64(d->stood_over, 1, after.ms);
	sqlite3_bind_int64(d->stood_over, 2, d->turn.wall.ms);
	while (!more && (step = sqlite3_step(d->stood_over)) == SQLITE_ROW) {
		struct stood row = read_row(d->stood_over, 1);
		more = count >= limit && row.until.ms != last.ms;
		if (more)
			break;
		write_row((const char *)sqlite3_column_text(d->stood_over, 0), &row, out);
		last = row.until;
		count++;
	}
	sqlite3_reset(d->stood_over);
	sqlite3_clear_bindings(d->stood_over);
	if (step != SQLITE_DONE && !more)
		return errinfo_set(call->info, ERR_IO, "the store's past duties");
	json_close(out, ']');
	json_member_bool(out, "more", more);
	json_member_wall_if(out, "last", last);
	json_close(out, '}');
	return out->failed;
}
