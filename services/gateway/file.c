/* SPDX-License-Identifier: MIT */
#include "gateway/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum err file_read(const char *path, struct buf *out, struct errinfo *info)
{
	FILE *file = fopen(path, "re");
	char bytes[8192];
	size_t count;

	if (!file)
		return errinfo_set(info, ERR_IO, "%s: %s", path, strerror(errno));
	while ((count = fread(bytes, 1, sizeof bytes, file)) && !buf_append(out, bytes, count))
		;
	bool failed = ferror(file);
	fclose(file);
	if (failed)
		return errinfo_set(info, ERR_IO, "%s: cannot be read", path);
	if (out->failed == ERR_FULL)
		return errinfo_set(info, ERR_FULL, "%s: is larger than %zu bytes", path, out->limit);
	return out->failed;
}

enum err file_tokens(const char *path, struct token_book *book, struct errinfo *info)
{
	struct buf text;
	enum err err;

	buf_init(&text, FILE_BYTES_MAX);
	err = file_read(path, &text, info);
	if (!err)
		err = token_book_read(book, text.data ? text.data : "", path, info);
	buf_fini(&text);
	return err;
}
