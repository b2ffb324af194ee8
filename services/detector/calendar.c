/* SPDX-License-Identifier: MIT */
#include "detector/calendar.h"

#include <stdio.h>
#include <string.h>

#include "base/civil.h"

void calendar_init(struct calendar *calendar)
{
	calendar->count = 0;
}

/* place_of gives where the day stands, or would stand. */
static uint32_t place_of(const struct calendar *calendar, int64_t day)
{
	uint32_t low = 0, high = calendar->count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if (calendar->days[middle].day < day)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool given(const struct calendar *calendar, uint32_t place, int64_t day)
{
	return place < calendar->count && calendar->days[place].day == day;
}

static enum err day_of(struct civil date, int64_t *out_day)
{
	struct civil back;

	if (date.year < CALENDAR_YEAR_MIN || date.year > CALENDAR_YEAR_MAX || date.month < 1 || date.month > 12 ||
		date.day < 1)
		return ERR_RANGE;
	int64_t day = civil_days(date.year, (unsigned)date.month, (unsigned)date.day);
	civil_from_ms(day * MS_PER_DAY, &back);
	if (back.month != date.month || back.day != date.day)
		return ERR_RANGE;
	*out_day = day;
	return ERR_OK;
}

static enum err add_day(struct calendar *calendar, int64_t day, enum day_kind kind)
{
	uint32_t place = place_of(calendar, day);

	if (given(calendar, place, day))
		return ERR_EXISTS;
	if (calendar->count == CALENDAR_DAYS_MAX)
		return ERR_FULL;
	memmove(&calendar->days[place + 1], &calendar->days[place], (calendar->count - place) * sizeof *calendar->days);
	calendar->days[place] = (struct calendar_day){.day = (int32_t)day, .kind = (uint8_t)kind};
	calendar->count++;
	return ERR_OK;
}

enum err calendar_add(struct calendar *calendar, struct civil date, enum day_kind kind)
{
	int64_t day;
	enum err err = day_of(date, &day);

	return err ? err : add_day(calendar, day, kind);
}

/* read_word reads "02-15" or "02-15..02-23" of a year as first and last day. */
static enum err read_word(const char *word, int year, int64_t *out_first, int64_t *out_last)
{
	struct civil first = {.year = year}, last = {.year = year};
	int used = 0, more = 0;

	if (sscanf(word, "%2d-%2d%n..%2d-%2d%n", &first.month, &first.day, &used, &last.month, &last.day, &more) == 2) {
		last = first;
		more = used;
	}
	if (!more || word[more])
		return ERR_INVALID;
	if (day_of(first, out_first) || day_of(last, out_last) || *out_last < *out_first)
		return ERR_RANGE;
	return ERR_OK;
}

static const char *fault_of(enum err err)
{
	switch (err) {
	case ERR_EXISTS:
		return "is there twice";
	case ERR_FULL:
		return "is one day too many";
	case ERR_RANGE:
		return "is no date of that year";
	default:
		return "must be a date as 01-01 or a run of days as 02-15..02-23";
	}
}

enum err calendar_read(struct calendar *calendar, const char *text, enum day_kind kind, struct errinfo *info)
{
	struct calendar taken = *calendar;
	char word[32];
	int year, used;

	if (sscanf(text, " %4d%n", &year, &used) != 1 || (text[used] && text[used] != ' ') ||
		year < CALENDAR_YEAR_MIN || year > CALENDAR_YEAR_MAX)
		return errinfo_set(info, ERR_INVALID, "\"%.60s\": write a year and its dates, as in %s", text,
			"2026 01-01 02-15..02-23");
	for (text += used; sscanf(text, " %31s%n", word, &used) == 1; text += used) {
		int64_t first = 0, last = 0;
		enum err err = read_word(word, year, &first, &last);
		for (int64_t day = first; day <= last && !err; day++)
			err = add_day(&taken, day, kind);
		if (err)
			return errinfo_set(info, err, "%d: \"%s\" %s", year, word, fault_of(err));
	}
	*calendar = taken;
	return ERR_OK;
}

enum day_kind calendar_kind(const struct calendar *calendar, int64_t day)
{
	if (calendar) {
		uint32_t place = place_of(calendar, day);
		if (given(calendar, place, day))
			return (enum day_kind)calendar->days[place].kind;
	}
	int64_t weekday = ((day + 3) % 7 + 7) % 7; /* 1970-01-01 was a Thursday; 0 = Monday */
	return weekday < 5 ? DAY_WORKDAY : DAY_WEEKEND;
}

bool calendar_knows(const struct calendar *calendar, int64_t year)
{
	if (!calendar)
		return false;
	uint32_t place = place_of(calendar, civil_days(year, 1, 1));
	return place < calendar->count && calendar->days[place].day < civil_days(year + 1, 1, 1);
}

const char *calendar_kind_name(enum day_kind kind)
{
	static const char *const names[DAY_KIND_COUNT] = {
		[DAY_WORKDAY] = "workday", [DAY_WEEKEND] = "weekend", [DAY_HOLIDAY] = "holiday"};

	return names[kind];
}
