/* SPDX-License-Identifier: MIT */
#include "web/hmac.h"

#include <assert.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

static unsigned digest_of(const EVP_MD *kind, const unsigned char *key, size_t key_length, const void *text,
	size_t length, unsigned char out[EVP_MAX_MD_SIZE])
{
	unsigned digest_length = 0;

	if (key_length > INT_MAX || !HMAC(kind, key, (int)key_length, text, length, out, &digest_length))
		return 0;
	return digest_length;
}

bool hmac_sha256(
	const unsigned char *key, size_t key_length, const void *text, size_t length, char out[HMAC_TEXT_BYTES])
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	if (digest_of(EVP_sha256(), key, key_length, text, length, digest) != 32)
		return false;
	EVP_EncodeBlock((unsigned char *)out, digest, 32);
	return true;
}

bool hmac_sha1(const unsigned char *key, size_t key_length, const void *text, size_t length, char out[HMAC_TEXT_BYTES])
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	if (digest_of(EVP_sha1(), key, key_length, text, length, digest) != 20)
		return false;
	EVP_EncodeBlock((unsigned char *)out, digest, 20);
	return true;
}

bool hmac_sha256_raw(const unsigned char *key, size_t key_length, const void *text, size_t length,
	unsigned char out[HMAC_SHA256_BYTES])
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	if (digest_of(EVP_sha256(), key, key_length, text, length, digest) != HMAC_SHA256_BYTES)
		return false;
	memcpy(out, digest, HMAC_SHA256_BYTES);
	return true;
}

bool hmac_same(const void *a, const void *b, size_t length)
{
	return CRYPTO_memcmp(a, b, length) == 0;
}

void hmac_encode(const void *bytes, size_t length, char *out, size_t size)
{
	assert(length < INT_MAX && size >= length / 3 * 4 + 5);
	EVP_EncodeBlock((unsigned char *)out, bytes, (int)length);
}

bool hmac_decode(const char *base64, unsigned char *out, size_t size, size_t *out_length)
{
	size_t length = strlen(base64), padding = 0;

	if (!length || length % 4 || length / 4 * 3 > size)
		return false;
	padding = (size_t)(base64[length - 1] == '=') + (base64[length - 2] == '=');
	if (EVP_DecodeBlock(out, (const unsigned char *)base64, (int)length) < 0)
		return false;
	*out_length = length / 4 * 3 - padding;
	return *out_length > 0;
}
