/* SPDX-License-Identifier: MIT */
#include "dispatcher/duty/stood.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static struct wall later(struct wall a, struct wall b)
{
	return a.ms > b.ms ? a : b;
}

static bool same_slot(const struct stood *a, const struct stood *b)
{
	return a->from.ms == b->from.ms && !strcmp(a->shift, b->shift);
}

/* fits says whether p can be what became of k; rounds go from the surest to the last resort, and each round is asked of
 * all before the next: who kept a duty must not be taken for who stood in for another. */
static bool fits(const struct stood *k, const struct stood *p, unsigned round)
{
	if (round == 0)
		return !strcmp(k->user, p->user) && (*p->user || !strcmp(k->planned, p->planned));
	if (round == 1) /* open: whose it was is the last who had it */
		return !*p->user && (!strcmp(k->user, p->planned) || !strcmp(k->planned, p->planned));
	return round == 2 ? !*k->user : true;
}

static void pair(const struct stood *kept, unsigned kept_count, const struct stood *present, unsigned count,
	unsigned *of_kept, unsigned *of_present)
{
	for (unsigned round = 0; round < 4; round++)
		for (unsigned p = 0; p < count; p++)
			for (unsigned k = 0; k < kept_count && of_present[p] == kept_count; k++)
				if (of_kept[k] == count && same_slot(&kept[k], &present[p]) &&
					fits(&kept[k], &present[p], round)) {
					of_kept[k] = p;
					of_present[p] = k;
				}
}

static void open_now(struct stood *row, struct wall now)
{
	if (!wall_is_set(row->open_from))
		row->open_from = later(row->from, now);
	row->open_until = row->until;
	row->user[0] = '\0';
}

/* go_on gives what became of a row that is still in force. */
static struct stood go_on(const struct stood *kept, const struct stood *present, struct wall now)
{
	struct stood row = *kept;

	row.until = present->until;
	row.place = present->place;
	if (!*present->user) {
		open_now(&row, now);
		return row;
	}
	if (!*kept->user)
		row.open_until = later(row.from, now);
	text_cut(row.user, sizeof row.user, present->user);
	if (wall_is_set(row.open_from) && row.open_until.ms <= row.open_from.ms)
		row.open_from = row.open_until = WALL_NONE;
	return row;
}

static struct stood begin(const struct stood *present, struct wall now)
{
	struct stood row = *present;

	row.open_from = row.open_until = WALL_NONE;
	if (!*row.user)
		open_now(&row, now);
	return row;
}

/* end cuts short what a new roster does not name any more; false: it had not begun. */
static bool end(struct stood *row, struct wall now)
{
	if (row->from.ms >= now.ms)
		return false;
	row->until = now;
	if (wall_is_set(row->open_from) && row->open_until.ms > now.ms)
		row->open_until = now;
	if (wall_is_set(row->open_from) && row->open_until.ms <= row->open_from.ms)
		row->open_from = row->open_until = WALL_NONE;
	return true;
}

unsigned stood_update(const struct stood *kept, unsigned kept_count, const struct stood *present, unsigned count,
	bool whole, struct wall now, struct stood *out)
{
	unsigned *of_kept = calloc((size_t)kept_count + count + 1, sizeof *of_kept);
	unsigned *of_present, written = 0;

	if (!of_kept)
		abort(); /* as the tables of the cores do */
	of_present = of_kept + kept_count;
	for (unsigned k = 0; k < kept_count; k++)
		of_kept[k] = count;
	for (unsigned p = 0; p < count; p++)
		of_present[p] = kept_count;
	pair(kept, kept_count, present, count, of_kept, of_present);
	for (unsigned p = 0; p < count; p++) {
		const struct stood *k = of_present[p] < kept_count ? &kept[of_present[p]] : NULL;
		bool anew = !k || (whole && k->from.ms > now.ms && strcmp(k->user, present[p].user) != 0);
		out[written++] = anew ? begin(&present[p], now) : go_on(k, &present[p], now);
	}
	for (unsigned k = 0; k < kept_count; k++) {
		if (of_kept[k] < count)
			continue;
		out[written] = kept[k];
		if (!whole)
			open_now(&out[written], now); /* called off, but planned */
		if (!whole || end(&out[written], now))
			written++;
	}
	free(of_kept);
	return written;
}
