/* SPDX-License-Identifier: MIT */
#include "gateway/route.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/day.h"
#include "base/text.h"

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
		{"登记一户外出（until）或已回家（back）", "Says that a household is away until a time (until), or back (back: true)."}, {HOUSEHOLD}},
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
		{{"incident", ROUTE_PATH, ROUTE_ID, true, 0, 0, "The incident."}}},
	{"GET", "/v1/errands", ROUTE_SERVICE, ROUTE_READ, "records", "errands", false,
		{"探访、待办与服务，最新在前", "Visits, tasks and services, the newest first, in pages."},
		{{"household", ROUTE_QUERY, ROUTE_ID, false, 0, 0, "Only of this household."}, {"community", ROUTE_QUERY, ROUTE_ID, false, 0, 0, "Only of this community."},
			{"kind", ROUTE_QUERY, ROUTE_ID, false, 0, 0, "visit, task or service."}, {"state", ROUTE_QUERY, ROUTE_ID, false, 0, 0, "Only in this state: open, offered, agreed, under_way, done, confirmed, refused, missed, cancelled."},
			{"overdue", ROUTE_QUERY, ROUTE_BOOL, false, 0, 0, "Only those whose time is over."}, {"after", ROUTE_QUERY, ROUTE_ID, false, 0, 0, "Those behind this one: last of the page before."}, LIMIT(500), WHY}},
	{"GET", "/v1/errands/{errand}", ROUTE_SERVICE, ROUTE_READ, "records", "errand", false,
		{"一次探访、待办或服务的全过程", "A visit, a task or a service with every event."},
		{{"errand", ROUTE_PATH, ROUTE_ID, true, 0, 0, "The errand."}, WHY}},
	{"GET", "/v1/storms", ROUTE_SERVICE, ROUTE_READ, "dispatcher", "storms", false,
		{"多户同时告警的事件", "Alerts of many homes at once that wait for the desk."}, {{0}}},
	{"POST", "/v1/storms/decisions", ROUTE_SERVICE, ROUTE_WRITE, "dispatcher", "storm", true,
		{"对多户事件放行或暂缓", "Releases or holds the alerts of many homes."}, {{0}}},
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
		{"接单链接的页面", "The page behind an accept link."},
		{{"token", ROUTE_PATH, ROUTE_LABEL, true, 0, 380, "The link's token."}}},
	{"POST", "/a/{token}", ROUTE_LINK, ROUTE_OPEN, "dispatcher", "link", false,
		{"按下页面上的按钮", "The button of that page."},
		{{"token", ROUTE_PATH, ROUTE_LABEL, true, 0, 380, "The link's token."}}},
	{"GET", "/feeds/{secret}", ROUTE_FEED, ROUTE_CALENDAR, "dispatcher", "calendar", false,
		{"志愿者的值班日历（iCalendar 订阅）", "The duties of the volunteer whose secret address this is, for calendar programs (RFC 5545)."},
		{{"secret", ROUTE_PATH, ROUTE_LABEL, true, 0, 100, "A token of scope calendar, and .ics."}}},
	{"POST", "/v1/import", ROUTE_SERVICE, ROUTE_WRITE, "records", "import", true,
		{"导入台账（CSV 或 YAML）", "Brings a ledger into the registry (CSV or YAML)."}, {WHY}},
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

static const char *const scopes[ROUTE_SCOPE_COUNT] = {"open", "read", "write", "intake", "metrics", "calendar", "desk"};

const struct route *route_at(unsigned index)
{
	return index < sizeof routes / sizeof *routes ? &routes[index] : NULL;
}

const struct route_parameter *route_page(const struct route *route)
{
	for (const struct route_parameter *p = route->parameters; p->name; p++)
		if (p->place == ROUTE_QUERY && (!strcmp(p->name, "before") || !strcmp(p->name, "after")))
			return p;
	return NULL;
}

unsigned route_needs(const struct route *route)
{
	bool looks = route->kind != ROUTE_SERVICE || !strcmp(route->service, "records");

	return route->scope == ROUTE_OPEN ? 0 : 1u << route->scope | (looks ? 0 : 1u << ROUTE_DESK);
}

const char *route_scope_name(enum route_scope scope)
{
	return scopes[scope];
}

enum err route_scope_find(const char *name, enum route_scope *out)
{
	for (unsigned i = ROUTE_READ; i < ROUTE_SCOPE_COUNT; i++)
		if (!strcmp(name, scopes[i])) {
			*out = (enum route_scope)i;
			return ERR_OK;
		}
	return ERR_NOT_FOUND;
}

const char *route_type_name(enum route_type type)
{
	static const char *const names[] = {"an id", "a line of text", "a day such as 2026-03-01",
		"a time such as 2026-03-01T07:00:00Z", "a whole number", "true or false"};

	return names[type];
}

/* ---- values ---- */

static bool is_int(const char *text, int64_t min, int64_t max)
{
	char *end;

	if (strspn(text, "-0123456789") != strlen(text) || !*text)
		return false;
	errno = 0;
	long long value = strtoll(text, &end, 10);
	return !errno && !*end && value >= min && value <= max;
}

static bool fits(const struct route_parameter *p, const char *text)
{
	struct wall at;
	int32_t day;

	switch (p->type) {
	case ROUTE_ID:
		return text_is_id(text);
	case ROUTE_LABEL:
		return text_is_label(text) && strlen(text) <= (size_t)p->max;
	case ROUTE_DAY:
		return !day_parse_ever(text, &day);
	case ROUTE_TIME:
		return !wall_parse(text, strlen(text), &at);
	case ROUTE_INT:
		return is_int(text, p->min, p->max);
	default:
		return !strcmp(text, "true") || !strcmp(text, "false");
	}
}

static enum err take(struct route_match *match, unsigned index, const char *text, struct errinfo *info)
{
	const struct route_parameter *p = &match->route->parameters[index];

	if (fits(p, text) && !text_copy(match->values[index], sizeof match->values[index], text))
		return ERR_OK;
	if (p->type == ROUTE_INT)
		return errinfo_set(info, ERR_INVALID, "%s: must be a whole number from %lld to %lld", p->name,
			(long long)p->min, (long long)p->max);
	if (p->type == ROUTE_LABEL)
		return errinfo_set(info, ERR_INVALID,
			"%s: must be text of at most %lld bytes without control characters", p->name,
			(long long)p->max);
	return errinfo_set(info, ERR_INVALID, "%s: must be %s", p->name, route_type_name(p->type));
}

/* ---- paths ---- */

/* named gives the parameter that a part of a pattern, "{name}" or "{name...}", stands for. */
static unsigned named(const struct route *route, const char *part, size_t length)
{
	unsigned i = 0;

	while (route->parameters[i].name &&
		(strlen(route->parameters[i].name) != length || strncmp(route->parameters[i].name, part, length) != 0))
		i++;
	return i;
}

/* shape_matches compares the fixed parts; out_parts gets where each named part of path begins and how long it is. */
struct part {
	unsigned index;
	const char *text;
	size_t length;
};

static bool shape_matches(
	const struct route *route, const char *path, struct part parts[ROUTE_PARAMETERS_MAX], unsigned *out_count)
{
	const char *pattern = route->path;
	unsigned count = 0;

	while (*pattern && *path) {
		if (*pattern != '{') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		size_t name = strcspn(pattern + 1, ".}");
		bool rest = pattern[1 + name] == '.';
		size_t length = rest ? strlen(path) : strcspn(path, "/");
		if (!length || count == ROUTE_PARAMETERS_MAX)
			return false;
		parts[count++] = (struct part){named(route, pattern + 1, name), path, length};
		path += length;
		pattern = strchr(pattern, '}') + 1;
	}
	*out_count = count;
	return !*pattern && !*path;
}

static enum err take_parts(struct route_match *match, const struct part *parts, unsigned count, struct errinfo *info)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; i < count && !err; i++) {
		char text[ROUTE_VALUE_BYTES];
		if (parts[i].length >= sizeof text)
			return errinfo_set(
				info, ERR_INVALID, "%s: is too long", match->route->parameters[parts[i].index].name);
		memcpy(text, parts[i].text, parts[i].length);
		text[parts[i].length] = '\0';
		err = take(match, parts[i].index, text, info);
	}
	return err;
}

enum err route_find(
	const char *verb, const char *path, struct route_match *out_match, const char **out_allow, struct errinfo *info)
{
	struct part parts[ROUTE_PARAMETERS_MAX];
	unsigned count = 0;

	*out_allow = NULL;
	if (!strcmp(verb, "HEAD"))
		verb = "GET";
	for (unsigned i = 0; i < sizeof routes / sizeof *routes; i++) {
		if (!shape_matches(&routes[i], path, parts, &count))
			continue;
		if (strcmp(verb, routes[i].verb) != 0) {
			*out_allow = routes[i].verb;
			continue;
		}
		*out_match = (struct route_match){.route = &routes[i]};
		return take_parts(out_match, parts, count, info);
	}
	if (*out_allow)
		return errinfo_set(info, ERR_STATE, "this path takes %s", *out_allow);
	return errinfo_set(info, ERR_NOT_FOUND, "there is no such path; /v1/openapi.json has them all");
}

enum err route_query(struct route_match *match, const char *name, const char *value, struct errinfo *info)
{
	const struct route_parameter *parameters = match->route->parameters;
	unsigned i = named(match->route, name, strlen(name));

	if (!parameters[i].name || parameters[i].place != ROUTE_QUERY)
		return errinfo_set(info, ERR_NOT_FOUND, "%.40s: this path has no such parameter", name);
	if (*match->values[i])
		return errinfo_set(info, ERR_EXISTS, "%s: stands twice", parameters[i].name);
	return take(match, i, value, info);
}

enum err route_complete(const struct route_match *match, struct errinfo *info)
{
	for (unsigned i = 0; match->route->parameters[i].name; i++)
		if (match->route->parameters[i].required && !*match->values[i])
			return errinfo_set(info, ERR_INVALID, "%s: is missing", match->route->parameters[i].name);
	return ERR_OK;
}
