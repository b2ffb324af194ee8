/* SPDX-License-Identifier: MIT */
#include "dispatcher/roster/explain.h"

#include <stdio.h>
#include <string.h>

static int64_t own_cells(const struct roster_plan *plan, int volunteer)
{
	int64_t cost = 0;

	for (int d = 0; d < plan->model->days; d++)
		cost += roster_cost(plan->model, volunteer, d)[roster_plan_line(plan, volunteer)[d]];
	return cost;
}

/* add_parts adds sign times what the lines of a person cost, by what for. */
static void add_parts(const struct roster_plan *plan, int volunteer, int sign, int64_t *part)
{
	const struct roster_model *m = plan->model;
	const struct roster_person *p = &m->person[volunteer];

	part[EXPLAIN_OWN] += sign * own_cells(plan, volunteer);
	for (int i = 0; i < p->limits; i++) {
		const struct roster_measure *measure = &m->measure[p->limit[i].measure];
		int64_t cost =
			roster_limit_cost(&p->limit[i], roster_measured(m, measure, roster_plan_line(plan, volunteer)));
		if (!strcmp(measure->id, "duties"))
			part[EXPLAIN_DUTIES] += sign * cost;
		else if (!strcmp(measure->id, "nights"))
			part[EXPLAIN_NIGHTS] += sign * cost;
		else if (!strcmp(measure->id, "weekends"))
			part[EXPLAIN_WEEKENDS] += sign * cost;
	}
}

static void set_day(struct roster_plan *plan, int volunteer, int day, uint8_t option)
{
	uint8_t line[TEAM_DAYS_MAX];

	memcpy(line, roster_plan_line(plan, volunteer), (size_t)plan->model->days);
	line[day] = option;
	roster_plan_set(plan, volunteer, line);
}

/* try_other puts other in the place of volunteer; who has another shift on that date changes places. */
static void try_other(
	const struct team *team, struct roster_plan *plan, const struct explain *e, struct explain_other *o)
{
	uint8_t held = roster_plan_line(plan, o->volunteer)[e->day];
	int64_t cost = plan->cost;

	memset(o->part, 0, sizeof o->part);
	add_parts(plan, e->volunteer, -1, o->part);
	add_parts(plan, o->volunteer, -1, o->part);
	set_day(plan, o->volunteer, e->day, 0);
	set_day(plan, e->volunteer, e->day, 0);
	o->bar = team_bar_of(team, plan, o->volunteer, e->day, e->shift);
	if (!o->bar && held && team_bar_of(team, plan, e->volunteer, e->day, held - 1))
		o->bar = TEAM_BAR_BUSY;
	if (!o->bar) {
		set_day(plan, o->volunteer, e->day, (uint8_t)(e->shift + 1));
		set_day(plan, e->volunteer, e->day, held);
		add_parts(plan, e->volunteer, 1, o->part);
		add_parts(plan, o->volunteer, 1, o->part);
		o->more = plan->cost - cost;
		o->part[EXPLAIN_TOGETHER] = o->more;
		for (int i = 0; i < EXPLAIN_TOGETHER; i++)
			o->part[EXPLAIN_TOGETHER] -= o->part[i];
	}
	set_day(plan, o->volunteer, e->day, held);
	set_day(plan, e->volunteer, e->day, (uint8_t)(e->shift + 1));
}

static void count_load(const struct team *team, const struct roster_plan *plan, struct explain *e)
{
	const struct team_volunteer *v = &team->volunteer[e->volunteer];

	e->duties = v->duties;
	e->nights = v->nights;
	e->weekends = v->weekends;
	for (int d = 0; d < team->days; d++) {
		int option = roster_plan_line(plan, e->volunteer)[d];
		if (!option)
			continue;
		e->duties++;
		e->nights += team->part[team->shift[option - 1].part].night;
		e->weekends += team_shared(team, d);
	}
}

enum err explain_duty(
	const struct team *team, struct roster_plan *plan, int day, int shift, int index, struct explain *out)
{
	struct explain e = {.volunteer = -1, .day = day, .shift = shift, .next.volunteer = -1};

	for (int v = 0; v < team->volunteers && e.volunteer < 0; v++)
		if (roster_plan_line(plan, v)[day] == shift + 1 && !index--)
			e.volunteer = v;
	if (e.volunteer < 0)
		return ERR_NOT_FOUND;
	e.fixed = team->fixed[e.volunteer * team->days + day] == shift;
	e.frozen = team_frozen(team, day, shift);
	count_load(team, plan, &e);
	for (int v = 0; v < team->volunteers; v++) {
		struct explain_other other = {.volunteer = v};
		if (v == e.volunteer || roster_plan_line(plan, v)[day] == shift + 1)
			continue;
		try_other(team, plan, &e, &other);
		e.bars[other.bar]++;
		if (other.bar)
			continue;
		e.able++;
		if (e.next.volunteer < 0 || other.more < e.next.more)
			e.next = other;
	}
	*out = e;
	return ERR_OK;
}

static const char *const part_words[EXPLAIN_PARTS][2] = {
	[EXPLAIN_DUTIES] = {"duties shared evenly", "班次均摊"},
	[EXPLAIN_NIGHTS] = {"nights shared evenly", "夜班均摊"},
	[EXPLAIN_WEEKENDS] = {"weekends shared evenly", "周末均摊"},
	[EXPLAIN_OWN] = {"way, wishes and changes", "路程、意愿与变动"},
	[EXPLAIN_TOGETHER] = {"who serves beside whom", "搭档"},
};

static const char *const bar_words[TEAM_BAR_COUNT][2] = {
	[TEAM_BAR_NONE] = {"free", "可来"},
	[TEAM_BAR_SKILL] = {"without the skill", "缺少所需技能"},
	[TEAM_BAR_AWAY] = {"away", "请假"},
	[TEAM_BAR_WEEKLY] = {"not at that time of the week", "该时段不值班"},
	[TEAM_BAR_FROZEN] = {"too late to change", "临近不再变动"},
	[TEAM_BAR_BUSY] = {"on another duty", "当日另有班"},
	[TEAM_BAR_REST] = {"rest after a night", "夜班后休息"},
	[TEAM_BAR_RUN] = {"too many days in a row", "连续天数已满"},
	[TEAM_BAR_MONTH] = {"the month's most reached", "本月次数已满"},
};

const char *explain_bar(enum team_bar bar, bool chinese)
{
	return bar_words[bar][!!chinese];
}

static size_t add(char *out, size_t size, size_t at, const char *text)
{
	int more = at < size ? snprintf(out + at, size - at, "%s", text) : 0;

	return at + (more > 0 ? (size_t)more : 0);
}

static size_t add_next(const struct team *team, const struct explain *e, bool zh, char *out, size_t size, size_t at)
{
	char text[256];
	bool first = true;

	const char *who = team_shown(team, e->next.volunteer);
	if (!e->next.more)
		snprintf(text, sizeof text,
			zh ? "另有 %d 人可来，次选 %s 的总代价相同"
			   : "%d could in the same place; the next best, %s, would cost the same",
			e->able, who);
	else
		snprintf(text, sizeof text,
			zh ? "另有 %d 人可来，次选 %s 会使总代价%s %lld"
			   : "%d could in the same place; the next best, %s, would cost %s %lld",
			e->able, who,
			zh ? (e->next.more < 0 ? "减少" : "增加") : (e->next.more < 0 ? "less by" : "more by"),
			(long long)(e->next.more < 0 ? -e->next.more : e->next.more));
	at = add(out, size, at, text);
	for (int i = 0; i < EXPLAIN_PARTS; i++) {
		if (!e->next.part[i])
			continue;
		snprintf(text, sizeof text, "%s%s %+lld", first ? (zh ? "（" : " (") : (zh ? "，" : ", "),
			part_words[i][!!zh], (long long)e->next.part[i]);
		at = add(out, size, at, text);
		first = false;
	}
	return first ? at : add(out, size, at, zh ? "）" : ")");
}

static size_t add_bars(const struct explain *e, bool zh, char *out, size_t size, size_t at)
{
	char text[128];
	bool first = true;

	for (int i = 1; i < TEAM_BAR_COUNT; i++) {
		if (!e->bars[i])
			continue;
		snprintf(text, sizeof text, zh ? "%s%d 人%s" : "%s%d %s", first ? "" : (zh ? "," : ", "), e->bars[i],
			bar_words[i][!!zh]);
		at = add(out, size, at, text);
		first = false;
	}
	return at;
}

void explain_sentence(const struct team *team, const struct explain *e, bool zh, char *out, size_t size)
{
	char text[256];
	size_t at = 0;

	snprintf(text, sizeof text,
		zh ? "%s 值 %s：连同以往共 %d 班，其中夜班 %d，周末与节假日 %d；"
		   : "%s has %s: %d duties in this roster and before, %d of them nights, %d on weekends or holidays; ",
		team_shown(team, e->volunteer), team->shift[e->shift].id, e->duties, e->nights, e->weekends);
	at = add(out, size, at, text);
	if (e->fixed)
		at = add(out, size, at, zh ? "由队长指定；" : "the captain has set it; ");
	if (e->frozen)
		at = add(out, size, at, zh ? "临近，不再变动；" : "it is too near to be changed; ");
	if (e->next.volunteer >= 0)
		at = add_next(team, e, zh, out, size, at);
	else
		at = add(out, size, at, zh ? "没有别人可来" : "nobody else could");
	bool bars = false;
	for (int i = 1; i < TEAM_BAR_COUNT; i++)
		bars |= e->bars[i] > 0;
	if (bars) {
		at = add(out, size, at, zh ? "；其余：" : "; the others: ");
		at = add_bars(e, zh, out, size, at);
	}
	add(out, size, at, zh ? "。" : ".");
}
