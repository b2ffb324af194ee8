/* SPDX-License-Identifier: MIT */
#include "moment.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"

#define DAY_LENGTH 10 /* of "2026-12-01" */

bool moment_is_day(const char *text)
{
	int32_t day;

	return !day_parse(text, &day);
}

/* read_local takes a local day, with or without a time of day, apart. */
static bool read_local(const char *text, struct civil *out)
{
	char day[DAY_LENGTH + 1];
	uint16_t minute = 0;

	snprintf(day, sizeof day, "%s", text);
	if (!moment_is_day(day))
		return false;
	text += DAY_LENGTH;
	if (*text && ((*text != ' ' && *text != 'T') || minute_parse(text + 1, &minute)))
		return false;
	*out = (struct civil){.year = atoi(day),
		.month = atoi(day + 5),
		.day = atoi(day + 8),
		.hour = minute / 60,
		.minute = minute % 60};
	return true;
}

bool moment_is_time(const char *text)
{
	struct civil local;
	struct wall at;

	return !wall_parse(text, strlen(text), &at) || read_local(text, &local);
}

struct wall moment_of(const char *text, const struct zone *zone)
{
	struct civil local = {.year = 0};
	struct wall at;

	if (!wall_parse(text, strlen(text), &at))
		return at;
	bool is_local = read_local(text, &local);
	assert(is_local);
	return zone_from_civil(zone, local);
}
