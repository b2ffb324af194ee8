/* SPDX-License-Identifier: MIT */
#include "jq/json_jv.h"

jv json_jv(const struct json_tree *tree, const struct json_node *node)
{
	jv out;

	switch (node->kind) {
	case JSON_TREE_NULL:
		return jv_null();
	case JSON_TREE_FALSE:
		return jv_false();
	case JSON_TREE_TRUE:
		return jv_true();
	case JSON_TREE_NUMBER:
		return jv_number(node->number);
	case JSON_TREE_TEXT:
		return jv_string_sized(node->text ? node->text : "", (int)node->length);
	case JSON_TREE_ARRAY:
		out = jv_array_sized((int)node->count + 1);
		for (uint32_t i = node->first; i; i = tree->nodes[i].next)
			out = jv_array_append(out, json_jv(tree, &tree->nodes[i]));
		return out;
	case JSON_TREE_OBJECT:
		out = jv_object();
		for (uint32_t i = node->first; i; i = tree->nodes[i].next)
			out = jv_object_set(out, jv_string_sized(tree->nodes[i].key, (int)tree->nodes[i].key_length),
				json_jv(tree, &tree->nodes[i]));
		return out;
	}
	return jv_invalid();
}
