/* SPDX-License-Identifier: MIT
 *
 * An open incident whose state cannot be read is taken up again from the last snapshot that was told of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "incident_rig.h"

/* lose makes the next core one whose store holds nothing, and gives what was last told. */
static struct incident lose(int64_t s)
{
	struct incident last = w.last;

	world_forget_states(&w, after_s(s));
	assert_int_equal(incident_open_count(w.core), 0);
	return last;
}

static void recover(const struct incident *last, int64_t s)
{
	world_recover(&w, last, after_s(s));
}

static void a_call_for_help_goes_on_under_its_id_and_everybody_is_asked_anew(void **state)
{
	struct incident last, now;
	char page[ID_BYTES];

	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	TRACE("raised +v-1 paged:v-1 +v-2 paged:v-2");
	text_cut(page, sizeof page, w.page.id);
	last = lose(30);
	recover(&last, 30);
	TRACE("noted +v-1 paged:v-1 +v-2 paged:v-2");
	assert_string_not_equal(w.page.id, page); /* or a telephone takes it for the one it has */
	assert_int_equal(incident_open_count(w.core), 1);
	assert_int_equal(incident_find(w.core, last.id, &now), ERR_OK);
	assert_true(now.revision > last.revision);
	assert_int_equal(now.opened.ms, last.opened.ms);
	assert_int_equal(now.state, INCIDENT_PAGING);
	assert_string_equal(now.reason_en, "reason of a-1");
	assert_non_null(strstr(now.note, "could not be read"));
	tick(90);
	TRACE("timed_out:v-1 timed_out:v-2 +v-3 paged:v-3 +cap paged:cap");
	says("v-2", REPLY_ACCEPT, 95);
	STATE("accepted");
	recover(&last, 96); /* once more: it is known */
	TRACE("");
	assert_int_equal(w.verdict, INCIDENT_REPEATED);
}

static void who_was_on_the_way_is_asked_too_and_their_word_counts(void **state)
{
	struct incident last;

	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	tick(120);
	tick(240);
	says("v-3", REPLY_ACCEPT, 250);
	last = lose(300);
	recover(&last, 300);
	TRACE("noted +v-1 paged:v-1 +v-3");
	assert_non_null(strstr(w.last.note, "v-3"));
	assert_string_equal(w.last.responder, "");
	says("v-3", REPLY_ARRIVED, 310);
	STATE("on_site");
	says("v-3", REPLY_DONE, 320);
	STATE("resolved");
}

static void its_alerts_are_known_and_an_end_of_theirs_ends_it(void **state)
{
	struct incident last;

	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	last = lose(10);
	recover(&last, 10);
	feed_again("a-1", "h-1", ALERT_ALARM, ALERT_CLEARED, 2, 20);
	TRACE("alert_cleared cancelled -v-1");
	assert_int_equal(incident_open_count(w.core), 0);
}

static void what_pages_nobody_waits_on_the_tile_again(void **state)
{
	struct incident last;

	(void)state;
	feed("a-1", "h-1", ALERT_ATTENTION, 0);
	last = lose(10);
	recover(&last, 10);
	TRACE("noted");
	STATE("raised");
}

static void one_that_the_desk_has_is_given_to_people_and_the_desk_again(void **state)
{
	struct incident last;

	(void)state;
	feed("a-1", "h-9", ALERT_LIFE, 0); /* nobody knows the home */
	STATE("escalated");
	last = lose(10);
	recover(&last, 10);
	TRACE("noted +fallback escalated:fallback");
	assert_int_equal(incident_due(w.core).ms <= after_s(190).ms, true); /* and asks again */
}

static void in_a_home_with_an_open_one_it_goes_on_as_that_one(void **state)
{
	struct incident last;
	struct incident now;

	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	last = lose(10);
	feed("a-2", "h-1", ALERT_ALARM, 11);
	TRACE("raised +v-1 paged:v-1");
	recover(&last, 12);
	TRACE("merged alert_joined -v-1 +v-1 paged:v-1 +v-2 paged:v-2");
	assert_int_equal(incident_open_count(w.core), 1);
	assert_int_equal(w.last.level, ALERT_LIFE);
	assert_int_equal(incident_find(w.core, last.id, &now), ERR_NOT_FOUND);
	feed_again("a-1", "h-1", ALERT_LIFE, ALERT_UPDATED, 2, 20);
	assert_int_equal(w.verdict, INCIDENT_TAKEN);
	assert_int_equal(incident_open_count(w.core), 1);
}

static void what_is_over_stays_so(void **state)
{
	struct incident last;

	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	says("v-1", REPLY_DONE, 5);
	STATE("resolved");
	last = lose(10);
	recover(&last, 10);
	TRACE("");
	assert_int_equal(w.verdict, INCIDENT_REPEATED);
}

static void a_state_that_is_dropped_again_leaves_nothing(void **state)
{
	static struct incident_state_blob blob;
	struct incident last;

	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	assert_true(incident_dirty(w.core, &blob));
	last = lose(10);
	assert_int_equal(incident_restore(w.core, &blob), ERR_OK);
	incident_unrestore(w.core, blob.id);
	incident_unrestore(w.core, blob.id);
	assert_int_equal(incident_open_count(w.core), 0);
	recover(&last, 10);
	TRACE("noted +v-1 paged:v-1 +v-2 paged:v-2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(a_call_for_help_goes_on_under_its_id_and_everybody_is_asked_anew),
		WITH_WORLD(who_was_on_the_way_is_asked_too_and_their_word_counts),
		WITH_WORLD(its_alerts_are_known_and_an_end_of_theirs_ends_it),
		WITH_WORLD(what_pages_nobody_waits_on_the_tile_again),
		WITH_WORLD(one_that_the_desk_has_is_given_to_people_and_the_desk_again),
		WITH_WORLD(in_a_home_with_an_open_one_it_goes_on_as_that_one),
		WITH_WORLD(what_is_over_stays_so),
		WITH_WORLD(a_state_that_is_dropped_again_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
