/* SPDX-License-Identifier: MIT
 *
 * budgets: what a district writes of a community's own budget, in one line each.
 */
#ifndef CURTAIN_DETECTOR_BUDGETS_H
#define CURTAIN_DETECTOR_BUDGETS_H

#include "base/err.h"
#include "detector/core.h"

/* budgets_parse reads "COMMUNITY [KEY=VALUE ...]", as in "c-west attention_per_month=3 alarm_per_month=0.5 floor=3h
 * ceiling=20h"; what is left out is as in `standard`. ERR_INVALID, ERR_RANGE: info names community, key and fix. */
enum err budgets_parse(const char *text, const struct detector_budget *standard, struct detector_community *out,
	struct errinfo *info) ERR_MUST_CHECK;
/* budgets_add appends a community; ERR_EXISTS if it is there, ERR_FULL beyond DETECTOR_COMMUNITIES_MAX. */
enum err budgets_add(struct detector_config *config, const struct detector_community *community,
	struct errinfo *info) ERR_MUST_CHECK;
/* budgets_check: attention no rarer than alarm, floor no longer than ceiling. `of` goes before each key in info. */
enum err budgets_check(const struct detector_budget *budget, const char *of, struct errinfo *info) ERR_MUST_CHECK;

#endif
