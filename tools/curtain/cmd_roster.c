/* SPDX-License-Identifier: MIT
 *
 * curtain roster: plans rosters from files, without a broker, and puts them in force. Each word after it is a command
 * of its own (roster.h).
 */
#include "roster.h"
#include "subcommand.h"

static const struct command words[] = {
	{"plan", roster_plan_cmd, "plan a team's weeks, or re-plan them after a change"},
	{"next", roster_next_cmd, "the task of the weeks after a roster, with what was served as memory"},
	{"show", roster_show_cmd, "a roster as a table, JSON, CSV, a sheet for the notice board, a calendar"},
	{"check", roster_check_cmd, "what a roster breaks, what it leaves open, what it costs"},
	{"explain", roster_explain_cmd, "why this person has this duty, and what the next best would cost"},
	{"publish", roster_publish_cmd, "put a roster in force: pages go to those on duty"},
	{"withdraw", roster_withdraw_cmd, "end a team's roster"},
	{"duties", roster_duties_cmd, "who has which duty, as the dispatcher has it"},
	{"cover", roster_cover_cmd, "whom to ask to take a duty, in fair order"},
	{"give", roster_give_cmd, "somebody else has a duty from now on"},
	{"swap", roster_swap_cmd, "propose that somebody else takes or exchanges a duty"},
	{"seek", roster_seek_cmd, "ask for somebody else to take a duty"},
	{"absent", roster_absent_cmd, "somebody cannot serve for a while"},
	{"answer", roster_answer_cmd, "a volunteer's yes or no, told to the desk"},
	{"recall", roster_recall_cmd, "call off a swap or a cover request"},
	{"matters", roster_matters_cmd, "swaps, cover requests, absences as they stand"},
	{"gaps", roster_gaps_cmd, "duties that nobody has"},
	{"solve", roster_solve_cmd, "solve a public instance within a time limit"},
};

int cmd_roster(int argc, char **argv)
{
	const struct subcommands of = {"roster", "[OPTION]... FILE", "Plans rosters from files and puts them in force.",
		words, sizeof words / sizeof *words};

	return subcommand_run(&of, argc, argv);
}
