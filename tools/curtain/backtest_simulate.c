/* SPDX-License-Identifier: MIT */
#include "backtest_simulate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backtest_dice.h"
#include "backtest_truth.h"

#define ABSENT_MS (24 * MS_PER_HOUR)
#define OUT_DAY_MS (3 * MS_PER_HOUR) /* of the day without water, from which on somebody may be out */
#define OUT_LONG_MS (6 * MS_PER_HOUR)
#define OUT_SHARE 0.5
#define OUT_LONG_SHARE 0.8
#define NIGHT_FIRST 23 /* of the clock, for what is day and night in a gap */
#define NIGHT_END 6
#define ASLEEP_MS (3 * MS_PER_HOUR) /* of the night in a gap, from which on it is one of sleep */
#define BED_MINUTE (22 * 60 + 30)   /* nobody is in bed before, give or take 45 minutes */
#define UP_MINUTE (7 * 60 + 15)     /* and up then, likewise, where the meter does not say */
#define BURSTS_PER_HOUR 2.0         /* awake and at home; 16 sensors of tm000 saw far more */
#define NIGHT_VISITS 0.7            /* a night */
#define GHOSTS_PER_DAY 3.0          /* tm000: single sensors fire a few times a day in an empty flat */
#define BURST_WITH_WATER 0.9
#define RISES_PER_HOUR 0.3 /* awake: a kettle, a hob, a washing machine */
#define ENERGY_STEP_MS MS_PER_HOUR

enum err simulate_parse(const char *text, unsigned *out_what, struct errinfo *info)
{
	static const char *const names[] = {"door", "motion", "electricity"};
	unsigned what = 0;

	while (*text) {
		size_t length = strcspn(text, ","), i = 0;
		while (i < 3 && (strlen(names[i]) != length || strncmp(names[i], text, length) != 0))
			i++;
		if (i == 3)
			return errinfo_set(info, ERR_NOT_FOUND,
				"--simulate: no \"%.*s\"; there are door, motion and electricity", (int)length, text);
		what |= 1u << i;
		text += length + (text[length] == ',');
	}
	*out_what = what;
	return ERR_OK;
}

/* stage: a home while its story is told. */
struct stage {
	struct trace *trace;
	const struct zone *zone;
	struct dice dice;
	unsigned what;
	uint8_t door, motion[2], energy;
	double *load; /* Wh of each step since first_ms */
	size_t steps;
	int64_t first_ms, last_ms;
	enum err failed;
};

static double between(struct stage *s, double low, double high)
{
	return low + (high - low) * dice_share(&s->dice);
}

static int64_t minutes(struct stage *s, double low, double high)
{
	return (int64_t)(between(s, low, high) * (double)MS_PER_MINUTE);
}

/* wait_ms draws the time to the next of events that come at a rate an hour. */
static int64_t wait_ms(struct stage *s, double per_hour)
{
	return (int64_t)(-log(1 - dice_share(&s->dice)) / per_hour * (double)MS_PER_HOUR) + 1;
}

static void tell(struct stage *s, uint8_t channel, int64_t at_ms, double value)
{
	struct trace_item item = {.at_ms = at_ms,
		.received_ms = at_ms,
		.since_ms = INT64_MIN,
		.value = value,
		.delta = NAN,
		.channel = channel};

	if (!s->failed)
		s->failed = trace_add(s->trace, &item);
}

static void firing(struct stage *s, uint8_t channel, int64_t at_ms)
{
	tell(s, channel, at_ms, 1);
	tell(s, channel, at_ms + 2000, 0);
}

static void burst(struct stage *s, int64_t at_ms)
{
	uint8_t channel = s->motion[dice_share(&s->dice) < 0.5];

	for (unsigned i = 0; i < 3 && s->what & SIMULATE_MOTION; i++)
		firing(s, channel, at_ms + (int64_t)i * 40 * MS_PER_SECOND);
}

static void door(struct stage *s, int64_t at_ms)
{
	if (!(s->what & SIMULATE_DOOR))
		return;
	tell(s, s->door, at_ms, 1);
	tell(s, s->door, at_ms + 10 * MS_PER_SECOND, 0);
}

/* draw adds an appliance's load from a time on. */
static void draw(struct stage *s, int64_t at_ms)
{
	double watts = between(s, 400, 1800), hours = between(s, 0.15, 1);
	size_t step = at_ms > s->first_ms ? (size_t)((at_ms - s->first_ms) / ENERGY_STEP_MS) : 0;

	if (step < s->steps)
		s->load[step] += watts * hours;
}

static void awake(struct stage *s, int64_t from_ms, int64_t until_ms)
{
	for (int64_t t = from_ms + wait_ms(s, BURSTS_PER_HOUR); t < until_ms; t += wait_ms(s, BURSTS_PER_HOUR))
		burst(s, t);
	for (int64_t t = from_ms + wait_ms(s, RISES_PER_HOUR); t < until_ms; t += wait_ms(s, RISES_PER_HOUR))
		draw(s, t);
}

static void asleep(struct stage *s, int64_t from_ms, int64_t until_ms)
{
	if (until_ms > from_ms && dice_share(&s->dice) < NIGHT_VISITS)
		burst(s, from_ms + (int64_t)(dice_share(&s->dice) * (double)(until_ms - from_ms)));
}

static void out(struct stage *s, int64_t from_ms, int64_t until_ms)
{
	door(s, from_ms);
	door(s, until_ms);
	burst(s, until_ms + 20 * MS_PER_SECOND);
	if (!s->failed)
		s->failed = trace_out(s->trace, from_ms, until_ms);
}

/* night_ms gives how much of a span lies in the night of the clock. */
static int64_t night_ms(const struct stage *s, int64_t from_ms, int64_t until_ms)
{
	int64_t night = 0;

	for (int64_t t = from_ms; t < until_ms; t += 15 * MS_PER_MINUTE) {
		int hour = zone_to_civil(s->zone, (struct wall){t}).hour;
		int64_t part = until_ms - t < 15 * MS_PER_MINUTE ? until_ms - t : 15 * MS_PER_MINUTE;
		night += hour >= NIGHT_FIRST || hour < NIGHT_END ? part : 0;
	}
	return night;
}

/* bedtime of the evening in which a gap of sleep begins. */
static int64_t bedtime(struct stage *s, int64_t from_ms)
{
	struct civil c = zone_to_civil(s->zone, (struct wall){from_ms});

	if (c.hour < NIGHT_END)
		return from_ms + minutes(s, 5, 45);
	c.hour = 0;
	c.minute = BED_MINUTE + (int)between(s, -45, 45);
	c.second = c.millisecond = 0;
	int64_t bed = zone_from_civil(s->zone, c).ms, soonest = from_ms + minutes(s, 5, 45);
	return bed > soonest ? bed : soonest;
}

/* wake: of the morning after a bedtime. */
static int64_t wake(struct stage *s, int64_t bed_ms)
{
	struct civil c = zone_to_civil(s->zone, (struct wall){bed_ms});
	int64_t day_ms = c.hour < NIGHT_END ? 0 : MS_PER_DAY;

	c = zone_to_civil(s->zone, (struct wall){bed_ms + day_ms});
	c.hour = 0;
	c.minute = UP_MINUTE + (int)between(s, -45, 45);
	c.second = c.millisecond = 0;
	int64_t up = zone_from_civil(s->zone, c).ms;
	return up > bed_ms ? up : bed_ms + MS_PER_HOUR;
}

/* gap tells what somebody did between two uses of water. */
static void gap(struct stage *s, int64_t from_ms, int64_t until_ms)
{
	int64_t length = until_ms - from_ms, night = length < ABSENT_MS ? night_ms(s, from_ms, until_ms) : 0;
	int64_t day = length - night, leave = from_ms + minutes(s, 5, 30), back = until_ms - minutes(s, 1, 15);
	double share = day >= OUT_LONG_MS && night < ASLEEP_MS ? OUT_LONG_SHARE : day >= OUT_DAY_MS ? OUT_SHARE : 0;

	if (length >= ABSENT_MS || (back > leave && dice_share(&s->dice) < share)) {
		awake(s, from_ms, leave);
		out(s, leave, back);
		return;
	}
	if (night < ASLEEP_MS) {
		awake(s, from_ms, until_ms);
		return;
	}
	int64_t bed = bedtime(s, from_ms), up = until_ms - minutes(s, 0, 60);
	bed = bed < until_ms ? bed : until_ms;
	up = up > bed ? up : bed;
	awake(s, from_ms, bed);
	asleep(s, bed, up);
	awake(s, up, until_ms);
}

/* unknown tells an ordinary life of a time in which the meter was not heard and water was used: when, nobody knows. */
static void unknown(struct stage *s, int64_t from_ms, int64_t until_ms)
{
	while (from_ms < until_ms) {
		int64_t bed = bedtime(s, from_ms);
		bed = bed < until_ms ? bed : until_ms;
		awake(s, from_ms, bed);
		int64_t up = wake(s, bed);
		up = up < until_ms ? up : until_ms;
		asleep(s, bed, up);
		from_ms = up;
	}
}

static enum err channels_add(struct stage *s)
{
	struct trace_channel door_channel = {.device = "simulated-door", .quantity = QUANTITY_CONTACT},
			     one = {.device = "simulated-motion-1", .quantity = QUANTITY_MOTION},
			     two = {.device = "simulated-motion-2", .quantity = QUANTITY_MOTION},
			     energy = {.device = "simulated-current", .quantity = QUANTITY_ENERGY_TOTAL};
	enum err err = ERR_OK;

	if (s->what & SIMULATE_DOOR)
		err = trace_channel_get(s->trace, &door_channel, &s->door);
	if (!err && s->what & SIMULATE_MOTION)
		err = trace_channel_get(s->trace, &one, &s->motion[0]);
	if (!err && s->what & SIMULATE_MOTION)
		err = trace_channel_get(s->trace, &two, &s->motion[1]);
	if (!err && s->what & SIMULATE_ELECTRICITY)
		err = trace_channel_get(s->trace, &energy, &s->energy);
	return err;
}

static void ghosts(struct stage *s)
{
	for (int64_t t = s->first_ms; s->what & SIMULATE_MOTION && t < s->last_ms; t += wait_ms(s, GHOSTS_PER_DAY / 24))
		firing(s, s->motion[dice_share(&s->dice) < 0.5], t);
}

/* current tells a meter's total each hour: a fridge that comes and goes, and what was drawn. */
static void current(struct stage *s)
{
	double total = 0, base = between(s, 50, 120);

	for (size_t i = 0; i < s->steps && s->what & SIMULATE_ELECTRICITY; i++) {
		tell(s, s->energy, s->first_ms + (int64_t)i * ENERGY_STEP_MS, round(total));
		total += base * between(s, 0.7, 1.3) + s->load[i];
	}
}

/* lost_since: of the loss of radio, with use, that ended at a sign, its beginning; INT64_MIN = there was none. */
static int64_t lost_since(const struct trace *trace, int64_t sign_ms, size_t *next)
{
	int64_t since = INT64_MIN;

	for (; *next < trace->count && trace->items[*next].at_ms <= sign_ms; ++*next) {
		const struct trace_item *item = &trace->items[*next];
		bool water = trace->channels[item->channel].quantity == QUANTITY_WATER_TOTAL;
		if (water && !item->late && item->at_ms == sign_ms && item->delta > 0 && item->since_ms != INT64_MIN &&
			item->at_ms - item->since_ms > TRACE_LOSS_MS)
			since = item->since_ms;
	}
	return since;
}

static bool has_water(const struct trace *trace)
{
	for (unsigned c = 0; c < trace->channel_count; c++)
		if (trace->channels[c].quantity == QUANTITY_WATER_TOTAL)
			return true;
	return false;
}

enum err simulate_home(
	struct trace_set *set, struct trace *trace, const struct zone *zone, unsigned what, uint64_t seed)
{
	struct stage stage = {.trace = trace, .zone = zone, .dice = dice_of(seed + 1, trace->home), .what = what};
	struct truth truth = {0};
	enum err err = has_water(trace) && what ? truth_find(trace, zone, &truth) : ERR_NOT_FOUND;

	if (err)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	stage.first_ms = truth.first_ms;
	stage.last_ms = truth.last_ms;
	stage.steps = (size_t)((truth.last_ms - truth.first_ms) / ENERGY_STEP_MS) + 1;
	stage.load = calloc(stage.steps, sizeof *stage.load);
	err = stage.load ? channels_add(&stage) : ERR_NOMEM;
	int64_t before = truth.first_ms;
	size_t next = 0;
	for (size_t i = 0; i < truth.count && !err && !stage.failed; i++) {
		int64_t used =
			truth.signs_ms[i] - minutes(&stage, 0, 55); /* somewhen in the hour that the meter told */
		int64_t lost = lost_since(trace, truth.signs_ms[i], &next);
		if (lost != INT64_MIN) {
			used = truth.signs_ms[i];
			if (lost > before)
				gap(&stage, before, lost);
			unknown(&stage, lost > before ? lost : before, used);
		} else if (used > before) {
			gap(&stage, before, used);
		}
		if (dice_share(&stage.dice) < BURST_WITH_WATER)
			burst(&stage, used);
		before = used > before ? used : before;
	}
	if (!err) {
		ghosts(&stage);
		current(&stage);
		err = stage.failed ? stage.failed : trace_close(set, trace);
	}
	free(stage.load);
	truth_fini(&truth);
	return err;
}
