/* SPDX-License-Identifier: MIT
 *
 * timerq: an indexed binary min-heap of (due, id): each id stands in it at most once. O(log n) set and remove, O(1)
 * peek. ids are small integers chosen by the caller (row indexes). Ties pop in order of id, so runs repeat exactly.
 */
#ifndef CURTAIN_BASE_TIMERQ_H
#define CURTAIN_BASE_TIMERQ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"

struct timerq_slot {
	int64_t due_ms;
	uint32_t id;
};

struct timerq {
	struct timerq_slot *heap;
	uint32_t *place; /* id -> heap index + 1; 0 = absent */
	uint32_t length, capacity, ids;
};

void timerq_init(struct timerq *queue);
void timerq_fini(struct timerq *queue);
/* timerq_set puts id at due, moving it if it is there already. WALL_NEVER removes it. ERR_NOMEM leaves it as it was. */
enum err timerq_set(struct timerq *queue, uint32_t id, struct wall due) ERR_MUST_CHECK;
void timerq_remove(struct timerq *queue, uint32_t id);
/* timerq_due gives the earliest due time, WALL_NEVER when empty. */
struct wall timerq_due(const struct timerq *queue);
/* timerq_pop removes the earliest id if it is due at now; false if nothing is. */
bool timerq_pop(struct timerq *queue, struct wall now, uint32_t *out_id);

#endif
