/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/hook.h"

#define T0 INT64_C(1772323200000)

static const struct hook_rule rule = {.retry_count = 3,
	.retry_ms = {5000, 60000, 3600000},
	.expire_ms = MS_PER_DAY,
	.running_max = 2,
	.waiting_max = 5};
static struct hook_core *core;
static struct hook_effects effects;
static uint64_t numbers;

static int set_up(void **state)
{
	const struct hook_rule rules[] = {rule, rule};

	(void)state;
	numbers = 0;
	core = hook_core_create(rules, 2);
	return core ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	hook_core_destroy(core);
	return 0;
}

static struct wall at(int64_t s)
{
	return (struct wall){T0 + s * 1000};
}

static enum err add(unsigned subscriber, uint64_t key)
{
	return hook_add(core,
		&(struct hook_item){
			.subscriber = subscriber, .number = ++numbers, .key = key, .queued = at(0), .due = at(0)});
}

/* calls gives how many deliveries go at a time; the first one's call and number. */
static unsigned calls(int64_t s, uint32_t *call, uint64_t *number)
{
	unsigned count = 0;

	hook_tick(core, at(s), &effects);
	for (unsigned i = 0; i < effects.count; i++) {
		if (effects.items[i].kind != HOOK_CALL)
			continue;
		if (!count++ && call) {
			*call = effects.items[i].call;
			*number = effects.items[i].item.number;
		}
	}
	return count;
}

static void give(uint32_t call, enum hook_result result, int64_t wait_ms, int64_t s, enum hook_effect_kind wanted)
{
	hook_result(core, call, result, wait_ms, at(s), &effects);
	assert_true(effects.count >= 1);
	assert_int_equal(effects.items[0].kind, wanted);
}

static void a_household_s_deliveries_go_one_after_the_other(void **state)
{
	uint32_t call = 0;
	uint64_t number = 0;

	(void)state;
	assert_int_equal(add(0, 7), ERR_OK);
	assert_int_equal(add(0, 7), ERR_OK);
	assert_int_equal(calls(0, &call, &number), 1);
	assert_int_equal(number, 1);
	assert_int_equal(calls(1, NULL, NULL), 0);
	give(call, HOOK_FAILED, 0, 1, HOOK_AGAIN);
	assert_int_equal(calls(5, NULL, NULL), 0); /* the later one does not overtake */
	assert_int_equal(calls(6, &call, &number), 1);
	assert_int_equal(number, 1);
	give(call, HOOK_TAKEN, 0, 6, HOOK_SENT);
	assert_int_equal(calls(6, &call, &number), 1);
	assert_int_equal(number, 2);
	give(call, HOOK_TAKEN, 0, 7, HOOK_SENT);
	assert_int_equal(hook_due(core).ms, WALL_NEVER.ms);
	assert_int_equal(hook_waiting(core, 0), 0);
}

static void other_households_and_other_subscribers_do_not_wait(void **state)
{
	uint32_t call = 0;
	uint64_t number = 0;

	(void)state;
	assert_int_equal(add(0, 7), ERR_OK);
	assert_int_equal(add(0, 8), ERR_OK);
	assert_int_equal(add(0, 9), ERR_OK);
	assert_int_equal(add(1, 7), ERR_OK);
	assert_int_equal(calls(0, &call, &number), 3); /* two at a time, and the other subscriber's */
	give(call, HOOK_TAKEN, 0, 1, HOOK_SENT);
	assert_int_equal(calls(1, &call, &number), 1);
	assert_int_equal(number, 3);
}

static void attempts_follow_the_schedule_and_end_in_death(void **state)
{
	static const int64_t when[] = {0, 5, 65, 3665};
	uint32_t call = 0;
	uint64_t number = 0;

	(void)state;
	assert_int_equal(add(0, 0), ERR_OK);
	for (unsigned i = 0; i < 4; i++) {
		if (i) {
			assert_int_equal(hook_due(core).ms, at(when[i]).ms);
			assert_int_equal(calls(when[i] - 1, NULL, NULL), 0);
		}
		assert_int_equal(calls(when[i], &call, &number), 1);
		give(call, HOOK_FAILED, 0, when[i], i == 3 ? HOOK_DEAD : HOOK_AGAIN);
		assert_int_equal(effects.items[0].item.attempts, i + 1);
	}
	assert_int_equal(hook_waiting(core, 0), 0);
}

static void three_failures_take_a_subscriber_down_and_one_success_frees_all(void **state)
{
	uint32_t call[2] = {0};
	uint64_t number = 0;

	(void)state;
	for (uint64_t key = 1; key <= 4; key++)
		assert_int_equal(add(0, key), ERR_OK);
	assert_int_equal(calls(0, &call[0], &number), 2);
	call[1] = effects.items[1].call;
	give(call[0], HOOK_FAILED, 0, 0, HOOK_AGAIN);
	give(call[1], HOOK_FAILED, 0, 0, HOOK_AGAIN);
	assert_int_equal(calls(0, &call[0], &number), 2);
	call[1] = effects.items[1].call;
	give(call[0], HOOK_FAILED, 0, 0, HOOK_AGAIN);
	assert_int_equal(effects.count, 2);
	assert_int_equal(effects.items[1].kind, HOOK_TURNED);
	assert_int_equal(hook_health(core, 0)->state, HOOK_DOWN);
	give(call[1], HOOK_FAILED, 0, 0, HOOK_AGAIN);
	assert_int_equal(hook_due(core).ms, at(60).ms); /* four failures: twice the rest */
	assert_int_equal(calls(59, NULL, NULL), 0);
	assert_int_equal(calls(60, &call[0], &number), 1); /* one tries it */
	give(call[0], HOOK_TAKEN, 0, 61, HOOK_SENT);
	assert_int_equal(hook_health(core, 0)->state, HOOK_UP);
	assert_int_equal(calls(61, NULL, NULL), 2);
}

static void too_much_is_no_attempt_and_rests_as_long_as_it_was_asked(void **state)
{
	uint32_t call = 0;
	uint64_t number = 0;

	(void)state;
	assert_int_equal(add(0, 1), ERR_OK);
	assert_int_equal(calls(0, &call, &number), 1);
	give(call, HOOK_TOO_MUCH, 7000, 1, HOOK_AGAIN);
	assert_int_equal(effects.items[0].item.attempts, 0);
	assert_int_equal(hook_health(core, 0)->state, HOOK_RESTING);
	assert_int_equal(hook_due(core).ms, at(8).ms);
	assert_int_equal(calls(7, NULL, NULL), 0);
	assert_int_equal(calls(8, &call, &number), 1);
	give(call, HOOK_TOO_MUCH, INT64_C(40) * MS_PER_DAY, 8, HOOK_AGAIN);
	assert_int_equal(hook_due(core).ms, at(8 + 86400).ms);
}

static void gone_switches_off_and_keeps_what_waits(void **state)
{
	uint32_t call = 0;
	uint64_t number = 0;

	(void)state;
	assert_int_equal(add(0, 1), ERR_OK);
	assert_int_equal(calls(0, &call, &number), 1);
	give(call, HOOK_GONE, 0, 1, HOOK_AGAIN);
	assert_int_equal(hook_health(core, 0)->state, HOOK_OFF);
	assert_int_equal(add(0, 1), ERR_OK);
	assert_int_equal(hook_due(core).ms, WALL_NEVER.ms);
	assert_int_equal(calls(100, NULL, NULL), 0);
	hook_switch_on(core, 0, at(200));
	assert_int_equal(calls(200, &call, &number), 1);
	assert_int_equal(number, 1);
}

static void a_refused_one_is_dead_and_the_next_of_its_household_goes(void **state)
{
	uint32_t call = 0;
	uint64_t number = 0;

	(void)state;
	assert_int_equal(add(0, 1), ERR_OK);
	assert_int_equal(add(0, 1), ERR_OK);
	assert_int_equal(calls(0, &call, &number), 1);
	give(call, HOOK_REFUSED, 0, 1, HOOK_DEAD);
	assert_int_equal(calls(1, &call, &number), 1);
	assert_int_equal(number, 2);
}

static void the_bound_and_age_hold(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(add(0, 1), ERR_OK);
	assert_int_equal(add(0, 1), ERR_FULL);
	assert_int_equal(add(1, 1), ERR_OK);
	hook_tick(core, at(86401), &effects);
	assert_int_equal(effects.count, 6);
	for (unsigned i = 0; i < 6; i++)
		assert_true(effects.items[i].kind == HOOK_DEAD && effects.items[i].expired);
	assert_int_equal(add(0, 1), ERR_OK);
}

static void a_clock_set_back_takes_the_waits_along(void **state)
{
	uint32_t call = 0;
	uint64_t number = 0;

	(void)state;
	assert_int_equal(add(0, 1), ERR_OK);
	assert_int_equal(calls(0, &call, &number), 1);
	give(call, HOOK_FAILED, 0, 10000, HOOK_AGAIN);
	assert_int_equal(hook_due(core).ms, at(10005).ms);
	assert_int_equal(calls(0, NULL, NULL), 0);
	assert_int_equal(hook_due(core).ms, at(5).ms);
	assert_int_equal(calls(5, NULL, NULL), 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_household_s_deliveries_go_one_after_the_other),
		T(other_households_and_other_subscribers_do_not_wait),
		T(attempts_follow_the_schedule_and_end_in_death),
		T(three_failures_take_a_subscriber_down_and_one_success_frees_all),
		T(too_much_is_no_attempt_and_rests_as_long_as_it_was_asked),
		T(gone_switches_off_and_keeps_what_waits),
		T(a_refused_one_is_dead_and_the_next_of_its_household_goes),
		T(the_bound_and_age_hold),
		T(a_clock_set_back_takes_the_waits_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
