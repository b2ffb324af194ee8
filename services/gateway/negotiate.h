/* SPDX-License-Identifier: MIT
 *
 * negotiate: what headers of a request say about answers and bodies (RFC 9110, sections 8.3, 12.5.1 and 13.1.2). Pure;
 * what cannot be read is passed over, as if it were not there.
 */
#ifndef CURTAIN_GATEWAY_NEGOTIATE_H
#define CURTAIN_GATEWAY_NEGOTIATE_H

#include <stdbool.h>

/* negotiate_same: If-None-Match names the entity tag (with its quotes): alone, in a list, weak (W/), or as "*". NULL:
 * no such header. */
bool negotiate_same(const char *if_none_match, const char *tag);
/* negotiate_accepts: Accept allows an answer of type ("application/json"); the range that fits best decides. NULL or
 * empty: anything. */
bool negotiate_accepts(const char *accept, const char *type);
/* negotiate_is_json: Content-Type is application/json, or another type that ends in +json, whatever parameters follow.
 */
bool negotiate_is_json(const char *content_type);

#endif
