/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "detector/rig.h"

#define DAYS 30
#define OLD (DAY0 + DAYS * H(24))

static struct detector_config config_of(void)
{
	struct detector_config config = rig_config();

	config.limits = (struct detector_limits){.learning_ms = 14 * H(24)};
	config.homes_max = 200;
	rig_rule(&config, "silence");
	rig_rule(&config, "channel_fault");
	return config;
}

static struct rig *rig_of(const struct detector_config *config)
{
	struct rig *rig = rig_open(config);

	rig->ticks = true;
	return rig;
}

/* waking: hours with water; with motion somebody moves six minutes before the end of each. */
static void waking(struct rig *rig, bool motion, int64_t until)
{
	while (rig->meter_ms + H(1) <= until) {
		int64_t at = rig->meter_ms + H(1);
		for (int i = 2; i >= 0 && motion; i--)
			rig_event(rig, "m-1", QUANTITY_MOTION, 1, at - H(0.1) - i * 20000);
		rig_water(rig, 20, at);
	}
}

/* lived: a month of a regular life, then a morning without one. */
static struct rig *lived(const struct detector_config *config, bool motion)
{
	struct rig *rig = rig_of(config);

	for (int day = 0; day < DAYS; day++) {
		rig_hours(rig, 0, DAY0 + day * H(24) + H(7));
		waking(rig, motion, DAY0 + day * H(24) + H(22));
		rig_hours(rig, 0, DAY0 + (day + 1) * H(24));
	}
	rig_hours(rig, 0, OLD + H(12));
	rig_tick(rig, OLD + H(12));
	return rig;
}

static enum err tell(struct rig *rig, const char *id, enum outcome outcome, enum found found, int64_t at)
{
	struct incident incident = {.revision = 4,
		.household = "h-1",
		.state = INCIDENT_RESOLVED,
		.event = INCIDENT_EVENT_RESOLVED,
		.kind = ALERT_SILENCE,
		.level = ALERT_ALARM,
		.opened = {at - H(0.5)},
		.at = {at},
		.outcome = outcome,
		.found = found};

	text_cut(incident.id, sizeof incident.id, id);
	return detector_feed_incident(rig->core, &incident);
}

static const struct detector_habit_view *view_of(struct rig *rig)
{
	static struct detector_habit_view view;

	assert_int_equal(detector_habit(rig->core, "h-1", &view), ERR_OK);
	return &view;
}

static const struct detector_lesson *lesson(struct rig *rig)
{
	const struct detector_habit_view *view = view_of(rig);

	assert_true(view->lesson_count > 0);
	return &view->lessons[view->lesson_count - 1];
}

static void each_finding_moves_what_the_document_says(void **state)
{
	static const struct {
		enum outcome outcome;
		enum found found;
		double lean;
		int pooled;
		bool away;
	} rows[] = {{OUTCOME_FALSE_ALARM, FOUND_NONE, 0.875, 1, false},
		{OUTCOME_FALSE_ALARM, FOUND_SLEPT_IN, 0.875, 1, false},
		{OUTCOME_FALSE_ALARM, FOUND_VISITOR, 0.875, 1, false},
		{OUTCOME_FALSE_ALARM, FOUND_OTHER, 0.875, 1, false},
		{OUTCOME_FALSE_ALARM, FOUND_WAS_AWAY, 0.9354, 0, true}, {OUTCOME_AWAY, FOUND_NONE, 0.9354, 0, true},
		{OUTCOME_AWAY, FOUND_WAS_AWAY, 0.9354, 0, true}, {OUTCOME_FALSE_ALARM, FOUND_SENSOR_FAULT, 1, 0, false},
		{OUTCOME_HELPED, FOUND_NONE, 1.1429, -1, false}, {OUTCOME_HELPED, FOUND_FALLEN, 1.1429, -1, false},
		{OUTCOME_HELPED, FOUND_ILL, 1.1429, -1, false}, {OUTCOME_HELPED, FOUND_DIED, 1.1429, -1, false},
		{OUTCOME_HELPED, FOUND_OTHER, 1.1429, -1, false}, {OUTCOME_AMBULANCE, FOUND_FALLEN, 1.1429, -1, true}};
	struct detector_config config = config_of();

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct rig *rig = lived(&config, false);
		assert_int_equal(tell(rig, "i-1", rows[i].outcome, rows[i].found, OLD + H(12)), ERR_OK);
		const struct detector_lesson *l = lesson(rig);
		assert_string_equal(l->incident, "i-1");
		assert_int_equal(l->at.ms, OLD + H(12));
		assert_int_equal(l->outcome, rows[i].outcome);
		assert_int_equal(l->found, rows[i].found);
		assert_float_equal(l->lean_before, 1, 1e-4);
		assert_float_equal(l->lean, rows[i].lean, 1e-4);
		assert_int_equal((l->pooled > l->pooled_before) - (l->pooled < l->pooled_before), rows[i].pooled);
		assert_int_equal(view_of(rig)->mode == DETECTOR_AWAY, rows[i].away);
		assert_float_equal(view_of(rig)->sets[0].lean, rows[i].lean, 1e-4);
		rig_free(rig);
	}
}

static void no_number_of_outcomes_silences_a_home(void **state)
{
	struct detector_config config = config_of();
	struct rig *rig = lived(&config, false);
	char id[16];

	(void)state;
	for (int i = 0; i < 500; i++) {
		snprintf(id, sizeof id, "i-%d", i);
		assert_int_equal(tell(rig, id, OUTCOME_FALSE_ALARM, FOUND_SLEPT_IN, OLD + H(12)), ERR_OK);
	}
	assert_float_equal(view_of(rig)->sets[0].lean, 0.5, 1e-6);
	assert_true(view_of(rig)->pooled <= 1.25);
	assert_int_equal(view_of(rig)->lesson_count, DETECTOR_LESSONS_MAX);
	assert_string_equal(lesson(rig)->incident, "i-499");
	assert_string_equal(view_of(rig)->lessons[0].incident, "i-492");
	rig_tick(rig, OLD + H(12) + 1);
	unsigned before = rig->count;
	rig_hours(rig, 0, OLD + H(37));
	rig_tick(rig, OLD + H(37));
	assert_true(rig->count > before);
	assert_int_equal(rig->alerts[before].state, ALERT_RAISED);
	assert_int_equal(rig->alerts[rig->count - 1].level, ALERT_ALARM); /* within the ceiling */
	rig_free(rig);
}

static void floors_and_steps_are_the_configuration_s(void **state)
{
	struct detector_config config = config_of();

	(void)state;
	config.feedback = detector_feedback_default();
	config.feedback.step = 0.5;
	config.feedback.least = 0.3;
	config.feedback.most = 1.5;
	struct rig *rig = lived(&config, false);
	assert_int_equal(tell(rig, "i-1", OUTCOME_FALSE_ALARM, FOUND_NONE, OLD + H(12)), ERR_OK);
	assert_float_equal(view_of(rig)->sets[0].lean, 0.5, 1e-6);
	assert_int_equal(tell(rig, "i-2", OUTCOME_FALSE_ALARM, FOUND_NONE, OLD + H(12)), ERR_OK);
	assert_float_equal(view_of(rig)->sets[0].lean, 0.3, 1e-6);
	for (int i = 0; i < 5; i++)
		assert_int_equal(tell(rig, "i-3", OUTCOME_HELPED, FOUND_FALLEN, OLD + H(12)), ERR_OK);
	assert_float_equal(view_of(rig)->sets[0].lean, 1.5, 1e-6);
	rig_free(rig);
}

static void outcomes_of_other_incidents_are_kept_and_move_nothing(void **state)
{
	struct detector_config config = config_of();
	struct rig *rig = lived(&config, false);
	struct incident sos = {.id = "i-1",
		.household = "h-1",
		.state = INCIDENT_RESOLVED,
		.event = INCIDENT_EVENT_RESOLVED,
		.kind = ALERT_SOS,
		.at = {OLD + H(12)},
		.outcome = OUTCOME_FALSE_ALARM};

	(void)state;
	assert_int_equal(detector_feed_incident(rig->core, &sos), ERR_OK);
	assert_string_equal(lesson(rig)->incident, "i-1");
	assert_float_equal(lesson(rig)->lean, 1, 1e-6);
	assert_float_equal(lesson(rig)->pooled, 1, 1e-6);
	rig_free(rig);
}

/* ---- doubt ---- */

static const struct alert *fault(const struct rig *rig)
{
	for (unsigned i = rig->count; i-- > 0;)
		if (!strcmp(rig->alerts[i].rule, "channel_fault"))
			return &rig->alerts[i];
	return NULL;
}

static void a_channel_at_fault_is_left_out_while_another_tells(void **state)
{
	struct detector_config config = config_of();
	struct rig *rig = lived(&config, true);

	(void)state;
	/* She is up and about, the motion sensor says; the water meter stands still. */
	for (int h = 13; h <= 20; h++)
		for (int i = 2; i >= 0; i--)
			rig_event(rig, "m-1", QUANTITY_MOTION, 1, OLD + H(h) - i * 20000);
	rig_hours(rig, 0, OLD + H(21));
	assert_int_equal(tell(rig, "i-1", OUTCOME_FALSE_ALARM, FOUND_SENSOR_FAULT, OLD + H(21)), ERR_OK);
	assert_int_equal(lesson(rig)->doubted, QUANTITY_WATER_TOTAL);
	rig_tick(rig, OLD + H(21.1));
	assert_non_null(fault(rig));
	assert_int_equal(fault(rig)->level, ALERT_MAINTENANCE);
	assert_int_equal(fault(rig)->kind, ALERT_DEVICE);
	assert_string_equal(fault(rig)->reason_en,
		"water is said to be at fault since 21:00; it is left out while another "
		"channel tells; mend it");
	assert_true(view_of(rig)->blind >> QUANTITY_WATER_TOTAL & 1);
	assert_true(view_of(rig)->looked_at >> QUANTITY_MOTION & 1);
	rig_hours(rig, 20, OLD + H(23)); /* it tells again */
	rig_tick(rig, OLD + H(23) + 1);
	assert_int_equal(fault(rig)->state, ALERT_CLEARED);
	assert_false(view_of(rig)->blind >> QUANTITY_WATER_TOTAL & 1);
	rig_free(rig);
}

static void the_last_channel_is_believed_whatever_is_said_of_it(void **state)
{
	struct detector_config config = config_of();
	struct rig *rig = lived(&config, false);

	(void)state;
	assert_int_equal(tell(rig, "i-1", OUTCOME_FALSE_ALARM, FOUND_SENSOR_FAULT, OLD + H(12)), ERR_OK);
	assert_int_equal(lesson(rig)->doubted, QUANTITY_WATER_TOTAL);
	rig_tick(rig, OLD + H(12.1));
	assert_int_equal(fault(rig)->state, ALERT_RAISED);
	assert_false(view_of(rig)->blind >> QUANTITY_WATER_TOTAL & 1);
	unsigned before = rig->count;
	rig_hours(rig, 0, OLD + H(37));
	rig_tick(rig, OLD + H(37));
	assert_true(rig->count > before);
	assert_string_equal(rig->alerts[before].rule, "silence");
	rig_free(rig);
}

static void doubt_ends_by_itself(void **state)
{
	struct detector_config config = config_of();
	struct rig *rig = lived(&config, true);

	(void)state;
	for (int i = 2; i >= 0; i--)
		rig_event(rig, "m-1", QUANTITY_MOTION, 1, OLD + H(12.1) - i * 20000);
	assert_int_equal(tell(rig, "i-1", OUTCOME_FALSE_ALARM, FOUND_SENSOR_FAULT, OLD + H(12.2)), ERR_OK);
	assert_int_equal(lesson(rig)->doubted, QUANTITY_WATER_TOTAL);
	for (int h = 13; h <= 24 * 7 + 13; h++) {
		for (int i = 2; i >= 0; i--)
			rig_event(rig, "m-1", QUANTITY_MOTION, 1, OLD + H(h) - H(0.5) - i * 20000);
		rig_hours(rig, 0, OLD + H(h));
		if (h == 24 * 7 + 11)
			assert_true(fault(rig)->state == ALERT_RAISED);
	}
	assert_int_equal(fault(rig)->state, ALERT_CLEARED);
	rig_free(rig);
}

/* ---- the population ---- */

static void the_population_follows_all_homes_and_is_stored(void **state)
{
	struct detector_config config = config_of();
	struct rig *rig = rig_of(&config), *other;
	static struct detector_state part;
	char id[16];
	bool stored = false;

	(void)state;
	for (int i = 2; i <= 100; i++) {
		snprintf(id, sizeof id, "h-%d", i);
		rig_join(rig->core, id);
	}
	rig_hours(rig, 20, DAY0 + H(12));
	for (int i = 0; i < 100; i++)
		assert_int_equal(tell(rig, "i-1", OUTCOME_FALSE_ALARM, FOUND_NONE, DAY0 + H(12)), ERR_OK);
	double pooled = view_of(rig)->pooled;
	assert_true(pooled > 1.04 && pooled < 1.06); /* as many outcomes as homes: by a twentieth */
	other = rig_of(&config);
	while (detector_dirty(rig->core, &part)) {
		if (strcmp(part.key, "*") != 0)
			continue;
		stored = true;
		assert_int_equal(part.slot, detector_slot(rig->core, "*"));
		assert_int_equal(detector_restore(other->core, &part), ERR_OK);
	}
	assert_true(stored);
	assert_true(view_of(other)->pooled == pooled);
	assert_int_equal(detector_refresh(rig->core, 0), ERR_OK);
	assert_true(detector_dirty(rig->core, &part));
	assert_string_equal(part.key, "*");
	part.blob[3] ^= 4;
	assert_int_equal(detector_restore(other->core, &part), ERR_CORRUPT);
	assert_true(view_of(other)->pooled == pooled);
	rig_free(other);
	rig_free(rig);
}

static void what_was_found_is_kept_over_a_restart(void **state)
{
	struct detector_config config = config_of();
	struct rig *rig = lived(&config, true), *other = rig_of(&config);

	(void)state;
	assert_int_equal(tell(rig, "i-7", OUTCOME_FALSE_ALARM, FOUND_SENSOR_FAULT, OLD + H(12)), ERR_OK);
	assert_int_equal(tell(rig, "i-8", OUTCOME_FALSE_ALARM, FOUND_SLEPT_IN, OLD + H(12.5)), ERR_OK);
	rig_save(rig->core, other->core);
	rig_tick(other, OLD + H(12.6));
	assert_int_equal(view_of(other)->lesson_count, 2);
	assert_string_equal(lesson(other)->incident, "i-8");
	assert_float_equal(view_of(other)->sets[0].lean, 0.875, 1e-6);
	assert_true(view_of(other)->lessons[0].doubted < QUANTITY_COUNT);
	assert_true(view_of(other)->blind != 0);
	rig_free(other);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_finding_moves_what_the_document_says),
		cmocka_unit_test(no_number_of_outcomes_silences_a_home),
		cmocka_unit_test(floors_and_steps_are_the_configuration_s),
		cmocka_unit_test(outcomes_of_other_incidents_are_kept_and_move_nothing),
		cmocka_unit_test(a_channel_at_fault_is_left_out_while_another_tells),
		cmocka_unit_test(the_last_channel_is_believed_whatever_is_said_of_it),
		cmocka_unit_test(doubt_ends_by_itself),
		cmocka_unit_test(the_population_follows_all_homes_and_is_stored),
		cmocka_unit_test(what_was_found_is_kept_over_a_restart),
	};
	return cmocka_run_group_tests(tests, rig_open_zone, rig_close_zone);
}
