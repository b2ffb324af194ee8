/* SPDX-License-Identifier: MIT
 *
 * ledger: import documents of the registry, YAML (JSON is YAML) or CSV, checked and turned into the JSON that the SQL
 * function registry_import takes. libyaml stays behind this header. What the database knows (does that team exist?) it
 * checks.
 *
 *   kind "ledger": a mapping of kinds to lists; format yaml only
 *   one kind ("households", "devices", ...): a list of mappings, or CSV with a header line
 *   a column map (ledger_map.h): CSV as a spreadsheet has it, whose rows may hold rows of several kinds
 *
 * Kinds and their fields are in ledger_kinds.c. `deleted: true` removes a row.
 */
#ifndef CURTAIN_RECORDS_LEDGER_H
#define CURTAIN_RECORDS_LEDGER_H

#include <stddef.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"

#define LEDGER_HANDSET_PREFIX "phone-" /* devices that every household gets by itself */
#define LEDGER_FAULTS_MAX 2000         /* kept; further ones are counted */

struct seal;

/* ledger_source: what is to be read. */
struct ledger_source {
	const char *kind, *format, *text;
	size_t length;
	const char *map;         /* YAML of a column map, "" = none */
	struct wall now;         /* a date of birth lies before; WALL_NONE: not looked at */
	const struct seal *seal; /* for what is kept sealed; NULL: such values are refused */
};

/* ledger_faults: all that is wrong, as JSON objects {line, column, cell?, kind, key?, field?, heading?, text}. */
struct ledger_faults {
	struct buf json; /* "[{...},{...}" until ledger_faults_end */
	size_t count;
};

void ledger_faults_init(struct ledger_faults *faults);
void ledger_faults_fini(struct ledger_faults *faults);
/* ledger_faults_end completes the array and gives it. */
enum err ledger_faults_end(struct ledger_faults *faults) ERR_MUST_CHECK;

/* ledger_read appends {"households":[...],...} to out. With faults every fault is noted there and its row left out; an
 * error then says that the document cannot be read at all. Without (NULL) the first fault is the error: ERR_INVALID or
 * ERR_RANGE with line and column. Texts of faults name keys and ids, never a person's data. */
enum err ledger_read(const struct ledger_source *source, struct ledger_faults *faults, struct buf *out,
	struct errinfo *info) ERR_MUST_CHECK;
/* ledger_check is ledger_read without map, faults and seal. */
enum err ledger_check(const char *kind, const char *format, const char *text, size_t length, struct buf *out,
	struct errinfo *info) ERR_MUST_CHECK;

#endif
