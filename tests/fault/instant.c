/* SPDX-License-Identifier: MIT
 *
 * The file that the variable CURTAIN_INSTANT names holds "NAME COUNT": the COUNT-th time from its writing on that the
 * program passes the instant NAME, it is killed as by kill -9, without any end of its own. A file can be written while
 * the program runs, so that a test chooses the moment: when all that the kill before has doubled is settled.
 */
#include "dispatcher/instant.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void instant_pass(const char *name)
{
	static char armed[64];
	static unsigned left;
	const char *path = getenv("CURTAIN_INSTANT");
	char text[64] = "", wanted[48];
	unsigned count;
	FILE *file = path ? fopen(path, "r") : NULL;

	if (!file)
		return;
	if (!fgets(text, sizeof text, file))
		*text = '\0';
	fclose(file);
	if (sscanf(text, "%47s %u", wanted, &count) != 2)
		return;
	if (strcmp(armed, text) != 0) {
		snprintf(armed, sizeof armed, "%s", text);
		left = count;
	}
	if (!strcmp(name, wanted) && left && !--left)
		raise(SIGKILL);
}
