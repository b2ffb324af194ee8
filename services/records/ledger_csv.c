/* SPDX-License-Identifier: MIT
 *
 * CSV as in RFC 4180, read in place: each field is unquoted where it stands and NUL-ended, so that texts are pointers
 * into the document. A NUL byte or bad UTF-8 is refused before anything else.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "records/ledger_row.h"

struct csv {
	char *p, *end;
	int line;
	struct ledger_place place; /* of the field just read */
	bool last;                 /* it was the last of its line */
	char *line_start;
};

static enum err csv_fault(const struct csv *csv, const char *what, struct errinfo *info)
{
	return errinfo_at(info, ERR_INVALID, NULL, csv->place.line, csv->place.column, "%s", what);
}

/* end_field looks at what follows a field: a comma, the end of the line or of the text; it is overwritten with NUL. */
static enum err end_field(struct csv *csv, char *write, struct errinfo *info)
{
	char next = csv->p < csv->end ? *csv->p : '\n';

	if (next != ',' && next != '\n' && next != '\r')
		return csv_fault(csv, "text after a closing quote", info);
	csv->last = next != ',';
	if (next == '\r' && csv->p + 1 < csv->end && csv->p[1] == '\n')
		csv->p++;
	if (csv->p < csv->end)
		csv->p++;
	if (csv->last) {
		csv->line++;
		csv->line_start = csv->p;
	}
	*write = '\0';
	return ERR_OK;
}

static enum err next_field(struct csv *csv, char **out, struct errinfo *info)
{
	char *write = csv->p;

	csv->place = (struct ledger_place){.line = csv->line, .column = (int)(csv->p - csv->line_start) + 1};
	*out = csv->p;
	if (csv->p == csv->end || *csv->p != '"') {
		while (csv->p < csv->end && *csv->p != ',' && *csv->p != '\n' && *csv->p != '\r')
			csv->p++;
		return end_field(csv, csv->p, info);
	}
	for (csv->p++; csv->p < csv->end; csv->p++) {
		if (*csv->p == '"' && csv->p + 1 < csv->end && csv->p[1] == '"')
			csv->p++;
		else if (*csv->p == '"')
			break;
		else if (*csv->p == '\n')
			csv->line++;
		*write++ = *csv->p;
	}
	if (csv->p == csv->end)
		return csv_fault(csv, "a quote is not closed", info);
	csv->p++;
	return end_field(csv, write, info);
}

static bool is_list(const struct ledger_kind *kind, const char *name)
{
	for (const struct ledger_field *f = kind->fields; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return f->type == LEDGER_QUANTITIES || f->type == LEDGER_WEEKDAYS;
	return false;
}

static enum err put_field(struct csv *csv, struct ledger_rows *rows, const char *name, char *text, struct errinfo *info)
{
	bool list = is_list(rows->kind, name);
	enum err err;
	char *rest = text;

	if (!*text)
		return ERR_OK;
	err = ledger_row_cell(rows, name, list, csv->place, info);
	if (!list)
		return err ? err : ledger_row_text(rows, text, info);
	for (const char *word; !err && (word = strsep(&rest, " ;"));)
		if (*word)
			err = ledger_row_text(rows, word, info);
	return err;
}

static enum err read_header(
	struct csv *csv, const char *names[LEDGER_FIELDS_MAX], unsigned *out_count, struct errinfo *info)
{
	*out_count = 0;
	do {
		char *name;
		enum err err = next_field(csv, &name, info);
		if (err)
			return err;
		if (*out_count == LEDGER_FIELDS_MAX)
			return csv_fault(csv, "more columns than there are keys", info);
		names[(*out_count)++] = name;
	} while (!csv->last);
	return ERR_OK;
}

static enum err read_row(
	struct csv *csv, struct ledger_rows *rows, const char *const *names, unsigned count, struct errinfo *info)
{
	enum err err = ERR_OK;
	unsigned i = 0;

	ledger_row_begin(rows, (struct ledger_place){.line = csv->line, .column = 1});
	do {
		char *text;
		err = next_field(csv, &text, info);
		if (err)
			break;
		if (i < count)
			err = put_field(csv, rows, names[i++], text, info);
		else
			err = csv_fault(csv, "more fields than the header has", info);
	} while (!err && !csv->last);
	return err ? err : ledger_row_end(rows, info);
}

enum err ledger_csv(char *text, size_t length, struct ledger_rows *rows, struct errinfo *info)
{
	struct csv csv = {.p = text, .end = text + length, .line = 1, .line_start = text};
	const char *names[LEDGER_FIELDS_MAX];
	unsigned count = 0;
	enum err err;

	if (memchr(text, '\0', length) || !text_is_utf8(text, length))
		return errinfo_set(info, ERR_INVALID, "the text is not UTF-8");
	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		csv.p = csv.line_start = text + 3;
	err = read_header(&csv, names, &count, info);
	while (!err && csv.p < csv.end) {
		if (*csv.p == '\n' || *csv.p == '\r') { /* an empty line */
			char *nothing;
			err = next_field(&csv, &nothing, info);
			continue;
		}
		err = read_row(&csv, rows, names, count, info);
	}
	return err;
}
