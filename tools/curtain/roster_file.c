/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "roster.h"

enum err roster_read_file(const char *path, struct buf *out, struct errinfo *info)
{
	bool standard = !strcmp(path, "-");
	FILE *file = standard ? stdin : fopen(path, "rbe");
	char part[16384];
	size_t got;

	if (!file)
		return errinfo_at(info, ERR_NOT_FOUND, path, 0, 0, "cannot be read: %s", strerror(errno));
	while ((got = fread(part, 1, sizeof part, file)) > 0 && !out->failed)
		buf_append(out, part, got);
	bool failed = ferror(file);
	if (!standard)
		fclose(file);
	if (out->failed)
		return errinfo_at(info, out->failed, path, 0, 0, "is larger than %zu bytes", out->limit);
	return failed ? errinfo_at(info, ERR_IO, path, 0, 0, "cannot be read") : ERR_OK;
}

double roster_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double left(void *context)
{
	const struct roster_stopwatch *stopwatch = context;

	return stopwatch->until - roster_now();
}

struct roster_watch roster_stopwatch_start(struct roster_stopwatch *stopwatch, double seconds)
{
	stopwatch->until = roster_now() + seconds;
	return (struct roster_watch){left, stopwatch};
}
