/* SPDX-License-Identifier: MIT */
#include "web/webhook.h"

#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "web/hmac.h"

#define SIGNED_BYTES_MAX 131072

enum err webhook_check(const char *url, struct errinfo *info)
{
	if (!*url || ((!strncmp(url, "http://", 7) || !strncmp(url, "https://", 8)) && !strpbrk(url, " \t\"<>") &&
			     strlen(url) > 8))
		return ERR_OK;
	return errinfo_set(info, ERR_INVALID, "webhook.url must be an address like https://host/path, not \"%s\"", url);
}

enum err webhook_secret_parse(const char *text, struct webhook_secret *out)
{
	struct webhook_secret secret = {0};

	if (!strncmp(text, "whsec_", 6)) {
		if (!hmac_decode(text + 6, secret.bytes, sizeof secret.bytes, &secret.length))
			return ERR_INVALID;
	} else {
		secret.length = strlen(text);
		if (secret.length > sizeof secret.bytes)
			return ERR_FULL;
		memcpy(secret.bytes, text, secret.length);
	}
	*out = secret;
	return ERR_OK;
}

enum err webhook_secret_load(const char *path, struct webhook_secret *out, struct errinfo *info)
{
	char text[WEBHOOK_SECRET_BYTES + 1] = "";
	enum err err = *path ? config_secret(path, text, sizeof text, info) : ERR_OK;

	if (!err && webhook_secret_parse(text, out))
		err = errinfo_set(info, ERR_INVALID, "%s: whsec_ must be followed by base64", path);
	explicit_bzero(text, sizeof text);
	return err;
}

void webhook_sign(const struct webhook_secret *secret, const char *id, int64_t timestamp_s, const char *body,
	size_t length, char out[WEBHOOK_SIGNATURE_BYTES])
{
	char signature[HMAC_TEXT_BYTES];
	struct buf text;

	*out = '\0';
	buf_init(&text, SIGNED_BYTES_MAX);
	buf_printf(&text, "%s.%lld.", id, (long long)timestamp_s);
	if (!buf_append(&text, body, length) &&
		hmac_sha256(secret->bytes, secret->length, text.data, text.length, signature))
		snprintf(out, WEBHOOK_SIGNATURE_BYTES, "v1,%s", signature);
	buf_fini(&text);
}

enum err webhook_headers(const char *const *secrets, unsigned count, const char *id, int64_t timestamp_s,
	const struct buf *body, struct buf *out)
{
	char signature[WEBHOOK_SIGNATURE_BYTES];
	enum err err = ERR_OK;

	buf_printf(out, "webhook-id: %s\nwebhook-timestamp: %lld\n", id, (long long)timestamp_s);
	for (unsigned i = 0; i < count && !err; i++) {
		struct webhook_secret secret = {0};
		err = webhook_secret_parse(secrets[i], &secret);
		if (!err)
			webhook_sign(&secret, id, timestamp_s, body->data ? body->data : "", body->length, signature);
		explicit_bzero(&secret, sizeof secret);
		if (!err && !*signature)
			err = ERR_FULL;
		if (!err)
			buf_printf(out, "%s%s", i ? " " : "webhook-signature: ", signature);
	}
	if (count)
		buf_byte(out, '\n');
	return err ? err : out->failed;
}
