/* SPDX-License-Identifier: MIT */
#include "records/ledger_rule.h"

#include <stdio.h>
#include <string.h>

#include "records/ledger_list.h"

#define AGE_MAX 130

#define EVERYBODY "对每个人都成立，不能区分任何人 (is true of everybody)"
#define UNREADABLE                                                                                                     \
	"看不懂的规则 (is no rule such as age >= 90, incidents >= 3 in 30, living = alone, category = veteran)"

static const char *wrong_count(const char *rule)
{
	char whole[64];
	unsigned count, days;

	if (sscanf(rule, "age >= %3u", &count) == 1) {
		snprintf(whole, sizeof whole, "age >= %u", count);
		return strcmp(rule, whole) != 0 ? UNREADABLE
		       : !count                 ? EVERYBODY
		       : count > AGE_MAX ? "永远不会成立：没有人这么老 (is never true: nobody is so old)"
					 : NULL;
	}
	if (sscanf(rule, "incidents >= %3u in %3u", &count, &days) != 2)
		return UNREADABLE;
	snprintf(whole, sizeof whole, "incidents >= %u in %u", count, days);
	return strcmp(rule, whole) != 0 ? UNREADABLE
	       : !count                 ? EVERYBODY
	       : !days ? "永远不会成立：0 天里没有事件 (is never true: there are no incidents in 0 days)"
		       : NULL;
}

const char *ledger_rule_wrong(const char *rule)
{
	static _Thread_local char wrong[240];
	const struct ledger_kind *elders = ledger_kind_find("elders");
	char name[16], word[32], whole[64];
	int index;

	if (sscanf(rule, "%15[a-z] = %31[a-z_]", name, word) != 2)
		return wrong_count(rule);
	snprintf(whole, sizeof whole, "%s = %s", name, word);
	if (strcmp(rule, whole) != 0)
		return UNREADABLE; /* something follows */
	if (strcmp(name, "category") == 0)
		return NULL;
	index = ledger_field_find(elders, name);
	if (index < 0 || ledger_field(elders, index)->type != LEDGER_WORD)
		return UNREADABLE;
	if (ledger_one_of(word, ledger_field(elders, index)->words))
		return NULL;
	snprintf(wrong, sizeof wrong, "永远不会成立：%s 只能是 (is never true: %s is one of %s)", name, name,
		ledger_field(elders, index)->words);
	return wrong;
}
