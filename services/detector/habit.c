/* SPDX-License-Identifier: MIT
 *
 * The home's gaps and hours and the population's are added up in the same units (a day of the home), so that PRIOR_DAYS
 * of the population are worth as many of the home's. How many gaps there are at all is the home's own word, soon: the
 * population, of which water alone was heard, says how the long ones are spread among them. Limits are made when they
 * are asked for, of the exact hour, and not kept: it takes microseconds, and a table of them would be as large as the
 * gaps.
 *
 * Rejected: a p-value of the running gap (a better median than a fixed limit, a much worse p90), limits whose nominal
 * rate is trusted (homes change: a nominal 0.5 came out as 0.9 to 1.2 false alarms a month), and one price for all
 * homes (a little better on average, paid for by the few homes that are disturbed most).
 */
#include "detector/habit.h"

#include <math.h>
#include <string.h>

#include "detector/habit_prior.h"

#define WOKE 2 /* bits of a class */
#define OUT 4
#define WOKE_MS (3 * MS_PER_HOUR)   /* a silence of this length was just before */
#define OUT_MS (7 * MS_PER_HOUR)    /* one of this length by day ... */
#define OUT_FOR_MS (2 * MS_PER_DAY) /* ... is remembered for so long */
#define MONTH_DAYS 30.44f
#define FADE_DAYS 120.0f  /* gaps and hours weigh 1/e after */
#define COUNT_DAYS 180.0f /* false alarms likewise */
#define TRIP_DAYS 3       /* a longer absence is no time without false alarms */
#define HOUR_SPREAD 1.0f  /* of the kernel over the hour */
#define HOUR_REACH 5.0f   /* beyond it nothing is weighed */
#define OTHER_KIND 0.5f   /* what a gap of the other kind of day weighs */
#define OTHER_BEFORE 0.3f /* what one weighs where the time before differs */
#define PRIOR_DAYS 10.0f
#define SCALE_DAYS 6.0f   /* what the population's number of gaps is worth, before the home's own */
#define FIRST_COUNTS 3.0f /* false alarms that the population's rate of the fastest level is worth */
#define STEP_COUNTS 8.0f  /* ... and that its share of those which the next slower one spares is worth */
#define PRICE_FIRST (0.3f / 24)
#define PRICE_STEP 0.56f
#define CAME_COUNTS 1.0f /* false alarms, by which what came is compared with what was granted */
#define CAME_LEAST 0.4f
#define CAME_MOST 1.15f
#define EARLY_LESS 0.42f  /* of the budget is left alone at first ... */
#define EARLY_MONTHS 1.5f /* ... 1/e of it after: limits made from few gaps keep less of what they promise */
#define LEAN_LEAST 0.5f
#define LEAN_MOST 2.0f
#define JITTER_MS (5 * MS_PER_MINUTE) /* as in judgement: a meter's reading may be early by that */
#define USUAL_LEAST 6.0f              /* gaps, for words about them */
#define WAKE_LEAST 8.0f
#define DAYS_MASK 0x1fff
#define START_CODES 120

/* A gap in 32 bits: start 7 (fifths of an hour), length 8 (tenths), class 3, step 1 (the sign that ended it told of an
 * hour), day 13 (of its end). */
struct gap {
	float start, hours, step;
	unsigned class;
	int32_t age;
};

static uint32_t pack(const struct habit_start *start, int64_t length_ms, int64_t step_ms, int32_t day)
{
	uint32_t s = (uint32_t)(start->hour * 5), l = (uint32_t)(length_ms / (6 * MS_PER_MINUTE));
	uint32_t step = step_ms > 30 * MS_PER_MINUTE;

	s = s < 119 ? s : 119;
	l = l < 240 ? l : 240;
	return s | l << 7 | (uint32_t)start->class << 15 | step << 18 | ((uint32_t)day & DAYS_MASK) << 19;
}

static struct gap unpack(uint32_t g, int32_t today)
{
	return (struct gap){.start = ((float)(g & 127) + 0.5f) / 5,
		.hours = (float)(g >> 7 & 255) / 10,
		.class = g >> 15 & 7,
		.step = (float)(g >> 18 & 1),
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

/* row: of the silences like one: per day of the home. */
struct row {
	float longer[HABIT_LENGTHS]; /* that last so long or longer */
	float risk;                  /* hours in them */
};

static float alike(unsigned a, unsigned b)
{
	unsigned differ = a ^ b;

	return (differ & 1 ? OTHER_KIND : 1) * (differ & WOKE ? OTHER_BEFORE : 1) * (differ & OUT ? OTHER_BEFORE : 1);
}

/* fading: how much gaps weigh that are looked at one after the other; neighbours in age cost a multiplication. */
struct fading {
	float a_day, fade;
	int32_t age;
};

static float fade_of(struct fading *f, int32_t age)
{
	f->fade = age == f->age ? f->fade : age == f->age + 1 ? f->fade * f->a_day : faded(age, FADE_DAYS);
	f->age = age;
	return f->fade;
}

/* reached_by adds up the home's own gaps by how long they were. Of the newest first, so that each is faded by one
 * multiplication; how near hours are is worked out once for each of a gap's START_CODES. */
static void reached_by(const struct habit *h, const struct habit_start *start, const float weights[HABIT_CLASSES],
	float reached[HABIT_LENGTHS + 1])
{
	struct fading fading = {.a_day = faded(1, FADE_DAYS), .fade = 1};
	const int here = (int)(start->hour * 5), reach = (int)(HOUR_REACH * 5) + 1;
	float near[START_CODES] = {0};

	for (int i = here - reach; i <= here + reach; i++) {
		unsigned code = (unsigned)(i + START_CODES) % START_CODES;
		near[code] = kernel(apart(((float)code + 0.5f) / 5, start->hour));
	}
	for (unsigned i = 1; i <= h->gap_count; i++) {
		uint32_t packed = h->gaps[(h->gap_next + HABIT_GAPS - i) % HABIT_GAPS];
		struct gap g = unpack(packed, h->day);
		reached[bin_of(g.hours)] += weights[g.class] * near[packed & 127] * fade_of(&fading, g.age);
	}
}

/* own: the home's own gaps like one that begins so, not yet by the day. */
struct own {
	float reached[HABIT_LENGTHS + 1]; /* [i + 1]: as long as 2 h + i / 2 or longer */
	float hours, days;
};

static void own_of(const struct habit *h, const struct habit_start *start, struct own *out)
{
	float near[HABIT_HOURS], weights[HABIT_CLASSES];

	*out = (struct own){.hours = 0};
	for (unsigned class = 0; class < HABIT_CLASSES; class ++)
		weights[class] = alike(class, start->class);
	for (unsigned hour = 0; hour < HABIT_HOURS; hour++)
		near[hour] = kernel(apart((float)hour, start->hour));
	for (unsigned class = 0; class < HABIT_CLASSES; class ++)
		for (unsigned hour = 0; hour < HABIT_HOURS; hour++) {
			out->days += weights[class] * h->hours[class][hour] / HABIT_HOURS;
			out->hours += weights[class] * h->hours[class][hour] * near[hour];
		}
	reached_by(h, start, weights, out->reached);
	for (unsigned i = HABIT_LENGTHS; i-- > 0;)
		out->reached[i] += out->reached[i + 1];
}

static void row_of(const struct habit *h, const struct habit_start *start, struct row *out)
{
	const struct habit_prior *prior = &habit_prior[start->class][(unsigned)(start->hour + 0.5f) % HABIT_HOURS];
	struct own own;

	own_of(h, start, &own);
	float least = (float)prior->longer[0] / 10000, days = own.days + PRIOR_DAYS;
	float scale = least > 0 ? (own.reached[1] + SCALE_DAYS * least) / ((own.days + SCALE_DAYS) * least) : 1;
	scale = scale < 1 ? scale : 1;
	for (unsigned i = 0; i < HABIT_LENGTHS; i++)
		out->longer[i] = (own.reached[i + 1] + scale * PRIOR_DAYS * (float)prior->longer[i] / 10000) / days;
	out->risk = (own.hours + scale * PRIOR_DAYS * (float)prior->hours / 1000) / days;
}

void habit_population_add(struct habit_population *population, const struct habit *h)
{
	for (unsigned class = 0; class < HABIT_CLASSES; class ++)
		for (unsigned hour = 0; hour < HABIT_HOURS; hour++) {
			struct own own;
			own_of(h, &(struct habit_start){.hour = (float)hour, .class = (uint8_t) class}, &own);
			population->days[class][hour] += (double)own.days;
			population->hours[class][hour] += (double)own.hours;
			for (unsigned i = 0; i < HABIT_LENGTHS; i++)
				population->longer[class][hour][i] += (double)own.reached[i + 1];
		}
	for (unsigned level = 0; level < HABIT_LEVELS; level++)
		population->false_alarms[level] += (double)h->false_alarms[level];
	population->months += (double)h->months;
}

static int64_t clamped(const struct habit_terms *terms, float hours)
{
	int64_t ms = (int64_t)(hours * (float)MS_PER_HOUR);

	ms = ms < terms->ceiling_ms ? ms : terms->ceiling_ms;
	return ms > terms->floor_ms ? ms : terms->floor_ms;
}

/* limits_of gives the limit of each level, in hours. */
static void limits_of(const struct habit *h, const struct habit_start *start, float out_hours[HABIT_LEVELS])
{
	struct row row;
	float price = PRICE_FIRST;
	unsigned found = 0;

	row_of(h, start, &row);
	for (unsigned level = 0; level < HABIT_LEVELS; level++, price *= PRICE_STEP) {
		float step = price * row.risk / 2, best = INFINITY;
		/* Where delay costs less, no limit gets shorter. */
		for (unsigned i = found; i < HABIT_LENGTHS; i++) {
			float cost = row.longer[i] + step * (float)(i + 4);
			if (cost < best) {
				best = cost;
				found = i;
			}
		}
		out_hours[level] = 2 + (float)found / 2;
	}
}

static float between(const float hours[HABIT_LEVELS], float level)
{
	unsigned below = (unsigned)level, above = below + 1 < HABIT_LEVELS ? below + 1 : below;
	float part = level - (float)below;

	return (1 - part) * hours[below] + part * hours[above];
}

void habit_limits(const struct habit *h, const struct habit_terms *terms, const struct habit_start *start,
	int64_t out_ms[HABIT_STAGES])
{
	float hours[HABIT_LEVELS];

	limits_of(h, start, hours);
	for (unsigned stage = 0; stage < HABIT_STAGES; stage++)
		out_ms[stage] = clamped(terms, between(hours, h->levels[stage]));
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

/* Each level's false alarms are a part of those of the level before. How large a part is the population's word until
 * the home's own false alarms, first the many of the fast levels, say otherwise. */
void habit_rates(const struct habit *h, const struct habit_terms *terms, float rates[HABIT_LEVELS])
{
	const float *prior = habit_prior_rate, *own = h->false_alarms;

	rates[0] = (own[0] + FIRST_COUNTS * (float)terms->pooled) / (h->months + FIRST_COUNTS / prior[0]);
	for (unsigned level = 1; level < HABIT_LEVELS; level++) {
		float part = STEP_COUNTS * prior[level] / prior[level - 1];
		rates[level] = rates[level - 1] * (own[level] + part) / (own[level - 1] + STEP_COUNTS);
	}
}

/* granted gives the budget of a stage as this home may spend it now. */
static float granted(const struct habit *h, const struct habit_terms *terms, unsigned stage)
{
	float budget = (float)terms->per_month[stage] * h->lean;
	float over = (h->months * budget + CAME_COUNTS) / (h->came[stage] + CAME_COUNTS);

	over = over < CAME_LEAST ? CAME_LEAST : over > CAME_MOST ? CAME_MOST : over;
	return budget * over * (1 - EARLY_LESS * expf(-h->months / EARLY_MONTHS));
}

void habit_settle(struct habit *h, const struct habit_terms *terms)
{
	float rates[HABIT_LEVELS];

	habit_rates(h, terms, rates);
	for (unsigned stage = 0; stage < HABIT_STAGES; stage++)
		h->levels[stage] = level_for(rates, granted(h, terms, stage));
}

/* ---- signs of life ---- */

void habit_init(struct habit *h, const struct habit_terms *terms)
{
	memset(h, 0, sizeof *h);
	h->start_ms = h->out_ms = INT64_MIN;
	h->first_day = h->day = INT32_MIN;
	h->lean = 1;
	habit_settle(h, terms);
}

static void hours_scale(struct habit *h, float by)
{
	for (unsigned i = 0; i < HABIT_CLASSES * HABIT_HOURS; i++)
		h->hours[i / HABIT_HOURS][i % HABIT_HOURS] *= by;
}

static void short_flush(struct habit *h)
{
	h->hours[h->short_class][h->short_hour] += h->short_hours;
	h->short_hours = 0;
}

/* gap_add puts a gap into the ring. One that must go takes its part of the hours with it. */
static void gap_add(struct habit *h, uint32_t gap)
{
	if (h->gap_count == HABIT_GAPS) {
		struct fading fading = {.a_day = faded(1, FADE_DAYS), .fade = 1};
		float all = 0;
		for (unsigned i = 1; i <= HABIT_GAPS; i++) /* the newest first; the last is the oldest */
			all += fade_of(
				&fading, unpack(h->gaps[(h->gap_next + HABIT_GAPS - i) % HABIT_GAPS], h->day).age);
		hours_scale(h, 1 - fading.fade / all);
	} else {
		h->gap_count++;
	}
	h->gaps[h->gap_next] = gap;
	h->gap_next = (uint16_t)((h->gap_next + 1) % HABIT_GAPS);
}

static void count_false(
	struct habit *h, const struct habit_terms *terms, const struct habit_moment *m, int64_t proven_ms)
{
	float hours[HABIT_LEVELS];

	if (proven_ms < terms->floor_ms)
		return; /* no limit is as short */
	limits_of(h, &h->start, hours);
	for (unsigned level = 0; level < HABIT_LEVELS; level++)
		h->false_alarms[level] += proven_ms >= clamped(terms, hours[level]) ? 1 : 0;
	for (unsigned stage = 0; stage < HABIT_STAGES; stage++) {
		bool came = proven_ms >= clamped(terms, between(hours, h->levels[stage])) &&
			    proven_ms >= m->floors_ms[stage];
		h->tallies[stage] += came;
		h->came[stage] += came ? 1 : 0;
	}
}

/* new_day lets what is learnt fade. */
static void new_day(struct habit *h, int32_t day)
{
	if (h->day == INT32_MIN)
		h->first_day = h->day = day;
	if (day > h->day) {
		int32_t days = day - h->day;
		float fade = faded(days, COUNT_DAYS);
		hours_scale(h, faded(days, FADE_DAYS));
		for (unsigned level = 0; level < HABIT_LEVELS; level++)
			h->false_alarms[level] *= fade;
		for (unsigned stage = 0; stage < HABIT_STAGES; stage++)
			h->came[stage] *= fade;
		h->months = h->months * fade + (float)(days < TRIP_DAYS ? days : TRIP_DAYS) / MONTH_DAYS;
		h->day = day;
	}
}

/* learn takes the gap that closes; true when the learnt part changed. */
static bool learn(struct habit *h, const struct habit_terms *terms, const struct habit_moment *m, int64_t proven_ms)
{
	int64_t whole_ms = m->at.ms - h->start_ms;
	unsigned hour = (unsigned)(h->start.hour + 0.5f) % HABIT_HOURS;
	float whole = (float)whole_ms / (float)MS_PER_HOUR;
	bool newer = m->day > h->day, counts = !h->spoilt && whole_ms < HABIT_MOST_MS, changed = newer;
	bool counted = counts && proven_ms >= terms->floor_ms;

	if (counts && proven_ms >= HABIT_LEAST_MS) {
		count_false(h, terms, m, proven_ms);
		if (!m->unseen) {
			short_flush(h);
			h->hours[h->start.class][hour] += whole;
			gap_add(h, pack(&h->start, proven_ms, m->at.ms - m->since.ms, m->day));
		}
		changed = true;
	} else if (counts && !m->unseen) {
		if (h->short_hour != hour || h->short_class != h->start.class) {
			short_flush(h);
			changed = true;
		}
		h->short_hour = (uint8_t)hour;
		h->short_class = h->start.class;
		h->short_hours += whole;
	}
	if (newer)
		new_day(h, m->day);
	if (newer || counted)
		habit_settle(h, terms);
	return changed;
}

bool habit_sign(struct habit *h, const struct habit_terms *terms, const struct habit_moment *m)
{
	int64_t proven_ms = 0;
	bool changed = true;

	if (h->start_ms != INT64_MIN && m->at.ms <= h->start_ms)
		return false;
	if (h->start_ms == INT64_MIN) {
		new_day(h, m->day);
		habit_settle(h, terms);
	} else {
		proven_ms = m->since.ms - h->start_ms + JITTER_MS;
		changed = learn(h, terms, m, proven_ms);
		if (proven_ms >= OUT_MS && proven_ms < HABIT_MOST_MS && h->start.hour >= 6 && h->start.hour < 18)
			h->out_ms = m->at.ms;
	}
	bool out = h->out_ms != INT64_MIN && m->at.ms - h->out_ms < OUT_FOR_MS;
	h->start_ms = m->at.ms;
	h->start.hour = m->hour;
	h->start.class = (uint8_t)((unsigned)m->kind | (proven_ms >= WOKE_MS ? WOKE : 0) | (out ? OUT : 0));
	h->spoilt = false;
	return changed;
}

void habit_spoil(struct habit *h)
{
	h->spoilt = true;
}

void habit_outcome(struct habit *h, const struct habit_terms *terms, enum habit_outcome outcome, double factor)
{
	float least = terms->lean_least > 0 ? (float)terms->lean_least : LEAN_LEAST;
	float most = terms->lean_most > 0 ? (float)terms->lean_most : LEAN_MOST;

	h->lean = fminf(fmaxf(h->lean * (float)factor, least), most);
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
		float weight =
			(g.class & 1) == (unsigned)kind ? kernel(apart(g.start, hour)) * faded(g.age, FADE_DAYS) : 0;
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
		if ((g.class & 1) != (unsigned)kind || (g.start > 4 && g.start < 18))
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
	return 3 + (float)tens / 6;
}

double habit_share(const struct habit *h, const struct habit_start *start, int64_t length_ms)
{
	unsigned bin = bin_of((float)length_ms / (float)MS_PER_HOUR);
	struct row row;

	row_of(h, start, &row);
	if (!bin || row.longer[0] <= 0)
		return 1;
	return (double)(row.longer[bin - 1] / row.longer[0]);
}
