/* SPDX-License-Identifier: MIT
 *
 * ledger_check: what the values of one row say of each other: what contradicts itself is a fault, with its place. The
 * database refuses most of it too, without knowing where it stands. Internal to the ledger.
 */
#ifndef CURTAIN_RECORDS_LEDGER_CHECK_H
#define CURTAIN_RECORDS_LEDGER_CHECK_H

#include "records/ledger_row.h"

/* ledger_check_row notes what contradicts itself in the row at hand, if its values are right each for itself. */
enum err ledger_check_row(struct ledger_rows *rows, struct errinfo *info) ERR_MUST_CHECK;

#endif
