/* SPDX-License-Identifier: MIT
 *
 * Messages go to stdout and stderr; tests/integration reads them. Here: what is taken, and the exit status.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "moment.h"
#include "options.h"

static bool flag;
static int64_t number, duration;
static const char *text, *operand, *day, *moment;
static struct connection connection;

static const struct option_row rows[] = {
	{"flag", OPTION_FLAG, &flag, 0, 0, NULL, "a flag"},
	{"number", OPTION_INT, &number, -5, 5, "N", "a number"},
	{"duration", OPTION_SECONDS, &duration, 0, 60000, "SECONDS", "a duration"},
	{"text", OPTION_TEXT, &text, 0, 0, "TEXT", "a text"},
	{"day", OPTION_DAY, &day, 0, 0, "DAY", "a day"},
	{"time", OPTION_TIME, &moment, 0, 0, "TIME", "a time"},
};
static const struct options all = {
	"try", "A command for tests.", OPTIONS_ROWS(rows), &connection, "THING", &operand, "no examples\n"};

static int parse(const char *const *words)
{
	const char *argv[16] = {"try"};
	int argc = 1;

	flag = false;
	number = duration = 0;
	text = operand = NULL;
	while (words[argc - 1]) {
		argv[argc] = words[argc - 1];
		argc++;
	}
	return options_parse(&all, argc, (char **)(uintptr_t)argv);
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})

static void values_are_taken_with_and_without_equals(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--number", "-5", "--duration=0.25", "thing", "--flag", "--text=a=b"), -1);
	assert_int_equal(number, -5);
	assert_int_equal(duration, 250);
	assert_true(flag);
	assert_string_equal(text, "a=b");
	assert_string_equal(operand, "thing");
}

static void two_dashes_end_the_options_and_one_is_an_operand(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--", "--flag"), -1);
	assert_false(flag);
	assert_string_equal(operand, "--flag");
	assert_int_equal(PARSE("-"), -1);
	assert_string_equal(operand, "-");
}

static void limits_are_inclusive(void **state)
{
	(void)state;
	assert_int_equal(PARSE("x", "--number", "5"), -1);
	assert_int_equal(PARSE("x", "--number", "6"), 2);
	assert_int_equal(PARSE("x", "--number", "-6"), 2);
	assert_int_equal(PARSE("x", "--duration", "60"), -1);
	assert_int_equal(PARSE("x", "--duration", "60.001"), 2);
	assert_int_equal(PARSE("x", "--duration", "-0.001"), 2);
}

static void what_is_no_number_is_refused(void **state)
{
	(void)state;
	assert_int_equal(PARSE("x", "--number", "1.5"), 2);
	assert_int_equal(PARSE("x", "--number", "1x"), 2);
	assert_int_equal(PARSE("x", "--number="), 2);
	assert_int_equal(PARSE("x", "--duration", "nan"), 2);
	assert_int_equal(PARSE("x", "--duration", "1e999"), 2);
}

static void a_day_that_the_calendar_does_not_have_is_refused(void **state)
{
	static const char *const none[] = {"2026-02-29", "2026-02-31", "2026-04-31", "2026-13-01", "2026-00-10",
		"2026-3-1", "2026-03-01x", "20260301", "1969-12-31", " 2026-03-01", "+026-03-01", ""};

	(void)state;
	assert_int_equal(PARSE("x", "--day", "2028-02-29"), -1);
	assert_string_equal(day, "2028-02-29");
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		assert_int_equal(PARSE("x", "--day", none[i]), 2);
		assert_int_equal(PARSE("x", "--time", none[i]), 2);
	}
}

static void a_time_is_a_day_or_local_or_has_an_offset(void **state)
{
	static const char *const none[] = {"2026-02-31 18:00", "2026-02-31T18:00:00+08:00", "2026-12-01 24:00",
		"2026-12-01 18:60", "2026-12-01 8:00", "2026-12-01 18:00 ", "2026-12-01x18:00",
		"2026-12-01T18:00:00+24:10", "18:00", "2026-12-01 "};
	struct zone *zone;
	char utc[WALL_TEXT_BYTES];

	(void)state;
	assert_int_equal(zone_load("Asia/Shanghai", &zone, NULL), ERR_OK);
	assert_int_equal(PARSE("x", "--time", "2026-12-01"), -1);
	wall_format(moment_of(moment, zone), utc);
	assert_string_equal(utc, "2026-11-30T16:00:00.000Z");
	assert_int_equal(PARSE("x", "--time", "2026-12-01 18:30"), -1);
	wall_format(moment_of(moment, zone), utc);
	assert_string_equal(utc, "2026-12-01T10:30:00.000Z");
	assert_int_equal(PARSE("x", "--time", "2026-12-01T18:30"), -1);
	assert_int_equal(moment_of(moment, zone).ms, moment_of("2026-12-01 18:30", zone).ms);
	assert_int_equal(PARSE("x", "--time", "2026-12-01T18:30:00+01:00"), -1);
	wall_format(moment_of(moment, zone), utc);
	assert_string_equal(utc, "2026-12-01T17:30:00.000Z");
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_int_equal(PARSE("x", "--time", none[i]), 2);
	zone_destroy(zone);
}

static void wrong_words_are_refused(void **state)
{
	(void)state;
	assert_int_equal(PARSE("x", "--flagg"), 2);
	assert_int_equal(PARSE("x", "--flag=yes"), 2);
	assert_int_equal(PARSE("x", "-f"), 2);
	assert_int_equal(PARSE("x", "--number"), 2);
	assert_int_equal(PARSE("x", "--text="), 2);
	assert_int_equal(PARSE("x", "y"), 2);
	assert_int_equal(PARSE("--flag"), 2); /* no THING */
	assert_int_equal(PARSE("--", "x", "--flag"), 2);
}

static void the_command_line_wins_over_the_environment(void **state)
{
	(void)state;
	setenv("CURTAIN_HOST", "broker.example", 1);
	setenv("CURTAIN_PORT", "8883", 1);
	setenv("CURTAIN_USER", "", 1); /* as if it were not set */
	assert_int_equal(PARSE("x", "--port", "1884"), -1);
	assert_string_equal(connection.host, "broker.example");
	assert_int_equal(connection.port, 1884);
	assert_string_equal(connection.user, "desk");
	setenv("CURTAIN_PORT", "70000", 1);
	assert_int_equal(PARSE("x"), 2);
	unsetenv("CURTAIN_HOST");
	unsetenv("CURTAIN_PORT");
	unsetenv("CURTAIN_USER");
	assert_int_equal(PARSE("x"), -1);
	assert_string_equal(connection.host, "127.0.0.1");
	assert_int_equal(connection.port, 1883);
	assert_int_equal(connection.timeout_ms, 5000);
}

static void a_command_without_operand_takes_none(void **state)
{
	const struct options bare = {.command = "bare", .summary = "", .ending = ""};
	char name[] = "bare", word[] = "x", help[] = "--help", host[] = "--host";
	(void)state;
	assert_int_equal(options_parse(&bare, 1, (char *[]){name}), -1);
	assert_int_equal(options_parse(&bare, 2, (char *[]){name, word}), 2);
	assert_int_equal(options_parse(&bare, 2, (char *[]){name, help}), 0);
	assert_int_equal(options_parse(&bare, 3, (char *[]){name, host, word}), 2); /* needs no broker */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_taken_with_and_without_equals),
		cmocka_unit_test(two_dashes_end_the_options_and_one_is_an_operand),
		cmocka_unit_test(limits_are_inclusive),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(a_day_that_the_calendar_does_not_have_is_refused),
		cmocka_unit_test(a_time_is_a_day_or_local_or_has_an_offset),
		cmocka_unit_test(wrong_words_are_refused),
		cmocka_unit_test(the_command_line_wins_over_the_environment),
		cmocka_unit_test(a_command_without_operand_takes_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
