/* SPDX-License-Identifier: MIT */
#include "records/rows.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROWS_COLUMNS 12
#define ROWS_FIXED_BYTES 160 /* more than all lengths, numbers and times of a row */
#define EPOCH_2000_MS INT64_C(946684800000)

static const char rows_head[19] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', '\377', '\r', '\n', '\0'};

_Static_assert(ROWS_MONTHS % 8 == 0, "months are whole bytes");

void rows_init(struct rows *rows, size_t limit_bytes)
{
	memset(rows, 0, sizeof *rows);
	buf_init(&rows->stream, limit_bytes);
}

void rows_fini(struct rows *rows)
{
	if (rows)
		buf_fini(&rows->stream);
}

void rows_reset(struct rows *rows)
{
	buf_reset(&rows->stream);
	rows->count = 0;
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

enum err rows_append(struct rows *rows, const struct reading *reading)
{
	char row[sizeof reading->device + sizeof reading->channel + sizeof reading->household + sizeof reading->text +
		 WORD_BYTES + ROWS_FIXED_BYTES];
	char *p = row;
	int month = rows_month(reading->at);

	if (!rows->count)
		buf_append(&rows->stream, rows_head, sizeof rows_head);
	p = put_16(p, ROWS_COLUMNS);
	p = put_text(p, reading->device);
	p = put_text(p, reading->channel);
	p = put_text(p, quantity_info(reading->quantity)->name);
	p = put_double(p, reading->value);
	p = isnan(reading->delta) ? put_null(p) : put_double(p, reading->delta);
	p = wall_is_set(reading->since) ? put_wall(p, reading->since) : put_null(p);
	p = put_wall(p, reading->at);
	p = put_wall(p, reading->received);
	p = put_text(p, reading->household);
	p = put_bool(p, reading->retained);
	p = put_bool(p, reading->late);
	p = put_text(p, reading->text);
	assert(p <= row + sizeof row);
	rows->count++;
	if (month >= 0)
		rows->months[month / 8] |= (uint8_t)(1u << month % 8);
	return buf_append(&rows->stream, row, (size_t)(p - row));
}

enum err rows_end(struct rows *rows)
{
	return buf_append(&rows->stream, "\377\377", 2);
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
