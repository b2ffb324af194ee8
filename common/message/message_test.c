/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "message/message.h"

static void each_word_is_found_again(void **state)
{
	(void)state;
#define EACH(type, count)                                                                                              \
	for (int i = 0; i < (count); i++) {                                                                            \
		enum type v = (enum type)0;                                                                            \
		assert_int_equal(type##_find(type##_name((enum type)i), &v), ERR_OK);                                  \
		assert_int_equal(v, i);                                                                                \
	}
	EACH(alert_kind, ALERT_KIND_COUNT)
	EACH(alert_level, ALERT_LEVEL_COUNT)
	EACH(alert_state, ALERT_STATE_COUNT)
	EACH(incident_state, INCIDENT_STATE_COUNT)
	EACH(incident_event, INCIDENT_EVENT_COUNT)
	EACH(outcome, OUTCOME_COUNT)
	EACH(found, FOUND_COUNT)
	EACH(errand_kind, ERRAND_KIND_COUNT)
	EACH(errand_state, ERRAND_STATE_COUNT)
	EACH(errand_event, ERRAND_EVENT_COUNT)
	EACH(errand_verdict, ERRAND_VERDICT_COUNT)
	EACH(page_role, PAGE_ROLE_COUNT)
	EACH(circle_part, CIRCLE_PARTS)
	EACH(reply_action, REPLY_ACTION_COUNT)
	EACH(entry_kind, ENTRY_KIND_COUNT)
	EACH(sex, SEX_COUNT)
	EACH(day_part, DAY_PART_COUNT)
	EACH(appointment_sign, APPOINTMENT_SIGN_COUNT)
	EACH(appointment_days, APPOINTMENT_DAYS_COUNT)
	EACH(status_state, STATUS_STATE_COUNT)
	enum outcome outcome = OUTCOME_HELPED;
	assert_int_equal(outcome_find("saved", &outcome), ERR_NOT_FOUND);
	assert_int_equal(outcome, OUTCOME_HELPED);
}

static void what_was_found_goes_with_its_outcomes(void **state)
{
	(void)state;
	for (int i = 0; i < OUTCOME_COUNT; i++)
		assert_true(outcome_takes((enum outcome)i, FOUND_NONE));
	for (int i = 1; i < FOUND_COUNT; i++)
		assert_false(outcome_takes(OUTCOME_NONE, (enum found)i));
	assert_true(outcome_takes(OUTCOME_AWAY, FOUND_WAS_AWAY));
	assert_false(outcome_takes(OUTCOME_AWAY, FOUND_OTHER));
	assert_true(outcome_takes(OUTCOME_FALSE_ALARM, FOUND_SENSOR_FAULT));
	assert_false(outcome_takes(OUTCOME_FALSE_ALARM, FOUND_FALLEN));
	assert_true(outcome_takes(OUTCOME_HELPED, FOUND_FALLEN));
	assert_false(outcome_takes(OUTCOME_HELPED, FOUND_SLEPT_IN));
	assert_true(outcome_takes(OUTCOME_AMBULANCE, FOUND_DIED));
	assert_false(outcome_takes(OUTCOME_AMBULANCE, FOUND_WAS_AWAY));
}

static void each_quantity_is_complete(void **state)
{
	(void)state;
	for (int i = 0; i < QUANTITY_COUNT; i++) {
		const struct quantity_info *info = quantity_info((enum quantity)i);
		enum quantity found = QUANTITY_COUNT;
		double same = 0;
		assert_non_null(info->name);
		assert_true(info->min < info->max);
		assert_int_equal(quantity_find(info->name, &found), ERR_OK);
		assert_int_equal(found, i);
		assert_int_equal(quantity_convert(found, info->unit, 1.5, &same), ERR_OK);
		assert_true(same == 1.5);
	}
	enum quantity none;
	assert_int_equal(quantity_find("watre", &none), ERR_NOT_FOUND);
}

static double converted(enum quantity q, const char *unit, double value)
{
	double out = NAN;
	return quantity_convert(q, unit, value, &out) ? NAN : out;
}

static void units_become_canonical(void **state)
{
	(void)state;
	assert_true(converted(QUANTITY_WATER_TOTAL, "m3", 1.5) == 1500);
	assert_true(fabs(converted(QUANTITY_ENERGY_TOTAL, "Wmin", 120) - 2) < 1e-12);
	assert_true(fabs(converted(QUANTITY_TEMPERATURE, "degF", 212) - 100) < 1e-9);
	assert_true(fabs(converted(QUANTITY_TEMPERATURE, "K", 273.15)) < 1e-9);
	assert_true(converted(QUANTITY_BATTERY, "", 80) == 80);
	assert_true(isnan(converted(QUANTITY_WATER_TOTAL, "kWh", 1)));
	assert_true(isnan(converted(QUANTITY_POWER, "Cel", 1)));
}

static void shards_are_fixed_for_ever(void **state)
{
	(void)state;
	assert_int_equal(shard_of("123456789", 8), 0xcbf43926 % 8);
	assert_int_equal(shard_of("h-0001", 1), 0);
}

static void counters_that_do_not_fit_are_not_left_out_in_silence(void **state)
{
	static struct status status;

	(void)state;
	for (int i = 0; i < COUNTERS_MAX; i++)
		status_count(&status, "one", i);
	assert_false(status.counters_left_out);
	status_count(&status, "more", 1);
	assert_true(status.counters_left_out);
	assert_int_equal(status.counter_count, COUNTERS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_word_is_found_again),
		cmocka_unit_test(what_was_found_goes_with_its_outcomes),
		cmocka_unit_test(each_quantity_is_complete),
		cmocka_unit_test(units_become_canonical),
		cmocka_unit_test(shards_are_fixed_for_ever),
		cmocka_unit_test(counters_that_do_not_fit_are_not_left_out_in_silence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
