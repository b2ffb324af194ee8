/* SPDX-License-Identifier: MIT
 *
 * row: rows of a service's answer as a table for people: headings Chinese first with the member's own word beside it,
 * times in a zone, the wire's words beside Chinese ones. The one file of the tool's tables that holds jansson.
 */
#ifndef CURTAIN_TOOL_ROW_H
#define CURTAIN_TOOL_ROW_H

#include <jansson.h>
#include <stdbool.h>

#include "show.h"

enum row_kind {
	ROW_PLAIN, /* texts and numbers as they are, true and false as words */
	ROW_TIME,  /* RFC 3339, shown in the zone */
	ROW_WORD   /* with its Chinese word of words */
};

/* row_word: a word of the wire and the Chinese one; a list ends with {NULL, NULL}. */
struct row_word {
	const char *word, *zh;
};

struct row_column {
	const char *heading; /* as table_create takes it: ">已发 sent" */
	const char *member;
	enum row_kind kind;
	const struct row_word *words;
};

/* row_form: the columns of a list (at most TABLE_COLUMNS_MAX), and the line that stands in place of an empty one. */
struct row_form {
	const struct row_column *columns;
	unsigned count;
	const char *none;
};

#define ROW_COLUMNS(columns) (columns), sizeof(columns) / sizeof(columns)[0]

/* row_text gives the text name of row, "-" for none. */
const char *row_text(const json_t *row, const char *name);
/* row_time_cell adds the time name of row in zone, "-" for none. */
void row_time_cell(struct table *table, const json_t *row, const char *name, const struct zone *zone);
/* row_word_text gives the Chinese word of words for word, NULL if there is none. */
const char *row_word_text(const struct row_word *words, const char *word);
/* row_word_cell adds the text name of row with its Chinese word before it; alone where there is none. */
void row_word_cell(struct table *table, const json_t *row, const char *name, const struct row_word *words);
/* row_table appends items, an array, by form. */
enum err row_table(
	const json_t *items, const struct row_form *form, const struct zone *zone, struct buf *out) ERR_MUST_CHECK;
/* row_list appends the member "items" of an answer by form, or, with lines, one JSON object a line. ERR_INVALID: the
 * answer has none. */
enum err row_list(const char *json, const struct row_form *form, const struct zone *zone, bool lines, struct buf *out,
	struct errinfo *info) ERR_MUST_CHECK;

#endif
