/* SPDX-License-Identifier: MIT
 *
 * incident: the life of each emergency, from the first alert until a person says that it is over (docs/incident.md has
 * the picture). Pure: directory entries, alerts, replies and time in; snapshots, pages and on-call changes out.
 *
 * One household has at most one open incident; further alerts join it. Levels: life asks two people at a time, alarm
 * one; attention waits on the desk's tile unless a policy says that it pages; maintenance is no incident (records has
 * the alert). The ladder is the policy's (policy.h): without a file who is on duty, in order, then the captain; always
 * last the desk, whose page never expires. Nobody known, or a canary household: the desk at once.
 */
#ifndef CURTAIN_DISPATCHER_INCIDENT_H
#define CURTAIN_DISPATCHER_INCIDENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "dispatcher/duty/duty.h"
#include "dispatcher/incident/policy.h"
#include "message/message.h"

struct incident_config {
	struct duty_config duty;
	const struct policies *policies; /* borrowed; NULL = policies_preset */
	uint32_t storm_homes; /* so many homes alike within the window are one event for the desk; 0 = never */
	int64_t storm_window_ms, storm_hold_ms;
	int64_t storm_linger_ms; /* what may be one of many waits so long before anybody is asked; 0 = not */
	int64_t done_ms; /* from arrival (or the desk's accept) to an outcome before the desk is told; 0 = never */
	int64_t keep_ms; /* an incident that is over is remembered for this long, for late replies and repeated alerts
			  */
};

enum incident_effect_kind { INCIDENT_SNAPSHOT, INCIDENT_PAGE, INCIDENT_ONCALL, INCIDENT_ONCALL_GONE };

struct incident_effect {
	enum incident_effect_kind kind;
	union {
		struct incident snapshot; /* for lane "incident" and the retained topic; one an event, in order */
		struct page page;         /* sent, or withdrawn */
		struct oncall oncall;     /* a team's on-call has changed */
		char team[ID_BYTES];      /* INCIDENT_ONCALL_GONE: the team has left the directory */
	} as;
};

/* What became of what was fed; also counted. */
enum incident_verdict {
	INCIDENT_TAKEN,     /* it changed something */
	INCIDENT_REPEATED,  /* the same alert revision, or the same reply, once more */
	INCIDENT_LATE,      /* the reply comes after another one accepted, or after the end */
	INCIDENT_FOREIGN,   /* the reply is of somebody who was not asked, or names another's page */
	INCIDENT_UNKNOWN,   /* no such incident; or the clear of an alert that nobody knows */
	INCIDENT_MISPLACED, /* the reply makes no sense in this state (arrived after leaving, the desk declines) */
	INCIDENT_PASSED,    /* the alert makes no incident: maintenance, or an update of what is over */
	INCIDENT_VERDICT_COUNT
};

#define INCIDENT_EFFECTS_MAX 16

/* Effects come in order. A full list: call incident_tick with the same now for the rest, until it is not full. */
struct incident_effects {
	unsigned count;
	enum incident_verdict verdict; /* of the alert or reply that was fed */
	struct incident_effect items[INCIDENT_EFFECTS_MAX];
};

struct incident_core;

enum err incident_core_create(
	const struct incident_config *config, struct incident_core **out_core, struct errinfo *info) ERR_MUST_CHECK;
void incident_core_destroy(struct incident_core *core);
/* incident_core_configure gives it other settings from the next tick on; what is under way keeps its times. */
void incident_core_configure(struct incident_core *core, const struct incident_config *config);
/* incident_core_entry takes a directory entry. On-call changes come with the next tick; where only the desk has an
 * incident because nobody else was known or on duty, people are asked around as soon as there are some. */
enum err incident_core_entry(struct incident_core *core, const struct entry *entry, struct wall now,
	struct incident_effects *out) ERR_MUST_CHECK;
/* incident_core_book gives the rosters in force, to be changed at once; who answers now is told with the next tick. */
struct book *incident_core_book(struct incident_core *core);
/* incident_core_duty gives the directory and the rosters, to be looked at. */
const struct duty *incident_core_duty(const struct incident_core *core);
/* incident_core_serves says whether the directory has user as a volunteer of team. */
bool incident_core_serves(const struct incident_core *core, const char *team, const char *user);
/* incident_feed takes an alert at now. Ids are functions of what caused them (incident: household and first alert;
 * page: incident, user and step), so a replay gives the same ones. ERR_NOMEM is the only failure of the functions that
 * give effects. */
enum err incident_feed(struct incident_core *core, const struct alert *alert, struct wall now,
	struct incident_effects *out) ERR_MUST_CHECK;
/* incident_reply takes a reply whose user is known to be true. desk: the caller speaks for the desk whoever the user
 * is. An accept is welcome from everybody who was asked and from the desk, late or not, as long as nobody else is on
 * the way; arrived and done without an accept imply it. A decline of the responder, or of the desk for a responder who
 * does not come, hands the incident back to the ladder. */
enum err incident_reply(struct incident_core *core, const struct reply *reply, bool desk, struct wall now,
	struct incident_effects *out) ERR_MUST_CHECK;
/* incident_unreached: a page could not be brought to user on any channel: where it waits for their answer, it waits no
 * longer, and the next one is asked with the next tick. An answer that comes after all still counts. */
enum err incident_unreached(
	struct incident_core *core, const char *incident, const char *user, struct wall now) ERR_MUST_CHECK;
/* incident_tick does what is due at now: each overdue timer once. */
enum err incident_tick(struct incident_core *core, struct wall now, struct incident_effects *out) ERR_MUST_CHECK;
/* incident_due: when tick is next needed (a time in the past: at once); WALL_NEVER if nothing waits. */
struct wall incident_due(const struct incident_core *core);

/* What the directory says, for those who ask (duty.h). */
struct duty_home incident_duty_home(const struct incident_core *core, const char *household);
enum err incident_oncall(
	const struct incident_core *core, const char *team, struct wall at, struct oncall *out) ERR_MUST_CHECK;
const char *incident_key_number(
	const struct incident_core *core, const char *team, struct wall at, struct oncall *oncall);
bool incident_next_home(struct incident_core *core, char household[ID_BYTES]);

/* storm: many homes of a community that are held because they seem to have one cause (incident_storm.c). */
struct storm {
	char community[ID_BYTES];
	enum alert_kind kind;
	uint32_t homes;
	struct wall since, until; /* the first one stirred; the first one is released */
};

/* incident_storm_walk walks them: homes 0 begins; false after the last. */
bool incident_storm_walk(const struct incident_core *core, struct storm *storm);

/* storm_decision: the desk's word on all held ones of a community and kind: released, or held for so long from now. */
struct storm_decision {
	char community[ID_BYTES], user[ID_BYTES];
	enum alert_kind kind;
	bool release;
	uint32_t minutes;
};
enum err incident_storm(struct incident_core *core, const struct storm_decision *decision, struct wall now,
	unsigned *out_homes, struct incident_effects *out) ERR_MUST_CHECK;

/* incident_clock_step: the wall clock was set, by so much. What waits keeps the time that it has left. */
enum err incident_clock_step(struct incident_core *core, int64_t step_ms) ERR_MUST_CHECK;

/* State for the store. incident_dirty gives each incident changed since the last call; length 0 = forgotten. All
 * effects must have been taken. incident_restore takes one back, before or after the directory: ERR_VERSION for a blob
 * of another version, ERR_CORRUPT for a broken one. */
#define INCIDENT_STATE_BYTES_MAX 24576
struct incident_state_blob {
	char id[ID_BYTES];
	size_t length;
	unsigned char blob[INCIDENT_STATE_BYTES_MAX];
};
bool incident_dirty(struct incident_core *core, struct incident_state_blob *out_state);
enum err incident_restore(struct incident_core *core, const struct incident_state_blob *state) ERR_MUST_CHECK;
/* incident_unrestore drops one that was just restored, as if it had never been. */
void incident_unrestore(struct incident_core *core, const char *id);
/* incident_recover takes up an open incident whose state is lost, by the last snapshot that was told of it, after the
 * directory and all states: it goes on under its id, people are asked anew. Where the household has an open one, it is
 * merged into that. INCIDENT_REPEATED: the core knows it, or it is over; nothing happens. */
enum err incident_recover(struct incident_core *core, const struct incident *last, struct wall now,
	struct incident_effects *out) ERR_MUST_CHECK;

/* incident_next_state is the one table of the state machine: INCIDENT_STATE_COUNT = not legal. (The event "raised" is
 * an incident's birth and never legal afterwards.) */
enum incident_state incident_next_state(enum incident_state state, enum incident_event event);
/* incident_over: resolved or cancelled. */
bool incident_over(enum incident_state state);

/* incident_find gives the present snapshot of an incident, open or remembered; ERR_NOT_FOUND. incident_walk walks the
 * open ones in order of id: *id "" gives the first; false after the last. */
enum err incident_find(const struct incident_core *core, const char *id, struct incident *out) ERR_MUST_CHECK;
bool incident_walk(const struct incident_core *core, char id[ID_BYTES], struct incident *out);

/* incident_past walks those that are over and remembered, in no order: *at 0 begins; false after the last. */
bool incident_past(const struct incident_core *core, uint32_t *at, struct incident *out);

/* Counters since creation. */
enum incident_tally {
	INCIDENT_OPENED,
	INCIDENT_PAGES,
	INCIDENT_WITHDRAWN,
	INCIDENT_ACCEPTS,
	INCIDENT_TIMED_OUTS,
	INCIDENT_ESCALATIONS,
	INCIDENT_STORMS,
	INCIDENT_TALLY_COUNT
};
const char *incident_tally_name(enum incident_tally tally);
int64_t incident_tally(const struct incident_core *core, enum incident_tally tally);
const char *incident_verdict_name(enum incident_verdict verdict);
int64_t incident_alerts(const struct incident_core *core, enum incident_verdict verdict);
int64_t incident_replies(const struct incident_core *core, enum incident_verdict verdict);
uint32_t incident_open_count(const struct incident_core *core);

#endif
