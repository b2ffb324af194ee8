/* SPDX-License-Identifier: MIT */
#include "records/rows.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_COLUMNS 12
#define HOURS_COLUMNS 12
#define ROWS_FIXED_BYTES 160 /* more than all lengths, numbers and times of a row of either kind */
#define EPOCH_2000_MS INT64_C(946684800000)

static const char rows_head[19] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', '\377', '\r', '\n', '\0'};

static const char rows_trailer[2] = {'\377', '\377'};

_Static_assert(ROWS_MONTHS % 8 == 0, "months are whole bytes");

void rows_init(struct rows *rows, size_t limit_bytes)
{
	memset(rows, 0, sizeof *rows);
	buf_init(&rows->bytes, limit_bytes);
	buf_init(&rows->stream, limit_bytes);
	buf_init(&rows->hours, limit_bytes);
}

void rows_fini(struct rows *rows)
{
	if (!rows)
		return;
	buf_fini(&rows->bytes);
	buf_fini(&rows->stream);
	buf_fini(&rows->hours);
	free(rows->row);
	rows->row = NULL;
}

void rows_reset(struct rows *rows)
{
	buf_reset(&rows->bytes);
	buf_reset(&rows->stream);
	buf_reset(&rows->hours);
	rows->count = rows->hour_count = 0;
	memset(rows->months, 0, sizeof rows->months);
}

static char *put_16(char *p, uint16_t v)
{
	p[0] = (char)(v >> 8);
	p[1] = (char)v;
	return p + 2;
}

static char *put_32(char *p, uint32_t v)
{
	return put_16(put_16(p, (uint16_t)(v >> 16)), (uint16_t)v);
}

static char *put_64(char *p, uint64_t v)
{
	return put_32(put_32(p, (uint32_t)(v >> 32)), (uint32_t)v);
}

static char *put_text(char *p, const char *text)
{
	size_t length = strlen(text);

	p = put_32(p, (uint32_t)length);
	memcpy(p, text, length);
	return p + length;
}

static char *put_double(char *p, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof bits);
	return put_64(put_32(p, 8), bits);
}

static char *put_null(char *p)
{
	return put_32(p, UINT32_MAX);
}

/* timestamptz: microseconds since 2000. Times of messages lie in 1970..9999, so nothing overflows. */
static char *put_wall(char *p, struct wall t)
{
	return put_64(put_32(p, 8), (uint64_t)((t.ms - EPOCH_2000_MS) * 1000));
}

static char *put_bool(char *p, bool v)
{
	p = put_32(p, 1);
	*p = v;
	return p + 1;
}

static struct row *next_row(struct rows *rows)
{
	if (rows->count == rows->capacity) {
		uint32_t capacity = rows->capacity ? rows->capacity * 2 : 256;
		struct row *row = reallocarray(rows->row, capacity, sizeof *row);
		if (!row)
			return NULL;
		rows->row = row;
		rows->capacity = capacity;
	}
	return &rows->row[rows->count];
}

static uint64_t head_of(const char *household)
{
	uint64_t head = 0;

	for (unsigned i = 0; i < 8 && household[i]; i++)
		head |= (uint64_t)(unsigned char)household[i] << (56 - 8 * i);
	return head;
}

enum err rows_append(struct rows *rows, const struct reading *reading)
{
	char bytes[sizeof reading->device + sizeof reading->channel + sizeof reading->household + sizeof reading->text +
		   WORD_BYTES + ROWS_FIXED_BYTES];
	char *p = bytes;
	int month = rows_month(reading->at);
	struct row *row = next_row(rows);
	enum err err;

	if (!row)
		return ERR_NOMEM;
	*row = (struct row){.home = head_of(reading->household),
		.start = (uint32_t)rows->bytes.length,
		.quantity = reading->quantity,
		.retained = reading->retained,
		.value = reading->value,
		.delta = reading->delta,
		.at = reading->at};
	p = put_16(p, ROWS_COLUMNS);
	p = put_text(p, reading->household);
	p = put_text(p, reading->device);
	p = put_text(p, reading->channel);
	row->keys = (uint16_t)(p - bytes - 2);
	p = put_text(p, quantity_info(reading->quantity)->name);
	p = put_double(p, reading->value);
	p = isnan(reading->delta) ? put_null(p) : put_double(p, reading->delta);
	p = wall_is_set(reading->since) ? put_wall(p, reading->since) : put_null(p);
	p = put_wall(p, reading->at);
	p = put_wall(p, reading->received);
	p = put_bool(p, reading->retained);
	p = put_bool(p, reading->late);
	p = put_text(p, reading->text);
	assert(p <= bytes + sizeof bytes);
	row->length = (uint16_t)(p - bytes);
	err = buf_append(&rows->bytes, bytes, row->length);
	rows->count += !err;
	if (month >= 0)
		rows->months[month / 8] |= (uint8_t)(1u << month % 8);
	return err;
}

/* keys_of: household, device and channel with their lengths before them, so that equal bytes are equal keys. */
static const char *keys_of(const struct rows *rows, const struct row *row)
{
	return rows->bytes.data + row->start + 2;
}

static int in_order(const void *left, const void *right, void *context)
{
	const struct rows *rows = context;
	const struct row *a = left, *b = right;
	int order;

	if (a->home != b->home)
		return a->home < b->home ? -1 : 1;
	order = memcmp(keys_of(rows, a), keys_of(rows, b), a->keys < b->keys ? a->keys : b->keys);
	if (!order)
		order = (int)a->keys - (int)b->keys;
	if (!order)
		order = (int)a->quantity - (int)b->quantity;
	if (!order)
		order = (a->at.ms > b->at.ms) - (a->at.ms < b->at.ms);
	return order ? order : (a->start > b->start) - (a->start < b->start);
}

static struct wall hour_of(const struct zone *zone, struct wall at)
{
	struct civil civil = zone_to_civil(zone, at);

	return wall_plus(at, -(civil.minute * MS_PER_MINUTE + civil.second * MS_PER_SECOND + civil.millisecond));
}

/* hour: a run of readings of one device, channel and quantity within an hour. */
struct hour {
	const struct row *row; /* the first one */
	struct wall start, last;
	int64_t readings;
	double delta, low, high, total; /* delta NAN: none is known */
};

static bool hour_takes(const struct rows *rows, const struct hour *hour, const struct row *row)
{
	return hour->readings && row->quantity == hour->row->quantity && row->keys == hour->row->keys &&
	       row->at.ms < hour->start.ms + MS_PER_HOUR &&
	       memcmp(keys_of(rows, row), keys_of(rows, hour->row), row->keys) == 0;
}

static void hour_add(struct hour *hour, const struct row *row)
{
	hour->readings++;
	hour->last = row->at;
	if (!isnan(row->delta))
		hour->delta = isnan(hour->delta) ? row->delta : hour->delta + row->delta;
	hour->low = fmin(hour->low, row->value);
	hour->high = fmax(hour->high, row->value);
	hour->total += row->value;
}

static void hour_end(struct rows *rows, struct hour *hour)
{
	char bytes[DEVICE_BYTES + CHANNEL_BYTES + ID_BYTES + WORD_BYTES + ROWS_FIXED_BYTES];
	char *p = put_16(bytes, HOURS_COLUMNS);

	if (!hour->readings)
		return;
	if (!rows->hour_count++)
		buf_append(&rows->hours, rows_head, sizeof rows_head);
	memcpy(p, keys_of(rows, hour->row), hour->row->keys);
	p += hour->row->keys;
	p = put_text(p, quantity_info(hour->row->quantity)->name);
	p = put_wall(p, hour->start);
	p = put_64(put_32(p, 8), (uint64_t)hour->readings);
	p = isnan(hour->delta) ? put_null(p) : put_double(p, hour->delta);
	p = put_double(p, hour->low);
	p = put_double(p, hour->high);
	p = put_double(p, hour->total);
	p = put_wall(p, hour->row->at);
	p = put_wall(p, hour->last);
	assert(p <= bytes + sizeof bytes);
	buf_append(&rows->hours, bytes, (size_t)(p - bytes));
	hour->readings = 0;
}

enum err rows_end(struct rows *rows, const struct zone *zone)
{
	struct hour hour = {0};

	if (rows->count)
		qsort_r(rows->row, rows->count, sizeof *rows->row, in_order, rows);
	buf_append(&rows->stream, rows_head, sizeof rows_head);
	for (uint32_t i = 0; i < rows->count; i++) {
		const struct row *row = &rows->row[i];
		buf_append(&rows->stream, rows->bytes.data + row->start, row->length);
		if (row->retained)
			continue;
		if (!hour_takes(rows, &hour, row)) {
			hour_end(rows, &hour);
			hour = (struct hour){.row = row,
				.start = hour_of(zone, row->at),
				.delta = NAN,
				.low = row->value,
				.high = row->value};
		}
		hour_add(&hour, row);
	}
	hour_end(rows, &hour);
	if (rows->hour_count)
		buf_append(&rows->hours, rows_trailer, sizeof rows_trailer);
	buf_append(&rows->stream, rows_trailer, sizeof rows_trailer);
	return rows->stream.failed ? rows->stream.failed : rows->hours.failed;
}

int rows_month(struct wall t)
{
	/* Days to civil date: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days; eras from
	 * 1600. */
	int64_t days = t.ms / MS_PER_DAY - (t.ms % MS_PER_DAY < 0) + 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t doe = days - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t mp = (5 * (doe - (365 * yoe + yoe / 4 - yoe / 100)) + 2) / 153;
	int64_t month = mp < 10 ? mp + 2 : mp - 10;
	int64_t year = yoe + era * 400 + (month <= 1);

	if (year < 2000 || year >= 2000 + ROWS_MONTHS / 12)
		return -1;
	return (int)((year - 2000) * 12 + month);
}

void rows_month_text(int month, char out[16])
{
	assert(month >= 0 && month < ROWS_MONTHS);
	snprintf(out, 16, "%04u-%02u-01", (2000u + (unsigned)month / 12) % 10000, (unsigned)month % 12 + 1);
}
