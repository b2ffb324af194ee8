/* SPDX-License-Identifier: MIT
 *
 * Time zones from TZif files (RFC 8536), version 2 or later: the transitions of the 64-bit block, and the POSIX rule of
 * the footer for times after the last one. Version 1 files are refused: Debian's tzdata has none.
 */
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil.h"

#define ZONE_FILE_BYTES_MAX (256u << 10)

/* rule: when a POSIX TZ rule changes: Mm.w.d, Jn or n, and the local time of day in seconds. */
struct rule {
	char form; /* 'M', 'J' or 'n' */
	int month, week, day;
	int64_t second;
};

struct zone {
	size_t count;
	int64_t *at_s; /* ascending; local offset is offset_s[i] from at_s[i] on */
	int32_t *offset_s;
	int32_t first_s; /* before the first transition */
	/* After the last transition: */
	int32_t standard_s, daylight_s;
	bool has_rule;
	struct rule start, end;
};

static uint32_t read_u32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t read_i64(const unsigned char *p)
{
	return (int64_t)((uint64_t)read_u32(p) << 32 | read_u32(p + 4));
}

/* ---- the footer: "CET-1CEST,M3.5.0,M10.5.0/3" ---- */

static const char *skip_name(const char *p)
{
	if (*p == '<') {
		p = strchr(p, '>');
		return p ? p + 1 : NULL;
	}
	const char *start = p;
	while ((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z'))
		p++;
	return p - start >= 3 ? p : NULL;
}

/* read_hms reads [+-]h[h[h]][:mm[:ss]] as seconds. */
static const char *read_hms(const char *p, int64_t *out_s)
{
	int sign = 1, fields = 0;
	int64_t seconds = 0, unit = 3600;

	if (*p == '+' || *p == '-')
		sign = *p++ == '-' ? -1 : 1;
	do {
		char *end;
		if (*p < '0' || *p > '9')
			return NULL;
		long value = strtol(p, &end, 10);
		if (value > 200)
			return NULL;
		seconds += value * unit;
		unit /= 60;
		p = end;
	} while (++fields < 3 && *p == ':' && p++);
	*out_s = sign * seconds;
	return p;
}

static const char *read_rule(const char *p, struct rule *out)
{
	*out = (struct rule){.form = 'n', .second = 7200};
	if (*p == 'M') {
		int used = 0;
		if (sscanf(p, "M%d.%d.%d%n", &out->month, &out->week, &out->day, &used) != 3 || out->month < 1 ||
			out->month > 12 || out->week < 1 || out->week > 5 || out->day < 0 || out->day > 6)
			return NULL;
		out->form = 'M';
		p += used;
	} else {
		char *end;
		if (*p == 'J')
			out->form = *p++;
		out->day = (int)strtol(p, &end, 10);
		if (end == p || out->day < 0 || out->day > 366)
			return NULL;
		p = end;
	}
	return *p == '/' ? read_hms(p + 1, &out->second) : p;
}

static bool zone_footer(struct zone *zone, const char *p)
{
	int64_t offset;

	p = skip_name(p);
	if (!p || !(p = read_hms(p, &offset)))
		return false;
	zone->standard_s = zone->daylight_s = (int32_t)-offset;
	if (!*p)
		return true;
	p = skip_name(p);
	if (!p)
		return false;
	zone->daylight_s = zone->standard_s + 3600;
	if (*p && *p != ',') {
		p = read_hms(p, &offset);
		if (!p)
			return false;
		zone->daylight_s = (int32_t)-offset;
	}
	zone->has_rule = true;
	return *p == ',' && (p = read_rule(p + 1, &zone->start)) && *p == ',' && (p = read_rule(p + 1, &zone->end)) &&
	       !*p;
}

/* rule_local_s gives when the rule fires in year, in seconds of local time since 1970. */
static int64_t rule_local_s(const struct rule *rule, int64_t year)
{
	int64_t day = civil_days(year, 1, 1);

	if (rule->form == 'M') {
		int64_t first = civil_days(year, (unsigned)rule->month, 1);
		int64_t next =
			rule->month == 12 ? civil_days(year + 1, 1, 1) : civil_days(year, (unsigned)rule->month + 1, 1);
		int64_t weekday = ((first + 4) % 7 + 7) % 7; /* 0 = Sunday, as in the rule */
		day = first + (rule->day - weekday + 7) % 7 + 7 * (rule->week - 1);
		while (day >= next)
			day -= 7;
	} else if (rule->form == 'J') { /* 29 February is never counted */
		int64_t leap = civil_days(year, 3, 1) - civil_days(year, 2, 28) == 2;
		day += rule->day - 1 + (leap && rule->day >= 60);
	} else {
		day += rule->day;
	}
	return day * 86400 + rule->second;
}

static int32_t zone_rule_offset(const struct zone *zone, int64_t s)
{
	struct civil c;

	if (!zone->has_rule)
		return zone->standard_s;
	civil_from_ms((s + zone->standard_s) * 1000, &c);
	int64_t start = rule_local_s(&zone->start, c.year) - zone->standard_s;
	int64_t end = rule_local_s(&zone->end, c.year) - zone->daylight_s;
	bool daylight = start < end ? s >= start && s < end : s >= start || s < end;
	return daylight ? zone->daylight_s : zone->standard_s;
}

/* ---- the file ---- */

#define TZIF_HEAD 44

struct tzif_counts {
	uint32_t isut, isstd, leap, time, type, chars;
};

static bool tzif_head(const unsigned char *p, size_t left, struct tzif_counts *out)
{
	if (left < TZIF_HEAD || memcmp(p, "TZif", 4) != 0 || p[4] < '2')
		return false;
	*out = (struct tzif_counts){read_u32(p + 20), read_u32(p + 24), read_u32(p + 28), read_u32(p + 32),
		read_u32(p + 36), read_u32(p + 40)};
	return out->time < 10000 && out->type > 0 && out->type < 256 && out->chars < 10000 && out->leap < 10000 &&
	       out->isut < 10000 && out->isstd < 10000;
}

static size_t tzif_size(const struct tzif_counts *c, size_t time_bytes)
{
	return c->time * time_bytes + c->time + (size_t)c->type * 6 + c->chars + c->leap * (time_bytes + 4) + c->isstd +
	       c->isut;
}

/* zone_read: ERR_CORRUPT, ERR_NOMEM. */
static enum err zone_read(struct zone *zone, const unsigned char *p, size_t length)
{
	struct tzif_counts c;
	const unsigned char *end = p + length;

	if (!tzif_head(p, length, &c) || length < TZIF_HEAD + tzif_size(&c, 4))
		return ERR_CORRUPT;
	p += TZIF_HEAD + tzif_size(&c, 4);
	if (!tzif_head(p, (size_t)(end - p), &c) || (size_t)(end - p) < TZIF_HEAD + tzif_size(&c, 8))
		return ERR_CORRUPT;
	p += TZIF_HEAD;
	const unsigned char *indices = p + (size_t)c.time * 8, *types = indices + c.time;
	zone->at_s = calloc(c.time + 1u, sizeof *zone->at_s);
	zone->offset_s = calloc(c.time + 1u, sizeof *zone->offset_s);
	if (!zone->at_s || !zone->offset_s)
		return ERR_NOMEM;
	zone->count = c.time;
	zone->first_s = (int32_t)read_u32(types);
	for (uint32_t i = 0; i < c.time; i++) {
		if (indices[i] >= c.type)
			return ERR_CORRUPT;
		zone->at_s[i] = read_i64(p + (size_t)i * 8);
		zone->offset_s[i] = (int32_t)read_u32(types + (size_t)indices[i] * 6);
	}
	p += tzif_size(&c, 8);
	if (p == end || *p != '\n')
		return ERR_CORRUPT;
	char footer[80] = "";
	const unsigned char *stop = memchr(p + 1, '\n', (size_t)(end - p - 1));
	if (!stop || (size_t)(stop - p - 1) >= sizeof footer)
		return ERR_CORRUPT;
	memcpy(footer, p + 1, (size_t)(stop - p - 1));
	if (!footer[0]) { /* no rule: what held last holds for ever */
		zone->standard_s = zone->daylight_s = c.time ? zone->offset_s[c.time - 1] : zone->first_s;
		return ERR_OK;
	}
	return zone_footer(zone, footer) ? ERR_OK : ERR_CORRUPT;
}

static enum err zone_file(struct zone *zone, const char *name, struct errinfo *info)
{
	char path[256];
	unsigned char *bytes = NULL;
	FILE *file = NULL;
	enum err err = ERR_OK;

	if (!*name || name[0] == '/' || strstr(name, "..") || strlen(name) > 64)
		return errinfo_set(
			info, ERR_INVALID, "\"%s\" is no time zone; write e.g. Asia/Shanghai, +08:00 or UTC", name);
	snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
	file = fopen(path, "rbe");
	bytes = malloc(ZONE_FILE_BYTES_MAX);
	if (!bytes)
		err = errinfo_set(info, ERR_NOMEM, "out of memory");
	else if (!file)
		err = errinfo_set(info, ERR_NOT_FOUND,
			"time zone \"%s\" is not known here (%s: %s); is tzdata installed?", name, path,
			strerror(errno));
	else if ((err = zone_read(zone, bytes, fread(bytes, 1, ZONE_FILE_BYTES_MAX, file))))
		errinfo_set(info, err,
			err == ERR_NOMEM ? "%s: out of memory" : "%s is no time zone file of version 2 or later", path);
	if (file)
		fclose(file);
	free(bytes);
	return err;
}

static bool zone_fixed(struct zone *zone, const char *name)
{
	int hours, minutes, used = 0;

	if (!strcmp(name, "UTC") || !strcmp(name, "Z"))
		return true;
	if ((name[0] != '+' && name[0] != '-') || sscanf(name + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 ||
		used != 5 || name[6] || hours > 23 || minutes > 59 || hours < 0 || minutes < 0)
		return false;
	zone->first_s = (name[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	zone->standard_s = zone->daylight_s = zone->first_s;
	return true;
}

enum err zone_load(const char *name, struct zone **out_zone, struct errinfo *info)
{
	struct zone *zone = calloc(1, sizeof *zone);
	enum err err = ERR_OK;

	if (!zone)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	if (!zone_fixed(zone, name))
		err = zone_file(zone, name, info);
	if (err)
		zone_destroy(zone);
	else
		*out_zone = zone;
	return err;
}

void zone_destroy(struct zone *zone)
{
	if (!zone)
		return;
	free(zone->at_s);
	free(zone->offset_s);
	free(zone);
}

static int32_t zone_offset(const struct zone *zone, int64_t s)
{
	size_t low = 0, high = zone->count;

	if (!zone->count || s >= zone->at_s[zone->count - 1])
		return zone_rule_offset(zone, s);
	while (low < high) { /* the first transition after s */
		size_t middle = (low + high) / 2;
		if (zone->at_s[middle] <= s)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? zone->offset_s[low - 1] : zone->first_s;
}

static int64_t floor_s(int64_t ms)
{
	return ms / 1000 - (ms % 1000 < 0);
}

struct civil zone_to_civil(const struct zone *zone, struct wall t)
{
	struct civil out;

	civil_from_ms(t.ms + zone_offset(zone, floor_s(t.ms)) * INT64_C(1000), &out);
	return out;
}

struct wall zone_from_civil(const struct zone *zone, struct civil local)
{
	int64_t month = (int64_t)local.month - 1, year = local.year + month / 12 - (month % 12 < 0);
	int64_t days = civil_days(year, (unsigned)((month % 12 + 12) % 12 + 1), 1) + local.day - 1;
	int64_t ms = days * MS_PER_DAY + local.hour * MS_PER_HOUR + local.minute * MS_PER_MINUTE +
		     local.second * MS_PER_SECOND + local.millisecond;
	/* The offsets a day before and after are the two that can hold around a change. The earlier instant is the one
	 * with the larger offset; a time that neither gives back lies in the skipped hour and is read with the offset
	 * before the change. */
	int64_t before = zone_offset(zone, floor_s(ms - MS_PER_DAY)) * INT64_C(1000),
		after = zone_offset(zone, floor_s(ms + MS_PER_DAY)) * INT64_C(1000);
	int64_t tries[2] = {before > after ? before : after, before > after ? after : before};

	for (int i = 0; i < 2; i++)
		if (zone_offset(zone, floor_s(ms - tries[i])) * INT64_C(1000) == tries[i])
			return (struct wall){.ms = ms - tries[i]};
	return (struct wall){.ms = ms - before};
}
