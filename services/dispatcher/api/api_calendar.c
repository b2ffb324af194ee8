/* SPDX-License-Identifier: MIT
 *
 * A volunteer's duties in force as a calendar, for a feed: the same duties give the same text but for DTSTAMP. A duty
 * that went to somebody else is not in it any more, which takes it out of a calendar that reads the feed again.
 */
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "codec/json.h"
#include "dispatcher/api/api.h"
#include "dispatcher/ics.h"

#define CALENDAR_BYTES_MAX (1u << 20)

static void beside(const struct book *book, const char *team, const struct book_duty *own, struct buf *out)
{
	const struct book_duty *other;
	int said = 0;

	buf_text(out, "同时值班 beside you: ");
	for (unsigned i = 0; (other = book_get(book, team, i)); i++)
		if (other != own && other->from.ms < own->until.ms && own->from.ms < other->until.ms)
			buf_printf(out, "%s%s (%s)", said++ ? ", " : "", other->user, other->shift);
	buf_text(out, said ? "" : "无 nobody");
}

static void event(const struct dispatcher *d, const char *team, const struct book_duty *duty, struct buf *out)
{
	struct civil local = zone_to_civil(d->zone, duty->from);
	char uid[ID_BYTES * 4], summary[ID_BYTES * 3];
	struct buf others;

	/* as the calendar of a file has it (roster_forms.c) */
	snprintf(uid, sizeof uid, "%s.%04d-%02d-%02d.%s.%s@curtain", team, local.year, local.month, local.day,
		duty->shift, duty->user);
	snprintf(summary, sizeof summary, "值班 duty: %s (%s)", duty->shift, team);
	buf_init(&others, 8000);
	beside(duty_rosters(incident_core_duty(d->core)), team, duty, &others);
	out->failed = out->failed ? out->failed : others.failed;
	ics_duty(out, &(struct ics_duty){.uid = uid,
			      .summary = summary,
			      .description = others.data ? others.data : "",
			      .made = d->turn.wall,
			      .from = duty->from,
			      .until = duty->until});
	buf_fini(&others);
}

enum err api_calendar(struct dispatcher *d, struct call *call)
{
	struct buf *out = call->out;
	const struct duty *duty = incident_core_duty(d->core);
	const struct book_duty *one;
	char user[ID_BYTES] = "", team[ID_BYTES] = "", name[ID_BYTES * 2];
	struct buf ics;
	enum err err = api_arg_id(call->args, "user", true, user, call->info);

	if (!err)
		err = request_done(call->args, call->info);
	if (err)
		return err;
	snprintf(name, sizeof name, "值班 Duty %s", user);
	buf_init(&ics, CALENDAR_BYTES_MAX);
	ics_open(&ics, name);
	while (duty_next_team(duty, team))
		for (unsigned i = 0; (one = book_get(duty_rosters(duty), team, i)); i++)
			if (!strcmp(one->user, user))
				event(d, team, one, &ics);
	ics_close(&ics);
	json_open(out, '{');
	json_member_text(out, "ics", ics.data ? ics.data : "");
	json_close(out, '}');
	err = ics.failed ? ics.failed : out->failed;
	buf_fini(&ics);
	return err;
}
