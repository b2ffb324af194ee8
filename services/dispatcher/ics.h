/* SPDX-License-Identifier: MIT
 *
 * ics: the lines of an RFC 5545 calendar (3.1 content lines, 3.3.11 TEXT, UTC times). Pure; failures stay in the
 * buffer.
 */
#ifndef CURTAIN_DISPATCHER_ICS_H
#define CURTAIN_DISPATCHER_ICS_H

#include "base/buf.h"
#include "base/clock.h"

/* ics_line writes a content line, folded at 75 bytes, never inside a character. */
void ics_line(struct buf *out, const char *line);
/* ics_text writes a property of type TEXT: backslash, semicolon, comma and line end are escaped. */
void ics_text(struct buf *out, const char *name, const char *text);
void ics_time(struct buf *out, const char *name, struct wall at);
/* ics_open begins a calendar of duties with a name to show, ics_close ends it. */
void ics_open(struct buf *out, const char *name);
void ics_close(struct buf *out);
/* ics_duty writes a duty as an event with alarms a day and an hour before. */
struct ics_duty {
	const char *uid, *summary, *description;
	long long sequence;
	struct wall made, from, until;
};
void ics_duty(struct buf *out, const struct ics_duty *duty);

#endif
