/* SPDX-License-Identifier: MIT */
#include "show.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define CELL_BYTES_MAX 4096

void show_duration(int64_t ms, char out[SHOW_DURATION_BYTES])
{
	const char *sign = ms < 0 ? "-" : "";
	uint64_t n = ms < 0 ? -(uint64_t)ms : (uint64_t)ms, s = n / 1000;

	if (n < 1000)
		snprintf(out, SHOW_DURATION_BYTES, "%s%" PRIu64 " ms", sign, n);
	else if (s < 10)
		snprintf(out, SHOW_DURATION_BYTES, "%s%" PRIu64 ".%" PRIu64 " s", sign, s, n % 1000 / 100);
	else if (s < 60)
		snprintf(out, SHOW_DURATION_BYTES, "%s%" PRIu64 " s", sign, s);
	else if (s < 3600)
		snprintf(out, SHOW_DURATION_BYTES, "%s%" PRIu64 " min %02" PRIu64 " s", sign, s / 60, s % 60);
	else if (s < 86400)
		snprintf(out, SHOW_DURATION_BYTES, "%s%" PRIu64 " h %02" PRIu64 " min", sign, s / 3600, s % 3600 / 60);
	else
		snprintf(out, SHOW_DURATION_BYTES, "%s%" PRIu64 " d %" PRIu64 " h", sign, s / 86400, s % 86400 / 3600);
}

void show_time(const struct zone *zone, struct wall t, char out[SHOW_TIME_BYTES])
{
	if (!wall_is_set(t)) {
		snprintf(out, SHOW_TIME_BYTES, "-");
		return;
	}
	struct civil c = zone_to_civil(zone, t);
	snprintf(out, SHOW_TIME_BYTES, "%04d-%02d-%02d %02d:%02d:%02d", c.year % 10000, c.month % 100, c.day % 100,
		c.hour % 100, c.minute % 100, c.second % 100);
}

void show_clock(const struct zone *zone, struct wall t, char out[SHOW_TIME_BYTES])
{
	char full[SHOW_TIME_BYTES];

	show_time(zone, t, full);
	snprintf(out, SHOW_TIME_BYTES, "%s", strlen(full) > 11 ? full + 11 : full);
}

/* ---- characters ---- */

/* next_character decodes the character at text; 0 bytes taken at its end, U+FFFD for one byte that is no UTF-8. */
static size_t next_character(const char *text, uint32_t *out)
{
	static const unsigned char lead_mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	const unsigned char *at = (const unsigned char *)text;
	size_t length = at[0] < 0x80 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;

	if (!at[0])
		return 0;
	if (strnlen(text, length) < length || !text_is_utf8(text, length)) {
		*out = 0xfffd;
		return 1;
	}
	*out = at[0] & lead_mask[length];
	for (size_t i = 1; i < length; i++)
		*out = *out << 6 | (at[i] & 0x3f);
	return length;
}

/* columns_of follows the East Asian Width property (Unicode 15, W and F), by blocks. */
static size_t columns_of(uint32_t c)
{
	static const struct {
		uint32_t first, last;
		size_t columns;
	} ranges[] = {
		{0x0300, 0x036f, 0},
		{0x1100, 0x115f, 2},
		{0x200b, 0x200f, 0},
		{0x2e80, 0x303e, 2},
		{0x3041, 0x4dbf, 2},
		{0x4e00, 0xa4cf, 2},
		{0xa960, 0xa97c, 2},
		{0xac00, 0xd7a3, 2},
		{0xf900, 0xfaff, 2},
		{0xfe00, 0xfe0f, 0},
		{0xfe30, 0xfe6f, 2},
		{0xff01, 0xff60, 2},
		{0xffe0, 0xffe6, 2},
		{0x1f300, 0x1f64f, 2},
		{0x1f680, 0x1f6ff, 2},
		{0x1f900, 0x1f9ff, 2},
		{0x20000, 0x3fffd, 2},
	};

	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return ranges[i].columns;
	return 1;
}

size_t show_width(const char *text)
{
	size_t width = 0, length;
	uint32_t c;

	for (; (length = next_character(text, &c)); text += length)
		width += columns_of(c);
	return width;
}

static bool is_control(uint32_t c)
{
	/* C0, DEL and C1; the marks that turn the direction of text are as treacherous. */
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

void show_clean(struct buf *out, const char *text, size_t columns)
{
	bool cut = columns && show_width(text) > columns;
	size_t width = 0, length;
	uint32_t c;

	for (; (length = next_character(text, &c)); text += length) {
		width += columns_of(c);
		if (cut && width > columns - 1) {
			buf_text(out, "…");
			return;
		}
		if (is_control(c) || c == 0xfffd)
			buf_byte(out, '?');
		else
			buf_append(out, text, length);
	}
}

/* ---- tables ---- */

struct table {
	const char *const *headings;
	unsigned columns;
	char **cells;
	size_t count, capacity;
	bool failed;
};

struct table *table_create(const char *const *headings, unsigned columns)
{
	struct table *table = calloc(1, sizeof *table);

	assert(columns && columns <= TABLE_COLUMNS_MAX);
	if (table) {
		table->headings = headings;
		table->columns = columns;
	}
	return table;
}

void table_destroy(struct table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table);
}

void table_cell(struct table *table, const char *text)
{
	struct buf cell;

	if (table->count == table->capacity) {
		size_t capacity = table->capacity ? table->capacity * 2 : 64;
		char **cells = realloc(table->cells, capacity * sizeof *cells);
		if (!cells) {
			table->failed = true;
			return;
		}
		table->cells = cells;
		table->capacity = capacity;
	}
	buf_init(&cell, CELL_BYTES_MAX);
	show_clean(&cell, text, 0);
	if (cell.failed || buf_text(&cell, "")) {
		table->failed = true;
		buf_fini(&cell);
		return;
	}
	table->cells[table->count++] = cell.data;
}

void table_number(struct table *table, int64_t number)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRId64, number);
	table_cell(table, text);
}

static void pad(struct buf *out, size_t columns)
{
	while (columns--)
		buf_byte(out, ' ');
}

static void print_cell(struct buf *out, const char *text, size_t width, bool right, bool last)
{
	size_t own = show_width(text);

	if (right)
		pad(out, width - own);
	buf_text(out, text);
	if (!right && !last)
		pad(out, width - own);
	buf_text(out, last ? "\n" : "  ");
}

static size_t column_width(const struct table *table, unsigned column)
{
	size_t width = show_width(table->headings[column] + (table->headings[column][0] == '>'));

	for (size_t i = column; i < table->count; i += table->columns) {
		size_t own = show_width(table->cells[i]);
		width = own > width ? own : width;
	}
	return width;
}

bool table_is_empty(const struct table *table)
{
	return !table->count && !table->failed;
}

enum err table_print(const struct table *table, struct buf *out)
{
	size_t widths[TABLE_COLUMNS_MAX];

	assert(table->columns);
	for (unsigned i = 0; i < table->columns; i++)
		widths[i] = column_width(table, i);
	for (size_t row = 0; row <= table->count / table->columns; row++)
		for (unsigned i = 0; i < table->columns; i++) {
			bool right = table->headings[i][0] == '>';
			print_cell(out, row ? table->cells[(row - 1) * table->columns + i] : table->headings[i] + right,
				widths[i], right, i + 1 == table->columns);
		}
	return table->failed ? ERR_NOMEM : out->failed;
}
