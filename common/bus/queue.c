/* SPDX-License-Identifier: MIT */
#include "bus/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void list_init(struct bus_queue_list *list)
{
	list->first = NULL;
	list->last = &list->first;
}

static void list_free(struct bus_queue_list *list)
{
	while (list->first) {
		struct bus_queue_item *item = list->first;
		list->first = item->next;
		free(item);
	}
	list_init(list);
}

enum err bus_queue_init(struct bus_queue *queue, size_t bytes_max, struct errinfo *info)
{
	*queue = (struct bus_queue){.bytes_max = bytes_max};
	list_init(&queue->taken);
	list_init(&queue->inbox);
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->room, NULL);
	queue->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return queue->wake < 0 ? errinfo_set(info, ERR_IO, "eventfd: %s", strerror(errno)) : ERR_OK;
}

void bus_queue_fini(struct bus_queue *queue)
{
	list_free(&queue->inbox);
	list_free(&queue->taken);
	free(queue->current);
	if (queue->wake >= 0)
		close(queue->wake);
	pthread_cond_destroy(&queue->room);
	pthread_mutex_destroy(&queue->lock);
}

void bus_queue_push(struct bus_queue *queue, struct bus_queue_item *item)
{
	uint64_t one = 1;

	pthread_mutex_lock(&queue->lock);
	while (item->bytes && queue->bytes && queue->bytes + item->bytes > queue->bytes_max && !queue->closing)
		pthread_cond_wait(&queue->room, &queue->lock);
	if (queue->closing) {
		free(item);
	} else {
		queue->bytes += item->bytes;
		item->next = NULL;
		*queue->inbox.last = item;
		queue->inbox.last = &item->next;
		/* Fails only when the counter is full: then it is readable already. */
		(void)!write(queue->wake, &one, sizeof one);
	}
	pthread_mutex_unlock(&queue->lock);
}

static bool refill(struct bus_queue *queue)
{
	uint64_t count;

	pthread_mutex_lock(&queue->lock);
	bool any = queue->inbox.first != NULL;
	if (any) {
		queue->taken = queue->inbox;
		list_init(&queue->inbox);
	} else {
		(void)!read(queue->wake, &count, sizeof count);
	}
	pthread_mutex_unlock(&queue->lock);
	return any;
}

static void release_current(struct bus_queue *queue)
{
	if (!queue->current)
		return;
	if (queue->current->bytes) {
		pthread_mutex_lock(&queue->lock);
		queue->bytes -= queue->current->bytes;
		pthread_cond_signal(&queue->room);
		pthread_mutex_unlock(&queue->lock);
	}
	free(queue->current);
	queue->current = NULL;
}

const struct bus_event *bus_queue_take(struct bus_queue *queue)
{
	release_current(queue);
	if (!queue->taken.first && !refill(queue))
		return NULL;
	queue->current = queue->taken.first;
	queue->taken.first = queue->current->next;
	if (!queue->taken.first)
		list_init(&queue->taken);
	return &queue->current->event;
}

void bus_queue_close(struct bus_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->closing = true;
	pthread_cond_broadcast(&queue->room);
	pthread_mutex_unlock(&queue->lock);
}
