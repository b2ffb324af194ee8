/* SPDX-License-Identifier: MIT
 *
 * duty: who is on duty. Pure: the directory's households, teams, volunteers and policies in, the people of a team at a
 * time out. Two shifts a day (settings: day from 07:00, night from 19:00, local time); a volunteer serves by day, by
 * night or both, on the weekdays of the mask. A night belongs to the weekday on which it began.
 */
#ifndef CURTAIN_DISPATCHER_DUTY_H
#define CURTAIN_DISPATCHER_DUTY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "dispatcher/duty/book.h"
#include "message/message.h"

#define DUTY_PEOPLE_MAX 64 /* of one team on duty at once; further ones, by order, are not asked */

struct duty_config {
	const struct zone *zone;                /* borrowed; outlives the duty */
	int32_t day_from_min, night_from_min;   /* minutes after local midnight, different from each other */
	uint32_t accept_life_s, accept_alarm_s; /* what counts where the directory names no policy */
	uint32_t accept_attention_s, arrive_s;
	bool attention_pages;
	int64_t ahead_ms;    /* how far shifts that nobody serves are looked for; 0 = not */
	char desk[ID_BYTES]; /* the desk of households and teams that name none */
	/* is user absent then, as they said or their roster's task does? Not who is on duty all the same. NULL: nobody
	 */
	bool (*absent)(const void *context, const char *user, struct wall at);
	/* when somebody's absence begins or ends next; WALL_NEVER. Goes with absent */
	struct wall (*absence_edge)(const void *context, struct wall after);
	const void *context; /* of both, borrowed */
};

struct duty_shift {
	bool night;
	struct wall from, until;
	uint8_t weekday; /* of from; 0 = Monday */
};

/* duty_home: what an alert's household means for paging. */
struct duty_home {
	bool known; /* it is in the directory */
	bool canary;
	char community[ID_BYTES], team[ID_BYTES]; /* "" = unknown */
	uint32_t accept_s[ALERT_LEVEL_COUNT];     /* by level; maintenance: 0 */
	uint32_t arrive_s;
	bool attention_pages;
};

/* duty_people: whom to ask, in this order: users, then captain ("" = none), then desk (always set). */
struct duty_people {
	unsigned count;
	char users[DUTY_PEOPLE_MAX][ID_BYTES];
	char captain[ID_BYTES], desk[ID_BYTES];
};

struct duty;

enum err duty_create(const struct duty_config *config, struct duty **out_duty, struct errinfo *info) ERR_MUST_CHECK;
void duty_destroy(struct duty *duty);
/* duty_configure gives it other settings; the directory stays. */
void duty_configure(struct duty *duty, const struct duty_config *config);
/* duty_entry takes a directory entry (household, team, volunteer, policy, circle; others are passed over); a tombstone
 * forgets. ERR_NOMEM is its only failure. */
enum err duty_entry(struct duty *duty, const struct entry *entry) ERR_MUST_CHECK;
struct duty_shift duty_shift_at(const struct duty *duty, struct wall at);
/* duty_circle_of gives who stands around a household, borrowed until the next entry; an empty circle if nobody does. */
const struct circle *duty_circle_of(const struct duty *duty, const char *household);
struct duty_home duty_home_of(const struct duty *duty, const char *household);
/* duty_book gives the rosters in force, to be changed by their owner. Where the book has a duty of a team at a time,
 * the people are those on duty; where it has none, those who serve at such a time as the directory says and are not
 * absent. */
struct book *duty_book(struct duty *duty);
const struct book *duty_rosters(const struct duty *duty);
/* duty_next_person walks the volunteers of team in the order in which they are asked: "" gives the first; false after
 * the last. duty_offers says whether the directory has user as serving at a time. */
bool duty_next_person(const struct duty *duty, const char *team, char user[ID_BYTES]);
bool duty_offers(const struct duty *duty, const char *user, struct wall at);
/* duty_edge gives when who is on duty changes next after a time. An absence changes no shift, and nothing is handed
 * over at its edges, which duty_absence_edge gives; duty_absent: duty_config says so. */
struct wall duty_edge(const struct duty *duty, struct wall after);
struct wall duty_absence_edge(const struct duty *duty, struct wall after);
bool duty_absent(const struct duty *duty, const char *user, struct wall at);
/* duty_people_at gives the people of team at a time; an unknown team has nobody but the fall-back desk. */
void duty_people_at(const struct duty *duty, const char *team, struct wall at, struct duty_people *out);
/* duty_is_desk says whether user speaks for the desk of team: named by the team, by the settings, or a volunteer of the
 * team who serves at the desk. */
bool duty_is_desk(const struct duty *duty, const char *team, const char *user);
/* duty_is_volunteer says whether user is a volunteer or a team's captain, and neither serves at the desk nor is one. */
bool duty_is_volunteer(const struct duty *duty, const char *user);
/* duty_knows: user is a volunteer of the directory, or stands in the household's circle, or is the team's captain or
 * desk. */
bool duty_knows(const struct duty *duty, const char *team, const char *household, const char *user);
/* duty_oncall tells who answers now; ERR_NOT_FOUND for a team that the directory does not name. The number of the "1"
 * key is the first one on duty who has a telephone, else the team's own, else the captain's; "" = none. gaps: the
 * shifts that nobody serves and that begin within ahead_ms of this one's begin. */
enum err duty_oncall(const struct duty *duty, const char *team, struct wall at, struct oncall *out) ERR_MUST_CHECK;
/* duty_serves says whether the directory has user as a volunteer of team. */
bool duty_serves(const struct duty *duty, const char *team, const char *user);
/* duty_team_of gives user's team, borrowed until the next entry; "": the directory has none. */
const char *duty_team_of(const struct duty *duty, const char *user);
/* duty_near: both are teams of one community, and two. */
bool duty_near(const struct duty *duty, const char *team, const char *other);
/* duty_key_number: what a "1" key of the team is set to: its own number, else that of the on-call (which is filled in).
 */
const char *duty_key_number(const struct duty *duty, const char *team, struct wall at, struct oncall *oncall);
/* duty_next_home walks the households of the directory in order of their ids: "" begins; false after the last. */
bool duty_next_home(struct duty *duty, char household[ID_BYTES]);
/* duty_next_team walks the teams of the directory in the order in which they were first named: "" gives the first;
 * false after the last. */
bool duty_next_team(const struct duty *duty, char team[ID_BYTES]);

#endif
