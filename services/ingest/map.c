/* SPDX-License-Identifier: MIT
 *
 * A message goes: topic to the entries that match; its JSON read once, when the first of them needs it; each entry's
 * `when`, then its values. What only one entry could not read (broken JSON, a failing `when`) is a refusal only if no
 * other entry understood the message: a text on a topic that a wider JSON pattern covers as well is not broken.
 */
#include "ingest/map.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ingest/map_internal.h"

enum err map_load(const char *folder, struct map **out_map, struct errinfo *info)
{
	struct map *map = calloc(1, sizeof *map);
	enum err err;

	if (!map)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	json_tree_init(&map->tree);
	err = profiles_load(folder, &map->profiles, info);
	if (!err) {
		map->index = topic_index_create(
			(const struct topic_pattern *const *)map->profiles.patterns, map->profiles.pattern_count);
		map->matches = calloc(map->profiles.pattern_count, sizeof *map->matches);
		map->items = calloc(MAP_RESULTS_MAX, sizeof *map->items);
		if (!map->index || !map->matches || !map->items)
			err = errinfo_set(info, ERR_NOMEM, "out of memory");
	}
	if (!err)
		err = map_make_filters(map, info);
	if (err)
		map_destroy(map);
	else
		*out_map = map;
	return err;
}

void map_destroy(struct map *map)
{
	if (!map)
		return;
	topic_index_destroy(map->index);
	profiles_fini(&map->profiles);
	json_tree_fini(&map->tree);
	free(map->matches);
	free(map->items);
	free(map);
}

enum err map_make_filters(struct map *map, struct errinfo *info)
{
	const struct profiles *p = &map->profiles;

	for (uint32_t i = 0; i < p->pattern_count; i++) {
		const char *filter = p->patterns[i]->filter;
		bool covered = false;
		for (uint32_t k = 0; k < p->pattern_count && !covered; k++) {
			const char *other = p->patterns[k]->filter;
			/* Of two that are the same the first stays. */
			covered = k != i && topic_filter_covers(other, filter) &&
				  (k < i || !topic_filter_covers(filter, other));
		}
		if (covered)
			continue;
		if (map->filter_count == MAP_FILTERS_MAX)
			return errinfo_set(info, ERR_FULL,
				"the profiles' topics need more than %u subscriptions; use wider topics ({name}, "
				"{name...})",
				MAP_FILTERS_MAX);
		map->filters[map->filter_count++] = filter;
	}
	return ERR_OK;
}

unsigned map_filters(const struct map *map, const char *out_filters[MAP_FILTERS_MAX])
{
	for (unsigned i = 0; i < map->filter_count; i++)
		out_filters[i] = map->filters[i];
	return map->filter_count;
}

/* ---- results ---- */

struct map_result *run_add(struct run *run, enum map_kind kind)
{
	struct map *map = run->map;

	if (map->count == MAP_RESULTS_MAX - 1) { /* the last place says that there were more */
		map->dropped++;
		return NULL;
	}
	struct map_result *result = &map->items[map->count++];
	run->emitted |= kind == MAP_OBSERVATION;
	result->kind = kind;
	result->reason[0] = '\0';
	if (run->entry)
		result->observation = run->entry->base;
	else
		result->observation = (struct observation){.at = WALL_NONE};
	result->observation.retained = run->retained;
	text_cut(result->observation.device, DEVICE_BYTES, run->device);
	return result;
}

/* put_reason copies a reason; what was cut or quoted out of a payload may have left half a character. */
static void put_reason(struct map_result *result, const char *reason)
{
	text_cut(result->reason, sizeof result->reason, reason);
	if (text_is_utf8(result->reason, strlen(result->reason)))
		return;
	for (char *p = result->reason; *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
}

void run_refuse(struct run *run, const char *format, ...)
{
	struct map_result *result = run_add(run, MAP_REJECT);
	char reason[2 * MAP_REASON_BYTES];
	va_list arguments;

	if (!result)
		return;
	va_start(arguments, format);
	vsnprintf(reason, sizeof reason, format, arguments);
	va_end(arguments);
	put_reason(result, reason);
}

/* refuse_softly keeps the first reason why an entry could not read the message. */
static void refuse_softly(struct run *run, const char *reason)
{
	if (run->soft_reason[0])
		return;
	text_cut(run->soft_reason, sizeof run->soft_reason, reason);
	run->soft_entry = run->entry;
}

/* ---- the payload, in the entry's format ---- */

static bool read_json(struct run *run)
{
	if (run->parsed)
		return !run->json_reason[0];
	run->parsed = true;
	run->json_reason[0] = '\0';
	if (json_tree_parse(&run->map->tree, run->payload, run->length, MAP_DEPTH_MAX, run->json_reason,
		    sizeof run->json_reason))
		return false;
	run->json_reason[0] = '\0';
	return true;
}

static bool read_plain(struct run *run, bool number)
{
	struct expr_source *s = &run->plain;
	const char *text = run->payload;
	size_t length = run->length;

	/* Space around a word is no part of it: scripts publish "ON\n". */
	while (length && memchr(" \t\r\n", text[length - 1], 4))
		length--;
	while (length && memchr(" \t\r\n", *text, 4))
		text++, length--;
	if (!text_is_utf8(run->payload, run->length)) {
		refuse_softly(run, "bad_utf8: the text is no UTF-8");
		return false;
	}
	value_of_text(&s->root, text, length);
	s->root_text = text;
	if (number) {
		double value;
		if (!value_to_number(&s->root, &value)) {
			char shown[48];
			value_describe(&s->root, shown, sizeof shown);
			run_refuse(run, "not_a_number: %s", shown);
			return false;
		}
		value_of_number(&s->root, value);
	}
	return true;
}

/* read_payload makes run->source what the entry's expressions see. */
static bool read_payload(struct run *run, const struct topic_pattern *pattern)
{
	enum entry_format format = run->entry->format;
	bool plain = format == FORMAT_TEXT || format == FORMAT_NUMBER;

	run->source = plain ? &run->plain : &run->json;
	if (plain) {
		expr_source_fini(run->source); /* a text and a number of the same payload are two values */
		run->source->pattern = pattern;
		return read_plain(run, format == FORMAT_NUMBER);
	}
	expr_source_next_pattern(run->source, pattern);
	if (read_json(run))
		return true;
	refuse_softly(run, run->json_reason);
	return false;
}

/* ---- one entry ---- */

/* find_device: what the entry says, else what its topic calls {device}. "" if neither does. */
static bool find_device(struct run *run)
{
	const struct map_entry *entry = run->entry;
	char reason[PROGRAM_REASON_BYTES];
	struct map_value value;
	size_t length;

	if (entry->device.kind == EXPR_NONE) {
		const char *text = topic_capture(run->source->pattern, &run->topic, "device", 6, &length);
		if (!text)
			return true;
		value_of_text(&value, text, length);
	} else if (!expr_eval(&entry->device, run->source, &value, reason)) {
		run_refuse(run, "%s", reason);
		return false;
	}
	return run_take_device(run, &value, run->device);
}

bool run_take_device(struct run *run, const struct map_value *value, char out_device[DEVICE_BYTES])
{
	char text[DEVICE_BYTES], shown[48];

	if (!value_to_text(value, text, sizeof text) && text_is_label(text))
		return !text_copy(out_device, DEVICE_BYTES, text);
	value_describe(value, shown, sizeof shown);
	run_refuse(run, "bad_device: %s", shown);
	return false;
}

static void run_ignore(struct run *run)
{
	/* Said once, at the end, if no entry makes a value of the message. */
	if (!run->ignore_entry)
		run->ignore_entry = run->entry;
}

static void run_entry(struct run *run, const struct topic_pattern *pattern)
{
	const struct map_entry *entry = run->entry;
	char reason[PROGRAM_REASON_BYTES];
	bool truth;

	run->device[0] = '\0';
	if (entry->ignore[0] && entry->when.kind == EXPR_NONE) {
		run_ignore(run);
		return;
	}
	if (!read_payload(run, pattern))
		return;
	if (entry->when.kind != EXPR_NONE) {
		if (!expr_true(&entry->when, run->source, &truth, reason)) {
			refuse_softly(run, reason);
			return;
		}
		if (!truth)
			return;
	}
	if (entry->ignore[0]) {
		run_ignore(run);
		return;
	}
	if (!find_device(run))
		return;
	if (entry->format == FORMAT_SENML)
		run_senml(run);
	else if (entry->has_program)
		run_program(run);
	else
		for (uint32_t i = 0; i < entry->emit_count; i++)
			run_emit(run, &entry->emits[i]);
}

/* ---- one message ---- */

static void say_too_many(struct map *map)
{
	struct map_result *result = &map->items[map->count];

	*result = (struct map_result){.kind = MAP_REJECT, .observation = {.at = WALL_NONE}};
	snprintf(result->reason, sizeof result->reason, "too_many: %u results, %u taken", map->count + map->dropped,
		map->count);
	map->count++;
}

/* say_why_nothing: no entry made anything of the message. */
static void say_why_nothing(struct run *run)
{
	if (!run->ignore_entry && !run->program_ignore[0] && run->soft_reason[0]) {
		run->entry = run->soft_entry;
		run_refuse(run, "%s", run->soft_reason);
		return;
	}
	run->entry = run->ignore_entry;
	struct map_result *result = run_add(run, MAP_IGNORE);
	put_reason(result, run->entry               ? run->entry->ignore
			   : run->program_ignore[0] ? run->program_ignore
						    : "nothing_of_use");
}

/* finish sees to it that each message has a result, and that what was odd is said. */
static void finish(struct run *run)
{
	struct map *map = run->map;
	char reason[MAP_REASON_BYTES];

	run->device[0] = '\0';
	run->entry = NULL;
	if (map->dropped) {
		say_too_many(map);
		return;
	}
	if (!map->count)
		say_why_nothing(run);
	run->entry = NULL;
	if (run->parsed && !run->json_reason[0] && map->tree.duplicate[0]) {
		struct map_result *result = run_add(run, MAP_IGNORE);
		snprintf(reason, sizeof reason, "duplicate_key: %s; its last value counts", map->tree.duplicate);
		if (result)
			put_reason(result, reason);
	}
}

static void single(struct run *run, enum map_kind kind, const char *reason)
{
	struct map_result *result = run_add(run, kind);

	assert(result);
	text_cut(result->reason, sizeof result->reason, reason);
}

/* needs_content: an empty payload clears a retained message; only an entry that takes texts could have a use for it. */
static bool needs_content(const struct run *run, uint32_t count)
{
	const struct profiles *p = &run->map->profiles;

	for (uint32_t i = 0; i < count; i++) {
		const struct map_entry *entry = &p->entries[p->pattern_entries[run->map->matches[i]]];
		if (entry->format == FORMAT_TEXT || entry->ignore[0])
			return false;
	}
	return true;
}

static void run_matches(struct run *run, uint32_t count, bool fallback)
{
	const struct profiles *p = &run->map->profiles;
	uint32_t last = UINT32_MAX;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t number = p->pattern_entries[run->map->matches[i]];
		if (number == last || p->entries[number].fallback != fallback)
			continue; /* number == last: a second topic of the same entry */
		last = number;
		run->entry = &p->entries[number];
		run_entry(run, p->patterns[run->map->matches[i]]);
	}
}

static void run_all(struct run *run)
{
	const struct profiles *p = &run->map->profiles;
	uint32_t count = 0;

	if (!text_is_utf8(run->topic_text, strlen(run->topic_text))) {
		single(run, MAP_REJECT, "bad_utf8: the topic is no UTF-8");
		return;
	}
	if (topic_split(run->topic_text, &run->topic))
		count = topic_index_find(run->map->index, &run->topic, run->map->matches);
	if (!count) {
		single(run, MAP_REJECT, "no_profile");
		return;
	}
	run->entry = &p->entries[p->pattern_entries[run->map->matches[0]]];
	if (run->length > MAP_PAYLOAD_BYTES_MAX) {
		single(run, MAP_REJECT, "too_large");
		return;
	}
	if (!run->length && needs_content(run, count)) {
		single(run, MAP_IGNORE, "empty_payload");
		return;
	}
	run_matches(run, count, false);
	if (!run->emitted)
		run_matches(run, count, true);
	finish(run);
}

static void source_init(struct run *run, struct expr_source *source, const struct json_tree *tree)
{
	source->program = run->map->profiles.program;
	source->tree = tree;
	source->topic = &run->topic;
	source->pattern = NULL;
	source->payload = jv_invalid();
	source->topic_object = jv_invalid();
}

void map_run(struct map *map, const char *topic, const char *payload, size_t length, bool retained, struct wall now,
	struct map_results *out_results)
{
	struct run run;

	/* Its larger parts are written before they are read. */
	run.map = map;
	run.topic_text = topic;
	run.payload = payload ? payload : "";
	run.length = length;
	run.retained = retained;
	run.now = now;
	run.entry = run.ignore_entry = run.soft_entry = NULL;
	run.parsed = run.emitted = false;
	run.device[0] = run.soft_reason[0] = run.program_ignore[0] = run.json_reason[0] = '\0';
	source_init(&run, &run.json, &map->tree);
	source_init(&run, &run.plain, NULL);
	map->count = map->dropped = 0;
	run_all(&run);
	expr_source_fini(&run.json);
	expr_source_fini(&run.plain);
	assert(map->count > 0);
	*out_results = (struct map_results){.count = map->count, .dropped = map->dropped, .items = map->items};
}
