/* SPDX-License-Identifier: MIT
 *
 * One function a kind of rule. Each finds, or is content, or does not know; what it does not know leaves an open alert
 * as it is.
 */
#include <math.h>

#include "detector/anomaly.h"

#define TAP_MARGIN 20.0 /* l/h above the usual highest */
#define TAP_NEW 4.0     /* a home that is new: so many times the least */
#define RUN_NEW 2.0     /* the same of hours without a stop */
#define DRIP_MARGIN 2.0 /* h */
#define DEAD_SHARE 0.1  /* of the usual lowest */
#define ROOM_HYSTERESIS 1.0
#define RECENT_DAYS 14 /* compared with the ten weeks before */
#define RECENT_FEW 10  /* days of them that must be known ... */
#define BEFORE_FEW 28  /* ... and of those before */
#define CLEARLY 3.0    /* standard errors */
#define MONDAY 4       /* of days since 1970, modulo 7 */
#define NOTE_HOUR 9

static const struct anomaly_verdict silent = {.next_ms = INT64_MAX};

static double slice(const struct anomaly_flow *flow, unsigned back)
{
	return (double)flow->rates[(flow->next + ANOMALY_SLICES - back) % ANOMALY_SLICES];
}

static double least_of(const struct anomaly_flow *flow, unsigned slices)
{
	double least = HUGE_VAL;

	for (unsigned i = 1; i <= slices; i++)
		least = fmin(least, slice(flow, i));
	return least;
}

static struct anomaly_verdict rests(int64_t over_ms)
{
	struct anomaly_verdict v = silent;

	v.finding = ANOMALY_RESTS;
	v.over_ms = over_ms;
	return v;
}

static struct anomaly_verdict found(int64_t onset_ms, double amount, double limit)
{
	struct anomaly_verdict v = silent;

	v.finding = ANOMALY_FOUND;
	v.onset_ms = onset_ms;
	v.amount[0] = amount;
	v.limit[0] = limit;
	return v;
}

static struct anomaly_verdict later(int64_t next_ms)
{
	struct anomaly_verdict v = silent;

	v.next_ms = next_ms;
	return v;
}

static struct anomaly_verdict open_tap(const struct anomaly_track *t, const struct detector_rule *rule)
{
	unsigned hours = (unsigned)rule->values[0];
	double usual = anomaly_usual(&t->rings, (enum anomaly_past)(ANOMALY_TAP2 + hours - 2));
	double limit =
		isnan(usual) ? TAP_NEW * rule->values[1] : fmax(rule->values[1], usual * rule->values[2] + TAP_MARGIN);

	if (!t->flow || !t->flow->count)
		return silent;
	if (slice(t->flow, 1) < limit / 2)
		return rests(t->at_ms);
	if (t->flow->count < hours || least_of(t->flow, hours) < limit)
		return silent;
	return found(t->at_ms - hours * MS_PER_HOUR, least_of(t->flow, hours), limit);
}

/* runs: a flow that has not stood still for too long; the limit is in hours. */
static struct anomaly_verdict runs(const struct anomaly_track *t, double limit)
{
	const struct anomaly_flow *flow = t->flow;

	if (!flow || !flow->count)
		return silent;
	if (flow->run_ms == ANOMALY_NEVER)
		return rests(t->at_ms);
	double hours = (double)(t->at_ms - flow->run_ms) / (double)MS_PER_HOUR;
	return hours >= limit ? found(flow->run_ms, hours, limit) : silent;
}

static struct anomaly_verdict drip(const struct anomaly_track *t, const struct detector_rule *rule)
{
	double usual = anomaly_usual(&t->rings, ANOMALY_DRIP);

	return runs(t, isnan(usual) ? RUN_NEW * rule->values[0]
				    : fmax(rule->values[0], usual * rule->values[1] + DRIP_MARGIN));
}

static struct anomaly_verdict gas_long(const struct anomaly_track *t, const struct detector_rule *rule)
{
	double usual = anomaly_usual(&t->rings, ANOMALY_RUN) / 60;

	return runs(t, isnan(usual) ? RUN_NEW * rule->values[0] : fmax(rule->values[0], usual * rule->values[2]));
}

static struct anomaly_verdict nightly(const struct anomaly_track *t, const struct detector_rule *rule)
{
	const struct anomaly_ring *ring = anomaly_ring_of(&t->rings, ANOMALY_NIGHT);
	double usual = anomaly_usual(&t->rings, ANOMALY_NIGHT), least = HUGE_VAL;
	double limit = fmax(rule->values[1], usual * rule->values[2]);

	if (!ring || isnan(usual))
		return silent;
	for (unsigned i = 0; i < (unsigned)rule->values[0]; i++) {
		uint16_t litres =
			ring->newest < (int64_t)i ? ANOMALY_UNKNOWN : ring->days[(ring->newest - i) % ANOMALY_DAYS];
		if (litres == ANOMALY_UNKNOWN)
			return silent;
		if (litres < limit)
			return rests(t->at_ms);
		least = fmin(least, litres);
	}
	return found(t->at_ms - (int64_t)rule->values[0] * MS_PER_DAY, least, limit);
}

static struct anomaly_verdict base_jump(const struct anomaly_track *t, const struct detector_rule *rule)
{
	double usual = anomaly_usual(&t->rings, ANOMALY_BASE);
	double limit = fmax(usual * rule->values[1], usual + rule->values[0]);

	if (!t->flow || !t->flow->count || isnan(usual))
		return silent;
	if (slice(t->flow, 1) < usual + rule->values[0] / 2)
		return rests(t->at_ms);
	if (t->flow->count < ANOMALY_SLICES || least_of(t->flow, ANOMALY_SLICES) < limit)
		return silent;
	return found(t->at_ms - ANOMALY_SLICES * MS_PER_HOUR, least_of(t->flow, ANOMALY_SLICES), limit);
}

static struct anomaly_verdict dead(const struct anomaly_track *t, const struct detector_rule *rule)
{
	unsigned hours = (unsigned)rule->values[0];
	double usual = anomaly_usual(&t->rings, ANOMALY_LOW), most = 0;

	if (!t->flow || !t->flow->count)
		return silent;
	if (slice(t->flow, 1) >= rule->values[1] / 2)
		return rests(t->at_ms);
	if (isnan(usual) || usual < rule->values[1] || t->flow->count < hours)
		return silent;
	for (unsigned i = 1; i <= hours; i++)
		most = fmax(most, slice(t->flow, i));
	return most <= usual * DEAD_SHARE ? found(t->at_ms - hours * MS_PER_HOUR, most, usual) : silent;
}

/* lasts: a state has lasted from since; found once it has done so for limit_ms. */
static struct anomaly_verdict lasts(int64_t since_ms, int64_t limit_ms, struct anomaly_now now)
{
	if (now.ms - since_ms < limit_ms)
		return later(since_ms + limit_ms);
	return found(since_ms, (double)(now.ms - since_ms) / MS_PER_MINUTE, (double)limit_ms / MS_PER_MINUTE);
}

/* own_limit: what the rule says, or what is usual times the rule's factor. */
static int64_t own_limit(double minutes, double usual, double factor)
{
	return (int64_t)((isnan(usual) ? minutes : fmax(minutes, usual * factor)) * MS_PER_MINUTE);
}

static struct anomaly_verdict door_long(
	const struct anomaly_track *t, const struct detector_rule *rule, struct anomaly_now now)
{
	if (!t->known)
		return silent;
	if (t->value <= 0)
		return rests(t->since_ms);
	return lasts(
		t->since_ms, own_limit(rule->values[0], anomaly_usual(&t->rings, ANOMALY_OPEN), rule->values[1]), now);
}

/* night_ms gives when the night that runs began; ANOMALY_NEVER by day, then *out_next_ms is when the next begins. */
static int64_t night_ms(struct anomaly_now now, double from, double to, int64_t *out_next_ms)
{
	int hour = (int)(now.local_hour % 24), first = (int)from, end = (int)to;

	*out_next_ms = now.hour_start_ms + ((first - hour + 24) % 24) * MS_PER_HOUR;
	if (hour < end)
		return now.hour_start_ms - (hour + 24 - first) * MS_PER_HOUR;
	return hour >= first ? now.hour_start_ms - (hour - first) * MS_PER_HOUR : ANOMALY_NEVER;
}

static struct anomaly_verdict door_night(
	const struct anomaly_track *t, const struct detector_rule *rule, struct anomaly_now now)
{
	int64_t next_ms, night = night_ms(now, rule->values[1], rule->values[2], &next_ms);

	if (!t->known)
		return silent;
	if (t->value <= 0)
		return rests(t->since_ms);
	if (night == ANOMALY_NEVER)
		return later(next_ms);
	struct anomaly_verdict v = lasts(t->since_ms > night ? t->since_ms : night, rules_ms(rule, 0), now);
	if (v.finding == ANOMALY_FOUND)
		v.onset_ms = t->since_ms;
	return v;
}

/* was_night: t was in a night, as seen from now, no longer than a day ago. */
static bool was_night(int64_t t_ms, struct anomaly_now now, double from, double to)
{
	int64_t back = now.hour_start_ms - t_ms;
	int64_t hours = back <= 0 ? 0 : (back + MS_PER_HOUR - 1) / MS_PER_HOUR;
	int64_t hour = (now.local_hour - hours) % 24;

	return hours < 24 && (hour >= (int)from || hour < (int)to);
}

static struct anomaly_verdict left(const struct anomaly *a, const struct detector_rule *rule, struct anomaly_now now)
{
	if (a->door_ms == ANOMALY_NEVER)
		return silent;
	if (a->inside_ms > a->door_ms)
		return rests(a->inside_ms);
	return was_night(a->door_ms, now, rule->values[1], rule->values[2]) ? lasts(a->door_ms, rules_ms(rule, 0), now)
									    : silent;
}

static struct anomaly_verdict bathroom(
	const struct anomaly_track *t, const struct detector_rule *rule, struct anomaly_now now)
{
	if (!t->known)
		return silent;
	if (t->value <= 0)
		return rests(t->since_ms);
	return lasts(
		t->since_ms, own_limit(rule->values[0], anomaly_usual(&t->rings, ANOMALY_STAY), rule->values[1]), now);
}

/* bathroom_motion: motion there, and none elsewhere since; only where the home's own stays are known, because rooms
 * without a sensor make them long. */
static struct anomaly_verdict bathroom_motion(
	const struct anomaly *a, const struct detector_rule *rule, struct anomaly_now now)
{
	double usual = anomaly_usual(&a->rings, ANOMALY_STAY);

	if (a->bath_last_ms == ANOMALY_NEVER)
		return silent;
	if (a->bath_ms == ANOMALY_NEVER)
		return rests(a->bath_last_ms);
	return isnan(usual) ? silent : lasts(a->bath_ms, own_limit(rule->values[0], usual, rule->values[1]), now);
}

static struct anomaly_verdict bed(const struct anomaly *a, const struct anomaly_track *t,
	const struct detector_rule *rule, struct anomaly_now now)
{
	if (!t->known)
		return silent;
	if (t->value > 0)
		return rests(t->since_ms);
	if (!was_night(t->since_ms, now, rule->values[1], rule->values[2]))
		return silent;
	bool since = a->inside_ms > t->since_ms;
	struct anomaly_verdict v = lasts(since ? a->inside_ms : t->since_ms, rules_ms(rule, 0), now);
	if (v.finding == ANOMALY_FOUND)
		v.onset_ms = t->since_ms;
	else if (since)
		v = (struct anomaly_verdict){.finding = ANOMALY_RESTS, .over_ms = a->inside_ms, .next_ms = v.next_ms};
	return v;
}

static struct anomaly_verdict room(
	const struct anomaly_track *t, const struct detector_rule *rule, struct anomaly_now now)
{
	bool cold = rule->kind == DETECTOR_RULE_COLD;
	double limit = rule->values[0], worst = t->value;
	int64_t hours = (int64_t)rule->values[1], hour = now.ms / MS_PER_HOUR;
	const struct anomaly_warmth *w = t->warmth;

	if (!w || now.ms < 0)
		return silent;
	if (cold ? t->value >= limit + ROOM_HYSTERESIS : t->value <= limit - ROOM_HYSTERESIS) {
		struct anomaly_verdict v = rests(t->at_ms);
		v.amount[0] = t->value;
		return v;
	}
	/* The hours before this one; those after the last word are as it said. */
	for (int64_t h = hour - hours; h <= hour; h++) {
		if (h <= w->hour - w->count)
			return later((hour + 1) * MS_PER_HOUR);
		double v = h > w->hour ? t->value : (double)(cold ? w->high : w->low)[h % ANOMALY_SLICES];
		worst = cold ? fmax(worst, v) : fmin(worst, v);
	}
	if (cold ? worst >= limit : worst <= limit)
		return later((hour + 1) * MS_PER_HOUR);
	return found(now.ms - hours * MS_PER_HOUR, t->value, limit);
}

bool anomaly_concerns(const struct anomaly_track *track, const struct detector_rule *rule)
{
	if (!(rules_kind(rule->kind)->quantities >> track->quantity & 1))
		return false;
	switch (rule->kind) {
	case DETECTOR_RULE_DOOR_LONG:
	case DETECTOR_RULE_DOOR_NIGHT:
		return track->place != ANOMALY_WINDOW && track->place != ANOMALY_CURTAIN &&
		       track->place != ANOMALY_OUTSIDE;
	case DETECTOR_RULE_BATHROOM: /* motion is judged for the home as a whole */
		return track->place == ANOMALY_BATHROOM && track->quantity == QUANTITY_PRESENCE;
	case DETECTOR_RULE_COLD:
	case DETECTOR_RULE_HOT:
		return track->warmth && track->place != ANOMALY_OUTSIDE;
	case DETECTOR_RULE_LEFT:
	case DETECTOR_RULE_BED:
		return false; /* the same */
	default:
		return true;
	}
}

struct anomaly_verdict anomaly_judge_track(
	const struct anomaly_track *track, const struct detector_rule *rule, struct anomaly_now now)
{
	switch (rule->kind) {
	case DETECTOR_RULE_OPEN_TAP:
		return open_tap(track, rule);
	case DETECTOR_RULE_DRIP:
		return drip(track, rule);
	case DETECTOR_RULE_NIGHTLY:
		return nightly(track, rule);
	case DETECTOR_RULE_GAS_LONG:
		return gas_long(track, rule);
	case DETECTOR_RULE_BASE_JUMP:
		return base_jump(track, rule);
	case DETECTOR_RULE_DEAD:
		return dead(track, rule);
	case DETECTOR_RULE_DOOR_LONG:
		return door_long(track, rule, now);
	case DETECTOR_RULE_DOOR_NIGHT:
		return door_night(track, rule, now);
	case DETECTOR_RULE_BATHROOM:
		return bathroom(track, rule, now);
	case DETECTOR_RULE_COLD:
	case DETECTOR_RULE_HOT:
		return room(track, rule, now);
	default: /* of the home as a whole, or none of these */
		return silent;
	}
}

/* ---- slow decline ---- */

struct sample {
	unsigned count;
	double mean, square; /* square: variance of the mean */
};

static struct sample sample_of(const struct anomaly_ring *ring, int64_t newest, unsigned from, unsigned to)
{
	double sum = 0, squares = 0;
	struct sample s = {0};

	for (unsigned back = from; back < to && newest >= (int64_t)back; back++) {
		int64_t day = newest - back;
		if (day > ring->newest || day <= ring->newest - ANOMALY_DAYS ||
			ring->days[day % ANOMALY_DAYS] == ANOMALY_UNKNOWN)
			continue;
		double v = ring->days[day % ANOMALY_DAYS];
		sum += v;
		squares += v * v;
		s.count++;
	}
	if (s.count < 2)
		return s;
	s.mean = sum / s.count;
	s.square = fmax(squares - sum * s.mean, 0) / (s.count - 1) / s.count;
	return s;
}

static struct anomaly_verdict decline(const struct anomaly *a, const struct detector_rule *rule, struct anomaly_now now)
{
	const struct anomaly_ring *hours = anomaly_ring_of(&a->rings, ANOMALY_HOURS);
	const struct anomaly_ring *ups = anomaly_ring_of(&a->rings, ANOMALY_UPS);
	int64_t day = now.local_hour / 24, hour = now.local_hour % 24;
	int64_t days = (MONDAY - day % 7 + 7) % 7;
	bool due = days == 0 && hour == NOTE_HOUR;
	struct anomaly_verdict v = silent;

	if (days == 0 && hour >= NOTE_HOUR)
		days = 7;
	v.next_ms = now.hour_start_ms + (days * 24 + NOTE_HOUR - hour) * MS_PER_HOUR;
	if (!due || !hours || !ups)
		return v;
	struct sample h1 = sample_of(hours, day - 1, 0, RECENT_DAYS);
	struct sample h0 = sample_of(hours, day - 1, RECENT_DAYS, ANOMALY_DAYS);
	struct sample u1 = sample_of(ups, day - 1, 0, RECENT_DAYS);
	struct sample u0 = sample_of(ups, day - 1, RECENT_DAYS, ANOMALY_DAYS);
	if (h1.count < RECENT_FEW || h0.count < BEFORE_FEW)
		return v;
	bool less = h1.mean <= h0.mean * (1 - rule->values[0] / 100) &&
		    h0.mean - h1.mean >= CLEARLY * sqrt(h1.square + h0.square);
	bool up = u1.mean >= u0.mean + rule->values[1] && u1.mean - u0.mean >= CLEARLY * sqrt(u1.square + u0.square);
	v.finding = less || up ? ANOMALY_FOUND : ANOMALY_RESTS;
	v.onset_ms = now.hour_start_ms - RECENT_DAYS * MS_PER_DAY;
	v.over_ms = now.ms;
	v.amount[0] = h1.mean;
	v.amount[1] = u1.mean;
	v.limit[0] = h0.mean;
	v.limit[1] = u0.mean;
	return v;
}

struct anomaly_verdict anomaly_judge_home(
	const struct anomaly *anomaly, const struct detector_rule *rule, struct anomaly_now now)
{
	struct anomaly_verdict v = silent;

	switch (rule->kind) {
	case DETECTOR_RULE_LEFT:
		return left(anomaly, rule, now);
	case DETECTOR_RULE_BATHROOM:
		return bathroom_motion(anomaly, rule, now);
	case DETECTOR_RULE_BED:
		for (unsigned i = 0; i < anomaly->count && v.finding != ANOMALY_FOUND; i++)
			if (anomaly->tracks[i].quantity == QUANTITY_BED)
				v = bed(anomaly, &anomaly->tracks[i], rule, now);
		return v;
	case DETECTOR_RULE_DECLINE:
		return decline(anomaly, rule, now);
	default:
		return v;
	}
}
