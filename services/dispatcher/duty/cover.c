/* SPDX-License-Identifier: MIT */
#include "dispatcher/duty/cover.h"

#include <string.h>

#include "base/text.h"

/* look counts a user's duties; false: one of them is at that time. */
static bool look(const struct book *book, const char *team, struct wall from, struct wall until, struct cover *out)
{
	unsigned count;
	const struct book_duty *page = book_page(book, team, &count);

	out->rested = true;
	for (unsigned i = 0; i < count; i++) {
		const struct book_duty *d = &page[i];
		if (strcmp(d->user, out->user) != 0)
			continue;
		if (d->from.ms < until.ms && from.ms < d->until.ms)
			return false;
		out->duties++;
		if (d->from.ms < until.ms + COVER_REST_MS && from.ms < d->until.ms + COVER_REST_MS)
			out->rested = false;
	}
	return true;
}

static bool before(const struct cover *a, const struct cover *b)
{
	if (a->offers != b->offers)
		return a->offers;
	if (a->rested != b->rested)
		return a->rested;
	return a->duties < b->duties;
}

unsigned cover_list(const struct duty *duty, const char *team, struct wall from, struct wall until, struct cover *out,
	unsigned room)
{
	char user[ID_BYTES] = "";
	unsigned count = 0;

	while (duty_next_person(duty, team, user)) {
		struct cover one = {.offers = duty_offers(duty, user, from)};
		text_cut(one.user, sizeof one.user, user);
		if (!look(duty_rosters(duty), team, from, until, &one))
			continue;
		unsigned at = count < room ? count++ : room;
		while (at > 0 && before(&one, &out[at - 1])) { /* equals stay in the directory's order */
			if (at < room)
				out[at] = out[at - 1];
			at--;
		}
		if (at < room)
			out[at] = one;
	}
	return count;
}
