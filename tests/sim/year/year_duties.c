/* SPDX-License-Identifier: MIT
 *
 * Duties in force in the hands of the dispatcher's core: absences, cover requests and their notices. People act on what
 * they are told; who may have a duty is judged anew by year_rules.c when they have it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "year_internal.h"

#define WAKES_HOUR 6 /* and a half: who slept through a notice reads it then */

static bool never(const void *context, const char *name)
{
	(void)context;
	(void)name;
	return false;
}

static bool always(const void *context, const char *name)
{
	(void)context;
	(void)name;
	return true;
}

static void happened(const void *context, const char *team, struct wall since, bool english, struct buf *out)
{
	(void)context;
	(void)team;
	(void)since;
	(void)!buf_text(out, english ? "nothing." : "无事。");
}

enum err year_duties_open(struct year *year)
{
	struct rota_config config = {.zone = year->zone,
		.veto = year_swap_veto,
		.busy = never,
		.helps = always,
		.happened = happened,
		.swap_ms = MS_PER_DAY,
		.veto_ms = MS_PER_DAY / 2,
		.ask_ms = 30 * MS_PER_MINUTE,
		.ask_count = 3,
		.reachable_ms = YEAR_REACH_MS,
		.remind = true,
		.summary_min = -1};
	enum err err =
		rota_create(&config, incident_core_duty(year->core), incident_core_book(year->core), &year->rota);

	year->rota_due = WALL_NEVER;
	return err;
}

/* ---- what people say ---- */

bool year_wants(const struct year *year, const struct year_person *p, unsigned team, int day, int shift)
{
	bool usual = p->weekly[day % 7] >> (shift >= 2) & 1;
	int share = p->team != team ? RATE_COVER_YES_NEIGHBOUR : usual ? RATE_COVER_YES : RATE_COVER_YES_OTHER_TIMES;
	int64_t duty = ((int64_t)team * YEAR_TABLE_DAYS + day) * YEAR_SHIFTS + shift;
	uint64_t draw = text_hash64(p->id, strlen(p->id), year->options->seed ^ (uint64_t)(duty * 1000003 + 7));

	return !(p->away[day] & YEAR_PLANNED) && (int)(draw % 100) < share;
}

/* reads gives when somebody has read a notice and answers. */
static struct wall reads(struct year *year, struct wall at)
{
	struct dice *dice = &year->answer_dice;
	int64_t wait = year_spread(dice, ANSWER_NOTICE_MS);

	if (year_by_night(year, at) && !year_happens(dice, RATE_HEARS_OFF_NIGHT)) {
		struct wall morning = wall_plus(year_at(year, year_day(year, at), WAKES_HOUR), 30 * MS_PER_MINUTE);
		at = morning.ms > at.ms ? morning : wall_plus(morning, MS_PER_DAY);
	}
	return wall_plus(at, wait);
}

static enum err answer(struct year *year, const struct duty_notice *n, bool yes)
{
	struct year_event event = {.kind = YEAR_DUTY_REPLY, .at = reads(year, year->now)};

	event.reply.action = yes ? REPLY_ACCEPT : REPLY_DECLINE;
	text_cut(event.reply.incident, sizeof event.reply.incident, n->matter);
	text_cut(event.reply.user, sizeof event.reply.user, n->user);
	return year_later(year, &event);
}

static int shift_of(const char *name)
{
	int shift = 0;

	while (shift < YEAR_SHIFTS && strcmp(year_shift_names[shift], name) != 0)
		shift++;
	return shift;
}

static unsigned team_of(const char *id)
{
	return (unsigned)strtoul(id + 2, NULL, 10) - 1;
}

static bool on_duty(const struct year *year, const struct year_person *p, struct wall at)
{
	int today = year_day(year, at);

	for (int d = today ? today - 1 : 0; d <= today; d++)
		if (p->duty[d] >= 0 && year_duty_from(year, d, p->duty[d]).ms <= at.ms &&
			at.ms < year_duty_until(year, d, p->duty[d]).ms)
			return true;
	return false;
}

bool year_is_away(const struct year *year, const struct year_person *p, struct wall at)
{
	int day = year_day(year, wall_plus(at, -YEAR_DAY_FROM_HOUR * MS_PER_HOUR));

	return at.ms >= year_at(year, 0, YEAR_DAY_FROM_HOUR).ms && p->away[day] & YEAR_PLANNED && !on_duty(year, p, at);
}

void year_left_alone(struct year *year, const struct year_person *p, struct wall at, const char *what)
{
	if (year_is_away(year, p, at))
		year_breaks(year, YEAR_AWAY_LEFT, "%s is %s and away on day %d", p->id, what, year_day(year, at));
}

static enum err asked(struct year *year, const struct duty_notice *n)
{
	const struct year_person *p = year_person_find(year, n->user);
	struct rota_view m;

	year->counts.cover_asks++;
	if (year->options->fault == YEAR_FAULT_COVER_UNASKED)
		return ERR_OK;
	if (!p || !rota_view_of(year->rota, n->matter, &m))
		return ERR_OK;
	if (*m.duty.user) /* who is silent keeps it here: nobody takes it from them */
		return ERR_OK;
	year_cover_asked(year, team_of(m.team), year_day(year, m.duty.from), shift_of(m.duty.shift), p);
	year_left_alone(year, p, m.duty.from, "asked for a duty");
	year->counts.cover_near += p->team != team_of(m.team);
	bool yes = year_wants(year, p, team_of(m.team), year_day(year, m.duty.from), shift_of(m.duty.shift));
	if (!yes && !year_happens(&year->answer_dice, RATE_COVER_SAYS_NO))
		return ERR_OK;
	return answer(year, n, yes);
}

/* took: the word is given and the core has it: from now on it is a duty of that person. */
static void took(struct year *year, const struct rota_view *m, struct year_person *p)
{
	int day = year_day(year, m->duty.from), shift = shift_of(m->duty.shift);
	unsigned team = team_of(m->team);
	char text[200];

	if (p->duty[day] >= 0)
		year_breaks(year, YEAR_ROSTER_RULES, "%s has another duty on day %d", p->id, day);
	p->duty[day] = (int16_t)shift;
	p->said[day] = 1;
	p->got[day] = year->now;
	p->helps[day] = (uint8_t)(p->team == team ? 0 : team + 1);
	if (year_rule_broken(year, p, day, year->team[p->team].planned, text))
		year_breaks(year, YEAR_ROSTER_RULES, "taken: %s", text);
	year_covered(year, team, day, shift, p);
}

enum err year_duty_says(struct year *year, const struct year_event *event)
{
	const struct reply *r = &event->reply;
	struct year_person *p = year_person_find(year, r->user);
	bool yes = r->action == REPLY_ACCEPT, heard_yes = yes;
	struct rota_answer given;
	struct rota_view before;

	if ((p && p->away[year_day(year, year->now)] & YEAR_ILL) || !rota_view_of(year->rota, r->incident, &before))
		return ERR_OK;
	if (before.kind == ROTA_SWAP && year->options->fault == YEAR_FAULT_SWAP_FORCED)
		heard_yes = true;
	enum err err = rota_reply(year->rota, r->incident, r->user, heard_yes, year->now, &given);
	if (err)
		return err;
	year->counts.duty_verdicts[given.verdict]++;
	if (before.kind == ROTA_SWAP)
		year_swap_heard(year, r->incident, r->user, yes, given.verdict);
	else if (before.kind == ROTA_WATCH)
		year_start_answered(year, &before);
	else if (given.verdict == ROTA_TAKEN && yes)
		took(year, &before, p);
	err = year_duties_take(year);
	if (!err && given.verdict == ROTA_TAKEN && yes)
		year_judge_book(year, team_of(before.team));
	return err;
}

/* ---- effects ---- */

static enum err see_notice(struct year *year, const struct duty_notice *n)
{
	year->hash = text_hash64(n->id, strlen(n->id), year->hash ^ (uint64_t)(n->at.ms * 32 + n->kind));
	year->counts.notices[n->kind]++;
	bool yes;

	switch (n->kind) {
	case NOTICE_COVER_ASKED:
		return asked(year, n);
	case NOTICE_REACHABLE:
		return year_start_asked(year, n);
	case NOTICE_UNREACHABLE:
		year_start_climbed(year, n);
		return ERR_OK;
	case NOTICE_SWAP_ASKED:
	case NOTICE_SWAP_VETO:
		return year_swap_answers(year, n, &yes) ? answer(year, n, yes) : ERR_OK;
	case NOTICE_SWAP_VALID:
	case NOTICE_SWAP_OFF:
		year_swap_told(year, n);
		return ERR_OK;
	case NOTICE_TOMORROW:
	case NOTICE_SOON:
		year_reminded(year, n);
		return ERR_OK;
	default:
		return ERR_OK;
	}
}

enum err year_duties_take(struct year *year)
{
	static struct rota_effect effect;
	enum err err = ERR_OK;

	while (!err && rota_next(year->rota, &effect)) {
		if (effect.kind == ROTA_NOTICE)
			err = see_notice(year, &effect.notice);
		else
			(void)incident_core_book(year->core); /* who answers now may be another */
	}
	year->rota_due = rota_due(year->rota, year->now);
	return err;
}

enum err year_duties_tick(struct year *year)
{
	enum err err = rota_tick(year->rota, year->now);

	return err ? err : year_duties_take(year);
}

/* year_duties_before and _after stand around a new roster, with the rules that were published with it. */
static void write_rules(const struct year *year, unsigned number, char *text, size_t size)
{
	const struct year_team *t = &year->team[number];
	int today = year_day(year, year->now);
	struct civil date;
	size_t at;

	civil_from_ms(year_at(year, today, 20).ms, &date);
	at = (size_t)snprintf(text, size,
		"month,%04d-%02d-%02d\nrun,3\ntag,0,experienced\ntag,1,first_aid\ntag,2,key_holder\n", date.year,
		date.month, date.day);
	for (int s = 0; s < YEAR_SHIFTS; s++)
		at += (size_t)snprintf(text + at, size - at, "shift,%s,%d,%d,%d\n", year_shift_names[s], s >= 2,
			s >= 2 ? 3 : 0, s & 1 ? 0 : 1);
	for (unsigned i = 0; i < t->count; i++) {
		const struct year_person *p = &year->person[t->first + i];
		at += (size_t)snprintf(text + at, size - at, "person,%s,%d,%d,%d,%d\n", p->id,
			p->experienced | p->first_aid << 1 | p->key_holder << 2, p->at_most,
			year_served(year, p, today), p->nights_in_row);
	}
}

enum err year_duties_before(struct year *year, unsigned team)
{
	return rota_before(year->rota, year->team[team].id, year->now);
}

enum err year_duties_after(struct year *year, unsigned team)
{
	static struct rota_rules rules;
	char text[4096];
	struct errinfo info = {0};

	write_rules(year, team, text, sizeof text);
	enum err err = rota_rules_read(text, &rules, &info);
	if (!err)
		err = rota_rules_put(year->rota, year->team[team].id, &rules, WALL_NONE, WALL_NEVER, year->now);
	if (!err)
		err = rota_changed(year->rota, year->team[team].id, true, year->now);
	return err ? err : year_duties_take(year);
}

/* year_absent says that somebody cannot serve: what they have then is nobody's from here on. */
enum err year_absent(struct year *year, struct year_person *p, struct wall from, struct wall until)
{
	unsigned opened, lost = 0;
	int first = year_day(year, from);
	enum err err = rota_absent(year->rota, year->team[p->team].id, p->id, from, until, year->now, &opened);

	for (int d = first; d < first + 9 && d < YEAR_TABLE_DAYS && !err; d++) {
		if (p->duty[d] < 0 || year_duty_from(year, d, p->duty[d]).ms >= until.ms)
			continue;
		unsigned team = p->helps[d] ? p->helps[d] - 1u : p->team;
		err = year_lost(year, team, d, p->duty[d], p);
		p->duty[d] = -1;
		p->said[d] = p->helps[d] = 0;
		lost++;
	}
	if (!err && lost != opened)
		year_breaks(year, YEAR_BOOK_TRUE, "%s was absent: %u duties open, not %u", p->id, opened, lost);
	return err ? err : year_duties_take(year);
}
