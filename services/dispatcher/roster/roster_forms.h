/* SPDX-License-Identifier: MIT
 *
 * roster_forms: a team's roster as people use it: a table for a spreadsheet, a sheet for the notice board, a calendar
 * for a volunteer. Volunteers are shown by their label, by their id where they have none. All append to out and give
 * out->failed.
 */
#ifndef CURTAIN_DISPATCHER_ROSTER_FORMS_H
#define CURTAIN_DISPATCHER_ROSTER_FORMS_H

#include "base/buf.h"
#include "base/clock.h"
#include "dispatcher/roster/team.h"

/* roster_form_calendar: what a calendar needs beside the roster. */
struct roster_form_calendar {
	const struct zone *zone; /* of the times of day; the calendar itself has UTC, so it needs no rules of a zone */
	struct wall made;        /* DTSTAMP */
	int64_t revision;        /* SEQUENCE: grows with every roster that is made */
};

/* roster_form_csv writes a row a duty and person: date, weekday, shift, from, until, volunteer; an open duty has none.
 * RFC 4180, UTF-8 with a byte order mark, since spreadsheets guess wrong without. A field that a spreadsheet would take
 * for a formula is given a leading apostrophe. */
enum err roster_form_csv(const struct team *team, const struct roster_plan *plan, struct buf *out) ERR_MUST_CHECK;
/* roster_form_svg writes a sheet of a row a day, to be printed on A4. */
enum err roster_form_svg(const struct team *team, const struct roster_plan *plan, struct buf *out) ERR_MUST_CHECK;
/* roster_form_calendar_of writes one volunteer's duties as an iCalendar feed (RFC 5545). The UID of a duty is made of
 * team, date, shift and volunteer, so a re-plan changes what it has changed and nothing else. */
enum err roster_form_calendar_of(const struct team *team, const struct roster_plan *plan, int volunteer,
	const struct roster_form_calendar *calendar, struct buf *out) ERR_MUST_CHECK;

#endif
