/* SPDX-License-Identifier: MIT
 *
 * watchdog: a thread that halts a jq run which has used too much CPU time of the thread that runs it.
 *
 * CPU time and not the clock on the wall: a machine under load must not turn good messages into refused ones. The
 * running thread pays two uncontended locks a run; the watching one sleeps while nothing runs.
 */
#ifndef CURTAIN_JQ_WATCHDOG_H
#define CURTAIN_JQ_WATCHDOG_H

#include <jq.h>
#include <stdbool.h>

#include "base/err.h"

struct watchdog;

/* watchdog_create starts the thread. ERR_NOMEM, ERR_IO. watchdog_destroy stops it. */
enum err watchdog_create(int limit_ms, struct watchdog **out_watchdog) ERR_MUST_CHECK;
void watchdog_destroy(struct watchdog *watchdog);

/* watchdog_begin watches jq from now on, watchdog_end no longer; both on the thread that runs it. watchdog_end says
 * whether it was halted. */
void watchdog_begin(struct watchdog *watchdog, jq_state *jq);
bool watchdog_end(struct watchdog *watchdog);

#endif
