/* SPDX-License-Identifier: MIT */
#include "manifest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION 2
#define LINE_BYTES 512

static const char mark[] = "curtain-backup ";

void manifest_put(struct buf *out, uint64_t bytes, const char *sha256, const char *tables)
{
	size_t count = 0;

	for (const char *p = tables; (p = strchr(p, '\n')); p++)
		count++;
	buf_printf(out, "%s%d\ndump %" PRIu64 " %s\n%send %zu\n", mark, VERSION, bytes, sha256, tables, count);
}

static enum err broken(const char *name, int line, const char *what, struct errinfo *info)
{
	return errinfo_at(info, ERR_INVALID, name, line, 1,
		"清单已损坏 (%s): take the manifest and the dump from another copy of this backup, or another backup",
		what);
}

/* number reads digits up to `after`; NULL: there is none. */
static const char *number(const char *text, char after, uint64_t *out)
{
	char *end;

	if (*text < '0' || *text > '9')
		return NULL;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno || *end != after ? NULL : end + 1;
}

/* is_table: "table NAME ROWS HASH". */
static bool is_table(const char *line)
{
	uint64_t rows;
	const char *name = line + 6, *after;

	if (strncmp(line, "table ", 6) != 0)
		return false;
	after = name + strcspn(name, " ");
	if (after == name || !*after)
		return false;
	after = number(after + 1, ' ', &rows);
	return after && *after && !strchr(after, ' ');
}

static bool is_dump(const char *line, struct manifest *out)
{
	const char *hash = strncmp(line, "dump ", 5) == 0 ? number(line + 5, ' ', &out->bytes) : NULL;

	if (!hash || strlen(hash) != HASH_TEXT_BYTES - 1 || strspn(hash, "0123456789abcdef") != HASH_TEXT_BYTES - 1)
		return false;
	memcpy(out->sha256, hash, HASH_TEXT_BYTES);
	return true;
}

static enum err read_version(const char *line, const char *name, struct manifest *out, struct errinfo *info)
{
	uint64_t version;

	if (!number(line + strlen(mark), '\0', &version) || version < 2)
		return broken(name, 1, "its version cannot be read", info);
	if (version > VERSION)
		return errinfo_at(info, ERR_INVALID, name, 1, 1,
			"清单版本 %" PRIu64
			" 太新 (is of a newer version, this program reads up to %d): restore with the "
			"version of curtain that made the backup",
			version, VERSION);
	out->version = (int)version;
	return ERR_OK;
}

/* take_line: at is the line's number; *ended: the last line has come. */
static enum err take_line(const char *line, int at, const char *name, struct manifest *out, uint64_t *count,
	bool *ended, struct errinfo *info)
{
	uint64_t told;

	if (*ended)
		return broken(name, at, "something stands behind its end", info);
	if (at == 1 && strncmp(line, mark, strlen(mark)) == 0)
		return read_version(line, name, out, info);
	if (out->version == 2 && at == 2)
		return is_dump(line, out) ? ERR_OK : broken(name, at, "no line that tells the dump", info);
	if (out->version == 2 && strncmp(line, "end ", 4) == 0) {
		*ended = true;
		return number(line + 4, '\0', &told) && told == *count
			       ? ERR_OK
			       : broken(name, at, "tables are missing or too many", info);
	}
	if (!is_table(line))
		return broken(name, at, at == 1 ? "it is no manifest" : "a line that is none of a table", info);
	++*count;
	return ERR_OK;
}

enum err manifest_read(const char *text, size_t length, const char *name, struct manifest *out, struct errinfo *info)
{
	uint64_t count = 0;
	char line[LINE_BYTES];
	bool ended = false;
	int at = 0;

	*out = (struct manifest){.version = 1};
	for (size_t p = 0; p < length;) {
		const char *end = memchr(text + p, '\n', length - p);
		size_t bytes = end ? (size_t)(end - (text + p)) : length - p;
		uint64_t before = count;
		enum err err;
		if (!end || bytes >= sizeof line || memchr(text + p, '\0', bytes))
			return broken(name, at + 1, end ? "a line that is none of it" : "a line is cut off", info);
		memcpy(line, text + p, bytes);
		line[bytes] = '\0';
		err = take_line(line, ++at, name, out, &count, &ended, info);
		if (err)
			return err;
		if (count > before) {
			if (!before)
				out->tables_at = p;
			out->tables_length = p + bytes + 1 - out->tables_at;
		}
		p += bytes + 1;
	}
	if (!count || (out->version == 2 && !ended))
		return broken(name, at + 1, at ? "its end is missing" : "it is empty", info);
	return ERR_OK;
}

enum err manifest_weigh(const char *dump, uint64_t *out_bytes, char out[HASH_TEXT_BYTES], struct errinfo *info)
{
	FILE *file = fopen(dump, "re");
	bool read;

	if (!file)
		return errinfo_at(info, ERR_IO, dump, 0, 0, "cannot be read: %s", strerror(errno));
	read = hash_file(file, out_bytes, out);
	if (!read)
		errinfo_at(info, ERR_IO, dump, 0, 0, "cannot be read: %s", errno ? strerror(errno) : "libcrypto fails");
	fclose(file);
	return read ? ERR_OK : ERR_IO;
}

enum err manifest_agrees(const struct manifest *manifest, const char *dump, struct errinfo *info)
{
	char sha256[HASH_TEXT_BYTES];
	uint64_t bytes;
	enum err err = manifest_weigh(dump, &bytes, sha256, info);

	if (err)
		return err;
	if (!bytes || (manifest->version > 1 && bytes != manifest->bytes))
		return errinfo_at(info, ERR_INVALID, dump, 0, 0,
			"备份文件有 %" PRIu64 " 字节，清单说 %" PRIu64
			" (bytes here and in the manifest): it is cut off or of another backup; take another copy",
			bytes, manifest->bytes);
	if (manifest->version > 1 && strcmp(sha256, manifest->sha256) != 0)
		return errinfo_at(info, ERR_INVALID, dump, 0, 0,
			"备份文件已损坏 (its SHA-256 is not that of the manifest): it is damaged or of another backup; "
			"take "
			"another copy");
	return ERR_OK;
}
