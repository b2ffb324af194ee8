/* SPDX-License-Identifier: MIT */
#include "records/intake.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "lane/lane.h"
#include "records/group.h"
#include "records/queue.h"

#define LANES 4
#define GROUP_BYTES (64u << 20)     /* hard bound of each part of a group */
#define GROUP_FULL_BYTES (8u << 20) /* no further batch is added beyond this */
#define UNIQUE_VIOLATION "23505"
#define LOAD_READINGS 100     /* fewer in a transaction are no load: the next one does not wait */
#define REST_BYTES (1u << 20) /* waiting: enough for a transaction, no reason to rest */

enum intake_state {
	INTAKE_AWAY,
	INTAKE_LOADING,
	INTAKE_IDLE,
	INTAKE_MONTHS,
	INTAKE_COPY,
	INTAKE_HOURS,
	INTAKE_UNDO,
	INTAKE_COPY_AGAIN,
	INTAKE_HOURS_AGAIN,
	INTAKE_TAKE,
	INTAKE_COMMIT
};

struct intake_lane {
	const char *name;
	const struct config_list *list;
	const char *producers[CONFIG_LIST_MAX];
	struct inbox *inbox;
};

struct intake {
	const struct records_settings *settings;
	struct bus *bus;
	struct pg *pg;
	unsigned part;
	struct zone *zone;
	enum intake_state state;
	struct intake_lane lanes[LANES];
	struct queue queue;
	struct group group;
	uint8_t months_made[ROWS_MONTHS / 8]; /* partitions that are known to exist */
	int month;                            /* being made */
	struct mono started, rest; /* the transaction began; the next one of readings not before, unless many wait */
	bool urgent;               /* an alert, incident or errand waits */
	struct mono now;           /* of the last call, for what happens in done functions */
	struct intake_stats stats;
};

/* shards_of gives the part's shards as a set; no part is without. */
static uint64_t shards_of(const struct intake *intake)
{
	uint64_t set = 0;

	for (unsigned shard = intake->part; shard < LANE_SHARDS_MAX; shard += (unsigned)intake->settings->connections)
		set |= UINT64_C(1) << shard;
	return set;
}

static enum err open_inbox(
	const struct intake *intake, const struct intake_lane *lane, struct inbox **out_inbox, struct errinfo *info)
{
	struct inbox_config config = {.lane = lane->name,
		.consumer = "records",
		.producers = lane->producers,
		.producer_count = lane->list->count,
		.shards = (unsigned)intake->settings->common.shards,
		.only = shards_of(intake),
		.want_ms = intake->settings->want_ms};

	return inbox_open(NULL, &config, out_inbox, info);
}

enum err intake_create(const struct records_settings *settings, struct bus *bus, struct pg *pg, const struct seal *seal,
	unsigned part, struct intake **out_intake, struct errinfo *info)
{
	struct intake *intake = calloc(1, sizeof *intake);
	enum err err = ERR_OK;

	if (!intake)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	intake->settings = settings;
	intake->bus = bus;
	intake->pg = pg;
	intake->part = part;
	intake->lanes[0] = (struct intake_lane){.name = "reading", .list = &settings->reading_producers};
	intake->lanes[1] = (struct intake_lane){.name = "alert", .list = &settings->alert_producers};
	intake->lanes[2] = (struct intake_lane){.name = "incident", .list = &settings->incident_producers};
	intake->lanes[3] = (struct intake_lane){.name = "visit", .list = &settings->visit_producers};
	queue_init(&intake->queue, (size_t)(settings->queue_bytes / settings->connections));
	group_init(&intake->group, GROUP_BYTES, seal);
	err = zone_load(settings->zone, &intake->zone, info);
	for (unsigned i = 0; i < LANES && !err; i++) {
		struct intake_lane *lane = &intake->lanes[i];
		char filter[LANE_TOPIC_BYTES];
		for (uint32_t p = 0; p < lane->list->count; p++)
			lane->producers[p] = lane->list->text[p];
		err = open_inbox(intake, lane, &lane->inbox, info);
		if (err)
			break;
		inbox_filter(lane->inbox, filter);
		if (part == 0)
			err = bus_subscribe(bus, filter, 1);
		if (err)
			errinfo_set(info, err, "no subscription to %s", filter);
	}
	if (err)
		intake_destroy(intake);
	else
		*out_intake = intake;
	return err;
}

void intake_destroy(struct intake *intake)
{
	if (!intake)
		return;
	for (unsigned i = 0; i < LANES; i++)
		inbox_close(intake->lanes[i].inbox);
	queue_fini(&intake->queue);
	group_fini(&intake->group);
	zone_destroy(intake->zone);
	free(intake);
}

/* ---- positions ---- */

static void add_inbox_stats(struct intake_stats *to, const struct inbox *inbox)
{
	struct inbox_stats stats = inbox_stats(inbox);

	to->batches += stats.applied;
	to->duplicates += stats.duplicates;
	to->gaps += stats.gaps;
	to->stale += stats.stale;
}

/* fresh_inboxes: what an inbox believed before the connection was lost is worth nothing. */
static enum err fresh_inboxes(struct intake *intake)
{
	for (unsigned i = 0; i < LANES; i++) {
		struct inbox *fresh = NULL;
		enum err err = open_inbox(intake, &intake->lanes[i], &fresh, NULL);
		if (err)
			return err;
		add_inbox_stats(&intake->stats, intake->lanes[i].inbox);
		inbox_close(intake->lanes[i].inbox);
		intake->lanes[i].inbox = fresh;
	}
	return ERR_OK;
}

static struct intake_lane *lane_of(struct intake *intake, const char *name)
{
	for (unsigned i = 0; i < LANES; i++)
		if (strcmp(intake->lanes[i].name, name) == 0)
			return &intake->lanes[i];
	return NULL;
}

static void fail(struct intake *intake, const char *msg, const struct pg_reply *reply)
{
	log_error(msg, "sqlstate", reply->sqlstate, "error", reply->text);
	if (!reply->lost)
		pg_drop(intake->pg, intake->now);
}

static void loaded(void *context, const struct pg_reply *reply)
{
	struct intake *intake = context;

	if (!reply->ok || fresh_inboxes(intake)) {
		fail(intake, "positions_not_loaded", reply);
		return;
	}
	for (int row = 0; row < PQntuples(reply->rows); row++) {
		const struct intake_lane *lane = lane_of(intake, PQgetvalue(reply->rows, row, 0));
		const char *producer = PQgetvalue(reply->rows, row, 1);
		unsigned shard = (unsigned)strtoul(PQgetvalue(reply->rows, row, 2), NULL, 10);
		uint64_t epoch = strtoull(PQgetvalue(reply->rows, row, 3), NULL, 10);
		uint64_t seq = strtoull(PQgetvalue(reply->rows, row, 4), NULL, 10);
		if (lane && inbox_restore(lane->inbox, producer, shard, epoch, seq) != ERR_OK)
			log_debug("position_unused", "lane", lane->name, "producer", producer, "shard",
				log_number(shard));
	}
	queue_again(&intake->queue);
	memset(intake->months_made, 0, sizeof intake->months_made);
	intake->state = INTAKE_IDLE;
}

static void prepared(void *context, const struct pg_reply *reply)
{
	struct intake *intake = context;

	if (!reply->ok)
		fail(intake, "statements_not_prepared", reply);
	else
		pg_call(intake->pg, "lane_positions", 0, NULL, loaded, intake);
}

static void session_made(void *context, const struct pg_reply *reply)
{
	struct intake *intake = context;

	if (!reply->ok)
		fail(intake, "session_not_made", reply);
	else
		pg_prepare_all(intake->pg, statements_lanes, prepared, intake);
}

void intake_connected(struct intake *intake)
{
	intake->state = INTAKE_LOADING;
	pg_query(intake->pg, statement_lanes_session, session_made, intake);
}

void intake_lost(struct intake *intake)
{
	intake->state = INTAKE_AWAY;
	intake->rest.us = INT64_MIN;
	group_reset(&intake->group);
	queue_again(&intake->queue);
}

/* ---- one transaction ---- */

static void copy_rows(struct intake *intake);

static void committed(void *context, const struct pg_reply *reply)
{
	struct intake *intake = context;
	const struct group *group = &intake->group;

	if (!reply->ok || strcmp(reply->command, "COMMIT") != 0) {
		fail(intake, "commit_failed", reply);
		return;
	}
	for (unsigned i = 0; i < LANES; i++)
		inbox_committed(intake->lanes[i].inbox);
	intake->stats.transactions++;
	intake->stats.readings += group->rows.count;
	intake->stats.alerts += group->alert_count;
	intake->stats.incidents += group->incident_count;
	intake->stats.errands += group->errand_count;
	intake->rest = group->rows.count >= LOAD_READINGS
			       ? (struct mono){.us = intake->started.us + intake->settings->rest_ms * 1000}
			       : (struct mono){.us = INT64_MIN};
	queue_done(&intake->queue);
	group_reset(&intake->group);
	intake->state = INTAKE_IDLE;
}

static void taken(void *context, const struct pg_reply *reply)
{
	struct intake *intake = context;

	if (!reply->ok) {
		fail(intake, "take_failed", reply);
		return;
	}
	intake->state = INTAKE_COMMIT;
	pg_query(intake->pg, "commit", committed, intake);
}

static void take(struct intake *intake)
{
	const struct group *group = &intake->group;
	const char *values[5] = {group->alert_count ? group->alerts.data : NULL,
		group->incident_count ? group->incidents.data : NULL, group->errand_count ? group->errands.data : NULL,
		group->positions.data, group->rows.count ? intake->settings->zone : NULL};

	intake->state = INTAKE_TAKE;
	pg_call(intake->pg, "records_take", 5, values, taken, intake);
}

static void undone(void *context, const struct pg_reply *reply)
{
	struct intake *intake = context;

	if (!reply->ok) {
		fail(intake, "rollback_failed", reply);
		return;
	}
	intake->stats.copies_again++;
	intake->state = INTAKE_COPY_AGAIN;
	copy_rows(intake);
}

static void hours_known(void *context, const struct pg_reply *reply)
{
	struct intake *intake = context;

	if (reply->ok)
		take(intake);
	else
		fail(intake, "hours_failed", reply);
}

/* add_hours brings what the stored readings add to their hours: counted here, or by the database, which alone knows
 * which of them were new. */
static void add_hours(struct intake *intake)
{
	const struct rows *rows = &intake->group.rows;
	const char *values[1] = {intake->settings->zone};

	if (intake->state == INTAKE_COPY_AGAIN) {
		intake->state = INTAKE_HOURS_AGAIN;
		pg_call(intake->pg, "reading_hours", 1, values, hours_known, intake);
	} else if (rows->hour_count) {
		intake->state = INTAKE_HOURS;
		pg_copy(intake->pg, statement_copy_hours, rows->hours.data, rows->hours.length, hours_known, intake);
	} else {
		take(intake);
	}
}

static void copied(void *context, const struct pg_reply *reply)
{
	struct intake *intake = context;

	if (reply->ok) {
		add_hours(intake);
	} else if (intake->state == INTAKE_COPY && strcmp(reply->sqlstate, UNIQUE_VIOLATION) == 0) {
		intake->state = INTAKE_UNDO;
		pg_query(intake->pg, "rollback", undone, intake);
	} else {
		fail(intake, "copy_failed", reply);
	}
}

static void copy_rows(struct intake *intake)
{
	const struct rows *rows = &intake->group.rows;

	if (rows->count)
		pg_copy(intake->pg, intake->state == INTAKE_COPY ? statement_copy : statement_copy_again,
			rows->stream.data, rows->stream.length, copied, intake);
	else
		pg_query(intake->pg, "begin", copied, intake);
}

static void make_months(struct intake *intake);

static void month_made(void *context, const struct pg_reply *reply)
{
	struct intake *intake = context;

	if (!reply->ok) {
		fail(intake, "partition_failed", reply);
		return;
	}
	intake->months_made[intake->month / 8] |= (uint8_t)(1u << intake->month % 8);
	make_months(intake);
}

/* make_months makes the next missing partition, or goes on to the COPY. */
static void make_months(struct intake *intake)
{
	for (int m = 0; m < ROWS_MONTHS; m++) {
		unsigned missing = intake->group.rows.months[m / 8] & ~intake->months_made[m / 8];
		char first[16];
		const char *values[1] = {first};
		if (!(missing >> m % 8 & 1))
			continue;
		intake->month = m;
		intake->state = INTAKE_MONTHS;
		rows_month_text(m, first);
		pg_call(intake->pg, "reading_month", 1, values, month_made, intake);
		return;
	}
	intake->state = INTAKE_COPY;
	copy_rows(intake);
}

/* refuse: what arrived is no batch of whom its topic names. */
static void refuse(struct intake *intake, const struct queue_item *item, const char *why)
{
	intake->stats.refused++;
	log_warning("batch_refused", "lane", intake->lanes[item->lane].name, "producer", item->producer, "error", why);
}

/* offer_item adds one waiting batch to the group if it is the next of its shard. */
static enum err offer_item(struct intake *intake, const struct queue_item *item)
{
	struct inbox *inbox = intake->lanes[item->lane].inbox;
	struct codec_batch *batch = NULL;
	struct lane_batch head;
	struct errinfo info = {0};
	enum err err = codec_batch_open(item->payload, item->length, &batch, &head, &info);

	if (err == ERR_NOMEM)
		return err;
	if (err) {
		refuse(intake, item, info.text);
		return ERR_OK;
	}
	if (strcmp(head.lane, intake->lanes[item->lane].name) != 0 || strcmp(head.producer, item->producer) != 0 ||
		head.shard != item->shard) {
		refuse(intake, item, "its head disagrees with its topic");
	} else if (inbox_offer(inbox, &head, intake->now) == INBOX_APPLY) {
		err = group_add(&intake->group, &head, batch);
		if (!err)
			err = inbox_applied(inbox, &head, &info);
	}
	codec_batch_close(batch);
	return err;
}

static void report_refused(struct intake *intake)
{
	const struct group *group = &intake->group;

	if (!group->items_refused)
		return;
	intake->stats.items_refused += group->items_refused;
	log_warning("items_refused", "count", log_number(group->items_refused), "first", group->refused.text);
}

static void start(struct intake *intake)
{
	const struct group *group = &intake->group;
	const struct queue_item *item;
	enum err err = ERR_OK;

	intake->started = intake->now;
	while (!err && group->rows.count < intake->settings->group_readings && group_bytes(group) < GROUP_FULL_BYTES &&
		(item = queue_take(&intake->queue)))
		err = offer_item(intake, item);
	intake->urgent &= intake->queue.next != NULL; /* it may be behind what was taken */
	report_refused(intake);
	if (!err && !group->position_count) {
		queue_done(&intake->queue); /* nothing new among them */
		group_reset(&intake->group);
		return;
	}
	if (!err)
		err = group_end(&intake->group, intake->zone);
	if (err) {
		log_error("group_failed", "error", err_name(err));
		pg_drop(intake->pg, intake->now); /* and begin anew from the positions in the database */
		return;
	}
	make_months(intake);
}

/* ---- the loop's side ---- */

bool intake_event(struct intake *intake, const struct bus_event *event, struct mono now)
{
	intake->now = now;
	if (event->kind == BUS_CONNECTED) {
		for (unsigned i = 0; i < LANES; i++)
			inbox_reconnected(intake->lanes[i].inbox);
		return false;
	}
	if (event->kind != BUS_MESSAGE)
		return false;
	for (unsigned i = 0; i < LANES; i++) {
		struct queue_item head = {.lane = i, .arrived = now};
		unsigned shard = 0;
		if (inbox_topic(intake->lanes[i].inbox, event->topic, head.producer, &shard))
			continue;
		if (shard % (unsigned)intake->settings->connections != intake->part)
			return false;
		head.shard = shard;
		if (event->length > CODEC_BATCH_BYTES_MAX)
			refuse(intake, &head, "it is too long");
		else if (queue_put(&intake->queue, &head, event->payload, event->length))
			intake->stats.left++; /* its producer keeps it and sends it again */
		else
			intake->urgent |= i != 0;
		return true;
	}
	return false;
}

/* begins: when what waits is to be stored. */
static struct mono begins(const struct intake *intake)
{
	if (!intake->queue.next)
		return (struct mono){.us = INT64_MAX};
	return intake->urgent || intake->queue.bytes >= REST_BYTES ? (struct mono){.us = INT64_MIN} : intake->rest;
}

void intake_tick(struct intake *intake, struct mono now)
{
	intake->now = now;
	if (intake->state == INTAKE_IDLE && pg_state(intake->pg) == PG_IDLE && now.us >= begins(intake).us)
		start(intake);
}

static bool publish_ack(struct intake *intake, const struct inbox_ack *ack)
{
	struct buf text;
	enum err err;

	buf_init(&text, 256);
	err = codec_ack_encode(&ack->ack, &text);
	if (!err)
		err = bus_publish(intake->bus, &(struct bus_publication){
						       .topic = ack->topic,
						       .payload = text.data,
						       .length = text.length,
						       .qos = 1,
						       .retain = true,
					       });
	buf_fini(&text);
	return err == ERR_OK;
}

void intake_flush(struct intake *intake, struct mono now)
{
	struct inbox_ack ack;

	intake->now = now;
	if (intake->state < INTAKE_IDLE || !bus_is_connected(intake->bus))
		return;
	for (unsigned i = 0; i < LANES; i++) {
		struct inbox *inbox = intake->lanes[i].inbox;
		while (inbox_next_ack(inbox, now, &ack) == ERR_OK) {
			if (!publish_ack(intake, &ack)) {
				inbox_unsent(inbox);
				return;
			}
		}
	}
}

struct mono intake_due(const struct intake *intake)
{
	struct mono due = {.us = INT64_MAX};

	if (intake->state < INTAKE_IDLE)
		return due;
	if (intake->state == INTAKE_IDLE)
		due = begins(intake);
	for (unsigned i = 0; i < LANES && bus_is_connected(intake->bus); i++) {
		struct mono ack = inbox_due(intake->lanes[i].inbox);
		/* Not idle: the broker takes no more just now; look again soon, not at once. */
		if (ack.us <= intake->now.us)
			ack.us = intake->now.us + 20000;
		if (ack.us < due.us)
			due = ack;
	}
	return due;
}

void intake_stats(const struct intake *intake, struct mono now, struct intake_stats *stats)
{
	const struct intake_stats *own = &intake->stats;
	int64_t lag_ms = intake->queue.oldest ? (now.us - intake->queue.oldest->arrived.us) / 1000 : 0;

	for (unsigned i = 0; i < LANES; i++)
		add_inbox_stats(stats, intake->lanes[i].inbox);
	stats->readings += own->readings;
	stats->alerts += own->alerts;
	stats->incidents += own->incidents;
	stats->errands += own->errands;
	stats->transactions += own->transactions;
	stats->copies_again += own->copies_again;
	stats->batches += own->batches;
	stats->duplicates += own->duplicates;
	stats->gaps += own->gaps;
	stats->stale += own->stale;
	stats->refused += own->refused;
	stats->items_refused += own->items_refused;
	stats->left += own->left;
	stats->queue_bytes += (int64_t)intake->queue.bytes;
	stats->lag_ms = lag_ms > stats->lag_ms ? lag_ms : stats->lag_ms;
}

bool intake_busy(const struct intake *intake)
{
	return intake->state > INTAKE_IDLE;
}
