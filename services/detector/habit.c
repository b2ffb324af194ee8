/* SPDX-License-Identifier: MIT
 *
 * A gap is weighed by its age, by how far its hour is from the one asked for, and by its kind of day. The home's gaps
 * and hours and the population's are added up in the same units (a day of the home), so that PRIOR_DAYS of the
 * population are worth as many of the home's.
 *
 * Rejected: a p-value of the running gap (a better median than a fixed limit, a much worse p90), and limits whose
 * nominal rate is trusted (homes change: a nominal 0.5 came out as 0.9 to 1.2 false alarms a month).
 */
#include "detector/habit.h"

#include <math.h>
#include <string.h>

#include "detector/habit_prior.h"

#define VERSION 1
#define MONTH_DAYS 30.44f
#define FADE_DAYS 120.0f  /* gaps and hours weigh 1/e after */
#define COUNT_DAYS 180.0f /* false alarms likewise */
#define TRIP_DAYS 3       /* a longer absence is no time without false alarms */
#define FIT_DAYS 7
#define HOUR_SPREAD 1.2f /* of the kernel over the hour */
#define HOUR_REACH 5.0f  /* beyond it nothing is weighed */
#define OTHER_KIND 0.5f  /* what a gap of the other kind of day weighs */
#define PRIOR_DAYS 10.0f
#define PRIOR_MONTHS 6.0f /* of counted false alarms, that the population's rate is worth */
#define PRICE_FIRST (0.3f / 24)
#define PRICE_STEP 0.56f
#define RATE_LEAST 1e-6f
#define LEAN_STEP 0.875f
#define LEAN_LEAST 0.5f
#define LEAN_MOST 2.0f
#define JITTER_MS (5 * MS_PER_MINUTE) /* as in judgement: a meter's reading may be early by that */
#define USUAL_LEAST 6.0f              /* gaps, for words about them */
#define WAKE_LEAST 8.0f
#define DAYS_MASK 0x1fff

/* A gap in 32 bits: start 7 (fifths of an hour), length 8 (tenths), kind 1, step 3 (how long the sign that ended it may
 * have been, in fifths of two hours), day 13 (of its end). */
struct gap {
	float start, hours, step;
	unsigned kind;
	int32_t age;
};

static uint32_t pack(float start, float hours, float step, unsigned kind, int32_t day)
{
	uint32_t s = (uint32_t)(start * 5), l = (uint32_t)(hours * 10), e = (uint32_t)(step * 2.5f + 0.5f);

	s = s < 119 ? s : 119;
	l = l < 240 ? l : 240;
	e = e < 7 ? e : 7;
	return s | l << 7 | (uint32_t)kind << 15 | e << 16 | ((uint32_t)day & DAYS_MASK) << 19;
}

static struct gap unpack(uint32_t g, int32_t today)
{
	return (struct gap){.start = ((float)(g & 127) + 0.5f) / 5,
		.hours = (float)(g >> 7 & 255) / 10,
		.kind = g >> 15 & 1,
		.step = (float)(g >> 16 & 7) / 2.5f,
		.age = (int32_t)(((uint32_t)today - (g >> 19)) & DAYS_MASK)};
}

static float apart(float a, float b)
{
	float d = fabsf(a - b);

	return d > 12 ? 24 - d : d;
}

static float kernel(float distance)
{
	return distance > HOUR_REACH ? 0 : expf(-distance * distance / (2 * HOUR_SPREAD * HOUR_SPREAD));
}

static float faded(int32_t age, float days)
{
	return expf(-(float)age / days);
}

/* bin_of gives how many of the weighed lengths a gap reached. */
static unsigned bin_of(float hours)
{
	float bins = (hours - (float)HABIT_LEAST_MS / MS_PER_HOUR) * 2 + 1;

	return bins < 0 ? 0 : bins > HABIT_LENGTHS ? HABIT_LENGTHS : (unsigned)bins;
}

/* ---- limits ---- */

/* sums: of one kind of day: per day of the home, for each hour. */
struct sums {
	float longer[HABIT_HOURS][HABIT_LENGTHS + 1], hours[HABIT_HOURS];
	float days;
};

static void sum_gaps(const struct habit *h, unsigned kind, struct sums *out)
{
	for (unsigned i = 0; i < h->gap_count; i++) {
		struct gap g = unpack(h->gaps[i], h->day);
		float weight = faded(g.age, FADE_DAYS) * (g.kind == kind ? 1 : OTHER_KIND);
		unsigned bin = bin_of(g.hours);
		for (int k = -5; k <= 6; k++) {
			int hour = ((int)g.start + k + HABIT_HOURS) % HABIT_HOURS;
			out->longer[hour][bin] += weight * kernel(apart(g.start, (float)hour));
		}
	}
	for (unsigned hour = 0; hour < HABIT_HOURS; hour++)
		for (unsigned bin = HABIT_LENGTHS; bin-- > 0;)
			out->longer[hour][bin] += out->longer[hour][bin + 1];
}

static void sum_hours(const struct habit *h, unsigned kind, struct sums *out)
{
	float near[13];

	for (unsigned d = 0; d <= 12; d++)
		near[d] = kernel((float)d);
	for (unsigned from = 0; from < HABIT_HOURS; from++) {
		float hours = h->hours[kind][from] + OTHER_KIND * h->hours[1 - kind][from];
		out->days += hours / HABIT_HOURS;
		for (unsigned to = 0; to < HABIT_HOURS; to++) {
			unsigned d = from > to ? from - to : to - from;
			out->hours[to] += hours * near[d > 12 ? 24 - d : d];
		}
	}
}

static void fit_hour(struct habit *h, unsigned kind, unsigned hour, const struct sums *sums)
{
	const struct habit_prior *prior = &habit_prior[kind][hour];
	float days = sums->days + PRIOR_DAYS;
	float risk = (sums->hours[hour] + PRIOR_DAYS * (float)prior->hours / 1000) / days;
	float longer[HABIT_LENGTHS], price = PRICE_FIRST;

	for (unsigned i = 0; i < HABIT_LENGTHS; i++)
		longer[i] = (sums->longer[hour][i + 1] + PRIOR_DAYS * (float)prior->longer[i] / 10000) / days;
	for (unsigned level = 0; level < HABIT_LEVELS; level++, price *= PRICE_STEP) {
		float step = price * risk / 2, best = INFINITY;
		unsigned found = 0;
		for (unsigned i = 0; i < HABIT_LENGTHS; i++) {
			float cost = longer[i] + step * (float)(i + 4);
			if (cost < best) {
				best = cost;
				found = i;
			}
		}
		h->limits[kind][hour][level] = (uint8_t)(20 + 5 * found);
	}
}

static void fit(struct habit *h)
{
	for (unsigned kind = 0; kind < HABIT_KINDS; kind++) {
		struct sums sums = {0};
		sum_gaps(h, kind, &sums);
		sum_hours(h, kind, &sums);
		for (unsigned hour = 0; hour < HABIT_HOURS; hour++)
			fit_hour(h, kind, hour, &sums);
	}
	h->fit_day = h->day;
}

static float limit_of(const struct habit *h, float hour, unsigned kind, unsigned level)
{
	unsigned before = (unsigned)hour % HABIT_HOURS, after = (before + 1) % HABIT_HOURS;
	float part = hour - (float)(unsigned)hour;

	return ((1 - part) * (float)h->limits[kind][before][level] + part * (float)h->limits[kind][after][level]) / 10;
}

static int64_t clamped(const struct habit_terms *terms, float hours)
{
	int64_t ms = (int64_t)(hours * (float)MS_PER_HOUR);

	ms = ms < terms->ceiling_ms ? ms : terms->ceiling_ms;
	return ms > terms->floor_ms ? ms : terms->floor_ms;
}

int64_t habit_limit(const struct habit *h, const struct habit_terms *terms, float hour, enum habit_kind kind,
	enum habit_stage stage)
{
	unsigned below = (unsigned)h->levels[stage];
	unsigned above = below + 1 < HABIT_LEVELS ? below + 1 : below;
	float part = h->levels[stage] - (float)below;

	return clamped(terms, (1 - part) * limit_of(h, hour, kind, below) + part * limit_of(h, hour, kind, above));
}

/* ---- the level in force ---- */

/* level_for gives the fastest level whose rate keeps to the budget; between two of them by the logarithm. */
static float level_for(const float rates[HABIT_LEVELS], float budget)
{
	float before = 0;

	for (unsigned level = 0; level < HABIT_LEVELS; level++) {
		float over = logf(rates[level] / budget);
		if (over <= 0)
			return level ? (float)level - 1 + before / (before - over) : 0;
		before = over;
	}
	return HABIT_LEVELS - 1;
}

void habit_rates(const struct habit *h, const struct habit_terms *terms, float rates[HABIT_LEVELS])
{
	for (unsigned level = HABIT_LEVELS; level-- > 0;) {
		float prior = PRIOR_MONTHS * habit_prior_rate[level] * (float)terms->pooled;
		rates[level] = (h->false_alarms[level] + prior) / (h->months + PRIOR_MONTHS) + RATE_LEAST;
		if (level + 1 < HABIT_LEVELS && rates[level] < rates[level + 1])
			rates[level] = rates[level + 1];
	}
}

void habit_settle(struct habit *h, const struct habit_terms *terms)
{
	float rates[HABIT_LEVELS];

	habit_rates(h, terms, rates);
	for (unsigned stage = 0; stage < HABIT_STAGES; stage++)
		h->levels[stage] = level_for(rates, (float)terms->per_month[stage] * h->lean);
}

/* ---- signs of life ---- */

void habit_init(struct habit *h, const struct habit_terms *terms)
{
	memset(h, 0, sizeof *h);
	h->start_ms = INT64_MIN;
	h->first_day = h->day = h->fit_day = INT32_MIN;
	h->lean = 1;
	fit(h);
	h->fit_day = INT32_MIN;
	habit_settle(h, terms);
}

static void short_flush(struct habit *h)
{
	h->hours[h->short_kind][h->short_hour] += h->short_hours;
	h->short_hours = 0;
}

/* gap_add puts a gap into the ring. One that must go takes its part of the hours with it. */
static void gap_add(struct habit *h, uint32_t gap)
{
	if (h->gap_count == HABIT_GAPS) {
		float all = 0, oldest = faded(unpack(h->gaps[h->gap_next], h->day).age, FADE_DAYS);
		for (unsigned i = 0; i < HABIT_GAPS; i++)
			all += faded(unpack(h->gaps[i], h->day).age, FADE_DAYS);
		for (unsigned i = 0; i < HABIT_KINDS * HABIT_HOURS; i++)
			h->hours[i / HABIT_HOURS][i % HABIT_HOURS] *= 1 - oldest / all;
	} else {
		h->gap_count++;
	}
	h->gaps[h->gap_next] = gap;
	h->gap_next = (uint16_t)((h->gap_next + 1) % HABIT_GAPS);
}

static void count_false(struct habit *h, const struct habit_terms *terms, int64_t proven_ms)
{
	for (unsigned level = 0; level < HABIT_LEVELS; level++)
		if (proven_ms + JITTER_MS >= clamped(terms, limit_of(h, h->start_hour, h->start_kind, level)))
			h->false_alarms[level]++;
	for (unsigned stage = 0; stage < HABIT_STAGES; stage++)
		if (proven_ms + JITTER_MS >=
			habit_limit(h, terms, h->start_hour, (enum habit_kind)h->start_kind, stage))
			h->tallies[stage]++;
}

/* new_day lets what is learnt fade, and makes the limits anew once a week. */
static void new_day(struct habit *h, const struct habit_terms *terms, int32_t day)
{
	if (h->day == INT32_MIN)
		h->first_day = h->fit_day = h->day = day;
	if (day > h->day) {
		int32_t days = day - h->day;
		float fade = faded(days, FADE_DAYS), fade_count = faded(days, COUNT_DAYS);
		for (unsigned i = 0; i < HABIT_KINDS * HABIT_HOURS; i++)
			h->hours[i / HABIT_HOURS][i % HABIT_HOURS] *= fade;
		for (unsigned level = 0; level < HABIT_LEVELS; level++)
			h->false_alarms[level] *= fade_count;
		h->months = h->months * fade_count + (float)(days < TRIP_DAYS ? days : TRIP_DAYS) / MONTH_DAYS;
		h->day = day;
	}
	if (h->day - h->fit_day >= FIT_DAYS)
		fit(h);
	habit_settle(h, terms);
}

/* learn takes the gap that closes; true when the learnt part changed. */
static bool learn(struct habit *h, const struct habit_terms *terms, const struct habit_moment *m)
{
	int64_t whole_ms = m->at.ms - h->start_ms, proven_ms = m->since.ms - h->start_ms;
	unsigned hour = (unsigned)(h->start_hour + 0.5f) % HABIT_HOURS;
	float whole = (float)whole_ms / (float)MS_PER_HOUR;
	bool counts = !h->spoilt && whole_ms<HABIT_MOST_MS, changed = m->day> h->day;

	if (counts && proven_ms + JITTER_MS >= HABIT_LEAST_MS) {
		short_flush(h);
		count_false(h, terms, proven_ms);
		if (!m->unseen) {
			h->hours[h->start_kind][hour] += whole;
			gap_add(h,
				pack(h->start_hour, (float)(proven_ms + JITTER_MS) / (float)MS_PER_HOUR,
					(float)(m->at.ms - m->since.ms) / (float)MS_PER_HOUR, h->start_kind, m->day));
		}
		changed = true;
	} else if (counts && !m->unseen) {
		if (h->short_hour != hour || h->short_kind != h->start_kind) {
			short_flush(h);
			changed = true;
		}
		h->short_hour = (uint8_t)hour;
		h->short_kind = h->start_kind;
		h->short_hours += whole;
	}
	if (changed)
		new_day(h, terms, m->day);
	return changed;
}

bool habit_sign(struct habit *h, const struct habit_terms *terms, const struct habit_moment *m)
{
	bool changed = true;

	if (h->start_ms != INT64_MIN && m->at.ms <= h->start_ms)
		return false;
	if (h->start_ms == INT64_MIN)
		new_day(h, terms, m->day);
	else
		changed = learn(h, terms, m);
	h->start_ms = m->at.ms;
	h->start_hour = m->hour;
	h->start_kind = (uint8_t)m->kind;
	h->spoilt = false;
	return changed;
}

void habit_spoil(struct habit *h)
{
	h->spoilt = true;
}

void habit_outcome(struct habit *h, const struct habit_terms *terms, enum habit_outcome outcome)
{
	if (outcome == HABIT_FALSE)
		h->lean = fmaxf(h->lean * LEAN_STEP, LEAN_LEAST);
	else if (outcome == HABIT_REAL)
		h->lean = fminf(h->lean / LEAN_STEP, LEAN_MOST);
	h->outcomes[outcome]++;
	habit_settle(h, terms);
}

/* ---- what is usual ---- */

int64_t habit_usual(const struct habit *h, float hour, enum habit_kind kind)
{
	float weights[241] = {0}, all = 0, above = 0;
	int tenths = 240;

	for (unsigned i = 0; i < h->gap_count; i++) {
		struct gap g = unpack(h->gaps[i], h->day);
		float weight = g.kind == kind ? kernel(apart(g.start, hour)) * faded(g.age, FADE_DAYS) : 0;
		weights[(unsigned)(g.hours * 10 + 0.5f)] += weight;
		all += weight;
	}
	if (all < USUAL_LEAST)
		return 0;
	while (tenths > 0 && above + weights[tenths] < 0.05f * all)
		above += weights[tenths--];
	return tenths * 6 * MS_PER_MINUTE;
}

float habit_wake(const struct habit *h, enum habit_kind kind)
{
	float weights[15 * 6] = {0}, all = 0, above = 0; /* ends at 03:00 to 18:00, by ten minutes */
	int tens = 15 * 6 - 1;

	for (unsigned i = 0; i < h->gap_count; i++) {
		struct gap g = unpack(h->gaps[i], h->day);
		float end = g.start + g.hours + g.step;
		if (g.kind != kind || (g.start > 4 && g.start < 18))
			continue;
		end -= g.start >= 18 ? 24 : 0;
		if (end < 3 || end >= 18)
			continue;
		weights[(unsigned)((end - 3) * 6)] += faded(g.age, FADE_DAYS);
		all += faded(g.age, FADE_DAYS);
	}
	if (all < WAKE_LEAST)
		return -1;
	while (tens > 0 && above + weights[tens] < 0.05f * all)
		above += weights[tens--];
	return 3 + (float)(tens + 1) / 6;
}

double habit_share(const struct habit *h, float hour, enum habit_kind kind, int64_t length_ms)
{
	const struct habit_prior *prior = &habit_prior[kind][(unsigned)(hour + 0.5f) % HABIT_HOURS];
	float length = (float)length_ms / (float)MS_PER_HOUR;
	unsigned bin = bin_of(length);
	float days = PRIOR_DAYS / 10000;
	float all = days * (float)prior->longer[0], longer = bin ? days * (float)prior->longer[bin - 1] : all;

	for (unsigned i = 0; i < h->gap_count; i++) {
		struct gap g = unpack(h->gaps[i], h->day);
		float weight = kernel(apart(g.start, hour)) * faded(g.age, FADE_DAYS);
		weight *= g.kind == kind ? 1 : OTHER_KIND;
		all += weight;
		longer += g.hours >= length ? weight : 0;
	}
	return all > 0 ? fmin((double)(longer / all), 1) : 0;
}

/* ---- states ---- */

static void put_float(struct blob *b, float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof bits);
	blob_put(b, bits, 4);
}

/* get_float is bad unless the number is within 0 and most. */
static float get_float(struct blob *b, float most)
{
	uint32_t bits = (uint32_t)blob_get(b, 4);
	float value;

	memcpy(&value, &bits, sizeof value);
	if (value >= 0 && value <= most)
		return value;
	b->bad = true;
	return 0;
}

static unsigned get_below(struct blob *b, unsigned bytes, unsigned limit)
{
	uint64_t value = blob_get(b, bytes);

	if (value < limit)
		return (unsigned)value;
	b->bad = true;
	return 0;
}

void habit_put(struct blob *b, const struct habit *h)
{
	blob_put(b, VERSION, 1);
	blob_put(b, h->gap_count, 2);
	blob_put(b, h->gap_next, 2);
	for (unsigned i = 0; i < h->gap_count; i++)
		blob_put(b, h->gaps[i], 4);
	blob_put(b, (uint32_t)h->first_day, 4);
	blob_put(b, (uint32_t)h->day, 4);
	blob_put(b, (uint32_t)h->fit_day, 4);
	for (unsigned i = 0; i < HABIT_KINDS * HABIT_HOURS; i++)
		put_float(b, h->hours[i / HABIT_HOURS][i % HABIT_HOURS]);
	for (unsigned i = 0; i < HABIT_LEVELS; i++)
		put_float(b, h->false_alarms[i]);
	put_float(b, h->months);
	put_float(b, h->lean);
	for (unsigned i = 0; i < HABIT_STAGES; i++) {
		put_float(b, h->levels[i]);
		blob_put(b, h->tallies[i], 4);
	}
	for (unsigned i = 0; i < HABIT_OUTCOME_COUNT; i++)
		blob_put(b, h->outcomes[i], 4);
	for (unsigned i = 0; i < HABIT_KINDS * HABIT_HOURS; i++)
		for (unsigned level = 0; level < HABIT_LEVELS; level++)
			blob_put(b, h->limits[i / HABIT_HOURS][i % HABIT_HOURS][level], 1);
}

void habit_get(struct blob *b, struct habit *h)
{
	b->bad = b->bad || blob_get(b, 1) != VERSION;
	h->gap_count = (uint16_t)get_below(b, 2, HABIT_GAPS + 1);
	h->gap_next = (uint16_t)get_below(b, 2, HABIT_GAPS);
	for (unsigned i = 0; i < h->gap_count; i++) {
		h->gaps[i] = (uint32_t)blob_get(b, 4);
		b->bad = b->bad || (h->gaps[i] & 127) >= 120 || (h->gaps[i] >> 7 & 255) > 240;
	}
	if (b->bad)
		h->gap_count = h->gap_next = 0;
	h->first_day = (int32_t)(uint32_t)blob_get(b, 4);
	h->day = (int32_t)(uint32_t)blob_get(b, 4);
	h->fit_day = (int32_t)(uint32_t)blob_get(b, 4);
	for (unsigned i = 0; i < HABIT_KINDS * HABIT_HOURS; i++)
		h->hours[i / HABIT_HOURS][i % HABIT_HOURS] = get_float(b, 1e6f);
	for (unsigned i = 0; i < HABIT_LEVELS; i++)
		h->false_alarms[i] = get_float(b, 1e6f);
	h->months = get_float(b, 1e6f);
	h->lean = get_float(b, LEAN_MOST);
	b->bad = b->bad || h->lean < LEAN_LEAST;
	for (unsigned i = 0; i < HABIT_STAGES; i++) {
		h->levels[i] = get_float(b, HABIT_LEVELS - 1);
		h->tallies[i] = (uint32_t)blob_get(b, 4);
	}
	for (unsigned i = 0; i < HABIT_OUTCOME_COUNT; i++)
		h->outcomes[i] = (uint32_t)blob_get(b, 4);
	for (unsigned i = 0; i < HABIT_KINDS * HABIT_HOURS; i++)
		for (unsigned level = 0; level < HABIT_LEVELS; level++)
			h->limits[i / HABIT_HOURS][i % HABIT_HOURS][level] = (uint8_t)get_below(b, 1, 241);
}

void habit_put_run(struct blob *b, const struct habit *h)
{
	blob_put(b, (uint64_t)h->start_ms, 8);
	put_float(b, h->start_hour);
	blob_put(b, h->start_kind, 1);
	blob_put(b, h->spoilt, 1);
	blob_put(b, h->short_hour, 1);
	blob_put(b, h->short_kind, 1);
	put_float(b, h->short_hours);
}

void habit_get_run(struct blob *b, struct habit *h)
{
	h->start_ms = blob_get_wall(b).ms;
	h->start_hour = get_float(b, 23.9999999f);
	h->start_kind = (uint8_t)get_below(b, 1, HABIT_KINDS);
	h->spoilt = get_below(b, 1, 2);
	h->short_hour = (uint8_t)get_below(b, 1, HABIT_HOURS);
	h->short_kind = (uint8_t)get_below(b, 1, HABIT_KINDS);
	h->short_hours = get_float(b, 1e6f);
}
