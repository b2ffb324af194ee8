/* SPDX-License-Identifier: MIT
 *
 * The service's own questions: curtain/api/<user>/dispatcher/<method>. The broker's access list lets only the desk ask,
 * but for own_<method>: a volunteer asks it for themself (caller.h).
 *
 *   incidents {}                                     the open ones: {"items": [incident...]}
 *   reply {incident, action, outcome?, found?, note?, minutes?, to?}
 *                                                    on behalf of the desk: {"verdict": "taken", "incident": {...}}
 *   storms {}                                        many homes at once: [{community, kind, homes, since, until}]
 *   storm {community, kind, action, minutes?}        release, or hold for minutes: {"homes": 12}
 *   answers {household}                              who answers the "1" key: {household, key, oncall}
 *   handsets {state?, after?}                        the ledger: [{household, team, state, number, wanted, set}]
 *   handset {household, number}                      a key was set to a number: its row
 *   roster {team, duties}, give {team, shift, from, user, to}, duties {team?, user?}, cover {team, from, until},
 *   stood {after?, limit?}
 *                                                    the rosters in force (duties.c)
 *   swap, seek, absent, answer, recall, matters, gaps what happens to duties in force (api_rota.c)
 *   calendar {user}                                  that volunteer's duties as RFC 5545 text: {"ics": ...}
 *   visit_...                                        visits, tasks and services (api_visit.c)
 *   channels {}                                      each channel's state and counters: {"items": [...]}
 *   link {token, confirm?}                            what an accept link is worth; with confirm its answer is given
 *   deliveries {incident?}                           what became of pages over channels, the latest first
 */
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "codec/json.h"
#include "codec/request.h"
#include "dispatcher/caller.h"
#include "dispatcher/dispatcher.h"
#include "dispatcher/instant.h"
#include "service/answer.h"

#define DELIVERIES_MAX 200

static enum err list(const struct dispatcher *d, struct request_args *args, struct buf *out, struct errinfo *info)
{
	char id[ID_BYTES] = "";
	struct incident incident;
	enum err err = request_done(args, info);

	json_open(out, '{');
	json_key(out, "items");
	json_open(out, '[');
	for (bool first = true; !err && incident_walk(d->core, id, &incident); first = false) {
		if (!first)
			buf_byte(out, ',');
		err = codec_incident_encode(&incident, out);
	}
	json_close(out, ']');
	json_close(out, '}');
	return err;
}

static enum err list_channels(
	const struct dispatcher *d, struct request_args *args, struct buf *out, struct errinfo *info)
{
	enum err err = request_done(args, info);

	json_open(out, '{');
	json_key(out, "items");
	channels_list(d->channels, out);
	json_close(out, '}');
	return err ? err : out->failed;
}

static enum err list_deliveries(
	const struct dispatcher *d, struct request_args *args, struct buf *out, struct errinfo *info)
{
	const char *incident = "";
	enum err err = request_text(args, "incident", false, &incident, info);

	if (!err)
		err = request_done(args, info);
	if (err)
		return err;
	json_open(out, '{');
	json_key(out, "items");
	err = channels_receipts(d->channels, incident, DELIVERIES_MAX, out, info);
	json_close(out, '}');
	return err;
}

static enum err read_reply(struct request_args *args, struct reply *reply, struct errinfo *info)
{
	const char *incident = "", *action = "", *outcome = "none", *found = "none", *note = "", *to = "", *misfit;
	int64_t minutes = 0;
	enum err err = request_text(args, "incident", true, &incident, info);

	if (!err)
		err = request_text(args, "action", true, &action, info);
	if (!err)
		err = request_text(args, "outcome", false, &outcome, info);
	if (!err)
		err = request_text(args, "found", false, &found, info);
	if (!err)
		err = request_text(args, "note", false, &note, info);
	if (!err)
		err = request_text(args, "to", false, &to, info);
	if (!err)
		err = request_int(args, "minutes", false, 1, REPLY_MINUTES_MAX, &minutes, info);
	if (!err)
		err = request_done(args, info);
	if (err)
		return err;
	if (!text_is_id(incident) || text_copy(reply->incident, sizeof reply->incident, incident))
		return errinfo_set(info, ERR_INVALID, "incident: must be an id");
	if (reply_action_find(action, &reply->action))
		return errinfo_set(info, ERR_INVALID,
			"action: must be accept, decline, arrived, done, on_the_way, hand_over, second, key, note, "
			"reopen, silence, release or merge");
	if (outcome_find(outcome, &reply->outcome) || (reply->action == REPLY_DONE) != (reply->outcome != OUTCOME_NONE))
		return errinfo_set(info, ERR_INVALID,
			"outcome: done needs false_alarm, helped, ambulance or away; others have none");
	if (found_find(found, &reply->found) || !outcome_takes(reply->outcome, reply->found))
		return errinfo_set(info, ERR_INVALID,
			"found: false_alarm takes was_away, slept_in, sensor_fault, visitor, other; helped and "
			"ambulance take fallen, ill, died, other; away takes was_away");
	if ((*note && !text_is_label(note)) || text_copy(reply->note, sizeof reply->note, note))
		return errinfo_set(info, ERR_INVALID, "note: must be a line of at most %d bytes", NOTE_BYTES - 1);
	if (*to && (!text_is_id(to) || text_copy(reply->to, sizeof reply->to, to)))
		return errinfo_set(info, ERR_INVALID, "to: must be an id");
	reply->minutes = (uint32_t)minutes;
	misfit = reply_misfit(reply);
	return misfit ? errinfo_set(info, ERR_INVALID, "%s", misfit) : ERR_OK;
}

/* fatal: a failure of the store or the core, which stops the service; else the caller is told. */
static enum err reply_for_desk(struct dispatcher *d, struct request_args *args, const char *user, struct buf *out,
	struct errinfo *info, enum err *fatal)
{
	struct reply reply = {.at = d->turn.wall};
	struct incident_effects effects;
	struct incident incident;
	enum err err = read_reply(args, &reply, info);

	if (!err && !wall_is_set(d->turn.wall))
		err = errinfo_set(info, ERR_AGAIN, "the replay clock does not stand yet");
	if (err)
		return err;
	text_cut(reply.user, sizeof reply.user, user);
	*fatal = dispatcher_begin(d, info);
	d->eager = true;
	if (!*fatal)
		*fatal = incident_reply(d->core, &reply, true, d->turn.wall, &effects);
	if (!*fatal)
		*fatal = dispatcher_effects(d, &effects, d->turn.wall, info);
	if (*fatal)
		return *fatal;
	if (incident_find(d->core, reply.incident, &incident))
		return errinfo_set(info, ERR_NOT_FOUND, "there is no incident %s", reply.incident);
	json_open(out, '{');
	json_member_text(out, "verdict", incident_verdict_name(effects.verdict));
	json_key(out, "incident");
	err = codec_incident_encode(&incident, out);
	json_close(out, '}');
	return err ? err : out->failed;
}

/* admit judges whether user may ask that; an own_ method goes on as the desk's, with the caller as the person. */
static enum err admit(struct dispatcher *d, const char *user, struct request_args *args, const char **method,
	bool *out_own, struct errinfo *info)
{
	const struct caller_own *own = caller_own_of(*method);
	const char *named = "";
	enum err err = ERR_OK;

	if (own && (own->of_matter || own->members[0]))
		err = request_text(args, own->of_matter ? "matter" : own->members[0], false, &named, info);
	if (!err && own && own->of_matter)
		named = rota_began(d->rota, named);
	if (!err)
		err = caller_may(user, duty_is_volunteer(incident_core_duty(d->core), user), *method, named, info);
	if (err == ERR_DENIED)
		log_warning("request_denied", "user", user, "method", *method);
	for (unsigned i = 0; own && !err && i < CALLER_MEMBERS && own->members[i]; i++)
		err = request_default(args, own->members[i], user, info);
	if (own)
		*method = own->method;
	*out_own = own;
	return err;
}

enum err dispatcher_request(struct dispatcher *d, const struct bus_event *event, struct errinfo *info)
{
	char user[ID_BYTES];
	const char *method;
	struct request_args *args = NULL;
	struct errinfo why = {0};
	struct buf result;
	bool own = false;
	enum err fatal = ERR_OK, err = answer_caller(event, user, &method);

	if (err) {
		log_warning("request_without_answer_topic", "topic", event->topic);
		return ERR_OK;
	}
	buf_init(&result, REQUEST_BYTES_MAX - 4096);
	err = request_open(event->payload, event->length, &args, &why);
	if (!err)
		err = admit(d, user, args, &method, &own, &why);
	if (!err && !strcmp(method, "incidents"))
		err = list(d, args, &result, &why);
	else if (!err && !strcmp(method, "reply"))
		err = reply_for_desk(d, args, user, &result, &why, &fatal);
	else if (!err && !strcmp(method, "channels"))
		err = list_channels(d, args, &result, &why);
	else if (!err && (!strcmp(method, "roster") || !strcmp(method, "give")))
		err = dispatcher_change_duties(d, *method == 'r', args, &result, &why, &fatal);
	else if (!err && !strcmp(method, "cover"))
		err = dispatcher_list_cover(d, args, &result, &why);
	else if (!err && !strcmp(method, "duties"))
		err = dispatcher_list_duties(d, args, &result, &why);
	else if (!err && !strcmp(method, "stood"))
		err = dispatcher_list_stood(d, args, &result, &why);
	else if (!err && dispatcher_is_rota(method))
		err = dispatcher_ask_rota(d, method, args, &result, &why, &fatal);
	else if (!err && !strcmp(method, "calendar"))
		err = dispatcher_calendar(d, args, &result, &why);
	else if (!err && !strcmp(method, "deliveries"))
		err = list_deliveries(d, args, &result, &why);
	else if (!err && !strcmp(method, "link"))
		err = dispatcher_link(d, args, &result, &why, &fatal);
	else if (!err && !strcmp(method, "storms"))
		err = dispatcher_storms(d, args, &result, &why);
	else if (!err && !strcmp(method, "storm"))
		err = dispatcher_decide_storm(d, args, user, &result, &why, &fatal);
	else if (!err && !strcmp(method, "answers"))
		err = dispatcher_answers(d, args, &result, &why);
	else if (!err && !strcmp(method, "handsets"))
		err = dispatcher_handsets(d, args, &result, &why);
	else if (!err && !strcmp(method, "handset"))
		err = dispatcher_set_handset(d, args, user, &result, &why, &fatal);
	else if (!err && !strncmp(method, "visit_", 6))
		err = dispatcher_request_visit(d, method, args, user, own, &result, &why, &fatal);
	else if (!err)
		err = errinfo_set(&why, ERR_NOT_FOUND,
			"dispatcher has no method \"%s\"; it has incidents, reply, storms, storm, answers, handsets, "
			"handset, channels, deliveries, link, roster, give, duties, stood, cover, calendar, swap, "
			"seek, absent, answer, recall, matters, gaps, visit_plan, visit_day, visit_due, visit_show, "
			"visit_explain, visit_request and visit_answer, and for oneself own_swap and others",
			method);
	INSTANT("request-done");
	if (fatal)
		*info = why;
	else
		fatal = answers_keep(&d->answers, event, err, why.text, result.data, result.length);
	buf_fini(&result);
	request_close(args);
	return fatal;
}
