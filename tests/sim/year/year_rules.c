/* SPDX-License-Identifier: MIT
 *
 * The rules of rosters, read off what is known of each person, not off the engine's model: a line of a year, and what
 * may not be in it. What happened before `from` is past and no longer judged, but counts for what comes after.
 */
#include <string.h>

#include "base/civil.h"
#include "year_internal.h"

#define MAX_RUN 3

static bool is_night(int shift)
{
	return shift >= 2;
}

static int month_of(const struct year *year, int day)
{
	struct civil c;

	civil_from_ms(wall_plus(year->start, day * MS_PER_DAY + 12 * MS_PER_HOUR).ms, &c);
	return c.year * 12 + c.month;
}

static const char *one_day(const struct year_person *p, int day)
{
	int shift = p->duty[day], before = day ? p->duty[day - 1] : -1, run = 0;

	if (!(shift & 1) && !p->experienced)
		return "is first on duty without experience";
	if (!p->said[day] && !(p->weekly[day % 7] >> is_night(shift) & 1))
		return "does not serve at that time of the week";
	if (!p->said[day] && p->away[day] & (YEAR_PLANNED | YEAR_ILL_KNOWN))
		return "is away";
	if (before >= 0 && is_night(before) && !(is_night(shift) && p->nights_in_row))
		return "has had no rest after a night";
	while (run <= MAX_RUN && day - run >= 0 && p->duty[day - run] >= 0)
		run++;
	return run > MAX_RUN ? "serves too many days in a row" : NULL;
}

const char *year_rule_broken(
	const struct year *year, const struct year_person *person, int from, int until, char text[200])
{
	int month = -1, count = 0;

	for (int day = from; day < until; day++) {
		if (person->duty[day] < 0)
			continue;
		const char *fault = one_day(person, day);
		if (month_of(year, day) != month) {
			month = month_of(year, day);
			count = 0;
			for (int d = day; d >= 0 && month_of(year, d) == month; d--)
				count += person->duty[d] >= 0;
		} else {
			count++;
		}
		if (!fault && count > person->at_most)
			fault = "has more duties in a month than offered";
		if (!fault)
			continue;
		snprintf(text, 200, "%s %s (day %d, %s)", person->id, fault, day, year_shift_names[person->duty[day]]);
		return text;
	}
	return NULL;
}

static void judge_counts(struct year *year, const struct year_team *team, int from)
{
	for (int day = from; day < team->planned; day++) {
		int have[YEAR_SHIFTS] = {0};
		for (unsigned i = 0; i < team->count; i++) {
			const struct year_person *p = &year->person[team->first + i];
			if (p->duty[day] >= 0 && !p->helps[day])
				have[p->duty[day]]++;
		}
		for (unsigned i = 0; i < YEAR_PEOPLE; i++)
			if (year->person[i].helps[day] == team - year->team + 1)
				have[year->person[i].duty[day]]++;
		for (int s = 0; s < YEAR_SHIFTS; s++)
			if (have[s] > year_need(day, s))
				year_breaks(year, YEAR_ROSTER_RULES, "%s has %d people on %s of day %d", team->id,
					have[s], year_shift_names[s], day);
	}
}

void year_judge(struct year *year, unsigned team, int from)
{
	const struct year_team *t = &year->team[team];
	char text[200];

	for (unsigned i = 0; i < t->count; i++)
		if (year_rule_broken(year, &year->person[t->first + i], from, t->planned, text))
			year_breaks(year, YEAR_ROSTER_RULES, "%s", text);
	judge_counts(year, t, from);
}

void year_judge_stable(
	struct year *year, unsigned team, int16_t (*before)[YEAR_TABLE_DAYS], int from, const struct year_person *ill)
{
	const struct year_team *t = &year->team[team];

	for (unsigned i = 0; i < t->count; i++) {
		const struct year_person *p = &year->person[t->first + i];
		for (int day = from; day < t->planned; day++) {
			int was = before[i][day], is = p->duty[day];
			if (was == is || p == ill)
				continue;
			if ((was >= 0 && year_duty_from(year, day, was).ms < year->now.ms + YEAR_NEAR_MS) ||
				(is >= 0 && year_duty_from(year, day, is).ms < year->now.ms + YEAR_NEAR_MS))
				year_breaks(year, YEAR_ROSTER_STABLE, "%s: day %d changed within 48 h", p->id, day);
		}
	}
}

/* is_planned finds the duty of the book in the person's line. */
static bool is_planned(const struct year *year, unsigned team, const struct book_duty *duty)
{
	const struct year_person *p = year_person_find(year, duty->user);
	int day = year_day(year, duty->from);
	int shift = p && day >= 0 && day < YEAR_TABLE_DAYS ? p->duty[day] : -1;

	return shift >= 0 && (p->helps[day] ? p->helps[day] - 1u : p->team) == team &&
	       !strcmp(duty->shift, year_shift_names[shift]) && duty->from.ms == year_duty_from(year, day, shift).ms &&
	       duty->until.ms == year_duty_until(year, day, shift).ms;
}

void year_judge_book(struct year *year, unsigned team)
{
	const struct year_team *t = &year->team[team];
	const struct book *book = duty_rosters(incident_core_duty(year->core));
	const struct book_duty *duty, *other;
	unsigned in_book = 0, planned = 0;

	for (unsigned i = 0; (duty = book_get(book, t->id, i)); i++) {
		if (duty->until.ms <= year->now.ms)
			continue;
		in_book++;
		if (!is_planned(year, team, duty))
			year_breaks(year, YEAR_BOOK_TRUE, "%s has %s in force, which was not planned", duty->user,
				duty->shift);
		for (unsigned j = i + 1; (other = book_get(book, t->id, j)) && other->from.ms < duty->until.ms; j++)
			if (!strcmp(other->user, duty->user))
				year_breaks(year, YEAR_BOOK_TRUE, "%s has two duties at a time", duty->user);
	}
	for (unsigned i = 0; i < YEAR_PEOPLE; i++) {
		const struct year_person *p = &year->person[i];
		for (int day = year_day(year, year->now) ? year_day(year, year->now) - 1 : 0; day < t->planned; day++)
			planned += p->duty[day] >= 0 && (p->helps[day] ? p->helps[day] - 1u : p->team) == team &&
				   year_duty_until(year, day, p->duty[day]).ms > year->now.ms;
	}
	if (planned != in_book)
		year_breaks(year, YEAR_BOOK_TRUE, "%s: %u duties planned, %u in force", t->id, planned, in_book);
}
