/* SPDX-License-Identifier: MIT */
#include "service/command.h"

#include <stdio.h>
#include <string.h>

static void usage(const struct service_definition *definition, FILE *to)
{
	fprintf(to,
		"usage: %s [--config FILE] [--set KEY=VALUE]... [--check | --document | --healthcheck | --version | "
		"--help]\n\n%s\n\n"
		"  --config FILE      settings (YAML)\n"
		"  --set KEY=VALUE    one setting, over the file's\n"
		"  --check            check the settings, print what is in force, and stop\n"
		"  --document         print the settings as a Markdown table\n"
		"  --healthcheck      say whether the service that runs with this data_dir is well (exit status 0)\n\n"
		"Exit status: 0 stopped as asked, 1 failed or unhealthy, 2 wrong command line or settings.\n"
		"Signals: SIGTERM and SIGINT stop in order, SIGHUP loads changed settings.\n",
		definition->name, definition->summary);
}

int command_parse(const struct service_definition *definition, int argc, char **argv, struct command *out)
{
	*out = (struct command){0};
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];
		if (!strcmp(word, "--help")) {
			usage(definition, stdout);
			return 0;
		} else if (!strcmp(word, "--version")) {
			printf("%s %s\n", definition->name, service_version);
			return 0;
		} else if (!strcmp(word, "--check")) {
			out->check = true;
		} else if (!strcmp(word, "--document")) {
			out->document = true;
		} else if (!strcmp(word, "--healthcheck")) {
			out->healthcheck = true;
		} else if (!strcmp(word, "--config") && i + 1 < argc) {
			out->config = argv[++i];
		} else if (!strcmp(word, "--set") && i + 1 < argc && out->set_count < COMMAND_SETS_MAX) {
			out->sets[out->set_count++] = argv[++i];
		} else {
			fprintf(stderr, "%s: \"%s\" is not understood, or lacks its value\n\n", definition->name, word);
			usage(definition, stderr);
			return 2;
		}
	}
	return -1;
}

enum err command_settings(const struct service_definition *definition, const struct command *command,
	void *out_settings, struct errinfo *info)
{
	enum err err = config_load(
		definition->config, command->config, command->sets, out_settings, definition->settings_size, info);

	/* A health check must answer quickly, and the running service has checked the rest. */
	if (!err && definition->check && !command->healthcheck && !command->document)
		err = definition->check(out_settings, info);
	return err;
}
