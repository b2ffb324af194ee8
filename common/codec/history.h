/* SPDX-License-Identifier: MIT
 *
 * history: one page of a household's stored readings, the result of records' method "history" (schemas/json/history).
 * As strict as codec.h; no function keeps a pointer to its input.
 */
#ifndef CURTAIN_CODEC_HISTORY_H
#define CURTAIN_CODEC_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "message/message.h"

#define HISTORY_ITEMS_MAX 4096u /* on one page */

/* history_head: the readings of a page are in order of `at`; all of one time stand on one page. */
struct history_head {
	char household[ID_BYTES];
	bool more;        /* ask again for what is after last */
	struct wall last; /* `at` of the last item; WALL_NONE = there is none */
	uint32_t count;
};

/* history: a decoded page; items are read one by one in order. Owned by the caller, release with history_close. */
struct history;
enum err history_open(const char *json, size_t length, struct history **out_history, struct history_head *out_head,
	struct errinfo *info) ERR_MUST_CHECK;
/* history_next: ERR_NOT_FOUND after the last item; ERR_INVALID for a bad one, or one of another household, which is
 * passed over. */
enum err history_next(struct history *history, struct reading *out, struct errinfo *info) ERR_MUST_CHECK;
void history_close(struct history *history);
/* history_encode appends a page; items is head->count encoded readings joined by commas. */
enum err history_encode(const struct history_head *head, const char *items, size_t items_length, struct buf *out);

#endif
