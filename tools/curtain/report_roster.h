/* SPDX-License-Identifier: MIT
 *
 * report_roster: the member "roster" of a paper: who is on duty on some days to come, out of what the dispatcher
 * answers for each team. records does not know rosters, so the tool asks both.
 *
 *   {from, until, teams, rostered, days: [{day, minutes, whole}...], gap_count, gaps: [{team, community, from,
 * until}...], duties: [{team, community, shift, user, from, until}...]}     duties: for one day only {missing: "..."}
 * nobody answered
 */
#ifndef CURTAIN_TOOL_REPORT_ROSTER_H
#define CURTAIN_TOOL_REPORT_ROSTER_H

#include <jansson.h>

#include "base/clock.h"
#include "base/err.h"

#define ROSTER_GAPS_TOLD 200

struct report_roster;

/* report_roster_create makes an empty one for `days` days of zone (1..COVER_DAYS_MAX) from first ("2026-03-01") plus
 * `after` days on; zone must outlive it. */
enum err report_roster_create(const struct zone *zone, const char *first, int after, int days,
	struct report_roster **out_roster, struct errinfo *info) ERR_MUST_CHECK;
void report_roster_destroy(struct report_roster *roster);
/* report_roster_add counts a team with the dispatcher's answer to "duties". */
enum err report_roster_add(struct report_roster *roster, const char *team, const char *community, const char *answer,
	struct errinfo *info) ERR_MUST_CHECK;
/* report_roster_json gives the member, to json_decref(); NULL: no memory. */
json_t *report_roster_json(const struct report_roster *roster);
/* report_roster_missing gives the member of a dispatcher that did not answer. */
json_t *report_roster_missing(const char *why);

#endif
