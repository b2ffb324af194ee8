/* SPDX-License-Identifier: MIT */
#include "kpi.h"

#include <stdio.h>
#include <string.h>

#include "codec/fields.h"
#include "row.h"

#define ANSWER_BYTES_MAX (8u << 20)

static json_int_t number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static double share(json_int_t part, json_int_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

/* put_share: "47/51 = 92.2%"; of nothing there is no share. */
static void put_share(json_int_t part, json_int_t whole, struct buf *out)
{
	buf_printf(out, "%lld/%lld", (long long)part, (long long)whole);
	if (whole)
		buf_printf(out, " = %.1f%%", share(part, whole));
}

static void put_within(
	const json_t *times, const char *limit, json_int_t of, const char *text, double aim, struct buf *out)
{
	json_int_t within = number(json_object_get(times, "within"), limit);

	buf_printf(out, "  %s: ", text);
	put_share(within, of, out);
	buf_printf(out, "（目标 aim %.1f%%%s）\n", aim, of && share(within, of) < aim ? "，未达到 missed" : "");
}

static void put_quantiles(const json_t *times, double unit_s, const char *unit, struct buf *out)
{
	if (number(times, "count"))
		buf_printf(out, "  p50 %.1f, p90 %.1f, p99 %.1f %s\n",
			json_number_value(json_object_get(times, "p50")) / unit_s,
			json_number_value(json_object_get(times, "p90")) / unit_s,
			json_number_value(json_object_get(times, "p99")) / unit_s, unit);
}

static enum err put_rules(const json_t *rules, struct buf *out)
{
	static const char *const headings[] = {"规则 rule", ">结束 ended", ">误报 false", ">%"};
	struct table *table = table_create(headings, sizeof headings / sizeof *headings);
	char text[32];
	enum err err;

	if (!table)
		return ERR_NOMEM;
	if (!json_array_size(rules))
		buf_text(out, "没有结束的事件 (no incident has ended)\n");
	for (size_t i = 0; i < json_array_size(rules); i++) {
		const json_t *row = json_array_get(rules, i);
		const char *rule = json_string_value(json_object_get(row, "rule"));
		snprintf(text, sizeof text, "%.1f", 100 * json_number_value(json_object_get(row, "share")));
		table_cell(table, rule ? rule : "?");
		table_number(table, number(row, "ended"));
		table_number(table, number(row, "false_alarms"));
		table_cell(table, text);
	}
	err = table_is_empty(table) ? ERR_OK : table_print(table, out);
	table_destroy(table);
	return err;
}

static enum err put_load(const json_t *load, struct buf *out)
{
	static const struct row_column columns[] = {{"人员 user", "user", ROW_PLAIN, NULL},
		{">呼叫 pages", "pages", ROW_PLAIN, NULL}, {">接单 accepted", "accepted", ROW_PLAIN, NULL},
		{">不能来 declined", "declined", ROW_PLAIN, NULL}, {">无应答 silent", "silent", ROW_PLAIN, NULL}};
	static const struct row_form form = {ROW_COLUMNS(columns), "没有呼叫过人 (nobody was paged)\n"};

	return row_table(load, &form, NULL, out);
}

static json_int_t of(const json_t *root, const char *part, const char *name)
{
	return number(json_object_get(root, part), name);
}

/* put_errands: the figures of visits, which an older records does not give. */
static enum err put_errands(const json_t *root, struct buf *out)
{
	static const struct row_column columns[] = {{"六助一护 help", "help", ROW_PLAIN, NULL},
		{">申请 asked", "asked", ROW_PLAIN, NULL}, {">完成 done", "done", ROW_PLAIN, NULL},
		{">确认 confirmed", "confirmed", ROW_PLAIN, NULL}, {">谢绝 refused", "refused", ROW_PLAIN, NULL},
		{">错过 missed", "missed", ROW_PLAIN, NULL}};
	static const struct row_form form = {ROW_COLUMNS(columns), "没有申请过服务 (no service was asked for)\n"};

	if (!json_object_get(root, "visits"))
		return ERR_OK;
	buf_text(out, "探访 (visits done/due): ");
	put_share(of(root, "visits", "done"), of(root, "visits", "due"), out);
	buf_printf(out, "，错过 missed %lld，谢绝 refused %lld，未了 open %lld\n",
		(long long)of(root, "visits", "missed"), (long long)of(root, "visits", "refused"),
		(long long)of(root, "visits", "open"));
	buf_printf(out, "待办 (tasks): 新增 opened %lld，办结 done %lld，未了 open %lld，其中逾期 overdue %lld\n",
		(long long)of(root, "tasks", "opened"), (long long)of(root, "tasks", "done"),
		(long long)of(root, "tasks", "open"), (long long)of(root, "tasks", "overdue"));
	return row_table(json_object_get(root, "services"), &form, NULL, out);
}

/* put_duties: of rosters that are over; an older records does not tell, and where none was published there is none. */
static void put_duties(const json_t *duties, struct buf *out)
{
	if (!number(duties, "minutes"))
		return;
	buf_text(out, "排班覆盖 (minutes covered by rosters): ");
	put_share(number(duties, "covered"), number(duties, "minutes"), out);
	buf_printf(out, "，队伍 teams %lld，班次 duties %lld，曾无人 open %lld，替班 stood in %lld\n",
		(long long)number(duties, "teams"), (long long)number(duties, "count"),
		(long long)number(duties, "open"), (long long)number(duties, "stood_in"));
}

static void put_head(const json_t *root, const struct zone *zone, struct buf *out)
{
	char from[SHOW_TIME_BYTES] = "-", to[SHOW_TIME_BYTES] = "-";
	struct wall at;

	if (!fields_parse_wall(json_object_get(root, "from"), &at))
		show_time(zone, at, from);
	if (!fields_parse_wall(json_object_get(root, "to"), &at))
		show_time(zone, at, to);
	buf_printf(out,
		"%s – %s：事件 %" JSON_INTEGER_FORMAT " 起 (incidents), 呼叫过人 %" JSON_INTEGER_FORMAT " (asked)\n",
		from, to, number(root, "incidents"), number(root, "asked"));
}

enum err kpi_show(const char *json, const struct zone *zone, struct buf *out, struct errinfo *info)
{
	const json_t *answered, *on_site, *coverage;
	json_t *root;
	json_int_t asked, nobody;
	enum err err = fields_load(json, strlen(json), ANSWER_BYTES_MAX, &root, info);

	if (err)
		return err;
	answered = json_object_get(root, "answered");
	on_site = json_object_get(root, "on_site");
	coverage = json_object_get(root, "coverage");
	asked = number(root, "asked");
	put_head(root, zone, out);
	buf_text(out, "应答 (first page to accept)\n");
	put_within(answered, "60", asked, "60 s", 97.5, out);
	put_within(answered, "180", asked, "180 s", 99, out);
	put_quantiles(answered, 1, "s", out);
	buf_text(out, "到场 (call to arrival, of those with one)\n");
	put_within(on_site, "2700", number(on_site, "count"), "45 min", 90, out);
	put_within(on_site, "3600", number(on_site, "count"), "60 min", 100, out);
	put_quantiles(on_site, 60, "min", out);
	asked = number(coverage, "asked");
	nobody = number(coverage, "nobody_on_duty");
	buf_text(out, "值守覆盖 (somebody on duty): ");
	put_share(asked - nobody, asked, out);
	buf_byte(out, '\n');
	put_duties(json_object_get(root, "duties"), out);
	err = put_rules(json_object_get(root, "rules"), out);
	if (!err)
		err = put_load(json_object_get(root, "load"), out);
	if (!err)
		err = put_errands(root, out);
	json_decref(root);
	return err;
}
