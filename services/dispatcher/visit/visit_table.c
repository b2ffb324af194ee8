/* SPDX-License-Identifier: MIT
 *
 * The tables of the visit core: rows by id, homes and jobs by slot, a job in the lists of its home and of who has it.
 */
#include <math.h>
#include <string.h>

#include "base/day.h"
#include "base/text.h"
#include "visit_internal.h"

struct team *team_row(struct visit_core *core, const char *id)
{
	struct team *team;

	HASH_FIND_STR(core->teams, id, team);
	if (!team && (team = calloc(1, sizeof *team))) {
		text_cut(team->id, sizeof team->id, id);
		HASH_ADD_STR(core->teams, id, team);
	}
	return team;
}

struct person *person_row(struct visit_core *core, const char *id)
{
	struct person *person;

	HASH_FIND_STR(core->people, id, person);
	if (person)
		return person;
	person = calloc(1, sizeof *person);
	if (!person)
		return NULL;
	text_cut(person->id, sizeof person->id, id);
	person->offer.position = (struct position){NAN, NAN};
	HASH_ADD_STR(core->people, id, person);
	return person;
}

struct service *service_row(struct visit_core *core, const char *id)
{
	struct service *service;

	HASH_FIND_STR(core->services, id, service);
	if (!service && (service = calloc(1, sizeof *service))) {
		text_cut(service->id, sizeof service->id, id);
		HASH_ADD_STR(core->services, id, service);
	}
	return service;
}

/* grow makes room for one more pointer. */
static bool grow(void *list, uint32_t count, uint32_t *capacity, size_t size)
{
	uint32_t more = *capacity ? *capacity * 2 : 64;
	void **at = list, *grown;

	if (count < *capacity)
		return true;
	grown = realloc(*at, more * size);
	if (!grown)
		return false;
	*at = grown;
	*capacity = more;
	return true;
}

struct home *home_row(struct visit_core *core, const char *id)
{
	struct home *home;

	HASH_FIND_STR(core->homes, id, home);
	if (home)
		return home;
	if (!grow(&core->home_slots, core->home_count, &core->home_capacity, sizeof *core->home_slots))
		return NULL;
	home = calloc(1, sizeof *home);
	if (!home)
		return NULL;
	text_cut(home->id, sizeof home->id, id);
	home->slot = core->home_count;
	home->since = home->last = home->again = home->away_from = home->away_until = WALL_NONE;
	home->turn = home->pause = DAY_NONE;
	home->care.position = (struct position){NAN, NAN};
	core->home_slots[core->home_count++] = home;
	HASH_ADD_STR(core->homes, id, home);
	return home;
}

void home_dirty(struct visit_core *core, struct home *home)
{
	home->dirty = true;
	if (home->slot < core->dirty_homes_from)
		core->dirty_homes_from = home->slot;
}

void job_dirty(struct visit_core *core, struct job *job)
{
	job->dirty = true;
	if (job->slot < core->dirty_jobs_from)
		core->dirty_jobs_from = job->slot;
}

struct job *job_find(const struct visit_core *core, const char *id)
{
	struct job *job;

	HASH_FIND(hh, core->jobs, id, strlen(id), job);
	return job;
}

/* ---- making and forgetting ---- */

static bool take_slot(struct visit_core *core, uint32_t *out)
{
	if (core->free_count) {
		*out = core->free_slots[--core->free_count];
		return true;
	}
	/* The list of free ones grows here, so that forgetting needs no memory. */
	if (!grow(&core->job_slots, core->job_count, &core->job_capacity, sizeof *core->job_slots) ||
		!grow(&core->free_slots, core->job_count, &core->free_capacity, sizeof *core->free_slots))
		return false;
	*out = core->job_count++;
	core->job_slots[*out] = NULL;
	return true;
}

enum err job_make(struct visit_core *core, struct home *home, const struct errand *first, struct job **out)
{
	struct job *job = calloc(1, sizeof *job);
	uint32_t slot;

	if (!job || !take_slot(core, &slot)) {
		free(job);
		return ERR_NOMEM;
	}
	job->now = *first;
	job->slot = slot;
	job->home = home;
	job->want_from = first->from;
	job->want_until = first->until;
	job->due_day = DAY_NONE;
	job->answer_due = job->again_due = job->climb_due = WALL_NEVER;
	job->next_of_home = home->jobs;
	home->jobs = job;
	core->job_slots[slot] = job;
	HASH_ADD(hh, core->jobs, now.id, strlen(job->now.id), job);
	job_assign(core, job, first->assignee);
	if (job_live(job)) {
		core->live++;
		if (first->kind == ERRAND_VISIT)
			home->visit = job;
	}
	*out = job;
	return ERR_OK;
}

/* leave takes a job out of a list of its holder or home. */
static void leave(struct job **list, struct job *job, bool of_home)
{
	while (*list && *list != job)
		list = of_home ? &(*list)->next_of_home : &(*list)->next_of_holder;
	assert(*list == job);
	*list = of_home ? job->next_of_home : job->next_of_holder;
}

void job_assign(struct visit_core *core, struct job *job, const char *user)
{
	struct person *person = *user ? person_row(core, user) : NULL;

	if (job->holder)
		leave(&job->holder->jobs, job, false);
	job->holder = person;
	if (person) {
		job->next_of_holder = person->jobs;
		person->jobs = job;
	}
	if (user != job->now.assignee)
		text_cut(job->now.assignee, sizeof job->now.assignee, user);
}

void job_forget(struct visit_core *core, struct job *job)
{
	struct tomb *tomb = calloc(1, sizeof *tomb);

	if (!tomb)
		abort();
	text_cut(tomb->id, sizeof tomb->id, job->now.id);
	tomb->next = core->tombs;
	core->tombs = tomb;
	job_discard(core, job);
}

void job_discard(struct visit_core *core, struct job *job)
{
	if (job_live(job))
		core->live--;
	if (job->home->visit == job)
		job->home->visit = NULL;
	if (job->holder)
		leave(&job->holder->jobs, job, false);
	leave(&job->home->jobs, job, true);
	timerq_remove(&core->timers, job->slot * 2 + 1);
	core->job_slots[job->slot] = NULL;
	core->free_slots[core->free_count++] = job->slot;
	HASH_DEL(core->jobs, job);
	free(job);
}
