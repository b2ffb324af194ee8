/* SPDX-License-Identifier: MIT
 *
 * Every service keeps its status at the broker, retained, with a last will that says "down"; so one look is enough.
 */
#include "client.h"
#include "cmd.h"
#include "codec/codec.h"
#include "output.h"
#include "status_board.h"

struct status_command {
	const char *zone_name, *services;
	int64_t wait_ms;
	bool json;
	struct connection connection;
	struct zone *zone;
	struct status_board board;
};

static const char ending[] =
	"A service is well when its state is \"ready\" and its status fresh; every service of --services must be "
	"there.\n"
	"With --json one JSON document: {\"healthy\", \"services\": [{service, instance, state, well, version, at, "
	"uptime_ms, "
	"lag_ms,\n"
	"outbox, clock, counters}], \"missing\": [service]}. Exit status: 0 all well, 1 not, 2 nobody answers.\n\n"
	"examples:\n"
	"  curtain status\n"
	"  curtain status --wait 30 && echo started\n"
	"  curtain status --json | jq '.services[] | select(.well | not)'\n"
	"  curtain status --services ingest,detector,dispatcher     a district without records\n";

static void take(struct status_board *board, const struct bus_event *event)
{
	struct status status;

	if (event->kind != BUS_MESSAGE || !bus_topic_matches("curtain/status/+/+", event->topic) || !event->length)
		return;
	if (codec_status_decode(event->payload, event->length, &status, NULL))
		board->unread++;
	else
		status_board_take(board, &status);
	board->now = wall_now();
}

/* look reads what the broker keeps; then, with --wait, what comes until all are well. */
static enum err look(struct status_command *command, struct errinfo *info)
{
	struct status_board *board = &command->board;
	struct mono first, last = client_deadline(command->wait_ms);
	struct client *client = NULL;
	struct bus_event event;
	bool marked = false;
	enum err err = client_open(&command->connection, command->wait_ms, &client, info);

	if (!err)
		err = client_subscribe(client, "curtain/status/+/+", info);
	if (!err)
		err = client_mark(client, info);
	first = client_deadline(command->connection.timeout_ms);
	while (!err && (!marked || !status_board_healthy(board))) {
		err = client_next(client, marked ? last : first, &event);
		if (!err && client_is_mark(client, &event))
			marked = true;
		else if (!err)
			take(board, &event);
	}
	if (err == ERR_AGAIN && !marked && !board->count)
		err = errinfo_set(info, err,
			"the broker hands over nothing; may the account \"%s\" read curtain/status/+/+?",
			command->connection.user);
	client_close(client);
	return err == ERR_AGAIN && info->code == ERR_OK ? ERR_OK : err;
}

static int report(struct status_command *command, struct errinfo *info)
{
	struct status_board *board = &command->board;
	struct buf out;
	enum err err;

	board->now = wall_now();
	status_board_sort(board);
	buf_init(&out, OUTPUT_BYTES_MAX);
	err = command->json ? status_board_json(board, &out) : status_board_text(board, command->zone, &out);
	err = output_write(&out, err, info);
	buf_fini(&out);
	if (err)
		return options_fail("status", info);
	return !board->count ? 2 : status_board_healthy(board) ? 0 : 1;
}

int cmd_status(int argc, char **argv)
{
	static struct status_command command = {
		.services = "ingest,detector,dispatcher,records", .board.stale_ms = 60 * MS_PER_SECOND};
	const struct option_row rows[] = {
		{"wait", OPTION_SECONDS, &command.wait_ms, 0, 86400000, "SECONDS", "wait so long for all to be well"},
		{"services", OPTION_TEXT, &command.services, 0, 0, "LIST",
			"who must be there (ingest,detector,dispatcher,records)"},
		{"stale", OPTION_SECONDS, &command.board.stale_ms, 1000, 86400000, "SECONDS",
			"a status older than that is no good sign (60)"},
		OUTPUT_ZONE_ROW(&command.zone_name),
		{"json", OPTION_FLAG, &command.json, 0, 0, NULL, "print one JSON document"},
	};
	const struct options options = {"status",
		"Shows each service: state, lag (the oldest thing not passed on), outbox (batches that somebody has "
		"not "
		"acknowledged),\nuptime, version, and the time up to which it has worked.",
		OPTIONS_ROWS(rows), &command.connection, NULL, NULL, ending};
	struct errinfo info = {0};
	int status = options_parse(&options, argc, argv);

	if (status >= 0)
		return status;
	if (status_board_expect(&command.board, command.services, &info) ||
		output_zone(command.zone_name, &command.zone, &info) || look(&command, &info))
		status = options_fail("status", &info);
	else
		status = report(&command, &info);
	zone_destroy(command.zone);
	return status;
}
