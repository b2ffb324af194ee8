/* SPDX-License-Identifier: MIT */
#include "records/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "codec/json.h"
#include "records/ledger_row.h"
#include "records/ledger_sheet.h"

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
	err = csv ? ledger_sheet_read(one, source, faults, out, info) : read_yaml(one, source, faults, out, info);
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
