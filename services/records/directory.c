/* SPDX-License-Identifier: MIT */
#include "records/directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "codec/codec.h"

#define TOPIC_BYTES 256
#define FULL_WAIT_MS 50

static const char *const lane_names[DIRECTORY_LANES][2] = {
	{"directory-ingest", "{device,household,consent}"},
	{"directory-detector", "{device,household,consent,appointment}"},
	{"directory-dispatcher", "{household,team,volunteer,policy,circle,care,companion,service}"},
};

void directory_init(struct directory *directory, const char *instance, struct bus *bus)
{
	memset(directory, 0, sizeof *directory);
	directory->instance = instance;
	directory->bus = bus;
	for (unsigned i = 0; i < DIRECTORY_LANES; i++) {
		directory->lanes[i].name = lane_names[i][0];
		directory->lanes[i].kinds = lane_names[i][1];
	}
}

static void look_back(struct directory *directory)
{
	directory->behind = false;
	for (unsigned i = 0; i < DIRECTORY_LANES; i++)
		directory->behind = directory->behind || publisher_is_behind(&directory->lanes[i].publisher);
}

enum err directory_heads(struct directory *directory, const PGresult *row)
{
	uint64_t epoch;

	if (PQntuples(row) != 1 || PQnfields(row) != 1 + DIRECTORY_LANES)
		return ERR_CORRUPT;
	epoch = strtoull(PQgetvalue(row, 0, 0), NULL, 10);
	for (int i = 0; i < DIRECTORY_LANES; i++) {
		struct publisher *publisher = &directory->lanes[i].publisher;
		if (publisher->epoch != epoch)
			publisher_reset(publisher, epoch);
		publisher_head(publisher, strtoull(PQgetvalue(row, 0, 1 + i), NULL, 10));
	}
	look_back(directory);
	for (unsigned i = 0; i < DIRECTORY_LANES && !directory->known; i++) {
		char filter[TOPIC_BYTES];
		snprintf(filter, sizeof filter, "curtain/ack/%s/%s/0/+", directory->lanes[i].name, directory->instance);
		if (bus_subscribe(directory->bus, filter, 1))
			return ERR_NOMEM;
	}
	directory->known = true;
	return ERR_OK;
}

/* consumer_of gives the last level of an acknowledgement's topic; NULL if it is not of this lane. */
static const char *consumer_of(const struct directory *directory, const struct directory_lane *lane, const char *topic)
{
	char prefix[TOPIC_BYTES];
	int length = snprintf(prefix, sizeof prefix, "curtain/ack/%s/%s/0/", lane->name, directory->instance);

	if (strncmp(topic, prefix, (size_t)length) != 0 || !text_is_id(topic + length))
		return NULL;
	return topic + length;
}

static void take_ack(struct directory *directory, struct directory_lane *lane, const char *consumer,
	const struct bus_event *event, struct mono now)
{
	struct errinfo info = {0};
	struct lane_ack ack;
	enum err err = codec_ack_decode(event->payload, event->length, &ack, &info);

	if (!err)
		err = publisher_ack(&lane->publisher, consumer, ack.epoch, ack.seq, ack.want, now);
	if (err) {
		directory->refused++;
		log_warning("ack_refused", "lane", lane->name, "consumer", consumer, "error",
			*info.text ? info.text : err_name(err));
	}
	look_back(directory);
}

bool directory_event(struct directory *directory, const struct bus_event *event, struct mono now)
{
	if (event->kind != BUS_MESSAGE || !event->length)
		return false;
	for (unsigned i = 0; i < DIRECTORY_LANES; i++) {
		const char *consumer = consumer_of(directory, &directory->lanes[i], event->topic);
		if (!consumer)
			continue;
		take_ack(directory, &directory->lanes[i], consumer, event, now);
		return true;
	}
	return false;
}

bool directory_next(
	struct directory *directory, struct mono now, unsigned *out_lane, unsigned *out_consumer, uint64_t *out_after)
{
	if (!directory->known || now.us < directory->wait.us || !bus_is_connected(directory->bus))
		return false;
	for (unsigned i = 0; i < DIRECTORY_LANES; i++) {
		if (publisher_next(&directory->lanes[i].publisher, now, out_consumer, out_after)) {
			*out_lane = i;
			return true;
		}
	}
	return false;
}

/* page_items turns rows of statement directory_page into items; an entry that the codec refuses would stop the lane for
 * ever, so it is passed over and told. */
static void page_items(struct directory *directory, const PGresult *page, struct buf *items, uint32_t *out_count)
{
	for (int row = 0; row < PQntuples(page); row++) {
		struct errinfo info = {0};
		struct entry entry;
		enum err err =
			codec_entry_decode(PQgetvalue(page, row, 1), (size_t)PQgetlength(page, row, 1), &entry, &info);
		if (!err)
			err = codec_entry_encode(&entry, items);
		if (!err)
			(*out_count)++;
		if (!err || items->failed)
			continue;
		directory->refused++;
		log_error("entry_refused", "seq", PQgetvalue(page, row, 0), "error", info.text);
	}
}

void directory_publish(struct directory *directory, unsigned index, unsigned consumer, uint64_t after,
	const PGresult *page, struct turn turn)
{
	struct directory_lane *lane = &directory->lanes[index];
	struct lane_batch head = {.epoch = lane->publisher.epoch, .prev = after, .at = turn.wall};
	struct buf items, batch;
	char topic[TOPIC_BYTES];
	int rows = PQntuples(page);
	enum err err;

	buf_init(&items, CODEC_BATCH_BYTES_MAX);
	buf_init(&batch, CODEC_BATCH_BYTES_MAX);
	if (!rows) { /* what was there has moved on since: the next look at the heads tells */
		publisher_head(&lane->publisher, after);
		goto free_bufs;
	}
	text_cut(head.lane, sizeof head.lane, lane->name);
	text_cut(head.producer, sizeof head.producer, directory->instance);
	head.seq = strtoull(PQgetvalue(page, rows - 1, 0), NULL, 10);
	page_items(directory, page, &items, &head.count);
	snprintf(topic, sizeof topic, "curtain/lane/%s/%s/0", lane->name, directory->instance);
	err = codec_batch_encode(&head, items.data ? items.data : "", items.length, &batch);
	if (!err)
		err = bus_publish(directory->bus,
			&(struct bus_publication){
				.topic = topic, .payload = batch.data, .length = batch.length, .qos = 1});
	if (err) {
		directory->wait.us = turn.mono.us + FULL_WAIT_MS * 1000;
		if (err != ERR_CLOSED && err != ERR_FULL)
			log_error("directory_batch_failed", "lane", lane->name, "error", err_name(err));
		goto free_bufs;
	}
	publisher_sent(&lane->publisher, consumer, head.seq, turn.mono);
	directory->batches++;
	directory->entries += head.count;
free_bufs:
	buf_fini(&items);
	buf_fini(&batch);
}

struct mono directory_due(const struct directory *directory)
{
	struct mono due = {.us = INT64_MAX};

	if (!directory->known || !bus_is_connected(directory->bus))
		return due;
	for (unsigned i = 0; i < DIRECTORY_LANES; i++) {
		struct mono lane = publisher_due(&directory->lanes[i].publisher);
		if (lane.us < due.us)
			due = lane;
	}
	return due.us < directory->wait.us ? directory->wait : due;
}

unsigned directory_waiting(const struct directory *directory)
{
	unsigned waiting = 0;

	for (unsigned i = 0; i < DIRECTORY_LANES; i++)
		waiting += publisher_waiting(&directory->lanes[i].publisher);
	return waiting;
}
