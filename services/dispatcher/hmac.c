/* SPDX-License-Identifier: MIT */
#include "dispatcher/hmac.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

bool hmac_sha256(
	const unsigned char *key, size_t key_length, const void *text, size_t length, char out[HMAC_TEXT_BYTES])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned digest_length = 0;

	if (key_length > INT_MAX || !HMAC(EVP_sha256(), key, (int)key_length, text, length, digest, &digest_length) ||
		digest_length != 32)
		return false;
	EVP_EncodeBlock((unsigned char *)out, digest, (int)digest_length);
	return true;
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
