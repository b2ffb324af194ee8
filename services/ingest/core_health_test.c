/* SPDX-License-Identifier: MIT
 *
 * Tasks about devices: batteries, faults, silence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core_rig.h"

static void a_low_battery_is_one_task_until_it_is_changed(void **state)
{
	struct world w = open_world();

	(void)state;
	feed(&w, observe(QUANTITY_BATTERY, usual.battery_low));
	assert_null(alert_of(&w));
	w.now.ms++;
	feed(&w, observe(QUANTITY_BATTERY, usual.battery_low - 1));
	const struct alert *alert = assert_alert(&w, "battery", ALERT_RAISED);
	assert_non_null(strstr(alert->reason_en, "14%"));
	assert_true(alert->evidence[0].value == usual.battery_low - 1);
	w.now.ms++;
	feed(&w, observe(QUANTITY_BATTERY, 3));
	assert_null(alert_of(&w));
	w.now.ms++;
	feed(&w, observe(QUANTITY_BATTERY, usual.battery_low + 9));
	assert_null(alert_of(&w));
	w.now.ms++;
	feed(&w, observe(QUANTITY_BATTERY, usual.battery_low + 10));
	assert_alert(&w, "battery", ALERT_CLEARED);
	ingest_core_destroy(w.core);
}

static void offline_and_fault_are_tasks_while_they_last(void **state)
{
	struct world w = open_world();

	(void)state;
	feed(&w, observe(QUANTITY_ONLINE, 0));
	assert_alert(&w, "offline", ALERT_RAISED);
	w.now.ms++;
	feed(&w, observe(QUANTITY_ONLINE, 1));
	assert_alert(&w, "offline", ALERT_CLEARED);
	feed(&w, observe(QUANTITY_FAULT, 1));
	assert_alert(&w, "fault", ALERT_RAISED);
	w.now.ms++;
	feed(&w, observe_at(QUANTITY_FAULT, 0, NOON - 1000)); /* late: says nothing about now */
	assert_null(alert_of(&w));
	w.now.ms++;
	feed(&w, observe(QUANTITY_FAULT, 0));
	assert_alert(&w, "fault", ALERT_CLEARED);
	ingest_core_destroy(w.core);
}

static void an_unheard_device_is_a_task_until_it_speaks(void **state)
{
	struct world w = open_world();

	(void)state;
	assert_true(ingest_due(w.core).ms <= w.now.ms);
	tick(&w);
	assert_int_equal(w.effects.count, 0);
	w.now.ms += MS_PER_HOUR;
	feed(&w, observe(QUANTITY_MOTION, 1));
	w.now.ms = NOON + usual.silent_ms;
	assert_int_equal(ingest_due(w.core).ms, w.now.ms);
	tick(&w);
	assert_int_equal(w.effects.count, 0);
	w.now.ms = NOON + MS_PER_HOUR + usual.silent_ms;
	assert_int_equal(ingest_due(w.core).ms, w.now.ms);
	tick(&w);
	const struct alert *alert = assert_alert(&w, "silent", ALERT_RAISED);
	assert_int_equal(alert->onset.ms, NOON + MS_PER_HOUR);
	assert_non_null(strstr(alert->reason_en, "48 h"));
	assert_int_equal(ingest_due(w.core).ms, INT64_MAX);
	w.now.ms += MS_PER_HOUR;
	struct observation stored = observe(QUANTITY_CONTACT, 1);
	stored.retained = true;
	feed(&w, stored); /* the broker spoke, not the device */
	assert_null(alert_of(&w));
	feed(&w, observe(QUANTITY_MOTION, 0));
	assert_alert(&w, "silent", ALERT_CLEARED);
	assert_int_equal(ingest_due(w.core).ms, w.now.ms + usual.silent_ms);
	ingest_core_destroy(w.core);
}

static void silence_counts_from_consent_and_any_consent_lets_it_be_heard(void **state)
{
	struct world w = open_world();
	struct entry gone = tombstone(ENTRY_CONSENT, "h-1");

	(void)state;
	give(&w, &gone);
	tick(&w);
	w.now.ms += usual.silent_ms;
	tick(&w);
	assert_int_equal(w.effects.count, 0);
	agree(&w, UINT64_C(1) << QUANTITY_SOS);
	w.now.ms += usual.silent_ms - 1000;
	feed(&w, observe(QUANTITY_MOTION, 1)); /* not agreed to; but it lives */
	assert_rejected(&w, INGEST_NO_CONSENT);
	w.now.ms += 1000;
	tick(&w);
	assert_int_equal(w.effects.count, 0);
	w.now.ms += usual.silent_ms;
	tick(&w);
	assert_alert(&w, "silent", ALERT_RAISED);
	ingest_core_destroy(w.core);
}

static void silence_can_be_off(void **state)
{
	struct ingest_core_config config = usual;
	struct world w;

	(void)state;
	config.silent_ms = 0;
	w = open_with(&config);
	assert_int_equal(ingest_due(w.core).ms, INT64_MAX);
	w.now.ms += 1000 * MS_PER_DAY;
	tick(&w);
	assert_int_equal(w.effects.count, 0);
	ingest_core_destroy(w.core);
}

static void the_handset_of_a_home_may_be_silent_for_ever(void **state)
{
	struct world w = open_world();
	struct entry handset = device_entry("phone-h-1", "h-1"), other = device_entry("d-1", "h-1");

	(void)state;
	text_cut(handset.body.device.place, sizeof handset.body.device.place, "phone");
	give(&w, &handset);
	other.deleted = true;
	give(&w, &other);
	tick(&w);
	w.now.ms += 1000 * MS_PER_DAY;
	tick(&w);
	assert_int_equal(w.effects.count, 0);
	ingest_core_destroy(w.core);
}

static void many_silences_come_in_several_ticks(void **state)
{
	struct world w = open_world();
	unsigned alerts = 0;

	(void)state;
	for (int i = 2; i <= 20; i++) {
		char name[16];
		snprintf(name, sizeof name, "d-%d", i);
		struct entry entry = device_entry(name, "h-1");
		give(&w, &entry);
	}
	tick(&w);
	w.now.ms += usual.silent_ms;
	do {
		tick(&w);
		alerts += w.effects.count;
	} while (w.effects.count == INGEST_EFFECTS_MAX);
	assert_int_equal(alerts, 20);
	ingest_core_destroy(w.core);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_low_battery_is_one_task_until_it_is_changed),
		cmocka_unit_test(offline_and_fault_are_tasks_while_they_last),
		cmocka_unit_test(an_unheard_device_is_a_task_until_it_speaks),
		cmocka_unit_test(silence_counts_from_consent_and_any_consent_lets_it_be_heard),
		cmocka_unit_test(silence_can_be_off),
		cmocka_unit_test(the_handset_of_a_home_may_be_silent_for_ever),
		cmocka_unit_test(many_silences_come_in_several_ticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
