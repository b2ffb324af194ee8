/* SPDX-License-Identifier: MIT */
#include "crypto/cipher.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

bool cipher_key(const char *digits, unsigned char out[CIPHER_KEY_BYTES])
{
	size_t length = 0;

	return strlen(digits) == (size_t)2 * CIPHER_KEY_BYTES &&
	       OPENSSL_hexstr2buf_ex(out, CIPHER_KEY_BYTES, &length, digits, '\0');
}

bool cipher_mac(const unsigned char key[CIPHER_KEY_BYTES], const void *bytes, size_t length,
	unsigned char out[CIPHER_KEY_BYTES])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (!HMAC(EVP_sha256(), key, CIPHER_KEY_BYTES, bytes, length, digest, &n) || n != CIPHER_KEY_BYTES)
		return false;
	memcpy(out, digest, CIPHER_KEY_BYTES);
	return true;
}

bool cipher_close(const unsigned char key[CIPHER_KEY_BYTES], const unsigned char nonce[CIPHER_NONCE_BYTES],
	const void *beside, size_t beside_length, const void *text, size_t length, unsigned char *out)
{
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	int n = 0, rest = 0;
	bool done = cipher && EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, nonce) &&
		    EVP_EncryptUpdate(cipher, NULL, &n, beside, (int)beside_length) &&
		    EVP_EncryptUpdate(cipher, out, &n, text, (int)length) &&
		    EVP_EncryptFinal_ex(cipher, out + length, &rest) &&
		    EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, CIPHER_TAG_BYTES, out + length);

	EVP_CIPHER_CTX_free(cipher);
	return done;
}

bool cipher_open(const unsigned char key[CIPHER_KEY_BYTES], const unsigned char nonce[CIPHER_NONCE_BYTES],
	const void *beside, size_t beside_length, const unsigned char *bytes, size_t length, unsigned char *out)
{
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	unsigned char tag[CIPHER_TAG_BYTES];
	int n = 0, rest = 0;
	bool done;

	memcpy(tag, bytes + length, sizeof tag);
	done = cipher && EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, nonce) &&
	       EVP_DecryptUpdate(cipher, NULL, &n, beside, (int)beside_length) &&
	       EVP_DecryptUpdate(cipher, out, &n, bytes, (int)length) &&
	       EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, CIPHER_TAG_BYTES, tag) &&
	       EVP_DecryptFinal_ex(cipher, out + length, &rest) > 0;
	EVP_CIPHER_CTX_free(cipher);
	return done;
}

void cipher_encode(const unsigned char *bytes, size_t length, char *out)
{
	EVP_EncodeBlock((unsigned char *)out, bytes, (int)length);
}

size_t cipher_decode(const char *text, unsigned char *out, size_t size)
{
	size_t length = strlen(text), pad = 0;
	int n;

	if (!length || length % 4 || length / 4 * 3 > size)
		return 0;
	while (pad < 2 && text[length - 1 - pad] == '=')
		pad++;
	n = EVP_DecodeBlock(out, (const unsigned char *)text, (int)length);
	return n > 0 ? (size_t)n - pad : 0;
}

void cipher_forget(void *bytes, size_t length)
{
	OPENSSL_cleanse(bytes, length);
}
