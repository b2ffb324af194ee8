/* SPDX-License-Identifier: MIT
 *
 * What volunteers and the desk say, and who is heard.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "incident_rig.h"

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
	TRACE("accepted:v-2 -v-3 resolved:v-2");
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
	says("v-1", REPLY_DECLINE, 130); /* is not asked again */
	TRACE("declined:v-1");
	STATE("escalated");
	says("v-1", REPLY_DECLINE, 131);
	assert_int_equal(w.verdict, INCIDENT_REPEATED);
	says("v-2", REPLY_ACCEPT, 140);
	TRACE("accepted:v-2 -v-3 -cap -desk");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
