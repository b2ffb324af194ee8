/* SPDX-License-Identifier: MIT
 *
 * appointment_rig: the usual home with one thing agreed, a curtain that opens each morning, and short words for what
 * happens to it: the rig of the tests of appointments. All of it asserts (cmocka). In the header, since each program of
 * tests has its own.
 */
#ifndef DETECTOR_APPOINTMENT_RIG_H
#define DETECTOR_APPOINTMENT_RIG_H

#include "detector/appointment.h"
#include "detector/rig.h"

#define D(days) H((days)*24.0)
#define FIRST 20514 /* the same as a day's number */
#define AT(day, hour) (DAY0 + D(day) + H(hour))

static struct zone *berlin;

static inline int open_zones(void **state)
{
	return rig_open_zone(state) || zone_load("Europe/Berlin", &berlin, NULL) ? -1 : 0;
}

static inline int close_zones(void **state)
{
	zone_destroy(berlin);
	return rig_close_zone(state);
}

static inline struct appointment terms_of(enum appointment_sign sign, unsigned opens_min, unsigned by_min)
{
	return (struct appointment){.sign = sign,
		.weekdays = 127,
		.opens_min = (uint16_t)opens_min,
		.by_min = (uint16_t)by_min,
		.grace_min = 30,
		.from = DAY_NONE,
		.until = DAY_NONE,
		.paused_from = DAY_NONE,
		.paused_until = DAY_NONE};
}

static inline struct detector_config config_of(const struct zone *of)
{
	struct detector_config config = rig_config();

	config.zone = of;
	rig_rule(&config, "appointment");
	return config;
}

static inline struct rig *rig_new(void)
{
	struct detector_config config = config_of(rig_zone);

	return rig_open(&config);
}

static inline void give(struct rig *rig, struct entry entry)
{
	entry.seq = 1;
	assert_int_equal(detector_entry(rig->core, &entry), ERR_OK);
}

static inline void agree(struct rig *rig, const char *id, struct appointment terms)
{
	struct entry entry = {.kind = ENTRY_APPOINTMENT, .body.appointment = {.household = "h-1", .terms = terms}};

	text_cut(entry.key, sizeof entry.key, id);
	give(rig, entry);
}

static inline void annul(struct rig *rig, const char *id)
{
	struct entry entry = {.kind = ENTRY_APPOINTMENT, .deleted = true};

	text_cut(entry.key, sizeof entry.key, id);
	give(rig, entry);
}

#define told(rig, n, state_, level_)                                                                                   \
	do {                                                                                                           \
		assert_int_equal((rig)->count, n);                                                                     \
		assert_int_equal(rig_last(rig)->state, state_);                                                        \
		assert_int_equal(rig_last(rig)->level, level_);                                                        \
	} while (0)

/* evening: the curtain is shut at ten, and the water was used at 21 last; then the night until midnight of day 1. */
static inline struct rig *evening(void)
{
	struct rig *rig = rig_new();

	agree(rig, "a-1", terms_of(APPOINTMENT_CURTAIN, 300, 450));
	rig_event(rig, "c-1", QUANTITY_COVER_POSITION, 0, AT(0, 0.1));
	rig_event(rig, "c-1", QUANTITY_COVER_POSITION, 100, AT(0, 7));
	rig_hours(rig, 20, AT(0, 21));
	rig_event(rig, "c-1", QUANTITY_COVER_POSITION, 0, AT(0, 22));
	rig_hours(rig, 0, AT(1, 0));
	rig_tick(rig, AT(1, 0));
	assert_int_equal(rig->count, 0);
	return rig;
}

static inline void open_curtain(struct rig *rig, int64_t at)
{
	rig_event(rig, "c-1", QUANTITY_COVER_POSITION, 100, at);
}

#endif
