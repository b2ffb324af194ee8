/* SPDX-License-Identifier: MIT
 *
 * curtain roster solve: a public instance, to a JSON object.
 */
#include <string.h>

#include "codec/json.h"
#include "dispatcher/roster/curtois.h"
#include "dispatcher/roster/solve.h"
#include "options.h"
#include "output.h"
#include "roster.h"

#define FILE_BYTES_MAX (16u << 20)
/* Kept back for the last step to end and the answer to be written: a share of the time, at most so many seconds. */
#define RESERVE 0.02
#define RESERVE_MAX 1.0

struct solve_options {
	const char *layout, *file;
	int64_t time_ms, seed;
};

static const char ending[] =
	"output: one JSON object: cost, bound (no roster costs less; null = not known), optimal, seconds, seed, and\n"
	"assignments: for each member of staff a list of shift ids, null for a day off, one a day. It ends early when "
	"cost\n"
	"and bound meet. The same seed takes the same way; the clock decides only where it ends.\n"
	"exit status: 0 a roster, 1 somebody's rules allow none, 2 wrong usage, or a file with a fault.\n"
	"example:\n"
	"  curtain roster solve --layout curtois Instance4.txt --time 60\n";

static int read_options(int argc, char **argv, struct solve_options *out)
{
	bool json = false; /* as other commands have it; the output is JSON anyway */
	const struct option_row rows[] = {
		{"layout", OPTION_TEXT, &out->layout, 0, 0, "NAME", "of the file: curtois (schedulingbenchmarks.org)"},
		{"time", OPTION_SECONDS, &out->time_ms, 100, 86400000, "SECONDS", "how long to look at most (60)"},
		{"seed", OPTION_INT, &out->seed, 0, INT32_MAX, "NUMBER", "of what is left to chance (1)"},
		{"json", OPTION_FLAG, &json, 0, 0, NULL, "accepted; the output is always JSON"},
	};
	const struct options options = {.command = "roster solve",
		.summary = "Solves a shift-scheduling instance. Needs no broker.",
		.rows = rows,
		.row_count = sizeof rows / sizeof *rows,
		.operand = "FILE",
		.operand_value = &out->file,
		.ending = ending};
	struct errinfo info = {0};

	*out = (struct solve_options){.layout = "curtois", .time_ms = 60000, .seed = 1};
	int status = options_parse(&options, argc, argv);
	if (status >= 0)
		return status;
	if (!out->file)
		errinfo_set(&info, ERR_INVALID, "name the FILE");
	else if (strcmp(out->layout, "curtois") != 0)
		errinfo_set(&info, ERR_INVALID, "--layout \"%s\": only curtois is known", out->layout);
	return info.code ? options_fail("roster solve", &info) : -1;
}

static void write_line(struct buf *out, const struct roster_model *model, int person, const uint8_t *line)
{
	json_text(out, model->person[person].id); /* an id may need escapes, a key of ours never does */
	buf_byte(out, ':');
	json_open(out, '[');
	for (int d = 0; d < model->days; d++) {
		if (line[d])
			json_text(out, model->kind[line[d]].id);
		else
			buf_text(out, d ? ",null" : "null");
	}
	json_close(out, ']');
}

static enum err write_answer(const struct roster_plan *plan, const struct roster_outcome *outcome, int64_t seed,
	double seconds, struct errinfo *info)
{
	struct buf out;

	buf_init(&out, OUTPUT_BYTES_MAX);
	json_open(&out, '{');
	json_member_text(&out, "layout", "curtois");
	json_member_int(&out, "cost", plan->cost);
	json_key(&out, "bound");
	if (outcome->bound == INT64_MIN)
		buf_text(&out, "null");
	else
		buf_printf(&out, "%lld", (long long)outcome->bound);
	json_member_bool(&out, "optimal", outcome->bound == plan->cost);
	json_member_number(&out, "seconds", (double)(int64_t)(seconds * 10) / 10);
	json_member_int(&out, "seed", seed);
	json_key(&out, "assignments");
	json_open(&out, '{');
	for (int p = 0; p < plan->model->people; p++)
		write_line(&out, plan->model, p, roster_plan_line(plan, p));
	json_close(&out, '}');
	json_close(&out, '}');
	buf_byte(&out, '\n');
	enum err err = output_write(&out, out.failed, info);
	buf_fini(&out);
	return err;
}

static int solve(const struct roster_model *model, const struct solve_options *options, double began)
{
	struct roster_effort effort = roster_effort_usual(model, (uint64_t)options->seed);
	struct roster_stopwatch stopwatch;
	struct roster_outcome outcome;
	struct errinfo info = {0};
	struct roster_plan plan;
	double seconds = (double)options->time_ms / 1000;

	double reserve = seconds * RESERVE < RESERVE_MAX ? seconds * RESERVE : RESERVE_MAX;
	effort.watch = roster_stopwatch_start(&stopwatch, seconds - reserve - (roster_now() - began));
	if (roster_plan_init(&plan, model)) {
		errinfo_set(&info, ERR_NOMEM, "no memory");
		return options_fail("roster solve", &info);
	}
	enum err err = roster_solve(model, &effort, NULL, &plan, &outcome, &info);
	if (!err)
		err = write_answer(&plan, &outcome, options->seed, roster_now() - began, &info);
	roster_plan_fini(&plan);
	if (err)
		options_fail("roster solve", &info);
	return err == ERR_NOT_FOUND ? 1 : err ? 2 : 0;
}

int roster_solve_cmd(int argc, char **argv)
{
	double began = roster_now();
	struct roster_model *model = NULL;
	struct solve_options options;
	struct errinfo info = {0};
	struct buf text;
	int status = read_options(argc, argv, &options);

	if (status >= 0)
		return status;
	buf_init(&text, FILE_BYTES_MAX);
	enum err err = roster_read_file(options.file, &text, &info);
	if (!err)
		err = curtois_read(text.data ? text.data : "", text.length, options.file, &model, &info);
	status = err ? options_fail("roster solve", &info) : solve(model, &options, began);
	roster_model_destroy(model);
	buf_fini(&text);
	return status;
}
