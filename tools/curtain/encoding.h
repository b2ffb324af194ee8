/* SPDX-License-Identifier: MIT
 *
 * encoding: texts as spreadsheets save them. UTF-8 with or without a byte order mark, GB18030 (which holds GBK and
 * GB2312), UTF-16 with a mark.
 */
#ifndef CURTAIN_TOOL_ENCODING_H
#define CURTAIN_TOOL_ENCODING_H

#include "base/buf.h"
#include "base/err.h"

/* encoding_to_utf8 turns text into UTF-8 without a mark, in place. name: "utf-8", "gb18030", or "auto": by the mark,
 * else UTF-8 if all of it is, else GB18030. A byte that does not belong is told with file, line and column; so is the
 * place where a file of two encodings changes, and the end of one that was cut off in the middle of a character. */
enum err encoding_to_utf8(const char *name, const char *file, struct buf *text, struct errinfo *info) ERR_MUST_CHECK;
/* encoding_from_utf8 appends text in another encoding: "utf-8", "utf-8-bom", "gb18030". */
enum err encoding_from_utf8(
	const char *name, const char *text, size_t length, struct buf *out, struct errinfo *info) ERR_MUST_CHECK;

#endif
