/* SPDX-License-Identifier: MIT
 *
 * A cursor is the base64url of 16 bytes of the HMAC and of the value.
 */
#include "gateway/cursor.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "web/compose.h"
#include "web/hmac.h"

#define MAC_BYTES 16
#define CURSOR_BYTES (MAC_BYTES + CURSOR_VALUE_BYTES)
#define CURSOR_TEXT_BYTES (CURSOR_BYTES / 3 * 4 + 8)

static bool is_page(const struct route *route, unsigned parameter)
{
	return &route->parameters[parameter] == route_page(route);
}

/* said_last: the end of the answer says that there is no more; most answers need not be parsed for that. */
static bool said_last(const char *answer, size_t length)
{
	size_t end = length > 200 ? 200 : length;

	return memmem(answer + length - end, end, "\"more\": false", 13) ||
	       memmem(answer + length - end, end, "\"more\" : false", 14) ||
	       memmem(answer + length - end, end, "\"more\":false", 12);
}

enum err cursor_value(const char *answer, size_t length, char out[CURSOR_VALUE_BYTES])
{
	json_t *root = said_last(answer, length) ? NULL : json_loadb(answer, length, 0, NULL);
	const json_t *items = json_object_get(root, "items");
	const json_t *value = json_object_get(root, "last"); /* an answer may say it itself */
	enum err err = ERR_NOT_FOUND;

	if (!value)
		value = json_object_get(json_array_get(items, json_array_size(items) - 1), "id");
	if (items && !json_array_size(items)) {
		err = ERR_NOT_FOUND; /* whatever it says: behind nothing there is nothing */
	} else if (json_is_integer(value)) {
		snprintf(out, CURSOR_VALUE_BYTES, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		err = ERR_OK;
	} else if (json_string_length(value)) {
		err = text_copy(out, CURSOR_VALUE_BYTES, json_string_value(value));
	}
	json_decref(root);
	return err;
}

/* mac binds value to the list: its path, whose it is, and each filter; how many are wanted may change. */
static bool mac(const unsigned char *key, const char *account, const struct route_match *match, const char *value,
	unsigned char out[HMAC_SHA256_BYTES])
{
	const struct route *route = match->route;
	struct buf text;
	bool good;

	buf_init(&text, 8192);
	buf_printf(&text, "%s\n%s\n%s\n", account, route->path, value);
	for (unsigned i = 0; route->parameters[i].name; i++)
		if (!is_page(route, i) && strcmp(route->parameters[i].name, "limit") != 0 &&
			strcmp(route->parameters[i].name, "why") != 0)
			buf_printf(&text, "%s=%s\n", route->parameters[i].name, match->values[i]);
	good = !text.failed && hmac_sha256_raw(key, CURSOR_KEY_BYTES, text.data, text.length, out);
	buf_fini(&text);
	return good;
}

static enum err seal(const unsigned char *key, const char *account, const struct route_match *match, const char *value,
	char out[CURSOR_TEXT_BYTES])
{
	unsigned char bytes[HMAC_SHA256_BYTES + CURSOR_VALUE_BYTES];

	if (!mac(key, account, match, value, bytes))
		return ERR_IO;
	memcpy(bytes + MAC_BYTES, value, strlen(value));
	hmac_encode(bytes, MAC_BYTES + strlen(value), out, CURSOR_TEXT_BYTES);
	for (char *c = out; *c; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	out[strcspn(out, "=")] = '\0';
	return ERR_OK;
}

static void write_path(const struct route_match *match, struct buf *out)
{
	for (const char *at = match->route->path; *at;) {
		if (*at != '{') {
			buf_byte(out, *at++);
			continue;
		}
		size_t length = strcspn(at + 1, "}");
		for (unsigned i = 0; match->route->parameters[i].name; i++)
			if (strlen(match->route->parameters[i].name) == length &&
				!memcmp(match->route->parameters[i].name, at + 1, length))
				web_percent(match->values[i], out);
		at += length + 2;
	}
}

enum err cursor_link(const unsigned char key[CURSOR_KEY_BYTES], const char *account, const struct route_match *match,
	const char *value, struct buf *out)
{
	const struct route_parameter *parameters = match->route->parameters;
	char cursor[CURSOR_TEXT_BYTES];
	enum err err = seal(key, account, match, value, cursor);

	if (err)
		return err;
	write_path(match, out);
	buf_printf(out, "?cursor=%s", cursor);
	for (unsigned i = 0; parameters[i].name; i++)
		if (parameters[i].place == ROUTE_QUERY && !is_page(match->route, i) && *match->values[i]) {
			buf_printf(out, "&%s=", parameters[i].name);
			web_percent(match->values[i], out);
		}
	return out->failed;
}

static bool decode(const char *cursor, unsigned char bytes[CURSOR_BYTES], size_t *out_length)
{
	char text[CURSOR_TEXT_BYTES + 4];
	size_t length = strlen(cursor);

	if (length > CURSOR_TEXT_BYTES - 1 || strpbrk(cursor, "+/="))
		return false;
	for (size_t i = 0; i < length; i++)
		text[i] = cursor[i] == '-' ? '+' : cursor[i] == '_' ? '/' : cursor[i];
	while (length % 4)
		text[length++] = '=';
	text[length] = '\0';
	return hmac_decode(text, bytes, CURSOR_BYTES, out_length) && *out_length > MAC_BYTES &&
	       *out_length < CURSOR_BYTES;
}

enum err cursor_open(const unsigned char key[CURSOR_KEY_BYTES], const char *account, const char *cursor,
	struct route_match *match, struct errinfo *info)
{
	unsigned char bytes[CURSOR_BYTES + 1], expected[HMAC_SHA256_BYTES];
	size_t length = 0;

	if (decode(cursor, bytes, &length)) {
		bytes[length] = '\0';
		const char *value = (const char *)bytes + MAC_BYTES;
		if (mac(key, account, match, value, expected) && hmac_same(bytes, expected, MAC_BYTES))
			return route_query(match, route_page(match->route)->name, value, info);
	}
	return errinfo_set(info, ERR_INVALID,
		"cursor: is not of this list with these filters; begin without it, then follow the Link header");
}
