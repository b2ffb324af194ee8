/* SPDX-License-Identifier: MIT */
#include "detector/outgoing.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "codec/codec.h"

#define BATCH_ITEM_BYTES (1u << 20) /* of one batch; the rest goes into the next */

struct shard {
	struct buf items;
	uint32_t count;
};

struct outgoing {
	struct outbox *outbox;
	struct told *told;
	unsigned shard_count;
	struct shard *shards;
	struct buf body; /* of the alert that is taken */
	int64_t refused;
};

enum err outgoing_open(
	struct outbox *outbox, struct told *told, unsigned shards, struct outgoing **out_outgoing, struct errinfo *info)
{
	struct outgoing *outgoing = calloc(1, sizeof *outgoing);

	if (outgoing)
		outgoing->shards = calloc(shards, sizeof *outgoing->shards);
	if (!outgoing || !outgoing->shards) {
		free(outgoing);
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	}
	outgoing->outbox = outbox;
	outgoing->told = told;
	outgoing->shard_count = shards;
	buf_init(&outgoing->body, CODEC_MESSAGE_BYTES_MAX);
	for (unsigned i = 0; i < shards; i++)
		buf_init(&outgoing->shards[i].items, CODEC_BATCH_BYTES_MAX - 4096);
	*out_outgoing = outgoing;
	return ERR_OK;
}

void outgoing_close(struct outgoing *outgoing)
{
	if (!outgoing)
		return;
	for (unsigned i = 0; i < outgoing->shard_count; i++)
		buf_fini(&outgoing->shards[i].items);
	buf_fini(&outgoing->body);
	free(outgoing->shards);
	free(outgoing);
}

static enum err append(struct outgoing *outgoing, unsigned number, struct wall judged, struct errinfo *info)
{
	struct shard *shard = &outgoing->shards[number];
	enum err err = outbox_append(outgoing->outbox, number, judged, shard->items.data ? shard->items.data : "",
		shard->items.length, shard->count, info);

	buf_reset(&shard->items);
	shard->count = 0;
	return err;
}

static enum err write_alert(struct outgoing *outgoing, const struct alert *alert)
{
	buf_reset(&outgoing->body);
	return codec_alert_encode(alert, &outgoing->body);
}

static enum err add(struct outgoing *outgoing, const struct alert *alert, struct wall judged, struct errinfo *info)
{
	unsigned number = shard_of(alert->household, outgoing->shard_count);
	struct shard *shard = &outgoing->shards[number];
	const struct buf *body = &outgoing->body;
	enum err err = ERR_OK;

	if (shard->count >= CODEC_BATCH_ITEMS_MAX || shard->items.length >= BATCH_ITEM_BYTES)
		err = append(outgoing, number, judged, info);
	if (!err)
		err = told_put(
			outgoing->told, alert->id, alert->revision, alert->household, body->data, body->length, info);
	if (err)
		return err;
	if (shard->count)
		buf_byte(&shard->items, ',');
	if (buf_append(&shard->items, body->data, body->length))
		return errinfo_set(info, ERR_NOMEM, "out of memory for alerts");
	shard->count++;
	return ERR_OK;
}

enum err outgoing_take(
	struct outgoing *outgoing, const struct alert *alert, struct wall judged, bool *out_taken, struct errinfo *info)
{
	enum err err = write_alert(outgoing, alert);

	*out_taken = false;
	if (err == ERR_NOMEM)
		return errinfo_set(info, err, "out of memory for alerts");
	if (err) {
		outgoing->refused++;
		log_error("alert_refused", "household", alert->household, "alert", alert->id, "rule", alert->rule,
			"error", err_name(err));
		return ERR_OK;
	}
	err = add(outgoing, alert, judged, info);
	*out_taken = !err;
	return err;
}

enum err outgoing_append(struct outgoing *outgoing, struct wall judged, bool beat, struct errinfo *info)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; i < outgoing->shard_count && !err; i++)
		if (outgoing->shards[i].count || beat)
			err = append(outgoing, i, judged, info);
	return err;
}

int64_t outgoing_refused(const struct outgoing *outgoing)
{
	return outgoing->refused;
}
