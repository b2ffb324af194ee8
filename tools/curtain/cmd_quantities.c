/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "cmd.h"
#include "message/quantity.h"
#include "options.h"
#include "output.h"
#include "show.h"
#include "words.h"

static const char *const kind_names[] = {"counter", "gauge", "state", "event"};

static void limit_cell(struct table *table, double limit)
{
	char text[32];

	snprintf(text, sizeof text, "%.15g", limit);
	table_cell(table, text);
}

static int print_table(void)
{
	static const char *const headings[] = {
		"量 quantity", "含义 meaning", "单位 unit", "类 kind", ">最小 min", ">最大 max", "报警 alarm"};
	struct table *table = table_create(headings, sizeof headings / sizeof *headings);
	struct errinfo info = {0};
	struct buf out;

	buf_init(&out, OUTPUT_BYTES_MAX);
	for (int i = 0; i < QUANTITY_COUNT && table; i++) {
		const struct quantity_info *q = quantity_info((enum quantity)i);
		table_cell(table, q->name);
		table_cell(table, words_quantity((enum quantity)i));
		table_cell(table, *q->unit ? q->unit : "-");
		table_cell(table, kind_names[q->kind]);
		limit_cell(table, q->min);
		limit_cell(table, q->max);
		table_cell(table, q->alarm ? "是 yes" : "-");
	}
	enum err err = output_write(&out, table ? table_print(table, &out) : ERR_NOMEM, &info);
	buf_fini(&out);
	table_destroy(table);
	return err ? options_fail("quantities", &info) : 0;
}

int cmd_quantities(int argc, char **argv)
{
	bool json = false;
	const struct option_row rows[] = {{"json", OPTION_FLAG, &json, 0, 0, NULL, "print one JSON object a line"}};
	const struct options options = {.command = "quantities",
		.summary = "The table of what a device can tell (docs/profiles.md): what a profile may emit.",
		.rows = rows,
		.row_count = 1,
		.ending = "examples:\n  curtain quantities\n  curtain quantities --json | jq -r 'select(.alarm) | "
			  ".quantity'\n"};
	int status = options_parse(&options, argc, argv);

	if (status >= 0)
		return status;
	if (!json)
		return print_table();
	for (int i = 0; i < QUANTITY_COUNT; i++) {
		const struct quantity_info *q = quantity_info((enum quantity)i);
		printf("{\"quantity\":\"%s\",\"unit\":\"%s\",\"kind\":\"%s\",\"min\":%.15g,\"max\":%.15g,\"alarm\":%s}"
		       "\n",
			q->name, q->unit, kind_names[q->kind], q->min, q->max, q->alarm ? "true" : "false");
	}
	return 0;
}
