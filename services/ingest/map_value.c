/* SPDX-License-Identifier: MIT */
#include "ingest/map_value.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

void value_of_text(struct map_value *out, const char *text, size_t length)
{
	size_t kept = length < VALUE_TEXT_BYTES ? length : VALUE_TEXT_BYTES - 1;

	out->kind = VALUE_TEXT;
	out->length = length;
	while (kept < length && kept > 0 && ((unsigned char)text[kept] & 0xc0) == 0x80)
		kept--;
	memcpy(out->text, text, kept);
	out->text[kept] = '\0';
}

void value_of_number(struct map_value *out, double number)
{
	out->kind = VALUE_NUMBER;
	out->number = number;
}

void value_of_node(struct map_value *out, const struct json_node *node)
{
	static const enum value_kind kinds[] = {[JSON_TREE_NULL] = VALUE_NULL,
		[JSON_TREE_FALSE] = VALUE_FALSE,
		[JSON_TREE_TRUE] = VALUE_TRUE,
		[JSON_TREE_NUMBER] = VALUE_NUMBER,
		[JSON_TREE_ARRAY] = VALUE_OTHER,
		[JSON_TREE_OBJECT] = VALUE_OTHER};

	if (!node) {
		out->kind = VALUE_NULL;
	} else if (node->kind == JSON_TREE_TEXT) {
		value_of_text(out, node->text, node->length);
	} else {
		out->kind = kinds[node->kind];
		out->number = node->number;
	}
}

void value_of_jv(struct map_value *out, jv v)
{
	switch (jv_get_kind(v)) {
	case JV_KIND_FALSE:
		out->kind = VALUE_FALSE;
		break;
	case JV_KIND_TRUE:
		out->kind = VALUE_TRUE;
		break;
	case JV_KIND_NUMBER:
		value_of_number(out, jv_number_value(v));
		break;
	case JV_KIND_STRING:
		value_of_text(out, jv_string_value(v), (size_t)jv_string_length_bytes(jv_copy(v)));
		break;
	case JV_KIND_ARRAY:
	case JV_KIND_OBJECT:
		out->kind = VALUE_OTHER;
		break;
	case JV_KIND_INVALID:
	case JV_KIND_NULL:
		out->kind = VALUE_NULL;
		break;
	}
	jv_free(v);
}

/* text_number also takes what JSON does not allow and meters send: a plus sign, leading zeros, ".5", "5.". */
static bool text_number(const char *text, size_t length, double *out)
{
	char copy[VALUE_TEXT_BYTES + 2], *p = copy;
	const char *end = text + length;

	while (text < end && (*text == ' ' || *text == '\t' || *text == '\r' || *text == '\n'))
		text++;
	while (end > text && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r' || end[-1] == '\n'))
		end--;
	if (text < end && *text == '+' && end - text > 1 && text[1] != '-')
		text++;
	if (text < end && *text == '-')
		*p++ = *text++;
	while (end - text > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9')
		text++;
	if (end - text > 1 && *text == '.' && text[1] >= '0' && text[1] <= '9')
		*p++ = '0';
	memcpy(p, text, (size_t)(end - text));
	p += end - text;
	if (p - copy > 1 && p[-1] == '.')
		p--;
	return p > copy && json_number_read(copy, (size_t)(p - copy), out) == (size_t)(p - copy);
}

bool value_to_number(const struct map_value *value, double *out)
{
	switch (value->kind) {
	case VALUE_FALSE:
		*out = 0;
		return true;
	case VALUE_TRUE:
		*out = 1;
		return true;
	case VALUE_NUMBER:
		*out = value->number;
		return isfinite(value->number);
	case VALUE_TEXT:
		return value->length < VALUE_TEXT_BYTES && text_number(value->text, value->length, out);
	case VALUE_NULL:
	case VALUE_OTHER:
		break;
	}
	return false;
}

enum err value_to_text(const struct map_value *value, char *out, size_t size)
{
	char number[32];

	if (value->kind == VALUE_NUMBER) {
		snprintf(number, sizeof number, "%.15g", value->number);
		return text_copy(out, size, number);
	}
	if (value->kind != VALUE_TEXT)
		return ERR_INVALID;
	if (value->length >= VALUE_TEXT_BYTES)
		return ERR_FULL;
	if (strlen(value->text) != value->length)
		return ERR_INVALID; /* a NUL inside */
	return text_copy(out, size, value->text);
}

void value_describe(const struct map_value *value, char *out, size_t size)
{
	char text[40];

	switch (value->kind) {
	case VALUE_NULL:
		text_cut(out, size, "null");
		break;
	case VALUE_FALSE:
	case VALUE_TRUE:
		text_cut(out, size, value->kind == VALUE_TRUE ? "true" : "false");
		break;
	case VALUE_NUMBER:
		snprintf(out, size, "%.15g", value->number);
		break;
	case VALUE_TEXT:
		text_cut(text, sizeof text, value->text);
		for (char *p = text; *p; p++)
			if ((unsigned char)*p < 0x20 || *p == 0x7f)
				*p = ' ';
		snprintf(out, size, "\"%s\"", text);
		break;
	case VALUE_OTHER:
		text_cut(out, size, "an object or array");
		break;
	}
}
