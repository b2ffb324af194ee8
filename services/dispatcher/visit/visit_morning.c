/* SPDX-License-Identifier: MIT
 *
 * Each companion's day is told once each morning: a few people at a time, in order of their ids, so that the place
 * that was reached (struct morning) is all that the store has to keep. It is looked at after the timers that are due:
 * what an outage made too late has been missed by then and is nobody's stop any more.
 */
#include <string.h>

#include "base/day.h"
#include "base/text.h"
#include "visit_internal.h"

struct wall morning_due(const struct visit_core *core)
{
	const struct morning *m = &core->morning;

	if (core->config.rules->day_plan_min == VISIT_DAY_PLAN_OFF)
		return WALL_NEVER;
	if (m->open || m->day == DAY_NONE)
		return (struct wall){INT64_MIN + 1};
	return core_at(core, m->day + 1, core->config.rules->day_plan_min);
}

/* begin takes up the latest day whose morning has come. One that is over is told to nobody any more. */
static void begin(struct visit_core *core, struct wall now)
{
	struct morning *m = &core->morning, was = *m;
	int32_t today = core_day(core, now);
	int32_t last = today - (core_at(core, today, core->config.rules->day_plan_min).ms > now.ms);

	if (m->day > today + 1) { /* the clock was wrong; a step over midnight tells nothing twice */
		m->day = today - 1;
		m->open = false;
	}
	if (last > m->day) {
		m->day = last;
		m->open = true;
		*m->after = '\0';
	}
	m->open = m->open && m->day == today;
	m->dirty = m->dirty || m->day != was.day || m->open != was.open;
}

static const struct person *next_reader(const struct visit_core *core)
{
	const struct morning *m = &core->morning;
	const struct person *best = NULL;

	for (const struct person *person = core->people; person; person = person->hh.next) {
		bool stops = false;
		if (strcmp(person->id, m->after) <= 0 || (best && strcmp(person->id, best->id) > 0))
			continue;
		for (const struct job *job = person->jobs; job && !stops; job = job->next_of_holder)
			stops = job_is_stop(core, job, m->day);
		best = stops ? person : best;
	}
	return best;
}

void morning_tick(struct visit_core *core, struct wall now, struct visit_effects *out)
{
	struct morning *m = &core->morning;

	if (core->config.rules->day_plan_min == VISIT_DAY_PLAN_OFF)
		return;
	begin(core, now);
	while (m->open && out->reader_count < VISIT_READERS_MAX) {
		const struct person *reader = next_reader(core);
		m->dirty = true;
		m->open = reader != NULL;
		if (!reader)
			break;
		text_cut(out->readers[out->reader_count++], ID_BYTES, reader->id);
		text_cut(m->after, sizeof m->after, reader->id);
	}
	core->tallies[VISIT_PLANS_TOLD] += out->reader_count;
}
