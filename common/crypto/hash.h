/* SPDX-License-Identifier: MIT
 *
 * hash: SHA-256 of a whole file, read in pieces (OpenSSL's names do not go with base/err.h).
 */
#ifndef CURTAIN_CRYPTO_HASH_H
#define CURTAIN_CRYPTO_HASH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define HASH_TEXT_BYTES 65 /* 64 hexadecimal digits and NUL */

/* hash_file reads from where file stands to its end. false: it cannot be read (errno), or libcrypto fails (errno 0). */
bool hash_file(FILE *file, uint64_t *out_bytes, char out[HASH_TEXT_BYTES]);

#endif
