/* SPDX-License-Identifier: MIT
 *
 * options: the command line of every command by one table: parsing, --help, and where the broker is.
 *
 * A row names an option, where its value goes and what it is for. Both "--name value" and "--name=value" are taken,
 * "--" ends the options. An unknown option is told with the nearest known one.
 */
#ifndef CURTAIN_TOOL_OPTIONS_H
#define CURTAIN_TOOL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define OPTIONS_OPERANDS_MAX 64

enum option_type {
	OPTION_FLAG,   /* bool; takes no value */
	OPTION_TEXT,   /* const char *, never empty */
	OPTION_DAY,    /* const char *, a date that there is: moment_is_day */
	OPTION_TIME,   /* const char *, a day or a time that there is: moment_is_time */
	OPTION_INT,    /* int64_t, min..max */
	OPTION_SECONDS /* int64_t ms from "5" or "0.5", min..max in ms */
};

struct option_row {
	const char *name; /* without the dashes */
	enum option_type type;
	void *value;
	int64_t min, max;
	const char *argument; /* its name in the help; NULL for flags */
	const char *help;
};

/* connection: where the broker is and for how long an answer is awaited. */
struct connection {
	const char *host, *user;
	const char *password_file, *ca_file; /* "" = none */
	int64_t port, timeout_ms;
};

struct options {
	const char *command; /* "status" */
	const char *summary; /* what it does, a sentence or more */
	const struct option_row *rows;
	unsigned row_count;
	struct connection *connection; /* NULL: the command needs no broker */
	/* the name of its one argument in the help, NULL: it takes none; a name that ends in "...": up to
	 * OPTIONS_OPERANDS_MAX, one after the other in an array that was all NULL */
	const char *operand;
	const char **operand_value;
	const char *ending; /* last part of the help: output, exit status, examples */
};

#define OPTIONS_ROWS(rows) (rows), sizeof(rows) / sizeof(rows)[0]

/* options_parse fills the values of the rows and the connection (from the command line, then CURTAIN_HOST,
 * CURTAIN_PORT, CURTAIN_USER, CURTAIN_PASSWORD_FILE, CURTAIN_CA_FILE, then presets). -1: go on; else the exit status,
 * help or error are printed already. */
int options_parse(const struct options *options, int argc, char **argv);
/* options_fail prints "curtain COMMAND: CAUSE" on stderr and gives exit status 2. */
int options_fail(const char *command, const struct errinfo *info);

#endif
