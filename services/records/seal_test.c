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

#include "records/seal.h"

#define KEY_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_B "100102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static enum err make(const char *text, unsigned mode, struct seal **out, struct errinfo *info)
{
	char path[] = "/tmp/curtain-seal-XXXXXX";
	int fd = mkstemp(path);
	enum err err;

	assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	err = seal_create(path, out, info);
	unlink(path);
	return err;
}

static void what_was_sealed_opens_again(void **state)
{
	static const char *const texts[] = {"", "x", "高血压，糖尿病", "000000194003021232"};
	struct seal *seal = NULL;
	struct errinfo info = {0};
	char sealed[256], opened[128];

	(void)state;
	assert_int_equal(make(KEY_A "\n", 0600, &seal, &info), ERR_OK);
	for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
		assert_int_equal(seal_close(seal, "e-1", "id_number", texts[i], sealed, sizeof sealed), ERR_OK);
		assert_null(*texts[i] ? strstr(sealed, texts[i]) : NULL);
		assert_true(strlen(sealed) < SEAL_TEXT_BYTES(strlen(texts[i])));
		assert_int_equal(seal_open(seal, "e-1", "id_number", sealed, opened, sizeof opened), ERR_OK);
		assert_string_equal(opened, texts[i]);
	}
	seal_destroy(seal);
}

static void the_same_value_of_the_same_row_is_the_same_text_and_no_other_is(void **state)
{
	struct seal *seal = NULL;
	struct errinfo info = {0};
	char a[256], b[256];

	(void)state;
	assert_int_equal(make(KEY_A, 0600, &seal, &info), ERR_OK);
	assert_int_equal(seal_close(seal, "e-1", "id_number", "x", a, sizeof a), ERR_OK);
	assert_int_equal(seal_close(seal, "e-1", "id_number", "x", b, sizeof b), ERR_OK);
	assert_string_equal(a, b);
	assert_int_equal(seal_close(seal, "e-2", "id_number", "x", b, sizeof b), ERR_OK);
	assert_string_not_equal(a, b);
	assert_int_equal(seal_close(seal, "e-1", "medical_notes", "x", b, sizeof b), ERR_OK);
	assert_string_not_equal(a, b);
	seal_destroy(seal);
}

static void a_value_that_was_moved_or_changed_or_sealed_by_another_key_does_not_open(void **state)
{
	struct seal *seal = NULL, *other = NULL;
	struct errinfo info = {0};
	char sealed[256], opened[128] = "untouched";

	(void)state;
	assert_int_equal(make(KEY_A, 0600, &seal, &info), ERR_OK);
	assert_int_equal(make(KEY_B, 0600, &other, &info), ERR_OK);
	assert_int_equal(seal_close(seal, "e-1", "id_number", "secret", sealed, sizeof sealed), ERR_OK);
	assert_int_equal(seal_open(seal, "e-2", "id_number", sealed, opened, sizeof opened), ERR_CORRUPT);
	assert_int_equal(seal_open(seal, "e-1", "medical_notes", sealed, opened, sizeof opened), ERR_CORRUPT);
	assert_int_equal(seal_open(other, "e-1", "id_number", sealed, opened, sizeof opened), ERR_CORRUPT);
	for (size_t i = 0; i < strlen(sealed); i++) {
		char held = sealed[i];
		sealed[i] = held == 'A' ? 'B' : 'A';
		assert_int_equal(seal_open(seal, "e-1", "id_number", sealed, opened, sizeof opened), ERR_CORRUPT);
		sealed[i] = held;
	}
	assert_int_equal(seal_open(seal, "e-1", "id_number", "plain text", opened, sizeof opened), ERR_CORRUPT);
	assert_int_equal(seal_open(seal, "e-1", "id_number", "s1:", opened, sizeof opened), ERR_CORRUPT);
	assert_string_equal(opened, "untouched");
	assert_int_equal(seal_open(seal, "e-1", "id_number", sealed, opened, 6), ERR_FULL);
	seal_destroy(seal);
	seal_destroy(other);
}

static void a_key_file_that_others_may_read_or_that_is_no_key_is_refused(void **state)
{
	struct seal *seal = NULL;

	(void)state;
	assert_int_equal(make(KEY_A, 0644, &seal, &(struct errinfo){0}), ERR_DENIED);
	assert_int_equal(make("", 0600, &seal, &(struct errinfo){0}), ERR_INVALID);
	assert_int_equal(make("0001", 0600, &seal, &(struct errinfo){0}), ERR_INVALID);
	assert_int_equal(make("zz" KEY_A, 0600, &seal, &(struct errinfo){0}), ERR_INVALID);
	assert_int_equal(seal_create("/no/such/file", &seal, &(struct errinfo){0}), ERR_NOT_FOUND);
	assert_null(seal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_sealed_opens_again),
		cmocka_unit_test(the_same_value_of_the_same_row_is_the_same_text_and_no_other_is),
		cmocka_unit_test(a_value_that_was_moved_or_changed_or_sealed_by_another_key_does_not_open),
		cmocka_unit_test(a_key_file_that_others_may_read_or_that_is_no_key_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
