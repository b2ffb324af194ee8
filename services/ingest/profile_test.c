/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ingest/map_fixture.h"

#define HEAD "profile: p\nversion: 1\nentries:\n  - name: a\n    topic: \"a/{device}\"\n"
#define LEVEL "    emit: [{quantity: level, value: .v}]\n"

struct fault {
	const char *content, *expected;
};

static void check(const struct fault *faults, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct map_fixture f;
		fixture_init(&f);
		fixture_file(&f, "a.yaml", faults[i].content);
		assert_string_equal(fixture_fault(&f), faults[i].expected);
		fixture_fini(&f);
	}
}

#define CHECK_FAULTS(faults) check(faults, sizeof(faults) / sizeof(faults)[0])

static void a_profile_with_a_wrong_head_is_refused_with_its_place(void **state)
{
	(void)state;
	static const struct fault faults[] = {
		{"", "a.yaml:1:1: is empty; a profile is needed"},
		{"- a\n", "a.yaml:1:1: a profile: keys with values are expected here (name: value)"},
		{"profile: [\n", "a.yaml:2:1: is no YAML: did not find expected node content"},
		{"profil: p\n", "a.yaml:1:1: unknown key \"profil\" of a profile; did you mean \"profile\"?"},
		{"version: 1\n", "a.yaml:1:1: profile is missing: a short name, shown in every result"},
		{"profile: \"a b\"\n", "a.yaml:1:10: profile: \"a b\" must be letters, digits, \".\", \"_\", \"-\""},
		{"profile: p\nprofile: p\n", "a.yaml:2:1: a profile: \"profile\" stands here a second time"},
		{"profile: p\nversion: 2\n",
			"a.yaml:2:10: version: \"2\" is not known here; this ingest reads version 1"},
		{"profile: p\nzone: Asia/Shanghia\n", "a.yaml:2:7: zone: time zone \"Asia/Shanghia\" is not known here "
						      "(/usr/share/zoneinfo/Asia/Shanghia: "
						      "No such file or directory); is tzdata installed?"},
		{"profile: p\n", "a.yaml:1:1: entries: a list is needed (- name: ...), with one entry at least"},
		{"profile: p\nentries: 5\n",
			"a.yaml:2:10: entries: a list is needed (- name: ...), with one entry at least"},
	};

	CHECK_FAULTS(faults);
}

static void a_wrong_entry_is_refused_with_its_place(void **state)
{
	(void)state;
	static const struct fault faults[] = {
		{"profile: p\nentries:\n  - topic: a\n", "a.yaml:3:5: name is missing: a short name of the entry"},
		{"profile: p\nentries:\n  - name: a\n    ignore: x\n",
			"a.yaml:3:5: topic is missing, e.g. topic: \"acme/{device}/water\""},
		{HEAD "    emits: []\n", "a.yaml:6:5: unknown key \"emits\" of an entry; did you mean \"emit\"?"},
		{HEAD, "a.yaml:4:5: one of emit, program, ignore is needed"},
		{HEAD LEVEL "    ignore: x\n",
			"a.yaml:4:5: one of emit, program, ignore is needed, and no more than one"},
		{HEAD "    format: xml\n" LEVEL, "a.yaml:6:13: format: \"xml\" is none of json, text, number, senml"},
		{HEAD "    format: senml\n" LEVEL,
			"a.yaml:7:11: format senml makes values by itself; for emit or program use format json"},
		{HEAD "    edge: sometimes\n" LEVEL, "a.yaml:6:11: edge: \"sometimes\" is none of every, change"},
		{HEAD "    retained: event\n" LEVEL, "a.yaml:6:15: retained: \"event\" is none of state, ignore"},
		{HEAD "    dedupe: 5\n" LEVEL,
			"a.yaml:6:13: dedupe: \"5\" is no duration; write e.g. 250ms, 30s, 5m, 12h or 7d"},
		{HEAD "    fallback: yes\n" LEVEL, "a.yaml:6:15: fallback: \"yes\" must be true or false"},
		{HEAD "    time: {valu: .t}\n" LEVEL,
			"a.yaml:6:12: unknown key \"valu\" of time; did you mean \"value\"?"},
		{HEAD "    time: {value: .t, format: iso}\n" LEVEL,
			"a.yaml:6:31: time.format: \"iso\" is none of auto, unix_s, unix_ms, unix_us, unix_ns, local, "
			"arrival"},
		{HEAD LEVEL "  - name: a\n    topic: b\n    ignore: x\n",
			"a.yaml:7:11: name: another entry is named \"a\" already"},
		{"profile: p\nentries:\n  - name: a\n    topic: a/b\n" LEVEL,
			"a.yaml:3:5: device is missing: name it in the topic ({device}) or write device: with an "
			"expression"},
	};

	CHECK_FAULTS(faults);
}

static void a_wrong_topic_is_refused_with_its_place(void **state)
{
	(void)state;
#define TOPIC(topic) "profile: p\nentries:\n  - name: a\n    topic: \"" topic "\"\n    ignore: x\n"
	static const struct fault faults[] = {
		{TOPIC("a/{de vice}"), "a.yaml:4:15: topic: \"{de vice}\" is no named wildcard: write {name} or "
				       "{name...}, with letters, digits, _; "
				       "\"levels\" is taken"},
		{TOPIC("a/x{b}"), "a.yaml:4:16: topic: \"{\" must be a whole level of the topic"},
		{TOPIC("a/b+"), "a.yaml:4:16: topic: \"+\" must be a whole level of the topic"},
		{TOPIC("a/#/b"), "a.yaml:4:15: topic: # must be the last level, and stands alone with no {name...}"},
		{TOPIC("{x...}/{y...}"), "a.yaml:4:20: topic: one {name...} is the most that a topic may have"},
		{TOPIC("{x}/{x}"), "a.yaml:4:17: topic: {x} stands twice"},
		{TOPIC("curtain/lane/+"), "a.yaml:4:26: topic: below curtain/ only curtain/in/ is for devices"},
		{TOPIC("$SYS/x"), "a.yaml:4:18: topic: this topic belongs to the broker, not to a device"},
	};

	CHECK_FAULTS(faults);
}

static void a_wrong_value_is_refused_with_its_place(void **state)
{
	(void)state;
#define EMIT(emit) HEAD "    emit:\n      - " emit "\n"
	static const struct fault faults[] = {
		{EMIT("{quantity: watre_total, value: .v}"),
			"a.yaml:7:20: quantity: \"watre_total\" is not known; did you mean \"water_total\"?"},
		{EMIT("{quantity: zzzzzzzzzzzz, value: .v}"),
			"a.yaml:7:20: quantity: \"zzzzzzzzzzzz\" is not known; curtain quantities prints all"},
		{EMIT("{value: .v}"), "a.yaml:7:9: quantity is missing; curtain quantities prints all"},
		{EMIT("{quantity: level}"),
			"a.yaml:7:9: value is missing: where the value stands in the payload, e.g. .temperature"},
		{EMIT("{quantity: power, value: .v, unit: m3}"),
			"a.yaml:7:44: unit: power cannot be in \"m3\"; its unit is W"},
		{EMIT("{quantity: power, value: .v, invert: true}"),
			"a.yaml:7:46: invert: is for states (0 or 1) alone"},
		{EMIT("{quantity: switch, value: .v, words: {on: yes}}"),
			"a.yaml:7:51: words: \"yes\" must be a number, or null for unknown"},
		{EMIT("{quantity: level, value: [1]}"), "a.yaml:7:34: value: must be a single value"},
		{EMIT("{quantity: level, value: .v, chanel: x}"),
			"a.yaml:7:38: unknown key \"chanel\" of emit; did you mean \"channel\"?"},
	};

	CHECK_FAULTS(faults);
}

static void a_wrong_expression_is_refused_with_its_place(void **state)
{
	(void)state;
	static const struct fault faults[] = {
		{EMIT("{quantity: level, value: '.a | ,'}"), "a.yaml:7:35: jq: syntax error, unexpected ','"},
		{EMIT("{quantity: level, value: '.a | nofunc(1)'}"), "a.yaml:7:35: jq: nofunc/1 is not defined"},
		{EMIT("{quantity: level, value: '.a) | (.b'}"), "a.yaml:7:37: \")\" closes nothing"},
		{EMIT("{quantity: level, value: '(.a'}"), "a.yaml:7:38: \")\" is missing at the end"},
		{EMIT("{quantity: level, value: '.a | \"x'}"), "a.yaml:7:41: a text has no end; a \" is missing"},
		{EMIT("{quantity: level, value: '.v - now'}"), "a.yaml:7:40: \"now\" has no place in an expression: a "
							       "replay must give the same again; leave the "
							       "time out and "
							       "arrival counts"},
		{EMIT("{quantity: level, value: '\"\\(input)\" | length'}"),
			"a.yaml:7:38: \"input\" has no place in an expression: an expression sees one message, "
			"which is ."},
		{EMIT("{quantity: level, value: '$ENV.HOME | length'}"),
			"a.yaml:7:36: $ENV: the environment is nobody's business"},
		{EMIT("{quantity: level, value: 'def f: f; f'}"),
			"a.yaml:7:35: jq: runs for ever when the payload is null"},
		{EMIT("{quantity: level, value: '[repeat(.)] | length'}"),
			"a.yaml:7:35: jq: runs for ever when the payload is null"},
		{HEAD "    program: |\n      .a\n      | {b: }\n", "a.yaml:8:1: jq: syntax error, unexpected '}'"},
		{HEAD "    program: |\n      .a\n      | debug\n",
			"a.yaml:8:3: \"debug\" has no place in an expression: try it with curtain map or curtain "
			"channel instead"},
		{"profile: p\ndefinitions: |\n  def f: 1;\n  def g: .x |;\nentries:\n  - {name: a, topic: a, ignore: "
		 "x}\n",
			"a.yaml:4:1: jq: syntax error, unexpected ';'"},
		{"profile: p\ndefinitions: |\n  include \"none\";\nentries: []\n",
			"a.yaml:3:1: FOLDER/none.jq cannot be read: No such file or directory"},
		{"profile: p\ndefinitions: |\n  include \"../x\";\nentries: []\n",
			"a.yaml:3:1: include \"../x\": the name of a .jq file beside the profile, at most 16 of them"},
		{"profile: p\ndefinitions: |\n  include words;\nentries: []\n", "a.yaml:3:1: write include \"name\";"},
	};

	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		struct map_fixture f;
		char expected[512];
		const char *folder = strstr(faults[i].expected, "FOLDER");
		fixture_init(&f);
		fixture_file(&f, "a.yaml", faults[i].content);
		snprintf(expected, sizeof expected, "%.*s%s%s", folder ? (int)(folder - faults[i].expected) : 0,
			faults[i].expected, folder ? f.folder : "", folder ? folder + 6 : faults[i].expected);
		assert_string_equal(fixture_fault(&f), expected);
		fixture_fini(&f);
	}
}

static void a_fault_in_a_library_has_the_librarys_place(void **state)
{
	(void)state;
	struct map_fixture f;

	fixture_init(&f);
	fixture_file(&f, "words.jq", "# words\ndef one: 1;\n");
	fixture_file(&f, "more.jq", "include \"words\";\ndef two: one + ;\n");
	fixture_file(&f, "a.yaml",
		"profile: p\ndefinitions: |\n  include \"more\";\nentries:\n  - name: a\n    topic: a/{device}\n"
		"    emit: [{quantity: level, value: two}]\n");
	assert_string_equal(fixture_fault(&f), "more.jq:2:1: jq: syntax error, unexpected ';'");
	fixture_file(&f, "more.jq", "include \"words\";\ndef two: one + 1;\n");
	fixture_file(&f, "b.yaml",
		"profile: q\ndefinitions: |\n  include \"more\"; include \"words\"; # both\n  def three: two + one;\n"
		"entries:\n  - name: a\n    topic: b/{device}\n    emit: [{quantity: level, value: '. + three'}]\n");
	fixture_load(&f);
	assert_string_equal(fixture_run(&f, "a/d", "{}"), "d level 2");
	assert_string_equal(fixture_run(&f, "b/d", "4"), "d level 7");
	fixture_fini(&f);
}

static void names_of_profiles_are_their_own(void **state)
{
	(void)state;
	struct map_fixture f;

	fixture_init(&f);
	assert_string_equal(fixture_fault(&f), ": holds no device profile (*.yaml)");
	fixture_file(&f, "a.yaml", HEAD LEVEL);
	fixture_file(&f, "b.yaml", HEAD LEVEL);
	fixture_file(&f, "c.txt", "not read");
	assert_string_equal(fixture_fault(&f), "b.yaml:1:10: profile: another file has the name \"p\" already");
	fixture_fini(&f);
	struct map_fixture gone = {.folder = "/tmp/map_test.none"};
	struct errinfo info = {0};
	assert_int_equal(map_load(gone.folder, &gone.map, &info), ERR_NOT_FOUND);
	assert_null(gone.map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_profile_with_a_wrong_head_is_refused_with_its_place),
		cmocka_unit_test(a_wrong_entry_is_refused_with_its_place),
		cmocka_unit_test(a_wrong_topic_is_refused_with_its_place),
		cmocka_unit_test(a_wrong_value_is_refused_with_its_place),
		cmocka_unit_test(a_wrong_expression_is_refused_with_its_place),
		cmocka_unit_test(a_fault_in_a_library_has_the_librarys_place),
		cmocka_unit_test(names_of_profiles_are_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
