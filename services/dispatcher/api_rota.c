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
#include "dispatcher/dispatcher.h"

static const char *const methods[] = {"swap", "seek", "absent", "answer", "recall", "matters", "gaps"};

bool dispatcher_is_rota(const char *method)
{
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (!strcmp(methods[i], method))
			return true;
	return false;
}

enum err dispatcher_arg_id(
	struct request_args *args, const char *name, bool required, char out[ID_BYTES], struct errinfo *info)
{
	const char *text = "";
	enum err err = request_text(args, name, required, &text, info);

	if (!err && (*text || required) && (!text_is_id(text) || text_copy(out, ID_BYTES, text)))
		err = errinfo_set(info, ERR_INVALID, "%s: must be an id", name);
	return err;
}

enum err dispatcher_arg_time(
	struct request_args *args, const char *name, bool required, struct wall *out, struct errinfo *info)
{
	const char *text = "";
	enum err err = request_text(args, name, required, &text, info);

	if (!err && (*text || required) && (wall_parse(text, strlen(text), out) || out->ms < 0))
		err = errinfo_set(info, ERR_INVALID, "%s: no time like 2026-12-07T07:00:00+08:00", name);
	return err;
}

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
	enum err err = dispatcher_arg_id(args, "team", true, out->team, info);

	if (!err)
		err = dispatcher_arg_id(args, "shift", true, out->shift, info);
	if (!err)
		err = dispatcher_arg_time(args, "from", true, &out->from, info);
	return err ? err : dispatcher_arg_id(args, "user", true, out->user, info);
}

static enum err read_swap(
	const struct dispatcher *d, struct request_args *args, struct rota_wish *out, struct errinfo *info)
{
	enum err err = read_duty(args, out, info);

	if (!err)
		err = dispatcher_arg_id(args, "to", true, out->to, info);
	if (!err)
		err = dispatcher_arg_id(args, "by", false, out->by, info);
	if (!err)
		err = dispatcher_arg_id(args, "back_shift", false, out->back_shift, info);
	if (!err)
		err = dispatcher_arg_time(args, "back_from", *out->back_shift, &out->back_from, info);
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

static enum err ask_absent(
	struct dispatcher *d, struct request_args *args, struct buf *out, struct errinfo *info, enum err *fatal)
{
	char team[ID_BYTES] = "", user[ID_BYTES] = "";
	struct wall from = WALL_NONE, until = WALL_NONE;
	unsigned opened = 0;
	enum err err = dispatcher_arg_id(args, "team", true, team, info);

	if (!err)
		err = dispatcher_arg_id(args, "user", true, user, info);
	if (!err)
		err = dispatcher_arg_time(args, "from", true, &from, info);
	if (!err)
		err = dispatcher_arg_time(args, "until", true, &until, info);
	if (!err)
		err = request_done(args, info);
	if (!err)
		err = of_team(d, "user", team, user, info);
	if (err)
		return err;
	*fatal = dispatcher_begin(d, info);
	if (!*fatal)
		*fatal = rota_absent(d->rota, team, user, from, until, d->turn.wall, &opened);
	json_open(out, '{');
	json_member_int(out, "opened", opened);
	json_close(out, '}');
	return ERR_OK;
}

static enum err ask_matter(struct dispatcher *d, const char *method, struct request_args *args,
	struct rota_answer *answer, struct errinfo *info, enum err *fatal)
{
	char id[ID_BYTES] = "", user[ID_BYTES] = "";
	bool yes = false, recall = !strcmp(method, "recall");
	enum err err = dispatcher_arg_id(args, "matter", true, id, info);

	if (!err && !recall)
		err = dispatcher_arg_id(args, "user", true, user, info);
	if (!err && !recall)
		err = request_bool(args, "yes", true, &yes, info);
	if (!err)
		err = request_done(args, info);
	if (err)
		return err;
	*fatal = dispatcher_begin(d, info);
	if (!*fatal)
		*fatal = recall ? rota_withdraw(d->rota, id, d->turn.wall, answer)
				: rota_reply(d->rota, id, user, yes, d->turn.wall, answer);
	return ERR_OK;
}

static enum err ask_duty(struct dispatcher *d, const char *method, struct request_args *args,
	struct rota_answer *answer, struct errinfo *info, enum err *fatal)
{
	struct rota_wish wish = {.from = WALL_NONE, .back_from = WALL_NONE};
	bool swap = !strcmp(method, "swap");
	enum err err = swap ? read_swap(d, args, &wish, info) : read_duty(args, &wish, info);

	if (!err && !swap)
		err = request_done(args, info);
	if (err)
		return err;
	*fatal = dispatcher_begin(d, info);
	if (!*fatal)
		*fatal = swap ? rota_swap(d->rota, &wish, d->turn.wall, answer)
			      : rota_cover(d->rota, wish.team, wish.shift, wish.from, wish.user, d->turn.wall, answer);
	return ERR_OK;
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

static enum err list(struct dispatcher *d, bool gaps, struct request_args *args, struct buf *out, struct errinfo *info)
{
	char team[ID_BYTES] = "", user[ID_BYTES] = "";
	struct rota_view view;
	struct rota_why why;
	enum err err = dispatcher_arg_id(args, "team", false, team, info);

	if (!err && !gaps)
		err = dispatcher_arg_id(args, "user", false, user, info);
	if (!err)
		err = request_done(args, info);
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

enum err dispatcher_ask_rota(struct dispatcher *d, const char *method, struct request_args *args, struct buf *out,
	struct errinfo *info, enum err *fatal)
{
	struct rota_answer answer = {.verdict = ROTA_UNKNOWN};
	enum err err;

	if (!wall_is_set(d->turn.wall))
		return errinfo_set(info, ERR_AGAIN, "the replay clock does not stand yet");
	if (!strcmp(method, "matters") || !strcmp(method, "gaps"))
		return list(d, *method == 'g', args, out, info);
	if (!strcmp(method, "absent"))
		err = ask_absent(d, args, out, info, fatal);
	else if (!strcmp(method, "swap") || !strcmp(method, "seek"))
		err = ask_duty(d, method, args, &answer, info, fatal);
	else
		err = ask_matter(d, method, args, &answer, info, fatal);
	if (err)
		return err;
	d->eager = true;
	if (!*fatal)
		*fatal = dispatcher_rota_effects(d, info);
	if (*fatal)
		return *fatal;
	if (strcmp(method, "absent") != 0)
		write_answer(&answer, out);
	return out->failed;
}
