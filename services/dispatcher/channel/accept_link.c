/* SPDX-License-Identifier: MIT
 *
 * A token is "1~action~incident~user~expires~nonce~signature": ids have no "~". The signature is base64url without
 * padding of HMAC-SHA256 over what stands before it, with a label in front, so that the key's other uses, should there
 * ever be some, give nothing here.
 */
#include "dispatcher/channel/accept_link.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/config.h"
#include "lane/sql.h"
#include "web/hmac.h"

#define LABEL "curtain accept link\n"
#define SIGNATURE_BYTES 43
#define PARTS 6

const char *accept_verdict_name(enum accept_verdict verdict)
{
	static const char *const names[] = {"good", "malformed", "forged", "expired", "foreign", "used"};

	assert((unsigned)verdict < ACCEPT_VERDICT_COUNT);
	return names[verdict];
}

enum err accept_key_load(const char *path, struct accept_key *out, struct errinfo *info)
{
	char text[ACCEPT_KEY_BYTES_MAX + 1] = "";
	enum err err = config_secret(path, text, sizeof text, info);

	if (!err && strlen(text) < ACCEPT_KEY_BYTES_MIN)
		err = errinfo_set(info, ERR_INVALID, "%s: must hold at least %d characters (openssl rand -hex 32)",
			path, ACCEPT_KEY_BYTES_MIN);
	if (!err) {
		out->length = strlen(text);
		memcpy(out->bytes, text, out->length);
	}
	explicit_bzero(text, sizeof text);
	return err;
}

static bool is_answer(enum reply_action action)
{
	return action == REPLY_ACCEPT || action == REPLY_DECLINE;
}

static bool sign(const struct accept_key *key, const char *text, size_t length, char out[SIGNATURE_BYTES + 1])
{
	char labelled[sizeof LABEL + ACCEPT_TOKEN_BYTES], base64[HMAC_TEXT_BYTES];

	memcpy(labelled, LABEL, sizeof LABEL - 1);
	memcpy(labelled + sizeof LABEL - 1, text, length);
	if (!hmac_sha256(key->bytes, key->length, labelled, sizeof LABEL - 1 + length, base64))
		return false;
	for (int i = 0; i < SIGNATURE_BYTES; i++)
		out[i] = base64[i] == '+' ? '-' : base64[i] == '/' ? '_' : base64[i];
	out[SIGNATURE_BYTES] = '\0';
	return true;
}

enum err accept_link_make(
	const struct accept_key *key, const struct accept_link *link, char out_token[ACCEPT_TOKEN_BYTES])
{
	char text[ACCEPT_TOKEN_BYTES - SIGNATURE_BYTES - 1], signature[SIGNATURE_BYTES + 1];
	int length;

	if (!is_answer(link->action) || !text_is_id(link->incident) || !text_is_id(link->user) ||
		!text_is_id(link->nonce))
		return ERR_INVALID;
	length = snprintf(text, sizeof text, "1~%s~%s~%s~%" PRId64 "~%s", reply_action_name(link->action),
		link->incident, link->user, link->expires.ms / MS_PER_SECOND, link->nonce);
	if (length < 0 || (size_t)length >= sizeof text)
		return ERR_FULL;
	if (!sign(key, text, (size_t)length, signature))
		return ERR_IO;
	snprintf(out_token, ACCEPT_TOKEN_BYTES, "%s~%s", text, signature);
	return ERR_OK;
}

/* split cuts text at each "~" into exactly PARTS parts. */
static bool split(char *text, char *parts[PARTS])
{
	for (int i = 0; i < PARTS; i++) {
		parts[i] = text;
		text = strchr(text, '~');
		if (!text)
			return i == PARTS - 1;
		*text++ = '\0';
	}
	return false;
}

static bool read_parts(char *text, struct accept_link *out)
{
	char *parts[PARTS], *end;

	if (!split(text, parts) || strcmp(parts[0], "1") != 0 || reply_action_find(parts[1], &out->action) ||
		!is_answer(out->action) || !text_is_id(parts[2]) || !text_is_id(parts[3]) || !text_is_id(parts[5]))
		return false;
	text_cut(out->incident, sizeof out->incident, parts[2]);
	text_cut(out->user, sizeof out->user, parts[3]);
	text_cut(out->nonce, sizeof out->nonce, parts[5]);
	int64_t seconds = strtoll(parts[4], &end, 10);
	if (end == parts[4] || *end || seconds < 0 || seconds > INT64_MAX / MS_PER_SECOND)
		return false;
	out->expires = (struct wall){seconds * MS_PER_SECOND};
	return true;
}

enum accept_verdict accept_link_check(const struct accept_key *key, const char *token, const char *user,
	const char *incident, struct wall now, struct accept_link *out)
{
	char text[ACCEPT_TOKEN_BYTES], signature[SIGNATURE_BYTES + 1];
	size_t length = strlen(token), signed_length;
	struct accept_link link;

	if (length >= sizeof text || length < SIGNATURE_BYTES + 2 || token[length - SIGNATURE_BYTES - 1] != '~')
		return ACCEPT_MALFORMED;
	signed_length = length - SIGNATURE_BYTES - 1;
	if (!sign(key, token, signed_length, signature) ||
		!hmac_same(signature, token + signed_length + 1, SIGNATURE_BYTES))
		return ACCEPT_FORGED;
	memcpy(text, token, signed_length);
	text[signed_length] = '\0';
	if (!read_parts(text, &link))
		return ACCEPT_MALFORMED;
	if ((*user && strcmp(user, link.user) != 0) || (*incident && strcmp(incident, link.incident) != 0))
		return ACCEPT_FOREIGN;
	if (now.ms >= link.expires.ms)
		return ACCEPT_EXPIRED;
	*out = link;
	return ACCEPT_GOOD;
}

enum err accept_link_use(struct store *store, const struct accept_link *link, struct wall now, struct errinfo *info)
{
	sqlite3_stmt *old = NULL, *add = NULL;
	sqlite3 *db = store_db(store);
	char nonce[ID_BYTES + 16];
	enum err err = sql_prepare(db, "DELETE FROM link_used WHERE expires <= ?", &old, info);

	snprintf(nonce, sizeof nonce, "%s/%s", link->nonce, reply_action_name(link->action));
	if (!err)
		err = sql_prepare(db, "INSERT INTO link_used VALUES (?, ?) ON CONFLICT DO NOTHING", &add, info);
	if (!err) {
		sqlite3_bind_int64(old, 1, now.ms);
		err = sql_run(old, info);
	}
	if (!err) {
		sqlite3_bind_text(add, 1, nonce, -1, SQLITE_STATIC);
		sqlite3_bind_int64(add, 2, link->expires.ms);
		err = sql_run(add, info);
	}
	if (!err && !sqlite3_changes(db))
		err = ERR_EXISTS;
	sqlite3_finalize(old);
	sqlite3_finalize(add);
	return err;
}
