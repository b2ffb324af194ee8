/* SPDX-License-Identifier: MIT
 *
 * Swaps, cover requests, reminders in the service: rows of the store, notices to post and channels, replies, time.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "codec/codec.h"
#include "dispatcher/dispatcher.h"
#include "dispatcher/instant.h"
#include "dispatcher/notice.h"
#include "lane/sql.h"

#define HAPPENED_IDS 6 /* open ones named in a hand-over; further ones are counted */

/* ---- what it asks ---- */

static bool named(const struct config_list *teams, const char *team)
{
	for (uint32_t i = 0; i < teams->count; i++)
		if (!strcmp(teams->text[i], team) || !strcmp(teams->text[i], "all"))
			return true;
	return false;
}

static bool veto(const void *context, const char *team)
{
	const struct dispatcher *d = context;

	return named(&d->settings.rota_veto, team);
}

static bool helps(const void *context, const char *team)
{
	const struct dispatcher *d = context;

	return named(&d->settings.rota_neighbours, team);
}

static bool busy(const void *context, const char *user)
{
	const struct dispatcher *d = context;
	struct incident incident;
	char id[ID_BYTES] = "";

	while (incident_walk(d->core, id, &incident))
		if (!strcmp(incident.responder, user) || !strcmp(incident.second, user))
			return true;
	return false;
}

static bool absent(const void *context, const char *user, struct wall at)
{
	const struct dispatcher *d = context;

	return d->rota && rota_away(d->rota, user, at);
}

static struct wall absence_edge(const void *context, struct wall after)
{
	const struct dispatcher *d = context;

	return d->rota ? rota_away_edge(d->rota, after) : WALL_NEVER;
}

static bool away_in(const void *context, const char *user, struct wall from, struct wall until)
{
	const struct dispatcher *d = context;

	return d->rota && rota_away_in(d->rota, user, from, until);
}

struct visits_away dispatcher_away(const struct dispatcher *d)
{
	return (struct visits_away){.away = away_in, .context = d};
}

void dispatcher_know_absences(const struct dispatcher *d, struct duty_config *config)
{
	config->absent = absent;
	config->absence_edge = absence_edge;
	config->context = d;
}

static void happened(const void *context, const char *team, struct wall since, bool english, struct buf *out)
{
	const struct dispatcher *d = context;
	unsigned open = 0, over = 0;
	struct incident incident;
	char id[ID_BYTES] = "";

	while (incident_walk(d->core, id, &incident)) {
		if (strcmp(incident.team, team) != 0 || open++ >= HAPPENED_IDS)
			continue;
		(void)!buf_printf(out, english ? "%s %s (%s, %s); " : "%s %s（%s，%s）；",
			open > 1  ? ""
			: english ? "open:"
				  : "未结：",
			incident.id, alert_kind_name(incident.kind), incident_state_name(incident.state));
	}
	for (uint32_t at = 0; incident_past(d->core, &at, &incident);)
		over += !strcmp(incident.team, team) && incident.at.ms >= since.ms;
	(void)!buf_printf(
		out, english ? "%u open, %u ended in the shift." : "共 %u 件未结，本班已结 %u 件。", open, over);
}

static struct rota_config config_of(const struct dispatcher *d, const struct dispatcher_settings *settings)
{
	struct rota_config config = dispatcher_rota_config(settings, d->zone);

	config.veto = veto;
	config.helps = helps;
	config.busy = busy;
	config.happened = happened;
	config.context = d;
	return config;
}

void dispatcher_configure_rota(struct dispatcher *d, const struct dispatcher_settings *settings)
{
	struct rota_config config = config_of(d, settings);

	d->settings.rota_veto = settings->rota_veto;
	d->settings.rota_neighbours = settings->rota_neighbours;
	rota_configure(d->rota, &config);
}

/* ---- the store ---- */

static enum err load_matters(struct dispatcher *d, struct errinfo *info)
{
	sqlite3_stmt *rows = NULL;
	int step = SQLITE_DONE;
	enum err err = sql_prepare(store_db(d->store), "SELECT id, state FROM rota ORDER BY id", &rows, info);

	while (!err && (step = sqlite3_step(rows)) == SQLITE_ROW) {
		const char *id = (const char *)sqlite3_column_text(rows, 0);
		err = rota_restore(d->rota, id, sqlite3_column_blob(rows, 1), (size_t)sqlite3_column_bytes(rows, 1));
		if (err && err != ERR_NOMEM)
			err = lost_take(d->store, LOST_MATTER, rows, 0, err_name(err), info);
	}
	if (!err && step != SQLITE_DONE)
		err = sql_fail(store_db(d->store), info, "swaps, cover requests, reminders");
	sqlite3_finalize(rows);
	return err;
}

static enum err take_rules(struct dispatcher *d, const char *team, const char *text, struct wall from,
	struct wall until, struct errinfo *info)
{
	struct rota_rules *rules = malloc(sizeof *rules);
	enum err err = rules ? rota_rules_read(text, rules, info) : ERR_NOMEM;

	if (!err)
		err = rota_rules_put(d->rota, team, *text ? rules : NULL, from, until, d->turn.wall);
	free(rules);
	return err;
}

static enum err load_rules(struct dispatcher *d, struct errinfo *info)
{
	sqlite3_stmt *rows = NULL;
	int step = SQLITE_DONE;
	enum err err = sql_prepare(store_db(d->store), "SELECT team, rules FROM rota_rules", &rows, info);

	while (!err && (step = sqlite3_step(rows)) == SQLITE_ROW) {
		struct errinfo fault = {0};
		err = rota_rules_restore(d->rota, (const char *)sqlite3_column_text(rows, 0),
			(const char *)sqlite3_column_text(rows, 1), &fault);
		if (err && err != ERR_NOMEM)
			err = lost_take(d->store, LOST_RULES, rows, 0, fault.text, info);
	}
	if (!err && step != SQLITE_DONE)
		err = sql_fail(store_db(d->store), info, "rules of rosters");
	sqlite3_finalize(rows);
	return err;
}

enum err dispatcher_open_rota(struct dispatcher *d, struct errinfo *info)
{
	struct rota_config config = config_of(d, &d->settings);
	enum err err = rota_create(&config, incident_core_duty(d->core), incident_core_book(d->core), &d->rota);

	if (!err)
		err = load_matters(d, info);
	return err ? err : load_rules(d, info);
}

enum err dispatcher_save_rules(struct dispatcher *d, const char *team, const char *text, struct wall from,
	struct wall until, struct errinfo *info)
{
	struct buf all;
	enum err err = take_rules(d, team, text, from, until, info);

	buf_init(&all, ROTA_RULES_BYTES_MAX);
	if (!err)
		err = rota_rules_write(d->rota, team, &all);
	if (!err) {
		sqlite3_bind_text(d->save_rules, 1, team, -1, SQLITE_STATIC);
		sqlite3_bind_text(d->save_rules, 2, all.data ? all.data : "", -1, SQLITE_STATIC);
		err = sql_run(d->save_rules, info);
		sqlite3_clear_bindings(d->save_rules);
	}
	buf_fini(&all);
	if (!err)
		err = lost_heal(d->store, LOST_RULES, team, info);
	return err ? err : lost_count(d->store, &d->states_lost, &d->states_untold, info);
}

enum err dispatcher_save_rota(struct dispatcher *d, struct errinfo *info)
{
	struct rota_blob state;
	enum err err = ERR_OK;

	while (!err && rota_dirty(d->rota, &state)) {
		err = dispatcher_keep(d->save_rota, d->drop_rota, state.id, state.blob, state.length, info);
		INSTANT("matter-written");
	}
	return err;
}

/* ---- what it decided ---- */

static enum err tell(struct dispatcher *d, const struct rota_effect *effect, struct errinfo *info)
{
	enum err err = notice_tell(d->post, d->channels, &effect->notice, effect->to_team, info);

	INSTANT("notice-written");
	d->notice_count++;
	return err;
}

static enum err save_book(struct dispatcher *d, const char *team, struct errinfo *info)
{
	enum err err = dispatcher_save_duties(d, team, info);

	INSTANT("duties-written");
	return err;
}

enum err dispatcher_rota_effects(struct dispatcher *d, struct errinfo *info)
{
	static struct rota_effect effect;
	enum err err = ERR_OK;

	while (!err && rota_next(d->rota, &effect)) {
		INSTANT("rota-decided");
		d->eager = true;
		err = effect.kind == ROTA_BOOK ? save_book(d, effect.team, info) : tell(d, &effect, info);
	}
	return err;
}

enum err dispatcher_tick_rota(struct dispatcher *d, struct wall now, struct errinfo *info)
{
	enum err err;

	if (!d->lost_untold && !d->states_untold && rota_due(d->rota, now).ms > now.ms)
		return ERR_OK;
	err = dispatcher_begin(d, info);
	if (!err)
		err = dispatcher_tell_lost(d, now, info);
	if (!err)
		err = dispatcher_tell_states(d, now, info);
	if (!err)
		err = rota_tick(d->rota, now);
	if (!err)
		err = dispatcher_rota_effects(d, info);
	INSTANT("rota-ticked");
	return err;
}

/* propose: a volunteer gives the duty that they were reminded of to somebody else, if that one agrees. */
static enum err propose(struct dispatcher *d, const struct reply *reply, struct wall now, struct rota_answer *out)
{
	struct rota_wish wish = {.back_from = WALL_NONE};
	struct rota_view view;

	if (!rota_view_of(d->rota, reply->incident, &view))
		return ERR_OK;
	out->verdict = ROTA_FOREIGN;
	if (view.kind != ROTA_WATCH || strcmp(view.user, reply->user) != 0)
		return ERR_OK;
	text_cut(wish.team, sizeof wish.team, view.team);
	text_cut(wish.shift, sizeof wish.shift, view.duty.shift);
	text_cut(wish.user, sizeof wish.user, reply->user);
	text_cut(wish.by, sizeof wish.by, reply->user);
	text_cut(wish.to, sizeof wish.to, reply->to);
	wish.from = view.duty.from;
	return rota_swap(d->rota, &wish, now, out);
}

enum err dispatcher_reply_rota(struct dispatcher *d, const struct reply *reply, struct wall now, struct errinfo *info)
{
	struct rota_answer answer = {.verdict = ROTA_UNKNOWN};
	enum err err = ERR_OK;

	if (reply->action == REPLY_HAND_OVER)
		err = propose(d, reply, now, &answer);
	else if (reply->action == REPLY_ACCEPT || reply->action == REPLY_DECLINE)
		err = rota_reply(d->rota, reply->incident, reply->user, reply->action == REPLY_ACCEPT, now, &answer);
	if (!err && answer.verdict != ROTA_TAKEN)
		log_info("reply_without_effect", "matter", reply->incident, "user", reply->user, "action",
			reply_action_name(reply->action), "verdict", rota_verdict_name(answer.verdict));
	return err ? err : dispatcher_rota_effects(d, info);
}
