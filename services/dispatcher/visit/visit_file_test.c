/* SPDX-License-Identifier: MIT
 *
 * Runs from the root of the source tree: the shipped files are cases.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dispatcher/visit/visit_file.h"

static enum err load(const char *visits, const char *lists, struct visit_rules *out, struct errinfo *info)
{
	const char *texts[] = {visits, lists};
	char paths[2][32] = {"", ""};
	enum err err;

	for (int i = 0; i < 2; i++) {
		if (!texts[i])
			continue;
		snprintf(paths[i], sizeof paths[i], "/tmp/visits-XXXXXX");
		int file = mkstemp(paths[i]);
		assert_true(file >= 0);
		assert_int_equal(write(file, texts[i], strlen(texts[i])), (ssize_t)strlen(texts[i]));
		close(file);
	}
	err = visit_file_load(paths[0], paths[1], out, info);
	for (int i = 0; i < 2; i++)
		if (*paths[i])
			unlink(paths[i]);
	return err;
}

static void the_shipped_files_say_what_the_preset_does_and_have_three_checks_and_three_asks(void **state)
{
	static struct visit_rules rules;
	const struct visit_rules *preset = visit_rules_preset();
	const struct checklist *list;
	struct errinfo info = {0};

	(void)state;
	assert_int_equal(
		visit_file_load("deploy/config/visits.yaml", "deploy/config/checklists.yaml", &rules, &info), ERR_OK);
	assert_int_equal(rules.every_days, 14);
	assert_int_equal(rules.ahead_days, preset->ahead_days);
	assert_int_equal(rules.slack_days, preset->slack_days);
	assert_memory_equal(rules.parts, preset->parts, sizeof rules.parts);
	assert_memory_equal(rules.weights, preset->weights, sizeof rules.weights);
	assert_int_equal(rules.answer_ms, preset->answer_ms);
	assert_int_equal(rules.provider_ms, preset->provider_ms);
	assert_int_equal(rules.grace_ms, preset->grace_ms);
	assert_int_equal(rules.climb_ms, preset->climb_ms);
	assert_int_equal(rules.keep_ms, preset->keep_ms);
	assert_int_equal(rules.minutes, preset->minutes);
	assert_int_equal(rules.day_max, preset->day_max);
	assert_int_equal(rules.day_plan_min, preset->day_plan_min);
	list = visit_rules_list(&rules, "three_three", 0);
	assert_non_null(list);
	assert_int_equal(list->item_count, 8);
	assert_int_equal(list->every_days, 30);
	assert_string_equal(list->items[3].item, "gas");
	assert_true(list->items[3].words[1].finding);
	assert_false(list->items[3].words[2].finding);
	assert_string_equal(list->items[4].words[0].service, "medical-2");
}

static void days_are_told_at_seven_or_when_the_file_says_or_never(void **state)
{
	static struct visit_rules rules;

	(void)state;
	assert_int_equal(load("every: 7d\n", NULL, &rules, NULL), ERR_OK);
	assert_int_equal(rules.day_plan_min, 7 * 60);
	assert_int_equal(load("day_plan_at: \"06:30\"\n", NULL, &rules, NULL), ERR_OK);
	assert_int_equal(rules.day_plan_min, 6 * 60 + 30);
	assert_int_equal(load("day_plan_at: off\n", NULL, &rules, NULL), ERR_OK);
	assert_int_equal(rules.day_plan_min, VISIT_DAY_PLAN_OFF);
}

static void without_files_nothing_is_planned(void **state)
{
	static struct visit_rules rules;

	(void)state;
	assert_int_equal(load(NULL, NULL, &rules, NULL), ERR_OK);
	assert_int_equal(rules.every_days, 0);
	assert_int_equal(rules.list_count, 0);
	assert_null(visit_rules_fault(&rules));
}

#define LIST "checklists:\n  - {name: a, version: 1, zh: z, en: e, items: [{item: i, zh: z, en: e"

static void each_fault_is_named_with_its_line_and_the_mend(void **state)
{
	static const struct {
		const char *visits, *lists;
		int line;
		const char *text;
	} cases[] = {
		{"evry: 7d\n", NULL, 1, "every"},
		{"every: 36h\n", NULL, 1, "every: must be 0d to 366d, in whole days"},
		{"every: 7d\ntags: {poor: 0d}\n", NULL, 2, "poor: must be 1d to 366d, in whole days"},
		{"morning: \"9-12\"\n", NULL, 1, "morning: must be two times of day, as in \"09:00-12:00\""},
		{"morning: \"09:00-15:00\"\n", NULL, 0, "without overlap"},
		{"a_day: 0\n", NULL, 1, "a_day: must be a whole number from 1 to 32"},
		{"minutes: 40.5\n", NULL, 1, "minutes: must be a whole number from 5 to 480"},
		{"plan_at: noon\n", NULL, 1, "plan_at: must be a time of day, as in \"08:00\""},
		{"day_plan_at: early\n", NULL, 1, "day_plan_at: must be a time of day, as in \"07:00\", or off"},
		{"answer: 10s\n", NULL, 1, "answer: must be 1m to 30d"},
		{"keep: 7d\n", NULL, 1, "keep"},
		{"weights: {wish: -1}\n", NULL, 1, "wish: must be a number from 0 to 1000"},
		{NULL, "checklists: {}\n", 1, "checklists: a list of at most 6 versions is needed"},
		{NULL, "checklists:\n  - {name: a, zh: z, en: e, items: []}\n", 2, "version is missing"},
		{NULL, "checklists:\n  - {name: a, version: 1, zh: z, en: e, items: []}\n", 2,
			"items: a list of 1 to 24 is needed"},
		{NULL, LIST ", words: [{word: w, zh: z, en: e, days: 3}]}]}\n", 2, "owner is missing"},
		{NULL, LIST ", words: [{word: w, zh: z, en: e, owner: captain}]}]}\n", 2, "days is missing"},
		{NULL, LIST ", words: [{word: w, zh: z, en: e, owner: me, days: 3}]}]}\n", 2, "owner"},
		{NULL, LIST ", words: [{word: w, zh: z, en: e, owner: provider, days: 3}]}]}\n", 2,
			"service: goes with owner provider, and only with it"},
		{NULL, LIST "}, {item: i, zh: z, en: e}]}\n", 2, "item: \"i\" stands here a second time"},
		{NULL,
			LIST "}]}\n"
			     "  - {name: a, version: 1, zh: z, en: e, items: [{item: i, zh: z, en: e}]}\n",
			0, "the same version of a checklist stands there twice"},
		{NULL, "", 1, "is empty"},
	};
	static struct visit_rules rules;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct errinfo info = {0};
		rules.minutes = 77;
		assert_int_not_equal(load(cases[i].visits, cases[i].lists, &rules, &info), ERR_OK);
		if (info.line != cases[i].line || !strstr(info.text, cases[i].text))
			fail_msg("case %zu: line %d: %s", i, info.line, info.text);
		assert_int_equal(rules.minutes, 77);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shipped_files_say_what_the_preset_does_and_have_three_checks_and_three_asks),
		cmocka_unit_test(days_are_told_at_seven_or_when_the_file_says_or_never),
		cmocka_unit_test(without_files_nothing_is_planned),
		cmocka_unit_test(each_fault_is_named_with_its_line_and_the_mend),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
