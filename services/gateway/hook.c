/* SPDX-License-Identifier: MIT
 *
 * Deliveries stand in slots; those of one subscriber and key hang together in order, and only the first of them, if it
 * is not being called, stands in the subscriber's queue of times. A call's number is its slot. Slots are found by key
 * in a table of lists, the newest first: that is the one behind which a new delivery goes.
 */
#include "gateway/hook.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/timerq.h"

#define NONE UINT32_MAX
#define LISTS 16384u /* of the table; a power of two */

struct slot {
	struct hook_item item;
	uint32_t next; /* of its key; of a free slot: the next free one */
	uint32_t peer; /* the next in its list of the table */
	bool used, first, calling;
};

struct subscriber {
	struct hook_rule rule;
	struct hook_health health;
	struct timerq due; /* of slots */
	uint32_t waiting, running;
};

struct hook_core {
	unsigned count;
	struct subscriber *subscribers;
	struct slot *slots;
	uint32_t *lists;
	uint32_t slot_count, slot_capacity, free;
	struct wall now;
};

const char *hook_state_name(enum hook_state state)
{
	static const char *const names[HOOK_STATE_COUNT] = {"up", "resting", "down", "off"};

	return names[state];
}

struct hook_core *hook_core_create(const struct hook_rule *rules, unsigned count)
{
	struct hook_core *core = calloc(1, sizeof *core);

	assert(count <= HOOK_SUBSCRIBERS_MAX);
	if (!core)
		return NULL;
	core->count = count;
	core->free = NONE;
	core->now = WALL_NONE;
	core->subscribers = calloc(count ? count : 1, sizeof *core->subscribers);
	core->lists = malloc(LISTS * sizeof *core->lists);
	if (!core->subscribers || !core->lists) {
		free(core->subscribers);
		free(core->lists);
		free(core);
		return NULL;
	}
	memset(core->lists, 0xff, LISTS * sizeof *core->lists);
	for (unsigned s = 0; s < count; s++) {
		core->subscribers[s].rule = rules[s];
		core->subscribers[s].health = (struct hook_health){.since = WALL_NONE, .rest_until = WALL_NONE};
		timerq_init(&core->subscribers[s].due);
	}
	return core;
}

void hook_core_destroy(struct hook_core *core)
{
	if (!core)
		return;
	for (unsigned s = 0; s < core->count; s++)
		timerq_fini(&core->subscribers[s].due);
	free(core->lists);
	free(core->subscribers);
	free(core->slots);
	free(core);
}

/* ---- slots ---- */

static struct subscriber *subscriber_of(struct hook_core *core, const struct slot *slot)
{
	return &core->subscribers[slot->item.subscriber];
}

static uint32_t take_slot(struct hook_core *core)
{
	uint32_t slot = core->free;

	if (slot != NONE) {
		core->free = core->slots[slot].next;
		return slot;
	}
	if (core->slot_count == core->slot_capacity) {
		uint32_t capacity = core->slot_capacity ? core->slot_capacity * 2 : 256;
		struct slot *more = realloc(core->slots, capacity * sizeof *more);
		if (!more)
			return NONE;
		core->slots = more;
		core->slot_capacity = capacity;
	}
	return core->slot_count++;
}

static void free_slot(struct hook_core *core, uint32_t slot)
{
	core->slots[slot] = (struct slot){.next = core->free};
	core->free = slot;
}

/* key_of: one that stands in no order has a key of its own; keys are hashes, far from small numbers. */
static uint64_t key_of(const struct hook_item *item)
{
	return item->key ? item->key : item->number;
}

static uint32_t *list_of(struct hook_core *core, const struct hook_item *item)
{
	uint64_t mixed = (key_of(item) + item->subscriber) * UINT64_C(0x9e3779b97f4a7c15);

	return &core->lists[mixed >> 50 & (LISTS - 1)];
}

/* last_of gives the delivery behind which item goes; NONE: it is the first of its key. */
static uint32_t last_of(struct hook_core *core, const struct hook_item *item)
{
	uint32_t number = *list_of(core, item);

	while (number != NONE && (core->slots[number].item.subscriber != item->subscriber ||
					 key_of(&core->slots[number].item) != key_of(item)))
		number = core->slots[number].peer;
	return number;
}

static void unlist(struct hook_core *core, uint32_t number)
{
	uint32_t *from = list_of(core, &core->slots[number].item);

	while (*from != number)
		from = &core->slots[*from].peer;
	*from = core->slots[number].peer;
}

/* schedule puts the first of its key into its subscriber's queue. Where memory is out it waits until the subscriber
 * works again after a failure, or for the next start. */
static void schedule(struct hook_core *core, uint32_t number)
{
	struct slot *slot = &core->slots[number];

	if (!slot->calling && slot->first && timerq_set(&subscriber_of(core, slot)->due, number, slot->item.due))
		return;
}

enum err hook_add(struct hook_core *core, const struct hook_item *item)
{
	struct subscriber *subscriber = &core->subscribers[item->subscriber];
	uint32_t number, last, *list;

	assert(item->subscriber < core->count);
	if (subscriber->waiting >= subscriber->rule.waiting_max)
		return ERR_FULL;
	number = take_slot(core);
	if (number == NONE)
		return ERR_NOMEM;
	last = last_of(core, item);
	if (last == NONE && timerq_set(&subscriber->due, number, item->due)) {
		free_slot(core, number);
		return ERR_NOMEM;
	}
	if (last != NONE)
		core->slots[last].next = number;
	list = list_of(core, item);
	core->slots[number] =
		(struct slot){.item = *item, .next = NONE, .peer = *list, .used = true, .first = last == NONE};
	*list = number;
	subscriber->waiting++;
	return ERR_OK;
}

/* drop takes the first of its key away; the one behind it has its turn. */
static void drop(struct hook_core *core, uint32_t number)
{
	struct slot *slot = &core->slots[number];
	uint32_t next = slot->next;

	assert(slot->used && slot->first);
	subscriber_of(core, slot)->waiting--;
	timerq_remove(&subscriber_of(core, slot)->due, number);
	unlist(core, number);
	free_slot(core, number);
	if (next == NONE)
		return;
	core->slots[next].first = true;
	schedule(core, next);
}

/* ---- effects ---- */

static void say(struct hook_core *core, enum hook_effect_kind kind, uint32_t number, struct hook_effects *out)
{
	assert(out->count < HOOK_EFFECTS_MAX);
	out->items[out->count++] = (struct hook_effect){.kind = kind, .call = number, .item = core->slots[number].item};
}

static void turn(struct hook_core *core, unsigned s, enum hook_state state, struct wall now, struct hook_effects *out)
{
	struct hook_health *health = &core->subscribers[s].health;

	if (health->state == state)
		return;
	health->state = state;
	health->since = now;
	if (out) {
		assert(out->count < HOOK_EFFECTS_MAX);
		out->items[out->count++] = (struct hook_effect){.kind = HOOK_TURNED, .item = {.subscriber = s}};
	}
}

/* hurry lets all that waits for a subscriber go at once. */
static void hurry(struct hook_core *core, unsigned s, struct wall now)
{
	for (uint32_t i = 0; i < core->slot_count; i++) {
		struct slot *slot = &core->slots[i];
		if (slot->used && slot->item.subscriber == s && slot->item.due.ms > now.ms) {
			slot->item.due = now;
			schedule(core, i);
		}
	}
}

/* see: a clock that was set back takes all times along. */
static void see(struct hook_core *core, struct wall now)
{
	int64_t back_ms = wall_is_set(core->now) && now.ms < core->now.ms ? core->now.ms - now.ms : 0;

	core->now = now;
	for (uint32_t i = 0; back_ms && i < core->slot_count; i++) {
		struct slot *slot = &core->slots[i];
		if (!slot->used)
			continue;
		slot->item.due.ms -= back_ms;
		slot->item.queued.ms -= back_ms;
		schedule(core, i);
	}
	for (unsigned s = 0; back_ms && s < core->count; s++)
		if (wall_is_set(core->subscribers[s].health.rest_until))
			core->subscribers[s].health.rest_until.ms -= back_ms;
}

/* ---- results ---- */

static void rest(struct subscriber *subscriber, int64_t wait_ms, struct wall now)
{
	if (wait_ms < MS_PER_SECOND)
		wait_ms = MS_PER_SECOND;
	subscriber->health.rest_until = wall_plus(now, wait_ms < HOOK_WAIT_MS_MAX ? wait_ms : HOOK_WAIT_MS_MAX);
}

static void fail_one(
	struct hook_core *core, uint32_t number, int64_t wait_ms, struct wall now, struct hook_effects *out)
{
	struct slot *slot = &core->slots[number];
	struct subscriber *subscriber = subscriber_of(core, slot);
	unsigned s = slot->item.subscriber;
	uint32_t failures = ++subscriber->health.failures;

	if (slot->item.attempts++ >= subscriber->rule.retry_count) {
		say(core, HOOK_DEAD, number, out);
		drop(core, number);
	} else {
		int64_t pause_ms = subscriber->rule.retry_ms[slot->item.attempts - 1];
		slot->item.due = wall_plus(now, pause_ms > wait_ms ? pause_ms : wait_ms);
		schedule(core, number);
		say(core, HOOK_AGAIN, number, out);
	}
	if (failures < HOOK_DOWN_AFTER)
		return;
	unsigned doublings = failures - HOOK_DOWN_AFTER < 5 ? failures - HOOK_DOWN_AFTER : 5;
	int64_t rest_ms = (30 * MS_PER_SECOND) << doublings;
	rest(subscriber, rest_ms < HOOK_REST_MS_MAX ? rest_ms : HOOK_REST_MS_MAX, now);
	turn(core, s, HOOK_DOWN, now, out);
}

static void works_again(struct hook_core *core, unsigned s, struct wall now, struct hook_effects *out)
{
	struct subscriber *subscriber = &core->subscribers[s];

	subscriber->health.failures = 0;
	subscriber->health.rest_until = WALL_NONE;
	if (subscriber->health.state == HOOK_UP)
		return;
	turn(core, s, HOOK_UP, now, out);
	hurry(core, s, now);
}

/* wait_one: it goes again when its subscriber is called again; no attempt. */
static void wait_one(struct hook_core *core, uint32_t number, struct wall due, struct hook_effects *out)
{
	core->slots[number].item.due = due;
	schedule(core, number);
	say(core, HOOK_AGAIN, number, out);
}

void hook_result(struct hook_core *core, uint32_t number, enum hook_result result, int64_t wait_ms, struct wall now,
	struct hook_effects *out)
{
	struct slot *slot = &core->slots[number];
	unsigned s = slot->item.subscriber;
	struct subscriber *subscriber = &core->subscribers[s];

	assert(number < core->slot_count && slot->used && slot->calling);
	out->count = 0;
	see(core, now);
	slot->calling = false;
	subscriber->running--;
	switch (result) {
	case HOOK_TAKEN:
	case HOOK_REFUSED:
		say(core, result == HOOK_TAKEN ? HOOK_SENT : HOOK_DEAD, number, out);
		drop(core, number);
		if (subscriber->health.state != HOOK_OFF)
			works_again(core, s, now, out);
		break;
	case HOOK_FAILED:
		if (subscriber->health.state != HOOK_OFF)
			fail_one(core, number, wait_ms, now, out);
		else
			wait_one(core, number, now, out);
		break;
	case HOOK_TOO_MUCH:
		rest(subscriber, wait_ms ? wait_ms : MS_PER_MINUTE, now);
		wait_one(core, number, subscriber->health.rest_until, out);
		if (subscriber->health.state == HOOK_UP)
			turn(core, s, HOOK_RESTING, now, out);
		break;
	case HOOK_GONE:
		wait_one(core, number, now, out);
		turn(core, s, HOOK_OFF, now, out);
		break;
	}
}

/* ---- time ---- */

static bool may_call(const struct subscriber *subscriber, struct wall now)
{
	const struct hook_health *health = &subscriber->health;
	unsigned most = health->state == HOOK_UP ? subscriber->rule.running_max : 1;

	return health->state != HOOK_OFF && subscriber->running < most && health->rest_until.ms <= now.ms;
}

void hook_tick(struct hook_core *core, struct wall now, struct hook_effects *out)
{
	uint32_t number;

	out->count = 0;
	see(core, now);
	for (unsigned s = 0; s < core->count; s++) {
		struct subscriber *subscriber = &core->subscribers[s];
		while (out->count < HOOK_EFFECTS_MAX && may_call(subscriber, now) &&
			timerq_pop(&subscriber->due, now, &number)) {
			struct slot *slot = &core->slots[number];
			bool expired = now.ms - slot->item.queued.ms > subscriber->rule.expire_ms;
			say(core, expired ? HOOK_DEAD : HOOK_CALL, number, out);
			out->items[out->count - 1].expired = expired;
			if (expired) {
				drop(core, number);
			} else {
				slot->calling = true;
				subscriber->running++;
			}
		}
	}
}

struct wall hook_due(const struct hook_core *core)
{
	struct wall due = WALL_NEVER;

	for (unsigned s = 0; s < core->count; s++) {
		const struct subscriber *subscriber = &core->subscribers[s];
		struct wall own = timerq_due(&subscriber->due);
		if (own.ms < subscriber->health.rest_until.ms)
			own = subscriber->health.rest_until;
		if (may_call(subscriber, WALL_NEVER) && timerq_due(&subscriber->due).ms != WALL_NEVER.ms &&
			own.ms < due.ms)
			due = own;
	}
	return due;
}

/* ---- a subscriber ---- */

void hook_switch_on(struct hook_core *core, unsigned s, struct wall now)
{
	see(core, now);
	works_again(core, s, now, NULL);
}

void hook_switch_off(struct hook_core *core, unsigned s, struct wall now)
{
	see(core, now);
	turn(core, s, HOOK_OFF, now, NULL);
}

void hook_restore(struct hook_core *core, unsigned s, const struct hook_health *health)
{
	core->subscribers[s].health = *health;
}

const struct hook_health *hook_health(const struct hook_core *core, unsigned s)
{
	return &core->subscribers[s].health;
}

uint32_t hook_waiting(const struct hook_core *core, unsigned s)
{
	return core->subscribers[s].waiting;
}

unsigned hook_call_subscriber(const struct hook_core *core, uint32_t call)
{
	assert(call < core->slot_count);
	return core->slots[call].item.subscriber;
}
