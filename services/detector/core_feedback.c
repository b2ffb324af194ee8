/* SPDX-License-Identifier: MIT
 *
 * What people found at the door moves the home's level, the population's, and the trust in a channel. Guards: a step is
 * a share of the budget and the budget has a floor, no limit grows beyond the ceiling of silence; a channel is doubted
 * only while another proves silence, and for a time.
 */
#include "core_internal.h"

#include <math.h>
#include <string.h>

#define BIT(found) (1u << (found))

struct detector_feedback detector_feedback_default(void)
{
	return (struct detector_feedback){.step = 0.125,
		.least = 0.5,
		.most = 2,
		.pooled_step = 0.05,
		.pooled_least = 0.8,
		.pooled_most = 1.25,
		.doubt_ms = 7 * MS_PER_DAY};
}

/* verdict: what an outcome says of the alarm. */
struct verdict {
	enum habit_outcome of;
	double steps; /* by which the home's budget grows; < 0 = shrinks */
	int pooled;   /* the population cries wolf more (1) or less (-1) than was thought */
};

static struct verdict verdict_of(const struct incident *incident)
{
	bool real = incident->outcome == OUTCOME_HELPED || incident->outcome == OUTCOME_AMBULANCE;

	if (incident->found == FOUND_SENSOR_FAULT)
		return (struct verdict){.of = HABIT_VOID};
	/* The alarm was false, but the limit was not too short for somebody at home. */
	if (incident->outcome == OUTCOME_AWAY || incident->found == FOUND_WAS_AWAY)
		return (struct verdict){.of = HABIT_VOID, .steps = -0.5};
	return (struct verdict){.of = real ? HABIT_REAL : HABIT_FALSE, .steps = real ? 1 : -1, .pooled = real ? -1 : 1};
}

static float lean_of(const struct home *home)
{
	return home->habit_count ? home->habits[0]->habit.lean : 1;
}

static double within(double value, double least, double most)
{
	return value < least ? least : value > most ? most : value;
}

/* pool moves the population: as many outcomes as there are homes move it by pooled_step. */
static void pool(struct detector_core *core, int direction)
{
	const struct detector_feedback *f = &core->config.feedback;
	unsigned homes = HASH_COUNT(core->homes);
	double step = 1 + f->pooled_step / (homes ? homes : 1);

	if (!direction)
		return;
	core->pooled =
		within(direction > 0 ? core->pooled * step : core->pooled / step, f->pooled_least, f->pooled_most);
	core->pooled_unwritten = true;
	detect_terms_settle(core);
}

/* doubt finds the channel that a fault is of: of those that should have told and did not, the one that is silent for
 * longest. NULL = none proves silence. */
static struct sensor *doubt(struct detector_core *core, struct home *home, struct wall at)
{
	struct sensor *found = NULL;

	for (unsigned i = 0; i < home->sensor_count; i++) {
		struct sensor *s = &home->sensors[i];
		if (!detect_sign_proves(core, (enum quantity)s->quantity) || !detect_sensor_usable(core, s) ||
			detect_sensor_blind(core, home, s, at) || detect_sensor_doubted(core, s, at))
			continue;
		if (!found || s->told.ms < found->told.ms)
			found = s;
	}
	if (found)
		found->doubted = at;
	return found;
}

static enum err lesson_keep(struct home *home, const struct detector_lesson *lesson)
{
	struct lessons *l = home->lessons;

	if (!l)
		l = home->lessons = calloc(1, sizeof *l);
	if (!l)
		return ERR_NOMEM;
	if (l->count == DETECTOR_LESSONS_MAX)
		memmove(l->items, l->items + 1, (DETECTOR_LESSONS_MAX - 1) * sizeof *l->items);
	else
		l->count++;
	l->items[l->count - 1] = *lesson;
	return ERR_OK;
}

enum err detect_feedback_take(struct detector_core *core, struct home *home, const struct incident *incident)
{
	struct verdict v = verdict_of(incident);
	struct detector_lesson lesson = {.at = incident->at,
		.outcome = incident->outcome,
		.found = incident->found,
		.lean_before = lean_of(home),
		.pooled_before = (float)core->pooled,
		.doubted = QUANTITY_COUNT};

	memcpy(lesson.incident, incident->id, sizeof lesson.incident);
	if (incident->kind == ALERT_SILENCE) {
		detect_habit_outcome(core, home, incident, v.of, v.steps);
		pool(core, v.pooled);
		struct sensor *s = incident->found == FOUND_SENSOR_FAULT ? doubt(core, home, incident->at) : NULL;
		lesson.doubted = s ? s->quantity : QUANTITY_COUNT;
	}
	lesson.lean = lean_of(home);
	lesson.pooled = (float)core->pooled;
	return lesson_keep(home, &lesson);
}

bool detect_sensor_doubted(const struct detector_core *core, const struct sensor *sensor, struct wall t)
{
	return wall_is_set(sensor->doubted) && t.ms - sensor->doubted.ms < core->config.feedback.doubt_ms;
}

enum err detect_judge_fault(
	struct detector_core *core, struct home *home, unsigned rule, struct wall t, int64_t *out_next)
{
	const struct detector_rule *r = &core->config.rules[rule];
	struct finding finding = {.level = r->level, .at = t, .onset = {INT64_MAX}, .wake = WALL_NONE};

	*out_next = INT64_MAX;
	for (unsigned i = 0; i < home->sensor_count; i++) {
		const struct sensor *s = &home->sensors[i];
		if (!detect_sensor_doubted(core, s, t))
			continue;
		finding.looked_at |= UINT64_C(1) << s->quantity;
		finding.onset.ms = s->doubted.ms < finding.onset.ms ? s->doubted.ms : finding.onset.ms;
		int64_t ends = s->doubted.ms + core->config.feedback.doubt_ms;
		*out_next = ends < *out_next ? ends : *out_next;
	}
	if (finding.looked_at)
		return detect_raise(core, home, rule, &finding);
	return detect_clear(core, home, detect_standing(home, r->name),
		&(struct clearing){.cause = CAUSE_OVER, .at = t, .cause_at = t, .quantity = QUANTITY_COUNT});
}
