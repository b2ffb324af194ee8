/* SPDX-License-Identifier: MIT
 *
 * timeline_chart: the drawing of timeline_svg. Internal to it.
 */
#ifndef CURTAIN_TOOL_TIMELINE_CHART_H
#define CURTAIN_TOOL_TIMELINE_CHART_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "message/message.h"
#include "timeline_svg.h"

#define CHART_MARKS_MAX 500
#define CHART_TITLE_BYTES 200

enum chart_lane { CHART_ALERTS, CHART_INCIDENTS, CHART_VISITS, CHART_SERVICES, CHART_TASKS, CHART_LANES };

enum chart_fill { CHART_FULL, CHART_RINGED, CHART_HOLLOW, CHART_CROSSED, CHART_STRUCK, CHART_FILLS };

struct chart_mark {
	enum chart_lane lane;
	enum chart_fill fill;
	double at, until; /* days since 1970, with the time of day */
	char title[CHART_TITLE_BYTES];
};

struct chart_row {
	enum quantity quantity;
	bool metered;                         /* values are amounts, not numbers of readings */
	double values[TIMELINE_SVG_DAYS_MAX]; /* NAN: no reading */
};

struct chart {
	char household[ID_BYTES];
	int32_t first; /* day */
	unsigned days, row_count, mark_count;
	struct chart_row rows[QUANTITY_COUNT];
	struct chart_mark marks[CHART_MARKS_MAX]; /* the oldest first */
};

/* chart_draw appends an SVG document; a failure is out->failed. */
void chart_draw(const struct chart *chart, struct buf *out);

#endif
