/* SPDX-License-Identifier: MIT
 *
 * hmac: the few functions of libcrypto that signatures need. A file of its own, because OpenSSL's headers and
 * base/err.h claim the same names.
 */
#ifndef CURTAIN_WEB_HMAC_H
#define CURTAIN_WEB_HMAC_H

#include <stdbool.h>
#include <stddef.h>

#define HMAC_TEXT_BYTES 48 /* base64 of 32 bytes, with NUL */
#define HMAC_SHA256_BYTES 32

/* hmac_sha256 and hmac_sha1 write the base64 of HMAC (RFC 2104); false if libcrypto fails. */
bool hmac_sha256(
	const unsigned char *key, size_t key_length, const void *text, size_t length, char out[HMAC_TEXT_BYTES]);
bool hmac_sha1(const unsigned char *key, size_t key_length, const void *text, size_t length, char out[HMAC_TEXT_BYTES]);
/* hmac_sha256_raw writes the 32 bytes themselves. */
bool hmac_sha256_raw(const unsigned char *key, size_t key_length, const void *text, size_t length,
	unsigned char out[HMAC_SHA256_BYTES]);
/* hmac_same compares in a time that depends on length alone. */
bool hmac_same(const void *a, const void *b, size_t length);
/* hmac_encode writes base64 (RFC 4648, padded) of length bytes; size must hold length / 3 * 4 + 5. */
void hmac_encode(const void *bytes, size_t length, char *out, size_t size);
/* hmac_decode reads base64 (RFC 4648, padded) into out; false if it is none, is empty or does not fit size bytes. */
bool hmac_decode(const char *base64, unsigned char *out, size_t size, size_t *out_length);

#endif
