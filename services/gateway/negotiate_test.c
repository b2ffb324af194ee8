/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/negotiate.h"

static void a_tag_is_found_alone_in_a_list_weak_or_by_the_star(void **state)
{
	static const char *const same[] = {
		"\"a\"", " \"a\" ", "W/\"a\"", "\"b\", \"a\"", "\"b,c\",W/\"a\"", ",\"a\"", "*", " * "};
	static const char *const other[] = {
		"", "\"b\"", "a", "\"a", "\"a,b\"", "\"b\", \"aa\"", "w/\"a\"", "*x", "\"*\"", "W/", ","};

	(void)state;
	for (unsigned i = 0; i < sizeof same / sizeof *same; i++)
		assert_true(negotiate_same(same[i], "\"a\""));
	for (unsigned i = 0; i < sizeof other / sizeof *other; i++)
		assert_false(negotiate_same(other[i], "\"a\""));
	assert_false(negotiate_same(NULL, "\"a\""));
}

static void an_answer_is_accepted_by_the_range_that_fits_best(void **state)
{
	static const char *const yes[] = {"", "*/*", "application/json", "Application/JSON; q=0.5", "application/*",
		"text/html, application/json;q=0.1", "text/html,*/*;q=0.8", "text/html;q=0, */*",
		"*/*;q=0, application/json", "application/*;q=0,application/json;charset=utf-8;q=1", " , ",
		"application/json;x=y"};
	static const char *const no[] = {"text/html", "application/json;q=0", "application/json;q=0.000,*/*", "text/*",
		"application/problem+json", "*/*;q=0", "application/*;q=0, */*", "nonsense", "application/jsonx",
		"application"};

	(void)state;
	assert_true(negotiate_accepts(NULL, "application/json"));
	for (unsigned i = 0; i < sizeof yes / sizeof *yes; i++)
		assert_true(negotiate_accepts(yes[i], "application/json"));
	for (unsigned i = 0; i < sizeof no / sizeof *no; i++)
		assert_false(negotiate_accepts(no[i], "application/json"));
}

static void a_body_is_json_by_its_type_or_suffix(void **state)
{
	static const char *const yes[] = {"application/json", "APPLICATION/JSON;charset=UTF-8",
		" application/json ; x=y", "application/merge-patch+json", "application/vnd.x+JSON; v=1"};
	static const char *const no[] = {"", "text/json", "application/x-www-form-urlencoded", "application/jsonp",
		"+json", "application/xml; x=application/json", "multipart/form-data; boundary=+json"};

	(void)state;
	for (unsigned i = 0; i < sizeof yes / sizeof *yes; i++)
		assert_true(negotiate_is_json(yes[i]));
	for (unsigned i = 0; i < sizeof no / sizeof *no; i++)
		assert_false(negotiate_is_json(no[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tag_is_found_alone_in_a_list_weak_or_by_the_star),
		cmocka_unit_test(an_answer_is_accepted_by_the_range_that_fits_best),
		cmocka_unit_test(a_body_is_json_by_its_type_or_suffix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
