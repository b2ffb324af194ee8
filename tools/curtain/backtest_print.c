/* SPDX-License-Identifier: MIT
 *
 * The table and the JSON of a backtest.
 */
#include "backtest_print.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "codec/json.h"
#include "show.h"

#define FEW_MONTHS 200 /* with fewer home-months nothing can be claimed */

bool report_published(const struct report *report)
{
	return !strcmp(report->layout, "daiad") && !report->simulated;
}

/* ---- for people ---- */

static void cell(struct table *table, int decimals, double value)
{
	char text[32];

	snprintf(text, sizeof text, "%.*f", decimals, value);
	table_cell(table, isnan(value) ? "-" : text);
}

static void delay_cells(struct table *table, const struct score_delay *d)
{
	cell(table, 1, d->p50);
	cell(table, 1, d->p90);
	cell(table, 1, d->mean);
}

static void level_row(struct table *table, const char *name, const struct score_level *level)
{
	char share[16];

	table_cell(table, name);
	cell(table, 2, level->false_rate);
	cell(table, 2, level->absence_rate);
	delay_cells(table, &level->all);
	cell(table, 1, level->day.mean);
	cell(table, 1, level->night.mean);
	cell(table, 2, level->home_median);
	cell(table, 2, level->home_p90);
	cell(table, 2, level->home_worst);
	snprintf(share, sizeof share, "%.0f%%", level->within * 100);
	table_cell(table, level->target > 0 ? share : "-");
}

static void blanks(struct table *table, unsigned count)
{
	while (count--)
		table_cell(table, "-");
}

static void published_row(struct table *table, const struct run_published *p)
{
	table_cell(table, "  发表值 published");
	cell(table, 2, p->false_rate);
	table_cell(table, "-");
	cell(table, 1, p->p50);
	cell(table, 1, p->p90);
	cell(table, 1, p->mean);
	blanks(table, 6);
}

static void run_rows(struct table *table, const struct report *report, const struct run *run)
{
	char name[160];
	const struct run_published *published = report_published(report) ? run_published_of(run) : NULL;

	snprintf(name, sizeof name, "%s %s", run->name_zh, run->name_en);
	level_row(table, name, &run->score.levels[0]);
	if (published)
		published_row(table, published);
	if (run->kind != RUN_MAIN)
		return;
	table_cell(table, "  照各户实际掉线 with its own losses of radio");
	blanks(table, 2);
	delay_cells(table, &run->score.levels[0].own);
	blanks(table, 6);
	if (published && run->often.homes && run->often.homes < run->score.homes) {
		snprintf(name, sizeof name, "  其中%u户读数超过%d homes with more readings", run->often.homes,
			RUN_OFTEN);
		level_row(table, name, &run->often.levels[0]);
	}
	snprintf(name, sizeof name, "  其提醒级 attention, target %g", run->score.levels[1].target);
	level_row(table, name, &run->score.levels[1]);
}

static void head_print(const struct report *report, struct buf *out)
{
	const struct score *s = &report->runs[0].score;

	buf_printf(out,
		"回测 backtest: %s, %u户 homes, %.0f户月 home-months (56天之后 after 56 days), 种子 seed %llu\n",
		report->layout, s->homes, s->months, (unsigned long long)report->options->seed);
	if (report->simulated)
		buf_printf(out, "注意：通道 %s 是模拟的 (channels that are simulated; no real home had them)\n",
			report->simulated);
	if (s->too_short)
		buf_printf(out, "%u户不足60天，未计入 (homes with fewer than 60 days are left out)\n", s->too_short);
	if (s->months < FEW_MONTHS)
		buf_printf(out, "户月少于%d，不足以下结论 (too few home-months for a claim)\n", FEW_MONTHS);
	if (report->set->duplicates || report->set->step_backs)
		buf_printf(out, "读数 readings: %lld; 重复 repeated %lld, 倒退 stepped back %lld: 不用 left out\n",
			(long long)trace_set_readings(report->set), (long long)report->set->duplicates,
			(long long)report->set->step_backs);
}

static void tail_print(const struct report *report, struct buf *out)
{
	const struct score *s = &report->runs[0].score;

	buf_printf(out,
		"误报、外出：每户月（30.44天）false alarms, absences: a home-month; 延迟：小时 delay: hours, %u个时刻 "
		"moments, "
		"%u个96小时内无警报 without an alarm in 96 h\n",
		s->moments, s->unheard);
	buf_printf(out, "最差住户 worst home: %s\n", s->levels[0].worst ? s->levels[0].worst : "-");
	buf_printf(out, "初学 cold start: 第0-14天 days 0-14: %.2f, 第15-55天 days 15-55: %.2f\n",
		s->cold[0].false_rate, s->cold[1].false_rate);
	buf_printf(out,
		"掉线或漏水的住户 homes with losses of radio (>= %g%%) or leaks (>= %g%% of the time): %u, %.2f; "
		"其他 others: %u, %.2f\n",
		SCORE_LOST_SHARE * 100, SCORE_LEAK_SHARE * 100, s->poor.homes, s->poor.false_rate, s->good.homes,
		s->good.false_rate);
}

enum err print_table(const struct report *report, struct buf *out)
{
	static const char *const headings[] = {"规则", ">误报", ">外出", ">中位", ">九成", ">平均", ">白天", ">夜间",
		">户中位", ">户九成", ">最差户", ">两倍内"};
	static const char *const english[] = {"rule", "false", "absent", "p50", "p90", "mean", "day", "night",
		"home p50", "home p90", "worst", "<= 2 x"};
	unsigned columns = sizeof headings / sizeof *headings;
	struct table *table = table_create(headings, columns);

	if (!table)
		return ERR_NOMEM;
	for (unsigned i = 0; i < columns; i++)
		table_cell(table, english[i]);
	for (unsigned i = 0; i < report->count; i++)
		run_rows(table, report, &report->runs[i]);
	head_print(report, out);
	enum err err = table_print(table, out);
	table_destroy(table);
	tail_print(report, out);
	return err ? err : out->failed;
}

/* ---- for programs ---- */

static void member(struct buf *out, const char *key, double value)
{
	if (isnan(value)) {
		json_key(out, key);
		buf_text(out, "null");
	} else {
		json_member_number(out, key, round(value * 1e4) / 1e4);
	}
}

static void delay_members(struct buf *out, const struct score_delay *d)
{
	member(out, "p50", d->p50);
	member(out, "p90", d->p90);
	member(out, "mean", d->mean);
}

static void delay_part(struct buf *out, const char *key, const struct score_delay *d)
{
	json_key(out, key);
	json_open(out, '{');
	delay_members(out, d);
	json_close(out, '}');
}

static void level_members(struct buf *out, const struct score_level *level)
{
	member(out, "target", level->target);
	member(out, "false_alarms_per_home_month", level->false_rate);
	member(out, "absence_alarms_per_home_month", level->absence_rate);
	json_key(out, "delay_h");
	json_open(out, '{');
	delay_members(out, &level->all);
	delay_part(out, "day", &level->day);
	delay_part(out, "night", &level->night);
	json_close(out, '}');
	delay_part(out, "delay_own_radio_h", &level->own);
	member(out, "median_home", level->home_median);
	member(out, "p90_home", level->home_p90);
	member(out, "worst_home", level->home_worst);
	if (level->worst)
		json_member_text(out, "worst_home_id", level->worst);
	member(out, "share_within_twice_target", level->target > 0 ? level->within : NAN);
}

static void group_part(struct buf *out, const char *key, const struct score_group *group)
{
	json_key(out, key);
	json_open(out, '{');
	json_member_int(out, "homes", group->homes);
	member(out, "home_months", group->months);
	member(out, "false_alarms_per_home_month", group->false_rate);
	json_close(out, '}');
}

static void home_part(struct buf *out, const struct play_home *home)
{
	json_open(out, '{');
	json_member_text(out, "home", home->trace->home);
	json_member_bool(out, "too_short", home->too_short);
	member(out, "months", home->months);
	json_member_int(out, "false_alarms", home->false_alarms[0]);
	json_member_int(out, "absence_alarms", home->absence_alarms[0]);
	json_member_int(out, "false_attentions", home->false_alarms[1]);
	member(out, "mean_delay_h", score_mean_delay(home));
	member(out, "radio_lost_share", home->lost_share);
	member(out, "leak_share", home->leak_share);
	json_close(out, '}');
	buf_text(out, "\n");
}

static void runs_part(
	struct buf *out, const char *key, const struct report *report, enum run_kind from, enum run_kind to)
{
	json_key(out, key);
	json_open(out, '[');
	for (unsigned i = 0; i < report->count; i++) {
		const struct run *run = &report->runs[i];
		if (run->kind < from || run->kind > to)
			continue;
		json_open(out, '{');
		json_member_text(out, "rule", run->name_en);
		level_members(out, &run->score.levels[0]);
		json_close(out, '}');
	}
	json_close(out, ']');
}

enum err print_json(const struct report *report, struct buf *out)
{
	const struct run *run = &report->runs[0];
	const struct score *s = &run->score;

	json_open(out, '{');
	json_member_text(out, "layout", report->layout);
	json_member_text(out, "rule", run->setup.config.rules[0].name);
	if (report->simulated)
		json_member_text(out, "simulated_channels", report->simulated);
	json_member_int(out, "seed", (int64_t)report->options->seed);
	json_member_int(out, "homes", s->homes);
	json_member_int(out, "homes_too_short", s->too_short);
	member(out, "home_months", s->months);
	json_member_int(out, "readings", trace_set_readings(report->set));
	json_member_int(out, "moments", s->moments);
	json_member_int(out, "moments_without_alarm", s->unheard);
	level_members(out, &s->levels[0]);
	json_key(out, "attention");
	json_open(out, '{');
	level_members(out, &s->levels[1]);
	json_close(out, '}');
	json_key(out, "cold_start");
	json_open(out, '{');
	group_part(out, "days_0_14", &s->cold[0]);
	group_part(out, "days_15_55", &s->cold[1]);
	json_close(out, '}');
	json_key(out, "quality");
	json_open(out, '{');
	group_part(out, "losses_or_leaks", &s->poor);
	group_part(out, "others", &s->good);
	json_close(out, '}');
	if (run->often.homes) {
		json_key(out, "homes_with_more_than_6000_readings");
		json_open(out, '{');
		json_member_int(out, "homes", run->often.homes);
		member(out, "home_months", run->often.months);
		level_members(out, &run->often.levels[0]);
		json_close(out, '}');
	}
	runs_part(out, "sweep", report, RUN_SWEEP, RUN_SWEEP);
	runs_part(out, "compare", report, RUN_FIXED, RUN_DEPLOYED);
	json_key(out, "per_home");
	json_open(out, '[');
	for (size_t i = 0; i < run->count; i++)
		home_part(out, &run->homes[i]);
	json_close(out, ']');
	json_close(out, '}');
	buf_text(out, "\n");
	return out->failed;
}
