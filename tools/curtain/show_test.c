/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "show.h"

static void durations_take_the_two_units_that_matter(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
		{0, "0 ms"},
		{999, "999 ms"},
		{1000, "1.0 s"},
		{9999, "9.9 s"},
		{10000, "10 s"},
		{59999, "59 s"},
		{60000, "1 min 00 s"},
		{3599999, "59 min 59 s"},
		{3600000, "1 h 00 min"},
		{86399999, "23 h 59 min"},
		{86400000, "1 d 0 h"},
		{90000000, "1 d 1 h"},
		{-1500, "-1.5 s"},
		{INT64_MIN, "-106751991167 d 7 h"},
	};
	char out[SHOW_DURATION_BYTES];
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		show_duration(cases[i].ms, out);
		assert_string_equal(out, cases[i].text);
	}
}

static void times_are_told_in_the_zone(void **state)
{
	struct zone *zone = NULL;
	struct wall t;
	char out[SHOW_TIME_BYTES];
	(void)state;
	assert_int_equal(zone_load("Asia/Shanghai", &zone, NULL), ERR_OK);
	assert_int_equal(wall_parse("2026-11-24T16:01:46.999Z", 24, &t), ERR_OK);
	show_time(zone, t, out);
	assert_string_equal(out, "2026-11-25 00:01:46");
	show_clock(zone, t, out);
	assert_string_equal(out, "00:01:46");
	show_time(zone, WALL_NONE, out);
	assert_string_equal(out, "-");
	show_clock(zone, WALL_NONE, out);
	assert_string_equal(out, "-");
	zone_destroy(zone);
}

static void width_counts_columns_of_a_terminal(void **state)
{
	(void)state;
	assert_int_equal(show_width(""), 0);
	assert_int_equal(show_width("abc"), 3);
	assert_int_equal(show_width("窗帘"), 4);
	assert_int_equal(show_width("，。（）"), 8);
	assert_int_equal(show_width("e\xcc\x81"), 1); /* a combining acute accent */
	assert_int_equal(show_width("\xf0\xa0\x80\x80"), 2);
	assert_int_equal(show_width("\xff\xc3"), 2); /* two bytes that are no text */
}

static void expect_clean(const char *text, size_t columns, const char *expected)
{
	struct buf out;

	buf_init(&out, 1000);
	show_clean(&out, text, columns);
	assert_string_equal(out.data ? out.data : "", expected);
	buf_fini(&out);
}

static void what_could_move_the_cursor_is_made_harmless(void **state)
{
	(void)state;
	expect_clean("a\033[2Jb\r\n\t\x7f", 0, "a?[2Jb????");
	expect_clean("\xc2\x9b"
		     "31m",
		0, "?31m"); /* C1: a one-character escape sequence */
	expect_clean("\xe2\x80\xae"
		     "evil",
		0, "?evil");                    /* turns the direction of the line */
	expect_clean("\xff\xe6\x9c", 0, "???"); /* no UTF-8, and a character that ends too early */
	expect_clean("窗帘之约", 0, "窗帘之约");
}

static void cutting_respects_wide_characters(void **state)
{
	(void)state;
	expect_clean("abcd", 4, "abcd");
	expect_clean("abcde", 4, "abc…");
	expect_clean("窗帘之约", 8, "窗帘之约");
	expect_clean("窗帘之约", 7, "窗帘之…");
	expect_clean("窗帘之约", 6, "窗帘…");
}

static void columns_stand_under_each_other_with_chinese_in_them(void **state)
{
	static const char *const headings[] = {"name", ">n", "last"};
	struct table *table = table_create(headings, 3);
	struct buf out;
	(void)state;
	buf_init(&out, 1000);
	table_cell(table, "窗帘之约");
	table_number(table, -7);
	table_cell(table, "x");
	table_cell(table, "a");
	table_number(table, 12345);
	table_cell(table, "line\nbreak");
	assert_int_equal(table_print(table, &out), ERR_OK);
	assert_string_equal(out.data, "name          n  last\n"
				      "窗帘之约     -7  x\n"
				      "a         12345  line?break\n");
	table_destroy(table);
	buf_fini(&out);
	table_destroy(NULL);
}

static void an_empty_table_has_its_headings(void **state)
{
	static const char *const headings[] = {"a", ">b"};
	struct table *table = table_create(headings, 2);
	struct buf out;
	(void)state;
	buf_init(&out, 1000);
	assert_int_equal(table_print(table, &out), ERR_OK);
	assert_string_equal(out.data, "a  b\n");
	table_destroy(table);
	buf_fini(&out);
}

static void a_cell_that_is_too_long_is_told_at_the_end(void **state)
{
	static const char *const headings[] = {"a"};
	struct table *table = table_create(headings, 1);
	char text[5000];
	struct buf out;
	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	buf_init(&out, 1000);
	table_cell(table, text);
	assert_int_not_equal(table_print(table, &out), ERR_OK);
	table_destroy(table);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_take_the_two_units_that_matter),
		cmocka_unit_test(times_are_told_in_the_zone),
		cmocka_unit_test(width_counts_columns_of_a_terminal),
		cmocka_unit_test(what_could_move_the_cursor_is_made_harmless),
		cmocka_unit_test(cutting_respects_wide_characters),
		cmocka_unit_test(columns_stand_under_each_other_with_chinese_in_them),
		cmocka_unit_test(an_empty_table_has_its_headings),
		cmocka_unit_test(a_cell_that_is_too_long_is_told_at_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
