/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "cmd.h"
#include "codec/fields.h"
#include "codec/json.h"
#include "output.h"
#include "row.h"

#define ANSWER_BYTES_MAX (8u << 20)

struct handsets_command {
	const char *state, *household, *number, *zone_name;
	bool json;
	struct connection connection;
	struct zone *zone;
};

static const char ending[] =
	"Without options: every household, the number that its \"1\" key was set to, and the right one now.\n"
	"STATE is current, stale (the right number has changed since) or unset (nobody noted a number).\n"
	"--household ID --number NUMBER notes that this key was set to that number.\n"
	"Exit status: 0 told or noted, 1 some are stale (with --state stale) or refused, 2 nobody answers.\n\n"
	"examples:\n"
	"  curtain handsets --state stale\n"
	"  curtain handsets --household h-0003 --number 02150000001\n"
	"  curtain handsets --json | jq '.items[] | select(.state == \"unset\")'\n";

static const struct row_word states[] = {{"current", "无误"}, {"stale", "已过时"}, {"unset", "未登记"}, {NULL, NULL}};

static const struct row_column columns[] = {{"住户 household", "household", ROW_PLAIN, NULL},
	{"队 team", "team", ROW_PLAIN, NULL}, {"状态 state", "state", ROW_WORD, states},
	{"已设 number", "number", ROW_PLAIN, NULL}, {"应为 wanted", "wanted", ROW_PLAIN, NULL},
	{"设定时间 set", "set", ROW_TIME, NULL}};

static const struct row_form form = {ROW_COLUMNS(columns), "没有这样的 (no such \"1\" key)\n"};

/* ask_page asks for the households after one; *out_page is to be released. */
static enum err ask_page(
	struct handsets_command *command, const char *after, json_t **out_page, bool *refused, struct errinfo *info)
{
	struct buf args;
	char *answer = NULL;
	enum err err;

	ask_begin(&args);
	json_member_text_if(&args, "state", command->state ? command->state : "");
	json_member_text_if(&args, "after", after);
	err = ask_service(&command->connection, "dispatcher", "handsets", &args, &answer, refused, info);
	if (!err)
		err = fields_load(answer, strlen(answer), ANSWER_BYTES_MAX, out_page, info);
	free(answer);
	return err;
}

static enum err gather(struct handsets_command *command, json_t *all, bool *refused, struct errinfo *info)
{
	char after[64] = "";
	bool more = true;
	enum err err = ERR_OK;

	while (!err && more) {
		json_t *page = NULL;
		const json_t *items;
		err = ask_page(command, after, &page, refused, info);
		items = json_object_get(page, "items");
		more = !err && json_is_true(json_object_get(page, "more")) && json_array_size(items);
		if (more)
			strncpy(after, row_text(json_array_get(items, json_array_size(items) - 1), "household"),
				sizeof after - 1);
		if (!err && json_array_extend(all, json_object_get(page, "items")))
			err = errinfo_set(info, ERR_INVALID, "the answer has no items");
		json_decref(page);
	}
	return err;
}

static enum err print(struct handsets_command *command, const json_t *all, struct errinfo *info)
{
	char *text = command->json ? json_dumps(all, JSON_COMPACT) : NULL;
	struct buf out;
	enum err err;

	buf_init(&out, OUTPUT_BYTES_MAX);
	if (command->json)
		err = buf_printf(&out, "{\"items\":%s}\n", text ? text : "[]");
	else
		err = row_table(all, &form, command->zone, &out);
	err = output_write(&out, err, info);
	buf_fini(&out);
	free(text);
	return err;
}

static int list(struct handsets_command *command, struct errinfo *info)
{
	json_t *all = json_array();
	bool refused = false, stale = command->state && !strcmp(command->state, "stale");
	enum err err = gather(command, all, &refused, info);
	int status;

	if (!err)
		err = print(command, all, info);
	status = err ? options_fail("handsets", info) - refused : stale && json_array_size(all) ? 1 : 0;
	json_decref(all);
	return status;
}

static int note(struct handsets_command *command, struct errinfo *info)
{
	struct buf args;
	char *answer = NULL;
	json_t *noted = NULL, *items = json_array();
	bool refused = false;
	enum err err;

	ask_begin(&args);
	json_member_text(&args, "household", command->household);
	json_member_text(&args, "number", command->number);
	err = ask_service(&command->connection, "dispatcher", "handset", &args, &answer, &refused, info);
	if (!err && command->json)
		err = output_line(answer, info);
	else if (!err)
		err = fields_load(answer, strlen(answer), ANSWER_BYTES_MAX, &noted, info);
	if (!err && !command->json)
		err = json_array_append(items, noted) ? errinfo_set(info, ERR_NOMEM, "out of memory")
						      : print(command, items, info);
	json_decref(noted);
	json_decref(items);
	free(answer);
	return err ? options_fail("handsets", info) - refused : 0;
}

int cmd_handsets(int argc, char **argv)
{
	static struct handsets_command command;
	const struct option_row rows[] = {
		{"state", OPTION_TEXT, &command.state, 0, 0, "STATE", "only those that are current, stale or unset"},
		{"household", OPTION_TEXT, &command.household, 0, 0, "ID", "note the number of this household's key"},
		{"number", OPTION_TEXT, &command.number, 0, 0, "NUMBER", "... to which it was set"},
		OUTPUT_ZONE_ROW(&command.zone_name),
		{"json", OPTION_FLAG, &command.json, 0, 0, NULL, "print one JSON document"},
	};
	const struct options options = {"handsets",
		"Tells which number each elder's \"1\" key is set to, and which are out of date.", OPTIONS_ROWS(rows),
		&command.connection, NULL, NULL, ending};
	struct errinfo info = {0};
	int status = options_parse(&options, argc, argv);

	if (status >= 0)
		return status;
	if (!command.household != !command.number)
		errinfo_set(&info, ERR_INVALID, "--household and --number go together");
	if (info.code || output_zone(command.zone_name, &command.zone, &info))
		return options_fail("handsets", &info);
	status = command.household ? note(&command, &info) : list(&command, &info);
	zone_destroy(command.zone);
	return status;
}
