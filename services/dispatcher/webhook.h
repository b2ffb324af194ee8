/* SPDX-License-Identifier: MIT
 *
 * webhook: each page as an HTTP POST, beside its way over MQTT (docs/webhook.md; Standard Webhooks 1.0.0). Calls stand
 * in the store until they have succeeded or given up, run in the service's loop, and never hold a page up: four
 * attempts, 0, 5, 15 and 30 s after the first; a call that fails four times is counted and dropped.
 */
#ifndef CURTAIN_DISPATCHER_WEBHOOK_H
#define CURTAIN_DISPATCHER_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "lane/store.h"
#include "message/message.h"

#define WEBHOOK_TABLE                                                                                                  \
	"CREATE TABLE webhook (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, body BLOB NOT NULL, "       \
	"attempts "                                                                                                    \
	"INTEGER NOT NULL) STRICT"
#define WEBHOOK_SECRET_BYTES 128
#define WEBHOOK_SIGNATURE_BYTES 64

struct webhook_secret {
	size_t length; /* 0 = calls are not signed */
	unsigned char bytes[WEBHOOK_SECRET_BYTES];
};

/* webhook_secret_load reads a secret file ("" = none): "whsec_" and base64, or the secret itself. */
enum err webhook_secret_load(const char *path, struct webhook_secret *out, struct errinfo *info) ERR_MUST_CHECK;
/* webhook_check: ERR_INVALID unless url is "" or http(s)://... */
enum err webhook_check(const char *url, struct errinfo *info) ERR_MUST_CHECK;
/* webhook_sign writes "v1," and the base64 of HMAC-SHA256 over id.timestamp.body. */
void webhook_sign(const struct webhook_secret *secret, const char *id, int64_t timestamp_s, const char *body,
	size_t length, char out[WEBHOOK_SIGNATURE_BYTES]);
/* webhook_body appends the JSON of a page without what tells of the person: ids, role, kind, level and times. */
enum err webhook_body(const struct page *page, struct buf *out);

struct webhook_config {
	const char *url, *secret_file;
	int64_t timeout_ms, waiting_max;
};

struct webhook_stats {
	int64_t sent, failed_attempts, given_up, dropped, waiting;
};

struct webhook;

/* webhook_open takes up what the store holds. url "": nothing is ever called, what waits is dropped. */
enum err webhook_open(struct store *store, const struct webhook_config *config, struct webhook **out_webhook,
	struct errinfo *info) ERR_MUST_CHECK;
void webhook_close(struct webhook *webhook);
/* webhook_add notes a call, in the caller's transaction; webhook_committed lets it start. */
enum err webhook_add(struct webhook *webhook, const struct page *page, struct errinfo *info) ERR_MUST_CHECK;
void webhook_committed(struct webhook *webhook);
/* webhook_fd is readable when webhook_run has something to do. */
int webhook_fd(const struct webhook *webhook);
struct mono webhook_due(const struct webhook *webhook);
/* webhook_run starts what is due and moves what runs; never blocks. wall is the true time, for the signature. */
void webhook_run(struct webhook *webhook, struct wall wall, struct mono now);
/* webhook_settles: results wait for the store; webhook_settle writes them in the caller's transaction, or its own. */
bool webhook_settles(const struct webhook *webhook);
enum err webhook_settle(struct webhook *webhook, struct errinfo *info) ERR_MUST_CHECK;
struct webhook_stats webhook_stats(const struct webhook *webhook);
/* webhook_fault tells why the last failed attempt failed, for the log. */
const char *webhook_fault(const struct webhook *webhook);

#endif
