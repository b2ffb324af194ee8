/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <string.h>

enum err text_copy(char *out, size_t size, const char *source)
{
	size_t length = strlen(source);

	if (length >= size)
		return ERR_FULL;
	memmove(out, source, length + 1);
	return ERR_OK;
}

void text_cut(char *out, size_t size, const char *source)
{
	size_t length = strnlen(source, size);

	if (length == size) {
		length = size - 1;
		/* Never leave the head of a multi-byte character behind: step back over its continuation bytes. */
		while (length > 0 && ((unsigned char)source[length] & 0xc0) == 0x80)
			length--;
	}
	memmove(out, source, length);
	out[length] = '\0';
}

/* utf8_length gives the length of the character that starts at p (at most `left` bytes), 0 if it is not one. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t length;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		length = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		length = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		length = 4;
	else
		return 0;
	/* RFC 3629 section 4: the second byte is what excludes overlong forms, surrogates and what lies beyond
	 * U+10FFFF. */
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (left < length || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

bool text_is_utf8(const char *bytes, size_t length)
{
	const unsigned char *p = (const unsigned char *)bytes;

	while (length) {
		size_t step = utf8_length(p, length);
		if (!step)
			return false;
		p += step;
		length -= step;
	}
	return true;
}

static bool is_id_byte(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
	       c == '-';
}

bool text_is_id(const char *text)
{
	size_t length = 0;

	if (text[0] == '-' || text[0] == '.')
		return false;
	for (; text[length]; length++)
		if (length >= 63 || !is_id_byte(text[length]))
			return false;
	return length > 0;
}

bool text_is_label(const char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c < 0x20 || c == 0x7f || (c == 0xc2 && (unsigned char)text[i + 1] < 0xa0)) /* C1 controls too */
			return false;
	}
	return length > 0 && text_is_utf8(text, length);
}

uint32_t text_crc32(const void *bytes, size_t length)
{
	const unsigned char *p = bytes;
	uint32_t crc = UINT32_MAX;

	while (length--) {
		crc ^= *p++;
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (UINT32_C(0xedb88320) & (0u - (crc & 1u)));
	}
	return ~crc;
}

uint64_t text_hash64(const void *bytes, size_t length, uint64_t seed)
{
	const unsigned char *p = bytes;
	uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ seed;

	while (length--)
		hash = (hash ^ *p++) * UINT64_C(0x100000001b3);
	return hash;
}

unsigned text_distance(const char *a, const char *b)
{
	unsigned rows[3][66];
	size_t a_length = strlen(a), b_length = strlen(b);

	if (a_length > 64 || b_length > 64)
		return 65;
	for (unsigned j = 0; j <= b_length; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= a_length; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
		row[0] = i;
		for (unsigned j = 1; j <= b_length; j++) {
			unsigned best = above[j - 1] + (a[i - 1] != b[j - 1]);
			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[a_length % 3][b_length];
}
