/* SPDX-License-Identifier: MIT
 *
 * ledger_sheet: CSV with a header line, as exports of the registry have it or, with a column map, as spreadsheets have
 * it. Internal to the ledger.
 */
#ifndef CURTAIN_RECORDS_LEDGER_SHEET_H
#define CURTAIN_RECORDS_LEDGER_SHEET_H

#include "records/ledger_row.h"

/* ledger_sheet_read appends the rows by kind, as ledger_read says; kind may be NULL where the source has a map. */
enum err ledger_sheet_read(const struct ledger_kind *kind, const struct ledger_source *source,
	struct ledger_faults *faults, struct buf *out, struct errinfo *info) ERR_MUST_CHECK;

#endif
