/* SPDX-License-Identifier: MIT
 *
 * report_paper: the fortnightly paper and the daily sheet as pages, and the paper's figures as CSV. Pure: what records
 * (and, below "roster", the dispatcher) said goes in as JSON, text comes out. Everything that came from outside is
 * escaped.
 */
#ifndef CURTAIN_TOOL_REPORT_PAPER_H
#define CURTAIN_TOOL_REPORT_PAPER_H

#include "base/buf.h"
#include "base/clock.h"
#include "report_model.h"

#define REPORT_ROOM_FOR_DECISIONS 4 /* empty rows to write on */

/* report_html appends the paper; report_day_html the sheet, a page a community; times are shown in zone. */
enum err report_html(const struct report *report, const struct zone *zone, struct buf *out) ERR_MUST_CHECK;
enum err report_day_html(const json_t *sheet, const struct zone *zone, struct buf *out) ERR_MUST_CHECK;
/* report_csv appends a line a figure, RFC 4180. */
enum err report_csv(const struct report *report, struct buf *out) ERR_MUST_CHECK;
/* report_csv_cell appends one cell, quoted where it must be; what a spreadsheet would run as a formula becomes a text.
 */
void report_csv_cell(struct buf *out, const char *text);

#endif
