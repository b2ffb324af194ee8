/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dispatcher/incident/policy_file.h"

#define HEAD "policies:\n  a: {ask: [on_duty]}\n"

static enum err load(const char *content, struct policies *out, struct errinfo *info)
{
	char path[] = "/tmp/policies-XXXXXX";
	int file = mkstemp(path);
	enum err err;

	assert_true(file >= 0);
	assert_int_equal(write(file, content, strlen(content)), (ssize_t)strlen(content));
	close(file);
	err = policy_file_load(path, out, info);
	unlink(path);
	return err;
}

static void what_is_written_is_what_counts(void **state)
{
	static struct policies p;
	struct errinfo info = {0};
	const struct policy_ladder *ladder;

	(void)state;
	assert_int_equal(
		load("policies:\n"
		     "  family: {ask: [{who: contact, wait: 10m}, on_duty], attention: pages, arrive: 45m}\n"
		     "  door: {ask: [primary, backup], at_once: 2, hint_120: 2m, repeat: 5m, second_person: true, "
		     "key_holder: true}\n"
		     "  rest: {ask: [captain]}\n"
		     "rules:\n"
		     "  - {community: c-2, kinds: [silence, rule], policy: family}\n"
		     "  - {levels: life, policy: door}\n"
		     "  - {policy: rest}\n"
		     "priority: [fall, sos, gas, co, smoke, leak, silence, rule, device]\n",
			&p, &info),
		ERR_OK);
	ladder = policies_find(&p, "c-2", ALERT_SILENCE, ALERT_LIFE);
	assert_string_equal(ladder->name, "family");
	assert_int_equal(ladder->rungs[0].who, RUNG_CONTACT);
	assert_int_equal(ladder->rungs[0].wait_s, 600);
	assert_int_equal(ladder->rungs[1].wait_s, 0);
	assert_int_equal(ladder->attention, POLICY_PAGES);
	assert_int_equal(ladder->arrive_s, 2700);
	assert_int_equal(ladder->at_once, 1);
	ladder = policies_find(&p, "c-1", ALERT_SILENCE, ALERT_LIFE);
	assert_string_equal(ladder->name, "door");
	assert_true(ladder->second && ladder->key);
	assert_int_equal(ladder->hint_s, 120);
	assert_int_equal(ladder->again_s, 300);
	assert_string_equal(policies_find(&p, "c-1", ALERT_SILENCE, ALERT_ALARM)->name, "rest");
	assert_int_equal(p.rank[ALERT_FALL], 0);
}

static void what_no_rule_matches_is_asked_as_without_a_file(void **state)
{
	static struct policies p;
	struct errinfo info = {0};

	(void)state;
	assert_int_equal(load(HEAD "rules: [{levels: life, policy: a}]\n", &p, &info), ERR_OK);
	assert_string_equal(policies_find(&p, "", ALERT_LEAK, ALERT_ALARM)->name, "standard");
	assert_int_equal(policies_find(policies_preset(), "", ALERT_SOS, ALERT_LIFE)->at_once, 2);
}

static void the_file_that_is_shipped_is_good(void **state)
{
	static struct policies p;
	struct errinfo info = {0};

	(void)state;
	assert_int_equal(policy_file_load("deploy/config/policies.yaml", &p, &info), ERR_OK);
	assert_string_equal(policies_find(&p, "c-1", ALERT_SOS, ALERT_LIFE)->name, "door");
	assert_string_equal(policies_find(&p, "c-1", ALERT_GAS, ALERT_LIFE)->name, "life");
}

static void each_fault_names_its_place_and_what_was_meant(void **state)
{
	static const struct {
		const char *content, *place, *expected;
	} faults[] = {
		{"", ":1:1", "is empty; policies and rules are needed"},
		{"policys: {}\n", ":1:1", "did you mean \"policies\"?"},
		{"rules: []\n", ":1:1", "policies is missing"},
		{"policies:\n  a: {asks: [on_duty]}\n", ":2:7",
			"unknown key \"asks\" of a policy; did you mean \"ask\"?"},
		{"policies:\n  a: {ask: []}\n", ":2:12", "ask: a list of 1 to 12 steps is needed"},
		{"policies:\n  a: {ask: [on_dutty]}\n", ":2:13", "on_duty"},
		{"policies:\n  a: {ask: [desk]}\n", ":2:13", "the desk is always the last"},
		{"policies:\n  a: {ask: [{wait: 5m}]}\n", ":2:13", "who is missing"},
		{"policies:\n  a: {ask: [{who: contact, wait: 2d}]}\n", ":2:34", "wait: must be 1s to 1d"},
		{"policies:\n  a: {ask: [{who: contact, wait: 1500ms}]}\n", ":2:34", "in whole seconds"},
		{"policies:\n  a: {ask: [on_duty], at_once: 9}\n", ":2:32",
			"at_once: must be a whole number from 1 to 8"},
		{"policies:\n  a: {ask: [on_duty], repeat: 29s}\n", ":2:31", "repeat: must be 30s or more"},
		{"policies:\n  a: {ask: [on_duty], attention: page}\n", ":2:34", "pages"},
		{"policies:\n  a: {ask: [on_duty]}\n  a: {ask: [captain]}\n", ":3:3", "stands here a second time"},
		{HEAD, ":1:1", "rules: a list of 1 to 64 is needed"},
		{HEAD "rules: [{policy: b}]\n", ":3:18", "policy"},
		{HEAD "rules: [{levels: life}]\n", ":3:9", "policy is missing"},
		{HEAD "rules: [{policy: a, kinds: []}]\n", ":3:28", "an empty list matches nothing"},
		{HEAD "rules: [{policy: a, kinds: smok}]\n", ":3:28", "smoke"},
		{HEAD "rules: [{policy: a, community: 'c 1'}]\n", ":3:32", "is no id"},
		{HEAD "rules: [{policy: a}]\npriority: [sos]\n", ":4:11", "each of the 9 kinds once"},
		{HEAD "rules: [{policy: a}]\npriority: [sos, sos, gas, co, smoke, leak, silence, rule, device]\n",
			":4:17", "\"sos\" stands here a second time"},
	};
	static struct policies p, untouched;

	(void)state;
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		struct errinfo info = {0};
		char place[32];
		memset(&p, 7, sizeof p);
		memset(&untouched, 7, sizeof untouched);
		assert_int_equal(load(faults[i].content, &p, &info), ERR_INVALID);
		snprintf(place, sizeof place, ":%d:%d", info.line, info.column);
		if (strcmp(place, faults[i].place) != 0 || !strstr(info.text, faults[i].expected))
			fail_msg("%zu: %s %s", i, place, info.text);
		assert_memory_equal(&p, &untouched, sizeof p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_what_counts),
		cmocka_unit_test(what_no_rule_matches_is_asked_as_without_a_file),
		cmocka_unit_test(the_file_that_is_shipped_is_good),
		cmocka_unit_test(each_fault_names_its_place_and_what_was_meant),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
