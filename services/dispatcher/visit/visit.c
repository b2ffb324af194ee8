/* SPDX-License-Identifier: MIT */
#include "dispatcher/visit/visit.h"

#include <math.h>
#include <string.h>

#include "base/civil.h"
#include "base/day.h"
#include "base/text.h"
#include "visit_internal.h"

/* ---- the state machine: one table, one place that moves a state (docs/visit.md has the picture) ---- */

#define NO ERRAND_STATE_COUNT
#define OP ERRAND_OPEN
#define OF ERRAND_OFFERED
#define AG ERRAND_AGREED
#define UW ERRAND_UNDER_WAY
#define DO ERRAND_DONE
#define CO ERRAND_CONFIRMED
#define RE ERRAND_REFUSED
#define MI ERRAND_MISSED
#define CA ERRAND_CANCELLED

/* clang-format off */
static const uint8_t next_states[ERRAND_STATE_COUNT][ERRAND_EVENT_COUNT] = {
	/*     open offr decl agre strt answ done conf refu miss clim move note canc */
	[OP] = { NO,  OF,  NO,  AG,  NO,  NO,  NO,  NO,  RE,  MI,  OP,  OP,  OP,  CA},
	[OF] = { NO,  NO,  OP,  AG,  NO,  NO,  NO,  NO,  RE,  MI,  OF,  OP,  OF,  CA},
	[AG] = { NO,  NO,  OP,  NO,  UW,  UW,  DO,  NO,  RE,  MI,  AG,  AG,  AG,  CA},
	[UW] = { NO,  NO,  NO,  NO,  NO,  UW,  DO,  NO,  RE,  MI,  UW,  NO,  UW,  NO},
	[DO] = { NO,  NO,  NO,  NO,  NO,  DO,  NO,  CO,  RE,  NO,  NO,  NO,  DO,  NO},
	[CO] = { NO,  NO,  NO,  NO,  NO,  NO,  NO,  NO,  NO,  NO,  NO,  NO,  CO,  NO},
	[RE] = { NO,  NO,  NO,  NO,  NO,  NO,  NO,  NO,  NO,  NO,  NO,  NO,  RE,  NO},
	[MI] = { NO,  NO,  NO,  NO,  NO,  NO,  DO,  NO,  NO,  NO,  MI,  NO,  MI,  NO},
	[CA] = { NO,  NO,  NO,  NO,  NO,  NO,  NO,  NO,  NO,  NO,  NO,  NO,  CA,  NO},
};
/* clang-format on */

enum errand_state visit_next_state(enum errand_state state, enum errand_event event)
{
	assert((unsigned)state < ERRAND_STATE_COUNT && (unsigned)event < ERRAND_EVENT_COUNT);
	return (enum errand_state)next_states[state][event];
}

bool visit_over(enum errand_state state)
{
	return state >= ERRAND_CONFIRMED;
}

/* ---- time ---- */

int32_t core_day(const struct visit_core *core, struct wall at)
{
	struct civil c = zone_to_civil(core->config.zone, at);

	return (int32_t)civil_days(c.year, (unsigned)c.month, (unsigned)c.day);
}

struct wall core_at(const struct visit_core *core, int32_t day, unsigned minute)
{
	struct civil c;

	civil_from_ms(day * MS_PER_DAY, &c);
	c.minute += (int)minute;
	return zone_from_civil(core->config.zone, c);
}

int32_t visit_day_of(const struct visit_core *core, struct wall at)
{
	return core_day(core, at);
}

/* ---- life ---- */

enum err visit_core_create(const struct visit_config *config, struct visit_core **out_core, struct errinfo *info)
{
	struct visit_core *core = calloc(1, sizeof *core);

	if (!core)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	timerq_init(&core->timers);
	core->dirty_homes_from = core->dirty_jobs_from = UINT32_MAX;
	core->morning.day = DAY_NONE;
	visit_core_configure(core, config);
	*out_core = core;
	return ERR_OK;
}

void visit_core_destroy(struct visit_core *core)
{
	if (!core)
		return;
	TABLE_FREE(team, core->teams);
	TABLE_FREE(person, core->people);
	TABLE_FREE(service, core->services);
	TABLE_FREE(home, core->homes);
	TABLE_FREE(job, core->jobs);
	while (core->tombs) {
		struct tomb *tomb = core->tombs;
		core->tombs = tomb->next;
		free(tomb);
	}
	timerq_fini(&core->timers);
	free(core->home_slots);
	free(core->job_slots);
	free(core->free_slots);
	free(core->queue);
	free(core);
}

void visit_core_configure(struct visit_core *core, const struct visit_config *config)
{
	assert(config->zone && config->rules && config->desk[0]);
	core->config = *config;
	core->arm_all = true;
}

/* ---- the directory ---- */

static enum err take_home(struct visit_core *core, const struct entry *entry)
{
	struct home *home = home_row(core, entry->key);

	if (!home)
		return ERR_NOMEM;
	home->known = !entry->deleted;
	home->gone = entry->deleted;
	home->away_from = home->away_until = WALL_NONE;
	home->canary = false;
	*home->community = *home->team = '\0';
	if (!entry->deleted) {
		home->canary = entry->body.household.canary;
		text_cut(home->community, sizeof home->community, entry->body.household.community);
		text_cut(home->team, sizeof home->team, entry->body.household.team);
		home->away_from = entry->body.household.away_from;
		home->away_until = entry->body.household.away_until;
	}
	return home_arm(core, home);
}

static void home_begin(struct visit_core *core, struct home *home, struct wall now)
{
	home->since = now;
	home_dirty(core, home);
}

static enum err take_care(struct visit_core *core, const struct entry *entry, struct wall now)
{
	struct home *home = home_row(core, entry->key);
	enum err err = ERR_OK;

	if (!home)
		return ERR_NOMEM;
	home->cared = !entry->deleted;
	home->care = entry->deleted ? (struct care){.position = {NAN, NAN}} : entry->body.care;
	if (home->cared && !wall_is_set(home->since) && now.ms > 0)
		home_begin(core, home, now);
	for (struct job *job = home->jobs; job && !err; job = job->next_of_home)
		err = job_arm(core, job);
	return err ? err : home_arm(core, home);
}

static enum err take_team(struct visit_core *core, const struct entry *entry)
{
	struct team *team = team_row(core, entry->key);

	if (!team)
		return ERR_NOMEM;
	*team->community = *team->captain = *team->desk = '\0';
	if (entry->deleted)
		return ERR_OK;
	text_cut(team->community, sizeof team->community, entry->body.team.community);
	text_cut(team->captain, sizeof team->captain, entry->body.team.captain);
	text_cut(team->desk, sizeof team->desk, entry->body.team.desk);
	return ERR_OK;
}

static enum err take_person(struct visit_core *core, const struct entry *entry)
{
	struct person *person = person_row(core, entry->key);
	enum err err = ERR_OK;

	if (!person)
		return ERR_NOMEM;
	if (entry->kind == ENTRY_COMPANION) {
		person->offers = !entry->deleted;
		if (!entry->deleted)
			person->offer = entry->body.companion;
		return ERR_OK;
	}
	person->team = entry->deleted ? NULL : team_row(core, entry->body.volunteer.team);
	person->gone = entry->deleted;
	for (struct job *job = person->jobs; job && !err; job = job->next_of_holder)
		err = job_arm(core, job);
	return person->team || entry->deleted ? err : ERR_NOMEM;
}

static enum err take_service(struct visit_core *core, const struct entry *entry)
{
	struct service *service = service_row(core, entry->key);

	if (!service)
		return ERR_NOMEM;
	service->known = !entry->deleted;
	if (!entry->deleted)
		service->offering = entry->body.service;
	return ERR_OK;
}

enum err visit_core_entry(struct visit_core *core, const struct entry *entry, struct wall now)
{
	switch (entry->kind) {
	case ENTRY_HOUSEHOLD:
		return take_home(core, entry);
	case ENTRY_CARE:
		return take_care(core, entry, now);
	case ENTRY_TEAM:
		return take_team(core, entry);
	case ENTRY_VOLUNTEER:
	case ENTRY_COMPANION:
		return take_person(core, entry);
	case ENTRY_SERVICE:
		return take_service(core, entry);
	case ENTRY_DEVICE:
	case ENTRY_CONSENT:
	case ENTRY_POLICY:
	case ENTRY_APPOINTMENT:
	case ENTRY_CIRCLE:
	case ENTRY_KIND_COUNT:
		break;
	}
	return ERR_OK;
}

/* ---- the clock ---- */

struct wall visit_due(const struct visit_core *core)
{
	struct wall timers = timerq_due(&core->timers), morning = morning_due(core);

	if (core->arm_all || core->queue_head < core->queue_count)
		return (struct wall){INT64_MIN + 1};
	return morning.ms < timers.ms ? morning : timers;
}

#define SLICE 16 /* timers at a time: each may mean to look at all companions */

/* ripe: one timer that has run out; ripe ones are done in an order that a restart does not change. */
struct ripe {
	int64_t due_ms;
	bool job;
	uint32_t slot;
	const char *id;
};

static int ripe_order(const void *left, const void *right)
{
	const struct ripe *a = left, *b = right;

	if (a->due_ms != b->due_ms)
		return a->due_ms < b->due_ms ? -1 : 1;
	return a->job != b->job ? a->job - b->job : strcmp(a->id, b->id);
}

/* pick takes the timers that are due at the earliest time, up to now. */
static enum err pick(struct visit_core *core, struct wall now, struct ripe **out_list, uint32_t *out_count)
{
	struct wall first = timerq_due(&core->timers);
	uint32_t id, capacity = 0;

	while (first.ms <= now.ms && timerq_pop(&core->timers, first, &id)) {
		if (*out_count == capacity) {
			capacity = capacity ? capacity * 2 : 64;
			struct ripe *more = realloc(*out_list, capacity * sizeof *more);
			if (!more)
				return ERR_NOMEM;
			*out_list = more;
		}
		(*out_list)[(*out_count)++] = (struct ripe){.due_ms = first.ms,
			.job = id % 2,
			.slot = id / 2,
			.id = id % 2 ? core->job_slots[id / 2]->now.id : core->home_slots[id / 2]->id};
	}
	return ERR_OK;
}

/* tick_some does some of them. The rest get their time back: whoever calls has more to do than to plan a whole
 * district. */
static enum err tick_some(struct visit_core *core, struct wall now)
{
	struct ripe *list = NULL;
	uint32_t count = 0;
	enum err err = pick(core, now, &list, &count);

	if (count)
		qsort(list, count, sizeof *list, ripe_order);
	for (uint32_t i = SLICE; i < count && !err; i++)
		err = timerq_set(&core->timers, list[i].slot * 2 + list[i].job, (struct wall){list[i].due_ms});
	for (uint32_t i = 0; i < count && i < SLICE && !err; i++) {
		if (list[i].job)
			err = job_tick(core, core->job_slots[list[i].slot], now);
		else
			err = home_tick(core, core->home_slots[list[i].slot], now);
	}
	free(list);
	return err;
}

/* arm_all: other rules may make homes due at other times; and what a directory that was there before the first tick
 * said without a time begins now. */
static enum err arm_all(struct visit_core *core, struct wall now)
{
	enum err err = ERR_OK;

	for (uint32_t i = 0; core->arm_all && i < core->home_count && !err; i++) {
		struct home *home = core->home_slots[i];
		if (home->cared && !wall_is_set(home->since))
			home_begin(core, home, now);
		err = home_arm(core, home);
	}
	core->arm_all = err != ERR_OK;
	return err;
}

enum err visit_tick(struct visit_core *core, struct wall now, struct visit_effects *out)
{
	enum err err = arm_all(core, now);

	*out = (struct visit_effects){.verdict = VISIT_TAKEN};
	while (!err && core->queue_count - core->queue_head < VISIT_EFFECTS_MAX &&
		timerq_due(&core->timers).ms <= now.ms)
		err = tick_some(core, now);
	if (!err && timerq_due(&core->timers).ms > now.ms)
		morning_tick(core, now, out);
	visit_give(core, out);
	return err;
}

void visit_rest(struct visit_core *core, struct visit_effects *out)
{
	*out = (struct visit_effects){.verdict = VISIT_TAKEN};
	visit_give(core, out);
}

/* ---- to be looked at ---- */

enum err visit_find(const struct visit_core *core, const char *id, struct errand *out)
{
	const struct job *job = job_find(core, id);

	if (!job)
		return ERR_NOT_FOUND;
	*out = job->now;
	return ERR_OK;
}

const struct errand *visit_walk(const struct visit_core *core, uint32_t *at)
{
	while (*at < core->job_count) {
		const struct job *job = core->job_slots[(*at)++];
		if (job)
			return &job->now;
	}
	return NULL;
}
