/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "incident_world.h"

static struct world w;
static struct wall t0;

static int set_up(void **state)
{
	(void)state;
	world_open(&w);
	t0 = world_at("2026-03-02T12:00:00");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	world_close(&w);
	return 0;
}

static struct wall after_s(int64_t seconds)
{
	return wall_plus(t0, seconds * MS_PER_SECOND);
}

static void feed(const char *id, const char *household, enum alert_level level, int64_t s)
{
	struct alert alert = world_alert(id, household, level);

	world_feed(&w, &alert, after_s(s));
}

static void feed_again(const char *id, const char *household, enum alert_level level, enum alert_state state,
	uint32_t revision, int64_t s)
{
	struct alert alert = world_alert(id, household, level);

	alert.state = state;
	alert.revision = revision;
	world_feed(&w, &alert, after_s(s));
}

static void says(const char *user, enum reply_action action, int64_t s)
{
	world_reply(&w, user, action, action == REPLY_DONE ? OUTCOME_HELPED : OUTCOME_NONE, after_s(s));
}

static void tick(int64_t s)
{
	world_tick(&w, after_s(s));
}

#define TRACE(expected) assert_string_equal(w.trace, expected)
#define STATE(expected) assert_string_equal(incident_state_name(w.last.state), expected)

/* ---- the ladder ---- */

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

/* ---- alerts ---- */

static void attention_waits_on_the_tile_and_nobody_is_paged(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_ATTENTION, 0);
	TRACE("raised");
	STATE("raised");
	tick(100000);
	assert_string_equal(w.trace, "");
	says("desk", REPLY_DONE, 100001);
	TRACE("accepted:desk resolved:desk");
}

static void who_cannot_be_reached_is_not_waited_for(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	TRACE("raised +v-1 paged:v-1");
	assert_int_equal(incident_unreached(w.core, w.last.id, "v-2", after_s(5)), ERR_OK); /* was not asked */
	tick(5);
	TRACE("");
	assert_int_equal(incident_unreached(w.core, w.last.id, "v-1", after_s(6)), ERR_OK);
	tick(6);
	TRACE("timed_out:v-1 +v-2 paged:v-2");
	assert_int_equal(incident_unreached(w.core, w.last.id, "v-1", after_s(7)), ERR_OK); /* once */
	tick(7);
	TRACE("");
	says("v-1", REPLY_ACCEPT, 8); /* and is there after all */
	TRACE("accepted:v-1 -v-2");
}

static void attention_pages_where_the_policy_says_so(void **state)
{
	(void)state;
	world_policy(&w, "h-1", true, t0);
	feed("a-1", "h-1", ALERT_ATTENTION, 0);
	TRACE("raised +v-1 paged:v-1");
	assert_int_equal(w.page.expires.ms, after_s(300).ms);
}

static void maintenance_makes_no_incident(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_MAINTENANCE, 0);
	TRACE("");
	assert_int_equal(w.verdict, INCIDENT_PASSED);
	assert_int_equal(incident_open_count(w.core), 0);
}

static void second_alert_joins_open_incident(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	feed("a-2", "h-1", ALERT_ALARM, 5);
	TRACE("alert_joined");
	assert_int_equal(w.last.alert_count, 2);
	assert_string_equal(w.last.reason_en, "reason of a-1");
	assert_int_equal(incident_open_count(w.core), 1);
	feed("a-3", "h-2", ALERT_ALARM, 6);
	assert_int_equal(incident_open_count(w.core), 2);
}

static void call_for_help_joining_an_attention_pages_anew(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_ATTENTION, 0);
	feed("a-2", "h-1", ALERT_LIFE, 10);
	TRACE("alert_joined +v-1 paged:v-1 +v-2 paged:v-2");
	assert_int_equal(w.last.level, ALERT_LIFE);
	assert_int_equal(w.last.kind, ALERT_SOS);
	assert_string_equal(w.last.reason_en, "reason of a-2");
	assert_int_equal(w.page.level, ALERT_LIFE);
}

static void more_urgent_alert_asks_again_those_who_declined_or_slept(void **state)
{
	char first[ID_BYTES];

	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	text_cut(first, sizeof first, w.page.id);
	says("v-1", REPLY_DECLINE, 10);
	feed("a-2", "h-1", ALERT_LIFE, 20);
	TRACE("alert_joined -v-2 +v-1 paged:v-1 +v-2 paged:v-2");
	assert_string_not_equal(w.page.id, first);
	assert_int_equal(w.page.expires.ms, after_s(80).ms);
}

static void more_urgent_alert_goes_to_whoever_is_on_the_way(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	says("v-1", REPLY_ACCEPT, 10);
	feed("a-2", "h-1", ALERT_LIFE, 20);
	TRACE("alert_joined +v-1 paged:v-1");
	STATE("accepted");
	assert_int_equal(w.page.level, ALERT_LIFE);
	tick(100);
	TRACE("");
	says("v-1", REPLY_ARRIVED, 600);
	TRACE("arrived:v-1");
	feed("a-3", "h-1", ALERT_LIFE, 700);
	TRACE("alert_joined");
}

static void escalated_incident_is_asked_around_anew_by_a_call_for_help(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	for (int s = 120; s <= 480; s += 120)
		tick(s);
	STATE("escalated");
	feed("a-2", "h-1", ALERT_LIFE, 500);
	TRACE("alert_joined -v-1 -v-2 -v-3 -cap -desk +v-1 paged:v-1 +v-2 paged:v-2");
	STATE("paging");
}

static void same_revision_changes_nothing(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	feed("a-1", "h-1", ALERT_LIFE, 1);
	TRACE("");
	assert_int_equal(w.verdict, INCIDENT_REPEATED);
	says("v-1", REPLY_DONE, 10);
	STATE("resolved");
	feed("a-1", "h-1", ALERT_LIFE, 20);
	TRACE("");
	assert_int_equal(incident_open_count(w.core), 0);
}

static void update_refreshes_the_reason_and_a_raised_level_pages(void **state)
{
	struct alert alert = world_alert("a-1", "h-1", ALERT_ATTENTION);

	(void)state;
	world_feed(&w, &alert, after_s(0));
	alert.revision = 2;
	alert.state = ALERT_UPDATED;
	text_cut(alert.reason_en, sizeof alert.reason_en, "16 hours");
	world_feed(&w, &alert, after_s(1));
	TRACE("");
	struct incident now;
	assert_int_equal(incident_find(w.core, w.last.id, &now), ERR_OK);
	assert_string_equal(now.reason_en, "16 hours");
	alert.revision = 3;
	alert.level = ALERT_ALARM;
	world_feed(&w, &alert, after_s(2));
	TRACE("alert_joined +v-1 paged:v-1");
	assert_int_equal(w.last.level, ALERT_ALARM);
}

static void cleared_before_anyone_accepted_is_cancelled(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	feed("a-2", "h-1", ALERT_ALARM, 1);
	feed_again("a-1", "h-1", ALERT_ALARM, ALERT_CLEARED, 2, 10);
	TRACE("alert_cleared");
	feed_again("a-2", "h-1", ALERT_ALARM, ALERT_CLEARED, 2, 20);
	TRACE("alert_cleared cancelled -v-1");
	STATE("cancelled");
	assert_int_equal(incident_open_count(w.core), 0);
	tick(1000);
	TRACE("");
}

static void cleared_on_the_tile_or_at_the_desk_is_cancelled(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_ATTENTION, 0);
	feed_again("a-1", "h-1", ALERT_ATTENTION, ALERT_CLEARED, 2, 10);
	TRACE("alert_cleared cancelled");
	feed("a-2", "h-9", ALERT_ALARM, 0);
	feed_again("a-2", "h-9", ALERT_ALARM, ALERT_CLEARED, 2, 10);
	TRACE("alert_cleared cancelled -fallback");
}

static void cleared_call_for_help_goes_on_until_a_person_says_so(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	feed_again("a-1", "h-1", ALERT_LIFE, ALERT_CLEARED, 2, 10);
	TRACE("alert_cleared");
	STATE("paging");
	tick(60);
	TRACE("timed_out:v-1 timed_out:v-2 +v-3 paged:v-3 +cap paged:cap");
}

static void cleared_after_an_accept_is_only_told(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	says("v-1", REPLY_ACCEPT, 5);
	feed_again("a-1", "h-1", ALERT_ALARM, ALERT_CLEARED, 2, 10);
	TRACE("alert_cleared");
	STATE("accepted");
}

static void clear_of_an_unknown_alert_is_counted_only(void **state)
{
	(void)state;
	feed_again("a-1", "h-1", ALERT_ALARM, ALERT_CLEARED, 2, 10);
	TRACE("");
	assert_int_equal(w.verdict, INCIDENT_UNKNOWN);
	assert_int_equal(incident_alerts(w.core, INCIDENT_UNKNOWN), 1);
}

static void new_call_for_help_after_resolution_opens_a_new_incident(void **state)
{
	char first[ID_BYTES];

	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	text_cut(first, sizeof first, w.last.id);
	says("v-1", REPLY_DONE, 10);
	feed("a-2", "h-1", ALERT_LIFE, 20);
	TRACE("raised +v-1 paged:v-1 +v-2 paged:v-2");
	assert_string_not_equal(w.last.id, first);
}

static void update_after_the_end_opens_only_if_more_urgent(void **state)
{
	char first[ID_BYTES];

	(void)state;
	feed("a-1", "h-1", ALERT_ATTENTION, 0);
	text_cut(first, sizeof first, w.last.id);
	says("desk", REPLY_DONE, 10);
	feed_again("a-1", "h-1", ALERT_ATTENTION, ALERT_UPDATED, 2, 20);
	TRACE("");
	assert_int_equal(w.verdict, INCIDENT_PASSED);
	feed_again("a-1", "h-1", ALERT_ALARM, ALERT_UPDATED, 3, 30);
	TRACE("raised +v-1 paged:v-1");
	assert_string_not_equal(w.last.id, first);
	feed_again("a-1", "h-1", ALERT_ALARM, ALERT_CLEARED, 4, 40);
	TRACE("alert_cleared cancelled -v-1");
}

static void further_alerts_than_the_list_holds_are_counted(void **state)
{
	char id[ID_BYTES];

	(void)state;
	for (int i = 0; i < 80; i++) {
		snprintf(id, sizeof id, "a-%d", i);
		feed(id, "h-1", ALERT_ATTENTION, i);
	}
	assert_int_equal(w.last.alert_count, INCIDENT_ALERTS_MAX);
	assert_string_equal(w.last.note, "+64 alerts");
	assert_int_equal(w.last.revision, 80);
	world_restart(&w, after_s(100));
	feed("a-5", "h-1", ALERT_ATTENTION, 100);
	assert_int_equal(w.verdict, INCIDENT_REPEATED);
}

static void ids_are_a_function_of_their_causes(void **state)
{
	char incident[ID_BYTES], page[ID_BYTES];

	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	text_cut(incident, sizeof incident, w.last.id);
	text_cut(page, sizeof page, w.page.id);
	world_close(&w);
	world_open(&w);
	feed("a-1", "h-1", ALERT_LIFE, 5000);
	assert_string_equal(w.last.id, incident);
	assert_string_equal(w.page.id, page);
	assert_true(text_is_id(incident) && text_is_id(page));
}

/* ---- replies ---- */

static void accept_arrive_done_is_the_good_life(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	says("v-2", REPLY_ACCEPT, 20);
	TRACE("accepted:v-2 -v-1");
	says("v-2", REPLY_ARRIVED, 400);
	TRACE("arrived:v-2");
	STATE("on_site");
	says("v-2", REPLY_DONE, 900);
	TRACE("resolved:v-2");
	assert_int_equal(w.last.outcome, OUTCOME_HELPED);
	assert_int_equal(w.last.revision, 6);
	assert_int_equal(incident_open_count(w.core), 0);
}

static void second_accept_is_told_that_another_goes(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	says("v-2", REPLY_ACCEPT, 20);
	says("v-1", REPLY_ACCEPT, 21);
	TRACE("-v-1");
	assert_int_equal(w.verdict, INCIDENT_LATE);
	says("v-2", REPLY_ACCEPT, 22);
	TRACE("");
	assert_int_equal(w.verdict, INCIDENT_REPEATED);
	says("v-1", REPLY_DONE, 23);
	TRACE("-v-1");
	assert_string_equal(w.last.responder, "v-2");
	assert_int_equal(incident_replies(w.core, INCIDENT_LATE), 2);
}

static void strangers_and_forged_pages_change_nothing(void **state)
{
	struct reply reply = {.action = REPLY_ACCEPT, .at = t0};

	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	says("v-2", REPLY_ACCEPT, 5); /* not asked yet */
	TRACE("");
	assert_int_equal(w.verdict, INCIDENT_FOREIGN);
	text_cut(reply.incident, ID_BYTES, w.last.id);
	text_cut(reply.user, ID_BYTES, "v-1");
	text_cut(reply.page, ID_BYTES, "p-0000000000000000");
	world_reply_as(&w, &reply, false, after_s(6));
	assert_int_equal(w.verdict, INCIDENT_FOREIGN);
	text_cut(reply.page, ID_BYTES, w.page.id);
	text_cut(reply.incident, ID_BYTES, "i-unknown");
	world_reply_as(&w, &reply, false, after_s(7));
	assert_int_equal(w.verdict, INCIDENT_UNKNOWN);
	text_cut(reply.incident, ID_BYTES, w.last.id);
	world_reply_as(&w, &reply, false, after_s(8));
	assert_int_equal(w.verdict, INCIDENT_TAKEN);
	TRACE("accepted:v-1");
}

static void reply_to_an_older_page_of_the_same_person_counts(void **state)
{
	struct reply reply = {.action = REPLY_ACCEPT, .at = t0};

	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	text_cut(reply.page, ID_BYTES, w.page.id);
	feed("a-2", "h-1", ALERT_LIFE, 5);
	text_cut(reply.incident, ID_BYTES, w.last.id);
	text_cut(reply.user, ID_BYTES, "v-1");
	world_reply_as(&w, &reply, false, after_s(6));
	TRACE("accepted:v-1 -v-2");
}

static void arrived_and_done_imply_the_accept(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	says("v-1", REPLY_ARRIVED, 30);
	TRACE("accepted:v-1 -v-2 arrived:v-1");
	feed("a-2", "h-2", ALERT_LIFE, 0);
	says("v-2", REPLY_DONE, 30);
	TRACE("accepted:v-2 -v-1 resolved:v-2");
}

static void responder_may_hand_back(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	says("v-1", REPLY_ACCEPT, 10);
	says("v-1", REPLY_DECLINE, 20);
	TRACE("declined:v-1 +v-2 paged:v-2");
	STATE("paging");
	assert_string_equal(w.last.responder, "");
	says("v-1", REPLY_ACCEPT, 30); /* thinks again */
	TRACE("accepted:v-1 -v-2");
	tick(1229);
	TRACE("");
	tick(1230);
	TRACE("timed_out:v-1 +desk paged:desk");
}

static void handing_back_asks_again_those_who_were_told_that_another_goes(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	says("v-2", REPLY_ACCEPT, 10);
	TRACE("accepted:v-2 -v-1");
	says("v-2", REPLY_DECLINE, 20);
	TRACE("declined:v-2 +v-1 paged:v-1 +v-3 paged:v-3");
	STATE("paging");
}

static void desk_takes_it_from_a_responder_who_does_not_come(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	says("v-1", REPLY_ACCEPT, 10);
	tick(1210);
	TRACE("timed_out:v-1 +desk paged:desk");
	says("desk", REPLY_DECLINE, 1300);
	TRACE("declined:desk -v-1 -desk +v-2 paged:v-2 +v-3 paged:v-3");
	STATE("paging");
	assert_string_equal(w.last.responder, "");
	says("v-1", REPLY_ACCEPT, 1310); /* comes after all */
	TRACE("accepted:v-1 -v-2 -v-3");
}

static void declines_that_make_no_sense_change_nothing(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	says("v-1", REPLY_DECLINE, 1);
	says("v-1", REPLY_DECLINE, 2);
	assert_int_equal(w.verdict, INCIDENT_REPEATED);
	says("desk", REPLY_DECLINE, 3);
	assert_int_equal(w.verdict, INCIDENT_MISPLACED);
	says("v-2", REPLY_ARRIVED, 4);
	says("v-2", REPLY_DECLINE, 5);
	assert_int_equal(w.verdict, INCIDENT_MISPLACED);
	says("v-3", REPLY_DECLINE, 6);
	assert_int_equal(w.verdict, INCIDENT_LATE);
	TRACE("");
	STATE("on_site");
}

static void late_decline_after_the_desk_has_it_is_harmless(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	tick(60);
	tick(120);
	STATE("escalated");
	says("v-1", REPLY_DECLINE, 130);
	TRACE("");
	assert_int_equal(w.verdict, INCIDENT_LATE);
	says("v-2", REPLY_ACCEPT, 140);
	TRACE("accepted:v-2 -v-1 -v-3 -cap -desk");
}

static void replies_after_the_end_are_late(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	says("v-1", REPLY_DONE, 10);
	says("v-1", REPLY_DONE, 11);
	assert_int_equal(w.verdict, INCIDENT_REPEATED);
	TRACE("");
	says("v-2", REPLY_ACCEPT, 12);
	assert_int_equal(w.verdict, INCIDENT_LATE);
	TRACE("-v-2");
	says("v-3", REPLY_ACCEPT, 13);
	assert_int_equal(w.verdict, INCIDENT_FOREIGN);
	tick(24 * 3600 + 9);
	says("v-2", REPLY_ACCEPT, 24 * 3600 + 9);
	assert_int_equal(w.verdict, INCIDENT_LATE);
	tick(24 * 3600 + 10);
	says("v-2", REPLY_ACCEPT, 24 * 3600 + 11);
	assert_int_equal(w.verdict, INCIDENT_UNKNOWN);
}

static void desk_speaks_for_the_responder(void **state)
{
	struct reply reply = {.action = REPLY_ARRIVED, .at = t0};

	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	says("v-1", REPLY_ACCEPT, 10);
	text_cut(reply.incident, ID_BYTES, w.last.id);
	text_cut(reply.user, ID_BYTES, "operator");
	world_reply_as(&w, &reply, true, after_s(300));
	TRACE("arrived:operator");
	assert_string_equal(w.last.responder, "v-1");
	reply.action = REPLY_DONE;
	reply.outcome = OUTCOME_AMBULANCE;
	text_cut(reply.note, NOTE_BYTES, "called 120");
	world_reply_as(&w, &reply, true, after_s(310));
	TRACE("resolved:operator");
	assert_int_equal(w.last.outcome, OUTCOME_AMBULANCE);
	assert_string_equal(w.last.note, "called 120");
}

static void notes_of_strangers_are_not_kept(void **state)
{
	struct reply reply = {.action = REPLY_ACCEPT, .at = t0};
	struct incident now;

	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	text_cut(reply.incident, ID_BYTES, w.last.id);
	text_cut(reply.user, ID_BYTES, "eve");
	text_cut(reply.note, NOTE_BYTES, "no need to go");
	world_reply_as(&w, &reply, false, after_s(1));
	assert_int_equal(w.verdict, INCIDENT_FOREIGN);
	assert_int_equal(incident_find(w.core, w.last.id, &now), ERR_OK);
	assert_string_equal(now.note, "");
}

/* ---- time ---- */

static void no_arrival_in_time_tells_the_desk_beside(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	says("v-1", REPLY_ACCEPT, 10);
	tick(1209);
	TRACE("");
	tick(1210);
	TRACE("timed_out:v-1 +desk paged:desk");
	STATE("accepted");
	assert_string_equal(w.last.responder, "v-1");
	says("v-1", REPLY_ARRIVED, 1300);
	TRACE("arrived:v-1 -desk");
}

static void no_outcome_in_time_reminds_the_desk(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	says("v-1", REPLY_ARRIVED, 10);
	tick(7210);
	TRACE("timed_out:v-1 +desk paged:desk");
	STATE("on_site");
	says("desk", REPLY_DONE, 7300);
	TRACE("resolved:desk -desk");
}

static void desk_that_has_it_is_reminded_again_and_again(void **state)
{
	(void)state;
	feed("a-1", "h-canary", ALERT_LIFE, 0);
	says("desk", REPLY_ACCEPT, 10);
	TRACE("accepted:desk");
	tick(7210);
	TRACE("timed_out:desk +desk paged:desk");
	tick(14410);
	TRACE("timed_out:desk +desk paged:desk");
}

static void overdue_timers_fire_once_after_a_restart(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	feed("a-2", "h-2", ALERT_LIFE, 1);
	says("v-1", REPLY_ACCEPT, 5);
	world_restart(&w, after_s(5000));
	assert_true(incident_due(w.core).ms <= after_s(5000).ms);
	tick(5000);
	TRACE("timed_out:v-1 +v-2 paged:v-2 timed_out:v-1 +desk paged:desk"); /* in the order in which they were due */
	tick(5000);
	TRACE("");
	assert_int_equal(incident_due(w.core).ms, after_s(5120).ms);
}

static void broken_states_are_refused(void **state)
{
	static struct incident_state_blob blob, cut;

	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	assert_true(incident_dirty(w.core, &blob));
	assert_false(incident_dirty(w.core, &cut));
	assert_int_equal(incident_restore(w.core, &blob), ERR_CORRUPT); /* it is there already */
	world_close(&w);
	world_open(&w);
	for (size_t length = 0; length < blob.length; length++) {
		cut = blob;
		cut.length = length;
		assert_int_equal(incident_restore(w.core, &cut), ERR_CORRUPT);
	}
	cut = blob;
	cut.blob[0] = 99;
	assert_int_equal(incident_restore(w.core, &cut), ERR_VERSION);
	assert_int_equal(incident_open_count(w.core), 0);
	assert_int_equal(incident_restore(w.core, &blob), ERR_OK);
	assert_int_equal(incident_open_count(w.core), 1);
}

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

/* ---- what people arrange ---- */

static void sends(const char *user, enum reply_action action, uint32_t minutes, const char *to, bool desk, int64_t s)
{
	struct reply reply = {.action = action, .minutes = minutes, .at = after_s(s)};

	text_cut(reply.incident, sizeof reply.incident, w.last.id);
	text_cut(reply.user, sizeof reply.user, user);
	text_cut(reply.to, sizeof reply.to, to);
	if (action == REPLY_NOTE)
		text_cut(reply.note, sizeof reply.note, "一句话");
	assert_null(reply_misfit(&reply));
	world_reply_as(&w, &reply, desk, after_s(s));
}

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
	TRACE("merged:desk -v-1 -v-2 alert_joined:desk +v-1 paged:v-1");
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

/* ---- policies ---- */

static const struct circle around = {
	.count = {1, 2, 2}, .users = {{"fam-1"}, {"key-1", "key-2"}, {"near-1", "near-2"}}};

static void family_is_asked_first_where_the_policy_says_so(void **state)
{
	(void)state;
	world_circle(&w, "h-1", &around, t0);
	world_policies(&w, &(struct policy_ladder){.name = "family",
				   .rung_count = 3,
				   .rungs = {{RUNG_CONTACT, 600}, {RUNG_ON_DUTY, 0}, {RUNG_CAPTAIN, 0}},
				   .at_once = 1,
				   .attention = POLICY_PAGES});
	feed("a-1", "h-1", ALERT_ATTENTION, 0);
	TRACE("raised +fam-1 paged:fam-1");
	assert_int_equal(w.page.role, PAGE_CONTACT);
	tick(599);
	TRACE("");
	tick(600);
	TRACE("timed_out:fam-1 +v-1 paged:v-1");
	assert_int_equal(w.page.role, PAGE_PRIMARY);
	says("fam-1", REPLY_DONE, 610); /* late, and knows that she is at her daughter's */
	TRACE("accepted:fam-1 -v-1 resolved:fam-1");
}

static void neighbours_are_asked_side_by_side_and_the_desk_is_told_of_120(void **state)
{
	(void)state;
	world_circle(&w, "h-1", &around, t0);
	world_policies(&w, &(struct policy_ladder){.name = "near",
				   .rung_count = 3,
				   .rungs = {{RUNG_BACKUP, 30}, {RUNG_NEIGHBOUR, 60}, {RUNG_PRIMARY, 30}},
				   .at_once = 3,
				   .hint_s = 120});
	feed("a-1", "h-1", ALERT_LIFE, 0);
	TRACE("raised +v-2 paged:v-2 +near-1 paged:near-1 +near-2 paged:near-2");
	assert_int_equal(w.page.role, PAGE_NEIGHBOUR);
	tick(30);
	TRACE("timed_out:v-2 +v-1 paged:v-1");
	tick(60);
	TRACE("timed_out:near-1 timed_out:near-2 timed_out:v-1 +desk escalated:desk");
	world_restart(&w, after_s(61));
	tick(179);
	TRACE("");
	tick(180);
	TRACE("+desk escalated:desk");
	assert_non_null(strstr(w.page.note, "120"));
	tick(100000);
	TRACE("");
}

static void nobody_goes_alone_where_a_door_must_be_opened(void **state)
{
	(void)state;
	world_circle(&w, "h-1", &around, t0);
	world_policies(&w, &(struct policy_ladder){.name = "door",
				   .rung_count = 1,
				   .rungs = {{RUNG_ON_DUTY, 0}},
				   .at_once = 1,
				   .arrive_s = 300,
				   .second = true,
				   .key = true});
	feed("a-1", "h-1", ALERT_LIFE, 0);
	says("v-1", REPLY_ACCEPT, 10);
	TRACE("accepted:v-1 +key-1 paged:key-1 +v-2 paged:v-2");
	says("v-2", REPLY_ACCEPT, 20);
	TRACE("second_coming:v-2");
	says("key-1", REPLY_DECLINE, 25);
	TRACE("refused:key-1 +key-2 paged:key-2");
	says("key-2", REPLY_ACCEPT, 30);
	TRACE("second_coming:key-2 -v-2"); /* two are enough, and one has the key */
	assert_string_equal(w.last.second, "key-2");
	tick(309);
	TRACE("");
	tick(310);
	TRACE("timed_out:v-1 +desk paged:desk");
}

static void nobody_with_a_key_is_told_to_the_desk(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	says("v-1", REPLY_ACCEPT, 10);
	sends("v-1", REPLY_KEY, 0, "", false, 20);
	TRACE("+desk paged:desk");
	assert_non_null(strstr(w.page.note, "key"));
}

static void attention_waits_on_the_tile_though_the_household_pages(void **state)
{
	(void)state;
	world_policy(&w, "h-1", true, t0);
	world_policies(&w, &(struct policy_ladder){.name = "tile",
				   .rung_count = 1,
				   .rungs = {{RUNG_CAPTAIN, 0}},
				   .at_once = 1,
				   .attention = POLICY_TILE});
	feed("a-1", "h-1", ALERT_ATTENTION, 0);
	TRACE("raised");
	feed("a-2", "h-1", ALERT_ALARM, 1);
	TRACE("alert_joined +cap paged:cap");
}

static void incident_is_named_after_the_kind_that_says_most(void **state)
{
	struct alert fall = world_alert("a-2", "h-1", ALERT_LIFE);

	(void)state;
	fall.kind = ALERT_FALL;
	world_feed(&w, &fall, after_s(0));
	feed("a-1", "h-1", ALERT_LIFE, 1); /* a call for help */
	TRACE("alert_joined");
	assert_int_equal(w.last.kind, ALERT_SOS);
	fall.revision = 2;
	text_cut(fall.id, sizeof fall.id, "a-3");
	world_feed(&w, &fall, after_s(2));
	assert_int_equal(w.last.kind, ALERT_SOS);
}

static void what_was_found_is_kept_with_the_outcome(void **state)
{
	struct reply reply = {.action = REPLY_DONE, .outcome = OUTCOME_HELPED, .found = FOUND_FALLEN, .at = t0};

	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	text_cut(reply.incident, sizeof reply.incident, w.last.id);
	text_cut(reply.user, sizeof reply.user, "v-1");
	world_reply_as(&w, &reply, false, after_s(5));
	assert_int_equal(w.last.found, FOUND_FALLEN);
	world_restart(&w, after_s(6));
	sends("desk", REPLY_REOPEN, 0, "", false, 10);
	assert_int_equal(w.last.found, FOUND_NONE);
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

static void alert_that_opened_a_second_incident_is_known_after_a_restart(void **state)
{
	struct alert alert = world_alert("a-1", "h-1", ALERT_ATTENTION);

	(void)state;
	world_feed(&w, &alert, after_s(0));
	alert.revision = 2;
	alert.state = ALERT_CLEARED;
	world_feed(&w, &alert, after_s(10));
	STATE("cancelled");
	alert.revision = 3;
	alert.state = ALERT_UPDATED;
	alert.level = ALERT_LIFE;
	world_feed(&w, &alert, after_s(20));
	says("v-1", REPLY_DONE, 30);
	STATE("resolved");
	world_restart(&w, after_s(40));
	tick(41);
	world_feed(&w, &alert, after_s(50));
	assert_int_equal(w.verdict, INCIDENT_REPEATED);
	TRACE("");
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

/* ---- many homes at once ---- */

static void silent(unsigned home, int64_t s)
{
	char household[ID_BYTES], id[ID_BYTES];
	struct alert alert;

	snprintf(household, sizeof household, "h-%u", home);
	snprintf(id, sizeof id, "a-%u", home);
	alert = world_alert(id, household, ALERT_ALARM);
	alert.kind = ALERT_SILENCE;
	world_feed(&w, &alert, after_s(s));
}

static void storm_of(unsigned threshold, unsigned homes)
{
	w.config.storm_homes = threshold;
	w.config.storm_window_ms = 10 * MS_PER_MINUTE;
	w.config.storm_hold_ms = 30 * MS_PER_MINUTE;
	incident_core_configure(w.core, &w.config);
	for (unsigned i = 10; i < 10 + homes; i++) {
		char household[ID_BYTES];
		snprintf(household, sizeof household, "h-%u", i);
		world_household(&w, household, "", false, t0);
	}
	world_tick(&w, t0);
}

static unsigned held(void)
{
	char id[ID_BYTES] = "";
	struct incident incident;
	unsigned count = 0;

	while (incident_walk(w.core, id, &incident))
		count += incident.state == INCIDENT_HELD;
	return count;
}

static void many_homes_at_once_are_one_event_for_the_desk(void **state)
{
	struct storm storm = {.homes = 0};

	(void)state;
	storm_of(4, 6);
	silent(10, 0);
	silent(11, 10);
	silent(12, 20);
	TRACE("raised +v-1 paged:v-1");
	assert_int_equal(held(), 0);
	silent(13, 30);
	TRACE("raised held -v-1 held -v-1 held -v-1 held +desk");
	assert_non_null(strstr(w.page.note, "4 homes"));
	silent(14, 40);
	TRACE("raised held"); /* the desk is told once */
	feed("a-sos", "h-15", ALERT_LIFE, 50);
	TRACE("raised +v-1 paged:v-1 +v-2 paged:v-2"); /* a call for help passes */
	assert_int_equal(held(), 5);
	assert_true(incident_storm_walk(w.core, &storm));
	assert_int_equal(storm.homes, 5);
	assert_string_equal(storm.community, "c-1");
	assert_int_equal(storm.since.ms, t0.ms);
	assert_false(incident_storm_walk(w.core, &storm));
}

static void desk_releases_a_storm_and_it_is_not_held_again(void **state)
{
	struct storm_decision decision = {.community = "c-1", .kind = ALERT_SILENCE, .user = "desk", .release = true};
	struct incident_effects effects;
	unsigned homes;

	(void)state;
	storm_of(3, 5);
	for (unsigned i = 10; i < 13; i++)
		silent(i, i);
	assert_int_equal(held(), 3);
	world_restart(&w, after_s(30));
	assert_int_equal(incident_storm(w.core, &decision, after_s(60), &homes, &effects), ERR_OK);
	assert_int_equal(homes, 3);
	while (effects.count == INCIDENT_EFFECTS_MAX)
		assert_int_equal(incident_tick(w.core, after_s(60), &effects), ERR_OK);
	assert_int_equal(held(), 0);
	silent(13, 90);
	TRACE("raised +v-1 paged:v-1");
}

static void desk_holds_a_storm_longer(void **state)
{
	struct storm_decision decision = {.community = "c-1", .kind = ALERT_SILENCE, .user = "desk", .minutes = 120};
	struct incident_effects effects;
	unsigned homes;

	(void)state;
	storm_of(3, 5);
	for (unsigned i = 10; i < 13; i++)
		silent(i, i);
	assert_int_equal(incident_storm(w.core, &decision, after_s(60), &homes, &effects), ERR_OK);
	assert_int_equal(homes, 3);
	tick(60 + 7199);
	assert_int_equal(held(), 3);
	tick(60 + 7200);
	assert_int_equal(held(), 0);
}

static void without_the_desks_word_a_storm_is_released_one_by_one(void **state)
{
	(void)state;
	storm_of(3, 5);
	for (unsigned i = 10; i < 13; i++)
		silent(i, 0);
	tick(1799);
	assert_int_equal(held(), 3);
	tick(1800);
	assert_int_equal(held(), 2);
	tick(1805);
	assert_int_equal(held(), 1);
	tick(1810);
	assert_int_equal(held(), 0);
}

static void desks_own_page_has_another_id_than_the_note_of_many_homes(void **state)
{
	struct page note;

	(void)state;
	w.config.storm_linger_ms = 30 * MS_PER_SECOND;
	storm_of(3, 3);
	world_team(&w, "", "desk", t0);
	for (int i = 0; i < 3; i++) /* nobody is there to be asked */
		world_person(&w, (const char *[]){"v-1", "v-2", "v-3"}[i], false, false, 1, t0);
	for (unsigned i = 10; i < 13; i++)
		silent(i, 0);
	TRACE("raised held held held +desk");
	note = w.page;
	for (int64_t s = 1800; s <= 1810 && !strcmp(w.page.id, note.id); s += 5) {
		tick(s);
		TRACE("released +desk escalated:desk");
		if (strcmp(w.page.incident, note.incident) != 0)
			w.page = note; /* of another home */
		else
			assert_string_not_equal(w.page.id, note.id);
	}
	assert_string_not_equal(w.page.id, note.id);
}

static void silence_waits_a_moment_in_which_others_may_come(void **state)
{
	(void)state;
	w.config.storm_linger_ms = 30 * MS_PER_SECOND;
	storm_of(3, 6);
	silent(10, 0);
	TRACE("raised");
	silent(11, 10);
	TRACE("raised");
	world_restart(&w, after_s(20));
	tick(29);
	TRACE("");
	tick(30);
	TRACE("+v-1 paged:v-1");
	silent(12, 35);
	TRACE("raised held held -v-1 held +desk"); /* the other was never asked for */
	feed("a-sos", "h-13", ALERT_LIFE, 36);
	TRACE("raised +v-1 paged:v-1 +v-2 paged:v-2");
	feed("a-leak", "h-14", ALERT_ALARM, 37);
	TRACE("raised +v-1 paged:v-1");
}

static void homes_apart_in_time_or_of_other_kinds_are_no_storm(void **state)
{
	(void)state;
	storm_of(3, 5);
	silent(10, 0);
	silent(11, 301);
	silent(12, 601);
	TRACE("raised +v-1 paged:v-1");
	feed("a-leak", "h-13", ALERT_ALARM, 602);
	TRACE("raised +v-1 paged:v-1");
	assert_int_equal(held(), 0);
}

/* ---- clocks ---- */

static void clock_that_is_set_leaves_everybody_the_time_that_they_had(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	tick(60);
	assert_int_equal(incident_clock_step(w.core, -3600 * MS_PER_SECOND), ERR_OK);
	tick(-3600 + 119);
	TRACE("");
	tick(-3600 + 120);
	TRACE("timed_out:v-1 +v-2 paged:v-2");
	says("v-2", REPLY_ACCEPT, -3600 + 130);
	assert_int_equal(incident_clock_step(w.core, 7200 * MS_PER_SECOND), ERR_OK);
	tick(3600 + 130);
	TRACE("");
	tick(3600 + 1330);
	TRACE("timed_out:v-2 +desk paged:desk");
}

static void states_of_version_1_are_read(void **state)
{
	static struct incident_state_blob blob;
	struct incident before, after;

	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	before = w.last;
	while (incident_dirty(w.core, &blob))
		;
	/* Version 2 put 6 times, 2 words, 2 empty texts and a count of 0 before the list of people: one of 1 person. */
	size_t person = 2 + strlen("v-1") + 1 + 1 + 4 + 4 + 8 + 8, added = 6 * 8 + 1 + 2 + 2 + 1 + 1, list = 2 + person;
	memmove(blob.blob + blob.length - list - added, blob.blob + blob.length - list, list);
	blob.length -= added;
	blob.blob[0] = 1;
	incident_core_destroy(w.core);
	assert_int_equal(incident_core_create(&w.config, &w.core, NULL), ERR_OK);
	assert_int_equal(incident_restore(w.core, &blob), ERR_OK);
	assert_int_equal(incident_find(w.core, before.id, &after), ERR_OK);
	assert_int_equal(after.state, INCIDENT_PAGING);
	assert_false(wall_is_set(after.until));
	assert_int_equal(incident_due(w.core).ms, 0); /* the directory is to be told */
}

/* ---- the picture ---- */

static void next_cell(char **at, char out[32])
{
	while (**at == ' ' || **at == '|')
		++*at;
	size_t length = strcspn(*at, " |\n");
	assert_true(length < 32);
	memcpy(out, *at, length);
	out[length] = '\0';
	*at += length;
}

static void table_of_the_document_is_the_table_of_the_code(void **state)
{
	FILE *file = fopen("docs/incident.md", "r");
	char line[1000], cell[32];
	unsigned rows = 0;

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof line, file)) {
		char *at = line;
		enum incident_state from, to;
		if (line[0] != '|')
			continue;
		next_cell(&at, cell);
		for (int event = 0; !strcmp(cell, "state") && event < INCIDENT_EVENT_COUNT; event++) {
			char head[32];
			next_cell(&at, head);
			assert_string_equal(head, incident_event_name((enum incident_event)event));
		}
		if (incident_state_find(cell, &from))
			continue;
		rows++;
		for (int event = 0; event < INCIDENT_EVENT_COUNT; event++) {
			next_cell(&at, cell);
			if (!strcmp(cell, "-"))
				to = INCIDENT_STATE_COUNT;
			else
				assert_int_equal(incident_state_find(cell, &to), ERR_OK);
			assert_int_equal(incident_next_state(from, (enum incident_event)event), to);
		}
	}
	fclose(file);
	assert_int_equal(rows, INCIDENT_STATE_COUNT);
}

/* may_lead: the events that may bring an incident into a state from another one. */
static bool may_lead(enum incident_state to, enum incident_event event)
{
	switch (to) {
	case INCIDENT_RAISED:
		return event == INCIDENT_EVENT_RELEASED || event == INCIDENT_EVENT_REOPENED;
	case INCIDENT_PAGING:
		return event == INCIDENT_EVENT_PAGED || event == INCIDENT_EVENT_DECLINED;
	case INCIDENT_ACCEPTED:
		return event == INCIDENT_EVENT_ACCEPTED || event == INCIDENT_EVENT_TAKEN_OVER;
	case INCIDENT_ON_SITE:
		return event == INCIDENT_EVENT_ARRIVED;
	case INCIDENT_ESCALATED:
		return event == INCIDENT_EVENT_ESCALATED;
	case INCIDENT_RESOLVED:
		return event == INCIDENT_EVENT_RESOLVED;
	case INCIDENT_CANCELLED:
		return event == INCIDENT_EVENT_CANCELLED || event == INCIDENT_EVENT_MERGED;
	case INCIDENT_HELD:
		return event == INCIDENT_EVENT_HELD;
	case INCIDENT_STATE_COUNT:
		break;
	}
	return false;
}

static bool going(enum incident_state state)
{
	return state == INCIDENT_ACCEPTED || state == INCIDENT_ON_SITE;
}

static void every_pair_of_state_and_event_keeps_the_promises(void **state)
{
	(void)state;
	for (int s = 0; s < INCIDENT_STATE_COUNT; s++) {
		for (int v = 0; v < INCIDENT_EVENT_COUNT; v++) {
			enum incident_state from = (enum incident_state)s;
			enum incident_event event = (enum incident_event)v;
			enum incident_state to = incident_next_state(from, event);
			bool legal = to != INCIDENT_STATE_COUNT;
			if (event == INCIDENT_EVENT_RAISED)
				assert_false(legal); /* nobody is born twice */
			if (incident_over(from))     /* what is over is noted or reopened, nothing else */
				assert_int_equal(
					legal, event == INCIDENT_EVENT_NOTED || event == INCIDENT_EVENT_REOPENED);
			if (event == INCIDENT_EVENT_CANCELLED || event == INCIDENT_EVENT_MERGED)
				assert_int_equal(legal, !going(from) && !incident_over(from));
			if (event == INCIDENT_EVENT_RESOLVED || event == INCIDENT_EVENT_HANDING_OVER)
				assert_int_equal(legal, going(from));
			if (event == INCIDENT_EVENT_NOTED)
				assert_int_equal(to, from);
			if (legal && to != from)
				assert_true(may_lead(to, event));
			if (!incident_over(from) &&
				(event == INCIDENT_EVENT_ALERT_JOINED || event == INCIDENT_EVENT_ALERT_CLEARED))
				assert_int_equal(to, from); /* an alert alone moves nobody */
		}
	}
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(call_for_help_pages_primary_and_backup_at_once),
		WITH_WORLD(alarm_asks_one_after_another_then_captain_then_desk),
		WITH_WORLD(life_keeps_two_pages_open_while_somebody_is_left),
		WITH_WORLD(both_pages_of_a_step_expire_together),
		WITH_WORLD(late_answer_is_welcome_until_somebody_goes),
		WITH_WORLD(shift_change_brings_other_people),
		WITH_WORLD(nobody_on_duty_goes_to_captain_and_without_one_to_the_desk),
		WITH_WORLD(unknown_household_goes_to_the_fallback_desk_until_it_is_known),
		WITH_WORLD(canary_goes_to_the_desk_only_whatever_its_level),
		WITH_WORLD(attention_waits_on_the_tile_and_nobody_is_paged),
		WITH_WORLD(attention_pages_where_the_policy_says_so),
		WITH_WORLD(who_cannot_be_reached_is_not_waited_for),
		WITH_WORLD(maintenance_makes_no_incident),
		WITH_WORLD(second_alert_joins_open_incident),
		WITH_WORLD(call_for_help_joining_an_attention_pages_anew),
		WITH_WORLD(more_urgent_alert_asks_again_those_who_declined_or_slept),
		WITH_WORLD(more_urgent_alert_goes_to_whoever_is_on_the_way),
		WITH_WORLD(escalated_incident_is_asked_around_anew_by_a_call_for_help),
		WITH_WORLD(same_revision_changes_nothing),
		WITH_WORLD(update_refreshes_the_reason_and_a_raised_level_pages),
		WITH_WORLD(cleared_before_anyone_accepted_is_cancelled),
		WITH_WORLD(cleared_on_the_tile_or_at_the_desk_is_cancelled),
		WITH_WORLD(cleared_call_for_help_goes_on_until_a_person_says_so),
		WITH_WORLD(cleared_after_an_accept_is_only_told),
		WITH_WORLD(clear_of_an_unknown_alert_is_counted_only),
		WITH_WORLD(new_call_for_help_after_resolution_opens_a_new_incident),
		WITH_WORLD(update_after_the_end_opens_only_if_more_urgent),
		WITH_WORLD(further_alerts_than_the_list_holds_are_counted),
		WITH_WORLD(ids_are_a_function_of_their_causes),
		WITH_WORLD(accept_arrive_done_is_the_good_life),
		WITH_WORLD(second_accept_is_told_that_another_goes),
		WITH_WORLD(strangers_and_forged_pages_change_nothing),
		WITH_WORLD(reply_to_an_older_page_of_the_same_person_counts),
		WITH_WORLD(arrived_and_done_imply_the_accept),
		WITH_WORLD(responder_may_hand_back),
		WITH_WORLD(handing_back_asks_again_those_who_were_told_that_another_goes),
		WITH_WORLD(desk_takes_it_from_a_responder_who_does_not_come),
		WITH_WORLD(declines_that_make_no_sense_change_nothing),
		WITH_WORLD(late_decline_after_the_desk_has_it_is_harmless),
		WITH_WORLD(replies_after_the_end_are_late),
		WITH_WORLD(desk_speaks_for_the_responder),
		WITH_WORLD(notes_of_strangers_are_not_kept),
		WITH_WORLD(no_arrival_in_time_tells_the_desk_beside),
		WITH_WORLD(no_outcome_in_time_reminds_the_desk),
		WITH_WORLD(desk_that_has_it_is_reminded_again_and_again),
		WITH_WORLD(overdue_timers_fire_once_after_a_restart),
		WITH_WORLD(broken_states_are_refused),
		WITH_WORLD(oncall_is_told_when_it_changes_and_only_then),
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
		WITH_WORLD(family_is_asked_first_where_the_policy_says_so),
		WITH_WORLD(neighbours_are_asked_side_by_side_and_the_desk_is_told_of_120),
		WITH_WORLD(nobody_goes_alone_where_a_door_must_be_opened),
		WITH_WORLD(nobody_with_a_key_is_told_to_the_desk),
		WITH_WORLD(attention_waits_on_the_tile_though_the_household_pages),
		WITH_WORLD(incident_is_named_after_the_kind_that_says_most),
		WITH_WORLD(what_was_found_is_kept_with_the_outcome),
		WITH_WORLD(open_incident_is_handed_over_in_words_at_the_change_of_shift),
		WITH_WORLD(alert_that_opened_a_second_incident_is_known_after_a_restart),
		WITH_WORLD(shift_that_changed_while_it_was_over_relieves_nobody_when_it_is_reopened),
		WITH_WORLD(who_serves_on_is_not_relieved),
		WITH_WORLD(new_shift_is_asked_where_the_last_one_did_not_answer),
		WITH_WORLD(shifts_that_nobody_serves_are_told_ahead_and_once),
		WITH_WORLD(many_homes_at_once_are_one_event_for_the_desk),
		WITH_WORLD(desk_releases_a_storm_and_it_is_not_held_again),
		WITH_WORLD(desk_holds_a_storm_longer),
		WITH_WORLD(without_the_desks_word_a_storm_is_released_one_by_one),
		WITH_WORLD(desks_own_page_has_another_id_than_the_note_of_many_homes),
		WITH_WORLD(silence_waits_a_moment_in_which_others_may_come),
		WITH_WORLD(homes_apart_in_time_or_of_other_kinds_are_no_storm),
		WITH_WORLD(clock_that_is_set_leaves_everybody_the_time_that_they_had),
		WITH_WORLD(states_of_version_1_are_read),
		cmocka_unit_test(table_of_the_document_is_the_table_of_the_code),
		cmocka_unit_test(every_pair_of_state_and_event_keeps_the_promises),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
