/* SPDX-License-Identifier: MIT */
#include "dispatcher/api/caller.h"

#include <stddef.h>
#include <string.h>

#include "dispatcher/api/methods.h"

#define PREFIX "own_"

static const struct caller_own methods[] = {
#define METHOD(name, time, who, ...) {#name, who, {__VA_ARGS__}},
	DISPATCHER_METHODS(METHOD)
#undef METHOD
};

/* theirs: ", own_duties, own_calendar ..." */
#define NAMED_CALLER_DESK(name)
#define NAMED_CALLER_OWN(name) ", " PREFIX #name
#define NAMED_CALLER_OWN_MATTER(name) NAMED_CALLER_OWN(name)
#define NAMED(name, time, who, ...) NAMED_##who(name)
static const char theirs[] = DISPATCHER_METHODS(NAMED);

static bool is_own(const char *method)
{
	return !strncmp(method, PREFIX, sizeof PREFIX - 1);
}

/* find gives one that has an own_ form. */
static const struct caller_own *find(const char *name)
{
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (methods[i].who != CALLER_DESK && !strcmp(methods[i].method, name))
			return &methods[i];
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
		return errinfo_set(info, ERR_NOT_FOUND, "dispatcher has no method \"%.40s\"; for oneself it has %s",
			method, theirs + 2);
	if (!rule && volunteer && find(method))
		return errinfo_set(info, ERR_DENIED,
			"%s speaks for anybody, so it is the desk's; %s is a volunteer: ask " PREFIX "%s", method, user,
			method);
	if (!rule && volunteer)
		return errinfo_set(info, ERR_DENIED, "%.40s is the desk's; %s is a volunteer, who has %s", method, user,
			theirs + 2);
	if (!rule || !*named || !strcmp(named, user))
		return ERR_OK;
	return errinfo_set(info, ERR_DENIED, "args.%s: is %.63s's, and %s speaks for nobody else",
		rule->who == CALLER_OWN_MATTER ? "matter" : rule->members[0], named, user);
}
