/* SPDX-License-Identifier: MIT
 *
 * cmd: the commands of the tool. Each takes its own name as argv[0] and returns an exit status:
 * 0 done, 1 the answer is bad news (unhealthy, refused), 2 wrong usage or nobody answered.
 */
#ifndef CURTAIN_TOOL_CMD_H
#define CURTAIN_TOOL_CMD_H

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
};

/* commands: the table of main.c. */
extern const struct command commands[];
extern const unsigned command_count;

int cmd_audit(int argc, char **argv);
int cmd_backup(int argc, char **argv);
int cmd_backtest(int argc, char **argv);
int cmd_channel(int argc, char **argv);
int cmd_completion(int argc, char **argv);
int cmd_dead_letters(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_elder(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_follow(int argc, char **argv);
int cmd_handsets(int argc, char **argv);
int cmd_habit(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_kpi(int argc, char **argv);
int cmd_map(int argc, char **argv);
int cmd_openapi(int argc, char **argv);
int cmd_quantities(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_restore(int argc, char **argv);
int cmd_roster(int argc, char **argv);
int cmd_relearn(int argc, char **argv);
int cmd_away(int argc, char **argv);
int cmd_sos(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_webhook(int argc, char **argv);
int cmd_bridge(int argc, char **argv);
int cmd_timeline(int argc, char **argv);
int cmd_visit(int argc, char **argv);

#endif
