/* SPDX-License-Identifier: MIT */
#include "dispatcher/post_order.h"

#include <assert.h>

void post_order_connected(struct post_order *order)
{
	*order = (struct post_order){.more = {true, true}};
}

void post_order_added(struct post_order *order, enum post_queue queue)
{
	order->more[queue] = true;
}

bool post_order_next(const struct post_order *order, enum post_queue *out_queue, int64_t *out_after)
{
	enum post_queue queue = order->more[POST_PAGES] ? POST_PAGES : POST_LETTERS;

	if (!order->more[queue] || (queue == POST_LETTERS && order->under_way == POST_LETTERS_MAX))
		return false;
	*out_queue = queue;
	*out_after = order->sent[queue];
	return true;
}

void post_order_sent(struct post_order *order, enum post_queue queue, int64_t number)
{
	assert(number > order->sent[queue]);
	order->sent[queue] = number;
	if (queue == POST_PAGES)
		return;
	assert(order->under_way < POST_LETTERS_MAX);
	order->letters[order->under_way++] = number;
}

void post_order_empty(struct post_order *order, enum post_queue queue)
{
	order->more[queue] = false;
}

void post_order_settled(struct post_order *order, int64_t number)
{
	for (unsigned i = 0; i < order->under_way; i++) {
		if (order->letters[i] == number) {
			order->letters[i] = order->letters[--order->under_way];
			return;
		}
	}
}
