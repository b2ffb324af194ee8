/* SPDX-License-Identifier: MIT
 *
 * On call, and the change of shifts while an incident is open.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "incident_rig.h"

/* ---- on call ---- */

static void oncall_is_told_when_it_changes_and_only_then(void **state)
{
	(void)state;
	tick(0);
	assert_int_equal(w.oncalls, 0);
	assert_string_equal(w.oncall.users[0], "v-1");
	world_person(&w, "v-1", true, true, 9, t0);
	tick(1);
	assert_int_equal(w.oncalls, 1);
	assert_string_equal(w.oncall.users[2], "v-1");
	world_person(&w, "v-1", true, true, 9, t0);
	tick(2);
	assert_int_equal(w.oncalls, 0);
	assert_int_equal(incident_due(w.core).ms, world_at("2026-03-02T19:00:00").ms);
	world_tick(&w, world_at("2026-03-02T19:00:00"));
	assert_int_equal(w.oncalls, 1);
	assert_int_equal(w.oncall.shift, ONCALL_NIGHT);
	world_forget(&w, ENTRY_TEAM, "t-1", t0);
	assert_int_equal(w.gone, 1);
}

/* ---- shifts ---- */

static void nights_begin(void)
{
	world_person(&w, "v-1", true, false, 1, t0);
	world_person(&w, "v-2", true, false, 2, t0);
	world_person(&w, "v-3", false, true, 3, t0);
	world_tick(&w, t0);
}

static void open_incident_is_handed_over_in_words_at_the_change_of_shift(void **state)
{
	(void)state;
	nights_begin();
	t0 = world_at("2026-03-02T18:50:00");
	feed("a-1", "h-1", ALERT_ALARM, 0);
	says("v-1", REPLY_ACCEPT, 60);
	world_restart(&w, after_s(120)); /* the change comes while it is down */
	tick(601);
	TRACE("handing_over +v-3 paged:v-3");
	assert_int_equal(w.page.role, PAGE_RELIEF);
	assert_non_null(strstr(w.page.note, "v-1"));
	assert_false(wall_is_set(w.page.expires));
	assert_string_equal(w.last.responder, "v-1");
	world_restart(&w, after_s(602));
	tick(603);
	TRACE(""); /* told once */
	says("v-3", REPLY_ACCEPT, 700);
	TRACE("taken_over:v-3 -v-1");
}

static void shift_that_changed_while_it_was_over_relieves_nobody_when_it_is_reopened(void **state)
{
	(void)state;
	nights_begin();
	t0 = world_at("2026-03-02T18:50:00");
	feed("a-1", "h-1", ALERT_ALARM, 0);
	says("v-1", REPLY_DONE, 60);
	tick(601);
	sends("v-1", REPLY_REOPEN, 0, "", false, 1200);
	TRACE("reopened:v-1 +v-3 paged:v-3");
	says("v-1", REPLY_ACCEPT, 1210); /* not of this shift, and goes all the same */
	world_restart(&w, after_s(1220));
	tick(1221);
	TRACE("");
}

static void who_serves_on_is_not_relieved(void **state)
{
	(void)state;
	t0 = world_at("2026-03-02T18:50:00");
	feed("a-1", "h-1", ALERT_ALARM, 0);
	says("v-1", REPLY_ACCEPT, 60);
	tick(601);
	TRACE("");
}

static void new_shift_is_asked_where_the_last_one_did_not_answer(void **state)
{
	(void)state;
	nights_begin();
	t0 = world_at("2026-03-02T18:50:00");
	feed("a-1", "h-1", ALERT_LIFE, 0);
	tick(60);
	tick(120);
	STATE("escalated");
	tick(600);
	TRACE("+v-3 paged:v-3");
	tick(660);
	TRACE("timed_out:v-3 escalated:desk");
}

static void shifts_that_nobody_serves_are_told_ahead_and_once(void **state)
{
	(void)state;
	w.config.duty.ahead_ms = 36 * MS_PER_HOUR;
	incident_core_configure(w.core, &w.config);
	world_tick(&w, t0);
	assert_int_equal(w.oncalls, 0); /* all three serve day and night */
	for (int i = 1; i <= 3; i++)
		world_person(&w, (const char *[]){"v-1", "v-2", "v-3"}[i - 1], true, false, 1, t0);
	world_tick(&w, t0);
	assert_int_equal(w.oncalls, 1);
	assert_int_equal(w.oncall.gap_count, 2); /* tonight, and tomorrow's night, which begins within 36 h of 07:00 */
	assert_int_equal(w.oncall.gaps[0].from.ms, world_at("2026-03-02T19:00:00").ms);
	assert_int_equal(w.oncall.gaps[0].until.ms, world_at("2026-03-03T07:00:00").ms);
	world_tick(&w, after_s(600));
	assert_int_equal(w.oncalls, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(oncall_is_told_when_it_changes_and_only_then),
		WITH_WORLD(open_incident_is_handed_over_in_words_at_the_change_of_shift),
		WITH_WORLD(shift_that_changed_while_it_was_over_relieves_nobody_when_it_is_reopened),
		WITH_WORLD(who_serves_on_is_not_relieved),
		WITH_WORLD(new_shift_is_asked_where_the_last_one_did_not_answer),
		WITH_WORLD(shifts_that_nobody_serves_are_told_ahead_and_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
