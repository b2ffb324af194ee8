/* SPDX-License-Identifier: MIT */
#include "ingest/ingest.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "lane/sql.h"
#include "service/carrier.h"

#define BATCH_ITEM_BYTES (2u << 20) /* of one shard's turn; codec.h's limit leaves room for the head */
#define CONNECT_RETRY_US 100000
#define MISC_US 1000000
#define TRIM_US 500000

static const char *const migrations[] = {
	JOURNAL_TABLE ";" LETTERS_TABLE ";" RECENT_TABLE ";"
		      "CREATE TABLE directory (kind INTEGER NOT NULL, key TEXT NOT NULL, entry BLOB NOT NULL, PRIMARY "
		      "KEY (kind, key)) STRICT, WITHOUT ROWID;"
		      "CREATE TABLE subscription (filter TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
};

/* ---- opening ---- */

static unsigned shards_of(const struct ingest *ingest)
{
	return (unsigned)ingest->settings.common.shards;
}

static enum err open_lanes(struct ingest *ingest, struct errinfo *info)
{
	const struct ingest_settings *s = &ingest->settings;
	const char *readers[CONFIG_LIST_MAX], *alerted[CONFIG_LIST_MAX], *producers[] = {s->directory_producer};
	struct outbox_config out = {.producer = s->common.instance,
		.shards = shards_of(ingest),
		.in_flight_bytes = s->in_flight_bytes,
		.resend_ms = s->resend_ms,
		.memory_bytes = s->memory_bytes};
	struct inbox_config in = {.lane = "directory-ingest",
		.consumer = "ingest",
		.producers = producers,
		.producer_count = 1,
		.shards = 1,
		.compacted = true,
		.want_ms = s->want_ms};
	enum err err;

	for (uint32_t i = 0; i < s->reading_consumers.count; i++)
		readers[i] = s->reading_consumers.text[i];
	for (uint32_t i = 0; i < s->alert_consumers.count; i++)
		alerted[i] = s->alert_consumers.text[i];
	out.lane = "reading";
	out.consumers = readers;
	out.consumer_count = s->reading_consumers.count;
	err = outbox_open(ingest->store, &out, &ingest->readings, info);
	out.lane = "alert";
	out.consumers = alerted;
	out.consumer_count = s->alert_consumers.count;
	if (!err)
		err = outbox_open(ingest->store, &out, &ingest->alerts, info);
	if (!err)
		err = inbox_open(ingest->store, &in, &ingest->directory, info);
	return err;
}

static enum err open_core(struct ingest *ingest, struct errinfo *info)
{
	const struct ingest_settings *s = &ingest->settings;
	struct ingest_core_config config = {.future_ms = s->future_ms,
		.past_ms = s->past_ms,
		.alarm_past_ms = s->alarm_past_ms,
		.event_window_ms = s->event_window_ms,
		.silent_ms = s->silent_ms,
		.battery_low = s->battery_low,
		.devices_max = (uint32_t)s->devices_max};
	sqlite3_stmt *entries = NULL;
	enum err err = ingest_core_create(&config, &ingest->core, info);

	if (!err)
		err = sql_prepare(store_db(ingest->store), "SELECT entry FROM directory", &entries, info);
	while (!err && sqlite3_step(entries) == SQLITE_ROW) {
		struct entry entry;
		err = codec_entry_decode(
			sqlite3_column_blob(entries, 0), (size_t)sqlite3_column_bytes(entries, 0), &entry, info);
		if (!err)
			err = ingest_core_entry(ingest->core, &entry);
	}
	sqlite3_finalize(entries);
	return err;
}

/* ---- subscriptions ---- */

static void filter_of(const struct ingest *ingest, const char *topic, char out[400])
{
	if (ingest->settings.share[0])
		snprintf(out, 400, "$share/%s/%s", ingest->settings.share, topic);
	else
		snprintf(out, 400, "%s", topic);
}

static bool wanted(const struct ingest *ingest, const char *filter)
{
	const char *filters[MAP_FILTERS_MAX];
	unsigned count = map_filters(ingest->map, filters);
	char one[400];

	for (unsigned i = 0; i < count; i++) {
		filter_of(ingest, filters[i], one);
		if (!strcmp(one, filter))
			return true;
	}
	return false;
}

/* subscribe makes the session's subscriptions what the profiles ask for; those of earlier profiles are given up. */
static void subscribe(struct ingest *ingest)
{
	sqlite3 *db = store_db(ingest->store);
	const char *filters[MAP_FILTERS_MAX];
	unsigned count = map_filters(ingest->map, filters);
	sqlite3_stmt *old = NULL, *add = NULL, *drop = NULL;
	struct errinfo info = {0};
	char filter[400];
	enum err err = ingest_begin(ingest);

	if (!err)
		err = sql_prepare(db, "SELECT filter FROM subscription", &old, &info);
	if (!err)
		err = sql_prepare(db, "INSERT OR IGNORE INTO subscription VALUES (?)", &add, &info);
	if (!err)
		err = sql_prepare(db, "DELETE FROM subscription WHERE filter = ?", &drop, &info);
	while (!err && sqlite3_step(old) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(old, 0);
		if (wanted(ingest, name))
			continue;
		intake_unsubscribe(ingest->intake, name);
		sqlite3_bind_text(drop, 1, name, -1, SQLITE_TRANSIENT);
		err = sql_run(drop, &info);
	}
	for (unsigned i = 0; i < count && !err; i++) {
		filter_of(ingest, filters[i], filter);
		intake_subscribe(ingest->intake, filter);
		sqlite3_bind_text(add, 1, filter, -1, SQLITE_TRANSIENT);
		err = sql_run(add, &info);
	}
	if (ingest->settings.common.clock == SERVICE_CLOCK_REPLAY)
		intake_subscribe(ingest->intake, "curtain/clock");
	sqlite3_finalize(old);
	sqlite3_finalize(add);
	sqlite3_finalize(drop);
	if (err)
		log_error("subscriptions_not_stored", "cause", info.text);
}

static void on_intake_connected(void *context, bool present)
{
	struct ingest *ingest = context;
	struct errinfo info = {0};

	ingest->intake_up = true;
	log_info("intake_connected", "session", present ? "kept" : "new");
	if (!present)
		recent_forget(ingest->recent);
	else if (recent_expect(ingest->recent, &info))
		log_error("recent_messages_not_read", "cause", info.text);
	subscribe(ingest);
	service_publish_status(ingest->service);
}

static void on_intake_disconnected(void *context, const char *reason)
{
	struct ingest *ingest = context;

	if (ingest->intake_up)
		log_warning("intake_disconnected", "reason", reason);
	ingest->intake_up = false;
	ingest->connect_due = (struct mono){ingest->turn.mono.us + CONNECT_RETRY_US};
	service_publish_status(ingest->service);
}

static enum err open_intake(struct ingest *ingest, struct errinfo *info)
{
	char client_id[ID_BYTES + 8];
	struct intake_config config = {.bus = &ingest->settings.common.bus,
		.client_id = client_id,
		.session_expiry_ms = ingest->settings.session_expiry_ms,
		.receive_maximum = (int)ingest->settings.receive_maximum,
		.message = ingest_take,
		.connected = on_intake_connected,
		.disconnected = on_intake_disconnected,
		.context = ingest};

	snprintf(client_id, sizeof client_id, "%s-intake", ingest->settings.common.instance);
	return intake_create(&config, &ingest->intake, info);
}

static enum err open_turns(struct ingest *ingest)
{
	unsigned shards = shards_of(ingest);

	ingest->reading_turns = calloc(shards, sizeof *ingest->reading_turns);
	ingest->alert_turns = calloc(shards, sizeof *ingest->alert_turns);
	if (!ingest->reading_turns || !ingest->alert_turns)
		return ERR_NOMEM;
	for (unsigned i = 0; i < shards; i++) {
		buf_init(&ingest->reading_turns[i].items, CODEC_BATCH_BYTES_MAX - 4096);
		buf_init(&ingest->alert_turns[i].items, CODEC_BATCH_BYTES_MAX - 4096);
	}
	return ERR_OK;
}

enum err ingest_open(struct service *service, const void *settings, void **out_state, struct errinfo *info)
{
	struct ingest *ingest = calloc(1, sizeof *ingest);
	struct bus *bus = service_bus(service);
	char path[300];
	enum err err;

	if (!ingest)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	ingest->service = service;
	memcpy(&ingest->settings, settings, sizeof ingest->settings);
	ingest->watched_fd = -1;
	ingest->waiting_last = &ingest->waiting;
	snprintf(path, sizeof path, "%s/ingest.db", ingest->settings.common.data_dir);
	err = store_open(path, migrations, sizeof migrations / sizeof *migrations, ingest->settings.ballast_bytes,
		&ingest->store, info);
	if (!err)
		err = open_turns(ingest);
	if (!err)
		err = map_load(ingest->settings.profiles, &ingest->map, info);
	if (!err)
		err = open_core(ingest, info);
	if (!err)
		err = journal_open(ingest->store, ingest->core, &ingest->journal, info);
	if (!err)
		err = letters_open(ingest->store, ingest->settings.dead_letters, ingest->settings.dead_letter_bytes,
			&ingest->letters, info);
	if (!err)
		err = recent_open(ingest->store, &ingest->recent, info);
	if (!err)
		err = open_lanes(ingest, info);
	if (!err)
		err = sql_prepare(store_db(ingest->store),
			"INSERT INTO directory VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET entry = excluded.entry",
			&ingest->save_entry, info);
	if (!err)
		err = open_intake(ingest, info);
	if (!err && (carrier_subscribe_outbox(bus, ingest->readings) || carrier_subscribe_outbox(bus, ingest->alerts) ||
			    carrier_subscribe_inbox(bus, ingest->directory) ||
			    bus_subscribe(bus, "curtain/api/+/ingest/+", 1)))
		err = errinfo_set(info, ERR_FULL, "too many subscriptions");
	if (err)
		ingest_close(ingest);
	else
		*out_state = ingest;
	return err;
}

void ingest_close(void *state)
{
	struct ingest *ingest = state;

	intake_destroy(ingest->intake);
	outbox_close(ingest->readings);
	outbox_close(ingest->alerts);
	inbox_close(ingest->directory);
	journal_close(ingest->journal);
	letters_close(ingest->letters);
	recent_close(ingest->recent);
	sqlite3_finalize(ingest->save_entry);
	ingest_core_destroy(ingest->core);
	map_destroy(ingest->map);
	if (ingest->store && store_in_transaction(ingest->store))
		store_rollback(ingest->store);
	store_close(ingest->store);
	for (unsigned i = 0; i < shards_of(ingest); i++) {
		if (ingest->reading_turns)
			buf_fini(&ingest->reading_turns[i].items);
		if (ingest->alert_turns)
			buf_fini(&ingest->alert_turns[i].items);
	}
	while (ingest->waiting) {
		struct waiting *waiting = ingest->waiting;
		ingest->waiting = waiting->next;
		free(waiting);
	}
	free(ingest->reading_turns);
	free(ingest->alert_turns);
	free(ingest->receipts);
	free(ingest);
}

/* ---- the directory ---- */

static enum err take_entry(struct ingest *ingest, const struct entry *entry, struct errinfo *info)
{
	struct buf json;
	enum err err;

	buf_init(&json, CODEC_MESSAGE_BYTES_MAX);
	err = codec_entry_encode(entry, &json);
	if (!err) {
		sqlite3_bind_int(ingest->save_entry, 1, entry->kind);
		sqlite3_bind_text(ingest->save_entry, 2, entry->key, -1, SQLITE_STATIC);
		sqlite3_bind_blob64(ingest->save_entry, 3, json.data, json.length, SQLITE_STATIC);
		err = sql_run(ingest->save_entry, info);
		sqlite3_clear_bindings(ingest->save_entry);
	}
	buf_fini(&json);
	return err ? err : ingest_core_entry(ingest->core, entry);
}

static enum err take_directory(struct ingest *ingest, const struct bus_event *event)
{
	struct codec_batch *batch;
	struct lane_batch head;
	struct errinfo info = {0};
	struct entry entry;
	enum err err = carrier_open_batch(ingest->directory, event, &batch, &head, &info);

	if (err) {
		ingest->forged++;
		log_warning("batch_refused", "cause", info.text);
		return ERR_OK;
	}
	if (inbox_offer(ingest->directory, &head, ingest->turn.mono) == INBOX_APPLY && !(err = ingest_begin(ingest))) {
		enum err item;
		while (!err && (item = codec_batch_next_entry(batch, &entry, NULL)) != ERR_NOT_FOUND) {
			ingest->bad_entries += item != ERR_OK;
			if (!item)
				err = take_entry(ingest, &entry, &info);
		}
		if (!err)
			err = inbox_applied(ingest->directory, &head, &info);
	}
	codec_batch_close(batch);
	if (err)
		log_error("directory_not_taken", "cause", info.text);
	return err;
}

enum err ingest_event(void *state, const struct bus_event *event, struct turn turn)
{
	struct ingest *ingest = state;

	ingest->turn = turn;
	switch (event->kind) {
	case BUS_CONNECTED:
		outbox_reconnected(ingest->readings);
		outbox_reconnected(ingest->alerts);
		inbox_reconnected(ingest->directory);
		break;
	case BUS_MESSAGE:
		if (!strncmp(event->topic, "curtain/api/", 12))
			ingest_request(ingest, event);
		else if (!strncmp(event->topic, "curtain/lane/", 13))
			return take_directory(ingest, event);
		else if (!carrier_take_ack(ingest->alerts, event, turn.mono, &ingest->bad_acks))
			(void)carrier_take_ack(ingest->readings, event, turn.mono, &ingest->bad_acks);
		break;
	case BUS_DISCONNECTED:
	case BUS_DELIVERED:
		break;
	}
	return ERR_OK;
}

/* ---- the turn ---- */

static enum err intake_ready(void *state, bool readable, bool writable, struct turn turn)
{
	struct ingest *ingest = state;

	(void)writable; /* flush writes, after the commit */
	ingest->turn = turn;
	if (readable)
		intake_read(ingest->intake, (unsigned)ingest->settings.turn_messages);
	return ERR_OK;
}

/* follow_socket keeps the loop's watch on the intake's present socket. */
static enum err follow_socket(struct ingest *ingest)
{
	int fd = intake_fd(ingest->intake);
	enum err err = ERR_OK;

	if (fd != ingest->watched_fd && ingest->watched_fd >= 0) {
		service_unwatch(ingest->service, ingest->watched_fd);
		ingest->watched_fd = -1;
	}
	if (fd >= 0 && ingest->watched_fd < 0) {
		err = service_watch(ingest->service, fd, ingest->write_waiting, intake_ready);
		ingest->watched_fd = err ? -1 : fd;
		ingest->watched_write = ingest->write_waiting;
	} else if (fd >= 0 && ingest->watched_write != ingest->write_waiting) {
		err = service_rewatch(ingest->service, fd, ingest->write_waiting);
		ingest->watched_write = ingest->write_waiting;
	}
	return err;
}

static void connect_intake(struct ingest *ingest)
{
	struct errinfo info = {0};

	/* The bus goes first: where it is answered, connecting does not block for long. */
	if (intake_fd(ingest->intake) >= 0 || !bus_is_connected(service_bus(ingest->service)) ||
		ingest->turn.mono.us < ingest->connect_due.us)
		return;
	ingest->connect_due = (struct mono){ingest->turn.mono.us + 10 * CONNECT_RETRY_US};
	if (ingest->watched_fd >= 0) {
		service_unwatch(ingest->service, ingest->watched_fd);
		ingest->watched_fd = -1;
	}
	if (intake_connect(ingest->intake, &info))
		log_warning("intake_refused", "cause", info.text);
}

enum err ingest_service_tick(void *state, struct turn turn)
{
	struct ingest *ingest = state;
	struct ingest_effects effects;
	enum ingest_reject reject;
	enum err err = ERR_OK;

	if (turn.wall.ms > ingest->turn.wall.ms || ingest->settings.common.clock == SERVICE_CLOCK_SYSTEM)
		ingest->turn.wall = turn.wall;
	ingest->turn.mono = turn.mono;
	connect_intake(ingest);
	if (ingest->misc_due.us <= turn.mono.us) {
		ingest->misc_due = (struct mono){turn.mono.us + MISC_US};
		intake_misc(ingest->intake);
		ingest->write_waiting = true; /* it may have queued a ping */
	}
	if (ingest->settings.common.clock == SERVICE_CLOCK_SYSTEM && ingest->beat_due.us <= turn.mono.us) {
		ingest->beat_due = (struct mono){turn.mono.us + ingest->settings.heartbeat_ms * 1000};
		ingest->beat = ingest->dirty = true;
	}
	if (ingest_due(ingest->core).ms > ingest->turn.wall.ms || !wall_is_set(ingest->turn.wall))
		return ERR_OK;
	do {
		err = ingest_tick(ingest->core, ingest->turn.wall, &effects);
		if (!err)
			err = ingest_effects_take(ingest, &effects, &reject);
	} while (!err && effects.count == INGEST_EFFECTS_MAX);
	ingest->dirty = true;
	return err;
}

/* append gives one shard's turn to the outbox. Live, a shard that spoke lately needs no heartbeat. */
static enum err append(
	struct ingest *ingest, struct outbox *outbox, struct lane_turn *turn, unsigned shard, struct errinfo *info)
{
	bool live = ingest->settings.common.clock == SERVICE_CLOCK_SYSTEM;
	bool beat =
		ingest->beat && (!live || ingest->turn.mono.us - turn->last.us >= ingest->settings.heartbeat_ms * 500);

	if (!turn->count && !beat)
		return ERR_OK;
	turn->last = ingest->turn.mono;
	return outbox_append(outbox, shard, ingest->turn.wall, turn->items.data ? turn->items.data : "",
		turn->items.length, turn->count, info);
}

static enum err append_all(struct ingest *ingest, bool alerts_alone, struct errinfo *info)
{
	enum err err = ERR_OK;

	for (unsigned shard = 0; shard < shards_of(ingest) && !err; shard++) {
		err = append(ingest, ingest->alerts, &ingest->alert_turns[shard], shard, info);
		if (!err && !alerts_alone)
			err = append(ingest, ingest->readings, &ingest->reading_turns[shard], shard, info);
	}
	return err;
}

static void clear_turns(struct ingest *ingest)
{
	for (unsigned shard = 0; shard < shards_of(ingest); shard++) {
		buf_reset(&ingest->reading_turns[shard].items);
		buf_reset(&ingest->alert_turns[shard].items);
		ingest->reading_turns[shard].count = ingest->alert_turns[shard].count = 0;
	}
	ingest->beat = ingest->dirty = false;
}

static enum err store_turn(struct ingest *ingest, struct errinfo *info)
{
	enum err err = ingest_begin(ingest);

	if (!err)
		err = append_all(ingest, false, info);
	if (!err)
		err = journal_write(ingest->journal, info);
	if (!err)
		err = recent_write(ingest->recent, info);
	if (!err)
		err = outbox_trim(ingest->readings, info);
	if (!err)
		err = outbox_trim(ingest->alerts, info);
	if (!err)
		err = store_commit(ingest->store, info);
	return err;
}

/* save_alerts: the disk is full. What calls for help gets the space that was held back; everything else stays at the
 * broker, which gives it again after the restart that follows. */
static void save_alerts(struct ingest *ingest)
{
	struct errinfo info = {0};
	enum err err;

	if (store_in_transaction(ingest->store))
		store_rollback(ingest->store);
	outbox_rolled_back(ingest->readings);
	outbox_rolled_back(ingest->alerts);
	store_release_ballast(ingest->store);
	err = store_begin(ingest->store, &info);
	if (!err)
		err = append_all(ingest, true, &info);
	if (!err)
		err = store_commit(ingest->store, &info);
	if (err) {
		log_error("alerts_not_stored", "cause", info.text);
		return;
	}
	outbox_committed(ingest->alerts);
	err = carrier_send_outbox(service_bus(ingest->service), ingest->alerts, ingest->turn.mono);
	log_warning("disk_full_alerts_sent", "error", err_name(err));
}

static enum err commit_turn(struct ingest *ingest)
{
	struct errinfo info = {0};
	enum err err = store_turn(ingest, &info);

	if (err) {
		log_error("commit_failed", "cause", info.text);
		if (err == ERR_FULL)
			save_alerts(ingest);
		return err; /* nothing of this turn is acknowledged */
	}
	outbox_committed(ingest->readings);
	outbox_committed(ingest->alerts);
	inbox_committed(ingest->directory);
	for (uint32_t i = 0; i < ingest->receipt_count; i++)
		if (intake_receipt(ingest->intake, ingest->receipts[i].topic, ingest->receipts[i].correlation,
			    ingest->receipts[i].length))
			ingest->bad_receipts++;
	ingest->receipt_count = 0;
	ingest->write_waiting = true;
	clear_turns(ingest);
	return ERR_OK;
}

enum err ingest_flush(void *state, struct turn turn)
{
	struct ingest *ingest = state;
	struct bus *bus = service_bus(ingest->service);
	struct errinfo info = {0};
	enum err err = ERR_OK;

	if (ingest->dirty && wall_is_set(ingest->turn.wall) && ingest->turn.wall.ms > 0)
		err = commit_turn(ingest);
	if (!err && !store_in_transaction(ingest->store) && ingest->trim_due.us <= turn.mono.us) {
		ingest->trim_due = (struct mono){turn.mono.us + TRIM_US};
		err = outbox_trim(ingest->readings, &info);
		if (!err)
			err = outbox_trim(ingest->alerts, &info);
	}
	if (!err)
		err = carrier_send_outbox(bus, ingest->alerts, turn.mono);
	if (!err)
		err = carrier_send_outbox(bus, ingest->readings, turn.mono);
	if (!err)
		err = carrier_send_acks(bus, ingest->directory, turn.mono);
	/* Only what is committed may be acknowledged: never write within a transaction. */
	if (!err && !store_in_transaction(ingest->store))
		ingest->write_waiting = intake_write(ingest->intake);
	return err ? err : follow_socket(ingest);
}

static void earlier(struct mono *due, struct mono other)
{
	if (other.us < due->us)
		*due = other;
}

struct mono ingest_service_due(const void *state, struct turn turn)
{
	const struct ingest *ingest = state;
	struct mono due = ingest->misc_due;
	struct wall core = ingest_due(ingest->core);

	earlier(&due, ingest->beat_due.us ? ingest->beat_due : due);
	if (bus_is_connected(service_bus(ingest->service))) {
		earlier(&due, outbox_due(ingest->readings));
		earlier(&due, outbox_due(ingest->alerts));
		earlier(&due, inbox_due(ingest->directory));
		if (intake_fd(ingest->intake) < 0)
			earlier(&due, ingest->connect_due);
	}
	if (ingest->settings.common.clock == SERVICE_CLOCK_SYSTEM && core.ms != INT64_MAX)
		earlier(&due,
			(struct mono){turn.mono.us + (core.ms > turn.wall.ms ? core.ms - turn.wall.ms : 0) * 1000});
	return due;
}

bool ingest_draining(const void *state)
{
	const struct ingest *ingest = state;

	/* Everything is on disk after each turn; a receipt or acknowledgement may still be on its way out. */
	return ingest->write_waiting && ingest->intake_up;
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

void ingest_status(const void *state, struct status *out)
{
	const struct ingest *ingest = state;
	struct outbox_stats readings = outbox_stats(ingest->readings), alerts = outbox_stats(ingest->alerts);
	int64_t oldest = !readings.oldest_ms || (alerts.oldest_ms && alerts.oldest_ms < readings.oldest_ms)
				 ? alerts.oldest_ms
				 : readings.oldest_ms;
	uint32_t devices, states;
	char name[WORD_BYTES];

	if (wall_is_set(ingest->turn.wall))
		out->clock = ingest->turn.wall;
	out->lag_ms = oldest && ingest->turn.wall.ms > oldest ? ingest->turn.wall.ms - oldest : 0;
	out->outbox = readings.batches + alerts.batches;
	if (out->state == STATUS_READY && !ingest->intake_up)
		out->state = STATUS_STARTING;
	ingest_sizes(ingest->core, &devices, &states);
	count(out, "messages", ingest->messages);
	count(out, "readings", ingest->reading_count);
	count(out, "alerts", ingest->alert_count);
	count(out, "devices", devices);
	count(out, "states", states);
	count(out, "redelivered", ingest->redelivered);
	count(out, "resent", readings.resent + alerts.resent);
	count(out, "outbox_bytes", readings.bytes + alerts.bytes);
	count(out, "dead_letters", letters_count(ingest->letters));
	count(out, "dead_letters_dropped", letters_dropped(ingest->letters));
	count(out, "bad_acks", ingest->bad_acks);
	count(out, "forged_batches", ingest->forged);
	count(out, "bad_receipts", ingest->bad_receipts);
	for (int i = 0; i < INGEST_REJECT_COUNT; i++) {
		snprintf(name, sizeof name, "device_%s", ingest_reject_name((enum ingest_reject)i));
		count(out, name, ingest_count(ingest->core, (enum ingest_reject)i));
	}
	for (int i = 0; i < INGEST_REASONS_MAX && ingest->reasons[i].word[0]; i++) {
		snprintf(name, sizeof name, "map_%.20s", ingest->reasons[i].word);
		if (text_is_id(name))
			count(out, name, ingest->reasons[i].count);
	}
}

enum err ingest_reload(void *state, const void *settings, struct errinfo *info)
{
	struct ingest *ingest = state;
	const struct ingest_settings *fresh = settings;
	struct map *map = NULL;
	enum err err = map_load(fresh->profiles, &map, info);

	if (err)
		return err;
	map_destroy(ingest->map);
	ingest->map = map;
	text_cut(ingest->settings.profiles, sizeof ingest->settings.profiles, fresh->profiles);
	if (ingest->intake_up)
		subscribe(ingest);
	return ERR_OK;
}
