/* SPDX-License-Identifier: MIT
 *
 * What leaves now. For each channel: those of its deliveries that are due, the most urgent first. One that would have
 * to wait for longer than its patience is put behind the rest of its route, if the next channel is open; the others are
 * called as long as the rate, the quiet hours, the health and the calls at a time allow.
 */
#include <assert.h>
#include <string.h>

#include "dispatcher/channel/channel_internal.h"

#define PATIENCE_LIFE_MS (5 * MS_PER_SECOND)
#define WAITED_MS 1000 /* what has waited for so long leaves with the others that have */
#define PATIENCE_MS (60 * MS_PER_SECOND)

static struct wall later(struct wall a, struct wall b)
{
	return a.ms > b.ms ? a : b;
}

static struct wall earlier(struct wall a, struct wall b)
{
	return a.ms < b.ms ? a : b;
}

/* ---- when a channel is open ---- */

static bool inside(const struct channel_quiet *quiet, int32_t minute)
{
	if (quiet->from_min <= quiet->until_min)
		return minute >= quiet->from_min && minute < quiet->until_min;
	return minute >= quiet->from_min || minute < quiet->until_min;
}

struct wall channel_after_quiet(
	const struct zone *zone, const struct channel_quiet *windows, unsigned count, struct wall at)
{
	for (unsigned i = 0; i < count * 2; i++) {
		const struct channel_quiet *quiet = &windows[i % count];
		struct civil local = zone_to_civil(zone, at);
		int32_t minute = local.hour * 60 + local.minute;
		if (!inside(quiet, minute))
			continue;
		local.day += quiet->until_min <= minute;
		local.hour = quiet->until_min / 60;
		local.minute = quiet->until_min % 60;
		local.second = local.millisecond = 0;
		at = zone_from_civil(zone, local);
	}
	return at;
}

static void forget_old(struct channel_health *health, int64_t since_ms)
{
	unsigned old = 0;

	while (old < health->recent_count && health->recent_ms[old] <= since_ms)
		old++;
	health->recent_count -= old;
	memmove(health->recent_ms, health->recent_ms + old, health->recent_count * sizeof *health->recent_ms);
}

/* limit_of gives the calls a window; a fifth is kept for a life. */
static uint32_t limit_of(const struct channel_rule *rule, bool life)
{
	uint32_t kept = rule->rate_count >= 5 ? rule->rate_count / 5 : rule->rate_count > 1;

	return life ? rule->rate_count : rule->rate_count - kept;
}

static struct wall after_rate(
	const struct channel_rule *rule, struct channel_health *health, bool life, struct wall now)
{
	uint32_t limit = limit_of(rule, life);

	if (!rule->rate_count)
		return now;
	forget_old(health, now.ms - rule->rate_window_ms);
	if (health->recent_count < limit)
		return now;
	return (struct wall){health->recent_ms[health->recent_count - limit] + rule->rate_window_ms};
}

/* open_at gives when channel c may next be called for a delivery, as far as it depends on c alone. */
static struct wall open_at(struct channel_core *core, unsigned c, bool life, struct wall now)
{
	const struct channel_rule *rule = &core->config.rules[c];
	struct channel *channel = &core->channels[c];
	struct wall at = later(now, channel->health.blocked_until);

	at = later(at, after_rate(rule, &channel->health, life, now));
	if (!life && channel->health.state == CHANNEL_DOWN)
		at = later(at, channel->probe);
	if (rule->quiet_count && (!life || rule->quiet_for_life))
		at = channel_after_quiet(core->config.zone, rule->quiet, rule->quiet_count, at);
	return at;
}

/* is_scarce: the rate does not allow a call for each of so many now. What is kept for a life counts for none. */
static bool is_scarce(const struct channel_core *core, unsigned c, uint32_t ready)
{
	const struct channel_rule *rule = &core->config.rules[c];
	uint32_t recent = core->channels[c].health.recent_count;

	return rule->rate_count && recent + ready > limit_of(rule, false);
}

static bool has_slot(const struct channel_core *core, unsigned c, bool life)
{
	const struct channel_rule *rule = &core->config.rules[c];
	const struct channel *channel = &core->channels[c];

	return channel->health.running < rule->running_max && (life || channel->running_other + 1 < rule->running_max);
}

/* ---- deliveries ---- */

static int64_t patience_of(const struct delivery *delivery)
{
	return delivery_is_life(delivery) ? PATIENCE_LIFE_MS : PATIENCE_MS;
}

/* turn_away puts the present channel behind the others, once for each, if the next one is open sooner. */
static bool turn_away(struct channel_core *core, struct delivery *delivery, struct wall opens, struct wall now)
{
	struct channel_progress *progress = &delivery->progress;
	struct channel_route *route = &progress->route;
	uint8_t present = route->hops[0];

	if (route->count < 2 || progress->skips >= route->count || opens.ms - now.ms <= patience_of(delivery) ||
		open_at(core, route->hops[1], delivery_is_life(delivery), now).ms >= opens.ms)
		return false;
	memmove(route->hops, route->hops + 1, route->count - 1);
	route->hops[route->count - 1] = present;
	core->channels[present].health.moved++;
	progress->skips++;
	progress->attempts = 0;
	progress->first = WALL_NONE;
	progress->due = now;
	return delivery->dirty = true;
}

/* opens_for gives when the delivery may leave: also behind calls that hang, as far as one can know. */
static struct wall opens_for(struct channel_core *core, const struct delivery *delivery, struct wall now)
{
	bool life = delivery_is_life(delivery);
	struct wall at = open_at(core, delivery_channel(delivery), life, now);

	if (has_slot(core, delivery_channel(delivery), life) ||
		now.ms - delivery->progress.due.ms < patience_of(delivery))
		return at;
	return later(at, wall_plus(now, 2 * patience_of(delivery)));
}

static bool expired(const struct channel_core *core, const struct delivery *delivery, struct wall now)
{
	return now.ms - delivery->progress.raised.ms >= core->config.rules[delivery_channel(delivery)].expire_ms;
}

static bool is_ready(const struct delivery *delivery, struct wall now)
{
	return !delivery->calling && delivery->progress.due.ms <= now.ms;
}

/* settle_waits sends on those that would wait for too long and gives up what is too old. false: out is full. */
static bool settle_waits(struct channel_core *core, struct wall now, struct channel_effects *out)
{
	for (uint32_t i = 0; i < core->count;) {
		struct delivery *delivery = core->deliveries[i];
		if (delivery->calling || !is_ready(delivery, now)) {
			i++;
			continue;
		}
		if (!channel_room(out, 1))
			return false;
		if (expired(core, delivery, now)) {
			channel_over(core, delivery, CHANNEL_GIVEN_UP, "expired", out);
			continue;
		}
		while (turn_away(core, delivery, opens_for(core, delivery, now), now))
			;
		i++;
	}
	return true;
}

/* ---- calls ---- */

static bool more_urgent(const struct delivery *a, const struct delivery *b)
{
	return !b || a->page.level < b->page.level;
}

static struct delivery *most_urgent(const struct channel_core *core, unsigned c, struct wall now, uint32_t *out_ready)
{
	struct delivery *best = NULL;

	*out_ready = 0;
	for (uint32_t i = 0; i < core->count; i++) {
		struct delivery *delivery = core->deliveries[i];
		if (delivery_channel(delivery) != c || !is_ready(delivery, now))
			continue;
		++*out_ready;
		if (more_urgent(delivery, best))
			best = delivery;
	}
	return best;
}

/* goes_along: other may leave in the same message as first: to a person all that waits for them, to others what is of
 * the same incident, and the rest where the rate is too small for a message each. */
static bool goes_along(const struct channel_core *core, const struct delivery *first, const struct delivery *other,
	bool scarce, struct wall now)
{
	uint8_t c = delivery_channel(first);

	if (other == first || delivery_channel(other) != c || !is_ready(other, now) ||
		other->page.withdrawn != first->page.withdrawn)
		return false;
	if (core->config.rules[c].audience == CHANNEL_PERSON)
		return !strcmp(other->page.user, first->page.user);
	return scarce || !strcmp(other->page.incident, first->page.incident);
}

static void take_along(
	struct channel_core *core, struct call *call, const struct delivery *first, bool scarce, struct wall now)
{
	for (int level = 0; level < ALERT_LEVEL_COUNT; level++) {
		for (uint32_t i = 0; i < core->count && call->count < CHANNEL_MERGE_MAX; i++) {
			struct delivery *other = core->deliveries[i];
			if ((int)other->page.level == level && goes_along(core, first, other, scarce, now)) {
				call->deliveries[call->count++] = other->progress.number;
				other->calling = true;
			}
		}
	}
}

static struct call *free_call(struct channel_core *core, uint32_t *out_index)
{
	for (uint32_t i = 0; i < CHANNEL_CALLS_MAX; i++) {
		if (!core->calls[i].count) {
			*out_index = i;
			return &core->calls[i];
		}
	}
	return NULL;
}

/* note_call counts a call in the rate's window; beyond what the window remembers there is no rate. */
static void note_call(const struct channel_rule *rule, struct channel *channel, bool life, struct wall now)
{
	struct channel_health *health = &channel->health;

	health->calls++;
	health->running++;
	channel->running_other += !life;
	channel->stale = channel->stale || rule->rate_count;
	if (rule->rate_count && health->recent_count < CHANNEL_RATE_MAX)
		health->recent_ms[health->recent_count++] = now.ms;
	channel->probe = (struct wall){now.ms + CHANNEL_PROBE_MS};
}

/* call_for makes one call for first, and for what goes along with it. */
static bool call_for(
	struct channel_core *core, struct delivery *first, uint32_t ready, struct wall now, struct channel_effects *out)
{
	uint8_t c = delivery_channel(first);
	const struct channel_rule *rule = &core->config.rules[c];
	struct channel *channel = &core->channels[c];
	bool scarce = is_scarce(core, c, ready) || now.ms - first->progress.due.ms >= WAITED_MS;
	uint32_t index;
	struct call *call = free_call(core, &index);

	if (!call || !channel_room(out, 1))
		return false;
	*call = (struct call){.channel = c, .count = 1, .life = delivery_is_life(first)};
	call->deliveries[0] = first->progress.number;
	first->calling = true;
	if (rule->merge)
		take_along(core, call, first, scarce, now);
	channel->health.merged += call->count - 1;
	for (unsigned i = 0; i < call->count; i++) {
		struct channel_progress *progress = &channel_delivery(core, call->deliveries[i])->progress;
		if (!wall_is_set(progress->first))
			progress->first = now;
	}
	note_call(rule, channel, call->life, now);
	struct channel_effect *effect = channel_push(out, CHANNEL_CALL, c);
	effect->call = index;
	effect->count = call->count;
	memcpy(effect->deliveries, call->deliveries, sizeof effect->deliveries);
	return true;
}

/* call_channel makes the calls of one channel. false: out is full. */
static bool call_channel(struct channel_core *core, unsigned c, struct wall now, struct channel_effects *out)
{
	for (;;) {
		uint32_t ready;
		struct delivery *first = most_urgent(core, c, now, &ready);
		if (!first || !has_slot(core, c, delivery_is_life(first)))
			return true;
		if (open_at(core, c, delivery_is_life(first), now).ms > now.ms)
			return true; /* the less urgent ones wait no shorter */
		if (!call_for(core, first, ready, now, out))
			return false;
	}
}

/* ---- due ---- */

/* next_due: when tick is needed without a result: a retry, an opening, the end of patience. What waits for a slot waits
 * for the result that frees it; a life, in case none comes, for its patience. */
static struct wall next_due(struct channel_core *core, struct wall now)
{
	struct wall due = WALL_NEVER;

	for (uint32_t i = 0; i < core->count; i++) {
		struct delivery *delivery = core->deliveries[i];
		bool life = delivery_is_life(delivery);
		uint8_t c = delivery_channel(delivery);
		struct wall at = delivery->progress.due;
		if (delivery->calling)
			continue;
		if (at.ms <= now.ms)
			at = open_at(core, c, life, now);
		if (at.ms <= now.ms) /* it waits for a call to end, or for the end of its patience */
			at = wall_plus(delivery->progress.due, patience_of(delivery));
		due = earlier(due, at.ms <= now.ms ? wall_plus(now, MS_PER_SECOND) : at);
		due = earlier(due, later(wall_plus(now, 1),
					   wall_plus(delivery->progress.raised, core->config.rules[c].expire_ms)));
	}
	return due;
}

void channel_tick(struct channel_core *core, struct wall now, struct channel_effects *out)
{
	bool done;

	out->count = 0;
	channel_see(core, now);
	if (core->due.ms > now.ms)
		return;
	done = settle_waits(core, now, out);
	for (unsigned c = 0; c < core->config.count && done; c++)
		done = call_channel(core, c, now, out);
	core->due = done ? next_due(core, now) : now;
	if (!done) /* the caller asks again; a full list says so */
		assert(out->count > 0);
}

struct wall channel_due(const struct channel_core *core)
{
	return core->due;
}
