/* SPDX-License-Identifier: MIT */
#include "gateway/digest.h"

#include <openssl/evp.h>

bool digest_sha256(const void *text, size_t length, unsigned char out[DIGEST_BYTES])
{
	unsigned size = 0;

	return EVP_Digest(text, length, out, &size, EVP_sha256(), NULL) == 1 && size == DIGEST_BYTES;
}
