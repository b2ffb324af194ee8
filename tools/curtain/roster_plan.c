/* SPDX-License-Identifier: MIT
 *
 * curtain roster plan, check, explain: a team's task from a file, without a broker.
 */
#include <stdio.h>
#include <string.h>

#include "codec/json.h"
#include "dispatcher/roster/conflict.h"
#include "dispatcher/roster/explain.h"
#include "dispatcher/roster/roster_json.h"
#include "options.h"
#include "output.h"
#include "roster.h"

#define FIRST_STEPS 150
#define ROUNDS 4
#define ANNEAL_STEPS 4000000

struct plan_options {
	const char *file, *roster, *date, *shift;
	int64_t time_ms, seed, gap_permille;
	bool json;
};

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

static enum err plan_work(struct roster_work *work, const struct plan_options *options, struct errinfo *info)
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

	return err;
}

/* write_conflicts names, for everybody who has no line at all, a smallest set of rules that cannot hold together. */
static enum err write_conflicts(struct team *team, bool json, struct buf *out, struct errinfo *info)
{
	enum err err = ERR_OK;

	if (json)
		roster_json_conflicts_open(team, out);
	for (int v = 0; v < team->volunteers && !err; v++) {
		struct conflict conflict;
		err = conflict_find(team, v, &conflict, info);
		if (err || !conflict.rules)
			continue;
		if (json)
			roster_json_conflict(team, v, &conflict, out);
		else
			roster_text_conflict(team, v, &conflict, out);
	}
	if (json)
		buf_text(out, "]}\n");
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
	struct roster_work work;
	struct buf out;
	int status = read_options(argc, argv, "roster plan", "Plans a team's duties from a file (docs/roster.md).",
		"exit status: 0 every duty has somebody, 1 some have not or no roster is possible, 2 wrong usage.\n"
		"example:\n  curtain roster plan team.json --json > roster.json\n",
		OPTIONS_ROWS(rows), &options);

	if (status >= 0)
		return status;
	buf_init(&out, OUTPUT_BYTES_MAX);
	enum err err = roster_work_load(&work, options.file, options.roster, &info);
	if (!err)
		err = plan_work(&work, &options, &info);
	if (err == ERR_NOT_FOUND && work.outcome.stuck >= 0) {
		info = (struct errinfo){0};
		err = write_conflicts(work.team, options.json, &out, &info);
		return roster_finish("roster plan", &work, &out, err, &info, 1);
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
	return roster_finish("roster plan", &work, &out, err, &info, open > 0);
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

static int write_faults(const struct roster_work *work, struct buf *out)
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
			if (team_count(work->team, &work->plan, d, s) > team_most(work->team, d, s)) {
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
	struct roster_work work;
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
	enum err err = roster_work_load(&work, options.file, options.roster, &info);
	if (!err) {
		roster_text_plan(work.team, &work.plan, &out);
		faults = write_faults(&work, &out);
		buf_printf(&out, "违规 faults %d  代价 cost %lld\n", faults, (long long)work.plan.cost);
	}
	return roster_finish("roster check", &work, &out, err, &info, faults > 0);
}

/* ---- explain ---- */

static enum err explain_all(
	const struct plan_options *options, struct roster_work *work, struct buf *out, struct errinfo *info)
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
	if (team_count(work->team, &work->plan, day, shift) < team_need(work->team, day, shift))
		roster_text_gap(work->team, &work->plan, day, shift, out);
	return ERR_OK;
}

int roster_explain_cmd(int argc, char **argv)
{
	struct plan_options options = {0};
	const struct option_row rows[] = {
		{"roster", OPTION_TEXT, &options.roster, 0, 0, "FILE", "the roster, as \"plan --json\" prints it"},
		{"date", OPTION_DAY, &options.date, 0, 0, "DATE", "on which the duty begins"},
		{"shift", OPTION_TEXT, &options.shift, 0, 0, "ID", "the duty's shift"},
	};
	struct errinfo info = {0};
	struct roster_work work;
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
	enum err err = roster_work_load(&work, options.file, options.roster, &info);
	if (!err)
		err = explain_all(&options, &work, &out, &info);
	return roster_finish("roster explain", &work, &out, err, &info, 0);
}
