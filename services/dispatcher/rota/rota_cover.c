/* SPDX-License-Identifier: MIT
 *
 * Cover requests: a few people at a time, in the order of rota_reach.c, each wave with a time-out; the first yes has
 * the duty. When nobody of the team is left or the duty is near, the captain knows, then the desk; whoever was asked
 * may still say yes until the duty is over. Absences open duties.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "rota_internal.h"

#define WAVE_LEAST_MS (2 * MS_PER_MINUTE)

const struct rota_asked *cover_asked_find(const struct matter *m, const char *user)
{
	for (unsigned i = 0; i < m->asked_count; i++)
		if (!strcmp(m->asked[i].user, user))
			return &m->asked[i];
	return NULL;
}

/* wave_ms: the nearer the duty, the shorter. */
static int64_t wave_ms(const struct rota *rota, const struct matter *m, struct wall now)
{
	int64_t wait = (m->duty.from.ms - now.ms) / 12;

	wait = wait < WAVE_LEAST_MS ? WAVE_LEAST_MS : wait;
	return wait < rota->config.ask_ms ? wait : rota->config.ask_ms;
}

/* beside: of a duty that somebody still has, the rest of the time is theirs. */
static const struct book_duty *instead(const struct matter *m)
{
	return *m->duty.user ? &m->duty : NULL;
}

static enum err ask_one(struct rota *rota, struct matter *m, const char *user, struct wall now)
{
	char words[DUTY_WORDS_BYTES];
	struct said said;

	text_cut(m->asked[m->asked_count].user, ID_BYTES, user);
	m->asked[m->asked_count++].answer = ASKED_WAITS;
	m->dirty = true;
	say(&said, "%s 班缺人，您能接吗？先答应者接班。", "The duty %s is open: can you take it? The first yes has it.",
		duty_words(rota, &m->duty, words));
	return rota_tell(rota, m, user, NOTICE_COVER_ASKED, m->due, &said, now);
}

/* ask_wave asks the next few, those of other teams when nobody of the own is left; *out_asked = 0: nobody at all. */
static enum err ask_wave(struct rota *rota, struct matter *m, struct wall now, unsigned *out_asked, bool *out_near)
{
	struct cover list[ROTA_REACH_MAX];
	unsigned own, count = rota_reach(rota, m, list, &own);
	enum err err = ERR_OK;

	*out_asked = 0;
	m->due = wall_plus(now, wave_ms(rota, m, now));
	for (unsigned i = 0; i < count && !err && *out_asked < rota->config.ask_count; i++) {
		const char *user = list[i].user;
		if (m->asked_count == ROTA_ASKED_MAX || (i >= own && *out_asked && !*out_near))
			break;
		if (cover_asked_find(m, user) || !strcmp(user, m->other) || !strcmp(user, m->duty.user) ||
			rota_bar_of(rota, m->team, &m->duty, user, NULL))
			continue;
		err = ask_one(rota, m, user, now);
		*out_near = i >= own;
		++*out_asked;
	}
	return err;
}

/* presses: half of the time from the request to the duty is over. One that began with the duty is asked for first: the
 * captain has just been told who is missing. */
static bool presses(const struct matter *m, struct wall now)
{
	return m->opened.ms < m->duty.from.ms && now.ms - m->opened.ms >= (m->duty.from.ms - m->opened.ms) / 2;
}

static enum err tell_open(struct rota *rota, struct matter *m, const char *user, struct wall now)
{
	char words[DUTY_WORDS_BYTES];
	struct rota_why why;
	struct said said;
	struct buf zh, en;

	rota_why_open(rota, m, &why);
	buf_init(&zh, NOTICE_BYTES - 200);
	buf_init(&en, NOTICE_BYTES - 200);
	rota_why_words(&why, false, &zh);
	rota_why_words(&why, true, &en);
	duty_words(rota, &m->duty, words);
	snprintf(said.zh, sizeof said.zh, "%s 班无人接（已问 %u 人），请安排。%s。", words, m->asked_count,
		zh.data ? zh.data : "");
	snprintf(said.en, sizeof said.en, "Nobody takes the duty %s (%u asked): please arrange it. %s.", words,
		m->asked_count, en.data ? en.data : "");
	buf_fini(&zh);
	buf_fini(&en);
	return rota_tell(rota, m, user, NOTICE_COVER_OPEN, m->duty.until, &said, now);
}

/* climb tells the captain, and when that brings nobody either, the desk. A team without a captain has the desk alone.
 */
static enum err climb(struct rota *rota, struct matter *m, struct wall now)
{
	struct duty_people people;
	enum err err = ERR_OK;

	rota_captain(rota, m->team, &people);
	if (m->state == ROTA_OPEN)
		matter_move(m, ROTA_CLIMBS, now);
	m->dirty = true;
	if (*people.captain && !(m->stages & STAGE_CAPTAIN)) {
		m->stages |= STAGE_CAPTAIN;
		err = tell_open(rota, m, people.captain, now);
	} else if (!(m->stages & STAGE_DESK)) {
		m->stages |= STAGE_DESK;
		if (strcmp(people.desk, people.captain) != 0)
			err = tell_open(rota, m, people.desk, now);
	}
	return err;
}

/* seek asks on. The captain knows when nobody of the team is left or half of the time is over, the desk when nobody is
 * left at all or the duty has begun; others go on being asked. */
static enum err seek(struct rota *rota, struct matter *m, struct wall now)
{
	unsigned asked;
	bool near = false;
	enum err err = ask_wave(rota, m, now, &asked, &near);
	bool captain = !(m->stages & (STAGE_CAPTAIN | STAGE_DESK)) && (!asked || near || presses(m, now));
	bool desk = !captain && !(m->stages & STAGE_DESK) &&
		    (!asked || (m->opened.ms < m->duty.from.ms && m->duty.from.ms <= now.ms));

	if (!err && (captain || desk))
		err = climb(rota, m, now);
	if (!asked && m->stages & STAGE_DESK) { /* later somebody may be free who is not now */
		m->due = wall_plus(now, rota->config.ask_ms);
		m->due = m->due.ms < m->duty.until.ms ? m->due : m->duty.until;
	}
	return err;
}

/* owed: captain or desk were told that it is open, and do not know of its end by another word. */
static bool owed(struct matter *m, const char *user, const char *but)
{
	return strcmp(user, but) != 0 && strcmp(user, m->other) != 0 && !cover_asked_find(m, user);
}

/* tell_over: those who were asked and have not said no need not think about it any more. */
static enum err tell_over(struct rota *rota, struct matter *m, const char *but, struct wall now)
{
	struct duty_people people;
	char words[DUTY_WORDS_BYTES];
	struct said said;
	enum err err = ERR_OK;

	say(&said, "%s 班已不缺人，谢谢。", "The duty %s is not open any more, thank you.",
		duty_words(rota, &m->duty, words));
	for (unsigned i = 0; i < m->asked_count && !err; i++)
		if (m->asked[i].answer == ASKED_WAITS && strcmp(m->asked[i].user, but) != 0)
			err = rota_tell(rota, m, m->asked[i].user, NOTICE_COVER_OVER, WALL_NONE, &said, now);
	rota_captain(rota, m->team, &people);
	if (!err && (m->stages & STAGE_CAPTAIN) && owed(m, people.captain, but))
		err = rota_tell(rota, m, people.captain, NOTICE_COVER_OVER, WALL_NONE, &said, now);
	if (!err && (m->stages & STAGE_DESK) && strcmp(people.desk, people.captain) != 0 && owed(m, people.desk, but))
		err = rota_tell(rota, m, people.desk, NOTICE_COVER_OVER, WALL_NONE, &said, now);
	return err;
}

enum err cover_end(struct rota *rota, struct matter *m, enum rota_event event, struct wall now)
{
	matter_move(m, event, now);
	return tell_over(rota, m, "", now);
}

enum err cover_open(struct rota *rota, const char *team, const struct book_duty *duty, const char *of, struct wall now,
	struct matter **out)
{
	enum err err = matter_make(rota, ROTA_COVER, team, duty, of, now, out);

	return err ? err : seek(rota, *out, now);
}

enum err cover_tick(struct rota *rota, struct matter *m, struct wall now)
{
	if (m->duty.until.ms <= now.ms) {
		matter_move(m, ROTA_TIMED_OUT, now);
		return ERR_OK;
	}
	return seek(rota, m, now);
}

unsigned cover_holders(const struct rota *rota, const struct matter *m)
{
	const struct book_duty *d;
	unsigned count = 0;

	for (unsigned i = 0; (d = book_get(rota->book, m->team, i)) && d->from.ms <= m->duty.from.ms; i++)
		count += d->from.ms == m->duty.from.ms && !strcmp(d->shift, m->duty.shift);
	return count;
}

enum err cover_check(struct rota *rota, struct matter *m, bool whole, struct wall now)
{
	const struct book *book = rota->book;

	if (*m->duty.user)
		return book_find(book, m->team, m->duty.shift, m->duty.from, m->duty.user)
			       ? ERR_OK
			       : cover_end(rota, m, ROTA_ENDED, now);
	if (whole && !book_get(book, m->team, 0)) /* the team has no roster any more */
		return cover_end(rota, m, ROTA_ENDED, now);
	if (whole && cover_holders(rota, m) > m->holders) { /* one more than before: it fills one gap */
		for (struct matter *other = rota->matters; other; other = other->hh.next)
			if (other->kind == ROTA_COVER && other->duty.from.ms == m->duty.from.ms &&
				!strcmp(other->team, m->team) && !strcmp(other->duty.shift, m->duty.shift))
				other->holders++;
		return cover_end(rota, m, ROTA_ENDED, now);
	}
	return ERR_OK;
}

/* ---- yes and no ---- */

static enum err give(struct rota *rota, struct matter *m, const char *user, struct wall now)
{
	struct book *book = rota->book;
	struct book_duty duty = m->duty;
	enum err err = rota_before(rota, m->team, now);

	if (!err && *duty.user)
		err = book_drop(book, m->team, duty.shift, duty.from, duty.user);
	text_cut(duty.user, sizeof duty.user, user);
	return err ? err : book_add(book, m->team, &duty);
}

static enum err take(struct rota *rota, struct matter *m, const char *user, struct wall now)
{
	char words[DUTY_WORDS_BYTES];
	struct said said;
	enum err err = give(rota, m, user, now);

	if (err)
		return err;
	matter_move(m, ROTA_VALID, now);
	text_cut(m->by, sizeof m->by, user);
	duty_words(rota, &m->duty, words);
	say(&said, "%s 班由您接，谢谢！", "The duty %s is yours, thank you!", words);
	err = rota_tell(rota, m, user, NOTICE_COVER_YOURS, WALL_NONE, &said, now);
	say(&said, "您的 %s 班由 %s 接替。", "Your duty %s has been taken by %s.", words, user);
	if (!err && *m->other)
		err = rota_tell(rota, m, m->other, NOTICE_COVER_OVER, WALL_NONE, &said, now);
	if (!err)
		err = tell_over(rota, m, user, now);
	rota_told(rota, user);
	if (*m->other)
		rota_told(rota, m->other);
	return err ? err : rota_settle(rota, m->team, now);
}

static enum err refuse(struct rota *rota, struct matter *m, const char *user, struct wall now)
{
	bool waits = false;

	for (unsigned i = 0; i < m->asked_count; i++) {
		if (!strcmp(m->asked[i].user, user))
			m->asked[i].answer = ASKED_NO;
		waits = waits || m->asked[i].answer == ASKED_WAITS;
	}
	m->dirty = true;
	return waits ? ERR_OK : cover_tick(rota, m, now); /* all have: who is next? */
}

enum err cover_reply(
	struct rota *rota, struct matter *m, const char *user, bool yes, struct wall now, struct rota_answer *out)
{
	const struct rota_asked *asked = cover_asked_find(m, user);
	struct duty_people people;

	rota_captain(rota, m->team, &people);
	bool leads = ((m->stages & STAGE_CAPTAIN) && !strcmp(user, people.captain)) ||
		     ((m->stages & STAGE_DESK) && !strcmp(user, people.desk));
	out->verdict = ROTA_TAKEN;
	if (!asked && !leads)
		out->verdict = ROTA_FOREIGN;
	else if (rota_final(m->kind, m->state))
		out->verdict = m->state == ROTA_DONE && yes && !strcmp(m->by, user) ? ROTA_REPEATED : ROTA_LATE;
	else if (!yes && asked && asked->answer == ASKED_NO)
		out->verdict = ROTA_REPEATED;
	else if (yes && (out->bar = rota_bar_of(rota, m->team, &m->duty, user, instead(m))))
		out->verdict = ROTA_BARRED;
	if (out->verdict != ROTA_TAKEN)
		return ERR_OK;
	if (yes)
		return take(rota, m, user, now);
	return asked ? refuse(rota, m, user, now) : ERR_OK;
}

enum err rota_cover(struct rota *rota, const char *team, const char *shift, struct wall from, const char *user,
	struct wall now, struct rota_answer *out)
{
	const struct book_duty *found = book_find(rota->book, team, shift, from, user);
	struct book_duty duty;
	struct matter *m;
	enum err err = ERR_OK;

	*out = (struct rota_answer){.verdict = ROTA_UNKNOWN};
	if (!found || found->until.ms <= now.ms)
		return ERR_OK;
	duty = *found;
	m = matter_live(rota, ROTA_COVER, team, &duty, user);
	out->verdict = m ? ROTA_REPEATED : ROTA_TAKEN;
	if (!m)
		err = cover_open(rota, team, &duty, user, now, &m);
	if (err)
		return err;
	text_cut(out->id, sizeof out->id, m->id);
	out->state = m->state;
	return ERR_OK;
}

/* ---- absences ---- */

enum err cover_gap(struct rota *rota, const char *team, const struct book_duty *duty, struct wall now)
{
	struct matter *m = matter_live(rota, ROTA_COVER, team, duty, duty->user);
	struct book_duty gap = *duty;
	enum err err = book_drop(rota->book, team, duty->shift, duty->from, duty->user);

	gap.user[0] = '\0';
	if (!err && m) {
		m->duty = gap;
		m->dirty = true;
		return ERR_OK;
	}
	return err ? err : cover_open(rota, team, &gap, duty->user, now, &m);
}

void rota_absence_apply(struct rota *rota, const char *team, const struct matter *absence, struct wall now,
	unsigned *opened, enum err *err)
{
	struct book_duty duty;
	bool more = true;

	while (more && !*err) {
		const struct book_duty *d;
		more = false;
		for (unsigned i = 0; !more && (d = book_get(rota->book, team, i)); i++) {
			more = d->until.ms > now.ms && !strcmp(d->user, absence->duty.user) &&
			       d->from.ms < absence->duty.until.ms && absence->duty.from.ms < d->until.ms;
			if (more)
				duty = *d;
		}
		if (more)
			*err = cover_gap(rota, team, &duty, now);
		*opened += more;
	}
}

/* open_duties opens those of the absence in one team: their own, or one that they help. */
static enum err open_duties(
	struct rota *rota, const char *team, const struct matter *absence, struct wall now, unsigned *out_opened)
{
	unsigned opened = 0;
	enum err err = rota_before(rota, team, now);

	rota_told(rota, absence->duty.user);
	if (!err)
		rota_absence_apply(rota, team, absence, now, &opened, &err);
	*out_opened += opened;
	return err || !opened ? err : rota_settle(rota, team, now);
}

static struct matter *absence_of(const struct rota *rota, const char *team, const char *user)
{
	for (struct matter *m = rota->matters; m; m = m->hh.next)
		if (m->kind == ROTA_ABSENCE && m->state == ROTA_OPEN && !strcmp(m->team, team) &&
			!strcmp(m->duty.user, user))
			return m;
	return NULL;
}

enum err rota_absent(struct rota *rota, const char *team, const char *user, struct wall from, struct wall until,
	struct wall now, unsigned *out_opened)
{
	struct matter *m = absence_of(rota, team, user);
	struct book_duty away = {.from = from, .until = until};
	char near[ID_BYTES] = "";
	enum err err = ERR_OK;

	*out_opened = 0;
	if (until.ms <= from.ms || until.ms <= now.ms) {
		if (m)
			matter_move(m, ROTA_ENDED, now);
		return aways_end(rota, user, now);
	}
	text_cut(away.user, sizeof away.user, user);
	if (m) { /* said anew: what is said last counts */
		m->duty = away;
		m->dirty = true;
	} else {
		err = matter_make(rota, ROTA_ABSENCE, team, &away, "", now, &m);
	}
	if (err)
		return err;
	m->due = until;
	err = open_duties(rota, team, m, now, out_opened);
	while (!err && duty_next_team(rota->duty, near))
		if (duty_near(rota->duty, team, near))
			err = open_duties(rota, near, m, now, out_opened);
	return err;
}
