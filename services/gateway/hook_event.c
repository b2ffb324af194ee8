/* SPDX-License-Identifier: MIT */
#include "gateway/hook_event.h"

#include <stdio.h>

#include "base/text.h"
#include "codec/json.h"

void hook_event_init(struct hook_event *event)
{
	*event = (struct hook_event){.level = ALERT_LEVEL_COUNT};
	buf_init(&event->body, HOOK_EVENT_BYTES_MAX);
}

void hook_event_fini(struct hook_event *event)
{
	buf_fini(&event->body);
}

/* begin writes the attributes; the caller goes on with the members of data and ends with finish. */
static struct buf *begin(struct hook_event *event, const char *source, const char *subject)
{
	struct buf *body = &event->body;
	char text[ID_BYTES + 16];

	buf_reset(body);
	json_open(body, '{');
	json_member_text(body, "specversion", "1.0");
	json_member_text(body, "id", event->id);
	snprintf(text, sizeof text, "/curtain/%s", source);
	json_member_text(body, "source", text);
	json_member_text(body, "type", event->type);
	json_member_text_if(body, "subject", subject);
	json_member_wall(body, "time", event->at);
	json_member_text(body, "datacontenttype", "application/json");
	json_key(body, "data");
	return body;
}

static enum err finish(struct hook_event *event)
{
	json_close(&event->body, '}');
	return event->body.failed;
}

enum err hook_event_incident(const struct incident *i, const char *producer, struct hook_event *out)
{
	struct buf *body;

	snprintf(out->id, sizeof out->id, "%s.%u", i->id, i->revision);
	snprintf(out->type, sizeof out->type, "incident.%s", incident_event_name(i->event));
	text_cut(out->key, sizeof out->key, i->household);
	text_cut(out->community, sizeof out->community, i->community);
	out->level = i->level;
	out->at = i->at;
	body = begin(out, producer, i->id);
	json_open(body, '{');
	json_member_text(body, "incident", i->id);
	json_member_int(body, "revision", i->revision);
	json_member_text(body, "household", i->household);
	json_member_text_if(body, "community", i->community);
	json_member_text_if(body, "team", i->team);
	json_member_text(body, "state", incident_state_name(i->state));
	json_member_text(body, "event", incident_event_name(i->event));
	json_member_text(body, "kind", alert_kind_name(i->kind));
	json_member_text(body, "level", alert_level_name(i->level));
	json_member_wall(body, "opened", i->opened);
	json_member_wall(body, "at", i->at);
	json_member_text_if(body, "responder", i->responder);
	json_member_text(body, "outcome", outcome_name(i->outcome));
	json_member_text(body, "found", found_name(i->found));
	json_member_wall_if(body, "expected", i->expected);
	json_member_wall_if(body, "until", i->until);
	json_member_text_if(body, "into", i->into);
	json_close(body, '}');
	return finish(out);
}

enum err hook_event_errand(const struct errand *e, const char *producer, struct hook_event *out)
{
	struct buf *body;

	snprintf(out->id, sizeof out->id, "%s.%u", e->id, e->revision);
	snprintf(out->type, sizeof out->type, "%s.%s", errand_kind_name(e->kind), errand_event_name(e->event));
	text_cut(out->key, sizeof out->key, e->household);
	text_cut(out->community, sizeof out->community, e->community);
	out->level = ALERT_LEVEL_COUNT;
	out->at = e->at;
	body = begin(out, producer, e->id);
	json_open(body, '{');
	json_member_text(body, "errand", e->id);
	json_member_int(body, "revision", e->revision);
	json_member_text(body, "household", e->household);
	json_member_text_if(body, "community", e->community);
	json_member_text_if(body, "team", e->team);
	json_member_text(body, "kind", errand_kind_name(e->kind));
	json_member_text(body, "state", errand_state_name(e->state));
	json_member_text(body, "event", errand_event_name(e->event));
	if (e->kind != ERRAND_TASK)
		json_member_text_if(body, "what", e->what);
	json_member_text_if(body, "assignee", e->assignee);
	json_member_text_if(body, "provider", e->provider);
	json_member_text_if(body, "origin", e->origin);
	json_member_wall(body, "opened", e->opened);
	json_member_wall(body, "at", e->at);
	json_member_wall_if(body, "from", e->from);
	json_member_wall_if(body, "until", e->until);
	json_member_int(body, "climb", e->climb);
	json_close(body, '}');
	return finish(out);
}

enum err hook_event_outage(const struct outage *o, bool over, struct wall at, struct hook_event *out)
{
	const char *state = over ? "over" : outage_state_name(o->state);
	struct buf *body;

	snprintf(out->id, sizeof out->id, "%s.%s.%lld.%s", o->instance, o->channel, (long long)o->since.ms, state);
	snprintf(out->type, sizeof out->type, "outage.%s", state);
	text_cut(out->key, sizeof out->key, o->channel); /* its end must not come before its beginning */
	out->at = over ? at : o->since;
	body = begin(out, o->instance, o->channel);
	json_open(body, '{');
	json_member_text(body, "channel", o->channel);
	json_member_text(body, "state", state);
	json_member_wall(body, "since", o->since);
	json_close(body, '}');
	return finish(out);
}

enum err hook_event_statistics(
	const char *instance, const char *day, const char *figures, struct wall at, struct hook_event *out)
{
	struct buf *body;

	snprintf(out->id, sizeof out->id, "%s.statistics.%s", instance, day);
	snprintf(out->type, sizeof out->type, "statistics.daily");
	out->at = at;
	body = begin(out, instance, day);
	json_open(body, '{');
	json_member_text(body, "day", day);
	json_key(body, "figures");
	buf_text(body, figures);
	json_close(body, '}');
	return finish(out);
}

enum err hook_event_test(const char *instance, uint64_t number, struct wall at, struct hook_event *out)
{
	struct buf *body;

	snprintf(out->id, sizeof out->id, "%s.test.%llu", instance, (unsigned long long)number);
	snprintf(out->type, sizeof out->type, "webhook.test");
	out->at = at;
	body = begin(out, instance, "");
	json_open(body, '{');
	json_member_bool(body, "test", true);
	json_close(body, '}');
	return finish(out);
}
