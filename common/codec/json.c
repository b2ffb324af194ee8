/* SPDX-License-Identifier: MIT */
#include "codec/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static void json_comma(struct buf *out)
{
	if (out->failed || !out->length)
		return;
	char last = out->data[out->length - 1];
	if (last != '{' && last != '[' && last != ':' && last != ',')
		buf_byte(out, ',');
}

void json_open(struct buf *out, char bracket)
{
	json_comma(out);
	buf_byte(out, bracket);
}

void json_close(struct buf *out, char bracket)
{
	buf_byte(out, bracket);
}

void json_key(struct buf *out, const char *key)
{
	json_comma(out);
	buf_byte(out, '"');
	buf_text(out, key);
	buf_append(out, "\":", 2);
}

void json_text(struct buf *out, const char *text)
{
	size_t length = strlen(text), plain = 0;

	if (!text_is_utf8(text, length) && !out->failed)
		out->failed = ERR_INVALID;
	json_comma(out);
	buf_byte(out, '"');
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		buf_append(out, text + plain, i - plain);
		plain = i + 1;
		if (c == '"' || c == '\\')
			buf_append(out, (char[]){'\\', (char)c}, 2);
		else
			buf_printf(out, "\\u%04x", c);
	}
	buf_append(out, text + plain, length - plain);
	buf_byte(out, '"');
}

void json_member_text(struct buf *out, const char *key, const char *text)
{
	json_key(out, key);
	json_text(out, text);
}

void json_member_text_if(struct buf *out, const char *key, const char *text)
{
	if (*text)
		json_member_text(out, key, text);
}

static void json_int(struct buf *out, int64_t value)
{
	char digits[24], *p = digits + sizeof digits;
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	do
		*--p = (char)('0' + rest % 10);
	while (rest /= 10);
	if (value < 0)
		*--p = '-';
	buf_append(out, p, (size_t)(digits + sizeof digits - p));
}

void json_member_int(struct buf *out, const char *key, int64_t value)
{
	json_key(out, key);
	json_int(out, value);
}

static void json_number(struct buf *out, double value)
{
	char text[32];

	if (!isfinite(value)) {
		if (!out->failed)
			out->failed = ERR_INVALID;
		return;
	}
	/* Most values are whole or have up to three decimals: thousands / 1000 is the double nearest to that decimal.
	 */
	if (fabs(value) < 1e12) {
		int64_t thousands = (int64_t)(value * 1000 + (value < 0 ? -0.5 : 0.5));
		if ((double)thousands / 1000 == value) {
			int64_t whole = thousands / 1000;
			int part = (int)(thousands < 0 ? -(thousands % 1000) : thousands % 1000);
			if (thousands < 0 && whole == 0)
				buf_byte(out, '-');
			json_int(out, whole);
			if (part) {
				char decimals[4] = {'.', (char)('0' + part / 100), (char)('0' + part / 10 % 10),
					(char)('0' + part % 10)};
				buf_append(out, decimals, part % 10 ? 4 : part % 100 ? 3 : 2);
			}
			return;
		}
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	buf_text(out, text);
}

void json_member_number(struct buf *out, const char *key, double value)
{
	json_key(out, key);
	json_number(out, value);
}

void json_member_bool(struct buf *out, const char *key, bool value)
{
	json_key(out, key);
	buf_text(out, value ? "true" : "false");
}

void json_member_wall(struct buf *out, const char *key, struct wall at)
{
	char text[WALL_TEXT_BYTES];

	if (!out->failed && (at.ms < 0 || at.ms == INT64_MAX))
		out->failed = ERR_INVALID;
	wall_format(at, text);
	json_key(out, key);
	buf_byte(out, '"');
	buf_append(out, text, 24);
	buf_byte(out, '"');
}

void json_member_wall_if(struct buf *out, const char *key, struct wall at)
{
	if (wall_is_set(at))
		json_member_wall(out, key, at);
}
