/* SPDX-License-Identifier: MIT
 *
 * The answer behind a link that accepts or declines. Whoever serves links passes the token on: without confirm it is
 * looked at (the page with the button), with it the answer is given in the volunteer's name, once. The token is the
 * authority; the account that asks is not.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "codec/json.h"
#include "dispatcher/api/api.h"

#define ABOUT_BYTES 200

/* about: what the link is about, for the page that asks once more: a kind, and ids and hours in words. */
struct about {
	struct page page; /* as channel_kind_of wants it */
	char zh[ABOUT_BYTES], en[ABOUT_BYTES];
};

static bool is_of(const struct accept_link *link, const char *prefix)
{
	return !strncmp(link->incident, prefix, strlen(prefix));
}

static bool about_duty(const struct dispatcher *d, const char *id, struct about *out)
{
	struct rota_view view;
	struct civil from, until;

	if (!rota_view_of(d->rota, id, &view))
		return false;
	from = zone_to_civil(d->zone, view.duty.from);
	until = zone_to_civil(d->zone, view.duty.until);
	out->page.role = PAGE_DUTY;
	snprintf(out->zh, sizeof out->zh, "%d月%d日 %02d:%02d–%02d:%02d，%s", from.month, from.day, from.hour,
		from.minute, until.hour, until.minute, view.duty.shift);
	snprintf(out->en, sizeof out->en, "%02d-%02d %02d:%02d-%02d:%02d, %s", from.month, from.day, from.hour,
		from.minute, until.hour, until.minute, view.duty.shift);
	return true;
}

static bool about_errand(const struct dispatcher *d, const char *id, struct about *out)
{
	struct errand errand;

	if (visit_find(visits_core(d->visits), id, &errand))
		return false;
	out->page.role = visit_role(errand.kind);
	visit_words(&errand, d->zone, out->zh, out->en, ABOUT_BYTES);
	return true;
}

static bool about_incident(const struct dispatcher *d, const char *id, struct about *out)
{
	struct incident incident;
	struct civil raised;

	if (incident_find(d->core, id, &incident))
		return false;
	raised = zone_to_civil(d->zone, incident.opened);
	out->page.kind = incident.kind;
	snprintf(out->zh, sizeof out->zh, "住户 %s，%02d:%02d", incident.household, raised.hour, raised.minute);
	snprintf(out->en, sizeof out->en, "Home %s, %02d:%02d", incident.household, raised.hour, raised.minute);
	return true;
}

/* write_about: nothing where what the link is about is forgotten. */
static void write_about(const struct dispatcher *d, const struct accept_link *link, struct buf *out)
{
	struct about about = {.page = {.role = PAGE_PRIMARY}};
	bool known = is_of(link, ROTA_PREFIX)     ? about_duty(d, link->incident, &about)
		     : is_of(link, VISITS_PREFIX) ? about_errand(d, link->incident, &about)
						  : about_incident(d, link->incident, &about);

	if (!known)
		return;
	json_member_text(out, "kind", channel_kind_name(channel_kind_of(&about.page)));
	json_key(out, "about");
	json_open(out, '{');
	json_member_text(out, "kind_zh", channel_kind_text(CHANNEL_ZH, &about.page));
	json_member_text(out, "kind_en", channel_kind_text(CHANNEL_EN, &about.page));
	json_member_text(out, "zh", about.zh);
	json_member_text(out, "en", about.en);
	json_close(out, '}');
}

static void write_link(
	const struct dispatcher *d, enum accept_verdict verdict, const struct accept_link *link, struct buf *out)
{
	json_member_text(out, "verdict", accept_verdict_name(verdict));
	if (verdict != ACCEPT_GOOD && verdict != ACCEPT_USED)
		return;
	json_member_text(out, "action", reply_action_name(link->action));
	json_member_text(out, "incident", link->incident);
	json_member_text(out, "user", link->user);
	json_member_wall(out, "expires", link->expires);
	write_about(d, link, out);
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
	enum err err = api_begin(d, info);

	text_cut(reply.page, sizeof reply.page, link->nonce);
	text_cut(reply.incident, sizeof reply.incident, link->incident);
	text_cut(reply.user, sizeof reply.user, link->user);
	if (!err)
		err = accept_link_use(d->store, link, d->turn.wall, info);
	if (err == ERR_EXISTS) {
		*out_verdict = ACCEPT_USED;
		return ERR_OK;
	}
	if (!err && is_of(link, ROTA_PREFIX)) {
		err = rota_reply(
			d->rota, link->incident, link->user, link->action == REPLY_ACCEPT, d->turn.wall, &answer);
		*out_reply = rota_verdict_name(answer.verdict);
		return err ? err : dispatcher_rota_effects(d, info);
	}
	if (!err && is_of(link, VISITS_PREFIX)) {
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

enum err api_link(struct dispatcher *d, struct call *call)
{
	struct buf *out = call->out;
	const struct accept_key *key = channels_link_key(d->channels);
	struct accept_link link = {0};
	enum accept_verdict verdict;
	const char *token = "", *reply = "";
	bool confirm = false, given;
	enum err err = request_text(call->args, "token", true, &token, call->info);

	if (!err)
		err = request_bool(call->args, "confirm", false, &confirm, call->info);
	if (!err)
		err = request_done(call->args, call->info);
	if (!err && !key)
		err = errinfo_set(call->info, ERR_STATE, "there are no accept links here; links.base_url is empty");
	if (err)
		return err;
	verdict = accept_link_check(key, token, "", "", d->turn.wall, &link);
	given = verdict == ACCEPT_GOOD && confirm;
	if (given)
		call->fatal = give(d, &link, &verdict, &reply, call->info);
	if (call->fatal)
		return call->fatal;
	log_info("accept_link", "verdict", accept_verdict_name(verdict), "incident", link.incident, "confirmed",
		given ? "yes" : "no");
	json_open(out, '{');
	write_link(d, verdict, &link, out);
	if (given && verdict == ACCEPT_GOOD)
		json_member_text(out, "reply", reply);
	json_close(out, '}');
	return out->failed;
}
