/* SPDX-License-Identifier: MIT */
#include "records/erasures.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "erasures.json"
#define PATH_BYTES 320

static enum err failed(struct errinfo *info, const char *path, const char *what)
{
	return errinfo_at(info, ERR_IO, path, 0, 0, "cannot be %s: %s", what, strerror(errno));
}

enum err erasures_read(const char *folder, struct buf *out, struct errinfo *info)
{
	char path[PATH_BYTES], block[16384];
	size_t got;
	FILE *file;
	enum err err = ERR_OK;

	snprintf(path, sizeof path, "%s/" FILE_NAME, folder);
	file = fopen(path, "re");
	if (!file && errno == ENOENT)
		return buf_text(out, "[]");
	if (!file)
		return failed(info, path, "read");
	while ((got = fread(block, 1, sizeof block, file)) > 0)
		buf_append(out, block, got);
	if (ferror(file))
		err = failed(info, path, "read");
	fclose(file);
	if (!err && out->failed)
		err = errinfo_at(info, out->failed, path, 0, 0, "is longer than %u MiB", ERASURES_BYTES_MAX >> 20);
	return err;
}

/* write_all writes to the file and its disk. */
static bool write_all(int file, const char *text, size_t length)
{
	while (length) {
		ssize_t done = write(file, text, length);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		text += done;
		length -= (size_t)done;
	}
	return !fsync(file);
}

static bool sync_folder(const char *folder)
{
	int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done = file >= 0 && !fsync(file);

	if (file >= 0)
		close(file);
	return done;
}

enum err erasures_write(const char *folder, const char *list, struct errinfo *info)
{
	char path[PATH_BYTES], part[PATH_BYTES];
	bool written;
	int file;

	snprintf(path, sizeof path, "%s/" FILE_NAME, folder);
	snprintf(part, sizeof part, "%s/" FILE_NAME ".part", folder);
	file = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (file < 0)
		return failed(info, part, "written");
	written = write_all(file, list, strlen(list));
	if (close(file) || !written || rename(part, path) || !sync_folder(folder)) {
		enum err err = failed(info, path, "written");
		unlink(part);
		return err;
	}
	return ERR_OK;
}
