/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "config/config.h"
#include "config/value.h"

/* same_depth gives how many leading parts of two dotted paths agree, the last part of each left out. */
static size_t shared_sections(const char *a, const char *b)
{
	size_t shared = 0;

	for (size_t i = 0; a[i] && a[i] == b[i]; i++)
		if (a[i] == '.')
			shared = i + 1;
	return shared;
}

void config_print(const struct config_key *table, const void *values, FILE *to)
{
	const char *previous = "";

	for (const struct config_key *key = table; key->path; key++) {
		const char *part = key->path + shared_sections(previous, key->path);
		int depth = 0;
		for (const char *p = key->path; p < part; p++)
			depth += *p == '.';
		for (const char *dot; (dot = strchr(part, '.')); part = dot + 1)
			fprintf(to, "%*s%.*s:\n", 2 * depth++, "", (int)(dot - part), part);
		fprintf(to, "%*s%s: ", 2 * depth, "", part);
		config_value_print(key, (const char *)values + key->offset, to);
		fprintf(to, "  # %s\n", key->doc);
		previous = key->path;
	}
}

void config_document(const struct config_key *table, FILE *to)
{
	static const char *const types[] = {[CONFIG_TEXT] = "text",
		[CONFIG_ID] = "id",
		[CONFIG_PATH] = "path",
		[CONFIG_INT] = "whole number",
		[CONFIG_NUMBER] = "number",
		[CONFIG_BOOL] = "true or false",
		[CONFIG_DURATION] = "duration",
		[CONFIG_BYTES] = "size",
		[CONFIG_TIME] = "time of day",
		[CONFIG_WORD] = "word",
		[CONFIG_LIST] = "list"};

	fputs("| key | type | default | meaning |\n|---|---|---|---|\n", to);
	for (const struct config_key *key = table; key->path; key++)
		fprintf(to, "| `%s` | %s | %s%s%s | %s |\n", key->path, types[key->type], key->preset ? "`" : "",
			key->preset ? key->preset : "required", key->preset ? "`" : "", key->doc);
}
