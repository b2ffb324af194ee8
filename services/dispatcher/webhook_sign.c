/* SPDX-License-Identifier: MIT
 *
 * What a call says and how it is signed: Standard Webhooks 1.0.0 (headers webhook-id, webhook-timestamp,
 * webhook-signature; HMAC-SHA256 over "id.timestamp.body", base64).
 */
#include <stdio.h>
#include <string.h>

#include "codec/json.h"
#include "config/config.h"
#include "dispatcher/hmac.h"
#include "dispatcher/webhook.h"

#define SIGNED_BYTES_MAX 4096

enum err webhook_check(const char *url, struct errinfo *info)
{
	if (!*url || ((!strncmp(url, "http://", 7) || !strncmp(url, "https://", 8)) && !strpbrk(url, " \t\"<>") &&
			     strlen(url) > 8))
		return ERR_OK;
	return errinfo_set(info, ERR_INVALID, "webhook.url must be an address like https://host/path, not \"%s\"", url);
}

enum err webhook_secret_load(const char *path, struct webhook_secret *out, struct errinfo *info)
{
	char text[WEBHOOK_SECRET_BYTES + 1] = "";
	struct webhook_secret secret = {0};
	enum err err = *path ? config_secret(path, text, sizeof text, info) : ERR_OK;

	if (err)
		return err;
	if (!strncmp(text, "whsec_", 6)) {
		if (!hmac_decode(text + 6, secret.bytes, sizeof secret.bytes, &secret.length))
			err = errinfo_set(info, ERR_INVALID, "%s: whsec_ must be followed by base64", path);
	} else {
		secret.length = strlen(text);
		memcpy(secret.bytes, text, secret.length);
	}
	explicit_bzero(text, sizeof text);
	if (!err)
		*out = secret;
	return err;
}

void webhook_sign(const struct webhook_secret *secret, const char *id, int64_t timestamp_s, const char *body,
	size_t length, char out[WEBHOOK_SIGNATURE_BYTES])
{
	char text[SIGNED_BYTES_MAX], signature[HMAC_TEXT_BYTES];
	int head = snprintf(text, sizeof text, "%s.%lld.", id, (long long)timestamp_s);

	*out = '\0';
	if (head < 0 || (size_t)head + length > sizeof text)
		return; /* bodies are of our own making and far shorter */
	memcpy(text + head, body, length);
	if (hmac_sha256(secret->bytes, secret->length, text, (size_t)head + length, signature))
		snprintf(out, WEBHOOK_SIGNATURE_BYTES, "v1,%s", signature);
}

enum err webhook_body(const struct page *page, struct buf *out)
{
	json_open(out, '{');
	json_member_text(out, "type", page->withdrawn ? "page.withdrawn" : "page.sent");
	json_member_wall(out, "timestamp", page->at);
	json_key(out, "data");
	json_open(out, '{');
	json_member_text(out, "id", page->id);
	json_member_text(out, "incident", page->incident);
	json_member_text(out, "user", page->user);
	json_member_text(out, "household", page->household);
	json_member_text(out, "role", page_role_name(page->role));
	json_member_text(out, "kind", alert_kind_name(page->kind));
	json_member_text(out, "level", alert_level_name(page->level));
	json_member_wall_if(out, "expires", page->expires);
	json_close(out, '}');
	json_close(out, '}');
	return out->failed;
}
