/* SPDX-License-Identifier: MIT
 *
 * curtain report decide, decision, decisions: what meetings decided, at records.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "codec/fields.h"
#include "codec/json.h"
#include "output.h"
#include "report_commands.h"
#include "report_model.h"
#include "report_words.h"
#include "show.h"

#define ANSWER_BYTES_MAX (8u << 20)
#define STATE_BYTES 64

struct decide {
	const char *community, *household, *meeting, *what, *owner, *due, *state, *note, *why;
	int64_t id;
	bool open, json;
	struct connection connection;
};

static const char status_ending[] = "Exit status: 0 done, 1 refused, 2 wrong usage or nobody answers.\n";

/* put_cell: a state in Chinese, with the wire's word beside it. */
static void put_cell(struct table *table, const json_t *row, const char *member)
{
	const char *text = report_text(row, member);
	char state[STATE_BYTES];

	if (!strcmp(member, "state"))
		snprintf(state, sizeof state, "%s %s", report_decision_state(text), text);
	table_cell(table, strcmp(member, "state") != 0 ? text : state);
}

static enum err put_table(const json_t *root, struct buf *out)
{
	static const char *const headings[] = {">编号 id", "会期 meeting", "范围 of", "议定事项 what", "负责人 owner",
		"期限 due", "状态 state", "备注 note"};
	static const char *const members[] = {"meeting", "community", "what", "owner", "due", "state", "note"};
	const json_t *items = json_object_get(root, "items"); /* none: the answer is the one decision itself */
	size_t count = items ? json_array_size(items) : 1;
	struct table *table = table_create(headings, sizeof headings / sizeof *headings);
	enum err err;

	if (!table)
		return ERR_NOMEM;
	if (!count)
		buf_text(out, "没有议定事项 (no decisions; curtain report decide --what ... notes one)\n");
	for (size_t i = 0; i < count; i++) {
		const json_t *row = items ? json_array_get(items, i) : root;
		table_number(table, json_integer_value(json_object_get(row, "id")));
		for (unsigned m = 0; m < sizeof members / sizeof *members; m++)
			put_cell(table, row, members[m]);
	}
	err = table_is_empty(table) ? ERR_OK : table_print(table, out);
	table_destroy(table);
	return err;
}

static enum err tell(const struct decide *decide, const char *answer, struct errinfo *info)
{
	struct buf out;
	json_t *root;
	enum err err;

	if (decide->json)
		return output_line(answer, info);
	err = fields_load(answer, strlen(answer), ANSWER_BYTES_MAX, &root, info);
	if (err)
		return err;
	buf_init(&out, OUTPUT_BYTES_MAX);
	err = output_write(&out, put_table(root, &out), info);
	buf_fini(&out);
	json_decref(root);
	return err;
}

static void put_text(struct buf *args, const char *name, const char *text)
{
	json_member_text_if(args, name, text ? text : "");
}

static int ask(const struct decide *decide, const char *command, const char *method)
{
	struct errinfo info = {0};
	bool refused = false;
	char *answer = NULL;
	struct buf args;
	enum err err;

	ask_begin(&args);
	put_text(&args, "community", decide->community);
	put_text(&args, "household", decide->household);
	put_text(&args, "meeting", decide->meeting);
	put_text(&args, "what", decide->what);
	put_text(&args, "owner", decide->owner);
	put_text(&args, "due", decide->due);
	put_text(&args, "state", decide->state);
	put_text(&args, "note", decide->note);
	put_text(&args, "why", decide->why);
	if (decide->id)
		json_member_int(&args, "id", decide->id);
	if (decide->open)
		json_member_bool(&args, "open", true);
	err = ask_service(&decide->connection, "records", method, &args, &answer, &refused, &info);
	if (!err)
		err = tell(decide, answer, &info);
	free(answer);
	return err ? options_fail(command, &info) - refused : 0;
}

#define WHY_AND_JSON(decide)                                                                                           \
	{"why", OPTION_TEXT, &(decide).why, 0, 0, "TEXT", "the reason that the audit trail keeps"},                    \
	{                                                                                                              \
		"json", OPTION_FLAG, &(decide).json, 0, 0, NULL, "print one JSON document"                             \
	}

int report_decide_cmd(int argc, char **argv)
{
	static struct decide decide;
	const struct option_row rows[] = {
		{"what", OPTION_TEXT, &decide.what, 0, 0, "TEXT", "what is to be done; ids, no names"},
		{"owner", OPTION_TEXT, &decide.owner, 0, 0, "USER", "who sees to it"},
		{"due", OPTION_DAY, &decide.due, 0, 0, "DAY", "by when"},
		{"meeting", OPTION_DAY, &decide.meeting, 0, 0, "DAY", "day of the meeting (today)"},
		{"community", OPTION_TEXT, &decide.community, 0, 0, "ID", "of this community, not of the district"},
		{"household", OPTION_TEXT, &decide.household, 0, 0, "ID", "about this home"},
		WHY_AND_JSON(decide),
	};
	const struct options options = {.command = "report decide",
		.summary = "Notes what the meeting decided.",
		.rows = rows,
		.row_count = sizeof rows / sizeof *rows,
		.connection = &decide.connection,
		.ending = "Exit status: 0 noted, 1 refused, 2 wrong usage or nobody answers.\n\nexample:\n"
			  "  curtain report decide --what \"t-7 夜间补一人\" --owner v-0007 --due 2026-04-10\n"};
	int status = options_parse(&options, argc, argv);

	return status >= 0 ? status : ask(&decide, options.command, "decide");
}

int report_decision_cmd(int argc, char **argv)
{
	static struct decide decide;
	const struct option_row rows[] = {
		{"id", OPTION_INT, &decide.id, 1, INT64_MAX, "N", "which"},
		{"state", OPTION_TEXT, &decide.state, 0, 0, "open|done|dropped", "how it stands"},
		{"note", OPTION_TEXT, &decide.note, 0, 0, "TEXT", "what became of it"},
		{"due", OPTION_DAY, &decide.due, 0, 0, "DAY", "by when"},
		WHY_AND_JSON(decide),
	};
	const struct options options = {.command = "report decision",
		.summary = "Changes how a decision stands; what is not said stays.",
		.rows = rows,
		.row_count = sizeof rows / sizeof *rows,
		.connection = &decide.connection,
		.ending = status_ending};
	int status = options_parse(&options, argc, argv);

	return status >= 0 ? status : ask(&decide, options.command, "decision");
}

int report_decisions_cmd(int argc, char **argv)
{
	static struct decide decide;
	const struct option_row rows[] = {
		{"community", OPTION_TEXT, &decide.community, 0, 0, "ID", "of this community alone"},
		{"open", OPTION_FLAG, &decide.open, 0, 0, NULL, "only those not closed"},
		WHY_AND_JSON(decide),
	};
	const struct options options = {.command = "report decisions",
		.summary = "Lists decisions, the newest meeting first.",
		.rows = rows,
		.row_count = sizeof rows / sizeof *rows,
		.connection = &decide.connection,
		.ending = status_ending};
	int status = options_parse(&options, argc, argv);

	return status >= 0 ? status : ask(&decide, options.command, "decisions");
}
