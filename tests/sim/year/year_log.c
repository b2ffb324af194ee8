/* SPDX-License-Identifier: MIT
 *
 * The log of incident events as they happen, and what must be true of each incident at the end.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "codec/codec.h"
#include "year_internal.h"

static struct year_incident *known(struct year *year, const struct incident *s)
{
	struct year_incident *i;

	HASH_FIND_STR(year->incidents, s->id, i);
	if (i)
		return i;
	i = calloc(1, sizeof *i);
	if (!i)
		return NULL;
	i->number = year->outcome->incidents++;
	text_cut(i->id, sizeof i->id, s->id);
	i->opened = s->opened;
	i->since = s->at;
	i->level = s->level;
	i->accepted = WALL_NONE;
	text_cut(i->rule, sizeof i->rule, s->kind == ALERT_RULE ? "night_restless" : alert_kind_name(s->kind));
	HASH_ADD_STR(year->incidents, id, i);
	return i;
}

static enum err write_line(struct year *year, const char *lane, enum err err, struct buf *line)
{
	if (!err)
		err = fprintf(year->log, "{\"lane\":\"%s\",\"item\":%s}\n", lane, line->data) < 0 ? ERR_IO : ERR_OK;
	buf_fini(line);
	return err;
}

enum err year_log_alert(struct year *year, const struct alert *alert)
{
	struct buf line;

	if (!year->log)
		return ERR_OK;
	buf_init(&line, 16384);
	return write_line(year, "alert", codec_alert_encode(alert, &line), &line);
}

static enum err keep_row(struct year *year, const struct year_incident *i, const struct incident *s)
{
	if (year->row_count == year->row_room) {
		unsigned room = year->row_room ? year->row_room * 2 : 4096;
		struct year_row *more = realloc(year->rows, room * sizeof *more);
		if (!more)
			return ERR_NOMEM;
		year->rows = more;
		year->row_room = room;
	}
	struct year_row *row = &year->rows[year->row_count++];
	*row = (struct year_row){.incident = i->number, .revision = s->revision, .event = s->event, .at = s->at};
	text_cut(row->actor, sizeof row->actor, s->actor);
	return ERR_OK;
}

enum err year_log_event(struct year *year, const struct incident *s)
{
	struct year_incident *i = known(year, s);
	struct buf line;
	enum err err = i ? keep_row(year, i, s) : ERR_NOMEM;

	if (err)
		return err;
	if (s->level < i->level && s->event != INCIDENT_EVENT_RAISED) { /* more urgent from here on */
		i->since = s->at;
		i->going = s->state == INCIDENT_ACCEPTED || s->state == INCIDENT_ON_SITE;
		if (!i->going)
			i->accepted = WALL_NONE;
	}
	i->level = s->level;
	i->outcome = s->outcome;
	text_cut(i->responder, sizeof i->responder, s->responder);
	i->over = incident_over(s->state);
	if (s->event == INCIDENT_EVENT_ACCEPTED && !wall_is_set(i->accepted)) {
		i->accepted = s->at;
		i->by_desk = !strcmp(s->responder, "desk");
	}
	year->counts.joined += s->event == INCIDENT_EVENT_ALERT_JOINED;
	if (!year->log)
		return ERR_OK;
	buf_init(&line, 16384);
	return write_line(year, "incident", codec_incident_encode(s, &line), &line);
}

/* year_close looks at each incident when the time is over. */
void year_close(struct year *year)
{
	for (const struct year_incident *i = year->incidents; i; i = i->hh.next) {
		if (!i->over)
			year_breaks(year, YEAR_INCIDENT_ENDED, "%s is still open", i->id);
		if (i->level != ALERT_LIFE)
			continue;
		year->outcome->about_life++;
		if (i->going)
			continue;
		if (!wall_is_set(i->accepted))
			year_breaks(year, YEAR_LIFE_REACHED, "%s: nobody had it", i->id);
		else if (i->accepted.ms > i->since.ms + YEAR_LIFE_LATEST_MS)
			year_breaks(year, YEAR_LIFE_REACHED, "%s: nobody had it for %d s", i->id,
				(int)((i->accepted.ms - i->since.ms) / MS_PER_SECOND));
	}
}

void year_log_fini(struct year *year)
{
	struct year_incident *i, *next_incident;
	struct year_page *p, *next_page;

	HASH_ITER(hh, year->incidents, i, next_incident)
	{
		HASH_DEL(year->incidents, i);
		free(i);
	}
	HASH_ITER(hh, year->pages, p, next_page)
	{
		HASH_DEL(year->pages, p);
		free(p);
	}
	free(year->rows);
}
