/* SPDX-License-Identifier: MIT
 *
 * show: how values look for a person: durations, local times, and tables whose columns also fit Chinese text.
 * What came from outside goes through show_clean, so that no payload can move the cursor of whoever looks at it.
 */
#ifndef CURTAIN_TOOL_SHOW_H
#define CURTAIN_TOOL_SHOW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/clock.h"

#define SHOW_DURATION_BYTES 32
#define SHOW_TIME_BYTES 32
#define TABLE_COLUMNS_MAX 12

/* show_duration writes "12 ms", "1.2 s", "45 s", "3 min 20 s", "2 h 05 min", "3 d 4 h"; below 0 "-" and the same. */
void show_duration(int64_t ms, char out[SHOW_DURATION_BYTES]);
/* show_time writes "2026-11-24 12:01:46" in zone, "-" for WALL_NONE; show_clock writes "12:01:46". */
void show_time(const struct zone *zone, struct wall t, char out[SHOW_TIME_BYTES]);
void show_clock(const struct zone *zone, struct wall t, char out[SHOW_TIME_BYTES]);
/* show_width gives the columns that text takes on a terminal: 2 for wide characters, 0 for combining ones. */
size_t show_width(const char *text);
/* show_clean appends text with control characters and bytes that are no UTF-8 as "?", cut with "…" at columns
 * (0 = not at all). */
void show_clean(struct buf *out, const char *text, size_t columns);

/* table: rows of cells; every row has one cell a heading. */
struct table;

/* table_create makes an empty table; a heading that begins with '>' stands, like its column, to the right. NULL: no
 * memory. */
struct table *table_create(const char *const *headings, unsigned columns);
void table_destroy(struct table *table);
/* table_cell adds the next cell, cleaned; a table that cannot grow remembers it for table_print. */
void table_cell(struct table *table, const char *text);
void table_number(struct table *table, int64_t number);
bool table_is_empty(const struct table *table);
/* table_print appends headings and rows; columns two blanks apart, none at the end of a line. */
enum err table_print(const struct table *table, struct buf *out);

#endif
