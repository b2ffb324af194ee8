/* SPDX-License-Identifier: MIT
 *
 * once: requests with an Idempotency-Key, for a day: what was asked, and what was answered, on disk before it is asked
 * and before it is answered. A request that was cut off in between is not done again: nobody knows whether it was done.
 *
 * An answer may tell of people who want to be forgotten before the day is over (an import's changes), so the file is of
 * use only with the client's key: the key's HMAC stands for it, and answers are sealed (AES-256-GCM) with another.
 */
#ifndef CURTAIN_GATEWAY_ONCE_H
#define CURTAIN_GATEWAY_ONCE_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"

#define ONCE_KEY_BYTES 256 /* of a key, with NUL */
#define ONCE_HASH_BYTES 32
#define ONCE_KEEP_MS INT64_C(86400000)
#define ONCE_WAITING_BYTES 40

struct once;

enum once_state {
	ONCE_NEW,     /* not seen before: noted, ask it */
	ONCE_SAME,    /* answered before: give that answer again */
	ONCE_OTHER,   /* the key belongs to another request */
	ONCE_UNKNOWN, /* at work, or cut off, or its answer is damaged */
};

struct once_request {
	const char *account, *key;
	const unsigned char *hash; /* of all that makes it the same request */
	const char *waiting;       /* correlation of the answer; unique while the process lives */
	struct wall now;
};

/* once_open opens or makes the file; what waited when the process ended is cut off. */
enum err once_open(const char *path, struct once **out_once, struct errinfo *info) ERR_MUST_CHECK;
void once_close(struct once *once);
/* once_begin says what is known of a request and notes a new one durably; ONCE_SAME: its answer too. Those older than
 * ONCE_KEEP_MS are forgotten. ERR_FULL: the disk is. */
enum err once_begin(struct once *once, const struct once_request *request, enum once_state *out_state,
	unsigned *out_status, struct buf *out_answer, struct errinfo *info) ERR_MUST_CHECK;
/* once_end keeps the answer of the request that waits for this correlation, durably; ERR_NOT_FOUND: none does. */
enum err once_end(struct once *once, const char *account, const char *waiting, unsigned status, const char *answer,
	size_t length, struct errinfo *info) ERR_MUST_CHECK;
/* once_undo forgets a request that was certainly not done, so that it may be sent again. */
enum err once_undo(struct once *once, const char *account, const char *waiting, struct errinfo *info) ERR_MUST_CHECK;

#endif
