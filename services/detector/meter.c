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
#define PILOT_STEPS 4                     /* of an hour: gas_min is of a step, and meters give four or fewer */
#define GAS_PAUSE_MS (30 * MS_PER_MINUTE) /* without gas: a run is over */

struct meter_filter meter_filter_default(void)
{
	return (struct meter_filter){.water_floor = 0.6,
		.energy_floor = 0.9,
		.water_margin = 1,
		.energy_margin = 50,
		.energy_share = 0.25,
		.gas_min = 5,
		.gas_run_ms = 2 * MS_PER_HOUR,
		.gas_days = 5,
		.gas_hours = 8,
		.gas_nights = 1};
}

void meter_init(struct meter *meter, enum meter_kind kind)
{
	memset(meter, 0, sizeof *meter);
	meter->kind = kind;
	meter->window_start_ms = meter->night_hour = meter->head_hour = meter->gas_day = meter->run_start_ms =
		meter->run_at_ms = INT64_MIN;
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

/* is_fresh: the night hour is one of the last 28 days. */
static bool is_fresh(const struct meter *meter, unsigned i)
{
	uint16_t newest = meter->night_days[(meter->night_next + METER_NIGHT_HOURS - 1) % METER_NIGHT_HOURS];

	return (uint16_t)(newest - meter->night_days[i]) < NIGHT_DAYS;
}

void meter_settle(struct meter *meter, const struct meter_filter *filter)
{
	float values[METER_NIGHT_HOURS];
	unsigned count = 0;

	for (unsigned i = 0; i < meter->night_count; i++)
		if (is_fresh(meter, i))
			values[count++] = meter->nights[i];
	meter->floor = 0;
	if (meter->kind == METER_ENERGY && count >= NIGHTS_ENERGY)
		meter->floor = percentile(values, count, filter->energy_floor);
	else if (meter->kind == METER_WATER && count >= NIGHTS_ENERGY)
		meter->floor = percentile(values, count, count >= NIGHTS_FEW ? filter->water_floor : 0);
}

/* is_cookers: see the header. */
static bool is_cookers(const struct meter *meter, const struct meter_filter *filter)
{
	int64_t days = 0, nights = 0;
	uint16_t counted = 0;

	if (meter->gas_day == INT64_MIN || meter->night_count < NIGHTS_FEW)
		return false;
	for (unsigned i = 0; i < METER_DAYS; i++) {
		days += meter->gas_hours[i] != 0;
		if (__builtin_popcount(meter->gas_hours[i]) > filter->gas_hours)
			return false;
	}
	for (unsigned i = 0; i < meter->night_count; i++) {
		if ((double)meter->nights[i] < PILOT_STEPS * filter->gas_min || !is_fresh(meter, i) ||
			(nights && meter->night_days[i] == counted))
			continue;
		nights++;
		counted = meter->night_days[i];
	}
	return days >= filter->gas_days && nights <= filter->gas_nights;
}

bool meter_knows(const struct meter *meter, const struct meter_filter *filter)
{
	if (meter->kind == METER_GAS)
		return is_cookers(meter, filter);
	return meter->kind == METER_WATER || meter->night_count >= NIGHTS_ENERGY;
}

/* night_close puts the hour that was added up into the ring. */
static bool night_close(struct meter *meter, const struct meter_filter *filter)
{
	bool counts = meter->night_hour != INT64_MIN && meter->night_covered_ms >= NIGHT_COVERED_MS;

	if (counts) {
		meter->nights[meter->night_next] = (float)meter->night_sum;
		meter->night_days[meter->night_next] = (uint16_t)(meter->night_hour / 24);
		meter->night_next = (uint8_t)((meter->night_next + 1) % METER_NIGHT_HOURS);
		if (meter->night_count < METER_NIGHT_HOURS)
			meter->night_count++;
		meter_settle(meter, filter);
	}
	meter->night_hour = INT64_MIN;
	return counts;
}

static bool night_take(
	struct meter *meter, const struct meter_filter *filter, int64_t span_ms, double amount, int64_t local_hour)
{
	int64_t hour = local_hour % 24;
	bool closed = false;

	if (meter->night_hour != INT64_MIN && meter->night_hour != local_hour)
		closed = night_close(meter, filter);
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

static int64_t floor_of(int64_t value, int64_t by)
{
	return value >= 0 ? value / by : -((-value + by - 1) / by);
}

static int64_t hour_of(int64_t ms)
{
	return floor_of(ms, MS_PER_HOUR);
}

/* place_of gives where the hour or day stands in a ring. */
static unsigned place_of(int64_t number, int64_t places)
{
	return (unsigned)((number % places + places) % places);
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
		meter->hours[place_of(++meter->head_hour, METER_HOURS)] = 0;
	if (first <= meter->head_hour - METER_HOURS)
		first = meter->head_hour - METER_HOURS + 1;
	for (int64_t hour = first; hour <= last; hour++) {
		int64_t from = hour * MS_PER_HOUR, to = from + MS_PER_HOUR;
		from = from > since.ms ? from : since.ms;
		to = to < at.ms ? to : at.ms;
		meter->hours[place_of(hour, METER_HOURS)] += (float)(amount * (double)(to - from) / span);
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
		sum += (double)meter->hours[place_of(hour, METER_HOURS)];
	return round(sum * 1000) / 1000; /* 10 l in parts are 10 l */
}

/* rises says whether an hour's energy stands out of the nights and of what was drawn since the last use. */
static bool rises(const struct meter *meter, const struct meter_filter *filter, double hourly)
{
	double margin = fmax(meter->floor * filter->energy_share, filter->energy_margin);

	return meter_knows(meter, filter) && hourly >= meter->floor + margin && hourly >= meter->low + margin;
}

static bool energy_hour(struct meter *meter, const struct meter_filter *filter, double hourly)
{
	bool use = rises(meter, filter, hourly);

	if (use || hourly < meter->low)
		meter->low = hourly;
	return use;
}

/* window_take adds short steps up; a window ends after an hour, or with a use. */
static bool window_take(
	struct meter *meter, const struct meter_filter *filter, struct wall since, struct wall at, double amount)
{
	bool use = false;

	if (meter->window_start_ms != INT64_MIN && at.ms - meter->window_start_ms > MS_PER_HOUR) {
		if (meter->kind == METER_ENERGY)
			use = energy_hour(meter, filter, meter->window_sum);
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
		use = meter->window_sum >= filter->water_margin + meter->floor;
	} else if (rises(meter, filter, meter->window_sum)) {
		meter->low = meter->window_sum;
		use = true;
	}
	if (use)
		meter->window_start_ms = INT64_MIN;
	return use;
}

/* gas_take counts the hours with gas, and follows runs. */
static bool gas_take(struct meter *meter, const struct meter_filter *filter, struct wall since, struct wall at,
	double amount, int64_t local_hour)
{
	int64_t day = floor_of(local_hour, 24);

	if (at.ms - since.ms > METER_STEP_MS)
		return false;
	if (meter->gas_day == INT64_MIN || day - meter->gas_day >= METER_DAYS) {
		memset(meter->gas_hours, 0, sizeof meter->gas_hours);
		meter->gas_day = day;
	}
	while (meter->gas_day < day)
		meter->gas_hours[place_of(++meter->gas_day, METER_DAYS)] = 0;
	if (amount < filter->gas_min)
		return false;
	if (meter->run_at_ms == INT64_MIN || since.ms - meter->run_at_ms >= GAS_PAUSE_MS)
		meter->run_start_ms = since.ms;
	meter->run_at_ms = at.ms;
	bool use = meter_knows(meter, filter) && at.ms - meter->run_start_ms <= filter->gas_run_ms;
	if (day > meter->gas_day - METER_DAYS)
		meter->gas_hours[place_of(day, METER_DAYS)] |= UINT32_C(1) << (local_hour - day * 24);
	return use;
}

bool meter_take(struct meter *meter, const struct meter_filter *filter, struct wall since, struct wall at,
	double amount, int64_t local_hour, bool *out_nights)
{
	int64_t span_ms = at.ms - since.ms;
	double span_h = (double)span_ms / (double)MS_PER_HOUR;

	*out_nights = night_take(meter, filter, span_ms, amount, local_hour);
	hours_take(meter, since, at, amount);
	if (meter->kind == METER_GAS)
		return gas_take(meter, filter, since, at, amount, local_hour);
	if (span_ms < MS_PER_HOUR)
		return window_take(meter, filter, since, at, amount);
	meter->window_start_ms = INT64_MIN;
	if (meter->kind == METER_ENERGY)
		return energy_hour(meter, filter, amount / span_h);
	return amount >= filter->water_margin + meter->floor * span_h;
}
