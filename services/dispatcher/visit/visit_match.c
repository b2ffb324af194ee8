/* SPDX-License-Identifier: MIT
 *
 * Who is asked for a visit. First what cannot be (a bar for each companion, visit.h), then what it costs: eight parts
 * that are added, each a weight of the rules times a figure of that pair of people. The cheapest is asked; equal ones
 * in order of their ids.
 */
#include <math.h>
#include <string.h>

#include "base/day.h"
#include "base/text.h"
#include "dispatcher/visit/visit_tour.h"
#include "visit_internal.h"

#define GRID_DAYS 40 /* of a window that are looked at */
#define WEEKS (GRID_DAYS / 7 + 2)
#define LOAD_WEEKS 4
#define LOAD_DAYS (7 * LOAD_WEEKS)
#define BETWEEN_MIN 15 /* from one visit to the next, at least */

/* grid: the parts of days at which the visit could be. */
struct grid {
	int32_t first, today, due;
	unsigned days;
	struct {
		struct wall from, until;
		bool possible;
	} slots[GRID_DAYS][DAY_PART_COUNT];
};

/* load: what one companion has already. */
struct load {
	unsigned recent, weeks[WEEKS], day[GRID_DAYS], part[GRID_DAYS][DAY_PART_COUNT];
	double nearest_km[GRID_DAYS][DAY_PART_COUNT];
};

static void grid_fill(const struct visit_core *core, const struct job *job, struct wall now, struct grid *grid)
{
	const struct visit_rules *rules = core->config.rules;
	struct wall begin = job->want_from.ms > now.ms ? job->want_from : now;
	int32_t last = core_day(core, job->want_until);

	memset(grid, 0, sizeof *grid);
	grid->first = core_day(core, begin);
	grid->today = core_day(core, now);
	grid->due = job->due_day == DAY_NONE ? grid->first : job->due_day;
	for (int32_t day = grid->first; day <= last && grid->days < GRID_DAYS; day++, grid->days++)
		for (unsigned p = 0; p < DAY_PART_COUNT; p++) {
			struct wall from = core_at(core, day, rules->parts[p].from_min),
				    until = core_at(core, day, rules->parts[p].until_min);
			grid->slots[grid->days][p].from = from;
			grid->slots[grid->days][p].until = until;
			grid->slots[grid->days][p].possible = from.ms >= now.ms + ANSWER_MIN_MS &&
							      until.ms > job->want_from.ms &&
							      from.ms < job->want_until.ms;
		}
}

static bool in_words(const char (*list)[WORD_BYTES], unsigned count, const char *word)
{
	for (unsigned i = 0; i < count; i++)
		if (!strcmp(list[i], word))
			return true;
	return false;
}

static unsigned common(const char (*a)[WORD_BYTES], unsigned a_count, const char (*b)[WORD_BYTES], unsigned b_count)
{
	unsigned found = 0;

	for (unsigned i = 0; i < a_count; i++)
		found += in_words(b, b_count, a[i]);
	return found;
}

static enum visit_bar bar_of(const struct visit_core *core, const struct job *job, const struct person *person)
{
	const struct care *care = &job->home->care;
	const struct companion *offer = &person->offer;

	if (!person->offers || !person->team || !offer->visits_a_week || !offer->parts)
		return VISIT_BAR_NO_OFFER;
	if (!offer->verified)
		return VISIT_BAR_UNVERIFIED;
	if (strcmp(person->team->community, job->home->community) != 0)
		return VISIT_BAR_AREA;
	if (!job->home->cared) /* a service for a home that has told no wishes */
		return job_was_asked(job, person->id) ? VISIT_BAR_DECLINED : VISIT_FREE;
	if (home_refuses(job->home, person->id))
		return VISIT_BAR_UNWANTED;
	if (care->sex != SEX_NOT_SAID && care->sex != offer->sex)
		return VISIT_BAR_SEX;
	if (care->language_count &&
		!common(care->languages, care->language_count, offer->languages, offer->language_count))
		return VISIT_BAR_LANGUAGE;
	if (tour_km(care->position, offer->position) > core->config.rules->reach_km)
		return VISIT_BAR_AREA;
	return job_was_asked(job, person->id) ? VISIT_BAR_DECLINED : VISIT_FREE;
}

static unsigned part_at(const struct visit_core *core, struct wall at)
{
	struct civil c = zone_to_civil(core->config.zone, at);
	unsigned minute = (unsigned)(c.hour * 60 + c.minute), part = 0;

	while (part + 1 < DAY_PART_COUNT && minute >= core->config.rules->parts[part + 1].from_min)
		part++;
	return part;
}

/* counts: an errand of a companion that takes one of the visits offered. */
static bool counts(const struct job *job)
{
	return job->now.kind != ERRAND_TASK && job->now.state != ERRAND_OPEN && job->now.state != ERRAND_CANCELLED;
}

static int32_t week_of(int32_t day)
{
	return (day + 3) / 7; /* 1970-01-01 was a Thursday */
}

static void load_fill(const struct visit_core *core, const struct job *job, const struct person *person,
	const struct grid *grid, struct load *load)
{
	memset(load, 0, sizeof *load);
	for (unsigned d = 0; d < grid->days; d++)
		for (unsigned p = 0; p < DAY_PART_COUNT; p++)
			load->nearest_km[d][p] = -1;
	for (const struct job *other = person->jobs; other; other = other->next_of_holder) {
		if (other == job || !counts(other))
			continue;
		int32_t day = core_day(core, other->now.from), week = week_of(day) - week_of(grid->first);
		load->recent += day > grid->today - LOAD_DAYS;
		if (week >= 0 && week < WEEKS)
			load->weeks[week]++;
		if (day < grid->first || day >= grid->first + (int32_t)grid->days)
			continue;
		unsigned d = (unsigned)(day - grid->first), p = part_at(core, other->now.from);
		double km = tour_km(other->home->care.position, job->home->care.position);
		load->day[d]++;
		load->part[d][p]++;
		if (load->nearest_km[d][p] < 0 || km < load->nearest_km[d][p])
			load->nearest_km[d][p] = km;
	}
}

static bool is_away(const struct visit_core *core, const struct person *person, struct wall from, struct wall until)
{
	return core->config.away && core->config.away(core->config.context, person->id, from, until);
}

/* slot_of chooses the part of a day that costs least; a bar if the companion has none left. */
static enum visit_bar slot_of(const struct visit_core *core, const struct person *person, const struct grid *grid,
	const struct load *load, double home_km, struct visit_candidate *out)
{
	const struct visit_rules *rules = core->config.rules;
	bool found = false, kept_off = false;
	/* asked of all days first: few are away at all, and the question is a walk over all absences */
	bool absent = grid->days && is_away(core, person, grid->slots[0][0].from,
					    grid->slots[grid->days - 1][DAY_PART_COUNT - 1].until);

	for (unsigned d = 0; d < grid->days; d++) {
		int32_t day = grid->first + (int32_t)d, week = week_of(day) - week_of(grid->first);
		double off = rules->weights[VISIT_COST_DAY] * abs(day - grid->due);
		if (load->day[d] >= rules->day_max || load->weeks[week] >= person->offer.visits_a_week)
			continue;
		for (unsigned p = 0; p < DAY_PART_COUNT; p++) {
			unsigned room = (unsigned)(rules->parts[p].until_min - rules->parts[p].from_min) /
					(rules->minutes + BETWEEN_MIN);
			double km = load->nearest_km[d][p] < 0 ? 2 * home_km : load->nearest_km[d][p];
			double way = rules->weights[VISIT_COST_WAY] * km;
			if (!grid->slots[d][p].possible || !(person->offer.parts >> p & 1) ||
				load->part[d][p] >= (room ? room : 1))
				continue;
			if (found && off + way >= out->cost[VISIT_COST_DAY] + out->cost[VISIT_COST_WAY])
				continue;
			if (absent && is_away(core, person, grid->slots[d][p].from, grid->slots[d][p].until)) {
				kept_off = true;
				continue;
			}
			found = true;
			out->from = grid->slots[d][p].from;
			out->until = grid->slots[d][p].until;
			out->cost[VISIT_COST_DAY] = off;
			out->cost[VISIT_COST_WAY] = way;
		}
	}
	return found ? VISIT_FREE : kept_off ? VISIT_BAR_ABSENT : VISIT_BAR_FULL;
}

static double dislike(const struct home *home, const char *user)
{
	for (unsigned i = 0; i < home->friend_count; i++) {
		const struct friend *friend = &home->friends[i];
		if (!strcmp(friend->user, user))
			return 1 - (friend->good + 1.0) / (friend->good + 2.0 * friend->bad + 2);
	}
	return 0.5;
}

static void cost_of(const struct visit_core *core, const struct job *job, const struct person *person,
	const struct load *load, double km, struct visit_candidate *out)
{
	const double *weights = core->config.rules->weights;
	const struct care *care = &job->home->care;
	const struct companion *offer = &person->offer;
	double shared = common(care->interests, care->interest_count, offer->interests, offer->interest_count);

	if (*care->wanted && strcmp(care->wanted, person->id) != 0)
		out->cost[VISIT_COST_WISH] = weights[VISIT_COST_WISH];
	out->cost[VISIT_COST_SYMPATHY] = weights[VISIT_COST_SYMPATHY] * dislike(job->home, person->id);
	if (care->language_count && !in_words(offer->languages, offer->language_count, care->languages[0]))
		out->cost[VISIT_COST_LANGUAGE] = weights[VISIT_COST_LANGUAGE];
	if (care->interest_count && shared < 2)
		out->cost[VISIT_COST_INTERESTS] = weights[VISIT_COST_INTERESTS] * (1 - shared / 2);
	out->cost[VISIT_COST_DISTANCE] = weights[VISIT_COST_DISTANCE] * km;
	out->cost[VISIT_COST_LOAD] = weights[VISIT_COST_LOAD] * load->recent / (LOAD_WEEKS * offer->visits_a_week);
	for (unsigned i = 0; i < VISIT_COST_COUNT; i++)
		out->sum += out->cost[i];
}

static void keep_best(struct visit_explanation *out, const struct visit_candidate *fresh, unsigned keep)
{
	unsigned at = out->count;

	while (at > 0 &&
		(fresh->sum < out->best[at - 1].sum ||
			(!(fresh->sum > out->best[at - 1].sum) && strcmp(fresh->user, out->best[at - 1].user) < 0)))
		at--;
	if (at >= keep)
		return;
	if (out->count < keep)
		out->count++;
	memmove(&out->best[at + 1], &out->best[at], sizeof *fresh * (out->count - 1 - at));
	out->best[at] = *fresh;
}

void match_best(const struct visit_core *core, const struct job *job, struct wall now, struct visit_explanation *out,
	unsigned keep)
{
	struct person *person, *next;
	struct grid grid;
	struct load load;

	memset(out, 0, sizeof *out);
	grid_fill(core, job, now, &grid);
	HASH_ITER(hh, core->people, person, next)
	{
		struct visit_candidate fresh = {.bar = bar_of(core, job, person)};
		double km = tour_km(job->home->care.position, person->offer.position);
		if (fresh.bar == VISIT_FREE) {
			load_fill(core, job, person, &grid, &load);
			fresh.bar = slot_of(core, person, &grid, &load, km, &fresh);
		}
		out->bars[fresh.bar]++;
		if (fresh.bar != VISIT_FREE)
			continue;
		text_cut(fresh.user, sizeof fresh.user, person->id);
		cost_of(core, job, person, &load, km, &fresh);
		keep_best(out, &fresh, keep);
	}
}

enum err visit_explain(const struct visit_core *core, const char *id, struct wall now, struct visit_explanation *out)
{
	const struct job *job = job_find(core, id);

	if (!job)
		return ERR_NOT_FOUND;
	if (!job_for_companions(core, job) || !job_live(job))
		return ERR_STATE;
	match_best(core, job, now, out, VISIT_CANDIDATES_MAX);
	return ERR_OK;
}

/* ---- a day ---- */

static int by_id(const void *left, const void *right)
{
	return strcmp((*(const struct job *const *)left)->now.id, (*(const struct job *const *)right)->now.id);
}

bool job_is_stop(const struct visit_core *core, const struct job *job, int32_t day)
{
	return job->now.kind != ERRAND_TASK &&
	       (job->now.state == ERRAND_AGREED || job->now.state == ERRAND_UNDER_WAY) &&
	       core_day(core, job->now.from) == day;
}

unsigned visit_day(const struct visit_core *core, const char *user, int32_t day, struct visit_stop *stops, unsigned max,
	double *out_km)
{
	const struct visit_rules *rules = core->config.rules;
	const struct job *jobs[TOUR_STOPS_MAX];
	struct tour_stop tour[TOUR_STOPS_MAX];
	uint8_t order[TOUR_STOPS_MAX];
	unsigned count = 0;
	struct person *person;
	struct wall clock = WALL_NONE;

	*out_km = 0;
	HASH_FIND_STR(core->people, user, person);
	for (const struct job *job = person ? person->jobs : NULL; job && count < TOUR_STOPS_MAX && count < max;
		job = job->next_of_holder)
		if (job_is_stop(core, job, day))
			jobs[count++] = job;
	if (!count)
		return 0;
	qsort(jobs, count, sizeof *jobs, by_id);
	for (unsigned i = 0; i < count; i++)
		tour[i] = (struct tour_stop){
			.position = jobs[i]->home->care.position, .part = (uint8_t)part_at(core, jobs[i]->now.from)};
	*out_km = tour_order(person->offer.position, tour, count, order);
	for (unsigned i = 0; i < count; i++) {
		const struct job *job = jobs[order[i]];
		struct position from = i ? tour[order[i - 1]].position : person->offer.position;
		bool unknown = !i && !(isfinite(from.latitude) && isfinite(from.longitude));
		stops[i].errand = &job->now;
		stops[i].km = unknown ? 0 : tour_km(from, tour[order[i]].position);
		if (i)
			clock = wall_plus(
				clock, rules->minutes * MS_PER_MINUTE +
					       (int64_t)(stops[i].km / rules->walk_kmh * (double)MS_PER_HOUR));
		clock = clock.ms > job->now.from.ms ? clock : job->now.from;
		stops[i].arrive = clock;
	}
	return count;
}
