/* SPDX-License-Identifier: MIT
 *
 * Runs from the root of the source tree: schemas/examples/{valid,invalid}/{request,response}.* are cases.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "codec/request.h"

static enum err open_request(const char *json, size_t length, struct errinfo *info)
{
	struct request_args *args = NULL;
	enum err err = request_open(json, length, &args, info);

	request_close(args);
	return err;
}

static enum err open_response(const char *json, size_t length, struct errinfo *info)
{
	struct response response;
	enum err err = response_decode(json, length, &response, info);

	response_fini(&response);
	return err;
}

static unsigned judge_examples(const char *folder, bool valid)
{
	char path[600], json[4096];
	unsigned count = 0;
	DIR *dir = opendir(folder);

	assert_non_null(dir);
	for (struct dirent *d; (d = readdir(dir));) {
		bool request = !strncmp(d->d_name, "request.", 8);
		struct errinfo info = {0};
		if (!request && strncmp(d->d_name, "response.", 9) != 0)
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, d->d_name);
		FILE *file = fopen(path, "rb");
		assert_non_null(file);
		size_t length = fread(json, 1, sizeof json, file);
		fclose(file);
		enum err err = request ? open_request(json, length, &info) : open_response(json, length, &info);
		if (valid == (err != ERR_OK) || (err && !info.text[0]))
			fail_msg("%s: %s", path, err ? info.text : "passes");
		count++;
	}
	closedir(dir);
	return count;
}

static void examples_are_judged_as_their_folder_says(void **state)
{
	(void)state;
	assert_true(judge_examples("schemas/examples/valid", true) >= 5);
	assert_true(judge_examples("schemas/examples/invalid", false) >= 9);
}

static void arguments_are_taken_by_type_and_range(void **state)
{
	static const char json[] = "{\"args\":{\"t\":\"x\",\"n\":7,\"b\":true,\"spare\":1}}";
	struct request_args *args;
	struct errinfo info = {0};
	const char *text = "before";
	int64_t number = 0;
	bool flag = false;
	(void)state;
	assert_int_equal(request_open(json, sizeof json - 1, &args, NULL), ERR_OK);
	assert_int_equal(request_text(args, "none", false, &text, NULL), ERR_OK);
	assert_string_equal(text, "before");
	assert_int_equal(request_text(args, "t", true, &text, NULL), ERR_OK);
	assert_string_equal(text, "x");
	assert_int_equal(request_int(args, "n", true, 1, 7, &number, NULL), ERR_OK);
	assert_int_equal(number, 7);
	assert_int_equal(request_int(args, "n", true, 1, 6, &number, NULL), ERR_RANGE);
	assert_int_equal(request_int(args, "n", true, 8, 9, &number, NULL), ERR_RANGE);
	assert_int_equal(request_int(args, "t", true, 1, 6, &number, NULL), ERR_INVALID);
	assert_int_equal(request_text(args, "n", true, &text, NULL), ERR_INVALID);
	assert_int_equal(request_bool(args, "n", true, &flag, NULL), ERR_INVALID);
	assert_int_equal(request_bool(args, "b", true, &flag, NULL), ERR_OK);
	assert_true(flag);
	assert_int_equal(request_bool(args, "none", true, &flag, &info), ERR_INVALID);
	assert_string_equal(info.text, "args.none: is missing");
	info.code = ERR_OK;
	assert_int_equal(request_done(args, &info), ERR_INVALID);
	assert_string_equal(info.text, "args.spare: is no argument of this method");
	request_close(args);
	request_close(NULL);
}

static void a_default_stands_in_for_what_is_missing_or_empty_alone(void **state)
{
	static const char json[] = "{\"args\":{\"said\":\"x\",\"empty\":\"\",\"n\":7}}";
	struct request_args *args;
	const char *text = "";
	(void)state;
	assert_int_equal(request_open(json, sizeof json - 1, &args, NULL), ERR_OK);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(
			request_default(args, ((const char *[]){"said", "empty", "none", "n"})[i], "y", NULL), ERR_OK);
	assert_int_equal(request_text(args, "said", true, &text, NULL), ERR_OK);
	assert_string_equal(text, "x");
	assert_int_equal(request_text(args, "empty", true, &text, NULL), ERR_OK);
	assert_string_equal(text, "y");
	text = "";
	assert_int_equal(request_text(args, "none", true, &text, NULL), ERR_OK);
	assert_string_equal(text, "y");
	assert_int_equal(request_text(args, "n", true, &text, NULL), ERR_INVALID);
	assert_int_equal(request_done(args, NULL), ERR_OK);
	request_close(args);
}

static void answers_read_back(void **state)
{
	struct response response;
	const char *result;
	size_t length;
	struct buf out;
	(void)state;
	assert_false(response_result("{\"ok\":true,\"result\":", 20, &result, &length));
	buf_init(&out, REQUEST_BYTES_MAX);
	assert_int_equal(response_encode("[1,{\"a\":null}]", 14, &out), ERR_OK);
	assert_int_equal(response_decode(out.data, out.length, &response, NULL), ERR_OK);
	assert_true(response.ok);
	assert_string_equal(response.result, "[1,{\"a\":null}]");
	response_fini(&response);
	assert_true(response_result(out.data, out.length, &result, &length));
	assert_int_equal(length, 14);
	assert_memory_equal(result, "[1,{\"a\":null}]", 14);
	for (int code = ERR_OK + 1; code < ERR_COUNT; code++) {
		buf_reset(&out);
		assert_int_equal(response_encode_error((enum err)code, "line 3: \"x\"", &out), ERR_OK);
		assert_int_equal(response_decode(out.data, out.length, &response, NULL), ERR_OK);
		assert_false(response.ok);
		assert_string_equal(response.code, err_name((enum err)code));
		assert_string_equal(response.text, "line 3: \"x\"");
		assert_false(response_result(out.data, out.length, &result, &length));
		response_fini(&response);
	}
	buf_reset(&out);
	assert_int_equal(request_encode("", 0, &out), ERR_OK);
	assert_string_equal(out.data, "{\"args\":{}}");
	buf_fini(&out);
}

static void nothing_longer_than_the_limit_is_parsed(void **state)
{
	static char json[REQUEST_BYTES_MAX + 1];
	(void)state;
	memset(json, ' ', sizeof json);
	memcpy(json, "{\"args\":{}}", 11);
	assert_int_equal(open_request(json, sizeof json - 1, NULL), ERR_OK);
	assert_int_equal(open_request(json, sizeof json, NULL), ERR_RANGE);
	assert_int_equal(open_response(json, sizeof json, NULL), ERR_RANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_are_judged_as_their_folder_says),
		cmocka_unit_test(arguments_are_taken_by_type_and_range),
		cmocka_unit_test(a_default_stands_in_for_what_is_missing_or_empty_alone),
		cmocka_unit_test(answers_read_back),
		cmocka_unit_test(nothing_longer_than_the_limit_is_parsed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
