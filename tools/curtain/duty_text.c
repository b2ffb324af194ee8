/* SPDX-License-Identifier: MIT */
#include "duty_text.h"

#include <string.h>

#include "codec/fields.h"
#include "row.h"

#define ANSWER_BYTES_MAX (8u << 20)

static const struct row_word kinds[] = {
	{"swap", "换班"}, {"cover", "找人替班"}, {"watch", "到岗确认"}, {"absence", "请假"}, {NULL, NULL}};

static const struct row_word states[] = {{"open", "进行中"}, {"veto", "待队长"}, {"climbed", "已上报"},
	{"done", "已定"}, {"declined", "对方谢绝"}, {"vetoed", "队长否决"}, {"expired", "过期"},
	{"withdrawn", "已撤回"}, {"misfit", "不合规则"}, {NULL, NULL}};

static const struct row_word verdicts[] = {{"taken", "已受理"}, {"repeated", "已说过，不变"}, {"late", "为时已晚"},
	{"foreign", "没有问过此人"}, {"unknown", "没有此班次或事项"}, {"barred", "规则不允许"}, {NULL, NULL}};

static const struct row_word bars[] = {{"team", "不是本队的人"}, {"busy", "那时已有班"}, {"rest", "休息不足"},
	{"run", "连续值班过长"}, {"skill", "缺少所需技能"}, {"month", "本月班次已满"}, {"absent", "已请假"},
	{NULL, NULL}};

static const struct row_column matter_columns[] = {{"从 from", "from", ROW_TIME, NULL},
	{"至 until", "until", ROW_TIME, NULL}, {"队 team", "team", ROW_PLAIN, NULL},
	{"班次 shift", "shift", ROW_PLAIN, NULL}, {"事项 kind", "kind", ROW_WORD, kinds},
	{"状态 state", "state", ROW_WORD, states}, {"谁 of", "user", ROW_PLAIN, NULL},
	{"另一方 other", "other", ROW_PLAIN, NULL}, {">已问 asked", "asked", ROW_PLAIN, NULL},
	{"答复期限 due", "due", ROW_TIME, NULL}, {"编号 matter", "matter", ROW_PLAIN, NULL}};

static const struct row_column gap_columns[] = {{"从 from", "from", ROW_TIME, NULL},
	{"至 until", "until", ROW_TIME, NULL}, {"队 team", "team", ROW_PLAIN, NULL},
	{"班次 shift", "shift", ROW_PLAIN, NULL}, {"状态 state", "state", ROW_WORD, states},
	{"另一方 other", "other", ROW_PLAIN, NULL}, {">已问 asked", "asked", ROW_PLAIN, NULL},
	{"答复期限 due", "due", ROW_TIME, NULL}, {"编号 matter", "matter", ROW_PLAIN, NULL},
	{"为何 why", "why_zh", ROW_PLAIN, NULL}};

static const struct row_column duty_columns[] = {{"从 from", "from", ROW_TIME, NULL},
	{"至 until", "until", ROW_TIME, NULL}, {">次序 place", "place", ROW_PLAIN, NULL},
	{"班次 shift", "shift", ROW_PLAIN, NULL}, {"人员 user", "user", ROW_PLAIN, NULL}};

static const struct row_column own_columns[] = {{"从 from", "from", ROW_TIME, NULL},
	{"至 until", "until", ROW_TIME, NULL}, {"队 team", "team", ROW_PLAIN, NULL},
	{"班次 shift", "shift", ROW_PLAIN, NULL}, {">次序 place", "place", ROW_PLAIN, NULL}};

static const struct row_column cover_columns[] = {{"人员 user", "user", ROW_PLAIN, NULL},
	{"报过此时段 offers", "offers", ROW_PLAIN, NULL}, {"休息足够 rested", "rested", ROW_PLAIN, NULL},
	{">已有班次 duties", "duties", ROW_PLAIN, NULL}};

static const struct {
	const char *method;
	struct row_form form;
} lists[] = {
	{"matters", {ROW_COLUMNS(matter_columns), "没有进行中的事项 (no swaps, requests or absences)\n"}},
	{"gaps", {ROW_COLUMNS(gap_columns), "没有空班 (no gaps: every duty has somebody)\n"}},
	{"duties", {ROW_COLUMNS(duty_columns),
			   "本队没有在册的值班 (the team has no roster in force; curtain roster publish)\n"}},
	{"own_duties", {ROW_COLUMNS(own_columns), "您没有在册的值班 (you have no duty in force)\n"}},
	{"own_matters", {ROW_COLUMNS(matter_columns), "没有与您有关的事项 (nothing concerns you)\n"}},
	{"cover", {ROW_COLUMNS(cover_columns),
			  "没有人可问 (nobody is left to ask: all have a duty then, or serve another team)\n"}},
};

/* put_word: the Chinese word, then the wire's own. */
static void put_word(const struct row_word *words, const char *word, struct buf *out)
{
	const char *zh = row_word_text(words, word);

	if (zh)
		buf_printf(out, "%s ", zh);
	show_clean(out, word, 0);
}

/* put_verdict: the word, which rule bars it, what the matter is at. */
static void put_verdict(const json_t *root, struct buf *out)
{
	const char *matter = row_text(root, "matter"), *bar = row_text(root, "bar");

	put_word(verdicts, row_text(root, "verdict"), out);
	if (strcmp(bar, "-") != 0) {
		buf_text(out, "：");
		put_word(bars, bar, out);
	}
	if (strcmp(matter, "-") != 0) {
		buf_text(out, "，事项 matter ");
		show_clean(out, matter, 0);
		buf_byte(out, ' ');
		put_word(states, row_text(root, "state"), out);
	}
	buf_byte(out, '\n');
}

static void put_opened(int64_t count, struct buf *out)
{
	if (count)
		buf_printf(out,
			"已登记，空出 %" JSON_INTEGER_FORMAT
			" 个班次，正在问人替班 (noted; duties open: others are asked)\n",
			(json_int_t)count);
	else
		buf_text(out, "已登记，没有班次受影响 (noted; no duty is open for it)\n");
}

static void put_in_force(int64_t count, struct buf *out)
{
	if (count)
		buf_printf(out,
			"已生效，本队现有 %" JSON_INTEGER_FORMAT
			" 个班次 (in force; so many duties of the team from now on)\n",
			(json_int_t)count);
	else
		buf_text(out, "本队现无在册的值班，按各人报的时段呼叫 (no duty in force; pages go to those who offer "
			      "such times)\n");
}

enum err duty_text(
	const char *method, const char *answer, const struct zone *zone, struct buf *out, struct errinfo *info)
{
	json_t *root = NULL;
	enum err err;

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		if (!strcmp(lists[i].method, method))
			return row_list(answer, &lists[i].form, zone, false, out, info);
	err = fields_load(answer, strlen(answer), ANSWER_BYTES_MAX, &root, info);
	if (err)
		return err;
	if (json_object_get(root, "verdict"))
		put_verdict(root, out);
	else if (json_is_integer(json_object_get(root, "opened")))
		put_opened(json_integer_value(json_object_get(root, "opened")), out);
	else if (json_is_integer(json_object_get(root, "duties")))
		put_in_force(json_integer_value(json_object_get(root, "duties")), out);
	else
		err = errinfo_set(
			info, ERR_INVALID, "the answer says nothing that is known: another version of Curtain?");
	json_decref(root);
	return err ? err : out->failed;
}

bool duty_text_refused(const char *answer)
{
	json_t *root = NULL;
	bool refused = false;

	if (fields_load(answer, strlen(answer), ANSWER_BYTES_MAX, &root, NULL))
		return false;
	const char *verdict = row_text(root, "verdict");
	refused = strcmp(verdict, "-") != 0 && strcmp(verdict, "taken") != 0 && strcmp(verdict, "repeated") != 0;
	json_decref(root);
	return refused;
}
