/* SPDX-License-Identifier: MIT
 *
 * curtain visit: visits, tasks and services at the dispatcher (docs/visit.md).
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "cmd.h"
#include "codec/fields.h"
#include "codec/json.h"
#include "moment.h"
#include "output.h"
#include "row.h"
#include "words.h"

#define ANSWER_BYTES_MAX (8u << 20)
#define CELL_BYTES 96

struct visit_command {
	const char *kind, *state, *team, *household, *assignee, *user, *day, *errand, *action, *to, *from, *until,
		*seen, *note, *answers, *what, *zone_name;
	int64_t within_days;
	bool overdue, own, json;
	struct connection connection;
	struct zone *zone;
};

/* word: one command; put writes its answer for a person, NULL = as it came. */
struct word {
	const char *name, *method, *summary;
	const char *options; /* between blanks */
	const char *own;     /* the method for oneself; NULL: it has none */
	enum err (*put)(const json_t *answer, const struct visit_command *command, struct buf *out);
};

/* word_cell: the Chinese word beside the wire's own. */
static void word_cell(struct table *table, const char *zh, const char *name)
{
	char shown[CELL_BYTES];

	snprintf(shown, sizeof shown, "%s %s", zh, name);
	table_cell(table, shown);
}

static void km_cell(struct table *table, const json_t *row)
{
	char shown[32];

	snprintf(shown, sizeof shown, "%.1f", json_number_value(json_object_get(row, "km")));
	table_cell(table, shown);
}

/* finish prints and releases a table; one without rows is no table. */
static enum err finish(struct table *table, struct buf *out)
{
	enum err err = !table ? ERR_NOMEM : table_is_empty(table) ? ERR_OK : table_print(table, out);

	table_destroy(table);
	return err;
}

static enum err put_plan(const json_t *answer, const struct visit_command *command, struct buf *out)
{
	static const char *const headings[] = {"时限 until", "开始 from", "类 kind", "内容 what", "住户 household",
		"状态 state", "由 who", ">级 climb", "编号 errand"};
	struct table *table = table_create(headings, sizeof headings / sizeof *headings);
	const json_t *row;
	size_t i;

	if (!json_array_size(json_object_get(answer, "items")))
		buf_text(out, "没有未了的事 (nothing is open)\n");
	json_array_foreach(json_object_get(answer, "items"), i, row)
	{
		const char *provider = row_text(row, "provider");
		if (!table)
			break;
		row_time_cell(table, row, "until", command->zone);
		row_time_cell(table, row, "from", command->zone);
		word_cell(table, words_errand_kind(row_text(row, "kind")), row_text(row, "kind"));
		table_cell(table, row_text(row, "what"));
		table_cell(table, row_text(row, "household"));
		word_cell(table, words_errand_state(row_text(row, "state")), row_text(row, "state"));
		table_cell(table, strcmp(provider, "-") != 0 ? provider : row_text(row, "assignee"));
		table_number(table, json_integer_value(json_object_get(row, "climb")));
		table_cell(table, row_text(row, "id"));
	}
	return finish(table, out);
}

static enum err put_day(const json_t *answer, const struct visit_command *command, struct buf *out)
{
	static const char *const headings[] = {
		">序 no", "到达 arrive", "时段至 until", ">公里 km", "住户 household", "内容 what", "编号 errand"};
	struct table *table = table_create(headings, sizeof headings / sizeof *headings);
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(answer, "items"), i, row)
	{
		if (!table)
			break;
		table_number(table, (int64_t)i + 1);
		row_time_cell(table, row, "arrive", command->zone);
		row_time_cell(table, row, "until", command->zone);
		km_cell(table, row);
		table_cell(table, row_text(row, "household"));
		table_cell(table, row_text(row, "what"));
		table_cell(table, row_text(row, "errand"));
	}
	buf_printf(out, "%s %s，共 %.1f 公里 km\n", row_text(answer, "user"), row_text(answer, "day"),
		json_number_value(json_object_get(answer, "km")));
	return finish(table, out);
}

static enum err put_due(const json_t *answer, const struct visit_command *command, struct buf *out)
{
	static const struct row_column columns[] = {{"应访日 due", "due", ROW_PLAIN, NULL},
		{"住户 household", "household", ROW_PLAIN, NULL}, {"队 team", "team", ROW_PLAIN, NULL},
		{">每几天 every", "every_days", ROW_PLAIN, NULL}, {"上次见到 last", "last", ROW_TIME, NULL},
		{"清单 list", "list", ROW_PLAIN, NULL}, {">连续未成 missed", "missed", ROW_PLAIN, NULL},
		{"在办 visit", "visit", ROW_PLAIN, NULL}};
	static const struct row_form form = {
		ROW_COLUMNS(columns), "没有快到期的 (no home is due within that time; --within DAYS)\n"};

	return row_table(json_object_get(answer, "items"), &form, command->zone, out);
}

static void put_line(struct buf *out, const char *heading, const char *text)
{
	if (!strcmp(text, "-"))
		return;
	buf_printf(out, "%s ", heading);
	show_clean(out, text, 0);
	buf_byte(out, '\n');
}

static enum err put_errand(const json_t *e, const struct visit_command *command, struct buf *out)
{
	char from[SHOW_TIME_BYTES], until[SHOW_TIME_BYTES], seen[SHOW_TIME_BYTES];
	const json_t *row;
	size_t i;

	show_time(command->zone, fields_wall_or_none(e, "from"), from);
	show_time(command->zone, fields_wall_or_none(e, "until"), until);
	show_time(command->zone, fields_wall_or_none(e, "seen"), seen);
	buf_printf(out, "%s %s %s, %s: %s %s\n", row_text(e, "id"), row_text(e, "kind"), row_text(e, "what"),
		row_text(e, "household"), words_errand_state(row_text(e, "state")), row_text(e, "state"));
	put_line(out, "原因 why:", row_text(e, "reason_zh"));
	put_line(out, "         ", row_text(e, "reason_en"));
	buf_printf(out, "时间 when: %s - %s\n", from, until);
	put_line(out, "由 who:", row_text(e, "assignee"));
	put_line(out, "机构 provider:", row_text(e, "provider"));
	put_line(out, "来自 origin:", row_text(e, "origin"));
	put_line(out, "见到老人 seen:", seen);
	put_line(out, "备注 note:", row_text(e, "note"));
	json_array_foreach(json_object_get(e, "answers"), i, row) buf_printf(out, "  %s: %s%s%s\n",
		row_text(row, "item"), row_text(row, "answer"), json_object_get(row, "word") ? " " : "",
		json_object_get(row, "word") ? row_text(row, "word") : "");
	return out->failed;
}

static enum err put_verdict(const json_t *answer, const struct visit_command *command, struct buf *out)
{
	static const char *const words[][2] = {{"taken", "已办理"}, {"repeated", "已说过，不变"}, {"late", "为时已晚"},
		{"foreign", "无权"}, {"unknown", "没有此编号"}, {"misplaced", "此时不适用"}};
	const char *verdict = row_text(answer, "verdict");

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(words[i][0], verdict))
			buf_printf(out, "%s ", words[i][1]);
	buf_printf(out, "%s\n", verdict);
	answer = json_object_get(answer, "errand"); /* none: it is not theirs any more */
	return answer ? put_errand(answer, command, out) : out->failed;
}

static enum err put_candidates(const json_t *answer, const struct visit_command *command, struct buf *out)
{
	static const char *const headings[] = {"人 user", "时间 from", ">合计 sum", "组成 parts"};
	struct table *table = table_create(headings, sizeof headings / sizeof *headings);
	const json_t *row, *value;
	const char *name;
	size_t i;

	json_array_foreach(json_object_get(answer, "candidates"), i, row)
	{
		char sum[32], parts[256] = "";
		if (!table)
			break;
		json_object_foreach((json_t *)(uintptr_t)json_object_get(row, "cost"), name, value)
		{
			size_t length = strlen(parts);
			if (json_number_value(value) > 0)
				snprintf(parts + length, sizeof parts - length, "%s%s %.1f", length ? ", " : "", name,
					json_number_value(value));
		}
		snprintf(sum, sizeof sum, "%.1f", json_number_value(json_object_get(row, "sum")));
		table_cell(table, row_text(row, "user"));
		row_time_cell(table, row, "from", command->zone);
		table_cell(table, sum);
		table_cell(table, parts);
	}
	enum err err = finish(table, out);
	buf_text(out, "不能请 barred:");
	json_object_foreach((json_t *)(uintptr_t)json_object_get(answer, "bars"), name,
		value) if (strcmp(name, "free") != 0 && json_integer_value(value))
		buf_printf(out, " %s %lld", name, (long long)json_integer_value(value));
	buf_byte(out, '\n');
	return err ? err : out->failed;
}

static const struct word words[] = {
	{"plan", "visit_plan", "Errands that are not over, the first due on top.",
		" kind state team household assignee overdue own ", "own_visit_plan", put_plan},
	{"tasks", "visit_plan", "The same of tasks alone: what findings ask for.",
		" state team household assignee overdue own ", "own_visit_plan", put_plan},
	{"day", "visit_day", "What somebody has agreed to on a day, in the order to walk.", " who day own ",
		"own_visit_day", put_day},
	{"due", "visit_due", "Homes by the day on which they are due.", " team within ", NULL, put_due},
	{"show", "visit_show", "One errand.", " errand ", NULL, put_errand},
	{"explain", "visit_explain", "Who could be asked, and what each part costs.", " errand ", NULL, put_candidates},
	{"request", "visit_request", "A service, chat or a checklist for a household.",
		" household what from until note ", NULL, put_verdict},
	{"answer", "visit_answer", "What became of an errand.", " errand action to from until seen note answers own ",
		"own_visit_answer", put_verdict},
};

static const char ending[] =
	"ACTION is accept (with --to for somebody else), decline, start, answer, done, not_met, confirm, refuse, move, "
	"note or\n"
	"cancel. ANSWERS is like \"doors=ok gas=hose_old medicine=not_asked\". Times are like "
	"\"2026-03-01 09:00\" (local) or 2026-03-01T09:00:00+08:00.\n"
	"Exit status: 0 done, 1 refused, or something is overdue (plan and tasks with --overdue), 2 nobody answers.\n\n"
	"examples:\n"
	"  curtain visit day --who v-101\n"
	"  curtain visit request --household h-0003 --what medical-2\n"
	"  curtain visit answer --errand e-0123456789abcdef --action done --answers \"doors=ok gas=hose_old\"\n"
	"  curtain visit tasks --overdue\n";

static void put_text(struct buf *args, const char *name, const char *value)
{
	json_member_text_if(args, name, value ? value : "");
}

static void put_time(struct buf *args, const char *name, const char *value, const struct zone *zone)
{
	if (value)
		json_member_wall(args, name, moment_of(value, zone));
}

static void put_args(struct buf *args, const struct word *word, const struct visit_command *c)
{
	put_text(args, "kind", strcmp(word->name, "tasks") != 0 ? c->kind : "task");
	put_text(args, "state", c->state);
	put_text(args, "team", c->team);
	put_text(args, "household", c->household);
	put_text(args, "assignee", c->assignee);
	put_text(args, "user", c->user);
	put_text(args, "day", c->day);
	put_text(args, "errand", c->errand);
	put_text(args, "action", c->action);
	put_text(args, "to", c->to);
	put_text(args, "what", c->what);
	put_time(args, "from", c->from, c->zone);
	put_time(args, "until", c->until, c->zone);
	put_time(args, "seen", c->seen, c->zone);
	put_text(args, "note", c->note);
	put_text(args, "answers", c->answers);
	if (c->within_days >= 0)
		json_member_int(args, "within_days", c->within_days);
	if (c->overdue)
		json_member_bool(args, "overdue", true);
}

/* print: no tells that the answer is no success: something is overdue, or a verdict that changed nothing. */
static enum err print(const struct word *word, const struct visit_command *command, const char *answer, bool *no,
	struct errinfo *info)
{
	json_t *root = NULL;
	struct buf out;
	enum err err = fields_load(answer, strlen(answer), ANSWER_BYTES_MAX, &root, info);

	buf_init(&out, OUTPUT_BYTES_MAX);
	const char *verdict = row_text(root, "verdict");
	*no = (command->overdue && json_array_size(json_object_get(root, "items")) > 0) ||
	      (strcmp(verdict, "-") != 0 && strcmp(verdict, "taken") != 0 && strcmp(verdict, "repeated") != 0);
	if (!err && command->json)
		buf_printf(&out, "%s\n", answer);
	else if (!err)
		err = word->put(root, command, &out);
	if (!err)
		err = output_write(&out, ERR_OK, info);
	buf_fini(&out);
	json_decref(root);
	return err;
}

static int run(const struct word *word, const struct visit_command *command, struct errinfo *info)
{
	struct buf args;
	char *answer = NULL;
	bool refused = false, no = false;
	enum err err;

	ask_begin(&args);
	put_args(&args, word, command);
	err = ask_service(&command->connection, "dispatcher", command->own ? word->own : word->method, &args, &answer,
		&refused, info);
	if (!err)
		err = print(word, command, answer, &no, info);
	free(answer);
	return err ? options_fail("visit", info) - refused : no;
}

static const struct word *word_of(const char *name)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(words[i].name, name))
			return &words[i];
	return NULL;
}

/* takes: the command knows the option; zone and json go with all. */
static bool takes(const struct word *word, const char *option)
{
	char padded[32];

	snprintf(padded, sizeof padded, " %s ", option);
	return strstr(word->options, padded) || !strcmp(option, "zone") || !strcmp(option, "json");
}

static int help(FILE *to)
{
	fputs("usage: curtain visit COMMAND [OPTION]...\n\nVisits, the tasks that follow from them, and services. "
	      "Commands:\n\n",
		to);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		fprintf(to, "  %-8s %s\n", words[i].name, words[i].summary);
	fputs("\n\"curtain visit COMMAND --help\" shows all options and examples.\n", to);
	return to == stdout ? 0 : 2;
}

int cmd_visit(int argc, char **argv)
{
	static struct visit_command c = {.within_days = -1};
	const struct option_row rows[] = {
		{"errand", OPTION_TEXT, &c.errand, 0, 0, "ID", "of this errand"},
		{"household", OPTION_TEXT, &c.household, 0, 0, "ID", "of this household"},
		{"what", OPTION_TEXT, &c.what, 0, 0, "ID", "service of the catalogue, chat, or a checklist"},
		{"action", OPTION_TEXT, &c.action, 0, 0, "ACTION", "what became of it (see below)"},
		{"to", OPTION_TEXT, &c.to, 0, 0, "USER", "who does it"},
		{"from", OPTION_TIME, &c.from, 0, 0, "TIME", "begin of the time agreed or wanted"},
		{"until", OPTION_TIME, &c.until, 0, 0, "TIME", "its end"},
		{"seen", OPTION_TIME, &c.seen, 0, 0, "TIME", "when the elder was seen"},
		{"note", OPTION_TEXT, &c.note, 0, 0, "TEXT", "in words; with refuse the elder's reason"},
		{"answers", OPTION_TEXT, &c.answers, 0, 0, "ANSWERS", "of the checklist (see below)"},
		{"who", OPTION_TEXT, &c.user, 0, 0, "USER", "whose day"},
		{"day", OPTION_DAY, &c.day, 0, 0, "DATE", "the day, as in 2026-03-01; today"},
		{"kind", OPTION_TEXT, &c.kind, 0, 0, "visit|task|service", "only of this kind"},
		{"state", OPTION_TEXT, &c.state, 0, 0, "STATE", "only those of this state, over or not"},
		{"team", OPTION_TEXT, &c.team, 0, 0, "ID", "only of this team"},
		{"assignee", OPTION_TEXT, &c.assignee, 0, 0, "USER", "only those that this user or provider has"},
		{"overdue", OPTION_FLAG, &c.overdue, 0, 0, NULL, "only those whose time is over"},
		{"within", OPTION_INT, &c.within_days, 0, 400, "DAYS", "due within so many days (7)"},
		ASK_OWN_ROW(&c.own),
		OUTPUT_ZONE_ROW(&c.zone_name),
		{"json", OPTION_FLAG, &c.json, 0, 0, NULL, "print the answer as JSON"},
	};
	const struct word *word = argc > 1 ? word_of(argv[1]) : NULL;
	struct option_row taken[sizeof rows / sizeof *rows];
	char name[32];
	struct options options = {name, word ? word->summary : "", taken, 0, &c.connection, NULL, NULL, ending};
	struct errinfo info = {0};
	int status;

	if (!word && argc > 1 && strcmp(argv[1], "--help") != 0)
		fprintf(stderr, "curtain visit: no command \"%s\"\n", argv[1]);
	if (!word)
		return help(argc > 1 && !strcmp(argv[1], "--help") ? stdout : stderr);
	snprintf(name, sizeof name, "visit %s", word->name);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (takes(word, rows[i].name))
			taken[options.row_count++] = rows[i];
	status = options_parse(&options, argc - 1, argv + 1);
	if (status >= 0)
		return status;
	if (output_zone(c.zone_name, &c.zone, &info))
		return options_fail("visit", &info);
	status = run(word, &c, &info);
	zone_destroy(c.zone);
	return status;
}
