/* SPDX-License-Identifier: MIT
 *
 * The ladder of people. A step is one time at which somebody new is asked; the policy says whom, and how many pages
 * are kept open. A page that expires stays an invitation: whoever answers later is as welcome, until somebody goes.
 */
#include "incident_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

void page_id(const char *incident, const char *user, uint32_t step, char out[ID_BYTES])
{
	uint64_t hash = text_hash64(incident, strlen(incident) + 1, 0);

	hash = text_hash64(user, strlen(user) + 1, hash);
	hash = text_hash64(
		&(uint8_t[]){(uint8_t)step, (uint8_t)(step >> 8), (uint8_t)(step >> 16), (uint8_t)(step >> 24)}, 4,
		hash);
	snprintf(out, ID_BYTES, "p-%016llx", (unsigned long long)hash);
}

struct asked *asked_find(struct emergency *e, const char *user)
{
	for (unsigned i = 0; i < e->asked_count; i++)
		if (!strcmp(e->asked[i].user, user))
			return &e->asked[i];
	return NULL;
}

static struct asked *asked_add(struct emergency *e, const char *user, unsigned limit)
{
	struct asked *asked = asked_find(e, user);

	if (asked)
		return asked;
	if (e->asked_count >= limit)
		return NULL;
	if (e->asked_count == e->asked_capacity) {
		unsigned capacity = e->asked_capacity ? e->asked_capacity * 2 : 4;
		struct asked *grown = realloc(e->asked, capacity * sizeof *grown);
		if (!grown)
			return NULL;
		e->asked = grown;
		e->asked_capacity = capacity;
	}
	asked = &e->asked[e->asked_count++];
	memset(asked, 0, sizeof *asked);
	text_cut(asked->user, sizeof asked->user, user);
	return asked;
}

static enum err send_page(struct incident_core *core, struct emergency *e, const struct asked *asked, bool withdrawn,
	const char *note, struct wall now)
{
	struct incident_effect effect = {.kind = INCIDENT_PAGE};
	struct page *page = &effect.as.page;

	page_id(e->now.id, asked->user, asked->step, page->id);
	text_cut(page->incident, sizeof page->incident, e->now.id);
	text_cut(page->user, sizeof page->user, asked->user);
	text_cut(page->household, sizeof page->household, e->now.household);
	page->role = asked->role;
	page->kind = e->now.kind;
	page->level = e->now.level;
	page->at = withdrawn ? now : asked->at;
	page->expires = asked->expires.ms == WALL_NEVER.ms ? WALL_NONE : asked->expires;
	text_cut(page->reason_zh, sizeof page->reason_zh, e->now.reason_zh);
	text_cut(page->reason_en, sizeof page->reason_en, e->now.reason_en);
	page->withdrawn = withdrawn;
	text_cut(page->note, sizeof page->note, note);
	core->tallies[withdrawn ? INCIDENT_WITHDRAWN : INCIDENT_PAGES]++;
	return core_push(core, &effect);
}

enum err ladder_ask(struct incident_core *core, struct emergency *e, const char *user, enum page_role role,
	struct wall expires, const char *note, struct wall now)
{
	bool last = role == PAGE_CAPTAIN || role == PAGE_DESK;
	struct asked *asked = asked_add(e, user, last ? CASE_PEOPLE_MAX : CASE_PEOPLE_MAX - 2);

	if (!asked)
		return ERR_NOMEM;
	asked->state = ASKED_OPEN;
	asked->role = role;
	asked->step = e->now.step;
	asked->round = e->round;
	asked->at = now;
	asked->expires = expires;
	return send_page(core, e, asked, false, note, now);
}

const struct policy_ladder *ladder_of(const struct incident_core *core, const struct emergency *e)
{
	return policies_find(core->config.policies, e->now.community, e->now.kind, e->now.level);
}

bool ladder_pages(const struct incident_core *core, const struct emergency *e)
{
	enum policy_attention attention = ladder_of(core, e)->attention;

	if (e->now.level != ALERT_ATTENTION || attention == POLICY_PAGES)
		return true;
	return attention == POLICY_AS_REGISTERED && duty_home_of(core->duty, e->now.household).attention_pages;
}

static unsigned circle_users(const struct circle *circle, enum circle_part part, const char (**out)[ID_BYTES])
{
	*out = circle->users[part];
	return circle->count[part];
}

/* rung_users gives those of a rung, and how many. */
static unsigned rung_users(
	enum rung_who who, const struct duty_people *people, const struct circle *circle, const char (**out)[ID_BYTES])
{
	*out = people->users;
	switch (who) {
	case RUNG_PRIMARY:
		return people->count > 0;
	case RUNG_BACKUP:
		*out = people->users + 1;
		return people->count > 1;
	case RUNG_ON_DUTY:
		return people->count;
	case RUNG_CAPTAIN:
		*out = &people->captain;
		return people->captain[0] != '\0';
	case RUNG_CONTACT:
		return circle_users(circle, CIRCLE_CONTACTS, out);
	case RUNG_NEIGHBOUR:
		return circle_users(circle, CIRCLE_NEIGHBOURS, out);
	case RUNG_KEY:
		return circle_users(circle, CIRCLE_KEYS, out);
	case RUNG_WHO_COUNT:
		break;
	}
	return 0;
}

static enum page_role rung_role(enum rung_who who, unsigned place)
{
	static const enum page_role roles[RUNG_WHO_COUNT] = {[RUNG_CONTACT] = PAGE_CONTACT,
		[RUNG_PRIMARY] = PAGE_PRIMARY,
		[RUNG_BACKUP] = PAGE_BACKUP,
		[RUNG_NEIGHBOUR] = PAGE_NEIGHBOUR,
		[RUNG_KEY] = PAGE_NEIGHBOUR,
		[RUNG_CAPTAIN] = PAGE_CAPTAIN};

	return who == RUNG_ON_DUTY ? place ? PAGE_BACKUP : PAGE_PRIMARY : roles[who];
}

struct next {
	const char *user;
	enum page_role role;
	uint32_t wait_s;
};

static bool may_be_asked(struct emergency *e, const char *user, const char *desk, bool captain)
{
	const struct asked *asked = asked_find(e, user);

	if (!*user || !strcmp(user, desk))
		return false;
	return asked ? asked->round != e->round : e->asked_count < CASE_PEOPLE_MAX - (captain ? 0 : 2);
}

bool ladder_elsewhere(const struct incident_core *core, const struct emergency *but, const char *user)
{
	const struct emergency *e;

	for (e = core->emergencies; e; e = e->hh.next)
		if (e != but && case_going(e) &&
			(e->arrive_due.ms != WALL_NEVER.ms || e->done_due.ms != WALL_NEVER.ms) &&
			(!strcmp(e->now.responder, user) || !strcmp(e->now.second, user)))
			return true;
	return false;
}

bool ladder_has_key(const struct incident_core *core, const struct emergency *e, const char *user)
{
	const struct circle *circle = duty_circle_of(core->duty, e->now.household);

	for (unsigned i = 0; i < circle->count[CIRCLE_KEYS]; i++)
		if (!strcmp(circle->users[CIRCLE_KEYS][i], user))
			return true;
	return false;
}

/* key_wanted: a door may have to be opened, and somebody is asked, but nobody who could open it: of a step's people one
 * with a key is next, whatever their place. The first one stays the first. */
static bool key_wanted(const struct incident_core *core, const struct emergency *e)
{
	bool asked = false;

	for (unsigned i = 0; i < e->asked_count; i++) {
		if (e->asked[i].round != e->round)
			continue;
		asked = true;
		if (e->asked[i].state == ASKED_OPEN && ladder_has_key(core, e, e->asked[i].user))
			return false;
	}
	return asked && ladder_of(core, e)->key;
}

/* free_of finds the first of a rung who may be asked; with_key: and has one. */
static bool free_of(const struct incident_core *core, struct emergency *e, const struct duty_people *people,
	const struct rung *rung, bool elsewhere, bool with_key, struct wall now, struct next *out)
{
	const char(*users)[ID_BYTES];
	unsigned count = rung_users(rung->who, people, duty_circle_of(core->duty, e->now.household), &users);

	for (unsigned i = 0; i < count; i++) {
		if (!may_be_asked(e, users[i], people->desk, rung->who == RUNG_CAPTAIN) ||
			(rung->who != RUNG_CONTACT && core_absent(core, users[i], now)) ||
			ladder_elsewhere(core, e, users[i]) != elsewhere ||
			(with_key && !ladder_has_key(core, e, users[i])))
			continue;
		*out = (struct next){users[i], rung_role(rung->who, i), rung->wait_s};
		return true;
	}
	return false;
}

/* next_among finds who comes next of those who are free, or of those who go elsewhere. Whoever has said that they are
 * absent is not asked, but for the family, whose telephone goes along. */
static bool next_among(const struct incident_core *core, struct emergency *e, const struct duty_people *people,
	bool elsewhere, struct wall now, struct next *out)
{
	const struct policy_ladder *ladder = ladder_of(core, e);
	bool key = key_wanted(core, e);

	for (unsigned r = 0; r < ladder->rung_count; r++) {
		const struct rung *rung = &ladder->rungs[r];
		if ((key && free_of(core, e, people, rung, elsewhere, true, now, out)) ||
			free_of(core, e, people, rung, elsewhere, false, now, out))
			return true;
	}
	return false;
}

/* next_of finds who comes next, of those who go elsewhere only when nobody else is left to ask: false when there is
 * nobody but the desk. */
static bool next_of(const struct incident_core *core, struct emergency *e, const struct duty_people *people,
	struct wall now, struct next *out)
{
	return next_among(core, e, people, false, now, out) || next_among(core, e, people, true, now, out);
}

/* open_pages counts the pages that wait; free: without those of people who go elsewhere meanwhile. */
static unsigned open_pages(const struct incident_core *core, const struct emergency *e, bool free)
{
	unsigned count = 0;

	for (unsigned i = 0; i < e->asked_count; i++)
		count += e->asked[i].state == ASKED_OPEN && e->asked[i].role != PAGE_DESK &&
			 !(free && ladder_elsewhere(core, e, e->asked[i].user));
	return count;
}

enum err ladder_page_desk(
	struct incident_core *core, struct emergency *e, const char *desk, const char *note, struct wall now)
{
	e->now.step += e->asked_count > 0;
	return ladder_ask(core, e, desk, PAGE_DESK, WALL_NEVER, note, now);
}

static bool desk_is_asked(struct emergency *e, const char *desk)
{
	const struct asked *asked = asked_find(e, desk);

	return asked && asked->state == ASKED_OPEN && asked->round == e->round;
}

static enum err escalate(
	struct incident_core *core, struct emergency *e, const struct duty_people *people, struct wall now)
{
	enum err err = desk_is_asked(e, people->desk) ? ERR_OK : ladder_page_desk(core, e, people->desk, "", now);

	core->tallies[INCIDENT_ESCALATIONS]++;
	if (!err)
		err = case_event(core, e, INCIDENT_EVENT_ESCALATED, people->desk, now);
	again_begin(core, e, now);
	return err;
}

enum err ladder_climb(struct incident_core *core, struct emergency *e, struct wall now)
{
	struct duty_home home = duty_home_of(core->duty, e->now.household);
	unsigned wanted = ladder_of(core, e)->at_once, open = open_pages(core, e, false);
	unsigned free = open_pages(core, e, true);
	struct duty_people people;
	struct next next;
	bool asks = !home.canary && ladder_pages(core, e), stepped = false;
	enum err err = ERR_OK;

	duty_people_at(core->duty, e->now.team, now, &people);
	/* Whoever goes elsewhere holds no place that somebody free could have. */
	while (!err && asks &&
		((free < wanted && next_among(core, e, &people, false, now, &next)) ||
			(open < wanted && next_among(core, e, &people, true, now, &next)))) {
		if (!stepped)
			e->now.step += e->asked_count > 0;
		stepped = true;
		if (!next.wait_s)
			next.wait_s = home.accept_s[e->now.level];
		err = ladder_ask(core, e, next.user, next.role, wall_plus(now, next.wait_s * MS_PER_SECOND), "", now);
		if (!err)
			err = case_event(core, e, INCIDENT_EVENT_PAGED, next.user, now);
		open++;
		free++;
	}
	if (!err && !open)
		err = escalate(core, e, &people, now);
	return err;
}

enum err ladder_climb_new(struct incident_core *core, struct emergency *e, struct wall now)
{
	struct duty_people people;
	struct next next;

	duty_people_at(core->duty, e->now.team, now, &people);
	return next_of(core, e, &people, now, &next) ? ladder_climb(core, e, now) : ERR_OK;
}

enum err ladder_gone(struct incident_core *core, const char *user, struct wall now)
{
	enum err err = ERR_OK;

	for (struct emergency *e = core->emergencies; e && !err; e = e->hh.next) {
		const struct asked *asked = e->now.state == INCIDENT_PAGING ? asked_find(e, user) : NULL;
		if (!asked || asked->state != ASKED_OPEN || !ladder_elsewhere(core, e, user))
			continue;
		err = ladder_climb(core, e, now);
		if (!err)
			err = case_touch(core, e);
	}
	return err;
}

enum err ladder_withdraw(struct incident_core *core, struct emergency *e, const char *user, struct wall now)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; i < e->asked_count && !err; i++) {
		struct asked *asked = &e->asked[i];
		if ((asked->state != ASKED_OPEN && asked->state != ASKED_EXPIRED) || !strcmp(asked->user, user))
			continue;
		if (*user && role_is_beside(asked->role))
			continue; /* they were asked to come too */
		asked->state = ASKED_WITHDRAWN;
		err = send_page(core, e, asked, true, "", now);
	}
	return err;
}

enum err ladder_withdraw_role(struct incident_core *core, struct emergency *e, enum page_role role, struct wall now)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; i < e->asked_count && !err; i++) {
		struct asked *asked = &e->asked[i];
		if (asked->role != role || (asked->state != ASKED_OPEN && asked->state != ASKED_EXPIRED))
			continue;
		asked->state = ASKED_WITHDRAWN;
		err = send_page(core, e, asked, true, "", now);
	}
	return err;
}

enum err ladder_ask_beside(struct incident_core *core, struct emergency *e, const char *user, enum page_role role,
	struct wall expires, const char *note, struct wall now)
{
	enum err err;

	e->now.step++; /* a page's id is of user and step */
	err = ladder_ask(core, e, user, role, expires, note, now);
	return err == ERR_NOMEM && e->asked_count >= CASE_PEOPLE_MAX - 2 ? ladder_tell_desk(core, e, note, now)
	       : err                                                     ? err
		     : case_event(core, e, INCIDENT_EVENT_PAGED, user, now);
}

enum err ladder_begin(struct incident_core *core, struct emergency *e, struct wall now)
{
	enum err err = ladder_withdraw(core, e, "", now);

	e->round++;
	return err ? err : ladder_climb(core, e, now);
}

enum err ladder_resume(struct incident_core *core, struct emergency *e, const struct asked *but, struct wall now)
{
	enum err err = ladder_withdraw(core, e, "", now);

	/* Who was told "no need to go" never said no: they are asked again. */
	for (unsigned i = 0; i < e->asked_count; i++)
		if (e->asked[i].state == ASKED_WITHDRAWN && &e->asked[i] != but)
			e->asked[i].round = 0;
	return err ? err : ladder_climb(core, e, now);
}

enum err ladder_tell_late(struct incident_core *core, struct emergency *e, struct asked *asked, struct wall now)
{
	/* The desk, told beside, may have a page that stands: it is gone for them now, so it must not count any more.
	 */
	if (asked->state == ASKED_OPEN || asked->state == ASKED_EXPIRED)
		asked->state = ASKED_WITHDRAWN;
	return send_page(core, e, asked, true, "", now);
}

enum err ladder_urge(struct incident_core *core, struct emergency *e, const char *note, struct wall now)
{
	struct asked *asked = asked_find(e, e->now.responder);
	enum page_role role = asked ? asked->role : PAGE_DESK;
	enum err err;

	e->now.step++;
	err = ladder_ask(core, e, e->now.responder, role, WALL_NEVER, note, now);
	if (err)
		return err;
	asked_find(e, e->now.responder)->state = ASKED_ACCEPTED;
	return case_event(core, e, INCIDENT_EVENT_PAGED, e->now.responder, now);
}

bool ladder_waits(const struct incident_core *core, struct emergency *e, struct wall now)
{
	struct duty_home home = duty_home_of(core->duty, e->now.household);
	struct duty_people people;
	struct next next;

	if (e->now.state != INCIDENT_ESCALATED || home.canary || !ladder_pages(core, e))
		return false;
	for (unsigned i = 0; i < e->asked_count; i++)
		if (e->asked[i].role != PAGE_DESK)
			return false;
	duty_people_at(core->duty, e->now.team, now, &people);
	return next_of(core, e, &people, now, &next);
}

/* ---- time ---- */

static enum err expire(struct incident_core *core, struct emergency *e, struct wall now)
{
	unsigned expired = 0;
	enum err err = ERR_OK;

	for (unsigned i = 0; i < e->asked_count && !err; i++) {
		struct asked *asked = &e->asked[i];
		if (asked->state != ASKED_OPEN || asked->expires.ms > now.ms)
			continue;
		asked->state = ASKED_EXPIRED;
		expired++;
		core->tallies[INCIDENT_TIMED_OUTS]++;
		err = case_event(core, e, INCIDENT_EVENT_TIMED_OUT, asked->user, now);
	}
	return err || !expired ? err : ladder_climb(core, e, now);
}

enum err ladder_tell_desk(struct incident_core *core, struct emergency *e, const char *note, struct wall now)
{
	struct duty_people people;
	enum err err;

	duty_people_at(core->duty, e->now.team, now, &people);
	if (!strcmp(people.desk, e->now.responder))
		return ladder_urge(core, e, note, now);
	if (desk_is_asked(e, people.desk) && !*note)
		return ERR_OK;
	err = ladder_page_desk(core, e, people.desk, note, now);
	return err ? err : case_event(core, e, INCIDENT_EVENT_PAGED, people.desk, now);
}

enum err ladder_note_desk(struct incident_core *core, struct emergency *e, const char *note, struct wall now)
{
	struct asked asked = {.role = PAGE_DESK, .at = now, .expires = WALL_NEVER};
	struct duty_people people;

	duty_people_at(core->duty, e->now.team, now, &people);
	text_cut(asked.user, sizeof asked.user, people.desk);
	asked.step = ++e->now.step;
	e->now.step++; /* whoever is asked first adds none: a page of the desk's own must not get this one's id */
	return send_page(core, e, &asked, false, note, now);
}

/* overdue: a responder is late or silent. The desk is told beside; whoever is on the way stays so. */
static enum err overdue(struct incident_core *core, struct emergency *e, struct wall now)
{
	struct duty_people people;
	enum err err = case_event(core, e, INCIDENT_EVENT_TIMED_OUT, e->now.responder, now);

	core->tallies[INCIDENT_TIMED_OUTS]++;
	duty_people_at(core->duty, e->now.team, now, &people);
	if (!strcmp(people.desk, e->now.responder)) /* the desk itself has it: it is reminded, again and again */
		e->done_due = wall_plus(now, core->config.done_ms);
	return err ? err : ladder_tell_desk(core, e, "", now);
}

/* expire_beside: who was asked to come too, or to take over, does not answer. */
static enum err expire_beside(struct incident_core *core, struct emergency *e, struct wall now)
{
	enum err err = ERR_OK;

	/* Whoever is asked next is appended, or asked anew with a later end. */
	for (unsigned i = 0; i < e->asked_count && !err; i++) {
		struct asked *asked = &e->asked[i];
		if (!asked_waits(e, asked) || asked->expires.ms > now.ms)
			continue;
		asked->state = ASKED_EXPIRED;
		core->tallies[INCIDENT_TIMED_OUTS]++;
		err = case_event(core, e, INCIDENT_EVENT_TIMED_OUT, asked->user, now);
		if (!err)
			err = arrange_beside_out(core, e, &e->asked[i], now);
	}
	return err;
}

enum err ladder_tick(struct incident_core *core, struct emergency *e, struct wall now)
{
	enum err err = ERR_OK;

	if (e->now.state == INCIDENT_PAGING)
		err = expire(core, e, now);
	if (case_going(e))
		err = expire_beside(core, e, now);
	if (e->now.state == INCIDENT_HELD && e->now.until.ms <= now.ms)
		err = arrange_release(core, e, "", now);
	if (!err && e->linger_due.ms <= now.ms) {
		e->linger_due = WALL_NEVER;
		err = case_page_now(core, e, now);
	}
	if (!err)
		err = again_tick(core, e, now);
	if (!err && e->arrive_due.ms <= now.ms) {
		e->arrive_due = WALL_NEVER;
		err = overdue(core, e, now);
	}
	if (!err && e->done_due.ms <= now.ms) {
		e->done_due = WALL_NEVER;
		err = overdue(core, e, now);
	}
	return err;
}
