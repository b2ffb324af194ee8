/* SPDX-License-Identifier: MIT
 *
 * map_topic: topic patterns of profiles ("acme/{device}/water"), found by the topic of a message.
 *
 * {name} is one level, {name...} one or more (once in a pattern, it may stand in the middle), + one level without a
 * name, # as in MQTT (the last level; also none at all). A leading wildcard matches neither `$` topics, as MQTT has it,
 * nor `curtain/`: what the suite says to itself is no device's message.
 */
#ifndef CURTAIN_INGEST_MAP_TOPIC_H
#define CURTAIN_INGEST_MAP_TOPIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define TOPIC_LEVELS_MAX 64u /* deeper topics match nothing */
#define TOPIC_PATTERN_LEVELS_MAX 24u
#define TOPIC_PATTERN_BYTES 192
#define TOPIC_NAME_BYTES 32

enum topic_level_kind { TOPIC_LITERAL, TOPIC_ONE, TOPIC_MANY /* {name...} */, TOPIC_REST /* # */ };

struct topic_level {
	enum topic_level_kind kind;
	char name[TOPIC_NAME_BYTES]; /* of a wildcard; "" = none */
	const char *text;            /* of a literal, in text */
	uint32_t length;
};

struct topic_pattern {
	char text[TOPIC_PATTERN_BYTES];
	char filter[TOPIC_PATTERN_BYTES]; /* what to subscribe to */
	uint8_t count;
	int8_t many; /* index of the TOPIC_MANY or TOPIC_REST level, -1 = none */
	struct topic_level levels[TOPIC_PATTERN_LEVELS_MAX];
};

/* topic: a message's topic cut into its levels; start[count] is one beyond the last level's end. */
struct topic {
	const char *text;
	uint32_t count;
	uint32_t start[TOPIC_LEVELS_MAX + 1];
};

/* topic_pattern_parse reads text. ERR_INVALID: fault says what to write, out_offset where. */
enum err topic_pattern_parse(
	const char *text, struct topic_pattern *out, size_t *out_offset, char *fault, size_t fault_size) ERR_MUST_CHECK;

/* topic_split cuts text (which must outlive out); false if it has more than TOPIC_LEVELS_MAX levels or is empty. */
bool topic_split(const char *text, struct topic *out);

/* topic_level gives level i of topic. */
const char *topic_level(const struct topic *topic, uint32_t i, size_t *out_length);

/* topic_capture gives what the wildcard `name` of pattern stands for in topic, which it matches; NULL: no such name. */
const char *topic_capture(const struct topic_pattern *pattern, const struct topic *topic, const char *name,
	size_t length, size_t *out_length);

/* topic_filter_covers says whether each topic that filter b matches is matched by filter a, too. */
bool topic_filter_covers(const char *a, const char *b);

/* topic_index: patterns by their first levels, so that a message costs its own levels and not all the patterns. */
struct topic_index;

/* topic_index_create makes an index of count patterns, which must outlive it. NULL: out of memory. */
struct topic_index *topic_index_create(const struct topic_pattern *const *patterns, uint32_t count);
void topic_index_destroy(struct topic_index *index);

/* topic_index_find writes the numbers of the patterns that match, ascending, to out (room for all). */
uint32_t topic_index_find(const struct topic_index *index, const struct topic *topic, uint32_t *out);

#endif
