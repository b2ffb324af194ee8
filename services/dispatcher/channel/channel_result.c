/* SPDX-License-Identifier: MIT
 *
 * What a call's result means for its deliveries and for its channel's health.
 */
#include <assert.h>

#include "base/text.h"
#include "dispatcher/channel/channel_internal.h"

/* fail_one counts an attempt: again later, on to the next channel, or the end. */
static void fail_one(struct channel_core *core, struct delivery *delivery, bool final, const char *cause,
	struct wall now, struct channel_effects *out)
{
	struct channel_progress *progress = &delivery->progress;
	const struct channel_rule *rule = &core->config.rules[delivery_channel(delivery)];

	delivery->dirty = true;
	if (progress->withdrawn) {
		channel_over(core, delivery, CHANNEL_CANCELLED, "withdrawn", out);
		return;
	}
	progress->attempts++;
	if (!final && progress->attempts < rule->retry_count) {
		progress->due = wall_plus(progress->first, rule->retry_ms[progress->attempts]);
		return;
	}
	if (!channel_move(core, delivery, now))
		channel_over(core, delivery, CHANNEL_GIVEN_UP, cause, out);
}

static void take_one(struct channel_core *core, struct delivery *delivery, enum channel_result result,
	const char *receipt, struct wall now, struct channel_effects *out)
{
	delivery->calling = false;
	switch (result) {
	case CHANNEL_OK:
		channel_over(core, delivery, CHANNEL_SENT, receipt, out);
		break;
	case CHANNEL_TOO_MUCH: /* no attempt of its own; tick decides whether it waits or goes elsewhere */
		delivery->progress.due = now;
		if (delivery->progress.withdrawn)
			channel_over(core, delivery, CHANNEL_CANCELLED, "withdrawn", out);
		break;
	case CHANNEL_FAILED:
	case CHANNEL_REFUSED:
		fail_one(core, delivery, result == CHANNEL_REFUSED, receipt, now, out);
		break;
	}
}

static void judge_channel(struct channel_core *core, unsigned c, enum channel_result result, const char *cause,
	struct wall now, struct channel_effects *out)
{
	struct channel_health *health = &core->channels[c].health;

	if (result == CHANNEL_OK) {
		health->failures = 0;
		health->cause[0] = '\0';
		health->blocked_until = WALL_NONE;
		channel_turn(core, c, CHANNEL_UP, now, out);
		return;
	}
	text_cut(health->cause, sizeof health->cause, cause);
	if (result == CHANNEL_TOO_MUCH) {
		health->throttled++;
		health->blocked_until = wall_plus(now, core->config.rules[c].rest_ms);
		core->channels[c].dirty = true;
		channel_turn(core, c, CHANNEL_THROTTLED, now, out);
		return;
	}
	health->failed++;
	health->failures++;
	if (health->failures >= CHANNEL_DOWN_AFTER)
		channel_turn(core, c, CHANNEL_DOWN, now, out);
}

void channel_result(struct channel_core *core, uint32_t number, enum channel_result result, const char *receipt,
	struct wall now, struct channel_effects *out)
{
	struct call *call = &core->calls[number];
	struct channel *channel;

	assert(number < CHANNEL_CALLS_MAX && call->count > 0);
	channel = &core->channels[call->channel];
	out->count = 0;
	channel_see(core, now);
	channel->health.running--;
	channel->running_other -= !call->life;
	judge_channel(core, call->channel, result, receipt, now, out);
	for (unsigned i = 0; i < call->count; i++) {
		struct delivery *delivery = channel_delivery(core, call->deliveries[i]);
		if (delivery)
			take_one(core, delivery, result, receipt, now, out);
	}
	call->count = 0;
	core->due = now;
}
