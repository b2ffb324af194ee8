/* SPDX-License-Identifier: MIT
 *
 * Reminders, judged by the lines of people: what they have is what they are reminded of.
 */
#include <string.h>

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

static void judge(struct year *year, const struct year_person *p, int day)
{
	int shift = p->duty[day];
	struct wall begin = year_duty_from(year, day, shift);
	int64_t had = p->said[day] ? begin.ms - p->got[day].ms : INT64_MAX; /* for how long before it began */

	if (had > MS_PER_DAY && !(p->told[day] & bit_of(shift, DAY_BEFORE)))
		year_breaks(year, YEAR_REMINDED, "%s is not reminded a day before, day %d", p->id, day);
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
