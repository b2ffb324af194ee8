/* SPDX-License-Identifier: MIT
 *
 * Many homes at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "incident_rig.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(many_homes_at_once_are_one_event_for_the_desk),
		WITH_WORLD(desk_releases_a_storm_and_it_is_not_held_again),
		WITH_WORLD(desk_holds_a_storm_longer),
		WITH_WORLD(without_the_desks_word_a_storm_is_released_one_by_one),
		WITH_WORLD(desks_own_page_has_another_id_than_the_note_of_many_homes),
		WITH_WORLD(silence_waits_a_moment_in_which_others_may_come),
		WITH_WORLD(homes_apart_in_time_or_of_other_kinds_are_no_storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
