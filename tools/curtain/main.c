/* SPDX-License-Identifier: MIT
 *
 * curtain: the command-line tool. main() only finds the command; each stands in a cmd_*.c of its own.
 */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "service/service.h"

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
};

static const struct command commands[] = {
	{"status", cmd_status, "each service: state, lag, outbox, uptime; exit status 0 = all healthy"},
	{"follow", cmd_follow, "the lives of incidents as they happen, one line each"},
	{"sos", cmd_sos, "call for help on behalf of a household"},
	{"timeline", cmd_timeline, "what happened in a household"},
	{"import", cmd_import, "bring communities, teams, households, devices, volunteers into the registry"},
	{"dead-letters", cmd_dead_letters, "list what was refused, and replay it after a profile is mended"},
	{"quantities", cmd_quantities, "the table of quantities, units and ranges"},
	{"completion", cmd_completion, "print the bash completion script"},
};

static void print_help(FILE *to)
{
	fputs("usage: curtain COMMAND [OPTION]...\n\n窗帘之约 Curtain: the district's command line. Commands:\n\n", to);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		fprintf(to, "  %-13s %s\n", commands[i].name, commands[i].summary);
	fputs("\nThe broker: --host --port --user --password-file --ca-file, or the environment CURTAIN_HOST, "
	      "CURTAIN_PORT,\n"
	      "CURTAIN_USER, CURTAIN_PASSWORD_FILE, CURTAIN_CA_FILE (deploy/local.sh env DIR prints them).\n"
	      "\"curtain COMMAND --help\" shows options and examples.\n",
		to);
}

int cmd_completion(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	fputs("# bash completion: source <(curtain completion)\n_curtain() {\n\tlocal words=\"", stdout);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		printf("%s%s", i ? " " : "", commands[i].name);
	fputs("\"\n\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"${COMP_WORDS[1]}\")\n"
	      "\telse\n"
	      "\t\tlocal options; options=$(\"${COMP_WORDS[0]}\" \"${COMP_WORDS[1]}\" --help 2>/dev/null | grep -oE -- "
	      "'--[a-z-]+' | sort -u)\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -f -- \"${COMP_WORDS[COMP_CWORD]}\")\n"
	      "\tfi\n}\ncomplete -F _curtain curtain\n",
		stdout);
	return 0;
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
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "curtain: unknown command \"%s\"; \"curtain --help\" lists them\n", argv[1]);
	return 2;
}
