/* SPDX-License-Identifier: MIT
 *
 * Matters as the store keeps them (base/blob.h), one version byte in front. The row "summary" holds when the last
 * summaries were told, a row AWAY_PREFIX when somebody is away by the roster's task.
 */
#include <string.h>

#include "base/blob.h"
#include "base/text.h"
#include "rota_internal.h"

#define STATE_VERSION 2 /* version 1 had no checksum at its end */
#define SUMMARY "summary"

static void duty_put(struct blob *b, const struct book_duty *duty)
{
	blob_put_wall(b, duty->from);
	blob_put_wall(b, duty->until);
	blob_put(b, (uint64_t)duty->place, 4);
	blob_put_text(b, duty->shift);
	blob_put_text(b, duty->user);
}

static void duty_get(struct blob *b, struct book_duty *out)
{
	out->from = blob_get_wall(b);
	out->until = blob_get_wall(b);
	out->place = (int32_t)blob_get(b, 4);
	blob_get_text(b, out->shift, sizeof out->shift);
	blob_get_text(b, out->user, sizeof out->user);
}

static void matter_put(struct blob *b, const struct matter *m)
{
	blob_put(b, STATE_VERSION, 1);
	blob_put(b, m->kind, 1);
	blob_put(b, m->state, 1);
	blob_put_text(b, m->team);
	blob_put_text(b, m->by);
	blob_put_text(b, m->other);
	duty_put(b, &m->duty);
	duty_put(b, &m->back);
	blob_put(b, m->stages, 4);
	blob_put(b, m->round, 4);
	blob_put_wall(b, m->opened);
	blob_put_wall(b, m->due);
	blob_put_wall(b, m->forget);
	blob_put(b, m->asked_count, 1);
	for (unsigned i = 0; i < m->asked_count; i++) {
		blob_put_text(b, m->asked[i].user);
		blob_put(b, m->asked[i].answer, 1);
	}
}

static void matter_get(struct blob *b, struct matter *m)
{
	m->kind = (enum rota_kind)blob_get(b, 1);
	m->state = (enum rota_state)blob_get(b, 1);
	blob_get_text(b, m->team, sizeof m->team);
	blob_get_text(b, m->by, sizeof m->by);
	blob_get_text(b, m->other, sizeof m->other);
	duty_get(b, &m->duty);
	duty_get(b, &m->back);
	m->stages = (unsigned)blob_get(b, 4);
	m->round = (uint32_t)blob_get(b, 4);
	m->opened = blob_get_wall(b);
	m->due = blob_get_wall(b);
	m->forget = blob_get_wall(b);
	m->asked_count = (unsigned)blob_get(b, 1);
	b->bad =
		b->bad || m->kind >= ROTA_KIND_COUNT || m->state >= ROTA_STATE_COUNT || m->asked_count > ROTA_ASKED_MAX;
	for (unsigned i = 0; i < m->asked_count && !b->bad; i++) {
		blob_get_text(b, m->asked[i].user, sizeof m->asked[i].user);
		m->asked[i].answer = (enum rota_no)blob_get(b, 1);
		b->bad = b->bad || m->asked[i].answer > ASKED_YES;
	}
}

static bool id_if(const char *text)
{
	return !*text || text_is_id(text);
}

/* sound: what is told of it can be told. */
static bool sound(const struct matter *m)
{
	bool ids = text_is_id(m->team) && id_if(m->by) && id_if(m->other) && id_if(m->duty.shift) &&
		   id_if(m->duty.user) && id_if(m->back.shift) && id_if(m->back.user);

	for (unsigned i = 0; i < m->asked_count; i++)
		ids = ids && text_is_id(m->asked[i].user);
	return ids;
}

static bool give_gone(struct rota *rota, struct rota_blob *out)
{
	struct gone *gone = rota->gone;

	if (!gone)
		return false;
	*out = (struct rota_blob){.length = 0};
	text_cut(out->id, sizeof out->id, gone->id);
	HASH_DEL(rota->gone, gone);
	free(gone);
	return true;
}

static bool give_away(struct rota *rota, struct rota_blob *out)
{
	struct blob b = blob_write(out->blob, sizeof out->blob);

	for (struct away_page *page = rota->aways_dirty ? rota->aways : NULL; page; page = page->hh.next)
		for (struct away *away = page->first; away; away = away->next) {
			if (!away->dirty)
				continue;
			away->dirty = false;
			text_cut(out->id, sizeof out->id, away->id);
			blob_put(&b, STATE_VERSION, 1);
			blob_put_text(&b, away->team);
			blob_put_text(&b, page->user);
			blob_put_wall(&b, away->from);
			blob_put_wall(&b, away->until);
			blob_put_sum(&b);
			out->length = b.at;
			return true;
		}
	rota->aways_dirty = false;
	return false;
}

static enum err restore_away(struct rota *rota, struct blob *b)
{
	char team[ID_BYTES];
	struct rota_span away = {.from = WALL_NONE};
	struct away *made = NULL;

	blob_get_text(b, team, sizeof team);
	blob_get_text(b, away.user, sizeof away.user);
	away.from = blob_get_wall(b);
	away.until = blob_get_wall(b);
	if (b->bad || b->at != b->size || !text_is_id(team) || !text_is_id(away.user))
		return ERR_CORRUPT;
	return aways_make(rota, team, &away, &made);
}

bool rota_dirty(struct rota *rota, struct rota_blob *out)
{
	struct blob b = blob_write(out->blob, sizeof out->blob);

	if (give_gone(rota, out) || give_away(rota, out))
		return true;
	if (rota->told_dirty) {
		rota->told_dirty = false;
		text_cut(out->id, sizeof out->id, SUMMARY);
		blob_put(&b, STATE_VERSION, 1);
		blob_put_wall(&b, rota->told_day);
		blob_put_sum(&b);
		out->length = b.at;
		return true;
	}
	for (struct matter *m = rota->matters; m; m = m->hh.next) {
		if (!m->dirty)
			continue;
		m->dirty = false;
		text_cut(out->id, sizeof out->id, m->id);
		matter_put(&b, m);
		blob_put_sum(&b);
		out->length = b.at;
		return true;
	}
	return false;
}

enum err rota_restore(struct rota *rota, const char *id, const void *blob, size_t length)
{
	struct blob b = blob_read(blob, length);
	unsigned version = (unsigned)blob_get(&b, 1);
	struct wall told_day;
	struct matter *m;

	if (b.bad)
		return ERR_CORRUPT;
	if (version < 1 || version > STATE_VERSION)
		return ERR_VERSION;
	if (version >= 2)
		blob_take_sum(&b);
	if (!strcmp(id, SUMMARY)) {
		told_day = blob_get_wall(&b);
		if (b.bad || b.at != b.size)
			return ERR_CORRUPT;
		rota->told_day = told_day;
		return ERR_OK;
	}
	if (!strncmp(id, AWAY_PREFIX, strlen(AWAY_PREFIX)))
		return restore_away(rota, &b);
	m = calloc(1, sizeof *m);
	if (!m)
		return ERR_NOMEM;
	matter_get(&b, m);
	if (b.bad || !sound(m) || b.at != b.size || !text_is_id(id) || matter_find(rota, id)) {
		free(m);
		return ERR_CORRUPT;
	}
	text_cut(m->id, sizeof m->id, id);
	HASH_ADD_STR(rota->matters, id, m);
	return ERR_OK;
}
