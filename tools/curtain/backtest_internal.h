/* SPDX-License-Identifier: MIT
 *
 * backtest_internal: what the files of the reader share.
 */
#ifndef CURTAIN_TOOL_BACKTEST_INTERNAL_H
#define CURTAIN_TOOL_BACKTEST_INTERNAL_H

#include "backtest_read.h"

/* read_json takes a line of JSON: a `reading`, or a SenML pack. */
enum err read_json(struct reader *reader, const char *line, size_t length, struct errinfo *info) ERR_MUST_CHECK;
/* read_instant gives the instant of a local time. Of an hour that is told twice (end of summer time) the second one is
 * meant when the home's reading before is not earlier than the first. */
int64_t read_instant(const struct zone *zone, struct civil local, int64_t before_ms);

#endif
