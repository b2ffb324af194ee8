/* SPDX-License-Identifier: MIT
 *
 * row: members of an object that a service answered, as cells of a table.
 */
#ifndef CURTAIN_TOOL_ROW_H
#define CURTAIN_TOOL_ROW_H

#include <jansson.h>

#include "show.h"

/* row_text gives the text called name, "-" where there is none or it is empty; it lives as long as row. */
const char *row_text(const json_t *row, const char *name);
/* row_time_cell adds the time called name, local to zone; "-" where there is none. */
void row_time_cell(struct table *table, const json_t *row, const char *name, const struct zone *zone);

#endif
