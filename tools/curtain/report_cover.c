/* SPDX-License-Identifier: MIT */
#include "report_cover.h"

#include <stdlib.h>

static int by_begin(const void *a, const void *b)
{
	const struct cover_span *one = a, *other = b;

	return (one->from.ms > other->from.ms) - (one->from.ms < other->from.ms);
}

size_t cover_gaps(struct cover_span *spans, size_t count, struct wall from, struct wall until, struct cover_span *out,
	size_t most)
{
	size_t gaps = 0;
	struct wall covered = from; /* all before is covered or told */

	if (count)
		qsort(spans, count, sizeof *spans, by_begin);
	for (size_t i = 0; i <= count && covered.ms < until.ms; i++) {
		struct wall next = i < count ? spans[i].from : until;
		if (next.ms > until.ms)
			next = until;
		if (next.ms > covered.ms) {
			if (gaps < most)
				out[gaps] = (struct cover_span){covered, next};
			gaps++;
		}
		if (i < count && spans[i].until.ms > covered.ms)
			covered = spans[i].until;
	}
	return gaps;
}

int64_t cover_ms(struct cover_span *spans, size_t count, struct wall from, struct wall until)
{
	int64_t covered = 0;
	struct wall done = from;

	if (count)
		qsort(spans, count, sizeof *spans, by_begin);
	for (size_t i = 0; i < count; i++) {
		int64_t begin = spans[i].from.ms > done.ms ? spans[i].from.ms : done.ms;
		int64_t end = spans[i].until.ms < until.ms ? spans[i].until.ms : until.ms;
		if (end > begin) {
			covered += end - begin;
			done.ms = end;
		}
	}
	return covered;
}
