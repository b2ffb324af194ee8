/* SPDX-License-Identifier: MIT
 *
 * digest: SHA-256 (FIPS 180-4) by libcrypto. A file of its own, because OpenSSL's headers and base/err.h claim the same
 * names.
 */
#ifndef CURTAIN_GATEWAY_DIGEST_H
#define CURTAIN_GATEWAY_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_BYTES 32

/* digest_sha256: false if libcrypto fails. */
bool digest_sha256(const void *text, size_t length, unsigned char out[DIGEST_BYTES]);

#endif
