/* SPDX-License-Identifier: MIT
 *
 * Visits, tasks and services, asked and said by the desk:
 *
 *   visit_plan {kind?, state?, team?, household?, assignee?, overdue?}  errands, those that are due first on top: live
 *              ones, or those of a state; {"items": [errand...], "more"?}
 *   visit_day {user, day?}            what somebody has agreed to on a day, in the order to walk:
 *              {user, day, km, items: [{errand, household, what, from, until, arrive, km}]}
 *   visit_due {team?, within_days?}   homes by when they are due: {"items": [{household, team, every_days, due, list?,
 *              last?, visit?, missed}]}
 *   visit_show {errand}               its snapshot
 *   visit_explain {errand}            who could be asked, what each part costs, and how many each bar keeps off
 *   visit_request {household, what, from?, until?, note?}   a service, "chat" or a checklist: {verdict, errand}
 *   visit_answer {errand, action, to?, from?, until?, seen?, note?, answers?}   {verdict, errand}; answers is
 *              "doors=ok gas=hose_old medicine=not_asked": ok, not_asked, or a word of the item
 */
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/text.h"
#include "codec/json.h"
#include "dispatcher/api/api.h"
#include "dispatcher/visit/visit_tour.h"

#define PLAN_ITEMS_MAX 1000
#define DUE_DAYS 7
#define DUE_DAYS_MAX 400

static struct visit_core *core_of(const struct dispatcher *d)
{
	return visits_core(d->visits);
}

/* ---- plan ---- */

struct wanted {
	const char *kind, *state, *team, *household, *assignee;
	bool overdue;
};

static bool is_wanted(const struct wanted *wanted, const struct errand *e, struct wall now)
{
	return (!*wanted->kind || !strcmp(wanted->kind, errand_kind_name(e->kind))) &&
	       (*wanted->state ? !strcmp(wanted->state, errand_state_name(e->state)) : e->state < ERRAND_DONE) &&
	       (!*wanted->team || !strcmp(wanted->team, e->team)) &&
	       (!*wanted->household || !strcmp(wanted->household, e->household)) &&
	       (!*wanted->assignee || !strcmp(wanted->assignee, e->assignee) ||
		       !strcmp(wanted->assignee, e->provider)) &&
	       (!wanted->overdue || e->until.ms < now.ms);
}

static int by_due(const void *left, const void *right)
{
	const struct errand *a = *(const struct errand *const *)left, *b = *(const struct errand *const *)right;

	if (a->until.ms != b->until.ms)
		return a->until.ms < b->until.ms ? -1 : 1;
	return strcmp(a->id, b->id);
}

static enum err read_wanted(struct request_args *args, struct wanted *out, struct errinfo *info)
{
	struct {
		const char *name, **out;
	} texts[] = {{"kind", &out->kind}, {"state", &out->state}, {"team", &out->team}, {"household", &out->household},
		{"assignee", &out->assignee}};
	enum errand_state state;
	enum errand_kind kind;
	enum err err = ERR_OK;

	for (size_t i = 0; i < sizeof texts / sizeof *texts && !err; i++) {
		*texts[i].out = "";
		err = request_text(args, texts[i].name, false, texts[i].out, info);
	}
	if (!err)
		err = request_bool(args, "overdue", false, &out->overdue, info);
	if (!err)
		err = request_done(args, info);
	if (!err && *out->kind && errand_kind_find(out->kind, &kind))
		err = errinfo_set(info, ERR_INVALID, "kind: must be visit, task or service");
	if (!err && *out->state && errand_state_find(out->state, &state))
		err = errinfo_set(info, ERR_INVALID,
			"state: must be open, offered, agreed, under_way, done, confirmed, refused, missed or "
			"cancelled");
	return err;
}

enum err api_visit_plan(struct dispatcher *d, struct call *call)
{
	struct buf *out = call->out;
	struct wanted wanted = {0};
	const struct errand **list, *e;
	uint32_t at = 0, count = 0, most = 0;
	enum err err = read_wanted(call->args, &wanted, call->info);

	if (err)
		return err;
	while (visit_walk(core_of(d), &at))
		most++;
	list = calloc(most + 1, sizeof *list);
	if (!list)
		return errinfo_set(call->info, ERR_NOMEM, "out of memory");
	for (at = 0; count < most && (e = visit_walk(core_of(d), &at));)
		if (is_wanted(&wanted, e, d->turn.wall))
			list[count++] = e;
	qsort(list, count, sizeof *list, by_due);
	json_open(out, '{');
	json_key(out, "items");
	json_open(out, '[');
	for (uint32_t i = 0; i < count && i < PLAN_ITEMS_MAX && !err; i++) {
		if (i)
			buf_byte(out, ',');
		err = codec_errand_encode(list[i], out);
	}
	json_close(out, ']');
	if (count > PLAN_ITEMS_MAX)
		json_member_bool(out, "more", true);
	json_close(out, '}');
	free(list);
	return err ? err : out->failed;
}

/* ---- a day, what is due ---- */

enum err api_visit_day(struct dispatcher *d, struct call *call)
{
	struct buf *out = call->out;
	struct visit_stop stops[TOUR_STOPS_MAX];
	const char *user = "", *text = "";
	char shown[DAY_TEXT_BYTES];
	int32_t number = visit_day_of(core_of(d), d->turn.wall);
	double km = 0;
	enum err err = request_text(call->args, "user", true, &user, call->info);

	if (!err)
		err = request_text(call->args, "day", false, &text, call->info);
	if (!err)
		err = request_done(call->args, call->info);
	if (!err && *text && day_parse(text, &number))
		err = errinfo_set(call->info, ERR_INVALID, "day: must be a date, as in 2026-03-01");
	if (err)
		return err;
	day_format(number, shown);
	unsigned count = visit_day(core_of(d), user, number, stops, TOUR_STOPS_MAX, &km);
	json_open(out, '{');
	json_member_text(out, "user", user);
	json_member_text(out, "day", shown);
	json_member_number(out, "km", km);
	json_key(out, "items");
	json_open(out, '[');
	for (unsigned i = 0; i < count; i++) {
		json_open(out, '{');
		json_member_text(out, "errand", stops[i].errand->id);
		json_member_text(out, "household", stops[i].errand->household);
		json_member_text(out, "what", stops[i].errand->what);
		json_member_wall(out, "from", stops[i].errand->from);
		json_member_wall(out, "until", stops[i].errand->until);
		json_member_wall(out, "arrive", stops[i].arrive);
		json_member_number(out, "km", stops[i].km);
		json_close(out, '}');
	}
	json_close(out, ']');
	json_close(out, '}');
	return out->failed;
}

static int by_day(const void *left, const void *right)
{
	const struct visit_home *a = left, *b = right;

	if (a->due != b->due)
		return a->due < b->due ? -1 : 1;
	return strcmp(a->household, b->household);
}

static void put_home(const struct visit_home *home, struct buf *out)
{
	char shown[DAY_TEXT_BYTES] = "";

	day_format(home->due, shown);
	json_open(out, '{');
	json_member_text(out, "household", home->household);
	json_member_text_if(out, "team", home->team);
	json_member_int(out, "every_days", home->every_days);
	json_member_text(out, "due", shown);
	json_member_text_if(out, "list", home->list);
	json_member_wall_if(out, "last", home->last);
	json_member_text_if(out, "visit", home->visit);
	json_member_int(out, "missed", home->missed);
	json_close(out, '}');
}

enum err api_visit_due(struct dispatcher *d, struct call *call)
{
	struct buf *out = call->out;
	const char *team = "";
	int64_t within = DUE_DAYS;
	int32_t today = visit_day_of(core_of(d), d->turn.wall);
	struct visit_home *list, home;
	uint32_t at = 0, most = 0, count = 0;
	enum err err = request_text(call->args, "team", false, &team, call->info);

	if (!err)
		err = request_int(call->args, "within_days", false, 0, DUE_DAYS_MAX, &within, call->info);
	if (!err)
		err = request_done(call->args, call->info);
	if (err)
		return err;
	while (visit_home_walk(core_of(d), &at, &home))
		most++;
	list = calloc(most + 1, sizeof *list);
	if (!list)
		return errinfo_set(call->info, ERR_NOMEM, "out of memory");
	for (at = 0; count < most && visit_home_walk(core_of(d), &at, &home);)
		if (home.due != DAY_NONE && home.due <= today + within && (!*team || !strcmp(team, home.team)))
			list[count++] = home;
	qsort(list, count, sizeof *list, by_day);
	json_open(out, '{');
	json_key(out, "items");
	json_open(out, '[');
	for (uint32_t i = 0; i < count; i++)
		put_home(&list[i], out);
	json_close(out, ']');
	json_close(out, '}');
	free(list);
	return out->failed;
}

/* ---- one errand ---- */

enum err api_visit_show(struct dispatcher *d, struct call *call)
{
	const char *id = "";
	struct errand errand;
	enum err err = request_text(call->args, "errand", true, &id, call->info);

	if (!err)
		err = request_done(call->args, call->info);
	if (!err && visit_find(core_of(d), id, &errand))
		err = errinfo_set(
			call->info, ERR_NOT_FOUND, "there is no errand %s, or it is over for long: ask records", id);
	return err ? err : codec_errand_encode(&errand, call->out);
}

static void put_candidate(const struct visit_candidate *candidate, struct buf *out)
{
	json_open(out, '{');
	json_member_text(out, "user", candidate->user);
	json_member_wall(out, "from", candidate->from);
	json_member_wall(out, "until", candidate->until);
	json_member_number(out, "sum", candidate->sum);
	json_key(out, "cost");
	json_open(out, '{');
	for (int i = 0; i < VISIT_COST_COUNT; i++)
		json_member_number(out, visit_cost_name((enum visit_cost)i), candidate->cost[i]);
	json_close(out, '}');
	json_close(out, '}');
}

enum err api_visit_explain(struct dispatcher *d, struct call *call)
{
	struct buf *out = call->out;
	const char *id = "";
	struct visit_explanation x;
	enum err err = request_text(call->args, "errand", true, &id, call->info);

	if (!err)
		err = request_done(call->args, call->info);
	if (err)
		return err;
	err = visit_explain(core_of(d), id, d->turn.wall, &x);
	if (err)
		return errinfo_set(call->info, err,
			err == ERR_NOT_FOUND ? "there is no errand %s"
					     : "errand %s is not one that companions are asked for now",
			id);
	json_open(out, '{');
	json_member_text(out, "errand", id);
	json_key(out, "candidates");
	json_open(out, '[');
	for (unsigned i = 0; i < x.count; i++)
		put_candidate(&x.best[i], out);
	json_close(out, ']');
	json_key(out, "bars");
	json_open(out, '{');
	for (int bar = 0; bar < VISIT_BAR_COUNT; bar++)
		json_member_int(out, visit_bar_name((enum visit_bar)bar), x.bars[bar]);
	json_close(out, '}');
	json_close(out, '}');
	return out->failed;
}
