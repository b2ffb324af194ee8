/* SPDX-License-Identifier: MIT
 *
 * ledger_list: values that hold several words, checked and appended as a JSON member. NULL, or what is wrong (Chinese,
 * then English), which lives until the next call of the thread. Internal to the ledger.
 */
#ifndef CURTAIN_RECORDS_LEDGER_LIST_H
#define CURTAIN_RECORDS_LEDGER_LIST_H

#include "base/buf.h"
#include "records/ledger_row.h"

/* ledger_one_of: text is a word of "a|b|c"; ledger_none_of says which there are. */
bool ledger_one_of(const char *text, const char *words);
const char *ledger_none_of(const char *words);
/* ledger_list_put appends "name":[...] of a list type. */
const char *ledger_list_put(
	const struct ledger_field *field, const char *const *texts, unsigned count, struct buf *out);
/* ledger_language_put appends "name":"..." of words between commas, as whoever visits a home goes by them. */
const char *ledger_language_put(const struct ledger_field *field, const char *text, struct buf *out);

#endif
