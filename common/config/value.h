/* SPDX-License-Identifier: MIT
 *
 * value: one setting's text read into its place, and printed back. For config.c and print.c.
 */
#ifndef CURTAIN_CONFIG_VALUE_H
#define CURTAIN_CONFIG_VALUE_H

#include <stdbool.h>

#include "config/config.h"

/* config_value_set reads text into out (the key's field; not for CONFIG_LIST). On failure fault says what to write. */
enum err config_value_set(const struct config_key *key, const char *file, const char *text, bool quoted, void *out,
	char *fault, size_t fault_size) ERR_MUST_CHECK;
/* config_value_print writes the value in the form that config_value_set reads. */
void config_value_print(const struct config_key *key, const void *value, FILE *to);

#endif
