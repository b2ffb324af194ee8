/* SPDX-License-Identifier: MIT */
#include "ingest/map_time.h"

#include <math.h>
#include <string.h>

#define YEAR_10000_MS 253402300800000.0
#define NEVER_SET_S 1e8

const char *const time_format_names[] = {"auto", "unix_s", "unix_ms", "unix_us", "unix_ns", "local", "arrival", NULL};

struct scan {
	const char *p;
	bool bad;
};

static int digits(struct scan *s, int width, int min, int max)
{
	int value = 0;

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

static bool skip(struct scan *s, const char *any)
{
	if (!*s->p || !strchr(any, *s->p))
		return false;
	s->p++;
	return true;
}

static int fraction_ms(struct scan *s)
{
	int ms = 0, count = 0;

	if (!skip(s, ".,"))
		return 0;
	for (; *s->p >= '0' && *s->p <= '9'; s->p++, count++)
		if (count < 3)
			ms = ms * 10 + (*s->p - '0');
	s->bad |= count == 0;
	for (; count < 3; count++)
		ms *= 10;
	return ms;
}

/* date_is_real: no 31 April, no 29 February of a common year. */
static bool date_is_real(const struct civil *c)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (c->year % 4 == 0 && c->year % 100 != 0) || c->year % 400 == 0;

	return c->day <= days[c->month - 1] + (c->month == 2 && leap);
}

/* offset_follows reads "Z", "+08:00", "+0800" or "+08" up to the end. */
static bool offset_follows(struct scan *s, int64_t *out_ms)
{
	*out_ms = 0;
	if (skip(s, "Zz"))
		return true;
	int sign = *s->p == '-' ? -1 : 1;
	if (!skip(s, "+-"))
		return false;
	int hours = digits(s, 2, 0, 23), minutes = 0;
	if (skip(s, ":") || *s->p)
		minutes = digits(s, 2, 0, 59);
	*out_ms = sign * (hours * MS_PER_HOUR + minutes * MS_PER_MINUTE);
	return true;
}

/* read_written reads a date and time; an offset in the text counts unless heedless. */
static bool read_written(const char *text, const struct zone *zone, bool heedless, struct wall *out)
{
	struct scan s = {.p = text};
	struct civil c = {0};
	int64_t offset_ms;

	while (*s.p == ' ')
		s.p++;
	c.year = digits(&s, 4, 1970, 9999);
	bool apart = skip(&s, "-/");
	c.month = digits(&s, 2, 1, 12);
	s.bad |= apart && !skip(&s, "-/");
	c.day = digits(&s, 2, 1, 31);
	s.bad |= !skip(&s, "Tt ");
	c.hour = digits(&s, 2, 0, 23);
	apart = skip(&s, ":");
	c.minute = digits(&s, 2, 0, 59);
	if (apart ? skip(&s, ":") : *s.p >= '0' && *s.p <= '9')
		c.second = digits(&s, 2, 0, 60);
	c.millisecond = fraction_ms(&s);
	while (*s.p == ' ')
		s.p++;
	bool offset = offset_follows(&s, &offset_ms);
	if (s.bad || *s.p || !date_is_real(&c))
		return false;
	if (heedless || !offset) {
		*out = zone_from_civil(zone, c);
		return true;
	}
	struct zone *utc = NULL;
	if (zone_load("UTC", &utc, NULL))
		return false;
	*out = wall_plus(zone_from_civil(utc, c), -offset_ms);
	zone_destroy(utc);
	return true;
}

static bool read_number(enum time_format format, double number, struct wall *out)
{
	static const double to_ms[] = {
		[TIME_UNIX_S] = 1e3, [TIME_UNIX_MS] = 1, [TIME_UNIX_US] = 1e-3, [TIME_UNIX_NS] = 1e-6};

	if (format == TIME_AUTO) {
		if (number < NEVER_SET_S)
			return false;
		format = number < 1e11   ? TIME_UNIX_S
			 : number < 1e14 ? TIME_UNIX_MS
			 : number < 1e17 ? TIME_UNIX_US
					 : TIME_UNIX_NS;
	}
	double ms = number * to_ms[format];
	if (!(ms > 0 && ms < YEAR_10000_MS))
		return false;
	out->ms = (int64_t)(ms + 1e-3); /* 1e-3: a whole ms may come out of the division a hair too small */
	return true;
}

enum err time_read(enum time_format format, const struct zone *zone, const struct map_value *value, struct wall *out)
{
	double number;

	if (value->kind == VALUE_TEXT && value->length < VALUE_TEXT_BYTES) {
		if (format == TIME_AUTO && !wall_parse(value->text, value->length, out) && out->ms > 0)
			return ERR_OK;
		if ((format == TIME_AUTO || format == TIME_LOCAL) &&
			read_written(value->text, zone, format == TIME_LOCAL, out))
			return out->ms > 0 ? ERR_OK : ERR_INVALID;
	}
	if (format == TIME_LOCAL || format == TIME_ARRIVAL || value->kind == VALUE_TRUE || value->kind == VALUE_FALSE ||
		!value_to_number(value, &number))
		return ERR_INVALID;
	return read_number(format, number, out) ? ERR_OK : ERR_INVALID;
}
