/* SPDX-License-Identifier: MIT
 *
 * meter: what a metered channel tells of use: litres or watt-hours over intervals, a floor that is there at night too
 * (a leak, a fridge), and the amounts of the last hours. Pure, no time zone: the caller gives local hours.
 *
 * Use is, for water, an hour's litres of at least 1 + P60 of the same home's litres an hour from 02 to 05 in the last
 * 28 days; for current, an hour's Wh above P90 of the same hours by a margin, and risen since the last use (a heater
 * that is left on is no news). Intervals shorter than an hour are added up to an hour's window from the first amount;
 * longer ones are judged by as many floors as they have hours.
 *
 * Gas is burnt by cookers, which somebody lights, and by boilers, which light themselves. A meter is a cooker's while
 * it ran on most of the last seven days, in few hours of each, and in hardly any night of the last 28: a boiler's cycle
 * fails one of the three. Then the first hours of each run are use; a pot that is left on is no news either. Steps that
 * are longer than METER_STEP_MS do not show a run.
 */
#ifndef CURTAIN_DETECTOR_METER_H
#define CURTAIN_DETECTOR_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

#define METER_NIGHT_HOURS 84               /* three hours a night, 28 nights */
#define METER_HOURS 49                     /* two days and the hour that runs */
#define METER_STEP_MS (96 * MS_PER_MINUTE) /* a longer step is a loss of radio: nothing is learnt from it */

#define METER_DAYS 7 /* whose hours with gas are counted */

enum meter_kind { METER_WATER, METER_ENERGY, METER_GAS };

/* meter_filter: what is use; meter_filter_default has what is shipped. */
struct meter_filter {
	double water_floor, energy_floor; /* share of the night hours that is floor, 0..1 */
	double water_margin;              /* litres above it */
	double energy_margin;             /* Wh above it ... */
	double energy_share;              /* ... and by this share of it */
	double gas_min;                   /* litres of a step: less is a pilot light */
	int64_t gas_run_ms;               /* of a run's beginning: use */
	int64_t gas_days;                 /* of the last seven, with gas; at least */
	int64_t gas_hours;                /* of a day, with gas; at most */
	int64_t gas_nights;               /* of the last 28, with gas from 02 to 05; at most */
};

struct meter {
	enum meter_kind kind;
	int64_t window_start_ms; /* INT64_MIN = no window runs */
	double window_sum;
	int64_t night_hour; /* local hour that is being added up; INT64_MIN = none */
	double night_sum;
	int64_t night_covered_ms;
	uint8_t night_count, night_next;
	float nights[METER_NIGHT_HOURS];
	uint16_t night_days[METER_NIGHT_HOURS]; /* local day of each */
	double floor;                           /* an hour's amount that is no use */
	double low;                             /* energy: lowest hour since the last use; HUGE_VAL = none yet */
	int64_t head_hour;                      /* hour (UTC) of hours[head_hour % METER_HOURS]; INT64_MIN = none */
	float hours[METER_HOURS];
	/* gas */
	int64_t gas_day;                 /* local day of gas_hours[gas_day % METER_DAYS]; INT64_MIN = none */
	uint32_t gas_hours[METER_DAYS];  /* of each day, a bit an hour with gas */
	int64_t run_start_ms, run_at_ms; /* of the last run; INT64_MIN = none */
};

struct meter_filter meter_filter_default(void);
void meter_init(struct meter *meter, enum meter_kind kind);
/* meter_take adds an amount used from since to at (since < at), local_hour being that of the middle. *out_nights says
 * whether the nights changed. True: somebody used it. */
bool meter_take(struct meter *meter, const struct meter_filter *filter, struct wall since, struct wall at,
	double amount, int64_t local_hour, bool *out_nights);
/* meter_sum gives the amount of the hours before and in that of `at`, window_ms whole hours and what runs. */
double meter_sum(const struct meter *meter, struct wall at, int64_t window_ms);
/* meter_knows: enough nights to tell use from rest; a water meter always can, one of gas only while it is a cooker's.
 */
bool meter_knows(const struct meter *meter, const struct meter_filter *filter);
/* meter_settle computes floor from the nights; for restored meters. */
void meter_settle(struct meter *meter, const struct meter_filter *filter);

#endif
