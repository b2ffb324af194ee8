/* SPDX-License-Identifier: MIT
 *
 * What the commands say: words, incidents, the status board.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "incident_text.h"
#include "seen.h"
#include "status_board.h"
#include "text_rig.h"
#include "words.h"

/* ---- words ---- */

static void every_word_exists(void **state)
{
	(void)state;
	for (int i = 0; i < ALERT_LEVEL_COUNT; i++)
		assert_non_null(words_level((enum alert_level)i));
	for (int i = 0; i < ALERT_KIND_COUNT; i++)
		assert_non_null(words_kind((enum alert_kind)i));
	for (int i = 0; i < ALERT_STATE_COUNT; i++)
		assert_non_null(words_alert_state((enum alert_state)i));
	for (int i = 0; i < INCIDENT_STATE_COUNT; i++)
		assert_non_null(words_incident_state((enum incident_state)i));
	for (int i = 0; i < OUTCOME_COUNT; i++)
		assert_non_null(words_outcome((enum outcome)i));
	for (int i = 0; i < QUANTITY_COUNT; i++)
		assert_non_null(words_quantity((enum quantity)i));
	assert_string_equal(words_quantity(QUANTITY_TVOC), "tvoc");
	for (int i = 0; i < INCIDENT_EVENT_COUNT; i++) {
		buf_reset(&out);
		incident_text_event((enum incident_event)i, "", OUTCOME_NONE, "", &out);
		assert_true(out.length > 0);
	}
}

/* ---- incidents ---- */

static struct incident an_incident(void)
{
	struct incident i = {.id = "i-01",
		.revision = 2,
		.household = "h-0003",
		.community = "c-1",
		.team = "t-1",
		.state = INCIDENT_PAGING,
		.event = INCIDENT_EVENT_PAGED,
		.actor = "v-202",
		.kind = ALERT_SOS,
		.level = ALERT_LIFE,
		.opened = at("2026-11-24T04:01:46.123Z"),
		.at = at("2026-11-24T04:01:50.000Z"),
		.reason_zh = "呼救键被按下。",
		.reason_en = "The call button was pressed."};
	return i;
}

static void an_event_is_one_line_with_the_chinese_reason_first(void **state)
{
	struct incident i = an_incident();
	(void)state;
	buf_reset(&out);
	incident_text_line(&i, zone, false, false, &out);
	assert_string_equal(out.data, "2026-11-24 12:01:50 生命 呼救键被按下。  h-0003  呼叫 v-202  [i-01 paged] "
				      "The call button was pressed.\n");
}

static void an_open_incident_tells_where_it_stands(void **state)
{
	struct incident i = an_incident();
	(void)state;
	i.state = INCIDENT_ACCEPTED;
	strcpy(i.responder, "v-202");
	buf_reset(&out);
	incident_text_line(&i, zone, true, false, &out);
	assert_string_equal(out.data,
		"2026-11-24 12:01:50 生命 呼救键被按下。  h-0003  已接单 v-202，2026-11-24 12:01:46 起  "
		"[i-01 accepted] The call button was pressed.\n");
}

static void the_end_tells_outcome_and_note_without_control_characters(void **state)
{
	struct incident i = an_incident();
	(void)state;
	i.state = INCIDENT_RESOLVED;
	i.event = INCIDENT_EVENT_RESOLVED;
	i.outcome = OUTCOME_HELPED;
	strcpy(i.note, "一切安好\033[2J");
	buf_reset(&out);
	incident_text_line(&i, zone, false, true, &out);
	assert_string_equal(out.data, "2026-11-24 12:01:50 \033[32m生命 呼救键被按下。\033[0m  h-0003  "
				      "结束：已帮助（一切安好?[2J）  [i-01 resolved] The call button was pressed.\n");
}

static void a_revision_is_shown_once(void **state)
{
	static struct seen seen;
	char id[24];
	(void)state;
	assert_true(seen_is_new(&seen, "i-1", 2));
	assert_false(seen_is_new(&seen, "i-1", 2));
	assert_false(seen_is_new(&seen, "i-1", 1));
	assert_true(seen_is_new(&seen, "i-1", 3));
	for (int i = 0; i < SEEN_MAX - 1; i++) {
		snprintf(id, sizeof id, "other-%d", i);
		assert_true(seen_is_new(&seen, id, 1));
	}
	assert_false(seen_is_new(&seen, "i-1", 3)); /* full, nothing forgotten */
	assert_true(seen_is_new(&seen, "one more", 1));
	assert_true(seen_is_new(&seen, "i-1", 3)); /* the oldest made room */
	assert_false(seen_is_new(&seen, "other-1", 1));
}

/* ---- the status board ---- */

static struct status_board board;

static struct status a_status(const char *service, const char *instance, enum status_state state, const char *when)
{
	struct status s = {.version = "0.1.0",
		.state = state,
		.at = at(when),
		.started = at("2026-11-24T03:00:00Z"),
		.clock = WALL_NONE,
		.lag_ms = 12,
		.outbox = 3};

	text_cut(s.service, sizeof s.service, service);
	text_cut(s.instance, sizeof s.instance, instance);
	return s;
}

static void fill_board(const char *when)
{
	struct status ingest = a_status("ingest", "ingest-1", STATUS_READY, when),
		      records = a_status("records", "records-1", STATUS_READY, when);

	memset(&board, 0, sizeof board);
	board.now = at("2026-11-24T04:00:00Z");
	board.stale_ms = 60000;
	assert_int_equal(status_board_expect(&board, "records,ingest", NULL), ERR_OK);
	status_board_take(&board, &records);
	status_board_take(&board, &ingest);
}

static void all_ready_and_fresh_is_healthy(void **state)
{
	(void)state;
	fill_board("2026-11-24T03:59:00.000Z"); /* 60 s old: just fresh */
	assert_true(status_board_healthy(&board));
	fill_board("2026-11-24T03:58:59.999Z");
	assert_false(status_board_healthy(&board));
}

static void a_newer_status_takes_the_place_of_the_older(void **state)
{
	struct status down = a_status("ingest", "ingest-1", STATUS_DOWN, "2026-11-24T03:00:00Z");
	(void)state;
	fill_board("2026-11-24T04:00:00Z");
	status_board_take(&board, &down);
	assert_int_equal(board.count, 2);
	assert_false(status_board_healthy(&board));
}

static void what_is_missing_or_not_understood_is_no_health(void **state)
{
	(void)state;
	fill_board("2026-11-24T04:00:00Z");
	assert_int_equal(status_board_expect(&board, "detector", NULL), ERR_OK);
	assert_false(status_board_healthy(&board));
	fill_board("2026-11-24T04:00:00Z");
	board.unread = 1;
	assert_false(status_board_healthy(&board));
	memset(&board, 0, sizeof board);
	assert_false(status_board_healthy(&board));
}

static void names_of_services_are_checked(void **state)
{
	(void)state;
	memset(&board, 0, sizeof board);
	assert_int_equal(status_board_expect(&board, "ingest,,records", NULL), ERR_INVALID);
	assert_int_equal(status_board_expect(&board, "a-name-of-more-than-thirty-one-bytes", NULL), ERR_INVALID);
	assert_int_equal(status_board_expect(&board, "", NULL), ERR_OK);
}

static void the_board_is_a_table_with_a_verdict(void **state)
{
	(void)state;
	fill_board("2026-11-24T03:58:00Z");
	assert_int_equal(status_board_expect(&board, "detector", NULL), ERR_OK);
	status_board_sort(&board);
	buf_reset(&out);
	assert_int_equal(status_board_text(&board, zone, &out), ERR_OK);
	assert_string_equal(out.data,
		"服务 service  实例 instance  状态 state                                  积压 lag  待确认 outbox  "
		"已运行 uptime  版本 version  处理到 clock\n"
		"ingest        ingest-1       就绪 ready，已无消息 silent for 2 min 00 s     12 ms              3  "
		"  58 min 00 s  0.1.0         -\n"
		"records       records-1      就绪 ready，已无消息 silent for 2 min 00 s     12 ms              3  "
		"  58 min 00 s  0.1.0         -\n"
		"detector      -              缺 missing                                         -              -  "
		"            -  -             -\n"
		"有服务异常 (not all services are well); 看其日志 (see its log)\n");
}

static void rosters_and_rows_that_were_lost_are_told(void **state)
{
	struct status dispatcher = a_status("dispatcher", "dispatcher-1", STATUS_READY, "2026-11-24T04:00:00Z");
	(void)state;
	fill_board("2026-11-24T04:00:00Z");
	status_count(&dispatcher, "rosters_lost", 0);
	status_count(&dispatcher, "states_lost", 0);
	status_board_take(&board, &dispatcher);
	buf_reset(&out);
	assert_int_equal(status_board_text(&board, zone, &out), ERR_OK);
	assert_null(strstr(out.data, "排班"));
	assert_null(strstr(out.data, "搁置"));
	dispatcher.counters[0].value = 2;
	dispatcher.counters[1].value = 3;
	status_board_take(&board, &dispatcher);
	buf_reset(&out);
	assert_int_equal(status_board_text(&board, zone, &out), ERR_OK);
	assert_non_null(strstr(out.data, "\n注意：2 个队的排班读不出"));
	assert_non_null(strstr(out.data, "\n注意：库中 3 条记录读不出"));
	assert_true(status_board_healthy(&board)); /* calls are answered */
}

static void ages_of_backup_and_certificates_are_told_and_marked(void **state)
{
	struct status records = a_status("records", "records-1", STATUS_READY, "2026-11-24T04:00:00Z");
	struct status gateway = a_status("gateway", "gateway-1", STATUS_READY, "2026-11-24T04:00:00Z");
	(void)state;
	memset(&board, 0, sizeof board);
	board.now = at("2026-11-24T04:00:00.000Z");
	board.stale_ms = 60000;
	status_count(&records, "backup_age_seconds", 7200);
	status_count(&gateway, "certificate_left_seconds", 14 * 86400 - 1);
	status_count(&gateway, "broker_certificate_left_seconds", 14 * 86400);
	status_board_take(&board, &records);
	status_board_take(&board, &gateway);
	buf_reset(&out);
	assert_int_equal(status_board_text(&board, zone, &out), ERR_OK);
	assert_non_null(strstr(out.data, "\n最近备份 2 h 00 min 前"));
	assert_non_null(strstr(out.data, "\n注意：网关证书还有 13 天"));
	assert_non_null(strstr(out.data, "\n消息服务器证书还有 14 天"));
	gateway.counters[gateway.counter_count - 1].value = 0;
	status_board_take(&board, &gateway);
	records.counters[records.counter_count - 1].value = 26 * 3600 + 1;
	status_board_take(&board, &records);
	buf_reset(&out);
	assert_int_equal(status_board_text(&board, zone, &out), ERR_OK);
	assert_non_null(strstr(out.data, "\n注意：最近备份 1 d 2 h 前"));
	assert_non_null(strstr(out.data, "\n注意：消息服务器证书已到期或读不出"));
	records.counters[records.counter_count - 1].value = 1780000000;
	status_board_take(&board, &records);
	buf_reset(&out);
	assert_int_equal(status_board_text(&board, zone, &out), ERR_OK);
	assert_non_null(strstr(out.data, "no backup is known"));
}

static void more_instances_than_fit_are_told(void **state)
{
	char name[24];
	(void)state;
	fill_board("2026-11-24T04:00:00Z");
	for (int i = 0; i < STATUS_INSTANCES_MAX; i++) {
		snprintf(name, sizeof name, "x-%d", i);
		struct status s = a_status("x", name, STATUS_READY, "2026-11-24T04:00:00Z");
		status_board_take(&board, &s);
	}
	assert_int_equal(board.count, STATUS_INSTANCES_MAX);
	assert_int_equal(board.overflow, 2);
	assert_false(status_board_healthy(&board));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_word_exists),
		cmocka_unit_test(an_event_is_one_line_with_the_chinese_reason_first),
		cmocka_unit_test(an_open_incident_tells_where_it_stands),
		cmocka_unit_test(the_end_tells_outcome_and_note_without_control_characters),
		cmocka_unit_test(a_revision_is_shown_once),
		cmocka_unit_test(all_ready_and_fresh_is_healthy),
		cmocka_unit_test(a_newer_status_takes_the_place_of_the_older),
		cmocka_unit_test(what_is_missing_or_not_understood_is_no_health),
		cmocka_unit_test(names_of_services_are_checked),
		cmocka_unit_test(the_board_is_a_table_with_a_verdict),
		cmocka_unit_test(rosters_and_rows_that_were_lost_are_told),
		cmocka_unit_test(ages_of_backup_and_certificates_are_told_and_marked),
		cmocka_unit_test(more_instances_than_fit_are_told),
	};
	return cmocka_run_group_tests(tests, open_zone, close_zone);
}
