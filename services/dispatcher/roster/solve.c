/* SPDX-License-Identifier: MIT */
#include "dispatcher/roster/solve.h"

#include <stdlib.h>
#include <string.h>

#include "dispatcher/roster/anneal.h"
#include "dispatcher/roster/master.h"

#define WHOLE_DIVES 2   /* before neighbourhoods */
#define CHOOSE_EVERY 12 /* rounds */
#define CHOOSE_NODES 2000
#define POLISH_STEPS 400
/* Heat of the small changes: a missing person costs some thousands, a fair share some tens. */
#define HOT 1000
#define HOT_AGAIN 200 /* from what is in force: a duty moved costs some hundreds */
#define HOT_LAST 20
#define COLD 0.7
#define SAMPLES 48
#define SLICES 20
#define SLICE_LEAST (1.0 / 16)   /* of a turn, for a search that found nothing better for long */
#define BOUND_SHARE 0.25         /* of a turn for the bound, while search pays */
#define LAST_SHARE 4             /* of the first small changes, one in so many at the end: what dives leave uneven */
#define MASTER_CELLS_MAX 2000000 /* people * days * demands a day, above which the program would not settle */

struct run {
	const struct roster_model *model;
	const struct roster_effort *effort;
	struct search search;
	struct master *master;
	struct roster_plan trial;
	struct roster_plan sample[SAMPLES]; /* of small changes: their lines give the program a start */
	int samples;
	bool *hold;
	double slice; /* seconds of a turn; 0 = no turns */
	double share; /* of a turn that search gets */
	bool pays;    /* the last turn of search made the roster cheaper by a thousandth or more */
	struct roster_outcome *out;
};

/* turn: a part of the time, as a watch of its own. */
struct turn {
	const struct roster_watch *whole;
	double end; /* left of the whole when the turn is over */
};

static double turn_left(void *context)
{
	const struct turn *turn = context;

	return roster_left(turn->whole) - turn->end;
}

static struct turn turn_of(const struct run *run, double seconds)
{
	double left = roster_left(&run->effort->watch);

	return (struct turn){&run->effort->watch, left > seconds ? left - seconds : 0};
}

struct roster_effort roster_effort_usual(const struct roster_model *model, uint64_t seed)
{
	int64_t size = (int64_t)model->people * model->demands;

	return (struct roster_effort){.seed = seed,
		.first_steps = 40 * (int64_t)model->people,
		.slices = SLICES,
		.bound = size <= MASTER_CELLS_MAX,
		.choose_seconds = 30};
}

/* good_enough gives the bound that would prove the best known roster near enough to it: a share of what the people's
 * lines cost, so that unmet demands, however dear, leave no room for unfairness. */
static int64_t good_enough(const struct run *run)
{
	const struct roster_plan *best = &run->search.best;
	int64_t lines = 0;

	for (int p = 0; p < run->model->people; p++)
		lines += best->own[p];
	return best->cost - lines * run->effort->gap_permille / 1000;
}

static bool done(const struct run *run)
{
	return good_enough(run) <= run->out->bound || roster_left(&run->effort->watch) <= 0;
}

/* polish goes on from the trial by local search and makes the lines of the best known. */
static enum err polish(struct run *run)
{
	struct search *s = &run->search;
	int64_t best = s->best.cost;

	if (run->trial.cost <= best)
		roster_plan_copy(&s->best, &run->trial);
	roster_plan_copy(&s->now, &run->trial);
	for (int i = 0; i < SEARCH_LATE; i++)
		s->late[i] = s->now.cost;
	enum err err = search_run(s, POLISH_STEPS, run->out->bound, &run->effort->watch);
	return err || s->best.cost >= best ? err : master_take(run->master, &s->best);
}

/* choose_hold leaves some people free, around one by chance in the order of people. */
static void choose_hold(struct run *run, int free)
{
	int people = run->model->people;

	for (int p = 0; p < people; p++)
		run->hold[p] = true;
	for (int count = 0; count < free && count < people;) {
		int p = dice_below(&run->search.dice, people);
		count += run->hold[p];
		run->hold[p] = false;
	}
}

static enum err one_round(struct run *run, int round)
{
	const struct roster_watch *watch = &run->effort->watch;
	struct search *s = &run->search;
	int people = run->model->people;
	enum err err;

	if (round % CHOOSE_EVERY == CHOOSE_EVERY - 1 && run->effort->choose_seconds > 0) {
		bool better;
		roster_plan_copy(&run->trial, &s->best);
		err = master_choose(
			run->master, &run->trial, run->effort->choose_seconds, CHOOSE_NODES, &better, watch);
		if (err == ERR_AGAIN)
			return ERR_OK;
		return err || !better ? err : polish(run);
	}
	bool whole = round < WHOLE_DIVES || people <= 6;
	int64_t cutoff = whole ? INT64_MAX / 2 : s->best.cost;
	roster_plan_copy(&run->trial, &s->best);
	if (!whole)
		choose_hold(run, people / 4 + dice_below(&s->dice, people / 2));
	err = master_dive(run->master, &run->trial, whole ? NULL : run->hold, cutoff, &s->dice, watch);
	run->out->dives++;
	if (err == ERR_NOT_FOUND || err == ERR_AGAIN)
		return ERR_OK;
	return err ? err : polish(run);
}

/* search_turn searches on from the best known. A search that found nothing gets half as long the next time. */
static enum err search_turn(struct run *run)
{
	struct search *s = &run->search;
	struct turn turn = turn_of(run, run->slice * run->share);
	struct roster_watch watch = {turn_left, &turn};
	int64_t best = s->best.cost;

	search_start(s, &s->best);
	enum err err = search_run(s, INT64_MAX, run->out->bound, &watch);
	run->pays = best - s->best.cost > s->best.cost / 1000;
	run->share = s->best.cost < best ? 1 : run->share > SLICE_LEAST ? run->share / 2 : SLICE_LEAST;
	return err || s->best.cost >= best ? err : master_take(run->master, &s->best);
}

/* seek_bound generates lines until the bound is settled or good enough, in turns with search where there are turns: a
 * program of hundreds of people or days would take all of the time and leave what was found first. */
static enum err seek_bound(struct run *run)
{
	enum err err = ERR_OK;

	do {
		if (run->slice > 0)
			err = search_turn(run);
		struct turn turn = turn_of(run, run->slice * (run->pays ? BOUND_SHARE : 1));
		struct roster_watch watch =
			run->slice > 0 ? (struct roster_watch){turn_left, &turn} : run->effort->watch;
		if (!err)
			err = master_bound(run->master, good_enough(run), &watch);
		run->out->bound = master_lower(run->master);
	} while (!err && run->slice > 0 && !master_settled(run->master) && !done(run));
	return err;
}

static enum err improve(struct run *run, struct errinfo *info)
{
	enum err err = master_create(run->model, &run->master, info);

	if (!err)
		err = master_take(run->master, &run->search.best);
	for (int i = 0; i < run->samples && !err; i++)
		err = master_take(run->master, &run->sample[i]);
	if (!err)
		err = seek_bound(run);
	for (int round = 0; !err && !done(run) && (!run->effort->rounds_max || round < run->effort->rounds_max);
		round++) {
		int64_t best = run->search.best.cost;
		err = one_round(run, round);
		if (!err && run->slice > 0 && run->search.best.cost >= best)
			err = search_turn(run);
	}
	return err;
}

/* smooth betters the best known by small changes. */
static enum err smooth(struct run *run, int64_t steps, double hot)
{
	struct search *s = &run->search;
	const struct anneal_effort anneal = {.steps = steps,
		.hot = hot,
		.cold = COLD,
		.watch = run->effort->watch,
		.sample = run->sample,
		.samples = run->samples};
	enum err err = steps ? anneal_run(&s->best, &anneal, &s->dice) : ERR_OK;

	if (steps && !err)
		search_start(s, &s->best);
	return err;
}

static enum err go(struct run *run, const struct roster_plan *from, struct errinfo *info)
{
	const struct roster_effort *effort = run->effort;
	struct search *s = &run->search;
	enum err err = from ? search_again(s, from) : search_first(s);

	run->out->stuck = s->stuck;
	run->share = 1;
	run->slice = effort->slices ? roster_left(&effort->watch) / effort->slices : 0;
	if (!err)
		err = smooth(run, effort->anneal_steps, from ? HOT_AGAIN : HOT);
	if (!err)
		err = search_run(s, effort->first_steps, INT64_MIN, &effort->watch);
	if (!err && effort->bound)
		err = improve(run, info);
	else if (!err)
		err = search_run(s, effort->rounds_max ? (int64_t)effort->rounds_max * POLISH_STEPS : INT64_MAX,
			INT64_MIN, &effort->watch);
	return err ? err : smooth(run, effort->anneal_steps / LAST_SHARE, HOT_LAST);
}

enum err roster_solve(const struct roster_model *model, const struct roster_effort *effort,
	const struct roster_plan *from, struct roster_plan *plan, struct roster_outcome *out_outcome,
	struct errinfo *info)
{
	struct run run = {.model = model, .effort = effort, .out = out_outcome};

	*out_outcome = (struct roster_outcome){.bound = INT64_MIN, .stuck = -1};
	if (line_scale(model, 1) < 1)
		return errinfo_set(info, ERR_RANGE, "the weights are too large for %d days", model->days);
	enum err err = search_init(&run.search, model, effort->seed);
	if (err)
		return errinfo_set(info, err, "no memory");
	run.hold = calloc((size_t)model->people, sizeof *run.hold);
	err = run.hold ? roster_plan_init(&run.trial, model) : ERR_NOMEM;
	while (!err && effort->anneal_steps && run.samples < SAMPLES) {
		err = roster_plan_init(&run.sample[run.samples], model);
		run.samples += !err;
	}
	if (!err)
		err = go(&run, from, info);
	if (!err)
		roster_plan_copy(plan, &run.search.best);
	out_outcome->steps = run.search.steps;
	master_destroy(run.master);
	roster_plan_fini(&run.trial);
	for (int i = 0; i < run.samples; i++)
		roster_plan_fini(&run.sample[i]);
	free(run.hold);
	search_fini(&run.search);
	return err ? errinfo_set(info, err, "no roster: %s", err_name(err)) : ERR_OK;
}
