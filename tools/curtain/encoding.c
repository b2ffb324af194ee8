/* SPDX-License-Identifier: MIT */
#include "encoding.h"

#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define BLOCK_BYTES 16384

static const char bom[] = "\xef\xbb\xbf";

static bool starts(const struct buf *text, const char *mark, size_t length)
{
	return text->length >= length && !memcmp(text->data, mark, length);
}

/* bad_at names the place of a byte by the lines of what was read well: bytes of line feed are the same in all these
 * encodings but UTF-16. */
static enum err bad_at(const char *file, const char *text, size_t at, struct errinfo *info, const char *what)
{
	int line = 1, column = 1;

	for (size_t i = 0; i < at; i++) {
		column++;
		if (text[i] == '\n') {
			line++;
			column = 1;
		}
	}
	return errinfo_at(info, ERR_INVALID, file, line, column, "%s", what);
}

static enum err bad_byte(const char *encoding, const char *file, const char *text, size_t at, struct errinfo *info)
{
	char what[160];

	snprintf(what, sizeof what,
		"is no text in %s; save the file as UTF-8 (spreadsheets: \"CSV UTF-8\"), or name its encoding",
		encoding);
	return bad_at(file, text, at, info, what);
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

/* good_bytes: how much of a line is UTF-8: all prefixes that go beyond are none. */
static size_t good_bytes(const char *line, size_t length)
{
	while (length && (memchr(line, '\0', length) || !text_is_utf8(line, length)))
		length--;
	return length;
}

/* census counts the lines that are UTF-8 with characters of three or four bytes in them, and those that are no UTF-8.
 */
struct census {
	size_t lines, others;
	size_t first_line, first_other; /* where they begin */
};

static struct census take_census(const struct buf *text)
{
	struct census c = {0};

	for (size_t at = 0, length; at < text->length; at += length + 1) {
		const char *line = text->data + at, *end = memchr(line, '\n', text->length - at);
		bool wide = false;
		length = end ? (size_t)(end - line) : text->length - at;
		for (size_t i = 0; i < length && !wide; i++)
			wide = (unsigned char)line[i] >= 0xe3; /* no letter of Europe: CJK and beyond */
		if (!text_is_utf8(line, length)) {
			c.first_other = c.others++ ? c.first_other : at;
		} else if (wide) {
			c.first_line = c.lines++ ? c.first_line : at;
		}
	}
	return c;
}

static enum err check(const char *file, struct buf *text, struct errinfo *info)
{
	struct census c;

	skip_mark(text);
	if (memchr(text->data, '\0', text->length))
		return bad_byte("UTF-8", file, text->data, strlen(text->data), info);
	c = take_census(text);
	if (!c.others)
		return ERR_OK;
	const char *line = text->data + c.first_other, *end = memchr(line, '\n', text->length - c.first_other);
	size_t good = good_bytes(line, end ? (size_t)(end - line) : text->length - c.first_other);
	return bad_byte("UTF-8", file, text->data, c.first_other + good, info);
}

/* LINES_BY_CHANCE: of so many lines in GB18030 one may happen to be UTF-8 as well. */
#define LINES_BY_CHANCE 100

/* mixed: not all of the text is UTF-8. In GB18030 its lines in UTF-8 would be read as other characters, without a
 * fault: names would be spoilt in silence. */
static enum err mixed(const char *file, const struct buf *text, struct errinfo *info)
{
	struct census c = take_census(text);
	size_t at, good;

	if (c.lines * LINES_BY_CHANCE <= c.others)
		return ERR_OK;
	good = good_bytes(
		text->data + c.first_other, text->length - c.first_other > 4096 ? 4096 : text->length - c.first_other);
	at = c.first_other + good;
	if (c.others == 1 && text->length - at < 4 && !memchr(text->data + at, '\n', text->length - at))
		return bad_at(file, text->data, at, info,
			"文件在一个字中间断了，不完整，请重新导出 (ends in the middle of a character: the file is cut "
			"off; "
			"export it anew)");
	if (c.lines < c.others)
		at = c.first_line;
	return bad_at(file, text->data, at, info,
		"这里换了编码：一个文件里有两种编码，请另存为 UTF-8 (here the encoding changes: UTF-8 and another one "
		"in one file; "
		"save it anew as UTF-8)");
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
	if (by_itself && !memchr(text->data, '\0', text->length) && !text_is_utf8(text->data, text->length)) {
		enum err err = mixed(file, text, info);
		return err ? err : replace("GB18030", 0, file, text, info);
	}
	return strcmp(name, "gb18030") == 0 ? replace("GB18030", 0, file, text, info) : check(file, text, info);
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
