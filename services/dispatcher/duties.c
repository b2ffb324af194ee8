/* SPDX-License-Identifier: MIT
 *
 * Rosters in force: the desk's questions about them, and their rows in the store. A team's rows are written anew with
 * every change, in the turn's transaction: a few hundred at most.
 *
 *   roster {team, duties, rules?, away?, from?, until?, near?}
 *                                         duties: lines "from,until,place,shift,user", times RFC 3339; "" = no roster
 *                                         any more; rules: of swaps (rota.h); away: lines "from,until,user": who is not
 *                                         to be asked then; from, until: of the roster: duties and absences that begin
 *                                         outside, and rules for them, stay as they are; near: duties within
 *                                         rota.frozen may change, else that is refused: {"duties": N}
 *   give {team, shift, from, user, to}    another one has that duty from now on: {"duties": N}
 *   duties {team?, user?}                 of a team, of somebody, or both: {"team"?: ..., "user"?: ...,
 *                                         "items": [{team, from, until, place, shift, user}...]}
 *   stood {after?, limit?}                what became of those that are over (api_stood.c)
 *   cover {team, from, until}             whom to ask for a duty then, in this order (cover.h), without the absent:
 *                                         {"items": [{user, offers, rested, duties}...]}
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "codec/json.h"
#include "dispatcher/api/api.h"
#include "dispatcher/duty/cover.h"
#include "lane/sql.h"

#define COVER_MAX 50
#define AWAYS_MAX 5000 /* of a roster */

enum err dispatcher_save_duties(struct dispatcher *d, const char *team, struct errinfo *info)
{
	const struct book *book = incident_core_book(d->core); /* who answers now is told anew */
	const struct book_duty *duty;

	sqlite3_bind_text(d->drop_duties, 1, team, -1, SQLITE_STATIC);
	enum err err = sql_run(d->drop_duties, info);
	for (unsigned i = 0; !err && (duty = book_get(book, team, i)); i++) {
		sqlite3_bind_text(d->save_duty, 1, team, -1, SQLITE_STATIC);
		sqlite3_bind_int64(d->save_duty, 2, duty->from.ms);
		sqlite3_bind_int64(d->save_duty, 3, duty->until.ms);
		sqlite3_bind_int(d->save_duty, 4, duty->place);
		sqlite3_bind_text(d->save_duty, 5, duty->shift, -1, SQLITE_STATIC);
		sqlite3_bind_text(d->save_duty, 6, duty->user, -1, SQLITE_STATIC);
		err = sql_run(d->save_duty, info);
	}
	sqlite3_clear_bindings(d->drop_duties);
	sqlite3_clear_bindings(d->save_duty);
	return err ? err : dispatcher_save_stood(d, team, false, info);
}

/* ---- reading ---- */

/* next_field takes a field up to the next comma off *line; false = there is none, or it is too long. */
static bool next_field(const char **line, const char *end, char *out, size_t size)
{
	if (*line > end) /* the field before was the last */
		return false;
	const char *comma = memchr(*line, ',', (size_t)(end - *line));
	const char *stop = comma ? comma : end;
	if ((size_t)(stop - *line) >= size)
		return false;
	memcpy(out, *line, (size_t)(stop - *line));
	out[stop - *line] = '\0';
	*line = stop + 1;
	return true;
}

static const char *read_line(const char *line, const char *end, struct book_duty *out)
{
	char from[WALL_TEXT_BYTES * 2], until[WALL_TEXT_BYTES * 2], place[8];
	char *rest;

	if (!next_field(&line, end, from, sizeof from) || !next_field(&line, end, until, sizeof until) ||
		!next_field(&line, end, place, sizeof place) ||
		!next_field(&line, end, out->shift, sizeof out->shift) ||
		!next_field(&line, end, out->user, sizeof out->user) || line <= end)
		return "is not from,until,place,shift,user";
	if (wall_parse(from, strlen(from), &out->from) || wall_parse(until, strlen(until), &out->until) ||
		out->from.ms < 0)
		return "has a time that is not like 2026-12-07T07:00:00+08:00";
	out->place = (int32_t)strtol(place, &rest, 10);
	if (rest == place || *rest)
		return "has a place that is no number";
	if (!text_is_id(out->shift) || !text_is_id(out->user))
		return "has a shift or a user that is no id";
	return NULL;
}

/* read_away: one line "from,until,user". */
static const char *read_away(const char *line, const char *end, struct rota_span *out)
{
	char from[WALL_TEXT_BYTES * 2], until[WALL_TEXT_BYTES * 2];

	if (!next_field(&line, end, from, sizeof from) || !next_field(&line, end, until, sizeof until) ||
		!next_field(&line, end, out->user, sizeof out->user) || line <= end)
		return "is not from,until,user";
	if (wall_parse(from, strlen(from), &out->from) || wall_parse(until, strlen(until), &out->until) ||
		out->from.ms < 0)
		return "has a time that is not like 2026-12-07T07:00:00+08:00";
	if (out->until.ms <= out->from.ms)
		return "ends before it begins";
	return text_is_id(out->user) ? NULL : "has a user that is no id";
}

/* read_aways gives them in memory that the caller frees; who is not of the team (any more) is never asked anyway. */
static enum err read_aways(const char *text, struct rota_span **out, unsigned *out_count, struct errinfo *info)
{
	*out = calloc(AWAYS_MAX, sizeof **out);
	if (!*out)
		return ERR_NOMEM;
	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");
		if (*out_count == AWAYS_MAX)
			return errinfo_set(info, ERR_FULL, "away: more than %d lines", AWAYS_MAX);
		const char *fault = read_away(line, line + length, &(*out)[(*out_count)++]);
		if (fault)
			return errinfo_set(info, ERR_INVALID, "away: line %u %s", *out_count, fault);
		line += length + (line[length] == '\n');
	}
	return ERR_OK;
}

static enum err read_duties(const struct dispatcher *d, const char *team, const char *text, struct book_duty *out,
	unsigned *out_count, struct errinfo *info)
{
	unsigned count = 0;

	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");
		if (count == BOOK_DUTIES_MAX)
			return errinfo_set(info, ERR_FULL, "duties: more than %d lines", BOOK_DUTIES_MAX);
		struct book_duty *duty = &out[count++];
		memset(duty, 0, sizeof *duty);
		const char *fault = read_line(line, line + length, duty);
		if (!fault && !incident_core_serves(d->core, team, duty->user))
			fault = "names somebody who is not a volunteer of the team";
		if (!fault && duty->until.ms > d->turn.wall.ms &&
			book_elsewhere(incident_core_book(d->core), team, duty->user, duty->from, duty->until))
			fault = "names somebody who has a duty at that time in another team that they help";
		if (fault)
			return errinfo_set(info, ERR_INVALID, "duties: line %u %s", count, fault);
		line += length + (line[length] == '\n');
	}
	*out_count = count;
	return ERR_OK;
}

/* new_roster is what the request "roster" asks for. */
struct new_roster {
	const char *duties, *rules;
	struct wall from, until; /* of its days; not set: it is all that the team has */
	bool near;               /* what is near may change */
	struct rota_span *aways; /* owned */
	unsigned away_count;
};

static bool has_duty(const struct book_duty *list, unsigned count, const struct book_duty *wanted)
{
	for (unsigned i = 0; i < count; i++)
		if (list[i].from.ms == wanted->from.ms && !strcmp(list[i].shift, wanted->shift) &&
			!strcmp(list[i].user, wanted->user))
			return true;
	return false;
}

/* keep_others adds the duties in force that begin outside the new roster's days. */
static enum err keep_others(const struct dispatcher *d, const char *team, const struct new_roster *roster,
	struct book_duty *duties, unsigned *count, struct errinfo *info)
{
	const struct book_duty *duty;

	if (!wall_is_set(roster->from))
		return ERR_OK;
	for (unsigned i = 0; (duty = book_get(duty_rosters(incident_core_duty(d->core)), team, i)); i++) {
		if (duty->from.ms >= roster->from.ms && duty->from.ms < roster->until.ms)
			continue;
		if (*count == BOOK_DUTIES_MAX)
			return errinfo_set(info, ERR_FULL, "duties: more than %d with those in force", BOOK_DUTIES_MAX);
		duties[(*count)++] = *duty;
	}
	return ERR_OK;
}

/* check_near refuses a roster that moves duties which are near or run, where there are such already. */
static enum err check_near(const struct dispatcher *d, const char *team, const struct book_duty *duties, unsigned count,
	struct errinfo *info)
{
	const struct book *book = duty_rosters(incident_core_duty(d->core));
	struct wall now = d->turn.wall, end = wall_plus(now, d->settings.rota_frozen_ms);
	const struct book_duty *duty, *first = NULL;
	unsigned before = 0, changes = 0;

	for (unsigned i = 0; (duty = book_get(book, team, i)); i++) {
		if (duty->until.ms <= now.ms || duty->from.ms >= end.ms)
			continue;
		before++;
		if (has_duty(duties, count, duty))
			continue;
		changes++;
		first = first ? first : duty;
	}
	for (unsigned i = 0; i < count; i++) {
		if (duties[i].until.ms <= now.ms || duties[i].from.ms >= end.ms ||
			book_find(book, team, duties[i].shift, duties[i].from, duties[i].user))
			continue;
		changes++;
		first = first ? first : &duties[i];
	}
	if (!before || !first)
		return ERR_OK;
	char from[WALL_TEXT_BYTES];
	wall_format(first->from, from);
	return errinfo_set(info, ERR_INVALID,
		"near: %u changes of duties of the next %lld h, the first is %s's %s at %s; say yes to it (near, "
		"--yes), or plan "
		"with frozen_until",
		changes, (long long)(d->settings.rota_frozen_ms / MS_PER_HOUR), first->user, first->shift, from);
}

/* check_lines says which line cannot be. */
static enum err check_lines(const struct book_duty *duties, unsigned count, struct errinfo *info)
{
	unsigned bad = 0;
	enum err err = book_check(duties, count, &bad);

	if (err == ERR_EXISTS)
		errinfo_set(info, err, "duties: line %u: %s has another duty at that time", bad + 1, duties[bad].user);
	else if (err == ERR_RANGE)
		errinfo_set(info, err, "duties: line %u: it ends before it begins, or its place is not 0 to %d",
			bad + 1, BOOK_PLACES_MAX - 1);
	return err;
}

/* keep_help adds what volunteers of other teams have taken and the new roster leaves open. */
static unsigned keep_help(const struct dispatcher *d, const char *team, struct book_duty *duties, unsigned count)
{
	const struct book_duty *old;
	unsigned planned = count;

	for (unsigned i = 0; planned && (old = book_get(duty_rosters(incident_core_duty(d->core)), team, i)); i++) {
		bool open = old->until.ms > d->turn.wall.ms && !incident_core_serves(d->core, team, old->user);
		for (unsigned k = 0; open && k < planned; k++)
			open = duties[k].from.ms != old->from.ms || strcmp(duties[k].shift, old->shift) != 0;
		if (open && count < BOOK_DUTIES_MAX)
			duties[count++] = *old;
	}
	return count;
}

static enum err put(struct dispatcher *d, const char *team, const struct new_roster *roster, struct errinfo *info)
{
	struct book_duty *duties = calloc(BOOK_DUTIES_MAX, sizeof *duties);
	unsigned count = 0, bad;
	enum err err = duties ? read_duties(d, team, roster->duties, duties, &count, info) : ERR_NOMEM;

	if (!err)
		err = keep_others(d, team, roster, duties, &count, info);
	if (!err)
		count = keep_help(d, team, duties, count);
	if (!err) /* a fault of the roster is told before what it would change */
		err = check_lines(duties, count, info);
	if (!err && !roster->near && (count || wall_is_set(roster->from)))
		err = check_near(d, team, duties, count, info);
	if (!err)
		err = book_put(incident_core_book(d->core), team, duties, count, d->turn.wall, &bad);
	free(duties);
	return err;
}

static enum err give(struct dispatcher *d, struct request_args *args, const char *team, struct errinfo *info)
{
	char shift[ID_BYTES] = "", user[ID_BYTES] = "", to[ID_BYTES] = "";
	struct wall begins = WALL_NONE;
	enum err err = api_arg_id(args, "shift", true, shift, info);

	if (!err)
		err = api_arg_id(args, "user", true, user, info);
	if (!err)
		err = api_arg_id(args, "to", true, to, info);
	if (!err)
		err = api_arg_time(args, "from", true, &begins, info);
	if (!err)
		err = request_done(args, info);
	if (err)
		return err;
	if (!incident_core_serves(d->core, team, to))
		return errinfo_set(info, ERR_NOT_FOUND, "to: %s is not a volunteer of team %s", to, team);
	err = book_give(incident_core_book(d->core), team, shift, begins, user, to, d->turn.wall);
	if (err == ERR_EXISTS)
		return errinfo_set(info, err, "to: %s has a duty at that time", to);
	return err ? errinfo_set(info, err, "user: %s has no duty %s from then on that is not over", user, shift)
		   : ERR_OK;
}

/* ---- answers ---- */

static enum err rules_check(const char *text, struct errinfo *info)
{
	struct rota_rules *rules = malloc(sizeof *rules);
	enum err err = rules ? rota_rules_read(text, rules, info) : ERR_NOMEM;

	free(rules);
	return err;
}

static enum err read_roster(struct request_args *args, struct new_roster *out, struct errinfo *info)
{
	const char *aways = "";
	enum err err = request_text(args, "duties", true, &out->duties, info);

	if (!err)
		err = request_text(args, "rules", false, &out->rules, info);
	if (!err)
		err = request_text(args, "away", false, &aways, info);
	if (!err)
		err = api_arg_time(args, "from", false, &out->from, info);
	if (!err)
		err = api_arg_time(args, "until", wall_is_set(out->from), &out->until, info);
	if (!err)
		err = request_bool(args, "near", false, &out->near, info);
	if (!err)
		err = request_done(args, info);
	if (!err && wall_is_set(out->from) && out->until.ms <= out->from.ms)
		err = errinfo_set(info, ERR_RANGE, "until: is not after from");
	if (!err)
		err = rules_check(out->rules, info);
	return err ? err : read_aways(aways, &out->aways, &out->away_count, info);
}

static bool names(const struct new_roster *roster, const struct errand *errand)
{
	for (unsigned i = 0; i < roster->away_count; i++)
		if (!strcmp(roster->aways[i].user, errand->assignee) && roster->aways[i].from.ms < errand->until.ms &&
			errand->from.ms < roster->aways[i].until.ms)
			return true;
	return false;
}

static int by_user(const void *left, const void *right)
{
	const struct rota_span *a = left, *b = right;
	int order = strcmp(a->user, b->user);

	return order ? order : (a->from.ms > b->from.ms) - (a->from.ms < b->from.ms);
}

/* find_lost gives who cannot make a visit, and its time, by the roster's absences; not where it was known before that
 * they are away then, and they have it all the same. out has room for all that is live. */
static unsigned find_lost(const struct dispatcher *d, const struct new_roster *roster, struct rota_span *out)
{
	const struct errand *errand;
	unsigned count = 0;

	for (uint32_t at = 0; (errand = visit_walk(visits_core(d->visits), &at));) {
		bool waits = errand->state == ERRAND_OFFERED || errand->state == ERRAND_AGREED;
		if (errand->kind == ERRAND_TASK || !waits || !names(roster, errand) ||
			rota_away_in(d->rota, errand->assignee, errand->from, errand->until))
			continue;
		out[count] = (struct rota_span){.from = errand->from, .until = errand->until};
		text_cut(out[count++].user, ID_BYTES, errand->assignee);
	}
	qsort(out, count, sizeof *out, by_user);
	return count;
}

/* put_aways takes the absences of a roster; what those now away had been asked for is offered to others. */
static enum err put_aways(struct dispatcher *d, const char *team, const struct new_roster *roster, struct errinfo *info)
{
	struct rota_span *lost = calloc(visit_live_count(visits_core(d->visits)) + 1, sizeof *lost);
	unsigned count = lost ? find_lost(d, roster, lost) : 0;
	enum err err = !lost ? ERR_NOMEM
			     : rota_aways_put(d->rota, team, roster->aways, roster->away_count, roster->from,
				       roster->until, d->turn.wall);

	for (unsigned i = 0; i < count && !err; i++)
		err = visits_absent(
			d->visits, dispatcher_ways(d), lost[i].user, lost[i].from, lost[i].until, d->turn.wall, info);
	free(lost);
	return err;
}

/* change: a roster; NULL: a duty is given. */
static enum err change(struct dispatcher *d, struct new_roster *roster, struct call *call)
{
	char team[ID_BYTES] = "";
	const struct book_duty *duty;
	unsigned count = 0;
	enum err err = api_arg_id(call->args, "team", true, team, call->info);

	if (!err && roster)
		err = read_roster(call->args, roster, call->info);
	if (!err)
		err = rota_before(d->rota, team, d->turn.wall);
	if (!err)
		err = roster ? put(d, team, roster, call->info) : give(d, call->args, team, call->info);
	if (err)
		return err;
	call->fatal = api_begin(d, call->info);
	if (!call->fatal && roster)
		call->fatal = dispatcher_save_rules(d, team, roster->rules, roster->from, roster->until, call->info);
	if (!call->fatal && roster) /* before what is open is offered */
		call->fatal = put_aways(d, team, roster, call->info);
	if (!call->fatal && roster)
		call->fatal = dispatcher_heal_roster(d, team, call->info);
	if (!call->fatal)
		call->fatal = rota_changed(d->rota, team, roster != NULL, d->turn.wall);
	if (!call->fatal && roster) /* before the effects save the book as it is: what a roster does not name ends, and
				      is not open */
		call->fatal = dispatcher_save_stood(d, team, true, call->info);
	if (!call->fatal)
		call->fatal = dispatcher_rota_effects(d, call->info);
	if (call->fatal)
		return call->fatal;
	for (unsigned i = 0; (duty = book_get(duty_rosters(incident_core_duty(d->core)), team, i)); i++)
		count += duty->until.ms > d->turn.wall.ms;
	json_open(call->out, '{');
	json_member_int(call->out, "duties", count);
	json_close(call->out, '}');
	return call->out->failed;
}

enum err api_roster(struct dispatcher *d, struct call *call)
{
	struct new_roster roster = {.duties = "", .rules = "", .from = WALL_NONE, .until = WALL_NONE};
	enum err err = change(d, &roster, call);

	free(roster.aways);
	return err;
}

enum err api_give(struct dispatcher *d, struct call *call)
{
	return change(d, NULL, call);
}

static void write_duties(const struct dispatcher *d, const char *team, const char *user, struct buf *out)
{
	const struct book_duty *duty;

	for (unsigned i = 0; (duty = book_get(duty_rosters(incident_core_duty(d->core)), team, i)); i++) {
		if (duty->until.ms <= d->turn.wall.ms || (*user && strcmp(user, duty->user) != 0))
			continue;
		json_open(out, '{');
		json_member_text(out, "team", team);
		json_member_wall(out, "from", duty->from);
		json_member_wall(out, "until", duty->until);
		json_member_int(out, "place", duty->place);
		json_member_text(out, "shift", duty->shift);
		json_member_text(out, "user", duty->user);
		json_close(out, '}');
	}
}

enum err api_duties(struct dispatcher *d, struct call *call)
{
	struct buf *out = call->out;
	char team[ID_BYTES] = "", user[ID_BYTES] = "", each[ID_BYTES] = "";
	enum err err = api_arg_id(call->args, "user", false, user, call->info);

	if (!err)
		err = api_arg_id(call->args, "team", !*user, team, call->info);
	if (!err)
		err = request_done(call->args, call->info);
	if (err)
		return err;
	json_open(out, '{');
	json_member_text_if(out, "team", team);
	json_member_text_if(out, "user", user);
	json_key(out, "items");
	json_open(out, '[');
	if (*team)
		write_duties(d, team, user, out);
	else
		while (duty_next_team(incident_core_duty(d->core), each))
			write_duties(d, each, user, out);
	json_close(out, ']');
	json_close(out, '}');
	return out->failed;
}

enum err api_cover(struct dispatcher *d, struct call *call)
{
	struct buf *out = call->out;
	struct cover list[COVER_MAX];
	char team[ID_BYTES] = "";
	struct wall from = WALL_NONE, until = WALL_NONE;
	enum err err = api_arg_id(call->args, "team", true, team, call->info);

	if (!err)
		err = api_arg_time(call->args, "from", true, &from, call->info);
	if (!err)
		err = api_arg_time(call->args, "until", true, &until, call->info);
	if (!err)
		err = request_done(call->args, call->info);
	if (!err && until.ms <= from.ms)
		err = errinfo_set(call->info, ERR_RANGE, "until: is not after from");
	if (err)
		return err;
	unsigned count = cover_list(incident_core_duty(d->core), team, from, until, list, COVER_MAX);
	json_open(out, '{');
	json_key(out, "items");
	json_open(out, '[');
	for (unsigned i = 0; i < count; i++) {
		if (rota_away_in(d->rota, list[i].user, from, until))
			continue;
		json_open(out, '{');
		json_member_text(out, "user", list[i].user);
		json_member_bool(out, "offers", list[i].offers);
		json_member_bool(out, "rested", list[i].rested);
		json_member_int(out, "duties", list[i].duties);
		json_close(out, '}');
	}
	json_close(out, ']');
	json_close(out, '}');
	return out->failed;
}
