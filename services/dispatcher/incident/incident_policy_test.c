/* SPDX-License-Identifier: MIT
 *
 * Ladders of the policies: family, neighbours, keys.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "incident_rig.h"

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
	tick(239);
	TRACE("");
	tick(240); /* neighbours were asked once */
	TRACE("+desk +v-1 +v-2 escalated:desk");
}

static const char *away_from_here;

static bool is_away(const void *context, const char *user, struct wall at)
{
	(void)context;
	(void)at;
	return !strcmp(user, away_from_here) || !strcmp(user, "cap");
}

static void who_is_absent_is_not_asked_and_the_family_is(void **state)
{
	(void)state;
	w.config.duty.absent = is_away;
	away_from_here = "near-1";
	world_circle(&w, "h-1", &around, t0);
	world_policies(&w, &(struct policy_ladder){.name = "near",
				   .rung_count = 3,
				   .rungs = {{RUNG_NEIGHBOUR, 60}, {RUNG_CAPTAIN, 60}, {RUNG_CONTACT, 60}},
				   .at_once = 1,
				   .second = true});
	feed("a-1", "h-1", ALERT_LIFE, 0);
	TRACE("raised +near-2 paged:near-2");
	tick(60);
	TRACE("timed_out:near-2 +fam-1 paged:fam-1"); /* neither the captain */
	away_from_here = "v-1";
	says("fam-1", REPLY_ACCEPT, 70); /* a second one is sought */
	TRACE("accepted:fam-1 -near-2 +v-2 paged:v-2");
	says("fam-1", REPLY_DONE, 80);
	away_from_here = "fam-1";
	feed("a-2", "h-1", ALERT_LIFE, 100);
	tick(160);
	tick(220);
	TRACE("timed_out:near-2 +fam-1 paged:fam-1");
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

static const struct circle key_on_duty = {.count = {0, 2, 0}, .users = {{""}, {"key-1", "v-3"}, {""}}};

static void door_policy(uint8_t at_once, bool key)
{
	world_circle(&w, "h-1", &key_on_duty, t0);
	world_policies(&w, &(struct policy_ladder){.name = "door",
				   .rung_count = 2,
				   .rungs = {{RUNG_ON_DUTY, 0}, {RUNG_CAPTAIN, 0}},
				   .at_once = at_once,
				   .second = true,
				   .key = key});
}

static void who_is_on_duty_with_a_key_is_asked_beside_the_first(void **state)
{
	(void)state;
	door_policy(2, true);
	feed("a-1", "h-1", ALERT_LIFE, 0);
	TRACE("raised +v-1 paged:v-1 +v-3 paged:v-3"); /* the primary, and of the others the one who can open */
	assert_int_equal(w.page.role, PAGE_BACKUP);
	says("v-3", REPLY_DECLINE, 5);
	TRACE("declined:v-3 +v-2 paged:v-2");
	feed("a-2", "h-2", ALERT_LIFE, 10); /* whose keys nobody has */
	TRACE("raised +v-1 paged:v-1 +v-2 paged:v-2");
}

static void one_at_a_time_who_has_a_key_is_next_after_the_first(void **state)
{
	(void)state;
	door_policy(1, true);
	feed("a-1", "h-1", ALERT_ALARM, 0);
	TRACE("raised +v-1 paged:v-1");
	tick(120);
	TRACE("timed_out:v-1 +v-3 paged:v-3");
	tick(240);
	TRACE("timed_out:v-3 +v-2 paged:v-2");
	tick(360);
	TRACE("timed_out:v-2 +cap paged:cap");
}

static void where_no_door_is_to_be_opened_a_key_moves_nobody_up(void **state)
{
	(void)state;
	door_policy(2, false);
	feed("a-1", "h-1", ALERT_LIFE, 0);
	TRACE("raised +v-1 paged:v-1 +v-2 paged:v-2");
}

static void who_goes_with_a_key_needs_nobody_else_to_bring_one(void **state)
{
	(void)state;
	door_policy(2, true);
	feed("a-1", "h-1", ALERT_LIFE, 0);
	says("v-3", REPLY_ACCEPT, 5);
	TRACE("accepted:v-3 -v-1 +v-1 paged:v-1"); /* the second person; key-1 sleeps on */
	says("v-3", REPLY_DECLINE, 10);
	says("v-1", REPLY_ACCEPT, 15);
	STATE("accepted");
	assert_non_null(strstr(w.trace, "+key-1"));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(family_is_asked_first_where_the_policy_says_so),
		WITH_WORLD(neighbours_are_asked_side_by_side_and_the_desk_is_told_of_120),
		WITH_WORLD(who_is_absent_is_not_asked_and_the_family_is),
		WITH_WORLD(nobody_goes_alone_where_a_door_must_be_opened),
		WITH_WORLD(who_is_on_duty_with_a_key_is_asked_beside_the_first),
		WITH_WORLD(one_at_a_time_who_has_a_key_is_next_after_the_first),
		WITH_WORLD(where_no_door_is_to_be_opened_a_key_moves_nobody_up),
		WITH_WORLD(who_goes_with_a_key_needs_nobody_else_to_bring_one),
		WITH_WORLD(nobody_with_a_key_is_told_to_the_desk),
		WITH_WORLD(attention_waits_on_the_tile_though_the_household_pages),
		WITH_WORLD(incident_is_named_after_the_kind_that_says_most),
		WITH_WORLD(what_was_found_is_kept_with_the_outcome),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
