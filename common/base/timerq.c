/* SPDX-License-Identifier: MIT */
#include "base/timerq.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void timerq_init(struct timerq *queue)
{
	*queue = (struct timerq){0};
}

void timerq_fini(struct timerq *queue)
{
	if (!queue)
		return;
	free(queue->heap);
	free(queue->place);
	timerq_init(queue);
}

static bool before(const struct timerq_slot *a, const struct timerq_slot *b)
{
	return a->due_ms < b->due_ms || (a->due_ms == b->due_ms && a->id < b->id);
}

static void put(struct timerq *queue, uint32_t index, struct timerq_slot slot)
{
	queue->heap[index] = slot;
	queue->place[slot.id] = index + 1;
}

static void sift_up(struct timerq *queue, uint32_t index, struct timerq_slot slot)
{
	while (index > 0 && before(&slot, &queue->heap[(index - 1) / 2])) {
		put(queue, index, queue->heap[(index - 1) / 2]);
		index = (index - 1) / 2;
	}
	put(queue, index, slot);
}

static void sift_down(struct timerq *queue, uint32_t index, struct timerq_slot slot)
{
	for (;;) {
		uint32_t child = 2 * index + 1;
		if (child >= queue->length)
			break;
		if (child + 1 < queue->length && before(&queue->heap[child + 1], &queue->heap[child]))
			child++;
		if (!before(&queue->heap[child], &slot))
			break;
		put(queue, index, queue->heap[child]);
		index = child;
	}
	put(queue, index, slot);
}

static enum err grow_places(struct timerq *queue, uint32_t id)
{
	uint32_t ids = queue->ids ? queue->ids : 64;
	uint32_t *place;

	while (ids <= id)
		ids *= 2;
	place = realloc(queue->place, (size_t)ids * sizeof *place);
	if (!place)
		return ERR_NOMEM;
	memset(place + queue->ids, 0, (size_t)(ids - queue->ids) * sizeof *place);
	queue->place = place;
	queue->ids = ids;
	return ERR_OK;
}

static enum err grow_heap(struct timerq *queue)
{
	uint32_t capacity = queue->capacity ? queue->capacity * 2 : 64;
	struct timerq_slot *heap = realloc(queue->heap, (size_t)capacity * sizeof *heap);

	if (!heap)
		return ERR_NOMEM;
	queue->heap = heap;
	queue->capacity = capacity;
	return ERR_OK;
}

enum err timerq_set(struct timerq *queue, uint32_t id, struct wall due)
{
	struct timerq_slot slot = {.due_ms = due.ms, .id = id};

	assert(id < UINT32_MAX / 2);
	if (due.ms == INT64_MAX) {
		timerq_remove(queue, id);
		return ERR_OK;
	}
	if (id >= queue->ids && grow_places(queue, id))
		return ERR_NOMEM;
	if (queue->place[id]) {
		uint32_t index = queue->place[id] - 1;
		if (before(&slot, &queue->heap[index]))
			sift_up(queue, index, slot);
		else
			sift_down(queue, index, slot);
		return ERR_OK;
	}
	if (queue->length == queue->capacity && grow_heap(queue))
		return ERR_NOMEM;
	sift_up(queue, queue->length++, slot);
	return ERR_OK;
}

void timerq_remove(struct timerq *queue, uint32_t id)
{
	uint32_t index;
	struct timerq_slot last;

	if (id >= queue->ids || !queue->place[id])
		return;
	index = queue->place[id] - 1;
	queue->place[id] = 0;
	last = queue->heap[--queue->length];
	if (index == queue->length)
		return;
	if (index > 0 && before(&last, &queue->heap[(index - 1) / 2]))
		sift_up(queue, index, last);
	else
		sift_down(queue, index, last);
}

struct wall timerq_due(const struct timerq *queue)
{
	return queue->length ? (struct wall){.ms = queue->heap[0].due_ms} : WALL_NEVER;
}

bool timerq_pop(struct timerq *queue, struct wall now, uint32_t *out_id)
{
	if (!queue->length || queue->heap[0].due_ms > now.ms)
		return false;
	*out_id = queue->heap[0].id;
	timerq_remove(queue, *out_id);
	return true;
}
