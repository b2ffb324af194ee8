/* SPDX-License-Identifier: MIT
 *
 * A home's days, drawn and in words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "answers.h"
#include "text_rig.h"
#include "timeline_svg.h"

static unsigned times(const char *text, const char *part)
{
	unsigned n = 0;

	while ((text = strstr(text, part))) {
		n++;
		text += strlen(part);
	}
	return n;
}

static void a_timeline_is_drawn(void **state)
{
	static const char json[] =
		"{\"household\":\"h-3\",\"known\":true,\"items\":["
		"{\"what\":\"errand\",\"kind\":\"visit\",\"subject\":\"<chat>\",\"state\":\"agreed\",\"id\":\"r-3\","
		"\"at\":\"2026-03-30T02:00:00.000Z\"}," /* too far ahead */
		"{\"what\":\"errand\",\"kind\":\"visit\",\"subject\":\"<chat>\",\"state\":\"confirmed\",\"id\":\"r-2\","
		"\"at\":\"2026-03-10T16:30:00.000Z\"}," /* the 11th in +08:00 */
		"{\"what\":\"errand\",\"kind\":\"task\",\"subject\":\"hose\",\"state\":\"open\",\"overdue\":true,"
		"\"id\":\"r-1\",\"at\":\"2026-03-09T01:00:00.000Z\",\"until\":\"2026-03-10T01:00:00.000Z\"},"
		"{\"what\":\"errand\",\"kind\":\"visit\",\"subject\":\"chat\",\"state\":\"cancelled\",\"id\":\"r-0\","
		"\"at\":\"2026-03-09T01:00:00.000Z\"},"
		"{\"what\":\"incident\",\"kind\":\"sos\",\"level\":\"life\",\"state\":\"resolved\",\"outcome\":"
		"\"helped\","
		"\"id\":\"i-1\",\"at\":\"2026-03-08T23:00:00.000Z\"},"
		"{\"what\":\"alert\",\"kind\":\"sos\",\"level\":\"life\",\"state\":\"raised\",\"id\":\"a-1\","
		"\"at\":\"2026-03-08T23:00:00.000Z\"},"
		"{\"what\":\"day\",\"day\":\"2026-03-08\",\"quantities\":{\"water_total\":{\"readings\":24,\"delta\":0}"
		","
		"\"motion\":{\"readings\":1234}}},"
		"{\"what\":\"day\",\"day\":\"2026-01-01\",\"quantities\":{\"gas_total\":{\"readings\":24,\"delta\":9}}}"
		"]}";
	bool known = false;

	(void)state;
	buf_reset(&out);
	assert_int_equal(timeline_svg(json, zone, 14, &out, &known, NULL), ERR_OK);
	assert_true(known);
	assert_non_null(strstr(out.data, "2026-03-02 至 2026-03-15")); /* the 8th and a week */
	assert_int_equal(times(out.data, "<title>"), 4);               /* what is out of it, or cancelled, is no mark */
	assert_non_null(strstr(out.data, "&lt;chat> confirmed [r-2]"));
	assert_null(strstr(out.data, "<chat>"));
	assert_non_null(strstr(out.data, "用水"));
	assert_non_null(strstr(out.data, ">1.2k<"));
	assert_null(strstr(out.data, "用气")); /* of a day before */
	buf_reset(&out);
	assert_int_equal(
		timeline_svg("{\"household\":\"h\",\"known\":false,\"items\":[]}", zone, 28, &out, &known, NULL),
		ERR_OK);
	assert_false(known);
	assert_int_equal(timeline_svg("{\"items\":5}", zone, 28, &out, &known, NULL), ERR_INVALID);
}

static void a_timeline_is_readable(void **state)
{
	static const char json[] =
		"{\"household\":\"h-1\",\"known\":true,\"items\":["
		"{\"what\":\"incident\",\"at\":\"2026-11-24T15:59:00+00:00\",\"id\":\"i-1\",\"kind\":\"sos\",\"level\":"
		"\"life\","
		"\"state\":\"resolved\",\"outcome\":\"helped\",\"reason_zh\":\"呼救\",\"reason_en\":\"help\","
		"\"events\":["
		"{\"revision\":1,\"at\":\"2026-11-24T15:59:00+00:00\",\"event\":\"raised\",\"state\":\"raised\"},"
		"{\"revision\":2,\"at\":\"2026-11-24T16:00:05.25+00:00\",\"event\":\"paged\",\"state\":\"paging\","
		"\"actor\":\"v-"
		"1\"},"
		"{\"revision\":3,\"at\":\"2026-11-24T16:09:00+00:00\",\"event\":\"resolved\",\"state\":\"resolved\","
		"\"actor\":\"v-"
		"1\",\"note\":\"安好\"}]},"
		"{\"what\":\"alert\",\"at\":\"2026-11-24T15:58:59.000Z\",\"id\":\"a-1\",\"kind\":\"sos\",\"level\":"
		"\"life\",\"state\":"
		"\"raised\",\"reason_zh\":\"按了呼救键\",\"reason_en\":\"pressed\"},"
		"{\"what\":\"day\",\"at\":\"2026-11-24T10:00:00+00:00\",\"day\":\"2026-11-24\",\"readings\":12,"
		"\"first\":\"2026-11-"
		"23T22:15:00+00:00\","
		"\"last\":\"2026-11-24T10:00:00+00:00\",\"quantities\":{\"water_total\":{\"readings\":9,\"delta\":61.5}"
		",\"contact\":{"
		"\"readings\":3}}}"
		"]}";
	bool known = false;
	(void)state;
	buf_reset(&out);
	assert_int_equal(answers_timeline(json, zone, &out, &known, NULL), ERR_OK);
	assert_true(known);
	assert_string_equal(out.data,
		"住户 h-1：3 条，最新在前 (newest first)\n\n"
		"2026-11-24 23:59:00  事件  生命 呼救  已结束：已帮助  [i-1 sos resolved] help\n"
		"    23:59:00  事件发生\n"
		"    2026-11-25 00:00:05  呼叫 v-1\n"
		"    2026-11-25 00:09:00  结束：已帮助（安好）\n"
		"2026-11-24 23:58:59  警报  生命 按了呼救键  未解除  [a-1 sos raised] pressed\n"
		"2026-11-24           日计  12 条读数 06:15:00–18:00:00  用水 +61.5 L，门窗 3 条\n");
}

static void what_a_later_version_says_is_shown_as_it_is(void **state)
{
	bool known = false;
	(void)state;
	buf_reset(&out);
	assert_int_equal(
		answers_timeline(
			"{\"household\":\"h-1\",\"known\":false,\"items\":[{\"what\":\"visit\",\"at\":\"2026-11-24T04:"
			"00:"
			"00Z\"},{\"what\":\"incident\",\"level\":\"new\",\"events\":[{\"event\":\"new\\n\"}]}]}",
			zone, &out, &known, NULL),
		ERR_OK);
	assert_true(known);
	assert_non_null(strstr(out.data, "visit"));
	assert_non_null(strstr(out.data, "no longer in the registry"));
	assert_non_null(strstr(out.data, "new?"));
}

static void an_unknown_household_is_told(void **state)
{
	bool known = true;
	(void)state;
	buf_reset(&out);
	assert_int_equal(
		answers_timeline("{\"household\":\"h-9\",\"known\":false,\"items\":[]}", zone, &out, &known, NULL),
		ERR_OK);
	assert_false(known);
	assert_string_equal(out.data, "住户 h-9：不在册 (not in the registry)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_timeline_is_readable),
		cmocka_unit_test(a_timeline_is_drawn),
		cmocka_unit_test(what_a_later_version_says_is_shown_as_it_is),
		cmocka_unit_test(an_unknown_household_is_told),
	};
	return cmocka_run_group_tests(tests, open_zone, close_zone);
}
