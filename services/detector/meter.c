/* SPDX-License-Identifier: MIT */
#include "detector/meter.h"

#include <math.h>
#include <string.h>

#define NIGHT_FIRST 2
#define NIGHT_END 5
#define NIGHT_DAYS 28
#define NIGHT_COVERED_MS (45 * MS_PER_MINUTE) /* of an hour, for it to count */
#define NIGHTS_FEW 21                         /* a week; with fewer only what is always there is floor */
#define NIGHTS_ENERGY 6
#define WATER_USE 1.0     /* litres above the floor */
#define ENERGY_USE 50.0   /* Wh above the floor ... */
#define ENERGY_SHARE 0.25 /* ... and by this share of it */

void meter_init(struct meter *meter, enum meter_kind kind)
{
	memset(meter, 0, sizeof *meter);
	meter->kind = kind;
	meter->window_start_ms = meter->night_hour = meter->head_hour = INT64_MIN;
	meter->low = HUGE_VAL;
}

/* percentile of count values, which it sorts; linear between neighbours. */
static double percentile(float *values, unsigned count, double share)
{
	for (unsigned i = 1; i < count; i++) {
		float v = values[i];
		unsigned k = i;
		for (; k && values[k - 1] > v; k--)
			values[k] = values[k - 1];
		values[k] = v;
	}
	double place = share * (count - 1);
	unsigned below = (unsigned)place;
	if (below + 1 >= count)
		return (double)values[count - 1];
	return (double)values[below] + (place - below) * ((double)values[below + 1] - (double)values[below]);
}

void meter_settle(struct meter *meter)
{
	float values[METER_NIGHT_HOURS];
	unsigned count = 0;
	uint16_t newest = 0;

	if (meter->night_count)
		newest = meter->night_days[(meter->night_next + METER_NIGHT_HOURS - 1) % METER_NIGHT_HOURS];
	for (unsigned i = 0; i < meter->night_count; i++)
		if ((uint16_t)(newest - meter->night_days[i]) < NIGHT_DAYS)
			values[count++] = meter->nights[i];
	meter->floor = 0;
	if (meter->kind == METER_ENERGY && count >= NIGHTS_ENERGY)
		meter->floor = percentile(values, count, 0.9);
	else if (meter->kind == METER_WATER && count >= NIGHTS_ENERGY)
		meter->floor = percentile(values, count, count >= NIGHTS_FEW ? 0.6 : 0);
}

bool meter_knows(const struct meter *meter)
{
	return meter->kind == METER_WATER || meter->night_count >= NIGHTS_ENERGY;
}

/* night_close puts the hour that was added up into the ring. */
static bool night_close(struct meter *meter)
{
	bool counts = meter->night_hour != INT64_MIN && meter->night_covered_ms >= NIGHT_COVERED_MS;

	if (counts) {
		meter->nights[meter->night_next] = (float)meter->night_sum;
		meter->night_days[meter->night_next] = (uint16_t)(meter->night_hour / 24);
		meter->night_next = (uint8_t)((meter->night_next + 1) % METER_NIGHT_HOURS);
		if (meter->night_count < METER_NIGHT_HOURS)
			meter->night_count++;
		meter_settle(meter);
	}
	meter->night_hour = INT64_MIN;
	return counts;
}

static bool night_take(struct meter *meter, int64_t span_ms, double amount, int64_t local_hour)
{
	int64_t hour = local_hour % 24;
	bool closed = false;

	if (meter->night_hour != INT64_MIN && meter->night_hour != local_hour)
		closed = night_close(meter);
	if (hour < NIGHT_FIRST || hour >= NIGHT_END || span_ms > METER_STEP_MS)
		return closed;
	if (meter->night_hour == INT64_MIN) {
		meter->night_hour = local_hour;
		meter->night_sum = 0;
		meter->night_covered_ms = 0;
	}
	meter->night_sum += amount;
	meter->night_covered_ms += span_ms;
	return closed;
}

static int64_t hour_of(int64_t ms)
{
	return ms >= 0 ? ms / MS_PER_HOUR : -((-ms + MS_PER_HOUR - 1) / MS_PER_HOUR);
}

static unsigned place_of(int64_t hour)
{
	return (unsigned)((hour % METER_HOURS + METER_HOURS) % METER_HOURS);
}

/* hours_take spreads the amount evenly over the hours that it was used in. */
static void hours_take(struct meter *meter, struct wall since, struct wall at, double amount)
{
	int64_t last = hour_of(at.ms - 1), first = hour_of(since.ms);
	double span = (double)(at.ms - since.ms);

	if (meter->head_hour == INT64_MIN || last - meter->head_hour >= METER_HOURS) {
		memset(meter->hours, 0, sizeof meter->hours);
		meter->head_hour = last;
	}
	while (meter->head_hour < last)
		meter->hours[place_of(++meter->head_hour)] = 0;
	if (first <= meter->head_hour - METER_HOURS)
		first = meter->head_hour - METER_HOURS + 1;
	for (int64_t hour = first; hour <= last; hour++) {
		int64_t from = hour * MS_PER_HOUR, to = from + MS_PER_HOUR;
		from = from > since.ms ? from : since.ms;
		to = to < at.ms ? to : at.ms;
		meter->hours[place_of(hour)] += (float)(amount * (double)(to - from) / span);
	}
}

double meter_sum(const struct meter *meter, struct wall at, int64_t window_ms)
{
	double sum = 0;

	if (meter->head_hour == INT64_MIN || !wall_is_set(at))
		return 0;
	int64_t last = hour_of(at.ms - 1), first = last - window_ms / MS_PER_HOUR;
	if (first <= meter->head_hour - METER_HOURS)
		first = meter->head_hour - METER_HOURS + 1;
	for (int64_t hour = first; hour <= last && hour <= meter->head_hour; hour++)
		sum += (double)meter->hours[place_of(hour)];
	return round(sum * 1000) / 1000; /* 10 l in parts are 10 l */
}

/* rises says whether an hour's energy stands out of the nights and of what was drawn since the last use. */
static bool rises(const struct meter *meter, double hourly)
{
	double margin = meter->floor * ENERGY_SHARE > ENERGY_USE ? meter->floor * ENERGY_SHARE : ENERGY_USE;

	return meter_knows(meter) && hourly >= meter->floor + margin && hourly >= meter->low + margin;
}

static bool energy_hour(struct meter *meter, double hourly)
{
	bool use = rises(meter, hourly);

	if (use || hourly < meter->low)
		meter->low = hourly;
	return use;
}

/* window_take adds short steps up; a window ends after an hour, or with a use. */
static bool window_take(struct meter *meter, struct wall since, struct wall at, double amount)
{
	bool use = false;

	if (meter->window_start_ms != INT64_MIN && at.ms - meter->window_start_ms > MS_PER_HOUR) {
		if (meter->kind == METER_ENERGY)
			use = energy_hour(meter, meter->window_sum);
		meter->window_start_ms = INT64_MIN;
	}
	if (meter->window_start_ms == INT64_MIN) {
		if (amount <= 0)
			return use;
		meter->window_start_ms = since.ms;
		meter->window_sum = 0;
	}
	meter->window_sum += amount;
	if (meter->kind == METER_WATER) {
		use = meter->window_sum >= WATER_USE + meter->floor;
	} else if (rises(meter, meter->window_sum)) {
		meter->low = meter->window_sum;
		use = true;
	}
	if (use)
		meter->window_start_ms = INT64_MIN;
	return use;
}

bool meter_take(
	struct meter *meter, struct wall since, struct wall at, double amount, int64_t local_hour, bool *out_nights)
{
	int64_t span_ms = at.ms - since.ms;
	double span_h = (double)span_ms / (double)MS_PER_HOUR;

	*out_nights = night_take(meter, span_ms, amount, local_hour);
	hours_take(meter, since, at, amount);
	if (span_ms < MS_PER_HOUR)
		return window_take(meter, since, at, amount);
	meter->window_start_ms = INT64_MIN;
	if (meter->kind == METER_ENERGY)
		return energy_hour(meter, amount / span_h);
	return amount >= WATER_USE + meter->floor * span_h;
}
