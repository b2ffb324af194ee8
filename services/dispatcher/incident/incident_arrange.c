/* SPDX-License-Identifier: MIT
 *
 * What people arrange around an incident beyond going and coming back: when they will be there, who takes over, who
 * comes too, notes, silence, reopening, merging. Who may: the desk everything; the responder what concerns the way;
 * whoever was asked may write a note.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "incident_internal.h"

/* LATE_GRACE_MS: somebody who said 12 minutes and takes 15 is on time. */
#define LATE_GRACE_MS (5 * MS_PER_MINUTE)

void arrange_expect(struct incident_core *core, struct emergency *e, uint32_t minutes, struct wall now)
{
	uint32_t policy_s = ladder_of(core, e)->arrive_s;
	int64_t limit_ms = (policy_s ? policy_s : duty_home_of(core->duty, e->now.household).arrive_s) * MS_PER_SECOND;
	int64_t said_ms = minutes * MS_PER_MINUTE;

	e->now.expected = minutes ? wall_plus(now, said_ms) : WALL_NONE;
	if (minutes && said_ms + LATE_GRACE_MS < limit_ms)
		limit_ms = said_ms + LATE_GRACE_MS;
	e->arrive_due = wall_plus(now, limit_ms);
}

/* ---- a second person, a key ---- */

static bool beside_is_open(const struct emergency *e, enum page_role role)
{
	for (unsigned i = 0; i < e->asked_count; i++)
		if (e->asked[i].role == role && e->asked[i].state == ASKED_OPEN)
			return true;
	return false;
}

/* may_come: somebody who did not say no, is not in it already and is not absent. */
static bool may_come(
	const struct incident_core *core, struct emergency *e, const char *user, enum page_role role, struct wall now)
{
	const struct asked *asked = asked_find(e, user);

	if (!*user || !strcmp(user, e->now.responder) || !strcmp(user, e->now.second) || core_absent(core, user, now))
		return false;
	return !asked || (asked->state != ASKED_DECLINED && asked->state != ASKED_ACCEPTED && asked->role != role &&
				 asked->role != PAGE_DESK);
}

static const char *next_second(struct incident_core *core, struct emergency *e, struct duty_people *people,
	enum page_role role, struct wall now)
{
	const struct circle *circle = duty_circle_of(core->duty, e->now.household);

	for (unsigned i = 0; role == PAGE_KEY && i < circle->count[CIRCLE_KEYS]; i++)
		if (may_come(core, e, circle->users[CIRCLE_KEYS][i], role, now))
			return circle->users[CIRCLE_KEYS][i];
	if (role == PAGE_KEY)
		return NULL;
	duty_people_at(core->duty, e->now.team, now, people);
	for (unsigned i = 0; i < people->count; i++)
		if (may_come(core, e, people->users[i], role, now))
			return people->users[i];
	for (unsigned i = 0; i < circle->count[CIRCLE_NEIGHBOURS]; i++)
		if (may_come(core, e, circle->users[CIRCLE_NEIGHBOURS][i], role, now))
			return circle->users[CIRCLE_NEIGHBOURS][i];
	if (strcmp(people->captain, people->desk) != 0 && may_come(core, e, people->captain, role, now))
		return people->captain;
	return NULL;
}

enum err arrange_second(struct incident_core *core, struct emergency *e, enum page_role role, struct wall now)
{
	static const char want_second[] = "请第二人同去 (a second person is needed at the door)";
	static const char want_key[] = "请带钥匙去开门 (somebody with the key is needed)";
	static const char none_found[] = "没有找到可同去的人，请值班台安排 (nobody else was found to come too)";
	static const char no_key[] = "没有人能带钥匙来，请值班台安排 (nobody with a key was found)";
	struct duty_home home = duty_home_of(core->duty, e->now.household);
	struct duty_people people;
	const char *user;

	user = next_second(core, e, &people, role, now);
	if (!user || home.canary)
		return ladder_tell_desk(core, e, role == PAGE_KEY ? no_key : none_found, now);
	return ladder_ask_beside(core, e, user, role, wall_plus(now, home.accept_s[e->now.level] * MS_PER_SECOND),
		role == PAGE_KEY ? want_key : want_second, now);
}

enum err arrange_company(struct incident_core *core, struct emergency *e, struct wall now)
{
	const struct policy_ladder *ladder = ladder_of(core, e);
	bool key = ladder->key && !ladder_has_key(core, e, e->now.responder);
	enum err err = key ? arrange_second(core, e, PAGE_KEY, now) : ERR_OK;

	return err || !ladder->second ? err : arrange_second(core, e, PAGE_SECOND, now);
}

enum err arrange_beside_out(struct incident_core *core, struct emergency *e, struct asked *asked, struct wall now)
{
	char note[NOTE_BYTES];

	if (asked->role != PAGE_RELIEF)
		return arrange_second(core, e, asked->role, now);
	snprintf(note, sizeof note, "%s 不能接手，仍由您负责 (%s does not take it over; it is still yours)",
		asked->user, asked->user);
	return ladder_urge(core, e, note, now);
}

/* take_beside: who was asked beside the responder accepts: comes too, or takes over. */
enum err arrange_beside_in(
	struct incident_core *core, struct emergency *e, struct asked *asked, uint32_t minutes, struct wall now)
{
	enum page_role role = asked->role;
	struct asked *before;
	enum err err;

	asked->state = ASKED_ACCEPTED;
	core->tallies[INCIDENT_ACCEPTS]++;
	if (role != PAGE_RELIEF) {
		before = asked_find(e, e->now.second);
		text_cut(e->now.second, sizeof e->now.second, asked->user);
		err = case_event(core, e, INCIDENT_EVENT_SECOND_COMING, asked->user, now);
		if (!err)
			err = ladder_withdraw_role(core, e, role, now);
		if (err || !before)
			return err;
		before->state = ASKED_WITHDRAWN; /* two are enough: the one with the key goes instead */
		return ladder_tell_late(core, e, before, now);
	}
	before = asked_find(e, e->now.responder);
	if (before)
		before->state = ASKED_WITHDRAWN;
	text_cut(e->now.responder, sizeof e->now.responder, asked->user);
	asked->role = PAGE_BACKUP; /* from now on theirs, no longer beside */
	if (!strcmp(e->now.second, asked->user))
		*e->now.second = '\0';
	e->done_due = WALL_NEVER;
	arrange_expect(core, e, minutes, now);
	err = case_event(core, e, INCIDENT_EVENT_TAKEN_OVER, asked->user, now);
	if (!err && before)
		err = ladder_tell_late(core, e, before, now);
	return err ? err : ladder_withdraw_role(core, e, PAGE_RELIEF, now);
}

enum err arrange_promote(struct incident_core *core, struct emergency *e, struct wall now)
{
	struct asked *asked = asked_find(e, e->now.second);

	if (asked)
		asked->role = PAGE_BACKUP;
	text_cut(e->now.responder, sizeof e->now.responder, e->now.second);
	*e->now.second = '\0';
	arrange_expect(core, e, 0, now);
	return case_event(core, e, INCIDENT_EVENT_ACCEPTED, e->now.responder, now);
}

/* ---- handing over ---- */

static enum err hand_over(struct incident_core *core, struct emergency *e, const struct says *says)
{
	const char *heir = says->reply->to;
	struct duty_home home = duty_home_of(core->duty, e->now.household);
	struct asked *asked = asked_find(e, heir);
	char note[NOTE_BYTES], said[NOTE_BYTES + ID_BYTES + 64];
	enum err err;

	if (!duty_knows(core->duty, e->now.team, e->now.household, heir) || !strcmp(heir, e->now.responder) ||
		home.canary)
		return says_verdict(says, INCIDENT_MISPLACED);
	if (asked && asked->role == PAGE_RELIEF && asked->state == ASKED_OPEN)
		return says_verdict(says, INCIDENT_REPEATED);
	err = case_event(core, e, INCIDENT_EVENT_HANDING_OVER, says->reply->user, says->now);
	snprintf(said, sizeof said, "%s 请您接手 (asks you to take over)%s%s", says->reply->user,
		says->reply->note[0] ? "：" : "", says->reply->note);
	text_cut(note, sizeof note, said);
	if (!err)
		err = ladder_withdraw_role(core, e, PAGE_RELIEF, says->now);
	if (!err && !strcmp(heir, e->now.second)) { /* who comes already is not asked again */
		asked->role = PAGE_RELIEF;
		return arrange_beside_in(core, e, asked, 0, says->now);
	}
	if (!err)
		err = ladder_ask_beside(core, e, heir, PAGE_RELIEF,
			wall_plus(says->now, home.accept_s[e->now.level] * MS_PER_SECOND), note, says->now);
	return err;
}

/* ---- a new shift ---- */

/* shift_words: how it stands, for somebody who has just come on duty. */
static void shift_words(const struct emergency *e, char out[NOTE_BYTES])
{
	bool there = e->now.state == INCIDENT_ON_SITE;

	snprintf(out, NOTE_BYTES, "交班：%s %s，需要时可接手 (shift change: %s is %s; take over if need be)",
		e->now.responder, there ? "在现场" : "在路上", e->now.responder, there ? "on site" : "on the way");
}

/* tell_relief: the first on duty is told of an incident that somebody of the shift before still has. */
static enum err tell_relief(struct incident_core *core, struct emergency *e, const char *user, struct wall now)
{
	char note[NOTE_BYTES];
	enum err err;

	shift_words(e, note);
	err = case_event(core, e, INCIDENT_EVENT_HANDING_OVER, "", now);
	if (!err)
		err = ladder_withdraw_role(core, e, PAGE_RELIEF, now);
	return err ? err : ladder_ask_beside(core, e, user, PAGE_RELIEF, WALL_NEVER, note, now);
}

static bool serves_now(const struct duty_people *people, const char *user)
{
	for (unsigned i = 0; i < people->count; i++)
		if (!strcmp(people->users[i], user))
			return true;
	return false;
}

enum err arrange_shift(struct incident_core *core, struct emergency *e, struct wall now)
{
	struct duty_people people;
	enum err err = ERR_OK;

	if (e->shift.ms > now.ms)
		return ERR_OK;
	e->shift = duty_edge(core->duty, now);
	core_mark(core, e);
	duty_people_at(core->duty, e->now.team, now, &people);
	if (duty_home_of(core->duty, e->now.household).canary || !people.count)
		return ERR_OK;
	if (e->now.state == INCIDENT_ESCALATED && ladder_pages(core, e))
		err = ladder_climb_new(core, e, now); /* who has come on duty was not asked yet */
	else if (case_going(e) && !serves_now(&people, e->now.responder) &&
		 !duty_is_desk(core->duty, e->now.team, e->now.responder) &&
		 strcmp(people.users[0], e->now.second) != 0)
		err = tell_relief(core, e, people.users[0], now);
	return err ? err : case_touch(core, e);
}

/* ---- silence ---- */

enum err arrange_release(struct incident_core *core, struct emergency *e, const char *actor, struct wall now)
{
	enum err err = case_event(core, e, INCIDENT_EVENT_RELEASED, actor, now);

	return err ? err : case_page_first(core, e, now);
}

/* silence: never of a call for help, which somebody must take. */
static enum err silence(struct incident_core *core, struct emergency *e, const struct says *says)
{
	enum err err;

	if (e->now.level == ALERT_LIFE ||
		incident_next_state(e->now.state, INCIDENT_EVENT_HELD) == INCIDENT_STATE_COUNT)
		return says_verdict(says, INCIDENT_MISPLACED);
	e->now.until = wall_plus(says->now, says->reply->minutes * MS_PER_MINUTE);
	err = case_event(core, e, INCIDENT_EVENT_HELD, says->reply->user, says->now);
	return err ? err : ladder_withdraw(core, e, "", says->now);
}

/* ---- again, or together ---- */

static enum err reopen(struct incident_core *core, struct emergency *e, const struct says *says)
{
	struct duty_home home = duty_home_of(core->duty, e->now.household);
	enum err err;

	if (e->now.into[0] || case_open_of(core, e->now.household))
		return says_verdict(says, INCIDENT_MISPLACED); /* it lives on as another */
	err = case_open_set(core, e);
	if (err)
		return err;
	if (home.known) { /* it may have moved meanwhile */
		text_cut(e->now.team, sizeof e->now.team, home.team);
		text_cut(e->now.community, sizeof e->now.community, home.community);
	}
	e->forget_due = WALL_NEVER;
	e->now.outcome = OUTCOME_NONE;
	e->now.found = FOUND_NONE;
	e->now.expected = WALL_NONE;
	e->shift = duty_edge(core->duty, says->now); /* shifts changed while it was over, and who serves now is asked */
	*e->now.responder = *e->now.second = '\0';
	for (unsigned i = 0; i < e->asked_count; i++)
		if (e->asked[i].state == ASKED_ACCEPTED)
			e->asked[i].state = ASKED_WITHDRAWN;
	err = case_event(core, e, INCIDENT_EVENT_REOPENED, says->reply->user, says->now);
	return err ? err : case_page_first(core, e, says->now);
}

/* absorb moves what is known by alerts and households from one to the other. */
static enum err absorb(struct incident_core *core, struct emergency *from, struct emergency *into)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; i < from->alert_count && !err; i++) {
		struct alert alert = {.revision = from->alerts[i].revision,
			.level = from->alerts[i].level,
			.state = from->alerts[i].cleared ? ALERT_CLEARED : ALERT_RAISED};
		text_cut(alert.id, sizeof alert.id, from->alerts[i].id);
		err = case_alert_add(core, into, &alert);
	}
	into->further_alerts += from->further_alerts;
	return err ? err : case_open_move(core, from, into);
}

static enum err merge(struct incident_core *core, struct emergency *e, const struct says *says)
{
	struct emergency *into = case_find(core, says->reply->to);
	struct duty_home home = duty_home_of(core->duty, e->now.household);
	bool urgent;
	enum err err;

	if (!into || into == e || incident_over(into->now.state) || home.canary ||
		incident_next_state(e->now.state, INCIDENT_EVENT_MERGED) == INCIDENT_STATE_COUNT ||
		into->also_count + e->also_count + 1u > CASE_ALSO_MAX)
		return says_verdict(says, INCIDENT_MISPLACED);
	urgent = e->now.level < into->now.level;
	err = absorb(core, e, into);
	text_cut(e->now.into, sizeof e->now.into, into->now.id);
	if (!err)
		err = case_close(core, e, INCIDENT_EVENT_MERGED, says->reply->user, says->now);
	if (err)
		return err;
	snprintf(into->now.note, sizeof into->now.note, "并入 %s，住户 %s (merged: %s of household %s)", e->now.id,
		e->now.household, e->now.id, e->now.household);
	if (urgent)
		case_lead(into, e->now.kind, e->now.level, e->now.reason_zh, e->now.reason_en);
	err = case_event(core, into, INCIDENT_EVENT_ALERT_JOINED, says->reply->user, says->now);
	if (!err && urgent)
		err = case_press_on(core, into, says->now);
	return err ? err : case_touch(core, into);
}

/* ---- what was said ---- */

static enum err on_the_way(struct incident_core *core, struct emergency *e, const struct says *says)
{
	if (e->now.state != INCIDENT_ACCEPTED)
		return says_verdict(says, INCIDENT_MISPLACED);
	arrange_expect(core, e, says->reply->minutes, says->now);
	return case_event(core, e, INCIDENT_EVENT_ON_THE_WAY, says->reply->user, says->now);
}

/* come_too: one more person, with the key or without. */
static enum err come_too(struct incident_core *core, struct emergency *e, const struct says *says)
{
	enum page_role role = says->reply->action == REPLY_KEY ? PAGE_KEY : PAGE_SECOND;

	if (beside_is_open(e, role) || (role == PAGE_SECOND && e->now.second[0]))
		return says_verdict(says, INCIDENT_REPEATED);
	return arrange_second(core, e, role, says->now);
}

static enum err of_the_way(struct incident_core *core, struct emergency *e, const struct says *says)
{
	bool mine = says_is(e->now.responder, says) || says_is(e->now.second, says);

	if (!mine && !says->desk)
		return says_verdict(says, says->asked ? INCIDENT_LATE : INCIDENT_FOREIGN);
	if (e->now.state != INCIDENT_ACCEPTED && e->now.state != INCIDENT_ON_SITE)
		return says_verdict(says, INCIDENT_MISPLACED);
	if (says->reply->action == REPLY_ON_THE_WAY)
		return on_the_way(core, e, says);
	if (says->reply->action == REPLY_HAND_OVER)
		return hand_over(core, e, says);
	return come_too(core, e, says);
}

static enum err of_the_desk(struct incident_core *core, struct emergency *e, const struct says *says)
{
	if (!says->desk)
		return says_verdict(says, says->asked ? INCIDENT_MISPLACED : INCIDENT_FOREIGN);
	if (incident_over(e->now.state))
		return says_verdict(says, INCIDENT_LATE);
	if (says->reply->action == REPLY_SILENCE)
		return silence(core, e, says);
	if (says->reply->action == REPLY_MERGE)
		return merge(core, e, says);
	if (e->now.state != INCIDENT_HELD)
		return says_verdict(says, INCIDENT_MISPLACED);
	return arrange_release(core, e, says->reply->user, says->now);
}

enum err arrange_take(struct incident_core *core, struct emergency *e, const struct says *says)
{
	bool over = incident_over(e->now.state);

	switch (says->reply->action) {
	case REPLY_NOTE:
		if (!says->asked && !says->desk)
			return says_verdict(says, INCIDENT_FOREIGN);
		return case_event(core, e, INCIDENT_EVENT_NOTED, says->reply->user, says->now);
	case REPLY_REOPEN:
		if (!says->desk && !says_is(e->now.responder, says))
			return says_verdict(says, says->asked ? INCIDENT_MISPLACED : INCIDENT_FOREIGN);
		return over ? reopen(core, e, says) : says_verdict(says, INCIDENT_MISPLACED);
	case REPLY_ON_THE_WAY:
	case REPLY_HAND_OVER:
	case REPLY_SECOND:
	case REPLY_KEY:
		return over ? says_verdict(says, says->asked || says->desk ? INCIDENT_LATE : INCIDENT_FOREIGN)
			    : of_the_way(core, e, says);
	default:
		return of_the_desk(core, e, says);
	}
}
