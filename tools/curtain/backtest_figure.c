/* SPDX-License-Identifier: MIT
 *
 * The figure: mean delay to the right, false alarms a home-month upwards (by decades). Nearer to the lower left corner
 * is better. Marks differ by shape, so that a print in black tells them apart; labels that would lie on each other are
 * moved down.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "backtest_print.h"

#define WIDTH 1120.0
#define HEIGHT 760.0
#define LEFT 110.0
#define RIGHT 1080.0
#define TOP 100.0
#define BOTTOM 620.0
#define X_MIN 3.0
#define X_MAX 25.0
#define Y_MIN 0.1
#define Y_MAX 10.0
#define LABELS_MAX 64
#define LABEL_HEIGHT 17.0
#define LABEL_CHAR 7.2 /* the width of a Latin letter; a Chinese one takes two */

struct figure {
	struct buf *out;
	struct {
		double x, y, width;
	} labels[LABELS_MAX];
	unsigned label_count;
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

enum mark { MARK_OURS, MARK_RULE, MARK_PUBLISHED, MARK_HOME };

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

static double width_of(const char *text)
{
	double width = 0;

	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		width += *c < 0x80 ? LABEL_CHAR : (*c & 0xc0) == 0xc0 ? 2 * LABEL_CHAR : 0;
	return width;
}

/* label_at writes beside a mark, in the first place upwards or downwards that is free. */
static void label_at(struct figure *f, double x, double y, const char *text)
{
	static const double tries[] = {0, -1, 1, -2, 2, -3, 3, 4, -4};
	double width = width_of(text), lx = x + 12 + width > RIGHT + 30 ? x - 12 - width : x + 12, ly = y + 5;
	bool free_place = false;

	for (unsigned t = 0; t < sizeof tries / sizeof *tries && !free_place; t++) {
		ly = y + 5 + tries[t] * LABEL_HEIGHT;
		free_place = true;
		for (unsigned i = 0; i < f->label_count; i++)
			if (fabs(ly - f->labels[i].y) < LABEL_HEIGHT - 1 &&
				lx < f->labels[i].x + f->labels[i].width + 4 && f->labels[i].x < lx + width + 4)
				free_place = false;
	}
	if (f->label_count < LABELS_MAX) {
		f->labels[f->label_count].x = lx;
		f->labels[f->label_count].y = ly;
		f->labels[f->label_count++].width = width;
	}
	text_at(f, lx, ly, 13, "start", text);
}

static void point(struct figure *f, enum mark mark, double hours, double rate, const char *zh, const char *en)
{
	char text[160];

	if (isnan(hours) || isnan(rate))
		return;
	mark_at(f, mark, x_of(hours), y_of(rate));
	snprintf(text, sizeof text, "%s %s", zh, en);
	label_at(f, x_of(hours), y_of(rate), text);
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
	static const struct {
		enum mark mark;
		const char *text;
	} items[] = {
		{MARK_OURS, "习惯规则 habit"},
		{MARK_RULE, "固定规则 fixed and deployed rules"},
		{MARK_PUBLISHED, "发表值 published"},
		{MARK_HOME, "各住户 each home"},
	};
	static const double places[] = {LEFT, LEFT + 190, LEFT + 530, LEFT + 760};
	char text[300];

	text_at(f, LEFT, 40, 20, "start", "误报与延迟 False alarms against delay");
	snprintf(text, sizeof text, "%s, %u户 homes, %.0f户月 home-months; 左下为优 lower left is better%s",
		report->layout, report->runs[0].score.homes, report->runs[0].score.months,
		report->simulated ? "; 部分通道为模拟 some channels are simulated" : "");
	text_at(f, LEFT, 66, 15, "start", text);
	for (unsigned i = 0; i < sizeof items / sizeof *items; i++) {
		mark_at(f, items[i].mark, places[i] + 8, HEIGHT - 50);
		text_at(f, places[i] + 24, HEIGHT - 45, 15, "start", items[i].text);
	}
	text_at(f, LEFT, HEIGHT - 18, 13, "start",
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

/* line joins the points of the sweep, which come with rising targets. */
static void line(struct figure *f, const struct report *report)
{
	bool begun = false;

	for (unsigned i = 0; i < report->count; i++) {
		const struct score_level *level = &report->runs[i].score.levels[0];
		if (report->runs[i].kind != RUN_SWEEP || isnan(level->all.mean))
			continue;
		buf_printf(f->out, "%s%.1f %.1f",
			begun ? "L" : "<path fill=\"none\" stroke=\"#005a9c\" stroke-width=\"2\" d=\"M",
			x_of(level->all.mean), y_of(level->false_rate));
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
			run->name_zh, run->name_en);
	}
	for (unsigned i = 0; i < run_published_count && report_published(report); i++)
		point(&figure, MARK_PUBLISHED, run_published[i].mean, run_published[i].false_rate,
			run_published[i].name_zh, run_published[i].name_en);
	legend(&figure, report);
	buf_text(out, "</svg>\n");
	return out->failed;
}
