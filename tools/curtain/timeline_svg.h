/* SPDX-License-Identifier: MIT
 *
 * timeline_svg: a household's last weeks on one sheet (A4, landscape): a column a day, a row for each signal with what
 * it told that day, and below them alerts, incidents, visits, tasks and services where they were. Marks differ by shape
 * and filling, so that a print in black tells them apart. Ids and words of the closed sets only, no names.
 */
#ifndef CURTAIN_TOOL_TIMELINE_SVG_H
#define CURTAIN_TOOL_TIMELINE_SVG_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/clock.h"

#define TIMELINE_SVG_DAYS_MAX 62

/* timeline_svg appends the picture of what records/timeline answered: its newest days (7..TIMELINE_SVG_DAYS_MAX).
 * *out_known as answers_timeline. ERR_INVALID: the answer is not of that form. */
enum err timeline_svg(const char *json, const struct zone *zone, unsigned days, struct buf *out, bool *out_known,
	struct errinfo *info) ERR_MUST_CHECK;

#endif
