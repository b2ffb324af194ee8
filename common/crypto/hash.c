/* SPDX-License-Identifier: MIT */
#include "crypto/hash.h"

#include <errno.h>
#include <openssl/evp.h>

bool hash_file(FILE *file, uint64_t *out_bytes, char out[HASH_TEXT_BYTES])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char block[65536], hash[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned length = 0;
	size_t got;
	bool good = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;

	*out_bytes = 0;
	errno = 0;
	while (good && (got = fread(block, 1, sizeof block, file)) > 0) {
		good = EVP_DigestUpdate(context, block, got) == 1;
		*out_bytes += got;
	}
	good = good && !ferror(file) && EVP_DigestFinal_ex(context, hash, &length) == 1 &&
	       length * 2 + 1 == HASH_TEXT_BYTES;
	EVP_MD_CTX_free(context);
	for (unsigned i = 0; good && i < length; i++) {
		out[2 * i] = digits[hash[i] >> 4];
		out[2 * i + 1] = digits[hash[i] & 15];
	}
	out[good ? HASH_TEXT_BYTES - 1 : 0] = '\0';
	return good;
}
