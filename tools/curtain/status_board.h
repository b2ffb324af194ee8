/* SPDX-License-Identifier: MIT
 *
 * status_board: what the services say of themselves, judged and shown. Pure: `now` is set by the caller.
 *
 * An instance is well when it is ready and its status is fresh: one that has grown old means a service, or a whole
 * machine, that went away together with its broker. The district is healthy when every instance is well and every
 * expected service has one.
 */
#ifndef CURTAIN_TOOL_STATUS_BOARD_H
#define CURTAIN_TOOL_STATUS_BOARD_H

#include <stdbool.h>

#include "base/buf.h"
#include "message/message.h"

#define STATUS_INSTANCES_MAX 256
#define STATUS_SERVICES_MAX 16

/* status_board: zeroed, then stale_ms and now are the caller's to set. */
struct status_board {
	struct wall now;
	int64_t stale_ms; /* older than this is not fresh */
	struct status rows[STATUS_INSTANCES_MAX];
	unsigned count;
	unsigned unread;   /* messages that could not be read: the caller counts them */
	unsigned overflow; /* messages of instances that found no place */
	char expected[STATUS_SERVICES_MAX][WORD_BYTES];
	unsigned expected_count;
};

/* status_board_expect takes the services that must be there: names joined by commas. */
enum err status_board_expect(struct status_board *board, const char *services, struct errinfo *info) ERR_MUST_CHECK;
/* status_board_take puts an instance's newest status in its place; status_board_sort orders by service and instance. */
void status_board_take(struct status_board *board, const struct status *status);
void status_board_sort(struct status_board *board);
bool status_board_healthy(const struct status_board *board);
/* status_board_text appends a table and a verdict; status_board_json one document, ended by a newline. */
enum err status_board_text(const struct status_board *board, const struct zone *zone, struct buf *out) ERR_MUST_CHECK;
enum err status_board_json(const struct status_board *board, struct buf *out) ERR_MUST_CHECK;

#endif
