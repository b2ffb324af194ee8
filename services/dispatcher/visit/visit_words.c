/* SPDX-License-Identifier: MIT
 *
 * The words of the visit core, and its counters.
 */
#include <string.h>

#include "visit_internal.h"

static const char *const actions[VISIT_ACTION_COUNT] = {
	"accept", "decline", "start", "answer", "done", "not_met", "confirm", "refuse", "move", "note", "cancel"};

const char *visit_action_name(enum visit_action action)
{
	assert((unsigned)action < VISIT_ACTION_COUNT);
	return actions[action];
}

enum err visit_action_find(const char *name, enum visit_action *out)
{
	for (int i = 0; i < VISIT_ACTION_COUNT; i++)
		if (!strcmp(actions[i], name)) {
			*out = (enum visit_action)i;
			return ERR_OK;
		}
	return ERR_NOT_FOUND;
}

const char *visit_verdict_name(enum visit_verdict verdict)
{
	static const char *const names[VISIT_VERDICT_COUNT] = {
		"taken", "repeated", "late", "foreign", "unknown", "misplaced", "bad"};

	assert((unsigned)verdict < VISIT_VERDICT_COUNT);
	return names[verdict];
}

const char *visit_bar_name(enum visit_bar bar)
{
	static const char *const names[VISIT_BAR_COUNT] = {
		"free", "no_offer", "unverified", "area", "unwanted", "sex", "language", "declined", "full", "absent"};

	assert((unsigned)bar < VISIT_BAR_COUNT);
	return names[bar];
}

const char *visit_tally_name(enum visit_tally tally)
{
	static const char *const names[VISIT_TALLY_COUNT] = {"errands_opened", "errands_offered", "errands_declined",
		"errands_unanswered", "errands_done", "errands_missed", "errands_tasks", "errands_climbed",
		"visit_plans_told"};

	assert((unsigned)tally < VISIT_TALLY_COUNT);
	return names[tally];
}

int64_t visit_tally(const struct visit_core *core, enum visit_tally tally)
{
	return core->tallies[tally];
}

int64_t visit_replies(const struct visit_core *core, enum visit_verdict verdict)
{
	return core->verdicts[verdict];
}

uint32_t visit_live_count(const struct visit_core *core)
{
	return core->live;
}
