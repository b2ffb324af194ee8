/* SPDX-License-Identifier: MIT
 *
 * channel_rig: a folder with a file of channels and one of people for each test, over all presets that are shipped. All
 * of it asserts (cmocka). In the header, since each program of tests has its own.
 */
#ifndef CURTAIN_DISPATCHER_CHANNEL_RIG_H
#define CURTAIN_DISPATCHER_CHANNEL_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "dispatcher/channel/channel_render.h"

#define PRESETS "deploy/config/channels"

/* What must never stand before a group or a program: a full name, an address, a telephone number, a link. */
#define NAME "示例姓名"
#define STREET "示例路1弄2号"
#define PHONE "19900000000"
#define LINK "https://gate.example/a/token"

static char folder[] = "/tmp/curtain-render-XXXXXX";
static struct zone *zone;
static struct channel_set set;
static struct channel_people people;

static const char all_presets[] = "channels:\n"
				  "  - {name: dingtalk, preset: dingtalk, secrets: {token: s, sign: s}}\n"
				  "  - {name: wecom, preset: wecom, secrets: {key: s}}\n"
				  "  - {name: feishu, preset: feishu, secrets: {sign: s}}\n"
				  "  - {name: ntfy, preset: ntfy, secrets: {token: s}}\n"
				  "  - {name: bark, preset: bark}\n"
				  "  - {name: sms, preset: aliyun-sms, secrets: {key_id: s, key: s}}\n"
				  "  - {name: voice, preset: aliyun-voice, secrets: {key_id: s, key: s}}\n"
				  "  - {name: hook, preset: webhook, secrets: {sign: s}}\n"
				  "  - {name: email, preset: email, vars: {user: u}, secrets: {password: s}}\n"
				  "  - {name: app, preset: mqtt}\n"
				  "order: [app, ntfy, sms]\n";

static inline void path_of(const char *name, char out[128])
{
	snprintf(out, 128, "%s/%s", folder, name);
}

static inline void put_file(const char *name, const char *text)
{
	char path[128];

	path_of(name, path);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
}

static inline enum err load(const char *text, bool with_secrets, struct errinfo *info)
{
	char path[128];

	put_file("c.yaml", text);
	path_of("c.yaml", path);
	struct channel_files files = {.file = path,
		.presets = PRESETS,
		.webhook_url = "",
		.webhook_secret_file = "",
		.with_secrets = with_secrets};
	return channel_set_load(&files, &set, info);
}

static inline int set_up(void **state)
{
	(void)state;
	memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
	assert_non_null(mkdtemp(folder));
	put_file("s", "SECsecret\n");
	if (!zone)
		assert_int_equal(zone_load("Asia/Shanghai", &zone, NULL), ERR_OK);
	return 0;
}

static inline int tear_down(void **state)
{
	static const char *const names[] = {"c.yaml", "p.yaml", "s"};
	char path[128];

	(void)state;
	channel_set_fini(&set);
	channel_people_fini(&people);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		path_of(names[i], path);
		unlink(path);
	}
	return rmdir(folder);
}

static inline struct page sample_page(void)
{
	struct page page = {.role = PAGE_PRIMARY,
		.kind = ALERT_SOS,
		.level = ALERT_LIFE,
		.at = {1772400000000},
		.expires = {1772400060000}};

	text_cut(page.id, sizeof page.id, "p-1");
	text_cut(page.incident, sizeof page.incident, "i-1");
	text_cut(page.user, sizeof page.user, "v-1");
	text_cut(page.household, sizeof page.household, "h-1");
	text_cut(page.reason_zh, sizeof page.reason_zh, NAME "（" STREET "，" PHONE "）按下了呼救键。");
	text_cut(page.reason_en, sizeof page.reason_en, NAME " of " STREET " pressed the call button.");
	return page;
}

static inline struct channel_message message_of(unsigned channel, const struct page *page)
{
	struct channel_message message = {.channel = channel,
		.count = 1,
		.pages = {page},
		.links = {LINK},
		.declines = {LINK "-no"},
		.language = set.definitions[channel].language,
		.person = channel_people_find(&people, "v-1"),
		.phone = PHONE,
		.zone = zone,
		.now = {1772400000123}};

	return message;
}

static inline void load_all(void)
{
	struct errinfo info = {0};
	char path[128];

	if (load(all_presets, true, &info))
		fail_msg("%s:%d:%d: %s", info.file, info.line, info.column, info.text);
	put_file("p.yaml",
		"people:\n  v-1: {order: [bark, email], language: en, at: {ntfy: topic-1, bark: key-1, email: "
		"v1@example.org}}\n");
	path_of("p.yaml", path);
	assert_int_equal(channel_people_load(path, &set, &people, &info), ERR_OK);
}

static inline bool holds(const struct channel_request *request, const char *text)
{
	return (request->url.data && strstr(request->url.data, text)) ||
	       (request->headers.data && strstr(request->headers.data, text)) ||
	       (request->body.data && strstr(request->body.data, text));
}

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
