/* SPDX-License-Identifier: MIT
 *
 * Two sources: retained snapshots tell which incidents are open when we come (and come back), lane "incident" then
 * tells every event. Both carry the incident's revision, so what was shown once is passed over.
 */
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "cmd.h"
#include "codec/codec.h"
#include "incident_text.h"
#include "output.h"
#include "seen.h"

struct follow_command {
	const char *zone_name, *household;
	bool json, once;
	struct connection connection;
	struct zone *zone;
	bool colour, away;
	struct seen seen;
	unsigned open; /* printed so far */
};

static const char ending[] =
	"Each line: time, level, reason, household, what happened, [incident event] and the reason in English.\n"
	"With --json one JSON object a line: schemas/json/incident.schema.json. Exit status: 0 (--once), 2 nobody "
	"answers.\n"
	"Events while the broker is away are not shown; \"curtain timeline HOUSEHOLD\" has them.\n\n"
	"examples:\n"
	"  curtain follow\n"
	"  curtain follow --once                     what is open now\n"
	"  curtain follow --json | jq -r 'select(.event == \"escalated\") | .household'\n";

static enum err show(struct follow_command *command, const struct incident *incident, bool open, struct errinfo *info)
{
	struct buf line;
	enum err err = ERR_OK;

	if (!seen_is_new(&command->seen, incident->id, incident->revision) ||
		(command->household && strcmp(command->household, incident->household) != 0))
		return ERR_OK;
	command->open += open;
	buf_init(&line, CODEC_MESSAGE_BYTES_MAX);
	if (command->json) {
		err = codec_incident_encode(incident, &line);
		buf_byte(&line, '\n');
	} else {
		incident_text_line(incident, command->zone, open, command->colour, &line);
	}
	err = output_write(&line, err, info);
	buf_fini(&line);
	return err;
}

static void complain(const struct bus_event *event, const struct errinfo *info)
{
	fprintf(stderr, "curtain follow: a message on %s is not understood: %s\n", event->topic, info->text);
}

static enum err show_batch(struct follow_command *command, const struct bus_event *event, struct errinfo *info)
{
	struct codec_batch *batch = NULL;
	struct lane_batch head;
	struct incident incident;
	struct errinfo bad = {0};
	enum err err = codec_batch_open(event->payload, event->length, &batch, &head, &bad), next;

	if (err) {
		complain(event, &bad);
		return ERR_OK;
	}
	while (!err && (next = codec_batch_next_incident(batch, &incident, &bad)) != ERR_NOT_FOUND) {
		if (next)
			complain(event, &bad);
		else
			err = show(command, &incident, false, info);
		bad = (struct errinfo){0};
	}
	codec_batch_close(batch);
	return err;
}

static enum err take(struct follow_command *command, const struct bus_event *event, struct errinfo *info)
{
	struct incident incident;
	struct errinfo bad = {0};

	if (event->kind != BUS_MESSAGE)
		return ERR_OK;
	if (bus_topic_matches("curtain/lane/incident/+/+", event->topic))
		return show_batch(command, event, info);
	/* Later snapshots say what the lane says, but may overtake it. */
	if (!bus_topic_matches("curtain/incident/+/+", event->topic) || !event->retained || !event->length)
		return ERR_OK;
	if (codec_incident_decode(event->payload, event->length, &incident, &bad)) {
		complain(event, &bad);
		return ERR_OK;
	}
	return show(command, &incident, true, info);
}

/* note_connection tells when the broker goes, and, once all subscriptions stand again, when it is back. */
static enum err note_connection(struct follow_command *command, struct client *client, const struct bus_event *event,
	bool marked, struct errinfo *info)
{
	if (event->kind == BUS_DISCONNECTED && !command->away) {
		fprintf(stderr, "curtain follow: the broker is away (%s); trying again\n", event->reason);
		command->away = true;
	} else if (event->kind == BUS_CONNECTED) {
		return client_mark(client, info);
	} else if (marked && command->away) {
		fputs("curtain follow: the broker is back; what happened meanwhile is in \"curtain timeline\"\n",
			stderr);
		command->away = false;
	}
	return ERR_OK;
}

static enum err follow(struct follow_command *command, struct client *client, struct errinfo *info)
{
	struct mono first = client_deadline(command->connection.timeout_ms), never = client_deadline(-1);
	struct bus_event event;
	bool marked = false;
	enum err err = client_subscribe(client, "curtain/incident/+/+", info);

	if (!err && !command->once)
		err = client_subscribe(client, "curtain/lane/incident/+/+", info);
	if (!err)
		err = client_mark(client, info);
	while (!err && !(marked && command->once)) {
		err = client_next(client, marked ? never : first, &event);
		if (err == ERR_AGAIN)
			err = errinfo_set(info, err,
				"the broker hands over nothing within %g s; is \"%s\" a desk account?",
				(double)command->connection.timeout_ms / 1000, command->connection.user);
		if (err)
			break;
		bool is_mark = client_is_mark(client, &event);
		marked |= is_mark;
		err = note_connection(command, client, &event, is_mark, info);
		if (!err)
			err = take(command, &event, info);
	}
	if (!err && !command->open && !command->json)
		err = output_line("没有未结束的事件 (no open incident)", info);
	return err;
}

int cmd_follow(int argc, char **argv)
{
	static struct follow_command command;
	const struct option_row rows[] = {
		{"once", OPTION_FLAG, &command.once, 0, 0, NULL, "print the open incidents and end"},
		{"household", OPTION_TEXT, &command.household, 0, 0, "ID", "only of this household"},
		OUTPUT_ZONE_ROW(&command.zone_name),
		{"json", OPTION_FLAG, &command.json, 0, 0, NULL, "print one JSON object a line"},
	};
	const struct options options = {"follow",
		"Shows the open incidents, then the lives of all incidents as they happen, one line an event.",
		OPTIONS_ROWS(rows), &command.connection, NULL, NULL, ending};
	struct client *client = NULL;
	struct errinfo info = {0};
	int status = options_parse(&options, argc, argv);
	enum err err;

	if (status >= 0)
		return status;
	command.colour = output_colour();
	err = output_zone(command.zone_name, &command.zone, &info);
	if (!err)
		err = client_open(&command.connection, 0, &client, &info);
	if (!err)
		err = follow(&command, client, &info);
	client_close(client);
	zone_destroy(command.zone);
	return err ? options_fail("follow", &info) : 0;
}
