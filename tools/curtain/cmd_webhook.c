/* SPDX-License-Identifier: MIT
 *
 * curtain webhook, curtain bridge: who outside is told what and what became of it; the bridge's jobs and reports.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "ask.h"
#include "cmd.h"
#include "codec/json.h"
#include "options.h"
#include "output.h"
#include "show.h"

struct webhook_command {
	const char *operands[OPTIONS_OPERANDS_MAX];
	int64_t number, after, limit;
	bool sent, json, refused;
	struct connection connection;
};

static const char webhook_ending[] =
	"  list                  each subscriber: its state, what waits, was sent, is dead\n"
	"  deliveries [NAME]     what waits for subscribers, with the cause of the last failure; --sent: what was "
	"sent\n"
	"  dead [NAME]           the dead letters, with their reason\n"
	"  replay NAME           sends dead letters again: all, or --number N\n"
	"  test NAME             sends an event \"webhook.test\"\n"
	"  on NAME, off NAME     switches a subscriber on again after 410 Gone, or off\n"
	"Exit status: 0 done, 1 the gateway refuses, 2 wrong usage, or nobody answers (the gateway has no "
	"bridge.file).\n\n"
	"examples:\n"
	"  curtain webhook list\n"
	"  curtain webhook dead street-office --limit 20\n"
	"  curtain webhook replay street-office\n";

static const char bridge_ending[] =
	"  list                  each job: when it was done, when it is due\n"
	"  report NAME           what the last run did: faults by line, conflicts, counts (JSON)\n"
	"  run NAME              has a job done now; a day's figures are told once more as the same event\n"
	"Exit status: 0 done, 1 the gateway refuses, 2 wrong usage, or nobody answers (the gateway has no "
	"bridge.file).\n\n"
	"examples:\n"
	"  curtain bridge list\n"
	"  curtain bridge run pull.elders && curtain bridge report pull.elders\n";

/* ask asks the gateway; the arguments are subscriber or name, and what the options say. */
static enum err ask(struct webhook_command *command, const char *method, const char *member, const char *name,
	char **out_answer, struct errinfo *info)
{
	struct buf args;

	ask_begin(&args);
	if (name)
		json_member_text(&args, member, name);
	if (!strcmp(method, "webhook_deliveries") && command->sent)
		json_member_bool(&args, "sent", true);
	if (!strcmp(method, "webhook_deliveries") || !strcmp(method, "webhook_dead")) {
		json_member_int(&args, "after", command->after);
		json_member_int(&args, "limit", command->limit);
	}
	if (!strcmp(method, "webhook_replay") && command->number)
		json_member_int(&args, "number", command->number);
	if (!strcmp(method, "webhook_switch"))
		json_member_bool(&args, "on", !strcmp(command->operands[0], "on"));
	return ask_service(&command->connection, "gateway", method, &args, out_answer, &command->refused, info);
}

#define COLUMNS_MAX 10
#define HEADING_BYTES 48

/* headings writes each key's Chinese word before it. */
static void headings(const char *const *keys, unsigned count, char (*text)[HEADING_BYTES], const char **out)
{
	static const char *const words[][2] = {{"name", "名称"}, {"state", "状态"}, {"waiting", "待发"},
		{"sent", "已发"}, {"dead", "死信"}, {"lost", "未留"}, {"oldest", "最早"}, {"since", "自何时"},
		{"rest_until", "暂停至"}, {"reason", "原因"}, {"number", "序号"}, {"subscriber", "订阅者"},
		{"type", "类型"}, {"id", "事件"}, {"attempts", "次数"}, {"queued", "入队"}, {"due", "下次"},
		{"ended", "送达"}, {"died", "作废"}, {"done", "上次"}};

	for (unsigned k = 0; k < count; k++) {
		const char *zh = "";
		for (size_t w = 0; w < sizeof words / sizeof *words; w++)
			if (!strcmp(words[w][0], keys[k]))
				zh = words[w][1];
		snprintf(text[k], HEADING_BYTES, "%s%s%s", zh, *zh ? " " : "", keys[k]);
		out[k] = text[k];
	}
}

static enum err show_items(struct webhook_command *command, const char *answer, const char *const *keys, unsigned count,
	const char *none, struct errinfo *info)
{
	char text[COLUMNS_MAX][HEADING_BYTES];
	const char *shown[COLUMNS_MAX];
	struct buf out;
	headings(keys, count, text, shown);
	struct table *table = table_create(shown, count);
	enum err err = table ? ERR_OK : errinfo_set(info, ERR_NOMEM, "out of memory");

	buf_init(&out, OUTPUT_BYTES_MAX);
	if (!err)
		err = answers_items(answer, keys, table, command->json ? &out : NULL, info);
	if (!err && !command->json)
		err = !strcmp(answer, "{\"items\":[]}") ? buf_text(&out, none) : table_print(table, &out);
	if (!err && out.length)
		err = output_write(&out, err, info);
	buf_fini(&out);
	table_destroy(table);
	return err;
}

static enum err list(struct webhook_command *command, const char *method, const char *const *keys, unsigned count,
	const char *none, const char *name, struct errinfo *info)
{
	char *answer = NULL;
	enum err err = ask(command, method, "subscriber", name, &answer, info);

	if (!err)
		err = show_items(command, answer, keys, count, none, info);
	free(answer);
	return err;
}

static enum err change(
	struct webhook_command *command, const char *method, const char *member, const char *name, struct errinfo *info)
{
	char *answer = NULL;
	enum err err = ask(command, method, member, name, &answer, info);

	if (!err)
		err = output_line(answer, info);
	free(answer);
	return err;
}

static enum err run_webhook(struct webhook_command *command, struct errinfo *info)
{
	static const char *const subscriber_keys[] = {
		"name", "state", "waiting", "sent", "dead", "lost", "oldest", "since", "rest_until", "reason", NULL};
	static const char *const delivery_keys[] = {
		"number", "subscriber", "type", "id", "attempts", "queued", "due", "reason", NULL};
	static const char *const sent_keys[] = {
		"number", "subscriber", "type", "id", "attempts", "queued", "ended", NULL};
	static const char *const dead_keys[] = {
		"number", "subscriber", "type", "id", "attempts", "queued", "died", "reason", NULL};
	const char *verb = command->operands[0] ? command->operands[0] : "", *name = command->operands[1];

	if (!strcmp(verb, "list") && !name)
		return list(command, "webhooks", subscriber_keys, 10, "没有订阅者 (no subscribers)\n", NULL, info);
	if (!strcmp(verb, "deliveries") && command->sent)
		return list(
			command, "webhook_deliveries", sent_keys, 7, "没有已发送的 (nothing was sent)\n", name, info);
	if (!strcmp(verb, "deliveries"))
		return list(
			command, "webhook_deliveries", delivery_keys, 8, "没有待发送的 (nothing waits)\n", name, info);
	if (!strcmp(verb, "dead"))
		return list(command, "webhook_dead", dead_keys, 8, "没有死信 (no dead letters)\n", name, info);
	if (!strcmp(verb, "replay") && name)
		return change(command, "webhook_replay", "subscriber", name, info);
	if (!strcmp(verb, "test") && name)
		return change(command, "webhook_test", "subscriber", name, info);
	if ((!strcmp(verb, "on") || !strcmp(verb, "off")) && name)
		return change(command, "webhook_switch", "subscriber", name, info);
	return errinfo_set(info, ERR_INVALID,
		"say what: list, deliveries [NAME], dead [NAME], replay NAME, test NAME, on NAME or off NAME (curtain "
		"webhook --help)");
}

static enum err run_bridge(struct webhook_command *command, struct errinfo *info)
{
	static const char *const job_keys[] = {"name", "done", "due", NULL};
	const char *verb = command->operands[0] ? command->operands[0] : "", *name = command->operands[1];

	if (!strcmp(verb, "list") && !name)
		return list(command, "bridge", job_keys, 3, "没有任务 (no jobs)\n", NULL, info);
	if (!strcmp(verb, "report") && name)
		return change(command, "bridge", "name", name, info);
	if (!strcmp(verb, "run") && name)
		return change(command, "bridge_run", "name", name, info);
	return errinfo_set(info, ERR_INVALID, "say what: list, report NAME or run NAME (curtain bridge --help)");
}

static int finish(const struct webhook_command *command, const char *name, enum err err, const struct errinfo *info)
{
	return err ? options_fail(name, info) - (command->refused ? 1 : 0) : 0;
}

int cmd_webhook(int argc, char **argv)
{
	static struct webhook_command command = {.limit = 50};
	const struct option_row rows[] = {
		{"number", OPTION_INT, &command.number, 1, INT64_C(1) << 53, "N", "replay: this dead letter alone"},
		{"after", OPTION_INT, &command.after, 0, INT64_C(1) << 53, "N", "only those with a higher number (0)"},
		{"limit", OPTION_INT, &command.limit, 1, 500, "N", "at most so many (50)"},
		{"sent", OPTION_FLAG, &command.sent, 0, 0, NULL, "deliveries: those that were sent, the latest first"},
		{"json", OPTION_FLAG, &command.json, 0, 0, NULL, "print one JSON object a line"},
	};
	const struct options options = {"webhook",
		"Who outside is told of events, what became of it, and dead letters again.", OPTIONS_ROWS(rows),
		&command.connection, "WHAT...", command.operands, webhook_ending};
	struct errinfo info = {0};
	int status = options_parse(&options, argc, argv);

	return status >= 0 ? status : finish(&command, "webhook", run_webhook(&command, &info), &info);
}

int cmd_bridge(int argc, char **argv)
{
	static struct webhook_command command = {.limit = 50};
	const struct option_row rows[] = {
		{"json", OPTION_FLAG, &command.json, 0, 0, NULL, "list: print one JSON object a line"},
	};
	const struct options options = {"bridge", "The bridge to another platform: its jobs, their reports, a run now.",
		OPTIONS_ROWS(rows), &command.connection, "WHAT...", command.operands, bridge_ending};
	struct errinfo info = {0};
	int status = options_parse(&options, argc, argv);

	return status >= 0 ? status : finish(&command, "bridge", run_bridge(&command, &info), &info);
}
