/* SPDX-License-Identifier: MIT
 *
 * rota: what happens to duties once they are in force (docs/roster.md has the table of states): swaps by consent, cover
 * requests for open duties, absences, reminders, notes. Pure: directory, book of duties, wishes, replies and time in;
 * notices and changes of the book out. It changes the book itself: a change is valid at once, for pages too.
 *
 * A matter is one swap, one cover request, one absence, or the watch over one duty that is about to begin. Its id is a
 * function of what caused it, a notice's id one of matter, user and kind: the same is never told twice. Hard rules (one
 * duty at a time, rest, run of days, skills, duties a month, absences) hold for everybody who gets a duty by consent;
 * what the roster's task says of them stands in the rules published with it. A duty that nobody has is not in the book
 * but is the duty of an open cover request: a named gap.
 */
#ifndef CURTAIN_DISPATCHER_ROTA_H
#define CURTAIN_DISPATCHER_ROTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "dispatcher/duty/cover.h"
#include "dispatcher/duty/duty.h"
#include "message/message.h"

#define ROTA_ASKED_MAX 40
#define ROTA_STATE_BYTES_MAX 8192

struct rota_config {
	const struct zone *zone;                             /* borrowed */
	bool (*veto)(const void *context, const char *team); /* does the team's captain have a say on swaps? */
	/* answers whether user is with an open incident: then somebody else may take the duty without asking */
	bool (*busy)(const void *context, const char *user);
	/* appends what is open and what happened for a team since a time, in one language, to a note: no names */
	void (*happened)(const void *context, const char *team, struct wall since, bool english, struct buf *out);
	/* do volunteers of team help other teams of their community, and are they helped? NULL: nobody does */
	bool (*helps)(const void *context, const char *team);
	const void *context;
	int64_t swap_ms, veto_ms; /* time to answer a swap; for the captain's no */
	int64_t ask_ms;           /* a wave of a cover request, at most */
	unsigned ask_count;       /* people a wave, 1..ROTA_ASKED_MAX */
	int64_t reachable_ms;     /* to answer "are you reachable?"; 0 = not asked */
	bool remind;              /* a day and an hour before */
	int32_t summary_min;      /* minutes after local midnight; negative = none */
};

enum rota_kind { ROTA_SWAP, ROTA_COVER, ROTA_WATCH, ROTA_ABSENCE, ROTA_KIND_COUNT };
enum rota_state {
	ROTA_OPEN,
	ROTA_VETO,      /* swap: agreed, the captain may still say no */
	ROTA_CLIMBED,   /* cover: nobody of the team takes it, captain and desk know */
	ROTA_DONE,      /* valid; taken; reachable */
	ROTA_DECLINED,  /* swap: by who was asked */
	ROTA_VETOED,    /* swap: by the captain */
	ROTA_EXPIRED,   /* swap: no answer; cover: the duty is over; watch: no answer at the start; absence: over */
	ROTA_WITHDRAWN, /* not needed, or not possible any more */
	ROTA_MISFIT,    /* swap: a hard rule stood against it when it was accepted */
	ROTA_STATE_COUNT
};
enum rota_event {
	ROTA_AGREED,  /* consent, with a veto pending */
	ROTA_VALID,   /* consent; taken; reachable */
	ROTA_REFUSED, /* a no of who decides */
	ROTA_CLIMBS,  /* everybody was asked in vain */
	ROTA_TIMED_OUT,
	ROTA_ENDED, /* the duty is somebody else's, over, or the matter was called off */
	ROTA_BROKE, /* a hard rule stands against it */
	ROTA_EVENT_COUNT
};
/* rota_next_state is the one table: ROTA_STATE_COUNT = not legal. */
enum rota_state rota_next_state(enum rota_kind kind, enum rota_state state, enum rota_event event);
bool rota_final(enum rota_kind kind, enum rota_state state);

/* Why somebody may not have a duty. */
enum rota_bar {
	ROTA_BAR_NONE,
	ROTA_BAR_TEAM, /* not of the team */
	ROTA_BAR_BUSY, /* another duty at that time */
	ROTA_BAR_REST, /* too near to another one */
	ROTA_BAR_RUN,  /* too many days in a row */
	ROTA_BAR_SKILL,
	ROTA_BAR_MONTH, /* as many duties as they offered */
	ROTA_BAR_ABSENT,
	ROTA_BAR_COUNT
};

/* Rules published with a roster, of duties that begin on its days; a person or shift that is not in them has no such
 * rule (rest of COVER_REST_MS). */
#define ROTA_RULE_SHIFTS 12
#define ROTA_RULE_PEOPLE 200
#define ROTA_RULE_TAGS 32
struct rota_rules {
	int32_t year, month, day;            /* of which served counts: what lies before that day */
	int32_t run;                         /* days in a row; 0 = no rule */
	char tags[ROTA_RULE_TAGS][ID_BYTES]; /* the names of skills, by bit; "" = it has none outside the team */
	unsigned shift_count, person_count;
	struct {
		char id[ID_BYTES];
		uint32_t part, bars, requires; /* part: an index; bars: parts not on the day after; requires: skills */
	} shifts[ROTA_RULE_SHIFTS];
	struct {
		char id[ID_BYTES];
		uint32_t skills;
		int32_t at_most; /* duties a calendar month; negative = as many as there are */
		int32_t served;  /* of them before that day; what the book has of those counts if it is more */
		bool nights_in_row;
	} people[ROTA_RULE_PEOPLE];
};
/* rota_rules_read reads their lines: "month,2026-12-07" (the first day planned), "run,3", "tag,BIT,NAME",
 * "shift,ID,PART,BARS,REQUIRES", "person,ID,SKILLS,AT_MOST,SERVED,NIGHTS_IN_ROW"; numbers are decimal, sets are bit
 * masks. ERR_INVALID names the line. */
enum err rota_rules_read(const char *text, struct rota_rules *out, struct errinfo *info) ERR_MUST_CHECK;

struct rota;

/* rota_create: duty and its book are borrowed and outlive it. */
enum err rota_create(const struct rota_config *config, const struct duty *duty, struct book *book,
	struct rota **out_rota) ERR_MUST_CHECK;
void rota_destroy(struct rota *rota);
void rota_configure(struct rota *rota, const struct rota_config *config);

enum rota_effect_kind { ROTA_NOTICE, ROTA_BOOK };
struct rota_effect {
	enum rota_effect_kind kind;
	bool to_team;              /* NOTICE: for the team's group channels as well */
	char team[ID_BYTES];       /* BOOK: whose duties have changed */
	struct duty_notice notice; /* NOTICE */
};
/* rota_next gives what was decided, in order; false after the last. Every call below may add to it. */
bool rota_next(struct rota *rota, struct rota_effect *out);

/* rota_rules_put sets a team's rules for duties that begin in from..until, in place of what was said of that time (from
 * not set: of all) before; NULL: there are none then. What is over is forgotten, and what was said first of more than
 * ROTA_RULE_SPANS. Where no roster is, the rules of the team's last days hold. */
#define ROTA_RULE_SPANS 40
#define ROTA_RULES_BYTES_MAX (ROTA_RULE_SPANS * 24576) /* of rota_rules_write */
enum err rota_rules_put(struct rota *rota, const char *team, const struct rota_rules *rules, struct wall from,
	struct wall until, struct wall now) ERR_MUST_CHECK;
/* rota_rules_write appends all of a team's rules as the store keeps them: newest first, each below a line
 * "from,MS,MS" (since 1970, the end excluded). rota_rules_restore takes them, in place of those that the team has; text
 * without such a line holds for all days. ERR_INVALID names the line; then the team has none. */
enum err rota_rules_write(const struct rota *rota, const char *team, struct buf *out) ERR_MUST_CHECK;
enum err rota_rules_restore(struct rota *rota, const char *team, const char *text, struct errinfo *info) ERR_MUST_CHECK;
struct rota_span {
	char user[ID_BYTES];
	struct wall from, until;
};
/* rota_aways_put takes when people of team are away by their roster's task, in place of what was said of those times
 * that begin in from..until (not set: of all) before. Nobody is asked for a duty or a call while away; whoever has a
 * duty then all the same (the captain's word) keeps it. It holds until it is over, or they are back (rota_absent). */
enum err rota_aways_put(struct rota *rota, const char *team, const struct rota_span *aways, unsigned count,
	struct wall from, struct wall until, struct wall now) ERR_MUST_CHECK;
/* rota_before notes who has which next duty, rota_changed tells whose is another one then and looks after all matters
 * of the team: for changes of the book that others make. whole: a new roster, in which open duties are filled or gone.
 */
enum err rota_before(struct rota *rota, const char *team, struct wall now) ERR_MUST_CHECK;
enum err rota_changed(struct rota *rota, const char *team, bool whole, struct wall now) ERR_MUST_CHECK;
/* rota_lost: the roster of team could not be read and is not in the book. Captain and desk are told; what was under way
 * about its duties ends, as when a roster is withdrawn. */
enum err rota_lost(struct rota *rota, const char *team, struct wall now) ERR_MUST_CHECK;

/* rota_state_lost: the desk of those without a team is told that something in the store cannot be read; what: a word
 * that is another one for each thing told at a time. */
enum err rota_state_lost(
	struct rota *rota, const char *what, const char *zh, const char *en, struct wall now) ERR_MUST_CHECK;

enum rota_verdict {
	ROTA_TAKEN,
	ROTA_REPEATED, /* the same once more */
	ROTA_LATE,     /* it is decided, over, or somebody else has it */
	ROTA_FOREIGN,  /* not asked */
	ROTA_UNKNOWN,  /* no such matter or duty */
	ROTA_BARRED,   /* a hard rule: see bar */
	ROTA_VERDICT_COUNT
};
struct rota_answer {
	enum rota_verdict verdict;
	enum rota_bar bar;
	char id[ID_BYTES]; /* of the matter; "" = none was made */
	enum rota_state state;
};

/* rota_swap: user's duty goes to `to`, and, if back_shift is not "", that duty of `to` to user. by proposes, and is one
 * of both; the other is asked. Where user is busy or absent, `to` takes the duty without being asked for it. ERR_NOMEM
 * is the only failure of the functions that follow. */
struct rota_wish {
	char team[ID_BYTES], shift[ID_BYTES], user[ID_BYTES], to[ID_BYTES], by[ID_BYTES], back_shift[ID_BYTES];
	struct wall from, back_from;
};
enum err rota_swap(
	struct rota *rota, const struct rota_wish *wish, struct wall now, struct rota_answer *out) ERR_MUST_CHECK;
/* rota_absent: user cannot serve from..until: their duties then are open at once, each with a cover request;
 * *out_opened says how many. until <= from: they are back, the absence ends, and what runs of rota_aways_put. */
enum err rota_absent(struct rota *rota, const char *team, const char *user, struct wall from, struct wall until,
	struct wall now, unsigned *out_opened) ERR_MUST_CHECK;
/* rota_cover asks for somebody else to take user's duty, who keeps it until then. */
enum err rota_cover(struct rota *rota, const char *team, const char *shift, struct wall from, const char *user,
	struct wall now, struct rota_answer *out) ERR_MUST_CHECK;
/* rota_reply: user says yes or no to a matter. */
enum err rota_reply(struct rota *rota, const char *id, const char *user, bool yes, struct wall now,
	struct rota_answer *out) ERR_MUST_CHECK;
/* rota_withdraw: whoever began a swap or cover request calls it off (a duty that nobody has stays open). */
enum err rota_withdraw(struct rota *rota, const char *id, struct wall now, struct rota_answer *out) ERR_MUST_CHECK;

enum err rota_tick(struct rota *rota, struct wall now) ERR_MUST_CHECK;
/* rota_due: when tick is next needed; WALL_NEVER if nothing waits. */
struct wall rota_due(struct rota *rota, struct wall now);
/* rota_clock_step: the wall clock was set by so much; what waits for an answer keeps the time that it has left. */
void rota_clock_step(struct rota *rota, int64_t step_ms);

/* rota_away: user has said that they cannot serve at a time, or is away by the roster's task, and has no duty then all
 * the same. */
bool rota_away(const struct rota *rota, const char *user, struct wall at);
/* rota_away_in: at some time of from..until user has said so, or is away by the roster's task, whatever duty they have.
 */
bool rota_away_in(const struct rota *rota, const char *user, struct wall from, struct wall until);
/* rota_away_edge gives when somebody's absence begins or ends next after a time; WALL_NEVER. */
struct wall rota_away_edge(const struct rota *rota, struct wall after);

enum rota_bar rota_bar_of(struct rota *rota, const char *team, const struct book_duty *duty, const char *user,
	const struct book_duty *instead);

/* rota_view: a matter as others see it. */
struct rota_view {
	const char *id, *team, *user, *other, *by;
	enum rota_kind kind;
	enum rota_state state;
	struct book_duty duty, back;
	struct wall opened, due;
	unsigned asked;
};
/* rota_walk walks the matters in order of their begin: index 0 gives the first; false after the last. */
bool rota_walk(struct rota *rota, unsigned index, struct rota_view *out);

/* rota_view_of gives one; false: there is none. */
bool rota_view_of(const struct rota *rota, const char *id, struct rota_view *out);
/* rota_concerns: user has the duty or is to have it, began the matter, was asked, or may veto it now. */
bool rota_concerns(const struct rota *rota, const char *id, const char *user);
/* rota_began gives whose it is to call off a swap or a cover request; "": there is none, or a gap, which is nobody's.
 */
const char *rota_began(const struct rota *rota, const char *id);
/* rota_why: why nobody has taken the duty of a cover request: of the team, and of those near it who may be asked. */
#define ROTA_WHY_COULD 5
#define ROTA_WHY_BARRED 40
struct rota_why {
	unsigned refused, silent;      /* asked: said no, have not answered */
	unsigned bars[ROTA_BAR_COUNT]; /* how many may not, by the rule that stands against it */
	unsigned could_count, barred_count;
	char could[ROTA_WHY_COULD][ID_BYTES]; /* no rule and no no of theirs is against it, in the order of asking */
	struct {
		char user[ID_BYTES];
		enum rota_bar bar;
	} barred[ROTA_WHY_BARRED];
};
/* rota_why gives false where there is no such request under way. */
bool rota_why(struct rota *rota, const char *id, struct rota_why *out);
/* rota_why_words appends it in words: ids, no names; the first few of those barred. */
void rota_why_words(const struct rota_why *why, bool english, struct buf *out);
/* rota_gaps counts the duties that nobody has. */
unsigned rota_gaps(const struct rota *rota);

/* State for the store, as incident.h has it. */
struct rota_blob {
	char id[ID_BYTES];
	size_t length; /* 0 = forgotten */
	unsigned char blob[ROTA_STATE_BYTES_MAX];
};
bool rota_dirty(struct rota *rota, struct rota_blob *out);
enum err rota_restore(struct rota *rota, const char *id, const void *blob, size_t length) ERR_MUST_CHECK;

const char *rota_kind_name(enum rota_kind kind);
const char *rota_state_name(enum rota_state state);
const char *rota_verdict_name(enum rota_verdict verdict);
const char *rota_bar_name(enum rota_bar bar);

#endif
