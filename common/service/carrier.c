/* SPDX-License-Identifier: MIT */
#include "service/carrier.h"

#include <string.h>

enum err carrier_subscribe_outbox(struct bus *bus, const struct outbox *outbox)
{
	char filter[LANE_TOPIC_BYTES];

	outbox_ack_filter(outbox, filter);
	return bus_subscribe(bus, filter, 1);
}

enum err carrier_subscribe_inbox(struct bus *bus, const struct inbox *inbox)
{
	char filter[LANE_TOPIC_BYTES];
	bool parts = false;
	enum err err = ERR_OK;

	for (unsigned shard = 0; shard < LANE_SHARDS_MAX && !err; shard++)
		if (inbox_shard_filter(inbox, shard, filter)) {
			parts = true;
			err = bus_subscribe(bus, filter, 1);
		}
	if (parts)
		return err;
	inbox_filter(inbox, filter);
	return bus_subscribe(bus, filter, 1);
}

enum err carrier_send_outbox(struct bus *bus, struct outbox *outbox, struct mono now)
{
	struct outbox_packet packet;
	enum err err = ERR_NOT_FOUND;

	while (bus_is_connected(bus) && !(err = outbox_next(outbox, now, &packet))) {
		if (bus_publish(bus, &(struct bus_publication){.topic = packet.topic,
					     .payload = packet.payload,
					     .length = packet.length,
					     .qos = 1})) {
			outbox_unsent(outbox);
			return ERR_OK;
		}
	}
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err carrier_send_acks(struct bus *bus, struct inbox *inbox, struct mono now)
{
	struct inbox_ack ack;
	struct buf json;
	enum err err = ERR_OK;

	buf_init(&json, 256);
	while (!err && bus_is_connected(bus) && !inbox_next_ack(inbox, now, &ack)) {
		buf_reset(&json);
		err = codec_ack_encode(&ack.ack, &json);
		if (!err && bus_publish(bus, &(struct bus_publication){.topic = ack.topic,
						     .payload = json.data,
						     .length = json.length,
						     .qos = 1,
						     .retain = true})) {
			inbox_unsent(inbox);
			break;
		}
	}
	buf_fini(&json);
	return err;
}

bool carrier_take_ack(struct outbox *outbox, const struct bus_event *event, struct mono now, int64_t *bad)
{
	char consumer[ID_BYTES];
	struct lane_ack ack;
	unsigned shard;

	if (outbox_ack_topic(outbox, event->topic, &shard, consumer))
		return false;
	if (codec_ack_decode(event->payload, event->length, &ack, NULL) ||
		outbox_ack(outbox, consumer, shard, &ack, now))
		++*bad;
	return true;
}

enum err carrier_open_batch(struct inbox *inbox, const struct bus_event *event, struct codec_batch **out_batch,
	struct lane_batch *out_head, struct errinfo *info)
{
	char producer[ID_BYTES];
	struct codec_batch *batch;
	struct lane_batch head;
	unsigned shard;
	enum err err = inbox_topic(inbox, event->topic, producer, &shard);

	if (!err)
		err = codec_batch_open(event->payload, event->length, &batch, &head, info);
	if (err)
		return err;
	if (strcmp(head.producer, producer) != 0 || head.shard != shard) {
		codec_batch_close(batch);
		return errinfo_set(info, ERR_DENIED, "a batch of \"%s\", shard %u, came on %s", head.producer,
			head.shard, event->topic);
	}
	*out_batch = batch;
	*out_head = head;
	return ERR_OK;
}
