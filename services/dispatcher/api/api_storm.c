/* SPDX-License-Identifier: MIT
 *
 * The desk's questions and decisions about many homes at once (incident_storm.c).
 */
#include <string.h>

#include "base/text.h"
#include "codec/json.h"
#include "dispatcher/api/api.h"

enum err api_storms(struct dispatcher *d, struct call *call)
{
	struct buf *out = call->out;
	struct storm storm = {.homes = 0};
	enum err err = request_done(call->args, call->info);

	json_open(out, '{');
	json_key(out, "items");
	json_open(out, '[');
	for (bool first = true; !err && incident_storm_walk(d->core, &storm); first = false) {
		if (!first)
			buf_byte(out, ',');
		json_open(out, '{');
		json_member_text(out, "community", storm.community);
		json_member_text(out, "kind", alert_kind_name(storm.kind));
		json_member_int(out, "homes", storm.homes);
		json_member_wall(out, "since", storm.since);
		json_member_wall(out, "until", storm.until);
		json_close(out, '}');
	}
	json_close(out, ']');
	json_close(out, '}');
	return err;
}

static enum err read_decision(struct request_args *args, struct storm_decision *out, struct errinfo *info)
{
	const char *kind = "", *action = "";
	int64_t minutes = 0;
	enum err err = api_arg_id(args, "community", true, out->community, info);

	if (!err)
		err = request_text(args, "kind", true, &kind, info);
	if (!err)
		err = request_text(args, "action", true, &action, info);
	if (!err)
		err = request_int(args, "minutes", false, 1, REPLY_MINUTES_MAX, &minutes, info);
	if (!err)
		err = request_done(args, info);
	if (err)
		return err;
	if (alert_kind_find(kind, &out->kind))
		return errinfo_set(info, ERR_INVALID, "kind: is none; silence and rule come from many homes at once");
	out->release = !strcmp(action, "release");
	if ((!out->release && strcmp(action, "hold") != 0) || out->release == (minutes > 0))
		return errinfo_set(info, ERR_INVALID, "action: must be release, or hold with minutes");
	out->minutes = (uint32_t)minutes;
	return ERR_OK;
}

enum err api_storm(struct dispatcher *d, struct call *call)
{
	struct buf *out = call->out;
	struct storm_decision decision = {.minutes = 0};
	struct incident_effects effects;
	unsigned homes = 0;
	enum err err = read_decision(call->args, &decision, call->info);

	if (err)
		return err;
	text_cut(decision.user, sizeof decision.user, call->user);
	call->fatal = api_begin(d, call->info);
	if (!call->fatal)
		call->fatal = incident_storm(d->core, &decision, d->turn.wall, &homes, &effects);
	if (!call->fatal)
		call->fatal = dispatcher_effects(d, &effects, d->turn.wall, call->info);
	json_open(out, '{');
	json_member_int(out, "homes", homes);
	json_close(out, '}');
	return call->fatal ? call->fatal : out->failed;
}
