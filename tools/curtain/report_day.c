/* SPDX-License-Identifier: MIT
 *
 * The daily sheet: a page a community. Each list of the answer is filtered by the community.
 */
#include <string.h>

#include "codec/fields.h"
#include "report_chart.h"
#include "report_page.h"
#include "report_paper.h"
#include "report_words.h"
#include "show.h"

struct sheet {
	const json_t *root;
	const struct zone *zone;
	const char *community;
	struct buf *out;
};

/* next gives the next row of the community in a list, NULL at its end. */
static const json_t *next(const struct sheet *sheet, const json_t *list, size_t *at)
{
	while (*at < json_array_size(list)) {
		const json_t *row = json_array_get(list, (*at)++);
		const json_t *of = json_object_get(row, "community");
		if (!of || !strcmp(report_text(row, "community"), sheet->community))
			return row;
	}
	return NULL;
}

typedef void put_cells(const struct sheet *sheet, const json_t *row);

static void listed(const struct sheet *sheet, const char *zh, const char *en, const json_t *list,
	const char *const *headings, unsigned count, put_cells *put)
{
	size_t at = 0;
	const json_t *row = next(sheet, list, &at);

	page_section(sheet->out, zh, en);
	if (!row) {
		page_none(sheet->out, "没有。");
	} else {
		page_table(sheet->out, headings, count);
		for (; row; row = next(sheet, list, &at)) {
			page_row(sheet->out);
			put(sheet, row);
			page_row_end(sheet->out);
		}
		page_table_end(sheet->out);
	}
	page_section_end(sheet->out);
}

#define LISTED(sheet, zh, en, list, headings, put)                                                                     \
	listed(sheet, zh, en, list, headings, sizeof(headings) / sizeof(headings)[0], put)

static void incident(const struct sheet *sheet, const json_t *row)
{
	page_time(sheet->out, row, "opened", sheet->zone);
	page_cell(sheet->out, report_text(row, "household"));
	page_cell(sheet->out, report_text(row, "team"));
	page_cell_zh_en(sheet->out, report_level(report_text(row, "level")), report_kind(report_text(row, "kind")));
	page_cell_zh_en(
		sheet->out, report_state(report_text(row, "state")), report_outcome(report_text(row, "outcome")));
	page_cell(sheet->out, report_text(row, "responder"));
	page_cell(sheet->out, report_text(row, "id"));
}

/* named writes a cell: the Chinese word with the id beside it, the id alone where there is none. */
static void named(const struct sheet *sheet, const char *zh, const char *id)
{
	if (zh)
		page_cell_zh_en(sheet->out, zh, id);
	else
		page_cell(sheet->out, id);
}

static void silent(const struct sheet *sheet, const json_t *row)
{
	page_cell(sheet->out, report_text(row, "device"));
	page_cell(sheet->out, report_text(row, "household"));
	named(sheet, report_room(report_text(row, "place")), report_text(row, "place"));
	page_cell(sheet->out, report_text(row, "team"));
	page_time(sheet->out, row, "last", sheet->zone);
}

static void errand(const struct sheet *sheet, const json_t *row)
{
	const char *what = report_text(row, "what");
	const char *name = json_string_value(json_object_get(json_object_get(sheet->root, "catalogue"), what));

	page_cell(sheet->out, report_text(row, "household"));
	named(sheet, name ? name : report_errand(what), what);
	page_cell(sheet->out, report_text(row, "team"));
	page_cell(sheet->out, report_text(row, "assignee"));
	page_time(sheet->out, row, "until", sheet->zone);
	page_cell(sheet->out, json_is_true(json_object_get(row, "overdue")) ? "逾期" : "");
}

static void away(const struct sheet *sheet, const json_t *row)
{
	page_cell(sheet->out, report_text(row, "household"));
	page_time(sheet->out, row, "until", sheet->zone);
}

static void decision(const struct sheet *sheet, const json_t *row)
{
	page_cell_zh_en(sheet->out, report_text(row, "what"), report_text(row, "household"));
	page_cell(sheet->out, report_text(row, "owner"));
	page_cell(sheet->out, report_text(row, "due"));
}

/* ---- duties: a row a team ---- */

/* clock_of writes a time of day; what is not of the sheet's day says so. */
static void clock_of(const struct sheet *sheet, const json_t *row, const char *name)
{
	char text[SHOW_TIME_BYTES];
	int order;

	show_time(sheet->zone, fields_wall_or_none(row, name), text);
	order = strncmp(text, report_text(sheet->root, "day"), 10);
	buf_printf(sheet->out, "%s%.5s",
		order < 0   ? "昨日"
		: order > 0 ? "次日"
			    : "",
		strlen(text) > 11 ? text + 11 : text);
}

/* of_team writes a cell with what a list has of a team; user: with who it is. */
static void of_team(const struct sheet *sheet, const json_t *list, const char *team, bool user)
{
	unsigned count = 0;

	buf_text(sheet->out, "<td>");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);
		if (strcmp(report_text(row, "team"), team) != 0)
			continue;
		buf_text(sheet->out, count++ ? "；" : "");
		clock_of(sheet, row, "from");
		buf_text(sheet->out, "–");
		clock_of(sheet, row, "until");
		if (user) {
			buf_byte(sheet->out, ' ');
			chart_escape(sheet->out, report_text(row, "user"));
		}
	}
	buf_text(sheet->out, "</td>");
}

static void duties(const struct sheet *sheet)
{
	static const char *const headings[] = {"队", "当班", "无人当班"};
	const json_t *roster = json_object_get(sheet->root, "roster"), *teams = json_object_get(sheet->root, "teams"),
		     *team;
	const json_t *on = json_object_get(roster, "duties"), *off = json_object_get(roster, "gaps");
	size_t at = 0;

	page_section(sheet->out, "今日值守", "duties of the day");
	if (!on) {
		page_none(sheet->out,
			json_object_get(roster, "missing") ? "调度服务没有应答，没有排班数据。" : "没有询问排班。");
	} else {
		page_table(sheet->out, headings, 3);
		while ((team = next(sheet, teams, &at))) {
			if (json_integer_value(json_object_get(team, "homes")) == 0)
				continue;
			page_row(sheet->out);
			page_cell(sheet->out, report_text(team, "id"));
			of_team(sheet, on, report_text(team, "id"), true);
			of_team(sheet, off, report_text(team, "id"), false);
			page_row_end(sheet->out);
		}
		page_table_end(sheet->out);
		page_none(sheet->out, "两栏都空的队伍没有排班，按各人填报的时间呼叫。");
	}
	page_section_end(sheet->out);
}

static void page(const struct sheet *sheet, const char *name)
{
	static const char *const incidents[] = {"发生", "住户", "队", "级别", "状态", "接单", "编号"};
	static const char *const errands[] = {"住户", "事项", "队", "谁去", "期限", "情况"};
	static const char *const devices[] = {"设备", "住户", "位置", "队", "最后一次"};
	static const char *const homes[] = {"住户", "到"};
	static const char *const decided[] = {"议定事项", "负责人", "期限"};
	const json_t *root = sheet->root;
	struct buf *out = sheet->out;

	buf_text(out, "<h1>");
	chart_escape(out, *name ? name : sheet->community);
	buf_text(out, "每日简报<small>daily sheet</small></h1>\n<p class=\"head\">");
	chart_escape(out, report_text(root, "day"));
	buf_text(out, "；事件自前一日 18 时至当日 8 时，及仍未结束的</p>\n");
	LISTED(sheet, "昨夜事件", "incidents of the night", json_object_get(root, "incidents"), incidents, incident);
	LISTED(sheet, "今日探访", "visits due", json_object_get(root, "visits"), errands, errand);
	LISTED(sheet, "到期的发现", "findings due", json_object_get(root, "tasks"), errands, errand);
	LISTED(sheet, "今日服务", "services due", json_object_get(root, "services"), errands, errand);
	duties(sheet);
	LISTED(sheet, "三天没有信号的设备", "silent devices", json_object_get(root, "silent"), devices, silent);
	LISTED(sheet, "外出的住户", "away", json_object_get(root, "away"), homes, away);
	LISTED(sheet, "到期的议定事项", "decisions due", json_object_get(root, "decisions"), decided, decision);
}

enum err report_day_html(const json_t *root, const struct zone *zone, struct buf *out)
{
	const json_t *places = json_object_get(root, "communities");

	page_begin(out, "每日简报");
	for (size_t i = 0; i < json_array_size(places); i++) {
		const json_t *place = json_array_get(places, i);
		const struct sheet sheet = {root, zone, report_text(place, "id"), out};
		buf_text(out, i ? "<article class=\"apart\">\n" : "<article>\n");
		page(&sheet, report_text(place, "name"));
		buf_text(out, "</article>\n");
	}
	if (!json_array_size(places))
		page_none(out, "没有可见的社区。");
	page_end(out);
	return out->failed;
}
