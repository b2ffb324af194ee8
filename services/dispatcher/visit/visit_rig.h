/* SPDX-License-Identifier: MIT
 *
 * visit_rig: what the tests of the visit core share: a small community, and each call's effects as one line of text.
 *
 * A trace: events in order, joined by spaces: "kind.event" with ":actor", ">user" for each who is told.
 */
#ifndef CURTAIN_DISPATCHER_VISIT_RIG_H
#define CURTAIN_DISPATCHER_VISIT_RIG_H

#include "dispatcher/visit/visit.h"

struct rig {
	struct zone *zone;
	struct visit_rules rules;
	struct visit_core *core;
	struct errand last;                 /* the newest snapshot */
	struct errand visit, task, service; /* the newest of each kind */
	struct wall now;                    /* the latest time of a call */
	char trace[4000];
	const char *away; /* who is away from away_from to away_until; NULL: nobody */
	struct wall away_from, away_until;
	char told[400]; /* whose day was told, in order, joined by spaces; emptied with the trace */
	enum visit_verdict verdict;
	char fault[VISIT_FAULT_BYTES];
	char id[ID_BYTES];
	void (*watch)(struct rig *rig, const struct visit_effect *effect, struct wall now); /* NULL, or told of each */
	void (*read)(struct rig *rig, const char *user, struct wall now); /* the same of those whose day is told */
};

/* rig_open makes a core with a team t-1 (community c-1, captain cap), rules like the preset's and a checklist "three",
 * version 1, of three items, every 30 days. The desk is "desk". */
void rig_open(struct rig *rig);
void rig_close(struct rig *rig);
struct wall rig_at(const char *local); /* "2026-03-02T12:00:00", Shanghai */
void rig_entry(struct rig *rig, const struct entry *entry, struct wall now);
/* rig_home puts a household of t-1 with wishes at a place so many km east of the middle; every 0 = by tags. */
void rig_home(struct rig *rig, const char *household, double km, uint16_t every, struct wall now);
struct entry rig_care(const char *household, double km, uint16_t every);
struct entry rig_companion(const char *user, double km, uint8_t a_week);
void rig_person(struct rig *rig, const char *user, double km, uint8_t a_week, struct wall now);
void rig_service(struct rig *rig, const char *id, const char *provider, const char *other, uint8_t lead_days,
	bool teams, struct wall now);
void rig_tick(struct rig *rig, struct wall now);
/* rig_run ticks at each due time up to until (at the latest time of a call what was due before), and gives all effects
 * in one trace. */
void rig_run(struct rig *rig, struct wall until);
void rig_say(struct rig *rig, const char *user, enum visit_action action, const char *errand, struct wall now);
void rig_reply(struct rig *rig, const struct visit_reply *reply, bool desk, struct wall now);
/* rig_absent has user away then, and says so. */
void rig_absent(struct rig *rig, const char *user, struct wall from, struct wall until, struct wall now);
void rig_ask(struct rig *rig, const struct visit_request *request, struct wall now);
struct visit_reply rig_words(const char *user, enum visit_action action, const char *errand, struct wall now);
/* rig_copy makes a second core with the same directory, given by teach, and the state of the first. */
void rig_copy(struct rig *rig, struct rig *copy, void (*teach)(struct rig *rig, struct wall now), struct wall now);

#endif
