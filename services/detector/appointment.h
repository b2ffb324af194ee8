/* SPDX-License-Identifier: MIT
 *
 * appointment: when an agreed sign is asked for. Pure: the terms of the directory, a calendar and a zone in, instants
 * out. A window belongs to the local day of its hour; days are numbered since 1970-01-01 by the local date.
 */
#ifndef CURTAIN_DETECTOR_APPOINTMENT_H
#define CURTAIN_DETECTOR_APPOINTMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "detector/calendar.h"
#include "message/message.h"

struct appointment_window {
	struct wall opens; /* a sign from here on counts, */
	struct wall due;   /* up to here, this moment included */
	struct wall alarm; /* the grace is over */
};

/* appointment_day gives the local day of t. */
int32_t appointment_day(const struct zone *zone, struct wall t);
/* appointment_asked says whether the sign is asked for on a day. */
bool appointment_asked(const struct appointment *appointment, const struct calendar *calendar, int32_t day);
/* appointment_window gives a day's window, whether it is asked for or not. At the changes of the clock the local times
 * are read as zone_from_civil does; a window that would be empty keeps its length. */
struct appointment_window appointment_window(
	const struct appointment *appointment, const struct zone *zone, int32_t day);
/* appointment_next gives the first window whose hour is after t; false: none within APPOINTMENT_AHEAD days, pauses and
 * days before it is in force not counted. */
#define APPOINTMENT_AHEAD 800
bool appointment_next(const struct appointment *appointment, const struct zone *zone, const struct calendar *calendar,
	struct wall t, struct appointment_window *out);
/* appointment_before gives the last window that was asked for before the day; false: none within 60 days. */
bool appointment_before(const struct appointment *appointment, const struct zone *zone, const struct calendar *calendar,
	int32_t day, struct appointment_window *out);
/* appointment_channels gives the quantities that can bring the sign; of `any` none: whatever is a sign of life. */
uint64_t appointment_channels(enum appointment_sign sign);
/* appointment_speaks_when_used: the channel is silent as long as nobody uses it, so its silence says nothing of its
 * health. */
bool appointment_speaks_when_used(enum appointment_sign sign);

#endif
