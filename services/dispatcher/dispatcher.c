/* SPDX-License-Identifier: MIT */
#include "dispatcher/dispatcher.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "lane/sql.h"
#include "service/carrier.h"

#define BATCH_BYTES_MAX (2u << 20) /* of one shard's turn; codec.h's limit leaves room for the head */
#define TRIM_US 500000
#define FULL_RETRY_US 50000 /* the bus takes no more for now */

static const char *const migrations[] = {
	POST_TABLE
	";" WEBHOOK_TABLE ";"
	"CREATE TABLE directory (kind INTEGER NOT NULL, key TEXT NOT NULL, entry BLOB NOT NULL, PRIMARY KEY "
	"(kind, key)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE incident (id TEXT PRIMARY KEY, state BLOB NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE waiting (number INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind INTEGER NOT NULL, id TEXT "
	"NOT NULL, body BLOB NOT NULL) STRICT;"
	"CREATE INDEX waiting_order ON waiting (at, kind, id, number)",
};

/* ---- opening ---- */

static enum err open_lanes(struct dispatcher *d, struct errinfo *info)
{
	const struct dispatcher_settings *s = &d->settings;
	const char *consumers[CONFIG_LIST_MAX], *producers[CONFIG_LIST_MAX], *registry[] = {s->directory_producer};
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
	in.lane = "directory-dispatcher";
	in.producers = registry;
	in.producer_count = 1;
	in.shards = 1;
	in.compacted = true;
	if (!err)
		err = inbox_open(d->store, &in, &d->directory, info);
	return err;
}

static enum err load_directory(struct dispatcher *d, struct errinfo *info)
{
	sqlite3_stmt *rows = NULL;
	struct incident_effects none;
	enum err err = sql_prepare(store_db(d->store), "SELECT entry FROM directory", &rows, info);

	while (!err && sqlite3_step(rows) == SQLITE_ROW) {
		struct entry entry;
		err = codec_entry_decode(
			sqlite3_column_blob(rows, 0), (size_t)sqlite3_column_bytes(rows, 0), &entry, info);
		if (!err)
			err = incident_core_entry(d->core, &entry, WALL_NONE, &none);
	}
	sqlite3_finalize(rows);
	return err;
}

static enum err load_states(struct dispatcher *d, struct errinfo *info)
{
	static struct incident_state_blob state;
	sqlite3_stmt *rows = NULL;
	enum err err = sql_prepare(store_db(d->store), "SELECT id, state FROM incident ORDER BY id", &rows, info);

	while (!err && sqlite3_step(rows) == SQLITE_ROW) {
		text_cut(state.id, sizeof state.id, (const char *)sqlite3_column_text(rows, 0));
		state.length = (size_t)sqlite3_column_bytes(rows, 1);
		if (state.length > sizeof state.blob)
			state.length = 0;
		memcpy(state.blob, sqlite3_column_blob(rows, 1), state.length);
		err = incident_restore(d->core, &state);
		if (err)
			errinfo_set(info, err, "the store's state of incident %s is %s", state.id, err_name(err));
	}
	sqlite3_finalize(rows);
	return err;
}

static enum err prepare(struct dispatcher *d, struct errinfo *info)
{
	struct {
		const char *text;
		sqlite3_stmt **out;
	} rows[] = {
		{"INSERT INTO directory VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET entry = excluded.entry",
			&d->save_entry},
		{"DELETE FROM directory WHERE kind = ? AND key = ?", &d->drop_entry},
		{"INSERT INTO incident VALUES (?, ?) ON CONFLICT DO UPDATE SET state = excluded.state", &d->save_state},
		{"DELETE FROM incident WHERE id = ?", &d->drop_state},
		{"INSERT INTO waiting (at, kind, id, body) VALUES (?, ?, ?, ?)", &d->wait},
		{"SELECT number, at, kind, body FROM waiting WHERE at <= ? ORDER BY at, kind, id, number LIMIT 1",
			&d->waiting},
		{"DELETE FROM waiting WHERE number = ?", &d->waited},
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

static enum err open_core(struct dispatcher *d, struct errinfo *info)
{
	struct incident_config config;
	enum err err = zone_load(d->settings.zone, &d->zone, info);

	if (err)
		return err;
	config = dispatcher_core_config(&d->settings, d->zone);
	err = incident_core_create(&config, &d->core, info);
	if (!err)
		err = load_directory(d, info);
	return err ? err : load_states(d, info);
}

static enum err webhook_ready(void *state, bool readable, bool writable, struct turn turn)
{
	(void)state; /* flush drives the calls in every turn */
	(void)readable;
	(void)writable;
	(void)turn;
	return ERR_OK;
}

/* open_webhook opens it as the settings say and watches it in place of the one before, whose running calls are made
 * again. */
static enum err open_webhook(struct dispatcher *d, const struct dispatcher_settings *settings, struct errinfo *info)
{
	struct webhook_config config = {.url = settings->webhook_url,
		.secret_file = settings->webhook_secret_file,
		.timeout_ms = settings->webhook_timeout_ms,
		.waiting_max = settings->webhook_waiting};
	struct webhook *webhook = NULL;
	enum err err = webhook_open(d->store, &config, &webhook, info);

	if (!err && service_watch(d->service, webhook_fd(webhook), false, webhook_ready)) {
		webhook_close(webhook);
		err = errinfo_set(info, ERR_IO, "the webhook's descriptor cannot be watched");
	}
	if (err)
		return err;
	if (d->webhook)
		service_unwatch(d->service, webhook_fd(d->webhook));
	webhook_close(d->webhook);
	d->webhook = webhook;
	d->given_up = 0;
	return ERR_OK;
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
		err = open_core(d, info);
	if (!err)
		err = open_lanes(d, info);
	if (!err)
		err = post_open(d->store, &d->post, info);
	if (!err)
		err = open_webhook(d, &d->settings, info);
	if (!err)
		err = prepare(d, info);
	if (!err && (carrier_subscribe_outbox(bus, d->incidents) || carrier_subscribe_inbox(bus, d->alerts) ||
			    carrier_subscribe_inbox(bus, d->directory) ||
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
	if (err) {
		dispatcher_close(d);
		return err;
	}
	d->clock = dispatcher_replays(d) ? inbox_watermark(d->alerts) : WALL_NONE;
	if (wall_is_set(d->clock))
		service_set_clock(service, d->clock);
	*out_state = d;
	return ERR_OK;
}

void dispatcher_close(void *state)
{
	struct dispatcher *d = state;
	sqlite3_stmt *statements[] = {
		d->save_entry, d->drop_entry, d->save_state, d->drop_state, d->wait, d->waiting, d->waited};

	if (d->webhook)
		service_unwatch(d->service, webhook_fd(d->webhook));
	webhook_close(d->webhook);
	post_close(d->post);
	outbox_close(d->incidents);
	inbox_close(d->alerts);
	inbox_close(d->directory);
	for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
		sqlite3_finalize(statements[i]);
	incident_core_destroy(d->core);
	zone_destroy(d->zone);
	if (d->store && store_in_transaction(d->store))
		store_rollback(d->store);
	store_close(d->store);
	for (unsigned i = 0; d->turns && i < (unsigned)d->settings.common.shards; i++)
		buf_fini(&d->turns[i].items);
	free(d->turns);
	free(d->receipts);
	free(d);
}

enum err dispatcher_reload(void *state, const void *settings, struct errinfo *info)
{
	struct dispatcher *d = state;
	const struct dispatcher_settings *fresh = settings;
	struct incident_config config;
	struct zone *zone = NULL;
	enum err err = zone_load(fresh->zone, &zone, info);

	if (!err)
		err = open_webhook(d, fresh, info);
	if (err) {
		zone_destroy(zone);
		return err;
	}
	config = dispatcher_core_config(fresh, zone);
	incident_core_configure(d->core, &config);
	zone_destroy(d->zone);
	d->zone = zone;
	return ERR_OK;
}

/* ---- the turn ---- */

enum err dispatcher_begin(struct dispatcher *d, struct errinfo *info)
{
	return store_in_transaction(d->store) ? ERR_OK : store_begin(d->store, info);
}

static void see(struct dispatcher *d, struct turn turn)
{
	d->turn = turn;
	if (dispatcher_replays(d))
		d->turn.wall = d->clock;
}

static enum err take_message(struct dispatcher *d, const struct bus_event *event, struct errinfo *info)
{
	if (!strncmp(event->topic, "curtain/api/", 12))
		return dispatcher_request(d, event, info);
	if (!strncmp(event->topic, "curtain/lane/", 13))
		return dispatcher_take_batch(d, event, info);
	if (!strncmp(event->topic, "curtain/volunteer/", 18))
		return dispatcher_take_reply(d, event, info);
	(void)carrier_take_ack(d->incidents, event, d->turn.mono, &d->bad_acks);
	return ERR_OK;
}

static enum err told(enum err err, const char *doing, const struct errinfo *info)
{
	if (err)
		log_error(doing, "cause", info->text[0] ? info->text : err_name(err));
	return err;
}

enum err dispatcher_event(void *state, const struct bus_event *event, struct turn turn)
{
	struct dispatcher *d = state;
	struct errinfo info = {0};

	see(d, turn);
	switch (event->kind) {
	case BUS_CONNECTED:
		outbox_reconnected(d->incidents);
		inbox_reconnected(d->alerts);
		inbox_reconnected(d->directory);
		post_reconnected(d->post);
		break;
	case BUS_MESSAGE:
		return told(take_message(d, event, &info), "message_not_taken", &info);
	case BUS_DELIVERED:
		post_delivered(d->post, event->token);
		break;
	case BUS_DISCONNECTED:
		break;
	}
	return ERR_OK;
}

static enum err tick(struct dispatcher *d, struct errinfo *info)
{
	struct incident_effects effects;
	enum err err;

	if (incident_due(d->core).ms > d->turn.wall.ms)
		return ERR_OK;
	err = dispatcher_begin(d, info);
	if (!err)
		err = incident_tick(d->core, d->turn.wall, &effects);
	return err ? err : dispatcher_effects(d, &effects, d->turn.wall, info);
}

enum err dispatcher_tick(void *state, struct turn turn)
{
	struct dispatcher *d = state;
	struct errinfo info = {0};

	see(d, turn);
	if (!dispatcher_replays(d))
		return told(tick(d, &info), "tick_failed", &info);
	/* Whatever moves the watermark, waits or changes the directory has opened a transaction. */
	if (!store_in_transaction(d->store))
		return ERR_OK;
	return told(dispatcher_follow(d, &info), "replay_failed", &info);
}

static enum err store_turn(struct dispatcher *d, struct errinfo *info)
{
	enum err err = dispatcher_append(d, info);

	if (!err)
		err = dispatcher_save(d, info);
	if (!err)
		err = post_settle(d->post, info);
	if (!err)
		err = webhook_settle(d->webhook, info);
	if (!err)
		err = outbox_trim(d->incidents, info);
	return err ? err : store_commit(d->store, info);
}

static void give_receipts(struct dispatcher *d)
{
	for (uint32_t i = 0; i < d->receipt_count; i++)
		(void)!bus_publish(service_bus(d->service), /* lost: the sender asks again */
			&(struct bus_publication){.topic = d->receipts[i].topic,
				.payload = d->receipts[i].correlation,
				.length = d->receipts[i].length,
				.qos = 1,
				.correlation = d->receipts[i].correlation,
				.correlation_length = d->receipts[i].length});
	d->receipt_count = 0;
}

static enum err commit_turn(struct dispatcher *d, struct errinfo *info)
{
	enum err err = store_turn(d, info);

	if (err) { /* nothing of this turn was seen by anybody; the next start does it again */
		if (err == ERR_FULL && store_release_ballast(d->store))
			log_warning("disk_full_ballast_given_up");
		return err;
	}
	outbox_committed(d->incidents);
	inbox_committed(d->alerts);
	inbox_committed(d->directory);
	webhook_committed(d->webhook);
	if (dispatcher_replays(d) && wall_is_set(d->clock))
		service_set_clock(d->service, d->clock);
	return ERR_OK;
}

static enum err send(struct dispatcher *d, struct errinfo *info)
{
	struct bus *bus = service_bus(d->service);
	enum err err = post_send(d->post, bus, info); /* pages first */

	give_receipts(d);
	if (!err)
		err = carrier_send_outbox(bus, d->incidents, d->turn.mono);
	if (!err)
		err = carrier_send_acks(bus, d->alerts, d->turn.mono);
	return err ? err : carrier_send_acks(bus, d->directory, d->turn.mono);
}

/* call drives the webhook; its results are stored at once, so that a call that succeeded is not made again. */
static enum err call(struct dispatcher *d, struct errinfo *info)
{
	enum err err;

	webhook_run(d->webhook, wall_now(), d->turn.mono);
	err = webhook_settle(d->webhook, info);
	if (webhook_stats(d->webhook).given_up > d->given_up) {
		d->given_up = webhook_stats(d->webhook).given_up;
		log_warning("webhook_given_up", "cause", webhook_fault(d->webhook));
	}
	return err;
}

enum err dispatcher_flush(void *state, struct turn turn)
{
	struct dispatcher *d = state;
	struct errinfo info = {0};
	enum err err = ERR_OK;

	if (store_in_transaction(d->store))
		err = commit_turn(d, &info);
	if (!err)
		err = send(d, &info);
	if (!err)
		err = call(d, &info);
	if (!err && d->trim_due.us <= turn.mono.us) {
		d->trim_due = (struct mono){turn.mono.us + TRIM_US};
		err = post_settle(d->post, &info);
		if (!err)
			err = outbox_trim(d->incidents, &info);
	}
	return told(err, "turn_failed", &info);
}

static void earlier(struct mono *due, struct mono other)
{
	if (other.us < due->us)
		*due = other;
}

struct mono dispatcher_due(const void *state, struct turn turn)
{
	const struct dispatcher *d = state;
	struct mono due = webhook_due(d->webhook);
	struct wall core = incident_due(d->core);

	if (post_settles(d->post))
		earlier(&due, d->trim_due);
	if (bus_is_connected(service_bus(d->service))) {
		earlier(&due, outbox_due(d->incidents));
		earlier(&due, inbox_due(d->alerts));
		earlier(&due, inbox_due(d->directory));
		if (post_pending(d->post))
			earlier(&due, (struct mono){turn.mono.us + FULL_RETRY_US});
	}
	if (!dispatcher_replays(d) && core.ms != WALL_NEVER.ms)
		earlier(&due,
			(struct mono){turn.mono.us + (core.ms > turn.wall.ms ? core.ms - turn.wall.ms : 0) * 1000});
	return due;
}

bool dispatcher_draining(const void *state)
{
	const struct dispatcher *d = state;

	/* All is on disk after each turn; a page may still be on its way to the broker. */
	return bus_is_connected(service_bus(d->service)) && post_waiting(d->post) > 0;
}

/* ---- status ---- */

static void count(struct status *out, const char *name, int64_t value)
{
	if (out->counter_count == COUNTERS_MAX)
		return;
	struct status_counter *counter = &out->counters[out->counter_count++];
	text_cut(counter->name, sizeof counter->name, name);
	counter->value = value;
}

static void count_verdicts(struct status *out, const char *what, const struct incident_core *core,
	int64_t (*of)(const struct incident_core *, enum incident_verdict))
{
	char name[WORD_BYTES];

	for (int i = 0; i < INCIDENT_VERDICT_COUNT; i++) {
		snprintf(name, sizeof name, "%s_%s", what, incident_verdict_name((enum incident_verdict)i));
		count(out, name, of(core, (enum incident_verdict)i));
	}
}

void dispatcher_status(const void *state, struct status *out)
{
	const struct dispatcher *d = state;
	struct outbox_stats lane = outbox_stats(d->incidents);
	struct webhook_stats calls = webhook_stats(d->webhook);
	struct wall now = dispatcher_replays(d) ? d->clock : out->at;

	if (wall_is_set(now))
		out->clock = now;
	out->lag_ms = lane.oldest_ms && now.ms > lane.oldest_ms ? now.ms - lane.oldest_ms : 0;
	out->outbox = lane.batches;
	count(out, "open", incident_open_count(d->core));
	for (int i = 0; i < INCIDENT_TALLY_COUNT; i++)
		count(out, incident_tally_name((enum incident_tally)i),
			incident_tally(d->core, (enum incident_tally)i));
	count(out, "pages_waiting", post_waiting(d->post));
	count(out, "alerts", d->alert_count);
	count_verdicts(out, "alerts", d->core, incident_alerts);
	count_verdicts(out, "replies", d->core, incident_replies);
	count(out, "replies_bad", d->replies_bad);
	count(out, "replies_forged", d->replies_forged);
	count(out, "entries", d->entry_count);
	count(out, "bad_items", d->bad_items);
	count(out, "forged_batches", d->forged);
	count(out, "bad_acks", d->bad_acks);
	count(out, "resent", lane.resent);
	count(out, "webhook_sent", calls.sent);
	count(out, "webhook_failed_attempts", calls.failed_attempts);
	count(out, "webhook_given_up", calls.given_up);
	count(out, "webhook_dropped", calls.dropped);
	count(out, "webhook_waiting", calls.waiting);
}
