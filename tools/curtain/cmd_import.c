/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "base/text.h"
#include "client.h"
#include "cmd.h"
#include "codec/json.h"
#include "message/message.h"
#include "output.h"

struct import_command {
	const char *file, *kind, *format;
	bool dry_run, json;
	struct connection connection;
	struct buf text;
	char kind_of_name[WORD_BYTES];
};

static const char ending[] =
	"FILE is YAML (a ledger: kinds with their rows) or CSV (rows of one kind with a header line); \"-\" reads "
	"standard "
	"input.\n"
	"Kinds: communities policies teams volunteers households elders consents devices appointments. A row with "
	"\"deleted: true\" "
	"goes.\n"
	"All or nothing: a fault anywhere changes nothing, and is told with its line and column.\n"
	"With --json one JSON document: {seq, dry_run, kinds: {KIND: {added, changed, unchanged, removed}}}.\n"
	"Exit status: 0 done, 1 the file is refused, 2 wrong usage or nobody answers.\n\n"
	"examples:\n"
	"  curtain import district.yaml --dry-run\n"
	"  curtain import devices.csv                      kind and format from the name\n"
	"  curtain import --kind households --format csv - < export.txt\n";

/* ---- the file ---- */

static enum err read_all(FILE *file, const char *name, struct buf *out, struct errinfo *info)
{
	char block[16384];
	size_t got;

	while ((got = fread(block, 1, sizeof block, file)) > 0)
		if (buf_append(out, block, got))
			return errinfo_at(info, ERR_RANGE, name, 0, 0, "longer than %u MiB: give it in parts",
				REQUEST_BYTES_MAX >> 20);
	if (ferror(file))
		return errinfo_at(info, ERR_IO, name, 0, 0, "cannot be read: %s", strerror(errno));
	return ERR_OK;
}

static enum err read_file(struct import_command *command, struct errinfo *info)
{
	bool standard = !strcmp(command->file, "-");
	FILE *file = standard ? stdin : fopen(command->file, "rb");
	enum err err;

	if (!file)
		return errinfo_at(info, ERR_IO, command->file, 0, 0, "cannot be read: %s", strerror(errno));
	err = read_all(file, command->file, &command->text, info);
	if (!standard)
		fclose(file);
	return err;
}

/* check_text finds the line that is no text: files of spreadsheets in another encoding are the usual case. */
static enum err check_text(struct import_command *command, struct errinfo *info)
{
	struct buf *text = &command->text;
	int line = 1;

	if (!text->length)
		return errinfo_at(info, ERR_INVALID, command->file, 0, 0, "is empty");
	for (size_t at = 0; at < text->length; line++) {
		const char *end = memchr(text->data + at, '\n', text->length - at);
		size_t length = end ? (size_t)(end - text->data) - at : text->length - at;
		if (memchr(text->data + at, '\0', length) || !text_is_utf8(text->data + at, length))
			return errinfo_at(info, ERR_INVALID, command->file, line, 0,
				"is no UTF-8 text; save the file as UTF-8 (spreadsheets: \"CSV UTF-8\")");
		at += length + 1;
	}
	return ERR_OK;
}

/* guess takes what was not given from the file's name: devices.csv, district.yaml. */
static enum err guess(struct import_command *command, struct errinfo *info)
{
	const char *slash = strrchr(command->file, '/'), *base = slash ? slash + 1 : command->file;
	const char *dot = strrchr(base, '.');

	if (!command->format)
		command->format = dot && !strcmp(dot, ".csv") ? "csv" : "yaml";
	if (command->kind)
		return ERR_OK;
	command->kind = "ledger";
	if (!strcmp(command->format, "csv")) {
		if (!dot || (size_t)(dot - base) >= sizeof command->kind_of_name || dot == base)
			return errinfo_set(info, ERR_INVALID, "rows of which kind? --kind households, devices, ...");
		memcpy(command->kind_of_name, base, (size_t)(dot - base));
		command->kind = command->kind_of_name;
	}
	return ERR_OK;
}

/* ---- asking ---- */

/* show_refusal turns records' "line 12, column 3: ..." into the form that editors understand. */
static void show_refusal(const struct import_command *command, const struct errinfo *refusal)
{
	int line, column, after = 0;

	if (sscanf(refusal->text, "line %d, column %d: %n", &line, &column, &after) == 2 && after)
		fprintf(stderr, "curtain import: %s:%d:%d: %s\n", command->file, line, column, refusal->text + after);
	else
		fprintf(stderr, "curtain import: %s: %s\n", command->file, refusal->text);
}

static enum err tell(const struct import_command *command, const char *answer, struct errinfo *info)
{
	struct buf out;
	enum err err;

	if (command->json)
		return output_line(answer, info);
	buf_init(&out, OUTPUT_BYTES_MAX);
	err = answers_import(answer, &out, info);
	if (!err)
		err = output_write(&out, ERR_OK, info);
	buf_fini(&out);
	return err;
}

static int ask(struct import_command *command, struct errinfo *info)
{
	size_t mark = command->text.length >= 3 && !memcmp(command->text.data, "\xef\xbb\xbf", 3) ? 3 : 0;
	struct client *client = NULL;
	char *answer = NULL;
	struct buf args;
	bool refused = false;
	enum err err = client_open(&command->connection, 0, &client, info);

	buf_init(&args, REQUEST_BYTES_MAX);
	json_open(&args, '{');
	json_member_text(&args, "kind", command->kind);
	json_member_text(&args, "format", command->format);
	json_member_text(&args, "text", command->text.data + mark);
	json_member_bool(&args, "dry_run", command->dry_run);
	json_close(&args, '}');
	if (!err && args.failed)
		err = errinfo_at(info, args.failed, command->file, 0, 0, "longer than %u MiB: give it in parts",
			REQUEST_BYTES_MAX >> 20);
	if (!err)
		err = client_request(client, "records", "import", &args, &answer, info);
	refused = client && client_refused(client);
	if (!err)
		err = tell(command, answer, info);
	free(answer);
	buf_fini(&args);
	client_close(client);
	if (refused)
		show_refusal(command, info);
	return refused ? 1 : err ? options_fail("import", info) : 0;
}

int cmd_import(int argc, char **argv)
{
	static struct import_command command;
	const struct option_row rows[] = {
		{"dry-run", OPTION_FLAG, &command.dry_run, 0, 0, NULL, "check and count, change nothing"},
		{"kind", OPTION_TEXT, &command.kind, 0, 0, "KIND",
			"\"ledger\" or one kind (CSV: from the file's name)"},
		{"format", OPTION_TEXT, &command.format, 0, 0, "csv|yaml", "of the file (from its name)"},
		{"json", OPTION_FLAG, &command.json, 0, 0, NULL, "print one JSON document"},
	};
	const struct options options = {"import",
		"Brings communities, policies, teams, volunteers, households, elders, consents and devices into the "
		"registry.",
		OPTIONS_ROWS(rows), &command.connection, "FILE", &command.file, ending};
	struct errinfo info = {0};
	int status = options_parse(&options, argc, argv);

	if (status >= 0)
		return status;
	buf_init(&command.text, REQUEST_BYTES_MAX);
	if (guess(&command, &info) || read_file(&command, &info) || check_text(&command, &info))
		status = options_fail("import", &info);
	else
		status = ask(&command, &info);
	buf_fini(&command.text);
	return status;
}
