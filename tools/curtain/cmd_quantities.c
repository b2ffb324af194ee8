/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "cmd.h"
#include "message/quantity.h"
#include "options.h"

static const char *const kind_names[] = {"counter", "gauge", "state", "event"};

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
		printf("%-18s %-8s %-8s %14s %14s %s\n", "quantity", "unit", "kind", "min", "max", "alarm");
	for (int i = 0; i < QUANTITY_COUNT; i++) {
		const struct quantity_info *q = quantity_info((enum quantity)i);
		printf(json ? "{\"quantity\":\"%s\",\"unit\":\"%s\",\"kind\":\"%s\",\"min\":%.15g,\"max\":%.15g,"
			      "\"alarm\":%s}\n"
			    : "%-18s %-8s %-8s %14.15g %14.15g %s\n",
			q->name, q->unit, kind_names[q->kind], q->min, q->max,
			json ? (q->alarm ? "true" : "false") : (q->alarm ? "yes" : ""));
	}
	return 0;
}
