/* SPDX-License-Identifier: MIT
 *
 * json_tree: a device's JSON read once, strictly (RFC 8259), into an array of nodes that the map walks without copying.
 *
 * Why not jansson: the payload has to be read in about a microsecond, refused beyond a depth and with the place of the
 * fault, and keys must keep their bytes; here nothing is allocated once the arrays have grown to the usual size.
 * A tree is reused from message to message; nodes point into the payload, which must outlive them. Accepted beyond
 * the RFC, because devices send it: a byte order mark before, and NUL bytes after the text.
 */
#ifndef CURTAIN_JQ_JSON_TREE_H
#define CURTAIN_JQ_JSON_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum json_kind {
	JSON_TREE_NULL,
	JSON_TREE_FALSE,
	JSON_TREE_TRUE,
	JSON_TREE_NUMBER,
	JSON_TREE_TEXT,
	JSON_TREE_ARRAY,
	JSON_TREE_OBJECT
};

struct json_node {
	enum json_kind kind;
	uint32_t count;              /* elements or members */
	uint32_t first, last, next;  /* indices in nodes; 0 = none (the root is nobody's child) */
	uint32_t key_length, length; /* bytes of key and text; neither is NUL-ended */
	const char *key, *text;
	double number; /* finite */
};

struct json_tree {
	struct json_node *nodes; /* nodes[0] is the root */
	uint32_t count, capacity;
	char *text; /* strings that had escapes */
	size_t text_used, text_capacity;
	char duplicate[48]; /* the first key that stood twice in an object of up to 64 members; its last value counts */
};

/* json_tree_init makes an empty tree; allocates nothing. json_tree_fini frees it. */
void json_tree_init(struct json_tree *tree);
void json_tree_fini(struct json_tree *tree);

/* json_tree_parse reads length bytes. ERR_INVALID, ERR_RANGE (deeper than depth_max) or ERR_NOMEM with a reason that
 * begins with "bad_json", "bad_utf8" or "too_deep" and names line and column. */
enum err json_tree_parse(struct json_tree *tree, const char *bytes, size_t length, unsigned depth_max, char *out_reason,
	size_t reason_size) ERR_MUST_CHECK;

/* json_tree_member gives the member of an object by its key (the last one of that name), NULL if there is none. */
const struct json_node *json_tree_member(
	const struct json_tree *tree, const struct json_node *object, const char *key, size_t length);
/* json_tree_element gives the element of an array; negative indices count from its end; NULL if there is none. */
const struct json_node *json_tree_element(const struct json_tree *tree, const struct json_node *array, int64_t index);

/* json_number_read reads the JSON number that begins at text (RFC 8259 section 6; at most length bytes) and gives how
 * many bytes it has; 0: there is none, or it is not finite. */
size_t json_number_read(const char *text, size_t length, double *out);

#endif
