/* SPDX-License-Identifier: MIT
 *
 * map_value: one scalar on its way from a payload to an observation. A plain value; texts are copied, and cut where
 * they are longer than anything that the map has a use for (length keeps the true length).
 */
#ifndef CURTAIN_INGEST_MAP_VALUE_H
#define CURTAIN_INGEST_MAP_VALUE_H

#include <jv.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "jq/json_tree.h"

#define VALUE_TEXT_BYTES 160

enum value_kind { VALUE_NULL, VALUE_FALSE, VALUE_TRUE, VALUE_NUMBER, VALUE_TEXT, VALUE_OTHER /* array, object */ };

struct map_value {
	enum value_kind kind;
	double number;
	size_t length;
	char text[VALUE_TEXT_BYTES]; /* NUL-ended */
};

/* value_of_* make a value. value_of_jv consumes v. */
void value_of_text(struct map_value *out, const char *text, size_t length);
void value_of_number(struct map_value *out, double number);
void value_of_node(struct map_value *out, const struct json_node *node);
void value_of_jv(struct map_value *out, jv v);

/* value_to_number reads true, false, numbers and texts that are numbers ("12.5", " 1.0e+02 "; not "", "nan", "0x10").
 * false: it is none, or not finite. */
bool value_to_number(const struct map_value *value, double *out);

/* value_to_text writes a text or a number as it is (numbers without needless digits). ERR_INVALID for other kinds,
 * ERR_FULL if it does not fit. */
enum err value_to_text(const struct map_value *value, char *out, size_t size) ERR_MUST_CHECK;

/* value_describe writes a short form for a reason ("abc", 12, true, an object or array). */
void value_describe(const struct map_value *value, char *out, size_t size);

#endif
