/* SPDX-License-Identifier: MIT
 *
 * What the service's loop calls: events of the bus, the tick, when it is due, what it says of itself.
 */
#include "detector/detector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "detector/holidays.h"
#include "service/carrier.h"

#define LAG_DEGRADED_MS (2 * MS_PER_MINUTE)

bool detector_is_live(const struct detector *detector)
{
	return detector->settings.common.clock == SERVICE_CLOCK_SYSTEM;
}

/* ---- lanes ---- */

/* refuse counts items that cannot be read, and names their batch. */
static void refuse(struct detector *detector, const struct lane_batch *head, int64_t bad, const struct errinfo *first)
{
	if (!bad)
		return;
	detector->bad_items += bad;
	log_warning("items_refused", "lane", head->lane, "producer", head->producer, "shard", log_number(head->shard),
		"seq", log_number((long long)head->seq), "items", log_number(bad), "cause", first->text);
}

static enum err take_readings(
	struct detector *detector, struct codec_batch *batch, const struct lane_batch *head, struct errinfo *info)
{
	struct reading reading;
	struct errinfo first = {0};
	enum err item, err = ERR_OK;
	int64_t bad = 0;

	while (!err && (item = codec_batch_next_reading(batch, &reading, &first)) != ERR_NOT_FOUND) {
		if (item) {
			bad++;
			continue;
		}
		err = detector_feed(detector->core, &reading);
		detector->taken++;
	}
	refuse(detector, head, bad, &first);
	return err ? errinfo_set(info, err, "out of memory") : ERR_OK;
}

static enum err take_incidents(
	struct detector *detector, struct codec_batch *batch, const struct lane_batch *head, struct errinfo *info)
{
	struct incident incident;
	struct errinfo first = {0};
	enum err item, err = ERR_OK;
	int64_t bad = 0;

	while (!err && (item = codec_batch_next_incident(batch, &incident, &first)) != ERR_NOT_FOUND) {
		if (item)
			bad++;
		else
			err = detector_feed_incident(detector->core, &incident);
	}
	refuse(detector, head, bad, &first);
	return err ? errinfo_set(info, err, "out of memory") : ERR_OK;
}

static enum err take_errands(
	struct detector *detector, struct codec_batch *batch, const struct lane_batch *head, struct errinfo *info)
{
	struct errand errand;
	struct errinfo first = {0};
	enum err item, err = ERR_OK;
	int64_t bad = 0;

	while (!err && (item = codec_batch_next_errand(batch, &errand, &first)) != ERR_NOT_FOUND) {
		if (item)
			bad++;
		else
			err = detector_feed_errand(detector->core, &errand);
	}
	refuse(detector, head, bad, &first);
	return err ? errinfo_set(info, err, "out of memory") : ERR_OK;
}

/* take_batch applies a batch of an ordinary lane if it is the next. */
static enum err take_batch(struct detector *detector, struct inbox *inbox, struct codec_batch *batch,
	const struct lane_batch *head, struct errinfo *info)
{
	if (inbox_offer(inbox, head, detector->turn.mono) != INBOX_APPLY)
		return ERR_OK;
	enum err err = detector_begin(detector, info);
	if (!err)
		err = inbox == detector->readings ? take_readings(detector, batch, head, info)
		      : inbox == detector->visits ? take_errands(detector, batch, head, info)
						  : take_incidents(detector, batch, head, info);
	detector->batches++;
	return err ? err : inbox_applied(inbox, head, info);
}

static enum err take_directory(
	struct detector *detector, struct codec_batch *batch, const struct lane_batch *head, struct errinfo *info)
{
	bool known = directory_copy_known(detector->directory);
	enum err err = detector_begin(detector, info);

	if (!err)
		err = directory_copy_take(detector->directory, batch, head, detector->turn.mono, info);
	if (!err && !known && directory_copy_known(detector->directory))
		inbox_reconnected(detector->readings); /* now the readings that were let pass are asked for */
	return err;
}

static enum err take_lane(struct detector *detector, const struct bus_event *event)
{
	struct inbox *directory = directory_copy_inbox(detector->directory);
	struct inbox *inboxes[] = {detector->readings, detector->incidents, detector->visits, directory};
	struct codec_batch *batch;
	struct lane_batch head;
	struct errinfo info = {0};
	enum err err = ERR_NOT_FOUND;
	unsigned i = 0;

	for (; i < sizeof inboxes / sizeof *inboxes && err == ERR_NOT_FOUND; i++)
		err = carrier_open_batch(inboxes[i], event, &batch, &head, &info);
	if (err) {
		detector->forged++;
		log_warning("batch_refused", "cause", info.text);
		return ERR_OK;
	}
	if (inboxes[i - 1] == directory) {
		err = take_directory(detector, batch, &head, &info);
	} else if (inboxes[i - 1] == detector->readings && head.count && !directory_copy_known(detector->directory)) {
		detector->waited_for_directory++; /* nobody is known yet: ingest keeps it */
	} else {
		err = take_batch(detector, inboxes[i - 1], batch, &head, &info);
	}
	codec_batch_close(batch);
	if (err)
		log_error("batch_not_taken", "lane", head.lane, "error", err_name(err), "cause", info.text);
	return err;
}

/* take_history: what records answers. */
static enum err take_history(struct detector *detector, const struct bus_event *event)
{
	struct errinfo info = {0};
	bool learnt = false;
	enum err err = relearn_answer(detector->relearn, event->correlation, event->correlation_length, event->payload,
		event->length, detector->turn.mono, &learnt);

	if (!err && learnt)
		err = detector_begin(detector, &info);
	if (!err && learnt)
		err = relearn_take(detector->relearn, wall_now(), &info);
	if (err)
		log_error("not_relearnt", "error", err_name(err), "cause", info.text);
	return err;
}

static enum err take_request(struct detector *detector, const struct bus_event *event)
{
	struct errinfo info = {0};
	enum err err = detector_request(detector, event, &info);

	if (err)
		log_error("request_failed", "error", err_name(err), "cause", info.text);
	return err;
}

enum err detector_event(void *state, const struct bus_event *event, struct turn turn)
{
	struct detector *detector = state;

	detector->turn = turn;
	switch (event->kind) {
	case BUS_CONNECTED:
		outbox_reconnected(detector->alerts);
		inbox_reconnected(detector->readings);
		inbox_reconnected(detector->incidents);
		inbox_reconnected(detector->visits);
		inbox_reconnected(directory_copy_inbox(detector->directory));
		break;
	case BUS_MESSAGE:
		if (!strncmp(event->topic, "curtain/lane/", 13))
			return detector_ended_by(detector, take_lane(detector, event));
		if (!strcmp(event->topic, detector->answers))
			return detector_ended_by(detector, take_history(detector, event));
		if (!strncmp(event->topic, "curtain/api/", 12))
			return detector_ended_by(detector, take_request(detector, event));
		(void)carrier_take_ack(detector->alerts, event, turn.mono, &detector->bad_acks);
		break;
	case BUS_DISCONNECTED:
	case BUS_DELIVERED:
	case BUS_REFUSED:
		break;
	}
	return ERR_OK;
}

/* ---- the tick ---- */

/* year_of gives the local year of the judged time. */
static int year_of(const struct detector *detector)
{
	return zone_to_civil(detector->zone, detector->judged).year;
}

/* look_at_calendar says once a year, and after a reload, that its holidays are not known. */
static void look_at_calendar(struct detector *detector)
{
	int year = wall_is_set(detector->judged) ? year_of(detector) : 0;

	if (year == detector->year)
		return;
	detector->year = year;
	if (!calendar_knows(detector->calendar, year))
		log_warning("calendar_unknown_year", "year", log_number(year), "fix",
			"add its holidays to calendar.file and reload");
}

static enum err sweep(struct detector *detector, struct errinfo *info)
{
	int64_t entries = 0;
	enum err err = detector_begin(detector, info);

	if (!err)
		err = directory_copy_sweep(detector->directory, &entries, info);
	if (!err)
		log_warning("directory_swept", "entries", log_number(entries));
	return err;
}

/* ask_records sends what there is to ask of records; a question that the broker does not take is asked again. */
static void ask_records(struct detector *detector)
{
	struct bus *bus = service_bus(detector->service);
	const char *correlation;
	char topic[200];
	struct buf args, request;
	struct errinfo info = {0};

	if (!bus_is_connected(bus))
		return;
	buf_init(&args, REQUEST_BYTES_MAX);
	buf_init(&request, REQUEST_BYTES_MAX);
	if (relearn_ask(detector->relearn, detector->judged, detector->turn.mono, &args, &correlation, &info)) {
		snprintf(topic, sizeof topic, "%.*s/records/history",
			(int)(strstr(detector->answers, "/response/") - detector->answers), detector->answers);
		enum err err = request_encode(args.data, args.length, &request);
		if (!err)
			err = bus_publish(bus, &(struct bus_publication){.topic = topic,
						       .payload = request.data,
						       .length = request.length,
						       .qos = 1,
						       .response_topic = detector->answers,
						       .correlation = correlation,
						       .correlation_length = strlen(correlation)});
		if (err)
			log_warning("history_not_asked", "error", err_name(err));
	}
	buf_fini(&args);
	buf_fini(&request);
}

enum err detector_service_tick(void *state, struct turn turn)
{
	struct detector *detector = state;
	struct wall mark = inbox_watermark(detector->readings);
	struct errinfo info = {0};
	enum err err = ERR_OK;

	detector->turn = turn;
	if (directory_copy_due(detector->directory).us <= turn.mono.us)
		err = sweep(detector, &info);
	if (!err)
		err = detector_judge(detector, mark, &info);
	if (err) {
		log_error("not_judged", "error", err_name(err), "cause", info.text);
		return detector_ended_by(detector, err);
	}
	look_at_calendar(detector);
	ask_records(detector);
	if (detector->judged.ms <= detector->told.ms)
		return ERR_OK;
	if (!detector_is_live(detector)) {
		detector->beat = true;
		service_set_clock(detector->service, detector->judged);
	} else if (detector->beat_due.us <= turn.mono.us) {
		detector->beat = true;
		detector->beat_due = (struct mono){turn.mono.us + detector->settings.heartbeat_ms * 1000};
	}
	return ERR_OK;
}

static void earlier(struct mono *due, struct mono other)
{
	if (other.us < due->us)
		*due = other;
}

struct mono detector_service_due(const void *state, struct turn turn)
{
	const struct detector *detector = state;
	struct mono due = directory_copy_due(detector->directory);

	(void)turn; /* time moves with the readings, not with the clock */
	if (store_in_transaction(detector->store))
		earlier(&due, detector->group_due);
	if (detector_is_live(detector) && detector->judged.ms > detector->told.ms)
		earlier(&due, detector->beat_due);
	if (bus_is_connected(service_bus(detector->service))) {
		earlier(&due, outbox_due(detector->alerts));
		earlier(&due, inbox_due(detector->readings));
		earlier(&due, inbox_due(detector->incidents));
		earlier(&due, inbox_due(detector->visits));
		earlier(&due, inbox_due(directory_copy_inbox(detector->directory)));
		if (wall_is_set(detector->judged))
			earlier(&due, relearn_due(detector->relearn));
	}
	return due;
}

bool detector_draining(const void *state)
{
	const struct detector *detector = state;

	return store_in_transaction(detector->store);
}

enum err detector_load(const struct detector_settings *settings, struct zone **out_zone, struct calendar **out_calendar,
	struct errinfo *info)
{
	struct calendar *calendar = malloc(sizeof *calendar);
	struct zone *zone = NULL;
	enum err err =
		calendar ? zone_load(settings->zone, &zone, info) : errinfo_set(info, ERR_NOMEM, "out of memory");

	if (!err)
		err = holidays_load(settings->calendar_file, calendar, info);
	if (err) {
		free(calendar);
		zone_destroy(zone);
		return err;
	}
	*out_zone = zone;
	*out_calendar = calendar;
	return ERR_OK;
}

enum err detector_reload(void *state, const void *settings, struct errinfo *info)
{
	struct detector *detector = state;
	const struct detector_settings *fresh = settings;
	struct detector_config config;
	struct calendar *calendar = NULL;
	struct zone *zone = NULL;
	enum err err = detector_load(fresh, &zone, &calendar, info);

	if (!err)
		err = detector_settings_core(fresh, zone, calendar, &config, info);
	if (err) {
		zone_destroy(zone);
		free(calendar);
		return err;
	}
	config.ordered = detector->settings.reading_producers.count == 1; /* lanes stay as they were opened */
	relearn_drop(detector->relearn);                                  /* it works with the old zone */
	err = detector_configure(detector->core, &config);
	zone_destroy(detector->zone);
	detector->zone = zone;
	free(detector->calendar);
	detector->calendar = calendar;
	detector->year = 0;
	detector->urgent = true;
	detector->settings.heartbeat_ms = fresh->heartbeat_ms;
	detector->settings.group_ms = fresh->group_ms;
	detector->settings.history_ms = fresh->history_ms;
	relearn_configure(detector->relearn, fresh->history_ms, fresh->pace);
	return err ? errinfo_set(info, err, "out of memory") : ERR_OK;
}

/* ---- status ---- */

void detector_status(const void *state, struct status *out)
{
	const struct detector *detector = state;
	struct outbox_stats alerts = outbox_stats(detector->alerts);
	struct inbox_stats readings = inbox_stats(detector->readings);
	struct relearn_stats relearn = relearn_stats(detector->relearn);
	uint32_t modes[DETECTOR_MODE_COUNT], open;
	char name[WORD_BYTES];

	if (wall_is_set(detector->judged)) {
		out->clock = detector->judged;
		if (detector_is_live(detector) && out->at.ms > detector->judged.ms)
			out->lag_ms = out->at.ms - detector->judged.ms;
	}
	/* A judging time that stands still means that nobody is watched: ingest, or the way from it, is down. */
	if (out->state == STATUS_READY && out->lag_ms > LAG_DEGRADED_MS)
		out->state = STATUS_DEGRADED;
	out->outbox = alerts.batches;
	detector_modes(detector->core, modes, &open);
	for (int i = 0; i < DETECTOR_MODE_COUNT; i++) {
		snprintf(name, sizeof name, "homes_%s", detector_mode_name((enum detector_mode)i));
		status_count(out, name, modes[i]);
	}
	status_count(out, "alerts_open", open);
	for (int i = 0; i < DETECTOR_TALLY_COUNT; i++)
		status_count(out, detector_tally_name((enum detector_tally)i),
			detector_tally(detector->core, (enum detector_tally)i));
	status_count(out, "calendar_unknown_year",
		wall_is_set(detector->judged) && !calendar_knows(detector->calendar, year_of(detector)));
	status_count(out, "batches", readings.applied);
	status_count(out, "batches_again", readings.duplicates);
	status_count(out, "batches_stale", readings.stale);
	status_count(out, "batches_refused", detector->forged);
	status_count(out, "batches_before_directory", detector->waited_for_directory);
	status_count(out, "bad_items", detector->bad_items + directory_copy_bad(detector->directory));
	status_count(out, "bad_acks", detector->bad_acks);
	status_count(out, "alerts_refused", outgoing_refused(detector->outgoing));
	status_count(out, "states_set_aside", checkpoint_aside(detector->checkpoint));
	status_count(out, "resent", alerts.resent);
	status_count(out, "batches_lost", alerts.lost);
	status_count(out, "requests", detector->requests);
	status_count(out, "relearn_waiting", relearn.waiting);
	status_count(out, "relearn_learnt", relearn.learnt);
	status_count(out, "relearn_readings", relearn.readings);
	status_count(out, "relearn_asked_again", relearn.asked_again);
}
