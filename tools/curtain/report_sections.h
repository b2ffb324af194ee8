/* SPDX-License-Identifier: MIT
 *
 * report_sections: the parts of the fortnightly paper that consist of figures.
 */
#ifndef CURTAIN_TOOL_REPORT_SECTIONS_H
#define CURTAIN_TOOL_REPORT_SECTIONS_H

#include "base/buf.h"
#include "base/clock.h"
#include "report_model.h"

void sections_tiles(const struct report *report, struct buf *out);
void sections_people(const struct report *report, struct buf *out);
void sections_alarms(const struct report *report, struct buf *out);
void sections_answers(const struct report *report, struct buf *out);
void sections_care(const struct report *report, struct buf *out);
void sections_roster(const struct report *report, const struct zone *zone, struct buf *out);
void sections_places(const struct report *report, struct buf *out);

#endif
