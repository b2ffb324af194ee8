/* SPDX-License-Identifier: MIT
 *
 * The rules other than silence, joined to the homes: readings to the channels of `anomaly`, its verdicts to alerts.
 * What a channel that is blind would say counts as not known.
 */
#include "core_internal.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

#define BIT(quantity) (UINT64_C(1) << (quantity))
#define KIND(kind) (UINT32_C(1) << (kind))
/* Channels that would tell of somebody who is up and about. */
#define TELLING (BIT(QUANTITY_MOTION) | BIT(QUANTITY_PRESENCE) | BIT(QUANTITY_SEAT) | BIT(QUANTITY_PERSON_SEEN))
#define BY_SIGNS (KIND(DETECTOR_RULE_LEFT) | KIND(DETECTOR_RULE_BED) | KIND(DETECTOR_RULE_DECLINE))

void detect_anomaly_free(struct home *home)
{
	if (home->anomaly)
		anomaly_fini(home->anomaly);
	free(home->anomaly);
	home->anomaly = NULL;
}

enum err detect_anomaly_get(struct home *home)
{
	if (home->anomaly)
		return ERR_OK;
	home->anomaly = malloc(sizeof *home->anomaly);
	if (!home->anomaly)
		return ERR_NOMEM;
	anomaly_init(home->anomaly);
	return ERR_OK;
}

enum anomaly_place detect_place_of(const struct detector_core *core, const char *device)
{
	uint64_t hash = text_hash64(device, strlen(device), 0);
	const struct owner *owner;

	HASH_FIND(hh, core->owners, &hash, sizeof hash, owner);
	return owner ? owner->place : ANOMALY_ROOM;
}

static bool device_blind(const struct detector_core *core, const struct home *home, uint8_t index, struct wall t)
{
	const struct device *device = &home->devices[index];

	return device->offline || !wall_is_set(device->heard) || t.ms - device->heard.ms > core->config.device_quiet_ms;
}

static bool track_blind(
	const struct detector_core *core, const struct home *home, const struct anomaly_track *track, struct wall t)
{
	return track->device >= home->device_count || device_blind(core, home, track->device, t) ||
	       (track->flow && t.ms - track->at_ms > core->config.meter_fresh_ms);
}

/* is_thermometer: a plug or a meter tells how warm it is itself. */
static bool is_thermometer(const struct home *home, uint8_t device)
{
	for (unsigned i = 0; i < home->sensor_count; i++)
		if (home->sensors[i].device == device && home->sensors[i].meter)
			return false;
	return true;
}

/* offline: what the device's states did from now on nobody knows. */
static void offline(struct home *home, uint8_t device)
{
	for (unsigned i = 0; i < home->anomaly->count; i++)
		if (home->anomaly->tracks[i].device == device)
			home->anomaly->tracks[i].known = false;
}

/* rate_step turns a flow or a power, which holds until the next reading, into a step. */
static enum err rate_step(struct detector_core *core, struct anomaly_track *track, double value, struct wall at,
	int64_t local_hour, bool *out_learnt)
{
	double before = track->known ? fmax(track->value, 0) : (double)NAN;
	int64_t since = track->at_ms == ANOMALY_NEVER ? at.ms : track->at_ms;
	enum err err = ERR_OK;

	if (track->at_ms != ANOMALY_NEVER && at.ms <= track->at_ms)
		return ERR_OK;
	err = anomaly_step(track, &core->uses, since, at.ms, before * (double)(at.ms - since) / (double)MS_PER_HOUR,
		local_hour, out_learnt);
	track->value = value;
	track->known = true;
	return err;
}

static enum err take(struct detector_core *core, struct home *home, const struct reading *r,
	struct anomaly_track *track, struct wall at, bool *out_learnt)
{
	int64_t local_hour = detect_local_hour(core, at);
	/* A slice that ends on the hour is of the hour before. */
	int64_t ended = detect_local_hour(core, (struct wall){at.ms - 1}) + 1;

	switch (r->quantity) {
	case QUANTITY_WATER_TOTAL:
	case QUANTITY_GAS_TOTAL:
	case QUANTITY_ENERGY_TOTAL:
		return anomaly_step(track, &core->uses, wall_is_set(r->since) ? r->since.ms : at.ms, at.ms, r->delta,
			ended, out_learnt);
	case QUANTITY_WATER_FLOW:
	case QUANTITY_GAS_FLOW:
	case QUANTITY_POWER:
		return rate_step(core, track, r->value, at, ended, out_learnt);
	case QUANTITY_CONTACT:
		if (r->value > 0 && track->known && track->value <= 0 && track->place != ANOMALY_WINDOW &&
			track->place != ANOMALY_CURTAIN)
			anomaly_door(home->anomaly, at.ms);
		return anomaly_state(track, r->value, at.ms, core->config.device_quiet_ms, local_hour, out_learnt);
	case QUANTITY_PRESENCE:
	case QUANTITY_BED:
		return anomaly_state(track, r->value, at.ms, core->config.device_quiet_ms, local_hour, out_learnt);
	case QUANTITY_MOTION:
		return r->value > 0 ? anomaly_motion(home->anomaly, track->place == ANOMALY_BATHROOM, at.ms, local_hour,
					      out_learnt)
				    : ERR_OK;
	case QUANTITY_DOOR_VIEWER:
		if (r->value == 1)
			anomaly_door(home->anomaly, at.ms);
		return ERR_OK;
	case QUANTITY_TEMPERATURE:
		return is_thermometer(home, track->device) ? anomaly_warmth(track, r->value, at.ms) : ERR_OK;
	default:
		return ERR_OK;
	}
}

enum err detect_anomaly_take(struct detector_core *core, struct home *home, const struct reading *r, struct wall at)
{
	struct anomaly_track *track;
	uint8_t device;
	bool learnt = false;
	enum err err;

	if (!isfinite(r->value) || r->retained || r->late)
		return ERR_OK;
	if (r->quantity == QUANTITY_ONLINE && home->anomaly && r->value <= 0 &&
		!detect_home_device(core, home, r->device, &device))
		offline(home, device);
	if (!(core->uses.quantities >> r->quantity & 1))
		return ERR_OK;
	err = detect_anomaly_get(home);
	if (!err)
		err = detect_home_device(core, home, r->device, &device);
	if (!err)
		err = anomaly_track_of(home->anomaly, detect_sensor_name(r), (uint8_t)r->quantity, device, &track);
	if (err)
		return err == ERR_FULL ? ERR_OK : err; /* counted where signs are taken */
	if (!wall_is_set(home->since))
		home->since = at; /* the home was heard */
	track->quantity = (uint8_t)r->quantity;
	track->device = device;
	track->place = detect_place_of(core, r->device);
	err = take(core, home, r, track, at, &learnt);
	return err || !learnt ? err : detect_mark(core, home, true);
}

enum err detect_anomaly_sign(struct detector_core *core, struct home *home, const struct sign *sign)
{
	bool door = sign->quantity == QUANTITY_CONTACT ||
		    (sign->quantity == QUANTITY_DOOR_VIEWER && sign->value == 1); /* who came in is inside */
	bool learnt = false;
	enum err err;

	if (!(core->uses.kinds & BY_SIGNS))
		return ERR_OK;
	err = detect_anomaly_get(home);
	if (err)
		return err;
	if (!door && sign->quantity != QUANTITY_BED)
		anomaly_inside(home->anomaly, sign->since.ms);
	if (core->uses.kinds & KIND(DETECTOR_RULE_DECLINE))
		err = anomaly_sign(home->anomaly, detect_local_hour(core, sign->at), &learnt);
	home->waiting = true;
	return err || !learnt ? err : detect_mark(core, home, true);
}

void detect_anomaly_spoil(struct home *home)
{
	if (home->anomaly)
		anomaly_spoil(home->anomaly);
}

/* can_tell: some channel that would tell of a person up and about can be heard; outside of the bathroom for the rule
 * on it. */
static bool can_tell(
	const struct detector_core *core, const struct home *home, enum detector_rule_kind kind, struct wall t)
{
	if (kind == DETECTOR_RULE_BATHROOM) {
		for (unsigned i = 0; i < home->anomaly->count; i++) {
			const struct anomaly_track *track = &home->anomaly->tracks[i];
			if (track->quantity == QUANTITY_MOTION && track->place != ANOMALY_BATHROOM &&
				!track_blind(core, home, track, t))
				return true;
		}
		return false;
	}
	for (unsigned i = 0; i < home->sensor_count; i++)
		if ((TELLING >> home->sensors[i].quantity & 1) && !device_blind(core, home, home->sensors[i].device, t))
			return true;
	return false;
}

/* opinion: what is known of all the channels together. */
struct opinion {
	struct anomaly_verdict verdict;
	int64_t next_ms;
	uint64_t looked_at, blind;
	bool asked, unsure;
};

static void hear_out(struct opinion *o, const struct anomaly_verdict *v)
{
	o->asked = true;
	o->unsure = o->unsure || v->finding == ANOMALY_SILENT;
	if (v->next_ms < o->next_ms)
		o->next_ms = v->next_ms;
	if (o->verdict.finding != ANOMALY_FOUND &&
		(v->finding == ANOMALY_FOUND || (v->finding == ANOMALY_RESTS && v->over_ms >= o->verdict.over_ms)))
		o->verdict = *v;
}

static struct opinion opinion_of(const struct detector_core *core, const struct home *home,
	const struct detector_rule *rule, struct wall t, struct anomaly_now now)
{
	struct opinion o = {.verdict = {.over_ms = ANOMALY_NEVER}, .next_ms = INT64_MAX};
	bool of_home = rule->kind == DETECTOR_RULE_LEFT || rule->kind == DETECTOR_RULE_BED ||
		       rule->kind == DETECTOR_RULE_BATHROOM || rule->kind == DETECTOR_RULE_DECLINE;

	for (unsigned i = 0; i < home->anomaly->count; i++) {
		const struct anomaly_track *track = &home->anomaly->tracks[i];
		bool concerns = anomaly_concerns(track, rule);
		if (!concerns && !(of_home && (rules_kind(rule->kind)->quantities >> track->quantity & 1)))
			continue;
		if (track_blind(core, home, track, t)) {
			o.blind |= BIT(track->quantity);
			o.unsure = o.unsure || concerns;
			continue;
		}
		o.looked_at |= BIT(track->quantity);
		if (!concerns)
			continue;
		struct anomaly_verdict v = anomaly_judge_track(track, rule, now);
		hear_out(&o, &v);
	}
	if (of_home && (rule->kind == DETECTOR_RULE_DECLINE || can_tell(core, home, rule->kind, t))) {
		struct anomaly_verdict v = anomaly_judge_home(home->anomaly, rule, now);
		if (v.finding != ANOMALY_SILENT || v.next_ms != INT64_MAX || !o.asked)
			hear_out(&o, &v);
	}
	return o;
}

enum err detect_judge_anomaly(
	struct detector_core *core, struct home *home, unsigned index, struct wall t, int64_t *out_next)
{
	const struct detector_rule *rule = &core->config.rules[index];
	int64_t hour = detect_local_hour(core, t);
	struct anomaly_now now = {
		.ms = t.ms, .local_hour = hour, .hour_start_ms = core->day_start_ms + hour % 24 * MS_PER_HOUR};

	*out_next = INT64_MAX;
	if (!home->anomaly)
		return ERR_OK;
	struct opinion o = opinion_of(core, home, rule, t, now);
	const struct anomaly_verdict *v = &o.verdict;
	*out_next = o.next_ms;
	if (v->finding == ANOMALY_FOUND)
		return detect_raise(core, home, index,
			&(struct finding){.level = rule->level,
				.at = t,
				.onset = {v->onset_ms},
				.amount = v->amount[0],
				.amount2 = v->amount[1],
				.limit = v->limit[0],
				.limit2 = v->limit[1],
				.wake = WALL_NONE,
				.looked_at = o.looked_at,
				.blind = o.blind});
	if (v->finding != ANOMALY_RESTS || o.unsure)
		return ERR_OK;
	return detect_clear(core, home, detect_standing(home, rule->name),
		&(struct clearing){.cause = CAUSE_OVER,
			.at = t,
			.cause_at = {v->over_ms},
			.quantity = QUANTITY_COUNT,
			.value = v->amount[0]});
}
