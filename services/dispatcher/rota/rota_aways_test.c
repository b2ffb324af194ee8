/* SPDX-License-Identifier: MIT
 *
 * Who is away, by their own word or by the task of a roster.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rota_rig.h"

static void who_has_said_so_is_away_but_for_a_duty_that_is_theirs_all_the_same(void **state)
{
	unsigned opened;

	(void)state;
	put_two();
	assert_int_equal(rota_absent(rota, "t-1", "v-1", at(50, 0), at(90, 0), at(1, 0), &opened), ERR_OK);
	take_effects();
	restart();
	assert_false(rota_away(rota, "v-1", at(49, 59)));
	assert_true(rota_away(rota, "v-1", at(50, 0)));
	assert_false(rota_away(rota, "v-1", at(90, 0)));
	assert_false(rota_away(rota, "v-2", at(60, 0)));
	assert_int_equal(book_give(duty_book(duty), "t-1", "night", at(67, 0), "v-2", "v-1", at(1, 0)),
		ERR_OK); /* the captain */
	assert_false(rota_away(rota, "v-1", at(70, 0)));
	assert_true(rota_away(rota, "v-1", at(80, 0)));
	assert_int_equal(rota_away_edge(rota, at(49, 59)).ms, at(50, 0).ms);
	assert_int_equal(rota_away_edge(rota, at(50, 0)).ms, at(90, 0).ms);
	assert_int_equal(rota_absent(rota, "t-1", "v-1", at(60, 0), at(60, 0), at(60, 0), &opened), ERR_OK);
	assert_int_equal(rota_away_edge(rota, at(60, 0)).ms, WALL_NEVER.ms); /* is back */
}

/* plan puts the times at which people are away by the task of a roster. */
static void plan(const struct rota_span *spans, unsigned count, struct wall from, struct wall until, struct wall now)
{
	assert_int_equal(rota_aways_put(rota, "t-1", spans, count, from, until, now), ERR_OK);
}

static void who_is_away_by_the_task_is_not_asked_and_a_restart_knows_it(void **state)
{
	const struct rota_span spans[] = {{"v-5", at(67, 0), at(79, 0)}};
	unsigned opened;

	(void)state;
	put_two();
	plan(spans, 1, WALL_NONE, WALL_NONE, at(1, 0));
	restart();
	assert_false(rota_away(rota, "v-5", at(66, 59)));
	assert_true(rota_away(rota, "v-5", at(67, 0)));
	assert_false(rota_away(rota, "v-5", at(79, 0)));
	assert_false(rota_away(rota, "v-6", at(70, 0)));
	assert_int_equal(rota_away_edge(rota, at(66, 59)).ms, at(67, 0).ms);
	assert_int_equal(rota_away_edge(rota, at(67, 0)).ms, at(79, 0).ms);
	assert_int_equal(rota_away_edge(rota, at(79, 0)).ms, WALL_NEVER.ms);
	assert_int_equal(swap("v-2", "night", at(67, 0), "v-5", "v-2", "", WALL_NONE, at(2, 0)).bar, ROTA_BAR_ABSENT);
	assert_int_equal(rota_absent(rota, "t-1", "v-2", at(48, 0), at(96, 0), at(48, 0), &opened), ERR_OK);
	take_effects();
	assert_null(told("v-5", NOTICE_COVER_ASKED)); /* would have been first */
	assert_non_null(told("v-6", NOTICE_COVER_ASKED));
	assert_non_null(told("v-7", NOTICE_COVER_ASKED));
}

static void a_duty_at_a_time_of_the_task_is_kept_and_nobody_takes_it_unasked(void **state)
{
	const struct rota_span spans[] = {{"v-1", at(48, 0), at(96, 0)}};

	(void)state;
	put_two(); /* the captain has set v-1 on duty */
	plan(spans, 1, WALL_NONE, WALL_NONE, at(1, 0));
	assert_int_equal(rota_before(rota, "t-1", at(1, 0)), ERR_OK);
	assert_int_equal(rota_changed(rota, "t-1", true, at(1, 0)), ERR_OK);
	take_effects();
	assert_true(has("v-1", "day", at(55, 0)));
	assert_false(rota_away(rota, "v-1", at(60, 0))); /* on duty */
	assert_true(rota_away(rota, "v-1", at(80, 0)));
	assert_int_equal(swap("v-1", "day", at(55, 0), "v-6", "v-6", "", WALL_NONE, at(2, 0)).state, ROTA_OPEN);
	assert_true(has("v-1", "day", at(55, 0)));
}

static void a_new_task_speaks_for_its_own_days_and_who_is_back_is_asked_again(void **state)
{
	const struct rota_span old[] = {{"v-3", at(10, 0), at(20, 0)}, {"v-3", at(30, 0), at(40, 0)},
		{"v-4", at(30, 0), at(40, 0)}},
			       fresh[] = {{"v-4", at(40, 0), at(50, 0)}, {"v-4", at(60, 0), at(70, 0)}};
	struct rota_blob blob;
	unsigned opened, gone = 0;

	(void)state;
	plan(old, 3, WALL_NONE, WALL_NONE, at(1, 0));
	plan(fresh, 2, at(30, 0), at(90, 0), at(1, 0));
	restart();
	assert_true(rota_away(rota, "v-3", at(15, 0))); /* of other days */
	assert_false(rota_away(rota, "v-3", at(35, 0)));
	assert_false(rota_away(rota, "v-4", at(35, 0)));
	assert_true(rota_away(rota, "v-4", at(45, 0)));
	assert_int_equal(rota_absent(rota, "t-1", "v-4", at(45, 0), at(45, 0), at(45, 0), &opened), ERR_OK);
	assert_false(rota_away(rota, "v-4", at(46, 0)));
	assert_true(rota_away(rota, "v-4", at(65, 0))); /* that has not begun */
	plan(NULL, 0, WALL_NONE, WALL_NONE, at(46, 0)); /* the roster is withdrawn */
	assert_false(rota_away(rota, "v-4", at(65, 0)));
	while (rota_dirty(rota, &blob)) {
		assert_int_equal(blob.length, 0);
		gone++;
	}
	assert_int_equal(gone, 3); /* what was over, too */
}

static void a_damaged_row_of_the_task_is_refused(void **state)
{
	const struct rota_span span = {"v-3", at(10, 0), at(20, 0)};
	struct rota_blob blob;

	(void)state;
	plan(&span, 1, WALL_NONE, WALL_NONE, at(1, 0));
	assert_true(rota_dirty(rota, &blob));
	assert_false(rota_dirty(rota, &(struct rota_blob){.length = 0}));
	for (size_t length = 0; length < blob.length; length++)
		assert_int_equal(rota_restore(rota, blob.id, blob.blob, length), ERR_CORRUPT);
	blob.blob[0]++;
	assert_int_equal(rota_restore(rota, blob.id, blob.blob, blob.length), ERR_VERSION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		T(who_has_said_so_is_away_but_for_a_duty_that_is_theirs_all_the_same),
		T(who_is_away_by_the_task_is_not_asked_and_a_restart_knows_it),
		T(a_duty_at_a_time_of_the_task_is_kept_and_nobody_takes_it_unasked),
		T(a_new_task_speaks_for_its_own_days_and_who_is_back_is_asked_again),
		T(a_damaged_row_of_the_task_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
