/* SPDX-License-Identifier: MIT
 *
 * What the files of the visit core share. Rows are made by whoever names them first, so that entries and states may
 * come in any order; nothing is decided while they come, only at a tick, in order of (due, id).
 */
#ifndef CURTAIN_DISPATCHER_VISIT_INTERNAL_H
#define CURTAIN_DISPATCHER_VISIT_INTERNAL_H

#include <assert.h>
#include <stdlib.h>

#include "base/timerq.h"
#include "dispatcher/visit/visit.h"
#include "dispatcher/table.h"

#define FRIENDS_MAX 12
#define ASKED_MAX 24              /* so many are asked for one errand; then it is the captain's */
#define ANSWER_MIN_MS MS_PER_HOUR /* before it begins, to answer an offer */

struct team {
	UT_hash_handle hh;
	char id[ID_BYTES], community[ID_BYTES], captain[ID_BYTES], desk[ID_BYTES];
};

struct person {
	UT_hash_handle hh;
	char id[ID_BYTES];
	struct team *team; /* NULL = no volunteer (any more) */
	bool gone;         /* the directory said that they left */
	bool offers;       /* a companion */
	struct companion offer;
	struct job *jobs; /* all that are remembered with this assignee */
};

struct service {
	UT_hash_handle hh;
	char id[ID_BYTES];
	bool known;
	struct offering offering;
};

/* friend: how earlier visits of one companion went. */
struct friend
{
	char user[ID_BYTES];
	uint16_t good, bad;
	struct wall last;
};

struct check_day {
	char name[WORD_BYTES];
	int32_t day;
};

struct home {
	UT_hash_handle hh;
	char id[ID_BYTES];
	uint32_t slot;
	bool dirty;
	/* of the directory */
	bool known, gone, canary, cared; /* gone: the directory said that it left */
	char community[ID_BYTES], team[ID_BYTES];
	struct wall away_from, away_until;
	struct care care;
	/* of the store */
	struct wall since; /* first known as one to be visited; WALL_NONE = never yet */
	struct wall last;  /* last seen by a visitor */
	int32_t turn;      /* day of the last visit that is over, however it ended; DAY_NONE = none */
	struct wall again; /* away: not looked at before; WALL_NONE */
	int32_t pause;     /* not before this day; DAY_NONE */
	uint8_t missed;    /* in a row */
	uint32_t made;     /* errands ever made here: the next one's number */
	uint8_t check_count, friend_count;
	struct check_day checks[CHECKLISTS_MAX];
	struct friend friends[FRIENDS_MAX];
	/* of now */
	struct job *visit; /* the one that is not over */
	struct job *jobs;
};

struct job {
	UT_hash_handle hh; /* by now.id */
	uint32_t slot;
	bool dirty;
	struct errand now;
	struct home *home;
	struct person *holder; /* of the assignee; NULL = none */
	struct job *next_of_home, *next_of_holder;
	struct wall want_from, want_until; /* the window, before a time was proposed */
	int32_t due_day;
	char offered[ID_BYTES]; /* OFFERED: who is asked; of the store by assignee and provider */
	struct wall answer_due; /* OFFERED */
	struct wall again_due;  /* OPEN: when people are asked again */
	struct wall climb_due;
	uint8_t asked_count;
	char asked[ASKED_MAX][ID_BYTES]; /* users and providers who said no, or nothing */
};

/* question: who is asked, or was asked before an event, until when; asked "": nobody. */
struct question {
	char asked[ID_BYTES];
	struct wall by;
};

/* morning: how far the plans of the day are told. */
struct morning {
	int32_t day;          /* the latest that was begun; DAY_NONE = none yet */
	bool open;            /* there may be more to tell ... */
	char after[ID_BYTES]; /* ... of people whose ids follow this one */
	bool dirty;
};

struct tomb {
	struct tomb *next;
	bool home;
	char id[ID_BYTES];
};

/* timers: homes by slot * 2, jobs by slot * 2 + 1. */
struct visit_core {
	struct visit_config config;
	struct team *teams;
	struct person *people;
	struct service *services;
	struct home *homes, **home_slots;
	struct job *jobs, **job_slots;
	uint32_t home_count, home_capacity, job_count, job_capacity;
	uint32_t *free_slots, free_count, free_capacity; /* of jobs */
	struct timerq timers;
	struct morning morning;
	bool arm_all; /* rules have changed: at the next tick */
	struct tomb *tombs;
	uint32_t dirty_homes_from, dirty_jobs_from;
	struct visit_effect *queue;
	unsigned queue_head, queue_count, queue_capacity;
	uint32_t live;
	int64_t tallies[VISIT_TALLY_COUNT], verdicts[VISIT_VERDICT_COUNT];
};

/* visit.c: time. Days are local. */
int32_t core_day(const struct visit_core *core, struct wall at);
struct wall core_at(const struct visit_core *core, int32_t day, unsigned minute);

/* visit_table.c: rows are found or made; NULL = no memory. */
struct home *home_row(struct visit_core *core, const char *id);
struct person *person_row(struct visit_core *core, const char *id);
struct team *team_row(struct visit_core *core, const char *id);
struct service *service_row(struct visit_core *core, const char *id);
struct job *job_find(const struct visit_core *core, const char *id);
/* job_make makes one as first says; nothing is told yet. */
enum err job_make(
	struct visit_core *core, struct home *home, const struct errand *first, struct job **out) ERR_MUST_CHECK;
/* job_open makes one and tells that it is wanted: id from the home's number and `what`, revision 1. */
enum err job_open(struct visit_core *core, struct home *home, struct errand *first, const char *actor, int32_t due_day,
	struct wall now, struct job **out) ERR_MUST_CHECK;
/* job_event moves a job by one event that must be legal, pushes its snapshot, and arms its timer. tell: a NULL-ended
 * list of users, "" is passed over. note replaces the former one; NULL keeps it. */
enum err job_event(struct visit_core *core, struct job *job, enum errand_event event, const char *actor,
	const char *note, const char *const *tell, struct wall now) ERR_MUST_CHECK;
/* job_note_offered sets who is asked by the errand's state. */
void job_note_offered(struct job *job);
void job_assign(struct visit_core *core, struct job *job, const char *user);
enum err job_arm(struct visit_core *core, struct job *job) ERR_MUST_CHECK;
void job_dirty(struct visit_core *core, struct job *job);
void home_dirty(struct visit_core *core, struct home *home);
void job_forget(struct visit_core *core, struct job *job);
/* job_discard drops one that the store does not know. */
void job_discard(struct visit_core *core, struct job *job);
void job_note_asked(struct job *job, const char *user);
bool job_was_asked(const struct job *job, const char *user);
bool job_legal(const struct job *job, enum errand_event event);
bool job_live(const struct job *job); /* not over, and not done */
/* job_left: who is asked, or has agreed, has left, or the elder does not want them (any more). */
bool job_left(const struct job *job);
bool home_refuses(const struct home *home, const char *user);
const char *job_captain(const struct visit_core *core, const struct job *job); /* "" = none */
const char *job_desk(const struct visit_core *core, const struct job *job);
enum err job_push(struct visit_core *core, const struct job *job, const char *const *tell,
	const struct question *question) ERR_MUST_CHECK;
void visit_give(struct visit_core *core, struct visit_effects *out);

/* visit_plan.c: when homes are due. home_arm sets a home's timer anew. home_ended notes how a visit ended. */
uint16_t home_every(const struct visit_core *core, const struct home *home);
int32_t home_due_day(const struct visit_core *core, const struct home *home, const struct checklist **out_list);
enum err home_arm(struct visit_core *core, struct home *home) ERR_MUST_CHECK;
enum err home_tick(struct visit_core *core, struct home *home, struct wall now) ERR_MUST_CHECK;
enum err home_ended(struct visit_core *core, struct job *job, struct wall now) ERR_MUST_CHECK;
/* home_met notes that a visitor saw the elder. */
void home_met(struct visit_core *core, struct job *job, bool good, struct wall now);

/* visit_offer.c: job_offer asks the next one: provider or companion; who nobody is left for climbs. */
enum err job_offer(struct visit_core *core, struct job *job, struct wall now) ERR_MUST_CHECK;
enum err job_climb(struct visit_core *core, struct job *job, const char *note, struct wall now) ERR_MUST_CHECK;
enum err job_tick(struct visit_core *core, struct job *job, struct wall now) ERR_MUST_CHECK;
/* job_take_back takes it from who was asked or had agreed, and asks the next one. The captain knows of what was agreed;
 * told ("" = nobody) of both. */
enum err job_take_back(
	struct visit_core *core, struct job *job, const char *why, const char *told, struct wall now) ERR_MUST_CHECK;
bool job_for_companions(const struct visit_core *core, const struct job *job);

/* visit_match.c: match_best gives the best `keep` (at most VISIT_CANDIDATES_MAX) and how many each bar keeps off. */
void match_best(const struct visit_core *core, const struct job *job, struct wall now, struct visit_explanation *out,
	unsigned keep);

/* job_is_stop: agreed to, or under way, and begins on the day. */
bool job_is_stop(const struct visit_core *core, const struct job *job, int32_t day);

/* visit_morning.c: morning_tick takes the next readers; morning_due: when it is next needed. */
struct wall morning_due(const struct visit_core *core);
void morning_tick(struct visit_core *core, struct wall now, struct visit_effects *out);

/* visit_check.c: answers of a checklist. check_answers gives what is wrong with them, NULL = nothing; fault is
 * VISIT_FAULT_BYTES. check_take notes them and makes tasks of findings. */
const char *check_answers(
	const struct visit_core *core, const struct job *job, const struct visit_reply *reply, char *fault);
enum err check_take(
	struct visit_core *core, struct job *job, const struct visit_reply *reply, struct wall now) ERR_MUST_CHECK;

#endif
