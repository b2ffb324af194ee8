/* SPDX-License-Identifier: MIT
 *
 * visit_first: one companion and one home, and the first visit between them, as far as a test of visits wants it. In
 * the header, since each program of tests has its own.
 */
#ifndef CURTAIN_DISPATCHER_VISIT_FIRST_H
#define CURTAIN_DISPATCHER_VISIT_FIRST_H

#include <stdio.h>

#include "visit_rig.h"

#define MONDAY "2026-03-02"

static inline struct wall monday(const char *hour)
{
	char text[32];

	snprintf(text, sizeof text, MONDAY "T%s:00", hour);
	return rig_at(text);
}

/* alone: one companion, one home that is visited every day so often; nothing else. */
static inline void alone(struct rig *rig, uint16_t every)
{
	struct wall now = monday("07:00");

	rig_open(rig);
	rig->rules.list_count = 0;
	rig->rules.ahead_days = 2;
	rig->rules.slack_days = 0;
	rig_person(rig, "v-1", 0.5, 7, now);
	rig_home(rig, "h-1", 0, every, now);
}

/* offered: the first visit has been offered to v-1. */
static inline struct wall offered(struct rig *rig)
{
	alone(rig, 1);
	rig_run(rig, monday("08:00"));
	assert_string_equal(rig->trace, "visit.opened visit.offered>v-1");
	return monday("09:00");
}

/* agreed: ... and agreed for Tuesday morning. */
static inline struct wall agreed(struct rig *rig)
{
	struct wall now = offered(rig);

	rig_say(rig, "v-1", VISIT_ACCEPT, rig->visit.id, now);
	assert_string_equal(rig->trace, "visit.agreed:v-1>v-1");
	assert_int_equal(rig->visit.from.ms, rig_at("2026-03-03T09:00:00").ms);
	assert_int_equal(rig->visit.until.ms, rig_at("2026-03-03T12:00:00").ms);
	return rig_at("2026-03-03T10:00:00");
}

#endif
