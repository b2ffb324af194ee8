/* SPDX-License-Identifier: MIT
 *
 * backtest_prior: the population's habits of a data set, as the source of services/detector/habit_prior.c.
 */
#ifndef CURTAIN_TOOL_BACKTEST_PRIOR_H
#define CURTAIN_TOOL_BACKTEST_PRIOR_H

#include "backtest_print.h"

/* print_prior plays all homes of the set once more and appends the source. */
enum err print_prior(const struct report *report, struct buf *out);

#endif
