/* SPDX-License-Identifier: MIT
 *
 * From events to deliveries, from deliveries to calls, and what became of them.
 */
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "gateway/hooks_internal.h"
#include "service/carrier.h"

/* ---- events ---- */

/* queue notes an event for one subscriber. Where its queue is full the event becomes a dead letter at once, which a
 * replay brings back; where there is no room either, it is counted. */
static enum err queue(struct hooks *hooks, unsigned s, const struct hook_event *event, struct errinfo *info)
{
	const struct hook_subscriber *subscriber = &hooks->set.subscribers[s];
	const char *name = subscriber->target.name;
	struct hook_item item = {.subscriber = s,
		.key = hook_store_key(event->key),
		.queued = hooks->turn.wall,
		.due = hooks->turn.wall};
	bool kept = false;
	enum err err;

	if (hook_waiting(hooks->core, s) >= subscriber->rule.waiting_max) {
		err = hook_store_bury(hooks->kept, name, event, "its queue was full", hooks->turn.wall, &kept, info);
		hooks->dead += !err && kept;
		hooks->lost += !err && !kept;
		if (!err)
			log_warning(kept ? "webhook_dead" : "webhook_lost", "subscriber", name, "event", event->id,
				"cause", "its queue is full");
		return err;
	}
	err = hook_store_add(hooks->kept, name, event, hooks->turn.wall, &item.number, info);
	return err ? err : hook_add(hooks->core, &item);
}

enum err hooks_offer(struct hooks *hooks, const struct hook_event *event, int only, struct errinfo *info)
{
	enum err err = hooks_begin(hooks, info);

	for (unsigned s = 0; s < hooks->set.subscriber_count && !err; s++) {
		bool wanted =
			only < 0 ? hook_wants(&hooks->set.subscribers[s], event->type, event->community, event->level)
				 : (unsigned)only == s;
		if (wanted)
			err = queue(hooks, s, event, info);
	}
	return err ? errinfo_set(info, err, "event %s: %s", event->id, err_name(err)) : ERR_OK;
}

/* next_event makes the event of the next item of a batch. ERR_NOT_FOUND: there is none; ERR_INVALID: it is passed over.
 */
static enum err next_event(
	unsigned lane, struct codec_batch *batch, const char *producer, struct hook_event *out, struct errinfo *fault)
{
	static struct incident incident;
	static struct errand errand;
	enum err err = lane ? codec_batch_next_errand(batch, &errand, fault)
			    : codec_batch_next_incident(batch, &incident, fault);

	if (err)
		return err;
	return lane ? hook_event_errand(&errand, producer, out) : hook_event_incident(&incident, producer, out);
}

static enum err take_items(
	struct hooks *hooks, unsigned lane, struct codec_batch *batch, const char *producer, struct errinfo *info)
{
	struct hook_event event;
	enum err err = ERR_OK, item;

	hook_event_init(&event);
	while (!err) {
		struct errinfo fault = {0};
		item = next_event(lane, batch, producer, &event, &fault);
		if (item == ERR_NOT_FOUND)
			break;
		if (item) {
			hooks->bad_items++;
			log_error("item_passed_over", "cause", *fault.text ? fault.text : err_name(item));
			continue;
		}
		hooks->events++;
		err = hooks_offer(hooks, &event, -1, info);
	}
	hook_event_fini(&event);
	return err;
}

/* note_gap says that a lane gives us gaps alone: the dispatcher does not know us as a consumer. */
static void note_gap(struct hooks *hooks, unsigned lane)
{
	if (inbox_stats(hooks->lanes[lane]).applied || ++hooks->gaps[lane] != 20)
		return;
	log_warning("lane_has_gaps", "lane", lane ? "visit" : "incident", "fix",
		"name gateway among the consumers of this lane in dispatcher.yaml (docs/webhooks.md)");
}

enum err hooks_take_batch(struct hooks *hooks, const struct bus_event *event, struct errinfo *info)
{
	struct codec_batch *batch = NULL;
	struct lane_batch head;
	struct errinfo fault = {0};
	unsigned lane = 0;
	enum err err = ERR_NOT_FOUND;

	while (lane < hooks->lane_count &&
		(err = carrier_open_batch(hooks->lanes[lane], event, &batch, &head, &fault)) == ERR_NOT_FOUND)
		lane++;
	if (err) {
		hooks->forged++;
		log_warning("batch_refused", "cause", *fault.text ? fault.text : event->topic);
		return ERR_OK;
	}
	switch (inbox_offer(hooks->lanes[lane], &head, hooks->turn.mono)) {
	case INBOX_APPLY:
		err = hooks_begin(hooks, info);
		if (!err)
			err = take_items(hooks, lane, batch, head.producer, info);
		if (!err)
			err = inbox_applied(hooks->lanes[lane], &head, info);
		break;
	case INBOX_GAP:
		note_gap(hooks, lane);
		break;
	default:
		break;
	}
	codec_batch_close(batch);
	return err;
}

enum err hooks_take_outage(struct hooks *hooks, const struct bus_event *event, struct errinfo *info)
{
	const char *body = event->length ? event->payload : NULL;
	struct hook_event told;
	struct outage outage;
	struct errinfo fault = {0};
	struct buf before;
	bool changed = false;
	enum err err;

	if (body && codec_outage_decode(body, event->length, &outage, &fault)) {
		hooks->bad_items++;
		log_warning("outage_not_understood", "topic", event->topic, "cause", fault.text);
		return ERR_OK;
	}
	hook_event_init(&told);
	buf_init(&before, CODEC_MESSAGE_BYTES_MAX);
	err = hooks_begin(hooks, info);
	if (!err)
		err = hook_store_outage(hooks->kept, event->topic, body, event->length, &changed, &before, info);
	/* What was remembered was decoded before it was stored. */
	if (!err && changed && !body)
		err = codec_outage_decode(before.data, before.length, &outage, info);
	if (!err && changed)
		err = hook_event_outage(&outage, !body, hooks->turn.wall, &told);
	if (!err && changed) {
		hooks->events++;
		err = hooks_offer(hooks, &told, -1, info);
	}
	buf_fini(&before);
	hook_event_fini(&told);
	return err;
}

/* ---- effects ---- */

/* failed_early gives the core the result of a call that could not be made. */
static enum err failed_early(
	struct hooks *hooks, uint32_t call, enum hook_result result, const char *reason, struct errinfo *info)
{
	struct hook_effects effects;

	hook_result(hooks->core, call, result, 0, hooks->turn.wall, &effects);
	return hooks_effects(hooks, &effects, reason, info);
}

static enum err call(struct hooks *hooks, const struct hook_effect *effect, struct errinfo *info)
{
	const struct hook_target *target = &hooks->set.subscribers[effect->item.subscriber].target;
	char id[HOOK_EVENT_ID_BYTES], type[HOOK_EVENT_TYPE_BYTES];
	struct hook_request request = {0};
	struct errinfo why = {0};
	struct buf body;
	enum err err, made;

	buf_init(&body, HOOK_EVENT_BYTES_MAX);
	err = hook_store_read(hooks->kept, effect->item.number, id, type, &body, info);
	if (err) {
		buf_fini(&body);
		return err;
	}
	made = hook_render(hooks->set.program, target,
		&(struct hook_call){.id = id,
			.type = type,
			.event = body.data,
			.event_length = body.length,
			.now = hooks->turn.wall},
		&request, &why);
	if (!made)
		made = web_client_start(hooks->client, effect->call,
			&(struct web_request){.method = target->method,
				.url = request.url.data,
				.headers = request.headers.data ? request.headers.data : "",
				.body = request.body.data ? request.body.data : "",
				.length = request.body.length,
				.timeout_ms = target->timeout_ms,
				.answer_bytes_max = 16384});
	/* A program that fails on this event would fail again. */
	if (made)
		err = failed_early(hooks, effect->call, made == ERR_INVALID ? HOOK_REFUSED : HOOK_FAILED,
			*why.text ? why.text : err_name(made), info);
	hook_request_fini(&request);
	buf_fini(&body);
	return err;
}

static enum err dead(struct hooks *hooks, const struct hook_effect *effect, const char *reason, struct errinfo *info)
{
	const char *name = hooks->set.subscribers[effect->item.subscriber].target.name;
	bool kept = false;
	enum err err = hook_store_dead(
		hooks->kept, effect->item.number, effect->item.attempts, reason, hooks->turn.wall, &kept, info);

	hooks->dead += !err && kept;
	hooks->lost += !err && !kept;
	if (!err)
		log_warning(kept ? "webhook_dead" : "webhook_lost", "subscriber", name, "delivery",
			log_number((long long)effect->item.number), "cause", reason);
	return err;
}

static enum err turned(struct hooks *hooks, unsigned s, struct errinfo *info)
{
	const struct hook_health *health = hook_health(hooks->core, s);
	const char *name = hooks->set.subscribers[s].target.name;

	if (health->state == HOOK_OFF)
		log_warning("subscriber_off", "subscriber", name, "cause", hooks->reasons[s], "fix",
			"curtain webhook on NAME, once it wants events again");
	else if (health->state == HOOK_UP)
		log_info("subscriber_up", "subscriber", name);
	else
		log_warning(health->state == HOOK_DOWN ? "subscriber_down" : "subscriber_rests", "subscriber", name,
			"cause", hooks->reasons[s]);
	return hook_store_health(hooks->kept, name, health, health->state == HOOK_UP ? "" : hooks->reasons[s], info);
}

enum err hooks_effects(
	struct hooks *hooks, const struct hook_effects *effects, const char *reason, struct errinfo *info)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; i < effects->count && !err; i++) {
		const struct hook_effect *effect = &effects->items[i];
		if (effect->kind == HOOK_CALL) {
			err = call(hooks, effect, info);
			continue;
		}
		err = hooks_begin(hooks, info);
		if (err)
			break;
		switch (effect->kind) {
		case HOOK_SENT:
			hooks->sent++;
			err = hook_store_sent(hooks->kept, effect->item.number, hooks->turn.wall, info);
			break;
		case HOOK_AGAIN:
			hooks->failed++;
			err = hook_store_again(hooks->kept, effect->item.number, effect->item.attempts,
				effect->item.due, reason, info);
			break;
		case HOOK_DEAD:
			err = dead(hooks, effect, reason, info);
			break;
		default:
			err = turned(hooks, effect->item.subscriber, info);
		}
	}
	return err;
}

/* ---- calls that are over ---- */

static enum err take_answer(struct hooks *hooks, const struct web_answer *answer, struct errinfo *info)
{
	struct hook_effects effects;
	char reason[HOOK_REASON_BYTES];
	unsigned s = hook_call_subscriber(hooks->core, answer->call);
	enum hook_result result = hook_judge(hooks->set.program, &hooks->set.subscribers[s].target, answer->status,
		answer->body, answer->length, answer->text, reason);

	text_cut(hooks->reasons[s], sizeof hooks->reasons[s], reason);
	hook_result(hooks->core, answer->call, result, answer->wait_ms, hooks->turn.wall, &effects);
	return hooks_effects(hooks, &effects, reason, info);
}

enum err hooks_run(struct hooks *hooks, struct errinfo *info)
{
	struct web_answer answer;
	enum err err = ERR_OK;

	web_client_run(hooks->client, hooks->turn.mono);
	while (!err && web_client_next(hooks->client, &answer))
		err = answer.call & HOOKS_CALL_PULL ? bridge_page(hooks, &answer, info)
						    : take_answer(hooks, &answer, info);
	return err;
}
