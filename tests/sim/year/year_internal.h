/* SPDX-License-Identifier: MIT
 *
 * year_internal: what the year's files share. Days count from the first, a Monday; times of the district are at a fixed
 * offset from UTC.
 */
#ifndef CURTAIN_SIM_YEAR_INTERNAL_H
#define CURTAIN_SIM_YEAR_INTERNAL_H

#include <uthash.h>

#include "dispatcher/incident/incident.h"
#include "dispatcher/rota/rota.h"
#include "dispatcher/roster/dice.h"
#include "dispatcher/visit/visit.h"
#include "year.h"
#include "year_rates.h"

#define YEAR_TEAMS 77
#define YEAR_PEOPLE 800
#define YEAR_CROWD_MAX 12 /* of a team */
#define YEAR_HOMES 1540
#define YEAR_COMMUNITIES 10
#define YEAR_SHIFTS 4
#define YEAR_PERIOD 28
#define YEAR_AHEAD 7                             /* days before a period at which it is published */
#define YEAR_TABLE_DAYS (YEAR_DAYS_MAX + 7 * 10) /* with what is planned beyond the end */
#define YEAR_NEAR_MS (48 * MS_PER_HOUR)
#define YEAR_DAY_FROM_HOUR 7                     /* the day shift begins, and who is away leaves, or is back */
#define YEAR_REACH_MS (10 * MS_PER_MINUTE)       /* to answer at the start of a duty */
#define YEAR_METRES_NORTH 111195.0               /* a degree of latitude */
#define YEAR_METRES_EAST 91966.0                 /* of longitude, where the district lies */
#define YEAR_LIFE_LATEST_MS (10 * MS_PER_MINUTE) /* until somebody has what is about a life */

enum year_away { YEAR_PLANNED = 1, YEAR_ILL = 2, YEAR_ILL_KNOWN = 4 };

enum year_began { YEAR_START_ASKED = 1, YEAR_START_ANSWERED = 2, YEAR_START_CLIMBED = 4 };

struct year_person {
	char id[ID_BYTES];
	unsigned team;
	uint8_t weekly[7]; /* bit 0 = day, bit 1 = night */
	int at_most, metres;
	bool experienced, first_aid, key_holder, nights_in_row;
	uint8_t away[YEAR_TABLE_DAYS];    /* enum year_away */
	int16_t duty[YEAR_TABLE_DAYS];    /* shift, -1 = none: what the roster says, or they took */
	uint8_t said[YEAR_TABLE_DAYS];    /* they took it by a yes: then they serve, whatever they usually do */
	uint8_t helps[YEAR_TABLE_DAYS];   /* the duty is of another team: its number + 1 */
	struct wall got[YEAR_TABLE_DAYS]; /* said: since when */
	uint8_t told[YEAR_TABLE_DAYS];    /* reminders of each shift: two bits */
	uint8_t began[YEAR_TABLE_DAYS];   /* the question at the start of each duty: enum year_began */
	struct position position;
	unsigned pages, accepts, duties, nights, shared;
};

struct year_pair {
	unsigned a, b; /* of the team */
	bool together;
};

struct year_team {
	char id[ID_BYTES];
	unsigned first, count; /* of people */
	struct year_pair pair[2];
	int planned; /* days that have a roster: up to this one */
};

struct year_home {
	char id[ID_BYTES];
	unsigned team;
	struct position position;
	bool visit_open; /* a visit is not over; else visit_day has the day of the last one's end */
	int visit_day;
};

enum year_event_kind {
	YEAR_CALL,  /* something happens in a home */
	YEAR_ALERT, /* what follows on an alert: a or b of it */
	YEAR_STORM, /* the water is cut */
	YEAR_STORM_DECIDED,
	YEAR_REPLY,
	YEAR_DESK, /* the desk looks at an incident */
	YEAR_PLAN,
	YEAR_FALLS_ILL,
	YEAR_DUTY_REPLY,   /* reply.incident is the matter */
	YEAR_COVER_BEGINS, /* a duty that was lost: number says which */
	YEAR_COVER_OVER,
	YEAR_SWAP_PROPOSES,
	YEAR_REMINDERS_LOOK,
	YEAR_VISIT_REPLY,
	YEAR_VISIT_ASKED,
	YEAR_VISITS_LOOK,
	YEAR_MORNING_LOOK,
	YEAR_START_LOOK /* reply: the matter, and who was asked */
};

struct year_event {
	struct wall at;
	uint64_t order; /* of two at a time the first one made is first */
	enum year_event_kind kind;
	unsigned who; /* home, person or community */
	unsigned number, revision;
	enum alert_kind alert;
	enum alert_level level;
	enum alert_state state;
	enum visit_action visit; /* YEAR_VISIT_REPLY: reply.incident is the errand */
	struct reply reply;
};

struct year_row { /* one event of an incident, as the log has it */
	unsigned incident;
	uint32_t revision;
	enum incident_event event;
	struct wall at;
	char actor[ID_BYTES];
};

struct year_incident {
	char id[ID_BYTES];
	unsigned number, first_alert;
	struct wall opened, since; /* since: it has the level that it has */
	struct wall accepted;
	enum alert_level level;
	enum outcome outcome;
	char rule[WORD_BYTES], responder[ID_BYTES];
	bool over, by_desk, going; /* going: somebody was on the way when it became more urgent */
	UT_hash_handle hh;
};

struct year_page {
	char id[ID_BYTES];
	UT_hash_handle hh;
};

struct year_errand {
	char id[ID_BYTES];
	enum errand_kind kind;
	enum errand_state state;
	uint32_t revision;
	uint8_t climb, asked_count;
	bool seen;
	unsigned offers, home; /* home: its index */
	char holder[ID_BYTES]; /* who goes there, or is asked to; "" = nobody, or a provider */
	struct wall opened, agreed, from, until;
	uint64_t asked[24]; /* hashes of users */
	UT_hash_handle hh;
};

struct year_stop { /* of somebody's day */
	char holder[ID_BYTES];
	unsigned home; /* its index */
	uint8_t part;  /* of the day */
	bool told;     /* of the first one of a holder: about all */
	struct wall from, until;
};

struct year_cover { /* a duty that somebody lost by an absence */
	unsigned team;
	int day, shift;
	struct wall lost;
	const struct year_person *of, *by; /* by: NULL = nobody took it */
	bool in_time;
	uint8_t asked[YEAR_PEOPLE / 8], free[YEAR_PEOPLE / 8]; /* people, bit by bit: free when it began */
};

enum year_reason {
	YEAR_BUSY,
	YEAR_SICK,
	YEAR_ABSENT, /* by the task */
	YEAR_UNRESTED,
	YEAR_IN_A_ROW,
	YEAR_FULL,
	YEAR_UNSKILLED,
	YEAR_UNWILLING, /* no rule is against it from here on */
	YEAR_READ_LATE, /* was asked, and read it when it was over */
	YEAR_FREE_LATE, /* was not free when it began */
	YEAR_FORGOTTEN,
	YEAR_REASON_COUNT
};

enum year_swap_end {
	YEAR_SWAP_BARRED,
	YEAR_SWAP_PROPOSED,
	YEAR_SWAP_VALID,
	YEAR_SWAP_DECLINED,
	YEAR_SWAP_VETOED,
	YEAR_SWAP_EXPIRED,
	YEAR_SWAP_MISFIT,
	YEAR_SWAP_GONE,
	YEAR_SWAP_COUNT
};

struct year_counts {
	unsigned alerts, joined, storms, replies, verdicts[INCIDENT_VERDICT_COUNT], strangers, pages, withdrawn;
	unsigned days_away, rosters, again, ill, ill_told, duties, open, coverable, moved, cover_asks, cover_near,
		barred, alone;
	unsigned reasons[2][YEAR_REASON_COUNT]; /* of the own team, of others */
	unsigned swaps[YEAR_SWAP_COUNT];
	unsigned notices[NOTICE_KIND_COUNT], duty_verdicts[ROTA_VERDICT_COUNT];
	unsigned visit_events, climbs, visit_replies, visit_verdicts[VISIT_VERDICT_COUNT], visited[13];
	unsigned starts, silent, climbed;  /* duties whose holder was asked, did not answer in time; others told */
	unsigned days_told[2], stops_told; /* days_told: of one stop, of several */
	double day_metres[2];              /* in the order told, and without one */
};

struct year {
	const struct year_options *options;
	struct year_outcome *outcome;
	FILE *out, *log;
	struct zone *zone;
	struct policies *policies;
	struct incident_core *core;
	struct visit_rules rules;
	struct visit_core *visits;
	struct rota *rota;
	struct wall rota_due;
	struct year_cover *covers;
	unsigned cover_count, cover_room;
	struct year_swap *swaps;
	struct year_errand *errands;
	struct year_stop *stops; /* of the day stops_of - 1, by holder */
	unsigned stop_count, stop_room;
	int stops_of;
	char bad_reply[VISIT_FAULT_BYTES]; /* the first that the core did not understand */
	struct wall start, now;
	struct dice people_dice, call_dice, answer_dice, plan_dice, visit_dice, swap_dice;
	struct year_person *person;
	struct year_team team[YEAR_TEAMS];
	struct year_home *home;
	struct year_event *heap;
	unsigned heap_count, heap_room;
	uint64_t order;
	struct year_incident *incidents;
	struct year_row *rows;
	unsigned row_count, row_room, alert_count;
	struct year_page *pages;
	char broken[YEAR_PROMISE_COUNT][200]; /* the first time that it was */
	struct year_counts counts;
	uint64_t hash;
	unsigned faults;
};

/* year.c */
enum err year_later(struct year *year, const struct year_event *event) ERR_MUST_CHECK;
/* year_breaks notes that a promise was broken; the first time with words. */
void year_breaks(struct year *year, enum year_promise promise, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* year_take sees all effects of a call and of what follows on a full list. */
enum err year_take(struct year *year, struct incident_effects *effects) ERR_MUST_CHECK;
/* year_spread draws a time around its median. */
int64_t year_spread(struct dice *dice, int64_t median);
static inline bool year_happens(struct dice *dice, int percent)
{
	return dice_below(dice, 100) < percent;
}
static inline int year_day(const struct year *year, struct wall at)
{
	return (int)((at.ms - year->start.ms) / MS_PER_DAY);
}
static inline struct wall year_at(const struct year *year, int day, int hour)
{
	return wall_plus(year->start, day * MS_PER_DAY + hour * MS_PER_HOUR);
}
static inline int year_hour(const struct year *year, struct wall at)
{
	return (int)((at.ms - year->start.ms) / MS_PER_HOUR % 24);
}
static inline bool year_by_night(const struct year *year, struct wall at)
{
	int hour = year_hour(year, at);

	return hour >= 22 || hour < 6; /* when people sleep, not when the shift changes */
}

/* year_people.c: teams, volunteers, homes; the directory is given to the core. */
enum err year_populate(struct year *year) ERR_MUST_CHECK;
bool year_holiday(int day);
struct year_person *year_person_find(const struct year *year, const char *user);

/* year_roster.c */
enum err year_plan_all(struct year *year, struct errinfo *info) ERR_MUST_CHECK;
enum err year_falls_ill(struct year *year, unsigned person, struct errinfo *info) ERR_MUST_CHECK;
struct wall year_duty_from(const struct year *year, int day, int shift);
struct wall year_duty_until(const struct year *year, int day, int shift);
extern const char *const year_shift_names[YEAR_SHIFTS];
int year_need(int day, int shift);
int year_served(const struct year *year, const struct year_person *p, int from);

/* year_duties.c: the core of duties in force, and what people say to it. */
enum err year_duties_open(struct year *year) ERR_MUST_CHECK;
/* year_duties_before and year_duties_after stand around a new roster of a team. */
enum err year_duties_before(struct year *year, unsigned team) ERR_MUST_CHECK;
enum err year_duties_after(struct year *year, unsigned team) ERR_MUST_CHECK;
enum err year_duties_take(struct year *year) ERR_MUST_CHECK;
enum err year_duties_tick(struct year *year) ERR_MUST_CHECK;
enum err year_duty_says(struct year *year, const struct year_event *event) ERR_MUST_CHECK;
/* year_absent: what p has in from..until is nobody's, and the core asks for others. */
enum err year_absent(struct year *year, struct year_person *p, struct wall from, struct wall until) ERR_MUST_CHECK;
/* year_wants: would p say yes to a duty of a team? Always the same for the same duty, whenever they are asked. */
bool year_wants(const struct year *year, const struct year_person *p, unsigned team, int day, int shift);

/* year_is_away: by the task, and not on duty. */
bool year_is_away(const struct year *year, const struct year_person *p, struct wall at);
/* year_left_alone judges that p may be called at a time, or asked for a duty that begins then. */
void year_left_alone(struct year *year, const struct year_person *p, struct wall at, const char *what);

/* year_cover.c: what became of the duties that were lost, and who could have had them. */
enum err year_lost(struct year *year, unsigned team, int day, int shift, const struct year_person *p) ERR_MUST_CHECK;
void year_covered(struct year *year, unsigned team, int day, int shift, const struct year_person *by);
/* year_cover_asked notes that p was asked for a lost duty. */
void year_cover_asked(struct year *year, unsigned team, int day, int shift, const struct year_person *p);
void year_cover_begins(struct year *year, unsigned number);
void year_cover_over(struct year *year, unsigned number);
void year_covers_tell(struct year *year);

/* year_swaps.c */
/* year_swap_veto: has the team's captain a say? For the core's configuration. */
bool year_swap_veto(const void *context, const char *team);
/* year_swap_proposed: somebody proposes one, and the next is put on the heap. */
enum err year_swap_proposed(struct year *year) ERR_MUST_CHECK;
/* year_swap_answers draws what the one who is asked, or the captain, says; false: nothing. */
bool year_swap_answers(struct year *year, const struct duty_notice *notice, bool *out_yes);
/* year_swap_heard notes an answer that the core has heard; before its effects are seen. */
void year_swap_heard(struct year *year, const char *matter, const char *user, bool yes, enum rota_verdict verdict);
/* year_swap_told: somebody is told that it is in force, or comes to nothing. */
void year_swap_told(struct year *year, const struct duty_notice *notice);
void year_swaps_close(struct year *year);
void year_swaps_tell(const struct year *year);
void year_swaps_fini(struct year *year);

/* year_reminders.c: each who has a duty is told a day and an hour before, once, and nobody else. */
void year_reminded(struct year *year, const struct duty_notice *notice);
/* year_reminders_look judges yesterday's duties. */
enum err year_reminders_look(struct year *year) ERR_MUST_CHECK;

/* The question at the start of a duty: each is asked once, and who is silent is known to another on duty or the captain
 * when the time to answer is over, and nobody else. */
enum err year_start_asked(struct year *year, const struct duty_notice *notice) ERR_MUST_CHECK;
void year_start_answered(struct year *year, const struct rota_view *matter);
void year_start_climbed(struct year *year, const struct duty_notice *notice);
void year_start_look(struct year *year, const struct year_event *event);

/* year_rules.c: the rules anew, from what is known of people. before: the lines of the team's people before the change;
 * ill: whose duties may go (-1 = nobody's). */
const char *year_rule_broken(
	const struct year *year, const struct year_person *person, int from, int until, char text[200]);
void year_judge(struct year *year, unsigned team, int from);
void year_judge_stable(
	struct year *year, unsigned team, int16_t (*before)[YEAR_TABLE_DAYS], int from, const struct year_person *ill);
void year_judge_book(struct year *year, unsigned team);

/* year_sample.c: a task as a person would write it, and the roster, for the checker in another language. */
struct team;
struct roster_plan;
enum err year_sample(struct year *year, const struct team *team, const struct roster_plan *plan) ERR_MUST_CHECK;

/* year_calls.c: what happens in homes. */
enum err year_call(struct year *year) ERR_MUST_CHECK;
enum err year_alert(struct year *year, const struct year_event *event) ERR_MUST_CHECK;
enum err year_storm(struct year *year) ERR_MUST_CHECK;
enum err year_storm_decided(struct year *year, const struct year_event *event) ERR_MUST_CHECK;

/* year_answers.c: what people and the desk say. */
enum err year_paged(struct year *year, const struct page *page) ERR_MUST_CHECK;
enum err year_tile(struct year *year, const struct incident *incident) ERR_MUST_CHECK;
enum err year_says(struct year *year, const struct year_event *event) ERR_MUST_CHECK;
enum err year_desk(struct year *year, const struct year_event *event) ERR_MUST_CHECK;

/* year_visits.c: the directory of visits, and what is said of them. */
enum err year_visits_open(struct year *year, struct errinfo *info) ERR_MUST_CHECK;
enum err year_visits_populate(struct year *year) ERR_MUST_CHECK;
enum err year_visits_tick(struct year *year) ERR_MUST_CHECK;
enum err year_visit_says(struct year *year, const struct year_event *event) ERR_MUST_CHECK;
enum err year_visit_asked(struct year *year) ERR_MUST_CHECK;

/* year_errands.c: each event of an errand is judged; once a day all homes are. */
enum err year_errand_see(struct year *year, const struct visit_effect *effect) ERR_MUST_CHECK;
enum err year_visits_look(struct year *year) ERR_MUST_CHECK;
void year_errands_close(struct year *year);
enum err year_errands_tell(struct year *year) ERR_MUST_CHECK;
void year_errands_fini(struct year *year);

/* year_mornings.c: each who has stops is told of their day in the morning, once, and nobody else. */
enum err year_mornings_begin(struct year *year) ERR_MUST_CHECK;
/* year_day_told: the core says that user is to be told now. */
enum err year_day_told(struct year *year, const char *user) ERR_MUST_CHECK;
/* year_mornings_look judges who was not told. */
enum err year_mornings_look(struct year *year) ERR_MUST_CHECK;
void year_mornings_tell(const struct year *year);

/* year_log.c: each event is kept; at the end it is counted. */
enum err year_log_event(struct year *year, const struct incident *snapshot) ERR_MUST_CHECK;
enum err year_log_alert(struct year *year, const struct alert *alert) ERR_MUST_CHECK;
void year_close(struct year *year);
enum err year_tell(struct year *year) ERR_MUST_CHECK;
void year_log_fini(struct year *year);

#endif
