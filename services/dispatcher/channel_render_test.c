/* SPDX-License-Identifier: MIT
 *
 * Files, texts, requests and answers of channels, over all presets that are shipped. Vendors' signatures are held
 * against values computed by another program.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "dispatcher/channel_mail.h"
#include "dispatcher/channel_render.h"

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

static void path_of(const char *name, char out[128])
{
	snprintf(out, 128, "%s/%s", folder, name);
}

static void put_file(const char *name, const char *text)
{
	char path[128];

	path_of(name, path);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
}

static enum err load(const char *text, bool with_secrets, struct errinfo *info)
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

static int set_up(void **state)
{
	(void)state;
	memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
	assert_non_null(mkdtemp(folder));
	put_file("s", "SECsecret\n");
	if (!zone)
		assert_int_equal(zone_load("Asia/Shanghai", &zone, NULL), ERR_OK);
	return 0;
}

static int tear_down(void **state)
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

static struct page sample_page(void)
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

static struct channel_message message_of(unsigned channel, const struct page *page)
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

static void load_all(void)
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

static void render(const char *name, struct channel_request *out)
{
	static struct page page;
	struct errinfo info = {0};
	struct channel_message message;

	page = sample_page();
	message = message_of(channel_set_find(&set, name), &page);
	if (channel_render(&set, &message, out, &info))
		fail_msg("%s", info.text);
}

static bool holds(const struct channel_request *request, const char *text)
{
	return (request->url.data && strstr(request->url.data, text)) ||
	       (request->headers.data && strstr(request->headers.data, text)) ||
	       (request->body.data && strstr(request->body.data, text));
}

static void no_preset_tells_a_group_or_a_program_who_it_is(void **state)
{
	static const char *const private[] = {NAME, STREET, PHONE, LINK, "topic-1", "key-1", "v1@example.org"};
	struct channel_request request;
	struct page page = sample_page(), others[2] = {sample_page(), sample_page()};
	unsigned looked_at = 0;

	(void)state;
	load_all();
	others[1].withdrawn = true;
	for (unsigned c = 0; c < set.count; c++) {
		if (set.definitions[c].audience == CHANNEL_PERSON)
			continue;
		for (int withdrawn = 0; withdrawn < 2; withdrawn++) {
			for (int language = 0; language < CHANNEL_LANGUAGE_COUNT; language++) {
				struct channel_message message = message_of(c, &page);
				page.withdrawn = withdrawn;
				message.count = 2;
				message.pages[1] = &others[withdrawn];
				message.language = (enum channel_language)language;
				assert_int_equal(channel_render(&set, &message, &request, NULL), ERR_OK);
				for (size_t i = 0; i < sizeof private / sizeof *private; i++)
					assert_false(holds(&request, private[i]));
				assert_true(holds(&request, "i-1"));
				channel_request_fini(&request);
			}
		}
		looked_at++;
	}
	assert_int_equal(looked_at, 4); /* DingTalk, WeCom, Feishu, webhook */
}

static void page_object_for_a_group_has_no_private_member(void **state)
{
	struct page page = sample_page();
	struct channel_message message;
	struct buf group, person;

	(void)state;
	load_all();
	buf_init(&group, 16384);
	buf_init(&person, 16384);
	message = message_of(channel_set_find(&set, "dingtalk"), &page);
	assert_int_equal(channel_object(&set, &message, &group), ERR_OK);
	assert_null(strstr(group.data, "reason"));
	assert_null(strstr(group.data, "link"));
	assert_null(strstr(group.data, PHONE));
	message = message_of(channel_set_find(&set, "ntfy"), &page);
	assert_int_equal(channel_object(&set, &message, &person), ERR_OK);
	assert_non_null(strstr(person.data, "\"reason\":\"" NAME));
	assert_non_null(strstr(person.data, "\"link\":\"" LINK "\""));
	assert_non_null(strstr(person.data, "\"phone\":\"" PHONE "\""));
	buf_fini(&group);
	buf_fini(&person);
}

static void a_notice_about_duties_is_told_to_the_group_without_a_link(void **state)
{
	struct page page = sample_page();
	struct channel_request request;
	struct channel_message message;

	(void)state;
	load_all();
	page.role = PAGE_DUTY;
	text_cut(page.reason_zh, sizeof page.reason_zh, "今日值班：12-07 19:00 night v-1；缺人：12-08 07:00 day；");
	message = message_of(channel_set_find(&set, "dingtalk"), &page);
	assert_int_equal(channel_render(&set, &message, &request, NULL), ERR_OK);
	assert_true(holds(&request, "值班通知") && holds(&request, "缺人：12-08 07:00 day"));
	assert_false(holds(&request, LINK) || holds(&request, PHONE));
	channel_request_fini(&request);
}

static void a_visit_is_told_to_its_person_and_by_ids_alone_to_a_group(void **state)
{
	struct page page = sample_page(), other = sample_page();
	struct channel_request request;
	struct channel_message message;

	(void)state;
	load_all();
	page.role = other.role = PAGE_VISIT;
	page.level = other.level = ALERT_ATTENTION;
	message = message_of(channel_set_find(&set, "dingtalk"), &page);
	assert_int_equal(channel_render(&set, &message, &request, NULL), ERR_OK);
	assert_true(holds(&request, "【关注】探访") && holds(&request, "住户 h-1，事件 i-1"));
	assert_false(holds(&request, NAME) || holds(&request, LINK) || holds(&request, PHONE));
	channel_request_fini(&request);
	message = message_of(channel_set_find(&set, "ntfy"), &page);
	message.count = 2; /* merged: each keeps its own link */
	message.pages[1] = &other;
	message.links[1] = LINK "2";
	message.declines[0] = LINK "3";
	message.language = CHANNEL_ZH;
	assert_int_equal(channel_render(&set, &message, &request, NULL), ERR_OK);
	assert_true(holds(&request, "【关注】探访，另有 1 条") && holds(&request, NAME));
	assert_true(holds(&request, "\"" LINK "\"") && holds(&request, "\"" LINK "2\""));
	assert_true(holds(&request, "\\n同意 " LINK "\\n谢绝 " LINK "3\\n"));
	channel_request_fini(&request);
	message.count = 1;
	assert_int_equal(channel_render(&set, &message, &request, NULL), ERR_OK);
	assert_true(holds(&request, "谢绝") && holds(&request, "\"" LINK "3\""));
	assert_false(holds(&request, "\\n谢绝 ")); /* buttons are enough */
	channel_request_fini(&request);
}

static void links_of_many_pages_stay_within_what_the_vendor_takes(void **state)
{
	static const char *const names[] = {"ntfy", "bark"};
	static char link[350];
	struct page page = sample_page();
	struct channel_request request;
	struct channel_message message;

	(void)state;
	load_all();
	memset(link, 'l', sizeof link - 1);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		message = message_of(channel_set_find(&set, names[i]), &page);
		message.count = CHANNEL_MERGE_MAX;
		message.language = CHANNEL_ZH;
		for (unsigned n = 0; n < CHANNEL_MERGE_MAX; n++) {
			message.pages[n] = &page;
			message.links[n] = message.declines[n] = link;
		}
		assert_int_equal(channel_render(&set, &message, &request, NULL), ERR_OK);
		assert_true(holds(&request, "接单 lll"));
		/* ntfy counts the text alone, Apple all */
		assert_true(request.body.length <= (i ? 4096 : 4096 + 3 * sizeof link + 700));
		channel_request_fini(&request);
	}
}

static void a_channel_takes_what_its_file_says(void **state)
{
	static const struct {
		const char *name;
		uint32_t about;
	} cases[] = {{"dingtalk", CHANNEL_ALERTS | 1u << ALERT_KIND_COUNT}, {"hook", CHANNEL_ALERTS},
		{"ntfy", (1u << CHANNEL_KIND_COUNT) - 1}, {"voice", CHANNEL_ALERTS}};

	(void)state;
	load_all();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(set.definitions[channel_set_find(&set, cases[i].name)].about, cases[i].about);
	channel_set_fini(&set);
	assert_int_equal(load("channels:\n  - {name: a, preset: bark, about: [fall, visit]}\n", true, NULL), ERR_OK);
	assert_int_equal(set.definitions[0].about, 1u << ALERT_FALL | 1u << (ALERT_KIND_COUNT + 1));
}

static void short_messages_and_calls_carry_no_reason_through_the_vendor(void **state)
{
	struct channel_request request;

	(void)state;
	load_all();
	render("sms", &request);
	assert_false(holds(&request, "%E7%A4%BA%E4%BE%8B")); /* the name, percent-encoded */
	assert_true(holds(&request, "PhoneNumbers=" PHONE));
	channel_request_fini(&request);
	render("voice", &request);
	assert_false(holds(&request, "%E7%A4%BA%E4%BE%8B"));
	channel_request_fini(&request);
}

/* The expected signatures: python3 -c 'import hmac, hashlib, base64; ...' over the same fixed time and secret. */
static void signatures_are_those_of_the_vendors(void **state)
{
	struct channel_request request;

	(void)state;
	load_all();
	render("dingtalk", &request);
	assert_string_equal(request.url.data,
		"https://oapi.dingtalk.com/robot/send?access_token=SECsecret&sign="
		"3s4jg87PywKE%2FD35I7Q6FtYswoEmliJb8G1uzk7Cz8o%3D&timestamp=1772400000123");
	channel_request_fini(&request);
	render("feishu", &request);
	assert_non_null(strstr(request.body.data, "\"timestamp\":\"1772400000\""));
	assert_non_null(strstr(request.body.data, "\"sign\":\"TGPqXOaAd6UtJ7DfhiX7ymgXrbtqDuh1pexh57Vfd3E=\""));
	channel_request_fini(&request);
	render("hook", &request);
	assert_non_null(
		strstr(request.headers.data, "webhook-id: p-1\nwebhook-timestamp: 1772400000\nwebhook-signature: "
					     "v1,xEne6e6ovAQNGQUsZViGySIaq4NZuo4IzOAiLQ0uSYo=\n"));
	channel_request_fini(&request);
	render("sms", &request);
	assert_non_null(
		strstr(request.body.data, "&Signature=kVNA%2BEsd4Gsy83ecq8OA5scVDdM%3D&SignatureMethod=HMAC-SHA1&"));
	channel_request_fini(&request);
}

static void bodies_are_what_the_vendors_take(void **state)
{
	struct channel_request request;

	(void)state;
	load_all();
	render("dingtalk", &request);
	assert_string_equal(request.body.data,
		"{\"msgtype\":\"text\",\"text\":{\"content\":\"【生命危险】呼救\\n05:20 呼救。住户 h-1，事件 i-1，请 "
		"v-1（首位值班）处理。\"},\"at\":{\"atMobiles\":[],\"isAtAll\":false}}");
	channel_request_fini(&request);
	render("ntfy", &request);
	assert_non_null(strstr(request.body.data, "\"topic\":\"topic-1\""));
	assert_non_null(strstr(request.body.data, "\"priority\":5"));
	assert_non_null(strstr(request.body.data, "\"url\":\"" LINK "\""));
	assert_non_null(strstr(request.headers.data, "Authorization: Bearer SECsecret\n"));
	channel_request_fini(&request);
	render("bark", &request);
	assert_non_null(strstr(request.body.data, "\"level\":\"critical\""));
	assert_non_null(strstr(request.body.data, "\"call\":\"1\""));
	channel_request_fini(&request);
	render("email", &request);
	assert_string_equal(request.to, "v1@example.org");
	assert_non_null(strstr(request.body.data, "Message-ID: <p-1@example.org>\r\n"));
	channel_request_fini(&request);
	render("hook", &request);
	assert_string_equal(request.body.data,
		"{\"type\":\"page.sent\",\"timestamp\":\"2026-03-01T21:20:00.000Z\",\"data\":{\"id\":\"p-1\","
		"\"incident\":\"i-1\",\"user\":\"v-1\",\"household\":\"h-1\",\"role\":\"primary\",\"kind\":\"sos\","
		"\"level\":\"life\",\"expires\":\"2026-03-01T21:21:00.000Z\"}}");
	channel_request_fini(&request);
}

static void ten_pages_of_the_longest_texts_fit_wecom(void **state)
{
	struct page page = sample_page();
	struct channel_message message;
	struct channel_request request;

	(void)state;
	load_all();
	memset(page.household, 'h', 63);
	memset(page.incident, 'i', 63);
	message = message_of(channel_set_find(&set, "wecom"), &page);
	message.count = CHANNEL_MERGE_MAX;
	for (unsigned i = 0; i < CHANNEL_MERGE_MAX; i++)
		message.pages[i] = &page;
	assert_int_equal(channel_render(&set, &message, &request, NULL), ERR_OK);
	assert_true(request.body.length > 1000 && request.body.length < 2300); /* 2,048 of them are the text */
	channel_request_fini(&request);
}

static void merged_message_has_an_id_of_its_own(void **state)
{
	struct page a = sample_page(), b = sample_page();
	struct channel_message message;
	char first[CHANNEL_ID_BYTES], second[CHANNEL_ID_BYTES];

	(void)state;
	load_all();
	text_cut(b.id, sizeof b.id, "p-2");
	message = message_of(0, &a);
	message.count = 2;
	message.pages[1] = &b;
	channel_message_id(&message, first);
	channel_message_id(&message, second);
	assert_string_equal(first, second);
	message.pages[1] = &a;
	channel_message_id(&message, second);
	assert_string_not_equal(first, second);
	message.count = 1;
	a.withdrawn = true;
	channel_message_id(&message, second);
	assert_string_equal(second, "p-1.withdrawn");
}

/* ---- answers ---- */

static void judge(const char *name, long status, const char *body, enum channel_result expected, const char *text)
{
	char out[CHANNEL_RECEIPT_BYTES];
	enum channel_result result =
		channel_judge(&set, channel_set_find(&set, name), status, body, strlen(body), "timed out", out);

	if (result != expected || strcmp(out, text) != 0)
		fail_msg("%s %ld %s: %d \"%s\", not %d \"%s\"", name, status, body, result, out, expected, text);
}

static void answers_are_judged_on_their_bodies(void **state)
{
	(void)state;
	load_all();
	judge("dingtalk", 200, "{\"errcode\":0,\"errmsg\":\"ok\"}", CHANNEL_OK, "");
	judge("dingtalk", 200, "{\"errcode\":130101,\"errmsg\":\"send too fast\"}", CHANNEL_TOO_MUCH,
		"status 200: errcode 130101");
	judge("dingtalk", 200, "{\"errcode\":310000,\"errmsg\":\"sign not match\"}", CHANNEL_REFUSED,
		"status 200: errcode 310000");
	judge("dingtalk", 200, "{\"errcode\":-1}", CHANNEL_FAILED, "status 200: errcode -1");
	judge("dingtalk", 200, "<html>", CHANNEL_FAILED, "status 200");
	judge("dingtalk", 200, "", CHANNEL_FAILED, "status 200");
	judge("dingtalk", 500, "{\"errcode\":0}", CHANNEL_FAILED, "status 500: errcode 0");
	judge("dingtalk", 0, "", CHANNEL_FAILED, "timed out");
	judge("wecom", 200, "{\"errcode\":45009}", CHANNEL_TOO_MUCH, "status 200: errcode 45009");
	judge("wecom", 200, "{\"errcode\":93000}", CHANNEL_REFUSED, "status 200: errcode 93000");
	judge("feishu", 200, "{\"code\":0}", CHANNEL_OK, "");
	judge("feishu", 200, "{\"StatusCode\":0}", CHANNEL_OK, "");
	judge("feishu", 200, "{\"code\":9499}", CHANNEL_TOO_MUCH, "status 200: code 9499");
	judge("feishu", 200, "{\"code\":19021}", CHANNEL_REFUSED, "status 200: code 19021");
	judge("ntfy", 200, "{\"id\":\"n1\"}", CHANNEL_OK, "n1");
	judge("ntfy", 429, "{\"code\":42901}", CHANNEL_TOO_MUCH, "status 429: code 42901");
	judge("ntfy", 403, "{\"code\":40301}", CHANNEL_REFUSED, "status 403: code 40301");
	judge("bark", 200, "{\"code\":200}", CHANNEL_OK, "");
	judge("bark", 400, "{\"code\":400}", CHANNEL_REFUSED, "status 400: code 400");
	judge("sms", 200, "{\"Code\":\"OK\",\"BizId\":\"b-1\"}", CHANNEL_OK, "b-1");
	judge("sms", 200, "{\"Code\":\"isv.BUSINESS_LIMIT_CONTROL\"}", CHANNEL_TOO_MUCH,
		"status 200: isv.BUSINESS_LIMIT_CONTROL");
	judge("sms", 400, "{\"Code\":\"SignatureDoesNotMatch\"}", CHANNEL_REFUSED, "status 400: SignatureDoesNotMatch");
	judge("voice", 200, "{\"Code\":\"OK\",\"CallId\":\"c-1\"}", CHANNEL_OK, "c-1");
	judge("hook", 204, "", CHANNEL_OK, "");
	judge("hook", 410, "", CHANNEL_REFUSED, "status 410");
	judge("hook", 404, "", CHANNEL_FAILED, "status 404");
	judge("hook", 429, "", CHANNEL_TOO_MUCH, "status 429");
	judge("hook", 302, "", CHANNEL_FAILED, "status 302");
	judge("email", 250, "", CHANNEL_OK, "");
	judge("email", 550, "", CHANNEL_REFUSED, "status 550");
	judge("email", 451, "", CHANNEL_FAILED, "status 451");
}

/* ---- files ---- */

static void refuse(const char *text, const char *words)
{
	struct errinfo info = {0};
	char told[600];

	assert_int_not_equal(load(text, true, &info), ERR_OK);
	errinfo_print(&info, told, sizeof told);
	if (!strstr(told, words))
		fail_msg("\"%s\" lacks \"%s\"", told, words);
}

static void fault_in_a_file_has_its_place_and_its_mend(void **state)
{
	(void)state;
	refuse("channels: x\n", "c.yaml:1:11: channels: a list");
	refuse("channel: []\n", "c.yaml:1:1: unknown key \"channel\" of the channels; did you mean \"channels\"?");
	refuse("channels:\n  - {preset: bark}\n", "c.yaml:2:5: name is missing");
	refuse("channels:\n  - {name: a, preset: brak}\n", "c.yaml:2:23: preset: there is no " PRESETS "/brak.yaml");
	refuse("channels:\n  - {name: a, preset: ../x}\n", "c.yaml:2:23: preset: \"../x\" must be the name");
	refuse("channels:\n  - {name: a, preset: bark}\n  - {name: a, preset: bark}\n",
		"c.yaml:3:5: name: another channel");
	refuse("channels:\n  - {name: a, preset: bark, timout: 3s}\n", "did you mean \"timeout\"?");
	refuse("channels:\n  - {name: a, preset: bark, timeout: 3}\n", "c.yaml:2:38: timeout:");
	refuse("channels:\n  - {name: a, preset: bark, url: 'ftp://x/'}\n", "c.yaml:2:34: url: must be like https://");
	refuse("channels:\n  - {name: a, preset: bark, body: '{a: }'}\n", "c.yaml:2:36: jq: syntax error");
	refuse("channels:\n  - {name: a, preset: bark, body: 'env'}\n", "\"env\" has no place in an expression");
	refuse("channels:\n  - {name: a, preset: bark, retry: [1s]}\n", "retry: must begin with 0s");
	refuse("channels:\n  - {name: a, preset: bark, quiet: ['9-10']}\n", "\"21:00-08:00\"");
	refuse("channels:\n  - {name: a, preset: bark, rate: {calls: 201, window: 1s}}\n", "from 1 to 200");
	refuse("channels:\n  - {name: a, preset: bark, levels: [lief]}\n", "levels");
	refuse("channels:\n  - {name: a, preset: bark, fallback: [b]}\n", "fallback: \"b\" is no other channel");
	refuse("channels:\n  - {name: a, preset: bark, fallback: [b]}\n  - {name: b, preset: webhook, secrets: {sign: "
	       "s}}\n",
		"is for another audience");
	refuse("channels:\n  - {name: a, preset: dingtalk, secrets: {token: s}}\n", "needs the file of secret sign");
	refuse("channels:\n  - {name: a, preset: bark, secrets: {x: nowhere}}\n", "c.yaml:2:42: secrets.x: ");
	refuse("channels:\n  - {name: a, audience: group, url: 'http://x/'}\n", "body is missing");
	refuse("channels:\n  - {name: a, url: 'http://x/', body: .}\n", "audience is missing");
	refuse("channels:\n  - {name: a, preset: bark}\norder: [b]\n", "c.yaml:3:9: order: \"b\" is no channel");
	refuse("channels:\n  - [a\n", "is no YAML");
}

static void own_key_wins_over_that_of_the_preset(void **state)
{
	struct errinfo info = {0};

	(void)state;
	assert_int_equal(
		load("channels:\n  - {name: a, preset: dingtalk, secrets: {token: s, sign: s}, rate: {calls: 2, "
		     "window: 1s}, timeout: 9s, url: 'http://127.0.0.1:1/x', language: en}\n",
			true, &info),
		ERR_OK);
	assert_int_equal(set.rules[0].rate_count, 2);
	assert_int_equal(set.rules[0].rest_ms, 60000);
	assert_int_equal(set.definitions[0].timeout_ms, 9000);
	assert_int_equal(set.definitions[0].language, CHANNEL_EN);
	assert_string_equal(set.definitions[0].url, "http://127.0.0.1:1/x");
	assert_int_equal(set.definitions[0].sign, CHANNEL_DINGTALK);
}

static void secrets_are_masked_where_they_are_only_shown(void **state)
{
	struct channel_request request;
	struct page page = sample_page();
	struct channel_message message;

	(void)state;
	assert_int_equal(load(all_presets, false, NULL), ERR_OK);
	for (unsigned c = 0; c < set.count; c++) {
		if (set.definitions[c].kind != CHANNEL_HTTP)
			continue;
		message = message_of(c, &page);
		assert_int_equal(channel_render(&set, &message, &request, NULL), ERR_OK);
		assert_false(holds(&request, "SECsecret"));
		channel_request_fini(&request);
	}
}

static void program_that_fails_is_named(void **state)
{
	struct errinfo info = {0};
	struct channel_request request;
	struct page page = sample_page();
	struct channel_message message;

	(void)state;
	assert_int_equal(load("channels:\n  - {name: a, preset: bark, body: 'if . then error(\"no\") else 1 end'}\n",
				 true, NULL),
		ERR_OK);
	message = message_of(0, &page);
	assert_int_equal(channel_render(&set, &message, &request, &info), ERR_INVALID);
	assert_string_equal(info.text, "channel a: body: jq: no");
	channel_request_fini(&request);
}

static void header_with_a_line_break_is_refused(void **state)
{
	struct errinfo info = {0};
	struct channel_request request;
	struct page page = sample_page();
	struct channel_message message;

	(void)state;
	assert_int_equal(
		load("channels:\n  - {name: a, preset: bark, headers: '{x: \"a\\nb: c\"}'}\n", true, NULL), ERR_OK);
	message = message_of(0, &page);
	assert_int_equal(channel_render(&set, &message, &request, &info), ERR_INVALID);
	assert_non_null(strstr(info.text, "headers: must give one line"));
	channel_request_fini(&request);
}

static void file_of_people_is_checked_and_private(void **state)
{
	static const struct {
		const char *text, *words;
	} faults[] = {{"people: {v-1: {ordr: []}}\n", "did you mean \"order\"?"},
		{"people: {v-1: {about: {visit: [hook]}}}\n", "visit: \"hook\" is no channel to a person"},
		{"people: {v-1: {about: {sos: [email]}}}\n", "unknown key \"sos\" of about"},
		{"people: {v-1: {order: [hook]}}\n", "p.yaml:1:24: order: \"hook\" is no channel to a person"},
		{"people: {'a b': {}}\n", "is no account"}, {"people: {v-1: {language: fr}}\n", "language"},
		{"people: {v-1: {quiet: ['22-7']}}\n", "must be hours like"},
		{"people: {v-1: {at: {'x y': z}}}\n", "must be letters"}, {"pepole: {}\n", "did you mean \"people\"?"}};
	struct errinfo info;
	char path[128], told[600];

	(void)state;
	load_all();
	path_of("p.yaml", path);
	assert_int_equal(people.count, 1);
	assert_int_equal(people.persons[0].language, CHANNEL_EN);
	assert_string_equal(channel_address(&people.persons[0], PHONE, "phone"), PHONE);
	assert_string_equal(channel_address(NULL, PHONE, "ntfy"), "");
	channel_people_fini(&people);
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		info = (struct errinfo){0};
		put_file("p.yaml", faults[i].text);
		assert_int_equal(channel_people_load(path, &set, &people, &info), ERR_INVALID);
		errinfo_print(&info, told, sizeof told);
		if (!strstr(told, faults[i].words))
			fail_msg("\"%s\" lacks \"%s\"", told, faults[i].words);
	}
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(channel_people_load(path, &set, &people, NULL), ERR_DENIED);
}

static void mail_is_encoded_and_its_addresses_are_checked(void **state)
{
	struct channel_mail mail = {.from = "a@example.org",
		.to = "b@example.org",
		.subject = "【生命危险】呼救，另有 3 条，请尽快查看住户情况",
		.text = "一\n二",
		.id = "p-1",
		.now = {1772400000000}};
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	assert_int_equal(channel_mail_write(&mail, &out, NULL), ERR_OK);
	assert_non_null(strstr(out.data, "Date: Sun, 1 Mar 2026 21:20:00 +0000\r\n"));
	assert_non_null(strstr(out.data, "\r\n\r\n5LiACuS6jA==\r\n"));
	for (const char *line = out.data; line; line = strstr(line, "\r\n") ? strstr(line, "\r\n") + 2 : NULL)
		assert_true(strcspn(line, "\r") <= 78);
	buf_reset(&out);
	mail.to = "b@example.org\r\nBcc: c@example.org";
	assert_int_equal(channel_mail_write(&mail, &out, NULL), ERR_INVALID);
	assert_false(channel_mail_address("b"));
	assert_false(channel_mail_address("<b@x>"));
	assert_false(channel_mail_address("a@b@c"));
	buf_fini(&out);
}

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FILES(no_preset_tells_a_group_or_a_program_who_it_is),
		WITH_FILES(page_object_for_a_group_has_no_private_member),
		WITH_FILES(a_notice_about_duties_is_told_to_the_group_without_a_link),
		WITH_FILES(a_visit_is_told_to_its_person_and_by_ids_alone_to_a_group),
		WITH_FILES(links_of_many_pages_stay_within_what_the_vendor_takes),
		WITH_FILES(a_channel_takes_what_its_file_says),
		WITH_FILES(short_messages_and_calls_carry_no_reason_through_the_vendor),
		WITH_FILES(signatures_are_those_of_the_vendors),
		WITH_FILES(bodies_are_what_the_vendors_take),
		WITH_FILES(ten_pages_of_the_longest_texts_fit_wecom),
		WITH_FILES(merged_message_has_an_id_of_its_own),
		WITH_FILES(answers_are_judged_on_their_bodies),
		WITH_FILES(fault_in_a_file_has_its_place_and_its_mend),
		WITH_FILES(own_key_wins_over_that_of_the_preset),
		WITH_FILES(secrets_are_masked_where_they_are_only_shown),
		WITH_FILES(program_that_fails_is_named),
		WITH_FILES(header_with_a_line_break_is_refused),
		WITH_FILES(file_of_people_is_checked_and_private),
		WITH_FILES(mail_is_encoded_and_its_addresses_are_checked),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	zone_destroy(zone);
	return failed;
}
