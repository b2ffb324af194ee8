/* SPDX-License-Identifier: MIT
 *
 * backtest_read: lines of a data set to readings in memory. daiad and sgsc10 are CSV with columns that are known; csv
 * takes a map of columns; senml takes JSON lines: `reading` objects as on lane "reading", or SenML packs whose names
 * begin with the home ("h-1/meter/water_total").
 *
 * A line that cannot be read ends the reading, with file, line and what to mend. A home's rows may come in any order.
 */
#ifndef CURTAIN_TOOL_BACKTEST_READ_H
#define CURTAIN_TOOL_BACKTEST_READ_H

#include "backtest_trace.h"
#include "base/clock.h"
#include "jq/json_tree.h"

#define READ_LINE_BYTES_MAX (256u << 10)
#define READ_COLUMNS_MAX 64
#define READ_NAME_BYTES 64

enum read_layout { READ_DAIAD, READ_SGSC10, READ_SENML, READ_CSV };

/* read_columns: which column says what; "" = none. */
struct read_columns {
	char home[READ_NAME_BYTES]; /* "" = all rows are of one home, "home" */
	char time[READ_NAME_BYTES], value[READ_NAME_BYTES], device[READ_NAME_BYTES], persons[READ_NAME_BYTES];
	char quantity[READ_NAME_BYTES]; /* the name of a quantity, or a column of such names */
	char unit[24];                  /* "" = the canonical one */
	bool delta;                     /* values are increases since the row before */
};

struct reader {
	enum read_layout layout;
	const struct zone *zone; /* of times without an offset */
	struct read_columns columns;
	uint64_t quantities; /* bit mask of those to keep */
	struct trace_set *set;

	/* of the file that is being read */
	const char *file;
	int line;
	int at_home, at_time, at_value, at_device, at_persons, at_quantity; /* columns; -1 = none */
	enum quantity quantity;
	struct json_tree tree;
};

/* read_layout_find: "daiad", "sgsc10", "senml", "csv". */
enum err read_layout_find(const char *name, enum read_layout *out) ERR_MUST_CHECK;
/* read_columns_parse reads "home=id,time=ts,value=litres,kind=counter,quantity=water_total,unit=L,device=meter". */
enum err read_columns_parse(const char *text, struct read_columns *out, struct errinfo *info) ERR_MUST_CHECK;
/* read_begin sets a reader up: columns of the known layouts, all quantities. */
void read_begin(struct reader *reader, enum read_layout layout, const struct zone *zone, struct trace_set *set);
void read_end(struct reader *reader);
/* read_zone_of gives the zone that a layout's times are in; NULL = they say so themselves, or the caller must. */
const char *read_zone_of(enum read_layout layout);
/* read_file_begin: the lines that follow are of this file; the first is its heading (CSV). */
void read_file_begin(struct reader *reader, const char *file);
/* read_line takes a line without its end; it writes into it. */
enum err read_line(struct reader *reader, char *line, size_t length, struct errinfo *info) ERR_MUST_CHECK;
/* read_file reads a whole file, compressed by gzip or not; "-" is standard input. */
enum err read_file(struct reader *reader, const char *path, struct errinfo *info) ERR_MUST_CHECK;

#endif
