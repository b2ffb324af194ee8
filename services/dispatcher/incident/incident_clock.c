/* SPDX-License-Identifier: MIT
 *
 * What time and the directory bring: overdue timers, shift changes, people who have become known.
 */
#include <string.h>

#include "base/text.h"
#include "incident_internal.h"

/* ---- on call ---- */

static enum err tell_gone(struct incident_core *core, const char *team)
{
	struct incident_effect effect = {.kind = INCIDENT_ONCALL_GONE};
	struct last_oncall *last;

	HASH_FIND_STR(core->oncalls, team, last);
	if (last) {
		HASH_DEL(core->oncalls, last);
		free(last);
	}
	text_cut(effect.as.team, sizeof effect.as.team, team);
	return core_push(core, &effect);
}

static enum err tell_oncall(struct incident_core *core, const char *team, struct wall now)
{
	struct incident_effect effect = {.kind = INCIDENT_ONCALL};
	struct last_oncall *last;

	if (duty_oncall(core->duty, team, now, &effect.as.oncall))
		return ERR_OK;
	HASH_FIND_STR(core->oncalls, team, last);
	if (last && !memcmp(&last->oncall, &effect.as.oncall, sizeof last->oncall))
		return ERR_OK;
	if (!last) {
		last = calloc(1, sizeof *last);
		if (!last)
			return ERR_NOMEM;
		text_cut(last->team, sizeof last->team, team);
		HASH_ADD_STR(core->oncalls, team, last);
	}
	last->oncall = effect.as.oncall;
	return core_push(core, &effect);
}

static enum err tell_all(struct incident_core *core, struct wall now)
{
	struct wall shift = duty_edge(core->duty, now), absence = duty_absence_edge(core->duty, now);
	char team[ID_BYTES] = "";
	enum err err = ERR_OK;

	while (!err && duty_next_team(core->duty, team))
		err = tell_oncall(core, team, now);
	core->oncall_due = absence.ms < shift.ms ? absence : shift;
	return err;
}

void incident_core_configure(struct incident_core *core, const struct incident_config *config)
{
	core->config = *config;
	if (!core->config.policies)
		core->config.policies = policies_preset();
	duty_configure(core->duty, &config->duty);
	core->directory_changed = true;
}

enum err incident_core_entry(
	struct incident_core *core, const struct entry *entry, struct wall now, struct incident_effects *out)
{
	enum err err = duty_entry(core->duty, entry);

	(void)now;
	out->count = 0;
	out->verdict = INCIDENT_TAKEN;
	core->directory_changed = true;
	if (!err && entry->kind == ENTRY_TEAM && entry->deleted)
		err = tell_gone(core, entry->key);
	core_give(core, out);
	return err;
}

struct book *incident_core_book(struct incident_core *core)
{
	core->directory_changed = true;
	return duty_book(core->duty);
}

const struct duty *incident_core_duty(const struct incident_core *core)
{
	return core->duty;
}

bool incident_core_serves(const struct incident_core *core, const char *team, const char *user)
{
	return duty_serves(core->duty, team, user);
}

/* ---- a clock that was set ---- */

static void shift_by(struct wall *at, int64_t ms)
{
	if (wall_is_set(*at) && at->ms != WALL_NEVER.ms)
		at->ms += ms;
}

enum err incident_clock_step(struct incident_core *core, int64_t step_ms)
{
	enum err err = ERR_OK;

	core->directory_changed = true; /* another shift may be on duty */
	for (uint32_t slot = 0; slot < core->slot_count && !err; slot++) {
		struct emergency *e = core->slots[slot];
		if (!e)
			continue;
		shift_by(&e->arrive_due, step_ms);
		shift_by(&e->done_due, step_ms);
		shift_by(&e->hint_due, step_ms);
		shift_by(&e->again_due, step_ms);
		shift_by(&e->linger_due, step_ms);
		shift_by(&e->forget_due, step_ms);
		shift_by(&e->now.until, step_ms);
		shift_by(&e->stirred, step_ms); /* the shift's end is a time of day: it stays */
		for (unsigned i = 0; i < e->asked_count; i++)
			shift_by(&e->asked[i].expires, step_ms);
		err = case_touch(core, e);
	}
	return err;
}

/* ---- time ---- */

/* learn: where only the desk has it because nobody else was known or on duty, there may be people to ask now. */
static enum err learn(struct incident_core *core, struct wall now)
{
	enum err err = ERR_OK;

	for (uint32_t slot = 0; slot < core->slot_count && !err; slot++) {
		struct emergency *e = core->slots[slot];
		if (!e || incident_over(e->now.state))
			continue;
		struct duty_home home = duty_home_of(core->duty, e->now.household);
		if (home.known &&
			(strcmp(home.team, e->now.team) != 0 || strcmp(home.community, e->now.community) != 0)) {
			text_cut(e->now.team, sizeof e->now.team, home.team);
			text_cut(e->now.community, sizeof e->now.community, home.community);
			core_mark(core, e);
		}
		if (ladder_waits(core, e, now)) {
			err = ladder_climb(core, e, now);
			if (!err)
				err = case_touch(core, e);
		}
		if (!err)
			err = arrange_shift(core, e, now);
	}
	return err;
}

static enum err tick(struct incident_core *core, struct wall now)
{
	enum err err = ERR_OK;
	uint32_t slot;

	if (core->directory_changed || core->oncall_due.ms <= now.ms) {
		core->directory_changed = false;
		err = learn(core, now);
		if (!err)
			err = tell_all(core, now);
	}
	while (!err && timerq_pop(&core->timers, now, &slot)) {
		struct emergency *e = core->slots[slot];
		if (e->forget_due.ms <= now.ms) {
			case_forget(core, e);
			continue;
		}
		err = ladder_tick(core, e, now);
		if (!err)
			err = case_touch(core, e);
	}
	return err;
}

enum err incident_tick(struct incident_core *core, struct wall now, struct incident_effects *out)
{
	enum err err = ERR_OK;

	out->count = 0;
	out->verdict = INCIDENT_TAKEN;
	if (core->queue_head == core->queue_count)
		err = tick(core, now);
	core_give(core, out);
	return err;
}

struct wall incident_due(const struct incident_core *core)
{
	struct wall due = timerq_due(&core->timers);

	if (core->directory_changed || core->queue_head < core->queue_count)
		return (struct wall){0};
	return core->oncall_due.ms < due.ms ? core->oncall_due : due;
}

enum err incident_unreached(struct incident_core *core, const char *incident, const char *user, struct wall now)
{
	struct emergency *e;
	bool found = false;

	HASH_FIND(hh, core->emergencies, incident, strlen(incident), e);
	for (unsigned i = 0; e && !incident_over(e->now.state) && i < e->asked_count; i++) {
		struct asked *asked = &e->asked[i];
		if (asked->state != ASKED_OPEN || asked->role == PAGE_DESK || asked->expires.ms <= now.ms ||
			strcmp(asked->user, user) != 0)
			continue;
		asked->expires = now;
		found = true;
	}
	return found ? case_touch(core, e) : ERR_OK;
}

/* ---- questions ---- */

struct duty_home incident_duty_home(const struct incident_core *core, const char *household)
{
	return duty_home_of(core->duty, household);
}

enum err incident_oncall(const struct incident_core *core, const char *team, struct wall at, struct oncall *out)
{
	return duty_oncall(core->duty, team, at, out);
}

const char *incident_key_number(
	const struct incident_core *core, const char *team, struct wall at, struct oncall *oncall)
{
	return duty_key_number(core->duty, team, at, oncall);
}

bool incident_next_home(struct incident_core *core, char household[ID_BYTES])
{
	return duty_next_home(core->duty, household);
}

enum err incident_find(const struct incident_core *core, const char *id, struct incident *out)
{
	struct emergency *e;

	HASH_FIND(hh, core->emergencies, id, strlen(id), e);
	if (!e)
		return ERR_NOT_FOUND;
	case_snapshot(e, out);
	return ERR_OK;
}

bool incident_walk(const struct incident_core *core, char id[ID_BYTES], struct incident *out)
{
	const struct emergency *best = NULL;

	for (const struct household *h = core->households; h; h = h->hh.next)
		if (strcmp(h->open->now.id, id) > 0 && (!best || strcmp(h->open->now.id, best->now.id) < 0))
			best = h->open;
	if (!best)
		return false;
	case_snapshot(best, out);
	text_cut(id, ID_BYTES, best->now.id);
	return true;
}

bool incident_past(const struct incident_core *core, uint32_t *at, struct incident *out)
{
	while (*at < core->slot_count) {
		const struct emergency *e = core->slots[(*at)++];
		if (!e || !incident_over(e->now.state))
			continue;
		case_snapshot(e, out);
		return true;
	}
	return false;
}

const char *incident_tally_name(enum incident_tally tally)
{
	static const char *const names[] = {
		"opened", "pages_sent", "pages_withdrawn", "accepted", "timed_out", "escalated", "storms"};

	_Static_assert(sizeof names / sizeof *names == INCIDENT_TALLY_COUNT, "a name for each");
	return names[tally];
}

int64_t incident_tally(const struct incident_core *core, enum incident_tally tally)
{
	return core->tallies[tally];
}

const char *incident_verdict_name(enum incident_verdict verdict)
{
	static const char *const names[] = {"taken", "repeated", "late", "foreign", "unknown", "misplaced", "passed"};

	_Static_assert(sizeof names / sizeof *names == INCIDENT_VERDICT_COUNT, "a name for each");
	return names[verdict];
}

int64_t incident_alerts(const struct incident_core *core, enum incident_verdict verdict)
{
	return core->alert_verdicts[verdict];
}

int64_t incident_replies(const struct incident_core *core, enum incident_verdict verdict)
{
	return core->reply_verdicts[verdict];
}

uint32_t incident_open_count(const struct incident_core *core)
{
	return core->open_count;
}
