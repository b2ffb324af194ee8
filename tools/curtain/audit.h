/* SPDX-License-Identifier: MIT
 *
 * audit: what records answers about its audit trail, as text for a person.
 */
#ifndef CURTAIN_TOOL_AUDIT_H
#define CURTAIN_TOOL_AUDIT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/clock.h"

/* audit_show_verify appends the faults and the heads of records/audit_verify; *out_whole: there is no fault. */
enum err audit_show_verify(const char *json, struct buf *out, bool *out_whole, struct errinfo *info) ERR_MUST_CHECK;
/* audit_show_rows appends the rows of records/audit as a table. */
enum err audit_show_rows(
	const char *json, const struct zone *zone, struct buf *out, struct errinfo *info) ERR_MUST_CHECK;

#endif
