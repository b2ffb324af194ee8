/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "dispatcher/roster/roster_json.h"
#include "options.h"
#include "output.h"
#include "roster.h"

#define FILE_BYTES_MAX (4u << 20)

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
	if (failed)
		return errinfo_at(info, ERR_IO, path, 0, 0, "cannot be read");
	if (out->length >= 3 && !memcmp(out->data, "\xef\xbb\xbf", 3)) /* some editors begin a text with this mark */
		memset(out->data, ' ', 3);
	return ERR_OK;
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

void roster_work_fini(struct roster_work *work)
{
	roster_plan_fini(&work->plan);
	roster_model_destroy(work->model);
	team_destroy(work->team);
}

enum err roster_work_load(struct roster_work *work, const char *task, const char *roster, struct errinfo *info)
{
	struct buf text;

	*work = (struct roster_work){.outcome = {.bound = INT64_MIN, .stuck = -1}};
	buf_init(&text, FILE_BYTES_MAX);
	enum err err = roster_read_file(task, &text, info);
	if (!err)
		err = roster_json_task(text.data ? text.data : "", text.length, &work->team, info);
	if (!err)
		err = team_model(work->team, &work->model, info);
	if (!err)
		err = roster_plan_init(&work->plan, work->model);
	if (!err && roster) {
		buf_reset(&text);
		err = roster_read_file(roster, &text, info);
		if (!err)
			err = roster_json_plan(text.data ? text.data : "", text.length, work->team, &work->plan, info);
	}
	buf_fini(&text);
	return err;
}

int roster_finish(
	const char *command, struct roster_work *work, struct buf *out, enum err err, struct errinfo *info, int status)
{
	if (!err)
		err = output_write(out, out->failed, info);
	buf_fini(out);
	roster_work_fini(work);
	if (err)
		return options_fail(command, info);
	return status;
}
