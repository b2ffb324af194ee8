/* SPDX-License-Identifier: MIT */
#include "backtest_truth.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FLOOR_DAYS 28
#define NIGHT_FIRST 2
#define NIGHT_END 5
#define NIGHTS_FEW 6
#define HOUR_COVERED_MS (45 * MS_PER_MINUTE)
#define HOUR_JITTER_MS (3 * MS_PER_MINUTE)
#define LOSS_TOLD_MS (2 * MS_PER_HOUR)
#define WATER_USE 1.0
#define ENERGY_USE 50.0
#define ENERGY_SHARE 0.25
#define BURST 3
#define BURST_MS (5 * MS_PER_MINUTE)
#define PAIR_MS (10 * MS_PER_MINUTE)
#define COVER_OPENED 10.0

void truth_fini(struct truth *truth)
{
	free(truth->signs_ms);
	*truth = (struct truth){0};
}

static enum err add_sign(struct truth *truth, int64_t at_ms)
{
	if (truth->count == truth->capacity) {
		size_t wanted = truth->capacity ? truth->capacity * 2 : 1024;
		void *more = realloc(truth->signs_ms, wanted * sizeof *truth->signs_ms);
		if (!more)
			return ERR_NOMEM;
		truth->signs_ms = more;
		truth->capacity = wanted;
	}
	truth->signs_ms[truth->count++] = at_ms;
	return ERR_OK;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double truth_floor(double *values, size_t count, double share, size_t few)
{
	if (count < few || !count)
		return 0;
	qsort(values, count, sizeof *values, by_value);
	double place = share * (double)(count - 1);
	size_t below = (size_t)place;
	if (below + 1 >= count)
		return values[count - 1];
	return values[below] + (place - (double)below) * (values[below + 1] - values[below]);
}

/* ---- metered channels ---- */

/* step: an amount between two readings of one channel. */
struct step {
	int64_t since_ms, at_ms, day; /* local day of the middle */
	double amount;
	int hour; /* local, of the middle */
};

/* night: an hour of a night that was seen nearly whole. */
struct night {
	int64_t day;
	double amount;
};

struct meter_view {
	bool water;
	struct step *steps;
	size_t count;
	struct night *nights;
	size_t night_count;
	double *spare;
	int64_t day_first; /* of the data */
	int64_t floor_day; /* the day that floor is of */
	double floor;
};

static int64_t local_day(struct civil c)
{
	static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	int64_t y = c.year - (c.month <= 2), leaps = y / 4 - y / 100 + y / 400;

	return (int64_t)c.year * 365 + leaps + before[c.month - 1] + c.day;
}

static bool amount_of(
	const struct trace_item *item, enum quantity quantity, const struct trace_item *before, struct step *out)
{
	if (item->late)
		return false;
	if (trace_is_counter(quantity)) {
		*out = (struct step){.since_ms = item->since_ms, .at_ms = item->at_ms, .amount = item->delta};
		return isfinite(item->delta) && item->since_ms != INT64_MIN && item->since_ms < item->at_ms;
	}
	if (!before || item->at_ms <= before->at_ms || item->at_ms - before->at_ms > TRACE_LOSS_MS)
		return false;
	double hours = (double)(item->at_ms - before->at_ms) / (double)MS_PER_HOUR;
	*out = (struct step){.since_ms = before->at_ms, .at_ms = item->at_ms, .amount = fmax(before->value, 0) * hours};
	return true;
}

static void steps_of(const struct trace *trace, unsigned channel, const struct zone *zone, struct meter_view *view)
{
	const struct trace_item *before = NULL;

	for (size_t i = 0; i < trace->count; i++) {
		const struct trace_item *item = &trace->items[i];
		struct step step;
		if (item->channel != channel)
			continue;
		if (amount_of(item, trace->channels[channel].quantity, before, &step)) {
			struct civil c = zone_to_civil(zone, (struct wall){(step.since_ms + step.at_ms) / 2});
			step.day = local_day(c);
			step.hour = c.hour;
			view->steps[view->count++] = step;
		}
		before = item;
	}
}

static void nights_of(struct meter_view *view)
{
	for (size_t i = 0; i < view->count;) {
		const struct step *s = &view->steps[i];
		int64_t covered = 0;
		double amount = 0;
		size_t j = i;
		for (; j < view->count && view->steps[j].day == s->day && view->steps[j].hour == s->hour; j++) {
			int64_t span = view->steps[j].at_ms - view->steps[j].since_ms;
			if (span > TRACE_LOSS_MS)
				continue;
			covered += span;
			amount += view->steps[j].amount;
		}
		if (s->hour >= NIGHT_FIRST && s->hour < NIGHT_END && covered >= HOUR_COVERED_MS)
			view->nights[view->night_count++] = (struct night){s->day, amount};
		i = j;
	}
}

static double floor_on(struct meter_view *view, int64_t day)
{
	if (day == view->floor_day)
		return view->floor;
	bool early = day < view->day_first + FLOOR_DAYS;
	int64_t from = early ? view->day_first : day - FLOOR_DAYS;
	size_t count = 0;
	for (size_t i = 0; i < view->night_count; i++)
		if (view->nights[i].day >= from && view->nights[i].day < from + FLOOR_DAYS)
			view->spare[count++] = view->nights[i].amount;
	view->floor_day = day;
	view->floor = truth_floor(view->spare, count, view->water ? 0.6 : 0.9, NIGHTS_FEW);
	return view->floor;
}

static enum err water_signs(struct meter_view *view, struct truth *truth)
{
	size_t from = 0; /* of the hour that is being added up */
	double sum = 0;
	enum err err = ERR_OK;

	for (size_t i = 0; i < view->count && !err; i++) {
		const struct step *s = &view->steps[i];
		int64_t span = s->at_ms - s->since_ms;
		double hours = fmax((double)span / (double)MS_PER_HOUR, 1), floor = floor_on(view, s->day);
		truth->metered_ms += span;
		truth->leak_ms += floor >= 1 ? span : 0;
		truth->lost_ms += span > LOSS_TOLD_MS ? span : 0;
		if (span > TRACE_LOSS_MS) {
			err = s->amount > 0 ? add_sign(truth, s->at_ms) : ERR_OK;
			from = i + 1;
			sum = 0;
			continue;
		}
		sum += s->amount;
		while (from < i && s->at_ms - view->steps[from].since_ms > MS_PER_HOUR + HOUR_JITTER_MS)
			sum -= view->steps[from++].amount;
		if (fmax(sum, s->amount) < WATER_USE + floor * hours - 1e-9)
			continue;
		err = add_sign(truth, s->at_ms);
		from = i + 1;
		sum = 0;
	}
	return err;
}

/* energy_signs: hours of steps that follow each other; the lowest since the last use is what use must rise above. */
static enum err energy_signs(struct meter_view *view, struct truth *truth)
{
	double sum = 0, low = HUGE_VAL;
	size_t from = 0;
	enum err err = ERR_OK;

	for (size_t i = 0; i < view->count && !err; i++) {
		const struct step *s = &view->steps[i];
		int64_t span = s->at_ms - s->since_ms;
		double floor = floor_on(view, s->day), margin = fmax(floor * ENERGY_SHARE, ENERGY_USE);
		truth->lost_ms += span > LOSS_TOLD_MS ? span : 0;
		if (span > TRACE_LOSS_MS || view->night_count < NIGHTS_FEW) {
			from = i + 1;
			sum = 0;
			continue;
		}
		sum += s->amount;
		while (from < i && s->at_ms - view->steps[from].since_ms > MS_PER_HOUR + HOUR_JITTER_MS)
			sum -= view->steps[from++].amount;
		int64_t seen = s->at_ms - view->steps[from].since_ms;
		double hourly = seen > MS_PER_HOUR ? sum * (double)MS_PER_HOUR / (double)seen : sum;
		bool use = hourly >= floor + margin && hourly >= low + margin;
		if (use)
			err = add_sign(truth, s->at_ms);
		if (use || (seen >= HOUR_COVERED_MS && hourly < low))
			low = hourly;
	}
	return err;
}

static enum err meter_signs(const struct trace *trace, unsigned channel, const struct zone *zone, struct truth *truth)
{
	enum quantity quantity = trace->channels[channel].quantity;
	bool water = quantity == QUANTITY_WATER_TOTAL || quantity == QUANTITY_WATER_FLOW;
	struct meter_view view = {.water = water, .floor_day = INT64_MIN};
	enum err err = ERR_NOMEM;

	view.steps = malloc((trace->count + 1) * sizeof *view.steps);
	view.nights = malloc((trace->count + 1) * sizeof *view.nights);
	view.spare = malloc((trace->count + 1) * sizeof *view.spare);
	if (view.steps && view.nights && view.spare) {
		steps_of(trace, channel, zone, &view);
		view.day_first = view.count ? view.steps[0].day : 0;
		nights_of(&view);
		err = water ? water_signs(&view, truth) : energy_signs(&view, truth);
	}
	free(view.steps);
	free(view.nights);
	free(view.spare);
	return err;
}

/* ---- channels of events ---- */

struct firing {
	int64_t at_ms;
	uint8_t channel;
};

/* motion_is looks back from the newest firing. */
static bool motion_is(const struct firing *firings, size_t count)
{
	const struct firing *last = &firings[count - 1];
	unsigned near = 0;

	for (size_t i = count; i > 0 && last->at_ms - firings[i - 1].at_ms <= PAIR_MS; i--) {
		const struct firing *f = &firings[i - 1];
		near += last->at_ms - f->at_ms <= BURST_MS;
		if (near >= BURST || f->channel != last->channel)
			return true;
	}
	return false;
}

static bool event_is(enum quantity quantity, const struct trace_item *item, const double *before)
{
	switch (quantity) {
	case QUANTITY_CONTACT:
	case QUANTITY_PRESENCE:
	case QUANTITY_BED:
	case QUANTITY_SEAT:
		return item->late || (!isnan(*before) && *before != item->value);
	case QUANTITY_BUTTON:
	case QUANTITY_SOS:
	case QUANTITY_PERSON_SEEN:
		return item->value > 0;
	case QUANTITY_DOOR_VIEWER:
		return item->value == 1 || item->value == 2;
	case QUANTITY_CALL:
		return item->value == 1 || item->value == 3;
	case QUANTITY_COVER_POSITION:
		return !item->late && !isnan(*before) && item->value >= *before + COVER_OPENED;
	default:
		return false;
	}
}

static enum err event_signs(const struct trace *trace, struct truth *truth)
{
	struct firing *firings = malloc((trace->count + 1) * sizeof *firings);
	double before[TRACE_CHANNELS_MAX];
	size_t count = 0;
	enum err err = firings ? ERR_OK : ERR_NOMEM;

	for (unsigned i = 0; i < TRACE_CHANNELS_MAX; i++)
		before[i] = NAN;
	for (size_t i = 0; i < trace->count && !err; i++) {
		const struct trace_item *item = &trace->items[i];
		enum quantity quantity = trace->channels[item->channel].quantity;
		bool is = event_is(quantity, item, &before[item->channel]);
		if (quantity == QUANTITY_MOTION && item->value > 0) {
			firings[count++] = (struct firing){item->at_ms, item->channel};
			is = motion_is(firings, count);
		}
		before[item->channel] = item->late ? before[item->channel] : item->value;
		if (is)
			err = add_sign(truth, item->at_ms);
	}
	free(firings);
	return err;
}

/* ---- all ---- */

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

enum err truth_find(const struct trace *trace, const struct zone *zone, struct truth *out)
{
	struct truth truth = {.first_ms = INT64_MAX, .last_ms = INT64_MIN};
	enum err err = event_signs(trace, &truth);

	for (unsigned c = 0; c < trace->channel_count && !err; c++)
		if (trace_is_meter(trace->channels[c].quantity) && trace->channels[c].quantity != QUANTITY_GAS_TOTAL &&
			trace->channels[c].quantity != QUANTITY_GAS_FLOW)
			err = meter_signs(trace, c, zone, &truth);
	for (size_t i = 0; i < trace->count; i++) {
		int64_t at = trace->items[i].at_ms;
		truth.first_ms = at < truth.first_ms ? at : truth.first_ms;
		truth.last_ms = at > truth.last_ms ? at : truth.last_ms;
	}
	if (err) {
		truth_fini(&truth);
		return err;
	}
	if (truth.count)
		qsort(truth.signs_ms, truth.count, sizeof *truth.signs_ms, by_time);
	*out = truth;
	return ERR_OK;
}

struct truth_gap truth_gap_at(const struct truth *truth, int64_t at_ms)
{
	size_t low = 0, high = truth->count; /* the first sign after at_ms */

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (truth->signs_ms[middle] <= at_ms)
			low = middle + 1;
		else
			high = middle;
	}
	return (struct truth_gap){.start_ms = low ? truth->signs_ms[low - 1] : truth->first_ms,
		.end_ms = low < truth->count ? truth->signs_ms[low] : truth->last_ms,
		.open = low == truth->count};
}
