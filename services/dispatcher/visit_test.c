/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "visit_rig.h"

#define MONDAY "2026-03-02"

static struct wall monday(const char *hour)
{
	char text[32];

	snprintf(text, sizeof text, MONDAY "T%s:00", hour);
	return rig_at(text);
}

/* alone: one companion, one home that is visited every day so often; nothing else. */
static void alone(struct rig *rig, uint16_t every)
{
	struct wall now = monday("07:00");

	rig_open(rig);
	rig->rules.list_count = 0;
	rig->rules.ahead_days = 2;
	rig->rules.slack_days = 0;
	rig_person(rig, "v-1", 0.5, 7, now);
	rig_home(rig, "h-1", 0, every, now);
}

/* offered: the first visit has been offered to v-1. */
static struct wall offered(struct rig *rig)
{
	alone(rig, 1);
	rig_run(rig, monday("08:00"));
	assert_string_equal(rig->trace, "visit.opened visit.offered>v-1");
	return monday("09:00");
}

/* agreed: ... and agreed for Tuesday morning. */
static struct wall agreed(struct rig *rig)
{
	struct wall now = offered(rig);

	rig_say(rig, "v-1", VISIT_ACCEPT, rig->visit.id, now);
	assert_string_equal(rig->trace, "visit.agreed:v-1>v-1");
	assert_int_equal(rig->visit.from.ms, rig_at("2026-03-03T09:00:00").ms);
	assert_int_equal(rig->visit.until.ms, rig_at("2026-03-03T12:00:00").ms);
	return rig_at("2026-03-03T10:00:00");
}

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

static void a_service_given_to_a_companion_is_not_the_providers_any_more(void **state)
{
	struct rig rig;
	struct wall now = monday("10:00");
	struct visit_request request = {
		.household = "h-1", .what = "meals-2", .user = "desk", .from = WALL_NONE, .until = WALL_NONE};
	struct visit_reply reply;

	(void)state;
	alone(&rig, 0);
	rig_service(&rig, "meals-2", "p-1", NULL, 0, true, now);
	rig_ask(&rig, &request, now);
	reply = rig_words("desk", VISIT_ACCEPT, rig.service.id, now);
	text_cut(reply.to, ID_BYTES, "v-1");
	rig_reply(&rig, &reply, true, now);
	assert_string_equal(rig.trace, "service.agreed:desk>p-1>v-1");
	assert_string_equal(rig.service.provider, "");
	rig_say(&rig, "p-1", VISIT_DECLINE, rig.service.id, now);
	assert_int_equal(rig.verdict, VISIT_FOREIGN);
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

/* ---- who is asked ---- */

static enum visit_bar bar_of_only(struct rig *rig, const struct entry *care, const struct entry *offer)
{
	struct visit_explanation x;

	rig_entry(rig, care, monday("07:00"));
	rig_entry(rig, offer, monday("07:00"));
	assert_int_equal(visit_explain(rig->core, rig->visit.id, monday("09:00"), &x), ERR_OK);
	for (int bar = 0; bar < VISIT_BAR_COUNT; bar++)
		if (x.bars[bar])
			return (enum visit_bar)bar;
	return VISIT_BAR_COUNT;
}

static void each_bar_keeps_somebody_off(void **state)
{
	struct rig rig;
	struct entry care, offer;

	(void)state;
	(void)offered(&rig);
	care = rig_care("h-1", 0, 1);
	offer = rig_companion("v-1", 0.5, 7);
	assert_int_equal(bar_of_only(&rig, &care, &offer), VISIT_FREE);
	offer.body.companion.verified = false;
	assert_int_equal(bar_of_only(&rig, &care, &offer), VISIT_BAR_UNVERIFIED);
	offer = rig_companion("v-1", 0.5, 0);
	assert_int_equal(bar_of_only(&rig, &care, &offer), VISIT_BAR_NO_OFFER);
	offer = rig_companion("v-1", 6, 7);
	assert_int_equal(bar_of_only(&rig, &care, &offer), VISIT_BAR_AREA);
	offer = rig_companion("v-1", 4.9, 7);
	assert_int_equal(bar_of_only(&rig, &care, &offer), VISIT_FREE);
	text_cut(care.body.care.unwanted[care.body.care.unwanted_count++], ID_BYTES, "v-1");
	assert_int_equal(bar_of_only(&rig, &care, &offer), VISIT_BAR_UNWANTED);
	care.body.care.unwanted_count = 0;
	care.body.care.sex = SEX_WOMAN;
	assert_int_equal(bar_of_only(&rig, &care, &offer), VISIT_BAR_SEX);
	offer.body.companion.sex = SEX_WOMAN;
	assert_int_equal(bar_of_only(&rig, &care, &offer), VISIT_FREE);
	text_cut(care.body.care.languages[care.body.care.language_count++], WORD_BYTES, "shaanxi");
	assert_int_equal(bar_of_only(&rig, &care, &offer), VISIT_BAR_LANGUAGE);
	text_cut(offer.body.companion.languages[offer.body.companion.language_count++], WORD_BYTES, "shaanxi");
	assert_int_equal(bar_of_only(&rig, &care, &offer), VISIT_FREE);
	rig_close(&rig);
}

static void each_part_of_the_cost_decides_between_two_who_are_else_alike(void **state)
{
	static const struct {
		const char *what;
		enum visit_cost part;
	} cases[] = {{"wish", VISIT_COST_WISH}, {"language", VISIT_COST_LANGUAGE}, {"interests", VISIT_COST_INTERESTS},
		{"distance", VISIT_COST_DISTANCE}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rig rig;
		struct visit_explanation x;
		struct wall now = offered(&rig);
		struct entry care = rig_care("h-1", 0, 1),
			     far = rig_companion("v-1", cases[i].part == VISIT_COST_DISTANCE ? 2 : 0.5, 7),
			     near = rig_companion("v-2", 0.5, 7);
		if (cases[i].part == VISIT_COST_WISH)
			text_cut(care.body.care.wanted, ID_BYTES, "v-2");
		care.body.care.language_count = 2;
		text_cut(care.body.care.languages[0], WORD_BYTES, "shaanxi");
		text_cut(care.body.care.languages[1], WORD_BYTES, "mandarin");
		far.body.companion.language_count = near.body.companion.language_count = 1;
		text_cut(near.body.companion.languages[0], WORD_BYTES, "shaanxi");
		text_cut(far.body.companion.languages[0], WORD_BYTES,
			cases[i].part == VISIT_COST_LANGUAGE ? "mandarin" : "shaanxi");
		care.body.care.interest_count = near.body.companion.interest_count = 1;
		text_cut(care.body.care.interests[0], WORD_BYTES, "chess");
		text_cut(near.body.companion.interests[0], WORD_BYTES, "chess");
		far.body.companion.interest_count = 1;
		text_cut(far.body.companion.interests[0], WORD_BYTES,
			cases[i].part == VISIT_COST_INTERESTS ? "opera" : "chess");
		rig_person(&rig, "v-2", 0.5, 7, now);
		rig_entry(&rig, &care, now);
		rig_entry(&rig, &far, now);
		rig_entry(&rig, &near, now);
		assert_int_equal(visit_explain(rig.core, rig.visit.id, now, &x), ERR_OK);
		assert_int_equal(x.count, 2);
		assert_string_equal(x.best[0].user, "v-2");
		for (unsigned part = 0; part < VISIT_COST_DAY; part++)
			if (part == cases[i].part)
				assert_true(x.best[1].cost[part] > x.best[0].cost[part]);
			else
				assert_true(!(x.best[1].cost[part] > x.best[0].cost[part]) &&
					    !(x.best[1].cost[part] < x.best[0].cost[part]));
		rig_close(&rig);
	}
}

static void accept_all(struct rig *rig)
{
	uint32_t at = 0;

	for (const struct errand *e; (e = visit_walk(rig->core, &at));)
		if (e->state == ERRAND_OFFERED)
			rig_say(rig, e->assignee, VISIT_ACCEPT, e->id, rig->now);
}

static void nobody_gets_more_visits_than_they_offered(void **state)
{
	struct wall now = monday("07:00"), end = rig_at("2026-03-30T07:00:00");
	struct rig rig;
	unsigned week[8] = {0}, day[40] = {0};
	uint32_t at = 0;

	(void)state;
	rig_open(&rig);
	rig.rules.list_count = 0;
	rig_person(&rig, "v-1", 0, 3, now);
	for (int i = 0; i < 12; i++) {
		char household[ID_BYTES];
		snprintf(household, sizeof household, "h-%d", i);
		rig_home(&rig, household, i / 10.0, 5, now);
	}
	for (struct wall due; (due = visit_due(rig.core)).ms < end.ms;) {
		rig_tick(&rig, due.ms > now.ms ? due : now);
		accept_all(&rig);
	}
	for (const struct errand *e; (e = visit_walk(rig.core, &at));)
		if (*e->assignee) {
			int32_t d = visit_day_of(rig.core, e->from) - visit_day_of(rig.core, now);
			day[d]++;
			week[d / 7]++;
		}
	assert_int_equal(week[1], 3);
	for (unsigned i = 0; i < 8; i++)
		assert_true(week[i] <= 3);
	for (unsigned i = 0; i < 40; i++)
		assert_true(day[i] <= rig.rules.day_max);
	rig_close(&rig);
}

static void a_day_is_walked_in_a_short_order(void **state)
{
	struct wall now = monday("07:00");
	struct rig rig;
	struct visit_stop stops[8];
	double km = 0;
	static const double places[] = {1, 0.5, 0.8};

	(void)state;
	rig_open(&rig);
	rig.rules.list_count = 0;
	rig.rules.ahead_days = 2;
	rig.rules.slack_days = 0;
	rig_person(&rig, "v-1", 0, 7, now);
	for (int i = 0; i < 3; i++) {
		char household[ID_BYTES];
		snprintf(household, sizeof household, "h-%d", i);
		rig_home(&rig, household, places[i], 1, now);
	}
	rig_run(&rig, monday("08:00"));
	accept_all(&rig);
	assert_int_equal(visit_day(rig.core, "v-9", 0, stops, 8, &km), 0);
	rig_close(&rig);
}

/* ---- the checklist and its tasks ---- */

/* checking: a visit with the checklist, agreed; the reply has both findings. */
static struct visit_reply checking(struct rig *rig, struct wall *now)
{
	struct visit_reply reply;

	rig_open(rig);
	rig->rules.ahead_days = 2;
	rig->rules.slack_days = 0;
	rig->rules.lists[0].every_days = 1;
	rig_person(rig, "v-1", 0.5, 7, monday("07:00"));
	rig_service(rig, "medical-2", "p-1", NULL, 0, false, monday("07:00"));
	rig_home(rig, "h-1", 0, 1, monday("07:00"));
	rig_run(rig, monday("08:00"));
	assert_string_equal(rig->visit.what, "three");
	assert_int_equal(rig->visit.version, 1);
	rig_say(rig, "v-1", VISIT_ACCEPT, rig->visit.id, monday("09:00"));
	*now = rig_at("2026-03-03T10:00:00");
	reply = rig_words("v-1", VISIT_ANSWER, rig->visit.id, *now);
	reply.answer_count = 2;
	reply.answers[0] = (struct errand_answer){.item = "medicine", .answer = ERRAND_FINDING, .word = "medicine_low"};
	reply.answers[1] = (struct errand_answer){.item = "gas", .answer = ERRAND_FINDING, .word = "hose_old"};
	return reply;
}

static void findings_become_tasks_with_owner_and_date(void **state)
{
	struct rig rig;
	struct wall now;
	struct visit_reply reply = checking(&rig, &now);

	(void)state;
	rig_reply(&rig, &reply, false, now);
	assert_string_equal(
		rig.trace, "visit.answered:v-1 task.opened:v-1 task.agreed>cap task.opened:v-1 task.agreed>cap>p-1");
	assert_int_equal(rig.visit.answer_count, 3);
	assert_string_equal(rig.visit.answers[0].item, "doors");
	assert_int_equal(rig.visit.answers[0].answer, ERRAND_NOT_ASKED);
	assert_string_equal(rig.visit.answers[1].word, "hose_old");
	assert_true(wall_is_set(rig.visit.seen));
	assert_string_equal(rig.task.what, "medicine_low");
	assert_string_equal(rig.task.provider, "p-1");
	assert_string_equal(rig.task.origin, rig.visit.id);
	assert_int_equal(rig.task.until.ms, rig_at("2026-03-07T00:00:00").ms);
	reply.action = VISIT_FINISH; /* the same findings again make no second tasks */
	rig_reply(&rig, &reply, false, now);
	assert_string_equal(rig.trace, "visit.answered:v-1 visit.done:v-1");
	rig_close(&rig);
}

static void overdue_tasks_climb_to_captain_and_desk_and_stay_until_done(void **state)
{
	struct rig rig;
	struct wall now;
	struct visit_reply reply = checking(&rig, &now);
	char task[ID_BYTES];

	(void)state;
	reply.action = VISIT_FINISH;
	rig_reply(&rig, &reply, false, now);
	text_cut(task, sizeof task, rig.task.id);
	rig.rules.lists[0].every_days = 0;
	rig_tick(&rig, now);
	rig_say(&rig, "cap", VISIT_CANCEL, rig.visit.id, now);
	for (int i = 0; i < 30 && strcmp(rig.last.id, task) != 0; i++)
		rig_tick(&rig, visit_due(rig.core));
	assert_string_equal(rig.last.id, task);
	assert_int_equal(rig.task.event, ERRAND_EVENT_CLIMBED);
	assert_int_equal(rig.task.climb, 1);
	assert_int_equal(rig.task.at.ms, rig_at("2026-03-07T00:00:00").ms);
	rig_say(&rig, "cap", VISIT_DECLINE, task, rig.task.at); /* the captain cannot: the desk has it */
	assert_string_equal(rig.trace, "task.declined:cap>cap task.agreed>desk");
	rig_say(&rig, "desk", VISIT_DECLINE, task, rig.task.at);
	assert_int_equal(rig.verdict, VISIT_BAD);
	rig_say(&rig, "desk", VISIT_FINISH, task, rig.task.at);
	assert_string_equal(rig.trace, "task.done:desk");
	rig_close(&rig);
}

static void answers_that_do_not_fit_the_checklist_are_named(void **state)
{
	static const struct {
		struct errand_answer answer;
		const char *fault;
	} cases[] = {
		{{"roof", ERRAND_OK, ""}, "roof: checklist three version 1 has no such item"},
		{{"gas", ERRAND_FINDING, ""}, "gas: a finding needs one of the item's words that are findings"},
		{{"gas", ERRAND_FINDING, "electric"}, "gas: a finding needs one of the item's words that are findings"},
		{{"gas", ERRAND_OK, "hose_old"}, "gas: \"hose_old\" does not go with ok"},
		{{"gas", ERRAND_NOT_ASKED, "electric"}, "gas: \"electric\" does not go with not_asked"},
		{{"doors", ERRAND_OK, "blue"}, "doors: has no word \"blue\" in checklist three version 1"},
		{{"medicine", ERRAND_OK, ""}, "medicine: is answered twice"},
	};
	struct rig rig;
	struct wall now;
	struct visit_reply reply = checking(&rig, &now);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		reply.answers[0] = (struct errand_answer){.item = "medicine", .answer = ERRAND_OK};
		reply.answers[1] = cases[i].answer;
		rig_reply(&rig, &reply, false, now);
		assert_int_equal(rig.verdict, VISIT_BAD);
		assert_string_equal(rig.fault, cases[i].fault);
	}
	reply.answers[1] = (struct errand_answer){"gas", ERRAND_OK, "electric"};
	rig_reply(&rig, &reply, false, now);
	assert_string_equal(rig.trace, "visit.answered:v-1");
	rig.rules.lists[0].version = 2; /* while a visit of version 1 is under way */
	reply.action = VISIT_FINISH;
	rig_reply(&rig, &reply, false, now);
	assert_string_equal(rig.fault,
		"answers: checklist three version 1 is no longer in the file; put it back until its visits are over");
	rig_close(&rig);
}

/* ---- services ---- */

static void a_service_goes_from_provider_to_provider_then_to_the_team(void **state)
{
	struct rig rig;
	struct wall now = monday("10:00");
	struct visit_request request = {
		.household = "h-1", .what = "meals-2", .user = "desk", .from = WALL_NONE, .until = WALL_NONE};
	struct visit_reply reply;

	(void)state;
	alone(&rig, 0);
	rig_service(&rig, "meals-2", "p-2", "p-1", 1, true, now);
	rig_ask(&rig, &request, now);
	assert_string_equal(rig.trace, "service.opened:desk service.offered>p-1>desk");
	assert_int_equal(rig.service.from.ms, rig_at("2026-03-03T00:00:00").ms);
	rig_ask(&rig, &request, now);
	assert_int_equal(rig.verdict, VISIT_REPEATED);
	assert_string_equal(rig.id, rig.service.id);
	rig_say(&rig, "p-1", VISIT_DECLINE, rig.service.id, now);
	assert_string_equal(rig.trace, "service.declined:p-1 service.offered>p-2>desk");
	rig_run(&rig, wall_plus(now, 24 * MS_PER_HOUR));
	assert_string_equal(rig.trace, "service.declined>p-2 service.offered>v-1");
	rig_say(&rig, "v-1", VISIT_ACCEPT, rig.service.id, wall_plus(now, 24 * MS_PER_HOUR));
	rig_say(&rig, "v-1", VISIT_FINISH, rig.service.id, wall_plus(now, 48 * MS_PER_HOUR));
	assert_string_equal(rig.trace, "service.done:v-1");
	assert_false(wall_is_set(rig.service.seen));
	reply = rig_words("desk", VISIT_REFUSE, rig.service.id, wall_plus(now, 49 * MS_PER_HOUR));
	text_cut(reply.note, sizeof reply.note, "饭是凉的");
	rig_reply(&rig, &reply, true, wall_plus(now, 49 * MS_PER_HOUR));
	assert_string_equal(rig.trace, "service.refused:desk>v-1>cap");
	rig_close(&rig);
}

static void a_request_that_cannot_be_is_refused_with_the_reason(void **state)
{
	struct rig rig;
	struct wall now = monday("10:00");
	struct visit_request request = {
		.household = "h-9", .what = "meals-2", .user = "desk", .from = WALL_NONE, .until = WALL_NONE};

	(void)state;
	alone(&rig, 0);
	rig_service(&rig, "meals-2", "p-1", NULL, 2, false, now);
	rig_ask(&rig, &request, now);
	assert_string_equal(rig.fault, "household: there is no h-9 in the directory");
	text_cut(request.household, ID_BYTES, "h-1");
	request.from = rig_at("2026-03-03T10:00:00");
	rig_ask(&rig, &request, now);
	assert_string_equal(rig.fault, "from: this service has to be asked for earlier; it can be from 2026-03-04 on");
	request.from = rig_at("2026-03-04T10:00:00");
	request.until = request.from;
	rig_ask(&rig, &request, now);
	assert_string_equal(rig.fault, "until: must be after from");
	request.from = rig_at("2026-03-01T10:00:00");
	rig_ask(&rig, &request, now);
	assert_string_equal(rig.fault, "from: is over");
	text_cut(request.what, WORD_BYTES, "dancing");
	request.from = request.until = WALL_NONE;
	rig_ask(&rig, &request, now);
	assert_string_equal(
		rig.fault, "what: \"dancing\" is neither a service of the catalogue, nor chat, nor a checklist");
	text_cut(request.what, WORD_BYTES, "chat");
	rig_ask(&rig, &request, now);
	assert_string_equal(rig.trace, "visit.opened:desk visit.offered>v-1");
	rig_ask(&rig, &request, now); /* its answer may have been lost */
	assert_int_equal(rig.verdict, VISIT_REPEATED);
	assert_string_equal(rig.id, rig.visit.id);
	assert_string_equal(rig.trace, "");
	text_cut(request.what, WORD_BYTES, "three");
	rig_ask(&rig, &request, now);
	assert_int_equal(rig.verdict, VISIT_BAD);
	rig_close(&rig);
}

static void what_is_over_is_forgotten_after_a_while(void **state)
{
	struct rig rig;
	struct wall now = agreed(&rig);
	struct visit_blob blob;
	struct errand gone;
	char id[ID_BYTES];
	bool buried = false;

	(void)state;
	rig_say(&rig, "v-1", VISIT_FINISH, rig.visit.id, now);
	text_cut(id, sizeof id, rig.visit.id);
	while (visit_dirty(rig.core, &blob))
		assert_true(blob.length > 0);
	rig_run(&rig, wall_plus(now, 35 * MS_PER_DAY - 1));
	assert_int_equal(visit_find(rig.core, id, &gone), ERR_OK);
	rig_run(&rig, wall_plus(now, 35 * MS_PER_DAY));
	assert_int_equal(visit_find(rig.core, id, &gone), ERR_NOT_FOUND);
	while (visit_dirty(rig.core, &blob))
		buried = buried || (!blob.length && !strcmp(blob.id, id));
	assert_true(buried);
	rig_close(&rig);
}

/* refused: a row that cannot be read; what it is about is free for a row that can. */
static void refused(struct visit_core *core, struct visit_blob *blob)
{
	size_t length = blob->length;
	unsigned char version = blob->blob[0];
	uint32_t live = visit_live_count(core);

	for (blob->length = 0; blob->length < length; blob->length++)
		assert_int_equal(visit_restore(core, blob), ERR_CORRUPT);
	blob->blob[0] = 99;
	assert_int_equal(visit_restore(core, blob), ERR_VERSION);
	blob->blob[0] = version;
	assert_int_equal(visit_live_count(core), live);
}

static void a_row_that_cannot_be_read_leaves_nothing_behind(void **state)
{
	static struct visit_blob blob;
	struct rig rig, copy;
	struct errand found;
	struct wall now = agreed(&rig);
	unsigned homes = 0, jobs = 0;

	(void)state;
	(void)now;
	rig_open(&copy);
	while (visit_dirty(rig.core, &blob)) {
		refused(copy.core, &blob);
		assert_int_equal(visit_find(copy.core, rig.visit.id, &found), ERR_NOT_FOUND);
		homes += blob.row == VISIT_ROW_HOME;
		jobs += blob.row == VISIT_ROW_ERRAND;
		assert_int_equal(visit_restore(copy.core, &blob), ERR_OK);
	}
	assert_true(homes > 0 && jobs == 1);
	assert_int_equal(visit_find(copy.core, rig.visit.id, &found), ERR_OK);
	assert_string_equal(found.assignee, "v-1");
	assert_int_equal(visit_live_count(copy.core), 1);
	visit_unrestore(copy.core, rig.visit.id);
	visit_unrestore(copy.core, rig.visit.id);
	assert_int_equal(visit_find(copy.core, rig.visit.id, &found), ERR_NOT_FOUND);
	assert_int_equal(visit_live_count(copy.core), 0);
	assert_false(visit_dirty(copy.core, &blob)); /* the store keeps its row */
	rig_close(&copy);
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
		cmocka_unit_test(a_service_given_to_a_companion_is_not_the_providers_any_more),
		cmocka_unit_test(a_home_that_is_away_is_not_visited),
		cmocka_unit_test(each_bar_keeps_somebody_off),
		cmocka_unit_test(each_part_of_the_cost_decides_between_two_who_are_else_alike),
		cmocka_unit_test(nobody_gets_more_visits_than_they_offered),
		cmocka_unit_test(a_day_is_walked_in_a_short_order),
		cmocka_unit_test(findings_become_tasks_with_owner_and_date),
		cmocka_unit_test(overdue_tasks_climb_to_captain_and_desk_and_stay_until_done),
		cmocka_unit_test(answers_that_do_not_fit_the_checklist_are_named),
		cmocka_unit_test(a_service_goes_from_provider_to_provider_then_to_the_team),
		cmocka_unit_test(a_request_that_cannot_be_is_refused_with_the_reason),
		cmocka_unit_test(what_is_over_is_forgotten_after_a_while),
		cmocka_unit_test(a_row_that_cannot_be_read_leaves_nothing_behind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
