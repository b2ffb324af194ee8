/* SPDX-License-Identifier: MIT
 *
 * holidays: the file of public holidays, read into a calendar. Shell: deploy/config/holidays.yaml shows its form.
 */
#ifndef CURTAIN_DETECTOR_HOLIDAYS_H
#define CURTAIN_DETECTOR_HOLIDAYS_H

#include "detector/calendar.h"

/* holidays_load fills out_calendar from the file; path "" = none, weekdays only. info names file and fault. */
enum err holidays_load(const char *path, struct calendar *out_calendar, struct errinfo *info) ERR_MUST_CHECK;

#endif
