/* SPDX-License-Identifier: MIT
 *
 * Texts, requests and answers of channels, over all presets that are shipped. Vendors' signatures are held against
 * values computed by another program.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "channel_rig.h"
#include "dispatcher/channel/channel_mail.h"

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

/* ---- mail ---- */

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
		WITH_FILES(mail_is_encoded_and_its_addresses_are_checked),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	zone_destroy(zone);
	return failed;
}
