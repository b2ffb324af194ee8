/* SPDX-License-Identifier: MIT
 *
 * What needs no broker and no HTTP server: what a call says, how it is signed, what stands in the post.
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
#include <sqlite3.h>

#include "base/text.h"
#include "dispatcher/channel/channel.h"
#include "dispatcher/channel/channels.h"
#include "dispatcher/lost.h"
#include "dispatcher/post.h"
#include "lane/sql.h"
#include "web/webhook.h"

static const char *const migrations[] = {POST_TABLE ";" WEBHOOK_TABLE, CHANNELS_TABLES, POST_QUEUES, STATE_LOST_TABLE};
static char folder[] = "/tmp/curtain-channels-XXXXXX";
static struct store *store;
static struct zone *zone;

static void path_of(const char *name, char out[128])
{
	snprintf(out, 128, "%s/%s", folder, name);
}

static int set_up(void **state)
{
	char path[128];

	(void)state;
	memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
	assert_non_null(mkdtemp(folder));
	path_of("x.db", path);
	assert_int_equal(zone_load("UTC", &zone, NULL), ERR_OK);
	assert_int_equal(store_open(path, migrations, sizeof migrations / sizeof *migrations, 0, &store, NULL), ERR_OK);
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = {"x.db", "x.db-wal", "x.db-shm", "x.db.lock", "secret"};
	char path[128];

	(void)state;
	store_close(store);
	zone_destroy(zone);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		path_of(names[i], path);
		unlink(path);
	}
	return rmdir(folder);
}

static void put_secret(const char *text, char path[128])
{
	path_of("secret", path);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
}

static void signature_is_that_of_the_specification_s_example(void **state)
{
	static const char body[] = "{\"test\": 2432232314}";
	struct webhook_secret secret;
	char path[128], signature[WEBHOOK_SIGNATURE_BYTES];

	(void)state;
	put_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", path);
	assert_int_equal(webhook_secret_load(path, &secret, NULL), ERR_OK);
	assert_int_equal(secret.length, 24);
	webhook_sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, sizeof body - 1, signature);
	assert_string_equal(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void secret_is_base64_after_its_prefix_or_plain(void **state)
{
	struct errinfo info = {0};
	struct webhook_secret secret = {.length = 7};
	char path[128];

	(void)state;
	put_secret("plain words", path);
	assert_int_equal(webhook_secret_load(path, &secret, NULL), ERR_OK);
	assert_int_equal(secret.length, 11);
	assert_int_equal(webhook_secret_load("", &secret, NULL), ERR_OK);
	assert_int_equal(secret.length, 0);
	put_secret("whsec_", path);
	assert_int_equal(webhook_secret_load(path, &secret, &info), ERR_INVALID);
	assert_non_null(strstr(info.text, "base64"));
	put_secret("whsec_abc", path);
	assert_int_equal(webhook_secret_load(path, &secret, NULL), ERR_INVALID);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(webhook_secret_load(path, &secret, NULL), ERR_DENIED);
}

static void addresses_are_http_or_nothing(void **state)
{
	(void)state;
	assert_int_equal(webhook_check("", NULL), ERR_OK);
	assert_int_equal(webhook_check("http://127.0.0.1:8080/x", NULL), ERR_OK);
	assert_int_equal(webhook_check("https://desk.example/hook?a=b", NULL), ERR_OK);
	assert_int_equal(webhook_check("https://", NULL), ERR_INVALID);
	assert_int_equal(webhook_check("file:///etc/passwd", NULL), ERR_INVALID);
	assert_int_equal(webhook_check("http://a b", NULL), ERR_INVALID);
}

static void begin(void)
{
	assert_int_equal(store_begin(store, NULL), ERR_OK);
}

static void commit(void)
{
	assert_int_equal(store_commit(store, NULL), ERR_OK);
}

/* rows gives what stands in the post as "topic=payload" joined by spaces; a retained one has a *. */
static const char *rows(void)
{
	static char out[600];
	sqlite3_stmt *statement;
	size_t length = 0;

	*out = '\0';
	assert_int_equal(sql_prepare(store_db(store),
				 "SELECT topic || iif(retain, '*', '') || '=' || CAST(payload AS TEXT) FROM post ORDER "
				 "BY number",
				 &statement, NULL),
		ERR_OK);
	while (sqlite3_step(statement) == SQLITE_ROW && length < sizeof out)
		length += (size_t)snprintf(out + length, sizeof out - length, "%s%s", length ? " " : "",
			(const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	return out;
}

static void letters_stay_until_they_are_delivered(void **state)
{
	struct post *post;

	(void)state;
	assert_int_equal(post_open(store, &post, NULL), ERR_OK);
	begin();
	assert_int_equal(post_letter(post, "curtain/volunteer/a/page", "1", 1, NULL), ERR_OK);
	assert_int_equal(post_letter(post, "curtain/volunteer/b/page", "2", 1, NULL), ERR_OK);
	commit();
	assert_int_equal(post_waiting(post), 2);
	post_close(post);
	assert_int_equal(post_open(store, &post, NULL), ERR_OK); /* a restart */
	assert_true(post_pending(post));
	post_delivered(post, 1);
	assert_true(post_settles(post));
	assert_int_equal(post_settle(post, NULL), ERR_OK);
	assert_string_equal(rows(), "curtain/volunteer/b/page=2");
	post_delivered(post, 2);
	post_delivered(post, 99); /* nothing of ours */
	assert_int_equal(post_settle(post, NULL), ERR_OK);
	assert_string_equal(rows(), "");
	begin();
	assert_int_equal(post_letter(post, "curtain/volunteer/c/page", "3", 1, NULL), ERR_OK);
	commit();
	post_delivered(post, 1); /* numbers are never used again */
	assert_int_equal(post_settle(post, NULL), ERR_OK);
	assert_string_equal(rows(), "curtain/volunteer/c/page=3");
	post_close(post);
}

static void retained_message_is_kept_replaced_moved_and_cleared(void **state)
{
	struct post *post;

	(void)state;
	assert_int_equal(post_open(store, &post, NULL), ERR_OK);
	begin();
	assert_int_equal(post_keep(post, "k", "t/none", "1", 1, NULL), ERR_OK);
	assert_int_equal(post_keep(post, "k", "t/none", "1", 1, NULL), ERR_OK);
	assert_string_equal(rows(), "t/none*=1");
	assert_int_equal(post_keep(post, "k", "t/none", "2", 1, NULL), ERR_OK);
	assert_string_equal(rows(), "t/none*=2");
	assert_int_equal(post_keep(post, "k", "t/c-1", "3", 1, NULL), ERR_OK);
	assert_string_equal(rows(), "t/none*= t/c-1*=3");
	assert_int_equal(post_drop(post, "k", NULL), ERR_OK);
	assert_int_equal(post_drop(post, "k", NULL), ERR_OK);
	assert_string_equal(rows(), "t/none*= t/c-1*=");
	commit();
	assert_int_equal(post_waiting(post), 2);
	post_close(post);
}

static void delivery_does_not_take_away_what_is_retained(void **state)
{
	struct post *post;

	(void)state;
	assert_int_equal(post_open(store, &post, NULL), ERR_OK);
	begin();
	assert_int_equal(post_keep(post, "k", "t", "1", 1, NULL), ERR_OK);
	commit();
	post_delivered(post, 1);
	assert_int_equal(post_settle(post, NULL), ERR_OK);
	assert_string_equal(rows(), "t*=1");
	assert_int_equal(post_waiting(post), 0);
	post_close(post);
}

/* ---- deliveries in the store ---- */

/* Nobody listens at that port: what is called fails at once. */
#define NOBODY "http://127.0.0.1:9/"

static struct channels *open_channels(const char *url)
{
	const struct channels_config config = {.files = {.file = "",
						       .presets = "",
						       .webhook_url = url,
						       .webhook_secret_file = "",
						       .webhook_timeout_ms = 200},
		.people_file = "",
		.zone = zone,
		.waiting_max = 10,
		.keep_ms = MS_PER_DAY,
		.link_base = "",
		.link_key_file = ""};
	struct channels *channels = NULL;
	struct errinfo info = {0};

	if (channels_open(store, &config, &channels, &info))
		fail_msg("%s", info.text);
	return channels;
}

static struct page page_of(const char *id)
{
	struct page page = {.kind = ALERT_SOS, .level = ALERT_LIFE, .at = {1772400000000}, .expires = WALL_NONE};

	text_cut(page.id, sizeof page.id, id);
	text_cut(page.incident, sizeof page.incident, "i-1");
	text_cut(page.user, sizeof page.user, "v-1");
	text_cut(page.household, sizeof page.household, "h-1");
	text_cut(page.reason_zh, sizeof page.reason_zh, "按下了呼救键。");
	text_cut(page.reason_en, sizeof page.reason_en, "Pressed.");
	return page;
}

static const char *receipts(struct channels *channels)
{
	static char text[4096];
	struct buf out;

	buf_init(&out, sizeof text - 1);
	assert_int_equal(channels_receipts(channels, "i-1", 10, &out, NULL), ERR_OK);
	text_cut(text, sizeof text, out.data);
	buf_fini(&out);
	return text;
}

static int64_t count_of(const char *sql)
{
	sqlite3_stmt *statement;
	int64_t count;

	assert_int_equal(sql_prepare(store_db(store), sql, &statement, NULL), ERR_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	count = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return count;
}

static void page_waits_in_the_store_and_nothing_is_called_before_the_commit(void **state)
{
	struct channels *channels = open_channels(NOBODY);
	struct page page = page_of("p-1");

	(void)state;
	begin();
	assert_int_equal(channels_page(channels, &page, wall_now(), NULL), ERR_OK);
	channels_run(channels, wall_now(), mono_now());
	assert_null(strstr(receipts(channels), "ended"));
	assert_int_equal(channels_stats(channels).failed, 0);
	store_rollback(store); /* a kill before the commit: nothing of it was seen */
	channels_close(channels);
	channels = open_channels(NOBODY);
	assert_int_equal(channels_stats(channels).waiting, 0);
	begin();
	assert_int_equal(channels_page(channels, &page, wall_now(), NULL), ERR_OK);
	commit();
	channels_close(channels); /* a kill after it */
	channels = open_channels(NOBODY);
	assert_int_equal(channels_stats(channels).waiting, 1);
	assert_non_null(strstr(receipts(channels), "\"state\":\"open\",\"channel\":\"webhook\""));
	channels_close(channels);
}

static void attempts_survive_a_restart(void **state)
{
	struct channels *channels = open_channels(NOBODY);
	struct page page = page_of("p-1");
	struct wall now = wall_now();

	(void)state;
	begin();
	assert_int_equal(channels_page(channels, &page, now, NULL), ERR_OK);
	commit();
	for (int i = 0; i < 2000 && !channels_stats(channels).failed; i++) {
		channels_run(channels, now, mono_now());
		usleep(1000); /* a connection is refused when the kernel says so */
	}
	assert_int_equal(channels_stats(channels).failed, 1);
	assert_true(channels_settles(channels));
	assert_int_equal(channels_settle(channels, NULL), ERR_OK);
	assert_false(channels_settles(channels));
	channels_close(channels);
	assert_int_equal(count_of("SELECT attempts FROM delivery"), 1);
	assert_int_equal(count_of("SELECT due - first FROM delivery"), 5000);
}

static void page_of_a_channel_that_is_gone_is_given_up_and_its_text_forgotten(void **state)
{
	struct channels *channels = open_channels(NOBODY);
	struct page page = page_of("p-1");

	(void)state;
	begin();
	assert_int_equal(channels_page(channels, &page, wall_now(), NULL), ERR_OK);
	commit();
	channels_close(channels);
	channels = open_channels("");
	assert_non_null(strstr(receipts(channels), "\"state\":\"given_up\""));
	assert_non_null(strstr(receipts(channels), "\"cause\":\"its channels are gone\""));
	assert_int_equal(count_of("SELECT sum(length(page)) FROM delivery"), 0);
	channels_close(channels);
}

static void page_that_cannot_be_read_is_set_aside_and_the_others_go_on(void **state)
{
	struct channels *channels = open_channels(NOBODY);
	struct page pages[] = {page_of("p-1"), page_of("p-2")};

	(void)state;
	begin();
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(channels_page(channels, &pages[i], wall_now(), NULL), ERR_OK);
	commit();
	channels_close(channels);
	assert_int_equal(
		sqlite3_exec(store_db(store), "UPDATE delivery SET page = x'7b' WHERE id = 'p-1'", NULL, NULL, NULL),
		SQLITE_OK);
	channels = open_channels(NOBODY);
	assert_int_equal(count_of("SELECT count(*) FROM delivery WHERE ended IS NULL AND id = 'p-2'"), 1);
	assert_int_equal(count_of("SELECT count(*) FROM delivery"), 1);
	assert_int_equal(
		count_of("SELECT count(*) FROM state_lost WHERE kind = 'page' AND state = x'7b' AND standing"), 1);
	channels_close(channels);
}

static void calls_that_an_earlier_version_noted_are_taken_over(void **state)
{
	struct channels *channels;

	(void)state;
	begin();
	assert_int_equal(
		sqlite3_exec(store_db(store),
			"INSERT INTO webhook (id, body, attempts) VALUES ('p-1', CAST('{\"type\":\"page.withdrawn\","
			"\"timestamp\":\"2026-03-01T21:20:00.000Z\",\"data\":{\"id\":\"p-1\",\"incident\":\"i-1\","
			"\"user\":\"v-1\",\"household\":\"h-1\",\"role\":\"primary\",\"kind\":\"sos\",\"level\":"
			"\"life\"}}' AS BLOB), 2), ('x', CAST('broken' AS BLOB), 0)",
			NULL, NULL, NULL),
		SQLITE_OK);
	commit();
	channels = open_channels(NOBODY);
	assert_int_equal(channels_stats(channels).waiting, 1);
	assert_non_null(strstr(receipts(channels), "\"page\":\"p-1\""));
	assert_non_null(strstr(receipts(channels), "\"withdrawn\":true"));
	assert_int_equal(count_of("SELECT count(*) FROM webhook"), 0);
	channels_close(channels);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(signature_is_that_of_the_specification_s_example),
		WITH_STORE(secret_is_base64_after_its_prefix_or_plain),
		WITH_STORE(addresses_are_http_or_nothing),
		WITH_STORE(page_waits_in_the_store_and_nothing_is_called_before_the_commit),
		WITH_STORE(attempts_survive_a_restart),
		WITH_STORE(page_of_a_channel_that_is_gone_is_given_up_and_its_text_forgotten),
		WITH_STORE(page_that_cannot_be_read_is_set_aside_and_the_others_go_on),
		WITH_STORE(calls_that_an_earlier_version_noted_are_taken_over),
		WITH_STORE(letters_stay_until_they_are_delivered),
		WITH_STORE(retained_message_is_kept_replaced_moved_and_cleared),
		WITH_STORE(delivery_does_not_take_away_what_is_retained),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
