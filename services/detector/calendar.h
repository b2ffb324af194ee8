/* SPDX-License-Identifier: MIT
 *
 * calendar: what kind of day a date is: people live by other hours on a workday than on a day of rest, and by others
 * again at the spring festival. Weekdays tell it, except where the calendar was given something else: public holidays,
 * and the Saturdays and Sundays that are worked to make up for them. Pure; a value without pointers, the caller's.
 *
 * Days are numbered since 1970-01-01 by the local date (civil_days of base/civil.h).
 */
#ifndef CURTAIN_DETECTOR_CALENDAR_H
#define CURTAIN_DETECTOR_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"

#define CALENDAR_DAYS_MAX 1024 /* given ones; China has some 35 a year */
#define CALENDAR_YEAR_MIN 1970
#define CALENDAR_YEAR_MAX 2199

enum day_kind {
	DAY_WORKDAY, /* Monday to Friday, or a weekend's day that is worked */
	DAY_WEEKEND, /* Saturday and Sunday */
	DAY_HOLIDAY, /* a public holiday, and the days off around it */
	DAY_KIND_COUNT
};

struct calendar {
	uint32_t count;
	struct calendar_day {
		int32_t day;
		uint8_t kind;
	} days[CALENDAR_DAYS_MAX]; /* by day */
};

/* calendar_init makes a calendar that knows weekdays only. */
void calendar_init(struct calendar *calendar);
/* calendar_add says that a date is of a kind, whatever its weekday. ERR_RANGE if there is no such date from
 * CALENDAR_YEAR_MIN to _MAX, ERR_EXISTS if it was given before, ERR_FULL. */
enum err calendar_add(struct calendar *calendar, struct civil date, enum day_kind kind) ERR_MUST_CHECK;
/* calendar_read adds a year's dates from text, "2026 01-01 02-15..02-23": month-day, ".." for a run of days. On failure
 * info says which word is wrong, and the calendar is as it was. ERR_INVALID, and those of calendar_add. */
enum err calendar_read(
	struct calendar *calendar, const char *text, enum day_kind kind, struct errinfo *info) ERR_MUST_CHECK;
/* calendar_kind gives the kind of a day; calendar NULL = by its weekday. */
enum day_kind calendar_kind(const struct calendar *calendar, int64_t day);
/* calendar_knows says whether any date of the year was given: holidays are announced year by year. */
bool calendar_knows(const struct calendar *calendar, int64_t year);
/* calendar_kind_name gives "workday", "weekend", "holiday". */
const char *calendar_kind_name(enum day_kind kind);

#endif
