/* SPDX-License-Identifier: MIT */
#include "report_paper.h"
#include "report_words.h"

#include <math.h>
#include <string.h>

/* csv_cell: RFC 4180. What a spreadsheet would take for a formula is made a text by an apostrophe before it. */
void report_csv_cell(struct buf *out, const char *text)
{
	bool quoted = strpbrk(text, ",\"\r\n") || (*text && strchr("=+-@\t", *text));

	if (!quoted) {
		buf_text(out, text);
		return;
	}
	buf_byte(out, '"');
	if (strchr("=+-@\t\r", *text))
		buf_byte(out, '\'');
	for (; *text; text++) {
		if (*text == '"')
			buf_byte(out, '"');
		buf_byte(out, *text);
	}
	buf_byte(out, '"');
}

static void number(struct buf *out, double value)
{
	buf_printf(out, value == floor(value) ? "%.0f" : "%.10g", value);
}

enum err report_csv(const struct report *report, struct buf *out)
{
	const struct report_figure *figure;
	struct buf label;

	buf_init(&label, 4096);
	buf_text(out, "dim,key,name,名称,now,before\r\n");
	for (size_t i = 0; (figure = report_at(report, i)); i++) {
		const char *const cells[] = {figure->dim, figure->key, figure->name};
		for (size_t c = 0; c < sizeof cells / sizeof *cells; c++) {
			report_csv_cell(out, cells[c]);
			buf_byte(out, ',');
		}
		buf_reset(&label);
		report_figure_label(figure->name, &label);
		report_csv_cell(out, label.data ? label.data : "");
		buf_byte(out, ',');
		number(out, figure->now);
		buf_byte(out, ',');
		number(out, figure->before);
		buf_text(out, "\r\n");
	}
	buf_fini(&label);
	return out->failed;
}
