/* SPDX-License-Identifier: MIT
 *
 * From settings and store to a service that runs, and back.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "codec/codec.h"
#include "dispatcher/dispatcher.h"
#include "dispatcher/instant.h"
#include "lane/sql.h"
#include "service/carrier.h"

#define BATCH_BYTES_MAX (2u << 20) /* of one shard's turn; codec.h's limit leaves room for the head */

static const char incident_tables[] =
	"CREATE TABLE incident (id TEXT PRIMARY KEY, state BLOB NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE waiting (number INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind INTEGER NOT NULL, id TEXT NOT "
	"NULL, body BLOB NOT NULL) STRICT;"
	"CREATE INDEX waiting_order ON waiting (at, kind, id, number)";

static const char handset_table[] = "CREATE TABLE handset (household TEXT PRIMARY KEY, number TEXT NOT NULL, at "
				    "INTEGER NOT NULL, who TEXT NOT NULL) "
				    "STRICT, WITHOUT ROWID";

static const char *const migrations[] = {DIRECTORY_COPY_TABLE, POST_TABLE, WEBHOOK_TABLE, incident_tables,
	CHANNELS_TABLES, DUTY_TABLE, handset_table, ROTA_TABLES, VISITS_TABLE, POST_QUEUES, LOST_TABLES, STOOD_TABLE,
	STATE_LOST_TABLE};

static enum err open_lanes(struct dispatcher *d, struct errinfo *info)
{
	const struct dispatcher_settings *s = &d->settings;
	const char *consumers[CONFIG_LIST_MAX], *producers[CONFIG_LIST_MAX];
	struct outbox_config out = {.lane = "incident",
		.producer = s->common.instance,
		.consumers = consumers,
		.consumer_count = s->incident_consumers.count,
		.shards = (unsigned)s->common.shards,
		.in_flight_bytes = s->in_flight_bytes,
		.resend_ms = s->resend_ms,
		.memory_bytes = s->memory_bytes};
	struct inbox_config in = {.lane = "alert",
		.consumer = "dispatcher",
		.producers = producers,
		.producer_count = s->alert_producers.count,
		.shards = (unsigned)s->common.shards,
		.want_ms = s->want_ms};
	enum err err;

	for (uint32_t i = 0; i < s->incident_consumers.count; i++)
		consumers[i] = s->incident_consumers.text[i];
	for (uint32_t i = 0; i < s->alert_producers.count; i++)
		producers[i] = s->alert_producers.text[i];
	err = outbox_open(d->store, &out, &d->incidents, info);
	if (!err)
		err = inbox_open(d->store, &in, &d->alerts, info);
	return err;
}

/* restore takes a row back; what could not be told of cannot stay either: the first event of it would stop the service.
 */
static enum err restore(struct dispatcher *d, const struct incident_state_blob *state)
{
	enum err err = incident_restore(d->core, state);
	struct incident incident;
	struct buf json;

	if (err)
		return err;
	buf_init(&json, CODEC_MESSAGE_BYTES_MAX);
	err = incident_find(d->core, state->id, &incident);
	if (!err)
		err = codec_incident_encode(&incident, &json);
	if (err)
		incident_unrestore(d->core, state->id);
	buf_fini(&json);
	return err;
}

static enum err load_states(struct dispatcher *d, struct errinfo *info)
{
	static struct incident_state_blob state;
	sqlite3_stmt *rows = NULL;
	int step = SQLITE_DONE;
	enum err err = sql_prepare(store_db(d->store), "SELECT id, state FROM incident ORDER BY id", &rows, info);

	while (!err && (step = sqlite3_step(rows)) == SQLITE_ROW) {
		text_cut(state.id, sizeof state.id, (const char *)sqlite3_column_text(rows, 0));
		state.length = (size_t)sqlite3_column_bytes(rows, 1);
		if (state.length > sizeof state.blob)
			state.length = 0;
		if (state.length)
			memcpy(state.blob, sqlite3_column_blob(rows, 1), state.length);
		err = restore(d, &state);
		if (err && err != ERR_NOMEM)
			err = lost_take(d->store, LOST_INCIDENT, rows, 0, err_name(err), info);
	}
	if (!err && step != SQLITE_DONE)
		err = sql_fail(store_db(d->store), info, "incidents");
	sqlite3_finalize(rows);
	return err;
}

static enum err prepare(struct dispatcher *d, struct errinfo *info)
{
	struct {
		const char *text;
		sqlite3_stmt **out;
	} rows[] = {
		{"INSERT INTO incident VALUES (?, ?) ON CONFLICT DO UPDATE SET state = excluded.state", &d->save_state},
		{"DELETE FROM incident WHERE id = ?", &d->drop_state},
		{"INSERT INTO waiting (at, kind, id, body) VALUES (?, ?, ?, ?)", &d->wait},
		{"SELECT number, at, kind, body FROM waiting WHERE at <= ? ORDER BY at, kind, id, number LIMIT 1",
			&d->waiting},
		{"DELETE FROM waiting WHERE number = ?", &d->waited},
		{"INSERT INTO duty VALUES (?, ?, ?, ?, ?, ?)", &d->save_duty},
		{"DELETE FROM duty WHERE team = ?", &d->drop_duties},
		{"SELECT starts, ends, place, shift, planned, user, open_from, open_until FROM stood WHERE team = ? "
		 "AND ends > ? ORDER BY starts, shift, planned, user",
			&d->stood_of},
		{"INSERT INTO stood VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET ends = excluded.ends, "
		 "place = excluded.place, open_from = excluded.open_from, open_until = excluded.open_until",
			&d->save_stood},
		{"DELETE FROM stood WHERE (team = ?1 AND ends > ?2) OR ends < ?3", &d->drop_stood},
		{"SELECT team, starts, ends, place, shift, planned, user, open_from, open_until FROM stood WHERE ends "
		 "> ? AND ends < ? ORDER BY ends, team, starts, shift, planned, user",
			&d->stood_over},
		{"SELECT number, at FROM handset WHERE household = ?", &d->find_handset},
		{"INSERT INTO handset VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET number = excluded.number, at = "
		 "excluded.at, who = excluded.who",
			&d->set_handset},
		{"INSERT INTO rota VALUES (?, ?) ON CONFLICT DO UPDATE SET state = excluded.state", &d->save_rota},
		{"DELETE FROM rota WHERE id = ?", &d->drop_rota},
		{"INSERT INTO rota_rules VALUES (?, ?) ON CONFLICT DO UPDATE SET rules = excluded.rules",
			&d->save_rules},
	};
	enum err err = ERR_OK;

	for (size_t i = 0; i < sizeof rows / sizeof *rows && !err; i++)
		err = sql_prepare(store_db(d->store), rows[i].text, rows[i].out, info);
	return err;
}

static enum err open_turns(struct dispatcher *d)
{
	unsigned shards = (unsigned)d->settings.common.shards;

	d->turns = calloc(shards, sizeof *d->turns);
	if (!d->turns)
		return ERR_NOMEM;
	for (unsigned i = 0; i < shards; i++)
		buf_init(&d->turns[i].items, BATCH_BYTES_MAX);
	return ERR_OK;
}

static enum err channels_ready(void *state, bool readable, bool writable, struct turn turn)
{
	(void)state; /* flush moves the calls in every turn */
	(void)readable;
	(void)writable;
	(void)turn;
	return ERR_OK;
}

/* open_channels opens them as the settings say, in place of those before, whose running calls are made again. zone
 * outlives them. */
static enum err open_channels(
	struct dispatcher *d, const struct dispatcher_settings *settings, const struct zone *zone, struct errinfo *info)
{
	struct channels_config config = dispatcher_channels_config(settings, zone);
	struct channels *channels = NULL;
	enum err err = d->channels ? channels_settle(d->channels, info) : ERR_OK;

	if (!err)
		err = channels_open(d->store, &config, &channels, info);
	if (!err)
		err = channels_inherit(channels, d->channels);
	if (!err && service_watch(d->service, channels_fd(channels), false, channels_ready))
		err = errinfo_set(info, ERR_IO, "the channels' descriptor cannot be watched");
	if (err) {
		channels_close(channels);
		return err;
	}
	if (d->channels)
		service_unwatch(d->service, channels_fd(d->channels));
	channels_close(d->channels);
	d->channels = channels;
	return ERR_OK;
}

static enum err open_core(struct dispatcher *d, struct errinfo *info)
{
	struct incident_config config;
	enum err err;

	d->policies = calloc(1, sizeof *d->policies);
	if (!d->policies)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	err = dispatcher_policies(&d->settings, d->policies, info);
	if (err)
		return err;
	config = dispatcher_core_config(&d->settings, d->zone);
	config.policies = d->policies;
	dispatcher_know_absences(d, &config.duty);
	err = incident_core_create(&config, &d->core, info);
	if (!err)
		err = visits_create(&d->settings, d->zone, dispatcher_away(d), &d->visits, info);
	if (!err)
		err = dispatcher_open_directory(d, info);
	if (!err)
		err = dispatcher_load_duties(d, info);
	if (!err)
		err = dispatcher_open_rota(d, info);
	if (!err)
		err = dispatcher_load_handsets(d, info);
	if (!err)
		err = dispatcher_load_stood(d, info);
	if (!err)
		err = load_states(d, info);
	return err ? err : visits_open(d->visits, d->store, &d->settings, info);
}

static enum err open_parts(struct dispatcher *d, struct errinfo *info)
{
	struct bus *bus = service_bus(d->service);
	char path[300];
	enum err err;

	snprintf(path, sizeof path, "%s/dispatcher.db", d->settings.common.data_dir);
	err = store_open(
		path, migrations, sizeof migrations / sizeof *migrations, d->settings.ballast_bytes, &d->store, info);
	if (!err)
		err = open_turns(d);
	if (!err)
		err = zone_load(d->settings.zone, &d->zone, info);
	if (!err)
		err = lost_begin(d->store, info);
	if (!err) /* before the directory, which tells them of the volunteers */
		err = open_channels(d, &d->settings, d->zone, info);
	if (!err)
		err = open_core(d, info);
	if (!err)
		err = open_lanes(d, info);
	if (!err)
		err = post_open(d->store, &d->post, info);
	if (!err)
		err = prepare(d, info);
	if (!err && (carrier_subscribe_outbox(bus, d->incidents) ||
			    carrier_subscribe_outbox(bus, visits_outbox(d->visits)) ||
			    carrier_subscribe_inbox(bus, d->alerts) || carrier_subscribe_inbox(bus, d->directory) ||
			    bus_subscribe(bus, "curtain/volunteer/+/reply", 1) ||
			    bus_subscribe(bus, "curtain/api/+/dispatcher/+", 1)))
		err = errinfo_set(info, ERR_FULL, "too many subscriptions");
	return err;
}

enum err dispatcher_open(struct service *service, const void *settings, void **out_state, struct errinfo *info)
{
	struct dispatcher *d = calloc(1, sizeof *d);
	enum err err;

	if (!d)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	d->service = service;
	memcpy(&d->settings, settings, sizeof d->settings);
	err = open_parts(d, info);
	if (!err) {
		d->clock = dispatcher_replays(d) ? inbox_watermark(d->alerts) : WALL_NONE;
		err = dispatcher_recover(d, info);
	}
	if (err) {
		dispatcher_close(d);
		return err;
	}
	INSTANT("store-read");
	if (wall_is_set(d->clock))
		service_set_clock(service, d->clock);
	*out_state = d;
	return ERR_OK;
}

void dispatcher_close(void *state)
{
	struct dispatcher *d = state;
	sqlite3_stmt *statements[] = {d->save_state, d->drop_state, d->wait, d->waiting, d->waited, d->save_duty,
		d->drop_duties, d->find_handset, d->set_handset, d->save_rota, d->drop_rota, d->save_rules, d->stood_of,
		d->save_stood, d->drop_stood, d->stood_over};

	if (d->channels)
		service_unwatch(d->service, channels_fd(d->channels));
	channels_close(d->channels);
	post_close(d->post);
	visits_close(d->visits);
	outbox_close(d->incidents);
	inbox_close(d->alerts);
	directory_copy_close(d->copy);
	for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
		sqlite3_finalize(statements[i]);
	rota_destroy(d->rota);
	incident_core_destroy(d->core);
	zone_destroy(d->zone);
	free(d->policies);
	if (d->store && store_in_transaction(d->store))
		store_rollback(d->store);
	store_close(d->store);
	for (unsigned i = 0; d->turns && i < (unsigned)d->settings.common.shards; i++)
		buf_fini(&d->turns[i].items);
	free(d->turns);
	answers_fini(&d->answers);
	free(d);
}

enum err dispatcher_reload(void *state, const void *settings, struct errinfo *info)
{
	struct dispatcher *d = state;
	const struct dispatcher_settings *fresh = settings;
	struct incident_config config;
	struct zone *zone = NULL;
	struct policies *policies = calloc(1, sizeof *policies);
	enum err err = policies ? zone_load(fresh->zone, &zone, info) : errinfo_set(info, ERR_NOMEM, "out of memory");

	if (!err)
		err = dispatcher_policies(fresh, policies, info);
	if (!err)
		err = open_channels(d, fresh, zone, info);
	if (!err) /* the last that can fail: what it takes uses the new zone */
		err = visits_reload(d->visits, fresh, zone, info);
	if (err) {
		zone_destroy(zone);
		free(policies);
		return err;
	}
	config = dispatcher_core_config(fresh, zone);
	config.policies = policies;
	dispatcher_know_absences(d, &config.duty);
	incident_core_configure(d->core, &config);
	zone_destroy(d->zone);
	d->zone = zone;
	dispatcher_configure_rota(d, fresh);
	free(d->policies);
	d->policies = policies;
	return ERR_OK;
}
