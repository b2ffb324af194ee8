/* SPDX-License-Identifier: MIT
 *
 * Lane batches and what belongs to them: acknowledgements and the replay clock.
 */
#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"
#include "codec/fields.h"
#include "codec/items.h"
#include "codec/json.h"

#define SHARD_MAX 255

struct codec_batch {
	json_t *root; /* NULL where readings stand */
	const json_t *items;
	struct reading *readings;
	size_t count, next;
};

static const char *batch_fault(const struct lane_batch *b)
{
	const char *fault = NULL;

	check_id(&fault, b->lane, "lane: must be an id");
	check_id(&fault, b->producer, "producer: must be an id");
	check_true(&fault, b->epoch >= 1 && b->epoch <= INT64_MAX, "epoch: must be positive");
	check_true(&fault, b->shard <= SHARD_MAX, "shard: must be 0 to 255");
	check_true(&fault, b->seq <= INT64_MAX && b->prev < b->seq, "seq: must be beyond prev");
	check_wall(&fault, b->at, "at: must be a time from 1970 on");
	return fault;
}

enum err codec_batch_encode(const struct lane_batch *head, const char *items, size_t items_length, struct buf *out)
{
	if (batch_fault(head))
		return ERR_INVALID;
	json_open(out, '{');
	json_member_text(out, "lane", head->lane);
	json_member_text(out, "producer", head->producer);
	json_member_int(out, "epoch", (int64_t)head->epoch);
	json_member_int(out, "shard", head->shard);
	json_member_int(out, "prev", (int64_t)head->prev);
	json_member_int(out, "seq", (int64_t)head->seq);
	json_member_wall(out, "at", head->at);
	json_key(out, "items");
	json_open(out, '[');
	buf_append(out, items, items_length);
	json_close(out, ']');
	json_close(out, '}');
	return out->failed;
}

static enum err head_from_json(
	const json_t *root, struct lane_batch *out, const json_t **out_items, struct errinfo *info)
{
	struct lane_batch b = {0};
	struct fields f;
	int64_t epoch = 0, shard = 0, prev = 0, seq = 0;
	const char *fault;

	fields_open(&f, root, "batch", info);
	fields_text(&f, "lane", b.lane, sizeof b.lane);
	fields_text(&f, "producer", b.producer, sizeof b.producer);
	fields_int(&f, "epoch", 1, INT64_MAX, &epoch);
	fields_int(&f, "shard", 0, SHARD_MAX, &shard);
	fields_int(&f, "prev", 0, INT64_MAX, &prev);
	fields_int(&f, "seq", 1, INT64_MAX, &seq);
	fields_wall(&f, "at", &b.at);
	const json_t *items = fields_get(&f, "items", true);
	if (items && (!json_is_array(items) || json_array_size(items) > CODEC_BATCH_ITEMS_MAX))
		fields_fail(&f, "items", "must be an array of at most 4096");
	if (fields_done(&f))
		return f.err;
	b.epoch = (uint64_t)epoch;
	b.shard = (uint32_t)shard;
	b.prev = (uint64_t)prev;
	b.seq = (uint64_t)seq;
	b.count = (uint32_t)json_array_size(items);
	fault = batch_fault(&b);
	if (fault)
		return errinfo_set(info, ERR_INVALID, "batch.%s", fault);
	*out = b;
	*out_items = items;
	return ERR_OK;
}

enum err codec_batch_open(const char *json, size_t length, struct codec_batch **out_batch, struct lane_batch *out_head,
	struct errinfo *info)
{
	struct codec_batch *batch = calloc(1, sizeof *batch);
	enum err err;

	if (!batch)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	if (plain_readings(json, length, out_head, &batch->readings)) {
		batch->count = out_head->count;
		*out_batch = batch;
		return ERR_OK;
	}
	err = fields_load(json, length, CODEC_BATCH_BYTES_MAX, &batch->root, info);
	if (!err)
		err = head_from_json(batch->root, out_head, &batch->items, info);
	batch->count = json_array_size(batch->items);
	if (err)
		codec_batch_close(batch);
	else
		*out_batch = batch;
	return err;
}

void codec_batch_close(struct codec_batch *batch)
{
	if (!batch)
		return;
	json_decref(batch->root);
	free(batch->readings);
	free(batch);
}

static enum err take_refused(struct codec_batch *batch, const char *type, struct errinfo *info)
{
	batch->next++;
	return errinfo_set(info, ERR_INVALID, "%s: a reading stands in its place", type);
}

#define BATCH_NEXT(type)                                                                                               \
	enum err codec_batch_next_##type(struct codec_batch *batch, struct type *out, struct errinfo *info)            \
	{                                                                                                              \
		if (batch->next >= batch->count)                                                                       \
			return ERR_NOT_FOUND;                                                                          \
		if (batch->readings)                                                                                   \
			return take_refused(batch, #type, info);                                                       \
		return type##_from_json(json_array_get(batch->items, batch->next++), out, info);                       \
	}

enum err codec_batch_next_reading(struct codec_batch *batch, struct reading *out, struct errinfo *info)
{
	if (batch->next >= batch->count)
		return ERR_NOT_FOUND;
	if (!batch->readings)
		return reading_from_json(json_array_get(batch->items, batch->next++), out, info);
	*out = batch->readings[batch->next++];
	return ERR_OK;
}

BATCH_NEXT(alert)
BATCH_NEXT(incident)
BATCH_NEXT(errand)
BATCH_NEXT(entry)

enum err codec_ack_encode(const struct lane_ack *ack, struct buf *out)
{
	if (ack->epoch > INT64_MAX || ack->seq > INT64_MAX)
		return ERR_INVALID;
	json_open(out, '{');
	json_member_int(out, "epoch", (int64_t)ack->epoch);
	json_member_int(out, "seq", (int64_t)ack->seq);
	if (ack->want)
		json_member_bool(out, "want", true);
	json_close(out, '}');
	return out->failed;
}

enum err codec_ack_decode(const char *json, size_t length, struct lane_ack *out, struct errinfo *info)
{
	int64_t epoch = 0, seq = 0;
	bool want = false;
	struct fields f;
	json_t *root;
	enum err err = fields_load(json, length, CODEC_MESSAGE_BYTES_MAX, &root, info);

	if (err)
		return err;
	fields_open(&f, root, "ack", info);
	fields_int(&f, "epoch", 0, INT64_MAX, &epoch);
	fields_int(&f, "seq", 0, INT64_MAX, &seq);
	fields_bool_if(&f, "want", &want);
	err = fields_done(&f);
	json_decref(root);
	if (!err)
		*out = (struct lane_ack){.epoch = (uint64_t)epoch, .seq = (uint64_t)seq, .want = want};
	return err;
}

enum err codec_clock_encode(struct wall at, struct buf *out)
{
	json_open(out, '{');
	json_member_wall(out, "at", at);
	json_close(out, '}');
	return out->failed;
}

enum err codec_clock_decode(const char *json, size_t length, struct wall *out, struct errinfo *info)
{
	struct wall at = WALL_NONE;
	struct fields f;
	json_t *root;
	enum err err = fields_load(json, length, CODEC_MESSAGE_BYTES_MAX, &root, info);

	if (err)
		return err;
	fields_open(&f, root, "clock", info);
	fields_wall(&f, "at", &at);
	err = fields_done(&f);
	json_decref(root);
	if (!err)
		*out = at;
	return err;
}
