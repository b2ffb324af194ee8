/* SPDX-License-Identifier: MIT */
#include "incident_text.h"

#include "show.h"
#include "words.h"

/* "%" stands for whoever did it. */
static const char *const events[INCIDENT_EVENT_COUNT] = {[INCIDENT_EVENT_RAISED] = "事件发生",
	[INCIDENT_EVENT_ALERT_JOINED] = "又有警报",
	[INCIDENT_EVENT_ALERT_CLEARED] = "警报解除",
	[INCIDENT_EVENT_PAGED] = "呼叫 %",
	[INCIDENT_EVENT_DECLINED] = "% 不能来",
	[INCIDENT_EVENT_TIMED_OUT] = "% 没有应答",
	[INCIDENT_EVENT_ACCEPTED] = "% 已接单，正赶去",
	[INCIDENT_EVENT_ARRIVED] = "% 到了门口",
	[INCIDENT_EVENT_ESCALATED] = "无人可派，转值班台",
	[INCIDENT_EVENT_RESOLVED] = "结束",
	[INCIDENT_EVENT_CANCELLED] = "自行取消",
	[INCIDENT_EVENT_ON_THE_WAY] = "% 在路上",
	[INCIDENT_EVENT_NOTED] = "% 留言",
	[INCIDENT_EVENT_HANDING_OVER] = "% 请人接手",
	[INCIDENT_EVENT_TAKEN_OVER] = "% 已接手",
	[INCIDENT_EVENT_REFUSED] = "% 不能同去",
	[INCIDENT_EVENT_SECOND_COMING] = "% 也去",
	[INCIDENT_EVENT_HELD] = "% 设为暂缓",
	[INCIDENT_EVENT_RELEASED] = "暂缓结束",
	[INCIDENT_EVENT_REOPENED] = "% 重新打开",
	[INCIDENT_EVENT_MERGED] = "% 并入另一事件"};

static const char *const level_colours[ALERT_LEVEL_COUNT] = {[ALERT_LIFE] = "\033[1;31m",
	[ALERT_ALARM] = "\033[33m",
	[ALERT_ATTENTION] = "\033[36m",
	[ALERT_MAINTENANCE] = "\033[2m"};

void incident_text_event(
	enum incident_event event, const char *actor, enum outcome outcome, const char *note, struct buf *out)
{
	for (const char *at = events[event]; *at; at++) {
		if (*at == '%')
			show_clean(out, *actor ? actor : "?", 0);
		else
			buf_byte(out, *at);
	}
	if (event == INCIDENT_EVENT_RESOLVED && outcome != OUTCOME_NONE)
		buf_printf(out, "：%s", words_outcome(outcome));
	if (*note) {
		buf_text(out, "（");
		show_clean(out, note, 0);
		buf_text(out, "）");
	}
}

static const char *colour_of(const struct incident *incident)
{
	if (incident->state == INCIDENT_RESOLVED || incident->state == INCIDENT_CANCELLED)
		return "\033[32m";
	return level_colours[incident->level];
}

void incident_text_line(
	const struct incident *incident, const struct zone *zone, bool open, bool colour, struct buf *out)
{
	char time[SHOW_TIME_BYTES];

	show_time(zone, incident->at, time);
	buf_printf(out, "%s %s%s ", time, colour ? colour_of(incident) : "", words_level(incident->level));
	show_clean(out, incident->reason_zh, 0);
	buf_printf(out, "%s  %s  ", colour ? "\033[0m" : "", incident->household);
	if (open) {
		buf_text(out, words_incident_state(incident->state));
		if (*incident->responder)
			buf_printf(out, " %s", incident->responder);
		show_time(zone, incident->opened, time);
		buf_printf(out, "，%s 起", time);
	} else {
		incident_text_event(incident->event, incident->actor, incident->outcome, incident->note, out);
	}
	buf_printf(out, "  [%s %s] ", incident->id,
		open ? incident_state_name(incident->state) : incident_event_name(incident->event));
	show_clean(out, incident->reason_en, 0);
	buf_byte(out, '\n');
}
