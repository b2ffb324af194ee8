/* SPDX-License-Identifier: MIT
 *
 * A call for help like one of the household's own "1" key: its handset (records gives every household one) as SenML on
 * the native intake, with a receipt. The call is sent again after each new connection until the receipt has come.
 * The incident is found by its retained snapshot: those of other events of older incidents are told apart by revision.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "client.h"
#include "cmd.h"
#include "codec/codec.h"
#include "codec/json.h"
#include "incident_text.h"
#include "output.h"
#include "show.h"

#define SOS_CORRELATION "sos"
#define SOS_OPEN_MAX 16 /* incidents of this household that are open already; there should be one at most */

struct sos_command {
	const char *household, *zone_name;
	bool json;
	struct connection connection;
	struct zone *zone;
	char topic[256], receipts[160];
	struct incident open[SOS_OPEN_MAX]; /* before the call */
	unsigned open_count;
	struct incident incident; /* that the call opened or joined */
	bool called;
	struct mono sent;
	struct wall sent_at;
	int64_t receipt_us, incident_us; /* after sent; < 0: not yet */
};

static const char ending[] =
	"Waits for ingest's receipt (the call is on its disk), then for the incident that opens, each for --timeout.\n"
	"With --json one JSON document: {household, device, sent, receipt_ms, incident_ms, incident}, null for what "
	"did not "
	"come.\n"
	"Exit status: 0 an incident is open, 1 the call is stored but no incident opened, 2 no receipt.\n\n"
	"This is no test: people will be called. Try it on a canary household, whose incidents go to the desk "
	"alone.\n\n"
	"examples:\n"
	"  curtain sos h-0003\n"
	"  curtain sos h-0003 --json | jq .incident.id\n";

static enum err call(struct sos_command *command, struct client *client, struct errinfo *info)
{
	static const char senml[] = "[{\"n\":\"sos\",\"v\":1}]";

	if (!command->called) {
		command->sent = mono_now();
		command->sent_at = wall_now();
		command->called = true;
	}
	return client_publish(client,
		&(struct bus_publication){.topic = command->topic,
			.payload = senml,
			.length = sizeof senml - 1,
			.qos = 1,
			.response_topic = command->receipts,
			.correlation = SOS_CORRELATION,
			.correlation_length = strlen(SOS_CORRELATION)},
		info);
}

/* is_ours says whether this snapshot tells of our call: an incident that was not open before, or a further alert. */
static bool is_ours(const struct sos_command *command, const struct incident *incident)
{
	for (unsigned i = 0; i < command->open_count; i++) {
		const struct incident *old = &command->open[i];
		if (!strcmp(old->id, incident->id))
			return incident->revision > old->revision && (incident->event == INCIDENT_EVENT_ALERT_JOINED ||
									     incident->alert_count > old->alert_count);
	}
	return true;
}

static void take_incident(struct sos_command *command, const struct bus_event *event)
{
	struct incident incident;

	if (!event->length || codec_incident_decode(event->payload, event->length, &incident, NULL) ||
		strcmp(incident.household, command->household) != 0)
		return;
	if (!command->called) {
		if (command->open_count < SOS_OPEN_MAX)
			command->open[command->open_count++] = incident;
	} else if (command->incident_us < 0 && is_ours(command, &incident)) {
		command->incident = incident;
		command->incident_us = mono_now().us - command->sent.us;
	}
}

static enum err take(
	struct sos_command *command, struct client *client, const struct bus_event *event, struct errinfo *info)
{
	if (event->kind == BUS_CONNECTED && command->called && command->receipt_us < 0)
		return call(command, client, info);
	if (event->kind != BUS_MESSAGE)
		return ERR_OK;
	if (bus_topic_matches("curtain/incident/+/+", event->topic))
		take_incident(command, event);
	else if (!strcmp(event->topic, command->receipts) && command->receipt_us < 0 && command->called &&
		 event->correlation_length == strlen(SOS_CORRELATION) &&
		 !memcmp(event->correlation, SOS_CORRELATION, event->correlation_length))
		command->receipt_us = mono_now().us - command->sent.us;
	return ERR_OK;
}

/* await handles events until *done is no longer below 0; ERR_AGAIN after ms. */
static enum err await(struct sos_command *command, struct client *client, const int64_t *done, struct errinfo *info)
{
	struct mono deadline = client_deadline(command->connection.timeout_ms);
	struct bus_event event;
	enum err err = ERR_OK;

	while (!err && *done < 0) {
		err = client_next(client, deadline, &event);
		if (!err)
			err = take(command, client, &event, info);
	}
	return err;
}

static enum err learn_open(struct sos_command *command, struct client *client, struct errinfo *info)
{
	struct mono deadline = client_deadline(command->connection.timeout_ms);
	struct bus_event event;
	enum err err = client_subscribe(client, command->receipts, info);

	if (!err)
		err = client_subscribe(client, "curtain/incident/+/+", info);
	if (!err)
		err = client_mark(client, info);
	while (!err && !(err = client_next(client, deadline, &event)) && !client_is_mark(client, &event))
		err = take(command, client, &event, info);
	return err == ERR_AGAIN ? ERR_OK : err; /* a call for help goes out all the same */
}

/* ---- what it says ---- */

static enum err say(struct sos_command *command, struct errinfo *info)
{
	const struct incident *open = command->incident_us >= 0 ? &command->incident
				      : command->open_count     ? &command->open[command->open_count - 1]
								: NULL;
	char sent[SHOW_TIME_BYTES], after[SHOW_DURATION_BYTES];
	struct buf out;
	enum err err;

	buf_init(&out, OUTPUT_BYTES_MAX);
	show_time(command->zone, command->sent_at, sent);
	buf_printf(&out, "%s 呼救已发出 (call sent): %s\n", sent, command->household);
	if (command->receipt_us >= 0) {
		show_duration(command->receipt_us / 1000, after);
		buf_printf(&out, "%9s 后  回执：ingest 已存盘 (receipt: stored)\n", after);
	}
	if (command->incident_us >= 0) {
		show_duration(command->incident_us / 1000, after);
		buf_printf(&out, "%9s 后  事件 (incident): ", after);
	} else if (open && command->receipt_us >= 0) {
		buf_text(&out, "             事件早已打开 (an incident is open already): ");
	}
	if (open && command->receipt_us >= 0)
		incident_text_line(open, command->zone, true, output_colour(), &out);
	err = output_write(&out, ERR_OK, info);
	buf_fini(&out);
	return err;
}

static void member_ms(struct buf *out, const char *key, int64_t us)
{
	if (us >= 0) {
		json_member_number(out, key, (double)us / 1000);
	} else {
		json_key(out, key);
		buf_text(out, "null");
	}
}

static enum err say_json(struct sos_command *command, struct errinfo *info)
{
	struct buf out;
	enum err err;

	buf_init(&out, OUTPUT_BYTES_MAX);
	json_open(&out, '{');
	json_member_text(&out, "household", command->household);
	json_member_text(&out, "device", strrchr(command->topic, '/') + 1);
	json_member_wall(&out, "sent", command->sent_at);
	member_ms(&out, "receipt_ms", command->receipt_us);
	member_ms(&out, "incident_ms", command->incident_us);
	json_key(&out, "incident");
	err = command->incident_us >= 0 ? codec_incident_encode(&command->incident, &out) : buf_text(&out, "null");
	json_close(&out, '}');
	buf_byte(&out, '\n');
	err = output_write(&out, err, info);
	buf_fini(&out);
	return err;
}

/* verdict says what is wrong and gives the exit status. */
static int verdict(const struct sos_command *command)
{
	if (command->receipt_us < 0)
		fprintf(stderr,
			"curtain sos: no receipt from ingest within %g s: nobody may know of this call. Is ingest up? "
			"(curtain status)\n",
			(double)command->connection.timeout_ms / 1000);
	else if (command->incident_us < 0 && !command->open_count)
		fprintf(stderr,
			"curtain sos: ingest has the call, but no incident opened within %g s. Is \"%s\" in the "
			"registry, with consent for \"sos\"? (curtain dead-letters) Is dispatcher up? (curtain "
			"status)\n",
			(double)command->connection.timeout_ms / 1000, command->household);
	if (command->receipt_us < 0)
		return 2;
	return command->incident_us >= 0 || command->open_count ? 0 : 1;
}

static int run(struct sos_command *command, struct errinfo *info)
{
	struct client *client = NULL;
	enum err err = client_open(&command->connection, 0, &client, info);

	if (!err)
		err = learn_open(command, client, info);
	if (!err)
		err = call(command, client, info);
	if (!err)
		err = await(command, client, &command->receipt_us, info);
	if (!err)
		err = await(command, client, &command->incident_us, info);
	client_close(client);
	if (!err || err == ERR_AGAIN)
		err = command->json ? say_json(command, info) : say(command, info);
	return err ? options_fail("sos", info) : verdict(command);
}

int cmd_sos(int argc, char **argv)
{
	static struct sos_command command = {.receipt_us = -1, .incident_us = -1};
	const struct option_row rows[] = {
		OUTPUT_ZONE_ROW(&command.zone_name),
		{"json", OPTION_FLAG, &command.json, 0, 0, NULL, "print one JSON document"},
	};
	const struct options options = {"sos",
		"Calls for help on behalf of a household, as the \"1\" key of its handset would.", OPTIONS_ROWS(rows),
		&command.connection, "HOUSEHOLD", &command.household, ending};
	struct errinfo info = {0};
	int status = options_parse(&options, argc, argv);

	if (status >= 0)
		return status;
	if (!text_is_id(command.household)) {
		errinfo_set(&info, ERR_INVALID, "\"%.60s\" is no household's id (letters, digits, . _ -)",
			command.household);
		return options_fail("sos", &info);
	}
	snprintf(command.topic, sizeof command.topic, "curtain/in/%.63s/phone-%s", command.connection.user,
		command.household);
	snprintf(command.receipts, sizeof command.receipts, "curtain/receipt/%.63s", command.connection.user);
	status = output_zone(command.zone_name, &command.zone, &info) ? options_fail("sos", &info)
								      : run(&command, &info);
	zone_destroy(command.zone);
	return status;
}
