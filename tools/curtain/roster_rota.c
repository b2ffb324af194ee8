/* SPDX-License-Identifier: MIT
 *
 * curtain roster withdraw, duties, cover, give, swap, seek, absent, answer, recall, matters, gaps: what happens to
 * duties in force, at the dispatcher.
 */
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "codec/json.h"
#include "duty_text.h"
#include "moment.h"
#include "options.h"
#include "output.h"
#include "roster.h"

struct rota_options {
	const char *team, *shift, *from, *until, *of, *to, *by, *back_shift, *back_from, *user, *matter, *answer,
		*zone_name;
	bool own, json;
	struct connection connection;
};

/* ROTA_PERSON: must be given but with --own, where it is oneself. */
enum rota_need { ROTA_MAY, ROTA_MUST, ROTA_PERSON };

/* row of options, and what the request calls it; needed ones are asked for by name. */
struct rota_row {
	struct option_row row;
	const char *member;
	enum rota_need need;
};

#define ROTA_ROWS_MAX 12

struct rota_command {
	const char *name, *method, *summary, *ending;
	const struct rota_row *rows;
	unsigned row_count;
	bool empty;      /* asks for a roster without duties */
	const char *own; /* the method for oneself; NULL: it has none */
};

/* tell prints the answer, as it came or for people. */
static enum err tell(const char *method, const struct rota_options *o, const struct zone *zone, const char *answer,
	struct errinfo *info)
{
	struct buf out;
	enum err err;

	if (o->json)
		return output_line(answer, info);
	buf_init(&out, OUTPUT_BYTES_MAX);
	err = duty_text(method, answer, zone, &out, info);
	if (!err)
		err = output_write(&out, ERR_OK, info);
	buf_fini(&out);
	return err;
}

static int ask(const struct rota_command *command, struct rota_options *o, const struct zone *zone, struct buf *args)
{
	const char *method = o->own ? command->own : command->method;
	struct errinfo info = {0};
	char *answer = NULL;
	bool refused = false;
	enum err err = ask_service(&o->connection, "dispatcher", method, args, &answer, &refused, &info);
	int status = 0;

	if (!err) {
		status = duty_text_refused(answer);
		err = tell(method, o, zone, answer, &info);
	}
	free(answer);
	return err ? options_fail(command->name, &info) - refused : status;
}

/* complete: all that is required was given. */
static bool complete(const struct rota_command *command, const struct rota_options *o, struct errinfo *info)
{
	for (unsigned i = 0; i < command->row_count; i++) {
		const struct option_row *row = &command->rows[i].row;
		enum rota_need need = command->rows[i].need;
		if ((need == ROTA_MUST || (need == ROTA_PERSON && !o->own)) && !*(const char *const *)row->value) {
			errinfo_set(info, ERR_INVALID, "name --%s %s%s (curtain %s --help)", row->name, row->argument,
				need == ROTA_PERSON && command->own ? ", or --own" : "", command->name);
			return false;
		}
	}
	if (o->answer && strcmp(o->answer, "yes") != 0 && strcmp(o->answer, "no") != 0) {
		errinfo_set(info, ERR_INVALID, "--say: yes or no, not \"%s\"", o->answer);
		return false;
	}
	return true;
}

static int run(const struct rota_command *command, struct rota_options *o, int argc, char **argv)
{
	struct option_row rows[ROTA_ROWS_MAX + 3];
	const struct options options = {.command = command->name,
		.summary = command->summary,
		.rows = rows,
		.row_count = command->row_count + 2 + (command->own != NULL),
		.connection = &o->connection,
		.ending = command->ending};
	struct errinfo info = {0};
	struct zone *zone = NULL;
	struct buf args;
	int status;

	for (unsigned i = 0; i < command->row_count; i++)
		rows[i] = command->rows[i].row;
	rows[command->row_count] = (struct option_row)OUTPUT_ZONE_ROW(&o->zone_name);
	rows[command->row_count + 1] =
		(struct option_row){"json", OPTION_FLAG, &o->json, 0, 0, NULL, "print the answer as JSON"};
	rows[command->row_count + 2] = (struct option_row)ASK_OWN_ROW(&o->own);
	status = options_parse(&options, argc, argv);
	if (status >= 0)
		return status;
	if (!complete(command, o, &info) || output_zone(o->zone_name, &zone, &info))
		return options_fail(command->name, &info);
	ask_begin(&args);
	for (unsigned i = 0; i < command->row_count; i++) {
		const char *value = *(const char *const *)rows[i].value;
		if (value && !strcmp(command->rows[i].member, "yes"))
			json_member_bool(&args, "yes", !strcmp(value, "yes"));
		else if (value && rows[i].type == OPTION_TIME)
			json_member_wall(&args, command->rows[i].member, moment_of(value, zone));
		else if (value)
			json_member_text(&args, command->rows[i].member, value);
	}
	if (command->empty)
		json_member_text(&args, "duties", "");
	status = ask(command, o, zone, &args);
	zone_destroy(zone);
	return status;
}

#define TEXT(name, at, what, help)                                                                                     \
	{                                                                                                              \
		name, OPTION_TEXT, at, 0, 0, what, help                                                                \
	}
#define TIME(name, at, help)                                                                                           \
	{                                                                                                              \
		name, OPTION_TIME, at, 0, 0, "TIME", help                                                              \
	}
#define DUTY_ROWS(o)                                                                                                   \
	{TEXT("team", &(o).team, "ID", "whose duty"), "team", ROTA_MUST},                                              \
		{TEXT("shift", &(o).shift, "ID", "which shift"), "shift", ROTA_MUST},                                  \
		{TIME("from", &(o).from, "when it begins, like 2026-12-07T19:00:00+08:00"), "from", ROTA_MUST},        \
	{                                                                                                              \
		TEXT("of", &(o).of, "ID", "who has it"), "user", ROTA_PERSON                                           \
	}
#define ENDING "exit status: 0 done, 1 refused (the verdict says why), 2 wrong usage or nobody answers.\n"

int roster_withdraw_cmd(int argc, char **argv)
{
	struct rota_options o = {0};
	const struct rota_row rows[] = {{TEXT("team", &o.team, "ID", "which team"), "team", ROTA_MUST}};
	const struct rota_command command = {"roster withdraw", "roster",
		"Ends a team's roster: from now on pages go to those who offer such times.", ENDING, rows, 1, true,
		NULL};

	return run(&command, &o, argc, argv);
}

int roster_duties_cmd(int argc, char **argv)
{
	struct rota_options o = {0};
	const struct rota_row rows[] = {{TEXT("team", &o.team, "ID", "which team"), "team", ROTA_PERSON}};
	const struct rota_command command = {"roster duties", "duties",
		"Prints a team's duties in force, as the dispatcher pages by them; with --own those of one's own, in "
		"all teams.",
		ENDING, rows, 1, false, "own_duties"};

	return run(&command, &o, argc, argv);
}

int roster_cover_cmd(int argc, char **argv)
{
	struct rota_options o = {0};
	const struct rota_row rows[] = {{TEXT("team", &o.team, "ID", "which team"), "team", ROTA_MUST},
		{TIME("from", &o.from, "when the duty begins, like 2026-12-07T19:00:00+08:00"), "from", ROTA_MUST},
		{TIME("until", &o.until, "when it ends"), "until", ROTA_MUST}};
	const struct rota_command command = {"roster cover", "cover",
		"Prints whom to ask to take a duty, in fair order: who offers such times and is rested first, then by "
		"how few\nduties each has in force.",
		ENDING "example:\n  curtain roster cover --team t-01 --from 2026-12-07T19:00:00+08:00 --until "
		       "2026-12-08T07:00:00+08:00\n",
		rows, sizeof rows / sizeof *rows, false, NULL};

	return run(&command, &o, argc, argv);
}

int roster_give_cmd(int argc, char **argv)
{
	struct rota_options o = {0};
	const struct rota_row rows[] = {
		DUTY_ROWS(o), {TEXT("to", &o.to, "ID", "who is to have it"), "to", ROTA_PERSON}};
	const struct rota_command command = {"roster give", "give",
		"Gives a duty to somebody else, at once and everywhere: a swap that is agreed, an absence, an "
		"override.",
		ENDING
		"example:\n  curtain roster give --team t-01 --shift night-primary --from 2026-12-07T19:00:00+08:00 "
		"--of v-01 --to v-02\n",
		rows, sizeof rows / sizeof *rows, false, NULL};

	return run(&command, &o, argc, argv);
}

int roster_swap_cmd(int argc, char **argv)
{
	struct rota_options o = {0};
	const struct rota_row rows[] = {DUTY_ROWS(o), {TEXT("to", &o.to, "ID", "who is to have it"), "to", ROTA_PERSON},
		{TEXT("by", &o.by, "ID", "who of both proposes it (who has it); the other is asked"), "by", ROTA_MAY},
		{TEXT("back-shift", &o.back_shift, "ID", "the other's duty in exchange"), "back_shift", ROTA_MAY},
		{TIME("back-from", &o.back_from, "when that begins"), "back_from", ROTA_MAY}};
	const struct rota_command command = {"roster swap", "swap",
		"Proposes that somebody else takes a duty, or exchanges it for one of theirs: the other is asked, "
		"where "
		"the team\nwants it the captain may say no, hard rules are checked. Of somebody who is with an "
		"incident, "
		"or absent, it is\ntaken at once (--by who takes it).",
		ENDING
		"example:\n  curtain roster swap --team t-01 --shift night-primary --from 2026-12-07T19:00:00+08:00 "
		"--of v-01 --to v-02\n  curtain roster swap --own --user v-01 --password-file FILE --team t-01 --shift "
		"night-primary --from 2026-12-07T19:00:00+08:00 --to v-02\n",
		rows, sizeof rows / sizeof *rows, false, "own_swap"};

	return run(&command, &o, argc, argv);
}

int roster_seek_cmd(int argc, char **argv)
{
	struct rota_options o = {0};
	const struct rota_row rows[] = {DUTY_ROWS(o)};
	const struct rota_command command = {"roster seek", "seek",
		"Asks, a few at a time and in fair order, for somebody else to take a duty: the first yes has it; the "
		"captain and\nthe desk know when there is none.",
		ENDING
		"example:\n  curtain roster seek --team t-01 --shift night-primary --from 2026-12-07T19:00:00+08:00 "
		"--of v-01\n",
		rows, sizeof rows / sizeof *rows, false, "own_seek"};

	return run(&command, &o, argc, argv);
}

int roster_absent_cmd(int argc, char **argv)
{
	struct rota_options o = {0};
	const struct rota_row rows[] = {{TEXT("team", &o.team, "ID", "whose volunteer"), "team", ROTA_MUST},
		{TEXT("of", &o.user, "ID", "who cannot serve"), "user", ROTA_PERSON},
		{TIME("from", &o.from, "from when, like 2026-12-07T08:00:00+08:00"), "from", ROTA_MUST},
		{TIME("until", &o.until, "until when; the same as --from: is back"), "until", ROTA_MUST}};
	const struct rota_command command = {"roster absent", "absent",
		"Somebody cannot serve for a while: their duties then are open at once, and others are asked to take "
		"them.",
		ENDING
		"example:\n  curtain roster absent --team t-01 --of v-01 --from 2026-12-07T08:00:00+08:00 --until "
		"2026-12-09T00:00:00+08:00\n",
		rows, sizeof rows / sizeof *rows, false, "own_absent"};

	return run(&command, &o, argc, argv);
}

int roster_answer_cmd(int argc, char **argv)
{
	struct rota_options o = {0};
	const struct rota_row rows[] = {
		{TEXT("matter", &o.matter, "ID", "which swap, cover request or duty"), "matter", ROTA_MUST},
		{TEXT("of", &o.user, "ID", "whose word it is"), "user", ROTA_PERSON},
		{TEXT("say", &o.answer, "yes|no", "what they say"), "yes", ROTA_MUST}};
	const struct rota_command command = {"roster answer", "answer",
		"Gives a volunteer's answer to a swap, a cover request or the question whether they are reachable, as "
		"told "
		"to the\ndesk by telephone.",
		ENDING, rows, sizeof rows / sizeof *rows, false, "own_answer"};

	return run(&command, &o, argc, argv);
}

int roster_recall_cmd(int argc, char **argv)
{
	struct rota_options o = {0};
	const struct rota_row rows[] = {{TEXT("matter", &o.matter, "ID", "which one"), "matter", ROTA_MUST}};
	const struct rota_command command = {"roster recall", "recall",
		"Calls off a swap or a cover request that is under way. A duty that nobody has stays open.", ENDING,
		rows, 1, false, "own_recall"};

	return run(&command, &o, argc, argv);
}

int roster_matters_cmd(int argc, char **argv)
{
	struct rota_options o = {0};
	const struct rota_row rows[] = {{TEXT("team", &o.team, "ID", "of that team alone"), "team", ROTA_MAY}};
	const struct rota_command command = {"roster matters", "matters",
		"Prints swaps, cover requests, absences and watches over duties as they stand.", ENDING, rows, 1, false,
		"own_matters"};

	return run(&command, &o, argc, argv);
}

int roster_gaps_cmd(int argc, char **argv)
{
	struct rota_options o = {0};
	const struct rota_row rows[] = {{TEXT("team", &o.team, "ID", "of that team alone"), "team", ROTA_MAY}};
	const struct rota_command command = {"roster gaps", "gaps",
		"Prints the duties that nobody has, with the requests to take them, and shifts ahead that nobody "
		"serves.",
		ENDING, rows, 1, false, NULL};

	return run(&command, &o, argc, argv);
}
