/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_answer_is_given_again_also_by_the_next_process, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_key_is_of_one_request_and_of_one_account, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_cut_off_is_not_done_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_was_not_done_may_be_sent_again_and_answers_of_others_count_not, set_up, tear_down),
		cmocka_unit_test_setup_teardown(after_a_day_a_key_is_free, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
