/* SPDX-License-Identifier: MIT
 *
 * The header line is looked for among the first lines, since spreadsheets have titles above it: the first line with a
 * heading that is known. Whatever is wrong with the header is told once and ends the reading: below a wrong header
 * every row is wrong.
 */
#include "records/ledger_sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "codec/json.h"
#include "records/ledger_csv.h"
#include "records/ledger_map.h"
#include "records/ledger_value.h"

#define HEADER_LINES_MAX 10 /* where it is looked for */
#define KNOWN_BYTES 480     /* of words that are known, in a fault */

/* csv_read: a CSV file while it is read: for each kind of the map its rows, in a buffer of their own. */
struct csv_read {
	struct ledger_csv csv;
	struct ledger_map map;
	struct ledger_faults *faults;
	unsigned kind_count;
	struct ledger_rows rows[LEDGER_TARGETS_MAX];
	struct buf parts[LEDGER_TARGETS_MAX];
	unsigned of_target[LEDGER_TARGETS_MAX]; /* which rows a target's go to */
	unsigned columns;
	char *headings[LEDGER_COLUMNS_MAX];
};

static bool is_separator(const char *p, bool lenient, size_t *out_length)
{
	static const char *const theirs[] = {"、", "，", "；", ",", "/"};

	*out_length = 1;
	if (*p == ' ' || *p == ';')
		return true;
	for (unsigned i = 0; i < sizeof theirs / sizeof *theirs && lenient; i++) {
		*out_length = strlen(theirs[i]);
		if (strncmp(p, theirs[i], *out_length) == 0)
			return true;
	}
	return false;
}

/* put_word gives a value in our word; of a field with a map of words none but those are taken. */
static enum err put_word(struct csv_read *r, struct ledger_rows *rows, const struct ledger_field *field,
	struct ledger_place place, const char *text, struct errinfo *info)
{
	char known[KNOWN_BYTES], wrong[KNOWN_BYTES + 160];

	if ((field->type == LEDGER_WORD || field->type == LEDGER_WORDS || field->type == LEDGER_WEEKDAYS) &&
		!ledger_map_knows(&r->map, field->name, text, known, sizeof known)) {
		rows->cell->told = true;
		rows->cell = NULL;
		snprintf(wrong, sizeof wrong,
			"只能是：%s；别的词先加进列映射的 values (must be one of these: %s; other words go into values "
			"of the "
			"column map first)",
			known, field->words ? field->words : "...");
		return ledger_row_fault(rows, place, field->name, ERR_INVALID, wrong, info);
	}
	return ledger_row_text(rows, ledger_map_word(&r->map, field->name, text), info);
}

static enum err put_words(struct csv_read *r, struct ledger_rows *rows, const struct ledger_field *field,
	struct ledger_place place, const char *text, struct errinfo *info)
{
	enum err err = ERR_OK;

	while (*text && !err && rows->cell) {
		const char *end = text, *word;
		size_t length = 0;
		while (*end && !is_separator(end, r->map.lenient, &length))
			end++;
		if (end > text) {
			word = ledger_memory_keep(r->map.memory, text, (size_t)(end - text));
			err = word ? put_word(r, rows, field, place, word, info)
				   : errinfo_set(info, ERR_NOMEM, "out of memory");
		}
		text = *end ? end + length : end;
	}
	return err;
}

/* unguarded takes off the apostrophe by which spreadsheets, and exports of the registry, mark a text that is no formula
 * and no number. */
static const char *unguarded(const char *text)
{
	size_t marks = strspn(text, "'");

	return marks && text[marks] && strchr("=+@-0123456789", text[marks]) ? text + 1 : text;
}

static enum err put_field(
	struct csv_read *r, struct ledger_rows *rows, const struct ledger_template *of, struct errinfo *info)
{
	int index = ledger_field_find(rows->kind, of->field);
	const struct ledger_field *field = index >= 0 ? ledger_field(rows->kind, index) : NULL;
	bool list = field && field->type >= LEDGER_WORDS;
	struct ledger_place place = r->csv.place;
	const char *text;
	enum err err = ledger_map_text(&r->map, of, r->csv.fields, r->csv.places, r->csv.count, &text, &place, info);

	if (err || !text || !*text)
		return err;
	text = unguarded(text);
	if (r->map.lenient && place.field > 0)
		place.heading = r->headings[place.field - 1];
	err = ledger_row_cell(rows, of->field, list, place, info);
	if (err || !rows->cell)
		return err;
	return list ? put_words(r, rows, field, place, text, info) : put_word(r, rows, field, place, text, info);
}

static enum err put_target(
	struct csv_read *r, const struct ledger_target *target, struct ledger_rows *rows, struct errinfo *info)
{
	struct ledger_place place;
	const char *when = "";
	enum err err = ERR_OK;

	if (target->when.count)
		err = ledger_map_text(
			&r->map, &target->when, r->csv.fields, r->csv.places, r->csv.count, &when, &place, info);
	if (err || !when)
		return err;
	ledger_row_begin(rows, r->csv.place);
	for (unsigned f = 0; f < target->field_count && !err; f++)
		err = put_field(r, rows, &target->fields[f], info);
	return err ? err : ledger_row_end(rows, info);
}

/* put_record makes all rows that a row of the spreadsheet holds, or none of them. */
static enum err put_record(struct csv_read *r, struct errinfo *info)
{
	struct ledger_mark marks[LEDGER_TARGETS_MAX] = {{0}};
	size_t faults = r->faults ? r->faults->count : 0;
	enum err err = ERR_OK;

	for (unsigned i = 0; i < r->kind_count; i++)
		marks[i] = ledger_rows_mark(&r->rows[i]);
	for (unsigned t = 0; t < r->map.target_count && !err; t++)
		err = put_target(r, &r->map.targets[t], &r->rows[r->of_target[t]], info);
	for (unsigned i = 0; !err && r->faults && r->faults->count > faults && i < r->kind_count; i++)
		ledger_rows_back(&r->rows[i], marks[i]);
	return err;
}

/* wrong_count: a row with other than the header's number of cells was cut off, or its cells have moved: what it does
 * not hold would be taken for empty, and empty what the registry has. */
static const char *wrong_count(const struct csv_read *r)
{
	if (r->csv.count > r->columns)
		return "比表头多了单元格；内容里有逗号的要加引号，如 \"1000,5\" (more fields than the header has: a "
		       "text "
		       "with a comma in it stands in quotes)";
	if (r->csv.count < r->columns)
		return "比表头少了单元格，文件不完整？请重新导出 (fewer fields than the header has: is the file cut "
		       "off? export it anew)";
	return NULL;
}

/* put_next makes the rows of the record just read, or notes that its cells are not where they should be. */
static enum err put_next(struct csv_read *r, struct errinfo *info)
{
	const char *kind = r->map.targets[0].kind->name, *wrong = wrong_count(r);
	unsigned last = (r->csv.count < r->columns ? r->csv.count : r->columns + 1) - 1;

	for (unsigned i = 0; i < r->columns && !wrong; i++)
		if (!*r->headings[i] && *r->csv.fields[i]) {
			wrong = "这一列没有表头：单元格错位了，或给这一列写上表头 (this column has no heading: have "
				"the cells "
				"moved? else give it one)";
			last = i;
		}
	return wrong ? ledger_fault(r->faults, kind, "", "", r->csv.places[last], ERR_INVALID, wrong, info)
		     : put_record(r, info);
}

static enum err put_records(struct csv_read *r, struct errinfo *info)
{
	bool more = true;
	enum err err = ERR_OK;

	while (!err) {
		err = ledger_csv_next(&r->csv, &more, info);
		if (err || !more)
			break;
		err = put_next(r, info);
	}
	return err;
}

/* rows_for gives each target the rows of its kind; the first target of a kind opens them. */
static void rows_for(struct csv_read *r, const struct ledger_source *source, size_t limit)
{
	for (unsigned t = 0; t < r->map.target_count; t++) {
		const struct ledger_kind *kind = r->map.targets[t].kind;
		unsigned i = 0;
		while (i < r->kind_count && r->rows[i].kind != kind)
			i++;
		r->of_target[t] = i;
		if (i < r->kind_count)
			continue;
		buf_init(&r->parts[i], limit);
		ledger_rows_begin(&r->rows[i], kind, source, r->faults, &r->parts[i]);
		r->rows[i].lenient = r->map.lenient;
		r->rows[i].repeatable = r->map.lenient;
		r->kind_count++;
	}
}

/* is_spoken_of: the file has a column for it, or the map says it for every row. */
static bool is_spoken_of(const struct ledger_template *of)
{
	bool headings = false;

	for (unsigned i = 0; i < of->count; i++) {
		if (of->segments[i].is_heading && of->segments[i].column >= 0)
			return true;
		headings = headings || of->segments[i].is_heading;
	}
	return !headings;
}

/* put_columns appends which fields a file speaks of: what it does not speak of stays as it is. */
static void put_columns(const struct csv_read *r, struct buf *out)
{
	json_key(out, "@columns");
	json_open(out, '{');
	for (unsigned i = 0; i < r->kind_count; i++) {
		const struct ledger_kind *kind = r->rows[i].kind;
		uint64_t spoken = 0;
		for (unsigned t = 0; t < r->map.target_count; t++)
			for (unsigned f = 0; r->of_target[t] == i && f < r->map.targets[t].field_count; f++) {
				const struct ledger_template *of = &r->map.targets[t].fields[f];
				int index = ledger_field_find(kind, of->field);
				spoken |= index >= 0 && is_spoken_of(of) ? UINT64_C(1) << index : 0;
			}
		json_key(out, kind->name);
		json_open(out, '[');
		for (unsigned f = 0; kind->fields[f].name; f++)
			if (spoken >> f & 1)
				json_text(out, kind->fields[f].name);
		json_close(out, ']');
	}
	json_close(out, '}');
}

static enum err join(struct csv_read *r, struct buf *out, struct errinfo *info)
{
	for (unsigned i = 0; i < r->kind_count; i++) {
		enum err err = ledger_rows_end(&r->rows[i], info);
		if (err)
			return err;
		if (i)
			buf_byte(out, ',');
		buf_append(out, r->parts[i].data, r->parts[i].length);
	}
	if (r->faults)
		put_columns(r, out);
	return ERR_OK;
}

/* ---- the header line ---- */

static bool is_header(const struct csv_read *r, const struct ledger_kind *kind, bool mapped)
{
	for (unsigned i = 0; i < r->csv.count; i++)
		if (mapped ? ledger_map_names(&r->map, r->csv.fields[i])
			   : ledger_field_find(kind, r->csv.fields[i]) >= 0)
			return true;
	return false;
}

/* find_header reads up to the header line; *out_found false: that there is none is noted. */
static enum err find_header(
	struct csv_read *r, const struct ledger_kind *kind, bool mapped, bool *out_found, struct errinfo *info)
{
	struct ledger_place first = {.line = 1, .column = 1};
	bool more = false;
	enum err err = ERR_OK;

	*out_found = false;
	for (unsigned i = 0; i < HEADER_LINES_MAX && !err && !*out_found; i++) {
		err = ledger_csv_next(&r->csv, &more, info);
		if (err || !more)
			break;
		if (!i)
			first = r->csv.places[0];
		*out_found = is_header(r, kind, mapped);
	}
	if (!err && !r->csv.record)
		return errinfo_set(info, ERR_INVALID, "文件是空的 (the document is empty)");
	if (err || *out_found)
		return err;
	return ledger_fault(r->faults, kind ? kind->name : r->map.targets[0].kind->name, "", "", first, ERR_INVALID,
		"前 10 行里没有认识的表头：删去表格上方的标题行，或改列映射 (none of the first 10 lines has a heading "
		"that is "
		"known: remove titles above the header line, or mend the column map)",
		info);
}

/* tell_unknown: without a map each heading is a field of the kind. */
static enum err tell_unknown(struct csv_read *r, const struct ledger_kind *kind, struct errinfo *info)
{
	char text[KNOWN_BYTES];
	enum err err = ERR_OK;

	for (unsigned i = 0; i < r->columns && !err; i++) {
		struct ledger_place place = r->csv.places[i];
		unsigned first = 0;
		if (!*r->headings[i])
			continue;
		while (strcmp(r->headings[first], r->headings[i]) != 0)
			first++;
		if (first < i) {
			err = ledger_fault_double(
				r->faults, kind->name, r->headings[i], place, r->csv.places[first], info);
		} else if (ledger_field_find(kind, r->headings[i]) < 0) {
			size_t length = (size_t)snprintf(text, sizeof text,
				"没有这个字段 (unknown key \"%.40s\"); %s:", r->headings[i], kind->name);
			for (const struct ledger_field *f = kind->fields; f->name && length < sizeof text; f++)
				length += (size_t)snprintf(text + length, sizeof text - length, " %s", f->name);
			err = ledger_fault(r->faults, kind->name, "", "", place, ERR_INVALID, text, info);
		}
	}
	return err;
}

/* read_header finds the header line and what its columns are; *out_good false: its faults are noted. */
static enum err read_header(struct csv_read *r, const struct ledger_kind *kind, const struct ledger_source *source,
	bool *out_good, struct errinfo *info)
{
	bool mapped = *source->map != '\0';
	enum err err = mapped ? ledger_map_read(source->map, strlen(source->map), &r->map, info) : ERR_OK;

	*out_good = false;
	if (!err)
		err = find_header(r, kind, mapped, out_good, info);
	if (err || !*out_good)
		return err;
	r->columns = r->csv.count;
	memcpy(r->headings, r->csv.fields, r->columns * sizeof *r->headings);
	if (mapped)
		err = ledger_map_bind(&r->map, r->headings, r->csv.places, r->columns, r->faults, info);
	else
		err = tell_unknown(r, kind, info);
	*out_good = !r->faults || !r->faults->count;
	return err || mapped ? err : ledger_map_plain(kind, r->headings, r->columns, &r->map, info);
}

static enum err read_records(struct csv_read *r, const struct ledger_kind *kind, const struct ledger_source *source,
	struct buf *out, struct errinfo *info)
{
	bool good;
	enum err err = read_header(r, kind, source, &good, info);

	if (err || !good)
		return err;
	rows_for(r, source, out->limit);
	err = put_records(r, info);
	return err ? err : join(r, out, info);
}

enum err ledger_sheet_read(const struct ledger_kind *kind, const struct ledger_source *source,
	struct ledger_faults *faults, struct buf *out, struct errinfo *info)
{
	struct csv_read *r = calloc(1, sizeof *r);
	char *copy = malloc(source->length + 1);
	enum err err = ERR_OK;

	if (!r || !copy)
		err = errinfo_set(info, ERR_NOMEM, "out of memory");
	else if (memchr(source->text, '\0', source->length) || !text_is_utf8(source->text, source->length))
		err = errinfo_set(info, ERR_INVALID, "the text is not UTF-8");
	if (copy && !err) {
		memcpy(copy, source->text, source->length);
		copy[source->length] = '\0';
		ledger_csv_open(&r->csv, copy, source->length);
		r->faults = faults;
		err = read_records(r, kind, source, out, info);
	}
	for (unsigned i = 0; r && i < r->kind_count; i++) {
		ledger_rows_fini(&r->rows[i]);
		buf_fini(&r->parts[i]);
	}
	if (r)
		ledger_map_fini(&r->map);
	free(r);
	free(copy);
	return err;
}
