/* SPDX-License-Identifier: MIT
 *
 * habit, explain, relearn, away: what the detector answers about a home, that it is to learn one anew, that nobody is
 * there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "cmd.h"
#include "codec/json.h"
#include "habit.h"
#include "moment.h"
#include "output.h"

struct habit_command {
	const char *operand, *household, *zone_name, *svg_file;
	const char *until;
	bool json, all, back;
	struct connection connection;
	struct zone *zone;
};

/* ask asks the detector; the exit status for a want of answer is returned, 0 = *out_answer is there. */
static int ask(struct habit_command *command, const char *method, const struct buf *args, char **out_answer)
{
	struct client *client = NULL;
	struct errinfo info = {0};
	int status = 0;
	enum err err = client_open(&command->connection, 0, &client, &info);

	if (!err)
		err = client_request(client, "detector", method, args, out_answer, &info);
	if (err)
		status = options_fail(method, &info) - (client && client_refused(client));
	client_close(client);
	return status;
}

static enum err draw(const struct habit_answer *answer, const char *path, struct errinfo *info)
{
	struct buf out;
	enum err err;

	buf_init(&out, OUTPUT_BYTES_MAX);
	habit_svg(answer, &out);
	err = output_file(path, &out, info);
	buf_fini(&out);
	return err;
}

static int tell_habit(struct habit_command *command, const char *answer)
{
	static struct habit_answer habit;
	struct errinfo info = {0};
	struct buf out;
	enum err err = habit_parse(answer, &habit, &info);

	buf_init(&out, OUTPUT_BYTES_MAX);
	if (!err && command->svg_file)
		err = draw(&habit, command->svg_file, &info);
	if (!err && command->json) {
		err = output_line(answer, &info);
	} else if (!err && !command->svg_file) {
		habit_text(&habit, command->zone, &out);
		err = output_write(&out, out.failed, &info);
	}
	buf_fini(&out);
	return err ? options_fail("habit", &info) : 0;
}

int cmd_habit(int argc, char **argv)
{
	static struct habit_command command;
	const struct option_row rows[] = {
		OUTPUT_ZONE_ROW(&command.zone_name),
		{"json", OPTION_FLAG, &command.json, 0, 0, NULL, "print one JSON document"},
		{"svg", OPTION_TEXT, &command.svg_file, 0, 0, "FILE", "draw the limits over the day into a file"},
	};
	const struct options options = {"habit",
		"Tells what the detector knows of a home: how long its silences usually are, and from when on one is "
		"too "
		"long.",
		OPTIONS_ROWS(rows), &command.connection, "HOUSEHOLD", &command.operand,
		"Exit status: 0 told, 1 the detector refuses or does not know the household, 2 nobody answers.\n\n"
		"examples:\n  curtain habit h-0003\n  curtain habit h-0003 --svg h-0003.svg\n"};
	struct errinfo info = {0};
	struct buf args;
	char *answer = NULL;
	int status = options_parse(&options, argc, argv);

	if (status >= 0)
		return status;
	if (output_zone(command.zone_name, &command.zone, &info))
		return options_fail("habit", &info);
	buf_init(&args, REQUEST_BYTES_MAX);
	json_open(&args, '{');
	json_member_text(&args, "household", command.operand);
	json_close(&args, '}');
	status = ask(&command, "habit", &args, &answer);
	if (!status)
		status = tell_habit(&command, answer);
	free(answer);
	buf_fini(&args);
	zone_destroy(command.zone);
	return status;
}

/* tell_plainly prints an answer by its text, or as it came. */
static int tell_plainly(const struct habit_command *command, const char *name,
	enum err (*text)(const char *json, const struct zone *zone, struct buf *out, struct errinfo *info),
	const char *answer)
{
	struct errinfo info = {0};
	struct buf out;
	enum err err;

	buf_init(&out, OUTPUT_BYTES_MAX);
	err = command->json ? output_line(answer, &info) : text(answer, command->zone, &out, &info);
	if (!err && !command->json)
		err = output_write(&out, ERR_OK, &info);
	buf_fini(&out);
	return err ? options_fail(name, &info) : 0;
}

int cmd_explain(int argc, char **argv)
{
	static struct habit_command command;
	const struct option_row rows[] = {
		{"household", OPTION_TEXT, &command.household, 0, 0, "ID",
			"whose alert it is, where several detectors share the district"},
		OUTPUT_ZONE_ROW(&command.zone_name),
		{"json", OPTION_FLAG, &command.json, 0, 0, NULL, "print one JSON document"},
	};
	const struct options options = {"explain",
		"Tells why the detector raised an alert: each step with its reason, what was looked at, the limits of "
		"that "
		"home.",
		OPTIONS_ROWS(rows), &command.connection, "ALERT", &command.operand,
		"The detector keeps its newest alerts; older ones are in \"curtain timeline HOUSEHOLD\".\n"
		"Exit status: 0 told, 1 the detector refuses or has not kept the alert, 2 nobody answers.\n\n"
		"example:\n  curtain explain h-0123456789abcdef\n"};
	struct errinfo info = {0};
	struct buf args;
	char *answer = NULL;
	int status = options_parse(&options, argc, argv);

	if (status >= 0)
		return status;
	if (output_zone(command.zone_name, &command.zone, &info))
		return options_fail("explain", &info);
	buf_init(&args, REQUEST_BYTES_MAX);
	json_open(&args, '{');
	json_member_text(&args, "alert", command.operand);
	if (command.household)
		json_member_text(&args, "household", command.household);
	json_close(&args, '}');
	status = ask(&command, "explain", &args, &answer);
	if (!status)
		status = tell_plainly(&command, "explain", explain_text, answer);
	free(answer);
	buf_fini(&args);
	zone_destroy(command.zone);
	return status;
}

int cmd_relearn(int argc, char **argv)
{
	static struct habit_command command;
	const struct option_row rows[] = {
		{"household", OPTION_TEXT, &command.household, 0, 0, "ID", "this home"},
		{"all", OPTION_FLAG, &command.all, 0, 0, NULL, "every home"},
		{"json", OPTION_FLAG, &command.json, 0, 0, NULL, "print one JSON document"},
	};
	const struct options options = {"relearn",
		"Has the detector learn the habit of a home, or of all, anew from what records has stored.",
		OPTIONS_ROWS(rows), &command.connection, NULL, NULL,
		"What people found, open alerts and modes stay. With --json {asked, waiting}: homes.\n"
		"Exit status: 0 noted, 1 the detector refuses, 2 nobody answers.\n\n"
		"examples:\n  curtain relearn --household h-0003\n  curtain relearn --all\n"};
	struct buf args;
	char *answer = NULL;
	int status = options_parse(&options, argc, argv);

	if (status >= 0)
		return status;
	buf_init(&args, REQUEST_BYTES_MAX);
	json_open(&args, '{');
	if (command.household)
		json_member_text(&args, "household", command.household);
	if (command.all)
		json_member_bool(&args, "all", true);
	json_close(&args, '}');
	status = ask(&command, "relearn", &args, &answer);
	if (!status)
		status = tell_plainly(&command, "relearn", habit_relearn_text, answer);
	free(answer);
	buf_fini(&args);
	return status;
}

int cmd_away(int argc, char **argv)
{
	static struct habit_command command;
	const struct option_row rows[] = {
		OUTPUT_ZONE_ROW(&command.zone_name),
		{"until", OPTION_TIME, &command.until, 0, 0, "TIME",
			"2026-12-01, \"2026-12-01 18:00\" (local) or RFC 3339; else 14 days"},
		{"back", OPTION_FLAG, &command.back, 0, 0, NULL, "somebody is at home again"},
		{"json", OPTION_FLAG, &command.json, 0, 0, NULL, "print one JSON document"},
	};
	const struct options options = {"away",
		"Tells the detector that nobody is at home, so that silence means nothing; a sign of life ends it.",
		OPTIONS_ROWS(rows), &command.connection, "HOUSEHOLD", &command.operand,
		"The registry can say it too: away_from, away_until of the household. With --json {household, mode, "
		"away}.\n"
		"Exit status: 0 noted, 1 the detector refuses or does not know the household, 2 nobody answers.\n\n"
		"examples:\n  curtain away h-0003 --until 2026-12-01\n  curtain away h-0003 --back\n"};
	struct errinfo info = {0};
	struct buf args;
	char *answer = NULL;
	int status = options_parse(&options, argc, argv);

	if (status >= 0)
		return status;
	if (output_zone(command.zone_name, &command.zone, &info))
		return options_fail("away", &info);
	buf_init(&args, REQUEST_BYTES_MAX);
	json_open(&args, '{');
	json_member_text(&args, "household", command.operand);
	if (command.until)
		json_member_wall(&args, "until", moment_of(command.until, command.zone));
	if (command.back)
		json_member_bool(&args, "back", true);
	json_close(&args, '}');
	status = ask(&command, "away", &args, &answer);
	if (!status)
		status = tell_plainly(&command, "away", habit_away_text, answer);
	free(answer);
	buf_fini(&args);
	zone_destroy(command.zone);
	return status;
}
