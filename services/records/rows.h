/* SPDX-License-Identifier: MIT
 *
 * rows: readings of one transaction as two PostgreSQL binary COPY streams: the rows of table "reading", and what they
 * add to table "reading_hour". Binary, because it needs neither escaping nor number formatting on this side nor parsing
 * on the other. Rows are sorted by household, device, quantity and time before they leave: neighbours in the stream
 * then are neighbours in the index, which halves what an insert costs, and an hour of a device is one run. Format:
 * PostgreSQL manual, COPY, "Binary Format"; column order: services/records/statements.c.
 */
#ifndef CURTAIN_RECORDS_ROWS_H
#define CURTAIN_RECORDS_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "message/message.h"

#define ROWS_MONTHS 1200 /* partitions exist from January 2000 (month 0) to December 2099; other times share one */

/* row: where one reading stands in the bytes, and what sorting and adding up need of it. */
struct row {
	uint64_t home;         /* the first bytes of the household, for a quick comparison */
	uint32_t start;        /* in bytes */
	uint16_t length, keys; /* of the whole row; of its household, device and channel, which come first */
	enum quantity quantity;
	bool retained;
	double value, delta;
	struct wall at;
};

/* rows: the caller owns it: rows_init, use, rows_fini. */
struct rows {
	struct buf bytes; /* the rows as they came */
	struct row *row;
	uint32_t count, capacity;
	struct buf stream;               /* made by rows_end: a whole COPY of the readings */
	struct buf hours;                /* and of what they add to their hours; retained ones add nothing */
	uint32_t hour_count;             /* rows of hours */
	uint8_t months[ROWS_MONTHS / 8]; /* bit set: some row falls into the month */
};

void rows_init(struct rows *rows, size_t limit_bytes);
void rows_fini(struct rows *rows);
/* rows_reset empties it, keeping the memory. */
void rows_reset(struct rows *rows);
/* rows_append adds one row; ERR_NOMEM or ERR_FULL as of buf, after which all is useless until rows_reset. */
enum err rows_append(struct rows *rows, const struct reading *reading) ERR_MUST_CHECK;
/* rows_end sorts the rows and makes the two streams; hours are those of zone's clocks. ERR_NOMEM or ERR_FULL as of buf.
 */
enum err rows_end(struct rows *rows, const struct zone *zone) ERR_MUST_CHECK;
/* rows_month gives the month of t, 0..ROWS_MONTHS-1; -1: of another century. */
int rows_month(struct wall t);
/* rows_month_text writes the first day of month ("2026-03-01"). */
void rows_month_text(int month, char out[16]);

#endif
