/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "moment.h"

#define CONNECTION_ROWS 6
#define ROWS_MAX 24
#define NEAR_DISTANCE 3

struct table {
	const struct option_row *rows[ROWS_MAX];
	unsigned count;
	bool given[ROWS_MAX];
	struct option_row connection[CONNECTION_ROWS];
};

static const char *const environment[CONNECTION_ROWS] = {
	"CURTAIN_HOST", "CURTAIN_PORT", "CURTAIN_USER", "CURTAIN_PASSWORD_FILE", "CURTAIN_CA_FILE", NULL};

static void table_fill(struct table *table, const struct options *options)
{
	struct connection *c = options->connection;

	*table = (struct table){0};
	assert(options->row_count + (c ? CONNECTION_ROWS : 0) <= ROWS_MAX);
	for (unsigned i = 0; i < options->row_count; i++)
		table->rows[table->count++] = &options->rows[i];
	if (!c)
		return;
	*c = (struct connection){.host = "127.0.0.1",
		.user = "desk",
		.password_file = "",
		.ca_file = "",
		.port = 1883,
		.timeout_ms = 5000};
	const struct option_row rows[CONNECTION_ROWS] = {
		{"host", OPTION_TEXT, &c->host, 0, 0, "NAME", "the broker (CURTAIN_HOST; 127.0.0.1)"},
		{"port", OPTION_INT, &c->port, 1, 65535, "NUMBER", "its port (CURTAIN_PORT; 1883)"},
		{"user", OPTION_TEXT, &c->user, 0, 0, "NAME", "account of class desk (CURTAIN_USER; desk)"},
		{"password-file", OPTION_TEXT, &c->password_file, 0, 0, "FILE",
			"its password (CURTAIN_PASSWORD_FILE; none)"},
		{"ca-file", OPTION_TEXT, &c->ca_file, 0, 0, "FILE",
			"CA certificate: use TLS (CURTAIN_CA_FILE; no TLS)"},
		{"timeout", OPTION_SECONDS, &c->timeout_ms, 100, 600000, "SECONDS",
			"how long to wait for an answer (5)"},
	};
	memcpy(table->connection, rows, sizeof rows);
	for (unsigned i = 0; i < CONNECTION_ROWS; i++)
		table->rows[table->count++] = &table->connection[i];
}

static void print_row(const char *name, const char *argument, const char *help)
{
	char left[64];

	snprintf(left, sizeof left, "--%s%s%s", name, argument ? " " : "", argument ? argument : "");
	printf("  %-24s %s\n", left, help);
}

static void print_help(const struct options *options, const struct table *table)
{
	printf("usage: curtain %s [OPTION]...%s%s\n\n%s\n\n", options->command, options->operand ? " " : "",
		options->operand ? options->operand : "", options->summary);
	for (unsigned i = 0; i < table->count; i++)
		print_row(table->rows[i]->name, table->rows[i]->argument, table->rows[i]->help);
	print_row("help", NULL, "print this");
	printf("\n%s", options->ending);
}

static int complain(const struct options *options, const char *text)
{
	fprintf(stderr, "curtain %s: %s\n", options->command, text);
	return 2;
}

static int find(const struct options *options, const struct table *table, const char *name)
{
	char text[200];
	unsigned best = NEAR_DISTANCE + 1;
	const char *nearest = NULL;

	for (unsigned i = 0; i < table->count; i++) {
		unsigned distance = text_distance(table->rows[i]->name, name);
		if (!distance)
			return (int)i;
		if (distance < best) {
			best = distance;
			nearest = table->rows[i]->name;
		}
	}
	if (nearest)
		snprintf(text, sizeof text, "unknown option \"--%.60s\"; did you mean \"--%s\"?", name, nearest);
	else
		snprintf(text, sizeof text, "unknown option \"--%.60s\"; \"curtain %s --help\" lists them", name,
			options->command);
	complain(options, text);
	return -1;
}

static bool read_number(const char *text, double *out)
{
	char *end;

	errno = 0;
	*out = strtod(text, &end);
	return *text && !*end && !errno && isfinite(*out);
}

/* take_text stores a text, if it is one of its type. */
static int take_text(const struct options *options, const struct option_row *row, const char *value, const char *where)
{
	char text[300];

	*(const char **)row->value = value;
	if (!*value)
		snprintf(text, sizeof text, "%s must not be empty", where);
	else if (row->type == OPTION_DAY && !moment_is_day(value))
		snprintf(text, sizeof text,
			"%s \"%.40s\"：没有这个日期，写法如 2026-12-01 (there is no such day; write it as in "
			"2026-12-01)",
			where, value);
	else if (row->type == OPTION_TIME && !moment_is_time(value))
		snprintf(text, sizeof text,
			"%s \"%.40s\"：没有这个时间，写法如 2026-12-01 或 \"2026-12-01 18:00\" (there is no such time; "
			"write "
			"it as in 2026-12-01, \"2026-12-01 18:00\" or 2026-12-01T18:00:00+08:00)",
			where, value);
	else
		return -1;
	return complain(options, text);
}

/* take stores a value; where says where it came from. Returns -1 or the exit status. */
static int take(const struct options *options, const struct option_row *row, const char *value, const char *where)
{
	double number = 0, unit = row->type == OPTION_SECONDS ? 1000 : 1;
	char text[300];

	if (row->type == OPTION_FLAG) {
		*(bool *)row->value = true;
		return -1;
	}
	if (row->type == OPTION_TEXT || row->type == OPTION_DAY || row->type == OPTION_TIME)
		return take_text(options, row, value, where);
	if (!read_number(value, &number) || (row->type == OPTION_INT && number != floor(number)) ||
		number * unit < (double)row->min || number * unit > (double)row->max) {
		snprintf(text, sizeof text, "%s is \"%.60s\"; it must be %s from %g to %g", where, value,
			row->type == OPTION_INT ? "a whole number" : "seconds", (double)row->min / unit,
			(double)row->max / unit);
		return complain(options, text);
	}
	*(int64_t *)row->value = (int64_t)(number * unit);
	return -1;
}

/* take_option reads argv[*at] and its value; *at then stands on the last word taken. */
static int take_option(const struct options *options, struct table *table, int argc, char **argv, int *at)
{
	const char *word = argv[*at] + 2, *equals = strchr(word, '='), *value = equals ? equals + 1 : NULL;
	char name[64], where[80], text[200];
	int found;

	snprintf(name, sizeof name, "%.*s", equals ? (int)(equals - word) : (int)strlen(word), word);
	found = find(options, table, name);
	if (found < 0)
		return 2;
	snprintf(where, sizeof where, "--%s", name);
	bool flag = table->rows[found]->type == OPTION_FLAG;
	if (flag && value) {
		snprintf(text, sizeof text, "%s takes no value", where);
		return complain(options, text);
	}
	if (!flag && !value) {
		if (*at + 1 >= argc) {
			snprintf(text, sizeof text, "%s needs a value: %s %s", where, where,
				table->rows[found]->argument);
			return complain(options, text);
		}
		value = argv[++*at];
	}
	table->given[found] = true;
	return take(options, table->rows[found], value, where);
}

static int take_operand(const struct options *options, const char *word, unsigned *taken)
{
	char text[200];
	size_t length = options->operand ? strlen(options->operand) : 0;
	bool several = length > 3 && !strcmp(options->operand + length - 3, "...");

	if (!options->operand || *taken == (several ? OPTIONS_OPERANDS_MAX : 1)) {
		snprintf(text, sizeof text, "\"%.60s\" is one argument too many; \"curtain %s --help\" shows the usage",
			word, options->command);
		return complain(options, text);
	}
	options->operand_value[(*taken)++] = word;
	return -1;
}

static int take_environment(const struct options *options, const struct table *table)
{
	int status = -1;

	for (unsigned i = 0; i < CONNECTION_ROWS && options->connection && status < 0; i++) {
		const char *value = environment[i] ? getenv(environment[i]) : NULL;
		if (value && *value && !table->given[options->row_count + i])
			status = take(options, &table->connection[i], value, environment[i]);
	}
	return status;
}

int options_parse(const struct options *options, int argc, char **argv)
{
	struct table table;
	unsigned taken = 0;
	bool only_operands = false;
	int status = -1;

	table_fill(&table, options);
	for (int i = 1; i < argc && status < 0; i++) {
		if (only_operands || argv[i][0] != '-' || !argv[i][1]) {
			status = take_operand(options, argv[i], &taken);
		} else if (!strcmp(argv[i], "--")) {
			only_operands = true;
		} else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			print_help(options, &table);
			return 0;
		} else if (argv[i][1] != '-') {
			char text[100];
			snprintf(text, sizeof text, "unknown option \"%.40s\"; options begin with two dashes", argv[i]);
			status = complain(options, text);
		} else {
			status = take_option(options, &table, argc, argv, &i);
		}
	}
	if (status < 0)
		status = take_environment(options, &table);
	if (status < 0 && options->operand && !taken) {
		char text[200];
		snprintf(text, sizeof text, "which %s? \"curtain %s --help\" shows the usage", options->operand,
			options->command);
		status = complain(options, text);
	}
	return status;
}

int options_fail(const char *command, const struct errinfo *info)
{
	char text[ERR_TEXT_BYTES + ERR_FILE_BYTES + 32];

	errinfo_print(info, text, sizeof text);
	fprintf(stderr, "curtain %s: %s\n", command, text);
	return 2;
}
