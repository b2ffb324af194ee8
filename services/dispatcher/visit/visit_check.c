/* SPDX-License-Identifier: MIT
 *
 * What was found at a visit, and the tasks that follow from it.
 */
#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "base/text.h"
#include "visit_internal.h"

static const struct check_item *item_of(const struct checklist *list, const char *name)
{
	for (unsigned i = 0; i < list->item_count; i++)
		if (!strcmp(list->items[i].item, name))
			return &list->items[i];
	return NULL;
}

static const struct check_word *word_of(const struct check_item *item, const char *name)
{
	for (unsigned i = 0; i < item->word_count; i++)
		if (!strcmp(item->words[i].word, name))
			return &item->words[i];
	return NULL;
}

static const struct errand_answer *answer_of(const struct errand_answer *answers, unsigned count, const char *item)
{
	for (unsigned i = 0; i < count; i++)
		if (!strcmp(answers[i].item, item))
			return &answers[i];
	return NULL;
}

static const char *check_answer(const struct checklist *list, const struct errand_answer *answer, char *fault)
{
	const struct check_item *item = item_of(list, answer->item);
	const struct check_word *word = item && *answer->word ? word_of(item, answer->word) : NULL;

	if (!item)
		snprintf(fault, VISIT_FAULT_BYTES, "%.31s: checklist %.31s version %u has no such item", answer->item,
			list->name, list->version);
	else if (*answer->word && !word)
		snprintf(fault, VISIT_FAULT_BYTES, "%.31s: has no word \"%.31s\" in checklist %.31s version %u",
			answer->item, answer->word, list->name, list->version);
	else if (answer->answer == ERRAND_FINDING && !(word && word->finding))
		snprintf(fault, VISIT_FAULT_BYTES, "%.31s: a finding needs one of the item's words that are findings",
			answer->item);
	else if (answer->answer != ERRAND_FINDING && word && (word->finding || answer->answer == ERRAND_NOT_ASKED))
		snprintf(fault, VISIT_FAULT_BYTES, "%.31s: \"%.31s\" does not go with %s", answer->item, answer->word,
			errand_verdict_name(answer->answer));
	else
		return NULL;
	return fault;
}

const char *check_answers(
	const struct visit_core *core, const struct job *job, const struct visit_reply *reply, char *fault)
{
	const struct checklist *list = visit_rules_list(core->config.rules, job->now.what, job->now.version);

	if (!reply->answer_count)
		return NULL;
	if (job->now.kind != ERRAND_VISIT || !job->now.version) {
		snprintf(fault, VISIT_FAULT_BYTES, "answers: this errand has no checklist");
		return fault;
	}
	if (!list) {
		snprintf(fault, VISIT_FAULT_BYTES,
			"answers: checklist %.31s version %u is no longer in the file; put it back until its visits "
			"are over",
			job->now.what, job->now.version);
		return fault;
	}
	for (unsigned i = 0; i < reply->answer_count; i++) {
		if (answer_of(reply->answers, i, reply->answers[i].item)) {
			snprintf(fault, VISIT_FAULT_BYTES, "%.31s: is answered twice", reply->answers[i].item);
			return fault;
		}
		if (check_answer(list, &reply->answers[i], fault))
			return fault;
	}
	return NULL;
}

/* has_task: a finding that is a task already makes no second one. */
static bool has_task(const struct home *home, const char *what)
{
	for (const struct job *job = home->jobs; job; job = job->next_of_home)
		if (job->now.kind == ERRAND_TASK && job_live(job) && !strcmp(job->now.what, what))
			return true;
	return false;
}

/* find_owner gives who has a task: a user or a provider; who is not known is replaced by the captain, then the desk. */
static void find_owner(
	const struct visit_core *core, const struct job *visit, const struct check_word *word, struct errand *task)
{
	const char *captain = job_captain(core, visit), *desk = job_desk(core, visit), *user = captain;
	struct service *service;

	HASH_FIND_STR(core->services, word->service, service);
	if (word->owner == CHECK_PROVIDER && service && service->known && service->offering.provider_count)
		text_cut(task->provider, sizeof task->provider, service->offering.providers[0]);
	else if (word->owner == CHECK_VISITOR)
		user = visit->now.assignee;
	else if (word->owner == CHECK_DESK)
		user = desk;
	if (!*user)
		user = *captain ? captain : desk;
	text_cut(task->assignee, sizeof task->assignee, user);
}

static enum err open_task(struct visit_core *core, struct job *visit, const struct check_word *word, struct wall now)
{
	struct errand task = {.kind = ERRAND_TASK, .from = now};
	int32_t due = core_day(core, now) + word->days;
	struct errand owner = {0};
	struct job *job;
	enum err err;

	find_owner(core, visit, word, &owner);
	task.until = core_at(core, due, 24 * 60);
	text_cut(task.what, sizeof task.what, word->word);
	text_cut(task.origin, sizeof task.origin, visit->now.id);
	snprintf(task.reason_zh, sizeof task.reason_zh, "%s", word->zh);
	snprintf(task.reason_en, sizeof task.reason_en, "%s", word->en);
	err = job_open(core, visit->home, &task, visit->now.actor, due, now, &job);
	if (err)
		return err;
	text_cut(job->now.provider, sizeof job->now.provider, owner.provider);
	job_assign(core, job, owner.assignee);
	job->climb_due = job->now.until;
	return job_event(core, job, ERRAND_EVENT_AGREED, "", NULL,
		(const char *const[]){owner.assignee, owner.provider, NULL}, now);
}

static void note_day(struct visit_core *core, struct home *home, const char *name, int32_t day)
{
	unsigned i = 0;

	while (i < home->check_count && strcmp(home->checks[i].name, name) != 0)
		i++;
	if (i == CHECKLISTS_MAX)
		i--;
	if (i == home->check_count)
		home->check_count++;
	text_cut(home->checks[i].name, sizeof home->checks[i].name, name);
	home->checks[i].day = day;
	home_dirty(core, home);
}

enum err check_take(struct visit_core *core, struct job *job, const struct visit_reply *reply, struct wall now)
{
	const struct checklist *list = visit_rules_list(core->config.rules, job->now.what, job->now.version);
	enum err err = ERR_OK;

	assert(list && reply->answer_count);
	job->now.answer_count = 0;
	for (unsigned i = 0; i < list->item_count; i++) {
		const struct errand_answer *given = answer_of(reply->answers, reply->answer_count, list->items[i].item);
		struct errand_answer *answer = &job->now.answers[job->now.answer_count++];
		*answer = given ? *given : (struct errand_answer){.answer = ERRAND_NOT_ASKED};
		text_cut(answer->item, sizeof answer->item, list->items[i].item);
	}
	note_day(core, job->home, list->name, core_day(core, now));
	err = job_event(core, job, ERRAND_EVENT_ANSWERED, reply->user, *reply->note ? reply->note : NULL, NULL, now);
	for (unsigned i = 0; i < job->now.answer_count && !err; i++) {
		const struct errand_answer *answer = &job->now.answers[i];
		const struct check_word *word =
			answer->answer == ERRAND_FINDING ? word_of(&list->items[i], answer->word) : NULL;
		if (word && !has_task(job->home, word->word))
			err = open_task(core, job, word, now);
	}
	return err;
}
