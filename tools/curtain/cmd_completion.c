/* SPDX-License-Identifier: MIT
 *
 * The script asks the tool itself: options, and what their values are, come from --help, so it cannot grow stale.
 */
#include <stdio.h>

#include "cmd.h"
#include "options.h"

static const char script[] =
	"\t[ \"$COMP_CWORD\" -eq 1 ] && { mapfile -t COMPREPLY < <(compgen -W \"$commands\" -- \"$word\"); return 0; "
	"}\n"
	"\thelp=$(\"${COMP_WORDS[0]}\" \"${COMP_WORDS[1]}\" --help 2> /dev/null < /dev/null) || return 0\n"
	"\tif [[ $help == *$'Commands:\\n'* ]]; then\n"
	"\t\tactions=$(sed -nE '/Commands:$/,/^\"/s/^  ([a-z-]+) .*/\\1/p' <<< \"$help\")\n"
	"\t\t[ \"$COMP_CWORD\" -eq 2 ] && { mapfile -t COMPREPLY < <(compgen -W \"$actions\" -- \"$word\"); return 0; "
	"}\n"
	"\t\thelp=$(\"${COMP_WORDS[0]}\" \"${COMP_WORDS[1]}\" \"${COMP_WORDS[2]}\" --help 2> /dev/null < /dev/null) || "
	"return 0\n"
	"\tfi\n"
	"\t[[ $before =~ ^--[a-z-]+$ ]] && argument=$(sed -nE \"s/^  $before ([^ ]+) .*/\\\\1/p\" <<< \"$help\")\n"
	"\tif [ -n \"$argument\" ]; then\n"
	"\t\tcase \"$argument\" in\n"
	"\t\tFILE | FOLDER) mapfile -t COMPREPLY < <(compgen -f -- \"$word\") ;;\n"
	"\t\t*\\|*) mapfile -t COMPREPLY < <(compgen -W \"${argument//|/ }\" -- \"$word\") ;;\n"
	"\t\tesac\n"
	"\telif [[ $word == -* ]]; then\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -W \"$(sed -nE 's/^  (--[a-z-]+) .*/\\1/p' <<< \"$help\")\" -- "
	"\"$word\")\n"
	"\telif [[ ${help%%$'\\n'*} == *WHAT* && $COMP_CWORD -eq 2 ]]; then\n"
	"\t\tactions=$(sed -nE 's/^  ([a-z]+)( \\[?[A-Z]+\\]?)*(, ([a-z]+) [A-Z]+)?  .*/\\1 \\4/p' <<< \"$help\")\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -W \"$actions\" -- \"$word\")\n"
	"\telif [[ ${help%%$'\\n'*} == *FILE ]]; then\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
	"\tfi\n"
	"}\n"
	"complete -o filenames -F _curtain curtain\n";

int cmd_completion(int argc, char **argv)
{
	const struct options options = {.command = "completion",
		.summary = "Prints the completion script for bash: commands, their words, options and files.",
		.ending = "example:\n  source <(curtain completion)\n"};
	int status = options_parse(&options, argc, argv);

	if (status >= 0)
		return status;
	fputs("# bash completion: source <(curtain completion)\n_curtain() {\n\tlocal commands=\"", stdout);
	for (unsigned i = 0; i < command_count; i++)
		printf("%s%s", i ? " " : "", commands[i].name);
	printf("\"\n\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} help actions "
	       "argument=\n%s",
		script);
	return 0;
}
