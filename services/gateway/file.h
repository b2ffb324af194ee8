/* SPDX-License-Identifier: MIT
 *
 * file: the files of the gateway: tokens, certificate, key.
 */
#ifndef CURTAIN_GATEWAY_FILE_H
#define CURTAIN_GATEWAY_FILE_H

#include "base/buf.h"
#include "gateway/token.h"

#define FILE_BYTES_MAX (1u << 20)

/* file_read appends a file's bytes; errors name the file. */
enum err file_read(const char *path, struct buf *out, struct errinfo *info) ERR_MUST_CHECK;
/* file_tokens reads the file of tokens into book. */
enum err file_tokens(const char *path, struct token_book *book, struct errinfo *info) ERR_MUST_CHECK;

/* file_key reads a key of size bytes, which is made first where there is no such file. */
enum err file_key(const char *path, unsigned char *out, size_t size, struct errinfo *info) ERR_MUST_CHECK;

#endif
