/* SPDX-License-Identifier: MIT
 *
 * Emergencies as the store keeps them (base/blob.h), one version byte in front: the snapshot, timers, alerts, people.
 * A field that is added makes a new version; the reader of the old one stays for one release
 * (version 1 knew no silence, no second person, no merging; version 2 asked nobody again; version 3 had no checksum at
 * its end).
 */
#include <assert.h>
#include <string.h>

#include "base/blob.h"
#include "base/text.h"
#include "incident_internal.h"

#define STATE_VERSION 4

static void snapshot_put(struct blob *b, const struct incident *i)
{
	const char *texts[] = {
		i->household, i->community, i->team, i->actor, i->responder, i->reason_zh, i->reason_en, i->note};

	for (size_t n = 0; n < sizeof texts / sizeof *texts; n++)
		blob_put_text(b, texts[n]);
	blob_put(b, i->revision, 4);
	blob_put(b, i->step, 4);
	blob_put(b, i->state, 1);
	blob_put(b, i->event, 1);
	blob_put(b, i->kind, 1);
	blob_put(b, i->level, 1);
	blob_put(b, i->outcome, 1);
	blob_put_wall(b, i->opened);
	blob_put_wall(b, i->at);
}

static unsigned word_get(struct blob *b, unsigned count)
{
	unsigned value = (unsigned)blob_get(b, 1);

	b->bad = b->bad || value >= count;
	return b->bad ? 0 : value;
}

static void snapshot_get(struct blob *b, struct incident *i)
{
	struct {
		char *out;
		size_t size;
	} texts[] = {{i->household, ID_BYTES}, {i->community, ID_BYTES}, {i->team, ID_BYTES}, {i->actor, ID_BYTES},
		{i->responder, ID_BYTES}, {i->reason_zh, REASON_BYTES}, {i->reason_en, REASON_BYTES},
		{i->note, NOTE_BYTES}};

	for (size_t n = 0; n < sizeof texts / sizeof *texts; n++)
		blob_get_text(b, texts[n].out, texts[n].size);
	i->revision = (uint32_t)blob_get(b, 4);
	i->step = (uint32_t)blob_get(b, 4);
	i->state = (enum incident_state)word_get(b, INCIDENT_STATE_COUNT);
	i->event = (enum incident_event)word_get(b, INCIDENT_EVENT_COUNT);
	i->kind = (enum alert_kind)word_get(b, ALERT_KIND_COUNT);
	i->level = (enum alert_level)word_get(b, ALERT_LEVEL_COUNT);
	i->outcome = (enum outcome)word_get(b, OUTCOME_COUNT);
	i->opened = blob_get_wall(b);
	i->at = blob_get_wall(b);
}

static void emergency_put(struct blob *b, const struct emergency *e)
{
	blob_put(b, STATE_VERSION, 1);
	snapshot_put(b, &e->now);
	blob_put(b, e->round, 4);
	blob_put(b, e->further_alerts, 4);
	blob_put_wall(b, e->arrive_due);
	blob_put_wall(b, e->done_due);
	blob_put_wall(b, e->forget_due);
	blob_put(b, e->alert_count, 2);
	for (unsigned i = 0; i < e->alert_count; i++) {
		const struct case_alert *alert = &e->alerts[i];
		blob_put_text(b, alert->id);
		blob_put(b, alert->revision, 4);
		blob_put(b, alert->level, 1);
		blob_put(b, alert->cleared, 1);
	}
	blob_put_wall(b, e->hint_due);
	blob_put_wall(b, e->linger_due);
	blob_put_wall(b, e->stirred);
	blob_put_wall(b, e->shift);
	blob_put(b, e->storm, 1);
	blob_put_wall(b, e->now.expected);
	blob_put_wall(b, e->now.until);
	blob_put_text(b, e->now.second);
	blob_put_text(b, e->now.into);
	blob_put(b, e->now.found, 1);
	blob_put(b, e->also_count, 1);
	for (unsigned i = 0; i < e->also_count; i++)
		blob_put_text(b, e->also[i]);
	blob_put_wall(b, e->again_due);
	blob_put(b, e->again, 4);
	blob_put(b, e->asked_count, 2);
	for (unsigned i = 0; i < e->asked_count; i++) {
		const struct asked *asked = &e->asked[i];
		blob_put_text(b, asked->user);
		blob_put(b, asked->state, 1);
		blob_put(b, asked->role, 1);
		blob_put(b, asked->step, 4);
		blob_put(b, asked->round, 4);
		blob_put_wall(b, asked->at);
		blob_put_wall(b, asked->expires);
	}
}

static void alert_get(struct blob *b, struct alert *out)
{
	blob_get_text(b, out->id, sizeof out->id);
	b->bad = b->bad || !text_is_id(out->id);
	out->revision = (uint32_t)blob_get(b, 4);
	out->level = (enum alert_level)word_get(b, ALERT_LEVEL_COUNT);
	out->state = word_get(b, 2) ? ALERT_CLEARED : ALERT_RAISED;
}

static void asked_get(struct blob *b, struct asked *out)
{
	blob_get_text(b, out->user, sizeof out->user);
	b->bad = b->bad || !text_is_id(out->user);
	out->state = (enum asked_state)word_get(b, ASKED_STATE_COUNT);
	out->role = (enum page_role)word_get(b, PAGE_ROLE_COUNT);
	out->step = (uint32_t)blob_get(b, 4);
	out->round = (uint32_t)blob_get(b, 4);
	out->at = blob_get_wall(b);
	out->expires = blob_get_wall(b);
	b->bad = b->bad || !wall_in_messages(out->at) ||
		 (out->expires.ms != WALL_NEVER.ms && !wall_in_messages(out->expires));
}

bool incident_dirty(struct incident_core *core, struct incident_state_blob *out_state)
{
	assert(core->queue_head == core->queue_count); /* a state without its effects must not reach the store */
	if (core->tombs) {
		struct tomb *tomb = core->tombs;
		core->tombs = tomb->next;
		text_cut(out_state->id, sizeof out_state->id, tomb->id);
		out_state->length = 0;
		free(tomb);
		return true;
	}
	while (core->dirty_from < core->slot_count) {
		struct emergency *e = core->slots[core->dirty_from];
		if (e && e->dirty) {
			struct blob b = blob_write(out_state->blob, sizeof out_state->blob);
			emergency_put(&b, e);
			blob_put_sum(&b);
			assert(!b.bad);
			text_cut(out_state->id, sizeof out_state->id, e->now.id);
			out_state->length = b.at;
			e->dirty = false;
			return true;
		}
		core->dirty_from++;
	}
	core->dirty_from = UINT32_MAX;
	return false;
}

static enum err alerts_get(struct incident_core *core, struct blob *b, struct emergency *e)
{
	unsigned count = (unsigned)blob_get(b, 2);
	enum err err = ERR_OK;

	for (unsigned i = 0; i < count && !b->bad && !err; i++) {
		struct alert alert = {0};
		alert_get(b, &alert);
		if (!b->bad)
			err = i < CASE_ALERTS_MAX ? case_alert_add(core, e, &alert) : ERR_CORRUPT;
	}
	return err;
}

/* again_get reads what version 3 added. What an older one left to a desk that does not answer is asked about soon. */
static void again_get(struct incident_core *core, struct blob *b, struct emergency *e, unsigned version)
{
	int64_t ms = again_ms(core, e);

	if (version >= 3) {
		e->again_due = blob_get_wall(b);
		e->again = (uint32_t)blob_get(b, 4);
	} else if (e->now.state == INCIDENT_ESCALATED && ms) {
		e->again_due = wall_plus(e->now.at, ms);
	}
}

/* arranged_get reads what version 2 added. */
static enum err arranged_get(struct incident_core *core, struct blob *b, struct emergency *e)
{
	char household[ID_BYTES];
	enum err err = ERR_OK;
	unsigned count;

	e->hint_due = blob_get_wall(b);
	e->linger_due = blob_get_wall(b);
	e->stirred = blob_get_wall(b);
	e->shift = blob_get_wall(b);
	e->storm = (enum storm_part)word_get(b, STORM_PARTS);
	e->now.expected = blob_get_wall(b);
	e->now.until = blob_get_wall(b);
	blob_get_text(b, e->now.second, sizeof e->now.second);
	blob_get_text(b, e->now.into, sizeof e->now.into);
	e->now.found = (enum found)word_get(b, FOUND_COUNT);
	if (b->bad || !outcome_takes(e->now.outcome, e->now.found))
		return ERR_CORRUPT;
	count = (unsigned)blob_get(b, 1);
	for (unsigned i = 0; i < count && !b->bad && !err; i++) {
		blob_get_text(b, household, sizeof household);
		if (b->bad || i >= CASE_ALSO_MAX || !text_is_id(household) || incident_over(e->now.state) ||
			case_open_of(core, household))
			return ERR_CORRUPT;
		err = case_open_add(core, e, household);
	}
	return err;
}

static enum err asked_all_get(struct blob *b, struct emergency *e)
{
	unsigned count = (unsigned)blob_get(b, 2);

	if (b->bad || count > CASE_PEOPLE_MAX)
		return ERR_CORRUPT;
	e->asked = count ? calloc(count, sizeof *e->asked) : NULL;
	if (count && !e->asked)
		return ERR_NOMEM;
	e->asked_capacity = count;
	while (e->asked_count < count && !b->bad)
		asked_get(b, &e->asked[e->asked_count++]);
	return b->bad || b->at != b->size ? ERR_CORRUPT : ERR_OK;
}

/* sound: timers of somebody on the way run only while somebody is. */
static bool sound(const struct emergency *e)
{
	bool going = e->now.state == INCIDENT_ACCEPTED || e->now.state == INCIDENT_ON_SITE;

	if ((e->now.state == INCIDENT_HELD) != wall_is_set(e->now.until))
		return false;
	if ((e->now.state != INCIDENT_ESCALATED &&
		    (e->hint_due.ms != WALL_NEVER.ms || e->again_due.ms != WALL_NEVER.ms)) ||
		(e->now.state != INCIDENT_RAISED && e->linger_due.ms != WALL_NEVER.ms))
		return false;
	return going ? e->now.responder[0] != '\0'
		     : e->arrive_due.ms == WALL_NEVER.ms && e->done_due.ms == WALL_NEVER.ms;
}

enum err incident_restore(struct incident_core *core, const struct incident_state_blob *state)
{
	struct blob b = blob_read(state->blob, state->length);
	struct incident now = {.expected = WALL_NONE, .until = WALL_NONE};
	struct emergency *e;
	unsigned version = (unsigned)blob_get(&b, 1);
	enum err err;

	if (version < 1 || version > STATE_VERSION)
		return state->length ? ERR_VERSION : ERR_CORRUPT;
	if (version >= 4)
		blob_take_sum(&b);
	snapshot_get(&b, &now);
	text_cut(now.id, sizeof now.id, state->id);
	if (b.bad || !text_is_id(now.id) || !text_is_id(now.household))
		return ERR_CORRUPT;
	HASH_FIND(hh, core->emergencies, now.id, strlen(now.id), e);
	if (e || (!incident_over(now.state) && case_open_of(core, now.household)))
		return ERR_CORRUPT; /* twice the same, or two open ones in one household */
	err = case_create(core, &now, &e);
	if (err)
		return err;
	e->stirred = now.opened;
	e->shift = now.at;
	e->round = (uint32_t)blob_get(&b, 4);
	e->further_alerts = (uint32_t)blob_get(&b, 4);
	e->arrive_due = blob_get_wall(&b);
	e->done_due = blob_get_wall(&b);
	e->forget_due = blob_get_wall(&b);
	err = alerts_get(core, &b, e);
	if (!err && version >= 2)
		err = arranged_get(core, &b, e);
	if (!err)
		again_get(core, &b, e, version);
	if (!err)
		err = asked_all_get(&b, e);
	if (!err && !sound(e))
		err = ERR_CORRUPT;
	if (!err && !incident_over(now.state))
		err = case_open_set(core, e);
	if (!err)
		err = timerq_set(&core->timers, e->slot, case_due(e));
	if (err)
		case_discard(core, e);
	return err;
}

void incident_unrestore(struct incident_core *core, const char *id)
{
	struct emergency *e = case_find(core, id);

	if (e)
		case_discard(core, e);
}
