/* SPDX-License-Identifier: MIT
 *
 * incident_text: one event of an incident as one line for a person, Chinese first.
 */
#ifndef CURTAIN_TOOL_INCIDENT_TEXT_H
#define CURTAIN_TOOL_INCIDENT_TEXT_H

#include <stdbool.h>

#include "base/buf.h"
#include "message/message.h"

/* incident_text_event appends what happened ("呼叫 v-1", "已帮助, 结束"): event, who, result. */
void incident_text_event(
	enum incident_event event, const char *actor, enum outcome outcome, const char *note, struct buf *out);
/* incident_text_line appends time, level, reason, household, what happened, id, ended by a newline. As a state
 * (open = true) it tells where the incident stands instead of what happened last. colour: with ANSI colours. */
void incident_text_line(
	const struct incident *incident, const struct zone *zone, bool open, bool colour, struct buf *out);

#endif
