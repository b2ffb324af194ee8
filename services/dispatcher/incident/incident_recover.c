/* SPDX-License-Identifier: MIT
 *
 * An open incident whose state cannot be read is still a call for help. What others were last told of it says whose it
 * is, what it is about and how urgent: enough to begin again. Whom it asked is gone, so that everybody is asked anew,
 * whoever was on the way among them: an answer too many costs less than one that nobody waits for.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "incident_internal.h"

/* Pages since the last snapshot may have used some steps: a new one must not get an old one's id. */
#define STEPS_BETWEEN 16

static const char words[] =
	"状态读不出，已按最后一次快照恢复，重新派单%s%s (its state could not be read: taken up again, people are asked "
	"anew%s%s)";

static void say(struct incident *now, const struct incident *last)
{
	bool had = last->responder[0] != '\0';

	snprintf(now->note, sizeof now->note, words, had ? "；此前响应：" : "", last->responder,
		had ? "; before it was with " : "", last->responder);
}

static enum err know_alerts(struct incident_core *core, struct emergency *e, const struct incident *last)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; i < last->alert_count && !err; i++) {
		struct alert alert = {.level = last->level, .state = ALERT_RAISED}; /* revision 0: any is newer */
		text_cut(alert.id, sizeof alert.id, last->alerts[i]);
		if (!case_alert_find(e, alert.id))
			err = case_alert_add(core, e, &alert);
	}
	return err;
}

/* ask_before: who was on the way or there is asked whether they go, and their word counts whatever the ladder says. */
static enum err ask_before(struct incident_core *core, struct emergency *e, const char *user, struct wall now)
{
	enum err err;

	if (!*user || asked_find(e, user) || duty_is_desk(core->duty, e->now.team, user))
		return ERR_OK;
	err = ladder_ask(core, e, user, PAGE_BACKUP, WALL_NEVER, e->now.note, now);
	if (!err)
		asked_find(e, user)->state = ASKED_EXPIRED; /* not waited for: an invitation */
	return err;
}

static enum err begin_again(struct incident_core *core, const struct incident *last, struct wall now)
{
	struct duty_home home = duty_home_of(core->duty, last->household);
	struct incident first = *last;
	struct emergency *e;
	enum err err;

	first.state = INCIDENT_RAISED;
	first.step += STEPS_BETWEEN;
	first.expected = first.until = WALL_NONE;
	*first.responder = *first.second = *first.into = '\0';
	if (home.known) {
		text_cut(first.team, sizeof first.team, home.team);
		text_cut(first.community, sizeof first.community, home.community);
	}
	say(&first, last);
	err = case_create(core, &first, &e);
	if (err)
		return err;
	e->round = 1;
	e->stirred = now;
	e->shift = duty_edge(core->duty, now);
	err = know_alerts(core, e, last);
	if (!err)
		err = case_open_set(core, e);
	if (!err)
		err = case_event(core, e, INCIDENT_EVENT_NOTED, "", now);
	if (!err)
		err = case_page_now(core, e, now);
	if (!err)
		err = ask_before(core, e, last->responder, now);
	if (!err)
		err = ask_before(core, e, last->second, now);
	return err ? err : case_touch(core, e);
}

/* join: a home has one open incident; what was lost goes on as that one, and ends as a merged one does. */
static enum err join(struct incident_core *core, const struct incident *last, struct emergency *into, struct wall now)
{
	struct incident_effect effect = {.kind = INCIDENT_SNAPSHOT, .as.snapshot = *last};
	struct incident *over = &effect.as.snapshot;
	bool urgent = last->level < into->now.level;
	enum err err;

	over->state = INCIDENT_CANCELLED;
	over->event = INCIDENT_EVENT_MERGED;
	over->revision++;
	over->at = now;
	over->until = WALL_NONE;
	*over->actor = '\0';
	text_cut(over->into, sizeof over->into, into->now.id);
	err = core_push(core, &effect);
	if (!err)
		err = know_alerts(core, into, last);
	say(&into->now, last);
	if (urgent)
		case_lead(into, last->kind, last->level, last->reason_zh, last->reason_en);
	if (!err)
		err = case_event(core, into, INCIDENT_EVENT_ALERT_JOINED, "", now);
	if (!err && urgent)
		err = case_press_on(core, into, now);
	return err ? err : case_touch(core, into);
}

enum err incident_recover(
	struct incident_core *core, const struct incident *last, struct wall now, struct incident_effects *out)
{
	struct emergency *into = case_open_of(core, last->household);
	bool known = incident_over(last->state) || case_find(core, last->id);
	enum err err = ERR_OK;

	out->count = 0;
	out->verdict = known ? INCIDENT_REPEATED : INCIDENT_TAKEN;
	if (!known)
		err = into ? join(core, last, into, now) : begin_again(core, last, now);
	core_give(core, out);
	return err;
}
