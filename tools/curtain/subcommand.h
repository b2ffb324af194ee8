/* SPDX-License-Identifier: MIT
 *
 * subcommand: a command of several words ("curtain roster plan"): finds the word, or tells which there are.
 */
#ifndef CURTAIN_TOOL_SUBCOMMAND_H
#define CURTAIN_TOOL_SUBCOMMAND_H

#include "cmd.h"

struct subcommands {
	const char *command; /* "roster" */
	const char *usage;   /* what follows the word: "[OPTION]... FILE" */
	const char *summary;
	const struct command *words;
	unsigned count;
};

/* subcommand_run runs the word at argv[1] with the rest of the arguments and gives its exit status. */
int subcommand_run(const struct subcommands *of, int argc, char **argv);

#endif
