/* SPDX-License-Identifier: MIT
 *
 * curtain report fortnight, daily: figures from records, rosters from the dispatcher, put together and written as a
 * page, as figures or as JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "client.h"
#include "codec/fields.h"
#include "codec/json.h"
#include "encoding.h"
#include "output.h"
#include "report_catalogue.h"
#include "report_commands.h"
#include "report_cover.h"
#include "report_paper.h"
#include "report_roster.h"

#define CATALOGUE_ROWS 5000

struct paper {
	const char *command, *method;
	const char *from, *until, *day, *community, *as, *encoding, *zone_name, *why;
	bool daily, names, no_roster;
	struct connection connection;
	struct zone *zone;
};

/* ---- rosters ---- */

static enum err ask_team(
	struct client *client, struct report_roster *roster, const json_t *team, bool *out_silent, struct errinfo *info)
{
	struct buf args;
	char *answer = NULL;
	enum err err;

	ask_begin(&args);
	json_member_text(&args, "team", report_text(team, "id"));
	json_close(&args, '}');
	err = client_request(client, "dispatcher", "duties", &args, &answer, info);
	*out_silent = err && !client_refused(client);
	if (!err)
		err = report_roster_add(roster, report_text(team, "id"), report_text(team, "community"), answer, info);
	free(answer);
	buf_fini(&args);
	return err;
}

/* add_roster puts "roster" beside what records said: the days after the period, or the day itself. A dispatcher that
 * does not answer, or refuses, leaves the paper without it. */
static enum err add_roster(const struct paper *paper, json_t *root, struct errinfo *info)
{
	const json_t *teams = json_object_get(root, "teams");
	int days = paper->daily ? 1 : (int)json_integer_value(json_object_get(root, "days"));
	struct client *client = NULL;
	struct report_roster *roster = NULL;
	struct errinfo why = {0};
	bool silent = false;
	enum err err = report_roster_create(paper->zone, report_text(root, paper->daily ? "day" : "until"),
		paper->daily ? 0 : 1, days > COVER_DAYS_MAX ? COVER_DAYS_MAX : days, &roster, info);

	if (!err)
		err = client_open(&paper->connection, 0, &client, info);
	if (err)
		goto done;
	for (size_t i = 0; i < json_array_size(teams) && !why.code; i++) {
		const json_t *team = json_array_get(teams, i);
		if (json_integer_value(json_object_get(team, "homes")) > 0 &&
			ask_team(client, roster, team, &silent, &why))
			fprintf(stderr, "curtain report: no rosters: %s\n", why.text);
	}
	json_object_set_new(root, "roster",
		why.code ? report_roster_missing(silent ? "silent" : "refused") : report_roster_json(roster));
done:
	client_close(client);
	report_roster_destroy(roster);
	return err;
}

/* ---- names of services ---- */

/* add_catalogue puts "catalogue" beside what records said of a day: the name of each service by its id. An account that
 * may not read the registry has a sheet with ids. */
static enum err add_catalogue(const struct paper *paper, json_t *root, struct errinfo *info)
{
	struct errinfo why = {0};
	bool refused = false;
	char *answer = NULL;
	struct buf args;
	enum err err;

	ask_begin(&args);
	json_member_text(&args, "kind", "services");
	json_member_int(&args, "limit", CATALOGUE_ROWS);
	err = ask_service(&paper->connection, "records", "export", &args, &answer, &refused, &why);
	if (!err)
		err = report_catalogue(answer, root, info);
	free(answer);
	return refused ? ERR_OK : !info->code && err ? errinfo_set(info, err, "%s", why.text) : err;
}

/* ---- papers ---- */

static enum err write_encoded(const char *encoding, const struct buf *text, struct errinfo *info)
{
	struct buf out;
	enum err err = text->failed;

	buf_init(&out, OUTPUT_BYTES_MAX);
	if (!err)
		err = encoding_from_utf8(encoding, text->data, text->length, &out, info);
	err = output_write(&out, err, info);
	buf_fini(&out);
	return err;
}

static enum err write_paper(const struct paper *paper, const char *json, struct errinfo *info)
{
	struct report *report = NULL;
	struct buf text;
	json_t *root = NULL;
	enum err err;

	buf_init(&text, OUTPUT_BYTES_MAX);
	if (paper->daily)
		err = fields_load(json, strlen(json), OUTPUT_BYTES_MAX, &root, info);
	else
		err = report_open(json, &report, info);
	if (!err && paper->daily)
		err = report_day_html(root, paper->zone, &text);
	else if (!err)
		err = !strcmp(paper->as, "csv") ? report_csv(report, &text) : report_html(report, paper->zone, &text);
	if (!err)
		err = write_encoded(!strcmp(paper->as, "csv") ? paper->encoding : "utf-8", &text, info);
	buf_fini(&text);
	report_close(report);
	json_decref(root);
	return err;
}

static enum err tell(const struct paper *paper, const char *answer, struct errinfo *info)
{
	json_t *root = NULL;
	char *json = NULL;
	enum err err = fields_load(answer, strlen(answer), OUTPUT_BYTES_MAX, &root, info);

	if (!err && paper->daily)
		err = add_catalogue(paper, root, info);
	if (!err && !paper->no_roster)
		err = add_roster(paper, root, info);
	if (!err && !(json = json_dumps(root, JSON_COMPACT | JSON_PRESERVE_ORDER)))
		err = errinfo_set(info, ERR_NOMEM, "out of memory");
	json_decref(root);
	if (!err)
		err = strcmp(paper->as, "json") == 0 ? output_line(json, info) : write_paper(paper, json, info);
	free(json);
	return err;
}

/* ---- the request ---- */

static int run(struct paper *paper, struct errinfo *info)
{
	bool refused = false;
	char *answer = NULL;
	struct buf args;
	enum err err;

	ask_begin(&args);
	json_member_text_if(&args, "from", paper->from);
	json_member_text_if(&args, "until", paper->until);
	json_member_text_if(&args, "day", paper->day);
	json_member_text_if(&args, "community", paper->community);
	json_member_text_if(&args, "why", paper->why);
	if (paper->names)
		json_member_bool(&args, "names", true);
	err = ask_service(&paper->connection, "records", paper->method, &args, &answer, &refused, info);
	if (!err)
		err = tell(paper, answer, info);
	free(answer);
	return err ? options_fail(paper->command, info) - refused : 0;
}

/* parsed_run checks what the options say and makes the paper. */
static int parsed_run(struct paper *paper)
{
	struct errinfo info = {0};
	struct buf none; /* a wrong encoding is told before anything is asked */
	int status;

	if (strcmp(paper->as, "html") != 0 && strcmp(paper->as, "json") != 0 &&
		(paper->daily || strcmp(paper->as, "csv") != 0))
		errinfo_set(&info, ERR_INVALID, "--as %.40s: must be html%s or json", paper->as,
			paper->daily ? "" : ", csv");
	buf_init(&none, 16);
	if (!info.code && encoding_from_utf8(paper->encoding, "", 0, &none, &info))
		info.code = ERR_INVALID;
	buf_fini(&none);
	if (info.code || output_zone(paper->zone_name, &paper->zone, &info))
		return options_fail(paper->command, &info);
	status = run(paper, &info);
	zone_destroy(paper->zone);
	return status;
}

#define PAPER(word, of, is_daily)                                                                                      \
	{                                                                                                              \
		.command = word, .method = of, .daily = is_daily, .from = "", .until = "", .day = "", .community = "", \
		.why = "", .as = "html", .encoding = "utf-8"                                                           \
	}

int report_fortnight_cmd(int argc, char **argv)
{
	static struct paper paper = PAPER("report fortnight", "report", false);
	const struct option_row rows[] = {
		{"from", OPTION_DAY, &paper.from, 0, 0, "DAY", "from the begin of this day on"},
		{"until", OPTION_DAY, &paper.until, 0, 0, "DAY",
			"to the end of this day; without --from: the latest fortnight that is over by then"},
		{"community", OPTION_TEXT, &paper.community, 0, 0, "ID", "of this community alone"},
		{"names", OPTION_FLAG, &paper.names, 0, 0, NULL,
			"the elders' names beside the cases; the audit trail says so"},
		{"no-roster", OPTION_FLAG, &paper.no_roster, 0, 0, NULL, "do not ask the dispatcher for rosters"},
		{"as", OPTION_TEXT, &paper.as, 0, 0, "html|csv|json", "form of the paper (html)"},
		{"encoding", OPTION_TEXT, &paper.encoding, 0, 0, "utf-8|utf-8-bom|gb18030", "of the CSV (utf-8)"},
		{"why", OPTION_TEXT, &paper.why, 0, 0, "TEXT", "the reason that the audit trail keeps"},
		OUTPUT_ZONE_ROW(&paper.zone_name),
	};
	const struct options options = {.command = paper.command,
		.summary = "The paper of the dispatch meeting: figures against the period before, by community and "
			   "kind of estate, cases, decisions.",
		.rows = rows,
		.row_count = sizeof rows / sizeof *rows,
		.connection = &paper.connection,
		.ending = "Without --from the latest fortnight that is over. A community worker's paper is of their "
			  "community. Homes stand in it by their ids.\n"
			  "Where the dispatcher does not answer, the paper says so. docs/report.md says what each "
			  "figure counts.\n"
			  "Exit status: 0 made, 1 refused, 2 wrong usage or nobody answers.\n\n"
			  "examples:\n"
			  "  curtain report fortnight > paper.html\n"
			  "  curtain report fortnight --until 2026-03-29 --community c-1 --as csv\n"};
	int status = options_parse(&options, argc, argv);

	return status >= 0 ? status : parsed_run(&paper);
}

int report_daily_cmd(int argc, char **argv)
{
	static struct paper paper = PAPER("report daily", "report_day", true);
	const struct option_row rows[] = {
		{"day", OPTION_DAY, &paper.day, 0, 0, "DAY", "of this day (today)"},
		{"community", OPTION_TEXT, &paper.community, 0, 0, "ID", "of this community alone"},
		{"no-roster", OPTION_FLAG, &paper.no_roster, 0, 0, NULL, "do not ask the dispatcher for rosters"},
		{"as", OPTION_TEXT, &paper.as, 0, 0, "html|json", "form of the sheet (html)"},
		{"why", OPTION_TEXT, &paper.why, 0, 0, "TEXT", "the reason that the audit trail keeps"},
		OUTPUT_ZONE_ROW(&paper.zone_name),
	};
	const struct options options = {.command = paper.command,
		.summary = "What the morning has to know, a page a community: the night's incidents, what is due, "
			   "duties and gaps, silent devices.",
		.rows = rows,
		.row_count = sizeof rows / sizeof *rows,
		.connection = &paper.connection,
		.ending = "Exit status: 0 made, 1 refused, 2 wrong usage or nobody answers.\n\nexample:\n  curtain "
			  "report daily > day.html\n"};
	int status = options_parse(&options, argc, argv);

	return status >= 0 ? status : parsed_run(&paper);
}
