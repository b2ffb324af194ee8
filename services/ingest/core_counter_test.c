/* SPDX-License-Identifier: MIT
 *
 * Increases of counters: roll-over, replacement, retained counts.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core_rig.h"

/* count_to feeds the next value a minute later and gives the delta. */
static double count_to(struct world *w, double value)
{
	w->now.ms += MS_PER_MINUTE;
	feed(w, observe(QUANTITY_WATER_TOTAL, value));
	const struct reading *r = the_reading(w);
	assert_true(r->value == value);
	assert_int_equal(isnan(r->delta), !wall_is_set(r->since));
	return r->delta;
}

static void a_counter_gives_the_increase_since_its_last_reading(void **state)
{
	struct world w = open_world();

	(void)state;
	assert_true(isnan(count_to(&w, 10.2)));
	assert_true(count_to(&w, 10.3) == 0.1);
	assert_int_equal(the_reading(&w)->since.ms, NOON + MS_PER_MINUTE);
	assert_true(count_to(&w, 10.3) == 0);
	assert_true(count_to(&w, 4e9) == 4e9 - 10.3);
	ingest_core_destroy(w.core);
}

static void a_counter_rolls_over_at_a_power_of_ten_and_at_2_to_the_32(void **state)
{
	const double word = 4294967296.0;
	static const double powers[] = {100, 1e5, 1e10};

	(void)state;
	for (size_t i = 0; i < sizeof powers / sizeof *powers; i++) {
		struct world w = open_world();
		count_to(&w, powers[i] - 1);
		assert_true(count_to(&w, 1) == 2);
		assert_int_equal(ingest_tally(w.core, INGEST_ROLLED_OVER), 1);
		assert_true(count_to(&w, 5) == 4);
		ingest_core_destroy(w.core);
	}
	struct world w = open_world();
	count_to(&w, word - 3);
	assert_true(count_to(&w, 4) == 7);
	assert_int_equal(ingest_tally(w.core, INGEST_ROLLED_OVER), 1);
	ingest_core_destroy(w.core);
}

static void a_roll_over_needs_both_ends_within_a_hundredth(void **state)
{
	struct world w = open_world();

	(void)state;
	count_to(&w, 98999); /* just below 99% of 1e5 */
	assert_true(isnan(count_to(&w, 10)));
	assert_int_equal(ingest_tally(w.core, INGEST_REPLACED), 1);
	count_to(&w, 99000);
	assert_true(isnan(count_to(&w, 1000.5))); /* just above 1% */
	assert_int_equal(ingest_tally(w.core, INGEST_REPLACED), 2);
	count_to(&w, 99000);
	assert_true(count_to(&w, 1000) == 2000);
	assert_int_equal(ingest_tally(w.core, INGEST_ROLLED_OVER), 1);
	ingest_core_destroy(w.core);
}

static void a_replaced_meter_starts_a_new_baseline(void **state)
{
	struct world w = open_world();

	(void)state;
	count_to(&w, 5000);
	assert_true(isnan(count_to(&w, 3)));
	assert_true(count_to(&w, 4) == 1);
	assert_int_equal(ingest_tally(w.core, INGEST_REPLACED), 1);
	ingest_core_destroy(w.core);
}

static void a_small_step_back_keeps_the_baseline_and_the_third_in_a_row_replaces_it(void **state)
{
	struct world w = open_world();

	(void)state;
	count_to(&w, 1000);
	assert_true(isnan(count_to(&w, 995)));
	assert_true(count_to(&w, 1002) == 2); /* counted from 1000: the fault is gone */
	assert_true(isnan(count_to(&w, 902)));
	assert_true(isnan(count_to(&w, 990)));
	assert_int_equal(ingest_tally(w.core, INGEST_STEP_BACK), 3);
	assert_true(isnan(count_to(&w, 991)));
	assert_int_equal(ingest_tally(w.core, INGEST_REPLACED), 1);
	assert_true(count_to(&w, 993) == 2);
	ingest_core_destroy(w.core);
}

static void a_retained_count_has_no_delta_and_the_next_fresh_one_gets_it_all(void **state)
{
	struct world w = open_world();
	struct observation o = observe_at(QUANTITY_WATER_TOTAL, 50, NOON - MS_PER_HOUR);

	(void)state;
	o.retained = true;
	feed(&w, o); /* nothing is known yet: its own time makes it a baseline */
	assert_true(isnan(the_reading(&w)->delta) && the_reading(&w)->retained);
	assert_true(count_to(&w, 53) == 3);
	assert_int_equal(the_reading(&w)->since.ms, NOON - MS_PER_HOUR);
	o = observe(QUANTITY_WATER_TOTAL, 60);
	o.retained = true;
	w.now.ms += 1000;
	feed(&w, o);
	assert_true(isnan(the_reading(&w)->delta));
	assert_true(count_to(&w, 61) == 8);
	ingest_core_destroy(w.core);
}

static void a_retained_count_without_a_time_is_no_baseline(void **state)
{
	struct world w = open_world();
	struct observation o = observe(QUANTITY_WATER_TOTAL, 50);

	(void)state;
	o.retained = true;
	feed(&w, o);
	assert_true(isnan(count_to(&w, 53)));
	assert_true(count_to(&w, 54) == 1);
	ingest_core_destroy(w.core);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_counter_gives_the_increase_since_its_last_reading),
		cmocka_unit_test(a_counter_rolls_over_at_a_power_of_ten_and_at_2_to_the_32),
		cmocka_unit_test(a_roll_over_needs_both_ends_within_a_hundredth),
		cmocka_unit_test(a_replaced_meter_starts_a_new_baseline),
		cmocka_unit_test(a_small_step_back_keeps_the_baseline_and_the_third_in_a_row_replaces_it),
		cmocka_unit_test(a_retained_count_has_no_delta_and_the_next_fresh_one_gets_it_all),
		cmocka_unit_test(a_retained_count_without_a_time_is_no_baseline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
