/* SPDX-License-Identifier: MIT
 *
 * curtain roster next: the task of the weeks after a roster.
 */
#include "dispatcher/roster/roster_json.h"
#include "options.h"
#include "output.h"
#include "roster.h"

#define FILE_BYTES_MAX (4u << 20)

struct next_options {
	const char *file, *roster;
	int64_t days;
};

static int read_options(int argc, char **argv, struct next_options *out)
{
	const struct option_row rows[] = {
		{"roster", OPTION_TEXT, &out->roster, 0, 0, "FILE", "the roster as it was served"},
		{"days", OPTION_INT, &out->days, 1, TEAM_DAYS_MAX, "NUMBER", "of the next weeks (as many as before)"},
	};
	const struct options options = {.command = "roster next",
		.summary =
			"Writes the task of the weeks after a roster: the same people and rules; what everybody has "
			"served beyond\nthe others is carried on, so that shares even out over months. What has dates "
			"(away, wishes, fixed,\nholidays) is to be filled in anew.",
		.rows = rows,
		.row_count = sizeof rows / sizeof *rows,
		.operand = "TASK",
		.operand_value = &out->file,
		.ending = "exit status: 0 written, 2 wrong usage, or a file with a fault.\nexample:\n"
			  "  curtain roster next december.json --roster roster.json > january.json\n"};
	struct errinfo info = {0};
	int status = options_parse(&options, argc, argv);

	if (status >= 0)
		return status;
	if (!out->file || !out->roster)
		errinfo_set(&info, ERR_INVALID, "name the file of the TASK and the --roster");
	return info.code ? options_fail("roster next", &info) : -1;
}

int roster_next_cmd(int argc, char **argv)
{
	struct next_options options = {0};
	struct errinfo info = {0};
	struct roster_work work;
	struct buf text, out;
	int status = read_options(argc, argv, &options);

	if (status >= 0)
		return status;
	buf_init(&text, FILE_BYTES_MAX);
	buf_init(&out, OUTPUT_BYTES_MAX);
	enum err err = roster_work_load(&work, options.file, options.roster, &info);
	if (!err)
		err = roster_read_file(options.file, &text, &info);
	if (!err)
		err = roster_json_next(text.data, text.length, work.team, &work.plan,
			options.days ? (int)options.days : work.team->days, &out, &info);
	buf_fini(&text);
	return roster_finish("roster next", &work, &out, err, &info, 0);
}
