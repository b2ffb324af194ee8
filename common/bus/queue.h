/* SPDX-License-Identifier: MIT
 *
 * bus_queue: where paho's threads meet the loop: they append events under a lock and wake an eventfd, the loop takes
 * the whole list at once. A message that does not fit waits in bus_queue_push, which stops paho's reading of the
 * socket. For bus.c.
 */
#ifndef CURTAIN_BUS_QUEUE_H
#define CURTAIN_BUS_QUEUE_H

#include <pthread.h>

#include "bus/bus.h"

/* bus_queue_item: an event; what its pointers point to lies behind it in the same allocation. */
struct bus_queue_item {
	struct bus_queue_item *next;
	struct bus_event event;
	size_t bytes; /* that count for the bound; 0 = always fits */
};

struct bus_queue_list {
	struct bus_queue_item *first, **last;
};

struct bus_queue {
	int wake;                    /* eventfd: readable while bus_queue_take may have something */
	struct bus_queue_list taken; /* the loop's; events in order */
	struct bus_queue_item *current;

	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t room;
	struct bus_queue_list inbox;
	size_t bytes, bytes_max;
	bool closing;
};

/* bus_queue_init makes an empty queue; ERR_IO if the system gives no eventfd. bus_queue_fini frees what is left in it.
 */
enum err bus_queue_init(struct bus_queue *queue, size_t bytes_max, struct errinfo *info) ERR_MUST_CHECK;
void bus_queue_fini(struct bus_queue *queue);
/* bus_queue_push takes the item over; waits while it does not fit, unless the queue is empty. Any thread. */
void bus_queue_push(struct bus_queue *queue, struct bus_queue_item *item);
/* bus_queue_take gives the next event, valid until the next call; NULL: none now. The loop's thread alone. */
const struct bus_event *bus_queue_take(struct bus_queue *queue);
/* bus_queue_close lets waiting pushes go; what is pushed from then on is dropped: nobody will take it. */
void bus_queue_close(struct bus_queue *queue);

#endif
