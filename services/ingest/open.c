/* SPDX-License-Identifier: MIT
 *
 * Opening and closing, in the order in which the parts need each other.
 */
#include "ingest/ingest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lane/sql.h"
#include "service/carrier.h"

static const char *const migrations[] = {
	JOURNAL_TABLE ";" LETTERS_TABLE ";" RECENT_TABLE ";" DIRECTORY_COPY_TABLE
		      "; CREATE TABLE subscription (filter TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
};

unsigned ingest_shards(const struct ingest *ingest)
{
	return (unsigned)ingest->settings.common.shards;
}

/* open_lane opens one lane of ours to its consumers. */
static enum err open_lane(struct ingest *ingest, struct lane_out *lane, const char *name,
	const struct config_list *consumers, struct errinfo *info)
{
	const struct ingest_settings *s = &ingest->settings;
	const char *names[CONFIG_LIST_MAX];
	struct outbox_config config = {.lane = name,
		.producer = s->common.instance,
		.consumers = names,
		.consumer_count = consumers->count,
		.shards = ingest_shards(ingest),
		.in_flight_bytes = s->in_flight_bytes,
		.resend_ms = s->resend_ms,
		.memory_bytes = s->memory_bytes};

	for (uint32_t i = 0; i < consumers->count; i++)
		names[i] = consumers->text[i];
	lane->turns = calloc(config.shards, sizeof *lane->turns);
	if (!lane->turns)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	for (unsigned i = 0; i < config.shards; i++)
		buf_init(&lane->turns[i].items, CODEC_BATCH_BYTES_MAX - 4096);
	return outbox_open(ingest->store, &config, &lane->outbox, info);
}

static void close_lane(struct ingest *ingest, struct lane_out *lane)
{
	outbox_close(lane->outbox);
	for (unsigned i = 0; lane->turns && i < ingest_shards(ingest); i++)
		buf_fini(&lane->turns[i].items);
	free(lane->turns);
}

static enum err open_lanes(struct ingest *ingest, struct errinfo *info)
{
	const struct ingest_settings *s = &ingest->settings;
	enum err err = open_lane(ingest, &ingest->readings, "reading", &s->reading_consumers, info);

	if (!err)
		err = open_lane(ingest, &ingest->alerts, "alert", &s->alert_consumers, info);
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
	enum err err = ingest_core_create(&config, &ingest->core, info);

	if (!err)
		err = directory_open(ingest, info);
	if (!err) /* states come after the directory that says whose they are */
		err = ingest_journal_open(ingest->store, ingest->core, &ingest->journal, info);
	return err;
}

static enum err open_store(struct ingest *ingest, struct errinfo *info)
{
	const struct ingest_settings *s = &ingest->settings;
	char path[300];

	snprintf(path, sizeof path, "%s/ingest.db", s->common.data_dir);
	enum err err = store_open(
		path, migrations, sizeof migrations / sizeof *migrations, s->ballast_bytes, &ingest->store, info);
	if (!err)
		err = letters_open(ingest->store, s->dead_letters, s->dead_letter_bytes, &ingest->letters, info);
	if (!err)
		err = recent_open(ingest->store, &ingest->recent, info);
	return err;
}

static enum err open_topics(struct ingest *ingest, struct errinfo *info)
{
	struct bus *bus = service_bus(ingest->service);

	if (carrier_subscribe_outbox(bus, ingest->readings.outbox) ||
		carrier_subscribe_outbox(bus, ingest->alerts.outbox) ||
		carrier_subscribe_inbox(bus, ingest->directory) || bus_subscribe(bus, "curtain/api/+/ingest/+", 1))
		return errinfo_set(info, ERR_FULL, "too many subscriptions");
	return ERR_OK;
}

enum err ingest_open(struct service *service, const void *settings, void **out_state, struct errinfo *info)
{
	struct ingest *ingest = calloc(1, sizeof *ingest);

	if (!ingest)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	ingest->service = service;
	memcpy(&ingest->settings, settings, sizeof ingest->settings);
	ingest->watched_fd = -1;
	ingest->waiting_last = &ingest->waiting;
	enum err err = map_load(ingest->settings.profiles, &ingest->map, info);
	if (!err)
		err = open_store(ingest, info);
	if (!err)
		err = open_core(ingest, info);
	if (!err)
		err = open_lanes(ingest, info);
	if (!err)
		err = session_open(ingest, info);
	if (!err)
		err = open_topics(ingest, info);
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
	close_lane(ingest, &ingest->readings);
	close_lane(ingest, &ingest->alerts);
	directory_copy_close(ingest->copy);
	journal_close(ingest->journal);
	letters_close(ingest->letters);
	recent_close(ingest->recent);
	ingest_core_destroy(ingest->core);
	map_destroy(ingest->map);
	if (ingest->store && store_in_transaction(ingest->store))
		store_rollback(ingest->store);
	store_close(ingest->store);
	replay_close(ingest);
	free(ingest->receipts);
	answers_fini(&ingest->answers);
	free(ingest);
}
