/* SPDX-License-Identifier: MIT
 *
 * What became of each duty that was lost, and whether somebody could have had it: counted from what is known of people,
 * without a look into the core. When an uncovered duty is over, all who might have been asked are gone through: whom a
 * rule bars, who would have said no, and whoever is left was forgotten.
 */
#include <stdlib.h>
#include <string.h>

#include "year_internal.h"

enum err year_lost(struct year *year, unsigned team, int day, int shift, const struct year_person *p)
{
	struct year_event begins = {.kind = YEAR_COVER_BEGINS, .at = year_duty_from(year, day, shift)},
			  over = {.kind = YEAR_COVER_OVER, .at = year_duty_until(year, day, shift)};

	if (year->cover_count == year->cover_room) {
		unsigned room = year->cover_room ? year->cover_room * 2 : 256;
		struct year_cover *more = realloc(year->covers, room * sizeof *more);
		if (!more)
			return ERR_NOMEM;
		year->covers = more;
		year->cover_room = room;
	}
	begins.number = over.number = year->cover_count;
	year->covers[year->cover_count++] =
		(struct year_cover){.team = team, .day = day, .shift = shift, .of = p, .lost = year->now};
	enum err err = year_later(year, &begins);
	return err ? err : year_later(year, &over);
}

static bool has(const uint8_t *set, unsigned person)
{
	return set[person / 8] >> (person % 8) & 1;
}

static void put(uint8_t *set, unsigned person)
{
	set[person / 8] |= (uint8_t)(1u << (person % 8));
}

void year_cover_asked(struct year *year, unsigned team, int day, int shift, const struct year_person *p)
{
	for (unsigned i = year->cover_count; i-- > 0;) {
		struct year_cover *c = &year->covers[i];
		if (!c->by && c->team == team && c->day == day && c->shift == shift)
			put(c->asked, (unsigned)(p - year->person));
	}
}

void year_covered(struct year *year, unsigned team, int day, int shift, const struct year_person *by)
{
	for (unsigned i = year->cover_count; i-- > 0;) {
		struct year_cover *c = &year->covers[i];
		if (c->by || c->team != team || c->day != day || c->shift != shift)
			continue;
		c->by = by;
		c->in_time = year->now.ms <= year_duty_from(year, day, shift).ms;
		return;
	}
	year_breaks(year, YEAR_COVERED, "%s took what was not lost", by->id);
}

static const char *const reasons[YEAR_REASON_COUNT] = {"another duty that day", "ill", "away", "rest", "days in a row",
	"duties a month", "experience", "would say no", "asked, read it too late", "free too late", "forgotten"};

/* reason_of: the first that stands against somebody. */
static enum year_reason reason_of(struct year *year, const struct year_cover *c, struct year_person *p)
{
	enum year_reason reason = YEAR_FORGOTTEN;
	const char *fault;
	char text[200];

	if (p->duty[c->day] >= 0)
		return YEAR_BUSY;
	if (p->away[c->day] & YEAR_ILL)
		return YEAR_SICK;
	if (p->away[c->day] & YEAR_PLANNED)
		return YEAR_ABSENT;
	p->duty[c->day] = (int16_t)c->shift;
	p->said[c->day] = 1;
	fault = year_rule_broken(year, p, c->day, year->team[p->team].planned, text);
	p->duty[c->day] = -1;
	p->said[c->day] = 0;
	if (fault)
		reason = strstr(fault, "rest")         ? YEAR_UNRESTED
			 : strstr(fault, "row")        ? YEAR_IN_A_ROW
			 : strstr(fault, "month")      ? YEAR_FULL
			 : strstr(fault, "experience") ? YEAR_UNSKILLED
						       : YEAR_FORGOTTEN;
	else if (!year_wants(year, p, c->team, c->day, c->shift))
		reason = YEAR_UNWILLING;
	return reason;
}

/* may_ask: of the team, or of one of its community who usually serves at such a time. */
static bool may_ask(const struct year_cover *c, const struct year_person *p)
{
	if (p == c->of)
		return false;
	return p->team == c->team || (p->team % YEAR_COMMUNITIES == c->team % YEAR_COMMUNITIES &&
					     p->weekly[c->day % 7] >> (c->shift >= 2) & 1);
}

void year_cover_begins(struct year *year, unsigned number)
{
	struct year_cover *c = &year->covers[number];

	for (unsigned i = 0; i < YEAR_PEOPLE && !c->by; i++)
		if (may_ask(c, &year->person[i]) && reason_of(year, c, &year->person[i]) == YEAR_FORGOTTEN)
			put(c->free, i);
}

void year_cover_over(struct year *year, unsigned number)
{
	struct year_cover *c = &year->covers[number];
	bool other = false, allowed = false;

	if (c->by)
		return;
	for (unsigned i = 0; i < YEAR_PEOPLE; i++) {
		struct year_person *p = &year->person[i];
		other = other || (p->duty[c->day] == (c->shift ^ 1) &&
					 (p->helps[c->day] ? p->helps[c->day] - 1u : p->team) == c->team);
		if (!may_ask(c, p))
			continue;
		enum year_reason reason = reason_of(year, c, p);
		if (reason == YEAR_FORGOTTEN && (has(c->asked, i) || !has(c->free, i)))
			reason = has(c->asked, i) ? YEAR_READ_LATE : YEAR_FREE_LATE;
		year->counts.reasons[p->team != c->team][reason]++;
		allowed = allowed || reason >= YEAR_UNWILLING;
		if (reason == YEAR_FORGOTTEN)
			year_breaks(year, YEAR_COVERED,
				"%s of day %d, team %u: %s could and would (lost %d min before)",
				year_shift_names[c->shift], c->day, c->team + 1, p->id,
				(int)((year_duty_from(year, c->day, c->shift).ms - c->lost.ms) / MS_PER_MINUTE));
	}
	year->counts.barred += !allowed;
	year->counts.alone += !other;
}

void year_covers_tell(struct year *year)
{
	const struct year_counts *c = &year->counts;
	unsigned in_time = 0, late = 0, helped = 0, open = 0;

	for (unsigned i = 0; i < year->cover_count; i++) {
		const struct year_cover *cover = &year->covers[i];
		in_time += cover->by && cover->in_time;
		late += cover->by && !cover->in_time;
		helped += cover->by && cover->by->team != cover->team;
		open += !cover->by;
	}
	fprintf(year->out,
		"\nlost within 48 h: %u; covered before it began %u, after %u (by another team's %u); open %u: of "
		"these every rule "
		"barred all %u, the other place was open too %u\n",
		year->cover_count, in_time, late, helped, open, c->barred, c->alone);
	fprintf(year->out, "asked %u, of other teams %u\n", c->cover_asks, c->cover_near);
	fprintf(year->out, "%-36s %10s %12s\n", "why not, people x open duties", "own team", "other teams");
	for (unsigned r = 0; r < YEAR_REASON_COUNT; r++)
		fprintf(year->out, "%-36s %10u %12u\n", reasons[r], c->reasons[0][r], c->reasons[1][r]);
}
