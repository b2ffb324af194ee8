/* SPDX-License-Identifier: MIT
 *
 * What people say about an errand: one function an action, in a table. Each judges whether it fits and does it.
 */
#include <string.h>

#include "base/text.h"
#include "visit_internal.h"

/* says: one reply and what is known of its sender. */
struct says {
	const struct visit_reply *reply;
	struct wall now;
	bool holder; /* has it, or is asked for it */
	bool leader; /* captain or desk */
	struct visit_effects *out;
};

static enum err verdict(const struct says *says, enum visit_verdict verdict)
{
	says->out->verdict = verdict;
	return ERR_OK;
}

static enum err bad(const struct says *says, const char *fault)
{
	text_cut(says->out->fault, sizeof says->out->fault, fault);
	return verdict(says, VISIT_BAD);
}

/* unfit: it is over, or makes no sense now. */
static enum err unfit(const struct says *says, const struct job *job)
{
	return verdict(
		says, visit_over(job->now.state) || job->now.state == ERRAND_DONE ? VISIT_LATE : VISIT_MISPLACED);
}

static const char *note_of(const struct says *says)
{
	return *says->reply->note ? says->reply->note : NULL;
}

static bool has_times(const struct visit_reply *reply)
{
	return wall_is_set(reply->from) && wall_is_set(reply->until);
}

/* times_fault: both or none, in order, not over yet, and no slip of the pen. */
static const char *times_fault(const struct visit_reply *reply, struct wall now)
{
	if (wall_is_set(reply->from) != wall_is_set(reply->until))
		return "from, until: go together";
	if (has_times(reply) && (reply->from.ms >= reply->until.ms || reply->until.ms <= now.ms))
		return "until: must be after from, and to come";
	if (has_times(reply) && reply->from.ms < now.ms - MS_PER_DAY)
		return "from: is over for more than a day";
	if (has_times(reply) && reply->until.ms > now.ms + VISIT_AHEAD_MS)
		return "until: is more than 400 days ahead";
	return NULL;
}

/* saw notes when the elder was seen: not before the errand, not in the future, whatever the sender's clock says. */
static void saw(struct job *job, const struct says *says, bool by_itself)
{
	struct wall seen = wall_is_set(says->reply->seen) ? says->reply->seen : says->reply->at;

	if (!wall_is_set(says->reply->seen) && !by_itself)
		return;
	seen = seen.ms > says->now.ms ? says->now : seen;
	seen = seen.ms < job->now.opened.ms ? job->now.opened : seen;
	if (!wall_is_set(job->now.seen) || seen.ms > job->now.seen.ms)
		job->now.seen = seen;
}

/* ---- accept, decline ---- */

static enum err agree(struct visit_core *core, struct job *job, const struct says *says, const char *user)
{
	char before[ID_BYTES];
	const char *tell[] = {before, user, NULL};
	bool moved = job->now.state == ERRAND_AGREED;

	text_cut(before, sizeof before, *job->now.assignee ? job->now.assignee : job->now.provider);
	job_assign(core, job, user);
	if (*user && job->now.kind == ERRAND_SERVICE)
		*job->now.provider = '\0'; /* it was theirs to do */
	if (has_times(says->reply)) {
		job->now.from = says->reply->from;
		job->now.until = says->reply->until;
	}
	return job_event(core, job, moved ? ERRAND_EVENT_MOVED : ERRAND_EVENT_AGREED, says->reply->user, note_of(says),
		tell, says->now);
}

/* appointed: it is theirs already, at no other time. */
static bool appointed(const struct job *job, const struct says *says)
{
	return job->now.state == ERRAND_AGREED && (!*says->reply->to || !strcmp(says->reply->to, job->now.assignee)) &&
	       (!has_times(says->reply) ||
		       (says->reply->from.ms == job->now.from.ms && says->reply->until.ms == job->now.until.ms));
}

/* appoint: the captain or the desk says who does it. */
static enum err appoint(struct visit_core *core, struct job *job, const struct says *says)
{
	const char *to = says->reply->to;
	struct person *person = NULL;

	if (job->now.state > ERRAND_AGREED)
		return unfit(says, job);
	if (appointed(job, says))
		return verdict(says, VISIT_REPEATED);
	if (*to)
		HASH_FIND_STR(core->people, to, person);
	if (*to && !(person && person->team) && strcmp(to, job_captain(core, job)) != 0 &&
		strcmp(to, job_desk(core, job)) != 0)
		return bad(says, "to: is no volunteer of the directory");
	if (*to && job->now.kind != ERRAND_TASK && home_refuses(job->home, to))
		return bad(says, "to: is not wanted by the elder");
	if (!*to && job->now.state != ERRAND_OFFERED)
		return bad(says, "to: who does it is missing");
	if (job->now.kind != ERRAND_TASK && !has_times(says->reply) && job->now.state == ERRAND_OPEN)
		return bad(says, "from, until: when it is agreed for is missing");
	return agree(core, job, says, *to ? to : job->now.assignee);
}

static enum err accept(struct visit_core *core, struct job *job, const struct says *says)
{
	const char *fault = times_fault(says->reply, says->now);

	if (fault)
		return bad(says, fault);
	if (says->leader && (*says->reply->to || !says->holder))
		return appoint(core, job, says);
	if (!says->holder)
		return verdict(says, job_was_asked(job, says->reply->user) ? VISIT_LATE : VISIT_FOREIGN);
	if (*says->reply->to && strcmp(says->reply->to, says->reply->user) != 0)
		return bad(says, "to: somebody else is sent by the captain or the desk");
	if (job->now.state == ERRAND_AGREED || job->now.state == ERRAND_UNDER_WAY)
		return verdict(says, VISIT_REPEATED);
	if (job->now.state != ERRAND_OFFERED)
		return unfit(says, job);
	if (has_times(says->reply) &&
		(says->reply->from.ms < job->want_from.ms || says->reply->until.ms > job->want_until.ms))
		return bad(says, "from, until: are outside of the time in which it is wanted");
	return agree(core, job, says, job->now.assignee);
}

/* pass_on gives a task that was declined to the captain, or to the desk. */
static enum err pass_on(struct visit_core *core, struct job *job, const char *from, struct wall now)
{
	const char *captain = job_captain(core, job),
		   *user = *captain && strcmp(captain, from) != 0 ? captain : job_desk(core, job);
	const char *tell[] = {user, NULL};

	job_assign(core, job, user);
	return job_event(core, job, ERRAND_EVENT_AGREED, "", NULL, tell, now);
}

static enum err decline(struct visit_core *core, struct job *job, const struct says *says)
{
	const char *captain = job_captain(core, job);
	char before[ID_BYTES];
	const char *tell[] = {job->now.state == ERRAND_AGREED ? captain : "", says->leader ? before : "", NULL};
	enum err err;

	text_cut(before, sizeof before, *job->now.assignee ? job->now.assignee : job->now.provider);
	if (!says->holder && !says->leader)
		return verdict(says, job_was_asked(job, says->reply->user) ? VISIT_REPEATED : VISIT_FOREIGN);
	if (!job_legal(job, ERRAND_EVENT_DECLINED))
		return job_was_asked(job, says->reply->user) ? verdict(says, VISIT_REPEATED) : unfit(says, job);
	if (job->now.kind == ERRAND_TASK && !strcmp(before, job_desk(core, job)))
		return bad(says,
			"a task of the desk cannot be passed on; cancel it, or give it to somebody (accept with to)");
	job_note_asked(job, before);
	err = job_event(core, job, ERRAND_EVENT_DECLINED, says->reply->user, note_of(says), tell, says->now);
	if (err)
		return err;
	return job->now.kind == ERRAND_TASK ? pass_on(core, job, before, says->now) : job_offer(core, job, says->now);
}

/* ---- how it goes ---- */

static enum err start(struct visit_core *core, struct job *job, const struct says *says)
{
	struct wall end = wall_plus(job->now.until, core->config.rules->grace_ms);

	if (job->now.state == ERRAND_UNDER_WAY)
		return verdict(says, VISIT_REPEATED);
	if (!job_legal(job, ERRAND_EVENT_STARTED))
		return unfit(says, job);
	saw(job, says, false);
	if (job->now.kind != ERRAND_TASK) { /* somebody who went and never said how it ended */
		job->now.climb = 0;         /* whoever knew that nobody had it does not know that */
		job->climb_due = end.ms > says->now.ms ? end : wall_plus(says->now, core->config.rules->grace_ms);
	}
	return job_event(core, job, ERRAND_EVENT_STARTED, says->reply->user, note_of(says), NULL, says->now);
}

static enum err answer(struct visit_core *core, struct job *job, const struct says *says)
{
	if (!says->reply->answer_count)
		return bad(says, "answers: are missing");
	if (!job_legal(job, ERRAND_EVENT_ANSWERED))
		return unfit(says, job);
	saw(job, says, job->now.kind == ERRAND_VISIT);
	return check_take(core, job, says->reply, says->now);
}

/* late_done: what counted as missed was done after all; a visit in its place that nobody has agreed to goes. */
static enum err late_done(struct visit_core *core, struct job *job, struct wall now)
{
	struct home *home = job->home;
	struct job *instead = home->visit;

	if (job->now.kind != ERRAND_VISIT)
		return ERR_OK;
	home->missed = 0;
	home_dirty(core, home);
	if (instead && instead->now.state <= ERRAND_OFFERED) {
		const char *tell[] = {instead->now.assignee, NULL};
		return job_event(
			core, instead, ERRAND_EVENT_CANCELLED, "", "前一次已完成 / the one before was done", tell, now);
	}
	return home_arm(core, home);
}

static enum err finish(struct visit_core *core, struct job *job, const struct says *says)
{
	bool was_missed = job->now.state == ERRAND_MISSED;
	enum err err = ERR_OK;

	if (job->now.state == ERRAND_DONE || job->now.state == ERRAND_CONFIRMED)
		return verdict(says, VISIT_REPEATED);
	if (!job_legal(job, ERRAND_EVENT_DONE))
		return unfit(says, job);
	saw(job, says, job->now.kind == ERRAND_VISIT);
	if (says->reply->answer_count && !was_missed)
		err = check_take(core, job, says->reply, says->now);
	if (!err && job->now.kind == ERRAND_VISIT)
		home_met(core, job, true, says->now);
	if (!err)
		err = job_event(core, job, ERRAND_EVENT_DONE, says->reply->user, note_of(says), NULL, says->now);
	if (!err && says->reply->answer_count && was_missed)
		err = check_take(core, job, says->reply, says->now);
	return err || !was_missed ? err : late_done(core, job, says->now);
}

static enum err not_met(struct visit_core *core, struct job *job, const struct says *says)
{
	const char *tell[] = {job_desk(core, job), job_captain(core, job), NULL};
	const char *note = *says->reply->note ? says->reply->note : "无人应门 / nobody opened";

	if (job->now.state != ERRAND_AGREED && job->now.state != ERRAND_UNDER_WAY)
		return unfit(says, job);
	if (!job_legal(job, ERRAND_EVENT_MISSED))
		return verdict(says, VISIT_MISPLACED);
	job->now.climb = ERRAND_CLIMB_MAX;
	return job_event(core, job, ERRAND_EVENT_MISSED, says->reply->user, note, tell, says->now);
}

static enum err confirm(struct visit_core *core, struct job *job, const struct says *says)
{
	if (!says->leader)
		return verdict(says, VISIT_FOREIGN);
	if (job->now.state == ERRAND_CONFIRMED)
		return verdict(says, VISIT_REPEATED);
	if (!job_legal(job, ERRAND_EVENT_CONFIRMED))
		return unfit(says, job);
	return job_event(core, job, ERRAND_EVENT_CONFIRMED, says->reply->user, note_of(says), NULL, says->now);
}

static enum err refuse(struct visit_core *core, struct job *job, const struct says *says)
{
	const char *tell[] = {job->now.assignee, job->now.provider, job_captain(core, job), NULL};

	if (!*says->reply->note)
		return bad(says, "note: the elder's reason is missing");
	if (job->now.state == ERRAND_REFUSED)
		return verdict(says, VISIT_REPEATED);
	if (!job_legal(job, ERRAND_EVENT_REFUSED))
		return unfit(says, job);
	if (job->now.kind == ERRAND_VISIT && job->now.state >= ERRAND_AGREED)
		home_met(core, job, false, says->now);
	return job_event(core, job, ERRAND_EVENT_REFUSED, says->reply->user, says->reply->note, tell, says->now);
}

static enum err move(struct visit_core *core, struct job *job, const struct says *says)
{
	const char *fault = has_times(says->reply) ? times_fault(says->reply, says->now) : "from, until: are missing";
	const char *tell[] = {job->now.assignee, job->now.provider, says->leader ? "" : job_captain(core, job), NULL};
	bool task = job->now.kind == ERRAND_TASK;
	enum err err;

	if (fault)
		return bad(says, fault);
	if (!job_legal(job, ERRAND_EVENT_MOVED))
		return unfit(says, job);
	if (!says->leader && (task || job->now.state != ERRAND_AGREED))
		return verdict(says, VISIT_FOREIGN);
	if (!says->leader && (says->reply->from.ms < job->want_from.ms || says->reply->until.ms > job->want_until.ms))
		return bad(says, "from, until: are outside of the time in which it is wanted");
	if (says->leader) {
		job->want_from = says->reply->from;
		job->want_until = says->reply->until;
		job->due_day = core_day(core, says->reply->from);
	}
	job->now.from = task ? job->now.from : says->reply->from;
	job->now.until = says->reply->until;
	if (task) {
		job->now.climb = 0;
		job->climb_due = job->now.until;
	}
	err = job_event(core, job, ERRAND_EVENT_MOVED, says->reply->user, note_of(says), tell, says->now);
	return err || task || job->now.state != ERRAND_OPEN ? err : job_offer(core, job, says->now);
}

static enum err note(struct visit_core *core, struct job *job, const struct says *says)
{
	if (!*says->reply->note)
		return bad(says, "note: is missing");
	return job_event(core, job, ERRAND_EVENT_NOTED, says->reply->user, says->reply->note, NULL, says->now);
}

static enum err cancel(struct visit_core *core, struct job *job, const struct says *says)
{
	const char *tell[] = {job->now.assignee, job->now.provider, NULL};

	if (!says->leader)
		return verdict(says, VISIT_FOREIGN);
	if (job->now.state == ERRAND_CANCELLED)
		return verdict(says, VISIT_REPEATED);
	if (!job_legal(job, ERRAND_EVENT_CANCELLED))
		return unfit(says, job);
	return job_event(core, job, ERRAND_EVENT_CANCELLED, says->reply->user, note_of(says), tell, says->now);
}

static enum err take(struct visit_core *core, struct job *job, const struct says *says)
{
	static enum err (*const takes[VISIT_ACTION_COUNT])(struct visit_core *, struct job *, const struct says *) = {
		accept, decline, start, answer, finish, not_met, confirm, refuse, move, note, cancel};
	char fault[VISIT_FAULT_BYTES];

	if (says->reply->action != VISIT_ACCEPT && says->reply->action != VISIT_DECLINE && !says->holder &&
		!says->leader)
		return verdict(says, VISIT_FOREIGN);
	if (check_answers(core, job, says->reply, fault))
		return bad(says, fault);
	return takes[says->reply->action](core, job, says);
}

static bool holds(const struct job *job, const char *user)
{
	return !strcmp(user, job->now.assignee) || !strcmp(user, job->now.provider);
}

static bool leads(const struct visit_core *core, const struct job *job, const char *user)
{
	return !strcmp(user, job_captain(core, job)) || !strcmp(user, job_desk(core, job));
}

bool visit_is_of(const struct visit_core *core, const char *errand, const char *user)
{
	const struct job *job = job_find(core, errand);

	return job && (holds(job, user) || leads(core, job, user));
}

enum err visit_say(
	struct visit_core *core, const struct visit_reply *reply, bool desk, struct wall now, struct visit_effects *out)
{
	struct job *job = job_find(core, reply->errand);
	struct says says = {.reply = reply, .now = now, .out = out};
	enum err err = ERR_OK;

	assert((unsigned)reply->action < VISIT_ACTION_COUNT);
	*out = (struct visit_effects){.verdict = VISIT_TAKEN};
	if (!job) {
		out->verdict = VISIT_UNKNOWN;
	} else {
		text_cut(out->id, sizeof out->id, job->now.id);
		says.holder = holds(job, reply->user);
		says.leader = desk || leads(core, job, reply->user);
		err = take(core, job, &says);
	}
	core->verdicts[out->verdict]++;
	visit_give(core, out);
	return err;
}
