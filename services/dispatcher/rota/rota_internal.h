/* SPDX-License-Identifier: MIT
 *
 * rota_internal: what rota.c (matters, table, changes), rota_swap.c, rota_cover.c, rota_watch.c (reminders, summaries),
 * rota_reach.c, rota_rules.c, rota_aways.c, rota_text.c and rota_state.c (the store's form) share.
 */
#ifndef CURTAIN_DISPATCHER_ROTA_INTERNAL_H
#define CURTAIN_DISPATCHER_ROTA_INTERNAL_H

#include <stdlib.h>

#include "dispatcher/rota/rota.h"
#include "dispatcher/table.h"

enum rota_stage { /* bits of a matter's stages */
	STAGE_DAY = 1,
	STAGE_HOUR = 2,
	STAGE_START = 4,
	STAGE_CAPTAIN = 8, /* cover: the captain knows ... */
	STAGE_DESK = 16    /* ... and the desk */
};

enum rota_no { ASKED_WAITS, ASKED_NO, ASKED_YES };

struct rota_asked {
	char user[ID_BYTES];
	enum rota_no answer;
};

struct matter {
	UT_hash_handle hh;
	char id[ID_BYTES];
	enum rota_kind kind;
	enum rota_state state;
	char team[ID_BYTES], by[ID_BYTES], other[ID_BYTES]; /* other: SWAP: who is to have it; COVER: whose it was */
	struct book_duty duty; /* user "": nobody has it (COVER); ABSENCE: user and from..until */
	struct book_duty back; /* SWAP: shift "" = none */
	unsigned stages, asked_count;
	unsigned holders; /* COVER: who has such a duty beside it, before a change; not stored */
	uint32_t round;   /* how often it was begun anew, in ids */
	struct wall opened, due, forget;
	struct rota_asked asked[ROTA_ASKED_MAX];
	bool dirty;
};

struct gone {
	UT_hash_handle hh;
	char id[ID_BYTES];
};

struct rule_span {
	struct rule_span *next; /* published before: where both lie it is this one that holds */
	struct wall from, until;
	struct rota_rules rules;
};

struct rule_page {
	UT_hash_handle hh;
	char team[ID_BYTES];
	struct rule_span *first;
};

/* away: of a roster's task (rota_aways_put); a row of the store under an id of its own. */
#define AWAY_PREFIX "away-"
struct away {
	struct away *next; /* of the same user */
	char id[ID_BYTES], team[ID_BYTES];
	struct wall from, until;
	bool dirty;
};

struct away_page {
	UT_hash_handle hh;
	char user[ID_BYTES];
	struct away *first;
};

struct next_duty { /* somebody's next duty, before a change */
	char user[ID_BYTES], shift[ID_BYTES];
	struct wall from;
	bool told; /* of this change, by another notice */
};

struct rota {
	struct rota_config config;
	const struct duty *duty;
	struct book *book;
	struct matter *matters;
	struct gone *gone; /* to be deleted from the store */
	struct rule_page *rules;
	struct away_page *aways;
	bool aways_dirty; /* one of them is, maybe */
	struct rota_effect *queue;
	unsigned head, count, capacity;
	struct next_duty *before;
	unsigned before_count, before_capacity;
	struct wall scan_due; /* when a duty needs a watch next; WALL_NONE: to be found out */
	struct wall told_day; /* the last summary's time; WALL_NONE: none yet */
	bool told_dirty;
};

/* rota.c */
struct matter *matter_find(const struct rota *rota, const char *id);
enum err matter_make(struct rota *rota, enum rota_kind kind, const char *team, const struct book_duty *duty,
	const char *other, struct wall now, struct matter **out) ERR_MUST_CHECK;
/* matter_name gives an id that no matter has: the same cause once more begins another round. */
void matter_name(const struct rota *rota, struct matter *m);
/* matter_move moves it by a legal event; a final one waits for nothing more and is forgotten when its duty is over. */
void matter_move(struct matter *m, enum rota_event event, struct wall now);
/* matter_live gives the one of a kind that is not final and whose duty is this one's shift and begin; user "" = any. */
struct matter *matter_live(
	struct rota *rota, enum rota_kind kind, const char *team, const struct book_duty *duty, const char *user);
enum err rota_book(struct rota *rota, const char *team) ERR_MUST_CHECK;
/* rota_told: somebody knows by another notice of the change that began with rota_before. rota_settle tells whose next
 * duty has moved and sees to the team's matters. */
void rota_told(struct rota *rota, const char *user);
enum err rota_settle(struct rota *rota, const char *team, struct wall now) ERR_MUST_CHECK;
const char *rota_captain(const struct rota *rota, const char *team, struct duty_people *people);
void rota_absence_apply(struct rota *rota, const char *team, const struct matter *absence, struct wall now,
	unsigned *opened, enum err *err);
/* rota_near: both are teams of one community, and help each other. rota_reaches: user is of the team, or of one near
 * it.
 */
bool rota_near(const struct rota *rota, const char *team, const char *other);
bool rota_reaches(const struct rota *rota, const char *team, const char *user);
/* rota_is_absent: they have said so; aways_at: by the roster's task. */
bool rota_is_absent(const struct rota *rota, const char *user, const struct book_duty *duty);

/* rota_rules.c */
void rules_free(struct rota *rota);

/* rota_aways.c */
bool aways_at(const struct rota *rota, const char *user, struct wall from, struct wall until);
/* aways_end: user is back; aways_make takes one, aways_free all. */
enum err aways_end(struct rota *rota, const char *user, struct wall now) ERR_MUST_CHECK;
enum err aways_make(
	struct rota *rota, const char *team, const struct rota_span *away, struct away **out) ERR_MUST_CHECK;
void aways_free(struct rota *rota);

/* rota_swap.c, rota_cover.c, rota_watch.c: replies, time, and a book that has changed. */
enum err swap_reply(struct rota *rota, struct matter *m, const char *user, bool yes, struct wall now,
	struct rota_answer *out) ERR_MUST_CHECK;
enum err swap_tick(struct rota *rota, struct matter *m, struct wall now) ERR_MUST_CHECK;
enum err swap_check(struct rota *rota, struct matter *m, struct wall now) ERR_MUST_CHECK;
enum err swap_off(struct rota *rota, struct matter *m, enum rota_event event, const char *why_zh, const char *why_en,
	struct wall now) ERR_MUST_CHECK;
enum err cover_reply(struct rota *rota, struct matter *m, const char *user, bool yes, struct wall now,
	struct rota_answer *out) ERR_MUST_CHECK;
enum err cover_tick(struct rota *rota, struct matter *m, struct wall now) ERR_MUST_CHECK;
enum err cover_check(struct rota *rota, struct matter *m, bool whole, struct wall now) ERR_MUST_CHECK;
enum err cover_open(struct rota *rota, const char *team, const struct book_duty *duty, const char *of, struct wall now,
	struct matter **out) ERR_MUST_CHECK;
/* cover_gap takes a duty away from who has it and asks for somebody else; a request that is under way goes on as one
 * for a gap. Between rota_before and rota_settle. */
enum err cover_gap(struct rota *rota, const char *team, const struct book_duty *duty, struct wall now) ERR_MUST_CHECK;
/* cover_holders: how many have a duty of that shift and begin. */
unsigned cover_holders(const struct rota *rota, const struct matter *m);
const struct rota_asked *cover_asked_find(const struct matter *m, const char *user);
enum err cover_end(struct rota *rota, struct matter *m, enum rota_event event, struct wall now) ERR_MUST_CHECK;
enum err watch_reply(struct rota *rota, struct matter *m, const char *user, bool yes, struct wall now,
	struct rota_answer *out) ERR_MUST_CHECK;
enum err watch_tick(struct rota *rota, struct matter *m, struct wall now) ERR_MUST_CHECK;
/* watch_scan makes watches over the duties that begin soon; adopt: what is past is not told, they know already. */
enum err watch_scan(struct rota *rota, const char *team, bool adopt, struct wall now) ERR_MUST_CHECK;
struct wall watch_summary_due(const struct rota *rota, struct wall now);
enum err watch_summaries(struct rota *rota, struct wall now) ERR_MUST_CHECK;

/* rota_reach.c: who may be asked, in this order, at most ROTA_REACH_MAX; the first *out_own are of the team. */
#define ROTA_REACH_MAX (ROTA_ASKED_MAX * 2)
unsigned rota_reach(const struct rota *rota, const struct matter *m, struct cover *out, unsigned *out_own);
void rota_why_open(struct rota *rota, const struct matter *m, struct rota_why *out);

/* rota_text.c: rota_tell queues a notice; the texts are printf formats' results. A notice that was queued is final. */
struct said {
	char zh[NOTICE_BYTES], en[NOTICE_BYTES];
};
enum err rota_tell(struct rota *rota, const struct matter *m, const char *user, enum notice_kind kind,
	struct wall expires, const struct said *said, struct wall now) ERR_MUST_CHECK;
enum err rota_queue(struct rota *rota, const struct rota_effect *effect) ERR_MUST_CHECK;
void say(struct said *said, const char *zh, const char *en, ...)
	__attribute__((format(printf, 2, 4), format(printf, 3, 4)));
/* duty_words writes "12-07 19:00 night-primary". */
#define DUTY_WORDS_BYTES (ID_BYTES + 24)
const char *duty_words(const struct rota *rota, const struct book_duty *duty, char out[DUTY_WORDS_BYTES]);
const char *rota_bar_words(enum rota_bar bar, bool english);

#endif
