/* SPDX-License-Identifier: MIT
 *
 * curtain roster publish: puts a planned roster in force at the dispatcher.
 */
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "base/civil.h"
#include "base/day.h"
#include "codec/json.h"
#include "duty_text.h"
#include "options.h"
#include "output.h"
#include "roster.h"

#define DUTIES_BYTES_MAX (1u << 20)

struct force_options {
	const char *file, *roster, *zone_name;
	bool json, yes;
	struct connection connection;
};

static void put_time(const struct team *team, const struct zone *zone, int day, int minute, struct buf *out)
{
	char text[WALL_TEXT_BYTES];
	struct civil local;

	civil_from_ms((team->first + day) * MS_PER_DAY + minute * MS_PER_MINUTE, &local);
	wall_format(zone_from_civil(zone, local), text);
	buf_printf(out, "%s", text);
}

static void put_span(const struct team *team, const struct zone *zone, int from_min, int until_min, const char *user,
	struct buf *out)
{
	put_time(team, zone, 0, from_min, out);
	buf_byte(out, ',');
	put_time(team, zone, 0, until_min, out);
	buf_printf(out, ",%s\n", user);
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
			buf_byte(out, ',');
			put_time(team, zone, d, from + team_minutes(team, part), out);
			buf_printf(out, ",%d,%s,%s\n", shift, team->shift[shift].id, team->volunteer[v].id);
		}
	return out->failed;
}

/* put_rules writes what swaps of this roster have to hold to, as the request takes it (rota.h). */
static void put_rules(const struct team *team, struct buf *out)
{
	struct civil first;

	civil_from_ms(team->first * MS_PER_DAY, &first);
	buf_printf(out, "month,%04d-%02d-%02d\nrun,%d\n", first.year, first.month, first.day, team->max_run);
	for (int t = 0; t < team->tags; t++)
		buf_printf(out, "tag,%d,%s\n", t, team->tag[t]);
	for (int s = 0; s < team->shifts; s++)
		buf_printf(out, "shift,%s,%d,%u,%u\n", team->shift[s].id, team->shift[s].part,
			(unsigned)team->part[team->shift[s].part].bars, (unsigned)team->shift[s].requires);
	for (int v = 0; v < team->volunteers; v++) {
		const struct team_volunteer *one = &team->volunteer[v];
		buf_printf(out, "person,%s,%u,%d,%d,%d\n", one->id, (unsigned)one->tags, (int)one->at_most,
			(int)one->served, one->nights_in_row);
	}
}

/* put_away writes when people are away, as the request takes it: from the begin of a part until the next one's, what
 * follows one another in one line. */
static void put_away(const struct team *team, const struct zone *zone, struct buf *out)
{
	for (int v = 0; v < team->volunteers; v++) {
		int from = 0, until = 0; /* minutes since the first day; until 0 = nothing yet */
		for (int d = 0; d < team->days; d++)
			for (int p = 0; p < team->parts; p++) {
				int begin = d * MINUTES_PER_DAY + team->part[p].from_min;
				if (!(team->volunteer[v].away[d] >> p & 1))
					continue;
				if (until && until != begin)
					put_span(team, zone, from, until, team->volunteer[v].id, out);
				from = until == begin ? from : begin;
				until = begin + team_minutes(team, p);
			}
		if (until)
			put_span(team, zone, from, until, team->volunteer[v].id, out);
	}
}

/* put_edge names a day's begin: of the roster's first day, or of the day after its last. */
static void put_edge(const struct team *team, const struct zone *zone, const char *name, int day, struct buf *args)
{
	struct buf text;

	buf_init(&text, WALL_TEXT_BYTES);
	put_time(team, zone, day, 0, &text);
	json_member_text(args, name, text.data ? text.data : "");
	buf_fini(&text);
}

static enum err make_args(const struct force_options *options, const struct roster_work *work, const struct zone *zone,
	struct buf *args, struct errinfo *info)
{
	struct buf duties, rules, away;
	enum err err = ERR_OK;

	buf_init(&duties, DUTIES_BYTES_MAX);
	buf_init(&rules, DUTIES_BYTES_MAX);
	buf_init(&away, DUTIES_BYTES_MAX);
	put_rules(work->team, &rules);
	put_away(work->team, zone, &away);
	if (put_duties(work, zone, &duties) || rules.failed || away.failed)
		err = errinfo_set(
			info, ERR_FULL, "%s: the roster is too large; plan fewer weeks at once", options->roster);
	ask_begin(args);
	json_member_text(args, "team", work->team->id);
	json_member_text(args, "duties", duties.data ? duties.data : "");
	json_member_text(args, "rules", rules.data ? rules.data : "");
	json_member_text_if(args, "away", away.data ? away.data : "");
	put_edge(work->team, zone, "from", 0, args);
	put_edge(work->team, zone, "until", work->team->days, args);
	if (options->yes)
		json_member_bool(args, "near", true);
	buf_fini(&duties);
	buf_fini(&rules);
	buf_fini(&away);
	return err;
}

static int publish(const struct force_options *options, struct errinfo *info)
{
	struct roster_work work;
	struct zone *zone = NULL;
	struct buf args, out;
	char *answer = NULL;
	bool refused = false;
	enum err err = roster_work_load(&work, options->file, options->roster, info);

	buf_init(&out, OUTPUT_BYTES_MAX);
	if (!err)
		err = output_zone(options->zone_name, &zone, info);
	if (!err) {
		err = make_args(options, &work, zone, &args, info);
		if (err)
			buf_fini(&args);
		else
			err = ask_service(&options->connection, "dispatcher", "roster", &args, &answer, &refused, info);
	}
	if (!err && !options->json)
		err = duty_text("roster", answer, zone, &out, info);
	if (!err)
		err = options->json ? output_line(answer, info) : output_write(&out, ERR_OK, info);
	free(answer);
	buf_fini(&out);
	zone_destroy(zone);
	roster_work_fini(&work);
	return err ? options_fail("roster publish", info) - refused : 0;
}

int roster_publish_cmd(int argc, char **argv)
{
	struct force_options o = {0};
	const struct option_row rows[] = {
		{"roster", OPTION_TEXT, &o.roster, 0, 0, "FILE", "the roster, as \"plan --json\" prints it"},
		{"zone", OPTION_TEXT, &o.zone_name, 0, 0, "NAME",
			"zone of the roster's times of day (CURTAIN_ZONE; Asia/Shanghai)"},
		{"yes", OPTION_FLAG, &o.yes, 0, 0, NULL, "duties of the next 48 h may change too (rota.frozen)"},
		{"json", OPTION_FLAG, &o.json, 0, 0, NULL, "print the answer as JSON"},
	};
	const struct options options = {.command = "roster publish",
		.summary =
			"Puts a team's roster in force for its days, in place of what was there: from now on pages go "
			"to those on\nduty, by the order of the shifts; where it has nobody, to those who offer such "
			"times. Duties of other days\nstay. Those of the next 48 h change with --yes only.",
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
