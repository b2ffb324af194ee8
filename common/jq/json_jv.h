/* SPDX-License-Identifier: MIT
 *
 * json_jv: a node of a tree as jq's value.
 */
#ifndef CURTAIN_JQ_JSON_JV_H
#define CURTAIN_JQ_JSON_JV_H

#include <jv.h>

#include "jq/json_tree.h"

/* json_jv copies node and all below it; the caller's to free. */
jv json_jv(const struct json_tree *tree, const struct json_node *node);

#endif
