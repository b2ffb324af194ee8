/* SPDX-License-Identifier: MIT */
#include "detector/appointment.h"

#include "base/civil.h"

#define BIT(quantity) (UINT64_C(1) << (quantity))
#define BACK 60 /* days */

int32_t appointment_day(const struct zone *zone, struct wall t)
{
	struct civil c = zone_to_civil(zone, t);

	return (int32_t)civil_days(c.year, (unsigned)c.month, (unsigned)c.day);
}

static bool paused(const struct appointment *a, int32_t day)
{
	return a->paused_from != DAY_NONE && day >= a->paused_from && day <= a->paused_until;
}

bool appointment_asked(const struct appointment *a, const struct calendar *calendar, int32_t day)
{
	enum day_kind kind = calendar_kind(calendar, day);
	int32_t weekday = (int32_t)((day + INT64_C(3)) % 7 + 7) % 7; /* 1970-01-01 was a Thursday; 0 = Monday */

	if ((a->from != DAY_NONE && day < a->from) || (a->until != DAY_NONE && day > a->until) || paused(a, day))
		return false;
	if (!(a->weekdays >> weekday & 1) || (a->pause_holidays && kind == DAY_HOLIDAY))
		return false;
	return a->days == APPOINTMENT_EVERY_DAY || (a->days == APPOINTMENT_WORKDAYS) == (kind == DAY_WORKDAY);
}

static struct wall moment(const struct zone *zone, int32_t day, int minute)
{
	struct civil c;

	civil_from_ms(day * MS_PER_DAY, &c);
	c.hour = minute / 60;
	c.minute = minute % 60;
	return zone_from_civil(zone, c);
}

struct appointment_window appointment_window(const struct appointment *a, const struct zone *zone, int32_t day)
{
	struct appointment_window w = {.opens = moment(zone, day, a->opens_min), .due = moment(zone, day, a->by_min)};

	if (w.opens.ms >= w.due.ms) /* the clock was put forward over its begin */
		w.opens = wall_plus(w.due, -(a->by_min - a->opens_min) * MS_PER_MINUTE);
	w.alarm = wall_plus(w.due, a->grace_min * MS_PER_MINUTE);
	return w;
}

bool appointment_next(const struct appointment *a, const struct zone *zone, const struct calendar *calendar,
	struct wall t, struct appointment_window *out)
{
	int32_t day = appointment_day(zone, t);

	if (a->from != DAY_NONE && day < a->from)
		day = a->from;
	for (int i = 0; i < APPOINTMENT_AHEAD; i++, day++) {
		if (a->until != DAY_NONE && day > a->until)
			return false;
		if (paused(a, day)) {
			day = a->paused_until;
			continue;
		}
		if (!appointment_asked(a, calendar, day))
			continue;
		*out = appointment_window(a, zone, day);
		if (out->due.ms > t.ms)
			return true;
	}
	return false;
}

bool appointment_before(const struct appointment *a, const struct zone *zone, const struct calendar *calendar,
	int32_t day, struct appointment_window *out)
{
	for (int i = 1; i <= BACK; i++) {
		if (!appointment_asked(a, calendar, day - i))
			continue;
		*out = appointment_window(a, zone, day - i);
		return true;
	}
	return false;
}

uint64_t appointment_channels(enum appointment_sign sign)
{
	static const uint64_t channels[APPOINTMENT_SIGN_COUNT] = {
		[APPOINTMENT_CURTAIN] = BIT(QUANTITY_COVER_POSITION) | BIT(QUANTITY_CONTACT),
		[APPOINTMENT_CALL] = BIT(QUANTITY_CALL),
		[APPOINTMENT_BUTTON] = BIT(QUANTITY_BUTTON),
		[APPOINTMENT_DOOR] = BIT(QUANTITY_CONTACT) | BIT(QUANTITY_DOOR_VIEWER),
		[APPOINTMENT_VISIT] = BIT(QUANTITY_PERSON_SEEN),
	};

	return channels[sign];
}

bool appointment_speaks_when_used(enum appointment_sign sign)
{
	return sign == APPOINTMENT_CALL || sign == APPOINTMENT_BUTTON || sign == APPOINTMENT_VISIT;
}
