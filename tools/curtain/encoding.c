/* SPDX-License-Identifier: MIT */
#include "encoding.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "base/text.h"

#define BLOCK_BYTES 16384

static const char bom[] = "\xef\xbb\xbf";

static bool starts(const struct buf *text, const char *mark, size_t length)
{
	return text->length >= length && !memcmp(text->data, mark, length);
}

/* place_of counts the lines of what was read well: bytes of line feed are the same in all these encodings but UTF-16.
 */
static enum err bad_byte(const char *encoding, const char *file, const char *text, size_t at, struct errinfo *info)
{
	int line = 1, column = 1;

	for (size_t i = 0; i < at; i++) {
		column++;
		if (text[i] == '\n') {
			line++;
			column = 1;
		}
	}
	return errinfo_at(info, ERR_INVALID, file, line, column,
		"is no text in %s; save the file as UTF-8 (spreadsheets: \"CSV UTF-8\"), or name its encoding",
		encoding);
}

static enum err convert(const char *to, const char *from, const char *file, const char *text, size_t length,
	struct buf *out, struct errinfo *info)
{
	iconv_t cd = iconv_open(to, from);
	char block[BLOCK_BYTES], *in, *p;
	struct buf copy;
	size_t left = length, room;
	enum err err = ERR_OK;

	if (cd == (iconv_t)-1)
		return errinfo_set(info, ERR_IO, "this system knows no encoding %s", from);
	buf_init(&copy, length + 1);
	buf_append(&copy, text, length);
	in = copy.data;
	while (!err && !copy.failed && left) {
		p = block;
		room = sizeof block;
		if (iconv(cd, &in, &left, &p, &room) == (size_t)-1 && errno != E2BIG)
			err = bad_byte(from, file, copy.data, length - left, info);
		if (!err && buf_append(out, block, sizeof block - room))
			err = errinfo_set(
				info, out->failed, "longer than the registry takes at once: give it in parts");
	}
	if (!err && copy.failed)
		err = errinfo_set(info, copy.failed, "out of memory");
	iconv_close(cd);
	buf_fini(&copy);
	return err;
}

static enum err replace(const char *from, size_t skip, const char *file, struct buf *text, struct errinfo *info)
{
	struct buf out;
	enum err err;

	buf_init(&out, text->limit);
	err = convert("UTF-8", from, file, text->data + skip, text->length - skip, &out, info);
	if (err) {
		buf_fini(&out);
		return err;
	}
	buf_fini(text);
	*text = out;
	return ERR_OK;
}

static void skip_mark(struct buf *text)
{
	if (!starts(text, bom, 3))
		return;
	memmove(text->data, text->data + 3, text->length - 3 + 1);
	text->length -= 3;
}

static enum err check(const char *file, struct buf *text, struct errinfo *info)
{
	size_t at = 0;

	skip_mark(text);
	while (at < text->length) { /* by lines: text_is_utf8 does not say where */
		const char *end = memchr(text->data + at, '\n', text->length - at);
		size_t length = end ? (size_t)(end - text->data) - at : text->length - at;
		if (memchr(text->data + at, '\0', length) || !text_is_utf8(text->data + at, length))
			return bad_byte("UTF-8", file, text->data, at, info);
		at += length + 1;
	}
	return ERR_OK;
}

enum err encoding_to_utf8(const char *name, const char *file, struct buf *text, struct errinfo *info)
{
	bool by_itself = !strcmp(name, "auto");

	if (!by_itself && strcmp(name, "utf-8") != 0 && strcmp(name, "gb18030") != 0)
		return errinfo_set(info, ERR_INVALID, "--encoding: must be auto, utf-8 or gb18030");
	if (by_itself && starts(text, "\xff\xfe", 2))
		return replace("UTF-16LE", 2, file, text, info);
	if (by_itself && starts(text, "\xfe\xff", 2))
		return replace("UTF-16BE", 2, file, text, info);
	if (!strcmp(name, "gb18030") ||
		(by_itself && !memchr(text->data, '\0', text->length) && !text_is_utf8(text->data, text->length)))
		return replace("GB18030", 0, file, text, info);
	return check(file, text, info);
}

enum err encoding_from_utf8(const char *name, const char *text, size_t length, struct buf *out, struct errinfo *info)
{
	if (!strcmp(name, "gb18030"))
		return convert("GB18030", "UTF-8", "", text, length, out, info);
	if (strcmp(name, "utf-8") != 0 && strcmp(name, "utf-8-bom") != 0)
		return errinfo_set(info, ERR_INVALID, "--encoding: must be utf-8, utf-8-bom or gb18030");
	if (!strcmp(name, "utf-8-bom"))
		buf_append(out, bom, 3);
	return buf_append(out, text, length);
}
