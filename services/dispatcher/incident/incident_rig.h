/* SPDX-License-Identifier: MIT
 *
 * incident_rig: a world (incident_world.h) for each test of the incident core, and short words for what happens in it.
 * Seconds count from noon of a Monday; all of it asserts (cmocka). In the header, since each program of tests has its
 * own.
 */
#ifndef CURTAIN_DISPATCHER_INCIDENT_RIG_H
#define CURTAIN_DISPATCHER_INCIDENT_RIG_H

#include "base/text.h"
#include "incident_world.h"

static struct world w;
static struct wall t0;

static inline int set_up(void **state)
{
	(void)state;
	world_open(&w);
	t0 = world_at("2026-03-02T12:00:00");
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	world_close(&w);
	return 0;
}

static inline struct wall after_s(int64_t seconds)
{
	return wall_plus(t0, seconds * MS_PER_SECOND);
}

static inline void feed(const char *id, const char *household, enum alert_level level, int64_t s)
{
	struct alert alert = world_alert(id, household, level);

	world_feed(&w, &alert, after_s(s));
}

static inline void feed_again(const char *id, const char *household, enum alert_level level, enum alert_state state,
	uint32_t revision, int64_t s)
{
	struct alert alert = world_alert(id, household, level);

	alert.state = state;
	alert.revision = revision;
	world_feed(&w, &alert, after_s(s));
}

static inline void says(const char *user, enum reply_action action, int64_t s)
{
	world_reply(&w, user, action, action == REPLY_DONE ? OUTCOME_HELPED : OUTCOME_NONE, after_s(s));
}

static inline void tick(int64_t s)
{
	world_tick(&w, after_s(s));
}

/* sends: a reply with minutes or a person, by the desk or by whoever it is. */
static inline void sends(
	const char *user, enum reply_action action, uint32_t minutes, const char *to, bool desk, int64_t s)
{
	struct reply reply = {.action = action, .minutes = minutes, .at = after_s(s)};

	text_cut(reply.incident, sizeof reply.incident, w.last.id);
	text_cut(reply.user, sizeof reply.user, user);
	text_cut(reply.to, sizeof reply.to, to);
	if (action == REPLY_NOTE)
		text_cut(reply.note, sizeof reply.note, "一句话");
	assert_null(reply_misfit(&reply));
	world_reply_as(&w, &reply, desk, after_s(s));
}

#define TRACE(expected) assert_string_equal(w.trace, expected)
#define STATE(expected) assert_string_equal(incident_state_name(w.last.state), expected)
#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
