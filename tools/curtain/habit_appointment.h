/* SPDX-License-Identifier: MIT
 *
 * habit_appointment: what was agreed with a home and how it stands, out of the detector's answer. What is not
 * understood is left out: another version may say more.
 */
#ifndef CURTAIN_TOOL_HABIT_APPOINTMENT_H
#define CURTAIN_TOOL_HABIT_APPOINTMENT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/clock.h"

#define HABIT_APPOINTMENTS_MAX 8

struct habit_appointment {
	char id[64], sign[16], days[16], opens[8], by[8], paused_from[16], paused_until[16];
	unsigned weekdays; /* bit 0 = Monday */
	long long grace_min;
	bool pause_holidays, blind, rests;
	struct wall due, last, missed; /* WALL_NONE = none */
};

struct habit_appointments {
	unsigned count;
	struct habit_appointment items[HABIT_APPOINTMENTS_MAX];
};

void habit_appointments_read(const json_t *list, struct habit_appointments *out);
void habit_appointments_text(const struct habit_appointments *all, const struct zone *zone, struct buf *out);

#endif
