/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report_chart.h"
#include "report_cover.h"

static unsigned occurrences(const char *text, const char *of)
{
	unsigned count = 0;

	for (; (text = strstr(text, of)); text += strlen(of))
		count++;
	return count;
}

static void labels_are_escaped_and_broken_bytes_are_told(void **state)
{
	struct buf out;
	(void)state;
	buf_init(&out, 1 << 16);
	chart_escape(&out, "<b a='1'>\"&\xff\xe7\xab\x01 中");
	assert_string_equal(
		out.data, "&lt;b a=&#39;1&#39;&gt;&quot;&amp;\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd 中");
	buf_reset(&out);
	chart_bars(&out, "<script>", &(struct chart_pair){"</text><script>", 1, 2}, 1);
	assert_null(strstr(out.data, "<script>"));
	assert_non_null(strstr(out.data, "&lt;script&gt;"));
	buf_fini(&out);
}

static void bars_are_as_long_as_their_values(void **state)
{
	const struct chart_pair pairs[] = {{"a", 10, 5}, {"b", 0, 0}};
	struct buf out;
	(void)state;
	buf_init(&out, 1 << 16);
	chart_bars(&out, "t", pairs, 2);
	assert_int_equal(occurrences(out.data, "<rect"), 2); /* what is 0 has no bar */
	assert_non_null(strstr(out.data, "width=\"430.0\""));
	assert_non_null(strstr(out.data, "width=\"215.0\""));
	assert_int_equal(occurrences(out.data, "<svg"), occurrences(out.data, "</svg>"));
	buf_fini(&out);
}

static void bands_share_the_whole_width(void **state)
{
	static const char *const legend[] = {"good", "bad"};
	const struct chart_band bands[] = {{"x", {3, 1}}, {"none", {0, 0}}};
	struct buf out;
	(void)state;
	buf_init(&out, 1 << 16);
	chart_bands(&out, "t", legend, 2, bands, 2);
	assert_non_null(strstr(out.data, "width=\"322.5\""));
	assert_non_null(strstr(out.data, "width=\"107.5\""));
	assert_int_equal(occurrences(out.data, "<rect"), 4); /* two bands, two of the legend */
	buf_fini(&out);
}

static void numbers_that_are_none_draw_nothing(void **state)
{
	const struct chart_pair days[] = {{"1", NAN, INFINITY}, {"2", -3, 0}};
	const struct chart_span spans[] = {{"s", NAN, INFINITY, -1}};
	struct buf out;
	(void)state;
	buf_init(&out, 1 << 16);
	chart_columns(&out, "t", "x", 0, days, 2);
	chart_spans(&out, "t", "s", spans, 1);
	chart_columns(&out, "t", "x", 100, NULL, 0);
	chart_bars(&out, "t", NULL, 0);
	assert_int_equal(out.failed, ERR_OK);
	assert_int_equal(occurrences(out.data, "<rect"), 0);
	assert_int_equal(occurrences(out.data, "nan"), 0);
	assert_int_equal(occurrences(out.data, "inf"), 0);
	buf_fini(&out);
}

/* ---- duties ---- */

static struct wall hour(int h)
{
	return (struct wall){h * MS_PER_HOUR};
}

static void gaps_are_what_no_duty_covers(void **state)
{
	struct cover_span spans[] = {{hour(20), hour(32)}, {hour(8), hour(20)}, {hour(9), hour(12)}}, gaps[2];
	(void)state;
	assert_int_equal(cover_gaps(spans, 3, hour(0), hour(48), gaps, 2), 2);
	assert_int_equal(gaps[0].from.ms, hour(0).ms);
	assert_int_equal(gaps[0].until.ms, hour(8).ms);
	assert_int_equal(gaps[1].from.ms, hour(32).ms);
	assert_int_equal(gaps[1].until.ms, hour(48).ms);
	assert_int_equal(cover_ms(spans, 3, hour(0), hour(24)), 16 * MS_PER_HOUR);
	assert_int_equal(cover_ms(spans, 3, hour(24), hour(48)), 8 * MS_PER_HOUR);
}

static void without_duties_all_is_a_gap_and_touching_ones_leave_none(void **state)
{
	struct cover_span spans[] = {{hour(-5), hour(3)}, {hour(3), hour(30)}}, gap;
	(void)state;
	assert_int_equal(cover_gaps(NULL, 0, hour(0), hour(24), &gap, 1), 1);
	assert_int_equal(gap.until.ms - gap.from.ms, 24 * MS_PER_HOUR);
	assert_int_equal(cover_ms(NULL, 0, hour(0), hour(24)), 0);
	assert_int_equal(cover_gaps(spans, 2, hour(0), hour(24), &gap, 1), 0);
	assert_int_equal(cover_ms(spans, 2, hour(0), hour(24)), 24 * MS_PER_HOUR);
	assert_int_equal(cover_gaps(spans, 1, hour(0), hour(24), NULL, 0), 1); /* counted though there is no room */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_are_escaped_and_broken_bytes_are_told),
		cmocka_unit_test(bars_are_as_long_as_their_values),
		cmocka_unit_test(bands_share_the_whole_width),
		cmocka_unit_test(numbers_that_are_none_draw_nothing),
		cmocka_unit_test(gaps_are_what_no_duty_covers),
		cmocka_unit_test(without_duties_all_is_a_gap_and_touching_ones_leave_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
