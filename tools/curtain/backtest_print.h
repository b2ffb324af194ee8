/* SPDX-License-Identifier: MIT
 *
 * backtest_print: runs as a table for people, as JSON for programs, as a figure. The same runs give the same bytes.
 */
#ifndef CURTAIN_TOOL_BACKTEST_PRINT_H
#define CURTAIN_TOOL_BACKTEST_PRINT_H

#include "backtest_run.h"
#include "base/buf.h"

/* report: what is printed. runs[0] is the main one (RUN_MAIN); files, set and options tell what was played. */
struct report {
	const char *layout;
	const struct trace_set *set;
	const struct run_options *options;
	const struct run *runs;
	unsigned count;
	const char *simulated; /* channels that were added by simulation; NULL = none */
};

/* report_published: the published figures are of the same question, hourly water alone. */
bool report_published(const struct report *report);
enum err print_table(const struct report *report, struct buf *out) ERR_MUST_CHECK;
enum err print_json(const struct report *report, struct buf *out) ERR_MUST_CHECK;
/* print_figure appends an SVG: false alarms against mean delay. */
enum err print_figure(const struct report *report, struct buf *out) ERR_MUST_CHECK;

#endif
