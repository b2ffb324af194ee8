/* SPDX-License-Identifier: MIT */
#include "jq/json_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define DUPLICATES_LOOKED_FOR 64u /* members of an object; more would cost more than the hint is worth */

struct parse {
	struct json_tree *tree;
	const char *start, *p, *end;
	unsigned depth, depth_max;
	enum err err;
	const char *word, *what; /* of the first fault */
	const char *at;
};

void json_tree_init(struct json_tree *tree)
{
	*tree = (struct json_tree){0};
}

void json_tree_fini(struct json_tree *tree)
{
	free(tree->nodes);
	free(tree->text);
	json_tree_init(tree);
}

static bool fail(struct parse *s, enum err err, const char *word, const char *what)
{
	if (!s->err) {
		s->err = err;
		s->word = word;
		s->what = what;
		s->at = s->p;
	}
	return false;
}

static bool fail_json(struct parse *s, const char *what)
{
	return fail(s, ERR_INVALID, "bad_json", s->p >= s->end ? "the text ends too early" : what);
}

static void skip_space(struct parse *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\t' || *s->p == '\r'))
		s->p++;
}

static uint32_t add_node(struct parse *s)
{
	struct json_tree *tree = s->tree;

	if (tree->count == tree->capacity) {
		uint32_t capacity = tree->capacity ? tree->capacity * 2 : 64;
		struct json_node *more = realloc(tree->nodes, capacity * sizeof *more);
		if (!more) {
			fail(s, ERR_NOMEM, "no_memory", "out of memory");
			return UINT32_MAX;
		}
		tree->nodes = more;
		tree->capacity = capacity;
	}
	tree->nodes[tree->count] = (struct json_node){0};
	return tree->count++;
}

/* ---- strings ---- */

static bool read_hex(struct parse *s, uint32_t *out)
{
	uint32_t value = 0;

	if (s->end - s->p < 4)
		return s->p = s->end, fail_json(s, "");
	for (int i = 0; i < 4; i++, s->p++) {
		char c = *s->p;
		if (c >= '0' && c <= '9')
			value = value << 4 | (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			value = value << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return fail_json(s, "\\u wants four hexadecimal digits");
	}
	*out = value;
	return true;
}

static char *put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		*out++ = (char)c;
	} else if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
		*out++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*out++ = (char)(0xe0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	} else {
		*out++ = (char)(0xf0 | c >> 18);
		*out++ = (char)(0x80 | (c >> 12 & 0x3f));
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	}
	return out;
}

/* read_escape reads what follows a backslash. A lone surrogate becomes U+FFFD, as jq does it. */
static bool read_escape(struct parse *s, char **out)
{
	static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	uint32_t c, low;

	if (s->p == s->end)
		return fail_json(s, "");
	const char *name = *s->p ? strchr(names, *s->p) : NULL;
	if (name) {
		s->p++;
		*(*out)++ = bytes[name - names];
		return true;
	}
	if (*s->p != 'u')
		return fail_json(s, "unknown escape in a string");
	s->p++;
	if (!read_hex(s, &c))
		return false;
	if (c >= 0xd800 && c < 0xdc00 && s->end - s->p >= 6 && s->p[0] == '\\' && s->p[1] == 'u') {
		const char *back = s->p;
		s->p += 2;
		if (!read_hex(s, &low))
			return false;
		if (low >= 0xdc00 && low < 0xe000)
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		else
			s->p = back;
	}
	*out = put_utf8(*out, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
	return true;
}

/* read_escaped goes on with a string whose first escape is at s->p. All strings together, unescaped, are shorter than
 * the payload, so that room for it is room for all, and what points there never moves. */
static bool read_escaped(struct parse *s, const char *from, const char **out_text, uint32_t *out_length)
{
	struct json_tree *tree = s->tree;
	size_t needed = (size_t)(s->end - s->start);

	if (tree->text_capacity < needed && !tree->text_used) {
		char *more = realloc(tree->text, needed);
		if (!more)
			return fail(s, ERR_NOMEM, "no_memory", "out of memory");
		tree->text = more;
		tree->text_capacity = needed;
	}
	char *begin = tree->text + tree->text_used, *out = begin;
	memcpy(out, from, (size_t)(s->p - from));
	out += s->p - from;
	for (;;) {
		if (s->p == s->end || (unsigned char)*s->p < 0x20)
			return fail_json(s, "a control character in a string; it must be escaped");
		char c = *s->p++;
		if (c == '"')
			break;
		if (c != '\\')
			*out++ = c;
		else if (!read_escape(s, &out))
			return false;
	}
	*out_text = begin;
	*out_length = (uint32_t)(out - begin);
	tree->text_used += (size_t)(out - begin);
	return true;
}

static bool read_string(struct parse *s, const char **out_text, uint32_t *out_length)
{
	const char *from = ++s->p;

	while (s->p < s->end && (unsigned char)*s->p >= 0x20 && *s->p != '"' && *s->p != '\\')
		s->p++;
	if (s->p == s->end || (unsigned char)*s->p < 0x20)
		return fail_json(s, "a control character in a string; it must be escaped");
	if (*s->p == '\\')
		return read_escaped(s, from, out_text, out_length);
	*out_text = from;
	*out_length = (uint32_t)(s->p++ - from);
	return true;
}

/* ---- values ---- */

static bool read_word(struct parse *s, const char *word, struct json_node *node, enum json_kind kind)
{
	size_t length = strlen(word);

	if ((size_t)(s->end - s->p) < length || memcmp(s->p, word, length) != 0)
		return fail_json(s, "no JSON value (an object, array, string, number, true, false or null)");
	s->p += length;
	node->kind = kind;
	return true;
}

static bool read_number(struct parse *s, struct json_node *node)
{
	size_t length = json_number_read(s->p, (size_t)(s->end - s->p), &node->number);

	if (!length)
		return fail_json(s, "no JSON number, or too large a one");
	s->p += length;
	node->kind = JSON_TREE_NUMBER;
	return true;
}

static void note_duplicate(struct json_tree *tree, const struct json_node *object, const struct json_node *fresh)
{
	if (object->count > DUPLICATES_LOOKED_FOR || tree->duplicate[0])
		return;
	for (uint32_t i = object->first; i; i = tree->nodes[i].next) {
		const struct json_node *other = &tree->nodes[i];
		if (other != fresh && other->key_length == fresh->key_length &&
			!memcmp(other->key, fresh->key, fresh->key_length)) {
			snprintf(tree->duplicate, sizeof tree->duplicate, "\"%.*s\"",
				(int)(fresh->key_length < 40 ? fresh->key_length : 40), fresh->key);
			return;
		}
	}
}

static void link_child(struct json_tree *tree, uint32_t parent, uint32_t child)
{
	struct json_node *node = &tree->nodes[parent];

	if (node->last)
		tree->nodes[node->last].next = child;
	else
		node->first = child;
	node->last = child;
	node->count++;
}

static bool read_value(struct parse *s, uint32_t index);

static bool read_key(struct parse *s, struct json_node *node)
{
	if (s->p == s->end || *s->p != '"')
		return fail_json(s, "a key in double quotes is expected");
	if (!read_string(s, &node->key, &node->key_length))
		return false;
	skip_space(s);
	if (s->p == s->end || *s->p != ':')
		return fail_json(s, "a colon is expected after a key");
	s->p++;
	skip_space(s);
	return true;
}

static bool read_child(struct parse *s, uint32_t parent, bool object)
{
	struct json_node key = {0};

	if (object && !read_key(s, &key))
		return false;
	uint32_t child = add_node(s);
	if (child == UINT32_MAX)
		return false;
	s->tree->nodes[child].key = key.key;
	s->tree->nodes[child].key_length = key.key_length;
	link_child(s->tree, parent, child);
	if (object)
		note_duplicate(s->tree, &s->tree->nodes[parent], &s->tree->nodes[child]);
	return read_value(s, child);
}

static bool read_container(struct parse *s, uint32_t index)
{
	bool object = *s->p == '{';
	char close = object ? '}' : ']';

	s->tree->nodes[index].kind = object ? JSON_TREE_OBJECT : JSON_TREE_ARRAY;
	if (++s->depth > s->depth_max)
		return fail(s, ERR_RANGE, "too_deep", "nested too deeply");
	s->p++;
	skip_space(s);
	if (s->p < s->end && *s->p == close) {
		s->p++;
		s->depth--;
		return true;
	}
	for (;;) {
		if (!read_child(s, index, object))
			return false;
		skip_space(s);
		if (s->p == s->end || (*s->p != ',' && *s->p != close))
			return fail_json(s, object ? "a comma or } is expected" : "a comma or ] is expected");
		if (*s->p++ == close)
			break;
		skip_space(s);
	}
	s->depth--;
	return true;
}

static bool read_value(struct parse *s, uint32_t index)
{
	struct json_node *node = &s->tree->nodes[index];

	if (s->p == s->end)
		return fail_json(s, "");
	switch (*s->p) {
	case '{':
	case '[':
		return read_container(s, index);
	case '"':
		node->kind = JSON_TREE_TEXT;
		return read_string(s, &node->text, &node->length);
	case 't':
		return read_word(s, "true", node, JSON_TREE_TRUE);
	case 'f':
		return read_word(s, "false", node, JSON_TREE_FALSE);
	case 'n':
		return read_word(s, "null", node, JSON_TREE_NULL);
	default:
		if (*s->p == '-' || (*s->p >= '0' && *s->p <= '9'))
			return read_number(s, node);
		return fail_json(s, "no JSON value (an object, array, string, number, true, false or null)");
	}
}

/* ---- whole texts ---- */

static bool is_ascii(const char *bytes, size_t length)
{
	uint64_t word, all = 0;
	size_t i = 0;

	for (; i + sizeof word <= length; i += sizeof word) {
		memcpy(&word, bytes + i, sizeof word);
		all |= word;
	}
	for (; i < length; i++)
		all |= (uint64_t)(unsigned char)bytes[i];
	return !(all & UINT64_C(0x8080808080808080));
}

static void find_bad_utf8(struct parse *s)
{
	for (s->p = s->start; s->p < s->end; s->p++) {
		size_t step = 1;
		while (step < 4 && s->p + step < s->end && ((unsigned char)s->p[step] & 0xc0) == 0x80)
			step++;
		if (!text_is_utf8(s->p, step))
			break;
		s->p += step - 1;
	}
	fail(s, ERR_INVALID, "bad_utf8", "no UTF-8");
}

static void write_reason(const struct parse *s, char *out, size_t size)
{
	unsigned line = 1, column = 1;

	for (const char *p = s->start; p < s->at; p++) {
		if (*p == '\n') {
			line++;
			column = 1;
		} else {
			column++;
		}
	}
	snprintf(out, size, "%s: line %u column %u: %s", s->word, line, column, s->what);
}

enum err json_tree_parse(struct json_tree *tree, const char *bytes, size_t length, unsigned depth_max, char *out_reason,
	size_t reason_size)
{
	struct parse s = {.tree = tree, .start = bytes, .p = bytes, .end = bytes + length, .depth_max = depth_max};

	tree->count = 0;
	tree->text_used = 0;
	tree->duplicate[0] = '\0';
	while (s.end > s.start && !s.end[-1])
		s.end--;
	if (!is_ascii(bytes, (size_t)(s.end - bytes)) && !text_is_utf8(bytes, (size_t)(s.end - bytes)))
		find_bad_utf8(&s);
	if (!s.err && s.end - s.p >= 3 && !memcmp(s.p, "\xef\xbb\xbf", 3))
		s.p += 3;
	skip_space(&s);
	if (!s.err && add_node(&s) == 0 && read_value(&s, 0)) {
		skip_space(&s);
		if (s.p != s.end)
			fail_json(&s, "something follows after the value");
	}
	if (s.err)
		write_reason(&s, out_reason, reason_size);
	return s.err;
}

const struct json_node *json_tree_member(
	const struct json_tree *tree, const struct json_node *object, const char *key, size_t length)
{
	const struct json_node *found = NULL;

	for (uint32_t i = object->first; i; i = tree->nodes[i].next)
		if (tree->nodes[i].key_length == length && !memcmp(tree->nodes[i].key, key, length))
			found = &tree->nodes[i];
	return found;
}

const struct json_node *json_tree_element(const struct json_tree *tree, const struct json_node *array, int64_t index)
{
	if (index < 0)
		index += array->count;
	if (index < 0 || index >= array->count)
		return NULL;
	uint32_t i = array->first;
	while (index--)
		i = tree->nodes[i].next;
	return &tree->nodes[i];
}
