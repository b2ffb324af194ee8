/* SPDX-License-Identifier: MIT */
#include "dispatcher/visit/visit_rules.h"

#include <assert.h>
#include <string.h>

const struct visit_rules *visit_rules_preset(void)
{
	static const struct visit_rules preset = {
		.ahead_days = 4,
		.slack_days = 2,
		.parts = {{9 * 60, 12 * 60}, {14 * 60, 17 * 60}, {18 * 60, 20 * 60}},
		.minutes = 40,
		.day_max = 4,
		.walk_kmh = 4,
		.reach_km = 5,
		.plan_min = 8 * 60,
		.day_plan_min = 7 * 60,
		.answer_ms = 20 * MS_PER_HOUR,
		.provider_ms = 24 * MS_PER_HOUR,
		.grace_ms = 30 * MS_PER_MINUTE,
		.climb_ms = 24 * MS_PER_HOUR,
		.keep_ms = 35 * MS_PER_DAY,
		.weights = {[VISIT_COST_WISH] = 30,
			[VISIT_COST_SYMPATHY] = 20,
			[VISIT_COST_LANGUAGE] = 4,
			[VISIT_COST_INTERESTS] = 6,
			[VISIT_COST_DISTANCE] = 3,
			[VISIT_COST_LOAD] = 12,
			[VISIT_COST_DAY] = 2,
			[VISIT_COST_WAY] = 1},
	};

	return &preset;
}

const struct checklist *visit_rules_list(const struct visit_rules *rules, const char *name, uint32_t version)
{
	const struct checklist *found = NULL;

	for (unsigned i = 0; i < rules->list_count; i++) {
		const struct checklist *list = &rules->lists[i];
		if (!strcmp(list->name, name) &&
			(version ? list->version == version : !found || list->version > found->version))
			found = list;
	}
	return found;
}

static const char *parts_fault(const struct visit_rules *rules)
{
	for (unsigned p = 0; p < DAY_PART_COUNT; p++) {
		if (rules->parts[p].from_min >= rules->parts[p].until_min ||
			rules->parts[p].until_min > MINUTES_PER_DAY)
			return "parts: each part of the day must end after it begins";
		if (p && rules->parts[p].from_min < rules->parts[p - 1].until_min)
			return "parts: morning, afternoon and evening must follow one another without overlap";
	}
	return NULL;
}

const char *visit_rules_fault(const struct visit_rules *rules)
{
	const char *fault = parts_fault(rules);

	if (fault)
		return fault;
	if (rules->keep_ms < 28 * MS_PER_DAY)
		return "keep: must be 28d or more, for visits to be shared fairly over four weeks";
	if (!rules->minutes || !rules->day_max || !(rules->walk_kmh > 0) || !(rules->reach_km > 0))
		return "minutes, a_day, walk_kmh and reach_km must be above 0";
	for (unsigned i = 0; i < rules->list_count; i++) {
		const struct checklist *list = &rules->lists[i];
		if (!strcmp(list->name, VISIT_CHAT))
			return "checklists: chat is a visit without a checklist and no name of one";
		for (unsigned n = 0; n < i; n++)
			if (!strcmp(rules->lists[n].name, list->name) && rules->lists[n].version == list->version)
				return "checklists: the same version of a checklist stands there twice";
	}
	return NULL;
}

const char *check_owner_name(enum check_owner owner)
{
	static const char *const names[CHECK_OWNER_COUNT] = {"visitor", "captain", "desk", "provider"};

	assert((unsigned)owner < CHECK_OWNER_COUNT);
	return names[owner];
}

const char *visit_cost_name(enum visit_cost cost)
{
	static const char *const names[VISIT_COST_COUNT] = {
		"wish", "sympathy", "language", "interests", "distance", "load", "day", "way"};

	assert((unsigned)cost < VISIT_COST_COUNT);
	return names[cost];
}
