/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "audit.h"
#include "cmd.h"
#include "codec/json.h"
#include "output.h"

struct audit_command {
	const char *what, *anchor, *household, *who, *why, *zone_name;
	int64_t limit, before;
	bool json;
	struct connection connection;
	struct zone *zone;
};

static const char ending[] =
	"WHAT is \"list\" (who read or wrote personal data, newest first) or \"verify\" (is the trail as it was "
	"written?).\n"
	"verify finds every row that was edited, removed or moved. A trail whose every hash was made anew is only "
	"found "
	"with\n"
	"--anchor: a head that was noted elsewhere (records logs them: msg=audit_head).\n"
	"With --json one JSON document. Exit status: 0 done or whole, 1 tampered with or refused, 2 nobody answers.\n\n"
	"examples:\n"
	"  curtain audit verify\n"
	"  curtain audit verify --anchor 0:1842:9f2c...\n"
	"  curtain audit list --household h-0003 --most 20\n";

static int tell(struct audit_command *command, bool verify, const char *answer, struct errinfo *info)
{
	bool whole = true;
	struct buf out;
	enum err err;

	buf_init(&out, OUTPUT_BYTES_MAX);
	err = verify ? audit_show_verify(answer, &out, &whole, info)
		     : audit_show_rows(answer, command->zone, &out, info);
	if (!err)
		err = command->json ? output_line(answer, info) : output_write(&out, ERR_OK, info);
	buf_fini(&out);
	return err ? options_fail("audit", info) : whole ? 0 : 1;
}

static int run(struct audit_command *command, struct errinfo *info)
{
	bool verify = !strcmp(command->what, "verify"), refused = false;
	struct buf args;
	char *answer = NULL;
	int status;
	enum err err;

	ask_begin(&args);
	json_member_text_if(&args, "why", command->why ? command->why : "");
	if (verify) {
		json_member_text_if(&args, "anchor", command->anchor ? command->anchor : "");
	} else {
		json_member_text_if(&args, "household", command->household ? command->household : "");
		json_member_text_if(&args, "who", command->who ? command->who : "");
		json_member_int(&args, "before", command->before);
	}
	if (command->limit)
		json_member_int(&args, "limit", command->limit);
	err = ask_service(
		&command->connection, "records", verify ? "audit_verify" : "audit", &args, &answer, &refused, info);
	status = err ? options_fail("audit", info) - refused : tell(command, verify, answer, info);
	free(answer);
	return status;
}

int cmd_audit(int argc, char **argv)
{
	static struct audit_command command;
	const struct option_row rows[] = {
		{"anchor", OPTION_TEXT, &command.anchor, 0, 0, "HEAD", "verify: a head that was noted elsewhere"},
		{"household", OPTION_TEXT, &command.household, 0, 0, "ID", "list: of this household alone"},
		{"who", OPTION_TEXT, &command.who, 0, 0, "USER", "list: by this user alone"},
		{"before", OPTION_INT, &command.before, 1, INT64_MAX, "ID", "list: what is older than this row"},
		{"most", OPTION_INT, &command.limit, 1, 500, "N", "at most so many rows (50) or faults (100)"},
		{"why", OPTION_TEXT, &command.why, 0, 0, "TEXT", "the reason that the trail keeps"},
		OUTPUT_ZONE_ROW(&command.zone_name),
		{"json", OPTION_FLAG, &command.json, 0, 0, NULL, "print one JSON document"},
	};
	const struct options options = {"audit",
		"Shows who read or wrote personal data, and proves that this trail is as it was written.",
		OPTIONS_ROWS(rows), &command.connection, "WHAT", &command.what, ending};
	struct errinfo info = {0};
	int status = options_parse(&options, argc, argv);

	if (status >= 0)
		return status;
	if (strcmp(command.what, "verify") != 0 && strcmp(command.what, "list") != 0)
		errinfo_set(&info, ERR_INVALID, "\"%.40s\" is neither \"list\" nor \"verify\"", command.what);
	if (info.code || output_zone(command.zone_name, &command.zone, &info))
		return options_fail("audit", &info);
	status = run(&command, &info);
	zone_destroy(command.zone);
	return status;
}
