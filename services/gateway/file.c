/* SPDX-License-Identifier: MIT */
#include "gateway/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

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

static bool make_key(const char *path, size_t size)
{
	unsigned char bytes[64];
	int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool good = file >= 0 && size <= sizeof bytes && getrandom(bytes, size, 0) == (ssize_t)size &&
		    write(file, bytes, size) == (ssize_t)size && !fsync(file);

	if (file >= 0)
		close(file);
	return good;
}

enum err file_key(const char *path, unsigned char *out, size_t size, struct errinfo *info)
{
	struct buf bytes;
	enum err err;

	if (access(path, F_OK) && !make_key(path, size))
		return errinfo_set(info, ERR_IO, "%s: cannot be made: %s", path, strerror(errno));
	buf_init(&bytes, FILE_BYTES_MAX);
	err = file_read(path, &bytes, info);
	if (!err && bytes.length != size)
		err = errinfo_set(
			info, ERR_CORRUPT, "%s: must hold %zu bytes; remove it and another one is made", path, size);
	if (!err)
		memcpy(out, bytes.data, size);
	if (bytes.data)
		explicit_bzero(bytes.data, bytes.length);
	buf_fini(&bytes);
	return err;
}
