/* SPDX-License-Identifier: MIT
 *
 * What the commands say of the services' answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "answers.h"
#include "base/text.h"
#include "duty_text.h"
#include "habit.h"
#include "hook_text.h"
#include "row.h"
#include "text_rig.h"

static void an_import_is_counted_by_kind(void **state)
{
	(void)state;
	buf_reset(&out);
	assert_int_equal(
		answers_import("{\"seq\":9,\"dry_run\":true,\"kinds\":{\"visits\":{\"added\":1},\"households\":"
			       "{\"added\":2,\"changed\":1,\"unchanged\":30,\"removed\":0},\"teams\":{\"added\":0,"
			       "\"changed\":0,\"unchanged\":0,\"removed\":0},\"communities\":{\"removed\":1}}}",
			&out, NULL),
		ERR_OK);
	assert_string_equal(out.data, "类别 kind         新增 added  更改 changed  未变 unchanged  删除 removed\n"
				      "社区 communities           0             0               0             1\n"
				      "住户 households            2             1              30             0\n"
				      "visits                     1             0               0             0\n"
				      "试运行，未写入 (dry run: nothing was changed)\n");
}

static const struct row_word some_words[] = {{"up", "正常"}, {NULL, NULL}};

static const struct row_column some_columns[] = {{"名称 name", "name", ROW_PLAIN, NULL},
	{"状态 state", "state", ROW_WORD, some_words}, {">已发 sent", "sent", ROW_PLAIN, NULL},
	{"自 since", "since", ROW_TIME, NULL}, {"是否 on", "on", ROW_PLAIN, NULL}};

static const struct row_form some_form = {ROW_COLUMNS(some_columns), "没有 (none)\n"};

static void a_list_is_a_table_in_the_zone_with_words_beside_those_of_the_wire(void **state)
{
	static const char json[] = "{\"items\":[{\"name\":\"a\",\"state\":\"up\",\"sent\":12,\"since\":\"2026-11-24T04:"
				   "00:05Z\",\"on\":true},"
				   "{\"name\":\"\\u001b[2J\",\"state\":\"odd\",\"on\":false}]}";
	(void)state;
	buf_reset(&out);
	assert_int_equal(row_list(json, &some_form, zone, false, &out, NULL), ERR_OK);
	assert_string_equal(out.data, "名称 name  状态 state  已发 sent  自 since             是否 on\n"
				      "a          正常 up            12  2026-11-24 12:00:05  是 yes\n"
				      "?[2J       odd                 -  -                    否 no\n");
	buf_reset(&out);
	assert_int_equal(row_list(json, &some_form, zone, true, &out, NULL), ERR_OK);
	assert_non_null(strstr(out.data, "\"since\":\"2026-11-24T04:00:05Z\",\"on\":true}\n{\"name\""));
}

static void an_empty_list_says_so(void **state)
{
	(void)state;
	buf_reset(&out);
	assert_int_equal(row_list("{\"items\":[]}", &some_form, zone, false, &out, NULL), ERR_OK);
	assert_string_equal(out.data, "没有 (none)\n");
	assert_int_equal(row_list("{\"items\":7}", &some_form, zone, false, &out, NULL), ERR_INVALID);
	assert_int_equal(row_list("[]", &some_form, zone, false, &out, NULL), ERR_INVALID);
}

static const char *said_of_duties(const char *method, const char *answer)
{
	buf_reset(&out);
	assert_int_equal(duty_text(method, answer, zone, &out, NULL), ERR_OK);
	return out.data;
}

static void what_became_of_a_duty_is_a_line(void **state)
{
	static const char barred[] = "{\"verdict\":\"barred\",\"bar\":\"rest\"}";
	(void)state;
	assert_string_equal(said_of_duties("swap", barred), "规则不允许 barred：休息不足 rest\n");
	assert_true(duty_text_refused(barred));
	assert_string_equal(said_of_duties("seek", "{\"verdict\":\"taken\",\"matter\":\"rota-1\",\"state\":\"open\"}"),
		"已受理 taken，事项 matter rota-1 进行中 open\n");
	assert_false(duty_text_refused("{\"verdict\":\"repeated\"}"));
	assert_true(duty_text_refused("{\"verdict\":\"a later one\"}"));
	assert_false(duty_text_refused("{\"duties\":0}"));
	assert_non_null(strstr(said_of_duties("absent", "{\"opened\":2}"), "空出 2 个班次"));
	assert_non_null(strstr(said_of_duties("give", "{\"duties\":14}"), "14 个班次"));
	assert_non_null(strstr(said_of_duties("roster", "{\"duties\":0}"), "no duty in force"));
	assert_non_null(strstr(said_of_duties("gaps", "{\"items\":[]}"), "no gaps"));
	assert_string_equal(said_of_duties("duties",
				    "{\"items\":[{\"from\":\"2026-11-24T11:00:00Z\",\"until\":"
				    "\"2026-11-24T23:00:00Z\",\"place\":2,\"shift\":\"night\",\"user\":\"v-1\"}]}"),
		"从 from              至 until             次序 place  班次 shift  人员 user\n"
		"2026-11-24 19:00:00  2026-11-25 07:00:00           2  night       v-1\n");
	assert_int_equal(duty_text("swap", "{}", zone, &out, NULL), ERR_INVALID);
	assert_int_equal(duty_text("swap", "{", zone, &out, NULL), ERR_INVALID);
}

static void an_answer_of_another_form_is_an_error(void **state)
{
	struct letters_page page;
	struct replay_result result;
	bool known;
	struct errinfo info = {0};
	(void)state;
	buf_reset(&out);
	assert_int_equal(answers_import("[]", &out, &info), ERR_INVALID);
	assert_int_equal(answers_import("{", &out, NULL), ERR_INVALID);
	assert_int_equal(answers_timeline("{\"items\":5}", zone, &out, &known, NULL), ERR_INVALID);
	assert_int_equal(answers_letters("{}", WALL_NONE, NULL, &out, &page, NULL), ERR_INVALID);
	assert_int_equal(answers_replay("{\"passed\":1}", &result, NULL), ERR_INVALID);
	assert_int_equal(answers_replay("{\"passed\":-1,\"refused\":0,\"after\":0}", &result, NULL), ERR_INVALID);
}

static void letters_become_rows_or_lines(void **state)
{
	static const char json[] =
		"{\"count\":7,\"items\":[{\"id\":3,\"at\":\"2026-11-24T04:00:00.000Z\",\"reason\":\"unknown_"
		"device\",\"topic\":\"a/b\",\"payload\":\"\\u001b[2J{}\"}]}";
	static const char *const headings[] = {">id", ">age", "reason", "profile", "topic", "payload"};
	struct table *table = table_create(headings, 6);
	struct letters_page page;
	(void)state;
	buf_reset(&out);
	assert_int_equal(answers_letters(json, at("2026-11-24T04:00:05.000Z"), table, NULL, &page, NULL), ERR_OK);
	assert_int_equal(page.count, 7);
	assert_int_equal(page.items, 1);
	assert_int_equal(page.last, 3);
	assert_int_equal(table_print(table, &out), ERR_OK);
	assert_string_equal(out.data, "id    age  reason          profile  topic  payload\n"
				      " 3  5.0 s  unknown_device  -        a/b    ?[2J{}\n");
	buf_reset(&out);
	assert_int_equal(answers_letters(json, WALL_NONE, NULL, &out, &page, NULL), ERR_OK);
	assert_non_null(
		strstr(out.data, "{\"id\":3,\"at\":\"2026-11-24T04:00:00.000Z\",\"reason\":\"unknown_device\""));
	assert_int_equal(out.data[out.length - 1], '\n');
	table_destroy(table);
}

static void a_replay_tells_whether_there_is_more(void **state)
{
	struct replay_result result;
	(void)state;
	assert_int_equal(
		answers_replay("{\"passed\":3,\"refused\":1,\"after\":9,\"more\":true}", &result, NULL), ERR_OK);
	assert_true(result.passed == 3 && result.refused == 1 && result.after == 9 && result.more);
}

#define ALERT(revision, state)                                                                                         \
	"{\"id\":\"h-1\",\"revision\":" #revision ",\"state\":\"" state                                                \
	"\",\"level\":\"alarm\",\"rule\":\"silence\",\"onset\":\"2026-03-01T18:00:00.000Z\",\"at\":"                   \
	"\"2026-03-02T04:00:00.000Z\",\"reason_zh\":\"没有用水\",\"reason_en\":\"no water\",\"confidence\":0.8,"   \
	"\"looked_at\":[\"water_total\"],\"blind\":[\"contact\"]}"

static const char habit_json[] =
	"{\"household\":\"h-0003\",\"mode\":\"at_home\",\"judged\":\"2026-03-02T04:00:00.000Z\",\"looked_at\":[\"water_"
	"total\"],\"blind\":[],\"population\":false,\"silence\":{\"since\":\"2026-03-01T18:00:00.000Z\",\"hour\":2,"
	"\"day\":"
	"\"workday\"},\"attention_at\":\"2026-03-02T05:00:00.000Z\",\"budget\":{\"attention_a_month\":4,\"alarm_a_"
	"month\":1}"
	",\"habits\":[{\"channels\":[\"water_total\"],\"in_force\":true,\"months\":2.5,\"silences\":41,\"attention\":{"
	"\"false_alarms_a_month\":3.8,\"false_alarms\":9},\"alarm\":{},\"workday\":{\"attention_h\":[7.5],\"alarm_h\":["
	"12],"
	"\"usual_h\":[6.2],\"up_by_h\":7.5},\"holiday\":{}}],\"appointments\":[{\"id\":\"a-1\",\"sign\":\"curtain\","
	"\"opens\":"
	"\"05:00\",\"by\":\"07:30\",\"grace_min\":30,\"days\":\"workdays\",\"weekdays\":3,\"pause_holidays\":true,"
	"\"paused_from\":"
	"\"2026-02-10\",\"paused_until\":\"2026-02-20\",\"window\":{\"opens\":\"2026-03-02T21:00:00.000Z\",\"due\":"
	"\"2026-03-02T23:30:00.000Z\",\"alarm\":\"2026-03-03T00:00:00.000Z\"},\"missed\":\"2026-03-01T23:30:00.000Z\","
	"\"blind\":true,"
	"\"rests\":false},{\"id\":\"a-2\",\"sign\":\"new\",\"opens\":\"\\u001b\",\"rests\":true},7]}";

static void a_habit_is_told_in_both_languages_and_drawn(void **state)
{
	static struct habit_answer habit;
	struct errinfo info = {0};

	(void)state;
	assert_int_equal(habit_parse(habit_json, &habit, &info), ERR_OK);
	buf_reset(&out);
	habit_text(&habit, zone, &out);
	assert_non_null(strstr(out.data, "在家 at_home"));
	assert_non_null(strstr(out.data, "到此算关注 (attention at)  2026-03-02 13:00"));
	assert_non_null(strstr(out.data, "平日 workday 07:30，休息日 day off —"));
	assert_non_null(strstr(out.data, "3.80 / 4.00"));
	assert_non_null(strstr(out.data,
		"a-1  拉开窗帘 curtain，05:00–07:30，工作日 workdays，周一二，宽限 (grace) 30 min，节假日暂停"));
	assert_non_null(strstr(out.data, "暂停 (paused) 2026-02-10–2026-02-20"));
	assert_non_null(strstr(out.data, "没有等到 (missed)  2026-03-02 07:30，信号收不到"));
	assert_non_null(strstr(out.data, "最迟到 (expected by)  2026-03-03 07:30"));
	assert_non_null(strstr(out.data, "a-2   new"));
	assert_non_null(strstr(out.data, "外出，不问"));
	assert_non_null(strstr(out.data, "6:12"));
	assert_non_null(strstr(out.data, "12:00"));
	buf_reset(&out);
	habit_svg(&habit, &out);
	assert_non_null(strstr(out.data, "<circle")); /* ten hours of silence */
	assert_non_null(strstr(out.data, "平日 workday"));
	assert_int_equal(habit_parse("{\"household\":\"h-1\"}", &habit, &info), ERR_INVALID);
}

static void a_home_that_is_away_says_by_whose_word_and_what_people_found(void **state)
{
	static struct habit_answer habit;
	static const char json[] =
		"{\"household\":\"h-1\",\"mode\":\"away\",\"away\":{\"source\":\"visitor\",\"since\":"
		"\"2026-03-02T04:26:00Z\",\"until\":\"2026-03-04T04:26:00Z\"},\"lessons\":[{\"incident\":\"i-1\","
		"\"at\":"
		"\"2026-03-01T02:00:00Z\",\"outcome\":\"false_alarm\",\"found\":\"sensor_fault\",\"lean_before\":1,"
		"\"lean\":0.875,\"doubted\":\"motion\"},{\"incident\":\"\\u001b\"},{\"incident\":\"i-2\",\"at\":"
		"\"2026-03-02T04:26:00Z\",\"outcome\":\"new\"}],\"habits\":[]}";
	struct errinfo info = {0};

	(void)state;
	assert_int_equal(habit_parse(json, &habit, &info), ERR_OK);
	buf_reset(&out);
	habit_text(&habit, zone, &out);
	assert_non_null(
		strstr(out.data, "外出 (away)：上门得知 visitor，自 since 2026-03-02 12:26，采信至 believed until "
				 "2026-03-04 12:26"));
	assert_non_null(strstr(out.data, "false_alarm sensor_fault  1.00 → 0.88  不采信 (doubted) motion  [i-1]"));
	assert_non_null(strstr(out.data, "[i-2]"));
	assert_null(strchr(out.data, '\x1b'));
}

static void what_was_noted_of_homes_is_a_line(void **state)
{
	struct errinfo info = {0};

	(void)state;
	buf_reset(&out);
	assert_int_equal(
		habit_away_text("{\"household\":\"h-1\",\"mode\":\"away\",\"away\":{\"source\":\"desk\",\"since\":"
				"\"2026-03-02T04:26:00Z\",\"until\":\"2026-03-04T04:26:00Z\"}}",
			zone, &out, &info),
		ERR_OK);
	assert_string_equal(out.data,
		"住户 h-1：外出 away\n  外出 (away)：值班台登记 desk，自 since 2026-03-02 12:26，采信至 "
		"believed until 2026-03-04 12:26\n");
	buf_reset(&out);
	assert_int_equal(habit_away_text("{\"household\":\"h-1\",\"mode\":\"at_home\"}", zone, &out, &info), ERR_OK);
	assert_string_equal(out.data, "住户 h-1：在家 at_home\n");
	assert_int_equal(habit_away_text("{\"household\":\"h-1\"}", zone, &out, &info), ERR_INVALID);
	buf_reset(&out);
	assert_int_equal(habit_relearn_text("{\"asked\":3,\"waiting\":5}", NULL, &out, &info), ERR_OK);
	assert_string_equal(out.data, "已登记 3 户重新学习，还有 5 户在等 (homes noted; homes that wait)\n");
	assert_int_equal(habit_relearn_text("{\"asked\":3}", NULL, &out, &info), ERR_INVALID);
}

static void hook(const char *method, const char *json, const char *expected)
{
	struct errinfo info = {0};

	buf_reset(&out);
	assert_int_equal(hook_text(method, "street", json, zone, &out, &info), ERR_OK);
	assert_string_equal(out.data, expected);
}

static void what_the_gateway_did_is_told_in_words(void **state)
{
	struct errinfo info = {0};

	(void)state;
	hook("webhook_replay", "{\"replayed\":2,\"left\":1}",
		"street：2 封死信已重新排队，还剩 1 封 (dead letters queued again, left)\n");
	hook("webhook_test", "{\"event\":\"gateway-1/test/7\"}",
		"street：试验事件已排队 (a trial event is queued) gateway-1/test/7；是否送达看 (what became of it) "
		"curtain "
		"webhook deliveries\n");
	hook("webhook_switch", "{\"state\":\"off\"}", "street：已停用 off\n");
	hook("bridge_run", "{\"name\":\"street\"}",
		"street：马上运行，结果看 (runs now; what it did) curtain bridge report\n");
	hook("bridge", "{\"items\":[{\"name\":\"street\",\"report\":null}]}",
		"street：还没有运行过 (has not run yet)\n");
	hook("bridge",
		"{\"items\":[{\"name\":\"street\",\"done\":\"2026-03-01T22:30:00Z\",\"report\":{\"state\":\"told\","
		"\"day\":\"2026-03-01\"}}]}",
		"street：已推送 told，2026-03-02 06:30:00，统计日 (day) 2026-03-01\n");
	hook("bridge",
		"{\"items\":[{\"name\":\"street\",\"report\":{\"state\":\"failed\",\"at\":\"2026-03-01T22:30:00Z\","
		"\"cause\":\"HTTP "
		"500\\u001b[1m\",\"attempts\":1}}]}",
		"street：没有做成 failed，2026-03-02 06:30:00：HTTP 500?[1m\n");
	assert_int_equal(hook_text("webhook_replay", "street", "{\"replayed\":2}", zone, &out, &info), ERR_INVALID);
	assert_int_equal(hook_text("bridge", "street", "{\"items\":[]}", zone, &out, &info), ERR_INVALID);
}

static void a_pull_tells_counts_faults_conflicts_and_who_was_erased(void **state)
{
	struct errinfo info = {0};

	(void)state;
	buf_reset(&out);
	assert_int_equal(hook_text("bridge", "pull.elders",
				 "{\"items\":[{\"name\":\"pull.elders\",\"report\":{\"state\":\"refused\",\"at\":"
				 "\"2026-03-01T22:30:00Z\","
				 "\"pages\":1,\"rows\":4,\"kinds\":{\"elders\":{\"added\":2,\"changed\":0,"
				 "\"unchanged\":0,\"removed\":0}},"
				 "\"fault_count\":1,\"faults\":[{\"line\":4,\"column\":1,\"kind\":\"elders\",\"key\":"
				 "\"e-9\",\"field\":"
				 "\"birth_date\",\"text\":\"在将来 (lies in the "
				 "future)\"}],\"erased_count\":1,\"erased\":[{\"line\":2,"
				 "\"kind\":\"elders\",\"key\":\"e-3\",\"erasure\":1}],\"merged\":[{\"kind\":\"elders\","
				 "\"key\":\"e-8\"}],\"conflict_count\":1,"
				 "\"conflicts\":[{\"kind\":"
				 "\"elders\",\"key\":\"e-4\",\"fields\":[\"name\",\"phone\"]}]}}]}",
				 zone, &out, &info),
		ERR_OK);
	assert_string_equal(out.data, "pull.elders：被拒绝 refused，2026-03-02 06:30:00，1 页 4 行 (pages, rows)\n"
				      "类别 kind    新增 added  更改 changed  未变 unchanged  删除 removed\n"
				      "老人 elders           2             0               0             0\n"
				      "pull.elders:4:1: elders e-9.birth_date: 在将来 (lies in the future)\n"
				      "1 处错误，未写入任何一行 (faults; nothing was changed)\n"
				      "两边不一致 (conflicts: changed here since; docs/bridge.md)：\n"
				      "  elders e-4: name, phone\n"
				      "已注销的人，未写入 (were erased here, left out)：\n"
				      "  elders e-3\n"
				      "已并入他人的登记 (were merged here, are rows of whom they went into)：\n"
				      "  elders e-8\n");
}

static void an_explanation_tells_each_step(void **state)
{
	struct errinfo info = {0};

	(void)state;
	buf_reset(&out);
	assert_int_equal(explain_text("{\"alert\":\"h-1\",\"household\":\"h-0003\",\"revisions\":[" ALERT(
					      1, "raised") "," ALERT(2, "cleared") "]}",
				 zone, &out, &info),
		ERR_OK);
	assert_non_null(strstr(out.data, "提出 raised"));
	assert_non_null(strstr(out.data, "解除 cleared"));
	assert_non_null(strstr(out.data, "看 (looked at)：用水；看不到 (blind)：门窗；把握 (confidence) 80%"));
	assert_non_null(strstr(out.data, "(onset) 2026-03-02 02:00"));
	buf_reset(&out);
	assert_int_equal(explain_text("{\"alert\":\"h-1\",\"revisions\":[]}", zone, &out, &info), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_habit_is_told_in_both_languages_and_drawn),
		cmocka_unit_test(a_home_that_is_away_says_by_whose_word_and_what_people_found),
		cmocka_unit_test(an_explanation_tells_each_step),
		cmocka_unit_test(what_was_noted_of_homes_is_a_line),
		cmocka_unit_test(what_the_gateway_did_is_told_in_words),
		cmocka_unit_test(a_pull_tells_counts_faults_conflicts_and_who_was_erased),
		cmocka_unit_test(an_import_is_counted_by_kind),
		cmocka_unit_test(a_list_is_a_table_in_the_zone_with_words_beside_those_of_the_wire),
		cmocka_unit_test(an_empty_list_says_so),
		cmocka_unit_test(what_became_of_a_duty_is_a_line),
		cmocka_unit_test(an_answer_of_another_form_is_an_error),
		cmocka_unit_test(letters_become_rows_or_lines),
		cmocka_unit_test(a_replay_tells_whether_there_is_more),
	};
	return cmocka_run_group_tests(tests, open_zone, close_zone);
}
