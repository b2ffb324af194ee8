/* SPDX-License-Identifier: MIT
 *
 * What people answer. Nothing that they send can do harm: whatever does not fit is judged, counted and told.
 */
#include <string.h>

#include "base/text.h"
#include "incident_internal.h"

enum err says_verdict(const struct says *says, enum incident_verdict verdict)
{
	*says->verdict = verdict;
	return ERR_OK;
}

bool says_is(const char *user, const struct says *says)
{
	return *user && !strcmp(user, says->reply->user);
}

static bool is_responder(const struct emergency *e, const char *user)
{
	return *user && !strcmp(e->now.responder, user);
}

/* too_late: another has it, or it is over. Whoever wanted to go is told so. */
static enum err too_late(struct incident_core *core, struct emergency *e, const struct says *says)
{
	*says->verdict = INCIDENT_LATE;
	if (!says->asked || says->reply->action == REPLY_DECLINE)
		return ERR_OK;
	return ladder_tell_late(core, e, says->asked, says->now);
}

static enum err take_accept(struct incident_core *core, struct emergency *e, const struct says *says)
{
	const char *user = says->reply->user;
	enum err err;

	if (says->asked)
		says->asked->state = ASKED_ACCEPTED;
	text_cut(e->now.responder, sizeof e->now.responder, user);
	core->tallies[INCIDENT_ACCEPTS]++;
	if (!says->desk)
		arrange_expect(core, e, says->reply->minutes, says->now);
	else if (core->config.done_ms)
		e->done_due = wall_plus(says->now, core->config.done_ms);
	err = case_event(core, e, INCIDENT_EVENT_ACCEPTED, user, says->now);
	if (!err)
		err = ladder_withdraw(core, e, user, says->now);
	return err || says->desk || says->reply->action == REPLY_DONE ? err : arrange_company(core, e, says->now);
}

static enum err take_arrived(struct incident_core *core, struct emergency *e, const struct says *says)
{
	enum err err = case_event(core, e, INCIDENT_EVENT_ARRIVED, says->reply->user, says->now);

	e->arrive_due = WALL_NEVER;
	e->done_due = core->config.done_ms ? wall_plus(says->now, core->config.done_ms) : WALL_NEVER;
	return err ? err : ladder_withdraw(core, e, e->now.responder, says->now);
}

static enum err take_done(struct incident_core *core, struct emergency *e, const struct says *says)
{
	e->now.outcome = says->reply->outcome;
	e->now.found = says->reply->found;
	return case_close(core, e, INCIDENT_EVENT_RESOLVED, says->reply->user, says->now);
}

/* hand_back: the responder cannot come after all, or the desk says so for them; the ladder goes on. */
static enum err hand_back(struct incident_core *core, struct emergency *e, const struct says *says)
{
	struct asked *responder = asked_find(e, e->now.responder);
	bool own = is_responder(e, says->reply->user);
	char second[ID_BYTES];
	enum err err;

	if (responder)
		responder->state = own ? ASKED_DECLINED : ASKED_EXPIRED; /* expired: told with the others below */
	*e->now.responder = '\0';
	e->arrive_due = e->done_due = WALL_NEVER;
	text_cut(second, sizeof second, e->now.second);
	err = case_event(core, e, INCIDENT_EVENT_DECLINED, says->reply->user, says->now);
	if (err || !*second)
		return err ? err : ladder_resume(core, e, responder, says->now);
	text_cut(e->now.second, sizeof e->now.second, second); /* who was coming too goes on alone */
	err = ladder_withdraw(core, e, "", says->now);
	return err ? err : arrange_promote(core, e, says->now);
}

/* beside_declines: who was asked to come too, or to take over, cannot; or cannot any more. */
static enum err beside_declines(struct incident_core *core, struct emergency *e, const struct says *says)
{
	struct asked *asked = says->asked;
	bool waited = asked->state != ASKED_EXPIRED, second = says_is(e->now.second, says);
	enum err err;

	asked->state = ASKED_DECLINED;
	if (second)
		*e->now.second = '\0';
	err = case_event(core, e, INCIDENT_EVENT_REFUSED, says->reply->user, says->now);
	return err || !waited ? err : arrange_beside_out(core, e, asked, says->now);
}

/* is_beside: this person was asked beside the responder, and has not said no. */
static bool is_beside(const struct emergency *e, const struct says *says)
{
	const struct asked *asked = says->asked;

	return case_going(e) && asked && role_is_beside(asked->role) &&
	       (asked->state == ASKED_OPEN || asked->state == ASKED_EXPIRED || says_is(e->now.second, says));
}

static enum err take_decline(struct incident_core *core, struct emergency *e, const struct says *says)
{
	struct asked *asked = says->asked;
	const char *user = says->reply->user;
	bool was_open;
	enum err err;

	if (is_beside(e, says))
		return beside_declines(core, e, says);
	if (e->now.state == INCIDENT_ACCEPTED && (is_responder(e, user) || says->desk))
		return hand_back(core, e, says);
	if (asked && asked->state == ASKED_DECLINED) {
		return says_verdict(says, INCIDENT_REPEATED);
	}
	if (e->now.state == INCIDENT_ON_SITE && is_responder(e, user)) {
		return says_verdict(says, INCIDENT_MISPLACED);
	}
	if (!asked || asked->role == PAGE_DESK) { /* the desk is the last: it cannot say no */
		return says_verdict(says, asked || says->desk ? INCIDENT_MISPLACED : INCIDENT_FOREIGN);
	}
	if (e->now.state != INCIDENT_PAGING && e->now.state != INCIDENT_ESCALATED)
		return too_late(core, e, says);
	was_open = asked->state == ASKED_OPEN;
	asked->state = ASKED_DECLINED;
	err = case_event(core, e, INCIDENT_EVENT_DECLINED, user, says->now);
	return err || !was_open ? err : ladder_climb(core, e, says->now);
}

/* go: accept, arrived, done of somebody who may. arrived and done imply what they skip. */
static enum err go(struct incident_core *core, struct emergency *e, const struct says *says)
{
	enum reply_action action = says->reply->action;
	bool mine = is_responder(e, says->reply->user) || says_is(e->now.second, says);
	enum err err = ERR_OK;

	if (!mine && is_beside(e, says) && (says->asked->role != PAGE_RELIEF || says->asked->state == ASKED_OPEN)) {
		err = arrange_beside_in(core, e, says->asked, says->reply->minutes, says->now);
		if (err || action == REPLY_ACCEPT || (action == REPLY_ARRIVED && e->now.state == INCIDENT_ON_SITE))
			return err;
		mine = true;
	}
	if (!says->asked && !says->desk && !mine) {
		return says_verdict(says, INCIDENT_FOREIGN);
	}
	if (case_going(e) && !mine && !(says->desk && action != REPLY_ACCEPT))
		return too_late(core, e, says);
	if (case_going(e) &&
		(action == REPLY_ACCEPT || (action == REPLY_ARRIVED && e->now.state == INCIDENT_ON_SITE))) {
		return says_verdict(says, INCIDENT_REPEATED);
	}
	if (!case_going(e))
		err = take_accept(core, e, says);
	if (!err && action == REPLY_ARRIVED)
		err = take_arrived(core, e, says);
	if (!err && action == REPLY_DONE)
		err = take_done(core, e, says);
	return err;
}

/* names_own_page: the page, if one is named, is one that this user had of this incident. */
static bool names_own_page(const struct emergency *e, const struct says *says)
{
	char id[ID_BYTES];

	if (!says->reply->page[0] || (says->desk && !says->asked))
		return true;
	for (uint32_t step = 0; step <= (says->desk ? e->now.step : says->asked ? says->asked->step : 0); step++) {
		page_id(e->now.id, says->reply->user, step, id);
		if (!strcmp(id, says->reply->page))
			return true;
	}
	return false;
}

static enum err after_end(struct incident_core *core, struct emergency *e, const struct says *says)
{
	const struct reply *reply = says->reply;

	if (!says->asked && !says->desk && !is_responder(e, reply->user)) {
		return says_verdict(says, INCIDENT_FOREIGN);
	}
	if (reply->action == REPLY_DONE && reply->outcome == e->now.outcome && !strcmp(reply->user, e->now.actor)) {
		return says_verdict(says, INCIDENT_REPEATED);
	}
	return too_late(core, e, says);
}

static enum err take(struct incident_core *core, struct emergency *e, struct says *says)
{
	char note[NOTE_BYTES];
	enum err err;

	says->asked = asked_find(e, says->reply->user);
	says->desk = says->desk || duty_is_desk(core->duty, e->now.team, says->reply->user);
	if (!names_own_page(e, says)) {
		return says_verdict(says, INCIDENT_FOREIGN);
	}
	if (incident_over(e->now.state) && says->reply->action <= REPLY_DONE) {
		err = after_end(core, e, says);
		return err ? err : case_touch(core, e);
	}
	memcpy(note, e->now.note, sizeof note);
	if (says->reply->note[0])
		text_cut(e->now.note, sizeof e->now.note, says->reply->note);
	if (says->reply->action > REPLY_DONE)
		err = arrange_take(core, e, says);
	else if (says->reply->action == REPLY_DECLINE)
		err = take_decline(core, e, says);
	else
		err = go(core, e, says);
	if (*says->verdict != INCIDENT_TAKEN)
		memcpy(e->now.note, note, sizeof note); /* nobody writes into what is not theirs */
	return err ? err : case_touch(core, e);
}

enum err incident_reply(
	struct incident_core *core, const struct reply *reply, bool desk, struct wall now, struct incident_effects *out)
{
	struct says says = {.reply = reply, .desk = desk, .now = now, .verdict = &out->verdict};
	struct emergency *e;
	enum err err = ERR_OK;

	out->count = 0;
	out->verdict = INCIDENT_TAKEN;
	HASH_FIND(hh, core->emergencies, reply->incident, strlen(reply->incident), e);
	if (!e)
		out->verdict = INCIDENT_UNKNOWN;
	else
		err = take(core, e, &says);
	if (!err && out->verdict == INCIDENT_TAKEN)
		err = ladder_gone(core, reply->user, now);
	core->reply_verdicts[out->verdict]++;
	core_give(core, out);
	return err;
}
