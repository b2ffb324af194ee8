/* SPDX-License-Identifier: MIT
 *
 * When "all is well" is asked for: calendars, pauses, absences, several and other hours, clocks that change, restarts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "detector/appointment_rig.h"

/* ---- when it is asked for ---- */

static int32_t day_of(const char *text)
{
	int32_t day = 0;

	assert_int_equal(day_parse(text, &day), ERR_OK);
	return day;
}

static void days_go_by_the_calendar_of_holidays_and_worked_weekends(void **state)
{
	static struct calendar calendar;
	struct appointment a = terms_of(APPOINTMENT_CURTAIN, 300, 450);

	(void)state;
	calendar_init(&calendar);
	assert_int_equal(calendar_read(&calendar, "2026 02-15..02-23", DAY_HOLIDAY, NULL), ERR_OK);
	assert_int_equal(calendar_read(&calendar, "2026 02-14 02-28", DAY_WORKDAY, NULL), ERR_OK);
	assert_true(appointment_asked(&a, &calendar, day_of("2026-02-17")));
	a.days = APPOINTMENT_WORKDAYS;
	assert_false(appointment_asked(&a, &calendar, day_of("2026-02-17"))); /* a Tuesday, and a holiday */
	assert_true(appointment_asked(&a, &calendar, day_of("2026-02-28")));  /* a Saturday that is worked */
	assert_true(appointment_asked(&a, NULL, day_of("2026-02-17")));       /* weekdays alone are known */
	assert_false(appointment_asked(&a, NULL, day_of("2026-02-28")));
	a.days = APPOINTMENT_DAYS_OFF;
	assert_true(appointment_asked(&a, &calendar, day_of("2026-02-17")));
	assert_false(appointment_asked(&a, &calendar, day_of("2026-02-28")));
	assert_true(appointment_asked(&a, &calendar, day_of("2026-03-01")));
	a.pause_holidays = true;
	assert_false(appointment_asked(&a, &calendar, day_of("2026-02-17")));
	assert_true(appointment_asked(&a, &calendar, day_of("2026-03-01"))); /* a Sunday is no public holiday */
	a.days = APPOINTMENT_EVERY_DAY;
	a.weekdays = 1 << 0 | 1 << 2; /* Mondays and Wednesdays */
	assert_true(appointment_asked(&a, &calendar, day_of("2026-03-02")));
	assert_false(appointment_asked(&a, &calendar, day_of("2026-03-03")));
	assert_true(appointment_asked(&a, &calendar, day_of("2026-03-04")));
	assert_false(appointment_asked(&a, &calendar, day_of("2026-02-16")));
}

static void both_ends_of_a_pause_and_of_its_validity_belong_to_it(void **state)
{
	struct appointment a = terms_of(APPOINTMENT_CALL, 300, 450);

	(void)state;
	a.from = day_of("2026-03-02");
	a.until = day_of("2026-03-31");
	a.paused_from = day_of("2026-03-10");
	a.paused_until = day_of("2026-03-12");
	assert_false(appointment_asked(&a, NULL, day_of("2026-03-01")));
	assert_true(appointment_asked(&a, NULL, day_of("2026-03-02")));
	assert_true(appointment_asked(&a, NULL, day_of("2026-03-09")));
	assert_false(appointment_asked(&a, NULL, day_of("2026-03-10")));
	assert_false(appointment_asked(&a, NULL, day_of("2026-03-12")));
	assert_true(appointment_asked(&a, NULL, day_of("2026-03-13")));
	assert_true(appointment_asked(&a, NULL, day_of("2026-03-31")));
	assert_false(appointment_asked(&a, NULL, day_of("2026-04-01")));
}

static void the_next_hour_is_after_now_and_beyond_pauses(void **state)
{
	struct appointment a = terms_of(APPOINTMENT_CALL, 300, 450);
	struct appointment_window w;

	(void)state;
	assert_int_equal(appointment_day(rig_zone, (struct wall){DAY0}), FIRST);
	assert_int_equal(appointment_day(rig_zone, (struct wall){DAY0 - 1}), FIRST - 1);
	assert_true(appointment_next(&a, rig_zone, NULL, (struct wall){AT(0, 7.5) - 1}, &w));
	assert_int_equal(w.due.ms, AT(0, 7.5));
	assert_int_equal(w.opens.ms, AT(0, 5));
	assert_int_equal(w.alarm.ms, AT(0, 8));
	assert_true(appointment_next(&a, rig_zone, NULL, (struct wall){AT(0, 7.5)}, &w));
	assert_int_equal(w.due.ms, AT(1, 7.5));
	a.paused_from = FIRST + 1;
	a.paused_until = FIRST + 3000;
	assert_true(appointment_next(&a, rig_zone, NULL, (struct wall){AT(0, 9)}, &w));
	assert_int_equal(w.due.ms, AT(3001, 7.5));
	a.until = FIRST + 3000;
	assert_false(appointment_next(&a, rig_zone, NULL, (struct wall){AT(0, 9)}, &w));
	a = terms_of(APPOINTMENT_CALL, 300, 450);
	a.from = FIRST + 5000;
	assert_true(appointment_next(&a, rig_zone, NULL, (struct wall){AT(0, 9)}, &w));
	assert_int_equal(w.due.ms, AT(5000, 7.5));
	a.weekdays = 1 << 0;
	a.days = APPOINTMENT_DAYS_OFF; /* a Monday that is no workday: by weekdays alone there is none */
	assert_false(appointment_next(&a, rig_zone, NULL, (struct wall){AT(0, 9)}, &w));
	assert_false(appointment_before(&a, rig_zone, NULL, FIRST, &w));
}

static int64_t instant(const char *text)
{
	struct wall t;

	assert_int_equal(wall_parse(text, strlen(text), &t), ERR_OK);
	return t.ms;
}

static void hours_are_of_the_local_clock_when_it_changes(void **state)
{
	struct appointment morning = terms_of(APPOINTMENT_CURTAIN, 300, 450),
			   night = terms_of(APPOINTMENT_BUTTON, 150, 180); /* 02:30 to 03:00 */
	struct appointment_window w;

	(void)state;
	w = appointment_window(&morning, berlin, day_of("2026-03-28"));
	assert_int_equal(w.due.ms, instant("2026-03-28T07:30:00+01:00"));
	w = appointment_window(&morning, berlin, day_of("2026-03-29")); /* summer time from 02:00 on */
	assert_int_equal(w.due.ms, instant("2026-03-29T07:30:00+02:00"));
	assert_int_equal(w.opens.ms, instant("2026-03-29T05:00:00+02:00"));
	w = appointment_window(&morning, berlin, day_of("2026-10-25"));
	assert_int_equal(w.due.ms, instant("2026-10-25T07:30:00+01:00"));
	w = appointment_window(&night, berlin, day_of("2026-03-29")); /* there is no 02:30 */
	assert_int_equal(w.due.ms, instant("2026-03-29T03:00:00+02:00"));
	assert_int_equal(w.due.ms - w.opens.ms, M(30));
	w = appointment_window(&night, berlin, day_of("2026-10-25")); /* there are two */
	assert_int_equal(w.opens.ms, instant("2026-10-25T02:30:00+02:00"));
	assert_int_equal(w.due.ms, instant("2026-10-25T03:00:00+01:00"));
	assert_true(appointment_next(&morning, berlin, NULL, (struct wall){instant("2026-03-28T07:30:00+01:00")}, &w));
	assert_int_equal(w.due.ms, instant("2026-03-29T07:30:00+02:00"));
}

/* ---- a home ---- */

static void a_home_that_is_away_is_not_asked(void **state)
{
	struct rig *rig = evening();
	struct incident incident = {.id = "i-1",
		.household = "h-1",
		.state = INCIDENT_RESOLVED,
		.event = INCIDENT_EVENT_RESOLVED,
		.kind = ALERT_RULE,
		.outcome = OUTCOME_AWAY};
	struct detector_appointment_view view[DETECTOR_APPOINTMENTS_MAX];
	unsigned count;

	(void)state;
	rig_hours(rig, 0, AT(1, 8));
	rig_tick(rig, AT(1, 8) + 1);
	told(rig, 2, ALERT_UPDATED, ALERT_ALARM);
	incident.at.ms = AT(1, 8.5);
	assert_int_equal(detector_feed_incident(rig->core, &incident), ERR_OK);
	rig_tick(rig, AT(1, 8.5) + 1);
	told(rig, 3, ALERT_CLEARED, ALERT_ALARM);
	assert_int_equal(detector_appointments(rig->core, "h-1", view, &count), ERR_OK);
	assert_true(count == 1 && view[0].rests && !wall_is_set(view[0].missed));
	rig_hours(rig, 0, AT(3, 8));
	rig_tick(rig, AT(3, 8));
	assert_int_equal(rig->count, 3);
	rig_hours(rig, 20, AT(3, 9)); /* back after the hour of that day: asked for from the next day on */
	rig_hours(rig, 0, AT(4, 7));
	rig_tick(rig, AT(4, 7));
	assert_int_equal(rig->count, 3);
	rig_tick(rig, AT(4, 7.5) + 1);
	told(rig, 4, ALERT_RAISED, ALERT_ATTENTION);
	rig_free(rig);
}

/* leaves: water and motion, and then a door and silence behind it. */
static void leaves(struct rig *rig, int64_t at)
{
	rig_event(rig, "d-1", QUANTITY_CONTACT, 0, at - H(1));
	for (int i = 0; i < 3; i++)
		rig_event(rig, "m-1", QUANTITY_MOTION, 1, at - M(10) + i * 20000);
	rig_event(rig, "d-1", QUANTITY_CONTACT, 1, at);
	rig_event(rig, "d-1", QUANTITY_CONTACT, 0, at + 10000);
}

static void a_home_that_is_away_by_its_door_alone_is_asked_and_nobody_is_sent(void **state)
{
	struct detector_config config = config_of(rig_zone);
	enum detector_mode mode;

	(void)state;
	config.absence = detector_absence_default();
	struct rig *rig = rig_open(&config);
	rig_device(rig->core, "d-1", "front_door");
	agree(rig, "a-1", terms_of(APPOINTMENT_BUTTON, 300, 450));
	rig_hours(rig, 0, AT(0, 18));
	leaves(rig, AT(0, 19));
	rig_hours(rig, 0, AT(1, 7));
	rig_tick(rig, AT(1, 7));
	assert_int_equal(detector_mode_of(rig->core, "h-1", &mode), ERR_OK);
	assert_int_equal(mode, DETECTOR_AWAY);
	unsigned before =
		rig->count; /* the day before nobody pressed either; what was raised then ended with the door? */
	rig_tick(rig, AT(1, 7.5) + 1);
	assert_int_equal(rig->count, before + 1);
	assert_int_equal(rig_last(rig)->level, ALERT_ATTENTION);
	assert_non_null(strstr(rig_last(rig)->reason_zh, "；看门的动静像是外出了"));
	assert_non_null(strstr(rig_last(rig)->reason_en, "; by its door the home may be away"));
	rig_hours(rig, 0, AT(1, 10));
	rig_tick(rig, AT(1, 10));
	assert_int_equal(rig->count, before + 1);
	rig_free(rig);
}

static void paused_is_not_asked_and_ends_what_is_open(void **state)
{
	struct appointment terms = terms_of(APPOINTMENT_CURTAIN, 300, 450);
	struct rig *rig = evening();

	(void)state;
	rig_hours(rig, 0, AT(1, 7));
	rig_tick(rig, AT(1, 7.5) + 1);
	told(rig, 1, ALERT_RAISED, ALERT_ATTENTION);
	terms.paused_from = FIRST + 1;
	terms.paused_until = FIRST + 3;
	agree(rig, "a-1", terms);
	rig_tick(rig, AT(1, 7.75));
	told(rig, 2, ALERT_CLEARED, ALERT_ATTENTION);
	assert_string_equal(rig_last(rig)->reason_zh, "约定已暂停、更改或取消");
	rig_hours(rig, 0, AT(4, 7));
	rig_tick(rig, AT(4, 7));
	assert_int_equal(rig->count, 2);
	rig_tick(rig, AT(4, 7.5) + 1);
	told(rig, 3, ALERT_RAISED, ALERT_ATTENTION);
	annul(rig, "a-1");
	rig_tick(rig, AT(4, 7.6));
	told(rig, 4, ALERT_CLEARED, ALERT_ATTENTION);
	rig_hours(rig, 0, AT(8, 0));
	rig_tick(rig, AT(8, 0));
	assert_int_equal(rig->count, 4);
	rig_free(rig);
}

static void another_hour_is_in_force_at_once_and_an_hour_that_is_over_is_not_asked(void **state)
{
	struct rig *rig = evening();

	(void)state;
	rig_hours(rig, 0, AT(1, 7));
	rig_tick(rig, AT(1, 7));
	agree(rig, "a-1", terms_of(APPOINTMENT_CURTAIN, 300, 480)); /* eight o'clock */
	rig_tick(rig, AT(1, 8));
	assert_int_equal(rig->count, 0);
	agree(rig, "a-1", terms_of(APPOINTMENT_CURTAIN, 300, 420)); /* seven: today it is too late for that */
	rig_hours(rig, 0, AT(2, 7));
	rig_tick(rig, AT(2, 7));
	assert_int_equal(rig->count, 0);
	rig_tick(rig, AT(2, 7) + 1);
	told(rig, 1, ALERT_RAISED, ALERT_ATTENTION);
	rig_free(rig);
}

static void a_holiday_of_the_calendar_is_paused_and_a_worked_saturday_is_asked(void **state)
{
	static struct calendar calendar;
	struct detector_config config = config_of(rig_zone);
	struct appointment terms = terms_of(APPOINTMENT_BUTTON, 300, 450);

	(void)state;
	calendar_init(&calendar);
	assert_int_equal(calendar_read(&calendar, "2026 03-03", DAY_HOLIDAY, NULL), ERR_OK);
	assert_int_equal(calendar_read(&calendar, "2026 03-07", DAY_WORKDAY, NULL), ERR_OK);
	config.calendar = &calendar;
	struct rig *rig = rig_open(&config);
	terms.days = APPOINTMENT_WORKDAYS;
	agree(rig, "a-1", terms);
	rig_event(rig, "b-1", QUANTITY_BUTTON, 1, AT(0, 7));
	rig_tick(rig, AT(1, 23));
	assert_int_equal(rig->count, 0); /* Tuesday is a holiday */
	for (int day = 2; day < 5; day++)
		rig_event(rig, "b-1", QUANTITY_BUTTON, 1, AT(day, 7));
	rig_tick(rig, AT(5, 7.5));
	assert_int_equal(rig->count, 0);
	rig_tick(rig, AT(5, 7.5) + 1);
	told(rig, 1, ALERT_RAISED, ALERT_ATTENTION);
	rig_free(rig);
}

static void several_appointments_share_one_alert_and_any_of_their_signs_ends_it(void **state)
{
	struct rig *rig = evening();
	struct detector_appointment_view view[DETECTOR_APPOINTMENTS_MAX];
	unsigned count;

	(void)state;
	agree(rig, "a-2", terms_of(APPOINTMENT_BUTTON, 1140, 1200)); /* in the evening */
	agree(rig, "a-0", terms_of(APPOINTMENT_CALL, 480, 600));
	rig_hours(rig, 0, AT(1, 6));
	rig_hours(rig, 20, AT(1, 7));
	rig_tick(rig, AT(1, 7.5) + 1);
	told(rig, 1, ALERT_RAISED, ALERT_ATTENTION);
	rig_event(rig, "phone-h-1", QUANTITY_CALL, 2, AT(1, 9)); /* missed */
	rig_hours(rig, 20, AT(1, 10));
	rig_tick(rig, AT(1, 10) + 1);
	told(rig, 2, ALERT_UPDATED, ALERT_ATTENTION);
	assert_non_null(strstr(rig_last(rig)->reason_zh, "约定10:00前通电话，到今天10:00仍未通话"));
	assert_non_null(strstr(rig_last(rig)->reason_zh, "自今天07:30起就没有等到约定的信号"));
	rig_event(rig, "phone-h-1", QUANTITY_CALL, 1, AT(1, 11));
	rig_tick(rig, AT(1, 11) + 1);
	told(rig, 3, ALERT_CLEARED, ALERT_ATTENTION);
	assert_string_equal(rig_last(rig)->reason_en, "telephone call at 11:00");
	assert_int_equal(detector_appointments(rig->core, "h-1", view, &count), ERR_OK);
	assert_int_equal(count, 3);
	assert_string_equal(view[0].id, "a-0");
	assert_int_equal(view[0].last.ms, AT(1, 11));
	assert_int_equal(view[0].due.ms, AT(2, 10));
	assert_int_equal(view[1].last.ms, AT(0, 7));
	assert_false(wall_is_set(view[2].last));
	assert_int_equal(view[2].opens.ms, AT(1, 19));
	assert_int_equal(view[2].due.ms, AT(1, 20));
	assert_int_equal(detector_appointments(rig->core, "h-9", view, &count), ERR_NOT_FOUND);
	rig_hours(rig, 20, AT(1, 20));
	rig_tick(rig, AT(1, 20) + 1);
	told(rig, 4, ALERT_RAISED, ALERT_ATTENTION);
	assert_string_not_equal(rig_last(rig)->id, rig->alerts[0].id);
	rig_free(rig);
}

static void the_local_hour_is_judged_on_days_when_the_clock_changes(void **state)
{
	struct detector_config config = config_of(berlin);
	struct rig *rig = rig_open(&config);

	(void)state;
	agree(rig, "a-1", terms_of(APPOINTMENT_BUTTON, 300, 450));
	rig_event(rig, "b-1", QUANTITY_BUTTON, 1, instant("2026-03-28T07:00:00+01:00"));
	rig_tick(rig, instant("2026-03-29T07:30:00+02:00"));
	assert_int_equal(rig->count, 0);
	rig_tick(rig, instant("2026-03-29T07:30:00+02:00") + 1);
	told(rig, 1, ALERT_RAISED, ALERT_ATTENTION);
	assert_non_null(strstr(rig_last(rig)->reason_zh, "到今天07:30仍未按"));
	rig_event(rig, "b-1", QUANTITY_BUTTON, 1, instant("2026-03-29T07:40:00+02:00"));
	for (int day = 0; day < 209; day++) /* every day at seven, on to the Saturday before winter time */
		rig_event(rig, "b-1", QUANTITY_BUTTON, 1, instant("2026-03-30T07:00:00+02:00") + D(day));
	rig_tick(rig, instant("2026-10-25T07:30:00+01:00"));
	assert_int_equal(rig->count, 2);
	rig_tick(rig, instant("2026-10-25T07:30:00+01:00") + 1);
	told(rig, 3, ALERT_RAISED, ALERT_ATTENTION);
	rig_free(rig);
}

/* restart puts the home's state into a new core, as the service does. */
static void restart(struct rig *rig, struct appointment terms)
{
	static struct detector_state states[16];
	unsigned count = 0;

	while (detector_dirty(rig->core, &states[count]))
		assert_true(++count < 16);
	detector_destroy(rig->core);
	assert_int_equal(detector_create(&rig->config, &rig->core, NULL), ERR_OK);
	rig_join(rig->core, "h-1");
	agree(rig, "a-1", terms);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(detector_restore(rig->core, &states[i]), ERR_OK);
}

static void a_restart_at_any_time_changes_nothing(void **state)
{
	const struct appointment terms = terms_of(APPOINTMENT_CURTAIN, 300, 450);
	const int64_t times[] = {
		AT(1, 4), AT(1, 7.25), AT(1, 7.5), AT(1, 7.5) + 1, AT(1, 7.75), AT(1, 8), AT(1, 8.25), AT(1, 9.25)};
	struct rig *plain = NULL;

	(void)state;
	for (size_t i = 0; i <= sizeof times / sizeof *times; i++) {
		struct rig *rig = evening();
		for (size_t k = 0; k < sizeof times / sizeof *times; k++) {
			rig_hours(rig, 0, times[k]);
			rig_tick(rig, times[k]);
			if (i == k + 1)
				restart(rig, terms);
		}
		open_curtain(rig, AT(1, 9) + M(20));
		rig_tick(rig, AT(2, 7.5) + 1);
		assert_int_equal(rig->count, 4);
		if (!plain) {
			plain = rig;
			continue;
		}
		for (unsigned k = 0; k < rig->count; k++)
			assert_memory_equal(&rig->alerts[k], &plain->alerts[k], sizeof rig->alerts[k]);
		rig_free(rig);
	}
	rig_free(plain);
}

static void a_home_has_so_many_appointments_and_no_more(void **state)
{
	struct rig *rig = rig_new();
	struct entry entry = {.kind = ENTRY_APPOINTMENT,
		.key = "a-9",
		.seq = 1,
		.body.appointment = {.household = "h-1", .terms = terms_of(APPOINTMENT_CALL, 300, 450)}};

	(void)state;
	for (unsigned i = 0; i < DETECTOR_APPOINTMENTS_MAX; i++) {
		char id[8];
		snprintf(id, sizeof id, "a-%u", i);
		agree(rig, id, entry.body.appointment.terms);
	}
	assert_int_equal(detector_entry(rig->core, &entry), ERR_FULL);
	agree(rig, "a-3", entry.body.appointment.terms); /* one that is there may change */
	annul(rig, "a-3");
	annul(rig, "a-3");
	assert_int_equal(detector_entry(rig->core, &entry), ERR_OK);
	text_cut(entry.body.appointment.household, ID_BYTES, "h-2"); /* it moves to another home */
	assert_int_equal(detector_entry(rig->core, &entry), ERR_OK);
	text_cut(entry.body.appointment.household, ID_BYTES, "h-1");
	text_cut(entry.key, sizeof entry.key, "a-3");
	assert_int_equal(detector_entry(rig->core, &entry), ERR_OK);
	struct entry gone = {.kind = ENTRY_HOUSEHOLD, .key = "h-1", .seq = 1, .deleted = true};
	give(rig, gone);
	annul(rig, "a-3"); /* its home is gone already */
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(days_go_by_the_calendar_of_holidays_and_worked_weekends),
		cmocka_unit_test(both_ends_of_a_pause_and_of_its_validity_belong_to_it),
		cmocka_unit_test(the_next_hour_is_after_now_and_beyond_pauses),
		cmocka_unit_test(hours_are_of_the_local_clock_when_it_changes),
		cmocka_unit_test(a_home_that_is_away_is_not_asked),
		cmocka_unit_test(a_home_that_is_away_by_its_door_alone_is_asked_and_nobody_is_sent),
		cmocka_unit_test(paused_is_not_asked_and_ends_what_is_open),
		cmocka_unit_test(another_hour_is_in_force_at_once_and_an_hour_that_is_over_is_not_asked),
		cmocka_unit_test(a_holiday_of_the_calendar_is_paused_and_a_worked_saturday_is_asked),
		cmocka_unit_test(several_appointments_share_one_alert_and_any_of_their_signs_ends_it),
		cmocka_unit_test(the_local_hour_is_judged_on_days_when_the_clock_changes),
		cmocka_unit_test(a_restart_at_any_time_changes_nothing),
		cmocka_unit_test(a_home_has_so_many_appointments_and_no_more),
	};

	return cmocka_run_group_tests(tests, open_zones, close_zones);
}
