/* SPDX-License-Identifier: MIT
 *
 * curtain roster show: a roster in the forms in which people use it.
 */
#include <string.h>

#include "dispatcher/roster/roster_forms.h"
#include "dispatcher/roster/roster_json.h"
#include "options.h"
#include "output.h"
#include "roster.h"

struct show_options {
	const char *file, *roster, *as, *volunteer, *zone;
	bool json;
};

static const char ending[] =
	"forms: text (a row a day), json (cost, gaps with reasons, and what moved, computed anew), csv, svg (for the "
	"notice\n"
	"board, A4), ics (one --volunteer's calendar, RFC 5545).\n"
	"exit status: 0 written, 2 wrong usage, or a file with a fault.\n"
	"examples:\n"
	"  curtain roster show team.json --roster roster.json --as svg | rsvg-convert -f pdf -o board.pdf\n"
	"  curtain roster show team.json --roster roster.json --as ics --volunteer v-01 > v-01.ics\n";

static int read_options(int argc, char **argv, struct show_options *out)
{
	const struct option_row rows[] = {
		{"roster", OPTION_TEXT, &out->roster, 0, 0, "FILE", "the roster, as \"plan --json\" prints it"},
		{"as", OPTION_TEXT, &out->as, 0, 0, "FORM", "text (usual), json, csv, svg or ics"},
		{"json", OPTION_FLAG, &out->json, 0, 0, NULL, "the same as --as json"},
		{"volunteer", OPTION_TEXT, &out->volunteer, 0, 0, "ID", "whose calendar, with --as ics"},
		{"zone", OPTION_TEXT, &out->zone, 0, 0, "NAME",
			"time zone of the times of day, with --as ics (Asia/Shanghai)"},
	};
	const struct options options = {.command = "roster show",
		.summary = "Writes a team's roster as a table, JSON, CSV, a sheet to hang up, or a calendar. Needs no "
			   "broker.",
		.rows = rows,
		.row_count = sizeof rows / sizeof *rows,
		.operand = "TASK",
		.operand_value = &out->file,
		.ending = ending};
	struct errinfo info = {0};

	*out = (struct show_options){.as = "text", .zone = "Asia/Shanghai"};
	int status = options_parse(&options, argc, argv);
	if (status >= 0)
		return status;
	if (out->json)
		out->as = "json";
	bool calendar = !strcmp(out->as, "ics");
	if (!out->file || !out->roster)
		errinfo_set(&info, ERR_INVALID, "name the file of the TASK and the --roster");
	else if (calendar && !out->volunteer)
		errinfo_set(&info, ERR_INVALID, "--as ics: name the --volunteer whose calendar it is to be");
	else if (!calendar && out->volunteer)
		errinfo_set(&info, ERR_INVALID, "--volunteer goes with --as ics only");
	return info.code ? options_fail("roster show", &info) : -1;
}

static enum err write_calendar(
	const struct roster_work *work, const struct show_options *options, struct buf *out, struct errinfo *info)
{
	struct roster_form_calendar calendar = {.made = wall_now(), .revision = work->team->revision + 1};
	struct zone *zone = NULL;
	int volunteer = 0;

	while (volunteer < work->team->volunteers &&
		strcmp(work->team->volunteer[volunteer].id, options->volunteer) != 0)
		volunteer++;
	if (volunteer == work->team->volunteers)
		return errinfo_set(info, ERR_NOT_FOUND, "--volunteer %s is not of the team", options->volunteer);
	enum err err = zone_load(options->zone, &zone, info);
	calendar.zone = zone;
	if (!err)
		err = roster_form_calendar_of(work->team, &work->plan, volunteer, &calendar, out);
	zone_destroy(zone);
	return err;
}

static enum err write_form(
	const struct roster_work *work, const struct show_options *options, struct buf *out, struct errinfo *info)
{
	if (!strcmp(options->as, "ics"))
		return write_calendar(work, options, out, info);
	if (!strcmp(options->as, "csv"))
		return roster_form_csv(work->team, &work->plan, out);
	if (!strcmp(options->as, "svg"))
		return roster_form_svg(work->team, &work->plan, out);
	if (!strcmp(options->as, "text"))
		roster_text_plan(work->team, &work->plan, out);
	else if (!strcmp(options->as, "json"))
		return roster_json_write(work->team, &work->plan, INT64_MIN, out) ? out->failed : buf_byte(out, '\n');
	else
		return errinfo_set(info, ERR_INVALID, "--as \"%s\": text, json, csv, svg or ics", options->as);
	return out->failed;
}

int roster_show_cmd(int argc, char **argv)
{
	struct show_options options;
	struct errinfo info = {0};
	struct roster_work work;
	struct buf out;
	int status = read_options(argc, argv, &options);

	if (status >= 0)
		return status;
	buf_init(&out, OUTPUT_BYTES_MAX);
	enum err err = roster_work_load(&work, options.file, options.roster, &info);
	if (!err)
		err = write_form(&work, &options, &out, &info);
	return roster_finish("roster show", &work, &out, err, &info, 0);
}
