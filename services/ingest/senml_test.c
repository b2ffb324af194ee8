/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ingest/map_fixture.h"

#define CHECK(fixture, topic, payload, expected) assert_string_equal(fixture_run(fixture, topic, payload), expected)

static struct map_fixture native(void)
{
	return fixture_map("  - {name: native, topic: \"in/{device}\", format: senml}\n"
			   "  - {name: any, topic: \"any\", format: senml}\n"
			   "  - {name: own, topic: \"own/{device}\", format: senml, device: '\"fixed\"'}\n");
}

static void names_of_quantities_and_units_tell_what_is_meant(void **state)
{
	(void)state;
	struct map_fixture f = native();

	CHECK(&f, "in/d", "[{\"n\":\"temperature\",\"u\":\"Cel\",\"v\":21.5}]", "d temperature 21.5");
	CHECK(&f, "in/d", "[{\"n\":\"probe1/temperature\",\"u\":\"K\",\"v\":300.15}]", "d/probe1 temperature 27");
	CHECK(&f, "in/d", "[{\"n\":\"t1\",\"u\":\"Cel\",\"v\":3},{\"n\":\"rssi\",\"u\":\"dBW\",\"v\":-100}]",
		"d/t1 temperature 3\nd signal -70");
	CHECK(&f, "in/d", "[{\"n\":\"water_total\",\"u\":\"m3\",\"v\":1.5},{\"n\":\"contact\",\"vb\":true}]",
		"d water_total 1500\nd contact 1");
	CHECK(&f, "in/d",
		"[{\"n\":\"temp\",\"v\":20},{\"n\":\"hall/open\",\"vb\":false},{\"n\":\"water\",\"u\":\"m3\",\"v\":2}]",
		"d temperature 20\nd/hall contact 0\nd water_total 2000");
	CHECK(&f, "in/d",
		"[{\"n\":\"sos\",\"vs\":\"pressed\"},{\"n\":\"level\",\"vs\":\"12\"},{\"n\":\"power\",\"vs\":\"high\"}"
		"]",
		"d sos 1 \"pressed\"\nd level 12\nreject d: not_a_number: power \"high\"");
	CHECK(&f, "in/d",
		"[{\"n\":\"watre\",\"v\":1},{\"n\":\"power\",\"u\":\"m3\",\"v\":1},{\"n\":\"power\",\"v\":5}]",
		"reject d: unknown_quantity: watre\nreject d: unknown_unit: power m3\nd power 5");
	fixture_fini(&f);
}

static void base_fields_hold_until_they_change(void **state)
{
	(void)state;
	struct map_fixture f = native();

	CHECK(&f, "any",
		"[{\"bn\":\"urn:dev:ow:10e2073a01080063:\",\"bt\":1.276020076e+09,\"bu\":\"A\",\"bver\":5,\"n\":"
		"\"voltage\",\"u\":\"V\",\"v\":120.1},"
		"{\"n\":\"current\",\"t\":-5,\"v\":1.2},{\"n\":\"current\",\"v\":1.7}]",
		"urn:dev:ow:10e2073a01080063 voltage 120.1 @2010-06-08T18:01:16.000Z\n"
		"urn:dev:ow:10e2073a01080063 current 1.2 @2010-06-08T18:01:11.000Z\n"
		"urn:dev:ow:10e2073a01080063 current 1.7 @2010-06-08T18:01:16.000Z");
	CHECK(&f, "in/d",
		"[{\"bv\":20,\"bu\":\"Cel\"},{\"n\":\"temperature\",\"v\":1.5},{\"bv\":0,\"n\":\"temperature\",\"v\":2}"
		"]",
		"d temperature 21.5\nd temperature 2");
	CHECK(&f, "in/d", "[{\"bs\":100,\"n\":\"pulse_total\",\"s\":5},{\"n\":\"power\",\"v\":7,\"s\":9}]",
		"d pulse_total 105\nd power 7");
	fixture_fini(&f);
}

static void small_times_are_relative_to_arrival(void **state)
{
	(void)state;
	struct map_fixture f = native();

	CHECK(&f, "in/d",
		"[{\"n\":\"power\",\"v\":1,\"t\":-60},{\"n\":\"power\",\"v\":2,\"t\":0},{\"n\":\"power\",\"v\":3,\"t\":"
		"1.5}]",
		"d power 1 @2026-11-24T07:59:00.000Z\nd power 2\nd power 3 @2026-11-24T08:00:01.500Z");
	CHECK(&f, "in/d", "[{\"n\":\"power\",\"v\":1,\"t\":268435455},{\"n\":\"power\",\"v\":2,\"t\":268435456}]",
		"d power 1 @2035-05-28T05:24:15.000Z\nd power 2 @1978-07-04T21:24:16.000Z");
	CHECK(&f, "in/d", "[{\"n\":\"power\",\"v\":1,\"t\":1e300}]",
		"reject d: bad_time: record 1: no time between 1970 and 9999");
	fixture_fini(&f);
}

static void several_base_names_are_several_devices(void **state)
{
	(void)state;
	struct map_fixture f = native();
	static const char two[] = "[{\"bn\":\"2001:db8::2/"
				  "\",\"n\":\"temperature\",\"u\":\"Cel\",\"v\":25.2},{\"n\":\"humidity\",\"v\":30},"
				  "{\"bn\":\"2001:db8::1/\",\"n\":\"temperature\",\"u\":\"Cel\",\"v\":12.3}]";

	CHECK(&f, "in/d", two, "2001:db8::2 temperature 25.2\n2001:db8::2 humidity 30\n2001:db8::1 temperature 12.3");
	CHECK(&f, "own/d", two, "fixed temperature 25.2\nfixed humidity 30\nfixed temperature 12.3");
	CHECK(&f, "in/d", "[{\"bn\":\"urn:x:\",\"n\":\"power\",\"v\":1},{\"bn\":\"urn:x:\",\"n\":\"power\",\"v\":2}]",
		"d power 1\nd power 2");
	CHECK(&f, "any", "[{\"n\":\"power\",\"v\":1}]", "reject: bad_device: bn or n must name the device");
	fixture_fini(&f);
}

static void a_wrong_record_does_not_cost_the_others(void **state)
{
	(void)state;
	struct map_fixture f = native();

	CHECK(&f, "in/d", "{\"n\":\"power\",\"v\":1}", "reject d: senml: a pack is an array of records");
	CHECK(&f, "in/d", "[]", "ignore: nothing_of_use");
	CHECK(&f, "in/d", "[{\"bver\":11,\"n\":\"power\",\"v\":1}]",
		"reject d: senml: record 1: bver is newer than version 10");
	CHECK(&f, "in/d",
		"[5,{\"v\":1},{\"n\":\"power\",\"v\":\"1\"},{\"n\":\"power\",\"v\":1,\"x_\":2},{\"n\":\"power\",\"v\":"
		"1,\"x\":2}]",
		"reject d: senml: record 1: is no object\n"
		"reject d: senml: record 2: has no name (n or bn)\n"
		"reject d: not_a_number: record 3: v and s must be numbers\n"
		"reject d: senml: record 4: has a label that ends in _ and is not known here\n"
		"d power 1");
	CHECK(&f, "in/d", "[{\"n\":\"power\",\"vd\":\"aGk=\"},{\"n\":\"contact\",\"vb\":1},{\"n\":3,\"v\":1}]",
		"reject d: not_a_number: record 1: vd carries bytes, not a value\n"
		"reject d: senml: record 2: vb must be true or false\n"
		"reject d: senml: record 3: bn and n together must be a text of up to 159 bytes");
	CHECK(&f, "in/d", "[{\"n\":\"power\",\"v\":1},", "reject: bad_json: line 1 column 22: the text ends too early");
	fixture_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_quantities_and_units_tell_what_is_meant),
		cmocka_unit_test(base_fields_hold_until_they_change),
		cmocka_unit_test(small_times_are_relative_to_arrival),
		cmocka_unit_test(several_base_names_are_several_devices),
		cmocka_unit_test(a_wrong_record_does_not_cost_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
