/* SPDX-License-Identifier: MIT
 *
 * entry_visit: the bodies of the directory entries that visits go by (care, companion, service). For entry.c alone.
 */
#ifndef CURTAIN_CODEC_ENTRY_VISIT_H
#define CURTAIN_CODEC_ENTRY_VISIT_H

#include "base/buf.h"
#include "codec/fields.h"
#include "message/message.h"

/* check_*: sets *fault, if it is NULL, to what is wrong, as a constant text. */
void check_care(const char **fault, const struct care *care);
void check_companion(const char **fault, const struct companion *companion);
void check_offering(const char **fault, const struct offering *service);
/* *_encode appends the members of a checked body; *_decode takes them into a zeroed one. */
void care_encode(const struct care *care, struct buf *out);
void companion_encode(const struct companion *companion, struct buf *out);
void offering_encode(const struct offering *service, struct buf *out);
void care_decode(struct fields *fields, struct care *out);
void companion_decode(struct fields *fields, struct companion *out);
void offering_decode(struct fields *fields, struct offering *out);

#endif
