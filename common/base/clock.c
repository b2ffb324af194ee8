/* SPDX-License-Identifier: MIT
 *
 * Civil dates by the day-count formulas of H. Hinnant ("chrono-Compatible Low-Level Date Algorithms"), proleptic
 * Gregorian.
 */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/civil.h"

struct wall wall_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (struct wall){.ms = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000};
}

struct mono mono_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (struct mono){.us = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000};
}

int64_t civil_days(int64_t year, unsigned month, unsigned day)
{
	year -= month <= 2;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t day_of_year = (153 * (month > 2 ? (int64_t)month - 3 : (int64_t)month + 9) + 2) / 5 + (int64_t)day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

void civil_from_ms(int64_t ms, struct civil *out)
{
	int64_t days = ms / MS_PER_DAY - (ms % MS_PER_DAY < 0);
	int64_t rest = ms - days * MS_PER_DAY;
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	out->day = (int)(doy - (153 * mp + 2) / 5 + 1);
	out->month = (int)(mp < 10 ? mp + 3 : mp - 9);
	out->year = (int)(yoe + era * 400 + (out->month <= 2));
	out->hour = (int)(rest / MS_PER_HOUR);
	out->minute = (int)(rest / MS_PER_MINUTE % 60);
	out->second = (int)(rest / MS_PER_SECOND % 60);
	out->millisecond = (int)(rest % MS_PER_SECOND);
	out->weekday = (int)(((days + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

static char *digits(char *out, int value, int width)
{
	for (int i = width - 1; i >= 0; i--, value /= 10)
		out[i] = (char)('0' + value % 10);
	return out + width;
}

void wall_format(struct wall t, char out[WALL_TEXT_BYTES])
{
	const int64_t limit = INT64_C(253402300799999); /* 9999-12-31T23:59:59.999Z */
	struct civil c;
	char *p = out;

	civil_from_ms(t.ms < 0 ? 0 : t.ms > limit ? limit : t.ms, &c);
	p = digits(p, c.year, 4);
	*p++ = '-';
	p = digits(p, c.month, 2);
	*p++ = '-';
	p = digits(p, c.day, 2);
	*p++ = 'T';
	p = digits(p, c.hour, 2);
	*p++ = ':';
	p = digits(p, c.minute, 2);
	*p++ = ':';
	p = digits(p, c.second, 2);
	*p++ = '.';
	p = digits(p, c.millisecond, 3);
	*p++ = 'Z';
	*p = '\0';
}

/* scan: a reader over the text that fails once and for all. */
struct scan {
	const char *p, *end;
	bool bad;
};

static int scan_number(struct scan *s, int width, int min, int max)
{
	int value = 0;

	if (s->end - s->p < width) {
		s->bad = true;
		return min;
	}
	for (int i = 0; i < width; i++, s->p++) {
		if (*s->p < '0' || *s->p > '9') {
			s->bad = true;
			return min;
		}
		value = value * 10 + (*s->p - '0');
	}
	if (value < min || value > max)
		s->bad = true;
	return value;
}

static void scan_byte(struct scan *s, const char *allowed)
{
	if (s->p < s->end && *s->p && strchr(allowed, *s->p))
		s->p++;
	else
		s->bad = true;
}

static int scan_fraction_ms(struct scan *s)
{
	int ms = 0, count = 0;

	if (s->p == s->end || *s->p != '.')
		return 0;
	for (s->p++; s->p < s->end && *s->p >= '0' && *s->p <= '9'; s->p++, count++)
		if (count < 3)
			ms = ms * 10 + (*s->p - '0');
	if (count == 0 || count > 9)
		s->bad = true;
	for (; count < 3; count++)
		ms *= 10;
	return ms;
}

static int64_t scan_offset_ms(struct scan *s)
{
	if (s->p < s->end && (*s->p == 'Z' || *s->p == 'z')) {
		s->p++;
		return 0;
	}
	int sign = s->p < s->end && *s->p == '-' ? -1 : 1;
	scan_byte(s, "+-");
	int hours = scan_number(s, 2, 0, 23);
	scan_byte(s, ":");
	int minutes = scan_number(s, 2, 0, 59);
	return sign * (hours * MS_PER_HOUR + minutes * MS_PER_MINUTE);
}

enum err wall_parse(const char *text, size_t length, struct wall *out)
{
	struct scan s = {.p = text, .end = text + length};
	int year = scan_number(&s, 4, 1, 9999);
	scan_byte(&s, "-");
	int month = scan_number(&s, 2, 1, 12);
	scan_byte(&s, "-");
	int day = scan_number(&s, 2, 1, 31);
	scan_byte(&s, "Tt ");
	int hour = scan_number(&s, 2, 0, 23);
	scan_byte(&s, ":");
	int minute = scan_number(&s, 2, 0, 59);
	scan_byte(&s, ":");
	int second = scan_number(&s, 2, 0, 60); /* 60: a leap second counts as the next second's start */
	int ms = scan_fraction_ms(&s);
	int64_t offset = scan_offset_ms(&s);

	if (s.bad || s.p != s.end)
		return ERR_INVALID;
	int64_t days = civil_days(year, (unsigned)month, (unsigned)day);
	struct civil check;
	civil_from_ms(days * MS_PER_DAY, &check);
	if (check.day != day)
		return ERR_INVALID;
	out->ms =
		days * MS_PER_DAY + hour * MS_PER_HOUR + minute * MS_PER_MINUTE + second * MS_PER_SECOND + ms - offset;
	return ERR_OK;
}
