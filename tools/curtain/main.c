/* SPDX-License-Identifier: MIT
 *
 * curtain: the command-line tool. main() only finds the command; each stands in a cmd_*.c of its own.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd.h"
#include "service/service.h"

#define NEAR_DISTANCE 2

const struct command commands[] = {
	{"status", cmd_status, "each service: state, lag, outbox, uptime; exit status 0 = all healthy"},
	{"follow", cmd_follow, "the lives of incidents as they happen, one line each"},
	{"sos", cmd_sos, "call for help on behalf of a household"},
	{"timeline", cmd_timeline, "what happened in a household"},
	{"webhook", cmd_webhook, "who outside is told of events; dead letters and their replay"},
	{"habit", cmd_habit, "what the detector knows of a home: usual silences, limits over the day"},
	{"explain", cmd_explain, "why an alert was raised, and how it grew"},
	{"relearn", cmd_relearn, "have the detector learn a home anew from stored readings"},
	{"away", cmd_away, "tell the detector that nobody is at home, or that somebody is again"},
	{"import", cmd_import, "bring communities, teams, households, devices, volunteers into the registry"},
	{"export", cmd_export, "write rows of the registry as CSV that can be imported again"},
	{"elder", cmd_elder, "an elder's data to take along, or erased with a certificate; a consent withdrawn"},
	{"backup", cmd_backup, "the registry and all that records keeps, in one file, with what proves it"},
	{"restore", cmd_restore, "a backup into an empty database, compared row by row"},
	{"audit", cmd_audit, "who read or wrote personal data; prove that this trail is as it was written"},
	{"kpi", cmd_kpi, "how well the district answers: times, false alarms, load, coverage"},
	{"report", cmd_report, "the paper of the fortnightly meeting, the daily sheet, what meetings decided"},
	{"handsets", cmd_handsets, "which number each elder's \"1\" key is set to, and which are out of date"},
	{"map", cmd_map, "try profiles on payloads, without a broker"},
	{"dead-letters", cmd_dead_letters, "list what was refused, and replay it after a profile is mended"},
	{"bridge", cmd_bridge, "the bridge to another platform: jobs, reports, a run now"},
	{"channel", cmd_channel, "try a channel to people without paging anyone; how each does, what became of pages"},
	{"roster", cmd_roster, "plan duties: fair, within the rules, as cheap as can be proven"},
	{"visit", cmd_visit, "visits, the tasks that follow from them, and services"},
	{"backtest", cmd_backtest, "how the detector would have done on recorded readings"},
	{"openapi", cmd_openapi, "the document of the REST interface"},
	{"quantities", cmd_quantities, "the table of quantities, units and ranges"},
	{"completion", cmd_completion, "print the bash completion script"},
};
const unsigned command_count = sizeof commands / sizeof *commands;

static void print_help(FILE *to)
{
	fputs("usage: curtain COMMAND [OPTION]...\n\n窗帘之约 Curtain: the district's command line. Commands:\n\n", to);
	for (unsigned i = 0; i < command_count; i++)
		fprintf(to, "  %-13s %s\n", commands[i].name, commands[i].summary);
	fputs("\nThe broker: --host --port --user --password-file --ca-file, or the environment CURTAIN_HOST, "
	      "CURTAIN_PORT,\n"
	      "CURTAIN_USER, CURTAIN_PASSWORD_FILE, CURTAIN_CA_FILE (deploy/local.sh env DIR prints them).\n"
	      "\"curtain COMMAND --help\" shows options and examples.\n",
		to);
}

static int complain(const char *word)
{
	const char *nearest = NULL;
	unsigned best = NEAR_DISTANCE + 1;

	for (unsigned i = 0; i < command_count; i++) {
		unsigned distance = text_distance(commands[i].name, word);
		if (distance < best) {
			best = distance;
			nearest = commands[i].name;
		}
	}
	if (nearest)
		fprintf(stderr, "curtain: unknown command \"%s\"; did you mean \"%s\"?\n", word, nearest);
	else
		fprintf(stderr, "curtain: unknown command \"%s\"; \"curtain --help\" lists them\n", word);
	return 2;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return 2;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help")) {
		print_help(stdout);
		return 0;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("curtain %s\n", service_version);
		return 0;
	}
	for (unsigned i = 0; i < command_count; i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	return complain(argv[1]);
}
