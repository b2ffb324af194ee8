/* SPDX-License-Identifier: MIT
 *
 * Requests and responses of the API: the same bytes are read as either.
 */
#include <string.h>

#include "codec/request.h"
#include "fuzz.h"

static void read_request(const char *json, size_t size)
{
	struct request_args *args;
	const char *text = NULL;
	int64_t number = 0;
	bool flag = false;

	if (request_open(json, size, &args, NULL))
		return;
	(void)!request_text(args, "kind", true, &text, NULL);
	(void)!request_text(args, "text", false, &text, NULL);
	if (!request_int(args, "limit", false, 1, 100, &number, NULL))
		FUZZ_CHECK(number == 0 || (number >= 1 && number <= 100));
	(void)!request_bool(args, "json", false, &flag, NULL);
	(void)!request_done(args, NULL);
	request_close(args);
}

static void read_response(const char *json, size_t size)
{
	struct errinfo info = {0};
	struct response one, two;
	struct buf out;

	if (response_decode(json, size, &one, &info)) {
		FUZZ_CHECK(info.text[0]);
		response_fini(&one);
		return;
	}
	buf_init(&out, 2 * REQUEST_BYTES_MAX);
	if (one.ok)
		FUZZ_CHECK(response_encode(one.result, strlen(one.result), &out) == ERR_OK);
	else
		FUZZ_CHECK(response_encode_error(ERR_IO, one.text, &out) == ERR_OK);
	FUZZ_CHECK(response_decode(out.data, out.length, &two, NULL) == ERR_OK && two.ok == one.ok);
	if (one.ok)
		FUZZ_CHECK(!strcmp(one.result, two.result));
	response_fini(&one);
	response_fini(&two);
	buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_request((const char *)data, size);
	read_response((const char *)data, size);
	return 0;
}
