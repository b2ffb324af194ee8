/* SPDX-License-Identifier: MIT
 *
 * curtain roster swap, seek, absent, answer, recall, matters, gaps: what happens to duties in force, at the dispatcher.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "codec/fields.h"
#include "codec/json.h"
#include "options.h"
#include "output.h"
#include "roster.h"
#include "row.h"

struct rota_options {
	const char *team, *shift, *from, *until, *of, *to, *by, *back_shift, *back_from, *user, *matter, *answer,
		*zone_name;
	bool json;
	struct connection connection;
};

/* row of options, and what the request calls it; required ones are asked for by name. */
struct rota_row {
	struct option_row row;
	const char *member;
	bool required;
};

#define ROTA_ROWS_MAX 12
#define ANSWER_BYTES_MAX (8u << 20)

struct rota_command {
	const char *name, *method, *summary, *ending;
	const struct rota_row *rows;
	unsigned row_count;
	bool list; /* a table, unless --json */
};

/* refused: what the dispatcher made of it is no success: the verdict stands in the answer. */
static bool refused_by(const char *answer)
{
	static const char *const bad[] = {"late", "foreign", "unknown", "barred"};
	char word[40];

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(word, sizeof word, "\"verdict\":\"%s\"", bad[i]);
		if (strstr(answer, word))
			return true;
	}
	return false;
}

/* word_cell: the Chinese word beside the wire's own, which stands alone where there is none. */
static void word_cell(struct table *table, const json_t *item, const char *name)
{
	static const char *const words[][2] = {{"swap", "换班"}, {"cover", "找人替班"}, {"watch", "到岗确认"},
		{"absence", "请假"}, {"open", "进行中"}, {"veto", "待队长"}, {"climbed", "已上报"}, {"done", "已定"},
		{"declined", "对方谢绝"}, {"vetoed", "队长否决"}, {"expired", "过期"}, {"withdrawn", "已撤回"},
		{"misfit", "不合规则"}};
	const char *word = row_text(item, name);
	char shown[96];

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(words[i][0], word)) {
			snprintf(shown, sizeof shown, "%s %s", words[i][1], word);
			word = shown;
			break;
		}
	table_cell(table, word);
}

static enum err list(const char *answer, const struct zone *zone, struct errinfo *info)
{
	static const char *const headings[] = {"从 from", "至 until", "队 team", "班次 shift", "事项 kind",
		"状态 state", "谁 of", "另一方 other", ">已问 asked", "答复期限 due", "编号 matter"};
	struct table *table = table_create(headings, sizeof headings / sizeof *headings);
	json_t *root = NULL;
	const json_t *item;
	struct buf out;
	size_t i;
	enum err err = table ? fields_load(answer, strlen(answer), ANSWER_BYTES_MAX, &root, info) : ERR_NOMEM;

	buf_init(&out, OUTPUT_BYTES_MAX);
	json_array_foreach(json_object_get(root, "items"), i, item)
	{
		if (!table)
			break;
		row_time_cell(table, item, "from", zone);
		row_time_cell(table, item, "until", zone);
		table_cell(table, row_text(item, "team"));
		table_cell(table, row_text(item, "shift"));
		word_cell(table, item, "kind");
		word_cell(table, item, "state");
		table_cell(table, row_text(item, "user"));
		table_cell(table, row_text(item, "other"));
		table_number(table, json_integer_value(json_object_get(item, "asked")));
		row_time_cell(table, item, "due", zone);
		table_cell(table, row_text(item, "matter"));
	}
	if (!err)
		err = table_print(table, &out);
	err = err ? err : output_write(&out, ERR_OK, info);
	buf_fini(&out);
	table_destroy(table);
	json_decref(root);
	return err;
}

static enum err tell(
	const struct rota_command *command, const struct rota_options *o, const char *answer, struct errinfo *info)
{
	struct zone *zone = NULL;
	enum err err;

	if (!command->list || o->json)
		return output_line(answer, info);
	err = output_zone(o->zone_name, &zone, info);
	if (!err)
		err = list(answer, zone, info);
	zone_destroy(zone);
	return err;
}

static int ask(const struct rota_command *command, struct rota_options *o, struct buf *args)
{
	struct errinfo info = {0};
	char *answer = NULL;
	bool refused = false;
	enum err err = ask_service(&o->connection, "dispatcher", command->method, args, &answer, &refused, &info);
	int status = 0;

	if (!err) {
		status = refused_by(answer);
		err = tell(command, o, answer, &info);
	}
	free(answer);
	return err ? options_fail(command->name, &info) - refused : status;
}

static int run(const struct rota_command *command, struct rota_options *o, int argc, char **argv)
{
	struct option_row rows[ROTA_ROWS_MAX];
	const struct options options = {.command = command->name,
		.summary = command->summary,
		.rows = rows,
		.row_count = command->row_count,
		.connection = &o->connection,
		.ending = command->ending};
	struct errinfo info = {0};
	struct buf args;
	int status;

	for (unsigned i = 0; i < command->row_count; i++)
		rows[i] = command->rows[i].row;
	status = options_parse(&options, argc, argv);
	if (status >= 0)
		return status;
	for (unsigned i = 0; i < command->row_count; i++)
		if (command->rows[i].required && !*(const char *const *)rows[i].value) {
			errinfo_set(&info, ERR_INVALID, "name --%s", rows[i].name);
			return options_fail(command->name, &info);
		}
	if (o->answer && strcmp(o->answer, "yes") != 0 && strcmp(o->answer, "no") != 0) {
		errinfo_set(&info, ERR_INVALID, "--say: yes or no, not \"%s\"", o->answer);
		return options_fail(command->name, &info);
	}
	ask_begin(&args);
	for (unsigned i = 0; i < command->row_count; i++) {
		const char *value = *command->rows[i].member ? *(const char *const *)rows[i].value : NULL;
		if (value && !strcmp(command->rows[i].member, "yes"))
			json_member_bool(&args, "yes", !strcmp(value, "yes"));
		else if (value)
			json_member_text(&args, command->rows[i].member, value);
	}
	return ask(command, o, &args);
}

#define TEXT(name, at, what, help)                                                                                     \
	{                                                                                                              \
		name, OPTION_TEXT, at, 0, 0, what, help                                                                \
	}
#define DUTY_ROWS(o)                                                                                                   \
	{TEXT("team", &(o).team, "ID", "whose duty"), "team", true},                                                   \
		{TEXT("shift", &(o).shift, "ID", "which shift"), "shift", true},                                       \
		{TEXT("from", &(o).from, "TIME", "when it begins, like 2026-12-07T19:00:00+08:00"), "from", true},     \
	{                                                                                                              \
		TEXT("of", &(o).of, "ID", "who has it"), "user", true                                                  \
	}
#define LIST_ROWS(o)                                                                                                   \
	{TEXT("team", &(o).team, "ID", "of that team alone"), "team", false},                                          \
		{OUTPUT_ZONE_ROW(&(o).zone_name), "", false},                                                          \
	{                                                                                                              \
		{"json", OPTION_FLAG, &(o).json, 0, 0, NULL, "print the answer as JSON"}, "", false                    \
	}
#define ENDING "exit status: 0 done, 1 refused (the verdict says why), 2 wrong usage or nobody answers.\n"

int roster_swap_cmd(int argc, char **argv)
{
	struct rota_options o = {0};
	const struct rota_row rows[] = {DUTY_ROWS(o), {TEXT("to", &o.to, "ID", "who is to have it"), "to", true},
		{TEXT("by", &o.by, "ID", "who of both proposes it (who has it); the other is asked"), "by", false},
		{TEXT("back-shift", &o.back_shift, "ID", "the other's duty in exchange"), "back_shift", false},
		{TEXT("back-from", &o.back_from, "TIME", "when that begins"), "back_from", false}};
	const struct rota_command command = {"roster swap", "swap",
		"Proposes that somebody else takes a duty, or exchanges it for one of theirs: the other is asked, "
		"where "
		"the team\nwants it the captain may say no, hard rules are checked. Of somebody who is with an "
		"incident, "
		"or absent, it is\ntaken at once (--by who takes it).",
		ENDING
		"example:\n  curtain roster swap --team t-01 --shift night-primary --from 2026-12-07T19:00:00+08:00 "
		"--of v-01 --to v-02\n",
		rows, sizeof rows / sizeof *rows, false};

	return run(&command, &o, argc, argv);
}

int roster_seek_cmd(int argc, char **argv)
{
	struct rota_options o = {0};
	const struct rota_row rows[] = {DUTY_ROWS(o)};
	const struct rota_command command = {"roster seek", "seek",
		"Asks, a few at a time and in fair order, for somebody else to take a duty: the first yes has it; the "
		"captain and\nthe desk know when there is none.",
		ENDING
		"example:\n  curtain roster seek --team t-01 --shift night-primary --from 2026-12-07T19:00:00+08:00 "
		"--of v-01\n",
		rows, sizeof rows / sizeof *rows, false};

	return run(&command, &o, argc, argv);
}

int roster_absent_cmd(int argc, char **argv)
{
	struct rota_options o = {0};
	const struct rota_row rows[] = {{TEXT("team", &o.team, "ID", "whose volunteer"), "team", true},
		{TEXT("of", &o.user, "ID", "who cannot serve"), "user", true},
		{TEXT("from", &o.from, "TIME", "from when, like 2026-12-07T08:00:00+08:00"), "from", true},
		{TEXT("until", &o.until, "TIME", "until when; the same as --from: is back"), "until", true}};
	const struct rota_command command = {"roster absent", "absent",
		"Somebody cannot serve for a while: their duties then are open at once, and others are asked to take "
		"them.",
		ENDING
		"example:\n  curtain roster absent --team t-01 --of v-01 --from 2026-12-07T08:00:00+08:00 --until "
		"2026-12-09T00:00:00+08:00\n",
		rows, sizeof rows / sizeof *rows, false};

	return run(&command, &o, argc, argv);
}

int roster_answer_cmd(int argc, char **argv)
{
	struct rota_options o = {0};
	const struct rota_row rows[] = {
		{TEXT("matter", &o.matter, "ID", "which swap, cover request or duty"), "matter", true},
		{TEXT("of", &o.user, "ID", "whose word it is"), "user", true},
		{TEXT("say", &o.answer, "yes|no", "what they say"), "yes", true}};
	const struct rota_command command = {"roster answer", "answer",
		"Gives a volunteer's answer to a swap, a cover request or the question whether they are reachable, as "
		"told "
		"to the\ndesk by telephone.",
		ENDING, rows, sizeof rows / sizeof *rows, false};

	return run(&command, &o, argc, argv);
}

int roster_recall_cmd(int argc, char **argv)
{
	struct rota_options o = {0};
	const struct rota_row rows[] = {{TEXT("matter", &o.matter, "ID", "which one"), "matter", true}};
	const struct rota_command command = {"roster recall", "recall",
		"Calls off a swap or a cover request that is under way. A duty that nobody has stays open.", ENDING,
		rows, 1, false};

	return run(&command, &o, argc, argv);
}

int roster_matters_cmd(int argc, char **argv)
{
	struct rota_options o = {0};
	const struct rota_row rows[] = {LIST_ROWS(o)};
	const struct rota_command command = {"roster matters", "matters",
		"Prints swaps, cover requests, absences and watches over duties as they stand.", ENDING, rows, 3, true};

	return run(&command, &o, argc, argv);
}

int roster_gaps_cmd(int argc, char **argv)
{
	struct rota_options o = {0};
	const struct rota_row rows[] = {LIST_ROWS(o)};
	const struct rota_command command = {"roster gaps", "gaps",
		"Prints the duties that nobody has, with the requests to take them, and shifts ahead that nobody "
		"serves.",
		ENDING, rows, 3, true};

	return run(&command, &o, argc, argv);
}
