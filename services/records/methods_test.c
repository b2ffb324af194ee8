/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "records/methods.h"
#include "records/seal.h"

static const struct records_settings settings = {
	.zone = "Asia/Shanghai", .timeline_items = 50, .fortnight_begins = "2026-01-05"};

static const struct method_context context = {.settings = &settings, .now = {.ms = 1772000000000}};

static struct method_call call;

static enum err prepare(const char *method, const char *json, struct request_args **out_args, struct errinfo *info)
{
	char text[8192];
	const char *why = "";
	enum err err;

	method_call_init(&call);
	snprintf(text, sizeof text, "{\"args\": %s}", json);
	assert_int_equal(request_open(text, strlen(text), out_args, info), ERR_OK);
	err = method_why(*out_args, &why, info);
	return err ? err : method_prepare(method, "desk", *out_args, &context, &call, info);
}

/* gives: the statement and its values, with a bar between them. */
static void gives(const char *method, const char *json, const char *wanted)
{
	struct request_args *args = NULL;
	struct errinfo info = {0};
	char got[1024] = "";

	if (prepare(method, json, &args, &info))
		print_message("%s\n", info.text);
	snprintf(got, sizeof got, "%s", call.statement ? call.statement : "");
	for (int i = 0; i < call.count; i++) {
		size_t length = strlen(got);
		snprintf(got + length, sizeof got - length, "|%s", call.values[i]);
	}
	assert_string_equal(got, wanted);
	request_close(args);
	method_call_fini(&call);
}

static void refuses(const char *method, const char *json, enum err code, const char *what)
{
	struct request_args *args = NULL;
	struct errinfo info = {0};

	assert_int_equal(prepare(method, json, &args, &info), code);
	if (!strstr(info.text, what))
		print_message("%s\n", info.text);
	assert_non_null(strstr(info.text, what));
	request_close(args);
	method_call_fini(&call);
}

static void a_request_becomes_a_statement_and_its_values(void **state)
{
	(void)state;
	gives("summary", "{}", "api_summary");
	gives("kpi", "{\"from\": \"2026-03-01T00:00:00Z\"}", "api_kpi|2026-03-01T00:00:00Z|");
	refuses("kpi", "{\"to\": \"yesterday\"}", ERR_INVALID, "args.to: must be a time");
	gives("timeline", "{\"household\": \"h-1\"}", "api_timeline|desk|h-1|Asia/Shanghai|50");
	gives("timeline", "{\"household\": \"h-1\", \"limit\": 500}", "api_timeline|desk|h-1|Asia/Shanghai|500");
	gives("timeline", "{\"household\": \"h-1\", \"day\": \"2026-03-01\", \"why\": \"例会\"}",
		"api_day|desk|h-1|Asia/Shanghai|2026-03-01");
	gives("history", "{\"household\": \"h-1\"}", "api_history|desk|h-1||500");
	gives("history", "{\"household\": \"h-1\", \"after\": \"2026-03-01T07:00:00Z\", \"limit\": 1}",
		"api_history|desk|h-1|2026-03-01T07:00:00Z|1");
	gives("audit_verify", "{}", "audit_verify||100");
	gives("import",
		"{\"kind\": \"communities\", \"format\": \"csv\", \"text\": \"id\\nc-1\\n\", \"dry_run\": true}",
		"registry_import|{\"communities\":[{\"id\":\"c-1\"}]}|true|false|false|[]|200|refuse");
	assert_true(call.changes);
	gives("import",
		"{\"kind\": \"communities\", \"format\": \"csv\", \"text\": \"id\\nc 1\\nc-2\\n\", \"report\": true, "
		"\"by_row\": true, \"limit\": 7}",
		"registry_import|{\"communities\":[{\"id\":\"c-2\",\"@\":{\"line\":3,\"column\":1}}],\"@columns\":{"
		"\"communities\":[\"id\"]}}|false|true|true|[{\"line\":2,\"column\":1,\"cell\":\"A2\",\"kind\":"
		"\"communities\",\"field\":\"id\",\"text\":\"不是编号 (must be an id: 1 to 63 of letters, digits, '.', "
		"'_', "
		"'-')\"}]|7|refuse");
	gives("import", "{\"text\": \"[]\", \"kind\": \"elders\", \"erased\": \"again\"}",
		"registry_import|{\"elders\":[]}|false|false|false|[]|200|again");
	gives("withdraw", "{\"household\": \"h-1\"}", "consent_withdraw|h-1|");
	gives("erase", "{\"elder\": \"e-1\", \"confirm\": \"e-1\", \"reason\": \"本人申请\"}",
		"elder_erase|e-1|本人申请");
	gives("report", "{\"until\": \"2026-03-01\", \"names\": true}",
		"api_report||2026-03-01||true|Asia/Shanghai|2026-01-05");
	gives("report_day", "{\"community\": \"c-1\"}", "api_report_day||c-1|Asia/Shanghai");
	gives("decide", "{\"what\": \"补一人\", \"owner\": \"v-1\"}", "decision_put||||补一人|v-1||Asia/Shanghai");
	gives("decision", "{\"id\": 7, \"state\": \"done\"}", "decision_set|7|done||");
}

static void a_wrong_argument_is_named(void **state)
{
	(void)state;
	refuses("timeline", "{}", ERR_INVALID, "args.household");
	refuses("timeline", "{\"household\": \"h 1\"}", ERR_INVALID, "args.household: must be an id");
	refuses("timeline", "{\"household\": \"h-1\", \"limit\": 501}", ERR_RANGE, "args.limit");
	refuses("timeline", "{\"household\": \"h-1\", \"limit\": 0, \"day\": \"2026-03-01\"}", ERR_RANGE, "args.limit");
	refuses("timeline", "{\"household\": \"h-1\", \"day\": \"2026-02-29\"}", ERR_INVALID,
		"args.day: must be a day");
	refuses("timeline", "{\"household\": \"h-1\", \"colour\": 1}", ERR_INVALID, "args.colour");
	refuses("history", "{\"household\": \"h-1\", \"after\": \"gestern\"}", ERR_INVALID,
		"args.after: must be a time");
	refuses("audit", "{\"who\": \"' or true --\"}", ERR_INVALID, "args.who: must be an id");
	refuses("audit_verify", "{\"anchor\": \"a\\tb\"}", ERR_INVALID, "args.anchor");
	refuses("summary", "{\"household\": \"h-1\"}", ERR_INVALID, "args.household: is no argument");
	refuses("import", "{}", ERR_INVALID, "args.text");
	refuses("import", "{\"text\": \"[]\", \"erased\": \"take\"}", ERR_INVALID,
		"args.erased: must be refuse, skip or again");
	refuses("report", "{\"from\": \"2026-02-30\"}", ERR_INVALID, "args.from: must be a day");
	refuses("report", "{\"zone\": \"UTC\"}", ERR_INVALID, "args.zone: is no argument");
	refuses("decide", "{\"what\": \"a\\tb\", \"owner\": \"v-1\"}", ERR_INVALID, "args.what");
	refuses("decide", "{\"what\": \"x\"}", ERR_INVALID, "args.owner");
	refuses("decision", "{\"id\": 0}", ERR_RANGE, "args.id");
	refuses("erase", "{\"elder\": \"e-1\", \"reason\": \"x\"}", ERR_INVALID, "args.confirm: is missing");
	refuses("erase", "{\"elder\": \"e-1\", \"reason\": \"x\", \"confirm\": \"e-2\"}", ERR_INVALID,
		"args.confirm: must be the same id once more");
	refuses("erase", "{\"elder\": \"e-1\", \"confirm\": \"e-1\"}", ERR_INVALID, "args.reason");
	refuses("drop table", "{}", ERR_NOT_FOUND, "no such method");
}

static void a_reason_is_bounded(void **state)
{
	char json[1024], reason[METHOD_WHY_BYTES_MAX + 1] = "";

	(void)state;
	memset(reason, 'x', METHOD_WHY_BYTES_MAX);
	snprintf(json, sizeof json, "{\"why\": \"%s\"}", reason);
	gives("summary", json, "api_summary");
	snprintf(json, sizeof json, "{\"why\": \"x%s\"}", reason);
	refuses("summary", json, ERR_INVALID, "args.why");
	refuses("summary", "{\"why\": \"a\\nb\"}", ERR_INVALID, "args.why");
}

/* ---- sealed values ---- */

static struct seal *make_seal(void)
{
	char path[] = "/tmp/curtain-methods-XXXXXX";
	static const char key[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
	int fd = mkstemp(path);
	struct seal *seal = NULL;
	struct errinfo info = {0};

	assert_true(fd >= 0 && write(fd, key, sizeof key - 1) == (ssize_t)(sizeof key - 1));
	close(fd);
	assert_int_equal(seal_create(path, &seal, &info), ERR_OK);
	unlink(path);
	return seal;
}

static void opens(const struct seal *seal, const char *answer, const char *wanted)
{
	struct buf out;

	buf_init(&out, 1 << 16);
	assert_int_equal(method_open(seal, "e-1", answer, &out), ERR_OK);
	assert_string_equal(out.data, wanted);
	buf_fini(&out);
}

static void sealed_values_of_an_elder_are_opened_and_nothing_else_is(void **state)
{
	struct seal *seal = make_seal();
	char card[128], notes[128], other[128], answer[1024], wanted[1024];

	(void)state;
	assert_int_equal(seal_close(seal, "e-1", "id_number", "000000194003020013", card, sizeof card), ERR_OK);
	assert_int_equal(seal_close(seal, "e-1", "medical_notes", "a \"b\"\n", notes, sizeof notes), ERR_OK);
	assert_int_equal(seal_close(seal, "e-2", "id_number", "x", other, sizeof other), ERR_OK);
	snprintf(answer, sizeof answer,
		"{\"elder\": {\"id_number\": \"%s\", \"medical_notes\": \"%s\", \"name\": \"x\"}}", card, notes);
	opens(seal, answer,
		"{\"elder\": {\"id_number\":\"000000194003020013\", \"medical_notes\":\"a \\\"b\\\"\\u000a\", "
		"\"name\": "
		"\"x\"}}");
	opens(NULL, answer, answer);
	/* an errand's say whose they are */
	assert_int_equal(seal_close(seal, "er-1", "note", "\xe5\xa5\xbd", notes, sizeof notes), ERR_OK);
	assert_int_equal(seal_close(seal, "er-1", "answers", "[{\"item\":\"gas\"}]", card, sizeof card), ERR_OK);
	snprintf(answer, sizeof answer, "[{\"note\": \"s1@er-1:%s\", \"answers\": \"s1@er-1:%s\"}]", notes + 3,
		card + 3);
	opens(seal, answer, "[{\"note\":\"\xe5\xa5\xbd\", \"answers\":[{\"item\":\"gas\"}]}]");
	snprintf(answer, sizeof answer, "{\"note\": \"s1@er-2:%s\", \"answers\": \"s1\", \"note\": \"s1@er-1\"}",
		notes + 3);
	snprintf(wanted, sizeof wanted, "%s", answer);
	opens(seal, answer, wanted);
	assert_int_equal(seal_close(seal, "e-1", "id_number", "000000194003020013", card, sizeof card), ERR_OK);
	/* another row's, another column's, none at all */
	snprintf(answer, sizeof answer,
		"{\"id_number\": \"%s\", \"name\": \"%s\", \"medical_notes\": \"%s\", \"id_number\": \"s1:", other,
		card, card);
	snprintf(wanted, sizeof wanted, "%s", answer);
	opens(seal, answer, wanted);
	seal_destroy(seal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_becomes_a_statement_and_its_values),
		cmocka_unit_test(a_wrong_argument_is_named),
		cmocka_unit_test(a_reason_is_bounded),
		cmocka_unit_test(sealed_values_of_an_elder_are_opened_and_nothing_else_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
