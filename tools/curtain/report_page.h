/* SPDX-License-Identifier: MIT
 *
 * report_page: the pieces of which pages are made: head and style sheet, tables, changes against the time before.
 */
#ifndef CURTAIN_TOOL_REPORT_PAGE_H
#define CURTAIN_TOOL_REPORT_PAGE_H

#include <jansson.h>

#include "base/buf.h"
#include "base/clock.h"

void page_begin(struct buf *out, const char *title);
void page_end(struct buf *out);
/* page_section begins a section; page_section_end ends it. */
void page_section(struct buf *out, const char *zh, const char *en);
void page_section_end(struct buf *out);
/* page_table begins a table with headings; one that begins with '>' stands, with its column, to the right. */
void page_table(struct buf *out, const char *const *headings, unsigned count);
void page_table_end(struct buf *out);
void page_row(struct buf *out);
void page_row_end(struct buf *out);
/* Cells: text is escaped; a number without needless digits; a share in percent, "–" of nothing. */
void page_cell(struct buf *out, const char *text);
void page_cell_zh_en(struct buf *out, const char *zh, const char *en);
void page_number(struct buf *out, double value);
void page_share(struct buf *out, double part, double whole);
/* page_change: how now differs from before, with an arrow. */
void page_change(struct buf *out, double now, double before);
void page_change_points(struct buf *out, double part, double whole, double part_before, double whole_before);
/* page_time: a member that is a time, as a cell; page_time_text: by itself. */
void page_time_text(struct buf *out, const json_t *object, const char *name, const struct zone *zone);
void page_time(struct buf *out, const json_t *object, const char *name, const struct zone *zone);
/* page_none: a line that says that there is nothing. */
void page_none(struct buf *out, const char *text);

#endif
