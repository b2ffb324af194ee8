/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "codec/json.h"
#include "dispatcher/roster/roster_json.h"

const char *const roster_bar_names[TEAM_BAR_COUNT] = {
	[TEAM_BAR_NONE] = "free",
	[TEAM_BAR_SKILL] = "skill",
	[TEAM_BAR_AWAY] = "away",
	[TEAM_BAR_WEEKLY] = "weekly",
	[TEAM_BAR_FROZEN] = "frozen",
	[TEAM_BAR_BUSY] = "busy",
	[TEAM_BAR_REST] = "rest",
	[TEAM_BAR_RUN] = "run",
	[TEAM_BAR_MONTH] = "month",
};

static int load_of(const struct team *team, const struct roster_plan *plan, int volunteer)
{
	int load = team->volunteer[volunteer].duties;

	for (int d = 0; d < team->days; d++)
		load += roster_plan_line(plan, volunteer)[d] != 0;
	return load;
}

/* may_ask: a person's word would change it, no rule stands behind it, nor behind another one of theirs. */
static bool may_ask(
	const struct team *team, const struct roster_plan *plan, int volunteer, int day, int shift, enum team_bar bar)
{
	return bar == TEAM_BAR_NONE ||
	       ((bar == TEAM_BAR_WEEKLY || bar == TEAM_BAR_FROZEN || bar == TEAM_BAR_MONTH || bar == TEAM_BAR_AWAY) &&
		       team_rested(team, plan, volunteer, day, shift));
}

int roster_ask(const struct team *team, const struct roster_plan *plan, int day, int shift, int out[ROSTER_ASK_MAX])
{
	bool listed[TEAM_PEOPLE_MAX] = {false};
	int count = 0;

	while (count < ROSTER_ASK_MAX) {
		int best = -1, best_rank = 0;
		for (int v = 0; v < team->volunteers; v++) {
			enum team_bar bar = team_bar_of(team, plan, v, day, shift);
			int rank = (bar == TEAM_BAR_AWAY ? 100000 : 0) + load_of(team, plan, v);
			if (listed[v] || !may_ask(team, plan, v, day, shift, bar) || (best >= 0 && rank >= best_rank))
				continue;
			best = v;
			best_rank = rank;
		}
		if (best < 0)
			break;
		listed[best] = true;
		out[count++] = best;
	}
	return count;
}

static void write_ask(const struct team *team, const struct roster_plan *plan, int day, int shift, struct buf *out)
{
	int ask[ROSTER_ASK_MAX], count = roster_ask(team, plan, day, shift, ask);

	json_key(out, "could_ask");
	json_open(out, '[');
	for (int i = 0; i < count; i++)
		json_text(out, team->volunteer[ask[i]].id);
	json_close(out, ']');
}

static void write_gap(
	const struct team *team, const struct roster_plan *plan, int day, int shift, int missing, struct buf *out)
{
	int count[TEAM_BAR_COUNT] = {0};
	char date[16];

	for (int v = 0; v < team->volunteers; v++)
		count[team_bar_of(team, plan, v, day, shift)]++;
	roster_json_date(team, day, date);
	json_open(out, '{');
	json_member_text(out, "date", date);
	json_member_text(out, "shift", team->shift[shift].id);
	json_member_int(out, "missing", missing);
	json_key(out, "reasons");
	json_open(out, '{');
	for (int i = 0; i < TEAM_BAR_COUNT; i++)
		if (count[i])
			json_member_int(out, roster_bar_names[i], count[i]);
	json_close(out, '}');
	write_ask(team, plan, day, shift, out);
	json_close(out, '}');
}

static void write_gaps(const struct team *team, const struct roster_plan *plan, struct buf *out)
{
	json_key(out, "gaps");
	json_open(out, '[');
	for (int d = 0; d < team->days; d++)
		for (int s = 0; s < team->shifts; s++) {
			int missing = team_need(team, d, s) - team_count(team, plan, d, s);
			if (missing > 0)
				write_gap(team, plan, d, s, missing, out);
		}
	json_close(out, ']');
}

static void write_moved(const struct team *team, const struct roster_plan *plan, struct buf *out)
{
	json_key(out, "moved");
	json_open(out, '[');
	for (int v = 0; v < team->volunteers; v++)
		for (int d = 0; d < team->days; d++) {
			int before = (int)team->previous[v * team->days + d], now = roster_plan_line(plan, v)[d] - 1;
			char date[16];
			if (before == now)
				continue;
			roster_json_date(team, d, date);
			json_open(out, '{');
			json_member_text(out, "volunteer", team->volunteer[v].id);
			json_member_text(out, "date", date);
			json_member_text_if(out, "from", before >= 0 ? team->shift[before].id : "");
			json_member_text_if(out, "to", now >= 0 ? team->shift[now].id : "");
			json_close(out, '}');
		}
	json_close(out, ']');
}

enum err roster_json_write(const struct team *team, const struct roster_plan *plan, int64_t bound, struct buf *out)
{
	char date[16];

	roster_json_date(team, 0, date);
	json_open(out, '{');
	json_member_text(out, "team", team->id);
	json_member_text(out, "from", date);
	json_member_int(out, "days", team->days);
	json_member_int(out, "revision", team->revision + 1);
	json_member_int(out, "cost", plan->cost);
	json_key(out, "bound");
	if (bound == INT64_MIN)
		buf_text(out, "null");
	else
		buf_printf(out, "%lld", (long long)bound);
	json_key(out, "assignments");
	json_open(out, '{');
	for (int v = 0; v < team->volunteers; v++) {
		const uint8_t *line = roster_plan_line(plan, v);
		json_text(out, team->volunteer[v].id); /* an id may need escapes, a key of ours never does */
		buf_byte(out, ':');
		json_open(out, '[');
		for (int d = 0; d < team->days; d++) {
			if (line[d])
				json_text(out, team->shift[line[d] - 1].id);
			else
				buf_text(out, d ? ",null" : "null");
		}
		json_close(out, ']');
	}
	json_close(out, '}');
	write_gaps(team, plan, out);
	if (team->has_previous)
		write_moved(team, plan, out);
	json_close(out, '}');
	return out->failed;
}

void roster_json_conflicts_open(const struct team *team, struct buf *out)
{
	json_open(out, '{');
	json_member_text(out, "team", team->id);
	json_key(out, "impossible");
	json_open(out, '[');
}

void roster_json_conflict(const struct team *team, int volunteer, const struct conflict *conflict, struct buf *out)
{
	json_open(out, '{');
	json_member_text(out, "volunteer", team->volunteer[volunteer].id);
	json_key(out, "conflict");
	json_open(out, '[');
	for (int i = 0; i < conflict->rules; i++) {
		const struct conflict_rule *rule = &conflict->rule[i];
		char date[16];
		json_open(out, '{');
		json_member_text(out, "rule", conflict_id(rule->kind));
		if (rule->day >= 0) {
			roster_json_date(team, rule->day, date);
			json_member_text(out, "date", date);
			json_member_text(out, "shift", team->shift[rule->shift].id);
		}
		json_close(out, '}');
	}
	json_close(out, ']');
	json_close(out, '}');
}
