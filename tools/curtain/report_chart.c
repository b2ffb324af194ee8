/* SPDX-License-Identifier: MIT
 *
 * Drawings are as wide as the paper's text (WIDTH units are 100%) and scale with it; a row is as high as a line of
 * text.
 */
#include "report_chart.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

#define WIDTH 640.0
#define LABEL 150.0 /* room for labels on the left */
#define ROW 30.0
#define VALUE 60.0 /* room for numbers behind a bar */

static const char *const shades[CHART_BANDS_MAX] = {"#dbe7f0", "#9dbdd4", "#5d8cae", "#2c5f86", "#14364f", "#000000"};

static size_t utf8_length(const char *text)
{
	unsigned char lead = (unsigned char)*text;
	size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

	return strnlen(text, length) == length && text_is_utf8(text, length) ? length : 0;
}

void chart_escape(struct buf *out, const char *text)
{
	while (*text) {
		size_t length = utf8_length(text);
		if (!length || (unsigned char)*text < 0x20 || *text == 0x7f)
			buf_text(out, "\xef\xbf\xbd");
		else if (*text == '<')
			buf_text(out, "&lt;");
		else if (*text == '>')
			buf_text(out, "&gt;");
		else if (*text == '&')
			buf_text(out, "&amp;");
		else if (*text == '"')
			buf_text(out, "&quot;");
		else if (*text == '\'')
			buf_text(out, "&#39;");
		else
			buf_append(out, text, length);
		text += length ? length : 1;
	}
}

/* ---- pieces ---- */

static void begin(struct buf *out, const char *title, double height)
{
	buf_printf(out, "<svg class=\"chart\" viewBox=\"0 0 %.0f %.0f\" role=\"img\"><title>", WIDTH, height);
	chart_escape(out, title);
	buf_text(out, "</title>\n");
}

static void end(struct buf *out)
{
	buf_text(out, "</svg>\n");
}

/* rect leaves out what is too small to be seen. */
static void rect(struct buf *out, double x, double y, double width, double height, const char *fill)
{
	if (width > 0.05 && height > 0.05)
		buf_printf(out,
			"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\" stroke=\"#14364f\" "
			"stroke-width=\"0.6\"/>",
			x, y, width, height, fill);
}

static void label(struct buf *out, double x, double y, const char *anchor, const char *text)
{
	buf_printf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
	chart_escape(out, text);
	buf_text(out, "</text>");
}

static void number(struct buf *out, double x, double y, const char *anchor, const char *class, double value)
{
	buf_printf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\"%s%s%s>", x, y, anchor,
		*class ? " class=\"" : "", class, *class ? "\"" : "");
	buf_printf(out, fabs(value - round(value)) < 0.05 || fabs(value) >= 100 ? "%.0f" : "%.1f", value);
	buf_text(out, "</text>");
}

/* known: a value that is no number, or below 0, is drawn as nothing. */
static double known(double value)
{
	return isfinite(value) && value > 0 ? value : 0;
}

static double larger(double a, double b)
{
	return known(b) > a ? known(b) : a;
}

/* even gives the end of an axis: the next of 1, 2, 4, 6, 8 times a power of ten, so that its parts are short numbers.
 */
static double even(double most)
{
	static const double steps[] = {1, 2, 4, 6, 8, 10};
	double power = most > 0 ? pow(10, floor(log10(most))) : 1;

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (most <= steps[i] * power * (1 + 1e-9))
			return steps[i] * power;
	return 10 * power;
}

/* ---- drawings ---- */

void chart_bars(struct buf *out, const char *title, const struct chart_pair *pairs, size_t count)
{
	double most = 0, room = WIDTH - LABEL - VALUE;

	for (size_t i = 0; i < count; i++)
		most = larger(larger(most, pairs[i].now), pairs[i].before);
	begin(out, title, ROW * (double)count + 4);
	for (size_t i = 0; i < count; i++) {
		double y = ROW * (double)i, now = known(pairs[i].now), before = known(pairs[i].before);
		double scale = most > 0 ? room / most : 0;
		label(out, LABEL - 8, y + 18, "end", pairs[i].label);
		rect(out, LABEL, y + 4, now * scale, 12, shades[3]);
		rect(out, LABEL, y + 17, before * scale, 8, shades[0]);
		number(out, LABEL + now * scale + 5, y + 14, "start", "", now);
		number(out, LABEL + before * scale + 5, y + 25, "start", "small", before);
		buf_byte(out, '\n');
	}
	end(out);
}

static void band(struct buf *out, double y, size_t parts, const double *part)
{
	double whole = 0, x = LABEL, room = WIDTH - LABEL - VALUE;

	for (size_t p = 0; p < parts; p++)
		whole += known(part[p]);
	for (size_t p = 0; p < parts && whole > 0; p++) {
		double width = room * known(part[p]) / whole;
		rect(out, x, y + 4, width, 20, shades[p]);
		if (width > 18)
			number(out, x + width / 2, y + 18, "middle", p > 1 ? "light" : "", known(part[p]));
		x += width;
	}
	number(out, WIDTH - VALUE + 8, y + 18, "start", "", whole);
}

void chart_bands(struct buf *out, const char *title, const char *const *legend, size_t parts,
	const struct chart_band *bands, size_t count)
{
	double place = (WIDTH - 20) / (double)(parts ? parts : 1);

	parts = parts > CHART_BANDS_MAX ? CHART_BANDS_MAX : parts;
	begin(out, title, ROW * (double)(count + 1));
	for (size_t i = 0; i < count; i++) {
		label(out, LABEL - 8, ROW * (double)i + 18, "end", bands[i].label);
		band(out, ROW * (double)i, parts, bands[i].part);
		buf_byte(out, '\n');
	}
	for (size_t p = 0; p < parts; p++) {
		double x = 20 + place * (double)p, y = ROW * (double)count;
		rect(out, x, y + 8, 14, 12, shades[p]);
		label(out, x + 19, y + 18, "start", legend[p]);
	}
	end(out);
}

static void axis(struct buf *out, double most, const char *unit, double bottom, double room)
{
	for (int tick = 0; tick <= 4; tick++) {
		double x = LABEL + room * tick / 4;
		buf_printf(out,
			"<line x1=\"%.1f\" y1=\"0\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#999\" stroke-width=\"0.5\" "
			"stroke-dasharray=\"2 3\"/>",
			x, x, bottom);
		number(out, x, bottom + 14, "middle", "small", most * tick / 4);
	}
	label(out, WIDTH - VALUE + 20, bottom + 14, "start", unit);
}

void chart_spans(struct buf *out, const char *title, const char *unit, const struct chart_span *spans, size_t count)
{
	double most = 0, room = WIDTH - LABEL - VALUE, bottom = ROW * (double)count;

	for (size_t i = 0; i < count; i++)
		most = larger(most, spans[i].p99);
	most = most > 0 ? even(most) : 0;
	begin(out, title, bottom + 20);
	axis(out, most, unit, bottom, room);
	for (size_t i = 0; i < count; i++) {
		double scale = most > 0 ? room / most : 0, y = ROW * (double)i;
		double half = known(spans[i].p50) * scale, nine = known(spans[i].p90) * scale,
		       all = known(spans[i].p99) * scale;
		label(out, LABEL - 8, y + 18, "end", spans[i].label);
		rect(out, LABEL, y + 6, half, 16, shades[3]);
		rect(out, LABEL + half, y + 9, nine - half, 10, shades[1]);
		rect(out, LABEL + nine, y + 12, all - nine, 4, shades[0]);
		buf_byte(out, '\n');
	}
	end(out);
}

static void step_line(
	struct buf *out, const struct chart_pair *days, size_t count, double width, double scale, double bottom)
{
	buf_text(
		out, "<polyline fill=\"none\" stroke=\"#555\" stroke-width=\"1.2\" stroke-dasharray=\"4 2\" points=\"");
	for (size_t i = 0; i < count; i++) {
		double y = bottom - known(days[i].before) * scale;
		buf_printf(out, "%s%.1f,%.1f %.1f,%.1f", i ? " " : "", 30 + width * (double)i, y,
			30 + width * (double)(i + 1), y);
	}
	buf_text(out, "\"/>\n");
}

void chart_columns(
	struct buf *out, const char *title, const char *unit, double top, const struct chart_pair *days, size_t count)
{
	double most = top, width = (WIDTH - 40) / (double)(count ? count : 1), bottom = 110, high = 90;

	for (size_t i = 0; i < count && top <= 0; i++)
		most = larger(larger(most, days[i].now), days[i].before);
	if (top <= 0 && most > 0)
		most = even(most < 2 ? 2 : most);
	double scale = most > 0 ? high / most : 0;
	begin(out, title, bottom + 22);
	for (int tick = 0; tick <= 2; tick++) {
		double y = bottom - high * tick / 2;
		buf_printf(out,
			"<line x1=\"30\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#999\" stroke-width=\"0.5\"/>", y,
			WIDTH - 10, y);
		number(out, 26, y + 4, "end", "small", most * tick / 2);
	}
	label(out, 30, 10, "start", unit);
	for (size_t i = 0; i < count; i++) {
		double x = 30 + width * (double)i, now = known(days[i].now) * scale;
		rect(out, x + width * 0.15, bottom - now, width * 0.7, now, shades[2]);
		if (count <= 16)
			number(out, x + width / 2, bottom - now - 3, "middle", "value", known(days[i].now));
		if (count <= 16 || i % 7 == 0)
			label(out, x + width / 2, bottom + 15, "middle", days[i].label);
	}
	if (top <= 0)
		step_line(out, days, count, width, scale, bottom);
	end(out);
}
