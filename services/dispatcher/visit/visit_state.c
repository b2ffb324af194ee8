/* SPDX-License-Identifier: MIT
 *
 * Homes and errands as the store keeps them (base/blob.h), one version byte in front. A field that is added makes a new
 * version; the reader of the old one stays for one release.
 */
#include <string.h>

#include "base/blob.h"
#include "base/text.h"
#include "visit_internal.h"

#define STATE_VERSION 2 /* version 1 had no checksum at its end */

static unsigned word_get(struct blob *b, unsigned count)
{
	unsigned value = (unsigned)blob_get(b, 1);

	b->bad = b->bad || value >= count;
	return b->bad ? 0 : value;
}

static void day_put(struct blob *b, int32_t day)
{
	blob_put(b, (uint32_t)day, 4);
}

static int32_t day_get(struct blob *b)
{
	return (int32_t)(uint32_t)blob_get(b, 4);
}

static void home_put(struct blob *b, const struct home *home)
{
	blob_put(b, STATE_VERSION, 1);
	blob_put_wall(b, home->since);
	blob_put_wall(b, home->last);
	blob_put_wall(b, home->again);
	day_put(b, home->turn);
	day_put(b, home->pause);
	blob_put(b, home->missed, 1);
	blob_put(b, home->made, 4);
	blob_put(b, home->check_count, 1);
	for (unsigned i = 0; i < home->check_count; i++) {
		blob_put_text(b, home->checks[i].name);
		day_put(b, home->checks[i].day);
	}
	blob_put(b, home->friend_count, 1);
	for (unsigned i = 0; i < home->friend_count; i++) {
		blob_put_text(b, home->friends[i].user);
		blob_put(b, home->friends[i].good, 2);
		blob_put(b, home->friends[i].bad, 2);
		blob_put_wall(b, home->friends[i].last);
	}
}

static enum err home_get(struct blob *b, struct home *home)
{
	home->since = blob_get_wall(b);
	home->last = blob_get_wall(b);
	home->again = blob_get_wall(b);
	home->turn = day_get(b);
	home->pause = day_get(b);
	home->missed = (uint8_t)blob_get(b, 1);
	home->made = (uint32_t)blob_get(b, 4);
	home->check_count = (uint8_t)word_get(b, CHECKLISTS_MAX + 1);
	for (unsigned i = 0; i < home->check_count; i++) {
		blob_get_text(b, home->checks[i].name, sizeof home->checks[i].name);
		home->checks[i].day = day_get(b);
	}
	home->friend_count = (uint8_t)word_get(b, FRIENDS_MAX + 1);
	for (unsigned i = 0; i < home->friend_count; i++) {
		blob_get_text(b, home->friends[i].user, sizeof home->friends[i].user);
		home->friends[i].good = (uint16_t)blob_get(b, 2);
		home->friends[i].bad = (uint16_t)blob_get(b, 2);
		home->friends[i].last = blob_get_wall(b);
	}
	return b->bad || b->at != b->size ? ERR_CORRUPT : ERR_OK;
}

static void errand_put(struct blob *b, const struct errand *e)
{
	const char *texts[] = {e->household, e->community, e->team, e->actor, e->what, e->assignee, e->provider,
		e->origin, e->reason_zh, e->reason_en, e->note};
	const struct wall walls[] = {e->opened, e->at, e->from, e->until, e->seen};

	for (size_t n = 0; n < sizeof texts / sizeof *texts; n++)
		blob_put_text(b, texts[n]);
	for (size_t n = 0; n < sizeof walls / sizeof *walls; n++)
		blob_put_wall(b, walls[n]);
	blob_put(b, e->revision, 4);
	blob_put(b, e->version, 4);
	blob_put(b, e->kind, 1);
	blob_put(b, e->state, 1);
	blob_put(b, e->event, 1);
	blob_put(b, e->climb, 1);
	blob_put(b, e->answer_count, 1);
	for (unsigned i = 0; i < e->answer_count; i++) {
		blob_put_text(b, e->answers[i].item);
		blob_put(b, e->answers[i].answer, 1);
		blob_put_text(b, e->answers[i].word);
	}
}

static void errand_get(struct blob *b, struct errand *e)
{
	struct {
		char *out;
		size_t size;
	} texts[] = {{e->household, ID_BYTES}, {e->community, ID_BYTES}, {e->team, ID_BYTES}, {e->actor, ID_BYTES},
		{e->what, WORD_BYTES}, {e->assignee, ID_BYTES}, {e->provider, ID_BYTES}, {e->origin, ID_BYTES},
		{e->reason_zh, REASON_BYTES}, {e->reason_en, REASON_BYTES}, {e->note, NOTE_BYTES}};
	struct wall *walls[] = {&e->opened, &e->at, &e->from, &e->until, &e->seen};

	for (size_t n = 0; n < sizeof texts / sizeof *texts; n++)
		blob_get_text(b, texts[n].out, texts[n].size);
	for (size_t n = 0; n < sizeof walls / sizeof *walls; n++)
		*walls[n] = blob_get_wall(b);
	e->revision = (uint32_t)blob_get(b, 4);
	e->version = (uint32_t)blob_get(b, 4);
	e->kind = (enum errand_kind)word_get(b, ERRAND_KIND_COUNT);
	e->state = (enum errand_state)word_get(b, ERRAND_STATE_COUNT);
	e->event = (enum errand_event)word_get(b, ERRAND_EVENT_COUNT);
	e->climb = (uint8_t)word_get(b, ERRAND_CLIMB_MAX + 1);
	e->answer_count = (uint8_t)word_get(b, ERRAND_ANSWERS_MAX + 1);
	for (unsigned i = 0; i < e->answer_count; i++) {
		blob_get_text(b, e->answers[i].item, sizeof e->answers[i].item);
		e->answers[i].answer = (enum errand_verdict)word_get(b, ERRAND_VERDICT_COUNT);
		blob_get_text(b, e->answers[i].word, sizeof e->answers[i].word);
	}
}

static void job_put(struct blob *b, const struct job *job)
{
	blob_put(b, STATE_VERSION, 1);
	errand_put(b, &job->now);
	blob_put_wall(b, job->want_from);
	blob_put_wall(b, job->want_until);
	day_put(b, job->due_day);
	blob_put_wall(b, job->answer_due);
	blob_put_wall(b, job->again_due);
	blob_put_wall(b, job->climb_due);
	blob_put(b, job->asked_count, 1);
	for (unsigned i = 0; i < job->asked_count; i++)
		blob_put_text(b, job->asked[i]);
}

static enum err job_get(struct blob *b, struct job *job)
{
	job->want_from = blob_get_wall(b);
	job->want_until = blob_get_wall(b);
	job->due_day = day_get(b);
	job->answer_due = blob_get_wall(b);
	job->again_due = blob_get_wall(b);
	job->climb_due = blob_get_wall(b);
	job->asked_count = (uint8_t)word_get(b, ASKED_MAX + 1);
	for (unsigned i = 0; i < job->asked_count; i++)
		blob_get_text(b, job->asked[i], ID_BYTES);
	job_note_offered(job);
	return b->bad || b->at != b->size ? ERR_CORRUPT : ERR_OK;
}

static void begin(struct visit_blob *out, enum visit_row row, const char *id)
{
	out->row = row;
	text_cut(out->id, sizeof out->id, id);
	out->length = 0;
}

static bool dirty_home(struct visit_core *core, struct visit_blob *out)
{
	while (core->dirty_homes_from < core->home_count) {
		struct home *home = core->home_slots[core->dirty_homes_from++];
		struct blob b = blob_write(out->blob, sizeof out->blob);
		if (!home->dirty)
			continue;
		begin(out, VISIT_ROW_HOME, home->id);
		home_put(&b, home);
		blob_put_sum(&b);
		assert(!b.bad);
		out->length = b.at;
		home->dirty = false;
		return true;
	}
	core->dirty_homes_from = UINT32_MAX;
	return false;
}

#define MORNING "morning" /* the one row of its kind */

static void put_morning(struct visit_core *core, struct visit_blob *out)
{
	struct morning *m = &core->morning;
	struct blob b = blob_write(out->blob, sizeof out->blob);

	begin(out, VISIT_ROW_MORNING, MORNING);
	blob_put(&b, STATE_VERSION, 1);
	day_put(&b, m->day);
	blob_put(&b, m->open, 1);
	blob_put_text(&b, m->after);
	blob_put_sum(&b);
	assert(!b.bad);
	out->length = b.at;
	m->dirty = false;
}

static enum err restore_morning(struct visit_core *core, struct blob *b)
{
	struct morning read = core->morning;

	read.day = day_get(b);
	read.open = word_get(b, 2) != 0;
	blob_get_text(b, read.after, sizeof read.after);
	if (b->bad || b->at != b->size)
		return ERR_CORRUPT;
	core->morning = read;
	return ERR_OK;
}

bool visit_dirty(struct visit_core *core, struct visit_blob *out)
{
	assert(core->queue_head == core->queue_count); /* a state without its effects must not reach the store */
	if (core->tombs) {
		struct tomb *tomb = core->tombs;
		core->tombs = tomb->next;
		begin(out, VISIT_ROW_ERRAND, tomb->id);
		free(tomb);
		return true;
	}
	if (core->morning.dirty) {
		put_morning(core, out);
		return true;
	}
	if (dirty_home(core, out))
		return true;
	while (core->dirty_jobs_from < core->job_count) {
		struct job *job = core->job_slots[core->dirty_jobs_from++];
		struct blob b = blob_write(out->blob, sizeof out->blob);
		if (!job || !job->dirty)
			continue;
		begin(out, VISIT_ROW_ERRAND, job->now.id);
		job_put(&b, job);
		blob_put_sum(&b);
		assert(!b.bad);
		out->length = b.at;
		job->dirty = false;
		return true;
	}
	core->dirty_jobs_from = UINT32_MAX;
	return false;
}

static enum err restore_home(struct visit_core *core, const char *id, struct blob *b)
{
	struct home *home = home_row(core, id), read;
	enum err err;

	if (!home)
		return ERR_NOMEM;
	read = *home;
	err = home_get(b, &read);
	if (err)
		return err;
	*home = read;
	return home_arm(core, home);
}

static enum err restore_job(struct visit_core *core, const char *id, struct blob *b)
{
	struct errand now = {0};
	struct home *home;
	struct job *job;
	enum err err;

	errand_get(b, &now);
	text_cut(now.id, sizeof now.id, id);
	if (b->bad || !text_is_id(now.id) || !text_is_id(now.household) || job_find(core, id))
		return ERR_CORRUPT;
	home = home_row(core, now.household);
	if (home && home->visit && now.kind == ERRAND_VISIT && now.state < ERRAND_DONE)
		return ERR_CORRUPT; /* two open ones in one home */
	err = home ? job_make(core, home, &now, &job) : ERR_NOMEM;
	if (err)
		return err;
	err = job_get(b, job);
	if (!err)
		err = job_arm(core, job);
	if (!err)
		err = home_arm(core, home);
	if (err)
		job_discard(core, job);
	return err;
}

void visit_unrestore(struct visit_core *core, const char *id)
{
	struct job *job = job_find(core, id);

	if (job)
		job_discard(core, job);
}

enum err visit_restore(struct visit_core *core, const struct visit_blob *blob)
{
	struct blob b = blob_read(blob->blob, blob->length);
	unsigned version;

	if (!blob->length || !text_is_id(blob->id))
		return ERR_CORRUPT;
	version = (unsigned)blob_get(&b, 1);
	if (version < 1 || version > STATE_VERSION)
		return ERR_VERSION;
	if (version >= 2)
		blob_take_sum(&b);
	switch (blob->row) {
	case VISIT_ROW_ERRAND:
		return restore_job(core, blob->id, &b);
	case VISIT_ROW_HOME:
		return restore_home(core, blob->id, &b);
	case VISIT_ROW_MORNING:
		return restore_morning(core, &b);
	case VISIT_ROW_COUNT:
		break;
	}
	return ERR_CORRUPT;
}
