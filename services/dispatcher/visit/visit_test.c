/* SPDX-License-Identifier: MIT
 *
 * Visits: the table of their states, and how one goes from the offer to its end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "visit_first.h"

/* ---- the table ---- */

/* legal: the transitions of docs/visit.md once more, from what they mean. */
static enum errand_state legal(enum errand_state s, enum errand_event e)
{
	bool live = s <= ERRAND_UNDER_WAY;

	switch (e) {
	case ERRAND_EVENT_OFFERED:
		return s == ERRAND_OPEN ? ERRAND_OFFERED : ERRAND_STATE_COUNT;
	case ERRAND_EVENT_DECLINED:
		return s == ERRAND_OFFERED || s == ERRAND_AGREED ? ERRAND_OPEN : ERRAND_STATE_COUNT;
	case ERRAND_EVENT_AGREED:
		return s <= ERRAND_OFFERED ? ERRAND_AGREED : ERRAND_STATE_COUNT;
	case ERRAND_EVENT_STARTED:
		return s == ERRAND_AGREED ? ERRAND_UNDER_WAY : ERRAND_STATE_COUNT;
	case ERRAND_EVENT_ANSWERED:
		return s == ERRAND_DONE                              ? ERRAND_DONE
		       : s == ERRAND_AGREED || s == ERRAND_UNDER_WAY ? ERRAND_UNDER_WAY
								     : ERRAND_STATE_COUNT;
	case ERRAND_EVENT_DONE:
		return s == ERRAND_AGREED || s == ERRAND_UNDER_WAY || s == ERRAND_MISSED ? ERRAND_DONE
											 : ERRAND_STATE_COUNT;
	case ERRAND_EVENT_CONFIRMED:
		return s == ERRAND_DONE ? ERRAND_CONFIRMED : ERRAND_STATE_COUNT;
	case ERRAND_EVENT_REFUSED:
		return live || s == ERRAND_DONE ? ERRAND_REFUSED : ERRAND_STATE_COUNT;
	case ERRAND_EVENT_MISSED:
		return live ? ERRAND_MISSED : ERRAND_STATE_COUNT;
	case ERRAND_EVENT_CLIMBED:
		return live || s == ERRAND_MISSED ? s : ERRAND_STATE_COUNT;
	case ERRAND_EVENT_MOVED:
		return s == ERRAND_AGREED ? s : s <= ERRAND_OFFERED ? ERRAND_OPEN : ERRAND_STATE_COUNT;
	case ERRAND_EVENT_NOTED:
		return s;
	case ERRAND_EVENT_CANCELLED:
		return s <= ERRAND_AGREED ? ERRAND_CANCELLED : ERRAND_STATE_COUNT;
	case ERRAND_EVENT_OPENED:
	case ERRAND_EVENT_COUNT:
		break;
	}
	return ERRAND_STATE_COUNT;
}

static void each_transition_is_legal_or_not_as_the_picture_says(void **state)
{
	(void)state;
	for (int s = 0; s < ERRAND_STATE_COUNT; s++)
		for (int e = 0; e < ERRAND_EVENT_COUNT; e++)
			assert_int_equal(visit_next_state((enum errand_state)s, (enum errand_event)e),
				legal((enum errand_state)s, (enum errand_event)e));
}

/* ---- visits ---- */

static void a_visit_is_offered_agreed_made_and_the_next_one_comes_after_the_interval(void **state)
{
	struct rig rig;
	struct wall now;
	uint32_t at = 0;
	struct visit_home home;

	(void)state;
	now = agreed(&rig);
	rig_say(&rig, "v-1", VISIT_START, rig.visit.id, now);
	assert_string_equal(rig.trace, "visit.started:v-1");
	assert_false(wall_is_set(rig.visit.seen));
	rig_say(&rig, "v-1", VISIT_FINISH, rig.visit.id, wall_plus(now, MS_PER_HOUR));
	assert_string_equal(rig.trace, "visit.done:v-1");
	assert_int_equal(rig.visit.seen.ms, now.ms + MS_PER_HOUR);
	assert_int_equal(rig.visit.state, ERRAND_DONE);
	assert_true(visit_home_walk(rig.core, &at, &home));
	assert_int_equal(home.last.ms, now.ms + MS_PER_HOUR);
	assert_int_equal(home.due, visit_day_of(rig.core, now) + 1);
	rig_tick(&rig, wall_plus(now, MS_PER_HOUR));
	assert_string_equal(rig.trace, "visit.opened visit.offered>v-1");
	rig_close(&rig);
}

static void what_is_said_twice_late_or_by_strangers_changes_nothing(void **state)
{
	struct rig rig;
	struct wall now;
	char id[ID_BYTES];

	(void)state;
	now = agreed(&rig);
	text_cut(id, sizeof id, rig.visit.id);
	rig_say(&rig, "v-1", VISIT_ACCEPT, id, now);
	assert_int_equal(rig.verdict, VISIT_REPEATED);
	rig_say(&rig, "v-2", VISIT_ACCEPT, id, now);
	assert_int_equal(rig.verdict, VISIT_FOREIGN);
	rig_say(&rig, "v-2", VISIT_FINISH, id, now);
	assert_int_equal(rig.verdict, VISIT_FOREIGN);
	rig_say(&rig, "v-1", VISIT_CONFIRM, id, now);
	assert_int_equal(rig.verdict, VISIT_FOREIGN);
	rig_say(&rig, "v-1", VISIT_CANCEL, id, now);
	assert_int_equal(rig.verdict, VISIT_FOREIGN);
	rig_say(&rig, "v-1", VISIT_FINISH, "e-0", now);
	assert_int_equal(rig.verdict, VISIT_UNKNOWN);
	rig_say(&rig, "cap", VISIT_CONFIRM, id, now);
	assert_int_equal(rig.verdict, VISIT_MISPLACED);
	rig_say(&rig, "cap", VISIT_ACCEPT, id, now);
	assert_int_equal(rig.verdict, VISIT_REPEATED);
	rig_say(&rig, "v-1", VISIT_NOTE, id, now);
	assert_int_equal(rig.verdict, VISIT_BAD);
	assert_string_equal(rig.trace, "");
	rig_say(&rig, "v-1", VISIT_FINISH, id, now);
	rig_say(&rig, "v-1", VISIT_START, id, now);
	assert_int_equal(rig.verdict, VISIT_LATE);
	rig_say(&rig, "cap", VISIT_CONFIRM, id, now);
	assert_string_equal(rig.trace, "visit.confirmed:cap");
	rig_close(&rig);
}

static void who_declines_or_does_not_answer_is_not_asked_again_and_the_captain_hears_when_nobody_is_left(void **state)
{
	struct rig rig;
	struct wall now;

	(void)state;
	now = offered(&rig);
	rig_person(&rig, "v-2", 3, 7, now);
	rig_say(&rig, "v-1", VISIT_DECLINE, rig.visit.id, now);
	assert_string_equal(rig.trace, "visit.declined:v-1 visit.offered>v-2");
	rig_run(&rig, wall_plus(now, 20 * MS_PER_HOUR));
	assert_string_equal(rig.trace, "visit.declined>v-2 visit.climbed>cap");
	assert_string_equal(rig.visit.note, "没有可请的人 / nobody can be asked: declined 2");
	assert_string_equal(rig.visit.assignee, "");
	rig_say(&rig, "v-1", VISIT_DECLINE, rig.visit.id, now);
	assert_int_equal(rig.verdict, VISIT_REPEATED);
	rig_say(&rig, "v-1", VISIT_ACCEPT, rig.visit.id, now);
	assert_int_equal(rig.verdict, VISIT_LATE);
	rig_close(&rig);
}

static void who_is_asked_answers_for_themself_and_sends_nobody_else(void **state)
{
	struct rig rig;
	struct wall now = offered(&rig);
	struct visit_reply reply = rig_words("v-1", VISIT_ACCEPT, rig.visit.id, now);

	(void)state;
	rig_person(&rig, "v-2", 3, 7, now);
	text_cut(reply.to, sizeof reply.to, "v-2");
	rig_reply(&rig, &reply, false, now);
	assert_int_equal(rig.verdict, VISIT_BAD);
	assert_string_equal(rig.fault, "to: somebody else is sent by the captain or the desk");
	text_cut(reply.to, sizeof reply.to, "v-1");
	rig_reply(&rig, &reply, false, now);
	assert_string_equal(rig.trace, "visit.agreed:v-1>v-1");
	rig_close(&rig);
}

static void an_offer_leaves_time_to_answer_and_not_everybody_is_asked(void **state)
{
	struct rig rig;
	struct wall now = offered(&rig);
	int64_t offers;

	(void)state;
	for (int i = 2; i < 60; i++) {
		char user[ID_BYTES];
		snprintf(user, sizeof user, "v-%d", i);
		rig_person(&rig, user, 1, 7, now);
	}
	offers = visit_tally(rig.core, VISIT_OFFERS);
	for (int i = 0; i < 40; i++)
		rig_say(&rig, rig.visit.assignee, VISIT_DECLINE, rig.visit.id, now);
	assert_int_equal(visit_tally(rig.core, VISIT_OFFERS) - offers, 23);
	assert_string_equal(rig.visit.assignee, "");
	assert_int_equal(rig.visit.climb, 1);
	rig_run(&rig, rig_at("2026-03-03T20:30:00")); /* it is missed, and the next one is offered for a time to come */
	assert_int_equal(rig.visit.state, ERRAND_OFFERED);
	assert_true(rig.visit.from.ms >= rig.now.ms + MS_PER_HOUR);
	rig_close(&rig);
}

static void a_missed_visit_is_noticed_the_same_day_and_made_up_for(void **state)
{
	struct rig rig;

	(void)state;
	(void)agreed(&rig);
	rig_run(&rig, rig_at("2026-03-03T12:29:59"));
	assert_string_equal(rig.trace, "");
	rig_run(&rig, rig_at("2026-03-03T12:30:00"));
	assert_string_equal(rig.trace, "visit.missed>v-1>cap visit.opened visit.offered>v-1");
	assert_int_equal(rig.visit.from.ms, rig_at("2026-03-04T09:00:00").ms);
	rig_say(&rig, "v-1", VISIT_ACCEPT, rig.visit.id, rig_at("2026-03-03T13:00:00"));
	rig_run(&rig, rig_at("2026-03-04T12:30:00")); /* the second one in a row: the desk too */
	assert_string_equal(rig.trace, "visit.missed>v-1>cap>desk visit.opened visit.offered>v-1");
	rig_close(&rig);
}

static void a_missed_visit_that_was_made_after_all_takes_back_the_one_in_its_place(void **state)
{
	struct rig rig;
	char missed[ID_BYTES];

	(void)state;
	(void)agreed(&rig);
	text_cut(missed, sizeof missed, rig.visit.id);
	rig_run(&rig, rig_at("2026-03-03T12:30:00"));
	rig_say(&rig, "v-1", VISIT_FINISH, missed, rig_at("2026-03-03T13:00:00"));
	assert_string_equal(rig.trace, "visit.done:v-1 visit.cancelled>v-1");
	rig_close(&rig);
}

static void what_was_agreed_is_offered_anew_when_an_absence_is_said(void **state)
{
	struct rig rig;

	(void)state;
	(void)agreed(&rig); /* Tuesday, 09:00 to 12:00 */
	rig_person(&rig, "v-2", 0.5, 7, monday("09:30"));
	rig_absent(&rig, "v-1", rig_at("2026-03-03T12:00:00"), rig_at("2026-03-04T00:00:00"), monday("10:00"));
	assert_string_equal(rig.trace, "");
	rig_absent(&rig, "v-1", rig_at("2026-03-03T11:59:00"), rig_at("2026-03-04T00:00:00"), monday("10:00"));
	assert_string_equal(rig.trace, "visit.declined>cap>v-1 visit.offered>v-2");
	rig_absent(&rig, "v-2", monday("00:00"), rig_at("2026-03-09T00:00:00"), monday("11:00"));
	assert_string_equal(rig.trace, "visit.declined>v-2 visit.climbed>cap");
	assert_non_null(strstr(rig.visit.note, "declined 2"));
	rig_close(&rig);
}

static void what_is_under_way_or_over_is_not_taken_back_by_an_absence(void **state)
{
	struct rig rig;
	struct wall there;

	(void)state;
	there = agreed(&rig);
	rig_absent(&rig, "v-1", monday("00:00"), rig_at("2026-03-03T13:00:00"), rig_at("2026-03-03T12:10:00"));
	assert_string_equal(rig.trace, ""); /* its window is over: they may have been there */
	rig_close(&rig);
	(void)agreed(&rig);
	rig_say(&rig, "v-1", VISIT_START, rig.visit.id, there);
	rig_absent(&rig, "v-1", monday("00:00"), rig_at("2026-03-09T00:00:00"), there);
	assert_string_equal(rig.trace, "");
	rig_close(&rig);
}

static void nobody_opened_goes_to_the_desk_at_once(void **state)
{
	struct rig rig;
	struct wall now = agreed(&rig);

	(void)state;
	rig_say(&rig, "v-1", VISIT_NOT_MET, rig.visit.id, now);
	assert_string_equal(rig.trace, "visit.missed:v-1>desk>cap");
	assert_int_equal(rig.visit.climb, 2);
	assert_string_equal(rig.visit.note, "无人应门 / nobody opened");
	assert_false(wall_is_set(rig.visit.seen));
	rig_close(&rig);
}

static void who_went_and_never_said_how_it_ended_is_asked_for(void **state)
{
	struct rig rig;
	struct wall now = agreed(&rig);

	(void)state;
	rig_say(&rig, "v-1", VISIT_START, rig.visit.id, now);
	rig_run(&rig, rig_at("2026-03-04T12:30:00"));
	assert_string_equal(rig.trace, "visit.climbed>cap visit.climbed>desk");
	rig_close(&rig);
}

static void one_that_nobody_had_is_asked_for_too_when_somebody_went_and_never_said_how_it_ended(void **state)
{
	struct rig rig;
	struct wall now = offered(&rig);

	(void)state;
	rig_say(&rig, "v-1", VISIT_DECLINE, rig.visit.id, now);
	assert_string_equal(rig.trace, "visit.declined:v-1 visit.climbed>cap");
	rig_run(&rig, wall_plus(now, 24 * MS_PER_HOUR));
	assert_int_equal(rig.visit.climb, 2);
	struct visit_reply goes = rig_words("cap", VISIT_ACCEPT, rig.visit.id, rig.now);
	text_cut(goes.to, sizeof goes.to, "cap");
	goes.from = wall_plus(rig.now, MS_PER_HOUR);
	goes.until = wall_plus(rig.now, 2 * MS_PER_HOUR);
	rig_reply(&rig, &goes, false, rig.now);
	rig_say(&rig, "cap", VISIT_START, rig.visit.id, goes.from);
	assert_string_equal(rig.trace, "visit.started:cap");
	rig_run(&rig, wall_plus(goes.until, 2 * MS_PER_DAY));
	assert_string_equal(rig.trace, "visit.climbed>cap visit.climbed>desk");
	rig_close(&rig);
}

static void an_elder_who_refuses_is_left_alone_for_a_while_and_the_companion_counts_less(void **state)
{
	struct rig rig;
	struct wall now = agreed(&rig);
	struct visit_reply reply = rig_words("v-1", VISIT_REFUSE, rig.visit.id, now);
	struct visit_home home;
	uint32_t at = 0;

	(void)state;
	rig_reply(&rig, &reply, false, now);
	assert_int_equal(rig.verdict, VISIT_BAD);
	text_cut(reply.note, sizeof reply.note, "不想见人");
	rig_reply(&rig, &reply, false, now);
	assert_string_equal(rig.trace, "visit.refused:v-1>v-1>cap");
	assert_true(visit_home_walk(rig.core, &at, &home));
	assert_int_equal(home.due, visit_day_of(rig.core, now) + 7);
	rig_close(&rig);
}

static void a_visit_is_moved_and_given_to_another(void **state)
{
	struct rig rig;
	struct wall now = agreed(&rig);
	struct visit_reply reply = rig_words("cap", VISIT_MOVE, rig.visit.id, now);

	(void)state;
	rig_person(&rig, "v-2", 1, 7, now);
	reply.from = rig_at("2026-03-04T14:00:00");
	reply.until = rig_at("2026-03-04T13:00:00");
	rig_reply(&rig, &reply, false, now);
	assert_int_equal(rig.verdict, VISIT_BAD);
	reply.until = rig_at("2026-03-04T16:00:00");
	rig_reply(&rig, &reply, false, now);
	assert_string_equal(rig.trace, "visit.moved:cap>v-1");
	assert_int_equal(rig.visit.from.ms, reply.from.ms);
	reply = rig_words("cap", VISIT_ACCEPT, rig.visit.id, now);
	text_cut(reply.to, sizeof reply.to, "v-3");
	rig_reply(&rig, &reply, false, now);
	assert_string_equal(rig.fault, "to: is no volunteer of the directory");
	text_cut(reply.to, sizeof reply.to, "v-2");
	rig_reply(&rig, &reply, false, now);
	assert_string_equal(rig.trace, "visit.moved:cap>v-1>v-2");
	assert_string_equal(rig.visit.assignee, "v-2");
	rig_close(&rig);
}

/* A time that no message can hold would stop the service, each time that the request is sent again. */
static void times_that_cannot_be_meant_are_refused(void **state)
{
	struct rig rig;
	struct wall now = agreed(&rig);
	struct visit_reply reply = rig_words("desk", VISIT_MOVE, rig.visit.id, now);
	struct visit_request request = {.household = "h-1", .what = "meals-2", .user = "desk", .until = WALL_NONE};

	(void)state;
	reply.until = wall_plus(now, MS_PER_DAY);
	reply.from = (struct wall){-MS_PER_DAY};
	rig_reply(&rig, &reply, true, now);
	assert_string_equal(rig.fault, "from: is over for more than a day");
	reply.action = VISIT_ACCEPT;
	text_cut(reply.to, ID_BYTES, "v-1");
	rig_reply(&rig, &reply, true, now);
	assert_int_equal(rig.verdict, VISIT_BAD);
	reply.from = now;
	reply.until = wall_plus(now, 401 * MS_PER_DAY);
	rig_reply(&rig, &reply, true, now);
	assert_string_equal(rig.fault, "until: is more than 400 days ahead");
	rig_service(&rig, "meals-2", "p-1", NULL, 0, false, now);
	request.from = reply.until;
	rig_ask(&rig, &request, now);
	assert_string_equal(rig.fault, "until: is more than 400 days ahead");
	rig_close(&rig);
}

static void a_home_that_leaves_takes_its_visits_along(void **state)
{
	struct rig rig;
	struct wall now = agreed(&rig);
	struct entry home = {.kind = ENTRY_HOUSEHOLD, .key = "h-1", .seq = 2, .deleted = true};

	(void)state;
	rig_entry(&rig, &home, now);
	rig_tick(&rig, now);
	assert_string_equal(rig.trace, "visit.cancelled>v-1");
	rig_run(&rig, wall_plus(now, 20 * MS_PER_DAY));
	assert_string_equal(rig.trace, "");
	rig_close(&rig);
}

static void who_leaves_is_neither_waited_for_nor_expected(void **state)
{
	struct rig rig;
	struct wall now = offered(&rig);
	struct entry gone = {.kind = ENTRY_VOLUNTEER, .key = "v-1", .seq = 2, .deleted = true};

	(void)state;
	rig_person(&rig, "v-2", 1, 7, now);
	rig_person(&rig, "v-3", 2, 7, now);
	rig_entry(&rig, &gone, now);
	rig_tick(&rig, now);
	assert_string_equal(rig.trace, "visit.declined visit.offered>v-2");
	rig_say(&rig, "v-2", VISIT_ACCEPT, rig.visit.id, now);
	text_cut(gone.key, ID_BYTES, "v-2");
	rig_entry(&rig, &gone, now);
	rig_tick(&rig, now);
	assert_string_equal(rig.trace, "visit.declined>cap visit.offered>v-3");
	rig_close(&rig);
}

static void whom_the_elder_does_not_want_any_more_does_not_come(void **state)
{
	struct rig rig;
	struct wall now = agreed(&rig);
	struct entry care = rig_care("h-1", 0, 1);
	struct visit_reply reply;

	(void)state;
	rig_person(&rig, "v-2", 1, 7, now);
	text_cut(care.body.care.unwanted[care.body.care.unwanted_count++], ID_BYTES, "v-1");
	rig_entry(&rig, &care, now);
	rig_tick(&rig, now);
	assert_string_equal(rig.trace, "visit.declined>cap visit.offered>v-2");
	reply = rig_words("cap", VISIT_ACCEPT, rig.visit.id, now);
	text_cut(reply.to, ID_BYTES, "v-1");
	rig_reply(&rig, &reply, false, now);
	assert_string_equal(rig.fault, "to: is not wanted by the elder");
	rig_close(&rig);
}

/* Whoever waits for a page does not wait for a district to be planned. */
static void many_homes_at_once_are_planned_a_few_at_a_time(void **state)
{
	struct visit_effects out;
	struct rig rig;
	struct wall now = monday("08:00");
	char id[ID_BYTES];
	unsigned calls = 0, opened = 0;

	(void)state;
	alone(&rig, 1);
	for (unsigned i = 0; i < 300; i++) {
		snprintf(id, sizeof id, "h-many-%u", i);
		rig_home(&rig, id, 0, 1, monday("07:00"));
	}
	for (; visit_due(rig.core).ms <= now.ms; calls++) {
		unsigned before = opened;
		assert_int_equal(visit_tick(rig.core, now, &out), ERR_OK);
		for (bool full = true; full;) {
			full = out.count == VISIT_EFFECTS_MAX;
			for (unsigned i = 0; i < out.count; i++)
				opened += out.items[i].errand.event == ERRAND_EVENT_OPENED;
			if (full)
				visit_rest(rig.core, &out);
		}
		assert_in_range(opened - before, 0, 24);
	}
	assert_int_equal(opened, 301);
	assert_in_range(calls, 13, 301);
	rig_close(&rig);
}

static void a_home_that_is_away_is_not_visited(void **state)
{
	struct entry home = {.kind = ENTRY_HOUSEHOLD, .key = "h-1", .seq = 2};
	struct rig rig;

	(void)state;
	alone(&rig, 1);
	text_cut(home.body.household.community, ID_BYTES, "c-1");
	text_cut(home.body.household.team, ID_BYTES, "t-1");
	home.body.household.away_from = WALL_NONE;
	home.body.household.away_until = rig_at("2026-03-10T00:00:00");
	rig_entry(&rig, &home, monday("07:00"));
	rig_run(&rig, rig_at("2026-03-09T07:00:00"));
	assert_string_equal(rig.trace, "");
	rig_run(&rig, rig_at("2026-03-09T08:00:00"));
	assert_string_equal(rig.trace, "visit.opened visit.offered>v-1");
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_transition_is_legal_or_not_as_the_picture_says),
		cmocka_unit_test(a_visit_is_offered_agreed_made_and_the_next_one_comes_after_the_interval),
		cmocka_unit_test(what_is_said_twice_late_or_by_strangers_changes_nothing),
		cmocka_unit_test(
			who_declines_or_does_not_answer_is_not_asked_again_and_the_captain_hears_when_nobody_is_left),
		cmocka_unit_test(who_is_asked_answers_for_themself_and_sends_nobody_else),
		cmocka_unit_test(an_offer_leaves_time_to_answer_and_not_everybody_is_asked),
		cmocka_unit_test(a_missed_visit_is_noticed_the_same_day_and_made_up_for),
		cmocka_unit_test(a_missed_visit_that_was_made_after_all_takes_back_the_one_in_its_place),
		cmocka_unit_test(what_was_agreed_is_offered_anew_when_an_absence_is_said),
		cmocka_unit_test(what_is_under_way_or_over_is_not_taken_back_by_an_absence),
		cmocka_unit_test(nobody_opened_goes_to_the_desk_at_once),
		cmocka_unit_test(who_went_and_never_said_how_it_ended_is_asked_for),
		cmocka_unit_test(one_that_nobody_had_is_asked_for_too_when_somebody_went_and_never_said_how_it_ended),
		cmocka_unit_test(an_elder_who_refuses_is_left_alone_for_a_while_and_the_companion_counts_less),
		cmocka_unit_test(a_visit_is_moved_and_given_to_another),
		cmocka_unit_test(times_that_cannot_be_meant_are_refused),
		cmocka_unit_test(a_home_that_leaves_takes_its_visits_along),
		cmocka_unit_test(who_leaves_is_neither_waited_for_nor_expected),
		cmocka_unit_test(whom_the_elder_does_not_want_any_more_does_not_come),
		cmocka_unit_test(many_homes_at_once_are_planned_a_few_at_a_time),
		cmocka_unit_test(a_home_that_is_away_is_not_visited),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
