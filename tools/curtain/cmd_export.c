/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "cmd.h"
#include "codec/fields.h"
#include "codec/json.h"
#include "encoding.h"
#include "output.h"

#define ANSWER_BYTES_MAX (8u << 20)
#define PAGE_ROWS 2000
#define EXPORT_BYTES_MAX (256u << 20)

struct export_command {
	const char *kind, *encoding, *file, *why;
	struct connection connection;
};

static const char ending[] =
	"KIND is one of those that curtain import knows; the CSV that comes out goes in again without a change.\n"
	"Identity numbers and medical notes stay sealed. Who exported what is kept in the audit trail.\n"
	"Exit status: 0 done, 1 refused, 2 wrong usage or nobody answers.\n\n"
	"examples:\n"
	"  curtain export elders > elders.csv\n"
	"  curtain export volunteers --encoding gb18030 --output volunteers.csv     for an old spreadsheet\n";

/* take appends a page; *after is the key that the next one follows, "" at the end. */
static enum err take(const char *answer, struct buf *csv, char *after, size_t size, struct errinfo *info)
{
	json_t *root;
	const char *text, *last;
	enum err err = fields_load(answer, strlen(answer), ANSWER_BYTES_MAX, &root, info);

	if (err)
		return err;
	text = json_string_value(json_object_get(root, "csv"));
	last = json_string_value(json_object_get(root, "last"));
	if (!text || !last || strlen(last) >= size)
		err = errinfo_set(info, ERR_INVALID, "the answer has no \"csv\" or \"last\"");
	else if (buf_text(csv, text))
		err = errinfo_set(info, csv->failed, "too much to export at once");
	else
		memcpy(after, json_is_true(json_object_get(root, "more")) ? last : "", strlen(last) + 1);
	if (!err && !json_is_true(json_object_get(root, "more")))
		after[0] = '\0';
	json_decref(root);
	return err;
}

static enum err fetch(struct export_command *command, struct buf *csv, bool *out_refused, struct errinfo *info)
{
	char after[256] = "";
	enum err err;

	do {
		struct buf args;
		char *answer = NULL;
		ask_begin(&args);
		json_member_text(&args, "kind", command->kind);
		json_member_text_if(&args, "after", after);
		json_member_text_if(&args, "why", command->why ? command->why : "");
		json_member_int(&args, "limit", PAGE_ROWS);
		err = ask_service(&command->connection, "records", "export", &args, &answer, out_refused, info);
		if (!err)
			err = take(answer, csv, after, sizeof after, info);
		free(answer);
	} while (!err && *after);
	return err;
}

static enum err put(const struct export_command *command, const struct buf *text, struct errinfo *info)
{
	FILE *file;
	bool written;

	if (!command->file)
		return output_write(text, ERR_OK, info);
	file = fopen(command->file, "wb");
	if (!file)
		return errinfo_at(info, ERR_IO, command->file, 0, 0, "cannot be written: %s", strerror(errno));
	written = fwrite(text->data, 1, text->length, file) == text->length;
	if (fclose(file) || !written)
		return errinfo_at(info, ERR_IO, command->file, 0, 0, "cannot be written: %s", strerror(errno));
	return ERR_OK;
}

int cmd_export(int argc, char **argv)
{
	static struct export_command command = {.encoding = "utf-8"};
	const struct option_row rows[] = {
		{"encoding", OPTION_TEXT, &command.encoding, 0, 0, "utf-8|utf-8-bom|gb18030", "of the CSV (utf-8)"},
		{"output", OPTION_TEXT, &command.file, 0, 0, "FILE", "write there (standard output)"},
		{"why", OPTION_TEXT, &command.why, 0, 0, "TEXT", "the reason that the audit keeps"},
	};
	const struct options options = {"export", "Writes rows of one kind of the registry as CSV.", OPTIONS_ROWS(rows),
		&command.connection, "KIND", &command.kind, ending};
	struct errinfo info = {0};
	struct buf csv, text;
	bool refused = false;
	int status = options_parse(&options, argc, argv);
	enum err err;

	if (status >= 0)
		return status;
	buf_init(&csv, EXPORT_BYTES_MAX);
	buf_init(&text, EXPORT_BYTES_MAX);
	err = encoding_from_utf8(
		command.encoding, "", 0, &text, &info); /* a wrong name is told before anything is asked */
	buf_reset(&text);
	if (!err)
		err = fetch(&command, &csv, &refused, &info);
	if (!err)
		err = encoding_from_utf8(command.encoding, csv.data, csv.length, &text, &info);
	if (!err)
		err = put(&command, &text, &info);
	buf_fini(&csv);
	buf_fini(&text);
	return err ? options_fail("export", &info) - refused : 0;
}
