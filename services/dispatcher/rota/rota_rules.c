/* SPDX-License-Identifier: MIT
 *
 * Hard rules of a roster in force, asked before somebody gets a duty by consent. A duty belongs to the local date on
 * which it begins, as in the planning task.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "rota_internal.h"

#define OVER_MS (2 * MS_PER_DAY) /* until the last duties of a roster are over, too */
#define LINE_BYTES 256
#define SPAN "from,"

static int64_t date_of(const struct rota *rota, struct wall at)
{
	struct civil local = zone_to_civil(rota->config.zone, at);

	return civil_days(local.year, (unsigned)local.month, (unsigned)local.day);
}

/* rules_of gives those of a duty that begins at a time. */
static const struct rota_rules *rules_of(const struct rota *rota, const char *team, struct wall at)
{
	const struct rule_span *last = NULL;
	const struct rule_page *page;

	HASH_FIND_STR(rota->rules, team, page);
	for (const struct rule_span *span = page ? page->first : NULL; span; span = span->next) {
		if (span->from.ms <= at.ms && at.ms < span->until.ms)
			return &span->rules;
		last = !last || span->until.ms > last->until.ms ? span : last;
	}
	return last ? &last->rules : NULL;
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
	const struct rota_rules *rules = rules_of(rota, home, duty->from);
	int person = person_of(rules, user);
	bool nights_in_row = person >= 0 && rules->people[person].nights_in_row;
	char team[ID_BYTES] = "";

	while (book_next_team(rota->book, team)) {
		unsigned duties;
		if (strcmp(team, home) != 0 && !duty_near(rota->duty, team, home))
			continue;
		const struct book_duty *page = book_page(rota->book, team, &duties);
		for (unsigned i = 0; i < duties; i++) {
			const struct book_duty *own = &page[i];
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
	const struct rota *rota, const char *team, const char *home, const struct book_duty *duty, const char *user)
{
	const struct rota_rules *theirs = rules_of(rota, team, duty->from), *own = rules_of(rota, home, duty->from);
	int at = shift_of(theirs, duty->shift), person = person_of(own, user);
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
	const struct rota_rules *rules = rules_of(rota, home, duty->from);
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
	if (lacks_skill(rota, team, home, duty, user))
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

/* ---- spans ---- */

static struct rule_page *page_of(struct rota *rota, const char *team)
{
	struct rule_page *page;

	HASH_FIND_STR(rota->rules, team, page);
	if (!page && (page = calloc(1, sizeof *page))) {
		text_cut(page->team, sizeof page->team, team);
		HASH_ADD_STR(rota->rules, team, page);
	}
	return page;
}

static void drop(struct rule_span **at)
{
	struct rule_span *span = *at;

	*at = span->next;
	free(span);
}

void rules_free(struct rota *rota)
{
	struct rule_page *page, *next;

	HASH_ITER(hh, rota->rules, page, next)
	{
		while (page->first)
			drop(&page->first);
		HASH_DEL(rota->rules, page);
		free(page);
	}
}

/* give_way shortens a span whose end, or all from there on if it is open, a newer one takes; where else they meet, the
 * order says which holds. False: nothing is left of it. */
static bool give_way(struct rule_span *old, const struct rule_span *newer)
{
	if (old->from.ms >= newer->from.ms)
		return old->until.ms > newer->until.ms;
	if (old->until.ms > newer->from.ms && (old->until.ms <= newer->until.ms || old->until.ms == WALL_NEVER.ms))
		old->until = newer->from;
	return true;
}

enum err rota_rules_put(struct rota *rota, const char *team, const struct rota_rules *rules, struct wall from,
	struct wall until, struct wall now)
{
	struct rule_page *page = page_of(rota, team);
	struct rule_span *made = page ? calloc(1, sizeof *made) : NULL;
	unsigned count = 1;

	if (!made)
		return ERR_NOMEM;
	made->from = from;
	made->until = wall_is_set(from) ? until : WALL_NEVER;
	if (rules)
		made->rules = *rules;
	for (struct rule_span **at = &page->first; *at;) {
		if (give_way(*at, made) && (*at)->until.ms > now.ms - OVER_MS && count < ROTA_RULE_SPANS) {
			at = &(*at)->next;
			count++;
		} else {
			drop(at);
		}
	}
	if (!rules && !page->first) {
		free(made);
		return ERR_OK;
	}
	made->next = page->first;
	page->first = made;
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

/* next_line takes a line off a text; false: it is too long. */
static bool next_line(const char **text, char line[LINE_BYTES])
{
	size_t length = strcspn(*text, "\n");

	if (length >= LINE_BYTES)
		return false;
	memcpy(line, *text, length);
	line[length] = '\0';
	*text += length + ((*text)[length] == '\n');
	return true;
}

static bool is_span(const char *text)
{
	return !strncmp(text, SPAN, strlen(SPAN));
}

/* read_lines reads to the end, or, in what the store keeps, to the next span. */
static enum err read_lines(
	const char **text, bool stored, unsigned *number, struct rota_rules *out, struct errinfo *info)
{
	char line[LINE_BYTES];

	memset(out, 0, sizeof *out);
	while (**text && !(stored && is_span(*text))) {
		++*number;
		if (!next_line(text, line))
			return errinfo_set(info, ERR_INVALID, "rules: line %u is too long", *number);
		if (!read_line(line, out))
			return errinfo_set(info, ERR_INVALID,
				"rules: line %u is none of month,YYYY-MM-DD; run,N; tag,N,ID; "
				"shift,ID,PART,BARS,REQUIRES; "
				"person,ID,SKILLS,AT_MOST,SERVED,NIGHTS_IN_ROW",
				*number);
	}
	return ERR_OK;
}

enum err rota_rules_read(const char *text, struct rota_rules *out, struct errinfo *info)
{
	unsigned number = 0;

	return read_lines(&text, false, &number, out, info);
}

static enum err read_span(const char **text, unsigned *number, struct rule_span *out, struct errinfo *info)
{
	static const int64_t any[][2] = {{INT64_MIN, INT64_MAX}, {INT64_MIN, INT64_MAX}};
	char line[LINE_BYTES];
	int64_t n[2] = {WALL_NONE.ms, WALL_NEVER.ms};

	if (is_span(*text)) {
		++*number;
		const char *at = next_line(text, line) ? numbers_of(line + strlen(SPAN), any, 2, n) : NULL;
		if (!at || *at || n[0] >= n[1])
			return errinfo_set(info, ERR_INVALID, "rules: line %u is no " SPAN "MS,MS", *number);
	}
	out->from.ms = n[0];
	out->until.ms = n[1];
	return read_lines(text, true, number, &out->rules, info);
}

enum err rota_rules_restore(struct rota *rota, const char *team, const char *text, struct errinfo *info)
{
	struct rule_page *page = page_of(rota, team);
	struct rule_span **end;
	unsigned number = 0;
	enum err err = ERR_OK;

	if (!page)
		return ERR_NOMEM;
	for (end = &page->first; *end;)
		drop(end);
	while (!err && *text) {
		*end = calloc(1, sizeof **end);
		err = *end ? read_span(&text, &number, *end, info) : ERR_NOMEM;
		end = *end ? &(*end)->next : end;
	}
	while (err && page->first)
		drop(&page->first);
	return err;
}

static void write_span(const struct rule_span *span, struct buf *out)
{
	const struct rota_rules *rules = &span->rules;

	buf_printf(out, SPAN "%" PRId64 ",%" PRId64 "\n", span->from.ms, span->until.ms);
	if (rules->year)
		buf_printf(out, "month,%d-%d-%d\n", rules->year, rules->month, rules->day);
	buf_printf(out, "run,%d\n", rules->run);
	for (unsigned i = 0; i < ROTA_RULE_TAGS; i++)
		if (*rules->tags[i])
			buf_printf(out, "tag,%u,%s\n", i, rules->tags[i]);
	for (unsigned i = 0; i < rules->shift_count; i++)
		buf_printf(out, "shift,%s,%u,%u,%u\n", rules->shifts[i].id, rules->shifts[i].part,
			rules->shifts[i].bars, rules->shifts[i].requires);
	for (unsigned i = 0; i < rules->person_count; i++)
		buf_printf(out, "person,%s,%u,%d,%d,%d\n", rules->people[i].id, rules->people[i].skills,
			rules->people[i].at_most, rules->people[i].served, rules->people[i].nights_in_row);
}

enum err rota_rules_write(const struct rota *rota, const char *team, struct buf *out)
{
	const struct rule_page *page;

	HASH_FIND_STR(rota->rules, team, page);
	for (const struct rule_span *span = page ? page->first : NULL; span; span = span->next)
		write_span(span, out);
	return out->failed;
}

const char *rota_bar_name(enum rota_bar bar)
{
	static const char *const names[] = {"none", "team", "busy", "rest", "run", "skill", "month", "absent"};

	_Static_assert(sizeof names / sizeof *names == ROTA_BAR_COUNT, "a name for each");
	return names[bar];
}
