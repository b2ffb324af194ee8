/* SPDX-License-Identifier: MIT
 *
 * answerer: answers curtain/api/<user>/records/<method>. Requests wait in one queue, in the order of their coming;
 * several answerers, each with a connection to PostgreSQL of its own, take them from there, so that a long import holds
 * up no question. Quick reads that wait share a transaction, so that the audit trail is synced once for all of them;
 * no answer leaves before that. One that fails takes none of the others with it: they are asked again, one by one.
 * What may be asked is methods.h's.
 */
#ifndef CURTAIN_RECORDS_ANSWERER_H
#define CURTAIN_RECORDS_ANSWERER_H

#include "base/clock.h"
#include "base/err.h"
#include "bus/bus.h"
#include "records/api.h"
#include "records/pg.h"
#include "records/settings.h"

struct seal;

/* questions: the requests that wait, and what is counted of them. */
struct questions {
	struct bus *bus;
	struct api_request *first, *last;
	unsigned waiting, most;  /* most: of settings.requests */
	unsigned running, ready; /* answerers at work; whose connection is there */
	size_t bytes;
	int64_t requests, refused, imports;
};

struct answerer_config {
	const struct records_settings *settings;
	struct questions *questions;
	struct pg *pg;
	const struct seal *seal;        /* NULL: no key was given */
	unsigned chain;                 /* of the audit trail: each answerer writes its own */
	void (*changed)(void *context); /* the registry was changed */
	void *context;
};

struct answerer;

/* questions_init subscribes to requests. */
enum err questions_init(struct questions *questions, const struct records_settings *settings, struct bus *bus,
	struct errinfo *info) ERR_MUST_CHECK;
void questions_fini(struct questions *questions);
/* questions_event takes a request; true: the event was one. */
bool questions_event(struct questions *questions, const struct bus_event *event);

/* answerer_create: all that config names must outlive it. */
enum err answerer_create(
	const struct answerer_config *config, struct answerer **out_answerer, struct errinfo *info) ERR_MUST_CHECK;
void answerer_destroy(struct answerer *answerer);
/* answerer_connected: pg is connected, the database migrated. answerer_lost: it is not there any more. */
void answerer_connected(struct answerer *answerer);
void answerer_lost(struct answerer *answerer);
/* answerer_tick takes the next request. */
void answerer_tick(struct answerer *answerer, struct turn turn);
struct mono answerer_due(const struct answerer *answerer);

#endif
