/* SPDX-License-Identifier: MIT */
#include "words.h"

static const char *const levels[ALERT_LEVEL_COUNT] = {
	[ALERT_LIFE] = "生命", [ALERT_ALARM] = "警报", [ALERT_ATTENTION] = "关注", [ALERT_MAINTENANCE] = "维护"};

static const char *const kinds[ALERT_KIND_COUNT] = {[ALERT_SOS] = "呼救",
	[ALERT_FALL] = "跌倒",
	[ALERT_GAS] = "燃气",
	[ALERT_SMOKE] = "烟雾",
	[ALERT_CO] = "一氧化碳",
	[ALERT_LEAK] = "漏水",
	[ALERT_SILENCE] = "无动静",
	[ALERT_RULE] = "规则",
	[ALERT_DEVICE] = "设备"};

static const char *const alert_states[ALERT_STATE_COUNT] = {
	[ALERT_RAISED] = "未解除", [ALERT_UPDATED] = "未解除", [ALERT_CLEARED] = "已解除"};

static const char *const incident_states[INCIDENT_STATE_COUNT] = {[INCIDENT_RAISED] = "待呼叫",
	[INCIDENT_PAGING] = "呼叫中",
	[INCIDENT_ACCEPTED] = "已接单",
	[INCIDENT_ON_SITE] = "在现场",
	[INCIDENT_ESCALATED] = "值班台处理",
	[INCIDENT_RESOLVED] = "已结束",
	[INCIDENT_CANCELLED] = "已取消",
	[INCIDENT_HELD] = "暂缓"};

static const char *const outcomes[OUTCOME_COUNT] = {[OUTCOME_NONE] = "无结果",
	[OUTCOME_FALSE_ALARM] = "误报",
	[OUTCOME_HELPED] = "已帮助",
	[OUTCOME_AMBULANCE] = "叫了救护车",
	[OUTCOME_AWAY] = "外出"};

static const char *const status_states[STATUS_STATE_COUNT] = {[STATUS_STARTING] = "启动中",
	[STATUS_READY] = "就绪",
	[STATUS_DEGRADED] = "降级",
	[STATUS_STOPPING] = "停止中",
	[STATUS_DOWN] = "已停"};

static const char *const errand_kinds[ERRAND_KIND_COUNT] = {
	[ERRAND_VISIT] = "探访", [ERRAND_TASK] = "待办", [ERRAND_SERVICE] = "服务"};

static const char *const errand_states[ERRAND_STATE_COUNT] = {[ERRAND_OPEN] = "待安排",
	[ERRAND_OFFERED] = "已询问",
	[ERRAND_AGREED] = "已约定",
	[ERRAND_UNDER_WAY] = "进行中",
	[ERRAND_DONE] = "已完成",
	[ERRAND_CONFIRMED] = "老人已确认",
	[ERRAND_REFUSED] = "老人谢绝",
	[ERRAND_MISSED] = "错过",
	[ERRAND_CANCELLED] = "取消"};

static const char *const quantities[QUANTITY_COUNT] = {[QUANTITY_WATER_TOTAL] = "用水",
	[QUANTITY_GAS_TOTAL] = "用气",
	[QUANTITY_ENERGY_TOTAL] = "用电",
	[QUANTITY_HEAT_TOTAL] = "用热",
	[QUANTITY_WATER_FLOW] = "水流",
	[QUANTITY_POWER] = "功率",
	[QUANTITY_TEMPERATURE] = "温度",
	[QUANTITY_HUMIDITY] = "湿度",
	[QUANTITY_ILLUMINANCE] = "光照",
	[QUANTITY_HEART_RATE] = "心率",
	[QUANTITY_COVER_POSITION] = "窗帘",
	[QUANTITY_BATTERY] = "电量",
	[QUANTITY_SIGNAL] = "信号",
	[QUANTITY_CONTACT] = "门窗",
	[QUANTITY_MOTION] = "活动",
	[QUANTITY_PRESENCE] = "有人",
	[QUANTITY_BED] = "在床",
	[QUANTITY_SEAT] = "座椅",
	[QUANTITY_SWITCH] = "开关",
	[QUANTITY_VIBRATION] = "振动",
	[QUANTITY_TAMPER] = "被拆",
	[QUANTITY_ONLINE] = "在线",
	[QUANTITY_FAULT] = "故障",
	[QUANTITY_LEAK] = "漏水",
	[QUANTITY_SMOKE] = "烟雾",
	[QUANTITY_GAS_ALARM] = "燃气",
	[QUANTITY_CO_ALARM] = "一氧化碳",
	[QUANTITY_SOS] = "呼救",
	[QUANTITY_FALL] = "跌倒",
	[QUANTITY_BUTTON] = "按键",
	[QUANTITY_PERSON_SEEN] = "见到人",
	[QUANTITY_DOOR_VIEWER] = "猫眼",
	[QUANTITY_CALL] = "电话"};

const char *words_level(enum alert_level level)
{
	return levels[level];
}

const char *words_kind(enum alert_kind kind)
{
	return kinds[kind];
}

const char *words_alert_state(enum alert_state state)
{
	return alert_states[state];
}

const char *words_incident_state(enum incident_state state)
{
	return incident_states[state];
}

const char *words_outcome(enum outcome outcome)
{
	return outcomes[outcome];
}

const char *words_status(enum status_state state)
{
	return status_states[state];
}

const char *words_quantity(enum quantity quantity)
{
	return quantities[quantity] ? quantities[quantity] : quantity_info(quantity)->name;
}

const char *words_errand_kind(const char *name)
{
	enum errand_kind kind;

	return errand_kind_find(name, &kind) ? name : errand_kinds[kind];
}

const char *words_errand_state(const char *name)
{
	enum errand_state state;

	return errand_state_find(name, &state) ? name : errand_states[state];
}
