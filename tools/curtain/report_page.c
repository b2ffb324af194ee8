/* SPDX-License-Identifier: MIT
 *
 * The style sheet is for A4: no row is parted, headings stay with what they head, heads of tables repeat on each page.
 * Nothing is told by colour alone.
 */
#include "report_page.h"

#include <math.h>

#include "codec/fields.h"
#include "report_chart.h"

static const char style[] =
	"@page{size:A4;margin:16mm 15mm 17mm;@bottom-center{content:counter(page) \" / \" counter(pages);font:9pt "
	"sans-serif;color:#555}}\n"
	"*{box-sizing:border-box}\n"
	"body{font:10.5pt/1.5 \"Noto Sans CJK SC\",\"Noto Sans SC\",\"Source Han Sans SC\",\"Microsoft YaHei\","
	"\"PingFang SC\",sans-serif;color:#111;max-width:180mm;margin:0 auto;padding:8mm 0}\n"
	"h1{font-size:20pt;line-height:1.25;margin:0}\n"
	"h1 small,h2 small,h3 small{font-weight:normal;font-size:8.5pt;color:#555;margin-left:.6em}\n"
	"h2{font-size:13.5pt;border-bottom:1.5pt solid #14364f;margin:7mm 0 "
	"2.5mm;padding-bottom:.8mm;break-after:avoid}"
	"\nh3{font-size:11pt;margin:4mm 0 1.5mm;break-after:avoid}\n"
	"p{margin:1.5mm 0}\n"
	".head{color:#333;border-bottom:.5pt solid #999;padding-bottom:2mm}\n"
	".note,.none{color:#555;font-size:9pt}\n"
	"table{border-collapse:collapse;width:100%;font-size:9.5pt;margin:1.5mm 0 3mm}\n"
	"thead{display:table-header-group}\ntr{break-inside:avoid}\n"
	"th{background:#e6edf2;text-align:left;font-weight:600;border-bottom:1pt solid #14364f;padding:1.1mm 1.6mm;"
	"vertical-align:bottom;print-color-adjust:exact;-webkit-print-color-adjust:exact}\n"
	"td{border-bottom:.4pt solid #bbb;padding:1mm 1.6mm;vertical-align:top}\n"
	"th.r,td.r{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}\n"
	"td small{color:#555;margin-left:.5em}\n"
	".tiles{display:grid;grid-template-columns:repeat(4,1fr);gap:2.5mm;margin:3mm 0}\n"
	".tile{border:.8pt solid #14364f;border-radius:1.5mm;padding:2mm 2.5mm;break-inside:avoid}\n"
	".tile b{display:block;font-size:18pt;line-height:1.2;font-variant-numeric:tabular-nums}\n"
	".tile span{display:block;font-size:8.5pt;color:#333}\n.tile i{font-style:normal;font-size:8.5pt;color:#555}\n"
	".missed{border-width:2.2pt}\n"
	"svg.chart{width:100%;height:auto;display:block;margin:1mm 0 3mm;break-inside:avoid;print-color-adjust:exact;"
	"-webkit-print-color-adjust:exact}\n"
	"svg.chart text{font-size:12px;fill:#111}\nsvg.chart text.small{font-size:10px;fill:#444}\n"
	"svg.chart text.value{font-size:10px;fill:#111;stroke:#fff;stroke-width:3px;paint-order:stroke}\n"
	"ul.gaps{columns:3;list-style:none;margin:0 0 3mm;padding:0;font-size:9pt}ul.gaps li{break-inside:avoid}\n"
	"svg.chart text.light{fill:#fff}\n"
	".two{display:grid;grid-template-columns:1fr 1fr;gap:5mm}\n"
	".write td{height:9mm}\n.keep{break-inside:avoid}\n.cases "
	"th:last-child{width:22%}\n.apart{break-before:page;margin-top:16mm}\n"
	"@media print{.apart{margin-top:0}body{padding:0;max-width:none}}\n";

void page_begin(struct buf *out, const char *title)
{
	buf_text(out,
		"<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
		"content=\"width=device-width\">\n<meta http-equiv=\"Content-Security-Policy\" "
		"content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>");
	chart_escape(out, title);
	buf_printf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n", style);
}

void page_end(struct buf *out)
{
	buf_text(out, "</body>\n</html>\n");
}

void page_section(struct buf *out, const char *zh, const char *en)
{
	buf_printf(out, "<section>\n<h2>%s<small>%s</small></h2>\n", zh, en);
}

void page_section_end(struct buf *out)
{
	buf_text(out, "</section>\n");
}

void page_table(struct buf *out, const char *const *headings, unsigned count)
{
	buf_text(out, "<table>\n<thead><tr>");
	for (unsigned i = 0; i < count; i++) {
		bool right = *headings[i] == '>';
		buf_text(out, right ? "<th class=\"r\">" : "<th>");
		chart_escape(out, headings[i] + right);
		buf_text(out, "</th>");
	}
	buf_text(out, "</tr></thead>\n<tbody>\n");
}

void page_table_end(struct buf *out)
{
	buf_text(out, "</tbody>\n</table>\n");
}

void page_row(struct buf *out)
{
	buf_text(out, "<tr>");
}

void page_row_end(struct buf *out)
{
	buf_text(out, "</tr>\n");
}

void page_cell(struct buf *out, const char *text)
{
	buf_text(out, "<td>");
	chart_escape(out, text);
	buf_text(out, "</td>");
}

void page_cell_zh_en(struct buf *out, const char *zh, const char *en)
{
	buf_text(out, "<td>");
	chart_escape(out, zh);
	buf_text(out, "<small>");
	chart_escape(out, en);
	buf_text(out, "</small></td>");
}

static void put_number(struct buf *out, double value)
{
	buf_printf(out, fabs(value - round(value)) < 0.05 ? "%.0f" : "%.1f", value);
}

void page_number(struct buf *out, double value)
{
	buf_text(out, "<td class=\"r\">");
	put_number(out, value);
	buf_text(out, "</td>");
}

void page_share(struct buf *out, double part, double whole)
{
	if (whole > 0)
		buf_printf(out, "<td class=\"r\">%.1f%%</td>", 100 * part / whole);
	else
		buf_text(out, "<td class=\"r\">–</td>");
}

static void arrow(struct buf *out, double difference, double least, const char *unit)
{
	if (fabs(difference) < least) {
		buf_text(out, "＝");
		return;
	}
	buf_text(out, difference > 0 ? "▲ " : "▼ ");
	buf_printf(out, *unit || fabs(difference - round(difference)) >= 0.05 ? "%.1f%s" : "%.0f%s", fabs(difference),
		unit);
}

void page_change(struct buf *out, double now, double before)
{
	buf_text(out, "<td class=\"r\">");
	arrow(out, now - before, 0.05, "");
	buf_text(out, "</td>");
}

void page_change_points(struct buf *out, double part, double whole, double part_before, double whole_before)
{
	buf_text(out, "<td class=\"r\">");
	if (whole > 0 && whole_before > 0)
		arrow(out, 100 * (part / whole - part_before / whole_before), 0.05, " 点");
	else
		buf_text(out, "–");
	buf_text(out, "</td>");
}

void page_time_text(struct buf *out, const json_t *object, const char *name, const struct zone *zone)
{
	struct wall at = fields_wall_or_none(object, name);

	if (wall_is_set(at)) {
		struct civil local = zone_to_civil(zone, at);
		buf_printf(out, "%d月%d日 %02d:%02d", local.month, local.day, local.hour, local.minute);
	} else {
		buf_text(out, "–");
	}
}

void page_time(struct buf *out, const json_t *object, const char *name, const struct zone *zone)
{
	buf_text(out, "<td>");
	page_time_text(out, object, name, zone);
	buf_text(out, "</td>");
}

void page_none(struct buf *out, const char *text)
{
	buf_printf(out, "<p class=\"none\">%s</p>\n", text);
}
