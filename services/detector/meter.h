/* SPDX-License-Identifier: MIT
 *
 * meter: what a metered channel tells of use: litres or watt-hours over intervals, a floor that is there at night too
 * (a leak, a fridge), and the amounts of the last hours. Pure, no time zone: the caller gives local hours.
 *
 * Use is, for water, an hour's litres of at least 1 + P60 of the same home's litres an hour from 02 to 05 in the last
 * 28 days; for current, an hour's Wh above P90 of the same hours by a margin, and risen since the last use (a heater
 * that is left on is no news). Intervals shorter than an hour are added up to an hour's window from the first amount;
 * longer ones are judged by as many floors as they have hours.
 */
#ifndef CURTAIN_DETECTOR_METER_H
#define CURTAIN_DETECTOR_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

#define METER_NIGHT_HOURS 84               /* three hours a night, 28 nights */
#define METER_HOURS 49                     /* two days and the hour that runs */
#define METER_STEP_MS (96 * MS_PER_MINUTE) /* a longer step is a loss of radio: nothing is learnt from it */

enum meter_kind { METER_WATER, METER_ENERGY };

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
};

void meter_init(struct meter *meter, enum meter_kind kind);
/* meter_take adds an amount used from since to at (since < at), local_hour being that of the middle. *out_nights says
 * whether the nights changed. True: somebody used it. */
bool meter_take(
	struct meter *meter, struct wall since, struct wall at, double amount, int64_t local_hour, bool *out_nights);
/* meter_sum gives the amount of the hours before and in that of `at`, window_ms whole hours and what runs. */
double meter_sum(const struct meter *meter, struct wall at, int64_t window_ms);
/* meter_knows: enough nights to tell use from rest; a water meter always can. */
bool meter_knows(const struct meter *meter);
/* meter_settle computes floor from the nights; for restored meters. */
void meter_settle(struct meter *meter);

#endif
