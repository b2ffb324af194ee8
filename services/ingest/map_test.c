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

#define CHECK(fixture, topic, payload, expected) assert_string_equal(fixture_run(fixture, topic, payload), expected)

static void plain_paths_give_values_in_canonical_units(void **state)
{
	(void)state;
	struct map_fixture f = fixture_map("  - name: water\n"
					   "    topic: \"meter/{device}/water\"\n"
					   "    time: {value: .ts}\n"
					   "    emit:\n"
					   "      - {quantity: water_total, value: .total_m3, unit: m3}\n"
					   "      - {quantity: battery, value: '.\"bat level\".now', unit: \"%\"}\n"
					   "      - {quantity: temperature, value: '.t[1]', unit: K, channel: body}\n");

	CHECK(&f, "meter/w1/water", "{\"id\":\"x\",\"ts\":\"2026-11-24T07:59:58+08:00\",\"total_m3\":12.345}",
		"w1 water_total 12345 @2026-11-23T23:59:58.000Z");
	CHECK(&f, "meter/w1/water", "{\"bat level\":{\"now\":\"87\"},\"t\":[1,300.15]}",
		"w1 battery 87\nw1/body temperature 27");
	CHECK(&f, "meter/w1/water", "{\"total_m3\":null,\"t\":[]}", "ignore: nothing_of_use");
	fixture_fini(&f);
}

static void words_and_inversion_make_states(void **state)
{
	(void)state;
	struct map_fixture f = fixture_map(
		"  - name: door\n"
		"    topic: \"z/{device...}\"\n"
		"    when: .contact != null\n"
		"    emit: [{quantity: contact, value: .contact, invert: true}]\n"
		"  - name: state\n"
		"    topic: \"z/{device...}\"\n"
		"    emit: [{quantity: switch, value: .state, words: {ON: 1, OFF: 0, unknown: null}, text: .state}]\n"
		"  - name: available\n"
		"    topic: \"z/{device...}/availability\"\n"
		"    format: text\n"
		"    emit: [{quantity: online, value: ., words: {online: 1, offline: 0}}]\n");

	CHECK(&f, "z/hall/door", "{\"contact\":false}", "hall/door contact 1");
	CHECK(&f, "z/door", "{\"contact\":true,\"state\":\"ON\"}", "door contact 0\ndoor switch 1 \"ON\"");
	CHECK(&f, "z/door", "{\"contact\":null,\"state\":\"unknown\"}", "ignore: nothing_of_use");
	CHECK(&f, "z/door", "{\"state\":\"TOGGLE\"}", "reject door: not_a_number: switch \"TOGGLE\"");
	/* A plain word on a topic that a JSON entry covers as well is no broken JSON. */
	CHECK(&f, "z/hall/door/availability", "offline", "hall/door online 0");
	CHECK(&f, "z/hall/door/other", "offline",
		"reject: bad_json: line 1 column 1: no JSON value (an object, array, string, number, true, false or "
		"null)");
	fixture_fini(&f);
}

static void numbers_come_in_many_forms(void **state)
{
	(void)state;
	struct map_fixture f = fixture_map("  - name: level\n"
					   "    topic: \"m/{device}\"\n"
					   "    emit: [{quantity: level, value: .v}]\n"
					   "  - name: bare\n"
					   "    topic: \"n/{device}\"\n"
					   "    format: number\n"
					   "    emit: [{quantity: level, value: .}]\n");
	static const char *const cases[][2] = {
		{"{\"v\":\"1.234500e+03\"}", "d level 1234.5"},
		{"{\"v\":\" 0012.50 \"}", "d level 12.5"},
		{"{\"v\":\"+7\"}", "d level 7"},
		{"{\"v\":\"-.5\"}", "d level -0.5"},
		{"{\"v\":\"5.\"}", "d level 5"},
		{"{\"v\":true}", "d level 1"},
		{"{\"v\":1e-7}", "d level 1e-07"},
		{"{\"v\":123456789012345}", "d level 123456789012345"},
		{"{\"v\":\"\"}", "reject d: not_a_number: level \"\""},
		{"{\"v\":\"nan\"}", "reject d: not_a_number: level \"nan\""},
		{"{\"v\":\"0x10\"}", "reject d: not_a_number: level \"0x10\""},
		{"{\"v\":\"1e999\"}", "reject d: not_a_number: level \"1e999\""},
		{"{\"v\":\"12,5\"}", "reject d: not_a_number: level \"12,5\""},
		{"{\"v\":[1]}", "reject d: not_a_number: level an object or array"},
		{"{\"v\":2e15}", "reject d: range: level 2e+15 1, not -1e+15 to 1e+15"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		CHECK(&f, "m/d", cases[i][0], cases[i][1]);
	CHECK(&f, "n/d", " 21.5\n", "d level 21.5");
	CHECK(&f, "n/d", "unavailable", "reject: not_a_number: \"unavailable\"");
	fixture_fini(&f);
}

static void a_meter_number_keeps_its_zeros(void **state)
{
	(void)state;
	struct map_fixture f = fixture_map("  - name: a\n"
					   "    topic: \"dtu/{gateway}\"\n"
					   "    device: .addr\n"
					   "    emit: [{quantity: energy_total, value: .e, unit: kWh}]\n");

	CHECK(&f, "dtu/g", "{\"addr\":\"000123456789\",\"e\":\"1.50\"}", "000123456789 energy_total 1500");
	CHECK(&f, "dtu/g", "{\"addr\":123456789012,\"e\":1}", "123456789012 energy_total 1000");
	CHECK(&f, "dtu/g", "{\"e\":1}", "reject: bad_device: null");
	CHECK(&f, "dtu/g", "{\"addr\":\"a\\u0000b\",\"e\":1}", "reject: bad_device: \"a\"");
	CHECK(&f, "dtu/g", "{\"addr\":\"a\\tb\",\"e\":1}", "reject: bad_device: \"a b\"");
	CHECK(&f, "dtu/g", "{\"addr\":\"\",\"e\":1}", "reject: bad_device: \"\"");
	fixture_fini(&f);
}

static void a_top_level_array_is_mapped_by_a_program(void **state)
{
	(void)state;
	struct map_fixture f = fixture_map("  - name: list\n"
					   "    topic: \"dtu/{gateway}/list\"\n"
					   "    program: |\n"
					   "      .[] | if .c == \"water\" then {device: .i, quantity: "
					   "\"water_total\", value: .v, unit: \"m3\", at: .t}\n"
					   "            elif .c == \"noise\" then {ignore: \"noise of the line\"}\n"
					   "            else {quantity: .c, value: .v} end\n");

	CHECK(&f, "dtu/g/list",
		"[{\"i\":\"001\",\"c\":\"water\",\"v\":\"2.5\",\"t\":\"20240606T121212Z\"},{\"i\":\"002\",\"c\":"
		"\"water\",\"v\":null}]",
		"001 water_total 2500 @2024-06-06T12:12:12.000Z");
	CHECK(&f, "dtu/g/list", "[{\"c\":\"noise\"}]", "ignore: noise of the line");
	CHECK(&f, "dtu/g/list", "[]", "ignore: nothing_of_use");
	CHECK(&f, "dtu/g/list", "[{\"c\":\"watre\",\"v\":1}]", "reject: unknown_quantity: \"watre\"");
	CHECK(&f, "dtu/g/list", "[{\"c\":\"level\",\"v\":1}]", "reject: bad_device: none is given");
	CHECK(&f, "dtu/g/list", "7", "reject: jq: Cannot iterate over number (7)");
	fixture_fini(&f);
}

static void a_program_has_to_output_objects_of_known_keys(void **state)
{
	(void)state;
	struct map_fixture f = fixture_map("  - name: a\n    topic: \"a/{device}\"\n    program: .v[]\n");

	CHECK(&f, "a/d", "{\"v\":[1,{\"quantity\":\"level\",\"value\":2},{\"quantity\":\"level\",\"valeu\":2}]}",
		"reject d: program: an output is no object; {quantity: ..., value: ...} is wanted\n"
		"d level 2\n"
		"reject d: program: unknown key \"valeu\" in an output");
	CHECK(&f, "a/d", "{\"v\":[{\"quantity\":\"power\",\"value\":2,\"unit\":\"gal\"}]}",
		"reject d: unknown_unit: power gal");
	CHECK(&f, "a/d",
		"{\"v\":[{\"quantity\":\"power\",\"value\":2,\"unit\":\"kW\",\"channel\":3,\"text\":\"x\\u0007y\"}]}",
		"d/3 power 2000 \"x y\"");
	fixture_fini(&f);
}

static void entries_that_ignore_do_not_hide_values(void **state)
{
	(void)state;
	struct map_fixture f =
		fixture_map("  - name: no\n    topic: \"a/#\"\n    ignore: of no use\n"
			    "  - name: yes\n    topic: \"a/{device}\"\n    emit: [{quantity: level, value: .v}]\n"
			    "  - name: rest\n    topic: \"a/{device}\"\n    fallback: true\n"
			    "    emit: [{quantity: power, value: .p}]\n");

	CHECK(&f, "a/d", "{\"v\":1,\"p\":2}", "d level 1");
	CHECK(&f, "a/d", "{\"p\":2}", "d power 2");
	CHECK(&f, "a/d", "{}", "ignore: of no use");
	CHECK(&f, "a", "garbage", "ignore: of no use");
	CHECK(&f, "b", "{}", "reject: no_profile");
	fixture_fini(&f);
}

static void a_failing_condition_refuses_only_what_nobody_understood(void **state)
{
	(void)state;
	struct map_fixture f = fixture_map(
		"  - name: a\n    topic: \"a/{device}\"\n    when: .x.y == 1\n    emit: [{quantity: level, value: "
		".v}]\n"
		"  - name: b\n    topic: \"a/b\"\n    device: '\"b\"'\n    emit: [{quantity: level, value: .v}]\n");

	CHECK(&f, "a/b", "{\"x\":5,\"v\":1}", "b level 1");
	CHECK(&f, "a/c", "{\"x\":5,\"v\":1}", "reject: jq: Cannot index number with \"y\"");
	CHECK(&f, "a/c", "{\"x\":{\"y\":1},\"v\":1}", "c level 1");
	fixture_fini(&f);
}

static void times_are_the_devices_own(void **state)
{
	(void)state;
	struct map_fixture f = fixture_map(
		"  - name: auto\n    topic: \"auto/{device}\"\n    time: .t\n    emit: [{quantity: level, value: 1}]\n"
		"  - name: ns\n    topic: \"ns/{device}\"\n    time: {value: .t, format: unix_ns}\n    emit: "
		"[{quantity: level, value: 1}]\n"
		"  - name: berlin\n    topic: \"berlin/{device}\"\n    time: {value: .t, format: local, zone: "
		"Europe/Berlin}\n"
		"    emit: [{quantity: level, value: 1}]\n"
		"  - name: must\n    topic: \"must/{device}\"\n    time: {value: .t, required: true}\n"
		"    emit: [{quantity: level, value: 1}]\n"
		"  - name: each\n    topic: \"each/{device}\"\n    time: {value: .t, format: unix_s}\n"
		"    emit: [{quantity: level, value: .a, at: .at}, {quantity: power, value: .p}]\n");

	CHECK(&f, "auto/d", "{\"t\":\"2024-06-06 12:12:12\"}", "d level 1 @2024-06-06T04:12:12.000Z");
	CHECK(&f, "auto/d", "{\"t\":1717675932}", "d level 1 @2024-06-06T12:12:12.000Z");
	CHECK(&f, "auto/d", "{\"t\":\"1717675932123\"}", "d level 1 @2024-06-06T12:12:12.123Z");
	CHECK(&f, "auto/d", "{\"t\":1717675932123456789}", "d level 1 @2024-06-06T12:12:12.123Z");
	CHECK(&f, "auto/d", "{}", "d level 1");
	CHECK(&f, "auto/d", "{\"t\":300}", "d level 1 (bad_time: 300)");
	CHECK(&f, "auto/d", "{\"t\":\"yesterday\"}", "d level 1 (bad_time: \"yesterday\")");
	CHECK(&f, "ns/d", "{\"t\":\"1717675932000000000\"}", "d level 1 @2024-06-06T12:12:12.000Z");
	CHECK(&f, "berlin/d", "{\"t\":\"2024-06-06T12:12:12Z\"}", "d level 1 @2024-06-06T10:12:12.000Z");
	CHECK(&f, "berlin/d", "{\"t\":\"2024-01-06T12:12:12\"}", "d level 1 @2024-01-06T11:12:12.000Z");
	CHECK(&f, "must/d", "{\"t\":\"?\"}", "reject d: bad_time: \"?\"");
	CHECK(&f, "must/d", "{}", "reject d: bad_time: null");
	CHECK(&f, "each/d", "{\"t\":1717675932,\"a\":1,\"at\":1717675900,\"p\":2}",
		"d level 1 @2024-06-06T12:11:40.000Z\nd power 2 @2024-06-06T12:12:12.000Z");
	fixture_fini(&f);
}

static void jq_sees_the_topic(void **state)
{
	(void)state;
	struct map_fixture f = fixture_map(
		"  - name: a\n"
		"    topic: \"site/{room}/{kind}\"\n"
		"    device: '$topic.room + \"-\" + $topic.levels[0]'\n"
		"    emit: [{quantity: '$topic.kind', value: .v, unit: '.u // \"\"', channel: '$topic.levels[-1]'}]\n");

	CHECK(&f, "site/k/power", "{\"v\":1.5,\"u\":\"kW\"}", "k-site/power power 1500");
	CHECK(&f, "site/k/power", "{\"v\":1.5}", "k-site/power power 1.5");
	CHECK(&f, "site/k/dance", "{\"v\":1.5}", "reject k-site: unknown_quantity: \"dance\"");
	fixture_fini(&f);
}

static void a_retained_message_marks_its_observations(void **state)
{
	(void)state;
	struct map_fixture f =
		fixture_map("  - name: a\n    topic: \"a/{device}\"\n    edge: change\n    retained: ignore\n"
			    "    dedupe: 2s\n    expires: 1h\n    emit: [{quantity: leak, value: .v}]\n");
	struct map_results results;

	map_run(f.map, "a/d", "{\"v\":true}", 10, true, (struct wall){.ms = 1}, &results);
	assert_int_equal(results.count, 1);
	const struct observation *o = &results.items[0].observation;
	assert_true(o->retained);
	assert_int_equal(o->edge, EDGE_CHANGE);
	assert_int_equal(o->retained_as, RETAINED_IGNORE);
	assert_int_equal(o->dedupe_ms, 2000);
	assert_int_equal(o->expires_ms, 3600000);
	assert_string_equal(o->profile, "p");
	assert_string_equal(o->entry, "a");
	assert_false(wall_is_set(o->at));
	fixture_fini(&f);
}

static void the_fewest_filters_are_subscribed_to(void **state)
{
	(void)state;
	struct map_fixture f = fixture_map("  - {name: a, topic: \"z/{device...}\", ignore: x}\n"
					   "  - {name: b, topic: \"z/{device...}/availability\", ignore: x}\n"
					   "  - {name: c, topic: \"m/{device}/water\", ignore: x}\n"
					   "  - {name: d, topic: [\"m/+/+\", \"m/one/water\"], ignore: x}\n"
					   "  - {name: e, topic: \"+/x\", ignore: x}\n"
					   "  - {name: f, topic: \"$thing/x\", ignore: x}\n"
					   "  - {name: g, topic: \"m/+/+\", ignore: x}\n");
	const char *filters[MAP_FILTERS_MAX];

	assert_int_equal(map_filters(f.map, filters), 4);
	assert_string_equal(filters[0], "z/#");
	assert_string_equal(filters[1], "m/+/+");
	assert_string_equal(filters[2], "+/x");
	assert_string_equal(filters[3], "$thing/x");
	fixture_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_paths_give_values_in_canonical_units),
		cmocka_unit_test(words_and_inversion_make_states),
		cmocka_unit_test(numbers_come_in_many_forms),
		cmocka_unit_test(a_meter_number_keeps_its_zeros),
		cmocka_unit_test(a_top_level_array_is_mapped_by_a_program),
		cmocka_unit_test(a_program_has_to_output_objects_of_known_keys),
		cmocka_unit_test(entries_that_ignore_do_not_hide_values),
		cmocka_unit_test(a_failing_condition_refuses_only_what_nobody_understood),
		cmocka_unit_test(times_are_the_devices_own),
		cmocka_unit_test(jq_sees_the_topic),
		cmocka_unit_test(a_retained_message_marks_its_observations),
		cmocka_unit_test(the_fewest_filters_are_subscribed_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
