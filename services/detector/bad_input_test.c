/* SPDX-License-Identifier: MIT
 *
 * What devices, meters and head-ends get wrong. A home lives by the clock; what is told of it is bent in one way after
 * another for a fortnight. While somebody lives there no alert may come of it, whatever is wrong with the data; once
 * the data are right again a true silence is found; and the homes beside it get the very alerts that they get without
 * such a neighbour.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "detector/rig.h"

#define HOUR(n) ((int64_t)(n)*MS_PER_HOUR)
#define GOOD_DAYS 21 /* the home is known by then */
#define BAD_DAYS 14
#define WELL_DAYS 4 /* right again */
#define END_DAYS 3  /* nobody moves any more */
#define HOMES 4     /* 0 is the one with the bad data; 1 falls silent meanwhile, 2 has a leak, 3 is well */
#define ALERTS 512
#define READINGS 16 /* of a home in an hour */

struct world {
	struct detector_core *core;
	struct alert alerts[ALERTS];
	unsigned count;
	uint64_t dice;
	double total[HOMES], gas;
};

/* way: how the readings of an hour are bent before they are told; it tells them itself. */
typedef void way(struct world *w, int64_t at, struct reading *readings, unsigned count);

static uint64_t roll(struct world *w, uint64_t sides)
{
	/* splitmix64 (Steele, Lea, Flood 2014) */
	uint64_t z = w->dice += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % sides;
}

static void leave(struct world *w, enum entry_kind kind, unsigned home)
{
	char id[ID_BYTES];

	snprintf(id, sizeof id, "h-%u", home);
	struct entry gone = kind == ENTRY_HOUSEHOLD ? rig_household(id, true) : rig_consent(id, true, 0);
	rig_enter(w->core, &gone);
}

static void join(struct world *w, unsigned home)
{
	char id[ID_BYTES];

	snprintf(id, sizeof id, "h-%u", home);
	rig_join(w->core, id);
}

static void world_open(struct world *w)
{
	static const char *const presets[] = {"silence", "water_changning", "water_open_tap", "water_drip",
		"water_nightly", "energy_base_jump", "energy_dead", "gas_long", "left_at_night", "bed_not_back"};
	struct detector_config config = rig_config();

	config.limits.one_person_attention_ms = HOUR(12);
	config.limits.learning_extra_ms = 0;
	config.homes_max = 100;
	for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
		rig_rule(&config, presets[i]);
	*w = (struct world){.dice = 1};
	assert_int_equal(detector_create(&config, &w->core, NULL), ERR_OK);
}

static void tell(struct world *w, const struct reading *r)
{
	assert_int_equal(detector_feed(w->core, r), ERR_OK);
}

/* ---- an hour of a home ---- */

static struct reading *add(struct reading *to, unsigned *count, unsigned home, const char *device,
	enum quantity quantity, double value, int64_t at)
{
	struct reading *r = &to[(*count)++];

	*r = (struct reading){.quantity = quantity, .value = value, .delta = NAN, .since = WALL_NONE, .at = {at}};
	r->received = r->at;
	snprintf(r->household, sizeof r->household, "h-%u", home);
	snprintf(r->device, sizeof r->device, "%s-%u", device, home);
	return r;
}

static void counted(struct reading *r, double delta)
{
	r->delta = delta;
	r->since.ms = r->at.ms - MS_PER_HOUR;
}

/* hour_of: up from seven, eight or nine to ten in the evening; a meter, and where events is true, motion. */
static unsigned hour_of(
	struct world *w, unsigned home, int64_t at, bool lives, bool meter, bool events, struct reading *out)
{
	int64_t hour = (at - DAY0) / MS_PER_HOUR % 24;
	int64_t wakes = 7 + (at - DAY0) / MS_PER_DAY * 5 % 7 % 3;
	bool up = lives && hour >= wakes && hour <= 22;
	unsigned count = 0;

	for (int i = 12; events && up && i > 0; i--)
		add(out, &count, home, "motion", QUANTITY_MOTION, 1, at - i * 2 * MS_PER_MINUTE);
	w->total[home] += up ? 15 : home == 2 ? 5 : 0;
	if (meter)
		counted(add(out, &count, home, "water", QUANTITY_WATER_TOTAL, w->total[home], at), up          ? 15
												   : home == 2 ? 5
													       : 0);
	return count;
}

/* a_year: all homes live; the first home's data are bent by `bend` in the bad days (NULL: there is no first home). */
struct kind {
	const char *name;
	way *bend;
	bool meter, events;
	enum detector_tally counted; /* rises with it; DETECTOR_TALLY_COUNT = no count of its own */
	bool teaches;                /* wrong nights: for some weeks after it the meter's use is taken for a leak */
};

static void play(struct world *w, const struct kind *kind)
{
	struct reading readings[READINGS];
	int64_t bad = DAY0 + GOOD_DAYS * MS_PER_DAY, well = bad + BAD_DAYS * MS_PER_DAY;
	int64_t end = well + WELL_DAYS * MS_PER_DAY;

	world_open(w);
	for (unsigned home = kind ? 0 : 1; home < HOMES; home++)
		join(w, home);
	for (int64_t at = DAY0 + MS_PER_HOUR; at <= end + END_DAYS * MS_PER_DAY; at += MS_PER_HOUR) {
		for (unsigned home = kind ? 0 : 1; home < HOMES; home++) {
			bool lives = home ? home != 1 || at < bad + 5 * MS_PER_DAY : at <= end;
			unsigned count =
				hour_of(w, home, at, lives, home || kind->meter, !home && kind->events, readings);
			if (!home && at > bad && at <= well)
				kind->bend(w, at, readings, count);
			else
				for (unsigned i = 0; i < count; i++)
					tell(w, &readings[i]);
		}
		rig_gather(w->core, at + 1, w->alerts, ALERTS, &w->count);
	}
}

/* ---- ways ---- */

static void thrice(struct world *w, int64_t at, struct reading *readings, unsigned count)
{
	(void)at;
	for (unsigned i = 0; i < 3 * count; i++)
		tell(w, &readings[i % count]);
}

/* days_late: two of five readings come up to five days late, in any order. Those older than the newest of their name
 * are marked, and a counter says no difference, as ingest gives them. */
static void days_late(struct world *w, int64_t at, struct reading *readings, unsigned count)
{
	static struct reading held[4096];
	static int64_t due[4096], newest;
	static unsigned holding;

	if (at <= DAY0 + GOOD_DAYS * MS_PER_DAY + MS_PER_HOUR)
		holding = 0, newest = 0;
	for (unsigned i = 0; i < count; i++) {
		due[holding] = roll(w, 5) < 2 ? at + (int64_t)roll(w, 5 * MS_PER_DAY) : at;
		held[holding++] = readings[i];
	}
	for (unsigned i = holding; i-- > 0;) {
		struct reading r = held[i];
		if (due[i] > at)
			continue;
		held[i] = held[--holding];
		due[i] = due[holding];
		r.received.ms = r.at.ms > at - MS_PER_HOUR ? r.at.ms : at;
		r.late = r.at.ms < newest;
		if (r.late) {
			r.delta = NAN;
			r.since = WALL_NONE;
		}
		newest = r.at.ms > newest ? r.at.ms : newest;
		tell(w, &r);
	}
}

static void backwards(struct world *w, int64_t at, struct reading *readings, unsigned count)
{
	(void)at;
	for (unsigned i = 0; i < count; i++) {
		if (roll(w, 3) == 0) {
			readings[i].value = (double)roll(w, 1000);
			readings[i].delta = roll(w, 2) ? NAN : -(double)roll(w, 5000);
		}
		tell(w, &readings[i]);
	}
}

static void no_numbers(struct world *w, int64_t at, struct reading *readings, unsigned count)
{
	static const double odd[] = {NAN, HUGE_VAL, -HUGE_VAL, 1e308, -1e308, 0};

	(void)at;
	for (unsigned i = 0; i < count; i++) {
		struct reading r = readings[i];
		r.value = odd[roll(w, 6)];
		r.delta = isnan(r.delta) ? r.delta : odd[roll(w, 3)];
		tell(w, &r);
		tell(w, &readings[i]);
	}
}

static void shift(struct world *w, struct reading *readings, unsigned count, int64_t by_ms)
{
	for (unsigned i = 0; i < count; i++) {
		readings[i].at.ms += by_ms;
		if (wall_is_set(readings[i].since))
			readings[i].since.ms += by_ms;
		tell(w, &readings[i]);
	}
}

static void a_year_behind(struct world *w, int64_t at, struct reading *readings, unsigned count)
{
	(void)at;
	shift(w, readings, count, -365 * MS_PER_DAY);
}

static void eight_hours_behind(struct world *w, int64_t at, struct reading *readings, unsigned count)
{
	(void)at;
	shift(w, readings, count, -HOUR(8));
}

static void years_ahead(struct world *w, int64_t at, struct reading *readings, unsigned count)
{
	(void)at;
	shift(w, readings, count, 3 * 365 * MS_PER_DAY);
}

static void of_1970(struct world *w, int64_t at, struct reading *readings, unsigned count)
{
	shift(w, readings, count, 1000 - at);
}

/* jumping: each hour another clock; what is older than the newest is marked, as ingest does. */
static void jumping(struct world *w, int64_t at, struct reading *readings, unsigned count)
{
	static int64_t newest;
	int64_t by = ((int64_t)roll(w, 801) - 400) * MS_PER_DAY;

	if (at <= DAY0 + GOOD_DAYS * MS_PER_DAY + MS_PER_HOUR)
		newest = at;
	for (unsigned i = 0; i < count; i++) {
		readings[i].late = readings[i].at.ms + by < newest;
		if (readings[i].late && wall_is_set(readings[i].since)) {
			readings[i].delta = NAN;
			readings[i].since = WALL_NONE;
		}
		newest = readings[i].at.ms + by > newest ? readings[i].at.ms + by : newest;
	}
	shift(w, readings, count, by);
}

/* flood: the water meter tells each litre, twenty thousand readings in the last minute of each third hour. */
static void flood(struct world *w, int64_t at, struct reading *readings, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		tell(w, &readings[i]);
	for (unsigned i = 0; at / MS_PER_HOUR % 3 == 0 && i < 20000; i++) {
		struct reading r = readings[count - 1];
		r.at.ms = r.received.ms = at + i / 1000;
		r.since.ms = r.at.ms;
		r.delta = 0;
		tell(w, &r);
	}
}

static void strangers(struct world *w, int64_t at, struct reading *readings, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		tell(w, &readings[i]);
	for (unsigned i = 0; i < 60; i++) {
		unsigned one = 0;
		struct reading r;
		add(&r, &one, 0, "odd", (enum quantity)roll(w, QUANTITY_COUNT), (double)roll(w, 3), at);
		snprintf(r.device, sizeof r.device, "odd-%u", (unsigned)roll(w, 200));
		snprintf(r.channel, sizeof r.channel, "c%u", (unsigned)roll(w, 200));
		tell(w, &r);
	}
}

static void come_and_go(struct world *w, int64_t at, struct reading *readings, unsigned count)
{
	if (at / MS_PER_HOUR % 7 == 3)
		leave(w, at / MS_PER_HOUR % 2 ? ENTRY_HOUSEHOLD : ENTRY_CONSENT, 0);
	if (at / MS_PER_HOUR % 7 == 5)
		join(w, 0);
	for (unsigned i = 0; i < count; i++)
		tell(w, &readings[i]);
	if (at == DAY0 + (GOOD_DAYS + BAD_DAYS) * MS_PER_DAY)
		join(w, 0);
}

/* ---- what has to hold ---- */

static bool is_of(const struct alert *alert, unsigned home)
{
	return alert->household[2] == '0' + (char)home;
}

/* others gives the alerts of the homes beside the first one, one after the other. */
static unsigned others(const struct world *w, struct alert *out)
{
	unsigned count = 0;

	for (unsigned i = 0; i < w->count; i++)
		if (!is_of(&w->alerts[i], 0))
			out[count++] = w->alerts[i];
	return count;
}

static void holds(const struct kind *kind, const struct world *alone)
{
	static struct world w;
	static struct alert with[ALERTS], without[ALERTS];
	int64_t bad = DAY0 + GOOD_DAYS * MS_PER_DAY, well = bad + BAD_DAYS * MS_PER_DAY;
	int64_t end = well + WELL_DAYS * MS_PER_DAY;
	unsigned wanted = others(alone, without);
	bool found = false;

	play(&w, kind);
	for (unsigned i = 0; i < w.count; i++) {
		const struct alert *a = &w.alerts[i];
		if (!is_of(a, 0) || a->at.ms <= bad)
			continue;
		if (a->state == ALERT_RAISED && a->at.ms <= (kind->teaches ? well : end))
			fail_msg("%s: day %.2f: %s (%s)", kind->name, (double)(a->at.ms - DAY0) / MS_PER_DAY,
				a->reason_en, a->rule);
		if (!strcmp(a->rule, "silence"))
			found = a->state != ALERT_CLEARED;
	}
	if (!found)
		fail_msg("%s: the true silence was not found", kind->name);
	if (kind->counted != DETECTOR_TALLY_COUNT && !detector_tally(w.core, kind->counted))
		fail_msg("%s: %s is 0", kind->name, detector_tally_name(kind->counted));
	if (others(&w, with) != wanted)
		fail_msg("%s: the other homes have %u alerts, not %u", kind->name, others(&w, with), wanted);
	assert_memory_equal(with, without, wanted * sizeof *with);
	detector_destroy(w.core);
}

static void bad_data_raise_nothing_hide_nothing_and_disturb_nobody(void **state)
{
	static const struct kind kinds[] = {
		{"thrice", thrice, true, true, DETECTOR_TALLY_COUNT, false},
		{"a meter days late", days_late, true, false, DETECTOR_LATE, false},
		{"events days late", days_late, false, true, DETECTOR_LATE, false},
		{"backwards", backwards, true, false, DETECTOR_NO_DELTA, false},
		{"no numbers", no_numbers, true, true, DETECTOR_TALLY_COUNT, false},
		{"a meter a year behind", a_year_behind, true, false, DETECTOR_TALLY_COUNT, false},
		{"events a year behind", a_year_behind, false, true, DETECTOR_CLOCK_ASTRAY, false},
		{"both a year behind", a_year_behind, true, true, DETECTOR_CLOCK_ASTRAY, false},
		{"a meter eight hours behind", eight_hours_behind, true, false, DETECTOR_TALLY_COUNT, true},
		{"events eight hours behind", eight_hours_behind, false, true, DETECTOR_TALLY_COUNT, false},
		{"both eight hours behind", eight_hours_behind, true, true, DETECTOR_TALLY_COUNT, false},
		{"a meter years ahead", years_ahead, true, false, DETECTOR_CLOCK_ASTRAY, false},
		{"events years ahead", years_ahead, false, true, DETECTOR_TALLY_COUNT, false},
		{"a meter of 1970", of_1970, true, false, DETECTOR_TALLY_COUNT, false},
		{"events of 1970", of_1970, false, true, DETECTOR_CLOCK_ASTRAY, false},
		{"a meter that jumps", jumping, true, false, DETECTOR_LATE, false},
		{"events that jump", jumping, false, true, DETECTOR_CLOCK_ASTRAY, false},
		{"both jump", jumping, true, true, DETECTOR_CLOCK_ASTRAY, false},
		{"a flood", flood, true, false, DETECTOR_TALLY_COUNT, false},
		{"strangers", strangers, true, true, DETECTOR_TOO_MANY, false},
		{"come and go", come_and_go, true, true, DETECTOR_UNKNOWN_HOME, false},
	};
	static struct world alone;

	(void)state;
	play(&alone, NULL);
	assert_true(alone.count >= 2);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		holds(&kinds[i], &alone);
	detector_destroy(alone.core);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_data_raise_nothing_hide_nothing_and_disturb_nobody),
	};

	return cmocka_run_group_tests(tests, rig_open_zone, rig_close_zone);
}
