/* SPDX-License-Identifier: MIT */
#include "dispatcher/caller.h"

#include <stddef.h>
#include <string.h>

#define PREFIX "own_"
#define OWN_METHODS                                                                                                    \
	"own_swap, own_seek, own_absent, own_answer, own_recall, own_duties, own_matters, own_calendar, "              \
	"own_visit_plan, own_visit_day and own_visit_answer"

/* tests/contract/check_access.py holds it against the broker's access list. Not in it: `reply` and `cover`, which tell
 * of homes and people that are no business of the caller's; pages are answered on the volunteer's own topic. */
static const struct caller_own own[] = {
	{"swap", {"by", "user", "to"}, false},
	{"seek", {"user"}, false},
	{"absent", {"user"}, false},
	{"answer", {"user"}, false},
	{"recall", {NULL}, true},
	{"duties", {"user"}, false},
	{"matters", {"user"}, false},
	{"calendar", {"user"}, false},
	{"visit_plan", {"assignee"}, false},
	{"visit_day", {"user"}, false},
	{"visit_answer", {NULL}, false},
};

static bool is_own(const char *method)
{
	return !strncmp(method, PREFIX, sizeof PREFIX - 1);
}

static const struct caller_own *find(const char *name)
{
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (!strcmp(own[i].method, name))
			return &own[i];
	return NULL;
}

const struct caller_own *caller_own_of(const char *method)
{
	return is_own(method) ? find(method + sizeof PREFIX - 1) : NULL;
}

enum err caller_may(const char *user, bool volunteer, const char *method, const char *named, struct errinfo *info)
{
	const struct caller_own *rule = caller_own_of(method);

	if (is_own(method) && !rule)
		return errinfo_set(info, ERR_NOT_FOUND,
			"dispatcher has no method \"%.40s\"; for oneself it has " OWN_METHODS, method);
	if (!rule && volunteer && find(method))
		return errinfo_set(info, ERR_DENIED,
			"%s speaks for anybody, so it is the desk's; %s is a volunteer: ask " PREFIX "%s", method, user,
			method);
	if (!rule && volunteer)
		return errinfo_set(
			info, ERR_DENIED, "%.40s is the desk's; %s is a volunteer, who has " OWN_METHODS, method, user);
	if (!rule || !*named || !strcmp(named, user))
		return ERR_OK;
	return errinfo_set(info, ERR_DENIED, "args.%s: is %.63s's, and %s speaks for nobody else",
		rule->of_matter ? "matter" : rule->members[0], named, user);
}
