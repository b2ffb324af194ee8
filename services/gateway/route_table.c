/* SPDX-License-Identifier: MIT
 *
 * The endpoints. Paths are nouns, GET asks and POST changes; rows of one path stand together.
 */
#include "gateway/route.h"

#define HOUSEHOLD                                                                                                      \
	{                                                                                                              \
		"household", ROUTE_PATH, ROUTE_ID, true, 0, 0, "The household."                                        \
	}
#define WHY                                                                                                            \
	{                                                                                                              \
		"why", ROUTE_QUERY, ROUTE_LABEL, false, 0, 200, "Why it is looked at; kept in the audit trail."        \
	}
#define LIMIT(most)                                                                                                    \
	{                                                                                                              \
		"limit", ROUTE_QUERY, ROUTE_INT, false, 1, most, "How many at most."                                   \
	}
#define BEFORE                                                                                                         \
	{                                                                                                              \
		"before", ROUTE_QUERY, ROUTE_INT, false, 0, INT64_MAX,                                                 \
			"Those with a lower number: the last one's of the page before."                                \
	}
#define TEAM                                                                                                           \
	{                                                                                                              \
		"team", ROUTE_PATH, ROUTE_ID, true, 0, 0, "The team."                                                  \
	}
#define OF_TEAM                                                                                                        \
	{                                                                                                              \
		"team", ROUTE_QUERY, ROUTE_ID, false, 0, 0, "Only of this team."                                       \
	}
#define OF_COMMUNITY                                                                                                   \
	{                                                                                                              \
		"community", ROUTE_QUERY, ROUTE_ID, false, 0, 0, "Only of this community."                             \
	}
#define ERRAND                                                                                                         \
	{                                                                                                              \
		"errand", ROUTE_PATH, ROUTE_ID, true, 0, 0, "The errand."                                              \
	}
#define ELDER                                                                                                          \
	{                                                                                                              \
		"elder", ROUTE_PATH, ROUTE_ID, true, 0, 0, "The elder."                                                \
	}
#define MATTER                                                                                                         \
	{                                                                                                              \
		"matter", ROUTE_PATH, ROUTE_ID, true, 0, 0, "The swap or cover request."                               \
	}
#define NOTE                                                                                                           \
	{                                                                                                              \
		"note", ROUTE_BODY, ROUTE_LABEL, false, 0, 399, "A line."                                              \
	}
#define OWN_DUTY                                                                                                       \
	{"team", ROUTE_BODY, ROUTE_ID, true, 0, 0, "The duty's team."},                                                \
		{"shift", ROUTE_BODY, ROUTE_ID, true, 0, 0, "The duty's shift."},                                      \
	{                                                                                                              \
		"from", ROUTE_BODY, ROUTE_TIME, true, 0, 0, "When the duty begins."                                    \
	}
#define ANSWERED                                                                                                       \
	{"from", ROUTE_BODY, ROUTE_TIME, false, 0, 0, "With accept or move: from when."},                              \
		{"until", ROUTE_BODY, ROUTE_TIME, false, 0, 0, "And until when."},                                     \
		{"seen", ROUTE_BODY, ROUTE_TIME, false, 0, 0, "When the elder was seen or spoken to."},                \
	{                                                                                                              \
		"answers", ROUTE_BODY, ROUTE_LABEL, false, 0, 0,                                                       \
			"The checklist, as in: doors=ok gas=hose_old medicine=not_asked."                              \
	}
#define DUTY                                                                                                           \
	{"shift", ROUTE_BODY, ROUTE_ID, true, 0, 0, "The duty's shift."},                                              \
		{"from", ROUTE_BODY, ROUTE_TIME, true, 0, 0, "When the duty begins."},                                 \
	{                                                                                                              \
		"user", ROUTE_BODY, ROUTE_ID, true, 0, 0, "Whose duty it is."                                          \
	}

/* clang-format off */
static const struct route routes[] = {
	{"GET", "/v1/summary", ROUTE_SERVICE, ROUTE_READ, "records", "summary", false,
		{"登记处里有多少", "How much the registry holds."}, {WHY}},
	{"GET", "/v1/households/{household}/timeline", ROUTE_SERVICE, ROUTE_READ, "records", "timeline", false,
		{"一户的时间线：读数汇总、警报、事件、探访", "What happened at a household: readings rolled up, alerts, incidents, visits."},
		{HOUSEHOLD, {"day", ROUTE_QUERY, ROUTE_DAY, false, 0, 0, "Hour by hour of this day, as in 2026-03-01; else the last days."}, LIMIT(500), WHY}},
	{"GET", "/v1/households/{household}/readings", ROUTE_SERVICE, ROUTE_READ, "records", "history", false,
		{"一户的读数，分页", "The readings of a household, in pages."},
		{HOUSEHOLD, {"after", ROUTE_QUERY, ROUTE_TIME, false, 0, 0, "Those after this time (RFC 3339): the last one's of the page before."}, LIMIT(2000), WHY}},
	{"GET", "/v1/households/{household}/habit", ROUTE_SERVICE, ROUTE_READ, "detector", "habit", false,
		{"探测器学到的这户的习惯", "What the detector knows of a household's silences."}, {HOUSEHOLD}},
	{"POST", "/v1/households/{household}/relearn", ROUTE_SERVICE, ROUTE_WRITE, "detector", "relearn", false,
		{"从历史重新学习这户的习惯", "Learns a household's habit anew from its history."}, {HOUSEHOLD}},
	{"POST", "/v1/households/{household}/away", ROUTE_SERVICE, ROUTE_WRITE, "detector", "away", true,
		{"登记一户外出（until）或已回家（back）", "Says that a household is away until a time (until), or back (back: true)."},
		{HOUSEHOLD, {"until", ROUTE_BODY, ROUTE_TIME, false, 0, 0, "Away until then."}, {"back", ROUTE_BODY, ROUTE_BOOL, false, 0, 0, "Is back."}}},
	{"GET", "/v1/alerts/{alert}", ROUTE_SERVICE, ROUTE_READ, "detector", "explain", false,
		{"一条警报为何发出", "Why an alert was raised: every revision, and the habit of its home."},
		{{"alert", ROUTE_PATH, ROUTE_ID, true, 0, 0, "The alert."}, {"household", ROUTE_QUERY, ROUTE_ID, false, 0, 0, "Its household, where the alert is old."}}},
	{"GET", "/v1/modes", ROUTE_SERVICE, ROUTE_READ, "detector", "modes", false,
		{"各户处于何种状态", "How many homes are in each mode; with a mode, which."},
		{{"mode", ROUTE_QUERY, ROUTE_ID, false, 0, 0, "Only homes in this mode."}, LIMIT(10000)}},
	{"GET", "/v1/incidents", ROUTE_SERVICE, ROUTE_READ, "dispatcher", "incidents", false,
		{"未了结的事件", "The open incidents."}, {{0}}},
	{"POST", "/v1/incidents/{incident}/replies", ROUTE_SERVICE, ROUTE_WRITE, "dispatcher", "reply", true,
		{"以值班台身份答复一个事件", "Replies to an incident on behalf of the desk."},
		{{"incident", ROUTE_PATH, ROUTE_ID, true, 0, 0, "The incident."},
			{"action", ROUTE_BODY, ROUTE_ID, true, 0, 0, "accept, decline, arrived, done, on_the_way, hand_over, second, key, note, reopen, silence, release or merge."},
			{"outcome", ROUTE_BODY, ROUTE_ID, false, 0, 0, "With done: false_alarm, helped, ambulance or away."},
			{"found", ROUTE_BODY, ROUTE_ID, false, 0, 0, "With an outcome: was_away, slept_in, sensor_fault, visitor, fallen, ill, died or other."},
			{"to", ROUTE_BODY, ROUTE_ID, false, 0, 0, "Whom it goes to, or the incident that it belongs to."},
			{"minutes", ROUTE_BODY, ROUTE_INT, false, 1, 1440, "With on_the_way and silence, perhaps with accept."}, NOTE}},
	{"GET", "/v1/errands", ROUTE_SERVICE, ROUTE_READ, "records", "errands", false,
		{"探访、待办与服务，最新在前", "Visits, tasks and services, the newest first, in pages."},
		{{"household", ROUTE_QUERY, ROUTE_ID, false, 0, 0, "Only of this household."}, {"community", ROUTE_QUERY, ROUTE_ID, false, 0, 0, "Only of this community."},
			{"kind", ROUTE_QUERY, ROUTE_ID, false, 0, 0, "visit, task or service."}, {"state", ROUTE_QUERY, ROUTE_ID, false, 0, 0, "Only in this state: open, offered, agreed, under_way, done, confirmed, refused, missed, cancelled."},
			{"overdue", ROUTE_QUERY, ROUTE_BOOL, false, 0, 0, "Only those whose time is over."}, {"after", ROUTE_QUERY, ROUTE_ID, false, 0, 0, "Those behind this one: last of the page before."}, LIMIT(500), WHY}},
	{"GET", "/v1/errands/{errand}", ROUTE_SERVICE, ROUTE_READ, "records", "errand", false,
		{"一次探访、待办或服务的全过程", "A visit, a task or a service with every event."},
		{{"errand", ROUTE_PATH, ROUTE_ID, true, 0, 0, "The errand."}, WHY}},
	{"GET", "/v1/errands/{errand}/candidates", ROUTE_SERVICE, ROUTE_READ, "dispatcher", "visit_explain", false,
		{"谁适合去，各项得分，谁因何不能去", "Who could be asked for it, what each part costs, and how many each bar keeps off."}, {ERRAND}},
	{"GET", "/v1/errands/{errand}/snapshot", ROUTE_SERVICE, ROUTE_READ, "dispatcher", "visit_show", false,
		{"派单服务此刻所知的一次探访、待办或服务", "An errand as the dispatcher has it now; those that are over for long are at /v1/errands/{errand}."}, {ERRAND}},
	{"POST", "/v1/errands/{errand}/replies", ROUTE_SERVICE, ROUTE_WRITE, "dispatcher", "visit_answer", true,
		{"以值班台身份答复一次探访、待办或服务，填写检查表", "Says on behalf of the desk how an errand goes; a checklist is filled in so."},
		{ERRAND, {"action", ROUTE_BODY, ROUTE_ID, true, 0, 0, "accept, decline, start, answer, done, not_met, confirm, refuse, move, note or cancel."},
			{"to", ROUTE_BODY, ROUTE_ID, false, 0, 0, "With accept: who does it."},
			ANSWERED, NOTE}},
	{"GET", "/v1/visits", ROUTE_SERVICE, ROUTE_READ, "dispatcher", "visit_plan", false,
		{"当前的探访、待办与服务，最先到期的在前", "Errands that are not over, or those of a state; what is due first stands first."},
		{{"kind", ROUTE_QUERY, ROUTE_ID, false, 0, 0, "visit, task or service."},
			{"state", ROUTE_QUERY, ROUTE_ID, false, 0, 0, "Only in this state: open, offered, agreed, under_way, done, confirmed, refused, missed, cancelled."}, OF_TEAM,
			{"household", ROUTE_QUERY, ROUTE_ID, false, 0, 0, "Only of this household."}, {"assignee", ROUTE_QUERY, ROUTE_ID, false, 0, 0, "Only of this person or provider."},
			{"overdue", ROUTE_QUERY, ROUTE_BOOL, false, 0, 0, "Only those whose time is over."}}},
	{"POST", "/v1/visits", ROUTE_SERVICE, ROUTE_WRITE, "dispatcher", "visit_request", true,
		{"为一户申请服务或探访", "Asks for a service or a visit for a household; the same request once more makes no second one."},
		{{"household", ROUTE_BODY, ROUTE_ID, true, 0, 0, "The household."}, {"what", ROUTE_BODY, ROUTE_ID, true, 0, 0, "A service of the catalogue, chat, or a checklist."},
			{"from", ROUTE_BODY, ROUTE_TIME, false, 0, 0, "When it would suit."}, {"until", ROUTE_BODY, ROUTE_TIME, false, 0, 0, "Until when."}, NOTE}},
	{"GET", "/v1/visits/due", ROUTE_SERVICE, ROUTE_READ, "dispatcher", "visit_due", false,
		{"哪些户该探访了", "Homes by when they are due for a visit."},
		{OF_TEAM, {"within_days", ROUTE_QUERY, ROUTE_INT, false, 0, 400, "Due within so many days; else 7."}}},
	{"GET", "/v1/volunteers/{user}/visits", ROUTE_SERVICE, ROUTE_READ, "dispatcher", "visit_day", false,
		{"某人一天的探访，按走访顺序", "What somebody has agreed to on a day, in the order to walk."},
		{{"user", ROUTE_PATH, ROUTE_ID, true, 0, 0, "The volunteer."}, {"day", ROUTE_QUERY, ROUTE_DAY, false, 0, 0, "That day, as in 2026-03-01; else today."}}},
	{"GET", "/v1/volunteers/{user}/calendar", ROUTE_SERVICE, ROUTE_READ, "dispatcher", "calendar", false,
		{"某人的值班日历（iCalendar 文本）", "The duties of a volunteer in all teams: {ics}, an RFC 5545 text."},
		{{"user", ROUTE_PATH, ROUTE_ID, true, 0, 0, "The volunteer."}}},
	{"GET", "/v1/teams/{team}/duties", ROUTE_SERVICE, ROUTE_READ, "dispatcher", "duties", false,
		{"一队生效中的值班", "The duties of a team that are in force."}, {TEAM}},
	{"GET", "/v1/teams/{team}/cover", ROUTE_SERVICE, ROUTE_READ, "dispatcher", "cover", false,
		{"某段时间可请谁顶班，按公平次序", "Whom to ask to take a duty then, in fair order."},
		{TEAM, {"from", ROUTE_QUERY, ROUTE_TIME, true, 0, 0, "When the duty begins."}, {"until", ROUTE_QUERY, ROUTE_TIME, true, 0, 0, "When it ends."}}},
	{"POST", "/v1/teams/{team}/swaps", ROUTE_SERVICE, ROUTE_WRITE, "dispatcher", "swap", true,
		{"提议换班", "Proposes that somebody else takes a duty, or exchanges it for one of theirs."},
		{TEAM, DUTY, {"to", ROUTE_BODY, ROUTE_ID, true, 0, 0, "Who is to have it."}, {"by", ROUTE_BODY, ROUTE_ID, false, 0, 0, "Who of both proposes it; else user."},
			{"back_shift", ROUTE_BODY, ROUTE_ID, false, 0, 0, "The shift of the duty that user gets for it."},
			{"back_from", ROUTE_BODY, ROUTE_TIME, false, 0, 0, "When that one begins; with back_shift."}}},
	{"POST", "/v1/teams/{team}/cover-requests", ROUTE_SERVICE, ROUTE_WRITE, "dispatcher", "seek", true,
		{"为一个班次找人顶班", "Asks, in fair order, for somebody else to take a duty."}, {TEAM, DUTY}},
	{"POST", "/v1/teams/{team}/absences", ROUTE_SERVICE, ROUTE_WRITE, "dispatcher", "absent", true,
		{"登记某人不能值班", "Says that somebody cannot serve: their duties are open at once. until = from: is back."},
		{TEAM, {"user", ROUTE_BODY, ROUTE_ID, true, 0, 0, "Who cannot serve."}, {"from", ROUTE_BODY, ROUTE_TIME, true, 0, 0, "From when."},
			{"until", ROUTE_BODY, ROUTE_TIME, true, 0, 0, "Until when."}}},
	{"GET", "/v1/matters", ROUTE_SERVICE, ROUTE_READ, "dispatcher", "matters", false,
		{"换班、顶班请求与缺席的现状", "Swaps, cover requests and absences as they stand."}, {OF_TEAM}},
	{"POST", "/v1/matters/{matter}/answers", ROUTE_SERVICE, ROUTE_WRITE, "dispatcher", "answer", true,
		{"代志愿者答复换班或顶班请求", "A volunteer's word on a swap or a cover request, as told to the desk."},
		{MATTER, {"user", ROUTE_BODY, ROUTE_ID, true, 0, 0, "Whose word it is."}, {"yes", ROUTE_BODY, ROUTE_BOOL, true, 0, 0, "Yes or no."}}},
	{"POST", "/v1/matters/{matter}/recall", ROUTE_SERVICE, ROUTE_WRITE, "dispatcher", "recall", false,
		{"撤回换班或顶班请求", "Calls a swap or a cover request off."}, {MATTER}},
	{"GET", "/v1/own/duties", ROUTE_SERVICE, ROUTE_VOLUNTEER, "dispatcher", "own_duties", false,
		{"我的值班", "The duties of the token's account that are in force."}, {OF_TEAM}},
	{"POST", "/v1/own/swaps", ROUTE_SERVICE, ROUTE_VOLUNTEER, "dispatcher", "own_swap", true,
		{"提议换班：让出我的班，或接某人的班", "Proposes to give a duty of one's own away, to take somebody's, or to exchange two; the other one is asked."},
		{OWN_DUTY, {"to", ROUTE_BODY, ROUTE_ID, false, 0, 0, "Who is to have it; else oneself."}, {"user", ROUTE_BODY, ROUTE_ID, false, 0, 0, "Whose duty it is; else one's own."},
			{"back_shift", ROUTE_BODY, ROUTE_ID, false, 0, 0, "The shift of the duty that its holder gets for it."},
			{"back_from", ROUTE_BODY, ROUTE_TIME, false, 0, 0, "When that one begins; with back_shift."}}},
	{"POST", "/v1/own/cover-requests", ROUTE_SERVICE, ROUTE_VOLUNTEER, "dispatcher", "own_seek", true,
		{"为我的一个班次找人顶班", "Asks, in fair order, for somebody else to take a duty of one's own."}, {OWN_DUTY}},
	{"POST", "/v1/own/absences", ROUTE_SERVICE, ROUTE_VOLUNTEER, "dispatcher", "own_absent", true,
		{"我不能值班（请假），或已回", "Says that one cannot serve: one's duties are open at once. until = from: is back."},
		{{"team", ROUTE_BODY, ROUTE_ID, true, 0, 0, "One's team."}, {"from", ROUTE_BODY, ROUTE_TIME, true, 0, 0, "From when."},
			{"until", ROUTE_BODY, ROUTE_TIME, true, 0, 0, "Until when."}}},
	{"GET", "/v1/own/matters", ROUTE_SERVICE, ROUTE_VOLUNTEER, "dispatcher", "own_matters", false,
		{"与我有关的换班、顶班请求与请假", "Swaps, cover requests and absences that concern one, or wait for one's veto."}, {OF_TEAM}},
	{"POST", "/v1/own/matters/{matter}/answers", ROUTE_SERVICE, ROUTE_VOLUNTEER, "dispatcher", "own_answer", true,
		{"答复换班、顶班请求；队长否决", "One's word on a swap or a cover request; the captain's no is a veto."},
		{MATTER, {"yes", ROUTE_BODY, ROUTE_BOOL, true, 0, 0, "Yes or no."}}},
	{"POST", "/v1/own/matters/{matter}/recall", ROUTE_SERVICE, ROUTE_VOLUNTEER, "dispatcher", "own_recall", false,
		{"撤回自己提出的换班或顶班请求", "Calls off a swap or a cover request that one began."}, {MATTER}},
	{"GET", "/v1/own/calendar", ROUTE_SERVICE, ROUTE_VOLUNTEER, "dispatcher", "own_calendar", false,
		{"我的值班日历（iCalendar 文本）", "One's duties in all teams: {ics}, an RFC 5545 text."}, {{0}}},
	{"GET", "/v1/own/visits", ROUTE_SERVICE, ROUTE_VOLUNTEER, "dispatcher", "own_visit_plan", false,
		{"我的探访、待办与服务", "Errands that one has or is asked for; what is due first stands first."},
		{{"kind", ROUTE_QUERY, ROUTE_ID, false, 0, 0, "visit, task or service."},
			{"state", ROUTE_QUERY, ROUTE_ID, false, 0, 0, "Only in this state; else those that are not over."}, {"overdue", ROUTE_QUERY, ROUTE_BOOL, false, 0, 0, "Only those whose time is over."}}},
	{"GET", "/v1/own/day", ROUTE_SERVICE, ROUTE_VOLUNTEER, "dispatcher", "own_visit_day", false,
		{"我一天的探访，按走访顺序", "What one has agreed to on a day, in the order to walk."},
		{{"day", ROUTE_QUERY, ROUTE_DAY, false, 0, 0, "That day, as in 2026-03-01; else today."}}},
	{"POST", "/v1/own/errands/{errand}/replies", ROUTE_SERVICE, ROUTE_VOLUNTEER, "dispatcher", "own_visit_answer", true,
		{"答复我的探访、待办或服务，填写检查表", "Says how an errand of one's own goes; a checklist is filled in so. Captains: of their team's."},
		{ERRAND, {"action", ROUTE_BODY, ROUTE_ID, true, 0, 0, "accept, decline, start, answer, done, not_met, refuse, move or note; captains also confirm and cancel."},
			{"to", ROUTE_BODY, ROUTE_ID, false, 0, 0, "With accept, of a captain: who does it."}, ANSWERED, NOTE}},
	{"GET", "/v1/gaps", ROUTE_SERVICE, ROUTE_READ, "dispatcher", "gaps", false,
		{"无人值守的班次", "Duties that nobody has, and shifts that nobody serves."}, {OF_TEAM}},
	{"GET", "/v1/reports/fortnight", ROUTE_SERVICE, ROUTE_READ, "records", "report", false,
		{"双周例会的数据", "The figures of the fortnightly meeting, with those of the period before: the latest that is over, or any days."},
		{{"from", ROUTE_QUERY, ROUTE_DAY, false, 0, 0, "The first day."}, {"until", ROUTE_QUERY, ROUTE_DAY, false, 0, 0, "The last day; alone: the latest fortnight that is over by its end."},
			OF_COMMUNITY, {"names", ROUTE_QUERY, ROUTE_BOOL, false, 0, 0, "With the elders' names beside the cases; the audit trail says so."}, WHY}},
	{"GET", "/v1/reports/day", ROUTE_SERVICE, ROUTE_READ, "records", "report_day", false,
		{"每日简报的数据", "The sheet of a day: the night's incidents, what is due or overdue, silent devices, homes that are away."},
		{{"day", ROUTE_QUERY, ROUTE_DAY, false, 0, 0, "That day, as in 2026-03-01; else today."}, OF_COMMUNITY, WHY}},
	{"GET", "/v1/decisions", ROUTE_SERVICE, ROUTE_READ, "records", "decisions", false,
		{"会议的决定", "What meetings decided."}, {OF_COMMUNITY, {"open", ROUTE_QUERY, ROUTE_BOOL, false, 0, 0, "Only those that are open."}, WHY}},
	{"POST", "/v1/decisions", ROUTE_SERVICE, ROUTE_WRITE, "records", "decide", true,
		{"记下一个决定", "Notes what a meeting decided: for the district, a community or a household."},
		{{"what", ROUTE_BODY, ROUTE_LABEL, true, 0, 600, "What is to be done; ids, no names."}, {"owner", ROUTE_BODY, ROUTE_ID, true, 0, 0, "Who sees to it: an account."},
			{"due", ROUTE_BODY, ROUTE_DAY, false, 0, 0, "By which day."}, {"meeting", ROUTE_BODY, ROUTE_DAY, false, 0, 0, "The meeting's day; else today."},
			{"community", ROUTE_BODY, ROUTE_ID, false, 0, 0, "For this community."}, {"household", ROUTE_BODY, ROUTE_ID, false, 0, 0, "About this household."}, WHY}},
	{"POST", "/v1/decisions/{id}", ROUTE_SERVICE, ROUTE_WRITE, "records", "decision", true,
		{"更新一个决定", "Says how a decision stands."},
		{{"id", ROUTE_PATH, ROUTE_INT, true, 1, INT64_MAX, "The decision."}, {"state", ROUTE_BODY, ROUTE_ID, false, 0, 0, "open, done or dropped."},
			{"note", ROUTE_BODY, ROUTE_LABEL, false, 0, 600, "A line."}, {"due", ROUTE_BODY, ROUTE_DAY, false, 0, 0, "By which day."}, WHY}},
	{"GET", "/v1/storms", ROUTE_SERVICE, ROUTE_READ, "dispatcher", "storms", false,
		{"多户同时告警的事件", "Alerts of many homes at once that wait for the desk."}, {{0}}},
	{"POST", "/v1/storms/decisions", ROUTE_SERVICE, ROUTE_WRITE, "dispatcher", "storm", true,
		{"对多户事件放行或暂缓", "Releases or holds the alerts of many homes."},
		{{"community", ROUTE_BODY, ROUTE_ID, true, 0, 0, "The community."}, {"kind", ROUTE_BODY, ROUTE_ID, true, 0, 0, "The alerts' kind."},
			{"action", ROUTE_BODY, ROUTE_ID, true, 0, 0, "release or hold."}, {"minutes", ROUTE_BODY, ROUTE_INT, false, 1, 1440, "With hold: for how long."}}},
	{"GET", "/v1/handsets", ROUTE_SERVICE, ROUTE_READ, "dispatcher", "handsets", false,
		{"“1”键台账：哪些号码已过时", "The \"1\" keys: which number each is set to, which are out of date."}, {{0}}},
	{"GET", "/v1/channels", ROUTE_SERVICE, ROUTE_READ, "dispatcher", "channels", false,
		{"各通知渠道的状态", "The state of each channel."}, {{0}}},
	{"GET", "/v1/deliveries", ROUTE_SERVICE, ROUTE_READ, "dispatcher", "deliveries", false,
		{"派单经各渠道的送达情况", "What became of pages over which channel."},
		{{"incident", ROUTE_QUERY, ROUTE_ID, false, 0, 0, "Only of this incident."}}},
	{"GET", "/v1/kpi", ROUTE_SERVICE, ROUTE_READ, "records", "kpi", false,
		{"接听、到场、探访等考核指标", "How the district answers: within 60 s, at the door within 45 min ...; visits, tasks and services."},
		{{"from", ROUTE_QUERY, ROUTE_TIME, false, 0, 0, "Incidents from this time on."}, {"to", ROUTE_QUERY, ROUTE_TIME, false, 0, 0, "Incidents before it."}, WHY}},
	{"GET", "/a/{token}", ROUTE_LINK, ROUTE_OPEN, "dispatcher", "link", false,
		{"接单、谢绝链接的页面", "The page behind a link that accepts or declines."},
		{{"token", ROUTE_PATH, ROUTE_LABEL, true, 0, 380, "The link's token."}}},
	{"POST", "/a/{token}", ROUTE_LINK, ROUTE_OPEN, "dispatcher", "link", false,
		{"按下页面上的按钮", "The button of that page."},
		{{"token", ROUTE_PATH, ROUTE_LABEL, true, 0, 380, "The link's token."}}},
	{"GET", "/feeds/{secret}", ROUTE_FEED, ROUTE_CALENDAR, "dispatcher", "calendar", false,
		{"志愿者的值班日历（iCalendar 订阅）", "The duties of the volunteer whose secret address this is, for calendar programs (RFC 5545)."},
		{{"secret", ROUTE_PATH, ROUTE_LABEL, true, 0, 100, "A token of scope calendar, and .ics."}}},
	{"POST", "/v1/import", ROUTE_SERVICE, ROUTE_WRITE, "records", "import", true,
		{"导入台账（CSV 或 YAML）", "Brings a ledger into the registry (CSV or YAML)."},
		{{"text", ROUTE_BODY, ROUTE_LABEL, true, 0, 0, "The ledger; lines are kept."}, {"kind", ROUTE_BODY, ROUTE_LABEL, false, 0, 0, "Of a CSV file: what its rows are."},
			{"format", ROUTE_BODY, ROUTE_ID, false, 0, 0, "yaml or csv; else yaml."}, {"map", ROUTE_BODY, ROUTE_LABEL, false, 0, 0, "Of a CSV file: its columns, as YAML."},
			{"dry_run", ROUTE_BODY, ROUTE_BOOL, false, 0, 0, "Looks, and changes nothing."}, {"report", ROUTE_BODY, ROUTE_BOOL, false, 0, 0, "All faults in the answer, not the first as the error."},
			{"by_row", ROUTE_BODY, ROUTE_BOOL, false, 0, 0, "With report: good rows come in, bad ones stay outside."},
			{"erased", ROUTE_BODY, ROUTE_ID, false, 0, 0, "Rows of who was erased: refuse, skip or again (they are registered anew); else refuse."},
			{"limit", ROUTE_BODY, ROUTE_INT, false, 1, 2000, "How many faults and changes are told."}, WHY}},
	{"GET", "/v1/ledgers/{kind}", ROUTE_SERVICE, ROUTE_READ, "records", "export", false,
		{"导出台账（CSV），分页", "Rows of a kind as CSV that comes in again unchanged, in pages; the first has the header line."},
		{{"kind", ROUTE_PATH, ROUTE_ID, true, 0, 0, "What the rows are: elders, households ..."},
			{"after", ROUTE_QUERY, ROUTE_ID, false, 0, 0, "Those behind this key: last of the page before."}, LIMIT(5000), WHY}},
	{"POST", "/v1/tags/rules", ROUTE_SERVICE, ROUTE_WRITE, "records", "tags", true,
		{"按规则更新标签", "Sets the tags that rules say of a day, and ends what they no longer say."},
		{{"day", ROUTE_BODY, ROUTE_DAY, true, 0, 0, "The day."}, WHY}},
	{"GET", "/v1/duplicates", ROUTE_SERVICE, ROUTE_READ, "records", "duplicates", false,
		{"可能重复登记的老人", "Pairs of elders that may be one person, with what they share, the likeliest first."}, {LIMIT(1000), WHY}},
	{"GET", "/v1/mergings", ROUTE_SERVICE, ROUTE_READ, "records", "mergings", false,
		{"未撤销的合并，最新在前", "Mergings that stand, the newest first, in pages."}, {BEFORE, LIMIT(1000), WHY}},
	{"POST", "/v1/mergings", ROUTE_SERVICE, ROUTE_WRITE, "records", "merge", true,
		{"把重复登记的两位老人合并为一位", "Makes one of two elders: what hung on the one hangs on the other. It can be undone."},
		{{"keep", ROUTE_BODY, ROUTE_ID, true, 0, 0, "The elder that stays."}, {"gone", ROUTE_BODY, ROUTE_ID, true, 0, 0, "The elder that goes into it."}, WHY}},
	{"POST", "/v1/mergings/{merging}/undo", ROUTE_SERVICE, ROUTE_WRITE, "records", "unmerge", false,
		{"撤销一次合并", "Takes a merging apart again, as it was."},
		{{"merging", ROUTE_PATH, ROUTE_INT, true, 1, INT64_MAX, "The merging's number."}, WHY}},
	{"GET", "/v1/elders/{elder}/export", ROUTE_SERVICE, ROUTE_READ, "records", "elder_export", false,
		{"一位老人全部信息的副本", "Everything that is kept of an elder and the home, sealed values opened: for the elder."}, {ELDER, WHY}},
	{"POST", "/v1/elders/{elder}/erase", ROUTE_SERVICE, ROUTE_WRITE, "records", "erase", true,
		{"删除一位老人的个人信息，不可恢复", "Erases an elder for ever and answers with the certificate; then forget its devices' dead letters. The district's right."},
		{ELDER, {"reason", ROUTE_BODY, ROUTE_LABEL, true, 0, 300, "Why, for the certificate and the audit trail."},
			{"confirm", ROUTE_BODY, ROUTE_ID, true, 0, 0, "The elder's id once more."}, WHY}},
	{"POST", "/v1/households/{household}/withdraw", ROUTE_SERVICE, ROUTE_WRITE, "records", "withdraw", true,
		{"撤回一户的同意，即刻生效", "Ends a household's consent as of now."},
		{HOUSEHOLD, {"reason", ROUTE_BODY, ROUTE_LABEL, false, 0, 300, "Why."}, WHY}},
	{"GET", "/v1/changes", ROUTE_SERVICE, ROUTE_READ, "records", "changes", false,
		{"登记的每一次变更", "Every change of the registry."},
		{{"kind", ROUTE_QUERY, ROUTE_ID, false, 0, 0, "Only rows of this kind."}, {"key", ROUTE_QUERY, ROUTE_LABEL, false, 0, 200, "Only this row."},
			{"household", ROUTE_QUERY, ROUTE_ID, false, 0, 0, "Only of this household."}, BEFORE, LIMIT(500), WHY}},
	{"GET", "/v1/audit", ROUTE_SERVICE, ROUTE_READ, "records", "audit", false,
		{"谁看过、改过什么", "The audit trail: who looked at or wrote what."},
		{{"household", ROUTE_QUERY, ROUTE_ID, false, 0, 0, "Only of this household."}, {"who", ROUTE_QUERY, ROUTE_ID, false, 0, 0, "Only of this account."}, BEFORE, LIMIT(500), WHY}},
	{"GET", "/v1/audit/verify", ROUTE_SERVICE, ROUTE_READ, "records", "audit_verify", false,
		{"核对审计链是否被改动", "Whether the chain of the audit trail is whole."},
		{{"anchor", ROUTE_QUERY, ROUTE_LABEL, false, 0, 100, "A head that was noted elsewhere."}, LIMIT(1000), WHY}},
	{"GET", "/v1/dead-letters", ROUTE_SERVICE, ROUTE_READ, "ingest", "dead_letters", false,
		{"被拒收的消息及原因", "What was refused, with its reason."},
		{{"after", ROUTE_QUERY, ROUTE_INT, false, 0, INT64_MAX, "Those with a higher number: the last one's of the page before."}, LIMIT(200)}},
	{"POST", "/v1/dead-letters/replay", ROUTE_SERVICE, ROUTE_WRITE, "ingest", "replay", false,
		{"按现有配置重放被拒收的消息", "Tries what was refused once more with the present profiles."}, {{0}}},
	{"POST", "/v1/dead-letters/forget", ROUTE_SERVICE, ROUTE_WRITE, "ingest", "forget", true,
		{"删除涉及某设备的被拒收消息", "Deletes what was refused of a device: the end of an erasure, for each of the certificate's devices."},
		{{"device", ROUTE_BODY, ROUTE_LABEL, true, 0, 0, "The device's name."}}},
	{"POST", "/v1/intake/{topic...}", ROUTE_MESSAGE, ROUTE_INTAKE, NULL, NULL, false,
		{"设备消息（水务、电话平台推送），落盘后才答 200", "A device's message, as if published on the topic; 200 once it is on disk."},
		{{"topic", ROUTE_PATH, ROUTE_LABEL, true, 0, ROUTE_VALUE_BYTES - 1, "The topic that a profile matches."}}},
	{"GET", "/v1/openapi.json", ROUTE_DOCUMENT, ROUTE_OPEN, NULL, NULL, false,
		{"本文档", "This document."}, {{0}}},
	{"GET", "/healthz", ROUTE_HEALTH, ROUTE_OPEN, NULL, NULL, false,
		{"进程在运行", "The process answers."}, {{0}}},
	{"GET", "/readyz", ROUTE_READY, ROUTE_OPEN, NULL, NULL, false,
		{"消息总线与各服务是否就绪", "Whether the broker is connected and the services are up."}, {{0}}},
	{"GET", "/metrics", ROUTE_EXPOSE, ROUTE_METRICS, NULL, NULL, false,
		{"Prometheus 指标", "Metrics for Prometheus."}, {{0}}},
};
/* clang-format on */

const struct route *route_at(unsigned index)
{
	return index < sizeof routes / sizeof *routes ? &routes[index] : NULL;
}
