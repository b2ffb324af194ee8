/* SPDX-License-Identifier: MIT
 *
 * hmac: the two functions of libcrypto that signatures need. A file of its own, because OpenSSL's headers and
 * base/err.h claim the same names.
 */
#ifndef CURTAIN_DISPATCHER_HMAC_H
#define CURTAIN_DISPATCHER_HMAC_H

#include <stdbool.h>
#include <stddef.h>

#define HMAC_TEXT_BYTES 48 /* base64 of 32 bytes, with NUL */

/* hmac_sha256 writes the base64 of HMAC-SHA256 (RFC 2104); false if libcrypto fails. */
bool hmac_sha256(
	const unsigned char *key, size_t key_length, const void *text, size_t length, char out[HMAC_TEXT_BYTES]);
/* hmac_decode reads base64 (RFC 4648, padded) into out; false if it is none, is empty or does not fit size bytes. */
bool hmac_decode(const char *base64, unsigned char *out, size_t size, size_t *out_length);

#endif
