/* SPDX-License-Identifier: MIT
 *
 * DingTalk: HMAC-SHA256 with the secret over "timestamp\nsecret", base64, in the address. Feishu: HMAC-SHA256 of
 * nothing with "timestamp\nsecret" as the key, base64, in the body. Aliyun RPC: HMAC-SHA1 with "secret&" over
 * "POST&%2F&" and the sorted parameters, percent-encoded once more. Standard Webhooks: web/webhook.h.
 */
#include "dispatcher/channel/channel_sign.h"

#include <stdio.h>
#include <string.h>

#include "web/compose.h"
#include "web/hmac.h"
#include "web/webhook.h"

static const char *secret_of(const struct channel_definition *definition, const char *name)
{
	return channel_value_find(definition->secrets, definition->secret_count, name);
}

static void put(jv *object, const char *name, const char *value)
{
	*object = jv_object_set(*object, jv_string(name), jv_string(value));
}

static enum err sign_dingtalk(const struct channel_definition *definition, struct channel_parts *parts)
{
	char text[CHANNEL_SECRET_BYTES + 32], stamp[24], signature[HMAC_TEXT_BYTES];
	const char *secret = secret_of(definition, "sign");

	snprintf(stamp, sizeof stamp, "%lld", (long long)parts->now.ms);
	snprintf(text, sizeof text, "%s\n%s", stamp, secret);
	if (!hmac_sha256((const unsigned char *)secret, strlen(secret), text, strlen(text), signature))
		return ERR_IO;
	put(&parts->query, "timestamp", stamp);
	put(&parts->query, "sign", signature);
	return ERR_OK;
}

static enum err sign_feishu(const struct channel_definition *definition, struct channel_parts *parts)
{
	char key[CHANNEL_SECRET_BYTES + 32], stamp[24], signature[HMAC_TEXT_BYTES];

	snprintf(stamp, sizeof stamp, "%lld", (long long)(parts->now.ms / MS_PER_SECOND));
	snprintf(key, sizeof key, "%s\n%s", stamp, secret_of(definition, "sign"));
	if (!hmac_sha256((const unsigned char *)key, strlen(key), "", 0, signature))
		return ERR_IO;
	put(&parts->body, "timestamp", stamp);
	put(&parts->body, "sign", signature);
	return ERR_OK;
}

static enum err sign_aliyun(const struct channel_definition *definition, struct channel_parts *parts)
{
	char stamp[WALL_TEXT_BYTES], key[CHANNEL_SECRET_BYTES + 2], signature[HMAC_TEXT_BYTES], nonce[96];
	struct buf query, text;
	enum err err;

	wall_format((struct wall){parts->now.ms / MS_PER_SECOND * MS_PER_SECOND}, stamp);
	memcpy(stamp + sizeof "2026-11-24T04:01:46" - 1, "Z", 2); /* no fraction */
	/* A nonce is used once: the message and the moment of its attempt. */
	snprintf(nonce, sizeof nonce, "%s-%lld", parts->id, (long long)parts->now.ms);
	put(&parts->body, "Format", "JSON");
	put(&parts->body, "AccessKeyId", secret_of(definition, "key_id"));
	put(&parts->body, "SignatureMethod", "HMAC-SHA1");
	put(&parts->body, "SignatureVersion", "1.0");
	put(&parts->body, "SignatureNonce", nonce);
	put(&parts->body, "Timestamp", stamp);
	buf_init(&query, CHANNEL_FILE_BYTES_MAX);
	buf_init(&text, CHANNEL_FILE_BYTES_MAX);
	err = web_form(jv_copy(parts->body), &query);
	buf_printf(&text, "%s&%%2F&", definition->method);
	if (!err)
		web_percent(query.data ? query.data : "", &text);
	snprintf(key, sizeof key, "%s&", secret_of(definition, "key"));
	if (!err)
		err = text.failed;
	if (!err && !hmac_sha1((const unsigned char *)key, strlen(key), text.data, text.length, signature))
		err = ERR_IO;
	buf_fini(&query);
	buf_fini(&text);
	explicit_bzero(key, sizeof key);
	if (!err)
		put(&parts->body, "Signature", signature);
	return err;
}

enum err channel_sign(const struct channel_definition *definition, struct channel_parts *parts, struct errinfo *info)
{
	bool in_body = definition->sign == CHANNEL_FEISHU || definition->sign == CHANNEL_ALIYUN;
	enum err err = ERR_OK;

	if (in_body && jv_get_kind(parts->body) != JV_KIND_OBJECT)
		return errinfo_set(info, ERR_INVALID, "body: must be an object, to which the signature is added");
	if (definition->sign == CHANNEL_DINGTALK)
		err = sign_dingtalk(definition, parts);
	else if (definition->sign == CHANNEL_FEISHU)
		err = sign_feishu(definition, parts);
	else if (definition->sign == CHANNEL_ALIYUN)
		err = sign_aliyun(definition, parts);
	return err ? errinfo_set(info, err, "sign: %s", err_name(err)) : ERR_OK;
}

enum err channel_sign_headers(const struct channel_definition *definition, const char *id, struct wall now,
	const struct buf *body, struct buf *headers, struct errinfo *info)
{
	const char *secret = secret_of(definition, "sign");
	enum err err;

	if (definition->sign != CHANNEL_STANDARD_WEBHOOKS)
		return ERR_OK;
	err = webhook_headers(&secret, definition->secret_count ? 1 : 0, id, now.ms / MS_PER_SECOND, body, headers);
	if (err == ERR_INVALID)
		return errinfo_set(info, err, "secrets.sign: whsec_ must be followed by base64");
	return err ? errinfo_set(info, err, "sign: the body is too long, or memory is out") : ERR_OK;
}
