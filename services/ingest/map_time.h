/* SPDX-License-Identifier: MIT
 *
 * map_time: a device's own time, in the forms that devices have for it.
 */
#ifndef CURTAIN_INGEST_MAP_TIME_H
#define CURTAIN_INGEST_MAP_TIME_H

#include "base/clock.h"
#include "ingest/map_value.h"

enum time_format { TIME_AUTO, TIME_UNIX_S, TIME_UNIX_MS, TIME_UNIX_US, TIME_UNIX_NS, TIME_LOCAL, TIME_ARRIVAL };

/* The names of the formats as profiles write them, NULL-ended. */
extern const char *const time_format_names[];

/* time_read reads value. TIME_AUTO takes RFC 3339 with an offset; a date and time without one as local time of zone
 * ("2024-06-06T12:12:12", with a space, "/" in the date, or a fraction); "20240606T121212Z" (without the Z: local);
 * numbers, also as text, by their size: seconds, ms, us or ns since 1970; such a number below 1e8 (1973) is no time
 * but a clock that was never set. TIME_LOCAL reads the wall clock's fields and takes no heed of an offset in the text
 * (a device that writes "Z" behind local time). ERR_INVALID if it is no time between 1970 and 9999. */
enum err time_read(enum time_format format, const struct zone *zone, const struct map_value *value,
	struct wall *out) ERR_MUST_CHECK;

#endif
