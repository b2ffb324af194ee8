/* SPDX-License-Identifier: MIT
 *
 * ledger: import documents of the registry, YAML (JSON is YAML) or CSV, checked and turned into the JSON that the SQL
 * function registry_import takes. libyaml stays behind this header. What the database knows (does that team exist?) it
 * checks.
 *
 *   kind "ledger": a mapping of kinds to lists; format yaml only
 *   one kind ("households", "devices", ...): a list of mappings, or CSV with a header line
 *
 * kinds: communities policies teams volunteers accounts households elders consents devices appointments.
 * `deleted: true` removes a row.
 */
#ifndef CURTAIN_RECORDS_LEDGER_H
#define CURTAIN_RECORDS_LEDGER_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define LEDGER_HANDSET_PREFIX "phone-" /* devices that every household gets by itself */

/* ledger_check appends {"households":[...],...} to out. ERR_INVALID or ERR_RANGE with line and column of the first
 * fault; texts of faults name keys and ids, never a person's data. */
enum err ledger_check(const char *kind, const char *format, const char *text, size_t length, struct buf *out,
	struct errinfo *info) ERR_MUST_CHECK;

#endif
