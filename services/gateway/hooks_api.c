/* SPDX-License-Identifier: MIT
 *
 * What may be asked of the gateway on curtain/api/<user>/gateway/<method>; what changes something is committed before
 * it is answered.
 *
 *   webhooks {}                                    {"items": [{name, url, state, waiting, sent, dead, lost ...}]}
 *   webhook_deliveries {subscriber?, sent?, after?, limit?}   {"items": [...]}: what waits, or what was sent lately
 *   webhook_dead {subscriber?, after?, limit?}     {"items": [{number, subscriber, id, type, died, reason ...}]}
 *   webhook_replay {subscriber, number?}           {"replayed": N, "left": N}
 *   webhook_test {subscriber}                      {"event": ID}
 *   webhook_switch {subscriber, on}                {"state": "up"}
 *   bridge {name?}                                 {"items": [{name, due, done, report?}]}
 *   bridge_run {name}                              {"name": NAME}
 */
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "codec/json.h"
#include "gateway/hooks_internal.h"
#include "service/answer.h"

#define REPLAY_MOST 1000

static enum err find(struct hooks *hooks, struct request_args *args, bool required, const char **out_name,
	unsigned *out, struct errinfo *info)
{
	const char *name = "";
	enum err err = request_text(args, "subscriber", required, &name, info);

	*out = hooks->set.subscriber_count;
	*out_name = name;
	if (!err && *name) {
		*out = hooks_subscriber(hooks, name);
		if (*out == hooks->set.subscriber_count)
			return errinfo_set(
				info, ERR_NOT_FOUND, "args.subscriber: there is none of this name in bridge.file");
	}
	return err;
}

static enum err list_subscribers(struct hooks *hooks, struct request_args *args, struct buf *out, struct errinfo *info)
{
	enum err err = request_done(args, info);

	json_open(out, '{');
	json_key(out, "items");
	json_open(out, '[');
	for (unsigned s = 0; s < hooks->set.subscriber_count && !err; s++) {
		const struct hook_target *target = &hooks->set.subscribers[s].target;
		const struct hook_health *health = hook_health(hooks->core, s);
		json_open(out, '{');
		json_member_text(out, "name", target->name);
		json_member_text(out, "url", target->url);
		json_member_text(out, "state", hook_state_name(health->state));
		json_member_wall_if(out, "since", health->since);
		if (health->rest_until.ms > hooks->turn.wall.ms)
			json_member_wall(out, "rest_until", health->rest_until);
		json_member_int(out, "waiting", hook_waiting(hooks->core, s));
		err = hook_store_figures(hooks->kept, target->name, out, info);
		json_close(out, '}');
	}
	json_close(out, ']');
	json_close(out, '}');
	return err;
}

static enum err read_page(struct request_args *args, int64_t *out_after, int64_t *out_limit, struct errinfo *info)
{
	enum err err = request_int(args, "after", false, 0, INT64_MAX, out_after, info);

	if (!err)
		err = request_int(args, "limit", false, 1, HOOK_LIST_MAX, out_limit, info);
	return err ? err : request_done(args, info);
}

static enum err list_deliveries(
	struct hooks *hooks, struct request_args *args, bool dead, struct buf *out, struct errinfo *info)
{
	int64_t after = 0, limit = 50;
	const char *name = "";
	bool sent = false;
	unsigned s;
	enum err err = find(hooks, args, false, &name, &s, info);

	if (!err && !dead)
		err = request_bool(args, "sent", false, &sent, info);
	if (!err)
		err = read_page(args, &after, &limit, info);
	if (err)
		return err;
	json_open(out, '{');
	json_key(out, "items");
	if (dead)
		err = hook_store_list_dead(hooks->kept, name, after, limit, out, info);
	else if (sent)
		err = hook_store_list_sent(hooks->kept, name, limit, out, info);
	else
		err = hook_store_list_waiting(hooks->kept, name, after, limit, out, info);
	json_close(out, '}');
	return err;
}

/* try_now ends a rest: somebody looks on. One that is off stays so. */
static enum err try_now(struct hooks *hooks, unsigned s, struct errinfo *info)
{
	const struct hook_health *health = hook_health(hooks->core, s);

	if (health->state == HOOK_UP || health->state == HOOK_OFF)
		return ERR_OK;
	hook_switch_on(hooks->core, s, hooks->turn.wall);
	return hook_store_health(hooks->kept, hooks->set.subscribers[s].target.name, health, "", info);
}

static enum err replay(struct hooks *hooks, struct request_args *args, struct buf *out, struct errinfo *info)
{
	int64_t number = 0, left = 0;
	const char *name = "";
	unsigned s = 0, count = 0;
	enum err err = find(hooks, args, true, &name, &s, info);

	if (!err)
		err = request_int(args, "number", false, 1, INT64_MAX, &number, info);
	if (!err)
		err = request_done(args, info);
	if (err)
		return err;
	uint32_t waiting = hook_waiting(hooks->core, s), most = hooks->set.subscribers[s].rule.waiting_max;
	unsigned room = waiting < most ? most - waiting : 0;
	if (!room)
		return errinfo_set(
			info, ERR_AGAIN, "%s: its queue is full; replay when it has worked some of it off", name);
	err = hooks_begin(hooks, info);
	if (!err)
		err = hook_store_replay(hooks->kept, name, (uint64_t)number, room < REPLAY_MOST ? room : REPLAY_MOST,
			hooks->turn.wall, hooks_take, hooks, &count, &left, info);
	if (!err)
		err = try_now(hooks, s, info);
	if (!err && number && !count)
		return errinfo_set(info, ERR_NOT_FOUND, "args.number: %s has no dead letter of this number", name);
	json_open(out, '{');
	json_member_int(out, "replayed", count);
	json_member_int(out, "left", left);
	json_close(out, '}');
	return err;
}

static enum err test(struct hooks *hooks, struct request_args *args, struct buf *out, struct errinfo *info)
{
	struct hook_event event;
	const char *name = "";
	unsigned s = 0;
	enum err err = find(hooks, args, true, &name, &s, info);

	if (!err)
		err = request_done(args, info);
	if (err)
		return err;
	hook_event_init(&event);
	err = hook_event_test(hooks->settings->common.instance, (uint64_t)hooks->turn.wall.ms + ++hooks->trials,
		hooks->turn.wall, &event);
	if (!err)
		err = hooks_offer(hooks, &event, (int)s, info);
	if (!err)
		err = try_now(hooks, s, info);
	json_open(out, '{');
	json_member_text(out, "event", event.id);
	json_close(out, '}');
	hook_event_fini(&event);
	return err;
}

static enum err switch_one(struct hooks *hooks, struct request_args *args, struct buf *out, struct errinfo *info)
{
	const char *name = "";
	bool on = true;
	unsigned s = 0;
	enum err err = find(hooks, args, true, &name, &s, info);

	if (!err)
		err = request_bool(args, "on", true, &on, info);
	if (!err)
		err = request_done(args, info);
	if (!err)
		err = hooks_begin(hooks, info);
	if (err)
		return err;
	if (on)
		hook_switch_on(hooks->core, s, hooks->turn.wall);
	else
		hook_switch_off(hooks->core, s, hooks->turn.wall);
	err = hook_store_health(hooks->kept, name, hook_health(hooks->core, s), on ? "" : "switched off", info);
	json_open(out, '{');
	json_member_text(out, "state", hook_state_name(hook_health(hooks->core, s)->state));
	json_close(out, '}');
	log_info("subscriber_switched", "subscriber", name, "state", on ? "on" : "off");
	return err;
}

static enum err jobs(struct hooks *hooks, struct request_args *args, struct buf *out, struct errinfo *info)
{
	const char *name = "";
	enum err err = request_text(args, "name", false, &name, info);

	if (!err)
		err = request_done(args, info);
	if (err)
		return err;
	json_open(out, '{');
	json_key(out, "items");
	err = hook_store_list_jobs(hooks->kept, name, *name != '\0', out, info);
	json_close(out, '}');
	return err;
}

static enum err run_job(struct hooks *hooks, struct request_args *args, struct buf *out, struct errinfo *info)
{
	const char *name = "";
	enum err err = request_text(args, "name", true, &name, info);

	if (!err)
		err = request_done(args, info);
	for (unsigned i = 0; i < hooks->job_count && !err; i++) {
		struct bridge_job *job = &hooks->jobs[i];
		if (strcmp(job->name, name) != 0)
			continue;
		/* The figures of the day that is over, once more: the same event. */
		if (!job->pull && job->kept.due.ms > hooks->turn.wall.ms)
			job->kept.due = hook_hour_next(job->hour, wall_plus(hooks->turn.wall, -MS_PER_DAY));
		job->run_now = job->state == BRIDGE_RESTS;
		job->not_before = (struct mono){0};
		json_open(out, '{');
		json_member_text(out, "name", name);
		json_close(out, '}');
		return ERR_OK;
	}
	return err ? err : errinfo_set(info, ERR_NOT_FOUND, "args.name: there is no such job; bridge lists them");
}

static enum err answer_method(
	struct hooks *hooks, const char *method, struct request_args *args, struct buf *out, struct errinfo *info)
{
	if (hooks->mends.us)
		return errinfo_set(
			info, ERR_AGAIN, "the gateway's store does not work at the moment; its log says why");
	if (!strcmp(method, "webhooks"))
		return list_subscribers(hooks, args, out, info);
	if (!strcmp(method, "webhook_deliveries") || !strcmp(method, "webhook_dead"))
		return list_deliveries(hooks, args, !strcmp(method, "webhook_dead"), out, info);
	if (!strcmp(method, "webhook_replay"))
		return replay(hooks, args, out, info);
	if (!strcmp(method, "webhook_test"))
		return test(hooks, args, out, info);
	if (!strcmp(method, "webhook_switch"))
		return switch_one(hooks, args, out, info);
	if (!strcmp(method, "bridge"))
		return jobs(hooks, args, out, info);
	if (!strcmp(method, "bridge_run"))
		return run_job(hooks, args, out, info);
	return errinfo_set(info, ERR_NOT_FOUND,
		"gateway has no method \"%s\"; it has webhooks, webhook_deliveries, webhook_dead, webhook_replay, "
		"webhook_test, webhook_switch, bridge and bridge_run",
		method);
}

void hooks_answer(struct hooks *hooks, const struct bus_event *event)
{
	struct request_args *args = NULL;
	struct errinfo why = {0};
	struct buf result;
	const char *method = NULL;
	char user[ID_BYTES];
	enum err err = answer_caller(event, user, &method);

	if (err) {
		log_warning("request_without_answer_topic", "topic", event->topic);
		return;
	}
	buf_init(&result, REQUEST_BYTES_MAX - 4096);
	err = request_open(event->payload, event->length, &args, &why);
	if (!err)
		err = answer_method(hooks, method, args, &result, &why);
	if (!err && result.failed)
		err = errinfo_set(&why, ERR_RANGE, "the answer is too large; ask for fewer (limit)");
	if (!err)
		err = hooks_commit(hooks, &why);
	if (err == ERR_FULL || err == ERR_IO || err == ERR_CORRUPT || err == ERR_NOMEM)
		hooks_fail(hooks, "request", &why);
	if (answer_send(service_bus(hooks->service), event, err, why.text, result.data, result.length))
		log_warning("answer_not_sent", "topic", event->response_topic);
	buf_fini(&result);
	request_close(args);
}
