/* SPDX-License-Identifier: MIT
 *
 * team: one team's planning task as a person would state it (parts of the day, shifts, volunteers, availability,
 * wishes, what went before), and the model that is made of it. Filled by team_json or by a test; all of it lives in
 * memory of the team, which the caller owns.
 *
 * Kinds of the model are the shifts in order: option s + 1 is shift s. A duty belongs to the date on which it begins.
 */
#ifndef CURTAIN_DISPATCHER_ROSTER_TEAM_H
#define CURTAIN_DISPATCHER_ROSTER_TEAM_H

#include "dispatcher/roster/plan.h"

#define TEAM_PEOPLE_MAX 200
#define TEAM_DAYS_MAX 100
#define TEAM_SHIFTS_MAX 12
#define TEAM_PARTS_MAX 6
#define TEAM_TAGS_MAX 30
#define TEAM_ITEMS_MAX 2000 /* wishes, pairs */
#define TEAM_TOO_MANY 20000 /* price of one more than needed: never worth it */
#define TEAM_MONTHS_MAX 5
#define TEAM_LABEL_BYTES 64

struct team_part {
	char id[ROSTER_ID_BYTES];
	int32_t from_min; /* of the day, when it begins */
	bool night;
	uint32_t bars; /* parts not on the day after, bit = index */
};

struct team_shift {
	char id[ROSTER_ID_BYTES];
	int part, need, need_holiday;
	int32_t weight;    /* price of each person missing */
	uint32_t requires; /* tags that who takes it must all have */
};

struct team_beside { /* of those on duty in part, need must have one of the tags */
	int part, need;
	uint32_t tags;
	int32_t weight;
};

struct team_volunteer {
	char id[ROSTER_ID_BYTES];
	char label[TEAM_LABEL_BYTES]; /* what people read; "" = the id */
	uint32_t tags;
	uint8_t weekly[7];           /* parts, Monday first */
	uint8_t away[TEAM_DAYS_MAX]; /* parts */
	int32_t at_most, served; /* duties a calendar month, -1 = any number; served already in that of the first day */
	int32_t duties, nights, weekends; /* the memory: of the months past */
	int32_t metres;
	int last, last_days; /* shift on the days before the first, -1 = none; for how many days */
	bool nights_in_row;  /* wishes so: no part bars itself */
};

struct team_wish {
	int volunteer, day;
	uint32_t shifts;
	int32_t weight;
	bool want; /* else: rather not */
};

struct team_pair {
	int a, b;
	int32_t weight;
	bool together; /* else: rather apart */
};

struct team_weights {
	int32_t duties, nights, weekends, km, moved;
};

struct team {
	char id[ROSTER_ID_BYTES];
	int64_t first;    /* days since 1970 */
	int64_t revision; /* of the roster in force; 0 = there is none */
	int days, parts, shifts, besides, tags, volunteers, wishes, pairs, max_run;
	uint8_t holiday[TEAM_DAYS_MAX];
	char tag[TEAM_TAGS_MAX][ROSTER_ID_BYTES];
	struct team_part part[TEAM_PARTS_MAX];
	struct team_shift shift[TEAM_SHIFTS_MAX];
	struct team_beside beside[TEAM_SHIFTS_MAX];
	struct team_weights weights;
	struct team_volunteer *volunteer;
	struct team_wish *wish;
	struct team_pair *pair;
	int8_t *fixed;    /* volunteer, day: shift that it has to be, -1 = none */
	int8_t *twice;    /* volunteer, day: another shift that it has to be, too, which cannot be; -1 = none */
	int8_t *previous; /* volunteer, day: shift of the roster in force, -1 = none */
	bool has_previous;
	int frozen_day; /* duties that begin before this day and minute stay as in previous */
	int32_t frozen_min;
};

enum team_bar { /* why somebody does not take a duty */
	TEAM_BAR_NONE = 0,
	TEAM_BAR_SKILL,
	TEAM_BAR_AWAY,
	TEAM_BAR_WEEKLY,
	TEAM_BAR_FROZEN,
	TEAM_BAR_BUSY,  /* another duty on that date */
	TEAM_BAR_REST,  /* the day before or after bars it */
	TEAM_BAR_RUN,   /* too many days in a row */
	TEAM_BAR_MONTH, /* the month's most is reached */
	TEAM_BAR_COUNT
};

/* team_create makes a team with the presets: parts day (07:00) and night (19:00, bars day and night after it), a
 * primary and a backup each, the usual weights. Volunteers, wishes, pairs have room for the given numbers, zeroed. */
enum err team_create(
	int days, int volunteers, int wishes, int pairs, struct team **out_team, struct errinfo *info) ERR_MUST_CHECK;
void team_destroy(struct team *team);
/* team_model makes the model. ERR_RANGE names what is outside its limits. */
enum err team_model(const struct team *team, struct roster_model **out_model, struct errinfo *info) ERR_MUST_CHECK;
/* team_previous puts the roster in force into plan, which is of the team's model; it may break rules of today. */
void team_previous(const struct team *team, struct roster_plan *plan);
/* team_bar_of says why volunteer cannot take shift on day beside the duties of plan; TEAM_BAR_NONE: nothing is in the
 * way. */
enum team_bar team_bar_of(const struct team *team, const struct roster_plan *plan, int volunteer, int day, int shift);
/* team_rested says whether shift on day goes with the duties of plan as far as rest is concerned: none that day,
 * nothing that bars it the day before or after, not too many days in a row. */
bool team_rested(const struct team *team, const struct roster_plan *plan, int volunteer, int day, int shift);
/* team_frozen says whether shift on day begins before what may change. */
bool team_frozen(const struct team *team, int day, int shift);
static inline int team_need(const struct team *team, int day, int shift)
{
	return team->holiday[day] ? team->shift[shift].need_holiday : team->shift[shift].need;
}
/* team_minutes gives how long a duty of part is: to the next part's beginning. */
int32_t team_minutes(const struct team *team, int part);
/* team_shown gives what people read for a volunteer. */
static inline const char *team_shown(const struct team *team, int volunteer)
{
	const struct team_volunteer *v = &team->volunteer[volunteer];

	return *v->label ? v->label : v->id;
}
/* team_weekday gives 0 for a Monday. */
int team_weekday(const struct team *team, int day);
/* team_shared says whether day counts as weekend or holiday. */
bool team_shared(const struct team *team, int day);
/* team_month gives the calendar month of day, counted from that of the first. */
int team_month(const struct team *team, int day);
/* team_most gives how many may serve on a shift: the need, or more where the captain has set more or they may not
 * change any more. */
int team_most(const struct team *team, int day, int shift);
/* team_count counts people on a shift. */
int team_count(const struct team *team, const struct roster_plan *plan, int day, int shift);

#endif
