/* SPDX-License-Identifier: MIT
 *
 * report_commands: the words after "curtain report"; each takes itself as argv[0] and returns an exit status (cmd.h).
 */
#ifndef CURTAIN_TOOL_REPORT_COMMANDS_H
#define CURTAIN_TOOL_REPORT_COMMANDS_H

int report_fortnight_cmd(int argc, char **argv);
int report_daily_cmd(int argc, char **argv);
int report_decide_cmd(int argc, char **argv);
int report_decision_cmd(int argc, char **argv);
int report_decisions_cmd(int argc, char **argv);

#endif
