/* SPDX-License-Identifier: MIT
 *
 * Who answers an elder's "1" key, and the ledger of handsets: which number each key was set to, and whether that is
 * still the right one. The right one is the team's own number (an exchange that forwards by curtain/oncall); a team
 * without one has that of whoever is on duty first, which changes with the shift.
 */
#include <sqlite3.h>
#include <string.h>

#include "base/text.h"
#include "codec/json.h"
#include "dispatcher/api/api.h"
#include "lane/sql.h"

#define PAGE_ITEMS 500

static enum err read_household(
	const struct dispatcher *d, struct request_args *args, char out[ID_BYTES], struct errinfo *info)
{
	enum err err = api_arg_id(args, "household", true, out, info);

	if (!err && !incident_duty_home(d->core, out).known)
		err = errinfo_set(info, ERR_NOT_FOUND, "there is no household %s in the directory", out);
	return err;
}

/* ---- who answers ---- */

enum err api_answers(struct dispatcher *d, struct call *call)
{
	struct buf *out = call->out;
	char household[ID_BYTES] = "";
	struct duty_home home;
	struct oncall oncall;
	enum err err = read_household(d, call->args, household, call->info);

	if (!err)
		err = request_done(call->args, call->info);
	if (err)
		return err;
	home = incident_duty_home(d->core, household);
	if (incident_oncall(d->core, home.team, d->turn.wall, &oncall))
		return errinfo_set(call->info, ERR_NOT_FOUND, "there is no team %s in the directory", home.team);
	json_open(out, '{');
	json_member_text(out, "household", household);
	json_member_text_if(out, "key", incident_key_number(d->core, home.team, d->turn.wall, &oncall));
	json_key(out, "oncall");
	err = codec_oncall_encode(&oncall, out);
	json_close(out, '}');
	return err ? err : out->failed;
}

/* ---- the ledger ---- */

static bool set_of(struct dispatcher *d, const char *household, char number[PHONE_BYTES], struct wall *out_at)
{
	bool found;

	sqlite3_bind_text(d->find_handset, 1, household, -1, SQLITE_STATIC);
	found = sqlite3_step(d->find_handset) == SQLITE_ROW;
	if (found) {
		text_cut(number, PHONE_BYTES, (const char *)sqlite3_column_text(d->find_handset, 0));
		*out_at = (struct wall){sqlite3_column_int64(d->find_handset, 1)};
	}
	sqlite3_reset(d->find_handset);
	return found;
}

/* put_handset appends one home, if it is of the state that is asked for; true if it was. */
static bool put_handset(struct dispatcher *d, const char *household, const char *only, bool first, struct buf *out)
{
	struct duty_home home = incident_duty_home(d->core, household);
	char number[PHONE_BYTES] = "";
	struct oncall oncall;
	struct wall at = WALL_NONE;
	bool set = set_of(d, household, number, &at);
	const char *wanted = incident_key_number(d->core, home.team, d->turn.wall, &oncall);
	const char *state = !set ? "unset" : !strcmp(number, wanted) ? "current" : "stale";

	if (home.canary || (*only && strcmp(state, only) != 0))
		return false;
	if (!first)
		buf_byte(out, ',');
	json_open(out, '{');
	json_member_text(out, "household", household);
	json_member_text_if(out, "team", home.team);
	json_member_text(out, "state", state);
	json_member_text_if(out, "number", number);
	json_member_text_if(out, "wanted", wanted);
	json_member_wall_if(out, "set", at);
	json_close(out, '}');
	return true;
}

enum err dispatcher_load_handsets(struct dispatcher *d, struct errinfo *info)
{
	sqlite3_stmt *rows = NULL;
	int step = SQLITE_DONE;
	enum err err = sql_prepare(store_db(d->store), "SELECT household, number, at FROM handset", &rows, info);

	while (!err && (step = sqlite3_step(rows)) == SQLITE_ROW) {
		const char *number = (const char *)sqlite3_column_text(rows, 1);
		if (!text_is_id((const char *)sqlite3_column_text(rows, 0)) || !text_is_label(number) ||
			strlen(number) >= PHONE_BYTES ||
			!wall_in_messages((struct wall){sqlite3_column_int64(rows, 2)}))
			err = lost_take(d->store, LOST_HANDSET, rows, 0, "no number of a home's key, or no time", info);
	}
	if (!err && step != SQLITE_DONE)
		err = sql_fail(store_db(d->store), info, "the ledger of handsets");
	sqlite3_finalize(rows);
	return err;
}

enum err api_handsets(struct dispatcher *d, struct call *call)
{
	struct buf *out = call->out;
	const char *state = "", *after = "";
	char household[ID_BYTES] = "";
	unsigned items = 0;
	bool more;
	enum err err = request_text(call->args, "state", false, &state, call->info);

	if (!err)
		err = request_text(call->args, "after", false, &after, call->info);
	if (!err)
		err = request_done(call->args, call->info);
	if (err)
		return err;
	if (*state && strcmp(state, "current") != 0 && strcmp(state, "stale") != 0 && strcmp(state, "unset") != 0)
		return errinfo_set(call->info, ERR_INVALID, "state: must be current, stale or unset");
	text_cut(household, sizeof household, after);
	json_open(out, '{');
	json_key(out, "items");
	json_open(out, '[');
	while ((more = incident_next_home(d->core, household)) && items < PAGE_ITEMS)
		items += put_handset(d, household, state, !items, out);
	json_close(out, ']');
	if (more) /* household is the next one's: the last one told was before it */
		json_member_bool(out, "more", true);
	json_close(out, '}');
	return out->failed;
}

enum err api_handset(struct dispatcher *d, struct call *call)
{
	const char *number = "";
	char household[ID_BYTES] = "";
	enum err err = read_household(d, call->args, household, call->info);

	if (!err)
		err = request_text(call->args, "number", true, &number, call->info);
	if (!err)
		err = request_done(call->args, call->info);
	if (!err && (!text_is_label(number) || strlen(number) >= PHONE_BYTES))
		err = errinfo_set(call->info, ERR_INVALID, "number: must be a telephone number of at most %d bytes",
			PHONE_BYTES - 1);
	if (err)
		return err;
	call->fatal = api_begin(d, call->info);
	if (!call->fatal) {
		sqlite3_bind_text(d->set_handset, 1, household, -1, SQLITE_STATIC);
		sqlite3_bind_text(d->set_handset, 2, number, -1, SQLITE_STATIC);
		sqlite3_bind_int64(d->set_handset, 3, d->turn.wall.ms);
		sqlite3_bind_text(d->set_handset, 4, call->user, -1, SQLITE_STATIC);
		call->fatal = sql_run(d->set_handset, call->info);
		sqlite3_clear_bindings(d->set_handset);
	}
	if (!call->fatal)
		(void)put_handset(d, household, "", true, call->out);
	return call->fatal ? call->fatal : call->out->failed;
}
