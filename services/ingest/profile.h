/* SPDX-License-Identifier: MIT
 *
 * profile: the YAML files of a folder read into entries. What docs/profiles.md tells people is held here.
 */
#ifndef CURTAIN_INGEST_PROFILE_H
#define CURTAIN_INGEST_PROFILE_H

#include "ingest/map_expr.h"
#include "ingest/map_time.h"
#include "ingest/map_topic.h"
#include "ingest/observation.h"
#include "jq/program.h"

#define PROFILE_FILE_BYTES_MAX (1u << 20)
#define PROFILE_IGNORE_BYTES 96
#define PROFILE_UNIT_BYTES 24

enum entry_format { FORMAT_JSON, FORMAT_TEXT, FORMAT_NUMBER, FORMAT_SENML };

/* word: a vendor's word for a value (words: {open: 1}). */
struct word {
	char text[WORD_BYTES];
	double value; /* NAN: the word says that the value is unknown */
};

struct emit {
	struct expr quantity_expr; /* EXPR_NONE: quantity holds it */
	enum quantity quantity;
	struct expr value, unit_expr, channel, text, device, at;
	char unit[PROFILE_UNIT_BYTES]; /* when unit_expr is EXPR_NONE; "" = canonical */
	bool invert;
	struct word *words;
	uint32_t word_count;
};

struct map_entry {
	struct observation base; /* profile, entry, edge, retained_as, dedupe_ms, expires_ms */
	enum entry_format format;
	struct expr when, device, time;
	enum time_format time_format;
	const struct zone *zone;
	bool time_required;
	struct emit *emits;
	uint32_t emit_count;
	bool has_program;
	uint32_t program;
	char ignore[PROFILE_IGNORE_BYTES]; /* "" = it maps */
	bool fallback;                     /* it runs only if no other entry made a value */
};

struct profile_zone {
	char name[64];
	struct zone *zone;
};

struct profiles {
	struct map_entry *entries;
	uint32_t entry_count, entry_capacity;
	struct topic_pattern **patterns;
	uint32_t *pattern_entries; /* which entry a pattern belongs to */
	uint32_t pattern_count, pattern_capacity;
	struct profile_zone *zones;
	uint32_t zone_count;
	struct program *program;
};

/* profiles_load reads and compiles each *.yaml of folder, in name order. On error out is empty and info has file, line,
 * column and what to write. An empty or missing folder is an error: ingest would take nothing. */
enum err profiles_load(const char *folder, struct profiles *out, struct errinfo *info) ERR_MUST_CHECK;
void profiles_fini(struct profiles *profiles);

/* profile_definitions reads the jq functions of a file, and of the *.jq files beside it that it includes
 * (profile_definitions.c), for profile.c. node may be NULL. */
struct yaml_in;
enum err profile_definitions(struct profiles *profiles, struct yaml_in *in, const void *node) ERR_MUST_CHECK;
/* profile_entry_read reads one entry of a file (profile_entry.c), for profile.c. */
enum err profile_entry_read(struct profiles *profiles, struct yaml_in *in, const void *node, const char *profile,
	const struct zone *zone) ERR_MUST_CHECK;
/* profiles_zone gives a zone by its name, loaded once. */
enum err profiles_zone(
	struct profiles *profiles, struct yaml_in *in, const void *node, const struct zone **out) ERR_MUST_CHECK;

#endif
