/* SPDX-License-Identifier: MIT
 *
 * The answer behind an accept link. Whoever serves links passes the token on: without confirm it is looked at (the page
 * with the button), with it the answer is given in the volunteer's name, once. The token is the authority; the account
 * that asks is not.
 */
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "codec/json.h"
#include "codec/request.h"
#include "dispatcher/dispatcher.h"

static void write_link(enum accept_verdict verdict, const struct accept_link *link, struct buf *out)
{
	json_member_text(out, "verdict", accept_verdict_name(verdict));
	if (verdict != ACCEPT_GOOD && verdict != ACCEPT_USED)
		return;
	json_member_text(out, "action", reply_action_name(link->action));
	json_member_text(out, "incident", link->incident);
	json_member_text(out, "user", link->user);
	json_member_wall(out, "expires", link->expires);
}

/* give puts the answer into this turn's transaction. *out_verdict is ACCEPT_USED if it was given before. Its failures
 * are the store's or the core's. */
static enum err give(struct dispatcher *d, const struct accept_link *link, enum accept_verdict *out_verdict,
	const char **out_reply, struct errinfo *info)
{
	struct incident_effects effects;
	struct rota_answer answer;
	enum visit_verdict verdict;
	struct reply reply = {.action = link->action, .at = d->turn.wall};
	enum err err = dispatcher_begin(d, info);

	text_cut(reply.page, sizeof reply.page, link->nonce);
	text_cut(reply.incident, sizeof reply.incident, link->incident);
	text_cut(reply.user, sizeof reply.user, link->user);
	d->eager = true;
	if (!err)
		err = accept_link_use(d->store, link, d->turn.wall, info);
	if (err == ERR_EXISTS) {
		*out_verdict = ACCEPT_USED;
		return ERR_OK;
	}
	if (!err && !strncmp(link->incident, ROTA_PREFIX, sizeof ROTA_PREFIX - 1)) {
		err = rota_reply(
			d->rota, link->incident, link->user, link->action == REPLY_ACCEPT, d->turn.wall, &answer);
		*out_reply = rota_verdict_name(answer.verdict);
		return err ? err : dispatcher_rota_effects(d, info);
	}
	if (!err && !strncmp(link->incident, VISITS_PREFIX, sizeof VISITS_PREFIX - 1)) {
		err = visits_reply(d->visits, dispatcher_ways(d), &reply, d->turn.wall, &verdict, info);
		*out_reply = visit_verdict_name(verdict);
		return err;
	}
	if (!err)
		err = incident_reply(d->core, &reply, false, d->turn.wall, &effects);
	if (err)
		return err;
	*out_reply = incident_verdict_name(effects.verdict);
	return dispatcher_effects(d, &effects, d->turn.wall, info);
}

enum err dispatcher_link(
	struct dispatcher *d, struct request_args *args, struct buf *out, struct errinfo *info, enum err *fatal)
{
	const struct accept_key *key = channels_link_key(d->channels);
	struct accept_link link = {0};
	enum accept_verdict verdict;
	const char *token = "", *reply = "";
	bool confirm = false, given;
	enum err err = request_text(args, "token", true, &token, info);

	if (!err)
		err = request_bool(args, "confirm", false, &confirm, info);
	if (!err)
		err = request_done(args, info);
	if (!err && !key)
		err = errinfo_set(info, ERR_STATE, "there are no accept links here; links.base_url is empty");
	if (!err && !wall_is_set(d->turn.wall))
		err = errinfo_set(info, ERR_AGAIN, "the replay clock does not stand yet");
	if (err)
		return err;
	verdict = accept_link_check(key, token, "", "", d->turn.wall, &link);
	given = verdict == ACCEPT_GOOD && confirm;
	if (given)
		*fatal = give(d, &link, &verdict, &reply, info);
	if (*fatal)
		return *fatal;
	log_info("accept_link", "verdict", accept_verdict_name(verdict), "incident", link.incident, "confirmed",
		given ? "yes" : "no");
	json_open(out, '{');
	write_link(verdict, &link, out);
	if (given && verdict == ACCEPT_GOOD)
		json_member_text(out, "reply", reply);
	json_close(out, '}');
	return out->failed;
}
