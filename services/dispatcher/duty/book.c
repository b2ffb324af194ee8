/* SPDX-License-Identifier: MIT */
#include "dispatcher/duty/book.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "dispatcher/table.h"

#define LONGEST_MS (7 * MS_PER_DAY) /* a duty is shorter, as far as other teams are concerned */

struct team_page {
	UT_hash_handle hh;
	char team[ID_BYTES];
	struct book_duty *duties; /* by from, place, user */
	unsigned count;
};

struct book {
	struct team_page *pages;
	struct team_page *last_asked,
		**recent; /* recent = &last_asked: whoever walks a page asks for it again and again */
};

enum err book_create(struct book **out_book)
{
	struct book *book = calloc(1, sizeof *book);

	if (!book)
		return ERR_NOMEM;
	book->recent = &book->last_asked;
	*out_book = book;
	return ERR_OK;
}

static void drop(struct book *book, struct team_page *page)
{
	if (book->last_asked == page)
		book->last_asked = NULL;
	HASH_DEL(book->pages, page);
	free(page->duties);
	free(page);
}

void book_destroy(struct book *book)
{
	struct team_page *page, *next;

	if (!book)
		return;
	HASH_ITER(hh, book->pages, page, next)
	{
		drop(book, page);
	}
	free(book);
}

static const struct team_page *page_of(const struct book *book, const char *team)
{
	struct team_page *page = *book->recent;

	if (page && strcmp(page->team, team) == 0)
		return page;
	HASH_FIND_STR(book->pages, team, page);
	if (page)
		*book->recent = page;
	return page;
}

static int in_order(const void *a, const void *b)
{
	const struct book_duty *x = a, *y = b;

	if (x->from.ms != y->from.ms)
		return x->from.ms < y->from.ms ? -1 : 1;
	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return strcmp(x->user, y->user);
}

static bool meet(const struct book_duty *a, const struct book_duty *b)
{
	return a->from.ms < b->until.ms && b->from.ms < a->until.ms;
}

/* has_at: user has one of the duties at a time of duty's. */
static bool has_at(const struct book_duty *duties, unsigned count, const char *user, const struct book_duty *duty)
{
	for (unsigned i = 0; i < count; i++)
		if (meet(&duties[i], duty) && !strcmp(duties[i].user, user))
			return true;
	return false;
}

enum err book_check(const struct book_duty *duties, unsigned count, unsigned *out_bad)
{
	*out_bad = count;
	if (count > BOOK_DUTIES_MAX)
		return ERR_FULL;
	for (unsigned i = 0; i < count; i++) {
		*out_bad = i;
		if (duties[i].until.ms <= duties[i].from.ms || duties[i].place < 0 ||
			duties[i].place >= BOOK_PLACES_MAX)
			return ERR_RANGE;
		if (has_at(duties, i, duties[i].user, &duties[i]))
			return ERR_EXISTS;
	}
	return ERR_OK;
}

static enum err page_make(struct book *book, const char *team, struct team_page **out_page)
{
	HASH_FIND_STR(book->pages, team, *out_page);
	if (*out_page)
		return ERR_OK;
	*out_page = calloc(1, sizeof **out_page);
	if (!*out_page)
		return ERR_NOMEM;
	text_cut((*out_page)->team, sizeof(*out_page)->team, team);
	HASH_ADD_STR(book->pages, team, *out_page);
	return ERR_OK;
}

enum err book_put(struct book *book, const char *team, const struct book_duty *duties, unsigned count, struct wall now,
	unsigned *out_bad)
{
	struct book_duty *kept;
	struct team_page *page = NULL;
	unsigned left = 0;

	enum err err = book_check(duties, count, out_bad);
	if (err)
		return err;
	if (page_make(book, team, &page))
		return ERR_NOMEM;
	kept = calloc(count + page->count + 1, sizeof *kept);
	if (!kept) {
		if (!page->duties)
			drop(book, page);
		return ERR_NOMEM;
	}
	for (unsigned i = 0; i < count; i++)
		if (duties[i].until.ms > now.ms)
			kept[left++] = duties[i];
	for (unsigned i = 0, ahead = left; ahead && i < page->count && left < BOOK_DUTIES_MAX; i++) {
		const struct book_duty *old = &page->duties[i];
		/* a duty that runs may have begun before: nobody has two at a time, or the book could not be read again
		 */
		if (old->until.ms <= now.ms && old->until.ms + BOOK_PAST_MS > now.ms &&
			!has_at(kept, ahead, old->user, old))
			kept[left++] = *old;
	}
	qsort(kept, left, sizeof *kept, in_order);
	free(page->duties);
	page->duties = kept;
	page->count = left;
	if (!left)
		drop(book, page);
	return ERR_OK;
}

enum err book_give(struct book *book, const char *team, const char *shift, struct wall from, const char *user,
	const char *to, struct wall now)
{
	struct book_duty *duty = NULL;
	struct team_page *page;

	HASH_FIND_STR(book->pages, team, page);
	for (unsigned i = 0; page && i < page->count && !duty; i++) {
		struct book_duty *d = &page->duties[i];
		if (d->from.ms == from.ms && d->until.ms > now.ms && !strcmp(d->shift, shift) && !strcmp(d->user, user))
			duty = d;
	}
	if (!duty)
		return ERR_NOT_FOUND;
	if (has_at(page->duties, page->count, to, duty))
		return ERR_EXISTS;
	text_cut(duty->user, sizeof duty->user, to);
	qsort(page->duties, page->count, sizeof *page->duties, in_order);
	return ERR_OK;
}

const struct book_duty *book_find(
	const struct book *book, const char *team, const char *shift, struct wall from, const char *user)
{
	const struct team_page *page = page_of(book, team);

	for (unsigned i = 0; page && i < page->count; i++) {
		const struct book_duty *d = &page->duties[i];
		if (d->from.ms == from.ms && !strcmp(d->shift, shift) && !strcmp(d->user, user))
			return d;
	}
	return NULL;
}

enum err book_drop(struct book *book, const char *team, const char *shift, struct wall from, const char *user)
{
	const struct book_duty *duty = book_find(book, team, shift, from, user);
	struct team_page *page;

	HASH_FIND_STR(book->pages, team, page);
	if (!duty || !page)
		return ERR_NOT_FOUND;
	unsigned at = (unsigned)(duty - page->duties);
	page->count--;
	memmove(&page->duties[at], &page->duties[at + 1], (page->count - at) * sizeof *page->duties);
	if (!page->count)
		drop(book, page);
	return ERR_OK;
}

enum err book_add(struct book *book, const char *team, const struct book_duty *duty)
{
	const struct team_page *old = page_of(book, team);
	struct team_page *page;
	unsigned bad, count = old ? old->count : 0;
	struct book_duty *more;
	enum err err = book_check(duty, 1, &bad);

	if (!err && count == BOOK_DUTIES_MAX)
		err = ERR_FULL;
	if (!err && old && has_at(old->duties, count, duty->user, duty))
		err = ERR_EXISTS;
	if (!err)
		err = page_make(book, team, &page);
	if (err)
		return err;
	more = realloc(page->duties, (count + 1) * sizeof *more);
	if (!more) {
		if (!count)
			drop(book, page);
		return ERR_NOMEM;
	}
	page->duties = more;
	page->duties[page->count++] = *duty;
	qsort(page->duties, page->count, sizeof *page->duties, in_order);
	return ERR_OK;
}

/* first_at gives the index of a page's first duty that begins at or after a time. */
static unsigned first_at(const struct team_page *page, struct wall from)
{
	unsigned low = 0, high = page->count;

	while (low < high) {
		unsigned middle = (low + high) / 2;
		if (page->duties[middle].from.ms < from.ms)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *book_elsewhere(
	const struct book *book, const char *team, const char *user, struct wall from, struct wall until)
{
	for (const struct team_page *page = book->pages; page; page = page->hh.next) {
		if (!strcmp(page->team, team))
			continue;
		for (unsigned i = first_at(page, wall_plus(from, -LONGEST_MS)); i < page->count; i++) {
			const struct book_duty *d = &page->duties[i];
			if (d->from.ms >= until.ms)
				break;
			if (d->until.ms > from.ms && !strcmp(d->user, user))
				return page->team;
		}
	}
	return NULL;
}

bool book_next_team(const struct book *book, char team[ID_BYTES])
{
	const struct team_page *page = *team ? page_of(book, team) : NULL;

	page = page ? page->hh.next : *team ? NULL : book->pages;
	if (page)
		text_cut(team, ID_BYTES, page->team);
	return page != NULL;
}

const struct book_duty *book_at(const struct book *book, const char *team, struct wall at, unsigned index)
{
	const struct team_page *page = page_of(book, team);
	const struct book_duty *last = NULL;

	/* by place, whenever it began: of those after the last given, the least */
	for (unsigned turn = 0; page && turn <= index; turn++) {
		const struct book_duty *best = NULL;
		for (unsigned i = 0; i < page->count; i++) {
			const struct book_duty *d = &page->duties[i];
			if (d->from.ms > at.ms || d->until.ms <= at.ms)
				continue;
			bool after = !last || d->place > last->place || (d->place == last->place && d > last);
			if (after && (!best || d->place < best->place))
				best = d;
		}
		if (!best)
			return NULL;
		last = best;
	}
	return last;
}

const struct book_duty *book_get(const struct book *book, const char *team, unsigned index)
{
	const struct team_page *page = page_of(book, team);

	return page && index < page->count ? &page->duties[index] : NULL;
}

const struct book_duty *book_page(const struct book *book, const char *team, unsigned *out_count)
{
	const struct team_page *page = page_of(book, team);

	*out_count = page ? page->count : 0;
	return page ? page->duties : NULL;
}

struct wall book_edge(const struct book *book, const char *team, struct wall after)
{
	const struct team_page *page = page_of(book, team);
	struct wall edge = WALL_NEVER;

	for (unsigned i = 0; page && i < page->count; i++) {
		const struct book_duty *d = &page->duties[i];
		if (d->from.ms > after.ms && d->from.ms < edge.ms)
			edge = d->from;
		if (d->until.ms > after.ms && d->until.ms < edge.ms)
			edge = d->until;
	}
	return edge;
}
