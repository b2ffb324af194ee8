/* SPDX-License-Identifier: MIT
 *
 * seal: the few values that the database may not read (identity number, medical notes): AES-256-GCM (NIST SP 800-38D)
 * with a key from a file. The nonce is made of key, row, column and text by HMAC-SHA-256, as synthetic IVs are (RFC
 * 8452's idea): the same value of the same row gives the same text, so that importing it again changes nothing, and no
 * nonce serves two texts. Row and column are authenticated: a value that is moved to another row does not open.
 *
 *   "s1:" base64(nonce 12, ciphertext, tag 16)
 */
#ifndef CURTAIN_RECORDS_SEAL_H
#define CURTAIN_RECORDS_SEAL_H

#include <stddef.h>

#include "base/err.h"

/* SEAL_TEXT_BYTES: how much room a sealed text of so many bytes needs. */
#define SEAL_TEXT_BYTES(bytes) (((bytes) + 28 + 2) / 3 * 4 + 8)

struct seal;

/* seal_create reads 64 hexadecimal digits from a file that nobody else may read. ERR_INVALID says what is wrong. */
enum err seal_create(const char *key_file, struct seal **out_seal, struct errinfo *info) ERR_MUST_CHECK;
void seal_destroy(struct seal *seal);
/* seal_close writes the sealed form of text, a value of column in row. ERR_FULL, ERR_IO. */
enum err seal_close(const struct seal *seal, const char *row, const char *column, const char *text, char *out,
	size_t size) ERR_MUST_CHECK;
/* seal_open is its inverse. ERR_CORRUPT: it was not sealed with this key for this row and column. */
enum err seal_open(const struct seal *seal, const char *row, const char *column, const char *sealed, char *out,
	size_t size) ERR_MUST_CHECK;

#endif
