/* SPDX-License-Identifier: MIT
 *
 * clock: two time types that cannot be mixed, their text form, and time zones.
 *
 * struct wall is civil time: milliseconds since 1970-01-01T00:00:00Z, leap seconds ignored as in POSIX.
 * It travels in messages and may step. struct mono measures durations inside one process and never
 * steps. Cores take wall as an argument; only the service loop reads a clock.
 * WALL_NONE ({.ms = INT64_MIN}) says "no time"; it compares below every real time.
 */
#ifndef CURTAIN_BASE_CLOCK_H
#define CURTAIN_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct wall {
	int64_t ms;
};

struct mono {
	int64_t us;
};

#define WALL_NONE ((struct wall){.ms = INT64_MIN})
#define WALL_NEVER ((struct wall){.ms = INT64_MAX})
#define WALL_TEXT_BYTES 32 /* "2026-11-24T04:01:46.123Z" and NUL, with room */

#define MS_PER_SECOND INT64_C(1000)
#define MS_PER_MINUTE (60 * MS_PER_SECOND)
#define MS_PER_HOUR (60 * MS_PER_MINUTE)
#define MS_PER_DAY (24 * MS_PER_HOUR)

/* wall_now and mono_now read the system clocks (CLOCK_REALTIME, CLOCK_MONOTONIC). For shells and tests only. */
struct wall wall_now(void);
struct mono mono_now(void);

static inline bool wall_is_set(struct wall t)
{
	return t.ms != INT64_MIN;
}

/* wall_in_messages: a message can hold it, from 1970 to the end of 9999. */
static inline bool wall_in_messages(struct wall t)
{
	return t.ms >= 0 && t.ms <= INT64_C(253402300799999);
}

static inline struct wall wall_plus(struct wall t, int64_t ms)
{
	return (struct wall){.ms = t.ms + ms};
}

/* wall_format writes t in UTC as RFC 3339 with milliseconds ("2026-11-24T04:01:46.123Z"). Years 1970..9999. */
void wall_format(struct wall t, char out[WALL_TEXT_BYTES]);

/* wall_parse reads RFC 3339 with any offset and 0..9 fraction digits (cut to ms), 'T', 't' or a space between
 * date and time. ERR_INVALID for anything else, 29 February of a common year and hour 24 included. */
enum err wall_parse(const char *text, size_t length, struct wall *out) ERR_MUST_CHECK;

/* civil: a local date and time, as on a wall clock of some zone. month 1..12, day 1..31, weekday 0 = Monday. */
struct civil {
	int year, month, day, hour, minute, second, millisecond, weekday;
};

/* zone: a loaded time zone (TZif, RFC 8536). Opaque, owned by the caller, immutable: share it between threads. */
struct zone;

/* zone_load reads name: "UTC", an offset "+08:00", or an IANA name looked up in /usr/share/zoneinfo
 * (no "..", no leading "/"). ERR_NOT_FOUND names what was tried. Release with zone_destroy (NULL is fine). */
enum err zone_load(const char *name, struct zone **out_zone, struct errinfo *info) ERR_MUST_CHECK;
void zone_destroy(struct zone *zone);

/* zone_to_civil gives t as local civil time. Never fails. */
struct civil zone_to_civil(const struct zone *zone, struct wall t);

/* zone_from_civil gives the instant of a local time. In the hour that is repeated in autumn the earlier instant
 * is meant; in the hour that is skipped in spring the time is read with the offset before the change.
 * Fields beyond their range carry over as in mktime(); weekday is ignored. */
struct wall zone_from_civil(const struct zone *zone, struct civil local);

#endif
