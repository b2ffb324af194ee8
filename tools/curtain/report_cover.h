/* SPDX-License-Identifier: MIT
 *
 * report_cover: how much of each day somebody of a team is on duty, from the duties that the dispatcher has in force.
 * Pure. A team of which it has none is counted as without a roster, not as uncovered: there pages go by what its people
 * offer (docs/roster.md).
 */
#ifndef CURTAIN_TOOL_REPORT_COVER_H
#define CURTAIN_TOOL_REPORT_COVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"

#define COVER_DAYS_MAX 31

struct cover_span {
	struct wall from, until;
};

/* cover_gaps writes the parts of [from, until) in which no span is, up to most, and returns how many there are. Spans
 * are sorted in place. */
size_t cover_gaps(struct cover_span *spans, size_t count, struct wall from, struct wall until, struct cover_span *out,
	size_t most);
/* cover_ms gives how much of [from, until) at least one span covers. Spans are sorted in place. */
int64_t cover_ms(struct cover_span *spans, size_t count, struct wall from, struct wall until);

#endif
