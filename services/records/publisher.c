/* SPDX-License-Identifier: MIT */
#include "records/publisher.h"

#include <string.h>

#include "base/text.h"

/* rewind: all after position is to be sent (again). */
static void consumer_rewind(struct publisher_consumer *c, uint64_t position, struct mono now)
{
	c->position = c->sent = position;
	c->flights = 0;
	c->served = now;
}

void publisher_reset(struct publisher *publisher, uint64_t epoch)
{
	publisher->epoch = epoch;
	publisher->head = 0;
	for (unsigned i = 0; i < publisher->count; i++) {
		consumer_rewind(&publisher->consumers[i], 0, publisher->consumers[i].served);
		publisher->consumers[i].resend_ms = PUBLISHER_RESEND_MS;
	}
}

void publisher_head(struct publisher *publisher, uint64_t head)
{
	publisher->head = head;
}

static struct publisher_consumer *consumer_find(struct publisher *publisher, const char *name, struct mono now)
{
	struct publisher_consumer *c;

	for (unsigned i = 0; i < publisher->count; i++)
		if (strcmp(publisher->consumers[i].name, name) == 0)
			return &publisher->consumers[i];
	if (publisher->count == PUBLISHER_CONSUMERS_MAX)
		return NULL;
	c = &publisher->consumers[publisher->count];
	memset(c, 0, sizeof *c);
	if (text_copy(c->name, sizeof c->name, name))
		return NULL;
	c->resend_ms = PUBLISHER_RESEND_MS;
	c->served = (struct mono){.us = now.us - PUBLISHER_WANT_MS * 1000};
	publisher->count++;
	return c;
}

enum err publisher_ack(
	struct publisher *publisher, const char *consumer, uint64_t epoch, uint64_t seq, bool want, struct mono now)
{
	struct publisher_consumer *c = consumer_find(publisher, consumer, now);
	uint64_t position = epoch == publisher->epoch ? seq : 0;
	unsigned done = 0;

	if (!c)
		return ERR_FULL;
	if (position > c->position) {
		c->resend_ms = PUBLISHER_RESEND_MS;
		c->resend.us = now.us + c->resend_ms * 1000;
	}
	if (position < c->position || position > c->sent) {
		consumer_rewind(c, position, now);
		return ERR_OK;
	}
	if (want && now.us - c->served.us >= PUBLISHER_WANT_MS * 1000) {
		consumer_rewind(c, position, now);
		return ERR_OK;
	}
	while (done < c->flights && c->flight[done] <= position)
		done++;
	c->flights -= done;
	memmove(c->flight, c->flight + done, c->flights * sizeof *c->flight);
	c->position = position;
	return ERR_OK;
}

bool publisher_next(struct publisher *publisher, struct mono now, unsigned *out_consumer, uint64_t *out_after)
{
	for (unsigned i = 0; i < publisher->count; i++) {
		struct publisher_consumer *c = &publisher->consumers[i];
		if (c->flights && now.us >= c->resend.us) {
			consumer_rewind(c, c->position, now);
			c->resend_ms =
				c->resend_ms * 2 < PUBLISHER_RESEND_MAX_MS ? c->resend_ms * 2 : PUBLISHER_RESEND_MAX_MS;
		}
		if (c->sent < publisher->head && c->flights < PUBLISHER_WINDOW) {
			*out_consumer = i;
			*out_after = c->sent;
			return true;
		}
	}
	return false;
}

void publisher_sent(struct publisher *publisher, unsigned consumer, uint64_t seq, struct mono now)
{
	struct publisher_consumer *c = &publisher->consumers[consumer];

	if (seq <= c->sent || c->flights == PUBLISHER_WINDOW)
		return;
	if (!c->flights)
		c->resend.us = now.us + c->resend_ms * 1000;
	c->flight[c->flights++] = seq;
	c->sent = seq;
}

struct mono publisher_due(const struct publisher *publisher)
{
	struct mono due = {.us = INT64_MAX};

	for (unsigned i = 0; i < publisher->count; i++) {
		const struct publisher_consumer *c = &publisher->consumers[i];
		if (c->sent < publisher->head && c->flights < PUBLISHER_WINDOW)
			return (struct mono){.us = INT64_MIN};
		if (c->flights && c->resend.us < due.us)
			due = c->resend;
	}
	return due;
}

bool publisher_is_behind(const struct publisher *publisher)
{
	for (unsigned i = 0; i < publisher->count; i++)
		if (publisher->consumers[i].position > publisher->head)
			return true;
	return false;
}

unsigned publisher_waiting(const struct publisher *publisher)
{
	unsigned waiting = 0;

	for (unsigned i = 0; i < publisher->count; i++)
		waiting += publisher->consumers[i].position < publisher->head;
	return waiting;
}
