/* SPDX-License-Identifier: MIT
 *
 * What alerts do to incidents: open, join, raise, update, clear.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "incident_rig.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
