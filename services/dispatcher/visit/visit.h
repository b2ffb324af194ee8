/* SPDX-License-Identifier: MIT
 *
 * visit: who sees whom when, what is found there and what follows from it (docs/visit.md has the picture). Pure:
 * directory entries, replies, requests and time in; snapshots of errands out, each with those who are told of it.
 *
 * An errand is a visit, a task or a service. A home whose registry entry has wishes (ENTRY_CARE) has at most one visit
 * that is not over: it is opened ahead of the day it is due, offered to one companion after the other (visit_match.c),
 * agreed for a part of a day, made or missed. Findings of a checklist become tasks. A service is asked for, offered to
 * providers, or to companions where teams do it themselves. What stays undone climbs: captain, then desk.
 *
 * Cost: an entry, a reply, a request O(log n). A tick is O(k log n) for k that are due, and for each visit that is
 * offered O(companions of the community x days of its window). Walks are O(n) errands. An errand takes about 5 KB and
 * stays for keep_ms after its end. Results do not depend on the order of entries, nor on a restart.
 */
#ifndef CURTAIN_DISPATCHER_VISIT_H
#define CURTAIN_DISPATCHER_VISIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "dispatcher/visit/visit_rules.h"
#include "message/message.h"

struct visit_config {
	const struct zone *zone;         /* borrowed */
	const struct visit_rules *rules; /* borrowed */
	char desk[ID_BYTES];             /* of teams that name none */
	/* answers whether user is away at some time of from..until; NULL: nobody is */
	bool (*away)(const void *context, const char *user, struct wall from, struct wall until);
	const void *context;
};

#define VISIT_TELL_MAX 4

/* visit_effect: one event of one errand, for lane "visit", and the users at whose topic it is to appear too. */
struct visit_effect {
	struct errand errand;
	char asked[ID_BYTES];  /* offered: who is asked; else who was asked and need not answer any more; "" = nobody */
	struct wall answer_by; /* with asked: until when an answer counts, or would have counted */
	uint8_t tell_count;
	char tell[VISIT_TELL_MAX][ID_BYTES];
};

enum visit_verdict {
	VISIT_TAKEN,
	VISIT_REPEATED,  /* it is so already */
	VISIT_LATE,      /* another was asked meanwhile, or it is over */
	VISIT_FOREIGN,   /* the user has no part in it, or may not say this */
	VISIT_UNKNOWN,   /* no such errand */
	VISIT_MISPLACED, /* makes no sense in this state or for this kind */
	VISIT_BAD,       /* fault says what is wrong with it */
	VISIT_VERDICT_COUNT
};

#define VISIT_EFFECTS_MAX 8
#define VISIT_READERS_MAX 8
#define VISIT_FAULT_BYTES 200

/* Effects come in order. A full list: call visit_rest, or visit_tick with the same now, for the rest, until it is
 * not full. A full list of readers: visit_tick gives more. */
struct visit_effects {
	unsigned count;
	enum visit_verdict verdict; /* of the reply or request that was fed */
	char fault[VISIT_FAULT_BYTES];
	char id[ID_BYTES]; /* of the errand that a request made */
	struct visit_effect items[VISIT_EFFECTS_MAX];
	unsigned reader_count; /* of visit_tick: who is to be told now what their stops of today are */
	char readers[VISIT_READERS_MAX][ID_BYTES]; /* (visit_day_notice); each once a day, nobody who has none */
};

/* visit_pages gives what those who are told get over channels: a question to who is asked, which expires; its
 * withdrawal when it is another's, or over; a notice to the others but who did it. Holds ids, hours and the errand's
 * reason, and no note of a person. Returns how many; the first is the most important. */
#define VISIT_PAGES_MAX (VISIT_TELL_MAX + 1)
unsigned visit_pages(
	const struct visit_effect *effect, const struct zone *zone, struct page out_pages[VISIT_PAGES_MAX]);

/* visit_words names an errand by the household's id and its hours; both texts are cut to size bytes. */
void visit_words(const struct errand *errand, const struct zone *zone, char *out_zh, char *out_en, size_t size);

/* visit_role gives the role of pages about errands of a kind. */
enum page_role visit_role(enum errand_kind kind);

struct visit_core;

enum err visit_core_create(
	const struct visit_config *config, struct visit_core **out_core, struct errinfo *info) ERR_MUST_CHECK;
void visit_core_destroy(struct visit_core *core);
/* visit_core_configure gives it other rules from the next tick on; what is agreed keeps its times. */
void visit_core_configure(struct visit_core *core, const struct visit_config *config);
/* visit_core_entry takes a directory entry (household, team, volunteer, care, companion, service; others are passed
 * over); what follows from it comes with the next tick. ERR_NOMEM is the only failure of the functions that change
 * something. */
enum err visit_core_entry(struct visit_core *core, const struct entry *entry, struct wall now) ERR_MUST_CHECK;

enum visit_action {
	VISIT_ACCEPT,  /* of an offer; by the desk for a user (to) or a provider, with another time if it says one */
	VISIT_DECLINE, /* of an offer, or later: it goes to another */
	VISIT_START,   /* at the door, or at it */
	VISIT_ANSWER,  /* the checklist, filled in; may be said again until it is confirmed */
	VISIT_FINISH,  /* done; a visit without `seen` says that the elder was seen at `at` */
	VISIT_NOT_MET, /* nobody opened: missed, and the desk knows at once */
	VISIT_CONFIRM, /* the elder says that it was done */
	VISIT_REFUSE,  /* the elder does not want it, or says that it was not done; with a note */
	VISIT_MOVE,    /* to another time; with from and until */
	VISIT_NOTE,
	VISIT_CANCEL,
	VISIT_ACTION_COUNT
};

/* visit_reply: what somebody says about an errand. */
struct visit_reply {
	char errand[ID_BYTES];
	char user[ID_BYTES]; /* true: the shell knows */
	enum visit_action action;
	struct wall at;
	char to[ID_BYTES];       /* VISIT_ACCEPT by captain or desk: who does it; else "" */
	struct wall from, until; /* VISIT_MOVE, may be with VISIT_ACCEPT; else WALL_NONE */
	struct wall seen;        /* VISIT_START, ANSWER, FINISH; WALL_NONE = not said */
	char note[NOTE_BYTES];
	uint8_t answer_count;
	struct errand_answer answers[ERRAND_ANSWERS_MAX]; /* VISIT_ANSWER, FINISH; items left out were not asked */
};

#define VISIT_AHEAD_MS (400 * MS_PER_DAY) /* nothing is asked for or agreed beyond */

/* visit_say takes a reply. desk: the user speaks for the desk. Who was offered it accepts and declines; assignee and
 * provider say how it goes; the captain and the desk say all. */
enum err visit_say(struct visit_core *core, const struct visit_reply *reply, bool desk, struct wall now,
	struct visit_effects *out) ERR_MUST_CHECK;
/* visit_absent: it has just become known that user is away from..until. What they were asked for or have agreed to
 * whose time overlaps with that, is not over and not under way, goes to another as if they had declined it; they know,
 * and of what was agreed the captain. A task stays: it is due at a day, and climbs. */
enum err visit_absent(struct visit_core *core, const char *user, struct wall from, struct wall until, struct wall now,
	struct visit_effects *out) ERR_MUST_CHECK;
/* visit_is_of: user has the errand or is asked for it now, or is its captain or desk. */
bool visit_is_of(const struct visit_core *core, const char *errand, const char *user);

/* visit_request, given to visit_ask: what a household asks for: a service by its id, or a visit (VISIT_CHAT, or a
 * checklist). */
struct visit_request {
	char household[ID_BYTES], what[WORD_BYTES];
	char user[ID_BYTES];     /* who asks on its behalf */
	struct wall from, until; /* when it would suit; WALL_NONE = as soon as it can be, within a week */
	char note[NOTE_BYTES];
};
enum err visit_ask(struct visit_core *core, const struct visit_request *request, struct wall now,
	struct visit_effects *out) ERR_MUST_CHECK;

/* visit_tick does what is due at now: each overdue timer once. visit_due: when it is next needed (a time in the past:
 * at once); WALL_NEVER if nothing waits. */
enum err visit_tick(struct visit_core *core, struct wall now, struct visit_effects *out) ERR_MUST_CHECK;
/* visit_rest gives what a full list left, and does nothing further: a call of visit_tick and those of visit_rest until
 * the list is not full take a few milliseconds however many homes are due, and visit_due says that more waits. */
void visit_rest(struct visit_core *core, struct visit_effects *out);
struct wall visit_due(const struct visit_core *core);

/* State for the store. visit_dirty gives each home and errand changed since the last call, and how far the day's plans
 * are told; length 0 = forgotten. All effects must have been taken. visit_restore takes one back, before or after the
 * directory, whole or not at all. */
#define VISIT_STATE_BYTES_MAX 8192
enum visit_row { VISIT_ROW_ERRAND, VISIT_ROW_HOME, VISIT_ROW_MORNING, VISIT_ROW_COUNT }; /* the store has the numbers */
struct visit_blob {
	enum visit_row row;
	char id[ID_BYTES]; /* of the errand, or the household; there is one row of the mornings */
	size_t length;
	unsigned char blob[VISIT_STATE_BYTES_MAX];
};
bool visit_dirty(struct visit_core *core, struct visit_blob *out_blob);
enum err visit_restore(struct visit_core *core, const struct visit_blob *blob) ERR_MUST_CHECK;
/* visit_unrestore drops an errand that was just restored, as if it had never been. */
void visit_unrestore(struct visit_core *core, const char *id);

/* visit_next_state is the one table of the state machine: ERRAND_STATE_COUNT = not legal. ("opened" is an errand's
 * birth and never legal afterwards.) visit_over: confirmed, refused, missed or cancelled. A done one may still be
 * confirmed, a missed one may turn out to be done. */
enum errand_state visit_next_state(enum errand_state state, enum errand_event event);
bool visit_over(enum errand_state state);

/* visit_find gives the present snapshot, ERR_NOT_FOUND. visit_walk walks all that are remembered, in no fixed order:
 * *at 0 begins; false after the last. */
enum err visit_find(const struct visit_core *core, const char *id, struct errand *out) ERR_MUST_CHECK;
const struct errand *visit_walk(const struct visit_core *core, uint32_t *at);

/* visit_home: how a household stands. visit_home_walk walks the homes that are visited: *at 0 begins. */
struct visit_home {
	const char *household, *team;
	uint16_t every_days; /* 0 = not by itself */
	struct wall last;    /* the elder was last seen by a visitor; WALL_NONE = never yet */
	int32_t due;         /* local day on which the next one is due; DAY_NONE = none is */
	const char *visit;   /* the one that is not over; "" = none */
	const char *list;    /* the next one's checklist; "" = none */
	uint8_t missed;      /* in a row */
};
bool visit_home_walk(const struct visit_core *core, uint32_t *at, struct visit_home *out);

/* Why somebody may not be asked. */
enum visit_bar {
	VISIT_FREE,
	VISIT_BAR_NO_OFFER,   /* offers no visits */
	VISIT_BAR_UNVERIFIED, /* identity and training were not seen */
	VISIT_BAR_AREA,       /* another community, or beyond reach */
	VISIT_BAR_UNWANTED,   /* by the elder */
	VISIT_BAR_SEX,        /* the elder wants a woman, or a man */
	VISIT_BAR_LANGUAGE,   /* none in common */
	VISIT_BAR_DECLINED,   /* has said no, or nothing */
	VISIT_BAR_FULL,       /* as many visits as offered, or no part of a day left */
	VISIT_BAR_ABSENT,     /* away in each part of a day that is left */
	VISIT_BAR_COUNT
};
const char *visit_bar_name(enum visit_bar bar);

/* visit_candidate: one companion for one errand: barred, or with a time and what it costs, part by part. */
struct visit_candidate {
	char user[ID_BYTES];
	enum visit_bar bar;
	struct wall from, until;
	double cost[VISIT_COST_COUNT], sum;
};
/* visit_explain gives those who could be asked now, best first, and how many each bar keeps off (VISIT_FREE: those who
 * could). ERR_NOT_FOUND: no such errand; ERR_STATE: it is not of the kind that companions do. */
#define VISIT_CANDIDATES_MAX 8
struct visit_explanation {
	unsigned count;
	struct visit_candidate best[VISIT_CANDIDATES_MAX];
	uint32_t bars[VISIT_BAR_COUNT];
};
enum err visit_explain(
	const struct visit_core *core, const char *id, struct wall now, struct visit_explanation *out) ERR_MUST_CHECK;

/* visit_day gives what a companion has agreed to on a local day, in the order to walk. */
struct visit_stop {
	const struct errand *errand;
	struct wall arrive; /* when they are there if they walk as the rules say and begin with the first window */
	double km;          /* from the stop before, or from home */
};
unsigned visit_day(const struct visit_core *core, const char *user, int32_t day, struct visit_stop *stops, unsigned max,
	double *out_km);
/* visit_day_notice gives what a reader (visit_effects) is told at now: the stops of now's local day in the order to
 * walk, by the households' ids, with their hours. Said again, it has the same id. false: no stops. */
bool visit_day_notice(const struct visit_core *core, const char *user, struct wall now, struct duty_notice *out);
/* visit_day_of gives the local day of a time. */
int32_t visit_day_of(const struct visit_core *core, struct wall at);

/* Counters since creation. */
enum visit_tally {
	VISIT_OPENED,
	VISIT_OFFERS,
	VISIT_DECLINES,
	VISIT_UNANSWERED,
	VISIT_DONES,
	VISIT_MISSES,
	VISIT_TASKS,
	VISIT_CLIMBS,
	VISIT_PLANS_TOLD,
	VISIT_TALLY_COUNT
};
const char *visit_tally_name(enum visit_tally tally);
int64_t visit_tally(const struct visit_core *core, enum visit_tally tally);
const char *visit_action_name(enum visit_action action);
enum err visit_action_find(const char *name, enum visit_action *out) ERR_MUST_CHECK;
const char *visit_verdict_name(enum visit_verdict verdict);
int64_t visit_replies(const struct visit_core *core, enum visit_verdict verdict);
uint32_t visit_live_count(const struct visit_core *core);

#endif
