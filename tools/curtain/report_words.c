/* SPDX-License-Identifier: MIT
 *
 * Names of figures are words joined by dots; the last but one of a family says what the rest is a word of.
 */
#include "report_words.h"

#include <stdlib.h>
#include <string.h>

#include "message/message.h"
#include "words.h"

static const struct report_word figures[] = {
	{"homes", "在册住户", "homes"},
	{"elders.surveyed", "已摸排老人", "elders surveyed"},
	{"elders.enrolled", "已签约老人", "elders enrolled"},
	{"consents", "有效同意书", "consents in force"},
	{"devices.known", "在册设备", "devices"},
	{"devices.alive", "近三天有信号", "heard from in the last 3 days"},
	{"alarms", "警报", "alerts"},
	{"incidents", "事件", "incidents"},
	{"incidents.night", "其中夜间（20–8 时）", "at night"},
	{"incidents.judged", "有结论", "with an outcome"},
	{"incidents.false", "误报", "false alarms"},
	{"answer.asked", "呼叫过人", "asked"},
	{"answer.count", "有人应答", "answered"},
	{"answer.60", "60 秒内应答", "answered in 60 s"},
	{"answer.180", "180 秒内应答", "answered in 180 s"},
	{"answer.p50", "应答用时 P50（秒）", "seconds to an answer, P50"},
	{"answer.p90", "应答用时 P90（秒）", "seconds to an answer, P90"},
	{"answer.p99", "应答用时 P99（秒）", "seconds to an answer, P99"},
	{"site.count", "记录了到场", "arrivals noted"},
	{"site.2700", "45 分钟内到场", "at the door in 45 min"},
	{"site.3600", "60 分钟内到场", "at the door in 60 min"},
	{"site.p50", "到场用时 P50（秒）", "seconds to the door, P50"},
	{"site.p90", "到场用时 P90（秒）", "seconds to the door, P90"},
	{"site.p99", "到场用时 P99（秒）", "seconds to the door, P99"},
	{"cover.nobody", "呼叫时无人当班", "nobody on duty when asked"},
	{"cover.teams", "有排班的队伍", "teams with a roster"},
	{"cover.minutes", "应值守（分钟）", "minutes to be covered"},
	{"cover.covered", "有人值守（分钟）", "minutes covered"},
	{"duties", "已结束的班次", "duties"},
	{"duties.open", "曾无人的班次", "duties without anybody for a time"},
	{"duties.stood_in", "替班", "stood in"},
	{"load.served", "值过班的志愿者", "volunteers who served"},
	{"load.duties", "值班人次", "duties served"},
	{"load.minutes", "值班（分钟）", "minutes served"},
	{"load.duties.most", "一人值班最多", "duties of one person at most"},
	{"load.people", "志愿者", "volunteers"},
	{"load.asked", "被呼叫过的志愿者", "volunteers asked"},
	{"load.pages", "呼叫人次", "pages"},
	{"load.accepted", "接单", "accepted"},
	{"load.declined", "不能来", "declined"},
	{"load.silent", "无应答", "no reply"},
	{"load.most", "一人最多", "most of one person"},
	{"visits.due", "应探访", "visits due"},
	{"visits.done", "已探访", "visits done"},
	{"visits.late", "逾期完成", "visits done late"},
	{"visits.overdue", "逾期未探访", "visits overdue"},
	{"visits.refused", "老人谢绝", "refused by the elder"},
	{"findings.new", "新发现", "findings of visits"},
	{"findings.closed", "已办结", "findings closed"},
	{"findings.open", "期末未办结", "findings open"},
	{"findings.overdue", "其中逾期", "of these overdue"},
	{"services.asked", "申请服务", "services asked"},
	{"services.given", "完成服务", "services given"},
};

static const struct report_word reasons[] = {
	{"died", "去世", ""},
	{"fallen", "摔倒", ""},
	{"ill", "患病", ""},
	{"ambulance", "叫了救护车", ""},
	{"nobody", "呼叫时无人当班", ""},
	{"late_answer", "180 秒内无人应答", ""},
	{"late_arrival", "60 分钟后才到场", ""},
	{"open", "仍未结束", ""},
	{"often", "本期三次以上", ""},
	{"false_often", "多次误报", ""},
	{"finding_overdue", "发现逾期未办", ""},
	{"visit_overdue", "探访逾期", ""},
};

static const struct report_word estates[] = {{"resettlement", "回迁小区", ""}, {"commercial", "商住小区", ""},
	{"work_unit", "单位小区", ""}, {"unknown", "小区未登记", ""}};

static const struct report_word helps[] = {{"meals", "助餐", "meals"}, {"bathing", "助浴", "bathing"},
	{"cleaning", "助洁", "cleaning"}, {"mobility", "助行", "mobility"}, {"medical", "助医", "medical"},
	{"urgent", "助急", "urgent"}, {"care", "护理关爱", "care"}, {"nursing", "护理关爱", "care"}};

static const struct report_word rules[] = {
	{"silence", "久无动静", ""},
	{"silence_fixed", "久无动静（固定时限）", ""},
	{"appointment", "约定未兑现", ""},
	{"water_open_tap", "龙头未关", ""},
	{"water_drip", "长流水", ""},
	{"water_nightly", "夜间用水增多", ""},
	{"gas_long", "燃气久开", ""},
	{"energy_base_jump", "待机用电突增", ""},
	{"energy_dead", "用电骤停", ""},
	{"door_open_long", "门久开", ""},
	{"door_open_night", "夜间门开", ""},
	{"left_at_night", "夜间离家", ""},
	{"bathroom_stay", "卫生间久留", ""},
	{"bed_not_back", "离床未归", ""},
	{"room_cold", "室温过低", ""},
	{"room_hot", "室温过高", ""},
	{"decline", "活动减少", ""},
	{"battery", "电量低", ""},
	{"clock", "时钟不准", ""},
	{"offline", "离线", ""},
	{"channel_fault", "信号异常", ""},
};

/* what is looked for and found at visits: the words of deploy/config/checklists.yaml (a test compares), and visits
 * themselves */
static const struct report_word errands[] = {
	{"chat", "陪伴探访", ""},
	{"three_three", "三查三问", ""},
	{"lock_broken", "门锁损坏", ""},
	{"window_broken", "窗户损坏", ""},
	{"way_blocked", "通道堆物", ""},
	{"tap_dripping", "龙头或水管漏水", ""},
	{"floor_slippery", "卫生间地面湿滑", ""},
	{"wire_bare", "电线老化或裸露", ""},
	{"socket_overloaded", "插座过载", ""},
	{"gas_smell", "有燃气味", ""},
	{"hose_old", "燃气软管老化", ""},
	{"medicine_low", "药品不足", ""},
	{"medicine_old", "药品过期", ""},
	{"unwell", "老人不适", ""},
	{"has_fallen", "最近跌倒过", ""},
	{"low_spirits", "情绪低落", ""},
	{"meals", "需要助餐", ""},
	{"bathing", "需要助浴", ""},
	{"cleaning", "需要助洁", ""},
	{"other_need", "其他需求", ""},
	{"does_not_know", "不会使用呼叫键", ""},
	{"device_off", "设备断电或离线", ""},
};

static const struct report_word rooms[] = {{"front_door", "入户门", ""}, {"door", "门", ""}, {"kitchen", "厨房", ""},
	{"bathroom", "卫生间", ""}, {"bedroom", "卧室", ""}, {"bed", "床", ""}, {"living_room", "客厅", ""},
	{"balcony", "阳台", ""}, {"window", "窗", ""}, {"meter", "表具", ""}, {"phone", "电话", ""}};

static const struct report_word states[] = {{"open", "进行中", ""}, {"done", "已完成", ""}, {"dropped", "已撤销", ""}};

#define FIND(table, id, text) find(table, sizeof(table) / sizeof(table)[0], id, text)

static const char *find(const struct report_word *table, size_t count, const char *id, const char *otherwise)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(table[i].id, id) == 0)
			return table[i].zh;
	return otherwise;
}

const char *report_reason(const char *word)
{
	return FIND(reasons, word, word);
}

const char *report_estate(const char *kind)
{
	return FIND(estates, kind, kind);
}

const char *report_help(const char *help)
{
	return FIND(helps, help, help);
}

const char *report_errand(const char *what)
{
	return FIND(errands, what, NULL);
}

const char *report_room(const char *place)
{
	return FIND(rooms, place, NULL);
}

const char *report_decision_state(const char *state)
{
	return FIND(states, state, state);
}

const char *report_kind(const char *kind)
{
	enum alert_kind found;

	return alert_kind_find(kind, &found) ? kind : words_kind(found);
}

const char *report_rule(const char *rule)
{
	const char *text = FIND(rules, rule, NULL);

	return text ? text : report_kind(rule);
}

const char *report_level(const char *level)
{
	enum alert_level found;

	return alert_level_find(level, &found) ? level : words_level(found);
}

const char *report_state(const char *state)
{
	enum incident_state found;

	return incident_state_find(state, &found) ? state : words_incident_state(found);
}

const char *report_outcome(const char *outcome)
{
	enum outcome found;

	return outcome_find(outcome, &found) ? outcome : words_outcome(found);
}

/* after gives what follows prefix in text; NULL: it does not begin so. */
static const char *after(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

/* of_rule: "rule.silence.judged", the rule's own word and what of it. */
static void of_rule(const char *rest, struct buf *out)
{
	char rule[WORD_BYTES] = "";
	const char *dot = strrchr(rest, '.');

	if (!dot || (size_t)(dot - rest) >= sizeof rule) {
		buf_text(out, rest);
		return;
	}
	memcpy(rule, rest, (size_t)(dot - rest));
	buf_printf(out, "规则“%s”%s", report_rule(rule), !strcmp(dot, ".judged") ? "有结论" : "误报");
}

void report_figure_label(const char *name, struct buf *out)
{
	static const struct {
		const char *prefix, *text;
		const char *(*word)(const char *);
	} families[] = {{"alarms.kind.", "警报：", report_kind}, {"alarms.level.", "警报级别：", report_level},
		{"alarms.rule.", "警报规则：", report_rule}, {"incidents.kind.", "事件：", report_kind},
		{"incidents.level.", "事件级别：", report_level}, {"incidents.outcome.", "结果：", report_outcome},
		{"services.asked.", "申请服务：", report_help}, {"services.given.", "完成服务：", report_help}};
	const char *text = FIND(figures, name, NULL), *rest;

	if (text) {
		buf_text(out, text);
		return;
	}
	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		if ((rest = after(name, families[i].prefix))) {
			buf_printf(out, "%s%s", families[i].text, families[i].word(rest));
			return;
		}
	if ((rest = after(name, "rule.")))
		of_rule(rest, out);
	else if ((rest = after(name, "day.")))
		buf_printf(out, "第 %d 天事件", atoi(rest));
	else if ((rest = after(name, "load.of.")))
		buf_printf(out, "被呼叫 %s 次的人数", rest);
	else
		buf_text(out, name);
}
