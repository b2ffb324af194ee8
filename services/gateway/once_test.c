/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/once.h"

static char folder[32], path[64];
static struct once *once;
static unsigned status;
static struct buf answer;

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/once.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/once.db", folder);
	buf_init(&answer, 1000);
	return once_open(path, &once, NULL) ? -1 : 0;
}

static int tear_down(void **state)
{
	char command[80];

	(void)state;
	once_close(once);
	buf_fini(&answer);
	snprintf(command, sizeof command, "rm -rf '%s'", folder);
	return system(command);
}

static enum once_state begin(const char *account, const char *key, char request, const char *waiting, int64_t now)
{
	enum once_state state = ONCE_UNKNOWN;
	unsigned char hash[ONCE_HASH_BYTES] = {(unsigned char)request};

	buf_reset(&answer);
	assert_int_equal(once_begin(once, &(struct once_request){account, key, hash, waiting, {now}}, &state, &status,
				 &answer, NULL),
		ERR_OK);
	return state;
}

static void again(void)
{
	once_close(once);
	once = NULL;
	assert_int_equal(once_open(path, &once, NULL), ERR_OK);
}

static void the_answer_is_given_again_also_by_the_next_process(void **state)
{
	(void)state;
	assert_int_equal(begin("desk", "k", 'a', "0.1", 1000), ONCE_NEW);
	assert_int_equal(once_end(once, "desk", "0.1", 200, "{}", 2, NULL), ERR_OK);
	again();
	assert_int_equal(begin("desk", "k", 'a', "0.1", 2000), ONCE_SAME);
	assert_int_equal(status, 200);
	assert_string_equal(answer.data, "{}");
}

static void a_key_is_of_one_request_and_of_one_account(void **state)
{
	(void)state;
	assert_int_equal(begin("desk", "k", 'a', "0.1", 1000), ONCE_NEW);
	assert_int_equal(once_end(once, "desk", "0.1", 200, "", 0, NULL), ERR_OK);
	assert_int_equal(begin("desk", "k", 'b', "0.2", 1000), ONCE_OTHER);
	assert_int_equal(begin("other", "k", 'b', "0.3", 1000), ONCE_NEW);
}

static void what_was_cut_off_is_not_done_again(void **state)
{
	(void)state;
	assert_int_equal(begin("desk", "k", 'a', "0.1", 1000), ONCE_NEW);
	assert_int_equal(begin("desk", "k", 'a', "0.2", 1000), ONCE_UNKNOWN);
	again();
	assert_int_equal(begin("desk", "k", 'a', "0.1", 1000), ONCE_UNKNOWN);
	/* Another process counts anew: an answer to its 0.1 is not this one's. */
	assert_int_equal(once_end(once, "desk", "0.1", 200, "", 0, NULL), ERR_NOT_FOUND);
}

static void what_was_not_done_may_be_sent_again_and_answers_of_others_count_not(void **state)
{
	(void)state;
	assert_int_equal(begin("desk", "k", 'a', "0.1", 1000), ONCE_NEW);
	assert_int_equal(once_end(once, "other", "0.1", 200, "", 0, NULL), ERR_NOT_FOUND);
	assert_int_equal(once_undo(once, "desk", "0.1", NULL), ERR_OK);
	assert_int_equal(begin("desk", "k", 'b', "0.2", 1000), ONCE_NEW);
}

static void after_a_day_a_key_is_free(void **state)
{
	(void)state;
	assert_int_equal(begin("desk", "k", 'a', "0.1", 1000), ONCE_NEW);
	assert_int_equal(once_end(once, "desk", "0.1", 200, "", 0, NULL), ERR_OK);
	assert_int_equal(begin("desk", "k", 'a', "0.2", 1000 + ONCE_KEEP_MS), ONCE_SAME);
	assert_int_equal(begin("desk", "k", 'b', "0.3", 1001 + ONCE_KEEP_MS), ONCE_NEW);
}

/* The file as a thief has it: neither the key nor what was answered, nor what would tell a guess from another. */
static void the_file_tells_nothing_without_the_key(void **state)
{
	static const char secret[] = "the answer tells of somebody";
	unsigned char bytes[65536];
	bool files = false;

	(void)state;
	assert_int_equal(begin("desk", "a-key-of-the-client", 'a', "0.1", 1000), ONCE_NEW);
	assert_int_equal(once_end(once, "desk", "0.1", 200, secret, strlen(secret), NULL), ERR_OK);
	for (const char *const *end = (const char *const[]){"", "-wal", NULL}; *end; end++) {
		char name[80];
		snprintf(name, sizeof name, "%s%s", path, *end);
		FILE *file = fopen(name, "rb");
		if (!file)
			continue;
		size_t length = fread(bytes, 1, sizeof bytes, file);
		fclose(file);
		files = files || memmem(bytes, length, "desk", 4);
		assert_null(memmem(bytes, length, secret, 10));
		assert_null(memmem(bytes, length, "a-key-of-the-client", 19));
		assert_null(memmem(bytes, length, (unsigned char[ONCE_HASH_BYTES]){'a'}, ONCE_HASH_BYTES));
	}
	assert_true(files);
	assert_int_equal(begin("desk", "a-key-of-the-client", 'a', "0.2", 1000), ONCE_SAME);
	assert_string_equal(answer.data, secret);
}

/* sql changes the file between two processes. */
static void sql(const char *text)
{
	sqlite3 *db = NULL;

	once_close(once);
	once = NULL;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(once_open(path, &once, NULL), ERR_OK);
}

static void what_a_former_release_kept_in_clear_still_holds(void **state)
{
	(void)state;
	sql("INSERT INTO asked (account, key, hash, at, status, answer) VALUES ('desk', 'k', "
	    "x'6100000000000000000000000000000000000000000000000000000000000000', 1000, 200, 'old')");
	assert_int_equal(begin("desk", "k", 'a', "0.1", 2000), ONCE_SAME);
	assert_string_equal(answer.data, "old");
	assert_int_equal(begin("desk", "k", 'b', "0.2", 2000), ONCE_OTHER);
}

static void a_damaged_answer_is_not_given_and_the_request_not_done_again(void **state)
{
	(void)state;
	assert_int_equal(begin("desk", "k", 'a', "0.1", 1000), ONCE_NEW);
	assert_int_equal(once_end(once, "desk", "0.1", 200, "{}", 2, NULL), ERR_OK);
	sql("UPDATE asked SET answer = zeroblob(length(answer))");
	assert_int_equal(begin("desk", "k", 'a', "0.2", 1000), ONCE_UNKNOWN);
	sql("UPDATE asked SET answer = NULL");
	assert_int_equal(begin("desk", "k", 'a', "0.2", 1000), ONCE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_answer_is_given_again_also_by_the_next_process, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_key_is_of_one_request_and_of_one_account, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_cut_off_is_not_done_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_was_not_done_may_be_sent_again_and_answers_of_others_count_not, set_up, tear_down),
		cmocka_unit_test_setup_teardown(after_a_day_a_key_is_free, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_file_tells_nothing_without_the_key, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_a_former_release_kept_in_clear_still_holds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_damaged_answer_is_not_given_and_the_request_not_done_again, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
