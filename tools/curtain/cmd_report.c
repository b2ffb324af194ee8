/* SPDX-License-Identifier: MIT
 *
 * curtain report: each word after it is a command of its own.
 */
#include "report_commands.h"
#include "subcommand.h"

static const struct command words[] = {
	{"fortnight", report_fortnight_cmd, "the paper of the fortnightly dispatch meeting"},
	{"daily", report_daily_cmd, "the sheet of a day, a page a community"},
	{"decide", report_decide_cmd, "note what the meeting decided"},
	{"decision", report_decision_cmd, "change how a decision stands"},
	{"decisions", report_decisions_cmd, "list decisions"},
};

int cmd_report(int argc, char **argv)
{
	const struct subcommands of = {"report", "[OPTION]...",
		"Papers of the district, and what its meetings decided.", words, sizeof words / sizeof *words};

	return subcommand_run(&of, argc, argv);
}
