/* SPDX-License-Identifier: MIT
 *
 * anomaly_rig: a home with a meter and devices in several rooms, and days of an ordinary life: the rig of the tests of
 * anomaly rules. All of it asserts (cmocka). In the header, since each program of tests has its own.
 */
#ifndef DETECTOR_ANOMALY_RIG_H
#define DETECTOR_ANOMALY_RIG_H

#include "detector/anomaly.h"
#include "detector/rig.h"

static inline void devices(struct detector_core *core)
{
	static const char *const ids[][2] = {{"p-bath", "bathroom"}, {"m-bath", "卫生间"}, {"m-hall", "hall"},
		{"d-1", "front_door"}, {"win", "window"}, {"bed", "bedroom"}, {"t-1", "living_room"},
		{"t-out", "balcony"}};

	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
		rig_device(core, ids[i][0], ids[i][1]);
}

static inline struct rig *rig_new(const char *line)
{
	struct detector_config config = rig_config();
	struct rig *rig;

	rig_rule(&config, line);
	rig = rig_open(&config);
	rig->ticks = true;
	devices(rig->core);
	return rig;
}

static inline void step(struct rig *rig, enum quantity quantity, double amount, int64_t since, int64_t at)
{
	struct reading r = rig_reading("meter", quantity, (double)at / 1000, at);

	r.delta = amount;
	r.since.ms = since;
	rig_feed(rig, &r);
}

/* flow feeds hourly steps of so much from an hour of a day to another (hours since DAY0). */
static inline void flow(struct rig *rig, enum quantity quantity, double amount, int from, int until)
{
	for (int hour = from; hour < until; hour++)
		step(rig, quantity, amount, DAY0 + H(hour), DAY0 + H(hour + 1));
}

/* days of an ordinary home: 30 l an hour by day, at 8 o'clock 60, nothing at night. */
static inline void days(struct rig *rig, int from, int until)
{
	for (int day = from; day < until; day++) {
		flow(rig, QUANTITY_WATER_TOTAL, 0, day * 24, day * 24 + 8);
		flow(rig, QUANTITY_WATER_TOTAL, 60, day * 24 + 8, day * 24 + 9);
		flow(rig, QUANTITY_WATER_TOTAL, 30, day * 24 + 9, day * 24 + 13);
		flow(rig, QUANTITY_WATER_TOTAL, 0, day * 24 + 13, day * 24 + 24);
	}
	rig_tick(rig, DAY0 + H(until * 24) + 1);
	assert_int_equal(rig->count, 0);
}

static inline const struct alert *only(const struct rig *rig, unsigned count, enum alert_state state)
{
	assert_int_equal(rig->count, count);
	assert_int_equal(rig->alerts[count - 1].state, state);
	return &rig->alerts[count - 1];
}

#endif
