/* SPDX-License-Identifier: MIT
 *
 * When people are away by their roster's task. The roster was planned around it, so no duty has to be opened, nobody
 * is told, and it ends by itself. So these are no matters: each is a span that bars, and a row of the store.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "rota_internal.h"

static struct away_page *page_of(const struct rota *rota, const char *user)
{
	struct away_page *page;

	HASH_FIND_STR(rota->aways, user, page);
	return page;
}

bool aways_at(const struct rota *rota, const char *user, struct wall from, struct wall until)
{
	const struct away_page *page = page_of(rota, user);

	for (const struct away *away = page ? page->first : NULL; away; away = away->next)
		if (away->from.ms < until.ms && from.ms < away->until.ms)
			return true;
	return false;
}

static void name(const char *team, const struct rota_span *away, char out[ID_BYTES])
{
	char cause[ID_BYTES * 2 + 64];
	int length = snprintf(
		cause, sizeof cause, "%s/%s/%" PRId64 "/%" PRId64, team, away->user, away->from.ms, away->until.ms);

	snprintf(out, ID_BYTES, AWAY_PREFIX "%016" PRIx64, text_hash64(cause, (size_t)length, 0));
}

enum err aways_make(struct rota *rota, const char *team, const struct rota_span *away, struct away **out)
{
	struct away_page *page = page_of(rota, away->user);
	struct away *made = calloc(1, sizeof *made);

	if (made && !page && (page = calloc(1, sizeof *page))) {
		text_cut(page->user, sizeof page->user, away->user);
		HASH_ADD_STR(rota->aways, user, page);
	}
	if (!made || !page) {
		free(made);
		return ERR_NOMEM;
	}
	name(team, away, made->id);
	text_cut(made->team, sizeof made->team, team);
	made->from = away->from;
	made->until = away->until;
	made->next = page->first;
	page->first = made;
	*out = made;
	return ERR_OK;
}

/* drop forgets one, here and in the store. */
static enum err drop(struct rota *rota, struct away **at)
{
	struct away *away = *at;
	struct gone *gone;

	HASH_FIND_STR(rota->gone, away->id, gone);
	if (!gone) {
		gone = calloc(1, sizeof *gone);
		if (!gone)
			return ERR_NOMEM;
		text_cut(gone->id, sizeof gone->id, away->id);
		HASH_ADD_STR(rota->gone, id, gone);
	}
	*at = away->next;
	free(away);
	return ERR_OK;
}

/* replaced: the new roster speaks of it, or it is over. */
static bool replaced(const struct away *away, struct wall from, struct wall until, struct wall now)
{
	return away->until.ms <= now.ms || !wall_is_set(from) || (away->from.ms >= from.ms && away->from.ms < until.ms);
}

enum err rota_aways_put(struct rota *rota, const char *team, const struct rota_span *aways, unsigned count,
	struct wall from, struct wall until, struct wall now)
{
	struct away *made = NULL;
	enum err err = ERR_OK;

	for (struct away_page *page = rota->aways; page; page = page->hh.next)
		for (struct away **at = &page->first; *at && !err;)
			if (!strcmp((*at)->team, team) && replaced(*at, from, until, now))
				err = drop(rota, at);
			else
				at = &(*at)->next;
	for (unsigned i = 0; i < count && !err; i++) {
		if (aways[i].until.ms <= now.ms)
			continue;
		err = aways_make(rota, team, &aways[i], &made);
		if (!err)
			made->dirty = rota->aways_dirty = true;
	}
	return err;
}

enum err aways_end(struct rota *rota, const char *user, struct wall now)
{
	struct away_page *page = page_of(rota, user);
	enum err err = ERR_OK;

	for (struct away **at = page ? &page->first : NULL; at && *at && !err;)
		if ((*at)->from.ms <= now.ms)
			err = drop(rota, at);
		else
			at = &(*at)->next;
	return err;
}

void aways_free(struct rota *rota)
{
	for (struct away_page *page = rota->aways; page; page = page->hh.next)
		while (page->first) {
			struct away *away = page->first;
			page->first = away->next;
			free(away);
		}
	TABLE_FREE(away_page, rota->aways);
}
