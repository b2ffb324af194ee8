/* SPDX-License-Identifier: MIT */
#include "dispatcher/roster/roster_forms.h"

#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "dispatcher/ics.h"
#include "dispatcher/roster/roster_json.h"

static const char *const weekdays[][2] = {{"Mon", "周一"}, {"Tue", "周二"}, {"Wed", "周三"}, {"Thu", "周四"},
	{"Fri", "周五"}, {"Sat", "周六"}, {"Sun", "周日"}};

/* ---- table ---- */

static void csv_field(struct buf *out, const char *text, bool last)
{
	bool formula = *text && strchr("=+-@\t\r", *text), quoted = formula || strpbrk(text, ",\"\r\n");

	buf_text(out, quoted ? "\"" : "");
	buf_text(out, formula ? "'" : "");
	for (const char *c = text; *c; c++)
		buf_text(out, *c == '"' ? "\"\"" : (const char[]){*c, 0});
	buf_text(out, quoted ? "\"" : "");
	buf_text(out, last ? "\r\n" : ",");
}

static void csv_duty(const struct team *team, int day, int shift, const char *who, struct buf *out)
{
	int from = team->part[team->shift[shift].part].from_min;
	int until = (from + team_minutes(team, team->shift[shift].part)) % (24 * 60);
	char date[16], text[16];

	roster_json_date(team, day, date);
	csv_field(out, date, false);
	csv_field(out, weekdays[team_weekday(team, day)][1], false);
	csv_field(out, team->shift[shift].id, false);
	snprintf(text, sizeof text, "%02d:%02d", from / 60, from % 60);
	csv_field(out, text, false);
	snprintf(text, sizeof text, "%02d:%02d", until / 60, until % 60);
	csv_field(out, text, false);
	csv_field(out, who, true);
}

enum err roster_form_csv(const struct team *team, const struct roster_plan *plan, struct buf *out)
{
	buf_text(out, "\xef\xbb\xbf日期 date,星期 weekday,班次 shift,从 from,至 until,值班人 volunteer\r\n");
	for (int d = 0; d < team->days; d++)
		for (int s = 0; s < team->shifts; s++) {
			for (int v = 0; v < team->volunteers; v++)
				if (roster_plan_line(plan, v)[d] == s + 1)
					csv_duty(team, d, s, team_shown(team, v), out);
			for (int i = team_count(team, plan, d, s); i < team_need(team, d, s); i++)
				csv_duty(team, d, s, "", out);
		}
	return out->failed;
}

/* ---- sheet ---- */

#define DATE_WIDTH 170
#define SHIFT_WIDTH 190
#define ROW 27
#define TOP 104
#define MARGIN 24

static void xml_text(struct buf *out, const char *text)
{
	for (const char *c = text; *c; c++)
		buf_text(out, *c == '&'   ? "&amp;"
			      : *c == '<' ? "&lt;"
			      : *c == '>' ? "&gt;"
			      : *c == '"' ? "&quot;"
					  : (const char[]){*c, 0});
}

static void svg_text(struct buf *out, int x, int y, const char *style, const char *text)
{
	buf_printf(out, "<text x=\"%d\" y=\"%d\" %s>", x, y, style);
	xml_text(out, text);
	buf_text(out, "</text>\n");
}

/* svg_people writes who has a shift on a day, in the width of its column: several share it. */
static void svg_people(
	const struct team *team, const struct roster_plan *plan, int day, int shift, int x, int y, struct buf *out)
{
	int missing = team_need(team, day, shift) - team_count(team, plan, day, shift), said = 0;

	if (!team_need(team, day, shift) && !team_count(team, plan, day, shift))
		return;
	buf_printf(out, "<text x=\"%d\" y=\"%d\">", x, y);
	for (int v = 0; v < team->volunteers; v++)
		if (roster_plan_line(plan, v)[day] == shift + 1) {
			buf_text(out, said++ ? "、" : "");
			xml_text(out, team_shown(team, v));
		}
	if (missing > 0)
		buf_printf(out, "%s<tspan fill=\"#b00020\" font-weight=\"bold\">缺 %d 人 open</tspan>", said ? " " : "",
			missing);
	buf_text(out, "</text>\n");
}

/* shift_zh: the preset shifts in Chinese; a team that names its own has "". */
static const char *shift_zh(const char *id)
{
	static const char *const words[][2] = {{"day-primary", "白班首位 "}, {"day-backup", "白班后备 "},
		{"night-primary", "夜班首位 "}, {"night-backup", "夜班后备 "}};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(words[i][0], id))
			return words[i][1];
	return "";
}

static void svg_head(const struct team *team, int width, struct buf *out)
{
	char first[16], last[16], text[160];

	roster_json_date(team, 0, first);
	roster_json_date(team, team->days - 1, last);
	snprintf(text, sizeof text, "值班表 Duty roster  %s", team->id);
	svg_text(out, MARGIN, 40, "font-size=\"24\" font-weight=\"bold\"", text);
	snprintf(text, sizeof text, "%s – %s", first, last);
	svg_text(out, MARGIN, 66, "font-size=\"15\" fill=\"#444\"", text);
	buf_printf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#1f3a5f\"/>\n", MARGIN, TOP - ROW,
		width - 2 * MARGIN, ROW);
	svg_text(out, MARGIN + 8, TOP - 8, "fill=\"#fff\" font-weight=\"bold\"", "日期 date");
	for (int s = 0; s < team->shifts; s++) {
		int from = team->part[team->shift[s].part].from_min;
		snprintf(text, sizeof text, "%s%s %02d:%02d", shift_zh(team->shift[s].id), team->shift[s].id, from / 60,
			from % 60);
		svg_text(out, MARGIN + DATE_WIDTH + s * SHIFT_WIDTH + 8, TOP - 8,
			"fill=\"#fff\" font-weight=\"bold\" font-size=\"12\"", text);
	}
}

static void svg_row(const struct team *team, const struct roster_plan *plan, int day, int width, struct buf *out)
{
	int y = TOP + day * ROW;
	char date[16], text[64];

	roster_json_date(team, day, date);
	if (team_shared(team, day))
		buf_printf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n", MARGIN, y,
			width - 2 * MARGIN, ROW, team->holiday[day] ? "#fbe3d6" : "#eef2f7");
	snprintf(text, sizeof text, "%s %s %s%s", date + 5, weekdays[team_weekday(team, day)][1],
		weekdays[team_weekday(team, day)][0], team->holiday[day] ? " 假" : "");
	svg_text(out, MARGIN + 8, y + ROW - 9, "fill=\"#444\"", text);
	for (int s = 0; s < team->shifts; s++)
		svg_people(team, plan, day, s, MARGIN + DATE_WIDTH + s * SHIFT_WIDTH + 8, y + ROW - 9, out);
	buf_printf(out, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"%s\"/>\n", MARGIN, y + ROW,
		width - MARGIN, y + ROW, team_weekday(team, day) == 6 ? "#1f3a5f" : "#d5dbe3");
}

enum err roster_form_svg(const struct team *team, const struct roster_plan *plan, struct buf *out)
{
	int width = 2 * MARGIN + DATE_WIDTH + team->shifts * SHIFT_WIDTH, height = TOP + team->days * ROW + 60;

	buf_printf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"210mm\" viewBox=\"0 0 %d %d\" font-size=\"14\" "
		"font-family=\"'Noto Sans CJK SC','Source Han Sans SC','WenQuanYi Zen Hei',sans-serif\">\n"
		"<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n",
		width, height, width, height);
	svg_head(team, width, out);
	for (int d = 0; d < team->days; d++)
		svg_row(team, plan, d, width, out);
	for (int s = 0; s < team->shifts; s++)
		buf_printf(out, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#d5dbe3\"/>\n",
			MARGIN + DATE_WIDTH + s * SHIFT_WIDTH, TOP, MARGIN + DATE_WIDTH + s * SHIFT_WIDTH,
			TOP + team->days * ROW);
	svg_text(out, MARGIN, height - 26, "font-size=\"12\" fill=\"#444\"",
		"浅蓝：周末 weekend；浅橙：节假日 holiday；红字：缺人，愿意来的请告诉队长 open: tell the captain if "
		"you can");
	buf_text(out, "</svg>\n");
	return out->failed;
}

/* ---- calendar ---- */

/* begins gives when a duty starts, or with more = its minutes, when it ends: both by the clock on the wall. */
static struct wall begins(const struct team *team, const struct zone *zone, int day, int part, int more)
{
	struct civil local;
	int minute = team->part[part].from_min + more;

	civil_from_ms((team->first + day) * MS_PER_DAY + minute * MS_PER_MINUTE, &local);
	return zone_from_civil(zone, local);
}

/* beside lists who is on duty in the same part. */
static void beside(
	const struct team *team, const struct roster_plan *plan, int volunteer, int day, int part, struct buf *out)
{
	int said = 0;

	buf_text(out, "同时值班 beside you: ");
	for (int v = 0; v < team->volunteers; v++) {
		int option = roster_plan_line(plan, v)[day];
		if (v == volunteer || !option || team->shift[option - 1].part != part)
			continue;
		buf_printf(out, "%s%s (%s)", said++ ? ", " : "", team_shown(team, v), team->shift[option - 1].id);
	}
	buf_text(out, said ? "" : "无 nobody");
}

static void cal_duty(const struct team *team, const struct roster_plan *plan, int volunteer, int day,
	const struct roster_form_calendar *calendar, struct buf *out)
{
	int shift = roster_plan_line(plan, volunteer)[day] - 1, part = team->shift[shift].part;
	char date[16], uid[256], summary[256];
	struct buf others;

	roster_json_date(team, day, date);
	snprintf(uid, sizeof uid, "%s.%s.%s.%s@curtain", team->id, date, team->shift[shift].id,
		team->volunteer[volunteer].id);
	snprintf(summary, sizeof summary, "值班 duty: %s (%s)", team->shift[shift].id, team->id);
	buf_init(&others, 4096);
	beside(team, plan, volunteer, day, part, &others);
	out->failed = out->failed ? out->failed : others.failed;
	ics_duty(out, &(struct ics_duty){.uid = uid,
			      .summary = summary,
			      .description = others.data ? others.data : "",
			      .sequence = (long long)calendar->revision,
			      .made = calendar->made,
			      .from = begins(team, calendar->zone, day, part, 0),
			      .until = begins(team, calendar->zone, day, part, team_minutes(team, part))});
	buf_fini(&others);
}

enum err roster_form_calendar_of(const struct team *team, const struct roster_plan *plan, int volunteer,
	const struct roster_form_calendar *calendar, struct buf *out)
{
	char text[160];

	snprintf(text, sizeof text, "值班 Duty %s", team->id);
	ics_open(out, text);
	for (int d = 0; d < team->days; d++)
		if (roster_plan_line(plan, volunteer)[d])
			cal_duty(team, plan, volunteer, d, calendar, out);
	ics_close(out);
	return out->failed;
}
