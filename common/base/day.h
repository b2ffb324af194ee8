/* SPDX-License-Identifier: MIT
 *
 * day: dates and times of day as people write them, without a zone: "2026-03-01", "07:30". Days are numbered since
 * 1970-01-01 (civil_days of civil.h), times of day are minutes since midnight.
 */
#ifndef CURTAIN_BASE_DAY_H
#define CURTAIN_BASE_DAY_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DAY_NONE INT32_MIN
#define DAY_TEXT_BYTES 16    /* "2026-03-01" and NUL, with room */
#define MINUTE_TEXT_BYTES 12 /* "07:30" and NUL, with room */
#define MINUTES_PER_DAY 1440

/* day_parse reads exactly YYYY-MM-DD, from 1970 on, a date that there is. ERR_INVALID. */
enum err day_parse(const char *text, int32_t *out_day) ERR_MUST_CHECK;
/* day_parse_ever is day_parse from year 1 on; days before 1970 are negative. */
enum err day_parse_ever(const char *text, int32_t *out_day) ERR_MUST_CHECK;
/* day_format writes a day from 1970 to 9999. */
void day_format(int32_t day, char out[DAY_TEXT_BYTES]);
/* minute_parse reads exactly HH:MM, 00:00 to 23:59. ERR_INVALID. */
enum err minute_parse(const char *text, uint16_t *out_minute) ERR_MUST_CHECK;
void minute_format(unsigned minute, char out[MINUTE_TEXT_BYTES]);

#endif
