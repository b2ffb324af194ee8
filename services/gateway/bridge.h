/* SPDX-License-Identifier: MIT
 *
 * bridge: what the files of the bridge share; hooks_internal.h has the rest.
 */
#ifndef CURTAIN_GATEWAY_BRIDGE_H
#define CURTAIN_GATEWAY_BRIDGE_H

#include "gateway/hooks_internal.h"

/* bridge_over ends a run; report is JSON. bridge_failed ends it with a cause and lets it begin again later. */
enum err bridge_over(
	struct hooks *hooks, struct bridge_job *job, const char *report, struct errinfo *info) ERR_MUST_CHECK;
enum err bridge_failed(
	struct hooks *hooks, struct bridge_job *job, const char *why, struct errinfo *info) ERR_MUST_CHECK;
/* bridge_ask asks records in the name of an account; the job is in `state` until the answer comes. */
enum err bridge_ask(struct hooks *hooks, struct bridge_job *job, const char *account, const char *method,
	const struct buf *args, enum bridge_state state, struct errinfo *info) ERR_MUST_CHECK;

/* bridge_pull.c: a pull from its first page on; what records answered. bridge_forget drops what was fetched. */
enum err bridge_pull_begin(struct hooks *hooks, struct bridge_job *job, struct errinfo *info) ERR_MUST_CHECK;
enum err bridge_pull_answered(
	struct hooks *hooks, struct bridge_job *job, const char *result, struct errinfo *info) ERR_MUST_CHECK;
void bridge_forget(struct bridge_job *job);

#endif
