/* SPDX-License-Identifier: MIT
 *
 * What must not stop, slow or grow the map.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "ingest/map_fixture.h"

#define CHECK(fixture, topic, payload, expected) assert_string_equal(fixture_run(fixture, topic, payload), expected)
#define ENTRY(topic, what) "  - name: " topic "\n    topic: \"" topic "/{device}\"\n    " what "\n"
#define LEVEL "emit: [{quantity: level, value: .v}]"

/* filled gives length bytes: head, then `with` over and over, then tail. */
static char *filled(const char *head, const char *with, const char *tail, size_t length)
{
	char *text = malloc(length + 1), *p = text;
	size_t step = strlen(with), ends = strlen(head) + strlen(tail);

	assert_non_null(text);
	p = stpcpy(p, head);
	for (size_t left = length - ends; left >= step; left -= step)
		p = stpcpy(p, with);
	while ((size_t)(p - text) < length - strlen(tail))
		*p++ = ' ';
	stpcpy(p, tail);
	return text;
}

static void broken_json_is_refused_with_its_place(void **state)
{
	(void)state;
	struct map_fixture f = fixture_map(ENTRY("a", LEVEL));
	static const char *const cases[][2] = {
		{"{\"v\":1", "reject: bad_json: line 1 column 7: the text ends too early"},
		{"{\"v\":1}\n{\"v\":2}", "reject: bad_json: line 2 column 1: something follows after the value"},
		{"{'v':1}", "reject: bad_json: line 1 column 2: a key in double quotes is expected"},
		{"{\"v\":NaN}", "reject: bad_json: line 1 column 6: no JSON value (an object, array, string, number, "
				"true, false or null)"},
		{"{\"v\":-Infinity}", "reject: bad_json: line 1 column 6: no JSON number, or too large a one"},
		{"{\"v\":1e400}", "reject: bad_json: line 1 column 6: no JSON number, or too large a one"},
		{"{\"v\":01}", "reject: bad_json: line 1 column 6: no JSON number, or too large a one"},
		{"{\"v\":1.}", "reject: bad_json: line 1 column 6: no JSON number, or too large a one"},
		{"{\"v\":1,}", "reject: bad_json: line 1 column 8: a key in double quotes is expected"},
		{"{\"v\" 1}", "reject: bad_json: line 1 column 6: a colon is expected after a key"},
		{"[1 2]", "reject: bad_json: line 1 column 4: a comma or ] is expected"},
		{"{\"v\":\"\\x\"}", "reject: bad_json: line 1 column 8: unknown escape in a string"},
		{"{\"v\":\"\\u12g4\"}", "reject: bad_json: line 1 column 11: \\u wants four hexadecimal digits"},
		{"{\"v\":\"a\nb\"}",
			"reject: bad_json: line 1 column 8: a control character in a string; it must be escaped"},
		{"{\"v\":\"\xc3\x28\"}", "reject: bad_utf8: line 1 column 7: no UTF-8"},
		{"{\"v\":\"\xed\xa0\x80\"}", "reject: bad_utf8: line 1 column 7: no UTF-8"},
		{"   ", "reject: bad_json: line 1 column 4: the text ends too early"},
		{"", "ignore: empty_payload"},
		{"{\"v\":1,\"v\":2}", "d level 2\nignore: duplicate_key: \"v\"; its last value counts"},
		{"\xef\xbb\xbf{\"v\":1}", "d level 1"},
		{"{\"v\":\"\\ud83d\\ude00\"}", "reject d: not_a_number: level \"\xf0\x9f\x98\x80\""},
		{"{\"v\":\"\\ud83d\"}", "reject d: not_a_number: level \"\xef\xbf\xbd\""},
		{"5", "reject d: jq: Cannot index number with \"v\""},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		CHECK(&f, "a/d", cases[i][0], cases[i][1]);
	assert_string_equal(fixture_run_bytes(&f, "a/d", "{\"v\":1}\0\0", 9), "d level 1");
	assert_string_equal(fixture_run_bytes(&f, "a/d", "{\"v\"\0:1}", 8),
		"reject: bad_json: line 1 column 5: a colon is expected after a key");
	fixture_fini(&f);
}

static void the_limits_of_size_and_depth_hold(void **state)
{
	(void)state;
	struct map_fixture f =
		fixture_map(ENTRY("a", LEVEL) ENTRY("p", "program: '{quantity: \"level\", value: length}'"));
	char *text = filled("{\"v\":1,\"s\":\"", "x", "\"}", MAP_PAYLOAD_BYTES_MAX);

	CHECK(&f, "a/d", text, "d level 1");
	CHECK(&f, "p/d", text, "d level 2");
	free(text);
	text = filled("{\"v\":1,\"s\":\"", "x", "\"}", MAP_PAYLOAD_BYTES_MAX + 1);
	CHECK(&f, "a/d", text, "reject: too_large");
	CHECK(&f, "none", text, "reject: no_profile");
	free(text);
	text = filled("{\"v\":1,\"s\":\"", "x", "\"}", 1u << 20);
	CHECK(&f, "a/d", text, "reject: too_large");
	free(text);
	CHECK(&f, "a/d", "{\"v\":1,\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}", "d level 1");
	CHECK(&f, "a/d", "{\"v\":1,\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}",
		"reject: too_deep: line 1 column 43: nested too deeply");
	text = filled("", "[", "", 200000);
	CHECK(&f, "a/d", text, "reject: too_deep: line 1 column 33: nested too deeply");
	free(text);
	fixture_fini(&f);
}

static void too_many_values_are_told_and_not_dropped_in_silence(void **state)
{
	(void)state;
	struct map_fixture f = fixture_map(ENTRY("a", "program: '.[] | {quantity: \"level\", value: .}'"));
	struct map_results results;
	char *text = filled("[1", ",1", "]", 2 + 2 * 510 + 1); /* 511 */

	map_run(f.map, "a/d", text, strlen(text), false, (struct wall){.ms = 1}, &results);
	assert_int_equal(results.count, 511);
	assert_int_equal(results.dropped, 0);
	assert_int_equal(results.items[510].kind, MAP_OBSERVATION);
	free(text);
	text = filled("[1", ",1", "]", 2 + 2 * 511 + 1); /* 512 */
	map_run(f.map, "a/d", text, strlen(text), false, (struct wall){.ms = 1}, &results);
	assert_int_equal(results.count, 512);
	assert_int_equal(results.dropped, 1);
	assert_string_equal(results.items[511].reason, "too_many: 512 results, 511 taken");
	free(text);
	text = filled("[1", ",1", "]", 250001);
	map_run(f.map, "a/d", text, strlen(text), false, (struct wall){.ms = 1}, &results);
	assert_int_equal(results.count, 512);
	assert_int_equal(results.items[511].kind, MAP_REJECT);
	free(text);
	fixture_fini(&f);
}

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void runs_without_end_are_stopped(void **state)
{
	(void)state;
	struct map_fixture f = fixture_map(ENTRY(
		"loop", "program: 'def f: f; if . == null then empty else f end'") ENTRY("build",
		"program: 'if . == null then empty else [range(1e12)] end'") ENTRY("deep",
		"program: 'def f: 1 + f; if . == null then empty else f end'") ENTRY("many",
		"program: 'if . == null then empty else repeat({quantity: \"level\", value: 1}) end'") ENTRY("value",
		"emit: [{quantity: level, value: 'if . == null then 1 else last(repeat(1)) end'}]")
			ENTRY("fine", "program: '{quantity: \"level\", value: ([range(10000)] | add)}'"));
	static const char *const topics[] = {"loop/d", "build/d", "deep/d", "value/d"};

	for (size_t i = 0; i < sizeof topics / sizeof *topics; i++) {
		double start = cpu_s();
		CHECK(&f, topics[i], "1", "reject d: jq_timeout: stopped after 100 ms");
		assert_true(cpu_s() - start < 10);
		CHECK(&f, "fine/d", "1", "d level 49995000");
	}
	assert_string_equal(
		strrchr(fixture_run(&f, "many/d", "1"), '\n'), "\nreject: too_many: 513 results, 511 taken");
	fixture_fini(&f);
}

static void what_could_ask_for_any_amount_of_memory_fails(void **state)
{
	(void)state;
	struct map_fixture f = fixture_map(ENTRY("times", "emit: [{quantity: level, value: .v * .n}]") ENTRY(
		"assign", "emit: [{quantity: level, value: '.a[.n] = 1 | .a | length'}]")
			ENTRY("update", "emit: [{quantity: level, value: '.a[.n] |= 1 | .a | length'}]") ENTRY(
				"path", "emit: [{quantity: level, value: 'setpath([\"a\", .n]; 1) | .a | length'}]")
				ENTRY("field", "emit: [{quantity: level, value: '.v = 1 - .v | .v'}]"));

	CHECK(&f, "times/d", "{\"v\":2.5,\"n\":4}", "d level 10");
	CHECK(&f, "times/d", "{\"v\":\"2.5\",\"n\":1000000000}",
		"reject d: jq: a text cannot be multiplied; use tonumber");
	CHECK(&f, "times/d", "{\"v\":1000000000,\"n\":\"x\"}",
		"reject d: jq: a text cannot be multiplied; use tonumber");
	CHECK(&f, "assign/d", "{\"n\":9}", "d level 10");
	CHECK(&f, "assign/d", "{\"n\":1000000000}", "reject d: jq: an index of 100000 or more cannot be assigned");
	CHECK(&f, "update/d", "{\"n\":9}", "d level 10");
	CHECK(&f, "update/d", "{\"n\":1000000000}", "reject d: jq: an index of 100000 or more cannot be assigned");
	CHECK(&f, "path/d", "{\"n\":1000000000}", "reject d: jq: an index of 100000 or more cannot be assigned");
	CHECK(&f, "field/d", "{\"v\":1}", "d level 0");
	fixture_fini(&f);
}

static void failures_of_jq_are_reasons(void **state)
{
	(void)state;
	struct map_fixture f = fixture_map(ENTRY("a", "emit: [{quantity: level, value: '.v | tonumber + 1'}]") ENTRY(
		"b", "program: '{quantity: \"level\", value: 1}, error(\"no\\nmore\")'") ENTRY("c",
		"program: 'error({a: 1})'") ENTRY("d", "program: 'error(null)'") ENTRY("e",
		"emit: [{quantity: level, value: 'nan + .v'}, {quantity: level, value: 'infinite * .v'}]"));

	CHECK(&f, "a/d", "{\"v\":\"x\"}",
		"reject d: jq: Invalid numeric literal at EOF at line 1, column 1 (while parsing 'x')");
	CHECK(&f, "a/d", "{\"v\":\"41\"}", "d level 42");
	CHECK(&f, "b/d", "{}", "d level 1\nreject d: jq: no more");
	CHECK(&f, "c/d", "{}", "reject d: jq: {\"a\":1}");
	CHECK(&f, "d/d", "{}", "ignore: nothing_of_use"); /* jq 1.6 takes error(null) for empty */
	CHECK(&f, "e/d", "{\"v\":1}", "reject d: not_a_number: level nan\nreject d: not_a_number: level inf");
	fixture_fini(&f);
}

static void json_within_texts_is_read_by_the_same_rules(void **state)
{
	(void)state;
	struct map_fixture f = fixture_map(ENTRY("a", "emit: [{quantity: level, value: '.s | fromjson | .v'}]")
			ENTRY("b", "emit: [{quantity: level, value: '[.a, .b | fromjson] | add'}]")
				ENTRY("n", "emit: [{quantity: level, value: '.s | tonumber'}]"));

	CHECK(&f, "a/d", "{\"s\":\"{\\\"v\\\":5}\"}", "d level 5");
	CHECK(&f, "b/d", "{\"a\":\"1\",\"b\":\" 2.5 \"}", "d level 3.5");
	/* The next two made libjq's own lose the second text. */
	CHECK(&f, "a/d", "{\"s\":\"{\\\"v\\\" \\\"xxxxxxxx\\\"\"}",
		"reject d: jq: fromjson: bad_json: line 1 column 6: a colon is expected after a key");
	CHECK(&f, "n/d", "{\"s\":\"{1\\\"xxxxxxxx\\\"\"}", "reject d: jq: {1\"xxxxxxxx\" is no number");
	CHECK(&f, "a/d", "{\"s\":7}", "reject d: jq: fromjson takes a text");
	CHECK(&f, "n/d", "{\"s\":\"12\"}", "d level 12");
	fixture_fini(&f);
}

static void odd_topics_are_no_harm(void **state)
{
	(void)state;
	struct map_fixture f = fixture_map("  - name: a\n    topic: \"{device...}\"\n    " LEVEL "\n"
					   "  - name: b\n    topic: \"$sys/{device}\"\n    " LEVEL "\n");
	char *text = filled("", "a/", "", 65534);

	CHECK(&f, "a b/\xe6\xb0\xb4/'\"\\", "{\"v\":1}", "a b/\xe6\xb0\xb4/'\"\\ level 1");
	CHECK(&f, "/", "{\"v\":1}", "/ level 1");
	CHECK(&f, "", "{\"v\":1}", "reject: no_profile");
	CHECK(&f, "\xff", "{\"v\":1}", "reject: bad_utf8: the topic is no UTF-8");
	CHECK(&f, "a\tb", "{\"v\":1}", "reject: bad_device: \"a b\"");
	CHECK(&f, "$sys/x", "{\"v\":1}", "x level 1");
	CHECK(&f, "$other/x", "{\"v\":1}", "reject: no_profile");
	CHECK(&f, "curtain/lane/reading/x/0", "{\"v\":1}", "reject: no_profile");
	CHECK(&f, text, "{\"v\":1}", "reject: no_profile");
	free(text);
	fixture_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(broken_json_is_refused_with_its_place),
		cmocka_unit_test(the_limits_of_size_and_depth_hold),
		cmocka_unit_test(too_many_values_are_told_and_not_dropped_in_silence),
		cmocka_unit_test(runs_without_end_are_stopped),
		cmocka_unit_test(what_could_ask_for_any_amount_of_memory_fails),
		cmocka_unit_test(failures_of_jq_are_reasons),
		cmocka_unit_test(json_within_texts_is_read_by_the_same_rules),
		cmocka_unit_test(odd_topics_are_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
