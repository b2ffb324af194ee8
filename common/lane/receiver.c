/* SPDX-License-Identifier: MIT */
#include "lane/receiver.h"

enum inbox_verdict receiver_offer(struct receiver *receiver, const struct lane_batch *head)
{
	/* A later epoch is a new store of the producer: its batches count from 1 again. */
	uint64_t position = head->epoch > receiver->epoch ? 0 : receiver->seq;

	if (head->epoch < receiver->epoch)
		return INBOX_STALE;
	if (head->seq <= position) {
		receiver->tell = true;
		return INBOX_DUPLICATE;
	}
	if (head->prev <= position)
		return INBOX_APPLY;
	receiver->gap = true;
	return INBOX_GAP;
}

void receiver_applied(struct receiver *receiver, const struct lane_batch *head)
{
	receiver->epoch = head->epoch;
	receiver->seq = head->seq;
	if (head->at.ms > receiver->at.ms)
		receiver->at = head->at;
	receiver->gap = false;
}

void receiver_committed(struct receiver *receiver)
{
	if (receiver->safe_epoch != receiver->epoch || receiver->safe_seq != receiver->seq)
		receiver->tell = true;
	receiver->safe_epoch = receiver->epoch;
	receiver->safe_seq = receiver->seq;
	receiver->safe_at = receiver->at;
}

void receiver_rolled_back(struct receiver *receiver)
{
	receiver->epoch = receiver->safe_epoch;
	receiver->seq = receiver->safe_seq;
	receiver->at = receiver->safe_at;
	receiver->ask = true;
}
