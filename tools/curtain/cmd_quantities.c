/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "message/quantity.h"

static const char *const kind_names[] = {"counter", "gauge", "state", "event"};

int cmd_quantities(int argc, char **argv)
{
	bool json = argc == 2 && !strcmp(argv[1], "--json");

	if (argc > 1 && !json) {
		bool help = !strcmp(argv[1], "--help");
		fputs("usage: curtain quantities [--json]\n\nThe table of what a device can tell (docs/profiles.md).\n",
			help ? stdout : stderr);
		return help ? 0 : 2;
	}
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
