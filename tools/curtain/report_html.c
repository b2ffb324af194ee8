/* SPDX-License-Identifier: MIT
 *
 * The fortnightly paper: what is to be seen at a glance, figures, places, cases, decisions. Names stand in it only
 * where records was asked for them.
 */
#include <string.h>

#include "report_chart.h"
#include "report_page.h"
#include "report_paper.h"
#include "report_sections.h"
#include "report_words.h"

static void head(const struct report *report, const struct zone *zone, struct buf *out)
{
	const json_t *root = report_root(report), *before = json_object_get(root, "before");
	const char *community = report_text(root, "community");
	struct civil made = {.year = 0};
	struct wall at;

	page_begin(out, "双周调度会材料");
	buf_text(out, "<h1>双周调度会材料<small>fortnightly dispatch meeting</small></h1>\n<p class=\"head\">本期 ");
	chart_escape(out, report_text(root, "from"));
	buf_text(out, " 至 ");
	chart_escape(out, report_text(root, "until"));
	buf_text(out, "；上期 ");
	chart_escape(out, report_text(before, "from"));
	buf_text(out, " 至 ");
	chart_escape(out, report_text(before, "until"));
	buf_text(out, "<br>范围：");
	chart_escape(out, *community ? community : "全区（本账号可见的全部）");
	if (!wall_parse(report_text(root, "made"), strlen(report_text(root, "made")), &at)) {
		made = zone_to_civil(zone, at);
		buf_printf(
			out, "；制表 %d-%02d-%02d %02d:%02d", made.year, made.month, made.day, made.hour, made.minute);
	}
	buf_text(out, "</p>\n");
}

static void list(const json_t *array, const char *(*word)(const char *), struct buf *out)
{
	buf_text(out, "<td>");
	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *text = json_string_value(json_array_get(array, i));
		buf_text(out, i ? "；" : "");
		chart_escape(out, !text ? "" : word ? word(text) : text);
	}
	buf_text(out, "</td>");
}

static void cases(const struct report *report, struct buf *out)
{
	static const char *const headings[] = {"住户", "社区", "队", ">事件", "为何要议", "事件编号", "会上意见"};
	const json_t *rows = json_object_get(report_root(report), "cases");
	bool named = false;

	page_section(out, "需要议的个案", "cases to talk about");
	if (!json_array_size(rows)) {
		page_none(out, "本期没有。");
		page_section_end(out);
		return;
	}
	buf_text(out, "<div class=\"cases\">\n");
	page_table(out, headings, 7);
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i), *names = json_object_get(row, "names");
		page_row(out);
		buf_text(out, "<td>");
		chart_escape(out, report_text(row, "household"));
		for (size_t n = 0; n < json_array_size(names); n++) {
			const char *name = json_string_value(json_array_get(names, n));
			buf_text(out, "<br>");
			chart_escape(out, name ? name : "");
			named = true;
		}
		buf_text(out, "</td>");
		page_cell(out, report_text(row, "community"));
		page_cell(out, report_text(row, "team"));
		page_number(out, json_number_value(json_object_get(row, "times")));
		list(json_object_get(row, "reasons"), report_reason, out);
		list(json_object_get(row, "incidents"), NULL, out);
		buf_text(out, "<td></td>");
		page_row_end(out);
	}
	page_table_end(out);
	buf_text(out, "</div>\n");
	page_none(out,
		named ? "本表含姓名，会后请收回。" : "按住户编号列出，不含姓名；详情见 curtain timeline 住户编号。");
	page_section_end(out);
}

static void decision_rows(const json_t *rows, bool with_state, unsigned empty, struct buf *out)
{
	static const char *const with[] = {"编号", "会期", "议定事项", "负责人", "期限", "状态", "备注"};
	static const char *const without[] = {"编号", "议定事项", "负责人", "期限"};

	buf_text(out, empty ? "<div class=\"write keep\">" : "<div>");
	page_table(out, with_state ? with : without, with_state ? 7 : 4);
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		page_row(out);
		buf_printf(out, "<td>%lld</td>", (long long)json_integer_value(json_object_get(row, "id")));
		if (with_state)
			page_cell(out, report_text(row, "meeting"));
		page_cell_zh_en(out, report_text(row, "what"), report_text(row, "household"));
		page_cell(out, report_text(row, "owner"));
		page_cell(out, report_text(row, "due"));
		if (with_state) {
			page_cell(out, report_decision_state(report_text(row, "state")));
			page_cell(out, report_text(row, "note"));
		}
		page_row_end(out);
	}
	for (unsigned i = 0; i < empty; i++)
		buf_text(out, "<tr><td></td><td></td><td></td><td></td></tr>\n");
	page_table_end(out);
	buf_text(out, "</div>\n");
}

static void decisions(const struct report *report, struct buf *out)
{
	const json_t *both = json_object_get(report_root(report), "decisions");
	const json_t *former = json_object_get(both, "former");

	page_section(out, "以往议定事项", "decisions of former meetings");
	if (json_array_size(former))
		decision_rows(former, true, 0, out);
	else
		page_none(out, "没有。");
	page_section_end(out);
	page_section(out, "本次议定事项", "decisions of this meeting");
	decision_rows(json_object_get(both, "new"), false, REPORT_ROOM_FOR_DECISIONS, out);
	page_section_end(out);
}

enum err report_html(const struct report *report, const struct zone *zone, struct buf *out)
{
	head(report, zone, out);
	sections_tiles(report, out);
	buf_text(out, "<p class=\"note\">口径见 "
		      "docs/report.md：演练户不计；期末数按本期最后一天；应答、到场按本期发生的事件。</p>\n");
	sections_people(report, out);
	sections_alarms(report, out);
	sections_answers(report, out);
	sections_care(report, out);
	sections_roster(report, zone, out);
	sections_places(report, out);
	cases(report, out);
	decisions(report, out);
	page_end(out);
	return out->failed;
}
