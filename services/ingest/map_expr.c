/* SPDX-License-Identifier: MIT */
#include "ingest/map_expr.h"

#include <stdio.h>
#include <string.h>

#include "jq/json_jv.h"

/* ---- evaluation ---- */

static const char *kind_of(const struct json_node *node)
{
	static const char *const names[] = {[JSON_TREE_NULL] = "null",
		[JSON_TREE_FALSE] = "boolean",
		[JSON_TREE_TRUE] = "boolean",
		[JSON_TREE_NUMBER] = "number",
		[JSON_TREE_TEXT] = "string",
		[JSON_TREE_ARRAY] = "array",
		[JSON_TREE_OBJECT] = "object"};

	return names[node->kind];
}

static bool fail_step(const struct expr_step *step, const char *kind, char out_reason[PROGRAM_REASON_BYTES])
{
	if (step->key)
		snprintf(out_reason, PROGRAM_REASON_BYTES, "jq: Cannot index %s with \"%.*s\"", kind,
			(int)(step->length < 60 ? step->length : 60), step->key);
	else
		snprintf(out_reason, PROGRAM_REASON_BYTES, "jq: Cannot index %s with number", kind);
	return false;
}

static bool walk_tree(const struct expr_path *path, const struct json_tree *tree, const struct json_node **out,
	char out_reason[PROGRAM_REASON_BYTES])
{
	const struct json_node *node = &tree->nodes[0];

	for (uint8_t i = 0; i < path->count && node && node->kind != JSON_TREE_NULL; i++) {
		const struct expr_step *step = &path->steps[i];
		if (node->kind != (step->key ? JSON_TREE_OBJECT : JSON_TREE_ARRAY)) {
			*out = NULL;
			return step->optional || fail_step(step, kind_of(node), out_reason);
		}
		node = step->key ? json_tree_member(tree, node, step->key, step->length)
				 : json_tree_element(tree, node, step->index);
	}
	*out = node;
	return true;
}

static void topic_value(const struct expr_path *path, const struct expr_source *source, struct map_value *out)
{
	size_t length;
	const char *text = NULL;

	if (path->count == 2) { /* $topic.levels[i]; expr_parse lets no other pass */
		int64_t index = path->steps[1].index;
		index += index < 0 ? source->topic->count : 0;
		if (index >= 0 && index < source->topic->count)
			text = topic_level(source->topic, (uint32_t)index, &length);
	} else {
		text = topic_capture(
			source->pattern, source->topic, path->steps[0].key, path->steps[0].length, &length);
	}
	if (text)
		value_of_text(out, text, length);
	else
		out->kind = VALUE_NULL;
}

static bool path_value(const struct expr_path *path, struct expr_source *source, struct map_value *out,
	char out_reason[PROGRAM_REASON_BYTES])
{
	const struct json_node *node;

	if (path->topic) {
		topic_value(path, source, out);
		return true;
	}
	if (!source->tree) {
		*out = source->root;
		if (!path->count || out->kind == VALUE_NULL)
			return true;
		out->kind = VALUE_NULL;
		return path->steps[0].optional ||
		       fail_step(&path->steps[0], source->root.kind == VALUE_TEXT ? "string" : "number", out_reason);
	}
	if (!walk_tree(path, source->tree, &node, out_reason))
		return false;
	value_of_node(out, node);
	return true;
}

static bool equal(const struct map_value *a, const struct map_value *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == VALUE_NUMBER)
		return a->number == b->number;
	if (a->kind == VALUE_TEXT) /* the constant is never longer than a value keeps */
		return a->length == b->length && a->length < VALUE_TEXT_BYTES && !memcmp(a->text, b->text, a->length);
	return a->kind != VALUE_OTHER;
}

static bool compare(
	const struct expr *expr, struct expr_source *source, bool *out, char out_reason[PROGRAM_REASON_BYTES])
{
	*out = true;
	for (uint8_t i = 0; i < expr->term_count && *out; i++) {
		struct map_value value;
		if (!path_value(&expr->terms[i].path, source, &value, out_reason))
			return false;
		*out = equal(&value, &expr->terms[i].constant) != expr->terms[i].not_equal;
	}
	return true;
}

static bool run(const struct expr *expr, struct expr_source *source, struct map_value *out,
	char out_reason[PROGRAM_REASON_BYTES])
{
	jv value;

	program_start(source->program, expr->number, expr_source_jv(source), expr_source_topic(source));
	switch (program_next(source->program, &value, out_reason)) {
	case PROGRAM_OUTPUT:
		value_of_jv(out, value);
		program_stop(source->program);
		return true;
	case PROGRAM_END:
		out->kind = VALUE_NULL;
		return true;
	case PROGRAM_FAILED:
		break;
	}
	return false;
}

bool expr_eval(const struct expr *expr, struct expr_source *source, struct map_value *out,
	char out_reason[PROGRAM_REASON_BYTES])
{
	bool truth;

	switch (expr->kind) {
	case EXPR_NONE:
		out->kind = VALUE_NULL;
		return true;
	case EXPR_CONSTANT:
		*out = expr->terms[0].constant;
		return true;
	case EXPR_PATH:
		return path_value(&expr->terms[0].path, source, out, out_reason);
	case EXPR_COMPARE:
		if (!compare(expr, source, &truth, out_reason))
			return false;
		out->kind = truth ? VALUE_TRUE : VALUE_FALSE;
		return true;
	case EXPR_PROGRAM:
		return run(expr, source, out, out_reason);
	}
	return false;
}

bool expr_true(const struct expr *expr, struct expr_source *source, bool *out, char out_reason[PROGRAM_REASON_BYTES])
{
	struct map_value value;

	if (expr->kind == EXPR_COMPARE)
		return compare(expr, source, out, out_reason);
	if (!expr_eval(expr, source, &value, out_reason))
		return false;
	*out = value.kind != VALUE_NULL && value.kind != VALUE_FALSE;
	return true;
}

/* ---- what jq is given ---- */

jv expr_source_jv(struct expr_source *source)
{
	if (!jv_is_valid(source->payload)) {
		if (source->tree)
			source->payload = json_jv(source->tree, &source->tree->nodes[0]);
		else if (source->root.kind == VALUE_TEXT)
			source->payload = jv_string_sized(source->root_text, (int)source->root.length);
		else
			source->payload = jv_number(source->root.number);
	}
	return jv_copy(source->payload);
}

jv expr_source_topic(struct expr_source *source)
{
	if (jv_is_valid(source->topic_object))
		return jv_copy(source->topic_object);
	jv object = jv_object(), levels = jv_array();
	size_t length;
	for (uint32_t i = 0; i < source->topic->count; i++) {
		const char *text = topic_level(source->topic, i, &length);
		levels = jv_array_append(levels, jv_string_sized(text, (int)length));
	}
	object = jv_object_set(object, jv_string("levels"), levels);
	for (uint8_t i = 0; i < source->pattern->count; i++) {
		const char *name = source->pattern->levels[i].name;
		const char *text = topic_capture(source->pattern, source->topic, name, strlen(name), &length);
		if (text)
			object = jv_object_set(object, jv_string(name), jv_string_sized(text, (int)length));
	}
	source->topic_object = object;
	return jv_copy(object);
}

void expr_source_next_pattern(struct expr_source *source, const struct topic_pattern *pattern)
{
	jv_free(source->topic_object);
	source->topic_object = jv_invalid();
	source->pattern = pattern;
}

void expr_source_fini(struct expr_source *source)
{
	jv_free(source->payload);
	jv_free(source->topic_object);
	source->payload = source->topic_object = jv_invalid();
}
