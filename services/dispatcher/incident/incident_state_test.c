/* SPDX-License-Identifier: MIT
 *
 * What is kept over a restart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "incident_rig.h"

static void overdue_timers_fire_once_after_a_restart(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	feed("a-2", "h-2", ALERT_LIFE, 1);
	says("v-1", REPLY_ACCEPT, 5);
	world_restart(&w, after_s(5000));
	assert_true(incident_due(w.core).ms <= after_s(5000).ms);
	tick(5000);
	/* in the order in which they were due */
	TRACE("timed_out:v-1 timed_out:v-2 +v-3 paged:v-3 timed_out:v-1 +desk paged:desk");
	tick(5000);
	TRACE("");
	assert_int_equal(incident_due(w.core).ms, after_s(5120).ms);
}

static void broken_states_are_refused(void **state)
{
	static struct incident_state_blob blob, cut;

	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	assert_true(incident_dirty(w.core, &blob));
	assert_false(incident_dirty(w.core, &cut));
	assert_int_equal(incident_restore(w.core, &blob), ERR_CORRUPT); /* it is there already */
	world_close(&w);
	world_open(&w);
	for (size_t length = 0; length < blob.length; length++) {
		cut = blob;
		cut.length = length;
		assert_int_equal(incident_restore(w.core, &cut), ERR_CORRUPT);
	}
	cut = blob;
	cut.blob[0] = 99;
	assert_int_equal(incident_restore(w.core, &cut), ERR_VERSION);
	assert_int_equal(incident_open_count(w.core), 0);
	assert_int_equal(incident_restore(w.core, &blob), ERR_OK);
	assert_int_equal(incident_open_count(w.core), 1);
}

static void a_state_that_names_somebody_who_is_none_is_refused(void **state)
{
	static struct incident_state_blob blob;
	unsigned char *user;

	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	while (incident_dirty(w.core, &blob))
		;
	user = memmem(blob.blob, blob.length, "v-1", 3);
	assert_non_null(user); /* the one who was asked, at the end */
	while (memmem(user + 1, blob.length - (size_t)(user + 1 - blob.blob), "v-1", 3))
		user = memmem(user + 1, blob.length - (size_t)(user + 1 - blob.blob), "v-1", 3);
	world_forget_states(&w, after_s(1));
	blob.length -= 8; /* the checksum, which version 3 did not have */
	blob.blob[0] = 3;
	*user = '\n';
	assert_int_equal(incident_restore(w.core, &blob), ERR_CORRUPT); /* a page to them would stop the service */
	*user = 'v';
	assert_int_equal(incident_restore(w.core, &blob), ERR_OK);
}

static void alert_that_opened_a_second_incident_is_known_after_a_restart(void **state)
{
	struct alert alert = world_alert("a-1", "h-1", ALERT_ATTENTION);

	(void)state;
	world_feed(&w, &alert, after_s(0));
	alert.revision = 2;
	alert.state = ALERT_CLEARED;
	world_feed(&w, &alert, after_s(10));
	STATE("cancelled");
	alert.revision = 3;
	alert.state = ALERT_UPDATED;
	alert.level = ALERT_LIFE;
	world_feed(&w, &alert, after_s(20));
	says("v-1", REPLY_DONE, 30);
	STATE("resolved");
	world_restart(&w, after_s(40));
	tick(41);
	world_feed(&w, &alert, after_s(50));
	assert_int_equal(w.verdict, INCIDENT_REPEATED);
	TRACE("");
}

#define ADDED_BY_4 8 /* a checksum, at the end */

/* as_of_version takes what newer versions added before the list of people, of which there is one, out of the state. */
static void as_of_version(struct incident_state_blob *state, uint8_t version, size_t added, const char *user)
{
	state->length -= ADDED_BY_4;
	size_t person = 2 + strlen(user) + 1 + 1 + 4 + 4 + 8 + 8, list = 2 + person;

	memmove(state->blob + state->length - list - added, state->blob + state->length - list, list);
	state->length -= added;
	state->blob[0] = version;
}

#define ADDED_BY_3 (8 + 4)                     /* a time, how often */
#define ADDED_BY_2 (6 * 8 + 1 + 2 + 2 + 1 + 1) /* 6 times, 2 words, 2 empty texts and a count of 0 */

static void states_of_version_1_are_read(void **state)
{
	static struct incident_state_blob blob;
	struct incident before, after;

	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	before = w.last;
	while (incident_dirty(w.core, &blob))
		;
	as_of_version(&blob, 1, ADDED_BY_3 + ADDED_BY_2, "v-1");
	incident_core_destroy(w.core);
	assert_int_equal(incident_core_create(&w.config, &w.core, NULL), ERR_OK);
	assert_int_equal(incident_restore(w.core, &blob), ERR_OK);
	assert_int_equal(incident_find(w.core, before.id, &after), ERR_OK);
	assert_int_equal(after.state, INCIDENT_PAGING);
	assert_false(wall_is_set(after.until));
	assert_int_equal(incident_due(w.core).ms, 0); /* the directory is to be told */
}

static void what_version_2_left_to_the_desk_is_asked_about_again(void **state)
{
	static struct incident_state_blob blob;
	struct incident_effects effects;

	(void)state;
	feed("a-1", "h-9", ALERT_LIFE, 0); /* an unknown home: the fall-back desk at once */
	STATE("escalated");
	while (incident_dirty(w.core, &blob))
		;
	as_of_version(&blob, 2, ADDED_BY_3, "fallback");
	incident_core_destroy(w.core);
	assert_int_equal(incident_core_create(&w.config, &w.core, NULL), ERR_OK);
	assert_int_equal(incident_restore(w.core, &blob), ERR_OK);
	assert_int_equal(incident_tick(w.core, after_s(179), &effects), ERR_OK);
	assert_int_equal(effects.count, 0);
	assert_int_equal(incident_due(w.core).ms, after_s(180).ms);
	assert_int_equal(incident_tick(w.core, after_s(180), &effects), ERR_OK);
	assert_int_equal(effects.count, 2);
	assert_int_equal(effects.items[0].kind, INCIDENT_PAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(overdue_timers_fire_once_after_a_restart),
		WITH_WORLD(broken_states_are_refused),
		WITH_WORLD(a_state_that_names_somebody_who_is_none_is_refused),
		WITH_WORLD(alert_that_opened_a_second_incident_is_known_after_a_restart),
		WITH_WORLD(states_of_version_1_are_read),
		WITH_WORLD(what_version_2_left_to_the_desk_is_asked_about_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
