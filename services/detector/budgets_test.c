/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "detector/budgets.h"

#define HOUR(n) ((int64_t)(n)*MS_PER_HOUR)
#define DAY0 INT64_C(1772380800000) /* a Monday, midnight in Shanghai */
#define DAYS 40

static const struct detector_budget standard = {
	.attention_per_month = 4, .alarm_per_month = 1, .floor_ms = HOUR(3), .ceiling_ms = HOUR(24)};
static struct zone *zone;

static void a_budget_is_read_or_refused_with_the_fix(void **state)
{
	static const char *const bad[][2] = {{"", "write COMMUNITY KEY=VALUE"}, {"c/west floor=3h", "write COMMUNITY"},
		{"c-west", "what is its budget"}, {"c-west flor=3h", "did you mean \"floor\""},
		{"c-west floor", "did you mean \"floor\""}, {"c-west colour=red", "there are attention_per_month"},
		{"c-west floor=3", "c-west: floor must be a duration from 1h to 24h, not \"3\""},
		{"c-west floor=30m", "from 1h to 24h"}, {"c-west ceiling=5d", "from 1h to 96h"},
		{"c-west alarm_per_month=0", "a number from 0.05 to 30"},
		{"c-west alarm_per_month=nan", "a number from 0.05 to 30"},
		{"c-west alarm_per_month=5", "c-west: attention_per_month must not be less than"},
		{"c-west floor=10h ceiling=9h", "floor must not be longer than"}};
	struct detector_community c;
	static struct detector_config config;

	(void)state;
	assert_int_equal(budgets_parse("c-west attention_per_month=3 alarm_per_month=0.5 floor=150m ceiling=1d",
				 &standard, &c, NULL),
		ERR_OK);
	assert_string_equal(c.id, "c-west");
	assert_true(c.budget.attention_per_month == 3 && c.budget.alarm_per_month == 0.5 &&
		    c.budget.floor_ms == 150 * MS_PER_MINUTE && c.budget.ceiling_ms == HOUR(24));
	assert_int_equal(budgets_parse("c-west ceiling=20h", &standard, &c, NULL), ERR_OK);
	assert_true(
		c.budget.attention_per_month == 4 && c.budget.floor_ms == HOUR(3) && c.budget.ceiling_ms == HOUR(20));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct errinfo info = {0};
		assert_int_not_equal(budgets_parse(bad[i][0], &standard, &c, &info), ERR_OK);
		if (!strstr(info.text, bad[i][1]))
			fail_msg("%s: %s", bad[i][0], info.text);
	}
	assert_int_equal(budgets_add(&config, &c, NULL), ERR_OK);
	assert_int_equal(budgets_add(&config, &c, NULL), ERR_EXISTS);
	for (unsigned i = 1; i < DETECTOR_COMMUNITIES_MAX; i++) {
		snprintf(c.id, sizeof c.id, "c-%u", i);
		assert_int_equal(budgets_add(&config, &c, NULL), ERR_OK);
	}
	text_cut(c.id, sizeof c.id, "c-more");
	assert_int_equal(budgets_add(&config, &c, NULL), ERR_FULL);
}

/* ---- in the core ---- */

static void join(struct detector_core *core, const char *home, const char *community)
{
	struct entry entry = {.kind = ENTRY_HOUSEHOLD, .seq = 1, .body.household.persons = 2};

	text_cut(entry.key, sizeof entry.key, home);
	text_cut(entry.body.household.community, sizeof entry.body.household.community, community);
	assert_int_equal(detector_entry(core, &entry), ERR_OK);
	entry.kind = ENTRY_CONSENT;
	entry.body.consent.quantities = UINT64_MAX;
	entry.body.consent.from = entry.body.consent.until = WALL_NONE;
	assert_int_equal(detector_entry(core, &entry), ERR_OK);
}

static struct detector_config config_of(const char *const lines[2])
{
	struct detector_config config = {.zone = zone,
		.budget = standard,
		.meter_fresh_ms = 135 * MS_PER_MINUTE,
		.device_quiet_ms = HOUR(48),
		.ordered = true,
		.homes_max = 10};
	struct detector_community c;

	assert_int_equal(rules_preset("silence", &config.rules[config.rule_count++], NULL), ERR_OK);
	for (unsigned i = 0; i < 2 && lines[i]; i++) {
		assert_int_equal(budgets_parse(lines[i], &standard, &c, NULL), ERR_OK);
		assert_int_equal(budgets_add(&config, &c, NULL), ERR_OK);
	}
	return config;
}

static void live(struct detector_core *core, const char *const homes[3])
{
	struct detector_effects out;

	for (int h = 1; h <= DAYS * 24; h++) {
		for (unsigned i = 0; i < 3; i++) {
			bool up = h % 24 >= 7 && h % 24 <= 22 && h * 7 % 5;
			struct reading r = {.device = "w",
				.quantity = QUANTITY_WATER_TOTAL,
				.value = h,
				.delta = up ? 12 : 0,
				.since = {DAY0 + HOUR(h - 1)},
				.at = {DAY0 + HOUR(h)},
				.received = {DAY0 + HOUR(h)}};
			text_cut(r.household, sizeof r.household, homes[i]);
			assert_int_equal(detector_feed(core, &r), ERR_OK);
		}
		do
			assert_int_equal(detector_tick(core, (struct wall){DAY0 + HOUR(h)}, &out), ERR_OK);
		while (out.count == DETECTOR_EFFECTS_MAX);
	}
}

static const struct detector_habit_view *view_of(struct detector_core *core, const char *home)
{
	static struct detector_habit_view view;

	assert_int_equal(detector_habit(core, home, &view), ERR_OK);
	assert_int_equal(view.set_count, 1);
	return &view;
}

/* least gives the shortest alarm limit of a home's workday, in hours. */
static double least(struct detector_core *core, const char *home)
{
	const struct detector_habit_view *view = view_of(core, home);
	int64_t least = INT64_MAX;

	for (unsigned h = 0; h < HABIT_HOURS; h++)
		if (view->sets[0].limits_ms[HABIT_WORKDAY][h][HABIT_ALARM] < least)
			least = view->sets[0].limits_ms[HABIT_WORKDAY][h][HABIT_ALARM];
	return (double)least / MS_PER_HOUR;
}

static void each_community_has_its_own_budget_and_the_others_the_districts(void **state)
{
	static const char *const homes[3] = {"h-west", "h-east", "h-else"};
	static const char *const lines[2] = {"c-west floor=9h", "c-east attention_per_month=20 alarm_per_month=10"};
	static const char *const later[2] = {"c-east floor=11h", NULL};
	struct detector_config config = config_of(lines), fresh = config_of(later);
	struct detector_core *core, *other;
	static struct detector_state part;

	(void)state;
	assert_int_equal(detector_create(&config, &core, NULL), ERR_OK);
	assert_int_equal(detector_create(&fresh, &other, NULL), ERR_OK);
	for (unsigned i = 0; i < 3; i++) {
		join(core, homes[i], i == 0 ? "c-west" : i == 1 ? "c-east" : "c-else");
		join(other, homes[i], i == 0 ? "c-west" : i == 1 ? "c-east" : "c-else");
	}
	live(core, homes);
	assert_true(least(core, "h-west") >= 9);
	assert_true(least(core, "h-else") < 9 && least(core, "h-else") >= 3);
	assert_true(least(core, "h-east") <= least(core, "h-else"));
	assert_string_equal(view_of(core, "h-west")->community, "c-west");
	assert_string_equal(view_of(core, "h-else")->community, "");
	assert_true(view_of(core, "h-east")->budget.alarm_per_month == 10);
	assert_true(view_of(core, "h-else")->budget.alarm_per_month == 1);
	while (detector_dirty(core, &part)) /* restarted with other settings */
		assert_int_equal(detector_restore(other, &part), ERR_OK);
	assert_int_equal(detector_configure(core, &fresh), ERR_OK); /* and reloaded */
	for (struct detector_core *one = core;; one = other) {
		assert_true(least(one, "h-west") < 9);
		assert_true(least(one, "h-east") >= 11);
		assert_string_equal(view_of(one, "h-west")->community, "");
		assert_true(view_of(one, "h-east")->budget.alarm_per_month == 1);
		if (one == other)
			break;
	}
	join(core, "h-else", "c-east"); /* the registry says that it has moved */
	assert_true(least(core, "h-else") >= 11);
	detector_destroy(core);
	detector_destroy(other);
}

static void a_home_that_learns_anew_does_so_by_its_communitys_budget(void **state)
{
	static const char *const lines[2] = {"c-west floor=9h", NULL}, *const homes[3] = {"h-west", "h-west", "h-west"};
	struct detector_config config = config_of(lines);
	struct detector_core *core, *learner;

	(void)state;
	assert_int_equal(detector_create(&config, &core, NULL), ERR_OK);
	join(core, "h-west", "c-west");
	assert_int_equal(detector_learner(core, "h-west", &learner), ERR_OK);
	live(learner, homes);
	assert_true(least(learner, "h-west") >= 9);
	assert_int_equal(detector_adopt(core, learner, "h-west"), ERR_OK);
	assert_true(least(core, "h-west") >= 9);
	detector_destroy(learner);
	detector_destroy(core);
}

static int open_zone(void **state)
{
	(void)state;
	return zone_load("+08:00", &zone, NULL) ? -1 : 0;
}

static int close_zone(void **state)
{
	(void)state;
	zone_destroy(zone);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_budget_is_read_or_refused_with_the_fix),
		cmocka_unit_test(each_community_has_its_own_budget_and_the_others_the_districts),
		cmocka_unit_test(a_home_that_learns_anew_does_so_by_its_communitys_budget),
	};

	return cmocka_run_group_tests(tests, open_zone, close_zone);
}
