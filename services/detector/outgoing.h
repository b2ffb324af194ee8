/* SPDX-License-Identifier: MIT
 *
 * outgoing: the core's alerts on their way out: each is kept for whoever asks why (told.h) and waits, by shard, for the
 * next batch of lane "alert". One that cannot be written is a fault of ours in one home: it is named in the log and
 * counted, and those of the other homes leave.
 */
#ifndef CURTAIN_DETECTOR_OUTGOING_H
#define CURTAIN_DETECTOR_OUTGOING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "detector/told.h"
#include "lane/lane.h"
#include "message/message.h"

struct outgoing;

/* outgoing_open: outbox (of lane "alert") and told are the caller's and outlive it; their transactions are the
 * caller's too. */
enum err outgoing_open(struct outbox *outbox, struct told *told, unsigned shards, struct outgoing **out_outgoing,
	struct errinfo *info) ERR_MUST_CHECK;
void outgoing_close(struct outgoing *outgoing);
/* outgoing_take takes one alert; judged: the time up to which all alerts are known, should a batch be full. *out_taken:
 * it will leave. An error is one of the store, or ERR_NOMEM. */
enum err outgoing_take(struct outgoing *outgoing, const struct alert *alert, struct wall judged, bool *out_taken,
	struct errinfo *info) ERR_MUST_CHECK;
/* outgoing_append gives the lane a batch of each shard that has alerts; beat: of every shard, be it empty. */
enum err outgoing_append(struct outgoing *outgoing, struct wall judged, bool beat, struct errinfo *info) ERR_MUST_CHECK;
/* outgoing_refused: how many could not be written since start. */
int64_t outgoing_refused(const struct outgoing *outgoing);

#endif
