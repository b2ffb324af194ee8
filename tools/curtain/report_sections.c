/* SPDX-License-Identifier: MIT
 *
 * Aims are those of docs/incident.md. A tile that misses its aim has a thick frame and says so.
 */
#include "report_sections.h"

#include <stdio.h>
#include <string.h>

#include "report_chart.h"
#include "report_page.h"
#include "report_words.h"

#define FAMILY_MAX 16
#define DAYS_SHOWN 31

static struct report_figure all(const struct report *report, const char *name)
{
	return report_get(report, "all", "", name);
}

static void figure_row(const struct report *report, const char *name, struct buf *out)
{
	struct report_figure figure = all(report, name);
	struct buf label;

	buf_init(&label, 4096);
	report_figure_label(name, &label);
	page_row(out);
	page_cell(out, label.data ? label.data : "");
	page_number(out, figure.now);
	page_number(out, figure.before);
	page_change(out, figure.now, figure.before);
	page_row_end(out);
	buf_fini(&label);
}

static void share_row(
	const struct report *report, const char *label, const char *part, const char *whole, struct buf *out)
{
	struct report_figure p = all(report, part), w = all(report, whole);

	page_row(out);
	page_cell(out, label);
	page_share(out, p.now, w.now);
	page_share(out, p.before, w.before);
	page_change_points(out, p.now, w.now, p.before, w.before);
	page_row_end(out);
}

static const char *const four[] = {"指标", ">本期", ">上期", ">变化"};

static void figure_table(const struct report *report, const char *const *names, size_t count, struct buf *out)
{
	page_table(out, four, 4);
	for (size_t i = 0; i < count; i++)
		figure_row(report, names[i], out);
}

#define FIGURES(report, names, out) figure_table(report, names, sizeof(names) / sizeof(names)[0], out)

/* ---- tiles ---- */

/* tile: aim in percent, 0 = none; at_most: the aim is an upper limit. */
static void tile(
	const struct report *report, const char *zh, const char *part, const char *whole, double aim, struct buf *out)
{
	struct report_figure p = all(report, part), w = whole ? all(report, whole) : p;
	double share = w.now > 0 ? 100 * p.now / w.now : 0;
	bool missed = whole && aim > 0 && w.now > 0 && share < aim;

	buf_printf(out, "<div class=\"tile%s\"><span>%s</span><b>", missed ? " missed" : "", zh);
	if (!whole)
		buf_printf(out, "%.0f</b><i>上期 %.0f</i>", p.now, p.before);
	else if (w.now > 0)
		buf_printf(out, "%.1f%%</b><i>%.0f / %.0f", share, p.now, w.now);
	else
		buf_text(out, "–</b><i>本期没有");
	if (whole && w.before > 0)
		buf_printf(out, "；上期 %.1f%%", 100 * p.before / w.before);
	if (aim > 0)
		buf_printf(out, "<br>目标 %.1f%%%s", aim,
			missed ? "，<b style=\"display:inline;font-size:inherit\">未达到</b>" : "");
	buf_text(out, whole || aim > 0 ? "</i></div>\n" : "</div>\n");
}

void sections_tiles(const struct report *report, struct buf *out)
{
	buf_text(out, "<div class=\"tiles\">\n");
	tile(report, "已签约老人", "elders.enrolled", NULL, 0, out);
	tile(report, "设备近三天有信号", "devices.alive", "devices.known", 0, out);
	tile(report, "事件", "incidents", NULL, 0, out);
	tile(report, "误报占有结论的", "incidents.false", "incidents.judged", 0, out);
	tile(report, "60 秒内应答", "answer.60", "answer.asked", 97.5, out);
	tile(report, "45 分钟内到场", "site.2700", "site.count", 90, out);
	tile(report, "探访完成", "visits.done", "visits.due", 0, out);
	tile(report, "未办结的探访发现", "findings.open", NULL, 0, out);
	buf_text(out, "</div>\n");
}

/* ---- people, devices ---- */

void sections_people(const struct report *report, struct buf *out)
{
	static const char *const names[] = {
		"homes", "elders.surveyed", "elders.enrolled", "consents", "devices.known", "devices.alive"};

	page_section(out, "老人与设备", "elders and devices");
	FIGURES(report, names, out);
	share_row(report, "有信号的占在册", "devices.alive", "devices.known", out);
	page_table_end(out);
	page_section_end(out);
}

/* something: the figure is not 0 in both periods, so that there is something to draw. */
static bool something(const struct report *report, const char *name)
{
	struct report_figure figure = all(report, name);

	return figure.now > 0 || figure.before > 0;
}

/* ---- alarms ---- */

static void bars_of(const struct report *report, const char *prefix, const char *(*word)(const char *),
	const char *title, struct buf *out)
{
	struct report_figure family[FAMILY_MAX];
	struct chart_pair pairs[FAMILY_MAX];
	size_t count = report_family(report, "all", "", prefix, family, FAMILY_MAX);

	for (size_t i = 0; i < count; i++)
		pairs[i] = (struct chart_pair){word(family[i].name + strlen(prefix)), family[i].now, family[i].before};
	if (count)
		chart_bars(out, title, pairs, count);
	else
		page_none(out, "两期都没有。");
}

static void rules_table(const struct report *report, struct buf *out)
{
	static const char *const headings[] = {
		"规则", ">警报", ">上期", ">有结论的事件", ">误报", ">误报率", ">上期误报率"};
	struct report_figure family[FAMILY_MAX];
	size_t count = report_family(report, "all", "", "alarms.rule.", family, FAMILY_MAX);

	if (!count) {
		page_none(out, "两期都没有。");
		return;
	}
	page_table(out, headings, 7);
	for (size_t i = 0; i < count; i++) {
		const char *rule = family[i].name + strlen("alarms.rule.");
		char name[128];
		snprintf(name, sizeof name, "rule.%s.judged", rule);
		struct report_figure judged = all(report, name);
		snprintf(name, sizeof name, "rule.%s.false", rule);
		struct report_figure wrong = all(report, name);
		page_row(out);
		page_cell_zh_en(out, report_rule(rule), rule);
		page_number(out, family[i].now);
		page_number(out, family[i].before);
		page_number(out, judged.now);
		page_number(out, wrong.now);
		page_share(out, wrong.now, judged.now);
		page_share(out, wrong.before, judged.before);
		page_row_end(out);
	}
	page_table_end(out);
}

static void days_chart(const struct report *report, struct buf *out)
{
	struct chart_pair days[DAYS_SHOWN];
	static char labels[DAYS_SHOWN][8];
	size_t count = (size_t)json_integer_value(json_object_get(report_root(report), "days"));

	count = count > DAYS_SHOWN ? DAYS_SHOWN : count;
	for (size_t i = 0; i < count; i++) {
		char name[16];
		snprintf(name, sizeof name, "day.%03u", (unsigned)i + 1);
		snprintf(labels[i], sizeof labels[i], "%u", (unsigned)i + 1);
		struct report_figure figure = all(report, name);
		days[i] = (struct chart_pair){labels[i], figure.now, figure.before};
	}
	if (!something(report, "incidents"))
		page_none(out, "两期都没有。");
	else if (count)
		chart_columns(out, "每天的事件：柱为本期，虚线为上期", "起", 0, days, count);
}

void sections_alarms(const struct report *report, struct buf *out)
{
	static const char *const names[] = {
		"alarms", "incidents", "incidents.night", "incidents.judged", "incidents.false"};

	page_section(out, "警报与事件", "alerts and incidents");
	FIGURES(report, names, out);
	share_row(report, "误报率（占有结论的）", "incidents.false", "incidents.judged", out);
	page_table_end(out);
	buf_text(out, "<h3>警报按种类<small>深色本期，浅色上期</small></h3>\n");
	bars_of(report, "alarms.kind.", report_kind, "警报按种类", out);
	buf_text(out, "<h3>按规则<small>误报率按由该规则引起、已有结论的事件</small></h3>\n");
	rules_table(report, out);
	buf_text(out, "<h3>事件结果<small>深色本期，浅色上期</small></h3>\n");
	bars_of(report, "incidents.outcome.", report_outcome, "事件结果", out);
	buf_text(out, "<h3>逐日事件<small>第几天；柱为本期，虚线为上期</small></h3>\n");
	days_chart(report, out);
	page_section_end(out);
}

/* ---- answers ---- */

static void bands(const struct report *report, struct buf *out)
{
	static const char *const answer_legend[] = {"60 秒内", "60–180 秒", "180 秒后", "无人应答"};
	static const char *const site_legend[] = {"45 分钟内", "45–60 分钟", "60 分钟后"};
	struct report_figure asked = all(report, "answer.asked"), told = all(report, "answer.count");
	struct report_figure one = all(report, "answer.60"), three = all(report, "answer.180");
	struct report_figure there = all(report, "site.count"), early = all(report, "site.2700"),
			     hour = all(report, "site.3600");
	const struct chart_band answers[] = {
		{"本期", {one.now, three.now - one.now, told.now - three.now, asked.now - told.now}},
		{"上期", {one.before, three.before - one.before, told.before - three.before,
				 asked.before - told.before}}};
	const struct chart_band sites[] = {{"本期", {early.now, hour.now - early.now, there.now - hour.now}},
		{"上期", {early.before, hour.before - early.before, there.before - hour.before}}};

	buf_text(out, "<h3>多快有人应答<small>从第一次呼叫起</small></h3>\n");
	chart_bands(out, "应答用时", answer_legend, 4, answers, 2);
	buf_text(out, "<h3>多快有人到场<small>从事件发生起，按记录了到场的</small></h3>\n");
	chart_bands(out, "到场用时", site_legend, 3, sites, 2);
}

static struct chart_span span(const struct report *report, const char *what, const char *label, bool now, double unit)
{
	struct chart_span made = {.label = label};
	double *const marks[] = {&made.p50, &made.p90, &made.p99};
	static const char *const names[] = {"p50", "p90", "p99"};

	for (unsigned i = 0; i < 3; i++) {
		char name[32];
		snprintf(name, sizeof name, "%s.%s", what, names[i]);
		struct report_figure figure = all(report, name);
		*marks[i] = (now ? figure.now : figure.before) / unit;
	}
	return made;
}

void sections_answers(const struct report *report, struct buf *out)
{
	static const char *const names[] = {"answer.asked", "answer.count", "cover.nobody"};
	const struct chart_span answers[] = {
		span(report, "answer", "本期", true, 1), span(report, "answer", "上期", false, 1)};
	const struct chart_span sites[] = {
		span(report, "site", "本期", true, 60), span(report, "site", "上期", false, 60)};

	page_section(out, "应答与到场", "answered and at the door");
	FIGURES(report, names, out);
	share_row(report, "60 秒内应答（目标 97.5%）", "answer.60", "answer.asked", out);
	share_row(report, "180 秒内应答（目标 99%）", "answer.180", "answer.asked", out);
	share_row(report, "45 分钟内到场（目标 90%）", "site.2700", "site.count", out);
	share_row(report, "60 分钟内到场（目标 100%）", "site.3600", "site.count", out);
	page_table_end(out);
	if (!something(report, "answer.asked") && !something(report, "site.count")) {
		page_none(out, "两期都没有呼叫过人。");
		page_section_end(out);
		return;
	}
	bands(report, out);
	buf_text(out, "<h3>应答用时分布<small>深色：一半在内；中间：九成在内；细条：九成九在内</small></h3>\n");
	chart_spans(out, "应答用时分布", "秒", answers, 2);
	buf_text(out, "<h3>到场用时分布<small>同上</small></h3>\n");
	chart_spans(out, "到场用时分布", "分", sites, 2);
	page_section_end(out);
}

/* ---- visits, findings, services ---- */

static void services(const struct report *report, struct buf *out)
{
	static const char *const helps[] = {"meals", "bathing", "cleaning", "mobility", "medical", "urgent", "care"};
	static const char *const headings[] = {"六助一护", ">申请", ">上期", ">完成", ">上期"};

	page_table(out, headings, 5);
	for (unsigned i = 0; i < sizeof helps / sizeof *helps; i++) {
		char name[64];
		snprintf(name, sizeof name, "services.asked.%s", helps[i]);
		struct report_figure asked = all(report, name);
		snprintf(name, sizeof name, "services.given.%s", helps[i]);
		struct report_figure given = all(report, name);
		page_row(out);
		page_cell(out, report_help(helps[i]));
		page_number(out, asked.now);
		page_number(out, asked.before);
		page_number(out, given.now);
		page_number(out, given.before);
		page_row_end(out);
	}
	page_table_end(out);
}

void sections_care(const struct report *report, struct buf *out)
{
	static const char *const names[] = {"visits.due", "visits.done", "visits.late", "visits.overdue",
		"visits.refused", "findings.new", "findings.closed", "findings.open", "findings.overdue"};

	page_section(out, "探访、发现与服务", "visits, findings, services");
	FIGURES(report, names, out);
	share_row(report, "探访完成率", "visits.done", "visits.due", out);
	page_table_end(out);
	services(report, out);
	page_section_end(out);
}

/* ---- by place ---- */

struct column {
	const char *heading, *part, *whole; /* whole NULL: the number itself */
};

static void place_row(const struct report *report, const char *dim, const char *key, const char *label,
	const char *small, const struct column *columns, size_t count, struct buf *out)
{
	page_row(out);
	page_cell_zh_en(out, label, small);
	for (size_t i = 0; i < count; i++) {
		struct report_figure part = report_get(report, dim, key, columns[i].part);
		if (!columns[i].whole)
			page_number(out, part.now);
		else
			page_share(out, part.now, report_get(report, dim, key, columns[i].whole).now);
	}
	page_row_end(out);
}

void sections_places(const struct report *report, struct buf *out)
{
	static const char *const estates[] = {"resettlement", "commercial", "work_unit", "unknown"};
	static const struct column columns[] = {{">签约", "elders.enrolled", NULL},
		{">设备有信号", "devices.alive", "devices.known"}, {">警报", "alarms", NULL},
		{">事件", "incidents", NULL}, {">误报率", "incidents.false", "incidents.judged"},
		{">60 秒应答", "answer.60", "answer.asked"}, {">45 分到场", "site.2700", "site.count"},
		{">探访", "visits.done", NULL}, {">探访逾期", "visits.overdue", NULL},
		{">未办结", "findings.open", NULL}};
	enum { COLUMNS = sizeof columns / sizeof *columns };
	const char *headings[COLUMNS + 1] = {"社区"};
	const json_t *places = json_object_get(report_root(report), "communities");

	for (unsigned i = 0; i < COLUMNS; i++)
		headings[i + 1] = columns[i].heading;
	page_section(out, "分社区、分小区类型", "by community, by kind of estate");
	buf_text(out, "<div class=\"keep\">\n");
	page_table(out, headings, COLUMNS + 1);
	for (size_t i = 0; i < json_array_size(places); i++) {
		const json_t *place = json_array_get(places, i);
		const char *name = report_text(place, "name"), *id = report_text(place, "id");
		place_row(report, "community", id, *name ? name : id, *name ? id : "", columns, COLUMNS, out);
	}
	place_row(report, "all", "", "合计", "", columns, COLUMNS, out);
	page_table_end(out);
	buf_text(out, "</div>\n");
	headings[0] = "小区类型";
	buf_text(out, "<div class=\"keep\">\n");
	page_table(out, headings, COLUMNS + 1);
	for (unsigned i = 0; i < sizeof estates / sizeof *estates; i++)
		if (i < 3 || report_get(report, "estate", "unknown", "homes").now > 0 ||
			report_get(report, "estate", "unknown", "incidents").now > 0)
			place_row(report, "estate", estates[i], report_estate(estates[i]), "", columns, COLUMNS, out);
	page_table_end(out);
	buf_text(out, "</div>\n");
	page_section_end(out);
}
