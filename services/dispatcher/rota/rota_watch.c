/* SPDX-License-Identifier: MIT
 *
 * What the clock brings to duties: reminders a day and an hour before, the question at the start, the hand-over, and
 * the team's summaries. A watch over a duty lives from a day before it until its end. After an outage each is told
 * once, and of two reminders that are overdue the later one alone.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "rota_internal.h"

/* ---- watches ---- */

static struct matter *watch_of(struct rota *rota, const char *team, const struct book_duty *duty)
{
	for (struct matter *m = rota->matters; m; m = m->hh.next)
		if (m->kind == ROTA_WATCH && m->state != ROTA_WITHDRAWN && m->duty.from.ms == duty->from.ms &&
			!strcmp(m->team, team) && !strcmp(m->duty.shift, duty->shift) &&
			!strcmp(m->duty.user, duty->user))
			return m;
	return NULL;
}

static unsigned past_stages(const struct book_duty *duty, struct wall now)
{
	return (duty->from.ms - MS_PER_DAY <= now.ms ? STAGE_DAY : 0u) |
	       (duty->from.ms - MS_PER_HOUR <= now.ms ? STAGE_HOUR : 0u) | (duty->from.ms <= now.ms ? STAGE_START : 0u);
}

static struct wall next_stage(const struct matter *m)
{
	if (!(m->stages & STAGE_HOUR))
		return wall_plus(m->duty.from, -MS_PER_HOUR);
	return m->stages & STAGE_START ? WALL_NEVER : m->duty.from;
}

enum err watch_scan(struct rota *rota, const char *team, bool adopt, struct wall now)
{
	const struct book_duty *d;
	struct matter *m;
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && (d = book_get(rota->book, team, i)); i++) {
		if (d->from.ms - MS_PER_DAY > now.ms)
			break; /* they stand in order of their begin */
		if (d->until.ms <= now.ms || watch_of(rota, team, d))
			continue;
		struct book_duty duty = *d;
		err = matter_make(rota, ROTA_WATCH, team, &duty, "", now, &m);
		if (err)
			break;
		m->forget = duty.until;
		m->due = now;
		if (adopt) {
			m->stages = past_stages(&duty, now);
			m->due = next_stage(m);
			if (m->stages & STAGE_START)
				matter_move(m, ROTA_VALID, now); /* they have just said that they come */
		}
	}
	return err;
}

static enum err remind(struct rota *rota, struct matter *m, enum notice_kind kind, struct wall now)
{
	char words[DUTY_WORDS_BYTES];
	struct said said;

	duty_words(rota, &m->duty, words);
	if (kind == NOTICE_TOMORROW)
		say(&said, "提醒：您的 %s 班将在一天内开始。来不了请尽早说。",
			"Reminder: your duty %s begins within a day. If you cannot, please say so soon.", words);
	else
		say(&said, "提醒：您的 %s 班一小时内开始。", "Reminder: your duty %s begins within the hour.", words);
	return rota_tell(rota, m, m->duty.user, kind, WALL_NONE, &said, now);
}

/* hand_on gives who begins the words of what is open and what happened since the shift before began. */
static enum err hand_on(struct rota *rota, struct matter *m, struct wall now)
{
	const struct book *book = rota->book;
	struct wall since = wall_plus(m->duty.from, -MS_PER_DAY / 2);
	char from[ID_BYTES] = "";
	const struct book_duty *d;
	struct said said;
	struct buf zh, en;
	enum err err;

	for (unsigned i = 0; (d = book_get(book, m->team, i)); i++) {
		if (d->until.ms != m->duty.from.ms)
			continue;
		if (!strcmp(d->user, m->duty.user))
			return ERR_OK; /* on duty already: knows it all */
		if (!*from) {
			text_cut(from, sizeof from, d->user);
			since = d->from;
		}
	}
	buf_init(&zh, NOTICE_BYTES / 2);
	buf_init(&en, NOTICE_BYTES / 2);
	rota->config.happened(rota->config.context, m->team, since, false, &zh);
	rota->config.happened(rota->config.context, m->team, since, true, &en);
	snprintf(said.zh, sizeof said.zh, "交接（上一班 %s）：%s", *from ? from : "无人", zh.data ? zh.data : "无事。");
	snprintf(said.en, sizeof said.en, "Hand-over (before you %s): %s", *from ? from : "nobody",
		en.data ? en.data : "nothing.");
	buf_fini(&zh);
	buf_fini(&en);
	err = rota_tell(rota, m, m->duty.user, NOTICE_HANDOVER, WALL_NONE, &said, now);
	return err;
}

static enum err begin(struct rota *rota, struct matter *m, struct wall now)
{
	char words[DUTY_WORDS_BYTES];
	struct said said;
	enum err err = hand_on(rota, m, now);

	if (err || !rota->config.reachable_ms) {
		matter_move(m, ROTA_VALID, now);
		return err;
	}
	m->due = wall_plus(now, rota->config.reachable_ms);
	say(&said, "您的 %s 班开始了，能联系到您吗？请确认。",
		"Your duty %s begins: are you reachable? Please confirm.", duty_words(rota, &m->duty, words));
	return rota_tell(rota, m, m->duty.user, NOTICE_REACHABLE, m->due, &said, now);
}

/* silent: who is on duty does not answer: the next one on duty and the captain know, and somebody else is sought. */
static enum err silent(struct rota *rota, struct matter *m, struct wall now)
{
	const struct book_duty *other;
	struct duty_people people;
	struct rota_answer answer;
	char words[DUTY_WORDS_BYTES], told[ID_BYTES] = "";
	struct said said;
	enum err err = ERR_OK;

	matter_move(m, ROTA_TIMED_OUT, now);
	rota_captain(rota, m->team, &people);
	say(&said, "%s（%s）上岗时未应答，请先顶上；正在找人接替。",
		"%s (%s) does not answer at the start of the duty: you are first now; somebody else is being sought.",
		m->duty.user, duty_words(rota, &m->duty, words));
	for (unsigned i = 0; !*told && (other = book_at(rota->book, m->team, now, i)); i++)
		if (strcmp(other->user, m->duty.user) != 0)
			text_cut(told, sizeof told, other->user);
	if (*told)
		err = rota_tell(rota, m, told, NOTICE_UNREACHABLE, WALL_NONE, &said, now);
	say(&said, "%s（%s）上岗时未应答，后备 %s，正在找人接替。",
		"%s (%s) does not answer at the start of the duty; backup: %s; somebody else is being sought.",
		m->duty.user, words, *told ? told : "-");
	if (!err && strcmp(people.captain, told) != 0 && strcmp(people.captain, m->duty.user) != 0)
		err = rota_tell(rota, m, *people.captain ? people.captain : people.desk, NOTICE_UNREACHABLE, WALL_NONE,
			&said, now);
	return err ? err : rota_cover(rota, m->team, m->duty.shift, m->duty.from, m->duty.user, now, &answer);
}

/* gone: who has the duty has left the team; it is open. */
static enum err gone(struct rota *rota, struct matter *m, struct wall now)
{
	struct book_duty duty = m->duty;
	char team[ID_BYTES];
	enum err err = rota_before(rota, m->team, now);

	text_cut(team, sizeof team, m->team);
	rota_told(rota, duty.user);
	if (!err)
		err = cover_gap(rota, team, &duty, now);
	return err ? err : rota_settle(rota, team, now); /* which ends this watch */
}

enum err watch_tick(struct rota *rota, struct matter *m, struct wall now)
{
	unsigned past = past_stages(&m->duty, now), fresh = past & ~m->stages;
	enum err err = ERR_OK;

	if (!rota_reaches(rota, m->team, m->duty.user))
		return gone(rota, m, now);
	if (m->stages & STAGE_START) /* the question was asked */
		return silent(rota, m, now);
	m->stages |= past;
	m->dirty = true;
	m->due = next_stage(m);
	if (fresh & STAGE_START)
		return begin(rota, m, now);
	if (!rota->config.remind || !fresh)
		return ERR_OK;
	err = remind(rota, m, fresh & STAGE_HOUR ? NOTICE_SOON : NOTICE_TOMORROW, now);
	return err;
}

enum err watch_reply(
	struct rota *rota, struct matter *m, const char *user, bool yes, struct wall now, struct rota_answer *out)
{
	struct book_duty duty = m->duty;
	struct matter *cover;
	struct rota_answer answer;

	if (strcmp(user, duty.user) != 0)
		out->verdict = ROTA_FOREIGN;
	else if (m->state == ROTA_DONE)
		out->verdict = yes ? ROTA_REPEATED : ROTA_TAKEN;
	else if (m->state == ROTA_WITHDRAWN || duty.until.ms <= now.ms)
		out->verdict = ROTA_LATE;
	else
		out->verdict = ROTA_TAKEN;
	if (out->verdict != ROTA_TAKEN)
		return ERR_OK;
	if (!yes) { /* cannot come: somebody else is sought; they keep it until then */
		if (m->state == ROTA_OPEN &&
			(m->stages & STAGE_START)) /* before, they are asked again when it begins */
			matter_move(m, ROTA_TIMED_OUT, now);
		return rota_cover(rota, m->team, duty.shift, duty.from, duty.user, now, &answer);
	}
	if (m->stages & STAGE_START)
		matter_move(m, ROTA_VALID, now);
	cover = matter_live(rota, ROTA_COVER, m->team, &duty, duty.user);
	return cover ? cover_end(rota, cover, ROTA_ENDED, now) : ERR_OK;
}

/* ---- summaries ---- */

static struct wall summary_at(const struct rota *rota, struct wall now, int days)
{
	struct civil local = zone_to_civil(rota->config.zone, now);

	local.day += days;
	local.hour = rota->config.summary_min / 60;
	local.minute = rota->config.summary_min % 60;
	local.second = local.millisecond = 0;
	return zone_from_civil(rota->config.zone, local);
}

struct wall watch_summary_due(const struct rota *rota, struct wall now)
{
	struct wall today;

	if (rota->config.summary_min < 0)
		return WALL_NEVER;
	if (!wall_is_set(rota->told_day))
		return (struct wall){0};
	today = summary_at(rota, now, 0);
	return rota->told_day.ms < today.ms ? today : summary_at(rota, now, 1);
}

/* list appends who has which duty in from..until, and the gaps. */
static void list(
	struct rota *rota, const char *team, struct wall from, struct wall until, struct buf *zh, struct buf *en)
{
	const struct book_duty *d;
	char words[DUTY_WORDS_BYTES];
	unsigned gaps = 0;

	for (unsigned i = 0; (d = book_get(rota->book, team, i)); i++) {
		if (d->until.ms <= from.ms || d->from.ms >= until.ms)
			continue;
		duty_words(rota, d, words);
		(void)!buf_printf(zh, "%s %s；", words, d->user);
		(void)!buf_printf(en, "%s %s; ", words, d->user);
	}
	for (const struct matter *m = rota->matters; m; m = m->hh.next) {
		if (m->kind != ROTA_COVER || *m->duty.user || rota_final(m->kind, m->state) ||
			strcmp(m->team, team) != 0 || m->duty.until.ms <= from.ms || m->duty.from.ms >= until.ms)
			continue;
		duty_words(rota, &m->duty, words);
		(void)!buf_printf(zh, "%s%s；", gaps ? "" : "缺人：", words);
		(void)!buf_printf(en, "%s%s; ", gaps++ ? "" : "open: ", words);
	}
	(void)!buf_text(zh, gaps ? "" : "无缺口。");
	(void)!buf_text(en, gaps ? "" : "no gaps.");
}

static enum err summarise(struct rota *rota, const char *team, enum notice_kind kind, struct wall now)
{
	struct matter cause = {.kind = ROTA_WATCH};
	int64_t span = kind == NOTICE_WEEK ? 7 * MS_PER_DAY : MS_PER_DAY;
	struct duty_people people;
	struct buf zh, en;
	struct said said;
	struct civil local = zone_to_civil(rota->config.zone, now);
	enum err err;

	text_cut(cause.team, sizeof cause.team, team);
	snprintf(cause.id, sizeof cause.id, "rota-%04d%02d%02d-%016llx", local.year, local.month, local.day,
		(unsigned long long)text_hash64(team, strlen(team), 0));
	buf_init(&zh, NOTICE_BYTES - 200);
	buf_init(&en, NOTICE_BYTES - 200);
	list(rota, team, now, wall_plus(now, span), &zh, &en);
	snprintf(said.zh, sizeof said.zh, "%s：%s%s", kind == NOTICE_WEEK ? "本周值班" : "今日值班",
		zh.data ? zh.data : "", zh.failed ? "……" : "");
	snprintf(said.en, sizeof said.en, "%s: %s%s", kind == NOTICE_WEEK ? "This week" : "Today",
		en.data ? en.data : "", en.failed ? "..." : "");
	buf_fini(&zh);
	buf_fini(&en);
	err = rota_tell(rota, &cause, rota_captain(rota, team, &people), kind, WALL_NONE, &said, now);
	return err;
}

/* has_roster: a team that has neither duties nor gaps ahead is told nothing. */
static bool has_roster(struct rota *rota, const char *team)
{
	if (book_get(rota->book, team, 0))
		return true;
	for (const struct matter *m = rota->matters; m; m = m->hh.next)
		if (m->kind == ROTA_COVER && !rota_final(m->kind, m->state) && !strcmp(m->team, team))
			return true;
	return false;
}

enum err watch_summaries(struct rota *rota, struct wall now)
{
	bool first = !wall_is_set(rota->told_day);
	struct wall due = watch_summary_due(rota, now);
	char team[ID_BYTES] = "";
	enum err err = ERR_OK;

	if (due.ms > now.ms)
		return ERR_OK;
	rota->told_day = summary_at(rota, now, 0);
	if (rota->told_day.ms > now.ms)
		rota->told_day = summary_at(rota, now, -1);
	rota->told_dirty = true;
	while (!err && !first && duty_next_team(rota->duty, team)) {
		if (!has_roster(rota, team))
			continue;
		err = summarise(rota, team, NOTICE_DAY, now);
		if (!err && zone_to_civil(rota->config.zone, now).weekday == 0)
			err = summarise(rota, team, NOTICE_WEEK, now);
	}
	return err;
}
