/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "ask.h"
#include "cmd.h"
#include "codec/json.h"
#include "codec/request.h"
#include "encoding.h"
#include "message/message.h"
#include "output.h"

struct import_command {
	const char *file, *kind, *format, *map_file, *encoding, *why;
	bool dry_run, by_row, again, json;
	int64_t most;
	struct connection connection;
	struct buf text, map;
	char kind_of_name[WORD_BYTES];
};

static const char ending[] =
	"FILE is YAML (a ledger: kinds with their rows) or CSV (rows of one kind with a header line); \"-\" reads "
	"standard "
	"input.\n"
	"Kinds: districts streets communities estates buildings policies teams volunteers accounts households elders "
	"contacts medicines tag_kinds tags consents devices appointments circles cares services providers. A row with "
	"\"deleted: "
	"true\" "
	"goes.\n"
	"A spreadsheet saved as CSV needs a column map (--map; deploy/config/ledger/ has some): one of its rows may "
	"make "
	"rows of several kinds.\n"
	"Every fault is told with its line, column and cell. All or nothing, unless --by-row leaves out the rows with "
	"a "
	"fault alone.\n"
	"With --json one JSON document: {seq, dry_run, refused, kinds: {KIND: {added, changed, unchanged, removed}}, "
	"fault_count, faults, changes}.\n"
	"Exit status: 0 done, 1 faults were found (and without --by-row nothing was changed), 2 wrong usage or nobody "
	"answers.\n\n"
	"examples:\n"
	"  curtain import district.yaml --dry-run\n"
	"  curtain import devices.csv                      kind and format from the name\n"
	"  curtain import elders.csv --map deploy/config/ledger/elders.yaml --dry-run\n"
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

static enum err read_file(const char *name, struct buf *out, struct errinfo *info)
{
	bool standard = !strcmp(name, "-");
	FILE *file = standard ? stdin : fopen(name, "rb");
	enum err err;

	if (!file)
		return errinfo_at(info, ERR_IO, name, 0, 0, "cannot be read: %s", strerror(errno));
	err = read_all(file, name, out, info);
	if (!standard)
		fclose(file);
	if (!err && !out->length)
		err = errinfo_at(info, ERR_INVALID, name, 0, 0, "is empty");
	return err;
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
	if (!strcmp(command->format, "csv") && !command->map_file) {
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

static int tell(const struct import_command *command, const char *answer, struct errinfo *info)
{
	struct buf out, faults;
	bool clean = false;
	enum err err;

	buf_init(&out, OUTPUT_BYTES_MAX);
	buf_init(&faults, OUTPUT_BYTES_MAX);
	err = answers_faults(answer, command->file, &faults, &clean, info);
	if (!err)
		err = answers_import(answer, &out, info);
	if (!err)
		err = answers_merged(answer, &out, info);
	if (!err && command->dry_run)
		err = answers_changes(answer, &out, info);
	if (!err)
		err = command->json ? output_line(answer, info) : output_write(&out, ERR_OK, info);
	if (!err && !command->json && faults.length)
		fwrite(faults.data, 1, faults.length, stderr);
	buf_fini(&out);
	buf_fini(&faults);
	return err ? options_fail("import", info) : clean ? 0 : 1;
}

static int ask(struct import_command *command, struct errinfo *info)
{
	char *answer = NULL;
	struct buf args;
	bool refused = false;
	int status;
	enum err err;

	ask_begin(&args);
	json_member_text(&args, "kind", command->kind);
	json_member_text(&args, "format", command->format);
	json_member_text(&args, "text", command->text.data);
	json_member_text_if(&args, "map", command->map.data ? command->map.data : "");
	json_member_text_if(&args, "why", command->why ? command->why : "");
	json_member_bool(&args, "dry_run", command->dry_run);
	json_member_bool(&args, "by_row", command->by_row);
	json_member_text_if(&args, "erased", command->again ? "again" : "");
	json_member_bool(&args, "report", true);
	json_member_int(&args, "limit", command->most);
	err = ask_service(&command->connection, "records", "import", &args, &answer, &refused, info);
	if (refused)
		show_refusal(command, info);
	status = refused ? 1 : err ? options_fail("import", info) : tell(command, answer, info);
	free(answer);
	return status;
}

static enum err load(struct import_command *command, struct errinfo *info)
{
	enum err err = guess(command, info);

	if (!err)
		err = read_file(command->file, &command->text, info);
	if (!err)
		err = encoding_to_utf8(command->encoding, command->file, &command->text, info);
	if (!err && command->map_file)
		err = read_file(command->map_file, &command->map, info);
	if (!err && command->map_file)
		err = encoding_to_utf8("utf-8", command->map_file, &command->map, info);
	return err;
}

int cmd_import(int argc, char **argv)
{
	static struct import_command command = {.most = 200, .encoding = "auto"};
	const struct option_row rows[] = {
		{"dry-run", OPTION_FLAG, &command.dry_run, 0, 0, NULL, "check and count, change nothing"},
		{"kind", OPTION_TEXT, &command.kind, 0, 0, "KIND",
			"\"ledger\" or one kind (CSV: from the file's name)"},
		{"format", OPTION_TEXT, &command.format, 0, 0, "csv|yaml", "of the file (from its name)"},
		{"map", OPTION_TEXT, &command.map_file, 0, 0, "FILE", "how a spreadsheet's columns become rows"},
		{"encoding", OPTION_TEXT, &command.encoding, 0, 0, "auto|utf-8|gb18030", "of the file (auto)"},
		{"by-row", OPTION_FLAG, &command.by_row, 0, 0, NULL, "leave out rows with a fault, take the others"},
		{"again", OPTION_FLAG, &command.again, 0, 0, NULL,
			"register anew whom an erasure took; the district's right, and audited (say --why)"},
		{"most", OPTION_INT, &command.most, 1, 2000, "N", "tell at most so many faults and changes (200)"},
		{"why", OPTION_TEXT, &command.why, 0, 0, "TEXT", "the reason that history and audit keep"},
		{"json", OPTION_FLAG, &command.json, 0, 0, NULL, "print one JSON document"},
	};
	const struct options options = {"import",
		"Brings a ledger into the registry: places, elders, consents, devices, teams, volunteers, services.",
		OPTIONS_ROWS(rows), &command.connection, "FILE", &command.file, ending};
	struct errinfo info = {0};
	int status = options_parse(&options, argc, argv);

	if (status >= 0)
		return status;
	buf_init(&command.text, REQUEST_BYTES_MAX);
	buf_init(&command.map, REQUEST_BYTES_MAX);
	if (load(&command, &info))
		status = options_fail("import", &info);
	else
		status = ask(&command, &info);
	buf_fini(&command.text);
	buf_fini(&command.map);
	return status;
}
