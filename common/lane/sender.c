/* SPDX-License-Identifier: MIT */
#include "lane/sender.h"

#include <assert.h>
#include <string.h>

#define SENDER_PATIENCE_MAX 4 /* the wait doubles up to 16 times resend_us */

void sender_init(struct sender *sender, unsigned consumer_count, int64_t window_bytes, int64_t resend_us, uint64_t last)
{
	assert(consumer_count >= 1 && consumer_count <= LANE_CONSUMERS_MAX);
	*sender = (struct sender){
		.consumer_count = consumer_count, .window_bytes = window_bytes, .resend_us = resend_us, .last = last};
}

void sender_restore(struct sender *sender, unsigned consumer, uint64_t acked)
{
	sender->consumers[consumer].acked = acked > sender->last ? sender->last : acked;
	sender->sent = sender_done(sender);
}

void sender_committed(struct sender *sender, uint64_t last)
{
	assert(last >= sender->last);
	sender->last = last;
}

uint64_t sender_done(const struct sender *sender)
{
	uint64_t done = UINT64_MAX;

	for (unsigned i = 0; i < sender->consumer_count; i++)
		if (sender->consumers[i].acked < done)
			done = sender->consumers[i].acked;
	return done;
}

/* live_acked: up to where the consumers that count have acknowledged; the frontier itself if none counts. */
static uint64_t live_acked(const struct sender *sender)
{
	uint64_t acked = sender->sent;

	for (unsigned i = 0; i < sender->consumer_count; i++)
		if (!sender->consumers[i].behind && sender->consumers[i].acked < acked)
			acked = sender->consumers[i].acked;
	return acked;
}

static bool window_open(const struct sender *sender)
{
	uint64_t acked = live_acked(sender);
	int64_t bytes = 0;

	if (sender->sent - acked >= SENDER_WINDOW_BATCHES)
		return false;
	for (uint64_t seq = acked + 1; seq <= sender->sent; seq++)
		bytes += sender->sizes[seq % SENDER_WINDOW_BATCHES];
	return bytes < sender->window_bytes;
}

static struct mono consumer_due(const struct sender *sender, const struct sender_consumer *consumer)
{
	if (consumer->acked >= sender->sent)
		return (struct mono){INT64_MAX};
	return (struct mono){consumer->heard.us + (sender->resend_us << consumer->patience)};
}

/* fall_silent: a consumer has not answered in time; it is served by its cursor from what it has acknowledged. */
static void fall_silent(struct sender_consumer *consumer, struct mono now)
{
	consumer->behind = true;
	consumer->cursor = consumer->acked + 1;
	consumer->heard = now;
	if (consumer->patience < SENDER_PATIENCE_MAX)
		consumer->patience++;
}

bool sender_next(struct sender *sender, struct mono now, uint64_t *out_seq)
{
	for (unsigned i = 0; i < sender->consumer_count; i++) {
		struct sender_consumer *consumer = &sender->consumers[i];
		if (consumer_due(sender, consumer).us <= now.us)
			fall_silent(consumer, now);
		if (consumer->cursor && consumer->cursor <= consumer->acked)
			consumer->cursor = consumer->acked + 1;
		if (consumer->cursor > sender->sent) { /* caught up */
			consumer->cursor = 0;
			continue;
		}
		if (consumer->cursor && consumer->cursor <= consumer->acked + SENDER_CATCH_UP_BATCHES) {
			*out_seq = consumer->cursor;
			return true;
		}
	}
	if (sender->sent < sender->last && window_open(sender)) {
		*out_seq = sender->sent + 1;
		return true;
	}
	return false;
}

void sender_sent(struct sender *sender, uint64_t seq, int64_t bytes, struct mono now)
{
	if (seq == sender->sent + 1) {
		for (unsigned i = 0; i < sender->consumer_count; i++)
			if (sender->consumers[i].acked == sender->sent)
				sender->consumers[i].heard = now;
		sender->sent = seq;
		sender->sizes[seq % SENDER_WINDOW_BATCHES] = bytes;
		return;
	}
	sender->resent++;
	/* All consumers hear a batch that is sent again: it serves every cursor that stands on it. */
	for (unsigned i = 0; i < sender->consumer_count; i++)
		if (sender->consumers[i].cursor == seq)
			sender->consumers[i].cursor++;
}

void sender_skipped(struct sender *sender, uint64_t to, struct mono now)
{
	for (unsigned i = 0; i < sender->consumer_count; i++) {
		struct sender_consumer *consumer = &sender->consumers[i];
		if (consumer->cursor && consumer->cursor <= to)
			consumer->cursor = to + 1;
		if (sender->sent < to && consumer->acked == sender->sent)
			consumer->heard = now;
	}
	if (sender->sent < to) {
		sender->sent = to;
		memset(sender->sizes, 0, sizeof sender->sizes); /* of what is gone nothing is in flight */
	}
}

enum err sender_ack(struct sender *sender, unsigned index, uint64_t seq, bool want, struct mono now)
{
	struct sender_consumer *consumer = &sender->consumers[index];

	if (seq > sender->last)
		return ERR_INVALID;
	if (seq > consumer->acked) {
		consumer->acked = seq;
		consumer->heard = now;
		consumer->patience = 0;
		if (seq > sender->sent) /* it has from an earlier run of ours what this run has not sent yet */
			sender->sent = seq;
		if (sender->sent - seq < SENDER_WINDOW_BATCHES)
			consumer->behind = false;
	} else if (seq < consumer->acked && want) {
		consumer->acked = seq; /* its store is an older one, or a new one */
	}
	if (want && consumer->acked < sender->sent &&
		!(consumer->cursor > consumer->acked &&
			consumer->cursor <= consumer->acked + SENDER_CATCH_UP_BATCHES)) {
		consumer->cursor = consumer->acked + 1;
		consumer->behind = true;
		consumer->heard = now;
	}
	return ERR_OK;
}

void sender_reconnected(struct sender *sender, struct mono now)
{
	for (unsigned i = 0; i < sender->consumer_count; i++) {
		struct sender_consumer *consumer = &sender->consumers[i];
		if (consumer->acked >= sender->sent)
			continue;
		consumer->cursor = consumer->acked + 1;
		consumer->heard = now;
		consumer->patience = 0;
	}
}

struct mono sender_due(const struct sender *sender)
{
	struct mono due = {INT64_MAX};

	for (unsigned i = 0; i < sender->consumer_count; i++) {
		struct mono one = consumer_due(sender, &sender->consumers[i]);
		if (one.us < due.us)
			due = one;
	}
	return due;
}
