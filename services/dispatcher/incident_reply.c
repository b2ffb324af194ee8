/* SPDX-License-Identifier: MIT
 *
 * What people answer. Nothing that they send can do harm: whatever does not fit is judged, counted and told.
 */
#include <string.h>

#include "base/text.h"
#include "incident_internal.h"

/* says: one reply and what is known of its sender. */
struct says {
	const struct reply *reply;
	struct asked *asked; /* NULL: never asked */
	bool desk;
	struct wall now;
};

static bool on_the_way(const struct emergency *e)
{
	return e->now.state == INCIDENT_ACCEPTED || e->now.state == INCIDENT_ON_SITE;
}

static bool is_responder(const struct emergency *e, const char *user)
{
	return *user && !strcmp(e->now.responder, user);
}

/* too_late: another has it, or it is over. Whoever wanted to go is told so. */
static enum err too_late(
	struct incident_core *core, struct emergency *e, const struct says *says, enum incident_verdict *verdict)
{
	*verdict = INCIDENT_LATE;
	if (!says->asked || says->reply->action == REPLY_DECLINE)
		return ERR_OK;
	return ladder_tell_late(core, e, says->asked, says->now);
}

static enum err take_accept(struct incident_core *core, struct emergency *e, const struct says *says)
{
	const char *user = says->reply->user;
	struct duty_home home = duty_home_of(core->duty, e->now.household);
	enum err err;

	if (says->asked)
		says->asked->state = ASKED_ACCEPTED;
	text_cut(e->now.responder, sizeof e->now.responder, user);
	core->tallies[INCIDENT_ACCEPTS]++;
	if (!says->desk)
		e->arrive_due = wall_plus(says->now, home.arrive_s * MS_PER_SECOND);
	else if (core->config.done_ms)
		e->done_due = wall_plus(says->now, core->config.done_ms);
	err = case_event(core, e, INCIDENT_EVENT_ACCEPTED, user, says->now);
	return err ? err : ladder_withdraw(core, e, user, says->now);
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
	return case_close(core, e, INCIDENT_EVENT_RESOLVED, says->reply->user, says->now);
}

/* hand_back: the responder cannot come after all, or the desk says so for them; the ladder goes on. */
static enum err hand_back(struct incident_core *core, struct emergency *e, const struct says *says)
{
	struct asked *responder = asked_find(e, e->now.responder);
	bool own = is_responder(e, says->reply->user);
	enum err err;

	if (responder)
		responder->state = own ? ASKED_DECLINED : ASKED_EXPIRED; /* expired: told with the others below */
	*e->now.responder = '\0';
	e->arrive_due = e->done_due = WALL_NEVER;
	err = case_event(core, e, INCIDENT_EVENT_DECLINED, says->reply->user, says->now);
	return err ? err : ladder_resume(core, e, responder, says->now);
}

static enum err take_decline(
	struct incident_core *core, struct emergency *e, const struct says *says, enum incident_verdict *verdict)
{
	struct asked *asked = says->asked;
	const char *user = says->reply->user;
	bool was_open;
	enum err err;

	if (e->now.state == INCIDENT_ACCEPTED && (is_responder(e, user) || says->desk))
		return hand_back(core, e, says);
	if (asked && asked->state == ASKED_DECLINED) {
		*verdict = INCIDENT_REPEATED;
		return ERR_OK;
	}
	if (e->now.state == INCIDENT_ON_SITE && is_responder(e, user)) {
		*verdict = INCIDENT_MISPLACED;
		return ERR_OK;
	}
	if (!asked || asked->role == PAGE_DESK) { /* the desk is the last: it cannot say no */
		*verdict = asked || says->desk ? INCIDENT_MISPLACED : INCIDENT_FOREIGN;
		return ERR_OK;
	}
	if (e->now.state != INCIDENT_PAGING)
		return too_late(core, e, says, verdict);
	was_open = asked->state == ASKED_OPEN;
	asked->state = ASKED_DECLINED;
	err = case_event(core, e, INCIDENT_EVENT_DECLINED, user, says->now);
	return err || !was_open ? err : ladder_climb(core, e, says->now);
}

/* go: accept, arrived, done of somebody who may. arrived and done imply what they skip. */
static enum err go(
	struct incident_core *core, struct emergency *e, const struct says *says, enum incident_verdict *verdict)
{
	enum reply_action action = says->reply->action;
	bool mine = is_responder(e, says->reply->user);
	enum err err = ERR_OK;

	if (!says->asked && !says->desk && !mine) {
		*verdict = INCIDENT_FOREIGN;
		return ERR_OK;
	}
	if (on_the_way(e) && !mine && !(says->desk && action != REPLY_ACCEPT))
		return too_late(core, e, says, verdict);
	if (on_the_way(e) &&
		(action == REPLY_ACCEPT || (action == REPLY_ARRIVED && e->now.state == INCIDENT_ON_SITE))) {
		*verdict = INCIDENT_REPEATED;
		return ERR_OK;
	}
	if (!on_the_way(e))
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
	for (uint32_t step = 0; says->asked && step <= says->asked->step; step++) {
		page_id(e->now.id, says->reply->user, step, id);
		if (!strcmp(id, says->reply->page))
			return true;
	}
	return false;
}

static enum err after_end(
	struct incident_core *core, struct emergency *e, const struct says *says, enum incident_verdict *verdict)
{
	const struct reply *reply = says->reply;

	if (!says->asked && !says->desk && !is_responder(e, reply->user)) {
		*verdict = INCIDENT_FOREIGN;
		return ERR_OK;
	}
	if (reply->action == REPLY_DONE && reply->outcome == e->now.outcome && !strcmp(reply->user, e->now.actor)) {
		*verdict = INCIDENT_REPEATED;
		return ERR_OK;
	}
	return too_late(core, e, says, verdict);
}

static enum err take(struct incident_core *core, struct emergency *e, struct says *says, enum incident_verdict *verdict)
{
	char note[NOTE_BYTES];
	enum err err;

	says->asked = asked_find(e, says->reply->user);
	says->desk = says->desk || duty_is_desk(core->duty, e->now.team, says->reply->user);
	if (!names_own_page(e, says)) {
		*verdict = INCIDENT_FOREIGN;
		return ERR_OK;
	}
	if (incident_over(e->now.state)) {
		err = after_end(core, e, says, verdict);
		return err ? err : case_touch(core, e);
	}
	memcpy(note, e->now.note, sizeof note);
	if (says->reply->note[0])
		text_cut(e->now.note, sizeof e->now.note, says->reply->note);
	err = says->reply->action == REPLY_DECLINE ? take_decline(core, e, says, verdict) : go(core, e, says, verdict);
	if (*verdict != INCIDENT_TAKEN)
		memcpy(e->now.note, note, sizeof note); /* nobody writes into what is not theirs */
	return err ? err : case_touch(core, e);
}

enum err incident_reply(
	struct incident_core *core, const struct reply *reply, bool desk, struct wall now, struct incident_effects *out)
{
	struct says says = {.reply = reply, .desk = desk, .now = now};
	struct emergency *e;
	enum err err = ERR_OK;

	out->count = 0;
	out->verdict = INCIDENT_TAKEN;
	HASH_FIND(hh, core->emergencies, reply->incident, strlen(reply->incident), e);
	if (!e)
		out->verdict = INCIDENT_UNKNOWN;
	else
		err = take(core, e, &says, &out->verdict);
	core->reply_verdicts[out->verdict]++;
	core_give(core, out);
	return err;
}
