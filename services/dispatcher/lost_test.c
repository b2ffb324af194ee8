/* SPDX-License-Identifier: MIT
 *
 * A row of each kind that cannot be read: set aside as it is, named, counted, told once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "dispatcher/channel/channels.h"
#include "dispatcher/lost.h"
#include "dispatcher/post.h"

/* The columns that matter, as the service's own migrations have them. */
static const char tables[] =
	"CREATE TABLE incident (id TEXT PRIMARY KEY, state BLOB NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE rota (id TEXT PRIMARY KEY, state BLOB NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE rota_rules (team TEXT PRIMARY KEY, rules TEXT NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE visit_state (home INTEGER NOT NULL, id TEXT NOT NULL, state BLOB NOT NULL, PRIMARY KEY (home, "
	"id)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE handset (household TEXT PRIMARY KEY, number TEXT NOT NULL, at INTEGER NOT NULL, who TEXT NOT "
	"NULL) STRICT, WITHOUT ROWID";

static const char stood[] =
	"CREATE TABLE stood (team TEXT NOT NULL, starts INTEGER NOT NULL, ends INTEGER NOT NULL, place "
	"INTEGER NOT NULL, shift TEXT NOT NULL, planned TEXT NOT NULL, user TEXT NOT NULL, open_from "
	"INTEGER, open_until INTEGER, PRIMARY KEY (team, starts, shift, planned, user)) STRICT, WITHOUT "
	"ROWID";
static const char *const migrations[] = {POST_TABLE, POST_QUEUES, CHANNELS_TABLES, tables, stood, STATE_LOST_TABLE};
static char path[] = "/tmp/curtain-lost-XXXXXX.db";
static struct store *store;

static void sql(const char *text)
{
	assert_int_equal(sqlite3_exec(store_db(store), text, NULL, NULL, NULL), SQLITE_OK);
}

static int64_t number(const char *text)
{
	sqlite3_stmt *row = NULL;
	int64_t value;

	assert_int_equal(sqlite3_prepare_v2(store_db(store), text, -1, &row, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	value = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	return value;
}

static int set_up(void **state)
{
	(void)state;
	memcpy(path + strlen("/tmp/curtain-lost-"), "XXXXXX", 6);
	close(mkstemps(path, 3));
	assert_int_equal(store_open(path, migrations, sizeof migrations / sizeof *migrations, 0, &store, NULL), ERR_OK);
	return 0;
}

static int tear_down(void **state)
{
	char beside[64];

	(void)state;
	store_close(store);
	snprintf(beside, sizeof beside, "%s-wal", path);
	unlink(beside);
	return unlink(path);
}

/* take sets aside each row that text gives, standing on it, as the readers do. */
static unsigned take(enum lost_kind kind, const char *text)
{
	sqlite3_stmt *rows = NULL;
	unsigned count = 0;

	assert_int_equal(sqlite3_prepare_v2(store_db(store), text, -1, &rows, NULL), SQLITE_OK);
	for (; sqlite3_step(rows) == SQLITE_ROW; count++)
		assert_int_equal(lost_take(store, kind, rows, 0, "corrupt", NULL), ERR_OK);
	sqlite3_finalize(rows);
	return count;
}

static void counted(unsigned standing, bool untold)
{
	unsigned count = 99;
	bool news = !untold;

	assert_int_equal(lost_count(store, &count, &news, NULL), ERR_OK);
	assert_int_equal(count, standing);
	assert_int_equal(news, untold);
}

static void a_row_of_each_kind_is_moved_as_it_is_and_the_others_stay(void **state)
{
	(void)state;
	sql("INSERT INTO incident VALUES ('i-1', x'00ff'), ('i-2', x'01')");
	sql("INSERT INTO rota VALUES ('rota-1', x'00ff'), ('rota-2', x'01')");
	sql("INSERT INTO rota_rules VALUES ('t-1', 'nonsense'), ('t-2', 'run,3')");
	sql("INSERT INTO visit_state VALUES (1, 'h-1', x'00ff'), (0, 'h-1', x'01'), (0, 'e-1', x'00ff'), (1, 'e-1', "
	    "x'01'), (2, 'plans', x'00ff'), (3, 'plans', x'00ff')");
	sql("INSERT INTO handset VALUES ('h-1', '', 1, 'desk'), ('h-2', '1001', 1, 'desk')");
	sql("INSERT INTO delivery VALUES (7, 'p-1', 'i-1', 'v-1', 0, x'00ff', '', '', 0, 0, 0, 0, NULL, 0, 'open', '', "
	    "'', NULL), (8, 'p-2', 'i-1', 'v-1', 0, x'01', '', '', 0, 0, 0, 0, NULL, 0, 'open', '', '', NULL)");
	assert_int_equal(take(LOST_INCIDENT, "SELECT id FROM incident WHERE state = x'00ff'"), 1);
	assert_int_equal(take(LOST_MATTER, "SELECT id FROM rota WHERE state = x'00ff'"), 1);
	assert_int_equal(take(LOST_RULES, "SELECT team FROM rota_rules WHERE rules = 'nonsense'"), 1);
	assert_int_equal(take(LOST_HOME, "SELECT id FROM visit_state WHERE home = 1 AND state = x'00ff'"), 1);
	assert_int_equal(take(LOST_ERRAND, "SELECT id FROM visit_state WHERE NOT home AND state = x'00ff'"), 1);
	assert_int_equal(take(LOST_MORNING, "SELECT id FROM visit_state WHERE home > 1 GROUP BY id"), 1);
	assert_int_equal(take(LOST_HANDSET, "SELECT household FROM handset WHERE number = ''"), 1);
	sql("INSERT INTO stood VALUES ('t-1', 5, 9, 0, CAST(x'ff' AS TEXT), 'v-1', '', NULL, 7), ('t-1', 5, 9, 0, 's', "
	    "'v-1', '', NULL, NULL)");
	assert_int_equal(take(LOST_STOOD, "SELECT " STOOD_KEY " FROM stood WHERE shift <> 's'"), 1);
	assert_int_equal(number("SELECT count(*) FROM stood WHERE shift = 's'"), 1);
	assert_int_equal(number("SELECT count(*) FROM state_lost WHERE kind = 'stood' AND state = '9/0//7'"), 1);
	assert_int_equal(take(LOST_PAGE, "SELECT number FROM delivery WHERE page = x'00ff'"), 1);
	assert_int_equal(number("SELECT count(*) FROM incident WHERE id = 'i-2'"), 1);
	assert_int_equal(number("SELECT (SELECT count(*) FROM incident) + (SELECT count(*) FROM rota) + (SELECT "
				"count(*) FROM rota_rules) + (SELECT count(*) FROM visit_state WHERE state = x'01') + "
				"(SELECT count(*) FROM handset) + (SELECT count(*) FROM delivery)"),
		7);
	assert_int_equal(number("SELECT count(*) FROM visit_state"), 2);
	assert_int_equal(number("SELECT count(*) FROM state_lost WHERE state = x'00ff' AND cause = 'corrupt'"), 7);
	assert_int_equal(number("SELECT count(*) FROM state_lost WHERE kind = 'rules' AND id = 't-1' AND state = "
				"'nonsense'"),
		1);
	assert_int_equal(number("SELECT count(*) FROM state_lost WHERE kind = 'page' AND id = '7'"), 1);
	counted(10, true);
}

static void all_of_many_are_read_while_they_are_moved(void **state)
{
	unsigned count = 0;
	char ids[LOST_WORDS_BYTES];

	(void)state;
	sql("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO incident "
	    "SELECT printf('i-%03d', i), x'00' FROM n");
	assert_int_equal(store_begin(store, NULL), ERR_OK);
	assert_int_equal(take(LOST_INCIDENT, "SELECT id, state FROM incident ORDER BY id"), 300);
	assert_int_equal(store_commit(store, NULL), ERR_OK);
	assert_int_equal(number("SELECT count(*) FROM incident"), 0);
	assert_int_equal(lost_untold(store, LOST_INCIDENT, &count, ids, NULL), ERR_OK);
	assert_int_equal(count, 300);
	assert_string_equal(ids, "i-001, i-002, i-003, i-004, i-005, i-006, i-007, i-008, ...");
}

static void it_is_told_once_and_is_no_news_at_the_next_start_but_for_rules(void **state)
{
	unsigned count = 0;
	char ids[LOST_WORDS_BYTES];

	(void)state;
	sql("INSERT INTO incident VALUES ('i-1', x'00')");
	sql("INSERT INTO rota_rules VALUES ('t-1', 'nonsense')");
	take(LOST_INCIDENT, "SELECT id FROM incident");
	take(LOST_RULES, "SELECT team FROM rota_rules");
	assert_int_equal(lost_begin(store, NULL), ERR_OK);
	counted(1, true); /* a kill came before the desk was told */
	assert_int_equal(lost_untold(store, LOST_INCIDENT, &count, ids, NULL), ERR_OK);
	assert_int_equal(count, 1);
	assert_string_equal(ids, "i-1");
	assert_int_equal(lost_told(store, NULL), ERR_OK);
	counted(1, false);
	assert_int_equal(lost_heal(store, LOST_RULES, "t-2", NULL), ERR_OK);
	counted(1, false);
	assert_int_equal(lost_heal(store, LOST_RULES, "t-1", NULL), ERR_OK);
	counted(0, false);
	assert_int_equal(number("SELECT count(*) FROM state_lost"), 2);
	sql("INSERT INTO incident VALUES ('i-1', x'01')"); /* the same once more */
	take(LOST_INCIDENT, "SELECT id FROM incident");
	counted(1, true);
	assert_int_equal(number("SELECT count(*) FROM state_lost"), 3);
}

static void an_id_that_is_none_is_kept_and_not_told_as_it_is(void **state)
{
	unsigned count = 0;
	char ids[LOST_WORDS_BYTES];

	(void)state;
	sql("INSERT INTO incident VALUES (CAST(x'690041ff0a' AS TEXT), x'00')");
	assert_int_equal(take(LOST_INCIDENT, "SELECT id FROM incident"), 1);
	assert_int_equal(number("SELECT count(*) FROM incident"), 0);
	assert_int_equal(lost_untold(store, LOST_INCIDENT, &count, ids, NULL), ERR_OK);
	assert_int_equal(count, 1);
	assert_string_equal(ids, "i"); /* as far as it is text */
}

static void a_snapshot_is_kept_and_its_place_left_to_the_post(void **state)
{
	struct post *post;
	struct buf payload;
	char key[POST_KEY_BYTES];
	int64_t at = 0;

	(void)state;
	assert_int_equal(post_open(store, &post, NULL), ERR_OK);
	assert_int_equal(post_keep(post, "oncall/t-1", "curtain/oncall/t-1", "{}", 2, NULL), ERR_OK);
	assert_int_equal(post_keep(post, "incident/i-1", "curtain/incident/c-1/i-1", "{1", 2, NULL), ERR_OK);
	assert_int_equal(post_keep(post, "incident/i-2", "curtain/incident/c-1/i-2", "{too long", 9, NULL), ERR_OK);
	assert_int_equal(post_letter(post, "curtain/incident/c-1/i-3", "{}", 2, NULL), ERR_OK);
	buf_init(&payload, 4);
	assert_int_equal(post_next_kept(post, "incident/", &at, key, &payload, NULL), ERR_OK);
	assert_string_equal(key, "incident/i-1");
	assert_int_equal(payload.length, 2);
	assert_int_equal(lost_take_id(store, LOST_SNAPSHOT, "i-1", "no JSON", NULL), ERR_OK);
	assert_int_equal(post_drop(post, key, NULL), ERR_OK);
	assert_int_equal(post_next_kept(post, "incident/", &at, key, &payload, NULL), ERR_OK);
	assert_string_equal(key, "incident/i-2");
	assert_int_equal(payload.length, 0);
	assert_int_equal(post_next_kept(post, "incident/", &at, key, &payload, NULL), ERR_NOT_FOUND);
	assert_int_equal(number("SELECT count(*) FROM state_lost WHERE id = 'i-1' AND state = CAST('{1' AS BLOB)"), 1);
	assert_int_equal(
		number("SELECT count(*) FROM post WHERE topic = 'curtain/incident/c-1/i-1' AND payload = x''"), 1);
	counted(1, true);
	buf_fini(&payload);
	post_close(post);
}

static void a_message_that_the_broker_would_break_off_for_does_not_hold_up_the_others(void **state)
{
	static const char *const good[] = {"curtain/volunteer/v-1/page", "curtain/volunteer/v-1/notice",
		"curtain/volunteer/v-1/errand", "curtain/incident/none/i-1", "curtain/oncall/t-1",
		"curtain/outage/dispatcher-1/webhook"};
	struct post *post;

	(void)state;
	assert_int_equal(post_open(store, &post, NULL), ERR_OK);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(post_page(post, "curtain/volunteer/v-1/page", "{}", 2, NULL), ERR_OK);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_int_equal(post_letter(post, good[i], "{}", 2, NULL), ERR_OK);
	post_close(post);
	sql("UPDATE post SET topic = CAST(x'63ff0a' AS TEXT) WHERE number = 1");
	sql("UPDATE post SET topic = topic || char(10) WHERE number = 2");
	sql("UPDATE post SET topic = 'curtain/volunteer/+/page' WHERE number = 3");
	sql("UPDATE post SET topic = 'curtain/Incident/c-1/i-1' WHERE number = 4");
	sql("UPDATE post SET topic = 'curtain/oncall/t-1/x/y' WHERE number = 5");
	sql("UPDATE post SET queue = 9 WHERE number = 6");
	assert_int_equal(post_open(store, &post, NULL), ERR_OK);
	assert_int_equal(post_waiting(post), 6);
	assert_int_equal(
		number("SELECT count(*) FROM state_lost WHERE kind = 'post' AND state = CAST('{}' AS BLOB)"), 6);
	post_close(post);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		T(a_row_of_each_kind_is_moved_as_it_is_and_the_others_stay),
		T(all_of_many_are_read_while_they_are_moved),
		T(it_is_told_once_and_is_no_news_at_the_next_start_but_for_rules),
		T(an_id_that_is_none_is_kept_and_not_told_as_it_is),
		T(a_message_that_the_broker_would_break_off_for_does_not_hold_up_the_others),
		T(a_snapshot_is_kept_and_its_place_left_to_the_post),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
