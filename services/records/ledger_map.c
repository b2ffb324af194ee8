/* SPDX-License-Identifier: MIT */
#include "records/ledger_map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define MEMORY_BLOCK_BYTES 65536
#define WORDS_MAX 1000

/* ---- memory ---- */

struct ledger_memory_block {
	struct ledger_memory_block *next;
	size_t used, size;
	char bytes[];
};

struct ledger_memory {
	struct ledger_memory_block *blocks;
};

struct ledger_memory *ledger_memory_create(void)
{
	return calloc(1, sizeof(struct ledger_memory));
}

void ledger_memory_destroy(struct ledger_memory *memory)
{
	if (!memory)
		return;
	while (memory->blocks) {
		struct ledger_memory_block *next = memory->blocks->next;
		free(memory->blocks);
		memory->blocks = next;
	}
	free(memory);
}

char *ledger_memory_keep(struct ledger_memory *memory, const char *text, size_t length)
{
	struct ledger_memory_block *block = memory->blocks;
	char *kept;

	if (!block || block->size - block->used < length + 1) {
		size_t size = length + 1 > MEMORY_BLOCK_BYTES ? length + 1 : MEMORY_BLOCK_BYTES;
		block = malloc(sizeof *block + size);
		if (!block)
			return NULL;
		*block = (struct ledger_memory_block){.next = memory->blocks, .size = size};
		memory->blocks = block;
	}
	kept = block->bytes + block->used;
	memcpy(kept, text, length);
	kept[length] = '\0';
	block->used += length + 1;
	return kept;
}

/* ---- reading ---- */

/* reader: one map while it is read. */
struct reader {
	yaml_document_t *doc;
	struct ledger_map *map;
	struct errinfo *info;
};

static enum err bad(const struct reader *r, const yaml_node_t *node, const char *what)
{
	return errinfo_at(r->info, ERR_INVALID, "map", (int)node->start_mark.line + 1, (int)node->start_mark.column + 1,
		"%s", what);
}

static enum err no_memory(const struct reader *r)
{
	return errinfo_set(r->info, ERR_NOMEM, "out of memory");
}

static const char *scalar(const yaml_node_t *node)
{
	return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

static const char *keep(const struct reader *r, const char *text)
{
	return ledger_memory_keep(r->map->memory, text, strlen(text));
}

/* split takes "h-{户号}" apart; NULL or what is wrong. */
static const char *split(struct ledger_memory *memory, const char *text, struct ledger_template *out)
{
	while (*text) {
		struct ledger_segment *segment = &out->segments[out->count];
		bool heading = *text == '{';
		const char *end = heading ? strchr(text, '}') : text + strcspn(text, "{");
		if (out->count == LEDGER_SEGMENTS_MAX)
			return "holds too many parts";
		if (heading && (!end || end == text + 1))
			return "holds a brace that is not closed, or nothing between braces";
		segment->is_heading = heading;
		segment->optional = heading && text[1] == '?';
		segment->column = -1;
		text += heading + segment->optional;
		segment->text = ledger_memory_keep(memory, text, (size_t)(end - text));
		if (!segment->text)
			return "finds no memory";
		out->count++;
		text = end + heading;
	}
	return NULL;
}

static enum err read_template(
	const struct reader *r, const yaml_node_t *node, const char *field, struct ledger_template *out)
{
	const char *wrong;

	out->field = field;
	if (!scalar(node))
		return bad(r, node, "must be a text such as \"h-{户号}\"");
	wrong = split(r->map->memory, scalar(node), out);
	return wrong ? bad(r, node, wrong) : ERR_OK;
}

static enum err read_fields(const struct reader *r, const yaml_node_t *node, struct ledger_target *target)
{
	if (node->type != YAML_MAPPING_NODE)
		return bad(r, node, "fields must be a mapping of fields to texts");
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = yaml_document_get_node(r->doc, pair->key);
		const char *name = scalar(key);
		int index = name ? ledger_field_find(target->kind, name) : -1;
		enum err err;
		if (index < 0)
			return bad(r, key, "is no field of this kind");
		if (target->field_count > LEDGER_FIELDS_MAX)
			return bad(r, key, "stands twice");
		err = read_template(r, yaml_document_get_node(r->doc, pair->value),
			ledger_field(target->kind, index)->name, &target->fields[target->field_count]);
		if (err)
			return err;
		target->field_count++;
	}
	return ERR_OK;
}

static enum err read_target(const struct reader *r, const yaml_node_t *node, struct ledger_target *target)
{
	const yaml_node_t *fields = NULL;
	enum err err = ERR_OK;

	if (node->type != YAML_MAPPING_NODE)
		return bad(r, node, "each of rows is a mapping with kind and fields");
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; !err && pair < node->data.mapping.pairs.top;
		pair++) {
		const yaml_node_t *key = yaml_document_get_node(r->doc, pair->key);
		const yaml_node_t *value = yaml_document_get_node(r->doc, pair->value);
		const char *name = scalar(key) ? scalar(key) : "";
		if (strcmp(name, "kind") == 0) {
			target->kind = scalar(value) ? ledger_kind_find(scalar(value)) : NULL;
			if (!target->kind)
				err = bad(r, value, "is no kind of the registry");
		} else if (strcmp(name, "when") == 0) {
			err = read_template(r, value, "", &target->when);
		} else if (strcmp(name, "fields") == 0) {
			fields = value;
		} else {
			err = bad(r, key, "unknown key; there are kind, when, fields");
		}
	}
	if (!err && (!target->kind || !fields))
		err = bad(r, node, "needs kind and fields");
	return err ? err : read_fields(r, fields, target);
}

static enum err read_rows(const struct reader *r, const yaml_node_t *node)
{
	struct ledger_map *map = r->map;
	size_t count;

	if (node->type != YAML_SEQUENCE_NODE)
		return bad(r, node, "rows must be a list");
	count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	if (!count || count > LEDGER_TARGETS_MAX || map->targets)
		return bad(r, node, "rows must hold 1 to 16 kinds of rows");
	map->targets = calloc(count, sizeof *map->targets);
	if (!map->targets)
		return no_memory(r);
	for (size_t i = 0; i < count; i++) {
		enum err err = read_target(
			r, yaml_document_get_node(r->doc, node->data.sequence.items.start[i]), &map->targets[i]);
		if (err)
			return err;
		map->target_count++;
	}
	return ERR_OK;
}

static enum err read_words(const struct reader *r, const char *field, const yaml_node_t *node)
{
	struct ledger_map *map = r->map;

	if (node->type != YAML_MAPPING_NODE)
		return bad(r, node, "values must be mappings of their words to ours");
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
		const char *theirs = scalar(yaml_document_get_node(r->doc, pair->key));
		const char *ours = scalar(yaml_document_get_node(r->doc, pair->value));
		if (!theirs || !ours || map->word_count == WORDS_MAX)
			return bad(r, node, "values must be words, at most 1000 in all");
		map->words[map->word_count] =
			(struct ledger_word){.field = field, .theirs = keep(r, theirs), .ours = keep(r, ours)};
		if (!map->words[map->word_count].theirs || !map->words[map->word_count].ours)
			return no_memory(r);
		map->word_count++;
	}
	return ERR_OK;
}

static enum err read_values(const struct reader *r, const yaml_node_t *node)
{
	enum err err = ERR_OK;

	if (node->type != YAML_MAPPING_NODE)
		return bad(r, node, "values must be a mapping of fields");
	if (!r->map->words)
		r->map->words = calloc(WORDS_MAX, sizeof *r->map->words);
	if (!r->map->words)
		return no_memory(r);
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; !err && pair < node->data.mapping.pairs.top;
		pair++) {
		const char *field = scalar(yaml_document_get_node(r->doc, pair->key));
		const char *kept = field ? keep(r, field) : NULL;
		err = kept ? read_words(r, kept, yaml_document_get_node(r->doc, pair->value))
			   : bad(r, node, "values must be a mapping of fields");
	}
	return err;
}

static enum err read_root(const struct reader *r, const yaml_node_t *root)
{
	enum err err = ERR_OK;

	if (!root || root->type != YAML_MAPPING_NODE)
		return errinfo_at(r->info, ERR_INVALID, "map", 1, 1, "a column map is a mapping with rows");
	for (yaml_node_pair_t *pair = root->data.mapping.pairs.start; !err && pair < root->data.mapping.pairs.top;
		pair++) {
		const yaml_node_t *key = yaml_document_get_node(r->doc, pair->key);
		const yaml_node_t *value = yaml_document_get_node(r->doc, pair->value);
		const char *name = scalar(key) ? scalar(key) : "";
		if (strcmp(name, "rows") == 0)
			err = read_rows(r, value);
		else if (strcmp(name, "values") == 0)
			err = read_values(r, value);
		else
			err = bad(r, key, "unknown key; there are rows and values");
	}
	if (!err && !r->map->target_count)
		err = bad(r, root, "rows are missing");
	return err;
}

enum err ledger_map_read(const char *yaml, size_t length, struct ledger_map *map, struct errinfo *info)
{
	yaml_parser_t parser;
	yaml_document_t doc;
	struct reader r = {.doc = &doc, .map = map, .info = info};
	enum err err;

	memset(map, 0, sizeof *map);
	map->lenient = true;
	map->memory = ledger_memory_create();
	if (!map->memory || !yaml_parser_initialize(&parser))
		return no_memory(&r);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)yaml, length);
	if (yaml_parser_load(&parser, &doc)) {
		err = read_root(&r, yaml_document_get_root_node(&doc));
		yaml_document_delete(&doc);
	} else {
		err = errinfo_at(info, ERR_INVALID, "map", (int)parser.problem_mark.line + 1,
			(int)parser.problem_mark.column + 1, "%s", parser.problem ? parser.problem : "no YAML");
	}
	yaml_parser_delete(&parser);
	return err;
}

enum err ledger_map_plain(const struct ledger_kind *kind, char *const *headings, unsigned count, struct ledger_map *map,
	struct errinfo *info)
{
	memset(map, 0, sizeof *map);
	map->memory = ledger_memory_create();
	map->targets = calloc(1, sizeof *map->targets);
	if (!map->memory || !map->targets)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	map->target_count = 1;
	map->targets[0].kind = kind;
	for (unsigned i = 0; i < count && map->targets[0].field_count < LEDGER_FIELDS_MAX + 1; i++) {
		struct ledger_template *of = &map->targets[0].fields[map->targets[0].field_count++];
		*of = (struct ledger_template){.field = headings[i], .count = 1};
		of->segments[0] = (struct ledger_segment){.text = headings[i], .is_heading = true, .column = (int)i};
	}
	return ERR_OK;
}

void ledger_map_fini(struct ledger_map *map)
{
	if (!map)
		return;
	free(map->targets);
	free(map->words);
	ledger_memory_destroy(map->memory);
	memset(map, 0, sizeof *map);
}
