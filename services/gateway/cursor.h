/* SPDX-License-Identifier: MIT
 *
 * cursor: where the next page of a list begins, sealed with HMAC-SHA256 together with whose list it is and by what it
 * was filtered, so that a cursor that was made up, changed or taken to another list is refused.
 */
#ifndef CURTAIN_GATEWAY_CURSOR_H
#define CURTAIN_GATEWAY_CURSOR_H

#include "base/buf.h"
#include "gateway/route.h"

#define CURSOR_KEY_BYTES 32
#define CURSOR_VALUE_BYTES 64

/* cursor_value gives where the page after answer (a service's JSON) begins: its "last", else the "id" of the last of
 * its "items". ERR_NOT_FOUND: there is no further page. */
enum err cursor_value(const char *answer, size_t length, char out[CURSOR_VALUE_BYTES]) ERR_MUST_CHECK;
/* cursor_link appends the address of that page: path and query of match, and the cursor. */
enum err cursor_link(const unsigned char key[CURSOR_KEY_BYTES], const char *account, const struct route_match *match,
	const char *value, struct buf *out) ERR_MUST_CHECK;
/* cursor_open puts the value of a cursor into match. ERR_INVALID: it is none of this list. */
enum err cursor_open(const unsigned char key[CURSOR_KEY_BYTES], const char *account, const char *cursor,
	struct route_match *match, struct errinfo *info) ERR_MUST_CHECK;

#endif
