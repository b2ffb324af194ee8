/* SPDX-License-Identifier: MIT
 *
 * publisher: what one compacted directory lane has to send to whom. Pure: the shell reads entries from the database and
 * publishes them. A batch {prev, seq, items} goes to the lane's topic, so all consumers see it; those to whom it is not
 * news pass it over. Each consumer's retained acknowledgement says where it stands; nothing is kept for one that never
 * spoke.
 *
 *   publisher_ack, publisher_head   what has become known
 *   publisher_next                  a consumer is to get "all after N"
 *   publisher_sent                  it was published up to seq; sent again when no acknowledgement follows
 */
#ifndef CURTAIN_RECORDS_PUBLISHER_H
#define CURTAIN_RECORDS_PUBLISHER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "message/message.h"

#define PUBLISHER_CONSUMERS_MAX 8
#define PUBLISHER_WINDOW 4       /* batches sent ahead of a consumer's acknowledgement */
#define PUBLISHER_RESEND_MS 1000 /* doubles up to ... */
#define PUBLISHER_RESEND_MAX_MS 32000
#define PUBLISHER_WANT_MS 200 /* a consumer that asks again and again is served again at this pace */

struct publisher_consumer {
	char name[ID_BYTES];
	uint64_t position;
	uint64_t sent;                     /* >= position: published up to here */
	uint64_t flight[PUBLISHER_WINDOW]; /* ends of the batches between position and sent, ascending */
	unsigned flights;
	struct mono served; /* when sent was last set back */
	struct mono resend; /* when to send again from position */
	int64_t resend_ms;
};

struct publisher {
	uint64_t epoch, head;
	unsigned count;
	struct publisher_consumer consumers[PUBLISHER_CONSUMERS_MAX];
};

/* publisher_reset starts an epoch: every known consumer is served from 0. */
void publisher_reset(struct publisher *publisher, uint64_t epoch);
/* publisher_head tells the highest sequence number of the lane's entries. */
void publisher_head(struct publisher *publisher, uint64_t head);
/* publisher_ack takes an acknowledgement. One of another epoch means position 0. ERR_FULL: too many consumers. */
enum err publisher_ack(struct publisher *publisher, const char *consumer, uint64_t epoch, uint64_t seq, bool want,
	struct mono now) ERR_MUST_CHECK;
/* publisher_next says which consumer gets all after *out_after now; false: nothing to do. */
bool publisher_next(struct publisher *publisher, struct mono now, unsigned *out_consumer, uint64_t *out_after);
/* publisher_sent notes that entries up to seq (> after) were published for consumer. */
void publisher_sent(struct publisher *publisher, unsigned consumer, uint64_t seq, struct mono now);
/* publisher_due: when publisher_next may find a resend; {INT64_MAX}: none. */
struct mono publisher_due(const struct publisher *publisher);
/* publisher_is_behind: a consumer knows more of this epoch than we do: the database was set back, a new epoch is
 * needed. */
bool publisher_is_behind(const struct publisher *publisher);
/* publisher_waiting counts the consumers that have not acknowledged all. */
unsigned publisher_waiting(const struct publisher *publisher);

#endif
