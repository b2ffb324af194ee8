/* SPDX-License-Identifier: MIT
 *
 * A book that has changed: whose next duty is another one now, and what that means for the matters of the team.
 */
#include <string.h>

#include "base/text.h"
#include "rota_internal.h"

/* ---- whose next duty has moved ---- */

static const struct book_duty *next_of(const struct rota *rota, const char *team, const char *user, struct wall now)
{
	const struct book_duty *d;

	for (unsigned i = 0; (d = book_get(rota->book, team, i)); i++)
		if (d->until.ms > now.ms && !strcmp(d->user, user))
			return d;
	return NULL;
}

static struct next_duty *before_of(struct rota *rota, const char *user)
{
	for (unsigned i = 0; i < rota->before_count; i++)
		if (!strcmp(rota->before[i].user, user))
			return &rota->before[i];
	return NULL;
}

/* remember adds somebody, with or without a next duty. */
static enum err remember(struct rota *rota, const char *user, const struct book_duty *next)
{
	if (rota->before_count == rota->before_capacity) {
		unsigned capacity = rota->before_capacity ? rota->before_capacity * 2 : 64;
		struct next_duty *more = realloc(rota->before, capacity * sizeof *more);
		if (!more)
			return ERR_NOMEM;
		rota->before = more;
		rota->before_capacity = capacity;
	}
	struct next_duty *row = &rota->before[rota->before_count++];
	*row = (struct next_duty){.from = next ? next->from : WALL_NONE};
	text_cut(row->user, sizeof row->user, user);
	text_cut(row->shift, sizeof row->shift, next ? next->shift : "");
	return ERR_OK;
}

enum err rota_before(struct rota *rota, const char *team, struct wall now)
{
	const struct book_duty *d;
	enum err err = ERR_OK;

	rota->before_count = 0;
	for (struct matter *m = rota->matters; m; m = m->hh.next)
		if (m->kind == ROTA_COVER && !rota_final(m->kind, m->state) && !strcmp(m->team, team))
			m->holders = cover_holders(rota, m);
	for (unsigned i = 0; !err && (d = book_get(rota->book, team, i)); i++)
		if (d->until.ms > now.ms && !before_of(rota, d->user))
			err = remember(rota, d->user, d);
	return err;
}

void rota_told(struct rota *rota, const char *user)
{
	struct next_duty *row = before_of(rota, user);

	if (!row && !remember(rota, user, NULL))
		row = &rota->before[rota->before_count - 1];
	if (row)
		row->told = true;
}

static enum err tell_moved(struct rota *rota, const char *team, const struct next_duty *row, struct wall now)
{
	const struct book_duty *next = next_of(rota, team, row->user, now);
	struct matter cause = {.kind = ROTA_WATCH};
	char words[DUTY_WORDS_BYTES];
	struct said said;

	if (row->told ||
		(next ? next->from.ms == row->from.ms && !strcmp(next->shift, row->shift) : !wall_is_set(row->from)))
		return ERR_OK;
	text_cut(cause.team, sizeof cause.team, team);
	if (next) {
		cause.duty = *next;
		say(&said, "排班有变动：您的下一班是 %s。", "The roster has changed: your next duty is %s.",
			duty_words(rota, next, words));
	} else {
		say(&said, "排班有变动：您目前没有待值的班。", "The roster has changed: you have no duty ahead.");
	}
	/* named by the moment: the same duty may come and go */
	cause.opened = now;
	matter_name(rota, &cause);
	return rota_tell(rota, &cause, row->user, NOTICE_MOVED, WALL_NONE, &said, now);
}

static enum err tell_all_moved(struct rota *rota, const char *team, struct wall now)
{
	const struct book_duty *d;
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && (d = book_get(rota->book, team, i)); i++)
		if (d->until.ms > now.ms && !before_of(rota, d->user))
			err = remember(rota, d->user, NULL);
	for (unsigned i = 0; !err && i < rota->before_count; i++)
		err = tell_moved(rota, team, &rota->before[i], now);
	rota->before_count = 0;
	return err;
}

/* ---- a book that has changed ---- */

static enum err check(struct rota *rota, const char *team, struct wall now)
{
	struct matter *m, *next;
	enum err err = ERR_OK;

	HASH_ITER(hh, rota->matters, m, next)
	{
		if (err || strcmp(m->team, team) != 0 || rota_final(m->kind, m->state))
			continue;
		if (m->kind == ROTA_SWAP)
			err = swap_check(rota, m, now);
		else if (m->kind == ROTA_COVER)
			err = cover_check(rota, m, false, now);
		else if (m->kind == ROTA_WATCH && m->state == ROTA_OPEN &&
			 !book_find(rota->book, team, m->duty.shift, m->duty.from, m->duty.user))
			matter_move(m, ROTA_ENDED, now);
	}
	return err;
}

enum err rota_settle(struct rota *rota, const char *team, struct wall now)
{
	enum err err = tell_all_moved(rota, team, now);

	if (!err)
		err = rota_book(rota, team);
	if (!err)
		err = check(rota, team, now);
	return err ? err : watch_scan(rota, team, true, now);
}

enum err rota_changed(struct rota *rota, const char *team, bool whole, struct wall now)
{
	struct matter *m, *next;
	enum err err = ERR_OK;
	unsigned opened = 0;

	HASH_ITER(hh, rota->matters, m, next)
	{
		if (!err && whole && m->kind == ROTA_COVER && !rota_final(m->kind, m->state) && !strcmp(m->team, team))
			err = cover_check(rota, m, true, now);
	}
	/* who is absent does not serve, whatever a new roster says; that goes into the same change */
	HASH_ITER(hh, rota->matters, m, next)
	{
		if (!err && whole && m->kind == ROTA_ABSENCE && m->state == ROTA_OPEN)
			rota_absence_apply(rota, team, m, now, &opened, &err);
	}
	return err ? err : rota_settle(rota, team, now);
}

enum err rota_lost(struct rota *rota, const char *team, struct wall now)
{
	struct matter cause = {.kind = ROTA_WATCH, .opened = now};
	struct duty_people people;
	struct said said;
	enum err err;

	text_cut(cause.team, sizeof cause.team, team);
	matter_name(rota, &cause);
	rota_captain(rota, team, &people);
	say(&said,
		"%s 队在库中的排班读不出，已停用：求助暂按平时愿意值班的人派单，与无排班时相同。请重新发布该队排班。",
		"The roster of team %s in the store cannot be read and is out of force: calls go to those who usually "
		"serve, as without a roster. Please publish it anew.",
		team);
	err = rota_tell(rota, &cause, people.desk, NOTICE_ROSTER_LOST, WALL_NONE, &said, now);
	if (!err && *people.captain && strcmp(people.captain, people.desk) != 0)
		err = rota_tell(rota, &cause, people.captain, NOTICE_ROSTER_LOST, WALL_NONE, &said, now);
	if (!err)
		err = rota_before(rota, team, now);
	return err ? err : rota_changed(rota, team, true, now);
}

enum err rota_state_lost(struct rota *rota, const char *what, const char *zh, const char *en, struct wall now)
{
	struct matter cause = {.kind = ROTA_WATCH, .team = "none", .opened = now};
	struct duty_people people;
	struct said said;

	text_cut(cause.other, sizeof cause.other, what);
	matter_name(rota, &cause);
	duty_people_at(rota->duty, "", now, &people);
	text_cut(said.zh, sizeof said.zh, zh);
	text_cut(said.en, sizeof said.en, en);
	return rota_tell(rota, &cause, people.desk, NOTICE_STATE_LOST, WALL_NONE, &said, now);
}
