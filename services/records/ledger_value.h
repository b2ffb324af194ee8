/* SPDX-License-Identifier: MIT
 *
 * ledger_value: one value of a ledger, checked for its field's type and appended as a JSON member. Lenient values are
 * as spreadsheets have them: blanks around them, digits of full width, dates in five forms, telephone numbers with
 * blanks and dashes, yes in Chinese.
 */
#ifndef CURTAIN_RECORDS_LEDGER_VALUE_H
#define CURTAIN_RECORDS_LEDGER_VALUE_H

#include "base/buf.h"
#include "records/ledger_row.h"

#define LEDGER_VALUE_BYTES 1600

/* ledger_value_put appends "name":value; NULL, or what is wrong with it (Chinese, then English). key is the row's. */
const char *ledger_value_put(const struct ledger_rows *rows, const struct ledger_field *field, const char *key,
	const char *const *texts, unsigned count, struct buf *out);
/* ledger_date reads a date as "YYYY-MM-DD"; false: it is none. */
bool ledger_date(const char *text, bool lenient, char out[11]);
/* ledger_time reads a time with an offset; lenient: or a date, its begin in China. false: it is none. */
bool ledger_time(const char *text, bool lenient, struct wall *out);
/* ledger_blank gives the bytes of a blank at p, 0 for none; ideographic, no-break and zero-width ones are. */
size_t ledger_blank(const char *p);
/* ledger_plain gives text without blanks around it and, if narrow, with ASCII for what has full width. false: it is
 * longer than LEDGER_VALUE_BYTES. */
bool ledger_plain(const char *text, bool narrow, char out[LEDGER_VALUE_BYTES]);

#endif
