/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "cmd.h"
#include "codec/json.h"
#include "kpi.h"
#include "output.h"

struct kpi_command {
	const char *from, *to, *zone_name;
	bool json;
	struct connection connection;
	struct zone *zone;
};

static const char ending[] =
	"Counted are incidents that were opened in that time; canaries are left out. Without --from the 30 days before "
	"--to,\n"
	"without --to up to now. docs/incident.md says what each figure means. With --json one JSON document.\n"
	"Exit status: 0 told, 1 refused, 2 nobody answers.\n\n"
	"examples:\n"
	"  curtain kpi\n"
	"  curtain kpi --from 2026-03-01 --to 2026-03-14\n"
	"  curtain kpi --json | jq .answered\n";

/* midnight: the local begin of a day; `after` days later. */
static void midnight(const struct kpi_command *command, const char *day, int after, char out[WALL_TEXT_BYTES])
{
	const struct civil civil = {.year = atoi(day), .month = atoi(day + 5), .day = atoi(day + 8) + after};

	wall_format(zone_from_civil(command->zone, civil), out);
}

static int run(struct kpi_command *command, struct errinfo *info)
{
	char from[WALL_TEXT_BYTES] = "", to[WALL_TEXT_BYTES] = "";
	struct buf args, out;
	char *answer = NULL;
	bool refused = false;
	enum err err;

	if (command->from)
		midnight(command, command->from, 0, from);
	if (command->to)
		midnight(command, command->to, 1, to);
	ask_begin(&args);
	json_member_text_if(&args, "from", from);
	json_member_text_if(&args, "to", to);
	err = ask_service(&command->connection, "records", "kpi", &args, &answer, &refused, info);
	buf_init(&out, OUTPUT_BYTES_MAX);
	if (!err && command->json)
		err = output_line(answer, info);
	else if (!err) {
		err = kpi_show(answer, command->zone, &out, info);
		if (!err)
			err = output_write(&out, ERR_OK, info);
	}
	buf_fini(&out);
	free(answer);
	return err ? options_fail("kpi", info) - refused : 0;
}

int cmd_kpi(int argc, char **argv)
{
	static struct kpi_command command;
	const struct option_row rows[] = {
		{"from", OPTION_DAY, &command.from, 0, 0, "DAY", "from the begin of this day on"},
		{"to", OPTION_DAY, &command.to, 0, 0, "DAY", "to the end of this day"},
		OUTPUT_ZONE_ROW(&command.zone_name),
		{"json", OPTION_FLAG, &command.json, 0, 0, NULL, "print one JSON document"},
	};
	const struct options options = {"kpi",
		"How well the district answers: answered in 60 s and 180 s, on site in 45 min and 60 min, false alarms "
		"a "
		"rule, load, coverage.",
		OPTIONS_ROWS(rows), &command.connection, NULL, NULL, ending};
	struct errinfo info = {0};
	int status = options_parse(&options, argc, argv);

	if (status >= 0)
		return status;
	if (output_zone(command.zone_name, &command.zone, &info))
		return options_fail("kpi", &info);
	status = run(&command, &info);
	zone_destroy(command.zone);
	return status;
}
