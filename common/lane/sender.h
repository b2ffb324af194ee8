/* SPDX-License-Identifier: MIT
 *
 * sender: the producer's side of one shard of a lane, as pure state: which batch is to be sent next, and when again.
 * Batches are numbers here; outbox.c holds their bytes.
 *
 * The frontier `sent` runs ahead of the slowest live consumer by at most a window of bytes. A consumer that does not
 * answer does not hold up the others: after a silence it is left behind and served on its own by a cursor, batch by
 * batch as it acknowledges.
 */
#ifndef CURTAIN_LANE_SENDER_H
#define CURTAIN_LANE_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "lane/lane.h"

#define SENDER_WINDOW_BATCHES 64   /* in flight at most, whatever their size */
#define SENDER_CATCH_UP_BATCHES 16 /* beyond a cursor's acknowledgement */

struct sender_consumer {
	uint64_t acked;
	uint64_t cursor;   /* next batch to send for it alone; 0 = it follows the frontier */
	struct mono heard; /* last progress, or the first send after it had all */
	unsigned patience; /* doublings of the wait so far */
	bool behind;       /* does not count for the window */
};

struct sender {
	unsigned consumer_count;
	struct sender_consumer consumers[LANE_CONSUMERS_MAX];
	uint64_t last, sent;
	int64_t window_bytes, resend_us;
	int64_t sizes[SENDER_WINDOW_BATCHES]; /* of batch n at n % SENDER_WINDOW_BATCHES, for those between acknowledged
						 and sent */
	int64_t resent;
};

void sender_init(
	struct sender *sender, unsigned consumer_count, int64_t window_bytes, int64_t resend_us, uint64_t last);
/* sender_restore sets what a consumer had acknowledged before this start. */
void sender_restore(struct sender *sender, unsigned consumer, uint64_t acked);
void sender_committed(struct sender *sender, uint64_t last);
/* sender_next gives the batch to send now; false: none. sender_sent must follow if it was sent. */
bool sender_next(struct sender *sender, struct mono now, uint64_t *out_seq);
void sender_sent(struct sender *sender, uint64_t seq, int64_t bytes, struct mono now);
/* sender_skipped: batches up to `to` are deleted, and one in their place was sent; who stands on one of them goes on
 * behind them, and so does the frontier (a consumer that came later has acknowledged none of them). */
void sender_skipped(struct sender *sender, uint64_t to, struct mono now);
/* sender_ack: seq 0 with want of a consumer that knows nothing of this epoch. ERR_INVALID beyond what was committed. */
enum err sender_ack(struct sender *sender, unsigned consumer, uint64_t seq, bool want, struct mono now) ERR_MUST_CHECK;
void sender_reconnected(struct sender *sender, struct mono now);
struct mono sender_due(const struct sender *sender);
/* sender_done gives the batch up to which all have acknowledged. */
uint64_t sender_done(const struct sender *sender);

#endif
