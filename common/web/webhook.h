/* SPDX-License-Identifier: MIT
 *
 * webhook: how calls are signed after Standard Webhooks 1.0.0: headers webhook-id, webhook-timestamp and
 * webhook-signature, HMAC-SHA256 over "id.timestamp.body" in base64. While a secret is exchanged, two sign.
 */
#ifndef CURTAIN_WEB_WEBHOOK_H
#define CURTAIN_WEB_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define WEBHOOK_SECRET_BYTES 128
#define WEBHOOK_SIGNATURE_BYTES 64

struct webhook_secret {
	size_t length; /* 0 = calls are not signed */
	unsigned char bytes[WEBHOOK_SECRET_BYTES];
};

/* webhook_secret_load reads a secret file ("" = none): "whsec_" and base64, or the secret itself. */
enum err webhook_secret_load(const char *path, struct webhook_secret *out, struct errinfo *info) ERR_MUST_CHECK;
/* webhook_secret_parse reads the same out of a text. */
enum err webhook_secret_parse(const char *text, struct webhook_secret *out) ERR_MUST_CHECK;
/* webhook_check: ERR_INVALID unless url is "" or http(s)://... */
enum err webhook_check(const char *url, struct errinfo *info) ERR_MUST_CHECK;
/* webhook_sign writes "v1," and the base64 of HMAC-SHA256 over id.timestamp.body; "" if that fails. */
void webhook_sign(const struct webhook_secret *secret, const char *id, int64_t timestamp_s, const char *body,
	size_t length, char out[WEBHOOK_SIGNATURE_BYTES]);
/* webhook_headers appends the three lines "name: value\n", signed with each of the secrets in turn (whoever receives
 * takes any that fits); without a secret the id and the time alone, by which repetitions are told. ERR_INVALID: a
 * secret is none; ERR_FULL: the body is too long. */
enum err webhook_headers(const char *const *secrets, unsigned count, const char *id, int64_t timestamp_s,
	const struct buf *body, struct buf *out) ERR_MUST_CHECK;

#endif
