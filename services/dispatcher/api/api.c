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
#include "dispatcher/api/api.h"
#include "dispatcher/api/caller.h"
#include "dispatcher/instant.h"
#include "service/answer.h"

#define DELIVERIES_MAX 200

enum err api_incidents(struct dispatcher *d, struct call *call)
{
	struct buf *out = call->out;
	char id[ID_BYTES] = "";
	struct incident incident;
	enum err err = request_done(call->args, call->info);

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

enum err api_channels(struct dispatcher *d, struct call *call)
{
	struct buf *out = call->out;
	enum err err = request_done(call->args, call->info);

	json_open(out, '{');
	json_key(out, "items");
	channels_list(d->channels, out);
	json_close(out, '}');
	return err ? err : out->failed;
}

enum err api_deliveries(struct dispatcher *d, struct call *call)
{
	struct buf *out = call->out;
	const char *incident = "";
	enum err err = request_text(call->args, "incident", false, &incident, call->info);

	if (!err)
		err = request_done(call->args, call->info);
	if (err)
		return err;
	json_open(out, '{');
	json_key(out, "items");
	err = channels_receipts(d->channels, incident, DELIVERIES_MAX, out, call->info);
	json_close(out, '}');
	return err;
}

static enum err read_reply(struct request_args *args, struct reply *reply, struct errinfo *info)
{
	const char *action = "", *outcome = "none", *found = "none", *note = "", *misfit;
	int64_t minutes = 0;
	enum err err = api_arg_id(args, "incident", true, reply->incident, info);

	if (!err)
		err = request_text(args, "action", true, &action, info);
	if (!err)
		err = request_text(args, "outcome", false, &outcome, info);
	if (!err)
		err = request_text(args, "found", false, &found, info);
	if (!err)
		err = request_text(args, "note", false, &note, info);
	if (!err)
		err = api_arg_id(args, "to", false, reply->to, info);
	if (!err)
		err = request_int(args, "minutes", false, 1, REPLY_MINUTES_MAX, &minutes, info);
	if (!err)
		err = request_done(args, info);
	if (err)
		return err;
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
	reply->minutes = (uint32_t)minutes;
	misfit = reply_misfit(reply);
	return misfit ? errinfo_set(info, ERR_INVALID, "%s", misfit) : ERR_OK;
}

enum err api_reply(struct dispatcher *d, struct call *call)
{
	struct buf *out = call->out;
	struct reply reply = {.at = d->turn.wall};
	struct incident_effects effects;
	struct incident incident;
	enum err err = read_reply(call->args, &reply, call->info);

	if (err)
		return err;
	text_cut(reply.user, sizeof reply.user, call->user);
	call->fatal = api_begin(d, call->info);
	if (!call->fatal)
		call->fatal = incident_reply(d->core, &reply, true, d->turn.wall, &effects);
	if (!call->fatal)
		call->fatal = dispatcher_effects(d, &effects, d->turn.wall, call->info);
	if (call->fatal)
		return call->fatal;
	if (incident_find(d->core, reply.incident, &incident))
		return errinfo_set(call->info, ERR_NOT_FOUND, "there is no incident %s", reply.incident);
	json_open(out, '{');
	json_member_text(out, "verdict", incident_verdict_name(effects.verdict));
	json_key(out, "incident");
	err = codec_incident_encode(&incident, out);
	json_close(out, '}');
	return err ? err : out->failed;
}

/* ---- from the broker to a method ---- */

enum err api_arg_id(
	struct request_args *args, const char *name, bool required, char out[ID_BYTES], struct errinfo *info)
{
	const char *text = "";
	enum err err = request_text(args, name, required, &text, info);

	if (!err && (*text || required) && (!text_is_id(text) || text_copy(out, ID_BYTES, text)))
		err = errinfo_set(info, ERR_INVALID, "%s: must be an id", name);
	return err;
}

enum err api_arg_time(
	struct request_args *args, const char *name, bool required, struct wall *out, struct errinfo *info)
{
	const char *text = "";
	enum err err = request_text(args, name, required, &text, info);

	if (!err && (*text || required) && (wall_parse(text, strlen(text), out) || out->ms < 0))
		err = errinfo_set(info, ERR_INVALID, "%s: no time like 2026-12-07T07:00:00+08:00", name);
	return err;
}

enum err api_begin(struct dispatcher *d, struct errinfo *info)
{
	enum err err = dispatcher_begin(d, info);

	d->eager = true;
	return err;
}

/* admit judges whether the caller may ask that; an own_ method goes on as the desk's, with the caller as the person. */
static enum err admit(struct dispatcher *d, const char **method, struct call *call)
{
	const struct caller_own *own = caller_own_of(*method);
	bool of_matter = own && own->who == CALLER_OWN_MATTER;
	const char *named = "";
	enum err err = ERR_OK;

	if (of_matter || (own && own->members[0]))
		err = request_text(call->args, of_matter ? "matter" : own->members[0], false, &named, call->info);
	if (!err && of_matter)
		named = rota_began(d->rota, named);
	if (!err)
		err = caller_may(call->user, duty_is_volunteer(incident_core_duty(d->core), call->user), *method, named,
			call->info);
	if (err == ERR_DENIED)
		log_warning("request_denied", "user", call->user, "method", *method);
	for (unsigned i = 0; own && !err && i < CALLER_MEMBERS && own->members[i]; i++)
		err = request_default(call->args, own->members[i], call->user, call->info);
	if (own)
		*method = own->method;
	call->own = own;
	return err;
}

#define NAMED(name, ...) ", " #name
static const char names[] = DISPATCHER_METHODS(NAMED);

enum method_time { ANYTIME, TIMED };

static const struct method {
	const char *name;
	enum method_time time;
	enum err (*answer)(struct dispatcher *d, struct call *call);
} methods[] = {
#define METHOD(name, time, who, ...) {#name, time, api_##name},
	DISPATCHER_METHODS(METHOD)
#undef METHOD
};

static enum err answer(struct dispatcher *d, const char *name, struct call *call)
{
	const struct method *method = NULL;

	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (!strcmp(methods[i].name, name))
			method = &methods[i];
	if (!method)
		return errinfo_set(
			call->info, ERR_NOT_FOUND, "no method \"%.40s\"; dispatcher has %s", name, names + 2);
	if (method->time == TIMED && !wall_is_set(d->turn.wall))
		return errinfo_set(call->info, ERR_AGAIN, "the replay clock does not stand yet");
	return method->answer(d, call);
}

enum err dispatcher_request(struct dispatcher *d, const struct bus_event *event, struct errinfo *info)
{
	char user[ID_BYTES];
	const char *method;
	struct errinfo why = {0};
	struct buf result;
	struct call call = {.user = user, .out = &result, .info = &why};
	enum err err = answer_caller(event, user, &method);

	if (err) {
		log_warning("request_without_answer_topic", "topic", event->topic);
		return ERR_OK;
	}
	buf_init(&result, REQUEST_BYTES_MAX - 4096);
	err = request_open(event->payload, event->length, &call.args, &why);
	if (!err)
		err = admit(d, &method, &call);
	if (!err)
		err = answer(d, method, &call);
	INSTANT("request-done");
	if (call.fatal)
		*info = why;
	else
		call.fatal = answers_keep(&d->answers, event, err, why.text, result.data, result.length);
	buf_fini(&result);
	request_close(call.args);
	return call.fatal;
}
