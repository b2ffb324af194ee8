/* SPDX-License-Identifier: MIT */
#include "seen.h"

#include <string.h>

#include "base/text.h"

bool seen_is_new(struct seen *seen, const char *id, uint32_t revision)
{
	unsigned i = 0;

	while (i < SEEN_MAX && strcmp(seen->items[i].id, id) != 0)
		i++;
	if (i < SEEN_MAX && seen->items[i].revision >= revision)
		return false;
	if (i == SEEN_MAX) {
		i = seen->next;
		seen->next = (seen->next + 1) % SEEN_MAX;
		text_cut(seen->items[i].id, sizeof seen->items[i].id, id);
	}
	seen->items[i].revision = revision;
	return true;
}
