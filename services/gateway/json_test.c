/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "gateway/arguments.h"
#include "gateway/cursor.h"
#include "gateway/openapi.h"
#include "gateway/page.h"

static enum err write(const char *verb, const char *path, const char *query, const char *body, struct buf *out)
{
	struct route_match match;
	const char *allow;

	buf_reset(out);
	assert_int_equal(route_find(verb, path, &match, &allow, NULL), ERR_OK);
	if (query)
		assert_int_equal(route_query(&match, "limit", query, NULL), ERR_OK);
	return arguments_write(&match, body, strlen(body), out, NULL);
}

static void path_query_and_body_become_the_arguments(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	assert_int_equal(write("GET", "/v1/households/h-1/timeline", "7", "", &out), ERR_OK);
	assert_string_equal(out.data, "{\"args\":{\"household\":\"h-1\",\"limit\":7}}");
	assert_int_equal(write("POST", "/v1/incidents/i-1/replies", NULL, "{\"action\":\"accept\"}", &out), ERR_OK);
	assert_string_equal(out.data, "{\"args\":{\"action\":\"accept\",\"incident\":\"i-1\"}}");
	assert_int_equal(write("GET", "/v1/incidents", NULL, "", &out), ERR_OK);
	assert_string_equal(out.data, "{\"args\":{}}");
	buf_fini(&out);
}

static void a_body_that_is_no_object_or_says_it_twice_is_refused(void **state)
{
	static const char *const wrong[] = {"[1]", "{", "\"x\"", "{\"a\":1,\"a\":2}", "{\"incident\":\"i-2\"}", "{}x"};
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(write("POST", "/v1/incidents/i-1/replies", NULL, wrong[i], &out), ERR_INVALID);
	buf_fini(&out);
}

static void problems_have_a_status_for_each_code(void **state)
{
	struct buf out;

	(void)state;
	assert_int_equal(problem_status("not_found"), 404);
	assert_int_equal(problem_status("corrupt"), 500);
	buf_init(&out, 4096);
	assert_int_equal(problem_write(404, "not_found", "no \"h-9\"", &out), ERR_OK);
	assert_string_equal(out.data, "{\"type\":\"about:blank\",\"title\":\"There is no such thing\",\"status\":404,"
				      "\"code\":\"not_found\",\"detail\":\"no \\\"h-9\\\"\"}");
	buf_fini(&out);
}

static void the_document_names_every_path(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 20);
	assert_int_equal(openapi_write("0.0.0", &out), ERR_OK);
	for (unsigned i = 0; route_at(i); i++) {
		char path[128];
		size_t length = strcspn(route_at(i)->path, ".");
		memcpy(path, route_at(i)->path, length);
		path[length] = '\0';
		assert_non_null(strstr(out.data, path));
	}
	buf_fini(&out);
}

static void a_link_gives_a_page_for_each_verdict_and_a_button_only_where_one_helps(void **state)
{
	static const struct {
		const char *answer;
		enum page_kind kind;
	} cases[] = {{"{\"verdict\":\"good\"}", PAGE_ASK},
		{"{\"verdict\":\"good\",\"action\":\"accept\",\"kind\":\"sos\"}", PAGE_ASK},
		{"{\"verdict\":\"good\",\"action\":\"accept\",\"kind\":\"visit\"}", PAGE_ASK_HELP},
		{"{\"verdict\":\"good\",\"action\":\"decline\",\"kind\":\"visit\"}", PAGE_ASK_NO},
		{"{\"verdict\":\"good\",\"action\":\"decline\",\"reply\":\"taken\"}", PAGE_TAKEN_NO},
		{"{\"verdict\":\"good\",\"action\":\"decline\",\"reply\":\"late\"}", PAGE_NOTHING},
		{"{\"verdict\":\"used\",\"action\":\"decline\"}", PAGE_USED},
		{"{\"verdict\":\"good\",\"reply\":\"taken\"}", PAGE_TAKEN},
		{"{\"verdict\":\"good\",\"reply\":\"late\"}", PAGE_NOTHING}, {"{\"verdict\":\"used\"}", PAGE_USED},
		{"{\"verdict\":\"expired\"}", PAGE_EXPIRED}, {"{\"verdict\":\"forged\"}", PAGE_WRONG},
		{"{}", PAGE_LATER}, {"nonsense", PAGE_LATER}};
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 16);
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_reset(&out);
		struct page_link link = page_of(cases[i].answer);
		assert_int_equal(link.kind, cases[i].kind);
		assert_int_equal(page_write(&link, &out), ERR_OK);
		assert_int_equal(strstr(out.data, "<button") != NULL, cases[i].kind <= PAGE_ASK_NO);
	}
	buf_reset(&out);
	struct page_link link = page_of(
		"{\"verdict\":\"good\",\"action\":\"decline\",\"kind\":\"visit\",\"about\":{\"kind_zh\":\"探访\","
		"\"kind_en\":\"Visit\",\"zh\":\"住户 <h-1>\",\"en\":\"Home h-1 & more\"}}");
	assert_int_equal(page_write(&link, &out), ERR_OK);
	assert_non_null(strstr(out.data, "探访：住户 &#60;h-1&#62;")); /* what is said is never markup */
	assert_non_null(strstr(out.data, "Visit: Home h-1 &#38; more"));
	assert_true(strstr(out.data, "您要谢绝吗") < strstr(out.data, "探访"));
	assert_int_equal(write("POST", "/a/x~y", NULL, "", &out), ERR_OK);
	assert_string_equal(out.data, "{\"args\":{\"confirm\":true,\"token\":\"x~y\"}}");
	buf_fini(&out);
}

static void a_cursor_holds_for_its_list_its_account_and_its_filters(void **state)
{
	static const unsigned char key[CURSOR_KEY_BYTES] = {7}, other[CURSOR_KEY_BYTES] = {8};
	static const char answer[] = "{\"items\":[{\"id\":9},{\"id\":7}]}";
	struct route_match match, again;
	char value[CURSOR_VALUE_BYTES], cursor[200], wrong[200];
	const char *allow;
	struct buf link;

	(void)state;
	buf_init(&link, 4096);
	assert_int_equal(route_find("GET", "/v1/changes", &match, &allow, NULL), ERR_OK);
	assert_int_equal(route_query(&match, "key", "a b&c", NULL), ERR_OK);
	again = match;
	assert_int_equal(cursor_value(answer, strlen(answer), value), ERR_OK);
	assert_string_equal(value, "7");
	assert_int_equal(cursor_link(key, "desk", &match, value, &link), ERR_OK);
	assert_int_equal(sscanf(link.data, "/v1/changes?cursor=%199[A-Za-z0-9_-]", cursor), 1);
	assert_non_null(strstr(link.data, "&key=a%20b%26c"));
	assert_int_equal(cursor_open(key, "desk", cursor, &match, NULL), ERR_OK);
	assert_string_equal(match.values[3], "7");
	assert_int_equal(cursor_open(other, "desk", cursor, &again, NULL), ERR_INVALID);
	assert_int_equal(cursor_open(key, "other", cursor, &again, NULL), ERR_INVALID);
	for (size_t i = 0; i < strlen(cursor); i++) {
		text_cut(wrong, sizeof wrong, cursor);
		wrong[i] = wrong[i] == 'A' ? 'B' : 'A';
		assert_int_equal(cursor_open(key, "desk", wrong, &again, NULL), ERR_INVALID);
	}
	for (const char *const *bad = (const char *const[]){"", "7", "=", "AAAA", NULL}; *bad; bad++)
		assert_int_equal(cursor_open(key, "desk", *bad, &again, NULL), ERR_INVALID);
	strcpy(again.values[1], "other");
	assert_int_equal(cursor_open(key, "desk", cursor, &again, NULL), ERR_INVALID);
	buf_fini(&link);
}

static void an_answer_says_where_the_next_page_begins_or_that_there_is_none(void **state)
{
	static const char *const last[] = {"{\"items\":[]}", "{\"items\":[{\"id\":1}],\"more\":false}", "{", "[]",
		"{\"items\":[{\"x\":1}]}",
		"{\"items\" : [{\"id\" : 1}], \"more\" : false, \"last\" : \"2026-03-01T07:00:00.000Z\"}",
		"{\"items\": [], \"last\": \"h-1\"}", "{\"csv\": \"\", \"last\": \"\", \"more\": true, \"rows\": 0}",
		"{\"csv\": \"id\\nh-1\\n\", \"last\": \"h-1\", \"more\": false, \"rows\": 1}"};
	static const char *const page[][2] = {
		{"{\"items\" : [{\"at\" : 1}], \"more\" : true, \"last\" : \"2026-03-01T07:00:00.000Z\"}",
			"2026-03-01T07:00:00.000Z"},
		{"{\"csv\": \"id\\nh-1\\n\", \"last\": \"h-1\", \"more\": true, \"rows\": 1}", "h-1"},
		{"{\"items\":[{\"id\":\"b\"},{\"id\":\"a\"}]}", "a"}};
	char value[CURSOR_VALUE_BYTES];

	(void)state;
	for (unsigned i = 0; i < sizeof last / sizeof *last; i++)
		assert_int_equal(cursor_value(last[i], strlen(last[i]), value), ERR_NOT_FOUND);
	for (unsigned i = 0; i < sizeof page / sizeof *page; i++) {
		assert_int_equal(cursor_value(page[i][0], strlen(page[i][0]), value), ERR_OK);
		assert_string_equal(value, page[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cursor_holds_for_its_list_its_account_and_its_filters),
		cmocka_unit_test(an_answer_says_where_the_next_page_begins_or_that_there_is_none),
		cmocka_unit_test(path_query_and_body_become_the_arguments),
		cmocka_unit_test(a_body_that_is_no_object_or_says_it_twice_is_refused),
		cmocka_unit_test(problems_have_a_status_for_each_code),
		cmocka_unit_test(the_document_names_every_path),
		cmocka_unit_test(a_link_gives_a_page_for_each_verdict_and_a_button_only_where_one_helps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
