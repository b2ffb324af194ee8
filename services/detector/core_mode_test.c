/* SPDX-License-Identifier: MIT
 *
 * Away by what people say, the other modes, and what all of them share: states, any speed, the document.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "detector/mode_rig.h"

static void said(struct rig *rig, enum outcome outcome, enum found found, int64_t at)
{
	struct incident incident = {.id = "i-1",
		.revision = 4,
		.household = "h-1",
		.state = INCIDENT_RESOLVED,
		.event = INCIDENT_EVENT_RESOLVED,
		.kind = ALERT_SILENCE,
		.level = ALERT_ALARM,
		.opened = {at - H(0.5)},
		.at = {at},
		.outcome = outcome,
		.found = found};

	rig_tick(rig, at);
	assert_int_equal(detector_feed_incident(rig->core, &incident), ERR_OK);
}

/* ---- said ---- */

static void away_said_at_the_door_is_believed_for_two_days(void **state)
{
	struct rig *rig = fixed();

	(void)state;
	quiet(rig, OLD + H(9.25));
	assert_int_equal(last(rig)->state, ALERT_RAISED);
	said(rig, OUTCOME_FALSE_ALARM, FOUND_WAS_AWAY, OLD + H(9.5));
	assert_int_equal(away_of(rig), DETECTOR_AWAY_VISITOR);
	rig_tick(rig, OLD + H(9.6));
	assert_string_equal(last(rig)->reason_en, "not at home, known since 09:30");
	raised_at(rig, OLD + H(57), "; said to be away at 09:30 on 22 Mar, and no sign since");
	assert_int_equal(rig->alerts[2].level, ALERT_ALARM);
	assert_int_equal(rig->alerts[2].at.ms, OLD + H(57.5));
	assert_int_equal(rig->alerts[2].onset.ms, OLD + H(9.5)); /* of the visit: another alert than the first */
	assert_string_not_equal(rig->alerts[2].id, rig->alerts[0].id);
	rig_free(rig);
}

static void who_was_taken_to_hospital_is_away_for_two_weeks(void **state)
{
	struct rig *rig = fixed();

	(void)state;
	said(rig, OUTCOME_AMBULANCE, FOUND_FALLEN, OLD + H(1));
	assert_int_equal(away_of(rig), DETECTOR_AWAY_HOSPITAL);
	raised_at(rig, OLD + H(14 * 24 + 1), "; taken to hospital at 01:00 on 22 Mar, and no sign since");
	rig_free(rig);
}

static void an_absence_of_the_directory_begins_ends_and_counts_from_its_end(void **state)
{
	struct rig *rig = fixed();
	struct wall from = {OLD + H(8)}, until = {OLD + H(80)};

	(void)state;
	rig_tick(rig, OLD + H(1));
	household(rig, from, until);
	quiet(rig, OLD + H(8));
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME);
	quiet(rig, OLD + H(8) + 1);
	assert_int_equal(away_of(rig), DETECTOR_AWAY_FAMILY);
	assert_int_equal(until_of(rig), until.ms);
	stir(rig, OLD + H(13)); /* they leave late */
	assert_int_equal(away_of(rig), DETECTOR_AWAY_FAMILY);
	raised_at(rig, OLD + H(90), "; away until 08:00, by the family's word");
	assert_int_equal(rig->alerts[rig->count - 1].onset.ms, until.ms);
	rig_free(rig);
}

static void who_is_back_before_the_directory_says_so_is_at_home_for_good(void **state)
{
	struct rig *rig = fixed();
	struct wall from = {OLD + H(8)}, until = {OLD + H(800)};

	(void)state;
	household(rig, from, until);
	quiet(rig, OLD + H(30));
	stir(rig, OLD + H(30));
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME);
	household(rig, from, until); /* told again: nothing new */
	raised_at(rig, OLD + H(40), "; was away, back at 06:00");
	household(rig, from, (struct wall){OLD + H(900)}); /* said anew */
	quiet(rig, OLD + H(42));
	assert_int_equal(away_of(rig), DETECTOR_AWAY_FAMILY);
	assert_int_equal(last(rig)->state, ALERT_CLEARED);
	rig_free(rig);
}

static void an_absence_that_is_taken_back_or_has_no_end_ends_too(void **state)
{
	struct rig *rig = fixed();

	(void)state;
	household(rig, (struct wall){OLD + H(1)}, WALL_NONE);
	quiet(rig, OLD + H(20));
	assert_int_equal(away_of(rig), DETECTOR_AWAY_FAMILY);
	assert_int_equal(until_of(rig), OLD + H(1 + 14 * 24));
	household(rig, WALL_NONE, WALL_NONE);
	quiet(rig, OLD + H(20.5));
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME);
	raised_at(rig, OLD + H(30), NULL);
	rig_free(rig);

	rig = fixed();
	household(rig, WALL_NONE, (struct wall){OLD + H(30)});
	quiet(rig, OLD + H(1));
	assert_int_equal(away_of(rig), DETECTOR_AWAY_FAMILY);
	quiet(rig, OLD + H(31));
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME);
	rig_free(rig);
}

static void the_desk_declares_and_takes_back(void **state)
{
	struct rig *rig = fixed();

	(void)state;
	assert_int_equal(detector_declare(rig->core, "h-2", (struct wall){OLD}, WALL_NONE), ERR_NOT_FOUND);
	quiet(rig, OLD + H(9.25));
	assert_int_equal(rig->count, 1);
	assert_int_equal(
		detector_declare(rig->core, "h-1", (struct wall){OLD + H(9.25)}, (struct wall){OLD + H(40)}), ERR_OK);
	quiet(rig, OLD + H(10));
	assert_int_equal(last(rig)->state, ALERT_CLEARED);
	assert_int_equal(away_of(rig), DETECTOR_AWAY_DESK);
	quiet(rig, OLD + H(30));
	assert_int_equal(detector_return(rig->core, "h-1", (struct wall){OLD + H(30)}), ERR_OK);
	quiet(rig, OLD + H(30.5));
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME);
	raised_at(rig, OLD + H(40), NULL);
	rig_free(rig);
}

/* ---- asleep, blind, learning ---- */

static void in_bed_is_asleep_and_the_silence_counts(void **state)
{
	struct rig *rig = fixed();

	(void)state;
	rig_event(rig, "b-1", QUANTITY_BED, 0, OLD + H(0.2));
	rig_event(rig, "b-1", QUANTITY_BED, 1, OLD + H(0.5));
	rig_tick(rig, OLD + H(0.6));
	assert_int_equal(mode_of(rig), DETECTOR_ASLEEP);
	raised_at(rig, OLD + H(10), "; in bed since 00:30");
	assert_non_null(strstr(last(rig)->reason_zh, "；今天00:30起在床上"));
	rig_event(rig, "b-1", QUANTITY_BED, 0, OLD + H(12));
	rig_tick(rig, OLD + H(12) + 1);
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME);
	rig_free(rig);
}

static void a_home_is_blind_as_soon_as_nothing_proves_its_silence(void **state)
{
	struct rig *rig = fixed();

	(void)state;
	rig_event(rig, "m-1", QUANTITY_ONLINE, 0, OLD + 1);
	rig_tick(rig, OLD + H(2.25));
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME);
	rig_tick(rig, OLD + H(2.25) + 2);
	assert_int_equal(mode_of(rig), DETECTOR_BLIND);
	rig_event(rig, "b-1", QUANTITY_BED, 0, OLD + H(3));
	rig_event(rig, "b-1", QUANTITY_BED, 1, OLD + H(3) + 1);
	rig_tick(rig, OLD + H(3) + 2);
	assert_int_equal(mode_of(rig), DETECTOR_ASLEEP);
	rig_event(rig, "b-1", QUANTITY_ONLINE, 0, OLD + H(4));
	rig_tick(rig, OLD + H(4) + 1);
	assert_int_equal(mode_of(rig), DETECTOR_BLIND);
	said(rig, OUTCOME_AWAY, FOUND_NONE, OLD + H(5));
	assert_int_equal(mode_of(rig), DETECTOR_AWAY);
	rig_tick(rig, OLD + H(53) + 1);
	assert_int_equal(mode_of(rig), DETECTOR_BLIND);
	rig_water(rig, 0, OLD + H(54));
	rig_water(rig, 0, OLD + H(55));
	rig_tick(rig, OLD + H(55) + 1);
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME);
	rig_free(rig);
}

static void a_new_home_is_learning_blind_away_and_learning_again(void **state)
{
	struct detector_config config = config_of("silence_fixed");
	struct rig *rig = rig_of(&config);
	struct entry gone = {.kind = ENTRY_CONSENT, .key = "h-1", .seq = 9, .deleted = true};

	(void)state;
	assert_int_equal(mode_of(rig), DETECTOR_UNWATCHED);
	assert_int_equal(detector_declare(rig->core, "h-1", (struct wall){DAY0}, WALL_NONE), ERR_STATE);
	rig_hours(rig, 20, DAY0 + H(3));
	rig_tick(rig, DAY0 + H(3) + 1);
	assert_int_equal(mode_of(rig), DETECTOR_LEARNING);
	rig_tick(rig, DAY0 + H(6));
	assert_int_equal(mode_of(rig), DETECTOR_BLIND);
	rig_hours(rig, 20, DAY0 + H(7));
	rig_tick(rig, DAY0 + H(7) + 1);
	assert_int_equal(mode_of(rig), DETECTOR_LEARNING);
	said(rig, OUTCOME_AWAY, FOUND_WAS_AWAY, DAY0 + H(8));
	assert_int_equal(mode_of(rig), DETECTOR_AWAY);
	rig_hours(rig, 20, DAY0 + H(10));
	assert_int_equal(mode_of(rig), DETECTOR_LEARNING);
	rig_hours(rig, 20, DAY0 + H(14 * 24) + H(1));
	rig_tick(rig, DAY0 + H(14 * 24) + H(1) + 1);
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME);
	config.limits.learning_ms = 30 * H(24);
	assert_int_equal(detector_configure(rig->core, &config), ERR_OK);
	rig_tick(rig, DAY0 + H(14 * 24) + H(1) + 2);
	assert_int_equal(mode_of(rig), DETECTOR_LEARNING);
	assert_int_equal(detector_entry(rig->core, &gone), ERR_OK);
	assert_int_equal(mode_of(rig), DETECTOR_UNWATCHED);
	rig_free(rig);
}

/* ---- what is learnt ---- */

static void an_outing_is_no_habit(void **state)
{
	struct detector_config config = config_of("silence");
	static struct detector_habit_view with, without;

	(void)state;
	for (int doors = 0; doors < 2; doors++) {
		struct rig *rig = rig_of(&config);
		for (int day = 0; day < 40; day++) {
			int64_t at = DAY0 + day * H(24);
			rig_hours(rig, 0, at + H(7));
			rig_hours(rig, 20, at + H(9));
			stir(rig, at + H(9));
			if (doors)
				door(rig, at + H(9) + M(10));
			rig_hours(rig, 0, at + H(17)); /* eight hours out each day */
			if (doors)
				door(rig, at + H(17));
			stir(rig, at + H(17) + M(1));
			rig_hours(rig, 20, at + H(22));
			rig_hours(rig, 0, at + H(24));
		}
		assert_int_equal(detector_habit(rig->core, "h-1", doors ? &with : &without), ERR_OK);
		rig_free(rig);
	}
	assert_true(without.sets[0].usual_ms[HABIT_WORKDAY][9] >= H(7));
	assert_true(with.sets[0].usual_ms[HABIT_WORKDAY][9] < H(3));
	assert_true(with.sets[0].gaps > 0);
}

/* ---- states ---- */

/* resumed takes the home over into a core of its own, as after a restart. */
static struct rig *resumed(struct rig *from, struct wall away_from, struct wall away_until)
{
	struct rig *rig = rig_of(&from->config);

	household(rig, away_from, away_until);
	rig_save(from->core, rig->core);
	rig->total = from->total;
	rig->meter_ms = from->meter_ms;
	rig->count = from->count;
	memcpy(rig->alerts, from->alerts, sizeof rig->alerts);
	rig_free(from);
	return rig;
}

static void each_absence_goes_on_after_a_restart(void **state)
{
	struct rig *rig = gone();

	(void)state;
	rig = resumed(rig, WALL_NONE, WALL_NONE); /* between the door and the half hour */
	quiet(rig, OLD + H(10));
	assert_int_equal(away_of(rig), DETECTOR_AWAY_INFERRED);
	rig = resumed(rig, WALL_NONE, WALL_NONE);
	assert_int_equal(away_of(rig), DETECTOR_AWAY_INFERRED);
	assert_int_equal(until_of(rig), OLD + H(25) + 10000);
	raised_at(rig, OLD + H(25), "for too long");
	rig = resumed(rig, WALL_NONE, WALL_NONE);
	stir(rig, OLD + H(30));
	household(rig, (struct wall){OLD + H(30)}, (struct wall){OLD + H(90)});
	quiet(rig, OLD + H(31));
	assert_int_equal(away_of(rig), DETECTOR_AWAY_FAMILY);
	rig = resumed(rig, (struct wall){OLD + H(30)}, (struct wall){OLD + H(90)});
	quiet(rig, OLD + H(40));
	assert_int_equal(away_of(rig), DETECTOR_AWAY_FAMILY);
	stir(rig, OLD + H(50));
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME);
	rig = resumed(rig, (struct wall){OLD + H(30)}, (struct wall){OLD + H(90)});
	quiet(rig, OLD + H(51)); /* what is spent stays so */
	assert_int_equal(mode_of(rig), DETECTOR_AT_HOME);
	raised_at(rig, OLD + H(60), "; was away, back at 02:00");
	rig_free(rig);
}

/* ---- the same at any speed ---- */

static void hear(struct rig *rig, const char *id, enum quantity quantity, double value, int64_t at)
{
	struct reading r = rig_reading(id, quantity, value, at);

	if (quantity == QUANTITY_WATER_TOTAL) {
		r.delta = value;
		r.value = rig->total += value;
		r.since.ms = rig->meter_ms;
		rig->meter_ms = at;
	}
	assert_int_equal(detector_feed(rig->core, &r), ERR_OK);
}

/* play tells five weeks with outings, nights away, a bed and a door viewer; the watermark comes every so many ms. */
static struct rig *play(int64_t step)
{
	struct detector_config config = config_of("silence");
	struct rig *rig = rig_of(&config);

	for (int h = 1; h <= 35 * 24; h++) {
		int64_t at = DAY0 + h * H(1), before = at - H(1);
		int hour = h % 24, day = h / 24;
		bool out = day % 3 == 0 && hour >= 10 && hour <= 17, trip = day % 11 == 10;
		bool awake = hour >= 7 && hour <= 22 && !out && !trip;
		if (awake)
			for (int i = 0; i < 3; i++)
				hear(rig, "m-1", QUANTITY_MOTION, 1, before + M(20) + i * 20000);
		if ((day % 3 == 0 && (hour == 10 || hour == 18)) || (trip && hour == 9)) {
			hear(rig, "d-1", QUANTITY_CONTACT, 1, before + M(40));
			hear(rig, "d-1", QUANTITY_CONTACT, 0, before + M(40) + 9000);
		}
		if (day % 5 == 0 && (hour == 9 || hour == 12))
			hear(rig, "v-1", QUANTITY_DOOR_VIEWER, hour == 9 ? 1 : 2, before + M(50));
		if (hour == 23 || hour == 6)
			hear(rig, "b-1", QUANTITY_BED, hour == 23, before + M(55));
		hear(rig, "w-1", QUANTITY_WATER_TOTAL, awake ? 12 : 0, at);
		if (h * H(1) % step == 0)
			rig_tick(rig, at);
	}
	rig_tick(rig, DAY0 + 36 * H(24));
	return rig;
}

static void the_same_weeks_at_any_speed_give_the_same_alerts(void **state)
{
	struct rig *slow = play(H(1));

	(void)state;
	assert_true(slow->count > 2);
	for (int64_t step = H(5); step <= H(24 * 7); step += H(27)) {
		struct rig *fast = play(step);
		assert_int_equal(fast->count, slow->count);
		for (unsigned i = 0; i < slow->count; i++) {
			assert_string_equal(fast->alerts[i].id, slow->alerts[i].id);
			assert_int_equal(fast->alerts[i].at.ms, slow->alerts[i].at.ms);
			assert_int_equal(fast->alerts[i].revision, slow->alerts[i].revision);
			assert_string_equal(fast->alerts[i].reason_en, slow->alerts[i].reason_en);
		}
		rig_free(fast);
	}
	rig_free(slow);
}

/* ---- the document ---- */

enum { PRESENT = DETECTOR_MODE_COUNT, NOTHING };

/* mode_named reads a mode, or "present" for those in which the home is watched and not away. */
static int mode_named(const char *name)
{
	for (int mode = 0; mode < DETECTOR_MODE_COUNT; mode++)
		if (!strcmp(detector_mode_name((enum detector_mode)mode), name))
			return mode;
	return !strcmp(name, "present") ? PRESENT : NOTHING;
}

static bool is(int mode, int named)
{
	return mode == named || (named == PRESENT && mode != DETECTOR_UNWATCHED && mode != DETECTOR_AWAY);
}

static void the_table_and_the_picture_of_modes_are_the_codes(void **state)
{
	FILE *file = fopen("docs/detector.md", "re");
	char line[512], cells[DETECTOR_MODE_COUNT][8], name[16], to_name[16];
	bool drawn[DETECTOR_MODE_COUNT][DETECTOR_MODE_COUNT] = {{false}};
	unsigned rows = 0, edges = 0;

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof line, file)) {
		if (sscanf(line, " %15[a-z_] --> %15[a-z_]", name, to_name) == 2 && mode_named(name) != NOTHING) {
			edges++;
			for (int from = 0; from < DETECTOR_MODE_COUNT; from++)
				for (int to = 0; to < DETECTOR_MODE_COUNT; to++)
					if (is(from, mode_named(name)) && is(to, mode_named(to_name)))
						drawn[from][to] = true;
		}
		if (sscanf(line, "| %15[a-z_] | %7[a-z-] | %7[a-z-] | %7[a-z-] | %7[a-z-] | %7[a-z-] | %7[a-z-] |",
			    name, cells[0], cells[1], cells[2], cells[3], cells[4], cells[5]) != 7)
			continue;
		int from = mode_named(name);
		if (from >= DETECTOR_MODE_COUNT)
			continue;
		rows++;
		for (int to = 0; to < DETECTOR_MODE_COUNT; to++)
			assert_int_equal(detector_mode_may((enum detector_mode)from, (enum detector_mode)to),
				!strcmp(cells[to], "yes"));
	}
	fclose(file);
	assert_int_equal(rows, DETECTOR_MODE_COUNT);
	assert_true(edges > 0);
	for (int from = 0; from < DETECTOR_MODE_COUNT; from++)
		for (int to = 0; to < DETECTOR_MODE_COUNT; to++)
			assert_int_equal(
				drawn[from][to], detector_mode_may((enum detector_mode)from, (enum detector_mode)to));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(away_said_at_the_door_is_believed_for_two_days),
		cmocka_unit_test(who_was_taken_to_hospital_is_away_for_two_weeks),
		cmocka_unit_test(an_absence_of_the_directory_begins_ends_and_counts_from_its_end),
		cmocka_unit_test(who_is_back_before_the_directory_says_so_is_at_home_for_good),
		cmocka_unit_test(an_absence_that_is_taken_back_or_has_no_end_ends_too),
		cmocka_unit_test(the_desk_declares_and_takes_back),
		cmocka_unit_test(in_bed_is_asleep_and_the_silence_counts),
		cmocka_unit_test(a_home_is_blind_as_soon_as_nothing_proves_its_silence),
		cmocka_unit_test(a_new_home_is_learning_blind_away_and_learning_again),
		cmocka_unit_test(an_outing_is_no_habit),
		cmocka_unit_test(each_absence_goes_on_after_a_restart),
		cmocka_unit_test(the_same_weeks_at_any_speed_give_the_same_alerts),
		cmocka_unit_test(the_table_and_the_picture_of_modes_are_the_codes),
	};
	return cmocka_run_group_tests(tests, rig_open_zone, rig_close_zone);
}
