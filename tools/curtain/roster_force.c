/* SPDX-License-Identifier: MIT
 *
 * curtain roster publish, withdraw, duties, cover, give: rosters in force, at the dispatcher.
 */
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "base/civil.h"
#include "codec/json.h"
#include "options.h"
#include "output.h"
#include "roster.h"

#define DUTIES_BYTES_MAX (1u << 20)

struct force_options {
	const char *file, *roster, *zone, *team, *shift, *from, *until, *user, *to;
	struct connection connection;
};

/* ask prints the dispatcher's answer, a line of JSON; args is released. */
static int ask(const char *command, const struct connection *connection, const char *method, struct buf *args)
{
	struct errinfo info = {0};
	char *answer = NULL;
	bool refused = false;
	enum err err = ask_service(connection, "dispatcher", method, args, &answer, &refused, &info);

	if (!err)
		err = output_line(answer, &info);
	free(answer);
	return err ? options_fail(command, &info) - refused : 0;
}

/* ---- publish ---- */

static void put_time(const struct team *team, const struct zone *zone, int day, int minute, struct buf *out)
{
	char text[WALL_TEXT_BYTES];
	struct civil local;

	civil_from_ms((team->first + day) * MS_PER_DAY + minute * MS_PER_MINUTE, &local);
	wall_format(zone_from_civil(zone, local), text);
	buf_printf(out, "%s,", text);
}

/* put_duties writes a line a duty, as the request takes it; a shift's place is that in the task: primary before backup.
 */
static enum err put_duties(const struct roster_work *work, const struct zone *zone, struct buf *out)
{
	const struct team *team = work->team;

	for (int d = 0; d < team->days; d++)
		for (int v = 0; v < team->volunteers; v++) {
			int shift = roster_plan_line(&work->plan, v)[d] - 1;
			if (shift < 0)
				continue;
			int part = team->shift[shift].part, from = team->part[part].from_min;
			put_time(team, zone, d, from, out);
			put_time(team, zone, d, from + team_minutes(team, part), out);
			buf_printf(out, "%d,%s,%s\n", shift, team->shift[shift].id, team->volunteer[v].id);
		}
	return out->failed;
}

/* put_rules writes what swaps of this roster have to hold to, as the request takes it (rota.h). */
static void put_rules(const struct team *team, struct buf *out)
{
	struct civil first;

	civil_from_ms(team->first * MS_PER_DAY, &first);
	buf_printf(out, "month,%04d-%02d\nrun,%d\n", first.year, first.month, team->max_run);
	for (int s = 0; s < team->shifts; s++)
		buf_printf(out, "shift,%s,%d,%u,%u\n", team->shift[s].id, team->shift[s].part,
			(unsigned)team->part[team->shift[s].part].bars, (unsigned)team->shift[s].requires);
	for (int v = 0; v < team->volunteers; v++) {
		const struct team_volunteer *one = &team->volunteer[v];
		buf_printf(out, "person,%s,%u,%d,%d,%d\n", one->id, (unsigned)one->tags, (int)one->at_most,
			(int)one->served, one->nights_in_row);
	}
}

static int publish(struct force_options *options, struct errinfo *info)
{
	struct roster_work work;
	struct zone *zone = NULL;
	struct buf duties, rules, args;
	enum err err = roster_work_load(&work, options->file, options->roster, info);

	buf_init(&duties, DUTIES_BYTES_MAX);
	buf_init(&rules, DUTIES_BYTES_MAX);
	if (!err)
		err = zone_load(options->zone, &zone, info);
	if (!err && put_duties(&work, zone, &duties))
		err = errinfo_set(info, ERR_FULL, "the roster is too large");
	if (!err) {
		put_rules(work.team, &rules);
		err = rules.failed;
	}
	if (!err) {
		ask_begin(&args);
		json_member_text(&args, "team", work.team->id);
		json_member_text(&args, "duties", duties.data ? duties.data : "");
		json_member_text(&args, "rules", rules.data);
	}
	zone_destroy(zone);
	buf_fini(&duties);
	buf_fini(&rules);
	roster_work_fini(&work);
	return err ? options_fail("roster publish", info)
		   : ask("roster publish", &options->connection, "roster", &args);
}

int roster_publish_cmd(int argc, char **argv)
{
	struct force_options o = {.zone = "Asia/Shanghai"};
	const struct option_row rows[] = {
		{"roster", OPTION_TEXT, &o.roster, 0, 0, "FILE", "the roster, as \"plan --json\" prints it"},
		{"zone", OPTION_TEXT, &o.zone, 0, 0, "NAME", "time zone of the times of day (Asia/Shanghai)"},
	};
	const struct options options = {.command = "roster publish",
		.summary = "Puts a team's roster in force, in place of the one before: from now on pages go to those "
			   "on duty, "
			   "by the order\nof the shifts; where it has nobody, to those who offer such times.",
		.rows = rows,
		.row_count = sizeof rows / sizeof *rows,
		.connection = &o.connection,
		.operand = "TASK",
		.operand_value = &o.file,
		.ending = "exit status: 0 in force, 1 refused, 2 wrong usage or nobody answers.\nexample:\n"
			  "  curtain roster publish team.json --roster roster.json\n"};
	struct errinfo info = {0};
	int status = options_parse(&options, argc, argv);

	if (status >= 0)
		return status;
	if (!o.file || !o.roster) {
		errinfo_set(&info, ERR_INVALID, "name the file of the TASK and the --roster");
		return options_fail("roster publish", &info);
	}
	return publish(&o, &info);
}

/* ---- withdraw, duties, cover, give ---- */

/* for_team asks what needs no more than a team. */
static int for_team(const char *command, const char *summary, const char *method, bool empty, int argc, char **argv)
{
	struct force_options o = {0};
	const struct option_row rows[] = {{"team", OPTION_TEXT, &o.team, 0, 0, "ID", "which team"}};
	const struct options options = {.command = command,
		.summary = summary,
		.rows = rows,
		.row_count = 1,
		.connection = &o.connection,
		.ending = "exit status: 0 done, 1 refused, 2 wrong usage or nobody answers.\n"};
	struct errinfo info = {0};
	struct buf args;
	int status = options_parse(&options, argc, argv);

	if (status >= 0)
		return status;
	if (!o.team) {
		errinfo_set(&info, ERR_INVALID, "name the --team");
		return options_fail(command, &info);
	}
	ask_begin(&args);
	json_member_text(&args, "team", o.team);
	if (empty)
		json_member_text(&args, "duties", "");
	return ask(command, &o.connection, method, &args);
}

int roster_withdraw_cmd(int argc, char **argv)
{
	return for_team("roster withdraw", "Ends a team's roster: from now on pages go to those who offer such times.",
		"roster", true, argc, argv);
}

int roster_duties_cmd(int argc, char **argv)
{
	return for_team("roster duties", "Prints a team's duties as the dispatcher has them, one JSON object.",
		"duties", false, argc, argv);
}

int roster_cover_cmd(int argc, char **argv)
{
	struct force_options o = {0};
	const struct option_row rows[] = {
		{"team", OPTION_TEXT, &o.team, 0, 0, "ID", "which team"},
		{"from", OPTION_TEXT, &o.from, 0, 0, "TIME", "when the duty begins, like 2026-12-07T19:00:00+08:00"},
		{"until", OPTION_TEXT, &o.until, 0, 0, "TIME", "when it ends"},
	};
	const struct options options = {.command = "roster cover",
		.summary = "Prints whom to ask to take a duty, in fair order: who offers such times and is rested "
			   "first, then by "
			   "how few\nduties each has in force. JSON.",
		.rows = rows,
		.row_count = sizeof rows / sizeof *rows,
		.connection = &o.connection,
		.ending = "exit status: 0 told, 1 refused, 2 wrong usage or nobody answers.\nexample:\n"
			  "  curtain roster cover --team t-01 --from 2026-12-07T19:00:00+08:00 --until "
			  "2026-12-08T07:00:00+08:00\n"};
	struct errinfo info = {0};
	struct buf args;
	int status = options_parse(&options, argc, argv);

	if (status >= 0)
		return status;
	if (!o.team || !o.from || !o.until) {
		errinfo_set(&info, ERR_INVALID, "name --team, --from and --until");
		return options_fail("roster cover", &info);
	}
	ask_begin(&args);
	json_member_text(&args, "team", o.team);
	json_member_text(&args, "from", o.from);
	json_member_text(&args, "until", o.until);
	return ask("roster cover", &o.connection, "cover", &args);
}

int roster_give_cmd(int argc, char **argv)
{
	struct force_options o = {0};
	const struct option_row rows[] = {
		{"team", OPTION_TEXT, &o.team, 0, 0, "ID", "whose duty"},
		{"shift", OPTION_TEXT, &o.shift, 0, 0, "ID", "which shift"},
		{"from", OPTION_TEXT, &o.from, 0, 0, "TIME", "when it begins, like 2026-12-07T19:00:00+08:00"},
		{"of", OPTION_TEXT, &o.user, 0, 0, "ID", "who has it"},
		{"to", OPTION_TEXT, &o.to, 0, 0, "ID", "who is to have it"},
	};
	const struct options options = {.command = "roster give",
		.summary = "Gives a duty to somebody else, at once and everywhere: a swap that is agreed, an absence, "
			   "an override.",
		.rows = rows,
		.row_count = sizeof rows / sizeof *rows,
		.connection = &o.connection,
		.ending = "exit status: 0 done, 1 refused, 2 wrong usage or nobody answers.\nexample:\n"
			  "  curtain roster give --team t-01 --shift night-primary --from 2026-12-07T19:00:00+08:00 "
			  "--of v-01 --to v-02\n"};
	struct errinfo info = {0};
	struct buf args;
	int status = options_parse(&options, argc, argv);

	if (status >= 0)
		return status;
	if (!o.team || !o.shift || !o.from || !o.user || !o.to) {
		errinfo_set(&info, ERR_INVALID, "name --team, --shift, --from, --of and --to");
		return options_fail("roster give", &info);
	}
	ask_begin(&args);
	json_member_text(&args, "team", o.team);
	json_member_text(&args, "shift", o.shift);
	json_member_text(&args, "from", o.from);
	json_member_text(&args, "user", o.user);
	json_member_text(&args, "to", o.to);
	return ask("roster give", &o.connection, "give", &args);
}
