/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "gateway/watch.h"

/* made for this test: openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=test; it ends
 * 2027-01-01T00:00:00Z */
static const char pem[] = "-----BEGIN CERTIFICATE-----\n"
			  "MIIBBjCBrAIBATAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDAR0ZXN0MB4XDTI2MDEw\n"
			  "MTAwMDAwMFoXDTI3MDEwMTAwMDAwMFowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqG\n"
			  "SM49AgEGCCqGSM49AwEHA0IABHOF1vxFVzncIXkUwNwK6N9WjqJLc4/2P4tTwRuh\n"
			  "4tjYkNGqJwgnJSMyl8nACIU3m6auxvawJGa2T8cAhf7Ef8QwCgYIKoZIzj0EAwID\n"
			  "SQAwRgIhAPhZ35Xqd5zOm9ZWzSVq9yy+EAkmjlTXZED6HwEjUwMqAiEAyEEzpMJM\n"
			  "eB+CrlIPNFpUBj0/gcfpr+9I9qLzpUgcdMs=\n"
			  "-----END CERTIFICATE-----\n";

static int64_t left_at(const char *text)
{
	struct wall now;

	assert_int_equal(wall_parse(text, strlen(text), &now), ERR_OK);
	return watch_left_s(pem, sizeof pem - 1, now.ms / MS_PER_SECOND);
}

static void seconds_are_counted_to_the_end_and_below_it(void **state)
{
	(void)state;
	assert_int_equal(left_at("2026-12-22T00:00:00Z"), 10 * 86400);
	assert_int_equal(left_at("2026-12-31T23:59:59Z"), 1);
	assert_int_equal(left_at("2027-01-01T00:00:01Z"), -1);
	assert_int_equal(left_at("2027-01-03T12:00:00Z"), -60 * 3600);
	assert_int_equal(left_at("1970-01-01T00:00:00Z"), INT64_C(1798761600));
}

static void what_is_no_certificate_is_as_bad_as_one_that_ends_now(void **state)
{
	(void)state;
	assert_int_equal(watch_left_s("", 0, 0), 0);
	assert_int_equal(watch_left_s("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 60, 0), 0);
	assert_int_equal(watch_left_s(pem, sizeof pem / 2, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seconds_are_counted_to_the_end_and_below_it),
		cmocka_unit_test(what_is_no_certificate_is_as_bad_as_one_that_ends_now),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
