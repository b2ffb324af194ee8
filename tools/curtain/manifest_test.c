/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "manifest.h"

#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" /* of "abc", FIPS 180-2 */
#define OTHER "ca7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define TABLES "table elder 2 ab\ntable tag 0 cd\n"

static void what_is_put_is_read(void **state)
{
	struct errinfo info = {0};
	struct manifest manifest;
	struct buf text;

	(void)state;
	buf_init(&text, 4096);
	manifest_put(&text, 3, ABC, TABLES);
	assert_string_equal(text.data, "curtain-backup 2\ndump 3 " ABC "\n" TABLES "end 2\n");
	assert_int_equal(manifest_read(text.data, text.length, "m", &manifest, &info), ERR_OK);
	assert_int_equal(manifest.version, 2);
	assert_int_equal(manifest.bytes, 3);
	assert_string_equal(manifest.sha256, ABC);
	assert_memory_equal(text.data + manifest.tables_at, TABLES, strlen(TABLES));
	assert_int_equal(manifest.tables_length, strlen(TABLES));
	for (size_t i = 0; i < text.length; i++) /* cut off anywhere */
		assert_int_equal(manifest_read(text.data, i, "m", &manifest, &info), ERR_INVALID);
	buf_fini(&text);
}

static void one_of_before_is_its_tables_alone(void **state)
{
	struct errinfo info = {0};
	struct manifest manifest;

	(void)state;
	assert_int_equal(manifest_read(TABLES, strlen(TABLES), "m", &manifest, &info), ERR_OK);
	assert_int_equal(manifest.version, 1);
	assert_int_equal(manifest.tables_at, 0);
	assert_int_equal(manifest.tables_length, strlen(TABLES));
}

static void what_is_wrong_with_one_is_told_by_its_line(void **state)
{
	static const struct {
		const char *text, *says;
		int line;
	} bad[] = {{"", "empty", 1}, {"hello\n", "no manifest", 1}, {"curtain-backup 3\n", "up to 2", 1},
		{"curtain-backup two\n", "version", 1}, {"curtain-backup 1\n", "version", 1},
		{"curtain-backup 2\n" TABLES "end 2\n", "tells the dump", 2},
		{"curtain-backup 2\ndump -3 " ABC "\n" TABLES "end 2\n", "tells the dump", 2},
		{"curtain-backup 2\ndump 3 " ABC "0\n" TABLES "end 2\n", "tells the dump", 2},
		{"curtain-backup 2\ndump 3 " ABC "\n" TABLES, "end is missing", 5},
		{"curtain-backup 2\ndump 3 " ABC "\n" TABLES "end 3\n", "missing or too many", 5},
		{"curtain-backup 2\ndump 3 " ABC "\n" TABLES "end 2\n" TABLES, "behind its end", 6},
		{"curtain-backup 2\ndump 3 " ABC "\nend 0\n", "end is missing", 4},
		{TABLES "table x\n", "none of a table", 3}, {TABLES "table x y z\n", "none of a table", 3},
		{TABLES "curtain-backup 2\n", "none of a table", 3}, {TABLES "table x 1 a", "cut off", 3}};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct errinfo info = {0};
		struct manifest manifest;
		assert_int_equal(manifest_read(bad[i].text, strlen(bad[i].text), "m", &manifest, &info), ERR_INVALID);
		assert_int_equal(info.line, bad[i].line);
		assert_non_null(strstr(info.text, bad[i].says));
	}
}

static enum err agrees(const char *dump, uint64_t bytes, const char *sha256, int version, struct errinfo *info)
{
	struct manifest manifest = {.version = version, .bytes = bytes};

	*info = (struct errinfo){0};
	snprintf(manifest.sha256, sizeof manifest.sha256, "%s", sha256);
	return manifest_agrees(&manifest, dump, info);
}

static void a_dump_agrees_by_size_and_hash(void **state)
{
	char path[] = "/tmp/manifest_test.XXXXXX";
	struct errinfo info = {0};
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(agrees(path, 0, "", 1, &info), ERR_INVALID); /* empty */
	assert_int_equal(write(fd, "abc", 3), 3);
	close(fd);
	assert_int_equal(agrees(path, 3, ABC, 2, &info), ERR_OK);
	assert_int_equal(agrees(path, 0, "", 1, &info), ERR_OK);
	assert_int_equal(agrees(path, 4, ABC, 2, &info), ERR_INVALID);
	assert_non_null(strstr(info.text, "cut off"));
	assert_int_equal(agrees(path, 3, OTHER, 2, &info), ERR_INVALID);
	assert_non_null(strstr(info.text, "SHA-256"));
	unlink(path);
	assert_int_equal(agrees(path, 3, ABC, 2, &info), ERR_IO);
	assert_int_equal(agrees("/tmp", 3, ABC, 2, &info), ERR_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_put_is_read),
		cmocka_unit_test(one_of_before_is_its_tables_alone),
		cmocka_unit_test(what_is_wrong_with_one_is_told_by_its_line),
		cmocka_unit_test(a_dump_agrees_by_size_and_hash)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
