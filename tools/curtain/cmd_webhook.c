/* SPDX-License-Identifier: MIT
 *
 * curtain webhook, curtain bridge: who outside is told what and what became of it; the bridge's jobs and reports.
 */
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "cmd.h"
#include "codec/json.h"
#include "hook_text.h"
#include "options.h"
#include "output.h"
#include "row.h"

struct webhook_command {
	const char *operands[OPTIONS_OPERANDS_MAX];
	const char *zone_name;
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
	"  report NAME           what the last run did: faults by line, conflicts, counts\n"
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

/* ---- lists ---- */

static const struct row_column subscriber_columns[] = {{"名称 name", "name", ROW_PLAIN, NULL},
	{"状态 state", "state", ROW_WORD, hook_states}, {">待发 waiting", "waiting", ROW_PLAIN, NULL},
	{">已发 sent", "sent", ROW_PLAIN, NULL}, {">死信 dead", "dead", ROW_PLAIN, NULL},
	{">未留 lost", "lost", ROW_PLAIN, NULL}, {"最早 oldest", "oldest", ROW_TIME, NULL},
	{"自何时 since", "since", ROW_TIME, NULL}, {"暂停至 rest_until", "rest_until", ROW_TIME, NULL},
	{"原因 reason", "reason", ROW_PLAIN, NULL}};

#define DELIVERY_COLUMNS                                                                                               \
	{">序号 number", "number", ROW_PLAIN, NULL}, {"订阅者 subscriber", "subscriber", ROW_PLAIN, NULL},             \
		{"类型 type", "type", ROW_PLAIN, NULL}, {"事件 id", "id", ROW_PLAIN, NULL},                            \
		{">次数 attempts", "attempts", ROW_PLAIN, NULL},                                                       \
	{                                                                                                              \
		"入队 queued", "queued", ROW_TIME, NULL                                                                \
	}

static const struct row_column waiting_columns[] = {
	DELIVERY_COLUMNS, {"下次 due", "due", ROW_TIME, NULL}, {"原因 reason", "reason", ROW_PLAIN, NULL}};
static const struct row_column sent_columns[] = {DELIVERY_COLUMNS, {"送达 ended", "ended", ROW_TIME, NULL}};
static const struct row_column dead_columns[] = {
	DELIVERY_COLUMNS, {"作废 died", "died", ROW_TIME, NULL}, {"原因 reason", "reason", ROW_PLAIN, NULL}};
static const struct row_column job_columns[] = {{"名称 name", "name", ROW_PLAIN, NULL},
	{"上次 done", "done", ROW_TIME, NULL}, {"下次 due", "due", ROW_TIME, NULL}};

static const struct row_form subscribers = {
	ROW_COLUMNS(subscriber_columns), "没有订阅者 (no subscribers: the gateway's bridge.file names them)\n"};
static const struct row_form waiting = {ROW_COLUMNS(waiting_columns), "没有待发送的 (nothing waits)\n"};
static const struct row_form sent = {ROW_COLUMNS(sent_columns), "没有已发送的 (nothing was sent)\n"};
static const struct row_form dead = {ROW_COLUMNS(dead_columns), "没有死信 (no dead letters)\n"};
static const struct row_form jobs = {
	ROW_COLUMNS(job_columns), "没有任务 (no jobs: the gateway's bridge.file names them)\n"};

static enum err list(struct webhook_command *command, const char *method, const struct row_form *form, const char *name,
	struct errinfo *info)
{
	struct zone *zone = NULL;
	char *answer = NULL;
	struct buf out;
	enum err err = output_zone(command->zone_name, &zone, info);

	buf_init(&out, OUTPUT_BYTES_MAX);
	if (!err)
		err = ask(command, method, "subscriber", name, &answer, info);
	if (!err)
		err = row_list(answer, form, zone, command->json, &out, info);
	if (!err && out.length)
		err = output_write(&out, ERR_OK, info);
	buf_fini(&out);
	free(answer);
	zone_destroy(zone);
	return err;
}

/* tell asks one question about a subscriber or a job and prints the answer, as it came or in words. */
static enum err tell(
	struct webhook_command *command, const char *method, const char *member, const char *name, struct errinfo *info)
{
	struct zone *zone = NULL;
	char *answer = NULL;
	struct buf out;
	enum err err = output_zone(command->zone_name, &zone, info);

	buf_init(&out, OUTPUT_BYTES_MAX);
	if (!err)
		err = ask(command, method, member, name, &answer, info);
	if (!err && !strcmp(answer, "{\"items\":[]}")) {
		command->refused = true;
		err = errinfo_set(info, ERR_NOT_FOUND, "there is no job \"%s\"; curtain bridge list names them", name);
	}
	if (!err && !command->json)
		err = hook_text(method, name, answer, zone, &out, info);
	if (!err)
		err = command->json ? output_line(answer, info) : output_write(&out, ERR_OK, info);
	buf_fini(&out);
	free(answer);
	zone_destroy(zone);
	return err;
}

static enum err run_webhook(struct webhook_command *command, struct errinfo *info)
{
	const char *verb = command->operands[0] ? command->operands[0] : "", *name = command->operands[1];

	if (!strcmp(verb, "list") && !name)
		return list(command, "webhooks", &subscribers, NULL, info);
	if (!strcmp(verb, "deliveries"))
		return list(command, "webhook_deliveries", command->sent ? &sent : &waiting, name, info);
	if (!strcmp(verb, "dead"))
		return list(command, "webhook_dead", &dead, name, info);
	if (!strcmp(verb, "replay") && name)
		return tell(command, "webhook_replay", "subscriber", name, info);
	if (!strcmp(verb, "test") && name)
		return tell(command, "webhook_test", "subscriber", name, info);
	if ((!strcmp(verb, "on") || !strcmp(verb, "off")) && name)
		return tell(command, "webhook_switch", "subscriber", name, info);
	return errinfo_set(info, ERR_INVALID,
		"say what: list, deliveries [NAME], dead [NAME], replay NAME, test NAME, on NAME or off NAME (curtain "
		"webhook --help)");
}

static enum err run_bridge(struct webhook_command *command, struct errinfo *info)
{
	const char *verb = command->operands[0] ? command->operands[0] : "", *name = command->operands[1];

	if (!strcmp(verb, "list") && !name)
		return list(command, "bridge", &jobs, NULL, info);
	if (!strcmp(verb, "report") && name)
		return tell(command, "bridge", "name", name, info);
	if (!strcmp(verb, "run") && name)
		return tell(command, "bridge_run", "name", name, info);
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
		OUTPUT_ZONE_ROW(&command.zone_name),
		{"json", OPTION_FLAG, &command.json, 0, 0, NULL,
			"print JSON: lists one object a line, else one document"},
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
		OUTPUT_ZONE_ROW(&command.zone_name),
		{"json", OPTION_FLAG, &command.json, 0, 0, NULL,
			"print JSON: list one object a line, else one document"},
	};
	const struct options options = {"bridge", "The bridge to another platform: its jobs, their reports, a run now.",
		OPTIONS_ROWS(rows), &command.connection, "WHAT...", command.operands, bridge_ending};
	struct errinfo info = {0};
	int status = options_parse(&options, argc, argv);

	return status >= 0 ? status : finish(&command, "bridge", run_bridge(&command, &info), &info);
}
