/* SPDX-License-Identifier: MIT */
#include "dispatcher/roster/conflict.h"

#include <stdlib.h>
#include <string.h>

#include "dispatcher/roster/line.h"

#define EFFORT 200000

/* saved: what the filter takes away, to be put back. */
struct saved {
	struct team_volunteer volunteer;
	uint32_t bars[TEAM_PARTS_MAX];
	int max_run;
	int8_t fixed[TEAM_DAYS_MAX], twice[TEAM_DAYS_MAX], previous[TEAM_DAYS_MAX];
};

static void save(const struct team *t, int volunteer, struct saved *out)
{
	size_t days = (size_t)t->days;

	out->volunteer = t->volunteer[volunteer];
	out->max_run = t->max_run;
	for (int p = 0; p < t->parts; p++)
		out->bars[p] = t->part[p].bars;
	memcpy(out->fixed, t->fixed + (size_t)volunteer * days, days);
	memcpy(out->twice, t->twice + (size_t)volunteer * days, days);
	memcpy(out->previous, t->previous + (size_t)volunteer * days, days);
}

static void restore(struct team *t, int volunteer, const struct saved *from)
{
	size_t days = (size_t)t->days;

	t->volunteer[volunteer] = from->volunteer;
	t->max_run = from->max_run;
	for (int p = 0; p < t->parts; p++)
		t->part[p].bars = from->bars[p];
	memcpy(t->fixed + (size_t)volunteer * days, from->fixed, days);
	memcpy(t->twice + (size_t)volunteer * days, from->twice, days);
	memcpy(t->previous + (size_t)volunteer * days, from->previous, days);
}

static void drop(struct team *t, int volunteer, const struct conflict_rule *rule)
{
	struct team_volunteer *v = &t->volunteer[volunteer];
	int cell = volunteer * t->days + rule->day;

	switch (rule->kind) {
	case CONFLICT_FIXED:
		if (t->fixed[cell] == rule->shift)
			t->fixed[cell] = t->twice[cell];
		t->twice[cell] = -1;
		t->previous[cell] = -1; /* the captain's word stood above what was there before */
		break;
	case CONFLICT_FROZEN:
		t->previous[cell] = -1;
		break;
	case CONFLICT_REST:
		for (int p = 0; p < t->parts; p++)
			t->part[p].bars = 0;
		break;
	case CONFLICT_RUN:
		t->max_run = 0;
		break;
	case CONFLICT_MONTH:
		v->at_most = -1;
		break;
	case CONFLICT_LAST:
		v->last = -1;
		break;
	case CONFLICT_KINDS:
		break;
	}
}

/* possible says whether the volunteer has a line. */
static enum err possible(const struct team *team, int volunteer, bool *out_possible, struct errinfo *info)
{
	struct roster_model *model = NULL;
	struct line_solver *solver = NULL;
	struct line_answer answer = {0};
	uint8_t line[TEAM_DAYS_MAX] = {0};
	enum err err = team_model(team, &model, info);

	if (err)
		return err;
	int32_t *price = calloc((size_t)team->days * (size_t)roster_options(model), sizeof *price);
	err = price ? line_solver_create(model, &solver) : ERR_NOMEM;
	const struct line_task task = {.person = volunteer,
		.until = team->days,
		.line = line,
		.price = price,
		.scale = 1,
		.effort_max = EFFORT};
	if (!err)
		err = line_solve(solver, &task, line, &answer);
	*out_possible = answer.found;
	line_solver_destroy(solver);
	free(price);
	roster_model_destroy(model);
	return err ? errinfo_set(info, err, "no memory") : ERR_OK;
}

/* list_duties names what a person has to do, from the last day to the first, and then what went before: so a filter
 * that tries them in this order keeps the earliest ones, of which the fewest are enough. */
static void list_duties(const struct team *t, int volunteer, struct conflict *out)
{
	int count = 0;

	for (int d = t->days - 1; d >= 0; d--) {
		int cell = volunteer * t->days + d;
		int8_t fixed = t->fixed[cell], twice = t->twice[cell], before = t->previous[cell];
		if (twice >= 0)
			out->rule[count++] = (struct conflict_rule){CONFLICT_FIXED, d, twice};
		if (fixed >= 0)
			out->rule[count++] = (struct conflict_rule){CONFLICT_FIXED, d, fixed};
		else if (before >= 0 && team_frozen(t, d, before))
			out->rule[count++] = (struct conflict_rule){CONFLICT_FROZEN, d, before};
	}
	out->rule[count++] = (struct conflict_rule){CONFLICT_LAST, -1, -1};
	out->rules = count;
}

/* filter leaves out each rule without which there is still no line. */
static enum err filter(struct team *team, int volunteer, struct conflict *out, struct errinfo *info)
{
	struct saved without;
	enum err err = ERR_OK;
	bool fits = true;

	for (int i = 0; i < out->rules && !err;) {
		save(team, volunteer, &without);
		drop(team, volunteer, &out->rule[i]);
		err = possible(team, volunteer, &fits, info);
		if (fits) { /* it is part of every conflict that is left */
			restore(team, volunteer, &without);
			i++;
		} else {
			out->rules--;
			memmove(&out->rule[i], &out->rule[i + 1], (size_t)(out->rules - i) * sizeof *out->rule);
		}
	}
	return err;
}

/* against finds a smallest conflict of duties with one rule alone; CONFLICT_KINDS: with each other. No rules: none. */
static enum err against(
	struct team *team, int volunteer, enum conflict_kind only, struct conflict *out, struct errinfo *info)
{
	struct saved saved;
	bool fits = true;

	save(team, volunteer, &saved);
	out->rules = 0;
	for (int kind = CONFLICT_REST; kind <= CONFLICT_MONTH; kind++)
		if (kind != (int)only)
			drop(team, volunteer, &(struct conflict_rule){(enum conflict_kind)kind, -1, -1});
	enum err err = possible(team, volunteer, &fits, info);
	if (!err && !fits) {
		list_duties(team, volunteer, out);
		err = filter(team, volunteer, out, info);
		if (only != CONFLICT_KINDS)
			out->rule[out->rules++] = (struct conflict_rule){only, -1, -1};
	}
	restore(team, volunteer, &saved);
	for (int i = 0; i < out->rules / 2; i++) { /* the rule first, then the days in their order */
		struct conflict_rule first = out->rule[i];
		out->rule[i] = out->rule[out->rules - 1 - i];
		out->rule[out->rules - 1 - i] = first;
	}
	return err;
}

enum err conflict_find(struct team *team, int volunteer, struct conflict *out, struct errinfo *info)
{
	static const enum conflict_kind kinds[] = {CONFLICT_KINDS, CONFLICT_REST, CONFLICT_RUN, CONFLICT_MONTH};
	struct conflict one;
	bool fits = true;
	enum err err = possible(team, volunteer, &fits, info);

	out->rules = 0;
	for (size_t i = 0; !err && !fits && i < sizeof kinds / sizeof *kinds; i++) {
		err = against(team, volunteer, kinds[i], &one, info);
		if (one.rules && (!out->rules || one.rules < out->rules))
			*out = one;
	}
	return err;
}

const char *conflict_words(enum conflict_kind kind, bool chinese)
{
	static const char *const words[CONFLICT_KINDS][2] = {
		[CONFLICT_FIXED] = {"a duty set by the captain", "队长指定的班"},
		[CONFLICT_FROZEN] = {"a duty too near to change", "临近、不再变动的班"},
		[CONFLICT_REST] = {"rest after a night", "夜班后休息"},
		[CONFLICT_RUN] = {"the most days in a row", "连续天数上限"},
		[CONFLICT_MONTH] = {"the month's most duties", "每月次数上限"},
		[CONFLICT_LAST] = {"the duties of the days before", "前几日已值的班"},
	};

	return words[kind][!!chinese];
}

const char *conflict_id(enum conflict_kind kind)
{
	static const char *const ids[CONFLICT_KINDS] = {
		[CONFLICT_FIXED] = "fixed",
		[CONFLICT_FROZEN] = "frozen",
		[CONFLICT_REST] = "rest",
		[CONFLICT_RUN] = "run",
		[CONFLICT_MONTH] = "month",
		[CONFLICT_LAST] = "last",
	};

	return ids[kind];
}
