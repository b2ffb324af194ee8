/* SPDX-License-Identifier: MIT
 *
 * Learning a home anew from its history, in a core of its own.
 */
#include "core_internal.h"

#include <string.h>

#include "base/text.h"

const char *detector_home(const struct detector_core *core, uint32_t *place)
{
	while (*place < core->slot_count) {
		const struct home *home = core->slots[(*place)++];
		if (home && home->present)
			return home->id;
	}
	return NULL;
}

bool detector_has_habit(const struct detector_core *core, const char *household)
{
	const struct home *home = detect_home_find(core, household);

	return home && home->habit_count;
}

enum err detector_learner(const struct detector_core *core, const char *household, struct detector_core **out_learner)
{
	const struct home *from = detect_home_find(core, household);
	struct detector_config config = core->config;
	struct detector_core *learner;
	struct home *home;

	if (!from || !from->present || !from->agreed)
		return ERR_NOT_FOUND;
	config.homes_max = 1;
	if (detector_create(&config, &learner, NULL))
		return ERR_NOMEM;
	if (detect_home_get(learner, household, &home)) {
		detector_destroy(learner);
		return ERR_NOMEM;
	}
	home->present = home->agreed = true;
	home->persons = from->persons;
	home->quantities = from->quantities;
	home->from = from->from;
	if (from->community && detect_terms_join(learner, home, from->community->id)) {
		detector_destroy(learner);
		return ERR_NOMEM;
	}
	*out_learner = learner;
	return ERR_OK;
}

/* learn takes over what a habit has learnt; the gap that runs now, and what people found, stay as they are. */
static void learn(struct habit *own, const struct habit *learnt)
{
	static unsigned char bytes[HABIT_BYTES_MAX]; /* the cores of a process have one thread */
	struct habit before = *own;
	struct blob out = blob_write(bytes, sizeof bytes), in;

	habit_put(&out, learnt);
	in = blob_read(bytes, out.at);
	habit_get(&in, own);
	own->lean = before.lean;
	memcpy(own->tallies, before.tallies, sizeof own->tallies);
	memcpy(own->outcomes, before.outcomes, sizeof own->outcomes);
}

enum err detector_adopt(struct detector_core *core, const struct detector_core *learner, const char *household)
{
	struct home *home = detect_home_find(core, household);
	const struct home *from = detect_home_find(learner, household);
	int64_t next;
	enum err err = ERR_OK;

	if (!home || !from)
		return ERR_NOT_FOUND;
	for (unsigned i = 0; i < from->habit_count; i++) {
		struct home_habit *own = detect_habit_of(home, from->habits[i]->set);
		err = own ? ERR_OK : detect_habit_add(core, home, from->habits[i]->set, &own);
		if (err == ERR_NOMEM)
			return err;
		if (!err)
			learn(&own->habit, &from->habits[i]->habit);
	}
	err = ERR_OK; /* a set too many is left out */
	detect_habits_settle(core, home);
	if (wall_is_set(home->since) && wall_is_set(from->since) && from->since.ms < home->since.ms) {
		home->since = from->since; /* it is known for longer than it was heard here */
		err = detect_mode_settle(core, home, core->now, &next);
	}
	if (!err)
		err = detect_mark(core, home, true);
	return err ? err : detect_look(core, home, core->now);
}
