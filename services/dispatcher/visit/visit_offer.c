/* SPDX-License-Identifier: MIT
 *
 * Whom an errand is offered to, and what happens when nobody does it in time.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "visit_internal.h"

static const struct service *service_of(const struct visit_core *core, const struct job *job)
{
	struct service *service;

	if (job->now.kind != ERRAND_SERVICE)
		return NULL;
	HASH_FIND_STR(core->services, job->now.what, service);
	return service && service->known ? service : NULL;
}

static unsigned provider_load(const struct visit_core *core, const char *provider)
{
	unsigned load = 0;

	for (uint32_t i = 0; i < core->job_count; i++) {
		const struct job *job = core->job_slots[i];
		load += job && job_live(job) && !strcmp(job->now.provider, provider);
	}
	return load;
}

/* next_provider gives the one with the fewest services under way that has not said no; NULL = none is left. */
static const char *next_provider(const struct visit_core *core, const struct job *job)
{
	const struct service *service = service_of(core, job);
	const char *best = NULL;
	unsigned best_load = 0;

	for (unsigned i = 0; service && i < service->offering.provider_count; i++) {
		const char *provider = service->offering.providers[i];
		if (job_was_asked(job, provider))
			continue;
		unsigned load = provider_load(core, provider);
		if (!best || load < best_load || (load == best_load && strcmp(provider, best) < 0)) {
			best = provider;
			best_load = load;
		}
	}
	return best;
}

bool job_for_companions(const struct visit_core *core, const struct job *job)
{
	const struct service *service = service_of(core, job);

	return job->now.kind == ERRAND_VISIT || (service && service->offering.teams && !next_provider(core, job));
}

enum err job_climb(struct visit_core *core, struct job *job, const char *note, struct wall now)
{
	const char *captain = job_captain(core, job), *desk = job_desk(core, job), *tell[] = {NULL, NULL};

	job->climb_due = WALL_NEVER;
	if (job->now.climb == ERRAND_CLIMB_MAX)
		return job_arm(core, job);
	job->now.climb = !job->now.climb && *captain ? 1 : ERRAND_CLIMB_MAX;
	tell[0] = job->now.climb == 1 ? captain : desk;
	if (job->now.climb == 1)
		job->climb_due = wall_plus(now, core->config.rules->climb_ms);
	return job_event(core, job, ERRAND_EVENT_CLIMBED, "", note, tell, now);
}

/* nobody: the captain is told once, with what keeps people off; people are asked again each day. */
static enum err nobody(struct visit_core *core, struct job *job, const struct visit_explanation *x, struct wall now)
{
	char note[NOTE_BYTES] = "没有可请的人 / nobody can be asked";

	for (unsigned bar = VISIT_FREE + 1; x && bar < VISIT_BAR_COUNT; bar++) {
		size_t length = strlen(note);
		if (x->bars[bar])
			snprintf(note + length, sizeof note - length, "%s%s %u", strchr(note, ':') ? ", " : ": ",
				visit_bar_name((enum visit_bar)bar), x->bars[bar]);
	}
	job->again_due = core_at(core, core_day(core, now) + 1, core->config.rules->plan_min);
	if (!job->now.climb)
		return job_climb(core, job, note, now);
	job_dirty(core, job);
	return job_arm(core, job);
}

static enum err offer_provider(struct visit_core *core, struct job *job, const char *provider, struct wall now)
{
	const char *tell[] = {provider, job_desk(core, job), NULL};

	text_cut(job->now.provider, sizeof job->now.provider, provider);
	job->answer_due = wall_plus(now, core->config.rules->provider_ms);
	return job_event(core, job, ERRAND_EVENT_OFFERED, "", NULL, tell, now);
}

enum err job_offer(struct visit_core *core, struct job *job, struct wall now)
{
	const char *provider = job->asked_count < ASKED_MAX ? next_provider(core, job) : NULL, *tell[] = {NULL, NULL};
	struct visit_explanation x;

	assert(job->now.state == ERRAND_OPEN && job->now.kind != ERRAND_TASK);
	if (provider)
		return offer_provider(core, job, provider, now);
	if (!job_for_companions(core, job) || job->asked_count == ASKED_MAX)
		return nobody(core, job, NULL, now);
	match_best(core, job, now, &x, 1);
	if (!x.count)
		return nobody(core, job, &x, now);
	job_assign(core, job, x.best[0].user);
	job->now.from = x.best[0].from;
	job->now.until = x.best[0].until;
	job->answer_due = wall_plus(now, core->config.rules->answer_ms);
	if (job->answer_due.ms > job->now.from.ms)
		job->answer_due = job->now.from;
	tell[0] = x.best[0].user;
	return job_event(core, job, ERRAND_EVENT_OFFERED, "", NULL, tell, now);
}

/* missed: its window is over. The captain knows the same day; the desk too when it is the second one in a row. */
static enum err missed(struct visit_core *core, struct job *job, struct wall now)
{
	const char *captain = job_captain(core, job), *desk = job_desk(core, job);
	bool grave = !*captain || (job->now.kind == ERRAND_VISIT && job->home->missed);
	const char *tell[] = {job->now.assignee, captain, grave ? desk : "", NULL};
	const char *note = job->now.state == ERRAND_AGREED ? "约定时间已过 / the time agreed has passed"
							   : "无人应约 / nobody had taken it";

	if (job->now.climb < (grave ? ERRAND_CLIMB_MAX : 1))
		job->now.climb = grave ? ERRAND_CLIMB_MAX : 1;
	return job_event(core, job, ERRAND_EVENT_MISSED, "", note, tell, now);
}

static enum err unanswered(struct visit_core *core, struct job *job, struct wall now)
{
	char who[ID_BYTES], note[NOTE_BYTES];
	const char *tell[] = {who, NULL};
	enum err err;

	text_cut(who, sizeof who, *job->now.assignee ? job->now.assignee : job->now.provider);
	snprintf(note, sizeof note, "未答复 / no answer: %s", who);
	job_note_asked(job, who);
	core->tallies[VISIT_UNANSWERED]++;
	err = job_event(core, job, ERRAND_EVENT_DECLINED, "", note, tell, now);
	return err ? err : job_offer(core, job, now);
}

enum err job_take_back(struct visit_core *core, struct job *job, const char *why, const char *told, struct wall now)
{
	const char *tell[] = {job->now.state == ERRAND_AGREED ? job_captain(core, job) : "", told, NULL};
	char note[NOTE_BYTES];
	enum err err;

	snprintf(note, sizeof note, "%s: %s", why, job->now.assignee);
	job_note_asked(job, job->now.assignee);
	err = job_event(core, job, ERRAND_EVENT_DECLINED, "", note, tell, now);
	return err ? err : job_offer(core, job, now);
}

/* left: who was asked, or had agreed, has left, or is not wanted. */
static enum err left(struct visit_core *core, struct job *job, struct wall now)
{
	return job_take_back(core, job,
		job->holder->gone ? "已离队 / has left" : "老人不愿其来访 / not wanted by the elder", "", now);
}

/* next_missing gives, by the least id after one, since the list's order depends on restarts, what user cannot do from..
 * until; NULL: nothing more. */
static struct job *next_missing(const struct person *person, const char *after, struct wall from, struct wall until)
{
	struct job *found = NULL;

	for (struct job *job = person->jobs; job; job = job->next_of_holder)
		if (job->now.kind != ERRAND_TASK &&
			(job->now.state == ERRAND_OFFERED || job->now.state == ERRAND_AGREED) &&
			job->now.from.ms < until.ms && from.ms < job->now.until.ms && strcmp(job->now.id, after) > 0 &&
			(!found || strcmp(job->now.id, found->now.id) < 0))
			found = job;
	return found;
}

enum err visit_absent(struct visit_core *core, const char *user, struct wall from, struct wall until, struct wall now,
	struct visit_effects *out)
{
	char id[ID_BYTES] = "";
	struct person *person;
	struct job *job;
	enum err err = ERR_OK;

	*out = (struct visit_effects){.verdict = VISIT_TAKEN};
	HASH_FIND_STR(core->people, user, person);
	from = from.ms > now.ms ? from : now; /* what is over stays as it is */
	while (!err && person && (job = next_missing(person, id, from, until))) {
		text_cut(id, sizeof id, job->now.id);
		err = job_take_back(core, job, "已请假 / is away then", user, now);
	}
	visit_give(core, out);
	return err;
}

enum err job_tick(struct visit_core *core, struct job *job, struct wall now)
{
	const struct visit_rules *rules = core->config.rules;
	bool timed = job->now.kind != ERRAND_TASK && job->now.state <= ERRAND_AGREED;

	if (!job_live(job)) {
		if (wall_plus(job->now.at, rules->keep_ms).ms > now.ms)
			return job_arm(core, job);
		job_forget(core, job);
		return ERR_OK;
	}
	if (timed && wall_plus(job->now.until, rules->grace_ms).ms <= now.ms)
		return missed(core, job, now);
	if (job_left(job))
		return left(core, job, now);
	if (job->now.state == ERRAND_OFFERED && job->answer_due.ms <= now.ms)
		return unanswered(core, job, now);
	if (job->climb_due.ms <= now.ms)
		return job_climb(core, job, job->now.kind == ERRAND_TASK ? "已逾期 / overdue" : NULL, now);
	if (job->now.state == ERRAND_OPEN && job->again_due.ms <= now.ms) {
		job->again_due = WALL_NEVER;
		return job_offer(core, job, now);
	}
	return job_arm(core, job);
}
