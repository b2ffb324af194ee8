/* SPDX-License-Identifier: MIT
 *
 * compose: what jq programs give, written out as the parts of an HTTP request. For the dispatcher's channels and the
 * gateway's subscribers.
 */
#ifndef CURTAIN_WEB_COMPOSE_H
#define CURTAIN_WEB_COMPOSE_H

#include <jv.h>

#include "base/buf.h"

enum web_format { WEB_JSON, WEB_FORM, WEB_PLAIN };

extern const char *const web_format_words[]; /* as YAML says them; NULL-ended */

/* web_form appends an object as name=value&..., in order of the names, all but A-Z a-z 0-9 - _ . ~ as %XX. Consumes
 * object. web_percent does so with one text. */
enum err web_form(jv object, struct buf *out) ERR_MUST_CHECK;
void web_percent(const char *text, struct buf *out);

/* The following borrow their values. ERR_INVALID: *out_must says what the program should have given ("an object"). */

/* web_url appends url with the members of query as its parameters. */
enum err web_url(const char *url, jv query, struct buf *out, const char **out_must) ERR_MUST_CHECK;
/* web_headers appends a line "Name: value\n" for each member: names are text_is_id, values text_is_label. */
enum err web_headers(jv headers, struct buf *out, const char **out_must) ERR_MUST_CHECK;
/* web_type gives the media type of a format. */
const char *web_type(enum web_format format);
/* web_body appends the bytes that are sent. */
enum err web_body(enum web_format format, jv body, struct buf *out, const char **out_must) ERR_MUST_CHECK;

#endif
