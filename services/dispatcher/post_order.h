/* SPDX-License-Identifier: MIT
 *
 * post_order: which of the messages that wait for the broker leaves next. Pure; post.c has the store and the broker.
 *
 * There are two queues, each in the order of its numbers. Pages leave at once. Letters are all that can wait: notices,
 * errands, the desk's rows; no more than POST_LETTERS_MAX of them are on their way at a time, so that a page finds at
 * most these before it where a broker takes few messages at a time. A topic belongs to one of the two queues, so
 * nothing of one topic overtakes another message of it.
 */
#ifndef CURTAIN_DISPATCHER_POST_ORDER_H
#define CURTAIN_DISPATCHER_POST_ORDER_H

#include <stdbool.h>
#include <stdint.h>

/* Less than the smallest Receive Maximum that brokers have as installed (HiveMQ 10, Mosquitto 20, EMQX 32). */
#define POST_LETTERS_MAX 8

enum post_queue { POST_LETTERS, POST_PAGES, POST_QUEUE_COUNT };

struct post_order {
	int64_t sent[POST_QUEUE_COUNT]; /* highest number handed over on this connection */
	bool more[POST_QUEUE_COUNT];    /* there may be higher ones */
	unsigned under_way;
	int64_t letters[POST_LETTERS_MAX]; /* their numbers */
};

/* post_order_connected: on a new connection all is to be sent, from the beginning. */
void post_order_connected(struct post_order *order);
/* post_order_added: there is a new message in queue. */
void post_order_added(struct post_order *order, enum post_queue queue);
/* post_order_next gives the queue whose first message beyond *out_after is next; false: nothing may leave now. */
bool post_order_next(const struct post_order *order, enum post_queue *out_queue, int64_t *out_after);
/* post_order_sent: that message was handed over; post_order_empty: there was none. */
void post_order_sent(struct post_order *order, enum post_queue queue, int64_t number);
void post_order_empty(struct post_order *order, enum post_queue queue);
/* post_order_settled: the broker has taken or refused it; numbers that are not under way are passed over. */
void post_order_settled(struct post_order *order, int64_t number);

#endif
