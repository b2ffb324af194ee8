/* SPDX-License-Identifier: MIT
 *
 * Three tables by name; a team's people hang in a list ordered as they are asked, so that asking is one walk. A
 * volunteer may arrive before the team does: the team's row is made by whoever names it first.
 */
#include "dispatcher/duty/duty.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "dispatcher/table.h"

struct home {
	UT_hash_handle hh;
	char id[ID_BYTES], community[ID_BYTES], team[ID_BYTES], policy[ID_BYTES];
	bool canary;
};

struct person {
	UT_hash_handle hh;
	char id[ID_BYTES], phone[PHONE_BYTES];
	bool day, night, desk;
	uint8_t weekdays, order;
	struct team *team;
	struct person *next; /* in the team, by order and id */
};

struct team {
	UT_hash_handle hh;
	char id[ID_BYTES], community[ID_BYTES], captain[ID_BYTES], desk[ID_BYTES], number[PHONE_BYTES];
	bool named; /* the directory has it; else only its people do */
	struct person *people;
};

struct circle_row {
	UT_hash_handle hh;
	char id[ID_BYTES];
	struct circle circle;
};

struct policy {
	UT_hash_handle hh;
	char id[ID_BYTES];
	uint32_t accept_s[ALERT_LEVEL_COUNT], arrive_s;
	bool attention_pages;
};

struct duty {
	struct duty_config config;
	struct home *homes;
	struct person *people;
	struct team *teams;
	struct policy *policies;
	struct circle_row *circles;
	struct book *book;
	bool homes_sorted;
};

enum err duty_create(const struct duty_config *config, struct duty **out_duty, struct errinfo *info)
{
	struct duty *duty = calloc(1, sizeof *duty);

	if (!duty)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	if (book_create(&duty->book)) {
		free(duty);
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	}
	duty_configure(duty, config);
	*out_duty = duty;
	return ERR_OK;
}

void duty_configure(struct duty *duty, const struct duty_config *config)
{
	assert(config->zone && config->desk[0] && config->day_from_min != config->night_from_min);
	duty->config = *config;
}

void duty_destroy(struct duty *duty)
{
	if (!duty)
		return;
	TABLE_FREE(home, duty->homes);
	TABLE_FREE(person, duty->people);
	TABLE_FREE(team, duty->teams);
	TABLE_FREE(policy, duty->policies);
	TABLE_FREE(circle_row, duty->circles);
	book_destroy(duty->book);
	free(duty);
}

/* ---- the directory ---- */

/* ROW finds or makes the row named id; out stays NULL when there is no memory. */
#define ROW(type, head, name, out)                                                                                     \
	do {                                                                                                           \
		HASH_FIND_STR(head, name, out);                                                                        \
		if (!(out) && ((out) = calloc(1, sizeof *(out)))) {                                                    \
			text_cut((out)->id, sizeof(out)->id, name);                                                    \
			HASH_ADD_STR(head, id, out);                                                                   \
		}                                                                                                      \
	} while (0)

static enum err take_home(struct duty *duty, const struct entry *entry)
{
	struct home *home;

	ROW(home, duty->homes, entry->key, home);
	if (!home)
		return ERR_NOMEM;
	duty->homes_sorted = false;
	text_cut(home->community, sizeof home->community, entry->body.household.community);
	text_cut(home->team, sizeof home->team, entry->body.household.team);
	text_cut(home->policy, sizeof home->policy, entry->body.household.policy);
	home->canary = entry->body.household.canary;
	return ERR_OK;
}

/* tidy drops a team that neither the directory nor anybody in it names. */
static void tidy(struct duty *duty, struct team *team)
{
	if (team->named || team->people)
		return;
	HASH_DEL(duty->teams, team);
	free(team);
}

static enum err take_team(struct duty *duty, const struct entry *entry)
{
	struct team *team;

	ROW(team, duty->teams, entry->key, team);
	if (!team)
		return ERR_NOMEM;
	team->named = true;
	text_cut(team->community, sizeof team->community, entry->body.team.community);
	text_cut(team->captain, sizeof team->captain, entry->body.team.captain);
	text_cut(team->desk, sizeof team->desk, entry->body.team.desk);
	text_cut(team->number, sizeof team->number, entry->body.team.number);
	return ERR_OK;
}

static void leave(struct duty *duty, struct person *person)
{
	struct person **at;

	if (!person->team)
		return;
	for (at = &person->team->people; *at != person; at = &(*at)->next)
		;
	*at = person->next;
	tidy(duty, person->team);
	person->team = NULL;
}

static void join(struct person *person, struct team *team)
{
	struct person **at = &team->people;

	while (*at &&
		((*at)->order < person->order || ((*at)->order == person->order && strcmp((*at)->id, person->id) < 0)))
		at = &(*at)->next;
	person->next = *at;
	*at = person;
	person->team = team;
}

static enum err take_person(struct duty *duty, const struct entry *entry)
{
	struct person *person;
	struct team *team;

	ROW(person, duty->people, entry->key, person);
	if (!person)
		return ERR_NOMEM;
	leave(duty, person);
	ROW(team, duty->teams, entry->body.volunteer.team, team);
	if (!team)
		return ERR_NOMEM;
	text_cut(person->phone, sizeof person->phone, entry->body.volunteer.phone);
	person->day = entry->body.volunteer.day;
	person->night = entry->body.volunteer.night;
	person->desk = entry->body.volunteer.desk;
	person->weekdays = entry->body.volunteer.weekdays;
	person->order = entry->body.volunteer.order;
	join(person, team);
	return ERR_OK;
}

static enum err take_policy(struct duty *duty, const struct entry *entry)
{
	struct policy *policy;

	ROW(policy, duty->policies, entry->key, policy);
	if (!policy)
		return ERR_NOMEM;
	policy->accept_s[ALERT_LIFE] = entry->body.policy.accept_life_s;
	policy->accept_s[ALERT_ALARM] = entry->body.policy.accept_alarm_s;
	policy->accept_s[ALERT_ATTENTION] = entry->body.policy.accept_attention_s;
	policy->arrive_s = entry->body.policy.arrive_s;
	policy->attention_pages = entry->body.policy.attention_pages;
	return ERR_OK;
}

static enum err take_circle(struct duty *duty, const struct entry *entry)
{
	struct circle_row *row;

	ROW(circle_row, duty->circles, entry->key, row);
	if (!row)
		return ERR_NOMEM;
	row->circle = entry->body.circle;
	return ERR_OK;
}

static void forget(struct duty *duty, const struct entry *entry)
{
	struct home *home = NULL;
	struct team *team = NULL;
	struct person *person = NULL;
	struct policy *policy = NULL;
	struct circle_row *circle = NULL;

	if (entry->kind == ENTRY_HOUSEHOLD)
		HASH_FIND_STR(duty->homes, entry->key, home);
	else if (entry->kind == ENTRY_TEAM)
		HASH_FIND_STR(duty->teams, entry->key, team);
	else if (entry->kind == ENTRY_VOLUNTEER)
		HASH_FIND_STR(duty->people, entry->key, person);
	else if (entry->kind == ENTRY_POLICY)
		HASH_FIND_STR(duty->policies, entry->key, policy);
	else if (entry->kind == ENTRY_CIRCLE)
		HASH_FIND_STR(duty->circles, entry->key, circle);
	if (circle)
		HASH_DEL(duty->circles, circle);
	if (home)
		HASH_DEL(duty->homes, home);
	if (policy)
		HASH_DEL(duty->policies, policy);
	if (person) {
		leave(duty, person);
		HASH_DEL(duty->people, person);
	}
	if (team) { /* its people may still name it */
		team->named = false;
		*team->captain = *team->desk = *team->number = *team->community = '\0';
		tidy(duty, team);
	}
	free(circle);
	free(home);
	free(policy);
	free(person);
}

enum err duty_entry(struct duty *duty, const struct entry *entry)
{
	if (entry->deleted) {
		forget(duty, entry);
		return ERR_OK;
	}
	switch (entry->kind) {
	case ENTRY_HOUSEHOLD:
		return take_home(duty, entry);
	case ENTRY_TEAM:
		return take_team(duty, entry);
	case ENTRY_VOLUNTEER:
		return take_person(duty, entry);
	case ENTRY_POLICY:
		return take_policy(duty, entry);
	case ENTRY_CIRCLE:
		return take_circle(duty, entry);
	case ENTRY_DEVICE:
	case ENTRY_CONSENT:
	case ENTRY_APPOINTMENT:
	case ENTRY_CARE:
	case ENTRY_COMPANION:
	case ENTRY_SERVICE:
	case ENTRY_KIND_COUNT:
		break;
	}
	return ERR_OK;
}

/* ---- questions ---- */

static struct wall on_day(const struct zone *zone, struct civil day, int days, int32_t minutes)
{
	day.day += days;
	day.hour = minutes / 60;
	day.minute = minutes % 60;
	day.second = day.millisecond = 0;
	return zone_from_civil(zone, day);
}

struct duty_shift duty_shift_at(const struct duty *duty, struct wall at)
{
	const struct zone *zone = duty->config.zone;
	struct civil today = zone_to_civil(zone, at);
	struct duty_shift shift = {.from = WALL_NONE, .until = WALL_NEVER};

	/* The latest boundary that is not after `at` begins the shift, the earliest one after it ends it. */
	for (int days = -1; days <= 1; days++) {
		for (int night = 0; night < 2; night++) {
			int32_t minutes = night ? duty->config.night_from_min : duty->config.day_from_min;
			struct wall edge = on_day(zone, today, days, minutes);
			if (edge.ms <= at.ms && edge.ms > shift.from.ms) {
				shift.from = edge;
				shift.night = night;
			}
			if (edge.ms > at.ms && edge.ms < shift.until.ms)
				shift.until = edge;
		}
	}
	shift.weekday = (uint8_t)zone_to_civil(zone, shift.from).weekday;
	return shift;
}

struct duty_home duty_home_of(const struct duty *duty, const char *household)
{
	const struct duty_config *config = &duty->config;
	struct duty_home out = {.accept_s = {[ALERT_LIFE] = config->accept_life_s,
					[ALERT_ALARM] = config->accept_alarm_s,
					[ALERT_ATTENTION] = config->accept_attention_s},
		.arrive_s = config->arrive_s,
		.attention_pages = config->attention_pages};
	const struct home *home;
	const struct policy *policy;

	HASH_FIND_STR(duty->homes, household, home);
	if (!home)
		return out;
	out.known = true;
	out.canary = home->canary;
	text_cut(out.community, sizeof out.community, home->community);
	text_cut(out.team, sizeof out.team, home->team);
	HASH_FIND_STR(duty->policies, home->policy, policy);
	if (policy) {
		memcpy(out.accept_s, policy->accept_s, sizeof out.accept_s);
		out.arrive_s = policy->arrive_s;
		out.attention_pages = policy->attention_pages;
	}
	return out;
}

static const struct team *team_of(const struct duty *duty, const char *id)
{
	struct team *team;

	HASH_FIND_STR(duty->teams, id, team);
	return team;
}

static bool serves(const struct person *person, const struct duty_shift *shift)
{
	return (shift->night ? person->night : person->day) && (person->weekdays >> shift->weekday & 1);
}

/* rostered lists those of the roster whom the directory still has. */
static void rostered(const struct duty *duty, const char *team, struct wall at, struct duty_people *out)
{
	const struct book_duty *on;

	for (unsigned i = 0; (on = book_at(duty->book, team, at, i)) && out->count < DUTY_PEOPLE_MAX; i++) {
		struct person *person;
		HASH_FIND_STR(duty->people, on->user, person);
		if (person)
			text_cut(out->users[out->count++], ID_BYTES, on->user);
	}
}

struct book *duty_book(struct duty *duty)
{
	return duty->book;
}

const struct book *duty_rosters(const struct duty *duty)
{
	return duty->book;
}

bool duty_next_person(const struct duty *duty, const char *team_id, char user[ID_BYTES])
{
	const struct team *team = team_of(duty, team_id);
	const struct person *p = team ? team->people : NULL;

	while (*user && p && strcmp(p->id, user) != 0)
		p = p->next;
	if (*user && p)
		p = p->next;
	if (p)
		text_cut(user, ID_BYTES, p->id);
	return p != NULL;
}

bool duty_offers(const struct duty *duty, const char *user, struct wall at)
{
	struct duty_shift shift = duty_shift_at(duty, at);
	struct person *person;

	HASH_FIND_STR(duty->people, user, person);
	return person && serves(person, &shift);
}

struct wall duty_edge(const struct duty *duty, struct wall after)
{
	struct wall edge = duty_shift_at(duty, after).until;

	for (const struct team *team = duty->teams; team; team = team->hh.next) {
		struct wall own = book_edge(duty->book, team->id, after);
		edge = own.ms < edge.ms ? own : edge;
	}
	return edge;
}

struct wall duty_absence_edge(const struct duty *duty, struct wall after)
{
	return duty->config.absence_edge ? duty->config.absence_edge(duty->config.context, after) : WALL_NEVER;
}

bool duty_absent(const struct duty *duty, const char *user, struct wall at)
{
	return duty->config.absent && duty->config.absent(duty->config.context, user, at);
}

void duty_people_at(const struct duty *duty, const char *team_id, struct wall at, struct duty_people *out)
{
	const struct team *team = team_of(duty, team_id);
	struct duty_shift shift = duty_shift_at(duty, at);

	out->count = 0;
	out->captain[0] = '\0';
	text_cut(out->desk, sizeof out->desk, team && team->desk[0] ? team->desk : duty->config.desk);
	if (!team)
		return;
	text_cut(out->captain, sizeof out->captain, team->captain);
	rostered(duty, team_id, at, out);
	if (out->count)
		return;
	for (const struct person *p = team->people; p && out->count < DUTY_PEOPLE_MAX; p = p->next)
		if (serves(p, &shift) && !duty_absent(duty, p->id, at))
			text_cut(out->users[out->count++], ID_BYTES, p->id);
}

bool duty_is_desk(const struct duty *duty, const char *team_id, const char *user)
{
	const struct team *team = team_of(duty, team_id);
	const struct person *person;

	if (!strcmp(user, team && team->desk[0] ? team->desk : duty->config.desk))
		return true;
	HASH_FIND_STR(duty->people, user, person);
	return person && person->desk && person->team == team;
}

bool duty_is_volunteer(const struct duty *duty, const char *user)
{
	const struct person *person;
	bool desk = !strcmp(user, duty->config.desk), captain = false;

	HASH_FIND_STR(duty->people, user, person);
	for (const struct team *team = duty->teams; team; team = team->hh.next) {
		desk = desk || !strcmp(user, team->desk);
		captain = captain || !strcmp(user, team->captain);
	}
	return (person || captain) && !desk && !(person && person->desk);
}

const struct circle *duty_circle_of(const struct duty *duty, const char *household)
{
	static const struct circle nobody;
	const struct circle_row *row;

	HASH_FIND_STR(duty->circles, household, row);
	return row ? &row->circle : &nobody;
}

static bool stands_in(const struct circle *circle, const char *user)
{
	for (int part = 0; part < CIRCLE_PARTS; part++)
		for (unsigned i = 0; i < circle->count[part]; i++)
			if (!strcmp(circle->users[part][i], user))
				return true;
	return false;
}

bool duty_knows(const struct duty *duty, const char *team_id, const char *household, const char *user)
{
	const struct team *team = team_of(duty, team_id);
	const struct person *person;

	HASH_FIND_STR(duty->people, user, person);
	return person || stands_in(duty_circle_of(duty, household), user) || (team && !strcmp(user, team->captain)) ||
	       duty_is_desk(duty, team_id, user);
}

const char *duty_team_of(const struct duty *duty, const char *user)
{
	const struct person *person;

	HASH_FIND_STR(duty->people, user, person);
	return person && person->team ? person->team->id : "";
}

bool duty_serves(const struct duty *duty, const char *team, const char *user)
{
	return *team && !strcmp(duty_team_of(duty, user), team);
}

bool duty_near(const struct duty *duty, const char *team, const char *other)
{
	const struct team *a = team_of(duty, team), *b = team_of(duty, other);

	return a && b && a != b && *a->community && !strcmp(a->community, b->community);
}

static const char *phone_of(const struct duty *duty, const char *user)
{
	const struct person *person;

	HASH_FIND_STR(duty->people, user, person);
	return person ? person->phone : "";
}

/* find_gaps: counted from the shift's begin, so that during one shift the same is said. */
static void find_gaps(
	const struct duty *duty, const struct team *team, const struct duty_shift *now, struct oncall *out)
{
	struct duty_shift shift = duty_shift_at(duty, now->until);

	while (shift.from.ms - now->from.ms <= duty->config.ahead_ms && out->gap_count < ONCALL_GAPS_MAX) {
		struct duty_people people;
		duty_people_at(duty, team->id, shift.from, &people);
		if (!people.count)
			out->gaps[out->gap_count++] = (struct oncall_gap){shift.from, shift.until};
		shift = duty_shift_at(duty, shift.until);
	}
}

enum err duty_oncall(const struct duty *duty, const char *team_id, struct wall at, struct oncall *out)
{
	const struct team *team = team_of(duty, team_id);
	struct duty_shift shift = duty_shift_at(duty, at);
	struct duty_people people;
	const char *number = "";

	if (!team || !team->named)
		return ERR_NOT_FOUND;
	duty_people_at(duty, team_id, at, &people);
	memset(out, 0, sizeof *out); /* compared as bytes by those who look for changes */
	text_cut(out->team, sizeof out->team, team->id);
	text_cut(out->community, sizeof out->community, team->community);
	out->shift = shift.night ? ONCALL_NIGHT : ONCALL_DAY;
	out->from = shift.from;
	out->until = book_edge(duty->book, team_id, at);
	out->until = out->until.ms < shift.until.ms ? out->until : shift.until;
	for (unsigned i = 0; i < people.count; i++) {
		if (out->user_count < ONCALL_USERS_MAX)
			text_cut(out->users[out->user_count++], ID_BYTES, people.users[i]);
		if (!*number)
			number = phone_of(duty, people.users[i]);
	}
	text_cut(out->captain, sizeof out->captain, people.captain);
	text_cut(out->desk, sizeof out->desk, people.desk);
	if (!*number)
		number = team->number;
	if (!*number)
		number = phone_of(duty, people.captain);
	text_cut(out->number, sizeof out->number, number);
	find_gaps(duty, team, &shift, out);
	return ERR_OK;
}

bool duty_next_team(const struct duty *duty, char team_id[ID_BYTES])
{
	const struct team *team = *team_id ? team_of(duty, team_id) : NULL;

	for (team = team ? team->hh.next : *team_id ? NULL : duty->teams; team; team = team->hh.next) {
		if (team->named) {
			text_cut(team_id, ID_BYTES, team->id);
			return true;
		}
	}
	return false;
}

const char *duty_key_number(const struct duty *duty, const char *team_id, struct wall at, struct oncall *oncall)
{
	const struct team *team = team_of(duty, team_id);

	if (duty_oncall(duty, team_id, at, oncall))
		return "";
	return team->number[0] ? team->number : oncall->number;
}

static int by_id(const struct home *a, const struct home *b)
{
	return strcmp(a->id, b->id);
}

bool duty_next_home(struct duty *duty, char household[ID_BYTES])
{
	const struct home *home = NULL;

	if (!duty->homes_sorted)
		HASH_SRT(hh, duty->homes, by_id);
	duty->homes_sorted = true;
	HASH_FIND_STR(duty->homes, household, home);
	home = home ? home->hh.next : duty->homes;
	while (home && strcmp(home->id, household) <= 0)
		home = home->hh.next;
	if (home)
		text_cut(household, ID_BYTES, home->id);
	return home;
}
