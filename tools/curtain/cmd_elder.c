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
#include "row.h"

#define OPERANDS_MAX 2

struct elder_command {
	const char *words[OPTIONS_OPERANDS_MAX]; /* what, then its operands */
	const char *reason, *confirm, *zone_name;
	int64_t limit;
	struct zone *zone;
	bool json;
	struct connection connection;
	int64_t letters;
};

static const char ending[] =
	"WHAT is one of\n"
	"  export ELDER        everything that is kept of the elder, for the elder (--json for another system)\n"
	"  erase ELDER         the elder's data go from the registry, the history and ingest's dead letters; the "
	"household's "
	"too,\n"
	"                      if nobody else lives in it. Alerts and incidents stay as statistics. A certificate is "
	"printed.\n"
	"                      It cannot be undone: --confirm says the id once more\n"
	"  withdraw HOUSEHOLD  its consent ends now; ingest refuses its signals from then on\n"
	"  duplicates          pairs of elders that may be one person, the likeliest first\n"
	"  merge KEEP GONE     makes one of two: what hung on the one hangs on the other; the number that is printed "
	"undoes it\n"
	"  mergings            those that can be taken apart again, the newest first\n"
	"  unmerge NUMBER      takes a merging apart again\n"
	"erase and withdraw want --reason. Exit status: 0 done, 1 refused or unknown, 2 wrong usage or nobody "
	"answers.\n\n"
	"examples:\n"
	"  curtain elder export e-0003 > e-0003.txt\n"
	"  curtain elder erase e-0003 --reason 本人申请 --confirm e-0003\n"
	"  curtain elder withdraw h-0003 --reason 本人要求\n"
	"  curtain elder merge e-0003 e-0107 --reason 同一人\n";

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

static enum err put_export(
	const struct elder_command *command, const char *answer, struct buf *out, struct errinfo *info)
{
	(void)command;
	return elder_show_export(answer, out, info);
}

static enum err put_certificate(
	const struct elder_command *command, const char *answer, struct buf *out, struct errinfo *info)
{
	return elder_show_certificate(answer, command->letters, command->zone, out, info);
}

static enum err put_withdrawal(
	const struct elder_command *command, const char *answer, struct buf *out, struct errinfo *info)
{
	(void)command;
	(void)answer;
	(void)info;
	return buf_text(out, "同意已撤回，即刻生效 (the consent is withdrawn as of now)\n");
}

static enum err put_duplicates(
	const struct elder_command *command, const char *answer, struct buf *out, struct errinfo *info)
{
	(void)command;
	return elder_show_duplicates(answer, out, info);
}

static enum err put_merging(
	const struct elder_command *command, const char *answer, struct buf *out, struct errinfo *info)
{
	return elder_show_merging(answer, !strcmp(command->words[0], "unmerge"), out, info);
}

static enum err put_mergings(
	const struct elder_command *command, const char *answer, struct buf *out, struct errinfo *info)
{
	static const struct row_column columns[] = {{">合并 merging", "id", ROW_PLAIN, NULL},
		{"时间 at", "at", ROW_TIME, NULL}, {"经办 who", "who", ROW_PLAIN, NULL},
		{"保留 kept", "kept", ROW_PLAIN, NULL}, {"并入 gone", "gone", ROW_PLAIN, NULL}};
	static const struct row_form form = {ROW_COLUMNS(columns), "没有未撤销的合并 (no merging stands)\n"};

	return row_list(answer, &form, command->zone, false, out, info);
}

/* kind: what may be said first, and what follows it. */
struct kind {
	const char *what, *method;
	const char *operands[OPERANDS_MAX]; /* the method's arguments, in the order of the words */
	const char *reason;                 /* the argument that --reason is; it is asked for unless that is "why" */
	bool limit;                         /* takes --limit */
	enum err (*put)(const struct elder_command *command, const char *answer, struct buf *out, struct errinfo *info);
};

static const struct kind kinds[] = {
	{"export", "elder_export", {"elder"}, "why", false, put_export},
	{"erase", "erase", {"elder"}, "reason", false, put_certificate},
	{"withdraw", "withdraw", {"household"}, "reason", false, put_withdrawal},
	{"duplicates", "duplicates", {NULL}, "why", true, put_duplicates},
	{"merge", "merge", {"keep", "gone"}, "why", false, put_merging},
	{"mergings", "mergings", {NULL}, "why", true, put_mergings},
	{"unmerge", "unmerge", {"merging"}, "why", false, put_merging},
};

static enum err show(struct elder_command *command, const struct kind *kind, const char *answer, struct errinfo *info)
{
	struct errinfo away = {0};
	struct buf out;

	if (kind->put == put_certificate && elder_devices(answer, forget, command, &away))
		fprintf(stderr, "curtain elder: dead letters of ingest were not looked through (%s)\n", away.text);
	if (command->json)
		return output_line(answer, info);
	buf_init(&out, OUTPUT_BYTES_MAX);
	enum err err = kind->put(command, answer, &out, info);
	err = output_write(&out, err, info);
	buf_fini(&out);
	return err;
}

static int run(struct elder_command *command, const struct kind *kind, struct errinfo *info)
{
	struct buf args;
	char *answer = NULL;
	bool refused = false;
	enum err err;

	ask_begin(&args);
	for (unsigned i = 0; i < OPERANDS_MAX && kind->operands[i]; i++)
		if (kind->put == put_merging && !kind->operands[1])
			json_member_int(&args, kind->operands[i], strtoll(command->words[i + 1], NULL, 10));
		else
			json_member_text(&args, kind->operands[i], command->words[i + 1]);
	json_member_text_if(&args, kind->reason, command->reason ? command->reason : "");
	json_member_text_if(&args, "confirm", command->confirm ? command->confirm : "");
	if (kind->limit)
		json_member_int(&args, "limit", command->limit);
	err = ask_service(&command->connection, "records", kind->method, &args, &answer, &refused, info);
	if (!err)
		err = show(command, kind, answer, info);
	free(answer);
	return err ? options_fail("elder", info) - refused : 0;
}

/* check finds the kind of command, and says what is missing before anybody is asked. */
static const struct kind *check(const struct elder_command *command, struct errinfo *info)
{
	const struct kind *kind = kinds;
	const char *first = command->words[1] ? command->words[1] : "";
	unsigned wanted = 0, given = 0;

	while (kind < kinds + sizeof kinds / sizeof *kinds && strcmp(kind->what, command->words[0]) != 0)
		kind++;
	if (kind == kinds + sizeof kinds / sizeof *kinds) {
		errinfo_set(info, ERR_INVALID,
			"there is no \"%.40s\"; say export, erase, withdraw, duplicates, merge, mergings or unmerge",
			command->words[0]);
		return NULL;
	}
	while (wanted < OPERANDS_MAX && kind->operands[wanted])
		wanted++;
	while (given < OPTIONS_OPERANDS_MAX - 1 && command->words[given + 1])
		given++;
	if (wanted != given)
		errinfo_set(info, ERR_INVALID, "%s takes %u operand%s: %s%s%s", kind->what, wanted,
			wanted == 1 ? "" : "s", wanted ? kind->operands[0] : "none", wanted > 1 ? ", " : "",
			wanted > 1 ? kind->operands[1] : "");
	else if (strcmp(kind->reason, "why") != 0 && !command->reason)
		errinfo_set(info, ERR_INVALID, "%s wants --reason", kind->what);
	else if (kind->put == put_certificate && (!command->confirm || strcmp(command->confirm, first) != 0))
		errinfo_set(info, ERR_INVALID, "an erasure cannot be undone: say --confirm %s if it is meant", first);
	else if (kind->put != put_certificate && command->confirm)
		errinfo_set(info, ERR_INVALID, "--confirm goes with erase");
	return kind;
}

int cmd_elder(int argc, char **argv)
{
	static struct elder_command command = {.limit = 100};
	const struct option_row rows[] = {
		{"reason", OPTION_TEXT, &command.reason, 0, 0, "TEXT", "why, for the certificate and the audit trail"},
		{"confirm", OPTION_TEXT, &command.confirm, 0, 0, "ID", "erase: the elder's id once more"},
		{"limit", OPTION_INT, &command.limit, 1, 1000, "N", "duplicates, mergings: show at most so many (100)"},
		OUTPUT_ZONE_ROW(&command.zone_name),
		{"json", OPTION_FLAG, &command.json, 0, 0, NULL, "print one JSON document"},
	};
	const struct options options = {"elder",
		"An elder's rights (a copy of the data, their erasure, the end of a consent), and who stands in the "
		"registry twice.",
		OPTIONS_ROWS(rows), &command.connection, "WHAT...", command.words, ending};
	struct errinfo info = {0};
	int status = options_parse(&options, argc, argv);

	if (status >= 0)
		return status;
	const struct kind *kind = check(&command, &info);
	if (!kind || info.code || output_zone(command.zone_name, &command.zone, &info)) /* before anybody is erased */
		return options_fail("elder", &info);
	status = run(&command, kind, &info);
	zone_destroy(command.zone);
	return status;
}
