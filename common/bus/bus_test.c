/* SPDX-License-Identifier: MIT
 *
 * What needs no broker. The connection itself is tried in tests/integration.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bus/bus.h"

static void filters_match_as_mqtt_says(void **state)
{
	static const struct {
		const char *filter, *topic;
		bool matches;
	} cases[] = {
		{"a/b", "a/b", true},
		{"a/b", "a/c", false},
		{"a/+", "a/b", true},
		{"a/+", "a/b/c", false},
		{"a/+", "a/", true},
		{"a/#", "a", true},
		{"a/#", "a/b/c", true},
		{"a/#", "ab", false},
		{"#", "a/b", true},
		{"#", "$SYS/x", false},
		{"+/x", "$SYS/x", false},
		{"$SYS/#", "$SYS/x", true},
		{"+", "a", true},
		{"+", "/a", false},
		{"/+", "/a", true},
		{"+/+", "/a", true},
		{"a/+/c", "a/b/c", true},
		{"a/+/c", "a/b/d", false},
		{"a", "a/b", false},
		{"a/b", "a", false},
		{"$thing/up/+", "$thing/up/x", true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (bus_topic_matches(cases[i].filter, cases[i].topic) != cases[i].matches)
			fail_msg("%s against %s", cases[i].filter, cases[i].topic);
}

static void nothing_is_published_before_the_connection(void **state)
{
	struct bus_config config = {.host = "127.0.0.1", .port = 1, .keepalive_ms = 1000, .queue_bytes = 65536};
	struct bus_event event;
	struct bus *bus;
	(void)state;
	assert_int_equal(bus_create(&config, "bus-test", "will", "x", 1, &bus, NULL), ERR_OK);
	assert_int_equal(bus_subscribe(bus, "a/#", 1), ERR_OK);
	assert_int_equal(
		bus_publish(bus, &(struct bus_publication){.topic = "a", .payload = "x", .length = 1}), ERR_CLOSED);
	assert_int_equal(bus_next(bus, &event), ERR_NOT_FOUND);
	assert_true(bus_due(bus).us == INT64_MAX);
	bus_destroy(bus);
	bus_destroy(NULL);
}

static void missing_password_file_is_named(void **state)
{
	struct bus_config config = {.host = "127.0.0.1", .port = 1, .password_file = "/nowhere/secret"};
	struct errinfo info = {0};
	struct bus *bus;
	(void)state;
	assert_int_equal(bus_create(&config, "bus-test", NULL, NULL, 0, &bus, &info), ERR_NOT_FOUND);
	assert_string_equal(info.file, "/nowhere/secret");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters_match_as_mqtt_says),
		cmocka_unit_test(nothing_is_published_before_the_connection),
		cmocka_unit_test(missing_password_file_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
