/* SPDX-License-Identifier: MIT
 *
 * Opening and closing, in the order in which the parts need each other: store, core, directory, states, lanes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "detector/aside.h"
#include "detector/detector.h"
#include "service/carrier.h"

#define RECORDS_PATIENCE_MS 20000 /* then records is asked again */

unsigned detector_shards(const struct detector *detector)
{
	return (unsigned)detector->settings.common.shards;
}

bool detector_has_shard(const struct detector *detector, unsigned shard)
{
	return !detector->only || detector->only >> shard & 1;
}

bool detector_owns(const struct detector *detector, const char *household)
{
	return detector_has_shard(detector, shard_of(household, detector_shards(detector)));
}

/* ---- lanes ---- */

static unsigned names_of(const struct config_list *list, const char *names[CONFIG_LIST_MAX])
{
	for (uint32_t i = 0; i < list->count; i++)
		names[i] = list->text[i];
	return list->count;
}

static enum err open_inbox(struct detector *detector, const char *lane, const struct config_list *producers,
	struct inbox **out_inbox, struct errinfo *info)
{
	const char *names[CONFIG_LIST_MAX];
	struct inbox_config config = {.lane = lane,
		.consumer = "detector",
		.producers = names,
		.producer_count = names_of(producers, names),
		.shards = detector_shards(detector),
		.only = detector->only,
		.want_ms = detector->settings.want_ms};

	return inbox_open(detector->store, &config, out_inbox, info);
}

static enum err open_lanes(struct detector *detector, struct errinfo *info)
{
	const struct detector_settings *s = &detector->settings;
	const char *names[CONFIG_LIST_MAX];
	struct outbox_config config = {.lane = "alert",
		.producer = s->common.instance,
		.consumers = names,
		.consumer_count = names_of(&s->alert_consumers, names),
		.shards = detector_shards(detector),
		.in_flight_bytes = s->in_flight_bytes,
		.resend_ms = s->resend_ms,
		.memory_bytes = s->memory_bytes};
	enum err err = outbox_open(detector->store, &config, &detector->alerts, info);

	if (!err)
		err = open_inbox(detector, "reading", &s->reading_producers, &detector->readings, info);
	if (!err)
		err = open_inbox(detector, "incident", &s->incident_producers, &detector->incidents, info);
	if (!err)
		err = open_inbox(detector, "visit", &s->visit_producers, &detector->visits, info);
	if (!err)
		err = outgoing_open(detector->alerts, detector->told_alerts, config.shards, &detector->outgoing, info);
	return err;
}

static enum err subscribe(struct detector *detector, struct errinfo *info)
{
	const struct service_common *common = &detector->settings.common;
	struct bus *bus = service_bus(detector->service);

	snprintf(detector->answers, sizeof detector->answers, "curtain/api/%s/response/%s",
		*common->bus.user ? common->bus.user : common->instance, common->instance);
	if (carrier_subscribe_outbox(bus, detector->alerts) || carrier_subscribe_inbox(bus, detector->readings) ||
		carrier_subscribe_inbox(bus, detector->incidents) || carrier_subscribe_inbox(bus, detector->visits) ||
		carrier_subscribe_inbox(bus, directory_copy_inbox(detector->directory)) ||
		bus_subscribe(bus, "curtain/api/+/detector/+", 1) || bus_subscribe(bus, detector->answers, 1))
		return errinfo_set(info, ERR_FULL, "too many subscriptions");
	return ERR_OK;
}

/* ---- the core ---- */

/* remember keeps what stands beside the core in step with the directory: a home of which nothing is known asks for its
 * history; one that is gone, or no longer agrees, leaves nothing. */
static enum err remember(struct detector *detector, const struct entry *entry)
{
	struct errinfo info = {0};
	enum err err = ERR_OK;

	if (!detector->relearn || (entry->kind != ENTRY_HOUSEHOLD && entry->kind != ENTRY_CONSENT))
		return ERR_OK; /* while the store is read there is nothing to add */
	if (entry->deleted) {
		err = relearn_forget(detector->relearn, entry->key, &info);
		if (!err)
			err = told_forget(detector->told_alerts, entry->key, &info);
	} else if (detector_is_live(detector) && !detector_has_habit(detector->core, entry->key)) {
		err = relearn_wants(detector->relearn, entry->key, wall_now(), &info);
	}
	if (err)
		log_error("not_remembered", "household", entry->key, "cause", info.text);
	return err;
}

/* apply gives an entry to the core. One that finds no place is said once and passed over: the others are watched. */
static enum err apply(void *context, const struct entry *entry)
{
	struct detector *detector = context;
	bool by_itself = entry->kind == ENTRY_DEVICE || entry->kind == ENTRY_APPOINTMENT;
	const char *household = entry->kind == ENTRY_DEVICE        ? entry->body.device.household
				: entry->kind == ENTRY_APPOINTMENT ? entry->body.appointment.household
								   : entry->key;

	if (!(by_itself && entry->deleted) && !detector_owns(detector, household))
		return ERR_OK;
	enum err err = detector_entry(detector->core, entry);

	if (err == ERR_FULL && entry->kind == ENTRY_APPOINTMENT) {
		log_error("appointment_not_taken", "household", household, "appointment", entry->key, "fix",
			"a household may have 8, and homes.max bounds the households");
		return ERR_OK;
	}
	if (err == ERR_FULL) {
		log_error("too_many_homes", "household", entry->key, "fix", "raise homes.max");
		return ERR_OK;
	}
	return err ? err : remember(detector, entry);
}

/* open_relearn notes the homes without a habit: their state could not be read, or is of before there were habits. */
static enum err open_relearn(struct detector *detector, struct errinfo *info)
{
	const struct relearn_config config = {.history_ms = detector->settings.history_ms,
		.pace = detector->settings.pace,
		.patience_ms = RECORDS_PATIENCE_MS};
	uint32_t place = 0;
	enum err err = relearn_open(detector->store, detector->core, &config, &detector->relearn, info);

	if (!err)
		err = told_open(detector->store, &detector->told_alerts, info);
	if (err || !detector_is_live(detector))
		return err;
	err = store_begin(detector->store, info);
	for (const char *home; !err && (home = detector_home(detector->core, &place));)
		if (!detector_has_habit(detector->core, home))
			err = relearn_wants(detector->relearn, home, wall_now(), info);
	return err ? err : store_commit(detector->store, info);
}

static enum err open_core(struct detector *detector, struct errinfo *info)
{
	const struct detector_settings *s = &detector->settings;
	struct detector_config config;
	struct directory_config directory = {.lane = "directory-detector",
		/* Each instance reads at a pace of its own. */
		.consumer = detector_has_shard(detector, 0) ? "detector" : s->common.instance,
		.producer = s->directory_producer,
		.want_ms = s->want_ms,
		.quiet_ms = s->directory_quiet_ms,
		.kinds = 1u << ENTRY_DEVICE | 1u << ENTRY_HOUSEHOLD | 1u << ENTRY_CONSENT | 1u << ENTRY_APPOINTMENT,
		.apply = apply,
		.context = detector};
	enum err err = detector_settings_core(s, detector->zone, detector->calendar, &config, info);

	if (!err)
		err = detector_create(&config, &detector->core, info);
	if (!err)
		err = directory_copy_open(detector->store, &directory, &detector->directory, info);
	if (!err) /* states come after the directory that says whose they are */
		err = checkpoint_open(detector->store, detector->core, &detector->checkpoint, info);
	if (!err)
		err = open_relearn(detector, info);
	return err;
}

/* ---- the whole ---- */

static void close_parts(struct detector *detector)
{
	if (detector->store && store_in_transaction(detector->store))
		store_rollback(detector->store);
	outgoing_close(detector->outgoing);
	outbox_close(detector->alerts);
	inbox_close(detector->readings);
	inbox_close(detector->incidents);
	inbox_close(detector->visits);
	directory_copy_close(detector->directory);
	relearn_close(detector->relearn);
	told_close(detector->told_alerts);
	checkpoint_close(detector->checkpoint);
	detector_destroy(detector->core);
	store_close(detector->store);
	detector->outgoing = NULL;
	detector->alerts = NULL;
	detector->readings = detector->incidents = detector->visits = NULL;
	detector->directory = NULL;
	detector->relearn = NULL;
	detector->told_alerts = NULL;
	detector->checkpoint = NULL;
	detector->core = NULL;
	detector->store = NULL;
}

static enum err open_parts(struct detector *detector, struct errinfo *info)
{
	enum err err = store_open(detector->path, checkpoint_migrations, CHECKPOINT_MIGRATIONS,
		detector->settings.ballast_bytes, &detector->store, info);

	if (!err)
		err = open_core(detector, info);
	if (!err)
		err = open_lanes(detector, info);
	return err;
}

static enum err set_aside(const struct detector *detector, const char *why, struct errinfo *info)
{
	char kept[ASIDE_PATH_BYTES];
	enum err err = aside_store(detector->path, wall_now(), kept, info);

	if (!err)
		log_error("store_set_aside", "store", detector->path, "kept", kept, "cause", why, "fix",
			"none is needed: a new store begins, homes learn from records' history");
	return err;
}

enum err detector_ended_by(const struct detector *detector, enum err err)
{
	struct errinfo info = {0};

	if (err == ERR_CORRUPT && set_aside(detector, "found while running", &info))
		log_error("store_not_set_aside", "cause", info.text);
	return err;
}

/* open_sound opens the store. One that contradicts itself is set aside once, and a new one begun: without it the
 * district would be watched by nobody. */
static enum err open_sound(struct detector *detector, struct errinfo *info)
{
	struct errinfo first = {0};
	enum err err = open_parts(detector, &first);

	if (err != ERR_CORRUPT) {
		*info = first;
		return err;
	}
	close_parts(detector);
	err = set_aside(detector, first.text, info);
	return err ? err : open_parts(detector, info);
}

enum err detector_open(struct service *service, const void *settings, void **out_state, struct errinfo *info)
{
	struct detector *detector = calloc(1, sizeof *detector);

	if (!detector)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	detector->service = service;
	memcpy(&detector->settings, settings, sizeof detector->settings);
	detector->judged = detector->told = WALL_NONE;
	snprintf(detector->path, sizeof detector->path, "%s/detector.db", detector->settings.common.data_dir);
	enum err err = detector_settings_shards(&detector->settings, &detector->only, info);
	if (!err)
		err = detector_load(&detector->settings, &detector->zone, &detector->calendar, info);
	if (!err)
		err = open_sound(detector, info);
	if (!err)
		err = subscribe(detector, info);
	if (err)
		detector_close(detector);
	else
		*out_state = detector;
	return err;
}

void detector_close(void *state)
{
	struct detector *detector = state;

	close_parts(detector);
	zone_destroy(detector->zone);
	answers_fini(&detector->said);
	free(detector->calendar);
	free(detector);
}
