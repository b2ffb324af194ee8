/* SPDX-License-Identifier: MIT
 *
 * json: the small writer that encoders share: appends JSON tokens to a buf, comma handling included. No jansson here.
 */
#ifndef CURTAIN_CODEC_JSON_H
#define CURTAIN_CODEC_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"

/* json_open appends { or [, json_close appends } or ]. Members and elements put their comma by looking at the last
 * byte. */
void json_open(struct buf *out, char bracket);
void json_close(struct buf *out, char bracket);
/* json_key appends `"key":` (comma first where one is due); key is a literal that needs no escape. */
void json_key(struct buf *out, const char *key);
void json_text(struct buf *out, const char *text); /* a string element, escaped */
void json_member_text(struct buf *out, const char *key, const char *text);
void json_member_text_if(struct buf *out, const char *key, const char *text); /* left out when text is "" */
void json_member_int(struct buf *out, const char *key, int64_t value);
void json_member_number(struct buf *out, const char *key, double value); /* shortest round-trip; finite */
void json_member_bool(struct buf *out, const char *key, bool value);
void json_member_wall(struct buf *out, const char *key, struct wall at);
void json_member_wall_if(struct buf *out, const char *key, struct wall at); /* left out when WALL_NONE */

#endif
