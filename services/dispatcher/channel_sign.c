/* SPDX-License-Identifier: MIT
 *
 * DingTalk: HMAC-SHA256 with the secret over "timestamp\nsecret", base64, in the address. Feishu: HMAC-SHA256 of
 * nothing with "timestamp\nsecret" as the key, base64, in the body. Aliyun RPC: HMAC-SHA1 with "secret&" over
 * "POST&%2F&" and the sorted parameters, percent-encoded once more. Standard Webhooks: webhook.h.
 */
#include "dispatcher/channel_sign.h"

#include <stdio.h>
#include <string.h>

#include "dispatcher/hmac.h"
#include "dispatcher/webhook.h"

void channel_percent(const char *text, struct buf *out)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if ((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') ||
			strchr("-_.~", *p))
			buf_byte(out, (char)*p);
		else
			buf_printf(out, "%%%02X", *p);
	}
}

/* value_text gives a text for a scalar: a number or a word as JSON, a text as it is. */
static jv value_text(jv value)
{
	if (jv_get_kind(value) == JV_KIND_STRING)
		return value;
	return jv_dump_string(value, 0);
}

enum err channel_form(jv object, struct buf *out)
{
	jv names = jv_keys(object); /* sorted */
	int count = jv_array_length(jv_copy(names));
	bool first = true;

	for (int i = 0; i < count; i++) {
		jv name = jv_array_get(jv_copy(names), i);
		jv value = value_text(jv_object_get(jv_copy(object), jv_copy(name)));
		if (!first)
			buf_byte(out, '&');
		channel_percent(jv_string_value(name), out);
		buf_byte(out, '=');
		channel_percent(jv_string_value(value), out);
		first = false;
		jv_free(name);
		jv_free(value);
	}
	jv_free(names);
	return out->failed;
}

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
	err = channel_form(jv_copy(parts->body), &query);
	buf_printf(&text, "%s&%%2F&", definition->method);
	if (!err)
		channel_percent(query.data ? query.data : "", &text);
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
	char signature[WEBHOOK_SIGNATURE_BYTES];
	struct webhook_secret secret;
	int64_t stamp = now.ms / MS_PER_SECOND;
	enum err err;

	if (definition->sign != CHANNEL_STANDARD_WEBHOOKS)
		return ERR_OK;
	buf_printf(headers, "webhook-id: %s\nwebhook-timestamp: %lld\n", id, (long long)stamp);
	if (!definition->secret_count)
		return headers->failed; /* unsigned; the id still tells repetitions */
	err = webhook_secret_parse(secret_of(definition, "sign"), &secret);
	if (err)
		return errinfo_set(info, err, "secrets.sign: whsec_ must be followed by base64");
	webhook_sign(&secret, id, stamp, body->data ? body->data : "", body->length, signature);
	explicit_bzero(&secret, sizeof secret);
	if (!*signature)
		return errinfo_set(info, ERR_FULL, "sign: the body is too long");
	buf_printf(headers, "webhook-signature: %s\n", signature);
	return headers->failed;
}
