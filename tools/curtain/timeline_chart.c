/* SPDX-License-Identifier: MIT */
#include "timeline_chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/day.h"
#include "words.h"

#define WIDTH 1120.0
#define LEFT 150.0
#define RIGHT 1100.0
#define TOP 114.0
#define ROW 28.0
#define LANE 36.0
#define LEGEND 136.0
#define ROWS_MAX 16
#define NUMBERS_FROM 23.0 /* a column so wide holds a number */
#define MARK 5.5
#define INK "#1d2733"
#define PALE "#66727f"

struct sheet {
	const struct chart *chart;
	struct buf *out;
	double column; /* width of a day */
	double y;
};

static void escaped(struct buf *out, const char *text)
{
	for (; *text; text++)
		if (*text == '<')
			buf_text(out, "&lt;");
		else if (*text == '&')
			buf_text(out, "&amp;");
		else if ((unsigned char)*text >= ' ')
			buf_byte(out, *text);
}

static void label(
	struct sheet *s, double x, double y, int size, const char *anchor, const char *colour, const char *text)
{
	buf_printf(s->out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%d\" text-anchor=\"%s\" fill=\"%s\">", x, y, size,
		anchor, colour);
	escaped(s->out, text);
	buf_text(s->out, "</text>\n");
}

static double x_of(const struct sheet *s, double day)
{
	double x = LEFT + (day - s->chart->first) * s->column;

	return x < LEFT ? LEFT : x > RIGHT ? RIGHT : x;
}

/* ---- the head and the days ---- */

static void head(struct sheet *s)
{
	char first[DAY_TEXT_BYTES], last[DAY_TEXT_BYTES], line[200];

	day_format(s->chart->first, first);
	day_format(s->chart->first + (int32_t)s->chart->days - 1, last);
	snprintf(line, sizeof line, "住户 %s 的时间线", s->chart->household);
	label(s, 20, 40, 24, "start", INK, line);
	snprintf(line, sizeof line, "Timeline of household %s", s->chart->household);
	label(s, 20, 62, 13, "start", PALE, line);
	snprintf(line, sizeof line, "%s 至 %s（%u 天 days）", first, last, s->chart->days);
	label(s, RIGHT, 40, 15, "end", INK, line);
}

/* days draws the columns from the dates down to bottom. */
static void days(struct sheet *s, double bottom)
{
	static const char *const weekdays[] = {"一", "二", "三", "四", "五", "六", "日"};
	char text[16];

	for (unsigned d = 0; d < s->chart->days; d++) {
		int32_t day = s->chart->first + (int32_t)d;
		double x = x_of(s, day), middle = x + s->column / 2;
		struct civil civil;
		civil_from_ms((int64_t)day * MS_PER_DAY, &civil);
		int weekday = civil.weekday; /* 0 = Monday */
		if (weekday >= 5)
			buf_printf(s->out,
				"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"#f1f3f5\"/>\n", x,
				TOP - 32, s->column, bottom - TOP + 32);
		snprintf(text, sizeof text, "%d", (int)civil.day);
		label(s, middle, TOP - 18, 11, "middle", INK, text);
		label(s, middle, TOP - 5, 9, "middle", PALE, weekdays[weekday]);
		if (d == 0 || civil.day == 1) {
			snprintf(text, sizeof text, "%d月", (int)civil.month);
			label(s, x + 2, TOP - 34, 11, "start", INK, text);
			buf_printf(s->out, "<path d=\"M%.1f %.1fV%.1f\" stroke=\"" INK "\" stroke-width=\"%s\"/>\n", x,
				TOP - 32, bottom, d ? "1" : "0.5");
		}
	}
	buf_printf(s->out,
		"<path d=\"M%.1f %.1fV%.1fH%.1fV%.1f\" fill=\"none\" stroke=\"" INK "\" stroke-width=\"0.5\"/>\n", LEFT,
		TOP, bottom, RIGHT, TOP);
}

/* ---- signals ---- */

static void amount(double v, char out[16])
{
	if (v >= 10000)
		snprintf(out, 16, "%.0fk", v / 1000);
	else if (v >= 1000)
		snprintf(out, 16, "%.1fk", v / 1000);
	else if (v >= 100 || v == floor(v))
		snprintf(out, 16, "%.0f", v);
	else
		snprintf(out, 16, "%.*f", v >= 10 ? 0 : 1, v);
}

/* tint: white to blue; share 0 is pale. */
static int tint(int full, double share)
{
	return (int)lround(255 - (255 - full) * (0.1 + 0.85 * share));
}

/* cell: share of the row's most, the darker; a day without a reading stays empty. */
static void cell(struct sheet *s, unsigned day, double value, double share)
{
	double x = x_of(s, s->chart->first + (double)day);
	char text[16], fill[8] = "#fff";

	if (isnan(value))
		return;
	if (value > 0)
		snprintf(fill, sizeof fill, "#%02x%02x%02x", tint(31, share) & 0xff, tint(95, share) & 0xff,
			tint(168, share) & 0xff);
	buf_printf(s->out,
		"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\" stroke=\"#1f5fa8\" "
		"stroke-width=\"%s\"/>\n",
		x + 1, s->y + 2, s->column - 2, ROW - 4, fill, value > 0 ? "0.3" : "1");
	amount(value, text);
	if (s->column >= NUMBERS_FROM)
		label(s, x + s->column / 2, s->y + ROW / 2 + 3.5, 10, "middle", share > 0.55 ? "#fff" : INK, text);
}

/* rank: meters first, then what somebody does, then what merely is measured. */
static int rank(const struct chart_row *row)
{
	return row->metered ? 0 : quantity_info(row->quantity)->kind == QUANTITY_GAUGE ? 2 : 1;
}

static void signal_row(struct sheet *s, const struct chart_row *row)
{
	const struct quantity_info *info = quantity_info(row->quantity);
	double least = INFINITY, most = 0;
	char text[80];

	for (unsigned d = 0; d < s->chart->days; d++) {
		most = row->values[d] > most ? row->values[d] : most;
		least = row->values[d] < least ? row->values[d] : least;
	}
	bool tells = rank(row) < 2 && least < most; /* how often a value is sent says nothing of the day */
	label(s, 20, s->y + 13, 13, "start", INK, words_quantity(row->quantity));
	snprintf(text, sizeof text, "%s, %s", info->name, row->metered ? info->unit : "条 readings");
	label(s, 20, s->y + 24, 9, "start", PALE, text);
	for (unsigned d = 0; d < s->chart->days; d++)
		cell(s, d, row->values[d], tells ? row->values[d] / most : 0);
	buf_printf(s->out, "<path d=\"M%.1f %.1fH%.1f\" stroke=\"#dde2e7\" stroke-width=\"0.5\"/>\n", LEFT, s->y + ROW,
		RIGHT);
	s->y += ROW;
}

static unsigned rows_shown(const struct chart *chart)
{
	return chart->row_count < ROWS_MAX ? chart->row_count : ROWS_MAX;
}

static void signals(struct sheet *s)
{
	unsigned left = rows_shown(s->chart);

	for (int r = 0; r <= 2; r++)
		for (unsigned q = 0; q < QUANTITY_COUNT; q++)
			for (unsigned i = 0; i < s->chart->row_count && left; i++)
				if (rank(&s->chart->rows[i]) == r && s->chart->rows[i].quantity == q) {
					signal_row(s, &s->chart->rows[i]);
					left--;
				}
}

/* ---- marks ---- */

static const struct lane {
	const char *zh, *en, *colour;
	const char *outline; /* of a mark around 0 0 */
} lanes[CHART_LANES] = {
	[CHART_ALERTS] = {"警报", "alerts", "#b3261e", "M0 -6.5L6.5 0L0 6.5L-6.5 0Z"},
	[CHART_INCIDENTS] = {"事件", "incidents", "#7a3e00", "M-5.2 -5.2H5.2V5.2H-5.2Z"},
	[CHART_VISITS] = {"探访", "visits", "#1b6e3c", "M5.5 0A5.5 5.5 0 1 1 -5.5 0A5.5 5.5 0 1 1 5.5 0Z"},
	[CHART_SERVICES] = {"服务", "services", "#1f5fa8", "M-6 0L-3 -5.2H3L6 0L3 5.2H-3Z"},
	[CHART_TASKS] = {"待办", "tasks", "#5b3a8c", "M0 -6L6 5H-6Z"},
};

static void mark(struct sheet *s, double x, double y, enum chart_lane lane, enum chart_fill fill, const char *title)
{
	const struct lane *l = &lanes[lane];
	bool full = fill == CHART_FULL || fill == CHART_RINGED;

	buf_printf(
		s->out, "<g transform=\"translate(%.1f %.1f)\" stroke=\"%s\" stroke-width=\"1.4\">", x, y, l->colour);
	if (*title) {
		buf_text(s->out, "<title>");
		escaped(s->out, title);
		buf_text(s->out, "</title>");
	}
	buf_printf(s->out, "<path d=\"%s\" fill=\"%s\"/>", l->outline, full ? l->colour : "#fff");
	if (fill == CHART_RINGED)
		buf_text(s->out, "<circle r=\"9\" fill=\"none\"/>");
	else if (fill == CHART_CROSSED)
		buf_text(s->out, "<path d=\"M-8 -8L8 8M-8 8L8 -8\"/>");
	else if (fill == CHART_STRUCK)
		buf_text(s->out, "<path d=\"M-8 8L8 -8\"/>");
	buf_text(s->out, "</g>\n");
}

static void lane_row(struct sheet *s, enum chart_lane lane)
{
	static const double aside[] = {0, -9, 9};
	double last = 0, middle = s->y + LANE / 2;
	unsigned level = 0, count = 0;
	char text[40];

	for (unsigned i = 0; i < s->chart->mark_count; i++) {
		const struct chart_mark *m = &s->chart->marks[i];
		double x = x_of(s, m->at);
		if (m->lane != lane)
			continue;
		level = count++ && x - last < 2 * MARK ? (level + 1) % 3 : 0;
		last = x;
		if (m->until > m->at)
			buf_printf(s->out, "<path d=\"M%.1f %.1fH%.1f\" stroke=\"%s\" stroke-width=\"1.2\"/>\n", x,
				middle + aside[level], x_of(s, m->until), lanes[lane].colour);
		mark(s, x, middle + aside[level], lane, m->fill, m->title);
	}
	label(s, 20, s->y + 16, 13, "start", INK, lanes[lane].zh);
	snprintf(text, sizeof text, "%s, %u", lanes[lane].en, count);
	label(s, 20, s->y + 28, 9, "start", PALE, text);
	buf_printf(s->out, "<path d=\"M%.1f %.1fH%.1f\" stroke=\"#dde2e7\" stroke-width=\"0.5\"/>\n", LEFT, s->y + LANE,
		RIGHT);
	s->y += LANE;
}

/* ---- legend ---- */

static void legend(struct sheet *s)
{
	static const struct {
		enum chart_lane lane;
		enum chart_fill fill;
		const char *text;
	} items[] = {
		{CHART_ALERTS, CHART_RINGED, "生命警报 life"},
		{CHART_ALERTS, CHART_FULL, "警报 alarm"},
		{CHART_ALERTS, CHART_HOLLOW, "关注 attention"},
		{CHART_ALERTS, CHART_STRUCK, "设备维护 maintenance"},
		{CHART_INCIDENTS, CHART_FULL, "事件：需要帮助 helped"},
		{CHART_INCIDENTS, CHART_HOLLOW, "误报或外出 false alarm, away"},
		{CHART_INCIDENTS, CHART_CROSSED, "未了结 open"},
		{CHART_VISITS, CHART_FULL, "探访、服务、待办：完成 done"},
		{CHART_VISITS, CHART_RINGED, "老人已确认 confirmed"},
		{CHART_VISITS, CHART_HOLLOW, "待办理 to come"},
		{CHART_VISITS, CHART_CROSSED, "错过或逾期 missed, overdue"},
		{CHART_VISITS, CHART_STRUCK, "老人谢绝 refused"},
	};
	double y = s->y + 24;

	for (unsigned i = 0; i < sizeof items / sizeof *items; i++) {
		unsigned line = i / 4;
		double x = 30 + (i % 4) * 270.0, at = y + line * 24.0;
		mark(s, x, at, items[i].lane, items[i].fill, "");
		label(s, x + 16, at + 4, 11, "start", INK, items[i].text);
	}
	label(s, 20, y + 82, 11, "start", PALE,
		"格子：当天的用量或读数条数，越深越接近本行最多的一天；空白为没有读数，白底 0 "
		"为一天未用。待办的横线到期限为止。");
	label(s, 20, y + 98, 10, "start", PALE,
		"A cell is the day's amount or number of readings; darker is nearer to the row's most, empty is no "
		"reading. A "
		"task's line ends when it is due.");
}

void chart_draw(const struct chart *chart, struct buf *out)
{
	double bottom = TOP + ROW * rows_shown(chart) + LANE * CHART_LANES, height = bottom + LEGEND;
	struct sheet s = {.chart = chart, .out = out, .column = (RIGHT - LEFT) / chart->days, .y = TOP};

	buf_printf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0fmm\" "
		"height=\"%.0fmm\" "
		"font-family=\"'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',sans-serif\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
		WIDTH, height, 277.0, 277.0 * height / WIDTH);
	head(&s);
	days(&s, bottom);
	signals(&s);
	for (int lane = 0; lane < CHART_LANES; lane++)
		lane_row(&s, (enum chart_lane)lane);
	legend(&s);
	buf_text(out, "</svg>\n");
}
