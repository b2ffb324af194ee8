/* SPDX-License-Identifier: MIT */
#include "detector/anomaly.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "detector/meter.h"

#define SLICE_MS (50 * MS_PER_MINUTE)     /* readings of about an hour, early by minutes, are slices as they are */
#define GAS_SLICE_MS (14 * MS_PER_MINUTE) /* a flame's pauses are shorter */
#define STILL 0.5                         /* l of a slice: less is none */
#define NIGHT_END 5
#define NIGHT_HOURS 4                 /* of the five, for a night to count */
#define SPOILT (UINT32_C(1) << 31)    /* among the hours of a day: it is not learnt */
#define INSIDE_MS (3 * MS_PER_MINUTE) /* somebody who leaves still moves for so long */

/* ---- what is needed ---- */

struct anomaly_uses anomaly_uses(const struct detector_rule *rules, unsigned count)
{
	struct anomaly_uses uses = {.gas_flow = HUGE_VAL};

	for (unsigned i = 0; i < count; i++) {
		const struct detector_rule *r = &rules[i];
		if (r->kind < DETECTOR_RULE_OPEN_TAP || r->kind >= DETECTOR_RULE_APPOINTMENT)
			continue;
		uses.kinds |= UINT32_C(1) << r->kind;
		uses.quantities |= rules_kind(r->kind)->quantities;
		if (r->kind == DETECTOR_RULE_OPEN_TAP)
			uses.tap_hours |= (uint8_t)(1U << (unsigned)r->values[0]);
		if (r->kind == DETECTOR_RULE_GAS_LONG && r->values[1] < uses.gas_flow)
			uses.gas_flow = r->values[1];
	}
	return uses;
}

enum anomaly_place anomaly_place_of(const char *place)
{
	static const struct {
		const char *word;
		enum anomaly_place place;
	} words[] = {{"bath", ANOMALY_BATHROOM}, {"toilet", ANOMALY_BATHROOM}, {"wc", ANOMALY_BATHROOM},
		{"shower", ANOMALY_BATHROOM}, {"restroom", ANOMALY_BATHROOM}, {"washroom", ANOMALY_BATHROOM},
		{"卫生间", ANOMALY_BATHROOM}, {"厕", ANOMALY_BATHROOM}, {"浴", ANOMALY_BATHROOM},
		{"洗手间", ANOMALY_BATHROOM}, {"outside", ANOMALY_OUTSIDE}, {"outdoor", ANOMALY_OUTSIDE},
		{"balcony", ANOMALY_OUTSIDE}, {"garden", ANOMALY_OUTSIDE}, {"fridge", ANOMALY_OUTSIDE},
		{"freezer", ANOMALY_OUTSIDE}, {"refrigerator", ANOMALY_OUTSIDE}, {"室外", ANOMALY_OUTSIDE},
		{"户外", ANOMALY_OUTSIDE}, {"阳台", ANOMALY_OUTSIDE}, {"冰箱", ANOMALY_OUTSIDE},
		{"curtain", ANOMALY_CURTAIN}, {"窗帘", ANOMALY_CURTAIN}, {"window", ANOMALY_WINDOW},
		{"cabinet", ANOMALY_WINDOW}, {"drawer", ANOMALY_WINDOW}, {"cupboard", ANOMALY_WINDOW},
		{"窗", ANOMALY_WINDOW}, {"柜", ANOMALY_WINDOW}, {"抽屉", ANOMALY_WINDOW}};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasestr(place, words[i].word))
			return words[i].place;
	return ANOMALY_ROOM;
}

/* ---- channels ---- */

void anomaly_init(struct anomaly *anomaly)
{
	*anomaly = (struct anomaly){.door_ms = ANOMALY_NEVER,
		.inside_ms = ANOMALY_NEVER,
		.bath_ms = ANOMALY_NEVER,
		.bath_last_ms = ANOMALY_NEVER,
		.today = -1};
}

static void track_fini(struct anomaly_track *track)
{
	free(track->flow);
	free(track->warmth);
	free(track->rings.items);
}

void anomaly_fini(struct anomaly *anomaly)
{
	for (unsigned i = 0; i < anomaly->count; i++)
		track_fini(&anomaly->tracks[i]);
	free(anomaly->tracks);
	free(anomaly->rings.items);
	anomaly_init(anomaly);
}

enum err anomaly_track_of(
	struct anomaly *anomaly, uint64_t name, uint8_t quantity, uint8_t device, struct anomaly_track **out_track)
{
	for (unsigned i = 0; i < anomaly->count; i++) {
		if (anomaly->tracks[i].name == name) {
			*out_track = &anomaly->tracks[i];
			return ERR_OK;
		}
	}
	if (anomaly->count == ANOMALY_TRACKS_MAX)
		return ERR_FULL;
	struct anomaly_track *more = realloc(anomaly->tracks, (anomaly->count + 1U) * sizeof *more);
	if (!more)
		return ERR_NOMEM;
	anomaly->tracks = more;
	*out_track = &more[anomaly->count++];
	**out_track = (struct anomaly_track){.name = name,
		.quantity = quantity,
		.device = device,
		.since_ms = ANOMALY_NEVER,
		.at_ms = ANOMALY_NEVER};
	return ERR_OK;
}

void anomaly_forget(struct anomaly *anomaly, uint8_t device, uint64_t quantities)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < anomaly->count; i++) {
		struct anomaly_track *t = &anomaly->tracks[i];
		if ((device == UINT8_MAX || device == t->device) && (quantities >> t->quantity & 1))
			track_fini(t);
		else
			anomaly->tracks[kept++] = *t;
	}
	anomaly->count = (uint8_t)kept;
}

/* ---- flows ---- */

static bool uses_kind(const struct anomaly_uses *uses, enum detector_rule_kind kind)
{
	return uses->kinds >> kind & 1;
}

static bool is_gas(const struct anomaly_track *track)
{
	return track->quantity == QUANTITY_GAS_TOTAL || track->quantity == QUANTITY_GAS_FLOW;
}

static bool is_water(const struct anomaly_track *track)
{
	return track->quantity == QUANTITY_WATER_TOTAL || track->quantity == QUANTITY_WATER_FLOW;
}

static void flow_break(struct anomaly_flow *flow)
{
	flow->start_ms = flow->run_ms = ANOMALY_NEVER;
	flow->count = 0;
	flow->night = -1;
}

/* least_of gives the lowest of the last slices; they must be there. */
static double least_of(const struct anomaly_flow *flow, unsigned slices)
{
	double least = HUGE_VAL;

	for (unsigned i = 1; i <= slices; i++)
		least = fmin(least, (double)flow->rates[(flow->next + ANOMALY_SLICES - i) % ANOMALY_SLICES]);
	return least;
}

static void run_take(struct anomaly_flow *flow, bool flows, int64_t since_ms)
{
	if (!flows)
		flow->run_ms = ANOMALY_NEVER;
	else if (flow->run_ms == ANOMALY_NEVER)
		flow->run_ms = since_ms;
}

/* night_take adds a slice that ended at a local hour to its night, which ends at NIGHT_END. */
static enum err night_take(struct anomaly_track *track, float rate, double hours, int64_t local_hour, bool *out_learnt)
{
	struct anomaly_flow *flow = track->flow;
	int64_t day = local_hour / 24;
	enum err err = ERR_OK;

	if (flow->night >= 0 && (day != flow->night || local_hour % 24 > NIGHT_END)) {
		if (flow->night_hours >= NIGHT_HOURS)
			err = anomaly_learn(&track->rings, ANOMALY_NIGHT, flow->night,
				(double)(flow->night_sum - flow->night_least * flow->night_hours), out_learnt);
		flow->night = -1;
	}
	if (local_hour % 24 > NIGHT_END || local_hour % 24 == 0) /* a slice that ends at 0 was of the evening */
		return err;
	if (flow->night != day) {
		flow->night = day;
		flow->night_sum = flow->night_hours = 0;
		flow->night_least = rate;
	}
	flow->night_sum += rate * (float)hours;
	flow->night_hours += (float)hours;
	flow->night_least = fminf(flow->night_least, rate);
	return err;
}

static enum err water_learn(struct anomaly_track *track, const struct anomaly_uses *uses, int64_t since_ms,
	int64_t at_ms, int64_t local_hour, bool *out_learnt)
{
	struct anomaly_flow *flow = track->flow;
	int64_t day = local_hour / 24;
	double hours = (double)(at_ms - since_ms) / (double)MS_PER_HOUR, rate = least_of(flow, 1);
	enum err err = ERR_OK;

	for (unsigned k = 2; k <= 4 && !err; k++)
		if ((uses->tap_hours >> k & 1) && flow->count >= k)
			err = anomaly_learn(&track->rings, (enum anomaly_past)(ANOMALY_TAP2 + k - 2), day,
				least_of(flow, k), out_learnt);
	if (!err && uses_kind(uses, DETECTOR_RULE_DRIP)) {
		run_take(flow, rate * hours >= STILL, since_ms);
		double run = flow->run_ms == ANOMALY_NEVER ? 0 : (double)(at_ms - flow->run_ms) / (double)MS_PER_HOUR;
		err = anomaly_learn(&track->rings, ANOMALY_DRIP, day, run, out_learnt);
	}
	if (!err && uses_kind(uses, DETECTOR_RULE_NIGHTLY))
		err = night_take(track, (float)rate, hours, local_hour, out_learnt);
	return err;
}

static enum err slice_learn(struct anomaly_track *track, const struct anomaly_uses *uses, int64_t since_ms,
	int64_t at_ms, int64_t local_hour, bool *out_learnt)
{
	struct anomaly_flow *flow = track->flow;
	int64_t day = local_hour / 24;
	enum err err = ERR_OK;

	if (is_water(track))
		return water_learn(track, uses, since_ms, at_ms, local_hour, out_learnt);
	if (is_gas(track)) {
		if (at_ms - since_ms > 2 * GAS_SLICE_MS + 2 * MS_PER_MINUTE) {
			flow_break(flow); /* so long a step does not show a pause */
			return ERR_OK;
		}
		run_take(flow, least_of(flow, 1) >= uses->gas_flow, since_ms);
		double run = flow->run_ms == ANOMALY_NEVER ? 0 : (double)(at_ms - flow->run_ms) / MS_PER_MINUTE;
		return anomaly_learn(&track->rings, ANOMALY_RUN, day, run, out_learnt);
	}
	if (uses_kind(uses, DETECTOR_RULE_BASE_JUMP) && flow->count == ANOMALY_SLICES)
		err = anomaly_learn(&track->rings, ANOMALY_BASE, day, least_of(flow, ANOMALY_SLICES), out_learnt);
	if (!err && uses_kind(uses, DETECTOR_RULE_DEAD) && flow->count >= 3) {
		double sum = 0;
		for (unsigned i = 1; i <= 3; i++)
			sum += (double)flow->rates[(flow->next + ANOMALY_SLICES - i) % ANOMALY_SLICES];
		err = anomaly_learn(&track->rings, ANOMALY_LOW, day, sum / 3, out_learnt);
	}
	return err;
}

enum err anomaly_step(struct anomaly_track *track, const struct anomaly_uses *uses, int64_t since_ms, int64_t at_ms,
	double amount, int64_t local_hour, bool *out_learnt)
{
	struct anomaly_flow *flow = track->flow;

	if (!flow) {
		flow = track->flow = calloc(1, sizeof *flow);
		if (!flow)
			return ERR_NOMEM;
		flow_break(flow);
	}
	if (track->at_ms != ANOMALY_NEVER && at_ms <= track->at_ms)
		return ERR_OK;
	bool sound = isfinite(amount) && amount >= 0 && since_ms < at_ms && at_ms - since_ms <= METER_STEP_MS;
	if (!sound || (track->at_ms != ANOMALY_NEVER && since_ms != track->at_ms))
		flow_break(flow);
	track->at_ms = at_ms;
	if (!sound)
		return ERR_OK;
	if (flow->start_ms == ANOMALY_NEVER) {
		flow->start_ms = since_ms;
		flow->sum = 0;
	}
	flow->sum += amount;
	int64_t start_ms = flow->start_ms;
	if (at_ms - start_ms < (is_gas(track) ? GAS_SLICE_MS : SLICE_MS))
		return ERR_OK;
	flow->rates[flow->next] = (float)(flow->sum * (double)MS_PER_HOUR / (double)(at_ms - start_ms));
	flow->next = (uint8_t)((flow->next + 1) % ANOMALY_SLICES);
	flow->count = (uint8_t)(flow->count < ANOMALY_SLICES ? flow->count + 1 : ANOMALY_SLICES);
	flow->start_ms = ANOMALY_NEVER;
	return slice_learn(track, uses, start_ms, at_ms, local_hour, out_learnt);
}

/* ---- states, temperatures, signs ---- */

enum err anomaly_state(struct anomaly_track *track, double value, int64_t at_ms, int64_t fresh_ms, int64_t local_hour,
	bool *out_learnt)
{
	bool held = track->known && at_ms - track->at_ms <= fresh_ms;
	enum err err = ERR_OK;

	if (track->at_ms != ANOMALY_NEVER && at_ms < track->at_ms)
		return ERR_OK;
	if (held && track->value > 0 && value <= 0 &&
		(track->quantity == QUANTITY_CONTACT || track->place == ANOMALY_BATHROOM))
		err = anomaly_learn(&track->rings, track->quantity == QUANTITY_CONTACT ? ANOMALY_OPEN : ANOMALY_STAY,
			local_hour / 24, (double)(at_ms - track->since_ms) / MS_PER_MINUTE, out_learnt);
	if (!held || value != track->value)
		track->since_ms = at_ms;
	track->known = true;
	track->value = value;
	track->at_ms = at_ms;
	return err;
}

static int64_t hour_of(int64_t ms)
{
	return ms >= 0 ? ms / MS_PER_HOUR : -1;
}

enum err anomaly_warmth(struct anomaly_track *track, double celsius, int64_t at_ms)
{
	struct anomaly_warmth *w = track->warmth;
	int64_t hour = hour_of(at_ms);
	float c = (float)celsius;

	if (!w)
		w = track->warmth = calloc(1, sizeof *w);
	if (!w)
		return ERR_NOMEM;
	if (hour < 0 || (track->at_ms != ANOMALY_NEVER && at_ms < track->at_ms))
		return ERR_OK;
	if (!w->count || hour - w->hour >= ANOMALY_SLICES) {
		w->count = 0;
		w->hour = hour - 1;
	}
	/* What was told holds until the next word. */
	for (; w->hour < hour; w->count = (uint8_t)(w->count < ANOMALY_SLICES ? w->count + 1 : ANOMALY_SLICES)) {
		w->hour++;
		float holds = w->count ? (float)track->value : c;
		w->high[w->hour % ANOMALY_SLICES] = w->low[w->hour % ANOMALY_SLICES] = holds;
	}
	w->high[hour % ANOMALY_SLICES] = fmaxf(w->high[hour % ANOMALY_SLICES], c);
	w->low[hour % ANOMALY_SLICES] = fminf(w->low[hour % ANOMALY_SLICES], c);
	track->known = true;
	track->value = celsius;
	track->at_ms = at_ms;
	return ERR_OK;
}

void anomaly_door(struct anomaly *anomaly, int64_t at_ms)
{
	if (at_ms > anomaly->door_ms)
		anomaly->door_ms = at_ms;
}

void anomaly_inside(struct anomaly *anomaly, int64_t since_ms)
{
	if (since_ms <= anomaly->inside_ms)
		return;
	/* Who leaves is still seen for a moment. */
	if (anomaly->door_ms != ANOMALY_NEVER && since_ms >= anomaly->door_ms &&
		since_ms - anomaly->door_ms < INSIDE_MS)
		return;
	anomaly->inside_ms = since_ms;
}

enum err anomaly_motion(struct anomaly *anomaly, bool bathroom, int64_t at_ms, int64_t local_hour, bool *out_learnt)
{
	enum err err = ERR_OK;

	if (at_ms < anomaly->bath_last_ms)
		return ERR_OK;
	if (!bathroom && anomaly->bath_ms != ANOMALY_NEVER)
		err = anomaly_learn(&anomaly->rings, ANOMALY_STAY, local_hour / 24,
			(double)(at_ms - anomaly->bath_ms) / MS_PER_MINUTE, out_learnt);
	if (!bathroom)
		anomaly->bath_ms = ANOMALY_NEVER;
	else if (anomaly->bath_ms == ANOMALY_NEVER)
		anomaly->bath_ms = at_ms;
	anomaly->bath_last_ms = at_ms;
	return err;
}

static unsigned bits_of(uint32_t set)
{
	unsigned count = 0;

	for (; set; set &= set - 1)
		count++;
	return count;
}

enum err anomaly_sign(struct anomaly *anomaly, int64_t local_hour, bool *out_learnt)
{
	int64_t day = local_hour / 24;
	enum err err = ERR_OK;

	if (day < anomaly->today)
		return ERR_OK;
	if (day > anomaly->today) {
		if (anomaly->today >= 0 && anomaly->hours && !(anomaly->hours & SPOILT)) {
			err = anomaly_learn(
				&anomaly->rings, ANOMALY_HOURS, anomaly->today, bits_of(anomaly->hours), out_learnt);
			if (!err)
				err = anomaly_learn(&anomaly->rings, ANOMALY_UPS, anomaly->today,
					bits_of(anomaly->hours & 0x1f), out_learnt);
		}
		anomaly->today = day;
		anomaly->hours = 0;
	}
	anomaly->hours |= UINT32_C(1) << local_hour % 24;
	return err;
}

void anomaly_spoil(struct anomaly *anomaly)
{
	anomaly->hours |= SPOILT;
}
