/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "answers.h"
#include "client.h"
#include "cmd.h"
#include "codec/json.h"
#include "output.h"

#define PAGE_LETTERS 200 /* that ingest gives at once */

struct letters_command {
	int64_t after, limit;
	bool replay, json;
	struct connection connection;
	struct client *client;
};

static const char ending[] =
	"A payload that no profile understands, or of a device that nobody knows, is kept by ingest with its reason. "
	"Mend the\n"
	"profile (SIGHUP) or the registry, then --replay: what passes becomes readings and leaves the store.\n"
	"With --json one JSON object a line: {id, at, reason, profile, topic, payload}; with --replay one document:\n"
	"{passed, refused}. Exit status: 0 done, 1 ingest refuses, or some letters are refused again, 2 nobody "
	"answers.\n\n"
	"examples:\n"
	"  curtain dead-letters --limit 20\n"
	"  curtain dead-letters --json | jq -r .reason | sort | uniq -c\n"
	"  curtain dead-letters --replay\n";

/* ask sends {"after": N, "limit": N} (limit 0 = none). */
static enum err ask(struct letters_command *command, const char *method, int64_t after, int64_t limit,
	char **out_answer, struct errinfo *info)
{
	struct buf args;
	enum err err;

	buf_init(&args, REQUEST_BYTES_MAX);
	json_open(&args, '{');
	json_member_int(&args, "after", after);
	if (limit)
		json_member_int(&args, "limit", limit);
	json_close(&args, '}');
	err = client_request(command->client, "ingest", method, &args, out_answer, info);
	buf_fini(&args);
	return err;
}

static enum err show_page(struct letters_command *command, const char *answer, struct table *table,
	struct letters_page *page, struct errinfo *info)
{
	struct buf lines;
	enum err err;

	buf_init(&lines, OUTPUT_BYTES_MAX);
	err = answers_letters(answer, wall_now(), table, command->json ? &lines : NULL, page, info);
	if (!err && command->json && lines.length)
		err = output_write(&lines, ERR_OK, info);
	buf_fini(&lines);
	return err;
}

static enum err show_end(const struct letters_command *command, const struct table *table, int64_t shown,
	const struct letters_page *page, struct errinfo *info)
{
	struct buf out;
	enum err err = ERR_OK;

	if (command->json)
		return ERR_OK;
	buf_init(&out, OUTPUT_BYTES_MAX);
	if (shown)
		err = table_print(table, &out);
	if (!page->count)
		buf_text(&out, "没有死信 (no dead letters)\n");
	else if (page->items && shown < page->count)
		buf_printf(&out, "共 %" PRId64 " 条，显示 %" PRId64 " 条，后面的 (more): --after %" PRId64 "\n",
			page->count, shown, page->last);
	else
		buf_printf(&out, "共 %" PRId64 " 条，显示 %" PRId64 " 条 (letters, shown)\n", page->count, shown);
	err = output_write(&out, err, info);
	buf_fini(&out);
	return err;
}

static enum err list(struct letters_command *command, struct errinfo *info)
{
	static const char *const headings[] = {
		">序号 id", ">已有 age", "原因 reason", "规约 profile", "主题 topic", "内容 payload"};
	struct table *table = table_create(headings, 6);
	struct letters_page page = {.last = command->after, .items = 1};
	int64_t shown = 0;
	enum err err = table ? ERR_OK : errinfo_set(info, ERR_NOMEM, "out of memory");

	while (!err && page.items && shown < command->limit) {
		int64_t left = command->limit - shown;
		char *answer = NULL;
		err = ask(command, "dead_letters", page.last, left < PAGE_LETTERS ? left : PAGE_LETTERS, &answer, info);
		if (!err)
			err = show_page(command, answer, table, &page, info);
		if (!err)
			shown += page.items;
		free(answer);
	}
	if (!err)
		err = show_end(command, table, shown, &page, info);
	table_destroy(table);
	return err;
}

/* replay asks until there is no more: ingest replays a bounded number in one turn. */
static enum err replay(struct letters_command *command, bool *out_clean, struct errinfo *info)
{
	struct replay_result part = {.after = command->after, .more = true};
	int64_t passed = 0, refused = 0;
	char text[160];
	enum err err = ERR_OK;

	while (!err && part.more) {
		char *answer = NULL;
		int64_t before = part.after;
		err = ask(command, "replay", part.after, 0, &answer, info);
		if (!err)
			err = answers_replay(answer, &part, info);
		free(answer);
		if (!err && part.more && part.after <= before)
			err = errinfo_set(info, ERR_CORRUPT,
				"ingest does not get on with the replay: it stays at %" PRId64, before);
		if (!err) {
			passed += part.passed;
			refused += part.refused;
		}
	}
	*out_clean = !refused;
	snprintf(text, sizeof text,
		command->json ? "{\"passed\":%" PRId64 ",\"refused\":%" PRId64 "}"
			      : "重放 (replayed)：通过 passed %" PRId64 "，仍拒收 refused again %" PRId64,
		passed, refused);
	if (!err || passed || refused) {
		enum err written = output_line(text, info);
		err = err ? err : written;
	}
	return err;
}

int cmd_dead_letters(int argc, char **argv)
{
	static struct letters_command command = {.limit = 50};
	const struct option_row rows[] = {
		{"limit", OPTION_INT, &command.limit, 1, 1000000, "N", "at most so many (50)"},
		{"after", OPTION_INT, &command.after, 0, INT64_C(1) << 53, "ID", "only those with a higher id (0)"},
		{"replay", OPTION_FLAG, &command.replay, 0, 0, NULL, "map each once more; what passes is deleted"},
		{"json", OPTION_FLAG, &command.json, 0, 0, NULL, "print one JSON object a line"},
	};
	const struct options options = {"dead-letters",
		"Lists what ingest refused, oldest first, or replays it after a profile or the registry was mended.",
		OPTIONS_ROWS(rows), &command.connection, NULL, NULL, ending};
	struct errinfo info = {0};
	bool clean = true;
	int status = options_parse(&options, argc, argv);

	if (status >= 0)
		return status;
	enum err err = client_open(&command.connection, 0, &command.client, &info);
	if (!err)
		err = command.replay ? replay(&command, &clean, &info) : list(&command, &info);
	if (err)
		status = options_fail("dead-letters", &info) - (command.client && client_refused(command.client));
	else
		status = clean ? 0 : 1;
	client_close(command.client);
	return status;
}
