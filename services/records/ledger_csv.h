/* SPDX-License-Identifier: MIT
 *
 * ledger_csv: CSV as in RFC 4180, read in place: each field is unquoted where it stands and NUL-ended, so that texts
 * are pointers into the document. Fields are separated by commas, or by tabs or semicolons if the first line that has
 * one of the three has such and no comma. Internal to the ledger.
 */
#ifndef CURTAIN_RECORDS_LEDGER_CSV_H
#define CURTAIN_RECORDS_LEDGER_CSV_H

#include "records/ledger_row.h"

#define LEDGER_COLUMNS_MAX 200

struct ledger_csv {
	char *p, *end;
	char *line_start;
	char separator;
	int line, record;
	bool last; /* the field just read was the last of its line */
	/* the record just read */
	unsigned count;
	char *fields[LEDGER_COLUMNS_MAX];
	struct ledger_place places[LEDGER_COLUMNS_MAX];
	struct ledger_place place; /* of the record; or of the fault */
};

/* ledger_csv_open takes length bytes of text, ended by NUL, which it changes and which must outlive it. */
void ledger_csv_open(struct ledger_csv *csv, char *text, size_t length);
/* ledger_csv_next reads the next record that is not empty; *out_more false: there is none. */
enum err ledger_csv_next(struct ledger_csv *csv, bool *out_more, struct errinfo *info) ERR_MUST_CHECK;

#endif
