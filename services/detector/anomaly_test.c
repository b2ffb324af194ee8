/* SPDX-License-Identifier: MIT
 *
 * Rules about doors, rooms, beds and decline; absences, restarts and bad input with any rule; rules as they are
 * written.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "detector/anomaly_rig.h"

/* ---- doors, rooms, beds ---- */

static void a_door_that_stands_open_is_found_and_a_window_is_not(void **state)
{
	struct rig *rig = rig_new("door_open_long");

	(void)state;
	rig_event(rig, "win", QUANTITY_CONTACT, 1, DAY0 + H(9));
	rig_event(rig, "d-1", QUANTITY_CONTACT, 0, DAY0 + H(9));
	rig_event(rig, "d-1", QUANTITY_CONTACT, 1, DAY0 + H(10));
	rig_tick(rig, DAY0 + H(12));
	assert_int_equal(rig->count, 0);
	rig_tick(rig, DAY0 + H(12) + 1);
	assert_int_equal(only(rig, 1, ALERT_RAISED)->at.ms, DAY0 + H(12));
	rig_event(rig, "d-1", QUANTITY_CONTACT, 1, DAY0 + H(13)); /* told again: the same */
	rig_event(rig, "d-1", QUANTITY_CONTACT, 0, DAY0 + H(14));
	rig_tick(rig, DAY0 + H(14) + 1);
	assert_int_equal(only(rig, 2, ALERT_CLEARED)->at.ms, DAY0 + H(14));
	rig_free(rig);
}

static void a_door_open_in_the_evening_is_found_when_night_has_lasted(void **state)
{
	struct rig *rig = rig_new("door_open_night");

	(void)state;
	rig_event(rig, "d-1", QUANTITY_CONTACT, 1, DAY0 + H(15));
	rig_tick(rig, DAY0 + H(22) + M(20));
	assert_int_equal(rig->count, 0);
	rig_tick(rig, DAY0 + H(22) + M(20) + 1);
	assert_int_equal(only(rig, 1, ALERT_RAISED)->onset.ms, DAY0 + H(15));
	rig_free(rig);
}

static void leaving_at_night_without_a_sign_inside_is_an_alarm(void **state)
{
	struct rig *rig = rig_new("left_at_night");

	(void)state;
	rig_event(rig, "m-hall", QUANTITY_MOTION, 1, DAY0 + H(20));
	rig_event(rig, "d-1", QUANTITY_CONTACT, 0, DAY0 + H(20));
	rig_event(rig, "d-1", QUANTITY_CONTACT, 1, DAY0 + H(21)); /* in the evening: nothing */
	rig_tick(rig, DAY0 + H(23));
	assert_int_equal(rig->count, 0);
	rig_event(rig, "d-1", QUANTITY_CONTACT, 0, DAY0 + H(23));
	rig_event(rig, "d-1", QUANTITY_CONTACT, 1, DAY0 + H(26));
	rig_tick(rig, DAY0 + H(27));
	assert_int_equal(rig->count, 0);
	rig_tick(rig, DAY0 + H(27) + 1);
	assert_int_equal(only(rig, 1, ALERT_RAISED)->onset.ms, DAY0 + H(26));
	for (int i = 0; i < 3; i++)
		rig_event(rig, "m-hall", QUANTITY_MOTION, 1, DAY0 + H(28) + M(i));
	rig_tick(rig, DAY0 + H(28) + M(5));
	(void)only(rig, 2, ALERT_CLEARED);
	rig_free(rig);
}

static void leaving_at_night_is_not_judged_where_nothing_inside_can_tell(void **state)
{
	struct rig *rig = rig_new("left_at_night");

	(void)state;
	rig_event(rig, "d-1", QUANTITY_CONTACT, 0, DAY0 + H(23));
	rig_event(rig, "d-1", QUANTITY_CONTACT, 1, DAY0 + H(26));
	rig_tick(rig, DAY0 + H(40));
	assert_int_equal(rig->count, 0);
	rig_free(rig);
}

static void a_long_stay_in_the_bathroom_is_found_by_presence(void **state)
{
	struct rig *rig = rig_new("bathroom_stay");

	(void)state;
	rig_event(rig, "p-hall", QUANTITY_PRESENCE, 1, DAY0 + H(8)); /* no bathroom */
	rig_event(rig, "p-bath", QUANTITY_PRESENCE, 1, DAY0 + H(9));
	rig_tick(rig, DAY0 + H(10));
	assert_int_equal(rig->count, 0);
	rig_tick(rig, DAY0 + H(10) + 1);
	assert_string_equal(only(rig, 1, ALERT_RAISED)->reason_zh, "自今天09:00起一直在卫生间，已1小时（学习期）");
	rig_event(rig, "p-bath", QUANTITY_PRESENCE, 0, DAY0 + H(11));
	rig_tick(rig, DAY0 + H(11) + 1);
	assert_string_equal(only(rig, 2, ALERT_CLEARED)->reason_en, "left the bathroom at 11:00");
	rig_free(rig);
}

static void a_long_stay_by_motion_is_judged_when_the_homes_stays_are_known(void **state)
{
	struct rig *rig = rig_new("bathroom_stay");
	int64_t day;

	(void)state;
	for (int i = 0; i < 20; i++) {
		day = DAY0 + H(24 * i);
		rig_event(rig, "m-bath", QUANTITY_MOTION, 1, day + H(8));
		rig_event(rig, "m-hall", QUANTITY_MOTION, 1, day + H(8) + M(20));
	}
	assert_int_equal(rig->count, 0);
	day = DAY0 + H(24 * 20);
	rig_event(rig, "m-bath", QUANTITY_MOTION, 1, day + H(8));
	rig_tick(rig, day + H(9));
	assert_int_equal(rig->count, 0);
	rig_tick(rig, day + H(9) + 1);
	(void)only(rig, 1, ALERT_RAISED);
	rig_free(rig);
}

static void out_of_bed_and_not_back_waits_for_signs_elsewhere(void **state)
{
	struct rig *rig = rig_new("bed_not_back");

	(void)state;
	rig_event(rig, "m-hall", QUANTITY_MOTION, 1, DAY0 + H(20));
	rig_event(rig, "bed", QUANTITY_BED, 1, DAY0 + H(22));
	rig_event(rig, "bed", QUANTITY_BED, 0, DAY0 + H(26));
	for (int i = 0; i < 3; i++)
		rig_event(rig, "m-hall", QUANTITY_MOTION, 1, DAY0 + H(26.5) + M(i));
	rig_tick(rig, DAY0 + H(27.5) + M(2));
	assert_int_equal(rig->count, 0);
	rig_tick(rig, DAY0 + H(27.5) + M(2) + 1);
	assert_int_equal(only(rig, 1, ALERT_RAISED)->onset.ms, DAY0 + H(26));
	rig_event(rig, "bed", QUANTITY_BED, 1, DAY0 + H(28));
	rig_tick(rig, DAY0 + H(28) + 1);
	(void)only(rig, 2, ALERT_CLEARED);
	rig_event(rig, "bed", QUANTITY_BED, 0, DAY0 + H(31)); /* seven in the morning */
	rig_tick(rig, DAY0 + H(40));
	assert_int_equal(rig->count, 2);
	rig_free(rig);
}

static void a_room_is_cold_after_hours_below_and_warm_again_a_degree_above(void **state)
{
	struct rig *rig = rig_new("room_cold");

	(void)state;
	rig_event(rig, "t-out", QUANTITY_TEMPERATURE, -5, DAY0 + H(1));
	rig_event(rig, "t-1", QUANTITY_TEMPERATURE, 12, DAY0 + H(1));
	rig_event(rig, "t-1", QUANTITY_TEMPERATURE, 9.5, DAY0 + H(2)); /* and nothing more: it holds */
	rig_tick(rig, DAY0 + H(5));
	assert_int_equal(rig->count, 0);
	rig_tick(rig, DAY0 + H(6) + 1);
	const struct alert *a = only(rig, 1, ALERT_RAISED);
	assert_string_equal(a->reason_en, "a room has been colder than 10 degrees for 3 h (9.5) (still learning)");
	rig_event(rig, "t-1", QUANTITY_TEMPERATURE, 10.5, DAY0 + H(7));
	rig_tick(rig, DAY0 + H(7) + 1);
	assert_int_equal(rig->count, 1);
	rig_event(rig, "t-1", QUANTITY_TEMPERATURE, 11, DAY0 + H(8));
	rig_tick(rig, DAY0 + H(8) + 1);
	(void)only(rig, 2, ALERT_CLEARED);
	rig_free(rig);
}

static void a_room_is_hot_and_a_meter_is_no_room(void **state)
{
	struct rig *rig = rig_new("room_hot");

	(void)state;
	step(rig, QUANTITY_ENERGY_TOTAL, 10, DAY0, DAY0 + H(1));
	rig_event(rig, "meter", QUANTITY_TEMPERATURE, 55, DAY0 + H(1));
	rig_tick(rig, DAY0 + H(9));
	assert_int_equal(rig->count, 0);
	rig_event(rig, "t-1", QUANTITY_TEMPERATURE, 36, DAY0 + H(9));
	rig_tick(rig, DAY0 + H(14));
	(void)only(rig, 1, ALERT_RAISED);
	rig_free(rig);
}

/* ---- decline ---- */

static void signs(struct rig *rig, int day, int first, int last)
{
	for (int hour = first; hour < last; hour++)
		rig_event(rig, "btn", QUANTITY_BUTTON, 1, DAY0 + H(day * 24 + hour) + M(10));
}

static void a_decline_is_a_weekly_note_that_pages_nobody(void **state)
{
	struct rig *rig = rig_new("decline");

	(void)state;
	for (int day = 0; day < 70; day++)
		signs(rig, day, 8, 20 + day % 3);
	assert_int_equal(rig->count, 0);
	for (int day = 70; day < 85; day++)
		signs(rig, day, 10, 16 + day % 2);
	const struct alert *a = only(rig, 1, ALERT_RAISED);
	assert_int_equal(a->level, ALERT_MAINTENANCE);
	assert_int_equal(a->kind, ALERT_RULE);
	assert_int_equal(a->at.ms % H(168), (DAY0 + H(9)) % H(168)); /* a Monday at nine */
	rig_free(rig);
}

/* ---- away, restart, SIGHUP ---- */

static void a_tap_is_found_while_away_and_persons_are_not_missed(void **state)
{
	struct rig *rig = rig_new("water_open_tap");
	struct incident away = {.household = "h-1",
		.state = INCIDENT_RESOLVED,
		.event = INCIDENT_EVENT_RESOLVED,
		.outcome = OUTCOME_AWAY,
		.at = {DAY0 + H(720)}};

	(void)state;
	days(rig, 0, 30);
	assert_int_equal(detector_feed_incident(rig->core, &away), ERR_OK);
	flow(rig, QUANTITY_WATER_TOTAL, 0, 720, 724);
	flow(rig, QUANTITY_WATER_TOTAL, 200, 724, 728);
	rig_tick(rig, DAY0 + H(728) + 1);
	(void)only(rig, 1, ALERT_RAISED);
	rig_free(rig);
	for (int i = 0; i < DETECTOR_RULE_KIND_COUNT; i++) {
		const struct detector_kind *kind = rules_kind((enum detector_rule_kind)i);
		if (!strcmp(kind->name, "left_at_night") || !strcmp(kind->name, "bed_not_back"))
			assert_true(kind->person);
		if (!strcmp(kind->name, "gas_long") || !strcmp(kind->name, "room_cold"))
			assert_false(kind->person);
	}
}

/* A store: the latest of each part. */
struct shelf {
	unsigned count;
	struct detector_state states[8];
};

/* reborn gives the rig a new core with the states of the old. */
static void reborn(struct rig *rig, struct shelf *shelf)
{
	static struct detector_state state;

	while (detector_dirty(rig->core, &state)) {
		unsigned i = 0;
		while (i < shelf->count && strcmp(shelf->states[i].key, state.key) != 0)
			i++;
		assert_true(i < 8);
		shelf->count = i == shelf->count ? i + 1 : shelf->count;
		shelf->states[i] = state;
	}
	detector_destroy(rig->core);
	assert_int_equal(detector_create(&rig->config, &rig->core, NULL), ERR_OK);
	rig_join(rig->core, "h-1");
	devices(rig->core);
	/* Keys are "h-1" and a letter; the cold part comes before the hot one. */
	for (unsigned pass = 0; pass < 2; pass++)
		for (unsigned i = 0; i < shelf->count; i++)
			if ((strchr(shelf->states[i].key, '/') != NULL) == pass)
				assert_int_equal(detector_restore(rig->core, &shelf->states[i]), ERR_OK);
}

static void a_restart_in_the_middle_changes_nothing(void **state)
{
	static const char *const lines[] = {"water_open_tap", "water_drip", "water_nightly"};
	static struct shelf shelf;
	struct rig *straight, *broken;

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		straight = rig_new(lines[i]);
		broken = rig_new(lines[i]);
		shelf.count = 0;
		days(straight, 0, 30);
		days(broken, 0, 30);
		for (int hour = 720; hour < 900; hour++) {
			double litres = hour % 24 < 3 || (hour > 740 && hour < 780) ? 90 : 0;
			reborn(broken, &shelf);
			flow(straight, QUANTITY_WATER_TOTAL, litres, hour, hour + 1);
			flow(broken, QUANTITY_WATER_TOTAL, litres, hour, hour + 1);
		}
		rig_tick(straight, DAY0 + H(900) + 1);
		rig_tick(broken, DAY0 + H(900) + 1);
		assert_true(straight->count >= 1);
		assert_int_equal(straight->count, broken->count);
		for (unsigned k = 0; k < straight->count; k++)
			assert_memory_equal(&straight->alerts[k], &broken->alerts[k], sizeof(struct alert));
		rig_free(straight);
		rig_free(broken);
	}
}

static void other_parameters_are_in_force_at_once_and_forget_nothing(void **state)
{
	struct rig *rig = rig_new("tap water_open_tap litres_h=5000 alarm");

	(void)state;
	days(rig, 0, 30);
	flow(rig, QUANTITY_WATER_TOTAL, 120, 720, 724);
	rig_tick(rig, DAY0 + H(724) + 1);
	assert_int_equal(rig->count, 0);
	rig->config.rule_count = 0;
	rig_rule(&rig->config, "tap water_open_tap litres_h=60 alarm");
	assert_int_equal(detector_configure(rig->core, &rig->config), ERR_OK);
	rig_tick(rig, DAY0 + H(724) + 2);
	(void)only(rig, 1, ALERT_RAISED);
	rig_free(rig);
}

static void a_bent_state_is_refused_at_every_cut(void **state)
{
	struct rig *rig = rig_new("water_open_tap");
	static struct detector_state states[16], cut;
	unsigned count = 0;

	(void)state;
	days(rig, 0, 20);
	while (detector_dirty(rig->core, &states[count]))
		count++;
	for (unsigned i = 0; i < count; i++) {
		for (size_t length = 1; length < states[i].length; length++) {
			cut = states[i];
			cut.length = length;
			(void)!detector_restore(rig->core, &cut);
			rig_tick(rig, DAY0 + H(480) + 2 + (int64_t)length);
		}
	}
	assert_int_equal(rig->count, 0);
	rig_free(rig);
}

/* ---- bad input ---- */

static void bad_input_raises_nothing(void **state)
{
	static const enum quantity quantities[] = {QUANTITY_WATER_TOTAL, QUANTITY_GAS_TOTAL, QUANTITY_ENERGY_TOTAL,
		QUANTITY_POWER, QUANTITY_TEMPERATURE, QUANTITY_CONTACT, QUANTITY_PRESENCE, QUANTITY_BED};
	static const double values[] = {NAN, INFINITY, -INFINITY, -1e300, 1e300, 0};
	struct rig *rig = rig_new("water_open_tap");
	uint64_t dice = 1;

	(void)state;
	rig_rule(&rig->config, "water_drip");
	rig_rule(&rig->config, "gas_long");
	rig_rule(&rig->config, "energy_dead");
	rig_rule(&rig->config, "energy_base_jump");
	assert_int_equal(detector_configure(rig->core, &rig->config), ERR_OK);
	for (int i = 0; i < 20000; i++) {
		dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		int64_t now = DAY0 + M(i * 20), jump = (int64_t)(dice >> 40) * 1000 * (i % 2 ? -100 : 100);
		struct reading r = rig_reading("meter", quantities[(dice >> 20) % 5], values[(dice >> 30) % 6], now);
		r.at.ms = i % 3 ? now - H((double)((dice >> 33) % 500)) : now + jump;
		r.delta = values[(dice >> 35) % 5]; /* none of them is an amount */
		r.since.ms = i % 5 ? r.at.ms + H(1) : r.at.ms - H(1);
		if (r.quantity == QUANTITY_TEMPERATURE || r.quantity == QUANTITY_POWER)
			r.value = NAN;
		if (r.delta > 0)
			r.delta = NAN;
		rig_tick(rig, now);
		assert_int_equal(detector_feed(rig->core, &r), ERR_OK);
	}
	rig_tick(rig, DAY0 + M(20000 * 20));
	assert_int_equal(rig->count, 0);
	rig_free(rig);
}

static void a_day_that_comes_late_teaches_nothing(void **state)
{
	struct anomaly_uses uses = {.kinds = UINT32_C(1) << DETECTOR_RULE_OPEN_TAP, .tap_hours = 1U << 3};
	struct anomaly a;
	struct anomaly_track *t;
	bool learnt;

	(void)state;
	anomaly_init(&a);
	assert_int_equal(anomaly_track_of(&a, 1, QUANTITY_WATER_TOTAL, 0, &t), ERR_OK);
	for (int hour = 1; hour < 24 * 20; hour++)
		assert_int_equal(anomaly_step(t, &uses, H(hour), H(hour + 1), 10, hour + 1, &learnt), ERR_OK);
	double usual = anomaly_usual(&t->rings, ANOMALY_TAP3);
	assert_true(usual == 10);
	for (int hour = 24 * 20; hour < 24 * 30; hour++) /* the clock of the calendar has gone back */
		assert_int_equal(anomaly_step(t, &uses, H(hour), H(hour + 1), 500, hour - 24 * 15, &learnt), ERR_OK);
	assert_true(anomaly_usual(&t->rings, ANOMALY_TAP3) == 10);
	anomaly_fini(&a);
}

/* ---- rules ---- */

static void rules_are_written_with_names_and_checked(void **state)
{
	static const char *const bad[] = {"tap water_open_tap hours=5 alarm", "tap water_open_tap flood=1 alarm",
		"tap water_open_tap litres_h=nan alarm", "tap water_open_tap 3 60 1.5 7 alarm",
		"tap water_open_tap factor=1.5 3 alarm", "tap water_open_tap", "tap water_under litres=5 alarm",
		"note decline alarm", "s silence alarm", "tap water_open_tap hours=2.5 alarm"};
	struct detector_rule rule;
	struct errinfo info;

	(void)state;
	assert_int_equal(rules_parse("tap water_open_tap litres_h=90 attention", &rule, NULL), ERR_OK);
	assert_true(rule.values[0] == 3 && rule.values[1] == 90 && rule.values[2] == 1.5);
	assert_int_equal(rules_parse("tap water_open_tap 2 80 factor=2 alarm", &rule, NULL), ERR_OK);
	assert_true(rule.values[0] == 2 && rule.values[1] == 80 && rule.values[2] == 2);
	assert_int_equal(rules_parse("note decline maintenance", &rule, NULL), ERR_OK);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		info = (struct errinfo){0};
		assert_int_equal(rules_parse(bad[i], &rule, &info), ERR_INVALID);
		assert_true(info.text[0]);
	}
	assert_int_equal(rules_preset("water_under", &rule, NULL), ERR_NOT_FOUND); /* its values must be given */
}

/* The document has every kind with its parameters and values. */
static void the_table_of_kinds_is_the_codes(void **state)
{
	FILE *file = fopen("docs/detector.md", "re");
	static char text[65536];

	(void)state;
	assert_non_null(file);
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	fclose(file);
	for (int i = 0; i < DETECTOR_RULE_KIND_COUNT; i++) {
		const struct detector_kind *kind = rules_kind((enum detector_rule_kind)i);
		char cell[256];
		size_t at = 0;
		snprintf(cell, sizeof cell, "`%s`", kind->name);
		assert_non_null(strstr(text, cell));
		if (i < DETECTOR_RULE_OPEN_TAP)
			continue;
		at = (size_t)snprintf(cell, sizeof cell, "| `%s` | %s | ", kind->name, alert_level_name(kind->level));
		for (unsigned p = 0; kind->params[p].name; p++)
			at += (size_t)snprintf(cell + at, sizeof cell - at, "%s%s %g (%g..%g)", p ? ", " : "",
				kind->params[p].name, kind->params[p].standard, kind->params[p].least,
				kind->params[p].most);
		if (!strstr(text, cell))
			fail_msg("docs/detector.md lacks: %s", cell);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_door_that_stands_open_is_found_and_a_window_is_not),
		cmocka_unit_test(a_door_open_in_the_evening_is_found_when_night_has_lasted),
		cmocka_unit_test(leaving_at_night_without_a_sign_inside_is_an_alarm),
		cmocka_unit_test(leaving_at_night_is_not_judged_where_nothing_inside_can_tell),
		cmocka_unit_test(a_long_stay_in_the_bathroom_is_found_by_presence),
		cmocka_unit_test(a_long_stay_by_motion_is_judged_when_the_homes_stays_are_known),
		cmocka_unit_test(out_of_bed_and_not_back_waits_for_signs_elsewhere),
		cmocka_unit_test(a_room_is_cold_after_hours_below_and_warm_again_a_degree_above),
		cmocka_unit_test(a_room_is_hot_and_a_meter_is_no_room),
		cmocka_unit_test(a_decline_is_a_weekly_note_that_pages_nobody),
		cmocka_unit_test(a_tap_is_found_while_away_and_persons_are_not_missed),
		cmocka_unit_test(a_restart_in_the_middle_changes_nothing),
		cmocka_unit_test(other_parameters_are_in_force_at_once_and_forget_nothing),
		cmocka_unit_test(a_bent_state_is_refused_at_every_cut),
		cmocka_unit_test(bad_input_raises_nothing),
		cmocka_unit_test(a_day_that_comes_late_teaches_nothing),
		cmocka_unit_test(rules_are_written_with_names_and_checked),
		cmocka_unit_test(the_table_of_kinds_is_the_codes),
	};

	return cmocka_run_group_tests(tests, rig_open_zone, rig_close_zone);
}
