/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "records/stamp.h"

static const struct wall now = {INT64_C(1780000000500)};
static char path[] = "/tmp/curtain-stamp.XXXXXX";

static int64_t age_of(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	return stamp_age_s(path, now);
}

static void the_age_is_that_of_the_time_in_the_file(void **state)
{
	char text[WALL_TEXT_BYTES + 2];

	(void)state;
	wall_format((struct wall){now.ms - 90 * MS_PER_SECOND}, text);
	assert_int_equal(age_of(text), 90);
	assert_int_equal(age_of("2026-05-28T20:26:38Z\n"), 2);
	wall_format((struct wall){now.ms + 5000}, text);
	assert_int_equal(age_of(text), 0); /* another machine's clock */
}

static void no_file_and_no_time_are_older_than_any_backup(void **state)
{
	(void)state;
	assert_int_equal(age_of(""), 1780000000);
	assert_int_equal(age_of("yesterday\n"), 1780000000);
	assert_int_equal(stamp_age_s("/nowhere/at/all", now), 1780000000);
	assert_int_equal(stamp_age_s("/", now), 1780000000);
}

static int make(void **state)
{
	int file = mkstemp(path);

	(void)state;
	return file < 0 || close(file);
}

static int gone(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_age_is_that_of_the_time_in_the_file),
		cmocka_unit_test(no_file_and_no_time_are_older_than_any_backup),
	};
	return cmocka_run_group_tests(tests, make, gone);
}
