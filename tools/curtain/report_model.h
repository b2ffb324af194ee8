/* SPDX-License-Identifier: MIT
 *
 * report_model: what records answers to "report" as figures that can be looked up: each has a dimension (all,
 * community, estate), a key of it and a name (docs/report.md), and its value in the period and in the one before.
 */
#ifndef CURTAIN_TOOL_REPORT_MODEL_H
#define CURTAIN_TOOL_REPORT_MODEL_H

#include <jansson.h>
#include <stddef.h>

#include "base/err.h"

struct report;

struct report_figure {
	const char *dim, *key, *name; /* live as long as the report */
	double now, before;
};

/* report_open reads the answer; it may hold the member "roster" that report_cover made. */
enum err report_open(const char *json, struct report **out_report, struct errinfo *info) ERR_MUST_CHECK;
void report_close(struct report *report);
/* report_root: the whole document, for what is no figure. */
const json_t *report_root(const struct report *report);
/* report_get gives a figure; what was not counted is 0 in both. */
struct report_figure report_get(const struct report *report, const char *dim, const char *key, const char *name);
/* report_at gives the figures in their order, NULL beyond the last. */
const struct report_figure *report_at(const struct report *report, size_t index);
/* report_family gives up to most figures of dim and key whose names begin with prefix, the largest first (now, then
 * before, then name), and returns how many. */
size_t report_family(const struct report *report, const char *dim, const char *key, const char *prefix,
	struct report_figure *out, size_t most);

/* report_text: a text member, "" where there is none. */
const char *report_text(const json_t *object, const char *name);

#endif
