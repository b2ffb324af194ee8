/* SPDX-License-Identifier: MIT
 *
 * elder: what records answers about one elder, or about two that may be one, as text for a person.
 */
#ifndef CURTAIN_TOOL_ELDER_H
#define CURTAIN_TOOL_ELDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"

/* elder_show_export appends everything that is kept of an elder. */
enum err elder_show_export(const char *json, struct buf *out, struct errinfo *info) ERR_MUST_CHECK;
/* elder_show_certificate appends the certificate of an erasure: what was deleted when (in zone), and what remains
 * where. */
enum err elder_show_certificate(const char *json, int64_t letters, const struct zone *zone, struct buf *out,
	struct errinfo *info) ERR_MUST_CHECK;
/* elder_show_duplicates appends the pairs that may be one person; elder_show_merging what a merging did, or that it was
 * undone. */
enum err elder_show_duplicates(const char *json, struct buf *out, struct errinfo *info) ERR_MUST_CHECK;
enum err elder_show_merging(const char *json, bool undone, struct buf *out, struct errinfo *info) ERR_MUST_CHECK;
/* elder_devices calls each for every device of an erased household. */
enum err elder_devices(const char *json, enum err (*each)(void *context, const char *device, struct errinfo *info),
	void *context, struct errinfo *info) ERR_MUST_CHECK;

#endif
