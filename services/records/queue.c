/* SPDX-License-Identifier: MIT */
#include "records/queue.h"

#include <stdlib.h>
#include <string.h>

void queue_init(struct queue *queue, size_t limit_bytes)
{
	*queue = (struct queue){.limit = limit_bytes};
}

void queue_fini(struct queue *queue)
{
	if (!queue)
		return;
	queue->next = NULL;
	queue_done(queue);
}

enum err queue_put(struct queue *queue, const struct queue_item *head, const char *payload, size_t length)
{
	struct queue_item *item;

	if (queue->oldest && queue->bytes + sizeof *item + length > queue->limit)
		return ERR_FULL;
	item = malloc(sizeof *item + length);
	if (!item)
		return ERR_NOMEM;
	*item = *head;
	item->next = NULL;
	item->length = length;
	memcpy(item->payload, payload, length);
	if (queue->newest)
		queue->newest->next = item;
	else
		queue->oldest = item;
	queue->newest = item;
	if (!queue->next)
		queue->next = item;
	queue->bytes += sizeof *item + length;
	return ERR_OK;
}

const struct queue_item *queue_take(struct queue *queue)
{
	const struct queue_item *item = queue->next;

	if (item)
		queue->next = item->next;
	return item;
}

void queue_done(struct queue *queue)
{
	while (queue->oldest != queue->next) {
		struct queue_item *item = queue->oldest;
		queue->oldest = item->next;
		queue->bytes -= sizeof *item + item->length;
		free(item);
	}
	if (!queue->oldest)
		queue->newest = NULL;
}

void queue_again(struct queue *queue)
{
	queue->next = queue->oldest;
}
