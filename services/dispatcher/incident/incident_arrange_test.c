/* SPDX-License-Identifier: MIT
 *
 * What people arrange: hand over, come along, note, silence, reopen, merge.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "incident_rig.h"

static void expected_minutes_set_when_the_desk_is_told(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	sends("v-1", REPLY_ACCEPT, 10, "", false, 10);
	TRACE("accepted:v-1");
	assert_int_equal(w.last.expected.ms, after_s(610).ms);
	tick(909);
	TRACE("");
	sends("v-1", REPLY_ON_THE_WAY, 6, "", false, 909);
	TRACE("on_the_way:v-1");
	assert_int_equal(w.last.expected.ms, after_s(909 + 360).ms);
	tick(909 + 659);
	TRACE("");
	tick(909 + 660);
	TRACE("timed_out:v-1 +desk paged:desk");
}

static void nobody_can_promise_later_than_the_policy(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	sends("v-1", REPLY_ACCEPT, 240, "", false, 0);
	tick(1199);
	TRACE("");
	tick(1200);
	TRACE("timed_out:v-1 +desk paged:desk");
}

static void hand_over_asks_and_the_first_stays_until_the_other_accepts(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	says("v-1", REPLY_ACCEPT, 10);
	sends("v-1", REPLY_HAND_OVER, 0, "v-3", false, 20);
	TRACE("handing_over:v-1 +v-3 paged:v-3");
	assert_int_equal(w.page.role, PAGE_RELIEF);
	assert_non_null(strstr(w.page.note, "v-1"));
	assert_string_equal(w.last.responder, "v-1");
	sends("v-1", REPLY_HAND_OVER, 0, "v-3", false, 21);
	assert_int_equal(w.verdict, INCIDENT_REPEATED);
	says("v-1", REPLY_ARRIVED, 30);
	TRACE("arrived:v-1");
	says("v-3", REPLY_ACCEPT, 40);
	TRACE("taken_over:v-3 -v-1");
	STATE("accepted");
	assert_string_equal(w.last.responder, "v-3");
	says("v-1", REPLY_DONE, 50);
	assert_int_equal(w.verdict, INCIDENT_LATE);
	says("v-3", REPLY_DONE, 60);
	TRACE("resolved:v-3");
}

static void hand_over_to_who_refuses_or_sleeps_leaves_it_where_it_was(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	says("v-1", REPLY_ACCEPT, 10);
	sends("v-1", REPLY_HAND_OVER, 0, "v-2", false, 20);
	says("v-2", REPLY_DECLINE, 25);
	TRACE("refused:v-2 +v-1 paged:v-1");
	assert_non_null(strstr(w.page.note, "v-2"));
	assert_string_equal(w.last.responder, "v-1");
	sends("desk", REPLY_HAND_OVER, 0, "v-3", false, 30);
	TRACE("handing_over:desk +v-3 paged:v-3");
	tick(150);
	TRACE("timed_out:v-3 +v-1 paged:v-1");
	says("v-3", REPLY_ACCEPT, 160);
	assert_int_equal(w.verdict, INCIDENT_LATE);
	sends("v-1", REPLY_HAND_OVER, 0, "stranger", false, 170);
	assert_int_equal(w.verdict, INCIDENT_MISPLACED);
	sends("v-2", REPLY_HAND_OVER, 0, "v-3", false, 180);
	assert_int_equal(w.verdict, INCIDENT_LATE);
}

static void second_person_is_asked_in_order_and_comes_too(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	says("v-1", REPLY_ACCEPT, 10);
	sends("v-1", REPLY_SECOND, 0, "", false, 20);
	TRACE("+v-2 paged:v-2");
	assert_int_equal(w.page.role, PAGE_SECOND);
	says("v-2", REPLY_DECLINE, 30);
	TRACE("refused:v-2 +v-3 paged:v-3");
	tick(150);
	TRACE("timed_out:v-3 +cap paged:cap");
	says("cap", REPLY_ACCEPT, 160);
	TRACE("second_coming:cap -v-3");
	assert_string_equal(w.last.second, "cap");
	assert_string_equal(w.last.responder, "v-1");
	says("cap", REPLY_ARRIVED, 170);
	TRACE("arrived:cap");
	says("v-1", REPLY_DONE, 180);
	TRACE("resolved:v-1 -cap");
}

static void second_person_goes_on_alone_when_the_first_cannot(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	says("v-1", REPLY_ACCEPT, 10);
	sends("v-1", REPLY_SECOND, 0, "", false, 20);
	says("v-2", REPLY_ACCEPT, 30);
	says("v-1", REPLY_DECLINE, 40);
	TRACE("declined:v-1 accepted:v-2");
	STATE("accepted");
	assert_string_equal(w.last.responder, "v-2");
	assert_string_equal(w.last.second, "");
	says("v-2", REPLY_DONE, 50);
	TRACE("resolved:v-2");
}

static void nobody_left_to_come_too_is_told_to_the_desk(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	says("v-1", REPLY_ACCEPT, 10);
	sends("v-1", REPLY_SECOND, 0, "", false, 20);
	says("v-2", REPLY_DECLINE, 21);
	says("v-3", REPLY_DECLINE, 22);
	says("cap", REPLY_DECLINE, 23);
	TRACE("refused:cap +desk paged:desk");
	assert_true(w.page.note[0] != '\0');
	says("v-1", REPLY_DONE, 30);
	TRACE("resolved:v-1 -desk");
}

static void notes_are_kept_from_who_is_in_it_and_after_the_end(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	sends("v-1", REPLY_NOTE, 0, "", false, 1);
	TRACE("noted:v-1");
	STATE("paging");
	assert_string_equal(w.last.note, "一句话");
	sends("eve", REPLY_NOTE, 0, "", false, 2);
	assert_int_equal(w.verdict, INCIDENT_FOREIGN);
	says("v-1", REPLY_DONE, 3);
	sends("v-1", REPLY_NOTE, 0, "", false, 4);
	TRACE("noted:v-1");
	STATE("resolved");
}

static void silence_asks_nobody_until_its_end(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	sends("v-1", REPLY_SILENCE, 30, "", false, 5);
	assert_int_equal(w.verdict, INCIDENT_MISPLACED);
	sends("desk", REPLY_SILENCE, 30, "", false, 10);
	TRACE("held:desk -v-1");
	STATE("held");
	assert_int_equal(w.last.until.ms, after_s(1810).ms);
	feed("a-2", "h-1", ALERT_ALARM, 20);
	TRACE("alert_joined");
	world_restart(&w, after_s(100));
	tick(1809);
	TRACE("");
	tick(1810);
	TRACE("released +v-1 paged:v-1");
	sends("desk", REPLY_SILENCE, 30, "", false, 1820);
	sends("desk", REPLY_RELEASE, 0, "", false, 1830);
	TRACE("released:desk +v-1 paged:v-1");
	sends("desk", REPLY_RELEASE, 0, "", false, 1831);
	assert_int_equal(w.verdict, INCIDENT_MISPLACED);
}

static void call_for_help_cannot_be_silenced_and_ends_a_silence(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	sends("desk", REPLY_SILENCE, 30, "", false, 1);
	assert_int_equal(w.verdict, INCIDENT_MISPLACED);
	feed("a-2", "h-2", ALERT_ALARM, 10);
	sends("desk", REPLY_SILENCE, 30, "", false, 11);
	feed("a-3", "h-2", ALERT_LIFE, 12);
	TRACE("alert_joined +v-1 paged:v-1 +v-2 paged:v-2");
	assert_false(wall_is_set(w.last.until));
}

static void reopened_incident_asks_anew_and_keeps_its_id(void **state)
{
	char id[ID_BYTES];

	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	text_cut(id, sizeof id, w.last.id);
	says("v-1", REPLY_DONE, 10);
	sends("v-2", REPLY_REOPEN, 0, "", false, 20);
	assert_int_equal(w.verdict, INCIDENT_FOREIGN);
	sends("v-1", REPLY_REOPEN, 0, "", false, 30);
	TRACE("reopened:v-1 +v-1 paged:v-1");
	assert_string_equal(w.last.id, id);
	assert_string_equal(w.last.responder, "");
	assert_int_equal(w.last.outcome, OUTCOME_NONE);
	assert_int_equal(incident_open_count(w.core), 1);
	sends("v-1", REPLY_REOPEN, 0, "", false, 31);
	assert_int_equal(w.verdict, INCIDENT_MISPLACED);
	says("v-1", REPLY_DONE, 40);
	feed("a-2", "h-1", ALERT_ALARM, 50); /* it lives on as another: that one is theirs now */
	text_cut(w.last.id, sizeof w.last.id, id);
	sends("desk", REPLY_REOPEN, 0, "", false, 60);
	assert_int_equal(w.verdict, INCIDENT_MISPLACED);
}

static void merged_incident_goes_on_as_the_other(void **state)
{
	char first[ID_BYTES];

	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	text_cut(first, sizeof first, w.last.id);
	says("v-1", REPLY_ACCEPT, 5);
	feed("a-2", "h-2", ALERT_LIFE, 10);
	sends("v-2", REPLY_MERGE, 0, first, false, 11);
	assert_int_equal(w.verdict, INCIDENT_MISPLACED);
	sends("desk", REPLY_MERGE, 0, first, false, 12);
	TRACE("merged:desk -v-2 -v-3 alert_joined:desk +v-1 paged:v-1");
	assert_string_equal(w.last.id, first);
	assert_int_equal(w.last.level, ALERT_LIFE);
	assert_int_equal(incident_open_count(w.core), 1);
	world_restart(&w, after_s(13));
	feed("a-3", "h-2", ALERT_LIFE, 20);
	TRACE("alert_joined");
	assert_string_equal(w.last.id, first);
	feed_again("a-2", "h-2", ALERT_LIFE, ALERT_CLEARED, 2, 21);
	TRACE("alert_cleared");
	assert_string_equal(w.last.id, first);
	says("v-1", REPLY_DONE, 30);
	feed("a-4", "h-2", ALERT_ALARM, 40);
	assert_string_not_equal(w.last.id, first);
	assert_string_equal(w.last.household, "h-2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(expected_minutes_set_when_the_desk_is_told),
		WITH_WORLD(nobody_can_promise_later_than_the_policy),
		WITH_WORLD(hand_over_asks_and_the_first_stays_until_the_other_accepts),
		WITH_WORLD(hand_over_to_who_refuses_or_sleeps_leaves_it_where_it_was),
		WITH_WORLD(second_person_is_asked_in_order_and_comes_too),
		WITH_WORLD(second_person_goes_on_alone_when_the_first_cannot),
		WITH_WORLD(nobody_left_to_come_too_is_told_to_the_desk),
		WITH_WORLD(notes_are_kept_from_who_is_in_it_and_after_the_end),
		WITH_WORLD(silence_asks_nobody_until_its_end),
		WITH_WORLD(call_for_help_cannot_be_silenced_and_ends_a_silence),
		WITH_WORLD(reopened_incident_asks_anew_and_keeps_its_id),
		WITH_WORLD(merged_incident_goes_on_as_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
