/* SPDX-License-Identifier: MIT
 *
 * The rig of the core's tests: a core with the home h-1, its clock and its alerts. All of it asserts (cmocka): a call
 * that fails ends the test. Only tests link it.
 */
#ifndef DETECTOR_RIG_H
#define DETECTOR_RIG_H

#include "detector/core.h"

#define M(minutes) ((int64_t)((minutes)*60000.0))
#define H(hours) ((int64_t)((hours)*3600000.0))
#define DAY0 INT64_C(1772380800000) /* 2026-03-02, a Monday in Shanghai, midnight */
#define RIG_ALERTS 2048
#define RIG_ALL UINT64_MAX          /* quantities */
#define RIG_OLD (DAY0 + 15 * H(24)) /* after rig_live_long; then the last use was two hours ago */

struct rig {
	struct detector_core *core;
	struct detector_config config;
	struct alert alerts[RIG_ALERTS]; /* all since it was opened, in their order */
	unsigned count;
	double total; /* of the water meter w-1 */
	int64_t meter_ms;
	bool ticks; /* the core is ticked to the instant of each reading before it is fed, as the service does */
};

/* The zone of rig_config, +08:00: set-up and tear-down of a group of tests. */
extern struct zone *rig_zone;
int rig_open_zone(void **state);
int rig_close_zone(void **state);

/* rig_config: the usual limits and budget, no rule; rig_rule adds one, a preset's name or a whole line of a rule. */
struct detector_config rig_config(void);
void rig_rule(struct detector_config *config, const char *line);
struct detector_config rig_config_of(const char *preset); /* with room for 1,000 homes and the one rule */

/* Entries of the directory: one person, never away; a consent without an end. */
struct entry rig_household(const char *id, bool deleted);
struct entry rig_consent(const char *id, bool deleted, uint64_t quantities);
void rig_enter(struct detector_core *core, const struct entry *entry);
void rig_join(struct detector_core *core, const char *id);                      /* with all quantities */
void rig_device(struct detector_core *core, const char *id, const char *place); /* of h-1 */

/* rig_open gives a core with h-1 in it, whose meter stands at DAY0; rig_free ends both. */
struct rig *rig_open(const struct detector_config *config);
void rig_free(struct rig *rig);
/* rig_save gives all states of from to `to`, whose directory stands, older copies and all. */
void rig_save(struct detector_core *from, struct detector_core *to);

/* rig_gather ticks until nothing is left and adds the alerts to the *count that are there; rig_tick does so in rig. */
void rig_gather(struct detector_core *core, int64_t now, struct alert *alerts, unsigned room, unsigned *count);
void rig_tick(struct rig *rig, int64_t now);
const struct alert *rig_last(const struct rig *rig);

/* rig_reading: of h-1, received as it was measured. */
struct reading rig_reading(const char *device, enum quantity quantity, double value, int64_t at);
void rig_feed(struct rig *rig, const struct reading *r);
void rig_event(struct rig *rig, const char *device, enum quantity quantity, double value, int64_t at);
/* rig_water_of moves the meter on to `at` and gives its reading, litres since the last; rig_water feeds it, rig_hours
 * one each hour up to and with `until`. */
struct reading rig_water_of(struct rig *rig, double litres, int64_t at);
void rig_water(struct rig *rig, double litres, int64_t at);
void rig_hours(struct rig *rig, double litres, int64_t until);
/* rig_live_long makes the home one that is known for long: 20 l every hour of the day, nothing at night, for 15 days.
 */
void rig_live_long(struct rig *rig);

#endif
