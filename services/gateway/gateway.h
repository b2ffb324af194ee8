/* SPDX-License-Identifier: MIT
 *
 * gateway: the HTTP edge for those who do not speak MQTT. A request with a token becomes a request on
 * curtain/api/<the token's account>/<service>/<method>; the connection waits, suspended, until the service has
 * answered. A device's message becomes a publication with a receipt: 200 is said when ingest has it on disk. Kept here
 * are only, for a day, the answers to requests with an Idempotency-Key, and the key of the cursors. Webhooks
 * and the bridge (hooks.h) have a store of their own.
 *
 * libmicrohttpd runs in the service's own loop, on the one thread: MHD_run when its descriptor is readable or its
 * timeout has come, and at the end of each turn in which an answer arrived.
 */
#ifndef CURTAIN_GATEWAY_GATEWAY_H
#define CURTAIN_GATEWAY_GATEWAY_H

#include <microhttpd.h>

#include "base/buf.h"
#include "gateway/cursor.h"
#include "gateway/hooks.h"
#include "gateway/metrics.h"
#include "gateway/once.h"
#include "gateway/settings.h"
#include "gateway/token.h"

#define EXCHANGES_MAX 4096 /* requests that wait for a service */
#define GATEWAY_TOPIC_BYTES 512
#define EXCHANGE_JSON "application/json"
#define EXCHANGE_PROBLEM "application/problem+json"

enum exchange_state {
	EXCHANGE_READING, /* its body comes */
	EXCHANGE_WAITING, /* suspended until a service answers, or the time is over */
	EXCHANGE_READY    /* status and answer stand */
};

/* exchange: a request and its answer. Owned by the connection: libmicrohttpd says when it is over. */
struct exchange {
	enum exchange_state state;
	struct MHD_Connection *connection;
	struct route_match match;
	char account[ID_BYTES];
	char user[ID_BYTES]; /* ROUTE_FEED: whose duties */
	uint64_t peer;       /* hash of its address */
	unsigned slot;       /* of gateway.waiting, while it waits */
	uint64_t number;
	char correlation[ONCE_WAITING_BYTES]; /* "": not yet sent */
	char key[ONCE_KEY_BYTES];             /* Idempotency-Key; "" = none */
	struct mono until;
	struct buf body, answer;
	unsigned status;
	unsigned wait_s; /* Retry-After */
	bool undone;     /* certainly not done: may be asked again */
	bool replayed;   /* the answer is one that was given before */
	struct buf link; /* the next page's address */
	const char *type, *allow;
};

struct gateway {
	struct service *service;
	struct gateway_settings settings;
	struct MHD_Daemon *daemon;
	struct token_book *book;
	struct metrics metrics;
	struct hooks *hooks; /* NULL: none */
	struct once *once;
	unsigned char cursor_key[CURSOR_KEY_BYTES];
	struct buf certificate, key; /* in use by the daemon */
	struct exchange *waiting[EXCHANGES_MAX];
	unsigned waits, waits_end; /* how many; the slot after the last in use */
	uint64_t numbers;          /* of requests, for correlation */
	char user[ID_BYTES];       /* our own account */
	char answers[GATEWAY_TOPIC_BYTES], receipts[GATEWAY_TOPIC_BYTES];
	struct turn turn;
	bool run; /* MHD has something to do in this turn */
	uint64_t requests, refused, too_fast, failed, timeouts, unasked, replayed;
};

enum err gateway_open(struct service *service, const void *settings, void **out_state, struct errinfo *info);
enum err gateway_event(void *state, const struct bus_event *event, struct turn turn);
enum err gateway_tick(void *state, struct turn turn);
enum err gateway_flush(void *state, struct turn turn);
struct mono gateway_due(const void *state, struct turn turn);
void gateway_status(const void *state, struct status *out);
enum err gateway_reload(void *state, const void *settings, struct errinfo *info);
bool gateway_draining(const void *state);
void gateway_close(void *state);

/* http_open starts to listen; http_close ends it, and every exchange with it. */
enum err http_open(struct gateway *gateway, struct errinfo *info) ERR_MUST_CHECK;
void http_close(struct gateway *gateway);

/* head_measure refuses a request whose address or headers are too long; url is its path. head_negotiate refuses one
 * whose body or wanted answer is of a type that there is not; its route stands. */
void head_measure(struct exchange *exchange, const char *url);
void head_negotiate(struct exchange *exchange);

/* exchange_begin sends what the request asks for; on return the exchange waits or is ready. */
void exchange_begin(struct gateway *gateway, struct exchange *exchange);
/* exchange_fail makes the exchange ready with a problem. */
void exchange_fail(struct exchange *exchange, const char *code, const char *text);
/* exchange_answer takes a message that may be an answer or a receipt; false: it is neither. */
bool exchange_answer(struct gateway *gateway, const struct bus_event *event);
/* exchange_leave takes it out of those that wait. */
void exchange_leave(struct gateway *gateway, struct exchange *exchange);
/* exchange_expire ends those whose time is over. */
void exchange_expire(struct gateway *gateway, struct mono now);

/* repeat_begin looks whether a request with a key was asked before, and notes a new one, before it is sent. ERR_EXISTS:
 * the exchange is ready, with the answer of then or a problem. */
enum err repeat_begin(struct gateway *gateway, struct exchange *exchange) ERR_MUST_CHECK;
/* repeat_end keeps what is answered to it, before it leaves. When nobody knows whether it was done, its key stays
 * taken.
 */
void repeat_end(struct gateway *gateway, struct exchange *exchange);
/* repeat_late keeps an answer that came when its client had gone, or its time was over, for whoever asks again. */
void repeat_late(struct gateway *gateway, const struct bus_event *event);

#endif
