/* SPDX-License-Identifier: MIT
 *
 * caller: may this caller ask this method (methods.h) for this person (docs/roster.md, "Under one's own account")?
 * Pure. The desk asks methods by their names, for anybody. "own_" before some binds them to the caller, who need name
 * nobody and may name nobody else. Whom the directory has as a volunteer has no other methods.
 */
#ifndef CURTAIN_DISPATCHER_CALLER_H
#define CURTAIN_DISPATCHER_CALLER_H

#include <stdbool.h>

#include "base/err.h"

#define CALLER_MEMBERS 3

enum caller_who {
	CALLER_DESK,      /* the desk alone */
	CALLER_OWN,       /* a volunteer too, for themself */
	CALLER_OWN_MATTER /* and for who began the matter that is named */
};

/* caller_own: who may ask a method, and how it is bound to its caller. */
struct caller_own {
	const char *method; /* as the desk calls it */
	enum caller_who who;
	/* The members that are the caller where the request lacks them; the first may be nobody else. NULL ends them.
	 */
	const char *members[CALLER_MEMBERS];
};

/* caller_own_of gives what "own_..." is bound to; NULL: it has no such prefix, or there is no such method. */
const struct caller_own *caller_own_of(const char *method);

/* caller_may judges. volunteer: the directory has user as one (duty_is_volunteer); named: whom the request names as the
 * one who speaks (the first member, or who began the matter), "" = nobody. ERR_DENIED, ERR_NOT_FOUND (no such method):
 * info says what to ask instead. */
enum err caller_may(
	const char *user, bool volunteer, const char *method, const char *named, struct errinfo *info) ERR_MUST_CHECK;

#endif
