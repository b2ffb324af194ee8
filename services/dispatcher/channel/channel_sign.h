/* SPDX-License-Identifier: MIT
 *
 * channel_sign: the signatures of those who want one, each as its vendor documents it.
 */
#ifndef CURTAIN_DISPATCHER_CHANNEL_SIGN_H
#define CURTAIN_DISPATCHER_CHANNEL_SIGN_H

#include <jv.h>

#include "base/buf.h"
#include "dispatcher/channel/channel_file.h"

/* channel_parts: a request before it is written out; objects, or invalid where there is none. */
struct channel_parts {
	jv query, headers, body;
	const char *id;
	struct wall now;
};

/* channel_sign adds what the definition's signature adds to query or body. ERR_INVALID: the body is of the wrong form.
 */
enum err channel_sign(
	const struct channel_definition *definition, struct channel_parts *parts, struct errinfo *info) ERR_MUST_CHECK;
/* channel_sign_headers appends the header lines of a signature over the bytes of the body. */
enum err channel_sign_headers(const struct channel_definition *definition, const char *id, struct wall now,
	const struct buf *body, struct buf *headers, struct errinfo *info) ERR_MUST_CHECK;

#endif
