/* SPDX-License-Identifier: MIT */
#include "records/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "codec/json.h"
#include "base/text.h"
#include "records/ledger_csv.h"
#include "records/ledger_map.h"
#include "records/ledger_row.h"

static struct ledger_place place_of(const yaml_node_t *node)
{
	return (struct ledger_place){
		.line = (int)node->start_mark.line + 1, .column = (int)node->start_mark.column + 1};
}

static enum err fault(const yaml_node_t *node, const char *kind, const char *what, struct errinfo *info)
{
	struct ledger_place at = place_of(node);

	return errinfo_at(info, ERR_INVALID, NULL, at.line, at.column, "%s: %s", kind, what);
}

static const char *scalar(const yaml_node_t *node)
{
	if (node->type != YAML_SCALAR_NODE || strlen((const char *)node->data.scalar.value) != node->data.scalar.length)
		return NULL;
	return (const char *)node->data.scalar.value;
}

static bool is_null(const yaml_node_t *node)
{
	const char *text = scalar(node);

	return text && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (!*text || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

/* yaml_read: a YAML document while it is read. */
struct yaml_read {
	yaml_document_t *doc;
	const struct ledger_source *source;
	struct ledger_faults *faults;
	struct buf *out;
	struct errinfo *info;
};

static enum err put_value(
	yaml_document_t *doc, const yaml_node_t *value, struct ledger_rows *rows, struct errinfo *info)
{
	enum err err = ERR_OK;

	if (value->type == YAML_SCALAR_NODE)
		return scalar(value) ? ledger_row_text(rows, scalar(value), info)
				     : fault(value, rows->kind->name, "a text holds a NUL", info);
	for (yaml_node_item_t *item = value->data.sequence.items.start; !err && item < value->data.sequence.items.top;
		item++) {
		const yaml_node_t *node = yaml_document_get_node(doc, *item);
		err = scalar(node) ? ledger_row_text(rows, scalar(node), info)
				   : fault(node, rows->kind->name, "a list holds plain values", info);
	}
	return err;
}

static enum err put_row(yaml_document_t *doc, const yaml_node_t *row, struct ledger_rows *rows, struct errinfo *info)
{
	enum err err = ERR_OK;

	if (row->type != YAML_MAPPING_NODE)
		return fault(row, rows->kind->name, "each row is a mapping", info);
	ledger_row_begin(rows, place_of(row));
	for (yaml_node_pair_t *pair = row->data.mapping.pairs.start; !err && pair < row->data.mapping.pairs.top;
		pair++) {
		const yaml_node_t *key = yaml_document_get_node(doc, pair->key);
		const yaml_node_t *value = yaml_document_get_node(doc, pair->value);
		if (!scalar(key))
			return fault(key, rows->kind->name, "a key is a word", info);
		if (value->type == YAML_MAPPING_NODE)
			return fault(value, rows->kind->name, "a value is a text or a list", info);
		if (is_null(value))
			continue;
		err = ledger_row_cell(rows, scalar(key), value->type == YAML_SEQUENCE_NODE, place_of(value), info);
		if (!err)
			err = put_value(doc, value, rows, info);
	}
	return err ? err : ledger_row_end(rows, info);
}

static enum err put_kind(const struct yaml_read *r, const struct ledger_kind *kind, const yaml_node_t *list)
{
	struct ledger_rows rows;
	enum err err = ERR_OK;

	if (list->type != YAML_SEQUENCE_NODE && !is_null(list))
		return fault(list, kind->name, "must be a list of rows", r->info);
	ledger_rows_begin(&rows, kind, r->source, r->faults, r->out);
	if (list->type == YAML_SEQUENCE_NODE)
		for (yaml_node_item_t *item = list->data.sequence.items.start;
			!err && item < list->data.sequence.items.top; item++)
			err = put_row(r->doc, yaml_document_get_node(r->doc, *item), &rows, r->info);
	if (!err)
		err = ledger_rows_end(&rows, r->info);
	ledger_rows_fini(&rows);
	return err;
}

/* unknown_kind names those that there are. */
static enum err unknown_kind(const yaml_node_t *key, struct errinfo *info)
{
	struct ledger_place at = place_of(key);
	char names[ERR_TEXT_BYTES] = "";

	for (const struct ledger_kind *kind = ledger_kinds; kind->name; kind++) {
		size_t length = strlen(names);
		snprintf(names + length, sizeof names - length, "%s%s", length ? ", " : "", kind->name);
	}
	return errinfo_at(info, ERR_INVALID, NULL, at.line, at.column, "ledger: unknown kind (%s)", names);
}

static enum err put_ledger(const struct yaml_read *r, const yaml_node_t *root)
{
	uint64_t seen = 0;

	if (root->type != YAML_MAPPING_NODE)
		return fault(root, "ledger", "must be a mapping of kinds to lists", r->info);
	for (yaml_node_pair_t *pair = root->data.mapping.pairs.start; pair < root->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = yaml_document_get_node(r->doc, pair->key);
		const struct ledger_kind *kind = scalar(key) ? ledger_kind_find(scalar(key)) : NULL;
		enum err err;
		if (!kind)
			return unknown_kind(key, r->info);
		if (seen >> (kind - ledger_kinds) & 1)
			return fault(key, kind->name, "stands twice", r->info);
		seen |= UINT64_C(1) << (kind - ledger_kinds);
		err = put_kind(r, kind, yaml_document_get_node(r->doc, pair->value));
		if (err)
			return err;
	}
	return ERR_OK;
}

static enum err yaml_fault(const yaml_parser_t *parser, struct errinfo *info)
{
	if (parser->error == YAML_MEMORY_ERROR)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	return errinfo_at(info, ERR_INVALID, NULL, (int)parser->problem_mark.line + 1,
		(int)parser->problem_mark.column + 1, "%s", parser->problem ? parser->problem : "no YAML");
}

/* only_document: nothing may follow the first document. */
static enum err only_document(yaml_parser_t *parser, struct errinfo *info)
{
	yaml_document_t more;
	enum err err = ERR_OK;

	if (!yaml_parser_load(parser, &more))
		return yaml_fault(parser, info);
	if (yaml_document_get_root_node(&more))
		err = errinfo_at(info, ERR_INVALID, NULL, (int)more.start_mark.line + 1, 1, "a second document");
	yaml_document_delete(&more);
	return err;
}

static enum err read_yaml(const struct ledger_kind *kind, const struct ledger_source *source,
	struct ledger_faults *faults, struct buf *out, struct errinfo *info)
{
	yaml_parser_t parser;
	yaml_document_t doc;
	const struct yaml_read r = {.doc = &doc, .source = source, .faults = faults, .out = out, .info = info};
	const yaml_node_t *root;
	enum err err;

	if (!yaml_parser_initialize(&parser))
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)source->text, source->length);
	if (!yaml_parser_load(&parser, &doc)) {
		err = yaml_fault(&parser, info);
		goto free_parser;
	}
	root = yaml_document_get_root_node(&doc);
	if (!root)
		err = errinfo_set(info, ERR_INVALID, "the document is empty");
	else
		err = kind ? put_kind(&r, kind, root) : put_ledger(&r, root);
	if (!err)
		err = only_document(&parser, info);
	yaml_document_delete(&doc);
free_parser:
	yaml_parser_delete(&parser);
	return err;
}

/* ---- CSV ---- */

/* csv_read: a CSV file while it is read: for each kind of the map its rows, in a buffer of their own. */
struct csv_read {
	struct ledger_csv csv;
	struct ledger_map map;
	struct ledger_faults *faults;
	unsigned kind_count;
	struct ledger_rows rows[LEDGER_TARGETS_MAX];
	struct buf parts[LEDGER_TARGETS_MAX];
	unsigned of_target[LEDGER_TARGETS_MAX]; /* which rows a target's go to */
	const char *headings[LEDGER_COLUMNS_MAX];
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

static enum err put_words(
	struct csv_read *r, struct ledger_rows *rows, const char *field, const char *text, struct errinfo *info)
{
	enum err err = ERR_OK;

	while (*text && !err) {
		const char *end = text, *word;
		size_t length = 0;
		while (*end && !is_separator(end, r->map.lenient, &length))
			end++;
		if (end > text) {
			word = ledger_memory_keep(r->map.memory, text, (size_t)(end - text));
			err = word ? ledger_row_text(rows, ledger_map_word(&r->map, field, word), info)
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
	bool list = index >= 0 && ledger_field(rows->kind, index)->type >= LEDGER_WORDS;
	struct ledger_place place = r->csv.place;
	const char *text;
	enum err err = ledger_map_text(&r->map, of, r->csv.fields, r->csv.places, r->csv.count, &text, &place, info);

	if (err || !text || !*text)
		return err;
	text = unguarded(text);
	if (r->map.lenient && place.field > 0)
		place.heading = r->headings[place.field - 1];
	err = ledger_row_cell(rows, of->field, list, place, info);
	if (err || !list)
		return err ? err : ledger_row_text(rows, ledger_map_word(&r->map, of->field, text), info);
	return put_words(r, rows, of->field, text, info);
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
static const char *wrong_count(const struct csv_read *r, unsigned columns)
{
	if (r->csv.count > columns)
		return "more fields than the header has";
	if (r->csv.count < columns)
		return "比表头少了单元格，文件不完整？请重新导出 (fewer fields than the header has: is the file cut "
		       "off? "
		       "export it anew)";
	return NULL;
}

static enum err put_records(struct csv_read *r, unsigned columns, struct errinfo *info)
{
	const char *kind = r->map.targets[0].kind->name;
	bool more = true;
	enum err err = ERR_OK;

	while (!err) {
		err = ledger_csv_next(&r->csv, &more, info);
		if (err || !more)
			break;
		const char *wrong = wrong_count(r, columns);
		unsigned last = (r->csv.count < columns ? r->csv.count : columns + 1) - 1;
		err = wrong ? ledger_fault(r->faults, kind, "", "", r->csv.places[last], ERR_INVALID, wrong, info)
			    : put_record(r, info);
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

/* put_columns appends which fields a file speaks of: what it does not speak of stays as it is. */
static void put_columns(const struct csv_read *r, struct buf *out)
{
	json_key(out, "@columns");
	json_open(out, '{');
	for (unsigned i = 0; i < r->kind_count; i++) {
		uint64_t seen = 0;
		json_key(out, r->rows[i].kind->name);
		json_open(out, '[');
		for (unsigned t = 0; t < r->map.target_count; t++) {
			for (unsigned f = 0; r->of_target[t] == i && f < r->map.targets[t].field_count; f++) {
				int index = ledger_field_find(r->rows[i].kind, r->map.targets[t].fields[f].field);
				if (index >= 0 && !(seen >> index & 1) && r->rows[i].kind->fields[index].name)
					json_text(out, r->rows[i].kind->fields[index].name);
				seen |= index >= 0 ? UINT64_C(1) << index : 0;
			}
		}
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

static enum err read_records(struct csv_read *r, const struct ledger_kind *kind, const struct ledger_source *source,
	struct buf *out, struct errinfo *info)
{
	struct ledger_place places[1] = {{.line = 1, .column = 1}};
	unsigned columns;
	bool more = false;
	enum err err = ledger_csv_next(&r->csv, &more, info);

	if (!err && !more)
		err = errinfo_set(info, ERR_INVALID, "the document is empty");
	if (err)
		return err;
	columns = r->csv.count;
	for (unsigned i = 0; i < columns; i++)
		r->headings[i] = r->csv.fields[i];
	err = *source->map ? ledger_map_read(source->map, strlen(source->map), &r->map, info)
			   : ledger_map_plain(kind, r->csv.fields, columns, &r->map, info);
	if (!err && *source->map)
		err = ledger_map_bind(&r->map, r->csv.fields, places, columns, r->faults, info);
	if (err)
		return err;
	rows_for(r, source, out->limit);
	err = put_records(r, columns, info);
	return err ? err : join(r, out, info);
}

static enum err read_csv(const struct ledger_kind *kind, const struct ledger_source *source,
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

enum err ledger_read(
	const struct ledger_source *source, struct ledger_faults *faults, struct buf *out, struct errinfo *info)
{
	const struct ledger_kind *one = ledger_kind_find(source->kind);
	bool csv = strcmp(source->format, "csv") == 0;
	enum err err;

	if (!one && strcmp(source->kind, "ledger") != 0)
		return errinfo_set(info, ERR_INVALID,
			"kind: \"%.40s\" is none; ledger, households, elders, devices, ...", source->kind);
	if (!csv && strcmp(source->format, "yaml") != 0)
		return errinfo_set(info, ERR_INVALID, "format: must be yaml or csv");
	if (csv && !one && !*source->map)
		return errinfo_set(info, ERR_INVALID, "format: CSV holds one kind; say which");
	if (!csv && *source->map)
		return errinfo_set(info, ERR_INVALID, "map: a column map is for CSV");
	json_open(out, '{');
	err = csv ? read_csv(one, source, faults, out, info) : read_yaml(one, source, faults, out, info);
	json_close(out, '}');
	if (!err && out->failed)
		err = errinfo_set(info, out->failed, "the document is too long");
	return err;
}

enum err ledger_check(
	const char *kind, const char *format, const char *text, size_t length, struct buf *out, struct errinfo *info)
{
	const struct ledger_source source = {
		.kind = kind, .format = format, .text = text, .length = length, .map = "", .now = WALL_NONE};

	return ledger_read(&source, NULL, out, info);
}
