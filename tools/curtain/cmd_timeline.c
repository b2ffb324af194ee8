/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "answers.h"
#include "client.h"
#include "cmd.h"
#include "codec/json.h"
#include "output.h"
#include "timeline_svg.h"

#define ITEMS_MAX 500

struct timeline_command {
	const char *household, *zone_name;
	int64_t most;
	const char *svg_file;
	bool json;
	int64_t days;
	struct connection connection;
	struct zone *zone;
};

static const char ending[] =
	"Who looked at which household is noted in the district's audit trail.\n"
	"With --json one JSON document: {household, known, items: [{what: incident | alert | day | errand, at, ...}]}, "
	"newest "
	"first.\n"
	"Exit status: 0 told, 1 records refuses or does not know the household, 2 nobody answers.\n\n"
	"examples:\n"
	"  curtain timeline h-0003\n"
	"  curtain timeline h-0003 --most 20\n"
	"  curtain timeline h-0003 --svg h-0003.svg --days 42\n"
	"  curtain timeline h-0003 --json | jq '.items[] | select(.what == \"incident\")'\n";

static int tell(struct timeline_command *command, const char *answer, struct errinfo *info)
{
	bool known = false;
	struct buf out;
	enum err err;

	buf_init(&out, OUTPUT_BYTES_MAX);
	err = command->svg_file ? timeline_svg(answer, command->zone, (unsigned)command->days, &out, &known, info)
				: answers_timeline(answer, command->zone, &out, &known, info);
	if (!err)
		err = command->svg_file ? output_file(command->svg_file, &out, info)
		      : command->json   ? output_line(answer, info)
					: output_write(&out, ERR_OK, info);
	buf_fini(&out);
	return err ? options_fail("timeline", info) : known ? 0 : 1;
}

static int run(struct timeline_command *command, struct errinfo *info)
{
	struct client *client = NULL;
	struct buf args;
	char *answer = NULL;
	int status;
	enum err err = client_open(&command->connection, 0, &client, info);

	buf_init(&args, REQUEST_BYTES_MAX);
	json_open(&args, '{');
	json_member_text(&args, "household", command->household);
	if (command->most || command->svg_file)
		json_member_int(&args, "limit", command->most ? command->most : ITEMS_MAX);
	json_close(&args, '}');
	if (!err)
		err = client_request(client, "records", "timeline", &args, &answer, info);
	if (!err)
		status = tell(command, answer, info);
	else
		status = options_fail("timeline", info) - (client && client_refused(client));
	free(answer);
	buf_fini(&args);
	client_close(client);
	return status;
}

int cmd_timeline(int argc, char **argv)
{
	static struct timeline_command command = {.days = 28};
	const struct option_row rows[] = {
		{"most", OPTION_INT, &command.most, 1, ITEMS_MAX, "N", "at most so many items, days and events (100)"},
		OUTPUT_ZONE_ROW(&command.zone_name),
		{"json", OPTION_FLAG, &command.json, 0, 0, NULL, "print one JSON document"},
		{"svg", OPTION_TEXT, &command.svg_file, 0, 0, "FILE",
			"draw a sheet (A4): a column a day, a row for each signal"},
		{"days", OPTION_INT, &command.days, 7, TIMELINE_SVG_DAYS_MAX, "N",
			"with --svg: the last so many days (28)"},
	};
	const struct options options = {"timeline",
		"Tells what happened in a household: incidents with every step, alerts, visits, tasks and services, "
		"and a "
		"line for each day with readings.",
		OPTIONS_ROWS(rows), &command.connection, "HOUSEHOLD", &command.household, ending};
	struct errinfo info = {0};
	int status = options_parse(&options, argc, argv);

	if (status >= 0)
		return status;
	if (output_zone(command.zone_name, &command.zone, &info))
		return options_fail("timeline", &info);
	status = run(&command, &info);
	zone_destroy(command.zone);
	return status;
}
