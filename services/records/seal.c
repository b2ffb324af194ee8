/* SPDX-License-Identifier: MIT */
#include "records/seal.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "crypto/cipher.h"

#define PLAIN_BYTES_MAX 4096
#define PLACE_BYTES_MAX 256
#define EXTRA_BYTES (CIPHER_NONCE_BYTES + CIPHER_TAG_BYTES)

static const char mark[] = "s1:";

/* Two keys are made out of the file's, so that none serves two ends. */
struct seal {
	unsigned char key[CIPHER_KEY_BYTES];   /* encrypts */
	unsigned char nonce[CIPHER_KEY_BYTES]; /* makes nonces */
};

enum err seal_create(const char *key_file, struct seal **out_seal, struct errinfo *info)
{
	static const char encrypts[] = "curtain seal", makes_nonces[] = "curtain nonce";
	char text[160];
	unsigned char key[CIPHER_KEY_BYTES];
	struct seal *seal = NULL;
	enum err err = config_secret(key_file, text, sizeof text, info);

	if (!err && !cipher_key(text, key))
		err = errinfo_at(info, ERR_INVALID, key_file, 1, 1,
			"must hold 64 hexadecimal digits; make one with: openssl rand -hex 32");
	if (!err) {
		seal = calloc(1, sizeof *seal);
		if (!seal)
			err = errinfo_set(info, ERR_NOMEM, "out of memory");
		else if (!cipher_mac(key, encrypts, sizeof encrypts, seal->key) ||
			 !cipher_mac(key, makes_nonces, sizeof makes_nonces, seal->nonce))
			err = errinfo_set(info, ERR_IO, "no keys can be made");
	}
	cipher_forget(text, sizeof text);
	cipher_forget(key, sizeof key);
	if (err)
		seal_destroy(seal);
	else
		*out_seal = seal;
	return err;
}

void seal_destroy(struct seal *seal)
{
	if (!seal)
		return;
	cipher_forget(seal, sizeof *seal);
	free(seal);
}

/* place_of writes what is authenticated beside the text: row and column, told apart by a NUL; 0: too long. */
static size_t place_of(const char *row, const char *column, char out[PLACE_BYTES_MAX])
{
	int n = snprintf(out, PLACE_BYTES_MAX, "%s%c%s", row, '\0', column);

	return n > 0 && n < PLACE_BYTES_MAX ? (size_t)n : 0;
}

/* nonce_of is a function of all that is sealed. */
static bool nonce_of(const struct seal *seal, const char *place, size_t place_length, const char *text,
	unsigned char out[CIPHER_NONCE_BYTES])
{
	char block[PLACE_BYTES_MAX + 1 + PLAIN_BYTES_MAX];
	unsigned char digest[CIPHER_KEY_BYTES];
	size_t length = strlen(text);
	bool made;

	memcpy(block, place, place_length);
	block[place_length] = '\0';
	memcpy(block + place_length + 1, text, length);
	made = cipher_mac(seal->nonce, block, place_length + 1 + length, digest);
	memcpy(out, digest, CIPHER_NONCE_BYTES);
	cipher_forget(block, sizeof block);
	return made;
}

enum err seal_close(
	const struct seal *seal, const char *row, const char *column, const char *text, char *out, size_t size)
{
	char place[PLACE_BYTES_MAX];
	unsigned char bytes[PLAIN_BYTES_MAX + EXTRA_BYTES];
	size_t length = strlen(text), place_length = place_of(row, column, place);

	if (!place_length || length > PLAIN_BYTES_MAX || SEAL_TEXT_BYTES(length) > size)
		return ERR_FULL;
	if (!nonce_of(seal, place, place_length, text, bytes) ||
		!cipher_close(seal->key, bytes, place, place_length, text, length, bytes + CIPHER_NONCE_BYTES))
		return ERR_IO;
	memcpy(out, mark, sizeof mark);
	cipher_encode(bytes, length + EXTRA_BYTES, out + sizeof mark - 1);
	return ERR_OK;
}

enum err seal_open(
	const struct seal *seal, const char *row, const char *column, const char *sealed, char *out, size_t size)
{
	char place[PLACE_BYTES_MAX];
	unsigned char bytes[PLAIN_BYTES_MAX + EXTRA_BYTES + 3], plain[PLAIN_BYTES_MAX + 1];
	size_t length = 0, place_length = place_of(row, column, place);
	enum err err = ERR_OK;

	if (strncmp(sealed, mark, sizeof mark - 1) == 0)
		length = cipher_decode(sealed + sizeof mark - 1, bytes, sizeof bytes);
	if (!place_length || length < EXTRA_BYTES)
		return ERR_CORRUPT;
	length -= EXTRA_BYTES;
	if (length >= size)
		return ERR_FULL;
	if (!cipher_open(seal->key, bytes, place, place_length, bytes + CIPHER_NONCE_BYTES, length, plain))
		err = ERR_CORRUPT;
	if (!err) {
		memcpy(out, plain, length);
		out[length] = '\0';
	}
	cipher_forget(plain, sizeof plain);
	return err;
}
