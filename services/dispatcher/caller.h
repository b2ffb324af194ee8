/* SPDX-License-Identifier: MIT
 *
 * caller: may this caller ask this method for this person (docs/roster.md, "Under one's own account")? Pure. The desk
 * asks methods by their names, for anybody. "own_" before one of a short list binds it to the caller, who need name
 * nobody and may name nobody else. Whom the directory has as a volunteer has no other methods.
 */
#ifndef CURTAIN_DISPATCHER_CALLER_H
#define CURTAIN_DISPATCHER_CALLER_H

#include <stdbool.h>

#include "base/err.h"

#define CALLER_MEMBERS 3

/* caller_own: a method that is bound to its caller. */
struct caller_own {
	const char *method; /* as the desk calls it */
	/* The members that are the caller where the request lacks them; the first may be nobody else. NULL ends them.
	 */
	const char *members[CALLER_MEMBERS];
	bool of_matter; /* the person is who began the matter that is named */
};

/* caller_own_of gives what "own_..." is bound to; NULL: it has no such prefix, or there is no such method. */
const struct caller_own *caller_own_of(const char *method);

/* caller_may judges. volunteer: the directory has user as one (duty_is_volunteer); named: whom the request names as the
 * one who speaks (the first member, or who began the matter), "" = nobody. ERR_DENIED, ERR_NOT_FOUND (no such method):
 * info says what to ask instead. */
enum err caller_may(
	const char *user, bool volunteer, const char *method, const char *named, struct errinfo *info) ERR_MUST_CHECK;

#endif
