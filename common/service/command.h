/* SPDX-License-Identifier: MIT
 *
 * command: the command line that all services share. For service.c.
 */
#ifndef CURTAIN_SERVICE_COMMAND_H
#define CURTAIN_SERVICE_COMMAND_H

#include "service/service.h"

#define COMMAND_SETS_MAX 64

struct command {
	const char *config; /* NULL = presets alone */
	const char *sets[COMMAND_SETS_MAX + 1];
	unsigned set_count;
	bool check, healthcheck, document;
};

/* command_parse reads argv; -1: go on, else the exit status (help, version, usage), already printed. */
int command_parse(const struct service_definition *definition, int argc, char **argv, struct command *out);
/* command_settings loads and checks the settings that the command line names. */
enum err command_settings(const struct service_definition *definition, const struct command *command,
	void *out_settings, struct errinfo *info) ERR_MUST_CHECK;

#endif
