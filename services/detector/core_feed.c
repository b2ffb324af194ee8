/* SPDX-License-Identifier: MIT
 *
 * The verbs: feed, incident, tick, configure.
 */
#include "core_internal.h"

#include <string.h>

#define CLOCK_AHEAD_MS (15 * MS_PER_MINUTE) /* ingest grants five */

/* alive: a sign of life has come; it ends what silence has raised, and being away. */
static enum err alive(
	struct detector_core *core, struct home *home, const struct sign *sign, enum cause cause, struct wall heard)
{
	struct clearing clearing = {.cause = cause,
		.at = heard,
		.cause_at = sign->at,
		.quantity = sign->quantity,
		.device = sign->device,
		.value = sign->value};
	enum err err = ERR_OK;

	core->tallies[DETECTOR_SIGNS]++;
	if (!wall_is_set(home->last.at) || sign->at.ms > home->last.at.ms)
		home->last = *sign;
	bool back = detect_mode_sign(core, home, sign);
	if (back)
		err = detect_mark(core, home, true);
	if (!err)
		err = detect_habit_sign(core, home, sign, heard);
	if (!err)
		err = detect_anomaly_sign(core, home, sign);
	if (back)
		detect_anomaly_spoil(home); /* a part of this day was away */
	if (!err)
		err = detect_appointment_sign(core, home, sign, true, cause, heard);
	for (unsigned i = home->standing_count; i-- > 0 && !err;) {
		struct standing *standing = &home->standings[i];
		if (!rules_ends_by_life(standing->kind) || sign->at.ms <= standing->onset.ms)
			continue;
		err = detect_clear(core, home, standing, &clearing);
		home->waiting = true;
	}
	return err;
}

/* seen_events ends what the rules on doors and motion have raised. */
static enum err seen_events(
	struct detector_core *core, struct home *home, const struct reading *reading, struct wall heard)
{
	enum err err = ERR_OK;

	for (unsigned i = home->standing_count; i-- > 0 && !err;) {
		struct standing *standing = &home->standings[i];
		enum detector_rule_kind kind = standing->kind;
		struct wall at = kind == DETECTOR_RULE_DOOR ? home->opened : home->moved;
		if ((kind != DETECTOR_RULE_DOOR && kind != DETECTOR_RULE_MOTION) || at.ms <= standing->onset.ms)
			continue;
		struct clearing clearing = {.cause = CAUSE_SIGN,
			.at = heard,
			.cause_at = at,
			.quantity = (uint8_t)reading->quantity,
			.value = reading->value};
		if (detect_home_device(core, home, reading->device, &clearing.device))
			clearing.device = DETECTOR_DEVICES_MAX;
		err = detect_clear(core, home, standing, &clearing);
		home->waiting = true;
	}
	return err;
}

/* passed takes what tells of somebody who went through the door, before and after its own sign of life is taken. */
static void passed_before(struct detector_core *core, struct home *home, const struct reading *reading, struct wall at)
{
	if (reading->quantity == QUANTITY_CONTACT && !reading->late)
		detect_mode_door(core, home, reading->device, reading->value > 0, at);
}

static enum err passed_after(
	struct detector_core *core, struct home *home, const struct reading *reading, struct wall at)
{
	home->waiting = true;
	if (reading->quantity == QUANTITY_DOOR_VIEWER && reading->value == 1 && !reading->late)
		return detect_mode_viewer(core, home, at);
	return ERR_OK;
}

static bool of_door(const struct reading *reading)
{
	return reading->quantity == QUANTITY_CONTACT || reading->quantity == QUANTITY_DOOR_VIEWER;
}

/* settle asks for a judgement where this reading may have decided something. */
static enum err settle(struct detector_core *core, struct home *home, const struct reading *reading, struct wall heard)
{
	if (home->waiting || home->due_ms == INT64_MAX || home->mode == DETECTOR_UNWATCHED ||
		reading->quantity == QUANTITY_ONLINE ||
		(core->counts_hours && reading->quantity == QUANTITY_WATER_TOTAL) ||
		(core->uses.quantities >> reading->quantity & 1))
		return detect_look(core, home, heard);
	return ERR_OK;
}

enum err detector_feed(struct detector_core *core, const struct reading *reading)
{
	struct home *home = detect_home_find(core, reading->household);
	struct wall heard = reading->received.ms > core->now.ms ? reading->received : core->now;
	/* A counter's steps join by the meter's own clock, which may run ahead; anything else happened by now. */
	bool counter = quantity_info(reading->quantity)->kind == QUANTITY_COUNTER;
	struct wall at = reading->at.ms > heard.ms && !counter ? heard : reading->at;
	bool astray = counter && reading->at.ms - heard.ms > CLOCK_AHEAD_MS;
	struct sign sign;
	bool is;
	enum err err = ERR_OK;

	core->tallies[DETECTOR_READINGS]++;
	if (!home || !home->present) {
		core->tallies[DETECTOR_UNKNOWN_HOME]++;
		return ERR_OK;
	}
	if (!detect_home_watched(home, heard) || !(home->quantities >> reading->quantity & 1)) {
		core->tallies[DETECTOR_NO_CONSENT]++;
		return ERR_OK;
	}
	if (core->config.ordered)
		err = detect_judge_until(core, home, heard);
	if (astray) {
		/* Taken, it would keep all of the meter's later readings in its past. */
		core->tallies[DETECTOR_CLOCK_ASTRAY]++;
		return err;
	}
	if (!err)
		err = detect_sign_take(core, home, reading, at, heard, &sign, &is);
	if (err == ERR_FULL) {
		core->tallies[DETECTOR_TOO_MANY]++;
		return ERR_OK;
	}
	core->tallies[DETECTOR_LATE] += reading->late;
	if (!err)
		err = detect_anomaly_take(core, home, reading, at);
	if (!err && is && of_door(reading))
		passed_before(core, home, reading, at);
	if (!err && is)
		err = alive(core, home, &sign, CAUSE_SIGN, heard);
	else if (!err && sign.quantity < QUANTITY_COUNT)
		err = detect_appointment_sign(core, home, &sign, false, CAUSE_SIGN, heard);
	if (!err && is && of_door(reading))
		err = passed_after(core, home, reading, at);
	if (!err && (reading->quantity == QUANTITY_CONTACT || reading->quantity == QUANTITY_MOTION))
		err = seen_events(core, home, reading, heard);
	if (!err)
		err = settle(core, home, reading, heard);
	return err ? err : detect_mark(core, home, false);
}

/* says_away: whoever went there found nobody, or had the person taken to hospital. */
static bool says_away(const struct incident *incident)
{
	return incident->outcome == OUTCOME_AWAY || incident->outcome == OUTCOME_AMBULANCE ||
	       incident->found == FOUND_WAS_AWAY;
}

/* seen_there: somebody saw the person at `at`, which was told at `heard`. Of a home that was never heard no more than
 * an appointment can be known. */
static enum err seen_there(struct detector_core *core, struct home *home, struct wall at, struct wall heard)
{
	const struct sign seen = {.at = at, .since = at, .quantity = QUANTITY_COUNT};

	if (home->mode == DETECTOR_UNWATCHED)
		return detect_appointment_sign(core, home, &seen, true, CAUSE_VISIT, heard);
	return alive(core, home, &seen, CAUSE_VISIT, heard);
}

enum err detector_feed_incident(struct detector_core *core, const struct incident *incident)
{
	struct home *home = detect_home_find(core, incident->household);
	enum err err = ERR_OK;

	if (!home || !home->present || incident->state != INCIDENT_RESOLVED ||
		incident->event != INCIDENT_EVENT_RESOLVED || incident->outcome == OUTCOME_NONE)
		return ERR_OK;
	if (home->mode == DETECTOR_UNWATCHED)
		return says_away(incident) ? ERR_OK : seen_there(core, home, incident->at, incident->at);
	err = detect_feedback_take(core, home, incident);
	if (err)
		return err;
	if (!says_away(incident)) {
		err = seen_there(core, home, incident->at, incident->at);
	} else if (!wall_is_set(home->last.at) || incident->at.ms >= home->last.since.ms) {
		struct absence absence = {.source = incident->outcome == OUTCOME_AMBULANCE ? DETECTOR_AWAY_HOSPITAL
											   : DETECTOR_AWAY_VISITOR,
			.since = incident->at,
			.until = WALL_NONE};
		err = detect_mode_away(core, home, &absence, incident->at);
	}
	if (!err)
		err = detect_look(core, home, core->now);
	return err ? err : detect_mark(core, home, true);
}

enum err detector_feed_errand(struct detector_core *core, const struct errand *errand)
{
	struct home *home = detect_home_find(core, errand->household);
	struct wall heard = errand->at.ms > core->now.ms ? errand->at : core->now;
	struct wall at = errand->seen.ms > heard.ms ? heard : errand->seen;
	bool watched;
	enum err err;

	if (!home || !home->present || errand->kind == ERRAND_TASK || !wall_is_set(errand->seen))
		return ERR_OK;
	watched = home->mode != DETECTOR_UNWATCHED;
	core->tallies[DETECTOR_LATE] += watched && at.ms < home->last.at.ms;
	err = seen_there(core, home, at, heard);
	if (!err && watched)
		err = detect_look(core, home, core->now);
	return err || !watched ? err : detect_mark(core, home, true);
}

enum err detector_tick(struct detector_core *core, struct wall now, struct detector_effects *out)
{
	out->count = 0;
	if (now.ms <= core->now.ms)
		return ERR_OK;
	if (detect_queue_ready(core))
		return ERR_NOMEM;
	for (;;) {
		int64_t due = timerq_due(&core->timers).ms;
		bool ready = core->queue_count && core->queue[0]->at.ms < now.ms;
		uint32_t slot;
		enum err err;
		/* What is due earlier may have something to say before the first in the queue. */
		if (ready && due > core->queue[0]->at.ms) {
			err = detect_notice_pop(core, &out->items[out->count++]);
			if (err || out->count == DETECTOR_EFFECTS_MAX)
				return err;
			continue;
		}
		if (due >= now.ms || !timerq_pop(&core->timers, now, &slot))
			break;
		struct home *home = core->slots[slot];
		int64_t as_of = due > core->now.ms ? due : core->now.ms;
		home->due_ms = INT64_MAX;
		err = detect_judge(core, home, (struct wall){as_of > 0 ? as_of : now.ms - 1});
		if (err)
			return err;
	}
	core->now = now;
	return ERR_OK;
}

struct wall detector_due(const struct detector_core *core)
{
	int64_t due = core->queue_stale ? 0 : timerq_due(&core->timers).ms;

	if (core->queue_count && core->queue[0]->at.ms < due)
		due = core->queue[0]->at.ms;
	return due == INT64_MAX ? WALL_NEVER : (struct wall){due + 1};
}

/* home_drop clears what rules that are gone have raised. */
static enum err home_drop(struct detector_core *core, struct home *home, const struct detector_config *fresh)
{
	struct clearing clearing = {.cause = CAUSE_DROPPED, .at = core->now, .cause_at = core->now};
	enum err err = ERR_OK;

	for (unsigned i = home->standing_count; i-- > 0 && !err;)
		if (!detect_ruled(fresh, &home->standings[i]))
			err = detect_clear(core, home, &home->standings[i], &clearing);
	return err;
}

enum err detector_configure(struct detector_core *core, const struct detector_config *config)
{
	struct home *home, *next;
	enum err err = ERR_OK;

	HASH_ITER(hh, core->homes, home, next)
	{
		enum err one = home_drop(core, home, config);
		err = err ? err : one;
	}
	enum err taken = detect_config_take(core, config);
	err = err ? err : taken;
	HASH_ITER(hh, core->homes, home, next)
	{
		detect_habits_settle(core, home);
		enum err one = detect_mark(core, home, false);
		if (!one)
			one = detect_arm(core, home, 0);
		err = err ? err : one;
	}
	return err;
}
