/* SPDX-License-Identifier: MIT
 *
 * Who is asked, in which order, and when the next one is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "incident_rig.h"

static void call_for_help_pages_primary_and_backup_at_once(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	TRACE("raised +v-1 paged:v-1 +v-2 paged:v-2");
	STATE("paging");
	assert_string_equal(w.last.community, "c-1");
	assert_string_equal(w.last.team, "t-1");
	assert_int_equal(w.page.role, PAGE_BACKUP);
	assert_int_equal(w.page.expires.ms, after_s(60).ms);
	assert_int_equal(w.last.step, 0);
	assert_int_equal(incident_due(w.core).ms, after_s(60).ms);
	assert_string_equal(w.last.alerts[0], "a-1");
}

static void alarm_asks_one_after_another_then_captain_then_desk(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	TRACE("raised +v-1 paged:v-1");
	tick(119);
	TRACE("");
	tick(120);
	TRACE("timed_out:v-1 +v-2 paged:v-2");
	says("v-2", REPLY_DECLINE, 130);
	TRACE("declined:v-2 +v-3 paged:v-3");
	assert_int_equal(w.last.step, 2);
	tick(250);
	TRACE("timed_out:v-3 +cap paged:cap");
	assert_int_equal(w.page.role, PAGE_CAPTAIN);
	tick(370);
	TRACE("timed_out:cap +desk escalated:desk");
	STATE("escalated");
	assert_int_equal(w.page.role, PAGE_DESK);
	assert_false(wall_is_set(w.page.expires));
	tick(100000);
	TRACE("");
}

static void life_keeps_two_pages_open_while_somebody_is_left(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	says("v-1", REPLY_DECLINE, 10);
	TRACE("declined:v-1 +v-3 paged:v-3");
	says("v-2", REPLY_DECLINE, 20);
	TRACE("declined:v-2 +cap paged:cap");
	says("v-3", REPLY_DECLINE, 30);
	TRACE("declined:v-3");
	STATE("paging");
	says("cap", REPLY_DECLINE, 40);
	TRACE("declined:cap +desk escalated:desk");
}

static void who_goes_elsewhere_is_asked_after_everybody_else(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	says("v-1", REPLY_ACCEPT, 10);
	TRACE("accepted:v-1 -v-2");
	feed("a-2", "h-2", ALERT_LIFE, 20);
	TRACE("raised +v-2 paged:v-2 +v-3 paged:v-3");
	says("v-2", REPLY_DECLINE, 30);
	TRACE("declined:v-2 +cap paged:cap");
	says("v-3", REPLY_DECLINE, 30);
	TRACE("declined:v-3 +v-1 paged:v-1"); /* better than nobody: the first may be over soon */
	assert_int_equal(w.page.role, PAGE_PRIMARY);
}

static void who_goes_elsewhere_holds_no_place_of_those_asked_at_a_time(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	TRACE("raised +v-1 paged:v-1");
	feed("a-2", "h-2", ALERT_LIFE, 10);
	TRACE("raised +v-1 paged:v-1 +v-2 paged:v-2");
	says("v-1", REPLY_ACCEPT, 20);
	TRACE("accepted:v-1 -v-2 +v-2 paged:v-2"); /* the alarm waits for somebody who is free */
	assert_int_equal(incident_due(w.core).ms, after_s(120).ms);
	tick(120);
	TRACE("timed_out:v-1"); /* one page waits, and one is wanted */
	tick(140);
	TRACE("timed_out:v-2 +v-3 paged:v-3");
}

static void a_page_to_who_goes_elsewhere_counts_when_nobody_else_is_left(void **state)
{
	(void)state;
	world_forget(&w, ENTRY_VOLUNTEER, "v-2", after_s(0));
	world_forget(&w, ENTRY_VOLUNTEER, "v-3", after_s(0));
	world_team(&w, "", "desk", after_s(0));
	feed("a-1", "h-1", ALERT_ALARM, 0);
	TRACE("raised +v-1 paged:v-1");
	feed("a-2", "h-2", ALERT_LIFE, 10);
	TRACE("raised +v-1 paged:v-1");
	says("v-1", REPLY_ACCEPT, 20);
	TRACE("accepted:v-1");
	tick(120);
	TRACE("timed_out:v-1 +desk escalated:desk");
}

static void who_has_not_said_that_it_is_over_is_asked_as_ever(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	says("v-1", REPLY_ACCEPT, 10);
	w.trace[0] = '\0';
	while (wall_is_set(incident_due(w.core)) && incident_due(w.core).ms <= after_s(100000).ms)
		world_tick(&w, incident_due(w.core));
	feed("a-2", "h-2", ALERT_LIFE, 100000);
	TRACE("raised +v-1 paged:v-1 +v-2 paged:v-2");
}

static void both_pages_of_a_step_expire_together(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	tick(60);
	TRACE("timed_out:v-1 timed_out:v-2 +v-3 paged:v-3 +cap paged:cap");
	assert_int_equal(w.last.step, 1);
	tick(120);
	TRACE("timed_out:v-3 timed_out:cap +desk escalated:desk");
}

static void late_answer_is_welcome_until_somebody_goes(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	tick(60);
	says("v-2", REPLY_ACCEPT, 75);
	TRACE("accepted:v-2 -v-1 -v-3 -cap");
	STATE("accepted");
	assert_string_equal(w.last.responder, "v-2");
}

static void shift_change_brings_other_people(void **state)
{
	(void)state;
	world_person(&w, "v-1", true, false, 1, t0);
	world_person(&w, "v-2", true, false, 2, t0);
	world_person(&w, "v-3", false, true, 3, t0);
	t0 = world_at("2026-03-02T18:59:30");
	feed("a-1", "h-1", ALERT_ALARM, 0);
	TRACE("raised +v-1 paged:v-1");
	tick(120); /* past 19:00 */
	TRACE("timed_out:v-1 +v-3 paged:v-3");
	t0 = world_at("2026-03-03T06:59:59");
	feed("a-2", "h-2", ALERT_ALARM, 0);
	TRACE("raised +v-3 paged:v-3");
	tick(120);
	assert_non_null(strstr(w.trace, "timed_out:v-3 +v-1 paged:v-1"));
}

static void nobody_on_duty_goes_to_captain_and_without_one_to_the_desk(void **state)
{
	(void)state;
	for (int i = 1; i <= 3; i++)
		world_person(&w, (const char *[]){"v-1", "v-2", "v-3"}[i - 1], false, false, 1, t0);
	feed("a-1", "h-1", ALERT_LIFE, 0);
	TRACE("raised +cap paged:cap");
	world_team(&w, "", "", t0);
	feed("a-2", "h-2", ALERT_LIFE, 0);
	TRACE("raised +fallback escalated:fallback");
	STATE("escalated");
}

static void unknown_household_goes_to_the_fallback_desk_until_it_is_known(void **state)
{
	(void)state;
	feed("a-1", "h-9", ALERT_LIFE, 0);
	TRACE("raised +fallback escalated:fallback");
	assert_string_equal(w.last.community, "");
	world_household(&w, "h-9", "", false, after_s(5));
	tick(5);
	TRACE("+v-1 paged:v-1 +v-2 paged:v-2");
	STATE("paging");
	assert_string_equal(w.last.team, "t-1");
	says("v-1", REPLY_ACCEPT, 8);
	TRACE("accepted:v-1 -fallback -v-2");
}

static void canary_goes_to_the_desk_only_whatever_its_level(void **state)
{
	(void)state;
	feed("a-1", "h-canary", ALERT_ATTENTION, 0);
	TRACE("raised +desk escalated:desk");
	feed("a-2", "h-canary", ALERT_LIFE, 10);
	TRACE("alert_joined -desk +desk escalated:desk");
	tick(100000);
	TRACE("");
	says("desk", REPLY_DONE, 100001);
	TRACE("accepted:desk resolved:desk");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(call_for_help_pages_primary_and_backup_at_once),
		WITH_WORLD(alarm_asks_one_after_another_then_captain_then_desk),
		WITH_WORLD(life_keeps_two_pages_open_while_somebody_is_left),
		WITH_WORLD(who_goes_elsewhere_is_asked_after_everybody_else),
		WITH_WORLD(who_goes_elsewhere_holds_no_place_of_those_asked_at_a_time),
		WITH_WORLD(a_page_to_who_goes_elsewhere_counts_when_nobody_else_is_left),
		WITH_WORLD(who_has_not_said_that_it_is_over_is_asked_as_ever),
		WITH_WORLD(both_pages_of_a_step_expire_together),
		WITH_WORLD(late_answer_is_welcome_until_somebody_goes),
		WITH_WORLD(shift_change_brings_other_people),
		WITH_WORLD(nobody_on_duty_goes_to_captain_and_without_one_to_the_desk),
		WITH_WORLD(unknown_household_goes_to_the_fallback_desk_until_it_is_known),
		WITH_WORLD(canary_goes_to_the_desk_only_whatever_its_level),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
