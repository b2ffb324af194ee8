/* SPDX-License-Identifier: MIT
 *
 * incident_world: what the tests of the incident core share: a small team, and each call's effects as one line of text.
 *
 * A trace: snapshots are "event" or "event:actor", pages "+user", withdrawn pages "-user"; in order, joined by spaces.
 */
#ifndef CURTAIN_DISPATCHER_INCIDENT_WORLD_H
#define CURTAIN_DISPATCHER_INCIDENT_WORLD_H

#include "dispatcher/incident/incident.h"

struct world {
	struct zone *zone;
	struct incident_config config;
	struct policies policies; /* in force after world_policies */
	struct incident_core *core;
	char trace[4000];
	struct incident last;   /* the newest snapshot */
	struct page page;       /* the newest page that was not withdrawn */
	struct oncall oncall;   /* the newest */
	unsigned oncalls, gone; /* how many of the last call */
	enum incident_verdict verdict;
	void (*watch)(const struct incident_effect *effect, struct wall now); /* NULL, or told of each effect */
};

/* world_open makes a core with a directory: team t-1 of v-1, v-2, v-3 (day and night), captain cap, desk "desk" of the
 * team; households h-1, h-2 of it, and h-canary. */
void world_open(struct world *world);
/* world_policies puts one ladder in force for all incidents. */
void world_policies(struct world *world, const struct policy_ladder *ladder);
void world_close(struct world *world);
struct wall world_at(const char *local); /* "2026-03-02T12:00:00", Shanghai */
struct alert world_alert(const char *id, const char *household, enum alert_level level);
void world_entry(struct world *world, const struct entry *entry, struct wall now);
void world_person(struct world *world, const char *user, bool day, bool night, uint8_t order, struct wall now);
void world_policy(struct world *world, const char *household, bool attention_pages, struct wall now);
void world_team(struct world *world, const char *captain, const char *desk, struct wall now);
void world_circle(struct world *world, const char *household, const struct circle *circle, struct wall now);
void world_household(struct world *world, const char *household, const char *policy, bool canary, struct wall now);
void world_forget(struct world *world, enum entry_kind kind, const char *key, struct wall now);
/* Each gives the trace of its effects in world->trace. */
void world_feed(struct world *world, const struct alert *alert, struct wall now);
void world_reply(
	struct world *world, const char *user, enum reply_action action, enum outcome outcome, struct wall now);
void world_reply_as(struct world *world, const struct reply *reply, bool desk, struct wall now);
void world_tick(struct world *world, struct wall now);
/* world_restart saves all states, makes a new core with the same directory (a tick at now tells on-call again) and
 * restores them. */
void world_restart(struct world *world, struct wall now);
/* world_forget_states restarts it with no state at all; world_recover gives it what was last told of an incident. */
void world_forget_states(struct world *world, struct wall now);
void world_recover(struct world *world, const struct incident *last, struct wall now);

#endif
