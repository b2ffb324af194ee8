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

#define MANY (VISIT_READERS_MAX * 2 + 1)

static struct rig rig;
static struct duty_notice notice;

static int set_up(void **state)
{
	(void)state;
	rig_open(&rig);
	rig_tick(&rig, rig_at("2026-03-02T06:00:00"));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	rig_close(&rig);
	return 0;
}

static const char *numbered(const char *what, unsigned number)
{
	static char name[4][ID_BYTES];
	static unsigned at;

	at = (at + 1) % 4;
	snprintf(name[at], ID_BYTES, "%s-%02u", what, number);
	return name[at];
}

/* give has somebody agree to visit a home on 2 March. */
static void give(const char *user, const char *household, const char *from, const char *until)
{
	struct visit_request request = {.from = rig_at(from), .until = rig_at(until)};
	struct visit_reply reply;

	text_cut(request.household, ID_BYTES, household);
	text_cut(request.what, WORD_BYTES, VISIT_CHAT);
	text_cut(request.user, ID_BYTES, "desk");
	rig_ask(&rig, &request, rig.now);
	assert_int_equal(rig.verdict, VISIT_TAKEN);
	reply = rig_words("desk", VISIT_ACCEPT, rig.id, rig.now);
	text_cut(reply.to, ID_BYTES, user);
	reply.from = request.from;
	reply.until = request.until;
	rig_reply(&rig, &reply, true, rig.now);
	assert_string_equal(rig.fault, "");
	assert_int_equal(rig.visit.state, ERRAND_AGREED);
}

/* put has v-1 visit h-1 in the morning and h-2 and h-3 in the afternoon, of which h-3 lies nearer to h-1. */
static void put(void)
{
	rig_person(&rig, "v-1", 0, 7, rig.now);
	rig_person(&rig, "v-2", 0, 7, rig.now);
	rig_home(&rig, "h-1", 1, 0, rig.now);
	rig_home(&rig, "h-2", 3, 0, rig.now);
	rig_home(&rig, "h-3", 2, 0, rig.now);
	give("v-1", "h-2", "2026-03-02T14:00:00", "2026-03-02T17:00:00");
	give("v-1", "h-3", "2026-03-02T14:00:00", "2026-03-02T17:00:00");
	give("v-1", "h-1", "2026-03-02T09:00:00", "2026-03-02T12:00:00");
}

static void who_has_stops_is_told_them_in_the_order_to_walk_and_nobody_else(void **state)
{
	(void)state;
	put();
	rig_run(&rig, rig_at("2026-03-02T06:59:59"));
	assert_string_equal(rig.told, "");
	rig_run(&rig, rig_at("2026-03-02T07:00:00"));
	assert_string_equal(rig.told, "v-1");
	assert_true(visit_day_notice(rig.core, "v-1", rig.now, &notice));
	assert_int_equal(notice.kind, NOTICE_VISITS);
	assert_string_equal(notice.user, "v-1");
	assert_string_equal(notice.team, "t-1");
	assert_string_equal(notice.matter, "visits-20260302");
	assert_true(text_is_id(notice.id));
	assert_false(notice.answer);
	assert_string_equal(notice.text_zh, "今天（3月2日）上门 3 处，按此顺序：1. 住户 h-1 09:00–12:00；"
					    "2. 住户 h-3 14:00–17:00；3. 住户 h-2 14:00–17:00。");
	assert_string_equal(notice.text_en, "Today (03-02) you visit 3, in this order: 1. home h-1 09:00-12:00; "
					    "2. home h-3 14:00-17:00; 3. home h-2 14:00-17:00.");
	assert_false(visit_day_notice(rig.core, "v-2", rig.now, &notice));
	assert_int_equal(visit_tally(rig.core, VISIT_PLANS_TOLD), 1);
	rig_run(&rig, rig_at("2026-03-02T08:59:59"));
	assert_string_equal(rig.told, "");
}

static void what_is_agreed_or_moved_after_the_morning_is_not_told_as_a_day_again(void **state)
{
	(void)state;
	put();
	rig_run(&rig, rig_at("2026-03-02T07:30:00"));
	assert_string_equal(rig.told, "v-1");
	rig_home(&rig, "h-4", 1, 0, rig.now);
	give("v-1", "h-4", "2026-03-02T18:00:00", "2026-03-02T20:00:00");
	struct visit_reply other = rig_words("desk", VISIT_ACCEPT, rig.id, rig.now);
	text_cut(other.to, ID_BYTES, "v-2"); /* who has none until now */
	rig_reply(&rig, &other, true, rig.now);
	assert_string_equal(rig.visit.assignee, "v-2");
	assert_string_equal(rig.trace, "visit.moved:desk>v-1>v-2"); /* which tells both */
	rig_run(&rig, rig_at("2026-03-02T08:59:59"));
	assert_string_equal(rig.told, "");
}

static void each_day_has_its_own_notice(void **state)
{
	char first[ID_BYTES];

	(void)state;
	put();
	rig_home(&rig, "h-4", 1, 0, rig.now);
	give("v-1", "h-4", "2026-03-03T14:00:00", "2026-03-03T17:00:00");
	rig_run(&rig, rig_at("2026-03-02T07:00:00"));
	assert_string_equal(rig.told, "v-1");
	assert_true(visit_day_notice(rig.core, "v-1", rig.now, &notice));
	text_cut(first, sizeof first, notice.id);
	assert_true(visit_day_notice(rig.core, "v-1", rig_at("2026-03-02T09:00:00"), &notice));
	assert_string_equal(notice.id, first); /* said again it is the same */
	rig_run(&rig, rig_at("2026-03-03T07:00:00"));
	assert_string_equal(rig.told, "v-1");
	assert_true(visit_day_notice(rig.core, "v-1", rig.now, &notice));
	assert_string_not_equal(notice.id, first);
	assert_non_null(strstr(notice.text_zh, "1. 住户 h-4 "));
}

static void after_an_outage_what_is_still_to_be_walked_is_told_and_yesterday_is_not(void **state)
{
	(void)state;
	put();
	rig_tick(&rig, rig_at("2026-03-02T13:00:00")); /* h-1 has been missed */
	assert_string_equal(rig.told, "v-1");
	assert_true(visit_day_notice(rig.core, "v-1", rig.now, &notice));
	assert_non_null(strstr(notice.text_en, "you visit 2, in this order: 1. home h-3 "));
	rig_close(&rig);
	rig_open(&rig);
	rig_tick(&rig, rig_at("2026-03-02T06:00:00"));
	put();
	rig_tick(&rig, rig_at("2026-03-03T13:00:00"));
	assert_string_equal(rig.told, "");
}

static void the_rules_say_when_and_whether(void **state)
{
	(void)state;
	put();
	rig.rules.day_plan_min = VISIT_DAY_PLAN_OFF;
	rig_run(&rig, rig_at("2026-03-02T08:00:00"));
	assert_string_equal(rig.told, "");
	rig.rules.day_plan_min = 8 * 60 + 30;
	rig_run(&rig, rig_at("2026-03-02T08:29:59"));
	assert_string_equal(rig.told, "");
	rig_run(&rig, rig_at("2026-03-02T08:30:00"));
	assert_string_equal(rig.told, "v-1");
	rig.rules.day_plan_min = 10 * 60; /* today it is told already */
	rig_run(&rig, rig_at("2026-03-02T11:00:00"));
	assert_string_equal(rig.told, "");
}

static void a_step_of_the_clock_tells_nothing_twice_and_a_wrong_year_silences_nobody(void **state)
{
	(void)state;
	rig.rules.day_plan_min = 0;
	put();
	rig_tick(&rig, rig_at("2026-03-02T06:00:01"));
	assert_string_equal(rig.told, "v-1");
	rig_tick(&rig, rig_at("2026-03-03T00:00:00"));
	rig_tick(&rig, rig_at("2026-03-02T23:59:59"));
	rig_tick(&rig, rig_at("2026-03-03T00:00:00"));
	assert_string_equal(rig.told, "");
	rig_tick(&rig, rig_at("2031-01-01T00:00:00"));
	rig_tick(&rig, rig_at("2026-03-03T00:00:01"));
	rig_home(&rig, "h-4", 1, 0, rig.now);
	give("v-2", "h-4", "2026-03-04T14:00:00", "2026-03-04T17:00:00");
	rig_run(&rig, rig_at("2026-03-04T00:00:00"));
	assert_string_equal(rig.told, "v-2");
}

/* teach gives many people a stop each. */
static void teach(struct rig *one, struct wall now)
{
	for (unsigned i = 0; i < MANY; i++) {
		rig_person(one, numbered("v", i), 0, 7, now);
		rig_home(one, numbered("h", i), 1, 0, now);
	}
}

static void a_restart_between_two_people_tells_each_of_them_once(void **state)
{
	static struct visit_effects out;
	struct wall now = rig_at("2026-03-02T07:00:00");
	struct rig copy;

	(void)state;
	teach(&rig, rig.now);
	for (unsigned i = 0; i < MANY; i++)
		give(numbered("v", MANY - 1 - i), numbered("h", i), "2026-03-02T14:00:00", "2026-03-02T17:00:00");
	assert_int_equal(visit_due(rig.core).ms, now.ms);
	assert_int_equal(visit_tick(rig.core, now, &out), ERR_OK);
	assert_int_equal(out.reader_count, VISIT_READERS_MAX);
	for (unsigned i = 0; i < out.reader_count; i++)
		assert_string_equal(out.readers[i], numbered("v", i));
	assert_true(visit_due(rig.core).ms <= now.ms); /* more are to be told */
	rig_copy(&rig, &copy, teach, now);
	rig_tick(&copy, now);
	assert_string_equal(copy.told, "v-08 v-09 v-10 v-11 v-12 v-13 v-14 v-15 v-16");
	assert_true(visit_due(copy.core).ms > now.ms);
	rig_tick(&copy, rig_at("2026-03-02T08:00:00"));
	assert_string_equal(copy.told, "");
	rig_close(&copy);
}

static void a_damaged_row_is_refused(void **state)
{
	static struct visit_blob blob, cut;
	bool found = false;

	(void)state;
	put();
	rig_run(&rig, rig_at("2026-03-02T07:00:00"));
	while (visit_dirty(rig.core, &cut))
		if (cut.row == VISIT_ROW_MORNING) {
			blob = cut;
			found = true;
		}
	assert_true(found);
	assert_int_equal(visit_restore(rig.core, &blob), ERR_OK);
	for (size_t length = 0; length < blob.length; length++) {
		cut = blob;
		cut.length = length;
		assert_int_equal(visit_restore(rig.core, &cut), ERR_CORRUPT);
	}
	cut = blob;
	cut.blob[0]++;
	assert_int_equal(visit_restore(rig.core, &cut), ERR_VERSION);
	cut = blob;
	cut.row = VISIT_ROW_COUNT;
	assert_int_equal(visit_restore(rig.core, &cut), ERR_CORRUPT);
}

static void what_there_is_no_room_for_is_said_to_be_left_out(void **state)
{
	(void)state;
	rig_person(&rig, "v-1", 0, 7, rig.now);
	for (unsigned i = 0; i < 32; i++) {
		char household[ID_BYTES];
		snprintf(household, sizeof household, "household-%050u", i);
		rig_home(&rig, household, i, 0, rig.now);
		give("v-1", household, "2026-03-02T14:00:00", "2026-03-02T17:00:00");
	}
	assert_true(visit_day_notice(rig.core, "v-1", rig.now, &notice));
	assert_non_null(strstr(notice.text_zh, "上门 32 处"));
	assert_non_null(strstr(notice.text_zh, "–17:00；……"));
	assert_non_null(strstr(notice.text_en, "-17:00; ..."));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_has_stops_is_told_them_in_the_order_to_walk_and_nobody_else),
		TEST(what_is_agreed_or_moved_after_the_morning_is_not_told_as_a_day_again),
		TEST(each_day_has_its_own_notice),
		TEST(after_an_outage_what_is_still_to_be_walked_is_told_and_yesterday_is_not),
		TEST(the_rules_say_when_and_whether),
		TEST(a_step_of_the_clock_tells_nothing_twice_and_a_wrong_year_silences_nobody),
		TEST(a_restart_between_two_people_tells_each_of_them_once),
		TEST(a_damaged_row_is_refused),
		TEST(what_there_is_no_room_for_is_said_to_be_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
