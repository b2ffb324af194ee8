/* SPDX-License-Identifier: MIT
 *
 * incident_internal: what the core's files share. Nothing outside incident*.c includes this.
 *
 * Every event goes through case_event, which alone changes a case's state, by the one table, and pushes the snapshot.
 */
#ifndef CURTAIN_DISPATCHER_INCIDENT_INTERNAL_H
#define CURTAIN_DISPATCHER_INCIDENT_INTERNAL_H

#include <stdlib.h>

#include "base/timerq.h"
#include "dispatcher/incident/incident.h"
#include "dispatcher/table.h"

#define CASE_ALERTS_MAX 64  /* alerts that an incident knows by id; further ones are only counted */
#define CASE_PEOPLE_MAX 128 /* asked of one incident; the last two places are kept for captain and desk */
#define CASE_ALSO_MAX 8     /* further households whose incidents were merged into one */

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

enum storm_part { STORM_NONE, STORM_HELD, STORM_OVER, STORM_PARTS };

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
	enum storm_part storm;
	struct wall stirred; /* when it began, or became more urgent */
	struct wall shift;   /* until when those who serve now know of it */
	struct wall arrive_due, done_due, hint_due, again_due, linger_due, forget_due; /* WALL_NEVER = not waiting */
	uint32_t again; /* how often all were asked again since it went to the desk */
	unsigned alert_count, alert_capacity, asked_count, asked_capacity;
	struct case_alert *alerts;
	struct asked *asked;
	char (*also)[ID_BYTES]; /* households beside its own; NULL = none */
	unsigned also_count;
};

/* says: one reply and what is known of its sender. */
struct says {
	const struct reply *reply;
	struct asked *asked; /* NULL: never asked */
	bool desk;
	struct wall now;
	enum incident_verdict *verdict;
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
/* case_close ends it with RESOLVED, CANCELLED or MERGED; open pages are withdrawn. */
enum err case_close(struct incident_core *core, struct emergency *e, enum incident_event event, const char *actor,
	struct wall now) ERR_MUST_CHECK;

/* case_lead makes an alert the one that the incident is about. */
void case_lead(struct emergency *e, enum alert_kind kind, enum alert_level level, const char *reason_zh,
	const char *reason_en);
/* case_page_first: whoever waits for nothing is asked now, or, what may be one of many homes, after a while
 * (case_page_now). case_press_on: it has become more urgent. */
enum err case_page_first(struct incident_core *core, struct emergency *e, struct wall now) ERR_MUST_CHECK;
enum err case_page_now(struct incident_core *core, struct emergency *e, struct wall now) ERR_MUST_CHECK;
enum err case_press_on(struct incident_core *core, struct emergency *e, struct wall now) ERR_MUST_CHECK;

/* core_mark notes that it has something for the store. */
void core_mark(struct incident_core *core, struct emergency *e);

/* incident_case.c: the tables. */
enum err case_create(struct incident_core *core, const struct incident *first, struct emergency **out) ERR_MUST_CHECK;
/* case_open_set makes e the open one of its household; case_open_clear ends that. */
enum err case_open_set(struct incident_core *core, struct emergency *e) ERR_MUST_CHECK;
void case_open_clear(struct incident_core *core, struct emergency *e);
/* case_open_add makes e the open one of another household too; case_open_move moves all households of one to another.
 */
enum err case_open_add(struct incident_core *core, struct emergency *e, const char *household) ERR_MUST_CHECK;
enum err case_open_move(struct incident_core *core, struct emergency *from, struct emergency *into) ERR_MUST_CHECK;
struct emergency *case_find(const struct incident_core *core, const char *id);
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
/* asked_waits: the end of its page moves the incident on. */
bool asked_waits(const struct emergency *e, const struct asked *asked);

/* incident_ladder.c: who is asked. ladder_of gives its policy, ladder_pages whether its level pages at all. */
const struct policy_ladder *ladder_of(const struct incident_core *core, const struct emergency *e);
bool ladder_pages(const struct incident_core *core, const struct emergency *e);
struct asked *asked_find(struct emergency *e, const char *user);
void page_id(const char *incident, const char *user, uint32_t step, char out[ID_BYTES]);
/* ladder_climb_new asks those whom a new shift brought, if there are some. */
enum err ladder_climb_new(struct incident_core *core, struct emergency *e, struct wall now) ERR_MUST_CHECK;
/* ladder_gone: user may go somewhere now: where else a page to them waits, the next one is asked as well. */
enum err ladder_gone(struct incident_core *core, const char *user, struct wall now) ERR_MUST_CHECK;
/* ladder_begin starts a round: withdraws what is open and asks the first ones. */
enum err ladder_begin(struct incident_core *core, struct emergency *e, struct wall now) ERR_MUST_CHECK;
/* ladder_climb asks until as many pages are open as the level wants, without those of people who go elsewhere while
 * somebody free is left; escalates when nobody is left. */
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
/* ladder_urge pages the responder anew: what he is going to has become more urgent, or note says what. */
enum err ladder_urge(struct incident_core *core, struct emergency *e, const char *note, struct wall now) ERR_MUST_CHECK;
/* ladder_tell_desk pages the desk beside the responder, unless its page stands. */
enum err ladder_tell_desk(
	struct incident_core *core, struct emergency *e, const char *note, struct wall now) ERR_MUST_CHECK;
/* ladder_note_desk sends the desk a page of an incident that asks nobody now. */
enum err ladder_note_desk(
	struct incident_core *core, struct emergency *e, const char *note, struct wall now) ERR_MUST_CHECK;
/* ladder_ask_beside asks one person to come too, or to take over; ladder_withdraw_role withdraws what waits of a role.
 */
enum err ladder_ask_beside(struct incident_core *core, struct emergency *e, const char *user, enum page_role role,
	struct wall expires, const char *note, struct wall now) ERR_MUST_CHECK;
enum err ladder_withdraw_role(
	struct incident_core *core, struct emergency *e, enum page_role role, struct wall now) ERR_MUST_CHECK;
/* ladder_ask pages one person, ladder_page_desk the desk, in a step of their own if somebody was asked before. */
enum err ladder_ask(struct incident_core *core, struct emergency *e, const char *user, enum page_role role,
	struct wall expires, const char *note, struct wall now) ERR_MUST_CHECK;
enum err ladder_page_desk(struct incident_core *core, struct emergency *e, const char *desk, const char *note,
	struct wall now) ERR_MUST_CHECK;
/* ladder_elsewhere: user is on the way to another home, or there; whoever is overdue with it may have forgotten to say
 * so. */
bool ladder_elsewhere(const struct incident_core *core, const struct emergency *but, const char *user);
/* ladder_has_key: user is one of those with a key to the household. */
bool ladder_has_key(const struct incident_core *core, const struct emergency *e, const char *user);
/* ladder_waits: only the desk was ever asked, because nobody else was known. */
bool ladder_waits(const struct incident_core *core, struct emergency *e, struct wall now);

/* incident_again.c: nobody has answered. again_begin sets the timers when it has gone to the desk; again_tick does what
 * is due. again_ms: after how long it is asked again; 0 = not. */
void again_begin(const struct incident_core *core, struct emergency *e, struct wall now);
enum err again_tick(struct incident_core *core, struct emergency *e, struct wall now) ERR_MUST_CHECK;
int64_t again_ms(const struct incident_core *core, const struct emergency *e);

/* incident_reply.c */
static inline bool role_is_beside(enum page_role role)
{
	return role == PAGE_SECOND || role == PAGE_KEY || role == PAGE_RELIEF;
}

/* case_going: somebody is on the way, or there. */
static inline bool case_going(const struct emergency *e)
{
	return e->now.state == INCIDENT_ACCEPTED || e->now.state == INCIDENT_ON_SITE;
}

/* core_absent: user is absent now, and not on duty. */
static inline bool core_absent(const struct incident_core *core, const char *user, struct wall now)
{
	return duty_absent(core->duty, user, now);
}

/* says_verdict judges a reply; its value is what the caller returns. says_is: the sender is this user. */
enum err says_verdict(const struct says *says, enum incident_verdict verdict) ERR_MUST_CHECK;
bool says_is(const char *user, const struct says *says);

/* incident_storm.c: storm_take holds it if it is one of many alike; *out_held says whether it is. */
bool storm_may_be(const struct incident_core *core, const struct emergency *e);
enum err storm_take(struct incident_core *core, struct emergency *e, struct wall now, bool *out_held) ERR_MUST_CHECK;

/* incident_arrange.c: arrange_shift tells those who come on duty of an open incident. */
enum err arrange_shift(struct incident_core *core, struct emergency *e, struct wall now) ERR_MUST_CHECK;
/* arrange_take does what is not going or coming back. */
enum err arrange_take(struct incident_core *core, struct emergency *e, const struct says *says) ERR_MUST_CHECK;
/* arrange_expect sets when the responder is late, from what they said (0 = nothing) and the household's policy. */
void arrange_expect(struct incident_core *core, struct emergency *e, uint32_t minutes, struct wall now);
/* arrange_second asks the next one to come too (PAGE_SECOND, PAGE_KEY); the desk when nobody is left. */
enum err arrange_second(
	struct incident_core *core, struct emergency *e, enum page_role role, struct wall now) ERR_MUST_CHECK;
/* arrange_company asks for who shall come too by the policy, as soon as somebody goes. */
enum err arrange_company(struct incident_core *core, struct emergency *e, struct wall now) ERR_MUST_CHECK;
/* Who was asked beside the responder comes (arrange_beside_in), or does not (arrange_beside_out). */
enum err arrange_beside_in(struct incident_core *core, struct emergency *e, struct asked *asked, uint32_t minutes,
	struct wall now) ERR_MUST_CHECK;
enum err arrange_beside_out(
	struct incident_core *core, struct emergency *e, struct asked *asked, struct wall now) ERR_MUST_CHECK;
/* arrange_promote: the second person is the responder now. */
enum err arrange_promote(struct incident_core *core, struct emergency *e, struct wall now) ERR_MUST_CHECK;
/* arrange_release ends a silence: people are asked. */
enum err arrange_release(
	struct incident_core *core, struct emergency *e, const char *actor, struct wall now) ERR_MUST_CHECK;

#endif
