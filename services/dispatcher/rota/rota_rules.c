/* SPDX-License-Identifier: MIT
 *
 * Hard rules of a roster in force, asked before somebody gets a duty by consent. A duty belongs to the local date on
 * which it begins, as in the planning task.
 */
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "rota_internal.h"

static int64_t date_of(const struct rota *rota, struct wall at)
{
	struct civil local = zone_to_civil(rota->config.zone, at);

	return civil_days(local.year, (unsigned)local.month, (unsigned)local.day);
}

static const struct rota_rules *rules_of(const struct rota *rota, const char *team)
{
	const struct rule_page *page;

	HASH_FIND_STR(rota->rules, team, page);
	return page ? &page->rules : NULL;
}

static int shift_of(const struct rota_rules *rules, const char *shift)
{
	for (unsigned i = 0; rules && i < rules->shift_count; i++)
		if (!strcmp(rules->shifts[i].id, shift))
			return (int)i;
	return -1;
}

static int person_of(const struct rota_rules *rules, const char *user)
{
	for (unsigned i = 0; rules && i < rules->person_count; i++)
		if (!strcmp(rules->people[i].id, user))
			return (int)i;
	return -1;
}

static bool same(const struct book_duty *a, const struct book_duty *b)
{
	return b && a->from.ms == b->from.ms && !strcmp(a->shift, b->shift) && !strcmp(a->user, b->user);
}

/* bars: the rules' word on a duty the day before another; without rules, COVER_REST_MS between both. */
static bool bars(const struct rota *rota, const struct rota_rules *rules, const struct book_duty *first,
	const struct book_duty *second, bool nights_in_row)
{
	int a = shift_of(rules, first->shift), b = shift_of(rules, second->shift);

	if (a < 0 || b < 0)
		return second->from.ms - first->until.ms < COVER_REST_MS;
	if (date_of(rota, second->from) != date_of(rota, first->from) + 1)
		return date_of(rota, second->from) == date_of(rota, first->from); /* one duty a day */
	if (nights_in_row && rules->shifts[a].part == rules->shifts[b].part)
		return false;
	return rules->shifts[a].bars >> rules->shifts[b].part & 1;
}

static enum rota_bar beside(const struct rota *rota, const struct rota_rules *rules, const struct book_duty *duty,
	const struct book_duty *own, bool nights_in_row)
{
	if (own->from.ms < duty->until.ms && duty->from.ms < own->until.ms)
		return ROTA_BAR_BUSY;
	if (own->from.ms < duty->from.ms ? bars(rota, rules, own, duty, nights_in_row)
					 : bars(rota, rules, duty, own, nights_in_row))
		return ROTA_BAR_REST;
	return ROTA_BAR_NONE;
}

struct tally {
	bool dates[64];        /* around the duty's date, which is at 32 */
	int32_t month, before; /* duties of the month; those before the rules' first day apart */
};

/* count: what lies before the rules' first day stands in their `served` too, if the task had it. */
static void count(const struct rota *rota, const struct rota_rules *rules, const struct book_duty *duty,
	const struct book_duty *own, struct tally *out)
{
	struct civil a = zone_to_civil(rota->config.zone, duty->from), b = zone_to_civil(rota->config.zone, own->from);
	int64_t day = date_of(rota, own->from) - date_of(rota, duty->from) + 32;
	bool served = rules && rules->year == b.year && rules->month == b.month && b.day < rules->day;

	if (day >= 0 && day < 64)
		out->dates[day] = true;
	if (a.year == b.year && a.month == b.month)
		*(served ? &out->before : &out->month) += 1;
}

static bool run_is_over(const struct tally *tally, int32_t most)
{
	int32_t run = 1;

	for (int day = 31; day >= 0 && tally->dates[day]; day--)
		run++;
	for (int day = 33; day < 64 && tally->dates[day]; day++)
		run++;
	return most && run > most;
}

bool rota_is_absent(const struct rota *rota, const char *user, const struct book_duty *duty)
{
	for (const struct matter *m = rota->matters; m; m = m->hh.next)
		if (m->kind == ROTA_ABSENCE && m->state == ROTA_OPEN && !strcmp(m->duty.user, user) &&
			m->duty.from.ms < duty->until.ms && duty->from.ms < m->duty.until.ms)
			return true;
	return false;
}

bool rota_away_in(const struct rota *rota, const char *user, struct wall from, struct wall until)
{
	struct book_duty then = {.from = from, .until = until};

	return rota_is_absent(rota, user, &then) || aways_at(rota, user, from, until);
}

bool rota_away(const struct rota *rota, const char *user, struct wall at)
{
	const struct book_duty *duty;
	char team[ID_BYTES] = "";

	if (!rota_away_in(rota, user, at, (struct wall){at.ms + 1}))
		return false;
	while (book_next_team(rota->book, team))
		for (unsigned i = 0; (duty = book_at(rota->book, team, at, i)); i++)
			if (!strcmp(duty->user, user))
				return false;
	return true;
}

/* earlier gives the first of edge, from and until that is after a time. */
static struct wall earlier(struct wall edge, struct wall from, struct wall until, struct wall after)
{
	edge = from.ms > after.ms && from.ms < edge.ms ? from : edge;
	return until.ms > after.ms && until.ms < edge.ms ? until : edge;
}

struct wall rota_away_edge(const struct rota *rota, struct wall after)
{
	struct wall edge = WALL_NEVER;

	for (const struct matter *m = rota->matters; m; m = m->hh.next)
		if (m->kind == ROTA_ABSENCE && m->state == ROTA_OPEN)
			edge = earlier(edge, m->duty.from, m->duty.until, after);
	for (const struct away_page *page = rota->aways; page; page = page->hh.next)
		for (const struct away *away = page->first; away; away = away->next)
			edge = earlier(edge, away->from, away->until, after);
	return edge;
}

bool rota_near(const struct rota *rota, const char *team, const char *other)
{
	return rota->config.helps && duty_near(rota->duty, team, other) &&
	       rota->config.helps(rota->config.context, team) && rota->config.helps(rota->config.context, other);
}

bool rota_reaches(const struct rota *rota, const char *team, const char *user)
{
	const char *home = duty_team_of(rota->duty, user);

	return !strcmp(home, team) || rota_near(rota, team, home);
}

/* others: what stands against a duty in the others that user has, in their own team and those near it. */
static enum rota_bar others(const struct rota *rota, const char *home, const struct book_duty *duty, const char *user,
	const struct book_duty *instead, struct tally *tally)
{
	const struct rota_rules *rules = rules_of(rota, home);
	int person = person_of(rules, user);
	bool nights_in_row = person >= 0 && rules->people[person].nights_in_row;
	char team[ID_BYTES] = "";
	const struct book_duty *own;

	while (book_next_team(rota->book, team)) {
		if (strcmp(team, home) != 0 && !duty_near(rota->duty, team, home))
			continue;
		for (unsigned i = 0; (own = book_get(rota->book, team, i)); i++) {
			if (strcmp(own->user, user) != 0 || same(own, instead))
				continue;
			enum rota_bar bar = beside(rota, rules, duty, own, nights_in_row);
			if (bar)
				return bar;
			count(rota, rules, duty, own, tally);
		}
	}
	return ROTA_BAR_NONE;
}

/* lacks_skill: of another team's duty the skills are compared by their names: each team numbers its own. */
static bool lacks_skill(
	const struct rota *rota, const char *team, const char *home, const char *shift, const char *user)
{
	const struct rota_rules *theirs = rules_of(rota, team), *own = rules_of(rota, home);
	int at = shift_of(theirs, shift), person = person_of(own, user);
	uint32_t wanted = at >= 0 ? theirs->shifts[at].requires : 0, has = person >= 0 ? own->people[person].skills : 0;

	if (theirs == own)
		return wanted & ~has;
	for (unsigned t = 0; t < ROTA_RULE_TAGS; t++) {
		bool found = !(wanted >> t & 1);
		for (unsigned i = 0; !found && *theirs->tags[t] && own && i < ROTA_RULE_TAGS; i++)
			found = has >> i & 1 && !strcmp(theirs->tags[t], own->tags[i]);
		if (!found)
			return true;
	}
	return false;
}

enum rota_bar rota_bar_of(struct rota *rota, const char *team, const struct book_duty *duty, const char *user,
	const struct book_duty *instead)
{
	const char *home = duty_team_of(rota->duty, user);
	const struct rota_rules *rules = rules_of(rota, home);
	int person = person_of(rules, user);
	struct civil local = zone_to_civil(rota->config.zone, duty->from);
	struct tally tally = {0};
	enum rota_bar bar;

	if (!rota_reaches(rota, team, user))
		return ROTA_BAR_TEAM;
	bar = others(rota, home, duty, user, instead, &tally);
	if (bar)
		return bar;
	if (rules && run_is_over(&tally, rules->run))
		return ROTA_BAR_RUN;
	if (lacks_skill(rota, team, home, duty->shift, user))
		return ROTA_BAR_SKILL;
	if (person >= 0 && rules->people[person].at_most >= 0) {
		bool counts = rules->year == local.year && rules->month == local.month;
		int32_t served = counts ? rules->people[person].served : 0;
		served = tally.before > served ? tally.before : served; /* a task may not know what is over */
		if (tally.month + served >= rules->people[person].at_most)
			return ROTA_BAR_MONTH;
	}
	return rota_away_in(rota, user, duty->from, duty->until) ? ROTA_BAR_ABSENT : ROTA_BAR_NONE;
}

enum err rota_rules_put(struct rota *rota, const char *team, const struct rota_rules *rules)
{
	struct rule_page *page;

	HASH_FIND_STR(rota->rules, team, page);
	if (!rules) {
		if (page)
			HASH_DEL(rota->rules, page);
		free(page);
		return ERR_OK;
	}
	if (!page) {
		page = calloc(1, sizeof *page);
		if (!page)
			return ERR_NOMEM;
		text_cut(page->team, sizeof page->team, team);
		HASH_ADD_STR(rota->rules, team, page);
	}
	page->rules = *rules;
	return ERR_OK;
}

/* ---- reading ---- */

/* number_of reads a whole decimal number up to a comma or the end; NULL: it is none. */
static const char *number_of(const char *text, int64_t least, int64_t most, int64_t *out)
{
	char *rest;

	*out = strtoll(text, &rest, 10);
	if (rest == text || (*rest && *rest != ',' && *rest != '-') || *out < least || *out > most)
		return NULL;
	return *rest ? rest + 1 : rest;
}

static const char *id_of(const char *text, char out[ID_BYTES])
{
	size_t length = strcspn(text, ",");

	if (length >= ID_BYTES || text[length] != ',')
		return NULL;
	memcpy(out, text, length);
	out[length] = '\0';
	return text_is_id(out) ? text + length + 1 : NULL;
}

static const char *numbers_of(const char *at, const int64_t (*bounds)[2], unsigned wanted, int64_t *out)
{
	for (unsigned i = 0; at && i < wanted; i++)
		at = number_of(at, bounds[i][0], bounds[i][1], &out[i]);
	return at;
}

/* read_line gives false for a line that is none of them. */
static bool read_line(const char *line, struct rota_rules *out)
{
	static const int64_t month[][2] = {{1970, 9999}, {1, 12}, {1, 31}}, tag[][2] = {{0, ROTA_RULE_TAGS - 1}},
			     run[][2] = {{0, 31}}, shift[][2] = {{0, 31}, {0, UINT32_MAX}, {0, UINT32_MAX}},
			     person[][2] = {{0, UINT32_MAX}, {-1, 1000}, {0, 1000}, {0, 1}};
	const char *at = strchr(line, ',');
	size_t word = at ? (size_t)(at - line) : 0;
	int64_t n[4] = {0, 0, 1, 0};

	if (word == 5 && !strncmp(line, "month", word)) {
		at = numbers_of(at + 1, month, 2, n);
		out->year = at ? (int32_t)n[0] : 0;
		out->month = at ? (int32_t)n[1] : 0;
		at = at && *at ? numbers_of(at, month + 2, 1, n + 2) : at; /* older rules have no day */
		out->day = at ? (int32_t)n[2] : 1;
	} else if (word == 3 && !strncmp(line, "tag", word)) {
		at = numbers_of(at + 1, tag, 1, n);
		if (at && (!text_is_id(at) || text_copy(out->tags[n[0]], ID_BYTES, at)))
			at = NULL;
		at = at ? at + strlen(at) : NULL;
	} else if (word == 3 && !strncmp(line, "run", word)) {
		at = numbers_of(at + 1, run, 1, n);
		out->run = at ? (int32_t)n[0] : 0;
	} else if (word == 5 && !strncmp(line, "shift", word) && out->shift_count < ROTA_RULE_SHIFTS) {
		at = id_of(at + 1, out->shifts[out->shift_count].id);
		at = numbers_of(at, shift, 3, n);
		if (at) {
			out->shifts[out->shift_count].part = (uint32_t)n[0];
			out->shifts[out->shift_count].bars = (uint32_t)n[1];
			out->shifts[out->shift_count++].requires = (uint32_t)n[2];
		}
	} else if (word == 6 && !strncmp(line, "person", word) && out->person_count < ROTA_RULE_PEOPLE) {
		at = id_of(at + 1, out->people[out->person_count].id);
		at = numbers_of(at, person, 4, n);
		if (at) {
			out->people[out->person_count].skills = (uint32_t)n[0];
			out->people[out->person_count].at_most = (int32_t)n[1];
			out->people[out->person_count].served = (int32_t)n[2];
			out->people[out->person_count++].nights_in_row = n[3];
		}
	} else {
		return false;
	}
	return at && !*at;
}

enum err rota_rules_read(const char *text, struct rota_rules *out, struct errinfo *info)
{
	char line[256];
	unsigned number = 0;

	memset(out, 0, sizeof *out);
	while (*text) {
		size_t length = strcspn(text, "\n");
		number++;
		if (length >= sizeof line)
			return errinfo_set(info, ERR_INVALID, "rules: line %u is too long", number);
		memcpy(line, text, length);
		line[length] = '\0';
		if (!read_line(line, out))
			return errinfo_set(info, ERR_INVALID,
				"rules: line %u is none of month,YYYY-MM-DD; run,N; tag,N,ID; "
				"shift,ID,PART,BARS,REQUIRES; "
				"person,ID,SKILLS,AT_MOST,SERVED,NIGHTS_IN_ROW",
				number);
		text += length + (text[length] == '\n');
	}
	return ERR_OK;
}

const char *rota_bar_name(enum rota_bar bar)
{
	static const char *const names[] = {"none", "team", "busy", "rest", "run", "skill", "month", "absent"};

	_Static_assert(sizeof names / sizeof *names == ROTA_BAR_COUNT, "a name for each");
	return names[bar];
}
