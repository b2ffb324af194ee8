/* SPDX-License-Identifier: MIT */
#include "base/day.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"

/* shaped: text is as long as shape and has a digit wherever that has a 0, else the same character. */
static bool shaped(const char *text, const char *shape)
{
	size_t i = 0;

	for (; shape[i]; i++)
		if (shape[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
			return false;
	return !text[i];
}

static unsigned digits(const char *text, unsigned count)
{
	unsigned value = 0;

	for (unsigned i = 0; i < count; i++)
		value = value * 10 + (unsigned)(text[i] - '0');
	return value;
}

enum err day_parse_ever(const char *text, int32_t *out_day)
{
	struct civil back;

	if (!shaped(text, "0000-00-00"))
		return ERR_INVALID;
	unsigned year = digits(text, 4), month = digits(text + 5, 2), day = digits(text + 8, 2);
	if (year < 1 || month < 1 || month > 12 || day < 1)
		return ERR_INVALID;
	int64_t days = civil_days(year, month, day);
	civil_from_ms(days * MS_PER_DAY, &back);
	if (back.day != (int)day) /* it ran into the next month */
		return ERR_INVALID;
	*out_day = (int32_t)days;
	return ERR_OK;
}

enum err day_parse(const char *text, int32_t *out_day)
{
	int32_t day;

	if (day_parse_ever(text, &day) || day < 0)
		return ERR_INVALID;
	*out_day = day;
	return ERR_OK;
}

void day_format(int32_t day, char out[DAY_TEXT_BYTES])
{
	struct civil c;

	civil_from_ms(day * MS_PER_DAY, &c);
	snprintf(out, DAY_TEXT_BYTES, "%04u-%02u-%02u", (unsigned)c.year % 10000, (unsigned)c.month % 100,
		(unsigned)c.day % 100);
}

enum err minute_parse(const char *text, uint16_t *out_minute)
{
	if (!shaped(text, "00:00") || digits(text, 2) > 23 || digits(text + 3, 2) > 59)
		return ERR_INVALID;
	*out_minute = (uint16_t)(digits(text, 2) * 60 + digits(text + 3, 2));
	return ERR_OK;
}

void minute_format(unsigned minute, char out[MINUTE_TEXT_BYTES])
{
	snprintf(out, MINUTE_TEXT_BYTES, "%02u:%02u", minute / 60 % 24, minute % 60);
}
