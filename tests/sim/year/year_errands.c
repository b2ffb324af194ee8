/* SPDX-License-Identifier: MIT
 *
 * The log of errands, and what must be true of each: the events come one after the other, nobody is asked twice, what
 * is missed is told to somebody the same day, what is left undone has an owner, no home is forgotten.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "year_internal.h"

#define LATE_MS (3 * MS_PER_DAY) /* after an end by which the core has let an errand end, or climb to the desk */
#define WAITS_DAYS 4             /* a home may be so many days beyond its interval: slack, and the next part of a day */

static struct year_errand *known(struct year *year, const struct errand *e)
{
	struct year_errand *k;

	HASH_FIND_STR(year->errands, e->id, k);
	if (k)
		return k;
	k = calloc(1, sizeof *k);
	if (!k)
		return NULL;
	text_cut(k->id, sizeof k->id, e->id);
	k->kind = e->kind;
	k->opened = e->at;
	k->home = (unsigned)strtoul(e->household + 2, NULL, 10) - 1;
	k->agreed = WALL_NONE;
	HASH_ADD_STR(year->errands, id, k);
	return k;
}

static bool was_asked(struct year_errand *k, const char *user)
{
	uint64_t hash = text_hash64(user, strlen(user), 0);

	for (unsigned i = 0; i < k->asked_count; i++)
		if (k->asked[i] == hash)
			return true;
	if (k->asked_count < sizeof k->asked / sizeof *k->asked)
		k->asked[k->asked_count++] = hash;
	return false;
}

/* see_missed: noticed the same day, by somebody. */
static void see_missed(struct year *year, const struct visit_effect *effect)
{
	const struct errand *e = &effect->errand;

	if (!*e->actor && e->at.ms > e->until.ms + MS_PER_HOUR && year_day(year, e->at) != year_day(year, e->until))
		year_breaks(year, YEAR_VISIT_NOTICED, "%s was missed on day %d and noticed on day %d", e->id,
			year_day(year, e->until), year_day(year, e->at));
	if (!effect->tell_count)
		year_breaks(year, YEAR_VISIT_NOTICED, "%s was missed and nobody was told", e->id);
}

static void see_home(struct year *year, const struct errand *e)
{
	unsigned number = (unsigned)strtoul(e->household + 2, NULL, 10);

	if (e->kind != ERRAND_VISIT || number < 1 || number > YEAR_HOMES)
		return;
	struct year_home *home = &year->home[number - 1];
	home->visit_open = e->state != ERRAND_DONE && !visit_over(e->state);
	home->visit_day = year_day(year, e->at);
}

enum err year_errand_see(struct year *year, const struct visit_effect *effect)
{
	const struct errand *e = &effect->errand;
	struct year_errand *k;

	if (year->options->fault == YEAR_FAULT_ERRAND_LOST && e->event == ERRAND_EVENT_DONE &&
		++year->faults % 100 == 0)
		return ERR_OK;
	k = known(year, e);
	if (!k)
		return ERR_NOMEM;
	year->hash = text_hash64(e->id, strlen(e->id), year->hash ^ (uint64_t)(e->at.ms * 64 + e->event));
	if (e->revision != k->revision + 1)
		year_breaks(year, YEAR_ERRAND_ENDED, "%s: event %u came after %u", e->id, e->revision, k->revision);
	if (e->event == ERRAND_EVENT_OFFERED && was_asked(k, *e->assignee ? e->assignee : e->provider))
		year_breaks(year, YEAR_ASKED_ONCE, "%s was offered to %s twice", e->id,
			*e->assignee ? e->assignee : e->provider);
	if (e->event == ERRAND_EVENT_MISSED)
		see_missed(year, effect);
	if (!*e->assignee && !*e->provider && e->state > ERRAND_OFFERED && e->state < ERRAND_DONE)
		year_breaks(year, YEAR_ERRAND_OWNED, "%s is %s and nobody has it", e->id, errand_state_name(e->state));
	k->offers += e->event == ERRAND_EVENT_OFFERED;
	if (e->event == ERRAND_EVENT_AGREED && !wall_is_set(k->agreed))
		k->agreed = e->at;
	k->revision = e->revision;
	k->state = e->state;
	k->climb = e->climb;
	k->from = e->from;
	k->until = e->until;
	text_cut(k->holder, sizeof k->holder, e->assignee);
	k->seen = wall_is_set(e->seen);
	year->counts.visit_events++;
	year->counts.climbs += e->event == ERRAND_EVENT_CLIMBED;
	year->counts.visited[year_day(year, e->at) / 30 % 13] +=
		e->kind == ERRAND_VISIT && e->event == ERRAND_EVENT_DONE;
	see_home(year, e);
	return ERR_OK;
}

/* look_at_home: one without a visit for longer than its interval and what the rules allow beside. */
static void look_at_home(struct year *year, const struct visit_home *h, int today)
{
	unsigned number = (unsigned)strtoul(h->household + 2, NULL, 10);
	const struct year_home *home = &year->home[number - 1];

	if (!home->visit_open && today - home->visit_day > h->every_days + WAITS_DAYS)
		year_breaks(year, YEAR_VISIT_NOTICED, "%s: every %u days, none since day %d (today %d)", h->household,
			h->every_days, home->visit_day, today);
}

/* year_visits_look walks all homes at noon. */
enum err year_visits_look(struct year *year)
{
	struct year_event next = {.kind = YEAR_VISITS_LOOK, .at = wall_plus(year->now, MS_PER_DAY)};
	struct visit_home home;
	unsigned homes = 0;

	for (uint32_t at = 0; visit_home_walk(year->visits, &at, &home); homes++)
		look_at_home(year, &home, year_day(year, year->now));
	if (homes != YEAR_HOMES)
		year_breaks(year, YEAR_VISIT_NOTICED, "%u homes are visited, not %u", homes, YEAR_HOMES);
	return year_later(year, &next);
}

void year_errands_close(struct year *year)
{
	for (const struct year_errand *k = year->errands; k; k = k->hh.next) {
		bool over = k->state == ERRAND_DONE || visit_over(k->state);
		if (over || k->until.ms + LATE_MS > year->now.ms)
			continue;
		if (k->kind != ERRAND_TASK || k->climb < ERRAND_CLIMB_MAX)
			year_breaks(year, YEAR_ERRAND_ENDED, "%s is still %s, climb %u", k->id,
				errand_state_name(k->state), k->climb);
	}
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static enum err tell_kind(struct year *year, enum errand_kind kind)
{
	static const char *const names[] = {"visits", "tasks", "services"};
	unsigned states[ERRAND_STATE_COUNT] = {0}, count = 0, offers = 0, agreed = 0, seen = 0;
	int64_t *ms = calloc(HASH_COUNT(year->errands) + 1, sizeof *ms);

	if (!ms)
		return ERR_NOMEM;
	for (const struct year_errand *k = year->errands; k; k = k->hh.next) {
		if (k->kind != kind)
			continue;
		count++;
		offers += k->offers;
		seen += k->seen;
		states[k->state]++;
		if (wall_is_set(k->agreed))
			ms[agreed++] = k->agreed.ms - k->opened.ms;
	}
	qsort(ms, agreed, sizeof *ms, by_value);
	const int64_t *middle = ms + agreed / 2, *late = ms + (agreed ? agreed - 1 - agreed / 10 : 0);
	unsigned done = states[ERRAND_DONE] + states[ERRAND_CONFIRMED];
	fprintf(year->out, "%-9s %7u %7u %7u %7u %7u %7u %7.2f %7.1f %7.1f\n", names[kind], count, done,
		states[ERRAND_MISSED], states[ERRAND_REFUSED], states[ERRAND_CANCELLED],
		count - done - states[ERRAND_MISSED] - states[ERRAND_REFUSED] - states[ERRAND_CANCELLED],
		done ? (double)offers / done : 0, agreed ? (double)*middle / MS_PER_HOUR : 0,
		agreed ? (double)*late / MS_PER_HOUR : 0);
	free(ms);
	return ERR_OK;
}

enum err year_errands_tell(struct year *year)
{
	const struct year_counts *c = &year->counts;
	enum err err = ERR_OK;

	fprintf(year->out, "\n%-9s %7s %7s %7s %7s %7s %7s %7s %7s %7s\n", "errands", "opened", "done", "missed",
		"refused", "gone", "open", "offers", "p50 h", "p90 h");
	for (unsigned kind = 0; kind < ERRAND_KIND_COUNT && !err; kind++)
		err = tell_kind(year, (enum errand_kind)kind);
	fprintf(year->out, "visits made in 30 days:");
	for (unsigned m = 0; m < 12 && (m + 1) * 30 <= year->options->days; m++)
		fprintf(year->out, " %u", c->visited[m]);
	fprintf(year->out, "\nevents %u, climbed %u; replies %u", c->visit_events, c->climbs, c->visit_replies);
	for (unsigned v = 0; v < VISIT_VERDICT_COUNT; v++)
		fprintf(year->out, "%s%s %u", v ? ", " : ": ", visit_verdict_name((enum visit_verdict)v),
			c->visit_verdicts[v]);
	fprintf(year->out, "%s%s\n", *year->bad_reply ? "; bad: " : "", year->bad_reply);
	return err;
}

void year_errands_fini(struct year *year)
{
	struct year_errand *k, *next;

	HASH_ITER(hh, year->errands, k, next)
	{
		HASH_DEL(year->errands, k);
		free(k);
	}
}
