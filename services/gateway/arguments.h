/* SPDX-License-Identifier: MIT
 *
 * arguments: from a matched request to the JSON that a service takes, and from its failures to problem details
 * (RFC 9457).
 */
#ifndef CURTAIN_GATEWAY_ARGUMENTS_H
#define CURTAIN_GATEWAY_ARGUMENTS_H

#include "base/buf.h"
#include "gateway/route.h"

/* arguments_write appends {"args": {...}} for the service: what path and query gave, and the members of body (length 0
 * = no body). ERR_INVALID: body is no JSON object, or one of its members is in the path already. */
enum err arguments_write(const struct route_match *match, const char *body, size_t length, struct buf *out,
	struct errinfo *info) ERR_MUST_CHECK;

/* problem_status gives the HTTP status for a code of the services ("invalid", "not_found", ...). */
unsigned problem_status(const char *code);
/* problem_write appends problem details with the code and the text, which names the place and the mend. */
enum err problem_write(unsigned status, const char *code, const char *text, struct buf *out);

#endif
