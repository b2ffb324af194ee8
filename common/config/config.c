/* SPDX-License-Identifier: MIT
 *
 * A file is loaded as a libyaml document, walked to its leaves, and each leaf is matched with the row of its dotted
 * path. Presets and overrides take the same way through config_set, so that every value meets the same checks.
 */
#include "config/config.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <yaml.h>

#include "base/text.h"
#include "config/value.h"

#define CONFIG_PATH_BYTES 128
#define CONFIG_KEYS_MAX 256
#define CONFIG_DEPTH_MAX 8

struct load {
	const struct config_key *table;
	const char *file;
	char *values;
	bool seen[CONFIG_KEYS_MAX];
	struct errinfo *info;
};

static unsigned table_length(const struct config_key *table)
{
	unsigned count = 0;

	while (table[count].path)
		count++;
	assert(count <= CONFIG_KEYS_MAX);
	return count;
}

/* ---- keys ---- */

static enum err fail_unknown(const struct load *load, const char *path, int line, int column)
{
	const char *nearest = NULL;
	unsigned best = 4;

	for (const struct config_key *key = load->table; key->path; key++) {
		unsigned distance = text_distance(path, key->path);
		const char *last = strrchr(key->path, '.');
		if (last && text_distance(path, last + 1) < distance)
			distance = text_distance(path, last + 1); /* right name, wrong place */
		if (distance < best) {
			best = distance;
			nearest = key->path;
		}
	}
	if (nearest)
		return errinfo_at(load->info, ERR_INVALID, load->file, line, column,
			"unknown key \"%s\"; did you mean \"%s\"?", path, nearest);
	return errinfo_at(
		load->info, ERR_INVALID, load->file, line, column, "unknown key \"%s\"; --check prints all keys", path);
}

static int find_key(const struct load *load, const char *path)
{
	for (int i = 0; load->table[i].path; i++)
		if (!strcmp(load->table[i].path, path))
			return i;
	return -1;
}

/* is_section says whether some key lies below path. */
static bool is_section(const struct load *load, const char *path)
{
	size_t length = strlen(path);

	for (const struct config_key *key = load->table; key->path; key++)
		if (!strncmp(key->path, path, length) && key->path[length] == '.')
			return true;
	return false;
}

/* ---- the walk over the document ---- */

struct place {
	int line, column;
};

static struct place place_of(const yaml_node_t *node)
{
	return (struct place){(int)node->start_mark.line + 1, (int)node->start_mark.column + 1};
}

static enum err set_scalar(struct load *load, int index, const char *text, bool quoted, struct place at)
{
	const struct config_key *key = &load->table[index];
	char fault[ERR_TEXT_BYTES];

	if (config_value_set(key, load->file, text, quoted, load->values + key->offset, fault, sizeof fault))
		return errinfo_at(load->info, ERR_INVALID, load->file, at.line, at.column, "%s: %s", key->path, fault);
	return ERR_OK;
}

static enum err set_list(struct load *load, int index, yaml_document_t *document, const yaml_node_t *node)
{
	const struct config_key *key = &load->table[index];
	struct config_list *list = (struct config_list *)(void *)(load->values + key->offset);
	struct place at = place_of(node);
	size_t count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);

	if (count > CONFIG_LIST_MAX || (double)count < key->min || (key->max > 0 && (double)count > key->max))
		return errinfo_at(load->info, ERR_RANGE, load->file, at.line, at.column,
			"%s: takes %g to %g items, not %zu", key->path, key->min,
			key->max > 0 ? key->max : CONFIG_LIST_MAX, count);
	list->count = 0;
	for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++) {
		const yaml_node_t *value = yaml_document_get_node(document, *item);
		at = place_of(value);
		const char *text = (const char *)value->data.scalar.value;
		if (value->type != YAML_SCALAR_NODE || (*text && !text_is_label(text)) ||
			text_copy(list->text[list->count], CONFIG_LIST_TEXT_BYTES, text))
			return errinfo_at(load->info, ERR_INVALID, load->file, at.line, at.column,
				"%s: each item must be one line of at most %d bytes", key->path,
				CONFIG_LIST_TEXT_BYTES - 1);
		list->count++;
	}
	return ERR_OK;
}

static enum err set_node(
	struct load *load, int index, yaml_document_t *document, const yaml_node_t *node, struct place key_at)
{
	const struct config_key *key = &load->table[index];
	struct place at = place_of(node);

	if (load->seen[index])
		return errinfo_at(load->info, ERR_INVALID, load->file, key_at.line, key_at.column,
			"%s: stands here a second time", key->path);
	load->seen[index] = true;
	if (key->type == CONFIG_LIST) {
		if (node->type != YAML_SEQUENCE_NODE)
			return errinfo_at(load->info, ERR_INVALID, load->file, at.line, at.column,
				"%s: must be a list, e.g. [a, b]", key->path);
		return set_list(load, index, document, node);
	}
	if (node->type != YAML_SCALAR_NODE)
		return errinfo_at(load->info, ERR_INVALID, load->file, at.line, at.column, "%s: must be a single value",
			key->path);
	return set_scalar(load, index, (const char *)node->data.scalar.value,
		node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE, at);
}

static enum err walk(
	struct load *load, yaml_document_t *document, const yaml_node_t *node, const char *prefix, unsigned depth)
{
	struct place at = place_of(node);
	enum err err = ERR_OK;

	if (node->type != YAML_MAPPING_NODE || depth > CONFIG_DEPTH_MAX)
		return errinfo_at(load->info, ERR_INVALID, load->file, at.line, at.column,
			"%s%skeys with values are expected here (name: value)", prefix, *prefix ? ": " : "");
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top && !err;
		pair++) {
		const yaml_node_t *name = yaml_document_get_node(document, pair->key),
				  *value = yaml_document_get_node(document, pair->value);
		char path[CONFIG_PATH_BYTES];
		at = place_of(name);
		if (name->type != YAML_SCALAR_NODE || strlen(prefix) + name->data.scalar.length + 2 > sizeof path)
			return errinfo_at(
				load->info, ERR_INVALID, load->file, at.line, at.column, "a key must be a short text");
		snprintf(
			path, sizeof path, "%s%s%s", prefix, *prefix ? "." : "", (const char *)name->data.scalar.value);
		int index = find_key(load, path);
		if (index >= 0)
			err = set_node(load, index, document, value, at);
		else if (is_section(load, path))
			err = walk(load, document, value, path, depth + 1);
		else
			err = fail_unknown(load, path, at.line, at.column);
	}
	return err;
}

static enum err load_file(struct load *load, const char *file)
{
	FILE *stream = fopen(file, "rbe");
	yaml_parser_t parser;
	yaml_document_t document;
	enum err err = ERR_OK;

	if (!stream)
		return errinfo_at(load->info, ERR_NOT_FOUND, file, 0, 0, "cannot be read: %s", strerror(errno));
	if (!yaml_parser_initialize(&parser)) {
		fclose(stream);
		return errinfo_set(load->info, ERR_NOMEM, "out of memory");
	}
	yaml_parser_set_input_file(&parser, stream);
	load->file = file;
	if (!yaml_parser_load(&parser, &document)) {
		err = errinfo_at(load->info, ERR_INVALID, file, (int)parser.problem_mark.line + 1,
			(int)parser.problem_mark.column + 1, "is no YAML: %s",
			parser.problem ? parser.problem : "unreadable");
	} else {
		const yaml_node_t *root = yaml_document_get_root_node(&document);
		/* An empty file, or one of comments alone, sets nothing. */
		if (root && !(root->type == YAML_SCALAR_NODE && !root->data.scalar.length))
			err = walk(load, &document, root, "", 0);
		yaml_document_delete(&document);
	}
	yaml_parser_delete(&parser);
	fclose(stream);
	return err;
}

/* set_text sets a value from text outside of a file: a preset or an override. A list is written [a, b]. */
static enum err set_text(struct load *load, int index, const char *text)
{
	const struct config_key *key = &load->table[index];

	if (key->type != CONFIG_LIST) {
		bool quoted = !strcmp(text, "\"\"");
		return set_scalar(load, index, quoted ? "" : text, quoted, (struct place){0, 0});
	}
	struct config_list *list = (struct config_list *)(void *)(load->values + key->offset);
	char copy[CONFIG_LIST_MAX * 64], *rest = copy, *item;
	size_t length = strlen(text);
	if (length < 2 || length >= sizeof copy || text[0] != '[' || text[length - 1] != ']')
		return errinfo_at(
			load->info, ERR_INVALID, load->file, 0, 0, "%s: must be a list, e.g. [a, b]", key->path);
	text_cut(copy, length - 1, text + 1);
	list->count = 0;
	while ((item = strsep(&rest, ","))) {
		item += strspn(item, " ");
		item[strcspn(item, " ")] = '\0';
		if (!*item)
			continue;
		if (list->count == CONFIG_LIST_MAX || text_copy(list->text[list->count], CONFIG_LIST_TEXT_BYTES, item))
			return errinfo_at(
				load->info, ERR_RANGE, load->file, 0, 0, "%s: too many or too long items", key->path);
		list->count++;
	}
	if ((double)list->count < key->min || (key->max > 0 && (double)list->count > key->max))
		return errinfo_at(load->info, ERR_RANGE, load->file, 0, 0, "%s: takes %g to %g items", key->path,
			key->min, key->max);
	return ERR_OK;
}

static enum err load_override(struct load *load, const char *override)
{
	const char *equals = strchr(override, '=');
	char path[CONFIG_PATH_BYTES];
	int index;

	load->file = "--set";
	if (!equals || (size_t)(equals - override) >= sizeof path)
		return errinfo_at(load->info, ERR_INVALID, load->file, 0, 0, "\"%s\": write key=value", override);
	text_cut(path, (size_t)(equals - override) + 1, override);
	index = find_key(load, path);
	if (index < 0)
		return fail_unknown(load, path, 0, 0);
	load->seen[index] = true;
	return set_text(load, index, equals + 1);
}

enum err config_load(const struct config_key *table, const char *file, const char *const *overrides, void *out_values,
	size_t values_size, struct errinfo *info)
{
	struct load load = {.table = table, .file = "preset", .values = out_values, .info = info};
	unsigned count = table_length(table);
	enum err err = ERR_OK;

	memset(out_values, 0, values_size);
	for (unsigned i = 0; i < count && !err; i++) {
		assert(table[i].offset + table[i].size <= values_size);
		if (table[i].preset)
			err = set_text(&load, (int)i, table[i].preset);
	}
	if (!err && file)
		err = load_file(&load, file);
	for (; !err && overrides && *overrides; overrides++)
		err = load_override(&load, *overrides);
	for (unsigned i = 0; i < count && !err; i++)
		if (!table[i].preset && !load.seen[i])
			err = errinfo_at(info, ERR_INVALID, file ? file : "--set", 0, 0, "%s is missing: %s",
				table[i].path, table[i].doc);
	if (err)
		memset(out_values, 0, values_size);
	return err;
}

enum err config_secret(const char *path, char *out, size_t size, struct errinfo *info)
{
	FILE *file = fopen(path, "rbe");
	enum err err = ERR_OK;
	struct stat stat;
	char line[4096] = "";

	if (!file)
		return errinfo_at(info, ERR_NOT_FOUND, path, 0, 0, "cannot be read: %s", strerror(errno));
	if (fstat(fileno(file), &stat) || (S_ISREG(stat.st_mode) && (stat.st_mode & (S_IRWXG | S_IRWXO))))
		err = errinfo_at(info, ERR_DENIED, path, 0, 0, "holds a secret, but others may read it: chmod 600");
	else if (!fgets(line, sizeof line, file))
		err = errinfo_at(info, ERR_INVALID, path, 0, 0, "is empty; its first line must be the secret");
	fclose(file);
	if (err)
		return err;
	line[strcspn(line, "\r\n")] = '\0';
	if (!*line || text_copy(out, size, line))
		return errinfo_at(info, ERR_INVALID, path, 1, 1, "the first line must be the secret, at most %zu bytes",
			size - 1);
	return ERR_OK;
}
