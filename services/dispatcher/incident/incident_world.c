/* SPDX-License-Identifier: MIT */
#include "incident_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

#define SAVED_MAX 256

static struct entry directory[64]; /* what a new core is told after a restart */
static unsigned directory_count;
static struct incident_state_blob saved[SAVED_MAX]; /* the store */
static unsigned saved_count;

struct wall world_at(const char *local)
{
	char text[40];
	struct wall t;

	snprintf(text, sizeof text, "%s+08:00", local);
	assert_int_equal(wall_parse(text, strlen(text), &t), ERR_OK);
	return t;
}

struct alert world_alert(const char *id, const char *household, enum alert_level level)
{
	struct alert alert = {.revision = 1, .level = level, .state = ALERT_RAISED, .confidence = 1};

	text_cut(alert.id, sizeof alert.id, id);
	text_cut(alert.household, sizeof alert.household, household);
	alert.kind = level == ALERT_LIFE ? ALERT_SOS : level == ALERT_ALARM ? ALERT_LEAK : ALERT_SILENCE;
	snprintf(alert.reason_zh, sizeof alert.reason_zh, "%s 的原因", id);
	snprintf(alert.reason_en, sizeof alert.reason_en, "reason of %s", id);
	return alert;
}

static void add(struct world *world, const char *a, const char *b, const char *c)
{
	size_t length = strlen(world->trace);

	snprintf(world->trace + length, sizeof world->trace - length, "%s%s%s%s", length ? " " : "", a, b, c);
}

static void take(struct world *world, const struct incident_effects *effects, struct wall now)
{
	for (unsigned i = 0; i < effects->count; i++) {
		const struct incident_effect *effect = &effects->items[i];
		if (world->watch)
			world->watch(effect, now);
		switch (effect->kind) {
		case INCIDENT_SNAPSHOT:
			world->last = effect->as.snapshot;
			add(world, incident_event_name(world->last.event), *world->last.actor ? ":" : "",
				world->last.actor);
			break;
		case INCIDENT_PAGE:
			if (!effect->as.page.withdrawn)
				world->page = effect->as.page;
			add(world, effect->as.page.withdrawn ? "-" : "+", effect->as.page.user, "");
			break;
		case INCIDENT_ONCALL:
			world->oncall = effect->as.oncall;
			world->oncalls++;
			break;
		case INCIDENT_ONCALL_GONE:
			world->gone++;
			break;
		}
	}
}

/* drain takes what a call gave, and the rest. */
static void drain(struct world *world, enum err err, struct incident_effects *effects, struct wall now)
{
	assert_int_equal(err, ERR_OK);
	*world->trace = '\0';
	world->oncalls = world->gone = 0;
	world->verdict = effects->verdict;
	take(world, effects, now);
	while (effects->count == INCIDENT_EFFECTS_MAX) {
		assert_int_equal(incident_tick(world->core, now, effects), ERR_OK);
		take(world, effects, now);
	}
}

void world_entry(struct world *world, const struct entry *entry, struct wall now)
{
	struct incident_effects effects;

	unsigned i = 0;

	while (i < directory_count && (directory[i].kind != entry->kind || strcmp(directory[i].key, entry->key) != 0))
		i++;
	assert_true(i < sizeof directory / sizeof *directory);
	directory[i] = *entry;
	directory_count += i == directory_count;
	drain(world, incident_core_entry(world->core, entry, now, &effects), &effects, now);
}

static struct entry entry(enum entry_kind kind, const char *key)
{
	struct entry e = {.kind = kind, .seq = 1};

	text_cut(e.key, sizeof e.key, key);
	return e;
}

void world_person(struct world *world, const char *user, bool day, bool night, uint8_t order, struct wall now)
{
	struct entry e = entry(ENTRY_VOLUNTEER, user);

	text_cut(e.body.volunteer.team, ID_BYTES, "t-1");
	e.body.volunteer.day = day;
	e.body.volunteer.night = night;
	e.body.volunteer.weekdays = 127;
	e.body.volunteer.order = order;
	world_entry(world, &e, now);
}

void world_team(struct world *world, const char *captain, const char *desk, struct wall now)
{
	struct entry e = entry(ENTRY_TEAM, "t-1");

	text_cut(e.body.team.community, ID_BYTES, "c-1");
	text_cut(e.body.team.captain, ID_BYTES, captain);
	text_cut(e.body.team.desk, ID_BYTES, desk);
	world_entry(world, &e, now);
}

void world_circle(struct world *world, const char *household, const struct circle *circle, struct wall now)
{
	struct entry e = entry(ENTRY_CIRCLE, household);

	e.body.circle = *circle;
	world_entry(world, &e, now);
}

void world_policies(struct world *world, const struct policy_ladder *ladder)
{
	world->policies = *policies_preset();
	world->policies.ladder_count = world->policies.rule_count = 1;
	world->policies.ladders[0] = *ladder;
	world->policies.rules[0] = (struct policy_rule){.kinds = UINT16_MAX, .levels = UINT8_MAX};
	world->config.policies = &world->policies;
	incident_core_configure(world->core, &world->config);
}

void world_household(struct world *world, const char *household, const char *policy, bool canary, struct wall now)
{
	struct entry e = entry(ENTRY_HOUSEHOLD, household);

	text_cut(e.body.household.community, ID_BYTES, "c-1");
	text_cut(e.body.household.team, ID_BYTES, "t-1");
	text_cut(e.body.household.policy, ID_BYTES, policy);
	e.body.household.canary = canary;
	world_entry(world, &e, now);
}

void world_policy(struct world *world, const char *household, bool attention_pages, struct wall now)
{
	struct entry e = entry(ENTRY_POLICY, "p-1");

	e.body.policy.accept_life_s = 30;
	e.body.policy.accept_alarm_s = 90;
	e.body.policy.accept_attention_s = 300;
	e.body.policy.arrive_s = 900;
	e.body.policy.attention_pages = attention_pages;
	world_entry(world, &e, now);
	world_household(world, household, "p-1", false, now);
}

void world_forget(struct world *world, enum entry_kind kind, const char *key, struct wall now)
{
	struct entry e = entry(kind, key);

	e.deleted = true;
	world_entry(world, &e, now);
}

void world_open(struct world *world)
{
	struct wall start = world_at("2026-03-02T11:00:00");

	memset(world, 0, sizeof *world);
	directory_count = saved_count = 0;
	assert_int_equal(zone_load("Asia/Shanghai", &world->zone, NULL), ERR_OK);
	world->config = (struct incident_config){.duty = {.zone = world->zone,
							 .day_from_min = 7 * 60,
							 .night_from_min = 19 * 60,
							 .accept_life_s = 60,
							 .accept_alarm_s = 120,
							 .accept_attention_s = 600,
							 .arrive_s = 1200,
							 .desk = "fallback"},
		.done_ms = 2 * MS_PER_HOUR,
		.keep_ms = 24 * MS_PER_HOUR};
	assert_int_equal(incident_core_create(&world->config, &world->core, NULL), ERR_OK);
	world_team(world, "cap", "desk", start);
	world_person(world, "v-1", true, true, 1, start);
	world_person(world, "v-2", true, true, 2, start);
	world_person(world, "v-3", true, true, 3, start);
	world_household(world, "h-1", "", false, start);
	world_household(world, "h-2", "", false, start);
	world_household(world, "h-canary", "", true, start);
	world_tick(world, start);
}

void world_close(struct world *world)
{
	incident_core_destroy(world->core);
	zone_destroy(world->zone);
}

void world_feed(struct world *world, const struct alert *alert, struct wall now)
{
	struct incident_effects effects;

	drain(world, incident_feed(world->core, alert, now, &effects), &effects, now);
}

void world_reply_as(struct world *world, const struct reply *reply, bool desk, struct wall now)
{
	struct incident_effects effects;

	drain(world, incident_reply(world->core, reply, desk, now, &effects), &effects, now);
}

void world_reply(struct world *world, const char *user, enum reply_action action, enum outcome outcome, struct wall now)
{
	struct reply reply = {.action = action, .outcome = outcome, .at = now};

	text_cut(reply.incident, sizeof reply.incident, world->last.id);
	text_cut(reply.user, sizeof reply.user, user);
	world_reply_as(world, &reply, false, now);
}

void world_tick(struct world *world, struct wall now)
{
	struct incident_effects effects;

	drain(world, incident_tick(world->core, now, &effects), &effects, now);
}

static void save(struct world *world)
{
	static struct incident_state_blob state;

	while (incident_dirty(world->core, &state)) {
		unsigned i = 0;
		while (i < saved_count && strcmp(saved[i].id, state.id) != 0)
			i++;
		assert_true(i < SAVED_MAX);
		saved[i] = state;
		saved_count += i == saved_count;
		if (!state.length)
			saved[i] = saved[--saved_count];
	}
}

void world_restart(struct world *world, struct wall now)
{
	struct incident_effects effects;

	save(world);
	incident_core_destroy(world->core);
	assert_int_equal(incident_core_create(&world->config, &world->core, NULL), ERR_OK);
	for (unsigned i = 0; i < directory_count; i++)
		assert_int_equal(incident_core_entry(world->core, &directory[i], now, &effects), ERR_OK);
	for (unsigned i = saved_count; i-- > 0;) /* the newest first: a store gives them in no order of time */
		assert_int_equal(incident_restore(world->core, &saved[i]), ERR_OK);
}

void world_forget_states(struct world *world, struct wall now)
{
	save(world);
	saved_count = 0;
	world_restart(world, now);
	world_tick(world, now);
}

void world_recover(struct world *world, const struct incident *last, struct wall now)
{
	struct incident_effects effects;

	drain(world, incident_recover(world->core, last, now, &effects), &effects, now);
}
