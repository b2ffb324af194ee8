/* SPDX-License-Identifier: MIT */
#include "dispatcher/roster/team.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil.h"

static void presets(struct team *t)
{
	static const struct team_part parts[] = {
		{.id = "day", .from_min = 7 * 60},
		{.id = "night", .from_min = 19 * 60, .night = true, .bars = 3},
	};
	static const struct team_shift shifts[] = {
		{"day-primary", 0, 1, 1, 4000, 0},
		{"day-backup", 0, 1, 1, 2500, 0},
		{"night-primary", 1, 1, 1, 4000, 0},
		{"night-backup", 1, 1, 1, 2500, 0},
	};

	t->parts = 2;
	memcpy(t->part, parts, sizeof parts);
	t->shifts = 4;
	memcpy(t->shift, shifts, sizeof shifts);
	t->max_run = 3;
	t->weights = (struct team_weights){.duties = 2, .nights = 10, .weekends = 14, .km = 1, .moved = 900};
}

enum err team_create(int days, int volunteers, int wishes, int pairs, struct team **out_team, struct errinfo *info)
{
	if (days < 1 || days > TEAM_DAYS_MAX)
		return errinfo_set(info, ERR_RANGE, "%d days: 1 to %d can be planned", days, TEAM_DAYS_MAX);
	if (volunteers < 1 || volunteers > TEAM_PEOPLE_MAX)
		return errinfo_set(info, ERR_RANGE, "%d volunteers: 1 to %d", volunteers, TEAM_PEOPLE_MAX);
	if (wishes > TEAM_ITEMS_MAX || pairs > TEAM_ITEMS_MAX)
		return errinfo_set(info, ERR_RANGE, "more than %d wishes or pairs", TEAM_ITEMS_MAX);
	struct team *t = calloc(1, sizeof *t);
	if (!t)
		return errinfo_set(info, ERR_NOMEM, "no memory");
	size_t cells = (size_t)volunteers * (size_t)days;
	t->days = days;
	t->volunteers = volunteers;
	t->wishes = wishes;
	t->pairs = pairs;
	t->volunteer = calloc((size_t)volunteers, sizeof *t->volunteer);
	t->wish = calloc((size_t)wishes + 1, sizeof *t->wish);
	t->pair = calloc((size_t)pairs + 1, sizeof *t->pair);
	t->fixed = malloc(cells);
	t->twice = malloc(cells);
	t->previous = malloc(cells);
	if (!t->volunteer || !t->wish || !t->pair || !t->fixed || !t->twice || !t->previous) {
		team_destroy(t);
		return errinfo_set(info, ERR_NOMEM, "no memory");
	}
	memset(t->fixed, -1, cells);
	memset(t->twice, -1, cells);
	memset(t->previous, -1, cells);
	presets(t);
	for (int v = 0; v < volunteers; v++) {
		t->volunteer[v].last = -1;
		t->volunteer[v].at_most = -1;
		memset(t->volunteer[v].weekly, 0xff, sizeof t->volunteer[v].weekly);
	}
	*out_team = t;
	return ERR_OK;
}

void team_destroy(struct team *t)
{
	if (!t)
		return;
	free(t->volunteer);
	free(t->wish);
	free(t->pair);
	free(t->fixed);
	free(t->twice);
	free(t->previous);
	free(t);
}

int32_t team_minutes(const struct team *team, int part)
{
	int32_t from = team->part[part].from_min, least = 24 * 60;

	for (int p = 0; p < team->parts; p++) {
		int32_t until = (team->part[p].from_min - from + 24 * 60) % (24 * 60);
		if (until > 0 && until < least)
			least = until;
	}
	return least;
}

int team_weekday(const struct team *team, int day)
{
	return (int)((team->first + day + 3) % 7); /* 1970-01-01 was a Thursday */
}

bool team_shared(const struct team *team, int day)
{
	return team->holiday[day] || team_weekday(team, day) >= 5;
}

int team_month(const struct team *team, int day)
{
	struct civil first, then;

	civil_from_ms(team->first * MS_PER_DAY, &first);
	civil_from_ms((team->first + day) * MS_PER_DAY, &then);
	return (int)((then.year - first.year) * 12) + (int)then.month - (int)first.month;
}

bool team_frozen(const struct team *team, int day, int shift)
{
	if (!team->has_previous)
		return false;
	return day < team->frozen_day ||
	       (day == team->frozen_day && team->part[team->shift[shift].part].from_min < team->frozen_min);
}

static int previous_of(const struct team *team, int volunteer, int day)
{
	return (int)team->previous[volunteer * team->days + day];
}

/* own_bar: what of the person's own stands against a shift on a day. */
static enum team_bar own_bar(const struct team *team, int volunteer, int day, int shift)
{
	const struct team_volunteer *v = &team->volunteer[volunteer];
	const struct team_shift *s = &team->shift[shift];

	if (s->requires & ~v->tags)
		return TEAM_BAR_SKILL;
	if (v->away[day] >> s->part & 1)
		return TEAM_BAR_AWAY;
	if (!(v->weekly[team_weekday(team, day)] >> s->part & 1))
		return TEAM_BAR_WEEKLY;
	if (team_frozen(team, day, shift) && previous_of(team, volunteer, day) != shift)
		return TEAM_BAR_FROZEN;
	return TEAM_BAR_NONE;
}

static uint64_t options_of(const struct team *team, int volunteer, int day)
{
	int before = previous_of(team, volunteer, day), fixed = (int)team->fixed[volunteer * team->days + day];
	uint64_t may = 1;

	if (team->twice[volunteer * team->days + day] >= 0)
		return 0; /* nothing is both */
	if (fixed >= 0)
		return (uint64_t)2 << fixed;
	for (int s = 0; s < team->shifts; s++)
		if (!own_bar(team, volunteer, day, s))
			may |= (uint64_t)2 << s;
	if (before >= 0 && team_frozen(team, day, before) && may >> (before + 1) & 1)
		return (uint64_t)2 << before;
	return may;
}

static void fill_cells(const struct team *team, struct roster_model *m)
{
	for (int v = 0; v < team->volunteers; v++)
		for (int d = 0; d < team->days; d++) {
			int32_t *cost = roster_cost(m, v, d);
			int before = previous_of(team, v, d);
			*roster_may(m, v, d) = options_of(team, v, d);
			for (int k = 0; k <= team->shifts; k++) {
				if (k)
					cost[k] += (team->weights.km * team->volunteer[v].metres + 500) / 1000;
				if (team->has_previous && k != before + 1)
					cost[k] += team->weights.moved;
			}
		}
	for (int i = 0; i < team->wishes; i++) {
		const struct team_wish *w = &team->wish[i];
		int32_t *cost = roster_cost(m, w->volunteer, w->day);
		for (int k = 0; k <= team->shifts; k++)
			if (w->want != (k && w->shifts >> (k - 1) & 1))
				cost[k] += w->weight;
	}
}

static uint64_t part_kinds(const struct team *team, int part)
{
	uint64_t kinds = 0;

	for (int s = 0; s < team->shifts; s++)
		if (team->shift[s].part == part)
			kinds |= (uint64_t)2 << s;
	return kinds;
}

static enum err add_measures(const struct team *team, struct roster_model *m, int *out)
{
	struct roster_measure list[3 + TEAM_MONTHS_MAX] = {
		{.id = "duties"}, {.id = "nights"}, {.id = "weekends", .days = m->set}};
	int months = team_month(team, team->days - 1) + 1;

	for (int d = 0; d < team->days; d++)
		m->set[d] = team_shared(team, d);
	list[0].kinds = list[2].kinds = ((uint64_t)2 << team->shifts) - 2;
	for (int p = 0; p < team->parts; p++)
		if (team->part[p].night)
			list[1].kinds |= part_kinds(team, p);
	for (int i = 0; i < months; i++) {
		uint8_t *set = m->set + (int64_t)(i + 1) * team->days;
		for (int d = 0; d < team->days; d++)
			set[d] = team_month(team, d) == i;
		list[3 + i] = (struct roster_measure){.kinds = list[0].kinds, .days = set};
		snprintf(list[3 + i].id, sizeof list[0].id, "month %d", i + 1);
	}
	for (int i = 0; i < 3 + months; i++)
		if (roster_model_measure(m, &list[i], &out[i]))
			return ERR_NOMEM;
	return ERR_OK;
}

/* month_days counts the days of a month on which a volunteer may have a duty. */
static int month_days(const struct team *team, const struct roster_model *m, int volunteer, int month)
{
	int days = 0;

	for (int d = 0; d < team->days; d++)
		days += team_month(team, d) == month && *roster_may(m, volunteer, d) > 1;
	return days;
}

static enum err add_limits(const struct team *team, struct roster_model *m, int v, const int *measure)
{
	const struct team_volunteer *who = &team->volunteer[v];
	int months = team_month(team, team->days - 1) + 1, most = 0;
	int32_t left[TEAM_MONTHS_MAX];

	for (int i = 0; i < months; i++) {
		int days = month_days(team, m, v, i);
		left[i] = who->at_most < 0 ? days : who->at_most - (i ? 0 : who->served);
		left[i] = left[i] < 0 ? 0 : left[i];
		most += left[i] < days ? left[i] : days;
	}
	const struct roster_limit soft[] = {
		{.measure = measure[0], .hi = most, .carried = who->duties, .weight = team->weights.duties},
		{.measure = measure[1], .hi = most, .carried = who->nights, .weight = team->weights.nights},
		{.measure = measure[2], .hi = most, .carried = who->weekends, .weight = team->weights.weekends},
	};
	for (unsigned i = 0; i < 3; i++)
		if (roster_model_limit(m, v, &soft[i]))
			return ERR_FULL;
	for (int i = 0; i < months && months > 1; i++)
		if (roster_model_limit(m, v, &(struct roster_limit){.measure = measure[3 + i], .hi = left[i]}))
			return ERR_FULL;
	return ERR_OK;
}

static enum err add_people(const struct team *team, struct roster_model *m)
{
	int measure[3 + TEAM_MONTHS_MAX];
	enum err err = add_measures(team, m, measure);

	for (int v = 0; v < team->volunteers && !err; v++) {
		const struct team_volunteer *who = &team->volunteer[v];
		struct roster_person *p = &m->person[v];
		memcpy(p->id, who->id, sizeof p->id);
		p->max_run = team->max_run;
		p->open_start = false;
		p->before = who->last + 1;
		p->before_run = who->last_days > 0 ? who->last_days : 1;
		for (int s = 0; s < team->shifts; s++)
			for (int part = 0; part < team->parts; part++)
				if (team->part[team->shift[s].part].bars >> part & 1 &&
					!(who->nights_in_row && part == team->shift[s].part))
					p->bars[s + 1] |= part_kinds(team, part);
		err = add_limits(team, m, v, measure);
	}
	return err;
}

static enum err add_demands(const struct team *team, struct roster_model *m)
{
	enum err err = ERR_OK;

	for (int i = 0; i < team->besides; i++)
		for (int v = 0; v < team->volunteers; v++)
			m->member[i * team->volunteers + v] = (team->volunteer[v].tags & team->beside[i].tags) != 0;
	for (int i = 0; i < team->pairs; i++) {
		m->member[(team->besides + i) * team->volunteers + team->pair[i].a] = 1;
		m->member[(team->besides + i) * team->volunteers + team->pair[i].b] = team->pair[i].together ? -1 : 1;
	}
	for (int d = 0; d < team->days && !err; d++) {
		for (int s = 0; s < team->shifts && !err; s++) {
			int need = team_need(team, d, s);
			err = roster_model_demand(m, &(struct roster_demand){.day = d,
							     .group = -1,
							     .kinds = (uint64_t)2 << s,
							     .lo = need,
							     .hi = need,
							     .under = team->shift[s].weight,
							     .over = TEAM_TOO_MANY});
		}
		for (int i = 0; i < team->besides && !err; i++)
			err = roster_model_demand(m, &(struct roster_demand){.day = d,
							     .group = i,
							     .kinds = part_kinds(team, team->beside[i].part),
							     .lo = team->beside[i].need,
							     .hi = team->volunteers,
							     .under = team->beside[i].weight});
		for (int i = 0; i < team->pairs * team->parts && !err; i++) {
			const struct team_pair *pair = &team->pair[i / team->parts];
			err = roster_model_demand(m, &(struct roster_demand){.day = d,
							     .group = team->besides + i / team->parts,
							     .kinds = part_kinds(team, i % team->parts),
							     .hi = pair->together ? 0 : 1,
							     .under = pair->together ? pair->weight : 0,
							     .over = pair->weight});
		}
	}
	return err;
}

enum err team_model(const struct team *team, struct roster_model **out_model, struct errinfo *info)
{
	struct roster_model *m;
	enum err err = roster_model_create(
		team->days, team->volunteers, team->shifts, team->besides + team->pairs, 1 + TEAM_MONTHS_MAX, &m, info);

	if (err)
		return err;
	for (int s = 0; s < team->shifts; s++)
		memcpy(m->kind[s + 1].id, team->shift[s].id, sizeof m->kind[0].id);
	fill_cells(team, m);
	err = add_people(team, m);
	if (!err)
		err = add_demands(team, m);
	if (!err)
		err = roster_model_ready(m, info);
	if (err) {
		roster_model_destroy(m);
		return errinfo_set(info, err, "the team's task cannot be made a model: %s", err_name(err));
	}
	*out_model = m;
	return ERR_OK;
}

void team_previous(const struct team *team, struct roster_plan *plan)
{
	uint8_t line[TEAM_DAYS_MAX];

	for (int v = 0; v < team->volunteers; v++) {
		for (int d = 0; d < team->days; d++)
			line[d] = (uint8_t)(previous_of(team, v, d) + 1);
		roster_plan_set(plan, v, line);
	}
}

int team_most(const struct team *team, int day, int shift)
{
	int need = team_need(team, day, shift), set = 0;

	for (int v = 0; v < team->volunteers; v++)
		set += options_of(team, v, day) == (uint64_t)2 << shift;
	return set > need ? set : need;
}

int team_count(const struct team *team, const struct roster_plan *plan, int day, int shift)
{
	int count = 0;

	for (int v = 0; v < team->volunteers; v++)
		count += roster_plan_line(plan, v)[day] == shift + 1;
	return count;
}

bool team_rested(const struct team *team, const struct roster_plan *plan, int volunteer, int day, int shift)
{
	const struct roster_person *p = &plan->model->person[volunteer];
	const uint8_t *line = roster_plan_line(plan, volunteer);
	int first = day, last = day, before = day ? line[day - 1] : p->before;

	if (line[day] || p->bars[before] >> (shift + 1) & 1 ||
		(day + 1 < team->days && p->bars[shift + 1] >> line[day + 1] & 1))
		return false;
	while (first && line[first - 1])
		first--;
	while (last + 1 < team->days && line[last + 1])
		last++;
	return last - first + 1 + (!first && p->before ? p->before_run : 0) <= team->max_run;
}

enum team_bar team_bar_of(const struct team *team, const struct roster_plan *plan, int volunteer, int day, int shift)
{
	uint8_t line[TEAM_DAYS_MAX];
	enum team_bar own = own_bar(team, volunteer, day, shift);

	if (own)
		return own;
	memcpy(line, roster_plan_line(plan, volunteer), (size_t)team->days);
	if (line[day])
		return TEAM_BAR_BUSY;
	line[day] = (uint8_t)(shift + 1);
	struct roster_fault fault = roster_line_fault(plan->model, volunteer, line);
	if (fault.rule == ROSTER_RULE_NONE)
		return TEAM_BAR_NONE;
	if (fault.rule == ROSTER_RULE_BARRED)
		return TEAM_BAR_REST;
	if (fault.rule == ROSTER_RULE_RUN_LONG)
		return TEAM_BAR_RUN;
	return fault.rule == ROSTER_RULE_LIMIT_HIGH ? TEAM_BAR_MONTH : TEAM_BAR_FROZEN;
}
