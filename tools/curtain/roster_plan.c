/* SPDX-License-Identifier: MIT
 *
 * curtain roster plan, check, explain: a team's task from a file, without a broker.
 */
#include <stdio.h>
#include <string.h>

#include "codec/json.h"
#include "dispatcher/roster/explain.h"
#include "dispatcher/roster_json.h"
#include "options.h"
#include "output.h"
#include "roster.h"

#define FILE_BYTES_MAX (4u << 20)
#define FIRST_STEPS 150
#define ROUNDS 6
#define ANNEAL_STEPS 4000000

struct plan_options {
	const char *file, *roster, *date, *shift;
	int64_t time_ms, seed, gap_permille;
	bool json;
};

/* work: a task, its model, a roster of it. */
struct work {
	struct team *team;
	struct roster_model *model;
	struct roster_plan plan;
	struct roster_outcome outcome;
};

static void work_fini(struct work *work)
{
	roster_plan_fini(&work->plan);
	roster_model_destroy(work->model);
	team_destroy(work->team);
}

static enum err work_load(struct work *work, const struct plan_options *options, struct errinfo *info)
{
	struct buf text;

	*work = (struct work){.outcome = {.bound = INT64_MIN, .stuck = -1}};
	buf_init(&text, FILE_BYTES_MAX);
	enum err err = roster_read_file(options->file, &text, info);
	if (!err)
		err = roster_json_task(text.data ? text.data : "", text.length, &work->team, info);
	if (!err)
		err = team_model(work->team, &work->model, info);
	if (!err)
		err = roster_plan_init(&work->plan, work->model);
	if (!err && options->roster) {
		buf_reset(&text);
		err = roster_read_file(options->roster, &text, info);
		if (!err)
			err = roster_json_plan(text.data ? text.data : "", text.length, work->team, &work->plan, info);
	}
	buf_fini(&text);
	return err;
}

static int finish(
	const char *command, struct work *work, struct buf *out, enum err err, struct errinfo *info, int status)
{
	if (!err)
		err = output_write(out, out->failed, info);
	buf_fini(out);
	work_fini(work);
	if (err)
		return options_fail(command, info);
	return status;
}

static int read_options(int argc, char **argv, const char *command, const char *summary, const char *ending,
	const struct option_row *rows, unsigned row_count, struct plan_options *out)
{
	const struct options options = {.command = command,
		.summary = summary,
		.rows = rows,
		.row_count = row_count,
		.operand = "TASK",
		.operand_value = &out->file,
		.ending = ending};
	struct errinfo info = {0};
	int status = options_parse(&options, argc, argv);

	if (status >= 0)
		return status;
	if (!out->file)
		errinfo_set(&info, ERR_INVALID, "name the file of the TASK");
	return info.code ? options_fail(command, &info) : -1;
}

/* ---- plan ---- */

static enum err plan_work(struct work *work, const struct plan_options *options, struct errinfo *info)
{
	struct roster_stopwatch stopwatch;
	struct roster_effort effort = {.seed = (uint64_t)options->seed,
		.anneal_steps = ANNEAL_STEPS,
		.first_steps = FIRST_STEPS,
		.rounds_max = ROUNDS,
		.bound = true,
		.gap_permille = (int32_t)options->gap_permille,
		.watch = roster_stopwatch_start(&stopwatch, (double)options->time_ms / 1000)};
	const struct team *team = work->team;
	struct roster_plan from;

	if (roster_plan_init(&from, work->model))
		return errinfo_set(info, ERR_NOMEM, "no memory");
	if (team->has_previous)
		team_previous(team, &from);
	enum err err = roster_solve(
		work->model, &effort, team->has_previous ? &from : NULL, &work->plan, &work->outcome, info);
	roster_plan_fini(&from);

	if (err == ERR_NOT_FOUND) {
		*info = (struct errinfo){0};
		return errinfo_set(info, err,
			"%s: what is fixed or allowed for this volunteer leaves no possible roster",
			work->team->volunteer[work->outcome.stuck].id);
	}
	return err;
}

int roster_plan_cmd(int argc, char **argv)
{
	struct plan_options options = {.time_ms = 10000, .seed = 1, .gap_permille = 10};
	const struct option_row rows[] = {
		{"time", OPTION_SECONDS, &options.time_ms, 100, 3600000, "SECONDS", "how long to look at most (10)"},
		{"seed", OPTION_INT, &options.seed, 0, INT32_MAX, "NUMBER", "of what is left to chance (1)"},
		{"gap", OPTION_INT, &options.gap_permille, 0, 1000, "PERMILLE",
			"above what is proven to be the least that is good enough (10)"},
		{"json", OPTION_FLAG, &options.json, 0, 0, NULL, "one JSON object: assignments, cost, bound, gaps"},
	};
	struct errinfo info = {0};
	struct work work;
	struct buf out;
	int status = read_options(argc, argv, "roster plan", "Plans a team's duties from a file (docs/roster.md).",
		"exit status: 0 every duty has somebody, 1 some have not or no roster is possible, 2 wrong usage.\n"
		"example:\n  curtain roster plan team.json --json > roster.json\n",
		OPTIONS_ROWS(rows), &options);

	if (status >= 0)
		return status;
	buf_init(&out, OUTPUT_BYTES_MAX);
	enum err err = work_load(&work, &options, &info);
	if (!err)
		err = plan_work(&work, &options, &info);
	if (err == ERR_NOT_FOUND && work.outcome.stuck >= 0) {
		finish("roster plan", &work, &out, err, &info, 1);
		return 1;
	}
	int open = 0;
	for (int d = 0; !err && d < work.team->days; d++)
		for (int s = 0; s < work.team->shifts; s++)
			open += team_count(work.team, &work.plan, d, s) < team_need(work.team, d, s);
	if (!err && options.json)
		err = roster_json_write(work.team, &work.plan, work.outcome.bound, &out);
	else if (!err)
		roster_text_plan(work.team, &work.plan, &out);
	if (options.json)
		buf_byte(&out, '\n');
	return finish("roster plan", &work, &out, err, &info, open > 0);
}

/* ---- check ---- */

static const char *const rule_words[] = {
	[ROSTER_RULE_NONE] = "",
	[ROSTER_RULE_OPTION] = "不可值此班 may not have this duty",
	[ROSTER_RULE_BARRED] = "前一班后须休息 has to rest after the day before",
	[ROSTER_RULE_RUN_LONG] = "连续天数过多 too many days in a row",
	[ROSTER_RULE_RUN_SHORT] = "连续天数过少 too few days in a row",
	[ROSTER_RULE_REST_SHORT] = "休息过短 rests too short",
	[ROSTER_RULE_LIMIT_LOW] = "次数过少 too few duties",
	[ROSTER_RULE_LIMIT_HIGH] = "次数过多 more duties than agreed",
};

static int write_faults(const struct work *work, struct buf *out)
{
	int faults = 0;

	for (int v = 0; v < work->team->volunteers; v++) {
		struct roster_fault fault = roster_line_fault(work->model, v, roster_plan_line(&work->plan, v));
		char date[16] = "";
		if (!fault.rule)
			continue;
		if (fault.day >= 0)
			roster_json_date(work->team, fault.day, date);
		buf_printf(out, "%s %s %s\n", work->team->volunteer[v].id, date, rule_words[fault.rule]);
		faults++;
	}
	for (int d = 0; d < work->team->days; d++)
		for (int s = 0; s < work->team->shifts; s++)
			if (team_count(work->team, &work->plan, d, s) > team_need(work->team, d, s)) {
				char date[16];
				roster_json_date(work->team, d, date);
				buf_printf(
					out, "%s %s 人数过多 more people than needed\n", date, work->team->shift[s].id);
				faults++;
			}
	return faults;
}

int roster_check_cmd(int argc, char **argv)
{
	struct plan_options options = {0};
	const struct option_row rows[] = {
		{"roster", OPTION_TEXT, &options.roster, 0, 0, "FILE", "the roster, as \"plan --json\" prints it"},
	};
	struct errinfo info = {0};
	struct work work;
	struct buf out;
	int faults = 0, status = read_options(argc, argv, "roster check", "Checks a team's roster against its task.",
				"exit status: 0 no rule is broken, 1 one is, 2 wrong usage.\n"
				"example:\n  curtain roster check team.json --roster roster.json\n",
				OPTIONS_ROWS(rows), &options);

	if (status >= 0)
		return status;
	if (!options.roster) {
		errinfo_set(&info, ERR_INVALID, "name the --roster");
		return options_fail("roster check", &info);
	}
	buf_init(&out, OUTPUT_BYTES_MAX);
	enum err err = work_load(&work, &options, &info);
	if (!err) {
		roster_text_plan(work.team, &work.plan, &out);
		faults = write_faults(&work, &out);
		buf_printf(&out, "违规 faults %d  代价 cost %lld\n", faults, (long long)work.plan.cost);
	}
	return finish("roster check", &work, &out, err, &info, faults > 0);
}

/* ---- explain ---- */

static enum err explain_all(
	const struct plan_options *options, struct work *work, struct buf *out, struct errinfo *info)
{
	int day = roster_json_day(work->team, options->date), shift = 0;

	while (shift < work->team->shifts && strcmp(work->team->shift[shift].id, options->shift) != 0)
		shift++;
	if (day < 0)
		return errinfo_set(info, ERR_NOT_FOUND, "--date %s is not in the task", options->date);
	if (shift == work->team->shifts)
		return errinfo_set(info, ERR_NOT_FOUND, "--shift %s is not in the task", options->shift);
	struct explain explain;
	int index = 0;
	for (; !explain_duty(work->team, &work->plan, day, shift, index, &explain); index++)
		for (int zh = 1; zh >= 0; zh--) {
			char text[1024];
			explain_sentence(work->team, &explain, zh, text, sizeof text);
			buf_printf(out, "%s\n", text);
		}
	if (!index)
		buf_printf(out, "%s %s 无人值班 nobody has it\n", options->date, options->shift);
	return ERR_OK;
}

int roster_explain_cmd(int argc, char **argv)
{
	struct plan_options options = {0};
	const struct option_row rows[] = {
		{"roster", OPTION_TEXT, &options.roster, 0, 0, "FILE", "the roster, as \"plan --json\" prints it"},
		{"date", OPTION_TEXT, &options.date, 0, 0, "DATE", "on which the duty begins"},
		{"shift", OPTION_TEXT, &options.shift, 0, 0, "ID", "the duty's shift"},
	};
	struct errinfo info = {0};
	struct work work;
	struct buf out;
	int status = read_options(argc, argv, "roster explain",
		"Says why somebody has a duty, and what the next best would have cost.",
		"exit status: 0 told, 2 wrong usage.\n"
		"example:\n  curtain roster explain team.json --roster roster.json --date 2026-12-12 --shift "
		"night-primary\n",
		OPTIONS_ROWS(rows), &options);

	if (status >= 0)
		return status;
	if (!options.roster || !options.date || !options.shift) {
		errinfo_set(&info, ERR_INVALID, "name --roster, --date and --shift");
		return options_fail("roster explain", &info);
	}
	buf_init(&out, OUTPUT_BYTES_MAX);
	enum err err = work_load(&work, &options, &info);
	if (!err)
		err = explain_all(&options, &work, &out, &info);
	return finish("roster explain", &work, &out, err, &info, 0);
}
