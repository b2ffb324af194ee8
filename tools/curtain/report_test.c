/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report_catalogue.h"
#include "report_paper.h"
#include "report_roster.h"
#include "report_words.h"

#define FIGURE(dim, key, name, now, before)                                                                            \
	"{\"dim\":\"" dim "\",\"key\":\"" key "\",\"name\":\"" name "\",\"now\":" #now ",\"before\":" #before "}"

static const char answer[] =
	"{\"from\":\"2026-03-02\",\"until\":\"2026-03-15\",\"days\":14,\"before\":{\"from\":\"2026-02-16\",\"until\":"
	"\"2026-03-01\"},"
	"\"community\":\"\",\"made\":\"2026-03-16T01:00:00.5+00:00\",\"communities\":[{\"id\":\"c-1\",\"name\":\"<i>"
	"\\\"一\\\"</i>\"}],"
	"\"figures\":[" FIGURE("all", "", "answer.asked", 40, 20) "," FIGURE("all", "", "answer.60", 30, 20) "," FIGURE(
		"all", "", "alarms.rule.silence", 4, 0) "," FIGURE("all", "", "alarms.rule.=cmd()", 9,
		1) "," FIGURE("all", "", "rule.silence.judged", 4, 0) "," FIGURE("all", "", "rule.silence.false", 1,
		0) "," FIGURE("community", "c-1", "elders.enrolled", 7,
		7) "],"
		   "\"cases\":[{\"household\":\"h-1\",\"community\":\"c-1\",\"team\":\"t-1\",\"times\":3,\"reasons\":["
		   "\"often\",\"<u>\"],\"incidents\":[\"i-1\"]}],"
		   "\"decisions\":{\"former\":[{\"id\":3,\"meeting\":\"2026-03-02\",\"what\":\"<script>alert(1)</"
		   "script>\",\"owner\":\"v-1\",\"state\":\"done\"}],\"new\":[]}}";

static struct zone *zone;

static int load(void **state)
{
	(void)state;
	return zone_load("Asia/Shanghai", &zone, NULL) ? -1 : 0;
}

static int unload(void **state)
{
	(void)state;
	zone_destroy(zone);
	return 0;
}

static struct report *opened(void)
{
	struct report *report = NULL;
	struct errinfo info = {0};

	assert_int_equal(report_open(answer, &report, &info), ERR_OK);
	return report;
}

static void figures_are_found_by_dimension_key_and_name(void **state)
{
	struct report *report = opened();
	struct report_figure family[1];
	(void)state;
	assert_int_equal(report_get(report, "all", "", "answer.60").now, 30);
	assert_int_equal(report_get(report, "community", "c-1", "elders.enrolled").before, 7);
	assert_int_equal(report_get(report, "community", "c-2", "elders.enrolled").now, 0);
	assert_int_equal(report_family(report, "all", "", "alarms.rule.", family, 1), 1);
	assert_string_equal(family[0].name, "alarms.rule.=cmd()"); /* the largest one is kept */
	report_close(report);
	report_close(NULL);
}

static void an_answer_without_figures_is_told(void **state)
{
	struct report *report = NULL;
	struct errinfo info = {0};
	(void)state;
	assert_int_equal(report_open("{}", &report, &info), ERR_INVALID);
	assert_int_equal(report_open("{\"figures\":[", &report, &info), ERR_INVALID);
	assert_null(report);
}

static void the_paper_escapes_whatever_came_from_outside(void **state)
{
	struct report *report = opened();
	struct buf out;
	(void)state;
	buf_init(&out, 1 << 20);
	assert_int_equal(report_html(report, zone, &out), ERR_OK);
	assert_null(strstr(out.data, "<script"));
	assert_null(strstr(out.data, "<i>\""));
	assert_null(strstr(out.data, "<u>"));
	assert_non_null(strstr(out.data, "&lt;script&gt;alert(1)&lt;/script&gt;"));
	assert_non_null(strstr(out.data, "&lt;i&gt;&quot;一&quot;&lt;/i&gt;"));
	buf_fini(&out);
	report_close(report);
}

static void shares_aims_and_changes_stand_in_the_paper(void **state)
{
	struct report *report = opened();
	struct buf out;
	(void)state;
	buf_init(&out, 1 << 20);
	assert_int_equal(report_html(report, zone, &out), ERR_OK);
	assert_non_null(strstr(out.data, "<b>75.0%</b><i>30 / 40；上期 100.0%<br>目标 97.5%"));
	assert_non_null(strstr(out.data, "未达到"));
	assert_non_null(strstr(out.data, "▼ 25.0 点"));
	assert_non_null(strstr(out.data, "本期三次以上"));
	assert_non_null(strstr(out.data, "制表 2026-03-16 09:00"));
	assert_non_null(strstr(out.data, "久无动静<small>silence</small></td><td class=\"r\">4</td>"));
	buf_fini(&out);
	report_close(report);
}

static void a_cell_that_would_be_a_formula_becomes_a_text(void **state)
{
	static const char *const cells[][2] = {{"=1+1", "\"'=1+1\""}, {"+86", "\"'+86\""}, {"-1", "\"'-1\""},
		{"@x", "\"'@x\""}, {"\tx", "\"'\tx\""}, {"a,b", "\"a,b\""}, {"a\"b", "\"a\"\"b\""},
		{"a\nb", "\"a\nb\""}, {"plain", "plain"}, {"", ""}};
	struct buf out;
	(void)state;
	buf_init(&out, 1024);
	for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
		buf_reset(&out);
		report_csv_cell(&out, cells[i][0]);
		assert_string_equal(out.data ? out.data : "", cells[i][1]);
	}
	buf_fini(&out);
}

static void csv_has_a_line_a_figure(void **state)
{
	struct report *report = opened();
	struct buf out;
	unsigned lines = 0;
	(void)state;
	buf_init(&out, 1 << 16);
	assert_int_equal(report_csv(report, &out), ERR_OK);
	for (const char *at = out.data; (at = strstr(at, "\r\n")); at += 2)
		lines++;
	assert_int_equal(lines, 1 + 7);
	assert_non_null(strstr(out.data, "all,,answer.60,60 秒内应答,30,20\r\n"));
	assert_non_null(strstr(out.data, "all,,rule.silence.false,规则“久无动静”误报,1,0\r\n"));
	buf_fini(&out);
	report_close(report);
}

/* ---- rosters ---- */

static void a_roster_tells_covered_minutes_and_gaps_by_day(void **state)
{
	static const char duties[] = "{\"items\":[{\"from\":\"2026-03-16T00:00:00Z\",\"until\":\"2026-03-16T12:00:"
				     "00Z\",\"shift\":\"day\",\"user\":\"v-1\"},"
				     "{\"from\":\"2026-03-17T00:00:00Z\",\"until\":\"2026-03-17T12:00:00Z\",\"shift\":"
				     "\"day\",\"user\":\"\"},"
				     "{\"from\":\"2026-04-16T00:00:00Z\",\"until\":\"2026-04-16T12:00:00Z\",\"shift\":"
				     "\"day\",\"user\":\"v-2\"}]}";
	struct report_roster *roster = NULL;
	struct errinfo info = {0};
	(void)state;
	assert_int_equal(report_roster_create(zone, "2026-03-15", 1, 2, &roster, &info), ERR_OK);
	assert_int_equal(report_roster_add(roster, "t-1", "c-1", duties, &info), ERR_OK);
	assert_int_equal(report_roster_add(roster, "t-2", "c-1", "{\"items\":[]}", &info), ERR_OK);
	assert_int_equal(report_roster_add(roster, "t-2", "c-1", "[", &info), ERR_INVALID);
	json_t *made = report_roster_json(roster);
	assert_int_equal(json_integer_value(json_object_get(made, "teams")), 2);
	assert_int_equal(json_integer_value(json_object_get(made, "rostered")), 1);
	const json_t *days = json_object_get(made, "days");
	assert_int_equal(json_array_size(days), 2);
	assert_string_equal(report_text(json_array_get(days, 0), "day"), "2026-03-16");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(days, 0), "minutes")), 720);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(days, 1), "minutes")), 0);
	assert_int_equal(json_integer_value(json_object_get(made, "gap_count")), 2);
	assert_null(json_object_get(made, "duties"));
	json_decref(made);
	report_roster_destroy(roster);
	assert_int_equal(report_roster_create(zone, "2026-02-30", 0, 1, &roster, &info), ERR_INVALID);
	assert_int_equal(report_roster_create(zone, "2026-02-28", 0, 32, &roster, &info), ERR_INVALID);
}

static void a_sheet_has_a_page_a_community(void **state)
{
	static const char sheet[] = "{\"day\":\"2026-03-16\",\"communities\":[{\"id\":\"c-1\",\"name\":\"\"},{\"id\":"
				    "\"c-2\",\"name\":\"二社区\"}],"
				    "\"teams\":[{\"id\":\"t-1\",\"community\":\"c-1\",\"homes\":2}],\"incidents\":[{"
				    "\"id\":\"i-1\",\"household\":\"h-7\",\"community\":\"c-2\","
				    "\"team\":\"t-1\",\"kind\":\"sos\",\"level\":\"life\",\"state\":\"paging\","
				    "\"opened\":\"2026-03-15T18:00:00Z\"}],\"silent\":[],\"away\":[],\"decisions\":[{"
				    "\"id\":1,\"what\":\"全区\",\"owner\":\"v-1\"}],"
				    "\"roster\":{\"gaps\":[],\"duties\":[{\"team\":\"t-1\",\"community\":\"c-1\","
				    "\"shift\":\"day\",\"user\":\"v-9\",\"from\":\"2026-03-16T00:00:00Z\","
				    "\"until\":\"2026-03-16T12:00:00Z\"}]}}";
	json_t *root = json_loads(sheet, 0, NULL);
	struct buf out;
	(void)state;
	assert_non_null(root);
	buf_init(&out, 1 << 20);
	assert_int_equal(report_day_html(root, zone, &out), ERR_OK);
	const char *second = strstr(out.data, "二社区每日简报");
	assert_non_null(second);
	assert_true(strstr(out.data, "08:00–20:00 v-9") < second);
	assert_true(strstr(out.data, "h-7") > second);
	assert_non_null(strstr(second, "3月16日 02:00")); /* in the zone */
	assert_true(
		strstr(out.data, "全区") < second && strstr(second, "全区")); /* what is for all stands on each page */
	buf_fini(&out);
	json_decref(root);
}

static void a_sheet_has_words_for_services_findings_and_places(void **state)
{
	json_t *root =
		json_loads("{\"day\":\"2026-03-16\",\"communities\":[{\"id\":\"c-1\",\"name\":\"一\"}],\"teams\":[{"
			   "\"id\":\"t-1\",\"community\":\"c-1\",\"homes\":2}],"
			   "\"tasks\":[{\"household\":\"h-1\",\"community\":\"c-1\",\"what\":\"hose_old\"},{"
			   "\"household\":\"h-2\",\"community\":\"c-1\",\"what\":\"own_word\"}],"
			   "\"services\":[{\"household\":\"h-3\",\"community\":\"c-1\",\"what\":\"meals-2\"},{"
			   "\"household\":\"h-4\",\"community\":\"c-1\",\"what\":\"own-9\"}],"
			   "\"silent\":[{\"device\":\"d-1\",\"household\":\"h-5\",\"community\":\"c-1\",\"place\":"
			   "\"front_door\"}],"
			   "\"roster\":{\"gaps\":[],\"duties\":[{\"team\":\"t-1\",\"community\":\"c-1\",\"user\":\"v-"
			   "9\",\"from\":\"2026-03-15T12:00:00Z\",\"until\":\"2026-03-16T00:00:00Z\"},"
			   "{\"team\":\"t-1\",\"community\":\"c-1\",\"user\":\"v-8\",\"from\":\"2026-03-16T12:00:00Z\","
			   "\"until\":\"2026-03-17T00:00:00Z\"}]}}",
			0, NULL);
	struct errinfo info = {0};
	struct buf out;
	(void)state;
	assert_non_null(root);
	assert_int_equal(
		report_catalogue(
			"{\"csv\":\"id,help,name\\nmeals-2,meals,\\\"送餐, \\\"\\\"热\\\"\\\"的\\\"\\r\\nx\\n\"}", root,
			&info),
		ERR_OK);
	buf_init(&out, 1 << 20);
	assert_int_equal(report_day_html(root, zone, &out), ERR_OK);
	assert_non_null(strstr(out.data, "<td>燃气软管老化<small>hose_old</small></td>"));
	assert_non_null(strstr(out.data, "<td>own_word</td>"));
	assert_non_null(strstr(out.data, "<td>送餐, &quot;热&quot;的<small>meals-2</small></td>"));
	assert_non_null(strstr(out.data, "<td>own-9</td>"));
	assert_non_null(strstr(out.data, "<td>入户门<small>front_door</small></td>"));
	assert_non_null(strstr(out.data, "昨日20:00–08:00 v-9；20:00–次日08:00 v-8</td>"));
	assert_int_equal(report_catalogue("{\"csv\":\"name\\n\"}", root, &info), ERR_INVALID);
	assert_int_equal(report_catalogue("{\"csv\":\"id,help\\n\"}", root, &info), ERR_INVALID);
	assert_int_equal(report_catalogue("{\"rows\":1}", root, &info), ERR_INVALID);
	buf_fini(&out);
	json_decref(root);
}

static void words_of_a_later_version_are_shown_as_they_are(void **state)
{
	struct buf out;
	(void)state;
	buf_init(&out, 1024);
	report_figure_label("rule.new_rule.false", &out);
	buf_byte(&out, '|');
	report_figure_label("something.new", &out);
	buf_byte(&out, '|');
	report_figure_label("rule.without", &out);
	assert_string_equal(out.data, "规则“new_rule”误报|something.new|without");
	assert_string_equal(report_reason("later"), "later");
	assert_string_equal(report_level("later"), "later");
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_are_found_by_dimension_key_and_name),
		cmocka_unit_test(an_answer_without_figures_is_told),
		cmocka_unit_test(the_paper_escapes_whatever_came_from_outside),
		cmocka_unit_test(shares_aims_and_changes_stand_in_the_paper),
		cmocka_unit_test(a_cell_that_would_be_a_formula_becomes_a_text),
		cmocka_unit_test(csv_has_a_line_a_figure),
		cmocka_unit_test(a_roster_tells_covered_minutes_and_gaps_by_day),
		cmocka_unit_test(a_sheet_has_a_page_a_community),
		cmocka_unit_test(a_sheet_has_words_for_services_findings_and_places),
		cmocka_unit_test(words_of_a_later_version_are_shown_as_they_are),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
