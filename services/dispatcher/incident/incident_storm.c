/* SPDX-License-Identifier: MIT
 *
 * Many homes at once. When the water of a district is cut, hundreds of homes fall silent within minutes: that is one
 * event, and it is the desk's. What is alike (community and kind, of a level below life) and begins or becomes more
 * urgent within the window counts; from the set number of homes on they are held, their pages are withdrawn, and the
 * desk is told once. The desk decides; without a word each is released when its hold ends, a few seconds apart, so that
 * nobody is forgotten and nobody gets fifty pages in one second.
 *
 * There is no state but that of the incidents (storm, stirred): a restart in the middle changes nothing.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "incident_internal.h"

#define APART_MS (5 * MS_PER_SECOND)

/* What comes of many homes at once and not of one home's emergency: no alarm of a detector for gas, smoke, a fall. */
bool storm_may_be(const struct incident_core *core, const struct emergency *e)
{
	return core->config.storm_homes && e->now.level != ALERT_LIFE && e->now.community[0] &&
	       (e->now.kind == ALERT_SILENCE || e->now.kind == ALERT_RULE) &&
	       !duty_home_of(core->duty, e->now.household).canary;
}

static bool alike(const struct emergency *e, const char *community, enum alert_kind kind)
{
	return e && !incident_over(e->now.state) && e->now.kind == kind && e->now.level != ALERT_LIFE &&
	       !strcmp(e->now.community, community);
}

/* look counts those that are alike and stirred within the window, and says whether some are held already, or were
 * released already: then the desk has decided. */
static unsigned look(
	const struct incident_core *core, const struct emergency *e, struct wall now, bool *out_held, bool *out_decided)
{
	int64_t since_ms = now.ms - core->config.storm_window_ms, decided_ms = since_ms - core->config.storm_hold_ms;
	unsigned count = 0;

	*out_held = *out_decided = false;
	for (uint32_t slot = 0; slot < core->slot_count; slot++) {
		const struct emergency *other = core->slots[slot];
		if (!alike(other, e->now.community, e->now.kind))
			continue;
		count += other->stirred.ms > since_ms;
		*out_held = *out_held || other->storm == STORM_HELD;
		*out_decided = *out_decided || (other->storm == STORM_OVER && other->stirred.ms > decided_ms);
	}
	return count;
}

static enum err hold(
	struct incident_core *core, struct emergency *e, struct wall until, const char *note, struct wall now)
{
	enum err err;

	if (incident_next_state(e->now.state, INCIDENT_EVENT_HELD) == INCIDENT_STATE_COUNT || e->storm == STORM_HELD)
		return ERR_OK;
	e->storm = STORM_HELD;
	e->now.until = until;
	text_cut(e->now.note, sizeof e->now.note, note);
	err = case_event(core, e, INCIDENT_EVENT_HELD, "", now);
	if (!err)
		err = ladder_withdraw(core, e, "", now);
	return err ? err : case_touch(core, e);
}

/* hold_all holds whatever is alike and stirred within the window. */
static enum err hold_all(struct incident_core *core, const struct emergency *e, const char *note, struct wall now)
{
	struct wall until = wall_plus(now, core->config.storm_hold_ms);
	enum err err = ERR_OK;

	for (uint32_t slot = 0; slot < core->slot_count && !err; slot++) {
		struct emergency *other = core->slots[slot];
		if (!alike(other, e->now.community, e->now.kind) ||
			other->stirred.ms <= now.ms - core->config.storm_window_ms)
			continue;
		err = hold(core, other, until, note, now);
		until = wall_plus(until, APART_MS);
	}
	return err;
}

enum err storm_take(struct incident_core *core, struct emergency *e, struct wall now, bool *out_held)
{
	char note[NOTE_BYTES];
	bool held, decided, was = e->storm == STORM_HELD && e->now.state == INCIDENT_HELD;
	unsigned homes;
	enum err err;

	*out_held = false;
	if (!storm_may_be(core, e) || e->storm == STORM_OVER)
		return ERR_OK;
	homes = look(core, e, now, &held, &decided);
	if (was || decided || (!held && homes < core->config.storm_homes)) {
		*out_held = was;
		return ERR_OK;
	}
	*out_held = true;
	snprintf(note, sizeof note,
		"同一小区 %u 户几乎同时出现同类情况，疑为同一原因（如停水），暂不派人，请值班台决定 "
		"(%u homes of one community at once: one cause? held until the desk decides)",
		homes, homes);
	if (held)
		return hold(core, e, wall_plus(now, core->config.storm_hold_ms + (int64_t)homes * APART_MS), note, now);
	core->tallies[INCIDENT_STORMS]++;
	err = hold_all(core, e, note, now);
	return err ? err : ladder_note_desk(core, e, note, now);
}

/* ---- the desk's word ---- */

static enum err decide(
	struct incident_core *core, struct emergency *e, const struct storm_decision *decision, struct wall now)
{
	enum err err;

	if (decision->release)
		err = arrange_release(core, e, decision->user, now);
	else {
		e->now.until = wall_plus(now, decision->minutes * MS_PER_MINUTE);
		err = case_event(core, e, INCIDENT_EVENT_HELD, decision->user, now);
	}
	return err ? err : case_touch(core, e);
}

enum err incident_storm(struct incident_core *core, const struct storm_decision *decision, struct wall now,
	unsigned *out_homes, struct incident_effects *out)
{
	enum err err = ERR_OK;

	out->count = 0;
	out->verdict = INCIDENT_TAKEN;
	*out_homes = 0;
	/* First all are marked: the first that is asked for must not find the others held, and be held again. */
	for (uint32_t slot = 0; slot < core->slot_count && decision->release; slot++) {
		struct emergency *e = core->slots[slot];
		if (alike(e, decision->community, decision->kind) && e->storm == STORM_HELD)
			e->storm = e->now.state == INCIDENT_HELD ? STORM_OVER : STORM_NONE;
	}
	for (uint32_t slot = 0; slot < core->slot_count && !err; slot++) {
		struct emergency *e = core->slots[slot];
		if (!alike(e, decision->community, decision->kind) || e->now.state != INCIDENT_HELD ||
			e->storm == STORM_NONE)
			continue;
		++*out_homes;
		err = decide(core, e, decision, now);
	}
	core_give(core, out);
	return err;
}

/* storm_before: in order of community and kind. */
static bool storm_before(const struct emergency *a, const char *community, enum alert_kind kind)
{
	int order = strcmp(a->now.community, community);

	return order < 0 || (!order && a->now.kind < kind);
}

bool incident_storm_walk(const struct incident_core *core, struct storm *storm)
{
	const struct emergency *best = NULL;
	char community[ID_BYTES];

	for (uint32_t slot = 0; slot < core->slot_count; slot++) {
		const struct emergency *e = core->slots[slot];
		if (!e || e->now.state != INCIDENT_HELD || e->storm != STORM_HELD)
			continue;
		bool after = storm->homes && (storm_before(e, storm->community, storm->kind) ||
						     alike(e, storm->community, storm->kind));
		if (!after && (!best || storm_before(e, best->now.community, best->now.kind)))
			best = e;
	}
	if (!best)
		return false;
	text_cut(community, sizeof community, best->now.community);
	*storm = (struct storm){.kind = best->now.kind, .since = WALL_NEVER, .until = WALL_NEVER};
	text_cut(storm->community, sizeof storm->community, community);
	for (uint32_t slot = 0; slot < core->slot_count; slot++) {
		const struct emergency *e = core->slots[slot];
		if (!alike(e, community, storm->kind) || e->storm != STORM_HELD)
			continue;
		storm->homes++;
		storm->since = e->stirred.ms < storm->since.ms ? e->stirred : storm->since;
		storm->until = e->now.until.ms < storm->until.ms ? e->now.until : storm->until;
	}
	return true;
}
