/* SPDX-License-Identifier: MIT */
#include "dispatcher/ics.h"

#include <string.h>

#include "base/civil.h"

#define FOLD 75 /* bytes of a line without its end, RFC 5545 3.1 */

void ics_line(struct buf *out, const char *line)
{
	size_t used = 0;

	for (const char *c = line; *c;) {
		size_t length = 1;
		while (((unsigned char)c[length] & 0xc0) == 0x80)
			length++;
		if (used + length > FOLD) {
			buf_text(out, "\r\n ");
			used = 1;
		}
		buf_append(out, c, length);
		used += length;
		c += length;
	}
	buf_text(out, "\r\n");
}

void ics_text(struct buf *out, const char *name, const char *text)
{
	struct buf line;

	buf_init(&line, 8192);
	buf_text(&line, name);
	buf_byte(&line, ':');
	for (const char *c = text; *c; c++)
		buf_text(&line, *c == '\n'           ? "\\n"
				: strchr("\\;,", *c) ? (const char[]){'\\', *c, 0}
						     : (const char[]){*c, 0});
	if (line.failed)
		out->failed = line.failed;
	else
		ics_line(out, line.data);
	buf_fini(&line);
}

void ics_time(struct buf *out, const char *name, struct wall at)
{
	struct civil c;

	civil_from_ms(at.ms, &c);
	buf_printf(out, "%s:%04d%02d%02dT%02d%02d%02dZ\r\n", name, c.year, c.month, c.day, c.hour, c.minute, c.second);
}

void ics_open(struct buf *out, const char *name)
{
	buf_text(out, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Curtain//Duty roster//ZH\r\nCALSCALE:GREGORIAN\r\n"
		      "METHOD:PUBLISH\r\nREFRESH-INTERVAL;VALUE=DURATION:PT1H\r\nX-PUBLISHED-TTL:PT1H\r\n");
	ics_text(out, "X-WR-CALNAME", name);
}

void ics_close(struct buf *out)
{
	buf_text(out, "END:VCALENDAR\r\n");
}

static void alarm(struct buf *out, const char *trigger, const char *text)
{
	buf_printf(out, "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:%s\r\n", trigger);
	ics_text(out, "DESCRIPTION", text);
	buf_text(out, "END:VALARM\r\n");
}

void ics_duty(struct buf *out, const struct ics_duty *duty)
{
	buf_text(out, "BEGIN:VEVENT\r\n");
	ics_text(out, "UID", duty->uid);
	buf_printf(out, "SEQUENCE:%lld\r\n", duty->sequence);
	ics_time(out, "DTSTAMP", duty->made);
	ics_time(out, "DTSTART", duty->from);
	ics_time(out, "DTEND", duty->until);
	ics_text(out, "SUMMARY", duty->summary);
	ics_text(out, "DESCRIPTION", duty->description);
	buf_text(out, "STATUS:CONFIRMED\r\nTRANSP:OPAQUE\r\nCATEGORIES:DUTY\r\n");
	alarm(out, "-P1D", duty->summary);
	alarm(out, "-PT1H", duty->summary);
	buf_text(out, "END:VEVENT\r\n");
}
