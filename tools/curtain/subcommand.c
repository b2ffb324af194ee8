/* SPDX-License-Identifier: MIT */
#include "subcommand.h"

#include <stdio.h>
#include <string.h>

static int help(const struct subcommands *of, FILE *to)
{
	fprintf(to, "usage: curtain %s COMMAND %s\n\n%s Commands:\n\n", of->command, of->usage, of->summary);
	for (unsigned i = 0; i < of->count; i++)
		fprintf(to, "  %-10s %s\n", of->words[i].name, of->words[i].summary);
	fprintf(to, "\n\"curtain %s COMMAND --help\" shows options and examples.\n", of->command);
	return to == stdout ? 0 : 2;
}

int subcommand_run(const struct subcommands *of, int argc, char **argv)
{
	if (argc < 2)
		return help(of, stderr);
	if (!strcmp(argv[1], "--help"))
		return help(of, stdout);
	for (unsigned i = 0; i < of->count; i++)
		if (!strcmp(argv[1], of->words[i].name))
			return of->words[i].run(argc - 1, argv + 1);
	fprintf(stderr, "curtain %s: no command \"%s\"; \"curtain %s --help\" lists them\n", of->command, argv[1],
		of->command);
	return 2;
}
