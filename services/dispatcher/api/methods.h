/* SPDX-License-Identifier: MIT
 *
 * methods: what curtain/api/<user>/dispatcher/<method> may be asked, in one table. A method is added here, and its
 * function api_<method> (api.h) written; what a volunteer may ask for themself needs its line in the broker's access
 * list and in schemas/asyncapi.yaml beside (tests/contract/check_access.py holds them together).
 */
#ifndef CURTAIN_DISPATCHER_METHODS_H
#define CURTAIN_DISPATCHER_METHODS_H

/* METHOD(name, time, who, members...)
 *   time     TIMED: refused as long as the replay clock does not stand; ANYTIME
 *   who      who may ask it (enum caller_who)
 *   members  those that are the caller where own_<name> lacks them (struct caller_own); NULL: none
 * Only the desk's, though they concern a volunteer: `reply` and `cover`, which tell of homes and people that are no
 * business of the caller's; pages are answered on the volunteer's own topic. */
#define DISPATCHER_METHODS(METHOD)                                                                                     \
	METHOD(incidents, ANYTIME, CALLER_DESK, NULL)                                                                  \
	METHOD(reply, TIMED, CALLER_DESK, NULL)                                                                        \
	METHOD(storms, ANYTIME, CALLER_DESK, NULL)                                                                     \
	METHOD(storm, TIMED, CALLER_DESK, NULL)                                                                        \
	METHOD(answers, TIMED, CALLER_DESK, NULL)                                                                      \
	METHOD(handsets, TIMED, CALLER_DESK, NULL)                                                                     \
	METHOD(handset, TIMED, CALLER_DESK, NULL)                                                                      \
	METHOD(channels, ANYTIME, CALLER_DESK, NULL)                                                                   \
	METHOD(deliveries, ANYTIME, CALLER_DESK, NULL)                                                                 \
	METHOD(link, TIMED, CALLER_DESK, NULL)                                                                         \
	METHOD(roster, TIMED, CALLER_DESK, NULL)                                                                       \
	METHOD(give, TIMED, CALLER_DESK, NULL)                                                                         \
	METHOD(duties, ANYTIME, CALLER_OWN, "user")                                                                    \
	METHOD(stood, TIMED, CALLER_DESK, NULL)                                                                        \
	METHOD(cover, ANYTIME, CALLER_DESK, NULL)                                                                      \
	METHOD(calendar, TIMED, CALLER_OWN, "user")                                                                    \
	METHOD(swap, TIMED, CALLER_OWN, "by", "user", "to")                                                            \
	METHOD(seek, TIMED, CALLER_OWN, "user")                                                                        \
	METHOD(absent, TIMED, CALLER_OWN, "user")                                                                      \
	METHOD(answer, TIMED, CALLER_OWN, "user")                                                                      \
	METHOD(recall, TIMED, CALLER_OWN_MATTER, NULL)                                                                 \
	METHOD(matters, TIMED, CALLER_OWN, "user")                                                                     \
	METHOD(gaps, TIMED, CALLER_DESK, NULL)                                                                         \
	METHOD(visit_plan, TIMED, CALLER_OWN, "assignee")                                                              \
	METHOD(visit_day, TIMED, CALLER_OWN, "user")                                                                   \
	METHOD(visit_due, TIMED, CALLER_DESK, NULL)                                                                    \
	METHOD(visit_show, TIMED, CALLER_DESK, NULL)                                                                   \
	METHOD(visit_explain, TIMED, CALLER_DESK, NULL)                                                                \
	METHOD(visit_request, TIMED, CALLER_DESK, NULL)                                                                \
	METHOD(visit_answer, TIMED, CALLER_OWN, NULL)

#endif
