/* SPDX-License-Identifier: MIT
 *
 * kpi: the answer of records/kpi as a table for the desk.
 */
#ifndef CURTAIN_TOOL_KPI_H
#define CURTAIN_TOOL_KPI_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"

/* kpi_show appends the figures, each with its aim where care desks are held to one (docs/incident.md). */
enum err kpi_show(const char *json, const struct zone *zone, struct buf *out, struct errinfo *info) ERR_MUST_CHECK;

#endif
