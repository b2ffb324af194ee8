/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "encoding.h"

static enum err read_as(const char *name, const char *bytes, size_t length, struct buf *text, struct errinfo *info)
{
	buf_init(text, 1 << 16);
	buf_append(text, bytes, length);
	return encoding_to_utf8(name, "x.csv", text, info);
}

static void gives(const char *name, const char *bytes, size_t length, const char *wanted)
{
	struct errinfo info = {0};
	struct buf text;

	assert_int_equal(read_as(name, bytes, length, &text, &info), ERR_OK);
	assert_string_equal(text.data, wanted);
	assert_int_equal(text.length, strlen(wanted));
	buf_fini(&text);
}

static void refuses(const char *name, const char *bytes, size_t length, int line, int column)
{
	struct errinfo info = {0};
	struct buf text;

	assert_int_equal(read_as(name, bytes, length, &text, &info), ERR_INVALID);
	assert_int_equal(info.line, line);
	assert_int_equal(info.column, column);
	buf_fini(&text);
}

static void the_encoding_of_a_file_is_found_by_itself(void **state)
{
	(void)state;
	gives("auto", "a,测试\n", 9, "a,测试\n");
	gives("auto",
		"\xef\xbb\xbf"
		"a\n",
		5, "a\n");
	gives("auto", "a,\xb2\xe2\xca\xd4\n", 7, "a,测试\n");
	gives("auto", "\x81\x30\x81\x30", 4, "\xc2\x80"); /* four bytes, beyond GBK */
	gives("auto",
		"\xff\xfe"
		"a\0K\x6d",
		6, "a测");
	gives("auto",
		"\xfe\xff"
		"\0a\x6d\x4b",
		6, "a测");
	gives("gb18030", "\xca\xd4", 2, "试");
	gives("utf-8", "x", 1, "x");
}

static void a_byte_that_does_not_belong_is_told_by_line_and_column(void **state)
{
	(void)state;
	refuses("utf-8", "a\nb\xff\n", 5, 2, 2);
	refuses("auto", "a\nb\xff\n", 5, 2, 2);
	refuses("gb18030", "ab\xca", 3, 1, 3); /* half a character at the end */
	refuses("utf-8", "a\0b", 3, 1, 2);
	refuses("latin", "a", 1, 0, 0);
}

static void a_file_of_two_encodings_is_refused_where_it_changes(void **state)
{
	static const char late[] = "id,name\n1,测试\n2,示例\n3,\xb2\xe2\xca\xd4\n4,示例\n";
	static const char early[] = "id,name\n1,\xb2\xe2\xca\xd4\n2,\xb2\xe2\xca\xd4\n3,测试\n";
	static const char cut[] = "id,name\n1,测试\n2,示\xe4\xbe";

	(void)state;
	refuses("auto", late, sizeof late - 1, 4, 3);
	refuses("auto", early, sizeof early - 1, 4, 1);
	refuses("auto", cut, sizeof cut - 1, 3, 6);
	gives("auto", "1,\xc5\xae\n2,\xc4\xd0\n", 10, "1,女\n2,男\n"); /* the first line is UTF-8 by chance */
}

static void what_goes_out_comes_in_again(void **state)
{
	static const char text[] = "编号,姓名\n1,示例甲\n";
	static const char *const names[] = {"utf-8", "utf-8-bom", "gb18030"};

	(void)state;
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
		struct errinfo info = {0};
		struct buf out;
		buf_init(&out, 1 << 12);
		assert_int_equal(encoding_from_utf8(names[i], text, strlen(text), &out, &info), ERR_OK);
		gives("auto", out.data, out.length, text);
		buf_fini(&out);
	}
}

static void a_text_that_is_too_long_is_told(void **state)
{
	struct errinfo info = {0};
	struct buf text;

	(void)state;
	buf_init(&text, 4);
	buf_append(&text, "\xb2\xe2\xca\xd4", 4);
	assert_int_equal(encoding_to_utf8("gb18030", "x.csv", &text, &info), ERR_FULL);
	buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_encoding_of_a_file_is_found_by_itself),
		cmocka_unit_test(a_byte_that_does_not_belong_is_told_by_line_and_column),
		cmocka_unit_test(a_file_of_two_encodings_is_refused_where_it_changes),
		cmocka_unit_test(what_goes_out_comes_in_again),
		cmocka_unit_test(a_text_that_is_too_long_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
