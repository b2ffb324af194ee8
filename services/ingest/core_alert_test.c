/* SPDX-License-Identifier: MIT
 *
 * What is told at once: alarms and calls for help.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core_rig.h"

static void an_alarm_state_raises_once_and_false_clears_it(void **state)
{
	struct world w = open_world();
	char id[ID_BYTES];

	(void)state;
	feed(&w, observe(QUANTITY_GAS_ALARM, 1)); /* the first word of a device may be an alarm */
	const struct alert *alert = assert_alert(&w, "gas_alarm", ALERT_RAISED);
	assert_int_equal(alert->kind, ALERT_GAS);
	assert_int_equal(alert->level, ALERT_LIFE);
	assert_int_equal(alert->onset.ms, NOON);
	assert_string_equal(alert->household, "h-1");
	assert_string_equal(alert->evidence[0].device, "d-1");
	assert_non_null(strstr(alert->reason_zh, "燃气"));
	memcpy(id, alert->id, sizeof id);
	w.now.ms += 60000;
	feed(&w, observe(QUANTITY_GAS_ALARM, 1));
	assert_null(alert_of(&w));
	w.now.ms += 60000;
	feed(&w, observe(QUANTITY_GAS_ALARM, 0));
	alert = assert_alert(&w, "gas_alarm", ALERT_CLEARED);
	assert_string_equal(alert->id, id);
	assert_int_equal(alert->onset.ms, NOON);
	assert_int_equal(alert->at.ms, NOON + 120000);
	w.now.ms += 60000;
	feed(&w, observe(QUANTITY_GAS_ALARM, 0));
	assert_null(alert_of(&w));
	w.now.ms += 60000;
	feed(&w, observe(QUANTITY_GAS_ALARM, 1));
	assert_string_not_equal(assert_alert(&w, "gas_alarm", ALERT_RAISED)->id, id);
	ingest_core_destroy(w.core);
}

static void each_alarm_quantity_has_its_kind(void **state)
{
	static const struct {
		enum quantity quantity;
		enum alert_kind kind;
		enum alert_level level;
	} rows[] = {{QUANTITY_SOS, ALERT_SOS, ALERT_LIFE}, {QUANTITY_FALL, ALERT_FALL, ALERT_LIFE},
		{QUANTITY_GAS_ALARM, ALERT_GAS, ALERT_LIFE}, {QUANTITY_SMOKE, ALERT_SMOKE, ALERT_LIFE},
		{QUANTITY_CO_ALARM, ALERT_CO, ALERT_LIFE}, {QUANTITY_LEAK, ALERT_LEAK, ALERT_ALARM}};
	struct world w = open_world();
	unsigned alarms = 0;

	(void)state;
	for (int q = 0; q < QUANTITY_COUNT; q++)
		alarms += quantity_info((enum quantity)q)->alarm;
	assert_int_equal(alarms, sizeof rows / sizeof *rows);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		feed(&w, observe(rows[i].quantity, 1));
		assert_int_equal(alert_of(&w)->kind, rows[i].kind);
		assert_int_equal(alert_of(&w)->level, rows[i].level);
	}
	ingest_core_destroy(w.core);
}

static void a_retained_alarm_raises_only_against_a_known_false(void **state)
{
	struct world w = open_world();
	struct observation stored = observe(QUANTITY_SMOKE, 1);

	(void)state;
	stored.retained = true;
	feed(&w, stored);
	assert_null(alert_of(&w));
	assert_true(the_reading(&w)->retained);
	w.now.ms += 1000;
	feed(&w, observe(QUANTITY_SMOKE, 1)); /* freshly reported, and no alert of it is open */
	assert_alert(&w, "smoke", ALERT_RAISED);
	w.now.ms += 1000;
	feed(&w, observe(QUANTITY_SMOKE, 0));
	w.now.ms += 1000;
	feed(&w, stored); /* it became true while we were away */
	assert_alert(&w, "smoke", ALERT_RAISED);
	stored.quantity = QUANTITY_SOS;
	feed(&w, stored);
	assert_null(alert_of(&w));
	ingest_core_destroy(w.core);
}

static void what_is_reason_for_an_alert_is_never_a_duplicate(void **state)
{
	struct world w = open_world();
	struct observation o = observe_at(QUANTITY_LEAK, 1, NOON - 1000);

	(void)state;
	o.dedupe_ms = 60000;
	o.edge = EDGE_CHANGE;
	o.retained = true;
	feed(&w, o);
	assert_null(alert_of(&w));
	o.retained = false;
	feed(&w, o); /* the same report, now from the device itself */
	assert_alert(&w, "leak", ALERT_RAISED);
	feed(&w, o);
	assert_rejected(&w, INGEST_DUPLICATE);
	struct observation press = observe(QUANTITY_SOS, 1);
	press.dedupe_ms = 60000;
	press.retained = true;
	feed(&w, press);
	press.retained = false;
	feed(&w, press);
	assert_alert(&w, "sos", ALERT_RAISED);
	ingest_core_destroy(w.core);
}

static void a_retained_value_may_be_passed_over(void **state)
{
	struct world w = open_world();
	struct observation o = observe(QUANTITY_CONTACT, 1);

	(void)state;
	o.retained = true;
	o.retained_as = RETAINED_IGNORE;
	feed(&w, o);
	assert_rejected(&w, INGEST_RETAINED);
	o.retained = false;
	feed(&w, o);
	assert_non_null(reading_of(&w));
	ingest_core_destroy(w.core);
}

static void a_second_press_within_the_window_joins_the_first(void **state)
{
	struct world w = open_world();
	struct observation o = observe(QUANTITY_SOS, 1);

	(void)state;
	o.edge = EDGE_CHANGE; /* does not silence calls for help */
	feed(&w, o);
	assert_alert(&w, "sos", ALERT_RAISED);
	w.now.ms = NOON + usual.event_window_ms - 1;
	feed(&w, o);
	assert_non_null(the_reading(&w));
	assert_int_equal(ingest_tally(w.core, INGEST_JOINED), 1);
	w.now.ms = NOON + usual.event_window_ms;
	feed(&w, o);
	assert_int_equal(assert_alert(&w, "sos", ALERT_RAISED)->onset.ms, NOON + usual.event_window_ms);
	ingest_core_destroy(w.core);
}

static void a_longer_dedupe_of_the_profile_widens_the_window(void **state)
{
	struct world w = open_world();
	struct observation o = observe(QUANTITY_FALL, 1);

	(void)state;
	o.dedupe_ms = 2 * usual.event_window_ms;
	feed(&w, o);
	assert_alert(&w, "fall", ALERT_RAISED);
	w.now.ms = NOON + 2 * usual.event_window_ms - 1;
	feed(&w, o);
	assert_rejected(&w, INGEST_DUPLICATE);
	w.now.ms++;
	feed(&w, o);
	assert_alert(&w, "fall", ALERT_RAISED);
	ingest_core_destroy(w.core);
}

static void a_late_press_calls_too_and_keeps_the_newer_onset(void **state)
{
	struct world w = open_world();

	(void)state;
	feed(&w, observe_at(QUANTITY_SOS, 1, NOON));
	feed(&w, observe_at(QUANTITY_SOS, 1, NOON - MS_PER_HOUR));
	assert_int_equal(assert_alert(&w, "sos", ALERT_RAISED)->onset.ms, NOON - MS_PER_HOUR);
	assert_true(reading_of(&w)->late);
	feed(&w, observe_at(QUANTITY_SOS, 1, NOON + 1000)); /* joins the newer one */
	assert_null(alert_of(&w));
	ingest_core_destroy(w.core);
}

static void an_alarm_of_the_past_is_a_record(void **state)
{
	struct world w = open_world();
	struct observation o = observe_at(QUANTITY_SOS, 1, NOON - usual.alarm_past_ms - 1);

	(void)state;
	feed(&w, o);
	assert_non_null(the_reading(&w));
	assert_int_equal(ingest_tally(w.core, INGEST_ALARM_PAST), 1);
	o.at.ms = NOON - usual.alarm_past_ms;
	feed(&w, o);
	assert_alert(&w, "sos", ALERT_RAISED);
	o = observe_at(QUANTITY_FALL, 1, NOON - 60001);
	o.expires_ms = 60000;
	feed(&w, o);
	assert_null(alert_of(&w));
	o.at.ms = NOON - 60000;
	feed(&w, o);
	assert_alert(&w, "fall", ALERT_RAISED);
	ingest_core_destroy(w.core);
}

static void a_press_of_value_zero_calls_nobody(void **state)
{
	struct world w = open_world();

	(void)state;
	feed(&w, observe(QUANTITY_SOS, 0));
	assert_non_null(the_reading(&w));
	ingest_core_destroy(w.core);
}

static void a_full_table_refuses_readings_and_never_alarms(void **state)
{
	struct ingest_core_config config = usual;
	struct world w;

	(void)state;
	config.devices_max = 1;
	w = open_with(&config);
	feed(&w, observe(QUANTITY_MOTION, 1));
	assert_non_null(the_reading(&w));
	feed(&w, observe(QUANTITY_CONTACT, 1));
	assert_rejected(&w, INGEST_FULL);
	feed(&w, observe(QUANTITY_SOS, 1));
	assert_alert(&w, "sos", ALERT_RAISED);
	assert_non_null(reading_of(&w));
	ingest_core_destroy(w.core);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_alarm_state_raises_once_and_false_clears_it),
		cmocka_unit_test(each_alarm_quantity_has_its_kind),
		cmocka_unit_test(a_retained_alarm_raises_only_against_a_known_false),
		cmocka_unit_test(what_is_reason_for_an_alert_is_never_a_duplicate),
		cmocka_unit_test(a_retained_value_may_be_passed_over),
		cmocka_unit_test(a_second_press_within_the_window_joins_the_first),
		cmocka_unit_test(a_longer_dedupe_of_the_profile_widens_the_window),
		cmocka_unit_test(a_late_press_calls_too_and_keeps_the_newer_onset),
		cmocka_unit_test(an_alarm_of_the_past_is_a_record),
		cmocka_unit_test(a_press_of_value_zero_calls_nobody),
		cmocka_unit_test(a_full_table_refuses_readings_and_never_alarms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
