/* SPDX-License-Identifier: MIT */
#include "dispatcher/incident/policy.h"

#include <string.h>

#define ANY_KIND ((1u << ALERT_KIND_COUNT) - 1)
#define ANY_LEVEL ((1u << ALERT_LEVEL_COUNT) - 1)

const struct policies *policies_preset(void)
{
	static const struct policies preset = {.ladder_count = 2,
		.ladders = {{.name = "life",
				    .rung_count = 2,
				    .rungs = {{.who = RUNG_ON_DUTY}, {.who = RUNG_CAPTAIN}},
				    .at_once = 2}, /* a minute lost is a minute on the floor */
			{.name = "standard",
				.rung_count = 2,
				.rungs = {{.who = RUNG_ON_DUTY}, {.who = RUNG_CAPTAIN}},
				.at_once = 1}},
		.rule_count = 2,
		.rules = {{.kinds = ANY_KIND, .levels = 1u << ALERT_LIFE, .ladder = 0},
			{.kinds = ANY_KIND, .levels = ANY_LEVEL, .ladder = 1}},
		.rank = {[ALERT_SOS] = 0,
			[ALERT_FALL] = 1,
			[ALERT_GAS] = 2,
			[ALERT_CO] = 3,
			[ALERT_SMOKE] = 4,
			[ALERT_LEAK] = 5,
			[ALERT_SILENCE] = 6,
			[ALERT_RULE] = 7,
			[ALERT_DEVICE] = 8}};

	return &preset;
}

static bool matches(const struct policy_rule *rule, const char *community, enum alert_kind kind, enum alert_level level)
{
	return (!*rule->community || !strcmp(rule->community, community)) && (rule->kinds >> kind & 1) &&
	       (rule->levels >> level & 1);
}

const struct policy_ladder *policies_find(
	const struct policies *policies, const char *community, enum alert_kind kind, enum alert_level level)
{
	for (unsigned i = 0; i < policies->rule_count; i++)
		if (matches(&policies->rules[i], community, kind, level))
			return &policies->ladders[policies->rules[i].ladder];
	return policies == policies_preset() ? &policies->ladders[1]
					     : policies_find(policies_preset(), community, kind, level);
}

const char *rung_who_name(enum rung_who who)
{
	static const char *const names[] = {"contact", "primary", "backup", "on_duty", "neighbour", "key", "captain"};

	_Static_assert(sizeof names / sizeof *names == RUNG_WHO_COUNT, "a name for each");
	return names[who];
}

const char *policies_fault(const struct policies *policies)
{
	for (unsigned i = 0; i < policies->ladder_count; i++) {
		const struct policy_ladder *ladder = &policies->ladders[i];
		if (!ladder->name[0])
			return "a policy has no name";
		if (!ladder->rung_count || ladder->rung_count > POLICY_RUNGS_MAX)
			return "a policy asks nobody, or more than 12 steps";
		if (!ladder->at_once || ladder->at_once > POLICY_AT_ONCE_MAX)
			return "a policy asks none at once, or more than 8";
	}
	for (unsigned i = 0; i < policies->rule_count; i++)
		if (policies->rules[i].ladder >= policies->ladder_count || !policies->rules[i].kinds ||
			!policies->rules[i].levels)
			return "a rule names no policy, or matches nothing";
	return NULL;
}
