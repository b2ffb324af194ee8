/* SPDX-License-Identifier: MIT */
#include "status_board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/json.h"
#include "show.h"
#include "words.h"

enum err status_board_expect(struct status_board *board, const char *services, struct errinfo *info)
{
	const char *at = services;

	while (*at) {
		size_t length = strcspn(at, ",");
		if (!length || length >= WORD_BYTES || board->expected_count == STATUS_SERVICES_MAX)
			return errinfo_set(
				info, ERR_INVALID, "the services are names joined by commas, as in \"ingest,records\"");
		memcpy(board->expected[board->expected_count++], at, length);
		at += length;
		if (*at == ',')
			at++;
	}
	return ERR_OK;
}

static int by_name(const void *a, const void *b)
{
	const struct status *x = a, *y = b;
	int order = strcmp(x->service, y->service);

	return order ? order : strcmp(x->instance, y->instance);
}

void status_board_take(struct status_board *board, const struct status *status)
{
	unsigned i = 0;

	while (i < board->count && by_name(&board->rows[i], status) != 0)
		i++;
	if (i == STATUS_INSTANCES_MAX) {
		board->overflow++;
		return;
	}
	board->rows[i] = *status;
	board->count += i == board->count;
}

void status_board_sort(struct status_board *board)
{
	qsort(board->rows, board->count, sizeof board->rows[0], by_name);
}

static bool is_stale(const struct status_board *board, const struct status *row)
{
	return row->state != STATUS_DOWN && board->now.ms - row->at.ms > board->stale_ms;
}

static bool is_well(const struct status_board *board, const struct status *row)
{
	return row->state == STATUS_READY && !is_stale(board, row);
}

static bool is_missing(const struct status_board *board, const char *service)
{
	for (unsigned i = 0; i < board->count; i++)
		if (!strcmp(board->rows[i].service, service))
			return false;
	return true;
}

bool status_board_healthy(const struct status_board *board)
{
	bool healthy = board->count > 0 && !board->overflow && !board->unread;

	for (unsigned i = 0; i < board->count; i++)
		healthy = healthy && is_well(board, &board->rows[i]);
	for (unsigned i = 0; i < board->expected_count; i++)
		healthy = healthy && !is_missing(board, board->expected[i]);
	return healthy;
}

static void add_row(
	const struct status_board *board, const struct zone *zone, struct table *table, const struct status *row)
{
	char text[96], duration[SHOW_DURATION_BYTES];

	table_cell(table, row->service);
	table_cell(table, row->instance);
	show_duration(board->now.ms - row->at.ms, duration);
	snprintf(text, sizeof text, is_stale(board, row) ? "%s %s，已无消息 silent for %s" : "%s %s",
		words_status(row->state), status_state_name(row->state), duration);
	table_cell(table, text);
	show_duration(row->lag_ms, duration);
	table_cell(table, duration);
	table_number(table, row->outbox);
	show_duration(row->at.ms - row->started.ms, duration);
	table_cell(table, row->state == STATUS_DOWN ? "-" : duration);
	table_cell(table, row->version);
	show_time(zone, row->clock, text);
	table_cell(table, text);
}

#define DAY_S 86400
#define CERTIFICATE_S_FEW (14 * DAY_S)
#define BACKUP_S_LONG (26 * 3600)
#define BACKUP_S_NEVER (INT64_C(10) * 366 * DAY_S) /* records has found no stamp (services/records/stamp.h) */

static void put_certificate(const char *zh, const char *en, int64_t left_s, struct buf *out)
{
	const char *mark = left_s < CERTIFICATE_S_FEW ? "注意：" : "";

	if (left_s > 0)
		buf_printf(out, "%s%s证书还有 %lld 天 (days until the %s's certificate ends)\n", mark, zh,
			(long long)(left_s / DAY_S), en);
	else
		buf_printf(out, "%s%s证书已到期或读不出 (the %s's certificate has ended, or cannot be read)\n", mark,
			zh, en);
}

/* put_remarks writes a line for the backup, each certificate that somebody watches, and rosters that were lost. */
static void put_remarks(const struct status *row, struct buf *out)
{
	char age[SHOW_DURATION_BYTES];

	for (unsigned i = 0; i < row->counter_count; i++) {
		const char *name = row->counters[i].name;
		int64_t value = row->counters[i].value;
		if (!strcmp(name, "backup_age_seconds") && value > BACKUP_S_NEVER) {
			buf_text(out, "注意：没有备份 (no backup is known; curtain backup FILE --stamp FILE)\n");
		} else if (!strcmp(name, "backup_age_seconds")) {
			show_duration(value * 1000, age);
			buf_printf(out, "%s最近备份 %s 前 (age of the last backup)\n",
				value > BACKUP_S_LONG ? "注意：" : "", age);
		} else if (!strcmp(name, "certificate_left_seconds")) {
			put_certificate("网关", "gateway", value, out);
		} else if (!strcmp(name, "broker_certificate_left_seconds")) {
			put_certificate("消息服务器", "broker", value, out);
		} else if (!strcmp(name, "rosters_lost") && value) {
			buf_printf(out,
				"注意：%lld 个队的排班读不出，已停用，请重新发布 (teams whose roster cannot be read; "
				"its log names them: curtain roster publish)\n",
				(long long)value);
		} else if (!strcmp(name, "states_lost") && value) {
			buf_printf(out,
				"注意：库中 %lld 条记录读不出，已搁置 (rows of the dispatcher's store that cannot be "
				"read: its log names each, row_set_aside)\n",
				(long long)value);
		}
	}
}

enum err status_board_text(const struct status_board *board, const struct zone *zone, struct buf *out)
{
	static const char *const headings[] = {"服务 service", "实例 instance", "状态 state", ">积压 lag",
		">待确认 outbox", ">已运行 uptime", "版本 version", "处理到 clock"};
	struct table *table = table_create(headings, 8);
	enum err err;

	if (!table)
		return ERR_NOMEM;
	for (unsigned i = 0; i < board->count; i++)
		add_row(board, zone, table, &board->rows[i]);
	for (unsigned i = 0; i < board->expected_count; i++)
		for (unsigned column = 0; column < 8 && is_missing(board, board->expected[i]); column++)
			table_cell(table, column == 0 ? board->expected[i] : column == 2 ? "缺 missing" : "-");
	err = table_print(table, out);
	table_destroy(table);
	if (board->unread)
		buf_printf(out, "%u 条状态看不懂 (status messages are not understood: another version of Curtain?)\n",
			board->unread);
	if (board->overflow)
		buf_printf(
			out, "超过 %u 个实例，其余未显示 (more instances than can be shown)\n", STATUS_INSTANCES_MAX);
	for (unsigned i = 0; i < board->count; i++)
		put_remarks(&board->rows[i], out);
	buf_text(out, status_board_healthy(board) ? "全部服务正常 (all services are well)\n"
						  : "有服务异常 (not all services are well); 看其日志 (see its log)\n");
	return err ? err : out->failed;
}

static void row_json(const struct status_board *board, const struct status *row, struct buf *out)
{
	json_open(out, '{');
	json_member_text(out, "service", row->service);
	json_member_text(out, "instance", row->instance);
	json_member_text(out, "state", status_state_name(row->state));
	json_member_bool(out, "well", is_well(board, row));
	json_member_text(out, "version", row->version);
	json_member_wall(out, "at", row->at);
	json_member_int(out, "uptime_ms", row->state == STATUS_DOWN ? 0 : row->at.ms - row->started.ms);
	json_member_int(out, "lag_ms", row->lag_ms);
	json_member_int(out, "outbox", row->outbox);
	json_member_wall_if(out, "clock", row->clock);
	json_key(out, "counters");
	json_open(out, '{');
	for (unsigned i = 0; i < row->counter_count; i++)
		json_member_int(out, row->counters[i].name, row->counters[i].value);
	json_close(out, '}');
	json_close(out, '}');
}

enum err status_board_json(const struct status_board *board, struct buf *out)
{
	json_open(out, '{');
	json_member_bool(out, "healthy", status_board_healthy(board));
	json_key(out, "services");
	json_open(out, '[');
	for (unsigned i = 0; i < board->count; i++)
		row_json(board, &board->rows[i], out);
	json_close(out, ']');
	json_key(out, "missing");
	json_open(out, '[');
	for (unsigned i = 0; i < board->expected_count; i++)
		if (is_missing(board, board->expected[i]))
			json_text(out, board->expected[i]);
	json_close(out, ']');
	json_close(out, '}');
	return buf_byte(out, '\n');
}
