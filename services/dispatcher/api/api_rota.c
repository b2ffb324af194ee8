/* SPDX-License-Identifier: MIT
 *
 * Swaps, cover requests and absences, asked by the desk, or by the volunteers themselves (own_..., caller.h).
 *
 *   swap {team, shift, from, user, to, by?, back_shift?, back_from?}
 *                               `to` is to have user's duty, and user, if back_shift is named, that one of `to`; by
 *                               (user, or `to`) asks
 *   seek {team, shift, from, user}        somebody else for user's duty: a cover request
 *   absent {team, user, from, until}      cannot serve then: duties are open at once; until = from: is back
 *   answer {matter, user, yes}            user's word on a matter
 *   recall {matter}                       a swap or cover request is called off
 *                               each: {"verdict", "matter"?, "state"?, "bar"?: why not}; absent: {"opened": N}
 *   matters {team?, user?}                all that is not forgotten, or what concerns user: {"items": [...]}
 *   gaps {team?}                          duties that nobody has, and unserved shifts:
 *                               {"items": [{team, from, until, shift?, matter?, asked?, state?}...]}
 */
#include <string.h>

#include "base/text.h"
#include "codec/json.h"
#include "dispatcher/api/api.h"

static enum err of_team(
	const struct dispatcher *d, const char *name, const char *team, const char *user, struct errinfo *info)
{
	return incident_core_serves(d->core, team, user)
		       ? ERR_OK
		       : errinfo_set(info, ERR_NOT_FOUND, "%s: %s is not a volunteer of team %s", name, user, team);
}

/* read_duty reads team, shift, from, user. */
static enum err read_duty(struct request_args *args, struct rota_wish *out, struct errinfo *info)
{
	enum err err = api_arg_id(args, "team", true, out->team, info);

	if (!err)
		err = api_arg_id(args, "shift", true, out->shift, info);
	if (!err)
		err = api_arg_time(args, "from", true, &out->from, info);
	return err ? err : api_arg_id(args, "user", true, out->user, info);
}

static enum err read_swap(
	const struct dispatcher *d, struct request_args *args, struct rota_wish *out, struct errinfo *info)
{
	enum err err = read_duty(args, out, info);

	if (!err)
		err = api_arg_id(args, "to", true, out->to, info);
	if (!err)
		err = api_arg_id(args, "by", false, out->by, info);
	if (!err)
		err = api_arg_id(args, "back_shift", false, out->back_shift, info);
	if (!err)
		err = api_arg_time(args, "back_from", *out->back_shift, &out->back_from, info);
	if (!err)
		err = request_done(args, info);
	if (!err)
		err = of_team(d, "to", out->team, out->to, info);
	if (!err && !*out->by)
		text_cut(out->by, sizeof out->by, out->user);
	if (!err && ((strcmp(out->by, out->user) != 0 && strcmp(out->by, out->to) != 0) || !strcmp(out->user, out->to)))
		err = errinfo_set(info, ERR_INVALID, "by: %s must be user or to, and these two people", out->by);
	return err;
}

static void write_answer(const struct rota_answer *answer, struct buf *out)
{
	json_open(out, '{');
	json_member_text(out, "verdict", rota_verdict_name(answer->verdict));
	if (*answer->id) {
		json_member_text(out, "matter", answer->id);
		json_member_text(out, "state", rota_state_name(answer->state));
	}
	if (answer->bar)
		json_member_text(out, "bar", rota_bar_name(answer->bar));
	json_close(out, '}');
}

/* end puts what the request decided into the turn and answers with it; answer: NULL, or a swap's or cover request's. */
static enum err end(struct dispatcher *d, const struct rota_answer *answer, struct call *call)
{
	if (!call->fatal)
		call->fatal = dispatcher_rota_effects(d, call->info);
	if (call->fatal)
		return call->fatal;
	if (answer)
		write_answer(answer, call->out);
	return call->out->failed;
}

enum err api_absent(struct dispatcher *d, struct call *call)
{
	char team[ID_BYTES] = "", user[ID_BYTES] = "";
	struct wall from = WALL_NONE, until = WALL_NONE;
	unsigned opened = 0;
	enum err err = api_arg_id(call->args, "team", true, team, call->info);

	if (!err)
		err = api_arg_id(call->args, "user", true, user, call->info);
	if (!err)
		err = api_arg_time(call->args, "from", true, &from, call->info);
	if (!err)
		err = api_arg_time(call->args, "until", true, &until, call->info);
	if (!err)
		err = request_done(call->args, call->info);
	if (!err)
		err = of_team(d, "user", team, user, call->info);
	if (err)
		return err;
	call->fatal = api_begin(d, call->info);
	if (!call->fatal)
		call->fatal = rota_absent(d->rota, team, user, from, until, d->turn.wall, &opened);
	if (!call->fatal)
		call->fatal = visits_absent(d->visits, dispatcher_ways(d), user, from, until, d->turn.wall, call->info);
	(void)incident_core_book(d->core); /* who answers now is told anew */
	json_open(call->out, '{');
	json_member_int(call->out, "opened", opened);
	json_close(call->out, '}');
	return end(d, NULL, call);
}

enum err api_answer(struct dispatcher *d, struct call *call)
{
	struct rota_answer answer = {.verdict = ROTA_UNKNOWN};
	char id[ID_BYTES] = "", user[ID_BYTES] = "";
	bool yes = false;
	enum err err = api_arg_id(call->args, "matter", true, id, call->info);

	if (!err)
		err = api_arg_id(call->args, "user", true, user, call->info);
	if (!err)
		err = request_bool(call->args, "yes", true, &yes, call->info);
	if (!err)
		err = request_done(call->args, call->info);
	if (err)
		return err;
	call->fatal = api_begin(d, call->info);
	if (!call->fatal)
		call->fatal = rota_reply(d->rota, id, user, yes, d->turn.wall, &answer);
	return end(d, &answer, call);
}

enum err api_recall(struct dispatcher *d, struct call *call)
{
	struct rota_answer answer = {.verdict = ROTA_UNKNOWN};
	char id[ID_BYTES] = "";
	enum err err = api_arg_id(call->args, "matter", true, id, call->info);

	if (!err)
		err = request_done(call->args, call->info);
	if (err)
		return err;
	call->fatal = api_begin(d, call->info);
	if (!call->fatal)
		call->fatal = rota_withdraw(d->rota, id, d->turn.wall, &answer);
	return end(d, &answer, call);
}

enum err api_swap(struct dispatcher *d, struct call *call)
{
	struct rota_answer answer = {.verdict = ROTA_UNKNOWN};
	struct rota_wish wish = {.from = WALL_NONE, .back_from = WALL_NONE};
	enum err err = read_swap(d, call->args, &wish, call->info);

	if (err)
		return err;
	call->fatal = api_begin(d, call->info);
	if (!call->fatal)
		call->fatal = rota_swap(d->rota, &wish, d->turn.wall, &answer);
	return end(d, &answer, call);
}

enum err api_seek(struct dispatcher *d, struct call *call)
{
	struct rota_answer answer = {.verdict = ROTA_UNKNOWN};
	struct rota_wish wish = {.from = WALL_NONE, .back_from = WALL_NONE};
	enum err err = read_duty(call->args, &wish, call->info);

	if (!err)
		err = request_done(call->args, call->info);
	if (err)
		return err;
	call->fatal = api_begin(d, call->info);
	if (!call->fatal)
		call->fatal = rota_cover(d->rota, wish.team, wish.shift, wish.from, wish.user, d->turn.wall, &answer);
	return end(d, &answer, call);
}

/* ---- lists ---- */

/* write_why: why nobody has taken it. */
static void write_why(const struct rota_why *why, struct buf *out)
{
	struct buf words;

	for (int english = 0; english < 2; english++) {
		buf_init(&words, NOTICE_BYTES);
		rota_why_words(why, english, &words);
		json_member_text(out, english ? "why_en" : "why_zh", words.data ? words.data : "");
		buf_fini(&words);
	}
	json_member_int(out, "refused", why->refused);
	json_member_int(out, "silent", why->silent);
	json_key(out, "reasons");
	json_open(out, '{');
	for (int bar = ROTA_BAR_NONE + 1; bar < ROTA_BAR_COUNT; bar++)
		if (why->bars[bar])
			json_member_int(out, rota_bar_name((enum rota_bar)bar), why->bars[bar]);
	json_close(out, '}');
	json_key(out, "barred");
	json_open(out, '{');
	for (unsigned i = 0; i < why->barred_count; i++)
		json_member_text(out, why->barred[i].user, rota_bar_name(why->barred[i].bar));
	json_close(out, '}');
	json_key(out, "could_ask");
	json_open(out, '[');
	for (unsigned i = 0; i < why->could_count; i++)
		json_text(out, why->could[i]);
	json_close(out, ']');
}

static void write_matter(const struct rota_view *view, const struct rota_why *why, struct buf *out)
{
	json_open(out, '{');
	json_member_text(out, "matter", view->id);
	json_member_text(out, "kind", rota_kind_name(view->kind));
	json_member_text(out, "state", rota_state_name(view->state));
	json_member_text(out, "team", view->team);
	json_member_text_if(out, "shift", view->duty.shift);
	json_member_wall(out, "from", view->duty.from);
	json_member_wall(out, "until", view->duty.until);
	json_member_text_if(out, "user", view->user);
	json_member_text_if(out, "other", view->other);
	json_member_text_if(out, "by", view->by);
	json_member_text_if(out, "back_shift", view->back.shift);
	if (*view->back.shift)
		json_member_wall(out, "back_from", view->back.from);
	json_member_wall(out, "opened", view->opened);
	if (view->due.ms != WALL_NEVER.ms)
		json_member_wall(out, "due", view->due);
	if (view->asked)
		json_member_int(out, "asked", view->asked);
	if (why)
		write_why(why, out);
	json_close(out, '}');
}

static void list_unserved(const struct dispatcher *d, const char *only, struct buf *out)
{
	char team[ID_BYTES] = "";
	struct oncall oncall;

	while (duty_next_team(incident_core_duty(d->core), team)) {
		if ((*only && strcmp(only, team) != 0) || incident_oncall(d->core, team, d->turn.wall, &oncall))
			continue;
		for (unsigned i = 0; i < oncall.gap_count; i++) {
			json_open(out, '{');
			json_member_text(out, "team", team);
			json_member_wall(out, "from", oncall.gaps[i].from);
			json_member_wall(out, "until", oncall.gaps[i].until);
			json_close(out, '}');
		}
	}
}

static enum err list(struct dispatcher *d, bool gaps, struct call *call)
{
	char team[ID_BYTES] = "", user[ID_BYTES] = "";
	struct buf *out = call->out;
	struct rota_view view;
	struct rota_why why;
	enum err err = api_arg_id(call->args, "team", false, team, call->info);

	if (!err && !gaps)
		err = api_arg_id(call->args, "user", false, user, call->info);
	if (!err)
		err = request_done(call->args, call->info);
	if (err)
		return err;
	json_open(out, '{');
	json_key(out, "items");
	json_open(out, '[');
	for (unsigned i = 0; rota_walk(d->rota, i, &view); i++) {
		bool gap = view.kind == ROTA_COVER && !*view.user && !rota_final(view.kind, view.state);
		if ((!*team || !strcmp(team, view.team)) && (!*user || rota_concerns(d->rota, view.id, user)) &&
			(gap || !gaps))
			write_matter(&view, gaps && rota_why(d->rota, view.id, &why) ? &why : NULL, out);
	}
	if (gaps)
		list_unserved(d, team, out);
	json_close(out, ']');
	json_close(out, '}');
	return out->failed;
}

enum err api_matters(struct dispatcher *d, struct call *call)
{
	return list(d, false, call);
}

enum err api_gaps(struct dispatcher *d, struct call *call)
{
	return list(d, true, call);
}
