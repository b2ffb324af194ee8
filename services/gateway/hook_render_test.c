/* SPDX-License-Identifier: MIT */
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
#include "gateway/hook_event.h"
#include "gateway/hook_render.h"

static char folder[] = "/tmp/curtain-hooks-XXXXXX";
static struct hook_set set;
static struct errinfo info;

static const struct wall NOW = {INT64_C(1614265330000)};

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

static enum err load(const char *text)
{
	char path[128];

	hook_set_fini(&set);
	info = (struct errinfo){0};
	put("bridge.yaml", text);
	snprintf(path, sizeof path, "%s/bridge.yaml", folder);
	return hook_set_load(path, true, &set, &info);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	put("new", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
	put("old", "plain words\n");
	return 0;
}

static int drop_folder(void **state)
{
	static const char *const names[] = {"new", "old", "bridge.yaml"};
	char path[128];

	(void)state;
	hook_set_fini(&set);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder);
}

static void incident_event(struct hook_event *event)
{
	struct incident incident = {.revision = 3,
		.state = INCIDENT_ACCEPTED,
		.event = INCIDENT_EVENT_ACCEPTED,
		.kind = ALERT_SOS,
		.level = ALERT_LIFE,
		.opened = NOW,
		.at = NOW,
		.expected = WALL_NONE,
		.until = WALL_NONE};

	text_cut(incident.id, sizeof incident.id, "i-1");
	text_cut(incident.household, sizeof incident.household, "h-1");
	text_cut(incident.community, sizeof incident.community, "c-1");
	text_cut(incident.reason_en, sizeof incident.reason_en, "up since seven");
	text_cut(incident.note, sizeof incident.note, "third floor");
	hook_event_init(event);
	assert_int_equal(hook_event_incident(&incident, "dispatcher-1", event), ERR_OK);
}

static void render(struct hook_request *request)
{
	struct hook_event event;

	incident_event(&event);
	assert_int_equal(hook_render(set.program, &set.subscribers[0].target,
				 &(struct hook_call){.id = event.id,
					 .type = event.type,
					 .event = event.body.data,
					 .event_length = event.body.length,
					 .now = NOW},
				 request, &info),
		ERR_OK);
	hook_event_fini(&event);
}

static void an_event_has_ids_kinds_and_times_and_no_words_about_a_life(void **state)
{
	struct hook_event event;

	(void)state;
	incident_event(&event);
	assert_string_equal(event.id, "i-1.3");
	assert_string_equal(event.type, "incident.accepted");
	assert_string_equal(event.key, "h-1");
	assert_non_null(strstr(event.body.data, "\"source\":\"/curtain/dispatcher-1\""));
	assert_non_null(strstr(event.body.data, "\"level\":\"life\""));
	assert_null(strstr(event.body.data, "seven"));
	assert_null(strstr(event.body.data, "floor"));
	hook_event_fini(&event);
}

static void the_end_of_an_outage_waits_for_its_beginning(void **state)
{
	struct outage outage = {.channel = "dingtalk", .instance = "dispatcher-1", .state = OUTAGE_DOWN, .since = NOW};
	struct hook_event down, over;

	(void)state;
	hook_event_init(&down);
	hook_event_init(&over);
	assert_int_equal(hook_event_outage(&outage, false, NOW, &down), ERR_OK);
	assert_int_equal(hook_event_outage(&outage, true, NOW, &over), ERR_OK);
	assert_string_equal(down.type, "outage.down");
	assert_string_equal(over.type, "outage.over");
	assert_string_equal(down.key, "dingtalk");
	assert_string_equal(over.key, down.key);
	hook_event_fini(&over);
	hook_event_fini(&down);
}

static void an_errand_tells_neither_a_finding_nor_the_answers(void **state)
{
	struct errand errand = {.revision = 2,
		.kind = ERRAND_TASK,
		.state = ERRAND_DONE,
		.event = ERRAND_EVENT_DONE,
		.opened = NOW,
		.at = NOW,
		.from = NOW,
		.until = NOW,
		.seen = NOW,
		.answer_count = 1};
	struct hook_event event;

	(void)state;
	text_cut(errand.id, sizeof errand.id, "e-1");
	text_cut(errand.household, sizeof errand.household, "h-1");
	text_cut(errand.what, sizeof errand.what, "memory");
	text_cut(errand.answers[0].item, sizeof errand.answers[0].item, "mood");
	hook_event_init(&event);
	assert_int_equal(hook_event_errand(&errand, "dispatcher-1", &event), ERR_OK);
	assert_string_equal(event.type, "task.done");
	assert_string_equal(event.id, "e-1.2");
	assert_null(strstr(event.body.data, "memory"));
	assert_null(strstr(event.body.data, "mood"));
	errand.kind = ERRAND_SERVICE;
	assert_int_equal(hook_event_errand(&errand, "dispatcher-1", &event), ERR_OK);
	assert_non_null(strstr(event.body.data, "\"what\":\"memory\""));
	hook_event_fini(&event);
}

static void two_secrets_sign_while_one_is_exchanged(void **state)
{
	struct hook_request request;
	const char *line;

	(void)state;
	assert_int_equal(load("subscribers: [{name: a, url: 'https://a.example/x', sign: standard-webhooks, secrets: "
			      "{sign: new, sign_old: old}}]"),
		ERR_OK);
	render(&request);
	assert_non_null(strstr(request.headers.data, "Content-Type: application/cloudevents+json"));
	assert_non_null(strstr(request.headers.data, "webhook-id: i-1.3\nwebhook-timestamp: 1614265330\n"));
	line = strstr(request.headers.data, "webhook-signature: v1,");
	assert_non_null(line);
	assert_non_null(strstr(line + 20, " v1,"));
	assert_string_equal(request.url.data, "https://a.example/x");
	hook_request_fini(&request);
}

static void a_platform_s_own_signature_is_yaml(void **state)
{
	struct hook_request request;

	(void)state;
	assert_int_equal(load("subscribers:\n"
			      "  - name: a\n"
			      "    url: https://a.example/x\n"
			      "    sign: hmac-sha256\n"
			      "    secrets: {sign: old}\n"
			      "    vars: {app: curtain}\n"
			      "    sign_text: '$vars.app + .body'\n"
			      "    query: '{t: .timestamp}'\n"
			      "    headers: '{\"X-Sign\": .signature}'\n"
			      "    body: '{case: .data.incident}'\n"),
		ERR_OK);
	render(&request);
	assert_string_equal(request.url.data, "https://a.example/x?t=1614265330");
	assert_string_equal(request.body.data, "{\"case\":\"i-1\"}");
	/* printf 'curtain{"case":"i-1"}' | openssl dgst -sha256 -hmac 'plain words' */
	assert_non_null(strstr(
		request.headers.data, "X-Sign: 5d2655b7e5eead066e98c84b338f72170e1d8ca3b3f0fa9bf80d9b82744094be\n"));
	assert_null(strstr(request.headers.data, "webhook-id"));
	hook_request_fini(&request);
}

static void filters_are_types_communities_and_levels(void **state)
{
	const struct hook_subscriber *s;

	(void)state;
	assert_int_equal(load("subscribers: [{name: a, url: 'http://a/x', types: ['incident.*', outage.down], levels: "
			      "[life], communities: [c-1]}]"),
		ERR_OK);
	s = &set.subscribers[0];
	assert_true(hook_wants(s, "incident.raised", "c-1", ALERT_LIFE));
	assert_false(hook_wants(s, "incident.raised", "c-2", ALERT_LIFE));
	assert_false(hook_wants(s, "incident.raised", "c-1", ALERT_ALARM));
	assert_true(hook_wants(s, "outage.down", "", ALERT_LEVEL_COUNT));
	assert_false(hook_wants(s, "outage.over", "", ALERT_LEVEL_COUNT));
	assert_false(hook_wants(s, "statistics.daily", "", ALERT_LEVEL_COUNT));
}

static void answers_are_told_apart(void **state)
{
	char reason[HOOK_REASON_BYTES];
	const struct hook_target *target;

	(void)state;
	assert_int_equal(load("subscribers: [{name: a, url: 'http://a/x', success: .body.code == 0}]"), ERR_OK);
	target = &set.subscribers[0].target;
#define JUDGE(status, body) hook_judge(set.program, target, status, body, strlen(body), "no route", reason)
	assert_int_equal(JUDGE(200, "{\"code\":0}"), HOOK_TAKEN);
	assert_int_equal(JUDGE(200, "{\"code\":7}"), HOOK_FAILED);
	assert_int_equal(JUDGE(200, "<html>"), HOOK_FAILED);
	assert_int_equal(JUDGE(302, ""), HOOK_FAILED);
	assert_int_equal(JUDGE(410, ""), HOOK_GONE);
	assert_int_equal(JUDGE(422, ""), HOOK_REFUSED);
	assert_int_equal(JUDGE(429, ""), HOOK_TOO_MUCH);
	assert_int_equal(JUDGE(500, ""), HOOK_FAILED);
	assert_string_equal(reason, "HTTP 500");
	assert_int_equal(JUDGE(0, ""), HOOK_FAILED);
	assert_string_equal(reason, "no route");
}

static void rows_and_the_next_page_come_out_of_an_answer(void **state)
{
	static const char body[] = "{\"list\":[{\"no\":\"7\"}],\"more\":true}";
	struct buf next;
	jv rows = jv_invalid();

	(void)state;
	assert_int_equal(load("pulls: [{name: p, url: 'http://a/x', every: 1h, rows: '{elders: [.body.list[] | {id: "
			      ".no}]}', next: 'if .body.more then .page + 1 else null end'}]"),
		ERR_OK);
	buf_init(&next, 256);
	assert_int_equal(
		hook_rows(set.program, &set.pulls[0].target, 200, body, sizeof body - 1, 1, &rows, &next, &info),
		ERR_OK);
	assert_string_equal(next.data, "2");
	jv text = jv_dump_string(rows, 0);
	assert_string_equal(jv_string_value(text), "{\"elders\":[{\"id\":\"7\"}]}");
	jv_free(text);
	buf_reset(&next);
	assert_int_equal(
		hook_rows(set.program, &set.pulls[0].target, 200, "[]", 2, 2, &rows, &next, &info), ERR_INVALID);
	assert_non_null(strstr(info.text, "p: "));
	jv_free(rows);
	buf_fini(&next);
}

static void an_hour_comes_once_a_day(void **state)
{
	struct wall first, second;

	(void)state;
	assert_int_equal(load("statistics: {at: \"06:30\"}"), ERR_OK);
	first = hook_hour_next(&set.statistics, NOW); /* 23:02 in Shanghai */
	assert_int_equal(first.ms, INT64_C(1614292200000));
	second = hook_hour_next(&set.statistics, first);
	assert_int_equal(second.ms - first.ms, MS_PER_DAY);
}

static void faults_have_their_place(void **state)
{
	static const struct {
		const char *text;
		int line, column;
		const char *says;
	} cases[] = {
		{"subscribers: [{name: a}]", 1, 15, "name and url"},
		{"subscribers:\n- {name: a, url: 'ftp://x/'}", 2, 18, "address"},
		{"subscribers:\n- {name: a, url: 'http://x/y', colour: red}", 2, 32, "colour"},
		{"subscribers:\n- {name: a, url: 'http://x/y', sign: hmac-sha256}", 2, 3, "sign"},
		{"subscribers:\n- {name: a, url: 'http://x/y', types: [Incident]}", 2, 40, "types"},
		{"subscribers:\n- {name: a, url: 'http://x/y', body: '.data |'}", 2, 0, ""},
		{"subscribers:\n- {name: a, url: 'http://x/y'}\n- {name: a, url: 'http://x/y'}", 3, 3, "already"},
		{"subscribers:\n- {name: a, url: 'http://x/y', secrets: {sign: nowhere}}", 2, 48, "secrets.sign"},
		{"pulls:\n- {name: a, url: 'http://x/y', every: 1h}", 2, 3, "rows"},
		{"pulls:\n- {name: a, url: 'http://x/y', rows: .body}", 2, 3, "say when"},
		{"statistics: {every: 1h}", 1, 13, "needs an hour"},
		{"statistics: {at: \"24:00\"}", 1, 18, "hour"},
		{"", 1, 1, "empty"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_not_equal(load(cases[i].text), ERR_OK);
		if (info.line != cases[i].line || (cases[i].column && info.column != cases[i].column) ||
			!strstr(info.text, cases[i].says))
			fail_msg("%s: %d:%d: %s", cases[i].text, info.line, info.column, info.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_has_ids_kinds_and_times_and_no_words_about_a_life),
		cmocka_unit_test(the_end_of_an_outage_waits_for_its_beginning),
		cmocka_unit_test(an_errand_tells_neither_a_finding_nor_the_answers),
		cmocka_unit_test(two_secrets_sign_while_one_is_exchanged),
		cmocka_unit_test(a_platform_s_own_signature_is_yaml),
		cmocka_unit_test(filters_are_types_communities_and_levels),
		cmocka_unit_test(answers_are_told_apart),
		cmocka_unit_test(rows_and_the_next_page_come_out_of_an_answer),
		cmocka_unit_test(an_hour_comes_once_a_day),
		cmocka_unit_test(faults_have_their_place),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
