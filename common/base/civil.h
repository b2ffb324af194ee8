/* SPDX-License-Identifier: MIT
 *
 * civil: the calendar arithmetic that clock.c and zone.c share. UTC-like: no zones here.
 */
#ifndef CURTAIN_BASE_CIVIL_H
#define CURTAIN_BASE_CIVIL_H

#include <stdint.h>

#include "base/clock.h"

/* civil_days gives the days from 1970-01-01 to the date; month 1..12, any day number. */
int64_t civil_days(int64_t year, unsigned month, unsigned day);
/* civil_from_ms takes a count of ms since 1970 apart. */
void civil_from_ms(int64_t ms, struct civil *out);

#endif
