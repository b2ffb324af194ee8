/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "cmd.h"
#include "codec/fields.h"
#include "codec/json.h"
#include "codec/request.h"
#include "elder.h"
#include "output.h"

#define WORDS_MAX OPTIONS_OPERANDS_MAX

struct elder_command {
	const char *words[WORDS_MAX]; /* what, id */
	const char *reason, *zone_name;
	struct zone *zone;
	bool json;
	struct connection connection;
	int64_t letters;
};

static const char ending[] =
	"WHAT ID is one of\n"
	"  export ELDER        everything that is kept of the elder, for the elder (--json for another system)\n"
	"  erase ELDER         the elder's data go from the registry, the history and ingest's dead letters; the "
	"household's "
	"too,\n"
	"                      if nobody else lives in it. Alerts and incidents stay as statistics. A certificate is "
	"printed.\n"
	"  withdraw HOUSEHOLD  its consent ends now; ingest refuses its signals from then on\n"
	"erase and withdraw want --reason. Exit status: 0 done, 1 refused or unknown, 2 wrong usage or nobody "
	"answers.\n\n"
	"examples:\n"
	"  curtain elder export e-0003 > e-0003.txt\n"
	"  curtain elder erase e-0003 --reason 本人申请\n"
	"  curtain elder withdraw h-0003 --reason 本人要求\n";

static const struct {
	const char *what, *method, *argument;
	bool reason;
} kinds[] = {
	{"export", "elder_export", "elder", false},
	{"erase", "erase", "elder", true},
	{"withdraw", "withdraw", "household", true},
};

/* forget has ingest delete its dead letters of a device; an ingest that does not answer is told, the certificate says
 * 0. */
static enum err forget(void *context, const char *device, struct errinfo *info)
{
	struct elder_command *command = context;
	struct buf args;
	char *answer = NULL;
	json_t *root;
	bool refused;
	enum err err;

	if (strlen(device) < 3)
		return ERR_OK;
	ask_begin(&args);
	json_member_text(&args, "device", device);
	err = ask_service(&command->connection, "ingest", "forget", &args, &answer, &refused, info);
	if (!err)
		err = fields_load(answer, strlen(answer), REQUEST_BYTES_MAX, &root, info);
	if (!err) {
		command->letters += json_integer_value(json_object_get(root, "forgotten"));
		json_decref(root);
	}
	free(answer);
	return err;
}

static enum err show(struct elder_command *command, unsigned kind, const char *answer, struct errinfo *info)
{
	struct errinfo away = {0};
	struct buf out;
	enum err err;

	if (kind == 1 && elder_devices(answer, forget, command, &away))
		fprintf(stderr, "curtain elder: dead letters of ingest were not looked through (%s)\n", away.text);
	if (command->json)
		return output_line(answer, info);
	buf_init(&out, 64u << 20);
	if (kind == 0)
		err = elder_show_export(answer, &out, info);
	else if (kind == 1)
		err = elder_show_certificate(answer, command->letters, command->zone, &out, info);
	else
		err = buf_text(&out, "同意已撤回，即刻生效 (the consent is withdrawn as of now)\n");
	err = output_write(&out, err, info);
	buf_fini(&out);
	return err;
}

static int run(struct elder_command *command, unsigned kind, struct errinfo *info)
{
	struct buf args;
	char *answer = NULL;
	bool refused = false;
	enum err err;

	ask_begin(&args);
	json_member_text(&args, kinds[kind].argument, command->words[1]);
	if (kinds[kind].reason)
		json_member_text(&args, "reason", command->reason);
	else
		json_member_text_if(&args, "why", command->reason ? command->reason : "");
	err = ask_service(&command->connection, "records", kinds[kind].method, &args, &answer, &refused, info);
	if (!err)
		err = show(command, kind, answer, info);
	free(answer);
	return err ? options_fail("elder", info) - refused : 0;
}

int cmd_elder(int argc, char **argv)
{
	static struct elder_command command;
	const struct option_row rows[] = {
		{"reason", OPTION_TEXT, &command.reason, 0, 0, "TEXT", "why, for the certificate and the audit trail"},
		OUTPUT_ZONE_ROW(&command.zone_name),
		{"json", OPTION_FLAG, &command.json, 0, 0, NULL, "print one JSON document"},
	};
	const struct options options = {"elder",
		"An elder's rights: a copy of the data, their erasure, the end of a consent.", OPTIONS_ROWS(rows),
		&command.connection, "WHAT ID...", command.words, ending};
	struct errinfo info = {0};
	unsigned kind = 0;
	int status = options_parse(&options, argc, argv);

	if (status >= 0)
		return status;
	while (kind < sizeof kinds / sizeof *kinds && strcmp(kinds[kind].what, command.words[0]) != 0)
		kind++;
	if (kind == sizeof kinds / sizeof *kinds || !command.words[1] || command.words[2])
		errinfo_set(&info, ERR_INVALID, "say \"export ELDER\", \"erase ELDER\" or \"withdraw HOUSEHOLD\"");
	else if (kinds[kind].reason && !command.reason)
		errinfo_set(&info, ERR_INVALID, "%s wants --reason", kinds[kind].what);
	if (info.code || output_zone(command.zone_name, &command.zone, &info)) /* before anybody is erased */
		return options_fail("elder", &info);
	status = run(&command, kind, &info);
	zone_destroy(command.zone);
	return status;
}
