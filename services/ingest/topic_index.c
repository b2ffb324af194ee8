/* SPDX-License-Identifier: MIT
 *
 * A tree by levels: each node has its literal children, sorted for a binary search, one child for a level that may be
 * anything, the patterns that end here, and those whose rest is of any length; of these the levels after it are
 * compared one by one.
 */
#include <stdlib.h>
#include <string.h>

#include "ingest/map_topic.h"

struct list {
	uint32_t count, capacity;
	uint32_t *items;
};

struct node {
	const char *text; /* literal; not NUL-ended */
	uint32_t length;
	struct node **children; /* literals, sorted by literal_compare */
	uint32_t child_count;
	struct node *any;
	struct list ends, rests;
};

struct topic_index {
	const struct topic_pattern *const *patterns;
	uint32_t count;
	struct node root;
};

struct find {
	const struct topic_index *index;
	const struct topic *topic;
	uint32_t *out;
	uint32_t count;
};

static int literal_compare(const char *a, size_t a_length, const char *b, size_t b_length)
{
	if (a_length != b_length)
		return a_length < b_length ? -1 : 1;
	return memcmp(a, b, a_length);
}

/* child_place gives where text stands or would have to stand among the children. */
static uint32_t child_place(const struct node *node, const char *text, size_t length, bool *out_found)
{
	uint32_t low = 0, high = node->child_count;

	*out_found = false;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		int order = literal_compare(node->children[middle]->text, node->children[middle]->length, text, length);
		if (!order) {
			*out_found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool list_add(struct list *list, uint32_t item)
{
	if (list->count == list->capacity) {
		uint32_t capacity = list->capacity ? list->capacity * 2 : 4;
		uint32_t *more = realloc(list->items, capacity * sizeof *more);
		if (!more)
			return false;
		list->items = more;
		list->capacity = capacity;
	}
	list->items[list->count++] = item;
	return true;
}

static struct node *literal_child(struct node *node, const struct topic_level *level)
{
	bool found;
	uint32_t place = child_place(node, level->text, level->length, &found);

	if (found)
		return node->children[place];
	struct node **more = realloc(node->children, (node->child_count + 1) * sizeof(struct node *));
	if (!more)
		return NULL;
	node->children = more;
	struct node *fresh = calloc(1, sizeof *fresh);
	if (!fresh)
		return NULL;
	fresh->text = level->text;
	fresh->length = level->length;
	memmove(&more[place + 1], &more[place], (node->child_count - place) * sizeof(struct node *));
	more[place] = fresh;
	node->child_count++;
	return fresh;
}

static struct node *child_for(struct node *node, const struct topic_level *level)
{
	if (level->kind == TOPIC_LITERAL)
		return literal_child(node, level);
	if (!node->any)
		node->any = calloc(1, sizeof *node->any);
	return node->any;
}

static bool insert(struct topic_index *index, uint32_t number)
{
	const struct topic_pattern *pattern = index->patterns[number];
	struct node *node = &index->root;

	for (uint8_t i = 0; i < pattern->count; i++) {
		if ((int)i == pattern->many)
			return list_add(&node->rests, number);
		node = child_for(node, &pattern->levels[i]);
		if (!node)
			return false;
	}
	return list_add(&node->ends, number);
}

static void node_fini(struct node *node)
{
	if (!node)
		return;
	for (uint32_t i = 0; i < node->child_count; i++) {
		node_fini(node->children[i]);
		free(node->children[i]);
	}
	node_fini(node->any);
	free(node->any);
	free(node->children);
	free(node->ends.items);
	free(node->rests.items);
}

struct topic_index *topic_index_create(const struct topic_pattern *const *patterns, uint32_t count)
{
	struct topic_index *index = calloc(1, sizeof *index);

	if (!index)
		return NULL;
	index->patterns = patterns;
	for (uint32_t i = 0; i < count; i++) {
		if (!insert(index, i)) {
			topic_index_destroy(index);
			return NULL;
		}
	}
	return index;
}

void topic_index_destroy(struct topic_index *index)
{
	if (!index)
		return;
	node_fini(&index->root);
	free(index);
}

/* rest_matches says whether what stands after the {name...} or # fits the topic's end. */
static bool rest_matches(const struct topic_pattern *pattern, const struct topic *topic)
{
	uint32_t many = (uint32_t)pattern->many, after = pattern->count - many - 1;

	if (pattern->levels[many].kind == TOPIC_REST)
		return true;
	if (topic->count < many + 1 + after)
		return false;
	for (uint32_t i = 0; i < after; i++) {
		const struct topic_level *level = &pattern->levels[many + 1 + i];
		size_t length;
		const char *text = topic_level(topic, topic->count - after + i, &length);
		if (level->kind == TOPIC_LITERAL && literal_compare(level->text, level->length, text, length) != 0)
			return false;
	}
	return true;
}

static void take(struct find *find, const struct list *list, bool check)
{
	for (uint32_t i = 0; i < list->count; i++) {
		uint32_t number = list->items[i], at = find->count;
		if (check && !rest_matches(find->index->patterns[number], find->topic))
			continue;
		for (; at > 0 && find->out[at - 1] > number; at--)
			find->out[at] = find->out[at - 1];
		find->out[at] = number;
		find->count++;
	}
}

static void walk(struct find *find, const struct node *node, uint32_t level)
{
	const struct topic *topic = find->topic;
	bool own = level == 0 && (topic->text[0] == '$' || !strncmp(topic->text, "curtain/", 8)), found;
	size_t length;

	if (!own)
		take(find, &node->rests, true);
	if (level == topic->count) {
		take(find, &node->ends, false);
		return;
	}
	const char *text = topic_level(topic, level, &length);
	uint32_t place = child_place(node, text, length, &found);
	if (found)
		walk(find, node->children[place], level + 1);
	if (node->any && !own)
		walk(find, node->any, level + 1);
}

uint32_t topic_index_find(const struct topic_index *index, const struct topic *topic, uint32_t *out)
{
	struct find find = {.index = index, .topic = topic, .out = out};

	walk(&find, &index->root, 0);
	return find.count;
}
