/* SPDX-License-Identifier: MIT */
#include "base/blob.h"

#include <string.h>

#include "base/text.h"

struct blob blob_write(void *to, size_t size)
{
	return (struct blob){.to = to, .size = size};
}

struct blob blob_read(const void *from, size_t size)
{
	return (struct blob){.from = from, .size = size};
}

static bool room(struct blob *blob, size_t bytes)
{
	blob->bad = blob->bad || blob->size - blob->at < bytes;
	return !blob->bad;
}

void blob_put(struct blob *blob, uint64_t value, unsigned bytes)
{
	if (!room(blob, bytes))
		return;
	for (unsigned i = 0; i < bytes; i++)
		blob->to[blob->at++] = (unsigned char)(value >> 8 * i);
}

uint64_t blob_get(struct blob *blob, unsigned bytes)
{
	uint64_t value = 0;

	if (!room(blob, bytes))
		return 0;
	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)blob->from[blob->at++] << 8 * i;
	return value;
}

void blob_put_wall(struct blob *blob, struct wall t)
{
	blob_put(blob, (uint64_t)t.ms, 8);
}

struct wall blob_get_wall(struct blob *blob)
{
	return (struct wall){.ms = (int64_t)blob_get(blob, 8)};
}

void blob_put_number(struct blob *blob, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof bits);
	blob_put(blob, bits, sizeof bits);
}

double blob_get_number(struct blob *blob)
{
	uint64_t bits = blob_get(blob, sizeof bits);
	double value;

	memcpy(&value, &bits, sizeof value);
	return value;
}

void blob_put_text(struct blob *blob, const char *text)
{
	size_t length = strlen(text);

	if (length > UINT16_MAX) {
		blob->bad = true;
		return;
	}
	blob_put(blob, length, 2);
	if (!room(blob, length))
		return;
	memcpy(blob->to + blob->at, text, length);
	blob->at += length;
}

void blob_get_text(struct blob *blob, char *out, size_t size)
{
	size_t length = (size_t)blob_get(blob, 2);

	if (!room(blob, length))
		return;
	const char *text = (const char *)blob->from + blob->at;
	if (length >= size || memchr(text, '\0', length) || !text_is_utf8(text, length)) {
		blob->bad = true;
		return;
	}
	memcpy(out, text, length);
	out[length] = '\0';
	blob->at += length;
}

#define SUM_BYTES 8

void blob_put_sum(struct blob *blob)
{
	if (!blob->bad)
		blob_put(blob, text_hash64(blob->to, blob->at, 0), SUM_BYTES);
}

void blob_take_sum(struct blob *blob)
{
	struct blob sum = *blob;

	blob->bad = blob->bad || blob->size - blob->at < SUM_BYTES;
	if (blob->bad)
		return;
	blob->size -= SUM_BYTES;
	sum.at = blob->size;
	blob->bad = blob_get(&sum, SUM_BYTES) != text_hash64(blob->from, blob->size, 0);
}
