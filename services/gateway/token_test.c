/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/metrics.h"
#include "gateway/token.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static const struct wall now = {INT64_C(1788000000000)}; /* 2026-08-29 */
static const char two[] =
	"# comment\n\nplatform " A " desk read,write 2027-01-01 5\nprom " B " desk metrics never 0.5 # once\n";

static int open_book(void **state)
{
	*state = calloc(1, sizeof(struct token_book));
	return !*state || token_book_read(*state, two, "tokens", NULL);
}

static int close_book(void **state)
{
	free(*state);
	return 0;
}

static enum err admit(struct token_book *book, int first, enum route_scope scope, struct wall at, int64_t us)
{
	unsigned char hash[TOKEN_HASH_BYTES];
	const struct token *token;
	unsigned wait;

	memset(hash, first, sizeof hash);
	return token_admit(book, hash, 1u << scope, at, (struct mono){us}, &token, &wait);
}

static void a_token_is_good_for_its_scopes_until_its_end(void **state)
{
	(void)state;
	assert_int_equal(admit(*state, 0xaa, ROUTE_READ, now, 0), ERR_OK);
	assert_int_equal(admit(*state, 0xaa, ROUTE_METRICS, now, 0), ERR_DENIED);
	assert_int_equal(admit(*state, 0xbb, ROUTE_METRICS, now, 0), ERR_OK);
	assert_int_equal(admit(*state, 0xcc, ROUTE_READ, now, 0), ERR_DENIED);
	assert_int_equal(admit(*state, 0xaa, ROUTE_READ, (struct wall){INT64_C(1798761600000) - 1}, 0), ERR_OK);
	assert_int_equal(admit(*state, 0xaa, ROUTE_READ, (struct wall){INT64_C(1798761600000)}, 0), ERR_DENIED);
}

static void all_scopes_that_are_asked_for_are_needed(void **state)
{
	static const char pair[] = "desk " A " desk read,desk never 5\nvolunteer " B " v-1 read never 5\n";
	const unsigned both = 1u << ROUTE_READ | 1u << ROUTE_DESK;
	unsigned char hash[TOKEN_HASH_BYTES];
	const struct token *token;
	unsigned wait;

	assert_int_equal(token_book_read(*state, pair, "tokens", NULL), ERR_OK);
	memset(hash, 0xaa, sizeof hash);
	assert_int_equal(token_admit(*state, hash, both, now, (struct mono){0}, &token, &wait), ERR_OK);
	assert_int_equal(
		token_admit(*state, hash, 1u << ROUTE_WRITE | both, now, (struct mono){0}, &token, &wait), ERR_DENIED);
	memset(hash, 0xbb, sizeof hash);
	assert_int_equal(token_admit(*state, hash, both, now, (struct mono){0}, &token, &wait), ERR_DENIED);
	assert_non_null(token);
	assert_int_equal(admit(*state, 0xbb, ROUTE_READ, now, 0), ERR_OK);
}

static void a_rate_allows_twice_as_many_at_once_and_then_so_many_a_second(void **state)
{
	unsigned char hash[TOKEN_HASH_BYTES];
	const struct token *token;
	unsigned wait = 0;

	memset(hash, 0xaa, sizeof hash);
	for (int i = 0; i < 10; i++)
		assert_int_equal(admit(*state, 0xaa, ROUTE_READ, now, 0), ERR_OK);
	assert_int_equal(token_admit(*state, hash, 1u << ROUTE_READ, now, (struct mono){0}, &token, &wait), ERR_AGAIN);
	assert_int_equal(wait, 1);
	assert_int_equal(admit(*state, 0xaa, ROUTE_READ, now, 199999), ERR_AGAIN);
	assert_int_equal(admit(*state, 0xaa, ROUTE_READ, now, 400000), ERR_OK);
	assert_int_equal(admit(*state, 0xbb, ROUTE_METRICS, now, 0), ERR_OK); /* another's bucket is its own */
}

static void a_new_file_keeps_what_was_used_and_a_wrong_one_changes_nothing(void **state)
{
	struct token_book *book = *state;
	struct errinfo info = {0};

	for (int i = 0; i < 10; i++)
		assert_int_equal(admit(book, 0xaa, ROUTE_READ, now, 0), ERR_OK);
	assert_int_equal(token_book_read(book, two, "tokens", NULL), ERR_OK);
	assert_int_equal(admit(book, 0xaa, ROUTE_READ, now, 0), ERR_AGAIN);
	assert_int_equal(token_book_read(book, "one two\n", "tokens", &info), ERR_INVALID);
	assert_int_equal(info.line, 1);
	assert_int_equal(book->count, 2);
}

static void each_wrong_field_is_named_with_its_line(void **state)
{
	static const char *const wrong[] = {"-x " A " desk read never 1", "x abc desk read never 1",
		"x " A " de/sk read never 1", "x " A " desk look never 1", "x " A " desk , never 1",
		"x " A " desk read soon 1", "x " A " desk read 2027-02-30 1", "x " A " desk read never 0",
		"x " A " desk read never 1x", "x " A " desk read never nan", "x " A " desk read never 1 more",
		"platform " B " desk read never 1\nplatform " A " desk read never 1"};

	for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct errinfo info = {0};
		assert_true(token_book_read(*state, wrong[i], "tokens", &info));
		assert_true(info.line > 0);
		assert_string_equal(info.file, "tokens");
	}
}

static void an_address_that_guesses_has_to_wait_and_others_do_not(void **state)
{
	struct token_book *book = *state;

	for (int i = 0; i < 20; i++) {
		assert_true(token_peer_may(book, 77, (struct mono){0}));
		token_peer_failed(book, 77, (struct mono){0});
	}
	assert_false(token_peer_may(book, 77, (struct mono){0}));
	assert_true(token_peer_may(book, 78, (struct mono){0}));
	assert_true(token_peer_may(book, 77, (struct mono){3100000}));
}

static void metrics_stand_family_by_family(void **state)
{
	struct metrics *metrics = calloc(1, sizeof *metrics);
	struct status one = {
		.service = "ingest", .instance = "ingest-1", .state = STATUS_READY, .at = now, .lag_ms = 1500};
	struct status two_ = {.service = "ingest", .instance = "ingest-2", .state = STATUS_DOWN, .at = {now.ms - 5000}};
	struct buf out;

	(void)state;
	assert_non_null(metrics);
	status_count(&one, "readings", 7);
	status_count(&two_, "readings", 8);
	status_count(&two_, "dead_letters", 1);
	status_count(&two_, "backup_age_seconds", 3600);
	status_count(&two_, "certificate_left_seconds", -2);
	assert_int_equal(metrics_take(metrics, &one), ERR_OK);
	assert_int_equal(metrics_take(metrics, &two_), ERR_OK);
	assert_int_equal(metrics_take(metrics, &one), ERR_OK);
	buf_init(&out, 1 << 16);
	assert_int_equal(metrics_write(metrics, now, &out), ERR_OK);
	assert_non_null(strstr(out.data, "curtain_lag_seconds{service=\"ingest\",instance=\"ingest-1\"} 1.5\n"));
	assert_non_null(strstr(out.data, "curtain_up{service=\"ingest\",instance=\"ingest-2\"} 0\n"));
	assert_non_null(strstr(out.data, "# TYPE curtain_ingest_readings_total counter\n"
					 "curtain_ingest_readings_total{instance=\"ingest-1\"} 7\n"
					 "curtain_ingest_readings_total{instance=\"ingest-2\"} 8\n"
					 "# HELP curtain_ingest_dead_letters dead_letters of ingest.\n"
					 "# TYPE curtain_ingest_dead_letters gauge\n"));
	assert_non_null(strstr(out.data, "# TYPE curtain_ingest_backup_age_seconds gauge\n"
					 "curtain_ingest_backup_age_seconds{instance=\"ingest-2\"} 3600\n"));
	assert_non_null(strstr(out.data, "curtain_ingest_certificate_left_seconds{instance=\"ingest-2\"} -2\n"));
	assert_true(metrics_is_up(metrics, "ingest", now, 1000));
	assert_false(metrics_is_up(metrics, "ingest", (struct wall){now.ms + 1001}, 1000));
	assert_false(metrics_is_up(metrics, "records", now, 1000));
	buf_fini(&out);
	free(metrics);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_token_is_good_for_its_scopes_until_its_end, open_book, close_book),
		cmocka_unit_test_setup_teardown(all_scopes_that_are_asked_for_are_needed, open_book, close_book),
		cmocka_unit_test_setup_teardown(
			a_rate_allows_twice_as_many_at_once_and_then_so_many_a_second, open_book, close_book),
		cmocka_unit_test_setup_teardown(
			a_new_file_keeps_what_was_used_and_a_wrong_one_changes_nothing, open_book, close_book),
		cmocka_unit_test_setup_teardown(each_wrong_field_is_named_with_its_line, open_book, close_book),
		cmocka_unit_test_setup_teardown(
			an_address_that_guesses_has_to_wait_and_others_do_not, open_book, close_book),
		cmocka_unit_test(metrics_stand_family_by_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
