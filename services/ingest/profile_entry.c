/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ingest/profile.h"
#include "config/yaml_in.h"

#define TOPICS_MAX 16
#define EMITS_MAX 64
#define WORDS_MAX 64

static const char *const entry_keys[] = {"name", "topic", "format", "when", "device", "time", "emit", "program",
	"ignore", "edge", "dedupe", "retained", "expires", "fallback", "description", NULL};
static const char *const emit_keys[] = {
	"quantity", "value", "unit", "channel", "text", "device", "at", "invert", "words", NULL};
static const char *const time_keys[] = {"value", "format", "zone", "required", NULL};
static const char *const format_names[] = {"json", "text", "number", "senml", NULL};
static const char *const edge_names[] = {"every", "change", NULL};
static const char *const retained_names[] = {"state", "ignore", NULL};

/* read: one entry on its way. */
struct read {
	struct profiles *profiles;
	struct yaml_in *in;
	struct map_entry *entry;
	const struct zone *zone; /* of the profile */
};

/* ---- expressions ---- */

static enum err read_expr(struct read *r, const yaml_node_t *node, const char *what, struct expr *out)
{
	const char *text;
	enum err err;

	if (!node)
		return ERR_OK;
	err = yaml_in_text(r->in, node, what, PROGRAM_BYTES_MAX, &text);
	if (err || expr_parse(text, out))
		return err;
	err = program_add(r->profiles->program, text, yaml_in_place(node), &out->number, r->in->info);
	if (!err)
		out->kind = EXPR_PROGRAM;
	return err;
}

/* is_expression: a quantity or unit is a plain word unless it looks like jq. */
static bool is_expression(const char *text)
{
	return text[0] == '.' || text[0] == '$' || text[0] == '"' || strchr(text, ' ');
}

/* is_plain_word: `channel: left` means the word; jq would look for a function of that name. */
static bool is_plain_word(const char *text)
{
	if (!strcmp(text, "null") || !strcmp(text, "empty"))
		return false;
	for (; *text; text++)
		if (!((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
			    (*text >= '0' && *text <= '9') || *text == '_' || *text == '-'))
			return false;
	return true;
}

static enum err read_expr_or_word(struct read *r, const yaml_node_t *node, const char *what, struct expr *out)
{
	const char *text;
	enum err err;

	if (!node)
		return ERR_OK;
	err = yaml_in_text(r->in, node, what, PROGRAM_BYTES_MAX, &text);
	if (err || !is_plain_word(text))
		return err ? err : read_expr(r, node, what, out);
	return expr_constant(text, out) ? errinfo_set(r->in->info, ERR_NOMEM, "out of memory") : ERR_OK;
}

/* ---- what an entry emits ---- */

static enum err fail_quantity(struct read *r, const yaml_node_t *node, const char *name)
{
	const char *nearest = NULL;
	unsigned best = 5;

	for (int i = 0; i < QUANTITY_COUNT; i++) {
		const char *known = quantity_info((enum quantity)i)->name;
		unsigned distance = text_distance(name, known);
		if (distance < best) {
			best = distance;
			nearest = known;
		}
	}
	if (nearest)
		return yaml_in_fail(
			r->in, node, 0, "quantity: \"%s\" is not known; did you mean \"%s\"?", name, nearest);
	return yaml_in_fail(r->in, node, 0, "quantity: \"%s\" is not known; curtain quantities prints all", name);
}

static enum err read_quantity(struct read *r, const yaml_node_t *map, struct emit *out)
{
	const yaml_node_t *node = yaml_in_get(r->in, map, "quantity");
	const char *text;
	enum err err;

	if (!node)
		return yaml_in_fail(r->in, map, 0, "quantity is missing; curtain quantities prints all");
	err = yaml_in_text(r->in, node, "quantity", PROGRAM_BYTES_MAX, &text);
	if (err)
		return err;
	if (is_expression(text))
		return read_expr(r, node, "quantity", &out->quantity_expr);
	return quantity_find(text, &out->quantity) ? fail_quantity(r, node, text) : ERR_OK;
}

static enum err read_unit(struct read *r, const yaml_node_t *map, struct emit *out)
{
	const yaml_node_t *node = yaml_in_get(r->in, map, "unit");
	const char *text;
	double value;
	enum err err;

	if (!node)
		return ERR_OK;
	err = yaml_in_text(r->in, node, "unit", PROGRAM_BYTES_MAX, &text);
	if (err)
		return err;
	if (is_expression(text))
		return read_expr(r, node, "unit", &out->unit_expr);
	if (text_copy(out->unit, sizeof out->unit, text))
		return yaml_in_fail(r->in, node, 0, "unit: \"%s\" is too long", text);
	if (out->quantity_expr.kind == EXPR_NONE && quantity_convert(out->quantity, text, 1, &value))
		return yaml_in_fail(r->in, node, 0, "unit: %s cannot be in \"%s\"; its unit is %s",
			quantity_info(out->quantity)->name, text, quantity_info(out->quantity)->unit);
	return ERR_OK;
}

static enum err read_word_value(struct read *r, const yaml_node_t *node, double *out)
{
	const char *text;
	struct map_value value;
	enum err err = yaml_in_text(r->in, node, "words", 40, &text);

	if (err)
		return err;
	value_of_text(&value, text, strlen(text));
	*out = NAN;
	if (!strcmp(text, "null") || value_to_number(&value, out))
		return ERR_OK;
	return yaml_in_fail(r->in, node, 0, "words: \"%s\" must be a number, or null for unknown", text);
}

static enum err read_words(struct read *r, const yaml_node_t *node, struct emit *out)
{
	enum err err;

	if (!node)
		return ERR_OK;
	err = yaml_in_map(r->in, node, "words", NULL);
	if (err)
		return err;
	size_t count = (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
	if (!count || count > WORDS_MAX)
		return yaml_in_fail(r->in, node, 0, "words: takes 1 to %d words", WORDS_MAX);
	out->words = calloc(count, sizeof *out->words);
	if (!out->words)
		return errinfo_set(r->in->info, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < count && !err; i++) {
		const yaml_node_pair_t *pair = &node->data.mapping.pairs.start[i];
		const yaml_node_t *name = yaml_document_get_node(&r->in->document, pair->key);
		if (text_copy(out->words[i].text, WORD_BYTES, (const char *)name->data.scalar.value))
			return yaml_in_fail(r->in, name, 0, "words: a word has at most %d bytes", WORD_BYTES - 1);
		err = read_word_value(r, yaml_document_get_node(&r->in->document, pair->value), &out->words[i].value);
		out->word_count++;
	}
	return err;
}

static enum err read_invert(struct read *r, const yaml_node_t *map, struct emit *out)
{
	const yaml_node_t *node = yaml_in_get(r->in, map, "invert");
	enum err err = node ? yaml_in_bool(r->in, node, "invert", &out->invert) : ERR_OK;

	if (!err && out->invert &&
		(out->quantity_expr.kind != EXPR_NONE || quantity_info(out->quantity)->kind != QUANTITY_STATE))
		return yaml_in_fail(r->in, node, 0, "invert: is for states (0 or 1) alone");
	return err;
}

static enum err read_emit(struct read *r, const yaml_node_t *node, struct emit *out)
{
	struct yaml_in *in = r->in;
	enum err err = yaml_in_map(in, node, "emit", emit_keys);

	if (!err)
		err = read_quantity(r, node, out);
	if (!err && !yaml_in_get(in, node, "value"))
		err = yaml_in_fail(
			in, node, 0, "value is missing: where the value stands in the payload, e.g. .temperature");
	if (!err)
		err = read_expr(r, yaml_in_get(in, node, "value"), "value", &out->value);
	if (!err)
		err = read_unit(r, node, out);
	if (!err)
		err = read_expr_or_word(r, yaml_in_get(in, node, "channel"), "channel", &out->channel);
	if (!err)
		err = read_expr_or_word(r, yaml_in_get(in, node, "text"), "text", &out->text);
	if (!err)
		err = read_expr(r, yaml_in_get(in, node, "device"), "device", &out->device);
	if (!err)
		err = read_expr(r, yaml_in_get(in, node, "at"), "at", &out->at);
	if (!err)
		err = read_invert(r, node, out);
	return err ? err : read_words(r, yaml_in_get(in, node, "words"), out);
}

static enum err read_emits(struct read *r, const yaml_node_t *node)
{
	enum err err = ERR_OK;

	if (node->type != YAML_SEQUENCE_NODE || !yaml_in_count(node) || yaml_in_count(node) > EMITS_MAX)
		return yaml_in_fail(r->in, node, 0,
			"emit: a list of 1 to %d values is needed (- {quantity: ..., value: ...})", EMITS_MAX);
	r->entry->emits = calloc(yaml_in_count(node), sizeof *r->entry->emits);
	if (!r->entry->emits)
		return errinfo_set(r->in->info, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < yaml_in_count(node) && !err; i++)
		err = read_emit(r, yaml_in_item(r->in, node, i), &r->entry->emits[r->entry->emit_count++]);
	return err;
}

static enum err read_program(struct read *r, const yaml_node_t *node)
{
	const char *text;
	enum err err = yaml_in_text(r->in, node, "program", PROGRAM_BYTES_MAX, &text);

	if (!err)
		err = program_add(r->profiles->program, text, yaml_in_place(node), &r->entry->program, r->in->info);
	r->entry->has_program = !err;
	return err;
}

static enum err read_ignore(struct read *r, const yaml_node_t *node)
{
	const char *text;
	enum err err = yaml_in_text(r->in, node, "ignore", PROFILE_IGNORE_BYTES - 1, &text);

	if (!err && !text_is_label(text))
		err = yaml_in_fail(r->in, node, 0, "ignore: must be one line of text");
	return err ? err : text_copy(r->entry->ignore, sizeof r->entry->ignore, text);
}

/* read_action reads what the entry does: one of emit, program, ignore; senml needs none. */
static enum err read_action(struct read *r, const yaml_node_t *map)
{
	const yaml_node_t *emit = yaml_in_get(r->in, map, "emit"), *program = yaml_in_get(r->in, map, "program"),
			  *ignore = yaml_in_get(r->in, map, "ignore");
	int count = !!emit + !!program + !!ignore;

	if (r->entry->format == FORMAT_SENML && (emit || program))
		return yaml_in_fail(r->in, emit ? emit : program, 0,
			"format senml makes values by itself; for emit or program use format json");
	if (count > 1 || (!count && r->entry->format != FORMAT_SENML))
		return yaml_in_fail(r->in, map, 0, "one of emit, program, ignore is needed%s",
			count ? ", and no more than one" : "");
	if (emit)
		return read_emits(r, emit);
	if (program)
		return read_program(r, program);
	return ignore ? read_ignore(r, ignore) : ERR_OK;
}

/* ---- the entry's own keys ---- */

static enum err add_pattern(struct read *r, const yaml_node_t *node)
{
	struct profiles *p = r->profiles;
	char fault[ERR_TEXT_BYTES];
	const char *text;
	size_t offset;
	enum err err = yaml_in_text(r->in, node, "topic", TOPIC_PATTERN_BYTES - 1, &text);

	if (err)
		return err;
	if (p->pattern_count == p->pattern_capacity) {
		uint32_t capacity = p->pattern_capacity ? p->pattern_capacity * 2 : 32;
		struct topic_pattern **more = realloc(p->patterns, capacity * sizeof(struct topic_pattern *));
		uint32_t *owners = realloc(p->pattern_entries, capacity * sizeof *owners);
		if (more)
			p->patterns = more;
		if (owners)
			p->pattern_entries = owners;
		if (!more || !owners)
			return errinfo_set(r->in->info, ERR_NOMEM, "out of memory");
		p->pattern_capacity = capacity;
	}
	struct topic_pattern *pattern = malloc(sizeof *pattern);
	if (!pattern)
		return errinfo_set(r->in->info, ERR_NOMEM, "out of memory");
	if (topic_pattern_parse(text, pattern, &offset, fault, sizeof fault)) {
		free(pattern);
		bool quoted = node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
		return yaml_in_fail(r->in, node, offset + quoted, "topic: %s", fault);
	}
	p->pattern_entries[p->pattern_count] = p->entry_count - 1;
	p->patterns[p->pattern_count++] = pattern;
	return ERR_OK;
}

static enum err read_topics(struct read *r, const yaml_node_t *map)
{
	const yaml_node_t *node = yaml_in_get(r->in, map, "topic");
	enum err err = ERR_OK;

	if (!node)
		return yaml_in_fail(r->in, map, 0, "topic is missing, e.g. topic: \"acme/{device}/water\"");
	if (node->type != YAML_SEQUENCE_NODE)
		return add_pattern(r, node);
	if (!yaml_in_count(node) || yaml_in_count(node) > TOPICS_MAX)
		return yaml_in_fail(r->in, node, 0, "topic: a list has 1 to %d topics", TOPICS_MAX);
	for (size_t i = 0; i < yaml_in_count(node) && !err; i++)
		err = add_pattern(r, yaml_in_item(r->in, node, i));
	return err;
}

static enum err read_time(struct read *r, const yaml_node_t *node)
{
	struct map_entry *entry = r->entry;
	int format = TIME_AUTO;
	enum err err;

	entry->zone = r->zone;
	if (!node)
		return ERR_OK;
	if (node->type == YAML_SCALAR_NODE)
		return read_expr(r, node, "time", &entry->time);
	err = yaml_in_map(r->in, node, "time", time_keys);
	if (!err)
		err = read_expr(r, yaml_in_get(r->in, node, "value"), "time.value", &entry->time);
	if (!err && yaml_in_get(r->in, node, "format"))
		err = yaml_in_word(
			r->in, yaml_in_get(r->in, node, "format"), "time.format", time_format_names, &format);
	if (!err && yaml_in_get(r->in, node, "zone"))
		err = profiles_zone(r->profiles, r->in, yaml_in_get(r->in, node, "zone"), &entry->zone);
	if (!err && yaml_in_get(r->in, node, "required"))
		err = yaml_in_bool(r->in, yaml_in_get(r->in, node, "required"), "time.required", &entry->time_required);
	entry->time_format = (enum time_format)format;
	return err;
}

static enum err read_policies(struct read *r, const yaml_node_t *map)
{
	struct yaml_in *in = r->in;
	struct observation *base = &r->entry->base;
	const yaml_node_t *node = yaml_in_get(in, map, "edge");
	int word = 0;
	enum err err = node ? yaml_in_word(in, node, "edge", edge_names, &word) : ERR_OK;

	base->edge = word == 1 ? EDGE_CHANGE : EDGE_EVERY;
	word = 0;
	node = yaml_in_get(in, map, "retained");
	if (!err && node)
		err = yaml_in_word(in, node, "retained", retained_names, &word);
	base->retained_as = word == 1 ? RETAINED_IGNORE : RETAINED_STATE;
	node = yaml_in_get(in, map, "fallback");
	if (!err && node)
		err = yaml_in_bool(in, node, "fallback", &r->entry->fallback);
	node = yaml_in_get(in, map, "dedupe");
	if (!err && node)
		err = yaml_in_duration(in, node, "dedupe", &base->dedupe_ms);
	node = yaml_in_get(in, map, "expires");
	if (!err && node)
		err = yaml_in_duration(in, node, "expires", &base->expires_ms);
	return err;
}

static enum err read_names(struct read *r, const yaml_node_t *map, const char *profile)
{
	const yaml_node_t *node = yaml_in_get(r->in, map, "name");
	struct observation *base = &r->entry->base;
	const char *name;
	enum err err;

	text_cut(base->profile, sizeof base->profile, profile);
	base->at = WALL_NONE;
	if (!node)
		return yaml_in_fail(r->in, map, 0, "name is missing: a short name of the entry");
	err = yaml_in_text(r->in, node, "name", WORD_BYTES - 1, &name);
	if (err)
		return err;
	if (!text_is_id(name))
		return yaml_in_fail(r->in, node, 0, "name: \"%s\" must be letters, digits, \".\", \"_\", \"-\"", name);
	for (const struct map_entry *other = r->profiles->entries; other < r->entry; other++)
		if (!strcmp(other->base.profile, profile) && !strcmp(other->base.entry, name))
			return yaml_in_fail(r->in, node, 0, "name: another entry is named \"%s\" already", name);
	return text_copy(base->entry, sizeof base->entry, name);
}

static struct map_entry *add_entry(struct profiles *p)
{
	if (p->entry_count == p->entry_capacity) {
		uint32_t capacity = p->entry_capacity ? p->entry_capacity * 2 : 32;
		struct map_entry *more = realloc(p->entries, capacity * sizeof *more);
		if (!more)
			return NULL;
		p->entries = more;
		p->entry_capacity = capacity;
	}
	p->entries[p->entry_count] = (struct map_entry){0};
	return &p->entries[p->entry_count++];
}

/* has_device says whether all topics of the entry name {device}. */
static bool has_device(const struct profiles *p)
{
	for (uint32_t i = 0; i < p->pattern_count; i++) {
		bool found = p->pattern_entries[i] != p->entry_count - 1;
		for (uint8_t k = 0; k < p->patterns[i]->count; k++)
			found |= !strcmp(p->patterns[i]->levels[k].name, "device");
		if (!found)
			return false;
	}
	return true;
}

static enum err read_device(struct read *r, const yaml_node_t *map)
{
	const yaml_node_t *node = yaml_in_get(r->in, map, "device");

	if (!node && r->entry->format != FORMAT_SENML && !yaml_in_get(r->in, map, "program") &&
		!yaml_in_get(r->in, map, "ignore") && !has_device(r->profiles)) {
		const yaml_node_t *emit = yaml_in_get(r->in, map, "emit");
		for (size_t i = 0; emit && emit->type == YAML_SEQUENCE_NODE && i < yaml_in_count(emit); i++) {
			const yaml_node_t *item = yaml_in_item(r->in, emit, i);
			if (item->type == YAML_MAPPING_NODE && !yaml_in_get(r->in, item, "device"))
				return yaml_in_fail(r->in, map, 0,
					"device is missing: name it in the topic ({device}) or write device: with an "
					"expression");
		}
	}
	return read_expr(r, node, "device", &r->entry->device);
}

enum err profile_entry_read(
	struct profiles *profiles, struct yaml_in *in, const void *node, const char *profile, const struct zone *zone)
{
	struct read r = {.profiles = profiles, .in = in, .zone = zone};
	const yaml_node_t *map = node, *format;
	int word = FORMAT_JSON;
	enum err err = yaml_in_map(in, map, "an entry", entry_keys);

	if (err)
		return err;
	r.entry = add_entry(profiles);
	if (!r.entry)
		return errinfo_set(in->info, ERR_NOMEM, "out of memory");
	err = read_names(&r, map, profile);
	if (!err)
		err = read_topics(&r, map);
	format = yaml_in_get(in, map, "format");
	if (!err && format)
		err = yaml_in_word(in, format, "format", format_names, &word);
	r.entry->format = (enum entry_format)word;
	if (!err)
		err = read_expr(&r, yaml_in_get(in, map, "when"), "when", &r.entry->when);
	if (!err)
		err = read_device(&r, map);
	if (!err)
		err = read_time(&r, yaml_in_get(in, map, "time"));
	if (!err)
		err = read_policies(&r, map);
	return err ? err : read_action(&r, map);
}
