/* SPDX-License-Identifier: MIT
 *
 * Budgets by community: which terms hold for a home. A home points at its community, which the directory names; the
 * configuration gives some communities a budget of their own, the others have the district's.
 */
#include "core_internal.h"

#include <string.h>

#include "base/text.h"

static struct habit_terms terms_of(const struct detector_core *core, const struct detector_budget *budget)
{
	return (struct habit_terms){.per_month = {budget->attention_per_month, budget->alarm_per_month},
		.floor_ms = budget->floor_ms,
		.ceiling_ms = budget->ceiling_ms,
		.pooled = core->pooled,
		.lean_least = core->config.feedback.least,
		.lean_most = core->config.feedback.most};
}

/* community_settle finds the community's budget in the configuration; ERR_NOMEM leaves it the district's. */
static enum err community_settle(struct detector_core *core, struct community *community)
{
	const struct detector_config *config = &core->config;
	unsigned i = 0;

	while (i < config->community_count && strcmp(config->communities[i].id, community->id) != 0)
		i++;
	free(community->own);
	community->own = NULL;
	if (i == config->community_count)
		return ERR_OK;
	community->own = malloc(sizeof *community->own);
	if (!community->own)
		return ERR_NOMEM;
	community->own->terms = terms_of(core, &config->communities[i].budget);
	community->own->newcomer = core->newcomer;
	habit_init(&community->own->newcomer.habit, &community->own->terms);
	return ERR_OK;
}

static void pool(struct habit_terms *terms, struct home_habit *newcomer, double pooled)
{
	terms->pooled = pooled;
	habit_init(&newcomer->habit, terms);
}

void detect_terms_settle(struct detector_core *core)
{
	const struct detector_feedback *f = &core->config.feedback;

	core->pooled = core->pooled < f->pooled_least  ? f->pooled_least
		       : core->pooled > f->pooled_most ? f->pooled_most
						       : core->pooled;
	pool(&core->terms, &core->newcomer, core->pooled);
	for (struct community *one = core->communities; one; one = one->hh.next)
		if (one->own)
			pool(&one->own->terms, &one->own->newcomer, core->pooled);
}

enum err detect_terms_take(struct detector_core *core)
{
	enum err err = ERR_OK;

	core->terms = terms_of(core, &core->config.budget);
	for (struct community *one = core->communities; one; one = one->hh.next) {
		enum err settled = community_settle(core, one);
		err = err ? err : settled;
	}
	detect_terms_settle(core);
	return err;
}

enum err detect_terms_join(struct detector_core *core, struct home *home, const char *id)
{
	struct community *community;
	enum err err = ERR_OK;

	HASH_FIND_STR(core->communities, id, community);
	if (!community) {
		community = calloc(1, sizeof *community);
		if (!community)
			return ERR_NOMEM;
		text_cut(community->id, sizeof community->id, id);
		err = community_settle(core, community);
		HASH_ADD_STR(core->communities, id, community);
	}
	if (err || home->community == community)
		return err;
	home->community = community;
	if (home->habit_count)
		detect_habits_settle(core, home);
	return ERR_OK;
}

void detect_terms_free(struct detector_core *core)
{
	struct community *community, *next;

	HASH_ITER(hh, core->communities, community, next)
	{
		HASH_DEL(core->communities, community);
		free(community->own);
		free(community);
	}
}

const struct habit_terms *detect_terms(const struct detector_core *core, const struct home *home)
{
	return home->community && home->community->own ? &home->community->own->terms : &core->terms;
}

const struct home_habit *detect_newcomer(const struct detector_core *core, const struct home *home)
{
	return home->community && home->community->own ? &home->community->own->newcomer : &core->newcomer;
}

uint32_t detect_terms_sum(const struct habit_terms *terms)
{
	uint64_t hash = text_hash64(terms->per_month, sizeof terms->per_month, 0);

	hash = text_hash64(&terms->floor_ms, sizeof terms->floor_ms, hash);
	hash = text_hash64(&terms->ceiling_ms, sizeof terms->ceiling_ms, hash);
	return (uint32_t)(hash ^ hash >> 32);
}
