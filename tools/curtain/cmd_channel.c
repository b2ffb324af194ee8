/* SPDX-License-Identifier: MIT
 *
 * curtain channel: what would be sent over a channel, a trial of it, how all of them do, and what became of pages.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "base/text.h"
#include "cmd.h"
#include "codec/json.h"
#include "dispatcher/channel/channel_http.h"
#include "dispatcher/channel/channel_render.h"
#include "options.h"
#include "output.h"
#include "row.h"

#ifndef CURTAIN_SOURCE_CHANNELS
#define CURTAIN_SOURCE_CHANNELS ""
#endif
#define INSTALLED_FILE "/etc/curtain/channels.yaml"

static const char ending[] =
	"  check               reads the files and lists the channels\n"
	"  print NAME          what would be sent over a channel for a page that is made up; secrets show as "
	"SECRET-name\n"
	"  send NAME           sends that page there, marked as maintenance, and says what the answer means\n"
	"  list                each channel's state and counters, from the dispatcher\n"
	"  deliveries [ID]     what became of the pages of an incident, else of the latest ones\n"
	"The file: --file, else $CURTAIN_CHANNELS, else " INSTALLED_FILE
	"; presets: channels/ beside it, else those of the "
	"source.\n"
	"Exit status: 0 done, 1 the channel refuses or fails, 2 wrong usage, a fault in a file, or nobody answers.\n\n"
	"examples:\n"
	"  curtain channel print team-a-robot --file channels.yaml --level alarm\n"
	"  curtain channel send push --file channels.yaml --people people.yaml --to v-101\n"
	"  curtain channel deliveries i-0123456789abcdef\n";

struct channel_command {
	const char *operands[OPTIONS_OPERANDS_MAX];
	const char *file, *presets, *people_file, *user, *level, *kind, *language, *zone_name;
	int64_t count;
	bool withdrawn, json, refused;
	struct connection connection;
	struct channel_set set;
	struct channel_people people;
};

/* ---- files ---- */

static enum err load(struct channel_command *command, bool with_secrets, struct errinfo *info)
{
	const char *own = getenv("CURTAIN_CHANNELS");
	const char *file = command->file ? command->file : own && *own ? own : INSTALLED_FILE;
	char beside[600];
	struct channel_files files = {.file = file,
		.presets = command->presets ? command->presets : "",
		.webhook_url = "",
		.webhook_secret_file = "",
		.with_secrets = with_secrets};
	const char *slash = strrchr(file, '/');
	enum err err;

	snprintf(beside, sizeof beside, "%.*schannels", slash ? (int)(slash + 1 - file) : 0, file);
	if (!command->presets && access(beside, R_OK))
		files.presets = CURTAIN_SOURCE_CHANNELS;
	err = channel_set_load(&files, &command->set, info);
	if (!err)
		err = channel_people_load(
			command->people_file ? command->people_file : "", &command->set, &command->people, info);
	return err;
}

static enum err check(struct channel_command *command, struct errinfo *info)
{
	static const char *const headings[] = {"渠道 channel", "模板 preset", "对象 audience", "语言 language",
		">限速 rate", "后备 fall-back", "网址 url"};
	static const char *const audiences[] = {"个人 person", "群 group", "系统 system"};
	struct table *table = table_create(headings, 7);
	struct buf out;
	enum err err = table ? load(command, true, info) : errinfo_set(info, ERR_NOMEM, "out of memory");

	for (unsigned c = 0; c < command->set.count && !err; c++) {
		const struct channel_definition *d = &command->set.definitions[c];
		const struct channel_rule *rule = &command->set.rules[c];
		char rate[40] = "-", fallback[CHANNEL_ROUTE_MAX * WORD_BYTES] = "";
		if (rule->rate_count)
			snprintf(rate, sizeof rate, "%u/%llds", rule->rate_count,
				(long long)(rule->rate_window_ms / MS_PER_SECOND));
		for (unsigned i = 0; i < d->fallback_count; i++)
			snprintf(fallback + strlen(fallback), sizeof fallback - strlen(fallback), "%s%s", i ? " " : "",
				d->fallback[i]);
		table_cell(table, d->name);
		table_cell(table, *d->preset ? d->preset : "-");
		table_cell(table, audiences[d->audience]);
		table_cell(table, channel_language_name(d->language));
		table_cell(table, rate);
		table_cell(table, *fallback ? fallback : "-");
		table_cell(table, *d->url ? d->url : "-");
	}
	buf_init(&out, OUTPUT_BYTES_MAX);
	if (!err && command->set.count)
		err = table_print(table, &out);
	else if (!err)
		buf_text(&out, "没有渠道 (no channels)\n");
	if (!err)
		err = output_write(&out, err, info);
	buf_fini(&out);
	table_destroy(table);
	return err;
}

/* ---- a page that is made up ---- */

static enum err sample(const struct channel_command *command, const char *level, struct page *out, struct errinfo *info)
{
	struct page page = {
		.kind = ALERT_DEVICE, .at = wall_now(), .expires = WALL_NONE, .withdrawn = command->withdrawn};

	if (alert_level_find(level, &page.level))
		return errinfo_set(info, ERR_INVALID, "--level: must be life, alarm, attention or maintenance");
	const char *kind = command->kind ? command->kind : page.level == ALERT_MAINTENANCE ? "device" : "sos";
	bool notice = !page_role_find(kind, &page.role) && page.role >= PAGE_DUTY;
	if (!notice)
		page.role = PAGE_PRIMARY;
	if (!notice && alert_kind_find(kind, &page.kind))
		return errinfo_set(info, ERR_INVALID,
			"--kind: must be an alert's kind, like sos, fall, leak or silence, or duty, visit, task or "
			"service");
	text_cut(page.id, sizeof page.id, "p-trial");
	text_cut(page.incident, sizeof page.incident, "i-trial");
	text_cut(page.household, sizeof page.household, "h-trial");
	text_cut(page.user, sizeof page.user, command->user ? command->user : "v-trial");
	text_cut(page.reason_zh, sizeof page.reason_zh, "这是渠道测试，无需处理。");
	text_cut(page.reason_en, sizeof page.reason_en, "This is a trial of the channel, nothing is to be done.");
	*out = page;
	return ERR_OK;
}

/* A person who is not in the file is shown with an address of the kind that the channel takes, made up. */
static const struct channel_person *receiver(
	const struct channel_command *command, const struct channel_definition *d, struct channel_person *hold)
{
	const struct channel_person *person =
		command->user ? channel_people_find(&command->people, command->user) : NULL;

	if (person || command->user)
		return person;
	*hold = (struct channel_person){.address_count = 1};
	text_cut(hold->addresses[0].name, sizeof hold->addresses[0].name, d->address);
	text_cut(hold->addresses[0].value, sizeof hold->addresses[0].value,
		strcmp(d->address, "email") ? "10000000000" : "v-trial@example.org");
	return hold;
}

static enum err render(struct channel_command *command, const char *name, const char *level, unsigned *out_channel,
	struct channel_request *out, struct errinfo *info)
{
	unsigned c = channel_set_find(&command->set, name);
	const struct channel_definition *d = &command->set.definitions[c];
	struct channel_message message = {
		.channel = c, .count = (unsigned)command->count, .phone = "", .now = wall_now()};
	struct channel_person hold;
	struct zone *zone = NULL;
	struct page page;
	enum err err;

	if (c == command->set.count)
		return errinfo_set(info, ERR_NOT_FOUND, "there is no channel \"%s\" in the file", name);
	if (d->kind == CHANNEL_MQTT)
		return errinfo_set(
			info, ERR_INVALID, "\"%s\" is the volunteer's own topic; nothing is sent beside it", name);
	err = sample(command, level, &page, info);
	if (!err)
		err = output_zone(command->zone_name, &zone, info);
	if (err)
		return err;
	message.zone = zone;
	message.person = receiver(command, d, &hold);
	message.language = d->audience == CHANNEL_PERSON && message.person ? message.person->language : d->language;
	if (command->language)
		message.language = strcmp(command->language, "en") ? CHANNEL_ZH : CHANNEL_EN;
	for (unsigned i = 0; i < message.count; i++) {
		message.pages[i] = &page;
		if (d->audience == CHANNEL_PERSON) {
			message.links[i] = "https://gate.example/a/trial";
			message.declines[i] = "https://gate.example/a/trial-no";
		}
	}
	*out_channel = c;
	if (d->audience == CHANNEL_PERSON && !*channel_address(message.person, "", d->address))
		err = errinfo_set(info, ERR_NOT_FOUND, "%s has no address \"%s\" in --people", page.user, d->address);
	else
		err = channel_render(&command->set, &message, out, info);
	zone_destroy(zone);
	return err;
}

static enum err print(struct channel_command *command, const char *name, struct errinfo *info)
{
	struct channel_request request = {0};
	unsigned c = 0;
	struct buf out;
	enum err err = load(command, false, info);

	if (!err)
		err = render(command, name, command->level ? command->level : "life", &c, &request, info);
	buf_init(&out, OUTPUT_BYTES_MAX);
	if (!err) {
		const struct channel_definition *d = &command->set.definitions[c];
		buf_printf(&out, "%s %s\n%s\n%s%s", d->kind == CHANNEL_SMTP ? "SMTP" : d->method, request.url.data,
			request.headers.data ? request.headers.data : "", request.body.data ? request.body.data : "",
			d->kind == CHANNEL_SMTP ? "" : "\n");
		err = output_write(&out, ERR_OK, info);
	}
	buf_fini(&out);
	channel_request_fini(&request);
	return err;
}

/* exchange sends a request and waits for its answer, at most for the channel's own time-out. */
static bool exchange(struct web_client *http, struct web_answer *out)
{
	struct pollfd watched = {.fd = web_client_fd(http), .events = POLLIN};

	for (;;) {
		struct mono now = mono_now();
		web_client_run(http, now);
		if (web_client_next(http, out))
			return true;
		int64_t wait_us = web_client_due(http).us == INT64_MAX ? 100000 : web_client_due(http).us - now.us;
		if (poll(&watched, 1, wait_us < 0 ? 0 : wait_us > 100000 ? 100 : (int)(wait_us / 1000) + 1) < 0)
			return false;
	}
}

static enum err send_trial(struct channel_command *command, const char *name, bool *out_good, struct errinfo *info)
{
	static const char *const words[] = {"sent", "failed", "throttled", "refused"};
	struct channel_request request = {0};
	struct web_client *http = NULL;
	struct web_answer answer;
	char text[CHANNEL_RECEIPT_BYTES], line[300];
	unsigned c = 0;
	enum err err = load(command, true, info);

	if (!err)
		err = render(command, name, command->level ? command->level : "maintenance", &c, &request, info);
	if (!err)
		err = web_client_open(&http, info);
	if (!err && channel_http_start(http, 0, &command->set.definitions[c], &request))
		err = errinfo_set(info, ERR_IO, "libcurl takes no call");
	if (!err && exchange(http, &answer)) {
		enum channel_result result =
			channel_judge(&command->set, c, answer.status, answer.body, answer.length, answer.text, text);
		*out_good = result == CHANNEL_OK;
		snprintf(line, sizeof line, "%s: %s%s%s", name, words[result], *text ? ": " : "", text);
		err = output_line(line, info);
	}
	web_client_close(http);
	channel_request_fini(&request);
	return err;
}

/* ---- what the dispatcher knows ---- */

static const struct row_word states[] = {{"up", "正常"}, {"throttled", "限流中"}, {"down", "不通"}, {NULL, NULL}};
static const struct row_word ends[] = {
	{"sent", "已发出"}, {"given_up", "放弃"}, {"cancelled", "已取消"}, {"open", "待发"}, {NULL, NULL}};

static const struct row_column channel_columns[] = {{"渠道 name", "name", ROW_PLAIN, NULL},
	{"状态 state", "state", ROW_WORD, states}, {">待发 waiting", "waiting", ROW_PLAIN, NULL},
	{">已发 sent", "sent", ROW_PLAIN, NULL}, {">失败 failed", "failed", ROW_PLAIN, NULL},
	{">被限流 throttled", "throttled", ROW_PLAIN, NULL}, {">改走后备 moved", "moved", ROW_PLAIN, NULL},
	{">合并 merged", "merged", ROW_PLAIN, NULL}, {">放弃 given_up", "given_up", ROW_PLAIN, NULL},
	{"自何时 since", "since", ROW_TIME, NULL}, {"原因 cause", "cause", ROW_PLAIN, NULL}};
static const struct row_column delivery_columns[] = {{"呼叫 page", "page", ROW_PLAIN, NULL},
	{"事件 incident", "incident", ROW_PLAIN, NULL}, {"人员 user", "user", ROW_PLAIN, NULL},
	{"状态 state", "state", ROW_WORD, ends}, {"渠道 channel", "channel", ROW_PLAIN, NULL},
	{"回执 receipt", "receipt", ROW_PLAIN, NULL}, {"原因 cause", "cause", ROW_PLAIN, NULL},
	{"呼叫时间 raised", "raised", ROW_TIME, NULL}, {"结束 ended", "ended", ROW_TIME, NULL}};

static const struct row_form channels = {
	ROW_COLUMNS(channel_columns), "没有渠道 (no channels: the dispatcher's channels.file names them)\n"};
static const struct row_form deliveries = {
	ROW_COLUMNS(delivery_columns), "没有经渠道发出的呼叫 (no page went over a channel)\n"};

static enum err ask(struct channel_command *command, const char *method, const struct row_form *form,
	const char *incident, struct errinfo *info)
{
	struct zone *zone = NULL;
	char *answer = NULL;
	struct buf args, out;
	enum err err = output_zone(command->zone_name, &zone, info);

	buf_init(&out, OUTPUT_BYTES_MAX);
	if (!err) {
		ask_begin(&args);
		json_member_text_if(&args, "incident", incident);
		err = ask_service(&command->connection, "dispatcher", method, &args, &answer, &command->refused, info);
	}
	if (!err)
		err = row_list(answer, form, zone, command->json, &out, info);
	if (!err && out.length)
		err = output_write(&out, ERR_OK, info);
	free(answer);
	buf_fini(&out);
	zone_destroy(zone);
	return err;
}

static enum err run(struct channel_command *command, bool *out_good, struct errinfo *info)
{
	const char *verb = command->operands[0], *name = command->operands[1];

	if (verb && !strcmp(verb, "check") && !name)
		return check(command, info);
	if (verb && !strcmp(verb, "print") && name)
		return print(command, name, info);
	if (verb && !strcmp(verb, "send") && name)
		return send_trial(command, name, out_good, info);
	if (verb && !strcmp(verb, "list") && !name)
		return ask(command, "channels", &channels, "", info);
	if (verb && !strcmp(verb, "deliveries"))
		return ask(command, "deliveries", &deliveries, name ? name : "", info);
	return errinfo_set(info, ERR_INVALID,
		"say what: check, print NAME, send NAME, list or deliveries [INCIDENT] (curtain channel --help)");
}

int cmd_channel(int argc, char **argv)
{
	static struct channel_command command = {.count = 1};
	const struct option_row rows[] = {
		{"file", OPTION_TEXT, &command.file, 0, 0, "FILE", "the channels (CURTAIN_CHANNELS)"},
		{"presets", OPTION_TEXT, &command.presets, 0, 0, "FOLDER", "the presets that it names"},
		{"people", OPTION_TEXT, &command.people_file, 0, 0, "FILE", "how volunteers wish to be reached"},
		{"to", OPTION_TEXT, &command.user, 0, 0, "ACCOUNT", "the volunteer, with the addresses in --people"},
		{"level", OPTION_TEXT, &command.level, 0, 0, "LEVEL", "of the page (print: life; send: maintenance)"},
		{"kind", OPTION_TEXT, &command.kind, 0, 0, "KIND", "of the page (sos)"},
		{"language", OPTION_TEXT, &command.language, 0, 0, "zh|en", "other than the receiver's"},
		{"count", OPTION_INT, &command.count, 1, CHANNEL_MERGE_MAX, "N", "pages in the message (1)"},
		{"withdrawn", OPTION_FLAG, &command.withdrawn, 0, 0, NULL, "the page says that nobody needs to go"},
		OUTPUT_ZONE_ROW(&command.zone_name),
		{"json", OPTION_FLAG, &command.json, 0, 0, NULL, "list, deliveries: one JSON object a line"},
	};
	const struct options options = {"channel",
		"Tries a channel to people without paging anyone; tells how channels do.", OPTIONS_ROWS(rows),
		&command.connection, "WHAT...", command.operands, ending};
	struct errinfo info = {0};
	bool good = true;
	int status = options_parse(&options, argc, argv);

	if (status >= 0)
		return status;
	if (run(&command, &good, &info))
		status = options_fail("channel", &info) - command.refused;
	else
		status = good ? 0 : 1;
	channel_people_fini(&command.people);
	channel_set_fini(&command.set);
	return status;
}
