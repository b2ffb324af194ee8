/* SPDX-License-Identifier: MIT
 *
 * What people and the desk say. Nobody sees into the core: people act on their pages, the desk on its pages and on the
 * list of what is open.
 */
#include <string.h>

#include "base/text.h"
#include "year_internal.h"

static enum err say(struct year *year, const char *incident, const char *user, enum reply_action action, struct wall at,
	const struct reply *more)
{
	struct year_event event = {.kind = YEAR_REPLY, .at = at};

	if (more)
		event.reply = *more;
	event.reply.action = action;
	event.reply.at = at;
	text_cut(event.reply.incident, sizeof event.reply.incident, incident);
	text_cut(event.reply.user, sizeof event.reply.user, user);
	return year_later(year, &event);
}

static enum err desk_looks(struct year *year, const char *incident, int64_t ms)
{
	struct year_event event = {.kind = YEAR_DESK, .at = wall_plus(year->now, ms)};

	text_cut(event.reply.incident, sizeof event.reply.incident, incident);
	return year_later(year, &event);
}

static bool hears(struct year *year, const struct page *page)
{
	const struct year_person *p = year_person_find(year, page->user);
	bool night = year_by_night(year, page->at);
	bool duty = page->role == PAGE_PRIMARY || page->role == PAGE_BACKUP;
	int day = year_day(year, page->at);

	if (p) {
		uint64_t off = text_hash64(p->id, strlen(p->id), year->options->seed + (uint64_t)day * 1000003);
		if (p->away[day] & YEAR_ILL || off % 100 < RATE_PHONE_OFF)
			return false;
	}
	if (duty)
		return year_happens(&year->answer_dice, night ? RATE_HEARS_ON_DUTY_NIGHT : RATE_HEARS_ON_DUTY_DAY);
	return year_happens(&year->answer_dice, night ? RATE_HEARS_OFF_NIGHT : RATE_HEARS_OFF_DAY);
}

/* stranger: somebody answers who was not asked; nothing may come of it. */
static enum err stranger(struct year *year, const struct reply *reply)
{
	struct incident_effects effects;
	enum err err = incident_reply(year->core, reply, false, reply->at, &effects);

	year->counts.strangers++;
	if (!err && (effects.verdict != INCIDENT_FOREIGN || effects.count))
		year_breaks(year, YEAR_STRANGER_HEARD, "%s: a stranger was %s", reply->incident,
			incident_verdict_name(effects.verdict));
	return err;
}

/* has: the one who is paged has said that they go. */
static bool has(const struct year *year, const struct page *page)
{
	const struct year_incident *i;

	HASH_FIND_STR(year->incidents, page->incident, i);
	return i && !strcmp(i->responder, page->user);
}

enum err year_paged(struct year *year, const struct page *page)
{
	struct year_person *p = year_person_find(year, page->user);
	struct dice *dice = &year->answer_dice;
	bool night = year_by_night(year, page->at);
	enum err err = ERR_OK;

	if (p) {
		p->pages++;
		if (!has(year, page)) /* who is on the way already is told how it goes on */
			year_left_alone(year, p, page->at, "called");
	}
	if (year_happens(dice, RATE_STRANGER))
		err = say(year, page->incident, "stranger", REPLY_ACCEPT, wall_plus(page->at, 500), NULL);
	if (err)
		return err;
	if (year->options->fault == YEAR_FAULT_PAGE_LOST && page->level == ALERT_LIFE &&
		(page->role == PAGE_DESK ||
			strstr(page->note, "nobody has answered"))) /* nor those by which others are asked again */
		return ERR_OK;
	if (page->role == PAGE_DESK) {
		return desk_looks(year, page->incident, year_spread(dice, DESK_ANSWER_MS));
	}
	if (!hears(year, page))
		return ERR_OK;
	struct wall at = wall_plus(page->at, year_spread(dice, night ? ANSWER_NIGHT_MS : ANSWER_DAY_MS));
	int word = dice_below(dice, 100);
	if (word < RATE_SAYS_YES)
		err = say(year, page->incident, page->user, REPLY_ACCEPT, at, NULL);
	else if (word < RATE_SAYS_YES + RATE_SAYS_NO)
		err = say(year, page->incident, page->user, REPLY_DECLINE, at, NULL);
	if (!err && word < RATE_SAYS_YES && year_happens(dice, RATE_SAID_TWICE))
		err = say(year, page->incident, page->user, REPLY_ACCEPT, wall_plus(at, 900), NULL);
	return err;
}

enum err year_tile(struct year *year, const struct incident *incident)
{
	return desk_looks(year, incident->id, year_spread(&year->answer_dice, 40 * MS_PER_MINUTE));
}

/* outcome_of: how it ended, by what it was. */
static void outcome_of(struct year *year, const struct incident *i, struct reply *reply)
{
	struct dice *dice = &year->answer_dice;
	int word = dice_below(dice, 100), falsely = 55;

	if (i->kind == ALERT_FALL || i->kind == ALERT_SOS)
		falsely = 35;
	if (i->kind == ALERT_LEAK)
		falsely = 15;
	if (word < falsely) {
		reply->outcome = OUTCOME_FALSE_ALARM;
		reply->found = i->kind == ALERT_SILENCE ? FOUND_SLEPT_IN : FOUND_OTHER;
	} else if (word < 92) {
		reply->outcome = OUTCOME_HELPED;
		reply->found = i->kind == ALERT_FALL ? FOUND_FALLEN : FOUND_OTHER;
	} else {
		reply->outcome = OUTCOME_AMBULANCE;
		reply->found = FOUND_ILL;
	}
}

/* goes: somebody is on the way: what he or she will say until it is over. */
static enum err goes(struct year *year, const struct incident *i, const char *user)
{
	struct dice *dice = &year->answer_dice;
	struct reply more = {0};
	struct wall there = wall_plus(year->now, year_spread(dice, RATE_WAY_MIN * MS_PER_MINUTE));
	enum err err = ERR_OK;

	if (year_happens(dice, RATE_CANNOT_AFTER_ALL))
		return say(year, i->id, user, REPLY_DECLINE, wall_plus(year->now, 4 * MS_PER_MINUTE), NULL);
	if (year_happens(dice, RATE_SAYS_MINUTES)) {
		more.minutes = (uint32_t)(3 + dice_below(dice, 15));
		err = say(year, i->id, user, REPLY_ON_THE_WAY, wall_plus(year->now, 20 * MS_PER_SECOND), &more);
		more.minutes = 0;
	}
	struct year_person *p = year_person_find(year, user);
	if (!err && p && year_happens(dice, RATE_HANDS_OVER)) {
		const struct year_team *t = &year->team[p->team];
		const struct year_person *heir = &year->person[t->first + (unsigned)dice_below(dice, (int)t->count)];
		struct wall at = wall_plus(year->now, 3 * MS_PER_MINUTE);
		text_cut(more.to, sizeof more.to, heir->id);
		if (!year_is_away(year, heir, at)) /* nobody names one who is known to be away */
			err = say(year, i->id, user, REPLY_HAND_OVER, at, &more);
		*more.to = '\0';
	}
	if (!err && year_happens(dice, RATE_SAYS_ARRIVED))
		err = say(year, i->id, user, REPLY_ARRIVED, there, NULL);
	if (!err && year_happens(dice, RATE_NOTE)) {
		text_cut(more.note, sizeof more.note, "an example");
		err = say(year, i->id, user, REPLY_NOTE, wall_plus(there, MS_PER_MINUTE), &more);
		*more.note = '\0';
	}
	if (err || year_happens(dice, RATE_FORGETS_DONE))
		return err;
	outcome_of(year, i, &more);
	return say(year, i->id, user, REPLY_DONE, wall_plus(there, year_spread(dice, RATE_STAY_MIN * MS_PER_MINUTE)),
		&more);
}

static enum err reply(struct year *year, const struct reply *reply, bool desk, enum incident_verdict *out)
{
	struct incident_effects effects;
	enum err err = incident_reply(year->core, reply, desk, reply->at, &effects);

	if (err)
		return err;
	year->counts.replies++;
	year->counts.verdicts[effects.verdict]++;
	*out = effects.verdict;
	return year_take(year, &effects);
}

enum err year_says(struct year *year, const struct year_event *event)
{
	const struct reply *r = &event->reply;
	struct year_person *p = year_person_find(year, r->user);
	struct incident after;
	enum incident_verdict verdict;

	if (!strcmp(r->user, "stranger"))
		return stranger(year, r);
	enum err err = reply(year, r, !strcmp(r->user, "desk"), &verdict);

	if (err || verdict != INCIDENT_TAKEN || incident_find(year->core, r->incident, &after))
		return err;
	if (p && r->action == REPLY_ACCEPT)
		p->accepts++;
	if (r->action == REPLY_ACCEPT && !strcmp(after.responder, r->user) && strcmp(r->user, "desk") != 0)
		return goes(year, &after, r->user);
	if (r->action == REPLY_DONE && dice_below(&year->answer_dice, 1000) < RATE_REOPEN_PERMILLE)
		return say(year, r->incident, r->user, REPLY_REOPEN, wall_plus(year->now, 10 * MS_PER_MINUTE), NULL);
	return ERR_OK;
}

/* year_desk: what stands on its list decides what it does. */
enum err year_desk(struct year *year, const struct year_event *event)
{
	struct dice *dice = &year->answer_dice;
	struct incident i;
	struct reply more = {0};
	bool mine;

	if (incident_find(year->core, event->reply.incident, &i) || incident_over(i.state))
		return ERR_OK;
	mine = !strcmp(i.responder, "desk");
	enum err err = ERR_OK;
	if (i.state == INCIDENT_ESCALATED || (i.state == INCIDENT_PAGING && i.level == ALERT_LIFE)) {
		err = say(year, i.id, "desk", REPLY_ACCEPT, year->now, NULL);
		outcome_of(year, &i, &more);
		if (!err)
			err = say(year, i.id, "desk", REPLY_DONE,
				wall_plus(year->now, year_spread(dice, DESK_CALL_MIN * MS_PER_MINUTE)), &more);
	} else if (i.state == INCIDENT_ACCEPTED && !mine && i.at.ms + 15 * MS_PER_MINUTE < year->now.ms &&
		   year_happens(dice, RATE_DESK_REPLACES)) {
		err = say(year, i.id, "desk", REPLY_DECLINE, year->now, NULL);
	} else if (i.state == INCIDENT_RAISED || i.opened.ms + 2 * MS_PER_HOUR < year->now.ms) {
		outcome_of(year, &i, &more);
		err = say(year, i.id, "desk", REPLY_DONE, year->now, &more);
	}
	return err ? err : desk_looks(year, i.id, DESK_LOOKS_AGAIN_MIN * MS_PER_MINUTE);
}
