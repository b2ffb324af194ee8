/* SPDX-License-Identifier: MIT */
#include "dispatcher/visits.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "codec/codec.h"
#include "dispatcher/instant.h"
#include "dispatcher/lost.h"
#include "dispatcher/notice.h"
#include "dispatcher/visit/visit_file.h"
#include "lane/sql.h"

#define BATCH_ITEMS_MAX 500
#define BATCH_BYTES_MAX (3u << 20) /* codec.h's limit leaves room for the head */

/* shard_turn: what this turn adds to one shard of lane "visit". */
struct shard_turn {
	struct buf items;
	uint32_t count;
};

struct visits {
	struct visit_core *core;
	struct visit_rules *rules;
	struct outbox *outbox;
	struct shard_turn *turns;
	unsigned shards;
	const struct zone *zone; /* borrowed */
	struct visits_away away;
	sqlite3_stmt *save, *drop;
};

/* ---- life ---- */

static enum err load_rules(const struct dispatcher_settings *settings, struct visit_rules **out, struct errinfo *info)
{
	struct visit_rules *rules = malloc(sizeof *rules);
	enum err err = rules ? visit_file_load(settings->visits_file, settings->checklists_file, rules, info)
			     : errinfo_set(info, ERR_NOMEM, "out of memory");

	if (err)
		free(rules);
	else
		*out = rules;
	return err;
}

static struct visit_config config_of(const struct dispatcher_settings *settings, const struct zone *zone,
	const struct visit_rules *rules, struct visits_away away)
{
	struct visit_config config = {.zone = zone, .rules = rules, .away = away.away, .context = away.context};

	text_cut(config.desk, sizeof config.desk, settings->desk);
	return config;
}

enum err visits_create(const struct dispatcher_settings *settings, const struct zone *zone, struct visits_away away,
	struct visits **out_visits, struct errinfo *info)
{
	struct visits *visits = calloc(1, sizeof *visits);
	struct visit_config config;
	enum err err;

	if (!visits)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	visits->zone = zone;
	visits->away = away;
	err = load_rules(settings, &visits->rules, info);
	if (!err) {
		config = config_of(settings, zone, visits->rules, away);
		err = visit_core_create(&config, &visits->core, info);
	}
	if (err)
		visits_close(visits);
	else
		*out_visits = visits;
	return err;
}

/* restore takes a row back; what could not be told of cannot stay either: the first event of it would stop the service.
 */
static enum err restore(struct visits *visits, const struct visit_blob *state)
{
	enum err err = visit_restore(visits->core, state);
	struct errand errand;
	struct buf json;

	if (err || state->row != VISIT_ROW_ERRAND)
		return err;
	buf_init(&json, CODEC_MESSAGE_BYTES_MAX);
	err = visit_find(visits->core, state->id, &errand);
	if (!err)
		err = codec_errand_encode(&errand, &json);
	if (err)
		visit_unrestore(visits->core, state->id);
	buf_fini(&json);
	return err;
}

static enum err load_states(struct visits *visits, struct store *store, struct errinfo *info)
{
	static const enum lost_kind lost[VISIT_ROW_COUNT + 1] = {[VISIT_ROW_ERRAND] = LOST_ERRAND,
		[VISIT_ROW_HOME] = LOST_HOME,
		[VISIT_ROW_MORNING] = LOST_MORNING,
		[VISIT_ROW_COUNT] = LOST_MORNING};
	static struct visit_blob state;
	sqlite3_stmt *rows = NULL;
	int step = SQLITE_DONE;
	enum err err = sql_prepare(
		store_db(store), "SELECT home, id, state FROM visit_state ORDER BY home DESC, id", &rows, info);

	while (!err && (step = sqlite3_step(rows)) == SQLITE_ROW) {
		int row = sqlite3_column_int(rows, 0);
		state.row = row >= 0 && row < VISIT_ROW_COUNT ? (enum visit_row)row : VISIT_ROW_COUNT;
		text_cut(state.id, sizeof state.id, (const char *)sqlite3_column_text(rows, 1));
		state.length = (size_t)sqlite3_column_bytes(rows, 2);
		if (state.length > sizeof state.blob)
			state.length = 0;
		if (state.length)
			memcpy(state.blob, sqlite3_column_blob(rows, 2), state.length);
		err = restore(visits, &state);
		if (err && err != ERR_NOMEM)
			err = lost_take(store, lost[state.row], rows, 1, err_name(err), info);
	}
	if (!err && step != SQLITE_DONE)
		err = sql_fail(store_db(store), info, "visits and errands");
	sqlite3_finalize(rows);
	return err;
}

enum err visits_open(
	struct visits *visits, struct store *store, const struct dispatcher_settings *settings, struct errinfo *info)
{
	const char *consumers[CONFIG_LIST_MAX];
	struct outbox_config out = {.lane = "visit",
		.producer = settings->common.instance,
		.consumers = consumers,
		.consumer_count = settings->visit_consumers.count,
		.shards = (unsigned)settings->common.shards,
		.in_flight_bytes = settings->in_flight_bytes,
		.resend_ms = settings->resend_ms,
		.memory_bytes = settings->memory_bytes};
	enum err err;

	for (uint32_t i = 0; i < settings->visit_consumers.count; i++)
		consumers[i] = settings->visit_consumers.text[i];
	visits->shards = out.shards;
	visits->turns = calloc(visits->shards, sizeof *visits->turns);
	if (!visits->turns)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	for (unsigned i = 0; i < visits->shards; i++)
		buf_init(&visits->turns[i].items, BATCH_BYTES_MAX);
	err = load_states(visits, store, info);
	if (!err)
		err = outbox_open(store, &out, &visits->outbox, info);
	if (!err)
		err = sql_prepare(store_db(store),
			"INSERT INTO visit_state VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET state = excluded.state",
			&visits->save, info);
	if (!err)
		err = sql_prepare(
			store_db(store), "DELETE FROM visit_state WHERE home = ? AND id = ?", &visits->drop, info);
	return err;
}

void visits_close(struct visits *visits)
{
	if (!visits)
		return;
	sqlite3_finalize(visits->save);
	sqlite3_finalize(visits->drop);
	outbox_close(visits->outbox);
	for (unsigned i = 0; visits->turns && i < visits->shards; i++)
		buf_fini(&visits->turns[i].items);
	free(visits->turns);
	visit_core_destroy(visits->core);
	free(visits->rules);
	free(visits);
}

enum err visits_reload(struct visits *visits, const struct dispatcher_settings *settings, const struct zone *zone,
	struct errinfo *info)
{
	struct visit_rules *rules = NULL;
	struct visit_config config;
	enum err err = load_rules(settings, &rules, info);

	if (err)
		return err;
	config = config_of(settings, zone, rules, visits->away);
	visit_core_configure(visits->core, &config);
	visits->zone = zone;
	free(visits->rules);
	visits->rules = rules;
	return ERR_OK;
}

struct visit_core *visits_core(struct visits *visits)
{
	return visits->core;
}

struct outbox *visits_outbox(struct visits *visits)
{
	return visits->outbox;
}

/* ---- a turn ---- */

static enum err append(struct visits *visits, unsigned shard, struct wall now, struct errinfo *info)
{
	struct shard_turn *turn = &visits->turns[shard];
	enum err err;

	if (!turn->count)
		return ERR_OK;
	err = outbox_append(visits->outbox, shard, now, turn->items.data, turn->items.length, turn->count, info);
	buf_reset(&turn->items);
	turn->count = 0;
	return err;
}

/* tell puts the snapshot at the topics of those who are told, and what concerns them into their channels. */
static enum err tell(
	struct visits *visits, struct visits_ways ways, const struct visit_effect *effect, struct errinfo *info)
{
	static struct page pages[VISIT_PAGES_MAX];
	unsigned count = visit_pages(effect, visits->zone, pages);
	char topic[ID_BYTES * 2];
	struct buf json;
	enum err err;

	buf_init(&json, CODEC_MESSAGE_BYTES_MAX);
	err = codec_errand_encode(&effect->errand, &json);
	for (unsigned i = 0; i < effect->tell_count && !err; i++) {
		snprintf(topic, sizeof topic, "curtain/volunteer/%s/errand", effect->tell[i]);
		err = post_letter(ways.post, topic, json.data, json.length, info);
	}
	buf_fini(&json);
	return err ? err : channels_errand(ways.channels, pages, count, effect->errand.team, wall_now(), info);
}

static enum err take(struct visits *visits, struct visits_ways ways, const struct visit_effect *effect, struct wall now,
	struct errinfo *info)
{
	const struct errand *errand = &effect->errand;
	unsigned shard = shard_of(errand->household, visits->shards);
	struct shard_turn *turn = &visits->turns[shard];
	enum err err = turn->count ? buf_byte(&turn->items, ',') : ERR_OK;

	INSTANT("errand-decided");
	if (!err)
		err = codec_errand_encode(errand, &turn->items);
	if (err)
		return errinfo_set(info, err, "errand %s cannot be written", errand->id);
	log_info("errand", "id", errand->id, "kind", errand_kind_name(errand->kind), "event",
		errand_event_name(errand->event), "state", errand_state_name(errand->state), "actor", errand->actor);
	if (++turn->count >= BATCH_ITEMS_MAX)
		err = append(visits, shard, now, info);
	if (!err)
		err = tell(visits, ways, effect, info);
	INSTANT("errand-told");
	return err;
}

enum err visits_take(struct visits *visits, struct visits_ways ways, struct visit_effects *effects, struct wall now,
	struct errinfo *info)
{
	enum err err = ERR_OK;

	for (bool full = true; full && !err;) {
		full = effects->count == VISIT_EFFECTS_MAX;
		for (unsigned i = 0; i < effects->count && !err; i++)
			err = take(visits, ways, &effects->items[i], now, info);
		if (full && !err) /* what else is due waits for the next turn: a page may be to be sent meanwhile */
			visit_rest(visits->core, effects);
	}
	return err;
}

enum err visits_tick(struct visits *visits, struct visits_ways ways, struct wall now, struct errinfo *info)
{
	static struct visit_effects effects;
	static struct duty_notice notice;
	enum err err = visit_tick(visits->core, now, &effects);

	for (unsigned i = 0; i < effects.reader_count && !err; i++) {
		if (visit_day_notice(visits->core, effects.readers[i], now, &notice))
			err = notice_tell(ways.post, ways.channels, &notice, false, info);
		INSTANT("day-told");
	}
	return err ? err : visits_take(visits, ways, &effects, now, info);
}

enum err visits_absent(struct visits *visits, struct visits_ways ways, const char *user, struct wall from,
	struct wall until, struct wall now, struct errinfo *info)
{
	static struct visit_effects effects;
	enum err err = visit_absent(visits->core, user, from, until, now, &effects);

	return err ? err : visits_take(visits, ways, &effects, now, info);
}

/* action_of gives what a reply says of an errand; false: nothing that fits one. */
static bool action_of(const struct reply *reply, enum visit_action *out)
{
	switch (reply->action) {
	case REPLY_ACCEPT:
		*out = VISIT_ACCEPT;
		return true;
	case REPLY_DECLINE:
	case REPLY_HAND_OVER:
		*out = VISIT_DECLINE;
		return true;
	case REPLY_ARRIVED:
		*out = VISIT_START;
		return true;
	case REPLY_DONE:
		*out = reply->outcome == OUTCOME_AWAY ? VISIT_NOT_MET : VISIT_FINISH;
		return true;
	case REPLY_NOTE:
		*out = VISIT_NOTE;
		return true;
	case REPLY_ON_THE_WAY:
	case REPLY_SECOND:
	case REPLY_KEY:
	case REPLY_REOPEN:
	case REPLY_SILENCE:
	case REPLY_RELEASE:
	case REPLY_MERGE:
	case REPLY_ACTION_COUNT:
		break;
	}
	return false;
}

enum err visits_reply(struct visits *visits, struct visits_ways ways, const struct reply *reply, struct wall now,
	enum visit_verdict *out_verdict, struct errinfo *info)
{
	static struct visit_effects effects;
	struct visit_reply said = {.at = reply->at, .from = WALL_NONE, .until = WALL_NONE, .seen = WALL_NONE};
	enum err err = ERR_OK;

	*out_verdict = VISIT_MISPLACED;
	effects.count = 0;
	if (action_of(reply, &said.action)) {
		text_cut(said.errand, sizeof said.errand, reply->incident);
		text_cut(said.user, sizeof said.user, reply->user);
		text_cut(said.note, sizeof said.note, reply->note);
		err = visit_say(visits->core, &said, false, now, &effects);
		*out_verdict = effects.verdict;
	}
	if (!err && *out_verdict != VISIT_TAKEN)
		log_info("reply_without_effect", "errand", reply->incident, "user", reply->user, "action",
			reply_action_name(reply->action), "verdict", visit_verdict_name(*out_verdict));
	return err ? err : visits_take(visits, ways, &effects, now, info);
}

enum err visits_save(struct visits *visits, struct wall now, struct errinfo *info)
{
	static struct visit_blob state;
	enum err err = ERR_OK;

	for (unsigned shard = 0; shard < visits->shards && !err; shard++)
		err = append(visits, shard, now, info);
	while (!err && visit_dirty(visits->core, &state)) {
		sqlite3_stmt *statement = state.length ? visits->save : visits->drop;
		sqlite3_bind_int(statement, 1, (int)state.row);
		sqlite3_bind_text(statement, 2, state.id, -1, SQLITE_STATIC);
		if (state.length)
			sqlite3_bind_blob64(statement, 3, state.blob, state.length, SQLITE_STATIC);
		err = sql_run(statement, info);
		sqlite3_clear_bindings(statement);
		INSTANT("errand-written");
	}
	return err;
}
