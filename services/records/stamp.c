/* SPDX-License-Identifier: MIT */
#include "records/stamp.h"

#include <stdio.h>
#include <string.h>

int64_t stamp_age_s(const char *path, struct wall now)
{
	char line[WALL_TEXT_BYTES + 16] = "";
	struct wall made = {0};
	FILE *file = fopen(path, "re");

	if (file) {
		if (fgets(line, sizeof line, file)) {
			line[strcspn(line, "\r\n")] = '\0';
			if (wall_parse(line, strlen(line), &made))
				made = (struct wall){0};
		}
		fclose(file);
	}
	return now.ms > made.ms ? (now.ms - made.ms) / MS_PER_SECOND : 0;
}
