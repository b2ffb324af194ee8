/* SPDX-License-Identifier: MIT
 *
 * queue: messages that wait, oldest first, bounded by bytes. take_next walks over them; those walked over stay until
 * queue_done, or are walked over again after queue_again.
 */
#ifndef CURTAIN_RECORDS_QUEUE_H
#define CURTAIN_RECORDS_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "message/message.h"

struct queue_item {
	struct queue_item *next;
	unsigned lane; /* which of the caller's lanes */
	uint32_t shard;
	char producer[ID_BYTES];
	struct mono arrived;
	size_t length;
	char payload[];
};

struct queue {
	struct queue_item *oldest, *newest;
	struct queue_item *next; /* not yet taken; NULL: all are */
	size_t bytes, limit;
};

void queue_init(struct queue *queue, size_t limit_bytes);
void queue_fini(struct queue *queue);
/* queue_put copies payload. ERR_FULL at the limit, ERR_NOMEM. An empty queue takes one of any size. */
enum err queue_put(
	struct queue *queue, const struct queue_item *head, const char *payload, size_t length) ERR_MUST_CHECK;
/* queue_take gives the next item, NULL if none; it stays the queue's. */
const struct queue_item *queue_take(struct queue *queue);
/* queue_done frees what was taken; queue_again makes it the next again. */
void queue_done(struct queue *queue);
void queue_again(struct queue *queue);

#endif
