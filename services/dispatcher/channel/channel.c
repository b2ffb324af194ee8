/* SPDX-License-Identifier: MIT */
#include "dispatcher/channel/channel.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "dispatcher/channel/channel_internal.h"

#define STEP_BACK_MS (2 * MS_PER_SECOND) /* less than that is a clock that is being disciplined */

const char *channel_state_name(enum channel_state state)
{
	static const char *const names[] = {"up", "throttled", "down"};

	assert((unsigned)state < CHANNEL_STATE_COUNT);
	return names[state];
}

const char *channel_end_name(enum channel_end end)
{
	static const char *const names[] = {"sent", "given_up", "cancelled"};

	assert((unsigned)end < CHANNEL_END_COUNT);
	return names[end];
}

enum err channel_core_create(const struct channel_config *config, struct channel_core **out_core, struct errinfo *info)
{
	struct channel_core *core = calloc(1, sizeof *core);

	assert(config->count <= CHANNEL_COUNT_MAX);
	if (!core)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	core->config = *config;
	core->next_number = config->first_number ? config->first_number : 1;
	core->last = WALL_NONE;
	core->due = WALL_NEVER;
	for (unsigned i = 0; i < CHANNEL_COUNT_MAX; i++)
		core->channels[i].health.since = core->channels[i].health.blocked_until = WALL_NONE;
	*out_core = core;
	return ERR_OK;
}

void channel_core_destroy(struct channel_core *core)
{
	if (!core)
		return;
	for (uint32_t i = 0; i < core->count; i++)
		free(core->deliveries[i]);
	free(core->deliveries);
	free(core);
}

/* ---- what the files share ---- */

static void shift(struct wall *time, int64_t ms)
{
	if (wall_is_set(*time) && time->ms != WALL_NEVER.ms)
		time->ms -= ms;
}

void channel_see(struct channel_core *core, struct wall now)
{
	int64_t back = wall_is_set(core->last) ? core->last.ms - now.ms : 0;

	core->last = now;
	if (back < STEP_BACK_MS)
		return;
	for (uint32_t i = 0; i < core->count; i++) {
		struct channel_progress *progress = &core->deliveries[i]->progress;
		shift(&progress->raised, back);
		shift(&progress->first, back);
		shift(&progress->due, back);
	}
	for (unsigned c = 0; c < core->config.count; c++) {
		struct channel *channel = &core->channels[c];
		shift(&channel->health.blocked_until, back);
		shift(&channel->probe, back);
		for (unsigned i = 0; i < channel->health.recent_count; i++)
			channel->health.recent_ms[i] -= back;
	}
	core->due = now;
}

bool channel_room(const struct channel_effects *out, unsigned wanted)
{
	return out->count + wanted <= CHANNEL_EFFECTS_MAX;
}

struct channel_effect *channel_push(struct channel_effects *out, enum channel_effect_kind kind, uint8_t channel)
{
	struct channel_effect *effect = &out->items[out->count++];

	assert(out->count <= CHANNEL_EFFECTS_MAX);
	memset(effect, 0, sizeof *effect);
	effect->kind = kind;
	effect->channel = channel;
	return effect;
}

static uint32_t place_of(const struct channel_core *core, uint64_t number)
{
	uint32_t low = 0, high = core->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (core->deliveries[middle]->progress.number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct delivery *channel_delivery(const struct channel_core *core, uint64_t number)
{
	uint32_t i = place_of(core, number);

	return i < core->count && core->deliveries[i]->progress.number == number ? core->deliveries[i] : NULL;
}

void channel_over(struct channel_core *core, struct delivery *delivery, enum channel_end end, const char *receipt,
	struct channel_effects *out)
{
	struct channel_effect *effect = channel_push(out, CHANNEL_ENDED, delivery_channel(delivery));
	uint32_t i = place_of(core, delivery->progress.number);

	effect->end = end;
	effect->deliveries[0] = delivery->progress.number;
	effect->count = 1;
	effect->unreached = end == CHANNEL_GIVEN_UP && delivery->progress.route.way == CHANNEL_WAY_PERSON &&
			    !delivery->page.withdrawn && delivery->page.role < PAGE_DUTY;
	text_cut(effect->incident, sizeof effect->incident, delivery->page.incident);
	text_cut(effect->user, sizeof effect->user, delivery->page.user);
	text_cut(effect->receipt, sizeof effect->receipt, receipt);
	core->channels[delivery_channel(delivery)].health.given_up += end == CHANNEL_GIVEN_UP;
	core->channels[delivery_channel(delivery)].health.sent += end == CHANNEL_SENT;
	memmove(core->deliveries + i, core->deliveries + i + 1, (core->count - i - 1) * sizeof *core->deliveries);
	core->count--;
	free(delivery);
}

bool channel_move(struct channel_core *core, struct delivery *delivery, struct wall now)
{
	struct channel_progress *progress = &delivery->progress;

	if (progress->route.count < 2)
		return false;
	core->channels[progress->route.hops[0]].health.moved++;
	memmove(progress->route.hops, progress->route.hops + 1, --progress->route.count);
	progress->attempts = 0;
	progress->first = WALL_NONE;
	progress->due = now;
	delivery->dirty = true;
	return true;
}

void channel_turn(struct channel_core *core, unsigned channel, enum channel_state state, struct wall now,
	struct channel_effects *out)
{
	struct channel *c = &core->channels[channel];

	if (c->health.state == state)
		return;
	c->health.state = state;
	c->health.since = now;
	c->dirty = true;
	channel_push(out, CHANNEL_HEALTH, (uint8_t)channel);
}

/* ---- pages ---- */

static enum err insert(struct channel_core *core, const struct page *page, const struct channel_progress *progress)
{
	if (core->count == core->capacity) {
		uint32_t capacity = core->capacity ? core->capacity * 2 : 64;
		struct delivery **more = realloc(core->deliveries, capacity * sizeof(struct delivery *));
		if (!more)
			return ERR_NOMEM;
		core->deliveries = more;
		core->capacity = capacity;
	}
	struct delivery *delivery = calloc(1, sizeof *delivery);
	if (!delivery)
		return ERR_NOMEM;
	delivery->page = *page;
	delivery->progress = *progress;
	uint32_t i = place_of(core, progress->number);
	memmove(core->deliveries + i + 1, core->deliveries + i, (core->count - i) * sizeof *core->deliveries);
	core->deliveries[i] = delivery;
	core->count++;
	if (progress->due.ms < core->due.ms)
		core->due = progress->due;
	return ERR_OK;
}

/* withdraw ends what stands for the page and has not left. true: something may have left, so it is to be told. */
static bool withdraw(struct channel_core *core, const struct page *page, uint8_t way, struct channel_effects *out)
{
	bool found = false, tell = false;

	for (uint32_t i = core->count; i-- > 0;) {
		struct delivery *delivery = core->deliveries[i];
		if (delivery->progress.route.way != way || delivery->page.withdrawn ||
			strcmp(delivery->page.id, page->id) != 0)
			continue;
		found = true;
		tell = tell || delivery->calling || delivery->progress.attempts || delivery->progress.withdrawn;
		if (delivery->calling)
			delivery->progress.withdrawn = delivery->dirty = true;
		else if (channel_room(out, 1))
			channel_over(core, delivery, CHANNEL_CANCELLED, "withdrawn", out);
	}
	return tell || !found;
}

/* displace gives up the latest of the least urgent, for what is more urgent than that. */
static bool displace(struct channel_core *core, enum alert_level level, struct channel_effects *out)
{
	struct delivery *least = NULL;

	for (uint32_t i = 0; i < core->count; i++) {
		struct delivery *delivery = core->deliveries[i];
		if (!delivery->calling && delivery->page.level > level &&
			(!least || delivery->page.level >= least->page.level))
			least = delivery;
	}
	if (!least || !channel_room(out, 1))
		return false;
	channel_over(core, least, CHANNEL_GIVEN_UP, "too many pages wait", out);
	return true;
}

static void keep_those_that_tell(const struct channel_core *core, struct channel_route *route)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < route->count; i++)
		if (core->config.rules[route->hops[i]].withdrawals)
			route->hops[kept++] = route->hops[i];
	route->count = kept;
}

enum err channel_page(struct channel_core *core, const struct page *page, const struct channel_route *route,
	struct wall now, uint64_t *out_number, struct channel_effects *out)
{
	struct wall from = route->from.ms > now.ms ? route->from : now;
	struct channel_progress progress = {.route = *route, .raised = from, .first = WALL_NONE, .due = from};
	enum err err;

	assert(route->count > 0 && route->count <= CHANNEL_ROUTE_MAX);
	out->count = 0;
	channel_see(core, now);
	*out_number = 0;
	if (page->withdrawn) {
		if (!withdraw(core, page, route->way, out))
			return ERR_OK;
		keep_those_that_tell(core, &progress.route);
		if (!progress.route.count)
			return ERR_OK;
	}
	if (core->count >= core->config.waiting_max && !displace(core, page->level, out))
		return ERR_FULL;
	progress.number = core->next_number;
	err = insert(core, page, &progress);
	if (!err)
		*out_number = core->next_number++;
	return err;
}

/* ---- looking ---- */

const struct page *channel_find(const struct channel_core *core, uint64_t number)
{
	const struct delivery *delivery = channel_delivery(core, number);

	return delivery ? &delivery->page : NULL;
}

const struct channel_health *channel_health(const struct channel_core *core, unsigned channel)
{
	return &core->channels[channel].health;
}

uint32_t channel_waiting(const struct channel_core *core)
{
	return core->count;
}

uint32_t channel_waiting_at(const struct channel_core *core, unsigned channel)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < core->count; i++)
		count += delivery_channel(core->deliveries[i]) == channel;
	return count;
}

unsigned channel_call_channel(const struct channel_core *core, uint32_t call)
{
	assert(call < CHANNEL_CALLS_MAX && core->calls[call].count > 0);
	return core->calls[call].channel;
}

/* ---- state ---- */

bool channel_is_dirty(const struct channel_core *core)
{
	for (unsigned c = 0; c < core->config.count; c++)
		if (core->channels[c].dirty)
			return true;
	for (uint32_t i = 0; i < core->count; i++)
		if (core->deliveries[i]->dirty)
			return true;
	return false;
}

bool channel_progress(const struct channel_core *core, uint64_t number, struct channel_progress *out)
{
	const struct delivery *delivery = channel_delivery(core, number);

	if (delivery)
		*out = delivery->progress;
	return delivery;
}

bool channel_dirty(struct channel_core *core, struct channel_progress *out)
{
	for (uint32_t i = 0; i < core->count; i++) {
		if (!core->deliveries[i]->dirty)
			continue;
		core->deliveries[i]->dirty = false;
		*out = core->deliveries[i]->progress;
		return true;
	}
	return false;
}

bool channel_dirty_health(struct channel_core *core, unsigned *out_channel)
{
	for (unsigned c = 0; c < core->config.count; c++) {
		if (!core->channels[c].dirty && !core->channels[c].stale)
			continue;
		core->channels[c].dirty = core->channels[c].stale = false;
		*out_channel = c;
		return true;
	}
	return false;
}

enum err channel_restore(struct channel_core *core, const struct page *page, const struct channel_progress *progress)
{
	for (unsigned i = 0; i < progress->route.count; i++)
		if (progress->route.hops[i] >= core->config.count)
			return ERR_CORRUPT;
	if (!progress->route.count || progress->route.count > CHANNEL_ROUTE_MAX ||
		channel_delivery(core, progress->number))
		return ERR_CORRUPT;
	if (progress->number >= core->next_number)
		core->next_number = progress->number + 1;
	return insert(core, page, progress);
}

void channel_restore_health(struct channel_core *core, unsigned channel, const struct channel_health *health)
{
	struct channel_health *own = &core->channels[channel].health;

	own->state = health->state;
	own->since = health->since;
	own->blocked_until = health->blocked_until;
	own->failures = health->failures;
	text_cut(own->cause, sizeof own->cause, health->cause);
	own->recent_count = health->recent_count <= CHANNEL_RATE_MAX ? health->recent_count : 0;
	memcpy(own->recent_ms, health->recent_ms, own->recent_count * sizeof *own->recent_ms);
	core->channels[channel].probe = WALL_NONE; /* a new start looks at once */
}
