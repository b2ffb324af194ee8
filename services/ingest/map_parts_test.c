/* SPDX-License-Identifier: MIT
 *
 * The parts of the map that stand alone: topics, times, numbers, expressions.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ingest/map_expr.h"
#include "ingest/map_time.h"
#include "ingest/map_topic.h"

/* ---- topics ---- */

static bool matches(
	const char *pattern_text, const char *topic_text, struct topic_pattern *pattern, struct topic *topic)
{
	const struct topic_pattern *one = pattern;
	char fault[200];
	size_t offset;
	uint32_t found[1];

	assert_int_equal(topic_pattern_parse(pattern_text, pattern, &offset, fault, sizeof fault), ERR_OK);
	struct topic_index *index = topic_index_create(&one, 1);
	assert_non_null(index);
	bool result = topic_split(topic_text, topic) && topic_index_find(index, topic, found) == 1;
	topic_index_destroy(index);
	return result;
}

static void wildcards_stand_for_levels(void **state)
{
	(void)state;
	static const struct {
		const char *pattern, *topic, *device; /* device NULL: no match */
	} cases[] = {
		{"a/{device}/b", "a/x/b", "x"},
		{"a/{device}/b", "a//b", ""},
		{"a/{device}/b", "a/x/y/b", NULL},
		{"a/{device}/b", "a/x/c", NULL},
		{"a/{device...}", "a/x/y/z", "x/y/z"},
		{"a/{device...}", "a", NULL},
		{"a/{device...}/b", "a/x/y/b", "x/y"},
		{"a/{device...}/b", "a/b", NULL},
		{"a/{device...}/b", "a/x/b/b", "x/b"},
		{"{top...}/{device}/up", "a/b/c/up", "c"},
		{"a/+/{device}", "a/b/c", "c"},
		{"a/{device}/#", "a/x", "x"},
		{"a/{device}/#", "a/x/y/z", "x"},
		{"{device}", "$SYS", NULL},
		{"{device}/x", "curtain/x", NULL},
		{"{device}", "curtain", "curtain"},
		{"$thing/{device}", "$thing/x", "x"},
		{"/sys/{device}", "/sys/x", "x"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct topic_pattern pattern;
		struct topic topic;
		size_t length;
		bool found = matches(cases[i].pattern, cases[i].topic, &pattern, &topic);
		const char *wanted = cases[i].device;
		assert_int_equal(found, wanted != NULL);
		if (!wanted)
			continue;
		const char *device = topic_capture(&pattern, &topic, "device", 6, &length);
		assert_non_null(device);
		assert_int_equal(length, strlen(wanted));
		assert_memory_equal(device, wanted, length);
		assert_null(topic_capture(&pattern, &topic, "none", 4, &length));
	}
}

static void many_patterns_are_found_in_their_order(void **state)
{
	(void)state;
	static const char *const texts[] = {"#", "a/#", "a/+", "a/b", "+/b", "a/{x...}/b", "b/a", "a/b"};
	struct topic_pattern patterns[8];
	const struct topic_pattern *list[8];
	char fault[200];
	size_t offset;
	uint32_t found[8];
	struct topic topic;

	for (int i = 0; i < 8; i++) {
		assert_int_equal(topic_pattern_parse(texts[i], &patterns[i], &offset, fault, sizeof fault), ERR_OK);
		list[i] = &patterns[i];
	}
	struct topic_index *index = topic_index_create(list, 8);
	assert_true(topic_split("a/b", &topic));
	assert_int_equal(topic_index_find(index, &topic, found), 6);
	assert_memory_equal(found, ((uint32_t[]){0, 1, 2, 3, 4, 7}), sizeof(uint32_t[6]));
	assert_true(topic_split("a/b/b", &topic));
	assert_int_equal(topic_index_find(index, &topic, found), 3);
	assert_memory_equal(found, ((uint32_t[]){0, 1, 5}), sizeof(uint32_t[3]));
	topic_index_destroy(index);
	char deep[2 * TOPIC_LEVELS_MAX + 2];
	memset(deep, '/', sizeof deep);
	deep[TOPIC_LEVELS_MAX - 1] = '\0';
	assert_true(topic_split(deep, &topic));
	deep[TOPIC_LEVELS_MAX - 1] = '/';
	deep[TOPIC_LEVELS_MAX] = '\0';
	assert_false(topic_split(deep, &topic));
}

static void filters_cover_what_they_match(void **state)
{
	(void)state;
	assert_true(topic_filter_covers("a/#", "a/+/b"));
	assert_true(topic_filter_covers("a/#", "a"));
	assert_true(topic_filter_covers("a/+", "a/b"));
	assert_true(topic_filter_covers("#", "a/#"));
	assert_true(topic_filter_covers("$x/#", "$x/y"));
	assert_false(topic_filter_covers("a/+", "a/#"));
	assert_false(topic_filter_covers("a/+", "a"));
	assert_false(topic_filter_covers("a/b", "a/+"));
	assert_false(topic_filter_covers("#", "$x/y"));
	assert_false(topic_filter_covers("+/y", "$x/y"));
}

/* ---- times ---- */

static void check_time(enum time_format format, const char *zone_name, const char *text, const char *expected)
{
	struct zone *zone = NULL;
	struct map_value value;
	struct wall at;
	char out[WALL_TEXT_BYTES] = "none";

	assert_int_equal(zone_load(zone_name, &zone, NULL), ERR_OK);
	value_of_text(&value, text, strlen(text));
	if (!time_read(format, zone, &value, &at))
		wall_format(at, out);
	assert_string_equal(out, expected);
	zone_destroy(zone);
}

static void times_come_in_many_forms(void **state)
{
	(void)state;
	static const struct {
		enum time_format format;
		const char *zone, *text, *expected;
	} cases[] = {
		{TIME_AUTO, "Asia/Shanghai", "2024-06-06T12:12:12Z", "2024-06-06T12:12:12.000Z"},
		{TIME_AUTO, "Asia/Shanghai", "2024-06-06T12:12:12.5+02:00", "2024-06-06T10:12:12.500Z"},
		{TIME_AUTO, "Asia/Shanghai", "2024-06-06T12:12:12+0200", "2024-06-06T10:12:12.000Z"},
		{TIME_AUTO, "Asia/Shanghai", "2024-06-06T12:12:12", "2024-06-06T04:12:12.000Z"},
		{TIME_AUTO, "Asia/Shanghai", "2024/06/06 12:12", "2024-06-06T04:12:00.000Z"},
		{TIME_AUTO, "Asia/Shanghai", "20240606T121212Z", "2024-06-06T12:12:12.000Z"},
		{TIME_AUTO, "Asia/Shanghai", "20240606T121212", "2024-06-06T04:12:12.000Z"},
		{TIME_AUTO, "UTC", "2024-06-06T12:12:12.123456789Z", "2024-06-06T12:12:12.123Z"},
		{TIME_AUTO, "UTC", "2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"},
		{TIME_AUTO, "UTC", "2023-02-29T00:00:00", "none"},
		{TIME_AUTO, "UTC", "2024-13-01T00:00:00", "none"},
		{TIME_AUTO, "UTC", "2024-06-06", "none"},
		{TIME_AUTO, "UTC", "1970-01-01T00:00:00Z", "none"},
		{TIME_AUTO, "UTC", "1717675932", "2024-06-06T12:12:12.000Z"},
		{TIME_AUTO, "UTC", "1717675932.25", "2024-06-06T12:12:12.250Z"},
		{TIME_AUTO, "UTC", "1717675932250", "2024-06-06T12:12:12.250Z"},
		{TIME_AUTO, "UTC", "1717675932250000", "2024-06-06T12:12:12.250Z"},
		{TIME_AUTO, "UTC", "1717675932250000000", "2024-06-06T12:12:12.250Z"},
		{TIME_AUTO, "UTC", "100000000", "1973-03-03T09:46:40.000Z"},
		{TIME_AUTO, "UTC", "99999999", "none"},
		{TIME_AUTO, "UTC", "-5", "none"},
		{TIME_AUTO, "UTC", "", "none"},
		{TIME_UNIX_S, "UTC", "99999999", "1973-03-03T09:46:39.000Z"},
		{TIME_UNIX_MS, "UTC", "1717675932250", "2024-06-06T12:12:12.250Z"},
		{TIME_UNIX_US, "UTC", "1717675932250000", "2024-06-06T12:12:12.250Z"},
		{TIME_UNIX_NS, "UTC", "1.71767593225e18", "2024-06-06T12:12:12.250Z"},
		{TIME_UNIX_S, "UTC", "1e300", "none"},
		{TIME_UNIX_S, "UTC", "2024-06-06T12:12:12Z", "none"},
		{TIME_LOCAL, "Europe/Berlin", "2024-06-06 12:12:12Z", "2024-06-06T10:12:12.000Z"},
		{TIME_LOCAL, "Europe/Berlin", "2024-10-27 02:30:00", "2024-10-27T00:30:00.000Z"},
		{TIME_LOCAL, "Europe/Berlin", "1717675932", "none"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check_time(cases[i].format, cases[i].zone, cases[i].text, cases[i].expected);
}

/* ---- numbers ---- */

static void numbers_are_read_as_strtod_reads_them(void **state)
{
	(void)state;
	static const char *const texts[] = {"0", "-0", "1", "0.1", "123.456", "1e22", "1e23", "9007199254740993",
		"2.2250738585072014e-308", "1.7976931348623157e308", "0.000001", "123456789012345678901234567890",
		"4.9e-324", "0.30000000000000004", "8.41e21", "5e-20", "1.00000000000000011102230246251565"};
	unsigned seed = 7;
	double value;
	char text[64];

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		assert_int_equal(json_number_read(texts[i], strlen(texts[i]), &value), strlen(texts[i]));
		assert_true(value == strtod(texts[i], NULL));
	}
	for (int i = 0; i < 20000; i++) {
		seed = seed * 1103515245u + 12345u;
		snprintf(text, sizeof text, "%u.%ue%d", seed >> 12, seed & 0xfff, (int)(seed % 61) - 30);
		assert_int_equal(json_number_read(text, strlen(text), &value), strlen(text));
		assert_true(value == strtod(text, NULL));
	}
	assert_int_equal(json_number_read("1e", 2, &value), 1);
	assert_int_equal(json_number_read("1.5x", 4, &value), 3);
	assert_int_equal(json_number_read("01", 2, &value), 0);
	assert_int_equal(json_number_read(".5", 2, &value), 0);
	assert_int_equal(json_number_read("-", 1, &value), 0);
	assert_int_equal(json_number_read("1e309", 5, &value), 0);
}

/* ---- expressions ---- */

static void plain_expressions_are_told_from_jqs(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int kind; /* -1: jq's */
	} cases[] = {
		{".", EXPR_PATH},
		{" .a.b ", EXPR_PATH},
		{".\"x y\".b", EXPR_PATH},
		{".a[0][-1].b?", EXPR_PATH},
		{".[\"a\"]", EXPR_PATH},
		{"$topic.device", EXPR_PATH},
		{"$topic.levels[2]", EXPR_PATH},
		{"1", EXPR_CONSTANT},
		{"-1.5", EXPR_CONSTANT},
		{"\"x\"", EXPR_CONSTANT},
		{"true", EXPR_CONSTANT},
		{".a == \"x\" and .b.c != null", EXPR_COMPARE},
		{"$topic.kind == \"up\"", EXPR_COMPARE},
		{".a.b // 1", -1},
		{".a | .b", -1},
		{".a-1", -1},
		{"..", -1},
		{".a[]", -1},
		{".a[1:2]", -1},
		{"$topic", -1},
		{"$topic.levels", -1},
		{".a == .b", -1},
		{".a == 1 or .b == 2", -1},
		{"\"\\(.a)\"", -1},
		{"nullx", -1},
		{"1.5.2", -1},
		{".a as $x | $x", -1},
		{".日", -1},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct expr expr = {0};
		bool own = expr_parse(cases[i].text, &expr);
		assert_int_equal(own ? (int)expr.kind : -1, cases[i].kind);
		expr_fini(&expr);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wildcards_stand_for_levels),
		cmocka_unit_test(many_patterns_are_found_in_their_order),
		cmocka_unit_test(filters_cover_what_they_match),
		cmocka_unit_test(times_come_in_many_forms),
		cmocka_unit_test(numbers_are_read_as_strtod_reads_them),
		cmocka_unit_test(plain_expressions_are_told_from_jqs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
