/* SPDX-License-Identifier: MIT
 *
 * buf: a growing byte buffer with a hard limit. The caller owns it: buf_init, use, buf_fini.
 * After the first failed append `failed` stays set and later appends do nothing, so a writer checks once at its end.
 */
#ifndef CURTAIN_BASE_BUF_H
#define CURTAIN_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct buf {
	char *data; /* NUL ended whenever it is not NULL */
	size_t length;
	size_t capacity;
	size_t limit; /* length never exceeds this */
	enum err failed;
};

/* buf_init makes an empty buffer that may grow to limit bytes; allocates nothing. */
void buf_init(struct buf *buf, size_t limit);
/* buf_fini frees the memory; the buffer may be initialised again. NULL is fine. */
void buf_fini(struct buf *buf);
/* buf_reset empties the buffer and its failure, keeping the memory. */
void buf_reset(struct buf *buf);
/* buf_append and friends return buf->failed: ERR_OK, ERR_NOMEM or ERR_FULL. */
enum err buf_append(struct buf *buf, const void *bytes, size_t length);
enum err buf_text(struct buf *buf, const char *text);
enum err buf_byte(struct buf *buf, char byte);
enum err buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
