/* SPDX-License-Identifier: MIT
 *
 * mode_rig: a home with a water meter, a motion sensor and a door that is known for long, and short words for what
 * happens in it: the rig of the tests of absences and modes. All of it asserts (cmocka). In the header, since each
 * program of tests has its own.
 */
#ifndef DETECTOR_MODE_RIG_H
#define DETECTOR_MODE_RIG_H

#include "detector/rig.h"

#define OLD (DAY0 + 20 * H(24)) /* a Sunday, midnight: the home is known, the last sign was at 22 */

static inline struct detector_config config_of(const char *preset)
{
	struct detector_config config = rig_config();

	config.limits.one_person_alarm_ms = H(12);
	rig_rule(&config, preset);
	return config;
}

/* household gives the directory's entry, with an absence; both WALL_NONE = none. */
static inline void household(struct rig *rig, struct wall from, struct wall until)
{
	struct entry entry = rig_household("h-1", false);

	entry.body.household.away_from = from;
	entry.body.household.away_until = until;
	rig_enter(rig->core, &entry);
}

static inline struct rig *rig_of(const struct detector_config *config)
{
	struct rig *rig = rig_open(config);

	rig->ticks = true;
	return rig;
}

/* stir: somebody moves, as a burst, at the end of which it is a sign of life. */
static inline void stir(struct rig *rig, int64_t at)
{
	for (int i = 2; i >= 0; i--)
		rig_event(rig, "m-1", QUANTITY_MOTION, 1, at - i * 20000);
}

static inline void door(struct rig *rig, int64_t at)
{
	rig_event(rig, "d-1", QUANTITY_CONTACT, 1, at);
	rig_event(rig, "d-1", QUANTITY_CONTACT, 0, at + 10000);
}

/* known makes the home one with water, motion and a door that is known for long. */
static inline struct rig *known(const struct detector_config *config)
{
	struct rig *rig = rig_of(config);

	rig_event(rig, "d-1", QUANTITY_CONTACT, 0, DAY0 + 1);
	for (int day = 0; day < 20; day++) {
		rig_hours(rig, 0, DAY0 + day * H(24) + H(7));
		rig_hours(rig, 20, DAY0 + day * H(24) + H(22));
		stir(rig, DAY0 + day * H(24) + H(22));
		rig_hours(rig, 0, DAY0 + (day + 1) * H(24));
	}
	rig_tick(rig, OLD);
	assert_int_equal(rig->count, 0);
	return rig;
}

static inline struct rig *fixed(void)
{
	struct detector_config config = config_of("silence_fixed");

	return known(&config);
}

static inline enum detector_mode mode_of(const struct rig *rig)
{
	enum detector_mode mode;

	assert_int_equal(detector_mode_of(rig->core, "h-1", &mode), ERR_OK);
	return mode;
}

static inline enum detector_away away_of(struct rig *rig)
{
	static struct detector_habit_view view;

	assert_int_equal(detector_habit(rig->core, "h-1", &view), ERR_OK);
	assert_int_equal(view.away != DETECTOR_AWAY_NOT, view.mode == DETECTOR_AWAY);
	return view.away;
}

static inline int64_t until_of(struct rig *rig)
{
	static struct detector_habit_view view;

	assert_int_equal(detector_habit(rig->core, "h-1", &view), ERR_OK);
	return view.away_until.ms;
}

static inline const struct alert *last(const struct rig *rig)
{
	assert_true(rig->count > 0);
	return &rig->alerts[rig->count - 1];
}

/* quiet goes on to a time with a meter that stands still. */
static inline void quiet(struct rig *rig, int64_t until)
{
	rig_hours(rig, 0, until);
	rig_tick(rig, until);
}

/* raised_at: no alert before it, one just after. */
static inline void raised_at(struct rig *rig, int64_t at, const char *words)
{
	unsigned before = rig->count;

	quiet(rig, at);
	assert_int_equal(rig->count, before);
	quiet(rig, at + H(1) + 1);
	assert_true(rig->count > before);
	assert_int_equal(rig->alerts[before].state, ALERT_RAISED);
	if (words && !strstr(rig->alerts[before].reason_en, words))
		fail_msg("\"%s\" is not in \"%s\"", words, rig->alerts[before].reason_en);
}

/* morning: somebody gets up at 8 and goes through the door at 9. */
static inline struct rig *gone(void)
{
	struct rig *rig = fixed();

	rig_hours(rig, 0, OLD + H(8));
	stir(rig, OLD + H(8));
	rig_hours(rig, 0, OLD + H(9));
	door(rig, OLD + H(9));
	return rig;
}

#endif
