/* SPDX-License-Identifier: MIT
 *
 * carrier: between lanes and bus: packets and acknowledgements out, acknowledgements in. Decides nothing.
 */
#ifndef CURTAIN_SERVICE_CARRIER_H
#define CURTAIN_SERVICE_CARRIER_H

#include <stdbool.h>

#include "bus/bus.h"
#include "lane/lane.h"

/* carrier_subscribe_outbox and _inbox subscribe to what the lane's half reads. */
enum err carrier_subscribe_outbox(struct bus *bus, const struct outbox *outbox) ERR_MUST_CHECK;
enum err carrier_subscribe_inbox(struct bus *bus, const struct inbox *inbox) ERR_MUST_CHECK;
/* carrier_send_outbox publishes what may go now; what the bus does not take comes again. ERR_CORRUPT if the store has
 * lost a batch. */
enum err carrier_send_outbox(struct bus *bus, struct outbox *outbox, struct mono now) ERR_MUST_CHECK;
enum err carrier_send_acks(struct bus *bus, struct inbox *inbox, struct mono now) ERR_MUST_CHECK;
/* carrier_take_ack takes a message on an acknowledgement topic of this outbox; false: it is not one. One that makes no
 * sense is counted in *bad and changes nothing. */
bool carrier_take_ack(struct outbox *outbox, const struct bus_event *event, struct mono now, int64_t *bad);
/* carrier_open_batch opens a message on a lane topic of this inbox and holds its head against the topic. ERR_NOT_FOUND:
 * not of this lane; ERR_DENIED: head and topic disagree (a forgery); else as codec_batch_open. */
enum err carrier_open_batch(struct inbox *inbox, const struct bus_event *event, struct codec_batch **out_batch,
	struct lane_batch *out_head, struct errinfo *info) ERR_MUST_CHECK;

#endif
