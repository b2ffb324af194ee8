/* SPDX-License-Identifier: MIT
 *
 * moment: days and times as they are given on a command line: "2026-12-01", "2026-12-01 18:00" (local), RFC 3339. What
 * the calendar or the clock does not have (31 February, 24:10) is none.
 */
#ifndef CURTAIN_TOOL_MOMENT_H
#define CURTAIN_TOOL_MOMENT_H

#include <stdbool.h>

#include "base/clock.h"

/* moment_is_day: text is a date as in 2026-12-01, from 1970 on. */
bool moment_is_day(const char *text);
/* moment_is_time: text is a day, a day and a time of day (a blank or T between them), or RFC 3339. */
bool moment_is_time(const char *text);
/* moment_of gives the instant of a text that moment_is_time; zone says whose days and times of day they are. */
struct wall moment_of(const char *text, const struct zone *zone);

#endif
