/* SPDX-License-Identifier: MIT
 *
 * rows: readings as a PostgreSQL binary COPY stream ("COPY reading FROM STDIN (FORMAT binary)"), and the months that
 * they fall into. Binary, because it needs neither escaping nor number formatting on this side nor parsing on the
 * other. Format: PostgreSQL manual, COPY, "Binary Format"; column order: schemas/sql/0002_lanes.sql.
 */
#ifndef CURTAIN_RECORDS_ROWS_H
#define CURTAIN_RECORDS_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "message/message.h"

#define ROWS_MONTHS 1200 /* partitions exist from January 2000 (month 0) to December 2099; other times share one */

/* rows: a growing stream; the caller owns it: rows_init, use, rows_fini. */
struct rows {
	struct buf stream;
	uint32_t count;
	uint8_t months[ROWS_MONTHS / 8]; /* bit set: some row falls into the month */
};

void rows_init(struct rows *rows, size_t limit_bytes);
void rows_fini(struct rows *rows);
/* rows_reset empties it, keeping the memory. */
void rows_reset(struct rows *rows);
/* rows_append adds one row; ERR_NOMEM or ERR_FULL as of buf, after which the stream is useless until rows_reset. */
enum err rows_append(struct rows *rows, const struct reading *reading);
/* rows_end adds the trailer; the stream is then complete. */
enum err rows_end(struct rows *rows);
/* rows_month gives the month of t, 0..ROWS_MONTHS-1; -1: of another century. */
int rows_month(struct wall t);
/* rows_month_text writes the first day of month ("2026-03-01"). */
void rows_month_text(int month, char out[16]);

#endif
