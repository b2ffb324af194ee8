/* SPDX-License-Identifier: MIT
 *
 * Nobody answers, the desk neither: all who could still go are asked again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "incident_rig.h"

/* left_to_the_desk: a call for help that nobody has answered, with the desk since 120 s. */
static void left_to_the_desk(void)
{
	feed("a-1", "h-1", ALERT_LIFE, 0);
	tick(60);
	tick(120);
	TRACE("timed_out:v-3 timed_out:cap +desk escalated:desk");
}

static void all_who_did_not_say_no_are_asked_again_until_somebody_answers(void **state)
{
	char first[ID_BYTES];

	(void)state;
	left_to_the_desk();
	tick(299);
	TRACE("");
	tick(300);
	TRACE("+desk +v-1 +v-2 +v-3 +cap escalated:desk");
	STATE("escalated");
	assert_false(wall_is_set(w.page.expires)); /* it stands until somebody goes */
	assert_non_null(strstr(w.page.note, "仍无人应答"));
	text_cut(first, sizeof first, w.page.id);
	says("v-2", REPLY_DECLINE, 310);
	TRACE("declined:v-2");
	tick(479);
	TRACE("");
	tick(480);
	TRACE("+desk +v-1 +v-3 +cap escalated:desk");
	assert_string_not_equal(w.page.id, first);
	says("v-3", REPLY_ACCEPT, 490);
	TRACE("accepted:v-3 -v-1 -cap -desk");
	tick(700);
	TRACE("");
}

static void what_was_due_in_an_outage_is_asked_once(void **state)
{
	(void)state;
	left_to_the_desk();
	world_restart(&w, after_s(200));
	tick(299);
	TRACE("");
	tick(2000);
	TRACE("+desk +v-1 +v-2 +v-3 +cap escalated:desk");
	world_restart(&w, after_s(2001));
	tick(2179);
	TRACE("");
	tick(2180);
	TRACE("+desk +v-1 +v-2 +v-3 +cap escalated:desk");
}

static void after_an_hour_it_is_asked_more_rarely_and_never_ends(void **state)
{
	int64_t at = 120;

	(void)state;
	left_to_the_desk();
	for (unsigned i = 0; i < 20; i++) {
		tick(at + 179);
		TRACE("");
		tick(at += 180);
		TRACE("+desk +v-1 +v-2 +v-3 +cap escalated:desk");
		if (i == 10)
			world_restart(&w, after_s(at));
	}
	for (unsigned i = 0; i < 50; i++) {
		tick(at + 1799);
		assert_null(strstr(w.trace, "+"));
		at += 1800;
		tick(at);
		assert_non_null(strstr(w.trace, "+desk"));
	}
	says("desk", REPLY_ACCEPT, at + 1); /* handed back it begins anew, and quickly */
	says("desk", REPLY_DECLINE, at + 2);
	assert_non_null(strstr(w.trace, "declined:desk"));
}

static void who_is_with_another_home_is_left_in_peace(void **state)
{
	(void)state;
	left_to_the_desk();
	feed("a-2", "h-2", ALERT_LIFE, 130);
	says("v-1", REPLY_ACCEPT, 140);
	tick(300);
	assert_non_null(strstr(w.trace, "+desk +v-2 +v-3 +cap escalated:desk"));
	assert_null(strstr(w.trace, "+v-1"));
}

static void a_clock_that_is_set_moves_it_along(void **state)
{
	(void)state;
	left_to_the_desk();
	assert_int_equal(incident_clock_step(w.core, 1000 * MS_PER_SECOND), ERR_OK);
	tick(1299);
	TRACE("");
	tick(1300);
	TRACE("+desk +v-1 +v-2 +v-3 +cap escalated:desk");
}

static void only_a_life_is_asked_about_again_unless_the_policy_says_so(void **state)
{
	(void)state;
	world_entry(&w, &(struct entry){.kind = ENTRY_CIRCLE, .seq = 1, .key = "h-2"}, t0);
	feed("a-1", "h-1", ALERT_ALARM, 0);
	for (int64_t s = 0; s < 2000; s += 60)
		tick(s);
	STATE("escalated");
	assert_int_equal(incident_due(w.core).ms > after_s(3 * 3600).ms, true);
	says("desk", REPLY_DONE, 2001);
	world_policies(&w, &(struct policy_ladder){.name = "captain",
				   .rung_count = 1,
				   .rungs = {{RUNG_CAPTAIN, 60}},
				   .at_once = 1,
				   .again_s = 600,
				   .hint_s = 900});
	feed("a-2", "h-2", ALERT_ALARM, 3000);
	tick(3060);
	TRACE("timed_out:cap +desk escalated:desk");
	tick(3660);
	TRACE("+desk +cap escalated:desk"); /* who was not asked before is not now */
	tick(4300);                         /* the hint to call 120 is due, and all again: one page each */
	TRACE("+desk +cap escalated:desk");
	tick(4899);
	TRACE("");
}

static void a_canary_wakes_nobody_again(void **state)
{
	(void)state;
	feed("a-1", "h-canary", ALERT_LIFE, 0);
	TRACE("raised +desk escalated:desk");
	tick(2000);
	TRACE("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(all_who_did_not_say_no_are_asked_again_until_somebody_answers),
		WITH_WORLD(what_was_due_in_an_outage_is_asked_once),
		WITH_WORLD(after_an_hour_it_is_asked_more_rarely_and_never_ends),
		WITH_WORLD(who_is_with_another_home_is_left_in_peace),
		WITH_WORLD(a_clock_that_is_set_moves_it_along),
		WITH_WORLD(only_a_life_is_asked_about_again_unless_the_policy_says_so),
		WITH_WORLD(a_canary_wakes_nobody_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
