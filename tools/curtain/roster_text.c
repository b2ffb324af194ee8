/* SPDX-License-Identifier: MIT */
#include "dispatcher/roster/explain.h"
#include "dispatcher/roster/roster_json.h"
#include "roster.h"

void roster_text_gap(const struct team *team, const struct roster_plan *plan, int day, int shift, struct buf *out)
{
	int count[TEAM_BAR_COUNT] = {0};
	char date[16];

	for (int v = 0; v < team->volunteers; v++)
		count[team_bar_of(team, plan, v, day, shift)]++;
	roster_json_date(team, day, date);
	buf_printf(out, "缺人 gap  %s %s", date, team->shift[shift].id);
	const char *before = ": ";
	for (int i = 0; i < TEAM_BAR_COUNT; i++)
		if (count[i]) {
			buf_printf(out, "%s%d %s %s", before, count[i], explain_bar((enum team_bar)i, true),
				explain_bar((enum team_bar)i, false));
			before = "; ";
		}
	int ask[ROSTER_ASK_MAX], asked = roster_ask(team, plan, day, shift, ask);
	for (int i = 0; i < asked; i++)
		buf_printf(out, "%s%s", i ? ", " : "; 可问 could be asked: ", team_shown(team, ask[i]));
	buf_byte(out, '\n');
}

static void row(const struct team *team, const struct roster_plan *plan, int day, struct buf *out)
{
	static const char *const weekdays[] = {
		"周一 Mon", "周二 Tue", "周三 Wed", "周四 Thu", "周五 Fri", "周六 Sat", "周日 Sun"};
	char date[16];

	roster_json_date(team, day, date);
	buf_printf(out, "%s %s", date, weekdays[team_weekday(team, day)]);
	for (int s = 0; s < team->shifts; s++) {
		buf_printf(out, "  %s:", team->shift[s].id);
		for (int v = 0; v < team->volunteers; v++)
			if (roster_plan_line(plan, v)[day] == s + 1)
				buf_printf(out, " %s", team->volunteer[v].id);
		if (team_count(team, plan, day, s) < team_need(team, day, s))
			buf_text(out, " --");
	}
	buf_byte(out, '\n');
}

void roster_text_plan(const struct team *team, const struct roster_plan *plan, struct buf *out)
{
	for (int d = 0; d < team->days; d++)
		row(team, plan, d, out);
	for (int d = 0; d < team->days; d++)
		for (int s = 0; s < team->shifts; s++)
			if (team_count(team, plan, d, s) < team_need(team, d, s))
				roster_text_gap(team, plan, d, s, out);
}

void roster_text_conflict(const struct team *team, int volunteer, const struct conflict *conflict, struct buf *out)
{
	buf_printf(out, "%s 没有可行的排法，以下各条不能同时成立 no roster is possible: these cannot all hold:\n",
		team_shown(team, volunteer));
	for (int i = 0; i < conflict->rules; i++) {
		const struct conflict_rule *rule = &conflict->rule[i];
		char date[16] = "";
		if (rule->day >= 0)
			roster_json_date(team, rule->day, date);
		buf_printf(out, "  %s %s%s%s%s%s\n", conflict_words(rule->kind, true),
			conflict_words(rule->kind, false), rule->day >= 0 ? ": " : "", date, rule->day >= 0 ? " " : "",
			rule->day >= 0 ? team->shift[rule->shift].id : "");
	}
}
