/* SPDX-License-Identifier: MIT
 *
 * config: YAML files read into plain structs by one table a service (libyaml stays behind this header).
 *
 * A table row names the dotted path of a key, where its value goes in the struct, its type, default, range and one
 * line of documentation. An unknown key, a wrong type, a value out of range, a duplicate key or a missing required key
 * is an error with file, line, column, the fix, and for an unknown key the nearest known one. Nothing else parses YAML
 * settings.
 */
#ifndef CURTAIN_CONFIG_CONFIG_H
#define CURTAIN_CONFIG_CONFIG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

enum config_type {
	CONFIG_TEXT,     /* char[size]; min..max = length limits where max > 0 */
	CONFIG_ID,       /* char[size], text_is_id */
	CONFIG_PATH,     /* char[size]; a relative path is relative to the config file's folder */
	CONFIG_INT,      /* int64_t, min..max */
	CONFIG_NUMBER,   /* double, min..max */
	CONFIG_BOOL,     /* bool: true/false only */
	CONFIG_DURATION, /* int64_t ms from "250ms", "30s", "5m", "12h", "7d"; min..max in ms */
	CONFIG_BYTES,    /* int64_t from 4096, "64KiB", "16MiB", "2GiB"; min..max in bytes */
	CONFIG_TIME,     /* int32_t minutes after midnight from "07:00" */
	CONFIG_WORD,     /* int32_t index into words (NULL-ended) */
	CONFIG_LIST      /* struct config_list of texts; min..max = number of items */
};

#define CONFIG_LIST_MAX 32
#define CONFIG_LIST_TEXT_BYTES 192

struct config_list {
	uint32_t count;
	char text[CONFIG_LIST_MAX][CONFIG_LIST_TEXT_BYTES];
};

/* config_key: one row. preset is the default as text in YAML form; NULL = required. A table ends with path NULL. */
struct config_key {
	const char *path; /* "bus.host" */
	enum config_type type;
	size_t offset, size;
	const char *preset;
	double min, max;
	const char *const *words;
	const char *doc;
};

#define CONFIG_FIELD(type, field) offsetof(type, field), sizeof(((type *)0)->field)

/* config_load fills *out_values (zeroed first) from defaults, then file (NULL = none), then overrides ("path=value",
 * NULL-ended, may be NULL; reported as file "--set"). On error *out_values is zeroed and info says where and what to
 * write. */
enum err config_load(const struct config_key *table, const char *file, const char *const *overrides, void *out_values,
	size_t values_size, struct errinfo *info) ERR_MUST_CHECK;

/* config_print writes the effective values as YAML with each key's doc line as a comment (--check). */
void config_print(const struct config_key *table, const void *values, FILE *to);

/* config_document writes a Markdown table of the keys (docs/configuration.md is made of it). */
void config_document(const struct config_key *table, FILE *to);

/* config_secret reads the first line of the file at path into out (trailing newline removed).
 * ERR_DENIED if group or others may read it; ERR_INVALID if it is empty or does not fit. */
enum err config_secret(const char *path, char *out, size_t size, struct errinfo *info) ERR_MUST_CHECK;

#endif
