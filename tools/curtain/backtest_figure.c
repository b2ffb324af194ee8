/* SPDX-License-Identifier: MIT
 *
 * The figure: mean delay to the right, false alarms a home-month upwards (by decades). Nearer to the lower left corner
 * is better. Marks differ by shape, so that a print in black tells them apart. Labels are short and in no language; the
 * legend says in both what they mean. A label stands where it covers neither a mark nor another label.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "backtest_print.h"

#define WIDTH 1120.0
#define HEIGHT 780.0
#define LEFT 110.0
#define RIGHT 1080.0
#define TOP 100.0
#define BOTTOM 620.0
#define X_MIN 3.0
#define X_MAX 25.0
#define Y_MIN 0.1
#define Y_MAX 10.0
#define POINTS_MAX 48
#define BOXES_MAX 256
#define LABEL_HEIGHT 15.0
#define LABEL_CHAR 7.4 /* the width of a letter */

enum mark { MARK_OURS, MARK_RULE, MARK_PUBLISHED, MARK_HOME };

struct box {
	double left, top, right, bottom;
};

struct point {
	double x, y;
	enum mark mark;
	const char *label;
};

struct figure {
	struct buf *out;
	struct point points[POINTS_MAX];
	unsigned point_count;
	struct box boxes[BOXES_MAX]; /* of marks and labels */
	unsigned box_count;
};

static double clamp(double v, double low, double high)
{
	return v < low ? low : v > high ? high : v;
}

static double x_of(double hours)
{
	return LEFT + (clamp(hours, X_MIN, X_MAX) - X_MIN) / (X_MAX - X_MIN) * (RIGHT - LEFT);
}

static double y_of(double rate)
{
	double share = log10(clamp(rate, Y_MIN, Y_MAX) / Y_MIN) / log10(Y_MAX / Y_MIN);

	return BOTTOM - share * (BOTTOM - TOP);
}

static void text_at(struct figure *f, double x, double y, int size, const char *anchor, const char *text)
{
	buf_printf(f->out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%d\" text-anchor=\"%s\">", x, y, size, anchor);
	for (; *text; text++)
		if (*text == '<' || *text == '&')
			buf_text(f->out, *text == '<' ? "&lt;" : "&amp;");
		else
			buf_byte(f->out, *text);
	buf_text(f->out, "</text>\n");
}

static void mark_at(struct figure *f, enum mark mark, double x, double y)
{
	switch (mark) {
	case MARK_OURS:
		buf_printf(
			f->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"7\" fill=\"#005a9c\" stroke=\"#fff\"/>\n", x, y);
		break;
	case MARK_RULE:
		buf_printf(f->out,
			"<rect x=\"%.1f\" y=\"%.1f\" width=\"12\" height=\"12\" fill=\"#b00020\" stroke=\"#fff\"/>\n",
			x - 6, y - 6);
		break;
	case MARK_PUBLISHED:
		buf_printf(f->out,
			"<path d=\"M%.1f %.1fl7 12h-14z\" fill=\"#fff\" stroke=\"#222\" stroke-width=\"1.8\"/>\n", x,
			y - 8);
		break;
	case MARK_HOME:
		buf_printf(
			f->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"none\" stroke=\"#6b7f92\"/>\n", x, y);
		break;
	}
}

/* taken notes a place that no label may cover. */
static void taken(struct figure *f, struct box box)
{
	if (f->box_count < BOXES_MAX)
		f->boxes[f->box_count++] = box;
}

static bool is_free(const struct figure *f, struct box box)
{
	if (box.left < LEFT || box.right > RIGHT + 30 || box.top < TOP - LABEL_HEIGHT || box.bottom > BOTTOM)
		return false;
	for (unsigned i = 0; i < f->box_count; i++) {
		const struct box *b = &f->boxes[i];
		if (box.left < b->right && b->left < box.right && box.top < b->bottom && b->top < box.bottom)
			return false;
	}
	return true;
}

/* label_at writes near a mark, in the first place around it that is free. */
static void label_at(struct figure *f, double x, double y, bool bold, const char *text)
{
	double width = (double)strlen(text) * LABEL_CHAR;
	const double tries[][2] = {{12, 0}, {-12 - width, 0}, {-width / 2, -20}, {-width / 2, 22}, {10, -15}, {10, 17},
		{-10 - width, -15}, {-10 - width, 17}, {14, -30}, {14, 32}, {-14 - width, -30}, {-14 - width, 32}};
	struct box box;
	unsigned t = 0;

	do {
		double left = x + tries[t][0], middle = y + tries[t][1];
		box = (struct box){left, middle - LABEL_HEIGHT / 2, left + width, middle + LABEL_HEIGHT / 2};
	} while (!is_free(f, box) && ++t < sizeof tries / sizeof *tries);
	taken(f, box);
	buf_printf(f->out, "<g font-weight=\"%s\">", bold ? "bold" : "normal");
	text_at(f, box.left, box.bottom - 3, 13, "start", text);
	buf_text(f->out, "</g>\n");
}

/* point notes a mark; its label comes once all marks have their places. */
static void point(struct figure *f, enum mark mark, double hours, double rate, const char *label)
{
	if (isnan(hours) || isnan(rate) || f->point_count == POINTS_MAX)
		return;
	double x = x_of(hours), y = y_of(rate);
	f->points[f->point_count++] = (struct point){x, y, mark, label};
	taken(f, (struct box){x - 8, y - 8, x + 8, y + 8});
}

static void points_draw(struct figure *f)
{
	for (unsigned i = 0; i < f->point_count; i++)
		mark_at(f, f->points[i].mark, f->points[i].x, f->points[i].y);
	for (unsigned i = 0; i < f->point_count; i++)
		label_at(f, f->points[i].x, f->points[i].y, f->points[i].mark == MARK_OURS, f->points[i].label);
}

static void axes(struct figure *f)
{
	static const double rates[] = {0.1, 0.2, 0.5, 1, 2, 5, 10};
	char text[16];

	for (int hours = 4; hours <= 24; hours += 2) {
		buf_printf(f->out, "<path d=\"M%.1f %.1fV%.1f\" stroke=\"#ddd\"/>\n", x_of(hours), TOP, BOTTOM);
		snprintf(text, sizeof text, "%d", hours);
		text_at(f, x_of(hours), BOTTOM + 24, 15, "middle", text);
	}
	for (unsigned i = 0; i < sizeof rates / sizeof *rates; i++) {
		buf_printf(f->out, "<path d=\"M%.1f %.1fH%.1f\" stroke=\"#ddd\"/>\n", LEFT, y_of(rates[i]), RIGHT);
		snprintf(text, sizeof text, "%g", rates[i]);
		text_at(f, LEFT - 12, y_of(rates[i]) + 5, 15, "end", text);
	}
	buf_printf(f->out, "<path d=\"M%.1f %.1fV%.1fH%.1f\" fill=\"none\" stroke=\"#222\" stroke-width=\"1.5\"/>\n",
		LEFT, TOP, BOTTOM, RIGHT);
	text_at(f, (LEFT + RIGHT) / 2, BOTTOM + 52, 16, "middle",
		"从失能到警报的平均小时数 mean hours from incapacity to alarm");
	buf_printf(f->out,
		"<text transform=\"translate(40 %.1f) rotate(-90)\" font-size=\"16\" text-anchor=\"middle\">每户月误报 "
		"false "
		"alarms a home-month</text>\n",
		(TOP + BOTTOM) / 2);
}

static void legend(struct figure *f, const struct report *report)
{
	char each[80];
	const struct {
		enum mark mark;
		const char *text;
	} items[] = {
		{MARK_OURS, "习惯规则，数字为误报目标 habit, with its target"},
		{MARK_HOME, each},
		{MARK_RULE, "固定时限，现行规则（升/小时）fixed limits, deployed rules (litres / hours)"},
		{MARK_PUBLISHED, "同一方法的发表值 published for the same: limits, rules, targets"},
	};
	static const double places[][2] = {
		{LEFT, HEIGHT - 66}, {LEFT, HEIGHT - 40}, {LEFT + 430, HEIGHT - 66}, {LEFT + 430, HEIGHT - 40}};
	char text[300];

	snprintf(each, sizeof each, "每一住户，目标%g each home, target %g", report->runs[0].target,
		report->runs[0].target);
	text_at(f, LEFT, 40, 20, "start", "误报与延迟 False alarms against delay");
	snprintf(text, sizeof text, "%s, %u户 homes, %.0f户月 home-months; 左下为优 lower left is better%s",
		report->layout, report->runs[0].score.homes, report->runs[0].score.months,
		report->simulated ? "; 部分通道为模拟 some channels are simulated" : "");
	text_at(f, LEFT, 66, 15, "start", text);
	for (unsigned i = 0; i < sizeof items / sizeof *items; i++) {
		mark_at(f, items[i].mark, places[i][0] + 8, places[i][1] - 5);
		text_at(f, places[i][0] + 24, places[i][1], 15, "start", items[i].text);
	}
	text_at(f, LEFT, HEIGHT - 14, 13, "start",
		"纵轴为对数；0.1以下画在底线 logarithmic upwards; below 0.1 on the base line");
}

static void homes(struct figure *f, const struct run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		const struct play_home *home = &run->homes[i];
		double mean = score_mean_delay(home);
		if (!isnan(mean))
			mark_at(f, MARK_HOME, x_of(mean), y_of(score_rate(home, 0)));
	}
}

/* along keeps labels off a line between two points. */
static void along(struct figure *f, const double from[2], const double to[2])
{
	for (unsigned i = 1; i < 12; i++) {
		double x = from[0] + (to[0] - from[0]) * i / 12, y = from[1] + (to[1] - from[1]) * i / 12;
		taken(f, (struct box){x - 4, y - 4, x + 4, y + 4});
	}
}

/* line joins the points of the sweep, which come with rising targets. */
static void line(struct figure *f, const struct report *report)
{
	bool begun = false;
	double before[2] = {0, 0};

	for (unsigned i = 0; i < report->count; i++) {
		const struct score_level *level = &report->runs[i].score.levels[0];
		if (report->runs[i].kind != RUN_SWEEP || isnan(level->all.mean))
			continue;
		double here[2] = {x_of(level->all.mean), y_of(level->false_rate)};
		if (begun)
			along(f, before, here);
		memcpy(before, here, sizeof before);
		buf_printf(f->out, "%s%.1f %.1f",
			begun ? "L" : "<path fill=\"none\" stroke=\"#005a9c\" stroke-width=\"2\" d=\"M", here[0],
			here[1]);
		begun = true;
	}
	if (begun)
		buf_text(f->out, "\"/>\n");
}

enum err print_figure(const struct report *report, struct buf *out)
{
	struct figure figure = {.out = out};
	bool swept = false;

	for (unsigned i = 0; i < report->count; i++)
		swept = swept || report->runs[i].kind == RUN_SWEEP;
	buf_printf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" "
		"font-family=\"Noto Sans CJK SC, Noto Sans SC, WenQuanYi Micro Hei, sans-serif\" fill=\"#111\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
		WIDTH, HEIGHT, WIDTH, HEIGHT);
	axes(&figure);
	homes(&figure, &report->runs[0]);
	line(&figure, report);
	for (unsigned i = 0; i < report->count; i++) {
		const struct run *run = &report->runs[i];
		const struct score_level *level = &run->score.levels[0];
		if (run->kind == RUN_MAIN && swept)
			continue;
		point(&figure, run->kind <= RUN_SWEEP ? MARK_OURS : MARK_RULE, level->all.mean, level->false_rate,
			run->label);
	}
	for (unsigned i = 0; i < run_published_count && report_published(report); i++)
		point(&figure, MARK_PUBLISHED, run_published[i].mean, run_published[i].false_rate,
			run_published[i].label);
	points_draw(&figure);
	legend(&figure, report);
	buf_text(out, "</svg>\n");
	return out->failed;
}
