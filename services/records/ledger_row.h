/* SPDX-License-Identifier: MIT
 *
 * ledger_row: one row of an import document, whatever its format: cells are given with their place, checked against the
 * kind's table when the row ends, and appended as JSON. Internal to the ledger.
 */
#ifndef CURTAIN_RECORDS_LEDGER_ROW_H
#define CURTAIN_RECORDS_LEDGER_ROW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define LEDGER_KINDS 10
#define LEDGER_FIELDS_MAX 24
#define LEDGER_TEXTS_MAX 96 /* values of one row, members of lists included */

enum ledger_type {
	LEDGER_ID,
	LEDGER_DEVICE,
	LEDGER_LINE,
	LEDGER_INT,
	LEDGER_BOOL,
	LEDGER_TIME,
	LEDGER_DATE,
	LEDGER_CLOCK, /* a time of day */
	LEDGER_WORD,  /* one of field->words */
	LEDGER_LEVEL,
	LEDGER_QUANTITIES,
	LEDGER_WEEKDAYS
};

struct ledger_field {
	const char *name;
	enum ledger_type type;
	bool required;
	long min, max;     /* LEDGER_INT: value; LEDGER_LINE: max bytes */
	const char *words; /* LEDGER_WORD: "a|b|c" */
};

struct ledger_kind {
	const char *name;
	const struct ledger_field *fields; /* the first is the key; ended by name NULL */
};

extern const struct ledger_kind ledger_kinds[LEDGER_KINDS];

struct ledger_place {
	int line, column; /* from 1 */
};

struct ledger_cell {
	bool present, list;
	struct ledger_place place;
	unsigned first, count; /* in texts */
};

/* ledger_key: a row's key, kept to find double ones; text belongs to the document. */
struct ledger_key {
	const char *text;
	struct ledger_place place;
};

/* ledger_rows: all rows of one kind. */
struct ledger_rows {
	const struct ledger_kind *kind;
	struct buf *out;
	struct ledger_key *keys;
	size_t key_count, key_capacity;
	/* the row at hand: cells[i] is fields[i]; the last one is "deleted" */
	struct ledger_place place;
	struct ledger_cell cells[LEDGER_FIELDS_MAX + 1];
	struct ledger_cell *cell; /* the one that takes texts */
	const char *texts[LEDGER_TEXTS_MAX];
	unsigned text_count;
};

const struct ledger_kind *ledger_kind_find(const char *name);
/* ledger_rows_begin appends "kind":[ to out; rows follow; ledger_rows_end appends ] and finds double keys. Release with
 * fini. */
void ledger_rows_begin(struct ledger_rows *rows, const struct ledger_kind *kind, struct buf *out);
enum err ledger_rows_end(struct ledger_rows *rows, struct errinfo *info) ERR_MUST_CHECK;
void ledger_rows_fini(struct ledger_rows *rows);

void ledger_row_begin(struct ledger_rows *rows, struct ledger_place place);
/* ledger_row_cell starts a cell; ledger_row_text gives its value, or one of its values. Texts must outlive the rows. */
enum err ledger_row_cell(struct ledger_rows *rows, const char *name, bool list, struct ledger_place place,
	struct errinfo *info) ERR_MUST_CHECK;
enum err ledger_row_text(struct ledger_rows *rows, const char *text, struct errinfo *info) ERR_MUST_CHECK;
enum err ledger_row_end(struct ledger_rows *rows, struct errinfo *info) ERR_MUST_CHECK;

/* ledger_csv reads rows of one kind from CSV (RFC 4180, header line, lists separated by spaces or ';'). text is changed
 * and must outlive rows. */
enum err ledger_csv(char *text, size_t length, struct ledger_rows *rows, struct errinfo *info) ERR_MUST_CHECK;

#endif
