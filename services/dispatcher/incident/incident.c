/* SPDX-License-Identifier: MIT */
#include "dispatcher/incident/incident.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "incident_internal.h"

/* ---- the state machine: one table, one place that moves a state (docs/incident.md has the picture) ---- */

#define NO INCIDENT_STATE_COUNT
#define RA INCIDENT_RAISED
#define PA INCIDENT_PAGING
#define AC INCIDENT_ACCEPTED
#define ON INCIDENT_ON_SITE
#define ES INCIDENT_ESCALATED
#define RE INCIDENT_RESOLVED
#define CA INCIDENT_CANCELLED
#define HE INCIDENT_HELD

/* clang-format off */
static const uint8_t next_states[INCIDENT_STATE_COUNT][INCIDENT_EVENT_COUNT] = {
	/*     rais join clrd page decl time accp arrv escl rslv canc  way note hand take refu secd held rele reop merg */
	[RA] = { NO,  RA,  RA,  PA,  NO,  NO,  AC,  NO,  ES,  NO,  CA,  NO,  RA,  NO,  NO,  NO,  NO,  HE,  NO,  NO,  CA},
	[PA] = { NO,  PA,  PA,  PA,  PA,  PA,  AC,  NO,  ES,  NO,  CA,  NO,  PA,  NO,  NO,  NO,  NO,  HE,  NO,  NO,  CA},
	[AC] = { NO,  AC,  AC,  AC,  PA,  AC,  NO,  ON,  NO,  RE,  NO,  AC,  AC,  AC,  AC,  AC,  AC,  NO,  NO,  NO,  NO},
	[ON] = { NO,  ON,  ON,  ON,  NO,  ON,  NO,  NO,  NO,  RE,  NO,  NO,  ON,  ON,  AC,  ON,  ON,  NO,  NO,  NO,  NO},
	[ES] = { NO,  ES,  ES,  PA,  ES,  NO,  AC,  NO,  ES,  NO,  CA,  NO,  ES,  NO,  NO,  NO,  NO,  HE,  NO,  NO,  CA},
	[RE] = { NO,  NO,  NO,  NO,  NO,  NO,  NO,  NO,  NO,  NO,  NO,  NO,  RE,  NO,  NO,  NO,  NO,  NO,  NO,  RA,  NO},
	[CA] = { NO,  NO,  NO,  NO,  NO,  NO,  NO,  NO,  NO,  NO,  NO,  NO,  CA,  NO,  NO,  NO,  NO,  NO,  NO,  RA,  NO},
	[HE] = { NO,  HE,  HE,  PA,  NO,  NO,  AC,  NO,  ES,  NO,  CA,  NO,  HE,  NO,  NO,  NO,  NO,  HE,  RA,  NO,  CA},
};
/* clang-format on */

enum incident_state incident_next_state(enum incident_state state, enum incident_event event)
{
	assert((unsigned)state < INCIDENT_STATE_COUNT && (unsigned)event < INCIDENT_EVENT_COUNT);
	return (enum incident_state)next_states[state][event];
}

bool incident_over(enum incident_state state)
{
	return state == INCIDENT_RESOLVED || state == INCIDENT_CANCELLED;
}

/* ---- effects ---- */

enum err core_push(struct incident_core *core, const struct incident_effect *effect)
{
	if (core->queue_count == core->queue_capacity) {
		unsigned capacity = core->queue_capacity ? core->queue_capacity * 2 : INCIDENT_EFFECTS_MAX;
		struct incident_effect *grown = realloc(core->queue, capacity * sizeof *grown);
		if (!grown)
			return ERR_NOMEM;
		core->queue = grown;
		core->queue_capacity = capacity;
	}
	core->queue[core->queue_count++] = *effect;
	return ERR_OK;
}

void core_give(struct incident_core *core, struct incident_effects *out)
{
	while (out->count < INCIDENT_EFFECTS_MAX && core->queue_head < core->queue_count)
		out->items[out->count++] = core->queue[core->queue_head++];
	if (core->queue_head == core->queue_count)
		core->queue_head = core->queue_count = 0;
}

void case_snapshot(const struct emergency *e, struct incident *out)
{
	unsigned further = e->further_alerts;

	*out = e->now;
	out->alert_count = 0;
	for (unsigned i = 0; i < e->alert_count; i++) {
		if (out->alert_count < INCIDENT_ALERTS_MAX)
			text_cut(out->alerts[out->alert_count++], ID_BYTES, e->alerts[i].id);
		else
			further++;
	}
	if (further && !out->note[0])
		snprintf(out->note, sizeof out->note, "+%u alerts", further);
}

static enum err push_snapshot(struct incident_core *core, const struct emergency *e)
{
	struct incident_effect effect = {.kind = INCIDENT_SNAPSHOT};

	case_snapshot(e, &effect.as.snapshot);
	return core_push(core, &effect);
}

void core_mark(struct incident_core *core, struct emergency *e)
{
	e->dirty = true;
	if (e->slot < core->dirty_from)
		core->dirty_from = e->slot;
}

enum err case_touch(struct incident_core *core, struct emergency *e)
{
	core_mark(core, e);
	return timerq_set(&core->timers, e->slot, case_due(e));
}

enum err case_event(
	struct incident_core *core, struct emergency *e, enum incident_event event, const char *actor, struct wall now)
{
	enum incident_state next = incident_next_state(e->now.state, event);

	assert(next != INCIDENT_STATE_COUNT);
	if (next != INCIDENT_HELD)
		e->now.until = WALL_NONE;
	if (e->now.state == INCIDENT_HELD && next != INCIDENT_HELD && e->storm == STORM_HELD)
		e->storm = STORM_OVER;
	if (next != INCIDENT_ESCALATED)
		e->hint_due = e->again_due = WALL_NEVER;
	if (next != INCIDENT_RAISED)
		e->linger_due = WALL_NEVER;
	if (next == INCIDENT_RAISED || next == INCIDENT_PAGING || next == INCIDENT_ESCALATED) {
		e->now.expected = WALL_NONE; /* of somebody who no longer goes */
		*e->now.second = '\0';
	}
	e->now.state = next;
	e->now.event = event;
	e->now.revision++;
	e->now.at = now;
	text_cut(e->now.actor, sizeof e->now.actor, actor);
	core_mark(core, e);
	return push_snapshot(core, e);
}

enum err case_close(
	struct incident_core *core, struct emergency *e, enum incident_event event, const char *actor, struct wall now)
{
	enum err err = case_event(core, e, event, actor, now);
	struct asked *second = asked_find(e, e->now.second);

	e->arrive_due = e->done_due = WALL_NEVER;
	e->forget_due = wall_plus(now, core->config.keep_ms);
	case_open_clear(core, e);
	if (!err)
		err = ladder_withdraw(core, e, "", now);
	if (!err && second && strcmp(second->user, actor) != 0)
		err = ladder_tell_late(core, e, second, now);
	return err;
}

/* ---- life cycle ---- */

enum err incident_core_create(
	const struct incident_config *config, struct incident_core **out_core, struct errinfo *info)
{
	struct incident_core *core = calloc(1, sizeof *core);
	enum err err;

	if (!core)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	core->config = *config;
	if (!core->config.policies)
		core->config.policies = policies_preset();
	assert(!policies_fault(core->config.policies));
	core->directory_changed = true;
	core->oncall_due = WALL_NEVER;
	timerq_init(&core->timers);
	err = duty_create(&config->duty, &core->duty, info);
	if (err)
		free(core);
	else
		*out_core = core;
	return err;
}

void incident_core_destroy(struct incident_core *core)
{
	struct last_oncall *last, *next;

	if (!core)
		return;
	case_free_all(core);
	HASH_ITER(hh, core->oncalls, last, next)
	{
		HASH_DEL(core->oncalls, last);
		free(last);
	}
	timerq_fini(&core->timers);
	duty_destroy(core->duty);
	free(core->queue);
	free(core);
}

/* ---- alerts ---- */

static enum err judge(struct incident_core *core, enum incident_verdict verdict, struct incident_effects *out)
{
	out->verdict = verdict;
	core->alert_verdicts[verdict]++;
	return ERR_OK;
}

void case_lead(
	struct emergency *e, enum alert_kind kind, enum alert_level level, const char *reason_zh, const char *reason_en)
{
	e->now.kind = kind;
	e->now.level = level;
	text_cut(e->now.reason_zh, sizeof e->now.reason_zh, reason_zh);
	text_cut(e->now.reason_en, sizeof e->now.reason_en, reason_en);
}

static void lead(struct emergency *e, const struct alert *alert)
{
	case_lead(e, alert->kind, alert->level, alert->reason_zh, alert->reason_en);
}

/* incident_id: of household and alert. An update may open an incident too (the alert's own has long been over): its
 * revision is then part of the id, or the same id would live twice. */
static void incident_id(const struct alert *alert, char out[ID_BYTES])
{
	uint64_t hash = text_hash64(alert->household, strlen(alert->household) + 1, 0);
	int length;

	hash = text_hash64(alert->id, strlen(alert->id) + 1, hash);
	length = snprintf(out, ID_BYTES, "i-%016llx", (unsigned long long)hash);
	if (alert->revision > 1)
		snprintf(out + length, (size_t)(ID_BYTES - length), "-%u", alert->revision);
}

static enum err page_first(struct incident_core *core, struct emergency *e, bool may_linger, struct wall now)
{
	struct duty_home home = duty_home_of(core->duty, e->now.household);
	bool held = false;
	enum err err = storm_take(core, e, now, &held);

	if (err || held || (!ladder_pages(core, e) && !home.canary)) /* a canary goes to the desk whatever its level */
		return err;
	if (may_linger && core->config.storm_linger_ms && e->now.state == INCIDENT_RAISED && !e->asked_count &&
		e->storm == STORM_NONE && storm_may_be(core, e)) {
		e->linger_due = wall_plus(now, core->config.storm_linger_ms);
		return ERR_OK;
	}
	return ladder_begin(core, e, now);
}

enum err case_page_first(struct incident_core *core, struct emergency *e, struct wall now)
{
	return page_first(core, e, true, now);
}

enum err case_page_now(struct incident_core *core, struct emergency *e, struct wall now)
{
	return page_first(core, e, false, now);
}

static enum err open_case(struct incident_core *core, const struct alert *alert, struct wall now)
{
	struct incident first = {.state = INCIDENT_RAISED,
		.event = INCIDENT_EVENT_RAISED,
		.opened = now,
		.at = now,
		.expected = WALL_NONE,
		.until = WALL_NONE};
	struct duty_home home = duty_home_of(core->duty, alert->household);
	struct emergency *e;
	enum err err;

	incident_id(alert, first.id);
	first.revision = 1;
	text_cut(first.household, sizeof first.household, alert->household);
	text_cut(first.community, sizeof first.community, home.community);
	text_cut(first.team, sizeof first.team, home.team);
	err = case_create(core, &first, &e);
	if (err)
		return err;
	e->round = 1; /* 0 = not asked in any */
	e->stirred = now;
	e->shift = duty_edge(core->duty, now);
	lead(e, alert);
	core->tallies[INCIDENT_OPENED]++;
	err = case_alert_add(core, e, alert);
	if (!err)
		err = case_open_set(core, e);
	if (!err)
		err = push_snapshot(core, e);
	if (!err)
		err = case_page_first(core, e, now);
	return err ? err : case_touch(core, e);
}

enum err case_press_on(struct incident_core *core, struct emergency *e, struct wall now)
{
	e->stirred = now;
	if (case_going(e))
		return ladder_urge(core, e, "", now);
	return case_page_first(core, e, now);
}

/* outranks: among alerts of one level a call for help says more than a leak. */
static bool outranks(const struct incident_core *core, const struct alert *alert, const struct emergency *e)
{
	const struct policies *policies = core->config.policies;

	return alert->level == e->now.level && policies->rank[alert->kind] < policies->rank[e->now.kind];
}

static enum err join_case(struct incident_core *core, struct emergency *e, const struct alert *alert, struct wall now)
{
	bool urgent = alert->level < e->now.level;
	enum err err = case_alert_add(core, e, alert);

	if (urgent || outranks(core, alert, e))
		lead(e, alert);
	if (!err)
		err = case_event(core, e, INCIDENT_EVENT_ALERT_JOINED, "", now);
	if (!err && urgent)
		err = case_press_on(core, e, now);
	return err ? err : case_touch(core, e);
}

static bool all_cleared(const struct emergency *e)
{
	for (unsigned i = 0; i < e->alert_count; i++)
		if (!e->alerts[i].cleared)
			return false;
	return !e->further_alerts;
}

/* clear_alert: nobody is sent to what is over by itself; but a call for help goes on until a person says so. */
static enum err clear_alert(struct incident_core *core, struct emergency *e, struct case_alert *note, struct wall now)
{
	enum err err;

	note->cleared = true;
	err = case_event(core, e, INCIDENT_EVENT_ALERT_CLEARED, "", now);
	if (!err && e->now.level != ALERT_LIFE && all_cleared(e) &&
		incident_next_state(e->now.state, INCIDENT_EVENT_CANCELLED) != INCIDENT_STATE_COUNT)
		err = case_close(core, e, INCIDENT_EVENT_CANCELLED, "", now);
	return err ? err : case_touch(core, e);
}

/* update_alert: a newer revision of an alert of an open incident. */
static enum err update_alert(struct incident_core *core, struct emergency *e, struct case_alert *note,
	const struct alert *alert, struct wall now)
{
	bool leads = note->level == e->now.level && e->now.kind == alert->kind, urgent = alert->level < e->now.level;
	enum err err = ERR_OK;

	note->revision = alert->revision;
	if (alert->state == ALERT_CLEARED)
		return clear_alert(core, e, note, now);
	note->cleared = false;
	if (alert->level < note->level)
		note->level = alert->level;
	if (urgent) {
		lead(e, alert);
		err = case_event(core, e, INCIDENT_EVENT_ALERT_JOINED, "", now);
		if (!err)
			err = case_press_on(core, e, now);
	} else if (leads) { /* the same with newer words: whoever is asked next reads them */
		text_cut(e->now.reason_zh, sizeof e->now.reason_zh, alert->reason_zh);
		text_cut(e->now.reason_en, sizeof e->now.reason_en, alert->reason_en);
	}
	return err ? err : case_touch(core, e);
}

static enum err feed(
	struct incident_core *core, const struct alert *alert, struct wall now, struct incident_effects *out)
{
	struct alert_home *home;
	struct emergency *e = NULL;
	struct case_alert *note = NULL;

	HASH_FIND_STR(core->alerts, alert->id, home);
	if (home)
		note = case_alert_find(e = home->emergency, alert->id);
	if (note && alert->revision <= note->revision)
		return judge(core, INCIDENT_REPEATED, out);
	if (alert->level == ALERT_MAINTENANCE)
		return judge(core, INCIDENT_PASSED, out);
	if (note && incident_over(e->now.state) && (alert->state == ALERT_CLEARED || alert->level >= e->now.level)) {
		note->revision = alert->revision;
		return judge(core, INCIDENT_PASSED, out) ? ERR_NOMEM : case_touch(core, e);
	}
	if (!note && alert->state == ALERT_CLEARED)
		return judge(core, INCIDENT_UNKNOWN, out);
	(void)judge(core, INCIDENT_TAKEN, out);
	if (note && !incident_over(e->now.state))
		return update_alert(core, e, note, alert, now);
	e = case_open_of(core, alert->household);
	return e ? join_case(core, e, alert, now) : open_case(core, alert, now);
}

enum err incident_feed(
	struct incident_core *core, const struct alert *alert, struct wall now, struct incident_effects *out)
{
	enum err err;

	out->count = 0;
	err = feed(core, alert, now, out);
	core_give(core, out);
	return err;
}
