/* SPDX-License-Identifier: MIT
 *
 * When a home is due. The day counts from the last visit that was over, whatever came of it: a missed one is due again
 * the next day, a refused one after a whole interval, at least a week. The first one of a home lies somewhere in its
 * first interval, by the hash of its id, so that a district that begins does not visit all on one day. One visit serves
 * company and checklist when they fall close together.
 */
#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "base/text.h"
#include "visit_internal.h"

#define REFUSED_DAYS_MIN 7

uint16_t home_every(const struct visit_core *core, const struct home *home)
{
	const struct visit_rules *rules = core->config.rules;
	uint16_t every = 0;

	if (home->care.visits_every_days)
		return home->care.visits_every_days;
	for (unsigned i = 0; i < home->care.tag_count; i++)
		for (unsigned n = 0; n < rules->tag_count; n++)
			if (!strcmp(home->care.tags[i], rules->tags[n].tag) &&
				(!every || rules->tags[n].every_days < every))
				every = rules->tags[n].every_days;
	return every ? every : rules->every_days;
}

static int32_t first_day(const struct visit_core *core, const struct home *home, const char *what, uint16_t every)
{
	uint64_t hash = text_hash64(home->id, strlen(home->id), text_hash64(what, strlen(what), 0));

	return core_day(core, home->since) + 1 + (int32_t)(hash % every);
}

static int32_t list_day(const struct visit_core *core, const struct home *home, const struct checklist *list)
{
	int32_t day = DAY_NONE;

	for (unsigned i = 0; i < home->check_count; i++)
		if (!strcmp(home->checks[i].name, list->name))
			day = home->checks[i].day;
	day = day == DAY_NONE ? first_day(core, home, list->name, list->every_days) : day + list->every_days;
	return home->turn != DAY_NONE && day <= home->turn ? home->turn + 1 : day;
}

/* next_list gives the checklist that is due first. */
static int32_t next_list(const struct visit_core *core, const struct home *home, const struct checklist **out)
{
	const struct visit_rules *rules = core->config.rules;
	int32_t first = DAY_NONE;

	for (unsigned i = 0; i < rules->list_count; i++) {
		const struct checklist *list = &rules->lists[i];
		if (!list->every_days || list != visit_rules_list(rules, list->name, 0))
			continue;
		int32_t day = list_day(core, home, list);
		if (first == DAY_NONE || day < first) {
			first = day;
			*out = list;
		}
	}
	return first;
}

int32_t home_due_day(const struct visit_core *core, const struct home *home, const struct checklist **out_list)
{
	uint16_t every = home_every(core, home);
	int32_t due = DAY_NONE, list;

	*out_list = NULL;
	if (!home->known || !home->cared || home->canary || !wall_is_set(home->since))
		return DAY_NONE;
	if (home->missed)
		due = home->turn + 1;
	else if (every)
		due = home->turn == DAY_NONE ? first_day(core, home, VISIT_CHAT, every) : home->turn + every;
	list = next_list(core, home, out_list);
	if (list != DAY_NONE && due != DAY_NONE && list > due + core->config.rules->slack_days)
		*out_list = NULL;
	else if (list != DAY_NONE && (due == DAY_NONE || list < due))
		due = list;
	return due != DAY_NONE && due < home->pause ? home->pause : due;
}

static struct wall opening(const struct visit_core *core, int32_t due)
{
	return core_at(core, due - core->config.rules->ahead_days, core->config.rules->plan_min);
}

/* look_at gives when a home is to be looked at; WALL_NEVER = not by itself. */
static struct wall look_at(const struct visit_core *core, const struct home *home, int32_t due)
{
	struct wall at = due == DAY_NONE ? WALL_NEVER : opening(core, due);

	return at.ms < home->again.ms ? home->again : at;
}

/* next_vain gives an errand of a home that has left, by the least id, since the list's order depends on restarts; NULL:
 * none is left that can be taken back. */
static struct job *next_vain(const struct home *home)
{
	struct job *found = NULL;

	for (struct job *job = home->gone ? home->jobs : NULL; job; job = job->next_of_home)
		if (job_live(job) && job_legal(job, ERRAND_EVENT_CANCELLED) &&
			(!found || strcmp(job->now.id, found->now.id) < 0))
			found = job;
	return found;
}

enum err home_arm(struct visit_core *core, struct home *home)
{
	const struct checklist *list = NULL;
	int32_t due = home->visit ? DAY_NONE : home_due_day(core, home, &list);

	return timerq_set(&core->timers, home->slot * 2, next_vain(home) ? (struct wall){0} : look_at(core, home, due));
}

static bool is_away(const struct home *home, struct wall at)
{
	if (!wall_is_set(home->away_from) && !wall_is_set(home->away_until))
		return false;
	if (!home->away_from.ms && !home->away_until.ms) /* nothing was said */
		return false;
	return home->away_from.ms <= at.ms && (!wall_is_set(home->away_until) || at.ms < home->away_until.ms);
}

static void explain_visit(struct errand *first, const struct checklist *list, uint16_t every, uint8_t missed)
{
	const char *zh = missed ? "，上次未成" : "", *en = missed ? ", the last one failed" : "";

	if (list)
		snprintf(first->reason_zh, sizeof first->reason_zh, "%s：每 %u 天一次%s。", list->zh, list->every_days,
			zh);
	else
		snprintf(first->reason_zh, sizeof first->reason_zh, "陪伴探访：每 %u 天一次%s。", every, zh);
	if (list)
		snprintf(first->reason_en, sizeof first->reason_en, "%s: every %u days%s.", list->en, list->every_days,
			en);
	else
		snprintf(first->reason_en, sizeof first->reason_en, "Company: a visit every %u days%s.", every, en);
}

static enum err open_visit(
	struct visit_core *core, struct home *home, int32_t due, const struct checklist *list, struct wall now)
{
	const struct visit_rules *rules = core->config.rules;
	int32_t today = core_day(core, now), first_of = due - rules->slack_days, last_of = due + rules->slack_days;
	struct errand first = {.kind = ERRAND_VISIT};
	struct job *job;
	enum err err;

	if (first_of <= today)
		first_of = today + 1;
	if (last_of < first_of + rules->slack_days)
		last_of = first_of + rules->slack_days;
	first.from = core_at(core, first_of, rules->parts[0].from_min);
	first.until = core_at(core, last_of, rules->parts[DAY_PART_COUNT - 1].until_min);
	text_cut(first.what, sizeof first.what, list ? list->name : VISIT_CHAT);
	first.version = list ? list->version : 0;
	explain_visit(&first, list, home_every(core, home), home->missed);
	err = job_open(core, home, &first, "", due < first_of ? first_of : due, now, &job);
	return err ? err : job_offer(core, job, now);
}

enum err home_tick(struct visit_core *core, struct home *home, struct wall now)
{
	const struct checklist *list = NULL;
	int32_t due = home->visit ? DAY_NONE : home_due_day(core, home, &list);
	int32_t today = core_day(core, now);
	struct job *vain;
	enum err err = ERR_OK;

	while (!err && (vain = next_vain(home))) {
		const char *tell[] = {vain->now.assignee, vain->now.provider, NULL};
		err = job_event(core, vain, ERRAND_EVENT_CANCELLED, "", "住户已不在册 / the home has left", tell, now);
	}
	if (err)
		return err;
	due = home->gone ? DAY_NONE : due;
	if (look_at(core, home, due).ms > now.ms)
		return home_arm(core, home);
	if (is_away(home, core_at(core, due > today ? due : today + 1, 12 * 60))) {
		home->again = core_at(core, today + 1, core->config.rules->plan_min);
		home_dirty(core, home);
		return home_arm(core, home);
	}
	err = open_visit(core, home, due, list, now);
	return err ? err : home_arm(core, home);
}

static struct friend *friend_row(struct home *home, const char *user)
{
	struct friend *oldest = home->friends;

	for (unsigned i = 0; i < home->friend_count; i++) {
		if (!strcmp(home->friends[i].user, user))
			return &home->friends[i];
		if (home->friends[i].last.ms < oldest->last.ms)
			oldest = &home->friends[i];
	}
	if (home->friend_count < FRIENDS_MAX)
		oldest = &home->friends[home->friend_count++];
	*oldest = (struct friend){.last = WALL_NONE};
	text_cut(oldest->user, sizeof oldest->user, user);
	return oldest;
}

void home_met(struct visit_core *core, struct job *job, bool good, struct wall now)
{
	struct friend *friend;

	if (good && wall_is_set(job->now.seen) && job->now.seen.ms > job->home->last.ms)
		job->home->last = job->now.seen;
	if (*job->now.assignee) {
		friend = friend_row(job->home, job->now.assignee);
		if (good && friend->good < UINT16_MAX)
			friend->good++;
		else if (!good && friend->bad < UINT16_MAX)
			friend->bad++;
		friend->last = now;
	}
	home_dirty(core, job->home);
}

enum err home_ended(struct visit_core *core, struct job *job, struct wall now)
{
	struct home *home = job->home;
	uint16_t every = home_every(core, home);

	home->visit = NULL;
	home->turn = core_day(core, now);
	if (job->now.state == ERRAND_MISSED) {
		home->missed = (uint8_t)(home->missed + (home->missed < UINT8_MAX));
	} else {
		home->missed = 0;
		if (job->now.state == ERRAND_REFUSED)
			home->pause = home->turn + (every > REFUSED_DAYS_MIN ? every : REFUSED_DAYS_MIN);
		else if (job->now.state == ERRAND_CANCELLED)
			home->pause = home->turn + (every ? every : 1);
	}
	home_dirty(core, home);
	return home_arm(core, home);
}

bool visit_home_walk(const struct visit_core *core, uint32_t *at, struct visit_home *out)
{
	while (*at < core->home_count) {
		const struct home *home = core->home_slots[(*at)++];
		const struct checklist *list;
		if (!home->known || !home->cared || home->canary)
			continue;
		int32_t due = home_due_day(core, home, &list);
		*out = (struct visit_home){.household = home->id,
			.team = home->team,
			.every_days = home_every(core, home),
			.last = home->last,
			.due = due,
			.visit = home->visit ? home->visit->now.id : "",
			.list = list ? list->name : "",
			.missed = home->missed};
		return true;
	}
	return false;
}
