/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "records/ledger.h"
#include "records/ledger_number.h"
#include "records/ledger_rule.h"
#include "records/ledger_value.h"

static void gives(const char *kind, const char *format, const char *text, const char *wanted)
{
	struct errinfo info = {0};
	struct buf out;
	enum err err;

	buf_init(&out, 1 << 16);
	err = ledger_check(kind, format, text, strlen(text), &out, &info);
	if (err)
		print_message("%d:%d %s\n", info.line, info.column, info.text);
	assert_int_equal(err, ERR_OK);
	assert_string_equal(out.data, wanted);
	buf_fini(&out);
}

static void refuses(const char *kind, const char *format, const char *text, int line, const char *what)
{
	struct errinfo info = {0};
	struct buf out;

	buf_init(&out, 1 << 16);
	assert_int_not_equal(ledger_check(kind, format, text, strlen(text), &out, &info), ERR_OK);
	if (!strstr(info.text, what))
		print_message("%d:%d %s\n", info.line, info.column, info.text);
	assert_non_null(strstr(info.text, what));
	assert_int_equal(info.line, line);
	buf_fini(&out);
}

static void a_ledger_becomes_json(void **state)
{
	(void)state;
	gives("ledger", "yaml",
		"communities:\n- {id: c-1, name: \"测试 \\\"社区\\\"\"}\n"
		"volunteers:\n- id: v-1\n  team: t-1\n  day: true\n  weekdays: [mon, sun]\n  order: 3\n  phone:\n"
		"consents:\n- {household: h-1, quantities: [sos, water_total], until: 2027-01-01T00:00:00+08:00}\n"
		"devices: []\n",
		"{\"communities\":[{\"id\":\"c-1\",\"name\":\"测试 \\\"社区\\\"\"}],"
		"\"volunteers\":[{\"id\":\"v-1\",\"team\":\"t-1\",\"day\":true,\"weekdays\":65,\"order\":3}],"
		"\"consents\":[{\"household\":\"h-1\",\"quantities\":[\"water_total\",\"sos\"],\"until\":\"2026-12-"
		"31T16:00:00.000Z\"}],"
		"\"devices\":[]}");
}

static void an_appointment_has_hours_days_and_dates(void **state)
{
	(void)state;
	gives("appointments", "csv",
		"id,household,sign,opens,by,grace_min,days,weekdays,pause_holidays,paused_from,paused_until,from,"
		"until\n"
		"a-1,h-1,curtain,5:00,07:30,20,workdays,mon;tue,true,2026-02-10,2026-02-20,2026-01-01,\n"
		"a-2,h-1,any,,23:59,,,,,,,,\n",
		"{\"appointments\":[{\"id\":\"a-1\",\"household\":\"h-1\",\"sign\":\"curtain\",\"opens\":\"05:00\","
		"\"by\":\"07:30\","
		"\"grace_min\":20,\"days\":\"workdays\",\"weekdays\":3,\"pause_holidays\":true,\"paused_from\":\"2026-"
		"02-10\","
		"\"paused_until\":\"2026-02-20\",\"from\":\"2026-01-01\"},{\"id\":\"a-2\",\"household\":\"h-1\","
		"\"sign\":\"any\","
		"\"by\":\"23:59\"}]}");
	refuses("appointments", "csv", "id,household,sign,by\na-1,h-1,cur,07:30\n", 2, "one of curtain|call|button");
	refuses("appointments", "csv", "id,household,sign,by\na-1,h-1,curtain,24:00\n", 2, "a time of day");
	refuses("appointments", "csv", "id,household,sign,by\na-1,h-1,curtain,half past seven\n", 2, "a time of day");
	refuses("appointments", "csv", "id,household,sign,by\na-1,h-1,curtain,\n", 2, "is missing");
	refuses("appointments", "csv", "id,household,sign,opens,by\na-1,h-1,any,7:30,07:30\n", 2, "is not after opens");
	refuses("appointments", "csv", "id,household,sign,opens,by\na-1,h-1,any,17:30,9:00\n", 2, "is not after opens");
	refuses("appointments", "csv", "id,household,sign,by,from,until\na-1,h-1,any,9:00,2026-03-02,2026-03-01\n", 2,
		"is not after from");
	gives("appointments", "csv",
		"id,household,sign,opens,by,paused_from,paused_until\na-1,h-1,any,9:59,10:00,2026-03-01,2026-03-01\n",
		"{\"appointments\":[{\"id\":\"a-1\",\"household\":\"h-1\",\"sign\":\"any\",\"opens\":\"09:59\",\"by\":"
		"\"10:00\","
		"\"paused_from\":\"2026-03-01\",\"paused_until\":\"2026-03-01\"}]}");
	refuses("appointments", "csv", "id,household,sign,by,grace_min\na-1,h-1,curtain,07:30,721\n", 2, "grace_min");
	refuses("appointments", "csv", "id,household,sign,by,from\na-1,h-1,curtain,07:30,2026-02-30\n", 2,
		"a date such as");
}

static void json_is_yaml(void **state)
{
	(void)state;
	gives("ledger", "yaml", "{\"devices\": [{\"id\": \"门 1\", \"household\": \"h-1\", \"place\": \"\"}]}",
		"{\"devices\":[{\"id\":\"门 1\",\"household\":\"h-1\"}]}");
}

static void one_kind_is_a_list(void **state)
{
	(void)state;
	gives("devices", "yaml", "- {id: \"00061\", household: h-1}\n",
		"{\"devices\":[{\"id\":\"00061\",\"household\":\"h-1\"}]}");
}

static void a_deleted_row_needs_its_key_only(void **state)
{
	(void)state;
	gives("households", "yaml", "[{id: h-1, deleted: true}]",
		"{\"households\":[{\"deleted\":true,\"id\":\"h-1\"}]}");
	gives("households", "csv", "id,deleted\nh-1,true\n", "{\"households\":[{\"deleted\":true,\"id\":\"h-1\"}]}");
}

static void csv_has_a_header_and_quotes(void **state)
{
	(void)state;
	gives("consents", "csv",
		"\xef\xbb\xbfhousehold,quantities,from\r\nh-1,\"sos; contact\",\r\n\r\nh-2,sos,2026-01-01T00:00:00Z",
		"{\"consents\":[{\"household\":\"h-1\",\"quantities\":[\"contact\",\"sos\"]},"
		"{\"household\":\"h-2\",\"quantities\":[\"sos\"],\"from\":\"2026-01-01T00:00:00.000Z\"}]}");
	gives("communities", "csv", "id,name\nc-1,\"a \"\"b\"\", c\"\n",
		"{\"communities\":[{\"id\":\"c-1\",\"name\":\"a \\\"b\\\", c\"}]}");
}

static void faults_say_where(void **state)
{
	(void)state;
	refuses("ledger", "yaml", "households:\n- id: h-1\n  community: c-1\n  teem: t-1\n", 4, "unknown key \"teem\"");
	refuses("ledger", "yaml", "households:\n- id: h-1\n  community: c-1\n", 2, "households[0].team: 没有填");
	refuses("ledger", "yaml",
		"households:\n- {id: h-1, community: c-1, team: t-1}\n- {id: h 2, community: c-1, team: t-1}\n", 3,
		"households[1].id: 不是编号");
	refuses("ledger", "yaml", "people: []\n", 1, "unknown kind");
	refuses("ledger", "yaml", "devices: []\ndevices: []\n", 2, "twice");
	refuses("ledger", "yaml",
		"devices:\n- {id: a, household: h}\n- {id: b, household: h}\n- {id: a, household: h}\n", 4,
		"\"a\" stands twice (also in line 2)");
	refuses("ledger", "yaml", "devices: [\n", 2, "");
	refuses("ledger", "yaml", "", 0, "empty");
	refuses("ledger", "yaml", "devices: []\n---\ndevices: []\n", 2, "second document");
	refuses("ledger", "yaml", "devices:\n- {id: phone-h-1, household: h-1}\n", 2, "every household gets");
	refuses("ledger", "yaml", "consents:\n- {household: h-1, quantities: [sos, colour]}\n", 2, "unknown quantity");
	refuses("ledger", "yaml", "consents:\n- {household: h-1, quantities: sos}\n", 2, "must be a list");
	refuses("ledger", "yaml", "consents:\n- {household: h-1, quantities: [sos], from: 2026-01-01}\n", 2,
		"must be a time with an offset");
	refuses("ledger", "yaml", "volunteers:\n- {id: v, team: t, order: 256}\n", 2,
		"is no whole number in its range");
	refuses("ledger", "yaml", "volunteers:\n- {id: v, team: t, day: yes}\n", 2, "must be true or false");
	refuses("ledger", "yaml", "volunteers:\n- {id: v, team: t, id: w}\n", 2, "stands twice");
	refuses("ledger", "yaml", "volunteers:\n- [v]\n", 2, "each row is a mapping");
	refuses("ledger", "yaml", "volunteers:\n- {id: {a: b}}\n", 2, "a text or a list");
	refuses("devices", "csv", "id,household\na,h-1\nb,h-1,c\n", 3, "more fields than the header has");
	refuses("devices", "csv", "id,household,place\na,h-1,\nb,h-1", 3, "fewer fields than the header has");
	refuses("devices", "csv", "id,household\n\"a,h-1\n", 2, "a quote is not closed");
	refuses("devices", "csv", "id,household\n\"a\"x,h-1\n", 2, "text after a closing quote");
	refuses("devices", "csv", "id,colour\na,red\n", 1, "unknown key \"colour\"");
	refuses("devices", "csv", "id,household\n\xff,h-1\n", 0, "UTF-8");
	refuses("ledger", "csv", "id\n", 0, "one kind");
	refuses("ledger", "xml", "id\n", 0, "yaml or csv");
	refuses("cats", "yaml", "[]", 0, "is none");
}

static void faults_name_no_person(void **state)
{
	struct errinfo info = {0};
	struct buf out;
	static const char text[] = "elders:\n- {id: e-1, household: h-1, name: \"secret\\x07\"}\n";

	(void)state;
	buf_init(&out, 1 << 16);
	assert_int_equal(ledger_check("ledger", "yaml", text, sizeof text - 1, &out, &info), ERR_INVALID);
	assert_null(strstr(info.text, "secret"));
	assert_non_null(strstr(info.text, "elders[0].name"));
	buf_fini(&out);
}

/* ---- spreadsheets ---- */

static const char map[] =
	"rows:\n"
	"- {kind: households, fields: {id: 'h-{户号}', community: c-1, team: t-1, address: '{住址}'}}\n"
	"- {kind: elders, fields: {id: 'e-{编号}', household: 'h-{户号}', name: '{姓名}', birth_date: '{出生日期}',\n"
	"   phone: '{?电话}', living: '{?居住}', categories: '{?类别}'}}\n"
	"- {kind: contacts, when: '{?联系人电话}', fields: {id: '{编号}-1', elder: 'e-{编号}', phone: "
	"'{?联系人电话}'}}\n"
	"values: {living: {独居: alone}, categories: {低保: low_income, 优抚: veteran}}\n";

static void spreadsheet(const char *csv, const char *wanted_rows, const char *wanted_faults)
{
	struct ledger_source source = {.kind = "ledger",
		.format = "csv",
		.text = csv,
		.length = strlen(csv),
		.map = map,
		.now = {.ms = 1772000000000}};
	struct ledger_faults faults;
	struct errinfo info = {0};
	struct buf out;
	enum err err;

	ledger_faults_init(&faults);
	buf_init(&out, 1 << 16);
	err = ledger_read(&source, &faults, &out, &info);
	if (err)
		print_message("%d:%d %s\n", info.line, info.column, info.text);
	assert_int_equal(err, ERR_OK);
	assert_int_equal(ledger_faults_end(&faults), ERR_OK);
	if (!strstr(out.data, wanted_rows) || !strstr(faults.json.data, wanted_faults))
		print_message("%s\n%s\n", out.data, faults.json.data);
	assert_non_null(strstr(out.data, wanted_rows));
	assert_non_null(strstr(faults.json.data, wanted_faults));
	if (!strcmp(wanted_faults, "[]"))
		assert_int_equal(faults.count, 0);
	buf_fini(&out);
	ledger_faults_fini(&faults);
}

static void one_row_of_a_spreadsheet_makes_rows_of_several_kinds(void **state)
{
	(void)state;
	spreadsheet("编号,户号,姓名,出生日期,住址,电话,居住,类别,联系人电话\n"
		    "0001,11,示例甲, 1940年3月2日 ,示例路１号,138 0000-0000,独居,低保、优抚,\n"
		    "0002,11,示例乙,1941/12/31,示例路１号,,,,１３９００００００００\n",
		"{\"households\":[{\"id\":\"h-11\",\"community\":\"c-1\",\"team\":\"t-1\",\"address\":\"示例路１号\","
		"\"@\":{\"line\":2,"
		"\"column\":1,\"community\":1,\"team\":1}}],\"elders\":[{\"id\":\"e-0001\",\"household\":\"h-11\","
		"\"name\":\"示例甲\","
		"\"phone\":\"13800000000\",\"birth_date\":\"1940-03-02\",\"living\":\"alone\",\"categories\":[\"low_"
		"income\",\"veteran\"]",
		"[]");
	spreadsheet("编号,户号,姓名,出生日期,住址,联系人电话\n2,11,示例乙,1941/12/31,x,１３９００００００００\n",
		"\"contacts\":[{\"id\":\"2-1\",\"elder\":\"e-2\",\"phone\":\"13900000000\"", "[]");
	spreadsheet(
		"编号\t户号\t姓名\t出生日期\t住址\n2\t11\t示例乙\t14946\tx\n", "\"birth_date\":\"1940-12-01\"", "[]");
}

static void all_faults_of_a_spreadsheet_are_told_by_line_column_and_cell(void **state)
{
	static const char head[] = "编号,户号,姓名,出生日期,住址,电话,居住\n";
	char csv[4096];

	(void)state;
	snprintf(csv, sizeof csv,
		"%s1,11,示例,1940-02-30,x,,\n2,11,示例,2027-01-01,x,,\n3,11,#REF!,1940-01-01,x,1.38E+10,\n4,11,=A1,"
		"1940,x,12,空巢\n"
		"5,12,示例,1940-01-01,x,,\n5,12,示例二,1940-01-01,x,,\n6,12,示例,1940-01-01,y,,,多一列\n7,13,锟斤拷,"
		"1940-01-01,x,,\n8,11,示例,19400101,x,,独居\n",
		head);
	spreadsheet(csv, "\"id\":\"e-8\"",
		"[{\"line\":2,\"column\":13,\"cell\":\"D2\",\"kind\":\"elders\",\"key\":\"e-1\",\"field\":\"birth_"
		"date\",\"heading\":"
		"\"出生日期\",\"text\":\"不是日期");
	spreadsheet(csv, "",
		"\"cell\":\"D3\",\"kind\":\"elders\",\"key\":\"e-2\",\"field\":\"birth_date\",\"heading\":\"出生日期\","
		"\"text\":\"在将来");
	spreadsheet(csv, "",
		"\"cell\":\"C4\",\"kind\":\"elders\",\"key\":\"e-3\",\"field\":\"name\",\"heading\":\"姓名\",\"text\":"
		"\"是电子表格的错误值");
	spreadsheet(csv, "",
		"\"cell\":\"F4\",\"kind\":\"elders\",\"key\":\"e-3\",\"field\":\"phone\",\"heading\":\"电话\",\"text\":"
		"\"号码被电子表格变成了科学计数");
	spreadsheet(csv, "",
		"\"cell\":\"C5\",\"kind\":\"elders\",\"key\":\"e-4\",\"field\":\"name\",\"heading\":\"姓名\",\"text\":"
		"\"是公式");
	spreadsheet(csv, "",
		"\"cell\":\"G5\",\"kind\":\"elders\",\"key\":\"e-4\",\"field\":\"living\",\"heading\":\"居住\","
		"\"text\":\"只能是");
	spreadsheet(csv, "",
		"\"line\":7,\"column\":1,\"cell\":\"A7\",\"kind\":\"elders\",\"key\":\"e-5\",\"field\":\"id\","
		"\"heading\":\"编号\",\"text\":\"与前面的行不一致");
	spreadsheet(csv, "", "\"cell\":\"H8\",\"kind\":\"households\",\"text\":\"比表头多了单元格");
	spreadsheet(csv, "", "\"cell\":\"C9\"");
	spreadsheet("编号,户号,姓名\n1,11,示例\n", "", "\"heading\":\"出生日期\",\"text\":\"表头缺少这一列");
}

static void a_title_above_the_header_is_passed_over(void **state)
{
	(void)state;
	spreadsheet("二〇二六年老人台账,,,,\n填表：示例社区\t2026-03-01,,,,\n,,,,\n编号,户号,姓名,出生日期,住址\n1,11,"
		    "示例,1940/5/6,x\n",
		"\"birth_date\":\"1940-05-06\",\"@\":{\"line\":5,", "[]");
	spreadsheet("老人台账\n编号\t户号\t姓名\t出生日期\t住址\n1\t11\t示例\t1940/5/6\tx\n", "\"id\":\"e-1\"", "[]");
	spreadsheet("老人台账,,,,\n编号,户号,姓名,出生日期,住址\n1,11,示例,1940/5/,x\n", "",
		"[{\"line\":3,\"column\":13,\"cell\":\"D3\"");
	gives("devices", "csv", "devices of 2026\n\nid,household\na,h-1\n",
		"{\"devices\":[{\"id\":\"a\",\"household\":\"h-1\"}]}");
}

static unsigned fault_count(const char *csv)
{
	const struct ledger_source source = {
		.kind = "ledger", .format = "csv", .text = csv, .length = strlen(csv), .map = map, .now = WALL_NONE};
	struct ledger_faults faults;
	struct errinfo info = {0};
	struct buf out;
	size_t count;

	ledger_faults_init(&faults);
	buf_init(&out, 1 << 20);
	assert_int_equal(ledger_read(&source, &faults, &out, &info), ERR_OK);
	count = faults.count;
	buf_fini(&out);
	ledger_faults_fini(&faults);
	return (unsigned)count;
}

static void what_is_wrong_with_the_header_is_told_once(void **state)
{
	char csv[32768];
	size_t length;

	(void)state;
	length = (size_t)snprintf(csv, sizeof csv, "老人,户,名\n");
	for (unsigned i = 0; i < 1000; i++)
		length += (size_t)snprintf(csv + length, sizeof csv - length, "%u,11,示例\n", i);
	assert_int_equal(fault_count(csv), 1);
	spreadsheet(csv, "{}",
		"[{\"line\":1,\"column\":1,\"cell\":\"A1\",\"kind\":\"households\",\"text\":\"前 10 "
		"行里没有认识的表头");
	memcpy(csv, "编号", strlen("编号"));
	assert_int_equal(fault_count(csv), 4); /* 户号, 住址, 姓名, 出生日期 */
	refuses("devices", "csv", "a\nb\nc\n", 1, "none of the first 10 lines");
	refuses("devices", "csv", "id,houshold\na,h-1\n", 1, "devices: id household place");
}

static void a_heading_that_stands_twice_is_told_with_both_columns(void **state)
{
	(void)state;
	spreadsheet("编号,户号,姓名,出生日期,住址,电话, 姓名 \n1,11,示例,1940/5/6,x,,示例二\n", "{}",
		"\"line\":1,\"column\":49,\"cell\":\"G1\",\"kind\":\"households\",\"heading\":\" 姓名 "
		"\",\"text\":\"表头重复，C1 也是");
	spreadsheet("编号,户号,姓名,出生日期,住址,备注,备注\n1,11,示例,1940/5/6,x,a,b\n", "\"id\":\"e-1\"", "[]");
	refuses("devices", "csv", "id,household,id\na,h-1,b\n", 1, "stands in A1 too");
}

static void a_word_that_the_map_does_not_have_is_told_with_those_it_has(void **state)
{
	(void)state;
	spreadsheet("编号,户号,姓名,出生日期,住址,类别\n1,11,示例,1940/5/6,x,低保、高寿\n", "\"elders\":[]",
		"\"cell\":\"F2\",\"kind\":\"elders\",\"key\":\"e-1\",\"field\":\"categories\",\"heading\":\"类别\","
		"\"text\":\"只能是：低保、优抚；");
	assert_int_equal(
		fault_count("编号,户号,姓名,出生日期,住址,类别,居住\n1,11,示例,1940/5/6,x,低保、高寿,一个人\n"), 2);
	spreadsheet("编号,户号,姓名,出生日期,住址,类别\n1,11,示例,1940/5/6,x,veteran; 低保\n",
		"\"categories\":[\"veteran\",\"low_income\"]", "[]");
	spreadsheet("编号,户号,姓名,出生日期,住址,居住\n1,11,示例,1940/5/6,x,一个人\n", "",
		"\"text\":\"只能是：独居；别的词先加进列映射的 values (must be one of these: alone|couple");
}

static void cells_that_have_moved_are_told(void **state)
{
	(void)state;
	spreadsheet(
		"编号,户号,姓名,出生日期,住址,电话\n1,11,示例,1940/5/6,x,1000,5\n", "", "\\\"1000,5\\\" (more fields");
	spreadsheet("编号,户号,姓名,出生日期,住址,电话,\n1,11,示例,1940/5/6,x,1000,5\n", "",
		"\"cell\":\"G2\",\"kind\":\"households\",\"text\":\"这一列没有表头");
	spreadsheet("编号,户号,姓名,出生日期,住址,电话\n1,11,示例,1940/5/6,x,\"1000,5\"\n", "", "逗号前不足 5 位");
	spreadsheet("编号,户号,姓名,出生日期,住址,电话,\n1,11,示例,1940/5/6,x,10000,\n", "\"phone\":\"10000\"", "[]");
}

static void a_column_that_is_not_there_is_not_spoken_of(void **state)
{
	(void)state;
	spreadsheet("编号,户号,姓名,出生日期,住址,居住\n1,11,示例,1940/5/6,x,\n",
		"\"@columns\":{\"households\":[\"id\",\"community\",\"team\",\"address\"],\"elders\":[\"id\","
		"\"household\",\"name\","
		"\"birth_date\",\"living\"],\"contacts\":[\"id\",\"elder\"]}",
		"[]");
}

static void a_number_that_would_ring_somebody_else_is_a_fault(void **state)
{
	static const struct {
		const char *cell, *number, *fault;
	} cases[] = {{"138 0000 0000", "13800000000", NULL}, {"+86 138-0000-0000", "+8613800000000", NULL},
		{"8613800000000", "8613800000000", NULL}, {"(0551) 6281-1234", "055162811234", NULL},
		{"13800000000.0", "13800000000", NULL}, {"'13800000000", "13800000000", NULL},
		{"\"0551-62811234,801\"", "055162811234,801", NULL}, {"120", "120", NULL},
		{"00852 2123 4567", "0085221234567", NULL}, {"1380000000", NULL, "11 位"},
		{"138000000001", NULL, "11 位"}, {"+86 138 0000 000", NULL, "11 位"},
		{"13800000000/13900000000", NULL, "一格填一个"}, {"13800000000 13900000000", NULL, "两个号码"},
		{"62811234/62811235", NULL, "一格填一个"}, {"62811234 62811235", NULL, "两个号码"},
		{"0551-62811234-801", NULL, "分机"}};
	char csv[400], wanted[100];

	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(
			csv, sizeof csv, "编号,户号,姓名,出生日期,住址,电话\n1,11,示例,1940/5/6,x,%s\n", cases[i].cell);
		snprintf(wanted, sizeof wanted, "\"phone\":\"%s\"", cases[i].number);
		spreadsheet(csv, cases[i].number ? wanted : "\"elders\":[]", cases[i].fault ? cases[i].fault : "[]");
	}
}

static void a_date_may_have_blanks_and_a_midnight(void **state)
{
	static const char *const cells[] = {"1940年5月6日", "1940年5月6号", "1940 年 5 月 6 日", "1940/5/6 0:00",
		"1940-05-06 00:00:00", "1940-05-06T00:00:00", "19400506", "14737", "1940.5.6", "１９４０/５/６"};
	char csv[400];

	(void)state;
	for (unsigned i = 0; i < sizeof cells / sizeof *cells; i++) {
		snprintf(csv, sizeof csv, "编号,户号,姓名,出生日期,住址\n1,11,示例,%s,x\n", cells[i]);
		spreadsheet(csv, "\"birth_date\":\"1940-05-06\"", "[]");
	}
	spreadsheet("编号,户号,姓名,出生日期,住址\n1,11,示例,1940-05-06 08:00,x\n", "", "不是日期");
}

static void an_apostrophe_before_a_formula_is_a_mark(void **state)
{
	(void)state;
	gives("teams", "csv", "id,community,name\nt-1,c-1,'=1+1\nt-2,c-1,''-x\nt-3,c-1,'t'\n",
		"{\"teams\":[{\"id\":\"t-1\",\"community\":\"c-1\",\"name\":\"=1+1\"},{\"id\":\"t-2\",\"community\":"
		"\"c-1\","
		"\"name\":\"'-x\"},{\"id\":\"t-3\",\"community\":\"c-1\",\"name\":\"'t'\"}]}");
}

static void a_map_that_is_wrong_says_where(void **state)
{
	static const struct {
		const char *map, *what;
		int line;
	} cases[] = {{"rows: []", "1 to 16", 1}, {"colour: red", "unknown key", 1},
		{"rows:\n- {kind: cats, fields: {}}", "no kind", 2},
		{"rows:\n- {kind: elders}", "needs kind and fields", 2},
		{"rows:\n- {kind: elders, fields: {colour: x}}", "no field", 2},
		{"rows:\n- {kind: elders, fields: {id: 'e-{编号'}}", "brace", 2}, {"rows: [", "", 2},
		{"", "mapping", 1}, {"values: {living: alone}", "mappings", 1}};

	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ledger_source source = {
			.kind = "ledger", .format = "csv", .text = "编号\n1\n", .length = 9, .map = cases[i].map};
		struct errinfo info = {0};
		struct buf out;
		source.length = strlen(source.text);
		buf_init(&out, 1 << 12);
		if (!*cases[i].map)
			source.map = " ";
		assert_int_not_equal(ledger_read(&source, NULL, &out, &info), ERR_OK);
		if (!strstr(info.text, cases[i].what))
			print_message("%s: %s\n", cases[i].map, info.text);
		assert_non_null(strstr(info.text, cases[i].what));
		assert_int_equal(info.line, cases[i].line);
		buf_fini(&out);
	}
}

static void what_is_to_be_sealed_needs_a_key(void **state)
{
	(void)state;
	refuses("elders", "yaml", "[{id: e-1, household: h-1, id_number: \"000000194003020013\"}]", 1, "check digit");
	refuses("elders", "yaml", "[{id: e-1, household: h-1, medical_notes: x}]", 1, "there is no key");
}

static void an_identity_number_may_be_written_with_blanks_and_in_full_width(void **state)
{
	static const char *const same[] = {"000000194003070011", "000000 19400307 0011",
		"００００００１９４００３０７００１１", "000000-19400307-0011", " 000000　1940 0307 0011 "};
	char number[LEDGER_CARD_BYTES], plain[LEDGER_VALUE_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		assert_true(ledger_plain(same[i], true, plain));
		assert_null(ledger_card(plain, number));
		assert_string_equal(number, same[0]);
	}
	assert_null(ledger_card("00000019400307002x", number));
	assert_string_equal(number, "00000019400307002X");
	assert_non_null(strstr(ledger_card("000000 19400307 0012", number), "check digit"));
	assert_non_null(strstr(ledger_card("000000 19400307 00116", number), "18 places"));
	assert_non_null(strstr(ledger_card("000000 400307 001", number), "18 places"));
	assert_non_null(strstr(ledger_card("1.1E+17", number), "power of ten"));
	refuses("elders", "yaml",
		"[{id: e-1, household: h-1, birth_date: 1941-03-07, id_number: \"000000 19400307 0011\"}]", 1,
		"there is no key");
}

static void a_rule_that_nobody_or_everybody_meets_is_refused(void **state)
{
	static const char *const good[] = {"age >= 1", "age >= 130", "incidents >= 3 in 30", "living = alone",
		"gender = female", "health = unable", "mobility = bedridden", "category = veteran"};
	static const char *const bad[][2] = {{"age >= 131", "nobody is so old"}, {"age >= 0", "everybody"},
		{"incidents >= 0 in 30", "everybody"}, {"incidents >= 3 in 0", "never true"},
		{"living = lonely", "is never true: living is one of alone|couple"}, {"gender = unknown", "never true"},
		{"age >= 90 and living = alone", "is no rule"}, {"age > 90", "is no rule"},
		{"age >= 9999", "is no rule"}, {"age >= -1", "is no rule"},
		{"living = alone; drop table elder", "is no rule"}, {"name = x", "is no rule"},
		{"categories = veteran", "is no rule"}, {"living  = alone", "is no rule"},
		{"age >= 90 ", "is no rule"}};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_null(ledger_rule_wrong(good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(text, sizeof text, "tag_kinds:\n- {id: t, rule: \"%s\"}\n", bad[i][0]);
		refuses("ledger", "yaml", text, 2, bad[i][1]);
	}
}

static void a_row_that_contradicts_itself_is_refused_with_its_place(void **state)
{
	(void)state;
	refuses("households", "csv",
		"id,community,team,away_from,away_until\nh-1,c-1,t-1,2026-03-02T00:00:00Z,2026-03-02T08:00:00+08:00\n",
		2, "away_until: 不晚于away_from");
	refuses("consents", "csv",
		"household,quantities,from,until\nh-1,sos,2026-03-02T00:00:00Z,2026-03-01T00:00:00Z\n", 2,
		"is not after from");
	refuses("tags", "csv", "id,elder,kind,from,until\nx,e-1,k,2026-03-02,2026-03-01\n", 2, "is not after from");
	refuses("elders", "csv", "id,household,birth_date,birth_year\ne-1,h-1,1940-03-02,1941\n", 2, "birth_year");
	refuses("households", "csv", "id,community,team,latitude,longitude\nh-1,c-1,t-1,0.5,\n", 2, "stand together");
	refuses("accounts", "csv", "name,level,community\na,community,\n", 2, "goes with level community");
	refuses("accounts", "csv", "name,level,community\na,district,c-1\n", 2, "and with no other");
	refuses("accounts", "csv", "name,level,volunteer\na,volunteer,\n", 2, "goes with level volunteer");
	gives("accounts", "csv", "name,level,community,volunteer\na,community,c-1,\nb,volunteer,,v-1\nd,none,,\n",
		"{\"accounts\":[{\"name\":\"a\",\"level\":\"community\",\"community\":\"c-1\"},{\"name\":\"b\","
		"\"level\":\"volunteer\","
		"\"volunteer\":\"v-1\"},{\"name\":\"d\",\"level\":\"none\"}]}");
}

static void lists_hold_what_the_others_can_carry(void **state)
{
	(void)state;
	refuses("circles", "csv", "household,neighbours\nh-1,a;b;c;d;e;f;g;h;i\n", 2, "at most 8");
	refuses("circles", "csv", "household,contacts\nh-1,示例甲\n", 2, "must be ids");
	refuses("circles", "csv", "household,contacts\nh-1,v-1;v-2;v-1\n", 2, "an id twice");
	refuses("cares", "yaml", "[{household: h-1, unwanted: [a, b, c, d, e]}]", 1, "at most 4");
	refuses("volunteers", "yaml", "[{id: v-1, team: t-1, parts: [noon]}]", 1, "one of morning|afternoon|evening");
	refuses("volunteers", "yaml", "[{id: v-1, team: t-1, languages: [示示示示示示示示示示示]}]", 1,
		"10 Chinese characters");
	refuses("elders", "csv", "id,household,language\ne-1,h-1,示示示示示示示示示示示、普通话\n", 2,
		"10 Chinese characters");
	refuses("elders", "csv", "id,household,language\ne-1,h-1,a、b/c；d e、f\n", 2, "at most 4");
	gives("elders", "csv", "id,household,language\ne-1,h-1,\"示示示示示示示示示示,a、b\"\n",
		"{\"elders\":[{\"id\":\"e-1\",\"household\":\"h-1\",\"language\":\"示示示示示示示示示示,a、b\"}]}");
}

static void too_long_is_told(void **state)
{
	struct errinfo info = {0};
	struct buf out;

	(void)state;
	buf_init(&out, 16);
	assert_int_equal(ledger_check("communities", "csv", "id\nc-1\nc-2\n", 11, &out, &info), ERR_FULL);
	buf_fini(&out);
}

static void lists_of_a_row_are_bounded(void **state)
{
	char text[2048] = "household,quantities\nh-1,";
	struct errinfo info = {0};
	struct buf out;

	(void)state;
	for (int i = 0; i < 100; i++)
		memcpy(text + 25 + 4 * i, "sos ", 5);
	buf_init(&out, 1 << 16);
	assert_int_equal(ledger_check("consents", "csv", text, strlen(text), &out, &info), ERR_RANGE);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ledger_becomes_json),
		cmocka_unit_test(an_appointment_has_hours_days_and_dates),
		cmocka_unit_test(json_is_yaml),
		cmocka_unit_test(one_kind_is_a_list),
		cmocka_unit_test(a_deleted_row_needs_its_key_only),
		cmocka_unit_test(csv_has_a_header_and_quotes),
		cmocka_unit_test(faults_say_where),
		cmocka_unit_test(faults_name_no_person),
		cmocka_unit_test(one_row_of_a_spreadsheet_makes_rows_of_several_kinds),
		cmocka_unit_test(all_faults_of_a_spreadsheet_are_told_by_line_column_and_cell),
		cmocka_unit_test(a_title_above_the_header_is_passed_over),
		cmocka_unit_test(what_is_wrong_with_the_header_is_told_once),
		cmocka_unit_test(a_heading_that_stands_twice_is_told_with_both_columns),
		cmocka_unit_test(a_word_that_the_map_does_not_have_is_told_with_those_it_has),
		cmocka_unit_test(cells_that_have_moved_are_told),
		cmocka_unit_test(a_column_that_is_not_there_is_not_spoken_of),
		cmocka_unit_test(an_identity_number_may_be_written_with_blanks_and_in_full_width),
		cmocka_unit_test(a_rule_that_nobody_or_everybody_meets_is_refused),
		cmocka_unit_test(a_row_that_contradicts_itself_is_refused_with_its_place),
		cmocka_unit_test(lists_hold_what_the_others_can_carry),
		cmocka_unit_test(a_number_that_would_ring_somebody_else_is_a_fault),
		cmocka_unit_test(a_date_may_have_blanks_and_a_midnight),
		cmocka_unit_test(an_apostrophe_before_a_formula_is_a_mark),
		cmocka_unit_test(a_map_that_is_wrong_says_where),
		cmocka_unit_test(what_is_to_be_sealed_needs_a_key),
		cmocka_unit_test(too_long_is_told),
		cmocka_unit_test(lists_of_a_row_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
