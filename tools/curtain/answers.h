/* SPDX-License-Identifier: MIT
 *
 * answers: what the services answer on their API, turned into text for a person. jansson stays behind this header.
 * ERR_INVALID: the answer is not of the form that its service's header gives (another version of Curtain).
 */
#ifndef CURTAIN_TOOL_ANSWERS_H
#define CURTAIN_TOOL_ANSWERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "show.h"

/* answers_import appends the counts of an import as a table. */
enum err answers_import(const char *json, struct buf *out, struct errinfo *info) ERR_MUST_CHECK;

/* answers_merged appends a line for each row of an elder who was merged into another. */
enum err answers_merged(const char *json, struct buf *out, struct errinfo *info) ERR_MUST_CHECK;
/* answers_faults appends the faults of an import, one a line: "FILE:LINE:COLUMN: CELL: ..."; *out_clean: there is none.
 * answers_changes appends what it changed, or would. */
enum err answers_faults(
	const char *json, const char *file, struct buf *out, bool *out_clean, struct errinfo *info) ERR_MUST_CHECK;
enum err answers_changes(const char *json, struct buf *out, struct errinfo *info) ERR_MUST_CHECK;

/* letters_page: one answer of ingest/dead_letters. */
struct letters_page {
	int64_t count; /* kept in all */
	int64_t items; /* in this answer */
	int64_t last;  /* id of the last item; 0 = none */
};
/* answers_letters adds a row for each letter to table (id, age, reason, profile, topic, payload), or, with json_lines
 * not NULL, one JSON object a line to it. */
enum err answers_letters(const char *json, struct wall now, struct table *table, struct buf *json_lines,
	struct letters_page *out_page, struct errinfo *info) ERR_MUST_CHECK;

struct replay_result {
	int64_t passed, refused, after;
	bool more;
};
enum err answers_replay(const char *json, struct replay_result *out, struct errinfo *info) ERR_MUST_CHECK;

/* answers_timeline appends what is known of a household, the newest first. *out_known: it is in the registry,
 * or was. */
enum err answers_timeline(const char *json, const struct zone *zone, struct buf *out, bool *out_known,
	struct errinfo *info) ERR_MUST_CHECK;

#endif
