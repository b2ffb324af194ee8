/* SPDX-License-Identifier: MIT
 *
 * report_chart: small drawings as inline SVG for papers. Pure: numbers and labels in, text out. Everything is told by
 * lightness and hatching, never by hue alone, so that it stays legible on a grey printer; each drawing has a <title>
 * and its numbers written in it. Labels are escaped here.
 */
#ifndef CURTAIN_TOOL_REPORT_CHART_H
#define CURTAIN_TOOL_REPORT_CHART_H

#include <stddef.h>

#include "base/buf.h"

#define CHART_BANDS_MAX 6

/* chart_pair: one label with the value of this time and of the time before. */
struct chart_pair {
	const char *label;
	double now, before;
};

/* chart_band: one row that is 100% wide, parted into bands from good (light) to bad (dark). */
struct chart_band {
	const char *label;
	double part[CHART_BANDS_MAX];
};

/* chart_span: a row with three marks on one axis: half, nine of ten, ninety-nine of a hundred are within. */
struct chart_span {
	const char *label;
	double p50, p90, p99;
};

/* chart_escape appends text for HTML and SVG, attributes too; bytes that are no UTF-8, and control characters, become
 * U+FFFD. */
void chart_escape(struct buf *out, const char *text);
/* chart_bars draws a pair of bars a row: this time dark, the time before light. */
void chart_bars(struct buf *out, const char *title, const struct chart_pair *pairs, size_t count);
/* chart_bands draws rows parted into `parts` bands, with a legend; a row whose parts are all 0 stays empty. */
void chart_bands(struct buf *out, const char *title, const char *const *legend, size_t parts,
	const struct chart_band *bands, size_t count);
/* chart_spans draws times on an axis from 0 to the largest; unit is written behind the numbers. */
void chart_spans(struct buf *out, const char *title, const char *unit, const struct chart_span *spans, size_t count);
/* chart_columns draws a column a day: now as columns, before as a stepped line; top: the value at the upper edge, 0:
 * the largest. Every seventh label is written from the first one on. */
void chart_columns(
	struct buf *out, const char *title, const char *unit, double top, const struct chart_pair *days, size_t count);

#endif
