/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "dispatcher/duty/duty.h"

static struct zone *zone;
static struct duty *duty;

static int set_up(void **state)
{
	struct duty_config config = {.day_from_min = 7 * 60,
		.night_from_min = 19 * 60,
		.accept_life_s = 60,
		.accept_alarm_s = 120,
		.accept_attention_s = 600,
		.arrive_s = 1200,
		.desk = "the-desk"};

	(void)state;
	assert_int_equal(zone_load("Asia/Shanghai", &zone, NULL), ERR_OK);
	config.zone = zone;
	assert_int_equal(duty_create(&config, &duty, NULL), ERR_OK);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	duty_destroy(duty);
	zone_destroy(zone);
	return 0;
}

static struct wall at(const char *local)
{
	char text[40];
	struct wall t;

	snprintf(text, sizeof text, "%s+08:00", local);
	assert_int_equal(wall_parse(text, strlen(text), &t), ERR_OK);
	return t;
}

static struct entry entry(enum entry_kind kind, const char *key)
{
	struct entry e = {.kind = kind, .seq = 1};

	text_cut(e.key, sizeof e.key, key);
	return e;
}

static void give(const struct entry *e)
{
	assert_int_equal(duty_entry(duty, e), ERR_OK);
}

static void give_team(const char *team, const char *captain, const char *desk, const char *number)
{
	struct entry e = entry(ENTRY_TEAM, team);

	text_cut(e.body.team.community, ID_BYTES, "c-1");
	text_cut(e.body.team.captain, ID_BYTES, captain);
	text_cut(e.body.team.desk, ID_BYTES, desk);
	text_cut(e.body.team.number, PHONE_BYTES, number);
	give(&e);
}

static void give_person(
	const char *user, const char *team, const char *phone, bool day, bool night, uint8_t weekdays, uint8_t order)
{
	struct entry e = entry(ENTRY_VOLUNTEER, user);

	text_cut(e.body.volunteer.team, ID_BYTES, team);
	text_cut(e.body.volunteer.phone, PHONE_BYTES, phone);
	e.body.volunteer.day = day;
	e.body.volunteer.night = night;
	e.body.volunteer.weekdays = weekdays;
	e.body.volunteer.order = order;
	give(&e);
}

static void give_tombstone(enum entry_kind kind, const char *key)
{
	struct entry e = entry(kind, key);

	e.deleted = true;
	give(&e);
}

/* on_duty compares who is on duty with "a b c". */
static void assert_on_duty(const char *team, const char *local, const char *expected)
{
	struct duty_people people;
	char got[400] = "";
	int length = 0;

	duty_people_at(duty, team, at(local), &people);
	for (unsigned i = 0; i < people.count; i++)
		length += snprintf(got + length, sizeof got - (size_t)length, "%s%s", i ? " " : "", people.users[i]);
	assert_string_equal(got, expected);
}

static void shift_changes_at_seven_and_nineteen_to_the_millisecond(void **state)
{
	(void)state;
	give_team("t-1", "", "", "");
	give_person("d", "t-1", "", true, false, 127, 1);
	give_person("n", "t-1", "", false, true, 127, 1);
	assert_on_duty("t-1", "2026-03-02T06:59:59.999", "n");
	assert_on_duty("t-1", "2026-03-02T07:00:00.000", "d");
	assert_on_duty("t-1", "2026-03-02T18:59:59.999", "d");
	assert_on_duty("t-1", "2026-03-02T19:00:00.000", "n");
	assert_on_duty("t-1", "2026-03-03T00:00:00.000", "n");
}

static void shift_has_its_bounds_and_the_weekday_on_which_it_began(void **state)
{
	struct duty_shift shift = duty_shift_at(duty, at("2026-03-03T02:00:00")); /* Tuesday */

	(void)state;
	assert_true(shift.night);
	assert_int_equal(shift.from.ms, at("2026-03-02T19:00:00").ms);
	assert_int_equal(shift.until.ms, at("2026-03-03T07:00:00").ms);
	assert_int_equal(shift.weekday, 0);
	shift = duty_shift_at(duty, shift.until);
	assert_false(shift.night);
	assert_int_equal(shift.weekday, 1);
	assert_int_equal(shift.until.ms, at("2026-03-03T19:00:00").ms);
}

static void sunday_night_volunteer_serves_until_monday_morning(void **state)
{
	(void)state;
	give_person("n", "t-1", "", false, true, 1 << 6, 1);
	assert_on_duty("t-1", "2026-03-08T18:59:00", "");
	assert_on_duty("t-1", "2026-03-08T19:00:00", "n");
	assert_on_duty("t-1", "2026-03-09T06:59:00", "n");
	assert_on_duty("t-1", "2026-03-09T20:00:00", "");
}

static void volunteers_are_asked_in_their_order_then_by_name(void **state)
{
	(void)state;
	give_person("c", "t-1", "", true, true, 127, 2);
	give_person("b", "t-1", "", true, true, 127, 2);
	give_person("z", "t-1", "", true, true, 127, 1);
	give_person("other", "t-2", "", true, true, 127, 0);
	assert_on_duty("t-1", "2026-03-02T12:00:00", "z b c");
	give_person("c", "t-1", "", true, true, 127, 0);
	assert_on_duty("t-1", "2026-03-02T12:00:00", "c z b");
	give_person("z", "t-2", "", true, true, 127, 9);
	assert_on_duty("t-1", "2026-03-02T12:00:00", "c b");
	assert_on_duty("t-2", "2026-03-02T12:00:00", "other z");
	give_tombstone(ENTRY_VOLUNTEER, "c");
	assert_on_duty("t-1", "2026-03-02T12:00:00", "b");
}

static void captain_and_desk_come_from_the_team_or_the_settings(void **state)
{
	struct duty_people people;

	(void)state;
	give_team("t-1", "cap", "", "");
	duty_people_at(duty, "t-1", at("2026-03-02T12:00:00"), &people);
	assert_string_equal(people.captain, "cap");
	assert_string_equal(people.desk, "the-desk");
	give_team("t-1", "cap", "d-1", "");
	duty_people_at(duty, "t-1", at("2026-03-02T12:00:00"), &people);
	assert_string_equal(people.desk, "d-1");
	assert_true(duty_is_desk(duty, "t-1", "d-1"));
	assert_false(duty_is_desk(duty, "t-1", "the-desk"));
	give_tombstone(ENTRY_TEAM, "t-1");
	duty_people_at(duty, "t-1", at("2026-03-02T12:00:00"), &people);
	assert_string_equal(people.captain, "");
	assert_string_equal(people.desk, "the-desk");
	assert_int_equal(people.count, 0);
}

static void volunteer_at_the_desk_speaks_for_the_own_team_only(void **state)
{
	struct entry e = entry(ENTRY_VOLUNTEER, "d-2");

	(void)state;
	text_cut(e.body.volunteer.team, ID_BYTES, "t-1");
	e.body.volunteer.desk = true;
	give(&e);
	assert_true(duty_is_desk(duty, "t-1", "d-2"));
	assert_false(duty_is_desk(duty, "t-2", "d-2"));
}

static void people_beyond_the_bound_are_not_asked(void **state)
{
	struct duty_people people;
	char user[ID_BYTES];

	(void)state;
	for (int i = 0; i < DUTY_PEOPLE_MAX + 1; i++) {
		snprintf(user, sizeof user, "v-%03d", i);
		give_person(user, "t-1", "", true, true, 127, 100);
	}
	duty_people_at(duty, "t-1", at("2026-03-02T12:00:00"), &people);
	assert_int_equal(people.count, DUTY_PEOPLE_MAX);
	assert_string_equal(people.users[DUTY_PEOPLE_MAX - 1], "v-063");
}

static void household_has_its_policy_or_the_settings(void **state)
{
	struct entry home = entry(ENTRY_HOUSEHOLD, "h-1"), policy = entry(ENTRY_POLICY, "calm");
	struct duty_home got = duty_home_of(duty, "h-1");

	(void)state;
	assert_false(got.known);
	assert_int_equal(got.accept_s[ALERT_LIFE], 60);
	text_cut(home.body.household.community, ID_BYTES, "c-1");
	text_cut(home.body.household.team, ID_BYTES, "t-1");
	text_cut(home.body.household.policy, ID_BYTES, "calm");
	home.body.household.canary = true;
	give(&home);
	got = duty_home_of(duty, "h-1");
	assert_true(got.known && got.canary && !got.attention_pages);
	assert_int_equal(got.arrive_s, 1200);
	policy.body.policy.accept_life_s = 30;
	policy.body.policy.accept_alarm_s = 90;
	policy.body.policy.accept_attention_s = 300;
	policy.body.policy.arrive_s = 900;
	policy.body.policy.attention_pages = true;
	give(&policy);
	got = duty_home_of(duty, "h-1");
	assert_int_equal(got.accept_s[ALERT_LIFE], 30);
	assert_int_equal(got.accept_s[ALERT_ALARM], 90);
	assert_int_equal(got.accept_s[ALERT_ATTENTION], 300);
	assert_int_equal(got.arrive_s, 900);
	assert_true(got.attention_pages);
	assert_string_equal(got.team, "t-1");
	give_tombstone(ENTRY_POLICY, "calm");
	assert_int_equal(duty_home_of(duty, "h-1").accept_s[ALERT_LIFE], 60);
	give_tombstone(ENTRY_HOUSEHOLD, "h-1");
	assert_false(duty_home_of(duty, "h-1").known);
}

static void number_of_the_one_key_falls_back_to_team_and_captain(void **state)
{
	struct oncall oncall;
	struct wall noon = at("2026-03-02T12:00:00");

	(void)state;
	assert_int_equal(duty_oncall(duty, "t-1", noon, &oncall), ERR_NOT_FOUND);
	give_person("cap", "t-1", "300", false, false, 127, 1);
	assert_int_equal(duty_oncall(duty, "t-1", noon, &oncall), ERR_NOT_FOUND);
	give_team("t-1", "cap", "", "");
	assert_int_equal(duty_oncall(duty, "t-1", noon, &oncall), ERR_OK);
	assert_string_equal(oncall.number, "300");
	assert_int_equal(oncall.user_count, 0);
	give_team("t-1", "cap", "", "200");
	assert_int_equal(duty_oncall(duty, "t-1", noon, &oncall), ERR_OK);
	assert_string_equal(oncall.number, "200");
	give_person("v-1", "t-1", "", true, false, 127, 1);
	give_person("v-2", "t-1", "100", true, false, 127, 2);
	assert_int_equal(duty_oncall(duty, "t-1", noon, &oncall), ERR_OK);
	assert_string_equal(oncall.number, "100");
	assert_int_equal(oncall.user_count, 2);
	assert_string_equal(oncall.users[0], "v-1");
	assert_int_equal(oncall.shift, ONCALL_DAY);
	assert_int_equal(oncall.until.ms, at("2026-03-02T19:00:00").ms);
}

static void a_roster_goes_before_what_people_offer_and_ends_where_it_ends(void **state)
{
	struct book_duty duties[] = {
		{.from = at("2026-11-23T07:00:00"), .until = at("2026-11-23T13:00:00"), .place = 1},
		{.from = at("2026-11-23T07:00:00"), .until = at("2026-11-23T13:00:00"), .place = 0},
		{.from = at("2026-11-23T07:00:00"), .until = at("2026-11-23T13:00:00"), .place = 2}};
	struct oncall oncall;
	unsigned bad;

	(void)state;
	text_cut(duties[0].user, ID_BYTES, "v-1");
	text_cut(duties[1].user, ID_BYTES, "v-3");
	text_cut(duties[2].user, ID_BYTES, "v-gone");
	give_team("t-1", "cap", "", "");
	give_person("v-1", "t-1", "1001", true, true, 127, 0);
	give_person("v-2", "t-1", "1002", true, true, 127, 1);
	give_person("v-3", "t-1", "1003", false, false, 0, 2);
	assert_int_equal(book_put(duty_book(duty), "t-1", duties, 3, at("2026-11-23T00:00:00"), &bad), ERR_OK);
	assert_on_duty("t-1", "2026-11-23T06:59:59", "v-1 v-2");
	assert_on_duty("t-1", "2026-11-23T07:00:00", "v-3 v-1"); /* who is not in the directory cannot be asked */
	assert_on_duty("t-1", "2026-11-23T13:00:00", "v-1 v-2");
	assert_int_equal(duty_oncall(duty, "t-1", at("2026-11-23T08:00:00"), &oncall), ERR_OK);
	assert_string_equal(oncall.number, "1003");
	assert_int_equal(oncall.until.ms, at("2026-11-23T13:00:00").ms);
	assert_int_equal(duty_edge(duty, at("2026-11-23T08:00:00")).ms, at("2026-11-23T13:00:00").ms);
	assert_int_equal(duty_edge(duty, at("2026-11-23T13:00:00")).ms, at("2026-11-23T19:00:00").ms);
	assert_true(duty_serves(duty, "t-1", "v-2"));
	assert_false(duty_serves(duty, "t-2", "v-2"));
	assert_false(duty_serves(duty, "t-1", "v-gone"));
}

static void teams_are_walked_once_each_and_only_named_ones(void **state)
{
	char team[ID_BYTES] = "";

	(void)state;
	give_team("t-2", "", "", "");
	give_team("t-1", "", "", "");
	give_person("v-1", "t-0", "", true, true, 127, 1);
	assert_true(duty_next_team(duty, team));
	assert_string_equal(team, "t-2");
	assert_true(duty_next_team(duty, team));
	assert_string_equal(team, "t-1");
	assert_false(duty_next_team(duty, team));
}

static void household(const char *id)
{
	struct entry e = entry(ENTRY_HOUSEHOLD, id);

	text_cut(e.body.household.community, ID_BYTES, "c-1");
	text_cut(e.body.household.team, ID_BYTES, "t-1");
	give(&e);
}

static void key_is_set_to_the_teams_number_or_whoever_is_on_duty(void **state)
{
	struct wall noon = at("2026-03-02T12:00:00"), night = at("2026-03-02T23:00:00");
	struct oncall oncall;

	(void)state;
	give_team("t-1", "cap", "", "");
	give_person("v-1", "t-1", "111", true, false, 127, 1);
	give_person("v-2", "t-1", "222", false, true, 127, 1);
	assert_string_equal(duty_key_number(duty, "t-1", noon, &oncall), "111");
	assert_string_equal(duty_key_number(duty, "t-1", night, &oncall), "222");
	give_team("t-1", "cap", "", "900"); /* an exchange that forwards: no key has to be set anew at a shift */
	assert_string_equal(duty_key_number(duty, "t-1", noon, &oncall), "900");
	assert_string_equal(duty_key_number(duty, "t-1", night, &oncall), "900");
	assert_string_equal(duty_key_number(duty, "t-9", noon, &oncall), "");
}

static void homes_are_walked_in_order_whoever_comes_or_goes(void **state)
{
	char home[ID_BYTES] = "";

	(void)state;
	assert_false(duty_next_home(duty, home));
	household("h-3");
	household("h-1");
	assert_true(duty_next_home(duty, home));
	assert_string_equal(home, "h-1");
	household("h-2");
	assert_true(duty_next_home(duty, home));
	assert_string_equal(home, "h-2");
	give_tombstone(ENTRY_HOUSEHOLD, "h-2");
	assert_true(duty_next_home(duty, home));
	assert_string_equal(home, "h-3");
	assert_false(duty_next_home(duty, home));
}

static void circle_of_a_household_is_known_until_it_goes(void **state)
{
	struct entry e = entry(ENTRY_CIRCLE, "h-1");

	(void)state;
	e.body.circle = (struct circle){.count = {1}, .users = {{"fam-1"}}};
	give(&e);
	assert_int_equal(duty_circle_of(duty, "h-1")->count[CIRCLE_CONTACTS], 1);
	assert_true(duty_knows(duty, "t-1", "h-1", "fam-1"));
	assert_false(duty_knows(duty, "t-1", "h-2", "fam-1"));
	give_tombstone(ENTRY_CIRCLE, "h-1");
	assert_int_equal(duty_circle_of(duty, "h-1")->count[CIRCLE_CONTACTS], 0);
}

static void volunteers_and_captains_are_told_from_who_serves_at_the_desk(void **state)
{
	struct entry e = entry(ENTRY_VOLUNTEER, "v-9");

	(void)state;
	give_team("t-1", "cap", "their-desk", "");
	give_team("t-2", "v-8", "v-7", "");
	text_cut(e.body.volunteer.team, ID_BYTES, "t-1");
	give(&e);
	for (const char *const *user = (const char *const[]){"v-9", "cap", "v-8", NULL}; *user; user++)
		assert_true(duty_is_volunteer(duty, *user));
	for (const char *const *user = (const char *const[]){"the-desk", "their-desk", "v-7", "nobody", "", NULL};
		*user; user++)
		assert_false(duty_is_volunteer(duty, *user));
	e.body.volunteer.desk = true;
	give(&e);
	assert_false(duty_is_volunteer(duty, "v-9"));
	e.body.volunteer.desk = false;
	give(&e);
	give_team("t-2", "", "v-9", "");
	assert_false(duty_is_volunteer(duty, "v-9"));
	assert_false(duty_is_volunteer(duty, "v-8"));
	give_tombstone(ENTRY_VOLUNTEER, "v-9");
	give_team("t-2", "", "", "");
	assert_false(duty_is_volunteer(duty, "v-9"));
	assert_false(duty_is_volunteer(duty, ""));
}

/* v-2 is always away, v-1 from a time until another. */
static struct wall away_from, away_until;

static bool is_absent(const void *context, const char *user, struct wall when)
{
	assert_ptr_equal(context, &away_from);
	return !strcmp(user, "v-2") || (!strcmp(user, "v-1") && when.ms >= away_from.ms && when.ms < away_until.ms);
}

static struct wall next_edge(const void *context, struct wall after)
{
	(void)context;
	return after.ms < away_from.ms ? away_from : after.ms < away_until.ms ? away_until : WALL_NEVER;
}

static void who_is_absent_does_not_answer_and_a_shift_of_the_absent_is_a_gap(void **state)
{
	struct duty_config config = {.zone = zone,
		.day_from_min = 7 * 60,
		.night_from_min = 19 * 60,
		.ahead_ms = MS_PER_DAY,
		.desk = "the-desk",
		.absent = is_absent,
		.absence_edge = next_edge,
		.context = &away_from};
	struct oncall oncall;

	(void)state;
	give_team("t-1", "cap", "", "");
	give_person("v-1", "t-1", "1001", true, false, 127, 1);
	give_person("v-2", "t-1", "1002", true, false, 127, 2);
	give_person("v-3", "t-1", "1003", true, true, 127, 3);
	away_from = at("2026-03-02T09:00:00");
	away_until = at("2026-03-02T12:00:00");
	assert_on_duty("t-1", "2026-03-02T10:00:00", "v-1 v-2 v-3"); /* nobody is known to be */
	duty_configure(duty, &config);
	assert_on_duty("t-1", "2026-03-02T08:59:59", "v-1 v-3");
	assert_on_duty("t-1", "2026-03-02T09:00:00", "v-3");
	assert_on_duty("t-1", "2026-03-02T12:00:00", "v-1 v-3");
	assert_int_equal(duty_absence_edge(duty, at("2026-03-02T08:00:00")).ms, away_from.ms);
	assert_int_equal(duty_absence_edge(duty, away_from).ms, away_until.ms);
	assert_int_equal(duty_edge(duty, at("2026-03-02T08:00:00")).ms, at("2026-03-02T19:00:00").ms); /* no shift */
	assert_int_equal(duty_oncall(duty, "t-1", at("2026-03-02T10:00:00"), &oncall), ERR_OK);
	assert_string_equal(oncall.number, "1003"); /* the "1" key rings at none of the absent */
	assert_int_equal(oncall.gap_count, 0);
	give_tombstone(ENTRY_VOLUNTEER, "v-3");
	away_until = at("2026-03-05T00:00:00");
	assert_int_equal(duty_oncall(duty, "t-1", at("2026-03-02T08:00:00"), &oncall), ERR_OK);
	assert_int_equal(oncall.gap_count, 2); /* the night, and the day on which v-1 is absent */
	assert_int_equal(oncall.gaps[1].from.ms, at("2026-03-03T07:00:00").ms);
}

#define WITH_DUTY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DUTY(shift_changes_at_seven_and_nineteen_to_the_millisecond),
		WITH_DUTY(shift_has_its_bounds_and_the_weekday_on_which_it_began),
		WITH_DUTY(sunday_night_volunteer_serves_until_monday_morning),
		WITH_DUTY(volunteers_are_asked_in_their_order_then_by_name),
		WITH_DUTY(captain_and_desk_come_from_the_team_or_the_settings),
		WITH_DUTY(volunteer_at_the_desk_speaks_for_the_own_team_only),
		WITH_DUTY(people_beyond_the_bound_are_not_asked),
		WITH_DUTY(household_has_its_policy_or_the_settings),
		WITH_DUTY(number_of_the_one_key_falls_back_to_team_and_captain),
		WITH_DUTY(a_roster_goes_before_what_people_offer_and_ends_where_it_ends),
		WITH_DUTY(teams_are_walked_once_each_and_only_named_ones),
		WITH_DUTY(key_is_set_to_the_teams_number_or_whoever_is_on_duty),
		WITH_DUTY(homes_are_walked_in_order_whoever_comes_or_goes),
		WITH_DUTY(volunteers_and_captains_are_told_from_who_serves_at_the_desk),
		WITH_DUTY(circle_of_a_household_is_known_until_it_goes),
		WITH_DUTY(who_is_absent_does_not_answer_and_a_shift_of_the_absent_is_a_gap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
