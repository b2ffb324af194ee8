/* SPDX-License-Identifier: MIT
 *
 * cipher: what sealing needs of OpenSSL, whose names do not go with base/err.h: AES-256-GCM, HMAC-SHA-256, base64.
 */
#ifndef CURTAIN_CRYPTO_CIPHER_H
#define CURTAIN_CRYPTO_CIPHER_H

#include <stdbool.h>
#include <stddef.h>

#define CIPHER_KEY_BYTES 32
#define CIPHER_NONCE_BYTES 12
#define CIPHER_TAG_BYTES 16

/* cipher_key reads 64 hexadecimal digits. */
bool cipher_key(const char *digits, unsigned char out[CIPHER_KEY_BYTES]);
bool cipher_mac(const unsigned char key[CIPHER_KEY_BYTES], const void *bytes, size_t length,
	unsigned char out[CIPHER_KEY_BYTES]);
/* cipher_close writes length bytes and the tag; beside is authenticated with them. */
bool cipher_close(const unsigned char key[CIPHER_KEY_BYTES], const unsigned char nonce[CIPHER_NONCE_BYTES],
	const void *beside, size_t beside_length, const void *text, size_t length, unsigned char *out);
/* cipher_open writes length bytes from as many and their tag; false: they are not what was closed. */
bool cipher_open(const unsigned char key[CIPHER_KEY_BYTES], const unsigned char nonce[CIPHER_NONCE_BYTES],
	const void *beside, size_t beside_length, const unsigned char *bytes, size_t length, unsigned char *out);
/* cipher_encode writes base64 and NUL. cipher_decode gives the number of bytes; 0: it is none, or too long. */
void cipher_encode(const unsigned char *bytes, size_t length, char *out);
size_t cipher_decode(const char *text, unsigned char *out, size_t size);
void cipher_forget(void *bytes, size_t length);

#endif
