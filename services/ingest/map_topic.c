/* SPDX-License-Identifier: MIT */
#include "ingest/map_topic.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

struct cursor {
	const char *start, *p;
	char *fault;
	size_t fault_size;
};

static bool is_name(const char *p, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!((p[i] >= 'a' && p[i] <= 'z') || (p[i] >= 'A' && p[i] <= 'Z') || (p[i] >= '0' && p[i] <= '9') ||
			    p[i] == '_'))
			return false;
	return length > 0 && length < TOPIC_NAME_BYTES;
}

static enum err read_wildcard(struct cursor *c, size_t length, struct topic_level *out)
{
	size_t inner = length - 2;

	out->kind = TOPIC_ONE;
	if (inner > 3 && !memcmp(c->p + 1 + inner - 3, "...", 3)) {
		out->kind = TOPIC_MANY;
		inner -= 3;
	}
	if (!is_name(c->p + 1, inner) || (inner == 6 && !memcmp(c->p + 1, "levels", 6))) {
		snprintf(c->fault, c->fault_size,
			"\"%.*s\" is no named wildcard: write {name} or {name...}, with letters, digits, _; \"levels\" "
			"is "
			"taken",
			(int)length, c->p);
		return ERR_INVALID;
	}
	memcpy(out->name, c->p + 1, inner);
	return ERR_OK;
}

static enum err read_level(struct cursor *c, size_t length, struct topic_level *out)
{
	out->kind = TOPIC_LITERAL;
	out->text = c->p;
	out->length = (uint32_t)length;
	if (length == 1 && (*c->p == '+' || *c->p == '#')) {
		out->kind = *c->p == '+' ? TOPIC_ONE : TOPIC_REST;
		return ERR_OK;
	}
	if (length > 2 && c->p[0] == '{' && c->p[length - 1] == '}')
		return read_wildcard(c, length, out);
	for (size_t i = 0; i < length; i++) {
		if (strchr("{}+#", c->p[i])) {
			c->p += i;
			snprintf(c->fault, c->fault_size, "\"%c\" must be a whole level of the topic", *c->p);
			return ERR_INVALID;
		}
	}
	return ERR_OK;
}

static enum err add_level(struct cursor *c, struct topic_pattern *out, size_t length)
{
	struct topic_level *level = &out->levels[out->count];
	enum err err = ERR_OK;

	if (out->count == TOPIC_PATTERN_LEVELS_MAX) {
		snprintf(c->fault, c->fault_size, "more than %u levels", TOPIC_PATTERN_LEVELS_MAX);
		return ERR_INVALID;
	}
	err = read_level(c, length, level);
	if (err)
		return err;
	for (uint8_t i = 0; i < out->count && *level->name; i++) {
		if (!strcmp(out->levels[i].name, level->name)) {
			snprintf(c->fault, c->fault_size, "{%s} stands twice", level->name);
			return ERR_INVALID;
		}
	}
	if (level->kind == TOPIC_MANY || level->kind == TOPIC_REST) {
		if (out->many >= 0 || (level->kind == TOPIC_REST && c->p[length])) {
			snprintf(c->fault, c->fault_size,
				level->kind == TOPIC_REST
					? "# must be the last level, and stands alone with no {name...}"
					: "one {name...} is the most that a topic may have");
			return ERR_INVALID;
		}
		out->many = (int8_t)out->count;
	}
	out->count++;
	return ERR_OK;
}

static void write_filter(struct topic_pattern *pattern)
{
	char *out = pattern->filter;

	for (uint8_t i = 0; i < pattern->count; i++) {
		const struct topic_level *level = &pattern->levels[i];
		if (i)
			*out++ = '/';
		if (level->kind == TOPIC_MANY || level->kind == TOPIC_REST) {
			*out++ = '#';
			break;
		}
		if (level->kind == TOPIC_ONE) {
			*out++ = '+';
		} else {
			memcpy(out, level->text, level->length);
			out += level->length;
		}
	}
	*out = '\0';
}

static enum err check_whole(const struct topic_pattern *pattern, struct cursor *c)
{
	const char *text = pattern->text;

	if (!strncmp(text, "curtain/", 8) && strncmp(text, "curtain/in/", 11) != 0) {
		snprintf(c->fault, c->fault_size, "below curtain/ only curtain/in/ is for devices");
		return ERR_INVALID;
	}
	if (!strncmp(text, "$share/", 7) || !strncmp(text, "$SYS/", 5)) {
		snprintf(c->fault, c->fault_size, "this topic belongs to the broker, not to a device");
		return ERR_INVALID;
	}
	return ERR_OK;
}

enum err topic_pattern_parse(
	const char *text, struct topic_pattern *out, size_t *out_offset, char *fault, size_t fault_size)
{
	struct cursor c = {.fault = fault, .fault_size = fault_size};
	enum err err = ERR_OK;

	*out = (struct topic_pattern){.many = -1};
	*out_offset = 0;
	if (!*text || !text_is_label(text) || text_copy(out->text, sizeof out->text, text)) {
		snprintf(fault, fault_size, "a topic has 1 to %d bytes of UTF-8", TOPIC_PATTERN_BYTES - 1);
		return ERR_INVALID;
	}
	c.start = c.p = out->text;
	while (!err) {
		size_t length = strcspn(c.p, "/");
		err = add_level(&c, out, length);
		if (err || !c.p[length])
			break;
		c.p += length + 1;
	}
	*out_offset = (size_t)(c.p - c.start);
	if (!err)
		err = check_whole(out, &c);
	if (!err)
		write_filter(out);
	return err;
}

bool topic_split(const char *text, struct topic *out)
{
	uint32_t count = 1;
	const char *p = text;

	out->text = text;
	out->start[0] = 0;
	for (; *p; p++) {
		if (*p != '/')
			continue;
		if (count == TOPIC_LEVELS_MAX)
			return false;
		out->start[count++] = (uint32_t)(p + 1 - text);
	}
	out->start[count] = (uint32_t)(p + 1 - text);
	out->count = count;
	return *text != '\0';
}

const char *topic_level(const struct topic *topic, uint32_t i, size_t *out_length)
{
	*out_length = topic->start[i + 1] - topic->start[i] - 1;
	return topic->text + topic->start[i];
}

const char *topic_capture(const struct topic_pattern *pattern, const struct topic *topic, const char *name,
	size_t length, size_t *out_length)
{
	for (uint32_t i = 0; i < pattern->count; i++) {
		const struct topic_level *level = &pattern->levels[i];
		if (strlen(level->name) != length || !length || memcmp(level->name, name, length) != 0)
			continue;
		bool after = pattern->many >= 0 && i > (uint32_t)pattern->many;
		uint32_t first = after ? topic->count - (pattern->count - i) : i;
		uint32_t last = level->kind == TOPIC_MANY ? topic->count - (pattern->count - i) : first;
		*out_length = topic->start[last + 1] - topic->start[first] - 1;
		return topic->text + topic->start[first];
	}
	return NULL;
}

/* next_level steps over one level of a filter; *p is NULL behind the last. */
static size_t next_level(const char **p, const char **out)
{
	size_t length = strcspn(*p, "/");

	*out = *p;
	*p = (*p)[length] ? *p + length + 1 : NULL;
	return length;
}

bool topic_filter_covers(const char *a, const char *b)
{
	if ((*a == '+' || *a == '#') && *b == '$')
		return false;
	while (a) {
		const char *level_a, *level_b;
		size_t length_a = next_level(&a, &level_a);
		if (length_a == 1 && *level_a == '#')
			return true;
		if (!b)
			return false;
		size_t length_b = next_level(&b, &level_b);
		if (length_b == 1 && *level_b == '#')
			return false;
		if (length_a == 1 && *level_a == '+')
			continue;
		if (length_a != length_b || memcmp(level_a, level_b, length_a) != 0)
			return false;
	}
	return !b;
}
