/* SPDX-License-Identifier: MIT
 *
 * Reminders, judged by the lines of people: what they have is what they are reminded of.
 */
#include <string.h>

#include "base/text.h"
#include "year_internal.h"

#define DAY_BEFORE 1u
#define HOUR_BEFORE 2u

static uint8_t bit_of(int shift, unsigned stage)
{
	return (uint8_t)(stage << (2 * shift));
}

void year_reminded(struct year *year, const struct duty_notice *n)
{
	struct year_person *p = year_person_find(year, n->user);
	struct rota_view m;

	if (year->options->fault == YEAR_FAULT_NOTICE_LOST && ++year->faults % 20 == 0)
		return;
	if (!p || !rota_view_of(year->rota, n->matter, &m)) {
		year_breaks(year, YEAR_REMINDED, "%s is reminded of nothing", n->user);
		return;
	}
	int day = year_day(year, m.duty.from), shift = p->duty[day];
	if (shift < 0 || strcmp(m.duty.shift, year_shift_names[shift]) != 0) {
		year_breaks(year, YEAR_REMINDED, "%s is reminded of a duty of another, day %d", p->id, day);
		return;
	}
	uint8_t bit = bit_of(shift, n->kind == NOTICE_TOMORROW ? DAY_BEFORE : HOUR_BEFORE);
	if (p->told[day] & bit)
		year_breaks(year, YEAR_REMINDED, "%s is reminded twice, day %d", p->id, day);
	p->told[day] |= bit;
}

enum err year_start_asked(struct year *year, const struct duty_notice *n)
{
	struct year_event event = {.kind = YEAR_START_LOOK, .at = wall_plus(year->now, YEAR_REACH_MS)};
	struct year_person *p = year_person_find(year, n->user);
	struct dice *dice = &year->answer_dice;
	struct rota_view m;

	if (year->options->fault == YEAR_FAULT_NOTICE_LOST && ++year->faults % 20 == 0)
		return ERR_OK;
	int day = year_day(year, year->now), shift = p ? p->duty[day] : -1;
	if (shift < 0 || !rota_view_of(year->rota, n->matter, &m) || p->began[day] ||
		year_duty_from(year, day, shift).ms != year->now.ms) {
		year_breaks(year, YEAR_REACHED, "%s is asked twice, late, or about no duty, day %d", n->user, day);
		return ERR_OK;
	}
	p->began[day] = YEAR_START_ASKED;
	year->counts.starts++;
	text_cut(event.reply.incident, ID_BYTES, n->matter);
	text_cut(event.reply.user, ID_BYTES, n->user);
	enum err err = year_later(year, &event);
	event.kind = YEAR_DUTY_REPLY;
	event.reply.action = REPLY_ACCEPT;
	event.at = wall_plus(year->now, year_spread(dice, 2 * MS_PER_MINUTE));
	return err || p->away[day] & YEAR_ILL || year_happens(dice, RATE_SILENT_AT_START) ? err
											  : year_later(year, &event);
}

void year_start_answered(struct year *year, const struct rota_view *m)
{
	struct year_person *p = year_person_find(year, m->duty.user);

	if (p && year->now.ms < m->duty.from.ms + YEAR_REACH_MS)
		p->began[year_day(year, m->duty.from)] |= YEAR_START_ANSWERED;
}

void year_start_climbed(struct year *year, const struct duty_notice *n)
{
	const struct year_person *other = year_person_find(year, n->user);
	struct rota_view m;
	struct year_person *p = rota_view_of(year->rota, n->matter, &m) ? year_person_find(year, m.duty.user) : NULL;
	int day = year_day(year, year->now);
	bool leads = p && !strncmp(n->user, "captain-", 8) && !strcmp(n->user + 8, year->team[p->team].id + 2);

	year->counts.climbed++;
	if (!p || m.duty.from.ms + YEAR_REACH_MS != year->now.ms || p->began[day] & YEAR_START_ANSWERED ||
		!(p->began[day] & YEAR_START_ASKED) ||
		(other ? other == p || other->duty[day] < 0 : !leads && !p->helps[day]))
		year_breaks(year, YEAR_REACHED, "%s is told that somebody is silent on day %d", n->user, day);
	if (p)
		p->began[day] |= YEAR_START_CLIMBED;
}

void year_start_look(struct year *year, const struct year_event *event)
{
	const struct year_person *p = year_person_find(year, event->reply.user);
	int day = year_day(year, year->now);
	bool answered = p->began[day] & YEAR_START_ANSWERED, climbed = p->began[day] & YEAR_START_CLIMBED;

	year->counts.silent += !answered;
	if (p->duty[day] >= 0 && answered == climbed)
		year_breaks(year, YEAR_REACHED, "%s was %s at the start on day %d, and others %s", p->id,
			answered ? "heard" : "silent", day, climbed ? "are told" : "are not told");
}

static void judge(struct year *year, const struct year_person *p, int day)
{
	int shift = p->duty[day];
	struct wall begin = year_duty_from(year, day, shift);
	int64_t had = p->said[day] ? begin.ms - p->got[day].ms : INT64_MAX; /* for how long before it began */

	if (had > MS_PER_DAY && !(p->told[day] & bit_of(shift, DAY_BEFORE)))
		year_breaks(year, YEAR_REMINDED, "%s is not reminded a day before, day %d", p->id, day);
	if (had > 0 && !(p->began[day] & YEAR_START_ASKED))
		year_breaks(year, YEAR_REACHED, "%s is not asked at the start, day %d", p->id, day);
	if (had > MS_PER_HOUR && !(p->told[day] & bit_of(shift, HOUR_BEFORE)))
		year_breaks(year, YEAR_REMINDED, "%s is not reminded an hour before, day %d", p->id, day);
}

enum err year_reminders_look(struct year *year)
{
	struct year_event next = {.kind = YEAR_REMINDERS_LOOK, .at = wall_plus(year->now, MS_PER_DAY)};
	int yesterday = year_day(year, year->now) - 1;

	for (unsigned i = 0; i < YEAR_PEOPLE; i++)
		if (year->person[i].duty[yesterday] >= 0)
			judge(year, &year->person[i], yesterday);
	return year_later(year, &next);
}
