/* SPDX-License-Identifier: MIT
 *
 * receiver: the consumer's side of one producer's shard, as pure state: the position, and what is to be said about it.
 */
#ifndef CURTAIN_LANE_RECEIVER_H
#define CURTAIN_LANE_RECEIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "lane/lane.h"

struct receiver {
	uint64_t epoch, seq;           /* applied, in the open transaction perhaps */
	struct wall at;                /* watermark of what is applied */
	uint64_t safe_epoch, safe_seq; /* committed */
	struct wall safe_at;
	bool tell;        /* an acknowledgement is due */
	bool ask;         /* and it asks for what follows, once: after a (re)connection */
	bool gap;         /* something is missing: asks again and again */
	struct mono asks; /* not again before */
};

enum inbox_verdict receiver_offer(struct receiver *receiver, const struct lane_batch *head);
void receiver_applied(struct receiver *receiver, const struct lane_batch *head);
void receiver_committed(struct receiver *receiver);
void receiver_rolled_back(struct receiver *receiver);

#endif
