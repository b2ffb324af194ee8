/* SPDX-License-Identifier: MIT
 *
 * ledger_row: one row of an import document, whatever its format: cells are given with their place, checked against the
 * kind's table when the row ends, and appended as JSON. Faults end the reading, or are collected so that one look at a
 * file tells them all; a row with a fault is left out. Internal to the ledger.
 */
#ifndef CURTAIN_RECORDS_LEDGER_ROW_H
#define CURTAIN_RECORDS_LEDGER_ROW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "records/ledger.h"

#define LEDGER_FIELDS_MAX 24
#define LEDGER_TEXTS_MAX 96 /* values of one row, members of lists included */

enum ledger_type {
	LEDGER_ID,
	LEDGER_DEVICE,
	LEDGER_LINE,
	LEDGER_PHONE,
	LEDGER_INT,
	LEDGER_DEGREES,
	LEDGER_BOOL,
	LEDGER_DATE,
	LEDGER_TIME,
	LEDGER_CLOCK,    /* a time of day */
	LEDGER_WORD,     /* one of field->words */
	LEDGER_CARD,     /* resident identity number; sealed */
	LEDGER_SECRET,   /* a text that is sealed */
	LEDGER_LANGUAGE, /* a text of words between commas */
	LEDGER_RULE,     /* of whom a tag is true (ledger_rule.h) */
	LEDGER_WORDS,    /* a list of words; all list types come last */
	LEDGER_IDS,      /* a list of ids of other rows */
	LEDGER_QUANTITIES,
	LEDGER_WEEKDAYS
};

struct ledger_field {
	const char *name;
	enum ledger_type type;
	bool required;
	long min, max;     /* LEDGER_INT, LEDGER_DEGREES: value; LEDGER_LINE: max bytes; LEDGER_DATE: max 1 = not after
			      today; lists, LEDGER_LANGUAGE: max words of min bytes each, 0 = as many and as long as go */
	const char *words; /* LEDGER_WORD, LEDGER_WORDS: "a|b|c"; NULL: any */
};

struct ledger_kind {
	const char *name;
	const struct ledger_field *fields; /* the first is the key; ended by name NULL */
};

/* ledger_kinds, in the order in which one kind may name another; ended by name NULL. */
extern const struct ledger_kind ledger_kinds[];
const struct ledger_kind *ledger_kind_find(const char *name);
/* ledger_field_find gives the index of a kind's field, the one after the last for "deleted"; -1: no such field. */
int ledger_field_find(const struct ledger_kind *kind, const char *name);
const struct ledger_field *ledger_field(const struct ledger_kind *kind, int index);

struct ledger_place {
	int line, column;    /* from 1 */
	int record, field;   /* CSV: row and column of the spreadsheet, from 1; 0: none */
	const char *heading; /* of the spreadsheet's column, NULL: none */
};

struct ledger_cell {
	bool present, list, told; /* told: its fault is noted already */
	struct ledger_place place;
	unsigned first, count; /* in texts */
};

/* ledger_key: a row's key, kept to find double ones; text belongs to the document. */
struct ledger_key {
	const char *text;
	struct ledger_place place;
	size_t start, length; /* of the row's JSON in out */
};

/* ledger_rows: all rows of one kind. */
struct ledger_rows {
	const struct ledger_kind *kind;
	const struct ledger_source *source;
	struct ledger_faults *faults; /* NULL: the first fault ends it */
	struct buf *out;
	bool lenient;    /* values as spreadsheets have them */
	bool repeatable; /* a row that stands twice in the same words is one */
	struct ledger_key *keys;
	size_t key_count, key_capacity;
	size_t *slots; /* hash table over keys, of key_capacity * 2 */
	/* the row at hand: cells[i] is fields[i]; the last one is "deleted" */
	struct ledger_place place;
	struct ledger_cell cells[LEDGER_FIELDS_MAX + 1];
	struct ledger_cell *cell; /* the one that takes texts */
	const char *texts[LEDGER_TEXTS_MAX];
	unsigned text_count;
	unsigned row_faults;
	size_t row_count;
};

/* ledger_rows_begin appends "kind":[ to out; rows follow; ledger_rows_end appends ]. Release with fini. */
void ledger_rows_begin(struct ledger_rows *rows, const struct ledger_kind *kind, const struct ledger_source *source,
	struct ledger_faults *faults, struct buf *out);
enum err ledger_rows_end(struct ledger_rows *rows, struct errinfo *info) ERR_MUST_CHECK;
void ledger_rows_fini(struct ledger_rows *rows);

void ledger_row_begin(struct ledger_rows *rows, struct ledger_place place);
/* ledger_row_cell starts a cell; ledger_row_text gives its value, or one of its values. Texts must outlive the rows. A
 * cell that is a fault takes no text (rows->cell is NULL then). */
enum err ledger_row_cell(struct ledger_rows *rows, const char *name, bool list, struct ledger_place place,
	struct errinfo *info) ERR_MUST_CHECK;
enum err ledger_row_text(struct ledger_rows *rows, const char *text, struct errinfo *info) ERR_MUST_CHECK;
enum err ledger_row_end(struct ledger_rows *rows, struct errinfo *info) ERR_MUST_CHECK;
/* ledger_rows_mark and ledger_rows_back: rows that came after the mark are taken back, since one beside them has a
 * fault. */
struct ledger_mark {
	size_t length, key_count;
};
struct ledger_mark ledger_rows_mark(const struct ledger_rows *rows);
void ledger_rows_back(struct ledger_rows *rows, struct ledger_mark mark);
/* ledger_fault notes a fault of a kind's row ("" field: of the row as such), or makes it the error where none are
 * collected. */
enum err ledger_fault(struct ledger_faults *faults, const char *kind, const char *key, const char *field,
	struct ledger_place place, enum err code, const char *text, struct errinfo *info) ERR_MUST_CHECK;
/* ledger_fault_double notes a heading that stands at a place and at an earlier one. */
enum err ledger_fault_double(struct ledger_faults *faults, const char *kind, const char *heading,
	struct ledger_place place, struct ledger_place first, struct errinfo *info) ERR_MUST_CHECK;
/* ledger_row_fault notes a fault of the row at hand. */
enum err ledger_row_fault(struct ledger_rows *rows, struct ledger_place place, const char *field, enum err code,
	const char *what, struct errinfo *info) ERR_MUST_CHECK;

#endif
