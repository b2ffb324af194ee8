/* SPDX-License-Identifier: MIT
 *
 * Batches of readings exactly as our own encoders write them, which is nearly all that travels: read without a JSON
 * tree, at a fifth of its cost. What is read counts only if it encodes to the very same bytes again; then the strict
 * decoder would have given the same, and no rule of the schema stands here a second time. Anything else (other order,
 * spaces, escapes, one bad item) is left whole to the strict decoder.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"
#include "codec/items.h"

#define PLAIN_TAIL "]}"
#define PLAIN_ITEM_BYTES_MIN 100 /* a reading is never shorter: bounds the array before it is made */

struct cursor {
	const char *at, *end;
	struct buf again;       /* what was read, encoded again */
	enum quantity quantity; /* of the item before: most batches hold one kind */
	bool failed;
};

static bool is_next(const struct cursor *c, const char *literal, size_t length)
{
	return (size_t)(c->end - c->at) >= length && !memcmp(c->at, literal, length);
}

static bool skip_if(struct cursor *c, const char *literal)
{
	size_t length = strlen(literal);
	bool is = is_next(c, literal, length);

	if (is)
		c->at += length;
	return is;
}

static void skip(struct cursor *c, const char *literal)
{
	c->failed |= !skip_if(c, literal);
}

/* text takes what stands up to the next quote; an escape makes the re-encoding differ. */
static void text(struct cursor *c, char *out, size_t size)
{
	const char *quote = memchr(c->at, '"', (size_t)(c->end - c->at));
	size_t length = quote ? (size_t)(quote - c->at) : 0;

	if (!quote || length >= size || memchr(c->at, '\0', length)) {
		c->failed = true;
		return;
	}
	memcpy(out, c->at, length);
	out[length] = '\0';
	c->at = quote + 1;
}

static void number(struct cursor *c, double *out)
{
	char digits[32];
	size_t length = 0;
	char *end;

	while (c->at < c->end && length < sizeof digits - 1 && strchr("+-.0123456789e", *c->at) && *c->at)
		digits[length++] = *c->at++;
	digits[length] = '\0';
	*out = strtod(digits, &end);
	c->failed |= !length || *end;
}

static void whole(struct cursor *c, uint64_t *out)
{
	uint64_t value = 0;
	int digits = 0;

	for (; c->at < c->end && *c->at >= '0' && *c->at <= '9' && digits < 19; digits++)
		value = value * 10 + (uint64_t)(*c->at++ - '0');
	*out = value;
	c->failed |= !digits;
}

static void wall(struct cursor *c, struct wall *out)
{
	const size_t length = sizeof "2026-11-24T04:01:46.123Z" - 1;

	if ((size_t)(c->end - c->at) < length || wall_parse(c->at, length, out))
		c->failed = true;
	else
		c->at += length;
	skip(c, "\"");
}

static void quantity(struct cursor *c, enum quantity *out)
{
	char word[WORD_BYTES] = "";

	text(c, word, sizeof word);
	if (strcmp(word, quantity_info(c->quantity)->name) != 0 && quantity_find(word, &c->quantity))
		c->failed = true;
	*out = c->quantity;
}

static void reading(struct cursor *c, struct reading *out)
{
	const char *start = c->at;

	*out = (struct reading){.delta = NAN, .since = WALL_NONE};
	skip(c, "{\"device\":\"");
	text(c, out->device, sizeof out->device);
	if (skip_if(c, ",\"channel\":\""))
		text(c, out->channel, sizeof out->channel);
	skip(c, ",\"household\":\"");
	text(c, out->household, sizeof out->household);
	skip(c, ",\"quantity\":\"");
	quantity(c, &out->quantity);
	skip(c, ",\"value\":");
	number(c, &out->value);
	if (skip_if(c, ",\"delta\":")) {
		number(c, &out->delta);
		skip(c, ",\"since\":\"");
		wall(c, &out->since);
	}
	skip(c, ",\"at\":\"");
	wall(c, &out->at);
	skip(c, ",\"received\":\"");
	wall(c, &out->received);
	out->retained = skip_if(c, ",\"retained\":true");
	out->late = skip_if(c, ",\"late\":true");
	if (skip_if(c, ",\"text\":\""))
		text(c, out->text, sizeof out->text);
	skip(c, "}");
	if (c->failed)
		return;
	buf_reset(&c->again);
	c->failed = codec_reading_encode(out, &c->again) || c->again.length != (size_t)(c->at - start) ||
		    memcmp(c->again.data, start, c->again.length) != 0;
}

static void head(struct cursor *c, struct lane_batch *out)
{
	const char *start = c->at;
	uint64_t shard = 0;

	*out = (struct lane_batch){.lane = "reading"};
	skip(c, "{\"lane\":\"reading\",\"producer\":\"");
	text(c, out->producer, sizeof out->producer);
	skip(c, ",\"epoch\":");
	whole(c, &out->epoch);
	skip(c, ",\"shard\":");
	whole(c, &shard);
	skip(c, ",\"prev\":");
	whole(c, &out->prev);
	skip(c, ",\"seq\":");
	whole(c, &out->seq);
	skip(c, ",\"at\":\"");
	wall(c, &out->at);
	skip(c, ",\"items\":[");
	out->shard = (uint32_t)shard;
	if (c->failed || shard > UINT32_MAX || codec_batch_encode(out, "", 0, &c->again)) {
		c->failed = true;
		return;
	}
	size_t length = (size_t)(c->at - start);
	c->failed = c->again.length != length + sizeof PLAIN_TAIL - 1 || memcmp(c->again.data, start, length) != 0;
}

bool plain_readings(const char *json, size_t length, struct lane_batch *out_head, struct reading **out_readings)
{
	struct cursor c = {.at = json, .end = json + length};
	size_t capacity = length / PLAIN_ITEM_BYTES_MIN + 1;
	struct reading *readings = NULL;
	struct lane_batch batch;

	if (length > CODEC_BATCH_BYTES_MAX || capacity > CODEC_BATCH_BYTES_MAX / PLAIN_ITEM_BYTES_MIN)
		return false;
	buf_init(&c.again, CODEC_MESSAGE_BYTES_MAX);
	head(&c, &batch);
	if (!c.failed)
		readings = malloc(capacity * sizeof *readings);
	c.failed |= !readings;
	while (!c.failed && !is_next(&c, PLAIN_TAIL, sizeof PLAIN_TAIL - 1)) {
		if (batch.count)
			skip(&c, ",");
		c.failed |= batch.count == capacity || batch.count == CODEC_BATCH_ITEMS_MAX;
		if (!c.failed)
			reading(&c, &readings[batch.count++]);
	}
	skip(&c, PLAIN_TAIL);
	c.failed |= c.at != c.end;
	buf_fini(&c.again);
	if (c.failed) {
		free(readings);
		return false;
	}
	*out_head = batch;
	*out_readings = readings;
	return true;
}
