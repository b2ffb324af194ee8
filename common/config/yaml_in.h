/* SPDX-License-Identifier: MIT
 *
 * yaml_in: a YAML document with keys in lists, which config.h's flat tables do not know, read with the same errors:
 * file, line, column, the fix, and for an unknown key the nearest known one.
 */
#ifndef CURTAIN_CONFIG_YAML_IN_H
#define CURTAIN_CONFIG_YAML_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yaml.h>

#include "base/err.h"
#include "base/place.h"

struct yaml_in {
	const char *file;
	yaml_document_t document;
	bool loaded;
	struct errinfo *info;
};

/* yaml_in_load reads file (at most bytes_max bytes, UTF-8). file must outlive in. yaml_in_fini frees the document. */
enum err yaml_in_load(struct yaml_in *in, const char *file, size_t bytes_max, struct errinfo *info) ERR_MUST_CHECK;
void yaml_in_fini(struct yaml_in *in);

/* yaml_in_fail reports at node; offset bytes further on its first line. */
enum err yaml_in_fail(struct yaml_in *in, const yaml_node_t *node, size_t offset, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* yaml_in_map checks that node is a mapping with keys of known alone (NULL-ended), each once; what names it. */
enum err yaml_in_map(
	struct yaml_in *in, const yaml_node_t *node, const char *what, const char *const *known) ERR_MUST_CHECK;
/* yaml_in_get gives the value of a key, NULL if it is not there. */
const yaml_node_t *yaml_in_get(struct yaml_in *in, const yaml_node_t *map, const char *key);
/* yaml_in_item gives item i of a sequence, NULL beyond its end; yaml_in_count how many there are. */
const yaml_node_t *yaml_in_item(struct yaml_in *in, const yaml_node_t *list, size_t i);
size_t yaml_in_count(const yaml_node_t *list);

/* yaml_in_text gives the text of a scalar (at most max bytes), fails for all else. */
enum err yaml_in_text(
	struct yaml_in *in, const yaml_node_t *node, const char *what, size_t max, const char **out) ERR_MUST_CHECK;
/* yaml_in_word gives the index of a scalar in words (NULL-ended). */
enum err yaml_in_word(struct yaml_in *in, const yaml_node_t *node, const char *what, const char *const *words,
	int *out) ERR_MUST_CHECK;
/* yaml_in_pair gives a name (an id) and its value, each within its bytes; what is the key under which they stand. */
enum err yaml_in_pair(struct yaml_in *in, const yaml_node_pair_t *pair, const char *what, char *name, size_t name_bytes,
	char *value, size_t value_bytes) ERR_MUST_CHECK;
/* yaml_in_int gives a whole number from least to most. */
enum err yaml_in_int(struct yaml_in *in, const yaml_node_t *node, const char *what, int64_t least, int64_t most,
	int64_t *out) ERR_MUST_CHECK;
enum err yaml_in_bool(struct yaml_in *in, const yaml_node_t *node, const char *what, bool *out) ERR_MUST_CHECK;
/* yaml_in_duration gives ms ("250ms", "30s", "24h"). */
enum err yaml_in_duration(struct yaml_in *in, const yaml_node_t *node, const char *what, int64_t *out) ERR_MUST_CHECK;

/* yaml_in_place gives where a scalar's text begins. */
struct text_place yaml_in_place(const yaml_node_t *node);

#endif
