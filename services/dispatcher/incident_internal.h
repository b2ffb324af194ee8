/* SPDX-License-Identifier: MIT
 *
 * incident_internal: what the core's files share. Nothing outside incident*.c includes this.
 *
 * Every event goes through case_event, which alone changes a case's state, by the one table, and pushes the snapshot.
 */
#ifndef CURTAIN_DISPATCHER_INCIDENT_INTERNAL_H
#define CURTAIN_DISPATCHER_INCIDENT_INTERNAL_H

#include <stdlib.h>

#define uthash_fatal(message) abort() /* out of memory in a table: nothing sane is left to do */
#include <uthash.h>

#include "base/timerq.h"
#include "dispatcher/incident.h"

#define CASE_ALERTS_MAX 64  /* alerts that an incident knows by id; further ones are only counted */
#define CASE_PEOPLE_MAX 128 /* asked of one incident; the last two places are kept for captain and desk */

enum asked_state {
	ASKED_OPEN,     /* the page waits for an answer */
	ASKED_EXPIRED,  /* no answer in time; one that comes later still counts */
	ASKED_DECLINED, /* cannot go */
	ASKED_ACCEPTED, /* on the way, or there */
	ASKED_WITHDRAWN,
	ASKED_STATE_COUNT
};

/* asked: one person of a case, with the latest page. */
struct asked {
	char user[ID_BYTES];
	enum asked_state state;
	enum page_role role;
	uint32_t step;
	uint32_t round; /* a more urgent alert begins a new round, in which all are asked again */
	struct wall at, expires;
};

struct case_alert {
	char id[ID_BYTES];
	uint32_t revision;
	enum alert_level level;
	bool cleared;
};

struct household {
	UT_hash_handle hh;
	char id[ID_BYTES];
	struct emergency *open;
};

/* emergency: an incident, open or remembered. `now` is its present snapshot without the list of alerts. */
struct emergency {
	UT_hash_handle hh; /* by now.id */
	struct incident now;
	uint32_t slot;
	bool dirty;
	uint32_t round, further_alerts;
	struct wall arrive_due, done_due, forget_due; /* WALL_NEVER = not waiting */
	unsigned alert_count, alert_capacity, asked_count, asked_capacity;
	struct case_alert *alerts;
	struct asked *asked;
};

/* alert_home: which emergency an alert's id belongs to. */
struct alert_home {
	UT_hash_handle hh;
	char id[ID_BYTES];
	struct emergency *emergency;
};

struct last_oncall {
	UT_hash_handle hh;
	char team[ID_BYTES];
	struct oncall oncall;
	bool seen;
};

struct tomb {
	struct tomb *next;
	char id[ID_BYTES];
};

struct incident_core {
	struct incident_config config;
	struct duty *duty;
	struct emergency *emergencies;
	struct household *households;
	struct alert_home *alerts;
	struct last_oncall *oncalls;
	struct wall oncall_due;
	bool directory_changed;
	struct emergency **slots;
	uint32_t slot_count, slot_capacity;
	struct timerq timers; /* by slot */
	struct tomb *tombs;
	uint32_t dirty_from;           /* no emergency in a lower slot is dirty */
	struct incident_effect *queue; /* effects that await the caller, from queue_head */
	unsigned queue_head, queue_count, queue_capacity;
	uint32_t open_count;
	int64_t tallies[INCIDENT_TALLY_COUNT], alert_verdicts[INCIDENT_VERDICT_COUNT],
		reply_verdicts[INCIDENT_VERDICT_COUNT];
};

/* incident.c */
/* case_event moves an emergency by one event, at now, by actor ("" = the system). The event must be legal. */
enum err case_event(struct incident_core *core, struct emergency *e, enum incident_event event, const char *actor,
	struct wall now) ERR_MUST_CHECK;
/* case_touch marks it for the store and sets its timer anew. */
enum err case_touch(struct incident_core *core, struct emergency *e) ERR_MUST_CHECK;
enum err core_push(struct incident_core *core, const struct incident_effect *effect) ERR_MUST_CHECK;
/* core_give moves queued effects to the caller. */
void core_give(struct incident_core *core, struct incident_effects *out);
/* case_close ends it with RESOLVED or CANCELLED; open pages are withdrawn. */
enum err case_close(struct incident_core *core, struct emergency *e, enum incident_event event, const char *actor,
	struct wall now) ERR_MUST_CHECK;

/* core_mark notes that it has something for the store. */
void core_mark(struct incident_core *core, struct emergency *e);

/* incident_case.c: the tables. */
enum err case_create(struct incident_core *core, const struct incident *first, struct emergency **out) ERR_MUST_CHECK;
/* case_open_set makes e the open one of its household; case_open_clear ends that. */
enum err case_open_set(struct incident_core *core, struct emergency *e) ERR_MUST_CHECK;
void case_open_clear(struct incident_core *core, struct emergency *e);
struct emergency *case_open_of(const struct incident_core *core, const char *household);
/* case_alert_add notes an alert that it does not know yet; beyond the bound it is only counted. */
enum err case_alert_add(struct incident_core *core, struct emergency *e, const struct alert *alert) ERR_MUST_CHECK;
struct case_alert *case_alert_find(struct emergency *e, const char *id);
/* case_snapshot gives the present snapshot with the list of alerts. */
void case_snapshot(const struct emergency *e, struct incident *out);
/* case_discard drops one that never was; case_forget also tells the store. */
void case_discard(struct incident_core *core, struct emergency *e);
void case_forget(struct incident_core *core, struct emergency *e);
void case_free_all(struct incident_core *core);
struct wall case_due(const struct emergency *e);

/* incident_ladder.c: who is asked. */
struct asked *asked_find(struct emergency *e, const char *user);
void page_id(const char *incident, const char *user, uint32_t step, char out[ID_BYTES]);
/* ladder_begin starts a round: withdraws what is open and asks the first ones. */
enum err ladder_begin(struct incident_core *core, struct emergency *e, struct wall now) ERR_MUST_CHECK;
/* ladder_climb asks until as many pages are open as the level wants; escalates when nobody is left. */
enum err ladder_climb(struct incident_core *core, struct emergency *e, struct wall now) ERR_MUST_CHECK;
/* ladder_tick does what is due: pages without an answer, a responder who does not arrive or does not say how it ended.
 */
enum err ladder_tick(struct incident_core *core, struct emergency *e, struct wall now) ERR_MUST_CHECK;
/* ladder_withdraw withdraws all pages but that of user ("" = all) which wait or have expired. */
enum err ladder_withdraw(
	struct incident_core *core, struct emergency *e, const char *user, struct wall now) ERR_MUST_CHECK;
/* ladder_resume goes on after a responder is out: those whose page was withdrawn by the accept are asked again, but
 * one. */
enum err ladder_resume(
	struct incident_core *core, struct emergency *e, const struct asked *but, struct wall now) ERR_MUST_CHECK;
/* ladder_tell_late sends one person the withdrawn page again. */
enum err ladder_tell_late(
	struct incident_core *core, struct emergency *e, struct asked *asked, struct wall now) ERR_MUST_CHECK;
/* ladder_urge pages the responder anew: what he is going to has become more urgent. */
enum err ladder_urge(struct incident_core *core, struct emergency *e, struct wall now) ERR_MUST_CHECK;
/* ladder_waits: only the desk was ever asked, because nobody else was known. */
bool ladder_waits(const struct incident_core *core, const struct emergency *e, struct wall now);

#endif
