/* SPDX-License-Identifier: MIT
 *
 * One observation through the gates of core.h: device, consent, clock, repeats, order; then the reading, its alarm, and
 * what it says about the device's health.
 */
#include "core_internal.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/text.h"

#define CORE_EPOCH_MS INT64_C(1577836800000) /* 2020-01-01: no device of ours has an honest time before it */
#define CORE_FAULTS_MAX 3                    /* small steps back in a row: the meter means it */

/* gate: what is known of the observation on its way through. */
struct gate {
	struct ingest_core *core;
	const struct observation *o;
	const struct quantity_info *info;
	struct device *device;
	struct part *part, spare; /* part = &spare: no room left for a memory of it */
	struct wall now, at;
	bool own; /* `at` is the device's own time */
	bool late;
	uint32_t text;
	struct ingest_effects *out;
};

/* gate_clock settles `at`. */
static enum err gate_clock(struct gate *g, bool *out_pass)
{
	const struct ingest_core_config *config = &g->core->config;
	struct wall t = g->o->at;

	g->own = wall_is_set(t);
	g->at = g->own ? t : g->now;
	*out_pass = true;
	if (!g->own)
		return ERR_OK;
	bool ahead = t.ms > g->now.ms + config->future_ms;
	bool old = t.ms < g->now.ms - config->past_ms || t.ms < 0;
	if (old && g->o->retained) { /* an old state is no fault of the clock */
		core_push_reject(g->core, g->out, INGEST_RETAINED);
		*out_pass = false;
		return ERR_OK;
	}
	if (ahead || old) {
		g->core->tallies[INGEST_CLOCK_WRONG]++;
		g->own = false;
		g->at = g->now;
	}
	if (old && !(g->info->alarm && t.ms < CORE_EPOCH_MS)) {
		core_push_reject(g->core, g->out, INGEST_CLOCK);
		*out_pass = false;
	}
	/* A stored state may be of any age: it does not say that the clock is right now. */
	if (g->o->retained && !ahead)
		return ERR_OK;
	return core_health_set(g->core, g->device, AILMENT_CLOCK, ahead || old, NAN, g->now, g->now, g->out);
}

/* gate_part finds the state, or makes it. When the table is full a call for help goes on without one (part NULL). */
static enum err gate_part(struct gate *g, bool *out_pass)
{
	*out_pass = true;
	g->part = core_part_find(g->core, g->device, g->o->channel, g->o->quantity);
	if (g->part) {
		/* Our own clock had been ahead: what it dated must not make all that follows late. */
		if (g->part->known && g->part->at.ms > g->now.ms + 2 * g->core->config.future_ms + MS_PER_MINUTE) {
			g->part->known = false;
			g->part->base_at = WALL_NONE;
		}
		return ERR_OK;
	}
	enum err err = core_part_add(g->core, g->device, g->o->channel, g->o->quantity, &g->part);
	if (err == ERR_FULL) {
		g->part = NULL;
		*out_pass = g->info->alarm;
		if (!g->info->alarm)
			core_push_reject(g->core, g->out, INGEST_FULL);
		return ERR_OK;
	}
	return err;
}

static bool is_event(const struct gate *g)
{
	return g->info->kind == QUANTITY_EVENT;
}

static bool alarm_is_past(const struct gate *g)
{
	int64_t limit_ms = g->o->expires_ms > 0 ? g->o->expires_ms : g->core->config.alarm_past_ms;

	return g->at.ms < g->now.ms - limit_ms;
}

/* alarm_wanted: the observation is reason for a new alert (core.h, "Alarms"). */
static bool alarm_wanted(const struct gate *g)
{
	const struct part *p = g->part;

	if (!g->info->alarm || g->o->value == 0 || alarm_is_past(g))
		return false;
	if (is_event(g)) {
		int64_t window_ms = g->core->config.event_window_ms;
		if (g->o->retained)
			return false;
		if (g->o->dedupe_ms > window_ms)
			window_ms = g->o->dedupe_ms;
		return !p->alarming || llabs(g->at.ms - p->onset.ms) >= window_ms;
	}
	if (g->late)
		return false;
	if (g->o->retained)
		return p->known && p->value == 0;
	return !p->alarming;
}

/* gate_repeat sorts out repeats and gives the reading its own name in time. Nothing here holds up a reading that is
 * reason for an alert. */
static bool gate_repeat(struct gate *g)
{
	const struct part *p = g->part;

	if (!p->known)
		return true;
	bool same = p->value == g->o->value && p->text == g->text;
	bool twice = g->own && g->at.ms == p->at.ms, soon = llabs(g->at.ms - p->at.ms) < g->o->dedupe_ms;
	if (same && (twice || soon) && !alarm_wanted(g)) {
		core_push_reject(g->core, g->out, INGEST_DUPLICATE);
		return false;
	}
	/* Several arrivals in one turn share its clock; a clock that stepped back a little does the same. */
	bool arrival_collides = !g->own && g->at.ms <= p->at.ms && p->at.ms - g->at.ms <= g->core->config.future_ms;
	if (arrival_collides || g->at.ms == p->at.ms)
		g->at.ms = p->at.ms + 1;
	g->late = g->at.ms < p->at.ms;
	if (g->o->edge == EDGE_CHANGE && same && !g->late && !(is_event(g) && g->info->alarm) && !alarm_wanted(g)) {
		core_push_reject(g->core, g->out, INGEST_UNCHANGED);
		return false;
	}
	return true;
}

/* modulus_of gives the count at which a meter that stood at last starts again from zero; 0 = it was not about to. */
static double modulus_of(double last)
{
	const double word = 4294967296.0;

	for (double power = 100; power <= 1e15; power *= 10)
		if (last < power && last >= power * 0.99)
			return power;
	return last < word && last >= word * 0.99 ? word : 0;
}

/* difference of two counts, without the noise of their binary fractions: no meter counts millionths. */
static double difference(double now, double then)
{
	double exact = now - then;

	return exact < 1e9 ? round(exact * 1e6) / 1e6 : exact;
}

static void counter_base(struct part *p, const struct reading *r)
{
	p->base = r->value;
	p->base_at = r->at;
	p->faults = 0;
}

static void counter_delta(struct ingest_core *core, struct part *p, struct reading *r)
{
	if (!wall_is_set(p->base_at) || r->value >= p->base) {
		if (wall_is_set(p->base_at)) {
			r->delta = difference(r->value, p->base);
			r->since = p->base_at;
		}
		counter_base(p, r);
		return;
	}
	double modulus = modulus_of(p->base);
	if (modulus > 0 && r->value <= modulus * 0.01) {
		core->tallies[INGEST_ROLLED_OVER]++;
		r->delta = difference(modulus + r->value, p->base);
		r->since = p->base_at;
		counter_base(p, r);
		return;
	}
	if (r->value >= p->base * 0.9 && p->faults + 1 < CORE_FAULTS_MAX) {
		core->tallies[INGEST_STEP_BACK]++;
		p->faults++;
		return;
	}
	core->tallies[INGEST_REPLACED]++;
	counter_base(p, r);
}

static void reading_fill(const struct gate *g, struct reading *r)
{
	*r = (struct reading){
		.quantity = g->o->quantity,
		.value = g->o->value,
		.delta = NAN,
		.since = WALL_NONE,
		.at = g->at,
		.received = g->now,
		.retained = g->o->retained,
		.late = g->late,
	};
	memcpy(r->device, g->o->device, sizeof r->device);
	memcpy(r->channel, g->o->channel, sizeof r->channel);
	memcpy(r->household, g->device->home->id, sizeof r->household);
	memcpy(r->text, g->o->text, sizeof r->text);
}

static void gate_count(struct gate *g, struct reading *r)
{
	if (g->info->kind != QUANTITY_COUNTER || g->late)
		return;
	if (!g->o->retained)
		counter_delta(g->core, g->part, r);
	else if (g->own && !wall_is_set(g->part->base_at))
		counter_base(g->part, r); /* its own time says since when; arrival would make old use look new */
}

static void gate_alarm(struct gate *g, const struct reading *r)
{
	struct part *p = g->part;

	if (!g->info->alarm)
		return;
	if (alarm_wanted(g)) {
		struct wall last = p->onset;
		p->alarming = true;
		p->onset = g->at;
		core_push_alarm(g->out, p, r, ALERT_RAISED, g->now);
		if (last.ms > g->at.ms) /* a late press does not make the repeats of a newer one new */
			p->onset = last;
	} else if (g->o->value != 0 && alarm_is_past(g)) {
		g->core->tallies[INGEST_ALARM_PAST]++;
	} else if (g->o->value != 0 && is_event(g) && !g->o->retained) {
		g->core->tallies[INGEST_JOINED]++;
	} else if (g->o->value == 0 && !is_event(g) && p->alarming && !g->late) {
		p->alarming = false;
		core_push_alarm(g->out, p, r, ALERT_CLEARED, g->now);
	}
}

/* gate_repeated: the observation is no reading. An unchanged value moves the state's time on, so that an older one is
 * known to be late. */
static enum err gate_repeated(struct gate *g)
{
	bool unchanged = g->out->items[g->out->count - 1].as.reject == INGEST_UNCHANGED;

	if (!unchanged)
		return ERR_OK;
	g->part->at = g->at;
	return core_dirty(g->core, &g->part->node);
}

/* gate_process makes the reading, the alarm and the new state. */
static enum err gate_process(struct gate *g)
{
	struct reading reading;
	bool tracked = g->part != NULL;

	if (!tracked) { /* no room left: a call for help without a memory of it */
		g->spare =
			(struct part){.device = g->device, .at = WALL_NONE, .base_at = WALL_NONE, .onset = WALL_NONE};
		memcpy(g->spare.key.channel, g->o->channel, sizeof g->spare.key.channel);
		g->part = &g->spare;
	}
	if (!gate_repeat(g))
		return gate_repeated(g);
	reading_fill(g, &reading);
	gate_count(g, &reading);
	core_push_reading(g->out, &reading);
	gate_alarm(g, &reading);
	g->core->tallies[INGEST_LATE] += g->late;
	if (!tracked)
		return ERR_OK;
	if (!g->late) {
		g->part->known = true;
		g->part->value = reading.value;
		g->part->text = g->text;
		g->part->at = g->at;
		enum err err = core_health_judge(g->core, g->device, &reading, g->now, g->out);
		if (err)
			return err;
	}
	return core_dirty(g->core, &g->part->node);
}

/* gate_consent: gates in front of the clock: whose is it, and may it be processed at all. */
static enum err gate_consent(struct gate *g, bool *out_pass)
{
	*out_pass = false;
	HASH_FIND_STR(g->core->devices, g->o->device, g->device);
	if (!g->device) {
		core_push_reject(g->core, g->out, INGEST_UNKNOWN_DEVICE);
		return ERR_OK;
	}
	if (!core_home_agrees(g->device->home, g->now)) {
		core_push_reject(g->core, g->out, INGEST_NO_CONSENT);
		return ERR_OK;
	}
	*out_pass = true;
	return g->o->retained ? ERR_OK : core_health_heard(g->core, g->device, g->now, g->out);
}

enum err ingest_feed(
	struct ingest_core *core, const struct observation *observation, struct wall now, struct ingest_effects *out)
{
	struct gate g = {
		.core = core, .o = observation, .info = quantity_info(observation->quantity), .now = now, .out = out};
	bool pass;

	out->count = 0;
	core_see_now(core, now);
	enum err err = gate_consent(&g, &pass);
	if (err || !pass)
		return err;
	if (!(g.device->home->quantities >> observation->quantity & 1)) {
		core_push_reject(core, out, INGEST_NO_CONSENT);
		return ERR_OK;
	}
	if (observation->retained && observation->retained_as == RETAINED_IGNORE) {
		core_push_reject(core, out, INGEST_RETAINED);
		return ERR_OK;
	}
	err = gate_clock(&g, &pass);
	if (err || !pass)
		return err;
	if (!core_home_agrees(g.device->home, g.at)) {
		core_push_reject(core, out, INGEST_NO_CONSENT);
		return ERR_OK;
	}
	err = gate_part(&g, &pass);
	if (err || !pass)
		return err;
	g.text = observation->text[0] ? text_crc32(observation->text, strlen(observation->text)) : 0;
	err = gate_process(&g);
	assert(out->count <= INGEST_EFFECTS_MAX);
	return err;
}
