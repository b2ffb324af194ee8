/* SPDX-License-Identifier: MIT
 *
 * sections_roster: how the rosters of the period were kept, who is on duty in the days to come (what the dispatcher has
 * in force), and how calls and duties of the period were spread over the volunteers.
 */
#include "codec/fields.h"
#include "report_chart.h"
#include "report_cover.h"
#include "report_page.h"
#include "report_sections.h"

#include <stdio.h>
#include <string.h>

#define STOOD_TEAMS 10 /* shown, those of least cover */
#define GAPS_SHOWN 12

static double member(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

static void days(const json_t *roster, struct buf *out)
{
	const json_t *list = json_object_get(roster, "days");
	struct chart_pair columns[COVER_DAYS_MAX];
	static char labels[COVER_DAYS_MAX][8];
	size_t count = json_array_size(list);

	count = count > COVER_DAYS_MAX ? COVER_DAYS_MAX : count;
	for (size_t i = 0; i < count; i++) {
		const json_t *day = json_array_get(list, i);
		double whole = member(day, "whole");
		const char *text = report_text(day, "day");
		snprintf(labels[i], sizeof labels[i], "%.5s", strlen(text) == 10 ? text + 5 : text);
		columns[i] = (struct chart_pair){labels[i], whole > 0 ? 100 * member(day, "minutes") / whole : 0, 0};
	}
	if (count)
		chart_columns(out, "下期每天有人当班的时间", "%", 100, columns, count);
}

/* span writes from until, the day but once where it is the same. */
static void span(const json_t *gap, const struct zone *zone, struct buf *out)
{
	struct wall from = fields_wall_or_none(gap, "from"), until = fields_wall_or_none(gap, "until");
	struct civil one = zone_to_civil(zone, from), other = zone_to_civil(zone, until);

	page_time_text(out, gap, "from", zone);
	if (wall_is_set(from) && wall_is_set(until) && one.month == other.month && one.day == other.day)
		buf_printf(out, "–%02d:%02d", other.hour, other.minute);
	else if (wall_is_set(from) && wall_is_set(until) && until.ms - from.ms < MS_PER_DAY)
		buf_printf(out, "–次日%02d:%02d", other.hour, other.minute);
	else {
		buf_text(out, " 至 ");
		page_time_text(out, gap, "until", zone);
	}
}

/* gaps: the next ones alone; the whole list is in the JSON. */
static void gaps(const json_t *roster, const struct zone *zone, struct buf *out)
{
	const json_t *list = json_object_get(roster, "gaps");
	size_t count = json_array_size(list);

	if (!count)
		return;
	buf_printf(out, "<p>有排班的队伍中无人当班的时段 %.0f 处%s：</p>\n<ul class=\"gaps\">",
		member(roster, "gap_count"), count > GAPS_SHOWN ? "，最近的" : "");
	for (size_t i = 0; i < count && i < GAPS_SHOWN; i++) {
		const json_t *gap = json_array_get(list, i);
		buf_text(out, "<li><b>");
		chart_escape(out, report_text(gap, "team"));
		buf_text(out, "</b> ");
		span(gap, zone, out);
		buf_text(out, "</li>");
	}
	buf_text(out, "</ul>\n");
}

static void roster_part(const struct report *report, const struct zone *zone, struct buf *out)
{
	const json_t *roster = json_object_get(report_root(report), "roster");
	const char *missing = report_text(roster, "missing");

	buf_text(out, "<h3>下期排班覆盖<small>调度服务现行排班</small></h3>\n");
	if (!roster || *missing) {
		page_none(out, *missing ? "调度服务没有应答，本页没有排班数据。" : "没有询问排班。");
		return;
	}
	buf_printf(out,
		"<p>有老人的队伍 %.0f 支，其中已排班 %.0f 支，未排班 %.0f 支（未排班时按各人填报的时间呼叫）。</p>\n",
		member(roster, "teams"), member(roster, "rostered"),
		member(roster, "teams") - member(roster, "rostered"));
	if (member(roster, "rostered") > 0) {
		days(roster, out);
		gaps(roster, zone, out);
	}
}

/* stood_part: how the rosters of the period were kept; an older records does not tell. */
static void stood_part(const struct report *report, struct buf *out)
{
	static const char *const headings[] = {"队", ">覆盖", ">班次", ">曾无人", ">替班"};
	const json_t *teams = json_object_get(json_object_get(report_root(report), "stood"), "teams");
	struct report_figure whole = report_get(report, "all", "", "cover.minutes"),
			     covered = report_get(report, "all", "", "cover.covered");

	if (!json_array_size(teams))
		return;
	buf_text(out, "<h3>本期值守覆盖<small>已结束的班次；覆盖最少的队在前</small></h3>\n");
	buf_printf(out,
		"<p>%.0f 支队有排班，%.1f%% 的时间有人值守（上期 %.1f%%）；%.0f 个班次中 %.0f 个曾无人、%.0f "
		"个由他人替班。</p>\n",
		report_get(report, "all", "", "cover.teams").now, whole.now > 0 ? 100 * covered.now / whole.now : 0,
		whole.before > 0 ? 100 * covered.before / whole.before : 0, report_get(report, "all", "", "duties").now,
		report_get(report, "all", "", "duties.open").now, report_get(report, "all", "", "duties.stood_in").now);
	page_table(out, headings, 5);
	for (size_t i = 0; i < json_array_size(teams) && i < STOOD_TEAMS; i++) {
		const json_t *row = json_array_get(teams, i);
		page_row(out);
		page_cell(out, report_text(row, "team"));
		page_share(out, member(row, "covered"), member(row, "minutes"));
		page_number(out, member(row, "duties"));
		page_number(out, member(row, "open"));
		page_number(out, member(row, "stood_in"));
		page_row_end(out);
	}
	page_table_end(out);
}

/* served_part: who served most hours in the period. */
static void served_part(const struct report *report, struct buf *out)
{
	static const char *const headings[] = {"志愿者", "队", ">值班次数", ">小时", ">其中替班"};
	const json_t *people = json_object_get(json_object_get(report_root(report), "stood"), "people");

	if (!json_array_size(people))
		return;
	buf_printf(out, "<p>本期值过班的 %.0f 人，一人最多 %.0f 次；值班时间最多的：</p>\n",
		report_get(report, "all", "", "load.served").now,
		report_get(report, "all", "", "load.duties.most").now);
	page_table(out, headings, 5);
	for (size_t i = 0; i < json_array_size(people); i++) {
		const json_t *row = json_array_get(people, i);
		page_row(out);
		page_cell(out, report_text(row, "volunteer"));
		page_cell(out, report_text(row, "team"));
		page_number(out, member(row, "duties"));
		page_number(out, (double)(int64_t)(member(row, "minutes") / 60));
		page_number(out, member(row, "stood_in"));
		page_row_end(out);
	}
	page_table_end(out);
}

static void load_part(const struct report *report, struct buf *out)
{
	static const char *const buckets[][2] = {{"load.of.1", "1 次"}, {"load.of.2-3", "2–3 次"},
		{"load.of.4-7", "4–7 次"}, {"load.of.8+", "8 次以上"}};
	static const char *const headings[] = {"志愿者", "队", ">呼叫", ">接单", ">不能来", ">无应答"};
	struct chart_pair pairs[4];
	const json_t *load = json_object_get(report_root(report), "load");

	for (unsigned i = 0; i < 4; i++) {
		struct report_figure figure = report_get(report, "all", "", buckets[i][0]);
		pairs[i] = (struct chart_pair){buckets[i][1], figure.now, figure.before};
	}
	buf_text(out, "<h3>志愿者负担<small>本期被呼叫几次的有多少人；浅色上期</small></h3>\n");
	buf_printf(out, "<p>志愿者 %.0f 人，本期没有被呼叫的 %.0f 人（上期 %.0f 人），一人最多 %.0f 次。</p>\n",
		report_get(report, "all", "", "load.people").now, report_get(report, "all", "", "load.of.0").now,
		report_get(report, "all", "", "load.of.0").before, report_get(report, "all", "", "load.most").now);
	chart_bars(out, "志愿者负担", pairs, 4);
	if (!json_array_size(load))
		return;
	page_table(out, headings, 6);
	for (size_t i = 0; i < json_array_size(load); i++) {
		const json_t *row = json_array_get(load, i);
		page_row(out);
		page_cell(out, report_text(row, "volunteer"));
		page_cell(out, report_text(row, "team"));
		page_number(out, member(row, "pages"));
		page_number(out, member(row, "accepted"));
		page_number(out, member(row, "declined"));
		page_number(out, member(row, "silent"));
		page_row_end(out);
	}
	page_table_end(out);
}

void sections_roster(const struct report *report, const struct zone *zone, struct buf *out)
{
	page_section(out, "值守与志愿者", "duties and volunteers");
	stood_part(report, out);
	roster_part(report, zone, out);
	load_part(report, out);
	served_part(report, out);
	page_section_end(out);
}
