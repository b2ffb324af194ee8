/* SPDX-License-Identifier: MIT
 *
 * seen: which revision of which incident was shown, so that what comes twice (snapshot and lane, or a lane that sends
 * again) is shown once. Bounded: the oldest incident makes room.
 */
#ifndef CURTAIN_TOOL_SEEN_H
#define CURTAIN_TOOL_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "message/message.h"

#define SEEN_MAX 4096

/* seen: zeroed is empty. */
struct seen {
	struct {
		char id[ID_BYTES];
		uint32_t revision;
	} items[SEEN_MAX];
	unsigned next;
};

/* seen_is_new says whether revision of id is higher than any before, and notes it. */
bool seen_is_new(struct seen *seen, const char *id, uint32_t revision);

#endif
