/* SPDX-License-Identifier: MIT
 *
 * The tables behind the core: emergencies by id and slot, the open one of each household, and whose an alert is.
 */
#include "incident_internal.h"

#include <string.h>

#include "base/text.h"

static enum err take_slot(struct incident_core *core, struct emergency *e)
{
	uint32_t slot = 0;

	while (slot < core->slot_count && core->slots[slot])
		slot++;
	if (slot == core->slot_capacity) {
		uint32_t capacity = core->slot_capacity ? core->slot_capacity * 2 : 16;
		struct emergency **grown = realloc(core->slots, capacity * sizeof *grown);
		if (!grown)
			return ERR_NOMEM;
		core->slots = grown;
		core->slot_capacity = capacity;
	}
	if (slot == core->slot_count)
		core->slot_count++;
	core->slots[slot] = e;
	e->slot = slot;
	return ERR_OK;
}

enum err case_create(struct incident_core *core, const struct incident *first, struct emergency **out)
{
	struct emergency *e = calloc(1, sizeof *e);

	if (!e)
		return ERR_NOMEM;
	e->now = *first;
	e->arrive_due = e->done_due = e->hint_due = e->again_due = e->linger_due = e->forget_due = WALL_NEVER;
	if (take_slot(core, e)) {
		free(e);
		return ERR_NOMEM;
	}
	HASH_ADD(hh, core->emergencies, now.id, strlen(e->now.id), e);
	*out = e;
	return ERR_OK;
}

struct emergency *case_find(const struct incident_core *core, const char *id)
{
	struct emergency *e;

	HASH_FIND(hh, core->emergencies, id, strlen(id), e);
	return e;
}

static bool part(struct incident_core *core, const struct emergency *e, const char *id)
{
	struct household *household;

	HASH_FIND_STR(core->households, id, household);
	if (!household || household->open != e)
		return false;
	HASH_DEL(core->households, household);
	free(household);
	return true;
}

void case_open_clear(struct incident_core *core, struct emergency *e)
{
	for (unsigned i = 0; i < e->also_count; i++)
		part(core, e, e->also[i]);
	free(e->also);
	e->also = NULL;
	e->also_count = 0;
	if (part(core, e, e->now.household))
		core->open_count--;
}

static enum err lead_to(struct incident_core *core, struct emergency *e, const char *id)
{
	struct household *household;

	HASH_FIND_STR(core->households, id, household);
	if (!household) {
		household = calloc(1, sizeof *household);
		if (!household)
			return ERR_NOMEM;
		text_cut(household->id, sizeof household->id, id);
		HASH_ADD_STR(core->households, id, household);
	}
	household->open = e;
	return ERR_OK;
}

enum err case_open_set(struct incident_core *core, struct emergency *e)
{
	bool was = case_open_of(core, e->now.household) == e;
	enum err err = lead_to(core, e, e->now.household);

	core->open_count += !err && !was;
	return err;
}

enum err case_open_add(struct incident_core *core, struct emergency *e, const char *household)
{
	char(*grown)[ID_BYTES];

	if (e->also_count == CASE_ALSO_MAX)
		return ERR_FULL;
	grown = realloc(e->also, (e->also_count + 1) * sizeof *grown);
	if (!grown)
		return ERR_NOMEM;
	e->also = grown;
	text_cut(e->also[e->also_count++], ID_BYTES, household);
	return lead_to(core, e, household);
}

enum err case_open_move(struct incident_core *core, struct emergency *from, struct emergency *into)
{
	enum err err = case_open_add(core, into, from->now.household);

	core->open_count -= !err;
	for (unsigned i = 0; i < from->also_count && !err; i++)
		err = case_open_add(core, into, from->also[i]);
	return err;
}

struct emergency *case_open_of(const struct incident_core *core, const char *id)
{
	struct household *household;

	HASH_FIND_STR(core->households, id, household);
	return household ? household->open : NULL;
}

struct case_alert *case_alert_find(struct emergency *e, const char *id)
{
	for (unsigned i = 0; i < e->alert_count; i++)
		if (!strcmp(e->alerts[i].id, id))
			return &e->alerts[i];
	return NULL;
}

/* own makes e the one that an alert's id leads to. An alert may stand in several (it was merged, or has grown since its
 * incident was over), which a restart gives in any order: one that is over does not take it from one that is open, nor
 * from one that was over later. */
static enum err own(struct incident_core *core, struct emergency *e, const char *id)
{
	struct alert_home *home;

	HASH_FIND_STR(core->alerts, id, home);
	if (!home) {
		home = calloc(1, sizeof *home);
		if (!home)
			return ERR_NOMEM;
		text_cut(home->id, sizeof home->id, id);
		HASH_ADD_STR(core->alerts, id, home);
	}
	const struct emergency *other = home->emergency;
	if (!other || !incident_over(e->now.state) ||
		(incident_over(other->now.state) && e->forget_due.ms >= other->forget_due.ms))
		home->emergency = e;
	return ERR_OK;
}

enum err case_alert_add(struct incident_core *core, struct emergency *e, const struct alert *alert)
{
	struct case_alert *note;

	if (e->alert_count == CASE_ALERTS_MAX) {
		e->further_alerts++;
		return ERR_OK;
	}
	if (e->alert_count == e->alert_capacity) {
		unsigned capacity = e->alert_capacity ? e->alert_capacity * 2 : 2;
		struct case_alert *grown = realloc(e->alerts, capacity * sizeof *grown);
		if (!grown)
			return ERR_NOMEM;
		e->alerts = grown;
		e->alert_capacity = capacity;
	}
	note = &e->alerts[e->alert_count++];
	memset(note, 0, sizeof *note);
	text_cut(note->id, sizeof note->id, alert->id);
	note->revision = alert->revision;
	note->level = alert->level;
	note->cleared = alert->state == ALERT_CLEARED;
	return own(core, e, alert->id);
}

static void disown(struct incident_core *core, const struct emergency *e, const char *id)
{
	struct alert_home *home;

	HASH_FIND_STR(core->alerts, id, home);
	if (home && home->emergency == e) {
		HASH_DEL(core->alerts, home);
		free(home);
	}
}

void case_discard(struct incident_core *core, struct emergency *e)
{
	case_open_clear(core, e);
	for (unsigned i = 0; i < e->alert_count; i++)
		disown(core, e, e->alerts[i].id);
	timerq_remove(&core->timers, e->slot);
	core->slots[e->slot] = NULL;
	HASH_DEL(core->emergencies, e);
	free(e->alerts);
	free(e->asked);
	free(e);
}

void case_forget(struct incident_core *core, struct emergency *e)
{
	struct tomb *tomb = malloc(sizeof *tomb);

	if (tomb) { /* without one the store keeps a row too many, which the next start forgets again */
		text_cut(tomb->id, sizeof tomb->id, e->now.id);
		tomb->next = core->tombs;
		core->tombs = tomb;
	}
	case_discard(core, e);
}

void case_free_all(struct incident_core *core)
{
	struct emergency *e, *next;

	HASH_ITER(hh, core->emergencies, e, next)
	{
		case_discard(core, e);
	}
	while (core->tombs) {
		struct tomb *tomb = core->tombs;
		core->tombs = tomb->next;
		free(tomb);
	}
	free(core->slots);
}

bool asked_waits(const struct emergency *e, const struct asked *asked)
{
	return asked->state == ASKED_OPEN &&
	       (e->now.state == INCIDENT_PAGING || (case_going(e) && role_is_beside(asked->role)));
}

struct wall case_due(const struct emergency *e)
{
	struct wall due = e->forget_due;

	if (e->arrive_due.ms < due.ms)
		due = e->arrive_due;
	if (e->done_due.ms < due.ms)
		due = e->done_due;
	if (e->hint_due.ms < due.ms)
		due = e->hint_due;
	if (e->again_due.ms < due.ms)
		due = e->again_due;
	if (e->linger_due.ms < due.ms)
		due = e->linger_due;
	if (e->now.state == INCIDENT_HELD && e->now.until.ms < due.ms)
		due = e->now.until;
	for (unsigned i = 0; i < e->asked_count; i++)
		if (asked_waits(e, &e->asked[i]) && e->asked[i].expires.ms < due.ms)
			due = e->asked[i].expires;
	return due;
}
