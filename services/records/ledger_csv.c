/* SPDX-License-Identifier: MIT */
#include "records/ledger_csv.h"

#include <string.h>

void ledger_csv_open(struct ledger_csv *csv, char *text, size_t length)
{
	size_t first = strcspn(text, ",\t;"); /* a title above the header line may have none */

	memset(csv, 0, sizeof *csv);
	*csv = (struct ledger_csv){.p = text, .end = text + length, .line = 1, .line_start = text, .separator = ','};
	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		csv->p = csv->line_start = text + 3;
	while (first && text[first - 1] != '\n' && text[first - 1] != '\r')
		first--;
	size_t line = strcspn(text + first, "\r\n");
	if (!memchr(text + first, ',', line))
		csv->separator = memchr(text + first, '\t', line) ? '\t' : memchr(text + first, ';', line) ? ';' : ',';
}

static enum err csv_fault(const struct ledger_csv *csv, const char *what, struct errinfo *info)
{
	return errinfo_at(info, ERR_INVALID, NULL, csv->place.line, csv->place.column, "%s", what);
}

/* end_field looks at what follows a field: a separator, the end of the line or of the text; it is overwritten with NUL.
 */
static enum err end_field(struct ledger_csv *csv, char *write, struct errinfo *info)
{
	char next = csv->p < csv->end ? *csv->p : '\n';

	if (next != csv->separator && next != '\n' && next != '\r')
		return csv_fault(csv, "text after a closing quote", info);
	csv->last = next != csv->separator;
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

static enum err next_field(struct ledger_csv *csv, char **out, struct errinfo *info)
{
	char *write = csv->p;

	csv->place = (struct ledger_place){.line = csv->line, .column = (int)(csv->p - csv->line_start) + 1};
	*out = csv->p;
	if (csv->p == csv->end || *csv->p != '"') {
		while (csv->p < csv->end && *csv->p != csv->separator && *csv->p != '\n' && *csv->p != '\r')
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

static enum err next_record(struct ledger_csv *csv, bool *out_empty, struct errinfo *info)
{
	struct ledger_place begin = {.line = csv->line, .column = 1, .record = csv->record + 1};

	csv->record++;
	csv->count = 0;
	*out_empty = true;
	do {
		char *text;
		enum err err = next_field(csv, &text, info);
		if (err)
			return err;
		if (csv->count == LEDGER_COLUMNS_MAX)
			return csv_fault(csv, "more than 200 columns", info);
		if (*text)
			*out_empty = false;
		csv->place.record = csv->record;
		csv->place.field = (int)csv->count + 1;
		csv->places[csv->count] = csv->place;
		csv->fields[csv->count++] = text;
	} while (!csv->last);
	csv->place = begin;
	return ERR_OK;
}

enum err ledger_csv_next(struct ledger_csv *csv, bool *out_more, struct errinfo *info)
{
	bool empty = true;

	while (csv->p < csv->end && empty) {
		enum err err = next_record(csv, &empty, info);
		if (err)
			return err;
	}
	*out_more = !empty;
	return ERR_OK;
}
