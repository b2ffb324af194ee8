/* SPDX-License-Identifier: MIT
 *
 * curtain report: each word after it is a command of its own.
 */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "report_commands.h"

static const struct command words[] = {
	{"fortnight", report_fortnight_cmd, "the paper of the fortnightly dispatch meeting"},
	{"daily", report_daily_cmd, "the sheet of a day, a page a community"},
	{"decide", report_decide_cmd, "note what the meeting decided"},
	{"decision", report_decision_cmd, "change how a decision stands"},
	{"decisions", report_decisions_cmd, "list decisions"},
};
static const unsigned word_count = sizeof words / sizeof *words;

static int help(FILE *to)
{
	fputs("usage: curtain report COMMAND [OPTION]...\n\nPapers of the district, and what its meetings decided. "
	      "Commands:\n\n",
		to);
	for (unsigned i = 0; i < word_count; i++)
		fprintf(to, "  %-10s %s\n", words[i].name, words[i].summary);
	fputs("\n\"curtain report COMMAND --help\" shows options and examples.\n", to);
	return to == stdout ? 0 : 2;
}

int cmd_report(int argc, char **argv)
{
	if (argc < 2)
		return help(stderr);
	if (!strcmp(argv[1], "--help"))
		return help(stdout);
	for (unsigned i = 0; i < word_count; i++)
		if (!strcmp(argv[1], words[i].name))
			return words[i].run(argc - 1, argv + 1);
	fprintf(stderr, "curtain report: no command \"%s\"; \"curtain report --help\" lists them\n", argv[1]);
	return 2;
}
