/* SPDX-License-Identifier: MIT
 *
 * hook_text: what the gateway answers to commands about subscribers and the bridge's jobs, for a person. name is the
 * subscriber or the job that was named. ERR_INVALID: the answer is of another form (another version of Curtain).
 */
#ifndef CURTAIN_TOOL_HOOK_TEXT_H
#define CURTAIN_TOOL_HOOK_TEXT_H

#include "base/buf.h"
#include "base/clock.h"
#include "row.h"

/* hook_states: words for a subscriber's state. */
extern const struct row_word hook_states[];

/* hook_text appends the answer to method: webhook_replay, webhook_test, webhook_switch, bridge_run (a line), or bridge
 * (what the job's last run did: counts, faults by line, conflicts, rows left out). */
enum err hook_text(const char *method, const char *name, const char *json, const struct zone *zone, struct buf *out,
	struct errinfo *info) ERR_MUST_CHECK;

#endif
