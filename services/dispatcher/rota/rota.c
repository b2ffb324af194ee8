/* SPDX-License-Identifier: MIT */
#include "dispatcher/rota/rota.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "rota_internal.h"

/* ---- the table ---- */

enum rota_state rota_next_state(enum rota_kind kind, enum rota_state state, enum rota_event event)
{
	static const struct {
		enum rota_kind kind;
		enum rota_state from;
		enum rota_event event;
		enum rota_state to;
	} rows[] = {
		{ROTA_SWAP, ROTA_OPEN, ROTA_AGREED, ROTA_VETO},
		{ROTA_SWAP, ROTA_OPEN, ROTA_VALID, ROTA_DONE},
		{ROTA_SWAP, ROTA_OPEN, ROTA_REFUSED, ROTA_DECLINED},
		{ROTA_SWAP, ROTA_OPEN, ROTA_TIMED_OUT, ROTA_EXPIRED},
		{ROTA_SWAP, ROTA_OPEN, ROTA_ENDED, ROTA_WITHDRAWN},
		{ROTA_SWAP, ROTA_OPEN, ROTA_BROKE, ROTA_MISFIT},
		{ROTA_SWAP, ROTA_VETO, ROTA_VALID, ROTA_DONE},
		{ROTA_SWAP, ROTA_VETO, ROTA_REFUSED, ROTA_VETOED},
		{ROTA_SWAP, ROTA_VETO, ROTA_ENDED, ROTA_WITHDRAWN},
		{ROTA_SWAP, ROTA_VETO, ROTA_BROKE, ROTA_MISFIT},
		{ROTA_COVER, ROTA_OPEN, ROTA_VALID, ROTA_DONE},
		{ROTA_COVER, ROTA_OPEN, ROTA_CLIMBS, ROTA_CLIMBED},
		{ROTA_COVER, ROTA_OPEN, ROTA_TIMED_OUT, ROTA_EXPIRED},
		{ROTA_COVER, ROTA_OPEN, ROTA_ENDED, ROTA_WITHDRAWN},
		{ROTA_COVER, ROTA_CLIMBED, ROTA_VALID, ROTA_DONE},
		{ROTA_COVER, ROTA_CLIMBED, ROTA_TIMED_OUT, ROTA_EXPIRED},
		{ROTA_COVER, ROTA_CLIMBED, ROTA_ENDED, ROTA_WITHDRAWN},
		{ROTA_WATCH, ROTA_OPEN, ROTA_VALID, ROTA_DONE},
		{ROTA_WATCH, ROTA_OPEN, ROTA_TIMED_OUT, ROTA_EXPIRED},
		{ROTA_WATCH, ROTA_OPEN, ROTA_ENDED, ROTA_WITHDRAWN},
		{ROTA_WATCH, ROTA_EXPIRED, ROTA_VALID, ROTA_DONE}, /* late, but there */
		{ROTA_ABSENCE, ROTA_OPEN, ROTA_TIMED_OUT, ROTA_EXPIRED},
		{ROTA_ABSENCE, ROTA_OPEN, ROTA_ENDED, ROTA_WITHDRAWN},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].kind == kind && rows[i].from == state && rows[i].event == event)
			return rows[i].to;
	return ROTA_STATE_COUNT;
}

bool rota_final(enum rota_kind kind, enum rota_state state)
{
	for (int event = 0; event < ROTA_EVENT_COUNT; event++)
		if (rota_next_state(kind, state, (enum rota_event)event) != ROTA_STATE_COUNT)
			return false;
	return true;
}

/* ---- matters ---- */

enum err rota_create(
	const struct rota_config *config, const struct duty *duty, struct book *book, struct rota **out_rota)
{
	*out_rota = calloc(1, sizeof **out_rota);
	if (!*out_rota)
		return ERR_NOMEM;
	(*out_rota)->duty = duty;
	(*out_rota)->book = book;
	(*out_rota)->scan_due = WALL_NONE;
	(*out_rota)->told_day = WALL_NONE;
	rota_configure(*out_rota, config);
	return ERR_OK;
}

void rota_configure(struct rota *rota, const struct rota_config *config)
{
	assert(config->zone && config->ask_count && config->ask_count <= ROTA_ASKED_MAX);
	rota->config = *config;
	rota->scan_due = WALL_NONE;
}

void rota_destroy(struct rota *rota)
{
	struct matter *m, *next_matter;
	struct gone *gone, *next_gone;

	if (!rota)
		return;
	HASH_ITER(hh, rota->matters, m, next_matter)
	{
		HASH_DEL(rota->matters, m);
		free(m);
	}
	HASH_ITER(hh, rota->gone, gone, next_gone)
	{
		HASH_DEL(rota->gone, gone);
		free(gone);
	}
	rules_free(rota);
	aways_free(rota);
	free(rota->queue);
	free(rota->before);
	free(rota);
}

struct matter *matter_find(const struct rota *rota, const char *id)
{
	struct matter *m;

	HASH_FIND_STR(rota->matters, id, m);
	return m;
}

void matter_name(const struct rota *rota, struct matter *m)
{
	do {
		char cause[ID_BYTES * 5 + 64];
		int length = snprintf(cause, sizeof cause, "%d/%s/%s/%lld/%s/%s/%lld/%u", (int)m->kind, m->team,
			m->duty.shift, (long long)m->duty.from.ms, m->duty.user, m->other, (long long)m->opened.ms,
			m->round++);
		snprintf(
			m->id, sizeof m->id, "rota-%016llx", (unsigned long long)text_hash64(cause, (size_t)length, 0));
	} while (matter_find(rota, m->id));
}

enum err matter_make(struct rota *rota, enum rota_kind kind, const char *team, const struct book_duty *duty,
	const char *other, struct wall now, struct matter **out)
{
	struct matter *m = calloc(1, sizeof *m);

	*out = m;
	if (!m)
		return ERR_NOMEM;
	m->kind = kind;
	text_cut(m->team, sizeof m->team, team);
	m->duty = *duty;
	text_cut(m->other, sizeof m->other, other);
	m->opened = now;
	m->due = WALL_NEVER;
	m->forget = WALL_NEVER;
	m->dirty = true;
	matter_name(rota, m);
	HASH_ADD_STR(rota->matters, id, m);
	return ERR_OK;
}

void matter_move(struct matter *m, enum rota_event event, struct wall now)
{
	enum rota_state next = rota_next_state(m->kind, m->state, event);

	assert(next != ROTA_STATE_COUNT);
	m->state = next;
	m->dirty = true;
	if (rota_final(m->kind, next) || (m->kind == ROTA_WATCH && next == ROTA_EXPIRED)) {
		m->due = WALL_NEVER;
		m->forget = m->duty.until.ms > now.ms ? m->duty.until : now;
	}
}

struct matter *matter_live(
	struct rota *rota, enum rota_kind kind, const char *team, const struct book_duty *duty, const char *user)
{
	for (struct matter *m = rota->matters; m; m = m->hh.next)
		if (m->kind == kind && !rota_final(kind, m->state) && m->duty.from.ms == duty->from.ms &&
			!strcmp(m->team, team) && !strcmp(m->duty.shift, duty->shift) &&
			(!*user || !strcmp(m->duty.user, user)))
			return m;
	return NULL;
}

static void forget(struct rota *rota, struct matter *m)
{
	struct gone *gone = calloc(1, sizeof *gone);

	if (!gone)
		return; /* it stays until the next tick */
	text_cut(gone->id, sizeof gone->id, m->id);
	HASH_ADD_STR(rota->gone, id, gone);
	HASH_DEL(rota->matters, m);
	free(m);
}

/* ---- effects ---- */

enum err rota_queue(struct rota *rota, const struct rota_effect *effect)
{
	if (rota->count == rota->capacity) {
		unsigned capacity = rota->capacity ? rota->capacity * 2 : 16;
		struct rota_effect *more = realloc(rota->queue, capacity * sizeof *more);
		if (!more)
			return ERR_NOMEM;
		rota->queue = more;
		rota->capacity = capacity;
	}
	rota->queue[rota->count++] = *effect;
	return ERR_OK;
}

bool rota_next(struct rota *rota, struct rota_effect *out)
{
	if (rota->head == rota->count) {
		rota->head = rota->count = 0;
		return false;
	}
	*out = rota->queue[rota->head++];
	return true;
}

enum err rota_book(struct rota *rota, const char *team)
{
	struct rota_effect effect = {.kind = ROTA_BOOK};

	text_cut(effect.team, sizeof effect.team, team);
	rota->scan_due = WALL_NONE;
	return rota_queue(rota, &effect);
}

const char *rota_captain(const struct rota *rota, const char *team, struct duty_people *people)
{
	duty_people_at(rota->duty, team, (struct wall){0}, people);
	return *people->captain ? people->captain : people->desk;
}

/* ---- replies and time ---- */

enum err rota_reply(
	struct rota *rota, const char *id, const char *user, bool yes, struct wall now, struct rota_answer *out)
{
	struct matter *m = matter_find(rota, id);
	enum err err = ERR_OK;

	*out = (struct rota_answer){.verdict = ROTA_UNKNOWN};
	if (!m)
		return ERR_OK;
	text_cut(out->id, sizeof out->id, m->id);
	if (m->kind == ROTA_SWAP)
		err = swap_reply(rota, m, user, yes, now, out);
	else if (m->kind == ROTA_COVER)
		err = cover_reply(rota, m, user, yes, now, out);
	else if (m->kind == ROTA_WATCH)
		err = watch_reply(rota, m, user, yes, now, out);
	else
		out->verdict = ROTA_FOREIGN;
	m = matter_find(rota, id);
	out->state = m ? m->state : ROTA_WITHDRAWN;
	return err;
}

enum err rota_withdraw(struct rota *rota, const char *id, struct wall now, struct rota_answer *out)
{
	struct matter *m = matter_find(rota, id);
	enum err err = ERR_OK;

	*out = (struct rota_answer){.verdict = ROTA_UNKNOWN};
	if (!m || m->kind == ROTA_WATCH || m->kind == ROTA_ABSENCE)
		return ERR_OK;
	text_cut(out->id, sizeof out->id, m->id);
	out->verdict =
		rota_final(m->kind, m->state) || (m->kind == ROTA_COVER && !*m->duty.user) ? ROTA_LATE : ROTA_TAKEN;
	if (out->verdict == ROTA_TAKEN)
		err = m->kind == ROTA_SWAP ? swap_off(rota, m, ROTA_ENDED, "已被撤回", "it was called off", now)
					   : cover_end(rota, m, ROTA_ENDED, now);
	out->state = m->state;
	return err;
}

/* next_scan: a day before the first duty that has no watch yet and begins later than a day from now. */
static struct wall next_scan(const struct rota *rota, struct wall now)
{
	struct wall due = WALL_NEVER;
	char team[ID_BYTES] = "";
	const struct book_duty *d;

	while (book_next_team(rota->book, team))
		for (unsigned i = 0; (d = book_get(rota->book, team, i)); i++)
			if (d->from.ms - MS_PER_DAY > now.ms && d->from.ms - MS_PER_DAY < due.ms) {
				due = wall_plus(d->from, -MS_PER_DAY);
				break; /* they stand in order */
			}
	return due;
}

enum err rota_tick(struct rota *rota, struct wall now)
{
	struct matter *m, *next;
	char team[ID_BYTES] = "";
	enum err err = ERR_OK;

	if (rota->scan_due.ms <= now.ms)
		while (!err && book_next_team(rota->book, team))
			err = watch_scan(rota, team, false, now);
	if (rota->scan_due.ms <= now.ms)
		rota->scan_due = next_scan(rota, now);
	HASH_ITER(hh, rota->matters, m, next)
	{
		if (err)
			break;
		if (m->forget.ms <= now.ms) {
			forget(rota, m);
			continue;
		}
		if (m->due.ms > now.ms)
			continue;
		if (m->kind == ROTA_SWAP)
			err = swap_tick(rota, m, now);
		else if (m->kind == ROTA_COVER)
			err = cover_tick(rota, m, now);
		else if (m->kind == ROTA_WATCH)
			err = watch_tick(rota, m, now);
		else
			matter_move(m, ROTA_TIMED_OUT, now);
	}
	return err ? err : watch_summaries(rota, now);
}

struct wall rota_due(struct rota *rota, struct wall now)
{
	struct wall due = watch_summary_due(rota, now);

	if (!wall_is_set(rota->scan_due))
		return (struct wall){0};
	if (rota->scan_due.ms < due.ms)
		due = rota->scan_due;
	for (const struct matter *m = rota->matters; m; m = m->hh.next) {
		due = m->due.ms < due.ms ? m->due : due;
		due = m->forget.ms < due.ms ? m->forget : due;
	}
	return due;
}

void rota_clock_step(struct rota *rota, int64_t step_ms)
{
	/* Begins and ends of duties are times of day and stay; the time to answer is a while and goes along. */
	for (struct matter *m = rota->matters; m; m = m->hh.next)
		if (m->due.ms != WALL_NEVER.ms && m->kind != ROTA_ABSENCE &&
			(m->kind != ROTA_WATCH || (m->stages & STAGE_START))) {
			m->due.ms += step_ms;
			m->dirty = true;
		}
	rota->scan_due = WALL_NONE;
}

/* ---- what others see ---- */

static int by_begin(const struct matter *a, const struct matter *b)
{
	return a->opened.ms != b->opened.ms ? (a->opened.ms < b->opened.ms ? -1 : 1) : strcmp(a->id, b->id);
}

static void view(const struct matter *m, struct rota_view *out)
{
	*out = (struct rota_view){.id = m->id,
		.team = m->team,
		.user = m->duty.user,
		.other = m->other,
		.by = m->by,
		.kind = m->kind,
		.state = m->state,
		.duty = m->duty,
		.back = m->back,
		.opened = m->opened,
		.due = m->due,
		.asked = m->asked_count};
}

bool rota_walk(struct rota *rota, unsigned index, struct rota_view *out)
{
	const struct matter *m;

	if (!index)
		HASH_SRT(hh, rota->matters, by_begin);
	for (m = rota->matters; m && index; index--)
		m = m->hh.next;
	if (!m)
		return false;
	view(m, out);
	return true;
}

bool rota_view_of(const struct rota *rota, const char *id, struct rota_view *out)
{
	const struct matter *m = matter_find(rota, id);

	if (m)
		view(m, out);
	return m != NULL;
}

unsigned rota_gaps(const struct rota *rota)
{
	unsigned count = 0;

	for (const struct matter *m = rota->matters; m; m = m->hh.next)
		count += m->kind == ROTA_COVER && !*m->duty.user && !rota_final(m->kind, m->state);
	return count;
}
