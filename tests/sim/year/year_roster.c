/* SPDX-License-Identifier: MIT
 *
 * Rosters: every four weeks a plan of the next four, a week ahead; after an illness others are asked for the duties of
 * the next 48 h (year_duties.c), and what is later is planned anew up to the end of what is published, so
 * that there is no seam between two plans. The engine works by steps, never by the clock.
 */
#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "dispatcher/duty/cover.h"
#include "dispatcher/roster/solve.h"
#include "dispatcher/roster/team.h"
#include "year_internal.h"

#define PLAN_STEPS 300000
#define AGAIN_SHARE 5 /* of that after a change */
#define LINE_STEPS 6  /* of local search after them */
#define MEMORY_DAYS 91
#define SAMPLE_EVERY 97

const char *const year_shift_names[YEAR_SHIFTS] = {"day-primary", "day-backup", "night-primary", "night-backup"};

int year_need(int day, int shift)
{
	return year_holiday(day) && shift == 1 ? 2 : 1; /* on holidays one more by day */
}

struct wall year_duty_from(const struct year *year, int day, int shift)
{
	return year_at(year, day, shift < 2 ? 7 : 19);
}

struct wall year_duty_until(const struct year *year, int day, int shift)
{
	return wall_plus(year_duty_from(year, day, shift), 12 * MS_PER_HOUR);
}

/* ---- the task ---- */

int year_served(const struct year *year, const struct year_person *p, int from)
{
	struct civil first, then;
	int served = 0;

	civil_from_ms(year_at(year, from, 12).ms, &first);
	for (int d = from - 1; d >= 0; d--) {
		civil_from_ms(year_at(year, d, 12).ms, &then);
		if (then.month != first.month)
			break;
		served += p->duty[d] >= 0;
	}
	return served;
}

/* fill_memory: what the last quarter had of each, above the least. A memory of all the time would grow until fairness
 * costs more than a duty that nobody has. */
static void fill_memory(const struct year *year, const struct year_team *t, int from, struct team *team)
{
	int least[3] = {INT32_MAX, INT32_MAX, INT32_MAX};

	for (int pass = 0; pass < 2; pass++)
		for (unsigned i = 0; i < t->count; i++) {
			const struct year_person *p = &year->person[t->first + i];
			struct team_volunteer *v = &team->volunteer[i];
			int sums[3] = {0};
			for (int d = from > MEMORY_DAYS ? from - MEMORY_DAYS : 0; d < from; d++) {
				sums[0] += p->duty[d] >= 0;
				sums[1] += p->duty[d] >= 2;
				sums[2] += p->duty[d] >= 0 && (d % 7 >= 5 || year_holiday(d));
			}
			for (int k = 0; k < 3; k++)
				least[k] = sums[k] < least[k] ? sums[k] : least[k];
			v->duties = sums[0] - least[0];
			v->nights = sums[1] - least[1];
			v->weekends = sums[2] - least[2];
		}
}

/* near_help: the task does not know of duties in other teams: nothing new beside them, for rest and days in a row. */
static bool near_help(const struct year_person *p, int day)
{
	for (int d = day > 3 ? day - 3 : 0; d <= day + 3 && d < YEAR_TABLE_DAYS; d++)
		if (p->helps[d])
			return d == day || p->duty[day] < 0;
	return false;
}

static void fill_person(const struct year *year, const struct year_person *p, int from, struct team *team, int v)
{
	struct team_volunteer *who = &team->volunteer[v];
	int run = 0;

	text_cut(who->id, sizeof who->id, p->id);
	who->tags = (p->experienced ? 1u : 0) | (p->first_aid ? 2u : 0) | (p->key_holder ? 4u : 0);
	memcpy(who->weekly, p->weekly, sizeof who->weekly);
	who->at_most = p->at_most;
	who->served = year_served(year, p, from);
	who->metres = p->metres;
	who->nights_in_row = p->nights_in_row;
	for (int d = 0; d < team->days; d++) {
		bool own = !p->helps[from + d];
		who->away[d] = p->away[from + d] & (YEAR_PLANNED | YEAR_ILL_KNOWN) || near_help(p, from + d) ? 3 : 0;
		if (team->has_previous && own)
			team->previous[v * team->days + d] = (int8_t)p->duty[from + d];
		if (p->said[from + d] && own)
			team->fixed[v * team->days + d] = (int8_t)p->duty[from + d];
	}
	while (run < from && p->duty[from - 1 - run] >= 0)
		run++;
	who->last = from && run ? p->duty[from - 1] : -1;
	who->last_days = run;
}

static void fill_wishes(struct year *year, const struct year_team *t, struct team *team)
{
	struct dice *dice = &year->plan_dice;

	for (int i = 0; i < team->wishes; i++)
		team->wish[i] = (struct team_wish){.volunteer = dice_below(dice, (int)t->count),
			.day = dice_below(dice, team->days),
			.shifts = 15,
			.weight = year_happens(dice, 50) ? 2 : 4,
			.want = year_happens(dice, 50)};
	for (int i = 0; i < team->pairs; i++)
		team->pair[i] = (struct team_pair){
			.a = (int)t->pair[i].a, .b = (int)t->pair[i].b, .weight = 3, .together = t->pair[i].together};
}

/* make_task states the team's task of from..until; again: the present roster holds where it can. */
static enum err make_task(
	struct year *year, unsigned number, int from, int until, bool again, struct team **out, struct errinfo *info)
{
	const struct year_team *t = &year->team[number];
	int days = until - from, wishes = again ? 0 : (int)t->count * days / 14;
	struct team *team;
	enum err err = team_create(days, (int)t->count, wishes, 2, &team, info);

	if (err)
		return err;
	text_cut(team->id, sizeof team->id, t->id);
	team->first = (year->start.ms + 12 * MS_PER_HOUR) / MS_PER_DAY + from;
	team->tags = 3;
	text_cut(team->tag[0], sizeof team->tag[0], "experienced");
	text_cut(team->tag[1], sizeof team->tag[1], "first_aid");
	text_cut(team->tag[2], sizeof team->tag[2], "key_holder");
	team->shift[0].requires = team->shift[2].requires = 1;
	team->shift[1].need_holiday = 2;
	team->besides = 1;
	team->beside[0] = (struct team_beside){.part = 1, .need = 1, .tags = 2, .weight = 20};
	for (int d = 0; d < days; d++)
		team->holiday[d] = year_holiday(from + d);
	team->has_previous = again;
	if (again) {
		struct wall near = wall_plus(year->now, YEAR_NEAR_MS);
		team->frozen_day = year_day(year, near) - from;
		team->frozen_min = (int32_t)((near.ms - year->start.ms) / MS_PER_MINUTE % (24 * 60));
	}
	for (unsigned i = 0; i < t->count; i++)
		fill_person(year, &year->person[t->first + i], from, team, (int)i);
	fill_memory(year, t, from, team);
	fill_wishes(year, t, team);
	*out = team;
	return ERR_OK;
}

/* ---- the roster ---- */

/* steps_left: the engine asks its watch every 512 small changes and before each step of local search. Counted instead
 * of timed, the same task ends at the same step on any machine. */
static double steps_left(void *context)
{
	int *left = context;

	return (*left)--;
}

static enum err solve(struct year *year, const struct team *team, const struct roster_model *model,
	struct roster_plan *plan, struct errinfo *info)
{
	int64_t full = year->options->plan_steps ? year->options->plan_steps : PLAN_STEPS;
	int64_t changes = team->has_previous ? full / AGAIN_SHARE : full;
	int left = (int)(changes / 512) + LINE_STEPS;
	struct roster_effort effort = {.seed = dice_next(&year->plan_dice),
		.anneal_steps = changes,
		.watch = {.left = steps_left, .context = &left}};
	struct roster_outcome outcome;
	struct roster_plan from = {0};
	bool start = team->has_previous || year->options->plan_steps; /* from nobody on duty: worse, and soon there */
	enum err err = roster_plan_init(&from, model);

	if (!err && team->has_previous)
		team_previous(team, &from);
	if (!err)
		err = roster_solve(model, &effort, start ? &from : NULL, plan, &outcome, info);
	roster_plan_fini(&from);
	return err;
}

static void count_open(struct year *year, const struct team *team, const struct roster_plan *plan)
{
	for (int d = 0; d < team->days; d++)
		for (int s = 0; s < team->shifts; s++) {
			int open = team_need(team, d, s) - team_count(team, plan, d, s);
			bool somebody = false;
			for (int v = 0; v < team->volunteers && open > 0 && !somebody; v++)
				somebody = team_bar_of(team, plan, v, d, s) == TEAM_BAR_NONE;
			year->counts.duties += (unsigned)team_need(team, d, s);
			year->counts.open += open > 0 ? (unsigned)open : 0;
			year->counts.coverable += somebody;
		}
}

static void take_over(struct year *year, unsigned number, const struct roster_plan *plan, int from)
{
	struct year_team *t = &year->team[number];

	for (unsigned i = 0; i < t->count; i++)
		for (int d = 0; d < plan->model->days; d++)
			if (!year->person[t->first + i].helps[from + d])
				year->person[t->first + i].duty[from + d] =
					(int16_t)(roster_plan_line(plan, (int)i)[d] - 1);
	if (t->planned < from + plan->model->days)
		t->planned = from + plan->model->days;
}

/* bend: on purpose, somebody's duty goes to a person who has the night before it, or is not there. */
static void bend(struct year *year, const struct year_team *t, int from)
{
	for (int d = from + 3; d < t->planned; d++)
		for (unsigned i = 0; i < t->count; i++)
			for (unsigned j = 0; j < t->count; j++) {
				struct year_person *a = &year->person[t->first + i], *b = &year->person[t->first + j];
				if (a->duty[d] != 0 || b->duty[d] >= 0 || b->duty[d - 1] < 2)
					continue;
				b->duty[d] = a->duty[d];
				a->duty[d] = -1;
				return;
			}
}

/* ---- in force ---- */

static bool has_duty(const struct year *year, const struct year_person *p, unsigned number, int day)
{
	return p->duty[day] >= 0 && (p->helps[day] ? p->helps[day] - 1u : p->team) == number &&
	       year_duty_until(year, day, p->duty[day]).ms > year->now.ms;
}

/* publish_away says who is away on the days that are planned, as the tool does with the task's: from the begin of the
 * day's first shift to the next day's. */
static enum err publish_away(struct year *year, unsigned number, int from, int until)
{
	const struct year_team *t = &year->team[number];
	struct rota_span spans[YEAR_CROWD_MAX * 50];
	unsigned count = 0;

	for (unsigned i = 0; i < t->count; i++)
		for (int d = from; d < until; d++) {
			if (!(year->person[t->first + i].away[d] & YEAR_PLANNED))
				continue;
			spans[count] = (struct rota_span){.from = year_at(year, d, YEAR_DAY_FROM_HOUR),
				.until = year_at(year, d + 1, YEAR_DAY_FROM_HOUR)};
			text_cut(spans[count++].user, ID_BYTES, year->person[t->first + i].id);
		}
	year->counts.days_away += count;
	if (year->options->fault == YEAR_FAULT_BOOK_APART)
		count = 0;
	return rota_aways_put(year->rota, t->id, spans, count, year_at(year, from, YEAR_DAY_FROM_HOUR),
		year_at(year, until, YEAR_DAY_FROM_HOUR), year->now);
}

static enum err publish(struct year *year, unsigned number, int first, int until)
{
	const struct year_team *t = &year->team[number];
	struct book_duty duties[YEAR_CROWD_MAX * 50];
	unsigned count = 0, bad;
	int today = year_day(year, year->now), from = today ? today - 1 : 0; /* a night may still last */
	enum err err = year_duties_before(year, number);

	for (unsigned i = 0; i < YEAR_PEOPLE; i++) {
		const struct year_person *p = &year->person[i];
		for (int d = from; d < t->planned; d++) {
			if (!has_duty(year, p, number, d))
				continue;
			struct book_duty *duty = &duties[count++];
			*duty = (struct book_duty){.from = year_duty_from(year, d, p->duty[d]),
				.until = year_duty_until(year, d, p->duty[d]),
				.place = p->duty[d] & 1};
			text_cut(duty->user, sizeof duty->user, p->id);
			text_cut(duty->shift, sizeof duty->shift, year_shift_names[p->duty[d]]);
		}
	}
	if (year->options->fault == YEAR_FAULT_BOOK_APART && count && ++year->faults % 20 == 0)
		count--;
	if (!err)
		err = book_put(incident_core_book(year->core), t->id, duties, count, year->now, &bad);
	if (!err)
		err = publish_away(year, number, first, until);
	return err ? err : year_duties_after(year, number);
}

static enum err plan_team(
	struct year *year, unsigned number, int from, int until, const struct year_person *ill, struct errinfo *info)
{
	struct year_team *t = &year->team[number];
	int16_t before[YEAR_CROWD_MAX][YEAR_TABLE_DAYS];
	struct team *team = NULL;
	struct roster_model *model = NULL;
	struct roster_plan plan = {0};
	enum err err = make_task(year, number, from, until, ill, &team, info);

	for (unsigned i = 0; i < t->count; i++)
		memcpy(before[i], year->person[t->first + i].duty, sizeof before[i]);
	if (!err)
		err = team_model(team, &model, info);
	if (!err)
		err = roster_plan_init(&plan, model);
	if (!err)
		err = solve(year, team, model, &plan, info);
	if (err)
		goto done;
	take_over(year, number, &plan, from);
	year->outcome->rosters++;
	if (year->options->fault == YEAR_FAULT_ROSTER_BENT && ++year->faults % 50 == 0)
		bend(year, t, from);
	if (ill) {
		year->counts.again++;
		year_judge_stable(year, number, before, from, ill);
		for (unsigned i = 0; i < t->count; i++)
			for (int d = from; d < t->planned; d++)
				year->counts.moved += before[i][d] >= 0 && &year->person[t->first + i] != ill &&
						      year->person[t->first + i].duty[d] != before[i][d];
	} else {
		count_open(year, team, &plan);
		year->counts.rosters++;
	}
	year_judge(year, number, from);
	if (year->outcome->rosters % SAMPLE_EVERY == 1)
		err = year_sample(year, team, &plan);
	if (!err)
		err = publish(year, number, from, until);
	if (!err)
		year_judge_book(year, number);
done:
	roster_plan_fini(&plan);
	roster_model_destroy(model);
	team_destroy(team);
	return err;
}

enum err year_plan_all(struct year *year, struct errinfo *info)
{
	struct year_event next = {.kind = YEAR_PLAN, .at = wall_plus(year->now, YEAR_PERIOD * MS_PER_DAY)};
	enum err err = ERR_OK;

	for (unsigned t = 0; t < YEAR_TEAMS && !err; t++) {
		int from = year->team[t].planned;
		err = plan_team(year, t, from, from + YEAR_PERIOD + (from ? 0 : YEAR_AHEAD), NULL, info);
	}
	if (year_day(year, next.at) >= (int)year->options->days)
		return err;
	if (year_day(year, year->now) == 0 && year_hour(year, year->now) < 6)
		next.at = year_at(year, YEAR_PERIOD, 10);
	return err ? err : year_later(year, &next);
}

/* ---- somebody falls ill ---- */

/* year_falls_ill: what begins within 48 h is open at once, and others are asked; what is later is planned anew. */
enum err year_falls_ill(struct year *year, unsigned person, struct errinfo *info)
{
	static const int lengths[] = {1, 1, 2, 2, 3, 4, 7};
	struct year_person *p = &year->person[person];
	int today = year_day(year, year->now), until = today + lengths[dice_below(&year->answer_dice, 7)];
	bool tells = year_happens(&year->answer_dice, RATE_ILL_TELLS), later = false;
	struct wall from = year_at(year, today, 7), end = year_at(year, until, 7),
		    near = wall_plus(year->now, YEAR_NEAR_MS);
	enum err err = ERR_OK;

	year->counts.ill++;
	year->counts.ill_told += tells;
	for (int d = today; d < until; d++)
		p->away[d] |= tells ? YEAR_ILL | YEAR_ILL_KNOWN : YEAR_ILL;
	if (!tells)
		return ERR_OK;
	err = year_absent(year, p, from, near.ms < end.ms ? near : end);
	for (int d = today; d < until; d++) {
		later = later || p->duty[d] >= 0;
		p->said[d] = p->said[d] && p->helps[d]; /* a word given in health does not bind the new plan */
	}
	if (!err && later)
		err = plan_team(year, p->team, today, year->team[p->team].planned, p, info);
	if (!err && near.ms < end.ms)
		err = year_absent(year, p, from, end);
	year_judge(year, p->team, today + 1);
	year_judge_book(year, p->team);
	return err;
}
