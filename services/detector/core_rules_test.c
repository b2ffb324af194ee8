/* SPDX-License-Identifier: MIT
 *
 * The rules in use elsewhere, and how they are read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "detector/rig.h"

static void too_little_water_is_found_and_ends(void **state)
{
	struct detector_config config = rig_config_of("water_changning");
	struct rig *rig = rig_open(&config);

	(void)state;
	rig_hours(rig, 20, DAY0 + H(24));
	rig_hours(rig, 0, DAY0 + H(34));
	rig_water(rig, 9.9, DAY0 + H(35));
	rig_hours(rig, 0, DAY0 + H(36));
	rig_tick(rig, DAY0 + H(36) + 1);
	assert_int_equal(rig->count, 0); /* the hour that runs along still holds 20 l */
	rig_hours(rig, 0, DAY0 + H(37));
	rig_tick(rig, DAY0 + H(37) + 1);
	assert_int_equal(rig->count, 1);
	assert_string_equal(rig_last(rig)->rule, "water_changning");
	assert_string_equal(rig_last(rig)->reason_en, "less than 10 l of water in 12 h (9.9 l) (still learning)");
	rig_water(rig, 0.1, DAY0 + H(38)); /* exactly 10 l */
	rig_tick(rig, DAY0 + H(38) + 1);
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig_last(rig)->state, ALERT_CLEARED);
	assert_string_equal(rig_last(rig)->reason_en, "water at 14:00");
	rig_free(rig);
}

static void up_to_includes_the_limit(void **state)
{
	struct detector_config config = rig_config_of("water_haishu");
	struct rig *rig = rig_open(&config);

	(void)state;
	rig_hours(rig, 20, DAY0 + H(24));
	rig_water(rig, 8, DAY0 + H(25));
	rig_hours(rig, 0, DAY0 + H(49));
	rig_tick(rig, DAY0 + H(49) + 1);
	assert_int_equal(rig->count, 1);
	rig_free(rig);
}

static void too_little_water_is_not_said_of_what_was_not_seen(void **state)
{
	struct detector_config config = rig_config_of("water_changning");
	struct rig *rig = rig_open(&config);

	(void)state;
	rig->meter_ms = DAY0;
	rig_hours(rig, 0, DAY0 + H(11)); /* the meter is new: eleven hours are known */
	rig_tick(rig, DAY0 + H(11) + 1);
	assert_int_equal(rig->count, 0);
	rig_hours(rig, 0, DAY0 + H(12));
	rig_tick(rig, DAY0 + H(12) + 1);
	assert_int_equal(rig->count, 1);
	rig_free(rig);
}

static void too_much_water_is_an_attention(void **state)
{
	struct detector_config config = rig_config_of("water_over_liaocheng");
	struct rig *rig = rig_open(&config);

	(void)state;
	rig_hours(rig, 41, DAY0 + H(24)); /* 984 l */
	rig_tick(rig, DAY0 + H(24) + 1);
	assert_int_equal(rig->count, 0);
	rig_hours(rig, 42, DAY0 + H(48)); /* 1008 l */
	rig_tick(rig, DAY0 + H(48) + 1);
	assert_int_equal(rig->count, 1);
	assert_int_equal(rig_last(rig)->kind, ALERT_RULE);
	assert_int_equal(rig_last(rig)->level, ALERT_ATTENTION);
	rig_hours(rig, 10, DAY0 + H(50));
	rig_tick(rig, DAY0 + H(50) + 1);
	assert_int_equal(rig->count, 2);
	assert_string_equal(rig_last(rig)->reason_en, "water is within the limit again");
	rig_free(rig);
}

static void a_door_that_stays_shut_is_found_and_opens(void **state)
{
	struct detector_config config = rig_config_of("door_changning");
	struct rig *rig = rig_open(&config);

	(void)state;
	rig_event(rig, "d-1", QUANTITY_CONTACT, 0, DAY0);
	rig_event(rig, "d-1", QUANTITY_CONTACT, 1, DAY0 + H(1));
	rig_event(rig, "d-1", QUANTITY_CONTACT, 0, DAY0 + H(2)); /* it closes: not an opening */
	rig_tick(rig, DAY0 + H(25));
	assert_int_equal(rig->count, 0);
	rig_tick(rig, DAY0 + H(25) + 1);
	assert_int_equal(rig->count, 1);
	assert_string_equal(
		rig_last(rig)->reason_en, "no door since 01:00 yesterday; silent for 24 h (still learning)");
	rig_event(rig, "d-1", QUANTITY_CONTACT, 1, DAY0 + H(26));
	rig_tick(rig, DAY0 + H(26) + 1);
	assert_int_equal(rig->count, 2);
	assert_string_equal(rig_last(rig)->reason_en, "door at 02:00");
	rig_free(rig);
}

static void no_motion_for_a_day_is_found_and_one_firing_ends_it(void **state)
{
	struct detector_config config = rig_config_of("motion_changning");
	struct rig *rig = rig_open(&config);

	(void)state;
	rig_event(rig, "m-1", QUANTITY_MOTION, 1, DAY0);
	rig_tick(rig, DAY0 + H(24) + 1);
	assert_int_equal(rig->count, 1);
	rig_event(rig, "m-1", QUANTITY_MOTION, 1, DAY0 + H(30));
	rig_tick(rig, DAY0 + H(30) + 1);
	assert_int_equal(rig->count, 2);
	assert_int_equal(rig_last(rig)->state, ALERT_CLEARED);
	rig_free(rig);
}

static void new_rules_keep_what_is_open_and_drop_what_is_gone(void **state)
{
	struct detector_config config = rig_config_of("silence_fixed");
	struct rig *rig;

	(void)state;
	rig_rule(&config, "water_changning");
	rig = rig_open(&config);
	rig_live_long(rig);
	unsigned before = rig->count;
	rig_hours(rig, 0, RIG_OLD + H(12));
	rig_tick(rig, RIG_OLD + H(12) + 1);
	assert_int_equal(rig->count - before, 3); /* attention, too little water, alarm */
	char id[ID_BYTES];
	memcpy(id, rig->alerts[0].id, sizeof id);
	config.rule_count = 0;
	rig_rule(&config, "door_changning");
	rig_rule(&config, "silence_fixed");
	assert_int_equal(detector_configure(rig->core, &config), ERR_OK);
	rig_hours(rig, 0, RIG_OLD + H(13));
	rig_tick(rig, RIG_OLD + H(13) + 1);
	assert_int_equal(rig->count - before, 4);
	assert_string_equal(rig_last(rig)->rule, "water_changning");
	assert_string_equal(rig_last(rig)->reason_en, "the rule is switched off");
	rig_water(rig, 20, RIG_OLD + H(14));
	rig_tick(rig, RIG_OLD + H(14) + 1);
	assert_string_equal(rig_last(rig)->id, id);
	assert_int_equal(rig_last(rig)->revision, 3);
	rig_free(rig);
}

static void rules_are_read_or_refused_with_the_fix(void **state)
{
	static const char *const bad[] = {"", "low", "low water_under 10 12", "low water_under x 12 alarm",
		"low water_under 10 0 alarm", "low water_under 10 49 alarm", "low water_under 10 1.5 alarm",
		"low water_under 10 12 life", "low door 24", "low door 10 24 alarm", "l/w door 24 alarm",
		"low flood 10 12 alarm", "low water_under nan 12 alarm", "low water_under 10 12 alarm more"};
	struct detector_rule rule;
	struct errinfo info = {0};

	(void)state;
	assert_int_equal(rules_parse("low water_under 15.5 24 attention", &rule, NULL), ERR_OK);
	assert_string_equal(rule.name, "low");
	assert_true(rule.values[0] == 15.5 && rules_ms(&rule, 1) == H(24) && rule.level == ALERT_ATTENTION);
	assert_int_equal(rules_parse("shut door 48 alarm", &rule, NULL), ERR_OK);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		info = (struct errinfo){0};
		assert_int_equal(rules_parse(bad[i], &rule, &info), ERR_INVALID);
		assert_true(info.text[0]);
	}
}

static void a_wrong_rule_is_told_what_was_meant_and_what_may_be(void **state)
{
	static const char *const bad[][2] = {{"tap watr_open_tap alarm", "did you mean \"water_open_tap\""},
		{"tap water_open_tap litre_h=90 alarm", "did you mean \"litres_h\""},
		{"tap water_open_tap litres_h=9 alarm", "litres_h must be a number from 10 to 5000 l/h, not \"9\""},
		{"tap water_open_tap 2.5 alarm", "hours must be a whole number from 2 to 4 h, not \"2.5\""},
		{"tap water_open_tap zzzzz=9 alarm", "it takes hours=2..4 h litres_h=10..5000 l/h factor=1..10"},
		{"low water_under 10 alarm", "hours is missing; it takes litres=0..1e+06 l hours=1..48 h"},
		{"low water_under 10 12 loud", "it ends with alarm or attention"},
		{"s silence_fixed alarm", "rules.use"}, {"x nothinglikeit alarm", "--check prints all"}};
	static const char *const presets[][2] = {{"silense", "did you mean \"silence\""},
		{"water_haishou", "did you mean \"water_haishu\""}, {"nothinglikeit", "--check prints all"},
		{"water_under", "rules.own"}};
	struct detector_rule rule;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct errinfo info = {0};
		assert_int_equal(rules_parse(bad[i][0], &rule, &info), ERR_INVALID);
		if (!strstr(info.text, bad[i][1]))
			fail_msg("%s: %s", bad[i][0], info.text);
	}
	for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
		struct errinfo info = {0};
		assert_int_equal(rules_preset(presets[i][0], &rule, &info), ERR_NOT_FOUND);
		if (!strstr(info.text, presets[i][1]))
			fail_msg("%s: %s", presets[i][0], info.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(too_little_water_is_found_and_ends),
		cmocka_unit_test(up_to_includes_the_limit),
		cmocka_unit_test(too_little_water_is_not_said_of_what_was_not_seen),
		cmocka_unit_test(too_much_water_is_an_attention),
		cmocka_unit_test(a_door_that_stays_shut_is_found_and_opens),
		cmocka_unit_test(no_motion_for_a_day_is_found_and_one_firing_ends_it),
		cmocka_unit_test(new_rules_keep_what_is_open_and_drop_what_is_gone),
		cmocka_unit_test(rules_are_read_or_refused_with_the_fix),
		cmocka_unit_test(a_wrong_rule_is_told_what_was_meant_and_what_may_be),
	};

	return cmocka_run_group_tests(tests, rig_open_zone, rig_close_zone);
}
