/* SPDX-License-Identifier: MIT
 *
 * hook_target: the keys of bridge.yaml that say where a call goes and how it is made; for hook_file.c.
 */
#ifndef CURTAIN_GATEWAY_HOOK_TARGET_H
#define CURTAIN_GATEWAY_HOOK_TARGET_H

#include "config/yaml_in.h"
#include "gateway/hook_file.h"

/* hook_target_read reads name, url, method, format, sign ..., secrets, vars and the programs of an entry. What *out
 * holds of method stands where the entry says nothing; "" is POST. */
enum err hook_target_read(struct yaml_in *in, const yaml_node_t *entry, bool with_secrets, struct program *program,
	struct hook_target *out) ERR_MUST_CHECK;
/* hook_target_list checks that node is a list of at most max items. */
enum err hook_target_list(struct yaml_in *in, const yaml_node_t *node, const char *what, size_t max) ERR_MUST_CHECK;
/* hook_target_number reads a whole number; *out stays where the key is missing. */
enum err hook_target_number(struct yaml_in *in, const yaml_node_t *map, const char *key, int64_t least, int64_t most,
	int64_t *out) ERR_MUST_CHECK;

#endif
