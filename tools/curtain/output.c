/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum err output_zone(const char *name, struct zone **out_zone, struct errinfo *info)
{
	const char *given = getenv("CURTAIN_ZONE");

	if (!name)
		name = given && *given ? given : "Asia/Shanghai";
	return zone_load(name, out_zone, info);
}

bool output_colour(void)
{
	const char *none = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(none && *none);
}

static enum err write_all(const char *text, size_t length, struct errinfo *info)
{
	if (fwrite(text, 1, length, stdout) != length || fflush(stdout) != 0)
		return errinfo_set(info, ERR_IO, "the output cannot be written: %s", strerror(errno));
	return ERR_OK;
}

enum err output_write(const struct buf *text, enum err err, struct errinfo *info)
{
	if (!err)
		err = text->failed;
	if (err)
		return errinfo_set(info, err, "the output cannot be made: %s", err_name(err));
	return write_all(text->data, text->length, info);
}

enum err output_file(const char *path, const struct buf *text, struct errinfo *info)
{
	FILE *file = text->failed ? NULL : fopen(path, "w");
	bool whole = file && fwrite(text->data, 1, text->length, file) == text->length;

	if (file)
		whole = fclose(file) == 0 && whole;
	return whole ? ERR_OK : errinfo_set(info, ERR_IO, "%s cannot be written", path);
}

enum err output_line(const char *text, struct errinfo *info)
{
	enum err err = write_all(text, strlen(text), info);

	return err ? err : write_all("\n", 1, info);
}
