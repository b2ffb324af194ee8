/* SPDX-License-Identifier: MIT */
#include "dispatcher/channel/channel_text.h"

#include <stdio.h>

typedef const char *const words_t[CHANNEL_LANGUAGE_COUNT];

static words_t kinds[] = {
	[ALERT_SOS] = {"呼救", "Call for help"},
	[ALERT_FALL] = {"跌倒", "Fall"},
	[ALERT_GAS] = {"燃气报警", "Gas alarm"},
	[ALERT_SMOKE] = {"烟雾报警", "Smoke alarm"},
	[ALERT_CO] = {"一氧化碳报警", "Carbon monoxide alarm"},
	[ALERT_LEAK] = {"漏水报警", "Water leak"},
	[ALERT_SILENCE] = {"久无生活迹象", "No sign of life"},
	[ALERT_RULE] = {"起居异常", "Unusual day"},
	[ALERT_DEVICE] = {"设备待维护", "Device needs care"},
};
_Static_assert(sizeof kinds / sizeof *kinds == ALERT_KIND_COUNT, "a word for each kind");

static words_t levels[] = {
	[ALERT_LIFE] = {"生命危险", "LIFE AT RISK"},
	[ALERT_ALARM] = {"警报", "ALARM"},
	[ALERT_ATTENTION] = {"关注", "ATTENTION"},
	[ALERT_MAINTENANCE] = {"维护", "MAINTENANCE"},
};
_Static_assert(sizeof levels / sizeof *levels == ALERT_LEVEL_COUNT, "a word for each level");

static words_t roles[] = {
	[PAGE_PRIMARY] = {"首位值班", "first on duty"},
	[PAGE_BACKUP] = {"后备值班", "backup"},
	[PAGE_CAPTAIN] = {"队长", "captain"},
	[PAGE_DESK] = {"值班台", "desk"},
	[PAGE_SECOND] = {"第二人", "second person"},
	[PAGE_KEY] = {"持钥匙人", "key holder"},
	[PAGE_RELIEF] = {"接替", "relief"},
	[PAGE_CONTACT] = {"家属", "family contact"},
	[PAGE_NEIGHBOUR] = {"邻居", "neighbour"},
	[PAGE_DUTY] = {"值班", "on duty"},
	[PAGE_VISIT] = {"探访", "visitor"},
	[PAGE_TASK] = {"任务", "in charge"},
	[PAGE_SERVICE] = {"服务", "provider"},
};
_Static_assert(sizeof roles / sizeof *roles == PAGE_ROLE_COUNT, "a word for each role");

static words_t notices[] = {{"值班通知", "Duty roster"}, {"探访", "Visit"}, {"任务", "Task"}, {"服务", "Service"}};
_Static_assert(sizeof notices / sizeof *notices == PAGE_ROLE_COUNT - PAGE_DUTY, "a word for each");
_Static_assert(CHANNEL_KIND_COUNT == ALERT_KIND_COUNT + PAGE_ROLE_COUNT - PAGE_DUTY, "a kind for each");
static words_t withdrawn = {"无需前往", "NO NEED TO GO"};

const char *channel_language_name(enum channel_language language)
{
	return language == CHANNEL_EN ? "en" : "zh";
}

unsigned channel_kind_of(const struct page *page)
{
	return page->role < PAGE_DUTY ? page->kind : ALERT_KIND_COUNT + page->role - PAGE_DUTY;
}

const char *channel_kind_name(unsigned kind)
{
	return kind < ALERT_KIND_COUNT ? alert_kind_name((enum alert_kind)kind)
				       : page_role_name((enum page_role)(PAGE_DUTY + kind - ALERT_KIND_COUNT));
}

const char *channel_kind_text(enum channel_language language, const struct page *page)
{
	return page->role < PAGE_DUTY ? kinds[page->kind][language] : notices[page->role - PAGE_DUTY][language];
}

const char *channel_level_text(enum channel_language language, enum alert_level level)
{
	return levels[level][language];
}

void channel_title(
	enum channel_language language, const struct page *first, unsigned count, char out[CHANNEL_TITLE_BYTES])
{
	const char *what = first->withdrawn ? withdrawn[language] : levels[first->level][language];
	const char *kind = channel_kind_text(language, first);

	if (language == CHANNEL_EN && count > 1)
		snprintf(out, CHANNEL_TITLE_BYTES, "[%s] %s and %u more", what, kind, count - 1);
	else if (language == CHANNEL_EN)
		snprintf(out, CHANNEL_TITLE_BYTES, "[%s] %s", what, kind);
	else if (count > 1)
		snprintf(out, CHANNEL_TITLE_BYTES, "【%s】%s，另有 %u 条", what, kind, count - 1);
	else
		snprintf(out, CHANNEL_TITLE_BYTES, "【%s】%s", what, kind);
}

void channel_line(enum channel_language language, const struct page *page, bool person, const struct zone *zone,
	char out[CHANNEL_LINE_BYTES])
{
	struct civil at = zone_to_civil(zone, page->at);
	const char *kind = channel_kind_text(language, page), *role = roles[page->role][language];
	bool whole = page->role == PAGE_DUTY || (person && page->role > PAGE_DUTY);
	const char *reason = !person && !whole ? "" : language == CHANNEL_EN ? page->reason_en : page->reason_zh;

	if (whole)
		snprintf(out, CHANNEL_LINE_BYTES, "%02d:%02d %s", at.hour, at.minute, reason);
	else if (language == CHANNEL_EN)
		snprintf(out, CHANNEL_LINE_BYTES, "%02d:%02d %s%s%s Home %s, incident %s, asked: %s (%s).", at.hour,
			at.minute, kind, *reason ? ": " : ".", reason, page->household, page->incident, page->user,
			role);
	else
		snprintf(out, CHANNEL_LINE_BYTES, "%02d:%02d %s%s%s住户 %s，事件 %s，请 %s（%s）处理。", at.hour,
			at.minute, kind, *reason ? "：" : "。", reason, page->household, page->incident, page->user,
			role);
}
