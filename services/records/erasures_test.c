/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "records/erasures.h"

struct place {
	char folder[32], path[64];
	struct buf list;
	struct errinfo info;
};

static int begin(void **state)
{
	static struct place place;

	place = (struct place){.folder = "/tmp/erasures-XXXXXX"};
	assert_non_null(mkdtemp(place.folder));
	snprintf(place.path, sizeof place.path, "%s/erasures.json", place.folder);
	buf_init(&place.list, 8);
	*state = &place;
	return 0;
}

static int end(void **state)
{
	struct place *place = *state;

	unlink(place->path);
	buf_fini(&place->list);
	return rmdir(place->folder); /* nothing else was left in it */
}

static void without_a_file_nobody_was_erased(void **state)
{
	struct place *place = *state;

	assert_int_equal(erasures_read(place->folder, &place->list, &place->info), ERR_OK);
	assert_string_equal(place->list.data, "[]");
}

static void what_is_written_is_read_again_and_is_nobody_else_s(void **state)
{
	struct place *place = *state;
	struct stat status;

	assert_int_equal(erasures_write(place->folder, "[1]", &place->info), ERR_OK);
	assert_int_equal(erasures_write(place->folder, "[1, 2]", &place->info), ERR_OK);
	assert_int_equal(erasures_read(place->folder, &place->list, &place->info), ERR_OK);
	assert_string_equal(place->list.data, "[1, 2]");
	assert_int_equal(stat(place->path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
}

static void one_that_is_too_long_or_cannot_be_written_is_told(void **state)
{
	struct place *place = *state;

	assert_int_equal(erasures_write(place->folder, "[1, 2, 3, 4]", &place->info), ERR_OK);
	assert_int_not_equal(erasures_read(place->folder, &place->list, &place->info), ERR_OK);
	assert_string_equal(place->info.file, place->path);
	assert_int_equal(erasures_write("/no/such/folder", "[]", &(struct errinfo){0}), ERR_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(without_a_file_nobody_was_erased, begin, end),
		cmocka_unit_test_setup_teardown(what_is_written_is_read_again_and_is_nobody_else_s, begin, end),
		cmocka_unit_test_setup_teardown(one_that_is_too_long_or_cannot_be_written_is_told, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
