/* SPDX-License-Identifier: MIT */
#include "row.h"

#include "codec/fields.h"

const char *row_text(const json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(row, name));

	return text && *text ? text : "-";
}

void row_time_cell(struct table *table, const json_t *row, const char *name, const struct zone *zone)
{
	char shown[SHOW_TIME_BYTES];

	show_time(zone, fields_wall_or_none(row, name), shown);
	table_cell(table, shown);
}
