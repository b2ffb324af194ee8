/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "visit_internal.h"

static void make_id(const struct home *home, char out[ID_BYTES])
{
	char number[16];
	uint64_t hash = text_hash64(home->id, strlen(home->id) + 1, 0);

	snprintf(number, sizeof number, "%" PRIu32, home->made);
	snprintf(out, ID_BYTES, "e-%016" PRIx64, text_hash64(number, strlen(number), hash));
}

enum err job_open(struct visit_core *core, struct home *home, struct errand *first, const char *actor, int32_t due_day,
	struct wall now, struct job **out)
{
	struct job *job;
	enum err err;

	home->made++;
	home_dirty(core, home);
	make_id(home, first->id);
	first->revision = 1;
	first->state = ERRAND_OPEN;
	first->event = ERRAND_EVENT_OPENED;
	first->opened = first->at = now;
	first->seen = WALL_NONE;
	text_cut(first->household, sizeof first->household, home->id);
	text_cut(first->community, sizeof first->community, home->community);
	text_cut(first->team, sizeof first->team, home->team);
	text_cut(first->actor, sizeof first->actor, actor);
	err = job_make(core, home, first, &job);
	if (err)
		return err;
	job->due_day = due_day;
	core->tallies[VISIT_OPENED]++;
	if (first->kind == ERRAND_TASK)
		core->tallies[VISIT_TASKS]++;
	job_dirty(core, job);
	*out = job;
	err = job_arm(core, job);
	return err ? err : job_push(core, job, NULL, NULL);
}

/* ---- what happens to one ---- */

bool job_live(const struct job *job)
{
	return job->now.state < ERRAND_DONE;
}

bool home_refuses(const struct home *home, const char *user)
{
	for (unsigned i = 0; home->cared && i < home->care.unwanted_count; i++)
		if (!strcmp(home->care.unwanted[i], user))
			return true;
	return false;
}

bool job_left(const struct job *job)
{
	return job->holder && (job->holder->gone || home_refuses(job->home, job->holder->id)) &&
	       job->now.kind != ERRAND_TASK && (job->now.state == ERRAND_OFFERED || job->now.state == ERRAND_AGREED);
}

bool job_legal(const struct job *job, enum errand_event event)
{
	if (job->now.kind == ERRAND_TASK && (event == ERRAND_EVENT_OFFERED || event == ERRAND_EVENT_MISSED))
		return false; /* a task is given, and stays until it is done */
	return visit_next_state(job->now.state, event) != ERRAND_STATE_COUNT;
}

static struct wall earliest(struct wall a, struct wall b)
{
	return a.ms < b.ms ? a : b;
}

static struct wall job_due(const struct visit_core *core, const struct job *job)
{
	const struct visit_rules *rules = core->config.rules;
	struct wall end = job->now.kind == ERRAND_TASK ? WALL_NEVER : wall_plus(job->now.until, rules->grace_ms);

	if (job_left(job))
		return (struct wall){0};
	switch (job->now.state) {
	case ERRAND_OPEN:
		return earliest(earliest(job->again_due, job->climb_due), end);
	case ERRAND_OFFERED:
		return earliest(earliest(job->answer_due, job->climb_due), end);
	case ERRAND_AGREED:
		return earliest(job->climb_due, end);
	case ERRAND_UNDER_WAY:
		return job->climb_due;
	case ERRAND_DONE:
	case ERRAND_CONFIRMED:
	case ERRAND_REFUSED:
	case ERRAND_MISSED:
	case ERRAND_CANCELLED:
	case ERRAND_STATE_COUNT:
		break;
	}
	return wall_plus(job->now.at, rules->keep_ms);
}

enum err job_arm(struct visit_core *core, struct job *job)
{
	enum err err = timerq_set(&core->timers, job->slot * 2 + 1, job_due(core, job));

	return err || !job->home->gone ? err : home_arm(core, job->home); /* what comes after it left goes too */
}

static void count_event(struct visit_core *core, enum errand_event event)
{
	if (event == ERRAND_EVENT_OFFERED)
		core->tallies[VISIT_OFFERS]++;
	else if (event == ERRAND_EVENT_DECLINED)
		core->tallies[VISIT_DECLINES]++;
	else if (event == ERRAND_EVENT_DONE)
		core->tallies[VISIT_DONES]++;
	else if (event == ERRAND_EVENT_MISSED)
		core->tallies[VISIT_MISSES]++;
	else if (event == ERRAND_EVENT_CLIMBED)
		core->tallies[VISIT_CLIMBS]++;
}

/* copy_told keeps the names of those to be told, who may be the ones that the event takes out of the errand. */
static void copy_told(
	const char *const *tell, char told[VISIT_TELL_MAX][ID_BYTES], const char *list[VISIT_TELL_MAX + 1])
{
	unsigned count = 0;

	for (; tell && *tell && count < VISIT_TELL_MAX; tell++) {
		text_cut(told[count], ID_BYTES, *tell);
		list[count] = told[count];
		count++;
	}
	list[count] = NULL;
}

void job_note_offered(struct job *job)
{
	bool offered = job->now.state == ERRAND_OFFERED;

	text_cut(job->offered, sizeof job->offered,
		!offered             ? ""
		: *job->now.assignee ? job->now.assignee
				     : job->now.provider);
}

/* follow_question keeps who is asked, and gives the question that event opens or closes. */
static struct question follow_question(struct job *job, enum errand_event event, struct wall answer_due)
{
	struct question question = {.by = answer_due};

	if (event != ERRAND_EVENT_OFFERED && job->now.state == ERRAND_OFFERED)
		return question;
	text_cut(question.asked, sizeof question.asked, job->offered);
	job_note_offered(job);
	if (event == ERRAND_EVENT_OFFERED)
		text_cut(question.asked, sizeof question.asked, job->offered);
	return question;
}

enum err job_event(struct visit_core *core, struct job *job, enum errand_event event, const char *actor,
	const char *note, const char *const *tell, struct wall now)
{
	char told[VISIT_TELL_MAX][ID_BYTES];
	const char *list[VISIT_TELL_MAX + 1];
	struct wall answer_due = job->answer_due;
	struct question question;
	bool was_live = job_live(job);
	enum err err;

	assert(job_legal(job, event));
	count_event(core, event);
	job->now.state = visit_next_state(job->now.state, event);
	job->now.event = event;
	job->now.revision++;
	job->now.at = now;
	text_cut(job->now.actor, sizeof job->now.actor, actor);
	if (note)
		text_cut(job->now.note, sizeof job->now.note, note);
	if (job->now.state != ERRAND_OFFERED)
		job->answer_due = WALL_NEVER;
	if (job->now.state != ERRAND_OPEN)
		job->again_due = WALL_NEVER;
	copy_told(tell, told, list);
	if (job->now.state == ERRAND_OPEN) {
		job_assign(core, job, "");
		*job->now.provider = '\0';
		job->now.from = job->want_from;
		job->now.until = job->want_until;
	}
	question = follow_question(job, event, answer_due);
	job_dirty(core, job);
	err = job_push(core, job, list, &question);
	if (was_live && !job_live(job)) {
		core->live--;
		job->climb_due = WALL_NEVER;
		if (!err && job->home->visit == job)
			err = home_ended(core, job, now);
	}
	return err ? err : job_arm(core, job);
}

void job_note_asked(struct job *job, const char *user)
{
	if (!*user || job_was_asked(job, user) || job->asked_count == ASKED_MAX)
		return;
	text_cut(job->asked[job->asked_count++], ID_BYTES, user);
}

bool job_was_asked(const struct job *job, const char *user)
{
	for (unsigned i = 0; i < job->asked_count; i++)
		if (!strcmp(job->asked[i], user))
			return true;
	return false;
}

const char *job_captain(const struct visit_core *core, const struct job *job)
{
	struct team *team;

	HASH_FIND_STR(core->teams, job->now.team, team);
	return team ? team->captain : "";
}

const char *job_desk(const struct visit_core *core, const struct job *job)
{
	struct team *team;

	HASH_FIND_STR(core->teams, job->now.team, team);
	return team && *team->desk ? team->desk : core->config.desk;
}

/* ---- effects ---- */

enum err job_push(
	struct visit_core *core, const struct job *job, const char *const *tell, const struct question *question)
{
	struct visit_effect *effect;

	if (core->queue_count == core->queue_capacity) {
		unsigned capacity = core->queue_capacity ? core->queue_capacity * 2 : VISIT_EFFECTS_MAX;
		struct visit_effect *grown = realloc(core->queue, capacity * sizeof *grown);
		if (!grown)
			return ERR_NOMEM;
		core->queue = grown;
		core->queue_capacity = capacity;
	}
	effect = &core->queue[core->queue_count++];
	*effect = (struct visit_effect){.errand = job->now, .answer_by = WALL_NONE};
	if (question && *question->asked) {
		text_cut(effect->asked, sizeof effect->asked, question->asked);
		effect->answer_by = question->by;
	}
	for (; tell && *tell; tell++) {
		bool told = !**tell;
		for (unsigned i = 0; i < effect->tell_count; i++)
			told = told || !strcmp(effect->tell[i], *tell);
		if (!told && effect->tell_count < VISIT_TELL_MAX)
			text_cut(effect->tell[effect->tell_count++], ID_BYTES, *tell);
	}
	return ERR_OK;
}

void visit_give(struct visit_core *core, struct visit_effects *out)
{
	while (out->count < VISIT_EFFECTS_MAX && core->queue_head < core->queue_count)
		out->items[out->count++] = core->queue[core->queue_head++];
	if (core->queue_head == core->queue_count)
		core->queue_head = core->queue_count = 0;
}
