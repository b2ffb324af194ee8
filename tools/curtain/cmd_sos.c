/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "client.h"
#include "cmd.h"
#include "codec/codec.h"
#include "codec/json.h"
#include "incident_text.h"
#include "output.h"
#include "show.h"
#include "sos.h"

struct sos_command {
	const char *household, *zone_name;
	bool json;
	struct connection connection;
	struct zone *zone;
	struct sos sos;
};

static const char ending[] =
	"Waits for ingest's receipt (the call is on its disk), then for the incident that opens, each for --timeout.\n"
	"With --json one JSON document: {household, device, sent, receipt_ms, incident_ms, incident}, null for what "
	"did not "
	"come;\n"
	"incident without incident_ms was open before and did not change.\n"
	"Exit status: 0 an incident is open, 1 the call is stored but no incident opened, 2 no receipt.\n\n"
	"This is no test: people will be called. Try it on a canary household, whose incidents go to the desk "
	"alone.\n\n"
	"examples:\n"
	"  curtain sos h-0003\n"
	"  curtain sos h-0003 --json | jq .incident.id\n";

/* incident_of is what the call opened or joined, else what was open before it; NULL: none. */
static const struct incident *incident_of(const struct sos *sos)
{
	if (sos->incident_us >= 0)
		return &sos->incident;
	return sos->open_count ? &sos->open[sos->open_count - 1] : NULL;
}

/* whole_ms rounds up: nothing took 0 ms. */
static int64_t whole_ms(int64_t us)
{
	return (us + 999) / 1000;
}

static enum err say(struct sos_command *command, struct errinfo *info)
{
	const struct incident *open = incident_of(&command->sos);
	char sent[SHOW_TIME_BYTES], after[SHOW_DURATION_BYTES];
	struct buf out;
	enum err err;

	buf_init(&out, OUTPUT_BYTES_MAX);
	show_time(command->zone, command->sos.sent_at, sent);
	buf_printf(&out, "%s 呼救已发出 (call sent): %s\n", sent, command->household);
	if (command->sos.receipt_us >= 0) {
		show_duration(whole_ms(command->sos.receipt_us), after);
		buf_printf(&out, "%9s 后  回执：ingest 已存盘 (receipt: stored)\n", after);
	}
	if (command->sos.incident_us >= 0) {
		show_duration(whole_ms(command->sos.incident_us), after);
		buf_printf(&out, "%9s 后  事件 (incident): ", after);
	} else if (open && command->sos.receipt_us >= 0) {
		buf_text(&out, "             事件早已打开 (an incident is open already): ");
	}
	if (open && command->sos.receipt_us >= 0)
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
	const struct incident *open = incident_of(&command->sos);
	struct buf out;
	enum err err;

	buf_init(&out, OUTPUT_BYTES_MAX);
	json_open(&out, '{');
	json_member_text(&out, "household", command->household);
	json_member_text(&out, "device", command->sos.device);
	json_member_wall(&out, "sent", command->sos.sent_at);
	member_ms(&out, "receipt_ms", command->sos.receipt_us);
	member_ms(&out, "incident_ms", command->sos.incident_us);
	json_key(&out, "incident");
	err = open ? codec_incident_encode(open, &out) : buf_text(&out, "null");
	json_close(&out, '}');
	buf_byte(&out, '\n');
	err = output_write(&out, err, info);
	buf_fini(&out);
	return err;
}

/* verdict says what is wrong and gives the exit status. */
static int verdict(const struct sos_command *command)
{
	if (command->sos.receipt_us < 0)
		fprintf(stderr,
			"curtain sos: no receipt from ingest within %g s: nobody may know of this call. Is ingest up? "
			"(curtain status)\n",
			(double)command->connection.timeout_ms / 1000);
	else if (!command->sos.sees)
		fprintf(stderr,
			"curtain sos: ingest has the call, but this account (\"%s\") sees no incidents; is it of class "
			"desk?\n",
			command->connection.user);
	else if (command->sos.incident_us < 0 && !command->sos.open_count)
		fprintf(stderr,
			"curtain sos: ingest has the call, but no incident opened within %g s. Is \"%s\" in the "
			"registry, with consent for \"sos\"? (curtain dead-letters) Is dispatcher up? (curtain "
			"status)\n",
			(double)command->connection.timeout_ms / 1000, command->household);
	if (command->sos.receipt_us < 0)
		return 2;
	return command->sos.incident_us >= 0 || command->sos.open_count ? 0 : 1;
}

static int run(struct sos_command *command, struct errinfo *info)
{
	struct client *client = NULL;
	enum err err = sos_init(&command->sos, command->household, &command->connection, info);

	if (!err)
		err = client_open(&command->connection, 0, &client, info);
	if (!err)
		err = sos_run(&command->sos, client, info);
	client_close(client);
	if (!err)
		err = command->json ? say_json(command, info) : say(command, info);
	return err ? options_fail("sos", info) : verdict(command);
}

int cmd_sos(int argc, char **argv)
{
	static struct sos_command command;
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
	status = output_zone(command.zone_name, &command.zone, &info) ? options_fail("sos", &info)
								      : run(&command, &info);
	zone_destroy(command.zone);
	return status;
}
