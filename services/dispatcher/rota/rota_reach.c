/* SPDX-License-Identifier: MIT
 *
 * Whom a cover request may reach, in the order in which they are asked: those of the team first (cover.h), then, one
 * circle out, those of teams near it who usually serve at such a time and are rested. And why the others are not asked.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "rota_internal.h"

#define NAMED_BARRED 8 /* in the captain's notice */

static bool earlier(const struct cover *a, const struct cover *b)
{
	return a->duties < b->duties;
}

/* add_near puts those of one team near it behind the own ones, those with the fewest duties first. */
static unsigned add_near(const struct rota *rota, const struct matter *m, const char *team, struct cover *out,
	unsigned own, unsigned count)
{
	struct cover list[ROTA_ASKED_MAX];
	unsigned found = cover_list(rota->duty, team, m->duty.from, m->duty.until, list, ROTA_ASKED_MAX);

	for (unsigned i = 0; i < found && list[i].offers && list[i].rested; i++) {
		unsigned at = count < ROTA_REACH_MAX ? count++ : ROTA_REACH_MAX;
		for (; at > own && earlier(&list[i], &out[at - 1]); at--)
			if (at < ROTA_REACH_MAX)
				out[at] = out[at - 1];
		if (at < ROTA_REACH_MAX)
			out[at] = list[i];
	}
	return count;
}

unsigned rota_reach(const struct rota *rota, const struct matter *m, struct cover *out, unsigned *out_own)
{
	unsigned count = cover_list(rota->duty, m->team, m->duty.from, m->duty.until, out, ROTA_ASKED_MAX);
	char team[ID_BYTES] = "";

	*out_own = count;
	while (duty_next_team(rota->duty, team))
		if (rota_near(rota, m->team, team))
			count = add_near(rota, m, team, out, *out_own, count);
	return count;
}

static bool concerned(const struct matter *m, const char *user)
{
	return !strcmp(user, m->other) || !strcmp(user, m->duty.user);
}

static void note(struct rota *rota, const struct matter *m, const char *user, struct rota_why *out)
{
	const struct rota_asked *asked = cover_asked_find(m, user);
	enum rota_bar bar = concerned(m, user) ? ROTA_BAR_NONE : rota_bar_of(rota, m->team, &m->duty, user, NULL);

	out->refused += asked && asked->answer == ASKED_NO;
	out->silent += asked && asked->answer == ASKED_WAITS;
	if (concerned(m, user) || (asked && asked->answer == ASKED_NO))
		return;
	out->bars[bar] += bar != ROTA_BAR_NONE;
	if (bar && out->barred_count < ROTA_WHY_BARRED) {
		out->barred[out->barred_count].bar = bar;
		text_cut(out->barred[out->barred_count++].user, ID_BYTES, user);
	} else if (!bar && out->could_count < ROTA_WHY_COULD) {
		text_cut(out->could[out->could_count++], ID_BYTES, user);
	}
}

void rota_why_open(struct rota *rota, const struct matter *m, struct rota_why *out)
{
	struct cover list[ROTA_REACH_MAX];
	unsigned own, count = rota_reach(rota, m, list, &own);
	char user[ID_BYTES] = "";

	*out = (struct rota_why){0};
	while (duty_next_person(rota->duty, m->team, user)) /* with those who have a duty then */
		note(rota, m, user, out);
	for (unsigned i = own; i < count; i++)
		note(rota, m, list[i].user, out);
}

bool rota_why(struct rota *rota, const char *id, struct rota_why *out)
{
	const struct matter *m = matter_find(rota, id);

	if (!m || m->kind != ROTA_COVER || rota_final(m->kind, m->state))
		return false;
	rota_why_open(rota, m, out);
	return true;
}

void rota_why_words(const struct rota_why *why, bool english, struct buf *out)
{
	(void)!buf_printf(
		out, english ? "%u said no, %u not yet answered" : "%u 人谢绝，%u 人未答", why->refused, why->silent);
	for (unsigned i = 0; i < why->could_count; i++)
		(void)!buf_printf(out, "%s%s", i ? " " : english ? "; could still: " : "；还可以：", why->could[i]);
	for (unsigned i = 0; i < why->barred_count && i < NAMED_BARRED; i++)
		(void)!buf_printf(out, english ? "%s%s (%s)" : "%s%s（%s）",
			i         ? " "
			: english ? "; a rule is against: "
				  : "；规则不允许：",
			why->barred[i].user, rota_bar_words(why->barred[i].bar, english));
}

/* ---- whose matter it is ---- */

bool rota_concerns(const struct rota *rota, const char *id, const char *user)
{
	const struct matter *m = matter_find(rota, id);
	struct duty_people people;

	if (!m)
		return false;
	return !strcmp(user, m->duty.user) || !strcmp(user, m->other) || !strcmp(user, m->by) ||
	       cover_asked_find(m, user) ||
	       (m->state == ROTA_VETO && !strcmp(user, rota_captain(rota, m->team, &people)));
}

const char *rota_began(const struct rota *rota, const char *id)
{
	const struct matter *m = matter_find(rota, id);

	return !m ? "" : m->kind == ROTA_SWAP ? m->by : m->kind == ROTA_COVER ? m->duty.user : "";
}
