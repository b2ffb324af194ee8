/* SPDX-License-Identifier: MIT */
#include "config/yaml_in.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "config/value.h"

static enum err check_size(const char *file, FILE *stream, size_t bytes_max, struct errinfo *info)
{
	struct stat status;

	if (fstat(fileno(stream), &status) || !S_ISREG(status.st_mode))
		return errinfo_at(info, ERR_INVALID, file, 0, 0, "is no regular file");
	if (status.st_size > (off_t)bytes_max)
		return errinfo_at(info, ERR_RANGE, file, 0, 0, "is larger than %zu bytes", bytes_max);
	return ERR_OK;
}

enum err yaml_in_load(struct yaml_in *in, const char *file, size_t bytes_max, struct errinfo *info)
{
	FILE *stream = fopen(file, "rbe");
	yaml_parser_t parser;
	enum err err;

	*in = (struct yaml_in){.file = file, .info = info};
	if (!stream)
		return errinfo_at(info, ERR_NOT_FOUND, file, 0, 0, "cannot be read: %s", strerror(errno));
	err = check_size(file, stream, bytes_max, info);
	if (!err && !yaml_parser_initialize(&parser))
		err = errinfo_set(info, ERR_NOMEM, "out of memory");
	if (!err) {
		yaml_parser_set_input_file(&parser, stream);
		in->loaded = yaml_parser_load(&parser, &in->document);
		if (!in->loaded)
			err = errinfo_at(info, ERR_INVALID, file, (int)parser.problem_mark.line + 1,
				(int)parser.problem_mark.column + 1, "is no YAML: %s",
				parser.problem ? parser.problem : "unreadable");
		yaml_parser_delete(&parser);
	}
	fclose(stream);
	return err;
}

void yaml_in_fini(struct yaml_in *in)
{
	if (in->loaded)
		yaml_document_delete(&in->document);
	in->loaded = false;
}

enum err yaml_in_fail(struct yaml_in *in, const yaml_node_t *node, size_t offset, const char *format, ...)
{
	char text[ERR_TEXT_BYTES];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	return errinfo_at(in->info, ERR_INVALID, in->file, (int)node->start_mark.line + 1,
		(int)node->start_mark.column + 1 + (int)offset, "%s", text);
}

static enum err fail_key(
	struct yaml_in *in, const yaml_node_t *key, const char *name, const char *what, const char *const *known)
{
	const char *nearest = NULL;
	unsigned best = 4;

	for (const char *const *word = known; *word; word++) {
		unsigned distance = text_distance(name, *word);
		if (distance < best && distance < strlen(*word)) {
			best = distance;
			nearest = *word;
		}
	}
	if (nearest)
		return yaml_in_fail(in, key, 0, "unknown key \"%s\" of %s; did you mean \"%s\"?", name, what, nearest);
	char all[ERR_TEXT_BYTES / 2] = "";
	size_t length = 0;
	for (const char *const *word = known; *word && length < sizeof all; word++)
		length += (size_t)snprintf(all + length, sizeof all - length, "%s%s", length ? ", " : "", *word);
	return yaml_in_fail(in, key, 0, "unknown key \"%s\" of %s; there are %s", name, what, all);
}

static bool is_among(const char *name, const char *const *known)
{
	for (; *known; known++)
		if (!strcmp(*known, name))
			return true;
	return false;
}

enum err yaml_in_map(struct yaml_in *in, const yaml_node_t *node, const char *what, const char *const *known)
{
	if (node->type != YAML_MAPPING_NODE)
		return yaml_in_fail(in, node, 0, "%s: keys with values are expected here (name: value)", what);
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = yaml_document_get_node(&in->document, pair->key);
		if (key->type != YAML_SCALAR_NODE)
			return yaml_in_fail(in, key, 0, "%s: a key must be a short text", what);
		const char *name = (const char *)key->data.scalar.value;
		if (known && !is_among(name, known))
			return fail_key(in, key, name, what, known);
		for (yaml_node_pair_t *other = node->data.mapping.pairs.start; other < pair; other++) {
			const yaml_node_t *before = yaml_document_get_node(&in->document, other->key);
			if (!strcmp((const char *)before->data.scalar.value, name))
				return yaml_in_fail(in, key, 0, "%s: \"%s\" stands here a second time", what, name);
		}
	}
	return ERR_OK;
}

const yaml_node_t *yaml_in_get(struct yaml_in *in, const yaml_node_t *map, const char *key)
{
	for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; pair++) {
		const yaml_node_t *name = yaml_document_get_node(&in->document, pair->key);
		if (!strcmp((const char *)name->data.scalar.value, key))
			return yaml_document_get_node(&in->document, pair->value);
	}
	return NULL;
}

const yaml_node_t *yaml_in_item(struct yaml_in *in, const yaml_node_t *list, size_t i)
{
	if (i >= yaml_in_count(list))
		return NULL;
	return yaml_document_get_node(&in->document, list->data.sequence.items.start[i]);
}

size_t yaml_in_count(const yaml_node_t *list)
{
	return (size_t)(list->data.sequence.items.top - list->data.sequence.items.start);
}

enum err yaml_in_text(struct yaml_in *in, const yaml_node_t *node, const char *what, size_t max, const char **out)
{
	if (node->type != YAML_SCALAR_NODE)
		return yaml_in_fail(in, node, 0, "%s: must be a single value", what);
	const char *text = (const char *)node->data.scalar.value;
	if (strlen(text) != node->data.scalar.length)
		return yaml_in_fail(in, node, 0, "%s: has a NUL inside", what);
	if (!*text || node->data.scalar.length > max)
		return yaml_in_fail(in, node, 0, "%s: must have 1 to %zu bytes", what, max);
	*out = text;
	return ERR_OK;
}

enum err yaml_in_pair(struct yaml_in *in, const yaml_node_pair_t *pair, const char *what, char *name, size_t name_bytes,
	char *value, size_t value_bytes)
{
	const yaml_node_t *node = yaml_document_get_node(&in->document, pair->key);
	const char *text = NULL;
	enum err err = yaml_in_text(in, node, what, name_bytes - 1, &text);

	if (!err && !text_is_id(text))
		err = yaml_in_fail(in, node, 0, "%s: \"%s\" must be letters, digits, \"_\", \"-\"", what, text);
	if (err)
		return err;
	text_cut(name, name_bytes, text);
	err = yaml_in_text(in, yaml_document_get_node(&in->document, pair->value), name, value_bytes - 1, &text);
	if (!err)
		text_cut(value, value_bytes, text);
	return err;
}

static enum err read_value(
	struct yaml_in *in, const yaml_node_t *node, const char *what, const struct config_key *key, void *out)
{
	char fault[ERR_TEXT_BYTES];
	const char *text = NULL;
	enum err err = yaml_in_text(in, node, what, 200, &text);

	if (err)
		return err;
	if (config_value_set(
		    key, in->file, text, node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE, out, fault, sizeof fault))
		return yaml_in_fail(in, node, 0, "%s: %s", what, fault);
	return ERR_OK;
}

enum err yaml_in_word(struct yaml_in *in, const yaml_node_t *node, const char *what, const char *const *words, int *out)
{
	const struct config_key key = {.path = what, .type = CONFIG_WORD, .size = sizeof(int32_t), .words = words};
	int32_t index = 0;
	enum err err = read_value(in, node, what, &key, &index);

	if (!err)
		*out = index;
	return err;
}

enum err yaml_in_int(
	struct yaml_in *in, const yaml_node_t *node, const char *what, int64_t least, int64_t most, int64_t *out)
{
	const char *text = "";
	char *end = NULL;
	enum err err = yaml_in_text(in, node, what, 20, &text);

	if (err)
		return err;
	long long value = strtoll(text, &end, 10); /* at its ends where it is beyond them: out of range then */
	if (*end || value < least || value > most)
		return yaml_in_fail(in, node, 0, "%s: must be a whole number from %lld to %lld", what, (long long)least,
			(long long)most);
	*out = value;
	return ERR_OK;
}

enum err yaml_in_bool(struct yaml_in *in, const yaml_node_t *node, const char *what, bool *out)
{
	const struct config_key key = {.path = what, .type = CONFIG_BOOL, .size = sizeof *out};

	return read_value(in, node, what, &key, out);
}

enum err yaml_in_duration(struct yaml_in *in, const yaml_node_t *node, const char *what, int64_t *out)
{
	const struct config_key key = {.path = what, .type = CONFIG_DURATION, .size = sizeof *out, .max = 4e12};

	return read_value(in, node, what, &key, out);
}

struct text_place yaml_in_place(const yaml_node_t *node)
{
	yaml_scalar_style_t style = node->data.scalar.style;

	return (struct text_place){.line = (int)node->start_mark.line + 1,
		.column = (int)node->start_mark.column + 1 +
			  (style == YAML_SINGLE_QUOTED_SCALAR_STYLE || style == YAML_DOUBLE_QUOTED_SCALAR_STYLE),
		.block = style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE};
}
